// What goes along axes, as nodes: reduce, softmax, scan, normalise, pool.
#pragma once

#include "../../tensor/normalize.hpp"
#include "../../tensor/pool.hpp"
#include "../../tensor/reduce.hpp"
#include "../../tensor/scan.hpp"
#include "../../tensor/softmax.hpp"
#include "../family.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

template <class Problem>
Expression* epilogue_of(Problem& problem) {
  return &problem.epilogue;
}
/// Absent where there are outputs of another shape beside the result.
inline Expression* epilogue_of(tensor::NormalizeProblem& problem) {
  return problem.statistics ? nullptr : &problem.epilogue;
}

// A family with a prologue on x. `count`: its inputs.
#define AIRSTRIP_GRAPH_ROWS(Type, function, count)                                               \
  template <>                                                                                    \
  struct Family<tensor::Type> : FamilyOf<tensor::Type> {                                         \
    using Problem = tensor::Type;                                                                \
    static constexpr Text name = #function;                                                      \
    static std::size_t inputs(const Problem& problem) {                                          \
      (void)problem;                                                                             \
      return count;                                                                              \
    }                                                                                            \
    static void bind(Problem& problem, std::size_t input, const TensorType& type);               \
    static Text input_name(const Problem& problem, std::size_t i);                               \
    static Text output_name(const Problem& problem, std::size_t i);                              \
    static Expression* prologue(Problem& problem, std::size_t i) {                               \
      return i == 0 ? &problem.prologue : nullptr;                                               \
    }                                                                                            \
    static bool is_read_once(const Problem& problem, std::size_t i);                             \
    static Expression* epilogue(Problem& problem) { return epilogue_of(problem); }               \
    static Scalar primary(const Problem& problem, std::uint32_t index);                          \
    static Result<void> infer(const Problem& problem, Inferred& result);                         \
    static void describe(const Problem& problem, Attributes& attributes);                        \
    static Result<tensor::Operation> lower(const Problem& problem, const tensor::Target& target, \
                                           SourceLocation at) {                                  \
      return tensor::function(problem, target, at);                                              \
    }                                                                                            \
  };
AIRSTRIP_GRAPH_ROWS(ReduceProblem, reduce, 1)
AIRSTRIP_GRAPH_ROWS(SoftmaxProblem, softmax, 1)
AIRSTRIP_GRAPH_ROWS(ScanProblem, scan, 1)
AIRSTRIP_GRAPH_ROWS(PoolProblem, pool, 1)
AIRSTRIP_GRAPH_ROWS(LocalResponseProblem, local_response_normalize, 1)
/// Inputs x, and scale and bias where the problem says that there are. With statistics a second and third output: mean (not
/// of Rms) and inv_std_dev.
AIRSTRIP_GRAPH_ROWS(NormalizeProblem, normalize, std::size_t{1} + problem.scale + problem.bias)
#undef AIRSTRIP_GRAPH_ROWS

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/family_rows.hpp"
#endif
