#pragma once

#include "../resize.hpp"
#include "move_family.hpp"
#include "resize_kernel.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE Fraction fraction_of(double value) {
  const float wanted = static_cast<float>(value);
  for (std::int64_t d = 1; d < 4096; ++d) {
    const double n = value * static_cast<double>(d);
    if (n > 0x1p30 || n < -0x1p30) break;
    const std::int64_t nearest = static_cast<std::int64_t>(n < 0 ? n - 0.5 : n + 0.5);
    if (static_cast<float>(static_cast<double>(nearest) / static_cast<double>(d)) == wanted)
      return {nearest, d};
  }
  return {};
}

namespace detail {

inline std::int64_t gcd_of(std::int64_t a, std::int64_t b) {
  const std::int64_t g = map_gcd(a, b);
  return g == 0 ? 1 : g;
}

/// Products of an index map that may pass 31 bits: refused where that is known, else when sizes are resolved.
inline Result<void> check_numerator(SizeTable& table, SizeId most, std::size_t axis) {
  constexpr std::int64_t limit = 0x7FFFFFFF;
  if (table.upper(most) <= limit) return {};
  if (table.lower(most) <= limit) {
    table.sub(table.literal(limit), most);
    return {};
  }
  String message("coordinates along axis ");
  message << counted(axis) << " are fractions of numbers up to "
          << static_cast<std::uint64_t>(table.lower(most))
          << ", and 2^31 - 1 is the most; resize in two steps";
  return refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
}

/// The coordinate in x along an axis, as numerator and denominator.
inline Result<void> describe_coordinate(const ResizeProblem& problem, IndexMap& map, std::size_t axis,
                                        std::size_t entry, ResizeAxis& a) {
  SizeTable& table = map.table();
  const SizeId one = table.literal(1);
  const MapId c = map.coordinate(axis);
  const auto size = [&](SizeId id) { return map.size(id); };
  const SizeId last = table.sub(table.max_of(a.n, one), one);
  SizeId most = table.literal(0);
  switch (problem.coordinates) {
    case ResizeCoordinates::HalfPixel:
    case ResizeCoordinates::HalfPixelSymmetric:
    case ResizeCoordinates::PytorchHalfPixel: {
      // ((2 c + 1) q - p) / 2 p for a scale of p / q.
      const MapId twice = map.add(map.mul(c, map.literal(2)), map.literal(1));
      a.numerator = map.sub(map.mul(twice, size(a.q)), size(a.p));
      if (problem.coordinates == ResizeCoordinates::HalfPixelSymmetric)
        a.numerator =
            map.add(a.numerator, map.sub(map.mul(size(a.n), size(a.p)), map.mul(size(a.m), size(a.q))));
      if (problem.coordinates == ResizeCoordinates::PytorchHalfPixel)
        a.numerator = map.choose(size(a.m), map.literal(2), map.literal(0), a.numerator);
      a.denominator = table.mul(a.p, 2);
      most = table.add(table.mul(table.mul(a.m, 3), a.q), table.mul(table.add(a.n, 5), a.p));
      break;
    }
    case ResizeCoordinates::AlignCorners: {
      // c (n - 1) q / (n p - q). One element of y is at 0, whatever the denominator is.
      const SizeId whole = table.mul(a.n, a.p);
      a.denominator = table.sub(table.max_of(whole, table.add(a.q, 1)), a.q);
      const SizeId factor = table.mul(last, a.q);
      a.numerator = map.mul(c, size(factor));
      most = table.add(table.mul(a.m, factor), table.mul(a.denominator, 2));
      break;
    }
    case ResizeCoordinates::Asymmetric:
      a.numerator = map.mul(c, size(a.q));
      a.denominator = a.p;
      most = table.add(table.mul(a.m, a.q), table.mul(a.p, 2));
      break;
    case ResizeCoordinates::TfCropAndResize: {
      Fraction begin = problem.roi_begin[entry], end = problem.roi_end[entry];
      const std::int64_t shared =
          begin.denominator / gcd_of(begin.denominator, end.denominator) * end.denominator;
      const std::int64_t b = begin.numerator * (shared / begin.denominator),
                         e = end.numerator * (shared / end.denominator);
      const SizeId steps = table.sub(table.max_of(a.m, table.literal(2)), one);
      a.denominator = table.mul(steps, 2 * shared);
      const MapId along =
          map.add(map.mul(map.literal(2 * b), size(steps)), map.mul(c, map.literal(2 * (e - b))));
      a.numerator = map.mul(size(last), map.choose(size(a.m), map.literal(2), map.literal(b + e), along));
      const auto magnitude = [](std::int64_t v) { return v < 0 ? -v : v; };
      most = table.mul(table.mul(table.max_of(a.n, one), table.add(steps, 1)),
                       2 * (magnitude(b) + magnitude(e)) + 4 * shared);
      break;
    }
  }
  a.last = last;
  return check_numerator(table, table.mul(most, problem.mode == ResizeMode::Nearest ? 2 : 1), axis);
}

inline Result<void> check_fraction(const Fraction& f, const char* what, std::size_t axis, bool positive) {
  constexpr std::int64_t most = 1 << 24;
  if (f.denominator > 0 && f.denominator <= most && f.numerator <= most &&
      f.numerator >= (positive ? 0 : -most))
    return {};
  String message(what);
  message << " of axis " << counted(axis)
          << " is no fraction of numbers up to 2^24 with a positive denominator";
  return invalid_shape(static_cast<String&&>(message));
}

/// Space and map of a resizing. Where elements are moved, the map gives them.
inline Result<void> describe_resize(const ResizeProblem& problem, Movement& m, ResizeAxes& axes) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  SizeTable& table = m.table;
  const std::size_t rank = m.x_layout.rank;
  const std::size_t entries = !problem.sizes.empty()  ? problem.sizes.rank()
                              : !problem.axes.empty() ? problem.axes.size()
                                                      : rank;
  std::size_t of_entry[Shape::max_rank];
  if (Result<void> r = entries_of(problem.axes, entries, rank, of_entry); !r) return r;
  if (problem.axes.empty() && entries != rank)
    return invalid_shape("there are not as many sizes as axes of x");
  const Result<std::uint64_t> fill =
      bits_of(problem.x.scalar, problem.extrapolation, "the extrapolation value");
  if (!fill) return fill.error();
  if (problem.mode != ResizeMode::Nearest && !kernel::is_float(problem.x.scalar)) {
    String message("x is of type ");
    message << to_string(problem.x.scalar) << ", and floats are interpolated; cast it before";
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  std::size_t entry_of[Shape::max_rank];
  for (std::size_t i = 0; i < rank; ++i) {
    ResizeAxis& a = axes.axes[i];
    entry_of[i] = Shape::max_rank;
    a.n = a.m = m.x_layout.shape[i];
    a.p = a.q = table.literal(1);
  }
  for (std::size_t e = 0; e < entries; ++e) {
    const std::size_t i = of_entry[e];
    ResizeAxis& a = axes.axes[i];
    const Fraction& scale = problem.scales[e];
    entry_of[i] = e;
    if (Result<void> r = check_fraction(scale, "the scale", i, true); !r) return r;
    if (Result<void> r = check_fraction(problem.roi_begin[e], "the region's begin", i, false); !r) return r;
    if (Result<void> r = check_fraction(problem.roi_end[e], "the region's end", i, false); !r) return r;
    if (problem.sizes.empty() && scale.numerator == 0) {
      String message("axis ");
      message << counted(i) << " has neither a size nor a scale";
      return invalid_shape(static_cast<String&&>(message));
    }
    if (scale.numerator != 0) {
      const std::int64_t g = gcd_of(scale.numerator, scale.denominator);
      a.p = table.literal(scale.numerator / g);
      a.q = table.literal(scale.denominator / g);
    }
    a.m = problem.sizes.empty() ? table.div(table.mul(a.n, a.p), a.q) : table.of(problem.sizes[e]);
    if (Result<void> r = check_size(table, a.m, "y", i); !r) return r;
    if (scale.numerator == 0) {
      std::int64_t g = 1;
      if (table.is_literal(a.m) && table.is_literal(a.n)) g = gcd_of(table.lower(a.m), table.lower(a.n));
      a.p = table.div(a.m, g);
      a.q = table.div(a.n, g);
    }
    // From an axis without elements nothing can be taken.
    if (table.is_literal(a.n, 0) && table.lower(a.m) > 0) {
      String message("axis ");
      message << counted(i) << " of x is empty, and y's is not";
      return invalid_shape(static_cast<String&&>(message));
    }
    if (!table.is_literal(a.n)) table.sub(a.n, table.min_of(a.m, table.literal(1)));
  }
  for (std::size_t i = 0; i < rank; ++i) m.add_axis(axes.axes[i].m);
  IndexMap& map = m.begin_map();
  for (std::size_t i = 0; i < rank; ++i) {
    ResizeAxis& a = axes.axes[i];
    const bool crops = problem.coordinates == ResizeCoordinates::TfCropAndResize;
    if (entry_of[i] == Shape::max_rank || (!crops && a.p == a.q && a.m == a.n)) {
      map.add_result(map.coordinate(i));
      continue;
    }
    a.is_resized = true;
    if (Result<void> r = describe_coordinate(problem, map, i, entry_of[i], a); !r) return r;
    if (crops) {
      map.require_not_negative(a.numerator);
      map.require_not_negative(map.sub(map.mul(map.size(a.last), map.size(a.denominator)), a.numerator));
    }
    if (problem.mode != ResizeMode::Nearest) {
      a.first = map.div(a.numerator, a.denominator);
      a.rest = map.mod(a.numerator, a.denominator);
      map.add_result(map.literal(0));
      continue;
    }
    const MapId d = map.size(a.denominator), twice = map.mul(a.numerator, map.literal(2));
    const SizeId two = table.mul(a.denominator, 2);
    MapId nearest = {};
    switch (problem.rounding) {
      case NearestRounding::Floor: nearest = map.div(a.numerator, a.denominator); break;
      case NearestRounding::Ceil:
        nearest = map.div(map.add(a.numerator, map.sub(d, map.literal(1))), a.denominator);
        break;
      case NearestRounding::RoundPreferCeil: nearest = map.div(map.add(twice, d), two); break;
      case NearestRounding::RoundPreferFloor:
        nearest = map.div(map.add(twice, map.sub(d, map.literal(1))), two);
        break;
    }
    map.add_result(map.clamp(nearest, a.n));
  }
  m.fill = *fill;
  return {};
}

/// What interpolation adds to the rules.
inline Result<void> check_interpolation(const ResizeProblem& problem, SizeTable& table, ResizeAxes& axes,
                                        const MoveSchedule& schedule, const Target& target, bool resolves) {
  if (Result<void> r = check_arithmetic(problem.x.scalar, target); !r) return r;
  std::size_t count = 0;
  SizeId iterations = table.literal(1);
  for (ResizeAxis& a : axes.axes) {
    if (!a.is_resized) continue;
    ++count;
    const std::int64_t reach = problem.mode == ResizeMode::Linear ? 1 : 2;
    // A filter is as wide in x as the scale is small: 2 ceil(reach max(q / p, 1)) elements.
    if (!problem.antialias) continue;
    a.reach = table.max_of(table.ceil_div(table.mul(a.q, reach), table.max_of(a.p, table.literal(1))),
                           table.literal(reach));
    a.filters = !table.is_literal(a.reach, reach);
    if (a.filters) iterations = table.mul(iterations, table.add(table.mul(a.reach, 2), 1));
  }
  if (count > 3) {
    String message("x is interpolated along ");
    message << counted(count) << " axes, and three are the most; resize some of them before";
    return refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
  }
  iterations = table.mul(iterations, std::int64_t{schedule.width} * schedule.items);
  if (target.max_loop_iterations == 0 || target.max_loop_iterations > 0x7FFFFFFF) return {};
  const std::int64_t most = static_cast<std::int64_t>(target.max_loop_iterations);
  if (table.lower(iterations) > most) {
    String message("an invocation would iterate ");
    message << static_cast<std::uint64_t>(table.lower(iterations)) << " times, and the device stops it after "
            << static_cast<std::uint64_t>(most) << "; resize in several steps";
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  if (resolves && table.upper(iterations) > most) table.sub(table.literal(most), iterations);
  return {};
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const ResizeProblem& problem, const MoveSchedule& schedule,
                                   const Target& target) {
  detail::ResizeAxes axes;
  if (Result<void> r = detail::movement_legal(
          problem, schedule, target, [&](Movement& m) { return detail::describe_resize(problem, m, axes); });
      !r || problem.mode == ResizeMode::Nearest)
    return r;
  SizeTable table;
  Movement movement(table);
  detail::ResizeAxes again;
  if (Result<void> r = detail::describe_checked(
          movement, [&](Movement& m) { return detail::describe_resize(problem, m, again); });
      !r)
    return r;
  return detail::check_interpolation(problem, table, again, schedule, target, false);
}

AIRSTRIP_INLINE MoveSchedule default_schedule(const ResizeProblem& problem, const Target& target) {
  detail::ResizeAxes axes;
  MoveSchedule schedule = detail::movement_schedule(
      target, [&](Movement& m) { return detail::describe_resize(problem, m, axes); });
  // Neighbours share nothing but words.
  if (problem.mode != ResizeMode::Nearest) schedule.width = element_bytes(problem.x.scalar) < 4 ? 2 : 1;
  return schedule;
}

AIRSTRIP_INLINE Result<Operation> resize(const ResizeProblem& problem, const MoveSchedule& schedule,
                                         const Target& target, SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  detail::ResizeAxes axes;
  const auto describe = [&](Movement& m) { return detail::describe_resize(problem, m, axes); };
  if (problem.mode == ResizeMode::Nearest)
    return detail::movement_operation(problem, schedule, target, at, describe);
  Operation operation;
  operation.set_target(target);
  Movement movement(operation.sizes_to_fill());
  if (Result<void> r = detail::describe_checked(movement, describe); !r)
    return detail::error_at(r.error(), at);
  if (Result<void> r = detail::check_interpolation(problem, movement.table, axes, schedule, target, true); !r)
    return detail::error_at(r.error(), at);
  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  StepBuilder step(operation, problem.name, options, at);
  detail::ResizeKernel kernel(step, problem, movement, axes);
  MoveOutput output(step, problem.x.scalar, problem.epilogue, {"y", problem.y},
                    {movement.space, movement.rank});
  const SizeId groups =
      for_each_point(step, {movement.space, movement.rank},
                     {schedule.workgroup, schedule.width, schedule.items}, [&](const ExpressionPoint& point) {
                       const AnyValue value = each_neighbour(
                           step, point, [&](Span<const Index> c) { return kernel.element(c); });
                       output.store_value(point, value);
                     });
  if (Result<void> r = step.finish(groups); !r) return r.error();
  return operation;
}
AIRSTRIP_INLINE Result<Operation> resize(const ResizeProblem& problem, const Target& target,
                                         SourceLocation at) {
  return detail::with_default(default_schedule(problem, target),
                              [&](const auto& schedule) { return resize(problem, schedule, target, at); });
}

AIRSTRIP_TENSOR_NAMESPACE_END
