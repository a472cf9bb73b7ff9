// An order of nodes that follows from what uses them alone.
#pragma once

#include "../../config.hpp"
#include "../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Puts every node before its first user, in the order of that user's operands. C++ leaves open in which order `f() + g()`
/// calls f and g, so that kernels built by different compilers hold their nodes in different orders; after this pass they
/// are equal, and so are the modules written from them. What writes, synchronises or branches keeps its order, and what
/// reads stays between the same two of those; two such operations in one C++ expression are the caller's to separate.
/// Nodes without a user go.
void order(Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/order.hpp"
#endif
