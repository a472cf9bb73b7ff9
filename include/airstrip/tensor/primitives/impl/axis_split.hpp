#pragma once

#include "../axis_split.hpp"
#include "../work_grid.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE AxisSplit::AxisSplit(StepBuilder& step, Span<ExpressionEmitter* const> emitters,
                                     std::uint32_t reduced) {
  SizeTable& table = step.table();
  const auto space = [&] { return emitters[0]->space(); };
  std::size_t axis = 0;
  while (axis + 1 < space().size()) {
    const bool first_is_one = table.is_literal(space()[axis], 1);
    const bool is_one = first_is_one || table.is_literal(space()[axis + 1], 1);
    const std::uint32_t first = reduced >> axis & 1, second = reduced >> (axis + 1) & 1;
    bool merges = is_one || first == second;
    for (const ExpressionEmitter* emitter : emitters) merges = merges && emitter->can_merge(axis);
    if (!merges) {
      ++axis;
      continue;
    }
    for (ExpressionEmitter* emitter : emitters) emitter->merge(axis);
    const std::uint32_t below = reduced & ((1u << axis) - 1), above = reduced >> (axis + 2);
    reduced = below | (first_is_one ? second : first) << axis | above << (axis + 1);
    axis = 0;
  }
  for (std::size_t i = 0; i < space().size(); ++i) {
    if (reduced >> i & 1) {
      reduced_axes_[reduced_rank_] = i;
      reduced_sizes_[reduced_rank_++] = space()[i];
    } else {
      if (!table.is_literal(space()[i], 1)) last_kept_ = i;
      kept_axes_[kept_rank_] = i;
      kept_sizes_[kept_rank_++] = space()[i];
    }
  }
  kept_count_ = table.product({kept_sizes_, kept_rank_});
  reduced_count_ = table.product({reduced_sizes_, reduced_rank_});
}

AIRSTRIP_INLINE bool AxisSplit::reduced_lie_along(const SizeTable& table, unsigned width) const {
  return width == 1 || reduced_rank_ <= 1 || table.is_multiple(reduced_sizes_[reduced_rank_ - 1], width);
}

AIRSTRIP_INLINE void AxisSplit::split(StepBuilder& step, Index index, const std::size_t* axes,
                                      const SizeId* sizes, std::size_t rank, Index* coordinates) {
  Index parts[Shape::max_rank];
  split_index(step, index, {sizes, rank}, parts);
  for (std::size_t i = 0; i < rank; ++i) coordinates[axes[i]] = parts[i];
}

AIRSTRIP_TENSOR_NAMESPACE_END
