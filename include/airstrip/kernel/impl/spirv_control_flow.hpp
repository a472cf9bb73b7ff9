// The SPIR-V writer: structured control flow, with OpPhi for what regions carry (SPIR-V 2.11).
#pragma once

#include "spirv_emission.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// --- edges and their values --------------------------------------------------------------------------------------------

// Notes that the open block jumps to where `edges` meet, with these values.
inline void SpirvEmission::add_edge(Edges& edges, Span<const NodeId> values) {
  const auto first = static_cast<std::uint32_t>(jump_values_.size());
  for (const NodeId v : values) jump_values_.push_back(value(v));
  if (!jumps_.push_back({current_block(), first, 0}) || jump_values_.out_of_memory()) {
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was written", {});
    return;
  }
  const auto number = static_cast<std::uint32_t>(jumps_.size());
  if (edges.last != 0)
    jumps_[edges.last - 1].next = number;
  else
    edges.first = number;
  edges.last = number;
  ++edges.count;
}

// Value `index` of what meets here: an OpPhi where the edges differ.
inline ValueId SpirvEmission::merged(const Edges& edges, std::size_t index, TypeId type, SourceLocation at) {
  if (failed()) return {};
  if (edges.count == 0) return OpUndef(type, at);
  const ValueId first = jump_values_[jumps_[edges.first - 1].first_value + index];
  bool same = true;
  for (std::uint32_t j = edges.first; j != 0; j = jumps_[j - 1].next)
    same = same && jump_values_[jumps_[j - 1].first_value + index] == first;
  // What dominates every edge dominates where they meet.
  if (same) return first;
  ValueId phi;
  for (std::uint32_t j = edges.first; j != 0; j = jumps_[j - 1].next) {
    const Jump& jump = jumps_[j - 1];
    const ValueId incoming = jump_values_[jump.first_value + index];
    if (j == edges.first) {
      const spirv::PhiIncoming one{incoming, jump.from};
      phi = OpPhi(type, Span<const spirv::PhiIncoming>(&one, 1), at);
    } else {
      add_incoming(phi, incoming, jump.from, at);
    }
  }
  return phi;
}

// The Results of a construct, where its edges meet.
inline void SpirvEmission::emit_results(NodeId owner, const Edges& edges, SourceLocation at) {
  for (NodeId id = kernel_->node(owner).next; id != no_node && kernel_->op(id) == Op::Result;
       id = kernel_->node(id).next)
    set(id, merged(edges, kernel_->node(id).immediate, type_id(kernel_->type(id)), at));
}

inline SpirvEmission::Construct* SpirvEmission::find(NodeId node) {
  for (std::size_t i = constructs_.size(); i-- > 0;)
    if (constructs_[i].node == node) return &constructs_[i];
  return nullptr;
}

// Where a region goes that does nothing but break or continue; else empty.
inline LabelId SpirvEmission::exit_of(RegionId region, Construct*& construct, bool& continues) {
  const NodeId only = kernel_->region(region).first;
  if (only == no_node || only != kernel_->region(region).last) return {};
  const Op op = kernel_->op(only);
  if (op != Op::Break && op != Op::Continue) return {};
  construct = find(kernel_->node(only).immediate);
  if (!construct) return {};
  continues = op == Op::Continue;
  return continues ? construct->continue_ : construct->merge;
}

inline bool SpirvEmission::only_yields(RegionId region) const {
  const NodeId only = kernel_->region(region).first;
  return only == kernel_->region(region).last && kernel_->op(only) == Op::Yield;
}

inline void SpirvEmission::branch(ValueId condition, LabelId then, LabelId otherwise, SourceLocation at) {
  const OperandWord words[] = {condition, then, otherwise};
  write(spirv::Op::OpBranchConditional, {}, words, at);
}

// --- regions -----------------------------------------------------------------------------------------------------------

inline void SpirvEmission::emit_region(RegionId region) {
  for (NodeId id = kernel_->region(region).first; id != no_node && reachable_ && !failed();
       id = kernel_->node(id).next) {
    const Op op = kernel_->op(id);
    if (has_flag(op, op_flag::terminator)) {
      emit_terminator(id);
      return;
    }
    switch (op) {
      case Op::If: emit_if(id); break;
      case Op::Loop: emit_loop(id); break;
      case Op::Switch: emit_switch(id); break;
      case Op::Result: break;  // made with its owner
      default: emit_node(id); break;
    }
  }
}

