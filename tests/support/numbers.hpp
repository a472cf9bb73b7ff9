// Elements of every scalar type as doubles, and doubles as elements, by the library's public functions alone.
#pragma once

#include <airstrip/kernel/types.hpp>
#include <airstrip/tensor/type.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace test {

/// The bits of element `i`, above which there are zeros.
inline std::uint64_t bits_at(airstrip::kernel::Scalar scalar, const unsigned char* bytes, std::size_t i) {
  const std::size_t width = airstrip::tensor::element_bytes(scalar);
  std::uint64_t bits = 0;
  std::memcpy(&bits, bytes + i * width, width);
  return bits;
}

/// Of an integer or a Boolean.
inline std::int64_t integer_of_bits(airstrip::kernel::Scalar scalar, std::uint64_t bits) {
  const std::size_t width = 8 * airstrip::tensor::element_bytes(scalar);
  if (airstrip::kernel::is_signed(scalar) && width < 64 && (bits >> (width - 1) & 1))
    bits |= ~std::uint64_t{0} << width;
  return static_cast<std::int64_t>(bits);
}

/// Exact, integers of 64 bits beyond 2^53 aside.
inline double number_of_bits(airstrip::kernel::Scalar scalar, std::uint64_t bits) {
  using airstrip::kernel::Scalar;
  switch (scalar) {
    case Scalar::F16: return airstrip::kernel::f16_to_double(bits);
    case Scalar::BF16: return airstrip::kernel::bf16_to_double(bits);
    case Scalar::F32: {
      float f;
      std::memcpy(&f, &bits, sizeof f);
      return static_cast<double>(f);
    }
    case Scalar::F64: {
      double d;
      std::memcpy(&d, &bits, sizeof d);
      return d;
    }
    case Scalar::U64: return static_cast<double>(bits);
    default: return static_cast<double>(integer_of_bits(scalar, bits));
  }
}

/// The nearest value of the type; what is no number of an integer type is not to be given.
inline std::uint64_t bits_of_number(airstrip::kernel::Scalar scalar, double value) {
  using airstrip::kernel::Scalar;
  std::uint64_t bits = 0;
  switch (scalar) {
    case Scalar::F16: return airstrip::kernel::f16_from_double(value);
    case Scalar::BF16: return airstrip::kernel::bf16_from_double(value);
    case Scalar::F32: {
      const float f = static_cast<float>(value);
      std::memcpy(&bits, &f, sizeof f);
      return bits;
    }
    case Scalar::F64: std::memcpy(&bits, &value, sizeof value); return bits;
    case Scalar::Boolean: return value != 0;
    case Scalar::U64: return static_cast<std::uint64_t>(value);
    default: return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  }
}

}  // namespace test
