// The Vulkan functions that the adapter calls, found through the caller's vkGetInstanceProcAddr. No prototype is ever
// called, so no loader is linked, with or without VK_NO_PROTOTYPES.
#pragma once

#include "../config.hpp"
#include "../result.hpp"

#include <vulkan/vulkan_core.h>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

/// A caller who wraps or counts Vulkan's calls gives a vkGetInstanceProcAddr that returns the wrappers. Null: the version
/// or the extension that has the function is not there.
struct Functions {
  PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr = nullptr;
  PFN_vkGetDeviceProcAddr vkGetDeviceProcAddr = nullptr;

  PFN_vkGetPhysicalDeviceProperties vkGetPhysicalDeviceProperties = nullptr;
  PFN_vkGetPhysicalDeviceFeatures vkGetPhysicalDeviceFeatures = nullptr;
  PFN_vkGetPhysicalDeviceProperties2 vkGetPhysicalDeviceProperties2 = nullptr;  ///< Vulkan 1.1
  PFN_vkGetPhysicalDeviceFeatures2 vkGetPhysicalDeviceFeatures2 = nullptr;
  PFN_vkEnumerateDeviceExtensionProperties vkEnumerateDeviceExtensionProperties = nullptr;
  /// vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR, whose type older headers lack.
  PFN_vkVoidFunction cooperative_matrix_properties = nullptr;

  PFN_vkCreateShaderModule vkCreateShaderModule = nullptr;
  PFN_vkDestroyShaderModule vkDestroyShaderModule = nullptr;
  PFN_vkCreateDescriptorSetLayout vkCreateDescriptorSetLayout = nullptr;
  PFN_vkDestroyDescriptorSetLayout vkDestroyDescriptorSetLayout = nullptr;
  PFN_vkCreatePipelineLayout vkCreatePipelineLayout = nullptr;
  PFN_vkDestroyPipelineLayout vkDestroyPipelineLayout = nullptr;
  PFN_vkCreateComputePipelines vkCreateComputePipelines = nullptr;
  PFN_vkDestroyPipeline vkDestroyPipeline = nullptr;
  PFN_vkAllocateDescriptorSets vkAllocateDescriptorSets = nullptr;
  PFN_vkUpdateDescriptorSets vkUpdateDescriptorSets = nullptr;

  PFN_vkCmdBindPipeline vkCmdBindPipeline = nullptr;
  PFN_vkCmdBindDescriptorSets vkCmdBindDescriptorSets = nullptr;
  PFN_vkCmdPushDescriptorSetKHR vkCmdPushDescriptorSetKHR = nullptr;
  PFN_vkCmdPushConstants vkCmdPushConstants = nullptr;
  PFN_vkCmdDispatch vkCmdDispatch = nullptr;
  PFN_vkCmdDispatchIndirect vkCmdDispatchIndirect = nullptr;
  PFN_vkCmdPipelineBarrier vkCmdPipelineBarrier = nullptr;

  PFN_vkSetDebugUtilsObjectNameEXT vkSetDebugUtilsObjectNameEXT = nullptr;
  PFN_vkCmdBeginDebugUtilsLabelEXT vkCmdBeginDebugUtilsLabelEXT = nullptr;
  PFN_vkCmdEndDebugUtilsLabelEXT vkCmdEndDebugUtilsLabelEXT = nullptr;
};

/// Fills the table; those of the device only where there is one. Fails with VulkanFailed and the name of a function of
/// Vulkan 1.0 that is missing.
Result<Functions> load_functions(PFN_vkGetInstanceProcAddr get_instance_proc_addr, VkInstance instance,
                                 VkDevice device);

/// "VK_ERROR_DEVICE_LOST"; "VkResult" for one that this library does not know.
const char* to_string(VkResult result);

AIRSTRIP_VULKAN_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/functions.hpp"
#endif
