// Gather and scatter, and what looks elements up.
#pragma once

#include "sizes.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

template <class Problem>
void import_gather_along(NodeImporter& n) {
  Problem problem;
  problem.axis = n.integer("axis", 0);
  n.set(0, n.g.add(problem, {n.input(0), n.input(1)}, n.name()));
}

inline void import_gather_nd(NodeImporter& n) {
  tensor::GatherNDProblem problem;
  const std::int64_t batch = n.opset < 12 ? 0 : n.integer("batch_dims", 0);
  if (batch < 0 || batch > static_cast<std::int64_t>(Shape::max_rank))
    return n.unsupported("its batch_dims are negative, or more than there are axes");
  problem.batch_axes = static_cast<std::size_t>(batch);
  n.set(0, n.g.add(problem, {n.input(0), n.input(1)}, n.name()));
}

/// The attribute that operator set 16 added (add, mul), and 18 (min, max). False: given up.
inline bool scatter_reduction(NodeImporter& n, tensor::ScatterReduction& reduction) {
  using tensor::ScatterReduction;
  const Text name = n.opset < 16 ? Text("none") : n.text("reduction", "none");
  if (name == Text("none"))
    reduction = ScatterReduction::Replace;
  else if (name == Text("add"))
    reduction = ScatterReduction::Add;
  else if (name == Text("mul"))
    reduction = ScatterReduction::Mul;
  else if (name == Text("min"))
    reduction = ScatterReduction::Min;
  else if (name == Text("max"))
    reduction = ScatterReduction::Max;
  else {
    n.unsupported("its reduction is none of none, add, mul, min and max");
    return false;
  }
  return true;
}

// Scatter is what operator sets 9 and 10 call it, without a reduction.
inline void import_scatter_elements(NodeImporter& n) {
  tensor::ScatterElementsProblem problem;
  problem.axis = n.integer("axis", 0);
  if (!scatter_reduction(n, problem.reduction)) return;
  n.set(0, n.g.add(problem, {n.input(0), n.input(1), n.input(2)}, n.name()));
}

inline void import_scatter_nd(NodeImporter& n) {
  tensor::ScatterNDProblem problem;
  if (!scatter_reduction(n, problem.reduction)) return;
  n.set(0, n.g.add(problem, {n.input(0), n.input(1), n.input(2)}, n.name()));
}

// ONNX 24: y = past_cache, and y[b, …, write_indices[b] + i, …] = update[b, …, i, …] along the axis; circular: modulo its
// size. It is ScatterElements with indices that are computed.
inline void import_tensor_scatter(NodeImporter& n) {
  const std::size_t rank = n.rank(0);
  const std::int64_t axis = NodeImporter::from_first(n.integer("axis", -2), rank);
  const Text mode = n.text("mode", "linear");
  const bool is_circular = mode == Text("circular");
  if (!is_circular && !(mode == Text("linear")))
    return n.unsupported("its mode is neither linear nor circular");
  if (axis < 1 || axis >= static_cast<std::int64_t>(rank) || n.rank(1) != rank)
    return n.unsupported(
        "its axis is the first, or none of its input, or its update has another number of axes");
  const std::size_t along = static_cast<std::size_t>(axis);
  tensor::RangeProblem range;
  range.count = n.shape(1)[along];
  Shape steps, batches;
  for (std::size_t i = 0; i < rank; ++i) {
    steps.push_back(i == along ? n.shape(1)[along] : Dimension(1));
    batches.push_back(i == 0 ? n.shape(1)[0] : Dimension(1));
  }
  ValueId indices = n.g.reshape(n.g.add(range, {}), steps);
  if (n.has(2)) {
    const ValueId first = n.g.cast(n.g.reshape(n.input(2), batches), Scalar::I64);
    if (is_circular) {
      graph::Sizes sizes;
      sizes.sizes.push_back(n.shape(0)[along]);
      sizes.is_scalar = true;
      const ValueId inputs[] = {indices, first, n.g.add(sizes, {})};
      indices = n.g.map_all(inputs, [](Span<const Expr> v) { return tensor::mod(v[0] + v[1], v[2]); });
    } else {
      indices = n.g.map(indices, first, [](Expr i, Expr f) { return i + f; });
    }
  }
  tensor::CopyProblem stretch;
  stretch.shape = n.shape(1);
  indices = n.g.add(stretch, {indices});
  tensor::ScatterElementsProblem problem;
  problem.axis = axis;
  n.set(0, n.g.add(problem, {n.input(0), indices, n.input(1)}, n.name()));
}

// How many elements are not 0 determines the shape, so that the input has to be known.
inline void import_non_zero(NodeImporter& n) {
  Buffer<double> values;
  const Shape shape = n.shape(0);
  if (!n.known_numbers(0, values)) return;
  std::int64_t count = 0;
  for (const double value : values) count += value != 0;
  Buffer<std::int64_t> places;
  if (!places.resize(static_cast<std::size_t>(count) * shape.rank()))
    return n.unsupported("there was no memory for its result");
  std::int64_t column = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 0) continue;
    std::size_t rest = i;
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      const std::size_t size = static_cast<std::size_t>(shape[axis].value());
      places[axis * static_cast<std::size_t>(count) + static_cast<std::size_t>(column)] =
          static_cast<std::int64_t>(rest % size);
      rest /= size;
    }
    ++column;
  }
  const ValueId list = n.g.integers({places.data(), places.size()});
  n.set(0, n.g.reshape(list, {static_cast<std::int64_t>(shape.rank()), count}, n.name()));
}

inline constexpr OperatorEntry indexing_operators[] = {
    {"Gather", import_gather_along<tensor::GatherProblem>},
    {"GatherElements", import_gather_along<tensor::GatherElementsProblem>},
    {"GatherND", import_gather_nd},
    {"NonZero", import_non_zero},
    {"Scatter", import_scatter_elements},
    {"ScatterElements", import_scatter_elements},
    {"ScatterND", import_scatter_nd},
    {"TensorScatter", import_tensor_scatter},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
