#pragma once

#include "../tensor_view.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE TensorLayout layout_of(SizeTable& table, const TensorType& type, Span<const SizeId> shape) {
  TensorLayout layout;
  layout.rank = shape.size() < Shape::max_rank ? shape.size() : Shape::max_rank;
  layout.offset = table.of(type.offset);
  SizeId gapless = table.literal(1);
  for (std::size_t i = layout.rank; i-- > 0;) {
    layout.shape[i] = shape[i];
    const SizeId stride = type.strides.rank() == layout.rank ? table.of(type.strides[i]) : gapless;
    layout.strides[i] = table.is_literal(shape[i], 1) ? table.literal(0) : stride;
    gapless = table.mul(gapless, shape[i]);
  }
  return layout;
}

AIRSTRIP_INLINE TensorLayout layout_of(SizeTable& table, const TensorType& type) {
  SizeId shape[Shape::max_rank];
  std::size_t rank = 0;
  for (const Dimension& d : type.shape)
    if (rank < Shape::max_rank) shape[rank++] = table.of(d);
  return layout_of(table, type, {shape, rank});
}

AIRSTRIP_INLINE TensorView::TensorView(StepBuilder& step, Text name, Role role, const TensorType& type,
                                       const TensorLayout& layout, kernel::Access access)
    : scalar_(type.scalar), layout_(layout) {
  SizeId lowest;
  const SizeId bytes = bytes_of(step.table(), type.scalar, layout.sizes(), {layout.strides, layout.rank},
                                layout.offset, &lowest);
  if (step.table().lower(lowest) < 0) {
    String message(name);
    message << " has strides that reach back before its first element; its offset is too small";
    step.fail(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  memory_ = step.memory(name, role, type, bytes, access);
  memory_.scalar = kernel::unsigned_of(8 * element_bytes(type.scalar));
}

AIRSTRIP_INLINE Index TensorView::place(StepBuilder& step, Span<const Index> coordinates) const {
  const SizeTable& table = step.table();
  Index sum = step.size(layout_.offset);
  bool is_zero = table.is_literal(layout_.offset, 0);
  for (std::size_t i = 0; i < layout_.rank; ++i) {
    const SizeId stride = layout_.strides[i];
    if (table.is_literal(stride, 0)) continue;
    const Index part = table.is_literal(stride, 1) ? coordinates[i] : coordinates[i] * step.size(stride);
    sum = is_zero ? part : sum + part;
    is_zero = false;
  }
  return sum;
}

AIRSTRIP_INLINE bool TensorView::is_wide(const StepBuilder& step, std::size_t axis, unsigned width) const {
  const SizeTable& table = step.operation.sizes();
  if (axis >= layout_.rank || !table.is_literal(layout_.strides[axis], 1)) return false;
  for (std::size_t i = 0; i < layout_.rank; ++i)
    if (i != axis && !table.is_multiple(layout_.strides[i], width)) return false;
  return table.is_multiple(layout_.offset, width);
}

AIRSTRIP_INLINE Value<kernel::i32> TensorView::load_index(StepBuilder& step, Index place) const {
  using kernel::i32;
  kernel::Place at;
  at.builder = &step.k;
  at.resource = memory_.resource;
  at.stride = element_bytes(scalar_);
  at.index = place.any();
  const Value<i32> low(step.k.load(at, kernel::Type(Scalar::I32)));
  if (at.stride == 4) return low;
  // The upper word of a small number is its sign; no 64-bit arithmetic is needed.
  at.offset = 4;
  const Value<i32> high(step.k.load(at, kernel::Type(Scalar::I32)));
  const Value<i32> sign = low >> 31;
  const Value<i32> extreme = (high >> 31) ^ 0x7FFFFFFF;
  return kernel::select(high == sign, low, extreme);
}

AIRSTRIP_INLINE AnyValue load_neighbours(StepBuilder& step, const TensorView& view,
                                         const ExpressionPoint& point, Span<const Index> coordinates) {
  const Index place = view.place(step, coordinates);
  if (point.width == 1) return view.load(step, place, 1, true);
  const SizeId along = view.layout().strides[point.vector_axis];
  if (step.table().is_literal(along, 1))
    return view.load(step, place, point.width,
                     point.aligned && view.is_wide(step, point.vector_axis, point.width));
  const Index stride = step.size(along);
  AnyValue parts[4];
  for (unsigned i = 0; i < point.width; ++i) parts[i] = view.load(step, i == 0 ? place : place + stride * i);
  return step.k.construct(kernel::Type(view.bits(), point.width), Span<const AnyValue>(parts, point.width));
}

AIRSTRIP_INLINE void store_neighbours(StepBuilder& step, const TensorView& view, const ExpressionPoint& point,
                                      Span<const Index> coordinates, AnyValue bits) {
  const Index place = view.place(step, coordinates);
  if (point.width == 1) return view.store(step, place, bits, true);
  const SizeId along = view.layout().strides[point.vector_axis];
  if (step.table().is_literal(along, 1))
    return view.store(step, place, bits, point.aligned && view.is_wide(step, point.vector_axis, point.width));
  const Index stride = step.size(along);
  for (unsigned i = 0; i < point.width; ++i)
    view.store(step, i == 0 ? place : place + stride * i, bits.component(i));
}

AIRSTRIP_INLINE AnyValue value_of_bits(StepBuilder& step, AnyValue bits, Scalar scalar) {
  const kernel::Type type = bits.type();
  if (scalar == Scalar::Boolean)
    return step.k.apply(kernel::Op::NotEqual, bits, step.k.constant_int(type, 0));
  if (type.scalar() == scalar) return bits;
  return step.k.convert(kernel::Op::Bitcast, bits, type.with(scalar));
}

AIRSTRIP_INLINE AnyValue bits_of_value(StepBuilder& step, AnyValue value) {
  const kernel::Type type = value.type();
  if (type.scalar() == Scalar::Boolean) {
    const kernel::Type bytes = type.with(Scalar::U8);
    const AnyValue parts[3] = {value, step.k.constant_int(bytes, 1), step.k.constant_int(bytes, 0)};
    return step.k.apply(kernel::Op::Select, parts);
  }
  const Scalar bits = kernel::unsigned_of(type.width());
  return type.scalar() == bits ? value : step.k.convert(kernel::Op::Bitcast, value, type.with(bits));
}

AIRSTRIP_TENSOR_NAMESPACE_END
