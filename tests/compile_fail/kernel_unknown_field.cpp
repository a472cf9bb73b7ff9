// expect: airstrip: the structure has no field of this name
// A field that the structure does not have.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  using P = Struct<Field<"mass", f32>, Field<"charge", f32>>;
  const auto p = k.inout<P>("p");
#ifdef CONTROL
  (void)p[0].get<"mass">().value();
#else
  (void)p[0].get<"weight">().value();
#endif
}
