// Tensors from files of any format that is known here, and to them.
#pragma once

#include "host_tensor.hpp"

#include <string>

namespace tool {

/// What a file is, its first bytes decide: .npy, PNG, JPEG; of ONNX's tensors, which begin with nothing special, the end of
/// its name: .pb. "-" is standard input. Throws Failure.
HostTensor read_tensor(const std::string& path);
/// Before anything is computed for it. Throws Failure, Usage: the end of the name is of no format that is written.
void check_format_of(const std::string& path);
/// What a file becomes, the end of its name decides: .npy, .pb, or .png with 8 bits. Throws Failure.
void write_tensor(const std::string& path, const HostTensor& tensor);

}  // namespace tool
