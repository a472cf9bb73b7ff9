#pragma once

#include "../data_type.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

AIRSTRIP_INLINE const char* to_string(DataType type) {
  switch (type) {
    case DataType::Undefined: return "UNDEFINED";
    case DataType::Float: return "FLOAT";
    case DataType::Uint8: return "UINT8";
    case DataType::Int8: return "INT8";
    case DataType::Uint16: return "UINT16";
    case DataType::Int16: return "INT16";
    case DataType::Int32: return "INT32";
    case DataType::Int64: return "INT64";
    case DataType::String: return "STRING";
    case DataType::Boolean: return "BOOL";
    case DataType::Float16: return "FLOAT16";
    case DataType::Double: return "DOUBLE";
    case DataType::Uint32: return "UINT32";
    case DataType::Uint64: return "UINT64";
    case DataType::Complex64: return "COMPLEX64";
    case DataType::Complex128: return "COMPLEX128";
    case DataType::Bfloat16: return "BFLOAT16";
    case DataType::Float8E4M3FN: return "FLOAT8E4M3FN";
    case DataType::Float8E4M3FNUZ: return "FLOAT8E4M3FNUZ";
    case DataType::Float8E5M2: return "FLOAT8E5M2";
    case DataType::Float8E5M2FNUZ: return "FLOAT8E5M2FNUZ";
    case DataType::Uint4: return "UINT4";
    case DataType::Int4: return "INT4";
    case DataType::Float4E2M1: return "FLOAT4E2M1";
    case DataType::Float8E8M0: return "FLOAT8E8M0";
    case DataType::Uint2: return "UINT2";
    case DataType::Int2: return "INT2";
    case DataType::Float6E2M3: return "FLOAT6E2M3";
    case DataType::Float6E3M2: return "FLOAT6E3M2";
  }
  return "unknown";
}

AIRSTRIP_ONNX_NAMESPACE_END
