// Running: subgroups in turn, instructions in lockstep, barriers.
#pragma once

#include "../evaluate.hpp"
#include "interpret_machine.hpp"
#include "interpret_report.hpp"
#include "interpret_shadow.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

/// Loop iterations after which a subgroup lets the next one run: one that waits for another (in a loop, on an atomic)
/// then gets its answer.
inline constexpr std::uint32_t slice_iterations = 4096;

/// The next number of a generator that is good enough to shuffle with (SplitMix64; G. Steele, D. Lea, C. Flood, 2014).
inline std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}
inline void shuffle(Buffer<std::uint32_t>& order, std::uint64_t& state) {
  for (std::size_t i = order.size(); i > 1; --i) {
    const std::size_t k = next_random(state) % i;
    const std::uint32_t kept = order[i - 1];
    order[i - 1] = order[k];
    order[k] = kept;
  }
}

// --- subgroups in turn -------------------------------------------------------------------------------------------------

inline void Machine::run_workgroup(std::uint32_t index) {
  begin_workgroup(index);
  for (;;) {
    bool waiting = false, ready = false;
    for (const std::uint32_t s : order_) {
      if (subgroups_[s].state == State::Ready) execute(s);
      if (stopped_) return;
      waiting = waiting || subgroups_[s].state == State::Waiting;
      ready = ready || subgroups_[s].state == State::Ready;
    }
    if (ready) continue;
    if (!waiting) return;
    release_barrier();
  }
}

inline void Machine::release_barrier() {
  const Subgroup* waiting = nullptr;
  for (const Subgroup& s : subgroups_)
    if (s.state == State::Waiting && !waiting) waiting = &s;
  if (!waiting) return;
  const Instruction& here = program_.code[waiting->barrier];
  for (const Subgroup& s : subgroups_) {
    const bool elsewhere = s.state == State::Waiting && s.barrier != waiting->barrier;
    if (!options_.sanitize.barriers || (s.state == State::Waiting && !elsewhere)) continue;
    const std::uint32_t base = workgroup_index_ * workgroup_invocations_ + 1;
    const NodeId other = elsewhere ? program_.code[s.barrier].node : no_node;
    Finding* const finding =
        found(FindingKind::DivergentBarrier, here.node, base + waiting->first_invocation, other);
    if (!finding) continue;
    finding->has_other = true;
    finding->other = invocation_of(base + s.first_invocation);
    String text = who(finding->invocation);
    text << " waits at a barrier, and " << Text(who(finding->other))
         << (elsewhere ? " waits at another" : " has ended without it");
    describe(*finding, static_cast<String&&>(text));
  }
  const auto scope = SyncScope::unpack(here.immediate);
  workgroup_ordered(scope);
  for (Subgroup& s : subgroups_) {
    if (s.state != State::Waiting) continue;
    s.state = State::Ready;
    if (s.active == s.live) s.converged = true;
  }
  ++report_.barriers;
}

inline void Machine::execute(std::uint32_t index) {
  current_ = &subgroups_[index];
  subgroup_index_ = index;
  registers_ = all_registers_.data() + static_cast<std::size_t>(index) * program_.slots * size_;
  frame_base_ = index * program_.depth;
  slice_ = 0;
  set_active(current_->active);
  while (step()) {
  }
}

// --- instructions ------------------------------------------------------------------------------------------------------

inline bool Machine::step() {
  const Instruction& i = program_.code[current_->pc++];
  ++report_.instructions;
  switch (i.code) {
    case Code::Lanes: lanes(i); return true;
    case Code::Component: components(i); return true;
    case Code::Whole: whole(i); return true;
    case Code::Fill:
      for (std::uint32_t c = 0; c < i.components; ++c)
        std::memcpy(slot(i.out + c), values(i, 0), size_ * sizeof(std::uint64_t));
      return true;
    case Code::Copy: copy(i); return true;
    case Code::CopyParallel: copy_parallel(i); return true;
    case Code::Memory: memory(i); return true;
    case Code::Atomic: atomic(i); return true;
    case Code::VariableLoad:
    case Code::VariableStore: variable(i); return true;
    case Code::ArrayLength: array_length(i); return true;
    case Code::Image: image(i); return true;
    case Code::Barrier: return barrier(i);
    case Code::MemoryBarrier: {
      const auto scope = SyncScope::unpack(i.immediate);
      if (scope.memory == MemoryScope::Device || scope.memory == MemoryScope::QueueFamily ||
          scope.memory == MemoryScope::Workgroup)
        for (unsigned k = 0; k < active_count_; ++k) fence(global_invocation(active_[k]), scope.storage);
      return true;
    }
    case Code::Subgroup: subgroup(i); return true;
    case Code::Matrix: matrix(i); return true;
    case Code::End: current_->state = State::Done; return false;
    default: control(i); return current_->state == State::Ready && slice_ < slice_iterations && !stopped_;
  }
}

inline bool Machine::barrier(const Instruction& i) {
  const auto scope = SyncScope::unpack(i.immediate);
  const bool of_subgroup = scope.execution == MemoryScope::Subgroup;
  const Mask expected = of_subgroup ? current_->live : current_->all;
  const Mask missing = expected - current_->active;
  if (missing.any() && options_.sanitize.barriers) {
    unsigned lane = 0;
    while (!missing.test(lane)) ++lane;
    if (Finding* const finding =
            found(FindingKind::DivergentBarrier, i.node, global_invocation(active_[0]))) {
      finding->has_other = true;
      finding->other = invocation_of(global_invocation(lane));
      String text = who(finding->invocation);
      text << " comes to a barrier in divergent control flow: " << Text(who(finding->other))
           << (current_->live.test(lane) ? " is not there" : " has returned");
      describe(*finding, static_cast<String&&>(text));
    }
  }
  if (of_subgroup) {
    const std::uint32_t now = tick();
    if (scope.memory != MemoryScope::Invocation)
      for (unsigned s = 0; s < 3; ++s)
        if ((scope.storage >> s & 1) != 0) current_->barrier_stamp[s] = now;
    if (!missing.any()) current_->converged = true;
    return true;
  }
  current_->state = State::Waiting;
  current_->barrier = static_cast<std::uint32_t>(&i - program_.code.data());
  return false;
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
