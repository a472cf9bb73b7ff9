// Constants, ranges and windows; losses.
#include "imported.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace test::onnx;
using airstrip::ErrorCode;

namespace {

Run constant(const Message& value, std::int64_t opset = 13) {
  return compute({node("Constant", {}, {"y"}, {value})}, {}, {"y"}, opset);
}
const std::vector<Message> shape_of_x = {node("Shape", {"x"}, {"shape"}), node("Squeeze", {"shape"}, {"n"})};

}  // namespace

TEST_CASE("Constant: all its attributes") {
  CHECK(constant(attribute("value_float", 1.5f)).values<float>("y") == Floats{1.5f});
  CHECK(constant(attribute("value_float", 1.5f)).dims("y").empty());
  CHECK(constant(attribute("value_int", 7)).values<std::int64_t>("y") == Integers{7});
  CHECK(constant(attribute("value_floats", Floats{1, 2})).values<float>("y") == Floats{1, 2});
  CHECK(constant(attribute("value_ints", Integers{3, 4})).values<std::int64_t>("y") == Integers{3, 4});
  CHECK(constant(attribute("value_string", "a")).reason() == "its value is text");
  CHECK(constant(tensor_attribute("value", tensor("", {2}, Floats{5, 6})), 7).values<float>("y") ==
        Floats{5, 6});
  CHECK(compute({node("Constant", {}, {"y"})}, {}, {"y"}, 13).reason() == "it has no value");
  const auto sparse = [](const std::vector<std::int64_t>& dims, const Integers& indices) {
    return constant(sparse_tensor_attribute("sparse_value", sparse_tensor(tensor("", {2}, Floats{8, 9}),
                                                                          tensor("", dims, indices), {2, 3})),
                    11);
  };
  CHECK(sparse({2}, {1, 5}).values<float>("y") == Floats{0, 8, 0, 0, 0, 9});
  CHECK(sparse({2, 2}, {0, 2, 1, 0}).values<float>("y") == Floats{0, 0, 8, 9, 0, 0});
  CHECK(sparse({2}, {1, 6}).reason() == "an index of its sparse tensor is outside of it");
}

TEST_CASE("ConstantOfShape: numbers that no double holds, and no axes") {
  const std::int64_t large = (std::int64_t{1} << 62) + 1;
  CHECK(compute({node("ConstantOfShape", {"s"}, {"y"},
                      {tensor_attribute("value", tensor("", {1}, Integers{large}))})},
                {initializer<std::int64_t>("s", {1}, {2})}, {"y"}, 9)
            .values<std::int64_t>("y") == Integers{large, large});
  const Run scalar =
      compute({node("ConstantOfShape", {"s"}, {"y"})}, {initializer<std::int64_t>("s", {0}, {})}, {"y"}, 9);
  CHECK(scalar.values<float>("y") == Floats{0});
  CHECK(scalar.dims("y").empty());
  const Run open =
      compute({node("ConstantOfShape", {"s"}, {"y"})}, {given<std::int64_t>("s", {1}, {2})}, {"y"}, 9);
  CHECK(open.code == ErrorCode::NotTranslatable);
}

TEST_CASE("Range: literals, floats, and sizes of run time") {
  const auto range = node("Range", {"a", "b", "c"}, {"y"});
  const auto of = [&](std::int64_t a, std::int64_t b, std::int64_t c) {
    return compute({range},
                   {initializer<std::int64_t>("a", {}, {a}), initializer<std::int64_t>("b", {}, {b}),
                    initializer<std::int64_t>("c", {}, {c})},
                   {"y"}, 11);
  };
  CHECK(of(10, 4, -2).values<std::int64_t>("y") == Integers{10, 8, 6});
  CHECK(of(0, -1, 1).dims("y") == Integers{0});
  CHECK(of(0, 1, 0).reason() == "its delta is 0, or is not known");
  CHECK(compute({range},
                {initializer<float>("a", {}, {1}), initializer<float>("b", {}, {2}),
                 initializer<float>("c", {}, {0.25f})},
                {"y"}, 11)
            .values<float>("y") == Floats{1, 1.25f, 1.5f, 1.75f});
  std::vector<Message> nodes = shape_of_x;
  nodes.push_back(node("Mul", {"n", "two"}, {"end"}));
  nodes.push_back(node("Range", {"n", "end", "two"}, {"y"}));
  nodes.push_back(node("Range", {"one", "n", "one"}, {"z"}));
  const Run run =
      compute(nodes,
              {given<float>("x", {"n"}, {5}, Floats(5)), initializer<std::int64_t>("two", {}, {2}),
               initializer<std::int64_t>("one", {}, {1})},
              {"y", "z"}, 13);
  CHECK(run.error == "");
  CHECK(run.values<std::int64_t>("y") == Integers{5, 7, 9});
  CHECK(run.values<std::int64_t>("z") == Integers{1, 2, 3, 4});
}

