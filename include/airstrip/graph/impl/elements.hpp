// Elements of tensors on the host.
#pragma once

#include "../operator.hpp"

#include <cstring>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

using tensor::detail::refuse;

/// Elements at the largest sizes, 2^63 - 1 where there are more.
inline std::int64_t most_elements(const Shape& shape) {
  std::int64_t count = 1;
  for (const Dimension& d : shape) count = tensor::detail::mul_saturated(count, d.value());
  return count;
}

inline bool has_literal_sizes(const Shape& shape) {
  for (const Dimension& d : shape)
    if (!d.is_literal() || d.value() < 0) return false;
  return true;
}

/// Elements of a shape of literals, 2^48 where there are more; false where one is none, or negative.
inline bool element_count(const Shape& shape, std::uint64_t& count) {
  constexpr std::int64_t most = std::int64_t{1} << 48;
  if (!has_literal_sizes(shape)) return false;
  const std::int64_t all = most_elements(shape);
  count = static_cast<std::uint64_t>(all < most ? all : most);
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
