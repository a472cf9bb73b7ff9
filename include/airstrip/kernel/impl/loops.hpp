#pragma once

#include "../loops.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

class LoopCounter {
public:
  LoopCounter(const Kernel& kernel, NodeId loop) : kernel_(kernel), loop_(loop) {}
  // Where the loop's Continues are known: the first, and by node the one after it.
  LoopCounter(const Kernel& kernel, NodeId loop, NodeId first, const NodeId* next)
      : kernel_(kernel), loop_(loop), continues_(first), next_continue_(next) {}

  CountedLoop run() {
    if (kernel_.op(loop_) != Op::Loop) return {};
    const RegionId body = kernel_.regions(loop_)[0];
    NodeId exit = kernel_.region(body).first;
    while (exit != no_node && kernel_.node(exit).region_count == 0) {
      // Nothing that others can see happens before the test.
      if (!has_flag(kernel_.op(exit), op_flag::pure | op_flag::reads) ||
          has_flag(kernel_.op(exit), op_flag::writes | op_flag::convergent))
        return {};
      exit = kernel_.node(exit).next;
    }
    if (exit == no_node || kernel_.op(exit) != Op::If) return {};
    const bool then_leaves = leaves(kernel_.regions(exit)[0]), else_leaves = leaves(kernel_.regions(exit)[1]);
    if (then_leaves == else_leaves) return {};
    result_.exit = exit;
    if (!compare(kernel_.operands(exit)[0], body, then_leaves)) return {};
    result_.first = kernel_.operands(loop_)[kernel_.node(result_.index).immediate];
    if (!(next_continue_ ? chained_steps() : steps(body)) || result_.step == no_node) return {};
    count();
    return result_;
  }

private:
  // Whether a region is nothing but the Break of this loop. (What it gives may be computed in it.)
  bool leaves(RegionId id) const {
    const Region& r = kernel_.region(id);
    for (NodeId node = r.first; node != r.last; node = kernel_.node(node).next)
      if (!has_flag(kernel_.op(node), op_flag::pure)) return false;
    return kernel_.op(r.last) == Op::Break && kernel_.node(r.last).immediate == loop_;
  }

  // Whether the loop changes a value: it is computed in the loop.
  bool changes(NodeId value) const {
    for (RegionId r = kernel_.node(value).region; r != no_region;) {
      const NodeId owner = kernel_.region(r).owner;
      if (owner == loop_) return true;
      r = owner == no_node ? no_region : kernel_.node(owner).region;
    }
    return false;
  }

  // The test as `index compare end`, to go on.
  bool compare(NodeId condition, RegionId body, bool negated) {
    while (kernel_.op(condition) == Op::Not) {
      negated = !negated;
      condition = kernel_.operands(condition)[0];
    }
    const Op op = kernel_.op(condition);
    if (op != Op::Less && op != Op::LessEqual) return false;
    const NodeId a = kernel_.operands(condition)[0], b = kernel_.operands(condition)[1];
    const bool a_counts = kernel_.op(a) == Op::Argument && kernel_.node(a).region == body;
    result_.index = a_counts ? a : b;
    result_.end = a_counts ? b : a;
    const Type type = kernel_.type(result_.index);
    if (kernel_.op(result_.index) != Op::Argument || kernel_.node(result_.index).region != body ||
        changes(result_.end) || !type.is_int() || type.is_vector())
      return false;
    using Compare = CountedLoop::Compare;
    const bool strict = (op == Op::Less) != negated;
    const bool below = a_counts != negated;  // not (i < end) is end <= i
    result_.compare = below ? (strict ? Compare::Less : Compare::LessEqual)
                            : (strict ? Compare::Greater : Compare::GreaterEqual);
    return true;
  }

