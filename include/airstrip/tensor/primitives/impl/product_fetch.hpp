// A product's kernel: values of its operands.
#pragma once

#include "product_emitter.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Where line `line` of the invocation's tile is; beyond the operand's end another line, whose results are dropped.
inline void ProductEmitter::set_line(const ProductSide& side, std::uint32_t line, bool starts_vector,
                                     TilePoint& point) const {
  if (side.exact) {
    point.line = side.first + side.local;
    point.line_offset = side.offset(line);
    return;
  }
  if (k_.failed()) return;  // out of memory for them
  point.line = side.clamped[side.whole_vectors ? line / side.width : line];
  point.line_offset = side.whole_vectors && !starts_vector ? line % side.width : 0;
}

inline AnyValue ProductEmitter::load(ProductSide& side, const TilePoint& point) {
  if (beyond_k_) return load_or_zero(step_, *side.loader, point, step_.size(k_size_));
  return side.loader->load(step_, point);
}

inline void ProductEmitter::fetch(ProductSide& side, Index k, std::uint32_t steps, bool k_aligned,
                                  unsigned width, Buffer<ProductElement>& out) {
  if (!out.resize(std::size_t{steps} * (side.tile / width)))
    return step_.fail(ErrorCode::OutOfMemory, "out of memory for operands");
  if (s_.fragment == Fragment::SubgroupBroadcast && &side == &a_)
    return fetch_broadcast(side, k, steps, k_aligned, width, out);
  if (side.loader->contiguous_along_k && steps > 1)
    return fetch_along_k(side, k, steps, k_aligned, width, out);
  fetch_along_lines(side, k, steps, width, out);
}

// Rows that lie along K: vectors along it, which are turned where the product wants them along the lines.
inline void ProductEmitter::fetch_along_k(ProductSide& side, Index k, std::uint32_t steps, bool k_aligned,
                                          unsigned width, Buffer<ProductElement>& out) {
  const std::uint32_t vectors = side.tile / width;
  ProductElement lines[4][64];
  for (std::uint32_t v = 0; v < vectors; ++v) {
    for (unsigned c = 0; c < width; ++c) {
      TilePoint point;
      set_line(side, v * width + c, false, point);
      point.k = k;
      point.along_k = true;
      for (std::uint32_t u = 0; u < steps;) {
        const unsigned chunk = steps - u >= 4 ? 4 : steps - u >= 2 ? 2 : 1;
        point.k_offset = u;
        point.width = chunk;
        point.aligned = k_aligned;
        const AnyValue value = load(side, point);
        for (unsigned i = 0; i < chunk; ++i, ++u)
          lines[c][u] = {value, chunk == 1 ? ProductElement::no_component : i};
      }
    }
    for (std::uint32_t u = 0; u < steps; ++u) {
      ProductElement& element = out[u * vectors + v];
      if (width == 1) {
        element = lines[0][u];
        continue;
      }
      AnyValue parts[4];
      for (unsigned c = 0; c < width; ++c) parts[c] = scalar_of(lines[c][u]);
      element = {k_.construct(kernel::Type(side.loader->scalar, width), Span<const AnyValue>(parts, width))};
    }
  }
}

inline void ProductEmitter::fetch_along_lines(ProductSide& side, Index k, std::uint32_t steps, unsigned width,
                                              Buffer<ProductElement>& out) {
  const std::uint32_t vectors = side.tile / width;
  // Single lines next to each other are read as vectors all the same.
  const bool groups =
      width == 1 && side.exact && side.tile % 4 == 0 && (!side.interleaved || side.lanes == 1);
  for (std::uint32_t u = 0; u < steps; ++u)
    for (std::uint32_t v = 0; v < vectors; ++v) {
      TilePoint point;
      point.k = k;
      point.k_offset = u;
      ProductElement& element = out[u * vectors + v];
      if (groups) {
        if (v % 4 == 0) {
          set_line(side, v, true, point);
          point.width = 4;
          point.aligned = side.block % 4 == 0;
          const AnyValue value = load(side, point);
          for (unsigned c = 0; c < 4; ++c) out[u * vectors + v + c] = {value, c};
        }
        continue;
      }
      if (width == 1 || side.exact || side.whole_vectors) {
        set_line(side, v * width, width > 1, point);
        point.width = width;
        point.aligned = true;
        element = {load(side, point)};
        continue;
      }
      AnyValue parts[4];
      for (unsigned c = 0; c < width; ++c) {
        set_line(side, v * width + c, false, point);
        parts[c] = load(side, point);
      }
      element = {k_.construct(kernel::Type(side.loader->scalar, width), Span<const AnyValue>(parts, width))};
    }
}

