#pragma once

#include "../passes/dead_code.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE std::size_t remove_dead(Graph& graph) {
  Buffer<bool> needed;
  if (!needed.resize(graph.value_count(), false)) return 0;
  for (const GraphOutput& output : graph.outputs()) needed[static_cast<std::size_t>(output.value)] = true;
  List<Node>& nodes = graph.nodes_to_change();
  Buffer<bool> alive;
  if (!alive.resize(nodes.size(), false)) return 0;
  for (std::size_t i = nodes.size(); i-- > 0;) {
    for (const ValueId output : nodes[i].outputs)
      // What was folded needs its node no more.
      alive[i] = alive[i] || (needed[static_cast<std::size_t>(output)] && !graph.value(output).is_constant);
    if (!alive[i]) continue;
    for (const ValueId input : nodes[i].inputs)
      if (input != ValueId::Absent) needed[static_cast<std::size_t>(input)] = true;
  }
  List<Node> kept;
  std::size_t removed = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!alive[i]) {
      for (const ValueId output : nodes[i].outputs) graph.value_to_change(output).producer = NodeId::Absent;
      ++removed;
      continue;
    }
    for (const ValueId output : nodes[i].outputs)
      graph.value_to_change(output).producer = static_cast<NodeId>(kept.size());
    kept.push_back(static_cast<Node&&>(nodes[i]));
  }
  nodes = static_cast<List<Node>&&>(kept);
  return removed;
}

AIRSTRIP_GRAPH_NAMESPACE_END
