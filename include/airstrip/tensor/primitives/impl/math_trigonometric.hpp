// The trigonometric functions, their inverses, and the remainder.
#pragma once

#include "../math.hpp"
#include "math_term.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// x = quadrant π/2 + r, |r| <= π/4 and a little; of the quadrant (a word) the lowest two bits count.
struct TrigonometricReduction {
  MathTerm r, quadrant;

  TrigonometricReduction(kernel::DynamicBuilder& k, const MathTerm& x) {
    const MathTerm magnitude = x.magnitude();
    const MathTerm is_far = magnitude >= limit;
    near(choose(is_far, x.number(0), x));
    const kernel::AnyVariable r_variable = k.variable(r.type()),
                              quadrant_variable = k.variable(quadrant.type());
    k.store(r_variable, r);
    k.store(quadrant_variable, quadrant);
    // Nearly always no lane is far, and the branch is not taken.
    k.begin_if(x.type().is_vector() ? is_far.apply(Op::Any) : is_far);
    const MathTerm near_r = r, near_quadrant = quadrant;
    far(x, magnitude);
    k.store(r_variable, choose(is_far, r, near_r));
    k.store(quadrant_variable, choose(is_far, quadrant, near_quadrant));
    k.end_if();
    r = k.load(r_variable);
    quadrant = k.load(quadrant_variable);
  }

private:
  static constexpr std::uint32_t limit = 0x46480000;  // 12800

  // W. J. Cody, W. Waite, 1980: π/2 in parts of 11, 11, 11 and 24 bits, of which the quadrant, at most 2^13, times the
  // first three is exact. What is left out is below 2^-63, times 2^13.
  void near(const MathTerm& x) {
    const MathTerm n = (x * 0x1.45f306p-1).apply(Op::RoundEven);
    r = exact_sub(x, exact_mul(n, n.number(0x1.92p+0)));
    r = exact_sub(r, exact_mul(n, n.number(0x1.fb4p-12)));
    r = exact_sub(r, exact_mul(n, n.number(0x1.444p-24)));
    r = exact_sub(r, exact_mul(n, n.number(0x1.68c234p-39)));
    quadrant = n.to(kernel::Scalar::I32).words();
  }

  // M. Payne, R. Hanek, "Radian reduction for trigonometric functions", 1983: with x = m 2^e, the fraction of m times
  // those 96 bits of 2^-10 / 2π that stand behind the e + 10 first ones, which only count whole turns.
  void far(const MathTerm& x, const MathTerm& magnitude) {
    static constexpr std::uint32_t turns[] = {0x000A2F98, 0x36E4E441, 0x529FC275, 0x7D1F534D,
                                              0xDC0DB629, 0x5993C439, 0x041FE516};
    const MathTerm m = (magnitude & 0x7FFFFFu) | 0x800000u;
    const MathTerm position = (magnitude >> 23) - 140;  // 0 to 114; of infinity and NaN any
    const MathTerm skips_two = (position & 64u) == 64u, skips_one = (position & 32u) == 32u;
    const MathTerm shift = position & 31u;
    MathTerm words[5];
    for (unsigned i = 0; i < 5; ++i) words[i] = choose(skips_two, m.number(turns[i + 2]), m.number(turns[i]));
    for (unsigned i = 0; i < 4; ++i) words[i] = choose(skips_one, words[i + 1], words[i]);
    // A shift by 32 is undefined: by 31 less, and by 1.
    const MathTerm back = 31 - shift;
    for (unsigned i = 0; i < 3; ++i) words[i] = (words[i] << shift) | ((words[i + 1] >> 1) >> back);
    const MathTerm low_part = m * words[1];
    const MathTerm low = low_part + m.apply(Op::MulHigh, words[2]);
    const MathTerm carry = low_part.apply(Op::AddCarry, m.apply(Op::MulHigh, words[2]));
    const MathTerm high = m * words[0] + m.apply(Op::MulHigh, words[1]) + carry;
    const MathTerm turn = (high + 0x20000000u) >> 30;
    const MathTerm fraction =
        (high - (turn << 30)).as(kernel::Scalar::I32).to(kernel::Scalar::F32) * 0x1p-32 +
        low.to(kernel::Scalar::F32) * 0x1p-64;
    const MathTerm radians = fraction * 0x1.921fb6p+2;
    r = (radians.words() ^ x.sign_bit()).floats();
    quadrant = choose(x.sign_bit() == 0u, turn, 0 - turn);
  }
};

