// Normalisation against a reference in double precision, with the bounds that tensor/normalize.hpp states.
#include "run_operation.hpp"

#include <algorithm>
#include <cmath>

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;

namespace {

constexpr double u = 0x1p-24;
double gamma_of(double k) { return k * u / (1 - k * u); }

struct Reference {
  std::vector<double> y, y_tolerance, mean, mean_tolerance, deviation, deviation_tolerance;
};

std::size_t first_axis(const NormalizeProblem& p, std::size_t rank) {
  return static_cast<std::size_t>(p.axis < 0 ? static_cast<int>(rank) + p.axis : p.axis);
}

// Which row an element is in, and which element of scale and bias it has.
void place_of(const NormalizeProblem& p, const std::vector<std::int64_t>& shape, std::size_t linear,
              std::size_t& row, std::size_t& weight) {
  std::int64_t coordinates[8] = {};
  for (std::size_t i = shape.size(); i-- > 0;) {
    coordinates[i] = static_cast<std::int64_t>(linear) % shape[i];
    linear /= static_cast<std::size_t>(shape[i]);
  }
  std::int64_t row_index = 0, weight_index = 0;
  const std::size_t axis = first_axis(p, shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    std::int64_t size = 1, coordinate = 0;
    switch (p.kind) {
      case NormalizeKind::Layer:
      case NormalizeKind::Rms:
        if (i < axis) {
          size = shape[i];
          coordinate = coordinates[i];
        } else
          weight_index = weight_index * shape[i] + coordinates[i];
        break;
      case NormalizeKind::Instance:
      case NormalizeKind::Group:
        if (i < 2) {
          size = shape[i];
          coordinate = coordinates[i];
        }
        if (i == 1) weight_index = coordinate;
        if (i == 1 && p.kind == NormalizeKind::Group) {
          coordinate /= size / p.groups;
          size = p.groups;
        }
        break;
      case NormalizeKind::MeanVariance:
        if (!(p.axes >> i & 1)) {
          size = shape[i];
          coordinate = coordinates[i];
        }
        break;
      case NormalizeKind::Lp:
        if (i != axis) {
          size = shape[i];
          coordinate = coordinates[i];
        }
        break;
    }
    row_index = row_index * size + coordinate;
  }
  row = static_cast<std::size_t>(row_index);
  weight = static_cast<std::size_t>(weight_index);
}

Reference reference_of(const NormalizeProblem& p, const std::vector<std::int64_t>& shape,
                       const test::Given& given) {
  const HostTensor& x = given.inputs.at("x");
  Reference r;
  r.y.resize(x.size());
  r.y_tolerance.resize(x.size());
  std::vector<std::vector<std::size_t>> rows;
  std::vector<std::size_t> weights(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    std::size_t row = 0;
    place_of(p, shape, i, row, weights[i]);
    if (rows.size() <= row) rows.resize(row + 1);
    rows[row].push_back(i);
  }
  for (const std::vector<std::size_t>& row : rows) {
    const double n = static_cast<double>(row.size());
    double m = 0, magnitude = 0, square = 0, absolute = 0, v = 0;
    for (const std::size_t i : row) {
      m += x[i] / n;
      magnitude += std::fabs(x[i]) / n;
      square += x[i] * x[i] / n;
      absolute += std::fabs(x[i]);
    }
    for (const std::size_t i : row) v += (x[i] - m) * (x[i] - m) / n;
    const double D = gamma_of(n + 6) * magnitude;
    const double V = gamma_of(n + 9) * (v + D * D) + D * D;
    r.mean.push_back(m);
    r.mean_tolerance.push_back(D);
    const double root = 1 / std::sqrt((p.kind == NormalizeKind::Rms ? square : v) + p.epsilon);
    r.deviation.push_back(root);
    r.deviation_tolerance.push_back(
        root * (p.kind == NormalizeKind::Rms ? gamma_of(n + 10) + 8 * u : V / (v + p.epsilon) + 8 * u));
    for (const std::size_t i : row) {
      const double scale = p.scale ? given.inputs.at("scale")[weights[i]] : 1;
      const double bias = p.bias ? given.inputs.at("bias")[weights[i]] : 0;
      double y = 0, t = 0;
      switch (p.kind) {
        case NormalizeKind::Rms:
          y = x[i] * root * scale + bias;
          t = (gamma_of(n + 10) + 12 * u) * std::fabs(y - bias) + 2 * u * std::fabs(y);
          break;
        case NormalizeKind::Lp: {
          const double norm = p.p == 1 ? absolute : std::sqrt(square * n);
          y = norm == 0 ? 0 : x[i] / norm;
          t = gamma_of(n + 20) * std::fabs(y);
          break;
        }
        case NormalizeKind::MeanVariance: {
          const double q = std::sqrt(v) + p.epsilon;
          const double R = std::min(std::sqrt(V), v == 0 ? HUGE_VAL : V / std::sqrt(v)) / q;
          y = (x[i] - m) / q;
          t = (2 * R + 24 * u) * std::fabs(y) + 2 * D / q;
          // Without the condition only the size of the result is known.
          if (R > 0.5) t = std::fabs(y) + (std::fabs(x[i] - m) + D) / p.epsilon;
          break;
        }
        default:
          y = (x[i] - m) * root * scale + bias;
          t = (V / (v + p.epsilon) + 16 * u) * std::fabs(y - bias) + 2 * D * root * std::fabs(scale) +
              2 * u * std::fabs(y);
          if (V > (v + p.epsilon) / 2)
            t = std::fabs(y - bias) + (std::fabs(x[i] - m) + D) * std::fabs(scale) / std::sqrt(p.epsilon);
      }
      r.y[i] = y;
      r.y_tolerance[i] = t;
    }
  }
  return r;
}

std::string compare(const std::vector<double>& expected, const std::vector<double>& tolerance,
                    const HostTensor& found) {
  if (found.size() != expected.size())
    return std::to_string(expected.size()) + " elements expected, " + std::to_string(found.size()) + " found";
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double e = expected[i], f = found[i];
    const double stored = found.scalar() == Scalar::F16 ? std::fabs(e) * 0x1p-11 + 0x1p-25 : 0;
    if (std::fabs(e - f) <= tolerance[i] + stored || (std::isnan(e) && std::isnan(f))) continue;
    return "element " + std::to_string(i) + ": expected " + std::to_string(e) + ", found " +
           std::to_string(f) + ", tolerance " + std::to_string(tolerance[i] / u) + " u";
  }
  return "";
}

