// List: a growable array of elements that are moved, where Buffer's have to be trivially copyable.
#pragma once

#include "../config.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

AIRSTRIP_NAMESPACE_BEGIN

/// A growable array of movable elements. A failed allocation drops what was to be added and is remembered by
/// `out_of_memory()`.
template <class T>
class List {
public:
  List() = default;
  List(List&& other) noexcept
      : data_(other.data_), size_(other.size_), capacity_(other.capacity_), failed_(other.failed_) {
    other.data_ = nullptr;
    other.size_ = other.capacity_ = 0;
  }
  List& operator=(List&& other) noexcept {
    if (this != &other) {
      clear();
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
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() {
    clear();
    std::free(data_);
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t index) { return data_[index]; }
  const T& operator[](std::size_t index) const { return data_[index]; }
  T& back() { return data_[size_ - 1]; }
  bool out_of_memory() const { return failed_; }

  void clear() {
    while (size_) data_[--size_].~T();
    failed_ = false;
  }
  bool push_back(T&& value) {
    if (size_ == capacity_ && !grow()) return false;
    ::new (static_cast<void*>(data_ + size_)) T(static_cast<T&&>(value));
    ++size_;
    return true;
  }

private:
  bool grow() {
    const std::size_t capacity = capacity_ ? capacity_ * 2 : 4;
    T* const data = static_cast<T*>(std::malloc(capacity * sizeof(T)));
    if (!data) {
      failed_ = true;
      return false;
    }
    for (std::size_t i = 0; i < size_; ++i) {
      ::new (static_cast<void*>(data + i)) T(static_cast<T&&>(data_[i]));
      data_[i].~T();
    }
    std::free(data_);
    data_ = data;
    capacity_ = capacity;
    return true;
  }

  T* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
  bool failed_ = false;
};

AIRSTRIP_NAMESPACE_END
