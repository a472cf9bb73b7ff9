// Text and String: what the library needs of std::string_view and std::string, at a fifth of their include cost.
#pragma once

#include "../config.hpp"
#include "buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {
template <class S>
concept StandardStringLike = requires(const char* p, std::size_t n) {
  typename S::traits_type;
  S(p, n);
};
}  // namespace detail

/// Characters (UTF-8) that somebody else owns, not necessarily terminated. Converts from literals, `std::string`,
/// `std::string_view`, and to the latter two.
class Text {
public:
  constexpr Text() = default;
  constexpr Text(const char* text) : data_(text), size_(text ? __builtin_strlen(text) : 0) {}
  constexpr Text(const char* data, std::size_t size) : data_(data), size_(size) {}
  template <class S>
    requires(requires(const S& s) {
      static_cast<const char*>(s.data());
      s.size();
    })
  constexpr Text(const S& s) : data_(s.data()), size_(s.size()) {}

  constexpr const char* data() const { return data_; }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const char* begin() const { return data_; }
  constexpr const char* end() const { return data_ + size_; }
  constexpr char operator[](std::size_t index) const { return data_[index]; }

  template <detail::StandardStringLike S>
  operator S() const {
    return S(data_, size_);
  }

  friend constexpr bool operator==(Text a, Text b) {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i)
      if (a.data_[i] != b.data_[i]) return false;
    return true;
  }
  /// For output streams, without including one.
  template <class Stream>
    requires requires(Stream& s, const char* p) { s.write(p, 1).flush(); }
  friend Stream& operator<<(Stream& stream, Text text) {
    stream.write(text.data_, static_cast<std::ptrdiff_t>(text.size_));
    return stream;
  }

private:
  const char* data_ = "";
  std::size_t size_ = 0;
};

/// An owned, zero-terminated string that grows. Out of memory leaves it as it was and marks it; what is copied from a
/// marked string or appended one is marked, too, so that a text made of several is known to lack a part.
class String {
public:
  String() = default;
  String(Text text) { append(text); }
  String(const char* text) { append(text); }
  String(const String& other) { append_marked(other); }
  String(String&& other) noexcept : chars_(static_cast<Buffer<char>&&>(other.chars_)) {}
  String& operator=(const String& other) {
    if (this != &other) {
      clear();
      append_marked(other);
    }
    return *this;
  }
  String& operator=(String&& other) noexcept {
    chars_ = static_cast<Buffer<char>&&>(other.chars_);
    return *this;
  }

  const char* data() const { return chars_.size() ? chars_.data() : ""; }
  const char* c_str() const { return data(); }
  std::size_t size() const { return chars_.size() ? chars_.size() - 1 : 0; }
  bool empty() const { return size() == 0; }
  const char* begin() const { return data(); }
  const char* end() const { return data() + size(); }
  char operator[](std::size_t index) const { return data()[index]; }
  void clear() { chars_.clear(); }
  /// Whether something is missing: an append since the last `clear()` had no memory, or was of such a string.
  bool out_of_memory() const { return chars_.out_of_memory(); }
  bool contains(Text part) const { return find(part) != npos; }
  /// Offset of the first occurrence at or after `from`, or `npos`.
  std::size_t find(Text part, std::size_t from = 0) const {
    for (std::size_t i = from; i + part.size() <= size(); ++i)
      if (std::memcmp(data() + i, part.data(), part.size()) == 0) return i;
    return npos;
  }
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  String& append(Text text) {
    const std::size_t old = size();
    if (text.size() == 0) return *this;
    if (text.size() > npos / 2 - old) {  // a size that nothing has: the sum below must not wrap
      chars_.set_out_of_memory();
      return *this;
    }
    // `text` may point into this string, which moves when it grows.
    const bool own = text.data() >= data() && text.data() <= data() + old;
    const std::size_t offset = own ? static_cast<std::size_t>(text.data() - data()) : 0;
    if (!chars_.resize(old + text.size() + 1)) return *this;
    std::memmove(chars_.data() + old, own ? chars_.data() + offset : text.data(), text.size());
    chars_[old + text.size()] = '\0';
    return *this;
  }
  String& append(char c) { return append(Text(&c, 1)); }
  /// Decimal digits.
  String& append_number(std::uint64_t value) {
    char digits[20];
    std::size_t n = sizeof digits;
    do digits[--n] = static_cast<char>('0' + value % 10);
    while (value /= 10);
    return append(Text(digits + n, sizeof digits - n));
  }
  String& operator+=(Text text) { return append(text); }
  String& operator<<(Text text) { return append(text); }
  template <class S>
  requires std::is_same_v<S, String>  // not what converts to one: a literal would have two conversions
      String& operator<<(const S& text) {
    return append_marked(text);
  }
  String& operator<<(char c) { return append(c); }
  String& operator<<(std::uint64_t value) { return append_number(value); }
  String& operator<<(std::uint32_t value) { return append_number(value); }

  template <detail::StandardStringLike S>
  operator S() const {
    return S(data(), size());
  }
  friend bool operator==(const String& a, const String& b) { return Text(a) == Text(b); }
  friend bool operator==(const String& a, Text b) { return Text(a) == b; }
  friend bool operator==(const String& a, const char* b) { return Text(a) == Text(b); }

private:
  String& append_marked(const String& other) {
    if (other.out_of_memory()) chars_.set_out_of_memory();
    return append(other);
  }

  Buffer<char> chars_;  // with the terminating zero, or empty
};

AIRSTRIP_NAMESPACE_END
