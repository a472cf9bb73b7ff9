// expect: (cannot convert|cannot initialize|could not convert|no matching|no viable|no known conversion|invalid conversion)
// A literal of more than one word.
#include <airstrip/spirv/builder.hpp>

using namespace airstrip::spirv;

void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function);
void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function) {
#ifdef CONTROL
  b.OpCompositeExtract(type, value, {0x10000000});
#else
  b.OpCompositeExtract(type, value, {0x100000000});
#endif
  (void)b, (void)type, (void)value, (void)label, (void)function;
}
