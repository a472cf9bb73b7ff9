#pragma once

#include "../movement.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE MoveOutput::MoveOutput(StepBuilder& step, Scalar scalar, const Expression& epilogue,
                                       const NamedTensor& y, Span<const SizeId> space)
    : step_(step), scalar_(scalar), is_fused_(!epilogue.empty()), epilogue_(step, epilogue, space) {
  if (is_fused_) return;
  TensorType type = y.type;
  type.scalar = scalar;
  y_ = TensorView(step, y.name, Role::Output, type, layout_of(step.table(), type, space),
                  kernel::Access::WriteOnly);
}

AIRSTRIP_INLINE void MoveOutput::store(const ExpressionPoint& point, AnyValue bits) {
  if (is_fused_) {
    const AnyValue value = value_of_bits(step_, bits, scalar_);
    return epilogue_.run(point, {&value, 1});
  }
  store_neighbours(step_, y_, point, point.coordinates, bits);
}

AIRSTRIP_INLINE void MoveOutput::store_value(const ExpressionPoint& point, AnyValue value) {
  if (is_fused_) return epilogue_.run(point, {&value, 1});
  store(point, bits_of_value(step_, value));
}

AIRSTRIP_INLINE MoveInput::MoveInput(StepBuilder& step, const Movement& movement)
    : step_(step), movement_(movement) {
  x_ = TensorView(step, movement.x.name, Role::Input, movement.x.type, movement.x_layout,
                  kernel::Access::ReadOnly);
  for (std::size_t i = 0; i < movement.lookup_count; ++i) {
    const NamedTensor& t = movement.lookups[i];
    lookups_[i] = TensorView(step, t.name, Role::Input, t.type, layout_of(step.table(), t.type),
                             kernel::Access::ReadOnly);
  }
  if (movement.map.is_total()) return;
  if (movement.fill_parameter.empty())
    fill_ = step.k.constant_bits(kernel::Type(x_.bits()), movement.fill);
  else {
    // f64 needs no arithmetic here: its bits come as an integer, which every target has.
    const Scalar given = x_.scalar() == Scalar::F64 ? Scalar::U64 : x_.scalar();
    fill_ = bits_of_value(step, step.parameter(kernel::Type(given), movement.fill_parameter));
  }
}

AIRSTRIP_INLINE AnyValue MoveInput::load_one(Span<const Index> coordinates, unsigned width, bool aligned) {
  const IndexMapValues from(step_, movement_.map, coordinates, lookups_);
  const auto load = [&] { return x_.load(step_, x_.place(step_, from.results()), width, aligned); };
  if (movement_.map.is_total()) return load();
  kernel::KernelBuilder& k = step_.k;
  k.begin_if(from.exists().any());
  k.yield(load());
  k.begin_else();
  AnyValue fill = fill_;
  if (width > 1) {
    const AnyValue parts[4] = {fill_, fill_, fill_, fill_};
    fill = k.construct(kernel::Type(x_.bits(), width), Span<const AnyValue>(parts, width));
  }
  k.yield(fill);
  return k.end_if_value();
}

namespace detail {

// How far apart neighbours along an axis of the output lie in the input, where that is the same everywhere.
inline bool movement_stride(const Movement& movement, std::size_t axis, std::int64_t& found) {
  const SizeTable& table = movement.table;
  const Span<const MapId> results = movement.map.results();
  std::int64_t slope = 0;
  found = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (table.is_literal(movement.x_layout.strides[i], 0)) continue;
    if (!movement.map.slope(results[i], axis, slope)) return false;
    if (slope == 0) continue;
    if (!table.is_literal(movement.x_layout.strides[i])) return false;
    found += map_product(slope, table.lower(movement.x_layout.strides[i]));
  }
  for (const IndexMap::Below& b : movement.map.requirements())
    if (!movement.map.slope(b.value, axis, slope) || slope != 0) return false;
  return true;
}

// Of what the place in the input is a multiple where the last coordinate is one of the width.
inline std::int64_t movement_multiple(const Movement& movement, std::size_t axis, std::int64_t width) {
  const SizeTable& table = movement.table;
  const Span<const MapId> results = movement.map.results();
  std::int64_t all = table.multiple(movement.x_layout.offset);
  for (std::size_t i = 0; i < results.size(); ++i)
    all = map_gcd(all, map_product(movement.map.multiple(results[i], axis, width),
                                   table.multiple(movement.x_layout.strides[i])));
  return all;
}

}  // namespace detail

AIRSTRIP_INLINE bool moves_neighbours(const Movement& movement) {
  std::int64_t stride = 0;
  return detail::movement_stride(movement, movement.rank - 1, stride) && (stride == 0 || stride == 1);
}

AIRSTRIP_INLINE AnyValue MoveInput::load(const ExpressionPoint& point) {
  if (point.width == 1) return load_one(point.coordinates, 1, true);
  kernel::KernelBuilder& k = step_.k;
  const kernel::Type type(x_.bits(), point.width);
  std::int64_t stride = 0;
  const bool is_known = detail::movement_stride(movement_, point.vector_axis, stride);
  if (is_known && stride == 1) {
    const bool aligned =
        point.aligned &&
        detail::movement_multiple(movement_, point.vector_axis, point.width) % point.width == 0;
    return load_one(point.coordinates, point.width, aligned);
  }
  AnyValue parts[4];
  Index coordinates[Shape::max_rank];
  for (std::size_t i = 0; i < point.coordinates.size(); ++i) coordinates[i] = point.coordinates[i];
  for (unsigned i = 0; i < point.width; ++i) {
    if (i > 0) coordinates[point.vector_axis] = point.coordinates[point.vector_axis] + i;
    parts[i] = i > 0 && is_known && stride == 0 ? parts[0]
                                                : load_one({coordinates, point.coordinates.size()}, 1, true);
  }
  return k.construct(type, Span<const AnyValue>(parts, point.width));
}

AIRSTRIP_INLINE SizeId emit_movement(StepBuilder& step, const Movement& movement, const Expression& epilogue,
                                     const NamedTensor& y, const PointLoop& loop) {
  MoveInput input(step, movement);
  MoveOutput output(step, movement.x.type.scalar, epilogue, y, {movement.space, movement.rank});
  return for_each_point(step, {movement.space, movement.rank}, loop, [&](const ExpressionPoint& point) {
    const AnyValue bits = input.load(point);
    output.store(point, bits);
  });
}

AIRSTRIP_TENSOR_NAMESPACE_END
