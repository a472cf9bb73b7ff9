// Programs for people.
#include <airstrip/graph.hpp>
#include <airstrip/program/writer.hpp>
#include <airstrip/tensor/functions.hpp>

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace graph = airstrip::graph;
namespace program = airstrip::program;
namespace tensor = airstrip::tensor;
using graph::Graph;
using graph::ValueId;
using tensor::Dimension;
using tensor::Scalar;

namespace {

program::Program compiled(bool fuses) {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {1, 2, Dimension::parameter("height", 64, 2), 8}});
  const std::vector<float> numbers(4 * 2 * 9, 0.5f);
  const ValueId w = g.constant(
      "weights", {Scalar::F32, {4, 2, 3, 3}},
      graph::Bytes::copied({reinterpret_cast<const unsigned char*>(numbers.data()), 4 * numbers.size()}));
  tensor::ConvolutionProblem convolution;
  convolution.axes[0].stride = 2;
  for (int i = 0; i < 2; ++i) convolution.axes[i].pad_begin = convolution.axes[i].pad_end = 1;
  const ValueId y = g.add(convolution, {x, w}, "conv");
  g.output("y", g.map(
                    y, [](graph::Expr v) { return tensor::relu(v); }, "relu"));
  REQUIRE(g.ok());
  graph::CompileOptions options;
  options.name = "small";
  options.fusion.enabled = fuses;
  auto made = graph::compile(g, tensor::Target(), options);
  REQUIRE_MESSAGE(made.ok(), std::string(made.error().to_string()));
  return static_cast<program::Program&&>(*made);
}

}  // namespace

TEST_CASE("explain: what a program takes, gives, needs and does") {
  const program::Program p = compiled(true);
  const std::string text(program::explain(p));
  for (const char* const part :
       {"program small: ", "of which 512 bytes are 1 weights\n",
        "input   x: f32[1, 2, height, 8], 4 KiB at most\n",
        "output  y: f32[1, 4, height / 2, 8], 4 KiB at most\n",
        "size    height: at most 64, a multiple of 2\n", "largest weight: weights, 288 bytes\n",
        "\nvariant baseline: Vulkan 1.0, schedules for GPUs\n", "  dispatches: 1 a run with 0 barriers\n",
        "longest dispatch: conv", "\n  fusion\n    "}) {
    CAPTURE(text);
    CHECK_MESSAGE(text.find(part) != std::string::npos, part);
  }
  CHECK(std::string(program::type_text(p, p.tensors()[0])) == "f32[1, 2, height, 8]");
  // No line ends in blanks, and the last one ends.
  CHECK(text.find(" \n") == std::string::npos);
  CHECK(text.back() == '\n');
}

TEST_CASE("explain: nodes by themselves are more dispatches") {
  const std::string text(program::explain(compiled(false)));
  CHECK_MESSAGE(text.find("  dispatches: 2 a run with 1 barriers\n") != std::string::npos, text);
  CHECK(text.find("  memory\n") != std::string::npos);
}

TEST_CASE("explain: a long name is cut between two characters") {
  program::ProgramWriter w;
  program::ModuleRecord module;
  module.name = w.text("kernel");
  w.modules.push_back(module);
  program::DispatchRecord dispatch;
  dispatch.groups = w.literal(1);
  const std::string name = std::string(39, 'a') + "\xc3\xa4" + "bcd";
  dispatch.name = w.text(airstrip::Text(name.c_str()));
  w.dispatches.push_back(dispatch);
  program::VariantRecord variant;
  variant.name = w.text("baseline");
  variant.dispatches = {0, 1};
  w.variants.push_back(variant);
  auto bytes = w.finish("long");
  REQUIRE(bytes.ok());
  const auto p = program::Program::own(static_cast<airstrip::Buffer<unsigned char>&&>(*bytes));
  REQUIRE_MESSAGE(p.ok(), std::string(p.error().to_string()));
  const std::string text(program::explain(*p));
  CAPTURE(text);
  CHECK(text.find("longest dispatch: " + name + ",") != std::string::npos);
  CHECK(text.find("     0  " + std::string(39, 'a') + " ") != std::string::npos);
}
