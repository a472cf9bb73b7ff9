#pragma once

#include "../pool.hpp"
#include "../primitives/expression_emitter.hpp"
#include "../primitives/work_grid.hpp"
#include "check.hpp"
#include "pool_plan.hpp"
#include "pool_rows.hpp"
#include "pool_window.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline std::size_t pool_lane_axis(const PoolProblem& problem, const PoolSchedule& schedule) {
  return schedule.lane_axis == PoolSchedule::last_axis ? problem.x.shape.rank() - 1 : schedule.lane_axis;
}

inline Result<void> check_pool_span(const PoolProblem& problem, const PoolSchedule& schedule,
                                    const Target& target) {
  if (schedule.span == 1) return {};
  if (Result<void> r = check_range("span", schedule.span, 1, schedule.workgroup, "the workgroup"); !r)
    return r;
  String message("span is ");
  message << schedule.span;
  if (schedule.workgroup % schedule.span != 0) {
    message << ", and has to divide the workgroup, " << schedule.workgroup;
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  if (!problem.global || problem.indices || schedule.width != 1) {
    message << ", and has to be 1 but for a global pool without indices and a width of 1";
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  const std::uint64_t bytes = WorkgroupReduce::shared_bytes(schedule.workgroup, 8);
  if (bytes <= target.max_shared_memory) return {};
  message << ", and the workgroup shares " << bytes << " bytes for it; the target has "
          << target.max_shared_memory;
  return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
}

// The most iterations of an invocation's loops.
inline std::uint64_t pool_iterations(const PoolProblem& problem, const PoolSchedule& schedule,
                                     const Target& target) {
  SizeTable table;
  PoolAxis axes[3];
  const std::size_t spatial = problem.x.shape.rank() - 2;
  for (std::size_t i = 0; i < spatial; ++i) axes[i] = pool_axis(table, problem, i);
  if (PoolEmitter::unrolled_taps(table, axes, spatial, schedule.unroll) != 0) return schedule.width;
  // No tensor is larger than a storage buffer, whatever its parameters' maxima are.
  const std::uint64_t most = target.max_storage_buffer_range / element_bytes(problem.x.scalar);
  if (schedule.span > 1) {
    std::uint64_t elements = 1;
    for (std::size_t i = 0; i < spatial; ++i) {
      const auto size = static_cast<std::uint64_t>(table.upper(axes[i].in));
      elements = size != 0 && elements > most / size ? most : elements * size;
    }
    return RowPass::iterations(pool_row_schedule(problem, schedule), elements) + schedule.workgroup;
  }
  std::uint64_t iterations = 0, taps = 1;
  for (std::size_t i = 0; i < spatial; ++i) {
    const auto size = static_cast<std::uint64_t>(table.upper(axes[i].kernel));
    taps = size != 0 && taps > most / size ? most : taps * size;
    iterations += taps;
  }
  return (iterations + 1) * schedule.width;
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const PoolProblem& problem, const PoolSchedule& schedule,
                                   const Target& target) {
  if (Result<void> r = detail::check_pool_geometry(problem); !r) return r;
  if (Result<void> r = detail::check_pool_types(problem); !r) return r;
  if (Result<void> r = detail::check_workgroup(schedule.workgroup, target); !r) return r;
  if (Result<void> r = detail::check_range("width", schedule.width, 1, 4); !r) return r;
  if (Result<void> r = detail::check_range("unroll", schedule.unroll, 1, 256); !r) return r;
  if (Result<void> r = detail::check_pool_span(problem, schedule, target); !r) return r;
  const std::size_t rank = problem.x.shape.rank();
  if (schedule.lane_axis != PoolSchedule::last_axis)
    if (Result<void> r =
            detail::check_range("lane_axis", schedule.lane_axis, 0, rank - 1, "the output's axes");
        !r)
      return r;
  const std::uint64_t iterations = detail::pool_iterations(problem, schedule, target);
  if (target.max_loop_iterations != 0 && iterations > target.max_loop_iterations) {
    String message("an invocation may loop ");
    message << iterations << " times, and the device stops it after " << target.max_loop_iterations
            << "; share a global pool's windows (span), give sizes a maximum, or pool in several steps";
    return detail::refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  return {};
}

AIRSTRIP_INLINE PoolSchedule default_schedule(const PoolProblem& problem, const Target& target) {
  PoolSchedule schedule;
  schedule.workgroup = detail::default_workgroup(target);
  const Shape& strides = problem.x.strides;
  const std::size_t rank = problem.x.shape.rank();
  if (!detail::check_pool_geometry(problem) || !detail::check_pool_types(problem)) return schedule;
  const bool is_gpu = target.kind == DeviceKind::Gpu;
  SizeTable table;
  // Channels last: along them.
  if (strides.rank() == rank && strides[1] == Dimension(1) && !(strides[rank - 1] == Dimension(1))) {
    schedule.lane_axis = 1;
    schedule.width = 4;
  } else if (problem.global && !problem.indices) {
    if (is_gpu) schedule.span = schedule.workgroup;
    std::uint64_t elements = 1;
    bool literal = true;
    for (std::size_t i = 2; i < rank; ++i) {
      literal = literal && problem.x.shape[i].is_literal();
      elements *= static_cast<std::uint64_t>(problem.x.shape[i].value());
    }
    while (literal && schedule.span > 8 && schedule.span * std::uint64_t{4} > elements) schedule.span /= 2;
  } else if (!is_gpu && table.is_multiple(pool_output(table, problem, rank - 3), 2)) {
    // Measured on llvmpipe 22.3, windows of 2x2 on 112x112: 3.2 ms, one by one 4.4 ms.
    schedule.width = 2;
  }
  // Within the iterations that the device permits.
  while (problem.global && !problem.indices && schedule.workgroup * 2 <= detail::most_invocations(target) &&
         !legal(problem, schedule, target)) {
    schedule.width = 1;
    schedule.lane_axis = PoolSchedule::last_axis;
    schedule.workgroup *= 2;
    schedule.span = schedule.workgroup;
  }
  return schedule;
}

AIRSTRIP_INLINE Result<Operation> pool(const PoolProblem& problem, const PoolSchedule& schedule,
                                       const Target& target, SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  if (schedule.span > 1) return detail::pool_by_rows(problem, schedule, target, at);
  Operation operation;
  operation.set_target(target);
  SizeTable& table = operation.sizes_to_fill();
  const std::size_t rank = problem.x.shape.rank(), spatial = rank - 2;
  const std::size_t lane = detail::pool_lane_axis(problem, schedule);
  const std::uint32_t width = schedule.width;
  detail::PoolAxis axes[3];
  SizeId input[Shape::max_rank], output[Shape::max_rank];
  for (std::size_t i = 0; i < rank; ++i) input[i] = output[i] = table.of(problem.x.shape[i]);
  for (std::size_t i = 0; i < spatial; ++i) {
    axes[i] = detail::pool_axis(table, problem, i);
    output[i + 2] = axes[i].out;
  }
  // The axes as invocations go through them, that of the lanes last.
  std::size_t order[Shape::max_rank];
  SizeId counts[Shape::max_rank];
  std::size_t ordered = 0;
  for (std::size_t i = 0; i < rank; ++i)
    if (i != lane) order[ordered++] = i;
  order[ordered] = lane;
  for (std::size_t i = 0; i < rank; ++i) counts[i] = output[order[i]];
  counts[rank - 1] = table.ceil_div(output[lane], width);
  const SizeId count = table.product({counts, rank});
  const SizeId groups = table.ceil_div(count, schedule.workgroup);
  const WorkGrid grid(table, {groups});

  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  StepBuilder step(operation, problem.name, options, at);
  const Expression epilogue = detail::pool_epilogue(problem);
  detail::PoolEmitter emitter(step, problem, axes, spatial, {input, rank}, schedule.unroll);
  ExpressionEmitter results(step, epilogue, {output, rank});
  grid.run(step, [&](Span<const Index> ids) {
    const Index linear = ids[0] * schedule.workgroup + step.k.local_id().x;
    const auto one = [&] {
      Index split[Shape::max_rank], coordinates[Shape::max_rank];
      split_index(step, linear, {counts, rank}, split);
      for (std::size_t i = 0; i < rank; ++i) coordinates[order[i]] = split[i];
      if (width > 1) coordinates[lane] = coordinates[lane] * width;
      const auto points = [&](unsigned wide) {
        ExpressionPoint point;
        point.coordinates = {coordinates, rank};
        point.vector_axis = lane;
        point.width = wide;
        point.aligned = true;
        if (step.k.failed()) return;
        if (wide == 1 || lane < 2) {
          const Buffer<AnyValue> values = emitter.window(point.coordinates, wide, lane);
          results.run(point, {values.data(), values.size()});
          return;
        }
        // Neighbours along a spatial axis have windows of their own.
        AnyValue parts[2][4];
        const Index first = coordinates[lane];
        std::size_t primaries = 0;
        for (unsigned i = 0; i < wide; ++i) {
          if (i > 0) coordinates[lane] = first + i;
          const Buffer<AnyValue> values = emitter.window(point.coordinates, 1, lane);
          primaries = values.size();
          for (std::size_t v = 0; v < primaries; ++v) parts[v][i] = values[v];
        }
        coordinates[lane] = first;
        if (step.k.failed()) return;
        AnyValue vectors[2];
        for (std::size_t v = 0; v < primaries; ++v)
          vectors[v] = step.k.construct(kernel::Type(parts[v][0].type().scalar(), wide),
                                        Span<const AnyValue>(parts[v], wide));
        results.run(point, Span<const AnyValue>(vectors, primaries));
      };
      if (table.is_multiple(output[lane], width)) return points(width);
      const Index size = step.size(output[lane]);
      const Index start = coordinates[lane];
      step.k.if_(
          start + width <= size, [&] { points(width); },
          [&] {
            step.k.for_range<u32>(start, size, 1u, [&](Index each) {
              coordinates[lane] = each;
              points(1);
            });
          });
    };
    if (table.is_multiple(count, schedule.workgroup))
      one();
    else
      step.k.if_(linear < step.size(count), one);
  });
  if (Result<void> r = step.finish(grid.total()); !r) return r.error();
  return operation;
}

AIRSTRIP_INLINE Result<Operation> pool(const PoolProblem& problem, const Target& target, SourceLocation at) {
  return pool(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
