// Division and remainder by constants become multiplications and shifts.
#pragma once

#include "../../config.hpp"
#include "../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

struct DivideOptions {
  /// Whether a multiplication that keeps the upper half of 128 bits may be used, by which 64-bit numbers are divided
  /// (OpUMulExtended, OpSMulExtended). Without, 64-bit divisions by anything but powers of two stay.
  bool mul_high_64 = true;
};

/// Replaces Div, Rem and Mod of integers (scalars and vectors of 8 to 64 bits) by constants other than zero:
///
/// - by a power of two: shifts and masks, for signed numbers with the bias that makes the quotient truncate;
/// - else a multiplication whose upper half is the quotient, up to a shift (Granlund and Montgomery, "Division by
///   Invariant Integers using Multiplication", 1994; Warren, "Hacker's Delight", 2nd edition, chapter 10). 8- and 16-bit
///   numbers are computed in 32 bits, where a plain multiplication has room;
/// - the remainder from the quotient. Mod takes the sign of the divisor, Rem that of the dividend.
///
/// A vector whose components divide by different constants is taken apart. Division by -1 of the lowest number is
/// undefined in SPIR-V; here it wraps.
///
/// Returns whether anything changed. Errors (in the kernel): OutOfMemory.
bool divide_by_constants(Kernel& kernel, const DivideOptions& options = {});

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/divide_by_constant.hpp"
#endif
