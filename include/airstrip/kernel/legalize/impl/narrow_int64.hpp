#pragma once

#include "../../ranges.hpp"
#include "../int64.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

class NarrowInt64 {
public:
  explicit NarrowInt64(Kernel& kernel) : kernel_(kernel), r_(kernel) {}
  void run();

private:
  static bool wide_type(Type type) { return type.is_int() && type.width() == 64 && !type.is_matrix(); }
  void visit(NodeId id);
  void counters(NodeId id);
  void index(NodeId id);
  bool holder(NodeId user, Span<const NodeId> values, bool with_result, Scalar& scalar) const;
  Term narrow(NodeId value, Scalar scalar);

  Kernel& kernel_;
  Rewriter r_;
  Ranges ranges_;
  Replacements replacements_;
};

inline void NarrowInt64::run() {
  bool used = false;
  const std::uint32_t bound = kernel_.node_bound();
  for (NodeId id = 1; id < bound && !used; ++id) used = wide_type(kernel_.type(id));
  if (!used) return;
  if (!ranges_.analyse(kernel_) || !replacements_.begin(kernel_)) return fail_out_of_memory(kernel_);
  for (std::size_t f = 0; f < kernel_.functions().size(); ++f)
    for_each_node(kernel_, kernel_.functions()[f].body, [&](NodeId id) {
      if (id < bound) visit(id);  // not what was put in front of a loop's body
    });
}

// The 32-bit type that holds what the operands are where `user` uses them, and what it gives.
inline bool NarrowInt64::holder(NodeId user, Span<const NodeId> values, bool with_result,
                                Scalar& scalar) const {
  bool u32_fits = true, i32_fits = true;
  const auto look = [&](Range range) {
    u32_fits = u32_fits && range.fits_u32();
    i32_fits = i32_fits && range.fits_i32();
  };
  for (const NodeId value : values) look(ranges_.at(user, value));
  if (with_result) look(ranges_.of(user));
  scalar = u32_fits ? Scalar::U32 : Scalar::I32;
  return u32_fits || i32_fits;
}

// The lower 32 bits of a 64-bit value; where it was made from 32 bits those.
inline Term NarrowInt64::narrow(NodeId value, Scalar scalar) {
  value = replacements_.of(value);
  const Kernel& kernel = kernel_;
  const Type to = kernel.type(value).with(scalar);
  const Op op = kernel.op(value);
  if (op == Op::Constant) return r_.constant(to, kernel.constant_bits(value));
  if (op == Op::ConstantVector) {
    Term parts[4];
    for (unsigned i = 0; i < to.components(); ++i)
      parts[i] = r_.constant(scalar, kernel.constant_bits(kernel.operands(value)[i]));
    return construct(to, Span<const Term>(parts, to.components()));
  }
  if (op == Op::Convert) {
    const Term from = r_.term(kernel.node(value).operands[0]);
    if (from.type().is_int() && from.type().width() == 32) return bitcast(from, to);
    if (from.type().is_int() && from.type().width() < 32) return convert(from, to);
  }
  return convert(r_.term(value), to);
}

