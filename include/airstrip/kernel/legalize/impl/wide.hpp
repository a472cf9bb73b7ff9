#pragma once

#include "../wide.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// A constant of a term's type.
inline Term fixed(Term like, std::uint64_t bits) { return like.rewriter->constant(like.type(), bits); }
// A scalar in each component of a type's shape.
inline Term spread(Term scalar, Type shape) {
  if (!shape.is_vector()) return scalar;
  const Term parts[4] = {scalar, scalar, scalar, scalar};
  return construct(shape.with(scalar.type().scalar()), Span<const Term>(parts, shape.components()));
}
inline Term as_signed(Term word) { return bitcast(word, word.type().with(Scalar::I32)); }
inline Term as_unsigned(Term word) { return bitcast(word, word.type().with(Scalar::U32)); }
inline Term mul_high(Term a, Term b) { return a.rewriter->apply(Op::MulHigh, a, b); }
inline Term add_carry(Term a, Term b) { return a.rewriter->apply(Op::AddCarry, a, b); }
inline Term sub_borrow(Term a, Term b) { return a.rewriter->apply(Op::SubBorrow, a, b); }
// All ones where the word's upper bit is set.
inline Term sign_mask(Term word) { return as_unsigned(as_signed(word) >> 31); }

AIRSTRIP_INLINE Wide wide_constant(Rewriter& r, Type word, std::uint64_t bits) {
  const Term low = r.constant(word, bits & 0xFFFFFFFFu);
  return {low, r.constant(word, bits >> 32)};
}

AIRSTRIP_INLINE Wide wide_from_word(Term word) {
  const Term low = as_unsigned(word);
  return {low, word.type().is_signed() ? as_unsigned(word >> 31) : fixed(low, 0)};
}

AIRSTRIP_INLINE Wide wide_add(Wide a, Wide b) {
  const Term low = a.low + b.low;
  const Term carry = add_carry(a.low, b.low);
  return {low, (a.high + b.high) + carry};
}

AIRSTRIP_INLINE Wide wide_sub(Wide a, Wide b) {
  const Term low = a.low - b.low;
  const Term borrow = sub_borrow(a.low, b.low);
  return {low, (a.high - b.high) - borrow};
}

AIRSTRIP_INLINE Wide wide_mul(Wide a, Wide b) {
  const Term low = a.low * b.low;
  const Term carried = mul_high(a.low, b.low);
  const Term left = a.low * b.high;
  const Term right = a.high * b.low;
  return {low, (carried + left) + right};
}

AIRSTRIP_INLINE Wide wide_mul_high(Wide a, Wide b, bool is_signed) {
  const Term first = mul_high(a.low, b.low);
  const Term left_low = a.low * b.high;
  const Term left_high = mul_high(a.low, b.high);
  const Term right_low = a.high * b.low;
  const Term right_high = mul_high(a.high, b.low);
  const Term middle = first + left_low;
  const Term carry = add_carry(first, left_low);
  const Term second_carry = add_carry(middle, right_low);
  const Term carries = carry + second_carry;
  const Term top_low = a.high * b.high;
  const Term top_high = mul_high(a.high, b.high);
  const Term zero = fixed(first, 0);
  Wide result = {top_low, top_high};
  result = wide_add(result, {left_high, zero});
  result = wide_add(result, {right_high, zero});
  result = wide_add(result, {carries, zero});
  if (!is_signed) return result;
  // A negative factor counts 2^64 too much.
  const Term a_mask = sign_mask(a.high);
  const Term b_low = b.low & a_mask;
  const Term b_high = b.high & a_mask;
  result = wide_sub(result, {b_low, b_high});
  const Term b_mask = sign_mask(b.high);
  const Term a_low = a.low & b_mask;
  const Term a_high = a.high & b_mask;
  return wide_sub(result, {a_low, a_high});
}

AIRSTRIP_INLINE Wide wide_negate(Wide a) {
  const Term zero = fixed(a.low, 0);
  return wide_sub({zero, zero}, a);
}

AIRSTRIP_INLINE Wide wide_not(Wide a) {
  const Term low = ~a.low;
  return {low, ~a.high};
}

AIRSTRIP_INLINE Wide wide_bits(Op op, Wide a, Wide b) {
  const Term low = a.low.rewriter->apply(op, a.low, b.low);
  return {low, a.low.rewriter->apply(op, a.high, b.high)};
}

