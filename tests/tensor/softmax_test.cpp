// Softmax and log-softmax: random problems and schedules, ONNX's corner cases by name, and what is refused.
#include "reduce_reference.hpp"
#include "run_operation.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;
using test::infinity;

namespace {

const double nan_value = std::numeric_limits<double>::quiet_NaN();

// Of the elements of a row, in double precision; with numpy's NaNs.
std::vector<double> softmax_of(const std::vector<double>& v, bool log) {
  double largest = -infinity, sum = 0;
  bool nan = false;
  for (const double x : v) {
    largest = std::max(largest, x);
    nan = nan || std::isnan(x);
  }
  for (const double x : v) sum += std::exp(x - largest);
  std::vector<double> y;
  for (const double x : v) {
    const double shifted = x - largest;
    y.push_back(nan || std::isinf(largest) ? nan_value
                : log                      ? shifted - std::log(sum)
                                           : std::exp(shifted) / sum);
  }
  return y;
}

// See softmax.hpp. The exponential has 2.5 ULP, a ULP being 2 u at most, and the logarithm 1.5 (primitives/math.hpp).
class Errors {
public:
  Errors(const std::vector<double>& v, bool log, double depth) : log_(log) {
    double low = infinity, high = -infinity, sum = 0;
    for (const double x : v) {
      if (x != -infinity) low = std::min(low, x);
      high = std::max(high, x);
    }
    for (const double x : v) sum += std::exp(x - high);
    const double range = high > low ? high - low : 0;
    const double off = (depth + 1) * 7 * u + 2 * u * range + 5 * u;
    off_ = off / (1 - off);
    logarithm_ = 3 * u * std::fabs(std::log(sum));
  }
  double of(double value) const {
    if (std::isnan(value)) return 0;
    // What is less than the least normal number a driver may make 0 of.
    return log_ ? off_ + logarithm_ + 2 * u * std::fabs(value) : off_ * std::fabs(value) + 0x1p-126;
  }

private:
  static constexpr double u = 0x1p-24;
  bool log_;
  double off_ = 0, logarithm_ = 0;
};

void check_rows(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides,
                std::uint32_t mask, const HostTensor& x, double scale, bool log, const HostTensor& y,
                double depth) {
  const auto inputs = test::groups_of(shape, strides, mask);
  const auto outputs = test::groups_of(shape, test::gapless(shape), mask);
  const double unit = y.scalar() == Scalar::F16 ? 0x1p-11 : y.scalar() == Scalar::BF16 ? 0x1p-8 : 0x1p-24;
  std::size_t wrong = 0;
  std::string first;
  for (std::size_t row = 0; row < inputs.size(); ++row) {
    std::vector<double> v;
    for (const std::size_t i : inputs[row]) v.push_back(scale * x[i]);
    const std::vector<double> expected = softmax_of(v, log);
    const Errors errors(v, log, depth);
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double found = y[outputs[row][i]];
      double error = errors.of(expected[i]);
      error += unit * std::fabs(expected[i]) + (y.scalar() == Scalar::F16 ? 0x1p-24 : 0);
      if (std::fabs(found - expected[i]) <= error || found == expected[i] ||
          (std::isnan(expected[i]) && std::isnan(found)))
        continue;
      if (wrong++ == 0)
        first = "row " + std::to_string(row) + ", element " + std::to_string(i) + ": expected " +
                std::to_string(expected[i]) + " within " + std::to_string(error) + ", found " +
                std::to_string(found);
    }
  }
  CHECK_MESSAGE(wrong == 0, wrong, " wrong: ", first);
}

