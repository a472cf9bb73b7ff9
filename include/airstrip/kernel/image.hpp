// Images: storage images read and written by texel, and sampled images.
#pragma once

#include "../config.hpp"
#include "value.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// What a texel's components are read as.
template <class T>
concept TexelType = std::is_same_v<T, f32> || std::is_same_v<T, i32> || std::is_same_v<T, u32>;

namespace detail {
template <ImageDim D>
inline constexpr unsigned coordinates = D == ImageDim::Dim2DArray ? 3 : 2;
}

/// A storage image. Coordinates are texels, the layer last; outside the image is the kernel's error.
template <TexelType T, Access A, ImageDim D>
class StorageImage {
public:
  using Coordinate = Vec<i32, detail::coordinates<D>>;
  StorageImage() = default;
  StorageImage(DynamicBuilder* builder, std::uint32_t resource) : builder_(builder), resource_(resource) {}

  /// Components that the format does not have are 0, and alpha 1.
  Value<Vec<T, 4>> load(const Operand<Coordinate>& at) const requires(can_read(A)) {
    if (!builder_) return {};
    const AnyValue coordinate = at.in(builder_);
    return Value<Vec<T, 4>>(
        builder_->image_read(Op::ImageLoad, resource_, Span<const AnyValue>(&coordinate, 1), at.at));
  }
  void store(const Operand<Coordinate>& at, const Operand<Vec<T, 4>>& texel) const requires(can_write(A)) {
    if (!builder_) return;
    const AnyValue coordinate = at.in(builder_);
    const AnyValue value = texel.in(builder_);
    builder_->image_store(resource_, coordinate, value, at.at);
  }
  Value<Coordinate> size(SourceLocation at = SourceLocation::current()) const {
    if (!builder_) return {};
    return Value<Coordinate>(
        builder_->image_size(resource_, builder_->constant_int(type_of<i32>, 0, at), at));
  }
  std::uint32_t resource() const { return resource_; }

private:
  DynamicBuilder* builder_ = nullptr;
  std::uint32_t resource_ = 0;
};

/// An image with its sampler. A compute shader has no derivatives: the level is always given.
template <TexelType T, ImageDim D>
class SampledImage {
public:
  using Coordinate = Vec<i32, detail::coordinates<D>>;
  using Position = Vec<f32, detail::coordinates<D>>;
  SampledImage() = default;
  SampledImage(DynamicBuilder* builder, std::uint32_t resource) : builder_(builder), resource_(resource) {}

  /// Filtered by the sampler; 0 to 1 is the image, the layer as it is.
  Value<Vec<T, 4>> sample(const Operand<Position>& at,
                          const Operand<f32>& level = Operand<f32>(0, {})) const {
    return read(Op::ImageSample, at, level);
  }
  /// One texel.
  Value<Vec<T, 4>> fetch(const Operand<Coordinate>& at,
                         const Operand<i32>& level = Operand<i32>(0, {})) const {
    return read(Op::ImageFetch, at, level);
  }
  Value<Coordinate> size(const Operand<i32>& level = Operand<i32>(0, {}),
                         SourceLocation at = SourceLocation::current()) const {
    if (!builder_) return {};
    const AnyValue value = level.in(builder_);
    return Value<Coordinate>(builder_->image_size(resource_, value, at));
  }
  std::uint32_t resource() const { return resource_; }

private:
  template <class P, class L>
  Value<Vec<T, 4>> read(Op op, const P& at, const L& level) const {
    if (!builder_) return {};
    const AnyValue coordinate = at.in(builder_);
    const AnyValue operands[2] = {coordinate, level.in(builder_)};
    return Value<Vec<T, 4>>(builder_->image_read(op, resource_, operands, at.at));
  }
  DynamicBuilder* builder_ = nullptr;
  std::uint32_t resource_ = 0;
};

AIRSTRIP_KERNEL_NAMESPACE_END
