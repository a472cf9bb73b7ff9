#pragma once

#include "../view.hpp"

#include <cstring>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

namespace detail {

AIRSTRIP_INLINE constexpr std::uint32_t swap_bytes(std::uint32_t word) {
  return word >> 24 | (word >> 8 & 0xFF00) | (word << 8 & 0xFF0000) | word << 24;
}

inline Diagnostic word_error(ErrorCode code, std::size_t offset, Text message, Op op = Op::OpNop) {
  Diagnostic error;
  error.code = code;
  error.message = message;
  error.word_offset = offset;
  if (const InstructionInfo* const info = op == Op::OpNop ? nullptr : grammar::find(op))
    error.instruction = info->name;
  return error;
}

// Heap sort: in place, never quadratic, and cheaper to include than <algorithm>.
inline void sort(Buffer<std::uint64_t>& keys) {
  const std::size_t n = keys.size();
  for (std::size_t begin = n / 2, end = n; end > 1;) {
    if (begin > 0) {
      --begin;
    } else {
      const std::uint64_t largest = keys[0];
      keys[0] = keys[--end];
      keys[end] = largest;
    }
    std::size_t hole = begin;
    const std::uint64_t key = keys[begin];
    for (std::size_t child; (child = 2 * hole + 1) < end; hole = child) {
      if (child + 1 < end && keys[child + 1] > keys[child]) ++child;
      if (keys[child] <= key) break;
      keys[hole] = keys[child];
    }
    keys[hole] = key;
  }
}

// The parts of the pairs.
inline constexpr OperandInfo pair_literal_id[] = {
    {OperandKind::LiteralContextDependentNumber, Quantifier::One, IdRole::Any},
    {OperandKind::IdRef, Quantifier::One, IdRole::Label}};
inline constexpr OperandInfo pair_id_literal[] = {
    {OperandKind::IdRef, Quantifier::One, IdRole::Any},
    {OperandKind::LiteralInteger, Quantifier::One, IdRole::Any}};
inline constexpr OperandInfo pair_id_id[] = {{OperandKind::IdRef, Quantifier::One, IdRole::Value},
                                             {OperandKind::IdRef, Quantifier::One, IdRole::Label}};
inline constexpr OperandInfo any_ids[] = {{OperandKind::IdRef, Quantifier::Many, IdRole::Any}};

}  // namespace detail

AIRSTRIP_INLINE std::size_t Instruction::word_offset() const {
  return words_ ? static_cast<std::size_t>(words_ - view_->words_) : 0;
}

// --- the index ---------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Result<void> ModuleView::index() {
  const std::size_t n = word_count_;
  // Compilers number from 1, so that nearly every id is below the bound, and the bound far below the words. Where the
  // bound lies, the ids that do not fit are searched for.
  const std::size_t dense = bound() / 4 <= n ? bound() : n;
  const auto out_of_memory = [] {
    return detail::word_error(ErrorCode::OutOfMemory, 0, "no memory to index the module");
  };
  if (!offsets_.reserve(n / 4 + 16) || !dense_.resize(dense + 1)) return out_of_memory();
  std::memset(static_cast<void*>(dense_.data()), 0, (dense + 1) * sizeof(std::uint32_t));
  const std::uint32_t* const words = words_;
  std::uint32_t* const table = dense_.data();
  for (std::size_t at = header_words; at < n;) {
    const std::uint32_t first = words[at];
    const std::size_t count = first >> 16;
    if (AIRSTRIP_UNLIKELY(count - 1 >= n - at)) {  // also where count is 0
      return count == 0 ? detail::word_error(ErrorCode::MalformedInstruction, at,
                                             "an instruction has a word count of 0")
                        : detail::word_error(ErrorCode::Truncated, at, "the words end inside an instruction",
                                             static_cast<Op>(first & 0xFFFF));
    }
    const auto index = static_cast<std::uint32_t>(offsets_.size());
    if (AIRSTRIP_UNLIKELY(!offsets_.push_back(static_cast<std::uint32_t>(at)))) return out_of_memory();
    const unsigned position = grammar::result_position(static_cast<std::uint16_t>(first & 0xFFFF));
    // Without a result, entry 0 is written, which nobody reads.
    const std::uint32_t id = position != 0 && position < count ? words[at + position] : 0;
    if (AIRSTRIP_UNLIKELY(id > dense)) {
      if (!sparse_.push_back(std::uint64_t{id} << 32 | index)) return out_of_memory();
    } else if (table[id] == 0) {
      table[id] = index + 1;
    }
    at += count;
  }
  detail::sort(sparse_);
  return {};
}

