// The reference of a graph: its nodes one by one in the interpreter, on the processor. Slow; for folding constants and for
// comparing with.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../tensor/operation.hpp"
#include "graph.hpp"
#include "lower.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// The bytes of a tensor by its name; of an image too: channels, rows, columns, as f32.
struct NamedBytes {
  Text name;
  Span<const unsigned char> bytes;
};

/// What every kernel can be generated for: all capabilities, and no limit that matters to a processor.
tensor::Target reference_target();

/// Runs a node whose inputs' bytes are `inputs` (none of a missing one); `sizes`: of the graph's parameters. The outputs'
/// bytes, in order. Errors: MissingBinding (a size that is not given; a number that only a program is given);
/// InvalidShape (fewer bytes than an input has); those of the families and the interpreter, whose sanitizer is on.
Result<List<Bytes>> evaluate_node(Graph& graph, NodeId node, Span<const Bytes> inputs,
                                  Span<const tensor::SizeValue> sizes = {});

/// Runs the whole graph; the bytes of its outputs, in order. Errors: MissingBinding (an input that is not given), and those
/// of `evaluate_node`.
Result<List<Bytes>> evaluate(Graph& graph, Span<const NamedBytes> inputs,
                             Span<const tensor::SizeValue> sizes = {});

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/evaluate.hpp"
#endif
