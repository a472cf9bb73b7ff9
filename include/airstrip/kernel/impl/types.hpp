#pragma once

#include "../types.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// A double rounded once, to nearest even, to a binary format of `mantissa` stored bits and `exponent` bits in all 16.
// Source: IEEE 754-2019, 4.3.1.
inline std::uint64_t round_to_16(double value, unsigned mantissa, unsigned exponent) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint64_t sign = bits >> 63 << 15;
  const std::uint64_t magnitude = bits & ~(std::uint64_t{1} << 63);
  const std::uint64_t infinity = ((std::uint64_t{1} << exponent) - 1) << mantissa;
  constexpr std::uint64_t double_infinity = std::uint64_t{0x7FF} << 52;
  if (magnitude > double_infinity) {  // keeps the payload's upper bits, quiet
    const std::uint64_t payload = magnitude >> (52 - mantissa) & ((std::uint64_t{1} << mantissa) - 1);
    return sign | infinity | payload | std::uint64_t{1} << (mantissa - 1);
  }
  if (magnitude == double_infinity) return sign | infinity;
  if (magnitude == 0) return sign;
  const int bias = (1 << (exponent - 1)) - 1;
  int e = static_cast<int>(magnitude >> 52) - 1023;
  std::uint64_t significand = (magnitude & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{1} << 52;
  if (magnitude >> 52 == 0) return sign;  // below every denormal of 16 bits
  unsigned drop = 52 - mantissa;
  std::uint64_t result_exponent;
  if (e < 1 - bias) {
    const int extra = 1 - bias - e;
    if (extra > static_cast<int>(mantissa) + 1) return sign;
    drop += static_cast<unsigned>(extra);
    result_exponent = 0;
  } else {
    if (e > bias) return sign | infinity;
    result_exponent = static_cast<std::uint64_t>(e + bias);
    significand &= ~(std::uint64_t{1} << 52);
  }
  const std::uint64_t half = std::uint64_t{1} << (drop - 1);
  const std::uint64_t rest = significand & ((std::uint64_t{1} << drop) - 1);
  std::uint64_t rounded = significand >> drop;
  if (rest > half || (rest == half && (rounded & 1))) ++rounded;
  return sign | ((result_exponent << mantissa) + rounded);  // a carry goes into the exponent, up to infinity
}

inline double from_16(std::uint64_t bits, unsigned mantissa, unsigned exponent) {
  const bool negative = (bits >> 15 & 1) != 0;
  const std::uint64_t e = bits >> mantissa & ((std::uint64_t{1} << exponent) - 1);
  const std::uint64_t m = bits & ((std::uint64_t{1} << mantissa) - 1);
  const int bias = (1 << (exponent - 1)) - 1;
  std::uint64_t wide;
  if (e == (std::uint64_t{1} << exponent) - 1) {
    wide = std::uint64_t{0x7FF} << 52 | m << (52 - mantissa);
  } else if (e == 0) {
    // m x 2^(1 - bias - mantissa), a power of two that a double has
    const std::uint64_t unit_bits = static_cast<std::uint64_t>(1023 + 1 - bias - static_cast<int>(mantissa))
                                    << 52;
    double unit;
    std::memcpy(&unit, &unit_bits, sizeof unit);
    const double value = static_cast<double>(m) * unit;
    return negative ? -value : value;
  } else {
    wide = static_cast<std::uint64_t>(static_cast<int>(e) - bias + 1023) << 52 | m << (52 - mantissa);
  }
  if (negative) wide |= std::uint64_t{1} << 63;
  double value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

}  // namespace detail

AIRSTRIP_INLINE std::uint64_t f16_from_double(double value) { return detail::round_to_16(value, 10, 5); }
AIRSTRIP_INLINE std::uint64_t bf16_from_double(double value) { return detail::round_to_16(value, 7, 8); }
AIRSTRIP_INLINE double f16_to_double(std::uint64_t bits) { return detail::from_16(bits, 10, 5); }
AIRSTRIP_INLINE double bf16_to_double(std::uint64_t bits) { return detail::from_16(bits, 7, 8); }

AIRSTRIP_INLINE f16::f16(double value) : bits(static_cast<std::uint16_t>(f16_from_double(value))) {}
AIRSTRIP_INLINE f16::operator float() const { return static_cast<float>(f16_to_double(bits)); }
AIRSTRIP_INLINE bf16::bf16(double value) : bits(static_cast<std::uint16_t>(bf16_from_double(value))) {}
AIRSTRIP_INLINE bf16::operator float() const { return static_cast<float>(bf16_to_double(bits)); }

AIRSTRIP_INLINE String to_string(Type type) {
  static constexpr const char* names[] = {"void", "bool", "i8",  "u8",  "i16",  "u16", "i32",
                                          "u32",  "i64",  "u64", "f16", "bf16", "f32", "f64"};
  const auto s = static_cast<unsigned>(type.scalar());
  String text(s < sizeof names / sizeof *names ? names[s] : "?");
  if (type.is_vector()) text << 'x' << type.components();
  if (type.is_matrix()) text << " matrix#" << type.matrix_shape();
  return text;
}

AIRSTRIP_KERNEL_NAMESPACE_END
