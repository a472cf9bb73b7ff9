// From the kernel's regions to a flat program.
#pragma once

#include "../evaluate.hpp"
#include "../interpret.hpp"
#include "interpret_program.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

class Lowering {
public:
  Lowering(const Kernel& kernel, std::uint32_t subgroup_size, const InterpretOptions& options,
           Program& program)
      : kernel_(kernel), size_(subgroup_size), options_(options), program_(program) {}

  bool run() {
    slots_.resize(kernel_.node_bound(), no_slot);
    for (const Resource& resource : kernel_.resources()) {
      const bool variable = resource.kind == ResourceKind::Variable;
      program_.variable_slots.push_back(variable ? allocate(resource.element) : 0);
    }
    const std::size_t functions = kernel_.functions().size();
    entries_.resize(functions, 0);
    depths_.resize(functions, 0);
    results_.resize(functions, 0);
    // Helpers come before those that call them, the kernel's body last.
    std::uint32_t entry = 0;
    for (std::size_t i = 1; i <= functions && ok(); ++i) {
      const std::size_t f = i == functions ? 0 : i;
      if (f == 0) entry = here();
      function(f);
    }
    program_.scratch = program_.slots;
    program_.slots += program_.scratch_count;
    program_.depth = functions ? depths_[0] : 0;
    entry_ = entry;
    if (ok() && (program_.code.out_of_memory() || program_.operands.out_of_memory() ||
                 program_.presets.out_of_memory() || slots_.out_of_memory() || fixups_.out_of_memory() ||
                 constructs_.out_of_memory() || entries_.out_of_memory() || depths_.out_of_memory() ||
                 results_.out_of_memory() || program_.variable_slots.out_of_memory()))
      fail(ErrorCode::OutOfMemory, "out of memory while the kernel was prepared for the interpreter",
           no_node);
    return ok();
  }
  std::uint32_t entry() const { return entry_; }

private:
  static constexpr std::uint32_t no_slot = 0xFFFFFFFFu;
  struct Construct {
    NodeId owner;  ///< none: the function
    std::uint32_t depth;
  };

  bool ok() const { return program_.error.code == ErrorCode::Ok; }
  void fail(ErrorCode code, const char* message, NodeId node) {
    if (!ok()) return;
    program_.error.code = code;
    program_.error.message = message;
    if (node != no_node) program_.error.where = kernel_.location(node);
  }

  std::uint32_t here() const { return static_cast<std::uint32_t>(program_.code.size()); }
  std::uint32_t count_of(Type type) const {
    if (!type.is_matrix()) return type.is_void() ? 0 : type.components();
    const MatrixShape& shape = kernel_.matrix_shapes()[type.matrix_shape()];
    return (shape.rows * shape.columns + size_ - 1) / size_;
  }
  std::uint32_t allocate(Type type) {
    const std::uint32_t slot = program_.slots;
    program_.slots += count_of(type);
    return slot;
  }
  /// The slot of a value; constants and values of the dispatch get theirs when they are first used.
  std::uint32_t slot(NodeId id) {
    if (slots_[id] != no_slot) return slots_[id];
    slots_[id] = allocate(kernel_.type(id));
    if (has_flag(kernel_.op(id), op_flag::global)) program_.presets.push_back({id, slots_[id]});
    return slots_[id];
  }
  Operand operand(NodeId id) {
    const Type type = kernel_.type(id);
    const std::uint32_t components = count_of(type);
    return {slot(id), components > 1 ? 1u : 0u, components, type};
  }

  Instruction& emit(Code code, NodeId node) {
    Instruction instruction;
    instruction.code = code;
    instruction.node = node;
    if (node != no_node) {
      instruction.op = kernel_.op(node);
      instruction.immediate = kernel_.node(node).immediate;
    }
    if (!program_.code.push_back(instruction)) {
      fail(ErrorCode::OutOfMemory, "out of memory while the kernel was prepared for the interpreter",
           no_node);
      return spare_;
    }
    return program_.code.back();
  }
  void set_operands(Instruction& instruction, Span<const NodeId> values) {
    instruction.first_operand = static_cast<std::uint32_t>(program_.operands.size());
    instruction.operand_count = static_cast<std::uint32_t>(values.size());
    for (const NodeId id : values) program_.operands.push_back(operand(id));
    if (!values.empty()) instruction.scalar = kernel_.type(values[0]).scalar();
  }

