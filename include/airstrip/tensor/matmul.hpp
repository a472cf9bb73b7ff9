// Matrix products: dense, batched, of quantised weights, with anything elementwise before and after.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "expression.hpp"
#include "matmul_schedule.hpp"
#include "operation.hpp"
#include "shape.hpp"
#include "target.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Weights of few bits: element = (q - zero point) * scale, of which each `block` neighbours along K share one scale.
struct Quantization {
  std::uint32_t bits = 0;      ///< 0: not quantised; 4 or 8
  std::uint32_t block = 32;    ///< a power of two, 8 to 1024
  Scalar scale = Scalar::F32;  ///< or F16
  /// Bytes, one a block; without them q is signed: 8 bits in two's complement, of 4 bits q - 8.
  bool zero_points = false;
};

/// One operand of a product: A is [batch…, M, K], B is [batch…, K, N].
struct MatmulOperand {
  Scalar type = Scalar::F32;  ///< f32, f16, bf16, or of integers 8 to 32 bits
  /// The axes in front, which broadcast as numpy's matmul does.
  Shape batch = {};
  /// The last two axes lie the other way round: A as [batch…, K, M], B as [batch…, N, K].
  bool transposed = false;
  /// Elements from one index to the next of the axes as they lie; empty: row-major, without gaps.
  Shape strides = {};
  /// Weights: what a schedule packs, it packs ahead of time.
  bool constant = false;
  /// With bits: `type` is that of the decoded elements (f32), and the operand lies with K last (A not transposed, B
  /// transposed), of 4 bits two in a byte, the first in the low half; every line is K elements rounded up to whole blocks.
  /// Scales are the operand "a_scales" or "b_scales", [batch…, lines, blocks]; zero points "a_zero_points", "b_zero_points".
  Quantization quantization = {};
  /// What is done to each element first: of one primary, with one output, over [batch…, M, K] or [batch…, K, N]. Where it
  /// does without the primary value, the operand says the shape alone, and is not bound.
  Expression prologue = {};
};

/// c[batch…, m, n] = epilogue(sum over k of a[batch…, m, k] * b[batch…, k, n]). ONNX: MatMul, Gemm, MatMulInteger,
/// QLinearMatMul and MatMulNBits are this with a prologue and an epilogue. Operands "a" and "b".
///
/// Without elements along K the sum is 0. Each sum adds its K products in an order that the schedule alone decides, with
/// at most one rounding for each product and each addition (in the type `accumulate`, of unit roundoff u): it is off by at
/// most γ_K Σ|a b| with γ_K = K u / (1 - K u) (Higham, "Accuracy and Stability of Numerical Algorithms", 3.1). Integers
/// wrap around. Results repeat bit for bit on one device.
struct MatmulProblem {
  Dimension m = 1, n = 1, k = 1;
  MatmulOperand a = {}, b = {};
  Scalar accumulate = Scalar::F32;  ///< f32, f16 (needs Float16), i32 or u32
  /// Over [batch…, M, N], of one primary of the type `accumulate`. Empty: the sum, cast to `result`, as "c".
  Expression epilogue = {};
  Scalar result = Scalar::F32;
  Text name = "matmul";
};

/// Whether the schedule can be used, or which rule fails and by how much: InvalidShape, WrongType, IllegalSchedule,
/// MissingCapability, LimitExceeded, InvalidOperand (a prologue's or epilogue's outputs, and names that collide).
Result<void> legal(const MatmulProblem& problem, const MatmulSchedule& schedule, const Target& target);
MatmulSchedule default_schedule(const MatmulProblem& problem, const Target& target);

/// The steps: packing (Phase::Prepare of constant operands, else Phase::Run; operands "a_packed", "b_packed"), the
/// product, and with split_k the sum of its parts ("partials"). Where the target limits the iterations of loops, a
/// run-time K is limited to what the schedule can do: `Operation::resolve` refuses more.
Result<Operation> matmul(const MatmulProblem& problem, const MatmulSchedule& schedule, const Target& target,
                         SourceLocation at = SourceLocation::current());
Result<Operation> matmul(const MatmulProblem& problem, const Target& target,
                         SourceLocation at = SourceLocation::current());

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/matmul.hpp"
#endif
