// Common subexpressions: what was computed already is not computed again.
#pragma once

#include "../../config.hpp"
#include "../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Replaces a pure operation by an equal one (same operation, type, operands and immediate; the first two operands of a
/// commutative one in either order) that stands before it in the same region or in one around it.
///
/// Loads too, where nothing can have been stored between them: from buffers and images that the kernel only reads, that
/// are neither coherent nor bound to the memory of one it writes (`Resource::may_alias` on both), and not volatile.
///
/// Errors (in the kernel): OutOfMemory.
void eliminate_common_subexpressions(Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/cse.hpp"
#endif
