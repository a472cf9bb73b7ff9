#pragma once

#include "move_family.hpp"
#include "movement_functions.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// Begin and count of a slice along an axis of `n`. `begin` of a negative step is one more than the first index. `step`
/// becomes one of 31 bits that finds the same: no axis is longer, and kernels round up by adding it to a length.
inline void slice_range(SizeTable& table, SizeId n, const Dimension& start, const Dimension& end,
                        std::int64_t& step, SizeId& begin, SizeId& count) {
  constexpr std::int64_t longest = 0x7FFFFFFF;
  step = step > longest ? longest : step < -longest ? -longest : step;
  const SizeId one = table.literal(1);
  // min(v, n), or n - min(-v, n): clamped to 0 … n.
  const auto clamped = [&](const Dimension& d, std::int64_t more) {
    if (!d.is_literal()) return table.min_of(table.add(table.of(d), more), n);
    const std::int64_t v = map_saturate(d.value());
    if (v >= 0) return table.min_of(table.literal(v + more), n);
    return table.sub(n, table.min_of(table.literal(-v - more), n));
  };
  if (step > 0) {
    begin = clamped(start, 0);
    const SizeId last = clamped(end, 0);
    count = table.ceil_div(table.sub(table.max_of(last, begin), begin), step);
    return;
  }
  if (start.is_literal() && start.value() < 0) {
    // Not before the first element, where there is one.
    const SizeId most = table.sub(table.max_of(n, one), one);
    begin = table.sub(n, table.min_of(table.literal(-map_saturate(start.value()) - 1), most));
  } else {
    begin = clamped(start, 1);
  }
  const SizeId last = clamped(end, 1);
  count = table.ceil_div(table.sub(table.max_of(begin, last), last), -step);
}

inline Result<void> describe(const SliceProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  const std::size_t rank = m.x_layout.rank;
  std::size_t axes[Shape::max_rank];
  if (problem.ends.rank() != problem.starts.rank())
    return invalid_shape("a slice has not as many ends as starts");
  if (!problem.steps.empty() && problem.steps.size() != problem.starts.rank())
    return invalid_shape("a slice has not as many steps as starts");
  if (Result<void> r = entries_of(problem.axes, problem.starts.rank(), rank, axes); !r) return r;
  SizeId begins[Shape::max_rank];
  std::int64_t steps[Shape::max_rank] = {};  // 0: all of the axis
  SizeId counts[Shape::max_rank];
  for (std::size_t i = 0; i < rank; ++i) counts[i] = m.x_layout.shape[i];
  for (std::size_t i = 0; i < problem.starts.rank(); ++i) {
    const std::size_t axis = axes[i];
    steps[axis] = problem.steps.empty() ? 1 : problem.steps[i];
    if (steps[axis] == 0) return invalid_shape("a slice's step is 0");
    slice_range(m.table, m.x_layout.shape[axis], problem.starts[i], problem.ends[i], steps[axis],
                begins[axis], counts[axis]);
  }
  for (std::size_t i = 0; i < rank; ++i) m.add_axis(counts[i]);
  IndexMap& map = m.begin_map();
  for (std::size_t i = 0; i < rank; ++i) {
    const MapId c = map.coordinate(i);
    if (steps[i] == 0)
      map.add_result(c);
    else if (steps[i] > 0)
      map.add_result(map.add(map.size(begins[i]), map.mul(c, map.literal(steps[i]))));
    else
      map.add_result(
          map.sub(map.sub(map.size(begins[i]), map.literal(1)), map.mul(c, map.literal(-steps[i]))));
  }
  return {};
}

