// Steps along a sequence that keep a state: CausalConvWithState and LinearAttention.
#pragma once

#include "../../../tensor/functions.hpp"
#include "attention.hpp"
#include "convolutions.hpp"
#include "recurrent.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

// ONNX CausalConvWithState (27): what was before is in front of the input, and its last elements are kept.
inline void import_causal_conv_with_state(NodeImporter& n) {
  const Text activation = n.text("activation", "none");
  const bool silu = activation == Text("silu") || activation == Text("swish");
  if (!silu && !(activation == Text("none")))
    return n.unsupported(String("its activation is ") << activation);
  if (n.rank(0) != 3 || n.rank(1) != 3 || !n.shape(1)[2].is_literal() || n.shape(1)[2].value() < 1)
    return contradict(n, "the input and the weights of a convolution with state have three axes");
  if (silu && refuses_double(n, n.type(0).scalar)) return;
  const Shape shape = n.shape(0);
  const std::int64_t before = n.shape(1)[2].value() - 1;
  ValueId x = n.input(0), past = n.input(3);
  if (past == ValueId::Absent) past = fill_of(n, n.type(0).scalar, {shape[0], shape[1], before}, 0);
  if (before > 0) x = concat_of(n, {past, x}, 2);
  tensor::ConvolutionProblem problem;
  problem.groups = shape[1];
  ValueId y = n.g.add(problem, {x, n.input(1)}, n.name());
  if (n.has(2)) y = add_bias(n, y, n.input(2), 3);
  if (silu) y = n.g.map(y, [](Expr v) { return tensor::swish(v); });
  n.set(0, y);
  if (n.wants(1)) n.set(1, before > 0 ? slice_of(n, x, 2, shape[2], n.g.type(x).shape[2]) : past);
}

// ONNX LinearAttention (27): a state [batch, heads, d_k, d_v] in f32, of which every step forgets, and to which it adds.
inline void import_linear_attention(NodeImporter& n) {
  const std::int64_t query_heads = n.integer("q_num_heads", 0), heads = n.integer("kv_num_heads", 0);
  const Text rule = n.text("update_rule", "gated_delta");
  n.integer("chunk_size", 64);  // says how, not what
  const bool gated = rule == Text("gated") || rule == Text("gated_delta"),
             delta = rule == Text("delta") || rule == Text("gated_delta");
  if (!gated && !delta && !(rule == Text("linear")))
    return n.unsupported(String("its update_rule is ") << rule);
  if (heads < 1 || query_heads < 1 || query_heads % heads != 0 || n.rank(0) != 3 || n.rank(1) != 3 ||
      n.rank(2) != 3)
    return contradict(n, "its tensors do not have three axes, or its heads do not fit");
  if (gated != n.has(4) || delta != n.has(5))
    return contradict(n, "its update_rule needs other inputs than there are");
  const Scalar scalar = n.type(0).scalar;
  if (refuses_double(n, scalar)) return;
  std::int64_t steps = 0;
  if (!unrolled_length(n, n.shape(0)[1], steps)) return;
  const auto unpacked = [&](std::size_t i, std::int64_t count) {
    return cast_to(n, split_heads(n, n.input(i), count), Scalar::F32);
  };
  const ValueId q = unpacked(0, query_heads), k = unpacked(1, heads), v = unpacked(2, heads);
  const Dimension batch = n.shape(0)[0], size = n.g.type(k).shape[3], values = n.g.type(v).shape[3];
  double scale = n.number("scale", 0);
  if (scale == 0) {
    if (!size.is_literal() || size.value() < 1) return n.unsupported("the size of a head is not known");
    scale = 1 / __builtin_sqrt(static_cast<double>(size.value()));
  }
  ValueId decay = ValueId::Absent, beta = ValueId::Absent;
  if (gated) decay = n.g.map(unpacked(4, heads), [](Expr g) { return tensor::exp(g); });
  if (delta) beta = unpacked(5, n.shape(5)[2] == Dimension(1) ? 1 : heads);
  const Scalar kept = n.has(3) ? n.type(3).scalar : scalar;
  ValueId state = n.has(3) ? cast_to(n, n.input(3), Scalar::F32)
                           : fill_of(n, Scalar::F32, {batch, heads, size, values}, 0);
  Buffer<ValueId> outputs;
  for (std::int64_t t = 0; t < steps && n.g.ok(); ++t) {
    const auto at = [&](ValueId x) { return slice_of(n, x, 2, t, t + 1); };  // [batch, heads, 1, …]
    const auto column = [&](ValueId x) { return move_axis(n, at(x), 3, 2); };
    const auto product = [](Expr a, Expr b) { return a * b; };
    if (gated) state = n.g.map(state, column(decay), product);
    ValueId now = at(v);
    if (delta) {
      const ValueId found = product_of(n, at(k), state, false, false, Scalar::F32);
      const ValueId inputs[] = {at(beta), now, found};
      now = n.g.map_all(inputs, [](Span<const Expr> e) { return e[0] * (e[1] - e[2]); });
    }
    const ValueId inputs[] = {state, column(k), now};
    state = n.g.map_all(inputs, [](Span<const Expr> e) { return e[0] + e[1] * e[2]; });
    const ValueId y = grouped_product(n, at(q), state, false, Scalar::F32);
    outputs.push_back(n.g.map(y, [&](Expr e) { return tensor::cast(e * scale, scalar); }));
  }
  if (!n.g.ok()) return;
  if (n.wants(0))
    n.set(0, join_heads(n, concat_of(n, Span<const ValueId>(outputs.data(), outputs.size()), 2)));
  if (n.wants(1)) n.set(1, cast_to(n, state, kept));
}

inline constexpr OperatorEntry step_operators[] = {
    {"CausalConvWithState", import_causal_conv_with_state},
    {"LinearAttention", import_linear_attention},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
