// The SPIRV-Tools this program is linked with. It is itself asked what it knows, in words as small as the question.
#pragma once

#include "messages.hpp"

#include <spirv-tools/libspirv.h>

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

// The objects of SPIRV-Tools, released at the end of their scope.
struct ToolsContext {
  explicit ToolsContext(spv_target_env environment) : handle(spvContextCreate(environment)) {}
  ~ToolsContext() { spvContextDestroy(handle); }
  ToolsContext(const ToolsContext&) = delete;
  ToolsContext& operator=(const ToolsContext&) = delete;
  spv_context handle;
};
struct ToolsDiagnostic {
  ToolsDiagnostic() = default;
  ~ToolsDiagnostic() { spvDiagnosticDestroy(handle); }
  ToolsDiagnostic(const ToolsDiagnostic&) = delete;
  ToolsDiagnostic& operator=(const ToolsDiagnostic&) = delete;
  Text text() const { return handle && handle->error ? Text(handle->error) : Text(); }
  spv_diagnostic handle = nullptr;
};
struct ToolsOptions {
  ToolsOptions() : handle(spvValidatorOptionsCreate()) {}
  ~ToolsOptions() { spvValidatorOptionsDestroy(handle); }
  ToolsOptions(const ToolsOptions&) = delete;
  ToolsOptions& operator=(const ToolsOptions&) = delete;
  spv_validator_options handle;
};

// Options that older headers do not declare. Dependent on `Options`, so that they may be missing.
template <class Options>
bool set_offset_texture_operand(Options options) {
  if constexpr (requires { spvValidatorOptionsSetAllowOffsetTextureOperand(options, true); }) {
    spvValidatorOptionsSetAllowOffsetTextureOperand(options, true);
    return true;
  }
  return false;
}
template <class Options>
bool set_vulkan_32_bit_bitwise(Options options) {
  if constexpr (requires { spvValidatorOptionsSetAllowVulkan32BitBitwise(options, true); }) {
    spvValidatorOptionsSetAllowVulkan32BitBitwise(options, true);
    return true;
  }
  return false;
}

// False: the library has no such option.
inline bool set_linked_option(spv_validator_options options, spirv::ValidationFeature feature) {
  using spirv::ValidationFeature;
  switch (feature) {
    case ValidationFeature::RelaxedBlockLayout:
      spvValidatorOptionsSetRelaxBlockLayout(options, true);
      return true;
    case ValidationFeature::UniformBufferStandardLayout:
      spvValidatorOptionsSetUniformBufferStandardLayout(options, true);
      return true;
    case ValidationFeature::ScalarBlockLayout:
      spvValidatorOptionsSetScalarBlockLayout(options, true);
      return true;
    case ValidationFeature::WorkgroupScalarBlockLayout:
      spvValidatorOptionsSetWorkgroupScalarBlockLayout(options, true);
      return true;
    case ValidationFeature::Maintenance4: spvValidatorOptionsSetAllowLocalSizeId(options, true); return true;
    case ValidationFeature::Maintenance8: return set_offset_texture_operand(options);
    case ValidationFeature::Maintenance9: return set_vulkan_32_bit_bitwise(options);
  }
  return false;
}

inline bool linked_environment(const String& name, spv_target_env& environment) {
  return spvParseTargetEnv(name.c_str(), &environment);
}
inline bool linked_knows_environment(const void*, const String& name) {
  spv_target_env environment;
  return linked_environment(name, environment);
}

// The newest SPIR-V that the library takes: what it knows at all, it knows there.
inline spv_target_env newest_linked_environment(spirv::Version& version) {
  spv_target_env environment = SPV_ENV_UNIVERSAL_1_0;
  for (unsigned minor = 9; minor > 0; --minor) {
    String name("spv1.");
    name << minor;
    version = spirv::make_version(1, minor);
    if (linked_environment(name, environment)) return environment;
  }
  version = spirv::make_version(1, 0);
  return SPV_ENV_UNIVERSAL_1_0;
}

