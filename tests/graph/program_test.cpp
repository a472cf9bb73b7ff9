// Programs on the device at hand, against the interpreter: random graphs, sizes given at run time, saved and loaded again.
#include "random_graph.hpp"

#ifdef AIRSTRIP_TEST_VULKAN
#include <airstrip/player_device.hpp>
#include <airstrip/vulkan_tensor.hpp>

#include "vulkan/adapter_fixture.hpp"

using namespace test;

namespace {

namespace player = airstrip::player;
namespace program = airstrip::program;
namespace vulkan = airstrip::vulkan;

vulkan::Device* device() {
  AdapterDevice* const opened = device_at_hand();
  return opened ? &opened->device : nullptr;
}

std::vector<std::vector<float>> play(vulkan::Device& on, const program::Program& p, const Inputs& inputs,
                                     const std::vector<program::ParameterValue>& values = {},
                                     const char* variant = "") {
  auto session = player::Session::make(on, p, variant);
  REQUIRE_MESSAGE(session.ok(), message_of(session.error()));
  const auto done = [](const Result<void>& r) { REQUIRE_MESSAGE(r.ok(), message_of(r.error())); };
  if (!values.empty()) done(session->set_parameters({values.data(), values.size()}));
  for (const auto& [name, numbers] : inputs)
    done(session->set_input(Text(name.c_str()), numbers.data(), numbers.size() * 4));
  done(session->run());
  std::vector<std::vector<float>> outputs;
  for (const program::TensorRecord& tensor : p.tensors()) {
    if (tensor.direction != program::Direction::Output) continue;
    const auto shape = session->instance().shape_of(p.text(tensor.name));
    REQUIRE(shape.ok());
    std::vector<float> numbers(shape->bytes / 4);
    done(session->get_output(p.text(tensor.name), numbers.data(), shape->bytes));
    outputs.push_back(std::move(numbers));
  }
  done(on.check_guards());
  return outputs;
}

// 2e-4: about ten layers one after the other, each of sums of fewer than 200 terms in another order, by which one is off by
// 200 * 2^-24 = 1.2e-5 of its terms at most.
void compare(const std::vector<std::vector<float>>& expected, const std::vector<std::vector<float>>& got) {
  REQUIRE(expected.size() == got.size());
  for (std::size_t o = 0; o < expected.size(); ++o) {
    REQUIRE(expected[o].size() == got[o].size());
    for (std::size_t k = 0; k < expected[o].size(); ++k) {
      const double e = static_cast<double>(expected[o][k]), g = static_cast<double>(got[o][k]);
      CHECK_MESSAGE(std::abs(e - g) <= 2e-4 * (1 + std::abs(e)), "output ", o, " element ", k, ": ", g,
                    " for ", e);
    }
  }
}

}  // namespace

TEST_CASE("program: random graphs on the device give what the interpreter gives") {
  vulkan::Device* const on = device();
  if (!on) return;
  const std::uint32_t base = 7000;
  for (std::uint32_t i = 0; i < 24; ++i) {
    CAPTURE(base + i);
    RandomGraph random(base + i);
    REQUIRE(random.g.ok());
    const auto expected = run(random.g, random.inputs);
    const auto compiled = graph::compile(random.g, vulkan::tensor_target(on->describe()));
    REQUIRE_MESSAGE(compiled.ok(), message_of(compiled.error()));
    CAPTURE(std::string(graph::to_string(random.g)));
    compare(expected, play(*on, *compiled, random.inputs));
    const program::VariantRecord& variant = compiled->variants()[0];
    CHECK(variant.scratch_bytes <= variant.scratch_lower_bound + variant.scratch_lower_bound / 10);
  }
  MESSAGE("seeds ", base, " to ", base + 23);
}

