// A tensor as rows: some of its axes number them, over the others something is summed.
#pragma once

#include "../primitives/expression_emitter.hpp"
#include "../primitives/reduce.hpp"
#include "../primitives/work_grid.hpp"
#include "reduce_teams.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

enum class RowAxis : std::uint8_t {
  Row,    // a row for each index
  Inner,  // in the row
  Split,  // a row for each group of neighbouring indices
};

// Coordinates of the elements of rows, for expressions that share a space. Neighbouring axes of a kind become one where
// all of the expressions can pass through both, so that most often a row is one axis.
class RowSpace {
public:
  // `groups`: of the Split axis.
  RowSpace(SizeTable& table, Span<const SizeId> shape, Span<const RowAxis> kinds, SizeId groups)
      : table_(table), rank_(shape.size()), groups_(groups) {
    for (std::size_t i = 0; i < rank_; ++i) {
      shape_[i] = shape[i];
      kinds_[i] = kinds[i];
    }
  }

  void merge(Span<ExpressionEmitter* const> emitters) {
    for (std::size_t i = 0; i + 1 < rank_;) {
      bool merges = kinds_[i + 1] == RowAxis::Inner
                        ? kinds_[i] != RowAxis::Row
                        : kinds_[i] == RowAxis::Row && kinds_[i + 1] == RowAxis::Row;
      for (ExpressionEmitter* emitter : emitters) merges = merges && emitter->can_merge(i);
      if (!merges) {
        ++i;
        continue;
      }
      for (ExpressionEmitter* emitter : emitters) emitter->merge(i);
      shape_[i] = table_.mul(shape_[i], shape_[i + 1]);
      for (std::size_t j = i + 1; j + 1 < rank_; ++j) {
        shape_[j] = shape_[j + 1];
        kinds_[j] = kinds_[j + 1];
      }
      --rank_;
    }
  }

  SizeId rows() { return counted(RowAxis::Row); }
  // Elements of a row.
  SizeId length() { return counted(RowAxis::Inner); }
  std::size_t last() const { return rank_ - 1; }

  // To be called first: the coordinates that a row's elements have in common.
  void set_row(StepBuilder& step, Index row) {
    SizeId sizes[Shape::max_rank];
    Index split[Shape::max_rank];
    std::size_t count = 0;
    for (std::size_t i = 0; i < rank_; ++i)
      if (kinds_[i] != RowAxis::Inner) sizes[count++] = kinds_[i] == RowAxis::Row ? shape_[i] : groups_;
    split_index(step, row, {sizes, count}, split);
    count = 0;
    for (std::size_t i = 0; i < rank_; ++i)
      if (kinds_[i] != RowAxis::Inner) row_[i] = split[count++];
  }

  // Of the `vector`th `width` elements of the row, of which all exist.
  ExpressionPoint point(StepBuilder& step, Index vector, unsigned width, Index* coordinates) {
    SizeId sizes[Shape::max_rank];
    Index split[Shape::max_rank];
    std::size_t count = 0;
    for (std::size_t i = 0; i < rank_; ++i)
      if (kinds_[i] != RowAxis::Row) sizes[count++] = part(i);
    if (width > 1) sizes[count - 1] = table_.div(sizes[count - 1], width);
    split_index(step, vector, {sizes, count}, split);
    if (width > 1) split[count - 1] = split[count - 1] * width;
    count = 0;
    for (std::size_t i = 0; i < rank_; ++i) {
      if (kinds_[i] == RowAxis::Row)
        coordinates[i] = row_[i];
      else if (kinds_[i] == RowAxis::Inner)
        coordinates[i] = split[count++];
      else
        coordinates[i] = row_[i] * step.size(part(i)) + split[count++];
    }
    ExpressionPoint point;
    point.coordinates = {coordinates, rank_};
    point.vector_axis = last();
    point.width = width;
    point.aligned = true;
    return point;
  }

private:
  // Elements along an axis that are in one row.
  SizeId part(std::size_t axis) {
    return kinds_[axis] == RowAxis::Split ? table_.div(shape_[axis], groups_) : shape_[axis];
  }
  SizeId counted(RowAxis kind) {
    SizeId all = table_.literal(1);
    for (std::size_t i = 0; i < rank_; ++i) {
      if (kinds_[i] == kind) all = table_.mul(all, shape_[i]);
      if (kinds_[i] == RowAxis::Split) all = table_.mul(all, kind == RowAxis::Row ? groups_ : part(i));
    }
    return all;
  }

  SizeTable& table_;
  SizeId shape_[Shape::max_rank] = {};
  RowAxis kinds_[Shape::max_rank] = {};
  std::size_t rank_;
  SizeId groups_;
  Index row_[Shape::max_rank];
};

// How the invocations of workgroups share rows.
struct RowSchedule {
  std::uint32_t workgroup = 64;
  std::uint32_t span = 64;   // invocations a row
  std::uint32_t width = 1;   // elements of a vector
  std::uint32_t unroll = 1;  // vectors of an iteration
  std::uint32_t hold = 0;    // vectors of a row that an invocation keeps, where a row has no more
  bool rows_are_neighbours =
      false;  // rows lie side by side in memory: neighbouring invocations have one each

