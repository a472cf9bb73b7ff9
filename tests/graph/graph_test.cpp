// Graphs by hand: shapes, sizes as formulas, known elements, errors, printing.
#include "host.hpp"

#include <limits>

using namespace test;

namespace {

ValueId weights(Graph& g, const char* name, const Shape& shape) {
  std::size_t count = 1;
  for (const Dimension& d : shape) count *= static_cast<std::size_t>(d.value());
  return g.constant(name, {Scalar::F32, shape}, bytes_of(std::vector<float>(count, 0.5f)));
}

tensor::ConvolutionProblem same(std::int64_t stride) {
  tensor::ConvolutionProblem problem;
  for (int i = 0; i < 2; ++i) {
    problem.axes[i].pad_begin = problem.axes[i].pad_end = 1;
    problem.axes[i].stride = stride;
  }
  return problem;
}

std::string shape_of(const Graph& g, ValueId id) { return std::string(to_string(g, g.type(id))); }

}  // namespace

TEST_CASE("graph: sizes are formulas in one form") {
  Graph g;
  const ValueId x =
      g.input("x", {Scalar::F32, {1, 3, Dimension::parameter("h", 512, 4), Dimension::parameter("w", 512)}});
  const ValueId w = weights(g, "w", {8, 3, 3, 3});
  const ValueId keeps = g.add(same(1), {x, w}, "keeps"), halves = g.add(same(2), {x, w}, "halves");
  CHECK(shape_of(g, keeps) == "f32[1, 8, h, w]");
  // h is a multiple of 4; of w nothing is known.
  CHECK(shape_of(g, halves) == "f32[1, 8, h / 2, (w + 1) / 2]");
  tensor::ResizeProblem twice;
  twice.axes = {2};
  twice.scales[0] = {2, 1};
  const ValueId back = g.add(twice, {halves});
  CHECK(shape_of(g, back) == "f32[1, 8, h, (w + 1) / 2]");
  // The same size on two ways can be added; another cannot.
  const ValueId narrow = g.input("narrow", {Scalar::F32, {1, 3, Dimension::parameter("h", 512, 4), 8}});
  const ValueId there = g.add(same(1), {narrow, w}), back_again = g.add(twice, {g.add(same(2), {narrow, w})});
  tensor::SliceProblem columns;
  columns.axes = {3};
  columns.starts = {0};
  columns.ends = {4};
  const ValueId sum = g.map(g.add(columns, {there}), back_again, [](Expr a, Expr b) { return a + b; });
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  CHECK(shape_of(g, sum) == "f32[1, 8, h, 4]");
  g.map(
      keeps, halves, [](Expr a, Expr b) { return a + b; }, "wrong");
  REQUIRE(!g.ok());
  CHECK(g.error().code == airstrip::ErrorCode::InvalidShape);
  CHECK(message_of(g.error()).find("wrong") != std::string::npos);
  CHECK(std::string(g.error().where.file).find("graph_test.cpp") != std::string::npos);
}

TEST_CASE("graph: small integer tensors are followed as sizes are") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {Dimension::parameter("n", 8), 6, 4}});
  graph::Sizes sizes;
  sizes.sizes = g.type(x).shape;
  const ValueId shape = g.add(sizes, {});
  tensor::GatherProblem gather;
  const std::int64_t first[] = {0}, minus[] = {-1}, rest[] = {1, 2};
  const ValueId n = g.add(gather, {shape, g.integers(first)});
  const ValueId product = [&] {
    tensor::ReduceProblem reduce;
    reduce.kind = tensor::ReduceKind::Prod;
    return g.add(reduce, {g.add(gather, {shape, g.integers(rest)})});
  }();
  const ValueId joined = g.add(graph::Concat(0, 3), {n, product, g.integers(minus)});
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  Shape known;
  REQUIRE(g.known_shape(joined, known));
  CHECK(std::string(tensor::to_string(known)) == "[n, 24, -1]");
  airstrip::Buffer<std::int64_t> literals;
  CHECK(!g.known_integers(joined, literals));
  CHECK(g.known_integers(product, literals));
  CHECK(literals[0] == 24);
  // Read when the program runs, they are computed.
  const ValueId more = g.map(joined, [](Expr v) { return v * 2; });
  g.output("y", more);
  const auto made = graph::evaluate(g, {}, {});
  CHECK(!made.ok());  // x is an input of the graph, and was not given
}

