// Elementwise kernels: an expression for each element of a shape.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "expression.hpp"
#include "operation.hpp"
#include "shape.hpp"
#include "target.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// outputs[i] = expression(inputs broadcast to shape)[i]
struct ElementwiseProblem {
  Expression expression;
  /// Of the outputs; empty: what the inputs' shapes broadcast to, as numpy's do.
  Shape shape = {};
  Text name = "elementwise";
};

struct ElementwiseSchedule {
  std::uint32_t workgroup = 64;  ///< invocations
  std::uint32_t width = 1;       ///< neighbours computed as a vector: 1 to 4. Images: their channels
  std::uint32_t items = 1;       ///< vectors an invocation computes, a workgroup apart
};

/// Whether the schedule can be used, or which rule fails and by how much: InvalidShape, WrongType, IllegalSchedule.
Result<void> legal(const ElementwiseProblem& problem, const ElementwiseSchedule& schedule,
                   const Target& target);
ElementwiseSchedule default_schedule(const ElementwiseProblem& problem, const Target& target);

/// One kernel. Operands are the expression's inputs and outputs. Precision is that of its functions; each element is
/// computed by one invocation, so results do not depend on the schedule.
Result<Operation> elementwise(const ElementwiseProblem& problem, const ElementwiseSchedule& schedule,
                              const Target& target, SourceLocation at = SourceLocation::current());
Result<Operation> elementwise(const ElementwiseProblem& problem, const Target& target,
                              SourceLocation at = SourceLocation::current());

/// What shapes broadcast to (ONNX, "Broadcasting in ONNX"): InvalidShape where two axes differ and neither is 1. Two
/// parameters are equal when they have one name.
Result<Shape> broadcast(Span<const Shape> shapes);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/elementwise.hpp"
#endif
