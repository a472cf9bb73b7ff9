#include "compare.hpp"

#include "../failure.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace tool {

namespace {

// Integers are subtracted as such: as doubles neighbours beyond 2^53 would be equal.
template <class T>
double difference_of(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    const T low = std::min(a, b), high = std::max(a, b);
    return static_cast<double>(static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low));
  } else {
    return std::fabs(to_double(a) - to_double(b));
  }
}

}  // namespace

Tolerance default_tolerance(Scalar scalar) {
  switch (scalar) {
    case Scalar::F64: return {1e-9, 1e-6};
    case Scalar::F32: return {1e-4, 1e-3};
    case Scalar::F16: return {1e-2, 1e-2};
    case Scalar::BF16: return {5e-2, 5e-2};
    default: return {};
  }
}

Comparison compare(const HostTensor& found, const HostTensor& expected, Tolerance tolerance,
                   std::optional<double> peak) {
  if (found.scalar != expected.scalar || found.dims != expected.dims)
    throw Failure(ExitCode::Negative, found.name + " is " + name_of(found.scalar) + to_string(found.dims) +
                                          " and " + expected.name + " is " + name_of(expected.scalar) +
                                          to_string(expected.dims) + "; only equal shapes can be compared");
  Comparison result;
  result.elements = std::min(found.size(), expected.size());
  double squares = 0, largest = 0;
  std::size_t compared = 0;
  visit_scalar(found.scalar, [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = 0; i < result.elements; ++i) {
      const T a = load<T>(found, i), b = load<T>(expected, i);
      const double x = to_double(a), y = to_double(b);
      if (!std::isfinite(x) || !std::isfinite(y)) {
        if (x == y || (std::isnan(x) && std::isnan(y))) continue;
        ++result.not_comparable;
        ++result.outside;
        continue;
      }
      const double difference = difference_of(a, b), magnitude = std::fabs(y);
      ++compared;
      squares += difference * difference;
      largest = std::max(largest, magnitude);
      if (difference > result.max_absolute) {
        result.max_absolute = difference;
        result.worst = i;
      }
      if (magnitude > 0) result.max_relative = std::max(result.max_relative, difference / magnitude);
      if (!(difference <= tolerance.absolute + tolerance.relative * magnitude)) ++result.outside;
    }
  });
  const double range = peak.value_or(largest);
  if (squares > 0 && range > 0)
    result.psnr = 20 * std::log10(range) - 10 * std::log10(squares / static_cast<double>(compared));
  return result;
}

}  // namespace tool
