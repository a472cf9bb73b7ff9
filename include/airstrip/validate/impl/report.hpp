// What a report shows of the module, and its text.
#pragma once

#include "messages.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

// One line of bounded length: words from anywhere may hold strings of any content.
inline String one_line(Text text) {
  constexpr std::size_t longest = 160;
  std::size_t size = text.size();
  if (size > longest) {
    size = longest;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
      --size;  // not inside a character
  }
  String line;
  for (std::size_t i = 0; i < size; ++i) line << (static_cast<unsigned char>(text[i]) < ' ' ? '?' : text[i]);
  if (size < text.size()) line << " ...";
  return line;
}

inline Text base_name(Text path) {
  std::size_t begin = path.size();
  while (begin > 0 && path[begin - 1] != '/' && path[begin - 1] != '\\') --begin;
  return {path.data() + begin, path.size() - begin};
}

inline void append_right(String& to, std::uint64_t number, std::size_t width) {
  String digits;
  digits << number;
  for (std::size_t i = digits.size(); i < width; ++i) to << ' ';
  to << Text(digits);
}

// A table of instructions: position, first word, text, C++ line. `marked` gets an arrow.
inline void append_instructions(String& to, Span<const ReportedInstruction> rows, std::size_t marked) {
  std::size_t width = 0;
  for (const ReportedInstruction& row : rows)
    if (row.where.line != 0 && row.text.size() > width && row.text.size() <= 72) width = row.text.size();
  for (const ReportedInstruction& row : rows) {
    to << (row.index == marked ? "  > " : "    ");
    append_right(to, row.index, 5);
    append_right(to, row.word_offset, 8);
    to << "  " << Text(row.text);
    if (row.where.line != 0) {
      for (std::size_t i = row.text.size(); i < width; ++i) to << ' ';
      to << "  // " << base_name(row.where.file) << ':' << row.where.line;
    }
    to << '\n';
  }
}

}  // namespace detail

AIRSTRIP_INLINE SourceLocation ValidationRun::location_of(std::size_t word_offset) const {
  return module_ ? module_->location_of(word_offset) : SourceLocation{};
}

// The first id that the message names, as in "'12[%name]'": where it is defined, else where it is first used.
AIRSTRIP_INLINE std::size_t ValidationRun::find_in_message(Text message) const {
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (!detail::is_digit(message[i])) continue;
    std::size_t at = i;
    std::uint32_t id = 0;
    if (!detail::read_number(message, at, id) || id == 0 ||
        !detail::starts_with({message.data() + at, message.size() - at}, "[%")) {
      i = at;
      continue;
    }
    if (const spirv::Instruction definition = view_.find_definition(id)) return definition.index();
    for (const spirv::Instruction user : view_) {
      spirv::OperandCursor cursor(user);
      for (spirv::Operand operand; cursor.next(operand);)
        if (operand.is_id() && operand.word() == id) return user.index();
    }
    break;
  }
  return ValidationReport::none;
}

AIRSTRIP_INLINE ReportedInstruction ValidationRun::shown(std::size_t index,
                                                         const spirv::FriendlyNames& names) const {
  ReportedInstruction row;
  row.index = index;
  row.word_offset = view_[index].word_offset();
  row.text = detail::one_line(spirv::disassemble_instruction(view_, index, &names));
  row.where = location_of(row.word_offset);
  return row;
}

AIRSTRIP_INLINE void ValidationRun::show(std::size_t index) {
  const spirv::Instruction instruction = view_[index];
  if (!instruction) return;
  report_.instruction_index = index;
  report_.word_offset = instruction.word_offset();
  report_.where = location_of(report_.word_offset);
  if (const spirv::InstructionInfo* const info = instruction.info()) report_.instruction = info->name;

  const spirv::FriendlyNames names(view_);
  const std::size_t begin = index < 2 ? 0 : index - 2;
  for (std::size_t i = begin; i < index + 3 && i < view_.size(); ++i)
    report_.context_.push_back(shown(i, names));
  show_definitions(index, names);
  show_function(index, names);
}

// The last instructions before words that are none.
AIRSTRIP_INLINE void ValidationRun::show_end() {
  const spirv::FriendlyNames names(view_);
  for (std::size_t i = view_.size() < 4 ? 0 : view_.size() - 4; i < view_.size(); ++i)
    report_.context_.push_back(shown(i, names));
}

AIRSTRIP_INLINE void ValidationRun::show_definitions(std::size_t index, const spirv::FriendlyNames& names) {
  Buffer<std::uint64_t> seen;
  spirv::OperandCursor cursor(view_[index]);
  for (spirv::Operand operand; cursor.next(operand);) {
    if (!operand.is_id() || operand.kind == spirv::OperandKind::IdResult) continue;
    const spirv::Instruction definition = view_.find_definition(operand.word());
    if (!definition || definition.index() == index) continue;
    bool repeated = false;
    for (const ReportedInstruction& row : report_.definitions_)
      repeated = repeated || row.index == definition.index();
    if (repeated) continue;
    if (report_.definitions_.size() < ValidationReport::max_definitions)
      report_.definitions_.push_back(shown(definition.index(), names));
    else
      ++report_.definitions_left_out_;
  }
}