void random_softmax(test::Place place, int count) {
  int runs = 0;
  for (int n = 0; runs < test::cases(count); ++n) {
    CAPTURE(n);
    test::Random random(test::seed_of_run() + static_cast<std::uint64_t>(n));
    test::Given given;
    SoftmaxProblem p;
    const Scalar scalars[] = {Scalar::F32, Scalar::F32, Scalar::F16, Scalar::BF16};
    p.x.scalar = scalars[random.below(4)];
    p.log = random.one_in(2);
    const std::size_t rank = 1 + random.below(4);
    const bool literal = random.one_in(2);
    std::vector<std::int64_t> shape;
    std::uint32_t mask = 0;
    p.axes = {};
    for (std::size_t i = 0; i < rank; ++i) {
      const std::int64_t size =
          random.one_in(6) ? 1 : 1 + static_cast<std::int64_t>(random.below(i + 1 == rank ? 50 : 7));
      shape.push_back(size);
      if (!literal && random.one_in(2)) {
        const std::string name = "d" + std::to_string(i);
        p.x.shape.push_back(Dimension::parameter(Text(name.c_str()), 64));
        given.sizes.push_back({name, size});
      } else {
        p.x.shape.push_back(size);
      }
      if (!random.one_in(3)) continue;
      mask |= 1u << i;
      p.axes.push_back(static_cast<std::int64_t>(i));
    }
    if (p.axes.empty()) {
      mask = 1u << (rank - 1);
      p.axes = {-1};
    }
    std::vector<std::int64_t> strides = test::gapless(shape);
    if (literal && rank > 1 && random.one_in(3)) {
      // The first two axes change places.
      std::swap(shape[0], shape[1]);
      strides = test::gapless(shape);
      std::swap(shape[0], shape[1]);
      std::swap(strides[0], strides[1]);
      for (const std::int64_t stride : strides) p.x.strides.push_back(stride);
    }
    const bool scaled = p.x.scalar == Scalar::F32 && random.one_in(3);
    if (scaled) p.prologue.output("v", p.prologue.primary(Scalar::F32) * 0.5);
    HostTensor x = HostTensor::random(p.x.scalar, shape, random, -8, 8);
    for (std::size_t i = 0; i < x.size(); ++i)
      if (random.one_in(20)) x.set(i, -infinity);
    given.inputs["x"] = x;
    SoftmaxSchedule s;
    s.workgroup =
        random.one_in(4) ? 1 + static_cast<std::uint32_t>(random.below(128)) : 1u << random.below(8);
    do s.lanes = 1 + static_cast<std::uint32_t>(random.below(s.workgroup));
    while (s.workgroup % s.lanes != 0);
    if (random.one_in(4)) s.lanes = s.workgroup;
    s.across = random.one_in(2);
    s.width = 1u << random.below(3);
    s.unroll = 1 + static_cast<std::uint32_t>(random.below(3));
    s.keep = random.one_in(2) ? 0 : 1 + static_cast<std::uint32_t>(random.below(8));
    s.shuffles = !random.one_in(4);
    const bool by_default = random.one_in(3);
    if (p.x.scalar == Scalar::F16 && !test::writes_f16(place)) continue;
    CAPTURE(std::string(to_string(p.x.scalar)));
    CAPTURE(std::string(to_string(p.x.shape)));
    CAPTURE(mask);
    CAPTURE(p.log);
    CAPTURE(s.workgroup);
    CAPTURE(s.lanes);
    CAPTURE(s.across);
    CAPTURE(s.width);
    CAPTURE(s.unroll);
    CAPTURE(s.keep);
    CAPTURE(by_default);
    Target weakest = test::weak_target();
    weakest.max_loop_iterations = 65535;
    if (!by_default) {
      const Result<void> allowed = legal(p, s, weakest);
      if (!allowed.ok()) CHECK(allowed.error().code == ErrorCode::IllegalSchedule);
      if (!allowed.ok()) continue;
    }
    ++runs;
    double depth = 0;
    const test::Tensors found = test::run_at(place,
                                             [&](const Target& target) {
                                               const SoftmaxSchedule used =
                                                   by_default ? default_schedule(p, target) : s;
                                               depth = static_cast<double>(softmax_depth(p, used, target));
                                               return softmax(p, used, target);
                                             },
                                             given, {4u << random.below(6), random.next()});
    if (found.empty()) return;
    check_rows(shape, strides, mask, x, scaled ? 0.5 : 1, p.log, found.at("y"), depth);
  }
}

// A row by each of the ways there are: kept, read twice, shared by a workgroup, across.
void check_row(const std::vector<double>& row, test::Place place = test::Place::Interpreter) {
  const std::int64_t n = static_cast<std::int64_t>(row.size());
  const SoftmaxSchedule schedules[] = {{32, 1, false, 1, 1, 16, true}, {32, 1, false, 1, 1, 0, true},
                                       {32, 32, false, 1, 2, 0, true}, {32, 8, false, 1, 1, 2, true},
                                       {32, 1, true, 2, 1, 0, true},   {32, 4, true, 1, 1, 4, true}};
  for (const bool log : {false, true})
    for (const SoftmaxSchedule& s : schedules) {
      CAPTURE(log);
      CAPTURE(s.lanes);
      CAPTURE(s.across);
      CAPTURE(s.keep);
      SoftmaxProblem p;
      p.log = log;
      p.x.shape = {n, 2};
      p.axes = {0};
      test::Given given;
      HostTensor x(Scalar::F32, {n, 2});
      for (std::size_t i = 0; i < row.size(); ++i) {
        x.set(2 * i, row[i]);
        x.set(2 * i + 1, static_cast<double>(i));  // its neighbour is not touched
      }
      given.inputs["x"] = x;
      double depth = 0;
      const test::Tensors found = test::run_at(
          place,
          [&](const Target& target) {
            depth = static_cast<double>(softmax_depth(p, s, target));
            return softmax(p, s, target);
          },
          given);
      if (found.empty()) return;
      check_rows({n, 2}, {2, 1}, 1, x, 1, log, found.at("y"), depth);
    }
}

}  // namespace

