#pragma once

#include "move_family.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// "x12", which needs no memory.
struct PartName {
  PartName(char letter, std::size_t number) {
    do {
      text[--first] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    text[--first] = letter;
  }
  operator Text() const { return Text(text + first, sizeof text - first); }

  char text[24] = {};
  std::size_t first = sizeof text;
};

/// The parts of a tensor that is joined or cut along an axis.
struct Parts {
  explicit Parts(SizeTable& of) : table(of) {}
  SizeTable& table;
  Scalar scalar = Scalar::F32;
  std::size_t axis = 0, rank = 0;
  SizeId whole[Shape::max_rank] = {};  // shape of the one tensor
  Buffer<SizeId> sizes = {};           // of the parts along the axis
  Buffer<SizeId> ends = {};            // where each ends in the whole
};

inline Result<void> describe_parts(const ConcatProblem& problem, Parts& p) {
  if (problem.parts.empty()) return invalid_shape("there are no parts to join");
  const TensorType& first = problem.parts[0];
  p.scalar = first.scalar;
  for (std::size_t n = 0; n < problem.parts.size(); ++n) {
    const TensorType& part = problem.parts[n];
    const PartName name('x', n);
    if (Result<void> r = check_tensor(name, part); !r) return r;
    String message{Text(name)};
    if (part.scalar != p.scalar) {
      message << " is of another type than x0: " << to_string(part.scalar) << " and " << to_string(p.scalar);
      return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
    }
    if (part.shape.rank() != first.shape.rank()) {
      message << " has another number of axes than x0";
      return invalid_shape(static_cast<String&&>(message));
    }
  }
  p.rank = first.shape.rank();
  const Result<std::size_t> axis = axis_of(problem.axis, p.rank);
  if (!axis) return axis.error();
  p.axis = *axis;
  SizeId end = p.table.literal(0);
  for (std::size_t n = 0; n < problem.parts.size(); ++n) {
    const Shape& shape = problem.parts[n].shape;
    for (std::size_t i = 0; i < p.rank; ++i) {
      const SizeId size = p.table.of(shape[i]);
      if (n == 0) p.whole[i] = size;
      if (i == p.axis || p.whole[i] == size) continue;
      String message{Text(PartName('x', n))};
      message << " has the shape " << to_string(shape) << " and x0 " << to_string(first.shape)
              << "; they may only differ along axis " << counted(p.axis);
      return invalid_shape(static_cast<String&&>(message));
    }
    const SizeId size = p.table.of(shape[p.axis]);
    end = p.table.add(end, size);
    p.sizes.push_back(size);
    p.ends.push_back(end);
  }
  p.whole[p.axis] = end;
  return check_space(p.table, problem.name, {p.whole, p.rank});
}

inline Result<void> describe_parts(const SplitProblem& problem, Parts& p) {
  if (Result<void> r = check_tensor("x", problem.x); !r) return r;
  if (problem.sizes.empty()) return invalid_shape("there are no sizes to cut x into");
  p.scalar = problem.x.scalar;
  p.rank = problem.x.shape.rank();
  const Result<std::size_t> axis = axis_of(problem.axis, p.rank);
  if (!axis) return axis.error();
  p.axis = *axis;
  for (std::size_t i = 0; i < p.rank; ++i) p.whole[i] = p.table.of(problem.x.shape[i]);
  SizeId end = p.table.literal(0);
  for (std::size_t n = 0; n < problem.sizes.size(); ++n) {
    const SizeId size = p.table.of(problem.sizes[n]);
    if (p.table.lower(size) < 0) return invalid_shape("a part's size is negative");
    end = p.table.add(end, size);
    p.sizes.push_back(size);
    p.ends.push_back(end);
  }
  const SizeId whole = p.whole[p.axis];
  if (p.table.is_literal(whole) && p.table.is_literal(end) && whole != end) {
    String message("the parts have ");
    message << static_cast<std::uint64_t>(p.table.lower(end)) << " elements along axis " << counted(p.axis)
            << ", and x has " << static_cast<std::uint64_t>(p.table.lower(whole));
    return invalid_shape(static_cast<String&&>(message));
  }
  return {};
}

template <class P>
Result<void> describe_parts_checked(const P& problem, Parts& p) {
  Result<void> described = describe_parts(problem, p);
  if (p.table.out_of_memory() || p.sizes.out_of_memory() || p.ends.out_of_memory()) return out_of_memory();
  return described;
}

inline Result<void> check_parts_schedule(const ConcatSchedule& schedule, std::size_t parts,
                                         const Expression& epilogue, Span<const Text> names,
                                         const Target& target) {
  if (Result<void> r = check_range("parts", schedule.parts, 1, parts < 64 ? parts : 64, "64, or all of them");
      !r)
    return r;
  if (Result<void> r = check_fused(epilogue, names, schedule.parts, target); !r) return r;
  return check_move_schedule(schedule.workgroup, schedule.width, schedule.items, target);
}

inline ConcatSchedule parts_schedule(const Result<void>& described, const Parts& p, std::size_t parts,
                                     std::size_t others, const Target& target) {
  ConcatSchedule schedule;
  schedule.workgroup = is_out_of_memory(described) ? 0 : default_workgroup(target);
  const bool inner = described && p.axis + 1 < p.rank;
  // Vectors pay where no part ends inside one.
  schedule.width = inner || element_bytes(p.scalar) < 4 ? 4 : 1;
  const std::size_t most = target.max_storage_buffers > others ? target.max_storage_buffers - others : 1;
  schedule.parts = static_cast<std::uint32_t>(parts < most ? parts : most);
  if (schedule.parts > 8) schedule.parts = 8;
  if (schedule.parts == 0) schedule.parts = 1;
  return schedule;
}

/// Calls `body(n)` in the kernel for the part, of those from `first` to `last`, that a place along the axis is in.
template <class Body>
void in_part(StepBuilder& step, const Parts& p, std::size_t first, std::size_t last, Index at, Body&& body) {
  if (first + 1 == last) return body(first);
  step.k.if_(
      at < step.size(p.ends[first]), [&] { body(first); },
      [&] { in_part(step, p, first + 1, last, at, body); });
}

/// The kernel of some parts: `body(point, n, c)` for each element, `c` its coordinates in part n; the point is that in
/// the whole. Vectors are taken apart where they may reach into two parts.
template <class Body>
SizeId for_each_of_parts(StepBuilder& step, const Parts& p, std::size_t first, std::size_t last,
                         const ConcatSchedule& schedule, Body&& body) {
  SizeTable& table = p.table;
  SizeId space[Shape::max_rank];
  for (std::size_t i = 0; i < p.rank; ++i) space[i] = p.whole[i];
  const SizeId begin = first == 0 ? table.literal(0) : p.ends[first - 1];
  SizeId total = table.literal(0);
  for (std::size_t n = first; n < last; ++n) total = table.add(total, p.sizes[n]);
  space[p.axis] = total;
  const bool cuts = p.axis + 1 == p.rank;
  bool fits = true;
  for (std::size_t n = first; n < last; ++n) fits = fits && table.is_multiple(p.sizes[n], schedule.width);
  const bool aligned = !cuts || (fits && table.is_multiple(begin, schedule.width));
  return for_each_point(step, {space, p.rank}, {schedule.workgroup, schedule.width, schedule.items},
                        [&](const ExpressionPoint& at) {
                          const auto one = [&](ExpressionPoint point, Index* coordinates) {
                            const Index in_whole = table.is_literal(begin, 0)
                                                       ? coordinates[p.axis]
                                                       : coordinates[p.axis] + step.size(begin);
                            coordinates[p.axis] = in_whole;
                            point.coordinates = {coordinates, p.rank};
                            in_part(step, p, first, last, in_whole, [&](std::size_t n) {
                              Index c[Shape::max_rank];
                              for (std::size_t i = 0; i < p.rank; ++i) c[i] = coordinates[i];
                              if (n > 0) c[p.axis] = in_whole - step.size(p.ends[n - 1]);
                              body(point, n, Span<const Index>(c, p.rank));
                            });
                          };
                          Index coordinates[Shape::max_rank];
                          const unsigned parts = at.width > 1 && cuts && !fits ? at.width : 1;
                          for (unsigned i = 0; i < parts; ++i) {
                            for (std::size_t c = 0; c < p.rank; ++c) coordinates[c] = at.coordinates[c];
                            ExpressionPoint point = at;
                            point.aligned = at.aligned && aligned;
                            if (parts > 1) point.width = 1;
                            if (i > 0) coordinates[p.axis] = coordinates[p.axis] + i;
                            one(point, coordinates);
                          }
                        });
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const ConcatProblem& problem, const ConcatSchedule& schedule,
                                   const Target& target) {
  SizeTable table;
  detail::Parts parts(table);
  if (Result<void> r = detail::describe_parts_checked(problem, parts); !r) return r;
  if (!problem.y.strides.empty() && problem.y.strides.rank() != parts.rank)
    return detail::invalid_shape("y has another number of strides than of axes");
  Buffer<detail::PartName> owned;
  Buffer<Text> names;
  for (std::size_t n = 0; n < problem.parts.size(); ++n) owned.push_back(detail::PartName('x', n));
  for (const detail::PartName& name : owned) names.push_back(name);
  if (owned.out_of_memory() || names.out_of_memory()) return detail::out_of_memory();
  return detail::check_parts_schedule(schedule, problem.parts.size(), problem.epilogue,
                                      {names.data(), names.size()}, target);
}

AIRSTRIP_INLINE ConcatSchedule default_schedule(const ConcatProblem& problem, const Target& target) {
  const std::size_t others =
      problem.epilogue.empty() ? 1 : problem.epilogue.inputs().size() + problem.epilogue.outputs().size();
  SizeTable table;
  detail::Parts parts(table);
  return detail::parts_schedule(detail::describe_parts_checked(problem, parts), parts, problem.parts.size(),
                                others, target);
}

AIRSTRIP_INLINE Result<Operation> concat(const ConcatProblem& problem, const ConcatSchedule& schedule,
                                         const Target& target, SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  Operation operation;
  operation.set_target(target);
  detail::Parts parts(operation.sizes_to_fill());
  if (Result<void> r = detail::describe_parts_checked(problem, parts); !r)
    return detail::error_at(r.error(), at);
  for (std::size_t first = 0; first < problem.parts.size(); first += schedule.parts) {
    const std::size_t end = first + schedule.parts;
    const std::size_t last = end < problem.parts.size() ? end : problem.parts.size();
    kernel::KernelOptions options;
    options.workgroup = {schedule.workgroup, 1, 1};
    StepBuilder step(operation, problem.name, options, at);
    Buffer<TensorView> views;
    for (std::size_t n = first; n < last; ++n)
      views.push_back(TensorView(step, detail::PartName('x', n), Role::Input, problem.parts[n],
                                 layout_of(parts.table, problem.parts[n]), kernel::Access::ReadOnly));
    if (views.size() != last - first) return detail::error_at(detail::out_of_memory(), at);
    MoveOutput output(step, parts.scalar, problem.epilogue, {"y", problem.y}, {parts.whole, parts.rank});
    const SizeId groups =
        detail::for_each_of_parts(step, parts, first, last, schedule,
                                  [&](const ExpressionPoint& point, std::size_t n, Span<const Index> c) {
                                    output.store(point, load_neighbours(step, views[n - first], point, c));
                                  });
    if (Result<void> r = step.finish(groups); !r) return r.error();
  }
  return operation;
}
AIRSTRIP_INLINE Result<Operation> concat(const ConcatProblem& problem, const Target& target,
                                         SourceLocation at) {
  return detail::with_default(default_schedule(problem, target),
                              [&](const auto& schedule) { return concat(problem, schedule, target, at); });
}

AIRSTRIP_INLINE Result<void> legal(const SplitProblem& problem, const SplitSchedule& schedule,
                                   const Target& target) {
  SizeTable table;
  detail::Parts parts(table);
  if (Result<void> r = detail::describe_parts_checked(problem, parts); !r) return r;
  return detail::check_parts_schedule(schedule, problem.sizes.size(), {}, {}, target);
}

AIRSTRIP_INLINE SplitSchedule default_schedule(const SplitProblem& problem, const Target& target) {
  SizeTable table;
  detail::Parts parts(table);
  return detail::parts_schedule(detail::describe_parts_checked(problem, parts), parts, problem.sizes.size(),
                                1, target);
}

AIRSTRIP_INLINE Result<Operation> split(const SplitProblem& problem, const SplitSchedule& schedule,
                                        const Target& target, SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  Operation operation;
  operation.set_target(target);
  detail::Parts parts(operation.sizes_to_fill());
  if (Result<void> r = detail::describe_parts_checked(problem, parts); !r)
    return detail::error_at(r.error(), at);
  // Parts that are more than x together are refused when sizes are resolved.
  parts.table.sub(parts.whole[parts.axis], parts.ends.back());
  for (std::size_t first = 0; first < problem.sizes.size(); first += schedule.parts) {
    const std::size_t end = first + schedule.parts;
    const std::size_t last = end < problem.sizes.size() ? end : problem.sizes.size();
    kernel::KernelOptions options;
    options.workgroup = {schedule.workgroup, 1, 1};
    StepBuilder step(operation, problem.name, options, at);
    const TensorView x(step, "x", Role::Input, problem.x, layout_of(parts.table, problem.x),
                       kernel::Access::ReadOnly);
    Buffer<TensorView> views;
    for (std::size_t n = first; n < last; ++n) {
      SizeId shape[Shape::max_rank];
      for (std::size_t i = 0; i < parts.rank; ++i) shape[i] = parts.whole[i];
      shape[parts.axis] = parts.sizes[n];
      TensorType type;
      type.scalar = parts.scalar;
      views.push_back(TensorView(step, detail::PartName('y', n), Role::Output, type,
                                 layout_of(parts.table, type, {shape, parts.rank}),
                                 kernel::Access::WriteOnly));
    }
    if (views.size() != last - first) return detail::error_at(detail::out_of_memory(), at);
    const SizeId groups =
        detail::for_each_of_parts(step, parts, first, last, schedule,
                                  [&](const ExpressionPoint& point, std::size_t n, Span<const Index> c) {
                                    const AnyValue bits = load_neighbours(step, x, point, point.coordinates);
                                    store_neighbours(step, views[n - first], point, c, bits);
                                  });
    if (Result<void> r = step.finish(groups); !r) return r.error();
  }
  return operation;
}
AIRSTRIP_INLINE Result<Operation> split(const SplitProblem& problem, const Target& target,
                                        SourceLocation at) {
  return detail::with_default(default_schedule(problem, target),
                              [&](const auto& schedule) { return split(problem, schedule, target, at); });
}

AIRSTRIP_TENSOR_NAMESPACE_END
