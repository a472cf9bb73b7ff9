// Products, convolutions and Einsum of versions and types that ONNX's node tests leave out.
#include "imported.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace test::onnx;

namespace {

constexpr DataType f32 = DataType::Float, f64 = DataType::Double, i64 = DataType::Int64, u8 = DataType::Uint8,
                   i32 = DataType::Int32;

std::vector<double> counted(int n, double first = 1) {
  std::vector<double> v;
  for (int i = 0; i < n; ++i) v.push_back(first + i);
  return v;
}

}  // namespace

TEST_CASE("import Gemm: operator set 7, of f64 and transposed") {
  // A' = [1 2; 3 4; 5 6]' = [1 3 5; 2 4 6], B = [1 0 2; 0 1 1; 1 1 0].
  const Run c =
      compute({.nodes = {node("Gemm", {"a", "b", "c"}, {"y"},
                              {attribute("transA", 1), attribute("alpha", 2.0f), attribute("beta", 0.5f)})},
               .inputs = {{"a", f64, {3, 2}, counted(6)},
                          {"b", f64, {3, 3}, {1, 0, 2, 0, 1, 1, 1, 1, 0}},
                          {"c", f64, {1, 3}, {2, 4, 6}}},
               .opset = 7});
  REQUIRE(c.error == "");
  CHECK(c.type(0) == "f64[2, 3]");
  CHECK(are(c.numbers(0), {13, 18, 13, 17, 22, 19}));
}

TEST_CASE("import Gemm: without C, and integers that floats would multiply") {
  const Run c = compute({.nodes = {node("Gemm", {"a", "b"}, {"y"}, {attribute("transB", 1)})},
                         .inputs = {{"a", i64, {1, 2}, {3, 4}}, {"b", i64, {2, 2}, {1, 2, 5, -6}}},
                         .opset = 11});
  REQUIRE(c.error == "");
  CHECK(c.type(0) == "i64[1, 2]");
  CHECK(are(c.numbers(0), {11, -9}));
  const Run refused = compute({.nodes = {node("Gemm", {"a", "b"}, {"y"}, {attribute("alpha", 2.0f)})},
                               .inputs = {{"a", i32, {1, 1}, {3}}, {"b", i32, {1, 1}, {1}}},
                               .opset = 11});
  CHECK(refused.error.find("alpha or beta, which are floats, multiply integers") != std::string::npos);
}

TEST_CASE("import MatMul: open batches share a matrix, rows and columns") {
  const Run c = compute({.nodes = {node("MatMul", {"a", "b"}, {"y"})},
                         .inputs = {{"a", f32, {"n", 2, 2}, counted(8)}, {"b", f32, {2, 1}, {1, -1}, true}},
                         .opset = 13,
                         .sizes = {{"n", 2}}});
  REQUIRE(c.error == "");
  CHECK(c.type(0) == "f32[n, 2, 1]");
  CHECK(are(c.numbers(0), {-1, -1, -1, -1}));
  const Run dot = compute({.nodes = {node("MatMul", {"a", "b"}, {"y"})},
                           .inputs = {{"a", i64, {3}, {1, 2, 3}}, {"b", i64, {3}, {4, 5, 6}}}});
  REQUIRE(dot.error == "");
  CHECK(dot.type(0) == "i64[]");
  CHECK(are(dot.numbers(0), {32}));
  const Run wrong = compute({.nodes = {node("MatMul", {"a", "b"}, {"y"})},
                             .inputs = {{"a", f64, {2, 1}, {1, 2}}, {"b", f64, {3, 1}, {4, 5, 6}}}});
  CHECK(wrong.error.find("the same number of elements along k") != std::string::npos);
}

