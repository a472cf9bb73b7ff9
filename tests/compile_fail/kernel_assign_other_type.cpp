// expect: airstrip: the variable is of another type; convert the value with convert<T>
// A variable assigned a value of another type.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<u32>("a");
  auto v = k.var<f32>(0);
#ifdef CONTROL
  v = convert<f32>(a);
#else
  v = a;
#endif
}