// Sine and cosine on [-π/4, π/4]: relative errors 2^-27.9 and 2^-33.
inline MathTerm sine_of(const MathTerm& r) {
  const MathTerm z = r * r;
  return r + r * (z * polynomial(z, {-0x1.555546p-3, 0x1.110776p-7, -0x1.99530p-13}));
}
inline MathTerm cosine_of(const MathTerm& r) {
  const MathTerm z = r * r;
  return 1 - (z * 0.5 - z * z * polynomial(z, {0x1.55554ap-5, -0x1.6c0c2ap-10, 0x1.99e904p-16}));
}
inline MathTerm sine_or_cosine(const MathTerm& x, const MathTerm& r, const MathTerm& quadrant) {
  const MathTerm value = choose((quadrant & 1u) == 1u, cosine_of(r), sine_of(r));
  const MathTerm bits = value.words() ^ ((quadrant & 2u) << 30);
  return choose(x.magnitude() < infinity_word, bits, bits.number(nan_word)).floats();
}

// s + s z p(z): of x, or with s = sqrt((1 - |x|) / 2) of the half of arccos |x|.
struct ArcsineHalves {
  MathTerm upper;  // |x| > 1/2
  MathTerm value;  // arcsin |x|, or where `upper` arccos |x| / 2
  explicit ArcsineHalves(const MathTerm& a) {
    upper = a > 0.5;
    const MathTerm half = choose(a < 1, exact_sub(a.number(1), a) * 0.5, a.number(0));
    const MathTerm z = choose(upper, half, a * a);
    const MathTerm s = choose(upper, half.apply(Op::Sqrt), a);
    // (arcsin(s) / s - 1) / s^2 in s^2: |s| <= 1/2, relative error of arcsin 2^-27.6
    value =
        s +
        s * (z * polynomial(z, {0x1.5555c8p-3, 0x1.3301fcp-4, 0x1.747d06p-5, 0x1.8c2d86p-6, 0x1.596d5cp-5}));
  }
};
inline constexpr double pi_half = 0x1.921fb6p+0, pi_half_rest = -0x1.777a5cp-25;

