// Corners of data movement by the names that ONNX has for them, epilogues, default schedules and refusals.
#include "move_reference.hpp"

#include <limits>

using namespace airstrip;
using namespace airstrip::tensor;
using test::Coordinates;
using test::HostTensor;

namespace {

std::vector<double> values_of(const HostTensor& t) {
  std::vector<double> values;
  for (std::size_t i = 0; i < t.size(); ++i) values.push_back(t[i]);
  return values;
}
HostTensor counting(Scalar scalar, const Coordinates& shape) {
  HostTensor t(scalar, shape);
  for (std::size_t i = 0; i < t.size(); ++i) t.set(i, static_cast<double>(i));
  return t;
}
// What y is in the interpreter.
template <class Make>
std::vector<double> run(const Make& make, const test::Given& given) {
  test::Tensors found = test::run_at(test::Place::InterpreterWeak, make, given);
  return found.empty() ? std::vector<double>() : values_of(found.at("y"));
}
std::string error_of(const Result<void>& r) { return test::message_of(r.error()); }

std::vector<double> sliced_values(std::int64_t n, std::int64_t start, std::int64_t end, std::int64_t step) {
  test::Given given;
  given.inputs["x"] = counting(Scalar::F32, {n});
  given.sizes.push_back({"n", n});
  return run(
      [&](const Target& target) {
        SliceProblem problem;
        problem.x = {Scalar::F32, {Dimension::parameter("n")}};
        problem.starts = {start};
        problem.ends = {end};
        problem.steps = {step};
        return slice(problem, target);
      },
      given);
}

std::vector<double> resized(const HostTensor& x, const ResizeProblem& given_problem) {
  test::Given given;
  given.inputs["x"] = x;
  return run([&](const Target& target) { return resize(given_problem, target); }, given);
}
ResizeProblem row(std::int64_t n, std::int64_t m, ResizeMode mode, ResizeCoordinates coordinates) {
  ResizeProblem problem;
  problem.x = {Scalar::F32, {n}};
  problem.sizes = {m};
  problem.mode = mode;
  problem.coordinates = coordinates;
  return problem;
}

}  // namespace

TEST_CASE("slice: starts and ends are clamped as ONNX says") {
  using V = std::vector<double>;
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(), least = -most - 1;
  CHECK(sliced_values(5, -100, most, 1) == V{0, 1, 2, 3, 4});
  CHECK(sliced_values(5, -2, most, 1) == V{3, 4});
  CHECK(sliced_values(5, 1, -1, 2) == V{1, 3});
  CHECK(sliced_values(5, 7, 9, 1).empty());
  CHECK(sliced_values(5, 3, 1, 1).empty());
  CHECK(sliced_values(5, -1, least, -1) == V{4, 3, 2, 1, 0});
  CHECK(sliced_values(5, 100, 0, -2) == V{4, 2});
  CHECK(sliced_values(5, -100, least, -1) == V{0});  // clamped to the first element
  CHECK(sliced_values(5, 3, -6, -3) == V{3, 0});
  CHECK(sliced_values(0, 0, most, 1).empty());
  CHECK(sliced_values(0, -1, least, -1).empty());
}

TEST_CASE("slice: steps longer than any axis find the first element") {
  using V = std::vector<double>;
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(), least = -most - 1;
  for (const std::int64_t step : {std::int64_t{0x7FFFFFFF}, std::int64_t{0xFFFFFFFF}, std::int64_t{1} << 32,
                                  std::int64_t{1} << 50, most}) {
    CAPTURE(step);
    CHECK(sliced_values(5, 1, most, step) == V{1});
    CHECK(sliced_values(5, 3, -6, -step) == V{3});
  }
  CHECK(sliced_values(5, 3, -6, least) == V{3});
  CHECK(sliced_values(0, 0, most, most).empty());
}

