// What a model may be wrong in around its operators, and sizes that stay open from one end to the other.
#include "imported.hpp"

using namespace test::onnx;
using airstrip::onnx::ImportOptions;

namespace {

Message any(const char* name) { return value_info(name, tensor_type(DataType::Float)); }

}  // namespace

TEST_CASE("Names: unknown, later, and given twice") {
  const auto with = [](std::vector<Message> nodes, std::vector<Message> initializers = {},
                       std::vector<const char*> outputs = {"y"}) {
    GraphParts parts;
    parts.nodes = std::move(nodes);
    parts.initializers = std::move(initializers);
    parts.inputs = {value_info("x", floats({2}))};
    for (const char* name : outputs) parts.outputs.push_back(any(name));
    return model(graph(parts));
  };
  CHECK(Imported(with({node("Relu", {"z"}, {"y"}, {}, "", "r")}))
            .fails_with("the node r uses z, which nothing before it makes"));
  CHECK(Imported(with({node("Relu", {"z"}, {"y"}), node("Relu", {"x"}, {"z"})}))
            .fails_with("in the order in which they run"));
  CHECK(Imported(with({node("Relu", {"x"}, {"y"}), node("Relu", {"x"}, {"y"}, {}, "", "r")}))
            .fails_with("the node r makes y, which is there already"));
  CHECK(Imported(with({node("Relu", {"y"}, {"x"})}, {tensor("y", {1}, Floats{1})}))
            .fails_with("which is there already"));
  CHECK(Imported(with({}, {tensor("y", {1}, Floats{1}), tensor("y", {1}, Floats{1})}))
            .fails_with("two initializers"));
  CHECK(Imported(with({node("Relu", {"x"}, {"y"})}, {}, {"z"})).fails_with("uses z"));
  CHECK(!Imported(with({node("Relu", {"x"}, {"y"})}, {}, {"y", "y"})).graph.ok());
  GraphParts twice;
  twice.inputs = {value_info("x", floats({2})), value_info("x", floats({2}))};
  CHECK(Imported(model(graph(twice))).fails_with("two inputs of the model are called x"));
}

TEST_CASE("Options that name what the model does not have, or has not as an image") {
  GraphParts parts;
  parts.inputs = {value_info("x", floats({1, 3, 4, 4})),
                  value_info("bytes", tensor_type(DataType::Uint8, {1, 3, 4, 4}))};
  parts.nodes = {node("Relu", {"x"}, {"y"}), node("Cast", {"bytes"}, {"z"}, {attribute("to", 1)})};
  parts.outputs = {any("y"), any("z")};
  const std::string file = model(graph(parts));
  const auto with_image = [&](const char* name) {
    airstrip::onnx::ImageOption image;
    image.name = name;
    ImportOptions options;
    options.images = {&image, 1};
    return Imported(file, options).error();
  };
  CHECK(with_image("x") == "");
  CHECK(with_image("y2").find("the model has no input and no output y2, which ImportOptions::images names") !=
        std::string::npos);
  CHECK(with_image("bytes").find("it is bound as an image, which has f32, and its elements are") !=
        std::string::npos);
  airstrip::onnx::InputOption bound;
  bound.name = "w";
  ImportOptions options;
  options.inputs = {&bound, 1};
  CHECK(Imported(file, options).fails_with("the model has no input w, which ImportOptions::inputs names"));
}

TEST_CASE("Outputs that are inputs, initializers, or one value under two names; no nodes at all") {
  GraphParts parts;
  parts.inputs = {value_info("x", floats({2})), value_info("w", floats({1}))};
  parts.initializers = {tensor("w", {1}, Floats{5})};
  parts.nodes = {node("Relu", {"x"}, {"r"}), node("Reshape", {"r", "s"}, {"r2"})};
  parts.initializers.push_back(list("s", {1, 2}));
  parts.outputs = {any("x"), any("w"), any("r"), any("r2")};
  Imported all(model(graph(parts)));
  const std::vector<Given> x = {{"x", Floats{-1, 2}}};
  CHECK(run<float>(all, x, 0) == Floats{-1, 2});
  CHECK(run<float>(all, x, 1) == Floats{5});
  CHECK(run<float>(all, x, 2) == Floats{0, 2});
  CHECK(run<float>(all, x, 3) == Floats{0, 2});
  // An initializer that is an input as well is a default, and can be bound.
  const float seven = 7;
  const airstrip::onnx::InputOption bound = {
      "w", {airstrip::kernel::Scalar::F32, {1}}, {reinterpret_cast<const unsigned char*>(&seven), 4}};
  ImportOptions options;
  options.inputs = {&bound, 1};
  Imported other(model(graph(parts)), options);
  CHECK(run<float>(other, x, 1) == Floats{7});
  GraphParts empty;
  empty.inputs = {value_info("x", floats({2}))};
  empty.outputs = {any("x")};
  Imported none(model(graph(empty), {}));
  CHECK(run<float>(none, x) == Floats{-1, 2});
}

