// Pooling.
#pragma once

#include "convolutions.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// The attributes of ONNX's MaxPool, AveragePool and LpPool.
inline bool pool_of(NodeImporter& n, tensor::PoolProblem& problem) {
  problem.ceil_mode = n.integer("ceil_mode", 0) != 0;
  Windows w;
  if (!windows_of(n, w)) return false;
  const std::size_t spatial = n.rank(0) - 2;
  if (w.kernel.size() == 0) {
    contradict(n, "a pooling has no kernel_shape");
    return false;
  }
  for (std::size_t i = 0; i < spatial; ++i) {
    problem.kernel[i] = static_cast<std::uint32_t>(w.kernel[i]);
    if (w.strides.size()) problem.strides[i] = static_cast<std::uint32_t>(w.strides[i]);
    if (w.dilations.size()) problem.dilations[i] = static_cast<std::uint32_t>(w.dilations[i]);
    if (w.pads.size()) {
      problem.pads_begin[i] = static_cast<std::uint32_t>(w.pads[i]);
      problem.pads_end[i] = static_cast<std::uint32_t>(w.pads[spatial + i]);
    }
  }
  bool is_set = false;
  tensor::AutoPad mode = tensor::AutoPad::Valid;
  if (!auto_pad_of(n, is_set, mode)) return false;
  if (is_set)
    problem.padding = mode == tensor::AutoPad::Valid       ? tensor::PoolPadding::Valid
                      : mode == tensor::AutoPad::SameUpper ? tensor::PoolPadding::SameUpper
                                                           : tensor::PoolPadding::SameLower;
  return true;
}

inline void import_max_pool(NodeImporter& n) {
  tensor::PoolProblem problem;
  if (!pool_of(n, problem)) return;
  problem.column_major = n.integer("storage_order", 0) != 0;
  problem.indices = n.wants(1);
  const ValueId y = n.g.add(problem, {n.input(0)}, n.name());
  n.set(0, y);
  if (problem.indices) n.set(1, output_of(n, y, 1));
}

inline void import_average_pool(NodeImporter& n) {
  tensor::PoolProblem problem;
  problem.kind = tensor::PoolKind::Average;
  problem.count_include_pad = n.integer("count_include_pad", 0) != 0;
  if (pool_of(n, problem)) n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

/// False: given up.
inline bool norm_order(NodeImporter& n, tensor::PoolProblem& problem) {
  const std::int64_t p = n.integer("p", 2);
  if (p < 1 || p > 64) n.unsupported("its p is not from 1 to 64");
  if (p > 2 && n.type(0).scalar == Scalar::F64)
    n.unsupported("kernels take no roots of f64 but the square root");
  problem.kind = tensor::PoolKind::Lp;
  problem.p = static_cast<std::uint32_t>(p);
  return !n.is_given_up();
}

inline void import_lp_pool(NodeImporter& n) {
  tensor::PoolProblem problem;
  if (norm_order(n, problem) && pool_of(n, problem)) n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

// The spatial axes as one, and back: there may be any number of them.
inline void import_global_pool(NodeImporter& n, tensor::PoolProblem& problem) {
  const Shape x = n.shape(0);
  if (x.rank() < 2) return contradict(n, "a pooling takes a batch of channels");
  problem.global = true;
  ValueId input = n.input(0);
  Shape out = {x[0], x[1]};
  for (std::size_t i = 2; i < x.rank(); ++i) out.push_back(1);
  const bool fits = x.rank() >= 3 && x.rank() <= 5;
  if (!fits) input = n.g.reshape(input, {x[0], x[1], product_of_sizes(n.g, x, 2, x.rank())});
  const ValueId y = n.g.add(problem, {input}, n.name());
  n.set(0, fits ? y : n.g.reshape(y, out));
}
template <tensor::PoolKind kind>
void import_global(NodeImporter& n) {
  tensor::PoolProblem problem;
  problem.kind = kind;
  import_global_pool(n, problem);
}
inline void import_global_lp(NodeImporter& n) {
  tensor::PoolProblem problem;
  if (norm_order(n, problem)) import_global_pool(n, problem);
}

// ONNX MaxUnpool: indices count in the whole tensor whose sizes kernel, strides and pads give; output_shape adds zeros at the
// ends. Each channel is scattered by itself.
inline void import_max_unpool(NodeImporter& n) {
  const Windows w = {n.integers("kernel_shape"), n.integers("strides"), {}, n.integers("pads")};
  const Shape x = n.shape(0);
  const std::size_t rank = x.rank(), spatial = rank < 2 ? 0 : rank - 2;
  if (spatial == 0 || w.kernel.size() == 0)
    return contradict(n, "MaxUnpool has no spatial axes, or no kernel_shape");
  if (!check_windows(n, w, spatial)) return;
  Shape full = {x[0], x[1]};
  std::int64_t plane = 1;
  for (std::size_t i = 0; i < spatial; ++i) {
    if (!x[i + 2].is_literal()) return n.unsupported("a spatial size of x is not known");
    const std::int64_t size = (x[i + 2].value() - 1) * (w.strides.size() ? w.strides[i] : 1) + w.kernel[i] -
                              (w.pads.size() ? w.pads[i] + w.pads[spatial + i] : 0);
    if (size < 0) return contradict(n, "the pads are more than there is");
    full.push_back(size);
    plane = tensor::detail::mul_saturated(plane, size);
  }
  if (plane > Dimension::no_maximum)
    return n.unsupported("a channel of its result has more than 2^31 - 1 elements");
  const Dimension rows = multiply_dimensions(n.g, x[0], x[1]), columns = product_of_sizes(n.g, x, 2, rank);
  // Where in its own channel an element belongs. A place in another channel, which no MaxPool gives, becomes one outside of
  // the row, and is left out: a negative one would count from the end.
  const ValueId channel = n.g.reshape(range_of(n, Scalar::I64, rows), {rows, 1});
  const ValueId indices =
      n.g.map(n.g.reshape(n.input(1), {rows, columns}), channel, [&](Expr index, Expr row) {
        const Expr place = index - row * static_cast<double>(plane);
        return tensor::select(place < 0, static_cast<double>(plane), place);
      });
  tensor::ScatterElementsProblem scatter;
  scatter.axis = 1;
  const ValueId zeros = fill_of(n, n.type(0).scalar, {rows, plane}, 0);
  ValueId y = n.g.reshape(
      n.g.add(scatter, {zeros, indices, n.g.reshape(n.input(0), {rows, columns})}, n.name()), full);
  if (n.has(2)) {
    Shape wanted;
    if (!n.known_sizes(2, wanted)) return;
    if (wanted.rank() != rank) return contradict(n, "output_shape has another number of axes than x");
    tensor::PadProblem pad;
    for (std::size_t i = 0; i < rank; ++i) {
      pad.before.push_back(0);
      if (i < 2) {
        pad.after.push_back(0);
        continue;
      }
      if (!wanted[i].is_literal() || wanted[i].value() < full[i].value())
        return n.unsupported("output_shape is smaller than what is unpooled, or not known");
      pad.after.push_back(wanted[i].value() - full[i].value());
    }
    y = n.g.add(pad, {y});
  }
  n.set(0, y);
}

inline constexpr OperatorEntry pooling_operators[] = {
    {"AveragePool", import_average_pool}, {"GlobalAveragePool", import_global<tensor::PoolKind::Average>},
    {"GlobalLpPool", import_global_lp},   {"GlobalMaxPool", import_global<tensor::PoolKind::Max>},
    {"LpPool", import_lp_pool},           {"MaxPool", import_max_pool},
    {"MaxUnpool", import_max_unpool},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
