// Elements from the typed fields, and byte orders.
#pragma once

#include "../tensor.hpp"
#include "schema.hpp"
#include "wire.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
inline constexpr bool host_is_big_endian = true;
#else
inline constexpr bool host_is_big_endian = false;
#endif

inline Diagnostic tensor_error(const Tensor& tensor, ErrorCode code, Text problem) {
  String message;
  message << "the tensor " << (tensor.name.empty() ? Text("without a name") : tensor.name) << ' ' << problem;
  return file_error(code, tensor.message.offset, message);
}

// Bytes of the numbers that elements consist of.
inline std::size_t word_bytes(DataType type) {
  const std::size_t bytes = bits_of(type) / 8;
  return type == DataType::Complex64 || type == DataType::Complex128 ? bytes / 2 : bytes;
}

// From little-endian to big-endian, or back: `bytes` become a view of `storage`. False: out of memory.
inline bool turn_around(Span<const std::byte>& bytes, DataType type, Buffer<std::byte>& storage) {
  const std::size_t word = word_bytes(type);
  if (word < 2) return true;
  Buffer<std::byte> turned;
  if (!turned.resize(bytes.size())) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) turned[i] = bytes[i / word * word + (word - 1 - i % word)];
  storage = static_cast<Buffer<std::byte>&&>(turned);
  bytes = Span<const std::byte>(storage.data(), storage.size());
  return true;
}

// Which field has the values of a type that are not raw.
inline std::uint32_t data_field_of(DataType type) {
  switch (type) {
    case DataType::Float:
    case DataType::Complex64: return 4;
    case DataType::String: return 6;
    case DataType::Int64: return 7;
    case DataType::Double:
    case DataType::Complex128: return 10;
    case DataType::Uint32:
    case DataType::Uint64: return 11;
    default: return 5;
  }
}

// Values that the typed field has to have. Elements of 2 and 4 bits come packed, a byte a value; those of 6 bits one a
// value; complex ones as two values.
inline std::size_t value_count(DataType type, std::size_t elements, std::size_t bytes) {
  if (type == DataType::Complex64 || type == DataType::Complex128) return 2 * elements;
  return type != DataType::String && bits_of(type) < 6 ? bytes : elements;
}

// Whether a value, extended to 64 bits, is one of the type. A narrow value may be written as signed or as unsigned, whatever
// its type: writers do both.
inline bool is_in_range(DataType type, std::uint64_t bits) {
  const std::uint32_t width = bits_of(type);
  if (width == 6) return bits < 64;
  if (width >= 64) return true;
  const std::uint64_t limit = std::uint64_t{1} << (width < 8 ? 8 : width);
  return bits < limit || (type != DataType::Uint32 && bits >= std::uint64_t{0} - limit / 2);
}

// Appends the lower bits of a value in host byte order.
inline void put(std::uint64_t bits, std::size_t bytes, std::byte* to) {
  for (std::size_t i = 0; i < bytes; ++i)
    to[host_is_big_endian ? bytes - 1 - i : i] = static_cast<std::byte>(bits >> (8 * i) & 0xFF);
}

// The values of the typed field, `elements` of them in `size` bytes, into `bytes` or `strings`.
inline Result<void> read_typed(const Tensor& tensor, std::size_t size, std::size_t elements,
                               Buffer<std::byte>& bytes, Buffer<Text>& strings) {
  const DataType type = tensor.data_type;
  const std::uint32_t number = data_field_of(type);
  const Text expected = schema::tensor.name_of(number);
  String problem;
  if (tensor.data_field != 0 && tensor.data_field != number) {
    problem << "of " << to_string(type) << " has its values in " << schema::tensor.name_of(tensor.data_field)
            << "; they belong in " << expected << " or raw_data";
    return tensor_error(tensor, ErrorCode::MalformedFile, problem);
  }
  if (tensor.data_count != value_count(type, elements, size)) {
    problem << "of " << to_string(type) << " needs " << std::uint64_t{value_count(type, elements, size)}
            << " values in " << expected << ", and has " << std::uint64_t{tensor.data_count};
    return tensor_error(tensor, ErrorCode::MalformedFile, problem);
  }
  // Now the number of elements is one that the file has.
  if (type == DataType::String ? !strings.reserve(elements) : !bytes.resize(size, std::byte{0}))
    return tensor_error(tensor, ErrorCode::OutOfMemory, "finds no memory for its elements");
  const std::size_t word = bits_of(type) < 8 ? 1 : word_bytes(type);
  std::size_t at = 0;  // the value's number
  FieldCursor cursor(schema::tensor, tensor.message);
  for (Field field; cursor.next(field);) {
    if (field.number != number) continue;
    if (type == DataType::String) {
      strings.push_back(field.text());
      continue;
    }
    ValueCursor values(field);
    for (std::uint64_t bits; values.next(bits); ++at) {
      if (number == 5 || number == 11) {
        if (!is_in_range(type, bits)) {
          problem << "of " << to_string(type) << " has a value that the type does not have, number "
                  << std::uint64_t{at} << " of " << expected;
          return tensor_error(tensor, ErrorCode::MalformedFile, problem);
        }
        if (type == DataType::Boolean) bits = bits != 0;
      }
      if (bits_of(type) != 6) {
        put(bits, word, bytes.data() + at * word);
        continue;
      }
      // A stream of 6 bits each, which may cross into the next byte.
      const std::size_t first = at * 6 / 8, shift = at * 6 % 8;
      bytes[first] |= static_cast<std::byte>(bits << shift & 0xFF);
      if (shift > 2) bytes[first + 1] |= static_cast<std::byte>(bits >> (8 - shift));
    }
  }
  return {};
}

// IEEE 754 binary16. Every value is exact.
inline double from_float16(std::uint16_t bits) {
  const std::uint64_t sign = std::uint64_t{bits} >> 15 << 63, mantissa = bits & 0x3FF;
  const std::uint64_t exponent = bits >> 10 & 0x1F;
  if (exponent == 0) {
    const double small_value = static_cast<double>(mantissa) * (1.0 / 16777216);  // multiples of 2^-24
    return sign ? -small_value : small_value;
  }
  const std::uint64_t wide = sign | (exponent == 31 ? 2047 : exponent + 1008) << 52 | mantissa << 42;
  double value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
