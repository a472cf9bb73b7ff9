// Transcendental functions: the bounds of tensor/primitives/math.hpp, and values at the ends of the range.
#include "run_operation.hpp"

#include <cmath>
#include <limits>

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;
using test::Place;

namespace {

struct Bounded {
  Function function;
  const char* name;
  double (*reference)(double);
  double ulps;
  double low, high;     // sampled by bits between them
  double absolute = 0;  // added to the bound
};

double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double softplus(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double large = 3.4e38;
// Where the result is below 2^-126 a driver may flush it; exp and its kin do so half an octave earlier.
constexpr double flushed = 0x1p-125;

const Bounded table[] = {
    {Function::Exp, "exp", [](double x) { return std::exp(x); }, 2.5, -110, 110},
    {Function::Exp2, "exp2", [](double x) { return std::exp2(x); }, 2.5, -150, 150},
    {Function::Expm1, "expm1", [](double x) { return std::expm1(x); }, 2, -110, 110},
    {Function::Log, "log", [](double x) { return std::log(x); }, 1.5, 0x1p-126, large},
    {Function::Log2, "log2", [](double x) { return std::log2(x); }, 2.5, 0x1p-126, large},
    {Function::Log1p, "log1p", [](double x) { return std::log1p(x); }, 2, -0.99999994, large},
    {Function::Sin, "sin", [](double x) { return std::sin(x); }, 3.5, -large, large, 0x1p-44},
    {Function::Cos, "cos", [](double x) { return std::cos(x); }, 3.5, -large, large, 0x1p-44},
    {Function::Tan, "tan", [](double x) { return std::tan(x); }, 6.5, -large, large},
    {Function::Asin, "asin", [](double x) { return std::asin(x); }, 4, -1, 1},
    {Function::Acos, "acos", [](double x) { return std::acos(x); }, 3, -1, 1},
    {Function::Atan, "atan", [](double x) { return std::atan(x); }, 4, -large, large},
    {Function::Sinh, "sinh", [](double x) { return std::sinh(x); }, 4, -110, 110},
    {Function::Cosh, "cosh", [](double x) { return std::cosh(x); }, 4.5, -110, 110},
    {Function::Tanh, "tanh", [](double x) { return std::tanh(x); }, 5, -large, large},
    {Function::Asinh, "asinh", [](double x) { return std::asinh(x); }, 4, -large, large},
    {Function::Acosh, "acosh", [](double x) { return std::acosh(x); }, 5, 1, large},
    {Function::Atanh, "atanh", [](double x) { return std::atanh(x); }, 5, -0.99999994, 0.99999994},
    {Function::Erf, "erf", [](double x) { return std::erf(x); }, 2, -large, large, 0x1p-126},
    {Function::Sigmoid, "sigmoid", sigmoid, 5.5, -110, 110},
    {Function::Softplus, "softplus", softplus, 3.5, -110, large},
};

// Uniform in [0, 1).
double unit(test::Random& random) { return static_cast<double>(random.next() >> 11) * 0x1p-53; }

// Distance of neighbouring floats at a value.
double ulp(double value) {
  int exponent;
  std::frexp(value, &exponent);
  return std::ldexp(1.0, std::max(exponent, -125) - 24);
}

// Floats in their order as integers.
std::int64_t order_of(float f) {
  std::int32_t bits;
  std::memcpy(&bits, &f, sizeof bits);
  return bits < 0 ? -static_cast<std::int64_t>(bits & 0x7FFFFFFF) : bits;
}
float float_of(std::int64_t order) {
  const std::uint32_t bits =
      order < 0 ? static_cast<std::uint32_t>(-order) | 0x80000000u : static_cast<std::uint32_t>(order);
  float f;
  std::memcpy(&f, &bits, sizeof f);
  return f;
}

Result<Operation> function_of_x(const Target& target, Function function, std::int64_t n,
                                std::uint32_t width) {
  ElementwiseProblem problem;
  Expression& e = problem.expression;
  e.output("y", apply(function, e.input("x", {Scalar::F32, {n}})));
  ElementwiseSchedule schedule;
  schedule.width = width;
  return elementwise(problem, schedule, target);
}

// What a sample showed: the greatest error in ULP that is left after the absolute part.
struct Worst {
  double ulps = 0, x = 0, y = 0;
  std::size_t wrong = 0;
};

// Whether `got` is as near to `exact` as `absolute` and the range allow, and else by how many ULP it is off.
double error_in_ulps(double exact, double got, double absolute) {
  if (std::fabs(exact) >= 0x1.ffffffp+127) return got == std::copysign(inf, exact) ? 0 : inf;
  // Next to the end of the range the nearest float and infinity are both near.
  if (std::isinf(got)) return std::fabs(exact) > 0x1.fffff0p+127 ? 0 : inf;
  if (std::isnan(got)) return inf;
  const double error = std::fabs(got - exact);
  if (std::fabs(exact) < flushed && error <= flushed) return 0;
  return (error - absolute) / ulp(exact);
}

// Samples of `n` floats, spread evenly from low to high by their order, each at a random place of its part.
void check_bound(Place place, const Bounded& f, std::int64_t n, std::uint64_t seed) {
  const std::int64_t first = order_of(static_cast<float>(f.low)), last = order_of(static_cast<float>(f.high));
  n = std::min(n, last - first + 1);
  const double step = static_cast<double>(last - first + 1) / static_cast<double>(n);
  test::Random random(seed);
  const std::uint32_t width = 1u << random.below(3);
  Worst worst;
  const std::int64_t most = 1 << 22;  // in one dispatch
  for (std::int64_t begin = 0; begin < n; begin += most) {
    const std::int64_t count = std::min(most, n - begin);
    HostTensor x(Scalar::F32, {count});
    for (std::int64_t i = 0; i < count; ++i) {
      const double place_of = (static_cast<double>(begin + i) + (step > 1 ? unit(random) : 0)) * step;
      const std::int64_t order = std::min(last, first + static_cast<std::int64_t>(place_of));
      x.set(static_cast<std::size_t>(i), static_cast<double>(float_of(order)));
    }
    test::Given given;
    given.inputs["x"] = std::move(x);
    const test::Tensors found = test::run_at(
        place, [&](const Target& t) { return function_of_x(t, f.function, count, width); }, given);
    if (found.empty()) return;
    const HostTensor &in = given.inputs["x"], &y = found.at("y");
    for (std::size_t i = 0; i < in.size(); ++i) {
      const double argument = in[i];
      if (argument != 0 && std::fabs(argument) < 0x1p-126) continue;  // it may count as 0
      const double exact = f.reference(argument);
      if (f.function == Function::Tan && (std::fabs(exact) > 0x1p20 || std::fabs(exact) < 0x1p-20) &&
          std::fabs(argument) > 1)
        continue;
      const double error = error_in_ulps(exact, y[i], f.absolute);
      if (!(error <= worst.ulps)) worst = {error, argument, y[i]};
    }
  }
  CAPTURE(worst.x);
  CAPTURE(worst.y);
  CHECK(worst.ulps <= f.ulps);
  if (std::getenv("AIRSTRIP_TEST_PRINT"))
    std::printf("%-9s %6.3f ULP at %.9g of %lld\n", f.name, worst.ulps, worst.x, static_cast<long long>(n));
}

// AIRSTRIP_TEST_CASES=16384 takes every float.
void check_bounds(Place place, int samples) {
  for (const Bounded& f : table) {
    CAPTURE(f.name);
    check_bound(place, f, samples, test::seed_of_run());
  }
}

Result<Operation> function_of_two(const Target& target, Function function, Scalar scalar, std::int64_t n,
                                  std::uint32_t width) {
  ElementwiseProblem problem;
  Expression& e = problem.expression;
  e.output("z", apply(function, e.input("x", {scalar, {n}}), e.input("y", {scalar, {n}})));
  ElementwiseSchedule schedule;
  schedule.width = width;
  return elementwise(problem, schedule, target);
}

void check_pow(Place place, std::int64_t n) {
  test::Random random(test::seed_of_run());
  test::Given given;
  HostTensor x(Scalar::F32, {n}), y(Scalar::F32, {n});
  for (std::size_t i = 0; i < x.size(); ++i) {
    // Half of the bases near 1, where the exponents may be large; results all over the range.
    const bool near = random.one_in(2);
    double base = near ? 1 + (unit(random) - 0.5) * std::exp2(-20 * unit(random))
                       : std::exp2((unit(random) - 0.5) * 250);
    base = static_cast<double>(static_cast<float>(base));
    const double power = base == 1 ? 3 : (unit(random) - 0.5) * 270 / std::log2(base);
    x.set(i, base);
    y.set(i, power);
  }
  given.inputs["x"] = x;
  given.inputs["y"] = y;
  const test::Tensors found = test::run_at(
      place, [&](const Target& t) { return function_of_two(t, Function::Pow, Scalar::F32, n, 4); }, given);
  if (found.empty()) return;
  Worst worst;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = error_in_ulps(std::pow(x[i], y[i]), found.at("z")[i], 0);
    if (!(error <= worst.ulps)) worst = {error, x[i], y[i]};
  }
  CAPTURE(worst.x);
  CAPTURE(worst.y);
  CHECK(worst.ulps <= 24);
  if (std::getenv("AIRSTRIP_TEST_PRINT"))
    std::printf("pow       %6.3f ULP at %.9g, %.9g\n", worst.ulps, worst.x, worst.y);
}

// The same bits, of NaNs the same kind.
std::string not_as_c(double x, double expected, double found) {
  if (std::isnan(expected) ? std::isnan(found)
                           : expected == found && std::signbit(expected) == std::signbit(found))
    return "";
  return std::to_string(x) + " gives " + std::to_string(found) + ", not " + std::to_string(expected);
}

constexpr double quiet = std::numeric_limits<double>::quiet_NaN();

void check_ends(Place place) {
  const std::vector<double> at = {0, -0.0, inf,     -inf,     quiet, 3.4e38, -3.4e38,
                                  2, -2,   0x1p-60, -0x1p-60, 1,     -1};
  for (const Bounded& f : table) {
    CAPTURE(f.name);
    test::Given given;
    given.inputs["x"] = HostTensor::of(Scalar::F32, {static_cast<std::int64_t>(at.size())}, at);
    const test::Tensors found = test::run_at(
        place,
        [&](const Target& t) {
          return function_of_x(t, f.function, static_cast<std::int64_t>(at.size()), 4);
        },
        given);
    if (found.empty()) return;
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double x = given.inputs["x"][i];
      double exact = static_cast<double>(static_cast<float>(f.reference(x))), got = found.at("y")[i];
      if (f.function == Function::Sigmoid && std::isinf(x)) exact = x > 0;
      // Here only what is no ordinary number is looked at.
      if (std::isfinite(exact) && exact != 0 && std::isfinite(got) &&
          std::fabs(got - exact) < 1e-5 * std::fabs(exact))
        continue;
      if (std::fabs(exact) > 0 && std::fabs(exact) < flushed && got == 0) continue;
      CHECK(not_as_c(x, exact, got) == "");
    }
  }
}

