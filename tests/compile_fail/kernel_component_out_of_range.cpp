// expect: (no member named 'z'|has no member named .z.)
// A member that the vector does not have.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32x2>("a");
#ifdef CONTROL
  (void)a.y;
#else
  (void)a.z;
#endif
}