TEST_CASE("Operator sets that are missing, given twice, or out of range") {
  GraphParts parts;
  parts.inputs = {value_info("x", floats({2}))};
  parts.nodes = {node("Relu", {"x"}, {"y"}, {}, "", "r")};
  parts.outputs = {any("y")};
  CHECK(Imported(model(graph(parts), {})).fails_with("imports no operator set"));
  CHECK(Imported(model(graph(parts), {{"other", 1}})).fails_with("of which no version is imported"));
  CHECK(Imported(model(graph(parts), {{"", 13}, {"ai.onnx", 14}})).fails_with("two versions"));
  CHECK(Imported(model(graph(parts), {{"", 13}, {"ai.onnx", 13}})).graph.ok());
  CHECK(Imported(model(graph(parts), {{"", 6}})).fails_with("7 to 27 are imported"));
  CHECK(Imported(model(graph(parts), {{"", 99}})).fails_with("7 to 27 are imported"));
}

TEST_CASE("Open sizes: names that are written alike are different sizes, and -1 and ? are without a name") {
  GraphParts parts;
  parts.inputs = {value_info("x", floats({"a.b", -1})), value_info("z", floats({"a_b", "a.b"})),
                  value_info("q", floats({"size_1", "a_name_that_is_longer_than_a_parameter"}))};
  parts.outputs = {any("x"), any("z"), any("q")};
  Imported open(model(graph(parts)));
  REQUIRE_MESSAGE(open.graph.ok(), open.error());
  GraphParts unnamed;
  unnamed.inputs = {value_info("x", floats({"?", "?"}))};
  unnamed.outputs = {any("x")};
  CHECK(Imported(model(graph(unnamed))).type() == "f32[x_0, x_1]");
  CHECK(open.type(0) == "f32[a_b, x_1]");
  CHECK(open.type(1) == "f32[a_b_2, a_b]");
  CHECK(open.type(2).find("f32[_size_1, a_name_that_") == 0);
}

TEST_CASE("Open sizes: what is halved and doubled again is added where the size is a multiple") {
  GraphParts parts;
  parts.inputs = {value_info("x", floats({1, 1, "h"}))};
  parts.initializers = {tensor("scales", {3}, Floats{1, 1, 2})};
  const auto halved = [](const char* from, const char* to) {
    return node("MaxPool", {from}, {to},
                {attribute("kernel_shape", Integers{2}), attribute("strides", Integers{2})});
  };
  parts.nodes = {halved("x", "half"), halved("half", "quarter"),
                 node("Resize", {"quarter", "", "scales"}, {"doubled"}, {attribute("mode", "nearest")}),
                 node("Add", {"half", "doubled"}, {"y"})};
  parts.outputs = {any("y")};
  const std::string bytes = model(graph(parts), {{"", 13}});
  CHECK(Imported(bytes).fails_with("do not broadcast"));
  const airstrip::onnx::SizeOption maxima[] = {{"h", 64, 4}};
  airstrip::onnx::ImportOptions options;
  options.maxima = maxima;
  Imported open(bytes, options);
  REQUIRE_MESSAGE(open.graph.ok(), open.error());
  CHECK(open.type() == "f32[1, 1, h / 2]");
  CHECK(run<float>(open, {{"x", Floats{1, 2, 3, 4, 5, 6, 7, 8}}}, 0, {{"h", 8}}) == Floats{6, 8, 14, 16});
}

TEST_CASE("An input that is missing, and one that is left out, are errors of the node that reads it") {
  GraphParts parts;
  parts.inputs = {value_info("x", floats({2}))};
  parts.outputs = {any("y")};
  for (const Message& wrong :
       {node("Concat", {"x", ""}, {"y"}, {attribute("axis", 0)}), node("Gather", {"x"}, {"y"}),
        node("Reshape", {"x"}, {"y"}), node("Transpose", {}, {"y"}), node("Slice", {"x"}, {"y"}),
        node("Expand", {"", "x"}, {"y"}), node("Split", {}, {"y"}), node("Pad", {"x"}, {"y"}),
        node("Shape", {}, {"y"}), node("Squeeze", {}, {"y"}), node("If", {}, {"y"}), node("Loop", {}, {"y"}),
        node("Scan", {}, {"y"}), node("SequenceAt", {}, {"y"}), node("TensorScatter", {"x"}, {"y"}),
        node("Compress", {"x"}, {"y"}), node("SequenceMap", {}, {"y"}), node("ScatterND", {"x"}, {"y"})}) {
    parts.nodes = {wrong};
    CHECK_FALSE(Imported(model(graph(parts))).graph.ok());
  }
}

