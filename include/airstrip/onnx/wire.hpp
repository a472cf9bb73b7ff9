// Protobuf's wire format, read in place: the fields of one message, in the order of the bytes.
//
//     FieldCursor cursor(schema::node, body);
//     for (Field field; cursor.next(field);)
//       if (field.number == 4) op_type = field.text();
//     if (cursor.failed()) return cursor.error();
//
// Nothing here trusts the bytes: every access is bounded by the message, and nothing is allocated. The rules are those of
// "Protocol Buffers, Encoding". A field that the schema does not have is handed out like any other; one that it has, and
// that is written in another way than the schema says, is an error.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

AIRSTRIP_ONNX_NAMESPACE_BEGIN

/// How a field's value is written: the lower three bits of its tag.
enum class WireType : std::uint8_t {
  Varint = 0,           ///< 7 bits a byte, the least significant first; at most 10 bytes
  Fixed64 = 1,          ///< 8 bytes, little-endian
  LengthDelimited = 2,  ///< a varint that counts the bytes that follow
  StartGroup = 3,       ///< refused: ONNX has no groups
  EndGroup = 4,         ///< refused
  Fixed32 = 5,          ///< 4 bytes, little-endian
};

/// What the schema says of a field's value.
enum class FieldKind : std::uint8_t {
  Integer,  ///< int32, int64, uint64 or an enumeration: a varint
  Float,    ///< Fixed32
  Double,   ///< Fixed64
  Bytes,    ///< bytes or string: LengthDelimited
  Message,  ///< an embedded message: LengthDelimited
};

/// One field of a message's schema. Numbers that are repeated may be packed or not, whatever the schema prefers.
struct FieldInfo {
  std::uint32_t number;
  FieldKind kind;
  bool repeated;
  const char* name;
};

/// A message's schema: its name and the fields that are read.
struct MessageInfo {
  const char* name;  ///< "GraphProto"
  Span<const FieldInfo> fields;

  /// Null for a field that is not read.
  constexpr const FieldInfo* find(std::uint32_t number) const {
    for (const FieldInfo& field : fields)
      if (field.number == number) return &field;
    return nullptr;
  }
  /// The name of a field; "?" for one that is not read.
  constexpr const char* name_of(std::uint32_t number) const {
    const FieldInfo* const field = find(number);
    return field ? field->name : "?";
  }
};

/// The bytes of one message, and where in the file they begin.
struct Body {
  Span<const std::byte> bytes;
  std::size_t offset = 0;  ///< bytes from the beginning of the file
  bool is_file = false;    ///< the outermost message: what is missing at its end was cut off
};

/// `size` bytes of any kind as the reader takes them.
inline Span<const std::byte> bytes_of(const void* data, std::size_t size) {
  return {static_cast<const std::byte*>(data), size};
}

/// One field as it is written.
struct Field {
  std::uint32_t number = 0;
  WireType wire_type = WireType::Varint;
  const FieldInfo* info = nullptr;  ///< null: the schema does not have it
  std::size_t offset = 0;           ///< of the tag, in bytes from the beginning of the file
  std::uint64_t bits = 0;           ///< of a Varint, Fixed32 or Fixed64
  Body body;                        ///< of a LengthDelimited

  std::int64_t integer() const { return static_cast<std::int64_t>(bits); }
  /// The lower 32 bits, which is what the format keeps of an int32 or an enumeration.
  std::int32_t integer32() const { return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits)); }
  float number_f32() const {
    const std::uint32_t word = static_cast<std::uint32_t>(bits);
    float value;
    std::memcpy(&value, &word, sizeof value);
    return value;
  }
  /// The bytes as characters. That they are UTF-8 is not checked.
  Text text() const { return {reinterpret_cast<const char*>(body.bytes.data()), body.bytes.size()}; }
};

/// Walks the fields of one message.
class FieldCursor {
public:
  /// `message` has to outlive the cursor.
  FieldCursor(const MessageInfo& message, const Body& body) : message_(&message), body_(body) {}

  /// False at the end, and where the bytes are wrong (`failed()`).
  bool next(Field& field);
  /// Adds the number of values of a repeated Integer, Float or Double to `count`: 1, or those that are packed. False where
  /// packed values do not end with the field.
  bool count_values(const Field& field, std::size_t& count);

  bool failed() const { return error_.code != ErrorCode::Ok; }
  /// Truncated (the file ends inside a field) or MalformedFile; the message begins with the byte.
  Diagnostic&& take_error() { return static_cast<Diagnostic&&>(error_); }
  const Diagnostic& error() const { return error_; }

private:
  bool take_varint(std::uint64_t& value, const Field& field, const char* what);
  bool take_fixed(std::size_t size, Field& field);
  bool check_wire_type(const Field& field);
  String name_of(const Field& field) const;
  bool fail(ErrorCode code, std::size_t offset, Text message);
  bool fail_short(const Field& field, Text claim);

  const MessageInfo* message_;
  Body body_;
  std::size_t at_ = 0;  // in body_.bytes
  Diagnostic error_;
};

/// Walks the values of a repeated Integer, Float or Double that `FieldCursor::count_values` has accepted.
class ValueCursor {
public:
  explicit ValueCursor(const Field& field) : field_(field) {}

  /// The value's bits; an int32 is extended by its sign. False at the end.
  bool next(std::uint64_t& bits);

private:
  Field field_;
  std::size_t at_ = 0;
};

/// An error in a file: the message becomes "byte 12: …".
Diagnostic file_error(ErrorCode code, std::size_t offset, Text message);

AIRSTRIP_ONNX_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/wire.hpp"
#endif
