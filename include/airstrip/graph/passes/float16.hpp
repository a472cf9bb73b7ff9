// Half precision: tensors of f32 become f16 where their numbers have room in it.
#pragma once

#include "../../config.hpp"
#include "../../result.hpp"
#include "../../support/span.hpp"
#include "../../support/string.hpp"
#include "../graph.hpp"

#include <cstdint>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Nodes one behind another in the graph's order, both included.
struct NodeRange {
  Text first, last;
};

struct Float16Options {
  /// Nodes that stay as they are, by their names.
  Span<const Text> keep = {};
  Span<const NodeRange> keep_ranges = {};
  /// Of a constant's elements other than 0, how large a share may be less than f16's least number, 2^-24, and so be lost.
  double max_lost_share = 0.1;
  /// Sums over more elements may be beyond f16's largest number, 65504, with numbers as they are usual, and stay.
  std::int64_t max_sum_length = 4096;
};

/// What was made f16, and what was not and why: a sentence a line.
struct Float16Report {
  std::uint32_t converted = 0, kept = 0;
  std::uint32_t constants = 0;  ///< that are f16 now
  std::uint32_t casts = 0;      ///< nodes put in between
  String text;
};

/// Makes tensors of f32 tensors of f16. The graph's inputs and outputs stay what they are, with casts behind and in front of
/// them, and so do integers, Booleans and other floats. Before fusion, which takes up the casts: a node with something fused
/// into it stays as it is.
///
/// Only what lies in memory is f16. Sums and all other arithmetic are of f32 as before: families compute elements of f16
/// in f32 and round their results once, and an expression is that of before between casts. So each tensor in between adds
/// one rounding, of a relative error of 2^-11 (below 2^-14: of an absolute one of 2^-25).
///
/// Numbers without room in f16 stay f32, with who reads them, and with what is made of them elementwise or by moving them:
/// where a constant, or a constant of an expression that is not just compared with or a limit that leaves room, has finite
/// elements beyond 65504, or too many below 2^-24; what is cast from integers of more than eight bits, and ranges, whose
/// whole numbers f16 has up to 2048 only; sums of long rows, products, sums of squares.
///
/// Errors: InvalidOperand (a name among those to keep is no node's; a range that ends before it begins); OutOfMemory.
Result<Float16Report> to_float16(Graph& graph, const Float16Options& options = {});

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/float16.hpp"
#endif
