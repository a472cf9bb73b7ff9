// Floating-point operations on bits, each rounded once.
#pragma once

#include "../../config.hpp"
#include "../types.hpp"

#include <cstdint>
#include <cstring>

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

// The functions of libm are called through the compiler's builtins: <cmath> would cost every user of the kernel layer
// more than this whole file.
namespace detail::evaluation {

constexpr std::uint64_t mask_of(unsigned width) {
  return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}
/// The two's complement value of the low `width` bits.
constexpr std::int64_t extend(std::uint64_t bits, unsigned width) {
  const unsigned shift = 64 - width;
  return static_cast<std::int64_t>(bits << shift) >> shift;
}

inline float to_f32(std::uint64_t bits) {
  const auto word = static_cast<std::uint32_t>(bits);
  float value;
  std::memcpy(&value, &word, sizeof value);
  return value;
}
inline std::uint64_t from_f32(float value) {
  std::uint32_t word;
  std::memcpy(&word, &value, sizeof word);
  return word;
}
inline double to_f64(std::uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
inline std::uint64_t from_f64(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// The value of a float of any width; exact.
inline double number(Scalar s, std::uint64_t bits) {
  switch (s) {
    case Scalar::F16: return f16_to_double(bits);
    case Scalar::BF16: return bf16_to_double(bits);
    case Scalar::F32: return static_cast<double>(to_f32(bits));
    default: return to_f64(bits);
  }
}
/// A double rounded once, to nearest even, to a float of any width.
inline std::uint64_t rounded(Scalar s, double value) {
  switch (s) {
    case Scalar::F16: return f16_from_double(value);
    case Scalar::BF16: return bf16_from_double(value);
    case Scalar::F32: return from_f32(static_cast<float>(value));
    default: return from_f64(value);
  }
}

constexpr unsigned mantissa_bits(Scalar s) {
  return s == Scalar::F16 ? 10 : s == Scalar::BF16 ? 7 : s == Scalar::F32 ? 23 : 52;
}
constexpr std::uint64_t sign_bit(Scalar s) { return std::uint64_t{1} << (width_of(s) - 1); }
/// The bits of infinity: all of the exponent.
constexpr std::uint64_t infinity_bits(Scalar s) {
  return mask_of(width_of(s) - 1) & ~mask_of(mantissa_bits(s));
}
constexpr bool is_nan(Scalar s, std::uint64_t bits) { return (bits & ~sign_bit(s)) > infinity_bits(s); }
constexpr bool is_infinite(Scalar s, std::uint64_t bits) { return (bits & ~sign_bit(s)) == infinity_bits(s); }
constexpr bool is_finite(Scalar s, std::uint64_t bits) {
  return (bits & infinity_bits(s)) != infinity_bits(s);
}
constexpr bool is_denormal(Scalar s, std::uint64_t bits) {
  return (bits & infinity_bits(s)) == 0 && (bits & mask_of(mantissa_bits(s))) != 0;
}
/// A normal number or +0: what every implementation keeps as it is (Vulkan, "Precision and Operation of SPIR-V
/// Instructions": denormals may be flushed, and signed zeros, infinities and NaNs need not be preserved).
constexpr bool is_plain(Scalar s, std::uint64_t bits) {
  const std::uint64_t exponent = bits & infinity_bits(s);
  return bits == 0 || (exponent != 0 && exponent != infinity_bits(s));
}

// Why computing in double and rounding again is exact for f16 (p = 11) and bf16 (p = 8): the sum, difference, product,
// quotient or square root of p-bit numbers that lies between two p-bit numbers is either a double exactly or further
// from their midpoint than 2^-(2p + 2) of itself, so that rounding to 53 >= 2p + 2 bits does not move it onto the
// midpoint (S. A. Figueroa, "When is double rounding innocuous?", 1995). Sums that are denormal are exact.
//
// The product passes through a volatile: a compiler that may contract (GCC does across statements and inlined
// functions) must not make an fma of it and the sum that follows in a composite function.

inline std::uint64_t float_add(Scalar s, std::uint64_t a, std::uint64_t b) {
  if (s == Scalar::F32) {
    const float sum = to_f32(a) + to_f32(b);
    return from_f32(sum);
  }
  const double sum = number(s, a) + number(s, b);
  return rounded(s, sum);
}
inline std::uint64_t float_sub(Scalar s, std::uint64_t a, std::uint64_t b) {
  if (s == Scalar::F32) {
    const float difference = to_f32(a) - to_f32(b);
    return from_f32(difference);
  }
  const double difference = number(s, a) - number(s, b);
  return rounded(s, difference);
}
inline std::uint64_t float_mul(Scalar s, std::uint64_t a, std::uint64_t b) {
  if (s == Scalar::F32) {
    const volatile float product = to_f32(a) * to_f32(b);
    return from_f32(product);
  }
  const volatile double product = number(s, a) * number(s, b);
  return rounded(s, product);
}
inline std::uint64_t float_div(Scalar s, std::uint64_t a, std::uint64_t b) {
  if (s == Scalar::F32) {
    const float quotient = to_f32(a) / to_f32(b);
    return from_f32(quotient);
  }
  const double quotient = number(s, a) / number(s, b);
  return rounded(s, quotient);
}
inline std::uint64_t float_sqrt(Scalar s, std::uint64_t a) {
  if (s == Scalar::F32) return from_f32(__builtin_sqrtf(to_f32(a)));
  return rounded(s, __builtin_sqrt(number(s, a)));
}

/// The sum of two doubles rounded to odd: where it is not exact, the neighbour whose last bit is 1. Rounding that to
/// at most 51 bits rounds the exact sum once (S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded sums:
/// proved algorithms using rounding to odd", 2008). The error of the sum is Knuth's TwoSum; it is exact here, where
/// the summands are far from the range's ends.
inline double sum_to_odd(double a, double b) {
  const double sum = a + b;
  std::uint64_t bits = from_f64(sum);
  if (!is_finite(Scalar::F64, bits)) return sum;
  const double b_part = sum - a;
  const double a_part = sum - b_part;
  const double b_rest = b - b_part;
  const double a_rest = a - a_part;
  const double error = a_rest + b_rest;
  if (error == 0.0 || (bits & 1) != 0) return sum;
  bits = (error > 0.0) == (sum > 0.0) ? bits + 1 : bits - 1;
  return to_f64(bits);
}

inline std::uint64_t float_fma(Scalar s, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  if (s == Scalar::F32) return from_f32(__builtin_fmaf(to_f32(a), to_f32(b), to_f32(c)));
  if (s == Scalar::F64) return from_f64(__builtin_fma(to_f64(a), to_f64(b), to_f64(c)));
  // The product of two 11-bit (8-bit) numbers is a double exactly; the sum with a third is not.
  const double product = number(s, a) * number(s, b);
  return rounded(s, sum_to_odd(product, number(s, c)));
}

/// OpFRem and OpFMod. The remainder of two floats is a float of their type, so that only the correction of the sign
/// rounds.
inline std::uint64_t float_rem(Scalar s, std::uint64_t a, std::uint64_t b) {
  return rounded(s, __builtin_fmod(number(s, a), number(s, b)));
}
inline std::uint64_t float_mod(Scalar s, std::uint64_t a, std::uint64_t b) {
  const double divisor = number(s, b);
  const double remainder = __builtin_fmod(number(s, a), divisor);
  if (remainder == 0.0) return b & sign_bit(s);
  if ((remainder < 0.0) != (divisor < 0.0) && remainder == remainder && !is_infinite(s, b))
    return rounded(s, remainder + divisor);
  return rounded(s, remainder);
}

inline bool float_less(Scalar s, std::uint64_t a, std::uint64_t b) { return number(s, a) < number(s, b); }

inline std::uint64_t float_constant(Scalar s, double value) { return rounded(s, value); }

/// min(max(x, 0), 1), as the extended set's smoothstep wants it.
inline std::uint64_t float_saturate(Scalar s, std::uint64_t x) {
  const double v = number(s, x);
  return v < 0.0 ? 0 : v > 1.0 ? float_constant(s, 1.0) : x;
}

}  // namespace detail::evaluation

AIRSTRIP_KERNEL_NAMESPACE_END
