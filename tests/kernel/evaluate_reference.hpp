// References for tests of evaluate.hpp that share no code with it: 128-bit integers, tables of every 16-bit float.
#pragma once

#include <airstrip/kernel/evaluate.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace evaluate_test {

using namespace airstrip::kernel;
__extension__ typedef __int128 Wide;

inline const Scalar int_types[] = {Scalar::I8,  Scalar::U8,  Scalar::I16, Scalar::U16,
                                   Scalar::I32, Scalar::U32, Scalar::I64, Scalar::U64};
inline const Scalar float_types[] = {Scalar::F16, Scalar::BF16, Scalar::F32, Scalar::F64};

inline std::uint64_t low_bits(Scalar s) {
  return width_of(s) == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width_of(s)) - 1;
}
/// The integer that the bits stand for.
inline Wide value_of(Scalar s, std::uint64_t bits) {
  const Wide v = static_cast<Wide>(bits & low_bits(s));
  const Wide range = static_cast<Wide>(1) << width_of(s);
  return is_signed(s) && v >= range / 2 ? v - range : v;
}
inline std::uint64_t wrap(Scalar s, Wide v) { return static_cast<std::uint64_t>(v) & low_bits(s); }
inline Wide least(Scalar s) { return is_signed(s) ? -(static_cast<Wide>(1) << (width_of(s) - 1)) : Wide{0}; }
inline Wide greatest(Scalar s) {
  return (static_cast<Wide>(1) << (is_signed(s) ? width_of(s) - 1 : width_of(s))) - 1;
}

/// All finite, not negative values of a 16-bit float, by their definition, in order of their bits.
inline const std::vector<long double>& table(Scalar s) {
  static const auto make = [](unsigned mantissa, int bias, unsigned count) {
    std::vector<long double> values;
    for (unsigned bits = 0; bits < count; ++bits) {
      const int e = static_cast<int>(bits >> mantissa);
      const auto m = static_cast<long double>(bits & ((1u << mantissa) - 1));
      const int shift = static_cast<int>(mantissa);
      values.push_back(e == 0 ? std::ldexp(m, 1 - bias - shift)
                              : std::ldexp(m + std::ldexp(1.0L, shift), e - bias - shift));
    }
    return values;
  };
  static const std::vector<long double> f16 = make(10, 15, 0x7C00), bf16 = make(7, 127, 0x7F80);
  return s == Scalar::F16 ? f16 : bf16;
}

/// The nearest float, ties to even, looked up. NaN: any NaN will do, 0x7E00 or 0x7FC0 here.
inline std::uint64_t nearest(Scalar s, long double v) {
  const auto& values = table(s);
  const std::uint64_t sign = std::signbit(v) ? 0x8000 : 0;
  if (std::isnan(v)) return s == Scalar::F16 ? 0x7E00 : 0x7FC0;
  const long double a = std::fabs(v);
  const std::uint64_t infinity = values.size();
  if (std::isinf(v)) return sign | infinity;
  std::size_t low = 0, high = values.size();  // low is at most a
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    (values[middle] <= a ? low : high) = middle;
  }
  const long double top = values.back(), previous = values[values.size() - 2];
  const long double above = high == values.size() ? top + (top - previous) : values[high];
  const long double down = a - values[low], up = above - a;
  if (up < down || (up == down && (low & 1) != 0)) return sign | (low + 1);
  return sign | low;
}

inline float f32_of(std::uint64_t bits) {
  const auto word = static_cast<std::uint32_t>(bits);
  float v;
  std::memcpy(&v, &word, sizeof v);
  return v;
}
inline double f64_of(std::uint64_t bits) {
  double v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}
inline std::uint64_t bits_of(float v) {
  std::uint32_t word;
  std::memcpy(&word, &v, sizeof word);
  return word;
}
inline std::uint64_t bits_of(double v) {
  std::uint64_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits;
}
/// The number that a float's bits stand for.
inline long double float_value(Scalar s, std::uint64_t bits) {
  if (s == Scalar::F32) return static_cast<long double>(f32_of(bits));
  if (s == Scalar::F64) return static_cast<long double>(f64_of(bits));
  const std::uint64_t magnitude = bits & 0x7FFF, count = table(s).size();
  long double v = magnitude < count    ? table(s)[magnitude]
                  : magnitude == count ? HUGE_VALL
                                       : static_cast<long double>(NAN);
  return (bits & 0x8000) != 0 ? -v : v;
}
/// Rounded once.
inline std::uint64_t float_bits(Scalar s, long double v) {
  if (s == Scalar::F32) return bits_of(static_cast<float>(v));
  if (s == Scalar::F64) return bits_of(static_cast<double>(v));
  return nearest(s, v);
}
inline bool is_nan_bits(Scalar s, std::uint64_t bits) { return std::isnan(float_value(s, bits)); }

/// Values at which operations change, and random ones.
inline std::vector<std::uint64_t> interesting(Scalar s, std::mt19937_64& random, int extra = 12) {
  std::vector<std::uint64_t> values;
  if (is_float(s)) {
    const unsigned mantissa = s == Scalar::F16 ? 10 : s == Scalar::BF16 ? 7 : s == Scalar::F32 ? 23 : 52;
    const std::uint64_t sign = std::uint64_t{1} << (width_of(s) - 1);
    const std::uint64_t infinity = (sign - 1) >> mantissa << mantissa, unit = std::uint64_t{1} << mantissa;
    for (const std::uint64_t v :
         {std::uint64_t{0}, std::uint64_t{1}, unit - 1, unit, infinity - 1, infinity, infinity + unit / 2,
          float_bits(s, 1.0L), float_bits(s, 0.5L), float_bits(s, 1.5L), float_bits(s, 2.5L),
          float_bits(s, 3.0L), float_bits(s, 100.25L)}) {
      values.push_back(v);
      values.push_back(v | sign);
    }
  } else {
    for (const Wide v : {Wide{0}, Wide{1}, Wide{2}, Wide{3}, Wide{7}, Wide{31}, least(s), least(s) + 1,
                         greatest(s), greatest(s) - 1, greatest(s) / 2, Wide{-1}, Wide{-2}, Wide{-7}})
      values.push_back(wrap(s, v));
  }
  for (int i = 0; i < extra; ++i) values.push_back(random() & low_bits(s));
  return values;
}

}  // namespace evaluate_test
