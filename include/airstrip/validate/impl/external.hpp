// A spirv-val as a child process.
#pragma once

#include "messages.hpp"
#include "process.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

// Whether a list such as "{vulkan1.0|vulkan1.1spv1.4|vulkan1.1}" in the help text contains exactly this name.
inline bool help_lists(const void* help, const String& name) {
  const Text text(*static_cast<const String*>(help));
  const auto separates = [](char c) { return c == '|' || c == '{' || c == '}' || c == ' ' || c == '\n'; };
  for (std::size_t i = 0; i + name.size() <= text.size(); ++i)
    if (Text(text.data() + i, name.size()) == Text(name) && (i == 0 || separates(text[i - 1])) &&
        (i + name.size() == text.size() || separates(text[i + name.size()])))
      return true;
  return false;
}

// Reads "error: line 12: the message" from the output.
inline bool read_error(Text output, std::size_t& number, Text& message) {
  const Text begin("error: line ");
  for (std::size_t i = 0; i + begin.size() <= output.size(); ++i) {
    if (i > 0 && output[i - 1] != '\n') continue;
    if (!(Text(output.data() + i, begin.size()) == begin)) continue;
    std::size_t at = i + begin.size();
    std::uint32_t line = 0;
    if (!read_number(output, at, line) || at >= output.size() || output[at] != ':') continue;
    ++at;
    while (at < output.size() && output[at] == ' ') ++at;
    number = line;
    message = message_proper({output.data() + at, output.size() - at});
    return true;
  }
  return false;
}

// "v2025.1" from "SPIRV-Tools v2025.1 unknown hash, …".
inline Text tools_version(Text output) {
  const Text name("SPIRV-Tools ");
  for (std::size_t i = 0; i + name.size() <= output.size(); ++i) {
    if (!(Text(output.data() + i, name.size()) == name)) continue;
    const std::size_t begin = i + name.size();
    std::size_t end = begin;
    while (end < output.size() && static_cast<unsigned char>(output[end]) > ' ') ++end;
    return {output.data() + begin, end - begin};
  }
  return {};
}

}  // namespace detail

AIRSTRIP_INLINE void ValidationRun::fail_tool(Text program, Text problem, Text output) {
  String message("the external validator '");
  message << program << "' failed: " << problem;
  report_.validator_output = output;
  fail(ErrorCode::ToolFailed, message, ValidationReport::none);
}

AIRSTRIP_INLINE void ValidationRun::ask_external(Text program) {
  begin_verdict(Validator::External, {}, program);
  if (program.empty())
    return fail(ErrorCode::ToolFailed,
                "no external validator is named: set ValidateOptions::external or the environment variable "
                "AIRSTRIP_SPIRV_VAL",
                ValidationReport::none);
  const String name(program);
  const auto run = [&](Span<const char* const> arguments, Span<const std::uint32_t> input) {
    return detail::run_process(arguments, input, options_.timeout_ms);
  };

  // Something that is no spirv-val must not pass for one by its exit code.
  const char* const ask_version[] = {name.c_str(), "--version"};
  const detail::ProcessResult version = run(ask_version, {});
  report_.version = detail::tools_version(version.output);
  if (!version.problem.empty()) return fail_tool(program, version.problem, version.output);
  if (report_.version.empty())
    return fail_tool(program, "it is no spirv-val, as --version does not print 'SPIRV-Tools'",
                     version.output);
  const char* const ask_help[] = {name.c_str(), "--help"};
  const detail::ProcessResult help = run(ask_help, {});
  if (!help.problem.empty()) return fail_tool(program, help.problem, help.output);

  std::uint32_t available = 0;
  for (unsigned i = 0; i < detail::validator_option_count; ++i)
    if (help.output.contains(detail::validator_options[i].flag)) available |= 1u << i;
  Setting setting;
  if (!choose_setting(setting, detail::help_lists, &help.output, available))
    return fail_too_old(ValidationReport::none);
  note_fallback(setting);
  report_.command = command_line(program, setting);

  Buffer<const char*> arguments;
  arguments.push_back(name.c_str());
  arguments.push_back("--target-env");
  arguments.push_back(setting.environment.c_str());
  for (unsigned i = 0; i < detail::validator_option_count; ++i)
    if (setting.options >> i & 1) arguments.push_back(detail::validator_options[i].flag);
  arguments.push_back("-");
  const detail::ProcessResult result = run(arguments, view_.words());
  report_.validator_output = result.output;
  if (!result.problem.empty()) return fail_tool(program, result.problem, result.output);

  Verdict verdict;
  Text message;
  const bool error = detail::read_error(result.output, verdict.number, message);
  verdict.message = message;
  verdict.output = result.output;
  verdict.valid = result.exit_code == 0;
  if (!verdict.valid && !error) {
    String problem("it ended with exit code ");
    problem << static_cast<std::uint32_t>(result.exit_code) << " and without an error message";
    return fail_tool(program, problem, result.output);
  }
  if (verdict.valid && error)
    return fail_tool(program, "it ended with exit code 0 although it printed an error", result.output);
  if (verdict.valid) {
    verdict.warning = detail::message_proper(result.output);
    return conclude(verdict);
  }

  const std::size_t index = verdict.number ? verdict.number - 1 : ValidationReport::none;
  const spirv::Instruction instruction = view_[index];
  if (detail::says_unknown(verdict.message) && instruction && !detail::is_malformed(instruction)) {
    UnknownToValidator unknown = detail::describe_unknown(instruction, verdict.message);
    if (unknown.kind == UnknownToValidator::Kind::Operands)
      unknown.name = spirv::disassemble_instruction(view_, index);
    add_unknown(static_cast<UnknownToValidator&&>(unknown));
  }
  if (view_.version() > spirv::make_version(1, 6) &&
      detail::starts_with(verdict.message, "Invalid SPIR-V binary version"))
    add_unknown_version();
  add_lacking_options(setting, verdict.message);
  if (!report_.unknown_.empty()) return fail_too_old(index);
  conclude(verdict);
}

AIRSTRIP_NAMESPACE_END