TEST_CASE("A chain in which every node uses the one before twice is followed once") {
  GraphParts parts;
  parts.inputs = {value_info("x", tensor_type(DataType::Int64, {1})), value_info("d", floats({4}))};
  std::string last = "x";
  for (int i = 0; i < 200; ++i) {
    const std::string next = "v" + std::to_string(i);
    parts.nodes.push_back(node("Add", {last, last}, {next}));
    last = next;
  }
  parts.nodes.push_back(node("Expand", {"d", last}, {"y"}));
  parts.outputs = {any("y")};
  Imported open(model(graph(parts)));
  CHECK(open.fails_with("depends on x"));
  CHECK(open.error().size() < 600);
}

// torch.flatten(x, 1) and x.view(x.size(0), -1, 2) as they are exported, and Paddle's reshape.
TEST_CASE("Shapes through Shape, Gather, Concat, Slice and Reshape") {
  GraphParts parts;
  parts.inputs = {value_info("x", floats({"n", 3, "h", "w"}))};
  parts.initializers = {tensor("zero", {}, Integers{0}),
                        list("axis", {0}),
                        list("minus", {-1}),
                        list("two", {2}),
                        list("one", {1}),
                        list("four", {4})};
  parts.nodes = {
      node("Shape", {"x"}, {"shape"}), node("Gather", {"shape", "zero"}, {"n0"}, {attribute("axis", 0)}),
      node("Unsqueeze", {"n0", "axis"}, {"n1"}),
      node("Concat", {"n1", "minus"}, {"flat"}, {attribute("axis", 0)}),
      node("Reshape", {"x", "flat"}, {"y"}),
      // The spatial size, doubled: what upsampling computes.
      node("Cast", {"shape"}, {"shape32"}, {attribute("to", 6)}),
      node("Cast", {"shape32"}, {"shape64"}, {attribute("to", 7)}),
      node("Slice", {"shape64", "two", "four"}, {"spatial"}), node("Mul", {"spatial", "two"}, {"doubled"}),
      node("Slice", {"shape", "axis", "two"}, {"outer"}),
      node("Concat", {"outer", "doubled"}, {"target"}, {attribute("axis", 0)}),
      node("Expand", {"scalar", "target"}, {"z"}),
      // [n, 3, h, w] to [n, h w, 3].
      node("Slice", {"shape", "two", "four"}, {"hw"}),
      node("Concat", {"n1", "three", "minus"}, {"rows"}, {attribute("axis", 0)}),
      node("Reshape", {"x", "rows"}, {"r"}),
      node("Transpose", {"r"}, {"t"}, {attribute("perm", Integers{0, 2, 1})})};
  parts.initializers.push_back(list("three", {3}));
  parts.initializers.push_back(tensor("scalar", {1}, Floats{1}));
  parts.outputs = {any("y"), any("z"), any("t")};
  Imported open(model(graph(parts), {{"", 13}}));
  REQUIRE_MESSAGE(open.graph.ok(), open.error());
  CHECK(open.type(0) == "f32[n, (h * w) * 3]");
  CHECK(open.type(1) == "f32[n, 3, h * 2, w * 2]");
  CHECK(open.type(2) == "f32[n, h * w, 3]");
  const std::vector<Given> x = {{"x", Floats{1, 2, 3, 4, 5, 6}}};
  const Sizes sizes = {{"n", 1}, {"h", 1}, {"w", 2}};
  CHECK(run<float>(open, x, 0, sizes) == Floats{1, 2, 3, 4, 5, 6});
  CHECK(run<float>(open, x, 1, sizes).size() == 24);
  CHECK(run<float>(open, x, 2, sizes) == Floats{1, 3, 5, 2, 4, 6});
}

TEST_CASE("A pad to the next multiple, and rows cut off again") {
  GraphParts parts;
  parts.inputs = {value_info("x", floats({"h"}))};
  parts.initializers = {list("m", {4}), list("zero", {0}), list("most", {3})};
  // (h + 3) / 4 * 4 - h, as exporters write it in integers.
  parts.nodes = {
      node("Shape", {"x"}, {"h"}),       node("Add", {"h", "most"}, {"a"}),
      node("Div", {"a", "m"}, {"b"}),    node("Mul", {"b", "m"}, {"c"}),
      node("Sub", {"c", "h"}, {"d"}),    node("Concat", {"zero", "d"}, {"pads"}, {attribute("axis", 0)}),
      node("Pad", {"x", "pads"}, {"y"}), node("Slice", {"y", "zero", "h"}, {"z"})};
  parts.outputs = {any("y"), any("z")};
  Imported open(model(graph(parts), {{"", 13}}));
  CHECK(run<float>(open, {{"x", Floats{1, 2, 3, 4, 5}}}, 0, {{"h", 5}}) == Floats{1, 2, 3, 4, 5, 0, 0, 0});
  CHECK(run<float>(open, {{"x", Floats{1, 2, 3, 4, 5}}}, 1, {{"h", 5}}) == Floats{1, 2, 3, 4, 5});
}
