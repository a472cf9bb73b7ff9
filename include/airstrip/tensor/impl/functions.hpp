#pragma once

#include "../functions.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Computes `body` of x in f32 where x is of a narrower float.
template <class Body>
Expr in_wide(Expr x, Body&& body) {
  const Scalar type = x.type();
  if (type != Scalar::F16 && type != Scalar::BF16) return body(x);
  return cast(body(cast(x, Scalar::F32)), type);
}

inline Expr no_values(Span<const Expr> values) { return values.empty() ? Expr() : values[0]; }

inline Expr left_fold(Function function, Span<const Expr> values) {
  Expr all = no_values(values);
  for (std::size_t i = 1; i < values.size(); ++i) all = apply(function, all, values[i]);
  return all;
}

}  // namespace detail

// A comparison with a NaN is false: what stands for "not negative" gives it back.
AIRSTRIP_INLINE Expr relu(Expr x) { return select(x < 0, 0, x); }
AIRSTRIP_INLINE Expr leaky_relu(Expr x, double alpha) {
  return detail::in_wide(x, [&](Expr v) { return select(v < 0, v * alpha, v); });
}
AIRSTRIP_INLINE Expr prelu(Expr x, Expr slope) { return select(x < 0, x * slope, x); }
AIRSTRIP_INLINE Expr elu(Expr x, double alpha) {
  return detail::in_wide(x, [&](Expr v) { return select(v < 0, expm1(v) * alpha, v); });
}
AIRSTRIP_INLINE Expr selu(Expr x, double alpha, double gamma) {
  return detail::in_wide(x, [&](Expr v) { return select(v <= 0, expm1(v) * (alpha * gamma), v * gamma); });
}
AIRSTRIP_INLINE Expr celu(Expr x, double alpha) {
  return detail::in_wide(x, [&](Expr v) {
    // Where x and alpha differ in sign the exponential part is positive and min(0, …) leaves it out.
    const Expr low = expm1(v / alpha) * alpha;
    return relu(v) + select(low < 0, low, select(is_nan(v), v, 0));
  });
}
AIRSTRIP_INLINE Expr gelu(Expr x, GeluApproximation approximation) {
  return detail::in_wide(x, [&](Expr v) {
    // -infinity times what is left of the sum would be a NaN.
    const Expr bounded = select(v < -16, -16, v);
    const Expr inner = approximation == GeluApproximation::None
                           ? erf(v * 0.70710678118654752)
                           : tanh((v + bounded * bounded * bounded * 0.044715) * 0.79788456080286536);
    return bounded * 0.5 * (inner + 1);
  });
}
AIRSTRIP_INLINE Expr hard_tanh(Expr x, double low, double high) { return clip(x, low, high); }
AIRSTRIP_INLINE Expr hard_sigmoid(Expr x, double alpha, double beta) {
  return detail::in_wide(x, [&](Expr v) { return clip(v * alpha + beta, 0, 1); });
}
AIRSTRIP_INLINE Expr hard_swish(Expr x) {
  return detail::in_wide(x, [&](Expr v) {
    const Expr factor = hard_sigmoid(v, 1.0 / 6, 0.5);
    // 0 times -infinity
    return select(v < -3, 0, v * factor);
  });
}
AIRSTRIP_INLINE Expr swish(Expr x, double alpha) {
  return detail::in_wide(x, [&](Expr v) {
    const Expr factor = sigmoid(v * alpha);
    return select(factor == 0, 0, v * factor);
  });
}
AIRSTRIP_INLINE Expr mish(Expr x) {
  return detail::in_wide(x, [&](Expr v) {
    const Expr factor = tanh(softplus(v));
    return select(factor == 0, 0, v * factor);
  });
}
AIRSTRIP_INLINE Expr softsign(Expr x) {
  return detail::in_wide(x, [&](Expr v) {
    // Of an infinity the quotient would be a NaN.
    const Expr a = abs(v);
    return select(is_inf(v), sign(v), v / (a + 1));
  });
}
AIRSTRIP_INLINE Expr thresholded_relu(Expr x, double alpha) { return select(x <= alpha, 0, x); }
AIRSTRIP_INLINE Expr shrink(Expr x, double bias, double lambd) {
  const Scalar type = x.type();
  if (!kernel::is_float(type)) {
    // ONNX's thresholds are floats, and its integers are shifted as floats, too.
    if (type == Scalar::Void || type == Scalar::Boolean) return apply(Function::Neg, x);
    return cast(shrink(cast(x, Scalar::F32), bias, lambd), type);
  }
  return detail::in_wide(x, [&](Expr v) {
    const Expr inner = select(is_nan(v), v, 0);
    return select(v < -lambd, v + bias, select(v > lambd, v - bias, inner));
  });
}

