#pragma once

#include "../convolution.hpp"
#include "convolution_direct.hpp"
#include "convolution_matmul.hpp"
#include "convolution_padding.hpp"
#include "convolution_winograd.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Multiply-adds written out one behind the other: what compilers, and lavapipe's above all, still take.
inline constexpr std::uint64_t max_unrolled = 4096;

// Loop iterations of an invocation of the direct method.
inline std::int64_t direct_iterations(const ConvolutionProblem& problem, const ConvolutionSchedule& schedule,
                                      const ConvolutionShape& shape, SizeTable& table) {
  const std::int64_t depth = table.upper(shape.group_channels);
  std::int64_t window = 0;
  for (std::size_t i = shape.spatial; i-- > 0;)
    if (i + schedule.unroll < shape.spatial)
      window =
          mul_saturated(table.upper(window_axis(problem, shape, i, table).taps), add_saturated(window, 1));
  if (table.is_literal(shape.group_channels) && depth <= schedule.depth) return mul_saturated(depth, window);
  // Those that remain after the last whole iteration are done one by one.
  const std::int64_t rest = table.is_multiple(shape.group_channels, schedule.depth) ? 0 : schedule.depth - 1;
  return add_saturated(add_saturated(depth / schedule.depth, rest), mul_saturated(depth, window));
}

