// Sampling at places that are computed: RoiAlign and DeformConv.
#pragma once

#include "convolutions.hpp"
#include "grids.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

// ONNX RoiAlign: every bin of a region is sampled at as many places in each direction, bilinearly. Places further than one
// element outside give 0, the others are moved inside. Before 16 coordinates are those of output_half_pixel.
inline void import_roi_align(NodeImporter& n) {
  const Text mode = n.text("mode", "avg");
  const std::int64_t height = n.integer("output_height", 1), width = n.integer("output_width", 1),
                     samples = n.integer("sampling_ratio", 0);
  const double scale = n.number("spatial_scale", 1);
  const Text coordinates =
      n.opset < 16 ? Text("output_half_pixel") : n.text("coordinate_transformation_mode", "half_pixel");
  const bool half_pixel = coordinates == Text("half_pixel"), maximum = mode == Text("max");
  if (!maximum && !(mode == Text("avg"))) return n.unsupported(String("its mode is ") << mode);
  if (!half_pixel && !(coordinates == Text("output_half_pixel")))
    return n.unsupported(String("its coordinate_transformation_mode is ") << coordinates);
  if (samples < 1) return n.unsupported("how often it samples depends on the regions");
  if (samples > most_elements || height > most_elements || width > most_elements)
    return n.unsupported("its output_height, output_width or sampling_ratio is more than 2^30");
  if (height < 1 || width < 1 || n.rank(0) != 4 || n.rank(1) != 2)
    return contradict(n, "RoiAlign takes an image of four axes and regions of two");
  const Scalar scalar = n.type(0).scalar;
  const Scalar computed = scalar == Scalar::F64 ? Scalar::F64 : Scalar::F32;
  const Dimension regions = n.shape(1)[0];
  // x is in front of y there.
  const auto corner = [&](std::int64_t first) {
    const ValueId v = reverse_of(n, slice_of(n, cast_to(n, n.input(1), computed), 1, first, first + 2), 1);
    return n.g.map(n.g.reshape(v, {regions, 1, 1, 2}),
                   [&](Expr c) { return half_pixel ? c * scale - 0.5 : c * scale; });
  };
  const ValueId length = sizes_of(n, {n.shape(0)[2], n.shape(0)[3]}, computed);
  const ValueId inputs[] = {corner(0), corner(2), length,
                            fill_of(n, computed, {1, height * samples, width * samples, 1}, 0)};
  const ValueId place = n.g.map_all(inputs, [&](Span<const Expr> v) {
    tensor::Expression& e = *v[0].owner();
    const Expr is_row = e.coordinate(3) == 0u;
    const auto number = [&](std::uint32_t axis) { return tensor::cast(e.coordinate(axis), computed); };
    const auto of = [&](std::int64_t size) {
      return e.constant(computed, 1.0 / static_cast<double>(size * samples));
    };
    Expr extent = v[1] - v[0];
    if (!half_pixel) extent = (tensor::max)(extent, 1);
    const Expr step = extent * tensor::select(is_row, of(height), of(width));
    const Expr at = v[0] + (tensor::select(is_row, number(1), number(2)) + 0.5) * step + v[3];
    const Expr outside = tensor::logical_or(at<-1, at> v[2]);
    return tensor::select(outside, -10, tensor::clip(at, 0, v[2] - 1));
  });
  const ValueId which = n.g.reshape(cast_to(n, n.input(2), Scalar::I32), {regions, 1, 1, 1});
  ValueId y = sampled_at(n, GridSampling(), move_axis(n, n.input(0), 1, 3), place, length, which, maximum);
  y = n.g.reshape(y, {regions, height, samples, width, samples, n.shape(0)[1]});
  y = reduce_of(n, maximum ? tensor::ReduceKind::Max : tensor::ReduceKind::Mean, y, {2, 4}, false);
  n.set(0, move_axis(n, cast_to(n, y, scalar), 3, 1));
}

