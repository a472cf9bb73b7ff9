// Integer operations on bits.
#pragma once

#include "../evaluate.hpp"
#include "evaluate_float.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::evaluation {

/// Upper half of the 128-bit product of unsigned numbers, by halves.
constexpr std::uint64_t mul_high_64(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t a0 = a & 0xFFFFFFFFu, a1 = a >> 32, b0 = b & 0xFFFFFFFFu, b1 = b >> 32;
  const std::uint64_t low = a0 * b0;
  const std::uint64_t middle = a1 * b0 + (low >> 32);
  const std::uint64_t other = a0 * b1 + (middle & 0xFFFFFFFFu);
  return a1 * b1 + (middle >> 32) + (other >> 32);
}

inline std::uint64_t mul_high(bool is_signed, unsigned width, std::uint64_t a, std::uint64_t b) {
  if (width == 64) {
    std::uint64_t high = mul_high_64(a, b);
    // Of two's complement factors: a - 2^64 [a < 0] and likewise b.
    if (is_signed && a >> 63 != 0) high -= b;
    if (is_signed && b >> 63 != 0) high -= a;
    return high;
  }
  if (is_signed) return static_cast<std::uint64_t>(extend(a, width) * extend(b, width)) >> width;
  return (a * b) >> width;
}

inline unsigned count_ones(std::uint64_t bits) {
  unsigned count = 0;
  for (; bits != 0; bits &= bits - 1) ++count;
  return count;
}
/// Index of the highest 1; -1 as 64 bits where there is none.
inline std::uint64_t highest_one(std::uint64_t bits) {
  std::uint64_t index = ~std::uint64_t{0};
  for (; bits != 0; bits >>= 1) ++index;
  return index;
}

/// Division, remainder (sign of the dividend) and modulus (sign of the divisor).
inline Evaluated divide(Op op, bool is_signed, unsigned width, std::uint64_t a, std::uint64_t b) {
  Evaluated result;
  if (b == 0) {
    result.defined = false;
    return result;
  }
  if (!is_signed) {
    result.bits = op == Op::Div ? a / b : a % b;
    return result;
  }
  const std::int64_t x = extend(a, width), y = extend(b, width);
  if (y == -1) {  // -x, which overflows for the least x; the rest is 0
    result.defined = a != std::uint64_t{1} << (width - 1);
    result.bits = op == Op::Div ? 0 - a : 0;
    return result;
  }
  std::int64_t value = op == Op::Div ? x / y : x % y;
  if (op == Op::Mod && value != 0 && (value < 0) != (y < 0)) value += y;
  result.bits = static_cast<std::uint64_t>(value);
  return result;
}

inline Evaluated bit_field(Op op, bool is_signed, unsigned width, const std::uint64_t* v) {
  Evaluated result;
  const bool insert = op == Op::BitFieldInsert;
  const std::uint64_t offset = v[insert ? 2 : 1], count = v[insert ? 3 : 2];
  if (offset > width || count > width - offset) {
    result.defined = false;
    result.bits = insert ? v[0] : 0;
    return result;
  }
  if (count == 0) {
    result.bits = insert ? v[0] : 0;
    return result;
  }
  const std::uint64_t field = mask_of(static_cast<unsigned>(count));
  if (insert) {
    result.bits = (v[0] & ~(field << offset)) | (v[1] & field) << offset;
  } else {
    result.bits = v[0] >> offset & field;
    if (is_signed)
      result.bits = static_cast<std::uint64_t>(extend(result.bits, static_cast<unsigned>(count)));
  }
  return result;
}

