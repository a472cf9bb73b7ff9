// Which schedules of a convolution are legal.
#pragma once

#include "convolution_matmul.hpp"
#include "convolution_winograd.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Multiply-adds written out one behind the other: what compilers, and lavapipe's above all, still take.
inline constexpr std::uint64_t max_unrolled = 4096;

// Loop iterations of an invocation of the direct method.
inline std::int64_t direct_iterations(const ConvolutionProblem& problem, const ConvolutionSchedule& schedule,
                                      const ConvolutionShape& shape, SizeTable& table) {
  const std::int64_t depth = table.upper(shape.read_channels);
  std::int64_t window = 0;
  for (std::size_t i = shape.spatial; i-- > 0;)
    if (i + schedule.unroll < shape.spatial)
      window =
          mul_saturated(table.upper(window_axis(problem, shape, i, table).taps), add_saturated(window, 1));
  if (table.is_literal(shape.read_channels) && depth <= schedule.depth) return mul_saturated(depth, window);
  // Those that remain after the last whole iteration are done one by one.
  const std::int64_t rest = table.is_multiple(shape.read_channels, schedule.depth) ? 0 : schedule.depth - 1;
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
    message << schedule.channels << ", and a group has " << table.to_string(shape.group_outputs)
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
              << " is the parameter " << table.to_string(shape.kernel[i]);
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

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
