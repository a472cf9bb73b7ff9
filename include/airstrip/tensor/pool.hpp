// Pooling: the maximum, the average or the Lp norm of windows of a tensor's spatial axes.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "expression.hpp"
#include "operation.hpp"
#include "target.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

enum class PoolKind : std::uint8_t {
  Max,      ///< of numbers of any type; a NaN in the window is the result
  Average,  ///< of floats
  Lp,       ///< of floats: (sum of |x|^p)^(1/p)
};

/// Where the padding comes from (ONNX, "auto_pad").
enum class PoolPadding : std::uint8_t {
  Explicit,   ///< `pads_begin` and `pads_end`
  Valid,      ///< none
  SameUpper,  ///< as much as ceil(in / stride) windows need; the odd one at the end
  SameLower,  ///< the odd one in front
};

/// y[n, c, o…] = pool of x[n, c, o * strides - pads_begin + t * dilations …] over 0 <= t < kernel: ONNX's MaxPool,
/// AveragePool, LpPool and their Global forms. With E = (kernel - 1) * dilation + 1 and P the padding at both ends there
/// are, along an axis of `in` elements,
///
///     floor((in + P - E) / stride) + 1 windows, or with `ceil_mode`, where C = ceil((in + P - E) / stride),
///     min(C + 1, max(C, ceil((in + pads_begin) / stride))):
///
/// the last window may end behind the padding, and is left out where it would start behind the tensor (ONNX since
/// opset 19).
///
/// Only elements of the tensor take part; padding is -infinity to a maximum and 0 to a sum. Of a window that has none
/// (pads as wide as the window permit that) the maximum is -infinity (the least integer), the average NaN, or 0 with
/// `count_include_pad`, the norm 0 and the index -1.
struct PoolProblem {
  PoolKind kind = PoolKind::Max;
  /// [batch, channels, spatial…] with one to three spatial axes. Channels last: the same axes with strides.
  TensorType x = {};
  std::uint32_t kernel[3] = {1, 1, 1};  ///< of the spatial axes that there are, as all that follow
  std::uint32_t strides[3] = {1, 1, 1};
  std::uint32_t pads_begin[3] = {0, 0, 0};
  std::uint32_t pads_end[3] = {0, 0, 0};
  std::uint32_t dilations[3] = {1, 1, 1};
  PoolPadding padding = PoolPadding::Explicit;
  bool ceil_mode = false;
  /// An average's divisor counts the padding as well; never what lies behind it (as `ceil_mode` permits).
  bool count_include_pad = false;
  /// One window, of everything: kernel, strides, pads and dilations are not looked at.
  bool global = false;
  std::uint32_t p = 2;  ///< of Lp: 1 to 64, of f64 1 or 2
  /// Of Max: where in the tensor the maximum was, the first of equals (ONNX's output Indices). The second primary value of
  /// the epilogue, an i64: ((n * channels + c) * height + y) * width + x, or with `column_major` (ONNX's storage_order 1)
  /// ((n * channels + c) * width + x) * height + y.
  bool indices = false;
  bool column_major = false;
  /// What is done to an element before it is pooled: its one output, from the primary value of the input's type.
  Expression prologue = {};
  /// What is done with a result. The primary value is f32 (f64) of a float; i32 or u32 of an integer of 32 bits or less,
  /// else the integer's own type. Empty: stored as `y` with the type that was pooled, indices as `indices`.
  Expression epilogue = {};
  Text name = "pool";
};

struct PoolSchedule {
  static constexpr std::uint32_t last_axis = 0xFFFFFFFF;

  std::uint32_t workgroup = 64;  ///< invocations
  /// Of the output; neighbouring invocations have neighbours along it.
  std::uint32_t lane_axis = last_axis;
  std::uint32_t width = 1;    ///< neighbours along it that an invocation computes: 1 to 4
  std::uint32_t unroll = 16;  ///< windows of more elements than this are loops of the kernel
  /// Invocations that share a window, a divisor of the workgroup: of a global pool without indices, whose width is 1 then.
  std::uint32_t span = 1;
};

/// Whether the schedule can be used, or which rule fails and by how much: InvalidShape, WrongType, IllegalSchedule,
/// LimitExceeded, InvalidOperand (a prologue's or epilogue's outputs, and names that collide).
Result<void> legal(const PoolProblem& problem, const PoolSchedule& schedule, const Target& target);
PoolSchedule default_schedule(const PoolProblem& problem, const Target& target);

/// One kernel. Operands: `x`; `y` and `indices`, or the epilogue's outputs; what prologue and epilogue read.
///
/// Precision, for K elements in a window and u = 2^-24 (2^-53 for f64), before the result is rounded to the stored type:
/// a maximum is exact; an average is off by at most g(K + 4) / K * (sum of |x|), g(k) = k u / (1 - k u): K - 1 additions in
/// the window's order and a division of at most 2.5 ULP (Vulkan, "Precision and Operation of SPIR-V Instructions"); a norm
/// with p = 1 by g(K - 1) of itself, with p = 2 by g(K + 10) of itself (its square root is off by 4.5 ULP at most), with
/// any other p by g(K + p) / p + u |ln norm| of itself (the latter for 1 / p, which is rounded) and the error of
/// Function::Pow. |x|^p and its sum must not overflow. Where a window
/// is computed by one invocation, that is in one order: the result is the same, bit for bit, for every such schedule;
/// and for every run of one schedule on one device.
Result<Operation> pool(const PoolProblem& problem, const PoolSchedule& schedule, const Target& target,
                       SourceLocation at = SourceLocation::current());
Result<Operation> pool(const PoolProblem& problem, const Target& target,
                       SourceLocation at = SourceLocation::current());

/// The sizes of the output: of the spatial axis `axis` a formula in `table`.
SizeId pool_output(SizeTable& table, const PoolProblem& problem, std::size_t axis);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/pool.hpp"
#endif
