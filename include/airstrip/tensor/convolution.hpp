// Convolution and transposed convolution over one to three spatial axes.
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

/// How the kernel moves along a spatial axis. Elements; named as the attributes of ONNX's Conv and ConvTranspose.
struct ConvolutionAxis {
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t pad_begin = 0, pad_end = 0;
  std::int64_t output_padding = 0;  ///< of a transposed convolution: more outputs at the end
};

/// y[n, m, o] = epilogue(sum over c and k of x[n, g C/G + c, o stride - pad_begin + k dilation] w[m, c, k]), where g is the
/// group that m belongs to, and o and k have as many coordinates as there are spatial axes (ONNX Conv, ConvInteger).
/// Outside of x there are zeros: after the prologue, so that padding is what ConvInteger asks for.
///
/// Along each axis y has floor((in + pad_begin + pad_end - dilation (kernel - 1) - 1) / stride) + 1 elements; of a parameter
/// that turns out smaller than the kernel, padding counted, none.
///
/// Transposed (ONNX ConvTranspose): y[n, m, o] sums x[n, c, i] w[c, m, k] where o = i stride - pad_begin + k dilation, and has
/// stride (in - 1) + output_padding + dilation (kernel - 1) + 1 - pad_begin - pad_end elements.
struct ConvolutionProblem {
  TensorType x = {};  ///< [N, C, spatial …]; of any strides
  TensorType w = {};  ///< [M, C / groups, kernel …]; transposed: [C, M / groups, kernel …]
  ConvolutionAxis axes[3] = {};
  Dimension groups = 1;
  bool transposed = false;
  /// w is transformed or packed ahead of time (Phase::Prepare), where a method does so; else in every run.
  bool constant_w = true;
  /// `default_schedule` keeps to methods whose error is within gamma_K S, and so not Winograd's.
  bool precise = false;
  /// On each element of x, over x's axes, and of w, over w's: one output each, whose name is of no use. Empty: the element.
  /// A prologue that does without the element leaves x, or w, its shape and type alone; it is not bound then. So an image is
  /// read: as an input of the shape [C, H, W] whose `channel_axis` is 0, or of [1, C, H, W] with layers.
  Expression x_prologue = {}, w_prologue = {};
  /// On each sum, over the axes of y: f32, f64 where x and w are, and i32 of integers. Empty: "y", of x's type or i32.
  Expression epilogue = {};
  Text name = "convolution";
};

/// ONNX's auto_pad. SameUpper and SameLower: as many outputs as ceil(in / stride), of a transposed convolution in * stride;
/// what is odd at the end or at the beginning.
enum class AutoPad : std::uint8_t { Valid, SameUpper, SameLower };
/// Sets the paddings of all axes; and adds to the output_padding of a transposed convolution where a kernel is smaller than
/// its stride, so that there are too few outputs even without padding. Errors: InvalidShape where a size has to be a literal
/// and is not.
Result<void> set_auto_pad(ConvolutionProblem& problem, AutoPad mode);
/// Sets the paddings of a transposed convolution so that axis i has `sizes[i]` outputs (ONNX's output_shape; `mode` says
/// where what is odd goes: at the beginning except with SameUpper). Errors: InvalidShape.
Result<void> set_output_sizes(ConvolutionProblem& problem, Span<const std::int64_t> sizes,
                              AutoPad mode = AutoPad::Valid);

enum class ConvolutionMethod : std::uint8_t {
  /// Each invocation sums a block of outputs by itself. Every convolution.
  Direct,
  /// A matrix product of w, [M, C K], with the windows of x, [C K, outputs], which are stored only with pack_b
  /// (im2col while loading).
  /// Not transposed; of f64 not.
  ImplicitMatmul,
  /// Products of transformed tiles: fewer multiplications, larger errors (see primitives/winograd.hpp). Two spatial axes,
  /// kernel 3 x 3, stride and dilation 1, one group, not transposed, sums of f32. Tiles of 2 x 2 and of 4 x 4 outputs.
  Winograd2x2,
  Winograd4x4,
};

struct ConvolutionSchedule {
  ConvolutionMethod method = ConvolutionMethod::Direct;
  std::uint32_t workgroup =
      64;  ///< invocations, along the outputs' spatial axes and the batch; not of products
  // --- Direct
  std::uint32_t channels = 4;  ///< output channels of an invocation, of one group
  std::uint32_t pixels =
      1;  ///< outputs of an invocation along the last axis: what they share of x is read once
  std::uint32_t depth = 1;  ///< input channels in one iteration
  /// Spatial axes, from the last on, whose taps are written out; the kernel's sizes along them are literals.
  std::uint32_t unroll = 1;
  // --- ImplicitMatmul and Winograd
  /// Of A = w and B = windows or tiles of x. pack_b stores the windows, `kernel` times as much as x. With Winograd the
  /// transforms pack, and pack_a and pack_b are of no meaning.
  MatmulSchedule product = {};
  /// ImplicitMatmul: x is copied with its padding first, so that no window has to be tested for its edges.
  bool copy_padded = false;
};

/// Whether the schedule can be used, or which rule fails and by how much: InvalidShape, WrongType, IllegalSchedule,
/// LimitExceeded, MissingCapability, InvalidOperand (a prologue's or epilogue's outputs, and names that collide).
Result<void> legal(const ConvolutionProblem& problem, const ConvolutionSchedule& schedule,
                   const Target& target);
ConvolutionSchedule default_schedule(const ConvolutionProblem& problem, const Target& target);

/// Operands: "x", "w" (of which a prologue may do without), and those of the expressions; besides, as the method needs them,
/// "packed_w", "packed_x", "padded_x", "transformed_x", "products" and "partials".
///
/// Precision: with S = sum of |x| |w| over the K = C / groups * kernel products of an output, u = 2^-24 (2^-53 for f64) and
/// gamma_k = k u / (1 - k u), the error of the sum is at most gamma_K S (Higham, "Accuracy and Stability of Numerical
/// Algorithms", 3.1), in whatever order and whether or not the device contracts; of Winograd's methods what
/// primitives/winograd.hpp says. Integers are exact modulo 2^32. The order of a sum follows from problem and schedule, so
/// that results are repeatable bit for bit.
Result<Operation> convolution(const ConvolutionProblem& problem, const ConvolutionSchedule& schedule,
                              const Target& target, SourceLocation at = SourceLocation::current());
Result<Operation> convolution(const ConvolutionProblem& problem, const Target& target,
                              SourceLocation at = SourceLocation::current());

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/convolution.hpp"
#endif
