// Text that is put together and may run out of memory.
#pragma once

#include "../../support/string.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection::detail {

/// Characters that remember whether there was no room for some.
class CharacterSink {
public:
  CharacterSink& operator<<(Text text) {
    chars_.append({text.data(), text.size()});
    return *this;
  }
  CharacterSink& operator<<(char c) {
    chars_.push_back(c);
    return *this;
  }
  CharacterSink& operator<<(std::uint64_t value) {
    char digits[20];
    std::size_t n = sizeof digits;
    do digits[--n] = static_cast<char>('0' + value % 10);
    while (value /= 10);
    return *this << Text(digits + n, sizeof digits - n);
  }
  bool out_of_memory() const { return chars_.out_of_memory(); }
  Text view() const { return {chars_.data(), chars_.size()}; }
  /// Empty when something is missing.
  String text() const {
    return chars_.out_of_memory() ? String() : String(Text(chars_.data(), chars_.size()));
  }

private:
  Buffer<char> chars_;
};

}  // namespace reflection::detail

AIRSTRIP_NAMESPACE_END
