// Looks at everything that a model points to, so that a sanitizer sees each byte, and reads the elements of its tensors.
#pragma once

#include <airstrip/onnx/model.hpp>
#include <airstrip/onnx/tensor.hpp>
#include <airstrip/onnx/value.hpp>

#include <cstddef>
#include <cstdint>

namespace test::onnx {

/// `require`: what to call with each condition that has to hold.
template <class Require>
class Visitor {
public:
  Visitor(airstrip::Span<const std::byte> file, Require require) : file_(file), require_(require) {}

  /// A sum of all that was seen; only there so that reading cannot be left out.
  std::uint64_t sum = 0;

  void visit(airstrip::Text text) {
    visit_range(reinterpret_cast<const std::byte*>(text.data()), text.size());
    for (const char c : text) sum = sum * 31 + static_cast<unsigned char>(c);
  }
  void visit(const airstrip::onnx::StringEntry& entry) {
    visit(entry.key);
    visit(entry.value);
  }
  void visit(std::int64_t value) { sum = sum * 31 + static_cast<std::uint64_t>(value); }
  void visit(float value) { sum += value == value; }
  void visit(const airstrip::onnx::OperatorSetId& id) {
    visit(id.domain);
    visit(id.version);
  }
  void visit(const airstrip::onnx::Tensor& tensor) {
    visit(tensor.name);
    visit(tensor.doc_string);
    visit_all(tensor.dims);
    visit_all(tensor.external_data);
    visit_all(tensor.metadata_props);
    visit_range(tensor.raw_data.data(), tensor.raw_data.size());
    visit_range(tensor.message.bytes.data(), tensor.message.bytes.size());
    const airstrip::Result<airstrip::onnx::TensorData> data = airstrip::onnx::read_elements(tensor);
    if (!data) {
      require_(!data.error().message.empty());
      return;
    }
    // What is read was there: a value is a byte at least, and 16 in memory at most.
    require_(data->bytes().size() <= 16 * file_.size());
    for (const std::byte byte : data->bytes()) sum = sum * 31 + static_cast<std::uint64_t>(byte);
    visit_all(data->strings());
    sum += static_cast<std::uint64_t>(data->integer(0)) + (data->number(data->size() / 2) > 0);
  }
  void visit(const airstrip::onnx::SparseTensor& tensor) {
    if (tensor.values) visit(*tensor.values);
    if (tensor.indices) visit(*tensor.indices);
    visit_all(tensor.dims);
  }
  void visit(const airstrip::onnx::Dimension& dimension) {
    visit(dimension.value);
    visit(dimension.parameter);
    visit(dimension.denotation);
  }
  void visit(const airstrip::onnx::Type& type) {
    visit_all(type.shape);
    visit(type.denotation);
    if (type.element) visit(*type.element);
  }
  void visit(const airstrip::onnx::ValueInfo& info) {
    visit(info.name);
    visit(info.doc_string);
    visit_all(info.metadata_props);
    if (info.type) visit(*info.type);
  }
  void visit(const airstrip::onnx::Attribute& attribute) {
    visit(attribute.name);
    visit(attribute.ref_attr_name);
    visit(attribute.doc_string);
    visit(attribute.f);
    visit(attribute.i);
    visit(attribute.s);
    visit_all(attribute.floats);
    visit_all(attribute.ints);
    visit_all(attribute.strings);
    visit_all(attribute.tensors);
    visit_all(attribute.graphs);
    visit_all(attribute.sparse_tensors);
    visit_all(attribute.types);
  }
  void visit(const airstrip::onnx::Node& node) {
    visit(node.name);
    visit(node.op_type);
    visit(node.domain);
    visit(node.overload);
    visit(node.doc_string);
    visit_all(node.inputs);
    visit_all(node.outputs);
    visit_all(node.attributes);
    visit_all(node.metadata_props);
    require_(node.offset <= file_.size());
  }
  void visit(const airstrip::onnx::TensorAnnotation& annotation) {
    visit(annotation.tensor_name);
    visit_all(annotation.quant_parameter_tensor_names);
  }
  void visit(const airstrip::onnx::Graph& graph) {
    visit(graph.name);
    visit(graph.doc_string);
    visit_all(graph.nodes);
    visit_all(graph.initializers);
    visit_all(graph.sparse_initializers);
    visit_all(graph.inputs);
    visit_all(graph.outputs);
    visit_all(graph.value_infos);
    visit_all(graph.quantization_annotations);
    visit_all(graph.metadata_props);
  }
  void visit(const airstrip::onnx::Function& function) {
    visit(function.name);
    visit(function.domain);
    visit(function.overload);
    visit(function.doc_string);
    visit_all(function.inputs);
    visit_all(function.outputs);
    visit_all(function.attributes);
    visit_all(function.attributes_with_default);
    visit_all(function.nodes);
    visit_all(function.opset_imports);
    visit_all(function.value_infos);
    visit_all(function.metadata_props);
  }
  void visit(const airstrip::onnx::Model& model) {
    visit(model.producer_name);
    visit(model.producer_version);
    visit(model.domain);
    visit(model.doc_string);
    visit_all(model.opset_imports);
    visit_all(model.metadata_props);
    visit_all(model.functions);
    if (model.graph) visit(*model.graph);
    require_(model.arena.memory() <= memory_limit());
  }
  void visit(const airstrip::onnx::Value& value) {
    visit(value.name);
    if (value.tensor) visit(*value.tensor);
    if (value.sparse_tensor) visit(*value.sparse_tensor);
    visit_all(value.values);
    visit_all(value.keys);
    visit_all(value.string_keys);
  }
  void visit(const airstrip::onnx::ValueFile& file) {
    visit(file.value);
    require_(file.arena.memory() <= memory_limit());
  }

  /// An empty message is two bytes of the file and at most 208 in memory, of which the arena may have twice as much.
  std::size_t memory_limit() const { return 4096 + 2 * 104 * file_.size(); }

private:
  template <class T>
  void visit_all(airstrip::Span<const T> list) {
    for (const T& element : list) visit(element);
  }
  void visit_range(const std::byte* data, std::size_t size) {
    require_(size == 0 || (data >= file_.begin() && data + size <= file_.end()));
  }

  airstrip::Span<const std::byte> file_;
  Require require_;
};

}  // namespace test::onnx