inline void SpirvEmission::emit_terminator(NodeId id) {
  const Node& node = kernel_->node(id);
  const SourceLocation at = kernel_->location(id);
  const Span<const NodeId> operands = kernel_->operands(id);
  reachable_ = false;
  switch (node.op) {
    case Op::Yield:
      if (yields_) {
        add_edge(*yields_, operands);
        OpBranch(yield_target_, at);
      }
      return;
    case Op::Break: {
      Construct* const construct = find(node.immediate);
      if (!construct) return;
      add_edge(construct->breaks, operands);
      OpBranch(construct->merge, at);
      return;
    }
    case Op::Continue: {
      Construct* const construct = find(node.immediate);
      if (!construct) return;
      add_edge(construct->continues, operands);
      OpBranch(construct->continue_, at);
      return;
    }
    default:
      if (operands.empty())
        OpReturn(at);
      else
        OpReturnValue(value(operands[0]), at);
      return;
  }
}

// --- if ----------------------------------------------------------------------------------------------------------------

inline void SpirvEmission::emit_if(NodeId id) {
  const SourceLocation at = kernel_->location(id);
  const ValueId condition = value(kernel_->operands(id)[0]);
  const RegionId then = kernel_->regions(id)[0], otherwise = kernel_->regions(id)[1];
  Edges* const outer_yields = yields_;
  const LabelId outer_target = yield_target_;
  const std::size_t scope = pointers_.size();

  // One side leaves at once, the other goes on: the branch is the exit, and nothing merges.
  Construct* left = nullptr;
  bool continues = false;
  for (int side = 0; side < 2; ++side) {
    const RegionId leaving = side == 0 ? then : otherwise, staying = side == 0 ? otherwise : then;
    const LabelId exit = exit_of(leaving, left, continues);
    Construct* other = nullptr;
    bool other_continues = false;
    if (!exit || exit_of(staying, other, other_continues)) continue;
    // The side that stays is written in line, so its end has to be this region's: no way out in its middle may yield.
    const LabelId on = reserve_label(at);
    add_edge(continues ? left->continues : left->breaks, kernel_->operands(kernel_->region(leaving).first));
    branch(condition, side == 0 ? exit : on, side == 0 ? on : exit, at);
    begin_block(on, at);
    const NodeId last = kernel_->region(staying).last;
    // Its nodes, and then its values stand for the Results.
    for (NodeId n = kernel_->region(staying).first; n != last && reachable_ && !failed();
         n = kernel_->node(n).next) {
      const Op op = kernel_->op(n);
      if (op == Op::If)
        emit_if(n);
      else if (op == Op::Loop)
        emit_loop(n);
      else if (op == Op::Switch)
        emit_switch(n);
      else if (op != Op::Result)
        emit_node(n);
    }
    if (!reachable_ || failed()) return;
    if (kernel_->op(last) != Op::Yield) {
      emit_terminator(last);
      return;
    }
    for (NodeId n = kernel_->node(id).next; n != no_node && kernel_->op(n) == Op::Result;
         n = kernel_->node(n).next)
      values_[n] = value(kernel_->operands(last)[kernel_->node(n).immediate]);
    return;
  }

  const LabelId merge = reserve_label(at);
  Edges edges;
  const bool empty_then = only_yields(then), empty_else = only_yields(otherwise);
  OpSelectionMerge(merge, spirv::SelectionControl::MaskNone, at);
  // With values, an empty side is an edge from this block; both cannot be without a block between them.
  const bool direct_else = empty_else;
  const bool direct_then = empty_then && !direct_else;
  const LabelId then_label = direct_then ? merge : reserve_label(at);
  const LabelId else_label = direct_else ? merge : reserve_label(at);
  if (direct_then) add_edge(edges, kernel_->operands(kernel_->region(then).first));
  if (direct_else) add_edge(edges, kernel_->operands(kernel_->region(otherwise).first));
  branch(condition, then_label, else_label, at);
  const auto side = [&](RegionId region, LabelId label) {
    yields_ = &edges;
    yield_target_ = merge;
    begin_block(label, at);
    reachable_ = true;
    emit_region(region);
    pointers_.truncate(scope);
  };
  if (!direct_then) side(then, then_label);
  if (!direct_else) side(otherwise, else_label);
  yields_ = outer_yields;
  yield_target_ = outer_target;
  if (failed()) return;
  begin_block(merge, at);
  reachable_ = edges.count != 0;
  if (reachable_)
    emit_results(id, edges, at);
  else
    OpUnreachable(at);
}

