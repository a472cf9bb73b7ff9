#pragma once

#include "../rewriter.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

inline Type Term::type() const { return rewriter->kernel().type(node); }

// --- where ---------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void Rewriter::before(NodeId node) {
  before_ = node;
  end_of_ = no_region;
  location_ = kernel_->node(node).location;
}

AIRSTRIP_INLINE void Rewriter::after(NodeId node) {
  before_ = kernel_->node(node).next;
  end_of_ = before_ == no_node ? kernel_->node(node).region : no_region;
  location_ = kernel_->node(node).location;
}

AIRSTRIP_INLINE void Rewriter::at_head(RegionId region, std::uint32_t location) {
  before_ = kernel_->region(region).first;
  end_of_ = before_ == no_node ? region : no_region;
  location_ = location;
}

AIRSTRIP_INLINE void Rewriter::at_end(RegionId region, std::uint32_t location) {
  before_ = no_node;
  end_of_ = region;
  location_ = location;
}

// --- nodes -----------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE NodeId Rewriter::emit(Op op, Type type, Span<const NodeId> operands,
                                      std::uint32_t immediate) {
  const NodeId id = kernel_->add_node(op, type, operands, immediate, location_);
  if (id == no_node) return id;
  if (before_ != no_node)
    kernel_->insert_before(before_, id);
  else
    kernel_->append(end_of_, id);
  return id;
}

AIRSTRIP_INLINE Term Rewriter::emit(Op op, Type type, Term a, std::uint32_t immediate) {
  return {this, emit(op, type, Span<const NodeId>(&a.node, 1), immediate)};
}

AIRSTRIP_INLINE Term Rewriter::emit(Op op, Type type, Term a, Term b, std::uint32_t immediate) {
  const NodeId operands[2] = {a.node, b.node};
  return {this, emit(op, type, operands, immediate)};
}

AIRSTRIP_INLINE Term Rewriter::emit(Op op, Type type, Term a, Term b, Term c) {
  const NodeId operands[3] = {a.node, b.node, c.node};
  return {this, emit(op, type, operands, 0)};
}

AIRSTRIP_INLINE Term Rewriter::apply(Op op, Term a, Term b) {
  Term folded;
  return fold(op, a, b, folded) ? folded : emit(op, a.type(), a, b);
}

AIRSTRIP_INLINE bool Rewriter::is_constant(NodeId node, std::uint64_t& bits) const {
  const Kernel& kernel = *kernel_;
  if (kernel.op(node) == Op::Constant) {
    bits = kernel.constant_bits(node);
    return true;
  }
  if (kernel.op(node) != Op::ConstantVector) return false;
  const Span<const NodeId> components = kernel.operands(node);
  for (const NodeId component : components)
    if (component != components[0]) return false;
  bits = kernel.constant_bits(components[0]);
  return true;
}

// Only what the rewriting itself brings about: halves that are zero, shifts by constants. The rest is for `fold`.
AIRSTRIP_INLINE bool Rewriter::fold(Op op, Term a, Term b, Term& result) {
  const Type type = a.type();
  if (!type.is_int() || type.width() != 32) return false;
  std::uint64_t left = 0, right = 0;
  const bool left_known = is_constant(a.node, left), right_known = is_constant(b.node, right);
  const auto give = [&](Term t) {
    result = t;
    return true;
  };
  if (left_known && right_known) {
    switch (op) {
      case Op::Add: return give(constant(type, left + right));
      case Op::Sub: return give(constant(type, left - right));
      case Op::Mul: return give(constant(type, left * right));
      case Op::And: return give(constant(type, left & right));
      case Op::Or: return give(constant(type, left | right));
      case Op::Xor: return give(constant(type, left ^ right));
      case Op::ShiftLeft:
        if (right < 32) return give(constant(type, left << right));
        break;
      case Op::ShiftRight:
        if (right < 32 && !type.is_signed()) return give(constant(type, left >> right));
        break;
      default: break;
    }
  }
  switch (op) {
    case Op::Add:
    case Op::Or:
    case Op::Xor:
      if (left_known && left == 0) return give(b);
      if (right_known && right == 0) return give(a);
      break;
    case Op::Sub:
    case Op::ShiftLeft:
    case Op::ShiftRight:
      if (right_known && right == 0) return give(a);
      if (op != Op::Sub && left_known && left == 0) return give(a);
      break;
    case Op::And:
      if ((left_known && left == 0) || (right_known && right == 0xFFFFFFFFu)) return give(a);
      if ((right_known && right == 0) || (left_known && left == 0xFFFFFFFFu)) return give(b);
      break;
    case Op::Mul:
      if ((left_known && left == 0) || (right_known && right == 1)) return give(a);
      if ((right_known && right == 0) || (left_known && left == 1)) return give(b);
      break;
    case Op::MulHigh:
    case Op::AddCarry:
      if (type.is_signed()) break;
      if ((left_known && left == 0) || (right_known && right == 0)) return give(constant(type, 0));
      if (op == Op::MulHigh && ((left_known && left == 1) || (right_known && right == 1)))
        return give(constant(type, 0));
      break;
    case Op::SubBorrow:
      if (right_known && right == 0) return give(b);
      break;
    default: break;
  }
  return false;
}

