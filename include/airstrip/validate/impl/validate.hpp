#pragma once

#include "run.hpp"

#include "environment.hpp"
#include "external.hpp"
#include "linked.hpp"
#include "messages.hpp"
#include "report.hpp"
#include "rules.hpp"

#include <cstdlib>

AIRSTRIP_NAMESPACE_BEGIN

// --- the order of things ---------------------------------------------------------------------------------------------

AIRSTRIP_INLINE ValidationReport ValidationRun::run() {
  report_.linked_version = linked_validator_version();
  report_.environment = target_.name();
  if (!target_.error().empty()) {
    fail(ErrorCode::InvalidTarget, target_.error(), ValidationReport::none);
    return static_cast<ValidationReport&&>(report_);
  }
  if (!read_words()) return static_cast<ValidationReport&&>(report_);
  report_.environment = environment_candidate(0);
  if (options_.own_rules && breaks_own_rule()) return static_cast<ValidationReport&&>(report_);

  const Text program = external_program();
  if (options_.validator == ValidatorChoice::ExternalOnly) {
    ask_external(program);
    return static_cast<ValidationReport&&>(report_);
  }
  ask_linked();
  // The external one is for what the linked one does not know, the environment included.
  const bool unsure =
      report_.code == ErrorCode::ValidatorTooOld || !(report_.environment_used == Text(report_.environment));
  if (!unsure || options_.validator != ValidatorChoice::Automatic || program.empty())
    return static_cast<ValidationReport&&>(report_);
  String extensions;  // all that the linked one does not know, if these are all
  for (const UnknownToValidator& unknown : report_.unknown_) {
    if (unknown.kind != UnknownToValidator::Kind::Extension) {
      extensions.clear();
      break;
    }
    extensions << (extensions.empty() ? "" : ", ") << Text(unknown.name);
  }
  ask_external(program);
  // A spirv-val passes over extensions that it does not know, without a word.
  if (report_.ok() && !extensions.empty())
    report_.note << (report_.note.empty() ? "" : "; ") << "it does not tell whether it knows "
                 << Text(extensions);
  return static_cast<ValidationReport&&>(report_);
}

AIRSTRIP_INLINE Text ValidationRun::external_program() const {
  if (!options_.external.empty()) return options_.external;
  const char* const named = std::getenv("AIRSTRIP_SPIRV_VAL");
  return named ? Text(named) : Text();
}

AIRSTRIP_INLINE bool ValidationRun::read_words() {
  Result<spirv::ModuleView> view = spirv::ModuleView::borrow(words_);
  if (view) {
    view_ = static_cast<Result<spirv::ModuleView>&&>(view).value();
    return true;
  }
  const Diagnostic& error = view.error();
  const std::size_t offset = error.word_offset;
  // What comes before the words that are no instruction can be shown.
  if (offset != Diagnostic::no_offset && offset > spirv::header_words && offset < words_.size()) {
    Result<spirv::ModuleView> before = spirv::ModuleView::borrow(words_.subspan(0, offset));
    if (before) view_ = static_cast<Result<spirv::ModuleView>&&>(before).value();
  }
  fail(error.code, error.message, ValidationReport::none);
  if (offset != Diagnostic::no_offset) {
    report_.word_offset = offset;
    report_.where = location_of(offset);
  }
  report_.instruction = error.instruction;
  show_end();
  return false;
}

// Forgets what another validator said.
AIRSTRIP_INLINE void ValidationRun::begin_verdict(Validator validator, Text version, Text program) {
  ValidationReport fresh;
  fresh.validator = validator;
  fresh.version = version;
  fresh.program = program;
  fresh.environment = report_.environment;
  fresh.linked_version = report_.linked_version;
  report_ = static_cast<ValidationReport&&>(fresh);
}

AIRSTRIP_INLINE void ValidationRun::fail(ErrorCode code, Text message, std::size_t index) {
  report_.code = code;
  report_.message = message;
  if (index != ValidationReport::none) show(index);
}

AIRSTRIP_INLINE void ValidationRun::conclude(const Verdict& verdict) {
  if (verdict.valid) {
    report_.warning = verdict.warning;
    return;
  }
  report_.rule = detail::rule_in(verdict.message);
  const std::size_t index = verdict.number >= 1 && verdict.number <= view_.size()
                                ? verdict.number - 1
                                : find_in_message(verdict.message);
  fail(ErrorCode::ValidationFailed, verdict.message, index);
}

AIRSTRIP_INLINE void ValidationRun::add_unknown(UnknownToValidator unknown) {
  std::vector<UnknownToValidator>& list = report_.unknown_;
  if (list.size() >= ValidationReport::max_unknown) return;
  for (const UnknownToValidator& other : list)
    if (other.kind == unknown.kind && other.value == unknown.value && other.name == unknown.name) return;
  // In the order of the kinds, those of one kind as they were found.
  std::size_t at = list.size();
  while (at > 0 && list[at - 1].kind > unknown.kind) --at;
  list.insert(list.begin() + static_cast<std::ptrdiff_t>(at), static_cast<UnknownToValidator&&>(unknown));
}

AIRSTRIP_INLINE void ValidationRun::add_unknown_version() {
  UnknownToValidator unknown;
  unknown.kind = UnknownToValidator::Kind::Version;
  unknown.name << "SPIR-V ";
  detail::append_version(unknown.name, view_.version());
  unknown.known_here = view_.version() <= spirv::make_version(1, 6);
  add_unknown(static_cast<UnknownToValidator&&>(unknown));
}

AIRSTRIP_INLINE void ValidationRun::fail_too_old(std::size_t index) {
  String message("SPIRV-Tools ");
  message << Text(report_.version) << " does not know ";
  const UnknownToValidator& first = report_.unknown_[0];
  message << first.to_string();
  if (report_.unknown_.size() > 1)
    message << " and " << std::uint64_t{report_.unknown_.size() - 1} << " more of what the module uses";
  message
      << ", so that the module is neither valid nor invalid to it; name a newer spirv-val in the environment "
         "variable AIRSTRIP_SPIRV_VAL";
  if (!first.known_here) message << " (this library does not know it either: it may be wrong)";
  fail(ErrorCode::ValidatorTooOld, message, index);
}

// --- the public calls ------------------------------------------------------------------------------------------------

namespace detail {

inline Result<Validation> to_result(const ValidationReport& report) {
  if (!report.ok()) return report.diagnostic();
  return static_cast<const Validation&>(report);
}

}  // namespace detail

AIRSTRIP_INLINE ValidationReport validation_report(const spirv::Module& module,
                                                   const ValidateOptions& options) {
  return ValidationRun(module.words(), module.target(), &module, options).run();
}
AIRSTRIP_INLINE ValidationReport validation_report(Span<const std::uint32_t> words,
                                                   const spirv::Target& target,
                                                   const ValidateOptions& options) {
  return ValidationRun(words, target, nullptr, options).run();
}
AIRSTRIP_INLINE Result<Validation> validate(const spirv::Module& module, const ValidateOptions& options) {
  return detail::to_result(validation_report(module, options));
}
AIRSTRIP_INLINE Result<Validation> validate(Span<const std::uint32_t> words, const spirv::Target& target,
                                            const ValidateOptions& options) {
  return detail::to_result(validation_report(words, target, options));
}

AIRSTRIP_NAMESPACE_END
