// Movement, shapes and indexing in the versions that ONNX's node tests do not have, with sizes that stay open.
#include "imported.hpp"

#include <cmath>
#include <numeric>

using namespace test::onnx;

namespace {

Floats counted(std::size_t count) {
  Floats all(count);
  std::iota(all.begin(), all.end(), 0.0f);
  return all;
}

}  // namespace

TEST_CASE("Slice: attributes before operator set 10, inputs from there, clamped") {
  Imported old(model_of({"Slice",
                         {{"x", floats({2, 4})}},
                         {attribute("starts", Integers{-1, 1}), attribute("ends", Integers{100, -1})},
                         {"x"},
                         {},
                         9}));
  CHECK(run<float>(old, {{"x", counted(8)}}) == Floats{5, 6});
  Imported backward(model_of({"Slice",
                              {{"x", floats({4})}},
                              {},
                              {"x", "s", "e", "a", "t"},
                              {list("s", {100}), list("e", {INT64_MIN}), list("a", {-1}), list("t", {-2})}}));
  CHECK(run<float>(backward, {{"x", counted(4)}}) == Floats{3, 1});
  Imported open(model_of(
      {"Slice", {{"x", floats({"n"})}}, {}, {"x", "s", "e"}, {list("s", {1}), list("e", {INT64_MAX})}}));
  // Of an empty tensor nothing is left.
  CHECK(run<float>(open, {{"x", Floats{}}}, 0, {{"n", 0}}).empty());
  CHECK(run<float>(open, {{"x", counted(4)}}, 0, {{"n", 4}}) == Floats{1, 2, 3});
  Imported unknown(model_of(
      {"Slice", {{"x", floats({4})}, {"s", tensor_type(DataType::Int64, {1})}}, {}, {"x", "s", "s"}}));
  CHECK(unknown.fails_with("determines a shape"));
  REQUIRE(unknown.report.inputs_to_bind.size() == 1);
  CHECK(unknown.report.inputs_to_bind[0] == "s");
}

TEST_CASE("Split: sizes as attribute and input, equal parts, and num_outputs") {
  const Floats x = counted(6);
  Imported sizes(
      model_of({"Split", {{"x", floats({6})}}, {attribute("split", Integers{1, 5})}, {"x"}, {}, 11, 2}));
  CHECK(run<float>(sizes, {{"x", x}}, 1) == Floats{1, 2, 3, 4, 5});
  Imported equal(model_of({"Split", {{"x", floats({"n"})}}, {}, {"x"}, {}, 13, 3}));
  CHECK(equal.type(2) == "f32[n / 3]");
  CHECK(run<float>(equal, {{"x", x}}, 2, {{"n", 6}}) == Floats{4, 5});
  // What cannot be cut into equal parts is refused when the size is given.
  const airstrip::tensor::SizeValue seven = {"n", 7};
  const Floats more = counted(7);
  const airstrip::graph::NamedBytes bytes = {
      "x", {reinterpret_cast<const unsigned char*>(more.data()), more.size() * 4}};
  CHECK(!evaluate(*equal.graph, {&bytes, 1}, {&seven, 1}).ok());
  Imported uneven(model_of({"Split", {{"x", floats({6})}}, {attribute("num_outputs", 4)}, {"x"}, {}, 18, 4}));
  CHECK(uneven.type(0) == "f32[2]");
  CHECK(uneven.type(3) == "f32[0]");
  Imported open(model_of({"Split", {{"x", floats({"n"})}}, {attribute("num_outputs", 2)}, {"x"}, {}, 18, 2}));
  CHECK(run<float>(open, {{"x", counted(5)}}, 1, {{"n", 5}}) == Floats{3, 4});
  Imported many(model_of(
      {"Split", {{"x", floats({6})}}, {attribute("num_outputs", std::int64_t{1} << 40)}, {"x"}, {}, 18, 2}));
  CHECK(many.fails_with("num_outputs"));
}

