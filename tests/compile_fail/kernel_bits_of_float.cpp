// expect: IntType
// Counting bits of a float.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
#ifdef CONTROL
  (void)bit_count(bitcast<u32>(a));
#else
  (void)bit_count(a);
#endif
}
