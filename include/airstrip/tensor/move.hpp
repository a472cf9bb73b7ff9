// Data movement: each element of an output is one of an input, or a constant.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "expression.hpp"
#include "operation.hpp"
#include "shape.hpp"
#include "target.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

// What holds for all of these. Elements of any type are moved bit for bit: no NaN, denormal number or byte of a Boolean
// changes. Each is written by one invocation, so results do not depend on the schedule. The operands are x and y (of
// the output `TensorType` only strides and offset are looked at), or in place of y what the epilogue writes: an expression
// over the output's axes whose primary value is the element. Axes may be counted from the last (-1). Errors: InvalidShape
// (sizes, axes), InvalidOperand (an operand of the epilogue that is called like one of the family's), IllegalSchedule,
// LimitExceeded. Sizes that depend on parameters are checked by `Operation::resolve`.

struct MoveSchedule {
  std::uint32_t workgroup = 64;  ///< invocations
  std::uint32_t width = 1;       ///< neighbours along the last axis that are moved as a vector: 1 to 4
  std::uint32_t items = 1;       ///< vectors an invocation moves, a workgroup apart: 1 to 64
};

// For a problem: whether a schedule can be used or which rule fails and by how much; a schedule that can; the kernels.
#define AIRSTRIP_TENSOR_MOVE(Problem, Schedule, function)                                            \
  Result<void> legal(const Problem& problem, const Schedule& schedule, const Target& target);        \
  Schedule default_schedule(const Problem& problem, const Target& target);                           \
  Result<Operation> function(const Problem& problem, const Schedule& schedule, const Target& target, \
                             SourceLocation at = SourceLocation::current());                         \
  Result<Operation> function(const Problem& problem, const Target& target,                           \
                             SourceLocation at = SourceLocation::current());

/// ONNX Transpose: y's axis i is x's axis permutation[i]. No permutation: the axes in reverse.
struct TransposeProblem {
  TensorType x;
  Integers permutation = {};
  TensorType y = {};
  Expression epilogue = {};
  Text name = "transpose";
};
struct TransposeSchedule {
  std::uint32_t workgroup = 64;
  std::uint32_t width = 1;  ///< without tiles
  std::uint32_t items = 1;  ///< without tiles
  /// Not 0: tiles of as many rows and columns go through workgroup memory, so that both tensors are accessed along the
  /// axis that lies in a row. A multiple of it is the workgroup. Only where that axis is another one in x than in y.
  std::uint32_t tile = 0;
};
AIRSTRIP_TENSOR_MOVE(TransposeProblem, TransposeSchedule, transpose)

/// ONNX Slice: from `starts` (inclusive) to `ends` (exclusive) by `steps`, along `axes` (empty: the first ones). Negative
/// starts and ends count from the end; both are clamped as ONNX says: to [0, n] where the step is positive, else to
/// [0, n - 1] and [-1, n - 1], -1 being what an end before the beginning becomes. Parameters count from the beginning.
struct SliceProblem {
  TensorType x;
  Shape starts = {}, ends = {};
  Integers axes = {};
  Integers steps = {};  ///< empty: 1; not 0
  TensorType y = {};
  Expression epilogue = {};
  Text name = "slice";
};
AIRSTRIP_TENSOR_MOVE(SliceProblem, MoveSchedule, slice)

enum class PadMode : std::uint8_t {
  Constant,
  Reflect,  ///< mirrored at the first and last element, again and again; an axis of one element repeats it (as numpy)
  Edge,  ///< the nearest element
  Wrap,  ///< repeated from the other end
};
/// ONNX Pad: `before` and `after` elements are added along `axes` (empty: all). Literals may be negative, and then crop;
/// that happens before anything is added. The other modes than Constant want at least one element to be there, which is
/// checked of literals; where a parameter is 0, the constant is stored.
struct PadProblem {
  TensorType x;
  Shape before = {}, after = {};
  Integers axes = {};
  PadMode mode = PadMode::Constant;
  double constant = 0;           ///< rounded to x's type; of an integer type a whole number
  Text constant_parameter = {};  ///< not empty: the constant is this parameter of the dispatch, of x's type
  TensorType y = {};
  Expression epilogue = {};
  Text name = "pad";
};
AIRSTRIP_TENSOR_MOVE(PadProblem, MoveSchedule, pad)

