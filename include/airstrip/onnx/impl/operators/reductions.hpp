// Reductions, scans and what is made of them.
#pragma once

#include "../../../tensor/functions.hpp"
#include "compose.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// ONNX's axes are an input since `since`, before an attribute.
inline bool reduced_axes(NodeImporter& n, std::int64_t since, tensor::ReduceProblem& problem) {
  if (n.opset < since) {
    if (has_inputs_from(n, 1)) return false;
    problem.axes = n.list("axes");
    return true;
  }
  problem.noop_with_empty_axes = n.integer("noop_with_empty_axes", 0) != 0;
  return !n.has(1) || n.known_list(1, problem.axes);
}

inline void import_reduce_of(NodeImporter& n, tensor::ReduceKind kind, std::int64_t since) {
  tensor::ReduceProblem problem;
  problem.kind = kind;
  problem.keepdims = n.integer("keepdims", 1) != 0;
  if (!reduced_axes(n, since, problem)) return;
  const Scalar scalar = n.type(0).scalar;
  if (!tensor::Reduction::accepts(kind, scalar)) {
    String reason("kernels do not reduce elements of ");
    return n.unsupported(reason << tensor::to_string(scalar) << " so");
  }
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}
template <tensor::ReduceKind kind, std::int64_t since = 18>
void import_reduce(NodeImporter& n) {
  import_reduce_of(n, kind, since);
}

template <tensor::ReduceKind kind>
void import_arg(NodeImporter& n) {
  tensor::ReduceProblem problem;
  problem.kind = kind;
  problem.axes = {n.integer("axis", 0)};
  problem.keepdims = n.integer("keepdims", 1) != 0;
  problem.select_last_index = n.opset >= 12 && n.integer("select_last_index", 0) != 0;
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

// ONNX CumSum (11) and CumProd (26).
template <tensor::ReduceKind kind>
void import_scan_along(NodeImporter& n) {
  tensor::ScanProblem problem;
  problem.kind = kind;
  problem.exclusive = n.integer("exclusive", 0) != 0;
  problem.reverse = n.integer("reverse", 0) != 0;
  Buffer<std::int64_t> axis;
  if (!n.known_integers(1, axis)) return;
  if (axis.size() != 1) return contradict(n, "its axis is not one number");
  problem.axis = axis[0];
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

// ONNX TopK: k is an attribute before 10. Each element is compared with all others of its row, which gives its place among
// them; what is at place p is where that is p. Equal elements are in the order of their indices, and a NaN is larger than any.
inline void import_top_k(NodeImporter& n) {
  const bool largest = n.opset < 11 || n.integer("largest", 1) != 0;
  if (n.opset >= 11) n.integer("sorted", 1);
  Shape k;
  if (n.opset < 10) {
    if (has_inputs_from(n, 1)) return;
    k.push_back(n.integer("k", 0));
  } else if (!n.known_sizes(1, k)) {
    return;
  }
  const std::size_t rank = n.rank(0);
  std::size_t at = 0;
  if (!axis_of(n, -1, at)) return;
  if (k.rank() != 1) return contradict(n, "k is not one number");
  if (rank >= Shape::max_rank) return n.unsupported("it has more than seven axes");
  const std::size_t last = rank - 1;
  const ValueId x = move_axis(n, n.input(0), at, last);
  const Dimension length = n.g.type(x).shape[last];
  if (k[0].is_literal() && length.is_literal() && k[0].value() > length.value())
    return contradict(n, "k is more than there are elements along the axis");
  const std::uint32_t row = static_cast<std::uint32_t>(last), column = static_cast<std::uint32_t>(rank);
  const ValueId before =
      n.g.map(unsqueeze_of(n, x, rank), unsqueeze_of(n, x, last), [&](Expr mine, Expr other) {
        const Expr i = mine.owner()->coordinate(row), j = mine.owner()->coordinate(column);
        const Expr a = largest ? other : mine, b = largest ? mine : other;
        Expr greater = a > b, equal = a == b;
        if (kernel::is_float(mine.type())) {
          const Expr a_nan = tensor::is_nan(a), b_nan = tensor::is_nan(b);
          greater = tensor::logical_or(greater, tensor::logical_and(a_nan, tensor::logical_not(b_nan)));
          equal = tensor::logical_or(equal, tensor::logical_and(a_nan, b_nan));
        }
        return tensor::cast(tensor::logical_or(greater, tensor::logical_and(equal, j < i)), Scalar::I32);
      });
  const ValueId place = reduce_of(n, tensor::ReduceKind::Sum, before, {-1}, false);
  // [.., k, length]: the index of each element where it is at place p.
  Shape places;
  places.push_back(k[0]);
  places.push_back(1);
  const ValueId wanted = n.g.reshape(range_of(n, Scalar::I32, k[0]), places);
  const ValueId found = n.g.map(unsqueeze_of(n, place, last), wanted, [&](Expr p, Expr w) {
    return tensor::select(p == w, tensor::cast(p.owner()->coordinate(column), Scalar::I64),
                          p.owner()->constant(Scalar::I64, 0));
  });
  const ValueId indices = reduce_of(n, tensor::ReduceKind::Sum, found, {-1}, false);
  tensor::GatherElementsProblem gather;
  gather.axis = static_cast<std::int64_t>(last);
  if (n.wants(0)) n.set(0, move_axis(n, n.g.add(gather, {x, indices}, n.name()), last, at));
  if (n.wants(1)) n.set(1, move_axis(n, indices, last, at));
}

inline constexpr OperatorEntry reduction_operators[] = {
    {"ArgMax", import_arg<tensor::ReduceKind::ArgMax>},
    {"ArgMin", import_arg<tensor::ReduceKind::ArgMin>},
    {"CumProd", import_scan_along<tensor::ReduceKind::Prod>},
    {"CumSum", import_scan_along<tensor::ReduceKind::Sum>},
    {"ReduceL1", import_reduce<tensor::ReduceKind::L1>},
    {"ReduceL2", import_reduce<tensor::ReduceKind::L2>},
    {"ReduceLogSum", import_reduce<tensor::ReduceKind::LogSum>},
    {"ReduceLogSumExp", import_reduce<tensor::ReduceKind::LogSumExp>},
    {"ReduceMax", import_reduce<tensor::ReduceKind::Max>},
    {"ReduceMean", import_reduce<tensor::ReduceKind::Mean>},
    {"ReduceMin", import_reduce<tensor::ReduceKind::Min>},
    {"ReduceProd", import_reduce<tensor::ReduceKind::Prod>},
    {"ReduceSum", import_reduce<tensor::ReduceKind::Sum, 13>},
    {"ReduceSumSquare", import_reduce<tensor::ReduceKind::SumSquare>},
    {"TopK", import_top_k},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