// Lines next to each other, four for an invocation, and of several steps along K where the subgroup has invocations left:
// few loads, which is what costs on processors.
inline void ProductEmitter::fetch_broadcast_lines(ProductSide& side, Index k, std::uint32_t steps,
                                                  Buffer<ProductElement>& out) {
  const std::uint32_t lines = side.tile, most = step_.target().min_subgroup_size;
  std::uint32_t line_lanes = 1, step_lanes = 1;
  while (line_lanes * 2 <= most && lines % (line_lanes * 8) == 0) line_lanes *= 2;
  if (line_lanes * 4 == lines)
    while (line_lanes * step_lanes * 2 <= most && steps % (step_lanes * 2) == 0) step_lanes *= 2;
  const Index lane = k_.subgroup_invocation() & (line_lanes * step_lanes - 1);
  const Index line = side.first + (step_lanes > 1 ? lane & (line_lanes - 1) : lane) * 4;
  for (std::uint32_t u = 0; u < steps; u += step_lanes)
    for (std::uint32_t first = 0; first < lines; first += line_lanes * 4) {
      TilePoint point;
      point.line = first ? line + first : line;
      point.k = step_lanes > 1 ? k + lane / line_lanes : k;
      point.k_offset = u;
      point.width = 4;
      point.aligned = side.block % 4 == 0;
      const AnyValue value = load(side, point);
      for (std::uint32_t i = 0; i < line_lanes * step_lanes; ++i) {
        const AnyValue operands[2] = {value, k_.constant<u32>(i).any()};
        const AnyValue there = k_.apply(kernel::Op::SubgroupBroadcast, operands);
        for (unsigned c = 0; c < 4; ++c)
          out[(u + i / line_lanes) * lines + first + i % line_lanes * 4 + c] = {there, c};
      }
    }
}

// Each invocation of the subgroup loads one vector of the tile; what it loaded is broadcast. Right for any subgroup of at
// least as many invocations as take part.
inline void ProductEmitter::fetch_broadcast(ProductSide& side, Index k, std::uint32_t steps, bool k_aligned,
                                            unsigned width, Buffer<ProductElement>& out) {
  const std::uint32_t vectors = side.tile / width;
  if (width == 1 && !side.loader->contiguous_along_k && side.exact && vectors % 4 == 0)
    return fetch_broadcast_lines(side, k, steps, out);
  std::uint32_t lanes = 1;
  while (lanes * 2 <= step_.target().min_subgroup_size && vectors % (lanes * 2) == 0) lanes *= 2;
  const Index lane = k_.subgroup_invocation() & (lanes - 1);
  const bool along_k = side.loader->contiguous_along_k && width == 1;
  for (std::uint32_t first = 0; first < vectors; first += lanes) {
    TilePoint point;
    const Index line = side.first + (lane * width + first * width);
    if (side.exact) {
      point.line = line;
    } else {
      const Index size = step_.size(side.size);
      // What lies beyond the end is the last line; the lines of a vector are read one by one then.
      point.line = (kernel::min)(line, size - 1u);
    }
    for (std::uint32_t u = 0; u < steps;) {
      const unsigned chunk = !along_k ? 1 : steps - u >= 4 ? 4 : steps - u >= 2 ? 2 : 1;
      point.k = k;
      point.k_offset = u;
      AnyValue value;
      if (along_k) {
        point.width = chunk;
        point.along_k = true;
        point.aligned = k_aligned;
        value = load(side, point);
      } else if (width == 1 || side.exact) {
        point.width = width;
        point.aligned = true;
        value = load(side, point);
      } else {
        AnyValue parts[4];
        TilePoint one = point;
        for (unsigned c = 0; c < width; ++c) {
          one.line = (kernel::min)(line + c, step_.size(side.size) - 1u);
          parts[c] = load(side, one);
        }
        value = k_.construct(kernel::Type(side.loader->scalar, width), Span<const AnyValue>(parts, width));
      }
      for (std::uint32_t i = 0; i < lanes; ++i) {
        const AnyValue operands[2] = {value, k_.constant<u32>(i).any()};
        const AnyValue there = k_.apply(kernel::Op::SubgroupBroadcast, operands);
        for (unsigned c = 0; c < chunk; ++c)
          out[(u + c) * vectors + first + i] = {there, chunk == 1 ? ProductElement::no_component : c};
      }
      u += chunk;
    }
  }
}

