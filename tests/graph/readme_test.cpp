// The graph by hand of README.md, where scripts/readme.py puts it.
#include <airstrip/graph.hpp>
#include <airstrip/tensor/functions.hpp>

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::graph;

TEST_CASE("readme: a graph by hand") {
  const std::vector<float> numbers(16 * 3 * 3 * 3, 0.1f);
  const Span<const unsigned char> weights(reinterpret_cast<const unsigned char*>(numbers.data()),
                                          numbers.size() * sizeof(float));
  // [readme: graph]
  // <airstrip/graph.hpp>, <airstrip/tensor/functions.hpp>; using namespace airstrip, airstrip::graph
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {1, 3, Dimension::parameter("height", 1080), 1920}});
  const ValueId w = g.constant("w", {Scalar::F32, {16, 3, 3, 3}}, Bytes::borrowed(weights));
  tensor::ConvolutionProblem same;
  for (int i = 0; i < 2; ++i) same.axes[i].pad_begin = same.axes[i].pad_end = 1;
  g.output("y", g.map(g.add(same, {x, w}, "conv"), [](Expr v) { return tensor::relu(v); }));
  // An error of either names the node and your line.
  const Result<program::Program> program = compile(g, standard_targets());
  // [readme: end]
  REQUIRE_MESSAGE(g.ok(), std::string(g.error().to_string()));
  REQUIRE_MESSAGE(program.ok(), std::string(program.error().to_string()));
  CHECK(program->variants().size() == standard_targets().size());
  CHECK(program->find_tensor("y") != program::none);
}