/// Operations on integers whose result is an integer or a Boolean. Bits above the width are the caller's to drop.
inline Evaluated integer(Op op, Scalar type, const std::uint64_t* v) {
  const unsigned width = width_of(type);
  const bool is_signed = kernel::is_signed(type);
  const std::uint64_t mask = mask_of(width), top = std::uint64_t{1} << (width - 1);
  const std::uint64_t a = v[0];
  // Flipping the top bit makes the unsigned order that of signed numbers.
  const std::uint64_t bias = is_signed ? top : 0;
  Evaluated result;
  switch (op) {
    case Op::Add: result.bits = a + v[1]; break;
    case Op::Sub: result.bits = a - v[1]; break;
    case Op::Mul: result.bits = a * v[1]; break;
    case Op::Div:
    case Op::Rem:
    case Op::Mod: return divide(op, is_signed, width, a, v[1]);
    case Op::Negate: result.bits = 0 - a; break;
    case Op::MulHigh: result.bits = mul_high(is_signed, width, a, v[1]); break;
    case Op::AddCarry: result.bits = ((a + v[1]) & mask) < a; break;
    case Op::SubBorrow: result.bits = a < v[1]; break;
    case Op::Min: result.bits = (v[1] ^ bias) < (a ^ bias) ? v[1] : a; break;
    case Op::Max: result.bits = (a ^ bias) < (v[1] ^ bias) ? v[1] : a; break;
    case Op::Clamp: {
      const std::uint64_t low = (a ^ bias) < (v[1] ^ bias) ? v[1] : a;
      result.bits = (v[2] ^ bias) < (low ^ bias) ? v[2] : low;
      result.defined = (v[1] ^ bias) <= (v[2] ^ bias);
      break;
    }
    case Op::Abs: result.bits = (a & top) != 0 ? 0 - a : a; break;
    case Op::Sign: result.bits = a == 0 ? 0 : (a & top) != 0 ? mask : 1; break;
    case Op::And: result.bits = a & v[1]; break;
    case Op::Or: result.bits = a | v[1]; break;
    case Op::Xor: result.bits = a ^ v[1]; break;
    case Op::Not: result.bits = ~a; break;
    case Op::ShiftLeft:
    case Op::ShiftRight:
      // A negative shift is a large one: its bits are those of its type, at least 8.
      if (v[1] >= width) {
        result.defined = false;
        break;
      }
      if (op == Op::ShiftLeft)
        result.bits = a << v[1];
      else
        result.bits = is_signed ? static_cast<std::uint64_t>(extend(a, width) >> v[1]) : a >> v[1];
      break;
    case Op::BitCount: result.bits = count_ones(a); break;
    case Op::BitReverse:
      for (unsigned i = 0; i < width; ++i) result.bits |= (a >> i & 1) << (width - 1 - i);
      break;
    case Op::BitFieldExtract:
    case Op::BitFieldInsert: return bit_field(op, is_signed, width, v);
    case Op::FindLsb: result.bits = a == 0 ? mask : count_ones((a & (0 - a)) - 1); break;
    case Op::FindMsb: result.bits = highest_one(is_signed && (a & top) != 0 ? ~a & mask : a); break;
    case Op::Equal: result.bits = a == v[1]; break;
    case Op::NotEqual: result.bits = a != v[1]; break;
    case Op::Less: result.bits = (a ^ bias) < (v[1] ^ bias); break;
    case Op::LessEqual: result.bits = (a ^ bias) <= (v[1] ^ bias); break;
    default: result.defined = false; break;
  }
  return result;
}

/// On Booleans, which are 0 or 1.
inline Evaluated boolean(Op op, const std::uint64_t* v) {
  Evaluated result;
  switch (op) {
    case Op::And: result.bits = v[0] & v[1]; break;
    case Op::Or: result.bits = v[0] | v[1]; break;
    case Op::Xor:
    case Op::NotEqual: result.bits = v[0] ^ v[1]; break;
    case Op::Equal: result.bits = (v[0] ^ v[1]) ^ 1; break;
    case Op::Not: result.bits = v[0] ^ 1; break;
    default: result.defined = false; break;
  }
  return result;
}

/// Packed dot products of four bytes (SPV_KHR_integer_dot_product).
inline std::int64_t dot_of_bytes(DotKind kind, std::uint64_t a, std::uint64_t b) {
  std::int64_t sum = 0;
  for (unsigned i = 0; i < 32; i += 8) {
    const std::uint64_t x = a >> i & 0xFF, y = b >> i & 0xFF;
    const std::int64_t p = kind == DotKind::Unsigned ? static_cast<std::int64_t>(x) : extend(x, 8);
    const std::int64_t q = kind == DotKind::Signed ? extend(y, 8) : static_cast<std::int64_t>(y);
    sum += p * q;
  }
  return sum;
}
inline std::uint64_t dot_saturated(DotKind kind, std::uint64_t a, std::uint64_t b,
                                   std::uint64_t accumulator) {
  const std::int64_t sum = dot_of_bytes(kind, a, b);
  if (kind == DotKind::Unsigned) {
    const std::uint64_t total = static_cast<std::uint64_t>(sum) + accumulator;
    return total > 0xFFFFFFFFu ? 0xFFFFFFFFu : total;
  }
  const std::int64_t total = sum + extend(accumulator, 32);
  if (total > 0x7FFFFFFF) return 0x7FFFFFFF;
  if (total < -std::int64_t{0x80000000}) return 0x80000000u;
  return static_cast<std::uint64_t>(total) & 0xFFFFFFFFu;
}

}  // namespace detail::evaluation

AIRSTRIP_KERNEL_NAMESPACE_END
