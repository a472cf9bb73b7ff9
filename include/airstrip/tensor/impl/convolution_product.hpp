// The matrix product that a convolution is, and where its operands' elements come from: w, and windows of x.
#pragma once

#include "../primitives/packed_panels.hpp"
#include "../primitives/product.hpp"
#include "../primitives/work_grid.hpp"
#include "convolution_window.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// The product of a convolution, [groups, batch] of them: rows are output channels of the group, columns outputs, and k
/// counts channels and, within each, taps.
struct ImplicitProduct {
  ProductSizes sizes;
  SizeId taps = {};         // of the kernel
  SizeId row = {};          // columns of one row of outputs: rounded up, so that vectors do not leave it
  bool is_flat = false;     // a 1 x 1 kernel: all outputs are one row, and columns are elements of x
  bool known_taps = false;  // the loop over K goes by whole kernels: which tap is read is known then
  Scalar x_factor = Scalar::F32, w_factor = Scalar::F32;
};

/// Whether x is read without windows: one tap, and outputs are the elements of x in their order.
inline bool is_pointwise(const ConvolutionProblem& problem, const ConvolutionShape& shape, SizeTable& table) {
  for (std::size_t i = 0; i < shape.spatial; ++i) {
    const ConvolutionAxis& a = problem.axes[i];
    if (!table.is_literal(shape.kernel[i], 1) || a.stride != 1 || a.pad_begin != 0 || a.pad_end != 0)
      return false;
    if (i + 1 < shape.spatial && shape.x_strides[i + 2] != table.mul(shape.x_strides[i + 3], shape.in[i + 1]))
      return false;
  }
  return problem.x_prologue.empty();
}

inline ImplicitProduct implicit_product(const ConvolutionProblem& problem, const MatmulSchedule& schedule,
                                        const ConvolutionShape& shape, SizeTable& table) {
  ImplicitProduct p;
  const SizeId one = table.literal(1);
  p.taps = one;
  SizeId rows = one;
  for (std::size_t i = 0; i < shape.spatial; ++i) {
    p.taps = table.mul(p.taps, shape.kernel[i]);
    if (i + 1 < shape.spatial) rows = table.mul(rows, shape.out[i]);
  }
  p.is_flat = is_pointwise(problem, shape, table);
  const SizeId last = shape.out[shape.spatial - 1];
  const bool matrices = schedule.fragment == Fragment::CooperativeMatrix;
  // Cooperative matrices have no vectors of their own, but go through workgroup memory by four.
  const std::uint32_t vector = matrices ? 4 : schedule.vector_axis == VectorAxis::N ? schedule.vector : 1;
  p.row = table.round_up(last, vector);
  if (p.is_flat) p.row = table.mul(last, rows);
  p.sizes.batch[0] = shape.groups;
  p.sizes.batch[1] = shape.batch;
  p.sizes.batch_rank = 2;
  p.sizes.m = shape.group_outputs;
  p.sizes.n = p.is_flat ? p.row : table.mul(rows, p.row);
  p.sizes.k = table.mul(shape.read_channels, p.taps);
  p.sizes.accumulate = shape.accumulator;
  // Where the last steps along K are not whole, they are taken one by one.
  p.known_taps = table.is_literal(p.taps) && schedule.unroll_k % table.lower(p.taps) == 0 &&
                 (table.is_literal(p.taps, 1) ||
                  (!schedule.share_b && table.is_multiple(p.sizes.k, k_padding(schedule))));
  p.x_factor = matrices ? prologue_scalar(problem.x_prologue, problem.x.scalar) : shape.accumulator;
  p.w_factor = matrices ? prologue_scalar(problem.w_prologue, problem.w.scalar) : shape.accumulator;
  return p;
}

/// x with its padding, as it is copied.
struct PaddedInput {
  SizeId shape[Shape::max_rank] = {}, strides[Shape::max_rank] = {};
  SizeId elements = {};
  Scalar scalar = Scalar::F32;
};

