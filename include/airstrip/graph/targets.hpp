// Targets for a program whose device is not known when it is compiled.
#pragma once

#include "../config.hpp"
#include "../support/list.hpp"
#include "compile.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Variants from the most to the least that they ask of a device, for `compile`; a loader takes the first that fits:
///
///   fp16       Vulkan 1.1, 16-bit storage and arithmetic, subgroup operations: the graph in f16 (CompileTarget::float16)
///   subgroups  Vulkan 1.1, subgroup operations
///   baseline   Vulkan 1.0, nothing enabled, the least limits that there are
///
/// All are for GPUs, with subgroups of 4 to 128 invocations; and none runs an invocation longer than the drivers do that stop
/// one after 65,535 iterations.
List<CompileTarget> standard_targets();

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/targets.hpp"
#endif
