// Normalisation and softmax.
#pragma once

#include "../../../tensor/functions.hpp"
#include "compose.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// [channels] as it is broadcast to [batch, channels, …].
inline ValueId along_channels(NodeImporter& n, ValueId v, std::size_t rank) {
  Shape shape;
  shape.push_back(n.g.type(v).shape.rank() ? n.g.type(v).shape[0] : Dimension(1));
  for (std::size_t i = 2; i < rank; ++i) shape.push_back(1);
  return n.g.reshape(v, shape);
}

// ONNX BatchNormalization. Before 14 a node with more than one output trains in its own way, and is refused; since then
// training_mode says so, and the running statistics are outputs 1 and 2.
inline void import_batch_normalization(NodeImporter& n) {
  const double epsilon = n.number("epsilon", 1e-5);
  const double momentum = n.number("momentum", 0.9);
  const bool trains = n.opset >= 14 && n.integer("training_mode", 0) != 0;
  if (n.opset < 9 && n.integer("spatial", 1) == 0)
    return n.unsupported("its statistics are of each activation");
  if (!trains && n.output_count() > 1 && n.wants(1)) return n.unsupported("it has outputs of training");
  if (n.input_count() < 5) return contradict(n, "BatchNormalization has five inputs");
  ValueId x = n.input(0), mean = n.input(3), variance = n.input(4);
  const Shape shape = n.shape(0);
  if (shape.rank() < 1) return contradict(n, "x has no batch");
  // ONNX: of one axis there is one channel.
  if (shape.rank() == 1) x = n.g.reshape(x, {shape[0], 1});
  const Scalar scalar = n.type(0).scalar, statistics = n.type(3).scalar;
  if (trains) {
    tensor::Axes axes;
    for (std::size_t i = 0; i < n.g.type(x).shape.rank(); ++i)
      if (i != 1) axes.push_back(static_cast<std::int64_t>(i));
    const ValueId wide = cast_to(n, x, wide_float(scalar));
    const ValueId kept = reduce_of(n, tensor::ReduceKind::Mean, wide, axes);
    const ValueId squares = n.g.map(wide, kept, [](Expr v, Expr m) { return (v - m) * (v - m); });
    const auto running = [&](ValueId before, ValueId now) {
      return n.g.map(before, now, [&](Expr b, Expr c) {
        const Scalar computed = wide_float(c.type());
        return tensor::cast(tensor::cast(b, computed) * momentum + tensor::cast(c, computed) * (1 - momentum),
                            statistics);
      });
    };
    const Shape channels = n.shape(3);
    const ValueId mean_now = n.g.reshape(kept, channels);
    const ValueId variance_now =
        reshape_of(n, reduce_of(n, tensor::ReduceKind::Mean, squares, axes, false), channels);
    if (n.wants(1)) n.set(1, running(mean, mean_now));
    if (n.wants(2)) n.set(2, running(variance, variance_now));
    mean = mean_now;
    variance = variance_now;
  }
  // What does not depend on x is of the channels alone, and a constant where the weights are.
  const Scalar wide = wide_float(scalar);
  const std::size_t rank = n.g.type(x).shape.rank();
  const ValueId factor = n.g.map(n.input(1), variance, [&](Expr scale, Expr v) {
    return tensor::cast(scale, wide) / tensor::sqrt(tensor::cast(v, wide) + epsilon);
  });
  const ValueId inputs[] = {x, along_channels(n, mean, rank), along_channels(n, factor, rank),
                            along_channels(n, n.input(2), rank)};
  const ValueId y = n.g.map_all(
      inputs,
      [&](Span<const Expr> v) {
        return tensor::cast(
            (tensor::cast(v[0], wide) - tensor::cast(v[1], wide)) * v[2] + tensor::cast(v[3], wide), scalar);
      },
      n.name());
  if (keeps_shape(n, y, n.g.type(x).shape)) n.set(0, reshape_of(n, y, shape));
}

/// False, and an error: a scale or a bias has not one number for each channel, where kernels read as many.
inline bool are_of_channels(NodeImporter& n, ValueId scale, ValueId bias) {
  if (n.rank(0) < 2) {
    contradict(n, "x is no batch of channels");
    return false;
  }
  const Shape channels = {n.shape(0)[1]};
  if (n.g.type(scale).shape == channels && n.g.type(bias).shape == channels) return true;
  contradict(n, "its scale or its bias has not one number for each channel");
  return false;
}