AIRSTRIP_INLINE Wide wide_shift_left(Wide a, Term amount) {
  const Term zero = fixed(a.low, 0);
  std::uint64_t known = 0;
  if (amount.rewriter->is_constant(amount.node, known)) {
    known &= 63;
    if (known == 0) return a;
    if (known >= 32) return {zero, a.low << (known - 32)};
    const Term low = a.low << known;
    const Term carried = a.low >> (32 - known);
    return {low, (a.high << known) | carried};
  }
  const Term by = amount & 31;
  const Term shifted = a.low << by;
  // In two steps: a shift by 32 does not exist.
  const Term carried = (a.low >> 1) >> (by ^ 31);
  const Term high = (a.high << by) | carried;
  const Term crosses = not_equal(amount & 32, zero);
  const Term low = select(crosses, zero, shifted);
  return {low, select(crosses, shifted, high)};
}

AIRSTRIP_INLINE Wide wide_shift_right(Wide a, Term amount, bool arithmetic) {
  const Term zero = fixed(a.low, 0);
  const auto shift_high = [&](Term by) {
    return arithmetic ? as_unsigned(as_signed(a.high) >> by) : a.high >> by;
  };
  std::uint64_t known = 0;
  if (amount.rewriter->is_constant(amount.node, known)) {
    known &= 63;
    if (known == 0) return a;
    const Term above = arithmetic ? sign_mask(a.high) : zero;
    if (known == 32) return {a.high, above};
    if (known > 32) return {shift_high(fixed(a.low, known - 32)), above};
    const Term carried = a.high << (32 - known);
    const Term low = (a.low >> known) | carried;
    return {low, shift_high(fixed(a.low, known))};
  }
  const Term by = amount & 31;
  const Term shifted = shift_high(by);
  const Term carried = (a.high << 1) << (by ^ 31);
  const Term low = (a.low >> by) | carried;
  const Term above = arithmetic ? sign_mask(a.high) : zero;
  const Term crosses = not_equal(amount & 32, zero);
  const Term result = select(crosses, shifted, low);
  return {result, select(crosses, above, shifted)};
}

AIRSTRIP_INLINE Wide wide_select(Term condition, Wide yes, Wide no) {
  const Term low = select(condition, yes.low, no.low);
  return {low, select(condition, yes.high, no.high)};
}

AIRSTRIP_INLINE Term wide_equal(Wide a, Wide b) {
  const Term low = equal(a.low, b.low);
  return both(low, equal(a.high, b.high));
}

AIRSTRIP_INLINE Term wide_less(Wide a, Wide b, bool is_signed) {
  const Term low = less(a.low, b.low);
  const Term level = equal(a.high, b.high);
  const Term a_high = is_signed ? as_signed(a.high) : a.high;
  const Term b_high = is_signed ? as_signed(b.high) : b.high;
  const Term high = less(a_high, b_high);
  return either(high, both(level, low));
}

AIRSTRIP_INLINE Term wide_negative(Wide a) {
  const Term high = as_signed(a.high);
  return less(high, fixed(high, 0));
}

AIRSTRIP_INLINE Wide wide_abs(Wide a) {
  const Term mask = sign_mask(a.high);
  const Term low = a.low ^ mask;
  const Term high = a.high ^ mask;
  return wide_sub({low, high}, {mask, mask});
}

// --- bits ------------------------------------------------------------------------------------------------------------

// Position of the highest bit of an unsigned one; -1, a word of ones, where there is none.
inline Term wide_msb(Wide a) {
  Rewriter& r = *a.low.rewriter;
  const Term high = r.emit(Op::FindMsb, a.high.type(), a.high);
  const Term low = r.emit(Op::FindMsb, a.low.type(), a.low);
  const Term in_low = equal(a.high, fixed(a.high, 0));
  return select(in_low, low, high + 32);
}

