// The exponential functions, and those made of them.
#pragma once

#include "../math.hpp"
#include "math_term.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// x = n ln 2 + r with |r| <= ln 2 / 2. The upper part of ln 2 has 15 bits, so that n times it is exact; the rest is right
// to 2^-44.
struct ExpReduction {
  MathTerm n, r;
  explicit ExpReduction(const MathTerm& x) {
    n = (x * 0x1.715476p+0).apply(Op::RoundEven);
    r = exact_sub(x, exact_mul(n, n.number(0x1.62e4p-1)));
    r = exact_sub(r, exact_mul(n, n.number(0x1.7f7d1cp-20)));
  }
};
// 2^(n + shift), for n + shift in [-126, 127]; 0 one below.
inline MathTerm power_of_two(const MathTerm& n, int shift) {
  return ((n.to(kernel::Scalar::I32) + (127 + shift)) << 23).floats();
}

// e^x 2^shift (shift <= 0), for x in [-87.4, 89 - 0.7 shift]; 0 where e^x is below 2^-125.5. Twice the polynomial times
// half the power of two: so that the largest results are not beyond the largest power.
inline MathTerm scaled_exp(const MathTerm& x, int shift) {
  const ExpReduction e(x);
  // 2 e^r: |r| <= 0.3469, relative error 2^-23.1
  const MathTerm p = polynomial(e.r, {2, 2, 0x1.fffdfap-1, 0x1.5557aep-2, 0x1.572afep-4, 0x1.1063a4p-6});
  return p * power_of_two(e.n, shift - 1);
}

// (e^x - 1) / 4, for x in [-87, 89.5]
inline MathTerm quarter_expm1(const MathTerm& x) {
  const ExpReduction e(x);
  // (e^r - 1 - r) / r^2: |r| <= 0.3469, relative error of e^r - 1 2^-26.1
  const MathTerm q =
      polynomial(e.r, {0x1.fffffep-2, 0x1.5554b4p-3, 0x1.5556f2p-5, 0x1.122560p-7, 0x1.6b9caap-10});
  const MathTerm square = e.r * e.r;
  const MathTerm minus_one = e.r + square * q;
  const MathTerm power = power_of_two(e.n, -2);
  return power * minus_one + exact_sub(power, power.number(0.25));
}

// x itself where it is that small that the function's value is no other float: keeps zeros' signs, too.
inline MathTerm or_small(const MathTerm& x, double limit, const MathTerm& result) {
  return choose(absolute(x) < limit, x, result);
}

}  // namespace detail

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::exp(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  return unless_nan(x, scaled_exp(clamp_term(x, -87.4, 89), 0));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::exp2(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  const MathTerm clamped = clamp_term(x, -126.25, 128);
  const MathTerm n = clamped.apply(Op::RoundEven);
  // 2 2^r: |r| <= 1/2, relative error 2^-23.3
  const MathTerm p =
      polynomial(clamped - n, {2, 0x1.62e42ap+0, 0x1.ebf9c2p-2, 0x1.c6b6dcp-4, 0x1.3ce8c0p-6, 0x1.5bd898p-9});
  return unless_nan(x, p * power_of_two(n, -1));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::expm1(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  // At -18 and below the result is -1.
  const MathTerm result = quarter_expm1(clamp_term(x, -18, 89)) * 4;
  return unless_nan(x, or_small(x, 0x1p-25, result));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::sinh(kernel::AnyValue value) {
  using namespace detail;
  // With E = e^|x| - 1: (E + E / (E + 1)) / 2. The second part is 1/2 to all digits before it could overflow.
  const MathTerm x(value);
  const MathTerm q = quarter_expm1(clamp_term(absolute(x), 0, 89.5));
  const MathTerm bounded = at_most(q, 0x1p30);
  const MathTerm second = bounded * 2 / (bounded * 4 + 1);
  return unless_nan(x, or_small(x, 0x1p-13, with_sign(q * 2 + second, x)));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::cosh(kernel::AnyValue value) {
  using namespace detail;
  // With h = e^|x| / 2: h + 1 / (4 h).
  const MathTerm x(value);
  const MathTerm half = scaled_exp(clamp_term(absolute(x), 0, 89.5), -1);
  return unless_nan(x, half + 0.25 / at_most(half, 0x1p30));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::tanh(kernel::AnyValue value) {
  using namespace detail;
  // With E = e^(2|x|) - 1: E / (E + 2). From 9.5 on that is 1 to all digits.
  const MathTerm x(value);
  const MathTerm q = quarter_expm1(clamp_term(absolute(x), 0, 9.5) * 2);
  return unless_nan(x, or_small(x, 0x1p-13, with_sign(q / (q + 0.5), x)));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::sigmoid(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  // 2^126 is the largest divisor that Vulkan promises to divide by.
  const MathTerm power = scaled_exp(clamp_term(x.apply(Op::Negate), -87.4, 87.3), 0);
  const MathTerm result = 1 / (power + 1);
  return unless_nan(x, choose(x < -87.3, x.number(0), result));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::erf(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  const MathTerm a = clamp_term(absolute(x), 0, 3.95);
  const MathTerm square = a * a;
  // erf(x) / x - 1 in x^2: |x| <= 0.9375, relative error of erf 2^-25.6
  const MathTerm p = polynomial(
      square, {0x1.06eba6p-3, -0x1.8126dcp-2, 0x1.ce1856p-4, -0x1.b6698ep-6, 0x1.466a12p-8, -0x1.36a5aep-11});
  const MathTerm below_one = a + a * p;
  // ln(1 - erf(x)): 0.9375 <= x <= 3.95, relative error of erf 2^-25.4
  const MathTerm q = polynomial(
      a, {-0x1.12f86cp-9, -0x1.1e920ap+0, -0x1.4dbb7cp-1, -0x1.7240e6p-4, 0x1.f6d310p-7, -0x1.40431ep-10});
  const MathTerm large = 1 - scaled_exp(q, 0);
  return unless_nan(x, with_sign(choose(a < 0.9375, below_one, large), x));
}

AIRSTRIP_TENSOR_NAMESPACE_END

#include "math_logarithm.hpp"
#include "math_trigonometric.hpp"
