// expect: can_write
// A store to an image that is only read.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto r = k.storage_image<f32, Access::ReadOnly>("r", TexelFormat::Rgba8);
  const auto w = k.storage_image<f32, Access::WriteOnly>("w", TexelFormat::Rgba8);
  const auto texel = r.load(i32x2{0, 0});
#ifdef CONTROL
  w.store(i32x2{0, 0}, texel);
#else
  r.store(i32x2{0, 0}, texel);
  (void)w;
#endif
}
