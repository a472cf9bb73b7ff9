// Half precision: a graph computes the same but for roundings of 2^-11; what stays f32, and is told.
#include "random_graph.hpp"

#include <cmath>

using namespace test;

namespace {

constexpr double half_rounding = 1.0 / 2048;

ValueId constant(Graph& g, const char* name, const Shape& shape, const std::vector<float>& numbers) {
  return g.constant(Text(name), {Scalar::F32, shape}, bytes_of(numbers));
}
const graph::Node& node_called(const Graph& g, const char* name) {
  for (const graph::Node& node : g.nodes())
    if (node.name == name) return node;
  FAIL("no node " << name);
  return g.nodes()[0];
}
Scalar result_of(const Graph& g, const char* name) { return g.type(node_called(g, name).outputs[0]).scalar; }
graph::Float16Report converted(Graph& g, const graph::Float16Options& options = {}) {
  auto report = graph::to_float16(g, options);
  if (!report.ok()) FAIL(message_of(report.error()));
  return static_cast<graph::Float16Report&&>(*report);
}

// Compares with the graph before. `roundings`: of numbers up to `largest`, that a result goes through at most.
void compare(Graph& before, Graph& after, const Inputs& inputs, double roundings, double largest) {
  const auto expected = run(before, inputs), found = run(after, inputs);
  REQUIRE(expected.size() == found.size());
  for (std::size_t o = 0; o < expected.size(); ++o)
    CHECK(largest_difference(expected[o], found[o]) <= roundings * half_rounding * largest);
}

}  // namespace

TEST_CASE("float16: a network with every kind of node, as f32 and as f16") {
  std::mt19937 random(20261124);
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {1, 4, 8, 8}});
  tensor::ConvolutionProblem same;
  for (int i = 0; i < 2; ++i) same.axes[i].pad_begin = same.axes[i].pad_end = 1;
  const ValueId w = constant(g, "w", {4, 4, 3, 3}, random_numbers(random, 144));
  const ValueId b = constant(g, "b", {4, 1, 1}, random_numbers(random, 4));
  const ValueId conv = g.add(same, {x, w}, "conv");
  const ValueId biased = g.map(
      conv, b, [](Expr v, Expr c) { return v + c; }, "bias");
  const ValueId active = g.map(
      biased, [](Expr v) { return tensor::tanh(v); }, "tanh");
  tensor::PoolProblem pool;
  pool.kind = tensor::PoolKind::Average;
  for (int i = 0; i < 2; ++i) pool.kernel[i] = pool.strides[i] = 2;
  const ValueId pooled = g.add(pool, {active}, "pool");
  tensor::NormalizeProblem normalize;
  normalize.scale = normalize.bias = true;
  const ValueId normal =
      g.add(normalize,
            {pooled, constant(g, "scale", {4}, {1, 0.5f, 2, 1}), constant(g, "shift", {4}, {0, 1, 0, -1})},
            "normalize");
  const ValueId product = g.add(tensor::MatmulProblem(),
                                {normal, constant(g, "m", {4, 4}, random_numbers(random, 16))}, "matmul");
  tensor::TransposeProblem transpose;
  transpose.permutation = {0, 1, 3, 2};
  const ValueId turned = g.add(transpose, {product}, "transpose");
  const ValueId joined = g.add(graph::Concat(1, 2), {turned, normal}, "concat");
  tensor::SoftmaxProblem softmax;
  const ValueId shares = g.add(softmax, {joined}, "softmax");
  tensor::ReduceProblem mean;
  mean.kind = tensor::ReduceKind::Mean;
  mean.axes = {1};
  g.output("mean", g.add(mean, {shares}, "mean"));
  tensor::ReduceProblem arg;
  arg.kind = tensor::ReduceKind::ArgMax;
  arg.axes = {3};
  g.output("where", g.cast(g.add(arg, {x}, "arg"), Scalar::F32, "arg_f32"));
  g.output("same", g.reshape(turned, {4, 16}, "reshape"));
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  Graph half = g.clone();
  const auto report = converted(half);
  CAPTURE(std::string(report.text));
  for (const char* name : {"conv", "bias", "tanh", "pool", "normalize", "matmul", "transpose", "concat",
                           "softmax", "mean", "reshape"})
    CHECK(result_of(half, name) == Scalar::F16);
  CHECK(result_of(half, "arg") == Scalar::I64);
  CHECK(report.kept == 1);
  CHECK(std::string(report.text).find("arg_f32 stays f32: it makes floats of integers") != std::string::npos);
  CHECK(report.constants == 5);
  CHECK(half.type(half.inputs()[0]).scalar == Scalar::F32);
  for (const auto& output : half.outputs()) CHECK(half.type(output.value).scalar == Scalar::F32);
  // Twelve tensors on the longest way, each rounded by half of 2^-11, of numbers up to 8: that of the normalised ones. What
  // single nodes make of earlier errors is on either side of them; what is found is a tenth of it.
  const Inputs inputs = {{"x", random_numbers(random, 256)}};
  compare(g, half, inputs, 12 * 0.5, 8);
  // Fused, with and without the roundings in between.
  for (const bool skip : {false, true}) {
    Graph fused = half.clone();
    graph::FusionOptions options;
    options.max_storage_buffers = 16;
    options.skip_half = skip;
    const auto fusion = graph::fuse(fused, options);
    REQUIRE_MESSAGE(fusion.ok(), message_of(fusion.error()));
    CHECK(fused.nodes().size() < half.nodes().size());
    compare(g, fused, inputs, 12 * 0.5, 8);
  }
}

