// Float operations against long double arithmetic, tables of all 16-bit floats and exact integers.
#include "evaluate_reference.hpp"

using namespace evaluate_test;

namespace {

bool plain(Scalar s, std::uint64_t bits) {
  const long double v = float_value(s, bits);
  const long double smallest = s == Scalar::F16   ? std::ldexp(1.0L, -14)
                               : s == Scalar::F64 ? std::ldexp(1.0L, -1022)
                                                  : std::ldexp(1.0L, -126);
  return bits == 0 || (std::isfinite(v) && std::fabs(v) >= smallest);
}

// `rule`: whether Vulkan fixes the operation for plain operands and results.
void check(Op op, Scalar s, const std::vector<std::uint64_t>& v, std::uint64_t expected, bool rule,
           Scalar result = Scalar::Void) {
  const Scalar to = result == Scalar::Void ? s : result;
  CAPTURE(info_of(op).name);
  CAPTURE(int(s));
  CAPTURE(v);
  const Evaluated got = evaluate(op, s, to, v.data());
  if (is_float(to) && is_nan_bits(to, expected))
    CHECK(is_nan_bits(to, got.bits));
  else
    CHECK(got.bits == expected);
  bool exact = rule && (!is_float(to) || plain(to, expected));
  for (const std::uint64_t bits : v) exact = exact && plain(s, bits);
  CHECK(got.exact == exact);
}

// In the arithmetic of the type itself for f32 and f64 (this file is built with -ffp-contract=off, and each has one
// operation); for 16 bits in long double, whose 64 bits are more than 2 p + 2.
template <class F32, class F64, class Wider>
std::uint64_t with(Scalar s, F32 f, F64 d, Wider l) {
  if (s == Scalar::F32) return bits_of(f());
  if (s == Scalar::F64) return bits_of(d());
  return nearest(s, l());
}

}  // namespace

TEST_CASE("evaluate: float arithmetic and comparisons") {
  std::mt19937_64 random(5);
  for (const Scalar s : float_types) {
    const auto values = interesting(s, random, 60);
    for (const std::uint64_t x : values)
      for (const std::uint64_t y : values) {
        const std::vector<std::uint64_t> v = {x, y};
        const long double a = float_value(s, x), b = float_value(s, y);
        const float fa = f32_of(x), fb = f32_of(y);
        const double da = f64_of(x), db = f64_of(y);
        check(Op::Add, s, v,
              with(
                  s, [&] { return fa + fb; }, [&] { return da + db; }, [&] { return a + b; }),
              true);
        check(Op::Sub, s, v,
              with(
                  s, [&] { return fa - fb; }, [&] { return da - db; }, [&] { return a - b; }),
              true);
        check(Op::Mul, s, v,
              with(
                  s, [&] { return fa * fb; }, [&] { return da * db; }, [&] { return a * b; }),
              true);
        check(Op::Div, s, v,
              with(
                  s, [&] { return fa / fb; }, [&] { return da / db; }, [&] { return a / b; }),
              false);
        check(Op::Rem, s, v, float_bits(s, std::fmod(a, b)), false);
        check(Op::Min, s, v, b < a ? y : x, true);
        check(Op::Max, s, v, a < b ? y : x, true);
        check(Op::NMin, s, v, std::isnan(a) ? y : std::isnan(b) ? x : b < a ? y : x, true);
        check(Op::NMax, s, v, std::isnan(a) ? y : std::isnan(b) ? x : a < b ? y : x, true);
        check(Op::Equal, s, v, a == b, true, Scalar::Boolean);
        check(Op::NotEqual, s, v, a != b, true, Scalar::Boolean);
        check(Op::Less, s, v, a < b, true, Scalar::Boolean);
        check(Op::LessEqual, s, v, a <= b, true, Scalar::Boolean);
        check(Op::Step, s, v, b < a ? 0 : float_bits(s, 1.0L), true);
        // OpFMod has the divisor's sign and lies between it and zero.
        const Evaluated mod = evaluate(Op::Mod, s, s, v.data());
        const long double m = float_value(s, mod.bits);
        if (std::isfinite(a) && std::isfinite(b) && b != 0) {
          CAPTURE(v);
          CHECK(std::signbit(m) == std::signbit(b));
          CHECK(std::fabs(m) <= std::fabs(b));
          if ((a < 0) == (b < 0) || std::fmod(a, b) == 0)
            CHECK(std::fabs(m) == std::fabs(std::fmod(a, b)));
          else
            CHECK(mod.bits == float_bits(s, std::fmod(a, b) + b));
        } else {
          CHECK((std::isnan(m) || std::isinf(b)));
        }
      }
  }
}

