// Cumulative sums and products: random problems and schedules, ONNX's attributes by name, long axes, refusals.
#include "reduce_reference.hpp"
#include "run_operation.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;

namespace {

void check_scan(const ScanProblem& p, const std::vector<std::int64_t>& shape,
                const std::vector<std::int64_t>& strides, const HostTensor& x, const HostTensor& y,
                double depth) {
  const std::size_t axis =
      static_cast<std::size_t>(p.axis < 0 ? p.axis + static_cast<std::int64_t>(shape.size()) : p.axis);
  const auto inputs = test::groups_of(shape, strides, 1u << axis);
  const auto outputs = test::groups_of(shape, test::gapless(shape), 1u << axis);
  const Scalar scalar = x.scalar();
  const double unit = scalar == Scalar::F16 ? 0x1p-11 : scalar == Scalar::BF16 ? 0x1p-8 : 0;
  std::size_t wrong = 0;
  std::string first;
  for (std::size_t row = 0; row < inputs.size(); ++row) {
    double sum = p.kind == ReduceKind::Sum ? 0 : 1, magnitude = 0, factors = 0;
    std::uint64_t bits = p.kind == ReduceKind::Sum ? 0 : 1;
    const std::size_t n = inputs[row].size();
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t r = p.reverse ? n - 1 - i : i;
      const auto check = [&] {
        const std::size_t at = outputs[row][r];
        bool fine;
        double expected = sum;
        if (kernel::is_int(scalar)) {
          HostTensor one(scalar, {1});
          one.set_bits(0, bits);
          expected = one[0];
          fine = one.bits(0) == y.bits(at);
        } else {
          double error = p.kind == ReduceKind::Sum ? test::gamma(depth) * magnitude
                                                   : test::gamma(factors) * std::fabs(sum);
          error += (std::fabs(sum) + error) * unit + (scalar == Scalar::F16 ? 0x1p-25 : 0);
          fine = std::fabs(y[at] - sum) <= error || (std::isnan(sum) && std::isnan(y[at])) || y[at] == sum;
        }
        if (!fine && wrong++ == 0)
          first = "row " + std::to_string(row) + ", element " + std::to_string(r) + ": expected " +
                  std::to_string(expected) + ", found " + std::to_string(y[at]);
      };
      if (p.exclusive) check();
      const double v = x[inputs[row][r]];
      sum = p.kind == ReduceKind::Sum ? sum + v : sum * v;
      const std::uint64_t b = static_cast<std::uint64_t>(x.integer(inputs[row][r]));
      bits = p.kind == ReduceKind::Sum ? bits + b : bits * b;
      magnitude += std::fabs(v);
      ++factors;
      if (!p.exclusive) check();
    }
  }
  CHECK_MESSAGE(wrong == 0, wrong, " wrong: ", first);
}

