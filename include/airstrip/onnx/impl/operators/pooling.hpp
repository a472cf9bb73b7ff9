// Pooling.
#pragma once

#include "convolutions.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// The attributes of ONNX's MaxPool, AveragePool and LpPool.
inline bool pool_of(NodeImporter& n, tensor::PoolProblem& problem) {
  const Span<const std::int64_t> kernel = n.integers("kernel_shape"), strides = n.integers("strides"),
                                 dilations = n.integers("dilations"), pads = n.integers("pads");
  problem.ceil_mode = n.integer("ceil_mode", 0) != 0;
  if (n.rank(0) < 3 || n.rank(0) > 5) {
    n.unsupported("it has no or more than three spatial axes");
    return false;
  }
  const std::size_t spatial = n.rank(0) - 2;
  const auto fits = [&](Span<const std::int64_t> list, std::size_t count) {
    return list.size() == 0 || list.size() == count;
  };
  if (kernel.size() != spatial || !fits(strides, spatial) || !fits(dilations, spatial) ||
      !fits(pads, 2 * spatial)) {
    contradict(n, "an attribute of the pooling has another number of values than x has spatial axes");
    return false;
  }
  for (const Span<const std::int64_t>& list : {kernel, strides, dilations, pads})
    for (const std::int64_t v : list)
      if (v < 0 || v > 0x7FFFFFFF) {
        n.unsupported("an attribute of the pooling is negative or past 2^31 - 1");
        return false;
      }
  for (std::size_t i = 0; i < spatial; ++i) {
    problem.kernel[i] = static_cast<std::uint32_t>(kernel[i]);
    if (strides.size()) problem.strides[i] = static_cast<std::uint32_t>(strides[i]);
    if (dilations.size()) problem.dilations[i] = static_cast<std::uint32_t>(dilations[i]);
    if (pads.size()) {
      problem.pads_begin[i] = static_cast<std::uint32_t>(pads[i]);
      problem.pads_end[i] = static_cast<std::uint32_t>(pads[spatial + i]);
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
  if (problem.indices && y != ValueId::Absent) n.set(1, n.g.node(n.g.value(y).producer).outputs[1]);
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
  const Span<const std::int64_t> kernel = n.integers("kernel_shape"), strides = n.integers("strides"),
                                 pads = n.integers("pads");
  const Shape x = n.shape(0);
  const std::size_t rank = x.rank(), spatial = rank < 2 ? 0 : rank - 2;
  if (kernel.size() != spatial || spatial == 0 || (strides.size() && strides.size() != spatial) ||
      (pads.size() && pads.size() != 2 * spatial))
    return contradict(n, "an attribute of the pooling has another number of values than x has spatial axes");
  Shape full = {x[0], x[1]};
  std::int64_t plane = 1;
  for (std::size_t i = 0; i < spatial; ++i) {
    if (!x[i + 2].is_literal()) return n.unsupported("a spatial size of x is not known");
    const std::int64_t size = (x[i + 2].value() - 1) * (strides.size() ? strides[i] : 1) + kernel[i] -
                              (pads.size() ? pads[i] + pads[spatial + i] : 0);
    if (size < 0) return contradict(n, "the pads are more than there is");
    full.push_back(size);
    plane *= size;
  }
  const Dimension rows = multiply_dimensions(n.g, x[0], x[1]), columns = product_of_sizes(n.g, x, 2, rank);
  // Where in its own channel an element belongs; one of another channel is not for this row.
  const ValueId channel = n.g.reshape(range_of(n, Scalar::I64, rows), {rows, 1});
  const ValueId indices =
      n.g.map(n.g.reshape(n.input(1), {rows, columns}), channel,
              [&](Expr index, Expr row) { return index - row * static_cast<double>(plane); });
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
