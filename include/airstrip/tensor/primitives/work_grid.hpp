// WorkGrid: which workgroup does what.
#pragma once

#include "../../config.hpp"
#include "step_builder.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// A box of work items, one a workgroup, the last axis fastest. However many there are, they are dispatched as one row or
/// as several (see `Operation::resolve`), and a workgroup learns its place in the box.
class WorkGrid {
public:
  static constexpr std::size_t max_rank = Shape::max_rank + 2;

  /// Before the kernel is begun.
  WorkGrid(SizeTable& table, Span<const SizeId> counts);
  /// Workgroups in all.
  SizeId total() const { return total_; }

  /// Calls `body(ids)` in the kernel with this workgroup's place, for those that have one: in a branch that a whole
  /// workgroup takes or does not, so barriers may stand in it.
  template <class Body>
  void run(StepBuilder& step, Body&& body) const {
    Index ids[max_rank];
    const Index linear = index(step);
    if (!needs_guard(step)) {
      split(step, linear, ids);
      body(Span<const Index>(ids, rank_));
      return;
    }
    step.k.if_(linear < step.size(total_), [&] {
      split(step, linear, ids);
      body(Span<const Index>(ids, rank_));
    });
  }

private:
  Index index(StepBuilder& step) const;
  bool needs_guard(const StepBuilder& step) const;
  void split(StepBuilder& step, Index linear, Index* ids) const;

  SizeId counts_[max_rank] = {};
  std::size_t rank_ = 0;
  SizeId total_ = {};
};

/// Splits a linear index into coordinates, the last axis fastest. An axis of size 1 has the constant 0.
void split_index(StepBuilder& step, Index linear, Span<const SizeId> shape, Index* coordinates);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/work_grid.hpp"
#endif