  /// Values to where others are read, for the active lanes.
  void copy(std::uint32_t out, NodeId value, NodeId node) {
    Instruction& instruction = emit(Code::Copy, node);
    set_operands(instruction, Span<const NodeId>(&value, 1));
    instruction.out = out;
    instruction.components = count_of(kernel_.type(value));
  }
  /// To the arguments of a region, which the values may be themselves.
  void copy_arguments(RegionId region, Span<const NodeId> values, NodeId node) {
    const Span<const NodeId> arguments = kernel_.arguments(region);
    bool overlap = false;
    std::uint32_t total = 0;
    for (std::size_t i = 0; i < values.size() && i < arguments.size(); ++i) {
      total += count_of(kernel_.type(values[i]));
      for (std::size_t k = 0; k < i; ++k) overlap = overlap || values[i] == arguments[k];
    }
    if (!overlap) {
      for (std::size_t i = 0; i < values.size() && i < arguments.size(); ++i)
        if (values[i] != arguments[i]) copy(slot(arguments[i]), values[i], node);
      return;
    }
    // One step that gathers everything and then spreads it: operands are the values, then the arguments.
    Instruction& instruction = emit(Code::CopyParallel, node);
    instruction.first_operand = static_cast<std::uint32_t>(program_.operands.size());
    instruction.operand_count = static_cast<std::uint32_t>(values.size());
    for (const NodeId id : values) program_.operands.push_back(operand(id));
    for (const NodeId id : arguments) program_.operands.push_back(operand(id));
    if (total > program_.scratch_count) program_.scratch_count = total;
  }
  /// To the Results of a construct that somebody uses.
  void copy_results(NodeId owner, Span<const NodeId> values, NodeId node) {
    for (NodeId id = kernel_.node(owner).next; id != no_node && kernel_.op(id) == Op::Result;
         id = kernel_.node(id).next) {
      const std::uint32_t index = kernel_.node(id).immediate;
      if (kernel_.operands(id)[0] == owner && index < values.size()) copy(slot(id), values[index], node);
    }
  }

  // --- control flow. A frame is open from the Begin of a construct to its End; `depth_` counts them.

  void open(NodeId owner) {
    ++depth_;
    if (depth_ > deepest_) deepest_ = depth_;
    constructs_.push_back({owner, depth_});
  }
  void close() {
    --depth_;
    constructs_.pop_back();
  }
  /// Frames between the innermost and that of a construct.
  std::uint32_t frames_to(NodeId owner) const {
    for (std::size_t i = constructs_.size(); i-- > 0;)
      if (constructs_[i].owner == owner) return depth_ - constructs_[i].depth;
    return 0;
  }
  /// Marks an instruction whose `skip` is the end of the region that is being lowered.
  void skips(std::uint32_t at) { fixups_.push_back(at); }
  void patch_skips(std::size_t from) {
    for (std::size_t i = from; i < fixups_.size(); ++i) program_.code[fixups_[i]].skip = here();
    fixups_.truncate(from);
  }

  /// A region; what follows it is the merge to which its instructions skip.
  void region(RegionId id) {
    const std::size_t fixups = fixups_.size();
    for (NodeId n = kernel_.region(id).first; n != no_node && ok(); n = kernel_.node(n).next) node(n);
    if (ok()) patch_skips(fixups);
  }

  void function(std::size_t index) {
    const Function& f = kernel_.functions()[index];
    depth_ = deepest_ = 0;
    entries_[index] = here();
    if (index != 0) results_[index] = allocate(f.result);
    current_function_ = index;
    for (const NodeId argument : kernel_.arguments(f.body)) slot(argument);
    open(no_node);
    region(f.body);
    close();
    emit(index == 0 ? Code::End : Code::FunctionEnd, no_node);
    depths_[index] = deepest_;
  }

