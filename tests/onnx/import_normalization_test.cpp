// Normalisation, softmax and pooling of versions that ONNX's node tests leave out.
#include "imported.hpp"

#include <doctest/doctest.h>

using namespace test::onnx;

namespace {

constexpr DataType f32 = DataType::Float, f64 = DataType::Double, i8 = DataType::Int8, i64 = DataType::Int64;

std::vector<Given> statistics(DataType type, std::vector<Dim> dims, std::vector<double> x) {
  return {{"x", type, dims, x},
          {"s", type, {2}, {2, 1}},
          {"b", type, {2}, {0, 10}},
          {"m", type, {2}, {1, 2}},
          {"v", type, {2}, {3, 0}}};
}

}  // namespace

TEST_CASE("import BatchNormalization: 7 to 15, of an open size, of f64, and what is refused") {
  const std::vector<double> x = {1, 3, 2, 5}, expected = {0, 2, 10, 13};
  for (const std::int64_t opset : {7, 9, 14, 15}) {
    const Run c = compute({.nodes = {node("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y"},
                                          {attribute("epsilon", 1.0f)})},
                           .inputs = statistics(f64, {1, 2, "n"}, x),
                           .opset = opset,
                           .sizes = {{"n", 2}}});
    REQUIRE(c.error == "");
    CHECK(c.type(0) == "f64[1, 2, n]");
    CHECK(are(c.numbers(0), expected));
  }
  const Run spatial = compute(
      {.nodes = {node("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y"}, {attribute("spatial", 0)})},
       .inputs = statistics(f32, {1, 2, 2}, x),
       .opset = 7});
  CHECK(spatial.error.find("its statistics are of each activation") != std::string::npos);
  const Run training = compute({.nodes = {node("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y", "m2"})},
                                .inputs = statistics(f32, {1, 2, 2}, x),
                                .opset = 9});
  CHECK(training.error.find("it has outputs of training") != std::string::npos);
  // Mean and variance of the batch itself: 2 and 1, 3.5 and 2.25.
  const Run trained =
      compute({.nodes = {node("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y", "m2", "v2"},
                              {attribute("training_mode", 1), attribute("momentum", 0.75f),
                               attribute("epsilon", 0.0f)})},
               .inputs = statistics(f32, {1, 2, 2}, x),
               .outputs = {"y", "m2", "v2"},
               .opset = 14});
  REQUIRE(trained.error == "");
  CHECK(are(trained.numbers(0), {-2, 2, 9, 11}));
  CHECK(are(trained.numbers(1), {1.25, 2.375}));
  CHECK(are(trained.numbers(2), {2.5, 0.5625}));
}

TEST_CASE("import GroupNormalization: scales of groups before 21, of channels since") {
  const std::vector<double> x = {1, 3, 1, 3, 0, 4, 0, 4};
  const Run of_groups =
      compute({.nodes = {node("GroupNormalization", {"x", "s", "b"}, {"y"},
                              {attribute("num_groups", 2), attribute("epsilon", 0.0f)})},
               .inputs = {{"x", f32, {1, 4, 2}, x}, {"s", f32, {2}, {1, 10}}, {"b", f32, {2}, {0, 5}}},
               .opset = 18});
  REQUIRE(of_groups.error == "");
  CHECK(are(of_groups.numbers(0), {-1, 1, -1, 1, -5, 15, -5, 15}));
  const Run of_channels = compute(
      {.nodes = {node("GroupNormalization", {"x", "s", "b"}, {"y"},
                      {attribute("num_groups", 2), attribute("epsilon", 0.0f)})},
       .inputs = {{"x", f32, {1, 4, 2}, x}, {"s", f32, {4}, {1, 2, 3, 4}}, {"b", f32, {4}, {0, 0, 0, 1}}},
       .opset = 21});
  REQUIRE(of_channels.error == "");
  CHECK(are(of_channels.numbers(0), {-1, 1, -2, 2, -3, 3, -3, 5}));
}

TEST_CASE("import LayerNormalization: a scale that is broadcast, no bias, statistics as f32") {
  const Run c =
      compute({.nodes = {node("LayerNormalization", {"x", "s"}, {"y", "mean", "inverse"},
                              {attribute("axis", 1), attribute("epsilon", 0.0f)})},
               .inputs = {{"x", f64, {"n", 2, 2}, {1, 1, 3, 3, 2, 2, 2, 6}}, {"s", f64, {2, 1}, {2, 1}}},
               .outputs = {"y", "mean", "inverse"},
               .opset = 17,
               .sizes = {{"n", 2}}});
  REQUIRE(c.error == "");
  const double r = 1 / std::sqrt(3.0);
  CHECK(c.type(1) == "f32[n, 1, 1]");
  CHECK(are(c.numbers(0), {-2, -2, 1, 1, -2 * r, -2 * r, -r, 3 * r}));
  CHECK(are(c.numbers(1), {2, 3}));
  CHECK(are(c.numbers(2), {1, r}));
}

