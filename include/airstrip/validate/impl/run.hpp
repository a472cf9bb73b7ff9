// One validation on its way: who is asked, in which environment, and what the report is filled with.
#pragma once

#include "../../validate.hpp"

AIRSTRIP_NAMESPACE_BEGIN

/// The steps of validation_report. Each part of it is in a header of its own.
class ValidationRun {
public:
  ValidationRun(Span<const std::uint32_t> words, const spirv::Target& target, const spirv::Module* module,
                const ValidateOptions& options)
      : words_(words), target_(target), module_(module), options_(options) {}
  ValidationRun(const ValidationRun&) = delete;
  ValidationRun& operator=(const ValidationRun&) = delete;

  ValidationReport run();

private:
  // What a validator answered.
  struct Verdict {
    bool valid = false;
    std::size_t number = 0;  // of the instruction, counted from 1; 0: none was named
    String message;
    String output;
    String warning;
  };
  // A set of options for spirv-val, and a name of an environment that it knows.
  struct Setting {
    String environment;
    std::uint32_t options = 0;  // bits, by position in the table
    std::uint32_t lacking = 0;  // those that the target asks for and the validator does not have
  };

  // validate.hpp: the order of things
  bool read_words();
  void conclude(const Verdict& verdict);
  void fail(ErrorCode code, Text message, std::size_t index);
  void fail_too_old(std::size_t index);
  void add_unknown(UnknownToValidator unknown);
  void add_unknown_version();
  void begin_verdict(Validator validator, Text version, Text program);
  Text external_program() const;

  // environment.hpp: environments and options
  String environment_candidate(unsigned rank) const;
  std::uint32_t wanted_options() const;
  bool choose_setting(Setting& setting, bool (*knows)(const void*, const String&), const void* tool,
                      std::uint32_t available_options);
  String command_line(Text program, const Setting& setting) const;
  void add_lacking_options(const Setting& setting, Text message);
  void note_fallback(const Setting& setting);

  // linked.hpp: the library this program is linked with
  void ask_linked();
  std::size_t find_unknown_to_linked(bool grammar_too);

  // external.hpp: a spirv-val
  void ask_external(Text program);
  void fail_tool(Text program, Text problem, Text output);

  // rules.hpp: rules that SPIRV-Tools misses
  bool breaks_own_rule();
  bool break_rule(Text rule, Text message, std::size_t index);

  // report.hpp: what is shown of the module
  std::size_t find_in_message(Text message) const;
  void show(std::size_t index);
  void show_end();
  ReportedInstruction shown(std::size_t index, const spirv::FriendlyNames& names) const;
  void show_function(std::size_t index, const spirv::FriendlyNames& names);
  void show_definitions(std::size_t index, const spirv::FriendlyNames& names);
  void show_entry_points(std::uint32_t function);
  SourceLocation location_of(std::size_t word_offset) const;

  Span<const std::uint32_t> words_;
  const spirv::Target& target_;
  const spirv::Module* module_;
  const ValidateOptions& options_;
  spirv::ModuleView view_;
  ValidationReport report_;
};

AIRSTRIP_NAMESPACE_END