TEST_CASE("depth to space: a size of run time that is no multiple of the block is refused") {
  const Dimension n = Dimension::parameter("n");
  const auto resolve = [](const Result<Operation>& operation, std::int64_t value) {
    REQUIRE_MESSAGE(operation.ok(), test::message_of(operation.error()));
    const SizeValue sizes[] = {{"n", value}};
    const Result<OperationSizes> resolved = operation->resolve(sizes);
    return resolved.ok() ? ErrorCode::Ok : resolved.error().code;
  };
  for (const Target& target : {test::weak_target(), test::strong_target()}) {
    DepthToSpaceProblem deep;
    deep.x = {Scalar::F32, {1, n, 2, 2}};
    CHECK(resolve(depth_to_space(deep, target), 8) == ErrorCode::Ok);
    CHECK(resolve(depth_to_space(deep, target), 7) == ErrorCode::InvalidShape);
    for (const Shape& shape : {Shape{1, 2, n, 4}, Shape{1, 2, 4, n}}) {
      SpaceToDepthProblem flat;
      flat.x = {Scalar::F32, shape};
      CHECK(resolve(space_to_depth(flat, target), 6) == ErrorCode::Ok);
      CHECK(resolve(space_to_depth(flat, target), 7) == ErrorCode::InvalidShape);
    }
  }
  // A multiple that was declared needs no other check.
  DepthToSpaceProblem declared;
  declared.x = {Scalar::F32, {1, Dimension::parameter("n", 64, 4), 2, 2}};
  CHECK(resolve(depth_to_space(declared, test::weak_target()), 8) == ErrorCode::Ok);
  CHECK(resolve(depth_to_space(declared, test::weak_target()), 7) == ErrorCode::InvalidShape);
}

TEST_CASE("copy: a 1 in the shape, or an axis that it has not, leaves x's") {
  test::Given given;
  given.inputs["x"] = counting(Scalar::F32, {3, 1});
  const std::vector<double> expected = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
  for (const Shape& shape : {Shape{3, 4}, Shape{1, 4}, Shape{4}}) {
    CopyProblem problem;
    problem.x = {Scalar::F32, {3, 1}};
    problem.shape = shape;
    CHECK(run([&](const Target& target) { return copy(problem, target); }, given) == expected);
  }
  CopyProblem problem;
  problem.x = {Scalar::F32, {3, 1}};
  problem.shape = {2, 4};
  CHECK(error_of(legal(problem, {}, test::weak_target())) ==
        "error: the shape [3, 1] is not broadcast to [2, 4] [InvalidShape]");
}

TEST_CASE("pad: reflect and wrap of an axis of one element repeat it; of an empty one nothing can be") {
  test::Given given;
  given.inputs["x"] = HostTensor::of(Scalar::F32, {1}, {5});
  given.sizes.push_back({"n", 1});
  PadProblem problem;
  problem.x = {Scalar::F32, {Dimension::parameter("n")}};
  problem.before = {2};
  problem.after = {3};
  const auto make = [&](const Target& target) { return pad(problem, target); };
  for (const PadMode mode : {PadMode::Reflect, PadMode::Wrap, PadMode::Edge}) {
    problem.mode = mode;
    CHECK(run(make, given) == std::vector<double>(6, 5));
    PadProblem literal = problem;
    literal.x.shape = {1};
    test::Given alone;
    alone.inputs = given.inputs;
    CHECK(run([&](const Target& target) { return pad(literal, target); }, alone) ==
          std::vector<double>(6, 5));
    literal.x.shape = {0};
    CHECK(error_of(legal(literal, {}, test::weak_target())) ==
          "error: there is no element to pad with along axis 0, which is empty; only a constant can be "
          "[InvalidShape]");
    // A parameter that turns out to be 0 leaves the constant.
    problem.constant = 9;
    test::Given none;
    none.inputs["x"] = HostTensor(Scalar::F32, {0});
    none.sizes.push_back({"n", 0});
    CHECK(run(make, none) == std::vector<double>(5, 9));
  }
}

TEST_CASE("pad: negative sizes crop before anything is added") {
  test::Given given;
  given.inputs["x"] = counting(Scalar::I32, {5});
  PadProblem problem;
  problem.x = {Scalar::I32, {5}};
  problem.before = {-1};
  problem.after = {2};
  problem.mode = PadMode::Reflect;
  CHECK(run([&](const Target& target) { return pad(problem, target); }, given) ==
        std::vector<double>{1, 2, 3, 4, 3, 2});
  problem.before = {-6};
  problem.after = {0};
  CHECK(error_of(legal(problem, {}, test::weak_target())) ==
        "error: what a padding leaves has -1 elements along axis 0 [InvalidShape]");
  problem.before = {0};
  problem.constant = 0.5;
  CHECK(error_of(legal(problem, {}, test::weak_target())) ==
        "error: the padding's constant is no number of the type i32 [WrongType]");
}

