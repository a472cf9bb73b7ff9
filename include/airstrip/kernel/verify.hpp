// Checks every rule of the kernel IR. For tests after each pass, and for whoever builds or changes kernels by hand.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Whether a kernel keeps the rules of the IR:
///
/// - Regions are well linked trees. Each ends in its one terminator: a function's body in Return, the body of a Loop in
///   Continue, Break or Return, a branch or case in Yield, Break, Continue or Return.
/// - An operand is a global node, an argument of a region around its user, or stands before its user in the same region
///   or in one around it. Nothing of one function is used in another.
/// - The Results of an If, Switch or Loop follow it, numbered from 0; every Yield and Break that belongs to it gives as
///   many values of the same types. Loop and Continue give what the body's arguments take, Return what the function
///   gives. Break and Continue do not leave through an inner loop.
/// - Types are what the operation states (`result_type`, `can_convert`); memory, images, matrices and calls fit what they
///   name; the literals of a Switch are distinct.
///
/// The error names the node as `print` writes it, with its C++ line; a kernel that carries an error gives that. Errors:
/// InvalidNesting, UseBeforeDefinition, UndefinedId, WrongType, InvalidOperand, Redefinition, OutOfMemory.
Result<void> verify(const Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/verify.hpp"
#endif