/// ONNX Tile: x repeated along each axis.
struct TileProblem {
  TensorType x;
  Shape repeats = {};
  TensorType y = {};
  Expression epilogue = {};
  Text name = "tile";
};
AIRSTRIP_TENSOR_MOVE(TileProblem, MoveSchedule, tile)

enum class DepthOrder : std::uint8_t {
  DepthColumnRow,  ///< ONNX's DCR: channels are [block, block, depth]
  ColumnRowDepth,  ///< ONNX's CRD: channels are [depth, block, block]
};
/// ONNX DepthToSpace: x [n, depth * block * block, h, w], y [n, depth, h * block, w * block].
struct DepthToSpaceProblem {
  TensorType x;
  std::int64_t block = 2;
  DepthOrder order = DepthOrder::DepthColumnRow;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "depth_to_space";
};
AIRSTRIP_TENSOR_MOVE(DepthToSpaceProblem, MoveSchedule, depth_to_space)
/// ONNX SpaceToDepth (order DepthColumnRow), and the reverse of the other order: x [n, depth, h, w], y [n, depth * block *
/// block, h / block, w / block].
struct SpaceToDepthProblem {
  TensorType x;
  std::int64_t block = 2;
  DepthOrder order = DepthOrder::DepthColumnRow;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "space_to_depth";
};
AIRSTRIP_TENSOR_MOVE(SpaceToDepthProblem, MoveSchedule, space_to_depth)

/// numpy.flip: back to front along `axes` (empty: all).
struct ReverseProblem {
  TensorType x;
  Integers axes = {};
  TensorType y = {};
  Expression epilogue = {};
  Text name = "reverse";
};
AIRSTRIP_TENSOR_MOVE(ReverseProblem, MoveSchedule, reverse)

/// numpy.roll: what is at index i along an axis goes to i + shift, and past the end on from the beginning.
struct RollProblem {
  TensorType x;
  Integers axes = {}, shifts = {};  ///< as many of the one as of the other
  TensorType y = {};
  Expression epilogue = {};
  Text name = "roll";
};
AIRSTRIP_TENSOR_MOVE(RollProblem, MoveSchedule, roll)

/// Any stretched, permuted or strided view as a tensor of its own: y[i] = x[i], x broadcast to `shape` (ONNX Expand,
/// Identity, and what makes a view contiguous). A 1 in the shape, or an axis that it lacks in front, leaves x's.
struct CopyProblem {
  TensorType x;
  Shape shape = {};  ///< empty: x's
  TensorType y = {};
  Expression epilogue = {};
  Text name = "copy";
};
AIRSTRIP_TENSOR_MOVE(CopyProblem, MoveSchedule, copy)

/// ONNX Concat: parts of one type, called x0, x1, …, one behind the other along an axis. Empty parts are fine.
struct ConcatProblem {
  Span<const TensorType> parts;  ///< has to live as long as the problem
  std::int64_t axis = 0;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "concat";
};
struct ConcatSchedule {
  std::uint32_t workgroup = 64;
  std::uint32_t width = 1;
  std::uint32_t items = 1;
  std::uint32_t parts = 1;  ///< in one dispatch; each is a storage buffer
};
AIRSTRIP_TENSOR_MOVE(ConcatProblem, ConcatSchedule, concat)

/// ONNX Split: x cut along an axis into parts of these sizes, called y0, y1, …. The sizes' sum is x's; where parameters are
/// among them, only a sum that is more is refused, when sizes are resolved.
struct SplitProblem {
  TensorType x;
  std::int64_t axis = 0;
  Span<const Dimension> sizes;  ///< has to live as long as the problem
  Text name = "split";
};
/// As of concat; parts are written.
using SplitSchedule = ConcatSchedule;
AIRSTRIP_TENSOR_MOVE(SplitProblem, SplitSchedule, split)

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/concat.hpp"
#include "impl/move.hpp"
#include "impl/transpose.hpp"
#endif

#undef AIRSTRIP_TENSOR_MOVE
