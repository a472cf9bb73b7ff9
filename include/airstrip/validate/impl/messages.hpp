// Reading what SPIRV-Tools says.
#pragma once

#include "environment.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

inline bool starts_with(Text text, Text part) {
  return text.size() >= part.size() && Text(text.data(), part.size()) == part;
}
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The message without the disassembled instruction that follows it, indented, on a line of its own.
inline Text message_proper(Text text) {
  std::size_t end = text.size();
  for (std::size_t i = 0; i + 2 < text.size(); ++i)
    if (text[i] == '\n' && text[i + 1] == ' ' && text[i + 2] == ' ') {
      end = i;
      break;
    }
  while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == ' ' || text[end - 1] == '\r')) --end;
  return {text.data(), end};
}

// "VUID-StandaloneSpirv-Flat-04744" from "[VUID-StandaloneSpirv-Flat-04744] …"; empty where there is none.
inline Text rule_in(Text message) {
  for (std::size_t i = 0; i + 5 <= message.size(); ++i) {
    if (!starts_with({message.data() + i, message.size() - i}, "VUID-")) continue;
    std::size_t end = i;
    while (end < message.size() &&
           (is_digit(message[end]) || message[end] == '-' || message[end] == '_' ||
            (message[end] >= 'a' && message[end] <= 'z') || (message[end] >= 'A' && message[end] <= 'Z')))
      ++end;
    return {message.data() + i, end - i};
  }
  return {};
}

// Reads decimal digits at `at` and moves it behind them. False if there are none, or too many for 32 bits.
inline bool read_number(Text text, std::size_t& at, std::uint32_t& number) {
  const std::size_t begin = at;
  std::uint64_t value = 0;
  for (; at < text.size() && is_digit(text[at]); ++at)
    if (value <= 0xFFFFFFFF) value = value * 10 + static_cast<unsigned>(text[at] - '0');
  number = static_cast<std::uint32_t>(value);
  return at > begin && value <= 0xFFFFFFFF;
}

// Whether the text is what SPIRV-Tools' parser says of an opcode, enumerant or operand that it does not have. A
// malformed instruction gets the same words, so our own grammar has to be asked as well.
inline bool says_unknown(Text message) {
  return starts_with(message, "Invalid opcode:") || starts_with(message, "Invalid extended instruction") ||
         starts_with(message, "Invalid OpSpecConstantOp opcode") ||
         contains(message, "has invalid mask component") || contains(message, "expected no more operands") ||
         (starts_with(message, "Invalid ") && contains(message, " operand: "));
}

// The number at the end: the value that the parser did not have.
inline bool last_number(Text message, std::uint32_t& number) {
  std::size_t begin = message.size();
  while (begin > 0 && is_digit(message[begin - 1])) --begin;
  return read_number(message, begin, number);
}

// What about an instruction is unknown, as far as the message of SPIRV-Tools' parser tells.
inline UnknownToValidator describe_unknown(const spirv::Instruction& instruction, Text message) {
  using Kind = UnknownToValidator::Kind;
  UnknownToValidator unknown;
  const spirv::Op op = instruction.opcode();
  const spirv::InstructionInfo* const info = instruction.info();
  unknown.kind = Kind::Instruction;
  unknown.value = static_cast<std::uint32_t>(op);
  unknown.known_here = info != nullptr;
  if (!info) return unknown;
  unknown.name = info->name;
  if (op == spirv::Op::OpExtInstImport) {
    String storage;
    const Text set = spirv::literal_text(instruction.words().subspan(2), storage);
    unknown.kind = Kind::ExtendedInstructions;
    unknown.name = set;
    unknown.known_here = spirv::grammar::find_ext_inst_set(set) != nullptr;
    return unknown;
  }
  if (starts_with(message, "Invalid opcode:")) return unknown;

  std::uint32_t number = 0;
  const bool numbered = last_number(message, number);
  spirv::OperandCursor cursor(instruction);
  for (spirv::Operand operand; cursor.next(operand);) {
    if (operand.nested && starts_with(message, "Invalid OpSpecConstantOp")) {
      unknown.value = operand.word();
      unknown.name = operand.nested->name;
      return unknown;
    }
    if (operand.ext_inst && contains(message, "extended instruction")) {
      unknown.kind = Kind::ExtendedInstructions;
      unknown.value = operand.word();
      unknown.name = operand.ext_inst->name;
      return unknown;
    }
    if (!spirv::grammar::is_enum(operand.kind)) continue;
    const bool mask = spirv::grammar::is_mask(operand.kind);
    // One that this grammar lacks as well, or the one that the message is about.
    std::uint32_t value = 0;
    bool found = false;
    if (mask) {
      for (std::uint32_t bits = operand.word(); bits != 0 && !found; bits &= bits - 1) {
        value = bits & (0 - bits);
        found = (numbered && value == number) || !spirv::grammar::find(operand.kind, value);
      }
    } else {
      value = operand.word();
      found = (numbered && value == number) || !operand.enumerant;
    }
    if (!found) continue;
    const spirv::EnumerantInfo* const enumerant = spirv::grammar::find(operand.kind, value);
    unknown.kind = operand.kind == spirv::OperandKind::Capability ? Kind::Capability : Kind::Enumerant;
    unknown.value = value;
    unknown.known_here = enumerant != nullptr;
    unknown.name.clear();
    if (unknown.kind == Kind::Enumerant) unknown.name << spirv::grammar::name(operand.kind);
    if (enumerant) unknown.name << (unknown.name.empty() ? "" : " ") << enumerant->name;
    return unknown;
  }
  unknown.kind = Kind::Operands;
  return unknown;
}

// The operands do not fit the grammar of a known opcode: no newer validator would take them.
inline bool is_malformed(const spirv::Instruction& instruction) {
  if (!instruction.info()) return false;
  spirv::OperandCursor cursor(instruction);
  for (spirv::Operand operand; cursor.next(operand);) {
  }
  return cursor.failed();
}

}  // namespace detail

AIRSTRIP_INLINE String UnknownToValidator::to_string() const {
  String text;
  const auto number = [&text, this] { text << " (" << value << ')'; };
  switch (kind) {
    case Kind::Capability:
      text << "the capability " << (name.empty() ? Text("that has the value") : Text(name));
      if (name.empty()) text << ' ' << value;
      break;
    case Kind::Extension: text << "the extension " << Text(name); break;
    case Kind::Version:
    case Kind::Option: text << (kind == Kind::Option ? "the option " : "") << Text(name); break;
    case Kind::Environment: text << "the environment " << Text(name); break;
    case Kind::Instruction:
      text << "the instruction " << (name.empty() ? Text("with the opcode") : Text(name));
      if (name.empty()) text << ' ' << value;
      break;
    case Kind::ExtendedInstructions: text << "the extended instructions " << Text(name); break;
    case Kind::Enumerant:
      text << "the " << Text(name);
      number();
      break;
    case Kind::Operands: text << "the operands of " << Text(name); break;
  }
  return text;
}

AIRSTRIP_NAMESPACE_END
