// expect: (cannot convert|cannot initialize|could not convert|no matching|no viable|no known conversion|invalid conversion)
// A type where a value belongs.
#include <airstrip/spirv/builder.hpp>

using namespace airstrip::spirv;

void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function);
void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function) {
#ifdef CONTROL
  b.OpIAdd(value, value);
#else
  b.OpIAdd(value, type);
#endif
  (void)b, (void)type, (void)value, (void)label, (void)function;
}
