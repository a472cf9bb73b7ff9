// expect: (could not convert .* to .bool|not contextually convertible to .bool)
// A comparison of values as a condition of C++.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<u32>("a");
#ifdef CONTROL
  k.if_(a < 3u, [] {});
#else
  while (a < 3u) return;
#endif
}
