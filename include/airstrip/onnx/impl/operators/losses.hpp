// Losses: NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss.
#pragma once

#include "compose.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// The loss of log-probabilities [N, C, d1, …], labels [N, d1, …] and maybe weights [C] (NegativeLogLikelihoodLoss 12).
inline ValueId log_likelihood_loss(NodeImporter& n, ValueId log_probabilities, ValueId labels,
                                   ValueId weights) {
  const Text reduction = n.text("reduction", "mean");
  const bool is_mean = reduction == Text("mean"), is_sum = reduction == Text("sum");
  if (!is_mean && !is_sum && !(reduction == Text("none"))) {
    n.unsupported("its reduction is none of none, sum and mean");
    return ValueId::Absent;
  }
  const TensorType type = n.g.type(log_probabilities), label = n.g.type(labels);
  if (type.shape.rank() < 2 || label.shape.rank() + 1 != type.shape.rank()) {
    n.unsupported("its labels have not the shape of its scores without the classes");
    return ValueId::Absent;
  }
  const std::int64_t ignored = n.integer("ignore_index", 0);
  // A label that its type does not have is no sample's.
  const bool fits = label.scalar == Scalar::I64 || ignored == static_cast<std::int32_t>(ignored);
  const bool ignores = n.has_attribute("ignore_index") && fits;
  const Scalar wide = wide_float(type.scalar);
  const auto is_ignored = [&](Expr t) {
    const Expr one = t.owner()->constant_bits(
        t.type(), static_cast<std::uint64_t>(ignored) &
                      (t.type() == Scalar::I64 ? ~std::uint64_t{0} : std::uint64_t{0xFFFFFFFFu}));
    return t == one;
  };
  // An ignored label is no index.
  const ValueId classes =
      ignores ? compute(n, labels, [&](Expr t) { return tensor::select(is_ignored(t), 0, t); }) : labels;
  if (n.is_given_up()) return ValueId::Absent;
  Shape column = {label.shape[0], 1};
  for (std::size_t i = 1; i < label.shape.rank(); ++i) column.push_back(label.shape[i]);
  tensor::GatherElementsProblem pick;
  pick.axis = 1;
  const ValueId picked =
      n.g.reshape(n.g.add(pick, {log_probabilities, n.g.reshape(classes, column)}), label.shape);

  // What each sample weighs; Absent: 1.
  ValueId weight = ValueId::Absent;
  if (weights != ValueId::Absent) {
    weight = n.g.add(tensor::GatherProblem(), {weights, classes});
    weight = compute(n, weight, labels, [&](Expr w, Expr t) {
      w = tensor::cast(w, wide);
      return ignores ? tensor::select(is_ignored(t), 0, w) : w;
    });
  } else if (ignores) {
    weight = compute(n, labels, [&](Expr t) {
      return tensor::select(is_ignored(t), t.owner()->constant(wide, 0), t.owner()->constant(wide, 1));
    });
  }
  const Scalar made = is_mean || is_sum ? wide : type.scalar;
  const Text name = is_mean || is_sum ? Text() : n.name();
  const ValueId inputs[] = {picked, weight, labels};
  const ValueId losses = compute(
      n,
      Span<const ValueId>(inputs, weight == ValueId::Absent ? 1
                                  : ignores                 ? 3
                                                            : 2),
      [&](Span<const Expr> v) {
        Expr loss = -tensor::cast(v[0], wide);
        if (v.size() > 1) loss = loss * v[1];
        // Of an ignored sample not even an infinity counts.
        if (v.size() > 2) loss = tensor::select(is_ignored(v[2]), 0, loss);
        return tensor::cast(loss, made);
      },
      name);
  if ((!is_mean && !is_sum) || n.is_given_up()) return losses;
  const bool by_count = is_mean && weight == ValueId::Absent;
  const auto all_of = [&](ValueId x) {
    return reduce_of(n, by_count ? tensor::ReduceKind::Mean : tensor::ReduceKind::Sum, x, {}, false);
  };
  const ValueId total = all_of(losses);
  if (!is_mean || by_count) {
    return compute(
        n, total, [&](Expr v) { return tensor::cast(v, type.scalar); }, n.name());
  }
  return compute(
      n, total, all_of(weight), [&](Expr v, Expr w) { return tensor::cast(v / w, type.scalar); }, n.name());
}

inline void import_negative_log_likelihood_loss(NodeImporter& n) {
  n.set(0, log_likelihood_loss(n, n.input(0), n.input(1), n.input(2)));
}

inline void import_softmax_cross_entropy_loss(NodeImporter& n) {
  if (n.type(0).scalar == Scalar::F64) return n.unsupported("there are no logarithms in f64");
  if (n.rank(0) < 2) return n.unsupported("its scores have no axis of classes");
  tensor::SoftmaxProblem softmax;
  softmax.axes = {1};
  softmax.log = true;
  const ValueId log_probabilities = n.g.add(softmax, {n.input(0)});
  n.set(0, log_likelihood_loss(n, log_probabilities, n.input(1), n.input(2)));
  n.set(1, log_probabilities);
}

inline constexpr OperatorEntry loss_operators[] = {
    {"NegativeLogLikelihoodLoss", import_negative_log_likelihood_loss},
    {"SoftmaxCrossEntropyLoss", import_softmax_cross_entropy_loss},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
