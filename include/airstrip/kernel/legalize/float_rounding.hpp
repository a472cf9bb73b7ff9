// Rounding of f32 values to f16 and bf16, by integer code that no driver's float optimisation can touch.
#pragma once

#include "../../config.hpp"
#include "rewriter.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

/// An f32 (scalar or vector) rounded to nearest even to what f16 can hold, as f32: 28 nodes. Values from 65520 on become
/// infinite, NaNs stay NaNs and become quiet, denormals of f16 are kept. Not `exact`: through PackHalf2x16, whose
/// rounding Vulkan leaves to the device (4 nodes a scalar).
Term round_to_f16(Term value, bool exact);
/// The same for bf16: 11 nodes.
Term round_to_bf16(Term value);

/// Bits of f16, one in the lower half of each u32, of f32 values that f16 can hold; and back. Both exact.
Term f16_bits(Term value);
Term f16_from_bits(Term bits);
/// The same for bf16.
Term bf16_bits(Term value);
Term bf16_from_bits(Term bits);

/// An integer or f64 as f32, rounded to odd: rounding that to f16 or bf16 equals rounding the number itself
/// (S. Boldo, G. Melquiond: Emulation of a FMA and correctly rounded sums, IEEE Trans. Computers 57-4, 2008).
Term to_f32_odd(Term value);
/// a * b + c rounded once to odd, for a, b and c that f16 or bf16 can hold. Their product is exact in f32 (22 and 16
/// bits); of bf16 not where it is below 2^-110, or overflows: there the result may be one place off. The error of the
/// sum comes from D. Knuth, TAOCP 2, 4.2.2, theorem B: it relies on f32 additions that are not re-associated, which a
/// kernel without contraction promises.
Term fma_to_odd(Term a, Term b, Term c, bool may_overflow);

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/float_rounding.hpp"
#endif
