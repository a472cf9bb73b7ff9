// Reading foreign words: an indexed view of a module that keeps their order, and operands decoded by the grammar.
//
//     Result<ModuleView> view = parse(words);
//     for (Instruction i : *view) {
//       OperandCursor operands(i);
//       for (Operand o; operands.next(o);) …
//     }
//
// Nothing here trusts the words: every access is bounded by the instruction, memory is proportional to the words and
// never to what the header claims, nothing recurses, and what the grammar does not know is carried along as opaque.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "grammar.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

class ModuleView;

/// One instruction of a view: a place in its words. Valid while the view exists and stays where it is.
class Instruction {
public:
  constexpr Instruction() = default;
  constexpr Instruction(const ModuleView& view, const std::uint32_t* words, std::uint32_t index)
      : view_(&view), words_(words), index_(index) {}

  /// False for "no such instruction"; everything below is then empty or 0.
  constexpr explicit operator bool() const { return words_ != nullptr; }
  constexpr Op opcode() const { return static_cast<Op>(words_ ? words_[0] & 0xFFFF : 0); }
  /// Null for an opcode that the grammar does not have.
  const InstructionInfo* info() const { return words_ ? grammar::find(opcode()) : nullptr; }
  /// All words; the first holds the word count and the opcode.
  constexpr Span<const std::uint32_t> words() const { return {words_, words_ ? words_[0] >> 16 : 0}; }
  /// A word, or 0 past the end.
  constexpr std::uint32_t word(std::size_t at) const { return at < words().size() ? words_[at] : 0; }
  /// Offset of the first word in the module, header included.
  std::size_t word_offset() const;
  /// Position in the view: `view[i.index()]` is this instruction.
  constexpr std::uint32_t index() const { return index_; }
  /// The result type or result id as written; 0 when there is none, or the opcode is unknown.
  std::uint32_t type_id() const { return grammar::result_position(number()) == 2 ? word(1) : 0; }
  std::uint32_t result_id() const {
    const unsigned position = grammar::result_position(number());
    return position ? word(position) : 0;
  }
  const ModuleView* view() const { return view_; }

private:
  constexpr std::uint16_t number() const {
    return static_cast<std::uint16_t>(words_ ? words_[0] & 0xFFFF : 0);
  }

  const ModuleView* view_ = nullptr;
  const std::uint32_t* words_ = nullptr;
  std::uint32_t index_ = 0;
};

/// What a literal number means where its type is said elsewhere (OpConstant, OpSpecConstant, OpSwitch).
struct NumberType {
  enum class Kind : std::uint8_t { Unknown, Unsigned, Signed, Float };

  Kind kind = Kind::Unknown;
  std::uint32_t bits = 0;            ///< width as the type states it
  std::uint32_t encoding = ieee754;  ///< the FPEncoding of an OpTypeFloat, or `ieee754`

  static constexpr std::uint32_t ieee754 = 0xFFFFFFFF;
  /// Words that a literal of this type takes.
  constexpr std::uint32_t words() const { return bits / 32 + (bits % 32 != 0); }
};

/// A module's words in host byte order, with an index of its instructions and of its ids.
class ModuleView {
public:
  ModuleView() = default;

  /// Like `parse`, but does not copy words that are in host byte order: they must outlive the view, unchanged.
  static Result<ModuleView> borrow(Span<const std::uint32_t> words);

  /// The whole module, header included, in host byte order. Written to a file it is the same module.
  Span<const std::uint32_t> words() const { return {words_, word_count_}; }
  // The header as it is written: nothing depends on it.
  Version version() const { return static_cast<Version>(word(1) >> 8); }
  std::uint32_t generator() const { return word(2); }
  std::uint32_t bound() const { return word(3); }
  std::uint32_t schema() const { return word(4); }

  /// Number of instructions.
  std::size_t size() const { return offsets_.size(); }
  Instruction operator[](std::size_t index) const {
    return index < size() ? at(static_cast<std::uint32_t>(index)) : Instruction();
  }
  /// The first instruction that has this result id; empty when there is none.
  Instruction find_definition(std::uint32_t id) const;
  /// The number that a type id stands for; Unknown when it is not an OpTypeInt or OpTypeFloat.
  NumberType number_type(std::uint32_t type_id) const;
  /// The set an OpExtInstImport names; null when it is none, or not of the grammar.
  const ExtInstSetInfo* ext_inst_set(std::uint32_t import_id) const;
  /// Bytes of heap this view holds: at most 36 for each word.
  std::size_t memory() const;

  class Iterator {
  public:
    Iterator(const ModuleView& view, std::uint32_t index) : view_(&view), index_(index) {}
    Instruction operator*() const { return view_->at(index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    friend bool operator==(Iterator a, Iterator b) { return a.index_ == b.index_; }

  private:
    const ModuleView* view_;
    std::uint32_t index_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, static_cast<std::uint32_t>(size())}; }

private:
  friend Result<ModuleView> parse(Span<const std::uint32_t> words);
  friend Result<ModuleView> parse_bytes(const void* bytes, std::size_t size);
  friend class Instruction;

