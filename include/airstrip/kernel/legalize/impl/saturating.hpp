#pragma once

#include "../saturating.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// Bits of +-2^exponent in a float type; infinity where the type does not reach that far.
inline std::uint64_t power_of_two(Scalar type, unsigned exponent, bool negative) {
  const unsigned width = width_of(type);
  const unsigned mantissa = type == Scalar::F16    ? 10
                            : type == Scalar::BF16 ? 7
                            : type == Scalar::F32  ? 23
                                                   : 52;
  const std::uint64_t bias = (std::uint64_t{1} << (width - mantissa - 2)) - 1;
  std::uint64_t biased = exponent + bias;
  if (biased > 2 * bias) biased = 2 * bias + 1;
  return biased << mantissa | (negative ? std::uint64_t{1} << (width - 1) : 0);
}

inline Term saturate_float(Rewriter& r, Term value, Type to) {
  const Type type = value.type();
  const unsigned width = to.width();
  const unsigned top = to.is_signed() ? width - 1 : width;
  const std::uint64_t highest = (top == 64 ? 0 : std::uint64_t{1} << top) - 1;
  const Term zero = r.constant(type, 0);
  const Term number = select(r.emit(Op::IsNan, type.with(Scalar::Boolean), value), zero, value);
  const Term too_large = less_equal(r.constant(type, power_of_two(type.scalar(), top, false)), number);
  Term inside = select(too_large, zero, number);
  if (!to.is_signed()) {
    inside = r.emit(Op::Max, type, inside, zero);
    const Term whole = convert(inside, to);
    return select(too_large, r.constant(to, highest), whole);
  }
  // Between the lowest and one below it truncation is right, so the lowest itself is not too small.
  const Term too_small = less_equal(number, r.constant(type, power_of_two(type.scalar(), top, true)));
  inside = select(too_small, zero, inside);
  const Term whole = convert(inside, to);
  const Term low = select(too_small, r.constant(to, highest + 1), whole);
  return select(too_large, r.constant(to, highest), low);
}

inline Term saturate_int(Rewriter& r, Term value, Type to) {
  const Type from = value.type();
  const unsigned from_bits = from.width() - from.is_signed();  // of the largest value
  const unsigned to_bits = to.width() - to.is_signed();
  if (from_bits > to_bits) {
    const std::uint64_t highest = (std::uint64_t{1} << to_bits) - 1;
    value = r.emit(Op::Min, from, value, r.constant(from, highest));
  }
  if (from.is_signed() && (!to.is_signed() || from_bits > to_bits)) {
    const std::uint64_t lowest = to.is_signed() ? 0 - (std::uint64_t{1} << to_bits) : 0;
    value = r.emit(Op::Max, from, value, r.constant(from, lowest));
  }
  return convert(value, to);
}

}  // namespace detail

AIRSTRIP_INLINE void expand_saturating(Kernel& kernel) {
  if (!kernel.ok()) return;
  Replacements replacements;
  if (!replacements.begin(kernel)) return detail::fail_out_of_memory(kernel);
  Rewriter r(kernel);
  rewrite_nodes(kernel, replacements, [&](NodeId id) {
    if (kernel.op(id) != Op::ConvertSaturate) return;
    r.before(id);
    const Type to = kernel.type(id);
    const Term value = r.term(kernel.operands(id)[0]);
    const Term result =
        value.type().is_float() ? detail::saturate_float(r, value, to) : detail::saturate_int(r, value, to);
    replacements.set(id, result.node);
    kernel.unlink(id);
  });
}

AIRSTRIP_KERNEL_NAMESPACE_END