// --- loop --------------------------------------------------------------------------------------------------------------

inline void SpirvEmission::emit_loop(NodeId id) {
  const SourceLocation at = kernel_->location(id);
  const RegionId body = kernel_->regions(id)[0];
  const Span<const NodeId> arguments = kernel_->arguments(body);
  const LabelId before = current_block();
  const LabelId header = reserve_label(at);
  Edges* const outer_yields = yields_;
  const LabelId outer_target = yield_target_;
  const std::size_t scope = pointers_.size();
  Construct construct{};
  construct.node = id;
  construct.merge = reserve_label(at);
  construct.continue_ = reserve_label(at);
  OpBranch(header, at);
  begin_block(header, at);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const spirv::PhiIncoming initial{value(kernel_->operands(id)[i]), before};
    set(arguments[i],
        OpPhi(type_id(kernel_->type(arguments[i])), Span<const spirv::PhiIncoming>(&initial, 1), at));
  }
  const std::size_t mine = constructs_.size();
  constructs_.push_back(construct);
  if (constructs_.out_of_memory()) {
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was written", at);
    return;
  }
  static constexpr spirv::LoopControl hints[] = {spirv::LoopControl::MaskNone, spirv::LoopControl::Unroll,
                                                 spirv::LoopControl::DontUnroll};
  const spirv::operand::LoopControl control(hints[kernel_->node(id).immediate % 3]);

  // What stands before the first branch belongs into the header, when that branch is the way out.
  NodeId first = kernel_->region(body).first;
  while (first != no_node && kernel_->node(first).region_count == 0 && kernel_->op(first) != Op::Call &&
         !has_flag(kernel_->op(first), op_flag::terminator | op_flag::writes | op_flag::convergent))
    first = kernel_->node(first).next;
  bool exits_at_top = false;
  NodeId resume = kernel_->region(body).first;
  if (first != no_node && kernel_->op(first) == Op::If) {
    for (int side = 0; side < 2 && !exits_at_top; ++side) {
      Construct* left = nullptr;
      bool continues = false;
      const RegionId leaving = kernel_->regions(first)[side == 0 ? 0u : 1u];
      const RegionId staying = kernel_->regions(first)[side == 0 ? 1u : 0u];
      const LabelId exit = exit_of(leaving, left, continues);
      if (!exit || continues || left->node != id || !only_yields(staying)) continue;
      exits_at_top = true;
      for (NodeId n = resume; n != first; n = kernel_->node(n).next)
        if (kernel_->op(n) != Op::Result) emit_node(n);
      const ValueId condition = value(kernel_->operands(first)[0]);
      const LabelId on = reserve_label(at);
      add_edge(left->breaks, kernel_->operands(kernel_->region(leaving).first));
      OpLoopMerge(construct.merge, construct.continue_, control, at);
      branch(condition, side == 0 ? construct.merge : on, side == 0 ? on : construct.merge, at);
      begin_block(on, at);
      const NodeId yield = kernel_->region(staying).first;
      for (NodeId n = kernel_->node(first).next; n != no_node && kernel_->op(n) == Op::Result;
           n = kernel_->node(n).next)
        values_[n] = value(kernel_->operands(yield)[kernel_->node(n).immediate]);
      resume = kernel_->node(first).next;
    }
  }
  if (!exits_at_top) {
    const LabelId on = reserve_label(at);
    OpLoopMerge(construct.merge, construct.continue_, control, at);
    OpBranch(on, at);
    begin_block(on, at);
  }
  yields_ = nullptr;
  for (NodeId n = resume; n != no_node && reachable_ && !failed(); n = kernel_->node(n).next) {
    const Op op = kernel_->op(n);
    if (has_flag(op, op_flag::terminator))
      emit_terminator(n);
    else if (op == Op::If)
      emit_if(n);
    else if (op == Op::Loop)
      emit_loop(n);
    else if (op == Op::Switch)
      emit_switch(n);
    else if (op != Op::Result)
      emit_node(n);
  }
  pointers_.truncate(scope);
  if (failed()) return;

  const Construct finished = constructs_[mine];
  begin_block(finished.continue_, at);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const ValueId argument = value(arguments[i]);
    const ValueId next = finished.continues.count == 0
                             ? argument
                             : merged(finished.continues, i, type_id(kernel_->type(arguments[i])), at);
    jump_values_.push_back(next);  // all phis of the block come before its branch, and before what they feed
  }
  if (jump_values_.out_of_memory())
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was written", at);
  const LabelId back = current_block();
  for (std::size_t i = 0; i < arguments.size() && !failed(); ++i) {
    const ValueId next = jump_values_[jump_values_.size() - arguments.size() + i];
    add_incoming(value(arguments[i]), next, back, at);
  }
  OpBranch(header, at);
  begin_block(finished.merge, at);
  constructs_.truncate(mine);
  yields_ = outer_yields;
  yield_target_ = outer_target;
  reachable_ = finished.breaks.count != 0;
  if (reachable_)
    emit_results(id, finished.breaks, at);
  else
    OpUnreachable(at);
}

