#pragma once

#include "../families/rows.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

// The type of an element after the prologue.
template <class Problem>
Scalar row_element(const Problem& problem) {
  return tensor::detail::prologue_scalar(problem.prologue, problem.x.scalar);
}
inline Result<void> check_axes(const tensor::Integers& axes, const Shape& shape) {
  if (Result<void> r = tensor::detail::check_shape("x", shape); !r) return r;
  if (const Result<std::uint32_t> mask = tensor::axis_mask(axes, shape.rank()); !mask) return mask.error();
  return {};
}
inline Scalar row_float(Scalar scalar) { return scalar == Scalar::F64 ? Scalar::F64 : Scalar::F32; }

}  // namespace detail

// What those have alike that read x alone and have one result.
#define AIRSTRIP_GRAPH_SINGLE(Type, result)                                                                \
  AIRSTRIP_INLINE void Family<tensor::Type>::bind(Problem& problem, std::size_t, const TensorType& type) { \
    problem.x = type;                                                                                      \
  }                                                                                                        \
  AIRSTRIP_INLINE Text Family<tensor::Type>::input_name(const Problem&, std::size_t) { return "x"; }       \
  AIRSTRIP_INLINE Scalar Family<tensor::Type>::primary(const Problem& problem, std::uint32_t index) {      \
    return index == 0 ? (result) : Scalar::Void;                                                           \
  }
AIRSTRIP_GRAPH_SINGLE(SoftmaxProblem, (static_cast<void>(problem), Scalar::F32))
AIRSTRIP_GRAPH_SINGLE(ScanProblem, tensor::Reduction::accumulator(detail::row_element(problem)))
AIRSTRIP_GRAPH_SINGLE(LocalResponseProblem, detail::row_float(detail::row_element(problem)))
#undef AIRSTRIP_GRAPH_SINGLE

// y is as x, after the prologue.
#define AIRSTRIP_GRAPH_SAME_SHAPE(Type, checked)                                                       \
  AIRSTRIP_INLINE Text Family<tensor::Type>::output_name(const Problem&, std::size_t) { return "y"; }  \
  AIRSTRIP_INLINE Result<void> Family<tensor::Type>::infer(const Problem& problem, Inferred& result) { \
    if (Result<void> r = checked; !r) return r;                                                        \
    result.add(detail::row_element(problem), problem.x.shape);                                         \
    return {};                                                                                         \
  }
AIRSTRIP_GRAPH_SAME_SHAPE(SoftmaxProblem, detail::check_axes(problem.axes, problem.x.shape))
AIRSTRIP_GRAPH_SAME_SHAPE(ScanProblem, detail::check_axes({problem.axis}, problem.x.shape))
AIRSTRIP_GRAPH_SAME_SHAPE(LocalResponseProblem, tensor::detail::check_shape("x", problem.x.shape))
#undef AIRSTRIP_GRAPH_SAME_SHAPE

// Rows are read once for each pass over them, and there is one mostly.
AIRSTRIP_INLINE bool Family<tensor::SoftmaxProblem>::is_read_once(const Problem&, std::size_t) {
  return true;
}
AIRSTRIP_INLINE bool Family<tensor::ScanProblem>::is_read_once(const Problem&, std::size_t) { return true; }
AIRSTRIP_INLINE bool Family<tensor::ReduceProblem>::is_read_once(const Problem&, std::size_t) { return true; }
AIRSTRIP_INLINE bool Family<tensor::NormalizeProblem>::is_read_once(const Problem&, std::size_t) {
  return true;
}
// Each element is read for each of its neighbouring channels.
AIRSTRIP_INLINE bool Family<tensor::LocalResponseProblem>::is_read_once(const Problem&, std::size_t) {
  return false;
}
AIRSTRIP_INLINE bool Family<tensor::PoolProblem>::is_read_once(const Problem& problem, std::size_t) {
  if (problem.global) return true;
  for (std::size_t i = 0; i + 2 < problem.x.shape.rank() && i < 3; ++i)
    if (problem.kernel[i] > problem.strides[i]) return false;
  return true;
}

