// expect: airstrip: the operands of '\+' have different types; convert one with convert<T>
// f32 + u32.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
  const auto b = k.param<u32>("b");
#ifdef CONTROL
  (void)(a + convert<f32>(b));
#else
  (void)(a + b);
#endif
}
