// Bit operations on 8, 16 and 64 bits through those on 32.
#pragma once

#include "../../config.hpp"
#include "rewriter.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// BitCount, BitReverse, FindLsb, FindMsb, BitFieldExtract and BitFieldInsert on integers of 8, 16 or 64 bits become
/// operations on 32 bits: Vulkan has no others (VUID-StandaloneSpirv-Base-04781; GLSL.std.450 FindLsb, FindMsb).
void expand_bit_operations(Kernel& kernel);

namespace detail {
constexpr bool is_bit_operation(Op op) {
  return op == Op::BitCount || op == Op::BitReverse || op == Op::BitFieldExtract ||
         op == Op::BitFieldInsert || op == Op::FindLsb || op == Op::FindMsb;
}
/// A bit operation on integers of `width` bits (8 or 16) that lie, sign- or zero-extended as `value` is signed or not,
/// in 32 bits. What stands above the width in the result is not specified.
Term narrow_bit_operation(Op op, unsigned width, Term value, Span<const Term> others);
}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/bit_operations.hpp"
#endif
