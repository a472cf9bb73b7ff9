// What each function computes: activations, and the corner cases of ONNX's operators on floats.
#include "run_operation.hpp"

#include <cmath>
#include <functional>
#include <limits>

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;
using test::Place;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double quiet = std::numeric_limits<double>::quiet_NaN();
const Place everywhere[] = {Place::Interpreter, Place::InterpreterWeak, Place::Device, Place::DeviceWeak};

using Build = std::function<Expr(Expression&, Expr)>;

// y = build(x) for the values of x, of a type.
HostTensor computed(Place place, Scalar scalar, const std::vector<double>& x, const Build& build,
                    std::uint32_t width = 4) {
  const std::int64_t n = static_cast<std::int64_t>(x.size());
  test::Given given;
  given.inputs["x"] = HostTensor::of(scalar, {n}, x);
  const auto make = [&](const Target& target) {
    ElementwiseProblem problem;
    Expression& e = problem.expression;
    e.output("y", build(e, e.input("x", {scalar, {n}})));
    ElementwiseSchedule schedule;
    schedule.width = width;
    return elementwise(problem, schedule, target);
  };
  const test::Tensors found = test::run_at(place, make, given);
  return found.empty() ? HostTensor() : found.at("y");
}

// The values are these, with NaN for NaN and each zero's sign.
void check_values(Place place, Scalar scalar, const std::vector<double>& x,
                  const std::vector<double>& expected, const Build& build) {
  const HostTensor y = computed(place, scalar, x, build);
  if (y.size() == 0) return;
  for (std::size_t i = 0; i < x.size(); ++i) {
    CAPTURE(x[i]);
    if (std::isnan(expected[i]))
      CHECK(std::isnan(y[i]));
    else
      CHECK((y[i] == expected[i] && std::signbit(y[i]) == std::signbit(expected[i])));
  }
}

struct Activation {
  const char* name;
  Build build;
  std::function<double(double)> reference;
  double ulps;          // of the result, at most
  double absolute = 0;  // and this times 1 + |x|
};

double clipped(double x, double low, double high) { return x < low ? low : x > high ? high : x; }
double softplus_of(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }

// The bounds: those of the transcendental functions, one ULP more for each rounding behind them, and the rounding of
// constants. What adds to 1 or subtracts from it has an absolute error of some 2^-24.
const Activation activations[] = {
    {"relu", [](Expression&, Expr x) { return relu(x); }, [](double x) { return std::fmax(x, 0); }, 0},
    {"leaky_relu", [](Expression&, Expr x) { return leaky_relu(x, 0.1); },
     [](double x) { return x < 0 ? 0.1 * x : x; }, 1.5},
    {"elu", [](Expression&, Expr x) { return elu(x, 1.5); },
     [](double x) { return x < 0 ? 1.5 * std::expm1(x) : x; }, 3},
    {"selu", [](Expression&, Expr x) { return selu(x); },
     [](double x) {
       return 1.05070102214813232421875 * (x <= 0 ? 1.67326319217681884765625 * std::expm1(x) : x);
     },
     3.5},
    {"celu", [](Expression&, Expr x) { return celu(x, 2); },
     [](double x) { return std::fmax(x, 0) + std::fmin(0, 2 * std::expm1(x / 2)); }, 4},
    {"gelu", [](Expression&, Expr x) { return gelu(x); },
     [](double x) { return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5))); }, 2, 0x1p-22},
    {"gelu tanh", [](Expression&, Expr x) { return gelu(x, GeluApproximation::Tanh); },
     [](double x) {
       return 0.5 * x * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
     },
     2, 0x1p-21},
    {"hard_sigmoid", [](Expression&, Expr x) { return hard_sigmoid(x); },
     [](double x) { return clipped(0.2 * x + 0.5, 0, 1); }, 1, 0x1p-24},
    {"hard_swish", [](Expression&, Expr x) { return hard_swish(x); },
     [](double x) { return x * clipped(x / 6 + 0.5, 0, 1); }, 2, 0x1p-22},
    {"hard_tanh", [](Expression&, Expr x) { return hard_tanh(x, -2, 3); },
     [](double x) { return clipped(x, -2, 3); }, 0},
    {"swish", [](Expression&, Expr x) { return swish(x); }, [](double x) { return x / (1 + std::exp(-x)); },
     7},
    {"mish", [](Expression&, Expr x) { return mish(x); },
     [](double x) { return x * std::tanh(softplus_of(x)); }, 10},
    {"softsign", [](Expression&, Expr x) { return softsign(x); },
     [](double x) { return x / (1 + std::fabs(x)); }, 4},
    {"thresholded_relu", [](Expression&, Expr x) { return thresholded_relu(x, 2); },
     [](double x) { return x > 2 ? x : 0; }, 0},
    {"shrink", [](Expression&, Expr x) { return shrink(x, 1.5, 1.5); },
     [](double x) { return x < -1.5  ? x + 1.5
                           : x > 1.5 ? x - 1.5
                                     : 0; }, 1},
    {"x^3", [](Expression&, Expr x) { return pow(x, 3); }, [](double x) { return x * x * x; }, 2},
    {"x^-2", [](Expression&, Expr x) { return pow(x, -2); }, [](double x) { return 1 / (x * x); }, 4},
};