test::Tensors check_normalize(test::Place place, const NormalizeProblem& problem,
                              const std::vector<std::int64_t>& shape, const test::Given& given,
                              const NormalizeSchedule* schedule = nullptr,
                              test::InterpretSettings settings = {}) {
  const auto make = [&](const Target& target) {
    return schedule ? normalize(problem, *schedule, target) : normalize(problem, target);
  };
  test::Tensors found = test::run_at(place, make, given, settings);
  if (found.empty()) return found;
  const Reference expected = reference_of(problem, shape, given);
  CHECK(compare(expected.y, expected.y_tolerance, found.at("y")) == "");
  if (problem.statistics) {
    if (problem.kind == NormalizeKind::Layer)
      CHECK(compare(expected.mean, expected.mean_tolerance, found.at("mean")) == "");
    CHECK(compare(expected.deviation, expected.deviation_tolerance, found.at("inv_std_dev")) == "");
  }
  return found;
}

std::vector<std::int64_t> weight_shape(const NormalizeProblem& p, const std::vector<std::int64_t>& shape) {
  if (p.kind == NormalizeKind::Instance || p.kind == NormalizeKind::Group) return {shape[1]};
  return {shape.begin() + static_cast<std::ptrdiff_t>(first_axis(p, shape.size())), shape.end()};
}

