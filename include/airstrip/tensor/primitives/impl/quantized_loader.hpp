#pragma once

#include "../function_emit.hpp"
#include "../quantized_loader.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE QuantizedLoader::QuantizedLoader(const Memory& values, const Memory& scales,
                                                 const Memory& zero_points, const QuantizedLayout& layout,
                                                 Scalar as)
    : values_(values), scales_(scales), zero_points_(zero_points), layout_(layout) {
  scalar = as;
  contiguous_along_k = true;
}

AIRSTRIP_INLINE void QuantizedLoader::begin(StepBuilder& step, Span<const Index> batch) {
  const SizeTable& table = step.operation.sizes();
  Index matrix;
  has_first_line_ = false;
  for (std::size_t i = 0; i < layout_.batch_rank; ++i) {
    if (table.is_literal(layout_.batch_strides[i], 0)) continue;
    const Index part = batch[i] * step.size(layout_.batch_strides[i]);
    matrix = has_first_line_ ? matrix + part : part;
    has_first_line_ = true;
  }
  if (has_first_line_) first_line_ = matrix * step.size(layout_.lines);
}

// q of `width` neighbours as f32; of several the first is a multiple of `width`.
AIRSTRIP_INLINE AnyValue QuantizedLoader::load_numbers(StepBuilder& step, Index element, unsigned width) {
  kernel::KernelBuilder& k = step.k;
  const kernel::Type floats(Scalar::F32, width);
  if (layout_.bits == 8)
    return k.convert(kernel::Op::Convert, step.load(values_, element, width, true), floats);
  const auto word_of = [&](AnyValue byte) {
    return Index(k.convert(kernel::Op::Convert, byte, kernel::Type(Scalar::U32)));
  };
  if (width == 1) {
    const Index byte = word_of(step.load(values_, element / 2u));
    return k.convert(kernel::Op::Convert, (byte >> ((element & 1u) * 4u) & 15u).any(), floats);
  }
  const AnyValue bytes = step.load(values_, element / 2u, width / 2, true);
  AnyValue halves[4];
  for (unsigned i = 0; i < width / 2; ++i) {
    const Index byte = word_of(width == 2 ? bytes : bytes.component(i));
    halves[2 * i] = (byte & 15u).any();
    halves[2 * i + 1] = (byte >> 4u).any();
  }
  const AnyValue words = k.construct(kernel::Type(Scalar::U32, width), Span<const AnyValue>(halves, width));
  return k.convert(kernel::Op::Convert, words, floats);
}

// Neighbours along K that have one scale.
AIRSTRIP_INLINE AnyValue QuantizedLoader::load_block_part(StepBuilder& step, Index line, Index k,
                                                          unsigned width) {
  kernel::KernelBuilder& b = step.k;
  const kernel::Type type(Scalar::F32, width);
  const auto spread = [&](AnyValue value) {
    const AnyValue one = emit_cast(step, value, Scalar::F32);
    const AnyValue parts[4] = {one, one, one, one};
    return width == 1 ? one : b.construct(type, Span<const AnyValue>(parts, width));
  };
  const Index blocks = step.size(layout_.blocks);
  const Index block = line * blocks + k / layout_.block;
  AnyValue number = load_numbers(step, line * (blocks * layout_.block) + k, width);
  if (layout_.has_zero_points)
    number = b.apply(kernel::Op::Sub, number, spread(step.load(zero_points_, block)));
  else if (layout_.bits == 4)
    number = b.apply(kernel::Op::Sub, number, b.constant_float(type, 8));
  return b.apply(kernel::Op::Mul, number, spread(step.load(scales_, block)));
}

AIRSTRIP_INLINE AnyValue QuantizedLoader::load(StepBuilder& step, const TilePoint& point) {
  const auto line_of = [&](std::uint32_t ahead) {
    const std::uint32_t offset = point.line_offset + ahead;
    const Index line = offset ? point.line + offset : point.line;
    return has_first_line_ ? first_line_ + line : line;
  };
  const auto k_of = [&](std::uint32_t ahead) {
    const std::uint32_t offset = point.k_offset + ahead;
    return offset ? point.k + offset : point.k;
  };
  AnyValue value;
  if (point.width == 1 || (point.along_k && point.aligned && point.k_offset % point.width == 0)) {
    value = load_block_part(step, line_of(0), k_of(0), point.width);
  } else {
    AnyValue parts[4];
    for (unsigned i = 0; i < point.width; ++i)
      parts[i] = load_block_part(step, line_of(point.along_k ? 0 : i), k_of(point.along_k ? i : 0), 1);
    value =
        step.k.construct(kernel::Type(Scalar::F32, point.width), Span<const AnyValue>(parts, point.width));
  }
  return emit_cast(step, value, scalar);
}

AIRSTRIP_TENSOR_NAMESPACE_END
