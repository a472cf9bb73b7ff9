// The macros that <windows.h> and its relatives leave behind, by the names that collide with ordinary C++.
// First the standard headers: they guard themselves against some of these, and would hide what this test is for.
// No `#pragma once` and no namespace: this stands in for a careless header.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// minwindef.h
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define NEAR near
#define FAR far
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define TRUE 1
#define FALSE 0
#define VOID void
#define PASCAL
#define CALLBACK
// winnt.h
#define DELETE (0x00010000L)
#define MemoryBarrier() __faststorefence()
#define Yield()
#define STATUS_PENDING 0x103
// wingdi.h
#define ERROR 0
#define OPAQUE 2
#define TRANSPARENT 1
#define ABSOLUTE 1
#define RELATIVE 2
// winerror.h
#define NO_ERROR 0L
// objbase.h, rpcndr.h
#define interface struct
#define small char
#define hyper __int64
// winbase.h and winuser.h choose between ANSI and wide names
#define GetObject GetObjectW
#define LoadImage LoadImageW
#define CreateSemaphore CreateSemaphoreW
#define GetMessage GetMessageW
// math.h
#define DOMAIN 1
#define OVERFLOW 3
#define UNDERFLOW 4

// As X11/X.h and X11/Xlib.h do.
#define None 0L
#define Always 2
#define Success 0
#define Bool int
#define Status int
#define True 1
#define False 0
