// expect: NotFloatType
// Bits of floats in a subgroup.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
  const auto b = k.param<u32>("b");
#ifdef CONTROL
  (void)subgroup_and(b);
  (void)a;
#else
  (void)subgroup_and(a);
  (void)b;
#endif
}