  std::uint32_t word(std::size_t at) const { return at < word_count_ ? words_[at] : 0; }
  Instruction at(std::uint32_t index) const { return {*this, words_ + offsets_[index], index}; }
  Result<void> index();
  static Result<ModuleView> read(const void* bytes, std::size_t size, bool copy);

  const std::uint32_t* words_ = nullptr;
  std::size_t word_count_ = 0;
  Buffer<std::uint32_t> owned_;
  Buffer<std::uint32_t> offsets_;  // of each instruction
  Buffer<std::uint32_t> dense_;    // id → index of the instruction + 1, for ids below its size
  Buffer<std::uint64_t> sparse_;   // id << 32 | index of the instruction, sorted, for the others
};

/// Copies the words, turning them around if they are in the other byte order, and indexes them.
/// Errors: NotAModule (no magic number), Truncated (inside the header or an instruction), MalformedInstruction (a word
/// count of 0), LimitExceeded (2^32 words or more), OutOfMemory. The diagnostic has the word offset.
/// What is between the words of an instruction, and what the ids mean, is not looked at: see `check_operands`,
/// `check_ids`.
AIRSTRIP_INLINE Result<ModuleView> parse(Span<const std::uint32_t> words);
/// The same from bytes, at any alignment. Truncated as well when `size` is not a multiple of 4.
AIRSTRIP_INLINE Result<ModuleView> parse_bytes(const void* bytes, std::size_t size);

/// One logical operand. Pairs come as two operands, masks and enumerants are followed by their parameters.
struct Operand {
  OperandKind kind{};
  IdRole role{};
  bool is_parameter = false;  ///< belongs to an enumerant or mask before it
  bool is_opaque = false;  ///< words that the grammar cannot tell apart, as they follow an unknown enumerant
  std::uint32_t position = 0;  ///< first word, counted from the instruction's first word
  Span<const std::uint32_t> words;
  const EnumerantInfo* enumerant = nullptr;  ///< of a `ValueEnum`; null when the value is unknown
  const InstructionInfo* nested = nullptr;   ///< the operation of an OpSpecConstantOp
  const ExtInstInfo* ext_inst = nullptr;     ///< of an OpExtInst whose set and number are known
  NumberType number;                         ///< of a LiteralContextDependentNumber

  std::uint32_t word() const { return words.empty() ? 0 : words[0]; }
  /// IdRef, IdResult, IdResultType, IdScope or IdMemorySemantics.
  bool is_id() const;
};

/// Walks the operands of one instruction, result type and result id included, as the grammar describes them. An
/// instruction that the grammar does not have gives one opaque operand.
class OperandCursor {
public:
  explicit OperandCursor(const Instruction& instruction);

  /// False at the end, and where the words do not fit the grammar (`failed()`).
  bool next(Operand& operand);
  bool failed() const { return problem_ != nullptr; }
  /// The operand list ended early or late, or a string did not end: MalformedInstruction, with the word offset; an
  /// OpSpecConstantOp of what has no result: InvalidOperand. No error: ErrorCode::Ok.
  Diagnostic error() const;

private:
  struct Frame {
    const OperandInfo* next;
    const OperandInfo* end;
    std::uint32_t bits;  // of a mask, whose parameters come after those at hand
    OperandKind kind;    // of the mask
    bool is_parameter;
  };
  static constexpr unsigned max_depth =
      6;  // instruction, nested operation, pair, enumerant, its enumerant; one spare

  bool push(Span<const OperandInfo> operands, bool is_parameter);
  bool fail(ErrorCode code, const char* problem);
  bool take_rest(Operand& operand);
  bool take(const OperandInfo& info, bool is_parameter, Operand& operand);
  NumberType context_number_type() const;

  Instruction instruction_;
  std::uint32_t at_ = 1;
  std::uint32_t end_;
  unsigned depth_ = 0;
  bool opaque_ = false;
  ErrorCode code_ = ErrorCode::Ok;
  const char* problem_ = nullptr;
  OperandKind kind_{};  // of the operand that is missing or wrong
  Frame frames_[max_depth];
};

/// The characters of a string literal (SPIR-V 2.2.1): UTF-8 up to the first zero byte, or to the end of `words`. On a
/// little-endian host they are `words` themselves; elsewhere they are put into `storage`.
AIRSTRIP_INLINE Text literal_text(Span<const std::uint32_t> words, String& storage);

/// Decodes every operand of every instruction: the first error a cursor gives.
AIRSTRIP_INLINE Result<void> check_operands(const ModuleView& view);
/// Looks at every id: IdOutOfBound (not below the bound), EmptyId (0), Redefinition, UndefinedId. Operands that cannot be
/// decoded are passed over.
AIRSTRIP_INLINE Result<void> check_ids(const ModuleView& view);

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/view.hpp"
#endif
