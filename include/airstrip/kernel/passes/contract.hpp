// Products and sums that are rounded once.
#pragma once

#include "../../config.hpp"
#include "../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// a * b + c becomes Fma where nothing else uses the product and the kernel's float environment permits contraction
/// (GLSL.std.450 Fma has the precision of either form, so drivers that have no such instruction lose nothing). Scalars and
/// vectors of f16, f32 and f64.
void contract(Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/contract.hpp"
#endif
