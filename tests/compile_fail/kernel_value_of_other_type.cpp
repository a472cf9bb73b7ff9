// expect: (conversion from .*Value<unsigned int>.* to .*Value<float>|no viable conversion from)
// A Value of one type made from one of another.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<u32>("a");
#ifdef CONTROL
  const Value<f32> v = convert<f32>(a);
  (void)v;
#else
  const Value<f32> v = a;
  (void)v;
#endif
}
