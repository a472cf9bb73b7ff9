// Views: a tensor's elements in another shape or order, without a kernel. Only strides and the offset change.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "shape.hpp"
#include "type.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

// What these give is bound as the tensor itself is. Strides and the offset are literals, or parameters where they need no
// arithmetic: what cannot be said that way is refused, and is the work of a kernel (tensor/move.hpp). A view of a view is a
// view. Errors: InvalidShape; WrongType of an image, which has no strides, and of what has no type; LimitExceeded of an axis
// longer than 2^31 - 1.

/// Axis i is axis permutation[i] of the tensor; no permutation: the axes in reverse.
Result<TensorType> transposed(const TensorType& type, const Integers& permutation = {});
/// As SliceProblem says. Axes that are cut at an element of run time, or whose length is, are refused; from the first element
/// on by a step of 1 to a parameter is fine.
Result<TensorType> sliced(const TensorType& type, const Shape& starts, const Shape& ends,
                          const Integers& axes = {}, const Integers& steps = {});
/// Broadcast (ONNX Expand): axes of one element are repeated, and axes are added in front. A 1 in the shape, or an axis that
/// it lacks in front, leaves the tensor's.
Result<TensorType> expanded(const TensorType& type, const Shape& shape);
/// The same elements in another shape, their order unchanged (ONNX Reshape; every size is given). Axes of a parameter stay as
/// they are, the others may be cut and joined as far as strides permit.
Result<TensorType> reshaped(const TensorType& type, const Shape& shape);
/// Without axes of one element (none given: without all of them), and with such axes where `axes` of the result are.
Result<TensorType> squeezed(const TensorType& type, const Integers& axes = {});
Result<TensorType> unsqueezed(const TensorType& type, const Integers& axes);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/view.hpp"
#endif
