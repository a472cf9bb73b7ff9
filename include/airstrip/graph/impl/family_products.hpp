#pragma once

#include "../families/products.hpp"
#include "expressions.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE bool Family<tensor::ConvolutionProblem>::is_read_once(const Problem& problem, std::size_t i) {
  if (i != 0) return problem.constant_w;
  for (std::size_t axis = 2; axis < problem.w.shape.rank(); ++axis)
    if (!(problem.w.shape[axis] == Dimension(1))) return false;
  return true;
}

AIRSTRIP_INLINE Scalar Family<tensor::ConvolutionProblem>::primary(const Problem& problem,
                                                                   std::uint32_t index) {
  if (index != 0) return Scalar::Void;
  return tensor::detail::convolution_accumulator(
      tensor::detail::prologue_scalar(problem.x_prologue, problem.x.scalar),
      tensor::detail::prologue_scalar(problem.w_prologue, problem.w.scalar));
}

AIRSTRIP_INLINE Result<void> Family<tensor::ConvolutionProblem>::infer(const Problem& problem,
                                                                       Inferred& result) {
  Problem bare = problem;
  bare.epilogue = Expression();
  const Result<tensor::detail::ConvolutionShape> shape =
      tensor::detail::ConvolutionChecker(bare, result.sizes).run();
  if (!shape) return shape.error();
  result.add(tensor::detail::convolution_result_type(problem, shape->accumulator),
             Span<const SizeId>(shape->y_shape, shape->rank()));
  return {};
}

AIRSTRIP_INLINE void Family<tensor::ConvolutionProblem>::describe(const Problem& problem,
                                                                  Attributes& attributes) {
  const std::size_t spatial = problem.x.shape.rank() > 2 ? problem.x.shape.rank() - 2 : 0;
  std::int64_t strides[3], dilations[3], pads[6];
  bool dilated = false, padded = false;
  for (std::size_t i = 0; i < spatial && i < 3; ++i) {
    strides[i] = problem.axes[i].stride;
    dilations[i] = problem.axes[i].dilation;
    pads[i] = problem.axes[i].pad_begin;
    pads[spatial + i] = problem.axes[i].pad_end;
    dilated = dilated || dilations[i] != 1;
    padded = padded || pads[i] != 0 || pads[spatial + i] != 0;
  }
  attributes.add("strides", Span<const std::int64_t>(strides, spatial));
  if (padded) attributes.add("pads", Span<const std::int64_t>(pads, 2 * spatial));
  if (dilated) attributes.add("dilations", Span<const std::int64_t>(dilations, spatial));
  if (!(problem.groups == Dimension(1))) attributes.add("groups", problem.groups.value());
  if (problem.transposed) attributes.add("transposed", true);
}

namespace detail {

/// Which tensor input `i` of a product is: 0 and 1 the operands, then scales and zero points of a and of b.
struct MatmulInput {
  bool of_a = true;
  enum class Part : std::uint8_t { Elements, Scales, ZeroPoints } part = Part::Elements;
};
inline bool matmul_input(const tensor::MatmulProblem& problem, std::size_t i, MatmulInput& found) {
  std::size_t at = 2;
  if (i < at) {
    found.of_a = i == 0;
    return true;
  }
  for (const bool of_a : {true, false}) {
    const tensor::Quantization& q = of_a ? problem.a.quantization : problem.b.quantization;
    found.of_a = of_a;
    found.part = MatmulInput::Part::Scales;
    if (q.bits && i == at++) return true;
    found.part = MatmulInput::Part::ZeroPoints;
    if (q.bits && q.zero_points && i == at++) return true;
  }
  return false;
}

}  // namespace detail

AIRSTRIP_INLINE std::size_t Family<tensor::MatmulProblem>::inputs(const Problem& problem) {
  std::size_t count = 2;
  for (const tensor::MatmulOperand* o : {&problem.a, &problem.b})
    if (o->quantization.bits) count += o->quantization.zero_points ? 2u : 1u;
  return count;
}

AIRSTRIP_INLINE Text Family<tensor::MatmulProblem>::input_name(const Problem& problem, std::size_t i) {
  detail::MatmulInput input;
  if (!detail::matmul_input(problem, i, input)) return {};
  using Part = detail::MatmulInput::Part;
  if (input.part == Part::Scales) return input.of_a ? "a_scales" : "b_scales";
  if (input.part == Part::ZeroPoints) return input.of_a ? "a_zero_points" : "b_zero_points";
  return input.of_a ? "a" : "b";
}

