// Elements of tensors on the host.
#pragma once

#include "../operator.hpp"

#include <cstring>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// Elements of a shape of literals, 2^48 where there are more; false where one is none, or negative.
inline bool element_count(const Shape& shape, std::uint64_t& count) {
  constexpr std::uint64_t most = std::uint64_t{1} << 48;
  count = 1;
  bool is_empty = false;
  for (const Dimension& d : shape) {
    if (!d.is_literal() || d.value() < 0) return false;
    const std::uint64_t size = static_cast<std::uint64_t>(d.value());
    is_empty = is_empty || size == 0;
    count = size != 0 && count > most / size ? most : count * (size ? size : 1);
  }
  if (is_empty) count = 0;
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
