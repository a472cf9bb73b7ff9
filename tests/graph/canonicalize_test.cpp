// Canonical form: each rule alone, what it must not do, and random graphs before and after.
#include "random_graph.hpp"

#include <cmath>
#include <limits>

using namespace test;

namespace {

std::string text_of(const Graph& g) { return std::string(graph::to_string(g)); }

// How many rules applied. The graph's types and shapes stay what its operators infer.
std::size_t canonical(Graph& g) {
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  const auto count = graph::canonicalize(g);
  REQUIRE_MESSAGE(count.ok(), message_of(count.error()));
  std::vector<std::string> before, after;
  for (const auto& node : g.nodes())
    for (const ValueId v : node.outputs) before.push_back(std::string(to_string(g, g.type(v))));
  const auto inferred = g.infer();
  REQUIRE_MESSAGE(inferred.ok(), message_of(inferred.error()));
  for (const auto& node : g.nodes())
    for (const ValueId v : node.outputs) after.push_back(std::string(to_string(g, g.type(v))));
  CHECK(before == after);
  return *count;
}

std::string operators_of(const Graph& g) {
  std::string names;
  for (const auto& node : g.nodes()) names += (names.empty() ? "" : " ") + std::string(node.op->name());
  return names;
}

// Canonical, it is these operators, and computes the same bits.
void becomes(Graph& g, const char* operators, const Inputs& inputs) {
  Graph after = g.clone();
  const std::size_t count = canonical(after);
  CAPTURE(text_of(g));
  CAPTURE(text_of(after));
  CHECK(operators_of(after) == operators);
  CHECK((count != 0 || operators_of(g) == operators));
  const auto expected = run(g, inputs), found = run(after, inputs);
  REQUIRE(expected.size() == found.size());
  for (std::size_t o = 0; o < expected.size(); ++o) {
    REQUIRE(expected[o].size() == found[o].size());
    CHECK(std::memcmp(expected[o].data(), found[o].data(), expected[o].size() * 4) == 0);
  }
  CHECK(canonical(after) == 0);
}

const std::vector<float> eight = {1, -2, 3, -4, 5, -6, 7, -0.0f};

// A graph of x [2, 4] and one node that is made of it.
template <class Make>
void single(const char* operators, Make&& make) {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {2, 4}});
  g.output("y", make(g, x));
  becomes(g, operators, {{"x", eight}});
}

}  // namespace

TEST_CASE("canonicalize: what does nothing goes") {
  single("", [](Graph& g, ValueId x) { return g.map(x, [](Expr v) { return v; }); });
  single("", [](Graph& g, ValueId x) { return g.cast(x, Scalar::F32); });
  single("", [](Graph& g, ValueId x) { return g.reshape(x, {2, 4}); });
  single("", [](Graph& g, ValueId x) { return g.reshape(g.reshape(x, {8}), {2, 4}); });
  single("", [](Graph& g, ValueId x) { return g.add(tensor::CopyProblem(), {x}); });
  single("", [](Graph& g, ValueId x) { return g.add(graph::Concat(1, 1), {x}); });
  single("", [](Graph& g, ValueId x) {
    const Dimension all[] = {4};
    return g.add(graph::Split(1, all), {x});
  });
  single("", [](Graph& g, ValueId x) {
    tensor::TransposeProblem t;
    t.permutation = {0, 1};
    return g.add(t, {x});
  });
  single("", [](Graph& g, ValueId x) {
    return g.add(tensor::TransposeProblem(), {g.add(tensor::TransposeProblem(), {x})});
  });
  single("", [](Graph& g, ValueId x) {
    tensor::SliceProblem s;
    s.axes = {1};
    s.starts = {0};
    s.ends = {100};
    return g.add(s, {x});
  });
  single("", [](Graph& g, ValueId x) {
    tensor::PadProblem p;
    p.before = p.after = {0, 0};
    return g.add(p, {x});
  });
  single("", [](Graph& g, ValueId x) {
    tensor::TileProblem t;
    t.repeats = {1, 1};
    return g.add(t, {x});
  });
}

