// Tensors that are made of coordinates: ranges, one-hot, triangles, constants; and choosing between two.
#pragma once

#include "../config.hpp"
#include "move.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

// What tensor/move.hpp says of operands, epilogues, schedules and errors holds here too.

#define AIRSTRIP_TENSOR_GENERATE(Problem, function)                                                      \
  Result<void> legal(const Problem& problem, const MoveSchedule& schedule, const Target& target);        \
  MoveSchedule default_schedule(const Problem& problem, const Target& target);                           \
  Result<Operation> function(const Problem& problem, const MoveSchedule& schedule, const Target& target, \
                             SourceLocation at = SourceLocation::current());                             \
  Result<Operation> function(const Problem& problem, const Target& target,                               \
                             SourceLocation at = SourceLocation::current());

/// A number of the dispatch, or one that is known: rounded to the type; of an integer type a whole one.
struct Number {
  constexpr Number(double literal = 0) : value(literal) {}
  static constexpr Number parameter(Text name) {
    Number n;
    n.name = name;
    return n;
  }
  double value = 0;
  Text name = {};  ///< of a parameter; empty: `value`
};

/// How many numbers ONNX's Range has: max(ceil((limit - start) / delta), 0); 0 for a delta of 0.
std::int64_t range_count(double start, double limit, double delta);
/// ONNX Range: y[i] = start + i delta, for `count` elements of a number type. Integers wrap. Floats are rounded twice, or once
/// where the device fuses them: |error| <= u (|i delta| + |y|) for i < 2^24, f16 and bf16 computed in f32 and rounded once more.
struct RangeProblem {
  Scalar scalar = Scalar::I64;
  Dimension count = 0;
  Number start = 0, delta = 1;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "range";
};
AIRSTRIP_TENSOR_GENERATE(RangeProblem, range)

/// ONNX OneHot: y has an axis of `depth` before indices' axis `axis` (-1: behind the last), where the element that the index
/// counts is `on` and all others are `off`. Negative indices count from the end; with one outside [-depth, depth - 1] all
/// are `off`. Indices are i32 or i64.
struct OneHotProblem {
  TensorType indices;
  Dimension depth = 0;
  std::int64_t axis = -1;
  Scalar scalar = Scalar::F32;
  Number off = 0, on = 1;
  /// off and on are read from an operand `values` of two elements instead.
  bool reads_values = false;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "one_hot";
};
AIRSTRIP_TENSOR_GENERATE(OneHotProblem, one_hot)

/// ONNX Trilu: of each matrix of the last two axes what is on and above (below) diagonal k, and 0 elsewhere.
struct TriluProblem {
  TensorType x;
  bool upper = true;
  std::int64_t k = 0;  ///< 0: the main one; 1: that above it
  TensorType y = {};
  Expression epilogue = {};
  Text name = "trilu";
};
AIRSTRIP_TENSOR_GENERATE(TriluProblem, trilu)

/// ONNX EyeLike: 1 on diagonal k of a matrix and 0 elsewhere.
struct EyeProblem {
  Scalar scalar = Scalar::F32;
  Dimension rows = 0, columns = 0;
  std::int64_t k = 0;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "eye";
};
AIRSTRIP_TENSOR_GENERATE(EyeProblem, eye)

/// ONNX ConstantOfShape: every element is one number.
struct FillProblem {
  Scalar scalar = Scalar::F32;
  Shape shape = {};
  Number value = 0;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "fill";
};
AIRSTRIP_TENSOR_GENERATE(FillProblem, fill)

/// ONNX Where: a where the condition (Booleans) is true, else b, moved bit for bit; all three are broadcast. Only the one that
/// is taken is read. Operands condition, a, b and y. Inside an expression `select` is the same.
struct WhereProblem {
  TensorType condition, a, b;
  TensorType y = {};
  Expression epilogue = {};
  Text name = "where";
};
AIRSTRIP_TENSOR_GENERATE(WhereProblem, where)

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/generate.hpp"
#endif

#undef AIRSTRIP_TENSOR_GENERATE
