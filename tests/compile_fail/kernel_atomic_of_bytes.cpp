// expect: AtomicType
// An atomic operation on bytes.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto x = k.inout<u8>("x");
  const auto y = k.inout<u32>("y");
#ifdef CONTROL
  atomic_add(y[0], 1u);
  (void)x;
#else
  atomic_add(x[0], 1);
  (void)y;
#endif
}
