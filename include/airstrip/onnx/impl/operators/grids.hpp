// Sampling at points: AffineGrid and GridSample.
#pragma once

#include "../../../tensor/functions.hpp"
#include "compose.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

// ONNX AffineGrid: theta [N, r, r + 1] times the coordinates (x, y, …, 1) of each element, from -1 to 1 along each axis:
// of the first and the last element's centres with align_corners, else of the tensor's ends.
inline void import_affine_grid(NodeImporter& n) {
  tensor::Integers size;
  if (!n.known_list(1, size)) return;
  const bool align = n.integer("align_corners", 0) != 0;
  const std::size_t spatial = size.size() < 2 ? 0 : size.size() - 2;
  const Scalar scalar = n.type(0).scalar, wide = wide_float(scalar);
  if (spatial < 2 || spatial > 3) return n.unsupported("it is neither of two nor of three axes");
  if (n.rank(0) != 3) return contradict(n, "theta has three axes");
  const Dimension batch = n.shape(0)[0];
  const auto column = [&](std::size_t i) {
    const std::int64_t at = static_cast<std::int64_t>(i);
    Shape shape = {batch};
    for (std::size_t k = 0; k < spatial; ++k) shape.push_back(1);
    shape.push_back(static_cast<std::int64_t>(spatial));
    return cast_to(n, n.g.reshape(slice_of(n, n.input(0), 2, at, at + 1), shape), wide);
  };
  ValueId grid = column(spatial);
  for (std::size_t i = 0; i < spatial; ++i) {
    // x is the last axis.
    const std::int64_t length = size[2 + spatial - 1 - i];
    const double count = static_cast<double>(length);
    const double start = align ? (length == 1 ? 0 : -1) : 1 / count - 1;
    const double step = align ? (length == 1 ? 0 : 2 / (count - 1)) : 2 / count;
    Shape shape = {1};
    for (std::size_t k = 0; k < spatial; ++k) shape.push_back(k == spatial - 1 - i ? length : 1);
    shape.push_back(1);
    const ValueId inputs[] = {grid, column(i), n.g.reshape(range_of(n, wide, length, start, step), shape)};
    grid = n.g.map_all(inputs, [](Span<const Expr> v) { return v[0] + v[1] * v[2]; });
  }
  n.set(0, cast_to(n, grid, scalar));
}

/// How GridSample looks elements up.
struct GridSampling {
  enum class Mode : std::uint8_t { Nearest, Linear, Cubic } mode = Mode::Linear;
  enum class Padding : std::uint8_t { Zeros, Border, Reflection } padding = Padding::Zeros;
  bool align_corners = false;

  /// Along an axis: 1, 2, or 4.
  std::uint32_t taps() const { return mode == Mode::Nearest ? 1 : mode == Mode::Linear ? 2 : 4; }

