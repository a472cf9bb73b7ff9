// Passes over the kernel IR: each leaves a kernel that means the same, and can be used and switched off by itself.
#pragma once

#include "../config.hpp"
#include "ir.hpp"
#include "passes/contract.hpp"
#include "passes/cse.hpp"
#include "passes/dead_code.hpp"
#include "passes/divide_by_constant.hpp"
#include "passes/fold.hpp"
#include "passes/hoist.hpp"
#include "passes/order.hpp"
#include "passes/promote_variables.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Which passes run; all by default.
struct PassOptions {
  bool promote_variables = true;  ///< variables become values, carried by region arguments and results
  bool order = true;  ///< the same order of nodes, whatever the order in which C++ evaluated arguments
  bool fold = true;   ///< constants and identities
  bool divide_by_constant = true;  ///< division and remainder by constants become multiplications and shifts
  bool cse = true;                 ///< what was computed already is not computed again
  bool hoist = true;               ///< what does not change in a loop is computed before it
  bool contract = true;            ///< a product and a sum become one operation, where the kernel permits it
  bool dead_code = true;           ///< what nobody uses goes

  static PassOptions none() { return {false, false, false, false, false, false, false, false}; }
};

/// Runs the passes in an order that lets each profit from those before it.
void run_passes(Kernel& kernel, const PassOptions& options = {});

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/passes.hpp"
#endif
