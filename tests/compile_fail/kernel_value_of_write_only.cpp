// expect: airstrip: this buffer is write-only \(output\)
// The value of an element of a buffer that is only written.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto x = k.output<f32>("x");
  const auto y = k.inout<f32>("y");
#ifdef CONTROL
  (void)y[0].value();
  (void)x;
#else
  (void)x[0].value();
  (void)y;
#endif
}
