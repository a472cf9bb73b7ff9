// Elementwise kernels: shapes, strides, types, images, schedules and their refusals. What each function computes is
// functions_test.cpp's.
#include "run_operation.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;

namespace {

// Index of the element that a broadcast input has at a place of the output.
std::size_t broadcast_index(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& output,
                            std::size_t linear) {
  std::size_t index = 0, stride = 1;
  for (std::size_t i = output.size(); i-- > 0;) {
    const std::size_t coordinate = linear % static_cast<std::size_t>(output[i]);
    linear /= static_cast<std::size_t>(output[i]);
    if (i + shape.size() < output.size()) continue;
    const std::size_t size = static_cast<std::size_t>(shape[i + shape.size() - output.size()]);
    if (size != 1) index += coordinate * stride;
    stride *= size;
  }
  return index;
}

// z = x * 2 + y with random shapes that broadcast, some of the sizes of run time, at a place.
void random_broadcasts(test::Place place, int count) {
  const std::uint64_t seed = test::seed_of_run();
  for (int n = 0; n < test::cases(count); ++n) {
    CAPTURE(n);
    test::Random random(seed + static_cast<std::uint64_t>(n));
    const std::size_t rank = 1 + random.below(5);
    std::vector<std::int64_t> output, x_shape, y_shape;
    test::Given given;
    Shape x_type, y_type;
    for (std::size_t i = 0; i < rank; ++i) {
      const std::int64_t size = 1 + static_cast<std::int64_t>(random.below(i + 1 == rank ? 40 : 5));
      output.push_back(size);
      Dimension d(size);
      if (random.one_in(3)) {
        const std::string name = "d" + std::to_string(i);
        d = Dimension::parameter(Text(name.c_str()));
        given.sizes.push_back({name, size});
      }
      const bool x_one = random.one_in(4), y_one = !x_one && random.one_in(4);
      x_shape.push_back(x_one ? 1 : size);
      x_type.push_back(x_one ? Dimension(1) : d);
      const bool leaves_out = y_shape.empty() && random.one_in(4);
      if (!leaves_out) {
        y_shape.push_back(y_one ? 1 : size);
        y_type.push_back(y_one ? Dimension(1) : d);
      } else if (x_one) {
        output.back() = 1;
      }
    }
    given.inputs["x"] = HostTensor::random(Scalar::F32, x_shape, random, -8, 8);
    given.inputs["y"] = HostTensor::random(Scalar::F32, y_shape, random, -8, 8);
    ElementwiseSchedule schedule;
    schedule.workgroup = 1u << random.below(8);
    schedule.width = 1 + static_cast<std::uint32_t>(random.below(4));
    schedule.items = 1 + static_cast<std::uint32_t>(random.below(3));
    const auto make = [&](const Target& target) {
      ElementwiseProblem problem;
      Expression& e = problem.expression;
      const Expr x = e.input("x", {Scalar::F32, x_type}), y = e.input("y", {Scalar::F32, y_type});
      e.output("z", x * 2 + y);
      return elementwise(problem, schedule, target);
    };
    const test::Tensors found = test::run_at(place, make, given, {4u << random.below(5), random.next()});
    if (found.empty()) return;
    HostTensor z(Scalar::F32, output);
    for (std::size_t i = 0; i < z.size(); ++i)
      z.set(i, given.inputs["x"][broadcast_index(x_shape, output, i)] * 2 +
                   given.inputs["y"][broadcast_index(y_shape, output, i)]);
    // One rounding, of the sum: the product by 2 is exact.
    CHECK(test::difference(z, found.at("z")) == "");
  }
}

Result<Operation> add_images(const Target& target, std::int64_t channels, std::uint32_t width) {
  ElementwiseProblem problem;
  Expression& e = problem.expression;
  const Expr x = e.input("x", {Scalar::F32, {6, 5, channels}, {}, Storage::SampledImage});
  const Expr y = e.input("y", {Scalar::F32, {6, 5, 1}});
  TensorType image;
  image.storage = Storage::StorageImage;
  image.format = kernel::TexelFormat::Rgba32f;
  e.output("z", x + y, image);
  return elementwise(problem, {32, width, 1}, target);
}

std::string error_of(const Result<void>& result) { return test::message_of(result.error()); }

}  // namespace

