// What pure operations give, bit for bit: the semantics that the interpreter and constant folding share.
#pragma once

#include "../config.hpp"
#include "../support/span.hpp"
#include "ops.hpp"
#include "types.hpp"

#include <cstdint>

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// What one component of an operation gives.
struct Evaluated {
  std::uint64_t bits = 0;  ///< above the type's width zero
  /// false: SPIR-V leaves the value undefined (division by zero, INT_MIN / -1, a shift past the width, a float that
  /// the integer cannot hold, a bit field out of range …). The bits then are some value, always the same.
  bool defined = true;
  /// false: an implementation may give another value. So are operations that Vulkan only bounds (division, square
  /// roots, transcendentals, whatever the extended set defines by a formula), and every float operation that takes or
  /// gives a denormal, a negative zero, an infinity or a NaN. Operations that move bits are exact.
  bool exact = true;
};

/// Whether an operation works component by component, each by itself: arithmetic, bits, comparisons, Select,
/// Convert, ConvertSaturate, and of GLSL.std.450 what takes scalars. Its scalar operands (a shift, a bit field's
/// offset, a condition) may be used for every component.
bool is_componentwise(Op op);

/// One component. `operand`: the type of the first operand. Operands have their bits above the width zero.
///
/// Integers: as in ops.hpp. Floats are rounded to nearest even, each operation once. f16 and bf16 are exactly rounded;
/// transcendental functions of f32 and narrower types are computed in double and rounded once. Composite functions
/// (Mix, SmoothStep, Radians …) round after each step of the extended set's formula. Also does Bitcast between types
/// of one width.
Evaluated evaluate(Op op, Scalar operand, Scalar result, const std::uint64_t* operands);

/// Any pure operation on whole scalars and vectors, the componentwise ones included. `operands[i]` points to the
/// components of operand i, whose type is `types[i]`; `out` has room for those of the result (at most 4). `note` says
/// whether all components are defined and exact; its bits are those of the first. Returns false, and writes nothing,
/// for what is no function of its operands alone: values of the dispatch, memory, subgroups, matrices, control flow.
bool evaluate(Op op, Type result, Span<const Type> types, const std::uint64_t* const* operands,
              std::uint32_t immediate, std::uint64_t* out, Evaluated& note);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/evaluate.hpp"
#endif
