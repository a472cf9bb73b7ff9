// JSON as text.
#pragma once

#include "../../config.hpp"
#include "../../support/string.hpp"

#include <cstdint>

AIRSTRIP_PROGRAM_NAMESPACE_BEGIN

namespace detail {

/// Bytes of the UTF-8 character at `i`; 0 where there is none.
inline std::size_t utf8_length(Text text, std::size_t i) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])) : 0u;
  };
  const std::uint32_t first = byte(i);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  std::uint32_t code = first & (0x7Fu >> length);
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i + k) & 0x3F);
  }
  // Overlong forms, surrogates, and what is beyond Unicode.
  const bool is_short = code < (length == 4 ? 0x10000u : length == 3 ? 0x800u : 0x80u);
  return is_short || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF ? 0 : length;
}

/// A text as a string of JSON; bytes that are no UTF-8 become U+FFFD.
inline void append_json_string(String& to, Text text) {
  constexpr const char* digits = "0123456789abcdef";
  to << '"';
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(text, i);
    if (length == 0) {
      to << "\\ufffd";
    } else if (c == '"' || c == '\\') {
      to << '\\' << text[i];
    } else if (c < 0x20 || c == 0x7F) {
      to << "\\u00" << digits[c >> 4] << digits[c & 15];
    } else {
      to << Text(text.data() + i, length);
    }
    i += length ? length : 1;
  }
  to << '"';
}

inline void append_integer(String& to, std::int64_t value) {
  if (value < 0) to << '-';
  to << (value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value));
}

/// Puts commas and line breaks: members of the outer levels stand on lines of their own, records on one.
class JsonWriter {
public:
  static constexpr unsigned max_depth = 32;

  void begin(char bracket, bool on_lines = false) {
    text_ << bracket;
    ++depth_;
    is_first_[depth_ % max_depth] = true;
    on_lines_[depth_ % max_depth] = on_lines;
  }
  void end(char bracket) {
    const bool line = on_lines_[depth_ % max_depth] && !is_first_[depth_ % max_depth];
    --depth_;
    if (line) new_line();
    text_ << bracket;
  }
  /// In front of an element of a list.
  void next() {
    if (!is_first_[depth_ % max_depth]) text_ << ',';
    if (on_lines_[depth_ % max_depth])
      new_line();
    else if (!is_first_[depth_ % max_depth])
      text_ << ' ';
    is_first_[depth_ % max_depth] = false;
  }
  void key(Text name) {
    next();
    append_json_string(text_, name);
    text_ << ": ";
  }
  void member(Text name, Text value) {
    key(name);
    append_json_string(text_, value);
  }
  void member(Text name, std::uint64_t value) {
    key(name);
    text_ << value;
  }
  void member(Text name, std::uint32_t value) { member(name, std::uint64_t{value}); }
  void signed_member(Text name, std::int64_t value) {
    key(name);
    append_integer(text_, value);
  }
  void flag(Text name, bool value) {
    key(name);
    text_ << (value ? "true" : "false");
  }
  void null(Text name) {
    key(name);
    text_ << "null";
  }
  void numbers(Text name, const std::uint32_t* values, std::size_t count) {
    key(name);
    begin('[');
    for (std::size_t i = 0; i < count; ++i) {
      next();
      text_ << values[i];
    }
    end(']');
  }
  String&& take() { return static_cast<String&&>(text_ << '\n'); }

private:
  void new_line() {
    text_ << '\n';
    for (unsigned i = 0; i < depth_; ++i) text_ << "  ";
  }

  String text_;
  unsigned depth_ = 0;
  bool is_first_[max_depth] = {}, on_lines_[max_depth] = {};
};

}  // namespace detail

AIRSTRIP_PROGRAM_NAMESPACE_END
