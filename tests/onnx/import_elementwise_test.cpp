// Elementwise operators: versions, types and shapes that ONNX's node tests leave out.
#include "imported.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace test::onnx;
using airstrip::ErrorCode;

namespace {

using Bytes8 = std::vector<std::uint8_t>;

constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("Clip: bounds are attributes before operator set 11, and inputs since") {
  const auto x = given<float>("x", {4}, Floats{-9, -1, 1, 9});
  CHECK(
      compute({node("Clip", {"x"}, {"y"}, {attribute("min", -2.0f), attribute("max", 5.0f)})}, {x}, {"y"}, 7)
          .values<float>("y") == Floats{-2, -1, 1, 5});
  CHECK(compute({node("Clip", {"x"}, {"y"}, {attribute("max", 0.0f)})}, {x}, {"y"}, 10).values<float>("y") ==
        Floats{-9, -1, 0, 0});
  CHECK(compute({node("Clip", {"x"}, {"y"})}, {x}, {"y"}, 10).values<float>("y") == Floats{-9, -1, 1, 9});
  // A bound in a list of one number, of a tensor without axes, does not add one.
  const Run run = compute(
      {node("Clip", {"x", "low", "high"}, {"y"})},
      {given<float>("x", {}, {7}), given<float>("low", {1}, {0}), given<float>("high", {1}, {6})}, {"y"}, 11);
  CHECK(run.values<float>("y") == Floats{6});
  CHECK(run.dims("y").empty());
  // The upper bound wins (Clip 12).
  CHECK(compute({node("Clip", {"x", "low", "high"}, {"y"})},
                {given<std::int64_t>("x", {2}, Integers{-5, 50}), given<std::int64_t>("low", {}, {9}),
                 given<std::int64_t>("high", {}, {3})},
                {"y"}, 13)
            .values<std::int64_t>("y") == Integers{3, 3});
  CHECK(compute({node("Clip", {"x", "", "high"}, {"y"})}, {x, given<float>("high", {}, {2})}, {"y"})
            .values<float>("y") == Floats{-9, -1, 1, 2});
}

TEST_CASE("Inputs that an operator set does not give an operator are refused") {
  const auto x = given<float>("x", {4}, Floats{-9, -1, 1, 9}), low = given<float>("low", {}, {0});
  CHECK(compute({node("Clip", {"x", "low"}, {"y"})}, {x, low}, {"y"}, 10).reason() ==
        "its input low is none that operator set 10 gives it");
  CHECK(compute({node("Dropout", {"x", "low"}, {"y"})}, {x, low}, {"y"}, 10).reason() ==
        "its input low is none that operator set 10 gives it");
  CHECK(compute({node("Clip", {"x", ""}, {"y"})}, {x}, {"y"}, 10).reason() == "");
}

TEST_CASE("PRelu: a slope is broadcast to x, and x not to the slope") {
  const Run run =
      compute({node("PRelu", {"x", "slope"}, {"y"})},
              {given<float>("x", {2}, Floats{-1, 2}), given<float>("slope", {2, 1}, {3, 4})}, {"y"});
  CHECK(run.error.find("do not broadcast to the shape of the result") != std::string::npos);
}

TEST_CASE("Arithmetic broadcasts, of sizes of run time and empty tensors too") {
  const Run run = compute(
      {node("Sub", {"a", "b"}, {"y"})},
      {given<float>("a", {"n", 1}, {2, 1}, {1, 2}), given<float>("b", {"m"}, {3}, {10, 20, 30})}, {"y"}, 7);
  CHECK(run.error == "");
  CHECK(run.dims("y") == Integers{2, 3});
  CHECK(run.values<float>("y") == Floats{-9, -19, -29, -8, -18, -28});
  const Run empty = compute({node("Add", {"a", "b"}, {"y"})},
                            {given<float>("a", {0, 3}, {}), given<float>("b", {1, 3}, {1, 2, 3})}, {"y"});
  CHECK(empty.error == "");
  CHECK(empty.dims("y") == Integers{0, 3});
  CHECK(compute({node("Div", {"a", "b"}, {"y"})},
                {given<std::int32_t>("a", {3}, std::vector<std::int32_t>{-7, 7, 5}),
                 given<std::int32_t>("b", {}, {2})},
                {"y"}, 14)
            .values<std::int32_t>("y") == std::vector<std::int32_t>{-3, 3, 2});
}

TEST_CASE("Sum, Mean, Min and Max take any number of tensors") {
  std::vector<Given> inputs;
  std::vector<std::string> names;
  for (int i = 0; i < 11; ++i) {
    names.push_back("x" + std::to_string(i));
    const float v = static_cast<float>(i);
    inputs.push_back(i % 2 ? given<float>(names.back(), {1}, Floats{v})
                           : given<float>(names.back(), {2}, Floats{v, -v}));
  }
  CHECK(compute({node("Sum", names, {"y"})}, inputs, {"y"}, 8).values<float>("y") == Floats{55, -5});
  CHECK(compute({node("Mean", names, {"y"})}, inputs, {"y"}, 8).values<float>("y") == Floats{5, -5.0f / 11});
  CHECK(compute({node("Max", names, {"y"})}, inputs, {"y"}, 8).values<float>("y") == Floats{10, 9});
  CHECK(compute({node("Min", names, {"y"})}, inputs, {"y"}, 8).values<float>("y") == Floats{0, -10});
  CHECK(compute({node("Mean", {"x2"}, {"y"})}, inputs, {"y"}, 13).values<float>("y") == Floats{2, -2});
  // Of f16 the sum is rounded once: 2048 + 1 + 1 would stay 2048.
  CHECK(compute({node("Sum", {"a", "b", "b", "b", "b"}, {"y"})},
                {halves("a", {1}, {2048}), halves("b", {1}, {1})}, {"y"}, 13)
            .numbers("y") == std::vector<double>{2052});
  const Run nan = compute(
      {node("Max", {"a", "b"}, {"y"})},
      {given<float>("a", {2}, Floats{1, std::nanf("")}), given<float>("b", {2}, Floats{2, 2})}, {"y"});
  REQUIRE(nan.values<float>("y").size() == 2);
  CHECK(nan.values<float>("y")[0] == 2);
  CHECK(std::isnan(nan.values<float>("y")[1]));
}

TEST_CASE("Pow: powers that are known and not, and of another type") {
  const auto x = given<float>("x", {3}, Floats{-2, 3, 0.5f});
  const auto square = initializer<std::int64_t>("p", {1}, {2});
  CHECK(compute({node("Pow", {"x", "p"}, {"y"})}, {x, square}, {"y"}, 12).values<float>("y") ==
        Floats{4, 9, 0.25f});
  CHECK(compute({node("Pow", {"x", "p"}, {"y"})}, {x, given<std::int64_t>("p", {}, {3})}, {"y"}, 13)
            .values<float>("y")[0] == doctest::Approx(-8));
  // More axes than the base has.
  const Run run =
      compute({node("Pow", {"x", "p"}, {"y"})}, {x, initializer<float>("p", {1, 1}, {2})}, {"y"}, 7);
  CHECK(run.dims("y") == Integers{1, 3});
  CHECK(run.values<float>("y")[1] == doctest::Approx(9));
  CHECK(compute({node("Pow", {"x", "p"}, {"y"})},
                {given<std::int32_t>("x", {2}, std::vector<std::int32_t>{2, -3}), given<float>("p", {}, {3})},
                {"y"}, 15)
            .values<std::int32_t>("y") == std::vector<std::int32_t>{8, -27});
  // Of f64 the whole powers are products.
  CHECK(compute({node("Pow", {"x", "p"}, {"y"})}, {given<double>("x", {1}, std::vector<double>{1.1}), square},
                {"y"}, 13)
            .values<double>("y") == std::vector<double>{1.1 * 1.1});
}

TEST_CASE("Mod has the sign of the divisor, or with fmod of the dividend") {
  const auto a = given<std::int32_t>("a", {4}, std::vector<std::int32_t>{-7, 7, -7, 7});
  const auto b = given<std::int32_t>("b", {4}, std::vector<std::int32_t>{3, -3, -3, 3});
  CHECK(compute({node("Mod", {"a", "b"}, {"y"})}, {a, b}, {"y"}, 10).values<std::int32_t>("y") ==
        std::vector<std::int32_t>{2, -2, -1, 1});
  CHECK(compute({node("Mod", {"a", "b"}, {"y"}, {attribute("fmod", 1)})}, {a, b}, {"y"}, 13)
            .values<std::int32_t>("y") == std::vector<std::int32_t>{-1, 1, -1, 1});
}

TEST_CASE("What a function does not take is told by a sentence") {
  const Run run =
      compute({node("Exp", {"x"}, {"y"})}, {given<double>("x", {1}, std::vector<double>{1})}, {"y"});
  CHECK(run.code == ErrorCode::NotTranslatable);
  CHECK(run.reason() == "exp is not computed in f64; cast to f32");
  CHECK(compute({node("And", {"x", "x"}, {"y"})}, {given<float>("x", {1}, Floats{1})}, {"y"}).reason() ==
        "and does not take f32");
  CHECK(compute({node("Add", {"x", ""}, {"y"})}, {given<float>("x", {1}, Floats{1})}, {"y"}).reason() ==
        "an input that it needs is left out");
  CHECK(compute({node("Relu", {"x"}, {"y"}, {attribute("surprise", 1)})}, {given<float>("x", {1}, Floats{1})},
                {"y"})
            .reason() == "its attribute surprise is not supported");
  CHECK(compute({node("RandomNormal", {}, {"y"})}, {}, {"y"}).reason() ==
        "it makes random numbers, and no generator of theirs is defined");
}

TEST_CASE("Activations: attributes, versions and types") {
  const auto x = given<float>("x", {3}, Floats{-2, 0, 2});
  const float e = std::expm1(-2.0f);
  const auto close = [](const Floats& a, const Floats& b) {
    bool all = a.size() == b.size();
    for (std::size_t i = 0; all && i < a.size(); ++i) all = std::fabs(a[i] - b[i]) <= 1e-5f;
    return all;
  };
  const auto of = [&](const char* op, const std::vector<Message>& attributes, std::int64_t opset) {
    return compute({node(op, {"x"}, {"y"}, attributes)}, {x}, {"y"}, opset).values<float>("y");
  };
  CHECK(close(of("Elu", {attribute("alpha", 0.5f)}, 7), {0.5f * e, 0, 2}));
  CHECK(close(of("Selu", {}, 7), {1.6732632f * 1.0507010f * e, 0, 2 * 1.0507010f}));
  CHECK(close(of("Celu", {}, 12), {e, 0, 2}));
  CHECK(close(of("HardSigmoid", {}, 7), {0.1f, 0.5f, 0.9f}));
  CHECK(close(of("ThresholdedRelu", {attribute("alpha", 2.0f)}, 10), {0, 0, 0}));
  CHECK(close(of("Shrink", {attribute("lambd", 1.0f), attribute("bias", 1.0f)}, 9), {-1, 0, 1}));
  CHECK(close(of("Swish", {attribute("alpha", 2.0f)}, 24),
              {-2 / (1 + std::exp(4.0f)), 0, 2 / (1 + std::exp(-4.0f))}));
  CHECK(compute({node("Gelu", {"x"}, {"y"}, {attribute("approximate", "fast")})}, {x}, {"y"}, 20).reason() ==
        "its approximation is neither none nor tanh");
  CHECK(compute({node("Relu", {"x"}, {"y"})}, {given<std::int8_t>("x", {2}, std::vector<std::int8_t>{-3, 3})},
                {"y"}, 14)
            .values<std::int8_t>("y") == std::vector<std::int8_t>{0, 3});
  // A slope for each channel, of as many images as there are.
  const Run run =
      compute({node("PRelu", {"x", "s"}, {"y"})},
              {given<float>("x", {"n", 2, 2}, {1, 2, 2}, {-1, 1, -1, 1}), given<float>("s", {2, 1}, {2, 3})},
              {"y"}, 7);
  CHECK(run.error == "");
  CHECK(run.values<float>("y") == Floats{-2, 1, -3, 1});
}

TEST_CASE("Comparisons, logic and bits") {
  const auto a = given<float>("a", {3}, Floats{1, 2, 3}), b = given<float>("b", {}, {2});
  const auto of = [&](const char* op, std::int64_t opset) {
    const Run run = compute({node(op, {"a", "b"}, {"y"})}, {a, b}, {"y"}, opset);
    return run.values<bool>("y");
  };
  CHECK(of("Greater", 7) == std::vector<bool>{false, false, true});
  CHECK(of("Less", 9) == std::vector<bool>{true, false, false});
  CHECK(of("GreaterOrEqual", 12) == std::vector<bool>{false, true, true});
  CHECK(of("LessOrEqual", 16) == std::vector<bool>{true, true, false});
  CHECK(of("Equal", 11) == std::vector<bool>{false, true, false});
  CHECK(compute({node("Equal", {"a", "a"}, {"y"})}, {given<bool>("a", {2}, {true, false})}, {"y"}, 7)
            .values<bool>("y") == std::vector<bool>{true, true});
  const auto x = given<float>("x", {4}, Floats{infinity, -infinity, 1, std::nanf("")});
  CHECK(compute({node("IsInf", {"x"}, {"y"}, {attribute("detect_negative", 0)})}, {x}, {"y"}, 10)
            .values<bool>("y") == std::vector<bool>{true, false, false, false});
  CHECK(compute(
            {node("IsInf", {"x"}, {"y"}, {attribute("detect_negative", 0), attribute("detect_positive", 0)})},
            {x}, {"y"}, 20)
            .values<bool>("y") == std::vector<bool>(4, false));
  CHECK(compute({node("IsNaN", {"x"}, {"y"})}, {x}, {"y"}, 9).values<bool>("y") ==
        std::vector<bool>{false, false, false, true});
  const auto bits = given<std::uint8_t>("x", {2}, Bytes8{0x81, 3}),
             shift = given<std::uint8_t>("s", {2}, Bytes8{1, 8});
  CHECK(compute({node("BitShift", {"x", "s"}, {"y"}, {attribute("direction", "LEFT")})}, {bits, shift}, {"y"},
                11)
            .values<std::uint8_t>("y") == Bytes8{2, 0});
  CHECK(compute({node("BitShift", {"x", "s"}, {"y"})}, {bits, shift}, {"y"}, 11).reason() ==
        "its direction is neither LEFT nor RIGHT");
  CHECK(
      compute({node("BitwiseXor", {"x", "s"}, {"y"})}, {bits, shift}, {"y"}, 18).values<std::uint8_t>("y") ==
      Bytes8{0x80, 11});
}

TEST_CASE("Dropout does nothing but in training") {
  const auto x = given<float>("x", {"n"}, {2}, {1, 2});
  // The mask is of x's type before operator set 10.
  const Run seven =
      compute({node("Dropout", {"x"}, {"y", "mask"}, {attribute("ratio", 0.3f)})}, {x}, {"y", "mask"}, 7);
  CHECK(seven.error == "");
  CHECK(seven.values<float>("y") == Floats{1, 2});
  CHECK(seven.values<float>("mask") == Floats{1, 1});
  const Run ten = compute({node("Dropout", {"x"}, {"y", "mask"})}, {x}, {"y", "mask"}, 10);
  CHECK(ten.values<bool>("mask") == std::vector<bool>{true, true});
  const auto training = initializer<bool>("t", {}, {true}), ratio = initializer<float>("r", {}, {0.5f});
  CHECK(compute({node("Dropout", {"x", "r", "t"}, {"y"})}, {x, ratio, training}, {"y"}, 12).reason() ==
        "it is in training mode, for which random numbers are needed");
  CHECK(compute({node("Dropout", {"x", "r", "t"}, {"y"})}, {x, initializer<float>("r", {}, {0}), training},
                {"y"}, 13)
            .values<float>("y") == Floats{1, 2});
  const Run open = compute({node("Dropout", {"x", "r", "t"}, {"y"})},
                           {x, ratio, given<bool>("t", {}, {false})}, {"y"}, 13);
  CHECK(open.code == ErrorCode::NotTranslatable);
}
