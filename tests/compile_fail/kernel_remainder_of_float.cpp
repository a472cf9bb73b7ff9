// expect: airstrip: '%' takes integers
// The remainder of floats by the operator of integers.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
#ifdef CONTROL
  (void)fmod(a, 2.0f);
#else
  (void)(a % 2.0f);
#endif
}
