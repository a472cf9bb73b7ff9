// Convolution by the direct method: random problems and schedules, ONNX's attributes by name, refusals.
#include "convolution_reference.hpp"

using namespace airstrip;
using namespace airstrip::tensor;
using test::ConvolutionCase;
using test::HostTensor;
using test::Place;

namespace {

ConvolutionSchedule random_schedule(const ConvolutionCase& c, test::Random& random) {
  ConvolutionSchedule s;
  s.workgroup = 1u << random.below(8);
  s.pixels = 1 + static_cast<std::uint32_t>(random.below(5));
  s.channels = 1 + static_cast<std::uint32_t>(random.below(4));
  s.depth = 1 + static_cast<std::uint32_t>(random.below(3));
  const std::int64_t most = c.outputs / c.groups;
  if (s.channels > most) s.channels = static_cast<std::uint32_t>(most);
  s.unroll = c.kernel_run_time ? 0 : static_cast<std::uint32_t>(random.below(c.spatial() + 1));
  return s;
}

void check(Place place, const ConvolutionCase& c, const test::Given& given,
           const ConvolutionSchedule* schedule, test::InterpretSettings settings = {}) {
  INFO(test::describe(c));
  const auto make = [&](const Target& target) {
    const ConvolutionProblem problem = test::problem_of(c);
    return schedule ? convolution(problem, *schedule, target) : convolution(problem, target);
  };
  const test::Tensors found = test::run_at(place, make, given, settings);
  if (found.empty()) return;
  const test::ConvolutionReference ref = test::reference_of(c, given);
  CHECK(test::difference(ref, found.at("y")) == "");
}

void check(Place place, const ConvolutionCase& c, const ConvolutionSchedule* schedule = nullptr) {
  test::Random random(7);
  test::Given given;
  test::problem_of(c, &given);
  test::fill(c, given, random);
  check(place, c, given, schedule);
}

void random_cases(Place place, int count) {
  const std::uint64_t seed = test::seed_of_run();
  for (int n = 0; n < count; ++n) {
    CAPTURE(n);
    test::Random random(seed + static_cast<std::uint64_t>(n));
    const bool weak = place == Place::InterpreterWeak || place == Place::DeviceWeak;
    ConvolutionCase c = test::random_convolution(random, weak);
    c.kernel_run_time = random.one_in(5);
    const ConvolutionSchedule schedule = random_schedule(c, random);
    test::Given given;
    test::problem_of(c, &given);
    test::fill(c, given, random);
    const bool by_default = random.one_in(4);
    check(place, c, given, by_default ? nullptr : &schedule, {4u << random.below(5), random.next()});
  }
}

// A convolution of two spatial axes, in the order in which ONNX lists the attributes.
ConvolutionCase plane(std::int64_t channels, std::int64_t outputs, std::vector<std::int64_t> in,
                      std::vector<std::int64_t> kernel, std::vector<ConvolutionAxis> axes) {
  ConvolutionCase c;
  c.channels = channels;
  c.outputs = outputs;
  c.in = std::move(in);
  c.kernel = std::move(kernel);
  c.axes = std::move(axes);
  return c;
}

std::string error_of(const Result<void>& result) {
  return result.ok() ? "" : test::message_of(result.error());
}

}  // namespace

TEST_CASE("convolution: random problems in the interpreter") {
  random_cases(Place::Interpreter, test::cases(60));
}
TEST_CASE("convolution: random problems in the interpreter, weak target") {
  random_cases(Place::InterpreterWeak, test::cases(30));
}
TEST_CASE("device, convolution: random problems") { random_cases(Place::Device, test::cases(25)); }
TEST_CASE("device, convolution: random problems, Vulkan 1.0") {
  random_cases(Place::DeviceWeak, test::cases(10));
}