TEST_CASE("gather: negative indices count from the end, those outside take the nearest element") {
  test::Given given;
  given.inputs["data"] = counting(Scalar::F32, {4});
  given.inputs["indices"] = HostTensor::of(Scalar::I64, {6}, {-1, -4, -5, 3, 4, -3e15});
  GatherProblem problem;
  problem.data = {Scalar::F32, {4}};
  problem.indices = {Scalar::I64, {6}};
  const auto make = [&](const Target& target) { return gather(problem, target); };
  CHECK(run(make, given) == std::vector<double>{3, 0, 0, 3, 3, 0});
  // Nothing is there to be gathered.
  problem.data.shape = {Dimension::parameter("n")};
  given.inputs["data"] = HostTensor(Scalar::F32, {0});
  given.sizes.push_back({"n", 0});
  CHECK(run(make, given) == std::vector<double>(6, 0));
  problem.indices.scalar = Scalar::U32;
  CHECK(error_of(legal(problem, {}, test::weak_target())) ==
        "error: indices is of type u32, and indices are i32 or i64 [WrongType]");
}

TEST_CASE("scatter: of updates for one element the last wins, those outside are left out") {
  test::Given given;
  given.inputs["data"] = counting(Scalar::F32, {5});
  given.inputs["indices"] = HostTensor::of(Scalar::I32, {5}, {1, -4, 7, -6, 1});
  given.inputs["updates"] = HostTensor::of(Scalar::F32, {5}, {10, 20, 30, 40, 50});
  ScatterElementsProblem problem;
  problem.data = {Scalar::F32, {5}};
  problem.indices = {Scalar::I32, {5}};
  problem.updates = {Scalar::F32, {5}};
  const auto make = [&](const Target& target) { return scatter_elements(problem, target); };
  CHECK(run(make, given) == std::vector<double>{0, 50, 2, 3, 4});
  problem.reduction = ScatterReduction::Add;
  CHECK(run(make, given) == std::vector<double>{0, 81, 2, 3, 4});
  problem.reduction = ScatterReduction::Max;
  given.inputs["updates"].set(1, std::numeric_limits<double>::quiet_NaN());
  const std::vector<double> found = run(make, given);
  REQUIRE(found.size() == 5);
  CHECK(std::isnan(found[1]));
}

TEST_CASE("device, scatter: more updates than an invocation may iterate are looked at, or refused") {
  ScatterElementsProblem problem;
  problem.data = {Scalar::I32, {3}};
  problem.indices = {Scalar::I32, {70000}};
  problem.updates = {Scalar::I32, {70000}};
  problem.reduction = ScatterReduction::Add;
  Target limited = test::weak_target();
  limited.max_loop_iterations = 65535;
  CHECK(
      error_of(legal(problem, {}, limited)) ==
      "error: an invocation would iterate 70000 times, and the device stops it after 65535; unroll more, or "
      "scatter in parts [IllegalSchedule]");
  CHECK(legal(problem, default_schedule(problem, limited), limited).ok());
  test::Given given;
  given.inputs["data"] = HostTensor(Scalar::I32, {3});
  HostTensor indices(Scalar::I32, {70000}), ones(Scalar::I32, {70000});
  std::vector<double> expected(3, 0);
  for (std::size_t i = 0; i < 70000; ++i) {
    const std::size_t to = i % 2 ? i % 3 : 2;
    indices.set(i, static_cast<double>(to));
    ones.set(i, 1);
    ++expected[to];
  }
  given.inputs["indices"] = indices;
  given.inputs["updates"] = ones;
  const auto make = [&](const Target& target) { return scatter_elements(problem, target); };
  const test::Tensors found = test::run_at(test::Place::Device, make, given);
  if (found.empty()) return;
  CHECK(values_of(found.at("y")) == expected);
}

TEST_CASE("resize: round_prefer_floor and round_prefer_ceil differ at ties alone") {
  using V = std::vector<double>;
  const HostTensor x = counting(Scalar::F32, {4});
  // Coordinates 0.5, 2.5.
  ResizeProblem problem = row(4, 2, ResizeMode::Nearest, ResizeCoordinates::HalfPixel);
  CHECK(resized(x, problem) == V{0, 2});
  problem.rounding = NearestRounding::RoundPreferCeil;
  CHECK(resized(x, problem) == V{1, 3});
  problem.rounding = NearestRounding::Floor;
  CHECK(resized(x, problem) == V{0, 2});
  problem.rounding = NearestRounding::Ceil;
  CHECK(resized(x, problem) == V{1, 3});
  // Thirds are no ties: 1/3 and 7/3 or 0, 4/3, 8/3.
  problem = row(4, 3, ResizeMode::Nearest, ResizeCoordinates::Asymmetric);
  CHECK(resized(x, problem) == V{0, 1, 3});
  // 23 elements of 46: every other coordinate is a tie, which floats would miss.
  problem = row(46, 23, ResizeMode::Nearest, ResizeCoordinates::HalfPixel);
  V even;
  for (int i = 0; i < 23; ++i) even.push_back(2 * i);
  CHECK(resized(counting(Scalar::F32, {46}), problem) == even);
}

