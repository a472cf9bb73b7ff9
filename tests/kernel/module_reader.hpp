// What a module says, read from its words.
#pragma once

#include <airstrip/spirv/disassemble.hpp>
#include <airstrip/spirv/view.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace test {

using airstrip::spirv::Op;

struct ReadInstruction {
  Op op;
  std::vector<std::uint32_t> operands;  // all words after the first
};

class ModuleReader {
public:
  explicit ModuleReader(airstrip::Span<const std::uint32_t> words) {
    for (std::size_t at = 5; at < words.size();) {
      const std::size_t length = words[at] >> 16;
      REQUIRE(length > 0);
      REQUIRE(at + length <= words.size());
      list_.push_back({static_cast<Op>(words[at] & 0xFFFF),
                       std::vector<std::uint32_t>(words.data() + at + 1, words.data() + at + length)});
      at += length;
    }
  }

  const std::vector<ReadInstruction>& instructions() const { return list_; }
  std::vector<ReadInstruction> all(Op op) const {
    std::vector<ReadInstruction> found;
    for (const ReadInstruction& i : list_)
      if (i.op == op) found.push_back(i);
    return found;
  }
  std::size_t count(Op op) const { return all(op).size(); }

  static std::string text(const std::vector<std::uint32_t>& words, std::size_t first) {
    std::string text;
    for (std::size_t i = first; i < words.size(); ++i)
      for (unsigned shift = 0; shift < 32; shift += 8) {
        const char c = static_cast<char>(words[i] >> shift & 0xFF);
        if (c == '\0') return text;
        text += c;
      }
    return text;
  }
  /// Sorted, with a space between.
  std::string capabilities() const {
    std::vector<std::string> names;
    for (const ReadInstruction& i : all(Op::OpCapability)) {
      const auto* const info =
          airstrip::spirv::grammar::find(airstrip::spirv::OperandKind::Capability, i.operands[0]);
      names.push_back(info ? info->name : "?");
    }
    return joined(names);
  }
  std::string extensions() const {
    std::vector<std::string> names;
    for (const ReadInstruction& i : all(Op::OpExtension)) names.push_back(text(i.operands, 0));
    return joined(names);
  }
  /// "LocalSize 64 1 1; DenormPreserve 32", in the order of the words.
  std::string execution_modes() const {
    std::string modes;
    for (const Op op : {Op::OpExecutionMode, Op::OpExecutionModeId})
      for (const ReadInstruction& i : all(op)) {
        const auto* const info =
            airstrip::spirv::grammar::find(airstrip::spirv::OperandKind::ExecutionMode, i.operands[1]);
        modes += (modes.empty() ? "" : "; ") + std::string(info ? info->name : "?");
        for (std::size_t k = 2; k < i.operands.size(); ++k)
          modes += " " + std::to_string(op == Op::OpExecutionMode ? i.operands[k]
                                                                  : constant(i.operands[k]).value_or(0));
      }
    return modes;
  }
  /// The result id of the name; 0 if there is none.
  std::uint32_t named(const std::string& name) const {
    for (const ReadInstruction& i : all(Op::OpName))
      if (text(i.operands, 1) == name) return i.operands[0];
    return 0;
  }
  bool decorated(std::uint32_t id, airstrip::spirv::Decoration decoration) const {
    return decoration_of(id, decoration).has_value();
  }
  /// The operand of a decoration; 0 where it has none.
  std::optional<std::uint32_t> decoration_of(std::uint32_t id, airstrip::spirv::Decoration decoration) const {
    for (const ReadInstruction& i : all(Op::OpDecorate))
      if (i.operands[0] == id && i.operands[1] == static_cast<std::uint32_t>(decoration))
        return i.operands.size() > 2 ? i.operands[2] : 0u;
    return {};
  }
  std::optional<std::uint32_t> member_offset(std::uint32_t type, std::uint32_t member) const {
    for (const ReadInstruction& i : all(Op::OpMemberDecorate))
      if (i.operands[0] == type && i.operands[1] == member &&
          i.operands[2] == static_cast<std::uint32_t>(airstrip::spirv::Decoration::Offset))
        return i.operands[3];
    return {};
  }
  const ReadInstruction* definition(std::uint32_t id) const {
    for (const ReadInstruction& i : list_) {
      const unsigned position = airstrip::spirv::grammar::result_position(static_cast<std::uint16_t>(i.op));
      if (position != 0 && i.operands[position - 1] == id) return &i;
    }
    return nullptr;
  }
  /// The value of a 32-bit constant or specialisation constant.
  std::optional<std::uint32_t> constant(std::uint32_t id) const {
    const ReadInstruction* const i = definition(id);
    if (!i || (i->op != Op::OpConstant && i->op != Op::OpSpecConstant)) return {};
    return i->operands[2];
  }
  /// What a pointer's variable points to.
  std::uint32_t pointee(std::uint32_t variable) const {
    const ReadInstruction* const v = definition(variable);
    if (!v || v->op != Op::OpVariable) return 0;
    const ReadInstruction* const pointer = definition(v->operands[0]);
    return pointer ? pointer->operands[2] : 0;
  }
  std::vector<std::uint32_t> variables(airstrip::spirv::StorageClass storage) const {
    std::vector<std::uint32_t> ids;
    for (const ReadInstruction& i : all(Op::OpVariable))
      if (i.operands[2] == static_cast<std::uint32_t>(storage)) ids.push_back(i.operands[1]);
    return ids;
  }

private:
  static std::string joined(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
    return text;
  }
  std::vector<ReadInstruction> list_;
};

}  // namespace test
