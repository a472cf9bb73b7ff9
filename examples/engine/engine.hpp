// The engine of this example: it owns the instance, the device, the memory, the render passes and the frames, as engines
// do, and knows nothing of Airstrip. What is interesting is in main.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>
#include <vulkan/vulkan_core.h>

// The functions of Vulkan that the engine calls, loaded at run time.
#define ENGINE_FUNCTIONS(f)                                                                                 \
  f(vkDestroyInstance) f(vkEnumeratePhysicalDevices) f(vkGetPhysicalDeviceProperties)                       \
      f(vkGetPhysicalDeviceQueueFamilyProperties) f(vkGetPhysicalDeviceMemoryProperties) f(vkCreateDevice)  \
          f(vkDestroyDevice) f(vkDeviceWaitIdle) f(vkGetDeviceQueue) f(vkQueueSubmit) f(vkCreateFence) f(   \
              vkDestroyFence) f(vkResetFences) f(vkWaitForFences) f(vkAllocateMemory) f(vkFreeMemory)       \
              f(vkMapMemory) f(vkCreateBuffer) f(vkDestroyBuffer) f(vkGetBufferMemoryRequirements) f(       \
                  vkBindBufferMemory) f(vkCreateImage) f(vkDestroyImage) f(vkGetImageMemoryRequirements)    \
                  f(vkBindImageMemory) f(vkCreateImageView) f(vkDestroyImageView) f(vkCreateSampler) f(     \
                      vkDestroySampler) f(vkCreateRenderPass) f(vkDestroyRenderPass) f(vkCreateFramebuffer) \
                      f(vkDestroyFramebuffer) f(vkCreateShaderModule) f(vkDestroyShaderModule)              \
                          f(vkCreatePipelineLayout) f(vkDestroyPipelineLayout) f(vkCreateGraphicsPipelines) \
                              f(vkDestroyPipeline) f(vkCreateDescriptorPool) f(vkDestroyDescriptorPool)     \
                                  f(vkResetDescriptorPool) f(vkCreateCommandPool) f(vkDestroyCommandPool)   \
                                      f(vkResetCommandPool) f(vkAllocateCommandBuffers)                     \
                                          f(vkBeginCommandBuffer) f(vkEndCommandBuffer)                     \
                                              f(vkCmdBeginRenderPass) f(vkCmdEndRenderPass)                 \
                                                  f(vkCmdBindPipeline) f(vkCmdSetViewport)                  \
                                                      f(vkCmdSetScissor) f(vkCmdPushConstants) f(vkCmdDraw) \
                                                          f(vkCmdPipelineBarrier) f(vkCmdCopyBuffer)        \
                                                              f(vkCmdCopyImageToBuffer)

namespace engine {

// What is shown, and what the scene is drawn at: half of it.
constexpr std::uint32_t width = 380, height = 300, scene_width = width / 2, scene_height = height / 2;
constexpr std::uint32_t frames_in_flight = 2;
constexpr std::uint32_t api_version = VK_API_VERSION_1_1;
constexpr VkFormat format = VK_FORMAT_R8G8B8A8_UNORM;
constexpr VkImageSubresourceRange whole_image = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};

// What the engine's shader draws: a disc before a checkerboard.
struct Scene {
  float inside[4], even[4], odd[4];
  float centre[2], radius, cell;
};

// How an image is used.
struct State {
  VkPipelineStageFlags stages = VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT;
  VkAccessFlags access = 0;
  VkImageLayout layout = VK_IMAGE_LAYOUT_UNDEFINED;
};
constexpr State drawn = {VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
                         VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
                         VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
constexpr State sampled = {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT,
                           VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL};
constexpr State stored = {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
                          VK_IMAGE_LAYOUT_GENERAL};
constexpr State copied = {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT,
                          VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL};

// A buffer from the engine's heap; mapped where the host has access.
struct Memory {
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkDeviceSize size = 0;
  void* mapped = nullptr;
};

struct Target {
  std::uint32_t width = 0, height = 0;
  VkImage image = VK_NULL_HANDLE;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkImageView view = VK_NULL_HANDLE;
  VkFramebuffer framebuffer = VK_NULL_HANDLE;
  // The pixels, copied for the host.
  const unsigned char* pixels = nullptr;
  VkBuffer pixel_buffer = VK_NULL_HANDLE;
};

// What one of the frames in flight has for itself.
struct FrameResources {
  std::uint32_t index = 0;  // below frames_in_flight
  VkCommandPool pool = VK_NULL_HANDLE;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  VkFence fence = VK_NULL_HANDLE;
  VkDescriptorPool descriptors = VK_NULL_HANDLE;
  Target scene, outlined, result;  // the first two half as large
};

class Engine {
public:
  Engine() = default;
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // False with a sentence in `error`; `no_device`: there is no Vulkan here, which is nobody's fault.
  bool open(const std::vector<std::uint32_t>& vertex_words, const std::vector<std::uint32_t>& fragment_words);
  // Memory for as long as the engine lives; false with a sentence in `error`.
  bool make_memory(VkDeviceSize size, VkBufferUsageFlags usage, bool host_visible, Memory& memory);
  // Copies what the host has, for compute shaders later on the queue.
  bool upload(VkCommandBuffer commands, VkBuffer to, const void* bytes, std::size_t size);

  // Waits until the frame's resources are free, and begins its command buffer.
  FrameResources& begin_frame(std::uint32_t number);
  void transition(VkCommandBuffer commands, const Target& target, const State& from, const State& to) const;
  // Draws into a target that is in the layout COLOR_ATTACHMENT_OPTIMAL, or does not matter yet where `clear`.
  void draw(VkCommandBuffer commands, const Target& target, const Scene& scene, const VkRect2D& area,
            bool clear) const;
  // From the layout TRANSFER_SRC_OPTIMAL, for the host.
  void copy(VkCommandBuffer commands, const Target& target) const;
  bool submit(const FrameResources& frame);
  void wait() const;

  std::string error;
  bool no_device = false;
  unsigned messages = 0;  // of the validation layer, where it is installed
  bool has_validation_layer = false;

  PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical_device = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  VkSampler sampler = VK_NULL_HANDLE;
  std::string device_name;

private:
  bool check(VkResult result, const char* what);
  bool make_instance();
  bool make_device();
  bool make_render_pass(bool clear, VkRenderPass& pass);
  bool make_pipeline(const std::vector<std::uint32_t>& vertex_words,
                     const std::vector<std::uint32_t>& fragment_words);
  bool make_target(std::uint32_t target_width, std::uint32_t target_height, Target& target);
  bool make_frame(FrameResources& frame);
  bool allocate(const VkMemoryRequirements& needs, VkMemoryPropertyFlags properties, VkDeviceMemory& memory);
  void destroy_target(const Target& target);

#define ENGINE_MEMBER(name) PFN_##name name = nullptr;
  ENGINE_FUNCTIONS(ENGINE_MEMBER)
#undef ENGINE_MEMBER

  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
  VkQueue queue_ = VK_NULL_HANDLE;
  std::uint32_t family_ = 0;
  VkRenderPass clearing_ = VK_NULL_HANDLE, loading_ = VK_NULL_HANDLE;
  VkPipelineLayout layout_ = VK_NULL_HANDLE;
  VkPipeline pipeline_ = VK_NULL_HANDLE;
  std::array<FrameResources, frames_in_flight> frames_;
  std::vector<Memory> memories_;
};

}  // namespace engine
