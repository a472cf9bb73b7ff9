// Small models, imported and computed by the reference of the graphs.
//
//     const Run run = compute({node("Add", {"a", "b"}, {"y"})},
//                             {given<float>("a", {"n"}, {2}, {1, 2}), given<float>("b", {}, {3})}, {"y"});
//     CHECK(run.values<float>("y") == std::vector<float>{4, 5});
//
// The same by numbers, whatever the type of the elements:
//
//     const Run run = compute({.nodes = {node("Add", {"a", "b"}, {"y"})},
//                              .inputs = {{"a", DataType::Float, {"n"}, {1, 2}}, {"b", DataType::Float, {}, {3}}},
//                              .sizes = {{"n", 2}}});
//     CHECK(are(run.numbers(0), {4, 5}));
//
// A model of any other making is an Imported, whose outputs `run` gives.
#pragma once

#include "support/numbers.hpp"
#include "support/onnx_builder.hpp"

#include <airstrip/graph/evaluate.hpp>
#include <airstrip/onnx/import.hpp>
#include <airstrip/onnx/model.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace test::onnx {

// --- what goes in ------------------------------------------------------------------------------------------------

using Floats = std::vector<float>;
using Integers = std::vector<std::int64_t>;
/// The values of sizes that stay open.
using Sizes = std::vector<airstrip::tensor::SizeValue>;

template <class T>
constexpr DataType type_of() {
  if constexpr (std::is_same_v<T, float>) return DataType::Float;
  if constexpr (std::is_same_v<T, double>) return DataType::Double;
  if constexpr (std::is_same_v<T, bool>) return DataType::Boolean;
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    constexpr DataType is_signed[] = {DataType::Int8, DataType::Int16, DataType::Int32, DataType::Int64};
    constexpr DataType is_unsigned[] = {DataType::Uint8, DataType::Uint16, DataType::Uint32,
                                        DataType::Uint64};
    constexpr int log2 = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return std::is_signed_v<T> ? is_signed[log2] : is_unsigned[log2];
  }
}

template <class T>
std::string raw(const std::vector<T>& values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  return bytes;
}
/// Numbers as elements of a type that kernels have.
inline std::string raw(DataType type, const std::vector<double>& values) {
  const airstrip::kernel::Scalar scalar = airstrip::onnx::scalar_of(type);
  std::string bytes;
  for (const double value : values) {
    const std::uint64_t bits = bits_of_number(scalar, value);
    bytes.append(reinterpret_cast<const char*>(&bits), airstrip::tensor::element_bytes(scalar));
  }
  return bytes;
}

/// An input of a model, or one of its initializers.
struct Given {
  std::string name;
  DataType type = DataType::Float;
  std::vector<Dim> declared = {};       ///< as the model has its sizes; those that are names stay open
  std::vector<std::int64_t> dims = {};  ///< of the elements; empty where `declared` has names and nobody said
  std::string bytes = {};
  bool is_initializer = false;

  Given(std::string named, DataType of, std::vector<Dim> as_declared, std::vector<std::int64_t> of_elements,
        std::string elements)
      : name(std::move(named)), type(of), declared(std::move(as_declared)), dims(std::move(of_elements)),
        bytes(std::move(elements)) {}
  Given(std::string named, DataType of, std::vector<Dim> as_declared, const std::vector<double>& numbers,
        bool initializes = false)
      : name(std::move(named)), type(of), declared(std::move(as_declared)), bytes(raw(of, numbers)),
        is_initializer(initializes) {
    bool is_open = false;
    for (const Dim& d : declared) {
      is_open = is_open || !d.has_value;
      dims.push_back(d.value);
    }
    if (is_open) dims.clear();
  }
  /// For an Imported, which has the type and the sizes itself.
  template <class T>
  Given(std::string named, const std::vector<T>& elements)
      : name(std::move(named)), type(type_of<T>()), bytes(raw(elements)) {}
};

template <class T>
Given given(const std::string& name, const std::vector<Dim>& declared, const std::vector<std::int64_t>& dims,
            const std::vector<T>& values) {
  return {name, type_of<T>(), declared, dims, raw(values)};
}
template <class T>
Given given(const std::string& name, const std::vector<std::int64_t>& dims, const std::vector<T>& values) {
  return given(name, std::vector<Dim>(dims.begin(), dims.end()), dims, values);
}
template <class T>
Given initializer(const std::string& name, const std::vector<std::int64_t>& dims,
                  const std::vector<T>& values) {
  Given made = given(name, dims, values);
  made.is_initializer = true;
  return made;
}
/// Numbers as f16: any that a double holds, rounded.
inline Given halves(const std::string& name, const std::vector<std::int64_t>& dims,
                    const std::vector<double>& values) {
  return {name, DataType::Float16, std::vector<Dim>(dims.begin(), dims.end()), values};
}

