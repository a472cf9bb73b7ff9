// From a node to kernels: an operation of layer 3, and which of the graph's values its operands are.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../tensor/operation.hpp"
#include "../tensor/target.hpp"
#include "graph.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// A node's kernels.
struct LoweredNode {
  NodeId node = NodeId::Absent;
  tensor::Operation operation;
  /// What each operand of the operation is; Absent: of the operation's own, packed or scratch.
  Buffer<ValueId> operands;
};

/// Which sizes kernels are given when they run.
enum class OpenSizes : std::uint8_t {
  Parameters,  ///< those that the graph leaves open
  All,  ///< all but those below 8 and those that a family wants to know: nodes of different sizes may share a kernel
};

/// The kernels of a node with default schedules. Errors: those of the family, with the node's name and line.
Result<LoweredNode> lower(Graph& graph, NodeId node, const tensor::Target& target,
                          OpenSizes open = OpenSizes::Parameters);

/// Whether a node has no kernel: its result is its input's memory.
bool is_view(const Graph& graph, const Node& node);

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/lower.hpp"
#endif
