// Arena: memory for what a file says, given back all at once.
#pragma once

#include "../config.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>
#include <type_traits>

AIRSTRIP_ONNX_NAMESPACE_BEGIN

/// Hands out memory that lives as long as the arena, wherever that is moved to.
class Arena {
public:
  Arena() = default;
  Arena(Arena&& other) noexcept : newest_(other.newest_), memory_(other.memory_) {
    other.newest_ = nullptr;
    other.memory_ = 0;
  }
  Arena& operator=(Arena&& other) noexcept {
    if (this != &other) {
      clear();
      newest_ = other.newest_;
      memory_ = other.memory_;
      other.newest_ = nullptr;
      other.memory_ = 0;
    }
    return *this;
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { clear(); }

  /// `count` default-made elements; null when out of memory, and for none.
  template <class T>
  T* make(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignof(Chunk));
    if (count == 0 || count > static_cast<std::size_t>(-1) / 2 / sizeof(T)) return nullptr;
    T* const first = static_cast<T*>(allocate(count * sizeof(T)));
    if (first)
      for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(first + i)) T();
    return first;
  }
  /// Bytes of heap it holds.
  std::size_t memory() const { return memory_; }

private:
  // The memory follows it.
  struct alignas(16) Chunk {
    Chunk* older;
    std::size_t size, used;
  };
  static constexpr std::size_t smallest = 1024, largest = std::size_t{1} << 20;

  void clear() {
    while (newest_) {
      Chunk* const older = newest_->older;
      std::free(newest_);
      newest_ = older;
    }
    memory_ = 0;
  }

  void* allocate(std::size_t size) {
    size = (size + alignof(Chunk) - 1) / alignof(Chunk) * alignof(Chunk);
    if (!newest_ || size > newest_->size - newest_->used) {
      // As much again as there is: few chunks, and at most half of the memory unused.
      std::size_t room = memory_ < smallest ? smallest : memory_ > largest ? largest : memory_;
      if (room < size) room = size;
      void* const memory = std::malloc(sizeof(Chunk) + room);
      if (!memory) return nullptr;
      newest_ = ::new (memory) Chunk{newest_, room, 0};
      memory_ += sizeof(Chunk) + room;
    }
    void* const result = reinterpret_cast<std::byte*>(newest_ + 1) + newest_->used;
    newest_->used += size;
    return result;
  }

  Chunk* newest_ = nullptr;
  std::size_t memory_ = 0;
};

AIRSTRIP_ONNX_NAMESPACE_END
