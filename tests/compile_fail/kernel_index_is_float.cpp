// expect: (no match for|no viable overloaded operator\[\]|no known conversion)
// A buffer indexed by a float.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
  const auto x = k.input<f32>("x");
#ifdef CONTROL
  (void)x[convert<u32>(a)].value();
#else
  (void)x[a].value();
#endif
}