inline void ProductEmitter::fetch_shared(ProductSide& side, Index k, std::uint32_t steps, unsigned width,
                                         Buffer<ProductElement>& out) {
  const std::uint32_t vectors = side.tile / width;
  if (!out.resize(std::size_t{steps} * vectors))
    return step_.fail(ErrorCode::OutOfMemory, "out of memory for operands");
  const std::uint32_t bytes = element_bytes(side.loader->scalar);
  kernel::Place place;
  place.builder = &k_;
  place.resource = side.array;
  place.index = (k * side.pitch + side.local).any();
  for (std::uint32_t u = 0; u < steps; ++u)
    for (std::uint32_t v = 0; v < vectors; ++v) {
      AnyValue parts[4];
      for (unsigned c = 0; c < width; ++c) {
        place.offset = (u * side.pitch + side.offset(v * width + c)) * bytes;
        parts[c] = k_.load(place, kernel::Type(side.loader->scalar));
      }
      out[u * vectors + v] = {width == 1 ? parts[0]
                                         : k_.construct(kernel::Type(side.loader->scalar, width),
                                                        Span<const AnyValue>(parts, width))};
    }
}

// The workgroup copies its lines of the next block_k steps into workgroup memory, with zeros beyond the end of K.
inline void ProductEmitter::fill(ProductSide& side, Index k) {
  const SizeTable& table = step_.operation.sizes();
  const bool along_k = side.loader->contiguous_along_k;
  const bool k_exact = table.is_multiple(k_size_, s_.block_k);
  const std::uint32_t length = along_k ? s_.block_k : side.block;
  const std::uint32_t invocations = invocations_of(s_, step_.target());
  unsigned width = length % 4 == 0 ? 4 : length % 2 == 0 ? 2 : 1;
  if (!along_k && !side.exact)
    while (!table.is_multiple(side.size, width)) width /= 2;
  if (along_k && !k_exact)
    while (!table.is_multiple(k_size_, width)) width /= 2;
  const std::uint32_t row = length / width, total = side.block * s_.block_k / width;
  const Index local = k_.local_id().x;
  const auto copy = [&](Index which) {
    const Index outer = which / row, inner = (which - outer * row) * width;
    const Index line = along_k ? outer : inner, step = along_k ? inner : outer;
    TilePoint point;
    point.line = side.first + line;
    if (!side.exact) point.line = (kernel::min)(point.line, step_.size(side.size) - (along_k ? 1u : width));
    point.k = k + step;
    point.width = width;
    point.along_k = along_k;
    point.aligned = true;
    const AnyValue value = load(side, point);
    kernel::Place place;
    place.builder = &k_;
    place.resource = side.array;
    place.index = (step * side.pitch + line).any();
    const std::uint32_t bytes = element_bytes(side.loader->scalar);
    for (unsigned c = 0; c < width; ++c) {
      place.offset = c * (along_k ? side.pitch : 1) * bytes;
      k_.store(place, width == 1 ? value : value.component(c));
    }
  };
  for (std::uint32_t first = 0; first < total; first += invocations) {
    const Index which = first == 0 ? local : local + first;
    if (first + invocations <= total)
      copy(which);
    else
      k_.if_(which < total, [&] { copy(which); });
  }
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