TEST_CASE("float16: each tensor in between adds one rounding") {
  // y = ((x * 0.9) * 0.9) …: the bound is of n roundings and that of x.
  std::mt19937 random(20261125);
  for (const int depth : {1, 4, 16}) {
    Graph g;
    ValueId y = g.input("x", {Scalar::F32, {64}});
    for (int i = 0; i < depth; ++i) y = g.map(y, [](Expr v) { return v * 0.9f; });
    g.output("y", y);
    Graph half = g.clone();
    const auto report = converted(half);
    CHECK(report.converted == static_cast<std::uint32_t>(depth));
    CHECK(report.casts == 2);
    const Inputs inputs = {{"x", random_numbers(random, 64)}};
    compare(g, half, inputs, (depth + 1) * 0.5 * 1.01, 1);
    // Without the roundings in between there are those of x and y.
    graph::FusionOptions options;
    options.skip_half = true;
    REQUIRE(graph::fuse(half, options).ok());
    CHECK(half.nodes().size() == 1);
    const auto expected = run(g, inputs), found = run(half, inputs);
    REQUIRE(found.size() == 1);
    // All casts were merged, of x and of y as well: f32 throughout, and 16 roundings of 2^-24 are 1e-6.
    CHECK(largest_difference(expected[0], found[0]) <= 1e-6);
  }
}

TEST_CASE("float16: numbers without room stay f32, with what is made of them") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {2, 4}});
  const ValueId large = constant(g, "large", {4}, {1, 2, 70000, 4});
  const ValueId small = constant(g, "small", {}, {1e-12f});
  std::vector<float> few_small(32, 1);
  few_small[3] = 1e-9f;
  const ValueId few = constant(g, "few", {8, 1, 4}, few_small);
  const ValueId scaled = g.map(
      x, large, [](Expr a, Expr b) { return a * b; }, "scaled");
  tensor::TransposeProblem turn;
  turn.permutation = {1, 0};
  const ValueId moved = g.add(turn, {scaled}, "moved");
  const ValueId back = g.map(
      moved, [](Expr v) { return v * 0.001f; }, "back");
  tensor::SoftmaxProblem softmax;
  g.output("a", g.map(
                    g.add(softmax, {back}, "softmax"), [](Expr v) { return v + 1; }, "behind"));
  const ValueId shifted = g.map(
      x, small, [](Expr a, Expr b) { return a * a + b; }, "shifted");
  g.output("b", g.map(
                    shifted, [](Expr v) { return v / v; }, "inverse"));
  g.output("c", g.map(
                    x, [](Expr v) { return tensor::select(v > 0, v, -3.4e38f); }, "mask"));
  g.output("d", g.map(
                    x, [](Expr v) { return (tensor::min)((tensor::max)(v, -3.4e38f), 3.4e38f); }, "limits"));
  g.output("e", g.map(
                    x, few, [](Expr a, Expr b) { return a + b; }, "other"));
  tensor::PadProblem pad;
  pad.before = {0, 1};
  pad.after = {0, 0};
  pad.constant = -3.4e38;
  g.output("f", g.add(pad, {x}, "pad"));
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  Graph half = g.clone();
  const auto report = converted(half);
  const std::string text(report.text);
  CHECK(text == "scaled stays f32: the constant large has numbers beyond 65504\n"
                "moved stays f32: it reads scaled, whose numbers may have no room in f16\n"
                "back stays f32: it reads moved, whose numbers may have no room in f16\n"
                "softmax stays f32: it reads back, whose numbers may have no room in f16\n"
                "shifted stays f32: of the constant small 1 of 1 numbers would be lost\n"
                "inverse stays f32: it reads shifted, whose numbers may have no room in f16\n"
                "mask stays f32: a constant of its expression has no room in f16\n"
                "pad stays f32: it pads with a number beyond f16\n");
  CHECK(report.kept == 8);
  CHECK(result_of(half, "behind") == Scalar::F16);
  CHECK(result_of(half, "limits") == Scalar::F16);
  CHECK(result_of(half, "other") == Scalar::F16);
  // x = 0: what would be 0 / 0 without its small number.
  compare(g, half, {{"x", {0, 0.5f, -1, 1, 0, 0, 2, 0.25f}}}, 4, 2);
  graph::Float16Options strict;
  strict.max_lost_share = 0;
  Graph again = g.clone();
  CHECK(std::string(converted(again, strict).text)
            .find("other stays f32: of the constant few 1 of 32 numbers") != std::string::npos);
}

