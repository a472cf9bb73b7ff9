// Which elements of x an output of a convolution sums, and with which of the kernel: plain and transposed alike.
#pragma once

#include "../primitives/expression_emitter.hpp"
#include "../primitives/function_emit.hpp"
#include "convolution_shape.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// A spatial axis. Outputs are taken in `phases` interleaved rows, within each of which the same taps of the kernel meet
/// neighbours of x: one row in a plain convolution, `stride` of them in a transposed one (output o = q stride + phase).
///
///     plain:       i = o stride - pad + t dilation                    k = t
///     transposed:  i = q + (phase + pad - k0 dilation) / stride - t dilation / g,   k = k0 + t stride / g
///
/// where g is the greatest common divisor of stride and dilation, and k0 the least solution of
/// k0 dilation = phase + pad modulo stride: with it the division is exact.
struct WindowAxis {
  std::int64_t phases = 1;
  std::int64_t pixel_step = 1;   ///< of i, from one output of a phase to the next
  std::int64_t tap_step = 1;     ///< of i, from a tap to the next; negative when transposed
  std::int64_t kernel_step = 1;  ///< of k, from a tap to the next
  SizeId outputs = {};           ///< of the fullest phase
  SizeId taps = {};              ///< of the phase with the most
  bool same_taps = true;         ///< all phases have that many
  bool inside = true;            ///< every tap of every output is an element of x
};

inline std::int64_t inverse_modulo(std::int64_t value, std::int64_t modulus) {
  for (std::int64_t i = 0; i < modulus; ++i)
    if (value % modulus * i % modulus == 1 % modulus) return i;
  return 0;
}

inline WindowAxis window_axis(const ConvolutionProblem& problem, const ConvolutionShape& shape,
                              std::size_t axis, SizeTable& table) {
  const ConvolutionAxis& a = problem.axes[axis];
  WindowAxis w;
  if (!problem.transposed) {
    w.pixel_step = a.stride;
    w.tap_step = a.dilation;
    w.outputs = shape.out[axis];
    w.taps = shape.kernel[axis];
    w.inside = a.pad_begin == 0 && a.pad_end == 0;
    return w;
  }
  const std::int64_t g = gcd(a.stride, a.dilation);
  w.phases = a.stride;
  w.tap_step = -(a.dilation / g);
  w.kernel_step = a.stride / g;
  w.outputs = table.ceil_div(shape.out[axis], a.stride);
  w.taps = table.ceil_div(shape.kernel[axis], w.kernel_step);
  w.same_taps = g == 1 && table.is_multiple(shape.kernel[axis], w.kernel_step);
  w.inside = false;
  return w;
}

/// The taps of one phase, in a kernel: all of them uniform in a workgroup.
struct PhaseTaps {
  Index first;  ///< k of the first
  Index count;
  Index origin;  ///< i of the first tap of the phase's first output
};

inline PhaseTaps phase_taps(StepBuilder& step, const ConvolutionProblem& problem,
                            const ConvolutionShape& shape, std::size_t axis, Index phase) {
  const ConvolutionAxis& a = problem.axes[axis];
  const auto u = [](std::int64_t n) { return static_cast<u32>(n); };
  PhaseTaps taps;
  if (!problem.transposed) {
    taps.first = step.k.constant<u32>(0u);
    taps.count = step.size(shape.kernel[axis]);
    taps.origin = step.k.constant<u32>(u(-a.pad_begin));  // below 0 it wraps, and is not less than any size
    return taps;
  }
  const Index whole = step.size(shape.kernel[axis]);
  if (a.stride == 1) {
    taps.first = step.k.constant<u32>(0u);
    taps.count = whole;
    taps.origin = step.k.constant<u32>(u(a.pad_begin));
    return taps;
  }
  const std::int64_t g = gcd(a.stride, a.dilation), modulus = a.stride / g;
  const Index target = phase + u(a.pad_begin);
  const Index rest = target % u(a.stride);
  taps.first = rest / u(g) * u(inverse_modulo(a.dilation / g, modulus)) % u(modulus);
  const Index ceiling = (whole + u(modulus - 1) - (kernel::min)(taps.first, whole)) / u(modulus);
  taps.count = g == 1 ? ceiling : kernel::select(rest % u(g) == 0u, ceiling, 0u);
  // The dilation keeps the dividend above 0: first < stride.
  taps.origin =
      (target + u(a.dilation * a.stride) - taps.first * u(a.dilation)) / u(a.stride) - u(a.dilation);
  return taps;
}

