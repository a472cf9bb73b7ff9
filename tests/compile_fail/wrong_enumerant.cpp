// expect: (cannot convert|cannot initialize|could not convert|no matching|no viable|no known conversion|invalid conversion)
// An enumerant of another kind.
#include <airstrip/spirv/builder.hpp>

using namespace airstrip::spirv;

void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function);
void mistake(Builder& b, TypeId type, ValueId value, LabelId label, FunctionId function) {
#ifdef CONTROL
  b.OpTypePointer(StorageClass::Workgroup, type);
#else
  b.OpTypePointer(Scope::Workgroup, type);
#endif
  (void)b, (void)type, (void)value, (void)label, (void)function;
}