TEST_CASE("convolution: ONNX's attributes, one by one") {
  const ConvolutionAxis same{.pad_begin = 1, .pad_end = 1};
  for (const Place place : {Place::InterpreterWeak, Place::Device}) {
    SUBCASE("asymmetric pads") {
      check(place, plane(2, 3, {7, 5}, {3, 3}, {{.pad_begin = 1}, {.pad_begin = 1, .pad_end = 2}}));
    }
    SUBCASE("pads larger than the kernel") {
      check(place,
            plane(2, 2, {3, 4}, {2, 3}, {{.pad_begin = 4, .pad_end = 3}, {.pad_begin = 3, .pad_end = 5}}));
    }
    SUBCASE("dilation and stride together") {
      check(place, plane(3, 4, {11, 12}, {3, 2},
                         {{.stride = 2, .dilation = 2, .pad_begin = 2, .pad_end = 1},
                          {.stride = 3, .dilation = 4}}));
    }
    SUBCASE("the last window does not fit") {
      check(place, plane(1, 1, {8, 9}, {3, 3}, {{.stride = 4}, {.stride = 4}}));
    }
    SUBCASE("groups of channels") {
      ConvolutionCase c = plane(6, 9, {5, 5}, {3, 3}, {same, same});
      c.groups = 3;
      check(place, c);
    }
    SUBCASE("depthwise with a multiplier") {
      ConvolutionCase c = plane(4, 8, {6, 9}, {3, 3}, {same, same});
      c.groups = 4;
      check(place, c);
    }
    SUBCASE("1x1") { check(place, plane(7, 9, {5, 6}, {1, 1}, {{}, {}})); }
    SUBCASE("a kernel as large as the input") { check(place, plane(3, 2, {4, 5}, {4, 5}, {{}, {}})); }
    SUBCASE("ConvInteger with zero points") {
      ConvolutionCase c = plane(3, 4, {6, 6}, {3, 3}, {same, same});
      c.scalar = Scalar::U8;
      c.w_scalar = Scalar::I8;
      c.x_prologue = c.w_prologue = true;
      check(place, c);
    }
    SUBCASE("transposed, stride and output_padding") {
      ConvolutionCase c = plane(3, 4, {4, 5}, {3, 3},
                                {{.stride = 2, .pad_begin = 1, .pad_end = 1, .output_padding = 1},
                                 {.stride = 3, .output_padding = 2}});
      c.transposed = true;
      check(place, c);
    }
    SUBCASE("transposed, dilation that shares a divisor with the stride") {
      ConvolutionCase c =
          plane(2, 2, {5, 4}, {3, 4}, {{.stride = 4, .dilation = 2}, {.stride = 3, .dilation = 6}});
      c.transposed = true;
      check(place, c);
    }
    SUBCASE("transposed, groups, pads larger than the kernel's reach") {
      ConvolutionCase c =
          plane(4, 6, {6, 6}, {2, 2},
                {{.stride = 2, .pad_begin = 3, .pad_end = 4}, {.pad_begin = 2, .pad_end = 1}});
      c.groups = 2;
      c.transposed = true;
      check(place, c);
    }
    SUBCASE("transposed, a kernel shorter than the stride") {
      ConvolutionCase c = plane(2, 3, {4, 4}, {1, 2}, {{.stride = 3}, {.stride = 3, .pad_begin = 1}});
      c.transposed = true;
      check(place, c);
    }
  }
}

