// Device: the caller's VkDevice, with what the caller has enabled on it and what it says of itself.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "functions.hpp"

#include <cstddef>
#include <cstdint>
#include <vulkan/vulkan_core.h>

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

/// What the caller has made, and what it said when making it: what is enabled on a VkDevice cannot be queried.
struct DeviceInfo {
  PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical_device = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  /// Given to every vkCreate… and vkDestroy…; copied. What it points to must outlive all that is made with it.
  const VkAllocationCallbacks* allocation_callbacks = nullptr;

  /// VkApplicationInfo::apiVersion. What the device is newer by does not count.
  std::uint32_t api_version = VK_API_VERSION_1_0;
  /// Members of feature structures that were VK_TRUE: "shaderFloat16".
  Span<const Text> feature_names = {};
  /// VkDeviceCreateInfo::ppEnabledExtensionNames.
  Span<const char* const> extensions = {};
  /// VK_EXT_debug_utils is enabled on the instance: dispatches get their nodes' names as labels.
  bool debug_utils = false;
  /// Limits to keep to in place of the device's, all of them: for testing what a weaker device would take.
  const VkPhysicalDeviceLimits* limits = nullptr;
};

/// Whose schedules a device is best served by; the numbers of `VariantRecord::device_kind`.
enum class DeviceKind : std::uint32_t { Gpu, Llvmpipe, SwiftShader };

/// What the physical device says, as far as programs ask for it.
struct DeviceProperties {
  std::uint32_t api_version = VK_API_VERSION_1_0;  ///< the lower of the device's and the caller's
  VkPhysicalDeviceLimits limits = {};
  DeviceKind kind = DeviceKind::Gpu;
  std::uint32_t subgroup_size = 0;  ///< as the driver chooses it; 0 before Vulkan 1.1, which does not say
  /// What a pipeline may be made with; both `subgroup_size` where it has no choice.
  std::uint32_t min_subgroup_size = 0, max_subgroup_size = 0, max_workgroup_subgroups = 0;
  bool can_choose_subgroup_size = false;           ///< the feature subgroupSizeControl, for compute
  VkSubgroupFeatureFlags subgroup_operations = 0;  ///< of compute
  /// Vulkan 1.2, or VK_KHR_shader_float_controls; else all VK_FALSE.
  VkPhysicalDeviceFloatControlsProperties float_controls = {};
};

namespace detail {

// What models and instances need of a device: so much is copied that they do without the Device.
struct Handles {
  Functions f;
  VkDevice device = VK_NULL_HANDLE;
  VkAllocationCallbacks callbacks = {};
  bool has_callbacks = false, debug_utils = false;

  const VkAllocationCallbacks* allocation() const { return has_callbacks ? &callbacks : nullptr; }
};

}  // namespace detail

/// The device as models are made for it. It makes nothing and owns nothing of Vulkan; models copy what they need of it,
/// so it may go once they are made. No call changes it, so threads may share it.
class Device {
public:
  /// Fails with VulkanFailed (a handle or a function is missing), OutOfMemory.
  static Result<Device> make(const DeviceInfo& info);

  /// Of a vulkan::Context of the adapter for engines, or of what answers alike.
  template <class Context>
    requires(requires(const Context& c) {
      c.describe().features;
      c.describe().extensions;
      c.functions().vkGetDeviceProcAddr;
      c.physical_device();
    })
  static Result<Device> make(const Context& context) {
    Functions f;
    f.vkGetDeviceProcAddr = context.functions().vkGetDeviceProcAddr;
    f.vkGetPhysicalDeviceProperties = context.functions().vkGetPhysicalDeviceProperties;
    f.vkGetPhysicalDeviceProperties2 = context.functions().vkGetPhysicalDeviceProperties2;
    f.vkCmdBeginDebugUtilsLabelEXT = context.functions().vkCmdBeginDebugUtilsLabelEXT;
    f.vkCmdEndDebugUtilsLabelEXT = context.functions().vkCmdEndDebugUtilsLabelEXT;
    if (Result<void> r = load_device_functions(f, context.device()); !r) return r.error();
    DeviceInfo info;
    info.physical_device = context.physical_device();
    info.device = context.device();
    info.allocation_callbacks = context.allocation_callbacks();
    info.api_version = context.describe().api_version;
    info.feature_names = {context.describe().features.data(), context.describe().features.size()};
    Buffer<const char*> extensions;
    for (const auto& extension : context.describe().extensions) extensions.push_back(extension.extensionName);
    info.extensions = {extensions.data(), extensions.size()};
    info.debug_utils = context.has_debug_utils();
    info.limits = &context.describe().limits;
    return make_with(f, info, extensions.out_of_memory());
  }

  const DeviceProperties& properties() const { return properties_; }
  bool has_feature(Text name) const { return is_listed(name, 0, feature_count_); }
  bool has_extension(Text name) const { return is_listed(name, feature_count_, names_.size()); }
  /// "VK_SUBGROUP_FEATURE_SHUFFLE_BIT", of compute; a member of the float controls' properties that is VK_TRUE.
  bool has_property(Text name) const;
  /// "maxComputeSharedMemorySize", "maxComputeWorkGroupSize[0]"; false for one that the player does not know.
  bool find_limit(Text name, std::uint64_t& value) const;
  const detail::Handles& handles() const { return handles_; }

private:
  struct Name {
    std::uint32_t first, count;
  };
  static Result<Device> make_with(const Functions& functions, const DeviceInfo& info, bool out_of_memory);
  bool is_listed(Text name, std::size_t first, std::size_t end) const;
  void add_name(Text name);
  void query(VkPhysicalDevice physical_device);

  detail::Handles handles_;
  DeviceProperties properties_;
  Buffer<char> text_;
  Buffer<Name> names_;  // features, then extensions
  std::size_t feature_count_ = 0;
};

AIRSTRIP_PLAYER_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/device.hpp"
#endif
