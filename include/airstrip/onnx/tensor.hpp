// The elements of an ONNX tensor, wherever they are: in raw_data, in one of the typed fields, or in another file.
//
//     onnx::ExternalFiles files(onnx::directory_of(path));                                   // onnx/file.hpp
//     Result<onnx::TensorData> weights = onnx::read_elements(initializer, files.source());
//     upload(weights->bytes());
//
// Elements lie as raw_data has them (TensorProto in onnx.proto): row-major, without gaps, in host byte order; those
// narrower than a byte packed from the least significant bits, the last byte filled with zeros.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "data_type.hpp"
#include "model.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

AIRSTRIP_ONNX_NAMESPACE_BEGIN

/// The product of the dimensions; 1 for a scalar, 0 if one of them is 0.
/// Errors: InvalidShape for a negative dimension, or a product of 2^63 or more.
Result<std::uint64_t> element_count(Span<const std::int64_t> dims);

/// Bytes that so many elements take, packed. Errors: MalformedFile for a type without a width (String among them);
/// InvalidShape for more bytes than can be addressed.
Result<std::size_t> byte_count(DataType type, std::uint64_t elements);

/// Bytes of another file, as a tensor's external_data names them.
struct ExternalRegion {
  Text location;  ///< a path relative to the model's directory
  std::uint64_t offset = 0;
  bool has_length = false;
  std::uint64_t length = 0;  ///< bytes; without `has_length` to the file's end
};

/// Reads the keys location, offset and length; others are passed over, checksum among them.
/// Errors: MalformedFile where the location is missing, or a number is none.
Result<ExternalRegion> external_region(const Tensor& tensor);

/// Who reads other files: a function and what it is given. No source means that there are none.
struct ExternalSource {
  /// Gives exactly `region.length` bytes (`has_length` is set). They are the source's own, which outlive what is made of
  /// them, or it puts them into `storage` and gives a view of that.
  using Read = Result<Span<const std::byte>>(const void* context, const ExternalRegion& region,
                                             Buffer<std::byte>& storage);

  Read* read = nullptr;
  const void* context = nullptr;
};

/// The elements of one tensor. Where they are raw they are not copied: the file has to outlive this.
class TensorData {
public:
  DataType type() const { return type_; }
  /// Number of elements.
  std::size_t size() const { return size_; }
  /// All elements; empty for String. Not aligned.
  Span<const std::byte> bytes() const { return bytes_; }
  /// The elements of String, which point into the file.
  Span<const Text> strings() const { return {strings_.data(), strings_.size()}; }
  /// Whether `bytes()` are the file's, or the external source's.
  bool is_borrowed() const { return owned_.empty(); }

  /// An element of `sizeof(T)` bytes; `T()` past the end.
  template <class T>
  T get(std::size_t index) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    if (index < bytes_.size() / sizeof(T))
      std::memcpy(&value, bytes_.data() + index * sizeof(T), sizeof value);
    return value;
  }
  /// An element of an integer type or Boolean, which for Uint64 may be the value less 2^64; 0 for other types and past the
  /// end.
  std::int64_t integer(std::size_t index) const;
  /// An element of an integer type, Boolean, Float, Double, Float16 or Bfloat16; 0 for other types and past the end.
  double number(std::size_t index) const;

private:
  friend Result<TensorData> read_elements(const Tensor& tensor, ExternalSource source);

  DataType type_ = DataType::Undefined;
  std::size_t size_ = 0;
  Span<const std::byte> bytes_;  // in the file, or in owned_
  Buffer<std::byte> owned_;
  Buffer<Text> strings_;
};

/// Reads a tensor's elements. Memory is taken for what the file has, not for what dimensions claim.
/// Errors: those of `element_count` and `byte_count`; MalformedFile where the number of values is not that of the elements,
/// they are in the field of another type, or one is outside of its type's range; those of `external_region` and of the
/// source; FileFailed for external data without a source; OutOfMemory.
Result<TensorData> read_elements(const Tensor& tensor, ExternalSource source = {});

AIRSTRIP_ONNX_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/tensor.hpp"
#endif