void check_pow_ends(Place place) {
  const double values[] = {0,   -0.0, 1,   -1,   2,     -2,       3,    -3,    0.5,  -0.5,
                           2.5, -2.5, inf, -inf, quiet, 16777217, 3e38, -3e38, 1e-30};
  std::vector<double> x, y;
  for (const double a : values)
    for (const double b : values) {
      x.push_back(a);
      y.push_back(b);
    }
  const std::int64_t n = static_cast<std::int64_t>(x.size());
  for (const bool is_pow : {true, false}) {
    test::Given given;
    given.inputs["x"] = HostTensor::of(Scalar::F32, {n}, x);
    given.inputs["y"] = HostTensor::of(Scalar::F32, {n}, y);
    const Function function = is_pow ? Function::Pow : Function::Rem;
    const test::Tensors found = test::run_at(
        place, [&](const Target& t) { return function_of_two(t, function, Scalar::F32, n, is_pow ? 1 : 2); },
        given);
    if (found.empty()) return;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double a = given.inputs["x"][i], b = given.inputs["y"][i];
      CAPTURE(b);
      if (!is_pow) {
        CHECK(not_as_c(a, std::fmod(a, b), found.at("z")[i]) == "");
        continue;
      }
      const double exact = static_cast<double>(static_cast<float>(std::pow(a, b)));
      if (std::fabs(found.at("z")[i] - exact) <= 24 * ulp(exact) && exact != 0) continue;
      if (exact != 0 && std::fabs(exact) < flushed) continue;
      CHECK(not_as_c(a, exact, found.at("z")[i]) == "");
    }
  }
}

