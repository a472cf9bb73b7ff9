// expect: BooleanOf|is_same
// A selection by a number.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<u32>("a");
  const auto b = k.param<f32>("b");
#ifdef CONTROL
  (void)select(a != 0u, b, 0.0f);
#else
  (void)select(a, b, 0.0f);
#endif
}
