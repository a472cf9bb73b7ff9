// How an operand reaches the emitter: words with tags, optional operands, masks and enumerants with parameters.
// The parameters of each mask and enumerant are in operands.hpp, generated from the grammar on top of this.
#pragma once

#include "../config.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "enums.hpp"
#include "ids.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// One word of an instruction on its way into the module: an id with its tag, or a literal.
struct OperandWord {
  std::uint32_t word;
  std::uint32_t tag;

  static constexpr std::uint32_t literal_tag = 0;
  /// A 32-bit unsigned constant to declare: what a Scope or MemorySemantics becomes.
  static constexpr std::uint32_t constant_tag = 1;
  static_assert(Id::empty_tag == 2);
  /// Tags below this are not a builder's.
  static constexpr std::uint32_t first_builder_tag = 16;

  constexpr OperandWord() : word(0), tag(literal_tag) {}
  constexpr OperandWord(Id id) : word(id.number()), tag(id.tag()) {}
  constexpr OperandWord(Literal literal) : word(literal.word()), tag(literal_tag) {}
  template <class T>
    requires(std::is_enum_v<T> || std::is_integral_v<T>)
  constexpr OperandWord(T literal) : OperandWord(Literal(literal)) {}
  constexpr OperandWord(std::uint32_t word_, std::uint32_t tag_) : word(word_), tag(tag_) {}
};

/// The execution or memory scope of an instruction: an enumerant, for which a constant is declared, or the id of a
/// 32-bit integer constant (SPIR-V 3.27).
class ScopeOperand {
public:
  constexpr ScopeOperand(Scope scope) : word_(static_cast<std::uint32_t>(scope), OperandWord::constant_tag) {}
  constexpr ScopeOperand(ValueId constant) : word_(constant) {}
  constexpr OperandWord word() const { return word_; }

private:
  OperandWord word_;
};

/// The memory semantics of an instruction: a mask, for which a constant is declared, or the id of a 32-bit integer
/// constant (SPIR-V 3.25).
class MemorySemanticsOperand {
public:
  constexpr MemorySemanticsOperand(MemorySemantics mask)
      : word_(static_cast<std::uint32_t>(mask), OperandWord::constant_tag) {}
  constexpr MemorySemanticsOperand(ValueId constant) : word_(constant) {}
  constexpr OperandWord word() const { return word_; }

private:
  OperandWord word_;
};

/// An operand that may be left out. Default-made: left out.
template <class T>
class Optional {
public:
  constexpr Optional() = default;
  constexpr Optional(T value) : value_(value), present_(true) {}
  template <class U>
    requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, Optional>)
  constexpr Optional(U value) : value_(static_cast<T>(value)), present_(true) {}
  constexpr bool present() const { return present_; }
  constexpr const T& value() const { return value_; }

private:
  T value_{};
  bool present_ = false;
};

/// A variable of OpPhi: `value` where control comes from the block `parent`.
struct PhiIncoming {
  ValueId value;
  LabelId parent;
};

/// A case of OpSwitch. `literal` is taken at the selector's width.
struct SwitchTarget {
  std::uint64_t literal;
  LabelId target;
};

/// A target of OpGroupMemberDecorate: member `member` of the structure `type`.
struct MemberTarget {
  Id type;
  Literal member;
};

namespace operand {

/// A mask whose bits may have parameters. The words of the parameters follow the mask in the order of the bits,
/// lowest first (SPIR-V 2.2.1), whatever the order of the calls. Default-made: left out where that is allowed, else 0.
class Mask {
public:
  constexpr bool present() const { return present_; }
  constexpr std::uint32_t mask() const { return mask_; }
  constexpr std::size_t parameter_count() const { return count_; }
  constexpr OperandWord parameter(std::size_t index) const {
    return OperandWord(slots_[index].word, slots_[index].tag);
  }

protected:
  static constexpr std::size_t max_parameters = 16;  // LoopControl's, the most there are

  constexpr Mask() = default;
  constexpr explicit Mask(std::uint32_t mask) : mask_(mask), present_(true) {}
  constexpr void set(std::uint32_t bit) {
    mask_ |= bit;
    present_ = true;
  }
  /// A bit set twice keeps its last parameters.
  constexpr void set(std::uint32_t bit, Span<const OperandWord> parameters) {
    remove(bit);
    set(bit);
    std::size_t at = 0;
    while (at < count_ && slots_[at].bit < bit) ++at;
    const std::size_t n = parameters.size();
    if (count_ + n > max_parameters) return;  // no mask of the grammar has as many
    for (std::size_t i = count_; i-- > at;) slots_[i + n] = slots_[i];
    for (std::size_t i = 0; i < n; ++i) slots_[at + i] = {bit, parameters[i].word, parameters[i].tag};
    count_ = static_cast<std::uint8_t>(count_ + n);
  }

private:
  constexpr void remove(std::uint32_t bit) {
    std::uint8_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i)
      if (slots_[i].bit != bit) slots_[kept++] = slots_[i];
    count_ = kept;
  }

  struct Slot {
    std::uint32_t bit, word, tag;
  };
  Slot slots_
      [max_parameters];  // the first count_ are set: every load and store makes one of these, mostly empty
  std::uint32_t mask_ = 0;
  std::uint8_t count_ = 0;
  bool present_ = false;
};

/// An enumerant with its parameters. Texts are borrowed until the instruction is emitted.
class Enumerant {
public:
  /// A parameter: a word, or a string where `text.data()` is not null.
  struct Parameter {
    OperandWord word;
    Text text;
    bool is_text = false;
    constexpr Parameter() = default;
    constexpr Parameter(OperandWord word_) : word(word_) {}
    constexpr Parameter(Text text_) : text(text_), is_text(true) {}
  };

  constexpr std::uint32_t value() const { return value_; }
  constexpr std::size_t parameter_count() const { return count_; }
  constexpr const Parameter& parameter(std::size_t index) const { return parameters_[index]; }
  /// Literals after the parameters, for the enumerants that take any number.
  constexpr Span<const Literal> tail() const { return tail_; }

protected:
  static constexpr std::size_t max_parameters = 8;

  constexpr explicit Enumerant(std::uint32_t value) : value_(value) {}
  constexpr Enumerant(std::uint32_t value, std::initializer_list<Parameter> parameters,
                      Span<const Literal> tail = {})
      : value_(value), tail_(tail) {
    for (const Parameter& p : parameters) parameters_[count_++] = p;
  }

private:
  std::uint32_t value_;
  std::uint8_t count_ = 0;
  Parameter parameters_[max_parameters] = {};
  Span<const Literal> tail_;
};

}  // namespace operand

AIRSTRIP_SPIRV_NAMESPACE_END
