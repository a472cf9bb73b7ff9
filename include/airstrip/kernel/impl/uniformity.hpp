#pragma once

#include "../passes/impl/common.hpp"
#include "../uniformity.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// All levels begin at Dispatch and only rise; the program is walked until none does any more. A level rises three times
// at most, and one walk carries a change forward through all that follows: only loops and calls need another.
class UniformityAnalysis {
public:
  explicit UniformityAnalysis(const Kernel& kernel) : kernel_(kernel) {}

  Buffer<Uniformity> run() {
    const std::size_t functions = kernel_.functions().size();
    const std::size_t bound = kernel_.node_bound();
    if (!level_.resize(bound, Uniformity::Dispatch) || !exits_.resize(bound, Uniformity::Dispatch) ||
        !turns_.resize(bound, Uniformity::Dispatch) || !escapes_.resize(bound, Uniformity::Dispatch) ||
        !edges_.resize(bound, no_node) || !entries_.resize(bound, no_node) || !differs_.resize(bound, 0) ||
        !constant_.resize(kernel_.resources().size(), 0) ||
        !called_.resize(functions, Uniformity::Dispatch) || !returns_.resize(functions, Uniformity::Dispatch))
      return {};
    for (std::uint32_t i = 0; i < constant_.size(); ++i) constant_[i] = is_constant_memory(kernel_, i);
    do {
      changed_ = false;
      // Callers before what they call: main, then the helpers from the last to the first.
      for (std::size_t i = 0; i < functions; ++i) {
        function_ = static_cast<std::uint32_t>(i == 0 ? 0 : functions - i);
        flow_ = called_[function_];
        inside_.clear();
        region(kernel_.functions()[function_].body);
      }
    } while (changed_);
    if (inside_.out_of_memory()) return {};
    return static_cast<Buffer<Uniformity>&&>(level_);
  }

private:
  // A construct around the walk, and what its condition and the edges out of it so far say about those who come here
  // together of those who entered it together.
  struct Inside {
    NodeId owner;
    Uniformity level;
  };

  static Uniformity join(Uniformity a, Uniformity b) { return a > b ? a : b; }
  void raise(Uniformity& level, Uniformity to) {
    if (to <= level) return;
    level = to;
    changed_ = true;
  }
  Uniformity operand(NodeId id) const {
    const Node& n = kernel_.node(id);
    return has_flag(n.op, op_flag::global) ? global(n) : level_[id];
  }
  Uniformity operands(NodeId id) const {
    Uniformity level = Uniformity::Dispatch;
    for (const NodeId o : kernel_.operands(id)) level = join(level, operand(o));
    return level;
  }

  bool is_single(unsigned dimension) const {
    return kernel_.options().workgroup[dimension] == 1 && kernel_.options().workgroup_spec[dimension] == 0;
  }

  Uniformity global(const Node& n) const {
    if (n.op != Op::BuiltInValue) return Uniformity::Dispatch;
    switch (static_cast<BuiltIn>(n.immediate)) {
      case BuiltIn::NumWorkgroups:
      case BuiltIn::WorkgroupSize: return Uniformity::Dispatch;
      case BuiltIn::WorkgroupId:
      case BuiltIn::NumSubgroups: return Uniformity::Workgroup;
      case BuiltIn::SubgroupId: return Uniformity::Subgroup;
      case BuiltIn::SubgroupSize:
        return kernel_.options().subgroup.size != 0 ? Uniformity::Dispatch : Uniformity::Subgroup;
      default: return Uniformity::Varying;
    }
  }

  // A component of the invocation's place in a dimension of size one.
  Uniformity extract(NodeId id) const {
    const Node& n = kernel_.node(id);
    const Node& vector = kernel_.node(n.operands[0]);
    if (vector.op == Op::BuiltInValue && n.immediate < 3 && is_single(n.immediate)) {
      if (static_cast<BuiltIn>(vector.immediate) == BuiltIn::LocalInvocationId) return Uniformity::Dispatch;
      if (static_cast<BuiltIn>(vector.immediate) == BuiltIn::GlobalInvocationId) return Uniformity::Workgroup;
    }
    return operands(id);
  }

  void region(RegionId id) {
    for (NodeId node = kernel_.region(id).first; node != no_node; node = kernel_.node(node).next) visit(node);
  }