inline Result<void> direct_legal(const ConvolutionProblem& problem, const ConvolutionSchedule& schedule,
                                 const ConvolutionShape& shape, SizeTable& table, const Target& target) {
  if (Result<void> r = check_workgroup(schedule.workgroup, target); !r) return r;
  if (Result<void> r = check_range("channels", schedule.channels, 1, 64); !r) return r;
  if (Result<void> r = check_range("pixels", schedule.pixels, 1, 16); !r) return r;
  if (Result<void> r = check_range("depth", schedule.depth, 1, 64); !r) return r;
  if (schedule.channels > 1 && table.is_literal(shape.group_outputs) &&
      table.lower(shape.group_outputs) < schedule.channels) {
    String message("channels is ");
    message << schedule.channels << ", and a group has " << Text(table.to_string(shape.group_outputs))
            << " output channels";
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  if (Result<void> r = check_range("unroll", schedule.unroll, 0, shape.spatial, "spatial axes"); !r) return r;
  std::uint64_t unrolled = std::uint64_t{schedule.channels} * schedule.pixels * schedule.depth;
  for (std::size_t i = shape.spatial - schedule.unroll; i < shape.spatial; ++i) {
    if (!table.is_literal(shape.kernel[i])) {
      const std::uint64_t axis = i;
      String message("unroll is ");
      message << schedule.unroll << ", and the kernel's size along spatial axis " << axis
              << " is the parameter " << Text(table.to_string(shape.kernel[i]));
      return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
    }
    const std::uint64_t taps =
        static_cast<std::uint64_t>(table.upper(window_axis(problem, shape, i, table).taps));
    unrolled = taps > max_unrolled ? max_unrolled + 1 : unrolled * taps;
    if (unrolled > max_unrolled) break;
  }
  if (Result<void> r = check_range("channels * pixels * depth * unrolled taps", unrolled, 0, max_unrolled);
      !r)
    return r;
  const std::uint64_t iterations =
      static_cast<std::uint64_t>(direct_iterations(problem, schedule, shape, table));
  if (target.max_loop_iterations != 0 && iterations > target.max_loop_iterations) {
    String message("an invocation loops up to ");
    message << iterations << " times, and the target allows " << target.max_loop_iterations
            << "; a larger depth, more unrolled axes or a smaller maximum of a parameter makes it less";
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  return {};
}

inline Result<void> convolution_legal(const ConvolutionProblem& problem, const ConvolutionSchedule& schedule,
                                      const ConvolutionShape& shape, SizeTable& table, const Target& target) {
  if (shape.accumulator == Scalar::F64 && !target.permits(spirv::Capability::Float64))
    return refuse(ErrorCode::MissingCapability,
                  "the convolution sums in f64, which the target lacks (Float64)");
  switch (schedule.method) {
    case ConvolutionMethod::Winograd2x2:
    case ConvolutionMethod::Winograd4x4: return winograd_legal(problem, schedule, shape, table, target);
    case ConvolutionMethod::ImplicitMatmul: return implicit_legal(problem, schedule, shape, table, target);
    default: return direct_legal(problem, schedule, shape, table, target);
  }
}

inline Result<void> emit_convolution(Operation& operation, const ConvolutionProblem& problem,
                                     const ConvolutionSchedule& schedule, const ConvolutionShape& shape,
                                     const Expression& epilogue, SourceLocation at) {
  switch (schedule.method) {
    case ConvolutionMethod::Winograd2x2:
    case ConvolutionMethod::Winograd4x4:
      return WinogradConvolution(operation, problem, schedule, shape, epilogue, at).run();
    case ConvolutionMethod::ImplicitMatmul:
      return ImplicitConvolution(operation, problem, schedule, shape, epilogue, at).run();
    default: break;
  }
  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  StepBuilder step(operation, problem.name, options, at);
  DirectConvolution direct(step, problem, schedule, shape, epilogue);
  if (step.k.failed()) return step.finish(operation.sizes_to_fill().literal(0));
  const SizeId groups = direct.run();
  return step.finish(groups);
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const ConvolutionProblem& problem, const ConvolutionSchedule& schedule,
                                   const Target& target) {
  SizeTable table;
  const Result<detail::ConvolutionShape> shape = detail::convolution_shape(problem, table);
  if (!shape) return detail::copy_of(shape.error());
  return detail::convolution_legal(problem, schedule, *shape, table, target);
}

AIRSTRIP_INLINE ConvolutionSchedule default_schedule(const ConvolutionProblem& problem,
                                                     const Target& target) {
  ConvolutionSchedule s;
  SizeTable t;
  const Result<detail::ConvolutionShape> made = detail::convolution_shape(problem, t);
  if (!made) return s;
  const detail::ConvolutionShape& shape = *made;
  const bool gpu = target.kind == DeviceKind::Gpu;
  s.workgroup = target.max_workgroup_invocations < 64 ? target.max_workgroup_invocations : 64;
  s.channels = 8;
  s.pixels = gpu ? 2 : 4;
  while (s.channels > 1 && t.upper(shape.group_outputs) < s.channels) s.channels /= 2;
  // A lone channel's pixels share what they read; more channels share it among them.
  if (s.channels == 1) s.pixels = 4;
  while (s.pixels > 1 && t.upper(shape.out[shape.spatial - 1]) < s.pixels) s.pixels /= 2;
  // What is written out costs the driver's compiler time: a few hundred multiply-adds are enough to hide the loop. The
  // last axis comes first: pixels share what they read along it.
  std::uint64_t body = std::uint64_t{s.channels} * s.pixels;
  s.unroll = 0;
  while (s.unroll < shape.spatial) {
    const SizeId kernel = shape.kernel[shape.spatial - 1 - s.unroll];
    if (!t.is_literal(kernel) || t.lower(kernel) > 64) break;
    const std::uint64_t taps = static_cast<std::uint64_t>(t.lower(kernel));
    if (body * taps > (s.unroll == 0 ? 512 : 256)) break;
    body *= taps;
    ++s.unroll;
  }
  while (s.depth < 8 && body * 2 <= 128 && t.upper(shape.group_channels) > s.depth) {
    s.depth *= 2;
    body *= 2;
  }
  while (s.depth < 64 && !detail::convolution_legal(problem, s, shape, t, target)) s.depth *= 2;
  return s;
}

AIRSTRIP_INLINE Result<Operation> convolution(const ConvolutionProblem& problem,
                                              const ConvolutionSchedule& schedule, const Target& target,
                                              SourceLocation at) {
  Operation operation;
  operation.set_target(target);
  SizeTable& table = operation.sizes_to_fill();
  const auto located = [&](const Diagnostic& found) {
    Diagnostic error = detail::copy_of(found);
    if (error.where.line == 0) error.where = at;
    return error;
  };
  const Result<detail::ConvolutionShape> shape = detail::convolution_shape(problem, table);
  if (!shape) return located(shape.error());
  if (Result<void> r = detail::convolution_legal(problem, schedule, *shape, table, target); !r)
    return located(r.error());
  const Expression epilogue = epilogue_or(problem.epilogue, "y", shape->accumulator,
                                          detail::convolution_result_type(problem, shape->accumulator));
  if (Result<void> r = detail::emit_convolution(operation, problem, schedule, *shape, epilogue, at); !r)
    return located(r.error());
  return operation;
}

AIRSTRIP_INLINE Result<Operation> convolution(const ConvolutionProblem& problem, const Target& target,
                                              SourceLocation at) {
  return convolution(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
