// What a Vulkan device must have for a module, and whether a device has it.
//
//     reflection::DeviceRequirements needs = reflection::requirements_of(*r, spirv::make_version(1, 2));
//     for (const reflection::RequiredFeature& f : needs.features)
//       printf("%s::%s\n", f.structure, f.member);  // VkPhysicalDeviceVulkan12Features::shaderFloat16
//     for (const reflection::Failure& f : reflection::check(needs, device))
//       puts(f.to_string().c_str());                // everything that is missing, at once
//
// The tables are layer 1's, made from Vulkan's registry (spirv/vulkan_features.hpp).
#pragma once

#include "../config.hpp"
#include "../spirv/vulkan_features.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "reflection.hpp"

#include <cstdint>

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection {

/// A capability (declared, or implied by one that is), SPIR-V extension or rule of Vulkan's that the API version alone
/// does not satisfy.
struct Requirement {
  bool is_extension = false;
  spirv::Capability capability{};
  Text extension;                            ///< its SPIR-V name, a view into the Reflection
  const char* rule = nullptr;                ///< what Vulkan asks for besides: "LocalSizeId"
  Span<const spirv::VulkanEnable> ways;      ///< any one is enough; empty: Vulkan does not take it
  const spirv::VulkanEnable* way = nullptr;  ///< the one that is asked for below
  std::uint32_t word_offset = 0;             ///< of the first instruction that needs it; 0: none does
};

/// A member of a feature structure, to be VK_TRUE when the device is made.
struct RequiredFeature {
  const char* structure = nullptr;
  const char* member = nullptr;
  const char* extension = nullptr;  ///< has the structure where the API version does not; else null
};

/// A value that a member of a property structure must contain or equal.
struct RequiredProperty {
  const char* structure = nullptr;
  const char* member = nullptr;
  const char* value = nullptr;
};

/// A limit of VkPhysicalDeviceLimits: "maxComputeWorkGroupSize[0]".
struct RequiredLimit {
  const char* name = nullptr;
  std::uint64_t at_least = 0;
};

/// The least that is asked of a device. Each list has nothing twice and is in the order of the module.
struct DeviceRequirements {
  spirv::Version spirv_version{};     ///< of the module
  spirv::Version api_version{};       ///< the first that takes this version of SPIR-V
  spirv::Version used_api_version{};  ///< what the lists below are for
  Buffer<Requirement> requirements;
  Buffer<RequiredFeature> features;
  Buffer<RequiredProperty> properties;
  Buffer<const char*> extensions;  ///< Vulkan's, those of features outside the API version included
  Buffer<RequiredLimit> limits;

  bool out_of_memory() const;
};

/// What the module needs where Vulkan is used in `api_version`. Of several ways that would do, one that is met already
/// is taken, then a feature of the API version, a property, an extension, a feature of an extension; Khronos's extensions
/// before those of several vendors, before one vendor's. Names in it are views into `reflection`, which must outlive it.
DeviceRequirements requirements_of(const Reflection& reflection, spirv::Version api_version);

/// A limit of a device.
struct DeviceLimit {
  Text name;
  std::uint64_t value = 0;
};

/// A device as its owner states it: what is enabled cannot be queried.
struct DeviceDescription {
  spirv::Version api_version = spirv::make_version(1, 0);
  Span<const Text> features = {};       ///< members that are VK_TRUE: "shaderFloat16"
  Span<const Text> extensions = {};     ///< enabled: "VK_KHR_cooperative_matrix"
  Span<const Text> properties = {};     ///< values that hold: "VK_SUBGROUP_FEATURE_BASIC_BIT"
  Span<const DeviceLimit> limits = {};  ///< those that are not stated are not checked
};

/// One thing that a device lacks.
struct Failure {
  enum class Kind : std::uint8_t {
    ApiVersion,  ///< the module's SPIR-V is too new
    Capability,  ///< `requirement`
    Extension,   ///< `requirement`
    Rule,        ///< `requirement`
    Limit,       ///< `name`, `needed`, `offered`
  };
  Kind kind = Kind::Capability;
  Requirement requirement;
  const char* name = nullptr;
  std::uint64_t needed = 0, offered = 0;

  /// One sentence: "capability Float16 (word 123) needs the feature shaderFloat16 (VkPhysicalDeviceVulkan12Features)".
  String to_string() const;
};

/// Everything that the device lacks; empty where it can run the module. Any way to a capability counts, not only the one
/// that `requirements_of` chose.
Buffer<Failure> check(const DeviceRequirements& requirements, const DeviceDescription& device);

}  // namespace reflection

AIRSTRIP_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/requirements.hpp"
#endif
