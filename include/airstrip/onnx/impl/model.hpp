#pragma once

#include "../model.hpp"
#include "read_graph.hpp"
#include "read_node.hpp"
#include "read_tensor.hpp"
#include "read_types.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

AIRSTRIP_INLINE const char* to_string(AttributeType type) {
  switch (type) {
    case AttributeType::Undefined: return "UNDEFINED";
    case AttributeType::Float: return "FLOAT";
    case AttributeType::Int: return "INT";
    case AttributeType::String: return "STRING";
    case AttributeType::Tensor: return "TENSOR";
    case AttributeType::Graph: return "GRAPH";
    case AttributeType::Floats: return "FLOATS";
    case AttributeType::Ints: return "INTS";
    case AttributeType::Strings: return "STRINGS";
    case AttributeType::Tensors: return "TENSORS";
    case AttributeType::Graphs: return "GRAPHS";
    case AttributeType::SparseTensor: return "SPARSE_TENSOR";
    case AttributeType::SparseTensors: return "SPARSE_TENSORS";
    case AttributeType::TypeProto: return "TYPE_PROTO";
    case AttributeType::TypeProtos: return "TYPE_PROTOS";
  }
  return "unknown";
}

AIRSTRIP_INLINE const Attribute* find_attribute(const Node& node, Text name) {
  const Attribute* found = nullptr;
  for (const Attribute& attribute : node.attributes)
    if (attribute.name == name) found = &attribute;
  return found;
}

AIRSTRIP_INLINE std::int64_t Model::opset_version(Text of_domain) const {
  const auto full = [](Text text) { return text.empty() ? Text("ai.onnx") : text; };
  std::int64_t version = 0;
  for (const OperatorSetId& id : opset_imports)
    if (full(id.domain) == full(of_domain)) version = id.version;
  return version;
}

AIRSTRIP_INLINE Result<Model> read_model(Span<const std::byte> file) {
  if (file.empty()) return file_error(ErrorCode::Truncated, 0, "the file is empty, and a model is not");
  Model model;
  detail::Reader reader(model.arena);
  if (!reader.read({file, 0, true}, model)) return reader.take_error();
  return model;
}

AIRSTRIP_ONNX_NAMESPACE_END
