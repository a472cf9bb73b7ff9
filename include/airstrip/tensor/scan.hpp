// Scans: sums and products of all elements before one, along an axis.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "expression.hpp"
#include "operation.hpp"
#include "primitives/reduction.hpp"
#include "reduce.hpp"
#include "shape.hpp"
#include "target.hpp"
#include "type.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// y[i] = epilogue(Σ v[j], j ≤ i), v = prologue(x), along one axis. ONNX: CumSum, CumProd.
struct ScanProblem {
  /// Sum or Prod.
  ReduceKind kind = ReduceKind::Sum;
  TensorType x;            ///< read as "x"
  std::int64_t axis = 0;   ///< negative: counted from the end
  bool exclusive = false;  ///< j < i
  bool reverse = false;    ///< j ≥ i, or j > i
  /// Of the elements of x (primary value 0), over x's axes; one output. Empty: x itself.
  Expression prologue = {};
  /// Over x's axes; primary value 0: the sum, as `Reduction::accumulator`. Empty: one output "y" of the elements' type.
  Expression epilogue = {};
  Text name = "scan";
};

/// In turns along the axis: each of `lanes` invocations takes `items` elements in a row.
struct ScanSchedule {
  std::uint32_t workgroup = 64;  ///< invocations
  std::uint32_t lanes = 1;       ///< of them that share a row; divides `workgroup`
  bool across = false;           ///< neighbouring invocations take neighbouring rows
  std::uint32_t items = 1;       ///< 1 to 16
  /// Elements of a part, a multiple of lanes * items: a first step adds up each part, and the parts are then scanned at
  /// the same time, each from the sum of those before it. 0: no parts.
  std::uint32_t part = 0;
};

/// Whether the schedule can be used, or which rule fails and by how much: InvalidShape, WrongType, IllegalSchedule,
/// LimitExceeded, InvalidOperand (a prologue's or epilogue's outputs, and names that collide; another kind).
Result<void> legal(const ScanProblem& problem, const ScanSchedule& schedule, const Target& target);
ScanSchedule default_schedule(const ScanProblem& problem, const Target& target);

/// One or two kernels. Sums of floats are off by at most γ_d Σ|v|, over the elements that are summed, with d =
/// `scan_depth` (see reduce.hpp); products of n factors by 1 ± γ_n. Integers wrap. Repeatable bit for bit. A size of run
/// time without a declared maximum is bounded where a driver limits loops; longer axes are then refused when the sizes are
/// resolved.
Result<Operation> scan(const ScanProblem& problem, const ScanSchedule& schedule, const Target& target,
                       SourceLocation at = SourceLocation::current());
Result<Operation> scan(const ScanProblem& problem, const Target& target,
                       SourceLocation at = SourceLocation::current());

/// The most additions that an element goes through.
std::uint64_t scan_depth(const ScanProblem& problem, const ScanSchedule& schedule, const Target& target);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/scan.hpp"
#endif
