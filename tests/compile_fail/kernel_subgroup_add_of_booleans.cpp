// expect: NumberType
// A sum of Booleans in a subgroup.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<bool>("a");
  const auto b = k.param<u32>("b");
#ifdef CONTROL
  (void)subgroup_add(b);
  (void)a;
#else
  (void)subgroup_add(a);
  (void)b;
#endif
}
