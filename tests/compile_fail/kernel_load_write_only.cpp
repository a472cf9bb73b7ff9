// expect: airstrip: this buffer is write-only \(output\)
// Reading from a buffer that is only written.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto x = k.output<f32>("x");
  const auto y = k.inout<f32>("y");
#ifdef CONTROL
  (void)(y[0] + 1.0f);
  (void)x;
#else
  (void)(x[0] + 1.0f);
  (void)y;
#endif
}