/// Loads elements of x and w in the type that they are summed in.
class ConvolutionLoader {
public:
  /// Declares x and w in the step, or one of them; but neither where its prologue does without it. The problem must outlive
  /// it. Elements are given `as` a type.
  ConvolutionLoader(StepBuilder& step, const ConvolutionProblem& problem, const ConvolutionShape& shape,
                    Scalar as, bool loads_x = true, bool loads_w = true)
      : step_(step), problem_(problem), shape_(shape), as_(as),
        x_expression_(step, loads_x ? problem.x_prologue : none_, {shape.x_shape, shape.rank()},
                      ExpressionUse::Prologue),
        w_expression_(step, loads_w ? problem.w_prologue : none_, {shape.w_shape, shape.rank()},
                      ExpressionUse::Prologue),
        reads_x_(problem.x_prologue.empty() || x_expression_.uses_primary()),
        reads_w_(problem.w_prologue.empty() || w_expression_.uses_primary()) {
    if (loads_x && reads_x_)
      x_ = step.memory("x", Role::Input, problem.x, shape.x_bytes, kernel::Access::ReadOnly);
    if (loads_w && reads_w_)
      w_ = step.memory("w", Role::Input, problem.w, shape.w_bytes, kernel::Access::ReadOnly);
  }

  /// Of x at coordinates that are inside, or where `inside` is given and false, 0. `spatial`: Σ coordinate stride of the
  /// spatial axes, `base`: of the others.
  AnyValue x(Span<const Index> coordinates, const Value<bool>* inside) {
    const SizeTable& t = step_.operation.sizes();
    Index at[Shape::max_rank];
    for (std::size_t i = 0; i < shape_.rank(); ++i) {
      at[i] = coordinates[i];
      // The first element of the channel is read in place of one that is not there.
      if (inside && i >= 2 && !problem_.x_prologue.empty()) at[i] = kernel::select(*inside, at[i], 0u);
    }
    AnyValue value;
    if (reads_x_) {
      Index spatial = offset(t, shape_.x_strides, at, 2, shape_.rank());
      if (inside && problem_.x_prologue.empty()) spatial = kernel::select(*inside, spatial, 0u);
      value = step_.load(x_, offset(t, shape_.x_strides, at, 0, 2) + spatial);
    }
    value = finish(value, problem_.x_prologue, x_expression_, at);
    if (!inside) return value;
    const AnyValue parts[3] = {inside->any(), value, zero()};
    return step_.k.apply(kernel::Op::Select, parts);
  }

  /// Of w at its own coordinates.
  AnyValue w(Span<const Index> coordinates) {
    AnyValue value;
    if (reads_w_)
      value = step_.load(
          w_, offset(step_.operation.sizes(), shape_.w_strides, coordinates.data(), 0, shape_.rank()));
    return finish(value, problem_.w_prologue, w_expression_, coordinates.data());
  }

  AnyValue zero() {
    const kernel::Type type(as_);
    return type.is_float() ? step_.k.constant_float(type, 0) : step_.k.constant_int(type, 0);
  }

private:
  Index offset(const SizeTable& t, const SizeId* strides, const Index* at, std::size_t begin,
               std::size_t end) {
    Index sum = step_.k.constant<u32>(0u);
    for (std::size_t i = begin; i < end; ++i) {
      if (t.is_literal(strides[i], 0)) continue;
      sum = sum + (t.is_literal(strides[i], 1) ? at[i] : at[i] * step_.size(strides[i]));
    }
    return sum;
  }
  AnyValue finish(AnyValue value, const Expression& prologue, ExpressionEmitter& emitter, const Index* at) {
    if (!prologue.empty()) {
      ExpressionPoint point;
      point.coordinates = {at, shape_.rank()};
      point.vector_axis = shape_.rank() - 1;
      const AnyValue loaded = value;
      emitter.evaluate(point, Span<const AnyValue>(&loaded, 1), &value);
    }
    if (step_.k.failed()) return {};
    return emit_cast(step_, value, as_);
  }

  StepBuilder& step_;
  const ConvolutionProblem& problem_;
  const ConvolutionShape& shape_;
  Scalar as_;
  Expression none_;
  ExpressionEmitter x_expression_, w_expression_;
  bool reads_x_, reads_w_;
  Memory x_, w_;
};

/// sum + a * b in the accumulator's type.
inline AnyValue multiply_add(StepBuilder& step, AnyValue a, AnyValue b, AnyValue sum) {
  if (step.k.failed()) return {};
  if (!sum.type().is_float()) return step.k.apply(kernel::Op::Add, sum, step.k.apply(kernel::Op::Mul, a, b));
  const AnyValue parts[3] = {a, b, sum};
  return step.k.apply(kernel::Op::Fma, parts);
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
