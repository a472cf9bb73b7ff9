// Reductions: one value of all elements along some axes.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "expression.hpp"
#include "operation.hpp"
#include "primitives/reduction.hpp"
#include "shape.hpp"
#include "target.hpp"
#include "type.hpp"

#include <cstdint>
#include <initializer_list>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Axes of a tensor, in any order; negative ones count from the end, as numpy's and ONNX's do.
using Axes = Integers;
/// Bit i for axis i. Errors: InvalidShape (an axis that is not there, or is named twice).
Result<std::uint32_t> axis_mask(const Axes& axes, std::size_t rank);

/// y = epilogue(reduction of prologue(x) along axes), for each index of the other axes. ONNX: ReduceSum, ReduceMean,
/// ReduceMin, ReduceMax, ReduceProd, ReduceL1, ReduceL2, ReduceSumSquare, ReduceLogSum, ReduceLogSumExp, ArgMin, ArgMax.
struct ReduceProblem {
  ReduceKind kind = ReduceKind::Sum;
  TensorType x;    ///< read as "x"
  Axes axes = {};  ///< none: all
  /// Whether the axes stay, with one element each.
  bool keepdims = true;
  /// With no axes none are reduced: each element is a reduction of its own.
  bool noop_with_empty_axes = false;
  /// Of the arg reductions: of equal elements the last counts.
  bool select_last_index = false;
  Scalar index = Scalar::I64;  ///< what indices are, I32 or I64. Of several axes: that of the row-major order
  /// Of the elements of x (primary value 0), over x's axes; one output, whose name does not matter. Empty: x itself.
  Expression prologue = {};
  /// Over the axes of the result. Primary value 0: `Reduction::result`; of the arg reductions 1: the element, as its
  /// accumulator. Empty: one output "y" of the type of the elements (of the index).
  Expression epilogue = {};
  Text name = "reduce";
};

/// Elements in the order of the reduced axes are dealt out in turn, `width` at a time, to `lanes` invocations, of which
/// each has `unroll` accumulators.
struct ReduceSchedule {
  std::uint32_t workgroup = 64;  ///< invocations
  std::uint32_t lanes = 1;       ///< of them that share a result; divides `workgroup`
  /// Neighbouring invocations take neighbouring results: for reducing across the axis that lies gapless in memory. Else
  /// neighbouring elements of a result.
  bool across = false;
  /// Elements that are loaded as a vector, 1, 2 or 4: of one result, or with `across` of as many results (which then have
  /// to be a multiple along the last axis that stays).
  std::uint32_t width = 1;
  std::uint32_t unroll = 1;  ///< 1 to 16
  /// Rounds whose sums are added up by themselves first: so rounding errors grow with the root of a length. 0: none.
  std::uint32_t block = 0;
  /// Elements of a part, a multiple of lanes * unroll and of width (without `across`); each part's result goes to scratch
  /// memory, and a second step joins them. 0: no parts.
  std::uint32_t part = 0;
  /// Each lane's result goes to scratch memory: in place of barriers.
  bool scratch = false;
  bool shuffles = true;  ///< where a whole workgroup shares a result and the target has them
};

/// Whether the schedule can be used, or which rule fails and by how much: InvalidShape, WrongType, IllegalSchedule,
/// LimitExceeded, InvalidOperand (a prologue's or epilogue's outputs, and names that collide).
Result<void> legal(const ReduceProblem& problem, const ReduceSchedule& schedule, const Target& target);
ReduceSchedule default_schedule(const ReduceProblem& problem, const Target& target);

/// One or two kernels. Sums of floats of magnitude |x| are off by at most γ_d Σ|x|, γ_d = d u / (1 - d u), u = 2^-24
/// (f64: 2^-53), with d = `reduce_depth`: the most additions that an element goes through, of which each rounds once.
/// (Squares add one rounding; the result of Mean one division; logarithms and exponentials have the precision of
/// `emit_function`.) Products of n factors are off by a
/// factor of 1 ± γ_(n-1). Integers wrap; Min, Max and indices are exact. Results are
/// repeatable bit for bit, and depend on the schedule alone.
Result<Operation> reduce(const ReduceProblem& problem, const ReduceSchedule& schedule, const Target& target,
                         SourceLocation at = SourceLocation::current());
Result<Operation> reduce(const ReduceProblem& problem, const Target& target,
                         SourceLocation at = SourceLocation::current());

/// Of a legal schedule; of sizes of run time for their maxima.
std::uint64_t reduce_depth(const ReduceProblem& problem, const ReduceSchedule& schedule,
                           const Target& target);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/reduce.hpp"
#endif