namespace {

// The elements of a node's result, followed through the graph and computed by the interpreter.
template <class Problem>
void check_known(const Problem& problem, const std::vector<std::int64_t>& x,
                 const std::vector<std::int64_t>& expected) {
  Graph g;
  const ValueId values = g.integers({x.data(), x.size()});
  const ValueId y = g.add(problem, {values}, "y");
  g.output("y", y);
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  airstrip::Buffer<std::int64_t> found;
  if (g.known_integers(y, found)) CHECK(std::vector<std::int64_t>(found.begin(), found.end()) == expected);
  const auto run = graph::evaluate(g, {});
  REQUIRE_MESSAGE(run.ok(), message_of(run.error()));
  std::vector<std::int64_t> computed((*run)[0].size() / 8);
  if (!computed.empty()) std::memcpy(computed.data(), (*run)[0].data(), (*run)[0].size());
  CHECK(computed == expected);
}

}  // namespace

TEST_CASE("graph: known elements are those that the kernels compute") {
  using Kind = tensor::ReduceKind;
  tensor::ReduceProblem reduce;
  const std::pair<Kind, std::int64_t> of_one[] = {{Kind::Sum, -3},      {Kind::Prod, -3}, {Kind::Max, -3},
                                                  {Kind::SumSquare, 9}, {Kind::L1, 3},    {Kind::ArgMax, 0}};
  for (const auto& [kind, expected] : of_one) {
    reduce.kind = kind;
    check_known(reduce, {-3}, {expected});
  }
  reduce.kind = Kind::Min;
  check_known(reduce, {4, -3, 7}, {-3});
  // Starts, ends and steps from beyond both ends; of an empty tensor, too.
  const std::int64_t bounds[] = {-100, -4, -3, -1, 0, 1, 3, 4, 100};
  for (const std::int64_t size : {0, 1, 3})
    for (const std::int64_t step : {-100, -2, -1, 1, 2, 100})
      for (const std::int64_t start : bounds)
        for (const std::int64_t end : {-100, -2, 0, 2, 100}) {
          CAPTURE(size);
          CAPTURE(step);
          CAPTURE(start);
          CAPTURE(end);
          std::vector<std::int64_t> x, expected;
          for (std::int64_t i = 0; i < size; ++i) x.push_back(10 + i);
          // ONNX Slice: negative ones count from the end; then they are clamped.
          const auto clamp = [&](std::int64_t v, std::int64_t low, std::int64_t high) {
            if (v < 0) v += size;
            return v < low ? low : v > high ? high : v;
          };
          const std::int64_t first = clamp(start, 0, step > 0 ? size : size - 1);
          const std::int64_t last = clamp(end, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
          if (size != 0)
            for (std::int64_t i = first; step > 0 ? i < last : i > last; i += step)
              expected.push_back(x[static_cast<std::size_t>(i)]);
          tensor::SliceProblem slice;
          slice.axes = {0};
          slice.starts = {start};
          slice.ends = {end};
          slice.steps = {step};
          Graph g;
          const ValueId y = g.add(slice, {g.integers({x.data(), x.size()})});
          REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
          airstrip::Buffer<std::int64_t> found;
          REQUIRE(g.known_integers(y, found));
          CHECK(std::vector<std::int64_t>(found.begin(), found.end()) == expected);
        }
  // Integers of kernels wrap around.
  Graph g;
  tensor::RangeProblem range;
  range.count = 3;
  range.start = 4611686018427387904.0;
  range.delta = 4611686018427387904.0;
  const ValueId y = g.add(range, {});
  airstrip::Buffer<std::int64_t> found;
  REQUIRE(g.known_integers(y, found));
  CHECK(found[1] == std::numeric_limits<std::int64_t>::min());
  CHECK(found[2] == -4611686018427387904);
}

TEST_CASE("graph: errors name the node and the line, and nothing aborts") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {2, 3}});
  g.input("x", {Scalar::F32, {2, 3}});
  CHECK(message_of(g.error()).find("the input x is there already") != std::string::npos);
  // The first error stays, and ids given afterwards may be used on.
  const ValueId y = g.map(x, [](Expr v) { return v; });
  CHECK(y == ValueId::Absent);
  g.output("y", g.map(y, [](Expr v) { return v; }));
  CHECK(message_of(g.error()).find("the input x is there already") != std::string::npos);
  CHECK(!graph::compile(g).ok());

  Graph wrong;
  const ValueId a = wrong.input("a", {Scalar::F32, {2, 3}}), b = wrong.input("b", {Scalar::F32, {4, 5}});
  wrong.add(tensor::MatmulProblem(), {a, b}, "product");
  CHECK(message_of(wrong.error()).find("the node product: the operands of a product") != std::string::npos);
  Graph rows;
  rows.reshape(rows.input("x", {Scalar::F32, {Dimension::parameter("h", 8), 4}}),
               {2, Dimension::parameter("h", 8), 3}, "view");
  CHECK(message_of(rows.error()).find("[h, 4] has 4 elements, and [2, h, 3] 6, times what both have") !=
        std::string::npos);
  for (const bool of_a : {true, false}) {
    Graph vectors;
    const ValueId v = vectors.input("v", {Scalar::F32, {4}}), m = vectors.input("m", {Scalar::F32, {1, 1}});
    vectors.add(tensor::MatmulProblem(), {of_a ? v : m, of_a ? m : v}, "product");
    CHECK(vectors.error().code == airstrip::ErrorCode::InvalidShape);
    CHECK(message_of(vectors.error()).find("of a product has less than two axes") != std::string::npos);
  }
  Graph bytes;
  bytes.constant("c", {Scalar::F32, {3}}, bytes_of({1, 2}));
  CHECK(message_of(bytes.error()).find("has 12 bytes, and was given 8") != std::string::npos);
  Graph named;
  named.input("x", {Scalar::F32, {Dimension::parameter("size_3", 8)}});
  CHECK(message_of(named.error()).find("names that begin with size_ or literal_") != std::string::npos);
  Graph foreign;
  foreign.map(static_cast<ValueId>(7), [](Expr v) { return v; });
  CHECK(foreign.error().code == airstrip::ErrorCode::EmptyId);
  Graph few;
  few.add(same(1), {few.input("x", {Scalar::F32, {1, 1, 4, 4}})});
  CHECK(message_of(few.error()).find("has 2 inputs, and was given 1") != std::string::npos);
}