AIRSTRIP_INLINE void Family<tensor::ReduceProblem>::bind(Problem& problem, std::size_t,
                                                         const TensorType& type) {
  problem.x = type;
}
AIRSTRIP_INLINE Text Family<tensor::ReduceProblem>::input_name(const Problem&, std::size_t) { return "x"; }
AIRSTRIP_INLINE Text Family<tensor::ReduceProblem>::output_name(const Problem&, std::size_t) { return "y"; }
AIRSTRIP_INLINE Scalar Family<tensor::ReduceProblem>::primary(const Problem& problem, std::uint32_t index) {
  return index == 0 ? tensor::Reduction::result(problem.kind, detail::row_element(problem), problem.index)
                    : Scalar::Void;
}
AIRSTRIP_INLINE Result<void> Family<tensor::ReduceProblem>::infer(const Problem& problem, Inferred& result) {
  const Result<tensor::detail::ReduceFacts> facts = tensor::detail::reduction_facts(problem);
  if (!facts) return facts.error();
  Shape shape;
  for (std::size_t i = 0; i < problem.x.shape.rank(); ++i) {
    const bool reduced = (facts->mask >> i & 1) != 0;
    if (!reduced)
      shape.push_back(problem.x.shape[i]);
    else if (problem.keepdims)
      shape.push_back(1);
  }
  result.add(tensor::is_arg(problem.kind) ? problem.index : facts->element, shape);
  return {};
}
AIRSTRIP_INLINE void Family<tensor::ReduceProblem>::describe(const Problem& p, Attributes& a) {
  a.add("kind", Text(tensor::to_string(p.kind)));
  if (!p.axes.empty()) a.add("axes", p.axes);
  a.add("keepdims", p.keepdims);
}
AIRSTRIP_INLINE void Family<tensor::SoftmaxProblem>::describe(const Problem& p, Attributes& a) {
  a.add("axes", p.axes);
  if (p.log) a.add("log", true);
}
AIRSTRIP_INLINE void Family<tensor::ScanProblem>::describe(const Problem& p, Attributes& a) {
  a.add("kind", Text(tensor::to_string(p.kind)));
  a.add("axis", p.axis);
  if (p.exclusive) a.add("exclusive", true);
  if (p.reverse) a.add("reverse", true);
}
AIRSTRIP_INLINE void Family<tensor::LocalResponseProblem>::describe(const Problem& p, Attributes& a) {
  a.add("size", std::int64_t{p.size});
  a.add("alpha", p.alpha);
  a.add("beta", p.beta);
  a.add("bias", p.bias);
}

