// The network of examples/models/super_resolution.onnx once more, in plain C++: what the device has to compute. Its weights
// are read from the model; what it does with them is written here.
#pragma once

#include "picture.hpp"

#include <airstrip/onnx/model.hpp>

/// Ends with a tool::Failure where the model has other tensors.
Planes enlarge_by_reference(const airstrip::onnx::Model& model, const Planes& picture);
