// Floating-point operations: arithmetic against the machine's own or exact tables, bit for bit; transcendental functions
// against long double.
#include "operation_cases.hpp"

#include <cmath>

using namespace operations;

namespace {

bool any_nan(Scalar s, const std::uint64_t* v, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    if (is_nan_bits(s, v[i])) return true;
  return false;
}

// What 16-bit floats are where the target has no arithmetic on them: computed in f32 as a whole and rounded once, so that
// a formula of several steps may differ from one that rounds each (see widen.hpp). f32 and f64 have no such form.
constexpr unsigned several_steps = 4;

/// Arithmetic on one type, all of it exactly rounded in the interpreter.
void add_arithmetic(std::vector<Case>& cases, Type t) {
  const Scalar s = t.scalar();
  const auto binary = [&](Op op, std::uint64_t (*f)(Scalar, std::uint64_t, std::uint64_t)) {
    cases.push_back(component_case(op, {t, t}, [s, f](const std::uint64_t* v, std::uint64_t& out) {
      out = f(s, v[0], v[1]);
      return true;
    }));
  };
  binary(Op::Add, add);
  binary(Op::Sub, sub);
  binary(Op::Mul, mul);
  binary(Op::Div, div);
  binary(Op::Rem, [](Scalar k, std::uint64_t a, std::uint64_t b) {
    return float_bits(k, std::fmod(float_value(k, a), float_value(k, b)));
  });
  // The divisor's sign; the correction is the only rounding.
  cases.push_back(component_case(Op::Mod, {t, t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    const long double a = float_value(s, v[0]), b = float_value(s, v[1]);
    if (!std::isfinite(a) || !std::isfinite(b) || b == 0) return false;
    const long double rest = std::fmod(a, b);
    if (rest == 0)
      out = float_bits(s, std::copysign(0.0L, b));
    else if ((rest < 0) == (b < 0))
      out = float_bits(s, rest);
    else
      out = add(s, float_bits(s, rest), v[1]);
    return true;
  }));
  // SPIR-V leaves open which of two zeros of different sign, and what of a NaN, Min and Max give.
  const auto ordered = [s](const std::uint64_t* v, std::size_t n) {
    if (any_nan(s, v, n)) return false;
    for (std::size_t i = 0; i < n; ++i)
      if (v[i] == std::uint64_t{1} << (width_of(s) - 1)) return false;
    return true;
  };
  const auto lesser = [s](std::uint64_t a, std::uint64_t b) {
    return float_value(s, b) < float_value(s, a) ? b : a;
  };
  const auto greater = [s](std::uint64_t a, std::uint64_t b) {
    return float_value(s, a) < float_value(s, b) ? b : a;
  };
  cases.push_back(component_case(Op::Min, {t, t}, [=](const std::uint64_t* v, std::uint64_t& out) {
    out = lesser(v[0], v[1]);
    return ordered(v, 2);
  }));
  cases.push_back(component_case(Op::Max, {t, t}, [=](const std::uint64_t* v, std::uint64_t& out) {
    out = greater(v[0], v[1]);
    return ordered(v, 2);
  }));
  cases.push_back(component_case(Op::Clamp, {t, t, t}, [=](const std::uint64_t* v, std::uint64_t& out) {
    out = lesser(greater(v[0], v[1]), v[2]);
    return ordered(v, 3) && !(float_value(s, v[2]) < float_value(s, v[1]));
  }));
  const auto is_negative_zero = [s](std::uint64_t v) { return v == std::uint64_t{1} << (width_of(s) - 1); };
  cases.push_back(component_case(Op::NMin, {t, t}, [=](const std::uint64_t* v, std::uint64_t& out) {
    out = is_nan_bits(s, v[0]) ? v[1] : is_nan_bits(s, v[1]) ? v[0] : lesser(v[0], v[1]);
    return !is_negative_zero(v[0]) && !is_negative_zero(v[1]);
  }));
  cases.push_back(component_case(Op::NMax, {t, t}, [=](const std::uint64_t* v, std::uint64_t& out) {
    out = is_nan_bits(s, v[0]) ? v[1] : is_nan_bits(s, v[1]) ? v[0] : greater(v[0], v[1]);
    return !is_negative_zero(v[0]) && !is_negative_zero(v[1]);
  }));
  cases.push_back(component_case(Op::NClamp, {t, t, t}, [=](const std::uint64_t* v, std::uint64_t& out) {
    if (is_nan_bits(s, v[1]) || is_nan_bits(s, v[2])) return false;
    for (int i = 0; i < 3; ++i)
      if (is_negative_zero(v[i])) return false;
    out = lesser(is_nan_bits(s, v[0]) ? v[1] : greater(v[0], v[1]), v[2]);
    return !(float_value(s, v[2]) < float_value(s, v[1]));
  }));
  cases.push_back(component_case(Op::Fma, {t, t, t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    if (s == Scalar::F32) {
      out = bits_of(std::fma(f32_of(v[0]), f32_of(v[1]), f32_of(v[2])));
      return true;
    }
    if (s == Scalar::F64) {
      out = bits_of(std::fma(f64_of(v[0]), f64_of(v[1]), f64_of(v[2])));
      return true;
    }
    // The product is a long double exactly. The sum is one too, or has a residue far below the last place of 16 bits,
    // which matters only where the sum itself is half way between two of them.
    const long double product = float_value(s, v[0]) * float_value(s, v[1]), c = float_value(s, v[2]);
    long double sum = product + c;
    if (std::isfinite(sum)) {
      const long double back = sum - product, error = (product - (sum - back)) + (c - back);
      if (error != 0) sum = std::nextafter(sum, error > 0 ? HUGE_VALL : -HUGE_VALL);
      // bf16 goes down to 2^-133 and products of it to 2^-266: all of it in the range of long double.
    }
    out = nearest(s, sum);
    return true;
  }));
}

void add_unary(std::vector<Case>& cases, Type t) {
  const Scalar s = t.scalar();
  const auto unary = [&](Op op, std::function<std::uint64_t(std::uint64_t)> f) {
    cases.push_back(component_case(op, {t}, [f](const std::uint64_t* v, std::uint64_t& out) {
      out = f(v[0]);
      return true;
    }));
  };
  const std::uint64_t sign = std::uint64_t{1} << (width_of(s) - 1);
  unary(Op::Negate, [=](std::uint64_t v) { return v ^ sign; });
  unary(Op::Abs, [=](std::uint64_t v) { return v & ~sign; });
  cases.push_back(component_case(Op::Sign, {t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    const long double a = float_value(s, v[0]);
    out = a > 0 ? float_bits(s, 1) : a < 0 ? float_bits(s, -1) : 0;
    return !is_nan_bits(s, v[0]);
  }));
  const auto rounding = [&](Op op, long double (*f)(long double)) {
    unary(op, [=](std::uint64_t v) { return float_bits(s, f(float_value(s, v))); });
  };
  rounding(Op::RoundEven, [](long double v) { return std::nearbyint(v); });
  rounding(Op::Trunc, [](long double v) { return std::trunc(v); });
  rounding(Op::Floor, [](long double v) { return std::floor(v); });
  rounding(Op::Ceil, [](long double v) { return std::ceil(v); });
  // Where halves go, the device chooses.
  cases.push_back(component_case(Op::Round, {t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    const long double a = float_value(s, v[0]);
    out = float_bits(s, std::round(a));
    return !std::isfinite(a) || std::fabs(a - std::trunc(a)) != 0.5L;
  }));
  cases.push_back(component_case(Op::Fract, {t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    const long double a = float_value(s, v[0]);
    out = sub(s, v[0], float_bits(s, std::floor(a)));
    return std::isfinite(a);
  }));
  cases.push_back(component_case(Op::Sqrt, {t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    out = operations::sqrt(s, v[0]);
    return !(float_value(s, v[0]) < 0);
  }));
  cases.push_back(component_case(Op::FrexpSignificand, {t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    int exponent = 0;
    out = float_bits(s, std::frexp(float_value(s, v[0]), &exponent));
    return std::isfinite(float_value(s, v[0]));
  }));
  cases.push_back(component_case(Op::FrexpExponent, {t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    int exponent = 0;
    (void)std::frexp(float_value(s, v[0]), &exponent);
    out = static_cast<std::uint32_t>(exponent);
    return std::isfinite(float_value(s, v[0]));
  }));
  Case ldexp =
      component_case(Op::Ldexp, {t, t.with(Scalar::I32)}, [s](const std::uint64_t* v, std::uint64_t& out) {
        const int exponent = static_cast<std::int32_t>(v[1]);
        out = float_bits(s, std::ldexp(float_value(s, v[0]), exponent));
        const long double r = float_value(s, out);
        return std::isfinite(r) || !std::isfinite(float_value(s, v[0]));
      });
  ldexp.values = [s](std::size_t operand, unsigned, std::mt19937_64& random) -> std::uint64_t {
    return operand == 0 ? random() & low_bits(s) : static_cast<std::uint32_t>(random() % 25) - 12;
  };
  cases.push_back(ldexp);
  // --- comparisons and tests
  const auto compare = [&](Op op, bool (*f)(long double, long double)) {
    cases.push_back(component_case(op, {t, t}, [s, f](const std::uint64_t* v, std::uint64_t& out) {
      out = f(float_value(s, v[0]), float_value(s, v[1]));
      return true;
    }));
  };
  compare(Op::Equal, [](long double a, long double b) { return a == b; });
  compare(Op::NotEqual, [](long double a, long double b) { return !(a == b); });
  compare(Op::Less, [](long double a, long double b) { return a < b; });
  compare(Op::LessEqual, [](long double a, long double b) { return a <= b; });
  cases.push_back(component_case(Op::IsNan, {t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    out = std::isnan(float_value(s, v[0]));
    return true;
  }));
  cases.push_back(component_case(Op::IsInf, {t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    out = std::isinf(float_value(s, v[0]));
    return true;
  }));
}

std::uint64_t moderate(Scalar s, std::mt19937_64& random) {
  const long double v = static_cast<long double>(static_cast<std::int64_t>(random() % 4001) - 2000) / 250.0L;
  return float_bits(s, v);
}

/// The functions that the extended set defines by a formula: each step rounded once.
void add_formulas(std::vector<Case>& cases, Type t) {
  const Scalar s = t.scalar();
  const auto push = [&](Case c) {
    c.legal_ulps = width_of(s) == 16 ? several_steps : 0;
    cases.push_back(std::move(c));
  };
  const std::uint64_t one = constant(s, 1);
  push(component_case(Op::Step, {t, t}, [=](const std::uint64_t* v, std::uint64_t& out) {
    out = float_value(s, v[1]) < float_value(s, v[0]) ? 0 : one;
    return !any_nan(s, v, 2);
  }));
  Case mix = component_case(Op::Mix, {t, t, t}, [=](const std::uint64_t* v, std::uint64_t& out) {
    out = add(s, mul(s, v[0], sub(s, one, v[2])), mul(s, v[1], v[2]));
    return true;
  });
  // Between 0 and 1, and without cancellation, which would make any number of last places of a rounding.
  mix.values = [s](std::size_t operand, unsigned, std::mt19937_64& random) {
    return operand == 2 ? float_bits(s, static_cast<long double>(random() % 257) / 256.0L)
                        : float_bits(s, static_cast<long double>(random() % 1000 + 1) / 8.0L);
  };
  push(mix);
  Case smooth = component_case(Op::SmoothStep, {t, t, t}, [=](const std::uint64_t* v, std::uint64_t& out) {
    if (!(float_value(s, v[0]) < float_value(s, v[1]))) return false;
    const std::uint64_t quotient = div(s, sub(s, v[2], v[0]), sub(s, v[1], v[0]));
    const long double q = float_value(s, quotient);
    const std::uint64_t x = q < 0 ? 0 : q > 1 ? one : quotient;
    const std::uint64_t rest = sub(s, constant(s, 3), mul(s, constant(s, 2), x));
    out = mul(s, mul(s, x, x), rest);
    return true;
  });
  smooth.values = [s](std::size_t, unsigned, std::mt19937_64& random) { return moderate(s, random); };
  smooth.legal_ulps = 8;
  smooth.legal_ulps = width_of(s) == 16 ? 8u : 0u;
  cases.push_back(smooth);

  const unsigned n = t.components();
  const auto dot = [=](const Bits& a, const Bits& b) {
    std::uint64_t sum = mul(s, a[0], b[0]);
    for (unsigned i = 1; i < n; ++i) sum = add(s, sum, mul(s, a[i], b[i]));
    return sum;
  };
  // Sums of products of either sign cancel: what one rounding gives then has any distance from several, in last places.
  // All positive here; the signs are tried where the result is exact.
  const auto positive = [s](std::size_t, unsigned, std::mt19937_64& random) {
    return float_bits(s, static_cast<long double>(random() % 60 + 1) / 4.0L);
  };
  const auto whole = [&](Op op, std::vector<Type> types, std::function<void(const Bits*, Bits&)> f) {
    Case c = apply_case(op, std::move(types), 0, [f](const Bits* v, Bits& out) {
      f(v, out);
      return true;
    });
    c.values = positive;
    c.legal_ulps = width_of(s) == 16 ? several_steps : 0;
    return c;
  };
  cases.push_back(whole(Op::Length, {t}, [=](const Bits* v, Bits& out) {
    out[0] =
        n == 1 ? v[0][0] & ~(std::uint64_t{1} << (width_of(s) - 1)) : operations::sqrt(s, dot(v[0], v[0]));
  }));
  Case distance_case = whole(Op::Distance, {t, t}, [=](const Bits* v, Bits& out) {
    Bits difference{};
    for (unsigned i = 0; i < n; ++i) difference[i] = sub(s, v[0][i], v[1][i]);
    out[0] = n == 1 ? difference[0] & ~(std::uint64_t{1} << (width_of(s) - 1))
                    : operations::sqrt(s, dot(difference, difference));
  });
  cases.push_back(distance_case);
  cases.push_back(whole(Op::Normalize, {t}, [=](const Bits* v, Bits& out) {
    const std::uint64_t length = operations::sqrt(s, dot(v[0], v[0]));
    for (unsigned i = 0; i < n; ++i) out[i] = div(s, v[0][i], length);
  }));
  // Small integers: exact in every type and in every order.
  const auto exact = [s](std::size_t operand, unsigned, std::mt19937_64& random) {
    (void)operand;
    return float_bits(s, static_cast<long double>(random() % 7) - 3);
  };
  Case face = whole(Op::FaceForward, {t, t, t}, [=](const Bits* v, Bits& out) {
    const bool keep = float_value(s, dot(v[2], v[1])) < 0;
    for (unsigned i = 0; i < n; ++i) out[i] = keep ? v[0][i] : negate(s, v[0][i]);
  });
  face.values = exact;
  cases.push_back(face);
  Case reflect = whole(Op::Reflect, {t, t}, [=](const Bits* v, Bits& out) {
    const std::uint64_t twice = mul(s, constant(s, 2), dot(v[1], v[0]));
    for (unsigned i = 0; i < n; ++i) out[i] = sub(s, v[0][i], mul(s, twice, v[1][i]));
  });
  reflect.values = exact;
  cases.push_back(reflect);
  Case refract = apply_case(Op::Refract, {t, t, t.component()}, 0, [=](const Bits* v, Bits& out) {
    const std::uint64_t eta = v[2][0], cosine = dot(v[1], v[0]);
    const std::uint64_t k = sub(s, one, mul(s, mul(s, eta, eta), sub(s, one, mul(s, cosine, cosine))));
    if (float_value(s, k) < 0) {
      out = {};
      return true;
    }
    const std::uint64_t factor = add(s, mul(s, eta, cosine), operations::sqrt(s, k));
    for (unsigned i = 0; i < n; ++i) out[i] = sub(s, mul(s, eta, v[0][i]), mul(s, factor, v[1][i]));
    return true;
  });
  // Of unit vectors along the axes with simple ratios, the steps are exact or nearly so.
  refract.values = [s](std::size_t operand, unsigned, std::mt19937_64& random) {
    const long double ratios[] = {0.25L, 0.5L, 0.75L, 1.0L, 1.25L};
    return float_bits(s, operand == 2 ? ratios[random() % 5] : static_cast<long double>(random() % 2));
  };
  refract.legal_ulps = width_of(s) == 16 ? several_steps : 0;
  cases.push_back(refract);
  if (n == 1) return;
  cases.push_back(whole(Op::Dot, {t, t}, [=](const Bits* v, Bits& out) { out[0] = dot(v[0], v[1]); }));
  if (n != 3) return;
  Case cross = whole(Op::Cross, {t, t}, [=](const Bits* v, Bits& out) {
    for (unsigned i = 0; i < 3; ++i) {
      const unsigned j = (i + 1) % 3, k = (i + 2) % 3;
      out[i] = sub(s, mul(s, v[0][j], v[1][k]), mul(s, v[1][j], v[0][k]));
    }
  });
  cross.values = exact;
  cases.push_back(cross);
}

/// The interpreter computes these in double and rounds once, so that it is off from the true value, rounded, by one
/// last place at most, and only where double's own error reaches over the middle between two results.
void add_transcendental(std::vector<Case>& cases, Type t) {
  const Scalar s = t.scalar();
  const auto push = [&](Op op, long double (*f)(long double), long double low, long double high) {
    Case c = component_case(op, {t}, [=](const std::uint64_t* v, std::uint64_t& out) {
      out = float_bits(s, f(float_value(s, v[0])));
      return true;
    });
    c.ulps = 1;
    c.values = [=](std::size_t, unsigned, std::mt19937_64& random) -> std::uint64_t {
      const long double at = static_cast<long double>(random() >> 11) / 9007199254740992.0L;
      // Rounded towards the middle, so that it stays in the domain.
      const long double middle = (low + high) / 2, v = low + (high - low) * at;
      return float_bits(s, middle + (v - middle) * 0.99L);
    };
    cases.push_back(c);
  };
  push(
      Op::Sin, [](long double v) { return std::sin(v); }, -4, 4);
  push(
      Op::Cos, [](long double v) { return std::cos(v); }, -4, 4);
  push(
      Op::Tan, [](long double v) { return std::tan(v); }, -4, 4);
  push(
      Op::Asin, [](long double v) { return std::asin(v); }, -1, 1);
  push(
      Op::Acos, [](long double v) { return std::acos(v); }, -1, 1);
  push(
      Op::Atan, [](long double v) { return std::atan(v); }, -10, 10);
  push(
      Op::Sinh, [](long double v) { return std::sinh(v); }, -5, 5);
  push(
      Op::Cosh, [](long double v) { return std::cosh(v); }, -5, 5);
  push(
      Op::Tanh, [](long double v) { return std::tanh(v); }, -5, 5);
  push(
      Op::Asinh, [](long double v) { return std::asinh(v); }, -100, 100);
  push(
      Op::Acosh, [](long double v) { return std::acosh(v); }, 1, 100);
  push(
      Op::Atanh, [](long double v) { return std::atanh(v); }, -1, 1);
  push(
      Op::Exp, [](long double v) { return std::exp(v); }, -8, 8);
  push(
      Op::Exp2, [](long double v) { return std::exp2(v); }, -12, 12);
  push(
      Op::Log, [](long double v) { return std::log(v); }, 0, 1000);
  push(
      Op::Log2, [](long double v) { return std::log2(v); }, 0, 1000);
  push(
      Op::InverseSqrt, [](long double v) { return 1 / std::sqrt(v); }, 0, 1000);
  const long double pi = 3.14159265358979323846264338327950288L;
  // One product with a rounded constant: an error of half a last place twice.
  const auto product = [&](Op op, long double factor) {
    Case c = component_case(op, {t}, [=](const std::uint64_t* v, std::uint64_t& out) {
      out = float_bits(s, float_value(s, v[0]) * factor);
      return true;
    });
    c.ulps = 2;
    c.values = [s](std::size_t, unsigned, std::mt19937_64& random) { return moderate(s, random); };
    cases.push_back(c);
  };
  product(Op::Radians, pi / 180);
  product(Op::Degrees, 180 / pi);
  const auto binary = [&](Op op, long double (*f)(long double, long double), bool any_sign) {
    Case c = component_case(op, {t, t}, [=](const std::uint64_t* v, std::uint64_t& out) {
      const long double a = float_value(s, v[0]), b = float_value(s, v[1]);
      out = float_bits(s, f(a, b));
      return !(a == 0 && b == 0);
    });
    c.ulps = 1;
    c.values = [=](std::size_t operand, unsigned, std::mt19937_64& random) -> std::uint64_t {
      const long double v = static_cast<long double>(random() % 4000 + 1) / 1000.0L;
      return float_bits(s, (any_sign || operand == 1) && random() % 2 != 0 ? -v : v);
    };
    cases.push_back(c);
  };
  binary(
      Op::Atan2, [](long double y, long double x) { return std::atan2(y, x); }, true);
  binary(
      Op::Pow, [](long double x, long double y) { return std::pow(x, y); }, false);
}

const Scalar f32_and_less[] = {Scalar::F16, Scalar::BF16, Scalar::F32};

}  // namespace

