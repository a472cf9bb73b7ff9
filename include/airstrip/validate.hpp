// Adapter: SPIRV-Tools' validator, with the environment and the options derived from the Target, and errors that lead
// to the line of C++ which emitted the instruction. Needs SPIRV-Tools (CMake: airstrip::validate).
//
//     Result<Validation> valid = validate(*module);
//     if (!valid) puts(valid.error().to_string().c_str());
//     // or everything that is known of the failure:
//     ValidationReport report = validation_report(*module);
//     if (!report.ok()) puts(report.to_string().c_str());
//
// What the linked SPIRV-Tools does not know (a capability, an extension, an environment newer than it is) is never
// called valid or invalid: it is ErrorCode::ValidatorTooOld. The environment variable AIRSTRIP_SPIRV_VAL may name a
// newer spirv-val, which is then asked instead; it is run as a child process, without a shell.
#pragma once

#include "config.hpp"
#include "result.hpp"
#include "spirv/disassemble.hpp"
#include "spirv/grammar.hpp"
#include "spirv/module.hpp"
#include "spirv/target.hpp"
#include "spirv/view.hpp"
#include "support/span.hpp"
#include "support/string.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

AIRSTRIP_NAMESPACE_BEGIN

/// Who gave the verdict.
enum class Validator : std::uint8_t {
  None,      ///< nobody: the words are no module
  OwnRules,  ///< rules that known versions of SPIRV-Tools miss, checked here
  Linked,    ///< the SPIRV-Tools this program is linked with
  External,  ///< the spirv-val that AIRSTRIP_SPIRV_VAL or the options name
};

/// Who may be asked.
enum class ValidatorChoice : std::uint8_t {
  Automatic,     ///< the linked one; the external one, if one is named, for what the linked one does not know
  LinkedOnly,    ///< never starts a program
  ExternalOnly,  ///< always the external one; ToolFailed if none is named
};

struct ValidateOptions {
  ValidatorChoice validator = ValidatorChoice::Automatic;
  Text external = {};                 ///< program to run as spirv-val; empty: the value of AIRSTRIP_SPIRV_VAL
  std::uint32_t timeout_ms = 60'000;  ///< for one run of the external program
  bool own_rules = true;              ///< check what known versions of SPIRV-Tools miss
  Text file_name = "module.spv";      ///< how the equivalent command line calls the module
};

/// How a module was validated. A value of this type in a Result means: valid.
struct Validation {
  Validator validator = Validator::None;
  String version;           ///< of that validator: "v2023.1"; for OwnRules of this library: "0.1.0"
  String program;           ///< the external program; empty for the linked library
  String environment;       ///< what the target asks for: "vulkan1.4"
  String environment_used;  ///< what the validator knew of it: "vulkan1.3"
  String command;           ///< the same check by hand: "spirv-val --target-env vulkan1.3 module.spv"
  String note;              ///< a sentence on what was done differently from what was asked; mostly empty
  String warning;           ///< what the validator said of a valid module; mostly empty
};

/// An instruction that a report shows.
struct ReportedInstruction {
  std::size_t index = 0;        ///< position in the module: `view[index]`
  std::size_t word_offset = 0;  ///< first word, header included
  String text;                  ///< "%sum = OpIAdd %float %x %y", with names
  SourceLocation where;         ///< the C++ line that emitted it
};

/// Something in the module that a validator has never heard of.
struct UnknownToValidator {
  enum class Kind : std::uint8_t {
    Capability,            ///< `value`, `name`
    Extension,             ///< `name`
    Version,               ///< of SPIR-V; `name` is "SPIR-V 1.7"
    Environment,           ///< `name`
    Instruction,           ///< opcode in `value`, `name`
    ExtendedInstructions,  ///< an extended instruction set, or one of its instructions; `name`
    Enumerant,             ///< `value`, and "StorageClass TileImageEXT" in `name`
    Operands,              ///< operands that the instruction did not have; `name` is the instruction's text
    Option,                ///< an option of spirv-val; `name`
  };
  Kind kind = Kind::Capability;
  std::uint32_t value = 0;
  String name;
  /// The grammar of this library has it. Else it is newer than both, or a mistake: nobody here can tell.
  bool known_here = true;

  /// "the capability CooperativeMatrixKHR".
  String to_string() const;
};

/// What a validation found, as data.
class ValidationReport : public Validation {
public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// None: valid. ValidationFailed: `validator` says that the module is invalid. ValidatorTooOld: nobody who was asked
  /// knows all of it, see `unknown()`. ToolFailed: the external program could not be run or understood. NotAModule,
  /// Truncated, MalformedInstruction: no validator was asked. InvalidTarget: see Target::error.
  ErrorCode code = ErrorCode::Ok;
  String message;  ///< one sentence; the validator's own where it gave the verdict
  String rule;     ///< "VUID-StandaloneSpirv-Flat-04744", or where a rule of ours is written; may be empty

  std::size_t instruction_index = none;  ///< of the instruction concerned; none: the module as a whole
  std::size_t word_offset = none;        ///< its first word
  const char* instruction = nullptr;     ///< name of its opcode, or null
  SourceLocation where;                  ///< the C++ line that emitted it; unknown for foreign words
  String function;                       ///< "%main": the function it is in; empty outside functions

  String linked_version;    ///< of the SPIRV-Tools this program is linked with, whoever gave the verdict
  String validator_output;  ///< all that the validator said

  bool ok() const { return code == ErrorCode::Ok; }
  /// The instruction with two before it and two behind it, fewer at the module's ends.
  Span<const ReportedInstruction> context() const { return {context_.data(), context_.size()}; }
  /// The definitions of the ids that the instruction uses, in that order, the first `max_definitions` of them.
  Span<const ReportedInstruction> definitions() const { return {definitions_.data(), definitions_.size()}; }
  std::size_t definitions_left_out() const { return definitions_left_out_; }
  /// The names of the entry points from which the function is reached, or to which the instruction belongs.
  Span<const String> entry_points() const { return {entry_points_.data(), entry_points_.size()}; }
  /// What the last validator asked does not know; capabilities first.
  Span<const UnknownToValidator> unknown() const { return {unknown_.data(), unknown_.size()}; }

  /// Everything above, for people.
  String to_string() const;
  /// The essence, as the library's other errors.
  Diagnostic diagnostic() const;

  static constexpr std::size_t max_definitions = 16;
  static constexpr std::size_t max_unknown = 64;

private:
  friend class ValidationRun;

  std::vector<ReportedInstruction> context_;
  std::vector<ReportedInstruction> definitions_;
  std::vector<String> entry_points_;
  std::vector<UnknownToValidator> unknown_;
  std::size_t definitions_left_out_ = 0;
};

/// Validates for the module's own target.
Result<Validation> validate(const spirv::Module& module, const ValidateOptions& options = {});
/// Validates words from anywhere, in either byte order.
Result<Validation> validate(Span<const std::uint32_t> words, const spirv::Target& target,
                            const ValidateOptions& options = {});
/// The same with everything that was found.
ValidationReport validation_report(const spirv::Module& module, const ValidateOptions& options = {});
ValidationReport validation_report(Span<const std::uint32_t> words, const spirv::Target& target,
                                   const ValidateOptions& options = {});

/// Version of the SPIRV-Tools this program is linked with: "v2023.1".
const char* linked_validator_version();

AIRSTRIP_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "validate/impl/validate.hpp"
#endif

#include "undef.hpp"
