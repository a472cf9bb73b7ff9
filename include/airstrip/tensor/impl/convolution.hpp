#pragma once

#include "../convolution.hpp"
#include "convolution_direct.hpp"
#include "convolution_matmul.hpp"
#include "convolution_padding.hpp"
#include "convolution_rules.hpp"
#include "convolution_schedules.hpp"
#include "convolution_winograd.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

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
  if (table.out_of_memory()) return detail::refuse(ErrorCode::OutOfMemory, "out of memory for sizes");
  if (!shape) return shape.error();
  return detail::convolution_legal(problem, schedule, *shape, table, target);
}

AIRSTRIP_INLINE Result<Operation> convolution(const ConvolutionProblem& problem,
                                              const ConvolutionSchedule& schedule, const Target& target,
                                              SourceLocation at) {
  Operation operation;
  operation.set_target(target);
  SizeTable& table = operation.sizes_to_fill();
  const Result<detail::ConvolutionShape> shape = detail::convolution_shape(problem, table);
  if (table.out_of_memory()) return detail::refuse(ErrorCode::OutOfMemory, "out of memory for sizes", at);
  if (!shape) return detail::error_at(shape.error(), at);
  if (Result<void> r = detail::convolution_legal(problem, schedule, *shape, table, target); !r)
    return detail::error_at(r.error(), at);
  const Expression epilogue = epilogue_or(problem.epilogue, "y", shape->accumulator,
                                          detail::convolution_result_type(problem, shape->accumulator));
  if (Result<void> r = detail::emit_convolution(operation, problem, schedule, *shape, epilogue, at); !r)
    return detail::error_at(r.error(), at);
  return operation;
}

AIRSTRIP_INLINE Result<Operation> convolution(const ConvolutionProblem& problem, const Target& target,
                                              SourceLocation at) {
  return convolution(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