TEST_CASE("import LayerNormalization: a scale with more elements than x, a stash_type past 32 bits") {
  const Run larger = compute({.nodes = {node("LayerNormalization", {"x", "s"}, {"y"})},
                              .inputs = {{"x", f32, {1, 2}, {1, 3}}, {"s", f32, {3, 2}, {1, 1, 1, 1, 1, 1}}},
                              .opset = 17});
  CHECK(larger.error.find("do not broadcast to the shape of the result") != std::string::npos);
  const Run stash = compute({.nodes = {node("LayerNormalization", {"x", "s"}, {"y", "m"},
                                            {attribute("stash_type", (std::int64_t{1} << 32) + 1)})},
                             .inputs = {{"x", f32, {1, 2}, {1, 3}}, {"s", f32, {2}, {1, 1}}},
                             .outputs = {"y", "m"},
                             .opset = 17});
  CHECK(stash.error.find("its stash_type is none") != std::string::npos);
}

TEST_CASE("import normalisations: a scale or a bias of another number of channels") {
  const std::vector<Given> inputs = {{"x", f32, {1, 2, 2}, {1, 2, 3, 4}},
                                     {"one", f32, {1}, {1}},
                                     {"two", f32, {2}, {1, 1}},
                                     {"narrow", f32, {1, 1, 2}, {1, 2}}};
  const auto refusal = [&](const Message& n) {
    return compute({.nodes = {n}, .inputs = inputs, .opset = 21}).error;
  };
  const Message groups = attribute("num_groups", 1);
  CHECK(refusal(node("InstanceNormalization", {"x", "two", "two"}, {"y"})) == "");
  CHECK(refusal(node("GroupNormalization", {"x", "two", "two"}, {"y"}, {groups})) == "");
  for (const Message& n : {node("InstanceNormalization", {"x", "two", "one"}, {"y"}),
                           node("InstanceNormalization", {"x", "one", "two"}, {"y"}),
                           node("GroupNormalization", {"x", "two", "one"}, {"y"}, {groups})})
    CHECK(refusal(n).find("has not one number for each channel") != std::string::npos);
  CHECK(refusal(node("BatchNormalization", {"narrow", "two", "two", "two", "two"}, {"y"}))
            .find("do not broadcast to the shape of the result") != std::string::npos);
}

TEST_CASE("import RMSNormalization: it has one output and no bias") {
  const std::vector<Given> inputs = {
      {"x", f32, {1, 2}, {3, 4}}, {"s", f32, {2}, {1, 1}}, {"b", f32, {2}, {1, 1}}};
  const Run outputs = compute({.nodes = {node("RMSNormalization", {"x", "s"}, {"y", "m", "i"})},
                               .inputs = inputs,
                               .outputs = {"y", "m", "i"},
                               .opset = 23});
  CHECK(outputs.error.find("its output m is not supported") != std::string::npos);
  const Run bias =
      compute({.nodes = {node("RMSNormalization", {"x", "s", "b"}, {"y"})}, .inputs = inputs, .opset = 23});
  CHECK(bias.error.find("RMSNormalization has two inputs, and no bias") != std::string::npos);
}

TEST_CASE("import LpNormalization: an axis past 32 bits is none of x's") {
  for (const std::int64_t axis : {std::int64_t{1} << 32, std::int64_t{2}, std::int64_t{-3}}) {
    const Run wrong = compute({.nodes = {node("LpNormalization", {"x"}, {"y"}, {attribute("axis", axis)})},
                               .inputs = {{"x", f32, {1, 2}, {3, 4}}}});
    CHECK(wrong.error.find("its axis is none of x's") != std::string::npos);
  }
  const Run first = compute({.nodes = {node("LpNormalization", {"x"}, {"y"}, {attribute("axis", -2)})},
                             .inputs = {{"x", f32, {2, 1}, {3, 4}}}});
  REQUIRE(first.error == "");
  CHECK(are(first.numbers(0), {0.6, 0.8}));
}

