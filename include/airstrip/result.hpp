// Errors as values: SourceLocation, ErrorCode, Diagnostic, Result.
#pragma once

#include "config.hpp"
#include "support/string.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

AIRSTRIP_NAMESPACE_BEGIN

/// The C++ line that asked for something. Taken as a defaulted last parameter, it is the caller's line.
/// (`std::source_location` is missing in clang 14, and is no smaller.)
struct SourceLocation {
  const char* file = nullptr;  ///< as the compiler spells it; never owned
  std::uint32_t line = 0;      ///< 0: unknown
  /// Always 0. With it the location is two whole words, which are written and copied as such: processors wait where
  /// what is read is wider than what was just written.
  std::uint32_t padding = 0;

  static constexpr SourceLocation current(const char* file = __builtin_FILE(),
                                          std::uint32_t line = __builtin_LINE()) {
    return {file, line, 0};
  }
};

/// What went wrong, as a value to switch on. One line says when each is given.
enum class ErrorCode : std::uint8_t {
  Ok,                    ///< no error
  OutOfMemory,           ///< an allocation failed; nothing was changed
  InvalidTarget,         ///< the Target names an unknown feature, extension or version
  EmptyId,               ///< a default-made id, or one from a failed call, was used as an operand
  ForeignId,             ///< the id belongs to another builder, or to this one before `reset()`
  IdOutOfBound,          ///< the id is not below the module's bound
  WrongIdKind,           ///< a type where a value belongs, a label where a function belongs …
  UseBeforeDefinition,   ///< the id is reserved, but nothing has defined it yet
  Redefinition,          ///< the id, or something that may exist once, is defined a second time
  UndefinedId,           ///< at the end of the module an id that was used has no definition
  WrongType,             ///< an operand's or the result's type breaks the instruction's rule
  InvalidOperand,        ///< a literal, enumerant or operand count that the instruction does not take
  WrongSection,          ///< an instruction outside the part of the module it belongs to
  OutsideBlock,          ///< a block instruction while no block is open
  UnterminatedBlock,     ///< a block, function or construct is still open where it must be closed
  InvalidNesting,        ///< a structured construct is left or continued where that is not allowed
  MissingCapability,     ///< the target allows no capability, extension or version that would permit this
  VersionConflict,       ///< needs another SPIR-V version or memory model than the module was started with
  LimitExceeded,         ///< longer than SPIR-V can say: 65,535 words an instruction, 2^32 ids
  NotAModule,            ///< the words do not begin with a SPIR-V header
  Truncated,             ///< the words end inside an instruction or the header; a file ends too early
  MalformedInstruction,  ///< an instruction's words do not fit its grammar
  UnknownInstruction,    ///< an opcode, enumerant or name that the grammar does not have
  ValidationFailed,      ///< SPIRV-Tools says the module is invalid
  ValidatorTooOld,       ///< the SPIRV-Tools at hand does not know what the module uses
  ToolFailed,            ///< an external program could not be run or understood
  NoDevice,              ///< no Vulkan loader, no driver, or no device that was asked for
  VulkanFailed,          ///< a Vulkan function returned an error or is missing
  MissingBinding,        ///< a descriptor, an address or a parameter that the module uses was not given
  InvalidBinding,        ///< one that was given does not fit: its type, size, alignment, or nothing takes it
  NotReady,              ///< a pipeline that is not compiled, or something that was not prepared
  NotTranslatable,       ///< the other language, or the translator, has no form for it
  InvalidShape,          ///< shapes that do not match, or a size that cannot be
  IllegalSchedule,       ///< a schedule that the problem or the target does not permit
  NotAProgram,           ///< the bytes do not begin as a compiled program does
  MalformedFile,         ///< a file's bytes do not fit its format, or contradict one another
  FileFailed,            ///< a file that cannot be read, or may not be: a path that leaves its directory
};

/// The name of an error code, as it is spelled above.
const char* to_string(ErrorCode code);

/// One error: what was wrong, where, and what to do about it.
struct Diagnostic {
  static constexpr std::size_t no_offset = static_cast<std::size_t>(-1);

  ErrorCode code = ErrorCode::Ok;
  String message;                       ///< one sentence
  SourceLocation where;                 ///< the C++ line that asked for it; unknown for foreign words
  const char* instruction = nullptr;    ///< name of the opcode concerned, or null
  String offered;                       ///< what was given instead, where that helps ("%7 : uint"), or empty
  std::size_t word_offset = no_offset;  ///< word of the module (header included) for foreign words

  /// "file:line: error: message [code]" on one line; the word offset stands in for an unknown line.
  String to_string() const;
};

/// A value or a Diagnostic. Reading the value of a failed result gives a default-made `T`: nothing aborts.
template <class T>
class [[nodiscard]] Result {
public:
  using value_type = T;

  Result(T value) : value_(static_cast<T&&>(value)) {}
  Result(Diagnostic error) : error_(static_cast<Diagnostic&&>(error)) {}

  bool ok() const { return error_.code == ErrorCode::Ok; }
  explicit operator bool() const { return ok(); }
  T& value() & { return value_; }
  const T& value() const& { return value_; }
  T&& value() && { return static_cast<T&&>(value_); }
  T& operator*() & { return value_; }
  const T& operator*() const& { return value_; }
  T&& operator*() && { return static_cast<T&&>(value_); }
  T* operator->() { return &value_; }
  const T* operator->() const { return &value_; }
  const Diagnostic& error() const& { return error_; }
  Diagnostic&& error() && { return static_cast<Diagnostic&&>(error_); }

private:
  T value_{};
  Diagnostic error_;
};

/// Success or a Diagnostic.
template <>
class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Diagnostic error) : error_(static_cast<Diagnostic&&>(error)) {}

  bool ok() const { return error_.code == ErrorCode::Ok; }
  explicit operator bool() const { return ok(); }
  const Diagnostic& error() const& { return error_; }
  Diagnostic&& error() && { return static_cast<Diagnostic&&>(error_); }

private:
  Diagnostic error_;
};

AIRSTRIP_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/result.hpp"
#endif