inline Result<void> describe(const PadProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  const std::size_t rank = m.x_layout.rank;
  std::size_t axes[Shape::max_rank];
  if (problem.before.rank() != problem.after.rank())
    return invalid_shape("a padding has not as many sizes before as after");
  if (Result<void> r = entries_of(problem.axes, problem.before.rank(), rank, axes); !r) return r;
  const Result<std::uint64_t> fill = bits_of(problem.x.scalar, problem.constant, "the padding's constant");
  if (!fill) return fill.error();
  SizeTable& table = m.table;
  // What is cropped, what is left and what is added.
  const SizeId none = table.literal(0);
  SizeId crop[Shape::max_rank], kept[Shape::max_rank], added[Shape::max_rank], sizes[Shape::max_rank];
  bool pads[Shape::max_rank] = {};
  for (std::size_t i = 0; i < rank; ++i) {
    crop[i] = added[i] = none;
    kept[i] = sizes[i] = m.x_layout.shape[i];
  }
  for (std::size_t i = 0; i < problem.before.rank(); ++i) {
    const std::size_t axis = axes[i];
    const auto part = [&](const Dimension& d, bool negative) {
      if (!d.is_literal()) return negative ? none : table.of(d);
      const std::int64_t v = map_saturate(d.value());
      return table.literal(negative ? (v < 0 ? -v : 0) : (v > 0 ? v : 0));
    };
    crop[axis] = part(problem.before[i], true);
    added[axis] = part(problem.before[i], false);
    const SizeId behind = part(problem.after[i], false);
    kept[axis] = table.sub(kept[axis], table.add(crop[axis], part(problem.after[i], true)));
    if (Result<void> r = check_size(table, kept[axis], "what a padding leaves", axis); !r) return r;
    sizes[axis] = table.add(table.add(kept[axis], added[axis]), behind);
    pads[axis] = !table.is_literal(added[axis], 0) || !table.is_literal(behind, 0);
    if (problem.mode != PadMode::Constant && table.is_literal(kept[axis], 0) && pads[axis]) {
      String message("there is no element to pad with along axis ");
      message << counted(axis) << ", which is empty; only a constant can be";
      return invalid_shape(static_cast<String&&>(message));
    }
  }
  for (std::size_t i = 0; i < rank; ++i) m.add_axis(sizes[i]);
  IndexMap& map = m.begin_map();
  for (std::size_t i = 0; i < rank; ++i) {
    MapId at = map.sub(map.coordinate(i), map.size(added[i]));
    if (pads[i]) {
      if (problem.mode == PadMode::Reflect) at = map.reflect(at, kept[i]);
      if (problem.mode == PadMode::Edge) at = map.clamp(at, kept[i]);
      if (problem.mode == PadMode::Wrap) at = map.mod(at, kept[i]);
      map.require_below(at, kept[i]);
    }
    map.add_result(map.add(at, map.size(crop[i])));
  }
  m.fill = *fill;
  m.fill_parameter = problem.constant_parameter;
  return {};
}

inline Result<void> describe(const TileProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  if (Result<void> r = check_shape("repeats", problem.repeats); !r) return r;
  if (problem.repeats.rank() != m.x_layout.rank)
    return invalid_shape("x is not repeated along as many axes as it has");
  for (std::size_t i = 0; i < m.x_layout.rank; ++i)
    m.add_axis(m.table.mul(m.x_layout.shape[i], m.table.of(problem.repeats[i])));
  IndexMap& map = m.begin_map();
  for (std::size_t i = 0; i < m.x_layout.rank; ++i) {
    const bool once = problem.repeats[i] == Dimension(1);
    map.add_result(once ? map.coordinate(i) : map.mod(map.coordinate(i), m.x_layout.shape[i]));
  }
  return {};
}

