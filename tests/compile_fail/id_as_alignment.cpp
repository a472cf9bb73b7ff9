// expect: (cannot convert|cannot initialize|could not convert|no matching|no viable|no known conversion|invalid conversion)
// An id where the literal of a mask's parameter belongs.
#include <airstrip/spirv/builder.hpp>

using namespace airstrip::spirv;

void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function);
void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function) {
#ifdef CONTROL
  b.OpLoad(value, operand::MemoryAccess().Aligned(4));
#else
  b.OpLoad(value, operand::MemoryAccess().Aligned(value));
#endif
  (void)b, (void)type, (void)value, (void)label, (void)function;
}
