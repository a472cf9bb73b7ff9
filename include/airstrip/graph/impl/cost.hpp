// How much a dispatch computes.
#pragma once

#include "../graph.hpp"
#include "elements.hpp"
#include "expressions.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// Products and sums of each element of a node's first result, at the largest sizes: two for each product of a sum.
inline std::int64_t operations_each(const Node& node) {
  using tensor::detail::mul_saturated;
  if (const auto* convolution = problem_of<tensor::ConvolutionProblem>(*node.op)) {
    std::int64_t each = 2;
    for (std::size_t i = 1; i < convolution->w.shape.rank(); ++i)
      each = mul_saturated(each, convolution->w.shape[i].value());
    return each;
  }
  if (const auto* matmul = problem_of<tensor::MatmulProblem>(*node.op))
    return mul_saturated(2, matmul->k.value());
  if (const auto* pool = problem_of<tensor::PoolProblem>(*node.op); pool && !pool->global)
    return mul_saturated(mul_saturated(pool->kernel[0], pool->kernel[1]), pool->kernel[2]);
  return 1;
}

/// Multiplications, additions and functions of one of a node's kernels, at the largest sizes: two for each product of a sum, one
/// for each function of an expression. Of packing and of what only moves elements: one for each that is written. Where a node
/// has several kernels, the one that is called as the family is has the products; the others transform `written` elements.
inline std::uint64_t operations_of(const Graph& graph, const Node& node, const tensor::Step& step,
                                   bool is_alone, std::uint64_t written) {
  if (node.outputs.empty()) return 0;
  if (step.phase == tensor::Phase::Run && !is_alone && !(step.kernel.name() == node.op->name()))
    return written;
  const std::int64_t outputs = most_elements(graph.type(node.outputs[0]).shape);
  if (step.phase == tensor::Phase::Prepare)
    return static_cast<std::uint64_t>(node.inputs.size() > 1 && node.inputs[1] != ValueId::Absent
                                          ? most_elements(graph.type(node.inputs[1]).shape)
                                          : outputs);
  std::int64_t functions = 0;
  if (const Expression* const e = const_cast<Operator&>(*node.op).epilogue()) functions = function_count(*e);
  const std::int64_t all =
      tensor::detail::mul_saturated(outputs, tensor::detail::add_saturated(operations_each(node), functions));
  const std::int64_t inputs = node.inputs.empty() || node.inputs[0] == ValueId::Absent
                                  ? 0
                                  : most_elements(graph.type(node.inputs[0]).shape);
  return static_cast<std::uint64_t>(all > inputs ? all : inputs);
}

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
