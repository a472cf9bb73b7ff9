// The reader behind `reflect`: its state, and what its parts do. The parts are beside this file.
#pragma once

#include "../../reflect.hpp"
#include "common.hpp"
#include "evaluate.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection::detail {
struct FirstNeeds;
}

/// Reads one module into a Reflection.
///
/// Everything is indexed by the position of an instruction in the view, never by ids, whose bound the header claims.
/// Types and constants are looked at in the order of the module and see only what stands before them, so that no
/// recursion is needed and no cycle can be entered. Only pointers lead forward, and nothing here follows those.
class Reflector {
public:
  Reflector(const spirv::ModuleView& view, Span<const reflection::Override> overrides, Reflection& out)
      : view_(view), overrides_(overrides), out_(out) {}

  Result<void> run();

private:
  using Instruction = spirv::Instruction;
  using Op = spirv::Op;

  /// What names and decorations say of one id.
  struct Facts {
    Text name;                  // once it was asked for
    std::uint32_t name_at = 0;  // index of the OpName + 1
    std::uint32_t set = reflection::none, binding = reflection::none;
    std::uint32_t location = reflection::none, component = reflection::none, index = reflection::none;
    std::uint32_t builtin = reflection::none, spec_id = reflection::none;
    std::uint32_t array_stride = 0, array_stride_id = 0, input_attachment = reflection::none;
    bool block = false, buffer_block = false, non_writable = false, non_readable = false;
    bool flat = false, no_perspective = false, centroid = false, sample = false, patch = false;
  };
  /// The same of a member, as far as it does not lie in the Member. Parallel to members().
  struct MemberFacts {
    std::uint32_t location = reflection::none, component = reflection::none, builtin = reflection::none;
    std::uint32_t offset_id = 0;
    bool flat = false, no_perspective = false, centroid = false, sample = false, patch = false;
  };
  /// A type, as far as it does not lie in the Type. Parallel to types().
  struct TypeFacts {
    std::uint32_t instruction = 0;
    std::uint64_t packed_size = 0;  // bytes without any layout: workgroup memory
    std::uint32_t locations = 0;    // that it takes between stages
    std::uint32_t node = 0;         // of a physical pointer: its node + 1
    bool is_block = false, is_buffer_block = false, has_layout = false;
    bool has_8_bits = false, has_16_bits = false;             // numbers so narrow, at any depth
    bool all_non_writable = false, all_non_readable = false;  // every member is
  };
  /// The value of a constant.
  struct Value {
    enum class Kind : std::uint8_t { Unknown, Scalar, Composite, Null };
    Kind kind = Kind::Unknown;
    std::uint32_t type = reflection::none;
    std::uint32_t spec = reflection::none;  // in spec_constants()
    std::uint64_t bits = 0;                 // Scalar; above the type's width zero
    std::uint64_t default_bits = 0;         // the same without the overrides
    std::uint32_t first = 0, count = 0;     // Composite: in parts_
    bool is_replicated = false;             // Composite: all parts are the first
  };
  struct Global {
    std::uint32_t instruction = 0;
    std::uint32_t type = reflection::none;  // of what lies there
    spirv::StorageClass storage{};
    std::uint32_t node = 0, stamp = 0;  // in the function that is being traced
    std::uint32_t entry_stamp = 0, entry_flags = 0;
    std::uint32_t rank = 0, binding = 0;  // is_bound: among all places; in bindings_
    bool is_bound = false;
  };
  struct Function {
    std::uint32_t instruction = 0, end = 0;  // OpFunction, and past OpFunctionEnd
    reflection::Range parameters;            // in parameters_
    reflection::Range calls;                 // in calls_
    reflection::Range uses;                  // in uses_
    std::uint32_t returned = 0;              // the node of what it returns + 1
    std::uint32_t subgroup_operations = 0;
    std::uint32_t stamp = 0;  // of the entry point that reached it
  };
  /// A global in a function.
  struct Use {
    std::uint32_t global = 0, node = 0;
  };
  /// A pointer or a handle to a resource in a function, and what it is made from: accesses flow back along the edges.
  struct Node {
    std::uint32_t first_edge = 0;  // + 1
    std::uint8_t flags = 0;
  };
  struct Edge {
    std::uint32_t source = 0, next = 0;
  };
  enum : std::uint8_t { reads = 1, writes = 2, atomics = 4 };

  // collect.hpp
  void collect();
  void annotate();
  void decorate(const Instruction& at, std::uint32_t decoration, unsigned parameters, Facts& facts);
  void decorate_member(const Instruction& at, std::uint32_t decoration, unsigned parameters,
                       std::uint32_t member);
  void decorate_group_members();
  static void merge(Facts& into, const Facts& from);
  Facts* facts_at(std::uint32_t index);
  const Facts& facts_of(std::uint32_t index) const;
  Text text_of(const Instruction& at, unsigned position);
  Text name_of(std::uint32_t index);

  // types.hpp
  void add_type(const Instruction& at);
  void finish_type(const Instruction& at);
  void finish_struct(std::uint32_t index);
  void finish_pointers();
  std::uint32_t type_index(std::uint32_t id) const;
  std::uint64_t member_size(const reflection::Member& member, std::uint32_t& deepest) const;
  bool is_handle(std::uint32_t type) const;
  bool is_physical(std::uint32_t type) const;

