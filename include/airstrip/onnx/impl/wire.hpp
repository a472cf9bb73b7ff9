#pragma once

#include "../wire.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline constexpr std::size_t max_varint_bytes = 10;  // 64 bits, 7 a byte

enum class VarintEnd : std::uint8_t { Complete, CutOff, TooLong };

// What exceeds 64 bits in the tenth byte is dropped, as other readers do.
inline VarintEnd read_varint(Span<const std::byte> bytes, std::size_t& at, std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < max_varint_bytes; ++i) {
    if (at == bytes.size()) return VarintEnd::CutOff;
    const std::uint64_t byte = static_cast<std::uint64_t>(bytes[at++]);
    value |= (byte & 0x7F) << (7 * i);
    if (byte < 0x80) return VarintEnd::Complete;
  }
  return VarintEnd::TooLong;
}

inline std::uint64_t read_little_endian(const std::byte* bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

inline const char* name_of(WireType type) {
  switch (type) {
    case WireType::Varint: return "a varint";
    case WireType::Fixed64: return "64 bits";
    case WireType::LengthDelimited: return "a length and bytes";
    case WireType::StartGroup:
    case WireType::EndGroup: break;
    case WireType::Fixed32: return "32 bits";
  }
  return "a group";
}

constexpr WireType wire_type_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::Integer: return WireType::Varint;
    case FieldKind::Float: return WireType::Fixed32;
    case FieldKind::Double: return WireType::Fixed64;
    case FieldKind::Bytes:
    case FieldKind::Message: break;
  }
  return WireType::LengthDelimited;
}

}  // namespace detail

AIRSTRIP_INLINE Diagnostic file_error(ErrorCode code, std::size_t offset, Text message) {
  Diagnostic error;
  error.code = code;
  error.message << "byte " << std::uint64_t{offset} << ": " << message;
  return error;
}

AIRSTRIP_INLINE bool FieldCursor::fail(ErrorCode code, std::size_t offset, Text message) {
  error_ = file_error(code, offset, message);
  return false;
}

AIRSTRIP_INLINE String FieldCursor::name_of(const Field& field) const {
  String name;
  name << "the field " << Text(message_->name) << '.';
  if (field.info)
    name << Text(field.info->name);
  else
    name << field.number;
  return name;
}

// A field reaches past the end of its message. In the outermost one bytes are missing; further in, a length contradicts
// another.
AIRSTRIP_INLINE bool FieldCursor::fail_short(const Field& field, Text claim) {
  String message = field.number ? name_of(field) : String("a tag");
  message << ' ' << claim << ", and " << std::uint64_t{body_.bytes.size() - at_} << " are left";
  if (body_.is_file)
    message << "; the file is cut off";
  else
    message << " of its " << Text(message_->name) << "; the file is damaged, or was written wrongly";
  return fail(body_.is_file ? ErrorCode::Truncated : ErrorCode::MalformedFile, field.offset, message);
}

AIRSTRIP_INLINE bool FieldCursor::take_varint(std::uint64_t& value, const Field& field, const char* what) {
  const std::size_t begin = at_;
  switch (detail::read_varint(body_.bytes, at_, value)) {
    case detail::VarintEnd::Complete: return true;
    case detail::VarintEnd::CutOff: {
      at_ = begin;
      String claim;
      claim << "needs more bytes for " << what;
      return fail_short(field, claim);
    }
    case detail::VarintEnd::TooLong: break;
  }
  String message = field.number ? name_of(field) : String(Text(message_->name));
  message << " has as " << what
          << " a varint of more than 10 bytes; this is not an ONNX file, or it is damaged";
  return fail(ErrorCode::MalformedFile, body_.offset + begin, message);
}

AIRSTRIP_INLINE bool FieldCursor::take_fixed(std::size_t size, Field& field) {
  if (size > body_.bytes.size() - at_)
    return fail_short(field, size == 4 ? "needs 4 bytes" : "needs 8 bytes");
  field.bits = detail::read_little_endian(body_.bytes.data() + at_, size);
  at_ += size;
  return true;
}

