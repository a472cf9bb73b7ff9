// expect: airstrip: the operands of '\*' have different types; convert one with convert<T>
// An integer times a C++ number with a fraction.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<i32>("a");
#ifdef CONTROL
  (void)(a * 2);
#else
  (void)(a * 1.5f);
#endif
}