AIRSTRIP_INLINE void Family<tensor::PoolProblem>::bind(Problem& problem, std::size_t,
                                                       const TensorType& type) {
  problem.x = type;
}
AIRSTRIP_INLINE Text Family<tensor::PoolProblem>::input_name(const Problem&, std::size_t) { return "x"; }
AIRSTRIP_INLINE Text Family<tensor::PoolProblem>::output_name(const Problem&, std::size_t i) {
  return i == 0 ? "y" : "indices";
}
AIRSTRIP_INLINE Scalar Family<tensor::PoolProblem>::primary(const Problem& problem, std::uint32_t index) {
  if (index == 0) return tensor::detail::pool_scalar(tensor::detail::pooled_scalar(problem));
  return index == 1 && problem.indices ? Scalar::I64 : Scalar::Void;
}
AIRSTRIP_INLINE Result<void> Family<tensor::PoolProblem>::infer(const Problem& problem, Inferred& result) {
  if (Result<void> r = tensor::detail::check_pool_geometry(problem); !r) return r;
  SizeId shape[Shape::max_rank] = {};
  const std::size_t rank = problem.x.shape.rank();
  for (std::size_t i = 0; i < rank; ++i)
    shape[i] = i < 2 ? result.sizes.of(problem.x.shape[i]) : pool_output(result.sizes, problem, i - 2);
  result.add(tensor::detail::pooled_scalar(problem), Span<const SizeId>(shape, rank));
  if (problem.indices) result.add(Scalar::I64, Span<const SizeId>(shape, rank));
  return {};
}
AIRSTRIP_INLINE void Family<tensor::PoolProblem>::describe(const Problem& p, Attributes& a) {
  constexpr const char* kinds[] = {"max", "average", "lp"};
  a.add("kind", Text(kinds[static_cast<std::size_t>(p.kind)]));
  if (p.global) {
    a.add("global", true);
    return;
  }
  const std::size_t spatial = p.x.shape.rank() > 2 ? p.x.shape.rank() - 2 : 0;
  std::int64_t kernel[3], strides[3], pads[6];
  for (std::size_t i = 0; i < spatial && i < 3; ++i) {
    kernel[i] = p.kernel[i];
    strides[i] = p.strides[i];
    pads[i] = p.pads_begin[i];
    pads[spatial + i] = p.pads_end[i];
  }
  a.add("kernel", Span<const std::int64_t>(kernel, spatial));
  a.add("strides", Span<const std::int64_t>(strides, spatial));
  a.add("pads", Span<const std::int64_t>(pads, 2 * spatial));
  if (p.ceil_mode) a.add("ceil_mode", true);
}

AIRSTRIP_INLINE void Family<tensor::NormalizeProblem>::bind(Problem& problem, std::size_t input,
                                                            const TensorType& type) {
  if (input == 0)
    problem.x = type;
  else
    problem.weights = type.scalar;
}
AIRSTRIP_INLINE Text Family<tensor::NormalizeProblem>::input_name(const Problem& problem, std::size_t i) {
  return i == 0 ? "x" : i == 1 && problem.scale ? "scale" : "bias";
}
AIRSTRIP_INLINE Text Family<tensor::NormalizeProblem>::output_name(const Problem& problem, std::size_t i) {
  if (i == 0) return "y";
  return i == 1 && problem.kind != tensor::NormalizeKind::Rms ? "mean" : "inv_std_dev";
}
AIRSTRIP_INLINE Scalar Family<tensor::NormalizeProblem>::primary(const Problem& problem,
                                                                 std::uint32_t index) {
  return index == 0 ? detail::row_float(detail::row_element(problem)) : Scalar::Void;
}
AIRSTRIP_INLINE Result<void> Family<tensor::NormalizeProblem>::infer(const Problem& problem,
                                                                     Inferred& result) {
  if (Result<void> r = tensor::detail::check_normalize_shape(problem); !r) return r;
  const Scalar element = detail::row_element(problem);
  result.add(element, problem.x.shape);
  if (!problem.statistics) return {};
  Shape rows = problem.x.shape;
  for (std::size_t i = tensor::detail::normalize_axis(problem); i < rows.rank(); ++i) rows[i] = 1;
  const std::size_t count = problem.kind == tensor::NormalizeKind::Rms ? 1 : 2;
  for (std::size_t i = 0; i < count; ++i) result.add(detail::row_float(element), rows);
  return {};
}
AIRSTRIP_INLINE void Family<tensor::NormalizeProblem>::describe(const Problem& p, Attributes& a) {
  constexpr const char* kinds[] = {"layer", "rms", "instance", "group", "mean_variance", "lp"};
  a.add("kind", Text(kinds[static_cast<std::size_t>(p.kind)]));
  if (p.kind == tensor::NormalizeKind::Group) a.add("groups", std::int64_t{p.groups});
  if (p.kind == tensor::NormalizeKind::Layer || p.kind == tensor::NormalizeKind::Rms)
    a.add("axis", std::int64_t{p.axis});
  a.add("epsilon", p.epsilon);
}

AIRSTRIP_GRAPH_NAMESPACE_END
