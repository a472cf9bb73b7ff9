// expect: Access::ReadOnly|\(Access\)|mismatched types|could not match
// An atomic operation on a buffer that is only read.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto x = k.input<u32>("x");
  const auto y = k.inout<u32>("y");
#ifdef CONTROL
  atomic_add(y[0], 1u);
  (void)x;
#else
  atomic_add(x[0], 1u);
  (void)y;
#endif
}