// Words of a module around the one thing that is asked about.
class Probe {
public:
  Probe(spirv::Version version, std::uint32_t bound) {
    const std::uint32_t header[] = {spirv::magic_number, std::uint32_t{version} << 8, 0, bound, 0};
    words_.append(header);
  }
  void add(spirv::Op op, Span<const std::uint32_t> operands) {
    words_.push_back(static_cast<std::uint32_t>((operands.size() + 1) << 16) |
                     static_cast<std::uint32_t>(op));
    words_.append(operands);
  }
  std::uint32_t* add(Span<const std::uint32_t> instruction) {
    std::uint32_t* const copy = words_.extend(instruction.size());
    if (copy)
      std::memcpy(static_cast<void*>(copy), instruction.data(), instruction.size() * sizeof(std::uint32_t));
    return copy;
  }
  /// Whether the library's grammar can read it.
  bool parses(spv_context context, String* message) const {
    if (words_.out_of_memory()) return true;
    ToolsDiagnostic diagnostic;
    const spv_result_t result =
        spvBinaryParse(context, nullptr, words_.data(), words_.size(), nullptr, nullptr, &diagnostic.handle);
    if (message) *message = diagnostic.text();
    return result == SPV_SUCCESS;
  }
  /// All that the validator says of it.
  String remark(spv_context context) const {
    ToolsDiagnostic diagnostic;
    const spv_const_binary_t binary{words_.data(), words_.size()};
    const ToolsOptions options;
    spvValidateWithOptions(context, options.handle, const_cast<spv_const_binary_t*>(&binary),
                           &diagnostic.handle);
    return diagnostic.text();
  }

private:
  Buffer<std::uint32_t> words_;
};

// Whether the library's grammar has everything in one instruction. Its ids are renumbered, so that only what the
// grammar says can be wrong with them.
inline bool linked_knows(spv_context context, spirv::Version version, const spirv::ModuleView& view,
                         const spirv::Instruction& i, String& message) {
  using spirv::Op;
  // Their literals need the type from elsewhere; SPIR-V has had them since 1.0.
  if (i.opcode() == Op::OpConstant || i.opcode() == Op::OpSpecConstant || i.opcode() == Op::OpSwitch)
    return true;
  Probe probe(version, 0xFFFF);
  std::uint32_t set = 0, next = 1;
  if (i.opcode() == Op::OpExtInst || i.opcode() == Op::OpExtInstWithForwardRefsKHR) {
    const spirv::Instruction import = view.find_definition(i.word(3));
    if (import.opcode() != Op::OpExtInstImport || is_malformed(import)) return true;
    std::uint32_t* const copy = probe.add(import.words());
    if (!copy) return true;
    copy[1] = set = next++;
    // An unknown set is reported at its import.
    if (!probe.parses(context, nullptr)) return true;
  }
  std::uint32_t* const copy = probe.add(i.words());
  if (!copy) return true;
  spirv::OperandCursor cursor(i);
  for (spirv::Operand operand; cursor.next(operand);)
    if (operand.is_id()) copy[operand.position] = set && operand.position == 3 ? set : next++;
  return cursor.failed() || probe.parses(context, &message);
}

inline bool linked_knows_extension(spv_context context, spirv::Version version, Text name) {
  // A module that is valid, so that the only remark can be on the extension.
  Probe probe(version, 1);
  const std::uint32_t shader[] = {static_cast<std::uint32_t>(spirv::Capability::Shader)};
  const std::uint32_t linkage[] = {static_cast<std::uint32_t>(spirv::Capability::Linkage)};
  const std::uint32_t model[] = {static_cast<std::uint32_t>(spirv::AddressingModel::Logical),
                                 static_cast<std::uint32_t>(spirv::MemoryModel::GLSL450)};
  Buffer<std::uint32_t> text;
  text.resize(name.size() / 4 + 1, 0);
  for (std::size_t i = 0; i < name.size() && i / 4 < text.size(); ++i)
    text[i / 4] |= static_cast<std::uint32_t>(static_cast<unsigned char>(name[i])) << i % 4 * 8;
  probe.add(spirv::Op::OpCapability, shader);
  probe.add(spirv::Op::OpCapability, linkage);
  probe.add(spirv::Op::OpExtension, text);
  probe.add(spirv::Op::OpMemoryModel, model);
  return !probe.remark(context).contains("unrecognized extension");
}

}  // namespace detail

AIRSTRIP_INLINE const char* linked_validator_version() { return spvSoftwareVersionString(); }