AIRSTRIP_INLINE Wide wide_bit_operation(Op op, const Wide* values, const Term* others, bool is_signed) {
  const Wide a = values[0];
  Rewriter& r = *a.low.rewriter;
  const Type word = a.low.type();
  const Term zero = r.constant(word, 0);
  switch (op) {
    case Op::BitCount: {
      const Term low = r.emit(op, word, a.low);
      return {low + r.emit(op, word, a.high), zero};
    }
    case Op::BitReverse: {
      const Term low = r.emit(op, word, a.high);
      return {low, r.emit(op, word, a.low)};
    }
    case Op::FindLsb: {
      const Term low = r.emit(op, word, a.low);
      const Term high = r.emit(op, word, a.high);
      const Term none = equal(a.low, zero);
      const Term high_none = equal(a.high, zero);
      const Term in_high = select(high_none, high, high + 32);
      const Term position = select(none, in_high, low);
      return {position, sign_mask(position)};
    }
    case Op::FindMsb: {
      Wide magnitude = a;
      if (is_signed) {
        const Term mask = sign_mask(a.high);
        magnitude.low = a.low ^ mask;
        magnitude.high = a.high ^ mask;
      }
      const Term position = wide_msb(magnitude);
      return {position, sign_mask(position)};
    }
    case Op::BitFieldExtract: {
      const Term offset = spread(as_unsigned(others[0]), word);
      const Term count = spread(as_unsigned(others[1]), word);
      const Term up = ((fixed(offset, 64) - offset) - count) & 63;
      const Term down = (fixed(offset, 64) - count) & 63;
      const Wide raised = wide_shift_left(a, up);
      const Wide field = wide_shift_right(raised, down, is_signed);
      const Term empty = equal(count, zero);
      return wide_select(empty, {zero, zero}, field);
    }
    default: {  // BitFieldInsert
      const Term offset = spread(as_unsigned(others[0]), word);
      const Term count = spread(as_unsigned(others[1]), word);
      const Term down = (fixed(offset, 64) - count) & 63;
      const Term ones = r.constant(word, 0xFFFFFFFFu);
      const Wide narrow = wide_shift_right({ones, ones}, down, false);
      const Term empty = equal(count, zero);
      const Wide mask = wide_shift_left(wide_select(empty, {zero, zero}, narrow), offset);
      const Wide moved = wide_shift_left(values[1], offset);
      const Wide difference = wide_bits(Op::And, wide_bits(Op::Xor, a, moved), mask);
      return wide_bits(Op::Xor, a, difference);
    }
  }
}

// --- floats ------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Term wide_to_f32(Wide a, bool is_signed, bool odd) {
  const Term zero = fixed(a.low, 0);
  const Wide magnitude = is_signed ? wide_abs(a) : a;
  const Term msb = wide_msb(magnitude);
  const Term distance = fixed(msb, 63) - msb;
  const Wide normal = wide_shift_left(magnitude, distance & 63);
  // The upper word has the leading bit and 31 more; what is below them only breaks ties.
  const Term below = as_word(not_equal(normal.low, zero), zero.type());
  const Term top = normal.high | below;
  const Term kept = top >> 8;
  Term significand;
  if (odd) {
    const Term lost = as_word(not_equal(top & 0xFF, zero), zero.type());
    significand = kept | lost;
  } else {
    const Term even = kept & 1;
    const Term up = (((top & 0xFF) + 0x7F) + even) >> 8;
    significand = kept + up;
  }
  // The significand has its leading bit still, which adds 1 to the exponent 127 + msb.
  const Term exponent = (msb + 126) << 23;
  const Term bits = exponent + significand;
  const Term none = equal(magnitude.low | magnitude.high, zero);
  Term result = select(none, zero, bits);
  if (is_signed) {
    const Term sign = a.high & 0x80000000u;
    result = result | sign;
  }
  return bitcast(result, result.type().with(Scalar::F32));
}

// A float that is not negative: its upper word by a division by 2^32, the rest by subtraction; all of it exact.
inline Wide wide_from_float(Term magnitude, std::uint64_t two_to_32, std::uint64_t two_to_minus_32) {
  const Type type = magnitude.type(), word = type.with(Scalar::U32);
  const Term high = convert(magnitude * two_to_minus_32, word);
  const Term upper = convert(high, type) * two_to_32;
  const Term low = convert(magnitude - upper, word);
  return {low, high};
}

inline Wide wide_from_signed_float(Term value, bool is_signed, std::uint64_t two_to_32,
                                   std::uint64_t two_to_minus_32) {
  if (!is_signed) return wide_from_float(value, two_to_32, two_to_minus_32);
  const Term magnitude = value.rewriter->emit(Op::Abs, value.type(), value);
  const Wide wide = wide_from_float(magnitude, two_to_32, two_to_minus_32);
  const Wide negated = wide_negate(wide);
  const Term negative = less(value, fixed(value, 0));
  return wide_select(negative, negated, wide);
}

AIRSTRIP_INLINE Wide wide_from_f32(Term value, bool is_signed) {
  return wide_from_signed_float(value, is_signed, 0x4F800000u, 0x2F800000u);
}

AIRSTRIP_INLINE Term wide_to_f64(Wide a, bool is_signed) {
  const Type type = a.low.type().with(Scalar::F64);
  const Term high = convert(is_signed ? as_signed(a.high) : a.high, type) * 0x41F0000000000000u;
  return high + convert(a.low, type);
}

AIRSTRIP_INLINE Wide wide_from_f64(Term value, bool is_signed) {
  return wide_from_signed_float(value, is_signed, 0x41F0000000000000u, 0x3DF0000000000000u);
}

// --- division ----------------------------------------------------------------------------------------------------------

