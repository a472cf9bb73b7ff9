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
  // What was folded of a node that another result needs is a constant; the node writes to a value that nobody reads.
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (std::size_t k = 0; alive[i] && k < nodes[i].outputs.size(); ++k) {
      const ValueId folded = nodes[i].outputs[k];
      if (!graph.value(folded).is_constant) continue;
      const String name(Text(graph.value(folded).name));
      const TensorType type = graph.type(folded);
      const ValueId unused = graph.add_value(Text(name), type);
      if (unused == ValueId::Absent) return 0;  // the graph keeps the error
      graph.value_to_change(folded).producer = NodeId::Absent;
      graph.value_to_change(unused).output = static_cast<std::uint32_t>(k);
      nodes[i].outputs[k] = unused;
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
