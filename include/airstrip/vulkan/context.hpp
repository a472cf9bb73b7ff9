// Context: the caller's instance and device, with what the caller has enabled on it.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/span.hpp"
#include "description.hpp"
#include "functions.hpp"

#include <cstdint>
#include <vulkan/vulkan_core.h>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {
struct PipelineBody;
}

/// What the caller has made, and what it said when making it: what is enabled on a VkDevice cannot be queried.
struct ContextInfo {
  PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical_device = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;  ///< `describe_supported` does without
  /// Given to every vkCreate… and vkDestroy…; copied. What it points to must outlive the context.
  const VkAllocationCallbacks* allocation_callbacks = nullptr;

  /// VkApplicationInfo::apiVersion. What the device is newer by does not count, nor what it is older by.
  std::uint32_t api_version = VK_API_VERSION_1_0;
  /// The features enabled, in any of three forms, or all of them: VkDeviceCreateInfo's pNext chain, of which the feature
  /// structures count; its pEnabledFeatures; names of members ("shaderFloat16"). Read during the call only.
  const void* features = nullptr;
  const VkPhysicalDeviceFeatures* enabled_features = nullptr;
  Span<const Text> feature_names = {};
  /// The extensions enabled on the device.
  Span<const char* const> extensions = {};
  /// VK_EXT_debug_utils is enabled on the instance: pipelines and descriptor sets get names, dispatches labels.
  bool debug_utils = false;
  /// Limits to keep to in place of the device's, all of them: for testing what a weaker device would take.
  const VkPhysicalDeviceLimits* limits = nullptr;
};

/// Borrows the caller's device: it makes no device, queue or memory and submits nothing. Moved, not copied; it must
/// outlive the pipelines made with it, and the device must outlive it. No call changes it, so threads may share it.
class Context {
public:
  /// Fails with VulkanFailed (a handle or a function is missing), InvalidTarget (a feature's name that no structure
  /// known to this library has), OutOfMemory.
  static Result<Context> make(const ContextInfo& info);

  Context() = default;
  ~Context();
  Context(Context&& other) noexcept;
  Context& operator=(Context&& other) noexcept;

  /// The device as enabled. `target` permits exactly that, less what `known` says against it.
  const Description& describe() const;
  const Functions& functions() const;
  VkDevice device() const;
  VkPhysicalDevice physical_device() const;
  /// Null where the caller gave none.
  const VkAllocationCallbacks* allocation_callbacks() const;
  bool has_debug_utils() const;

  /// A name for a capture tool or the validation layer; nothing without debug_utils. `handle`: its bits.
  void set_name(VkObjectType type, std::uint64_t handle, Text name) const;

private:
  friend struct detail::PipelineBody;
  struct Body;
  Body* body_ = nullptr;
};

/// What could be enabled: the device with every feature and extension that this library knows and the device supports,
/// under `info.api_version`. Needs neither `device` nor what is said to be enabled.
Result<Description> describe_supported(const ContextInfo& info);

/// Chains of feature structures to hand to vkCreateDevice, made from names.
class FeatureChain {
public:
  /// Fails with InvalidTarget for a name that no structure has which this version and these extensions permit.
  static Result<FeatureChain> make(std::uint32_t api_version, Span<const Text> names,
                                   Span<const char* const> extensions = {});

  /// For VkDeviceCreateInfo::pNext, from Vulkan 1.1 on: begins with VkPhysicalDeviceFeatures2, and has the structures
  /// that the version and the extensions permit. Null before Vulkan 1.1, and when out of memory.
  void* chain();
  /// For VkDeviceCreateInfo::pEnabledFeatures before Vulkan 1.1; null from then on.
  const VkPhysicalDeviceFeatures* core() const;

private:
  Buffer<std::uint64_t> memory_;  // the structures, one after the other
  std::uint32_t api_version_ = VK_API_VERSION_1_0;
};

AIRSTRIP_VULKAN_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/context.hpp"
#endif