void check_fmod(Place place, std::int64_t n) {
  test::Random random(test::seed_of_run());
  test::Given given;
  HostTensor x(Scalar::F32, {n}), y(Scalar::F32, {n});
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.set(i, (unit(random) - 0.5) * std::exp2(250 * unit(random) - 120));
    y.set(i, (unit(random) - 0.5) * std::exp2(250 * unit(random) - 120));
  }
  given.inputs["x"] = x;
  given.inputs["y"] = y;
  const test::Tensors found = test::run_at(
      place, [&](const Target& t) { return function_of_two(t, Function::Rem, Scalar::F32, n, 4); }, given);
  if (found.empty()) return;
  for (std::size_t i = 0; i < x.size(); ++i) {
    CAPTURE(y[i]);
    const double exact = std::fmod(x[i], y[i]);
    if (std::fabs(exact) >= 0x1p-126) CHECK(not_as_c(x[i], exact, found.at("z")[i]) == "");
  }
}

}  // namespace

TEST_CASE("math: bounds in the interpreter") { check_bounds(Place::Interpreter, test::cases(1024)); }
TEST_CASE("math: bounds in the interpreter, weak target") { check_bounds(Place::InterpreterWeak, 256); }
TEST_CASE("device, math: bounds") { check_bounds(Place::Device, test::cases(1 << 18)); }
TEST_CASE("device, math: the bound of pow") { check_pow(Place::Device, test::cases(1 << 18)); }
TEST_CASE("math: the bound of pow in the interpreter") {
  check_pow(Place::InterpreterWeak, test::cases(1024));
}
TEST_CASE("math: NaN, infinities, zeros and large arguments in the interpreter") {
  check_ends(Place::Interpreter);
}
TEST_CASE("device, math: NaN, infinities, zeros and large arguments") { check_ends(Place::Device); }
TEST_CASE("math: corner cases of pow and fmod in the interpreter") { check_pow_ends(Place::Interpreter); }
TEST_CASE("device, math: corner cases of pow and fmod") { check_pow_ends(Place::Device); }
TEST_CASE("math: fmod is exact in the interpreter") { check_fmod(Place::InterpreterWeak, 512); }
TEST_CASE("device, math: fmod is exact") { check_fmod(Place::Device, 1 << 14); }
