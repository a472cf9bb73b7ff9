// Matrix products and convolutions as nodes.
#pragma once

#include "../../tensor/convolution.hpp"
#include "../../tensor/matmul.hpp"
#include "../family.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Inputs x and w.
template <>
struct Family<tensor::ConvolutionProblem> : FamilyOf<tensor::ConvolutionProblem> {
  using Problem = tensor::ConvolutionProblem;
  static constexpr Text name = "convolution";
  static std::size_t inputs(const Problem&) { return 2; }
  static TensorType* input(Problem& problem, std::size_t i) { return i == 0 ? &problem.x : &problem.w; }
  static Text input_name(const Problem&, std::size_t i) { return i == 0 ? "x" : "w"; }
  static Expression* prologue(Problem& problem, std::size_t i) {
    return i == 0 ? &problem.x_prologue : &problem.w_prologue;
  }
  static void set_constant(Problem& problem, std::size_t i, bool is_constant) {
    if (i == 1) problem.constant_w = is_constant;
  }
  static bool is_read_once(const Problem& problem, std::size_t i);
  static bool may_lack(const Problem&, std::size_t i) { return i < 2; }
  static Scalar primary(const Problem& problem, std::uint32_t index);
  static Result<void> infer(const Problem& problem, Inferred& result);
  static void describe(const Problem& problem, Attributes& attributes);
  static Result<tensor::Operation> lower(const Problem& problem, const tensor::Target& target,
                                         SourceLocation at) {
    return tensor::convolution(problem, target, at);
  }
};

/// Inputs a and b of two axes at least, and those of quantised operands behind them: a's scales and zero points, b's. The
/// sizes m, n and k, the batch axes and the types follow from the inputs; of a quantised one, whose bytes do not tell, k
/// has to be said.
template <>
struct Family<tensor::MatmulProblem> : FamilyOf<tensor::MatmulProblem> {
  using Problem = tensor::MatmulProblem;
  static constexpr Text name = "matmul";
  static std::size_t inputs(const Problem& problem);
  static void bind(Problem& problem, std::size_t i, const TensorType& type);
  static Text input_name(const Problem& problem, std::size_t i);
  static Text output_name(const Problem&, std::size_t) { return "c"; }
  static Expression* prologue(Problem& problem, std::size_t i) {
    if (i >= 2) return nullptr;
    tensor::MatmulOperand& operand = i == 0 ? problem.a : problem.b;
    // The bytes of a quantised one are no numbers yet.
    return operand.quantization.bits ? nullptr : &operand.prologue;
  }
  static void set_constant(Problem& problem, std::size_t i, bool is_constant);
  static bool is_read_once(const Problem&, std::size_t) { return false; }
  static bool may_lack(const Problem&, std::size_t i) { return i < 2; }
  /// Over [batch…, M, K] or [batch…, K, N], with the batch axes of the result, however the operand lies.
  static PrologueSpace prologue_space(const Problem& problem, std::size_t i) {
    return (i == 0 ? problem.a : problem.b).transposed ? PrologueSpace::Other : PrologueSpace::Batched;
  }
  static Scalar primary(const Problem& problem, std::uint32_t index) {
    return index == 0 ? problem.accumulate : Scalar::Void;
  }
  static Result<void> infer(const Problem& problem, Inferred& result);
  static void describe(const Problem& problem, Attributes& attributes);
  static Result<tensor::Operation> lower(const Problem& problem, const tensor::Target& target,
                                         SourceLocation at) {
    return tensor::matmul(problem, target, at);
  }
};

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/family_products.hpp"
#endif
