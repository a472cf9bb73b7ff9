#pragma once

#include "../cse.hpp"
#include "value_placement.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

AIRSTRIP_INLINE void eliminate_common_subexpressions(Kernel& kernel) {
  detail::ValuePlacement(kernel, true, false).run("eliminate_common_subexpressions");
}

AIRSTRIP_KERNEL_NAMESPACE_END
