// Tensors made of coordinates as nodes: range, one-hot, eye, fill. Without inputs, but one-hot's indices and values.
#pragma once

#include "../../tensor/generate.hpp"
#include "../family.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

#define AIRSTRIP_GRAPH_GENERATOR(Type, function, count)                                             \
  template <>                                                                                       \
  struct Family<tensor::Type> : FamilyOf<tensor::Type> {                                            \
    using Problem = tensor::Type;                                                                   \
    static constexpr Text name = #function;                                                         \
    static std::size_t inputs(const Problem& problem) {                                             \
      (void)problem;                                                                                \
      return count;                                                                                 \
    }                                                                                               \
    static void bind(Problem& problem, std::size_t input, const TensorType& type);                  \
    static Text input_name(const Problem&, std::size_t i) { return i == 0 ? "indices" : "values"; } \
    static Scalar primary(const Problem& problem, std::uint32_t index) {                            \
      return index == 0 ? problem.scalar : Scalar::Void;                                            \
    }                                                                                               \
    static Result<void> infer(const Problem& problem, Inferred& result);                            \
    static void describe(const Problem& problem, Attributes& attributes);                           \
    static Result<tensor::Operation> lower(const Problem& problem, const tensor::Target& target,    \
                                           SourceLocation at) {                                     \
      return tensor::function(problem, target, at);                                                 \
    }                                                                                               \
  };
AIRSTRIP_GRAPH_GENERATOR(RangeProblem, range, 0)
AIRSTRIP_GRAPH_GENERATOR(OneHotProblem, one_hot, problem.reads_values ? 2 : 1)
AIRSTRIP_GRAPH_GENERATOR(EyeProblem, eye, 0)
AIRSTRIP_GRAPH_GENERATOR(FillProblem, fill, 0)
#undef AIRSTRIP_GRAPH_GENERATOR

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/family_generators.hpp"
#endif
