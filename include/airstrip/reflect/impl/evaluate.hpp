// What the operations of OpSpecConstantOp give on scalars (SPIR-V 3.52.6 and the instructions' own text). Vectors work
// component by component, see constants.hpp.
#pragma once

#include "../../spirv/enums.hpp"
#include "../reflection.hpp"

#include <cstring>

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection::detail {

/// What a scalar is. `bits` 0: not a number of 8 to 64 bits in IEEE 754.
struct Number {
  TypeKind kind = TypeKind::Opaque;
  std::uint32_t bits = 0;
};

inline Number number_of(const Type& type) {
  if (type.kind == TypeKind::Boolean) return {TypeKind::Boolean, 1};
  const bool fits = type.bits == 8 || type.bits == 16 || type.bits == 32 || type.bits == 64;
  if (type.kind == TypeKind::Int && type.bits >= 1 && type.bits <= 64) return {TypeKind::Int, type.bits};
  if (type.kind == TypeKind::Float && fits && type.bits != 8 && type.encoding == none)
    return {TypeKind::Float, type.bits};
  return {};
}

inline std::uint64_t low_bits(std::uint64_t value, std::uint32_t bits) {
  return bits >= 64 ? value : value & ((std::uint64_t{1} << bits) - 1);
}
inline std::int64_t sign_extend(std::uint64_t value, std::uint32_t bits) {
  const std::uint32_t above = 64 - bits;
  return static_cast<std::int64_t>(value << above) >> above;
}

/// To nearest even, from the bits of a double to a format of `exponent` and `mantissa` bits: binary16 and binary32.
inline std::uint64_t round_double(double value, int exponent, int mantissa) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint64_t sign = bits >> 63 << (exponent + mantissa);
  const std::uint64_t infinity = ((std::uint64_t{1} << exponent) - 1) << mantissa;
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  const int biased = static_cast<int>(bits >> 52 & 0x7FF);
  if (biased == 0x7FF)
    return sign | infinity |
           (fraction != 0 ? std::uint64_t{1} << (mantissa - 1) | fraction >> (52 - mantissa) : 0);
  const int bias = (1 << (exponent - 1)) - 1;
  const int scaled = biased - 1023 + bias;
  if (scaled >= (1 << exponent) - 1) return sign | infinity;
  // The significand with its leading one, and how many of its low bits go.
  int drop = 52 - mantissa + (scaled < 1 ? 1 - scaled : 0);
  if (biased == 0 || drop > 54) return sign;  // too small for a denormal
  const std::uint64_t whole = fraction | std::uint64_t{1} << 52;
  std::uint64_t kept = drop > 53 ? 0 : whole >> drop;
  const std::uint64_t half = std::uint64_t{1} << (drop - 1), rest = whole & (2 * half - 1);
  if (rest > half || (rest == half && (kept & 1) != 0)) ++kept;
  // A normal number's leading one is its exponent's lowest bit; carries go where they should.
  if (scaled >= 1) kept += static_cast<std::uint64_t>(scaled - 1) << mantissa;
  return sign | kept;
}

inline double to_double(std::uint64_t bits, std::uint32_t width) {
  double value = 0;
  if (width == 64) {
    std::memcpy(&value, &bits, sizeof value);
  } else if (width == 32) {
    const auto word = static_cast<std::uint32_t>(bits);
    float single;
    std::memcpy(&single, &word, sizeof single);
    value = static_cast<double>(single);
  } else {
    const std::uint64_t exponent = bits >> 10 & 0x1F, fraction = bits & 0x3FF;
    if (exponent == 0) {
      value = static_cast<double>(fraction) * (1.0 / 16777216.0);  // 2^-24
      if ((bits >> 15 & 1) != 0) value = -value;
    } else {
      const std::uint64_t wide = (bits >> 15 & 1) << 63 |
                                 (exponent == 31 ? std::uint64_t{0x7FF} : exponent + 1008) << 52 |
                                 fraction << 42;
      std::memcpy(&value, &wide, sizeof value);
    }
  }
  return value;
}