TEST_CASE("Pad: attributes, axes, and a constant that is computed when the program runs") {
  Imported old(model_of({"Pad",
                         {{"x", floats({2})}},
                         {attribute("pads", Integers{1, 2}), attribute("value", 7.0f)},
                         {"x"},
                         {},
                         10}));
  CHECK(run<float>(old, {{"x", Floats{1, 2}}}) == Floats{7, 1, 2, 7, 7});
  Imported given(model_of({"Pad",
                           {{"x", floats({1, "n"})}, {"v", floats({1})}},
                           {},
                           {"x", "p", "v", "a"},
                           {list("p", {1, -1}), list("a", {-1})},
                           18}));
  CHECK(run<float>(given, {{"x", Floats{0, 2, 3}}, {"v", Floats{9}}}, 0, {{"n", 3}}) == Floats{9, 0, 2});
  Imported lowest(model_of({"Pad",
                            {{"x", floats({1})}},
                            {},
                            {"x", "p", "v"},
                            {list("p", {0, 1}), tensor("v", {}, Floats{-HUGE_VALF})},
                            13}));
  CHECK(run<float>(lowest, {{"x", Floats{1}}}) == Floats{1, -HUGE_VALF});
  // No double holds this number.
  const std::int64_t large = (std::int64_t{1} << 60) + 1;
  Imported integers(model_of({"Pad",
                              {{"x", tensor_type(DataType::Int64, {1})}},
                              {},
                              {"x", "p", "v"},
                              {list("p", {1, 0}), tensor("v", {}, Integers{large})},
                              13}));
  CHECK(run<std::int64_t>(integers, {{"x", Integers{1}}}) == Integers{large, 1});
  const std::vector<std::uint64_t> most = {~std::uint64_t{0}};
  Imported unsigned_integers(model_of({"Pad",
                                       {{"x", tensor_type(DataType::Uint64, {1})}},
                                       {},
                                       {"x", "p", "v"},
                                       {list("p", {1, 0}), tensor("v", DataType::Uint64, {}, most)},
                                       13}));
  CHECK(run<std::uint64_t>(unsigned_integers, {{"x", std::vector<std::uint64_t>{1}}}) ==
        std::vector<std::uint64_t>{most[0], 1});
  Imported reflected(model_of(
      {"Pad", {{"x", floats({3})}}, {attribute("mode", "reflect")}, {"x", "p"}, {list("p", {2, 1})}, 11}));
  CHECK(run<float>(reflected, {{"x", Floats{1, 2, 3}}}) == Floats{3, 2, 1, 2, 3, 2});
  Imported wrong(model_of(
      {"Pad", {{"x", floats({3})}}, {attribute("mode", "mirror")}, {"x", "p"}, {list("p", {2, 1})}}));
  CHECK(wrong.fails_with("mode"));
  Imported few(model_of({"Pad", {{"x", floats({3, 3})}}, {}, {"x", "p"}, {list("p", {2, 1})}}));
  CHECK(few.fails_with("two pads for each axis"));
}