TEST_CASE("convolution: auto_pad") {
  const auto pads = [](std::int64_t in, std::int64_t kernel, ConvolutionAxis axis, AutoPad mode) {
    ConvolutionProblem p;
    p.x.shape = {1, 1, in};
    p.w.shape = {1, 1, kernel};
    p.axes[0] = axis;
    CHECK(set_auto_pad(p, mode).ok());
    return std::vector<std::int64_t>{p.axes[0].pad_begin, p.axes[0].pad_end};
  };
  using Pads = std::vector<std::int64_t>;
  CHECK(pads(5, 4, {}, AutoPad::SameUpper) == Pads{1, 2});
  CHECK(pads(5, 4, {}, AutoPad::SameLower) == Pads{2, 1});
  CHECK(pads(5, 4, {.pad_begin = 9, .pad_end = 9}, AutoPad::Valid) == Pads{0, 0});
  // ceil(5 / 2) = 3 outputs reach over 2 * 2 + 3 elements.
  CHECK(pads(5, 3, {.stride = 2}, AutoPad::SameLower) == Pads{1, 1});
  CHECK(pads(6, 3, {.stride = 2}, AutoPad::SameLower) == Pads{1, 0});
  CHECK(pads(6, 3, {.stride = 2}, AutoPad::SameUpper) == Pads{0, 1});
  CHECK(pads(6, 2, {.dilation = 3}, AutoPad::SameUpper) == Pads{1, 2});
  // A window that strides over what it leaves out needs none.
  CHECK(pads(9, 1, {.stride = 3}, AutoPad::SameUpper) == Pads{0, 0});

  // ONNX's convtranspose_autopad_same: stride 2, kernel 3, 3 x 3 to 6 x 6.
  ConvolutionProblem t;
  t.transposed = true;
  t.x.shape = {1, 1, 3, 3};
  t.w.shape = {1, 2, 3, 3};
  t.axes[0].stride = t.axes[1].stride = 2;
  CHECK(set_auto_pad(t, AutoPad::SameUpper).ok());
  CHECK(t.axes[0].pad_begin == 0);
  CHECK(t.axes[0].pad_end == 1);
  // A kernel smaller than the stride: stride * in outputs take output padding.
  for (const AutoPad mode : {AutoPad::SameUpper, AutoPad::SameLower}) {
    ConvolutionProblem u;
    u.transposed = true;
    u.x.shape = {1, 1, 4};
    u.w.shape = {1, 1, 1};
    u.axes[0].stride = 3;
    for (int twice = 0; twice < 2; ++twice) {
      CHECK(set_auto_pad(u, mode).ok());
      CHECK(u.axes[0].pad_begin == 0);
      CHECK(u.axes[0].pad_end == 0);
      CHECK(u.axes[0].output_padding == 2);
    }
    const Result<Operation> made = convolution(u, test::weak_target());
    REQUIRE(made.ok());
    const Result<OperationSizes> resolved = made->resolve({});
    REQUIRE(resolved.ok());
    CHECK(resolved->bytes(made->find("y")) == 12 * 4);
  }
  // ONNX's convtranspose_output_shape: strides 3 and 2, to 10 x 8, one more than the kernel reaches.
  t.axes[0] = {.stride = 3};
  t.axes[1] = {.stride = 2};
  const std::int64_t sizes[] = {10, 8};
  CHECK(set_output_sizes(t, sizes).ok());
  CHECK(t.axes[0].output_padding == 1);
  CHECK(t.axes[1].output_padding == 1);
  const std::int64_t smaller[] = {6, 4};
  t.axes[0] = {.stride = 3};
  t.axes[1] = {.stride = 2};
  CHECK(set_output_sizes(t, smaller).ok());
  CHECK(t.axes[0].pad_begin == 2);
  CHECK(t.axes[0].pad_end == 1);

  ConvolutionProblem p;
  p.x.shape = {1, 1, Dimension::parameter("l")};
  p.w.shape = {1, 1, 3};
  CHECK(set_auto_pad(p, AutoPad::SameUpper).ok());
  p.axes[0].stride = 2;
  CHECK(error_of(set_auto_pad(p, AutoPad::SameUpper)) ==
        "error: the padding of spatial axis 0 follows from the size of x, which is a parameter; state "
        "pad_begin "
        "and pad_end [InvalidShape]");
}

TEST_CASE("convolution: sizes of run time that turn out empty") {
  const auto groups = [](std::int64_t batch, std::int64_t length) {
    ConvolutionProblem p;
    p.x.shape = {Dimension::parameter("n"), 2, Dimension::parameter("l")};
    p.w.shape = {3, 2, 4};
    p.axes[0].pad_end = 1;
    const Result<Operation> made = convolution(p, test::weak_target());
    REQUIRE(made.ok());
    const SizeValue values[] = {{"n", batch}, {"l", length}};
    const Result<OperationSizes> sizes = made->resolve(values);
    REQUIRE(sizes.ok());
    return sizes->groups(0).volume() != 0;
  };
  CHECK(groups(1, 3));
  CHECK(!groups(0, 3));
  CHECK(!groups(1, 2));  // shorter than the kernel
  CHECK(!groups(1, 0));

  // Padding alone is enough for outputs, of nothing: no element of x is read.
  for (const Place place : {Place::InterpreterWeak, Place::Device}) {
    test::Given given;
    given.sizes = {{"l", 0}};
    given.inputs["x"] = HostTensor(Scalar::F32, {0});
    given.inputs["w"] = HostTensor::of(Scalar::F32, {1, 2, 2}, {1, 2, 3, 4});
    const test::Tensors found = test::run_at(
        place,
        [](const Target& target) {
          ConvolutionProblem p;
          p.x.shape = {1, 2, Dimension::parameter("l")};
          p.w.shape = {1, 2, 2};
          p.axes[0].pad_begin = 4;
          p.axes[0].pad_end = 1;
          return convolution(p, target);
        },
        given);
    if (found.empty()) continue;
    CHECK(test::difference(HostTensor::of(Scalar::F32, {4}, {0, 0, 0, 0}), found.at("y")) == "");
  }
}