// Notes what the library does not know of the module: extensions, and if asked the grammar of each instruction. Returns
// the instruction to show for it.
AIRSTRIP_INLINE std::size_t ValidationRun::find_unknown_to_linked(bool grammar_too) {
  using Kind = UnknownToValidator::Kind;
  std::size_t best = ValidationReport::none;
  const auto add = [&](UnknownToValidator unknown, std::size_t index) {
    // The first, or the first that a line of C++ asked for.
    if (best == ValidationReport::none || (location_of(view_[best].word_offset()).line == 0 &&
                                           location_of(view_[index].word_offset()).line != 0))
      best = index;
    add_unknown(static_cast<UnknownToValidator&&>(unknown));
  };
  spirv::Version newest = 0;
  const spv_target_env newest_environment = detail::newest_linked_environment(newest);
  const detail::ToolsContext context(newest_environment);
  if (view_.version() > newest && view_.words()[1] >> 24 == 0) add_unknown_version();
  if (grammar_too)
    grammar_too = spvBinaryParse(context.handle, nullptr, view_.words().data(), view_.words().size(), nullptr,
                                 nullptr, nullptr) != SPV_SUCCESS;
  // What only older versions of SPIR-V have.
  spirv::Version own = view_.version();
  spv_target_env own_environment = SPV_ENV_UNIVERSAL_1_0;
  String name("spv");
  detail::append_version(name, own);
  if (!detail::linked_environment(name, own_environment)) own = spirv::make_version(1, 0);
  const detail::ToolsContext own_context(own_environment);

  for (const spirv::Instruction i : view_) {
    if (report_.unknown_.size() >= ValidationReport::max_unknown) break;
    if (i.opcode() == spirv::Op::OpExtension) {
      String storage;
      const Text extension = spirv::literal_text(i.words().subspan(1), storage);
      if (detail::linked_knows_extension(context.handle, newest, extension)) continue;
      UnknownToValidator unknown;
      unknown.kind = Kind::Extension;
      unknown.name = extension;
      spirv::Extension known{};
      unknown.known_here = spirv::grammar::find(extension, known);
      add(static_cast<UnknownToValidator&&>(unknown), i.index());
    } else if (grammar_too) {
      String message, ignored;
      if (detail::linked_knows(context.handle, newest, view_, i, message) ||
          detail::linked_knows(own_context.handle, own, view_, i, ignored))
        continue;
      UnknownToValidator unknown = detail::describe_unknown(i, message);
      if (unknown.kind == Kind::Operands) unknown.name = spirv::disassemble_instruction(view_, i.index());
      add(static_cast<UnknownToValidator&&>(unknown), i.index());
    }
  }
  return best;
}

AIRSTRIP_INLINE void ValidationRun::ask_linked() {
  begin_verdict(Validator::Linked, linked_validator_version(), {});
  const detail::ToolsOptions options;
  spvValidatorOptionsSetFriendlyNames(options.handle, true);
  std::uint32_t available = 0;
  const std::uint32_t wanted = wanted_options();
  for (unsigned i = 0; i < detail::validator_option_count; ++i)
    if (wanted >> i & 1 && detail::set_linked_option(options.handle, detail::validator_options[i].feature))
      available |= 1u << i;
  Setting setting;
  if (!choose_setting(setting, detail::linked_knows_environment, nullptr, available))
    return fail_too_old(ValidationReport::none);
  note_fallback(setting);
  report_.command = command_line("spirv-val", setting);

  spv_target_env environment = SPV_ENV_UNIVERSAL_1_0;
  detail::linked_environment(setting.environment, environment);
  const detail::ToolsContext context(environment);
  detail::ToolsDiagnostic diagnostic;
  spv_const_binary_t binary{view_.words().data(), view_.words().size()};
  const spv_result_t result =
      spvValidateWithOptions(context.handle, options.handle, &binary, &diagnostic.handle);

  Verdict verdict;
  verdict.valid = result == SPV_SUCCESS;
  verdict.output = diagnostic.text();
  verdict.message = detail::message_proper(diagnostic.text());
  verdict.number = diagnostic.handle ? diagnostic.handle->position.index : 0;
  report_.validator_output = verdict.output;
  if (result == SPV_ERROR_OUT_OF_MEMORY || result == SPV_ERROR_INTERNAL) {
    String message("SPIRV-Tools failed: ");
    message << Text(verdict.message);
    return fail(result == SPV_ERROR_INTERNAL ? ErrorCode::ToolFailed : ErrorCode::OutOfMemory, message,
                ValidationReport::none);
  }
  const std::size_t unknown = find_unknown_to_linked(!verdict.valid);
  if (!verdict.valid) add_lacking_options(setting, verdict.message);
  if (!report_.unknown_.empty()) return fail_too_old(unknown);
  if (verdict.valid && !verdict.message.empty()) verdict.warning = verdict.message;
  conclude(verdict);
}

AIRSTRIP_NAMESPACE_END
