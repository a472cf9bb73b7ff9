// Casts between all types that kernels have, and quantised numbers.
#include "imported.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace test::onnx;

namespace {

using Bytes8 = std::vector<std::uint8_t>;
using Signed8 = std::vector<std::int8_t>;

constexpr DataType all_types[] = {DataType::Float,  DataType::Float16, DataType::Bfloat16, DataType::Double,
                                  DataType::Int8,   DataType::Int16,   DataType::Int32,    DataType::Int64,
                                  DataType::Uint8,  DataType::Uint16,  DataType::Uint32,   DataType::Uint64,
                                  DataType::Boolean};

// 0, 1 and 3 (of Booleans 0, 1, 1) as elements of a type.
std::string small_numbers(DataType type) { return raw(type, {0, 1, 3}); }
Given small(DataType type) { return {"x", type, {3}, {0, 1, 3}}; }

Given packed(const std::string& name, const std::vector<std::int64_t>& dims, const std::string& elements,
             DataType type = DataType::Int4) {
  Given made{name, type, std::vector<Dim>(dims.begin(), dims.end()), dims, elements};
  made.is_initializer = true;
  return made;
}

}  // namespace

TEST_CASE("Cast and CastLike: every type to every type") {
  for (const DataType from : all_types)
    for (const DataType to : all_types) {
      CAPTURE(airstrip::onnx::to_string(from));
      CAPTURE(airstrip::onnx::to_string(to));
      std::string expected = small_numbers(to);
      // A Boolean's third element is 1.
      if (from == DataType::Boolean) {
        const std::size_t width = expected.size() / 3;
        expected = expected.substr(0, 2 * width) + expected.substr(width, width);
      }
      const Run run = compute({node("Cast", {"x"}, {"y"}, {attribute("to", static_cast<std::int64_t>(to))})},
                              {small(from)}, {"y"}, 13);
      CHECK(run.error == "");
      CHECK((!run.outputs.empty() && run.outputs[0].bytes == expected));
      Given like = small(to);
      like.name = "like";
      const Run same = compute({node("CastLike", {"x", "like"}, {"y"})}, {small(from), like}, {"y"}, 15);
      CHECK((!same.outputs.empty() && same.outputs[0].bytes == expected));
    }
}

TEST_CASE("BitCast keeps the bits, of types that have as many") {
  for (const DataType from : all_types)
    for (const DataType to : all_types) {
      CAPTURE(airstrip::onnx::to_string(from));
      CAPTURE(airstrip::onnx::to_string(to));
      const Given x = small(from);
      const Run run = compute(
          {node("BitCast", {"x"}, {"y"}, {attribute("to", static_cast<std::int64_t>(to))})}, {x}, {"y"}, 26);
      if (airstrip::onnx::bits_of(from) != airstrip::onnx::bits_of(to)) {
        CHECK(run.reason() == "its types have another number of bits each");
      } else {
        std::string expected = x.bytes;
        if (to == DataType::Boolean) expected[2] = 1;
        CHECK((!run.outputs.empty() && run.outputs[0].bytes == expected));
      }
    }
}

TEST_CASE("Casts to types that kernels do not have are refused") {
  const auto x = given<float>("x", {1}, Floats{1});
  CHECK(compute({node("Cast", {"x"}, {"y"},
                      {attribute("to", static_cast<std::int64_t>(DataType::Float8E5M2)),
                       attribute("saturate", 0)})},
                {x}, {"y"}, 19)
            .reason() == "kernels have no elements of the type FLOAT8E5M2");
  // Not FLOAT, whose number the low half is.
  CHECK(compute({node("Cast", {"x"}, {"y"}, {attribute("to", (std::int64_t{1} << 32) + 1)})}, {x}, {"y"}, 13)
            .reason() == "kernels have no elements of the type UNDEFINED");
  // A constant of four bits is one of bytes here; what would show it is refused, and casting from it is not.
  const Given narrow = packed("w", {3}, std::string("\x2F\x07", 2));
  CHECK(compute({node("CastLike", {"x", "w"}, {"y"})}, {x, narrow}, {"y"}, 21).reason() ==
        "its result would have elements of less than a byte, which kernels do not have");
  CHECK(compute({node("Cast", {"w"}, {"y"}, {attribute("to", 1)})}, {narrow}, {"y"}, 21).values<float>("y") ==
        Floats{-1, 2, 7});
}