TEST_CASE("convolution: iterations up to the target's limit, and past it") {
  // llvmpipe of Mesa 22.3 stops an invocation silently after 65,535 iterations.
  ConvolutionProblem p;
  p.x.shape = {1, 65535, 1};
  p.w.shape = {1, 65535, 1};
  Target target = test::weak_target();
  target.max_loop_iterations = 65535;
  ConvolutionSchedule s;
  s.channels = s.depth = 1;
  CHECK(legal(p, s, target).ok());
  p.x.shape[1] = p.w.shape[1] = 65536;
  CHECK(error_of(legal(p, s, target)) ==
        "error: an invocation loops up to 65536 times, and the target allows 65535; a larger depth, more "
        "unrolled "
        "axes or a smaller maximum of a parameter makes it less [IllegalSchedule]");
  CHECK(legal(p, default_schedule(p, target), target).ok());
  s.depth = 2;
  CHECK(legal(p, s, target).ok());
  const auto make = [&](const Target& at) {
    ConvolutionSchedule one;
    one.channels = one.depth = 1;
    ConvolutionProblem longest = p;
    longest.x.shape[1] = longest.w.shape[1] = 65535;
    return convolution(longest, one, at);
  };
  test::Given given;
  given.inputs["x"] = HostTensor::of(Scalar::F32, {65535}, std::vector<double>(65535, 1));
  given.inputs["w"] = given.inputs["x"];
  const test::Tensors found = test::run_at(Place::Device, make, given);
  if (!found.empty()) CHECK(found.at("y")[0] == 65535);
}

TEST_CASE("convolution: the loop over channels of an x that may have no elements is counted") {
  Target target = test::strong_target();
  ConvolutionProblem p;
  p.x.shape = {1, 4, 5, 5};
  p.w.shape = {1, 4, 3, 3};
  ConvolutionSchedule s;
  s.channels = 1;
  s.depth = 4;
  // Rows of the kernel for each of four channels, which are written out.
  target.max_loop_iterations = 12;
  CHECK(legal(p, s, target).ok());
  // Of run time: the loop that is left out where there is nothing.
  p.x.shape[3] = Dimension::parameter("w");
  CHECK(error_of(legal(p, s, target)) == "error: an invocation loops up to 13 times, and the target allows "
                                         "12; a larger depth, more unrolled axes or a "
                                         "smaller maximum of a parameter makes it less [IllegalSchedule]");
  target.max_loop_iterations = 13;
  CHECK(legal(p, s, target).ok());
}

TEST_CASE("convolution: the largest stride and dilation of a transposed one") {
  ConvolutionCase c;
  c.transposed = true;
  c.in = {2};
  c.kernel = {2};
  c.axes = {{.stride = 65535, .dilation = 32768, .pad_begin = 5}};
  test::Random random(1);
  test::Given given;
  test::fill(c, given, random);
  ConvolutionSchedule s;
  s.workgroup = 2;
  s.channels = s.pixels = 1;
  const test::Tensors found = test::run_at(
      Place::Interpreter, [&](const Target& target) { return convolution(test::problem_of(c), s, target); },
      given);
  REQUIRE(!found.empty());
  CHECK(test::difference(test::reference_of(c, given), found.at("y")) == "");
}

