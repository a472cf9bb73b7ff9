// Between which numbers an integer lies: an interval for every value of a kernel.
#pragma once

#include "../config.hpp"
#include "ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// From `low` to `high`, both included; of a vector, all its components. Not `known`: anything its type holds. Numbers
/// beyond 2^62 are not told apart: what reaches there is not known.
struct Range {
  std::int64_t low = 0, high = 0;
  bool known = false;
  constexpr bool within(std::int64_t least, std::int64_t most) const {
    return known && low >= least && high <= most;
  }
  constexpr bool fits_u32() const { return within(0, 0xFFFFFFFF); }
  constexpr bool fits_i32() const { return within(-0x80000000ll, 0x7FFFFFFF); }
};

/// A forward interval analysis: constants, values of the dispatch (Vulkan 15.9), conversions, arithmetic that provably
/// does not wrap, masks, shifts, minima, and counters of loops: those that begin with `if (i < end) {} else break` and go
/// on with i + constant. Needs the kernel's variables promoted to say much.
class Ranges {
public:
  /// False: out of memory.
  bool analyse(const Kernel& kernel);
  /// Of an integer or Boolean of the kernel that was analysed, wherever it is used.
  Range of(NodeId id) const { return id < ranges_.size() ? ranges_[id] : Range(); }
  /// The same at its use in `user`: a counter is smaller behind its loop's test than before it.
  Range at(NodeId user, NodeId id) const;

private:
  void global(const Kernel& kernel, NodeId id);
  void loop(const Kernel& kernel, NodeId id);
  void node(const Kernel& kernel, NodeId id);
  Range here(NodeId id) const { return refined_[id].known ? refined_[id] : ranges_[id]; }

  Buffer<Range> ranges_;
  Buffer<Range> refined_;      // of counters: behind the test of their loop
  Buffer<std::int64_t> step_;  // of region arguments: the most that an iteration adds; -1: something else
  Buffer<NodeId> test_;        // of counters: the If that tests them
  Buffer<std::uint32_t> position_;  // of nodes: the order of the walk
};

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/ranges.hpp"
#endif
