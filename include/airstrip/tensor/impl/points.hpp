// Kernels that compute each element of a tensor by itself, by several expressions that share a space.
#pragma once

#include "../elementwise.hpp"
#include "../primitives/expression_emitter.hpp"
#include "../primitives/point_loop.hpp"

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

// A kernel that calls body(point) for the vectors of a space.
template <class Body>
Result<void> each_point(StepBuilder& step, Span<const SizeId> space, const ElementwiseSchedule& schedule,
                        Phase phase, Body&& body) {
  return step.finish(for_each_point(step, space, {schedule.workgroup, schedule.width, schedule.items}, body),
                     phase);
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
