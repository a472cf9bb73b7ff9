// expect: IntType
// A loop that counts in floats.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
  const auto b = k.param<u32>("b");
#ifdef CONTROL
  k.for_(0, b, [](Value<u32>) {});
  (void)a;
#else
  k.for_(0, a, [](Value<f32>) {});
  (void)b;
#endif
}