AIRSTRIP_INLINE Expr clip(Expr x, const ExprOperand& low, const ExprOperand& high) {
  return (min)((max)(x, low), high);
}
AIRSTRIP_INLINE Expr sum(Span<const Expr> values) { return detail::left_fold(Function::Add, values); }
AIRSTRIP_INLINE Expr mean(Span<const Expr> values) {
  const Expr all = sum(values);
  return all.owner() ? all / static_cast<double>(values.size()) : all;
}
AIRSTRIP_INLINE Expr(min)(Span<const Expr> values) { return detail::left_fold(Function::Min, values); }
AIRSTRIP_INLINE Expr(max)(Span<const Expr> values) { return detail::left_fold(Function::Max, values); }
AIRSTRIP_INLINE Expr is_inf(Expr x, bool detect_negative, bool detect_positive) {
  const Expr any = apply(Function::IsInf, x);
  if (detect_negative && detect_positive) return any;
  if (!detect_negative && !detect_positive) return logical_and(any, logical_not(any));
  return logical_and(any, detect_negative ? x < 0 : x > 0);
}
AIRSTRIP_INLINE Expr mod(Expr a, const ExprOperand& b, bool fmod) {
  return apply(fmod ? Function::Rem : Function::Mod, a, b);
}
AIRSTRIP_INLINE Expr bit_shift(Expr a, const ExprOperand& b, ShiftDirection direction) {
  return apply(direction == ShiftDirection::Left ? Function::ShiftLeft : Function::ShiftRight, a, b);
}

AIRSTRIP_INLINE Expr pow(Expr base, Expr exponent) {
  const Scalar type = base.type(), power = exponent.type();
  if (type == power || !kernel::is_int(type) || !kernel::is_float(power))
    return apply(Function::Pow, base, cast(exponent, type));
  // Whole powers are whole numbers, which a rounding must not bring below themselves.
  const Expr wide = cast(exponent, Scalar::F32);
  return select(trunc(wide) == wide, apply(Function::Pow, base, cast(exponent, type)),
                cast(apply(Function::Pow, cast(base, Scalar::F32), wide), type));
}
AIRSTRIP_INLINE Expr pow(Expr base, double exponent) {
  const Scalar type = base.type();
  const bool whole =
      exponent >= -8 && exponent <= 8 && exponent == static_cast<double>(static_cast<int>(exponent));
  if (kernel::is_float(type) && whole) {
    if (exponent == 0 && base.owner()) return base.owner()->constant(type, 1);
    return detail::in_wide(base, [&](Expr v) {
      Expr square = v, product;
      for (unsigned left = static_cast<unsigned>(exponent < 0 ? -exponent : exponent); left != 0; left /= 2) {
        if (left & 1) product = product.owner() ? product * square : square;
        if (left > 1) square = square * square;
      }
      return exponent < 0 ? reciprocal(product) : product;
    });
  }
  if (kernel::is_int(type) && exponent != static_cast<double>(static_cast<std::int64_t>(exponent)))
    return cast(apply(Function::Pow, cast(base, Scalar::F32), exponent), type);
  return apply(Function::Pow, base, exponent);
}

AIRSTRIP_TENSOR_NAMESPACE_END
