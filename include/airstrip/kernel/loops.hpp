// Counted loops: what counts, from where to where, and how often.
#pragma once

#include "../config.hpp"
#include "ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// A loop that goes on while an index that changes by the same step each time compares with an end that does not
/// change, tested before anything else is done: what `for_` makes, as built or after passes.
struct CountedLoop {
  /// The loop goes on while `index compare end`.
  enum class Compare : std::uint8_t { Less, LessEqual, Greater, GreaterEqual };

  NodeId index = no_node;  ///< the argument of the loop's body that counts; none: the loop is of another form
  NodeId first = no_node;  ///< its value the first time
  NodeId end = no_node;    ///< computed outside the loop
  NodeId step = no_node;   ///< likewise; what is added to the index each time, or subtracted
  bool subtracts = false;
  Compare compare = Compare::Less;
  NodeId exit = no_node;  ///< the If that leaves the loop
  /// The test is certain to fail some time: the index moves towards the end by a constant step and cannot pass it by
  /// wrapping around. (The body may still leave the loop before.)
  bool finite = false;
  /// How often the test succeeds, where first, end and step are constants and the loop is finite.
  bool has_trip_count = false;
  std::uint64_t trip_count = 0;

  explicit operator bool() const { return index != no_node; }
};

/// Whether a Loop is a counted one, and what it counts.
CountedLoop counted_loop(const Kernel& kernel, NodeId loop);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/loops.hpp"
#endif
