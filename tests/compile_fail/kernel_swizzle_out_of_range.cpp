// expect: components\(\)
// A component that the vector does not have.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32x2>("a");
#ifdef CONTROL
  (void)swizzle<1, 0>(a);
#else
  (void)swizzle<1, 2>(a);
#endif
}
