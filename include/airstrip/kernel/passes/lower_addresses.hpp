// Addresses of buffer accesses as arithmetic: what a writer that indexes arrays needs.
#pragma once

#include "../../config.hpp"
#include "../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Makes every Load, Store, atomic and matrix access of a buffer one of a whole element: base and offset 0, stride the
/// size of what is accessed, the index an operand. Vectors that do not lie at multiples of their size (all of three
/// components) are accessed component by component. The arithmetic becomes nodes, for the other passes to share.
/// Accesses of workgroup and private arrays get an index, and keep an offset below the element's size.
///
/// `one_view`: a buffer whose vectors are accessed whole here and by component there is accessed by component everywhere,
/// as an array of scalars. Accesses of the same bytes as other scalars stay what they are.
void lower_addresses(Kernel& kernel, bool one_view = false);
/// Whether an access of a buffer stays one: a scalar, or a vector where its alignment, stride and offset say that it lies
/// at a multiple of its size.
bool is_accessed_whole(const MemoryAccess& access, Type accessed);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/lower_addresses.hpp"
#endif
