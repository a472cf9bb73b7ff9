// Which operand types an operation takes, and what it gives: for the builder and for `verify`.
#pragma once

#include "../config.hpp"
#include "ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// The type that `op` gives for operands of these types, or why it takes none such.
struct TypeRuleResult {
  Type type;                    ///< Void where the operation gives no value
  const char* wrong = nullptr;  ///< null: fine; else what the operation wants, to follow "wants"
};

/// Operations whose result type follows from their operands and their immediate: everything but constants, values of
/// the dispatch, conversions, Construct, memory, images, matrix loads and control flow, whose type the caller states.
TypeRuleResult result_type(Op op, Span<const Type> operands, std::uint32_t immediate);
/// Whether a conversion exists from a type to another: same shape, numbers (Booleans too for Convert).
bool can_convert(Op op, Type from, Type to);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/type_rules.hpp"
#endif
