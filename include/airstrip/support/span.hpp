// Span: a pointer and a length. `std::span` costs 40 ms of every translation unit; this is what the library needs of it.
#pragma once

#include "../config.hpp"

#include <cstddef>
#include <initializer_list>
#include <type_traits>

AIRSTRIP_NAMESPACE_BEGIN

/// A view of `size()` contiguous elements that somebody else owns. Converts from arrays, initializer lists and every
/// container with `data()` and `size()` (`std::vector`, `std::array`, `std::span`), and to `std::span`.
template <class T>
class Span {
public:
  using value_type = std::remove_cv_t<T>;

  constexpr Span() = default;
  constexpr Span(T* data, std::size_t size) : data_(data), size_(size) {}
  template <std::size_t N>
  constexpr Span(T (&array)[N]) : data_(array), size_(N) {}
  /// Only for arguments: the list dies with the full expression.
  constexpr Span(std::initializer_list<value_type> list) requires std::is_const_v<T> {
    data_ = list.begin();
    size_ = list.size();
  }
  template <class Container>
    requires(!std::is_same_v<std::remove_cvref_t<Container>, Span> && requires(Container & c) {
      static_cast<T*>(c.data());
      c.size();
      requires sizeof(*c.data()) == sizeof(T);
    })
  constexpr Span(Container&& container) : data_(container.data()), size_(container.size()) {}

  constexpr T* data() const { return data_; }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + size_; }
  constexpr T& operator[](std::size_t index) const { return data_[index]; }
  /// The elements from `offset` on, at most `count`; clamped to what there is.
  constexpr Span subspan(std::size_t offset, std::size_t count = static_cast<std::size_t>(-1)) const {
    if (offset > size_) offset = size_;
    if (count > size_ - offset) count = size_ - offset;
    return Span(data_ + offset, count);
  }

private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

AIRSTRIP_NAMESPACE_END
