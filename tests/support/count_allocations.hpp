// Counts calls to the C allocator, and makes them fail. Defines malloc, so one file of a program includes it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>

// An interposed allocator and a sanitizer's own exclude each other.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTS_ALLOCATIONS 0
#endif
#endif
#if !defined(COUNTS_ALLOCATIONS) && defined(__GLIBC__)
#define COUNTS_ALLOCATIONS 1
#elif !defined(COUNTS_ALLOCATIONS)
#define COUNTS_ALLOCATIONS 0
#endif

#if COUNTS_ALLOCATIONS

namespace test {
inline thread_local bool counting = false;  // calls of this thread: a driver has threads of its own
inline std::atomic<unsigned> allocations{0};
inline std::atomic<unsigned> failing{~0u};       // the number of the first call that fails
inline std::atomic<unsigned> last_failing{~0u};  // and of the last: all from the first on, unless it is set

// Whether this call is to fail.
inline bool counted() {
  if (!counting) return false;
  const unsigned number = allocations++;
  return number >= failing && number <= last_failing;
}
}  // namespace test

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);

// The program's own definitions come before the C library's. operator new arrives here as well.
void* malloc(std::size_t size) { return test::counted() ? nullptr : __libc_malloc(size); }
void* realloc(void* memory, std::size_t size) {
  return test::counted() ? nullptr : __libc_realloc(memory, size);
}
void* calloc(std::size_t count, std::size_t size) {
  return test::counted() ? nullptr : __libc_calloc(count, size);
}
}

#endif