void check_activations(Place place, Scalar scalar, int n) {
  test::Random random(test::seed_of_run());
  std::vector<double> x;
  for (int i = 0; i < n; ++i) {
    const double unit = static_cast<double>(random.next() >> 11) * 0x1p-53;
    x.push_back((unit - 0.5) * (i % 4 == 0 ? 60 : 10));
    if (x.back() == 0) x.back() = 1;
  }
  // One ULP, and half of one, of the type at a value v are at most |v| times these.
  const double of_f32 = 0x1p-23, half = scalar == Scalar::F16 ? 0x1p-11 : scalar == Scalar::BF16 ? 0x1p-8 : 0;
  for (const Activation& a : activations) {
    CAPTURE(std::string(a.name));
    const HostTensor y = computed(place, scalar, x, a.build);
    const HostTensor in = HostTensor::of(scalar, {n}, x);
    if (y.size() == 0) return;
    double worst = 0, at = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const double e = a.reference(in[i]);
      double allowed =
          (a.ulps * of_f32 + half) * std::fabs(e) + a.absolute * (1 + std::fabs(in[i])) + 0x1p-125;
      if (scalar == Scalar::F16) allowed += 0x1p-14;  // its denormals may be 0
      // From 65520 on f16 has no number: infinity is nearest.
      if (scalar == Scalar::F16 && std::fabs(e) + allowed >= 65520 && y[i] == std::copysign(INFINITY, e))
        continue;
      const double excess = std::fabs(y[i] - e) / allowed;
      if (!(excess <= worst)) {
        worst = excess;
        at = in[i];
      }
    }
    CAPTURE(at);
    CHECK(worst <= 1);
  }
}

}  // namespace

TEST_CASE("functions: activations in the interpreter") {
  check_activations(Place::Interpreter, Scalar::F32, test::cases(256));
  check_activations(Place::InterpreterWeak, Scalar::F16, 64);
  check_activations(Place::InterpreterWeak, Scalar::BF16, 64);
}
TEST_CASE("device, functions: activations") {
  check_activations(Place::Device, Scalar::F32, test::cases(4096));
  check_activations(Place::DeviceWeak, Scalar::F16, 64);
}

TEST_CASE("functions: activations of NaN and infinities") {
  const std::vector<double> x = {quiet, inf, -inf};
  for (const Place place : everywhere)
    for (const Activation& a : activations) {
      CAPTURE(std::string(a.name));
      if (place == Place::InterpreterWeak || place == Place::DeviceWeak) continue;
      // What goes to 0 far below is 0 there, not 0 times infinity.
      const std::string name = a.name;
      double below = a.reference(-1e300);
      if (name == "mish" || name == "swish" || name.rfind("gelu", 0) == 0 || name == "hard_swish") below = 0;
      double above = a.reference(1e300);
      if (std::fabs(above) > 1e290) above = inf;
      if (std::fabs(below) > 1e290) below = -inf;
      const HostTensor y = computed(place, Scalar::F32, x, a.build);
      if (y.size() == 0) return;
      CHECK(std::isnan(y[0]));
      CHECK((y[1] == above || std::fabs(y[1] - above) < 1e-6));
      CHECK((y[2] == below || std::fabs(y[2] - below) < 1e-6));
    }
}

TEST_CASE("functions: Min and Max of a NaN are a NaN") {
  for (const Place place : everywhere)
    for (const Scalar scalar : {Scalar::F32, Scalar::F16, Scalar::BF16}) {
      check_values(place, scalar, {quiet, 1, -3, inf, -inf}, {quiet, 0.5, -3, 0.5, -inf},
                   [](Expression&, Expr x) { return (min)(x, 0.5); });
      check_values(place, scalar, {quiet, 1, -3, inf, -inf}, {quiet, 1, 0.5, inf, 0.5},
                   [](Expression&, Expr x) { return (max)(0.5, x); });
      check_values(place, scalar, {1, quiet}, {quiet, quiet}, [&](Expression& e, Expr x) {
        return (max)({x, e.constant(scalar, quiet), x * 2});
      });
    }
}

