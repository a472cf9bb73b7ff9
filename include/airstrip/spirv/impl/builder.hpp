#pragma once

#include "../builder.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

AIRSTRIP_INLINE void Builder::reset(SourceLocation at) {
  Emitter::reset(at);
  reset_flow();
  function_parameters_.clear();
}
AIRSTRIP_INLINE void Builder::reset(const ModuleOptions& options, SourceLocation at) {
  Emitter::reset(options, at);
  reset_flow();
  function_parameters_.clear();
}

// --- global variables ---------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE TypeId Builder::as_block(TypeId type, BlockKind kind, LayoutRule rule, SourceLocation at) {
  if (!owns(type, "OpVariable", at)) return {};
  if (opcode_of(type) != Op::OpTypeStruct) {
    fail(ErrorCode::WrongType, "what a buffer holds must be a structure", at, "OpVariable", type_name(type));
    return {};
  }
  if (info(type.number()).flags & block) return type;
  if (has_explicit_layout(type.number())) {
    fail(ErrorCode::WrongType,
         "the structure has explicit layout but is not decorated Block; declare it with its BlockKind", at,
         "OpVariable", type_name(type));
    return {};
  }
  Gathered<StructMember> members(member_stack_);
  gather_members(type, rule, members, at);
  return failed() ? TypeId() : declare_struct(members.span(), rule, kind, at);
}
AIRSTRIP_INLINE ValueId Builder::add_buffer(StorageClass storage, TypeId type, BlockKind kind,
                                            LayoutRule rule, Text text, SourceLocation at) {
  const TypeId laid_out = as_block(type, kind, rule, at);
  if (!laid_out) return {};
  const ValueId variable = OpVariable(declare_pointer(storage, laid_out, at), storage, {}, at);
  if (!text.empty()) OpName(variable, text, at);
  return variable;
}
AIRSTRIP_INLINE void Builder::bind(ValueId variable, std::uint32_t set, std::uint32_t binding,
                                   SourceLocation at) {
  OpDecorate(variable, operand::Decoration::DescriptorSet(set), at);
  OpDecorate(variable, operand::Decoration::Binding(binding), at);
}
AIRSTRIP_INLINE ValueId Builder::add_storage_buffer(TypeId type, std::uint32_t set, std::uint32_t binding,
                                                    Text text, LayoutRule rule, SourceLocation at) {
  const ValueId variable = add_buffer(storage_buffer_class(), type, BlockKind::Storage, rule, text, at);
  bind(variable, set, binding, at);
  return variable;
}
AIRSTRIP_INLINE ValueId Builder::add_storage_array(TypeId element, std::uint32_t set, std::uint32_t binding,
                                                   Text text, LayoutRule rule, SourceLocation at) {
  StructMember member;
  member.type = declare_runtime_array(element, rule, at);
  if (!member.type) return {};
  const TypeId type = declare_struct(Span<const StructMember>(&member, 1), rule, BlockKind::Storage, at);
  return add_storage_buffer(type, set, binding, text, rule, at);
}
AIRSTRIP_INLINE ValueId Builder::add_uniform_buffer(TypeId type, std::uint32_t set, std::uint32_t binding,
                                                    Text text, LayoutRule rule, SourceLocation at) {
  const ValueId variable = add_buffer(StorageClass::Uniform, type, BlockKind::Uniform, rule, text, at);
  bind(variable, set, binding, at);
  return variable;
}
AIRSTRIP_INLINE ValueId Builder::add_push_constants(TypeId type, Text text, LayoutRule rule,
                                                    SourceLocation at) {
  return add_buffer(StorageClass::PushConstant, type, BlockKind::Uniform, rule, text, at);
}
AIRSTRIP_INLINE ValueId Builder::add_resource(TypeId type, std::uint32_t set, std::uint32_t binding,
                                              Text text, SourceLocation at) {
  const ValueId variable = OpVariable(declare_pointer(StorageClass::UniformConstant, type, at),
                                      StorageClass::UniformConstant, {}, at);
  if (!text.empty()) OpName(variable, text, at);
  bind(variable, set, binding, at);
  return variable;
}
AIRSTRIP_INLINE ValueId Builder::add_workgroup_variable(TypeId type, Text text, SourceLocation at) {
  const TypeId pointer = declare_pointer(StorageClass::Workgroup, without_layout(type, at), at);
  const ValueId variable = OpVariable(pointer, StorageClass::Workgroup, {}, at);
  if (!text.empty()) OpName(variable, text, at);
  return variable;
}
AIRSTRIP_INLINE ValueId Builder::add_private_variable(TypeId type, ValueId initializer, Text text,
                                                      SourceLocation at) {
  const TypeId pointer = declare_pointer(StorageClass::Private, without_layout(type, at), at);
  const ValueId variable = OpVariable(pointer, StorageClass::Private, initializer, at);
  if (!text.empty()) OpName(variable, text, at);
  return variable;
}
AIRSTRIP_INLINE ValueId Builder::declare_builtin(BuiltIn builtin, TypeId type, SourceLocation at) {
  const TypeId pointer = declare_pointer(StorageClass::Input, type, at);
  if (!pointer) return {};
  const std::uint32_t storage[] = {static_cast<std::uint32_t>(StorageClass::Input)};
  const std::uint32_t identity[] = {static_cast<std::uint32_t>(Decoration::BuiltIn),
                                    static_cast<std::uint32_t>(builtin)};
  bool fresh = false;
  const ValueId variable(declare(Op::OpVariable, pointer, storage, identity, fresh, at));
  if (fresh) OpDecorate(variable, operand::Decoration::BuiltIn(builtin), at);
  return variable;
}
AIRSTRIP_INLINE ValueId Builder::declare_builtin_uvec3(BuiltIn builtin, SourceLocation at) {
  return declare_builtin(builtin, declare_vector(declare_uint32(at), 3, at), at);
}

