// expect: airstrip: this type cannot lie in memory
// A workgroup array of Booleans.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
#ifdef CONTROL
  (void)k.workgroup_array<u32>(64);
#else
  (void)k.workgroup_array<bool>(64);
#endif
}
