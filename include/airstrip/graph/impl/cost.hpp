// How much a dispatch computes.
#pragma once

#include "../graph.hpp"
#include "expressions.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

inline std::uint64_t most_elements(const Shape& shape) {
  double count = 1;
  for (const Dimension& d : shape) count *= static_cast<double>(d.value());
  return count < 9.0e18 ? static_cast<std::uint64_t>(count) : 0x7FFFFFFFFFFFFFFFu;
}

/// Multiplications, additions and functions of one of a node's kernels, at the largest sizes: two for each product of a sum, one
/// for each function of an expression. Of packing and of what only moves elements: one for each that is written. Where a node
/// has several kernels, the one that is called as the family is has the products; the others transform `written` elements.
inline std::uint64_t operations_of(const Graph& graph, const Node& node, const tensor::Step& step,
                                   bool is_alone, std::uint64_t written) {
  if (node.outputs.empty()) return 0;
  if (step.phase == tensor::Phase::Run && !is_alone && !(step.kernel.name() == node.op->name()))
    return written;
  const std::uint64_t outputs = most_elements(graph.type(node.outputs[0]).shape);
  if (step.phase == tensor::Phase::Prepare)
    return node.inputs.size() > 1 && node.inputs[1] != ValueId::Absent
               ? most_elements(graph.type(node.inputs[1]).shape)
               : outputs;
  std::uint64_t each = 1;
  if (const auto* convolution = problem_of<tensor::ConvolutionProblem>(*node.op)) {
    const Shape& w = convolution->w.shape;
    std::uint64_t products = 1;
    for (std::size_t i = 1; i < w.rank(); ++i) products *= static_cast<std::uint64_t>(w[i].value());
    each = 2 * products;
  } else if (const auto* matmul = problem_of<tensor::MatmulProblem>(*node.op)) {
    each = 2 * static_cast<std::uint64_t>(matmul->k.value());
  } else if (const auto* pool = problem_of<tensor::PoolProblem>(*node.op); pool && !pool->global) {
    each = std::uint64_t{pool->kernel[0]} * pool->kernel[1] * pool->kernel[2];
  }
  std::uint64_t functions = 0;
  if (const Expression* const e = const_cast<Operator&>(*node.op).epilogue()) functions = function_count(*e);
  std::uint64_t all = outputs * (each + functions);
  const std::uint64_t inputs = node.inputs.empty() || node.inputs[0] == ValueId::Absent
                                   ? 0
                                   : most_elements(graph.type(node.inputs[0]).shape);
  return all > inputs ? all : inputs;
}

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