inline PaddedInput padded_input(const ConvolutionProblem& problem, const ConvolutionShape& shape,
                                const ImplicitProduct& product, SizeTable& table) {
  PaddedInput padded;
  padded.shape[0] = shape.batch;
  padded.shape[1] = shape.channels;
  const SizeId one = table.literal(1);
  for (std::size_t i = 0; i < shape.spatial; ++i) {
    const ConvolutionAxis& a = problem.axes[i];
    const SizeId outputs = i + 1 == shape.spatial ? product.row : shape.out[i];
    const SizeId before = table.mul(table.sub(table.max_of(outputs, one), one), a.stride);
    const SizeId reach = table.mul(table.sub(table.max_of(shape.kernel[i], one), one), a.dilation);
    padded.shape[i + 2] = table.add(table.add(before, reach), 1);
  }
  padded.elements = one;
  for (std::size_t i = shape.rank(); i-- > 0;) {
    padded.strides[i] = padded.elements;
    padded.elements = table.mul(padded.elements, padded.shape[i]);
  }
  padded.scalar = problem.x_prologue.empty() ? problem.x.scalar : product.x_factor;
  return padded;
}

/// k of a product: a channel of the group, and where in the kernel.
struct ChannelAndTap {
  Index channel;
  std::uint32_t channel_offset = 0;  // to be added
  Index tap[ConvolutionShape::max_spatial];
  /// With `known_taps` the tap as a number.
  std::uint32_t known[ConvolutionShape::max_spatial] = {};
};

inline ChannelAndTap split_k(StepBuilder& step, const ConvolutionShape& shape, const ImplicitProduct& product,
                             Index k, std::uint32_t offset) {
  SizeTable& table = step.table();
  ChannelAndTap at;
  if (product.known_taps) {
    const std::uint32_t taps = static_cast<std::uint32_t>(table.lower(product.taps));
    at.channel = taps == 1 ? k : k / taps;
    at.channel_offset = offset / taps;
    std::uint32_t tap = offset % taps;
    for (std::size_t i = shape.spatial; i-- > 0;) {
      const std::uint32_t size = static_cast<std::uint32_t>(table.lower(shape.kernel[i]));
      at.known[i] = tap % size;
      at.tap[i] = step.k.constant<u32>(at.known[i]);
      tap /= size;
    }
    return at;
  }
  const Index whole = offset ? k + offset : k;
  at.channel = whole / step.size(product.taps);
  const Index rest = whole - at.channel * step.size(product.taps);
  split_index(step, rest, {shape.kernel, shape.spatial}, at.tap);
  return at;
}

/// Whether lines of w lie in memory as K counts.
inline bool kernel_in_order(const ConvolutionProblem& problem, const ConvolutionShape& shape,
                            SizeTable& table) {
  SizeId gapless = table.literal(1);
  for (std::size_t i = shape.rank(); i-- > 1;) {
    if (shape.w_strides[i] != gapless && !table.is_literal(shape.w_shape[i], 1)) return false;
    gapless = table.mul(gapless, shape.w_shape[i]);
  }
  return problem.w_prologue.empty();
}