// ONNX DeformConv (19), of two spatial axes: the windows of x are sampled where the offsets say, and multiplied with w as
// those of a convolution.
inline void import_deform_conv(NodeImporter& n) {
  if (n.rank(0) != 4) return n.unsupported("it has not two spatial axes");
  tensor::ConvolutionProblem problem;
  const std::int64_t groups = n.integer("group", 1), offset_groups = n.integer("offset_group", 1);
  if (!convolution_of(n, problem, 1)) return;
  const Shape x = n.shape(0), w = n.shape(1), offsets = n.shape(2);
  if (w.rank() != 4 || offsets.rank() != 4 || !w[2].is_literal() || !w[3].is_literal() || groups < 1 ||
      offset_groups < 1)
    return contradict(n, "weights and offsets of DeformConv do not have four axes of known sizes");
  for (const std::int64_t count : {groups, offset_groups})
    if (count > 32767 || (x[1].is_literal() && x[1].value() % count != 0))
      return contradict(
          n, "the channels of DeformConv are no multiple of its groups, or these are more than 32767");
  for (const tensor::ConvolutionAxis& axis : problem.axes)
    if (axis.stride < 1 || axis.dilation < 1)
      return contradict(n, "a stride or a dilation of DeformConv is not positive");
  const std::int64_t rows = w[2].value(), columns = w[3].value(), taps = rows * columns;
  const Dimension batches = multiply_dimensions(n.g, x[0], offset_groups),
                  channels = divide_dimensions(n.g, x[1], offset_groups);
  const Dimension height = offsets[2], width = offsets[3];
  const Scalar scalar = n.type(0).scalar;
  const Scalar computed = scalar == Scalar::F64 ? Scalar::F64 : Scalar::F32;
  // [batches, taps, height, width, 2]
  const ValueId moved =
      move_axis(n, n.g.reshape(cast_to(n, n.input(2), computed), {batches, taps, 2, height, width}), 2, 4);
  const ValueId place = n.g.map(moved, [&](Expr offset) {
    tensor::Expression& e = *offset.owner();
    const Expr tap = e.coordinate(1);
    const auto at = [&](std::size_t axis, Expr out, Expr k) {
      const tensor::ConvolutionAxis& a = problem.axes[axis];
      return tensor::cast(out, computed) * static_cast<double>(a.stride) +
             tensor::cast(k, computed) * static_cast<double>(a.dilation) - static_cast<double>(a.pad_begin);
    };
    const std::uint32_t wide = static_cast<std::uint32_t>(columns);
    return offset + tensor::select(e.coordinate(4) == 0u, at(0, e.coordinate(2), tap / wide),
                                   at(1, e.coordinate(3), tensor::mod(tap, wide)));
  });
  const ValueId image = move_axis(n, n.g.reshape(n.input(0), {batches, channels, x[2], x[3]}), 1, 3);
  ValueId windows =
      sampled_at(n, GridSampling(), image, place, sizes_of(n, {x[2], x[3]}, computed));  // [.., channels]
  if (n.has(4))
    windows = n.g.map(windows, n.g.reshape(n.input(4), {batches, taps, height, width, 1}),
                      [&](Expr v, Expr m) { return v * tensor::cast(m, computed); });
  // [batch, groups, channels of a group * taps, places]
  const Dimension places = multiply_dimensions(n.g, height, width);
  const Dimension depth = multiply_dimensions(n.g, divide_dimensions(n.g, x[1], groups), taps);
  windows = move_axis(n, n.g.reshape(windows, {batches, taps, places, channels}), 3, 1);
  windows = n.g.reshape(windows, {x[0], groups, depth, places});
  const ValueId weights =
      n.g.reshape(cast_to(n, n.input(1), computed), {groups, divide_dimensions(n.g, w[0], groups), depth});
  ValueId y = product_of(n, weights, windows, false, false, computed);
  if (y == ValueId::Absent) return;
  y = n.g.reshape(y, {x[0], w[0], height, width});
  if (n.has(3)) y = add_bias(n, y, cast_to(n, n.input(3), computed), 4);
  n.set(0, cast_to(n, y, scalar));
}

inline constexpr OperatorEntry region_operators[] = {
    {"DeformConv", import_deform_conv},
    {"RoiAlign", import_roi_align},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
