// Concat and split: random parts and schedules, empty parts, many parts, and refusals.
#include "move_reference.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::Coordinates;
using test::HostTensor;

namespace {

// Shapes that differ along an axis only; some of the sizes there are 0 or of run time.
struct RandomParts {
  RandomParts(test::Random& random, test::Given& given) {
    const std::size_t rank = 1 + random.below(3), count = 1 + random.below(6);
    axis = random.below(rank);
    whole = test::any_shape(random, rank);
    test::Sizes sizes(random, given);
    dims = sizes.shape("n", whole);
    whole[axis] = 0;
    for (std::size_t n = 0; n < count; ++n) {
      const std::int64_t size = random.one_in(5) ? 0 : test::between(random, 1, 9);
      starts.push_back(whole[axis]);
      lengths.push_back(size);
      Dimension d = sizes.dimension("p" + std::to_string(n), size);
      part_dims.push_back(d);
      whole[axis] += size;
    }
    schedule.workgroup = 1u << random.below(8);
    schedule.width = 1 + static_cast<std::uint32_t>(random.below(4));
    schedule.items = 1 + static_cast<std::uint32_t>(random.below(2));
    schedule.parts = 1 + static_cast<std::uint32_t>(random.below(count < 3 ? count : 3));
  }
  Coordinates shape_of(std::size_t n) const {
    Coordinates shape = whole;
    shape[axis] = lengths[n];
    return shape;
  }
  Coordinates place_of(std::size_t n, Coordinates at) const {
    at[axis] += starts[n];
    return at;
  }

  std::size_t axis = 0;
  Coordinates whole, starts, lengths;
  Shape dims;
  std::vector<Dimension> part_dims;
  ConcatSchedule schedule;
};

void random_concats(test::Place place, int count) {
  const std::uint64_t seed = test::seed_of_run();
  for (int n = 0; n < count; ++n) {
    CAPTURE(n);
    test::Random random(seed + static_cast<std::uint64_t>(n));
    test::Given given;
    const Scalar scalar = test::any_scalar(random);
    const RandomParts parts(random, given);
    std::vector<TensorType> types;
    HostTensor expected(scalar, parts.whole);
    for (std::size_t p = 0; p < parts.lengths.size(); ++p) {
      Shape shape = parts.dims;
      shape[parts.axis] = parts.part_dims[p];
      types.push_back({scalar, shape});
      const Coordinates own = parts.shape_of(p);
      const HostTensor x = given.inputs["x" + std::to_string(p)] = test::random_bits(scalar, own, random);
      for (std::int64_t i = 0; i < test::count_of(own); ++i) {
        const Coordinates at = parts.place_of(p, test::coordinates_of(i, own));
        expected.set_bits(static_cast<std::size_t>(test::linear(at, parts.whole)),
                          x.bits(static_cast<std::size_t>(i)));
      }
    }
    ConcatProblem problem;
    problem.parts = types;
    problem.axis = static_cast<std::int64_t>(parts.axis);
    const test::Tensors found =
        test::run_at(place, [&](const Target& target) { return concat(problem, parts.schedule, target); },
                     given, {4u << random.below(5), random.next()});
    if (found.empty()) return;
    CHECK(test::bit_difference(expected, found.at("y")) == "");
  }
}

void random_splits(test::Place place, int count) {
  const std::uint64_t seed = test::seed_of_run();
  for (int n = 0; n < count; ++n) {
    CAPTURE(n);
    test::Random random(seed + static_cast<std::uint64_t>(n));
    test::Given given;
    const Scalar scalar = test::any_scalar(random);
    const RandomParts parts(random, given);
    const HostTensor x = given.inputs["x"] = test::random_bits(scalar, parts.whole, random);
    SplitProblem problem;
    problem.x = {scalar, parts.dims};
    problem.x.shape[parts.axis] = Dimension::parameter("whole");
    given.sizes.push_back({"whole", parts.whole[parts.axis]});
    problem.axis = static_cast<std::int64_t>(parts.axis);
    problem.sizes = parts.part_dims;
    const test::Tensors found =
        test::run_at(place, [&](const Target& target) { return split(problem, parts.schedule, target); },
                     given, {4u << random.below(5), random.next()});
    if (found.empty()) return;
    for (std::size_t p = 0; p < parts.lengths.size(); ++p) {
      CAPTURE(p);
      const HostTensor expected =
          test::moved(x, parts.shape_of(p), [&](const Coordinates& at) { return parts.place_of(p, at); });
      CHECK(test::bit_difference(expected, found.at("y" + std::to_string(p))) == "");
    }
  }
}

}  // namespace

