// ONNX's TensorProto in a file of its own, as its test data has it: input_0.pb.
#pragma once

#include "host_tensor.hpp"

#include <airstrip/onnx/data_type.hpp>
#include <span>
#include <string>

namespace tool {

/// `subject` names it in errors. Throws Failure: BadInput for bytes that are no such file; Unsupported for types of elements
/// that no tensor here has.
HostTensor read_onnx_tensor(const std::string& subject, std::span<const std::byte> bytes);
/// Throws Failure.
Bytes write_onnx_tensor(const HostTensor& tensor);
/// Undefined for Void.
airstrip::onnx::DataType data_type_of(Scalar scalar);

}  // namespace tool
