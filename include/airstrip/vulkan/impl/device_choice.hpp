// Which device, and what is enabled on it.
#pragma once

#include "device_body.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

inline Diagnostic Device::Body::choose(const DeviceOptions& options) {
  std::uint32_t count = 0;
  VkResult result = f.vkEnumeratePhysicalDevices(instance, &count, nullptr);
  Buffer<VkPhysicalDevice> list;
  if (!list.resize(count, VK_NULL_HANDLE))
    return detail::failure(ErrorCode::OutOfMemory, "out of memory for the list of devices");
  if (result >= 0) result = f.vkEnumeratePhysicalDevices(instance, &count, list.data());
  if (result < 0) return detail::failed_call("vkEnumeratePhysicalDevices", result);
  const auto properties_of = reinterpret_cast<PFN_vkGetPhysicalDeviceProperties>(
      get_instance_proc_addr(instance, "vkGetPhysicalDeviceProperties"));
  const auto rank = [](VkPhysicalDeviceType type) {
    switch (type) {
      case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return 5;
      case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return 4;
      case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return 3;
      case VK_PHYSICAL_DEVICE_TYPE_CPU: return 1;
      default: return 2;
    }
  };
  int best = 0;
  String names;
  Buffer<VkQueueFamilyProperties> families;
  for (const VkPhysicalDevice candidate : list) {
    VkPhysicalDeviceProperties properties{};
    properties_of(candidate, &properties);
    if (!names.empty()) names << ", ";
    names << Text(properties.deviceName);
    if (!options.name.empty() && !String(properties.deviceName).contains(options.name)) continue;
    if (rank(properties.deviceType) <= best) continue;
    std::uint32_t family_count = 0;
    f.vkGetPhysicalDeviceQueueFamilyProperties(candidate, &family_count, nullptr);
    if (!families.resize(family_count)) continue;
    f.vkGetPhysicalDeviceQueueFamilyProperties(candidate, &family_count, families.data());
    for (std::uint32_t i = 0; i < family_count; ++i)
      if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) {
        best = rank(properties.deviceType);
        physical = candidate;
        family = i;
        timestamp_bits = families[i].timestampValidBits;
        break;
      }
  }
  if (physical) return {};
  String message;
  if (names.empty())
    message << "there is no Vulkan device; is a driver installed (Debian: mesa-vulkan-drivers)?";
  else if (options.name.empty())
    message << "no Vulkan device has a queue for compute; there are: " << Text(names);
  else
    message << "no Vulkan device has \"" << options.name << "\" in its name; there are: " << Text(names);
  return detail::failure(ErrorCode::NoDevice, static_cast<String&&>(message));
}

namespace detail {

// What a kernel can use, and what needs no extension beyond its own to be enabled.
inline bool helps_kernels(Text feature) {
  static constexpr const char* more[] = {"subgroupSizeControl",
                                         "computeFullSubgroups",
                                         "shaderSubgroupExtendedTypes",
                                         "timelineSemaphore",
                                         "hostQueryReset",
                                         "synchronization2",
                                         "pipelineCreationCacheControl",
                                         "maintenance4",
                                         "scalarBlockLayout",
                                         "uniformBufferStandardLayout",
                                         "descriptorIndexing",
                                         "shaderZeroInitializeWorkgroupMemory",
                                         "shaderMaximalReconvergence",
                                         "shaderSubgroupUniformControlFlow",
                                         "workgroupMemoryExplicitLayoutScalarBlockLayout"};
  for (const char* const name : more)
    if (feature == Text(name)) return true;
  return !spirv::vulkan_feature_capabilities(feature).empty();
}
inline bool helps_kernels_as_extension(Text extension, spirv::Version version) {
  // One whose features are in a structure of the version itself is not needed; others may need more extensions.
  static constexpr const char* alone[] = {"VK_KHR_push_descriptor", "VK_KHR_portability_subset"};
  for (const char* const name : alone)
    if (extension == Text(name)) return true;
  if (extension == Text("VK_KHR_ray_query") || extension == Text("VK_ARM_tensors") ||
      extension == Text("VK_NV_cooperative_vector") || extension == Text("VK_EXT_shader_atomic_float2") ||
      extension == Text("VK_EXT_shader_image_atomic_int64") || extension == Text("VK_KHR_maintenance8") ||
      extension == Text("VK_KHR_maintenance9"))
    return false;
  if (version < spirv::make_version(1, 1)) return false;
  for (const FeatureStructure& structure : feature_structures)
    if (structure.extension && extension == Text(structure.extension))
      return structure.until == spirv::no_version || version < structure.until;
  return false;
}

inline Diagnostic choose_enabled(const Description& supported, const DeviceOptions& options,
                                 Buffer<const char*>& extensions, Buffer<Text>& features) {
  const auto lacks = [&](const char* what, Text name) {
    String message(supported.device_name);
    message << " has no " << Text(what) << ' ' << name << " under Vulkan "
            << VK_API_VERSION_MAJOR(supported.api_version) << '.'
            << VK_API_VERSION_MINOR(supported.api_version);
    return failure(ErrorCode::NoDevice, static_cast<String&&>(message));
  };
  const spirv::Version version = version_of(supported.api_version);
  for (const VkExtensionProperties& extension : supported.extensions)
    if (options.enable_all && helps_kernels_as_extension(Text(extension.extensionName), version))
      extensions.push_back(extension.extensionName);
  for (const char* const name : options.extensions) {
    if (!supported.has_extension(Text(name))) return lacks("extension", name);
    if (!contains(extensions, name)) extensions.push_back(name);
  }
  for (const Text name : options.features) {
    if (!supported.has_feature(name)) return lacks("feature", name);
    features.push_back(name);
  }
  if (options.enable_all)
    for (const Text feature : supported.features) {
      if (!helps_kernels(feature)) continue;
      // Which structures there are depends on the extensions that were chosen.
      bool has_structure = false;
      for (const FeatureStructure& structure : feature_structures) {
        const bool has_extension = structure.extension && contains(extensions, structure.extension);
        if (!is_usable(structure, version, has_extension)) continue;
        Words words(structure.members);
        for (Text member; words.next(member);) has_structure |= member == feature;
      }
      if (has_structure) features.push_back(feature);
    }
  if (extensions.out_of_memory() || features.out_of_memory())
    return failure(ErrorCode::OutOfMemory, "out of memory while features were chosen");
  return {};
}

}  // namespace detail

AIRSTRIP_VULKAN_NAMESPACE_END