  void lower_if(NodeId id) {
    const RegionId then = kernel_.regions(id)[0], otherwise = kernel_.regions(id)[1];
    const std::uint32_t begin = here();
    set_operands(emit(Code::IfBegin, id), kernel_.operands(id));
    open(id);
    region(then);
    if (!ok()) return;
    program_.code[begin].target = here();
    const std::uint32_t middle = here();
    emit(Code::IfElse, id);
    region(otherwise);
    if (!ok()) return;
    program_.code[middle].target = here();
    skips(here());
    close();
    emit(Code::IfEnd, id);
  }

  void lower_switch(NodeId id) {
    set_operands(emit(Code::SwitchBegin, id), kernel_.operands(id));
    open(id);
    const std::uint32_t count = kernel_.node(id).region_count;
    for (std::uint32_t i = 0; i < count && ok(); ++i) {
      const std::uint32_t begin = here();
      const bool last = i + 1 == count;
      Instruction& instruction = emit(last ? Code::Default : Code::Case, id);
      set_operands(instruction, kernel_.operands(id));
      instruction.immediate = i;
      region(kernel_.regions(id)[i]);
      emit(Code::CaseEnd, id);
      if (ok()) program_.code[begin].target = here();
    }
    skips(here());
    close();
    emit(Code::SwitchEnd, id);
  }

  void lower_loop(NodeId id) {
    const RegionId body = kernel_.regions(id)[0];
    for (const NodeId argument : kernel_.arguments(body)) slot(argument);
    copy_arguments(body, kernel_.operands(id), id);
    emit(Code::LoopBegin, id);
    open(id);
    const std::uint32_t head = here();
    region(body);
    skips(here());
    close();
    emit(Code::LoopEnd, id).target = head;
  }

  void lower_call(NodeId id) {
    const std::size_t callee = kernel_.node(id).immediate;
    copy_arguments(kernel_.functions()[callee].body, kernel_.operands(id), id);
    if (depth_ + depths_[callee] > deepest_) deepest_ = depth_ + depths_[callee];
    skips(here());
    emit(Code::Call, id).target = entries_[callee];
    if (kernel_.type(id).is_void()) return;
    Instruction& instruction = emit(Code::Copy, id);
    instruction.first_operand = static_cast<std::uint32_t>(program_.operands.size());
    instruction.operand_count = 1;
    const std::uint32_t count = count_of(kernel_.type(id));
    program_.operands.push_back({results_[callee], count > 1 ? 1u : 0u, count, kernel_.type(id)});
    instruction.out = slot(id);
    instruction.components = count;
  }

  // --- operations

  /// Whether the second operand is a constant, for all components, with which no lane's result is undefined.
  bool safe_constant(NodeId id) const {
    const Op op = kernel_.op(id);
    if (kernel_.operands(id).size() < 2) return false;
    const NodeId second = kernel_.operands(id)[1];
    const unsigned width = kernel_.type(kernel_.operands(id)[0]).width();
    const auto fits = [&](NodeId constant) {
      const std::uint64_t bits = kernel_.constant_bits(constant);
      return op == Op::ShiftLeft || op == Op::ShiftRight ? bits < width : bits != 0;
    };
    if (kernel_.is_constant(second)) return fits(second);
    if (kernel_.op(second) != Op::ConstantVector) return false;
    for (const NodeId component : kernel_.operands(second))
      if (!fits(component)) return false;
    return true;
  }
  static unsigned float_width(Type type) { return type.is_float() ? type.width() : 0; }
  bool flushes(Type type) const {
    const FloatEnvironment& floats = kernel_.options().floats;
    const Denormals d = type.width() == 16   ? floats.denormals_16
                        : type.width() == 32 ? floats.denormals_32
                                             : floats.denormals_64;
    return type.is_float() && d == Denormals::FlushToZero;
  }

