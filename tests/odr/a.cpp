// One of two translation units of a program; this one includes the library after hostile macros.
#include "hostile_macros.hpp"

#include <airstrip/airstrip.hpp>

#if !defined(min) || !defined(max)
#error "a header took the macros away, so this no longer tests what they do to the library"
#endif

#ifdef AIRSTRIP_INLINE
#error "an internal macro is left over"
#endif

#include "exercise.hpp"

Observation observe_b();

int main() {
  const Observation a = exercise();
  const Observation b = observe_b();
  // Two addresses would mean that the linker kept two definitions of one function.
  if (a.function != b.function || a.text != b.text || a.hash != b.hash) {
    std::printf("the two translation units disagree\n");
    return 1;
  }
  return 0;
}