inline std::uint64_t from_double(double value, std::uint32_t width) {
  if (width == 16) return round_double(value, 5, 10);
  if (width == 32) return round_double(value, 8, 23);
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// OpQuantizeToF16: what binary16 cannot hold as a normal number becomes zero.
inline std::uint64_t quantize_to_f16(std::uint64_t bits) {
  const std::uint64_t half = round_double(to_double(bits, 32), 5, 10);
  const bool is_denormal = (half & 0x7C00) == 0;
  return from_double(to_double(is_denormal ? half & 0x8000 : half, 16), 32);
}

/// Division that is defined for every operand. False: SPIR-V leaves the result undefined.
inline bool divide(spirv::Op op, std::uint64_t a, std::uint64_t b, std::uint32_t bits,
                   std::uint64_t& result) {
  if (b == 0) return false;
  if (op == spirv::Op::OpUDiv || op == spirv::Op::OpUMod) {
    result = op == spirv::Op::OpUDiv ? a / b : a % b;
    return true;
  }
  const std::int64_t x = sign_extend(a, bits), y = sign_extend(b, bits);
  // The least number by -1 overflows; the remainder is 0 all the same, but SPIR-V calls it undefined as well.
  if (y == -1 && a == std::uint64_t{1} << (bits - 1)) return false;
  std::int64_t r = 0;
  switch (op) {
    case spirv::Op::OpSDiv: r = x / y; break;
    case spirv::Op::OpSRem: r = x % y; break;  // the sign of the dividend
    default:                                   // OpSMod: the sign of the divisor
      r = x % y;
      if (r != 0 && (r < 0) != (y < 0)) r += y;
  }
  result = static_cast<std::uint64_t>(r);
  return true;
}

inline bool evaluate_float(spirv::Op op, double x, double y, std::uint32_t bits, std::uint64_t& result) {
  using spirv::Op;
  // `!(x == x)`: a NaN. The unordered comparisons are true of it.
  const bool unordered = !(x == x) || !(y == y);
  switch (op) {
    case Op::OpFAdd: result = from_double(x + y, bits); return true;
    case Op::OpFSub: result = from_double(x - y, bits); return true;
    case Op::OpFMul: result = from_double(x * y, bits); return true;
    case Op::OpFDiv:
      if (y == 0) return false;
      result = from_double(x / y, bits);
      return true;
    case Op::OpFOrdEqual: result = x == y; return true;
    case Op::OpFUnordEqual: result = unordered || x == y; return true;
    case Op::OpFOrdNotEqual: result = !unordered && x != y; return true;
    case Op::OpFUnordNotEqual: result = unordered || x != y; return true;
    case Op::OpFOrdLessThan: result = x < y; return true;
    case Op::OpFUnordLessThan: result = unordered || x < y; return true;
    case Op::OpFOrdGreaterThan: result = x > y; return true;
    case Op::OpFUnordGreaterThan: result = unordered || x > y; return true;
    case Op::OpFOrdLessThanEqual: result = x <= y; return true;
    case Op::OpFUnordLessThanEqual: result = unordered || x <= y; return true;
    case Op::OpFOrdGreaterThanEqual: result = x >= y; return true;
    case Op::OpFUnordGreaterThanEqual: result = unordered || x >= y; return true;
    default: return false;
  }
}

/// One component. `in`: the first operand's type; operands have their bits above the width zero, and so has the result.
/// False: not computed, or undefined.
inline bool evaluate(spirv::Op op, Number in, Number out, const std::uint64_t* v, unsigned count,
                     std::uint64_t& result) {
  using spirv::Op;
  if (in.bits == 0 || out.bits == 0 || count == 0) return false;
  const std::uint64_t a = v[0], b = count > 1 ? v[1] : 0;
  const auto signed_a = [&] { return sign_extend(a, in.bits); };
  const auto signed_b = [&] { return sign_extend(b, in.bits); };
  if (in.kind == TypeKind::Float) {
    const double x = to_double(a, in.bits);
    switch (op) {
      case Op::OpFConvert:
        if (out.kind != TypeKind::Float) return false;
        result = from_double(x, out.bits);
        return true;
      case Op::OpQuantizeToF16:
        if (in.bits != 32) return false;
        result = quantize_to_f16(a);
        return true;
      case Op::OpFNegate: result = a ^ std::uint64_t{1} << (in.bits - 1); return true;
      case Op::OpConvertFToS:
        if (!(x > -9223372036854775808.0 && x < 9223372036854775808.0)) return false;
        result = low_bits(static_cast<std::uint64_t>(static_cast<std::int64_t>(x)), out.bits);
        return sign_extend(result, out.bits) == static_cast<std::int64_t>(x);
      case Op::OpConvertFToU:
        if (!(x > -1.0 && x < 18446744073709551616.0)) return false;
        result = static_cast<std::uint64_t>(x);
        return low_bits(result, out.bits) == result;
      case Op::OpBitcast: result = a; return in.bits == out.bits;
      default: return count > 1 && evaluate_float(op, x, to_double(b, in.bits), in.bits, result);
    }
  }
  switch (op) {
    case Op::OpSConvert: result = static_cast<std::uint64_t>(signed_a()); break;
    case Op::OpUConvert: result = a; break;
    case Op::OpBitcast: result = a; return in.bits == out.bits;
    case Op::OpConvertSToF:
      if (out.bits != 64 && in.bits > 53) return false;  // rounded twice
      result = from_double(static_cast<double>(signed_a()), out.bits);
      return true;
    case Op::OpConvertUToF:
      if (out.bits != 64 && in.bits > 53) return false;
      result = from_double(static_cast<double>(a), out.bits);
      return true;
    case Op::OpSNegate: result = 0 - a; break;
    case Op::OpNot: result = ~a; break;
    case Op::OpIAdd: result = a + b; break;
    case Op::OpISub: result = a - b; break;
    case Op::OpIMul: result = a * b; break;
    case Op::OpUDiv:
    case Op::OpUMod:
    case Op::OpSDiv:
    case Op::OpSRem:
    case Op::OpSMod:
      if (!divide(op, a, b, in.bits, result)) return false;
      break;
    // A shift by the width or more is undefined.
    case Op::OpShiftRightLogical:
      if (b >= in.bits) return false;
      result = a >> b;
      break;
    case Op::OpShiftRightArithmetic:
      if (b >= in.bits) return false;
      result = static_cast<std::uint64_t>(signed_a() >> b);
      break;
    case Op::OpShiftLeftLogical:
      if (b >= in.bits) return false;
      result = a << b;
      break;
    case Op::OpBitwiseOr:
    case Op::OpLogicalOr: result = a | b; break;
    case Op::OpBitwiseXor: result = a ^ b; break;
    case Op::OpBitwiseAnd:
    case Op::OpLogicalAnd: result = a & b; break;
    case Op::OpLogicalNot: result = a == 0; break;
    case Op::OpLogicalEqual:
    case Op::OpIEqual: result = a == b; break;
    case Op::OpLogicalNotEqual:
    case Op::OpINotEqual: result = a != b; break;
    case Op::OpULessThan: result = a < b; break;
    case Op::OpUGreaterThan: result = a > b; break;
    case Op::OpULessThanEqual: result = a <= b; break;
    case Op::OpUGreaterThanEqual: result = a >= b; break;
    case Op::OpSLessThan: result = signed_a() < signed_b(); break;
    case Op::OpSGreaterThan: result = signed_a() > signed_b(); break;
    case Op::OpSLessThanEqual: result = signed_a() <= signed_b(); break;
    case Op::OpSGreaterThanEqual: result = signed_a() >= signed_b(); break;
    default: return false;
  }
  result = low_bits(result, out.bits);
  return true;
}

}  // namespace reflection::detail

AIRSTRIP_NAMESPACE_END
