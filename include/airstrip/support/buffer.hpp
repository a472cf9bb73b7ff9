// Buffer: a growable array of trivially copyable elements that does not zero, does not throw and keeps its memory.
#pragma once

#include "../config.hpp"
#include "span.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <type_traits>

AIRSTRIP_NAMESPACE_BEGIN

/// A growable array. `clear()` keeps the memory. A failed allocation is reported by the call's result and remembered
/// by `out_of_memory()`; what was stored stays as it was.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : data_(other.data_), size_(other.size_), capacity_(other.capacity_), failed_(other.failed_) {
    other.data_ = nullptr;
    other.size_ = other.capacity_ = 0;
  }
  Buffer& operator=(Buffer&& other) noexcept {
    if (this != &other) {
      std::free(data_);
      data_ = other.data_;
      size_ = other.size_;
      capacity_ = other.capacity_;
      failed_ = other.failed_;
      other.data_ = nullptr;
      other.size_ = other.capacity_ = 0;
    }
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t index) { return data_[index]; }
  const T& operator[](std::size_t index) const { return data_[index]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }
  bool out_of_memory() const { return failed_; }
  /// For who fills it: what should have been stored could not be made.
  void set_out_of_memory() { failed_ = true; }

  /// Forgets the elements and a past failure, keeps the memory.
  void clear() {
    size_ = 0;
    failed_ = false;
  }
  void pop_back() { --size_; }
  /// Drops the elements from `size` on.
  void truncate(std::size_t size) {
    if (size < size_) size_ = size;
  }
  bool reserve(std::size_t capacity) { return capacity <= capacity_ || grow(capacity); }
  /// New elements are not initialised.
  bool resize(std::size_t size) {
    if (AIRSTRIP_UNLIKELY(size > capacity_) && !grow(size)) return false;
    size_ = size;
    return true;
  }
  bool resize(std::size_t size, const T& value) {
    const std::size_t old = size_;
    if (!resize(size)) return false;
    constexpr unsigned char zeros[sizeof(T)] = {};
    const T filling = value;  // of its own: what is written below cannot be it
    T* const data = data_;
    if (old < size && std::memcmp(static_cast<const void*>(&filling), zeros, sizeof(T)) == 0)
      std::memset(static_cast<void*>(data + old), 0, (size - old) * sizeof(T));
    else
      for (std::size_t i = old; i < size; ++i) data[i] = filling;
    return true;
  }
  bool push_back(const T& value) {
    if (AIRSTRIP_UNLIKELY(size_ == capacity_)) {
      const T copy = value;  // may live in this buffer
      if (!grow(size_ + 1)) return false;
      data_[size_++] = copy;
      return true;
    }
    data_[size_++] = value;
    return true;
  }
  /// Room for `count` elements at the end, not initialised; null when out of memory.
  T* extend(std::size_t count) {
    if (AIRSTRIP_UNLIKELY(count > capacity_ - size_) && !grow(size_ + count)) return nullptr;
    T* const first = data_ + size_;
    size_ += count;
    return first;
  }
  /// The same after a `reserve` that made room for them.
  T* extend_reserved(std::size_t count) {
    T* const first = data_ + size_;
    size_ += count;
    return first;
  }
  /// `values` must not point into this buffer.
  bool append(Span<const T> values) {
    if (values.empty()) return true;
    T* const to = extend(values.size());
    if (!to) return false;
    std::memcpy(static_cast<void*>(to), values.data(), values.size() * sizeof(T));
    return true;
  }
  bool assign(Span<const T> values) {
    clear();
    return append(values);
  }

private:
  AIRSTRIP_COLD bool grow(std::size_t wanted) {
    std::size_t capacity = capacity_ + capacity_ / 2;
    if (capacity < wanted) capacity = wanted;
    if (capacity < 16) capacity = 16;
    void* const moved = capacity > static_cast<std::size_t>(-1) / 2 / sizeof(T)
                            ? nullptr
                            : std::realloc(static_cast<void*>(data_), capacity * sizeof(T));
    if (!moved) {
      failed_ = true;
      return false;
    }
    data_ = static_cast<T*>(moved);
    capacity_ = capacity;
    return true;
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  bool failed_ = false;
};

AIRSTRIP_NAMESPACE_END
