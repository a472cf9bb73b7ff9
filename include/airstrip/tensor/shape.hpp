// Dimensions, literal or of run time, and the shapes made of them.
#pragma once

#include "../config.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// The size of a tensor along an axis, in elements: a number, or a parameter that the dispatch is given.
class Dimension {
public:
  static constexpr std::size_t max_name = 23;
  /// The largest a parameter may be without a declared maximum.
  static constexpr std::int64_t no_maximum = (std::int64_t{1} << 31) - 1;

  constexpr Dimension() = default;
  template <class N>
    requires(std::is_integral_v<N> && !std::is_same_v<N, bool>)
  constexpr Dimension(N value) : value_(static_cast<std::int64_t>(value)) {}
  /// A size that the dispatch is given under this name (23 characters at most: with a longer one every family refuses the
  /// shape; the same name is the same size). `maximum`: more is refused then; knowing it saves guards. `multiple`: of what
  /// it will be a multiple.
  static constexpr Dimension parameter(Text name, std::int64_t maximum = no_maximum,
                                       std::int64_t multiple = 1) {
    Dimension d(name.size() > max_name ? std::int64_t{-1} : maximum);
    d.multiple_ = multiple;
    for (std::size_t i = 0; i < name.size() && i < max_name; ++i) d.name_[i] = name[i];
    return d;
  }

  constexpr bool is_literal() const { return name_[0] == '\0'; }
  /// Of a literal; of a parameter its maximum.
  constexpr std::int64_t value() const { return value_; }
  constexpr std::int64_t multiple() const { return multiple_; }
  constexpr Text name() const { return Text(name_); }
  /// A parameter is the same size as another of its name, whatever maximum each was declared with.
  friend constexpr bool operator==(const Dimension& a, const Dimension& b) {
    return a.name() == b.name() && (!a.is_literal() || a.value_ == b.value_);
  }

private:
  std::int64_t value_ = 0;
  std::int64_t multiple_ = 1;
  char name_[max_name + 1] = {};
};

/// Up to eight dimensions, outermost first. Also used for strides, in elements.
class Shape {
public:
  static constexpr std::size_t max_rank = 8;

  constexpr Shape() = default;
  constexpr Shape(std::initializer_list<Dimension> dimensions) {
    for (const Dimension& d : dimensions) push_back(d);
  }
  constexpr std::size_t rank() const { return rank_; }
  constexpr bool empty() const { return rank_ == 0; }
  constexpr const Dimension& operator[](std::size_t axis) const { return dimensions_[axis]; }
  constexpr Dimension& operator[](std::size_t axis) { return dimensions_[axis]; }
  constexpr const Dimension* begin() const { return dimensions_; }
  constexpr const Dimension* end() const { return dimensions_ + (rank_ < max_rank ? rank_ : max_rank); }
  /// Counted beyond `max_rank`, and not kept: `rank()` tells, and every family refuses it.
  constexpr void push_back(const Dimension& d) {
    if (rank_ < max_rank) dimensions_[rank_] = d;
    ++rank_;
  }
  friend constexpr bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (std::size_t i = 0; i < a.rank_ && i < max_rank; ++i)
      if (!(a[i] == b[i])) return false;
    return true;
  }

private:
  Dimension dimensions_[max_rank] = {};
  std::size_t rank_ = 0;
};

/// Up to eight integers: axes (negative: counted from the last), steps, shifts.
class Integers {
public:
  constexpr Integers() = default;
  constexpr Integers(std::initializer_list<std::int64_t> values) {
    for (const std::int64_t v : values) push_back(v);
  }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr std::int64_t operator[](std::size_t i) const { return values_[i]; }
  constexpr const std::int64_t* begin() const { return values_; }
  constexpr const std::int64_t* end() const {
    return values_ + (size_ < Shape::max_rank ? size_ : Shape::max_rank);
  }
  /// Counted beyond eight, and not kept, as in a Shape.
  constexpr void push_back(std::int64_t value) {
    if (size_ < Shape::max_rank) values_[size_] = value;
    ++size_;
  }

private:
  std::int64_t values_[Shape::max_rank] = {};
  std::size_t size_ = 0;
};

/// "[2, n, 64]".
String to_string(const Shape& shape);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/shape.hpp"
#endif
