// Convolutions and matrix products.
#pragma once

#include "../node_importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// Adds a bias of the shape [channels] along axis 1 of a tensor of `rank` axes.
inline ValueId add_bias(NodeImporter& n, ValueId y, ValueId bias, std::size_t rank) {
  Shape shape;
  shape.push_back(n.g.type(bias).shape.rank() > 0 ? n.g.type(bias).shape[0] : Dimension(1));
  for (std::size_t i = 2; i < rank; ++i) shape.push_back(1);
  const ValueId stretched = n.g.reshape(bias, shape);
  return n.g.map(y, stretched, [](Expr v, Expr b) { return v + b; });
}

inline void import_conv(NodeImporter& n) {
  tensor::ConvolutionProblem problem;
  problem.x = n.type(0);
  problem.w = n.type(1);
  problem.groups = n.integer("group", 1);
  n.integers("kernel_shape");
  const Span<const std::int64_t> strides = n.integers("strides"), dilations = n.integers("dilations"),
                                 pads = n.integers("pads");
  const std::size_t spatial = n.rank(0) > 2 ? n.rank(0) - 2 : 0;
  if (spatial > 3) return n.unsupported("it has more than three spatial axes");
  for (std::size_t i = 0; i < spatial; ++i) {
    if (i < strides.size()) problem.axes[i].stride = strides[i];
    if (i < dilations.size()) problem.axes[i].dilation = dilations[i];
    if (pads.size() == 2 * spatial) {
      problem.axes[i].pad_begin = pads[i];
      problem.axes[i].pad_end = pads[spatial + i];
    }
  }
  const Text auto_pad = n.text("auto_pad", "NOTSET");
  if (!(auto_pad == Text("NOTSET"))) {
    const tensor::AutoPad mode = auto_pad == Text("SAME_UPPER")   ? tensor::AutoPad::SameUpper
                                 : auto_pad == Text("SAME_LOWER") ? tensor::AutoPad::SameLower
                                                                  : tensor::AutoPad::Valid;
    if (Result<void> r = tensor::set_auto_pad(problem, mode); !r) return n.unsupported(r.error().message);
  }
  ValueId y = n.g.add(problem, {n.input(0), n.input(1)}, n.name());
  if (n.has(2)) y = add_bias(n, y, n.input(2), n.rank(0));
  n.set(0, y);
}

inline constexpr OperatorEntry product_operators[] = {
    {"Conv", import_conv},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
