#pragma once

#include "../passes.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// In this order: folding makes divisors constant, and tells whether there are any.
inline void fold_and_divide(Kernel& kernel) {
  Folding folding(kernel);
  folding.run();
  if (folding.divides()) divide_by_constants(kernel);
}

}  // namespace detail

// Promotion first: the others see values only. Then the order, so that what the others choose (the first of two equal
// operations) is chosen among the same candidates everywhere. Merging and hoisting help each other and go hand in hand.
// Products are contracted when none of them can be shared any more. Dead code last: it is what the others leave behind.
AIRSTRIP_INLINE void run_passes(Kernel& kernel, const PassOptions& options) {
  if (options.promote_variables) promote_variables(kernel);
  if (options.order) order(kernel);
  if (options.fold && options.divide_by_constant)
    detail::fold_and_divide(kernel);
  else if (options.fold)
    fold(kernel);
  else if (options.divide_by_constant)
    divide_by_constants(kernel);
  if (options.cse && options.hoist)
    merge_and_hoist(kernel);
  else if (options.cse)
    eliminate_common_subexpressions(kernel);
  else if (options.hoist)
    hoist_invariants(kernel);
  if (options.contract) contract(kernel);
  if (options.dead_code) remove_dead_code(kernel);
}

AIRSTRIP_KERNEL_NAMESPACE_END
