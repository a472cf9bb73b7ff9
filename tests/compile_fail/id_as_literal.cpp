// expect: (cannot convert|cannot initialize|could not convert|no matching|no viable|no known conversion|invalid conversion)
// An id where a literal belongs (taichi #6139: the id became the alignment).
#include <airstrip/spirv/builder.hpp>

using namespace airstrip::spirv;

void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function);
void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function) {
#ifdef CONTROL
  b.OpCompositeExtract(type, value, {0});
#else
  b.OpCompositeExtract(type, value, {value});
#endif
  (void)b, (void)type, (void)value, (void)label, (void)function;
}