TEST_CASE("import FusedMatMul and MatMulNBits") {
  const Run fused =
      compute({.nodes = {node("FusedMatMul", {"a", "b"}, {"y"},
                              {attribute("transB", 1), attribute("alpha", 0.5f)}, "com.microsoft")},
               .inputs = {{"a", f32, {1, 2}, {2, 4}}, {"b", f32, {2, 2}, {1, 1, 3, -1}}},
               .domain = "com.microsoft"});
  REQUIRE(fused.error == "");
  CHECK(are(fused.numbers(0), {3, 1}));
  // One column of 20 weights in two blocks of 16: the low half of a byte comes first, and the zero points are 8 and 1.
  std::vector<double> bytes, x;
  double expected = 0;
  for (int k = 0; k < 32; k += 2) bytes.push_back((k % 16) | ((k + 1) % 16) << 4);
  for (int k = 0; k < 20; ++k) {
    x.push_back(k + 1);
    expected += (k + 1) * (k < 16 ? (k % 16 - 8) * 0.5 : (k % 16 - 1) * 2.0);
  }
  const Run bits = compute({.nodes = {node("MatMulNBits", {"a", "b", "scales", "zeros"}, {"y"},
                                           {attribute("K", 20), attribute("N", 1), attribute("bits", 4),
                                            attribute("block_size", 16)},
                                           "com.microsoft")},
                            .inputs = {{"a", f32, {1, 20}, x},
                                       {"b", u8, {1, 2, 8}, bytes},
                                       {"scales", f32, {2}, {0.5, 2}},
                                       {"zeros", u8, {1}, {8 | 1 << 4}}},
                            .domain = "com.microsoft"});
  REQUIRE(bits.error == "");
  CHECK(are(bits.numbers(0), {expected}));
}

TEST_CASE("import MatMulNBits and Gemm: sizes that overflow, and a C that is larger than the product") {
  const Run bits =
      compute({.nodes = {node("MatMulNBits", {"a", "b", "s"}, {"y"},
                              {attribute("K", (std::numeric_limits<std::int64_t>::max)()), attribute("N", 1),
                               attribute("block_size", 16)},
                              "com.microsoft")},
               .inputs = {{"a", f32, {1, 1}, {1}}, {"b", u8, {1, 1, 8}, counted(8)}, {"s", f32, {1}, {1}}},
               .domain = "com.microsoft"});
  CHECK(bits.error.find("K and N of MatMulNBits") != std::string::npos);
  for (const Dim& columns : {Dim(40), Dim("k")}) {
    const Run longer =
        compute({.nodes = {node("MatMulNBits", {"a", "b", "s"}, {"y"},
                                {attribute("K", 16), attribute("N", 1), attribute("block_size", 16)},
                                "com.microsoft")},
                 .inputs = {{"a", f32, {1, columns}, counted(40)},
                            {"b", u8, {1, 1, 8}, counted(8)},
                            {"s", f32, {1}, {1}}},
                 .sizes = {{"k", 40}},
                 .domain = "com.microsoft"});
    CHECK(longer.error.find("the last axis of A has not the K elements") != std::string::npos);
  }
  for (const std::vector<Dim>& shape : {std::vector<Dim>{2, 1}, std::vector<Dim>{1, 1, 2}}) {
    const Run gemm =
        compute({.nodes = {node("Gemm", {"a", "b", "c"}, {"y"})},
                 .inputs = {{"a", f32, {1, 1}, {1}}, {"b", f32, {1, 1}, {1}}, {"c", f32, shape, {1, 2}}}});
    CHECK(gemm.error.find("do not broadcast to the shape of the result") != std::string::npos);
  }
}

TEST_CASE("import Conv: kernel_shape has to be that of the weights, and SAME of an open size") {
  const Run wrong = compute(
      {.nodes = {node("Conv", {"x", "w"}, {"y"}, {attribute("kernel_shape", std::vector<std::int64_t>{2})})},
       .inputs = {{"x", f32, {1, 1, 3}, counted(3)}, {"w", f32, {1, 1, 3}, counted(3)}}});
  CHECK(wrong.error.find("kernel_shape is not the shape of the weights") != std::string::npos);
  const Run same =
      compute({.nodes = {node("Conv", {"x", "w", "b"}, {"y"}, {attribute("auto_pad", "SAME_LOWER")})},
               .inputs = {{"x", f32, {1, 1, "n"}, counted(3)},
                          {"w", f32, {1, 1, 2}, {1, 10}},
                          {"b", f32, {1}, {100}}},
               .sizes = {{"n", 3}}});
  REQUIRE(same.error == "");
  CHECK(same.type(0) == "f32[1, 1, n]");
  CHECK(are(same.numbers(0), {110, 121, 132}));
  const Run strided =
      compute({.nodes = {node("Conv", {"x", "w"}, {"y"},
                              {attribute("auto_pad", "SAME_UPPER"),
                               attribute("strides", std::vector<std::int64_t>{2})})},
               .inputs = {{"x", f32, {1, 1, "n"}, counted(3)}, {"w", f32, {1, 1, 2}, {1, 10}}},
               .sizes = {{"n", 3}}});
  CHECK(strided.error.find("state pad_begin and pad_end") != std::string::npos);
}