TEST_CASE("OneHot: negative indices count from the end since operator set 11") {
  const auto of = [](std::int64_t opset) {
    return compute({node("OneHot", {"i", "d", "v"}, {"y"})},
                   {given<std::int32_t>("i", {2}, std::vector<std::int32_t>{-1, 1}),
                    initializer<float>("d", {1}, {3}), given<float>("v", {2}, Floats{0, 5})},
                   {"y"}, opset);
  };
  CHECK(of(9).values<float>("y") == Floats{0, 0, 0, 0, 5, 0});
  CHECK(of(11).values<float>("y") == Floats{0, 0, 5, 0, 5, 0});
  CHECK(of(11).dims("y") == Integers{2, 3});
}

TEST_CASE("EyeLike and Trilu") {
  CHECK(compute({node("EyeLike", {"x"}, {"y"}, {attribute("k", 1), attribute("dtype", 7)})},
                {given<float>("x", {"n", 3}, {2, 3}, Floats(6))}, {"y"}, 9)
            .values<std::int64_t>("y") == Integers{0, 1, 0, 0, 0, 1});
  CHECK(compute({node("EyeLike", {"x"}, {"y"})}, {given<float>("x", {2}, Floats(2))}, {"y"}).reason() ==
        "its input is no matrix");
  const auto x = given<std::int64_t>("x", {1, "n", 3}, {1, 2, 3}, {1, 2, 3, 4, 5, 6});
  // The diagonal is known, or is one of run time.
  for (const bool known : {true, false})
    for (const std::int64_t k : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, std::int64_t{9}})
      for (const bool upper : {true, false}) {
        Given diagonal = given<std::int64_t>("k", {}, {k});
        diagonal.is_initializer = known;
        const Run run = compute({node("Trilu", {"x", "k"}, {"y"}, {attribute("upper", upper ? 1 : 0)})},
                                {x, diagonal}, {"y"}, 14);
        CHECK(run.error == "");
        Integers expected;
        for (std::int64_t r = 0; r < 2; ++r)
          for (std::int64_t c = 0; c < 3; ++c)
            expected.push_back((upper ? c - r >= k : c - r <= k) ? 3 * r + c + 1 : 0);
        CHECK(run.values<std::int64_t>("y") == expected);
      }
}

TEST_CASE("Windows: symmetric, of one element, and of a half type") {
  const auto of = [](const char* op, std::int64_t size, const std::vector<Message>& attributes) {
    return compute({node(op, {"n"}, {"y"}, attributes)}, {initializer<std::int64_t>("n", {}, {size})}, {"y"},
                   17);
  };
  const auto hann = of("HannWindow", 5, {attribute("periodic", 0)}).values<float>("y");
  REQUIRE(hann.size() == 5);
  CHECK(hann[1] == doctest::Approx(0.5));
  CHECK(hann[2] == doctest::Approx(1));
  CHECK(of("HammingWindow", 1, {attribute("periodic", 0)}).values<float>("y") == Floats{1});
  CHECK(of("BlackmanWindow", 4, {attribute("output_datatype", 10)}).numbers("y")[2] ==
        doctest::Approx(1).epsilon(1e-3));
  CHECK(of("HannWindow", 4, {attribute("output_datatype", 11)}).reason() == "there are no cosines in f64");
}

namespace {

struct Sample {
  std::vector<double> scores;  // [2, 3, 2]
  Integers labels;             // [2, 2]
  std::vector<double> weights;
};
const Sample sample = {{1, 2, 0.5, -1, 3, 0, 2, 2, -2, 1, 0.25, 4}, {2, 0, 1, 2}, {0.5, 2, 1}};

// By plain loops: the loss of log-probabilities, or of scores.
double expected_loss(bool of_scores, bool weighted, std::int64_t ignored, const std::string& reduction) {
  double total = 0, all = 0;
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t d = 0; d < 2; ++d) {
      const std::int64_t label = sample.labels[n * 2 + d];
      if (label == ignored) continue;
      const auto score = [&](std::size_t c) { return sample.scores[(n * 3 + c) * 2 + d]; };
      double sum = 0;
      for (std::size_t c = 0; c < 3; ++c) sum += std::exp(score(c));
      const std::size_t c = static_cast<std::size_t>(label);
      const double w = weighted ? sample.weights[c] : 1;
      total -= w * (of_scores ? score(c) - std::log(sum) : score(c));
      all += w;
    }
  return reduction == "sum" ? total : total / all;
}

