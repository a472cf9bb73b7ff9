// Remainders of signed integers through division.
#pragma once

#include "../../config.hpp"
#include "rewriter.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Rem and Mod on signed integers become a division, a product and a difference. Vulkan leaves OpSRem and OpSMod undefined
/// where an operand is negative ("Precision and Operation of SPIR-V Instructions"), unless maintenance8 is enabled;
/// OpSDiv truncates everywhere.
void expand_signed_remainder(Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/signed_remainder.hpp"
#endif
