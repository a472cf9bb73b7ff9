// expect: size\(\)
// The same bits as a type of another size.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto a = k.param<f32>("a");
#ifdef CONTROL
  (void)bitcast<u32>(a);
#else
  (void)bitcast<u64>(a);
#endif
}