  /// Mirrored at the tensor's ends until it is between them; elements are inside already.
  Expr reflect(Expr v, Expr length) const {
    const Expr low = align_corners ? length * 0.0 : length * 0.0 - 0.5;
    const Expr range = align_corners ? length - 1 : length;
    const Expr from_low = tensor::abs(v - low);
    const Expr times = tensor::floor(from_low / range), rest = from_low - times * range;
    const Expr is_odd = times - tensor::floor(times * 0.5) * 2 == 1;
    const Expr mirrored = tensor::select(is_odd, low + range - rest, low + rest);
    const Expr outside = tensor::logical_or(v<low, v> low + range);
    return tensor::select(range <= 0, low, tensor::select(outside, mirrored, v));
  }
  /// From [-1, 1] to the elements' numbers, padded.
  Expr place(Expr g, Expr length) const {
    Expr v = align_corners ? (g + 1) * 0.5 * (length - 1) : ((g + 1) * length - 1) * 0.5;
    if (mode == Mode::Nearest) v = tensor::round(v);
    if (padding == Padding::Reflection) return reflect(v, length);
    if (padding == Padding::Zeros) return v;
    const double margin = align_corners ? 0 : 0.5;
    const Expr outside = tensor::logical_or(v<-margin, v> length - 1 + margin);
    return tensor::select(outside, tensor::clip(v, 0, length - 1), v);
  }
  /// The number of element `tap`, which may be outside.
  Expr element(Expr v, std::uint32_t tap) const {
    if (mode == Mode::Nearest) return tensor::trunc(v);
    return tensor::floor(v) + static_cast<double>(tap) - (mode == Mode::Cubic ? 1.0 : 0.0);
  }
  Expr inside(Expr index, Expr length) const {
    if (padding == Padding::Reflection) index = tensor::trunc(reflect(index, length));
    return tensor::clip(index, 0, length - 1);
  }
  Expr weight(Expr v, Expr length, std::uint32_t tap) const {
    const Expr t = v - tensor::floor(v);
    Expr w = t * 0.0 + 1;
    if (mode == Mode::Linear) w = tap == 0 ? 1 - t : t;
    if (mode == Mode::Cubic) {
      // R. Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -0.75.
      constexpr double a = -0.75;
      const Expr d = tap == 0 ? t + 1 : tap == 1 ? t : tap == 2 ? 1 - t : 2 - t;
      w = tap == 1 || tap == 2 ? (d * (a + 2) - (a + 3)) * d * d + 1
                               : ((d * a - 5 * a) * d + 8 * a) * d - 4 * a;
    }
    if (padding != Padding::Zeros) return w;
    const Expr index = element(v, tap);
    return tensor::select(tensor::logical_or(index<0, index> length - 1), 0, w);
  }
};

inline bool grid_sampling(NodeImporter& n, GridSampling& sampling) {
  const Text mode = n.text("mode", "linear"), padding = n.text("padding_mode", "zeros");
  sampling.align_corners = n.integer("align_corners", 0) != 0;
  if (mode == Text("nearest"))
    sampling.mode = GridSampling::Mode::Nearest;
  else if (mode == Text("linear") || mode == Text("bilinear"))  // called so before 20
    sampling.mode = GridSampling::Mode::Linear;
  else if (mode == Text("cubic") || mode == Text("bicubic"))
    sampling.mode = GridSampling::Mode::Cubic;
  else
    n.unsupported(String("its mode is ") << mode);
  if (padding == Text("zeros"))
    sampling.padding = GridSampling::Padding::Zeros;
  else if (padding == Text("border"))
    sampling.padding = GridSampling::Padding::Border;
  else if (padding == Text("reflection"))
    sampling.padding = GridSampling::Padding::Reflection;
  else
    n.unsupported(String("its padding_mode is ") << padding);
  if (n.type(0).scalar == Scalar::Boolean ||
      (sampling.mode != GridSampling::Mode::Nearest && !kernel::is_float(n.type(0).scalar)))
    n.unsupported("it interpolates what are no floats");
  return !n.is_given_up();
}

