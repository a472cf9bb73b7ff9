// Conversions, and the float operations by number: arithmetic, comparisons and the component-wise GLSL.std.450.
#pragma once

#include "../evaluate.hpp"
#include "evaluate_float.hpp"
#include "evaluate_int.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::evaluation {

// --- conversions -----------------------------------------------------------------------------------------------------

/// An integer's magnitude as a float. Beyond 53 bits a double would round first: what it would lose becomes one sticky
/// bit, far below the last bit of f16 or bf16 (f32 and f64 are converted by the machine, which rounds once).
inline std::uint64_t float_of_integer(Scalar to, bool negative, std::uint64_t magnitude) {
  if (to == Scalar::F32) {
    const auto value = static_cast<float>(magnitude);
    return from_f32(negative ? -value : value);
  }
  double scale = 1.0;
  if (to != Scalar::F64 && magnitude >> 53 != 0) {
    magnitude = magnitude >> 11 | static_cast<std::uint64_t>((magnitude & 0x7FF) != 0);
    scale = 2048.0;
  }
  const double value = static_cast<double>(magnitude) * scale;
  return rounded(to, negative ? -value : value);
}

/// The integer part of a float. What does not fit is clamped and, NaN too, said to be undefined.
inline Evaluated integer_of_float(Scalar to, double value) {
  Evaluated result;
  const unsigned width = width_of(to);
  const bool is_signed = kernel::is_signed(to);
  if (!(value == value)) {
    result.defined = false;
    return result;
  }
  const double whole = __builtin_trunc(value);
  const double end = __builtin_ldexp(1.0, static_cast<int>(is_signed ? width - 1 : width));
  if (whole >= end) {
    result.defined = false;
    result.bits = mask_of(is_signed ? width - 1 : width);
  } else if (whole < (is_signed ? -end : 0.0)) {
    result.defined = false;
    result.bits = is_signed ? std::uint64_t{1} << (width - 1) : 0;
  } else if (is_signed) {
    result.bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(whole)) & mask_of(width);
  } else {
    result.bits = static_cast<std::uint64_t>(whole);
  }
  return result;
}

/// An integer clamped to another integer type.
inline std::uint64_t saturated(Scalar from, Scalar to, std::uint64_t bits) {
  const unsigned from_width = width_of(from), width = width_of(to);
  if (kernel::is_signed(from)) {
    const std::int64_t value = extend(bits, from_width);
    if (!kernel::is_signed(to)) {
      if (value < 0) return 0;
      const auto magnitude = static_cast<std::uint64_t>(value);
      return magnitude > mask_of(width) ? mask_of(width) : magnitude;
    }
    const std::int64_t greatest = static_cast<std::int64_t>(mask_of(width - 1));
    const std::int64_t least = -greatest - 1;
    const std::int64_t clamped = value > greatest ? greatest : value < least ? least : value;
    return static_cast<std::uint64_t>(clamped) & mask_of(width);
  }
  const std::uint64_t greatest = mask_of(kernel::is_signed(to) ? width - 1 : width);
  return bits > greatest ? greatest : bits;
}

inline Evaluated convert(bool saturate, Scalar from, Scalar to, std::uint64_t bits) {
  Evaluated result;
  if (to == Scalar::Boolean) {
    const bool is_true = is_float(from) ? !(number(from, bits) == 0.0) : bits != 0;
    result.bits = is_true;
    result.exact = !is_float(from) || is_plain(from, bits);
    return result;
  }
  if (from == Scalar::Boolean) {
    result.bits = is_float(to) ? rounded(to, bits != 0 ? 1.0 : 0.0) : bits;
    return result;
  }
  if (is_float(from)) {
    if (is_float(to)) {
      result.bits = from == to ? bits : rounded(to, number(from, bits));
      result.exact = is_plain(to, result.bits);
    } else {
      result = integer_of_float(to, number(from, bits));
      if (saturate) result.defined = true;
    }
    result.exact = result.exact && is_plain(from, bits);
    return result;
  }
  if (is_float(to)) {
    const bool negative = is_signed(from) && (bits & sign_bit(from)) != 0;
    result.bits = float_of_integer(to, negative, negative ? (0 - bits) & mask_of(width_of(from)) : bits);
    result.exact = is_plain(to, result.bits);
    return result;
  }
  if (saturate)
    result.bits = saturated(from, to, bits);
  else
    result.bits = (is_signed(from) ? static_cast<std::uint64_t>(extend(bits, width_of(from))) : bits) &
                  mask_of(width_of(to));
  return result;
}

// --- functions of one float ------------------------------------------------------------------------------------------

