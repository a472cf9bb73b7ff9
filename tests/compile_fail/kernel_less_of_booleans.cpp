// expect: airstrip: '<' takes numbers
// An order of Booleans.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<bool>("a");
  const auto b = k.param<bool>("b");
#ifdef CONTROL
  (void)(a == b);
#else
  (void)(a < b);
#endif
}