TEST_CASE("functions: Round goes to the even neighbour, Ceil and Floor to the next") {
  const std::vector<double> x = {0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.75, -0.75, 8388609, inf, quiet, 2.25};
  for (const Place place : everywhere) {
    check_values(place, Scalar::F32, x, {0, 2, 2, -0.0, -2, -2, 1, -1, 8388609, inf, quiet, 2},
                 [](Expression&, Expr v) { return round(v); });
    check_values(place, Scalar::F32, x, {1, 2, 3, -0.0, -1, -2, 1, -0.0, 8388609, inf, quiet, 3},
                 [](Expression&, Expr v) { return ceil(v); });
    check_values(place, Scalar::F32, x, {0, 1, 2, -1, -2, -3, 0, -1, 8388609, inf, quiet, 2},
                 [](Expression&, Expr v) { return floor(v); });
    check_values(place, Scalar::F32, x, {0, 1, 2, -0.0, -1, -2, 0, -0.0, 8388609, inf, quiet, 2},
                 [](Expression&, Expr v) { return trunc(v); });
  }
}

TEST_CASE("functions: IsInf looks for the signs that it is told, IsNaN for NaN") {
  const std::vector<double> x = {inf, -inf, quiet, 1, -1, 0};
  for (const Place place : everywhere)
    for (const Scalar scalar : {Scalar::F32, Scalar::F16, Scalar::BF16}) {
      check_values(place, scalar, x, {1, 1, 0, 0, 0, 0}, [](Expression&, Expr v) { return is_inf(v); });
      check_values(place, scalar, x, {0, 1, 0, 0, 0, 0},
                   [](Expression&, Expr v) { return is_inf(v, true, false); });
      check_values(place, scalar, x, {1, 0, 0, 0, 0, 0},
                   [](Expression&, Expr v) { return is_inf(v, false, true); });
      check_values(place, scalar, x, {0, 0, 0, 0, 0, 0},
                   [](Expression&, Expr v) { return is_inf(v, false, false); });
      check_values(place, scalar, x, {0, 0, 1, 0, 0, 0}, [](Expression&, Expr v) { return is_nan(v); });
    }
}

TEST_CASE("functions: Sign, Abs, comparisons and Where with NaN") {
  const std::vector<double> x = {-3, 0, 2, quiet, inf, -inf};
  for (const Place place : {Place::Interpreter, Place::Device}) {
    check_values(place, Scalar::F32, x, {-1, 0, 1, quiet, 1, -1},
                 [](Expression&, Expr v) { return sign(v); });
    check_values(place, Scalar::F32, x, {3, 0, 2, quiet, inf, inf},
                 [](Expression&, Expr v) { return abs(v); });
    check_values(place, Scalar::F32, x, {0, 1, 1, 0, 1, 0}, [](Expression&, Expr v) { return v >= 0; });
    check_values(place, Scalar::F32, x, {1, 0, 0, 0, 0, 1}, [](Expression&, Expr v) { return v < 0; });
    check_values(place, Scalar::F32, x, {1, 1, 1, 0, 1, 1}, [](Expression&, Expr v) { return v == v; });
    check_values(place, Scalar::F32, x, {0, 0, 0, 1, 0, 0}, [](Expression&, Expr v) { return v != v; });
    check_values(place, Scalar::F32, x, {7, 0, 2, quiet, inf, 7},
                 [](Expression&, Expr v) { return where(v < 0, 7, v); });
    check_values(place, Scalar::F32, x, {-1, 0, 1, quiet, 1, -1},
                 [](Expression&, Expr v) { return clip(v, -1, 1); });
  }
}

TEST_CASE("functions: Mod of floats with either sign") {
  const std::vector<double> x = {-4.3, 7.2, 5, 4.3, -7.2, 8, 0, quiet, inf};
  for (const Place place : {Place::Interpreter, Place::InterpreterWeak, Place::Device})
    for (const double divisor : {3.4, -3.4}) {
      const double y = static_cast<double>(static_cast<float>(divisor));
      std::vector<double> rem, floor_mod, rounded;
      for (const double v : x) {
        const double f = static_cast<double>(static_cast<float>(v));
        const double r = std::fmod(f, y);
        rem.push_back(r);
        floor_mod.push_back(r != 0 && (r < 0) != (y < 0) ? static_cast<double>(static_cast<float>(r + y))
                                                         : r);
        rounded.push_back(f);
      }
      check_values(place, Scalar::F32, rounded, rem,
                   [&](Expression&, Expr v) { return mod(v, divisor, true); });
      check_values(place, Scalar::F32, rounded, floor_mod,
                   [&](Expression&, Expr v) { return mod(v, divisor); });
    }
}