TEST_CASE("elementwise: a parameter is the same size whatever maximum it is declared with") {
  const Dimension n = Dimension::parameter("n", 100), again = Dimension::parameter("n", 50);
  CHECK(n == again);
  CHECK(!(n == Dimension::parameter("m", 100)));
  CHECK(!(n == Dimension(100)));
  CHECK(!(Dimension(100) == Dimension(50)));
  ElementwiseProblem problem;
  Expression& e = problem.expression;
  e.output("z", e.input("x", {Scalar::F32, {n}}) + e.input("y", {Scalar::F32, {again}}));
  const Result<Operation> operation = elementwise(problem, test::weak_target());
  REQUIRE_MESSAGE(operation.ok(), test::message_of(operation.error()));
  const SizeValue fits[] = {{"n", 50}}, larger[] = {{"n", 51}};
  CHECK(operation->resolve(fits).ok());
  CHECK(operation->resolve(larger).error().code == ErrorCode::LimitExceeded);
}

TEST_CASE("elementwise: shapes of more than eight axes do not broadcast") {
  Shape nine;
  for (int i = 0; i < 9; ++i) nine.push_back(2);
  const Shape shapes[] = {{2}, nine};
  const Result<Shape> all = broadcast(shapes);
  REQUIRE(!all.ok());
  CHECK(all.error().code == ErrorCode::InvalidShape);
  CHECK(test::message_of(all.error()).find("has 9 axes, and eight are the most") != std::string::npos);
}

TEST_CASE("elementwise: random broadcasts in the interpreter") {
  random_broadcasts(test::Place::Interpreter, 60);
}
TEST_CASE("elementwise: random broadcasts in the interpreter, weak target") {
  random_broadcasts(test::Place::InterpreterWeak, 30);
}
TEST_CASE("device, elementwise: random broadcasts") { random_broadcasts(test::Place::Device, 20); }
TEST_CASE("device, elementwise: random broadcasts, Vulkan 1.0") {
  random_broadcasts(test::Place::DeviceWeak, 10);
}

TEST_CASE("elementwise: more than 65,535 workgroups") {
  for (const test::Place place : {test::Place::InterpreterWeak, test::Place::Device}) {
    const std::int64_t n = 70001;
    const auto make = [&](const Target& target) {
      ElementwiseProblem problem;
      Expression& e = problem.expression;
      e.output("z",
               cast(e.coordinate(0), Scalar::F32) + e.input("x", {Scalar::F32, {Dimension::parameter("n")}}));
      return elementwise(problem, {1, 1, 1}, target);
    };
    test::Given given;
    test::Random random(1);
    given.inputs["x"] = HostTensor::random(Scalar::F32, {n}, random, 0, 0);
    given.sizes.push_back({"n", n});
    const test::Tensors found = test::run_at(place, make, given);
    if (found.empty()) continue;
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i)
      wrong += found.at("z")[i] != static_cast<double>(i);
    CHECK(wrong == 0);
  }
}

TEST_CASE("elementwise: images are read and written by texel") {
  for (const test::Place place : {test::Place::Interpreter, test::Place::Device})
    for (const std::int64_t channels : {1, 3, 4}) {
      CAPTURE(channels);
      test::Random random(7);
      test::Given given;
      given.inputs["x"] = HostTensor::random(Scalar::F32, {6, 5, 4}, random, -4, 4);
      given.inputs["y"] = HostTensor::random(Scalar::F32, {30}, random, -4, 4);
      given.inputs["z"] = HostTensor(Scalar::F32, {6, 5, 4});
      const test::Tensors found = test::run_at(
          place,
          [&](const Target& target) {
            return add_images(target, channels, static_cast<std::uint32_t>(channels));
          },
          given);
      if (found.empty()) continue;
      HostTensor z(Scalar::F32, {6, 5, 4});
      for (std::size_t i = 0; i < z.size(); ++i)
        z.set(i, static_cast<std::int64_t>(i % 4) < channels ? given.inputs["x"][i] + given.inputs["y"][i / 4]
                                                             : (i % 4 == 3 ? 1 : 0));
      CHECK(test::difference(z, found.at("z")) == "");
    }
}