TEST_CASE("resize: coordinates of every mode") {
  using V = std::vector<double>;
  using C = ResizeCoordinates;
  const HostTensor x = counting(Scalar::F32, {4});
  // Linear along 0, 1, 2, 3: the values are the coordinates, clamped.
  CHECK(resized(x, row(4, 2, ResizeMode::Linear, C::HalfPixel)) == V{0.5, 2.5});
  CHECK(resized(x, row(4, 2, ResizeMode::Linear, C::Asymmetric)) == V{0, 2});
  CHECK(resized(x, row(4, 2, ResizeMode::Linear, C::AlignCorners)) == V{0, 3});
  CHECK(resized(x, row(4, 1, ResizeMode::Linear, C::AlignCorners)) == V{0});
  CHECK(resized(x, row(4, 1, ResizeMode::Linear, C::HalfPixel)) == V{1.5});
  CHECK(resized(x, row(4, 1, ResizeMode::Linear, C::PytorchHalfPixel)) == V{0});
  CHECK(resized(x, row(4, 8, ResizeMode::Linear, C::HalfPixel)) ==
        V{0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3});
  // A scale of 5/8 leaves floor(2.5) elements, whose centre lies beside that of x; symmetric puts it there.
  ResizeProblem problem = row(4, 2, ResizeMode::Linear, C::HalfPixel);
  problem.sizes = {};
  problem.scales[0] = {5, 8};
  CHECK(resized(x, problem)[0] == doctest::Approx(0.3));
  problem.coordinates = C::HalfPixelSymmetric;
  CHECK(resized(x, problem)[0] == doctest::Approx(0.7));
  CHECK(resized(x, problem)[1] == doctest::Approx(2.3));
  // ONNX's scales of 0.6: the corners are aligned to the length before it was rounded.
  problem.coordinates = C::AlignCorners;
  problem.scales[0] = fraction_of(static_cast<double>(0.6f));
  CHECK(problem.scales[0].numerator == 3);
  CHECK(problem.scales[0].denominator == 5);
  CHECK(resized(x, problem)[1] == doctest::Approx(3 / 1.4));
  // Outside what is cropped there is the extrapolation value.
  problem = row(4, 3, ResizeMode::Linear, C::TfCropAndResize);
  problem.roi_begin[0] = {1, 2};
  problem.roi_end[0] = {3, 2};
  problem.extrapolation = 10;
  CHECK(resized(x, problem) == V{1.5, 3, 10});
  problem.mode = ResizeMode::Nearest;
  CHECK(resized(x, problem) == V{1, 3, 10});
}

TEST_CASE("resize: what is refused says why") {
  const Target weak = test::weak_target();
  ResizeProblem problem = row(60000, 30000, ResizeMode::Linear, ResizeCoordinates::AlignCorners);
  CHECK(legal(problem, {}, weak).error().code == ErrorCode::LimitExceeded);
  problem = row(4, 8, ResizeMode::Linear, ResizeCoordinates::HalfPixel);
  problem.x.scalar = Scalar::U8;
  CHECK(error_of(legal(problem, {}, weak)) ==
        "error: x is of type u8, and floats are interpolated; cast it before [WrongType]");
  problem.x.scalar = Scalar::F64;
  CHECK(legal(problem, {}, weak).error().code == ErrorCode::MissingCapability);
  problem.mode = ResizeMode::Nearest;
  CHECK(legal(problem, {}, weak).ok());
  problem.sizes = {};
  CHECK(error_of(legal(problem, {}, weak)) == "error: axis 0 has neither a size nor a scale [InvalidShape]");
  problem.sizes = {3};
  problem.x.shape = {0};
  CHECK(error_of(legal(problem, {}, weak)) == "error: axis 0 of x is empty, and y's is not [InvalidShape]");
}

