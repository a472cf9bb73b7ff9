#pragma once

#include "../functions.hpp"

#include <cstdint>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {

// An error of the adapter. `at`: the line that asked.
inline Diagnostic failure(ErrorCode code, String message, SourceLocation at = {}) {
  Diagnostic error;
  error.code = code;
  error.message = static_cast<String&&>(message);
  error.where = at;
  return error;
}

inline Diagnostic failed_call(const char* function, VkResult result, SourceLocation at = {}) {
  const bool memory = result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY;
  String message(function);
  message << " failed with " << to_string(result);
  const auto number = static_cast<std::int64_t>(result);
  message << " (" << (number < 0 ? Text("-") : Text())
          << static_cast<std::uint64_t>(number < 0 ? -number : number) << ')';
  return failure(memory ? ErrorCode::OutOfMemory : ErrorCode::VulkanFailed, static_cast<String&&>(message),
                 at);
}

// Handles that are not dispatchable are pointers on some machines and integers on others.
template <class T>
std::uint64_t handle_bits(T* handle) {
  return reinterpret_cast<std::uintptr_t>(handle);
}
inline std::uint64_t handle_bits(std::uint64_t handle) { return handle; }

}  // namespace detail

AIRSTRIP_INLINE const char* to_string(VkResult result) {
  switch (static_cast<int>(result)) {
    case VK_SUCCESS: return "VK_SUCCESS";
    case VK_NOT_READY: return "VK_NOT_READY";
    case VK_TIMEOUT: return "VK_TIMEOUT";
    case VK_INCOMPLETE: return "VK_INCOMPLETE";
    case VK_PIPELINE_COMPILE_REQUIRED: return "VK_PIPELINE_COMPILE_REQUIRED";
    case VK_ERROR_OUT_OF_HOST_MEMORY: return "VK_ERROR_OUT_OF_HOST_MEMORY";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY: return "VK_ERROR_OUT_OF_DEVICE_MEMORY";
    case VK_ERROR_INITIALIZATION_FAILED: return "VK_ERROR_INITIALIZATION_FAILED";
    case VK_ERROR_DEVICE_LOST: return "VK_ERROR_DEVICE_LOST";
    case VK_ERROR_MEMORY_MAP_FAILED: return "VK_ERROR_MEMORY_MAP_FAILED";
    case VK_ERROR_LAYER_NOT_PRESENT: return "VK_ERROR_LAYER_NOT_PRESENT";
    case VK_ERROR_EXTENSION_NOT_PRESENT: return "VK_ERROR_EXTENSION_NOT_PRESENT";
    case VK_ERROR_FEATURE_NOT_PRESENT: return "VK_ERROR_FEATURE_NOT_PRESENT";
    case VK_ERROR_INCOMPATIBLE_DRIVER: return "VK_ERROR_INCOMPATIBLE_DRIVER";
    case VK_ERROR_TOO_MANY_OBJECTS: return "VK_ERROR_TOO_MANY_OBJECTS";
    case VK_ERROR_FORMAT_NOT_SUPPORTED: return "VK_ERROR_FORMAT_NOT_SUPPORTED";
    case VK_ERROR_FRAGMENTED_POOL: return "VK_ERROR_FRAGMENTED_POOL";
    case VK_ERROR_UNKNOWN: return "VK_ERROR_UNKNOWN";
    case VK_ERROR_OUT_OF_POOL_MEMORY: return "VK_ERROR_OUT_OF_POOL_MEMORY";
    case VK_ERROR_INVALID_SHADER_NV: return "VK_ERROR_INVALID_SHADER_NV";
    default: return "VkResult";
  }
}

AIRSTRIP_INLINE Result<Functions> load_functions(PFN_vkGetInstanceProcAddr get_instance_proc_addr,
                                                 VkInstance instance, VkDevice device) {
  if (!get_instance_proc_addr)
    return detail::failure(ErrorCode::VulkanFailed, "no vkGetInstanceProcAddr was given");
  if (!instance) return detail::failure(ErrorCode::VulkanFailed, "no VkInstance was given");
  Functions f;
  const char* missing = nullptr;
  f.vkGetInstanceProcAddr = get_instance_proc_addr;
// A function of Vulkan 1.0 has to be there, one of a later version or an extension need not.
#define AIRSTRIP_OF_INSTANCE(name) \
  f.name = reinterpret_cast<PFN_##name>(get_instance_proc_addr(instance, #name))
#define AIRSTRIP_OF_DEVICE(name) f.name = reinterpret_cast<PFN_##name>(f.vkGetDeviceProcAddr(device, #name))
#define AIRSTRIP_REQUIRED(which, name) \
  which(name);                         \
  if (!f.name && !missing) missing = #name
  AIRSTRIP_REQUIRED(AIRSTRIP_OF_INSTANCE, vkGetDeviceProcAddr);
  AIRSTRIP_REQUIRED(AIRSTRIP_OF_INSTANCE, vkGetPhysicalDeviceProperties);
  AIRSTRIP_REQUIRED(AIRSTRIP_OF_INSTANCE, vkGetPhysicalDeviceFeatures);
  AIRSTRIP_REQUIRED(AIRSTRIP_OF_INSTANCE, vkEnumerateDeviceExtensionProperties);
  AIRSTRIP_OF_INSTANCE(vkGetPhysicalDeviceProperties2);
  AIRSTRIP_OF_INSTANCE(vkGetPhysicalDeviceFeatures2);
  f.cooperative_matrix_properties =
      get_instance_proc_addr(instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
  if (device && f.vkGetDeviceProcAddr) {
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkCreateShaderModule);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkDestroyShaderModule);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkCreateDescriptorSetLayout);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkDestroyDescriptorSetLayout);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkCreatePipelineLayout);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkDestroyPipelineLayout);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkCreateComputePipelines);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkDestroyPipeline);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkAllocateDescriptorSets);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkUpdateDescriptorSets);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkCmdBindPipeline);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkCmdBindDescriptorSets);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkCmdPushConstants);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkCmdDispatch);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkCmdDispatchIndirect);
    AIRSTRIP_REQUIRED(AIRSTRIP_OF_DEVICE, vkCmdPipelineBarrier);
    AIRSTRIP_OF_DEVICE(vkCmdPushDescriptorSetKHR);
    if (!f.vkCmdPushDescriptorSetKHR)  // Vulkan 1.4
      f.vkCmdPushDescriptorSetKHR = reinterpret_cast<PFN_vkCmdPushDescriptorSetKHR>(
          f.vkGetDeviceProcAddr(device, "vkCmdPushDescriptorSet"));
  }
  // They belong to an extension of the instance.
  AIRSTRIP_OF_INSTANCE(vkSetDebugUtilsObjectNameEXT);
  AIRSTRIP_OF_INSTANCE(vkCmdBeginDebugUtilsLabelEXT);
  AIRSTRIP_OF_INSTANCE(vkCmdEndDebugUtilsLabelEXT);
#undef AIRSTRIP_REQUIRED
#undef AIRSTRIP_OF_DEVICE
#undef AIRSTRIP_OF_INSTANCE
  if (missing) {
    String message("vkGetInstanceProcAddr has no ");
    message << Text(missing) << "; were the instance and the device made through the same loader?";
    return detail::failure(ErrorCode::VulkanFailed, static_cast<String&&>(message));
  }
  return f;
}

AIRSTRIP_VULKAN_NAMESPACE_END
