// expect: ShortFloatType
// A transcendental function of f64, which SPIR-V does not have.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f64>("a");
  const auto b = k.param<f32>("b");
#ifdef CONTROL
  (void)sin(b);
  (void)a;
#else
  (void)sin(a);
  (void)b;
#endif
}
