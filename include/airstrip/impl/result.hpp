#pragma once

#include "../result.hpp"

AIRSTRIP_NAMESPACE_BEGIN

AIRSTRIP_INLINE const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::Ok: return "Ok";
    case ErrorCode::OutOfMemory: return "OutOfMemory";
    case ErrorCode::InvalidTarget: return "InvalidTarget";
    case ErrorCode::EmptyId: return "EmptyId";
    case ErrorCode::ForeignId: return "ForeignId";
    case ErrorCode::IdOutOfBound: return "IdOutOfBound";
    case ErrorCode::WrongIdKind: return "WrongIdKind";
    case ErrorCode::UseBeforeDefinition: return "UseBeforeDefinition";
    case ErrorCode::Redefinition: return "Redefinition";
    case ErrorCode::UndefinedId: return "UndefinedId";
    case ErrorCode::WrongType: return "WrongType";
    case ErrorCode::InvalidOperand: return "InvalidOperand";
    case ErrorCode::WrongSection: return "WrongSection";
    case ErrorCode::OutsideBlock: return "OutsideBlock";
    case ErrorCode::UnterminatedBlock: return "UnterminatedBlock";
    case ErrorCode::InvalidNesting: return "InvalidNesting";
    case ErrorCode::MissingCapability: return "MissingCapability";
    case ErrorCode::VersionConflict: return "VersionConflict";
    case ErrorCode::LimitExceeded: return "LimitExceeded";
    case ErrorCode::NotAModule: return "NotAModule";
    case ErrorCode::Truncated: return "Truncated";
    case ErrorCode::MalformedInstruction: return "MalformedInstruction";
    case ErrorCode::UnknownInstruction: return "UnknownInstruction";
    case ErrorCode::ValidationFailed: return "ValidationFailed";
    case ErrorCode::ValidatorTooOld: return "ValidatorTooOld";
    case ErrorCode::ToolFailed: return "ToolFailed";
    case ErrorCode::NoDevice: return "NoDevice";
    case ErrorCode::VulkanFailed: return "VulkanFailed";
    case ErrorCode::MissingBinding: return "MissingBinding";
    case ErrorCode::InvalidBinding: return "InvalidBinding";
    case ErrorCode::NotReady: return "NotReady";
    case ErrorCode::NotTranslatable: return "NotTranslatable";
    case ErrorCode::InvalidShape: return "InvalidShape";
    case ErrorCode::IllegalSchedule: return "IllegalSchedule";
    case ErrorCode::NotAProgram: return "NotAProgram";
    case ErrorCode::MalformedFile: return "MalformedFile";
    case ErrorCode::FileFailed: return "FileFailed";
  }
  return "unknown";
}

AIRSTRIP_INLINE String Diagnostic::to_string() const {
  String text;
  if (where.line != 0)
    text << Text(where.file) << ':' << where.line << ": ";
  else if (word_offset != no_offset)
    text << "word " << static_cast<std::uint64_t>(word_offset) << ": ";
  text << "error: " << Text(message);
  if (!offered.empty()) text << " (got " << Text(offered) << ')';
  text << " [" << airstrip::to_string(code) << ']';
  return text;
}

AIRSTRIP_NAMESPACE_END
