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
  s.unroll_window = !c.kernel_run_time && random.one_in(2);
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

std::string error_of(const Result<void>& result) { return test::message_of(result.error()); }

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
