// What a model has and the importer does not handle is refused by name, and never passed over.
#include "imported.hpp"

#include <cmath>

using namespace test::onnx;
using airstrip::onnx::ImportOptions;
using Floats = std::vector<float>;
using Integers = std::vector<std::int64_t>;

namespace {

Message any(const char* name) { return value_info(name, tensor_type(DataType::Float)); }

}  // namespace

TEST_CASE("Functions: attributes that they do not have, references outside of them, and outputs of nothing") {
  FunctionParts same;
  same.domain = "test";
  same.name = "Same";
  same.inputs = {"a", "b"};
  same.outputs = {"b"};
  const auto called = [&](Message call) {
    GraphParts parts;
    parts.inputs = {value_info("x", floats({2}))};
    parts.outputs = {any("y")};
    parts.nodes = {call};
    return model(graph(parts), {{"", 22}, {"test", 1}}, {function(same)});
  };
  CHECK(Imported(called(node("Same", {"x", "x"}, {"y"}, {}, "test"))).graph.ok());
  CHECK(Imported(called(node("Same", {"x", "x"}, {"y"}, {attribute("slope", 2)}, "test", "call")))
            .fails_with("the function Same has no attribute slope, which the node call gives it"));
  CHECK(Imported(called(node("Same", {"x"}, {"y"}, {}, "test"))).fails_with("was left out"));
  CHECK(Imported(called(node("LeakyRelu", {"x"}, {"y"},
                             {attribute_reference("alpha", AttributeType::Float, "slope")}, "", "leak")))
            .fails_with("the attribute alpha of the node leak refers to slope"));
}

TEST_CASE("Values that a loop collects count as nodes: a small file makes no large lists") {
  GraphParts body;
  body.inputs = {any("i"), any("c")};
  body.outputs = {any("c")};
  for (int k = 0; k < 6400; ++k) body.outputs.push_back(any("i"));
  GraphParts parts;
  parts.initializers = {tensor("m", {}, Integers{1000})};
  parts.outputs = {any("y")};
  parts.nodes = {node("Loop", {"m"}, {"y"}, {graph_attribute("body", graph(body))})};
  ImportOptions options;
  options.max_nodes = 10000;
  CHECK(Imported(model(graph(parts)), options).fails_with("ImportOptions::max_nodes is the limit"));
}
