// Tensors of random numbers, the same on every machine for a seed.
#pragma once

#include "host_tensor.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tool {

/// "random", "random:SEED", "random:SEED:uniform:LOW:HIGH", "random:SEED:normal:MEAN:DEVIATION".
struct RandomSource {
  std::uint64_t seed = 0;
  bool is_normal = false;
  /// LOW and HIGH, or MEAN and DEVIATION. Left out they are 0 and 1 for a normal distribution, for a uniform one of floats -1
  /// and 1, for one of integers their range up to 8 bits: -128 to 127, 0 to 255, and 0 to 1 of booleans.
  std::optional<double> first, second;
};

/// Nothing where the text does not begin with "random". Throws Failure, Usage.
std::optional<RandomSource> parse_random(const std::string& text);
/// Integers are uniform from LOW to HIGH, both included. Throws Failure: Usage for bounds that are no range of the type's
/// numbers, and for integers that should be normal.
HostTensor random_tensor(std::string name, Scalar scalar, Dims dims, const RandomSource& source);

}  // namespace tool
