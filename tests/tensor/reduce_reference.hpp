// What a reduction gives, in double precision or in integers, and how far a result may be from it.
#pragma once

#include <airstrip/tensor/reduce.hpp>

#include "host_tensor.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace test {

using airstrip::tensor::ReduceKind;

inline constexpr double infinity = std::numeric_limits<double>::infinity();

// Elements of x (as they lie in memory) that make each result: row-major over the axes that stay, and within each over
// those that are reduced.
inline std::vector<std::vector<std::size_t>> groups_of(const std::vector<std::int64_t>& shape,
                                                       const std::vector<std::int64_t>& strides,
                                                       std::uint32_t mask) {
  std::int64_t kept = 1, all = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    all *= shape[i];
    if (!(mask >> i & 1)) kept *= shape[i];
  }
  std::vector<std::vector<std::size_t>> groups(static_cast<std::size_t>(kept));
  for (std::int64_t n = 0; n < all; ++n) {
    std::int64_t rest = n, result = 0, scale = 1, at = 0;
    for (std::size_t i = shape.size(); i-- > 0;) {
      const std::int64_t coordinate = rest % shape[i];
      rest /= shape[i];
      at += coordinate * strides[i];
      if (mask >> i & 1) continue;
      result += coordinate * scale;
      scale *= shape[i];
    }
    groups[static_cast<std::size_t>(result)].push_back(static_cast<std::size_t>(at));
  }
  return groups;
}

inline std::vector<std::int64_t> gapless(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

// u / (1 - u) summed over `depth` roundings: γ_depth (Higham, "Accuracy and Stability of Numerical Algorithms", 3.1).
inline double gamma(double depth, double u = 0x1p-24) { return depth * u / (1 - depth * u); }

struct Expected {
  double value = 0;
  double error = 0;  // that the definition allows for
};

// Of floats, computed in f32 with `depth` roundings on the way of an element. What the results' own type adds is not in.
inline Expected reduced(ReduceKind kind, const std::vector<double>& x, double depth) {
  constexpr double u = 0x1p-24;
  double sum = 0, magnitude = 0, squares = 0, product = 1, least = infinity, largest = -infinity;
  bool nan = false;
  for (const double v : x) {
    sum += v;
    magnitude += std::fabs(v);
    squares += v * v;
    product *= v;
    least = std::min(least, v);
    largest = std::max(largest, v);
    nan = nan || std::isnan(v);
  }
  const double n = static_cast<double>(x.size()), off = gamma(depth, u);
  const double quiet = std::numeric_limits<double>::quiet_NaN();
  // 1.5 ULP (primitives/math.hpp), a ULP being 2 u at most.
  const auto log_error = [&](double value) { return 3 * u * std::fabs(value); };
  switch (kind) {
    case ReduceKind::Sum: return {sum, off * magnitude};
    case ReduceKind::L1: return {magnitude, off * magnitude};
    case ReduceKind::Mean:  // and a division, of 2.5 ULP, by a count that may be rounded
      return {x.empty() ? quiet : sum / n, off * magnitude / n + 7 * u * std::fabs(sum / n)};
    case ReduceKind::SumSquare: return {squares, gamma(depth + 1, u) * squares};
    case ReduceKind::L2:  // half the relative error, and a root: 1 / inversesqrt, 2 and 2.5 ULP
      return {std::sqrt(squares), std::sqrt(squares) * (gamma(depth + 1, u) + 10 * u)};
    case ReduceKind::Prod:  // every product rounds, in whatever order they are
      return {product, gamma(n, u) * std::fabs(product)};
    case ReduceKind::Min: return {nan ? quiet : least, 0};
    case ReduceKind::Max: return {nan ? quiet : largest, 0};
    case ReduceKind::LogSum:
      return {std::log(sum), off * magnitude / std::fabs(sum) + log_error(std::log(sum))};
    default: break;
  }
  // Log-sum-exp. A term meets `depth` combinations at most, each with a product, a sum and an exponential: 2.5 ULP
  // (primitives/math.hpp), and |a| u for the rounding of its argument a. The arguments on a term's way add up to the
  // range of x at most.
  if (nan) return {quiet, 0};
  if (x.empty() || largest == -infinity) return {-infinity, 0};
  if (largest == infinity) return {infinity, 0};
  double scaled = 0, range = 0;
  for (const double v : x) {
    scaled += std::exp(v - largest);
    if (v != -infinity) range = std::max(range, largest - v);
  }
  const double terms = 7 * gamma(depth, u) + u * range;
  const double value = largest + std::log(scaled);
  return {value, terms + log_error(std::log(scaled)) + u * std::fabs(value)};
}

// The index that counts; a NaN is beyond all numbers.
inline std::int64_t arg_reduced(ReduceKind kind, const std::vector<double>& x, bool last) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < x.size(); ++i) {
    const double a = kind == ReduceKind::ArgMax ? x[i] : -x[i],
                 b = kind == ReduceKind::ArgMax ? x[best] : -x[best];
    const bool same = a == b || (std::isnan(a) && std::isnan(b));
    const bool wins = !std::isnan(b) && (std::isnan(a) || a > b);
    if (wins || (same && last)) best = i;
  }
  return x.empty() ? -1 : static_cast<std::int64_t>(best);
}

// Of integers, modulo 2^64: narrower results are its low bits.
inline std::uint64_t reduced_bits(ReduceKind kind, const std::vector<std::int64_t>& x, Scalar scalar) {
  std::uint64_t sum = 0, magnitude = 0, squares = 0, product = 1;
  for (const std::int64_t v : x) {
    const std::uint64_t b = static_cast<std::uint64_t>(v);
    sum += b;
    magnitude += v < 0 ? 0 - b : b;
    squares += b * b;
    product *= b;
  }
  const auto less = [&](std::int64_t a, std::int64_t b) {
    return scalar == Scalar::U64 ? static_cast<std::uint64_t>(a) < static_cast<std::uint64_t>(b) : a < b;
  };
  const unsigned width = airstrip::kernel::width_of(scalar);
  const bool is_signed = airstrip::kernel::is_signed(scalar);
  const std::uint64_t half = std::uint64_t{1} << (width - 1), all = half | (half - 1);
  switch (kind) {
    case ReduceKind::Sum: return sum;
    case ReduceKind::Mean:
      if (x.empty()) return 0;
      return is_signed ? static_cast<std::uint64_t>(static_cast<std::int64_t>(sum) /
                                                    static_cast<std::int64_t>(x.size()))
                       : sum / x.size();
    case ReduceKind::Prod: return product;
    case ReduceKind::L1: return magnitude;
    case ReduceKind::SumSquare: return squares;
    case ReduceKind::Min:
      if (x.empty()) return is_signed ? half - 1 : all;
      return static_cast<std::uint64_t>(*std::min_element(x.begin(), x.end(), less));
    case ReduceKind::Max:
      if (x.empty()) return is_signed ? half : 0;
      return static_cast<std::uint64_t>(*std::max_element(x.begin(), x.end(), less));
    default: return 0;
  }
}

}  // namespace test
