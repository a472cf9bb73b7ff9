// NumPy's .npy, format versions 1.0 to 3.0 (numpy/lib/format.py): little-endian numbers and booleans.
#pragma once

#include "host_tensor.hpp"

#include <span>
#include <string>

namespace tool {

/// Whether bytes begin as such a file does.
bool is_npy(std::span<const std::byte> bytes);
/// An array in C's or Fortran's order, as row-major. `subject` names it in errors, and becomes its name.
/// Throws Failure: BadInput for bytes that are no such file, or have less or more than the array; Unsupported for types of
/// elements that are no tensor's: big-endian, complex, structures, text.
HostTensor read_npy(const std::string& subject, std::span<const std::byte> bytes);
/// Version 1.0, in C's order. Throws Failure: Unsupported for bf16, which NumPy does not have.
Bytes write_npy(const HostTensor& tensor);

}  // namespace tool