/// Nearest even, whatever the rounding mode of the machine.
inline double round_even(double x) {
  const double down = __builtin_floor(x);
  const double rest = x - down;
  double whole = down;
  if (rest > 0.5 || (rest == 0.5 && __builtin_fmod(down, 2.0) != 0.0)) whole = down + 1.0;
  return __builtin_copysign(whole, x);
}

/// In double; `defined` becomes false outside the function's domain (GLSL.std.450).
inline double transcendental(Op op, double x, bool& defined) {
  switch (op) {
    case Op::Sin: return __builtin_sin(x);
    case Op::Cos: return __builtin_cos(x);
    case Op::Tan: return __builtin_tan(x);
    case Op::Asin: defined = !(__builtin_fabs(x) > 1.0); return __builtin_asin(x);
    case Op::Acos: defined = !(__builtin_fabs(x) > 1.0); return __builtin_acos(x);
    case Op::Atan: return __builtin_atan(x);
    case Op::Sinh: return __builtin_sinh(x);
    case Op::Cosh: return __builtin_cosh(x);
    case Op::Tanh: return __builtin_tanh(x);
    case Op::Asinh: return __builtin_asinh(x);
    case Op::Acosh: defined = !(x < 1.0); return __builtin_acosh(x);
    case Op::Atanh: defined = !(__builtin_fabs(x) >= 1.0); return __builtin_atanh(x);
    case Op::Exp: return __builtin_exp(x);
    case Op::Exp2: return __builtin_exp2(x);
    case Op::Log: defined = !(x <= 0.0); return __builtin_log(x);
    case Op::Log2: defined = !(x <= 0.0); return __builtin_log2(x);
    case Op::InverseSqrt: defined = !(x <= 0.0); return 1.0 / __builtin_sqrt(x);
    default: defined = false; return x;
  }
}

inline std::uint64_t float_min(Scalar s, std::uint64_t x, std::uint64_t y) {
  return float_less(s, y, x) ? y : x;
}
inline std::uint64_t float_max(Scalar s, std::uint64_t x, std::uint64_t y) {
  return float_less(s, x, y) ? y : x;
}
inline std::uint64_t float_nmin(Scalar s, std::uint64_t x, std::uint64_t y) {
  return is_nan(s, x) ? y : is_nan(s, y) ? x : float_min(s, x, y);
}
inline std::uint64_t float_nmax(Scalar s, std::uint64_t x, std::uint64_t y) {
  return is_nan(s, x) ? y : is_nan(s, y) ? x : float_max(s, x, y);
}

