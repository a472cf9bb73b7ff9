// Packed dot products as bit fields, products and sums.
#pragma once

#include "../../config.hpp"
#include "rewriter.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// DotPacked and DotPackedAccSat become extracted bytes, four products and their sum, for targets without
/// OpSDot, OpUDot and OpSUDot (SPV_KHR_integer_dot_product). Exact, also where the accumulation saturates.
void expand_packed_dot(Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/packed_dot.hpp"
#endif
