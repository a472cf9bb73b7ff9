// expect: airstrip: '&' takes integers or Booleans
// Bits of a float.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
#ifdef CONTROL
  (void)(bitcast<u32>(a) & 1u);
#else
  (void)(a & a);
#endif
}
