// An ONNX model as it is written: the messages of onnx.proto, without interpretation.
//
//     Result<Buffer<std::byte>> file = onnx::read_file("model.onnx");                        // onnx/file.hpp
//     Result<onnx::Model> model = onnx::read_model({file->data(), file->size()});
//     for (const onnx::Node& node : model->graph->nodes)
//       if (const onnx::Attribute* axis = onnx::find_attribute(node, "axis")) use(axis->i);
//
// Texts and bytes point into the file, which has to outlive the model, and no weights are copied. The rest lives in the
// model, in memory proportional to the file's size and never to what a length in it claims. Members are called as in
// onnx.proto, in the plural where repeated; the field's name stands behind where it differs.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "arena.hpp"
#include "data_type.hpp"
#include "wire.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_ONNX_NAMESPACE_BEGIN

struct Graph;
struct Type;

/// Graphs in attributes, types in types and values in values nest at most so deep; beyond, the file is refused.
inline constexpr unsigned max_nesting = 64;

/// StringStringEntryProto.
struct StringEntry {
  Text key, value;
};

/// OperatorSetIdProto. The domain "" is the same as "ai.onnx".
struct OperatorSetId {
  Text domain;
  std::int64_t version = 0;
};

/// TensorProto. Its elements are read by onnx/tensor.hpp, from where they lie in the file.
struct Tensor {
  enum class Location : std::int32_t { Default = 0, External = 1 };

  Text name;
  Text doc_string;
  DataType data_type = DataType::Undefined;
  Location data_location = Location::Default;
  Span<const std::int64_t> dims;  ///< empty: a scalar; negative ones are kept
  bool has_segment = false;       ///< a part of a tensor, which no known writer makes
  bool has_raw_data = false;
  Span<const std::byte> raw_data;
  /// Field number of the one of float_data (4), int32_data (5), string_data (6), int64_data (7), double_data (10) and
  /// uint64_data (11) that has values; 0: none.
  std::uint32_t data_field = 0;
  std::size_t data_count = 0;  ///< values of that field
  Span<const StringEntry> external_data;
  Span<const StringEntry> metadata_props;
  Body message;  ///< the whole message: where the values of `data_field` are
};

/// SparseTensorProto.
struct SparseTensor {
  const Tensor* values = nullptr;  ///< null: not given
  const Tensor* indices = nullptr;
  Span<const std::int64_t> dims;
};

/// TensorShapeProto.Dimension: a number, a name, or neither.
struct Dimension {
  enum class Kind : std::uint8_t { Unknown, Value, Parameter };

  Kind kind = Kind::Unknown;
  std::int64_t value = 0;  ///< dim_value
  Text parameter;          ///< dim_param
  Text denotation;
};

/// TypeProto. Of an opaque type nothing but the kind is carried.
struct Type {
  enum class Kind : std::uint8_t { Unknown, Tensor, SparseTensor, Sequence, Map, Optional, Opaque };

  Kind kind = Kind::Unknown;
  DataType elem_type = DataType::Undefined;  ///< of a Tensor or SparseTensor
  bool has_shape = false;                    ///< false: of any rank
  Span<const Dimension> shape;
  DataType key_type = DataType::Undefined;  ///< of a Map
  const Type* element = nullptr;            ///< of a Sequence, Optional or Map (value_type); null: not given
  Text denotation;
};

/// ValueInfoProto.
struct ValueInfo {
  Text name;
  const Type* type = nullptr;  ///< null: not given
  Text doc_string;
  Span<const StringEntry> metadata_props;
};

/// AttributeProto.AttributeType.
enum class AttributeType : std::int32_t {
  Undefined = 0,
  Float = 1,
  Int = 2,
  String = 3,
  Tensor = 4,
  Graph = 5,
  Floats = 6,
  Ints = 7,
  Strings = 8,
  Tensors = 9,
  Graphs = 10,
  SparseTensor = 11,
  SparseTensors = 12,
  TypeProto = 13,
  TypeProtos = 14,
};

