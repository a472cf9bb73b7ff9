// Attention, FlexAttention and RotaryEmbedding.
#pragma once

#include "../../../tensor/functions.hpp"
#include "../importer.hpp"
#include "compose.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// [batch, sequence, heads * size] as [batch, heads, sequence, size], and back.
inline ValueId split_heads(NodeImporter& n, ValueId x, std::int64_t heads) {
  const Shape shape = n.g.type(x).shape;
  return move_axis(n, n.g.reshape(x, {shape[0], shape[1], heads, divide_dimensions(n.g, shape[2], heads)}), 2,
                   1);
}
inline ValueId join_heads(NodeImporter& n, ValueId x) {
  const ValueId y = move_axis(n, x, 1, 2);
  const Shape shape = n.g.type(y).shape;
  return n.g.reshape(y, {shape[0], shape[1], multiply_dimensions(n.g, shape[2], shape[3])});
}

/// Products of queries with keys or values of fewer heads: the queries that share a head are rows of one product.
inline ValueId grouped_product(NodeImporter& n, ValueId q, ValueId kv, bool transposed, Scalar result) {
  const Shape left = n.g.type(q).shape, right = n.g.type(kv).shape;
  if (left[1] == right[1]) return product_of(n, q, kv, false, transposed, result);
  const Dimension group = divide_dimensions(n.g, left[1], right[1]);
  const ValueId rows = n.g.reshape(q, {left[0], right[1], multiply_dimensions(n.g, group, left[2]), left[3]});
  const ValueId c = product_of(n, rows, kv, false, transposed, result);
  return n.g.reshape(c, {left[0], left[1], left[2], right[transposed ? 2 : 3]});
}

/// False where heads cannot be shared evenly, or batches or sizes do not fit.
inline bool check_heads(NodeImporter& n, const Shape& q, const Shape& k, const Shape& v) {
  const Dimension &queries = q[1], &keys = k[1];
  if (!(keys == v[1])) contradict(n, "keys and values do not have the same number of heads");
  if (!(queries == keys) && (!queries.is_literal() || !keys.is_literal() || keys.value() < 1 ||
                             queries.value() % keys.value() != 0))
    contradict(n, "the heads of the queries are no multiple of those of the keys");
  return n.g.ok();
}

/// What is added to the scores, of axes that are broadcast to [batch, heads, queries, keys]: 0 or -infinity where a query may
/// not look at a key, and a mask of floats. Absent where there is nothing.
class AttentionBias {
public:
  AttentionBias(NodeImporter& n, const Dimension& queries, const Dimension& keys)
      : n_(n), queries_(queries), keys_(keys) {}

  ValueId run(const Dimension& past) {
    const bool causal = n_.integer("is_causal", 0) != 0;
    const std::int64_t left = n_.opset >= 25 ? n_.integer("left_window_size", -1) : -1,
                       right = n_.opset >= 25 ? n_.integer("right_window_size", -1) : -1;
    const bool is_padded = n_.opset >= 24 && n_.has(6), is_windowed = causal || left >= 0 || right >= 0;
    if (!n_.has(3) && !is_windowed && !is_padded) return ValueId::Absent;
    const auto as_bias = [](Expr m) {
      const Expr minus = m.owner()->constant(Scalar::F32, -__builtin_inf());
      return m.type() == Scalar::Boolean ? tensor::select(m, 0, minus) : tensor::cast(m, Scalar::F32);
    };
    if (!is_windowed && !is_padded) return n_.g.map(mask(), as_bias);
    Buffer<ValueId> inputs;
    inputs.push_back(n_.has(3) ? mask() : fill_of(n_, Scalar::F32, {queries_, keys_}, 0));
    if (is_windowed && n_.has(3)) inputs.push_back(fill_of(n_, Scalar::F32, {queries_, keys_}, 0));
    const std::size_t first_number = inputs.size();
    // How many keys are in front of the first query's own, and how many there are.
    if (is_padded) {
      const ValueId lengths = n_.g.reshape(cast_to(n_, n_.input(6), Scalar::I32), {n_.shape(6)[0], 1, 1, 1});
      inputs.push_back(lengths);
      const ValueId queries = n_.g.reshape(sizes_of(n_, {queries_}, Scalar::I32), {});
      inputs.push_back(n_.g.map(lengths, queries, [](Expr l, Expr q) { return l - q; }));
    } else {
      inputs.push_back(n_.g.reshape(sizes_of(n_, {past}, Scalar::I32), {}));
    }
    std::size_t rank = is_padded ? 4 : 2;
    for (const ValueId v : inputs)
      if (n_.g.type(v).shape.rank() > rank) rank = n_.g.type(v).shape.rank();
    return n_.g.map_all(Span<const ValueId>(inputs.data(), inputs.size()), [&](Span<const Expr> v) {
      tensor::Expression& e = *v[0].owner();
      const auto at = [&](std::size_t axis) {
        return tensor::cast(e.coordinate(static_cast<std::uint32_t>(axis)), Scalar::I32);
      };
      const Expr minus = e.constant(Scalar::F32, -__builtin_inf());
      Expr bias = as_bias(v[0]);
      if (first_number == 2) bias = bias + v[1];
      const Expr key = at(rank - 1), place = at(rank - 2) + v[v.size() - 1];
      if (is_padded) bias = bias + tensor::select(key < v[first_number], 0, minus);
      if (causal) bias = bias + tensor::select(key <= place, 0, minus);
      if (left >= 0) bias = bias + tensor::select(place - key <= static_cast<double>(left), 0, minus);
      if (right >= 0) bias = bias + tensor::select(key - place <= static_cast<double>(right), 0, minus);
      return bias;
    });
  }

private:
  // Keys that the mask does not reach are left out.
  ValueId mask() {
    const Shape shape = n_.shape(3);
    const std::size_t rank = shape.rank();
    if (rank == 0 || shape[rank - 1] == keys_) return n_.input(3);
    tensor::PadProblem pad;
    pad.axes = {-1};
    pad.before = {0};
    pad.after = {subtract_dimensions(n_.g, keys_, shape[rank - 1])};
    pad.constant = n_.type(3).scalar == Scalar::Boolean ? 0.0 : -__builtin_inf();
    return n_.g.add(pad, {n_.input(3)});
  }

