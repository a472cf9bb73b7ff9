// The functions of an Expression as operations of a kernel.
#pragma once

#include "../../config.hpp"
#include "../expression.hpp"
#include "step_builder.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Computes a function of scalars or vectors of `type`, which is the type of the operands (of a choice that of the last
/// two). Precision: see tensor/primitives/math.hpp.
AnyValue emit_function(StepBuilder& step, Function function, Span<const AnyValue> operands);
/// As `Expression::cast` says.
AnyValue emit_cast(StepBuilder& step, AnyValue value, Scalar to);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/function_emit.hpp"
#endif