/// w as A.
class KernelLoader final : public TileLoader {
public:
  KernelLoader(StepBuilder& step, const ConvolutionProblem& problem, const ConvolutionShape& shape,
               const ImplicitProduct& product)
      : shape_(shape), product_(product), loader_(step, problem, shape, product.w_factor, false, true),
        in_order_(kernel_in_order(problem, shape, step.table())),
        rows_(make_rows(step, problem, shape, product, in_order_)) {
    scalar = product.w_factor;
    contiguous_along_k = true;
  }
  void begin(StepBuilder& step, Span<const Index> batch) override {
    group_ = batch[0];
    if (in_order_) rows_.begin(step, batch);
  }
  AnyValue load(StepBuilder& step, const TilePoint& point) override {
    if (in_order_) return rows_.load(step, point);
    AnyValue parts[4];
    for (unsigned i = 0; i < point.width; ++i) {
      const std::uint32_t ahead = point.line_offset + (point.along_k ? 0 : i);
      const Index line = ahead ? point.line + ahead : point.line;
      const ChannelAndTap k =
          split_k(step, shape_, product_, point.k, point.k_offset + (point.along_k ? i : 0));
      Index at[Shape::max_rank];
      const bool one_group = step.operation.sizes().is_literal(shape_.groups, 1);
      at[0] = one_group ? line : group_ * step.size(shape_.group_outputs) + line;
      at[1] = k.channel_offset ? k.channel + k.channel_offset : k.channel;
      for (std::size_t a = 0; a < shape_.spatial; ++a) at[a + 2] = k.tap[a];
      parts[i] = loader_.w({at, shape_.rank()});
    }
    if (point.width == 1 || step.k.failed()) return parts[0];
    return step.k.construct(kernel::Type(scalar, point.width), Span<const AnyValue>(parts, point.width));
  }

private:
  static StridedLoader make_rows(StepBuilder& step, const ConvolutionProblem& problem,
                                 const ConvolutionShape& shape, const ImplicitProduct& product,
                                 bool is_used) {
    SizeTable& table = step.table();
    Memory w;
    if (is_used) w = step.memory("w", Role::Input, problem.w, shape.w_bytes, kernel::Access::ReadOnly);
    const SizeId batch[2] = {table.mul(shape.group_outputs, shape.w_strides[0]), table.literal(0)};
    return StridedLoader(w, batch, shape.w_strides[0], table.literal(1), product.w_factor, table);
  }

  const ConvolutionShape& shape_;
  const ImplicitProduct& product_;
  ConvolutionLoader loader_;
  bool in_order_;
  StridedLoader rows_;
  Index group_;
};

