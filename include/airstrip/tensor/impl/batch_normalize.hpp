#pragma once

#include "../normalize.hpp"
#include "normalize.hpp"
#include "points.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// [channels] with axes of one element for those behind them.
inline Shape channel_shape(const Shape& x) {
  Shape shape;
  for (std::size_t i = 1; i < x.rank(); ++i) shape.push_back(i == 1 ? x[1] : Dimension(1));
  return shape;
}

inline Result<void> check_channel_problem(const TensorType& input, const Expression& prologue,
                                          const Expression& epilogue, Span<const Text> inputs,
                                          Span<const Text> others) {
  if (Result<void> r = check_shape("x", input.shape); !r) return r;
  if (input.shape.rank() < 2) {
    String message("x has the shape ");
    message << to_string(input.shape) << ", and has to be [batch, channels, …]";
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  if (Result<void> r = check_prologue(prologue, input.scalar); !r) return r;
  const Scalar scalar = prologue_scalar(prologue, input.scalar);
  if (!kernel::is_float(scalar)) {
    String message("normalising ");
    message << to_string(scalar) << " is not defined; cast it in the prologue";
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  if (Result<void> r = check_epilogue(epilogue, float_scalar(scalar)); !r) return r;
  const Text y[] = {"y"};
  return check_fused_names({&prologue}, epilogue, {inputs, others, y});
}

class BatchNormalizer {
public:
  BatchNormalizer(Operation& operation, const BatchNormalizeProblem& problem,
                  const BatchNormalizeSchedule& schedule, SourceLocation at)
      : operation_(operation), problem_(problem), schedule_(schedule), at_(at),
        computed_(float_scalar(prologue_scalar(problem.prologue, problem.x.scalar))),
        weights_{problem.weights, channel_shape(problem.x.shape)}, folded_{computed_, weights_.shape} {
    options_.workgroup = {schedule.elementwise.workgroup, 1, 1};
  }

  Result<void> run() {
    if (schedule_.folds) {
      Expression factor;
      factor.output("factor", factor_of(factor));
      if (Result<void> r = prepare("fold_factor", factor, "factor"); !r) return r;
      Expression offset;
      const Expr bias = weight(offset, "bias"), mean = weight(offset, "mean");
      offset.output("offset", bias - mean * offset.input("factor", folded_));
      if (Result<void> r = prepare("fold_offset", offset, "offset"); !r) return r;
    }
    Expression affine;
    const Expr x = affine.primary(computed_);
    if (schedule_.folds) {
      const Expr scaled = x * affine.input("factor", folded_);
      affine.output("scaled", scaled + affine.input("offset", folded_));
    } else {
      const Expr centred = x - weight(affine, "mean");
      affine.output("scaled", centred * factor_of(affine) + weight(affine, "bias"));
    }
    return apply(affine);
  }

private:
  Expr weight(Expression& e, Text name) { return e.cast(e.input(name, weights_), computed_); }
  Expr factor_of(Expression& e) {
    const Expr variance = weight(e, "variance"), scale = weight(e, "scale");
    return scale * tensor::apply(Function::Rsqrt, variance + problem_.epsilon);
  }

  // Once, for each channel.
  Result<void> prepare(Text name, const Expression& expression, Text output) {
    SizeTable& table = operation_.sizes_to_fill();
    SizeId space[Shape::max_rank];
    for (std::size_t i = 0; i < folded_.shape.rank(); ++i) space[i] = table.of(folded_.shape[i]);
    StepBuilder step(operation_, name, options_, at_);
    ExpressionEmitter emitter(step, expression, {space, folded_.shape.rank()});
    emitter.merge_axes();
    const Result<void> r = each_point(step, emitter.space(), schedule_.elementwise, Phase::Prepare,
                                      [&](const ExpressionPoint& point) { emitter.run(point, {}); });
    if (!r) return r.error();
    Operand& operand = operation_.operands_to_fill()[operation_.find(output)];
    operand.role = Role::Packed;
    operand.layout = "an element a channel";
    return {};
  }

  Result<void> apply(const Expression& affine) {
    SizeTable& table = operation_.sizes_to_fill();
    const Shape& shape = problem_.x.shape;
    SizeId space[Shape::max_rank];
    for (std::size_t i = 0; i < shape.rank(); ++i) space[i] = table.of(shape[i]);
    const Scalar stored = prologue_scalar(problem_.prologue, problem_.x.scalar);
    const Expression loaded = prologue_of(problem_.prologue, "x", problem_.x);
    const Expression epilogue = epilogue_or(problem_.epilogue, "y", computed_, stored);
    StepBuilder step(operation_, problem_.name, options_, at_);
    ExpressionEmitter loads(step, loaded, {space, shape.rank()}, ExpressionUse::Prologue);
    ExpressionEmitter scales(step, affine, {space, shape.rank()}, ExpressionUse::Prologue);
    ExpressionEmitter stores(step, epilogue, {space, shape.rank()});
    if (!step.k.failed()) {
      ExpressionEmitter* const emitters[] = {&loads, &scales, &stores};
      merge_spaces(emitters, 0);
    }
    return each_point(step, stores.space(), schedule_.elementwise, Phase::Run,
                      [&](const ExpressionPoint& point) {
                        AnyValue value, scaled;
                        loads.evaluate(point, {}, &value);
                        if (step.k.failed()) return;
                        value = emit_cast(step, value, computed_);
                        scales.evaluate(point, Span<const AnyValue>(&value, 1), &scaled);
                        if (!step.k.failed()) stores.run(point, Span<const AnyValue>(&scaled, 1));
                      });
  }

  Operation& operation_;
  const BatchNormalizeProblem& problem_;
  const BatchNormalizeSchedule& schedule_;
  SourceLocation at_;
  Scalar computed_;
  TensorType weights_, folded_;
  kernel::KernelOptions options_;
};

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const BatchNormalizeProblem& problem,
                                   const BatchNormalizeSchedule& schedule, const Target& target) {
  const Text inputs[] = {"x", "scale", "bias", "mean", "variance"}, folded[] = {"factor", "offset"};
  if (Result<void> r = detail::check_channel_problem(problem.x, problem.prologue, problem.epilogue, inputs,
                                                     Span<const Text>(folded, schedule.folds ? 2 : 0));
      !r)
    return r;
  if (!kernel::is_float(problem.weights))
    return detail::refuse(ErrorCode::WrongType, "scale, bias, mean and variance have to be floats");
  if (Result<void> r = detail::check_epsilon(problem.epsilon); !r) return r;
  if (Result<void> r = detail::check_workgroup(schedule.elementwise.workgroup, target); !r) return r;
  if (Result<void> r = detail::check_range("width", schedule.elementwise.width, 1, 4); !r) return r;
  return detail::check_range("items", schedule.elementwise.items, 1, 64);
}

AIRSTRIP_INLINE BatchNormalizeSchedule default_schedule(const BatchNormalizeProblem&, const Target& target) {
  BatchNormalizeSchedule schedule;
  schedule.elementwise.workgroup = detail::default_workgroup(target);
  schedule.elementwise.width = 4;
  return schedule;
}

AIRSTRIP_INLINE Result<Operation> batch_normalize(const BatchNormalizeProblem& problem,
                                                  const BatchNormalizeSchedule& schedule,
                                                  const Target& target, SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  Operation operation;
  operation.set_target(target);
  if (Result<void> r = detail::BatchNormalizer(operation, problem, schedule, at).run(); !r) return r.error();
  return operation;
}

AIRSTRIP_INLINE Result<Operation> batch_normalize(const BatchNormalizeProblem& problem, const Target& target,
                                                  SourceLocation at) {
  return batch_normalize(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