/// Elements of x at places. x: [batch, spatial…, channels]; place: [batch, points…, one number for each spatial axis]; length:
/// the spatial sizes. The result is [batch, points…, channels], of x's type for Nearest, else of that of the places. Each tap
/// gathers the elements of all channels and adds them with its weight; or with `maximum` the largest that is weighted counts
/// (ONNX RoiAlign). `which`, if there is one, says of each batch of places whose batch of x it is: [batch, 1…, 1], i32.
inline ValueId sampled_at(NodeImporter& n, const GridSampling& sampling, ValueId x, ValueId place,
                          ValueId length, ValueId which = ValueId::Absent, bool maximum = false) {
  const Shape places = n.g.type(place).shape;
  const std::size_t rank = places.rank();
  const std::size_t spatial = n.g.type(x).shape.rank() - 2;
  const Scalar computed = n.g.type(place).scalar;
  const std::uint32_t last = static_cast<std::uint32_t>(rank - 1);
  std::uint32_t taps = 1;
  for (std::size_t i = 0; i < spatial; ++i) taps *= sampling.taps();
  const bool sums = sampling.mode != GridSampling::Mode::Nearest;
  tensor::GatherNDProblem gather;
  gather.batch_axes = which == ValueId::Absent ? 1 : 0;
  if (which != ValueId::Absent) {
    Shape shape = places;
    shape[rank - 1] = 1;
    which = expand_of(n, which, shape);
  }
  ValueId all = ValueId::Absent;
  for (std::uint32_t tap = 0; tap < taps; ++tap) {
    // Which tap it is along each axis: the last axis of the coordinates says which that is.
    const auto by_axis = [&](Expr v, auto&& function) {
      Expr result;
      for (std::size_t i = 0, rest = tap; i < spatial; ++i, rest /= sampling.taps()) {
        const Expr one = function(static_cast<std::uint32_t>(rest % sampling.taps()));
        result = i == 0 ? one
                        : tensor::select(v.owner()->coordinate(last) == static_cast<std::uint32_t>(i), one,
                                         result);
      }
      return result;
    };
    const ValueId weights = n.g.map(place, length, [&](Expr v, Expr l) {
      return by_axis(v, [&](std::uint32_t t) { return sampling.weight(v, l, t); });
    });
    const ValueId weight = reduce_of(n, tensor::ReduceKind::Prod, weights, {-1});
    ValueId indices = n.g.map(place, length, [&](Expr v, Expr l) {
      const Expr index = by_axis(v, [&](std::uint32_t t) { return sampling.element(v, t); });
      return tensor::cast(sampling.inside(index, l), Scalar::I32);
    });
    if (which != ValueId::Absent) indices = concat_of(n, {which, indices}, -1);
    const ValueId found = n.g.add(gather, {x, indices});
    // A weight of 0 is outside, where there is nothing to be multiplied.
    const auto weighted = [&](Expr v, Expr w) {
      return tensor::select(w == 0, 0, tensor::cast(v, computed) * w);
    };
    if (!sums) {
      all = n.g.map(found, weight, [&](Expr v, Expr w) { return tensor::select(w == 0, 0, v); });
    } else if (all == ValueId::Absent) {
      all = n.g.map(found, weight, weighted);
    } else {
      const ValueId inputs[] = {all, found, weight};
      all = n.g.map_all(inputs, [&](Span<const Expr> v) {
        const Expr one = weighted(v[1], v[2]);
        return maximum ? (tensor::max)(v[0], one) : v[0] + one;
      });
    }
  }
  return all;
}

inline void import_grid_sample(NodeImporter& n) {
  GridSampling sampling;
  if (!grid_sampling(n, sampling)) return;
  const Shape shape = n.shape(0);
  const std::size_t rank = shape.rank(), spatial = rank < 3 ? 0 : rank - 2;
  if (spatial == 0 || spatial > 3) return n.unsupported("it has no or more than three spatial axes");
  if (n.rank(1) != rank || !(n.shape(1)[rank - 1] == Dimension(static_cast<std::int64_t>(spatial))))
    return contradict(n, "the grid has not one coordinate for each spatial axis");
  const Scalar scalar = n.type(0).scalar;
  const Scalar computed =
      scalar == Scalar::F64 || n.type(1).scalar == Scalar::F64 ? Scalar::F64 : Scalar::F32;
  Shape lengths;
  append_sizes(lengths, shape, 2, rank);
  const ValueId length = sizes_of(n, lengths, computed);
  // The grid's coordinates are x, y, z.
  const ValueId grid = reverse_of(n, cast_to(n, n.input(1), computed), -1);
  const ValueId place = n.g.map(grid, length, [&](Expr g, Expr l) { return sampling.place(g, l); });
  const ValueId y = sampled_at(n, sampling, move_axis(n, n.input(0), 1, rank - 1), place, length);
  n.set(0, move_axis(n, cast_to(n, y, scalar), rank - 1, 1));
}

inline constexpr OperatorEntry grid_operators[] = {
    {"AffineGrid", import_affine_grid},
    {"GridSample", import_grid_sample},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
