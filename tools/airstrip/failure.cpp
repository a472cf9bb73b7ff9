#include "failure.hpp"

namespace tool {

using airstrip::Diagnostic;
using airstrip::ErrorCode;

const char* name_of(ExitCode code) {
  switch (code) {
    case ExitCode::Ok: return "ok";
    case ExitCode::Negative: return "negative";
    case ExitCode::Usage: return "usage";
    case ExitCode::BadInput: return "bad_input";
    case ExitCode::Device: return "device";
    case ExitCode::Unsupported: return "unsupported";
    case ExitCode::CannotWrite: return "cannot_write";
    case ExitCode::Internal: return "internal";
  }
  return "internal";
}

const char* meaning_of(ExitCode code) {
  switch (code) {
    case ExitCode::Ok: return "done; the answer is yes";
    case ExitCode::Negative: return "done; the answer is no: a module is invalid, results differ";
    case ExitCode::Usage: return "the command line is wrong";
    case ExitCode::BadInput: return "a file that is given cannot be read, or is not what it should be";
    case ExitCode::Device: return "there is no such device, or it has failed";
    case ExitCode::Unsupported:
      return "something in the input is beyond this program or what it was built with";
    case ExitCode::CannotWrite: return "the output cannot be written";
    case ExitCode::Internal: return "out of memory, or a defect of this program";
  }
  return "";
}

ExitCode exit_code_of(const Diagnostic& error) {
  switch (error.code) {
    case ErrorCode::Ok: return ExitCode::Ok;
    case ErrorCode::ValidationFailed: return ExitCode::Negative;
    case ErrorCode::InvalidOperand:
      // Of an instruction in a file, or of what was asked for.
      return error.word_offset != Diagnostic::no_offset ? ExitCode::BadInput : ExitCode::Usage;
    case ErrorCode::InvalidTarget:
    case ErrorCode::IllegalSchedule: return ExitCode::Usage;
    case ErrorCode::NotAModule:
    case ErrorCode::Truncated:
    case ErrorCode::MalformedInstruction:
    case ErrorCode::IdOutOfBound:
    case ErrorCode::WrongIdKind:
    case ErrorCode::UseBeforeDefinition:
    case ErrorCode::Redefinition:
    case ErrorCode::UndefinedId:
    case ErrorCode::WrongType:
    case ErrorCode::WrongSection:
    case ErrorCode::OutsideBlock:
    case ErrorCode::UnterminatedBlock:
    case ErrorCode::InvalidNesting:
    case ErrorCode::NotAProgram:
    case ErrorCode::MalformedFile:
    case ErrorCode::FileFailed:
    case ErrorCode::InvalidShape: return ExitCode::BadInput;
    case ErrorCode::NoDevice:
    case ErrorCode::VulkanFailed: return ExitCode::Device;
    case ErrorCode::MissingCapability:
    case ErrorCode::VersionConflict:
    case ErrorCode::LimitExceeded:
    case ErrorCode::UnknownInstruction:
    case ErrorCode::ValidatorTooOld:
    case ErrorCode::ToolFailed:
    case ErrorCode::NotTranslatable: return ExitCode::Unsupported;
    // What only wrong use of the library brings about.
    case ErrorCode::OutOfMemory:
    case ErrorCode::EmptyId:
    case ErrorCode::ForeignId:
    case ErrorCode::MissingBinding:
    case ErrorCode::InvalidBinding:
    case ErrorCode::NotReady: return ExitCode::Internal;
  }
  return ExitCode::Internal;
}

namespace {

std::string sentence_of(const std::string& subject, const Diagnostic& error) {
  std::string text = subject.empty() ? "" : subject + ": ";
  if (error.instruction) text += std::string(error.instruction) + ": ";
  text += std::string(error.message);
  if (!error.offered.empty()) text += " (" + std::string(error.offered) + ")";
  if (error.word_offset != Diagnostic::no_offset) text += " (word " + std::to_string(error.word_offset) + ")";
  return text;
}

const char* name_of(ErrorCode code) { return airstrip::to_string(code); }

}  // namespace

Failure::Failure(const std::string& subject, const Diagnostic& error)
    : std::runtime_error(sentence_of(subject, error)), exit_(exit_code_of(error)),
      code_(name_of(error.code)) {}

Failure built_without(const std::string& library, const std::string& packages) {
  return {ExitCode::Unsupported, "this airstrip was built without " + library +
                                     "; install it (Debian: " + packages + ") and build again"};
}

}  // namespace tool
