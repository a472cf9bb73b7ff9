// expect: (cannot convert|cannot initialize|could not convert|no matching|no viable|no known conversion|invalid conversion)
// A value where an extended instruction set belongs.
#include <airstrip/spirv/builder.hpp>

using namespace airstrip::spirv;

void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function);
void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function) {
#ifdef CONTROL
  b.OpExtInst(type, b.glsl_std_450(), 1, {});
#else
  b.OpExtInst(type, value, 1, {});
#endif
  (void)b, (void)type, (void)value, (void)label, (void)function;
}
