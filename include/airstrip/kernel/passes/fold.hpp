// Constants and identities: what is known when the kernel is built is not computed when it runs.
#pragma once

#include "../../config.hpp"
#include "../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Replaces operations on constants by their result, and operations that an identity makes superfluous by their
/// operand; takes the branch of an If or Switch that is known to be taken, and loops whose first test fails.
///
/// **Constants.** Integers, Booleans and what moves bits: wherever SPIR-V defines the result. Floats: where the
/// specification leaves one result only, that is where it is exactly rounded (Vulkan, "Precision and Operation of
/// SPIR-V Instructions") and all operands and results are normal or +0. So not division (2.5 ULP), square roots and
/// transcendental functions; not Fma, which may be rounded once or twice, nor anything in a width whose rounding is
/// `TowardZero`. A product and a sum folded one after the other are rounded twice, which contraction permits and never
/// demands.
///
/// **Identities** for integers and Booleans: x+0, x-0, x-x, x*0, x*1, x*2^n (a shift), x/1, x%1, x%-1, x&0, x&~0, x&x, x|0,
/// x|~0, x|x, x^0, x^x, shifts by 0, min(x,x), max(x,x), -(-x), ~~x, comparisons of x with x and of an unsigned x with
/// 0, not (a<b), constants of repeated +, *, &, |, ^ joined. For floats those that hold for every x, the sign of zeros
/// included and NaNs up to their payload: x*1, x/1, x-0, x+(-0), min(x,x), max(x,x), -(-x), |-x|, ||x||. Not x+0
/// (-0+0 is +0), x-x and x*0 (NaN for an infinity). Where the kernel asks for denormals to be flushed to zero, those of
/// arithmetic are left (x*1 flushes).
///
/// For every type: Select with a constant condition or equal arms; conversions to the same type, there and back, and of
/// a Bitcast; Extract of what was just put together; a vector put together from its own components; components of
/// LocalInvocationId, GlobalInvocationId and WorkgroupSize that the workgroup's size determines.
///
/// Returns whether anything changed. Errors (in the kernel): OutOfMemory.
bool fold(Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/fold.hpp"
#endif
