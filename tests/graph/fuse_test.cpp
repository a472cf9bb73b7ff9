// Fusion: a graph computes the same before and after, for random graphs; what is fused and what is not.
#include "random_graph.hpp"

using namespace test;

TEST_CASE("fuse: random graphs compute the same") {
  const std::uint32_t base = 20261123;
  std::uint32_t fused_in_all = 0;
  for (std::uint32_t i = 0; i < 120; ++i) {
    CAPTURE(base + i);
    RandomGraph random(base + i);
    REQUIRE_MESSAGE(random.g.ok(), message_of(random.g.error()));
    const auto before = run(random.g, random.inputs);
    for (const std::uint32_t buffers : {4u, 16u}) {
      Graph fused = random.g.clone();
      graph::remove_dead(fused);
      graph::FusionOptions options;
      options.max_storage_buffers = buffers;
      const auto report = graph::fuse(fused, options);
      REQUIRE_MESSAGE(report.ok(), message_of(report.error()));
      fused_in_all += report->fused;
      CAPTURE(std::string(graph::to_string(fused)));
      CAPTURE(std::string(report->text));
      const auto after = run(fused, random.inputs);
      REQUIRE(before.size() == after.size());
      for (std::size_t o = 0; o < before.size(); ++o) {
        REQUIRE(before[o].size() == after[o].size());
        for (std::size_t k = 0; k < before[o].size(); ++k) {
          // The same operations in the same order, but for sums whose schedule depends on what is fused: of less than 200
          // terms, each rounded by 2^-24 of numbers that grow to a few thousands at most.
          const double error = std::abs(static_cast<double>(before[o][k]) - static_cast<double>(after[o][k]));
          CHECK(error <= 1e-4 * (1 + std::abs(static_cast<double>(before[o][k]))));
        }
      }
    }
  }
  MESSAGE("seeds ", base, " to ", base + 119, ", ", fused_in_all, " nodes fused");
  CHECK(fused_in_all > 200);
}

TEST_CASE("fuse: what goes where") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {1, 4, 8, 8}});
  const ValueId skip = g.input("skip", {Scalar::F32, {1, 4, 8, 8}});
  const ValueId w = g.constant("w", {Scalar::F32, {4, 4, 1, 1}}, bytes_of(std::vector<float>(16, 0.25f)));
  const ValueId bias = g.constant("bias", {Scalar::F32, {4, 1, 1}}, bytes_of({1, 2, 3, 4}));
  const ValueId y = g.add(tensor::ConvolutionProblem(), {x, w}, "conv");
  const ValueId biased = g.map(
      y, bias, [](Expr v, Expr b) { return v + b; }, "bias");
  const ValueId active = g.map(
      biased, [](Expr v) { return tensor::relu(v); }, "relu");
  g.output("y", g.map(
                    active, skip, [](Expr v, Expr s) { return v + s; }, "skip"));
  Graph wide = g.clone(), narrow = g.clone();
  graph::FusionOptions options;
  options.max_storage_buffers = 8;
  const auto report = graph::fuse(wide, options);
  REQUIRE(report.ok());
  CHECK(wide.nodes().size() == 1);
  CHECK(std::string(report->text) == "bias into relu as part of its expression\n"
                                     "relu into skip as part of its expression\n"
                                     "skip into conv as its epilogue\n");
  // Four buffers: x, w, y and one more.
  const auto refused = graph::fuse(narrow);
  REQUIRE(refused.ok());
  CHECK(narrow.nodes().size() == 2);
  CHECK(std::string(refused->text)
            .find("skip not into conv: the kernel would bind 5 buffers, and 4 are the most") !=
        std::string::npos);
  const Inputs inputs = {{"x", std::vector<float>(256, 1)}, {"skip", std::vector<float>(256, 10)}};
  CHECK(run(g, inputs) == run(wide, inputs));
  CHECK(run(g, inputs) == run(narrow, inputs));
}

TEST_CASE("fuse: results that others need stay, and work is not repeated without end") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {1, 2, 6, 6}});
  const ValueId w = g.constant("w", {Scalar::F32, {2, 2, 3, 3}}, bytes_of(std::vector<float>(36, 0.1f)));
  const ValueId heavy = g.map(
      x, [](Expr v) { return tensor::tanh(tensor::sigmoid(tensor::exp(v))); }, "heavy");
  const ValueId y = g.add(tensor::ConvolutionProblem(), {heavy, w}, "conv");
  const ValueId active = g.map(
      y, [](Expr v) { return tensor::relu(v); }, "relu");
  g.output("a", active);
  g.output("b", y);
  const auto report = graph::fuse(g);
  REQUIRE(report.ok());
  CHECK(g.nodes().size() == 3);
  const std::string text(report->text);
  CHECK(text.find("relu not into conv: something else needs its results as well") != std::string::npos);
  CHECK(text.find("heavy not into conv: each element is read several times, and its 3 functions") !=
        std::string::npos);
}

TEST_CASE("fuse: a cast in front of a convolution does not change what it stores") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {1, 1, 2, 2}});
  const unsigned char one[] = {0, 0x3C};
  const ValueId w = g.constant("w", {Scalar::F16, {1, 1, 1, 1}}, Bytes::copied(one));
  const ValueId y = g.add(tensor::ConvolutionProblem(), {g.cast(x, Scalar::F16), w});
  // Somebody else needs it, so it is stored.
  g.output("y", g.cast(y, Scalar::F32));
  g.output("z", g.map(y, [](Expr v) { return tensor::cast(v, Scalar::F32) * 2; }));
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  const Inputs inputs = {{"x", {1, 2.5f, -3, 4}}};
  const auto before = run(g, inputs);
  REQUIRE(graph::fuse(g).ok());
  CHECK(g.nodes().size() == 3);
  CHECK(run(g, inputs) == before);
}