// --- switch ------------------------------------------------------------------------------------------------------------

inline void SpirvEmission::emit_switch(NodeId id) {
  const SourceLocation at = kernel_->location(id);
  const Span<const RegionId> regions = kernel_->regions(id);
  const Span<const Kernel::SwitchCase> cases = kernel_->switch_cases(id);
  Edges* const outer_yields = yields_;
  const LabelId outer_target = yield_target_;
  const std::size_t scope = pointers_.size();
  const LabelId merge = reserve_label(at);
  const RegionId default_region = regions[regions.size() - 1];
  const std::size_t mine = constructs_.size();
  Construct construct{};
  construct.node = id;
  construct.merge = merge;
  constructs_.push_back(construct);
  OpSelectionMerge(merge, spirv::SelectionControl::MaskNone, at);
  Buffer<spirv::SwitchTarget> targets;
  Buffer<LabelId> labels;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const LabelId label = reserve_label(at);
    labels.push_back(label);
    for (const std::uint64_t literal : kernel_->switch_literals(cases[i]))
      targets.push_back({literal, label});
  }
  const bool empty_default = only_yields(default_region);
  const LabelId default_label = empty_default ? merge : reserve_label(at);
  if (targets.out_of_memory() || labels.out_of_memory() || constructs_.out_of_memory()) {
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was written", at);
    return;
  }
  if (empty_default)
    add_edge(constructs_[mine].breaks, kernel_->operands(kernel_->region(default_region).first));
  OpSwitch(value(kernel_->operands(id)[0]), default_label,
           Span<const spirv::SwitchTarget>(targets.data(), targets.size()), at);
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const bool is_default = i + 1 == regions.size();
    if (is_default && empty_default) break;
    // Constructs nest: the buffer may move while a case is written, so its yields are gathered beside it.
    Edges yielded;
    yields_ = &yielded;
    yield_target_ = merge;
    begin_block(is_default ? default_label : labels[i], at);
    reachable_ = true;
    emit_region(regions[i]);
    pointers_.truncate(scope);
    if (failed()) return;
    Edges& all = constructs_[mine].breaks;
    if (yielded.count != 0) {
      if (all.last != 0)
        jumps_[all.last - 1].next = yielded.first;
      else
        all.first = yielded.first;
      all.last = yielded.last;
      all.count += yielded.count;
    }
  }
  const Edges edges = constructs_[mine].breaks;
  constructs_.truncate(mine);
  yields_ = outer_yields;
  yield_target_ = outer_target;
  begin_block(merge, at);
  reachable_ = edges.count != 0;
  if (reachable_)
    emit_results(id, edges, at);
  else
    OpUnreachable(at);
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
