// Kernels that compute each element of a tensor by itself, by several expressions that share a space.
#pragma once

#include "../elementwise.hpp"
#include "../primitives/expression_emitter.hpp"
#include "../primitives/work_grid.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Makes one axis of neighbouring ones, from `first` on, that all of the expressions pass through.
inline void merge_spaces(Span<ExpressionEmitter* const> emitters, std::size_t first) {
  for (std::size_t i = first; i + 1 < emitters[0]->space().size();) {
    bool merges = true;
    for (ExpressionEmitter* emitter : emitters) merges = merges && emitter->can_merge(i);
    if (!merges) {
      ++i;
      continue;
    }
    for (ExpressionEmitter* emitter : emitters) emitter->merge(i);
    i = first;
  }
}

// Calls body(point) for the vectors of a space, `schedule.items` of them in each invocation, and ends the kernel. All
// elements of a point exist.
template <class Body>
Result<void> each_point(StepBuilder& step, Span<const SizeId> space, const ElementwiseSchedule& schedule,
                        Phase phase, Body&& body) {
  SizeTable& table = step.table();
  if (step.k.failed() || space.empty()) return step.finish(table.literal(0), phase);
  const std::size_t last = space.size() - 1;
  const std::uint32_t width = schedule.width;
  SizeId vectors[Shape::max_rank];
  for (std::size_t i = 0; i < last; ++i) vectors[i] = space[i];
  vectors[last] = table.ceil_div(space[last], width);
  const SizeId count = table.product({vectors, space.size()});
  const std::uint32_t per_group = schedule.workgroup * schedule.items;
  const WorkGrid grid(table, {table.ceil_div(count, per_group)});
  grid.run(step, [&](Span<const Index> ids) {
    const Index first = ids[0] * per_group + step.k.local_id().x;
    for (std::uint32_t item = 0; item < schedule.items; ++item) {
      const Index vector = item == 0 ? first : first + item * schedule.workgroup;
      const auto one = [&] {
        Index coordinates[Shape::max_rank];
        split_index(step, vector, {vectors, space.size()}, coordinates);
        if (width > 1) coordinates[last] = coordinates[last] * width;
        ExpressionPoint point;
        point.coordinates = {coordinates, space.size()};
        point.vector_axis = last;
        point.width = width;
        point.aligned = true;
        if (table.is_multiple(space[last], width)) return body(point);
        const Index size = step.size(space[last]);
        const Index start = coordinates[last];
        step.k.if_(
            start + width <= size, [&] { body(point); },
            [&] {
              point.width = 1;
              step.k.for_range<u32>(start, size, 1u, [&](Index each) {
                coordinates[last] = each;
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
  return step.finish(grid.total(), phase);
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