TEST_CASE("float16: limits that leave no room, and numbers that are made of nothing") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {4}});
  g.output("a", g.map(
                    x, [](Expr v) { return (tensor::max)(v, 1e5f) * 1e-5f; }, "raised"));
  g.output("b", g.map(
                    x, [](Expr v) { return (tensor::min)(v, -1e5f) * 1e-2f; }, "lowered"));
  tensor::ElementwiseProblem same_for_all;
  same_for_all.shape = {4};
  same_for_all.expression.output("o0", same_for_all.expression.constant(Scalar::F32, 1e5));
  const auto scaled = [](Expr v) { return v * 0.001f; };
  g.output("c", g.map(g.add(same_for_all, {}, "large"), scaled, "of_large"));
  tensor::RangeProblem range;
  range.scalar = Scalar::F32;
  range.count = Dimension::parameter("n", 100000);
  g.output("d", g.map(g.add(range, {}, "counted"), scaled, "of_counted"));
  range.count = 100;
  g.output("e", g.map(g.add(range, {}, "few"), scaled, "of_few"));
  tensor::FillProblem fill;
  fill.shape = {4};
  fill.value = 1e6;
  g.output("f", g.map(g.add(fill, {}, "filled"), scaled, "of_filled"));
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  const auto report = converted(g);
  CHECK(std::string(report.text) ==
        "raised stays f32: a constant of its expression has no room in f16\n"
        "lowered stays f32: a constant of its expression has no room in f16\n"
        "large stays f32: a constant of its expression has no room in f16\n"
        "of_large stays f32: it reads large, whose numbers may have no room in f16\n"
        "of_counted stays f32: it reads counted, whose numbers may have no room in f16\n"
        "of_filled stays f32: it reads filled, whose numbers may have no room in f16\n");
  CHECK(result_of(g, "of_few") == Scalar::F16);
}

TEST_CASE("float16: long sums, and integers that become floats") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {2, 5000}});
  tensor::ReduceProblem sum;
  sum.axes = {1};
  g.output("long", g.map(
                       g.add(sum, {x}, "long"), [](Expr v) { return v * 0.0002f; }, "scaled"));
  sum.axes = {0};
  g.output("short", g.add(sum, {x}, "short"));
  sum.kind = tensor::ReduceKind::SumSquare;
  g.output("squares", g.add(sum, {x}, "squares"));
  sum.kind = tensor::ReduceKind::Mean;
  sum.axes = {1};
  g.output("mean", g.add(sum, {x}, "mean"));
  const ValueId n = g.input("n", {Scalar::I32, {2, 1}});
  g.output("index", g.map(
                        n, x, [](Expr a, Expr b) { return tensor::cast(a, Scalar::F32) + b; }, "index"));
  const ValueId flags = g.map(
      x, [](Expr v) { return v > 0; }, "flags");
  g.output("flag", g.cast(flags, Scalar::F32, "flag"));
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  const auto report = converted(g);
  CHECK(std::string(report.text) == "long stays f32: its sums may be beyond f16\n"
                                    "scaled stays f32: it reads long, whose numbers may have no room in f16\n"
                                    "squares stays f32: its sums may be beyond f16\n"
                                    "index stays f32: it makes floats of integers\n");
  CHECK(result_of(g, "short") == Scalar::F16);
  CHECK(result_of(g, "mean") == Scalar::F16);
  CHECK(result_of(g, "flags") == Scalar::Boolean);
  CHECK(result_of(g, "flag") == Scalar::F16);
  CHECK(g.type(n).scalar == Scalar::I32);
}