TEST_CASE("convolution: what is refused says which rule and by how much") {
  const Target weak = test::weak_target();
  ConvolutionProblem p;
  p.x.shape = {1, 4, 8, 8};
  p.w.shape = {6, 4, 3, 3};
  CHECK(legal(p, {}, weak).ok());
  const auto with = [&](auto&& change) {
    ConvolutionProblem changed = p;
    change(changed);
    return error_of(legal(changed, {}, weak));
  };
  using P = ConvolutionProblem;
  CHECK(with([](P& q) {
          q.x.shape = {4, 8};
        }) == "error: x has the shape [4, 8], and a convolution's is [N, C] and one to three spatial axes "
              "[InvalidShape]");
  CHECK(with([](P& q) {
          q.w.shape = {6, 4, 3};
        }) == "error: w has 3 axes and x has 4; both have two and the spatial ones [InvalidShape]");
  CHECK(with([](P& q) {
          q.w.shape = {6, 3, 3, 3};
        }) == "error: w has the shape [6, 3, 3, 3], which with 1 groups takes 3 channels, and x has 4 "
              "[InvalidShape]");
  CHECK(with([](P& q) { q.groups = 4; }) ==
        "error: w has 6 output channels, which is not known to be a multiple of the 4 groups [InvalidShape]");
  CHECK(with([](P& q) { q.groups = 0; }) == "error: the number of groups is less than 1 [InvalidShape]");
  CHECK(with([](P& q) { q.axes[1].stride = 0; }) ==
        "error: stride of spatial axis 1 is 0, and has to be 1 to 16777215 [InvalidShape]");
  CHECK(with([](P& q) { q.axes[0].pad_end = -1; }) ==
        "error: pad_end of spatial axis 0 is -1, and has to be 0 to 16777215 [InvalidShape]");
  CHECK(with([](P& q) {
          q.transposed = true;
          q.w.shape = {4, 6, 3, 3};
          q.axes[0].stride = 65536;
        }) == "error: stride of spatial axis 0 is 65536, and has to be 1 to 65535 [InvalidShape]");
  CHECK(with([](P& q) {
          q.transposed = true;
          q.w.shape = {4, 6, 3, 3};
          q.axes[0].stride = 65535;
          q.axes[0].dilation = 32769;
        }) == "error: stride * dilation of spatial axis 0 is 2147516415, and has to be 1 to 2147483648 "
              "[InvalidShape]");
  CHECK(with([](P& q) { q.axes[0].output_padding = 1; }) ==
        "error: output_padding of spatial axis 0 is 1, and only a transposed convolution has one "
        "[InvalidShape]");
  CHECK(with([](P& q) { q.axes[0].dilation = 4; }) ==
        "error: along spatial axis 0 the kernel reaches over 9 elements, and x with its padding has 8 "
        "[InvalidShape]");
  CHECK(with([](P& q) { q.w.scalar = Scalar::I8; }) ==
        "error: x is f32 and w is i8, and a convolution multiplies two floats, or two integers of at most 32 "
        "bits "
        "(no u32) [WrongType]");
  CHECK(with([](P& q) { q.x.scalar = q.w.scalar = Scalar::F64; }) ==
        "error: the convolution sums in f64, which the target lacks (Float64) [MissingCapability]");
  CHECK(with([](P& q) {
          q.x.strides = {1, 2, 3};
        }) == "error: x has another number of strides than of axes [InvalidShape]");
  CHECK(with([](P& q) {
          q.epilogue.output("y", q.epilogue.primary(Scalar::F32) + q.epilogue.input("w", {Scalar::F32, {1}}));
        }) == "error: the input w has the name of another operand of the operation; name it otherwise "
              "[InvalidOperand]");
  CHECK(with([](P& q) { q.x_prologue.output("w", q.x_prologue.primary(Scalar::F32) * 2); }) ==
        "");  // what a prologue's output is called does not matter
  CHECK(with([](P& q) {
          q.x_prologue.output("v", q.x_prologue.input("y", {Scalar::F32, {1}}));
        }) == "error: the output y has the name of an input; name it otherwise [InvalidOperand]");
  CHECK(with([](P& q) {
          q.epilogue.output("z", q.epilogue.primary(Scalar::F32));
          q.epilogue.output("z", q.epilogue.primary(Scalar::F32));
        }) == "error: the output z has the name of another output; name it otherwise [InvalidOperand]");
  CHECK(with([](P& q) { q.epilogue.output("z", q.epilogue.primary(Scalar::I32)); }) ==
        "error: the epilogue uses primary value 0 as i32, and it is f32 [WrongType]");
  CHECK(with([](P& q) { q.w_prologue.output("v", q.w_prologue.primary(Scalar::F16)); }) ==
        "error: the prologue of w uses primary value 0 as f16, and it is f32 [WrongType]");
  const auto schedule = [&](ConvolutionSchedule s) { return error_of(legal(p, s, weak)); };
  CHECK(schedule({.workgroup = 256}) ==
        "error: the workgroup is 256, and has to be 1 to 128 (maxComputeWorkGroupInvocations and "
        "maxComputeWorkGroupSize of the target) [IllegalSchedule]");
  CHECK(schedule({.channels = 7}) ==
        "error: channels is 7, and a group has 6 output channels [IllegalSchedule]");
  CHECK(schedule({.pixels = 17}) == "error: pixels is 17, and has to be 1 to 16 [IllegalSchedule]");
  CHECK(
      schedule({.channels = 6, .pixels = 16, .depth = 8, .unroll = 2}) ==
      "error: channels * pixels * depth * unrolled taps is 6912, and has to be 0 to 4096 [IllegalSchedule]");
  p.w.shape = {6, 4, Dimension::parameter("k"), 3};
  CHECK(schedule({.unroll = 2}) == "error: unroll is 2, and the kernel's size along spatial axis 0 is the "
                                   "parameter k [IllegalSchedule]");
  CHECK(schedule({.unroll = 0}) == "");
}
