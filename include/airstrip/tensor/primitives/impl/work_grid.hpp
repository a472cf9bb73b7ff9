#pragma once

#include "../work_grid.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE WorkGrid::WorkGrid(SizeTable& table, Span<const SizeId> counts) {
  for (const SizeId count : counts)
    if (rank_ < max_rank) counts_[rank_++] = count;
  total_ = table.product(counts);
}

AIRSTRIP_INLINE bool WorkGrid::needs_guard(const StepBuilder& step) const {
  return step.operation.sizes().upper(total_) > step.target().max_workgroup_count.x;
}

AIRSTRIP_INLINE Index WorkGrid::index(StepBuilder& step) const {
  const Value<kernel::u32x3> id = step.k.workgroup_id();
  if (!needs_guard(step)) return id.x;
  return id.y * step.k.workgroup_count().x + id.x;
}

AIRSTRIP_INLINE void WorkGrid::split(StepBuilder& step, Index linear, Index* ids) const {
  split_index(step, linear, {counts_, rank_}, ids);
}

AIRSTRIP_INLINE void split_index(StepBuilder& step, Index linear, Span<const SizeId> shape,
                                 Index* coordinates) {
  const SizeTable& table = step.operation.sizes();
  std::size_t first = 0;  // the outermost axis of more than one: no remainder is left for those outside
  while (first < shape.size() && table.is_literal(shape[first], 1)) ++first;
  Index rest = linear;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (table.is_literal(shape[i], 1)) {
      coordinates[i] = step.k.constant<u32>(0u);
    } else if (i == first) {
      coordinates[i] = rest;
    } else {
      const Index size = step.size(shape[i]);
      const Index quotient = rest / size;
      coordinates[i] = rest - quotient * size;
      rest = quotient;
    }
  }
}

AIRSTRIP_TENSOR_NAMESPACE_END