  void visit(NodeId id) {
    const Node& n = kernel_.node(id);
    const std::uint16_t flags = info_of(n.op).flags;
    if ((flags & op_flag::regions) != 0) return construct(id);
    if ((flags & op_flag::terminator) != 0) return terminator(id);
    if (n.op == Op::Result) return;  // raised by the construct
    if (n.op == Op::Call) return call(id);
    if (n.type.is_void())
      raise(level_[id], flow_);
    else
      raise(level_[id], value(id));
  }

  Uniformity value(NodeId id) const {
    const Node& n = kernel_.node(id);
    const std::uint16_t flags = info_of(n.op).flags;
    if (n.op == Op::Extract) return extract(id);
    if ((flags & op_flag::pure) != 0) return operands(id);
    if ((flags & op_flag::reads) != 0 && (flags & op_flag::convergent) == 0)
      return reads_constant_memory(kernel_, id, {constant_.data(), constant_.size()}) ? operands(id)
                                                                                      : Uniformity::Varying;
    if ((flags & op_flag::convergent) != 0) return group(id);
    return Uniformity::Varying;
  }

  // Operations of the subgroup. A value that is the same everywhere stays so when it is passed around; a sum of it
  // depends on how many take part.
  Uniformity group(NodeId id) const {
    const Node& n = kernel_.node(id);
    const Uniformity subgroup = Uniformity::Subgroup;
    const auto at_most = [&](Uniformity level) { return level < subgroup ? level : subgroup; };
    switch (n.op) {
      case Op::SubgroupBroadcast:
      case Op::SubgroupBroadcastFirst: return at_most(operand(kernel_.operands(id)[0]));
      case Op::SubgroupAll:
      case Op::SubgroupAny: return at_most(operands(id));
      case Op::SubgroupAllEqual:
      case Op::SubgroupBallot: return subgroup;
      case Op::SubgroupBallotCount:
        return (n.immediate & 0xFF) == static_cast<std::uint32_t>(GroupKind::Reduce) ? operands(id)
                                                                                     : Uniformity::Varying;
      case Op::SubgroupBallotBit:
      case Op::SubgroupBallotLsb:
      case Op::SubgroupBallotMsb: return operands(id);
      case Op::SubgroupShuffle:
      case Op::SubgroupRotate:
      case Op::SubgroupShuffleXor:
      case Op::QuadBroadcast:
      case Op::QuadSwap: {
        const Uniformity level = operand(kernel_.operands(id)[0]);
        return level <= subgroup ? level : Uniformity::Varying;
      }
      case Op::MatrixLoad:
      case Op::MatrixMulAdd:
      case Op::MatrixScale:
      case Op::MatrixInsert: return n.op == Op::MatrixLoad ? subgroup : join(subgroup, operands(id));
      default: break;
    }
    const bool reduces = (n.immediate & 0xFF) == static_cast<std::uint32_t>(GroupKind::Reduce);
    return is_subgroup_reduction(n.op) && reduces ? subgroup : Uniformity::Varying;
  }

  void call(NodeId id) {
    const std::uint32_t callee = kernel_.node(id).immediate;
    const Span<const NodeId> parameters = kernel_.arguments(kernel_.functions()[callee].body);
    const Span<const NodeId> given = kernel_.operands(id);
    for (std::size_t i = 0; i < given.size(); ++i) raise(level_[parameters[i]], operand(given[i]));
    raise(called_[callee], flow_);
    raise(level_[id], kernel_.type(id).is_void() ? flow_ : returns_[callee]);
  }

  void construct(NodeId id) {
    const Node& n = kernel_.node(id);
    const Uniformity before = flow_;
    raise(level_[id], before);
    Uniformity decides = Uniformity::Dispatch;
    if (n.op == Op::Loop) {
      const Span<const NodeId> arguments = kernel_.arguments(kernel_.regions(id)[0]);
      for (std::size_t i = 0; i < arguments.size(); ++i)
        raise(level_[arguments[i]], operand(kernel_.operands(id)[i]));
      decides = exits_[id];  // those that broke off are missing the next time
    } else {
      decides = operand(n.operands[0]);
    }
    for (const RegionId r : kernel_.regions(id)) {
      flow_ = join(before, decides);
      if (!inside_.push_back({id, decides})) return;
      region(r);
      inside_.pop_back();
    }
    // Those that went further out by a Break, Continue or Return are missing.
    flow_ = join(before, escapes_[id]);
    if (!inside_.empty()) inside_.back().level = join(inside_.back().level, escapes_[id]);
    // Where edges give different values, a Result depends on which is taken; what a loop computed, on the iteration in
    // which it was left.
    for (NodeId result = n.next; result != no_node && kernel_.op(result) == Op::Result;
         result = kernel_.node(result).next)
      if (differs_[result] || n.op == Op::Loop) raise(level_[result], exits_[id]);
  }

