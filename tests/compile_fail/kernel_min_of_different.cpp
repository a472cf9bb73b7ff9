// expect: (cannot convert|could not convert|no known conversion|no viable conversion)
// The lesser of values of different types.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
  const auto b = k.param<u32>("b");
#ifdef CONTROL
  (void)(min)(a, convert<f32>(b));
#else
  (void)(min)(a, b);
#endif
}