TEST_CASE("import ConvTranspose: an output_shape with batch and channels in front") {
  const Run c = compute({.nodes = {node("ConvTranspose", {"x", "w"}, {"y"},
                                        {attribute("output_shape", std::vector<std::int64_t>{1, 1, 4}),
                                         attribute("strides", std::vector<std::int64_t>{2})})},
                         .inputs = {{"x", f32, {1, 1, 2}, {1, 2}}, {"w", f32, {1, 1, 3}, {1, 10, 100}}},
                         .opset = 11});
  // 1 10 102 20 200 less one; without SAME_UPPER the odd one is taken in front.
  REQUIRE(c.error == "");
  CHECK(are(c.numbers(0), {10, 102, 20, 200}));
}

TEST_CASE("import QLinearMatMul: lists of one number do not add an axis to a product of vectors") {
  const Run c = compute(
      {.nodes = {node("QLinearMatMul", {"a", "s", "z", "b", "s", "z", "s", "z"}, {"y"})},
       .inputs = {{"a", u8, {2}, {1, 2}}, {"s", f32, {1}, {1}}, {"z", u8, {1}, {0}}, {"b", u8, {2}, {3, 4}}},
       .opset = 10});
  REQUIRE(c.error == "");
  CHECK(c.type(0) == "u8[]");
  CHECK(are(c.numbers(0), {11}));
}

TEST_CASE("import Conv and MatMulInteger: biases and zero points of more channels or rows than there are") {
  const Run bias = compute({.nodes = {node("Conv", {"x", "w", "b"}, {"y"})},
                            .inputs = {{"x", f32, {1, 1, 3}, counted(3)},
                                       {"w", f32, {1, 1, 3}, counted(3)},
                                       {"b", f32, {2}, {1, 2}}}});
  CHECK(bias.error.find("do not broadcast to the shape of the result") != std::string::npos);
  const Run zero =
      compute({.nodes = {node("MatMulInteger", {"a", "b", "z"}, {"y"})},
               .inputs = {{"a", u8, {1, 2}, {1, 2}}, {"b", u8, {2, 1}, {1, 2}}, {"z", u8, {3}, {1, 2, 3}}},
               .opset = 10});
  CHECK(zero.error.find("do not broadcast to the shape of the result") != std::string::npos);
}

TEST_CASE("import convolutions: windows of hostile sizes, and lists of other lengths") {
  using Ints = std::vector<std::int64_t>;
  constexpr std::int64_t huge = std::int64_t{1} << 62;
  const std::vector<Given> inputs = {{"x", f32, {1, 1, 3}, counted(3)}, {"w", f32, {1, 1, 3}, counted(3)}};
  for (const char* list : {"strides", "dilations"})
    for (const char* op : {"Conv", "ConvTranspose"}) {
      CAPTURE(list);
      const Run far =
          compute({.nodes = {node(op, {"x", "w"}, {"y"},
                                  {attribute(list, Ints{huge}), attribute("auto_pad", "SAME_UPPER")})},
                   .inputs = inputs});
      CHECK(far.error.find("negative or past 2^24 - 1") != std::string::npos);
    }
  for (const char* list : {"output_padding", "output_shape"}) {
    const Run far =
        compute({.nodes = {node("ConvTranspose", {"x", "w"}, {"y"}, {attribute(list, Ints{-huge - huge})})},
                 .inputs = inputs});
    CHECK(far.error.find("negative or past 2^24 - 1") != std::string::npos);
  }
  const Run count =
      compute({.nodes = {node("ConvTranspose", {"x", "w"}, {"y"}, {attribute("output_shape", Ints{1, 5})})},
               .inputs = inputs});
  CHECK(count.error.find("output_shape has another number of values") != std::string::npos);
}