/// Its name in onnx.proto: "INTS"; "unknown" for a number that is none of the above.
const char* to_string(AttributeType type);

/// AttributeProto. `type` says which of the members has the value; in files of IR version 1, which lack it, it is the type
/// of the field that is there. A value that is missing is 0 or empty.
struct Attribute {
  Text name;
  Text ref_attr_name;  ///< in a function: the attribute of the call whose value this takes
  Text doc_string;
  AttributeType type = AttributeType::Undefined;
  float f = 0;
  std::int64_t i = 0;
  Text s;
  Span<const float> floats;
  Span<const std::int64_t> ints;
  Span<const Text> strings;
  Span<const Tensor> tensors;  ///< `t`, or `tensors`; the same for the next three
  Span<const Graph> graphs;
  Span<const SparseTensor> sparse_tensors;
  Span<const Type> types;  ///< `tp`, or `type_protos`
};

/// NodeProto. The names of inputs that are left out are empty. Device configurations are passed over.
struct Node {
  Text name;
  Text op_type;
  Text domain;
  Text overload;
  Text doc_string;
  Span<const Text> inputs;
  Span<const Text> outputs;
  Span<const Attribute> attributes;
  Span<const StringEntry> metadata_props;
  std::size_t offset = 0;  ///< of the message, in bytes from the beginning of the file: for errors
};

/// Null where the node has no such attribute; the last where it has several.
const Attribute* find_attribute(const Node& node, Text name);

/// TensorAnnotation: the tensors that quantise one.
struct TensorAnnotation {
  Text tensor_name;
  Span<const StringEntry> quant_parameter_tensor_names;
};

/// GraphProto.
struct Graph {
  Text name;
  Text doc_string;
  Span<const Node> nodes;
  Span<const Tensor> initializers;
  Span<const SparseTensor> sparse_initializers;
  Span<const ValueInfo> inputs;
  Span<const ValueInfo> outputs;
  Span<const ValueInfo> value_infos;
  Span<const TensorAnnotation> quantization_annotations;
  Span<const StringEntry> metadata_props;
};

/// FunctionProto.
struct Function {
  Text name;
  Text domain;
  Text overload;
  Text doc_string;
  Span<const Text> inputs;
  Span<const Text> outputs;
  Span<const Text> attributes;                    ///< names of those without a default
  Span<const Attribute> attributes_with_default;  ///< attribute_proto
  Span<const Node> nodes;
  Span<const OperatorSetId> opset_imports;
  Span<const ValueInfo> value_infos;
  Span<const StringEntry> metadata_props;
};

/// ModelProto. Training information and device configurations are passed over. What it points to stays where it is when
/// the model is moved.
struct Model {
  std::int64_t ir_version = 0;
  Span<const OperatorSetId> opset_imports;
  Text producer_name;
  Text producer_version;
  Text domain;
  std::int64_t model_version = 0;
  Text doc_string;
  const Graph* graph = nullptr;  ///< null: not given
  Span<const StringEntry> metadata_props;
  Span<const Function> functions;
  Arena arena;  ///< the memory of all of this

  /// The version of an operator set that the model imports; 0: it does not.
  std::int64_t opset_version(Text of_domain) const;
};

/// Reads a model. Fields may come in any order, numbers packed or not, and unknown fields are passed over. Of a scalar that
/// comes twice the last counts; an embedded message that may come once and comes twice is refused.
/// Errors, with the byte where they are: Truncated (the file is empty, or ends inside a field), MalformedFile, LimitExceeded
/// (nested deeper than `max_nesting`), OutOfMemory. A file that is cut off between two fields of the outermost message
/// cannot be told from a whole one.
Result<Model> read_model(Span<const std::byte> file);

AIRSTRIP_ONNX_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/model.hpp"
#endif
