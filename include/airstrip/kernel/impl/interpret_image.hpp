// Images: texels by coordinate, sampling, and what a declared format keeps.
#pragma once

#include "../evaluate.hpp"
#include "interpret_machine.hpp"
#include "interpret_memory.hpp"
#include "interpret_report.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

struct LevelSize {
  std::uint32_t width, height;
};
inline LevelSize size_of_level(const ImageBinding& image, std::uint32_t level) {
  const std::uint32_t w = level < 32 ? image.width >> level : 0, h = level < 32 ? image.height >> level : 0;
  return {w ? w : 1, h ? h : 1};
}

/// One component as the format keeps it (Vulkan, "Conversion from Floating-Point to Normalized Fixed-Point"), and what
/// reading gives where it has no such component: 0, and 1 for the last.
inline std::uint64_t kept_by(TexelFormat format, unsigned component, std::uint64_t bits) {
  namespace e = evaluation;
  const bool absent = component != 0;
  switch (format) {
    case TexelFormat::Rgba16f:
      return e::convert(false, Scalar::F16, Scalar::F32,
                        e::convert(false, Scalar::F32, Scalar::F16, bits).bits)
          .bits;
    case TexelFormat::Rgba8:
      return e::unpack_normalized(e::pack_normalized(bits, 0.0, 255.0, 8), false, 255.0, 8);
    case TexelFormat::Rgba8Snorm:
      return e::unpack_normalized(e::pack_normalized(bits, -1.0, 127.0, 8), true, 127.0, 8);
    case TexelFormat::R32f: return !absent ? bits : component == 3 ? 0x3F800000u : 0;
    case TexelFormat::R32i:
    case TexelFormat::R32ui: return !absent ? bits : component == 3 ? 1 : 0;
    case TexelFormat::Rgba8ui: return bits & 0xFF;
    case TexelFormat::Rgba8i: return static_cast<std::uint64_t>(e::extend(bits, 8)) & 0xFFFFFFFFu;
    default: return bits;
  }
}

/// Byte of the texel at x, y and layer; false, with a finding, outside the image.
inline bool Machine::texel_address(const Instruction& i, const Memory& m, const std::int64_t* at,
                                   std::int64_t level, unsigned lane, std::uint64_t& address) {
  const ImageBinding& image = m.image;
  const bool has_level = level >= 0 && level < static_cast<std::int64_t>(image.levels);
  const LevelSize size = size_of_level(image, has_level ? static_cast<std::uint32_t>(level) : 0);
  const bool inside = has_level && at[0] >= 0 && at[0] < size.width && at[1] >= 0 && at[1] < size.height &&
                      at[2] >= 0 && at[2] < image.layers;
  if (!inside) {
    if (!options_.sanitize.bounds) return false;
    Finding* const finding =
        found(FindingKind::OutOfBounds, i.node, global_invocation(lane), no_node, i.immediate);
    if (!finding) return false;
    finding->index = at[1] * size.width + at[0];
    const auto number = [](String& to, std::int64_t v) {
      if (v < 0) to << '-';
      to << (v < 0 ? 0 - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v));
    };
    String text = who(finding->invocation);
    text << (i.op == Op::ImageStore ? " writes " : " reads ") << Text(name_of(i.immediate)) << " at (";
    number(text, at[0]);
    text << ", ";
    number(text, at[1]);
    text << "), layer ";
    number(text, at[2]);
    text << ", level ";
    number(text, level);
    text << "; that level has " << size.width << " x " << size.height << " texels, " << image.layers
         << " layers of " << image.levels << " levels";
    describe(*finding, static_cast<String&&>(text));
    return false;
  }
  std::uint64_t before = 0;
  for (std::uint32_t l = 0; l < static_cast<std::uint32_t>(level); ++l) {
    const LevelSize s = size_of_level(image, l);
    before += std::uint64_t{s.width} * s.height * image.layers;
  }
  const std::uint64_t row =
      static_cast<std::uint64_t>(at[2]) * size.height + static_cast<std::uint64_t>(at[1]);
  address = (before + row * size.width + static_cast<std::uint64_t>(at[0])) * 16;
  return true;
}

inline void Machine::read_texel(const Resource& r, const Memory& m, std::uint64_t address,
                                std::uint64_t* texel) const {
  for (unsigned c = 0; c < 4; ++c) {
    std::uint32_t word;
    std::memcpy(&word, m.bytes + address + 4 * c, sizeof word);
    texel[c] = r.kind == ResourceKind::StorageImage ? kept_by(r.format, c, word) : word;
  }
}