  NodeImporter& n_;
  Dimension queries_, keys_;
};

/// False where an input or attribute is none that Attention has, or contradicts another.
inline bool check_attention(NodeImporter& n) {
  if (has_inputs_from(n, n.opset >= 24 ? 7 : 6)) return false;
  const std::int64_t mode = n.integer("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) n.unsupported("its qk_matmul_output_mode is not from 0 to 3");
  if (n.opset >= 25 && (n.integer("left_window_size", -1) < -1 || n.integer("right_window_size", -1) < -1))
    contradict(n, "a window of Attention reaches over fewer than no keys, and is not -1, which is all");
  if (n.has(4) != n.has(5)) contradict(n, "past keys and past values come together");
  if (n.has(4) && n.has(6))
    contradict(n, "nonpad_kv_seqlen is of keys that are all there, and there are past keys");
  if (n.has(3) && (n.rank(3) < 1 || n.rank(3) > 4))
    contradict(n, "attn_mask of Attention has one to four axes");
  return n.g.ok() && !n.is_given_up();
}
/// False where an attribute says another number of heads than the tensors have.
inline bool check_head_count(NodeImporter& n, Text attribute, const Dimension& heads) {
  const std::int64_t count = n.integer(attribute, 0);
  if (count == 0 || !heads.is_literal() || heads.value() == count) return true;
  contradict(n, String(attribute) << " is not the number of heads that the tensors of four axes have");
  return false;
}

/// 1 / sqrt(size of a head), where no scale is given.
inline bool attention_scale(NodeImporter& n, const Dimension& size, double& scale) {
  if (n.has_attribute("scale")) {
    scale = n.number("scale", 1);
    return true;
  }
  if (!size.is_literal()) n.unsupported("the size of a head is not known, and there is no scale");
  scale = size.is_literal() && size.value() > 0 ? 1 / __builtin_sqrt(static_cast<double>(size.value())) : 1;
  return !n.is_given_up();
}
/// Softmax is computed in f32.
inline bool softmax_precision(NodeImporter& n) {
  if (!n.has_attribute("softmax_precision")) return true;
  const DataType type = data_type_of(n, "softmax_precision", DataType::Float);
  if (type == DataType::Float || type == DataType::Float16 || type == DataType::Bfloat16) return true;
  n.unsupported("its softmax_precision is none of f32, f16 and bf16, and kernels compute softmax in f32");
  return false;
}

// ONNX Attention (23, 24 and 25). The scores are f32; a query that may look at no key has zeros.
inline void import_attention(NodeImporter& n) {
  const Scalar scalar = n.type(0).scalar;
  const std::size_t rank = n.rank(0);
  const std::int64_t query_heads = n.integer("q_num_heads", 0), key_heads = n.integer("kv_num_heads", 0),
                     mode = n.integer("qk_matmul_output_mode", 0);
  const double softcap = n.number("softcap", 0);
  if (!check_attention(n) || refuses_double(n, scalar) || refuses_double(n, n.type(2).scalar) ||
      !softmax_precision(n))
    return;
  if ((rank != 3 && rank != 4) || n.rank(1) != rank || n.rank(2) != rank)
    return contradict(n, "Attention takes queries, keys and values of three or of four axes");
  if (rank == 3 && (query_heads < 1 || key_heads < 1))
    return contradict(n, "Attention has no numbers of heads");
  ValueId q = n.input(0), k = n.input(1), v = n.input(2);
  if (rank == 3) {
    q = split_heads(n, q, query_heads);
    k = split_heads(n, k, key_heads);
    v = split_heads(n, v, key_heads);
  }
  if (!n.g.ok() || !check_heads(n, n.g.type(q).shape, n.g.type(k).shape, n.g.type(v).shape)) return;
  if (!check_head_count(n, "q_num_heads", n.g.type(q).shape[1]) ||
      !check_head_count(n, "kv_num_heads", n.g.type(k).shape[1]))
    return;
  Dimension past = 0;
  if (n.has(4)) {
    past = n.rank(4) == 4 ? n.shape(4)[2] : Dimension(0);
    k = concat_of(n, {n.input(4), k}, 2);
    v = concat_of(n, {n.input(5), v}, 2);
  }
  const Shape queries = n.g.type(q).shape, keys = n.g.type(k).shape;
  const std::size_t mask_rank = n.rank(3);
  if (mask_rank != 0 && kernel::is_int(n.type(3).scalar) && !(n.shape(3)[mask_rank - 1] == keys[2]))
    return n.unsupported(
        "its attn_mask is shorter than the keys, and integers have no infinity to pad it with");
  double scale = 1;
  if (!attention_scale(n, queries[3], scale)) return;
  ValueId scores = grouped_product(n, q, k, true, Scalar::F32);
  scores = n.g.map(scores, [&](Expr s) { return s * scale; });
  ValueId shown = scores;
  if (softcap > 0) scores = n.g.map(scores, [&](Expr s) { return tensor::tanh(s / softcap) * softcap; });
  if (mode == 1) shown = scores;
  const ValueId bias = AttentionBias(n, queries[2], keys[2]).run(past);
  if (bias != ValueId::Absent) scores = n.g.map(scores, bias, [](Expr s, Expr b) { return s + b; });
  if (mode == 2) shown = scores;
  ValueId chances = n.g.add(tensor::SoftmaxProblem(), {scores});
  if (bias != ValueId::Absent) {
    // A row that is masked throughout, whatever its scores are.
    const ValueId most = reduce_of(n, tensor::ReduceKind::Max, bias, {-1});
    chances = n.g.map(chances, most,
                      [](Expr p, Expr m) { return tensor::select(tensor::is_inf(m, true, false), 0, p); });
  }
  if (mode == 3) shown = chances;
  // Values may have another type than queries and keys.
  ValueId y = grouped_product(n, cast_to(n, chances, n.g.type(v).scalar), v, false, scalar);
  if (rank == 3) y = join_heads(n, y);
  n.set(0, y);
  if (n.wants(1)) n.set(1, k);
  if (n.wants(2)) n.set(2, v);
  if (n.wants(3)) n.set(3, cast_to(n, shown, scalar));
}

/// A subgraph of one tensor; Absent where it could not be imported.
inline ValueId modified(NodeImporter& n, Text attribute, ValueId x) {
  const Attribute* const a = n.attribute(attribute, AttributeType::Graph);
  if (!a) return n.is_given_up() ? ValueId::Absent : x;
  if (a->graphs.size() != 1) {
    n.unsupported(String("its ") << attribute << " is no graph");
    return ValueId::Absent;
  }
  const ValueId inputs[] = {x};
  const Buffer<ValueId> made = n.importer().import_subgraph(a->graphs[0], inputs);
  const bool fits = made.size() == 1 && is_tensor(made[0]) && n.g.type(made[0]).shape == n.g.type(x).shape &&
                    n.g.type(made[0]).scalar == n.g.type(x).scalar;
  if (!fits && n.g.ok()) n.unsupported(String("its ") << attribute << " is not supported");
  return fits ? made[0] : ValueId::Absent;
}

// FlexAttention of ai.onnx.preview.
inline void import_flex_attention(NodeImporter& n) {
  const Scalar scalar = n.type(0).scalar;
  if (refuses_double(n, scalar) || !softmax_precision(n)) return;
  if (n.rank(0) != 4 || n.rank(1) != 4 || n.rank(2) != 4)
    return contradict(n, "FlexAttention takes tensors of four axes");
  if (!check_heads(n, n.shape(0), n.shape(1), n.shape(2))) return;
  double scale = 1;
  if (!attention_scale(n, n.shape(0)[3], scale)) return;
  const Scalar precision = n.has_attribute("softmax_precision")
                               ? scalar_of(data_type_of(n, "softmax_precision", DataType::Float))
                               : Scalar::F32;
  ValueId scores = grouped_product(n, n.input(0), n.input(1), true, Scalar::F32);
  scores = n.g.map(scores, [&](Expr s) { return tensor::cast(s * scale, precision); });
  scores = modified(n, "score_mod", scores);
  if (scores == ValueId::Absent) return;
  const ValueId chances = modified(n, "prob_mod", n.g.add(tensor::SoftmaxProblem(), {scores}));
  if (chances == ValueId::Absent) return;
  n.set(0,
        cast_to(n, grouped_product(n, chances, cast_to(n, n.input(2), precision), false, precision), scalar));
}

// ONNX RotaryEmbedding (23): pairs of the first elements of a head, halves apart or next to each other, are turned by angles
// whose cosines and sines are looked up by position, or given for each place.
inline void import_rotary_embedding(NodeImporter& n) {
  const bool interleaved = n.integer("interleaved", 0) != 0;
  const std::int64_t heads = n.integer("num_heads", 0), part = n.integer("rotary_embedding_dim", 0);
  const std::size_t rank = n.rank(0);
  const Scalar scalar = n.type(0).scalar, wide = wide_float(scalar);
  const Shape shape = n.shape(0);
  ValueId x = n.input(0);
  if (rank == 3) {
    if (heads < 1) return contradict(n, "RotaryEmbedding of three axes has no num_heads");
    x = n.g.reshape(x, {shape[0], shape[1], heads, divide_dimensions(n.g, shape[2], heads)});
  } else if (rank != 4) {
    return contradict(n, "RotaryEmbedding takes a tensor of three or four axes");
  }
  const Dimension size = n.g.type(x).shape[3];
  if (part == 0 && !size.is_literal()) return n.unsupported("the size of a head is not known");
  const std::int64_t turned = part == 0 ? size.value() : part, half = turned / 2;
  if (part < 0 || (size.is_literal() && part > size.value()))
    return contradict(n, "rotary_embedding_dim is negative, or more than the size of a head");
  if (turned % 2 != 0) return contradict(n, "an odd number of elements is turned");
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    const std::size_t axes = n.has(3) ? 2 : 3;
    if (n.rank(i) != axes || (n.shape(i)[axes - 1].is_literal() && n.shape(i)[axes - 1].value() != half))
      return contradict(n, "a cache of RotaryEmbedding is no [positions, half of what is turned], without "
                           "position_ids no [batch, sequence, half of what is turned]");
  }
  const auto angles = [&](std::size_t i) {
    ValueId v = n.input(i);
    if (n.has(3)) {
      tensor::GatherProblem gather;
      v = n.g.add(gather, {v, n.input(3)});
    }
    v = unsqueeze_of(n, v, rank == 3 ? 2 : 1);
    return interleaved ? unsqueeze_of(n, v, 4) : v;
  };
  const ValueId cosine = angles(1), sine = angles(2);
  ValueId pairs = slice_of(n, x, 3, 0, turned);
  if (interleaved) {
    Shape paired = n.g.type(pairs).shape;
    paired[3] = half;
    paired.push_back(2);
    pairs = n.g.reshape(pairs, paired);
  }
  const std::int64_t axis = interleaved ? 4 : 3, step = interleaved ? 1 : half;
  const ValueId first = slice_of(n, pairs, axis, 0, step), second = slice_of(n, pairs, axis, step, 2 * step);
  const ValueId inputs[] = {first, second, cosine, sine};
  const auto in_wide = [&](Expr v) { return tensor::cast(v, wide); };
  const ValueId real = n.g.map_all(inputs, [&](Span<const Expr> v) {
    return tensor::cast(in_wide(v[2]) * in_wide(v[0]) - in_wide(v[3]) * in_wide(v[1]), scalar);
  });
  const ValueId imaginary = n.g.map_all(inputs, [&](Span<const Expr> v) {
    return tensor::cast(in_wide(v[3]) * in_wide(v[0]) + in_wide(v[2]) * in_wide(v[1]), scalar);
  });
  ValueId y = concat_of(n, {real, imaginary}, axis);
  if (interleaved) {
    Shape flat = n.g.type(x).shape;
    flat[3] = turned;
    y = n.g.reshape(y, flat);
  }
  if (!(size == Dimension(turned))) y = concat_of(n, {y, slice_of(n, x, 3, turned, size)}, 3);
  n.set(0, reshape_of(n, y, shape));
}

inline constexpr OperatorEntry attention_operators[] = {
    {"Attention", import_attention},
    {"RotaryEmbedding", import_rotary_embedding},
};
inline constexpr OperatorEntry preview_operators[] = {
    {"FlexAttention", import_flex_attention},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
