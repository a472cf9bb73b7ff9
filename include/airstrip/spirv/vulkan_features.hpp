// What a Vulkan device must have enabled for a capability or SPIR-V extension, and what a feature, a Vulkan extension or
// an API version permits. The tables are made from Vulkan's registry, vk.xml.
//
//   for (const VulkanEnable& way : vulkan_enables(Capability::Float16))  // any one of them is enough
//     if (way.kind == VulkanEnable::Kind::Feature)
//       puts(way.member);  // "shaderFloat16", in way.structure = "VkPhysicalDeviceVulkan12Features"
#pragma once

#include "../config.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "enums.hpp"
#include "grammar.hpp"

#include <cstdint>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// One way in which a Vulkan device permits a capability or a SPIR-V extension.
struct VulkanEnable {
  enum class Kind : std::uint8_t {
    ApiVersion,  ///< every device of `api_version` and later
    Feature,     ///< the member of the feature structure, enabled when the device is made
    Property,    ///< the member of the property structure contains or equals `value`: nothing to enable
    Extension,   ///< the Vulkan extension, enabled when the device is made
  };
  Kind kind;
  Version api_version;    ///< Feature, Property: first API version that has the structure, or no_version
  const char* structure;  ///< "VkPhysicalDeviceVulkan12Features", or null
  const char* member;     ///< "shaderFloat16", or null
  const char* value;      ///< Property: "VK_SUBGROUP_FEATURE_VOTE_BIT" or "VK_TRUE"; else null
  const char*
      extension;  ///< Feature, Property: Vulkan extension that has the structure in other versions, or null
};

/// The ways for a capability: any one of them permits it. Empty where Vulkan does not take the capability.
Span<const VulkanEnable> vulkan_enables(Capability capability);
/// The same for a SPIR-V extension.
Span<const VulkanEnable> vulkan_enables(Extension extension);

/// Whether every device of this API version permits it, with nothing enabled.
bool vulkan_version_permits(Version api_version, Capability capability);
bool vulkan_version_permits(Version api_version, Extension extension);

/// A name of Vulkan's, and a capability that it permits.
struct VulkanCapability {
  const char* name;
  Capability capability;
};
/// A name of Vulkan's, and a SPIR-V extension that it permits.
struct VulkanExtension {
  const char* name;
  Extension extension;
};

/// The capabilities that a member of a feature structure stands for ("shaderFloat16"); empty for other names. A feature
/// of one name is one feature, in whichever structure it is asked for.
Span<const VulkanCapability> vulkan_feature_capabilities(Text feature);
/// The capabilities that a Vulkan extension permits by itself, without a feature ("VK_EXT_shader_viewport_index_layer").
Span<const VulkanCapability> vulkan_extension_capabilities(Text vulkan_extension);
/// The SPIR-V extensions that a Vulkan extension permits ("VK_KHR_8bit_storage" → SPV_KHR_8bit_storage).
Span<const VulkanExtension> vulkan_extension_extensions(Text vulkan_extension);

/// The newest SPIR-V version that an API version takes: 1.0 → 1.0, 1.1 → 1.3, 1.2 → 1.5, 1.3 and later → 1.6
/// (Vulkan specification, appendix "Versions and Formats").
Version vulkan_spirv_version(Version api_version);
/// The SPIR-V version that a Vulkan extension adds, or no_version: VK_KHR_spirv_1_4 → 1.4.
Version vulkan_extension_spirv_version(Text vulkan_extension);

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/vulkan_features.hpp"
#endif
