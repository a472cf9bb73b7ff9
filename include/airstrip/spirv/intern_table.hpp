// InternTable: words to ids, compared word for word.
#pragma once

#include "../config.hpp"
#include "../support/buffer.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// Finds the id that was declared with exactly the same words. The hash only says where to look; equality is decided
/// on every word, so −0.0 and 0.0, and NaNs with different payloads, stay apart. Nothing is ever enumerated, so the
/// order of the module cannot depend on a hash.
class InternTable {
public:
  /// The id for these words; 0 when there is none. `slot` is for `insert` right after.
  std::uint32_t find(const std::uint32_t* words, std::size_t count, std::uint32_t& hash) const {
    hash = hash_of(words, count);
    if (slots_.empty()) return 0;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots_[i];
      if (slot.id == 0) return 0;
      if (slot.hash != hash) continue;
      const std::uint32_t* const key = keys_.data() + slot.key;
      if (key[0] != count) continue;
      std::size_t n = 0;
      while (n < count && key[1 + n] == words[n]) ++n;
      if (n == count) return slot.id;
    }
  }
  /// After a `find` that gave 0. False when out of memory.
  bool insert(const std::uint32_t* words, std::size_t count, std::uint32_t hash, std::uint32_t id) {
    if ((used_ + 1) * 2 > slots_.size() && !grow()) return false;
    const std::size_t at = keys_.size();
    std::uint32_t* const key = keys_.extend(count + 1);
    if (!key) return false;
    key[0] = static_cast<std::uint32_t>(count);
    for (std::size_t i = 0; i < count; ++i) key[1 + i] = words[i];
    place({hash, static_cast<std::uint32_t>(at), id});
    ++used_;
    return true;
  }
  /// Forgets the entries, keeps the memory.
  void clear() {
    for (Slot& slot : slots_) slot = {};
    keys_.clear();
    used_ = 0;
  }

private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t key = 0;
    std::uint32_t id = 0;
  };

  static std::uint32_t hash_of(const std::uint32_t* words, std::size_t count) {
    std::uint64_t hash = count;
    for (std::size_t i = 0; i < count; ++i) {
      hash = (hash ^ words[i]) * 0x9E3779B97F4A7C15u;
      hash ^= hash >> 29;
    }
    return static_cast<std::uint32_t>(hash ^ hash >> 32);
  }
  void place(Slot slot) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = slot.hash & mask;
    while (slots_[i].id != 0) i = (i + 1) & mask;
    slots_[i] = slot;
  }
  AIRSTRIP_COLD bool grow() {
    Buffer<Slot> old = static_cast<Buffer<Slot>&&>(slots_);
    if (!slots_.resize(old.empty() ? 64 : old.size() * 2, Slot{})) {
      slots_ = static_cast<Buffer<Slot>&&>(old);
      return false;
    }
    for (const Slot& slot : old)
      if (slot.id != 0) place(slot);
    return true;
  }

  Buffer<Slot> slots_;  // power of two
  Buffer<std::uint32_t> keys_;
  std::size_t used_ = 0;
};

AIRSTRIP_SPIRV_NAMESPACE_END
