// What operators of several nodes are built of.
#pragma once

#include "../../../graph/size_algebra.hpp"
#include "compute.hpp"

#include <initializer_list>

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// The model contradicts itself.
inline void contradict(NodeImporter& n, String message) {
  Diagnostic error;
  error.code = ErrorCode::InvalidShape;
  error.message = static_cast<String&&>(message);
  n.g.fail(static_cast<Diagnostic&&>(error), n.name(), {});
}

/// x's axis that the attribute `axis` names, counted from the first. False, and an error: x has none such.
inline bool axis_of(NodeImporter& n, std::int64_t otherwise, std::size_t& axis) {
  const std::int64_t count = static_cast<std::int64_t>(n.rank(0));
  const std::int64_t named = NodeImporter::from_first(n.integer("axis", otherwise), n.rank(0));
  axis = static_cast<std::size_t>(named);
  if (named >= 0 && named < count) return true;
  contradict(n, "its axis is none of x's");
  return false;
}

/// Kernels have no transcendental functions of f64. Gives the node up where a type is that.
inline bool refuses_double(NodeImporter& n, Scalar scalar) {
  if (scalar != Scalar::F64) return false;
  n.unsupported("it takes exponentials or the like, which kernels do not compute in f64");
  return true;
}
/// False, and an error: `y` has not the shape of the operand to which ONNX lets the others be broadcast.
inline bool keeps_shape(NodeImporter& n, ValueId y, const Shape& shape) {
  if (n.g.ok() && y != ValueId::Absent && !(n.g.type(y).shape == shape))
    contradict(n, "an operand has axes or sizes that do not broadcast to the shape of the result");
  return n.g.ok();
}
/// `y`, of which the same holds; Absent where it does not.
inline ValueId if_kept(NodeImporter& n, ValueId y, const Shape& shape) {
  return keeps_shape(n, y, shape) ? y : ValueId::Absent;
}
/// The same value where it has the type already.
inline ValueId cast_to(NodeImporter& n, ValueId x, Scalar scalar) {
  return n.g.type(x).scalar == scalar ? x : n.g.cast(x, scalar);
}

/// An output of a node beside the first.
inline ValueId output_of(NodeImporter& n, ValueId first, std::size_t output) {
  return first == ValueId::Absent ? first : n.g.node(n.g.value(first).producer).outputs[output];
}

// --- sizes
/// More elements along an axis than a kernel counts; the products of two such sizes still are 64-bit numbers.
inline constexpr std::int64_t most_elements = std::int64_t{1} << 30;

inline Dimension add_dimensions(Graph& g, const Dimension& a, const Dimension& b) {
  return g.dimension(graph::add_sizes(g.sizes_to_fill(), g.size(a), g.size(b)));
}
/// `a` is never less than `b`.
inline Dimension subtract_dimensions(Graph& g, const Dimension& a, const Dimension& b) {
  return g.dimension(graph::subtract_sizes(g.sizes_to_fill(), g.size(a), g.size(b)));
}
inline Dimension multiply_dimensions(Graph& g, const Dimension& a, const Dimension& b) {
  return g.dimension(graph::multiply_sizes(g.sizes_to_fill(), g.size(a), g.size(b)));
}
inline Dimension divide_dimensions(Graph& g, const Dimension& a, const Dimension& b) {
  return g.dimension(graph::divide_sizes(g.sizes_to_fill(), g.size(a), g.size(b)));
}
/// The product of the sizes of axes [first, last).
inline Dimension product_of_sizes(Graph& g, const Shape& shape, std::size_t first, std::size_t last) {
  Dimension all = 1;
  for (std::size_t i = first; i < last && i < shape.rank(); ++i) all = multiply_dimensions(g, all, shape[i]);
  return all;
}
/// Whatever its axes are.
inline bool has_one_element(const Shape& shape) {
  for (const Dimension& d : shape)
    if (!(d == Dimension(1))) return false;
  return true;
}
/// Axes [first, last) of a shape, appended to another.
inline void append_sizes(Shape& to, const Shape& from, std::size_t first, std::size_t last) {
  for (std::size_t i = first; i < last && i < from.rank(); ++i) to.push_back(from[i]);
}

