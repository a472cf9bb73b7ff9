// A Vulkan that does nothing: for the adapter's checks, which need no device, and to see and count what it calls.
#pragma once

#include "weak_limits.hpp"

#include <airstrip/vulkan.hpp>

#include <cstring>

namespace test {

// What the fake was called for, and what it is to answer. One test at a time uses it.
struct FakeDriver {
  static constexpr unsigned max_calls = 64;
  const char* calls[max_calls] = {};  // vkCmd… and vkUpdateDescriptorSets
  unsigned call_count = 0;
  std::uint32_t created = 0, destroyed = 0, pipelines = 0, batches = 0;
  VkResult create_pipelines = VK_SUCCESS, allocate_sets = VK_SUCCESS;
  unsigned failing_pipeline = ~0u;  // in a batch
  VkPhysicalDeviceLimits limits = {};
  unsigned char pushed[256] = {};
  std::uint32_t groups[3] = {};
  std::uint32_t required_subgroup_size = 0, full_subgroups = 0;  // of the pipelines, added up
  std::uint32_t memory_barriers = 0, execution_barriers = 0;
  std::uint32_t written = 0;                   // descriptors
  VkDescriptorBufferInfo written_buffer = {};  // of the last write

  void call(const char* name) {
    if (call_count < max_calls) calls[call_count++] = name;
  }
  void reset() {
    *this = FakeDriver();
    limits = weak_limits();
  }
};
inline FakeDriver fake;

// Handles that nobody looks behind; of those that cannot be dispatched, pointers or integers.
template <class T>
T fake_handle(std::uint64_t number) {
  T handle{};
  static_assert(sizeof handle <= sizeof number);
  std::memcpy(&handle, &number, sizeof handle);
  return handle;
}

namespace fake_functions {

template <class Info, class Handle>
VKAPI_ATTR VkResult VKAPI_CALL create(VkDevice, const Info*, const VkAllocationCallbacks*, Handle* made) {
  *made = fake_handle<Handle>(1000 + ++fake.created);
  return VK_SUCCESS;
}
template <class Handle>
VKAPI_ATTR void VKAPI_CALL destroy(VkDevice, Handle, const VkAllocationCallbacks*) {
  ++fake.destroyed;
}
inline VKAPI_ATTR void VKAPI_CALL get_properties(VkPhysicalDevice, VkPhysicalDeviceProperties* to) {
  *to = {};
  to->apiVersion = VK_API_VERSION_1_3;
  to->limits = fake.limits;
  std::strcpy(to->deviceName, "fake");
}
inline VKAPI_ATTR void VKAPI_CALL get_properties2(VkPhysicalDevice device, VkPhysicalDeviceProperties2* to) {
  get_properties(device, &to->properties);
  for (auto* link = static_cast<VkBaseOutStructure*>(to->pNext); link; link = link->pNext) {
    if (link->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES) {
      auto* const subgroup = reinterpret_cast<VkPhysicalDeviceSubgroupProperties*>(link);
      subgroup->subgroupSize = 32;
      subgroup->supportedStages = VK_SHADER_STAGE_COMPUTE_BIT;
      subgroup->supportedOperations = VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_VOTE_BIT;
    } else if (link->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES) {
      auto* const control = reinterpret_cast<VkPhysicalDeviceSubgroupSizeControlProperties*>(link);
      control->minSubgroupSize = 8;
      control->maxSubgroupSize = 32;
      control->maxComputeWorkgroupSubgroups = 4;
      control->requiredSubgroupSizeStages = VK_SHADER_STAGE_COMPUTE_BIT;
    } else if (link->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PUSH_DESCRIPTOR_PROPERTIES_KHR) {
      reinterpret_cast<VkPhysicalDevicePushDescriptorPropertiesKHR*>(link)->maxPushDescriptors = 32;
    }
  }
}
inline VKAPI_ATTR void VKAPI_CALL get_features(VkPhysicalDevice, VkPhysicalDeviceFeatures* to) { *to = {}; }
inline VKAPI_ATTR VkResult VKAPI_CALL list_extensions(VkPhysicalDevice, const char*, std::uint32_t* count,
                                                      VkExtensionProperties*) {
  *count = 0;
  return VK_SUCCESS;
}
inline VKAPI_ATTR VkResult VKAPI_CALL create_pipelines(VkDevice, VkPipelineCache, std::uint32_t count,
                                                       const VkComputePipelineCreateInfo* infos,
                                                       const VkAllocationCallbacks*, VkPipeline* made) {
  ++fake.batches;
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool fails =
        fake.create_pipelines < 0 && (fake.failing_pipeline == ~0u || fake.failing_pipeline == i);
    made[i] = fails ? VkPipeline{} : fake_handle<VkPipeline>(1000 + ++fake.created);
    fake.pipelines += !fails;
    fake.full_subgroups +=
        (infos[i].stage.flags & VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT) != 0;
    const auto* const link = static_cast<const VkBaseInStructure*>(infos[i].stage.pNext);
    if (link && link->sType == VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO)
      fake.required_subgroup_size +=
          reinterpret_cast<const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo*>(link)
              ->requiredSubgroupSize;
  }
  return fake.create_pipelines;
}
inline VKAPI_ATTR VkResult VKAPI_CALL allocate_sets(VkDevice, const VkDescriptorSetAllocateInfo* info,
                                                    VkDescriptorSet* made) {
  for (std::uint32_t i = 0; i < info->descriptorSetCount; ++i) made[i] = fake_handle<VkDescriptorSet>(50 + i);
  return fake.allocate_sets;
}
inline VKAPI_ATTR void VKAPI_CALL update_sets(VkDevice, std::uint32_t count,
                                              const VkWriteDescriptorSet* writes, std::uint32_t,
                                              const VkCopyDescriptorSet*) {
  fake.call("vkUpdateDescriptorSets");
  fake.written += count;
  if (count != 0 && writes[count - 1].pBufferInfo) fake.written_buffer = *writes[count - 1].pBufferInfo;
}
inline VKAPI_ATTR void VKAPI_CALL bind_pipeline(VkCommandBuffer, VkPipelineBindPoint, VkPipeline) {
  fake.call("vkCmdBindPipeline");
}
inline VKAPI_ATTR void VKAPI_CALL bind_sets(VkCommandBuffer, VkPipelineBindPoint, VkPipelineLayout,
                                            std::uint32_t, std::uint32_t, const VkDescriptorSet*,
                                            std::uint32_t, const std::uint32_t*) {
  fake.call("vkCmdBindDescriptorSets");
}
inline VKAPI_ATTR void VKAPI_CALL push_sets(VkCommandBuffer, VkPipelineBindPoint, VkPipelineLayout,
                                            std::uint32_t, std::uint32_t, const VkWriteDescriptorSet*) {
  fake.call("vkCmdPushDescriptorSetKHR");
}
inline VKAPI_ATTR void VKAPI_CALL push_constants(VkCommandBuffer, VkPipelineLayout, VkShaderStageFlags,
                                                 std::uint32_t, std::uint32_t size, const void* values) {
  fake.call("vkCmdPushConstants");
  std::memcpy(fake.pushed, values, size < sizeof fake.pushed ? size : sizeof fake.pushed);
}
inline VKAPI_ATTR void VKAPI_CALL dispatch(VkCommandBuffer, std::uint32_t x, std::uint32_t y,
                                           std::uint32_t z) {
  fake.call("vkCmdDispatch");
  fake.groups[0] = x;
  fake.groups[1] = y;
  fake.groups[2] = z;
}
inline VKAPI_ATTR void VKAPI_CALL dispatch_indirect(VkCommandBuffer, VkBuffer, VkDeviceSize) {
  fake.call("vkCmdDispatchIndirect");
}
inline VKAPI_ATTR void VKAPI_CALL pipeline_barrier(VkCommandBuffer, VkPipelineStageFlags,
                                                   VkPipelineStageFlags, VkDependencyFlags,
                                                   std::uint32_t memory, const VkMemoryBarrier*,
                                                   std::uint32_t, const VkBufferMemoryBarrier*, std::uint32_t,
                                                   const VkImageMemoryBarrier*) {
  fake.call("vkCmdPipelineBarrier");
  ++(memory != 0 ? fake.memory_barriers : fake.execution_barriers);
}
inline VKAPI_ATTR void VKAPI_CALL reset_queries(VkCommandBuffer, VkQueryPool, std::uint32_t, std::uint32_t) {
  fake.call("vkCmdResetQueryPool");
}
inline VKAPI_ATTR void VKAPI_CALL write_timestamp(VkCommandBuffer, VkPipelineStageFlagBits, VkQueryPool,
                                                  std::uint32_t) {
  fake.call("vkCmdWriteTimestamp");
}
inline VKAPI_ATTR VkResult VKAPI_CALL set_name(VkDevice, const VkDebugUtilsObjectNameInfoEXT*) {
  return VK_SUCCESS;
}
inline VKAPI_ATTR void VKAPI_CALL begin_label(VkCommandBuffer, const VkDebugUtilsLabelEXT*) {
  fake.call("vkCmdBeginDebugUtilsLabelEXT");
}
inline VKAPI_ATTR void VKAPI_CALL end_label(VkCommandBuffer) { fake.call("vkCmdEndDebugUtilsLabelEXT"); }

template <class F>
PFN_vkVoidFunction pointer(F* function) {
  return reinterpret_cast<PFN_vkVoidFunction>(function);
}
inline VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL of_device(VkDevice, const char* name);
inline PFN_vkVoidFunction find(const char* wanted) {
  const struct {
    const char* name;
    PFN_vkVoidFunction function;
  } table[] = {
      {"vkGetDeviceProcAddr", pointer(of_device)},
      {"vkGetPhysicalDeviceProperties", pointer(get_properties)},
      {"vkGetPhysicalDeviceProperties2", pointer(get_properties2)},
      {"vkGetPhysicalDeviceFeatures", pointer(get_features)},
      {"vkEnumerateDeviceExtensionProperties", pointer(list_extensions)},
      {"vkCreateShaderModule", pointer(create<VkShaderModuleCreateInfo, VkShaderModule>)},
      {"vkDestroyShaderModule", pointer(destroy<VkShaderModule>)},
      {"vkCreateDescriptorSetLayout",
       pointer(create<VkDescriptorSetLayoutCreateInfo, VkDescriptorSetLayout>)},
      {"vkDestroyDescriptorSetLayout", pointer(destroy<VkDescriptorSetLayout>)},
      {"vkCreatePipelineLayout", pointer(create<VkPipelineLayoutCreateInfo, VkPipelineLayout>)},
      {"vkDestroyPipelineLayout", pointer(destroy<VkPipelineLayout>)},
      {"vkCreateComputePipelines", pointer(create_pipelines)},
      {"vkDestroyPipeline", pointer(destroy<VkPipeline>)},
      {"vkCreateDescriptorPool", pointer(create<VkDescriptorPoolCreateInfo, VkDescriptorPool>)},
      {"vkDestroyDescriptorPool", pointer(destroy<VkDescriptorPool>)},
      {"vkAllocateDescriptorSets", pointer(allocate_sets)},
      {"vkUpdateDescriptorSets", pointer(update_sets)},
      {"vkCmdBindPipeline", pointer(bind_pipeline)},
      {"vkCmdBindDescriptorSets", pointer(bind_sets)},
      {"vkCmdPushDescriptorSetKHR", pointer(push_sets)},
      {"vkCmdPushConstants", pointer(push_constants)},
      {"vkCmdDispatch", pointer(dispatch)},
      {"vkCmdDispatchIndirect", pointer(dispatch_indirect)},
      {"vkCmdPipelineBarrier", pointer(pipeline_barrier)},
      {"vkCmdResetQueryPool", pointer(reset_queries)},
      {"vkCmdWriteTimestamp", pointer(write_timestamp)},
      {"vkSetDebugUtilsObjectNameEXT", pointer(set_name)},
      {"vkCmdBeginDebugUtilsLabelEXT", pointer(begin_label)},
      {"vkCmdEndDebugUtilsLabelEXT", pointer(end_label)},
  };
  for (const auto& row : table)
    if (std::strcmp(row.name, wanted) == 0) return row.function;
  return nullptr;
}
inline VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL of_device(VkDevice, const char* name) { return find(name); }
inline VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL of_instance(VkInstance, const char* name) {
  return find(name);
}

}  // namespace fake_functions

// What a context is made from, or what else is made from a device (player::DeviceInfo).
template <class Info = airstrip::vulkan::ContextInfo>
Info fake_info() {
  Info info;
  info.get_instance_proc_addr = fake_functions::of_instance;
  info.instance = fake_handle<VkInstance>(1);
  info.physical_device = fake_handle<VkPhysicalDevice>(2);
  info.device = fake_handle<VkDevice>(3);
  info.api_version = VK_API_VERSION_1_1;
  return info;
}

}  // namespace test
