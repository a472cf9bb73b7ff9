#pragma once

#include "../families/movement.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// The space that a movement's rules find: the output's shape.
template <class Describe>
Result<void> infer_movement(Inferred& result, Describe&& describe) {
  tensor::Movement movement(result.sizes);
  if (Result<void> r = tensor::detail::describe_checked(movement, describe); !r) return r;
  result.add(movement.x.type.scalar,
             Span<const SizeId>(movement.space, movement.is_scalar ? 0 : movement.rank));
  return {};
}

}  // namespace detail

#define AIRSTRIP_GRAPH_INFER(Type)                                                                     \
  AIRSTRIP_INLINE Result<void> Family<tensor::Type>::infer(const Problem& problem, Inferred& result) { \
    return detail::infer_movement(                                                                     \
        result, [&](tensor::Movement& m) { return tensor::detail::describe(problem, m); });            \
  }
AIRSTRIP_GRAPH_INFER(TransposeProblem)
AIRSTRIP_GRAPH_INFER(SliceProblem)
AIRSTRIP_GRAPH_INFER(PadProblem)
AIRSTRIP_GRAPH_INFER(TileProblem)
AIRSTRIP_GRAPH_INFER(DepthToSpaceProblem)
AIRSTRIP_GRAPH_INFER(SpaceToDepthProblem)
AIRSTRIP_GRAPH_INFER(ReverseProblem)
AIRSTRIP_GRAPH_INFER(RollProblem)
AIRSTRIP_GRAPH_INFER(CopyProblem)
AIRSTRIP_GRAPH_INFER(TriluProblem)
AIRSTRIP_GRAPH_INFER(GatherProblem)
AIRSTRIP_GRAPH_INFER(GatherElementsProblem)
AIRSTRIP_GRAPH_INFER(GatherNDProblem)
AIRSTRIP_GRAPH_INFER(ReverseSequenceProblem)
#undef AIRSTRIP_GRAPH_INFER

AIRSTRIP_INLINE Result<void> Family<tensor::ResizeProblem>::infer(const Problem& problem, Inferred& result) {
  tensor::detail::ResizeAxes axes;
  return detail::infer_movement(
      result, [&](tensor::Movement& m) { return tensor::detail::describe_resize(problem, m, axes); });
}

// An updated tensor is as the tensor was.
AIRSTRIP_INLINE Result<void> Family<tensor::ScatterElementsProblem>::infer(const Problem& problem,
                                                                           Inferred& result) {
  tensor::detail::Scatter scatter(result.sizes);
  if (Result<void> r = tensor::detail::describe(problem, scatter); !r) return r;
  result.add(problem.data.scalar, problem.data.shape);
  return {};
}
AIRSTRIP_INLINE Result<void> Family<tensor::ScatterNDProblem>::infer(const Problem& problem,
                                                                     Inferred& result) {
  tensor::detail::Scatter scatter(result.sizes);
  if (Result<void> r = tensor::detail::describe(problem, scatter); !r) return r;
  result.add(problem.data.scalar, problem.data.shape);
  return {};
}

