// Prologues that read something else in place of the operand: the sum of each channel of a picture, and its convolution.
#include "run_operation.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::HostTensor;

namespace {

HostTensor whole_numbers(std::vector<std::int64_t> shape, test::Random& random) {
  HostTensor t = HostTensor::random(Scalar::F32, std::move(shape), random, -8, 8);
  for (std::size_t i = 0; i < t.size(); ++i) t.set(i, std::floor(t[i]));  // exact in any order
  return t;
}

void channel_sums(test::Place place) {
  test::Random random(3);
  test::Given given;
  given.inputs["picture"] = whole_numbers({6, 5, 4}, random);
  const auto make = [](const Target& target) {
    ReduceProblem problem;
    problem.x = {Scalar::F32, {6, 5, 4}};
    problem.axes = {0, 1};
    problem.keepdims = false;
    Expression& e = problem.prologue;
    e.output("channel", e.input("picture", {Scalar::F32, {6, 5, 4}, {}, Storage::SampledImage}));
    Result<Operation> made = reduce(problem, target);
    if (made.ok()) CHECK(made->find("x") == Operation::npos);  // only its shape is of use
    return made;
  };
  const test::Tensors found = test::run_at(place, make, given);
  if (found.empty()) return;
  HostTensor sums(Scalar::F32, {4});
  for (std::size_t i = 0; i < given.inputs["picture"].size(); ++i)
    sums.set(i % 4, sums[i % 4] + given.inputs["picture"][i]);
  CHECK(test::difference(sums, found.at("y")) == "");
}

bool binds(const Operation& operation, Text name) { return operation.find(name) != Operation::npos; }

// A 3 x 3 convolution with padding, of a picture of three channels, or of one with layers in front.
void convolve(test::Place place, const ConvolutionSchedule& schedule, bool layers) {
  CAPTURE(static_cast<int>(schedule.method));
  CAPTURE(layers);
  constexpr std::int64_t height = 7, width = 9, outputs = 4;
  test::Random random(4);
  test::Given given;
  std::vector<std::int64_t> texels = {height, width, 4};
  if (layers) texels.insert(texels.begin(), 1);
  const HostTensor picture = given.inputs["picture"] = whole_numbers(texels, random);
  const HostTensor w = given.inputs["w"] = whole_numbers({outputs, 3, 3, 3}, random);
  const auto make = [&](const Target& target) {
    ConvolutionProblem problem;
    problem.x = {Scalar::F32, {1, 3, height, width}};
    problem.w = {Scalar::F32, {outputs, 3, 3, 3}};
    for (int i = 0; i < 2; ++i) problem.axes[i].pad_begin = problem.axes[i].pad_end = 1;
    Expression& e = problem.x_prologue;
    TensorType image{Scalar::F32, {3, height, width}, {}, Storage::SampledImage};
    image.channel_axis = 0;
    if (layers) {
      image.shape = problem.x.shape;
      image.channel_axis = 1;
    }
    e.output("component", e.input("picture", image) * 2);
    Result<Operation> made = convolution(problem, schedule, target);
    if (made.ok()) CHECK(!binds(*made, "x"));  // only its shape is of use
    if (made.ok()) CHECK(binds(*made, "w"));
    return made;
  };
  const test::Tensors found = test::run_at(place, make, given);
  if (found.empty()) return;
  HostTensor y(Scalar::F32, {1, outputs, height, width});
  for (std::int64_t m = 0; m < outputs; ++m)
    for (std::int64_t i = 0; i < height; ++i)
      for (std::int64_t j = 0; j < width; ++j) {
        double sum = 0;
        for (std::int64_t c = 0; c < 3; ++c)
          for (std::int64_t tap = 0; tap < 9; ++tap) {
            const std::int64_t row = i + tap / 3 - 1, column = j + tap % 3 - 1;
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            sum += 2 * picture[static_cast<std::size_t>((row * width + column) * 4 + c)] *
                   w[static_cast<std::size_t>((m * 3 + c) * 9 + tap)];
          }
        y.set(static_cast<std::size_t>((m * height + i) * width + j), sum);
      }
  CHECK(test::difference(y, found.at("y")) == "");
}

void convolve_all(test::Place place, bool layers) {
  ConvolutionSchedule s;
  convolve(place, s, layers);
  s.pixels = 2;
  s.unroll = 2;
  convolve(place, s, layers);
  s.method = ConvolutionMethod::ImplicitMatmul;
  s.product.block_n = 32;
  for (const bool shared : {false, true})
    for (const bool packed : {false, true}) {
      s.product.share_a = s.product.share_b = shared;
      s.product.pack_b = packed;
      for (const bool copied : {false, true}) {
        s.copy_padded = copied;
        convolve(place, s, layers);
      }
    }
  s = {};
  // Transforms are exact here: whole numbers, and halves of them.
  s.method = ConvolutionMethod::Winograd2x2;
  convolve(place, s, layers);
}

// Operands that are made, and not read: rows of a table in place of w and of a matrix product's operands.
void operands_of_prologues(test::Place place, bool packed) {
  CAPTURE(packed);
  test::Random random(5);
  test::Given given;
  const HostTensor table = given.inputs["table"] = whole_numbers({6}, random);
  const HostTensor b = given.inputs["b"] = given.inputs["x"] = whole_numbers({6, 5}, random);
  HostTensor expected(Scalar::F32, {3, 5});
  for (std::size_t m = 0; m < 3; ++m)
    for (std::size_t n = 0; n < 5; ++n) {
      double sum = 0;
      for (std::size_t k = 0; k < 6; ++k) sum += (table[k] + static_cast<double>(m)) * b[k * 5 + n];
      expected.set(m * 5 + n, sum);
    }
  const auto row_plus_table = [](Expression& e, Shape shape) {
    e.output("made", e.input("table", {Scalar::F32, shape}) + cast(e.coordinate(0), Scalar::F32));
  };
  const auto product = [&](const Target& target) {
    MatmulProblem problem;
    problem.m = 3;
    problem.n = 5;
    problem.k = 6;
    row_plus_table(problem.a.prologue, {6});
    MatmulSchedule s;
    s.pack_a = packed;
    Result<Operation> made = matmul(problem, s, target);
    if (made.ok()) CHECK(!binds(*made, "a"));
    return made;
  };
  test::Given of_product = given;
  of_product.inputs.erase("x");
  test::Tensors found = test::run_at(place, product, of_product);
  if (!found.empty()) CHECK(test::difference(expected, found.at("c")) == "");
  for (const ConvolutionMethod method : {ConvolutionMethod::Direct, ConvolutionMethod::ImplicitMatmul}) {
    const auto pointwise = [&](const Target& target) {
      ConvolutionProblem problem;
      problem.x = {Scalar::F32, {1, 6, 5}};
      problem.w = {Scalar::F32, {3, 6, 1}};
      row_plus_table(problem.w_prologue, {6, 1});
      ConvolutionSchedule s;
      s.method = method;
      s.channels = 1;
      s.product.pack_a = packed;
      Result<Operation> made = convolution(problem, s, target);
      if (made.ok()) CHECK(!binds(*made, "w"));
      return made;
    };
    test::Given of_convolution = given;
    of_convolution.inputs.erase("b");
    found = test::run_at(place, pointwise, of_convolution);
    if (!found.empty()) CHECK(test::difference(expected, found.at("y")) == "");
  }
}

}  // namespace

TEST_CASE("convolution: a prologue that reads an image") {
  for (const bool layers : {false, true}) convolve_all(test::Place::Interpreter, layers);
}
TEST_CASE("device, convolution: a prologue that reads an image") { convolve_all(test::Place::Device, false); }
TEST_CASE("convolution, matmul: prologues that do without the operand") {
  for (const bool packed : {false, true}) operands_of_prologues(test::Place::Interpreter, packed);
}
TEST_CASE("device, convolution, matmul: prologues that do without the operand") {
  for (const bool packed : {false, true}) operands_of_prologues(test::Place::Device, packed);
}
TEST_CASE("reduce: a prologue that reads an image") { channel_sums(test::Place::Interpreter); }
TEST_CASE("device, reduce: a prologue that reads an image") { channel_sums(test::Place::Device); }
