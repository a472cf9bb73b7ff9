// A value as ONNX's test data has it (`input_0.pb`): a tensor, a sequence, a map or an optional in a file of its own. The
// file does not say which of them it is: the type of the model's input or output does.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "arena.hpp"
#include "data_type.hpp"
#include "model.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_ONNX_NAMESPACE_BEGIN

/// SequenceProto, MapProto and OptionalProto of onnx-data.proto, or one of the messages they hold. Texts and elements point
/// into the file.
struct Value {
  /// With the numbers of SequenceProto.DataType.
  enum class Kind : std::int32_t {
    Undefined = 0,
    Tensor = 1,
    SparseTensor = 2,
    Sequence = 3,
    Map = 4,
    Optional = 5
  };

  Kind kind = Kind::Undefined;
  Text name;
  const onnx::Tensor* tensor = nullptr;               ///< of a Tensor
  const onnx::SparseTensor* sparse_tensor = nullptr;  ///< of a SparseTensor
  Kind element_kind = Kind::Undefined;                ///< elem_type of a Sequence or Optional
  /// The elements of a Sequence; of an Optional the one it has, or none; of a Map the sequence of its values.
  Span<const Value> values;
  DataType key_type = DataType::Undefined;  ///< of a Map; one of the next two has its keys
  Span<const std::int64_t> keys;
  Span<const Text> string_keys;
};

/// A value and the memory of what it points to, which stays where it is when this is moved.
struct ValueFile {
  Value value;
  Arena arena;
};

/// Reads a file with one value of the kind. Errors: as `read_model`; MalformedFile as well for the kind Undefined, and where
/// elements are of another kind than is stated. An empty file is an empty message: an Optional without a value.
Result<ValueFile> read_value(Span<const std::byte> file, Value::Kind kind);

AIRSTRIP_ONNX_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/value.hpp"
#endif
