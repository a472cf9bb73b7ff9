#pragma once

#include "../target.hpp"
#include "../vulkan_features.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

AIRSTRIP_INLINE bool CapabilitySet::contains(Capability capability) const {
  const std::size_t index = grammar::capability_index(capability);
  return index < capability_count && contains_index(index);
}
AIRSTRIP_INLINE bool CapabilitySet::insert(Capability capability) {
  static_assert(capability_count <= max_size);
  const std::size_t index = grammar::capability_index(capability);
  if (index >= capability_count) return false;
  bits_[index / 64] |= std::uint64_t{1} << (index % 64);
  return true;
}
AIRSTRIP_INLINE void CapabilitySet::insert_all() {
  for (std::uint64_t& bits : bits_) bits = ~std::uint64_t{0};
}
AIRSTRIP_INLINE void CapabilitySet::clear() {
  for (std::uint64_t& bits : bits_) bits = 0;
}
AIRSTRIP_INLINE void ExtensionSet::insert_all() {
  static_assert(extension_count <= max_size);
  for (std::uint64_t& bits : bits_) bits = ~std::uint64_t{0};
}
AIRSTRIP_INLINE void ExtensionSet::clear() {
  for (std::uint64_t& bits : bits_) bits = 0;
}

namespace detail {

// OpenCL C's full profile: OpenCL SPIR-V Environment Specification, 3.1 to 3.6 "Required Capabilities".
inline constexpr Capability opencl_1_2[] = {
    Capability::Addresses, Capability::Float16Buffer, Capability::Int64,
    Capability::Int16,     Capability::Int8,          Capability::Kernel,
    Capability::Linkage,   Capability::Vector16,      Capability::Matrix};
inline constexpr Capability opencl_2_0[] = {Capability::DeviceEnqueue, Capability::GenericPointer,
                                            Capability::Groups, Capability::Pipes};
inline constexpr Capability opencl_2_1[] = {Capability::SubgroupDispatch};
inline constexpr Capability opencl_2_2[] = {Capability::PipeStorage};

struct ValidationFeatureName {
  const char* name;
  ValidationFeature feature;
};
inline constexpr ValidationFeatureName validation_features[] = {
    {"scalarBlockLayout", ValidationFeature::ScalarBlockLayout},
    {"uniformBufferStandardLayout", ValidationFeature::UniformBufferStandardLayout},
    {"workgroupMemoryExplicitLayoutScalarBlockLayout", ValidationFeature::WorkgroupScalarBlockLayout},
    {"maintenance4", ValidationFeature::Maintenance4},
    {"maintenance8", ValidationFeature::Maintenance8},
    {"maintenance9", ValidationFeature::Maintenance9},
};
// Extensions that permit nothing by themselves: they bring the features above.
inline constexpr const char* validation_extensions[] = {
    "VK_EXT_scalar_block_layout", "VK_KHR_uniform_buffer_standard_layout",
    "VK_KHR_maintenance4",        "VK_KHR_maintenance8",
    "VK_KHR_maintenance9",
};

}  // namespace detail

AIRSTRIP_INLINE Target Target::universal(unsigned major, unsigned minor) {
  Target target;
  target.environment_ = Environment::Universal;
  const Version version = make_version(major, minor);
  target.environment_version_ = target.spirv_version_ = target.max_spirv_version_ = version;
  if (version < make_version(1, 0) || version > make_version(1, 6))
    target.set_error("SPIR-V has the versions 1.0 to 1.6, not ", target.name());
  target.capabilities_.insert_all();
  target.extensions_.insert_all();
  return target;
}

