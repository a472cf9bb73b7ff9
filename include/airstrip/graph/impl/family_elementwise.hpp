#pragma once

#include "../families/elementwise.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE Result<void> Family<tensor::ElementwiseProblem>::infer(const Problem& problem,
                                                                       Inferred& result) {
  if (!problem.expression.ok()) return problem.expression.error();
  Buffer<Shape> shapes;
  for (const Expression::Input& input : problem.expression.inputs()) shapes.push_back(input.type.shape);
  if (!problem.shape.empty() || shapes.empty()) shapes.push_back(problem.shape);
  const Result<Shape> shape = tensor::broadcast({shapes.data(), shapes.size()});
  if (!shape) return shape.error();
  for (const Expression::Output& output : problem.expression.outputs())
    result.add(output.type.scalar, *shape);
  return {};
}

AIRSTRIP_INLINE void Family<tensor::ElementwiseProblem>::describe(const Problem& problem,
                                                                  Attributes& attributes) {
  String text;
  for (const Expression::Node& node : problem.expression.nodes()) {
    const tensor::FunctionInfo& info = tensor::info_of(node.function);
    if (info.rule == tensor::FunctionRule::Leaf) continue;
    if (!text.empty()) text << ',';
    text << Text(info.name);
  }
  attributes.add("functions", Text(text));
}

AIRSTRIP_GRAPH_NAMESPACE_END
