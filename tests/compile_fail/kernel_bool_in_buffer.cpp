// expect: airstrip: this type cannot lie in memory
// A buffer of Booleans.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
#ifdef CONTROL
  (void)k.input<u32>("flags");
#else
  (void)k.input<bool>("flags");
#endif
}
