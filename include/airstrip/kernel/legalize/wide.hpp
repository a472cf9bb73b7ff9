// 64-bit integer arithmetic on pairs of 32-bit words.
#pragma once

#include "../../config.hpp"
#include "rewriter.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

/// A 64-bit integer, or a vector of them: the lower and the upper words, u32 or vectors of u32.
struct Wide {
  Term low, high;
};

Wide wide_constant(Rewriter& r, Type word, std::uint64_t bits);
/// Zero- or sign-extends a 32-bit integer.
Wide wide_from_word(Term word);
Wide wide_add(Wide a, Wide b);
Wide wide_sub(Wide a, Wide b);
/// 4 multiplications: the lower word is exact, the upper wraps.
Wide wide_mul(Wide a, Wide b);
/// Upper 64 of the 128 bits of the product.
Wide wide_mul_high(Wide a, Wide b, bool is_signed);
Wide wide_negate(Wide a);
Wide wide_not(Wide a);
/// And, Or or Xor.
Wide wide_bits(Op op, Wide a, Wide b);
/// Shifts by `amount`, u32 and below 64. Constant amounts are cheap.
Wide wide_shift_left(Wide a, Term amount);
Wide wide_shift_right(Wide a, Term amount, bool arithmetic);
Wide wide_select(Term condition, Wide yes, Wide no);
Term wide_equal(Wide a, Wide b);
Term wide_less(Wide a, Wide b, bool is_signed);
/// Whether a signed one is below zero.
Term wide_negative(Wide a);
Wide wide_abs(Wide a);
/// A bit operation (`is_bit_operation`); `values` are the operands of 64 bits, `others` offset and count.
Wide wide_bit_operation(Op op, const Wide* values, const Term* others, bool is_signed);
/// To f32, rounded to nearest even; `odd`: to odd.
Term wide_to_f32(Wide a, bool is_signed, bool odd);
/// From f32, truncated; a number out of range gives something.
Wide wide_from_f32(Term value, bool is_signed);
/// To f64, rounded to nearest even, and back.
Term wide_to_f64(Wide a, bool is_signed);
Wide wide_from_f64(Term value, bool is_signed);

/// Adds a function to the kernel that divides u64 by u64: parameters are the words of dividend and divisor, lower
/// first, the result is a u32x4: quotient and remainder. No loop, no branch; two 32-bit divisions for the
/// quotient's upper word, two for its lower (D. Knuth, TAOCP 2, 4.3.1, algorithm D with digits of 16 bits).
std::uint32_t add_wide_division(Kernel& kernel, std::uint32_t location);

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/wide.hpp"
#endif
