// What an operand is: the scalar, the shape, how it lies in memory.
#pragma once

#include "../config.hpp"
#include "../kernel/ir.hpp"
#include "shape.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

using kernel::Scalar;

/// Where a tensor's elements are.
enum class Storage : std::uint8_t {
  Buffer,        ///< a storage buffer, bound at a multiple of 16 bytes
  SampledImage,  ///< texels: see TensorType
  StorageImage,
};

/// A tensor as it is bound. Booleans lie in memory as bytes, 0 or 1 (any other value than 0 is read as true).
///
/// An image is a tensor of f32, i32 or u32 with one to four channels, the components of a texel: [height, width, channels],
/// or with another `channel_axis`, as in [channels, height, width]; and with layers in front of height if it has four axes.
/// What is not among the channels is written as 0, the fourth as 1. f32 is every format of floats, UNORM, SNORM and SRGB, its
/// values as Vulkan converts them; i32 and u32 those of integers. Three axes: the view is VK_IMAGE_VIEW_TYPE_2D; four: a
/// 2D_ARRAY, of one layer too.
struct TensorType {
  Scalar scalar = Scalar::F32;
  Shape shape = {};
  /// Elements from one index to the next along each axis; empty: row-major, without gaps. 0: all the same element.
  Shape strides = {};
  Storage storage = Storage::Buffer;
  kernel::TexelFormat format = kernel::TexelFormat::Unknown;  ///< of a StorageImage
  std::int8_t channel_axis = -1;                              ///< of an image; -1: the last
  /// Elements in front of the one whose coordinates are all 0: of a view, as tensor/view.hpp makes them. A stride may be
  /// negative; then the offset is as much at least as they reach back.
  Dimension offset = 0;
};

/// Bytes of an element in a buffer.
constexpr std::uint32_t element_bytes(Scalar scalar) {
  return scalar == Scalar::Boolean ? 1 : kernel::width_of(scalar) / 8;
}
/// The type of an element in a buffer: that of the value, and u8 for a Boolean.
constexpr Scalar storage_scalar(Scalar scalar) { return scalar == Scalar::Boolean ? Scalar::U8 : scalar; }
/// "f32", "bool": as kernels are printed.
inline String to_string(Scalar scalar) { return kernel::to_string(kernel::Type(scalar)); }

AIRSTRIP_TENSOR_NAMESPACE_END
