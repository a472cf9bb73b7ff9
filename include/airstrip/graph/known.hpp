// Elements that are known while a graph is made: small tensors of integers, followed through it as sizes are.
#pragma once

#include "../config.hpp"
#include "graph.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Fills in the elements of a node's outputs where they follow from those of its inputs: of shapes and what is computed of
/// them, as formulas, and of literals. For that operators have rules of their own here: elementwise ones of integers, gather,
/// slice, concat, split, reshape, copy, transpose, reductions, ranges and fillings. Others' elements are not known.
void infer_elements(Graph& graph, const Node& node);

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/known.hpp"
#endif
