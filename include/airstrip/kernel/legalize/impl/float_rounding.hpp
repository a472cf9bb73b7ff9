#pragma once

#include "../float_rounding.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

inline Term bits_of(Term value) { return bitcast(value, value.type().with(Scalar::U32)); }
inline Term float_of(Term bits) { return bitcast(bits, bits.type().with(Scalar::F32)); }
inline Term same(Term like, std::uint64_t bits) { return like.rewriter->constant(like.type(), bits); }

AIRSTRIP_INLINE Term round_to_f16(Term value, bool exact) {
  if (!exact) return f16_from_bits(f16_bits(value));
  Rewriter& r = *value.rewriter;
  const Term bits = bits_of(value);
  const Type word = bits.type();
  const Term magnitude = bits & 0x7FFFFFFFu;
  // Of the 23 stored bits f16 keeps 10, and one less for each binade below 2^-14 (exponent 113). Adding to the pattern
  // carries into the exponent as it should.
  const Term exponent = magnitude >> 23;
  const Term low_exponent = r.emit(Op::Min, word, exponent, same(bits, 113));
  const Term deficit = same(bits, 126) - low_exponent;
  const Term drop = r.emit(Op::Min, word, deficit, same(bits, 23));
  const Term half = same(bits, 1) << (drop - 1);
  const Term even = (magnitude >> drop) & 1;
  const Term sum = ((magnitude + half) - 1) + even;
  const Term rounded = sum & (same(bits, 0xFFFFFFFFu) << drop);
  // Below 2^-24 the answer is 0 or, past the half of it, 2^-24.
  const Term least = same(bits, 0x33800000u);
  const Term past_half = less(same(bits, 0x33000000u), magnitude);
  const Term tiny = select(past_half, least, same(bits, 0));
  const Term is_tiny = less(magnitude, least);
  const Term finite = select(is_tiny, tiny, rounded);
  const Term overflow = less_equal(same(bits, 0x47800000u), finite);
  const Term number = select(overflow, same(bits, 0x7F800000u), finite);
  const Term is_nan = less(same(bits, 0x7F800000u), magnitude);
  const Term quiet = (magnitude | 0x00400000u) & 0xFFFFE000u;
  const Term unsigned_result = select(is_nan, quiet, number);
  const Term sign = bits & 0x80000000u;
  return float_of(unsigned_result | sign);
}

AIRSTRIP_INLINE Term round_to_bf16(Term value) {
  const Term bits = bits_of(value);
  const Term even = (bits >> 16) & 1;
  const Term rounded = (bits + 0x7FFFu) + even;
  const Term magnitude = bits & 0x7FFFFFFFu;
  const Term is_nan = less(same(bits, 0x7F800000u), magnitude);
  const Term result = select(is_nan, bits | 0x00400000u, rounded);
  return float_of(result & 0xFFFF0000u);
}

AIRSTRIP_INLINE Term f16_bits(Term value) {
  Rewriter& r = *value.rewriter;
  const Type type = value.type();
  const unsigned count = type.components();
  const Type word(Scalar::U32);
  Term parts[4];
  for (unsigned i = 0; i < count; i += 2) {
    const Term first = component(value, i);
    const Term second = i + 1 < count ? component(value, i + 1) : r.constant(Scalar::F32, 0);
    const Term pair[2] = {first, second};
    const Term packed = r.emit(Op::PackHalf2x16, word, construct(Type(Scalar::F32, 2), pair));
    parts[i] = i + 1 < count ? packed & 0xFFFFu : packed;
    if (i + 1 < count) parts[i + 1] = packed >> 16;
  }
  return construct(type.with(Scalar::U32), Span<const Term>(parts, count));
}

AIRSTRIP_INLINE Term f16_from_bits(Term bits) {
  Rewriter& r = *bits.rewriter;
  const Type type = bits.type();
  const Type pair(Scalar::F32, 2);
  Term parts[4];
  for (unsigned i = 0; i < type.components(); ++i)
    parts[i] = component(r.emit(Op::UnpackHalf2x16, pair, component(bits, i)), 0);
  return construct(type.with(Scalar::F32), Span<const Term>(parts, type.components()));
}

