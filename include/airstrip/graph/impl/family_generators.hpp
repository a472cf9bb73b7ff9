#pragma once

#include "../families/generators.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

#define AIRSTRIP_GRAPH_INFER(Type)                                                                     \
  AIRSTRIP_INLINE Result<void> Family<tensor::Type>::infer(const Problem& problem, Inferred& result) { \
    tensor::detail::Generated generated(result.sizes);                                                 \
    if (Result<void> r = tensor::detail::describe(problem, generated); !r) return r;                   \
    result.add(generated.scalar, Span<const SizeId>(generated.space, generated.rank));                 \
    return {};                                                                                         \
  }
AIRSTRIP_GRAPH_INFER(RangeProblem)
AIRSTRIP_GRAPH_INFER(OneHotProblem)
AIRSTRIP_GRAPH_INFER(EyeProblem)
AIRSTRIP_GRAPH_INFER(FillProblem)
#undef AIRSTRIP_GRAPH_INFER

AIRSTRIP_INLINE void Family<tensor::RangeProblem>::bind(Problem&, std::size_t, const TensorType&) {}
AIRSTRIP_INLINE void Family<tensor::EyeProblem>::bind(Problem&, std::size_t, const TensorType&) {}
AIRSTRIP_INLINE void Family<tensor::FillProblem>::bind(Problem&, std::size_t, const TensorType&) {}
AIRSTRIP_INLINE void Family<tensor::OneHotProblem>::bind(Problem& problem, std::size_t input,
                                                         const TensorType& type) {
  if (input == 0)
    problem.indices = type;
  else
    problem.scalar = type.scalar;
}

AIRSTRIP_INLINE void Family<tensor::RangeProblem>::describe(const Problem& p, Attributes& a) {
  a.add("count", Shape{p.count});
  a.add("start", p.start.value);
  a.add("delta", p.delta.value);
}
AIRSTRIP_INLINE void Family<tensor::OneHotProblem>::describe(const Problem& p, Attributes& a) {
  a.add("depth", Shape{p.depth});
  a.add("axis", p.axis);
}
AIRSTRIP_INLINE void Family<tensor::EyeProblem>::describe(const Problem& p, Attributes& a) {
  a.add("shape", Shape{p.rows, p.columns});
  a.add("k", p.k);
}
AIRSTRIP_INLINE void Family<tensor::FillProblem>::describe(const Problem& p, Attributes& a) {
  a.add("shape", p.shape);
  a.add("value", p.value.value);
}

AIRSTRIP_GRAPH_NAMESPACE_END
