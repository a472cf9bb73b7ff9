// Gathering and scattering: elements whose places a tensor of indices gives.
#pragma once

#include "../config.hpp"
#include "move.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

// Indices are i32 or i64; negative ones count from the end of their axis. ONNX calls an index outside [-n, n - 1] an error,
// which a kernel cannot report: gathering takes the nearest element instead (of an empty axis a 0), scattering leaves the
// update out. Neither reads or writes outside a tensor, whatever the indices are, and both give the same every time. What
// tensor/move.hpp says of elements, axes, operands, epilogues and errors holds here too.

#define AIRSTRIP_TENSOR_GATHER(Problem, Schedule, function)                                          \
  Result<void> legal(const Problem& problem, const Schedule& schedule, const Target& target);        \
  Schedule default_schedule(const Problem& problem, const Target& target);                           \
  Result<Operation> function(const Problem& problem, const Schedule& schedule, const Target& target, \
                             SourceLocation at = SourceLocation::current());                         \
  Result<Operation> function(const Problem& problem, const Target& target,                           \
                             SourceLocation at = SourceLocation::current());

/// ONNX Gather: y [data's axes before `axis`, indices' axes, data's axes behind it]. Operands data, indices and y.
struct GatherProblem {
  TensorType data, indices;
  std::int64_t axis = 0;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "gather";
};
AIRSTRIP_TENSOR_GATHER(GatherProblem, MoveSchedule, gather)

/// ONNX GatherElements: y[…, i, …] = data[…, indices[…, i, …], …]. y has the shape of indices, which is not larger than
/// data along the other axes.
struct GatherElementsProblem {
  TensorType data, indices;
  std::int64_t axis = 0;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "gather_elements";
};
AIRSTRIP_TENSOR_GATHER(GatherElementsProblem, MoveSchedule, gather_elements)

/// ONNX GatherND: the last axis of indices, of a literal size k, gives the coordinates along k axes of data behind the
/// first `batch_axes`, which both have. y [indices' axes but the last, data's axes behind those].
struct GatherNDProblem {
  TensorType data, indices;
  std::size_t batch_axes = 0;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "gather_nd";
};
AIRSTRIP_TENSOR_GATHER(GatherNDProblem, MoveSchedule, gather_nd)

/// ONNX ReverseSequence: the first lengths[b] elements along the time axis are reversed, the rest is not. Lengths are
/// clamped to the axis. Operands x, lengths ([batch], i32 or i64) and y.
struct ReverseSequenceProblem {
  TensorType x, lengths;
  std::int64_t batch_axis = 1, time_axis = 0;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "reverse_sequence";
};
AIRSTRIP_TENSOR_GATHER(ReverseSequenceProblem, MoveSchedule, reverse_sequence)

/// What an update does to the element that it is for.
enum class ScatterReduction : std::uint8_t { None, Add, Mul, Min, Max };

struct ScatterSchedule {
  std::uint32_t workgroup = 64;
  std::uint32_t width = 1;   ///< neighbours that are stored as a vector: 1 to 4
  std::uint32_t unroll = 1;  ///< updates looked at in one iteration: 1 to 64
};

// Scattering is computed as gathering: each element of the output looks at all the updates that may be for it, in the order
// in which they lie in memory. So results do not depend on the schedule or on who comes first, though several updates are for
// one element: without a reduction the last wins; with one they are applied in that order, each result rounded to the type
// (|error| of a sum of m updates <= γ_m (|data| + Σ |updates|), γ_m = m u / (1 - m u), u the type's unit roundoff). Integers
// wrap; Min and Max of a NaN are a NaN. The price: loads of indices are elements of the output times the updates that each
// looks at, and an invocation's iterations are limited (`Target::max_loop_iterations`; legal() says by how much, of sizes of
// run time `Operation::resolve`).

/// ONNX ScatterElements: y = data, and y[…, indices[…, i, …], …] is updated by updates[…, i, …]. Each element looks at as
/// many updates as indices are long along `axis`. Operands data, indices, updates and y.
struct ScatterElementsProblem {
  TensorType data, indices, updates;
  std::int64_t axis = 0;
  ScatterReduction reduction = ScatterReduction::None;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "scatter_elements";
};
AIRSTRIP_TENSOR_GATHER(ScatterElementsProblem, ScatterSchedule, scatter_elements)

/// ONNX ScatterND: indices [updates' outer axes, k] (k literal), updates [those axes, data's axes from k on]. Each element
/// looks at all rows of indices. Indices and updates are without gaps.
struct ScatterNDProblem {
  TensorType data, indices, updates;
  ScatterReduction reduction = ScatterReduction::None;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "scatter_nd";
};
AIRSTRIP_TENSOR_GATHER(ScatterNDProblem, ScatterSchedule, scatter_nd)

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/gather.hpp"
#include "impl/scatter.hpp"
#endif

#undef AIRSTRIP_TENSOR_GATHER