TEST_CASE("elementwise: an image of planes, [1, channels, height, width]") {
  for (const test::Place place : {test::Place::Interpreter, test::Place::Device}) {
    test::Random random(8);
    test::Given given;
    given.inputs["x"] = HostTensor::random(Scalar::F32, {6, 5, 4}, random, -4, 4);
    given.inputs["y"] = HostTensor::random(Scalar::F32, {3, 6, 5}, random, -4, 4);
    given.inputs["z"] = HostTensor(Scalar::F32, {6, 5, 4});
    const auto make = [](const Target& target) {
      ElementwiseProblem problem;
      Expression& e = problem.expression;
      TensorType image{Scalar::F32, {3, 6, 5}, {}, Storage::SampledImage};
      image.channel_axis = 0;
      const Expr x = e.input("x", image), y = e.input("y", {Scalar::F32, {1, 3, 6, 5}});
      image.storage = Storage::StorageImage;
      image.format = kernel::TexelFormat::Rgba32f;
      e.output("z", x + y, image);
      e.output("planes", x - y);
      return elementwise(problem, target);
    };
    const test::Tensors found = test::run_at(place, make, given);
    if (found.empty()) continue;
    HostTensor z(Scalar::F32, {6, 5, 4}), planes(Scalar::F32, {3, 6, 5});
    for (std::size_t i = 0; i < 30; ++i)
      for (std::size_t c = 0; c < 4; ++c) {
        const double x = given.inputs["x"][i * 4 + c], y = c < 3 ? given.inputs["y"][c * 30 + i] : 0;
        z.set(i * 4 + c, c < 3 ? x + y : 1);
        if (c < 3) planes.set(c * 30 + i, x - y);
      }
    CHECK(test::difference(z, found.at("z")) == "");
    CHECK(test::difference(planes, found.at("planes")) == "");
  }
}

TEST_CASE("device, elementwise: a stride of run time is given once") {
  for (const test::Place place : {test::Place::Interpreter, test::Place::Device}) {
    const auto make = [](const Target& target) {
      ElementwiseProblem problem;
      Expression& e = problem.expression;
      const Expr x = e.input("x", {Scalar::F32, {3, 7}, {Dimension::parameter("pitch"), 1}});
      e.output("y", x + 1);
      return elementwise(problem, {64, 4, 1}, target);
    };
    test::Given given;
    test::Random random(5);
    given.inputs["x"] = HostTensor::random(Scalar::F32, {3, 11}, random, -8, 8);
    given.sizes.push_back({"pitch", 11});
    const test::Tensors found = test::run_at(place, make, given);
    if (found.empty()) continue;
    HostTensor expected(Scalar::F32, {3, 7});
    for (std::size_t i = 0; i < 21; ++i)
      expected.set(i, static_cast<double>(static_cast<float>(given.inputs["x"][i / 7 * 11 + i % 7]) + 1.0f));
    CHECK(test::difference(expected, found.at("y")) == "");
  }
}

TEST_CASE("elementwise: an empty tensor has no workgroups") {
  ElementwiseProblem problem;
  Expression& e = problem.expression;
  e.output("z", e.input("x", {Scalar::F32, {Dimension::parameter("n"), 3}}) + 1);
  const Result<Operation> made = elementwise(problem, test::weak_target());
  REQUIRE(made.ok());
  const SizeValue none[] = {{"n", 0}};
  const Result<OperationSizes> sizes = made->resolve(none);
  REQUIRE(sizes.ok());
  CHECK(sizes->groups(0).volume() == 0);
  CHECK(sizes->bytes(1) == 0);
  const SizeValue one[] = {{"n", 1}};
  const Result<OperationSizes> three = made->resolve(one);
  REQUIRE(three.ok());
  CHECK(three->value(made->operands()[1].bytes) == 12);
  CHECK(three->bytes(1) == 16);
}

