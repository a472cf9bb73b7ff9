// Graphs for people: as text, and as a picture that Graphviz draws.
#pragma once

#include "../config.hpp"
#include "../support/string.hpp"
#include "graph.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// A line for each input, node and output:
///
///     input x : f32[1, 3, height, width]
///     conv1 : f32[1, 16, height, width] = convolution(x, w1) strides=[1, 1] epilogue(max)
///     output y = conv1
String to_string(const Graph& graph);

/// A directed graph in the DOT language: `dot -Tsvg`.
String to_dot(const Graph& graph);

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/print.hpp"
#endif
