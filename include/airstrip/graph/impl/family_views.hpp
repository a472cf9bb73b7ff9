#pragma once

#include "../../tensor/elementwise.hpp"
#include "../families/views.hpp"
#include "elements.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE Result<void> Family<Reshape>::infer(const Reshape& problem, Inferred& result) {
  if (Result<void> r = tensor::detail::check_shape("the new shape", problem.shape); !r) return r;
  // What both have of the sizes that are given at run time is as large in both.
  Shape before = problem.x.shape, after = problem.shape;
  for (std::size_t i = 0; i < before.rank() && i < Shape::max_rank; ++i)
    for (std::size_t j = 0; j < after.rank(); ++j)
      if (!before[i].is_literal() && before[i] == after[j]) before[i] = after[j] = 1;
  if (detail::has_literal_sizes(before) && detail::has_literal_sizes(after) &&
      detail::most_elements(before) != detail::most_elements(after)) {
    Diagnostic error;
    error.code = ErrorCode::InvalidShape;
    error.message << "a tensor of " << tensor::to_string(problem.x.shape) << " has "
                  << static_cast<std::uint64_t>(detail::most_elements(before)) << " elements, and "
                  << tensor::to_string(problem.shape) << ' '
                  << static_cast<std::uint64_t>(detail::most_elements(after));
    if (!detail::has_literal_sizes(problem.shape)) error.message << ", times what both have of run time";
    return error;
  }
  result.add(problem.x.scalar, problem.shape);
  return {};
}

// The elements stay in their order: a copy in the old shape is one in the new.
AIRSTRIP_INLINE Result<tensor::Operation>
Family<Reshape>::lower(const Reshape& problem, const tensor::Target& target, SourceLocation at) {
  tensor::CopyProblem copy;
  copy.x = problem.x;
  return tensor::copy(copy, target, at);
}

AIRSTRIP_INLINE Result<void> Family<Sizes>::infer(const Sizes& problem, Inferred& result) {
  if (Result<void> r = tensor::detail::check_shape("a list of sizes", problem.sizes); !r) return r;
  Shape shape;
  if (!problem.is_scalar) shape.push_back(static_cast<std::int64_t>(problem.sizes.rank()));
  result.add(problem.scalar, shape);
  return {};
}

AIRSTRIP_INLINE Result<tensor::Operation>
Family<Sizes>::lower(const Sizes& problem, const tensor::Target& target, SourceLocation at) {
  tensor::ElementwiseProblem elementwise;
  elementwise.name = "sizes";
  elementwise.shape = {static_cast<std::int64_t>(problem.sizes.rank())};
  Expression& e = elementwise.expression;
  const auto size = [&](const Dimension& d) {
    return d.is_literal() ? e.constant_bits(problem.scalar, static_cast<std::uint64_t>(d.value()))
                          : e.cast(e.parameter(d.name(), Scalar::U32), problem.scalar);
  };
  Expr value = problem.sizes.empty() ? e.constant(problem.scalar, 0) : size(problem.sizes[0]);
  for (std::size_t i = 1; i < problem.sizes.rank(); ++i)
    value = select(e.coordinate(0) == static_cast<std::uint32_t>(i), size(problem.sizes[i]), value);
  e.output("y", value);
  return tensor::elementwise(elementwise, target, at);
}

AIRSTRIP_GRAPH_NAMESPACE_END