/// A model by its nodes.
struct ModelOf {
  std::vector<Message> nodes;
  std::vector<Given> inputs;
  std::vector<std::string> outputs = {"y"};
  std::int64_t opset = 22;
  Sizes sizes = {};         ///< besides those that follow from inputs whose `dims` are given
  std::string domain = "";  ///< of a node, besides ONNX's own; with its version 1
};
inline std::string file_of(const ModelOf& m) {
  GraphParts parts;
  parts.nodes = m.nodes;
  for (const Given& input : m.inputs) {
    if (input.is_initializer)
      parts.initializers.push_back(tensor_head(input.name, input.type, input.dims).text(9, input.bytes));
    else
      parts.inputs.push_back(value_info(input.name, tensor_type(input.type, input.declared)));
  }
  for (const std::string& name : m.outputs)
    parts.outputs.push_back(value_info(name, tensor_type(DataType::Float)));
  Opsets opsets = {{"", m.opset}};
  if (!m.domain.empty()) opsets.push_back({m.domain, 1});
  return model(graph(parts), opsets);
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

// --- what comes out ----------------------------------------------------------------------------------------------

/// A model's file, read and imported.
struct Imported {
  std::string file;
  airstrip::Result<airstrip::onnx::Model> model;
  airstrip::onnx::ImportReport report;
  airstrip::Result<airstrip::graph::Graph> graph;

  explicit Imported(const std::string& bytes, const airstrip::onnx::ImportOptions& options = {})
      : file(bytes), model(airstrip::onnx::read_model(bytes_of(file))),
        graph(model.ok() ? airstrip::onnx::import_model(*model, options, &report)
                         : airstrip::Result<airstrip::graph::Graph>(model.error())) {}
  Imported(const Imported&) = delete;  // the model's texts are the file's
  Imported& operator=(const Imported&) = delete;

  /// The sentence of the error, or "".
  std::string error() const { return graph.ok() ? std::string() : std::string(graph.error().to_string()); }
  bool fails_with(const char* part) const {
    const bool found = error().find(part) != std::string::npos;
    if (!found) MESSAGE("the error is: ", error());
    return found;
  }
  /// "f32[n, 3]"
  std::string type(std::size_t output = 0) const {
    REQUIRE_MESSAGE(graph.ok(), error());
    REQUIRE(output < graph->outputs().size());
    return std::string(to_string(*graph, graph->type(graph->outputs()[output].value)));
  }
};

struct Output {
  std::string name;
  std::string declared;              ///< its type as the graph has it: "f32[n, 3]"
  airstrip::graph::TensorType type;  ///< with the sizes of the run
  std::string bytes;
};

/// What a model gives.
struct Run {
  std::string error;  ///< empty: it was computed
  airstrip::ErrorCode code = airstrip::ErrorCode::Ok;
  std::vector<std::string> reasons;  ///< of what is not supported
  std::vector<Output> outputs;

  const Output* output(std::size_t i) const { return i < outputs.size() ? &outputs[i] : nullptr; }
  const Output* output(const std::string& name) const {
    for (const Output& o : outputs)
      if (o.name == name) return &o;
    return nullptr;
  }
  /// An output's elements; none of another type.
  template <class T>
  std::vector<T> values(const std::string& name) const {
    return values_of<T>(output(name));
  }
  template <class T>
  std::vector<T> values(std::size_t i) const {
    return values_of<T>(output(i));
  }
  /// Elements of any type.
  std::vector<double> numbers(const std::string& name) const { return numbers_of(output(name)); }
  std::vector<double> numbers(std::size_t i) const { return numbers_of(output(i)); }
  std::vector<std::int64_t> dims(const std::string& name) const {
    std::vector<std::int64_t> all;
    if (const Output* const o = output(name))
      for (const airstrip::tensor::Dimension& d : o->type.shape) all.push_back(d.value());
    return all;
  }
  std::string type(std::size_t i) const { return output(i) ? output(i)->declared : std::string(); }
  std::string reason() const { return reasons.empty() ? std::string() : reasons[0]; }

private:
  template <class T>
  static std::vector<T> values_of(const Output* of) {
    std::vector<T> all;
    if (!of || of->type.scalar != airstrip::onnx::scalar_of(type_of<T>())) return all;
    for (std::size_t i = 0; i + sizeof(T) <= of->bytes.size(); i += sizeof(T)) {
      T value{};
      std::memcpy(&value, of->bytes.data() + i, sizeof value);
      all.push_back(value);
    }
    return all;
  }
  static std::vector<double> numbers_of(const Output* of) {
    std::vector<double> all;
    if (!of) return all;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(of->bytes.data());
    const std::size_t width = airstrip::tensor::element_bytes(of->type.scalar);
    for (std::size_t i = 0; i < of->bytes.size() / width; ++i)
      all.push_back(number_of_bits(of->type.scalar, bits_at(of->type.scalar, bytes, i)));
    return all;
  }
};

/// Every output; of `inputs` the names and the bytes are used.
inline Run compute(Imported& imported, const std::vector<Given>& inputs, const Sizes& sizes) {
  using namespace airstrip;
  Run run;
  const auto fail = [&](const Diagnostic& error) {
    run.error = std::string(error.to_string());
    run.code = error.code;
    return run;
  };
  for (const airstrip::onnx::ImportIssue& issue : imported.report.issues)
    run.reasons.push_back(std::string(issue.reason));
  if (!imported.graph.ok()) return fail(imported.graph.error());
  airstrip::graph::Graph& g = *imported.graph;
  std::vector<airstrip::graph::NamedBytes> bytes;
  for (const Given& input : inputs)
    if (!input.is_initializer)
      bytes.push_back({Text(input.name.c_str()),
                       {reinterpret_cast<const unsigned char*>(input.bytes.data()), input.bytes.size()}});
  const Span<const tensor::SizeValue> given_sizes(sizes.data(), sizes.size());
  const auto results = airstrip::graph::evaluate(g, {bytes.data(), bytes.size()}, given_sizes);
  if (!results.ok()) return fail(results.error());
  const auto values = g.sizes().evaluate(given_sizes);
  if (!values.ok()) return fail(values.error());
  for (std::size_t i = 0; i < g.outputs().size(); ++i) {
    Output output;
    output.name = std::string(g.outputs()[i].name);
    output.type = g.type(g.outputs()[i].value);
    output.declared = std::string(to_string(g, output.type));
    std::size_t count = tensor::element_bytes(output.type.scalar);
    for (std::size_t axis = 0; axis < output.type.shape.rank(); ++axis) {
      tensor::Dimension& d = output.type.shape[axis];
      if (!d.is_literal()) d = (*values)[static_cast<std::size_t>(g.size(d))];
      count *= static_cast<std::size_t>(d.value());
    }
    // A buffer may end with its last word.
    const Span<const unsigned char> span = (*results)[i].span();
    if (span.size() < count || span.size() - count >= 4) {
      run.error =
          output.name + " has " + std::to_string(span.size()) + " bytes in place of " + std::to_string(count);
      return run;
    }
    output.bytes.assign(reinterpret_cast<const char*>(span.data()), count);
    run.outputs.push_back(output);
  }
  return run;
}

inline Run compute(const ModelOf& m) {
  Imported imported(file_of(m));
  Sizes sizes = m.sizes;
  for (const Given& input : m.inputs)
    for (std::size_t i = 0; i < input.dims.size(); ++i)
      if (!input.declared[i].has_value)
        sizes.push_back({airstrip::Text(input.declared[i].name.c_str()), input.dims[i]});
  return compute(imported, m.inputs, sizes);
}
inline Run compute(const std::vector<Message>& nodes, const std::vector<Given>& inputs,
                   const std::vector<std::string>& outputs, std::int64_t opset = 22) {
  return compute(ModelOf{nodes, inputs, outputs, opset});
}

/// One output, which has to be of this type; a failure of the case where there is none.
template <class T>
std::vector<T> run(Imported& imported, const std::vector<Given>& inputs, std::size_t output = 0,
                   const Sizes& sizes = {}) {
  const Run all = compute(imported, inputs, sizes);
  REQUIRE_MESSAGE(all.error.empty(), all.error);
  REQUIRE(output < all.outputs.size());
  REQUIRE(all.outputs[output].type.scalar == airstrip::onnx::scalar_of(type_of<T>()));
  return all.values<T>(output);
}

/// Whether numbers are those that are expected. 1e-5 of a number's size, or of one: a few functions in a row, each with
/// the few units in the last place (2^-24, 6e-8) that its bound has.
inline bool are(const std::vector<double>& values, const std::vector<double>& expected, double bound = 1e-5) {
  if (values.size() != expected.size()) return false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(expected[i]) ? std::isnan(values[i]) : values[i] == expected[i]) continue;
    if (!(std::fabs(values[i] - expected[i]) <= bound * (1 + std::fabs(expected[i])))) return false;
  }
  return true;
}

}  // namespace test::onnx
