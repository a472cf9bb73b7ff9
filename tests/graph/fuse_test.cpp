// Fusion: a graph computes the same before and after, for random graphs; what is fused and what is not.
#include "host.hpp"

using namespace test;

namespace {

// A random graph of elementwise work around convolutions, products, reductions, pools, softmax and movement.
class RandomGraph {
public:
  explicit RandomGraph(std::uint32_t seed) : random_(seed) {
    const ValueId x = g.input("x", {Scalar::F32, {1, 4, 6, 6}});
    inputs.push_back({"x", random_numbers(random_, 144)});
    const ValueId b = g.input("b", {Scalar::F32, {4, 1, 1}});
    inputs.push_back({"b", random_numbers(random_, 4)});
    pool_ = {x};
    small_ = b;
    const int count = 3 + static_cast<int>(random_() % 8);
    for (int i = 0; i < count && g.ok(); ++i) step();
    // Values that nobody else reads, or any.
    g.output("y", pool_.back());
    if (random_() % 3 == 0) g.output("z", pick());
  }

  Graph g;
  Inputs inputs;

private:
  ValueId pick() { return pool_[random_() % pool_.size()]; }
  ValueId constant(const Shape& shape, std::size_t count) {
    return g.constant("c", {Scalar::F32, shape}, bytes_of(random_numbers(random_, count)));
  }
  void step() {
    const ValueId a = random_() % 3 ? pool_.back() : pick();
    ValueId y = ValueId::None;
    switch (random_() % 12) {
      case 0: y = g.map(a, [](Expr v) { return tensor::relu(v); }); break;
      case 1: y = g.map(a, [](Expr v) { return tensor::sigmoid(v); }); break;
      case 2: y = g.map(a, small_, [](Expr v, Expr b) { return v * b; }); break;
      case 3: y = g.map(a, pick(), [](Expr u, Expr v) { return u + v; }); break;
      case 4: y = g.map(a, constant({1, 4, 1, 1}, 4), [](Expr u, Expr v) { return u - v; }); break;
      case 5: {
        tensor::ConvolutionProblem c;
        c.axes[0].pad_begin = c.axes[0].pad_end = c.axes[1].pad_begin = c.axes[1].pad_end = 1;
        y = g.add(c, {a, constant({4, 4, 3, 3}, 144)});
        break;
      }
      case 6: y = g.add(tensor::MatmulProblem(), {a, constant({6, 6}, 36)}); break;
      case 7: {
        tensor::ReduceProblem r;
        r.kind = random_() % 2 ? tensor::ReduceKind::Mean : tensor::ReduceKind::Max;
        r.axes = {static_cast<std::int64_t>(2 + random_() % 2)};
        y = g.map(a, g.add(r, {a}), [](Expr u, Expr v) { return u - v; });
        break;
      }
      case 8: {
        tensor::SoftmaxProblem s;
        s.axes = {3};
        y = g.add(s, {a});
        break;
      }
      case 9: {
        tensor::PoolProblem p;
        p.kind = random_() % 2 ? tensor::PoolKind::Max : tensor::PoolKind::Average;
        for (int i = 0; i < 2; ++i) p.kernel[i] = 3, p.pads_begin[i] = p.pads_end[i] = 1;
        y = g.add(p, {a});
        break;
      }
      case 10: {
        tensor::TransposeProblem t;
        t.permutation = {0, 1, 3, 2};
        y = g.add(t, {a});
        break;
      }
      default: {
        // There and back in another shape.
        y = g.reshape(g.map(g.reshape(a, {4, 36}), [](Expr v) { return v * 0.5f; }), {1, 4, 6, 6});
        break;
      }
    }
    pool_.push_back(y);
  }

  std::mt19937 random_;
  std::vector<ValueId> pool_;
  ValueId small_ = ValueId::None;
};

}  // namespace

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
  const ValueId biased = g.map(y, bias, [](Expr v, Expr b) { return v + b; }, "bias");
  const ValueId active = g.map(biased, [](Expr v) { return tensor::relu(v); }, "relu");
  g.output("y", g.map(active, skip, [](Expr v, Expr s) { return v + s; }, "skip"));
  Graph wide = g.clone(), narrow = g.clone();
  graph::FusionOptions options;
  options.max_storage_buffers = 8;
  const auto report = graph::fuse(wide, options);
  REQUIRE(report.ok());
  CHECK(wide.nodes().size() == 1);
  CHECK(std::string(report->text) ==
        "bias into relu as part of its expression\n"
        "relu into skip as part of its expression\n"
        "skip into conv as its epilogue\n");
  // Four buffers: x, w, y and one more.
  const auto refused = graph::fuse(narrow);
  REQUIRE(refused.ok());
  CHECK(narrow.nodes().size() == 2);
  CHECK(std::string(refused->text).find("skip not into conv: the kernel would bind 5 buffers, and 4 are the most") !=
        std::string::npos);
  const Inputs inputs = {{"x", std::vector<float>(256, 1)}, {"skip", std::vector<float>(256, 10)}};
  CHECK(run(g, inputs) == run(wide, inputs));
  CHECK(run(g, inputs) == run(narrow, inputs));
}

TEST_CASE("fuse: results that others need stay, and work is not repeated without end") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {1, 2, 6, 6}});
  const ValueId w = g.constant("w", {Scalar::F32, {2, 2, 3, 3}}, bytes_of(std::vector<float>(36, 0.1f)));
  const ValueId heavy = g.map(x, [](Expr v) { return tensor::tanh(tensor::sigmoid(tensor::exp(v))); }, "heavy");
  const ValueId y = g.add(tensor::ConvolutionProblem(), {heavy, w}, "conv");
  const ValueId active = g.map(y, [](Expr v) { return tensor::relu(v); }, "relu");
  g.output("a", active);
  g.output("b", y);
  const auto report = graph::fuse(g);
  REQUIRE(report.ok());
  CHECK(g.nodes().size() == 3);
  const std::string text(report->text);
  CHECK(text.find("relu not into conv: something else needs its results as well") != std::string::npos);
  CHECK(text.find("heavy not into conv: each element is read several times, and its 3 functions") != std::string::npos);
}
