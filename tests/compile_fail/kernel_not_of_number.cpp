// expect: airstrip: '!' takes Booleans
// Logical not of a number.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<u32>("a");
#ifdef CONTROL
  (void)(a == 0u);
#else
  (void)(!a);
#endif
}
