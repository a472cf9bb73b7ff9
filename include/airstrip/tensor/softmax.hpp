// Softmax and log-softmax along some axes, in one dispatch.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "expression.hpp"
#include "operation.hpp"
#include "reduce.hpp"
#include "shape.hpp"
#include "target.hpp"
#include "type.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// y = epilogue(exp(v - m) / Σexp(v - m)), or epilogue(v - m - log Σexp(v - m)), v = prologue(x), m the largest v; the sum
/// is over `axes`. ONNX: Softmax, LogSoftmax (since 13: one axis; before: `flattened_axes`). A row that has a NaN, +∞, or
/// nothing but -∞ is all NaN, as numpy's (v - m is one).
struct SoftmaxProblem {
  TensorType x;  ///< read as "x"; after the prologue f16, bf16 or f32
  Axes axes = {-1};
  bool log = false;
  /// Of the elements of x (primary value 0), over x's axes: a scale, a mask … One output. Empty: x itself.
  Expression prologue = {};
  /// Over x's axes; primary value 0: the result, f32. Empty: one output "y" of the elements' type.
  Expression epilogue = {};
  Text name = "softmax";
};
/// The axes from `axis` on (which may be negative): what ONNX's Softmax before version 13 normalised along, the tensor
/// being flattened to a matrix there. An axis that is not there comes back alone, and is refused with the problem.
Axes flattened_axes(std::int64_t axis, std::size_t rank);

struct SoftmaxSchedule {
  std::uint32_t workgroup = 64;  ///< invocations
  std::uint32_t lanes = 1;       ///< of them that share a row; divides `workgroup`
  /// Neighbouring invocations take neighbouring rows: for axes that do not lie gapless in memory.
  bool across = false;
  /// Elements that are loaded as a vector: 1, 2 or 4. As ReduceSchedule's.
  std::uint32_t width = 1;
  std::uint32_t unroll = 1;  ///< accumulators, 1 to 16
  /// Vectors of a row that an invocation keeps between the steps, 1 to 16; a row has lanes * keep * width elements at most
  /// (lanes * keep with `across`). 0: the row is read twice, its sum relative to the largest element so far (Milakov and
  /// Gimelshein, "Online normalizer calculation for softmax", 2018).
  std::uint32_t keep = 0;
  bool shuffles = true;
};

/// Whether the schedule can be used, or which rule fails and by how much: InvalidShape, WrongType, IllegalSchedule,
/// LimitExceeded, InvalidOperand (a prologue's or epilogue's outputs, and names that collide).
Result<void> legal(const SoftmaxProblem& problem, const SoftmaxSchedule& schedule, const Target& target);
SoftmaxSchedule default_schedule(const SoftmaxProblem& problem, const Target& target);

/// One kernel. With e the relative error of `emit_function`'s exponential, u = 2^-24, d = `softmax_depth` and a the range
/// of v along the row (-∞ aside), a result is off by a factor of 1 ± ((d + 1)(2 u + e) + 2 a u + 5 u), to first order: d
/// combinations with an exponential, a product and a sum each, whose arguments add up to a at most; the result's own
/// exponential; a division of 2.5 ULP. A logarithm is off by as much, the error of `emit_function`'s Log and 2 u of the
/// result, added. Repeatable bit for bit.
/// A size of run time without a declared maximum is bounded where a driver limits loops; longer rows are then refused when
/// the sizes are resolved.
Result<Operation> softmax(const SoftmaxProblem& problem, const SoftmaxSchedule& schedule,
                          const Target& target, SourceLocation at = SourceLocation::current());
Result<Operation> softmax(const SoftmaxProblem& problem, const Target& target,
                          SourceLocation at = SourceLocation::current());

/// The most combinations that an element of a row goes through.
std::uint64_t softmax_depth(const SoftmaxProblem& problem, const SoftmaxSchedule& schedule,
                            const Target& target);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/softmax.hpp"
#endif
