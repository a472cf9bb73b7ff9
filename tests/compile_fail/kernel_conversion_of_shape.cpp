// expect: SameShape
// A conversion to another number of components.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32x3>("a");
#ifdef CONTROL
  (void)convert<u32x3>(a);
#else
  (void)convert<u32x4>(a);
#endif
}