TEST_CASE("softmax: random problems and schedules in the interpreter") {
  random_softmax(test::Place::Interpreter, 100);
}
TEST_CASE("softmax: random problems and schedules in the interpreter, weak target") {
  random_softmax(test::Place::InterpreterWeak, 40);
}
TEST_CASE("device, softmax: random problems and schedules") { random_softmax(test::Place::Device, 16); }
TEST_CASE("device, softmax: random problems and schedules, Vulkan 1.0") {
  random_softmax(test::Place::DeviceWeak, 6);
}

TEST_CASE("softmax, ONNX: a row of -infinity is NaN") { check_row({-infinity, -infinity, -infinity}); }
TEST_CASE("softmax, ONNX: elements of -infinity are 0, and their logarithm -infinity") {
  check_row({-infinity, 1, -infinity, 2, -infinity});
}
TEST_CASE("softmax, ONNX: a row with +infinity is NaN") {
  check_row({1, infinity, 2});
  check_row({infinity, infinity});
  check_row({-infinity, infinity, 0});
}
TEST_CASE("softmax, ONNX: a row with a NaN is NaN") {
  check_row({1, nan_value, 2});
  check_row({nan_value, -infinity});
  check_row({infinity, nan_value});
}
TEST_CASE("softmax, ONNX: large numbers do not overflow") {
  check_row({10000, 10001, 10002, 9000});
  check_row({-10000, -10001, -10002});
  check_row({1.5e38, 1e38, -1.5e38});
}
TEST_CASE("softmax, ONNX: a row of one element is 1, and its logarithm 0") { check_row({3.5}); }
TEST_CASE("device, softmax, ONNX: rows with infinities and NaNs") {
  check_row({-infinity, -infinity, -infinity}, test::Place::Device);
  check_row({-infinity, 1, infinity, 2}, test::Place::Device);
  check_row({-infinity, 1, nan_value, 2}, test::Place::Device);
  check_row({-infinity, 10000, 10001}, test::Place::DeviceWeak);
}

TEST_CASE("softmax, ONNX before 13: flattened to a matrix at an axis") {
  SoftmaxProblem p;
  p.x.shape = {2, 3, 4};
  p.axes = flattened_axes(1, 3);
  REQUIRE(p.axes.size() == 2);
  CHECK(p.axes[0] == 1);
  CHECK(flattened_axes(-2, 3)[0] == 1);
  for (const std::int64_t axis : {-4, 3, 4, -100}) {
    SoftmaxProblem wrong = p;
    wrong.axes = flattened_axes(axis, 3);
    CHECK(test::message_of(legal(wrong, {}, test::weak_target()).error()) ==
          "error: axis " + std::to_string(axis) + " is not one of the 3 axes of the tensor [InvalidShape]");
  }
  test::Given given;
  test::Random random(3);
  given.inputs["x"] = HostTensor::random(Scalar::F32, {2, 3, 4}, random, -3, 3);
  const test::Tensors found = test::run_at(
      test::Place::InterpreterWeak, [&](const Target& t) { return softmax(p, t); }, given);
  REQUIRE(!found.empty());
  const double depth =
      static_cast<double>(softmax_depth(p, default_schedule(p, test::weak_target()), test::weak_target()));
  check_rows({2, 12}, {12, 1}, 2, given.inputs["x"], 1, false, found.at("y"), depth);
}

TEST_CASE("softmax: rows several at a time lie along an axis of more than one element") {
  // The last axis that stays has one element, and a prologue with coordinates lets no axes merge.
  SoftmaxProblem p;
  p.x.shape = {16, 8, 1};
  p.axes = {0};
  p.prologue.output("v", p.prologue.primary(Scalar::F32) + cast(p.prologue.coordinate(2), Scalar::F32));
  test::Random random(5);
  test::Given given;
  given.inputs["x"] = HostTensor::random(Scalar::F32, {16, 8, 1}, random, -3, 3);
  const SoftmaxSchedule schedules[] = {{32, 1, true, 4, 1, 16, true},
                                       {32, 4, true, 2, 1, 4, true},
                                       {32, 1, true, 4, 2, 0, true},
                                       {32, 4, true, 2, 1, 0, true}};
  for (const SoftmaxSchedule& s : schedules)
    for (const test::Place place : {test::Place::Interpreter, test::Place::Device}) {
      CAPTURE(s.width);
      CAPTURE(s.keep);
      double depth = 0;
      const test::Tensors found = test::run_at(
          place,
          [&](const Target& target) {
            depth = static_cast<double>(softmax_depth(p, s, target));
            return softmax(p, s, target);
          },
          given);
      if (!found.empty()) check_rows({16, 8}, {8, 1}, 1, given.inputs["x"], 1, false, found.at("y"), depth);
    }
}