AIRSTRIP_INLINE void Rewriter::fail(NodeId node, const char* what) {
  const Kernel& kernel = *kernel_;
  const Node& n = kernel.node(node);
  Type type = n.type;
  for (const NodeId operand : kernel.operands(node))
    if (type.is_void() && n.op != Op::Constant) type = kernel.type(operand);
  Diagnostic error;
  error.code = ErrorCode::MissingCapability;
  error.message << what << " (" << Text(info_of(n.op).name) << " of " << to_string(type);
  if (n.location != 0) error.message << ", " << Text(kernel.location_text(n.location));
  error.message << ')';
  error.where = kernel.location(node);
  kernel_->fail(static_cast<Diagnostic&&>(error));
}

namespace detail {
AIRSTRIP_COLD inline void fail_out_of_memory(Kernel& kernel) {
  Diagnostic error;
  error.code = ErrorCode::OutOfMemory;
  error.message << "out of memory while the kernel was legalised";
  kernel.fail(static_cast<Diagnostic&&>(error));
}
}  // namespace detail

// --- terms -------------------------------------------------------------------------------------------------------------

namespace detail {

inline Term with_bits(Op op, Term a, std::uint64_t bits) {
  return a.rewriter->apply(op, a, a.rewriter->constant(a.type(), bits));
}
AIRSTRIP_INLINE Term operator+(Term a, Term b) { return a.rewriter->apply(Op::Add, a, b); }
AIRSTRIP_INLINE Term operator-(Term a, Term b) { return a.rewriter->apply(Op::Sub, a, b); }
AIRSTRIP_INLINE Term operator*(Term a, Term b) { return a.rewriter->apply(Op::Mul, a, b); }
AIRSTRIP_INLINE Term operator&(Term a, Term b) { return a.rewriter->apply(Op::And, a, b); }
AIRSTRIP_INLINE Term operator|(Term a, Term b) { return a.rewriter->apply(Op::Or, a, b); }
AIRSTRIP_INLINE Term operator^(Term a, Term b) { return a.rewriter->apply(Op::Xor, a, b); }
AIRSTRIP_INLINE Term operator<<(Term a, Term b) { return a.rewriter->apply(Op::ShiftLeft, a, b); }
AIRSTRIP_INLINE Term operator>>(Term a, Term b) { return a.rewriter->apply(Op::ShiftRight, a, b); }
AIRSTRIP_INLINE Term operator+(Term a, std::uint64_t bits) { return with_bits(Op::Add, a, bits); }
AIRSTRIP_INLINE Term operator-(Term a, std::uint64_t bits) { return with_bits(Op::Sub, a, bits); }
AIRSTRIP_INLINE Term operator*(Term a, std::uint64_t bits) { return with_bits(Op::Mul, a, bits); }
AIRSTRIP_INLINE Term operator&(Term a, std::uint64_t bits) { return with_bits(Op::And, a, bits); }
AIRSTRIP_INLINE Term operator|(Term a, std::uint64_t bits) { return with_bits(Op::Or, a, bits); }
AIRSTRIP_INLINE Term operator^(Term a, std::uint64_t bits) { return with_bits(Op::Xor, a, bits); }
AIRSTRIP_INLINE Term operator<<(Term a, std::uint64_t bits) { return with_bits(Op::ShiftLeft, a, bits); }
AIRSTRIP_INLINE Term operator>>(Term a, std::uint64_t bits) { return with_bits(Op::ShiftRight, a, bits); }
AIRSTRIP_INLINE Term operator~(Term a) {
  std::uint64_t bits = 0;
  if (a.type().is_int() && a.rewriter->is_constant(a.node, bits))
    return a.rewriter->constant(a.type(), ~bits);
  return a.rewriter->emit(Op::Not, a.type(), a);
}

inline Term compare(Op op, Term a, Term b) {
  const Type type = a.type();
  const Type boolean(Scalar::Boolean, type.components());
  std::uint64_t left = 0, right = 0;
  if (type.is_int() && !type.is_signed() && a.rewriter->is_constant(a.node, left) &&
      b.rewriter->is_constant(b.node, right)) {
    const bool result = op == Op::Equal      ? left == right
                        : op == Op::NotEqual ? left != right
                        : op == Op::Less     ? left < right
                                             : left <= right;
    return a.rewriter->constant(boolean, result);
  }
  return a.rewriter->emit(op, boolean, a, b);
}
AIRSTRIP_INLINE Term less(Term a, Term b) { return compare(Op::Less, a, b); }
AIRSTRIP_INLINE Term less_equal(Term a, Term b) { return compare(Op::LessEqual, a, b); }
AIRSTRIP_INLINE Term equal(Term a, Term b) { return compare(Op::Equal, a, b); }
AIRSTRIP_INLINE Term not_equal(Term a, Term b) { return compare(Op::NotEqual, a, b); }

AIRSTRIP_INLINE Term both(Term a, Term b) {
  std::uint64_t bits = 0;
  if (a.rewriter->is_constant(a.node, bits)) return bits ? b : a;
  if (b.rewriter->is_constant(b.node, bits)) return bits ? a : b;
  return a.rewriter->emit(Op::And, a.type(), a, b);
}
AIRSTRIP_INLINE Term either(Term a, Term b) {
  std::uint64_t bits = 0;
  if (a.rewriter->is_constant(a.node, bits)) return bits ? a : b;
  if (b.rewriter->is_constant(b.node, bits)) return bits ? b : a;
  return a.rewriter->emit(Op::Or, a.type(), a, b);
}

AIRSTRIP_INLINE Term select(Term condition, Term yes, Term no) {
  std::uint64_t bits = 0;
  if (condition.rewriter->is_constant(condition.node, bits)) return bits ? yes : no;
  if (yes.node == no.node) return yes;
  return condition.rewriter->emit(Op::Select, yes.type(), condition, yes, no);
}

AIRSTRIP_INLINE Term convert(Term a, Type to) {
  return a.type() == to ? a : a.rewriter->emit(Op::Convert, to, a);
}

AIRSTRIP_INLINE Term bitcast(Term a, Type to) {
  if (a.type() == to) return a;
  std::uint64_t bits = 0;
  if (a.rewriter->is_constant(a.node, bits) && a.type().components() == to.components())
    return a.rewriter->constant(to, bits);
  return a.rewriter->emit(Op::Bitcast, to, a);
}

AIRSTRIP_INLINE Term component(Term a, unsigned index) {
  if (!a.type().is_vector()) return a;
  const Kernel& kernel = a.rewriter->kernel();
  const Op op = kernel.op(a.node);
  if (op == Op::ConstantVector || op == Op::Construct)
    return a.rewriter->term(kernel.operands(a.node)[index]);
  return a.rewriter->emit(Op::Extract, a.type().component(), a, index);
}

AIRSTRIP_INLINE Term construct(Type type, Span<const Term> parts) {
  if (parts.size() == 1) return parts[0];
  NodeId nodes[4];
  Rewriter& rewriter = *parts[0].rewriter;
  bool constants = true;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    nodes[i] = parts[i].node;
    constants = constants && rewriter.kernel().is_constant(nodes[i]);
  }
  const Span<const NodeId> given(nodes, parts.size());
  return rewriter.term(constants ? rewriter.kernel().constant_vector(type, given)
                                 : rewriter.emit(Op::Construct, type, given));
}