inline void import_instance_normalization(NodeImporter& n) {
  tensor::NormalizeProblem problem;
  problem.kind = tensor::NormalizeKind::Instance;
  problem.epsilon = n.number("epsilon", 1e-5);
  problem.scale = problem.bias = true;
  if (!are_of_channels(n, n.input(1), n.input(2))) return;
  n.set(0, n.g.add(problem, {n.input(0), n.input(1), n.input(2)}, n.name()));
}

// ONNX GroupNormalization: since 21 scale and bias are of the channels, before of the groups.
inline void import_group_normalization(NodeImporter& n) {
  tensor::NormalizeProblem problem;
  problem.kind = tensor::NormalizeKind::Group;
  problem.epsilon = n.number("epsilon", 1e-5);
  const std::int64_t groups = n.integer("num_groups", 0);
  n.integer("stash_type", 1);  // kernels compute in f32 or f64
  if (groups < 1 || groups > 0x7FFFFFFF) return contradict(n, "GroupNormalization has no groups");
  if (n.rank(0) < 2) return contradict(n, "GroupNormalization takes a batch of channels");
  problem.groups = static_cast<std::uint32_t>(groups);
  problem.scale = problem.bias = true;
  ValueId weights[2] = {n.input(1), n.input(2)};
  if (n.opset < 21) {
    const Dimension channels = n.shape(0)[1], each = divide_dimensions(n.g, channels, groups);
    for (ValueId& w : weights)
      w = n.g.reshape(expand_of(n, n.g.reshape(w, {groups, 1}), {groups, each}), {channels});
  }
  if (!n.g.ok() || !are_of_channels(n, weights[0], weights[1])) return;
  n.set(0, n.g.add(problem, {n.input(0), weights[0], weights[1]}, n.name()));
}

// ONNX LayerNormalization (17) and RMSNormalization (23). Scale and bias are broadcast to the axes that are normalised.
inline void import_rows_normalization(NodeImporter& n, tensor::NormalizeKind kind) {
  tensor::NormalizeProblem problem;
  problem.kind = kind;
  problem.epsilon = n.number("epsilon", 1e-5);
  const Scalar stash = scalar_of(data_type_of(n, "stash_type", DataType::Float));
  std::size_t axis = 0;
  if (!axis_of(n, -1, axis)) return;
  problem.axis = static_cast<int>(axis);
  Shape normalized;
  append_sizes(normalized, n.shape(0), axis, n.rank(0));
  // RMSNormalization has neither a bias nor outputs of statistics.
  const bool is_layer = kind == tensor::NormalizeKind::Layer;
  if (!is_layer && n.has(2)) return contradict(n, "RMSNormalization has two inputs, and no bias");
  const bool has_scale = n.has(1), has_bias = n.has(2);
  const bool plain = (!has_scale || n.shape(1) == normalized) && (!has_bias || n.shape(2) == normalized) &&
                     (!has_scale || !has_bias || n.type(1).scalar == n.type(2).scalar);
  problem.scale = has_scale && plain;
  problem.bias = has_bias && plain;
  problem.statistics = is_layer && (n.wants(1) || n.wants(2));
  if (problem.statistics && stash == Scalar::Void)
    return n.unsupported("its stash_type is none that kernels compute with");
  Buffer<ValueId> inputs;
  inputs.push_back(n.input(0));
  if (problem.scale) inputs.push_back(n.input(1));
  if (problem.bias) inputs.push_back(n.input(2));
  const ValueId first = n.g.add(problem, Span<const ValueId>(inputs.data(), inputs.size()), n.name());
  if (first == ValueId::Absent) return;
  ValueId y = first;
  const Scalar scalar = n.type(0).scalar, wide = wide_float(scalar);
  if (!plain && has_scale)
    y = n.g.map(y, n.input(1), [&](Expr v, Expr s) {
      return tensor::cast(tensor::cast(v, wide) * tensor::cast(s, wide), scalar);
    });
  if (!plain && has_bias)
    y = n.g.map(y, n.input(2), [&](Expr v, Expr b) {
      return tensor::cast(tensor::cast(v, wide) + tensor::cast(b, wide), scalar);
    });
  if (!keeps_shape(n, y, n.shape(0))) return;
  n.set(0, y);
  for (std::size_t i = 1; i < 3 && problem.statistics; ++i)
    if (n.wants(i)) n.set(i, cast_to(n, output_of(n, first, i), stash));
}
template <tensor::NormalizeKind kind>
void import_rows(NodeImporter& n) {
  import_rows_normalization(n, kind);
}

