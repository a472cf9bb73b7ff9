// Folding: what follows from constants alone is computed once, by the interpreter.
#pragma once

#include "../../config.hpp"
#include "../../result.hpp"
#include "../bytes.hpp"
#include "../graph.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Products and sums that are folded for each element of `max_elements`, on the average.
inline constexpr std::uint64_t operations_an_element = 64;

struct FoldOptions {
  /// Larger results are left to the device, and so are sums of more than `operations_an_element` times as many products: the
  /// interpreter takes about a microsecond for each.
  std::uint64_t max_elements = 1u << 16;
};

/// The elements of a value that is a constant, is known, or follows from such values, which then become constants. Errors:
/// MissingBinding with the names of the inputs that it depends on, or where it depends on sizes or numbers of run time;
/// LimitExceeded where a value on the way has more than `max_elements`, or is as much work as FoldOptions says; those of
/// `evaluate_node`.
Result<Bytes> constant_bytes(Graph& graph, ValueId value,
                             std::uint64_t max_elements = std::uint64_t{1} << 32);

/// Makes constants of all values that follow from constants. How many. Errors: those of `evaluate_node`.
Result<std::size_t> fold(Graph& graph, const FoldOptions& options = {});

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/fold.hpp"
#endif
