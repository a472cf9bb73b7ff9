// expect: airstrip: '<<' takes integers
// A shift of a float.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
  const auto b = k.param<u32>("b");
#ifdef CONTROL
  (void)(b << 2u);
  (void)a;
#else
  (void)(a << 2u);
  (void)b;
#endif
}
