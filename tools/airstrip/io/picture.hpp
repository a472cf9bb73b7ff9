// Pictures as files have them, and as tensors.
#pragma once

#include "host_tensor.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tool {

/// 8192 x 8192; as f32 with four channels it is 1 GiB. Larger ones are refused before memory is taken.
inline constexpr std::uint64_t max_pixels = 1u << 26;

struct Picture {
  std::uint32_t width = 0, height = 0;
  std::uint32_t channels = 3;          ///< 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA
  std::uint32_t bits = 8;              ///< of a sample: 8 or 16
  std::vector<std::uint16_t> samples;  ///< row by row, the channels of a pixel together; up to 2^bits - 1
};

/// [1, channels, height, width] of f32; 0 is black and 1 white. Nothing is done to the encoding (mostly sRGB): models of
/// pictures take it so.
HostTensor tensor_of(const std::string& name, const Picture& picture);
/// From [1, channels, height, width] or [channels, height, width], f16, bf16, f32 or f64: rounded to nearest, what is below 0
/// or above 1 clamped. Throws Failure, Unsupported: a tensor that is no picture, a NaN.
Picture picture_of(const HostTensor& tensor, std::uint32_t bits = 8);

bool is_png(std::span<const std::byte> bytes);
/// Throws Failure, BadInput: damaged, cut off, too large. Palettes and transparency become RGB and alpha, fewer than 8 bits 8.
Picture read_png(const std::string& subject, std::span<const std::byte> bytes);
/// Throws Failure.
Bytes write_png(const std::string& subject, const Picture& picture);

bool is_jpeg(std::span<const std::byte> bytes);
/// Throws Failure: BadInput where it is damaged, cut off, too large; Unsupported for the four colours of print. The
/// orientation that a camera notes beside the pixels is not applied.
Picture read_jpeg(const std::string& subject, std::span<const std::byte> bytes);

}  // namespace tool