AIRSTRIP_INLINE Term bf16_bits(Term value) { return bits_of(value) >> 16; }
AIRSTRIP_INLINE Term bf16_from_bits(Term bits) { return float_of(bits << 16); }

// x with the bits below `shift` gathered in bit `shift`: rounded to odd, of negative numbers too.
inline Term gather_sticky(Term x, unsigned shift) {
  const std::uint64_t low = (std::uint64_t{1} << shift) - 1;
  const Type type = x.type();
  const Term zero = same(x, 0);
  const Term sticky = not_equal(x & low, zero);
  const Term mark = select(sticky, same(x, low + 1), zero);
  const std::uint64_t mask = type.width() == 64 ? ~low : (~low & 0xFFFFFFFFu);
  return (x | mark) & mask;
}

AIRSTRIP_INLINE Term to_f32_odd(Term value) {
  Rewriter& r = *value.rewriter;
  const Type type = value.type();
  const Type result = type.with(Scalar::F32);
  if (type.is_int() && type.width() >= 32) {
    // f32 holds 24 bits. Each step leaves 8 bits fewer of a number that has more.
    Term x = value;
    for (unsigned bits = 24, shift = 8; bits < type.width(); bits += 8, shift += 8) {
      const std::uint64_t limit = std::uint64_t{1} << bits;
      Term fits;
      if (type.is_signed()) {
        const Term below = less(value, same(value, limit));
        const Term above = less(same(value, 0 - limit), value);
        fits = both(below, above);
      } else {
        fits = less(value, same(value, limit));
      }
      x = select(fits, x, gather_sticky(value, shift));
    }
    return convert(x, result);
  }
  if (type.scalar() != Scalar::F64) return convert(value, result);
  // Rounded to nearest; where that was inexact and gave an even number, the odd neighbour on the other side.
  const Term nearest = convert(value, result);
  const Term back = convert(nearest, type);
  const Type wide = type;
  const Term inexact = not_equal(back, value);
  const Term ordered = equal(value, value);
  const Term back_magnitude = r.emit(Op::Abs, wide, back);
  const Term magnitude = r.emit(Op::Abs, wide, value);
  const Term too_large = less(magnitude, back_magnitude);
  const Term bits = bits_of(nearest);
  const Term lowest = bits & 1;
  const Term is_even = equal(lowest, same(bits, 0));
  const Term inwards = bits - 1;
  const Term moved = select(too_large, inwards, bits + 1);
  const Term unsigned_bits = bits & 0x7FFFFFFFu;
  const Term finite = less(unsigned_bits, same(bits, 0x7F800000u));
  const Term adjust = both(both(both(inexact, ordered), is_even), finite);
  return float_of(select(adjust, moved, bits));
}

AIRSTRIP_INLINE Term fma_to_odd(Term a, Term b, Term c, bool may_overflow) {
  const Term product = a * b;
  // The product of bf16 may overflow where the sum does not.
  const Term sum = may_overflow ? a.rewriter->emit(Op::Fma, a.type(), a, b, c) : product + c;
  const Term from_c = sum - product;
  const Term from_product = sum - from_c;
  const Term error_of_c = c - from_c;
  const Term error = (product - from_product) + error_of_c;
  const Term zero = same(error, 0);
  const Term error_positive = less(zero, error);
  const Term error_negative = less(error, zero);
  const Term bits = bits_of(sum);
  const Term lowest = bits & 1;
  const Term is_even = equal(lowest, same(bits, 0));
  const Term sum_negative = less(sum, zero);
  const Term outwards = select(sum_negative, error_negative, error_positive);
  const Term larger = bits + 1;
  const Term moved = select(outwards, larger, bits - 1);
  const Term adjust = both(either(error_positive, error_negative), is_even);
  return float_of(select(adjust, moved, bits));
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
