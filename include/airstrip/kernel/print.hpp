// A kernel as text, for people: every node, its type and its C++ line.
#pragma once

#include "../config.hpp"
#include "ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

struct PrintOptions {
  bool locations = true;  ///< the C++ line at the end of each node's line
};

/// The kernel as text. Nodes are numbered in the order in which they stand, so that the same kernel gives the same text.
String print(const Kernel& kernel, const PrintOptions& options = {});
/// The line of one node, as it stands in the kernel's text; empty if the node stands in no region.
String print_node(const Kernel& kernel, NodeId node);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/print.hpp"
#endif