  // constants.hpp
  void add_constant(const Instruction& at);
  void add_spec_constant(const Instruction& at, std::uint32_t spec_id, Value& value);
  std::uint32_t value_index(std::uint32_t id) const;
  bool word_value(std::uint32_t id, std::uint32_t& value) const;
  std::uint32_t spec_of(std::uint32_t id) const;
  reflection::detail::Number number_of(std::uint32_t type) const;
  std::uint32_t add_value(const Value& value);
  std::uint32_t add_null(std::uint32_t type);
  std::uint32_t part_of(std::uint32_t value, std::uint32_t which);
  reflection::Range component_bits(const Value& value);
  bool copy_parts(std::uint32_t value, Value& copy);
  std::uint32_t component_count(std::uint32_t value) const;
  void evaluate_operation(const Instruction& at, Value& value);
  void evaluate_components(const Instruction& at, Value& value);

  // trace.hpp
  void trace();
  void trace_function(Function& function);
  void trace_instruction(const Instruction& at, Function& function);
  void trace_other(const Instruction& at, Function& function);
  void trace_call(const Instruction& at);
  void trace_load(const Instruction& at);
  void trace_store(const Instruction& at);
  std::uint32_t node_of(std::uint32_t id);
  std::uint32_t node_at(std::uint32_t instruction);
  std::uint32_t add_node();
  void flow(std::uint32_t from, std::uint32_t to);
  void derive(const Instruction& at, std::uint32_t id);
  void mark(std::uint32_t id, unsigned flags);
  std::uint32_t physical_node(std::uint32_t type);
  void propagate();
  void add_buffer_references();

  // globals.hpp
  void finish_globals();
  static std::uint64_t place_of(const Facts& facts);
  reflection::Binding binding_of(const Global& global);

  // entry_points.hpp
  void add_entry_points();
  void add_entry_point(const Instruction& at);
  void add_modes(const Instruction& at, reflection::EntryPoint& entry);
  std::uint32_t first_mode_of(std::uint32_t function) const;
  static reflection::FloatMode* float_mode(std::uint32_t width, reflection::EntryPoint& entry);
  static void set_float_mode(spirv::ExecutionMode mode, std::uint32_t width, reflection::EntryPoint& entry);
  void add_resources(reflection::EntryPoint& entry);
  void add_graph_entry_point(const Instruction& at);
  void add_interface(const Instruction& at, reflection::EntryPoint& entry);
  void add_stage_variables(const Global& global);
  void reach(std::uint32_t function);

  // needs.hpp
  void add_needs();
  void add_typed_needs(const Instruction& at, std::uint32_t offset, reflection::detail::FirstNeeds& first);
  void add_storage_needs(const Global& global, std::uint32_t offset, reflection::detail::FirstNeeds& first);
  void add_scope_needs(std::uint32_t id, std::uint32_t offset, reflection::detail::FirstNeeds& first);
  void add_indexing_needs(const Instruction& at, std::uint32_t offset, reflection::detail::FirstNeeds& first);

  /// `view_.ext_inst_set`, which compares names, with the last answer kept.
  const spirv::ExtInstSetInfo* ext_inst_set(std::uint32_t import);
  bool any_out_of_memory() const;
  Diagnostic failure() const;
  bool is_defined_here(const Instruction& at, std::uint32_t id) const {
    return view_.find_definition(id).index() == at.index();
  }
  static std::uint32_t index(std::size_t size) { return static_cast<std::uint32_t>(size); }
  /// Work that is not bounded by the words. False when there was too much of it: the module is given up.
  bool spend(std::uint64_t steps) {
    if (budget_ < steps) is_exhausted_ = true;
    if (is_exhausted_) return false;
    budget_ -= steps;
    return true;
  }

  const spirv::ModuleView& view_;
  Span<const reflection::Override> overrides_;
  Reflection& out_;

  Buffer<std::uint32_t> slot_;  // of an instruction: type, value, global or function + 1, as its opcode says
  Buffer<std::uint32_t> facts_index_;  // of an instruction: in facts_ + 1
  Buffer<std::uint32_t> node_;         // of an instruction: in nodes_ + 1
  Buffer<Facts> facts_;
  Buffer<MemberFacts> member_facts_;
  Buffer<TypeFacts> type_facts_;
  Buffer<Value> values_;
  Buffer<std::uint32_t> parts_;        // in values_
  Buffer<std::uint32_t> annotations_;  // instructions
  Buffer<std::uint32_t> definitions_;  // instructions: types and constants
  Buffer<std::uint32_t> entries_, graphs_, modes_, capabilities_, extensions_,
      group_members_;                 // instructions
  Buffer<std::uint32_t> parameters_;  // instructions
  Buffer<std::uint32_t> calls_;       // in functions_
  Buffer<Global> globals_;
  Buffer<Function> functions_;
  Buffer<Use> uses_;
  Buffer<Node> nodes_;
  Buffer<Edge> edges_;
  String scratch_;
  Buffer<std::uint32_t> reached_;                    // functions, and globals, of the entry point at hand
  Buffer<std::uint64_t> used_;                       // globals of that entry point: rank << 32 | global
  Buffer<std::uint64_t> modes_by_entry_;             // function << 32 | instruction, sorted
  Buffer<reflection::Binding> bindings_;             // of globals, without an entry point's accesses
  std::uint32_t workgroup_size_ = reflection::none;  // the value decorated BuiltIn WorkgroupSize
  std::uint32_t function_ = 0;                       // that is being traced, + 1
  std::uint32_t entry_ = 0;                          // that is being added, + 1
  const spirv::ExtInstSetInfo* set_ = nullptr;
  std::uint32_t set_import_ = 0;
  std::uint64_t budget_ = 0;
  bool is_exhausted_ = false, out_of_memory_ = false;
};

AIRSTRIP_NAMESPACE_END
