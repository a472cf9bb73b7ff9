// The logarithms, the inverse hyperbolic functions and powers.
#pragma once

#include "../math.hpp"
#include "math_term.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)): x positive and normal.
struct LogReduction {
  MathTerm e, f;     // floats
  MathTerm e_shift;  // e << 23, words
  explicit LogReduction(const MathTerm& x) {
    const MathTerm words = x.words();
    const MathTerm exponent = (words - 0x3F3504F3u).as(kernel::Scalar::I32) >> 23;
    e = exponent.to(kernel::Scalar::F32);
    e_shift = (exponent << 23).words();
    f = exact_sub((words - e_shift).floats(), x.number(1));
  }
};

// e ln 2 + ln(1 + f). The upper part of ln 2 has 15 bits: e times it is exact.
inline MathTerm log_of(const MathTerm& e, const MathTerm& f) {
  const MathTerm square = f * f;
  // (ln(1 + f) - f) / f^2: relative error of ln(1 + f) 2^-25.0
  const MathTerm r = polynomial(f, {-0x1.fffffap-2, 0x1.5556f0p-2, -0x1.0004a8p-2, 0x1.98d3a0p-3,
                                    -0x1.535c2ap-3, 0x1.317caap-3, -0x1.2505aep-3, 0x1.65f0e0p-4});
  MathTerm low = e * 0x1.7f7d1cp-20;
  low = low + square * r;
  return exact_add(exact_mul(e, e.number(0x1.62e4p-1)), f + low);
}

// A logarithm's values where x is no positive normal number.
inline MathTerm or_special(const MathTerm& x, const MathTerm& result) {
  const MathTerm words = x.words();
  const MathTerm plain = words - 0x00800000u < words.number(0x7F000000u);
  MathTerm special = choose(words == infinity_word, words, words.number(nan_word));
  special = choose(x.magnitude() < 0x00800000u, words.number(0xFF800000u), special);
  return choose(plain, result.words(), special).floats();
}

