// expect: (could not convert .* to .bool|not contextually convertible to .bool)
// A variable of the kernel as a condition of C++.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  auto v = k.var<bool>(true);
#ifdef CONTROL
  k.if_(v, [] {});
#else
  if (v) return;
#endif
}
