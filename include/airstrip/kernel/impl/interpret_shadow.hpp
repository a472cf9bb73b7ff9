// The shadow of memory: what was written, who touched it last, and what orders two accesses.
//
// A clock ticks at every barrier and at every release. Of two accesses by different invocations the earlier is ordered
// before the later if its stamp lies before a barrier that both have passed, or if the later invocation has acquired
// what the earlier one released. Workgroups run one after the other, so that a stamp also tells the workgroup.
// Each cell keeps its last accesses alone (as FastTrack does: C. Flanagan, S. Freund, 2009), so that a race may hide
// behind another one of the same cell, but what is reported is one.
#pragma once

#include "interpret_machine.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

inline std::uint32_t Machine::tick() { return ++clock_; }

inline bool Machine::knows(const Touch& earlier, std::uint32_t storage_index, std::uint32_t invocation) {
  ++visit_;
  to_visit_.clear();
  for (const Acquired& a : acquired_) {
    if (a.needs_fence || (a.invocation != 0 && a.invocation != invocation)) continue;
    if ((a.storage >> storage_index & 1) != 0) to_visit_.push_back(a.head);
  }
  while (!to_visit_.empty()) {
    std::uint32_t at = to_visit_.back();
    to_visit_.pop_back();
    for (; at != 0 && links_[at].visit != visit_; at = links_[at].next) {
      links_[at].visit = visit_;
      if (links_[at].include != 0) to_visit_.push_back(links_[at].include);
      const Release& r = links_[at].release;
      if ((r.storage >> storage_index & 1) == 0 || !same_workgroup(earlier.invocation, r.invocation))
        continue;
      if (earlier.stamp < r.barrier_stamp[storage_index]) return true;
      if (earlier.invocation == r.invocation && earlier.stamp < r.own) return true;
    }
  }
  return false;
}

inline bool Machine::ordered(const Touch& earlier, const Memory& m, unsigned lane) {
  const std::uint32_t self = global_invocation(lane);
  if (earlier.invocation == self) return true;
  if (earlier.stamp >= workgroup_start_) {
    if (earlier.stamp < barrier_stamp_[m.storage_index]) return true;
    const std::uint32_t local = (earlier.invocation - 1) % workgroup_invocations_;
    if (local / size_ == subgroup_index_ && earlier.stamp < current_->barrier_stamp[m.storage_index])
      return true;
  } else if (m.kind == ResourceKind::Workgroup) {
    return true;  // another workgroup's memory
  }
  return knows(earlier, m.storage_index, self);
}

/// Atomic operations do not race with each other where each is in the other's scope.
inline bool Machine::both_atomic(const Touch& earlier, const Manner& manner, unsigned lane) const {
  if (!manner.atomic || !earlier.atomic()) return false;
  const std::uint32_t self = global_invocation(lane);
  const bool near_enough = same_workgroup(earlier.invocation, self);
  const bool same_subgroup =
      near_enough && (earlier.invocation - 1) % workgroup_invocations_ / size_ == subgroup_index_;
  const auto covers = [&](MemoryScope scope) {
    switch (scope) {
      case MemoryScope::Device:
      case MemoryScope::QueueFamily: return true;
      case MemoryScope::Workgroup: return near_enough;
      case MemoryScope::Subgroup: return same_subgroup;
      default: return false;
    }
  };
  return covers(earlier.scope()) && covers(manner.scope);
}

