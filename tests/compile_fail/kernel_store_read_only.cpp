// expect: airstrip: this buffer is read-only \(input\)
// A store through a buffer that is only read.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto x = k.input<f32>("x");
  const auto y = k.inout<f32>("y");
#ifdef CONTROL
  y[0] = 1.0f;
  (void)x;
#else
  x[0] = 1.0f;
  (void)y;
#endif
}
