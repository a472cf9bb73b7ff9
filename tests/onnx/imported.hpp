// Small models that are imported and computed in the interpreter.
#pragma once

#include "support/onnx_builder.hpp"

#include <airstrip/graph/evaluate.hpp>
#include <airstrip/onnx/import.hpp>
#include <airstrip/onnx/model.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace test::onnx {

using Sizes = std::vector<std::pair<const char*, std::int64_t>>;

/// A model's file, read and imported.
struct Imported {
  std::string file;
  airstrip::Result<airstrip::onnx::Model> model;
  airstrip::onnx::ImportReport report;
  airstrip::Result<airstrip::graph::Graph> graph;

  explicit Imported(const std::string& bytes, const airstrip::onnx::ImportOptions& options = {})
      : file(bytes), model(airstrip::onnx::read_model(bytes_of(file))),
        graph(airstrip::onnx::import_model(*model, options, &report)) {}
  /// The sentence of the error, or "".
  std::string error() const {
    if (graph.ok()) return "";
    const airstrip::String text = graph.error().to_string();
    return std::string(text.data(), text.size());
  }
  bool fails_with(const char* part) const {
    const bool found = error().find(part) != std::string::npos;
    if (!found) MESSAGE("the error is: ", error());
    return found;
  }
  /// "f32[2, 3]"
  std::string type(std::size_t output = 0) {
    const airstrip::String text = to_string(*graph, graph->type(graph->outputs()[output].value));
    return std::string(text.data(), text.size());
  }
};

/// The bytes of an input.
struct Given {
  template <class T>
  Given(const char* input, const std::vector<T>& elements)
      : name(input), bytes(reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(T)) {}
  const char* name;
  std::string bytes;
};

/// What an output is for these inputs.
template <class T>
std::vector<T> run(Imported& imported, const std::vector<Given>& inputs, std::size_t output = 0,
                   const Sizes& sizes = {}) {
  REQUIRE_MESSAGE(imported.graph.ok(), imported.error());
  std::vector<airstrip::graph::NamedBytes> given;
  for (const Given& g : inputs)
    given.push_back({g.name, {reinterpret_cast<const unsigned char*>(g.bytes.data()), g.bytes.size()}});
  std::vector<airstrip::tensor::SizeValue> values;
  for (const auto& [name, value] : sizes) values.push_back({name, value});
  const auto results =
      evaluate(*imported.graph, {given.data(), given.size()}, {values.data(), values.size()});
  REQUIRE_MESSAGE(results.ok(), std::string(results.ok() ? "" : results.error().to_string().c_str()));
  const airstrip::Span<const unsigned char> bytes = (*results)[output].span();
  std::vector<T> elements(bytes.size() / sizeof(T));
  if (!elements.empty()) std::memcpy(elements.data(), bytes.data(), elements.size() * sizeof(T));
  return elements;
}

/// A model of one node: inputs of these types, initializers, and outputs called y, y1, …, whose types are not given.
struct OneNode {
  std::string op_type;
  std::vector<std::pair<const char*, Message>> inputs = {};
  std::vector<Message> attributes = {};
  std::vector<std::string> operands = {};
  std::vector<Message> initializers = {};
  std::int64_t opset = 22;
  std::size_t outputs = 1;
};
inline std::string model_of(const OneNode& one) {
  GraphParts parts;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < one.outputs; ++i) {
    names.push_back(i ? "y" + std::to_string(i) : "y");
    parts.outputs.push_back(value_info(names.back(), tensor_type(DataType::Float)));
  }
  for (const auto& [name, type] : one.inputs) parts.inputs.push_back(value_info(name, type));
  parts.initializers = one.initializers;
  parts.nodes = {node(one.op_type, one.operands, names, one.attributes, "", "the node")};
  return model(graph(parts), {{"", one.opset}});
}

inline Message floats(const std::vector<Dim>& dims) { return tensor_type(DataType::Float, dims); }
inline Message list(const char* name, const std::vector<std::int64_t>& values) {
  return tensor(name, {static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace test::onnx
