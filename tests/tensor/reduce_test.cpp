// Reductions: random problems and schedules against a reference, long rows, and what is refused. ONNX's corner cases are
// reduce_onnx_test.cpp's.
#include "reduce_reference.hpp"
#include "run_operation.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;

namespace {

ReduceSchedule random_schedule(test::Random& random, std::uint32_t most) {
  ReduceSchedule s;
  s.workgroup = random.one_in(4) ? 1 + static_cast<std::uint32_t>(random.below(most)) : 1u << random.below(8);
  do s.lanes = 1 + static_cast<std::uint32_t>(random.below(s.workgroup));
  while (s.workgroup % s.lanes != 0 && !random.one_in(16));
  if (random.one_in(3)) s.lanes = 1;
  if (random.one_in(4)) s.lanes = s.workgroup;
  s.across = random.one_in(2);
  s.width = 1u << random.below(3);
  s.unroll = 1 + static_cast<std::uint32_t>(random.below(4));
  s.block = random.one_in(2) ? 1 + static_cast<std::uint32_t>(random.below(4)) : 0;
  if (random.one_in(3))
    s.part =
        (1 + static_cast<std::uint32_t>(random.below(3))) * s.lanes * s.unroll * (s.across ? 1 : s.width);
  s.scratch = random.one_in(4);
  s.shuffles = !random.one_in(4);
  return s;
}

struct RandomCase {
  std::vector<std::int64_t> shape, strides;
  TensorType x;
  std::uint32_t mask = 0;
  Axes axes;
  ReduceKind kind = ReduceKind::Sum;
  bool keepdims = true, last = false;
  Scalar index = Scalar::I64;
  bool doubles = false, adds = false;  // a prologue 2x, an epilogue + bias
};

RandomCase random_case(test::Random& random, test::Given& given) {
  RandomCase c;
  const Scalar scalars[] = {Scalar::F32, Scalar::F32, Scalar::F32, Scalar::F16, Scalar::BF16,   Scalar::I32,
                            Scalar::I64, Scalar::U32, Scalar::I8,  Scalar::U8,  Scalar::Boolean};
  do {
    c.x.scalar = scalars[random.below(std::size(scalars))];
    c.kind = static_cast<ReduceKind>(random.below(14));
  } while (!Reduction::accepts(c.kind, c.x.scalar));
  const std::size_t rank = 1 + random.below(4);
  const bool literal = random.one_in(2);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t size =
        random.one_in(6) ? 1 : 1 + static_cast<std::int64_t>(random.below(i + 1 == rank ? 40 : 9));
    c.shape.push_back(size);
    order.insert(order.begin() + static_cast<std::ptrdiff_t>(random.below(i + 1)), i);
    if (!literal && random.one_in(2)) {
      const std::string name = "d" + std::to_string(i);
      c.x.shape.push_back(Dimension::parameter(Text(name.c_str()), 64));
      given.sizes.push_back({name, size});
    } else {
      c.x.shape.push_back(size);
    }
    if (random.one_in(2)) {
      c.mask |= 1u << i;
      c.axes.push_back(random.one_in(2) ? static_cast<std::int64_t>(i)
                                        : static_cast<std::int64_t>(i) - static_cast<std::int64_t>(rank));
    }
  }
  if (c.axes.empty()) c.mask = (1u << rank) - 1;
  c.strides = test::gapless(c.shape);
  std::int64_t elements = 1;
  for (const std::int64_t size : c.shape) elements *= size;
  if (literal && random.one_in(2)) {
    // Axes in another order, and gaps between rows.
    std::int64_t stride = 1 + static_cast<std::int64_t>(random.below(2));
    for (const std::size_t axis : order) {
      c.strides[axis] = stride;
      stride = stride * c.shape[axis] + static_cast<std::int64_t>(random.below(3));
    }
    elements = 1;
    for (std::size_t i = 0; i < rank; ++i) {
      c.x.strides.push_back(c.strides[i]);
      elements += (c.shape[i] - 1) * c.strides[i];
    }
  }
  c.keepdims = random.one_in(2);
  c.last = random.one_in(2);
  c.index = random.one_in(2) ? Scalar::I64 : Scalar::I32;
  c.doubles = c.x.scalar == Scalar::F32 && c.kind != ReduceKind::Prod && random.one_in(3);
  c.adds = kernel::is_float(c.x.scalar) && !is_arg(c.kind) && random.one_in(3);
  // Products near 1, logarithms of what is positive, and for indices numbers that occur more than once.
  const bool positive = c.kind == ReduceKind::Prod || c.kind == ReduceKind::LogSum;
  const double low = positive                                                        ? 0.875
                     : kernel::is_signed(c.x.scalar) || kernel::is_float(c.x.scalar) ? -8
                                                                                     : 0;
  const double high = positive ? 1.125 : c.x.scalar == Scalar::Boolean ? 1 : 8;
  given.inputs["x"] = HostTensor::random(c.x.scalar, {elements}, random, low, high);
  if (is_arg(c.kind))
    for (std::size_t i = 0; i < given.inputs["x"].size(); ++i)
      given.inputs["x"].set(i, std::floor(given.inputs["x"][i]));
  if (c.adds) given.inputs["bias"] = HostTensor::of(Scalar::F32, {1}, {0.5});
  return c;
}

