#include "onnx_tensor.hpp"

#include "../failure.hpp"

#include <airstrip/onnx.hpp>

namespace tool {

namespace onnx = airstrip::onnx;

HostTensor read_onnx_tensor(const std::string& subject, std::span<const std::byte> bytes) {
  const auto file = onnx::read_value({bytes.data(), bytes.size()}, onnx::Value::Kind::Tensor);
  if (!file) throw Failure(subject, file.error());
  const onnx::Tensor& tensor = *file->value.tensor;
  const Scalar scalar = onnx::scalar_of(tensor.data_type);
  if (scalar == Scalar::Void)
    throw Failure(ExitCode::Unsupported, subject + ": its elements are " +
                                             std::string(onnx::to_string(tensor.data_type)) +
                                             ", of which no tensor can be made here; convert it");
  const auto elements = onnx::read_elements(tensor);
  if (!elements) throw Failure(subject, elements.error());
  HostTensor result;
  result.name = subject;
  result.scalar = scalar;
  result.dims.assign(tensor.dims.begin(), tensor.dims.end());
  if (tensor_bytes(subject, scalar, result.dims) != elements->bytes().size())
    throw Failure(ExitCode::BadInput, subject + ": has " + std::to_string(elements->bytes().size()) +
                                          " bytes of elements, which " + name_of(scalar) +
                                          to_string(result.dims) + " does not have");
  result.bytes.assign(elements->bytes().begin(), elements->bytes().end());
  return result;
}

airstrip::onnx::DataType data_type_of(Scalar scalar) {
  using onnx::DataType;
  switch (scalar) {
    case Scalar::Void: return DataType::Undefined;
    case Scalar::Boolean: return DataType::Boolean;
    case Scalar::I8: return DataType::Int8;
    case Scalar::U8: return DataType::Uint8;
    case Scalar::I16: return DataType::Int16;
    case Scalar::U16: return DataType::Uint16;
    case Scalar::I32: return DataType::Int32;
    case Scalar::U32: return DataType::Uint32;
    case Scalar::I64: return DataType::Int64;
    case Scalar::U64: return DataType::Uint64;
    case Scalar::F16: return DataType::Float16;
    case Scalar::BF16: return DataType::Bfloat16;
    case Scalar::F32: return DataType::Float;
    case Scalar::F64: return DataType::Double;
  }
  return DataType::Undefined;
}

Bytes write_onnx_tensor(const HostTensor& tensor) {
  onnx::TensorContent content;
  content.name = airstrip::Text(tensor.name);
  content.type = data_type_of(tensor.scalar);
  content.dims = {tensor.dims.data(), tensor.dims.size()};
  content.elements = {tensor.bytes.data(), tensor.bytes.size()};
  const auto file = onnx::write_tensor(content);
  if (!file) throw Failure(tensor.name, file.error());
  return Bytes(file->data(), file->data() + file->size());
}

}  // namespace tool
