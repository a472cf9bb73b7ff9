// Uniformity: for which invocations a value is the same, and where they stay together.
#pragma once

#include "../config.hpp"
#include "../support/buffer.hpp"
#include "ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Who has the same value. In order: what holds in the dispatch holds in each workgroup, and so on.
enum class Uniformity : std::uint8_t {
  Dispatch,   ///< constants, parameters, specialisation constants and what follows from them
  Workgroup,  ///< WorkgroupId …
  Subgroup,   ///< SubgroupId, what the subgroup reduces or broadcasts …
  Varying,    ///< each invocation its own
};

/// For every node by its id: of a value, which invocations compute the same one, among those that compute it together
/// (in one iteration of the loops around it). Of a node without a value (Store, Barrier, If …): which invocations come
/// there together, so that a Barrier is in uniform control flow if it is `Workgroup` or `Dispatch`.
///
/// Follows data and control. What an If, Switch or Loop gives depends on its condition; what leaves a loop depends on
/// which iteration it was left in; after a Break, Continue or Return that not all reach, those left are fewer until the
/// construct ends. Loads from memory that the kernel cannot have changed are as uniform as their address; all others
/// vary. A helper's parameters are what its calls give, all of them together.
///
/// Nodes that stand nowhere are `Dispatch`. Empty when out of memory.
Buffer<Uniformity> uniformity(const Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/uniformity.hpp"
#endif