ReduceProblem problem_of(const RandomCase& c) {
  ReduceProblem p;
  p.kind = c.kind;
  p.x = c.x;
  p.axes = c.axes;
  p.keepdims = c.keepdims;
  p.select_last_index = c.last;
  p.index = c.index;
  if (c.doubles) p.prologue.output("twice", p.prologue.primary(Scalar::F32) * 2);
  if (c.adds)
    p.epilogue.output(
        "y",
        cast(p.epilogue.primary(Scalar::F32) + p.epilogue.input("bias", {Scalar::F32, {1}}), c.x.scalar));
  return p;
}

void check_results(const RandomCase& c, const HostTensor& x, const HostTensor& y, double depth) {
  const auto groups = test::groups_of(c.shape, c.strides, c.mask);
  REQUIRE(y.size() == groups.size());
  std::size_t wrong = 0;
  std::string first;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    std::vector<double> values;
    std::vector<std::int64_t> integers;
    for (const std::size_t i : groups[g]) {
      values.push_back(c.doubles ? 2 * x[i] : x[i]);
      integers.push_back(x.integer(i));
    }
    bool fine = true;
    double expected = 0, error = 0;
    if (is_arg(c.kind)) {
      expected = static_cast<double>(test::arg_reduced(c.kind, values, c.last));
      fine = y[g] == expected;
    } else if (c.x.scalar == Scalar::Boolean) {
      const bool all = c.kind == ReduceKind::All || c.kind == ReduceKind::Min;
      expected = all;
      for (const double v : values) expected = all ? expected != 0 && v != 0 : expected != 0 || v != 0;
      fine = y[g] == expected;
    } else if (kernel::is_int(c.x.scalar)) {
      HostTensor one(c.x.scalar, {1});
      one.set_bits(0, test::reduced_bits(c.kind, integers, c.x.scalar));
      expected = one[0];
      fine = one.bits(0) == y.bits(g);
    } else {
      const test::Expected e = test::reduced(c.kind, values, depth);
      expected = e.value + (c.adds ? 0.5 : 0);
      // Half a unit in the last place of what is stored, and of the sum with the bias.
      const double unit = c.x.scalar == Scalar::F16 ? 0x1p-11 : c.x.scalar == Scalar::BF16 ? 0x1p-8 : 0x1p-24;
      const double tiny = c.x.scalar == Scalar::F16 ? 0x1p-25 : 0;
      error = e.error + (c.adds ? 0x1p-24 * (std::fabs(expected) + e.error) : 0);
      error += (std::fabs(expected) + error) * (c.x.scalar == Scalar::F32 ? 0 : unit) + tiny;
      fine = std::fabs(y[g] - expected) <= error || (std::isnan(expected) && std::isnan(y[g])) ||
             expected == y[g];
      // From 65520 on the nearest number of f16 is an infinity (IEEE 754-2019, 4.3.1).
      if (c.x.scalar == Scalar::F16 && std::isinf(y[g]) && (y[g] > 0) == (expected > 0))
        fine = std::fabs(expected) + error >= 65520;
    }
    if (!fine && wrong++ == 0)
      first = "result " + std::to_string(g) + ": expected " + std::to_string(expected) + " within " +
              std::to_string(error) + ", found " + std::to_string(y[g]);
  }
  CHECK_MESSAGE(wrong == 0, wrong, " of ", groups.size(), ": ", first);
}