// --- functions ------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE FunctionId Builder::begin_function(TypeId result, Span<const TypeId> parameters, Text text,
                                                   FunctionControl control, SourceLocation at) {
  const FunctionId function = reserve_function(at);
  begin_function(function, result, parameters, text, control, at);
  return failed() ? FunctionId() : function;
}
AIRSTRIP_INLINE void Builder::begin_function(FunctionId reserved, TypeId result,
                                             Span<const TypeId> parameters, Text text,
                                             FunctionControl control, SourceLocation at) {
  const TypeId type = declare_function_type(result, parameters, at);
  define_next(reserved, at);
  OpFunction(result, control, type, at);
  if (!text.empty()) OpName(reserved, text, at);
  function_parameters_.clear();
  for (const TypeId parameter_type : parameters)
    function_parameters_.push_back(OpFunctionParameter(parameter_type, at));
  if (function_parameters_.out_of_memory())
    fail(ErrorCode::OutOfMemory, "out of memory", at, "OpFunctionParameter");
  OpLabel(at);
}
AIRSTRIP_INLINE ValueId Builder::parameter(std::size_t index) const {
  return index < function_parameters_.size() ? function_parameters_[index] : ValueId();
}
AIRSTRIP_INLINE ValueId Builder::add_local_variable(TypeId type, ValueId initializer, Text text,
                                                    SourceLocation at) {
  const TypeId pointer = declare_pointer(StorageClass::Function, without_layout(type, at), at);
  const ValueId variable = OpVariable(pointer, StorageClass::Function, initializer, at);
  if (!text.empty()) OpName(variable, text, at);
  return variable;
}
AIRSTRIP_INLINE void Builder::end_function(SourceLocation at) {
  if (in_block()) OpReturn(at);
  OpFunctionEnd(at);
}

AIRSTRIP_INLINE void Builder::add_compute_entry_point(FunctionId function, Text text, std::uint32_t x,
                                                      std::uint32_t y, std::uint32_t z, SourceLocation at) {
  OpEntryPoint(ExecutionModel::GLCompute, function, text, {}, at);
  OpExecutionMode(function, operand::ExecutionMode::LocalSize(x, y, z), at);
}
AIRSTRIP_INLINE void Builder::add_compute_entry_point(FunctionId function, Text text, ValueId x, ValueId y,
                                                      ValueId z, SourceLocation at) {
  OpEntryPoint(ExecutionModel::GLCompute, function, text, {}, at);
  // LocalSizeId is SPIR-V 1.2. Vulkan takes it where maintenance4 is enabled, which no version does by itself
  // (VUID-RuntimeSpirv-LocalSizeId-06434).
  const bool by_id = version() >= make_version(1, 2) && (target().environment() != Environment::Vulkan ||
                                                         target().permits(ValidationFeature::Maintenance4));
  if (by_id) {
    OpExecutionModeId(function, operand::ExecutionMode::LocalSizeId(x, y, z), at);
    return;
  }
  // The decorated constant overrides every LocalSize (SPIR-V 3.21, WorkgroupSize); one of the two must be there.
  const ValueId size = OpSpecConstantComposite(declare_vector(type_of(x), 3, at), {x, y, z}, at);
  OpDecorate(size, operand::Decoration::BuiltIn(BuiltIn::WorkgroupSize), at);
}

// --- short forms ----------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void Builder::name(Id id, Text text, SourceLocation at) { OpName(id, text, at); }
AIRSTRIP_INLINE void Builder::decorate(Id id, const operand::Decoration& decoration, SourceLocation at) {
  OpDecorate(id, decoration, at);
}
AIRSTRIP_INLINE ValueId Builder::load_at(ValueId base, Span<const ValueId> indices, SourceLocation at) {
  return OpLoad(OpAccessChain(base, indices, at), {}, at);
}
AIRSTRIP_INLINE void Builder::store_at(ValueId base, Span<const ValueId> indices, ValueId value,
                                       SourceLocation at) {
  OpStore(OpAccessChain(base, indices, at), value, {}, at);
}

// --- the end --------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Result<Module> Builder::finish(SourceLocation at) {
  Buffer<std::uint32_t> words;
  Buffer<LocationRecord> locations;
  if (failed() || !assemble(words, &locations, at)) return error();
  return Module(static_cast<Buffer<std::uint32_t>&&>(words), static_cast<Buffer<LocationRecord>&&>(locations),
                target());
}
AIRSTRIP_INLINE Result<Span<const std::uint32_t>> Builder::finish_words(SourceLocation at) {
  if (failed() || !assemble(words_, nullptr, at)) return error();
  return Span<const std::uint32_t>(words_.data(), words_.size());
}

AIRSTRIP_SPIRV_NAMESPACE_END