void random_rows(test::Place place, int count) {
  const std::uint64_t seed = test::seed_of_run();
  for (int n = 0; n < count; ++n) {
    CAPTURE(n);
    test::Random random(seed + static_cast<std::uint64_t>(n) * 104729);
    NormalizeProblem p;
    p.kind = static_cast<NormalizeKind>(random.below(6));
    CAPTURE(static_cast<int>(p.kind));
    const bool by_channel = p.kind == NormalizeKind::Instance || p.kind == NormalizeKind::Group;
    const std::size_t rank = by_channel ? 3 + random.below(2) : 1 + random.below(4);
    std::vector<std::int64_t> shape;
    Shape type;
    test::Given given;
    p.groups = 1 + static_cast<std::uint32_t>(random.below(3));
    for (std::size_t i = 0; i < rank; ++i) {
      auto size = static_cast<std::int64_t>(1 + random.below(i + 1 == rank ? 40 : 6));
      const bool is_group = p.kind == NormalizeKind::Group && i == 1;
      if (is_group) size *= p.groups;
      shape.push_back(size);
      Dimension d(size);
      if (!is_group && random.one_in(3)) {
        const std::string name = "d" + std::to_string(i);
        d = Dimension::parameter(Text(name.c_str()), 64, size % 2 == 0 ? 2 : 1);
        given.sizes.push_back({name, size});
      }
      type.push_back(d);
    }
    const Scalar scalar = random.one_in(4) ? Scalar::F16 : Scalar::F32;
    p.x = {scalar, type};
    p.axis = static_cast<int>(random.below(2 * rank)) - static_cast<int>(rank);
    p.axes = 1 + static_cast<std::uint32_t>(random.below((1u << rank) - 1));
    p.p = 1 + static_cast<std::uint32_t>(random.below(2));
    p.epsilon = random.one_in(2) ? 1e-5 : 1e-2;
    if (p.kind != NormalizeKind::MeanVariance && p.kind != NormalizeKind::Lp) {
      p.scale = random.one_in(2);
      p.bias = random.one_in(2);
      if (random.one_in(4)) p.weights = Scalar::F16;
      p.statistics = !by_channel && random.one_in(2);
    }
    // A mean far from 0 at times: what E[x^2] - E[x]^2 would not survive.
    const double away = random.one_in(3) ? 100 : 0;
    given.inputs["x"] = HostTensor::random(scalar, shape, random, away - 2, away + 2);
    if (p.scale) given.inputs["scale"] = HostTensor::random(p.weights, weight_shape(p, shape), random, -2, 2);
    if (p.bias) given.inputs["bias"] = HostTensor::random(p.weights, weight_shape(p, shape), random, -2, 2);
    NormalizeSchedule schedule;
    schedule.span = 1u << random.below(6);
    schedule.workgroup = schedule.span * (1 + static_cast<std::uint32_t>(random.below(3)));
    schedule.unroll = 1 + static_cast<std::uint32_t>(random.below(3));
    schedule.hold = random.one_in(2) ? 8 : 0;
    schedule.width = 1u << random.below(3);
    const test::InterpretSettings settings = {4u << random.below(5), random.next()};
    // Widths that do not divide are refused, and on llvmpipe 22.3 loops that may be too long.
    Target limited = test::weak_target();
    limited.max_loop_iterations = 65535;
    while (!legal(p, schedule, limited) && schedule.width > 1) schedule.width /= 2;
    // A row of four axes of 64 in three passes is 3 * 2^24 / (64 * 16) iterations: within those.
    if (!legal(p, schedule, limited)) schedule = {64, 64, 1, 16, 0};
    check_normalize(place, p, shape, given, &schedule, settings);
  }
}

std::string error_of(const Result<void>& result) { return test::message_of(result.error()); }

NormalizeProblem problem_of(NormalizeKind kind, const Shape& shape) {
  NormalizeProblem p;
  p.kind = kind;
  p.x = {Scalar::F32, shape};
  return p;
}

}  // namespace

