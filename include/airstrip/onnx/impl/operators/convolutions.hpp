// Convolutions: Conv, ConvTranspose, those of integers, and Col2Im.
#pragma once

#include "products.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// Adds a bias of the shape [channels] along axis 1 of a tensor of `rank` axes.
inline ValueId add_bias(NodeImporter& n, ValueId y, ValueId bias, std::size_t rank) {
  Shape shape;
  shape.push_back(n.g.type(bias).shape.rank() > 0 ? n.g.type(bias).shape[0] : Dimension(1));
  for (std::size_t i = 2; i < rank; ++i) shape.push_back(1);
  const ValueId stretched = n.g.reshape(bias, shape);
  return if_kept(n, n.g.map(y, stretched, [](Expr v, Expr b) { return v + b; }), n.g.type(y).shape);
}

/// ONNX's auto_pad; false: another word.
inline bool auto_pad_of(NodeImporter& n, bool& is_set, tensor::AutoPad& mode) {
  const Text text = n.text("auto_pad", "NOTSET");
  is_set = !(text == Text("NOTSET")) && !text.empty();
  if (!is_set) return true;
  if (text == Text("SAME_UPPER"))
    mode = tensor::AutoPad::SameUpper;
  else if (text == Text("SAME_LOWER"))
    mode = tensor::AutoPad::SameLower;
  else if (text == Text("VALID"))
    mode = tensor::AutoPad::Valid;
  else
    n.unsupported(String("its auto_pad is ") << text);
  return !n.is_given_up();
}

/// What says how windows move along spatial axes, of convolutions and of poolings: empty where the node has none.
struct Windows {
  Span<const std::int64_t> kernel, strides, dilations, pads;
};
/// Sizes of windows, and steps between them, in elements: what kernels count with, and what no product of two overflows.
inline constexpr std::int64_t max_window = (1 << 24) - 1;
inline bool are_window_sizes(NodeImporter& n, Span<const std::int64_t> list) {
  for (const std::int64_t v : list)
    if (v < 0 || v > max_window) {
      n.unsupported("an attribute of its windows is negative or past 2^24 - 1");
      return false;
    }
  return true;
}
/// False where there are not as many values as spatial axes (of pads twice as many), or one is out of bounds.
inline bool check_windows(NodeImporter& n, const Windows& w, std::size_t spatial) {
  const auto fits = [](Span<const std::int64_t> list, std::size_t count) {
    return list.size() == 0 || list.size() == count;
  };
  if (!fits(w.kernel, spatial) || !fits(w.strides, spatial) || !fits(w.dilations, spatial) ||
      !fits(w.pads, 2 * spatial)) {
    contradict(n, "an attribute of its windows has another number of values than x has spatial axes");
    return false;
  }
  return are_window_sizes(n, w.kernel) && are_window_sizes(n, w.strides) &&
         are_window_sizes(n, w.dilations) && are_window_sizes(n, w.pads);
}
/// The attributes that the node has of those, for an x of one to three spatial axes.
inline bool windows_of(NodeImporter& n, Windows& w) {
  w = {n.integers("kernel_shape"), n.integers("strides"), n.integers("dilations"), n.integers("pads")};
  if (n.rank(0) >= 3 && n.rank(0) <= 5) return check_windows(n, w, n.rank(0) - 2);
  n.unsupported("it has no or more than three spatial axes");
  return false;
}
inline void set_windows(tensor::ConvolutionProblem& problem, const Windows& w, std::size_t spatial) {
  for (std::size_t i = 0; i < spatial; ++i) {
    tensor::ConvolutionAxis& axis = problem.axes[i];
    if (w.strides.size()) axis.stride = w.strides[i];
    if (w.dilations.size()) axis.dilation = w.dilations[i];
    if (w.pads.size()) {
      axis.pad_begin = w.pads[i];
      axis.pad_end = w.pads[spatial + i];
    }
  }
}