template <class T>
std::vector<T> as(const std::vector<double>& values) {
  std::vector<T> all;
  for (const double v : values) all.push_back(static_cast<T>(v));
  return all;
}

}  // namespace

TEST_CASE("Losses: reductions, weights, labels that are ignored") {
  const auto labels = given<std::int64_t>("t", {"n", 2}, {2, 2}, sample.labels);
  for (const bool of_scores : {false, true})
    for (const bool weighted : {false, true})
      for (const std::int64_t ignored : {std::int64_t{-1}, std::int64_t{2}})
        for (const std::string reduction : {"mean", "sum"}) {
          CAPTURE(of_scores);
          CAPTURE(weighted);
          CAPTURE(ignored);
          CAPTURE(reduction);
          std::vector<std::string> names = {"x", "t"};
          if (weighted) names.push_back("w");
          std::vector<Message> attributes = {attribute("reduction", reduction)};
          if (ignored >= 0) attributes.push_back(attribute("ignore_index", ignored));
          const char* const op = of_scores ? "SoftmaxCrossEntropyLoss" : "NegativeLogLikelihoodLoss";
          const double expected = expected_loss(of_scores, weighted, ignored, reduction);
          const Run run = compute({node(op, names, {"y"}, attributes)},
                                  {given<float>("x", {"n", 3, 2}, {2, 3, 2}, as<float>(sample.scores)),
                                   labels, given<float>("w", {3}, as<float>(sample.weights))},
                                  {"y"}, 13);
          CHECK(run.error == "");
          CHECK(run.dims("y").empty());
          REQUIRE(run.numbers("y").size() == 1);
          CHECK(run.numbers("y")[0] == doctest::Approx(expected).epsilon(1e-5));
          const Run half = compute(
              {node(op, names, {"y"}, attributes)},
              {halves("x", {2, 3, 2}, sample.scores), labels, halves("w", {3}, sample.weights)}, {"y"}, 13);
          CHECK(half.error == "");
          REQUIRE(half.numbers("y").size() == 1);
          CHECK(half.numbers("y")[0] == doctest::Approx(expected).epsilon(4e-3));
          if (of_scores) continue;
          const Run wide = compute(
              {node(op, names, {"y"}, attributes)},
              {given<double>("x", {2, 3, 2}, sample.scores), labels, given<double>("w", {3}, sample.weights)},
              {"y"}, 13);
          REQUIRE(wide.numbers("y").size() == 1);
          CHECK(wide.numbers("y")[0] == doctest::Approx(expected).epsilon(1e-12));
        }
  // Without a reduction the loss has the labels' shape; labels of 32 bits, and one that is ignored and no class.
  const Run none = compute({node("NegativeLogLikelihoodLoss", {"x", "t"}, {"y"},
                                 {attribute("reduction", "none"), attribute("ignore_index", -100)})},
                           {given<float>("x", {2, 2}, Floats{1, 2, 3, 4}),
                            given<std::int32_t>("t", {2}, std::vector<std::int32_t>{1, -100})},
                           {"y"}, 12);
  CHECK(none.error == "");
  CHECK(none.values<float>("y") == Floats{-2, 0});
  // An infinity of what is ignored is not seen; that of a weight of 0 is.
  const float inf = std::numeric_limits<float>::infinity();
  const Run infinite =
      compute({node("NegativeLogLikelihoodLoss", {"x", "t", "w"}, {"y"},
                    {attribute("reduction", "none"), attribute("ignore_index", 0)})},
              {given<float>("x", {2, 2}, Floats{-inf, 2, 3, -inf}),
               given<std::int64_t>("t", {2}, Integers{0, 1}), given<float>("w", {2}, Floats{1, 0})},
              {"y"}, 12);
  REQUIRE(infinite.values<float>("y").size() == 2);
  CHECK(infinite.values<float>("y")[0] == 0);
  CHECK(std::isnan(infinite.values<float>("y")[1]));
  CHECK(compute({node("SoftmaxCrossEntropyLoss", {"x", "t"}, {"y"})},
                {given<double>("x", {1, 2}, std::vector<double>{1, 2}), given<std::int64_t>("t", {1}, {0})},
                {"y"}, 13)
            .reason() == "there are no logarithms in f64");
}
