// expect: (cannot convert|cannot initialize|could not convert|no matching|no viable|no known conversion|invalid conversion)
// A label where a function belongs.
#include <airstrip/spirv/builder.hpp>

using namespace airstrip::spirv;

void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function);
void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function) {
#ifdef CONTROL
  b.OpFunctionCall(type, function, {});
#else
  b.OpFunctionCall(type, label, {});
#endif
  (void)b, (void)type, (void)value, (void)label, (void)function;
}