  ReduceTeams teams() const { return {workgroup, span, rows_are_neighbours}; }
};

// Shuffles where a whole workgroup takes a row.
inline void prepare_rows(kernel::KernelOptions& options, const RowSchedule& s, const Target& target) {
  if (s.span > 1 && s.span == s.workgroup) WorkgroupReduce::prepare(options, target);
}

// The elements of a row that an invocation has, gone through as often as need be; kept in registers where they are few.
class RowPass {
public:
  // `vectors`: of a row.
  RowPass(StepBuilder& step, const RowSchedule& schedule, SizeId vectors)
      : step_(step), schedule_(schedule), vectors_(vectors) {
    const SizeTable& table = step.operation.sizes();
    if (!table.is_literal(vectors) || table.lower(vectors) == 0) return;
    const std::uint64_t each = (static_cast<std::uint64_t>(table.lower(vectors)) - 1) / schedule.span + 1;
    if (each <= schedule.hold) held_ = static_cast<std::uint32_t>(each);
  }
  // The invocation's number among those of the row.
  void set_place(Index place) { place_ = place; }

  // What `load(vector)` gives for each of the elements is kept, where they are held.
  template <class Load>
  void load(Load&& load) {
    if (held_ == 0) return;
    for (std::uint32_t j = 0; j < held_; ++j) {
      Index vector = j == 0 ? place_ : place_ + j * schedule_.span;
      if (!certain(j)) vector = (kernel::min)(vector, step_.size(vectors_) - 1u);
      step_.has_room(values_.push_back(load(vector)));
    }
  }

  // body(vector, value) for each, in order. `load`: as above. Where nothing is held it is a loop of the kernel.
  template <class Load, class Body>
  void each(Load&& load, Body&& body) {
    kernel::KernelBuilder& k = step_.k;
    if (k.failed()) return;
    if (held_ != 0) {
      for (std::uint32_t j = 0; j < held_; ++j) {
        const Index vector = j == 0 ? place_ : place_ + j * schedule_.span;
        if (certain(j))
          body(vector, values_[j]);
        else
          k.if_(vector < step_.size(vectors_), [&] { body(vector, values_[j]); });
      }
      return;
    }
    const auto one = [&](Index vector) {
      const AnyValue value = load(vector);
      if (!k.failed()) body(vector, value);
    };
    const Index vectors = step_.size(vectors_);
    if (schedule_.unroll == 1) {
      k.for_range<u32>(place_, vectors, schedule_.span, one);
      return;
    }
    // Whole iterations in the same order, and then what is left.
    const std::uint32_t stride = schedule_.span * schedule_.unroll;
    const Index whole = vectors / stride * stride;
    k.for_range<u32>(place_, whole, stride, [&](Index first) {
      for (std::uint32_t j = 0; j < schedule_.unroll; ++j) one(j == 0 ? first : first + j * schedule_.span);
    });
    k.for_range<u32>(whole + place_, vectors, schedule_.span, one);
  }

  // Iterations of an invocation's loops for a row of `vectors`, at most.
  static std::uint64_t iterations(const RowSchedule& s, std::uint64_t vectors) {
    if (vectors <= std::uint64_t{s.hold} * s.span) return 0;
    return vectors / (std::uint64_t{s.span} * s.unroll) + s.unroll + 1;
  }

private:
  bool certain(std::uint32_t j) const {
    const auto vectors = static_cast<std::uint64_t>(step_.operation.sizes().lower(vectors_));
    return (std::uint64_t{j} + 1) * schedule_.span <= vectors;
  }

  StepBuilder& step_;
  const RowSchedule& schedule_;
  SizeId vectors_;
  Index place_;
  std::uint32_t held_ = 0;
  Buffer<AnyValue> values_;
};

// The sum of term(value) over a row: the same in all invocations of the row. Vectors are added component by component
// first.
template <class Load, class Term>
AnyValue row_sum(StepBuilder& step, RowPass& pass, WorkgroupReduce& reduce, kernel::Type type, Load&& load,
                 Term&& term) {
  kernel::KernelBuilder& k = step.k;
  const kernel::AnyVariable sum = k.variable(type);
  k.store(sum, k.constant_float(type, 0));
  pass.each(load, [&](Index, AnyValue value) {
    const AnyValue old = k.load(sum);
    const AnyValue one = term(value);
    k.store(sum, k.apply(kernel::Op::Add, old, one));
  });
  if (k.failed()) return {};
  AnyValue all = k.load(sum);
  if (type.is_vector()) {
    AnyValue low = k.apply(kernel::Op::Add, all.component(0), all.component(1));
    if (type.components() == 4) {
      const AnyValue high = k.apply(kernel::Op::Add, all.component(2), all.component(3));
      low = k.apply(kernel::Op::Add, low, high);
    }
    all = low;
  }
  reduce.run(&all, [&](AnyValue* into, const AnyValue* other) {
    into[0] = k.apply(kernel::Op::Add, into[0], other[0]);
  });
  return all;
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