TEST_CASE("QuantizeLinear: one scale, one for each index of an axis, one for each block") {
  const auto x = given<float>("x", {"n", 3}, {2, 3}, {0, 2.5f, -1000, 1.5f, 3, 1000});
  // Halves to the even neighbour, and saturated.
  CHECK(compute({node("QuantizeLinear", {"x", "s", "z"}, {"y"})},
                {x, given<float>("s", {}, {1}), given<std::uint8_t>("z", {}, Bytes8{128})}, {"y"}, 10)
            .values<std::uint8_t>("y") == Bytes8{128, 130, 0, 130, 131, 255});
  CHECK(compute({node("QuantizeLinear", {"x", "s"}, {"y"})}, {x, given<float>("s", {1}, {1})}, {"y"}, 13)
            .values<std::uint8_t>("y") == Bytes8{0, 2, 0, 2, 3, 255});
  const Run axis = compute(
      {node("QuantizeLinear", {"x", "s", "z"}, {"y"}, {attribute("axis", -1)})},
      {x, given<float>("s", {3}, {1, 0.5f, 100}), given<std::int8_t>("z", {3}, Signed8{0, 1, 2})}, {"y"}, 13);
  CHECK(axis.error == "");
  CHECK(axis.values<std::int8_t>("y") == Signed8{0, 6, -8, 2, 7, 12});
  // Blocks of two along an axis of three: the last is cut off.
  const Run blocks = compute({node("QuantizeLinear", {"x", "s"}, {"y"},
                                   {attribute("block_size", 2),
                                    attribute("output_dtype", static_cast<std::int64_t>(DataType::Int16))})},
                             {x, given<float>("s", {"n", 2}, {2, 2}, {0.5f, 10, 1, 0.25f})}, {"y"}, 21);
  CHECK(blocks.error == "");
  CHECK(blocks.values<std::int16_t>("y") == std::vector<std::int16_t>{0, 5, -100, 2, 3, 4000});
  CHECK(compute({node("QuantizeLinear", {"x", "s"}, {"y"})}, {x, given<float>("s", {2, 3}, Floats(6, 1))},
                {"y"}, 21)
            .reason() == "its scale is no list, and there is no block_size");
  CHECK(compute({node("QuantizeLinear", {"x", "s", "z"}, {"y"})},
                {x, given<float>("s", {}, {1}), packed("z", {}, "\x01")}, {"y"}, 21)
            .reason() == "its result would have elements of less than a byte, which kernels do not have");
}

TEST_CASE("QuantizeLinear and DequantizeLinear: scales, blocks and types that do not fit x") {
  const auto x = given<float>("x", {2, 1}, {1, 2});
  const auto quantized = [&](const std::vector<std::int64_t>& dims, const std::vector<Message>& attributes) {
    const auto count = static_cast<std::size_t>(dims.size() == 2 ? dims[0] * dims[1] : dims[0]);
    return compute({node("QuantizeLinear", {"x", "s"}, {"y"}, attributes)},
                   {x, given<float>("s", dims, Floats(count, 1))}, {"y"}, 21)
        .reason();
  };
  CHECK(quantized({2}, {attribute("axis", 0)}) == "");
  CHECK(quantized({3}, {}) == "its scale has not as many elements as the axis of x");
  CHECK(quantized({1, 2}, {attribute("axis", 0), attribute("block_size", 2)}) ==
        "beside its blocks its scale has not x's sizes");
  CHECK(quantized({2, 1}, {attribute("block_size", (std::numeric_limits<std::int64_t>::max)())}) ==
        "its block_size is past 2^31 - 1");
  const Run type =
      compute({node("QuantizeLinear", {"x", "s", "z"}, {"y"},
                    {attribute("output_dtype", static_cast<std::int64_t>(DataType::Int8))})},
              {x, given<float>("s", {}, {1}), given<std::uint8_t>("z", {}, Bytes8{0})}, {"y"}, 21);
  CHECK(type.error.find("output_dtype is not the type of the zero point") != std::string::npos);
}