TEST_CASE("import Softmax and Hardmax: all axes from one on before 13") {
  const double e = std::exp(1.0), sum = 2 + 2 * e;
  const Run flat = compute({.nodes = {node("Softmax", {"x"}, {"y"})},
                            .inputs = {{"x", f32, {1, 2, 2}, {0, 1, 0, 1}}},
                            .opset = 11});
  REQUIRE(flat.error == "");
  CHECK(are(flat.numbers(0), {1 / sum, e / sum, 1 / sum, e / sum}));
  const Run last = compute({.nodes = {node("LogSoftmax", {"x"}, {"y"})},
                            .inputs = {{"x", f32, {1, 2, 2}, {0, 1, 0, 1}}},
                            .opset = 13});
  REQUIRE(last.error == "");
  CHECK(are(last.numbers(0), {-std::log(1 + e), 1 - std::log(1 + e), -std::log(1 + e), 1 - std::log(1 + e)}));
  const Run hard = compute({.nodes = {node("Hardmax", {"x"}, {"y"})},
                            .inputs = {{"x", f64, {"n", 2, 2}, {1, 5, 5, 0, 0, 0, 0, 0}}},
                            .opset = 7,
                            .sizes = {{"n", 2}}});
  REQUIRE(hard.error == "");
  CHECK(are(hard.numbers(0), {0, 1, 0, 0, 1, 0, 0, 0}));
  const Run refused =
      compute({.nodes = {node("Softmax", {"x"}, {"y"})}, .inputs = {{"x", f64, {2}, {0, 1}}}, .opset = 13});
  CHECK(refused.error.find("which kernels do not compute in f64") != std::string::npos);
}

TEST_CASE("import pooling: bytes, any number of axes, what does not fit") {
  const Run bytes =
      compute({.nodes = {node("MaxPool", {"x"}, {"y", "i"},
                              {attribute("kernel_shape", Integers{2}), attribute("strides", Integers{2})})},
               .inputs = {{"x", i8, {1, 2, "n"}, {-5, -3, 7, 1, 0, 9, -128, -127}}},
               .outputs = {"y", "i"},
               .opset = 12,
               .sizes = {{"n", 4}}});
  REQUIRE(bytes.error == "");
  CHECK(bytes.type(1).substr(0, 3) == "i64");
  CHECK(are(bytes.numbers(0), {-3, 7, 9, -127}));
  CHECK(are(bytes.numbers(1), {1, 2, 5, 7}));
  const Run global = compute({.nodes = {node("GlobalAveragePool", {"x"}, {"y"})},
                              .inputs = {{"x", f32, {1, 1, 1, 2, 1, 2}, {1, 2, 3, 6}}}});
  REQUIRE(global.error == "");
  CHECK(global.type(0) == "f32[1, 1, 1, 1, 1, 1]");
  CHECK(are(global.numbers(0), {3}));
  const Run norm =
      compute({.nodes = {node("GlobalLpPool", {"x"}, {"y"})}, .inputs = {{"x", f32, {1, 1, 2}, {3, 4}}}});
  REQUIRE(norm.error == "");
  CHECK(are(norm.numbers(0), {5}));
  const Run wrong =
      compute({.nodes = {node("AveragePool", {"x"}, {"y"}, {attribute("kernel_shape", Integers{2, 2})})},
               .inputs = {{"x", f32, {1, 1, 4}, {1, 2, 3, 4}}}});
  CHECK(wrong.error.find("another number of values than x has spatial axes") != std::string::npos);
}

TEST_CASE("import MaxUnpool: the inverse of a pooling, of two channels") {
  const Run c =
      compute({.nodes = {node("MaxUnpool", {"x", "i"}, {"y"},
                              {attribute("kernel_shape", Integers{2}), attribute("strides", Integers{2})})},
               .inputs = {{"x", f32, {1, 2, 2}, {-3, 7, 9, -1}}, {"i", i64, {1, 2, 2}, {1, 2, 5, 7}}}});
  REQUIRE(c.error == "");
  CHECK(are(c.numbers(0), {0, -3, 7, 0, 0, 9, 0, -1}));
}

TEST_CASE("import MaxUnpool: places in another channel, and sizes that overflow") {
  // The second channel's element belongs to the first, which does not become the second's own last.
  const Run c =
      compute({.nodes = {node("MaxUnpool", {"x", "i"}, {"y"},
                              {attribute("kernel_shape", Integers{2}), attribute("strides", Integers{2})})},
               .inputs = {{"x", f32, {1, 2, 1}, {5, 7}}, {"i", i64, {1, 2, 1}, {0, 1}}}});
  REQUIRE(c.error == "");
  CHECK(are(c.numbers(0), {5, 0, 0, 0}));
  const auto refusal = [](const Integers& kernel, const Integers& strides) {
    return compute(
               {.nodes = {node("MaxUnpool", {"x", "i"}, {"y"},
                               {attribute("kernel_shape", kernel), attribute("strides", strides)})},
                .inputs = {{"x", f32, {1, 1, 2, 2}, {1, 2, 3, 4}}, {"i", i64, {1, 1, 2, 2}, {0, 1, 2, 3}}}})
        .error;
  };
  CHECK(refusal({1, 1}, {std::int64_t{1} << 62, 4}).find("negative or past 2^24 - 1") != std::string::npos);
  CHECK(refusal({1, 1}, {1 << 20, 1 << 20}).find("more than 2^31 - 1 elements") != std::string::npos);
}
