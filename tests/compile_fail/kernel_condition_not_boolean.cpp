// expect: airstrip: the condition of if_ is a bool of the kernel
// A number as the condition of a branch.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<u32>("a");
#ifdef CONTROL
  k.if_(a != 0u, [] {});
#else
  k.if_(a, [] {});
#endif
}
