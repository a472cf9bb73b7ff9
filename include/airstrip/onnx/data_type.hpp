// The element types of ONNX.
#pragma once

#include "../config.hpp"

#include <cstdint>

AIRSTRIP_ONNX_NAMESPACE_BEGIN

/// TensorProto.DataType. A file may have other numbers: they are kept, and `bits_of` is 0 for them.
enum class DataType : std::int32_t {
  Undefined = 0,
  Float = 1,
  Uint8 = 2,
  Int8 = 3,
  Uint16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  String = 8,
  Boolean = 9,  ///< a byte, 0 or 1
  Float16 = 10,
  Double = 11,
  Uint32 = 12,
  Uint64 = 13,
  Complex64 = 14,   ///< two floats, the real part first
  Complex128 = 15,  ///< two doubles
  Bfloat16 = 16,
  Float8E4M3FN = 17,
  Float8E4M3FNUZ = 18,
  Float8E5M2 = 19,
  Float8E5M2FNUZ = 20,
  Uint4 =
      21,  ///< packed as all that are narrower than a byte: the first element in the least significant bits
  Int4 = 22,
  Float4E2M1 = 23,
  Float8E8M0 = 24,
  Uint2 = 25,
  Int2 = 26,
  Float6E2M3 = 27,  ///< four in three bytes, as one stream of bits
  Float6E3M2 = 28,
};

/// Its name in onnx.proto: "FLOAT16"; "unknown" for a number that is none of the above.
const char* to_string(DataType type);

/// Bits of an element; 0 for Undefined, String and what is unknown.
constexpr std::uint32_t bits_of(DataType type) {
  switch (type) {
    case DataType::Undefined:
    case DataType::String: return 0;
    case DataType::Uint2:
    case DataType::Int2: return 2;
    case DataType::Uint4:
    case DataType::Int4:
    case DataType::Float4E2M1: return 4;
    case DataType::Float6E2M3:
    case DataType::Float6E3M2: return 6;
    case DataType::Uint8:
    case DataType::Int8:
    case DataType::Boolean:
    case DataType::Float8E4M3FN:
    case DataType::Float8E4M3FNUZ:
    case DataType::Float8E5M2:
    case DataType::Float8E5M2FNUZ:
    case DataType::Float8E8M0: return 8;
    case DataType::Uint16:
    case DataType::Int16:
    case DataType::Float16:
    case DataType::Bfloat16: return 16;
    case DataType::Float:
    case DataType::Int32:
    case DataType::Uint32: return 32;
    case DataType::Double:
    case DataType::Int64:
    case DataType::Uint64:
    case DataType::Complex64: return 64;
    case DataType::Complex128: return 128;
  }
  return 0;
}

/// Whether it is one of the above, and not Undefined.
constexpr bool is_known(DataType type) { return bits_of(type) != 0 || type == DataType::String; }

AIRSTRIP_ONNX_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/data_type.hpp"
#endif
