// expect: airstrip: the variable is of another type; convert the value with convert<T>
// A variable begun with a value of another type.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<u32>("a");
#ifdef CONTROL
  (void)k.var<f32>(convert<f32>(a));
#else
  (void)k.var<f32>(a);
#endif
}
