// Dead code: nodes whose results no output of the graph needs.
#pragma once

#include "../../config.hpp"
#include "../graph.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Removes them; how many there were. Ids of nodes change, those of values do not. Where a node stays of whose results one
/// is a constant by now, the node gets another value in its place, and the constant has no producer.
std::size_t remove_dead(Graph& graph);

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/dead_code.hpp"
#endif
