// airstrip inspect: what a module says of itself, as text, in other languages, and whether it is valid.
#include "commands.hpp"
#include "io/file.hpp"
#include "module_summary.hpp"
#include "target_name.hpp"
#include "text.hpp"

#include <CLI/CLI.hpp>
#include <airstrip/reflect.hpp>
#include <airstrip/spirv/disassemble.hpp>
#include <charconv>
#include <optional>
#ifdef AIRSTRIP_TOOL_VALIDATE
#include <airstrip/validate.hpp>
#endif
#ifdef AIRSTRIP_TOOL_CROSS
#include <airstrip/cross.hpp>
#endif

namespace tool {

namespace {

using namespace airstrip;

// Modules are megabytes at most; this keeps what is made of one in proportion.
constexpr std::uint64_t max_module_bytes = 256u << 20;

std::optional<std::uint64_t> whole_number(std::string_view text) {
  const bool is_hexadecimal = text.starts_with("0x");
  if (is_hexadecimal) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, is_hexadecimal ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

reflection::Override parse_constant(const std::string& text) {
  const std::size_t equals = text.find('=');
  const auto id = whole_number(std::string_view(text).substr(0, equals));
  const auto bits =
      equals == std::string::npos ? std::nullopt : whole_number(std::string_view(text).substr(equals + 1));
  if (!id || !bits || *id > 0xFFFFFFFF)
    throw Failure(ExitCode::Usage,
                  "--constant " + text +
                      ": write ID=BITS, two numbers from 0 on, such as 0=128 or 1=0x3f800000");
  return {static_cast<std::uint32_t>(*id), *bits};
}

class Inspect : public Command {
public:
  const char* name() const override { return "inspect"; }
  const char* summary() const override {
    return "Show what a SPIR-V module binds and needs; disassemble, translate or validate it";
  }
  const char* examples() const override {
    return "  airstrip inspect kernel.spv\n"
           "  airstrip inspect kernel.spv --validate --target vulkan1.1\n"
           "  airstrip inspect kernel.spv --disassemble friendly | less\n"
           "  airstrip inspect kernel.spv --translate msl > kernel.metal\n"
           "  airstrip inspect kernel.spv --constant 0=128 --json\n";
  }
  void add_options(CLI::App& app) override {
    app.add_option("file", file_, "The module; - is standard input")->required()->type_name("FILE.spv");
    app.add_option("--target", target_,
                   "vulkan1.0 to vulkan1.4, opencl1.2 to opencl3.0, spv1.0 to spv1.6; "
                   "without it the first Vulkan that takes the module's version")
        ->type_name("NAME");
    app.add_option("--constant", constants_, "Value of a specialisation constant, by its bits")
        ->type_name("ID=BITS")
        ->allow_extra_args(false);
    app.add_option("--entry-point", entry_point_, "Which one to translate, where there are several")
        ->type_name("NAME");
    app.add_flag("--validate", validate_, "Validate with SPIRV-Tools; exit code 1 where it is invalid");
    CLI::Option* const disassemble =
        app.add_option("--disassemble", disassemble_,
                       "Only the text of SPIR-V: exact assembles to the same words, friendly has names")
            ->check(CLI::IsMember({"exact", "friendly"}));
    app.add_option("--translate", translate_, "Only the text that SPIRV-Cross makes of it")
        ->check(CLI::IsMember({"glsl", "hlsl", "msl"}))
        ->excludes(disassemble);
  }
  Answer run(Reader reader) override;

private:
  spirv::Target target_of(const Reflection& reflection, const spirv::ModuleView& view) const;
  std::string translated(const spirv::ModuleView& view, const spirv::Target& target) const;
  void validate(const spirv::ModuleView& view, const spirv::Target& target, Answer& answer) const;

  std::string file_, target_, entry_point_, disassemble_, translate_;
  std::vector<std::string> constants_;
  std::vector<reflection::Override> overrides_;
  bool validate_ = false;
};

spirv::Target Inspect::target_of(const Reflection& reflection, const spirv::ModuleView& view) const {
  if (!target_.empty()) return parse_target(target_);
  const spirv::Version version = reflection.version();
  // OpenCL's modules, and those newer than any Vulkan that is known here.
  spirv::Target target = spirv::Target::universal(version >> 8, version & 0xFF);
  if (reflection.memory_model() != spirv::MemoryModel::OpenCL) {
    const spirv::Version api = reflection::requirements_of(reflection, spirv::make_version(1, 0)).api_version;
    spirv::Target vulkan = spirv::Target::vulkan(api >> 8, api & 0xFF);
    if (vulkan.error().empty() && version <= vulkan.spirv_version()) target = vulkan;
  }
  if (!target.error().empty())
    throw Failure(ExitCode::Unsupported,
                  file_ + ": is SPIR-V " + version_text(view.version()) + ", of which nothing is known here");
  return target.enable_everything();
}

std::string Inspect::translated(const spirv::ModuleView& view, const spirv::Target& target) const {
#ifdef AIRSTRIP_TOOL_CROSS
  TranslateOptions options;
  options.entry_point = Text(entry_point_);
  options.constants = Span<const reflection::Override>(overrides_.data(), overrides_.size());
  options.validation.file_name = Text(file_);
  const ShaderLanguage language = translate_ == "glsl"   ? ShaderLanguage::Glsl
                                  : translate_ == "hlsl" ? ShaderLanguage::Hlsl
                                                         : ShaderLanguage::Msl;
  const Result<String> text = translate(view.words(), target, language, options);
  if (!text) throw Failure(file_, text.error());
  return std::string(*text);
#else
  (void)view, (void)target;
  throw built_without("SPIRV-Cross", "libspirv-cross-c-shared-dev and spirv-tools");
#endif
}

void Inspect::validate(const spirv::ModuleView& view, const spirv::Target& target, Answer& answer) const {
#ifdef AIRSTRIP_TOOL_VALIDATE
  ValidateOptions options;
  options.file_name = Text(file_);
  const ValidationReport report = validation_report(view.words(), target, options);
  if (!report.ok() && report.code != ErrorCode::ValidationFailed) throw Failure(file_, report.diagnostic());
  Json& j = answer.json["validation"];
  j["valid"] = report.ok();
  j["validator_version"] = std::string(report.version);
  j["environment"] = std::string(report.environment_used);
  j["command"] = std::string(report.command);
  for (const auto& [key, value] : {std::pair("note", &report.note),
                                   {"warning", &report.warning},
                                   {"message", &report.message},
                                   {"rule", &report.rule}})
    if (!value->empty()) j[key] = std::string(*value);
  if (report.word_offset != ValidationReport::none) j["word_offset"] = report.word_offset;
  if (report.instruction) j["instruction"] = report.instruction;
  if (!report.ok()) {
    answer.exit = ExitCode::Negative;
    answer.text += "\n" + std::string(report.to_string());
    if (!answer.text.ends_with('\n')) answer.text += '\n';
    return;
  }
  answer.text += "\nvalid for " + std::string(report.environment_used) + ", says SPIRV-Tools " +
                 std::string(report.version) + "\n";
  for (const String* const more : {&report.note, &report.warning})
    if (!more->empty()) answer.text += std::string(*more) + "\n";
#else
  (void)view, (void)target, (void)answer;
  throw built_without("SPIRV-Tools", "spirv-tools");
#endif
}

Answer Inspect::run(Reader reader) {
  overrides_.clear();
  for (const std::string& constant : constants_) overrides_.push_back(parse_constant(constant));
  const Bytes bytes = read_file(file_, max_module_bytes);
  const Result<spirv::ModuleView> view = spirv::parse_bytes(bytes.data(), bytes.size());
  if (!view) throw Failure(file_, view.error());
  const Result<Reflection> reflected =
      reflect(*view, Span<const reflection::Override>(overrides_.data(), overrides_.size()));
  if (!reflected) throw Failure(file_, reflected.error());
  const spirv::Target target = target_of(*reflected, *view);

  Answer answer;
  const bool only_text = reader == Reader::Person && (!disassemble_.empty() || !translate_.empty());
  if (reader == Reader::Program)
    answer.json = module_json(file_, *view, *reflected, target);
  else if (!only_text)
    answer.text = module_text(file_, *view, *reflected, target);
  if (validate_) {
    validate(*view, target, answer);
    if (only_text && answer.exit == ExitCode::Ok) answer.text.clear();
    if (only_text && answer.exit != ExitCode::Ok) return answer;
  }
  if (!disassemble_.empty()) {
    spirv::DisassembleOptions options;
    options.friendly = disassemble_ == "friendly";
    const String text = spirv::disassemble(*view, options);
    if (text.empty()) throw Failure(ExitCode::Internal, "out of memory for the text of the module");
    answer.text += std::string(text);
    answer.json["disassembly"] = {{"kind", disassemble_}, {"text", std::string(text)}};
  }
  if (!translate_.empty()) {
    const std::string text = translated(*view, target);
    answer.text += text;
    answer.json["translation"] = {{"language", translate_}, {"text", text}};
  }
  return answer;
}

}  // namespace

std::unique_ptr<Command> make_inspect() { return std::make_unique<Inspect>(); }

}  // namespace tool
