// From a Target to spirv-val's environment and options.
#pragma once

#include "run.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

struct ValidatorOption {
  spirv::ValidationFeature feature;
  const char* flag;  // of spirv-val
  const char*
      rule;  // a validator without the option rejects with this in its message; null: every known one has it
};

// The positions are bits in ValidationRun::Setting.
inline constexpr ValidatorOption validator_options[] = {
    {spirv::ValidationFeature::RelaxedBlockLayout, "--relax-block-layout", nullptr},
    {spirv::ValidationFeature::UniformBufferStandardLayout, "--uniform-buffer-standard-layout", nullptr},
    {spirv::ValidationFeature::ScalarBlockLayout, "--scalar-block-layout", nullptr},
    {spirv::ValidationFeature::WorkgroupScalarBlockLayout, "--workgroup-scalar-block-layout", nullptr},
    {spirv::ValidationFeature::Maintenance4, "--allow-localsizeid", nullptr},
    {spirv::ValidationFeature::Maintenance8, "--allow-offset-texture-operand",
     "VUID-StandaloneSpirv-Offset-"},
    {spirv::ValidationFeature::Maintenance9, "--allow-vulkan-32-bit-bitwise", "VUID-StandaloneSpirv-Base-"},
};

inline constexpr unsigned validator_option_count = sizeof validator_options / sizeof validator_options[0];

inline bool contains(Text text, Text part) {
  for (std::size_t i = 0; i + part.size() <= text.size(); ++i)
    if (Text(text.data() + i, part.size()) == part) return true;
  return false;
}

inline void append_version(String& to, spirv::Version version) {
  to << std::uint32_t{version} / 256u << '.' << std::uint32_t{version} % 256u;
}

// An argument as a POSIX shell reads it.
inline void append_argument(String& to, Text argument) {
  bool plain = !argument.empty();
  for (const char c : argument)
    plain =
        plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_' || c == '.' || c == '/' || c == '+' || c == ',' || c == ':' || c == '=');
  if (!to.empty()) to << ' ';
  if (plain) {
    to << argument;
    return;
  }
  to << '\'';
  for (const char c : argument) {
    if (c == '\'')
      to << "'\\''";
    else
      to << c;
  }
  to << '\'';
}

}  // namespace detail

// The environments that fit the target, the one it asks for first; empty at the end. A later one has the same SPIR-V
// version and other rules.
AIRSTRIP_INLINE String ValidationRun::environment_candidate(unsigned rank) const {
  using spirv::Environment;
  using spirv::make_version;
  const spirv::Version version = target_.environment_version();
  String universal("spv");
  detail::append_version(universal, target_.spirv_version());
  switch (target_.environment()) {
    case Environment::Universal: return rank == 0 ? universal : String();
    case Environment::OpenCL: {
      if (rank == 0) return target_.name();
      // SPIRV-Tools stops at OpenCL 2.2, which takes SPIR-V 1.2.
      const bool reached = version > make_version(2, 2) && view_.version() <= make_version(1, 2);
      if (rank == 1 && reached) return "opencl2.2";
      return rank == 1 || (rank == 2 && reached) ? universal : String();
    }
    case Environment::Vulkan: {
      const bool spirv_1_4 = version == make_version(1, 1) && target_.spirv_version() > make_version(1, 3);
      if (spirv_1_4) return rank == 0 ? String("vulkan1.1spv1.4") : rank == 1 ? universal : String();
      for (unsigned minor = version % 256u, seen = 0;; --minor, ++seen) {
        const bool same =
            spirv::vulkan_spirv_version(make_version(1, minor)) == spirv::vulkan_spirv_version(version);
        if (!same) return rank == seen ? universal : String();
        if (rank == seen) {
          String name("vulkan");
          detail::append_version(name, make_version(1, minor));
          return name;
        }
        if (minor == 0) return rank == seen + 1 ? universal : String();
      }
    }
  }
  return {};
}

AIRSTRIP_INLINE std::uint32_t ValidationRun::wanted_options() const {
  std::uint32_t wanted = 0;
  for (unsigned i = 0; i < detail::validator_option_count; ++i)
    if (target_.permits(detail::validator_options[i].feature)) wanted |= 1u << i;
  return wanted;
}

AIRSTRIP_INLINE bool ValidationRun::choose_setting(Setting& setting,
                                                   bool (*knows)(const void*, const String&),
                                                   const void* tool, std::uint32_t available_options) {
  const std::uint32_t wanted = wanted_options();
  setting.options = wanted & available_options;
  setting.lacking = wanted & ~available_options;
  for (unsigned rank = 0;; ++rank) {
    setting.environment = environment_candidate(rank);
    if (setting.environment.empty()) {
      add_unknown({UnknownToValidator::Kind::Environment, 0, report_.environment, true});
      return false;
    }
    if (knows(tool, setting.environment)) return true;
  }
}

AIRSTRIP_INLINE String ValidationRun::command_line(Text program, const Setting& setting) const {
  String line;
  detail::append_argument(line, program);
  line << " --target-env " << Text(setting.environment);
  for (unsigned i = 0; i < detail::validator_option_count; ++i)
    if (setting.options >> i & 1) detail::append_argument(line, detail::validator_options[i].flag);
  detail::append_argument(line, options_.file_name);
  return line;
}

AIRSTRIP_INLINE void ValidationRun::note_fallback(const Setting& setting) {
  report_.environment_used = setting.environment;
  if (setting.environment == report_.environment) return;
  report_.note << "checked as " << Text(setting.environment) << ": SPIRV-Tools " << Text(report_.version)
               << " does not know " << Text(report_.environment);
}

// A rejection that an option would have prevented, which the target allows and the validator does not have.
AIRSTRIP_INLINE void ValidationRun::add_lacking_options(const Setting& setting, Text message) {
  for (unsigned i = 0; i < detail::validator_option_count; ++i) {
    const detail::ValidatorOption& option = detail::validator_options[i];
    if ((setting.lacking >> i & 1) && (!option.rule || detail::contains(message, option.rule)))
      add_unknown({UnknownToValidator::Kind::Option, 0, option.flag, true});
  }
}

AIRSTRIP_NAMESPACE_END