TEST_CASE("QuantizeLinear divides in the precision that is asked for") {
  // 2049 / 1 is 2048 in f16.
  const auto x = given<float>("x", {1}, Floats{2049}), one = given<float>("s", {}, {1});
  const auto kind = attribute("output_dtype", static_cast<std::int64_t>(DataType::Uint16));
  CHECK(compute({node("QuantizeLinear", {"x", "s"}, {"y"}, {kind})}, {x, one}, {"y"}, 23)
            .values<std::uint16_t>("y") == std::vector<std::uint16_t>{2049});
  CHECK(compute({node("QuantizeLinear", {"x", "s"}, {"y"},
                      {kind, attribute("precision", static_cast<std::int64_t>(DataType::Float16))})},
                {x, one}, {"y"}, 23)
            .values<std::uint16_t>("y") == std::vector<std::uint16_t>{2048});
}

TEST_CASE("DequantizeLinear: types and granularity") {
  // Differences of 32 bits are exact before they are rounded.
  CHECK(compute({node("DequantizeLinear", {"x", "s", "z"}, {"y"})},
                {given<std::int32_t>("x", {1}, std::vector<std::int32_t>{16777217}),
                 given<float>("s", {}, {0.5f}), given<std::int32_t>("z", {}, {16777216})},
                {"y"}, 10)
            .values<float>("y") == Floats{0.5f});
  CHECK(compute({node("DequantizeLinear", {"x", "s", "z"}, {"y"}, {attribute("axis", 0)})},
                {given<std::uint8_t>("x", {2, 2}, Bytes8{0, 255, 3, 4}), halves("s", {2}, {1, 0.5}),
                 given<std::uint8_t>("z", {2}, Bytes8{128, 2})},
                {"y"}, 19)
            .numbers("y") == std::vector<double>{-128, 127, 0.5, 1});
  // Weights of four bits in blocks along the first axis: [-1, 2; 7, -8; 1, 1; 0, -2].
  const Run run = compute(
      {node("DequantizeLinear", {"w", "s", "z"}, {"y"}, {attribute("axis", 0), attribute("block_size", 2)})},
      {packed("w", {4, 2}, std::string("\x2F\x87\x11\xE0", 4)),
       initializer<float>("s", {2, 2}, {1, 10, 2, 0.5f}), packed("z", {2, 2}, std::string("\x10\x02", 2))},
      {"y"}, 21);
  CHECK(run.error == "");
  CHECK(run.dims("y") == Integers{4, 2});
  CHECK(run.values<float>("y") == Floats{-1, 10, 7, -90, -2, 0.5f, -4, -1});
  // Of two bits: -2, 1, 0, -1.
  CHECK(compute({node("DequantizeLinear", {"w", "s"}, {"y"})},
                {packed("w", {4}, "\xC6", DataType::Int2), given<float>("s", {}, {2})}, {"y"}, 25)
            .values<float>("y") == Floats{-4, 2, 0, -2});
  CHECK(compute({node("DequantizeLinear", {"x", "s"}, {"y"}, {attribute("output_dtype", 10)})},
                {given<std::int8_t>("x", {1}, Signed8{-3}), given<float>("s", {}, {0.5f})}, {"y"}, 23)
            .numbers("y") == std::vector<double>{-1.5});
}

TEST_CASE("DynamicQuantizeLinear: one element, and nothing but zeros") {
  const auto node_ = node("DynamicQuantizeLinear", {"x"}, {"y", "s", "z"});
  const Run one = compute({node_}, {given<float>("x", {}, {-2})}, {"y", "s", "z"}, 11);
  CHECK(one.error == "");
  CHECK(one.values<float>("s")[0] == doctest::Approx(2.0 / 255));
  CHECK(one.values<std::uint8_t>("z") == Bytes8{255});
  CHECK(one.values<std::uint8_t>("y") == Bytes8{0});
  const Run zeros = compute({node_}, {given<float>("x", {"n"}, {2}, {0, 0})}, {"y", "s", "z"}, 11);
  CHECK(zeros.error == "");
  CHECK(zeros.values<std::uint8_t>("y") == Bytes8{0, 0});
}