TEST_CASE("canonicalize: what does something stays") {
  single("slice", [](Graph& g, ValueId x) {
    tensor::SliceProblem s;
    s.axes = {1};
    s.starts = {3};
    s.ends = {-5};
    s.steps = {-1};
    return g.add(s, {x});
  });
  single("transpose", [](Graph& g, ValueId x) { return g.add(tensor::TransposeProblem(), {x}); });
  single("copy", [](Graph& g, ValueId x) {
    tensor::CopyProblem c;
    c.shape = {3, 2, 4};
    return g.add(c, {x});
  });
  single("reduce", [](Graph& g, ValueId x) {
    tensor::ReduceProblem r;
    r.axes = {1};
    return g.add(r, {x});
  });
}

TEST_CASE("canonicalize: exact arithmetic, 0, -0 and NaN") {
  const Inputs inputs = {
      {"x",
       {0.0f, -0.0f, 1, -1, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN(), 1e-30f}}};
  const auto check = [&](bool goes, auto&& function) {
    Graph g;
    const ValueId x = g.input("x", {Scalar::F32, {8}});
    g.output("y", g.map(x, function));
    becomes(g, goes ? "" : "elementwise", inputs);
  };
  check(true, [](Expr v) { return v * 1; });
  check(true, [](Expr v) { return 1.0f * v; });
  check(true, [](Expr v) { return v / 1; });
  check(true, [](Expr v) { return v - 0.0f; });
  check(true, [](Expr v) { return v + -0.0f; });
  check(true, [](Expr v) { return -(-v); });
  // -0 + 0 is 0, -0 - -0 is 0, 1 / x is not x, 0 - x is not x.
  check(false, [](Expr v) { return v + 0.0f; });
  check(false, [](Expr v) { return v - -0.0f; });
  check(false, [](Expr v) { return 1 / v; });
  check(false, [](Expr v) { return 0.0f - v; });
  check(false, [](Expr v) { return v * 0.0f; });
  // Of integers 0 is one number; constants may be tensors, but must not stretch the result.
  Graph g;
  const ValueId n = g.input("n", {Scalar::I32, {8}});
  g.output("n", g.map(n, [](Expr v) { return v + 0; }));
  const ValueId x = g.input("x", {Scalar::F32, {8}});
  const ValueId ones = g.constant("ones", {Scalar::F32, {1}}, bytes_of({1}));
  const ValueId wide = g.constant("wide", {Scalar::F32, {2, 1}}, bytes_of({1, 1}));
  g.output("y", g.map(x, ones, [](Expr v, Expr c) { return v * c; }));
  g.output("z", g.map(x, wide, [](Expr v, Expr c) { return v * c; }));
  canonical(g);
  CHECK(operators_of(g) == "elementwise");
  CHECK(g.node(graph::NodeId{0}).inputs.size() == 1);
  CHECK(std::string(to_string(g, g.type(g.node(graph::NodeId{0}).outputs[0]))) == "f32[2, 8]");
  // A part of an expression, and the input that is not needed then.
  single("elementwise", [](Graph& h, ValueId v) {
    const ValueId one = h.constant("one", {Scalar::F32, {}}, bytes_of({1}));
    return h.map(v, one, [](Expr a, Expr b) { return tensor::relu(a * b) + a; });
  });
}

