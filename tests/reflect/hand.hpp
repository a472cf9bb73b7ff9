// Words put together one by one: for what the distribution's assembler does not know yet.
#pragma once

#include <airstrip/spirv/grammar.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace test {

struct Hand {
  std::vector<std::uint32_t> words;

  explicit Hand(std::uint32_t bound = 200) : words{airstrip::spirv::magic_number, 0x00010600, 0, bound, 0} {}

  Hand& op(airstrip::spirv::Op opcode, const std::vector<std::uint32_t>& operands = {}) {
    return op(static_cast<std::uint32_t>(opcode), operands);
  }
  Hand& op(std::uint32_t opcode, const std::vector<std::uint32_t>& operands = {}) {
    words.push_back(static_cast<std::uint32_t>(operands.size() + 1) << 16 | opcode);
    words.insert(words.end(), operands.begin(), operands.end());
    return *this;
  }
};

template <class E>
constexpr std::uint32_t n(E enumerant) {
  return static_cast<std::uint32_t>(enumerant);
}

// `before`, the words of a string, `after`.
inline std::vector<std::uint32_t> with_text(std::vector<std::uint32_t> before, const std::string& text,
                                            const std::vector<std::uint32_t>& after = {}) {
  const std::size_t first = before.size();
  before.resize(first + text.size() / 4 + 1);
  for (std::size_t i = 0; i < text.size(); ++i)
    before[first + i / 4] |= static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) << i % 4 * 8;
  before.insert(before.end(), after.begin(), after.end());
  return before;
}

}  // namespace test
