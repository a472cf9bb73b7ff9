// Tensors in the host's memory: filled, read and compared as doubles, stored as the kernels see them.
#pragma once

#include <airstrip/kernel/types.hpp>
#include <airstrip/tensor/type.hpp>

#include "spirv/random.hpp"
#include "support/numbers.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace test {

using airstrip::kernel::Scalar;

// A tensor of any scalar type, its elements in a row. Integers of 64 bits go through int64_t, so that none is rounded.
class HostTensor {
public:
  HostTensor() = default;
  HostTensor(Scalar scalar, std::vector<std::int64_t> shape) : scalar_(scalar), shape_(std::move(shape)) {
    bytes_.resize(static_cast<std::size_t>(count()) * element());
  }
  static HostTensor of(Scalar scalar, std::vector<std::int64_t> shape, const std::vector<double>& values) {
    HostTensor t(scalar, std::move(shape));
    for (std::size_t i = 0; i < values.size() && i < t.size(); ++i) t.set(i, values[i]);
    return t;
  }
  // Uniform in [low, high]; of integers whole numbers.
  static HostTensor random(Scalar scalar, std::vector<std::int64_t> shape, Random& random, double low,
                           double high) {
    HostTensor t(scalar, std::move(shape));
    for (std::size_t i = 0; i < t.size(); ++i) {
      const double unit = static_cast<double>(random.next() >> 11) * 0x1p-53;
      const double value = low + unit * (high - low);
      t.set(i, airstrip::kernel::is_float(scalar) ? value : std::floor(value + 0.5));
    }
    return t;
  }

  Scalar scalar() const { return scalar_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t count() const {
    std::int64_t n = 1;
    for (const std::int64_t d : shape_) n *= d;
    return n;
  }
  std::size_t size() const { return element() ? bytes_.size() / element() : 0; }
  std::vector<unsigned char>& bytes() { return bytes_; }
  const std::vector<unsigned char>& bytes() const { return bytes_; }

  // As the nearest value of the type; what is no number of an integer type is not to be set.
  void set(std::size_t i, double value) { set_bits(i, bits_of_number(scalar_, value)); }
  void set_bits(std::size_t i, std::uint64_t bits) {
    std::memcpy(bytes_.data() + i * element(), &bits, element());
  }
  std::uint64_t bits(std::size_t i) const { return bits_at(scalar_, bytes_.data(), i); }
  std::int64_t integer(std::size_t i) const { return integer_of_bits(scalar_, bits(i)); }
  double operator[](std::size_t i) const { return number_of_bits(scalar_, bits(i)); }

private:
  std::size_t element() const { return airstrip::tensor::element_bytes(scalar_); }

  Scalar scalar_ = Scalar::F32;
  std::vector<std::int64_t> shape_;
  std::vector<unsigned char> bytes_;
};

// How far a result may be from what was expected.
struct Tolerance {
  double absolute = 0, relative = 0;
};

// The first element that is too far off, in words; empty when all are near enough. NaN equals NaN, and infinity itself.
inline std::string difference(const HostTensor& expected, const HostTensor& found, Tolerance tolerance = {}) {
  if (expected.size() != found.size())
    return std::to_string(expected.size()) + " elements expected, " + std::to_string(found.size()) + " found";
  std::size_t wrong = 0;
  std::string first;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double e = expected[i], f = found[i];
    const bool exact =
        airstrip::kernel::is_int(found.scalar()) && airstrip::kernel::is_int(expected.scalar());
    bool same = exact ? expected.bits(i) == found.bits(i) : e == f || (std::isnan(e) && std::isnan(f));
    if (!same) same = std::fabs(e - f) <= tolerance.absolute + tolerance.relative * std::fabs(e);
    if (same) continue;
    if (wrong++ == 0)
      first = "element " + std::to_string(i) + ": expected " + std::to_string(e) + ", found " +
              std::to_string(f) + ", difference " + std::to_string(f - e);
  }
  return wrong ? std::to_string(wrong) + " of " + std::to_string(expected.size()) + " differ; " + first : "";
}

}  // namespace test