TEST_CASE("evaluate: float operations of one operand") {
  std::mt19937_64 random(6);
  for (const Scalar s : float_types)
    for (const std::uint64_t x : interesting(s, random, 300)) {
      const long double a = float_value(s, x);
      const std::uint64_t sign = std::uint64_t{1} << (width_of(s) - 1);
      check(Op::Negate, s, {x}, x ^ sign, true);
      check(Op::Abs, s, {x}, x & ~sign, true);
      check(Op::Sign, s, {x}, a > 0 ? float_bits(s, 1) : a < 0 ? float_bits(s, -1) : 0, true);
      const bool half = std::fabs(a - std::trunc(a)) == 0.5L;
      check(Op::Round, s, {x}, float_bits(s, std::round(a)), !half);
      check(Op::RoundEven, s, {x}, float_bits(s, std::nearbyint(a)), true);
      check(Op::Trunc, s, {x}, float_bits(s, std::trunc(a)), true);
      check(Op::Floor, s, {x}, float_bits(s, std::floor(a)), true);
      check(Op::Ceil, s, {x}, float_bits(s, std::ceil(a)), true);
      check(Op::Fract, s, {x}, float_bits(s, a - std::floor(a)), false);
      check(Op::IsNan, s, {x}, std::isnan(a), true, Scalar::Boolean);
      check(Op::IsInf, s, {x}, std::isinf(a), true, Scalar::Boolean);
      check(Op::Sqrt, s, {x},
            with(
                s, [&] { return std::sqrt(f32_of(x)); }, [&] { return std::sqrt(f64_of(x)); },
                [&] { return std::sqrt(a); }),
            false);
      if (std::isfinite(a)) {
        int exponent = 0;
        const long double significand = std::frexp(a, &exponent);
        check(Op::FrexpSignificand, s, {x}, float_bits(s, significand), true);
        check(Op::FrexpExponent, s, {x}, static_cast<std::uint32_t>(exponent), true, Scalar::I32);
      }
    }
}

TEST_CASE("evaluate: Fma of 16-bit floats against exact integers, and of the others against fma") {
  std::mt19937_64 random(7);
  for (int n = 0; n < 200000; ++n) {
    // Multiples of 2^-24 below 2^16 are exact as integers; products are multiples of 2^-48 below 2^32.
    const std::uint64_t v[3] = {random() & 0xFFFF, random() & 0xFFFF, random() & 0xFFFF};
    bool finite = true;
    for (const std::uint64_t x : v) finite = finite && std::isfinite(float_value(Scalar::F16, x));
    if (!finite) continue;
    const auto scaled = [&](std::uint64_t x) {
      return static_cast<Wide>(std::ldexp(float_value(Scalar::F16, x), 24));
    };
    const Wide sum = scaled(v[0]) * scaled(v[1]) + (scaled(v[2]) << 24);
    // Nearest in integers: between which table entries does it lie?
    const Wide magnitude = sum < 0 ? -sum : sum;
    const auto& values = table(Scalar::F16);
    const auto entry = [&](std::size_t i) {
      return i < values.size() ? static_cast<Wide>(std::ldexp(values[i], 24)) << 24
                               : static_cast<Wide>(65536) << 48;
    };
    std::size_t low = 0, high = values.size();
    while (high - low > 1) {
      const std::size_t middle = (low + high) / 2;
      (entry(middle) <= magnitude ? low : high) = middle;
    }
    const Wide down = magnitude - entry(low), up = entry(low + 1) - magnitude;
    std::uint64_t expected = up < down || (up == down && (low & 1) != 0) ? low + 1 : low;
    if (sum < 0) expected |= 0x8000;
    const Evaluated got = evaluate(Op::Fma, Scalar::F16, Scalar::F16, v);
    CAPTURE(v[0]);
    CAPTURE(v[1]);
    CAPTURE(v[2]);
    if (sum != 0) REQUIRE(got.bits == expected);
    if (sum == 0) REQUIRE((got.bits & 0x7FFF) == 0);
  }
  // bfloat16: a product on the midpoint of two of them, and a summand too small for 53 bits to see.
  const auto bf16_bits = [](long double v) { return nearest(Scalar::BF16, v); };
  for (const long double tiny : {1e-30L, 1e-20L, 1e-37L})
    for (const int k : {0, 20, 60}) {
      // 7 * 74 = 518, halfway between 516 and 520.
      const long double a = std::ldexp(7.0L, k), b = 74.0L, scale = std::ldexp(1.0L, k);
      for (const int side : {1, -1}) {
        const std::uint64_t v[3] = {bf16_bits(a), bf16_bits(b), bf16_bits(side * tiny)};
        const std::uint64_t expected = bf16_bits((side > 0 ? 520.0L : 516.0L) * scale);
        CHECK(evaluate(Op::Fma, Scalar::BF16, Scalar::BF16, v).bits == expected);
      }
    }
  for (const Scalar s : {Scalar::F32, Scalar::F64, Scalar::F16, Scalar::BF16})
    for (const std::uint64_t x : interesting(s, random, 4))
      for (const std::uint64_t y : interesting(s, random, 4))
        for (const std::uint64_t z : interesting(s, random, 4)) {
          if (width_of(s) == 16 && std::isfinite(float_value(s, x)) && std::isfinite(float_value(s, y)))
            continue;
          const long double a = float_value(s, x), b = float_value(s, y), c = float_value(s, z);
          check(Op::Fma, s, {x, y, z},
                with(
                    s, [&] { return std::fma(f32_of(x), f32_of(y), f32_of(z)); },
                    [&] { return std::fma(f64_of(x), f64_of(y), f64_of(z)); }, [&] { return a * b + c; }),
                false);
        }
}

