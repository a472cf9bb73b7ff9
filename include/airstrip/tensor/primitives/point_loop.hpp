// PointLoop: something for each point of a space, a few neighbours at a time.
#pragma once

#include "../../config.hpp"
#include "expression_emitter.hpp"
#include "work_grid.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

struct PointLoop {
  std::uint32_t workgroup = 64;        ///< invocations
  std::uint32_t width = 1;             ///< neighbours along the axis: 1 to 4
  std::uint32_t items = 1;             ///< vectors that an invocation has, a workgroup apart
  std::size_t axis = Shape::max_rank;  ///< of the neighbours; beyond the space's rank: the last
};

/// Calls `body(const ExpressionPoint&)` in the kernel so that each point of the space is in one call's vector. Neighbours
/// that do not fill a vector come one at a time. Returns the number of workgroups for `StepBuilder::finish`.
template <class Body>
SizeId for_each_point(StepBuilder& step, Span<const SizeId> space, const PointLoop& loop, Body&& body) {
  if (step.k.failed() || space.empty()) return step.table().literal(0);
  SizeTable& table = step.table();
  const std::size_t along = loop.axis < space.size() ? loop.axis : space.size() - 1;
  SizeId vectors[Shape::max_rank];
  for (std::size_t i = 0; i < space.size(); ++i) vectors[i] = space[i];
  vectors[along] = table.ceil_div(space[along], loop.width);
  const SizeId count = table.product({vectors, space.size()});
  const std::uint32_t per_group = loop.workgroup * loop.items;
  const WorkGrid grid(table, {table.ceil_div(count, per_group)});
  grid.run(step, [&](Span<const Index> ids) {
    const Index first = ids[0] * per_group + step.k.local_id().x;
    for (std::uint32_t item = 0; item < loop.items; ++item) {
      const Index vector = item == 0 ? first : first + item * loop.workgroup;
      const auto one = [&] {
        Index coordinates[Shape::max_rank];
        split_index(step, vector, {vectors, space.size()}, coordinates);
        if (loop.width > 1) coordinates[along] = coordinates[along] * loop.width;
        ExpressionPoint point;
        point.coordinates = {coordinates, space.size()};
        point.vector_axis = along;
        point.width = loop.width;
        point.aligned = true;
        if (table.is_multiple(space[along], loop.width)) return body(point);
        const Index size = step.size(space[along]);
        const Index start = coordinates[along];
        step.k.if_(
            start + loop.width <= size, [&] { body(point); },
            [&] {
              step.k.for_range<u32>(start, size, 1u, [&](Index each) {
                coordinates[along] = each;
                point.width = 1;
                body(point);
              });
            });
      };
      if (table.is_multiple(count, per_group))
        one();
      else
        step.k.if_(vector < step.size(count), one);
    }
  });
  return grid.total();
}

/// A vector of what `element(coordinates)`, which gives a scalar, computes for each of a point's neighbours.
template <class Element>
AnyValue each_neighbour(StepBuilder& step, const ExpressionPoint& point, Element&& element) {
  if (point.width == 1) return element(point.coordinates);
  AnyValue parts[4];
  Index coordinates[Shape::max_rank];
  for (std::size_t i = 0; i < point.coordinates.size(); ++i) coordinates[i] = point.coordinates[i];
  for (unsigned i = 0; i < point.width; ++i) {
    if (i > 0) coordinates[point.vector_axis] = point.coordinates[point.vector_axis] + i;
    parts[i] = element(Span<const Index>(coordinates, point.coordinates.size()));
  }
  return step.k.construct(kernel::Type(parts[0].type().scalar(), point.width),
                          Span<const AnyValue>(parts, point.width));
}

AIRSTRIP_TENSOR_NAMESPACE_END
