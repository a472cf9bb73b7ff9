#pragma once

#include "../tensor.hpp"
#include "../write.hpp"
#include "elements.hpp"

#include <cstring>

AIRSTRIP_ONNX_NAMESPACE_BEGIN

AIRSTRIP_INLINE void FieldWriter::add_varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to_.push_back(static_cast<std::byte>((value & 0x7F) | 0x80));
  to_.push_back(static_cast<std::byte>(value));
}

AIRSTRIP_INLINE void FieldWriter::add_tag(std::uint32_t number, WireType type) {
  add_varint(std::uint64_t{number} << 3 | static_cast<std::uint64_t>(type));
}

AIRSTRIP_INLINE void FieldWriter::add_fixed(std::uint64_t bits, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) to_.push_back(static_cast<std::byte>(bits >> (8 * i) & 0xFF));
}

AIRSTRIP_INLINE void FieldWriter::add_integer(std::uint32_t number, std::int64_t value) {
  add_tag(number, WireType::Varint);
  add_varint(static_cast<std::uint64_t>(value));
}

AIRSTRIP_INLINE void FieldWriter::add_float(std::uint32_t number, float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  add_tag(number, WireType::Fixed32);
  add_fixed(bits, 4);
}

AIRSTRIP_INLINE void FieldWriter::add_double(std::uint32_t number, double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  add_tag(number, WireType::Fixed64);
  add_fixed(bits, 8);
}

AIRSTRIP_INLINE void FieldWriter::add_bytes(std::uint32_t number, Span<const std::byte> bytes) {
  add_tag(number, WireType::LengthDelimited);
  add_varint(bytes.size());
  to_.append(bytes);
}

AIRSTRIP_INLINE void FieldWriter::add_text(std::uint32_t number, Text text) {
  add_bytes(number, bytes_of(text.data(), text.size()));
}

AIRSTRIP_INLINE Result<Buffer<std::byte>> write_tensor(const TensorContent& content) {
  Diagnostic error;
  if (!is_known(content.type)) {
    error.code = ErrorCode::MalformedFile;
    error.message << "a tensor of the type " << to_string(content.type) << " cannot be written";
    return error;
  }
  const bool has_strings = content.type == DataType::String;
  Result<std::uint64_t> count = element_count(content.dims);
  if (!count) return static_cast<Result<std::uint64_t>&&>(count).error();
  Result<std::size_t> size = std::size_t{0};
  if (!has_strings) size = byte_count(content.type, *count);
  if (!size) return static_cast<Result<std::size_t>&&>(size).error();
  if (content.elements.size() != *size || content.strings.size() != (has_strings ? *count : 0)) {
    error.code = ErrorCode::InvalidShape;
    error.message << "a tensor of " << to_string(content.type) << " with " << *count << " elements takes "
                  << std::uint64_t{*size} << " bytes and " << (has_strings ? *count : 0)
                  << " strings, and was given " << std::uint64_t{content.elements.size()} << " and "
                  << std::uint64_t{content.strings.size()};
    return error;
  }
  Span<const std::byte> elements = content.elements;
  Buffer<std::byte> turned, file;
  bool ok = !detail::host_is_big_endian || detail::turn_around(elements, content.type, turned);
  FieldWriter writer(file);
  for (const std::int64_t dim : content.dims) writer.add_integer(1, dim);
  writer.add_integer(2, static_cast<std::int64_t>(content.type));
  for (const Text text : content.strings) writer.add_text(6, text);
  if (!content.name.empty()) writer.add_text(8, content.name);
  if (!has_strings) writer.add_bytes(9, elements);
  ok = ok && !file.out_of_memory();
  if (ok) return file;
  error.code = ErrorCode::OutOfMemory;
  error.message = "no memory to write the tensor";
  return error;
}

AIRSTRIP_ONNX_NAMESPACE_END