TEST_CASE("elementwise: what is refused says which rule and by how much") {
  const Target weak = test::weak_target();
  ElementwiseProblem problem;
  Expression& e = problem.expression;
  const Expr x = e.input("x", {Scalar::F32, {4, 3}});
  const Expr y = e.input("y", {Scalar::F32, {2, 3}});
  e.output("z", x + y);
  CHECK(
      error_of(legal(problem, {}, weak)) ==
      "error: the shapes [4, 3] [2, 3] do not broadcast: axis 0 has two sizes that are not 1 [InvalidShape]");

  ElementwiseProblem fine;
  fine.expression.output("z", fine.expression.input("x", {Scalar::F32, {4, 3}}) * 3);
  CHECK(error_of(legal(fine, {256, 1, 1}, weak)) ==
        "error: the workgroup is 256, and has to be 1 to 128 (maxComputeWorkGroupInvocations and "
        "maxComputeWorkGroupSize of the target) [IllegalSchedule]");
  CHECK(error_of(legal(fine, {64, 8, 1}, weak)) ==
        "error: width is 8, and has to be 1 to 4 [IllegalSchedule]");
  CHECK(legal(fine, default_schedule(fine, weak), weak).ok());

  ElementwiseProblem negative;
  negative.expression.output("z", negative.expression.input("x", {Scalar::F32, {4, -3}}) * 3);
  CHECK(error_of(legal(negative, {}, weak)) ==
        "error: x has the shape [4, -3], in which a size is negative [InvalidShape]");
  ElementwiseProblem huge;
  huge.expression.output("z", huge.expression.input("x", {Scalar::F32, {1 << 20, 1 << 20}}) * 3);
  CHECK(legal(huge, {}, weak).error().code == ErrorCode::LimitExceeded);

  // 160 MiB; as a literal it is found at once, and of run time when it is known.
  ElementwiseProblem large;
  large.expression.output("z", large.expression.input("x", {Scalar::F32, {40, 1 << 20}}) * 3);
  CHECK(test::message_of(elementwise(large, weak).error())
            .find("x has 167772160 bytes, and maxStorageBufferRange is 134217728") != std::string::npos);
  ElementwiseProblem later;
  later.expression.output(
      "z", later.expression.input("x", {Scalar::F32, {Dimension::parameter("n"), 1 << 20}}) * 3);
  const Result<Operation> made = elementwise(later, weak);
  REQUIRE(made.ok());
  const SizeValue forty[] = {{"n", 40}};
  CHECK(made->resolve(forty).error().code == ErrorCode::LimitExceeded);
  const SizeValue negative_size[] = {{"n", -1}};
  CHECK(made->resolve(negative_size).error().code == ErrorCode::InvalidShape);
  CHECK(made->resolve().error().code == ErrorCode::MissingBinding);
  const SizeValue others[] = {{"N", 40}, {"m", 2}};
  CHECK(std::string(made->resolve(others).error().message) == "the size n was not given; given are N, m");
  ElementwiseProblem longer;
  longer.expression.output(
      "z",
      longer.expression.input("x", {Scalar::F32, {Dimension::parameter("a_name_of_24_characters_")}}) * 3);
  const Result<Operation> cut = elementwise(longer, weak);
  CHECK(cut.error().code == ErrorCode::InvalidShape);
  CHECK(std::string(cut.error().message).find("a name of more than 23 characters") != std::string::npos);

  const Result<Operation> texels = add_images(weak, 3, 2);
  CHECK(texels.error().code == ErrorCode::IllegalSchedule);
  CHECK(texels.error().where.line != 0);

  ElementwiseProblem many;
  Expr sum = many.expression.input("x0", {Scalar::F32, {8}});
  for (int i = 1; i < 6; ++i) {
    const std::string name = "x" + std::to_string(i);
    sum = sum + many.expression.input(Text(name.c_str()), {Scalar::F32, {8}});
  }
  many.expression.output("z", sum);
  const Result<Operation> refused = elementwise(many, weak);
  CHECK(refused.error().code == ErrorCode::LimitExceeded);
  CHECK(test::message_of(refused.error()).find("binds 7 storage buffers, and the device has 4") !=
        std::string::npos);
}