TEST_CASE("canonicalize: disguises") {
  {
    // Axes of one element.
    Graph g;
    const ValueId x = g.input("x", {Scalar::F32, {2, 1, 4}});
    tensor::TransposeProblem t;
    t.permutation = {1, 0, 2};
    g.output("y", g.add(t, {x}));
    tensor::ReduceProblem r;
    r.kind = tensor::ReduceKind::Mean;
    r.axes = {1};
    r.keepdims = false;
    g.output("z", g.add(r, {x}));
    // Of one -0 the mean is -0 then, and 0 by its kernel, which begins at 0.
    becomes(g, "reshape reshape", {{"x", {1, -2, 3, -4, 5, -6, 7, 0}}});
  }
  {
    // In front of a product: of either operand, with batches, twice.
    Graph g;
    const ValueId a = g.input("a", {Scalar::F32, {2, 3, 4}}), b = g.input("b", {Scalar::F32, {2, 5, 3}});
    tensor::TransposeProblem t;
    t.permutation = {0, 2, 1};
    g.output("y", g.add(tensor::MatmulProblem(), {g.add(t, {a}), g.add(t, {b})}));
    std::mt19937 random(7);
    Graph after = g.clone();
    canonical(after);
    CHECK(operators_of(after) == "matmul");
    CHECK(text_of(after).find("transpose_a=true transpose_b=true") != std::string::npos);
    const Inputs inputs = {{"a", random_numbers(random, 24)}, {"b", random_numbers(random, 30)}};
    const auto expected = run(g, inputs), found = run(after, inputs);
    for (std::size_t i = 0; i < expected[0].size(); ++i)
      CHECK(std::abs(expected[0][i] - found[0][i]) <= 3 * std::ldexp(1.0f, -23));
  }
  {
    // Of other axes it stays.
    Graph g;
    const ValueId a = g.input("a", {Scalar::F32, {3, 2, 4}}), b = g.input("b", {Scalar::F32, {4, 5}});
    tensor::TransposeProblem t;
    t.permutation = {1, 0, 2};
    g.output("y", g.add(tensor::MatmulProblem(), {g.add(t, {a}), b}));
    becomes(g, "transpose matmul", {{"a", std::vector<float>(24, 1)}, {"b", std::vector<float>(20, 2)}});
  }
  {
    // Expand in front of elementwise work; what it stretched is stretched all the same.
    Graph g;
    const ValueId x = g.input("x", {Scalar::F32, {2, 4}}), s = g.input("s", {Scalar::F32, {4}});
    tensor::CopyProblem c;
    c.shape = {3, 2, 4};
    g.output("y", g.map(g.add(c, {x}), s, [](Expr u, Expr v) { return u * v; }));
    becomes(g, "elementwise", {{"x", eight}, {"s", {1, 2, 3, 4}}});
  }
  {
    Graph g;
    const ValueId x = g.input("x", {Scalar::F32, {1, 2, 2, 2}});
    g.output("y", g.add(tensor::PoolProblem(), {x}));
    becomes(g, "", {{"x", eight}});
  }
}

TEST_CASE("canonicalize: a reshape goes behind elementwise work") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {1, 4, 6, 6}});
  const ValueId w = g.constant("w", {Scalar::F32, {4, 4, 1, 1}}, bytes_of(std::vector<float>(16, 0.25f)));
  const ValueId c = g.add(tensor::ConvolutionProblem(), {x, w}, "conv");
  const ValueId half = g.constant("half", {Scalar::F32, {1, 1, 1, 1, 1}}, bytes_of({0.5f}));
  std::mt19937 random(5);
  const ValueId table = g.constant("table", {Scalar::F32, {4, 36}}, bytes_of(random_numbers(random, 144)));
  const ValueId flat = g.reshape(c, {4, 36});
  const ValueId scaled = g.map(
      flat, table, [](Expr u, Expr v) { return tensor::relu(u + v); }, "relu");
  g.output("y",
           g.reshape(g.map(g.reshape(scaled, {1, 1, 1, 4, 36}), half, [](Expr u, Expr v) { return u * v; }),
                     {144}));
  const Inputs inputs = {{"x", random_numbers(random, 144)}};
  Graph after = g.clone();
  canonical(after);
  CAPTURE(text_of(after));
  CHECK(run(g, inputs) == run(after, inputs));
  graph::FusionOptions options;
  options.max_storage_buffers = 8;
  REQUIRE(graph::fuse(after, options).ok());
  // One kernel; the reshapes are views.
  std::size_t kernels = 0;
  for (const auto& node : after.nodes()) kernels += graph::is_view(after, node) ? 0u : 1u;
  CHECK(kernels == 1);
  CHECK(run(g, inputs) == run(after, inputs));
  // By row of the new shape it cannot.
  Graph h;
  const ValueId r =
      h.reshape(h.map(h.input("x", {Scalar::F32, {2, 4}}), [](Expr v) { return tensor::relu(v); }), {4, 2});
  const ValueId by_row = h.constant("by_row", {Scalar::F32, {4, 1}}, bytes_of({1, 2, 3, 4}));
  h.output("y", h.map(r, by_row, [](Expr u, Expr v) { return u * v; }));
  becomes(h, "elementwise reshape elementwise", {{"x", eight}});
}