AIRSTRIP_INLINE Target Target::vulkan(unsigned major, unsigned minor) {
  Target target;
  target.environment_ = Environment::Vulkan;
  Version version = make_version(major, minor);
  if (version > make_version(1, 4)) version = make_version(1, 4);
  target.environment_version_ = version;
  target.spirv_version_ = target.max_spirv_version_ = vulkan_spirv_version(version);
  if (version < make_version(1, 0))
    target.set_error("Vulkan has the versions 1.0 and later, not ", target.name());
  for (const EnumerantInfo& info : grammar::enumerants(OperandKind::Capability)) {
    const auto capability = static_cast<Capability>(info.value);
    if (vulkan_version_permits(version, capability)) target.capabilities_.insert(capability);
  }
  // A property, not a feature, but one that every device of Vulkan 1.1 with compute queues has: supportedOperations
  // includes VK_SUBGROUP_FEATURE_BASIC_BIT and supportedStages VK_SHADER_STAGE_COMPUTE_BIT
  // (VkPhysicalDeviceSubgroupProperties).
  if (version >= make_version(1, 1)) target.capabilities_.insert(Capability::GroupNonUniform);
  for (std::size_t i = 0; i < extension_count; ++i)
    if (vulkan_version_permits(version, static_cast<Extension>(i)))
      target.extensions_.insert(static_cast<Extension>(i));
  return target;
}

AIRSTRIP_INLINE Target Target::opencl(unsigned major, unsigned minor) {
  Target target;
  target.environment_ = Environment::OpenCL;
  const Version version = make_version(major, minor);
  target.environment_version_ = version;
  if (version < make_version(1, 2) || version > make_version(3, 0))
    target.set_error("OpenCL takes SPIR-V in the versions 1.2 to 3.0, not ", target.name());
  // "SPIR-V 1.0 for OpenCL 2.1, 1.1 and 1.2 for 2.2" (environment specification 2.1); 3.0 takes any.
  const Version spirv = version < make_version(2, 2)   ? make_version(1, 0)
                        : version < make_version(3, 0) ? make_version(1, 2)
                                                       : make_version(1, 6);
  target.spirv_version_ = target.max_spirv_version_ = spirv;
  for (const Capability capability : detail::opencl_1_2) target.enable(capability);
  if (version >= make_version(2, 0))
    for (const Capability capability : detail::opencl_2_0) target.enable(capability);
  if (version >= make_version(2, 1))
    for (const Capability capability : detail::opencl_2_1) target.enable(capability);
  if (version >= make_version(2, 2))
    for (const Capability capability : detail::opencl_2_2) target.enable(capability);
  return target;
}

AIRSTRIP_INLINE void Target::set_error(Text what, Text which) {
  if (error_[0] != '\0') return;
  std::size_t at = 0;
  for (const Text part : {what, which})
    for (const char c : part)
      if (at + 1 < sizeof error_) error_[at++] = c;
}

AIRSTRIP_INLINE Target& Target::spirv(unsigned major, unsigned minor) {
  spirv_version_ = make_version(major, minor);
  if (spirv_version_ < make_version(1, 0) || spirv_version_ > max_spirv_version_)
    set_error("the environment does not take that version of SPIR-V: ", name());
  return *this;
}

AIRSTRIP_INLINE Target& Target::enable(Capability capability) {
  if (environment_ == Environment::Universal || capabilities_.contains(capability)) return *this;
  if (!capabilities_.insert(capability)) {
    set_error("unknown capability", "");
    return *this;
  }
  const EnumerantInfo* const info =
      grammar::find(OperandKind::Capability, static_cast<std::uint32_t>(capability));
  // What is permitted may be declared: the extension that it needs below its core version is permitted with it.
  for (const Extension extension : grammar::extensions(*info)) extensions_.insert(extension);
  for (const Capability implied : grammar::capabilities(*info)) enable(implied);
  return *this;
}
AIRSTRIP_INLINE Target& Target::enable(Extension extension) {
  if (static_cast<std::size_t>(extension) < extension_count)
    extensions_.insert(extension);
  else
    set_error("unknown extension", "");
  return *this;
}

AIRSTRIP_INLINE Target& Target::enable(ValidationFeature feature) {
  validation_features_ =
      static_cast<std::uint8_t>(validation_features_ | 1u << static_cast<unsigned>(feature));
  return *this;
}

