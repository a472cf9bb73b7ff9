// expect: (cannot convert|cannot initialize|could not convert|no matching|no viable|no known conversion|invalid conversion)
// An enumerant where a literal belongs: it must be said that it is meant.
#include <airstrip/spirv/builder.hpp>

using namespace airstrip::spirv;

void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function);
void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function) {
#ifdef CONTROL
  b.OpExtInst(type, b.glsl_std_450(), Literal(GLSLstd450::Sqrt), {});
#else
  b.OpExtInst(type, b.glsl_std_450(), GLSLstd450::Sqrt, {});
#endif
  (void)b, (void)type, (void)value, (void)label, (void)function;
}