TEST_CASE("float16: what the caller keeps") {
  Graph g;
  ValueId y = g.input("x", {Scalar::F32, {8}});
  for (const char* name : {"a", "b", "c", "d", "e"})
    y = g.map(
        y, [](Expr v) { return v * 0.5f; }, name);
  g.output("y", y);
  const Text keep[] = {"b"};
  const graph::NodeRange ranges[] = {{"d", "e"}};
  graph::Float16Options options;
  options.keep = keep;
  options.keep_ranges = ranges;
  Graph half = g.clone();
  const auto report = converted(half, options);
  CHECK(report.converted == 2);
  CHECK(report.kept == 3);
  CHECK(std::string(report.text).find("b stays f32: it is among those to keep") == 0);
  CHECK(result_of(half, "a") == Scalar::F16);
  CHECK(result_of(half, "b") == Scalar::F32);
  CHECK(result_of(half, "c") == Scalar::F16);
  // In front of a, behind a, in front of c, behind c.
  CHECK(report.casts == 4);
  compare(g, half, {{"x", {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f}}}, 2, 1);
  const Text unknown[] = {"z"};
  options.keep = unknown;
  CHECK(graph::to_float16(half, options).error().code == airstrip::ErrorCode::InvalidOperand);
  const graph::NodeRange backwards[] = {{"d", "b"}};
  options.keep = {};
  options.keep_ranges = backwards;
  CHECK(graph::to_float16(half, options).error().code == airstrip::ErrorCode::InvalidOperand);
}

TEST_CASE("float16: as a target's choice, beside f32") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {64, 64}});
  const ValueId w = constant(g, "w", {64, 64}, std::vector<float>(4096, 0.25f));
  const ValueId y = g.add(tensor::MatmulProblem(), {x, w}, "product");
  g.output("y",
           g.add(tensor::MatmulProblem(), {g.map(y, [](Expr v) { return tensor::relu(v); }), w}, "again"));
  tensor::Target target;
  target.spirv = airstrip::spirv::Target::vulkan(1, 2).enable_everything();
  target.max_storage_buffers = 8;
  graph::CompileTarget targets[3] = {
      {"fp16", target, true}, {"other_fp16", target, true}, {"baseline", target}};
  const auto program = graph::compile(g, targets);
  REQUIRE_MESSAGE(program.ok(), message_of(program.error()));
  CHECK(program->variants().size() == 3);
  // The weights as f16, once, and as f32.
  CHECK(program->weight_bytes().size() == 4096 * 2 + 4096 * 4);
  // Tensors that are bound stay f32; what lies in between takes half.
  for (const auto& t : program->tensors()) CHECK(t.max_bytes == 64 * 64 * 4);
  CHECK(program->variants()[0].scratch_bytes < program->variants()[2].scratch_bytes);
}

TEST_CASE("float16: random graphs compute the same but for roundings") {
  const std::uint32_t base = 20261128;
  int compared = 0;
  double most = 0;
  for (std::uint32_t i = 0; i < 160; ++i) {
    CAPTURE(base + i);
    RandomGraph random(base + i);
    REQUIRE_MESSAGE(random.g.ok(), message_of(random.g.error()));
    // The largest of all numbers on the way.
    Graph every = random.g.clone();
    for (std::uint32_t v = 0; v < random.g.value_count(); ++v)
      if (!random.g.value(ValueId{v}).is_constant)
        every.output(Text(std::string("v") + std::to_string(v)), ValueId{v});
    double largest = 1;
    for (const auto& numbers : run(every, random.inputs))
      for (const float n : numbers) largest = std::fmax(largest, std::fabs(static_cast<double>(n)));
    if (largest > 16) continue;  // errors grow as numbers do, and a softmax makes differences of them factors
    ++compared;
    const auto before = run(random.g, random.inputs);
    Graph g = random.g.clone();
    converted(g);
    graph::FusionOptions options;
    options.max_storage_buffers = 8;
    options.skip_half = i % 2 == 0;
    REQUIRE(graph::fuse(g, options).ok());
    CAPTURE(std::string(graph::to_string(g)));
    const auto after = run(g, random.inputs);
    // Each tensor is rounded by half of 2^-11 of its numbers, and sums of rounded numbers are off by as much of the largest.
    const double roundings = static_cast<double>(random.g.nodes().size() + 2);
    REQUIRE(before.size() == after.size());
    for (std::size_t o = 0; o < before.size(); ++o) {
      REQUIRE(before[o].size() == after[o].size());
      for (std::size_t k = 0; k < before[o].size(); ++k) {
        const double error = std::fabs(static_cast<double>(before[o][k]) - static_cast<double>(after[o][k]));
        most = std::fmax(most, error / (roundings * half_rounding * largest));
        CHECK(error <= roundings * half_rounding * largest);
      }
    }
  }
  MESSAGE(compared, " graphs, off by at most ", most, " of the bound");
  CHECK(compared > 30);
}