// One digit of 16 bits of (rest, next) / divisor: `rest` < divisor, whose digits are given. Leaves the new rest.
inline Term quotient_digit(Term& rest, Term next, Term divisor, Term divisor_high, Term divisor_low) {
  const Term zero = fixed(rest, 0), base = fixed(rest, 0x10000);
  Term digit = rest.rewriter->emit(Op::Div, rest.type(), rest, divisor_high);
  Term remainder = rest - digit * divisor_high;
  // The estimate is at most 2 too large.
  for (int i = 0; i < 2; ++i) {
    const Term large = less_equal(base, digit);
    const Term product = digit * divisor_low;
    const Term reached = (remainder << 16) | next;
    Term wrong = either(large, less(reached, product));
    if (i == 1) wrong = both(wrong, less(remainder, base));
    const Term lower = digit - 1;
    digit = select(wrong, lower, digit);
    if (i == 0) {
      const Term more = select(wrong, divisor_high, zero);
      remainder = remainder + more;
    }
  }
  const Term shifted = (rest << 16) + next;
  rest = shifted - digit * divisor;
  return digit;
}

// (high, low) / divisor, for high < divisor: a quotient of 32 bits.
inline Term divide_two_by_one(Term high, Term low, Term divisor, Term& remainder) {
  Rewriter& r = *high.rewriter;
  const Term msb = r.emit(Op::FindMsb, divisor.type(), divisor);
  const Term shift = (msb ^ 31) & 31;
  const Term normal = divisor << shift;
  const Term normal_high = normal >> 16;
  const Term normal_low = normal & 0xFFFF;
  const Term carried = (low >> 1) >> (shift ^ 31);
  Term rest = (high << shift) | carried;
  const Term tail = low << shift;
  const Term upper = quotient_digit(rest, tail >> 16, normal, normal_high, normal_low);
  const Term lower = quotient_digit(rest, tail & 0xFFFF, normal, normal_high, normal_low);
  remainder = rest >> shift;
  return (upper << 16) + lower;
}

AIRSTRIP_INLINE std::uint32_t add_wide_division(Kernel& kernel, std::uint32_t location) {
  const Type word(Scalar::U32);
  const Type parameters[4] = {word, word, word, word};
  const std::uint32_t function =
      kernel.add_function("divide_u64", Type(Scalar::U32, 4), parameters, location);
  const RegionId body = kernel.functions()[function].body;
  Rewriter r(kernel);
  r.at_end(body, location);
  const Span<const NodeId> arguments = static_cast<const Kernel&>(kernel).arguments(body);
  const Wide n = {r.term(arguments[0]), r.term(arguments[1])};
  const Wide d = {r.term(arguments[2]), r.term(arguments[3])};
  const Term zero = r.constant(word, 0), one = r.constant(word, 1);

  // A divisor of one word: the quotient's upper word, then the lower one from what is left.
  const Term single = equal(d.high, zero);
  const Term divisor = r.emit(Op::Max, word, d.low, one);  // nothing divides by zero where this is not used
  const Term upper = r.emit(Op::Div, word, n.high, divisor);
  const Term left = n.high - upper * divisor;
  // A divisor of two: the quotient has one word, estimated from half the dividend and the upper word of the
  // normalised divisor (H. Warren, Hacker's Delight, 9-5).
  const Term msb = r.emit(Op::FindMsb, word, d.high);
  const Term shift = (msb ^ 31) & 31;
  const Term d_carried = (d.low >> 1) >> (shift ^ 31);
  const Term d_top = (d.high << shift) | d_carried;
  const Term half_carried = n.high << 31;
  const Term half_low = (n.low >> 1) | half_carried;
  const Term half_high = n.high >> 1;
  const Term high = select(single, left, half_high);
  const Term low = select(single, n.low, half_low);
  const Term by = select(single, divisor, d_top);
  Term remainder;
  const Term quotient = divide_two_by_one(high, low, by, remainder);
  // Right or too small by 1 after this.
  const Term raw = quotient >> (shift ^ 31);
  const Term positive = as_word(not_equal(raw, zero), word);
  Term estimate = raw - positive;
  const Wide product = wide_mul({estimate, zero}, d);
  Wide rest = wide_sub(n, product);
  const Term exact = wide_less(rest, d, false);
  const Wide less_by_one = wide_sub(rest, d);
  rest = wide_select(exact, rest, less_by_one);
  const Term more = estimate + 1;
  estimate = select(exact, estimate, more);

  const Term quotient_low = select(single, quotient, estimate);
  const Term quotient_high = select(single, upper, zero);
  const Term rest_low = select(single, remainder, rest.low);
  const Term rest_high = select(single, zero, rest.high);
  const Term parts[4] = {quotient_low, quotient_high, rest_low, rest_high};
  const Term result = construct(Type(Scalar::U32, 4), parts);
  r.emit(Op::Return, Type(), Span<const NodeId>(&result.node, 1));
  return function;
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