TEST_CASE("concat: random parts in the interpreter") {
  random_concats(test::Place::Interpreter, test::cases(40));
  random_concats(test::Place::InterpreterWeak, test::cases(20));
}
TEST_CASE("split: random parts in the interpreter") {
  random_splits(test::Place::Interpreter, test::cases(40));
  random_splits(test::Place::InterpreterWeak, test::cases(20));
}
TEST_CASE("device, concat and split: random parts") {
  random_concats(test::Place::Device, test::cases(10));
  random_splits(test::Place::Device, test::cases(10));
}
TEST_CASE("device, concat and split: random parts, Vulkan 1.0") {
  random_concats(test::Place::DeviceWeak, test::cases(6));
  random_splits(test::Place::DeviceWeak, test::cases(6));
}

TEST_CASE("concat: twenty parts on a device with four storage buffers are several dispatches") {
  test::Random random(3);
  test::Given given;
  std::vector<TensorType> types(20, {Scalar::F32, {2, 3}});
  HostTensor expected(Scalar::F32, {40, 3});
  for (std::size_t p = 0; p < types.size(); ++p) {
    const HostTensor x = given.inputs["x" + std::to_string(p)] =
        test::random_bits(Scalar::F32, {2, 3}, random);
    std::memcpy(expected.bytes().data() + p * x.bytes().size(), x.bytes().data(), x.bytes().size());
  }
  ConcatProblem problem;
  problem.parts = types;
  std::size_t steps = 0;
  const test::Tensors found = test::run_at(
      test::Place::InterpreterWeak,
      [&](const Target& target) {
        Result<Operation> made = concat(problem, target);
        if (made.ok()) steps = made->steps().size();
        return made;
      },
      given);
  CHECK(steps == 7);
  CHECK(test::bit_difference(expected, found.at("y")) == "");
}

TEST_CASE("concat, split: what is refused says why") {
  const Target weak = test::weak_target();
  const TensorType parts[] = {{Scalar::F32, {2, 3}}, {Scalar::F32, {4, 3}}, {Scalar::I32, {2, 3}}};
  const auto error = [](const Result<void>& r) { return test::message_of(r.error()); };
  ConcatProblem problem;
  problem.parts = Span<const TensorType>(parts, 2);
  problem.axis = 1;
  CHECK(error(legal(problem, {}, weak)) ==
        "error: x1 has the shape [4, 3] and x0 [2, 3]; they may only differ along axis 1 [InvalidShape]");
  problem.axis = 2;
  CHECK(error(legal(problem, {}, weak)) == "error: the axis 2 is not one of 2 [InvalidShape]");
  problem.axis = -2;
  CHECK(legal(problem, {}, weak).ok());
  problem.parts = parts;
  CHECK(error(legal(problem, {}, weak)) == "error: x2 is of another type than x0: i32 and f32 [WrongType]");
  const TensorType five[5] = {parts[0], parts[0], parts[0], parts[0], parts[0]};
  problem.parts = five;
  CHECK(error(legal(problem, {64, 1, 1, 4}, weak)) == "error: the kernel binds 5 storage buffers, and the "
                                                      "device has 4 (maxPerStageDescriptorStorageBuffers); "
                                                      "fuse less into it [LimitExceeded]");
  const Dimension sizes[] = {2, 3};
  SplitProblem cut;
  cut.x = {Scalar::F32, {6, 3}};
  cut.sizes = sizes;
  CHECK(error(legal(cut, {}, weak)) ==
        "error: the parts have 5 elements along axis 0, and x has 6 [InvalidShape]");
}
