// How far two tensors are from each other.
#pragma once

#include "host_tensor.hpp"

#include <cstddef>
#include <optional>

namespace tool {

struct Tolerance {
  double absolute = 0, relative = 0;  ///< |found - expected| <= absolute + relative * |expected|
};

/// What kernels of a type may be off by where another order of the same sums is as good: nothing for integers.
Tolerance default_tolerance(Scalar scalar);

struct Comparison {
  std::size_t elements = 0;
  double max_absolute = 0;  ///< of |found - expected|
  double max_relative = 0;  ///< of |found - expected| / |expected|, where that is not 0
  std::size_t worst = 0;    ///< row-major index of max_absolute
  /// In decibels: 20 log10(peak) - 10 log10(mean square difference). Nothing where the tensors are equal,
  /// or nothing but 0 was expected.
  std::optional<double> psnr;
  /// Elements of which one is NaN and the other is not, or that differ with an infinity among them. They are in no figure above.
  std::size_t not_comparable = 0;
  std::size_t outside = 0;  ///< elements outside the tolerance, those above included

  bool ok() const { return outside == 0; }
};

/// Element by element; NaN equals NaN. `peak`: the signal's range that the PSNR refers to, 1 for pictures; left out it is the
/// largest magnitude expected. Throws Failure, Negative: types or shapes that differ.
Comparison compare(const HostTensor& found, const HostTensor& expected, Tolerance tolerance,
                   std::optional<double> peak = std::nullopt);

}  // namespace tool
