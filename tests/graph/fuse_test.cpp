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

TEST_CASE("fuse: work in front of an operand that lies the other way round stays where its axes matter") {
  std::mt19937 random(20261123);
  tensor::TransposeProblem turn;
  turn.permutation = {1, 0};
  for (const bool of_a : {true, false})
    for (const int kind : {0, 1, 2}) {
      CAPTURE(of_a);
      CAPTURE(kind);
      Graph g;
      const ValueId x = g.input("x", {Scalar::F32, {4, 4}});
      const ValueId other = g.input("other", {Scalar::F32, {kind == 0 ? 4 : 1}});
      const ValueId w = g.input("w", {Scalar::F32, {4, 4}});
      // A number for each column; a number; the column itself.
      tensor::ElementwiseProblem problem;
      tensor::Expression& e = problem.expression;
      const Expr sum = e.input("i0", g.type(x)) + e.input("i1", g.type(other));
      e.output("o0", kind == 2 ? sum * e.cast(e.coordinate(1), Scalar::F32) : sum);
      const ValueId turned = g.add(turn, {g.add(problem, {x, other}, "work")});
      g.output("y", of_a ? g.add(tensor::MatmulProblem(), {turned, w}, "product")
                         : g.add(tensor::MatmulProblem(), {w, turned}, "product"));
      REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
      Graph fused = g.clone();
      REQUIRE(graph::canonicalize(fused).ok());
      const auto report = graph::fuse(fused);
      REQUIRE_MESSAGE(report.ok(), message_of(report.error()));
      CHECK(fused.nodes().size() == (kind == 1 ? 1u : 2u));
      const Inputs inputs = {{"x", random_numbers(random, 16)},
                             {"other", random_numbers(random, kind == 0 ? 4 : 1)},
                             {"w", random_numbers(random, 16)}};
      const auto before = run(g, inputs), after = run(fused, inputs);
      REQUIRE(before[0].size() == after[0].size());
      // Sums of four products of numbers below 8, each rounded by 2^-24.
      for (std::size_t i = 0; i < before[0].size(); ++i)
        CHECK(std::abs(static_cast<double>(before[0][i]) - static_cast<double>(after[0][i])) <= 1e-4);
    }
}

TEST_CASE("fuse: constant weights that are scaled by an input are not packed ahead of time") {
  for (const bool is_convolution : {true, false}) {
    CAPTURE(is_convolution);
    Graph g;
    const Shape shape = is_convolution ? Shape{1, 64, 16, 16} : Shape{256, 64};
    const ValueId x = g.input("x", {Scalar::F32, shape}), scale = g.input("scale", {Scalar::F32, {1}});
    const Shape of_w = is_convolution ? Shape{64, 64, 1, 1} : Shape{64, 64};
    const ValueId w = g.constant("w", {Scalar::F32, of_w}, bytes_of(std::vector<float>(4096, 2)));
    const ValueId scaled = g.map(
        w, scale, [](Expr a, Expr b) { return a * b; }, "scaled");
    g.output("y", is_convolution ? g.add(tensor::ConvolutionProblem(), {x, scaled})
                                 : g.add(tensor::MatmulProblem(), {x, scaled}));
    const auto made = graph::compile(g);
    REQUIRE_MESSAGE(made.ok(), message_of(made.error()));
    const std::string report(made->text(made->variants()[0].report));
    CHECK(report.find("scaled into") != std::string::npos);
    for (const auto& dispatch : made->dispatches(made->variants()[0])) {
      if (dispatch.phase != airstrip::program::Phase::Prepare) continue;
      for (const auto& operand : made->operands(dispatch))
        CHECK(made->regions()[operand.region].memory != airstrip::program::Memory::Tensor);
    }
  }
}

TEST_CASE("fuse: a quantised operand's bytes take no work in front of them") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {8, 32}}), b = g.input("b", {Scalar::I32, {4, 32}});
  const ValueId scales = g.input("scales", {Scalar::F32, {4, 1}});
  tensor::MatmulProblem product;
  product.k = 32;
  product.b.transposed = true;
  product.b.quantization.bits = 8;
  product.b.quantization.block = 32;
  g.output("y", g.add(product, {x, g.cast(b, Scalar::I8), scales}));
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  const auto made = graph::compile(g);
  CHECK_MESSAGE(made.ok(), message_of(made.error()));
}