AIRSTRIP_INLINE Result<ModuleView> ModuleView::read(const void* bytes, std::size_t size, bool copy) {
  std::uint32_t magic = 0;
  if (size >= 4) std::memcpy(&magic, bytes, 4);
  const bool swapped = magic == detail::swap_bytes(magic_number);
  if (size >= 4 && !swapped && magic != magic_number)
    return detail::word_error(ErrorCode::NotAModule, 0,
                              "the words do not begin with the magic number of SPIR-V");
  if (size < header_words * 4)
    return detail::word_error(ErrorCode::Truncated, size / 4, "the words end inside the header");
  if (size % 4 != 0)
    return detail::word_error(ErrorCode::Truncated, size / 4, "the size in bytes is not a multiple of 4");
  const std::size_t n = size / 4;
  if (n > 0xFFFFFFFF) return detail::word_error(ErrorCode::LimitExceeded, 0, "more than 2^32 - 1 words");
  ModuleView view;
  view.word_count_ = n;
  if (copy || swapped) {
    if (!view.owned_.resize(n))
      return detail::word_error(ErrorCode::OutOfMemory, 0, "no memory to copy the words");
    std::uint32_t* const to = view.owned_.data();
    std::memcpy(static_cast<void*>(to), bytes, size);
    if (swapped)
      for (std::size_t i = 0; i < n; ++i) to[i] = detail::swap_bytes(to[i]);
    view.words_ = to;
  } else {
    view.words_ = static_cast<const std::uint32_t*>(bytes);
  }
  if (Result<void> indexed = view.index(); !indexed) return static_cast<Result<void>&&>(indexed).error();
  return view;
}

AIRSTRIP_INLINE Result<ModuleView> ModuleView::borrow(Span<const std::uint32_t> words) {
  return read(words.data(), words.size() * 4, false);
}
AIRSTRIP_INLINE Result<ModuleView> parse(Span<const std::uint32_t> words) {
  return ModuleView::read(words.data(), words.size() * 4, true);
}
AIRSTRIP_INLINE Result<ModuleView> parse_bytes(const void* bytes, std::size_t size) {
  return ModuleView::read(bytes, size, true);
}

AIRSTRIP_INLINE Instruction ModuleView::find_definition(std::uint32_t id) const {
  if (id == 0) return {};
  if (id < dense_.size()) return dense_[id] ? at(dense_[id] - 1) : Instruction();
  std::size_t first = 0, count = sparse_.size();
  while (count > 0) {
    const std::size_t half = count / 2;
    if (sparse_[first + half] >> 32 < id) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  if (first == sparse_.size() || sparse_[first] >> 32 != id) return {};
  return at(static_cast<std::uint32_t>(sparse_[first]));
}

AIRSTRIP_INLINE NumberType ModuleView::number_type(std::uint32_t type_id) const {
  const Instruction type = find_definition(type_id);
  const std::size_t n = type.words().size();
  NumberType result;
  if (type.opcode() == Op::OpTypeInt && n == 4) {
    result.kind = type.word(3) != 0 ? NumberType::Kind::Signed : NumberType::Kind::Unsigned;
  } else if (type.opcode() == Op::OpTypeFloat && (n == 3 || n == 4)) {
    result.kind = NumberType::Kind::Float;
    if (n == 4) result.encoding = type.word(3);
  } else {
    return result;
  }
  result.bits = type.word(2);
  if (result.bits == 0) result.kind = NumberType::Kind::Unknown;
  return result;
}

AIRSTRIP_INLINE const ExtInstSetInfo* ModuleView::ext_inst_set(std::uint32_t import_id) const {
  const Instruction import = find_definition(import_id);
  if (import.opcode() != Op::OpExtInstImport) return nullptr;
  String storage;
  // No name is as long as 32 words. The limit keeps an enormous one from being read for each of its instructions.
  return grammar::find_ext_inst_set(literal_text(import.words().subspan(2, 32), storage));
}

AIRSTRIP_INLINE std::size_t ModuleView::memory() const {
  return (owned_.capacity() + offsets_.capacity() + dense_.capacity()) * 4 + sparse_.capacity() * 8;
}

// --- operands ----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE bool Operand::is_id() const {
  return !is_opaque &&
         (kind == OperandKind::IdRef || kind == OperandKind::IdResult || kind == OperandKind::IdResultType ||
          kind == OperandKind::IdScope || kind == OperandKind::IdMemorySemantics);
}

AIRSTRIP_INLINE OperandCursor::OperandCursor(const Instruction& instruction)
    : instruction_(instruction), end_(static_cast<std::uint32_t>(instruction.words().size())) {
  if (const InstructionInfo* const info = instruction.info())
    push(grammar::operands(*info), false);
  else
    opaque_ = true;
}

