#pragma once

#include "../fold.hpp"
#include "fold_values.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// One walk in the order of the text. What a node was replaced by may itself be replaced later (a Result by a value of
// the branch that is taken): looked up along the chain. A branch that is taken is moved in front of its If and walked
// then.
class Folding {
public:
  explicit Folding(Kernel& kernel) : kernel_(kernel), values_(kernel) {}

  bool run() {
    if (!kernel_.ok()) return false;
    const std::size_t bound = kernel_.node_bound();
    if (!replaced_.resize(bound, no_node) || !breaks_.resize(bound, 0) ||
        !open_.resize(kernel_.region_bound(), 0)) {
      pass_out_of_memory(kernel_, "fold");
      return false;
    }
    for (const Function& f : kernel_.functions()) region(f.body);
    if (kernel_.out_of_memory()) pass_out_of_memory(kernel_, "fold");
    return changed_ || values_.changed();
  }
  // Whether `run` saw a division or remainder.
  bool divides() const { return divides_; }

private:
  const Kernel& read() const { return kernel_; }

  // Constants are made on the way: they are past the table's end, and stand for themselves.
  NodeId value(NodeId id) const {
    while (id < replaced_.size() && replaced_[id] != no_node) id = replaced_[id];
    return id;
  }
  void rewrite(NodeId id) {
    for (NodeId& operand : kernel_.operands(id))
      if (operand < replaced_.size() && replaced_[operand] != no_node) operand = value(operand);
  }

  void region(RegionId id) {
    open_[id] = 1;
    for (NodeId node = kernel_.region(id).first; node != no_node;) {
      rewrite(node);
      const Node& n = kernel_.node(node);
      const NodeId next = n.next;
      const std::uint16_t flags = info_of(n.op).flags;
      if ((flags & op_flag::pure) != 0) {
        if (n.op != Op::Result && !values_.is_simple(node)) {
          divides_ = divides_ || n.op == Op::Div || n.op == Op::Rem || n.op == Op::Mod;
          const NodeId with = values_.simplify(node);
          if (with != node) replace(node, with);
        }
        node = next;
      } else if ((flags & op_flag::regions) != 0) {
        node = construct(node);
      } else {
        if (n.op == Op::Break) ++breaks_[n.immediate];
        if (n.op == Op::Continue) breaks_[n.immediate] |= continued;
        node = next;
      }
    }
    open_[id] = 0;
  }

  void replace(NodeId id, NodeId with) {
    replaced_[id] = with;
    kernel_.unlink(id);
    changed_ = true;
  }

  // Where the walk goes on.
  NodeId construct(NodeId id) {
    const Op op = kernel_.op(id);
    std::uint64_t bits = 0;
    if (op == Op::If && values_.known(read().operands(id)[0], bits))
      return take(id, kernel_.regions(id)[bits != 0 ? 0 : 1]);
    if (op == Op::Switch && values_.known(read().operands(id)[0], bits)) {
      const RegionId taken = case_of(id, bits);
      const NodeId last = kernel_.region(taken).last;
      if (!breaks_inside(taken, id, last)) return take(id, taken);
    }
    if (op == Op::Loop && never_runs(id)) set_arguments(id);
    for (std::uint32_t i = 0; i < kernel_.node(id).region_count; ++i) region(kernel_.regions(id)[i]);
    if (op == Op::Loop) {
      // Nothing goes round, and the only way out is at the end.
      const RegionId body = kernel_.regions(id)[0];
      const NodeId last = kernel_.region(body).last;
      if (breaks_[id] == 1 && kernel_.op(last) == Op::Break && kernel_.node(last).immediate == id) {
        set_arguments(id);
        return take(id, body);
      }
    } else {
      equal_results(id);
    }
    return kernel_.node(id).next;
  }

  RegionId case_of(NodeId id, std::uint64_t selector) const {
    const Span<const RegionId> regions = kernel_.regions(id);
    const Span<const Kernel::SwitchCase> cases = kernel_.switch_cases(id);
    for (std::size_t i = 0; i < cases.size(); ++i)
      for (const std::uint64_t literal : kernel_.switch_literals(cases[i]))
        if (literal == selector) return regions[i];
    return regions[regions.size() - 1];
  }

  // Whether a Switch is left from further inside a case than by its last node.
  bool breaks_inside(RegionId id, NodeId construct, NodeId last) const {
    for (NodeId node = kernel_.region(id).first; node != no_node; node = kernel_.node(node).next) {
      const Node& n = kernel_.node(node);
      if (n.op == Op::Break && n.immediate == construct && node != last) return true;
      for (const RegionId inner : kernel_.regions(node))
        if (breaks_inside(inner, construct, last)) return true;
    }
    return false;
  }