  void value(NodeId id) {
    const Type type = kernel_.type(id);
    const Span<const NodeId> operands = kernel_.operands(id);
    const bool matrix = type.is_matrix();
    const Type first = operands.empty() ? Type() : kernel_.type(operands[0]);
    const bool same_width_cast = kernel_.op(id) == Op::Bitcast && first.components() == type.components();
    Code code = matrix && kernel_.op(id) == Op::Construct             ? Code::Fill
                : is_componentwise(kernel_.op(id)) || same_width_cast ? Code::Component
                                                                      : Code::Whole;
    LaneFunction lanes = nullptr;
    const bool watched = type.is_float() && (options_.sanitize.nan || flushes(type));
    if (code == Code::Component && !watched && !flushes(first))
      lanes = lane_function(kernel_.op(id), first.scalar(), safe_constant(id));
    if (lanes) code = Code::Lanes;
    Instruction& instruction = emit(code, id);
    set_operands(instruction, operands);
    instruction.lanes = lanes;
    instruction.type = type;
    instruction.components = count_of(type);
    instruction.out = slot(id);
    if (flushes(type) || flushes(first))
      instruction.target = 1;  // of these operations: denormals become zero
  }
  void effect(Code code, NodeId id) {
    Instruction& instruction = emit(code, id);
    set_operands(instruction, kernel_.operands(id));
    instruction.type = kernel_.type(id);
    instruction.components = count_of(kernel_.type(id));
    if (instruction.components != 0) instruction.out = slot(id);
  }

  void node(NodeId id) {
    const Op op = kernel_.op(id);
    switch (op) {
      case Op::Nothing:
      case Op::Argument:
      case Op::Result: return;
      case Op::If: lower_if(id); return;
      case Op::Switch: lower_switch(id); return;
      case Op::Loop: lower_loop(id); return;
      case Op::Call: lower_call(id); return;
      case Op::Yield:
        copy_results(kernel_.region(kernel_.node(id).region).owner, kernel_.operands(id), id);
        return;
      case Op::Break:
        copy_results(kernel_.node(id).immediate, kernel_.operands(id), id);
        emit(Code::Break, id).immediate = frames_to(kernel_.node(id).immediate);
        return;
      case Op::Continue: {
        const NodeId loop = kernel_.node(id).immediate;
        copy_arguments(kernel_.regions(loop)[0], kernel_.operands(id), id);
        emit(Code::Continue, id).immediate = frames_to(loop);
        return;
      }
      case Op::Return:
        if (!kernel_.operands(id).empty()) copy(results_[current_function_], kernel_.operands(id)[0], id);
        emit(Code::Return, id).immediate = frames_to(no_node);
        return;
      case Op::VariableLoad: effect(Code::VariableLoad, id); return;
      case Op::VariableStore: effect(Code::VariableStore, id); return;
      case Op::Load:
      case Op::Store: effect(Code::Memory, id); return;
      case Op::ArrayLength: effect(Code::ArrayLength, id); return;
      case Op::ImageLoad:
      case Op::ImageStore:
      case Op::ImageFetch:
      case Op::ImageSample:
      case Op::ImageSize: effect(Code::Image, id); return;
      case Op::Barrier: effect(Code::Barrier, id); return;
      case Op::MemoryBarrier: effect(Code::MemoryBarrier, id); return;
      default: break;
    }
    if (is_atomic(op))
      effect(Code::Atomic, id);
    else if (op >= Op::SubgroupElect && op <= Op::QuadSwap)
      effect(Code::Subgroup, id);
    else if (op >= Op::MatrixLoad && op <= Op::MatrixInsert)
      effect(Code::Matrix, id);
    else if (!has_flag(op, op_flag::global))
      value(id);
  }

  const Kernel& kernel_;
  std::uint32_t size_;
  const InterpretOptions& options_;
  Program& program_;
  Buffer<std::uint32_t> slots_;    // by node
  Buffer<std::uint32_t> fixups_;   // instructions whose skip is not known yet
  Buffer<Construct> constructs_;   // that are open
  Buffer<std::uint32_t> entries_;  // by function: first instruction
  Buffer<std::uint32_t> depths_;   // by function: frames it needs
  Buffer<std::uint32_t> results_;  // by function: slot of its value
  std::size_t current_function_ = 0;
  std::uint32_t depth_ = 0, deepest_ = 0, entry_ = 0;
  Instruction spare_;
};

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
