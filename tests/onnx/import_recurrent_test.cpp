// Recurrences and attention of versions that ONNX's node tests leave out.
#include "imported.hpp"

#include <doctest/doctest.h>

using namespace test::onnx;

namespace {

constexpr DataType f32 = DataType::Float, f64 = DataType::Double, i64 = DataType::Int64,
                   i32 = DataType::Int32;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

struct Expected {
  std::vector<double> y;
  double h = 0, c = 0;
};

// One sequence of numbers, one unit. `w`, `r`: of the gates; `b`: of the input and the recurrence, added.
Expected lstm(const std::vector<double>& x, int length, bool reverse, const double* w, const double* r,
              const double* b, const double* p) {
  Expected run;
  run.y.assign(x.size(), 0);
  for (int k = 0; k < length; ++k) {
    const int t = reverse ? length - 1 - k : k;
    double g[4];
    for (int i = 0; i < 4; ++i) g[i] = w[i] * x[static_cast<std::size_t>(t)] + r[i] * run.h + b[i];
    const double in = sigmoid(g[0] + p[0] * run.c), forget = sigmoid(g[2] + p[2] * run.c);
    run.c = forget * run.c + in * std::tanh(g[3]);
    run.h = sigmoid(g[1] + p[1] * run.c) * std::tanh(run.c);
    run.y[static_cast<std::size_t>(t)] = run.h;
  }
  return run;
}

}  // namespace

TEST_CASE("import LSTM: both directions, lengths of sequences, peepholes, batches in front") {
  const double w[2][4] = {{0.5, -1, 0.25, 2}, {1, 1, -0.5, 0.5}},
               r[2][4] = {{1, 0.5, -0.25, 1}, {0.5, 2, 1, -1}};
  const double b[2][4] = {{0.1, 0.2, 0.3, 0.4}, {0, 0.5, 0, -0.5}}, p[2][3] = {{0.5, 1, -1}, {1, 0, 0.5}};
  const std::vector<double> x[2] = {{1, -2, 0.5}, {0.25, 3, 7}};
  const int lengths[2] = {3, 2};
  std::vector<double> wv, rv, bv, pv;
  for (int d = 0; d < 2; ++d) {
    for (int i = 0; i < 4; ++i) {
      wv.push_back(w[d][i]);
      rv.push_back(r[d][i]);
      bv.push_back(b[d][i] - 1);
    }
    for (int i = 0; i < 4; ++i) bv.push_back(1);
    for (int i = 0; i < 3; ++i) pv.push_back(p[d][i]);
  }
  std::vector<double> y(12), h, c;
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t d = 0; d < 2; ++d) {
      const Expected run = lstm(x[n], lengths[n], d == 1, w[d], r[d], b[d], p[d]);
      for (std::size_t t = 0; t < 3; ++t) y[n * 6 + t * 2 + d] = run.y[t];
      h.push_back(run.h);
      c.push_back(run.c);
    }
  const Run got = compute({.nodes = {node("LSTM", {"x", "w", "r", "b", "l", "", "", "p"}, {"y", "h", "c"},
                                          {attribute("direction", "bidirectional"),
                                           attribute("hidden_size", 1), attribute("layout", 1)})},
                           .inputs = {{"x", f32, {"n", 3, 1}, {1, -2, 0.5, 0.25, 3, 7}},
                                      {"w", f32, {2, 4, 1}, wv},
                                      {"r", f32, {2, 4, 1}, rv},
                                      {"b", f32, {2, 8}, bv},
                                      {"l", i32, {"n"}, {3, 2}},
                                      {"p", f32, {2, 3}, pv}},
                           .outputs = {"y", "h", "c"},
                           .opset = 14,
                           .sizes = {{"n", 2}}});
  REQUIRE(got.error == "");
  CHECK(got.type(0) == "f32[n, 3, 2, 1]");
  CHECK(are(got.numbers(0), y));
  CHECK(are(got.numbers(1), h));
  CHECK(are(got.numbers(2), c));
}

