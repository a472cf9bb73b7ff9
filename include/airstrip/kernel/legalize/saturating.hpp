// Saturating conversions as comparisons and plain conversions.
#pragma once

#include "../../config.hpp"
#include "rewriter.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// ConvertSaturate becomes Min, Max, Select and Convert, exactly: NaN gives 0, what is too large or too small the end
/// of the range. (SaturatedConversion and OpSatConvert need Kernel, which Vulkan has not.)
void expand_saturating(Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/saturating.hpp"
#endif
