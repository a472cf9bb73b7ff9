// Builds ONNX files in memory, field by field. It shares nothing with the library's own writer, and writes what is wrong as
// well as what is right.
//
//     const std::string file = model(graph({.nodes = {node("Relu", {"x"}, {"y"})},
//                                           .inputs = {value_info("x", tensor_type(DataType::Float, {1, "n"}))},
//                                           .outputs = {value_info("y", tensor_type(DataType::Float, {1, "n"}))}}));
#pragma once

#include <airstrip/onnx/data_type.hpp>
#include <airstrip/onnx/model.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace test::onnx {

using airstrip::onnx::AttributeType;
using airstrip::onnx::DataType;

/// The bytes of a message, to which fields are appended.
class Message {
public:
  std::string bytes;

  Message& varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
    bytes += static_cast<char>(value);
    return *this;
  }
  Message& tag(std::uint32_t number, unsigned wire_type) {
    return varint(std::uint64_t{number} << 3 | wire_type);
  }
  Message& integer(std::uint32_t number, std::int64_t value) {
    return tag(number, 0).varint(static_cast<std::uint64_t>(value));
  }
  /// float: 32 bits; double: 64.
  template <class T>
  Message& fixed(std::uint32_t number, T value) {
    static_assert(sizeof value == 4 || sizeof value == 8);
    tag(number, sizeof value == 4 ? 5 : 1);
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Message& text(std::uint32_t number, const std::string& value) {
    tag(number, 2).varint(value.size());
    bytes += value;
    return *this;
  }
  Message& message(std::uint32_t number, const Message& value) { return text(number, value.bytes); }
  Message& messages(std::uint32_t number, const std::vector<Message>& list) {
    for (const Message& value : list) message(number, value);
    return *this;
  }
  Message& texts(std::uint32_t number, const std::vector<std::string>& list) {
    for (const std::string& value : list) text(number, value);
    return *this;
  }
  /// Repeated numbers, one field each: integers as varints, float and double as they are.
  template <class T>
  Message& numbers(std::uint32_t number, const std::vector<T>& list) {
    for (const T value : list) {
      if constexpr (std::is_floating_point_v<T>)
        fixed(number, value);
      else
        integer(number, static_cast<std::int64_t>(value));
    }
    return *this;
  }
  /// The same in one field.
  template <class T>
  Message& packed(std::uint32_t number, const std::vector<T>& list) {
    Message values;
    for (const T value : list) {
      if constexpr (std::is_floating_point_v<T>)
        values.bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
      else
        values.varint(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
    }
    return message(number, values);
  }
};

/// Of a shape: a number or a name; "" for one that is neither.
struct Dim {
  Dim(int number) : value(number) {}
  Dim(std::int64_t number) : value(number) {}
  Dim(const char* parameter) : name(parameter), has_value(false) {}

  std::int64_t value = 0;
  std::string name;
  bool has_value = true;
};

using Entries = std::vector<std::pair<std::string, std::string>>;

/// Adds StringStringEntryProtos.
inline void add_entries(Message& to, std::uint32_t number, const Entries& entries) {
  for (const auto& [key, value] : entries) to.message(number, Message().text(1, key).text(2, value));
}

// --- tensors -----------------------------------------------------------------------------------------------------

/// A TensorProto without elements: add them.
inline Message tensor_head(const std::string& name, DataType type, const std::vector<std::int64_t>& dims) {
  Message tensor;
  tensor.numbers(1, dims).integer(2, static_cast<std::int64_t>(type));
  if (!name.empty()) tensor.text(8, name);
  return tensor;
}
/// The elements of a vector as raw_data.
template <class T>
Message tensor(const std::string& name, DataType type, const std::vector<std::int64_t>& dims,
               const std::vector<T>& elements) {
  const char* const data = reinterpret_cast<const char*>(elements.data());
  return tensor_head(name, type, dims)
      .text(9, elements.empty() ? std::string() : std::string(data, elements.size() * sizeof(T)));
}
inline Message tensor(const std::string& name, const std::vector<std::int64_t>& dims,
                      const std::vector<float>& elements) {
  return tensor(name, DataType::Float, dims, elements);
}
inline Message tensor(const std::string& name, const std::vector<std::int64_t>& dims,
                      const std::vector<std::int64_t>& elements) {
  return tensor(name, DataType::Int64, dims, elements);
}
/// A tensor in another file: location, and offset and length where they are not empty.
inline Message external_tensor(const std::string& name, DataType type, const std::vector<std::int64_t>& dims,
                               const Entries& external_data) {
  Message result = tensor_head(name, type, dims);
  add_entries(result, 13, external_data);
  return result.integer(14, 1);
}
inline Message sparse_tensor(const Message& values, const Message& indices,
                             const std::vector<std::int64_t>& dims) {
  return Message().message(1, values).message(2, indices).numbers(3, dims);
}

// --- types -------------------------------------------------------------------------------------------------------

inline Message shape(const std::vector<Dim>& dims) {
  Message result;
  for (const Dim& dim : dims) {
    Message one;
    if (dim.has_value) one.integer(1, dim.value);
    if (!dim.has_value && !dim.name.empty()) one.text(2, dim.name);
    result.message(1, one);
  }
  return result;
}
inline Message tensor_type(DataType type, const std::vector<Dim>& dims) {
  return Message().message(1, Message().integer(1, static_cast<std::int64_t>(type)).message(2, shape(dims)));
}
/// Of any rank.
inline Message tensor_type(DataType type) {
  return Message().message(1, Message().integer(1, static_cast<std::int64_t>(type)));
}
inline Message sequence_type(const Message& element) {
  return Message().message(4, Message().message(1, element));
}
inline Message optional_type(const Message& element) {
  return Message().message(9, Message().message(1, element));
}
inline Message map_type(DataType key, const Message& value) {
  return Message().message(5, Message().integer(1, static_cast<std::int64_t>(key)).message(2, value));
}
inline Message value_info(const std::string& name, const Message& type) {
  return Message().text(1, name).message(2, type);
}

// --- attributes --------------------------------------------------------------------------------------------------

inline Message attribute_head(const std::string& name, AttributeType type) {
  return Message().text(1, name).integer(20, static_cast<std::int64_t>(type));
}
inline Message attribute(const std::string& name, float f) {
  return attribute_head(name, AttributeType::Float).fixed(2, f);
}
inline Message attribute(const std::string& name, std::int64_t i) {
  return attribute_head(name, AttributeType::Int).integer(3, i);
}
inline Message attribute(const std::string& name, int i) { return attribute(name, std::int64_t{i}); }
inline Message attribute(const std::string& name, const std::string& s) {
  return attribute_head(name, AttributeType::String).text(4, s);
}
inline Message attribute(const std::string& name, const char* s) { return attribute(name, std::string(s)); }
inline Message attribute(const std::string& name, const std::vector<float>& floats) {
  return attribute_head(name, AttributeType::Floats).numbers(7, floats);
}
inline Message attribute(const std::string& name, const std::vector<std::int64_t>& ints) {
  return attribute_head(name, AttributeType::Ints).numbers(8, ints);
}
inline Message attribute(const std::string& name, const std::vector<std::string>& strings) {
  return attribute_head(name, AttributeType::Strings).texts(9, strings);
}
inline Message tensor_attribute(const std::string& name, const Message& t) {
  return attribute_head(name, AttributeType::Tensor).message(5, t);
}
inline Message tensors_attribute(const std::string& name, const std::vector<Message>& tensors) {
  return attribute_head(name, AttributeType::Tensors).messages(10, tensors);
}
inline Message graph_attribute(const std::string& name, const Message& g) {
  return attribute_head(name, AttributeType::Graph).message(6, g);
}
inline Message graphs_attribute(const std::string& name, const std::vector<Message>& graphs) {
  return attribute_head(name, AttributeType::Graphs).messages(11, graphs);
}
inline Message type_attribute(const std::string& name, const Message& tp) {
  return attribute_head(name, AttributeType::TypeProto).message(14, tp);
}
inline Message types_attribute(const std::string& name, const std::vector<Message>& types) {
  return attribute_head(name, AttributeType::TypeProtos).messages(15, types);
}
inline Message sparse_tensor_attribute(const std::string& name, const Message& tensor) {
  return attribute_head(name, AttributeType::SparseTensor).message(22, tensor);
}
inline Message sparse_tensors_attribute(const std::string& name, const std::vector<Message>& tensors) {
  return attribute_head(name, AttributeType::SparseTensors).messages(23, tensors);
}
/// In a function: the value of one of its own attributes.
inline Message attribute_reference(const std::string& name, AttributeType type, const std::string& of) {
  return attribute_head(name, type).text(21, of);
}

// --- graphs ------------------------------------------------------------------------------------------------------

inline Message node(const std::string& op_type, const std::vector<std::string>& inputs,
                    const std::vector<std::string>& outputs, const std::vector<Message>& attributes = {},
                    const std::string& domain = "", const std::string& name = "") {
  Message result;
  result.texts(1, inputs).texts(2, outputs);
  if (!name.empty()) result.text(3, name);
  result.text(4, op_type).messages(5, attributes);
  if (!domain.empty()) result.text(7, domain);
  return result;
}

struct GraphParts {
  std::string name = "graph";
  std::vector<Message> nodes = {};
  std::vector<Message> initializers = {};
  std::vector<Message> inputs = {};
  std::vector<Message> outputs = {};
  std::vector<Message> value_infos = {};
  std::vector<Message> sparse_initializers = {};
};
inline Message graph(const GraphParts& parts) {
  return Message()
      .messages(1, parts.nodes)
      .text(2, parts.name)
      .messages(5, parts.initializers)
      .messages(11, parts.inputs)
      .messages(12, parts.outputs)
      .messages(13, parts.value_infos)
      .messages(15, parts.sparse_initializers);
}

/// Domains and versions.
using Opsets = std::vector<std::pair<std::string, std::int64_t>>;

inline void add_opsets(Message& to, std::uint32_t number, const Opsets& opsets) {
  for (const auto& [domain, version] : opsets) {
    Message one;
    if (!domain.empty()) one.text(1, domain);
    to.message(number, one.integer(2, version));
  }
}

struct FunctionParts {
  std::string domain;
  std::string name;
  std::vector<std::string> inputs = {};
  std::vector<std::string> outputs = {};
  std::vector<Message> nodes = {};
  std::vector<std::string> attributes = {};
  std::vector<Message> attributes_with_default = {};
  Opsets opsets = {{"", 22}};
  std::string overload = "";
  std::vector<Message> value_infos = {};
};
inline Message function(const FunctionParts& parts) {
  Message result;
  result.text(1, parts.name)
      .texts(4, parts.inputs)
      .texts(5, parts.outputs)
      .texts(6, parts.attributes)
      .messages(7, parts.nodes);
  add_opsets(result, 9, parts.opsets);
  result.text(10, parts.domain).messages(11, parts.attributes_with_default).messages(12, parts.value_infos);
  if (!parts.overload.empty()) result.text(13, parts.overload);
  return result;
}

/// The bytes of a file.
inline std::string model(const Message& graph, const Opsets& opsets = {{"", 22}},
                         const std::vector<Message>& functions = {}, std::int64_t ir_version = 10) {
  Message result;
  result.integer(1, ir_version).text(2, "airstrip test").message(7, graph);
  add_opsets(result, 8, opsets);
  return result.messages(25, functions).bytes;
}

/// A file as the reader takes it.
inline airstrip::Span<const std::byte> bytes_of(const std::string& file) {
  return airstrip::onnx::bytes_of(file.data(), file.size());
}

}  // namespace test::onnx
