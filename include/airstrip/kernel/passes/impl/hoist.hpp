#pragma once

#include "../hoist.hpp"
#include "value_placement.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

AIRSTRIP_INLINE bool hoist_invariants(Kernel& kernel) {
  return detail::ValuePlacement(kernel, false, true).run("hoist_invariants");
}

AIRSTRIP_INLINE bool merge_and_hoist(Kernel& kernel) {
  return detail::ValuePlacement(kernel, true, true).run("merge_and_hoist");
}

AIRSTRIP_KERNEL_NAMESPACE_END