TEST_CASE("softmax: rows of no elements, and no rows") {
  for (const std::int64_t rows : {0, 3})
    for (const std::int64_t length : {0, 5}) {
      if (rows != 0 && length != 0) continue;
      SoftmaxProblem p;
      p.x.shape = {Dimension::parameter("m"), Dimension::parameter("n")};
      test::Given given;
      given.sizes = {{"m", rows}, {"n", length}};
      given.inputs["x"] = HostTensor(Scalar::F32, {rows, length});
      const auto make = [&](const Target& t) { return softmax(p, t); };
      test::run_at(test::Place::InterpreterWeak, make, given);
      test::run_at(test::Place::Device, make, given);
    }
}

TEST_CASE("device, softmax: a row longer than a driver's loops") {
  // llvmpipe before Mesa 23 stops an invocation after 65,535 iterations; a row that one lane would go along is longer.
  const std::int64_t n = 200003;
  SoftmaxProblem p;
  p.x.shape = {2, Dimension::parameter("n")};
  test::Given given;
  given.sizes = {{"n", n}};
  test::Random random(test::seed_of_run());
  given.inputs["x"] = HostTensor::random(Scalar::F32, {2, n}, random, -8, 8);
  double depth = 0;
  p.x.shape[1] = Dimension::parameter("n", 300000);
  const test::Tensors found = test::run_at(
      test::Place::Device,
      [&](const Target& t) {
        const SoftmaxSchedule s = default_schedule(p, t);
        depth = static_cast<double>(softmax_depth(p, s, t));
        return softmax(p, s, t);
      },
      given);
  if (!found.empty()) check_rows({2, n}, {n, 1}, 2, given.inputs["x"], 1, false, found.at("y"), depth);
}

TEST_CASE("softmax: what is refused says which rule and by how much") {
  const Target weak = test::weak_target();
  const auto error = [](const Result<void>& r) { return test::message_of(r.error()); };
  SoftmaxProblem p;
  p.x.shape = {4, 100};
  CHECK(error(legal(p, {32, 4, false, 4, 1, 4, true}, weak)) ==
        "error: a row has 100 elements, and this schedule keeps 64 of them (lanes * keep * width); let it be "
        "read "
        "twice (keep = 0) [IllegalSchedule]");
  p.axes = {0};
  p.x.shape = {100, 4};
  CHECK(error(legal(p, {32, 4, true, 4, 1, 4, true}, weak)) ==
        "error: a row has 100 elements, and this schedule keeps 16 of them (lanes * keep); let it be read "
        "twice (keep = 0) [IllegalSchedule]");
  CHECK(error(legal(p, {32, 5, false, 1, 1, 0, true}, weak)) ==
        "error: the workgroup of 32 does not divide into 5 lanes [IllegalSchedule]");
  p.axes = {2};
  CHECK(error(legal(p, {}, weak)) == "error: axis 2 is not one of the 2 axes of the tensor [InvalidShape]");
  p.axes = {-1};
  p.x.scalar = Scalar::I32;
  CHECK(legal(p, {}, weak).error().code == ErrorCode::WrongType);
  p.x.scalar = Scalar::F32;
  p.epilogue.output("x", p.epilogue.primary(Scalar::F32) * 2);
  CHECK(error(legal(p, {}, weak)) ==
        "error: the output x has the name of an input; name it otherwise [InvalidOperand]");
  SoftmaxProblem reads_y;
  reads_y.x.shape = {4, 8};
  reads_y.prologue.output("v", reads_y.prologue.primary(Scalar::F32) +
                                   reads_y.prologue.input("y", {Scalar::F32, {8}}));
  CHECK(error(legal(reads_y, {}, weak)) ==
        "error: the output y has the name of an input; name it otherwise [InvalidOperand]");
  reads_y.epilogue.output("z", reads_y.epilogue.primary(Scalar::F32));
  CHECK(legal(reads_y, {}, weak).ok());
  Target limited = weak;
  limited.max_loop_iterations = 65535;
  SoftmaxProblem endless;
  endless.x.shape = {4, 100000};
  CHECK(legal(endless, {32, 1, false, 1, 1, 0, true}, limited).error().code == ErrorCode::IllegalSchedule);
  CHECK(legal(endless, default_schedule(endless, limited), limited).ok());
  // Of a size without a maximum the longest row is known, and what is longer is refused by its name.
  endless.x.shape = {4, Dimension::parameter("n")};
  const Result<Operation> made = softmax(endless, limited);
  REQUIRE(made.ok());
  const SizeValue fits[] = {{"n", 1000000}}, too_long[] = {{"n", 1 << 30}};
  CHECK(made->resolve(fits).ok());
  CHECK(test::message_of(made->resolve(too_long).error())
            .find("the size n is 1073741824, more than its maximum of") != std::string::npos);
}
