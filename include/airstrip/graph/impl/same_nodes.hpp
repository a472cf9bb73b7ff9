// Whether two nodes compute the same.
#pragma once

#include "../graph.hpp"

#include <cstring>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

inline bool same(const tensor::Integers& a, const tensor::Integers& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size() && i < Shape::max_rank; ++i)
    if (a[i] != b[i]) return false;
  return true;
}
inline bool same(const Expression& a, const Expression& b) {
  if (a.nodes().size() != b.nodes().size() || a.outputs().size() != b.outputs().size() ||
      a.inputs().size() != b.inputs().size())
    return false;
  for (std::size_t i = 0; i < a.nodes().size(); ++i) {
    const Expression::Node &x = a.nodes()[i], &y = b.nodes()[i];
    if (x.function != y.function || x.type != y.type || x.bits != y.bits) return false;
    for (unsigned k = 0; k < tensor::info_of(x.function).operand_count; ++k)
      if (x.operands[k] != y.operands[k]) return false;
    if (x.function == tensor::Function::Parameter) {
      if (!(a.text(a.parameters()[x.immediate].name) == b.text(b.parameters()[y.immediate].name)))
        return false;
    } else if (x.immediate != y.immediate) {
      return false;
    }
  }
  for (std::size_t i = 0; i < a.inputs().size(); ++i)
    if (!(a.text(a.inputs()[i].name) == b.text(b.inputs()[i].name))) return false;
  for (std::size_t i = 0; i < a.outputs().size(); ++i)
    if (a.outputs()[i].node != b.outputs()[i].node) return false;
  return true;
}

// By problem, for what is printed of an operator need not be all of it. Inputs and the types of results are compared by
// `same_nodes`.
inline bool same(const tensor::ElementwiseProblem& a, const tensor::ElementwiseProblem& b) {
  return same(a.expression, b.expression);
}
inline bool same(const Reshape&, const Reshape&) { return true; }
inline bool same(const tensor::CopyProblem&, const tensor::CopyProblem&) { return true; }
inline bool same(const tensor::TransposeProblem& a, const tensor::TransposeProblem& b) {
  return same(a.permutation, b.permutation);
}
inline bool same(const tensor::SliceProblem& a, const tensor::SliceProblem& b) {
  return a.starts == b.starts && a.ends == b.ends && same(a.axes, b.axes) && same(a.steps, b.steps);
}
inline bool same(const tensor::GatherProblem& a, const tensor::GatherProblem& b) { return a.axis == b.axis; }
inline bool same(const Concat& a, const Concat& b) { return a.axis == b.axis && a.count == b.count; }
inline bool same(const Split& a, const Split& b) {
  return a.axis == b.axis && a.sizes.size() == b.sizes.size();
}
inline bool same(const tensor::ReduceProblem& a, const tensor::ReduceProblem& b) {
  return a.kind == b.kind && same(a.axes, b.axes) && a.keepdims == b.keepdims &&
         a.noop_with_empty_axes == b.noop_with_empty_axes && a.select_last_index == b.select_last_index;
}
inline bool same(const tensor::SoftmaxProblem& a, const tensor::SoftmaxProblem& b) {
  return a.log == b.log && same(a.axes, b.axes);
}
inline bool same(const tensor::MatmulProblem& a, const tensor::MatmulProblem& b) {
  return a.a.transposed == b.a.transposed && a.b.transposed == b.b.transposed &&
         a.accumulate == b.accumulate && a.a.quantization.bits == 0 && a.b.quantization.bits == 0 &&
         b.a.quantization.bits == 0 && b.b.quantization.bits == 0;
}
inline bool same(const tensor::ConvolutionProblem& a, const tensor::ConvolutionProblem& b) {
  for (std::size_t i = 0; i < 3; ++i) {
    const tensor::ConvolutionAxis &x = a.axes[i], &y = b.axes[i];
    if (x.stride != y.stride || x.dilation != y.dilation || x.pad_begin != y.pad_begin ||
        x.pad_end != y.pad_end || x.output_padding != y.output_padding)
      return false;
  }
  return a.groups == b.groups && a.transposed == b.transposed && a.precise == b.precise;
}

inline bool same_value(const Graph& g, ValueId a, ValueId b) {
  if (a == b) return true;
  const Value &x = g.value(a), &y = g.value(b);
  // The same number is written down again and again.
  return x.is_constant && y.is_constant && x.type.scalar == y.type.scalar && x.type.shape == y.type.shape &&
         x.data.size() == y.data.size() && x.data.size() <= 256 &&
         std::memcmp(x.data.data(), y.data.data(), x.data.size()) == 0;
}
inline bool has_fused(Node& node) {
  if (problem_of<tensor::ElementwiseProblem>(*node.op)) return false;
  if (const Expression* const e = node.op->epilogue())
    if (!e->empty()) return true;
  for (std::size_t i = 0; i < node.op->own_inputs(); ++i)
    if (const Expression* const e = node.op->prologue(i))
      if (!e->empty()) return true;
  return false;
}

template <class Problem, class... Others>
bool same_problem(Operator& a, Operator& b) {
  if (const Problem* const x = problem_of<Problem>(a)) return same(*x, *problem_of<Problem>(b));
  if constexpr (sizeof...(Others) != 0) return same_problem<Others...>(a, b);
  return false;
}

/// Whether the results of both are the same. Absent of the operators draws random numbers.
inline bool same_nodes(const Graph& g, Node& a, Node& b) {
  if (a.op->kind() != b.op->kind() || a.inputs.size() != b.inputs.size() ||
      a.outputs.size() != b.outputs.size())
    return false;
  for (std::size_t i = 0; i < a.inputs.size(); ++i)
    if (!same_value(g, a.inputs[i], b.inputs[i])) return false;
  for (std::size_t i = 0; i < a.outputs.size(); ++i) {
    const TensorType &x = g.type(a.outputs[i]), &y = g.type(b.outputs[i]);
    if (x.scalar != y.scalar || !(x.shape == y.shape) || x.storage != tensor::Storage::Buffer ||
        y.storage != tensor::Storage::Buffer)
      return false;
  }
  if (has_fused(a) || has_fused(b)) return false;
  return same_problem<tensor::ElementwiseProblem, Reshape, tensor::CopyProblem, tensor::TransposeProblem,
                      tensor::SliceProblem, tensor::GatherProblem, Concat, Split, tensor::ReduceProblem,
                      tensor::SoftmaxProblem, tensor::MatmulProblem, tensor::ConvolutionProblem>(*a.op,
                                                                                                 *b.op);
}

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