TEST_CASE("normalize: random rows and schedules in the interpreter") {
  random_rows(test::Place::Interpreter, test::cases(60));
}
TEST_CASE("normalize: random rows and schedules in the interpreter, weak target") {
  random_rows(test::Place::InterpreterWeak, test::cases(30));
}
TEST_CASE("device, normalize: random rows and schedules") {
  random_rows(test::Place::Device, test::cases(20));
}
TEST_CASE("device, normalize: random rows and schedules, Vulkan 1.0") {
  random_rows(test::Place::DeviceWeak, test::cases(10));
}

TEST_CASE("device, normalize: default schedules of every kind") {
  for (const test::Place place : {test::Place::Device, test::Place::InterpreterWeak})
    for (int kind = 0; kind < 6; ++kind) {
      CAPTURE(kind);
      NormalizeProblem p = problem_of(static_cast<NormalizeKind>(kind), {2, 6, 4, Dimension::parameter("w")});
      p.groups = 3;
      p.statistics = kind < 2;
      test::Random random(11);
      test::Given given;
      given.sizes.push_back({"w", 10});
      given.inputs["x"] = HostTensor::random(Scalar::F32, {2, 6, 4, 10}, random, -1, 3);
      check_normalize(place, p, {2, 6, 4, 10}, given);
    }
}

TEST_CASE("normalize: a constant row is all bias, whatever its mean") {
  // 1 / sqrt(epsilon) is the largest factor there is: nothing may be left of the mean but its rounding.
  NormalizeProblem p = problem_of(NormalizeKind::Layer, {2, 8});
  p.bias = true;
  test::Given given;
  given.inputs["x"] = HostTensor::of(Scalar::F32, {2, 8}, std::vector<double>(16, 1024.0));
  given.inputs["bias"] = HostTensor::of(Scalar::F32, {8}, {1, 2, 3, 4, 5, 6, 7, 8});
  for (const test::Place place : {test::Place::Interpreter, test::Place::Device}) {
    const test::Tensors found = check_normalize(place, p, {2, 8}, given);
    if (found.empty()) continue;
    for (std::size_t i = 0; i < 16; ++i) CHECK(found.at("y")[i] == given.inputs["bias"][i % 8]);
  }
}

TEST_CASE("normalize: an Lp norm of 0 gives 0") {
  NormalizeProblem p = problem_of(NormalizeKind::Lp, {2, 3});
  test::Given given;
  given.inputs["x"] = HostTensor::of(Scalar::F32, {2, 3}, {0, 0, 0, 3, 0, 4});
  for (const test::Place place : {test::Place::Interpreter, test::Place::Device}) {
    const test::Tensors found = check_normalize(place, p, {2, 3}, given);
    if (!found.empty()) CHECK(found.at("y")[0] == 0);
  }
}

TEST_CASE("normalize: an empty batch has no workgroups") {
  NormalizeProblem p = problem_of(NormalizeKind::Layer, {Dimension::parameter("n"), 16});
  const Result<Operation> made = normalize(p, test::weak_target());
  REQUIRE(made.ok());
  const SizeValue none[] = {{"n", 0}};
  const Result<OperationSizes> sizes = made->resolve(none);
  REQUIRE(sizes.ok());
  CHECK(sizes->groups(0).volume() == 0);
}

TEST_CASE("normalize: statistics are a kernel of their own where a device has too few buffers") {
  NormalizeProblem p = problem_of(NormalizeKind::Layer, {3, 5});
  p.scale = p.bias = p.statistics = true;
  CHECK(normalize(p, test::weak_target())->steps().size() == 2);
  CHECK(normalize(p, test::strong_target())->steps().size() == 1);
  test::Random random(5);
  test::Given given;
  given.inputs["x"] = HostTensor::random(Scalar::F32, {3, 5}, random, -1, 1);
  given.inputs["scale"] = HostTensor::random(Scalar::F32, {5}, random, -1, 1);
  given.inputs["bias"] = HostTensor::random(Scalar::F32, {5}, random, -1, 1);
  check_normalize(test::Place::InterpreterWeak, p, {3, 5}, given);
}

