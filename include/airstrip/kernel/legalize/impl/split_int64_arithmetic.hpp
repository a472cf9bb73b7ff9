// Arithmetic and conversions of 64-bit integers as pairs of words.
#pragma once

#include "split_int64.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// --- arithmetic ------------------------------------------------------------------------------------------------------------

inline void SplitInt64::compute(NodeId id) {
  const Node node = kernel_.node(id);
  NodeId old[4] = {};
  for (std::size_t i = 0; i < node.operand_count && i < 4; ++i) old[i] = kernel().operands(id)[i];
  const bool is_signed = original(old[0]).is_signed();
  if (!wide_type(original(old[0]))) {
    // A shift of something else by a 64-bit amount.
    if (node.op != Op::ShiftLeft && node.op != Op::ShiftRight)
      return r_.fail(
          id,
          "the target has no 64-bit integers (Int64: the feature shaderInt64), and this has no other form");
    const NodeId amount = wide(old[1]).low.node;
    kernel_.node(id).operands[0] = operand(old[0]);
    kernel_.node(id).operands[1] = amount;
    return;
  }
  const Wide a = wide(old[0]);
  const bool second = node.operand_count > 1 && wide_type(original(old[1]));
  const Wide b = second ? wide(old[1]) : Wide{};
  const Term zero = r_.constant(a.low.type(), 0);
  switch (node.op) {
    case Op::Add: return give(id, wide_add(a, b));
    case Op::Sub: return give(id, wide_sub(a, b));
    case Op::Mul: return give(id, wide_mul(a, b));
    case Op::MulHigh: return give(id, wide_mul_high(a, b, is_signed));
    case Op::AddCarry: {
      const Wide sum = wide_add(a, b);
      return give(id, Wide{as_word(wide_less(sum, a, false), zero.type()), zero});
    }
    case Op::SubBorrow: return give(id, Wide{as_word(wide_less(a, b, false), zero.type()), zero});
    case Op::Negate: return give(id, wide_negate(a));
    case Op::Not: return give(id, wide_not(a));
    case Op::And:
    case Op::Or:
    case Op::Xor: return give(id, wide_bits(node.op, a, b));
    case Op::Abs: return give(id, wide_abs(a));
    case Op::Sign: {
      const Term nonzero = not_equal(a.low | a.high, zero);
      const Term mask = as_unsigned(as_signed(a.high) >> 31);
      const Term one = as_word(nonzero, zero.type());
      return give(id, Wide{mask | one, mask});
    }
    case Op::Min: return give(id, wide_select(wide_less(b, a, is_signed), b, a));
    case Op::Max: return give(id, wide_select(wide_less(a, b, is_signed), b, a));
    case Op::Clamp: {
      const Wide c = wide(old[2]);
      const Wide raised = wide_select(wide_less(a, b, is_signed), b, a);
      return give(id, wide_select(wide_less(c, raised, is_signed), c, raised));
    }
    case Op::ShiftLeft:
    case Op::ShiftRight: {
      Term amount = second ? b.low : r_.term(operand(old[1]));
      const Type words = word(amount.type());
      amount = amount.type().width() == 32 ? bitcast(amount, words) : convert(amount, words);
      return give(id, node.op == Op::ShiftLeft ? wide_shift_left(a, amount)
                                               : wide_shift_right(a, amount, is_signed));
    }
    case Op::Equal: return give(id, wide_equal(a, b));
    case Op::NotEqual: {
      const Term low = not_equal(a.low, b.low);
      return give(id, either(low, not_equal(a.high, b.high)));
    }
    case Op::Less: return give(id, wide_less(a, b, is_signed));
    case Op::LessEqual: return give(id, ~wide_less(b, a, is_signed));
    case Op::BitCount:
    case Op::BitReverse:
    case Op::BitFieldExtract:
    case Op::BitFieldInsert:
    case Op::FindLsb:
    case Op::FindMsb: {
      const Wide values[2] = {a, b};
      Term others[2];
      const std::size_t first = second ? 2 : 1;
      for (std::size_t i = first; i < node.operand_count; ++i) others[i - first] = r_.term(operand(old[i]));
      return give(id, wide_bit_operation(node.op, values, others, is_signed));
    }
    default:
      return r_.fail(
          id,
          "the target has no 64-bit integers (Int64: the feature shaderInt64), and this has no other form");
  }
}

