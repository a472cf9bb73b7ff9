// Dead code: nodes whose results no output of the graph needs.
#pragma once

#include "../../config.hpp"
#include "../graph.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Removes them; how many there were. Ids of nodes change, those of values do not.
std::size_t remove_dead(Graph& graph);

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/dead_code.hpp"
#endif
