// expect: FloatType
// A square root of an integer.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<u32>("a");
#ifdef CONTROL
  (void)sqrt(convert<f32>(a));
#else
  (void)sqrt(a);
#endif
}