  void terminator(NodeId id) {
    const Node& n = kernel_.node(id);
    raise(level_[id], flow_);
    if (n.op == Op::Return) {
      const Uniformity together = leave(no_node);
      for (const NodeId o : kernel_.operands(id)) raise(returns_[function_], join(operand(o), together));
      return;
    }
    const NodeId target = n.op == Op::Yield ? kernel_.region(n.region).owner : n.immediate;
    const Uniformity together = leave(target);
    if (n.op == Op::Continue) {
      // Where some continue earlier than others, who does decides which value it is.
      const Span<const NodeId> arguments = kernel_.arguments(kernel_.regions(target)[0]);
      if (kernel_.region(n.region).owner != target) raise(turns_[target], together);
      if (entries_[target] == no_node) entries_[target] = id;
      for (std::size_t i = 0; i < arguments.size(); ++i) {
        const NodeId given = kernel_.operands(id)[i];
        if (!same_value(given, kernel_.operands(entries_[target])[i])) differs_[arguments[i]] = 1;
        raise(level_[arguments[i]], operand(given));
        if (differs_[arguments[i]]) raise(level_[arguments[i]], turns_[target]);
      }
      return;
    }
    raise(exits_[target], together);
    if (edges_[target] == no_node) edges_[target] = id;
    std::size_t i = 0;
    for (NodeId result = kernel_.node(target).next; result != no_node && kernel_.op(result) == Op::Result;
         result = kernel_.node(result).next, ++i) {
      const NodeId given = kernel_.operands(id)[i];
      if (given != kernel_.operands(edges_[target])[i]) differs_[result] = 1;
      raise(level_[result], operand(given));
    }
  }

  // One value, or the same computed in two places, as the next index of a `for` is at each Continue.
  bool same_value(NodeId a, NodeId b) const {
    if (a == b) return true;
    const Node &x = kernel_.node(a), &y = kernel_.node(b);
    if (x.op != y.op || !(x.type == y.type) || x.immediate != y.immediate ||
        x.operand_count != y.operand_count || x.operand_count == 0 || x.op == Op::Result ||
        !has_flag(x.op, op_flag::pure))
      return false;
    for (std::size_t i = 0; i < x.operand_count; ++i)
      if (kernel_.operands(a)[i] != kernel_.operands(b)[i]) return false;
    return true;
  }

  // Leaves for a construct (none: the function): which of those who entered it do so together. Every construct between
  // is left by them before its end.
  Uniformity leave(NodeId target) {
    Uniformity together = Uniformity::Dispatch;
    for (std::size_t i = inside_.size(); i-- > 0;) {
      together = join(together, inside_[i].level);
      if (inside_[i].owner == target) break;
      raise(escapes_[inside_[i].owner], together);
    }
    return together;
  }

  const Kernel& kernel_;
  std::uint32_t function_ = 0;
  bool changed_ = false;
  Uniformity flow_ = Uniformity::Dispatch;  // who comes here together
  Buffer<Uniformity> level_;                // by node
  Buffer<Inside> inside_;
  Buffer<Uniformity>
      exits_;  // by construct: who, of those in it, takes one of its Yields and Breaks together
  Buffer<Uniformity> turns_;             // by loop: likewise of Continues from inside a branch
  Buffer<Uniformity> escapes_;           // by construct: who leaves it for further out together
  Buffer<NodeId> entries_;               // by loop: its first Continue
  Buffer<NodeId> edges_;                 // by construct: its first Yield or Break
  Buffer<std::uint8_t> differs_;         // by Result and argument: edges give different values
  Buffer<std::uint8_t> constant_;        // by resource
  Buffer<Uniformity> called_, returns_;  // by function
};

}  // namespace detail

AIRSTRIP_INLINE Buffer<Uniformity> uniformity(const Kernel& kernel) {
  return detail::UniformityAnalysis(kernel).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