/// Windows of x as B: of x itself, with a test for its edges, or of its padded copy.
class WindowLoader final : public TileLoader {
public:
  WindowLoader(StepBuilder& step, const ConvolutionProblem& problem, const ConvolutionShape& shape,
               const ImplicitProduct& product, const PaddedInput* copy, const Memory& memory)
      : problem_(problem), shape_(shape), product_(product), copy_(copy), memory_(memory),
        loader_(step, problem, shape, product.x_factor, !copy, false) {
    scalar = product.x_factor;
  }
  void begin(StepBuilder&, Span<const Index> batch) override {
    group_ = batch[0];
    batch_ = batch[1];
  }
  AnyValue load(StepBuilder& step, const TilePoint& point) override {
    const std::size_t last = shape_.spatial - 1;
    const std::int64_t stride = problem_.axes[last].stride;
    // Vectors of columns do not leave a row; other neighbours are found one by one.
    const bool in_row =
        point.aligned && !point.along_k && step.operation.sizes().is_multiple(product_.row, point.width);
    Place place;
    ChannelAndTap k;
    AnyValue parts[4];
    for (unsigned i = 0; i < point.width; ++i) {
      const std::uint32_t line = point.line_offset + (point.along_k ? 0 : i);
      if (i == 0 || (!in_row && !point.along_k))
        place = place_of(step, line ? point.line + line : point.line);
      if (i == 0 || point.along_k)
        k = split_k(step, shape_, product_, point.k, point.k_offset + (point.along_k ? i : 0));
      const std::uint32_t ahead = in_row ? static_cast<std::uint32_t>(i * stride) : 0;
      parts[i] = copy_ ? from_copy(step, place, k, ahead) : from_x(step, place, k, ahead);
    }
    if (point.width == 1 || step.k.failed()) return parts[0];
    return step.k.construct(kernel::Type(scalar, point.width), Span<const AnyValue>(parts, point.width));
  }

private:
  struct Place {
    Index origin[ConvolutionShape::max_spatial];  // of the first tap, in x or in its copy
  };
  Place place_of(StepBuilder& step, Index column) {
    Place place;
    const std::size_t spatial = shape_.spatial;
    SizeId rows[ConvolutionShape::max_spatial];
    for (std::size_t i = 0; i + 1 < spatial; ++i) rows[i] = shape_.out[i];
    rows[spatial - 1] = product_.row;
    split_index(step, column, {rows, spatial}, place.origin);
    for (std::size_t i = 0; i < spatial; ++i) {
      const ConvolutionAxis& a = problem_.axes[i];
      Index& at = place.origin[i];
      if (a.stride != 1) at = at * static_cast<u32>(a.stride);
      if (!copy_ && a.pad_begin != 0) at = at - static_cast<u32>(a.pad_begin);
    }
    return place;
  }
  // Numbers are added up before they become a value: what neighbours share is then seen to be the same element.
  Index coordinate(const Place& place, const ChannelAndTap& k, std::size_t axis, std::uint32_t ahead) const {
    const std::uint32_t dilation = static_cast<std::uint32_t>(problem_.axes[axis].dilation);
    if (product_.known_taps) {
      ahead += k.known[axis] * dilation;
      return ahead ? place.origin[axis] + ahead : place.origin[axis];
    }
    const Index at = place.origin[axis] + (dilation == 1 ? k.tap[axis] : k.tap[axis] * dilation);
    return ahead ? at + ahead : at;
  }
  Index channel_of(StepBuilder& step, const ChannelAndTap& k) const {
    const Index channel = k.channel_offset ? k.channel + k.channel_offset : k.channel;
    if (step.operation.sizes().is_literal(shape_.groups, 1)) return channel;
    return group_ * step.size(shape_.group_channels) + channel;
  }
  AnyValue from_x(StepBuilder& step, const Place& place, const ChannelAndTap& k, std::uint32_t ahead) {
    Index at[Shape::max_rank];
    at[0] = batch_;
    at[1] = channel_of(step, k);
    Value<bool> ok;
    bool tests = false;
    for (std::size_t i = 0; i < shape_.spatial; ++i) {
      at[i + 2] = coordinate(place, k, i, i + 1 == shape_.spatial ? ahead : 0);
      const ConvolutionAxis& a = problem_.axes[i];
      const bool overhangs = i + 1 == shape_.spatial && product_.row != shape_.out[i];
      if (a.pad_begin == 0 && a.pad_end == 0 && !overhangs) continue;
      const Value<bool> inside = at[i + 2] < step.size(shape_.in[i]);
      ok = tests ? ok && inside : inside;
      tests = true;
    }
    return loader_.x({at, shape_.rank()}, tests ? &ok : nullptr);
  }
  // What belongs to the column comes first, since it does not change in the loop, and numbers go into the access.
  AnyValue from_copy(StepBuilder& step, const Place& place, const ChannelAndTap& k, std::uint32_t ahead) {
    const SizeTable& table = step.operation.sizes();
    const auto scaled = [&](Index index, SizeId stride) {
      return table.is_literal(stride, 1) ? index : index * step.size(stride);
    };
    std::uint32_t offset = ahead;
    Index column = scaled(batch_, copy_->strides[0]), tap = step.k.constant<u32>(0u);
    const auto add_known = [&](std::uint32_t count, SizeId stride) {
      const std::int64_t step_size = table.is_literal(stride) ? table.lower(stride) : max_size;
      if (count != 0 && step_size <= 0xFFFFFF / count)
        offset += count * static_cast<std::uint32_t>(step_size);
      else if (count != 0)
        tap = tap + step.size(stride) * count;
    };
    ChannelAndTap first = k;
    first.channel_offset = 0;
    const Index channel = scaled(channel_of(step, first), copy_->strides[1]);
    add_known(k.channel_offset, copy_->strides[1]);
    for (std::size_t i = 0; i < shape_.spatial; ++i) {
      const SizeId stride = copy_->strides[i + 2];
      const std::uint32_t dilation = static_cast<std::uint32_t>(problem_.axes[i].dilation);
      column = column + scaled(place.origin[i], stride);
      if (product_.known_taps)
        add_known(k.known[i] * dilation, stride);
      else
        tap = tap + scaled(dilation == 1 ? k.tap[i] : k.tap[i] * dilation, stride);
    }
    return emit_cast(step, step.load(memory_, column + channel + tap, 1, false, offset), scalar);
  }

  const ConvolutionProblem& problem_;
  const ConvolutionShape& shape_;
  const ImplicitProduct& product_;
  const PaddedInput* copy_;
  Memory memory_;
  ConvolutionLoader loader_;
  Index group_, batch_;
};

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
