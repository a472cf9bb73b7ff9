// expect: (nodiscard|unused|ignoring)
// A result whose error nobody would see.
#include <airstrip/spirv/builder.hpp>

#pragma GCC diagnostic error "-Wunused-result"

using namespace airstrip::spirv;

void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function);
void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function) {
#ifdef CONTROL
  static_cast<void>(b.finish());
#else
  b.finish();
#endif
  (void)b, (void)type, (void)value, (void)label, (void)function;
}
