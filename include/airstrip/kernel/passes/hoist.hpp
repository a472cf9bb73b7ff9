// Loop invariants: what does not change in a loop is computed before it.
#pragma once

#include "../../config.hpp"
#include "../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Moves pure operations whose operands are computed outside a loop to the place before it, out of as many loops as
/// their operands permit. Operations that are undefined for some operands (division, shifts, dynamic components of
/// vectors) move where a constant operand shows that they are defined, or where the loop's first iteration would
/// execute them in any case: in its body itself, before the first If, Switch or Loop. Loads, and operations of the
/// subgroup, stay.
///
/// Returns whether anything moved. Errors (in the kernel): OutOfMemory.
bool hoist_invariants(Kernel& kernel);

/// `eliminate_common_subexpressions` and `hoist_invariants` in one walk, in which each sees what the other did: what
/// leaves two loops for the same place is merged, and what uses a merged value may become invariant.
bool merge_and_hoist(Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/hoist.hpp"
#endif
