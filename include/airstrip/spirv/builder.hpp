// Builder: everything together. Variables, functions, entry points, names, and the finished module.
#pragma once

#include "../config.hpp"
#include "control_flow.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// Builds one module.
///
///     Builder b({.target = Target::vulkan(1, 1)});
///     …
///     Result<Module> module = b.finish();
///
/// It is made of layers that can be read one by one: the emitter's core (emitter.hpp), a method for every instruction
/// (instructions.hpp), types (types.hpp), constants (constants.hpp), control flow (control_flow.hpp) and this.
///
/// The module is the same on every machine if the calls come in the same order. C++ leaves the order in which a call's
/// arguments are evaluated to the compiler, so name the values where two arguments emit: not `b.OpIAdd(f(), g())`.
///
/// Sections, capabilities, extensions, the memory model, interface lists and scope constants come by themselves. The
/// first error is kept, nothing is written after it, and `finish` returns it.
class Builder : public StructuredFlow {
public:
  using StructuredFlow::StructuredFlow;

  void reset(SourceLocation at = SourceLocation::current());
  void reset(const ModuleOptions& options, SourceLocation at = SourceLocation::current());

  // --- global variables. Each returns the OpVariable, a pointer to what it holds.

  /// A storage buffer. `block`: a structure, given explicit layout by `rule` where it has none. Decorated with set and
  /// binding, and Block or BufferBlock as the target has it.
  ValueId add_storage_buffer(TypeId block, std::uint32_t set, std::uint32_t binding, Text name = {},
                             LayoutRule rule = LayoutRule::Std430,
                             SourceLocation at = SourceLocation::current());
  /// A storage buffer that is one array of `element` without a length: `buffer.data[i]` is at indices 0, i.
  ValueId add_storage_array(TypeId element, std::uint32_t set, std::uint32_t binding, Text name = {},
                            LayoutRule rule = LayoutRule::Std430,
                            SourceLocation at = SourceLocation::current());
  ValueId add_uniform_buffer(TypeId block, std::uint32_t set, std::uint32_t binding, Text name = {},
                             LayoutRule rule = LayoutRule::Std140,
                             SourceLocation at = SourceLocation::current());
  /// At most one is used by an entry point (Vulkan VUID-StandaloneSpirv-OpEntryPoint-06674).
  ValueId add_push_constants(TypeId block, Text name = {}, LayoutRule rule = LayoutRule::Std430,
                             SourceLocation at = SourceLocation::current());
  /// An image, sampler or sampled image, or an array of them.
  ValueId add_resource(TypeId type, std::uint32_t set, std::uint32_t binding, Text name = {},
                       SourceLocation at = SourceLocation::current());
  /// Memory of the workgroup: of `type` without its layout.
  ValueId add_workgroup_variable(TypeId type, Text name = {}, SourceLocation at = SourceLocation::current());
  ValueId add_private_variable(TypeId type, ValueId initializer = {}, Text name = {},
                               SourceLocation at = SourceLocation::current());
  /// An Input variable with a BuiltIn decoration; the same one when asked again. `type`: what Vulkan's section 15.9
  /// prescribes for it.
  ValueId declare_builtin(BuiltIn builtin, TypeId type, SourceLocation at = SourceLocation::current());
  /// GlobalInvocationId, LocalInvocationId, WorkgroupId, NumWorkgroups …: three 32-bit unsigned integers.
  ValueId declare_builtin_uvec3(BuiltIn builtin, SourceLocation at = SourceLocation::current());

  // --- functions

  /// Begins a function and its first block. Its parameters: `parameter(i)`.
  FunctionId begin_function(TypeId result, Span<const TypeId> parameters = {}, Text name = {},
                            FunctionControl control = FunctionControl::MaskNone,
                            SourceLocation at = SourceLocation::current());
  /// Begins a function that was reserved with `reserve_function`.
  void begin_function(FunctionId reserved, TypeId result, Span<const TypeId> parameters = {}, Text name = {},
                      FunctionControl control = FunctionControl::MaskNone,
                      SourceLocation at = SourceLocation::current());
  ValueId parameter(std::size_t index) const;
  /// A variable of the open function; may be called in any of its blocks, and is written into the first.
  ValueId add_local_variable(TypeId type, ValueId initializer = {}, Text name = {},
                             SourceLocation at = SourceLocation::current());
  /// Ends the function. A block that is open returns, if the function returns nothing.
  void end_function(SourceLocation at = SourceLocation::current());

  /// A compute entry point whose workgroup has these dimensions.
  void add_compute_entry_point(FunctionId function, Text name, std::uint32_t x, std::uint32_t y = 1,
                               std::uint32_t z = 1, SourceLocation at = SourceLocation::current());
  /// The dimensions are 32-bit integer constants, which may be specialisation constants: LocalSizeId from SPIR-V 1.2 on
  /// where the target takes it (Vulkan: with the feature maintenance4), else the BuiltIn WorkgroupSize.
  void add_compute_entry_point(FunctionId function, Text name, ValueId x, ValueId y, ValueId z,
                               SourceLocation at = SourceLocation::current());

  // --- short forms

  void name(Id id, Text text, SourceLocation at = SourceLocation::current());
  void decorate(Id id, const operand::Decoration& decoration, SourceLocation at = SourceLocation::current());
  /// An access chain with literal or computed indices, then a load of what it selects.
  ValueId load_at(ValueId base, Span<const ValueId> indices, SourceLocation at = SourceLocation::current());
  void store_at(ValueId base, Span<const ValueId> indices, ValueId value,
                SourceLocation at = SourceLocation::current());

  // --- the end

  /// The finished module, or the first error. The builder stays as it is: more may be added and `finish` called again.
  Result<Module> finish(SourceLocation at = SourceLocation::current());
  /// The words in memory of the builder, valid until its next call: allocates nothing once the builder has made a module
  /// of this size before.
  Result<Span<const std::uint32_t>> finish_words(SourceLocation at = SourceLocation::current());

private:
  ValueId add_buffer(StorageClass storage, TypeId block, BlockKind kind, LayoutRule rule, Text name,
                     SourceLocation at);
  TypeId as_block(TypeId type, BlockKind kind, LayoutRule rule, SourceLocation at);
  void bind(ValueId variable, std::uint32_t set, std::uint32_t binding, SourceLocation at);

  Buffer<ValueId> function_parameters_;
  Buffer<std::uint32_t> words_;
};

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/builder.hpp"
#endif
