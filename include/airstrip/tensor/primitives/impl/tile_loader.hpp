#pragma once

#include "../function_emit.hpp"
#include "../tile_loader.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE StridedLoader::StridedLoader(const Memory& memory, Span<const SizeId> batch_strides,
                                             SizeId line_stride, SizeId k_stride, Scalar as,
                                             const SizeTable& table, ExpressionEmitter* prologue,
                                             bool k_first)
    : memory_(memory), line_stride_(line_stride), k_stride_(k_stride), prologue_(prologue),
      k_first_(k_first) {
  for (const SizeId stride : batch_strides) {
    batch_strides_[batch_rank_++] = stride;
    wide_batches_ = wide_batches_ && table.is_multiple(stride, 4);
  }
  scalar = as;
  contiguous_along_k = table.is_literal(k_stride, 1);
}

AIRSTRIP_INLINE void StridedLoader::begin(StepBuilder& step, Span<const Index> batch) {
  const SizeTable& table = step.operation.sizes();
  has_base_ = false;
  for (std::size_t i = 0; i < batch_rank_; ++i) {
    batch_[i] = batch[i];
    if (table.is_literal(batch_strides_[i], 0)) continue;
    const Index part = batch[i] * step.size(batch_strides_[i]);
    base_ = has_base_ ? base_ + part : part;
    has_base_ = true;
  }
}

AIRSTRIP_INLINE AnyValue StridedLoader::load_raw(StepBuilder& step, const TilePoint& point) {
  const SizeTable& table = step.operation.sizes();
  const SizeId stride = point.along_k ? k_stride_ : line_stride_;
  const SizeId other = point.along_k ? line_stride_ : k_stride_;
  std::uint32_t offset = 0;
  // A constant step of a constant stride goes into the access.
  const auto part = [&](Index index, std::uint32_t constant, SizeId step_size) {
    const std::int64_t literal = table.is_literal(step_size) ? table.lower(step_size) : -1;
    if (literal >= 0 && literal * constant <= 0xFFFFFF) {
      offset += static_cast<std::uint32_t>(literal * constant);
      constant = 0;
    }
    const Index moved = constant == 0 ? index : index + constant;
    return literal == 1 ? moved : moved * step.size(step_size);
  };
  const Index line = part(point.line, point.line_offset, line_stride_);
  const Index k = part(point.k, point.k_offset, k_stride_);
  const Index sum = line + k;
  const Index at = has_base_ ? base_ + sum : sum;
  const bool wide = point.aligned && table.is_literal(stride, 1) && wide_batches_ &&
                    table.is_multiple(other, point.width) && offset % point.width == 0;
  if (point.width == 1 || table.is_literal(stride, 1))
    return step.load(memory_, at, point.width, wide, offset);
  AnyValue parts[4];
  for (unsigned i = 0; i < point.width; ++i) {
    const Index each = i == 0 ? at : at + step.size(stride) * i;
    parts[i] = step.load(memory_, each, 1, false, offset);
  }
  return step.k.construct(kernel::Type(memory_.scalar, point.width),
                          Span<const AnyValue>(parts, point.width));
}

AIRSTRIP_INLINE AnyValue StridedLoader::load(StepBuilder& step, const TilePoint& point) {
  AnyValue value;
  if (!prologue_ || prologue_->uses_primary()) value = load_raw(step, point);
  if (prologue_) {
    Index coordinates[Shape::max_rank];
    for (std::size_t i = 0; i < batch_rank_; ++i) coordinates[i] = batch_[i];
    const Index line = point.line_offset ? point.line + point.line_offset : point.line;
    const Index k = point.k_offset ? point.k + point.k_offset : point.k;
    coordinates[batch_rank_] = k_first_ ? k : line;
    coordinates[batch_rank_ + 1] = k_first_ ? line : k;
    ExpressionPoint at;
    at.coordinates = {coordinates, batch_rank_ + 2};
    at.vector_axis = batch_rank_ + (point.along_k != k_first_ ? 1 : 0);
    at.width = point.width;
    at.aligned = point.aligned;
    AnyValue result[1];
    prologue_->evaluate(at, Span<const AnyValue>(&value, 1), result);
    value = result[0];
  }
  return emit_cast(step, value, scalar);
}

AIRSTRIP_INLINE AnyValue load_or_zero(StepBuilder& step, TileLoader& loader, const TilePoint& point,
                                      Index size) {
  const Index last = size - 1u;
  const auto one = [&](std::uint32_t ahead) {
    TilePoint each = point;
    each.width = 1;
    each.aligned = false;
    const Index k = point.k_offset + ahead == 0 ? point.k : point.k + (point.k_offset + ahead);
    each.k = (kernel::min)(k, last);
    each.k_offset = 0;
    const AnyValue value = loader.load(step, each);
    const AnyValue parts[3] = {(k < size).any(), value, step.k.constant_bits(value.type(), 0)};
    return step.k.apply(kernel::Op::Select, parts);
  };
  if (point.width == 1) return one(0);
  if (!point.along_k) {
    TilePoint moved = point;
    const Index k = point.k_offset == 0 ? point.k : point.k + point.k_offset;
    moved.k = (kernel::min)(k, last);
    moved.k_offset = 0;
    const AnyValue value = loader.load(step, moved);
    const AnyValue parts[3] = {(k < size).any(), value, step.k.constant_bits(value.type(), 0)};
    return step.k.apply(kernel::Op::Select, parts);
  }
  AnyValue parts[4];
  for (unsigned i = 0; i < point.width; ++i) parts[i] = one(i);
  return step.k.construct(kernel::Type(loader.scalar, point.width), Span<const AnyValue>(parts, point.width));
}

AIRSTRIP_TENSOR_NAMESPACE_END
