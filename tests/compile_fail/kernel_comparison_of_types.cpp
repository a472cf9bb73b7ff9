// expect: airstrip: the operands of '<' have different types; convert one with convert<T>
// Comparing values of different types.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<i32>("a");
  const auto b = k.param<u32>("b");
#ifdef CONTROL
  (void)(a < convert<i32>(b));
#else
  (void)(a < b);
#endif
}