TEST_CASE("import GRU: linear_before_reset, and initial states") {
  // Gates z, r, h.
  const double w[3] = {0.5, -1, 2}, r[3] = {1, 0.5, -0.5}, wb[3] = {0.1, 0, 0.2}, rb[3] = {0, 0.3, 0.7};
  for (const bool linear : {false, true}) {
    double h = 0.5;
    std::vector<double> y;
    for (const double x : {1.0, -0.5}) {
      const double z = sigmoid(w[0] * x + r[0] * h + wb[0] + rb[0]),
                   reset = sigmoid(w[1] * x + r[1] * h + wb[1] + rb[1]);
      const double n = linear ? std::tanh(w[2] * x + reset * (r[2] * h + rb[2]) + wb[2])
                              : std::tanh(w[2] * x + r[2] * (reset * h) + rb[2] + wb[2]);
      h = (1 - z) * n + z * h;
      y.push_back(h);
    }
    const Run got = compute(
        {.nodes = {node("GRU", {"x", "w", "r", "b", "", "h0"}, {"y"},
                        {attribute("hidden_size", 1), attribute("linear_before_reset", linear ? 1 : 0)})},
         .inputs = {{"x", f32, {2, 1, 1}, {1, -0.5}},
                    {"w", f32, {1, 3, 1}, {w[0], w[1], w[2]}},
                    {"r", f32, {1, 3, 1}, {r[0], r[1], r[2]}},
                    {"b", f32, {1, 6}, {wb[0], wb[1], wb[2], rb[0], rb[1], rb[2]}},
                    {"h0", f32, {1, 1, 1}, {0.5}}},
         .opset = 7});
    REQUIRE(got.error == "");
    CHECK(are(got.numbers(0), y));
  }
}

TEST_CASE("import RNN: activations with numbers, clipping, and what is refused") {
  const auto rnn = [](const std::string& activation, std::vector<Dim> dims, DataType type) {
    return compute(
        {.nodes = {node("RNN", {"x", "w", "r"}, {"y"},
                        {attribute("hidden_size", 1),
                         attribute("activations", std::vector<std::string>{activation}),
                         attribute("activation_alpha", std::vector<float>{2}),
                         attribute("activation_beta", std::vector<float>{1}), attribute("clip", 3.0f),
                         attribute("direction", "reverse")})},
         .inputs = {{"x", type, dims, {5, 1}}, {"w", type, {1, 1, 1}, {1}}, {"r", type, {1, 1, 1}, {-1}}},
         .opset = 14,
         .sizes = {{"t", 2}}});
  };
  // From the end: 2 * 1 + 1, then 5 - 3 within 3, twice and one more.
  const Run got = rnn("affine", {2, 1, 1}, f32);
  REQUIRE(got.error == "");
  CHECK(are(got.numbers(0), {5, 3}));
  CHECK(rnn("Sine", {2, 1, 1}, f32).error.find("its activation Sine is not supported") != std::string::npos);
  CHECK(rnn("Tanh", {"t", 1, 1}, f32).error.find("the length of its sequence is not known") !=
        std::string::npos);
  CHECK(rnn("Tanh", {2, 1, 1}, f64).error.find("which kernels do not compute in f64") != std::string::npos);
}

TEST_CASE("import Attention: open lengths, a cache, a short mask of Booleans, masked rows") {
  // One head of one element: the scores are q k. Keys 1 and 2 of the past, 3 and 4 now; the queries are 2nd and 3rd in line.
  const Run got = compute({.nodes = {node("Attention", {"q", "k", "v", "", "pk", "pv"}, {"y", "k2", "v2"},
                                          {attribute("is_causal", 1), attribute("scale", 1.0f)})},
                           .inputs = {{"q", f32, {1, 1, "s", 1}, {0, 0}},
                                      {"k", f32, {1, 1, "s", 1}, {3, 4}},
                                      {"v", f32, {1, 1, "s", 1}, {30, 40}},
                                      {"pk", f32, {1, 1, "p", 1}, {1, 2}},
                                      {"pv", f32, {1, 1, "p", 1}, {10, 20}}},
                           .outputs = {"y", "k2"},
                           .opset = 24,
                           .sizes = {{"s", 2}, {"p", 2}}});
  REQUIRE(got.error == "");
  CHECK(are(got.numbers(0), {20, 25}));
  CHECK(are(got.numbers(1), {1, 2, 3, 4}));
  const Run masked = compute({.nodes = {node("Attention", {"q", "k", "v", "m"}, {"y"})},
                              .inputs = {{"q", f32, {1, 2, 2, 1}, {0, 0, 0, 0}},
                                         {"k", f32, {1, 1, 3, 1}, {1, 2, 3}},
                                         {"v", f32, {1, 1, 3, 1}, {10, 20, 60}},
                                         {"m", DataType::Boolean, {2, 2}, {1, 1, 0, 0}}},
                              .opset = 23});
  REQUIRE(masked.error == "");
  CHECK(are(masked.numbers(0), {15, 0, 15, 0}));
}