inline Result<void> check_block(const Movement& m, std::int64_t block) {
  if (m.x_layout.rank != 4) return invalid_shape("x has not four axes: n, channels, height and width");
  if (block >= 1 && block <= 0x7FFF) return {};
  return invalid_shape("the block's size is not from 1 to 32767");
}
inline Result<void> check_divides(const Movement& m, std::size_t axis, std::int64_t by) {
  const SizeId n = m.x_layout.shape[axis];
  if (m.table.is_multiple(n, by)) return {};
  if (!m.table.is_literal(n)) {
    // A size of run time that is no multiple makes this formula negative, which is refused when sizes are resolved.
    m.table.sub(m.table.mul(m.table.div(n, by), by), n);
    return {};
  }
  String message("axis ");
  message << counted(axis) << " of x has " << static_cast<std::uint64_t>(m.table.lower(n))
          << " elements, which is no multiple of " << static_cast<std::uint64_t>(by);
  return invalid_shape(static_cast<String&&>(message));
}

inline Result<void> describe(const DepthToSpaceProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  if (Result<void> r = check_block(m, problem.block); !r) return r;
  const std::int64_t b = problem.block;
  if (Result<void> r = check_divides(m, 1, b * b); !r) return r;
  SizeTable& table = m.table;
  const SizeId* const x = m.x_layout.shape;
  const SizeId block = table.literal(b), depth = table.div(x[1], b * b);
  m.add_axis(x[0]);
  m.add_axis(depth);
  m.add_axis(table.mul(x[2], b));
  m.add_axis(table.mul(x[3], b));
  IndexMap& map = m.begin_map();
  const MapId c = map.coordinate(1), row = map.coordinate(2), column = map.coordinate(3);
  const MapId inner = map.add(map.mul(map.mod(row, block), map.size(block)), map.mod(column, block));
  map.add_result(map.coordinate(0));
  map.add_result(problem.order == DepthOrder::DepthColumnRow
                     ? map.add(map.mul(inner, map.size(depth)), c)
                     : map.add(map.mul(c, map.literal(b * b)), inner));
  map.add_result(map.div(row, block));
  map.add_result(map.div(column, block));
  return {};
}

inline Result<void> describe(const SpaceToDepthProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  if (Result<void> r = check_block(m, problem.block); !r) return r;
  const std::int64_t b = problem.block;
  if (Result<void> r = check_divides(m, 2, b); !r) return r;
  if (Result<void> r = check_divides(m, 3, b); !r) return r;
  SizeTable& table = m.table;
  const SizeId* const x = m.x_layout.shape;
  const SizeId block = table.literal(b), blocks = table.literal(b * b);
  m.add_axis(x[0]);
  m.add_axis(table.mul(x[1], b * b));
  m.add_axis(table.div(x[2], b));
  m.add_axis(table.div(x[3], b));
  IndexMap& map = m.begin_map();
  const MapId c = map.coordinate(1);
  const bool outer = problem.order == DepthOrder::DepthColumnRow;  // the place in the block is the outer part
  const MapId inner = outer ? map.div(c, x[1]) : map.mod(c, blocks);
  const MapId row = map.mul(map.coordinate(2), map.size(block)),
              column = map.mul(map.coordinate(3), map.size(block));
  map.add_result(map.coordinate(0));
  map.add_result(outer ? map.mod(c, x[1]) : map.div(c, blocks));
  map.add_result(map.add(row, map.div(inner, block)));
  map.add_result(map.add(column, map.mod(inner, block)));
  return {};
}

inline Result<void> describe(const ReverseProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  std::size_t axes[Shape::max_rank];
  if (Result<void> r = axes_of(problem.axes, m.x_layout.rank, axes); !r) return r;
  bool reversed[Shape::max_rank] = {};
  for (std::size_t i = 0; i < problem.axes.size(); ++i) reversed[axes[i]] = true;
  for (std::size_t i = 0; i < m.x_layout.rank; ++i) m.add_axis(m.x_layout.shape[i]);
  IndexMap& map = m.begin_map();
  for (std::size_t i = 0; i < m.x_layout.rank; ++i) {
    const MapId c = map.coordinate(i);
    const bool turned = problem.axes.empty() || reversed[i];
    const MapId last = map.sub(map.size(m.x_layout.shape[i]), map.literal(1));
    map.add_result(turned ? map.sub(last, c) : c);
  }
  return {};
}