AIRSTRIP_INLINE bool FieldCursor::check_wire_type(const Field& field) {
  if (!field.info) return true;
  const WireType expected = detail::wire_type_of(field.info->kind);
  if (field.wire_type == expected) return true;
  const bool may_be_packed = field.info->repeated && expected != WireType::LengthDelimited;
  if (may_be_packed && field.wire_type == WireType::LengthDelimited) return true;
  String message = name_of(field);
  message << " is written as " << detail::name_of(field.wire_type) << ", and is " << detail::name_of(expected)
          << " in ONNX; this is not such a file, or it is damaged";
  return fail(ErrorCode::MalformedFile, field.offset, message);
}

AIRSTRIP_INLINE bool FieldCursor::next(Field& field) {
  if (at_ == body_.bytes.size() || failed()) return false;
  field = Field();
  field.offset = body_.offset + at_;
  std::uint64_t tag;
  if (!take_varint(tag, field, "its tag")) return false;
  const std::uint64_t number = tag >> 3;
  if (number == 0 || tag > 0xFFFFFFFF) {
    String message;
    message << "a field of " << Text(message_->name) << " has the number " << number
            << ", and numbers go from 1 to 536870911; this is not an ONNX file, or it is damaged";
    return fail(ErrorCode::MalformedFile, field.offset, message);
  }
  field.number = static_cast<std::uint32_t>(number);
  field.info = message_->find(field.number);
  const std::uint8_t type = static_cast<std::uint8_t>(tag & 7);
  if (type == 3 || type == 4 || type > 5) {
    String message = name_of(field);
    message << " has the wire type " << std::uint32_t{type}
            << ", which ONNX does not use (3 and 4 are groups); this is not such a file, or it is damaged";
    return fail(ErrorCode::MalformedFile, field.offset, message);
  }
  field.wire_type = static_cast<WireType>(type);
  if (!check_wire_type(field)) return false;
  switch (field.wire_type) {
    case WireType::Varint: return take_varint(field.bits, field, "its value");
    case WireType::Fixed64: return take_fixed(8, field);
    case WireType::Fixed32: return take_fixed(4, field);
    default: break;
  }
  std::uint64_t length;
  if (!take_varint(length, field, "its length")) return false;
  if (length > body_.bytes.size() - at_) {
    String claim;
    claim << "claims " << length << " bytes";
    return fail_short(field, claim);
  }
  field.body.bytes = body_.bytes.subspan(at_, length);
  field.body.offset = body_.offset + at_;
  at_ += length;
  return true;
}

AIRSTRIP_INLINE bool FieldCursor::count_values(const Field& field, std::size_t& count) {
  if (field.wire_type != WireType::LengthDelimited) {
    ++count;
    return true;
  }
  const Span<const std::byte> bytes = field.body.bytes;
  if (const std::size_t size = field.info->kind == FieldKind::Float ? 4 : 8;
      field.info->kind != FieldKind::Integer) {
    if (bytes.size() % size == 0) {
      count += bytes.size() / size;
      return true;
    }
    String message = name_of(field);
    message << " packs values of " << std::uint64_t{size} << " bytes into " << std::uint64_t{bytes.size()}
            << "; the file is damaged, or was written wrongly";
    return fail(ErrorCode::MalformedFile, field.offset, message);
  }
  std::size_t length = 0;  // of the varint at hand
  for (const std::byte byte : bytes) {
    if (++length > detail::max_varint_bytes) break;
    if (static_cast<std::uint8_t>(byte) >= 0x80) continue;
    ++count;
    length = 0;
  }
  if (length == 0) return true;
  String message = name_of(field);
  message << " packs a varint that is longer than 10 bytes, or than the field; the file is damaged";
  return fail(ErrorCode::MalformedFile, field.offset, message);
}

AIRSTRIP_INLINE bool ValueCursor::next(std::uint64_t& bits) {
  if (field_.wire_type != WireType::LengthDelimited) {
    bits = field_.bits;
    return at_++ == 0;
  }
  const Span<const std::byte> bytes = field_.body.bytes;
  if (field_.info->kind == FieldKind::Integer)
    return at_ < bytes.size() && detail::read_varint(bytes, at_, bits) == detail::VarintEnd::Complete;
  const std::size_t size = field_.info->kind == FieldKind::Float ? 4 : 8;
  if (size > bytes.size() - at_) return false;
  bits = detail::read_little_endian(bytes.data() + at_, size);
  at_ += size;
  return true;
}

AIRSTRIP_ONNX_NAMESPACE_END