TEST_CASE("evaluate: transcendental functions are those of double, rounded once") {
  std::mt19937_64 random(8);
  const struct {
    Op op;
    double (*function)(double);
  } functions[] = {{Op::Sin, std::sin},
                   {Op::Cos, std::cos},
                   {Op::Tan, std::tan},
                   {Op::Asin, std::asin},
                   {Op::Acos, std::acos},
                   {Op::Atan, std::atan},
                   {Op::Sinh, std::sinh},
                   {Op::Cosh, std::cosh},
                   {Op::Tanh, std::tanh},
                   {Op::Asinh, std::asinh},
                   {Op::Acosh, std::acosh},
                   {Op::Atanh, std::atanh},
                   {Op::Exp, std::exp},
                   {Op::Log, std::log},
                   {Op::Exp2, std::exp2},
                   {Op::Log2, std::log2},
                   {Op::InverseSqrt, [](double x) { return 1.0 / std::sqrt(x); }}};
  for (const Scalar s : float_types)
    for (const auto& f : functions)
      for (const std::uint64_t x : interesting(s, random, 40)) {
        const auto a = static_cast<double>(float_value(s, x));
        check(f.op, s, {x}, float_bits(s, static_cast<long double>(f.function(a))), false);
      }
  for (const Scalar s : float_types)
    for (const std::uint64_t x : interesting(s, random, 10))
      for (const std::uint64_t y : interesting(s, random, 10)) {
        const auto a = static_cast<double>(float_value(s, x)), b = static_cast<double>(float_value(s, y));
        check(Op::Pow, s, {x, y}, float_bits(s, static_cast<long double>(std::pow(a, b))), false);
        check(Op::Atan2, s, {x, y}, float_bits(s, static_cast<long double>(std::atan2(a, b))), false);
      }
  const std::uint64_t outside[] = {float_bits(Scalar::F32, 2.0L)};
  CHECK(!evaluate(Op::Asin, Scalar::F32, Scalar::F32, outside).defined);
  const std::uint64_t negative[] = {float_bits(Scalar::F32, -2.0L)};
  CHECK(!evaluate(Op::Log, Scalar::F32, Scalar::F32, negative).defined);
  CHECK(!evaluate(Op::Sqrt, Scalar::F32, Scalar::F32, negative).defined);
}

TEST_CASE("evaluate: Mix, SmoothStep, Clamp, Ldexp and angles by their formulas") {
  const auto f = [](double v) { return bits_of(static_cast<float>(v)); };
  const auto value = [](Op op, std::vector<std::uint64_t> v) {
    return f32_of(evaluate(op, Scalar::F32, Scalar::F32, v.data()).bits);
  };
  const float x = 1.1f, y = 7.3f, a = 0.3f;
  const float rest = 1.0f - a;
  const float first = x * rest, second = y * a;
  CHECK(value(Op::Mix, {bits_of(x), bits_of(y), bits_of(a)}) == first + second);
  CHECK(value(Op::SmoothStep, {f(0), f(2), f(1)}) == 0.5f);
  CHECK(value(Op::SmoothStep, {f(0), f(2), f(-1)}) == 0.0f);
  CHECK(value(Op::SmoothStep, {f(0), f(2), f(5)}) == 1.0f);
  CHECK(value(Op::Clamp, {f(5), f(1), f(3)}) == 3.0f);
  CHECK(value(Op::NClamp, {f(std::nan("")), f(1), f(3)}) == 1.0f);
  CHECK(value(Op::Radians, {f(180)}) == doctest::Approx(3.14159265));
  CHECK(value(Op::Degrees, {f(3.14159265)}) == doctest::Approx(180));
  CHECK(value(Op::Ldexp, {f(0.75), 5}) == 24.0f);
  CHECK(value(Op::Ldexp, {f(0.75), 0xFFFFFFFDu}) == 0.09375f);
  const std::uint64_t huge[] = {f(1.0), 0x7FFFFFFFu};
  CHECK(!evaluate(Op::Ldexp, Scalar::F32, Scalar::F32, huge).defined);
  const std::uint64_t turned[] = {f(2.0), f(1.0), f(1.0)};
  CHECK(!evaluate(Op::SmoothStep, Scalar::F32, Scalar::F32, turned).defined);
}