inline Result<void> describe(const RollProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  if (problem.axes.size() != problem.shifts.size())
    return invalid_shape("x is not rolled by as many shifts as along axes");
  std::size_t axes[Shape::max_rank];
  if (Result<void> r = axes_of(problem.axes, m.x_layout.rank, axes); !r) return r;
  std::int64_t shifts[Shape::max_rank] = {};
  for (std::size_t i = 0; i < problem.axes.size(); ++i) {
    shifts[axes[i]] = problem.shifts[i];
    if (shifts[axes[i]] >= 0x40000000 || shifts[axes[i]] <= -0x40000000)
      return invalid_shape("a shift is not between -2^30 and 2^30");
  }
  for (std::size_t i = 0; i < m.x_layout.rank; ++i) m.add_axis(m.x_layout.shape[i]);
  IndexMap& map = m.begin_map();
  for (std::size_t i = 0; i < m.x_layout.rank; ++i) {
    const SizeId n = m.x_layout.shape[i];
    std::int64_t shift = shifts[i];
    if (m.table.is_literal(n) && m.table.lower(n) > 0) shift %= m.table.lower(n);
    const MapId c = map.coordinate(i);
    map.add_result(shift == 0 ? c : map.mod(map.sub(c, map.literal(shift)), n));
  }
  return {};
}

/// What x becomes where it is broadcast to a shape (ONNX Expand): a 1 of that, or an axis that it has not, leaves x's.
inline Result<Shape> expanded_shape(const Shape& x, const Shape& shape) {
  const std::size_t rank = x.rank() > shape.rank() ? x.rank() : shape.rank();
  Shape all;
  for (std::size_t i = 0; i < rank; ++i) {
    const Dimension own = i + x.rank() < rank ? Dimension(1) : x[i + x.rank() - rank];
    const Dimension wanted = i + shape.rank() < rank ? Dimension(1) : shape[i + shape.rank() - rank];
    if (!(own == wanted) && !(own == Dimension(1)) && !(wanted == Dimension(1))) {
      String message("the shape ");
      message << to_string(x) << " is not broadcast to " << to_string(shape);
      return invalid_shape(static_cast<String&&>(message));
    }
    all.push_back(own == Dimension(1) ? wanted : own);
  }
  return all;
}

inline Result<void> describe(const CopyProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  if (Result<void> r = check_shape("the shape", problem.shape); !r) return r;
  const Result<Shape> shape = expanded_shape(problem.x.shape, problem.shape);
  if (!shape) return shape.error();
  if (Result<void> r = check_shape("y", *shape); !r) return r;
  const std::size_t front = shape->rank() - m.x_layout.rank;
  for (const Dimension& d : *shape) m.add_axis(m.table.of(d));
  IndexMap& map = m.begin_map();
  for (std::size_t i = 0; i < m.x_layout.rank; ++i)
    map.add_result(m.table.is_literal(m.x_layout.shape[i], 1) ? map.literal(0) : map.coordinate(front + i));
  return {};
}

}  // namespace detail

AIRSTRIP_TENSOR_MOVEMENT(SliceProblem, slice)
AIRSTRIP_TENSOR_MOVEMENT(PadProblem, pad)
AIRSTRIP_TENSOR_MOVEMENT(TileProblem, tile)
AIRSTRIP_TENSOR_MOVEMENT(DepthToSpaceProblem, depth_to_space)
AIRSTRIP_TENSOR_MOVEMENT(SpaceToDepthProblem, space_to_depth)
AIRSTRIP_TENSOR_MOVEMENT(ReverseProblem, reverse)
AIRSTRIP_TENSOR_MOVEMENT(RollProblem, roll)
AIRSTRIP_TENSOR_MOVEMENT(CopyProblem, copy)

AIRSTRIP_TENSOR_NAMESPACE_END
