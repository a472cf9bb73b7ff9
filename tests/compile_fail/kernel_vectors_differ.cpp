// expect: airstrip: the operands of '\+' have different types; convert one with convert<T>
// Vectors of different sizes.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32x3>("a");
  const auto b = k.param<f32x4>("b");
#ifdef CONTROL
  (void)(a + swizzle<0, 1, 2>(b));
#else
  (void)(a + b);
#endif
}
