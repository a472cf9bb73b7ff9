// expect: airstrip: '&&' takes Booleans
// Logical and of numbers.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<u32>("a");
  const auto b = k.param<u32>("b");
#ifdef CONTROL
  (void)(a != 0u && b != 0u);
#else
  (void)(a && b);
#endif
}