TEST_CASE("normalize: a residual before and an activation after") {
  // y = max(layer norm of (x + residual), 0)
  for (const test::Place place : {test::Place::Interpreter, test::Place::DeviceWeak}) {
    NormalizeProblem p = problem_of(NormalizeKind::Layer, {4, 12});
    p.prologue.output("sum",
                      p.prologue.primary(Scalar::F32) + p.prologue.input("residual", {Scalar::F32, {4, 12}}));
    p.epilogue.output("z", (max)(p.epilogue.primary(Scalar::F32), 0));
    test::Random random(9);
    test::Given given;
    given.inputs["x"] = HostTensor::random(Scalar::I32, {4, 12}, random, -8, 8);
    given.inputs["residual"] = HostTensor::random(Scalar::I32, {4, 12}, random, -8, 8);
    HostTensor sum(Scalar::F32, {4, 12});
    for (const char* name : {"x", "residual"}) {
      HostTensor floats(Scalar::F32, {4, 12});
      for (std::size_t i = 0; i < 48; ++i) {
        floats.set(i, given.inputs[name][i]);
        sum.set(i, sum[i] + floats[i]);  // exact
      }
      given.inputs[name] = floats;
    }
    const auto make = [&](const Target& target) { return normalize(p, target); };
    const test::Tensors found = test::run_at(place, make, given);
    if (found.empty()) continue;
    test::Given summed;
    summed.inputs["x"] = sum;
    Reference expected = reference_of(p, {4, 12}, summed);
    for (double& y : expected.y) y = std::max(y, 0.0);
    CHECK(compare(expected.y, expected.y_tolerance, found.at("z")) == "");
  }
}

TEST_CASE("device, normalize: long rows, within the iterations that a device permits") {
  for (const std::int64_t n : {std::int64_t{70001}}) {
    NormalizeProblem p = problem_of(NormalizeKind::Layer, {1, n});
    test::Random random(3);
    test::Given given;
    given.inputs["x"] = HostTensor::random(Scalar::F32, {1, n}, random, -1, 1);
    check_normalize(test::Place::Device, p, {1, n}, given);
  }
}

TEST_CASE("normalize: batch normalisation, folded and not") {
  for (const test::Place place :
       {test::Place::Interpreter, test::Place::InterpreterWeak, test::Place::Device, test::Place::DeviceWeak})
    for (const bool folds : {true, false}) {
      CAPTURE(folds);
      BatchNormalizeProblem p;
      p.x = {Scalar::F32, {Dimension::parameter("n"), 5, 3, 7}};
      p.epilogue.output("z", (max)(p.epilogue.primary(Scalar::F32), 0));
      test::Random random(21);
      test::Given given;
      given.sizes.push_back({"n", 2});
      given.inputs["x"] = HostTensor::random(Scalar::F32, {2, 5, 3, 7}, random, -3, 3);
      for (const char* name : {"scale", "bias", "mean"})
        given.inputs[name] = HostTensor::random(Scalar::F32, {5}, random, -2, 2);
      given.inputs["variance"] = HostTensor::random(Scalar::F32, {5}, random, 0.1, 2);
      BatchNormalizeSchedule schedule;
      schedule.folds = folds;
      schedule.elementwise = {32, 2, 2};
      const auto make = [&](const Target& target) { return batch_normalize(p, schedule, target); };
      if (!folds && (place == test::Place::InterpreterWeak || place == test::Place::DeviceWeak)) {
        // x, scale, bias, mean, variance, z
        CHECK(batch_normalize(p, schedule, test::weak_target()).error().code == ErrorCode::LimitExceeded);
        continue;
      }
      const test::Tensors found = test::run_at(place, make, given);
      if (found.empty()) continue;
      std::vector<double> expected, tolerance;
      for (std::size_t i = 0; i < 2 * 5 * 21; ++i) {
        const std::size_t c = i / 21 % 5;
        const double x = given.inputs["x"][i], mean = given.inputs["mean"][c], bias = given.inputs["bias"][c];
        const double f = given.inputs["scale"][c] / std::sqrt(given.inputs["variance"][c] + p.epsilon);
        const double y = (x - mean) * f + bias;
        expected.push_back(std::max(y, 0.0));
        tolerance.push_back(folds ? 16 * u * (std::fabs(x * f) + std::fabs(mean * f)) +
                                        2 * u * (std::fabs(bias) + std::fabs(y))
                                  : 16 * u * std::fabs(y - bias) + u * std::fabs(y));
      }
      CHECK(compare(expected, tolerance, found.at("z")) == "");
    }
}

