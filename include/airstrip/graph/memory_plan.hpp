// One piece of memory for what a list of dispatches needs in between: what is not alive at the same time shares bytes.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"

#include <cstdint>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Memory that is needed from one dispatch to another, both included. Of a tensor these are the dispatch that writes it
/// and the last one that reads it; of scratch memory both are the dispatch that uses it.
struct Lifetime {
  std::uint64_t bytes = 0;
  std::uint32_t first = 0;  ///< number of a dispatch, in the order in which they run
  std::uint32_t last = 0;   ///< not before `first`
};

/// Where everything lies in one arena.
struct MemoryPlan {
  Buffer<std::uint64_t>
      offsets;  ///< bytes from the start of the arena, of each lifetime; multiples of the alignment
  std::uint64_t bytes = 0;  ///< of the arena; a multiple of the alignment
  /// The largest sum of what is alive at one dispatch, each rounded up to the alignment: no arena is smaller, and some
  /// lifetimes have no plan that is as small.
  std::uint64_t lower_bound = 0;
};

/// Gives each lifetime an offset such that two that share a dispatch share no byte. One of zero bytes gets offset 0 and
/// takes nothing. The alignment is in bytes and a power of two; the arena's own address has to have it, too.
///
/// The plan depends on the arguments alone. To find the smallest is NP-hard; this one is rarely more than a few percent
/// above the lower bound, and as small as it for most networks. It is found in about 10 ms for 1,000 lifetimes, less where
/// few are alive at once. Beyond, time grows with the number of pairs that are; where the plan would be more than a
/// tenth above the bound, about ten times as long is spent on a better one.
/// Errors: InvalidOperand (an end before its beginning; an alignment that is no power of two), LimitExceeded (the sizes
/// of all lifetimes add up to 2^63 bytes or more, or there are more than 2^24), OutOfMemory.
Result<MemoryPlan> plan_memory(Span<const Lifetime> lifetimes, std::uint64_t alignment = 256,
                               SourceLocation where = SourceLocation::current());

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/memory_plan.hpp"
#endif
