// A tensor in this program's memory: what files and random numbers become before a device has them.
#pragma once

#include "file.hpp"

#include <airstrip/kernel/types.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace tool {

using airstrip::kernel::Scalar;
using Dims = std::vector<std::int64_t>;

// Files and devices are little-endian, and elements are copied as they lie.
static_assert(std::endian::native == std::endian::little);

struct HostTensor {
  std::string name;
  Scalar scalar = Scalar::F32;
  Dims dims;    ///< empty: one element
  Bytes bytes;  ///< row-major, without gaps; booleans are bytes, 0 or 1

  std::size_t size() const;  ///< elements
};

/// Bytes of an element; 0 for Void.
std::size_t element_bytes(Scalar scalar);
/// "f32".
std::string name_of(Scalar scalar);
/// "[1, 3, 224, 224]".
std::string to_string(const Dims& dims);
/// Bytes of a tensor. Throws Failure, BadInput and `subject`: a negative dimension, or more than max_file_bytes.
std::size_t tensor_bytes(const std::string& subject, Scalar scalar, const Dims& dims);
/// Zeros.
HostTensor make_tensor(std::string name, Scalar scalar, Dims dims);

/// Calls `f` with a value of the C++ type of the scalar: `visit_scalar(s, [](auto zero) { using T = decltype(zero); … })`.
/// Booleans are visited as bytes. Nothing is called for Void.
template <class F>
void visit_scalar(Scalar scalar, F&& f) {
  using namespace airstrip::kernel;
  switch (scalar) {
    case Scalar::Void: return;
    case Scalar::Boolean:
    case Scalar::U8: return f(u8{});
    case Scalar::I8: return f(i8{});
    case Scalar::I16: return f(i16{});
    case Scalar::U16: return f(u16{});
    case Scalar::I32: return f(i32{});
    case Scalar::U32: return f(u32{});
    case Scalar::I64: return f(i64{});
    case Scalar::U64: return f(u64{});
    case Scalar::F16: return f(f16{});
    case Scalar::BF16: return f(bf16{});
    case Scalar::F32: return f(f32{});
    case Scalar::F64: return f(f64{});
  }
}

/// An element as it lies, at any alignment. `index` must be below `tensor.size()`, `T` the scalar's type.
template <class T>
T load(const HostTensor& tensor, std::size_t index) {
  T value;
  std::memcpy(&value, tensor.bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}
template <class T>
void store(HostTensor& tensor, std::size_t index, T value) {
  std::memcpy(tensor.bytes.data() + index * sizeof(T), &value, sizeof(T));
}

/// Any number as a double; integers beyond 2^53 are rounded.
template <class T>
double to_double(T value) {
  return static_cast<double>(value);
}
inline double to_double(airstrip::kernel::f16 value) { return airstrip::kernel::f16_to_double(value.bits); }
inline double to_double(airstrip::kernel::bf16 value) { return airstrip::kernel::bf16_to_double(value.bits); }

}  // namespace tool