TEST_CASE("import Col2Im: what would be left out, divide by zero or overflow is refused") {
  using Ints = std::vector<std::int64_t>;
  const auto refusal = [](const std::vector<double>& image, const std::vector<double>& block,
                          const std::vector<Message>& attributes) {
    return compute({.nodes = {node("Col2Im", {"x", "image", "block"}, {"y"}, attributes)},
                    .inputs = {{"x", f32, {1, 1, 4}, counted(4)},
                               {"image", i64, {2}, image, true},
                               {"block", i64, {2}, block, true}},
                    .opset = 18})
        .error;
  };
  CHECK(refusal({2, 2}, {1, 1}, {}) == "");
  CHECK(refusal({2, 2}, {1, 1}, {attribute("strides", Ints{2})}).find("another number of values") !=
        std::string::npos);
  CHECK(refusal({2, 2}, {1, 1}, {attribute("dilations", Ints{0, 1})}).find("dilation is 0") !=
        std::string::npos);
  CHECK(refusal({2, 2}, {0, 1}, {}).find("a block is empty") != std::string::npos);
  CHECK(refusal({2, 2}, {4294967296.0, 4294967296.0}, {}).find("more than 32767 elements") !=
        std::string::npos);
  CHECK(refusal({2, -9e18}, {1, 1}, {}).find("a size of the image is negative") != std::string::npos);
}

TEST_CASE("import QLinearConv: halves go to the even neighbour, and results are clamped") {
  const Run c =
      compute({.nodes = {node("QLinearConv", {"x", "xs", "xz", "w", "ws", "wz", "ys", "yz"}, {"y"})},
               .inputs = {{"x", u8, {1, 1, 4}, {1, 3, 5, 255}},
                          {"xs", f32, {}, {0.5}},
                          {"xz", u8, {}, {0}},
                          {"w", u8, {1, 1, 1}, {3}},
                          {"ws", f32, {1}, {1}},
                          {"wz", u8, {1}, {2}},
                          {"ys", f32, {}, {1}},
                          {"yz", u8, {}, {200}}},
               .opset = 10});
  REQUIRE(c.error == "");
  CHECK(are(c.numbers(0), {200, 202, 202, 255}));
}

TEST_CASE("import Einsum: implicit results, three operands, broadcast ellipses, sums of one operand") {
  const Run implicit =
      compute({.nodes = {node("Einsum", {"a", "b"}, {"y"}, {attribute("equation", "kj , ik")})},
               .inputs = {{"a", f32, {2, 2}, {1, 2, 3, 4}}, {"b", f32, {1, 2}, {1, 10}}},
               .opset = 12});
  REQUIRE(implicit.error == "");
  CHECK(are(implicit.numbers(0), {31, 42}));
  const Run three =
      compute({.nodes = {node("Einsum", {"a", "b", "c"}, {"y"}, {attribute("equation", "ab,bc,c->a")})},
               .inputs = {{"a", i64, {2, 2}, {1, 2, 3, 4}},
                          {"b", i64, {2, 3}, counted(6)},
                          {"c", i64, {3}, {1, 0, -1}}},
               .opset = 12});
  REQUIRE(three.error == "");
  CHECK(are(three.numbers(0), {-6, -14}));
  const Run dots =
      compute({.nodes = {node("Einsum", {"a", "b"}, {"y"}, {attribute("equation", "...i,...i->...")})},
               .inputs = {{"a", f32, {1, "n", 2}, counted(4)}, {"b", f32, {3, 1, 2}, counted(6)}},
               .opset = 12,
               .sizes = {{"n", 2}}});
  REQUIRE(dots.error == "");
  CHECK(dots.type(0) == "f32[3, n]");
  CHECK(are(dots.numbers(0), {5, 11, 11, 25, 17, 39}));
  const Run trace = compute({.nodes = {node("Einsum", {"a"}, {"y"}, {attribute("equation", "iij->j")})},
                             .inputs = {{"a", f32, {2, 2, 2}, counted(8)}},
                             .opset = 12});
  REQUIRE(trace.error == "");
  CHECK(are(trace.numbers(0), {8, 10}));
  const Run wrong = compute({.nodes = {node("Einsum", {"a"}, {"y"}, {attribute("equation", "ij->ik")})},
                             .inputs = {{"a", f32, {2, 2}, counted(4)}},
                             .opset = 12});
  CHECK(wrong.error.find("a label of the result is none of the operands'") != std::string::npos);
}

TEST_CASE("import Det: three rows; more are refused") {
  const Run c = compute(
      {.nodes = {node("Det", {"x"}, {"y"})}, .inputs = {{"x", f64, {3, 3}, {2, 0, 1, 1, 3, 2, 1, 1, 4}}}});
  REQUIRE(c.error == "");
  CHECK(are(c.numbers(0), {18}));
  const Run four =
      compute({.nodes = {node("Det", {"x"}, {"y"})}, .inputs = {{"x", f32, {4, 4}, counted(16)}}});
  CHECK(four.error.find("its matrices do not have one to three rows") != std::string::npos);
}