TEST_CASE("functions: sums, means and extremes of several values") {
  const std::vector<double> x = {1, 2, -3};
  for (const Place place : {Place::Interpreter, Place::Device}) {
    check_values(place, Scalar::F32, x, {6, 12, -18}, [](Expression&, Expr v) {
      return sum({v, v * 2, v * 3});
    });
    check_values(place, Scalar::F32, x, {2, 4, -6}, [](Expression&, Expr v) {
      return mean({v, v * 2, v * 3});
    });
    check_values(place, Scalar::F32, x, {1, 2, -9}, [](Expression&, Expr v) {
      return (min)({v, v * 2, v * 3});
    });
    check_values(place, Scalar::F32, x, {1, 2, -3}, [](Expression&, Expr v) { return (max)({v}); });
  }
}

TEST_CASE("functions: literals are rounded once to the type they take") {
  for (const Place place : everywhere)
    for (const Scalar scalar : {Scalar::F32, Scalar::F16, Scalar::BF16}) {
      // Through f32 the second and third would go to the wrong neighbour in f16: 1 + 2^-11 + 2^-40 is above a tie.
      for (const double literal : {0.1, 1 + 0x1p-11 + 0x1p-40, 1 + 0x1p-8 + 0x1p-40}) {
        const double once = HostTensor::of(scalar, {1}, {literal})[0];
        check_values(place, scalar, {0, 0}, {once, once}, [&](Expression&, Expr v) { return v + literal; });
      }
    }
}

TEST_CASE("functions: an expression of hundreds of functions") {
  for (const Place place : everywhere) {
    const HostTensor y = computed(place, Scalar::F32, {1, 2, 3, 4, 5}, [](Expression&, Expr x) {
      Expr sum = x;
      for (int i = 0; i < 200; ++i) sum = i % 2 ? sum + x : (max)(sum, x * 0.5);
      return sum;
    });
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(y[i] == 101 * static_cast<double>(i + 1));
  }
}

namespace {
std::size_t count_of(const Operation& operation, kernel::Op op) {
  std::size_t n = 0;
  const kernel::Kernel& k = operation.steps()[0].kernel;
  for (kernel::NodeId id = 1; id < k.node_bound(); ++id)
    n += k.op(id) == op && k.node(id).region != kernel::no_region;
  return n;
}
}  // namespace

TEST_CASE("functions: what is shared is computed once, and what nobody needs not at all") {
  ElementwiseProblem problem;
  Expression& e = problem.expression;
  const Expr x = e.input("x", {Scalar::F32, {64}}), unused = e.input("unused", {Scalar::F32, {64}});
  const Expr root = sqrt(x);
  Expr power = root;
  for (int i = 0; i < 20; ++i) power = power * power + root;  // as a tree, a million roots
  tan(unused);
  e.output("y", power + sqrt(x));
  const Result<Operation> operation = elementwise(problem, {64, 1, 1}, test::weak_target());
  REQUIRE(operation.ok());
  CHECK(count_of(*operation, kernel::Op::RoundEven) == 0);
  CHECK(operation->find("unused") == Operation::npos);
  CHECK(operation->operands().size() == 2);
  const auto module = operation->module(0);
  REQUIRE(module.ok());
  // The second sqrt(x) is found to be the same by the passes.
  std::size_t roots = 0;
  const Span<const std::uint32_t> words = module->words();
  for (std::size_t i = 5; i < words.size(); i += words[i] >> 16)
    if ((words[i] & 0xFFFF) == static_cast<std::uint32_t>(spirv::Op::OpExtInst))
      roots += words[i + 4] == static_cast<std::uint32_t>(spirv::GLSLstd450::Sqrt);
  CHECK(roots == 1);
}

TEST_CASE("functions: what is refused says why") {
  Expression e;
  const Expr x = e.input("x", {Scalar::F64, {4}});
  exp(x);
  CHECK(e.error().code == ErrorCode::MissingCapability);
  CHECK(std::string(e.error().message) == "exp is not computed in f64; cast to f32");
  CHECK(e.error().where.line != 0);
  // Operators say where they stand.
  Expression mixed;
  const Expr f = mixed.input("f", {Scalar::F32, {4}}), h = mixed.input("h", {Scalar::F16, {4}});
  const auto line = static_cast<std::uint32_t>(__LINE__ + 1);
  f + h;
  CHECK(mixed.error().where.line == line);
  CHECK(std::string(mixed.error().where.file).find("functions_test.cpp") != std::string::npos);
  Expression of_ints;
  exp(of_ints.input("x", {Scalar::I32, {4}}));
  CHECK(of_ints.error().code == ErrorCode::WrongType);
  CHECK(!sum(Span<const Expr>()).owner());
}