TEST_CASE("graph: printing, as text and for Graphviz") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {1, 3, Dimension::parameter("h", 64), 8}});
  const ValueId y = g.add(same(2), {x, weights(g, "w", {8, 3, 3, 3})}, "conv \"1\"");
  g.output("y", g.map(
                    y, [](Expr v) { return tensor::relu(v); }, "relu"));
  CHECK(std::string(graph::to_string(g)) ==
        "input x : f32[1, 3, h, 8]\n"
        "constant w : f32[8, 3, 3, 3]\n"
        "conv \"1\" : f32[1, 8, (h + 1) / 2, 4] = convolution(x, w) strides=[2, 2] pads=[1, 1, 1, 1]\n"
        "relu : f32[1, 8, (h + 1) / 2, 4] = elementwise(conv \"1\") functions=less,select\n"
        "output y = relu\n");
  REQUIRE(graph::fuse(g).ok());
  CHECK(std::string(graph::to_string(g)).find("epilogue(less,select)") != std::string::npos);
  const std::string dot(graph::to_dot(g));
  CHECK(dot.find("digraph {") == 0);
  CHECK(dot.find("conv \\\"1\\\"") != std::string::npos);
}

TEST_CASE("graph: folding makes constants of what follows from them") {
  Graph g;
  const ValueId a = g.constant("a", {Scalar::F32, {2}}, bytes_of({1, 2}));
  const ValueId b = g.map(
      a, [](Expr v) { return v * 3.0f; }, "b");
  const ValueId x = g.input("x", {Scalar::F32, {2}});
  g.output("y", g.map(
                    b, x, [](Expr u, Expr v) { return u + v; }, "y"));
  const auto folded = graph::fold(g);
  REQUIRE_MESSAGE(folded.ok(), message_of(folded.error()));
  CHECK(*folded == 1);
  CHECK(graph::remove_dead(g) == 1);
  CHECK(g.nodes().size() == 1);
  CHECK(numbers_of(g.value(b).data) == std::vector<float>{3, 6});
  const auto y = run(g, {{"x", {10, 20}}});
  CHECK(y[0] == std::vector<float>{13, 26});
  const auto missing = graph::constant_bytes(g, g.outputs()[0].value);
  CHECK(!missing.ok());
  CHECK(message_of(missing.error()).find("depends on x") != std::string::npos);
}

TEST_CASE("graph: long sums of constants are left to the device") {
  Graph g;
  const std::size_t k = 1 << 13;
  const ValueId a = g.constant("a", {Scalar::F32, {32, k}}, bytes_of(std::vector<float>(32 * k, 1)));
  const ValueId b = g.constant("b", {Scalar::F32, {k, 32}}, bytes_of(std::vector<float>(32 * k, 1)));
  g.output("product", g.add(tensor::MatmulProblem(), {a, b}));
  tensor::ReduceProblem sum;
  sum.axes = {0};
  g.output("sum", g.add(sum, {g.constant("c", {Scalar::F32, {8, 4}}, bytes_of(std::vector<float>(32, 2)))}));
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  const auto folded = graph::fold(g);
  REQUIRE_MESSAGE(folded.ok(), message_of(folded.error()));
  CHECK(*folded == 1);
  CHECK(graph::constant_bytes(g, g.outputs()[0].value, 1u << 16).error().code ==
        airstrip::ErrorCode::LimitExceeded);
}