TEST_CASE("Expand, Tile, Concat, Compress, DepthToSpace, ReverseSequence") {
  Imported expand(model_of({"Expand", {{"x", floats({"n", 1})}}, {}, {"x", "s"}, {list("s", {2, 1, 2})}}));
  CHECK(expand.type() == "f32[2, n, 2]");
  CHECK(run<float>(expand, {{"x", Floats{1, 2}}}, 0, {{"n", 2}}) == Floats{1, 1, 2, 2, 1, 1, 2, 2});
  Imported huge(
      model_of({"Expand", {{"x", floats({1})}}, {}, {"x", "s"}, {list("s", {std::int64_t{1} << 60})}}));
  CHECK(!huge.graph.ok());
  Imported none(model_of({"Expand", {{"x", floats({1})}}, {}, {"x", "s"}, {list("s", {0})}}));
  CHECK(none.type() == "f32[0]");
  Imported tile(model_of({"Tile", {{"x", floats({2})}}, {}, {"x", "r"}, {list("r", {2})}, 7}));
  CHECK(run<float>(tile, {{"x", Floats{1, 2}}}) == Floats{1, 2, 1, 2});
  Imported concat(model_of({"Concat",
                            {{"a", floats({1, "n"})}, {"b", floats({1, "m"})}},
                            {attribute("axis", -1)},
                            {"a", "b"},
                            {},
                            11}));
  CHECK(concat.type() == "f32[1, n + m]");
  CHECK(run<float>(concat, {{"a", Floats{1}}, {"b", Floats{2, 3}}}, 0, {{"n", 1}, {"m", 2}}) ==
        Floats{1, 2, 3});
  const std::vector<unsigned char> condition = {0, 1, 1};
  Imported flat(model_of({"Compress",
                          {{"x", floats({2, 2})}},
                          {},
                          {"x", "c"},
                          {tensor("c", DataType::Boolean, {3}, condition)}}));
  CHECK(run<float>(flat, {{"x", counted(4)}}) == Floats{1, 2});
  Imported open(model_of(
      {"Compress", {{"x", floats({2})}, {"c", tensor_type(DataType::Boolean, {2})}}, {}, {"x", "c"}}));
  CHECK(open.fails_with("determines a shape"));
  Imported depth(
      model_of({"DepthToSpace", {{"x", floats({1, 4, 1, "w"})}}, {attribute("blocksize", 2)}, {"x"}, {}, 9}));
  CHECK(depth.type() == "f32[1, 1, 2, w * 2]");
  Imported reversed(model_of({"ReverseSequence",
                              {{"x", floats({3, 1})}, {"l", tensor_type(DataType::Int64, {1})}},
                              {},
                              {"x", "l"},
                              {},
                              10}));
  CHECK(run<float>(reversed, {{"x", Floats{1, 2, 3}}, {"l", Integers{2}}}) == Floats{2, 1, 3});
}

TEST_CASE("Reshape: 0, -1 and allowzero, with sizes that stay open") {
  const auto reshaped = [](std::vector<Dim> dims, Integers shape, std::int64_t opset = 13,
                           std::vector<Message> attributes = {}) {
    return model_of({"Reshape", {{"x", floats(dims)}}, attributes, {"x", "s"}, {list("s", shape)}, opset});
  };
  CHECK(Imported(reshaped({"b", "c", "h", "w"}, {0, 0, -1})).type() == "f32[b, c, h * w]");
  CHECK(Imported(reshaped({"b", 8, "t"}, {0, 2, 4, -1})).type() == "f32[b, 2, 4, t]");
  CHECK(Imported(reshaped({"b", 6, "t"}, {-1, 3})).type() == "f32[(b * t) * 2, 3]");
  CHECK(Imported(reshaped({"n"}, {-1, 4})).type() == "f32[n / 4, 4]");
  CHECK(Imported(reshaped({1}, {})).type() == "f32[]");
  CHECK(Imported(reshaped({0, 3}, {3, 0}, 14, {attribute("allowzero", 1)})).type() == "f32[3, 0]");
  CHECK(Imported(reshaped({0, 3}, {0, -1})).fails_with("beside one of 0"));
  CHECK(Imported(reshaped({4}, {-1, -1})).fails_with("two of its sizes are -1"));
  CHECK(Imported(reshaped({4}, {3, -1})).fails_with("no whole number"));
  CHECK(Imported(reshaped({4}, {4, 0})).fails_with("an axis that its input has not"));
  CHECK(!Imported(reshaped({4}, {3})).graph.ok());
  CHECK(Imported(reshaped({4}, {1, 1, 1, 1, 1, 1, 1, 1, 4})).fails_with("more than eight"));
  // Seven elements do not make rows of four.
  Imported uneven(reshaped({"n"}, {-1, 4}));
  const airstrip::tensor::SizeValue seven = {"n", 7};
  const Floats x = counted(7);
  const airstrip::graph::NamedBytes bytes = {"x", {reinterpret_cast<const unsigned char*>(x.data()), 28}};
  CHECK(!evaluate(*uneven.graph, {&bytes, 1}, {&seven, 1}).ok());
}