TEST_CASE("canonicalize: a batch normalisation becomes weights and one bias") {
  std::mt19937 random(20261126);
  for (const bool transposed : {false, true})
    for (const std::int64_t groups : {1, 2}) {
      CAPTURE(transposed);
      CAPTURE(groups);
      Graph g;
      const ValueId x = g.input("x", {Scalar::F32, {1, 4, 5, 5}});
      tensor::ConvolutionProblem conv;
      conv.groups = groups;
      conv.transposed = transposed;
      // Six channels of results: [6, 4 / groups, 3, 3], transposed [4, 6 / groups, 3, 3].
      const std::int64_t outer = transposed ? 4 : 6, inner = (transposed ? 6 : 4) / groups;
      const auto constant = [&](const char* name, const Shape& shape, std::size_t count, float add) {
        std::vector<float> numbers = random_numbers(random, count);
        for (float& n : numbers) n += add;
        return g.constant(Text(name), {Scalar::F32, shape}, bytes_of(numbers));
      };
      const ValueId w = constant("w", {outer, inner, 3, 3}, static_cast<std::size_t>(outer * inner) * 9u, 0);
      const ValueId y = g.add(conv, {x, w}, "conv");
      const ValueId mean = constant("mean", {6, 1, 1}, 6, 0),
                    variance = constant("variance", {1, 6, 1, 1}, 6, 1.5f);
      const ValueId scale = constant("scale", {6, 1, 1}, 6, 2), shift = constant("shift", {6, 1, 1}, 6, 0);
      const ValueId centred = g.map(
          y, mean, [](Expr a, Expr b) { return a - b; }, "centred");
      const ValueId inputs[] = {centred, variance, scale};
      const ValueId scaled = g.map_all(
          inputs, [](Span<const Expr> e) { return e[0] / tensor::sqrt(e[1] + 1e-5f) * e[2]; }, "scaled");
      g.output("y", g.map(
                        g.map(
                            scaled, shift, [](Expr a, Expr b) { return a + b; }, "shifted"),
                        [](Expr v) { return tensor::relu(v); }, "relu"));
      Graph after = g.clone();
      CHECK(canonical(after) != 0);
      CAPTURE(text_of(after));
      CHECK(operators_of(after) == "convolution elementwise elementwise");
      CHECK(after.node(graph::NodeId{1}).inputs.size() == 2);
      CHECK(canonical(after) == 0);
      const Inputs given = {{"x", random_numbers(random, 100)}};
      const auto expected = run(g, given), found = run(after, given);
      REQUIRE(expected[0].size() == found[0].size());
      // Sums of up to 36 products of numbers below 1, times a factor of up to 3 / sqrt(0.5): each rounded by 2^-24.
      for (std::size_t i = 0; i < expected[0].size(); ++i)
        CHECK(std::abs(expected[0][i] - found[0][i]) <= 36 * 40 * 4.3f * std::ldexp(1.0f, -24));
    }
  // What is not by channel, or is needed by somebody else, stays.
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {1, 2, 2, 2}});
  const ValueId w = g.constant("w", {Scalar::F32, {2, 2, 1, 1}}, bytes_of({1, 2, 3, 4}));
  const ValueId y = g.add(tensor::ConvolutionProblem(), {x, w});
  const ValueId row = g.constant("row", {Scalar::F32, {2}}, bytes_of({1, 2}));
  g.output("y", g.map(y, row, [](Expr a, Expr b) { return a * b; }));
  const ValueId z = g.add(tensor::ConvolutionProblem(),
                          {x, g.constant("v", {Scalar::F32, {2, 2, 1, 1}}, bytes_of({4, 3, 2, 1}))});
  g.output("z", g.map(z, [](Expr a) { return a * 2; }));
  g.output("also z", z);
  becomes(g, "convolution elementwise convolution elementwise", {{"x", eight}});
}

