// expect: (could not convert .* to .bool|not contextually convertible to .bool)
// A value of the kernel as a condition of C++.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<bool>("a");
#ifdef CONTROL
  k.if_(a, [] {});
#else
  if (a) return;
#endif
}