// ln(1 + x) for x > -1; NaN and infinities give anything.
inline MathTerm log1p_of(const MathTerm& x, const MathTerm& sum) {
  // What 1 + x lost, exactly (Fast2Sum, T. J. Dekker, 1971).
  const MathTerm one = x.number(1);
  const MathTerm x_is_larger = one < x;
  const MathTerm larger = choose(x_is_larger, x, one), smaller = choose(x_is_larger, one, x);
  const MathTerm lost = exact_sub(smaller, exact_sub(sum, larger));
  const LogReduction reduced(sum);
  // 2^-e; from 2^25 on nothing is lost that counts, and 2^-e may be too small.
  const MathTerm scale = choose(x < 0x1p25, (0x3F800000u - reduced.e_shift).floats(), x.number(0));
  return log_of(reduced.e, reduced.f + lost * scale);
}

}  // namespace detail

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::log(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  const LogReduction reduced(x);
  return or_special(x, log_of(reduced.e, reduced.f));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::log2(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  const LogReduction reduced(x);
  // log2(1 + f) / f: relative error 2^-25.0
  const MathTerm p =
      polynomial(reduced.f, {0x1.715476p+0, -0x1.715472p-1, 0x1.ec7366p-2, -0x1.715b7ep-2, 0x1.26dd48p-2,
                             -0x1.e9809ep-3, 0x1.b94dfap-3, -0x1.a78030p-3, 0x1.01ba32p-3});
  return or_special(x, reduced.f * p + reduced.e);
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::log1p(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  const MathTerm sum = exact_add(x, x.number(1));
  return or_small(x, 0x1p-25, or_special(sum, log1p_of(x, sum)));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::softplus(kernel::AnyValue value) {
  using namespace detail;
  // max(x, 0) + ln(1 + e^-|x|)
  const MathTerm x(value);
  const MathTerm power = scaled_exp(clamp_term(absolute(x).apply(Op::Negate), -87.4, 0), 0);
  const MathTerm rest = log1p_of(power, exact_add(power, power.number(1)));
  return unless_nan(x, rest + choose(x > 0, x, x.number(0)));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::asinh(kernel::AnyValue value) {
  using namespace detail;
  // ln(1 + a + a^2 / (1 + sqrt(1 + a^2))); from 2^14 on ln 2 + ln a.
  const MathTerm x(value);
  const MathTerm a = absolute(x);
  const MathTerm large = a > 0x1p14;
  const MathTerm bounded = at_most(a, 0x1p14);
  const MathTerm square = bounded * bounded;
  const MathTerm argument = choose(large, a - 1, bounded + square / ((square + 1).apply(Op::Sqrt) + 1));
  const MathTerm sum = exact_add(argument, x.number(1));
  const MathTerm result = log1p_of(argument, sum) + choose(large, x.number(0x1.62e430p-1), x.number(0));
  const MathTerm special = choose(x.magnitude() < infinity_word, result.words(), x.magnitude()).floats();
  return or_small(x, 0x1p-13, with_sign(special, x));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::acosh(kernel::AnyValue value) {
  using namespace detail;
  // With t = x - 1: ln(1 + t + sqrt(2 t + t^2)); from 2^14 on ln 2 + ln x.
  const MathTerm x(value);
  const MathTerm t = clamp_term(x, 1, 0x1p14) - 1;
  const MathTerm large = x > 0x1p14;
  const MathTerm argument = choose(large, x - 1, t + (t * (t + 2)).apply(Op::Sqrt));
  const MathTerm sum = exact_add(argument, x.number(1));
  const MathTerm result = log1p_of(argument, sum) + choose(large, x.number(0x1.62e430p-1), x.number(0));
  // From 1 to infinity, which is itself.
  const MathTerm words = x.words();
  const MathTerm inside = words - 0x3F800000u < words.number(0x40000000u);
  const MathTerm special = choose(words == infinity_word, words, words.number(nan_word));
  return choose(inside, result.words(), special).floats();
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::atanh(kernel::AnyValue value) {
  using namespace detail;
  // ln(1 + 2 a / (1 - a)) / 2
  const MathTerm x(value);
  const MathTerm a = at_most(absolute(x), 1 - 0x1p-24);
  const MathTerm argument = a * 2 / (1 - a);
  const MathTerm sum = exact_add(argument, x.number(1));
  const MathTerm result = with_sign(log1p_of(argument, sum) * 0.5, x);
  const MathTerm magnitude = x.magnitude();
  const MathTerm special =
      choose(magnitude == 0x3F800000u, x.sign_bit() | infinity_word, magnitude.number(nan_word));
  return or_small(x, 0x1p-13, choose(magnitude < 0x3F800000u, result.words(), special).floats());
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::pow(kernel::AnyValue base, kernel::AnyValue exponent) {
  using namespace detail;
  // 2^(y log2 |x|), the logarithm and its product with y as sums of two floats (T. J. Dekker, 1971).
  const MathTerm x(base), y(exponent);
  const MathTerm a = absolute(x);
  const LogReduction reduced(a);
  const MathTerm f = reduced.f;
  // ln(1 + f) = f - f^2/2 + f^3 p(f) = high + low: absolute error of p's part 2^-29.5
  const MathTerm p = polynomial(f, {0x1.555552p-2, -0x1.0002c8p-2, 0x1.99a20cp-3, -0x1.544e32p-3,
                                    0x1.229cccp-3, -0x1.0e81acp-3, 0x1.074406p-3, -0x1.388640p-4});
  const MathTerm f_upper = upper_half(f);
  const MathTerm f_lower = exact_sub(f, f_upper);
  const MathTerm half_square = exact_mul(f_upper * 0.5, f_upper);
  const MathTerm high = exact_sub(f, half_square);
  MathTerm low = exact_sub(exact_sub(f, high), half_square);
  low = low - (f + f_upper) * f_lower * 0.5;
  low = low + f * f * f * p;
  // times log2(e) = 0x1.716p+0 + rest, plus e
  const MathTerm high_upper = upper_half(high);
  const MathTerm high_lower = exact_add(exact_sub(high, high_upper), low);
  const MathTerm product = exact_mul(high_upper, high.number(0x1.716p+0));
  const MathTerm product_low = high_upper * -0x1.7135a8p-13 + high_lower * 0x1.715476p+0;
  const MathTerm sum = exact_add(reduced.e, product);
  const MathTerm sum_low = exact_add(exact_sub(product, exact_sub(sum, reduced.e)), product_low);
  const MathTerm logarithm = exact_add(sum, sum_low);
  const MathTerm log_upper = upper_half(logarithm);
  const MathTerm log_lower = exact_add(exact_sub(sum, log_upper), sum_low);
  // Beyond 2^100 only the sign of the logarithm counts.
  const MathTerm bounded = clamp_term(y, -0x1p100, 0x1p100);
  const MathTerm y_upper = upper_half(bounded);
  const MathTerm y_lower = exact_sub(bounded, y_upper);
  const MathTerm power = exact_mul(y_upper, log_upper);
  const MathTerm power_low = y_lower * log_upper + bounded * log_lower;
  const MathTerm whole = clamp_term(power + power_low, -126.25, 128.25).apply(Op::RoundEven);
  MathTerm rest = exact_add(exact_sub(power, whole), power_low);
  rest = clamp_term(rest, -0.75, 0.75);
  // 2 2^r as in exp2
  const MathTerm two =
      polynomial(rest, {2, 0x1.62e42ap+0, 0x1.ebf9c2p-2, 0x1.c6b6dcp-4, 0x1.3ce8c0p-6, 0x1.5bd898p-9});
  const MathTerm plain = (two * power_of_two(whole, -1)).words();

  // Zeros and infinities of x: zero or infinity, as the sign of y says.
  const MathTerm magnitude = x.magnitude(), y_magnitude = y.magnitude();
  const MathTerm y_negative = y.sign_bit() == 0x80000000u;
  const MathTerm zero = magnitude < 0x00800000u, infinite = magnitude == infinity_word;
  const MathTerm nothing = magnitude.number(0), infinity = magnitude.number(infinity_word);
  const MathTerm nan = magnitude.number(nan_word);
  MathTerm result =
      choose(zero | infinite, choose(zero.apply(Op::Equal, y_negative), infinity, nothing), plain);
  // Negative x: the sign of odd powers, and no power that is not whole. From 2^24 on all floats are whole and even.
  const MathTerm bounded_y = at_most(absolute(y), 0x1p24);
  const MathTerm truncated = bounded_y.apply(Op::Trunc);
  const MathTerm is_whole = truncated == bounded_y;
  const MathTerm odd = (truncated.to(kernel::Scalar::U32) & 1u) == 1u;
  const MathTerm negative = x.sign_bit() == 0x80000000u;
  result = choose(negative & is_whole & odd, result | 0x80000000u, result);
  result = choose(negative & !is_whole & !(zero | infinite), nan, result);
  result = choose(y_magnitude.number(infinity_word) < y_magnitude, nan, result);
  result = choose(magnitude.number(infinity_word) < magnitude, nan, result);
  // |x| = 1 to an infinite power is 1, as are any x to the power 0 and 1 to any.
  const MathTerm one = magnitude.number(0x3F800000u);
  result = choose((magnitude == 0x3F800000u) & (y_magnitude == infinity_word), one, result);
  result = choose((y_magnitude == 0u) | (x.words() == 0x3F800000u), one, result);
  return result.floats();
}

AIRSTRIP_TENSOR_NAMESPACE_END