TEST_CASE("move: an epilogue casts and scales, and its names are its own") {
  test::Given given;
  given.inputs["x"] = counting(Scalar::U8, {2, 3});
  given.inputs["bias"] = HostTensor::of(Scalar::F32, {2}, {100, 200});
  TransposeProblem problem;
  problem.x = {Scalar::U8, {2, 3}};
  Expression& e = problem.epilogue;
  const Expr value = cast(e.primary(Scalar::U8), Scalar::F32);
  e.output("y", value * 0.5f + e.input("bias", {Scalar::F32, {2}}));
  const std::vector<double> expected = {100, 201.5, 100.5, 202, 101, 202.5};
  CHECK(run([&](const Target& target) { return transpose(problem, target); }, given) == expected);
  CHECK(run(
            [&](const Target& target) {
              return transpose(problem, {8, 1, 1, 4}, target);
            },
            given) == expected);
  problem.epilogue = {};
  problem.epilogue.output("x", problem.epilogue.primary(Scalar::U8));
  CHECK(error_of(legal(problem, {}, test::weak_target())) ==
        "error: an operand of the epilogue is called x, as one of the kernel's own is [InvalidOperand]");
}

TEST_CASE("transpose: tiles that cannot be are refused") {
  const Target weak = test::weak_target();
  TransposeProblem problem;
  problem.x = {Scalar::F32, {8, 8}};
  CHECK(legal(problem, {64, 1, 1, 16}, weak).ok());
  CHECK(
      error_of(legal(problem, {64, 1, 1, 24}, weak)) ==
      "error: the workgroup is 64, and has to be 1 row or more of a tile of 24, whose rows are a multiple of "
      "those [IllegalSchedule]");
  problem.x.scalar = Scalar::F64;
  CHECK(error_of(legal(problem, {64, 1, 1, 64}, weak)) ==
        "error: a tile takes 33280 bytes, and maxComputeSharedMemorySize is 16384 [IllegalSchedule]");
  problem.permutation = {0, 1};
  CHECK(error_of(legal(problem, {64, 1, 1, 16}, weak)) ==
        "error: there is nothing to tile: the axis that lies in a row stays the last [IllegalSchedule]");
  problem.permutation = {0, 0};
  CHECK(error_of(legal(problem, {}, weak)) == "error: axis 0 is given twice [InvalidShape]");
}

TEST_CASE("device, move: more than 65,535 workgroups, and none") {
  for (const std::int64_t n : {70001, 0}) {
    test::Given given;
    given.inputs["x"] = counting(Scalar::I32, {n});
    given.sizes.push_back({"n", n});
    ReverseProblem problem;
    problem.x = {Scalar::I32, {Dimension::parameter("n")}};
    const auto make = [&](const Target& target) { return reverse(problem, {1, 1, 1}, target); };
    for (const test::Place place : {test::Place::InterpreterWeak, test::Place::Device}) {
      const test::Tensors found = test::run_at(place, make, given);
      if (found.empty()) continue;
      std::size_t wrong = 0;
      for (std::int64_t i = 0; i < n; ++i)
        wrong += found.at("y")[static_cast<std::size_t>(i)] != static_cast<double>(n - 1 - i);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("move: default schedules are legal on every kind of device") {
  for (const bool strong : {false, true})
    for (const DeviceKind kind : {DeviceKind::Gpu, DeviceKind::Llvmpipe, DeviceKind::SwiftShader})
      for (const Scalar scalar : {Scalar::U8, Scalar::F16, Scalar::F32, Scalar::I64, Scalar::F64}) {
        Target target = strong ? test::strong_target() : test::weak_target();
        target.kind = kind;
        target.max_loop_iterations = kind == DeviceKind::Llvmpipe ? 65535 : 0;
        TransposeProblem turned;
        turned.x = {scalar, {Dimension::parameter("n"), 100, 70}};
        turned.permutation = {0, 2, 1};
        const TransposeSchedule schedule = default_schedule(turned, target);
        CHECK(legal(turned, schedule, target).ok());
        CHECK((schedule.tile != 0) == (kind == DeviceKind::Gpu));
        GatherProblem gathered;
        gathered.data = {scalar, {100, 70}};
        gathered.indices = {Scalar::I64, {9}};
        CHECK(legal(gathered, default_schedule(gathered, target), target).ok());
        ScatterNDProblem scattered;
        scattered.data = {scalar, {100, 70}};
        scattered.indices = {Scalar::I64, {Dimension::parameter("n"), 1}};
        scattered.updates = {scalar, {Dimension::parameter("n"), 70}};
        CHECK(legal(scattered, default_schedule(scattered, target), target).ok());
        ResizeProblem larger;
        larger.x = {scalar, {2, 3, 40, 50}};
        larger.axes = {2, 3};
        larger.sizes = {80, 75};
        CHECK(legal(larger, default_schedule(larger, target), target).ok());
      }
}
