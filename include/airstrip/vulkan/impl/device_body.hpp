// What is behind a Device.
#pragma once

#include "../../config.hpp"
#include "../../vulkan_device.hpp"
#include "loader.hpp"

#include <atomic>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {

// The functions that the adapter for engines has no use for.
struct DeviceFunctions {
  PFN_vkDestroyInstance vkDestroyInstance = nullptr;
  PFN_vkGetPhysicalDeviceMemoryProperties vkGetPhysicalDeviceMemoryProperties = nullptr;
  PFN_vkGetPhysicalDeviceQueueFamilyProperties vkGetPhysicalDeviceQueueFamilyProperties = nullptr;
  PFN_vkEnumeratePhysicalDevices vkEnumeratePhysicalDevices = nullptr;
  PFN_vkCreateDevice vkCreateDevice = nullptr;
  PFN_vkCreateDebugUtilsMessengerEXT vkCreateDebugUtilsMessengerEXT = nullptr;
  PFN_vkDestroyDebugUtilsMessengerEXT vkDestroyDebugUtilsMessengerEXT = nullptr;

  PFN_vkDestroyDevice vkDestroyDevice = nullptr;
  PFN_vkDeviceWaitIdle vkDeviceWaitIdle = nullptr;
  PFN_vkGetDeviceQueue vkGetDeviceQueue = nullptr;
  PFN_vkQueueSubmit vkQueueSubmit = nullptr;
  PFN_vkCreateFence vkCreateFence = nullptr;
  PFN_vkDestroyFence vkDestroyFence = nullptr;
  PFN_vkResetFences vkResetFences = nullptr;
  PFN_vkWaitForFences vkWaitForFences = nullptr;
  PFN_vkAllocateMemory vkAllocateMemory = nullptr;
  PFN_vkFreeMemory vkFreeMemory = nullptr;
  PFN_vkMapMemory vkMapMemory = nullptr;
  PFN_vkCreateBuffer vkCreateBuffer = nullptr;
  PFN_vkDestroyBuffer vkDestroyBuffer = nullptr;
  PFN_vkGetBufferMemoryRequirements vkGetBufferMemoryRequirements = nullptr;
  PFN_vkBindBufferMemory vkBindBufferMemory = nullptr;
  PFN_vkGetBufferDeviceAddress vkGetBufferDeviceAddress = nullptr;  // null: none
  PFN_vkCreateImage vkCreateImage = nullptr;
  PFN_vkDestroyImage vkDestroyImage = nullptr;
  PFN_vkGetImageMemoryRequirements vkGetImageMemoryRequirements = nullptr;
  PFN_vkBindImageMemory vkBindImageMemory = nullptr;
  PFN_vkCreateImageView vkCreateImageView = nullptr;
  PFN_vkDestroyImageView vkDestroyImageView = nullptr;
  PFN_vkCreateSampler vkCreateSampler = nullptr;
  PFN_vkDestroySampler vkDestroySampler = nullptr;
  PFN_vkCreateDescriptorPool vkCreateDescriptorPool = nullptr;
  PFN_vkDestroyDescriptorPool vkDestroyDescriptorPool = nullptr;
  PFN_vkCreateCommandPool vkCreateCommandPool = nullptr;
  PFN_vkDestroyCommandPool vkDestroyCommandPool = nullptr;
  PFN_vkResetCommandPool vkResetCommandPool = nullptr;
  PFN_vkAllocateCommandBuffers vkAllocateCommandBuffers = nullptr;
  PFN_vkBeginCommandBuffer vkBeginCommandBuffer = nullptr;
  PFN_vkEndCommandBuffer vkEndCommandBuffer = nullptr;
  PFN_vkCmdCopyBuffer vkCmdCopyBuffer = nullptr;
  PFN_vkCmdFillBuffer vkCmdFillBuffer = nullptr;
  PFN_vkCmdCopyBufferToImage vkCmdCopyBufferToImage = nullptr;
  PFN_vkCmdCopyImageToBuffer vkCmdCopyImageToBuffer = nullptr;
  PFN_vkCreateQueryPool vkCreateQueryPool = nullptr;
  PFN_vkDestroyQueryPool vkDestroyQueryPool = nullptr;
  PFN_vkCmdResetQueryPool vkCmdResetQueryPool = nullptr;
  PFN_vkCmdWriteTimestamp vkCmdWriteTimestamp = nullptr;
  PFN_vkGetQueryPoolResults vkGetQueryPoolResults = nullptr;
};

// What the layer's callback is given; it must not move.
struct MessageCount {
  std::atomic<std::uint64_t> count{0};
  void (*on_message)(void* user, Text message) = nullptr;
  void* user = nullptr;
};

}  // namespace detail

struct Device::Body {
  struct Memory {
    VkBuffer buffer;
    VkDeviceMemory memory;
    unsigned char* mapped;  // null: not visible to the host
    VkDeviceSize size;      // without guards
  };
  struct ImageMemory {
    VkImage image;
    VkImageView view;
    VkDeviceMemory memory;
  };

  ~Body();
  Diagnostic open(const DeviceOptions& options);
  Diagnostic make_instance(const DeviceOptions& options);
  Diagnostic choose(const DeviceOptions& options);
  Diagnostic make_device(const DeviceOptions& options);
  Diagnostic load_of_device();
  Diagnostic make_objects();

  Diagnostic allocate(const VkMemoryRequirements& needs, VkMemoryPropertyFlags required,
                      VkMemoryPropertyFlags wanted, VkDeviceMemory& memory, VkMemoryPropertyFlags& has);
  // Memory of the device, or one to copy through (`host`), which the host sees.
  Diagnostic make_memory(VkDeviceSize bytes, bool host, Memory& memory);
  void free_memory(Memory& memory);
  DeviceBuffer describe(const Memory& made, VkDeviceSize offset);
  Diagnostic ensure_staging(VkDeviceSize bytes);
  Diagnostic begin();
  Diagnostic submit();
  void barrier(VkPipelineStageFlags from, VkAccessFlags wrote, VkPipelineStageFlags to, VkAccessFlags uses);
  Diagnostic copy_buffer(const Memory& memory, VkDeviceSize offset, void* host, std::uint64_t bytes, bool in);
  Diagnostic copy_image(const DeviceImage& image, void* host, bool in);

  PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
  detail::DeviceFunctions f;
  VkInstance instance = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger = VK_NULL_HANDLE;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
  std::uint32_t family = 0, timestamp_bits = 0, api_version = VK_API_VERSION_1_0;
  bool validation = false, addresses = false, host_is_device = false;
  VkDeviceSize guard = 0;
  VkPhysicalDeviceMemoryProperties memory_types = {};
  Context context;

  VkCommandPool command_pool = VK_NULL_HANDLE;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  VkFence fence = VK_NULL_HANDLE;
  VkDescriptorPool descriptor_pool = VK_NULL_HANDLE;
  Frame frame;
  Memory staging = {}, uniforms = {};
  Buffer<Memory> buffers;  // by DeviceBuffer::index; released ones are null
  Buffer<ImageMemory> images;
  Buffer<VkSampler> samplers;
  detail::MessageCount messages;
};

AIRSTRIP_VULKAN_NAMESPACE_END