TEST_CASE("import Attention: padded keys and a window, of 24 and 25") {
  const Run got = compute({.nodes = {node("Attention", {"q", "k", "v", "", "", "", "l"}, {"y"},
                                          {attribute("left_window_size", 1)})},
                           .inputs = {{"q", f32, {2, 1, 1, 1}, {0, 0}},
                                      {"k", f32, {2, 1, 3, 1}, {1, 2, 3, 1, 2, 3}},
                                      {"v", f32, {2, 1, 3, 1}, {10, 20, 60, 10, 20, 60}},
                                      {"l", i64, {2}, {2, 3}}},
                           .opset = 25});
  // The query is the last of the keys that there are, and looks at one before it.
  REQUIRE(got.error == "");
  CHECK(are(got.numbers(0), {15, 40}));
}

TEST_CASE("import Attention: values of another type, and a mask of one axis") {
  const Run got = compute({.nodes = {node("Cast", {"v"}, {"v16"}, {attribute("to", 10)}),
                                     node("Attention", {"q", "k", "v16", "m"}, {"y"})},
                           .inputs = {{"q", f32, {1, 1, 1, 1}, {0}},
                                      {"k", f32, {1, 1, 3, 1}, {1, 2, 3}},
                                      {"v", f32, {1, 1, 3, 1}, {10, 20, 60}},
                                      {"m", DataType::Boolean, {3}, {1, 1, 0}}},
                           .opset = 23});
  REQUIRE(got.error == "");
  CHECK(got.type(0) == "f32[1, 1, 1, 1]");
  CHECK(are(got.numbers(0), {15}, 1e-3));
}

TEST_CASE("import Attention: what contradicts itself, or is none of its versions', is refused") {
  const std::vector<Given> inputs = {{"q", f32, {1, 1, 1, 1}, {0}},
                                     {"k", f32, {1, 1, 2, 1}, {1, 2}},
                                     {"v", f32, {1, 1, 2, 1}, {1, 2}},
                                     {"p", f32, {1, 1, 1, 1}, {1}},
                                     {"l", i64, {1}, {2}},
                                     {"m", f32, {}, {0}},
                                     {"short", i32, {1}, {0}}};
  const auto refusal = [&](const std::vector<std::string>& operands, const std::vector<Message>& attributes,
                           std::int64_t opset) {
    std::vector<Given> used;
    for (const Given& g : inputs)
      for (const std::string& name : operands)
        if (g.name == name && (used.empty() || used.back().name != name)) used.push_back(g);
    return compute(
               {.nodes = {node("Attention", operands, {"y"}, attributes)}, .inputs = used, .opset = opset})
        .error;
  };
  const auto says = [](const std::string& error, const char* part) {
    INFO(error);
    return error.find(part) != std::string::npos;
  };
  CHECK(refusal({"q", "k", "v"}, {attribute("q_num_heads", 1)}, 24) == "");
  CHECK(says(refusal({"q", "k", "v"}, {attribute("q_num_heads", 2)}, 24), "q_num_heads is not the number"));
  CHECK(says(refusal({"q", "k", "v"}, {attribute("qk_matmul_output_mode", 4)}, 24),
             "qk_matmul_output_mode is not from 0 to 3"));
  CHECK(says(refusal({"q", "k", "v"}, {attribute("left_window_size", -2)}, 25), "fewer than no keys"));
  CHECK(says(refusal({"q", "k", "v", "", "", "", "l"}, {}, 23), "its input l is none that operator set 23"));
  CHECK(says(refusal({"q", "k", "v", "", "p", "p", "l"}, {}, 24), "and there are past keys"));
  CHECK(says(refusal({"q", "k", "v", "m"}, {}, 24), "attn_mask of Attention has one to four axes"));
  CHECK(says(refusal({"q", "k", "v", "short"}, {}, 24), "integers have no infinity"));
  CHECK(says(refusal({"q", "k", "v"}, {attribute("softmax_precision", (std::int64_t{1} << 32) + 1)}, 24),
             "its softmax_precision is none of"));
}

TEST_CASE("import FlexAttention: what changes scores is a graph, and leaves their type") {
  GraphParts body;
  body.inputs = {value_info("s", tensor_type(f32))};
  body.outputs = {value_info("t", tensor_type(f32))};
  const auto refusal = [](const Message& modification) {
    return compute(
               {.nodes = {node("FlexAttention", {"q", "k", "k"}, {"y"}, {modification}, "ai.onnx.preview")},
                .inputs = {{"q", f32, {1, 1, 1, 1}, {0}}, {"k", f32, {1, 1, 2, 1}, {1, 3}}},
                .opset = 26,
                .domain = "ai.onnx.preview"})
        .error;
  };
  body.nodes = {node("Neg", {"s"}, {"t"})};
  CHECK(refusal(graph_attribute("score_mod", graph(body))) == "");
  body.nodes = {node("Cast", {"s"}, {"t"}, {attribute("to", 10)})};
  CHECK(refusal(graph_attribute("score_mod", graph(body))).find("its score_mod is not supported") !=
        std::string::npos);
  CHECK(refusal(attribute("prob_mod", 1)).find("its attribute prob_mod is of the type") != std::string::npos);
}

