// Reductions, scans and TopK of versions that ONNX's node tests leave out.
#include "imported.hpp"

#include <doctest/doctest.h>

using namespace test::onnx;

namespace {

constexpr DataType f32 = DataType::Float, i64 = DataType::Int64, i32 = DataType::Int32;
const double not_a_number = std::nan("");

}  // namespace

TEST_CASE("import reductions: axes as an attribute and as an input, of an open size") {
  const Given x = {"x", i32, {"n", 2}, {1, 2, 3, 4, 5, 6}};
  const Sizes sizes = {{"n", 3}};
  const Run before = compute({.nodes = {node("ReduceSum", {"x"}, {"y"},
                                             {attribute("axes", Integers{-2}), attribute("keepdims", 0)})},
                              .inputs = {x},
                              .opset = 11,
                              .sizes = sizes});
  REQUIRE(before.error == "");
  CHECK(before.type(0) == "i32[2]");
  CHECK(are(before.numbers(0), {9, 12}));
  const Run since = compute({.nodes = {node("ReduceMax", {"x", "axes"}, {"y"})},
                             .inputs = {x, {"axes", i64, {1}, {1}, true}},
                             .opset = 18,
                             .sizes = sizes});
  REQUIRE(since.error == "");
  CHECK(since.type(0) == "i32[n, 1]");
  CHECK(are(since.numbers(0), {2, 4, 6}));
  const Run all = compute({.nodes = {node("ReduceMean", {"x"}, {"y"}, {attribute("keepdims", 0)})},
                           .inputs = {x},
                           .opset = 13,
                           .sizes = sizes});
  REQUIRE(all.error == "");
  CHECK(all.type(0) == "i32[]");
  CHECK(are(all.numbers(0), {3}));
  const Run none =
      compute({.nodes = {node("ReduceSum", {"x"}, {"y"}, {attribute("noop_with_empty_axes", 1)})},
               .inputs = {x},
               .opset = 13,
               .sizes = sizes});
  REQUIRE(none.error == "");
  CHECK(are(none.numbers(0), {1, 2, 3, 4, 5, 6}));
  const Run refused =
      compute({.nodes = {node("ReduceL2", {"x"}, {"y"})}, .inputs = {x}, .opset = 13, .sizes = sizes});
  CHECK(refused.error.find("kernels do not reduce elements of i32 so") != std::string::npos);
}

TEST_CASE("import reductions and TopK: axes and k are no inputs before they became such") {
  const std::vector<Given> inputs = {{"x", i32, {2}, {1, 2}}, {"a", i64, {1}, {1}, true}};
  for (const char* op : {"ReduceMax", "TopK"}) {
    const Run c = compute({.nodes = {node(op, {"x", "a"}, {"y"})}, .inputs = inputs, .opset = 9});
    CHECK(c.error.find("its input a is none that operator set 9 gives it") != std::string::npos);
  }
}

TEST_CASE("import ReduceSum: axes of run time have to be bound") {
  const Run c = compute({.nodes = {node("ReduceSum", {"x", "axes"}, {"y"})},
                         .inputs = {{"x", f32, {2}, {1, 2}}, {"axes", i64, {1}, {0}}},
                         .opset = 13});
  CHECK(c.error.find("determines a shape") != std::string::npos);
}

TEST_CASE("import TopK: 1, 10 and 11, equal elements, NaN, an inner axis") {
  const std::vector<double> x = {1, 7, 3, 7, 5, 7};
  const Run attribute_k = compute({.nodes = {node("TopK", {"x"}, {"y", "i"}, {attribute("k", 3)})},
                                   .inputs = {{"x", f32, {"n"}, x}},
                                   .outputs = {"y", "i"},
                                   .opset = 9,
                                   .sizes = {{"n", 6}}});
  REQUIRE(attribute_k.error == "");
  CHECK(are(attribute_k.numbers(0), {7, 7, 7}));
  CHECK(are(attribute_k.numbers(1), {1, 3, 5}));
  const Run inner = compute(
      {.nodes = {node("TopK", {"x", "k"}, {"y", "i"}, {attribute("axis", 0), attribute("largest", 0)})},
       .inputs = {{"x", i32, {3, 2}, x}, {"k", i64, {1}, {2}, true}},
       .outputs = {"y", "i"},
       .opset = 11});
  REQUIRE(inner.error == "");
  CHECK(inner.type(0) == "i32[2, 2]");
  CHECK(are(inner.numbers(0), {1, 7, 3, 7}));
  CHECK(are(inner.numbers(1), {0, 0, 1, 1}));
  const Run nans =
      compute({.nodes = {node("TopK", {"x", "k"}, {"y", "i"})},
               .inputs = {{"x", f32, {5}, {2, not_a_number, 9, not_a_number, 1}}, {"k", i64, {1}, {5}, true}},
               .outputs = {"y", "i"},
               .opset = 10});
  REQUIRE(nans.error == "");
  CHECK(are(nans.numbers(0), {not_a_number, not_a_number, 9, 2, 1}));
  CHECK(are(nans.numbers(1), {1, 3, 2, 0, 4}));
  const Run wrong = compute({.nodes = {node("TopK", {"x", "k"}, {"y", "i"})},
                             .inputs = {{"x", f32, {2}, {2, 1}}, {"k", i64, {1}, {3}, true}},
                             .outputs = {"y", "i"},
                             .opset = 10});
  CHECK(wrong.error.find("k is more than there are elements along the axis") != std::string::npos);
}

TEST_CASE("import ArgMax and CumSum: the last of equals, integers, backwards") {
  const Run last = compute(
      {.nodes = {node("ArgMax", {"x"}, {"y"},
                      {attribute("axis", -1), attribute("select_last_index", 1), attribute("keepdims", 0)})},
       .inputs = {{"x", i64, {2, 3}, {5, 5, 1, 0, 0, 0}}},
       .opset = 12});
  REQUIRE(last.error == "");
  CHECK(are(last.numbers(0), {1, 2}));
  const Run sums = compute(
      {.nodes = {node("CumSum", {"x", "axis"}, {"y"}, {attribute("reverse", 1), attribute("exclusive", 1)})},
       .inputs = {{"x", i64, {3}, {1, 2, 4}}, {"axis", i32, {}, {-1}, true}},
       .opset = 11});
  REQUIRE(sums.error == "");
  CHECK(are(sums.numbers(0), {6, 4, 0}));
}
