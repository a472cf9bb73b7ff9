// expect: IntType
// A switch on a float.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
#ifdef CONTROL
  k.switch_(convert<i32>(a), [](SwitchScope&) {});
#else
  k.switch_(a, [](SwitchScope&) {});
#endif
}