TEST_CASE("canonicalize: compiled programs are of the canonical form") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {1, 2, 8, 8}});
  const ValueId w = g.constant("w", {Scalar::F32, {2, 2, 1, 1}}, bytes_of({1, 2, 3, 4}));
  const auto by_channel = [&](const char* name, float a, float b) {
    return g.constant(Text(name), {Scalar::F32, {2, 1, 1}}, bytes_of({a, b}));
  };
  const ValueId y = g.add(tensor::ConvolutionProblem(), {g.add(tensor::CopyProblem(), {x}), w});
  const ValueId centred = g.map(y, by_channel("mean", 1, 2), [](Expr a, Expr b) { return a - b; });
  const ValueId scaled = g.map(centred, by_channel("scale", 3, 4), [](Expr a, Expr b) { return a * b; });
  const ValueId shifted = g.map(scaled, by_channel("shift", 5, 6), [](Expr a, Expr b) { return a + b; });
  g.output("y", g.map(g.reshape(shifted, {2, 64}), [](Expr v) { return tensor::relu(v); }));
  // With the four buffers that every device has.
  const auto program = graph::compile(g);
  REQUIRE_MESSAGE(program.ok(), message_of(program.error()));
  std::size_t runs = 0;
  for (const auto& d : program->dispatches(program->variants()[0]))
    runs += d.phase == airstrip::program::Phase::Run ? 1u : 0u;
  CHECK(runs == 1);
  CHECK(program->weights().size() == 2);
}

TEST_CASE("canonicalize: the same is computed once") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {2, 4}});
  const auto softmax = [&](std::int64_t axis) {
    tensor::SoftmaxProblem s;
    s.axes = {axis};
    return g.add(s, {x});
  };
  const ValueId a = g.map(softmax(1), [](Expr v) { return v * 2; });
  const ValueId b = g.map(softmax(1), [](Expr v) { return v * 2; });
  // Printed alike, and not the same.
  const ValueId c = g.map(softmax(1), [](Expr v) { return v * 3; });
  const ValueId d = softmax(0);
  g.output("y", g.map(a, b, [](Expr u, Expr v) { return u + v; }));
  g.output("z", g.map(c, d, [](Expr u, Expr v) { return u + v; }));
  g.output("b", b);
  becomes(g, "softmax elementwise elementwise softmax elementwise elementwise", {{"x", eight}});
  // Constants of the same numbers.
  Graph h;
  const ValueId v = h.input("x", {Scalar::F32, {2, 4}});
  for (const char* name : {"a", "b"})
    h.output(Text(name), h.map(v, h.number(Scalar::F32, 3), [](Expr p, Expr q) { return p * q; }));
  becomes(h, "elementwise", {{"x", eight}});
}

TEST_CASE("canonicalize: random graphs compute the same, fused as well") {
  const std::uint32_t base = 20261127;
  std::size_t rules = 0;
  for (std::uint32_t i = 0; i < 150; ++i) {
    CAPTURE(base + i);
    RandomGraph random(base + i);
    REQUIRE_MESSAGE(random.g.ok(), message_of(random.g.error()));
    const auto before = run(random.g, random.inputs);
    Graph g = random.g.clone();
    rules += canonical(g);
    CAPTURE(text_of(random.g));
    CAPTURE(text_of(g));
    for (const bool fuses : {false, true}) {
      if (fuses) {
        graph::FusionOptions options;
        options.max_storage_buffers = 8;
        const auto report = graph::fuse(g, options);
        REQUIRE_MESSAGE(report.ok(), message_of(report.error()));
      }
      const auto after = run(g, random.inputs);
      REQUIRE(before.size() == after.size());
      for (std::size_t o = 0; o < before.size(); ++o) {
        double largest = 1;
        for (const float n : before[o]) largest = std::fmax(largest, std::abs(static_cast<double>(n)));
        REQUIRE(before[o].size() == after[o].size());
        // As for fusion, relative to the largest: sums of weights that were scaled are rounded otherwise.
        for (std::size_t k = 0; k < before[o].size(); ++k)
          CHECK(std::abs(static_cast<double>(before[o][k]) - static_cast<double>(after[o][k])) <=
                1e-4 * largest);
      }
    }
  }
  MESSAGE("seeds ", base, " to ", base + 149, ", ", rules, " rules applied");
  CHECK(rules > 300);
}