AIRSTRIP_INLINE Term as_word(Term condition, Type word) {
  const Term yes = condition.rewriter->constant(word, 1);
  return select(condition, yes, condition.rewriter->constant(word, 0));
}

}  // namespace detail

AIRSTRIP_INLINE bool uses_type(const Kernel& kernel, Scalar scalar) {
  bool found = false;
  for (const Resource& resource : kernel.resources()) found = found || resource.element.scalar() == scalar;
  for (const ParameterInfo& parameter : kernel.parameters())
    found = found || parameter.type.scalar() == scalar;
  for (const SpecConstantInfo& constant : kernel.spec_constants())
    found = found || constant.type.scalar() == scalar;
  const auto look = [&](NodeId id) {
    found = found || kernel.type(id).scalar() == scalar;
    for (const RegionId region : kernel.regions(id))
      for (const NodeId argument : kernel.arguments(region))
        found = found || kernel.type(argument).scalar() == scalar;
    for (const NodeId operand : kernel.operands(id)) found = found || kernel.type(operand).scalar() == scalar;
  };
  for (const Function& function : kernel.functions()) {
    found = found || function.result.scalar() == scalar;
    for (const NodeId argument : kernel.arguments(function.body))
      found = found || kernel.type(argument).scalar() == scalar;
    for_each_node(kernel, function.body, look);
  }
  return found;
}

AIRSTRIP_KERNEL_NAMESPACE_END