TEST_CASE("Flatten, Squeeze, Unsqueeze, Shape and Size") {
  CHECK(Imported(model_of({"Flatten", {{"x", floats({"b", 3, "h"})}}, {}, {"x"}})).type() == "f32[b, h * 3]");
  CHECK(Imported(model_of({"Flatten", {{"x", floats({2, 3})}}, {attribute("axis", -2)}, {"x"}})).type() ==
        "f32[1, 6]");
  CHECK(Imported(model_of({"Flatten", {{"x", floats({})}}, {attribute("axis", 0)}, {"x"}})).type() ==
        "f32[1, 1]");
  CHECK(Imported(model_of({"Squeeze", {{"x", floats({1, 2, 1})}}, {}, {"x"}})).type() == "f32[2]");
  CHECK(Imported(
            model_of(
                {"Squeeze", {{"x", floats({1, "n", 1})}}, {attribute("axes", Integers{-1})}, {"x"}, {}, 11}))
            .type() == "f32[1, n]");
  CHECK(Imported(model_of({"Squeeze", {{"x", floats({1, "n"})}}, {}, {"x"}})).fails_with("which they are"));
  CHECK(Imported(model_of({"Squeeze", {{"x", floats({2})}}, {}, {"x", "a"}, {list("a", {0})}}))
            .fails_with("another size than 1"));
  CHECK(
      Imported(
          model_of({"Unsqueeze", {{"x", floats({"n"})}}, {attribute("axes", Integers{2, 0})}, {"x"}, {}, 9}))
          .type() == "f32[1, n, 1]");
  CHECK(Imported(model_of({"Unsqueeze", {{"x", floats({2})}}, {}, {"x", "a"}, {list("a", {0, 0})}}))
            .fails_with("name one twice"));
  CHECK(Imported(model_of({"Unsqueeze", {{"x", floats({2})}}, {}, {"x", "a"}, {list("a", {INT64_MIN})}}))
            .fails_with("none of the tensor"));
  Imported shape(model_of({"Shape", {{"x", floats({"b", 3, "h"})}}, {attribute("start", -2)}, {"x"}}));
  CHECK(run<std::int64_t>(shape, {{"x", counted(12)}}, 0, {{"b", 2}, {"h", 2}}) == Integers{3, 2});
  Imported size(model_of({"Size", {{"x", floats({"b", 3})}}, {}, {"x"}}));
  CHECK(run<std::int64_t>(size, {{"x", counted(6)}}, 0, {{"b", 2}}) == Integers{6});
}

TEST_CASE("Gather and Scatter in their first versions, and NonZero of what is known") {
  Imported gather(
      model_of({"Gather", {{"x", floats({"n", 2})}}, {}, {"x", "i"}, {tensor("i", {}, Integers{-1})}, 7}));
  CHECK(gather.type() == "f32[2]");
  CHECK(run<float>(gather, {{"x", counted(6)}}, 0, {{"n", 3}}) == Floats{4, 5});
  Imported scatter(model_of(
      {"Scatter", {{"x", floats({3})}, {"u", floats({1})}}, {}, {"x", "i", "u"}, {list("i", {-1})}, 9}));
  CHECK(run<float>(scatter, {{"x", Floats{1, 2, 3}}, {"u", Floats{9}}}) == Floats{1, 2, 9});
  Imported wrong(model_of({"ScatterElements",
                           {{"x", floats({3})}, {"u", floats({1})}},
                           {attribute("reduction", "mean")},
                           {"x", "i", "u"},
                           {list("i", {0})}}));
  CHECK(wrong.fails_with("reduction"));
  Imported places(model_of({"NonZero", {}, {}, {"x"}, {tensor("x", {2, 2}, Floats{1, 0, 0, 2})}}));
  CHECK(run<std::int64_t>(places, {}) == Integers{0, 1, 0, 1});
  CHECK(Imported(model_of({"NonZero", {{"x", floats({2})}}, {}, {"x"}})).fails_with("x"));
  CHECK(Imported(model_of({"Unique", {{"x", floats({2})}}, {}, {"x"}})).fails_with("depends on elements"));
  Imported circular(model_of(
      {"TensorScatter",
       {{"c", floats({1, 3, 1})}, {"u", floats({1, 2, 1})}, {"i", tensor_type(DataType::Int64, {1})}},
       {attribute("mode", "circular")},
       {"c", "u", "i"},
       {},
       24}));
  CHECK(run<float>(circular, {{"c", Floats{1, 2, 3}}, {"u", Floats{8, 9}}, {"i", Integers{2}}}) ==
        Floats{9, 2, 8});
}
