// Numbers as kernels read them: the bits of a double in another type.
#pragma once

#include "../../config.hpp"
#include "../../program/program.hpp"

#include <cstdint>
#include <cstring>

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {

/// A float of fewer bits, rounded to nearest, ties to even: from the double at once, since two roundings are not one.
inline std::uint64_t narrow_float(double value, int exponent_bits, int fraction_bits) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint64_t sign = bits >> 63 << (exponent_bits + fraction_bits);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const std::uint64_t infinity = ((std::uint64_t{1} << exponent_bits) - 1) << fraction_bits;
  const int exponent = static_cast<int>(bits >> 52 & 0x7FF) - 1023;
  const std::uint64_t fraction = bits & 0xFFFFFFFFFFFFFu;
  if (exponent == 1024)
    return sign | infinity | (fraction != 0 ? std::uint64_t{1} << (fraction_bits - 1) : 0);
  // Below the smallest normal exponent the fraction loses a bit for each step.
  const int deficit = exponent < 1 - bias ? 1 - bias - exponent : 0;
  const int dropped = 52 - fraction_bits + deficit;
  if (exponent > bias) return sign | infinity;
  if (dropped > 54) return sign;
  const std::uint64_t whole = fraction | std::uint64_t{1} << 52;
  std::uint64_t kept = dropped > 52 + 1 ? 0 : whole >> dropped;
  const std::uint64_t rest = whole & ((std::uint64_t{1} << dropped) - 1);
  const std::uint64_t half = std::uint64_t{1} << (dropped - 1);
  if (rest > half || (rest == half && (kept & 1) != 0)) ++kept;
  // A carry goes into the exponent, as it should. A denormal's exponent is 0, and its fraction has no hidden bit.
  if (deficit != 0) return sign | kept;
  const std::uint64_t biased = static_cast<std::uint64_t>(exponent + bias) << fraction_bits;
  const std::uint64_t made = biased + kept - (std::uint64_t{1} << fraction_bits);
  return sign | (made >= infinity ? infinity : made);
}

/// What stands in the parameters: 64 bits, or the low 32. False: the type has no such number.
inline bool bits_of_number(std::uint32_t scalar, double value, std::uint64_t& bits) {
  using program::detail::Scalar;
  const Scalar type = static_cast<Scalar>(scalar);
  switch (type) {
    case Scalar::Boolean: bits = value != 0; return true;
    case Scalar::F16: bits = narrow_float(value, 5, 10); return true;
    case Scalar::BF16: bits = narrow_float(value, 8, 7); return true;
    case Scalar::F32: bits = narrow_float(value, 8, 23); return true;
    case Scalar::F64: std::memcpy(&bits, &value, sizeof bits); return true;
    default: break;
  }
  // I8, U8, I16 … U64.
  if (type < Scalar::I8 || type > Scalar::U64) return false;
  const std::uint32_t place = scalar - static_cast<std::uint32_t>(Scalar::I8);
  const std::uint32_t width = 8u << (place / 2);
  const bool is_signed = place % 2 == 0;
  const double end = static_cast<double>(std::uint64_t{1} << (width - 1)) * (is_signed ? 1 : 2);
  if (!(value >= (is_signed ? -end : 0) && value < end)) return false;
  const bool negative = value < 0;
  const auto magnitude = static_cast<std::uint64_t>(negative ? -value : value);
  if (static_cast<double>(magnitude) != (negative ? -value : value)) return false;
  // Two's complement; what is narrower than a word is widened by its sign.
  bits = negative ? ~magnitude + 1 : magnitude;
  return true;
}

}  // namespace detail

AIRSTRIP_PLAYER_NAMESPACE_END
