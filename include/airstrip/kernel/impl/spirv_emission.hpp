// The SPIR-V writer's core: one kernel, already lowered, on its way into a module.
#pragma once

#include "../write_spirv.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

using spirv::LabelId;
using spirv::OperandWord;
using spirv::TypeId;
using spirv::ValueId;

// Emits a kernel whose addresses are lowered. Members are in four files: declarations (spirv_declarations.hpp), memory
// (spirv_memory.hpp), operations (spirv_operations.hpp) and control flow (spirv_control_flow.hpp).
class SpirvEmission : public spirv::Builder {
public:
  explicit SpirvEmission(const spirv::ModuleOptions& options) : spirv::Builder(options) {}

  void emit_kernel(const Kernel& kernel, const KernelInterface& bound, const WriteOptions& options);

private:
  // --- declarations
  TypeId type_id(Type type);
  ValueId constant_id(NodeId id);
  ValueId u32_constant(std::uint32_t value, SourceLocation at) { return constant(value, at); }
  void declare_interface();
  void declare_parameters();
  void emit_entry_point(spirv::FunctionId function);
  void emit_function(std::size_t index);
  void load_globals(std::size_t function);
  void load_global(NodeId id);
  ValueId load_parameter(std::uint32_t index, SourceLocation at);
  ValueId load_builtin(BuiltIn which, SourceLocation at);
  ValueId workgroup_size_id(SourceLocation at);

  // --- memory
  struct View {  // a buffer as an array of one element type, or a workgroup or private array
    std::uint32_t resource;
    Type element;
    ValueId variable;
    std::uint32_t stride;
    std::uint32_t next;  // of the same resource, plus 1
    TypeId pointer;      // to an element, once asked for
  };
  struct Pointer {  // an access chain in scope
    std::uint32_t view;
    ValueId index;
    std::uint32_t component;
    ValueId pointer;
  };
  Type accessed_type(NodeId id) const;
  void scan_function(std::size_t function);
  std::uint32_t view_for(std::uint32_t resource, Type element);
  void declare_views();
  ValueId pointer_to(NodeId id, Type accessed);
  ValueId array_pointer(std::uint32_t view, ValueId index, std::uint32_t component, SourceLocation at);
  const spirv::operand::MemoryAccess& memory_access(const MemoryAccess& access, bool load);
  void emit_memory(NodeId id);
  void emit_atomic(NodeId id);
  void emit_image(NodeId id);
  void emit_barrier(NodeId id);
  void emit_matrix(NodeId id);
  ValueId scratch_matrix(Type type, SourceLocation at);
  std::uint32_t storage_semantics(std::uint8_t storage) const;
  spirv::Scope scope_of(MemoryScope scope, SourceLocation at);

  // --- operations
  ValueId value(NodeId id) { return values_[id]; }
  void set(NodeId id, spirv::Id result) { values_[id] = ValueId(result); }
  void emit_node(NodeId id);
  const spirv::InstructionKey& key(spirv::Op op);
  spirv::Id write(spirv::Op op, TypeId type, Span<const OperandWord> operands, SourceLocation at);
  spirv::Id write(spirv::Op op, TypeId type, ValueId a, ValueId b, SourceLocation at);
  spirv::Id write(spirv::Op op, TypeId type, ValueId a, SourceLocation at) {
    return write(op, type, a, {}, at);
  }
  ValueId extended(spirv::GLSLstd450 instruction, TypeId type, Span<const NodeId> operands,
                   SourceLocation at);
  ValueId zero_of(Type type, SourceLocation at);
  ValueId one_of(Type type, SourceLocation at);
  ValueId convert(ValueId value, Type from, Type to, SourceLocation at);
  ValueId cast(ValueId value, Type from, Type to, SourceLocation at);
  ValueId splat(ValueId scalar, Type vector, SourceLocation at);
  void emit_subgroup(NodeId id);
  bool emit_simple(NodeId id);
  void no_contraction(NodeId id);

  // --- control flow
  struct Jump {  // an edge to a merge or continue block, with the values it brings
    LabelId from;
    std::uint32_t first_value;
    std::uint32_t next;  // in jumps_, plus 1
  };
  struct Edges {
    std::uint32_t first = 0, last = 0;  // in jumps_, plus 1
    std::uint32_t count = 0;
  };
  struct Construct {
    NodeId node;
    LabelId merge, continue_;
    Edges breaks, continues;
  };
  void emit_region(RegionId region);
  void emit_terminator(NodeId id);
  void emit_if(NodeId id);
  void emit_loop(NodeId id);
  void emit_switch(NodeId id);
  void emit_results(NodeId owner, const Edges& edges, SourceLocation at);
  void add_edge(Edges& edges, Span<const NodeId> values);
  ValueId merged(const Edges& edges, std::size_t index, TypeId type, SourceLocation at);
  void branch(ValueId condition, LabelId then, LabelId otherwise, SourceLocation at);
  Construct* find(NodeId node);
  LabelId exit_of(RegionId region, Construct*& construct, bool& continues);
  bool only_yields(RegionId region) const;

  const Kernel* kernel_ = nullptr;
  const KernelInterface* interface_ = nullptr;
  const WriteOptions* write_options_ = nullptr;
  Buffer<ValueId> values_;
  TypeId types_[16][5];
  Buffer<TypeId> matrix_types_;
  struct Entry {  // what a function's first block loads: ends of its parts in the two buffers below
    std::uint32_t loads, images;
  };
  Buffer<Entry> entries_;
  Buffer<NodeId> entry_loads_, entry_images_;
  Buffer<std::uint32_t> seen_;  // by node: the last function, plus 1, whose scan met it
  Buffer<View> views_;
  Buffer<std::uint32_t> first_view_;  // by resource, plus 1
  Buffer<ValueId> image_variables_;   // by resource
  Buffer<ValueId> images_;            // loaded in this function, by resource
  Buffer<Pointer> pointers_;
  std::uint32_t recent_pointers_[256] = {};  // by hash: in pointers_, checked when found
  Buffer<ValueId> scratch_;                  // by matrix type
  Buffer<spirv::FunctionId> functions_;
  Buffer<std::uint8_t> called_;  // by function
  Buffer<Jump> jumps_;
  Buffer<ValueId> jump_values_;
  Buffer<Construct> constructs_;
  Buffer<std::uint8_t>
      variable_function_;  // by resource: which function uses a variable or private array, plus 1
  spirv::operand::MemoryAccess no_access_, access_;  // of the access that is written
  spirv::ExtInstSetId glsl_;
  ValueId parameters_block_, zero_;
  ValueId workgroup_size_;
  Edges* yields_ = nullptr;  // of the innermost If or Switch
  LabelId yield_target_;
  bool reachable_ = false;
  bool vulkan_memory_ = false;
  struct CachedKey {
    spirv::Op op = spirv::Op::OpNop;
    spirv::InstructionKey key{};
  };
  CachedKey keys_[256];  // by the low bits of the opcode
};

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END

#include "spirv_declarations.hpp"
#include "spirv_memory.hpp"
#include "spirv_operations.hpp"
// after what it calls
#include "spirv_control_flow.hpp"