inline void Machine::touch_cell(const Memory& m, Cell& cell, const Manner& manner, NodeId node, unsigned lane,
                                std::uint64_t address) {
  const std::uint32_t self = global_invocation(lane);
  const auto collide = [&](const Touch& earlier, bool earlier_wrote) {
    if (earlier.invocation == 0 || earlier.invocation == self) return;
    if (ordered(earlier, m, lane) || both_atomic(earlier, manner, lane)) return;
    const NodeId other = earlier.node & Touch::node_mask;
    const auto resource = static_cast<std::uint32_t>(&m - memories_.data());
    Finding* const finding = found(FindingKind::Race, node, self, other, resource);
    if (!finding) return;
    finding->has_other = true;
    finding->other = invocation_of(earlier.invocation);
    finding->address = static_cast<std::int64_t>(address);
    finding->index = static_cast<std::int64_t>(address / m.element);
    String text = who(finding->invocation);
    text << (manner.writes ? " writes " : " reads ") << Text(place_of(*finding)) << ", which "
         << Text(who(finding->other)) << (earlier_wrote ? " has written" : " has read");
    if (same_workgroup(earlier.invocation, self))
      text << ", and no barrier lies between";
    else
      text << ", and nothing orders the two workgroups";
    describe(*finding, static_cast<String&&>(text));
  };
  collide(cell.writer, true);
  if (manner.writes || manner.atomic) {
    if (manner.writes) {
      collide(cell.reader, false);
      collide(cell.second_reader, false);
      collide(cell.earlier_reader, false);
    }
  } else {  // a plain read collides with atomic operations that wrote
    if (cell.reader.atomic()) collide(cell.reader, true);
    if (cell.second_reader.atomic()) collide(cell.second_reader, true);
  }
  Touch mine;
  mine.invocation = self;
  mine.stamp = clock_;
  mine.node = (node & Touch::node_mask) | static_cast<std::uint32_t>(manner.scope) << 28;
  if (manner.atomic) mine.node |= Touch::atomic_bit;
  if (manner.writes) cell.writer = mine;
  if (!manner.reads) return;
  if (!manner.writes) mine.node &= ~(manner.atomic ? 0u : Touch::atomic_bit);
  if (cell.reader.invocation != self) {
    if (cell.reader.invocation != 0 && cell.reader.stamp < workgroup_start_)
      cell.earlier_reader = cell.reader;
    else
      cell.second_reader = cell.reader;
  }
  cell.reader = mine;
}

inline void Machine::touch(const Memory& m, const Manner& manner, NodeId node, unsigned lane,
                           std::uint64_t address, std::uint32_t bytes) {
  const std::uint64_t first = address >> m.cell_shift, last = (address + bytes - 1) >> m.cell_shift;
  if (m.tracks_written) {
    std::uint8_t* const flags =
        written_.data() + m.first_written + (current_->first_invocation + lane) * m.written_stride;
    for (std::uint64_t c = first; c <= last; ++c) {
      if (manner.reads && flags[c] == 0) {
        const auto resource = static_cast<std::uint32_t>(&m - memories_.data());
        if (Finding* const finding =
                found(FindingKind::Uninitialized, node, global_invocation(lane), no_node, resource)) {
          finding->address = static_cast<std::int64_t>(c << m.cell_shift);
          finding->index = finding->address / m.element;
          String text = who(finding->invocation);
          text << " reads " << Text(place_of(*finding)) << ", which nothing has written";
          describe(*finding, static_cast<String&&>(text));
        }
      }
      if (manner.writes) flags[c] = 1;
    }
  }
  if (!m.watched) return;
  const std::uint64_t from = (address + m.cell_bias) >> m.cell_shift;
  const std::uint64_t to = (address + m.cell_bias + bytes - 1) >> m.cell_shift;
  for (std::uint64_t c = from; c <= to; ++c) {
    Cell& cell = cells_[m.first_cell + c];
    // The usual case: this invocation's own memory, or read by it a moment ago.
    if (!manner.writes && !manner.atomic && cell.reader.stamp == clock_ &&
        cell.reader.invocation == global_invocation(lane) && cell.writer.invocation == cell.reader.invocation)
      continue;
    touch_cell(m, cell, manner, node, lane, address);
  }
}

// --- synchronisation by atomic operations ------------------------------------------------------------------------------

inline SyncCell* Machine::sync_cell(std::uint64_t key) {
  if (sync_count_ * 2 >= sync_cells_.size()) {
    Buffer<SyncCell> larger;
    const std::size_t size = sync_cells_.empty() ? 64 : sync_cells_.size() * 2;
    if (!larger.resize(size, SyncCell())) return nullptr;
    for (const SyncCell& old : sync_cells_) {
      if (old.key == 0) continue;
      std::size_t at = (old.key * 0x9E3779B97F4A7C15u >> 32) & (size - 1);
      while (larger[at].key != 0) at = (at + 1) & (size - 1);
      larger[at] = old;
    }
    sync_cells_ = static_cast<Buffer<SyncCell>&&>(larger);
  }
  const std::size_t mask = sync_cells_.size() - 1;
  std::size_t at = (key * 0x9E3779B97F4A7C15u >> 32) & mask;
  while (sync_cells_[at].key != 0 && sync_cells_[at].key != key) at = (at + 1) & mask;
  if (sync_cells_[at].key == 0) {
    sync_cells_[at].key = key;
    ++sync_count_;
  }
  return &sync_cells_[at];
}

