// expect: VectorPart
// A vector put together from parts of another type.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
  const auto b = k.param<u32>("b");
#ifdef CONTROL
  (void)vec<f32x2>(a, convert<f32>(b));
#else
  (void)vec<f32x2>(a, b);
#endif
}
