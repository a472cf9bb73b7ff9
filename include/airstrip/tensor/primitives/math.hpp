// MathEmitter: the transcendental functions of f32 as clamped polynomials, with bounds that hold on every driver.
#pragma once

#include "../../config.hpp"
#include "../../kernel/dynamic_builder.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Emits functions of f32, scalars or vectors of one width. None uses the driver's Exp, Log, Sin or their like, which
/// Vulkan lets be off by thousands of units in the last place, or be a NaN.
///
/// Bounds, against the exact value; 1 ULP is the distance of the neighbouring floats at the exact value.
///
///     function   bound             notes
///     exp        2.5 ULP           0 where the result is below 2^-125.5
///     exp2       2.5 ULP           0 where the result is below 2^-125.5
///     expm1      2 ULP
///     log        1.5 ULP
///     log2       2.5 ULP
///     log1p      2 ULP
///     sin, cos   3.5 ULP + 2^-44   of every finite argument; from |x| = 12800 on 3.5 ULP
///     tan        6.5 ULP           of every finite argument with 2^-20 < |tan x| < 2^20, or |x| < 1
///     asin       4 ULP
///     acos       3 ULP
///     atan       4 ULP
///     sinh       4 ULP
///     cosh       4.5 ULP
///     tanh       5 ULP
///     asinh      4 ULP
///     acosh      5 ULP
///     atanh      5 ULP
///     erf        2 ULP + 2^-126
///     sigmoid    5.5 ULP           0 where the result is below 2^-125.5
///     softplus   3.5 ULP           0 where the result is below 2^-125.5
///     pow        24 ULP            0 where the result is below 2^-125.5
///
/// What they rest on: sums, differences and products are rounded to nearest, products and sums may be fused or not;
/// division is right to 2.5 ULP (Vulkan's requirement) and the square root to 1 ULP (drivers' practice; Vulkan asks for
/// less). A result below 2^-126 in magnitude may be 0, and an argument below it counts as a zero: drivers need not keep
/// denormals.
///
/// NaN gives NaN; infinities, zeros and arguments outside the domain (a NaN) give what C's functions give, told by their
/// bits, so that no driver that assumes there are none goes wrong. The sign of a zero is kept where the driver keeps it.
///
/// The polynomials were fitted by weighted least squares with Lawson's iteration (C. L. Lawson, 1961, which tends to the
/// minimax polynomial) on 3,000 Chebyshev points; coefficients were rounded to f32 from the lowest power on, the higher ones
/// fitted again after each. Beside each stand its interval and its greatest error.
class MathEmitter {
public:
  /// `type`: f32, scalar or vector: that of every operand and result.
  MathEmitter(kernel::DynamicBuilder& builder, kernel::Type type) : k_(builder), type_(type) {}

  kernel::AnyValue exp(kernel::AnyValue x);
  kernel::AnyValue exp2(kernel::AnyValue x);
  kernel::AnyValue expm1(kernel::AnyValue x);
  kernel::AnyValue log(kernel::AnyValue x);
  kernel::AnyValue log2(kernel::AnyValue x);
  kernel::AnyValue log1p(kernel::AnyValue x);
  kernel::AnyValue sin(kernel::AnyValue x);
  kernel::AnyValue cos(kernel::AnyValue x);
  kernel::AnyValue tan(kernel::AnyValue x);
  kernel::AnyValue asin(kernel::AnyValue x);
  kernel::AnyValue acos(kernel::AnyValue x);
  kernel::AnyValue atan(kernel::AnyValue x);
  kernel::AnyValue sinh(kernel::AnyValue x);
  kernel::AnyValue cosh(kernel::AnyValue x);
  kernel::AnyValue tanh(kernel::AnyValue x);
  kernel::AnyValue asinh(kernel::AnyValue x);
  kernel::AnyValue acosh(kernel::AnyValue x);
  kernel::AnyValue atanh(kernel::AnyValue x);
  kernel::AnyValue erf(kernel::AnyValue x);
  /// 1 / (1 + e^-x)
  kernel::AnyValue sigmoid(kernel::AnyValue x);
  /// ln(1 + e^x)
  kernel::AnyValue softplus(kernel::AnyValue x);
  /// As C's pow: pow(x, 0) and pow(1, y) are 1, of a negative x only whole y are in the domain, NaN otherwise.
  kernel::AnyValue pow(kernel::AnyValue x, kernel::AnyValue y);
  /// The remainder of x / y with the sign of x, exact, as C's fmod: by long division, 8 bits a turn of a loop (35 at most).
  kernel::AnyValue fmod(kernel::AnyValue x, kernel::AnyValue y);

private:
  kernel::DynamicBuilder& k_;
  kernel::Type type_;
};

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/math.hpp"
#endif
