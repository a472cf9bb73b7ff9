// AxisSplit: the axes of a tensor in two kinds, those along which something is reduced and those that stay.
#pragma once

#include "../../config.hpp"
#include "expression_emitter.hpp"
#include "step_builder.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Both kinds are counted row-major, the last axis fastest; an index of each makes a point of the space.
class AxisSplit {
public:
  /// Bit i of `reduced`: axis i is. Merges neighbouring axes of one kind where all emitters, which stand over the same
  /// space, can.
  AxisSplit(StepBuilder& step, Span<ExpressionEmitter* const> emitters, std::uint32_t reduced);

  /// Elements along all axes of a kind; 1 where there is none.
  SizeId kept() const { return kept_count_; }
  SizeId reduced() const { return reduced_count_; }
  /// The last axis that is kept and may have more than one element, as one of the space: that along which neighbours of
  /// the kept ones lie. 0 where there is none.
  std::size_t last_kept() const { return last_kept_; }
  /// The last axis that is reduced, as one of the space; 0 where there is none.
  std::size_t last_reduced() const { return reduced_rank_ ? reduced_axes_[reduced_rank_ - 1] : 0; }
  std::size_t rank() const { return kept_rank_ + reduced_rank_; }
  /// Whether `width` neighbours of a kind, the first a multiple of it, always lie along that kind's last axis.
  bool reduced_lie_along(const SizeTable& table, unsigned width) const;

  /// Sets the coordinates of one kind.
  void split_kept(StepBuilder& step, Index index, Index* coordinates) const {
    split(step, index, kept_axes_, kept_sizes_, kept_rank_, coordinates);
  }
  void split_reduced(StepBuilder& step, Index index, Index* coordinates) const {
    split(step, index, reduced_axes_, reduced_sizes_, reduced_rank_, coordinates);
  }

private:
  static void split(StepBuilder& step, Index index, const std::size_t* axes, const SizeId* sizes,
                    std::size_t rank, Index* coordinates);

  std::size_t kept_axes_[Shape::max_rank] = {}, reduced_axes_[Shape::max_rank] = {};
  SizeId kept_sizes_[Shape::max_rank] = {}, reduced_sizes_[Shape::max_rank] = {};
  std::size_t kept_rank_ = 0, reduced_rank_ = 0, last_kept_ = 0;
  SizeId kept_count_ = {}, reduced_count_ = {};
};

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/axis_split.hpp"
#endif
