#pragma once

#include "../functions.hpp"

#include <cstdint>

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {

inline Diagnostic failure(ErrorCode code, String message) {
  Diagnostic error;
  error.code = message.out_of_memory() ? ErrorCode::OutOfMemory : code;
  error.message = static_cast<String&&>(message);
  return error;
}

inline Diagnostic out_of_memory(const char* what) {
  String message("out of memory for ");
  return failure(ErrorCode::OutOfMemory, static_cast<String&&>(message << Text(what)));
}

// What a driver answers that an engine can do something about by its name; else the number.
inline Diagnostic failed_call(const char* function, VkResult result) {
  String message(function);
  message << " failed with ";
  const auto number = static_cast<std::int64_t>(result);
  const bool memory = result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY ||
                      result == VK_ERROR_OUT_OF_POOL_MEMORY;
  if (result == VK_ERROR_OUT_OF_HOST_MEMORY)
    message << "VK_ERROR_OUT_OF_HOST_MEMORY";
  else if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY)
    message << "VK_ERROR_OUT_OF_DEVICE_MEMORY";
  else if (result == VK_ERROR_OUT_OF_POOL_MEMORY)
    message << "VK_ERROR_OUT_OF_POOL_MEMORY; make the pool of Model::pool_sizes";
  else if (result == VK_ERROR_DEVICE_LOST)
    message << "VK_ERROR_DEVICE_LOST";
  else
    message << "VkResult " << Text(number < 0 ? "-" : "")
            << static_cast<std::uint64_t>(number < 0 ? -number : number);
  return failure(memory ? ErrorCode::OutOfMemory : ErrorCode::VulkanFailed, static_cast<String&&>(message));
}

template <class T>
T make_structure(VkStructureType type) {
  T made{};
  made.sType = type;
  return made;
}

inline Diagnostic missing_function(const char* name) {
  String message("vkGetInstanceProcAddr has no ");
  message << Text(name) << "; were the instance and the device made through the same loader?";
  return failure(ErrorCode::VulkanFailed, static_cast<String&&>(message));
}

}  // namespace detail

AIRSTRIP_INLINE Result<Functions> load_functions(PFN_vkGetInstanceProcAddr get_instance_proc_addr,
                                                 VkInstance instance, VkDevice device) {
  if (!get_instance_proc_addr)
    return detail::failure(ErrorCode::VulkanFailed, "no vkGetInstanceProcAddr was given");
  if (!instance) return detail::failure(ErrorCode::VulkanFailed, "no VkInstance was given");
  Functions f;
#define AIRSTRIP_LOAD(name) f.name = reinterpret_cast<PFN_##name>(get_instance_proc_addr(instance, #name))
  AIRSTRIP_LOAD(vkGetDeviceProcAddr);
  AIRSTRIP_LOAD(vkGetPhysicalDeviceProperties);
  AIRSTRIP_LOAD(vkGetPhysicalDeviceProperties2);
  AIRSTRIP_LOAD(vkCmdBeginDebugUtilsLabelEXT);
  AIRSTRIP_LOAD(vkCmdEndDebugUtilsLabelEXT);
#undef AIRSTRIP_LOAD
  if (!f.vkGetDeviceProcAddr) return detail::missing_function("vkGetDeviceProcAddr");
  if (!f.vkGetPhysicalDeviceProperties) return detail::missing_function("vkGetPhysicalDeviceProperties");
  if (Result<void> r = load_device_functions(f, device); !r) return r.error();
  return f;
}

AIRSTRIP_INLINE Result<void> load_device_functions(Functions& f, VkDevice device) {
  if (!device) return detail::failure(ErrorCode::VulkanFailed, "no VkDevice was given");
  const char* missing = nullptr;
#define AIRSTRIP_LOAD(name)                                                    \
  f.name = reinterpret_cast<PFN_##name>(f.vkGetDeviceProcAddr(device, #name)); \
  if (!f.name && !missing) missing = #name
  AIRSTRIP_LOAD(vkCreateShaderModule);
  AIRSTRIP_LOAD(vkDestroyShaderModule);
  AIRSTRIP_LOAD(vkCreateDescriptorSetLayout);
  AIRSTRIP_LOAD(vkDestroyDescriptorSetLayout);
  AIRSTRIP_LOAD(vkCreatePipelineLayout);
  AIRSTRIP_LOAD(vkDestroyPipelineLayout);
  AIRSTRIP_LOAD(vkCreateComputePipelines);
  AIRSTRIP_LOAD(vkDestroyPipeline);
  AIRSTRIP_LOAD(vkCreateDescriptorPool);
  AIRSTRIP_LOAD(vkDestroyDescriptorPool);
  AIRSTRIP_LOAD(vkAllocateDescriptorSets);
  AIRSTRIP_LOAD(vkUpdateDescriptorSets);
  AIRSTRIP_LOAD(vkCmdBindPipeline);
  AIRSTRIP_LOAD(vkCmdBindDescriptorSets);
  AIRSTRIP_LOAD(vkCmdPushConstants);
  AIRSTRIP_LOAD(vkCmdDispatch);
  AIRSTRIP_LOAD(vkCmdPipelineBarrier);
  AIRSTRIP_LOAD(vkCmdResetQueryPool);
  AIRSTRIP_LOAD(vkCmdWriteTimestamp);
#undef AIRSTRIP_LOAD
  if (missing) return detail::missing_function(missing);
  return {};
}

AIRSTRIP_PLAYER_NAMESPACE_END