AIRSTRIP_INLINE bool OperandCursor::push(Span<const OperandInfo> operands, bool is_parameter) {
  if (operands.empty()) return true;
  if (depth_ == max_depth) return fail(ErrorCode::MalformedInstruction, "operands are nested too deeply");
  frames_[depth_++] = {operands.begin(), operands.end(), 0, OperandKind{}, is_parameter};
  return true;
}

AIRSTRIP_INLINE bool OperandCursor::fail(ErrorCode code, const char* problem) {
  code_ = code;
  problem_ = problem;
  return false;
}

AIRSTRIP_INLINE Diagnostic OperandCursor::error() const {
  if (!problem_) return {};
  Diagnostic error = detail::word_error(code_, instruction_.word_offset() + at_, {}, instruction_.opcode());
  if (error.instruction) error.message << Text(error.instruction) << ": ";
  error.message << Text(problem_);
  if (depth_ != 0) error.message << " (" << Text(grammar::name(kind_)) << ')';
  return error;
}

AIRSTRIP_INLINE bool OperandCursor::take_rest(Operand& operand) {
  operand = Operand();
  operand.kind = OperandKind::LiteralInteger;
  operand.is_opaque = true;
  operand.position = at_;
  operand.words = instruction_.words().subspan(at_);
  at_ = end_;
  depth_ = 0;
  return true;
}

AIRSTRIP_INLINE bool OperandCursor::next(Operand& operand) {
  if (problem_) return false;
  for (;;) {
    if (depth_ == 0) {
      if (at_ >= end_) return false;
      if (opaque_) return take_rest(operand);
      return fail(ErrorCode::MalformedInstruction, "words are left over after the last operand");
    }
    Frame& frame = frames_[depth_ - 1];
    if (frame.next == frame.end) {
      if (frame.bits == 0) {
        --depth_;
        continue;
      }
      const std::uint32_t bit = frame.bits & (0 - frame.bits);
      frame.bits ^= bit;
      const EnumerantInfo* const info = grammar::find(frame.kind, bit);
      const Span<const OperandInfo> parameters =
          info ? grammar::parameters(*info) : Span<const OperandInfo>();
      frame.next = parameters.begin();
      frame.end = parameters.end();
      continue;
    }
    const OperandInfo& info = *frame.next;
    if (at_ >= end_) {
      kind_ = info.kind;
      if (info.quantifier == Quantifier::One)
        return fail(ErrorCode::MalformedInstruction, "an operand is missing");
      ++frame.next;
      continue;
    }
    if (info.quantifier != Quantifier::Many) ++frame.next;
    Span<const OperandInfo> pair;
    switch (info.kind) {
      case OperandKind::PairLiteralIntegerIdRef: pair = detail::pair_literal_id; break;
      case OperandKind::PairIdRefLiteralInteger: pair = detail::pair_id_literal; break;
      case OperandKind::PairIdRefIdRef: pair = detail::pair_id_id; break;
      default: return take(info, frame.is_parameter, operand);
    }
    if (!push(pair, frame.is_parameter)) return false;
  }
}

AIRSTRIP_INLINE NumberType OperandCursor::context_number_type() const {
  const ModuleView* const view = instruction_.view();
  if (instruction_.opcode() != Op::OpSwitch) return view->number_type(instruction_.word(1));
  const NumberType selector = view->number_type(view->find_definition(instruction_.word(1)).type_id());
  return selector.kind == NumberType::Kind::Float ? NumberType() : selector;
}

