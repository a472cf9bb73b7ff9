// expect: airstrip: the element is of another type; convert the value with convert<T>
// A buffer assigned a value of another type.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<u32>("a");
  const auto y = k.inout<f32>("y");
#ifdef CONTROL
  y[0] = convert<f32>(a);
#else
  y[0] = a;
#endif
}
