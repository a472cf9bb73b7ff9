#pragma once

#include "../normalize.hpp"
#include "batch_normalize.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Of these the power is made of square roots.
inline bool has_roots(double beta) { return beta == 1 || beta == 0.5 || beta == 0.25 || beta == 0.75; }

// t^beta of a t above 0.
inline AnyValue response_power(StepBuilder& step, AnyValue t, double beta) {
  const auto root = [&](AnyValue v) { return step.k.apply(kernel::Op::Sqrt, v); };
  if (beta == 1) return t;
  if (beta == 0.5) return root(t);
  if (has_roots(beta)) {
    const AnyValue half = root(t), quarter = root(half);
    return beta == 0.25 ? quarter : step.k.apply(kernel::Op::Mul, half, quarter);
  }
  const AnyValue operands[2] = {t, step.k.constant_float(t.type(), beta)};
  return emit_function(step, Function::Pow, operands);
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const LocalResponseProblem& problem, const LocalResponseSchedule& schedule,
                                   const Target& target) {
  const Text inputs[] = {"x"};
  if (Result<void> r =
          detail::check_channel_problem(problem.x, problem.prologue, problem.epilogue, inputs, {});
      !r)
    return r;
  const Scalar scalar = detail::prologue_scalar(problem.prologue, problem.x.scalar);
  if (scalar == Scalar::F64 && !detail::has_roots(problem.beta))
    return detail::refuse(
        ErrorCode::WrongType,
        "a beta other than 0.25, 0.5, 0.75 and 1 is a power that is not computed in f64; cast to "
        "f32 in the prologue");
  if (problem.size < 1 || problem.size > 65536) {
    String message("size is ");
    message << problem.size << ", and has to be 1 to 65536";
    return detail::refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  if (target.max_loop_iterations != 0 && problem.size > target.max_loop_iterations) {
    String message("an invocation may loop ");
    message << problem.size << " times, and the device stops it after " << target.max_loop_iterations;
    return detail::refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  return detail::check_workgroup(schedule.workgroup, target);
}

AIRSTRIP_INLINE LocalResponseSchedule default_schedule(const LocalResponseProblem&, const Target& target) {
  return {detail::default_workgroup(target)};
}

AIRSTRIP_INLINE Result<Operation> local_response_normalize(const LocalResponseProblem& problem,
                                                           const LocalResponseSchedule& schedule,
                                                           const Target& target, SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  Operation operation;
  operation.set_target(target);
  SizeTable& table = operation.sizes_to_fill();
  const Shape& shape = problem.x.shape;
  SizeId space[Shape::max_rank];
  for (std::size_t i = 0; i < shape.rank(); ++i) space[i] = table.of(shape[i]);
  const Scalar stored = detail::prologue_scalar(problem.prologue, problem.x.scalar);
  const Scalar computed = detail::float_scalar(stored);
  const Expression loaded = prologue_of(problem.prologue, "x", problem.x);
  const Expression epilogue = epilogue_or(problem.epilogue, "y", computed, stored);
  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  StepBuilder step(operation, problem.name, options, at);
  kernel::KernelBuilder& k = step.k;
  ExpressionEmitter loads(step, loaded, {space, shape.rank()}, ExpressionUse::Prologue);
  ExpressionEmitter stores(step, epilogue, {space, shape.rank()});
  if (!k.failed()) {
    ExpressionEmitter* const emitters[] = {&loads, &stores};
    detail::merge_spaces(emitters, 2);
  }
  const kernel::Type type(computed);
  const auto body = [&](const ExpressionPoint& point) {
    using kernel::Op;
    Index coordinates[Shape::max_rank];
    for (std::size_t i = 0; i < point.coordinates.size(); ++i) coordinates[i] = point.coordinates[i];
    ExpressionPoint neighbour = point;
    neighbour.coordinates = {coordinates, point.coordinates.size()};
    const auto load = [&] {
      AnyValue value;
      loads.evaluate(neighbour, {}, &value);
      return k.failed() ? AnyValue() : emit_cast(step, value, computed);
    };
    const Index channel = point.coordinates[1];
    const std::uint32_t before = (problem.size - 1) / 2, after = problem.size - 1 - before;
    const Index first = (kernel::max)(channel, before) - before;
    const Index end = (kernel::min)(channel + (after + 1), step.size(loads.space()[1]));
    const kernel::AnyVariable sum = k.variable(type);
    k.store(sum, k.constant_float(type, 0));
    k.for_range<u32>(first, end, 1u, [&](Index each) {
      coordinates[1] = each;
      const AnyValue value = load();
      if (k.failed()) return;
      const AnyValue square = k.apply(Op::Mul, value, value);
      const AnyValue old = k.load(sum);
      k.store(sum, k.apply(Op::Add, old, square));
    });
    coordinates[1] = channel;
    const AnyValue value = load();
    if (k.failed()) return;
    const AnyValue scaled =
        k.apply(Op::Mul, k.load(sum), k.constant_float(type, problem.alpha / problem.size));
    const AnyValue base = k.apply(Op::Add, scaled, k.constant_float(type, problem.bias));
    const AnyValue divisor = detail::response_power(step, base, problem.beta);
    const AnyValue result = k.apply(Op::Div, value, divisor);
    stores.run(point, Span<const AnyValue>(&result, 1));
  };
  ElementwiseSchedule points;
  points.workgroup = schedule.workgroup;
  if (Result<void> r = detail::each_point(step, loads.space(), points, Phase::Run, body); !r)
    return r.error();
  return operation;
}

AIRSTRIP_INLINE Result<Operation> local_response_normalize(const LocalResponseProblem& problem,
                                                           const Target& target, SourceLocation at) {
  return local_response_normalize(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