inline void SplitInt64::divide(NodeId id) {
  const Node node = kernel_.node(id);
  const bool is_signed = node.type.is_signed();
  if (division_ == 0) division_ = add_wide_division(kernel_, node.location);
  const Wide dividend = wide(node.operands[0]), divisor = wide(node.operands[1]);
  const Wide n = is_signed ? wide_abs(dividend) : dividend;
  const Wide d = is_signed ? wide_abs(divisor) : divisor;
  const unsigned count = node.type.components();
  Term words[4][4];
  for (unsigned i = 0; i < count; ++i) {
    NodeId operands[4];
    operands[0] = component(n.low, i).node;
    operands[1] = component(n.high, i).node;
    operands[2] = component(d.low, i).node;
    operands[3] = component(d.high, i).node;
    const Term both_results = r_.term(r_.emit(Op::Call, Type(Scalar::U32, 4), operands, division_));
    const unsigned first = node.op == Op::Div ? 0 : 2;
    words[0][i] = component(both_results, first);
    words[1][i] = component(both_results, first + 1);
  }
  const Type type = word(node.type);
  const Term low = construct(type, Span<const Term>(words[0], count));
  Wide value = {low, construct(type, Span<const Term>(words[1], count))};
  if (!is_signed) return give(id, value);
  const Wide negated = wide_negate(value);
  if (node.op == Op::Div) {
    const Term signs = as_signed(dividend.high ^ divisor.high);
    return give(id, wide_select(less(signs, r_.constant(signs.type(), 0)), negated, value));
  }
  value = wide_select(wide_negative(dividend), negated, value);
  if (node.op == Op::Rem) return give(id, value);
  // The remainder has the dividend's sign: it moves over by one divisor where that is the other.
  const Term any = value.low | value.high;
  const Term nonzero = not_equal(any, r_.constant(type, 0));
  const Term signs = as_signed(dividend.high ^ divisor.high);
  const Term differ = less(signs, r_.constant(signs.type(), 0));
  const Wide moved = wide_add(value, divisor);
  give(id, wide_select(both(nonzero, differ), moved, value));
}

// --- conversions -------------------------------------------------------------------------------------------------------------

inline Wide SplitInt64::from_number(Term value, bool is_signed) {
  const Type from = value.type();
  if (from.is_boolean()) {
    const Term low = as_word(value, from.with(Scalar::U32));
    return {low, r_.constant(low.type(), 0)};
  }
  if (from.is_int())
    return wide_from_word(convert(value, from.with(from.is_signed() ? Scalar::I32 : Scalar::U32)));
  if (from.scalar() == Scalar::F64) return wide_from_f64(value, is_signed);
  return wide_from_f32(convert(value, from.with(Scalar::F32)), is_signed);
}

inline Term SplitInt64::to_number(Wide value, bool is_signed, Type to) {
  const Term zero = r_.constant(value.low.type(), 0);
  switch (to.scalar()) {
    case Scalar::Boolean: return not_equal(value.low | value.high, zero);
    case Scalar::U32:
    case Scalar::I32: return bitcast(value.low, to);
    case Scalar::F32: return wide_to_f32(value, is_signed, false);
    case Scalar::F64: return wide_to_f64(value, is_signed);
    case Scalar::BF16: return convert(wide_to_f32(value, is_signed, true), to);
    case Scalar::F16: {
      // 2^32 - 1 is as infinite in f16 as what is larger.
      const Wide magnitude = is_signed ? wide_abs(value) : value;
      const Term large = not_equal(magnitude.high, zero);
      const Term words = select(large, r_.constant(zero.type(), 0xFFFFFFFFu), magnitude.low);
      const Term number = convert(words, to);
      if (!is_signed) return number;
      const Term negated = r_.emit(Op::Negate, to, number);
      return select(wide_negative(value), negated, number);
    }
    default: return convert(value.low, to);
  }
}

inline void SplitInt64::convert_node(NodeId id) {
  const Type to = kernel_.type(id);
  const NodeId old = kernel_.node(id).operands[0];
  const Type from = original(old);
  if (wide_type(from) && wide_type(to)) return give(id, wide(old));
  if (wide_type(to)) return give(id, from_number(r_.term(operand(old)), to.is_signed()));
  give(id, to_number(wide(old), from.is_signed(), to));
}

inline void SplitInt64::bitcast_node(NodeId id) {
  const Type to = kernel_.type(id);
  const NodeId old = kernel_.node(id).operands[0];
  const Type from = original(old);
  if (wide_type(from) && wide_type(to)) return give(id, wide(old));
  const Type pair(Scalar::U32, 2);
  if (wide_type(to)) {
    const Term value = r_.term(operand(old));
    Term low[4], high[4];
    const unsigned count = to.components();
    for (unsigned i = 0; i < count; ++i) {
      // Of 64 bits a component, or words two by two, or two components of 16 bits a word: only the whole value is a pair.
      Term words;
      if (from.width() == 64) {
        words = bitcast(component(value, i), pair);
      } else if (count == 1) {
        words = bitcast(value, pair);
      } else {
        const Term first = bitcast(component(value, 2 * i), Scalar::U32);
        const Term parts[2] = {first, bitcast(component(value, 2 * i + 1), Scalar::U32)};
        words = construct(pair, parts);
      }
      low[i] = component(words, 0);
      high[i] = component(words, 1);
    }
    const Term lows = construct(word(to), Span<const Term>(low, count));
    return give(id, Wide{lows, construct(word(to), Span<const Term>(high, count))});
  }
  const Wide value = wide(old);
  const unsigned count = from.components();
  Term parts[4];
  for (unsigned i = 0; i < count; ++i) {
    const Term low = component(value.low, i);
    const Term words[2] = {low, component(value.high, i)};
    if (to.width() == 64) {
      parts[i] = bitcast(construct(pair, words), to.component());
    } else if (count == 1) {
      return give(id, bitcast(construct(pair, words), to));
    } else {
      parts[2 * i] = bitcast(words[0], to.component());
      parts[2 * i + 1] = bitcast(words[1], to.component());
    }
  }
  give(id, construct(to, Span<const Term>(parts, to.components())));
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