// --- movement
inline ValueId transpose_of(NodeImporter& n, ValueId x, const tensor::Integers& permutation) {
  bool is_identity = true;
  for (std::size_t i = 0; i < permutation.size(); ++i)
    is_identity = is_identity && permutation[i] == static_cast<std::int64_t>(i);
  if (is_identity) return x;
  tensor::TransposeProblem problem;
  problem.permutation = permutation;
  return n.g.add(problem, {x});
}
/// Axis `from` becomes axis `to`; the others keep their order.
inline ValueId move_axis(NodeImporter& n, ValueId x, std::size_t from, std::size_t to) {
  const std::size_t rank = n.g.type(x).shape.rank();
  tensor::Integers permutation;
  for (std::size_t i = 0, other = 0; i < rank; ++i) {
    if (i == to) {
      permutation.push_back(static_cast<std::int64_t>(from));
      continue;
    }
    if (other == from) ++other;
    permutation.push_back(static_cast<std::int64_t>(other++));
  }
  return transpose_of(n, x, permutation);
}
/// [begin, end) along an axis, by steps.
inline ValueId slice_of(NodeImporter& n, ValueId x, std::int64_t axis, const Dimension& begin,
                        const Dimension& end, std::int64_t step = 1) {
  const Shape& shape = n.g.type(x).shape;
  const std::size_t at = static_cast<std::size_t>(NodeImporter::from_first(axis, shape.rank()));
  if (step == 1 && begin == Dimension(0) && at < shape.rank() && end == shape[at]) return x;
  tensor::SliceProblem problem;
  problem.starts = {begin};
  problem.ends = {end};
  problem.axes = {axis};
  problem.steps = {step};
  return n.g.add(problem, {x});
}
inline ValueId concat_of(NodeImporter& n, Span<const ValueId> parts, std::int64_t axis) {
  if (parts.size() == 1) return parts[0];
  return n.g.add(graph::Concat(axis, parts.size()), parts);
}
inline ValueId concat_of(NodeImporter& n, std::initializer_list<ValueId> parts, std::int64_t axis) {
  return concat_of(n, Span<const ValueId>(parts.begin(), parts.size()), axis);
}
inline ValueId reverse_of(NodeImporter& n, ValueId x, std::int64_t axis) {
  tensor::ReverseProblem problem;
  problem.axes = {axis};
  return n.g.add(problem, {x});
}
inline ValueId expand_of(NodeImporter& n, ValueId x, const Shape& shape) {
  if (n.g.type(x).shape == shape) return x;
  tensor::CopyProblem problem;
  problem.shape = shape;
  return n.g.add(problem, {x});
}
inline ValueId reshape_of(NodeImporter& n, ValueId x, const Shape& shape) {
  return n.g.type(x).shape == shape ? x : n.g.reshape(x, shape);
}
/// With an axis of one element at `axis` of the result.
inline ValueId unsqueeze_of(NodeImporter& n, ValueId x, std::size_t axis) {
  const Shape before = n.g.type(x).shape;
  Shape shape;
  append_sizes(shape, before, 0, axis);
  shape.push_back(1);
  append_sizes(shape, before, axis, before.rank());
  return n.g.reshape(x, shape);
}
/// Without the axis, which has one element.
inline ValueId squeeze_of(NodeImporter& n, ValueId x, std::size_t axis) {
  const Shape before = n.g.type(x).shape;
  Shape shape;
  append_sizes(shape, before, 0, axis);
  append_sizes(shape, before, axis + 1, before.rank());
  return n.g.reshape(x, shape);
}

/// One without axes, of a tensor of one element: ONNX has scalars, and exporters lists of one number.
inline ValueId as_scalar(NodeImporter& n, ValueId value) {
  if (value == ValueId::Absent || n.g.type(value).shape.empty()) return value;
  return n.g.reshape(value, {});
}