inline void import_mean_variance_normalization(NodeImporter& n) {
  tensor::NormalizeProblem problem;
  problem.kind = tensor::NormalizeKind::MeanVariance;
  problem.epsilon = 1e-9;
  if (n.has_attribute("axes")) {
    const Result<std::uint32_t> mask = tensor::axis_mask(n.list("axes"), n.rank(0));
    if (!mask) return contradict(n, mask.error().message);
    problem.axes = *mask;
  }
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

inline void import_lp_normalization(NodeImporter& n) {
  tensor::NormalizeProblem problem;
  problem.kind = tensor::NormalizeKind::Lp;
  std::size_t axis = 0;
  if (!axis_of(n, -1, axis)) return;
  problem.axis = static_cast<int>(axis);
  const std::int64_t p = n.integer("p", 2);
  if (p != 1 && p != 2) return n.unsupported("its p is neither 1 nor 2");
  problem.p = static_cast<std::uint32_t>(p);
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

inline void import_lrn(NodeImporter& n) {
  tensor::LocalResponseProblem problem;
  const std::int64_t size = n.integer("size", 0);
  if (size < 1 || size > 0x7FFFFFFF) return contradict(n, "its size is none");
  problem.size = static_cast<std::uint32_t>(size);
  problem.alpha = n.number("alpha", 1e-4);
  problem.beta = n.number("beta", 0.75);
  problem.bias = n.number("bias", 1);
  const double quarters = problem.beta * 4;
  if (n.type(0).scalar == Scalar::F64 && quarters != 1 && quarters != 2 && quarters != 3 && quarters != 4)
    return n.unsupported("kernels compute no powers of f64 but quarters up to 1");
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

// --- softmax

// ONNX before 13: over all axes from `axis` (1) on; since then over the one (-1).
inline void import_softmax_of(NodeImporter& n, bool log) {
  tensor::SoftmaxProblem problem;
  problem.log = log;
  const std::int64_t axis = n.integer("axis", n.opset < 13 ? 1 : -1);
  if (refuses_double(n, n.type(0).scalar)) return;
  if (n.rank(0) == 0) return n.unsupported("it is of a tensor without axes");
  if (n.opset < 13)
    problem.axes = tensor::flattened_axes(axis, n.rank(0));
  else
    problem.axes = {axis};
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}
template <bool log>
void import_softmax(NodeImporter& n) {
  import_softmax_of(n, log);
}

// The first largest element of a row is 1, the others are 0; rows as Softmax has them.
inline void import_hardmax(NodeImporter& n) {
  const Shape shape = n.shape(0);
  std::int64_t axis = NodeImporter::from_first(n.integer("axis", n.opset < 13 ? 1 : -1), shape.rank());
  // An axis of the rank makes rows of one element.
  const std::int64_t most = static_cast<std::int64_t>(shape.rank()) - (n.opset < 13 ? 0 : 1);
  if (axis < 0 || axis > most) return contradict(n, "its axis is none of x's");
  ValueId x = n.input(0);
  if (n.opset < 13) {
    const std::size_t cut = static_cast<std::size_t>(axis);
    x = n.g.reshape(x,
                    {product_of_sizes(n.g, shape, 0, cut), product_of_sizes(n.g, shape, cut, shape.rank())});
    axis = 1;
  }
  tensor::OneHotProblem one_hot;
  one_hot.depth = n.g.type(x).shape[static_cast<std::size_t>(axis)];
  one_hot.axis = axis;
  one_hot.scalar = n.type(0).scalar;
  const ValueId y = n.g.add(one_hot, {reduce_of(n, tensor::ReduceKind::ArgMax, x, {axis}, false)}, n.name());
  n.set(0, reshape_of(n, y, shape));
}

inline constexpr OperatorEntry normalization_operators[] = {
    {"BatchNormalization", import_batch_normalization},
    {"GroupNormalization", import_group_normalization},
    {"Hardmax", import_hardmax},
    {"InstanceNormalization", import_instance_normalization},
    {"LRN", import_lrn},
    {"LayerNormalization", import_rows<tensor::NormalizeKind::Layer>},
    {"LogSoftmax", import_softmax<true>},
    {"LpNormalization", import_lp_normalization},
    {"MeanVarianceNormalization", import_mean_variance_normalization},
    {"RMSNormalization", import_rows<tensor::NormalizeKind::Rms>},
    {"Softmax", import_softmax<false>},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