TEST_CASE("operations: float arithmetic") {
  std::vector<Case> cases;
  for (const Scalar s : float_types)
    for (const unsigned n : shapes) add_arithmetic(cases, Type(s, n));
  check("float arithmetic", cases);
}
TEST_CASE("operations: float rounding, comparisons and parts") {
  std::vector<Case> cases;
  for (const Scalar s : float_types)
    for (const unsigned n : shapes) add_unary(cases, Type(s, n));
  check("float rounding, comparisons and parts", cases);
}
TEST_CASE("operations: formulas of GLSL.std.450") {
  std::vector<Case> cases;
  for (const Scalar s : float_types)
    for (const unsigned n : shapes) add_formulas(cases, Type(s, n));
  check("formulas of GLSL.std.450", cases);
}
TEST_CASE("operations: transcendental functions") {
  std::vector<Case> cases;
  for (const Scalar s : f32_and_less)
    for (const unsigned n : shapes) add_transcendental(cases, Type(s, n));
  check("transcendental functions", cases);
}

TEST_CASE("operations: transcendental functions of f64 are refused, with the operation and the line") {
  // GLSL.std.450: "The operand x must be a scalar or vector whose component type is 16-bit or 32-bit floating-point."
  std::vector<Case> cases;
  add_transcendental(cases, Type(Scalar::F32));
  const Target target = Target::vulkan(1, 0).enable_feature("shaderFloat64");
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Case wide = c;
    wide.result = Type(Scalar::F64);
    for (Type& type : wide.operands) type = Type(Scalar::F64);
    const bool exists = c.name.compare(0, 12, "inverse_sqrt") == 0;
    const Kernel kernel = build({&wide});
    if (exists) {
      const Result<spirv::Module> module = write_spirv(kernel, target);
      REQUIRE(module.ok());
      CHECK(validate(*module).ok());
      continue;
    }
    REQUIRE(!kernel.ok());
    CHECK(kernel.error().code == ErrorCode::WrongType);
    CHECK(kernel.error().where.line == first_line);
    const std::string message(kernel.error().message);
    CAPTURE(message);
    CHECK(message.find(c.name.substr(0, c.name.find(' ')) + " wants") == 0);
    CHECK(message.find("16 or 32 bits") != std::string::npos);
    CHECK(message.find("f64") != std::string::npos);
  }
}