// NaN outside [-1, 1].
inline MathTerm within_one(const MathTerm& x, const MathTerm& result) {
  const MathTerm words = result.words();
  const MathTerm one = words.number(0x3F800000u);
  return choose(x.magnitude() <= one, words, words.number(nan_word)).floats();
}

}  // namespace detail

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::sin(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  const TrigonometricReduction reduced(k_, x);
  return or_small(x, 0x1p-12, sine_or_cosine(x, reduced.r, reduced.quadrant));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::cos(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  const TrigonometricReduction reduced(k_, x);
  return sine_or_cosine(x, reduced.r, reduced.quadrant + 1);
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::tan(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  const TrigonometricReduction reduced(k_, x);
  const MathTerm sine = sine_of(reduced.r), cosine = cosine_of(reduced.r);
  const MathTerm odd = (reduced.quadrant & 1u) == 1u;
  const MathTerm quotient = choose(odd, cosine, sine) / choose(odd, sine, cosine);
  const MathTerm bits = quotient.words() ^ (reduced.quadrant << 31);
  return or_small(x, 0x1p-12, choose(x.magnitude() < infinity_word, bits, bits.number(nan_word)).floats());
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::asin(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  const ArcsineHalves halves(absolute(x));
  const MathTerm upper = exact_sub(x.number(pi_half), exact_sub(halves.value * 2, x.number(pi_half_rest)));
  return within_one(x, with_sign(choose(halves.upper, upper, halves.value), x));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::acos(kernel::AnyValue value) {
  using namespace detail;
  const MathTerm x(value);
  const ArcsineHalves halves(absolute(x));
  const MathTerm twice = halves.value * 2;
  const MathTerm negative = x < 0;
  const MathTerm far =
      choose(negative, exact_sub(x.number(2 * pi_half), exact_sub(twice, x.number(2 * pi_half_rest))), twice);
  const MathTerm arcsine = with_sign(halves.value, x);
  const MathTerm near = exact_sub(x.number(pi_half), exact_sub(arcsine, x.number(pi_half_rest)));
  return within_one(x, choose(halves.upper, far, near));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::atan(kernel::AnyValue value) {
  using namespace detail;
  // From 2^26 on the result is π/2 to all digits.
  const MathTerm x(value);
  const MathTerm a = absolute(x);
  const MathTerm upper = a > 1;
  const MathTerm s = choose(upper, 1 / clamp_term(a, 1, 0x1p26), a);
  const MathTerm z = s * s;
  // (arctan(s) / s - 1) / s^2 in s^2: |s| <= 1, relative error of arctan 2^-25.8
  const MathTerm p = polynomial(z, {-0x1.5554dcp-2, 0x1.9978ecp-3, -0x1.230a96p-3, 0x1.b4dee0p-4,
                                    -0x1.35519ep-4, 0x1.61f17ep-5, -0x1.0c1c96p-6, 0x1.7eb2c4p-9});
  const MathTerm arctangent = s + s * (z * p);
  const MathTerm rest = exact_sub(x.number(pi_half), exact_sub(arctangent, x.number(pi_half_rest)));
  return unless_nan(x, with_sign(choose(upper, rest, arctangent), x));
}

AIRSTRIP_INLINE kernel::AnyValue MathEmitter::fmod(kernel::AnyValue dividend, kernel::AnyValue divisor) {
  using namespace detail;
  const MathTerm x(dividend), y(divisor);
  const MathTerm a = x.magnitude(), b = y.magnitude();
  // m 2^(e - 150), with e = 1 for the denormals, which have no leading 1.
  const auto exponent = [](const MathTerm& w) {
    const MathTerm e = w >> 23;
    return choose(e == 0u, e.number(1), e);
  };
  const auto significand = [](const MathTerm& w) {
    return choose(w < 0x00800000u, w, (w & 0x7FFFFFu) | 0x800000u);
  };
  const MathTerm b_exponent = exponent(b);
  const MathTerm b_zero = b == 0u;
  const MathTerm m = choose(b_zero, b.number(1), significand(b));
  // Where x is the smaller one, and where the result is a NaN, nothing is divided.
  const MathTerm divides = b.apply(Op::LessEqual, a) & (a < infinity_word);
  const MathTerm first_steps = choose(divides & !b_zero, exponent(a) - b_exponent, a.number(0));
  const kernel::AnyVariable rest = k_.variable(a.type()), steps = k_.variable(a.type());
  k_.store(rest, significand(a).apply(Op::Rem, m));
  k_.store(steps, first_steps);
  k_.begin_loop();
  const MathTerm left = k_.load(steps);
  const MathTerm done = left == 0u;
  k_.begin_if(type_.is_vector() ? done.apply(Op::All) : done);
  k_.break_();
  k_.end_if();
  const MathTerm bits = choose(left < 8, left, left.number(8));
  k_.store(rest, (MathTerm(k_.load(rest)) << bits).apply(Op::Rem, m));
  k_.store(steps, left - bits);
  k_.end_loop();
  const MathTerm r(k_.load(rest));
  // r 2^(e - 150) again as a float: a normal one by its exponent, which is 127 + 24 at most before, or the bits of a
  // denormal.
  const MathTerm converted = r.to(kernel::Scalar::F32).words();
  const MathTerm raised = (converted >> 23) + b_exponent;
  const MathTerm normal = converted + (b_exponent << 23) - (150u << 23);
  const MathTerm denormal = r << choose(b_exponent < 24, b_exponent - 1, b_exponent.number(0));
  MathTerm result = choose(raised.number(150) < raised, normal, denormal);
  result = choose(r == 0u, r, result);
  result = choose(a < b, a, result) | x.sign_bit();
  const MathTerm nan = b_zero | (b.number(infinity_word) < b) | (a >= infinity_word);
  return choose(nan, result.number(nan_word), result).floats();
}

AIRSTRIP_TENSOR_NAMESPACE_END