/// The attributes that all convolutions have. `w`: the number of the weights among the inputs.
inline bool convolution_of(NodeImporter& n, tensor::ConvolutionProblem& problem, std::size_t w) {
  problem.x = n.type(0);
  problem.w = n.type(w);
  problem.groups = n.integer("group", 1);
  Windows windows;
  if (!windows_of(n, windows)) return false;
  const std::size_t spatial = n.rank(0) - 2;
  set_windows(problem, windows, spatial);
  for (std::size_t i = 0; i < windows.kernel.size(); ++i)
    if (n.rank(w) == n.rank(0) && n.shape(w)[i + 2].is_literal() &&
        n.shape(w)[i + 2].value() != windows.kernel[i]) {
      contradict(n, "kernel_shape is not the shape of the weights");
      return false;
    }
  return true;
}
/// The paddings that auto_pad asks for.
inline bool pad_automatically(NodeImporter& n, tensor::ConvolutionProblem& problem) {
  bool is_set = false;
  tensor::AutoPad mode = tensor::AutoPad::Valid;
  if (!auto_pad_of(n, is_set, mode)) return false;
  if (!is_set) return true;
  if (Result<void> r = tensor::set_auto_pad(problem, mode); !r) {
    n.unsupported(r.error().message);
    return false;
  }
  return true;
}

inline void import_conv(NodeImporter& n) {
  tensor::ConvolutionProblem problem;
  if (!convolution_of(n, problem, 1) || !pad_automatically(n, problem)) return;
  ValueId y = n.g.add(problem, {n.input(0), n.input(1)}, n.name());
  if (n.has(2)) y = add_bias(n, y, n.input(2), n.rank(0));
  n.set(0, y);
}

// ONNX ConvTranspose: output_shape, where it is, says what the paddings are.
inline void import_conv_transpose(NodeImporter& n) {
  tensor::ConvolutionProblem problem;
  problem.transposed = true;
  if (!convolution_of(n, problem, 1)) return;
  const std::size_t spatial = n.rank(0) - 2;
  const Span<const std::int64_t> extra = n.integers("output_padding"), sizes = n.integers("output_shape");
  if (extra.size() != 0 && extra.size() != spatial)
    return contradict(n, "output_padding has another number of values than x has spatial axes");
  if (!are_window_sizes(n, extra) || !are_window_sizes(n, sizes)) return;
  for (std::size_t i = 0; i < extra.size(); ++i) problem.axes[i].output_padding = extra[i];
  if (sizes.size() == 0) {
    if (!pad_automatically(n, problem)) return;
  } else {
    bool is_set = false;
    tensor::AutoPad mode = tensor::AutoPad::Valid;
    if (!auto_pad_of(n, is_set, mode)) return;
    // Some writers put batch and channels in front.
    if (sizes.size() != spatial && sizes.size() != spatial + 2)
      return contradict(n, "output_shape has another number of values than x has spatial axes");
    const Span<const std::int64_t> last(sizes.data() + sizes.size() - spatial, spatial);
    if (Result<void> r = tensor::set_output_sizes(problem, last, mode); !r)
      return n.unsupported(r.error().message);
  }
  ValueId y = n.g.add(problem, {n.input(0), n.input(1)}, n.name());
  if (n.has(2)) y = add_bias(n, y, n.input(2), n.rank(0));
  n.set(0, y);
}

// --- integers

/// Weights less their zero point, which is one number or one for each output channel.
inline ValueId weights_without_zero_point(NodeImporter& n, std::size_t w, std::size_t zero) {
  ValueId z = n.input(zero);
  if (z != ValueId::Absent && n.rank(zero) == 1 && !(n.shape(zero)[0] == Dimension(1))) {
    Shape shape;
    shape.push_back(n.shape(zero)[0]);
    for (std::size_t i = 1; i < n.rank(w); ++i) shape.push_back(1);
    z = n.g.reshape(z, shape);
  } else {
    z = as_scalar(n, z);
  }
  return without_zero_point(n, n.input(w), z, false);
}
inline void import_conv_integer(NodeImporter& n) {
  tensor::ConvolutionProblem problem;
  if (!convolution_of(n, problem, 1) || !pad_automatically(n, problem)) return;
  const ValueId x = without_zero_point(n, n.input(0), as_scalar(n, n.input(2)), false);
  n.set(0, n.g.add(problem, {x, weights_without_zero_point(n, 1, 3)}, n.name()));
}