void random_scans(test::Place place, int count) {
  int runs = 0;
  for (int n = 0; runs < test::cases(count); ++n) {
    CAPTURE(n);
    test::Random random(test::seed_of_run() + static_cast<std::uint64_t>(n));
    test::Given given;
    ScanProblem p;
    const Scalar scalars[] = {Scalar::F32, Scalar::F32, Scalar::F16, Scalar::BF16,
                              Scalar::I32, Scalar::U32, Scalar::I64, Scalar::I8};
    p.x.scalar = scalars[random.below(std::size(scalars))];
    p.kind = random.one_in(4) ? ReduceKind::Prod : ReduceKind::Sum;
    p.exclusive = random.one_in(2);
    p.reverse = random.one_in(2);
    const std::size_t rank = 1 + random.below(4);
    const std::size_t axis = random.below(rank);
    p.axis = static_cast<std::int64_t>(axis) - (random.one_in(2) ? static_cast<std::int64_t>(rank) : 0);
    const bool literal = random.one_in(2);
    std::vector<std::int64_t> shape;
    for (std::size_t i = 0; i < rank; ++i) {
      const std::int64_t size =
          random.one_in(6) ? 1 : 1 + static_cast<std::int64_t>(random.below(i == axis ? 60 : 8));
      shape.push_back(size);
      if (!literal && random.one_in(2)) {
        const std::string name = "d" + std::to_string(i);
        p.x.shape.push_back(Dimension::parameter(Text(name.c_str())));
        given.sizes.push_back({name, size});
      } else {
        p.x.shape.push_back(size);
      }
    }
    std::vector<std::int64_t> strides = test::gapless(shape);
    if (literal && rank > 1 && random.one_in(3)) {
      std::swap(shape[0], shape[1]);
      strides = test::gapless(shape);
      std::swap(shape[0], shape[1]);
      std::swap(strides[0], strides[1]);
      for (const std::int64_t stride : strides) p.x.strides.push_back(stride);
    }
    const bool is_float = kernel::is_float(p.x.scalar);
    const HostTensor x = p.kind == ReduceKind::Prod && is_float
                             ? HostTensor::random(p.x.scalar, shape, random, 0.875, 1.125)
                             : HostTensor::random(p.x.scalar, shape, random,
                                                  is_float || kernel::is_signed(p.x.scalar) ? -8 : 0, 8);
    given.inputs["x"] = x;
    ScanSchedule s;
    s.workgroup =
        random.one_in(4) ? 1 + static_cast<std::uint32_t>(random.below(128)) : 1u << random.below(8);
    do s.lanes = 1 + static_cast<std::uint32_t>(random.below(s.workgroup));
    while (s.workgroup % s.lanes != 0);
    if (random.one_in(3)) s.lanes = 1;
    s.across = random.one_in(2);
    s.items = 1 + static_cast<std::uint32_t>(random.below(4));
    if (random.one_in(3)) s.part = (1 + static_cast<std::uint32_t>(random.below(3))) * s.lanes * s.items;
    const bool by_default = random.one_in(4);
    if (p.x.scalar == Scalar::F16 && !test::writes_f16(place)) continue;
    CAPTURE(std::string(to_string(p.x.scalar)));
    CAPTURE(std::string(to_string(p.x.shape)));
    CAPTURE(p.axis);
    CAPTURE(p.exclusive);
    CAPTURE(p.reverse);
    CAPTURE(s.workgroup);
    CAPTURE(s.lanes);
    CAPTURE(s.across);
    CAPTURE(s.items);
    CAPTURE(s.part);
    CAPTURE(by_default);
    ++runs;
    const test::Tensors found = test::run_at(
        place,
        [&](const Target& target) { return scan(p, by_default ? default_schedule(p, target) : s, target); },
        given, {4u << random.below(6), random.next()});
    if (found.empty()) return;
    // No order of adding up the elements of an axis goes deeper than to add them one by one, and once more a part.
    check_scan(p, shape, strides, x, found.at("y"), 3.0 * static_cast<double>(shape[axis]) + 8);
  }
}

HostTensor scan_once(const ScanProblem& p, const ScanSchedule& s, const HostTensor& x,
                     test::Place place = test::Place::Interpreter) {
  test::Given given;
  given.inputs["x"] = x;
  const test::Tensors found = test::run_at(
      place, [&](const Target& t) { return scan(p, s, t); }, given);
  const auto y = found.find("y");
  return y == found.end() ? HostTensor(x.scalar(), x.shape()) : y->second;
}

}  // namespace

TEST_CASE("scan: random problems and schedules in the interpreter") {
  random_scans(test::Place::Interpreter, 80);
}
TEST_CASE("scan: random problems and schedules in the interpreter, weak target") {
  random_scans(test::Place::InterpreterWeak, 30);
}
TEST_CASE("device, scan: random problems and schedules") { random_scans(test::Place::Device, 14); }
TEST_CASE("device, scan: random problems and schedules, Vulkan 1.0") {
  random_scans(test::Place::DeviceWeak, 6);
}