TEST_CASE("import RotaryEmbedding: caches and sizes that do not fit") {
  const auto refusal = [](const std::vector<Dim>& cache, int part) {
    const Given angles = {"c", f32, cache, {1, 1}};
    return compute({.nodes = {node("RotaryEmbedding", {"x", "c", "c"}, {"y"},
                                   {attribute("rotary_embedding_dim", part)})},
                    .inputs = {{"x", f32, {1, 1, 2, 2}, {1, 2, 3, 4}}, angles},
                    .opset = 23})
        .error;
  };
  CHECK(refusal({1, 2, 1}, 2) == "");
  CHECK(refusal({2, 1}, 2).find("a cache of RotaryEmbedding") != std::string::npos);
  CHECK(refusal({1, 1, 2}, 2).find("a cache of RotaryEmbedding") != std::string::npos);
  CHECK(refusal({1, 2, 1}, -2).find("rotary_embedding_dim is negative") != std::string::npos);
  CHECK(refusal({1, 1, 2}, 4).find("more than the size of a head") != std::string::npos);
}

TEST_CASE("import recurrences: weights that do not have the gates, and a hidden_size of others") {
  const auto refusal = [](const std::vector<Dim>& w, const std::vector<Dim>& r, const std::vector<Dim>& b,
                          const Message& attribute_) {
    const auto numbers = [](const std::vector<Dim>& dims) {
      std::size_t count = 1;
      for (const Dim& d : dims) count *= static_cast<std::size_t>(d.value);
      return std::vector<double>(count, 1);
    };
    return compute({.nodes = {node("GRU", {"x", "w", "r", "b"}, {"y"}, {attribute_})},
                    .inputs = {{"x", f32, {2, 1, 1}, {1, 2}},
                               {"w", f32, w, numbers(w)},
                               {"r", f32, r, numbers(r)},
                               {"b", f32, b, numbers(b)}},
                    .opset = 14})
        .error;
  };
  const Message size = attribute("hidden_size", 2);
  CHECK(refusal({1, 6, 1}, {1, 6, 2}, {1, 12}, size) == "");
  CHECK(refusal({1, 1, 1}, {1, 6, 2}, {1, 12}, size).find("the rows of all gates") != std::string::npos);
  CHECK(refusal({1, 6, 1}, {1, 3, 2}, {1, 12}, size).find("the rows of all gates") != std::string::npos);
  CHECK(refusal({1, 6, 1}, {1, 6, 2}, {1, 6}, size).find("B is not [directions,") != std::string::npos);
  CHECK(refusal({1, 6, 1}, {1, 6, 2}, {1, 12}, attribute("hidden_size", 3)).find("hidden_size is not the") !=
        std::string::npos);
  CHECK(refusal({1, 6, 1}, {1, 6, 2}, {1, 12}, attribute("clip", -1.0f)).find("clip is negative") !=
        std::string::npos);
}

TEST_CASE("import recurrences: every step counts as a node of the model") {
  GraphParts parts;
  const std::int64_t steps = 100;
  parts.inputs = {value_info("x", tensor_type(f32, {steps, 1, 1})),
                  value_info("w", tensor_type(f32, {1, 1, 1})), value_info("r", tensor_type(f32, {1, 1, 1}))};
  parts.nodes = {node("RNN", {"x", "w", "r"}, {"y"}, {attribute("hidden_size", 1)})};
  parts.outputs = {value_info("y", tensor_type(f32))};
  const std::string file = model(graph(parts), {{"", 14}});
  const auto read = airstrip::onnx::read_model(bytes_of(file));
  REQUIRE(read.ok());
  airstrip::onnx::ImportOptions options;
  for (const std::uint32_t most : {100u, 101u}) {
    options.max_nodes = most;
    const auto imported = airstrip::onnx::import_model(*read, options);
    CHECK(imported.ok() == (most == 101));
    if (!imported.ok()) CHECK(imported.error().code == airstrip::ErrorCode::LimitExceeded);
  }
}
