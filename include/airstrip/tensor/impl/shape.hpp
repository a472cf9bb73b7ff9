#pragma once

#include "../shape.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE String to_string(const Shape& shape) {
  String text;
  text << '[';
  for (std::size_t i = 0; i < shape.rank() && i < Shape::max_rank; ++i) {
    if (i) text << ", ";
    const Dimension& d = shape[i];
    if (!d.is_literal())
      text << d.name();
    else if (d.value() < 0)
      text << '-' << static_cast<std::uint64_t>(-(d.value() + 1)) + 1;
    else
      text << static_cast<std::uint64_t>(d.value());
  }
  if (shape.rank() > Shape::max_rank) text << ", …";
  text << ']';
  return text;
}

AIRSTRIP_TENSOR_NAMESPACE_END
