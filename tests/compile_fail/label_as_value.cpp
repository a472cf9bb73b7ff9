// expect: (cannot convert|cannot initialize|could not convert|no matching|no viable|no known conversion|invalid conversion)
// A label where a value belongs.
#include <airstrip/spirv/builder.hpp>

using namespace airstrip::spirv;

void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function);
void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function) {
#ifdef CONTROL
  b.OpStore(value, value);
#else
  b.OpStore(value, label);
#endif
  (void)b, (void)type, (void)value, (void)label, (void)function;
}
