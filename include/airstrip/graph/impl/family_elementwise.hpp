#pragma once

#include "../families/elementwise.hpp"
#include "expressions.hpp"

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
  attributes.add("functions", Text(detail::functions_of(problem.expression)));
}

AIRSTRIP_GRAPH_NAMESPACE_END