TEST_CASE("normalize: local response over channels") {
  for (const test::Place place :
       {test::Place::Interpreter, test::Place::InterpreterWeak, test::Place::Device})
    for (const std::uint32_t size : {1u, 2u, 3u, 5u, 20u}) {
      CAPTURE(size);
      LocalResponseProblem p;
      p.x = {Scalar::F32, {2, Dimension::parameter("c"), 3, 2}};
      p.size = size;
      p.alpha = 0.5;
      p.beta = size == 1 ? 0.25 : size == 2 ? 1 : size == 3 ? 0.5 : size == 5 ? 0.75 : 0.6;
      p.bias = 2;
      test::Random random(4);
      test::Given given;
      given.sizes.push_back({"c", 7});
      given.inputs["x"] = HostTensor::random(Scalar::F32, {2, 7, 3, 2}, random, -3, 3);
      const auto make = [&](const Target& target) { return local_response_normalize(p, target); };
      const test::Tensors found = test::run_at(place, make, given);
      if (found.empty()) continue;
      std::vector<double> expected, tolerance;
      const std::int64_t before = (size - 1) / 2, after = size - 1 - before;
      for (std::int64_t i = 0; i < 84; ++i) {
        const std::int64_t c = i / 6 % 7;
        double sum = 0;
        for (std::int64_t k = std::max<std::int64_t>(0, c - before);
             k <= std::min<std::int64_t>(6, c + after); ++k) {
          const double x = given.inputs["x"][static_cast<std::size_t>(i + (k - c) * 6)];
          sum += x * x;
        }
        const double base = p.bias + p.alpha / size * sum;
        const double y = given.inputs["x"][static_cast<std::size_t>(i)] / std::pow(base, p.beta);
        expected.push_back(y);
        // A power of 24 ULP, or square roots.
        const double power = size == 20 ? p.beta * u * std::log(base) + 48 * u + 5 * u : 30 * u;
        tolerance.push_back((p.beta * gamma_of(size + 5) + power) * std::fabs(y));
      }
      CHECK(compare(expected, tolerance, found.at("y")) == "");
    }
}