AIRSTRIP_INLINE void ValidationRun::show_function(std::size_t index, const spirv::FriendlyNames& names) {
  using spirv::Op;
  const spirv::Instruction instruction = view_[index];
  std::uint32_t function = 0;
  switch (instruction.opcode()) {
    case Op::OpEntryPoint: function = instruction.word(2); break;
    case Op::OpExecutionMode:
    case Op::OpExecutionModeId: function = instruction.word(1); break;
    default:
      for (std::size_t i = index + 1; i-- > 0;) {
        const Op op = view_[i].opcode();
        if (op == Op::OpFunctionEnd && i != index) break;
        if (op != Op::OpFunction) continue;
        function = view_[i].result_id();
        report_.function << '%' << Text(names.name(function));
        break;
      }
  }
  if (function != 0) show_entry_points(function);
}

// Callers of callers, breadth first, then the entry points among them.
AIRSTRIP_INLINE void ValidationRun::show_entry_points(std::uint32_t function) {
  using spirv::Op;
  Buffer<std::uint64_t> calls;  // callee << 32 | caller
  std::uint32_t caller = 0;
  for (const spirv::Instruction i : view_) {
    if (i.opcode() == Op::OpFunction)
      caller = i.result_id();
    else if (i.opcode() == Op::OpFunctionCall)
      calls.push_back(std::uint64_t{i.word(3)} << 32 | caller);
  }
  spirv::detail::sort(calls);
  Buffer<std::uint8_t> reached;  // by position of the OpFunction
  if (!reached.resize(view_.size(), 0)) return;
  Buffer<std::uint32_t> todo;
  const auto reach = [&](std::uint32_t id) {
    const spirv::Instruction definition = view_.find_definition(id);
    if (!definition || reached[definition.index()]) return;
    reached[definition.index()] = 1;
    todo.push_back(id);
  };
  reach(function);
  for (std::size_t next = 0; next < todo.size(); ++next) {
    const std::uint64_t first = std::uint64_t{todo[next]} << 32;
    std::size_t low = 0, high = calls.size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (calls[middle] < first)
        low = middle + 1;
      else
        high = middle;
    }
    for (; low < calls.size() && calls[low] >> 32 == todo[next]; ++low)
      reach(static_cast<std::uint32_t>(calls[low]));
  }
  for (const spirv::Instruction i : view_) {
    if (i.opcode() != Op::OpEntryPoint) continue;
    const spirv::Instruction definition = view_.find_definition(i.word(2));
    if (!definition || !reached[definition.index()] ||
        report_.entry_points_.size() >= ValidationReport::max_definitions)
      continue;
    String storage;
    report_.entry_points_.push_back(detail::one_line(spirv::literal_text(i.words().subspan(3), storage)));
  }
}

// --- text ------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Diagnostic ValidationReport::diagnostic() const {
  Diagnostic result;
  result.code = code;
  if (code == ErrorCode::ValidationFailed) result.message << "invalid for " << Text(environment) << ": ";
  result.message << Text(message);
  result.where = where;
  result.instruction = instruction;
  if (word_offset != none) result.word_offset = word_offset;
  return result;
}

AIRSTRIP_INLINE String ValidationReport::to_string() const {
  String text;
  if (ok())
    text << "valid for " << Text(environment) << '\n';
  else
    text << Text(diagnostic().to_string()) << '\n';
  if (!rule.empty()) text << "  rule: " << Text(rule) << '\n';
  if (unknown().size() > 1) {
    text << "  unknown:";
    for (std::size_t i = 0; i < unknown().size(); ++i)
      text << (i ? ", " : " ") << Text(unknown()[i].to_string());
    text << '\n';
  }

  if (instruction_index != none || word_offset != none) {
    text << "  at ";
    if (instruction_index != none) text << "instruction " << std::uint64_t{instruction_index} << ", ";
    text << "word " << std::uint64_t{word_offset};
    if (!function.empty()) text << ", in function " << Text(function);
    for (std::size_t i = 0; i < entry_points().size(); ++i)
      text << (i                           ? ", "
               : entry_points().size() > 1 ? ", entry points "
                                           : ", entry point ")
           << '"' << Text(entry_points()[i]) << '"';
    text << ":\n";
  }
  detail::append_instructions(text, context(), instruction_index);
  if (!definitions().empty()) {
    text << "  where its operands are defined:\n";
    detail::append_instructions(text, definitions(), none);
    if (definitions_left_out_ != 0) text << "    and " << std::uint64_t{definitions_left_out_} << " more\n";
  }

  if (validator != Validator::None) {
    text << "  checked by: " << (validator == Validator::OwnRules ? "Airstrip " : "SPIRV-Tools ")
         << Text(version);
    if (validator == Validator::Linked) text << " (linked)";
    if (validator == Validator::External) text << " (" << Text(program) << ')';
    text << '\n';
  }
  if (!command.empty()) text << "  by hand: " << Text(command) << '\n';
  if (!note.empty()) text << "  note: " << Text(note) << '\n';
  if (!warning.empty()) text << "  warning: " << Text(warning) << '\n';
  return text;
}

AIRSTRIP_NAMESPACE_END