void random_reductions(test::Place place, int count) {
  int runs = 0;
  count = test::cases(count);
  for (int n = 0; runs < count; ++n) {
    CAPTURE(n);
    test::Random random(test::seed_of_run() + static_cast<std::uint64_t>(n));
    test::Given given;
    const RandomCase c = random_case(random, given);
    const ReduceProblem p = problem_of(c);
    const ReduceSchedule s = random_schedule(random, 128);
    const bool by_default = random.one_in(4);
    CAPTURE(std::string(to_string(c.kind)));
    if (c.x.scalar == Scalar::F16 && !test::writes_f16(place)) continue;
    CAPTURE(std::string(to_string(c.x.scalar)));
    CAPTURE(std::string(to_string(c.x.shape)));
    CAPTURE(c.mask);
    CAPTURE(s.workgroup);
    CAPTURE(s.lanes);
    CAPTURE(s.across);
    CAPTURE(s.width);
    CAPTURE(s.unroll);
    CAPTURE(s.block);
    CAPTURE(s.part);
    CAPTURE(s.scratch);
    CAPTURE(s.shuffles);
    CAPTURE(by_default);
    double depth = 0;
    const std::uint32_t subgroup = 4u << random.below(6);
    const bool unknown = random.one_in(2);
    Target weakest = test::weak_target();
    weakest.max_loop_iterations = 65535;
    if (!by_default) {
      const Result<void> allowed = legal(p, s, weakest);
      if (!allowed.ok()) CHECK(allowed.error().code == ErrorCode::IllegalSchedule);
      if (!allowed.ok()) continue;
    }
    ++runs;
    const test::Tensors found = test::run_at(place,
                                             [&](Target target) {
                                               if (place == test::Place::Interpreter) {
                                                 target.subgroup_size = unknown ? 0 : subgroup;
                                                 target.max_subgroup_size = unknown ? 0 : 128;
                                               }
                                               const ReduceSchedule used =
                                                   by_default ? default_schedule(p, target) : s;
                                               depth = static_cast<double>(reduce_depth(p, used, target));
                                               return reduce(p, used, target);
                                             },
                                             given, {subgroup, random.next()});
    if (found.empty()) return;
    check_results(c, given.inputs.at("x"), found.at("y"), depth);
  }
}

}  // namespace

TEST_CASE("reduce: random problems and schedules in the interpreter") {
  random_reductions(test::Place::Interpreter, 150);
}
TEST_CASE("reduce: random problems and schedules in the interpreter, weak target") {
  random_reductions(test::Place::InterpreterWeak, 60);
}
TEST_CASE("device, reduce: random problems and schedules") { random_reductions(test::Place::Device, 20); }
TEST_CASE("device, reduce: random problems and schedules, Vulkan 1.0") {
  random_reductions(test::Place::DeviceWeak, 10);
}

TEST_CASE("reduce: results several at a time lie along an axis of more than one element") {
  // The last axis that stays has one element, and a prologue with coordinates lets no axes merge.
  ReduceProblem p;
  p.x.shape = {16, 8, 1};
  p.axes = {0};
  p.prologue.output("v", p.prologue.primary(Scalar::F32) + cast(p.prologue.coordinate(0), Scalar::F32));
  HostTensor x(Scalar::F32, {16, 8, 1}), expected(Scalar::F32, {8});
  for (std::size_t column = 0; column < 8; ++column) {
    double sum = 0;
    for (std::size_t row = 0; row < 16; ++row) {
      x.set(8 * row + column, static_cast<double>(row * column));
      sum += x[8 * row + column] + static_cast<double>(row);
    }
    expected.set(column, sum);
  }
  test::Given given;
  given.inputs["x"] = x;
  Target gpu = test::strong_target();
  gpu.kind = DeviceKind::Gpu;
  const ReduceSchedule by_default = default_schedule(p, gpu);
  CHECK(by_default.across);
  CHECK(by_default.width == 4);
  const ReduceSchedule schedules[] = {
      by_default, {32, 4, true, 2, 1, 0, 0, false, true}, {32, 4, true, 4, 1, 0, 8, false, true}};
  for (const bool reads_coordinates : {false, true})
    for (const ReduceSchedule& s : schedules) {
      CAPTURE(s.width);
      CAPTURE(s.part);
      ReduceProblem q = p;
      if (reads_coordinates)
        q.epilogue.output("y", q.epilogue.primary(Scalar::F32) - cast(q.epilogue.coordinate(0), Scalar::F32));
      for (const test::Place place : {test::Place::Interpreter, test::Place::Device}) {
        const test::Tensors found = test::run_at(
            place, [&](const Target& target) { return reduce(q, s, target); }, given);
        if (!found.empty()) CHECK(test::difference(expected, found.at("y")) == "");
      }
    }
}