  // Puts a region in the place of its construct. If it leaves for somewhere else, nothing after it is reached.
  NodeId take(NodeId id, RegionId taken) {
    changed_ = true;
    const RegionId around = kernel_.node(id).region;
    const NodeId last = kernel_.region(taken).last;
    const Node& l = kernel_.node(last);
    const bool falls = l.op == Op::Yield || (l.op == Op::Break && l.immediate == id);
    NodeId first = no_node;
    for (NodeId node = kernel_.region(taken).first; node != last;) {
      const NodeId next = kernel_.node(node).next;
      kernel_.unlink(node);
      kernel_.insert_before(id, node);
      if (first == no_node) first = node;
      node = next;
    }
    if (falls) {
      for (NodeId node = kernel_.node(id).next; kernel_.op(node) == Op::Result;) {
        const NodeId next = kernel_.node(node).next;
        replaced_[node] = read().operands(last)[kernel_.node(node).immediate];
        kernel_.unlink(node);
        node = next;
      }
      const NodeId next = kernel_.node(id).next;
      kernel_.unlink(id);
      return first != no_node ? first : next;
    }
    for (NodeId node = id; node != no_node;) {
      const NodeId next = kernel_.node(node).next;
      kernel_.unlink(node);
      node = next;
    }
    kernel_.unlink(last);
    kernel_.append(around, last);
    return first != no_node ? first : last;
  }

  // Whether the first test of a loop is known to leave it. Its operands are not yet those that the walk gives them.
  bool never_runs(NodeId loop) {
    const RegionId body = kernel_.regions(loop)[0];
    NodeId exit = kernel_.region(body).first;
    while (exit != no_node && kernel_.node(exit).region_count == 0) exit = kernel_.node(exit).next;
    if (exit == no_node || kernel_.op(exit) != Op::If) return false;
    NodeId test = value(read().operands(exit)[0]);
    bool negated = false;
    for (; kernel_.op(test) == Op::Not; negated = !negated) test = value(read().operands(test)[0]);
    const Op op = kernel_.op(test);
    if (op != Op::Less && op != Op::LessEqual && op != Op::Equal && op != Op::NotEqual) return false;
    std::uint64_t values[2];
    Type type;
    for (std::size_t i = 0; i < 2; ++i) {
      NodeId operand = value(read().operands(test)[i]);
      if (kernel_.op(operand) == Op::Argument && kernel_.node(operand).region == body)
        operand = read().operands(loop)[kernel_.node(operand).immediate];
      if (!values_.known(operand, values[i])) return false;
      type = kernel_.type(operand);
    }
    if (!type.is_int()) return false;
    const bool holds = evaluate(op, type.scalar(), Scalar::Boolean, values).bits != 0;
    const RegionId taken = kernel_.regions(exit)[holds != negated ? 0 : 1];
    for (NodeId node = kernel_.region(taken).first; node != no_node; node = kernel_.node(node).next)
      if (kernel_.node(node).region_count != 0) return false;  // may go round again
    const Node& last = kernel_.node(kernel_.region(taken).last);
    return last.op == Op::Break && last.immediate == loop;
  }

  // The body is executed once: its arguments are the initial values.
  void set_arguments(NodeId loop) {
    const Span<const NodeId> arguments = read().arguments(kernel_.regions(loop)[0]);
    for (std::size_t i = 0; i < arguments.size(); ++i) replaced_[arguments[i]] = read().operands(loop)[i];
  }

  // Results of an If or Switch that are the same value, from outside, whichever branch is taken.
  void equal_results(NodeId id) {
    NodeId result = kernel_.node(id).next;
    if (result == no_node || kernel_.op(result) != Op::Result || breaks_[id] != 0) return;
    for (; kernel_.op(result) == Op::Result; result = kernel_.node(result).next) {
      NodeId one = no_node;
      bool same = true;
      for (const RegionId r : read().regions(id)) {
        const NodeId last = kernel_.region(r).last;
        if (kernel_.op(last) != Op::Yield) continue;
        const NodeId given = read().operands(last)[kernel_.node(result).immediate];
        same = same && (one == no_node || one == given);
        one = given;
      }
      if (!same || one == no_node) continue;
      const RegionId of = kernel_.node(one).region;
      if (of != no_region && !open_[of]) continue;
      replaced_[result] = one;  // it stays until dead code goes: the Results after it keep their numbers
    }
  }

  // A loop that is continued is not one with a single Break.
  static constexpr std::uint32_t continued = 1u << 16;

  Kernel& kernel_;
  ValueFolding values_;
  bool changed_ = false, divides_ = false;
  Buffer<NodeId> replaced_;       // by node
  Buffer<std::uint32_t> breaks_;  // by construct: edges out of it, and back
  Buffer<std::uint8_t> open_;     // by region
};

}  // namespace detail

AIRSTRIP_INLINE bool fold(Kernel& kernel) { return detail::Folding(kernel).run(); }

AIRSTRIP_KERNEL_NAMESPACE_END