/// An atomic operation releases what came before it and acquires what the operations before it on the same memory have
/// released, for the storage that its ordering names. A relaxed one does so with the fences before and behind it
/// (Vulkan, "Memory Model": release sequences).
inline void Machine::synchronise(const Memory& m, const MemoryAccess& access, Op op, unsigned lane,
                                 std::uint64_t address) {
  if (!m.watched || access.scope == MemoryScope::Invocation) return;
  const std::uint32_t self = global_invocation(lane);
  const std::uint32_t local = current_->first_invocation + lane;
  const bool relaxed = access.ordering == 0;
  const bool releases = op != Op::AtomicLoad && (!relaxed || fences_[local] != 0);
  const std::uint64_t key = m.first_cell + ((address + m.cell_bias) >> m.cell_shift) + 1;
  // Nothing was released here: a relaxed operation need not leave a trace.
  if (relaxed && !releases && sync_count_ == 0) return;
  SyncCell* const cell = sync_cell(key);
  if (!cell) return;
  const std::uint32_t before = cell->head;
  if (op != Op::AtomicStore) {
    if (before != 0) acquire(*cell, self, relaxed ? memory::all : access.ordering, relaxed);
  } else {  // ends the release sequence
    cell->head = 0;
    ++cell->generation;
  }
  if (!releases) return;
  if (links_.empty()) links_.push_back({});  // 0 is no link
  // What was learnt elsewhere goes on with it.
  std::uint32_t head = cell->head;
  for (const Acquired& a : acquired_) {
    if (a.needs_fence || (a.invocation != 0 && a.invocation != self)) continue;
    if (a.key == key && a.generation == cell->generation) continue;
    ReleaseLink link;
    link.release.invocation = self;
    link.next = head;
    link.include = a.head;
    links_.push_back(link);
    head = static_cast<std::uint32_t>(links_.size() - 1);
  }
  ReleaseLink link;
  for (unsigned s = 0; s < 3; ++s) link.release.barrier_stamp[s] = barrier_stamp_[s];
  link.release.invocation = self;
  link.release.own = relaxed ? fences_[local] : tick();
  link.release.storage = relaxed ? memory::all : access.ordering;
  link.next = head;
  links_.push_back(link);
  cell->head = static_cast<std::uint32_t>(links_.size() - 1);
}

inline void Machine::acquire(const SyncCell& cell, std::uint32_t invocation, std::uint8_t storage,
                             bool needs_fence) {
  for (Acquired& a : acquired_) {
    if (a.key != cell.key || a.generation != cell.generation || a.storage != storage) continue;
    if (a.invocation != invocation || a.needs_fence != needs_fence) continue;
    a.head = cell.head;  // whose list goes on with the one known
    return;
  }
  acquired_.push_back({cell.key, cell.generation, cell.head, invocation, storage, needs_fence});
}

/// A memory barrier of one invocation.
inline void Machine::fence(std::uint32_t invocation, std::uint8_t storage) {
  fences_[(invocation - 1) % workgroup_invocations_] = tick();
  for (Acquired& a : acquired_) {
    if (a.invocation != invocation || !a.needs_fence) continue;
    a.needs_fence = false;
    a.storage &= storage;
  }
}

/// All invocations of the workgroup have passed a barrier.
inline void Machine::workgroup_ordered(SyncScope scope) {
  const std::uint32_t now = tick();
  if (scope.memory == MemoryScope::Invocation || scope.memory == MemoryScope::Subgroup) return;
  for (unsigned s = 0; s < 3; ++s)
    if ((scope.storage >> s & 1) != 0) barrier_stamp_[s] = now;
  const bool device = scope.memory != MemoryScope::Workgroup;
  for (Acquired& a : acquired_) {
    if (a.needs_fence) {
      if (!device) continue;
      a.needs_fence = false;
      a.storage &= scope.storage;
    }
    a.invocation = 0;
  }
  if (device)
    for (std::uint32_t& fence : fences_) fence = now;
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