// Takes the words of one operand that is there: at_ < end_.
AIRSTRIP_INLINE bool OperandCursor::take(const OperandInfo& info, bool is_parameter, Operand& operand) {
  const std::uint32_t* const words = instruction_.words().data();
  const std::uint32_t word = words[at_];
  operand = Operand();
  operand.kind = kind_ = info.kind;
  operand.role = info.role;
  operand.is_parameter = is_parameter;
  operand.position = at_;
  std::uint32_t count = 1;
  switch (info.kind) {
    case OperandKind::IdRef:
    case OperandKind::IdResult:
    case OperandKind::IdResultType:
    case OperandKind::IdScope:
    case OperandKind::IdMemorySemantics:
    case OperandKind::LiteralInteger:
    case OperandKind::LiteralFloat: break;
    case OperandKind::LiteralString:
      // It ends with the word that has a zero byte.
      for (; at_ + count <= end_; ++count) {
        const std::uint32_t w = words[at_ + count - 1];
        if (((w - 0x01010101u) & ~w & 0x80808080u) != 0) break;
      }
      if (at_ + count > end_)
        return fail(ErrorCode::MalformedInstruction, "a string does not end in its instruction");
      break;
    case OperandKind::LiteralContextDependentNumber:
      operand.number = context_number_type();
      if (operand.number.kind != NumberType::Kind::Unknown)
        count = operand.number.words();
      else if (instruction_.opcode() != Op::OpSwitch)
        count = end_ - at_;  // the number is the last operand
      if (count > end_ - at_)
        return fail(ErrorCode::MalformedInstruction, "a number is shorter than its type");
      break;
    case OperandKind::LiteralExtInstInteger: {
      const ExtInstSetInfo* const set = instruction_.view()->ext_inst_set(words[at_ - 1]);
      operand.ext_inst = set ? grammar::find(*set, word) : nullptr;
      // The instruction's own operands stand where the grammar of OpExtInst has any number of ids.
      if (operand.ext_inst) {
        depth_ = 0;
        push(grammar::operands(*operand.ext_inst), false);
      }
      break;
    }
    case OperandKind::LiteralSpecConstantOpInteger: {
      operand.nested = grammar::find(static_cast<Op>(word));
      const Span<const OperandInfo> nested =
          operand.nested ? grammar::operands(*operand.nested) : Span<const OperandInfo>();
      if (!operand.nested)
        opaque_ = true;
      else if (word > 0xFFFF || grammar::result_position(static_cast<std::uint16_t>(word)) != 2 ||
               operand.nested->op == Op::OpSpecConstantOp)
        return fail(ErrorCode::InvalidOperand, "the operation has no result of a type");
      else if (!push(nested.subspan(2), false))
        return false;
      break;
    }
    default:
      if (grammar::is_mask(info.kind)) {
        std::uint32_t unknown = 0;
        for (std::uint32_t bits = word; bits != 0; bits &= bits - 1)
          if (const std::uint32_t bit = bits & (0 - bits); !grammar::find(info.kind, bit)) unknown |= bit;
        if (unknown) {
          // A bit may have parameters that nobody knows, so what follows cannot be told apart.
          opaque_ = true;
          depth_ = 0;
        } else if (word != 0) {
          if (depth_ == max_depth)
            return fail(ErrorCode::MalformedInstruction, "operands are nested too deeply");
          frames_[depth_++] = {nullptr, nullptr, word, info.kind, true};
        }
      } else if (grammar::is_enum(info.kind)) {
        operand.enumerant = grammar::find(info.kind, word);
        if (operand.enumerant) {
          if (!push(grammar::parameters(*operand.enumerant), true)) return false;
        } else {
          bool some_have_parameters = false;
          for (const EnumerantInfo& e : grammar::enumerants(info.kind))
            some_have_parameters = some_have_parameters || e.parameter_count != 0;
          if (some_have_parameters) {
            opaque_ = true;
            depth_ = 0;
          }
        }
      }
  }
  operand.words = {words + at_, count};
  at_ += count;
  return true;
}

AIRSTRIP_INLINE Text literal_text(Span<const std::uint32_t> words, String& storage) {
  std::size_t n = 0;
  while (n < words.size() * 4 && (words[n / 4] >> n % 4 * 8 & 0xFF) != 0) ++n;
  const std::uint32_t one = 1;
  if (*reinterpret_cast<const unsigned char*>(&one) == 1)
    return {reinterpret_cast<const char*>(words.data()), n};
  storage.clear();
  for (std::size_t i = 0; i < n; ++i) storage.append(static_cast<char>(words[i / 4] >> i % 4 * 8 & 0xFF));
  return storage;
}

// --- checks ------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Result<void> check_operands(const ModuleView& view) {
  for (const Instruction instruction : view) {
    OperandCursor operands(instruction);
    for (Operand operand; operands.next(operand);) {
    }
    if (operands.failed()) return operands.error();
  }
  return {};
}

AIRSTRIP_INLINE Result<void> check_ids(const ModuleView& view) {
  for (const Instruction instruction : view) {
    OperandCursor operands(instruction);
    for (Operand operand; operands.next(operand);) {
      if (!operand.is_id()) continue;
      const std::uint32_t id = operand.word();
      const char* message = nullptr;
      ErrorCode code = ErrorCode::IdOutOfBound;
      if (id == 0) {
        code = ErrorCode::EmptyId;
        message = "id 0";
      } else if (id >= view.bound()) {
        message = "an id is not below the bound of the header";
      } else if (operand.kind != OperandKind::IdResult) {
        code = ErrorCode::UndefinedId;
        if (!view.find_definition(id)) message = "an id is not defined";
      } else {
        code = ErrorCode::Redefinition;
        if (view.find_definition(id).index() != instruction.index())
          message = "an id is defined a second time";
      }
      if (!message) continue;
      Diagnostic error = detail::word_error(code, instruction.word_offset() + operand.position, message,
                                            instruction.opcode());
      error.offered << '%' << id;
      return error;
    }
  }
  return {};
}

AIRSTRIP_SPIRV_NAMESPACE_END
