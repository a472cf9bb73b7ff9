#pragma once

#include "../memory.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

inline std::uint32_t greatest_common_divisor(std::uint32_t a, std::uint32_t b) {
  while (b != 0) {
    const std::uint32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

AIRSTRIP_INLINE void Address::add(const Index& index, std::uint32_t stride, std::uint32_t count) {
  DynamicBuilder* const builder = place.builder;
  if (!builder || builder->failed()) return;
  at = index.at;
  if (!bytes) stride = 1;  // in elements of the row
  AnyValue moved = index.value;
  if (moved.empty()) {
    const auto end = static_cast<std::int64_t>(bytes ? 0x7FFFFFFFu / (stride ? stride : 1) : 0x7FFFFFFFu);
    if (index.number < 0 || index.number > end ||
        (count != 0 && index.number >= static_cast<std::int64_t>(count))) {
      String message("the index ");
      if (index.number < 0) message << '-';
      message << (index.number < 0 ? 0 - static_cast<std::uint64_t>(index.number)
                                   : static_cast<std::uint64_t>(index.number));
      if (count != 0)
        message << " is outside an array of " << count;
      else
        message << " is outside every buffer";
      builder->fail(ErrorCode::InvalidOperand, static_cast<String&&>(message), index.at);
      return;
    }
    if (bytes) {
      place.offset += static_cast<std::uint32_t>(index.number) * stride;
      return;
    }
    moved = builder->constant_int(Type(Scalar::U32), index.number, index.at);
  }
  if (place.index.empty()) {
    place.index = moved;
    place.stride = stride;
    return;
  }
  // index * outer + moved * stride, as one index with the common divisor for a stride
  const std::uint32_t outer = bytes ? place.stride : count;
  const std::uint32_t common = bytes ? greatest_common_divisor(outer, stride) : 1;
  const Type type = place.index.type();
  const auto scaled = [&](AnyValue value, std::uint32_t factor) {
    if (factor == 1) return value;
    return builder->apply(Op::Mul, value, builder->constant_int(type, factor, index.at), index.at);
  };
  const AnyValue first = scaled(place.index, outer / common);
  const AnyValue converted = builder->convert(Op::Convert, moved, type, index.at);
  const AnyValue second = scaled(converted, stride / common);
  place.index = builder->apply(Op::Add, first, second, index.at);
  place.stride = common;
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
