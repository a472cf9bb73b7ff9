// expect: (cannot convert|cannot initialize|could not convert|no matching|no viable|no known conversion|invalid conversion)
// A floating-point number where a literal belongs: which bits?
#include <airstrip/spirv/builder.hpp>

using namespace airstrip::spirv;

void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function);
void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function) {
#ifdef CONTROL
  b.OpConstant(type, {1u});
#else
  b.OpConstant(type, {1.0f});
#endif
  (void)b, (void)type, (void)value, (void)label, (void)function;
}