namespace detail {

inline Dimension& matmul_lines(tensor::MatmulProblem& problem, bool of_a) {
  return of_a ? problem.m : problem.n;
}

}  // namespace detail

AIRSTRIP_INLINE void Family<tensor::MatmulProblem>::bind(Problem& problem, std::size_t i,
                                                         const TensorType& type) {
  detail::MatmulInput input;
  if (!detail::matmul_input(problem, i, input)) return;
  tensor::MatmulOperand& operand = input.of_a ? problem.a : problem.b;
  if (input.part == detail::MatmulInput::Part::Scales) {
    operand.quantization.scale = type.scalar;
    return;
  }
  if (input.part == detail::MatmulInput::Part::ZeroPoints) return;
  const std::size_t rank = type.shape.rank();
  if (rank < 2) {
    detail::matmul_lines(problem, input.of_a) = Dimension(-1);  // told by infer
    return;
  }
  operand.batch = Shape();
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) operand.batch.push_back(type.shape[axis]);
  const bool lines_last = input.of_a == operand.transposed;
  detail::matmul_lines(problem, input.of_a) = type.shape[lines_last ? rank - 1 : rank - 2];
  if (operand.quantization.bits) return;
  operand.type = type.scalar;
  operand.strides = type.strides;
  const Dimension& k = type.shape[lines_last ? rank - 2 : rank - 1];
  // Both say k; one that differs shows when b is bound.
  if (input.of_a || problem.a.quantization.bits)
    problem.k = k;
  else if (!(problem.k == k))
    problem.k = Dimension(-1);
}

AIRSTRIP_INLINE void Family<tensor::MatmulProblem>::set_constant(Problem& problem, std::size_t i,
                                                                 bool is_constant) {
  if (i >= 2) return;
  tensor::MatmulOperand& operand = i == 0 ? problem.a : problem.b;
  operand.constant = is_constant;
  // What depends on the place in the batch is packed for each, and how many there are has to be known ahead of time, too.
  if (operand.prologue.inputs().empty() && !detail::uses_coordinates(operand.prologue)) return;
  for (const Shape* batch : {&problem.a.batch, &problem.b.batch})
    for (const Dimension& d : *batch) operand.constant = operand.constant && d.is_literal();
}

AIRSTRIP_INLINE Result<void> Family<tensor::MatmulProblem>::infer(const Problem& problem, Inferred& result) {
  const auto refuse = [](const char* message) {
    Diagnostic error;
    error.code = ErrorCode::InvalidShape;
    error.message = message;
    return error;
  };
  for (const bool of_a : {true, false})
    if (const Dimension lines = of_a ? problem.m : problem.n; lines.is_literal() && lines.value() < 0)
      return refuse(of_a ? "the operand a of a product has less than two axes; reshape it to [1, K]"
                         : "the operand b of a product has less than two axes; reshape it to [K, 1]");
  if (problem.k.is_literal() && problem.k.value() < 0)
    return refuse(
        "the operands of a product do not have the same number of elements along k: the columns of a and the "
        "rows of b");
  const Shape batches[2] = {problem.a.batch, problem.b.batch};
  const Result<Shape> batch = tensor::broadcast(batches);
  if (!batch) return batch.error();
  Shape shape = *batch;
  shape.push_back(problem.m);
  shape.push_back(problem.n);
  if (shape.rank() > Shape::max_rank) return refuse("a product has more than eight axes");
  result.add(problem.result, shape);
  return {};
}

AIRSTRIP_INLINE void Family<tensor::MatmulProblem>::describe(const Problem& problem, Attributes& attributes) {
  if (problem.a.transposed) attributes.add("transpose_a", true);
  if (problem.b.transposed) attributes.add("transpose_b", true);
  for (const tensor::MatmulOperand* o : {&problem.a, &problem.b})
    if (o->quantization.bits)
      attributes.add(o == &problem.a ? "bits_of_a" : "bits_of_b", std::int64_t{o->quantization.bits});
}

AIRSTRIP_GRAPH_NAMESPACE_END
