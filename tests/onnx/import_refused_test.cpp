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