/// Vulkan, "Texel Coordinate Systems" and "Image Sample Operations": unnormalised coordinates u = s * width - 1/2 for
/// the linear filter; wrapped or clamped; the layer is the nearest.
inline void Machine::sample(const Instruction& i, const Memory& m, unsigned lane, std::uint64_t* texel) {
  const ImageBinding& image = m.image;
  const auto coordinate = [&](std::uint32_t c) {
    return evaluation::number(Scalar::F32, values(i, 0, c)[lane]);
  };
  const auto integer = [](double v) {
    return v >= 9e15    ? std::int64_t{1} << 53
           : v >= -9e15 ? static_cast<std::int64_t>(v)
                        : -(std::int64_t{1} << 53);
  };
  const double asked = evaluation::round_even(evaluation::number(Scalar::F32, values(i, 1)[lane]));
  const double last_level = static_cast<double>(image.levels - 1),
               last_layer = static_cast<double>(image.layers - 1);
  const std::int64_t level = integer(asked < 0.0 ? 0.0 : asked > last_level ? last_level : asked);
  const LevelSize size = size_of_level(image, static_cast<std::uint32_t>(level));
  const double layer = operand(i, 0).components > 2 ? evaluation::round_even(coordinate(2)) : 0.0;
  const std::int64_t at_layer = integer(layer < 0.0 ? 0.0 : layer > last_layer ? last_layer : layer);
  const bool linear = image.filter == Filter::Linear;
  const double shift = linear ? 0.5 : 0.0;
  const double u = coordinate(0) * size.width - shift, v = coordinate(1) * size.height - shift;
  const double u0 = __builtin_floor(u), v0 = __builtin_floor(v);
  const auto wrap = [&](std::int64_t at, std::int64_t length) {
    if (image.address_mode == AddressMode::Repeat) return (at % length + length) % length;
    return at < 0 ? std::int64_t{0} : at >= length ? length - 1 : at;
  };
  double sum[4] = {};
  std::uint64_t corner[4] = {};
  for (int k = 0; k < (linear ? 4 : 1); ++k) {
    const std::int64_t at[3] = {wrap(integer(u0) + (k & 1), size.width),
                                wrap(integer(v0) + (k >> 1), size.height), at_layer};
    std::uint64_t address = 0;
    if (!texel_address(i, m, at, level, lane, address)) return;
    read_texel(kernel_.resource(i.immediate), m, address, corner);
    const double x = (k & 1) != 0 ? u - u0 : 1.0 - (u - u0), y = (k >> 1) != 0 ? v - v0 : 1.0 - (v - v0);
    for (unsigned c = 0; c < 4; ++c) sum[c] += evaluation::number(Scalar::F32, corner[c]) * (x * y);
  }
  for (unsigned c = 0; c < 4; ++c) texel[c] = linear ? evaluation::rounded(Scalar::F32, sum[c]) : corner[c];
}

inline void Machine::image(const Instruction& i) {
  const Resource& resource = kernel_.resource(i.immediate);
  const Memory& m = memories_[i.immediate];
  Manner manner;
  manner.writes = i.op == Op::ImageStore;
  manner.reads = !manner.writes;
  for (unsigned n = 0; n < active_count_; ++n) {
    const unsigned lane = active_[n];
    if (i.op == Op::ImageSize) {
      const std::uint64_t level = values(i, 0)[lane];
      const LevelSize size = size_of_level(m.image, static_cast<std::uint32_t>(level));
      const std::uint64_t dimensions[3] = {size.width, size.height, m.image.layers};
      for (std::uint32_t c = 0; c < i.components; ++c) slot(i.out + c)[lane] = dimensions[c];
      continue;
    }
    std::uint64_t texel[4] = {};
    if (i.op == Op::ImageSample) {
      sample(i, m, lane, texel);
    } else {
      std::int64_t at[3] = {};
      for (std::uint32_t c = 0; c < operand(i, 0).components; ++c)
        at[c] = evaluation::extend(values(i, 0, c)[lane], 32);
      const std::int64_t level = i.op == Op::ImageFetch ? evaluation::extend(values(i, 1)[lane], 32) : 0;
      std::uint64_t address = 0;
      if (texel_address(i, m, at, level, lane, address)) {
        if (m.watched) touch(m, manner, i.node, lane, address, 16);
        if (!manner.writes) read_texel(resource, m, address, texel);
        for (unsigned c = 0; c < 4 && manner.writes; ++c) {
          const auto word = static_cast<std::uint32_t>(kept_by(resource.format, c, values(i, 1, c)[lane]));
          std::memcpy(m.bytes + address + 4 * c, &word, sizeof word);
        }
      }
    }
    for (std::uint32_t c = 0; c < i.components; ++c) slot(i.out + c)[lane] = texel[c];
  }
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
