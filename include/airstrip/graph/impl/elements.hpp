// Elements of tensors on the host.
#pragma once

#include "../operator.hpp"

#include <cstring>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// Elements of a shape of literals; false where one is none.
inline bool element_count(const Shape& shape, std::uint64_t& count) {
  count = 1;
  for (const Dimension& d : shape) {
    if (!d.is_literal()) return false;
    count *= static_cast<std::uint64_t>(d.value());
  }
  return true;
}

/// An integer, or a Boolean, of a buffer.
inline std::int64_t integer_at(Scalar scalar, const unsigned char* data, std::size_t index) {
  const std::size_t bytes = tensor::element_bytes(scalar);
  std::uint64_t bits = 0;
  std::memcpy(&bits, data + index * bytes, bytes);
  if (scalar == Scalar::Boolean) return bits != 0;
  if (bytes < 8 && kernel::is_signed(scalar) && (bits >> (8 * bytes - 1) & 1))
    bits |= ~std::uint64_t{0} << (8 * bytes);
  return static_cast<std::int64_t>(bits);
}

inline bool is_integer(Scalar scalar) { return scalar == Scalar::Boolean || kernel::is_int(scalar); }

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
