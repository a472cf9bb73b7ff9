// expect: IntType
// Bits of a float, atomically.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto x = k.inout<f32>("x");
  const auto y = k.inout<u32>("y");
#ifdef CONTROL
  atomic_and(y[0], 1u);
  (void)x;
#else
  atomic_and(x[0], 1.0f);
  (void)y;
#endif
}