/// What a float operation gives, and whether Vulkan fixes it for plain operands and results. An Ldexp's second operand
/// is an i32; all others are of type `s`.
inline Evaluated float_operation(Op op, Scalar s, const std::uint64_t* v) {
  Evaluated result;
  std::uint64_t& bits = result.bits;
  const std::uint64_t a = v[0], one = float_constant(s, 1.0);
  switch (op) {
    case Op::Add: bits = float_add(s, a, v[1]); break;
    case Op::Sub: bits = float_sub(s, a, v[1]); break;
    case Op::Mul: bits = float_mul(s, a, v[1]); break;
    case Op::Div:
      bits = float_div(s, a, v[1]);
      result.exact = false;  // 2.5 ULP
      break;
    case Op::Rem:
      bits = float_rem(s, a, v[1]);
      result.exact = false;
      break;
    case Op::Mod:
      bits = float_mod(s, a, v[1]);
      result.exact = false;
      break;
    case Op::Fma:
      bits = float_fma(s, a, v[1], v[2]);
      result.exact = false;  // may be a product and a sum
      break;
    case Op::Negate: bits = a ^ sign_bit(s); break;
    case Op::Abs: bits = a & ~sign_bit(s); break;
    case Op::Sign: {
      const double x = number(s, a);
      bits = x > 0.0 ? one : x < 0.0 ? one | sign_bit(s) : 0;
      break;
    }
    case Op::Min: bits = float_min(s, a, v[1]); break;
    case Op::Max: bits = float_max(s, a, v[1]); break;
    case Op::Clamp:
      bits = float_min(s, float_max(s, a, v[1]), v[2]);
      result.defined = !float_less(s, v[2], v[1]);
      break;
    case Op::NMin: bits = float_nmin(s, a, v[1]); break;
    case Op::NMax: bits = float_nmax(s, a, v[1]); break;
    case Op::NClamp:
      bits = float_nmin(s, float_nmax(s, a, v[1]), v[2]);
      result.defined = !float_less(s, v[2], v[1]);
      break;
    case Op::Round: {
      const double x = number(s, a);
      result.exact =
          __builtin_fabs(x - __builtin_trunc(x)) != 0.5;  // the implementation chooses where halves go
      bits = rounded(s, __builtin_round(x));
      break;
    }
    case Op::RoundEven: bits = rounded(s, round_even(number(s, a))); break;
    case Op::Trunc: bits = rounded(s, __builtin_trunc(number(s, a))); break;
    case Op::Floor: bits = rounded(s, __builtin_floor(number(s, a))); break;
    case Op::Ceil: bits = rounded(s, __builtin_ceil(number(s, a))); break;
    case Op::Fract:
      bits = float_sub(s, a, rounded(s, __builtin_floor(number(s, a))));
      result.exact = false;
      break;
    case Op::Radians:
      bits = float_mul(s, a, float_constant(s, 0.017453292519943295769));
      result.exact = false;
      break;
    case Op::Degrees:
      bits = float_mul(s, a, float_constant(s, 57.295779513082320877));
      result.exact = false;
      break;
    case Op::Sqrt:
      bits = float_sqrt(s, a);
      result.defined = !(number(s, a) < 0.0);
      result.exact = false;
      break;
    case Op::Atan2: {
      const double y = number(s, a), x = number(s, v[1]);
      bits = rounded(s, __builtin_atan2(y, x));
      result.defined = !(x == 0.0 && y == 0.0);
      result.exact = false;
      break;
    }
    case Op::Pow: {
      const double x = number(s, a), y = number(s, v[1]);
      bits = rounded(s, __builtin_pow(x, y));
      result.defined = !(x < 0.0 || (x == 0.0 && y <= 0.0));
      result.exact = false;
      break;
    }
    case Op::Mix: {
      const std::uint64_t rest = float_sub(s, one, v[2]);
      const std::uint64_t first = float_mul(s, a, rest), second = float_mul(s, v[1], v[2]);
      bits = float_add(s, first, second);
      result.exact = false;
      break;
    }
    case Op::Step: bits = float_less(s, v[1], a) ? 0 : one; break;
    case Op::SmoothStep: {
      const std::uint64_t above = float_sub(s, v[2], a), range = float_sub(s, v[1], a);
      const std::uint64_t t = float_saturate(s, float_div(s, above, range));
      const std::uint64_t twice = float_mul(s, float_constant(s, 2.0), t);
      const std::uint64_t factor = float_sub(s, float_constant(s, 3.0), twice);
      bits = float_mul(s, float_mul(s, t, t), factor);
      result.defined = float_less(s, a, v[1]);
      result.exact = false;
      break;
    }
    case Op::FrexpSignificand:
    case Op::FrexpExponent: {
      int exponent = 0;
      const double x = number(s, a);
      result.defined = is_finite(s, a);
      const double significand = result.defined ? __builtin_frexp(x, &exponent) : x;
      bits = op == Op::FrexpExponent ? static_cast<std::uint32_t>(exponent) : rounded(s, significand);
      break;
    }
    case Op::Ldexp: {
      // "If this product is too large to be represented … undefined. If exponent is greater than +128 … undefined. If
      // less than -126 it may be flushed": that of f32, and so for the other types.
      const std::int64_t exponent = extend(v[1], 32);
      const std::int64_t bias = (std::int64_t{1} << (width_of(s) - 2 - mantissa_bits(s))) - 1;
      bits = rounded(s, __builtin_ldexp(number(s, a), static_cast<int>(exponent)));
      result.defined = exponent <= bias + 1 && (is_finite(s, bits) || !is_finite(s, a));
      result.exact = exponent >= 1 - bias;
      break;
    }
    case Op::Equal: bits = number(s, a) == number(s, v[1]); break;
    case Op::NotEqual: bits = !(number(s, a) == number(s, v[1])); break;
    case Op::Less: bits = number(s, a) < number(s, v[1]); break;
    case Op::LessEqual: bits = number(s, a) <= number(s, v[1]); break;
    case Op::IsNan: bits = is_nan(s, a); break;
    case Op::IsInf: bits = is_infinite(s, a); break;
    default:
      bits = rounded(s, transcendental(op, number(s, a), result.defined));
      result.exact = false;
      break;
  }
  return result;
}

inline Evaluated floating(Op op, Scalar s, Scalar to, const std::uint64_t* v) {
  Evaluated result = float_operation(op, s, v);
  const int count = op == Op::Ldexp ? 1 : info_of(op).operand_count;
  for (int i = 0; i < count; ++i) result.exact = result.exact && is_plain(s, v[i]);
  if (is_float(to)) result.exact = result.exact && is_plain(to, result.bits);
  return result;
}

}  // namespace detail::evaluation

AIRSTRIP_KERNEL_NAMESPACE_END