AIRSTRIP_INLINE void Family<tensor::TransposeProblem>::describe(const Problem& p, Attributes& a) {
  if (!p.permutation.empty()) a.add("permutation", p.permutation);
}
AIRSTRIP_INLINE void Family<tensor::SliceProblem>::describe(const Problem& p, Attributes& a) {
  a.add("starts", p.starts);
  a.add("ends", p.ends);
  if (!p.axes.empty()) a.add("axes", p.axes);
  if (!p.steps.empty()) a.add("steps", p.steps);
}
AIRSTRIP_INLINE void Family<tensor::PadProblem>::describe(const Problem& p, Attributes& a) {
  constexpr const char* modes[] = {"constant", "reflect", "edge", "wrap"};
  a.add("before", p.before);
  a.add("after", p.after);
  if (!p.axes.empty()) a.add("axes", p.axes);
  a.add("mode", Text(modes[static_cast<std::size_t>(p.mode)]));
}
AIRSTRIP_INLINE void Family<tensor::TileProblem>::describe(const Problem& p, Attributes& a) {
  a.add("repeats", p.repeats);
}
AIRSTRIP_INLINE void Family<tensor::DepthToSpaceProblem>::describe(const Problem& p, Attributes& a) {
  a.add("block", p.block);
  a.add("order", Text(p.order == tensor::DepthOrder::DepthColumnRow ? "DCR" : "CRD"));
}
AIRSTRIP_INLINE void Family<tensor::SpaceToDepthProblem>::describe(const Problem& p, Attributes& a) {
  a.add("block", p.block);
  a.add("order", Text(p.order == tensor::DepthOrder::DepthColumnRow ? "DCR" : "CRD"));
}
AIRSTRIP_INLINE void Family<tensor::ReverseProblem>::describe(const Problem& p, Attributes& a) {
  a.add("axes", p.axes);
}
AIRSTRIP_INLINE void Family<tensor::RollProblem>::describe(const Problem& p, Attributes& a) {
  a.add("axes", p.axes);
  a.add("shifts", p.shifts);
}
AIRSTRIP_INLINE void Family<tensor::CopyProblem>::describe(const Problem& p, Attributes& a) {
  if (!p.shape.empty()) a.add("shape", p.shape);
}
AIRSTRIP_INLINE void Family<tensor::TriluProblem>::describe(const Problem& p, Attributes& a) {
  a.add("upper", p.upper);
  a.add("k", p.k);
}
AIRSTRIP_INLINE void Family<tensor::ResizeProblem>::describe(const Problem& p, Attributes& a) {
  constexpr const char* modes[] = {"nearest", "linear", "cubic"};
  constexpr const char* coordinates[] = {"half_pixel",    "half_pixel_symmetric", "pytorch_half_pixel",
                                         "align_corners", "asymmetric",           "tf_crop_and_resize"};
  a.add("mode", Text(modes[static_cast<std::size_t>(p.mode)]));
  a.add("coordinates", Text(coordinates[static_cast<std::size_t>(p.coordinates)]));
  if (!p.sizes.empty()) a.add("sizes", p.sizes);
  if (p.antialias) a.add("antialias", true);
}
AIRSTRIP_INLINE void Family<tensor::GatherProblem>::describe(const Problem& p, Attributes& a) {
  a.add("axis", p.axis);
}
AIRSTRIP_INLINE void Family<tensor::GatherElementsProblem>::describe(const Problem& p, Attributes& a) {
  a.add("axis", p.axis);
}
AIRSTRIP_INLINE void Family<tensor::GatherNDProblem>::describe(const Problem& p, Attributes& a) {
  if (p.batch_axes) a.add("batch_axes", static_cast<std::int64_t>(p.batch_axes));
}
AIRSTRIP_INLINE void Family<tensor::ReverseSequenceProblem>::describe(const Problem& p, Attributes& a) {
  a.add("batch_axis", p.batch_axis);
  a.add("time_axis", p.time_axis);
}

namespace detail {

inline Text name_of(tensor::ScatterReduction reduction) {
  constexpr const char* names[] = {"replace", "add", "mul", "min", "max"};
  return names[static_cast<std::size_t>(reduction)];
}

}  // namespace detail

AIRSTRIP_INLINE void Family<tensor::ScatterElementsProblem>::describe(const Problem& p, Attributes& a) {
  a.add("axis", p.axis);
  a.add("reduction", detail::name_of(p.reduction));
}
AIRSTRIP_INLINE void Family<tensor::ScatterNDProblem>::describe(const Problem& p, Attributes& a) {
  a.add("reduction", detail::name_of(p.reduction));
}

AIRSTRIP_GRAPH_NAMESPACE_END
