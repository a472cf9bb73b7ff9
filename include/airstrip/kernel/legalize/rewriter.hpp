// What the legalising passes emit with: nodes in front of the one that is replaced, at its C++ line, written as
// expressions.
#pragma once

#include "../../config.hpp"
#include "../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

class Rewriter;

/// A value while a pass writes its replacement. The operators emit nodes where the Rewriter stands, or nothing where
/// the result is a constant or an operand. C++ does not say in which order the operands of `+` are evaluated, so at
/// most one of them may emit.
struct Term {
  Rewriter* rewriter = nullptr;
  NodeId node = no_node;
  Type type() const;
};

/// Emits nodes into a kernel. Holds the place, the C++ line, and nothing else.
class Rewriter {
public:
  explicit Rewriter(Kernel& kernel) : kernel_(&kernel) {}

  Kernel& kernel() const { return *kernel_; }
  /// What is emitted next stands in front of `node`, in this order, and has its C++ line.
  void before(NodeId node);
  /// The same behind `node`.
  void after(NodeId node);
  /// At the beginning of a region, with the C++ line `location`.
  void at_head(RegionId region, std::uint32_t location);
  /// At the end of a region that has no terminator yet.
  void at_end(RegionId region, std::uint32_t location);

  /// A node; `operands` may not point into the kernel.
  NodeId emit(Op op, Type type, Span<const NodeId> operands, std::uint32_t immediate = 0);
  Term term(NodeId node) { return {this, node}; }
  /// A scalar constant, or a vector of the same one.
  Term constant(Type type, std::uint64_t bits) { return {this, kernel_->splat(type, bits)}; }
  Term emit(Op op, Type type, Term a, std::uint32_t immediate = 0);
  Term emit(Op op, Type type, Term a, Term b, std::uint32_t immediate = 0);
  Term emit(Op op, Type type, Term a, Term b, Term c);
  /// An operation whose result has the type of `a`; 32-bit integer identities and constants are folded.
  Term apply(Op op, Term a, Term b);
  /// Whether all components of a node are one constant.
  bool is_constant(NodeId node, std::uint64_t& bits) const;

  /// Ends the kernel with an error about a node: "`what` (add of u64, saxpy.cpp:12)".
  void fail(NodeId node, const char* what);

private:
  bool fold(Op op, Term a, Term b, Term& result);

  Kernel* kernel_;
  NodeId before_ = no_node;
  RegionId end_of_ = no_region;
  std::uint32_t location_ = 0;
};

namespace detail {

// --- terms; `bits` stand for a constant of the other operand's type
Term operator+(Term a, Term b);
Term operator-(Term a, Term b);
Term operator*(Term a, Term b);
Term operator&(Term a, Term b);
Term operator|(Term a, Term b);
Term operator^(Term a, Term b);
Term operator<<(Term a, Term b);
Term operator>>(Term a, Term b);
Term operator+(Term a, std::uint64_t bits);
Term operator-(Term a, std::uint64_t bits);
Term operator*(Term a, std::uint64_t bits);
Term operator&(Term a, std::uint64_t bits);
Term operator|(Term a, std::uint64_t bits);
Term operator^(Term a, std::uint64_t bits);
Term operator<<(Term a, std::uint64_t bits);
Term operator>>(Term a, std::uint64_t bits);
Term operator~(Term a);
Term less(Term a, Term b);
Term less_equal(Term a, Term b);
Term equal(Term a, Term b);
Term not_equal(Term a, Term b);
Term both(Term a, Term b);    // of Booleans
Term either(Term a, Term b);  // of Booleans
Term select(Term condition, Term yes, Term no);
/// By value; nothing where the type is the same.
Term convert(Term a, Type to);
Term bitcast(Term a, Type to);
/// Component of a vector; a scalar itself.
Term component(Term a, unsigned index);
/// A vector of scalars; one scalar itself.
Term construct(Type type, Span<const Term> parts);
/// Each a 32-bit word: 1 where true.
Term as_word(Term condition, Type word);

}  // namespace detail

/// What stands for which old node. A pass meets every definition before its uses, so one walk is enough.
class Replacements {
public:
  /// Knows the nodes that the kernel has now.
  bool begin(const Kernel& kernel) {
    map_.clear();
    return map_.resize(kernel.node_bound(), no_node);
  }
  NodeId of(NodeId id) const { return id < map_.size() && map_[id] != no_node ? map_[id] : id; }
  void set(NodeId old, NodeId now) {
    if (old < map_.size()) map_[old] = now;
  }
  /// Puts the replacements in a node's operands.
  void apply_to(Kernel& kernel, NodeId user) const {
    if (kernel.op(user) == Op::Constant) return;
    for (NodeId& operand : kernel.operands(user)) operand = of(operand);
  }

private:
  Buffer<NodeId> map_;
};

/// Calls `visit(node)` for every node of every function that the kernel has now, its operands replaced. `visit` may
/// emit before and after the node, replace and unlink it.
template <class Visit>
void rewrite_nodes(Kernel& kernel, Replacements& replacements, Visit&& visit) {
  const std::size_t functions = kernel.functions().size();
  for (std::size_t f = 0; f < functions; ++f)
    for_each_node(kernel, kernel.functions()[f].body, [&](NodeId id) {
      replacements.apply_to(kernel, id);
      visit(id);
    });
}

/// Whether a node that stands in a kernel, a parameter or a resource has a type with this component.
bool uses_type(const Kernel& kernel, Scalar scalar);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/rewriter.hpp"
#endif