TEST_CASE("scan, ONNX: CumSum's exclusive and reverse") {
  ScanProblem p;
  p.x.shape = {3};
  const HostTensor x = HostTensor::of(Scalar::F32, {3}, {1, 2, 3});
  const double expected[2][2][3] = {{{1, 3, 6}, {6, 5, 3}}, {{0, 1, 3}, {5, 3, 0}}};
  for (const bool exclusive : {false, true})
    for (const bool reverse : {false, true})
      for (const ScanSchedule& s : {ScanSchedule{8, 1, false, 2, 0}, ScanSchedule{8, 8, false, 1, 0},
                                    ScanSchedule{8, 2, true, 1, 2}}) {
        p.exclusive = exclusive;
        p.reverse = reverse;
        const HostTensor y = scan_once(p, s, x);
        for (std::size_t i = 0; i < 3; ++i) CHECK(y[i] == expected[exclusive][reverse][i]);
      }
}
TEST_CASE("scan, ONNX: CumSum along a negative axis, of integers that wrap, and of a NaN and infinities") {
  ScanProblem p;
  p.x.shape = {2, 3};
  p.axis = -1;
  p.x.scalar = Scalar::I32;
  const HostTensor y =
      scan_once(p, {8, 4, false, 1, 0}, HostTensor::of(Scalar::I32, {2, 3}, {2147483647, 1, 1, 4, 5, 6}));
  CHECK(test::difference(
            HostTensor::of(Scalar::I32, {2, 3}, {2147483647, -2147483648.0, -2147483647, 4, 9, 15}), y) ==
        "");
  p.x.scalar = Scalar::F32;
  const double inf = test::infinity, nan = std::numeric_limits<double>::quiet_NaN();
  const HostTensor z =
      scan_once(p, {8, 1, false, 2, 0}, HostTensor::of(Scalar::F32, {2, 3}, {1, nan, 1, inf, 1, -inf}));
  CHECK(test::difference(HostTensor::of(Scalar::F32, {2, 3}, {1, nan, nan, inf, inf, nan}), z) == "");
}
TEST_CASE("scan, ONNX: CumProd") {
  ScanProblem p;
  p.kind = ReduceKind::Prod;
  p.x.shape = {4};
  p.exclusive = true;
  const HostTensor y = scan_once(p, {8, 4, false, 1, 0}, HostTensor::of(Scalar::F32, {4}, {2, 3, 4, 5}));
  CHECK(test::difference(HostTensor::of(Scalar::F32, {4}, {1, 2, 6, 24}), y) == "");
}
TEST_CASE("scan: prologue and epilogue") {
  ScanProblem p;
  p.x.shape = {4};
  p.prologue.output("v", p.prologue.primary(Scalar::F32) * p.prologue.input("w", {Scalar::F32, {4}}));
  p.epilogue.output("y", p.epilogue.primary(Scalar::F32) + cast(p.epilogue.coordinate(0), Scalar::F32));
  test::Given given;
  given.inputs["x"] = HostTensor::of(Scalar::F32, {4}, {1, 2, 3, 4});
  given.inputs["w"] = HostTensor::of(Scalar::F32, {4}, {1, 0, 1, 0});
  const test::Tensors found = test::run_at(
      test::Place::InterpreterWeak, [&](const Target& t) { return scan(p, t); }, given);
  REQUIRE(!found.empty());
  CHECK(test::difference(HostTensor::of(Scalar::F32, {4}, {1, 2, 6, 7}), found.at("y")) == "");
}
TEST_CASE("scan: an axis of no elements") {
  ScanProblem p;
  p.x.shape = {3, Dimension::parameter("n")};
  p.axis = 1;
  test::Given given;
  given.sizes = {{"n", 0}};
  given.inputs["x"] = HostTensor(Scalar::F32, {3, 0});
  for (const ScanSchedule& s : {ScanSchedule{8, 1, false, 2, 0}, ScanSchedule{8, 8, false, 1, 8}})
    test::run_at(
        test::Place::Interpreter, [&](const Target& t) { return scan(p, s, t); }, given);
}
TEST_CASE("device, scan: an axis longer than a driver's loops") {
  for (const bool parameter : {false, true}) {
    const std::int64_t n = 300007;
    ScanProblem p;
    p.x.scalar = Scalar::U32;
    p.x.shape = {parameter ? Dimension::parameter("n") : Dimension(n)};
    test::Given given;
    if (parameter) given.sizes = {{"n", n}};
    given.inputs["x"] = HostTensor(Scalar::U32, {n});
    for (std::size_t i = 0; i < given.inputs["x"].size(); ++i)
      given.inputs["x"].set(i, static_cast<double>(i % 7));
    const test::Tensors found = test::run_at(
        test::Place::Device, [&](const Target& t) { return scan(p, t); }, given);
    if (found.empty()) return;
    check_scan(p, {n}, {1}, given.inputs["x"], found.at("y"), 0);
  }
}
TEST_CASE("device, scan: the error of a long sum is that of its depth") {
  const std::int64_t n = 100000;
  ScanProblem p;
  p.x.shape = {n};
  test::Given given;
  test::Random random(test::seed_of_run());
  given.inputs["x"] = HostTensor::random(Scalar::F32, {n}, random, -1, 1);
  double depth = 0;
  const test::Tensors found = test::run_at(
      test::Place::Device,
      [&](const Target& t) {
        const ScanSchedule s = default_schedule(p, t);
        depth = static_cast<double>(scan_depth(p, s, t));
        return scan(p, s, t);
      },
      given);
  if (found.empty()) return;
  CHECK(depth < 2000);
  check_scan(p, {n}, {1}, given.inputs["x"], found.at("y"), depth);
}
TEST_CASE("scan: what is refused says which rule and by how much") {
  const Target weak = test::weak_target();
  const auto error = [&](const ScanProblem& p, const ScanSchedule& s) {
    return test::message_of(legal(p, s, weak).error());
  };
  ScanProblem p;
  p.x.shape = {4, 100};
  CHECK(error(p, {32, 5, false, 1, 0}) ==
        "error: the workgroup of 32 does not divide into 5 lanes [IllegalSchedule]");
  CHECK(error(p, {32, 4, false, 17, 0}) == "error: items is 17, and has to be 1 to 16 [IllegalSchedule]");
  CHECK(error(p, {32, 4, false, 2, 12}) == "error: a part is 12 elements, and has to be a multiple of the 8 "
                                           "of a turn (lanes * items) [IllegalSchedule]");
  p.axis = -3;
  CHECK(error(p, {}) == "error: axis -3 is not one of the 2 axes of the tensor [InvalidShape]");
  p.axis = 0;
  p.kind = ReduceKind::Max;
  CHECK(error(p, {}) == "error: a scan is of sums or of products [InvalidOperand]");
  p.kind = ReduceKind::Sum;
  p.x.scalar = Scalar::Boolean;
  CHECK(error(p, {}) == "error: sum does not take elements of bool; cast them in the prologue [WrongType]");
  ScanProblem named;
  named.x.shape = {100};
  named.prologue.output("v",
                        named.prologue.primary(Scalar::F32) * named.prologue.input("y", {Scalar::F32, {1}}));
  CHECK(error(named, {}) ==
        "error: the output y has the name of an input; name it otherwise [InvalidOperand]");
  named = {};
  named.x.shape = {100};
  named.epilogue.output("scan_partial", named.epilogue.primary(Scalar::F32));
  CHECK(error(named, {}) ==
        "error: the output scan_partial has the name of another operand of the operation; "
        "name it otherwise [InvalidOperand]");
  Target limited = weak;
  limited.max_loop_iterations = 65535;
  ScanProblem endless;
  endless.x.shape = {100000};
  CHECK(test::message_of(legal(endless, {32, 1, false, 1, 0}, limited).error()) ==
        "error: an invocation goes round its loops 100000 times, and the driver stops after 65535; make "
        "parts, or more "
        "lanes and items [IllegalSchedule]");
  CHECK(legal(endless, default_schedule(endless, limited), limited).ok());
}
