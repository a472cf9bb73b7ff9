// The limits of a weak device, for the adapter to keep to on any.
#pragma once

#include <vulkan/vulkan_core.h>

namespace test {

// What Vulkan 1.0 requires of every device, and what many have: 128 invocations, 16 KiB of workgroup memory.
inline VkPhysicalDeviceLimits weak_limits() {
  VkPhysicalDeviceLimits limits = {};
  limits.maxComputeWorkGroupCount[0] = limits.maxComputeWorkGroupCount[1] = 65535;
  limits.maxComputeWorkGroupCount[2] = 65535;
  limits.maxComputeWorkGroupInvocations = 128;
  limits.maxComputeWorkGroupSize[0] = limits.maxComputeWorkGroupSize[1] = 128;
  limits.maxComputeWorkGroupSize[2] = 64;
  limits.maxComputeSharedMemorySize = 16384;
  limits.maxPushConstantsSize = 128;
  limits.maxBoundDescriptorSets = 4;
  limits.maxPerStageDescriptorStorageBuffers = limits.maxPerStageDescriptorStorageImages = 4;
  limits.maxPerStageDescriptorUniformBuffers = 12;
  limits.maxPerStageDescriptorSampledImages = limits.maxPerStageDescriptorSamplers = 16;
  limits.maxPerStageResources = 128;
  limits.maxStorageBufferRange = 1u << 27;
  limits.maxUniformBufferRange = 16384;
  limits.minStorageBufferOffsetAlignment = limits.minUniformBufferOffsetAlignment = 256;
  return limits;
}

}  // namespace test
