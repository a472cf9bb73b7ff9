// Writes protobuf's wire format, and with it tensors as ONNX's test data has them (`output_0.pb`).
//
//     Result<Buffer<std::byte>> file = onnx::write_tensor({.name = "y", .type = DataType::Float, .dims = {2, 3}, .elements = …});
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "data_type.hpp"
#include "wire.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_ONNX_NAMESPACE_BEGIN

/// Appends fields to a buffer, whose `out_of_memory()` says whether one is missing. Nothing checks them against a schema.
class FieldWriter {
public:
  explicit FieldWriter(Buffer<std::byte>& to) : to_(to) {}

  /// A varint: int32, int64 and uint64 by their 64 bits.
  void add_integer(std::uint32_t number, std::int64_t value);
  void add_float(std::uint32_t number, float value);
  void add_double(std::uint32_t number, double value);
  /// Bytes, a string or an embedded message, which is written first to a buffer of its own.
  void add_bytes(std::uint32_t number, Span<const std::byte> bytes);
  void add_text(std::uint32_t number, Text text);

private:
  void add_varint(std::uint64_t value);
  void add_tag(std::uint32_t number, WireType type);
  void add_fixed(std::uint64_t bits, std::size_t size);

  Buffer<std::byte>& to_;
};

/// What a TensorProto says.
struct TensorContent {
  Text name = {};  ///< left out if empty
  DataType type = DataType::Undefined;
  Span<const std::int64_t> dims = {};
  Span<const std::byte> elements = {};  ///< as TensorData::bytes() has them; none for String
  Span<const Text> strings = {};        ///< of String
};

/// A TensorProto with raw_data, or string_data; the fields are in the order of their numbers.
/// Errors: MalformedFile for a type that is not known; InvalidShape where dims are wrong, or not those of the elements;
/// OutOfMemory.
Result<Buffer<std::byte>> write_tensor(const TensorContent& content);

AIRSTRIP_ONNX_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/write.hpp"
#endif