TEST_CASE("graph: numbers that are given when the program runs are not taken for 0") {
  Graph g;
  const ValueId a = g.constant("a", {Scalar::F32, {4}}, bytes_of({1, 2, 3, 4}));
  tensor::ElementwiseProblem problem;
  tensor::Expression& e = problem.expression;
  e.output("o0", e.input("i0", g.type(a)) * e.parameter("slope", Scalar::F32));
  g.output("y", g.add(problem, {a}, "scaled"));
  tensor::RangeProblem range;
  range.scalar = Scalar::F32;
  range.count = 4;
  range.start = tensor::Number::parameter("first");
  g.output("z", g.add(range, {}, "counted"));
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  const auto run = graph::evaluate(g, {});
  REQUIRE(!run.ok());
  CHECK(run.error().code == airstrip::ErrorCode::MissingBinding);
  CHECK(message_of(run.error()).find("the number slope is given when the program runs") != std::string::npos);
  CHECK(graph::constant_bytes(g, g.outputs()[0].value).error().code == airstrip::ErrorCode::MissingBinding);
  const auto folded = graph::fold(g);
  REQUIRE_MESSAGE(folded.ok(), message_of(folded.error()));
  CHECK(*folded == 0);
  const auto made = graph::compile(g);
  REQUIRE_MESSAGE(made.ok(), message_of(made.error()));
  CHECK(made->parameters().size() == 2);
}

TEST_CASE("graph: no kernel writes a constant that was one of its results") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {Dimension::parameter("h", 8), 4}});
  graph::Sizes sizes;
  sizes.sizes = g.type(x).shape;
  const ValueId shape = g.add(sizes, {});
  const Dimension ones[] = {1, 1};
  // The first part is h, which is not known before it runs; the second is 4.
  const graph::NodeId parts = g.add_operator(
      graph::OwnedOperator(new graph::ProblemOperator<graph::Split>(graph::Split(0, ones))), {&shape, 1});
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  g.output("y", g.cast(g.node(parts).outputs[0], Scalar::F32));
  const auto made = graph::compile(g);
  REQUIRE_MESSAGE(made.ok(), message_of(made.error()));
  for (const auto& dispatch : made->dispatches(made->variants()[0]))
    for (const auto& operand : made->operands(dispatch))
      CHECK(
          !(operand.writes && made->regions()[operand.region].memory == airstrip::program::Memory::Weights));
}

TEST_CASE("graph: a copy is a graph of its own") {
  Graph g;
  const ValueId x = g.input("x", {Scalar::F32, {4}});
  g.output("y", g.map(g.map(x, [](Expr v) { return v + 1.0f; }), [](Expr v) { return v * 2.0f; }));
  Graph copy = g.clone();
  REQUIRE(graph::fuse(copy).ok());
  CHECK(copy.nodes().size() == 1);
  CHECK(g.nodes().size() == 2);
  CHECK(run(g, {{"x", {0, 1, 2, 3}}}) == run(copy, {{"x", {0, 1, 2, 3}}}));
}

TEST_CASE("graph: pictures come from images and go to images") {
  Graph g;
  const ValueId x = g.input_image("picture", {1, 3, Dimension::parameter("h", 8), 6});
  std::mt19937 random(5);
  const std::vector<float> numbers = random_numbers(random, 3 * 3 * 9);
  const ValueId w = g.constant("w", {Scalar::F32, {3, 3, 3, 3}}, bytes_of(numbers));
  const ValueId y = g.map(g.add(same(1), {x, w}), [](Expr v) { return tensor::clip(v, 0.0f, 1.0f); });
  g.output_image("result", y, airstrip::kernel::TexelFormat::Rgba32f);
  REQUIRE_MESSAGE(g.ok(), message_of(g.error()));
  Graph plain;
  const ValueId p = plain.input("picture", {Scalar::F32, {1, 3, Dimension::parameter("h", 8), 6}});
  plain.output(
      "result",
      plain.map(plain.add(same(1), {p, plain.constant("w", {Scalar::F32, {3, 3, 3, 3}}, bytes_of(numbers))}),
                [](Expr v) { return tensor::clip(v, 0.0f, 1.0f); }));
  const Inputs inputs = {{"picture", random_numbers(random, 3 * 5 * 6)}};
  const auto expected = run(plain, inputs, {{"h", 5}});
  CHECK(run(g, inputs, {{"h", 5}}) == expected);
  Graph fused = g.clone();
  graph::FusionOptions options;
  options.max_storage_buffers = 8;
  REQUIRE(graph::fuse(fused, options).ok());
  // The convolution reads the texels itself; whole texels are written by a kernel of their own.
  CHECK(fused.nodes().size() == 2);
  CHECK(run(fused, inputs, {{"h", 5}}) == expected);
  Graph wrong;
  wrong.input_image("five", {1, 5, 4, 4});
  CHECK(message_of(wrong.error()).find("the image five has the shape [1, 5, 4, 4]") != std::string::npos);
}
