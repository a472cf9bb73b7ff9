// What the importers of operators see of a node, and of the graph that is made.
#pragma once

#include "../../graph/graph.hpp"
#include "../../graph/passes/fold.hpp"
#include "../import.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

using graph::Bytes;
using graph::Graph;
using graph::Scalar;
using graph::Shape;
using graph::TensorType;
using graph::ValueId;
using tensor::Dimension;  // of the graph; the model's is onnx::Dimension
using tensor::Expr;

class Importer;

// A name may also stand for a sequence of tensors, which is known when the model is imported, or for an optional that has
// nothing. Both are numbered as values are, from 2^31 on, so that names, functions and subgraphs carry them alike; only
// operators whose entry says so are given such an id.
inline constexpr std::uint32_t first_sequence = 0x80000000;
inline constexpr ValueId empty_optional = static_cast<ValueId>(0xFFFFFFFE);
inline bool is_sequence(ValueId id) {
  return static_cast<std::uint32_t>(id) >= first_sequence && id != ValueId::Absent && id != empty_optional;
}
inline bool is_tensor(ValueId id) { return static_cast<std::uint32_t>(id) < first_sequence; }

/// One node while it is imported. Attributes that are not asked for are taken to be unsupported, unless they are of those
/// that every operator may have.
class NodeImporter {
public:
  NodeImporter(Importer& importer, Graph& graph, const onnx::Node& node, std::int64_t version, Text name)
      : g(graph), opset(version), importer_(importer), node_(node), name_(name) {}

  Graph& g;
  /// The version of the operator's domain that the model, or the function, imports.
  const std::int64_t opset;
  const onnx::Node& node() const { return node_; }
  Text name() const { return Text(name_); }

  // --- inputs and outputs
  std::size_t input_count() const { return inputs_.size(); }
  /// Not left out.
  bool has(std::size_t i) const { return i < inputs_.size() && inputs_[i] != ValueId::Absent; }
  ValueId input(std::size_t i) const { return has(i) ? inputs_[i] : ValueId::Absent; }
  const TensorType& type(std::size_t i) const {
    return g.type(is_tensor(input(i)) ? input(i) : ValueId::Absent);
  }
  const Shape& shape(std::size_t i) const { return type(i).shape; }
  std::size_t rank(std::size_t i) const { return shape(i).rank(); }
  std::size_t output_count() const { return node_.outputs.size(); }
  bool wants(std::size_t output) const {
    return output < node_.outputs.size() && !node_.outputs[output].empty();
  }
  void set(std::size_t output, ValueId value) {
    while (outputs_.size() <= output) outputs_.push_back(ValueId::Absent);
    outputs_[output] = value;
  }
  /// `axis` counted from the first; what lies outside is left as it is, and refused by the family.
  static std::int64_t from_first(std::int64_t axis, std::size_t rank) {
    return axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis;
  }

  // --- attributes
  /// Null where there is none.
  const Attribute* attribute(Text name);
  /// The same; one of another type gives the node up, and is null.
  const Attribute* attribute(Text name, AttributeType type);
  bool has_attribute(Text name) { return attribute(name) != nullptr; }
  std::int64_t integer(Text name, std::int64_t otherwise) {
    const Attribute* const a = attribute(name, AttributeType::Int);
    return a ? a->i : otherwise;
  }
  double number(Text name, double otherwise) {
    const Attribute* const a = attribute(name, AttributeType::Float);
    return a ? static_cast<double>(a->f) : otherwise;
  }
  Text text(Text name, Text otherwise) {
    const Attribute* const a = attribute(name, AttributeType::String);
    return a ? a->s : otherwise;
  }
  /// Empty where there is none.
  Span<const std::int64_t> integers(Text name) {
    const Attribute* const a = attribute(name, AttributeType::Ints);
    return a ? a->ints : Span<const std::int64_t>();
  }
  /// Null where there is none; one that has no tensor gives the node up.
  const Tensor* tensor_attribute(Text name);
  /// A list of up to eight.
  tensor::Integers list(Text name) {
    tensor::Integers all;
    for (const std::int64_t v : integers(name)) all.push_back(v);
    return all;
  }

  // --- inputs that have to be known. False: the node is given up, with the reason, and the inputs of the model that would
  // have to be bound are told.
  bool known_integers(std::size_t i, Buffer<std::int64_t>& values);
  bool known_list(std::size_t i, tensor::Integers& values);
  /// Sizes, which may be formulas: up to eight, and any number.
  bool known_sizes(std::size_t i, Shape& sizes);
  bool known_elements(std::size_t i, Buffer<graph::SizeId>& values);
  /// Of a value that is no input of the node; `what` the sentence calls it.
  bool known_integers_of(ValueId value, Text what, Buffer<std::int64_t>& values);
  bool known_numbers(std::size_t i, Buffer<double>& values);
  bool known_number(std::size_t i, double& value);

  /// The operator cannot be imported as it is here.
  void unsupported(String reason);
  /// The same where the reason has been told: of a node inside a subgraph.
  void give_up() { given_up_ = true; }
  bool is_given_up() const { return given_up_; }

  // --- for the importer
  Buffer<ValueId>& inputs_to_fill() { return inputs_; }
  const Buffer<ValueId>& outputs() const { return outputs_; }
  Importer& importer() { return importer_; }
  /// Attributes that nobody asked for.
  void refuse_unread_attributes();

private:
  bool constant(ValueId value, Text what, Bytes& bytes);
  bool constant(std::size_t i, Bytes& bytes);

  Importer& importer_;
  const onnx::Node& node_;
  String name_;
  Buffer<ValueId> inputs_, outputs_;
  std::uint64_t read_ = 0;  // a bit for each attribute, of the first 64
  bool given_up_ = false;
};

/// Imports one operator.
using OperatorImporter = void (*)(NodeImporter& n);

struct OperatorEntry {
  const char* name;
  OperatorImporter import;
  /// Its inputs may be sequences and optionals not tensors alone.
  bool takes_sequences = false;
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
