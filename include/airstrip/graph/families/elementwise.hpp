// Elementwise expressions as nodes. Inputs are those of the expression, "i0", "i1", … with numpy's broadcasting.
#pragma once

#include "../../tensor/elementwise.hpp"
#include "../family.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

template <>
struct Family<tensor::ElementwiseProblem> : FamilyOf<tensor::ElementwiseProblem> {
  using Problem = tensor::ElementwiseProblem;
  static constexpr Text name = "elementwise";
  static std::size_t inputs(const Problem&) { return 0; }
  static TensorType* input(Problem&, std::size_t) { return nullptr; }
  static Text input_name(const Problem&, std::size_t) { return {}; }
  static Expression* epilogue(Problem& problem) { return &problem.expression; }
  static Scalar primary(const Problem&, std::uint32_t) { return Scalar::Void; }
  static Result<void> infer(const Problem& problem, Inferred& result);
  static void describe(const Problem& problem, Attributes& attributes);
  static Result<tensor::Operation> lower(const Problem& problem, const tensor::Target& target,
                                         SourceLocation at) {
    return tensor::elementwise(problem, target, at);
  }
};

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/family_elementwise.hpp"
#endif