inline void NarrowInt64::visit(NodeId id) {
  const Node node = kernel_.node(id);
  const Kernel& kernel = kernel_;
  NodeId old[4] = {};
  const std::size_t count = node.operand_count < 4 ? node.operand_count : 4;
  if (node.op != Op::Loop && node.op != Op::Continue)
    for (std::size_t i = 0; i < count; ++i) old[i] = kernel.operands(id)[i];
  if (node.op == Op::Loop || node.op == Op::Continue) return counters(id);
  bool touched = wide_type(node.type);
  for (std::size_t i = 0; i < count; ++i) touched = touched || wide_type(kernel.type(old[i]));
  if (touched) {
    r_.before(id);
    Scalar scalar = Scalar::U32;
    std::size_t values = count;  // the first so many operands are of 64 bits, and computed with
    std::size_t from = 0;
    bool operands_fit = false, applies = false;
    switch (node.op) {
      case Op::Add:
      case Op::Sub:
      case Op::Mul:
      case Op::And:
      case Op::Or:
      case Op::Xor:
      case Op::Negate:  // the lower words decide the lower word
        applies = wide_type(node.type) && holder(id, Span<const NodeId>(), true, scalar);
        operands_fit = applies;
        break;
      case Op::ShiftLeft:
      case Op::ShiftRight:
        values = 1;
        applies = wide_type(node.type) && ranges_.at(id, old[1]).within(0, 31) &&
                  holder(id, Span<const NodeId>(old, node.op == Op::ShiftRight), true, scalar);
        operands_fit = applies;
        break;
      case Op::Div:
      case Op::Rem:
      case Op::Mod:
      case Op::Min:
      case Op::Max:
      case Op::Clamp:
      case Op::Abs:
      case Op::Sign:
        applies = wide_type(node.type);
        operands_fit = applies && holder(id, Span<const NodeId>(old, count), true, scalar);
        // Abs and Sign exist for signed integers only.
        if (scalar == Scalar::U32 && (node.op == Op::Abs || node.op == Op::Sign)) operands_fit = false;
        break;
      case Op::Select:
        from = 1;
        applies = wide_type(node.type);
        operands_fit = applies && holder(id, Span<const NodeId>(old + 1, 2), true, scalar);
        break;
      case Op::Equal:
      case Op::NotEqual:
      case Op::Less:
      case Op::LessEqual:
        applies = wide_type(kernel.type(old[0]));
        operands_fit = applies && holder(id, Span<const NodeId>(old, 2), false, scalar);
        break;
      case Op::Convert:
        applies = wide_type(kernel.type(old[0])) && node.type.is_float();
        operands_fit = applies && holder(id, Span<const NodeId>(old, 1), false, scalar);
        break;
      default:
        if (is_memory_access(node.op) && node.op != Op::ArrayLength) index(id);
        break;
    }
    if (applies && operands_fit) {
      NodeId now[4] = {};
      for (std::size_t i = 0; i < count; ++i) {
        const bool computed_with = i >= from && i < values;
        now[i] = computed_with ? narrow(old[i], scalar).node : replacements_.of(old[i]);
      }
      const Span<const NodeId> operands(now, count);
      if (!wide_type(node.type)) {  // a comparison or a conversion
        kernel_.set_operands(id, operands);
        return;
      }
      const NodeId result = r_.emit(node.op, node.type.with(scalar), operands, node.immediate);
      kernel_.node(id).op = Op::Convert;
      kernel_.set_operands(id, Span<const NodeId>(&result, 1));
      return;
    }
  }
  replacements_.apply_to(kernel_, id);
}

// Counters that fit are carried in 32 bits.
inline void NarrowInt64::counters(NodeId id) {
  const Kernel& kernel = kernel_;
  const Node node = kernel.node(id);
  const NodeId loop = node.op == Op::Loop ? id : node.immediate;
  const RegionId body = kernel.regions(loop)[0];
  const Span<const NodeId> arguments = kernel.arguments(body);
  r_.before(id);
  for (std::size_t i = 0; i < node.operand_count; ++i) {
    const NodeId value = kernel.operands(id)[i];
    const NodeId argument = i < arguments.size() ? arguments[i] : no_node;
    const Range range = ranges_.of(argument);
    NodeId now = replacements_.of(value);
    if (argument != no_node && wide_type(kernel.type(now)) && (range.fits_u32() || range.fits_i32())) {
      const Scalar scalar = range.fits_u32() ? Scalar::U32 : Scalar::I32;
      now = narrow(value, scalar).node;
      if (node.op == Op::Loop) {
        const Type type = kernel.type(argument);
        kernel_.node(argument).type = type.with(scalar);
        const Rewriter outer = r_;
        r_.at_head(body, kernel.node(argument).location);
        replacements_.set(argument, r_.emit(Op::Convert, type, r_.term(argument)).node);
        r_ = outer;
      }
    }
    kernel_.operands(id)[i] = now;
  }
}

inline void NarrowInt64::index(NodeId id) {
  const Kernel& kernel = kernel_;
  const MemoryAccess& access = kernel.access_of(id);
  if (!access.has_index) return;
  const std::size_t at = kernel.node(id).operand_count - access.address_count();
  const NodeId value = kernel.operands(id)[at];
  Scalar scalar = Scalar::U32;
  if (!wide_type(kernel.type(value)) || !holder(id, Span<const NodeId>(&value, 1), false, scalar)) return;
  const Term now = narrow(value, scalar);
  kernel_.operands(id)[at] = now.node;
}

}  // namespace detail

AIRSTRIP_INLINE void narrow_int64(Kernel& kernel) {
  if (kernel.ok()) detail::NarrowInt64(kernel).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
