// Which dispatches have to wait for those before them.
#pragma once

#include "../../program/format.hpp"
#include "../../support/buffer.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// Follows what dispatches touch since the last barrier. A barrier that makes writes visible orders everything before it; one
/// that only waits leaves writes to be made visible.
class HazardTracker {
public:
  void clear() {
    reads_.clear();
    writes_.clear();
  }
  void begin() { current_.clear(); }
  void use(program::Memory memory, std::uint32_t tensor, std::uint64_t offset, std::uint64_t bytes,
           bool reads, bool writes) {
    // An image has no bytes here, and is one thing.
    current_.push_back({memory, tensor, offset, bytes ? bytes : 1, reads, writes});
  }
  program::Barrier end() {
    program::Barrier barrier = program::Barrier::Absent;
    for (const Use& use : current_) {
      if (touches(writes_, use)) barrier = program::Barrier::Memory;
      if (use.writes && barrier == program::Barrier::Absent && touches(reads_, use))
        barrier = program::Barrier::Execution;
    }
    if (barrier != program::Barrier::Absent) reads_.clear();
    if (barrier == program::Barrier::Memory) writes_.clear();
    for (const Use& use : current_) {
      if (use.reads) reads_.push_back(use);
      if (use.writes) writes_.push_back(use);
    }
    // Where memory was out nothing is known of what was touched.
    return reads_.out_of_memory() || writes_.out_of_memory() || current_.out_of_memory()
               ? program::Barrier::Memory
               : barrier;
  }

private:
  struct Use {
    program::Memory memory;
    std::uint32_t tensor;
    std::uint64_t offset, bytes;
    bool reads, writes;
  };
  static bool touches(const Buffer<Use>& uses, const Use& use) {
    for (const Use& u : uses)
      if (u.memory == use.memory && u.tensor == use.tensor && u.offset < use.offset + use.bytes &&
          use.offset < u.offset + u.bytes)
        return true;
    return false;
  }

  Buffer<Use> reads_, writes_, current_;
};

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