TEST_CASE("normalize: what is refused says which rule and by how much") {
  const Target weak = test::weak_target();
  NormalizeProblem p = problem_of(NormalizeKind::Layer, {4, 6});
  p.axis = 2;
  CHECK(error_of(legal(p, {}, weak)) == "error: x has the shape [4, 6], and no axis 2 [InvalidShape]");
  p.axis = -3;
  CHECK(error_of(legal(p, {}, weak)) == "error: x has the shape [4, 6], and no axis -3 [InvalidShape]");
  p = problem_of(NormalizeKind::Group, {1, 6, 4});
  p.groups = 4;
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: x has the shape [1, 6, 4], and 4 groups do not divide its channels [InvalidShape]");
  CHECK(error_of(legal(problem_of(NormalizeKind::Instance, {1, 6}), {}, weak)) ==
        "error: x has the shape [1, 6], and has to be [batch, channels, spatial…] [InvalidShape]");
  p = problem_of(NormalizeKind::MeanVariance, {4, 6});
  CHECK(error_of(legal(p, {}, weak)) == "error: x has the shape [4, 6], and the axes are the bits of 13: "
                                        "name one at least, and only those that there "
                                        "are [InvalidShape]");
  p.axes = 2;
  p.bias = true;
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: this normalisation has no scale and no bias; use an epilogue [WrongType]");
  p = problem_of(NormalizeKind::Lp, {4, 6});
  p.p = 3;
  CHECK(error_of(legal(p, {}, weak)) == "error: p is 3, and has to be 1 or 2 [InvalidShape]");
  p = problem_of(NormalizeKind::Layer, {4, 6});
  p.x.scalar = Scalar::I32;
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: normalising i32 is not defined; cast it in the prologue [WrongType]");
  p = problem_of(NormalizeKind::Layer, {4, 6});
  p.statistics = true;
  p.epilogue.output("mean", p.epilogue.primary(Scalar::F32));
  CHECK(error_of(legal(p, {}, weak)) ==
        "error: the output mean has the name of another operand of the operation; name it otherwise "
        "[InvalidOperand]");
  p = problem_of(NormalizeKind::Layer, {4, 6});
  p.epsilon = 1e31;
  CHECK(error_of(legal(p, {}, weak)) == "error: epsilon has to be 0 to 1e30 [InvalidOperand]");
  // Without an epilogue there is an output y, which no prologue may read.
  const std::string reads_y =
      "error: the output y has the name of an input; name it otherwise [InvalidOperand]";
  const std::string mistaken = "error: the epilogue uses primary value 0 as i32, and it is f32 [WrongType]";
  const auto check_expressions = [&](auto problem, const auto& s) {
    auto q = problem;
    q.prologue.output("v", q.prologue.primary(Scalar::F32) + q.prologue.input("y", {Scalar::F32, {1}}));
    CHECK(error_of(legal(q, s, weak)) == reads_y);
    q.epilogue.output("z", q.epilogue.primary(Scalar::F32));
    CHECK(legal(q, s, weak).ok());
    problem.epilogue.output("z", cast(problem.epilogue.primary(Scalar::I32), Scalar::F32));
    CHECK(error_of(legal(problem, s, weak)) == mistaken);
  };
  check_expressions(problem_of(NormalizeKind::Layer, {4, 6}), NormalizeSchedule{});
  BatchNormalizeProblem batch;
  batch.x = {Scalar::F32, {2, 3, 4}};
  check_expressions(batch, BatchNormalizeSchedule{});
  batch.epsilon = -1;
  CHECK(error_of(legal(batch, {}, weak)) == "error: epsilon has to be 0 to 1e30 [InvalidOperand]");
  LocalResponseProblem response;
  response.x = {Scalar::F32, {2, 3, 4}};
  check_expressions(response, LocalResponseSchedule{});
  response.x.scalar = Scalar::F64;
  CHECK(legal(response, {}, weak).ok());
  response.beta = 0.6;
  CHECK(
      error_of(legal(response, {}, weak)) ==
      "error: a beta other than 0.25, 0.5, 0.75 and 1 is a power that is not computed in f64; cast to f32 in "
      "the prologue [WrongType]");
  p = problem_of(NormalizeKind::Layer, {4, 6});
  NormalizeSchedule schedule = {64, 48, 1, 1, 0};
  CHECK(error_of(legal(p, schedule, weak)) ==
        "error: span is 48, and has to divide the workgroup, 64 [IllegalSchedule]");
  schedule = {64, 64, 4, 1, 0};
  CHECK(error_of(legal(p, schedule, weak)) == "error: width is 4, and has to be 1, or 2 or 4 where it "
                                              "divides the last axis (6) and that is normalised "
                                              "[IllegalSchedule]");
  p = problem_of(NormalizeKind::Layer, {1, 1 << 20});
  Target old = weak;
  old.max_loop_iterations = 65535;
  schedule = {8, 8, 1, 1, 0};
  CHECK(error_of(legal(p, schedule, old)) == "error: an invocation may loop 393238 times, and the device "
                                             "stops it after 65535; raise span, width or unroll, "
                                             "or give the row's length a maximum [IllegalSchedule]");
  CHECK(legal(p, default_schedule(p, old), old).ok());
  p.x.shape = {Dimension::parameter("n"), Dimension::parameter("m")};
  CHECK(legal(p, default_schedule(p, old), old).ok());
}
