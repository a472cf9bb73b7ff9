// expect: can_read
// Reading an image that is only written.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  const auto r = k.storage_image<f32, Access::ReadOnly>("r", TexelFormat::Rgba8);
  const auto w = k.storage_image<f32, Access::WriteOnly>("w", TexelFormat::Rgba8);
#ifdef CONTROL
  (void)r.load(i32x2{0, 0});
  (void)w;
#else
  (void)w.load(i32x2{0, 0});
  (void)r;
#endif
}