// --- numbers
inline ValueId fill_of(NodeImporter& n, Scalar scalar, const Shape& shape, double value) {
  tensor::FillProblem problem;
  problem.scalar = scalar;
  problem.shape = shape;
  problem.value = value;
  return n.g.add(problem, {});
}
inline ValueId range_of(NodeImporter& n, Scalar scalar, const Dimension& count, double start = 0,
                        double delta = 1) {
  tensor::RangeProblem problem;
  problem.scalar = scalar;
  problem.count = count;
  problem.start = start;
  problem.delta = delta;
  return n.g.add(problem, {});
}
/// Sizes as a tensor of one axis.
inline ValueId sizes_of(NodeImporter& n, const Shape& sizes, Scalar scalar) {
  graph::Sizes problem;
  problem.sizes = sizes;
  return cast_to(n, n.g.add(problem, {}), scalar);
}

// --- computing
inline ValueId reduce_of(NodeImporter& n, tensor::ReduceKind kind, ValueId x, const tensor::Axes& axes,
                         bool keepdims = true) {
  tensor::ReduceProblem problem;
  problem.kind = kind;
  problem.axes = axes;
  problem.keepdims = keepdims;
  return n.g.add(problem, {x});
}

/// Whether layer 3's products multiply the type; others are multiplied and added up one by one.
inline bool has_products(Scalar scalar) {
  return scalar == Scalar::F32 || scalar == Scalar::F16 || scalar == Scalar::BF16 ||
         (kernel::is_int(scalar) && tensor::element_bytes(scalar) <= 4);
}

/// a [batch…, M, K] times b [batch…, K, N], or the one or the other transposed: numpy's matmul of two axes at least. Floats
/// give `result`, integers a type of 32 or 64 bits.
inline ValueId product_of(NodeImporter& n, ValueId a, ValueId b, bool transposed_a, bool transposed_b,
                          Scalar result) {
  const Scalar scalar = n.g.type(a).scalar, other = n.g.type(b).scalar;
  if (has_products(scalar) && has_products(other)) {
    const Shape left = n.g.type(a).shape, right = n.g.type(b).shape;
    tensor::MatmulProblem problem;
    problem.a.transposed = transposed_a;
    problem.b.transposed = transposed_b;
    const bool is_unsigned = scalar == Scalar::U32 || other == Scalar::U32;
    problem.accumulate = kernel::is_float(scalar) ? Scalar::F32 : is_unsigned ? Scalar::U32 : Scalar::I32;
    problem.result = result;
    // One matrix for all batches: their rows are rows of one product.
    if (right.rank() == 2 && left.rank() > 2 && !transposed_a) {
      Shape rows, out;
      rows.push_back(product_of_sizes(n.g, left, 0, left.rank() - 1));
      rows.push_back(left[left.rank() - 1]);
      append_sizes(out, left, 0, left.rank() - 1);
      out.push_back(right[transposed_b ? 0 : 1]);
      return n.g.reshape(n.g.add(problem, {n.g.reshape(a, rows), b}), out);
    }
    return n.g.add(problem, {a, b});
  }
  const auto swapped = [&](ValueId x) {
    const std::size_t rank = n.g.type(x).shape.rank();
    return move_axis(n, x, rank - 1, rank - 2);
  };
  if (transposed_a) a = swapped(a);
  if (!transposed_b) b = swapped(b);
  const Shape left = n.g.type(a).shape, right = n.g.type(b).shape;
  if (left.rank() < 2 || right.rank() < 2 || left.rank() >= Shape::max_rank ||
      right.rank() >= Shape::max_rank) {
    n.unsupported("its operands have more than seven axes");
    return ValueId::Absent;
  }
  if (!(left[left.rank() - 1] == right[right.rank() - 1])) {
    contradict(n, "the operands of a product do not have the same number of elements along k");
    return ValueId::Absent;
  }
  const ValueId products = n.g.map(unsqueeze_of(n, a, left.rank() - 1), unsqueeze_of(n, b, right.rank() - 2),
                                   [](Expr x, Expr y) { return x * y; });
  return cast_to(n, reduce_of(n, tensor::ReduceKind::Sum, products, {-1}, false), result);
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