  // Whether every Continue of the loop changes the index by the same step.
  bool steps(RegionId id) {
    for (NodeId node = kernel_.region(id).first; node != no_node; node = kernel_.node(node).next) {
      const Node& n = kernel_.node(node);
      if (n.op == Op::Continue && n.immediate == loop_ && !step_at(node)) return false;
      for (const RegionId inner : kernel_.regions(node))
        if (!steps(inner)) return false;
    }
    return true;
  }

  bool chained_steps() {
    for (NodeId node = continues_; node != no_node; node = next_continue_[node])
      if (!step_at(node)) return false;
    return true;
  }
  bool step_at(NodeId edge) { return step_of(kernel_.operands(edge)[kernel_.node(result_.index).immediate]); }

  bool step_of(NodeId next) {
    const Op op = kernel_.op(next);
    if (op != Op::Add && op != Op::Sub) return false;
    const NodeId a = kernel_.operands(next)[0], b = kernel_.operands(next)[1];
    NodeId step = no_node;
    if (a == result_.index)
      step = b;
    else if (b == result_.index && op == Op::Add)
      step = a;
    if (step == no_node || changes(step)) return false;
    if (result_.step != no_node && (result_.step != step || result_.subtracts != (op == Op::Sub)))
      return false;
    result_.step = step;
    result_.subtracts = op == Op::Sub;
    return true;
  }

  // A constant as a number that orders as its type does: signed values are moved up by half the range.
  std::uint64_t ordered(NodeId constant, Type type) const {
    const std::uint64_t bits = kernel_.constant_bits(constant);
    return type.is_signed() ? bits ^ std::uint64_t{1} << (type.width() - 1) : bits;
  }

  void count() {
    const Type type = kernel_.type(result_.index);
    if (!kernel_.is_constant(result_.step)) return;
    const unsigned width = type.width();
    const std::uint64_t highest = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
    std::uint64_t step = kernel_.constant_bits(result_.step);
    const bool negative =
        step >> (width - 1) != 0;  // as two's complement; of an unsigned type too: i += ~0 counts down
    const bool down = result_.subtracts != negative;
    if (negative) step = (0 - step) & highest;
    using Compare = CountedLoop::Compare;
    const bool upwards = result_.compare == Compare::Less || result_.compare == Compare::LessEqual;
    if (step == 0 || down == upwards) return;
    const bool inclusive = result_.compare == Compare::LessEqual || result_.compare == Compare::GreaterEqual;
    // Measured from the end of the range that the index comes from, down and up are the same.
    const bool known_end = kernel_.is_constant(result_.end), known_first = kernel_.is_constant(result_.first);
    std::uint64_t end = known_end ? ordered(result_.end, type) : 0;
    std::uint64_t first = known_first ? ordered(result_.first, type) : 0;
    if (down) {
      end = highest - end;
      first = highest - first;
    }
    if (known_end) {
      // The last index that passes the test is end - 1 (end, inclusive); one step further must not wrap.
      const std::uint64_t room = highest - end;
      result_.finite = inclusive ? step <= room : step - 1 <= room;
      if (!inclusive && end == 0) result_.finite = true;
    } else {
      result_.finite = !inclusive && step == 1;  // meets every end
    }
    if (known_first && known_end && first > end) result_.finite = true;  // the first test fails
    if (!result_.finite || !known_first || !known_end) return;
    result_.has_trip_count = true;
    if (first > end || (first == end && !inclusive)) return;
    const std::uint64_t distance = inclusive ? end - first : end - first - 1;
    if (distance / step == ~std::uint64_t{0}) {  // 2^64 times, which no number says
      result_.has_trip_count = false;
      return;
    }
    result_.trip_count = distance / step + 1;
  }

  const Kernel& kernel_;
  NodeId loop_;
  NodeId continues_ = no_node;
  const NodeId* next_continue_ = nullptr;
  CountedLoop result_;
};

}  // namespace detail

AIRSTRIP_INLINE CountedLoop counted_loop(const Kernel& kernel, NodeId loop) {
  return detail::LoopCounter(kernel, loop).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