TEST_CASE("program: sizes given when it runs, again and again, and the baseline variant") {
  vulkan::Device* const on = device();
  if (!on) return;
  Graph g;
  const ValueId x =
      g.input("x", {Scalar::F32, {1, 2, Dimension::parameter("h", 16, 2), Dimension::parameter("w", 12)}});
  std::mt19937 random(3);
  const ValueId w = g.constant("w", {Scalar::F32, {4, 2, 3, 3}}, bytes_of(random_numbers(random, 72)));
  tensor::ConvolutionProblem same;
  for (int i = 0; i < 2; ++i) same.axes[i].pad_begin = same.axes[i].pad_end = 1;
  ValueId y = g.map(g.add(same, {x, w}, "conv"), [](Expr v) { return tensor::relu(v); });
  tensor::PoolProblem pool;
  for (int i = 0; i < 2; ++i) pool.kernel[i] = pool.strides[i] = 2;
  y = g.add(pool, {y}, "pool");
  tensor::ReduceProblem reduce;
  reduce.axes = {2, 3};
  reduce.kind = tensor::ReduceKind::Mean;
  g.output("mean", g.add(reduce, {y}));
  g.output("pooled", y);
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  const graph::CompileTarget targets[] = {{"device", vulkan::tensor_target(on->describe())},
                                          {"baseline", tensor::Target()}};
  const auto compiled = graph::compile(g, targets);
  REQUIRE_MESSAGE(compiled.ok(), message_of(compiled.error()));
  // Saved and loaded: the bytes are the program.
  std::vector<std::uint64_t> file((compiled->bytes().size() + 7) / 8);
  std::memcpy(file.data(), compiled->bytes().data(), compiled->bytes().size());
  const auto loaded =
      program::Program::open({reinterpret_cast<const unsigned char*>(file.data()), compiled->bytes().size()});
  REQUIRE_MESSAGE(loaded.ok(), message_of(loaded.error()));
  CHECK(loaded->check_weights().ok());
  for (const char* const variant : {"device", "baseline"}) {
    CAPTURE(variant);
    auto session = player::Session::make(*on, *loaded, variant);
    REQUIRE_MESSAGE(session.ok(), message_of(session.error()));
    for (const auto& given : std::vector<std::pair<int, int>>{{4, 5}, {16, 12}, {2, 2}, {10, 7}}) {
      const int h = given.first, width = given.second;  // CAPTURE takes no structured binding with clang 14
      CAPTURE(h);
      CAPTURE(width);
      const std::vector<program::ParameterValue> values = {{"h", static_cast<double>(h)},
                                                           {"w", static_cast<double>(width)}};
      REQUIRE(session->set_parameters({values.data(), values.size()}).ok());
      const std::vector<float> numbers = random_numbers(random, static_cast<std::size_t>(2 * h * width));
      REQUIRE(session->set_input("x", numbers.data(), numbers.size() * 4).ok());
      REQUIRE(session->run().ok());
      const auto expected = run(g, {{"x", numbers}}, {{"h", h}, {"w", width}});
      std::vector<float> mean(4), pooled(static_cast<std::size_t>(4 * (h / 2) * (width / 2)));
      REQUIRE(session->get_output("mean", mean.data(), 16).ok());
      REQUIRE(session->get_output("pooled", pooled.data(), pooled.size() * 4).ok());
      compare(expected, {mean, pooled});
    }
    const std::vector<program::ParameterValue> too_large = {{"h", 18}, {"w", 2}}, odd = {{"h", 3}, {"w", 2}},
                                               missing = {{"h", 4}};
    CHECK(message_of(session->set_parameters({too_large.data(), 2}).error())
              .find("more than its maximum of 16") != std::string::npos);
    CHECK(message_of(session->set_parameters({odd.data(), 2}).error()).find("no multiple of 2") !=
          std::string::npos);
  }
}

TEST_CASE("program: fewer modules, by kernels that are given their sizes") {
  vulkan::Device* const on = device();
  if (!on) return;
  Graph g;
  std::mt19937 random(8);
  ValueId y = g.input("x", {Scalar::F32, {1, 8, 16, 12}});
  std::int64_t channels = 8;
  for (const std::int64_t next : {16, 24, 32, 40}) {
    const ValueId w = g.constant("w", {Scalar::F32, {next, channels, 1, 1}},
                                 bytes_of(random_numbers(random, static_cast<std::size_t>(next * channels))));
    y = g.map(g.add(tensor::ConvolutionProblem(), {y, w}), [](Expr v) { return tensor::relu(v); });
    channels = next;
  }
  g.output("y", y);
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  const tensor::Target target = vulkan::tensor_target(on->describe());
  const auto apart = graph::compile(g, target);
  REQUIRE(apart.ok());
  graph::CompileOptions options;
  options.max_modules = static_cast<std::uint32_t>(apart->modules().size()) - 1;
  const auto shared = graph::compile(g, target, options);
  REQUIRE_MESSAGE(shared.ok(), message_of(shared.error()));
  MESSAGE(apart->modules().size(), " modules, and ", shared->modules().size(), " with sizes given");
  CHECK(shared->modules().size() < apart->modules().size());
  const Inputs inputs = {{"x", random_numbers(random, 8 * 16 * 12)}};
  const auto expected = run(g, inputs);
  compare(expected, play(*on, *apart, inputs));
  compare(expected, play(*on, *shared, inputs));
  options.max_modules = 1;
  const auto impossible = graph::compile(g, target, options);
  if (impossible.ok())
    CHECK(impossible->modules().size() == 1);
  else
    CHECK(message_of(impossible.error()).find("max_modules permits 1") != std::string::npos);
}

TEST_CASE("program: variants for devices that are not known, each played that fits") {
  vulkan::Device* const on = device();
  if (!on) return;
  for (std::uint32_t seed = 90; seed < 96; ++seed) {
    CAPTURE(seed);
    RandomGraph random(seed);
    const auto targets = graph::standard_targets();
    const auto compiled =
        graph::compile(random.g, Span<const graph::CompileTarget>(targets.data(), targets.size()));
    REQUIRE_MESSAGE(compiled.ok(), message_of(compiled.error()));
    REQUIRE(compiled->variants().size() == 3);
    const auto expected = run(random.g, random.inputs);
    int played = 0;
    for (const program::VariantRecord& variant : compiled->variants()) {
      const std::string name(compiled->text(variant.name));
      CAPTURE(name);
      const auto session = player::Session::make(*on, *compiled, Text(name.c_str()));
      if (!session.ok()) {
        CHECK(session.error().code == airstrip::ErrorCode::MissingCapability);
        CHECK(name != "baseline");
        continue;
      }
      ++played;
      if (name != "fp16") compare(expected, play(*on, *compiled, random.inputs, {}, name.c_str()));
    }
    CHECK(played >= 1);
  }
}
#else

#include "support/skip.hpp"

TEST_CASE("program: graphs on the device") { test::skip("it was built without the Vulkan headers"); }

#endif