// ONNX QLinearConv: x, its scale and zero point, w's, y's, and a bias of the scale of x times that of w.
inline void import_qlinear_conv(NodeImporter& n) {
  tensor::ConvolutionProblem problem;
  if (!convolution_of(n, problem, 3) || !pad_automatically(n, problem)) return;
  const ValueId x = without_zero_point(n, n.input(0), as_scalar(n, n.input(2)), false);
  ValueId sums = n.g.add(problem, {x, weights_without_zero_point(n, 3, 5)}, n.name());
  if (n.has(8)) sums = add_bias(n, sums, n.input(8), n.rank(0));
  ValueId w_scale = n.input(4);
  if (n.rank(4) == 1) {
    Shape shape;
    shape.push_back(n.shape(4)[0]);
    for (std::size_t i = 2; i < n.rank(0); ++i) shape.push_back(1);
    w_scale = n.g.reshape(w_scale, shape);
  }
  const ValueId scales[] = {as_scalar(n, n.input(1)), w_scale, as_scalar(n, n.input(6))};
  const ValueId factor = n.g.map_all(scales, [](Span<const Expr> s) { return s[0] * s[1] / s[2]; });
  n.set(0, requantize(n, sums, factor, as_scalar(n, n.input(7))));
}

// ONNX Col2Im: a transposed convolution of each channel, whose weights put element k of a block where it belongs.
inline void import_col2im(NodeImporter& n) {
  tensor::Integers image, block;
  if (!n.known_list(1, image) || !n.known_list(2, block)) return;
  const std::size_t spatial = image.size();
  if (spatial < 1 || spatial > 3 || block.size() != spatial)
    return n.unsupported("it has no or more than three spatial axes");
  const Windows windows = {{}, n.integers("strides"), n.integers("dilations"), n.integers("pads")};
  if (!check_windows(n, windows, spatial)) return;
  if (!kernel::is_float(n.type(0).scalar)) return n.unsupported("its elements are no floats");
  if (n.rank(0) != 3) return contradict(n, "Col2Im takes a tensor of three axes");
  tensor::ConvolutionProblem problem;
  problem.transposed = true;
  set_windows(problem, windows, spatial);
  // The weights have the square of a block's elements for each channel.
  constexpr std::int64_t max_elements = 32767;
  std::int64_t elements = 1;
  Shape sizes, weights;
  for (std::size_t i = 0; i < spatial; ++i) {
    tensor::ConvolutionAxis& axis = problem.axes[i];
    if (block[i] < 1 || axis.stride < 1 || axis.dilation < 1)
      return contradict(n, "a block is empty, or a stride or dilation is 0");
    if (block[i] > max_elements || (elements *= block[i]) > max_elements)
      return n.unsupported("its blocks have more than 32767 elements");
    if (image[i] < 0 || image[i] > Dimension::no_maximum)
      return contradict(n, "a size of the image is negative or past 2^31 - 1");
    const std::int64_t room = image[i] + axis.pad_begin + axis.pad_end - axis.dilation * (block[i] - 1) - 1;
    if (room < 0) return contradict(n, "a block is larger than the image");
    sizes.push_back(room / axis.stride + 1);
    axis.output_padding = room % axis.stride;
  }
  const Dimension channels = divide_dimensions(n.g, n.shape(0)[1], elements);
  problem.groups = channels;
  Shape x;
  x.push_back(n.shape(0)[0]);
  x.push_back(n.shape(0)[1]);
  append_sizes(x, sizes, 0, spatial);
  tensor::EyeProblem eye;
  eye.scalar = n.type(0).scalar;
  eye.rows = eye.columns = elements;
  const ValueId all = expand_of(n, n.g.add(eye, {}), {channels, elements, elements});
  weights.push_back(n.shape(0)[1]);
  weights.push_back(1);
  for (const std::int64_t size : block) weights.push_back(size);
  n.set(0, n.g.add(problem, {n.g.reshape(n.input(0), x), n.g.reshape(all, weights)}, n.name()));
}

inline constexpr OperatorEntry convolution_operators[] = {
    {"Col2Im", import_col2im},
    {"Conv", import_conv},
    {"ConvInteger", import_conv_integer},
    {"ConvTranspose", import_conv_transpose},
    {"QLinearConv", import_qlinear_conv},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
