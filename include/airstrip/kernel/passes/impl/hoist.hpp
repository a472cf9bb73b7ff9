#pragma once

#include "../hoist.hpp"
#include "common.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// One walk in the order of the text. Every value knows how many loops it stands in; an operation may stand in as many
// as the deepest of its operands. Operands come first, so what moved already is seen where it moved to.
class InvariantHoisting {
public:
  explicit InvariantHoisting(Kernel& kernel) : kernel_(kernel) {}
  // `watched`: by node; whether one of these was moved is told afterwards.
  InvariantHoisting(Kernel& kernel, Span<const std::uint8_t> watched) : kernel_(kernel), watched_(watched) {}

  bool run() {
    if (!kernel_.ok()) return false;
    if (!depth_.resize(kernel_.node_bound(), 0)) {
      pass_out_of_memory(kernel_, "hoist_invariants");
      return false;
    }
    for (const Function& f : kernel_.functions()) region(f.body, false);
    if (loops_.out_of_memory()) pass_out_of_memory(kernel_, "hoist_invariants");
    return moved_;
  }
  bool moved_watched() const { return moved_watched_; }

private:
  std::uint32_t depth() const { return static_cast<std::uint32_t>(loops_.size()); }

  // `first`: the body of a loop, whose beginning is executed whenever the loop is.
  void region(RegionId id, bool first) {
    for (NodeId node = kernel_.region(id).first; node != no_node;) {
      const Node& n = kernel_.node(node);
      const NodeId next = n.next;
      if (n.region_count == 0) {
        if (depth() != 0) place(node, first);
      } else if (n.op == Op::Loop) {
        loop(node, first);
        first = false;
      } else {
        depth_[node] = depth();
        for (const RegionId inner : kernel_.regions(node)) region(inner, false);
        first = false;
      }
      node = next;
    }
  }

  void loop(NodeId node, bool first) {
    const std::uint32_t outer_reach = reach_;
    reach_ = first ? reach_ : depth();
    if (!loops_.push_back(node)) return;
    const RegionId body = kernel_.regions(node)[0];
    for (const NodeId argument : kernel_.arguments(body)) depth_[argument] = depth();
    region(body, true);
    loops_.pop_back();
    reach_ = outer_reach;
  }

  void place(NodeId id, bool first) {
    const Node& n = kernel_.node(id);
    std::uint32_t to = depth();
    if (has_flag(n.op, op_flag::pure) && n.op != Op::Result) {
      to = 0;
      for (const NodeId operand : static_cast<const Kernel&>(kernel_).operands(id))
        if (depth_[operand] > to) to = depth_[operand];
      if (to < depth() && has_flag(n.op, op_flag::traps) && !cannot_trap(kernel_, id)) {
        const std::uint32_t least = first ? reach_ : depth();
        if (to < least) to = least;
      }
      if (to < depth()) {
        kernel_.unlink(id);
        kernel_.insert_before(loops_[to], id);
        moved_ = true;
        if (id < watched_.size() && watched_[id] != 0) moved_watched_ = true;
      }
    }
    depth_[id] = to;
  }

  Kernel& kernel_;
  Span<const std::uint8_t> watched_;
  bool moved_ = false, moved_watched_ = false;
  std::uint32_t reach_ =
      0;  // where the innermost loop stands in the beginning of loops around it: how far those go
  Buffer<NodeId> loops_;         // around the walk
  Buffer<std::uint32_t> depth_;  // by node: loops it stands in
};

}  // namespace detail

AIRSTRIP_INLINE bool hoist_invariants(Kernel& kernel) { return detail::InvariantHoisting(kernel).run(); }

AIRSTRIP_KERNEL_NAMESPACE_END
