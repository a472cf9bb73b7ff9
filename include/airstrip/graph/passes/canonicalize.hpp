// Canonical form: nodes that do nothing, or that are another one in disguise.
#pragma once

#include "../../config.hpp"
#include "../../result.hpp"
#include "../graph.hpp"

#include <cstddef>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Rewrites until no rule applies; how many did. What is not needed any more is removed. Nodes into which something was
/// fused stay as they are: before fusion.
///
/// - nothing: expressions that are an input, with exact x * 1, x / 1, x - 0, x + -0, -(-x) and casts to the same type taken
///   away (x + 0 is none of them: of -0 it is 0); reshape to the same shape; the identity permutation; slice of everything;
///   concat of one, split into one; pad with nothing; tile once; copy in the same shape; pool of one element; reductions
///   over axes of one element
/// - chains: reshape of reshape, transpose of transpose
/// - disguises: a transpose that moves axes of one element, and a reduction over such, are a reshape; a transpose of the last
///   two axes in front of a product is its operand's `transposed`; an expand in front of elementwise work is its broadcasting
/// - order: a reshape in front of elementwise work goes behind it, where that lets fusion take the work into what was
///   reshaped: the other inputs have one element, are constants of the same shape, or are reshaped in the same way
/// - convolution of constant weights, then x * factor + bias by channel in any spelling (as of a batch normalisation):
///   weights are scaled, and one bias is added. Weights and bias are computed in f64 and rounded to f32 once each: a result
///   is off by at most 2^-24 (Σ|w x| + |bias|) more than the convolution of the scaled weights by itself
/// - the same operator with the same attributes of the same inputs is one node
///
/// All others compute the same bits, but that a sum or mean of one -0 is -0 (kernels begin at 0), and that products of operands
/// that lie otherwise may have another schedule, and so another order of sums. Errors: OutOfMemory.
Result<std::size_t> canonicalize(Graph& graph);

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/canonicalize.hpp"
#endif
