// expect: airstrip: both branches of if_value give values of one type
// Branches that give values of different types.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<u32>("a");
  const auto b = k.param<f32>("b");
#ifdef CONTROL
  (void)k.if_value(
      a < 3u, [&] { return b; }, [&] { return b + 1.0f; });
#else
  (void)k.if_value(
      a < 3u, [&] { return b; }, [&] { return a; });
#endif
}