AIRSTRIP_INLINE Target& Target::enable_feature(Text feature) {
  const Span<const VulkanCapability> permitted = vulkan_feature_capabilities(feature);
  for (const VulkanCapability& permit : permitted) {
    if (permit.capability == Capability::DotProductInput4x8Bit && environment_ == Environment::Vulkan) {
      // It implies Int8, which shaderIntegerDotProduct does not permit: shaderInt8 is a feature of its own.
      capabilities_.insert(permit.capability);
      enable(Extension::SPV_KHR_integer_dot_product);
      continue;
    }
    enable(permit.capability);
  }
  bool found = !permitted.empty();
  for (const detail::ValidationFeatureName& row : detail::validation_features)
    if (feature == Text(row.name)) {
      enable(row.feature);
      found = true;
    }
  // A bit of a property, such as VK_SUBGROUP_FEATURE_ARITHMETIC_BIT of subgroupSupportedOperations.
  if (!found)
    for (const EnumerantInfo& info : grammar::enumerants(OperandKind::Capability))
      for (const VulkanEnable& way : vulkan_enables(static_cast<Capability>(info.value)))
        if (way.kind == VulkanEnable::Kind::Property && way.value && Text(way.value) == feature &&
            feature != Text("VK_TRUE")) {
          enable(static_cast<Capability>(info.value));
          found = true;
        }
  if (!found) set_error("no SPIR-V capability depends on the Vulkan feature ", feature);
  return *this;
}

AIRSTRIP_INLINE Target& Target::enable_extension(Text extension_name) {
  Extension extension{};
  if (grammar::find(extension_name, extension)) {
    extensions_.insert(extension);
    return *this;
  }
  const Span<const VulkanExtension> brought = vulkan_extension_extensions(extension_name);
  const Span<const VulkanCapability> permitted = vulkan_extension_capabilities(extension_name);
  for (const VulkanExtension& one : brought) extensions_.insert(one.extension);
  for (const VulkanCapability& one : permitted) enable(one.capability);
  const Version version = vulkan_extension_spirv_version(extension_name);
  if (version != no_version && version > max_spirv_version_) spirv_version_ = max_spirv_version_ = version;
  bool found = !brought.empty() || !permitted.empty() || version != no_version;
  if (extension_name == Text("VK_KHR_relaxed_block_layout")) {
    enable(ValidationFeature::RelaxedBlockLayout);
    found = true;
  }
  for (const char* const name : detail::validation_extensions) found = found || extension_name == Text(name);
  if (!found) set_error("no SPIR-V extension or capability depends on the extension ", extension_name);
  return *this;
}

AIRSTRIP_INLINE Target& Target::enable_everything() {
  for (const EnumerantInfo& info : grammar::enumerants(OperandKind::Capability)) {
    const auto capability = static_cast<Capability>(info.value);
    if (environment_ == Environment::Vulkan
            ? !vulkan_enables(capability).empty()
            : environment_ == Environment::Universal || !permits(Capability::Shader))
      enable(capability);
  }
  for (std::size_t i = 0; i < extension_count; ++i)
    if (environment_ != Environment::Vulkan || !vulkan_enables(static_cast<Extension>(i)).empty())
      extensions_.insert(static_cast<Extension>(i));
  return *this;
}

AIRSTRIP_INLINE bool Target::permits(Capability capability) const {
  return capabilities_.contains(capability);
}
AIRSTRIP_INLINE bool Target::permits(Extension extension) const { return extensions_.contains(extension); }

AIRSTRIP_INLINE String Target::name() const {
  String text(environment_ == Environment::Vulkan   ? "vulkan"
              : environment_ == Environment::OpenCL ? "opencl"
                                                    : "spv");
  text << std::uint32_t{environment_version_} / 256u << '.' << std::uint32_t{environment_version_} % 256u;
  return text;
}

AIRSTRIP_SPIRV_NAMESPACE_END
