#include "engine.hpp"

#include <cstdio>
#include <cstring>
#include <dlfcn.h>

namespace engine {
namespace {

template <class T>
T make(VkStructureType type) {
  T made{};
  made.sType = type;
  return made;
}

VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                          VkDebugUtilsMessageTypeFlagsEXT,
                                          const VkDebugUtilsMessengerCallbackDataEXT* data, void* count) {
  ++*static_cast<unsigned*>(count);
  std::fprintf(stderr, "%s\n", data->pMessage);
  return VK_FALSE;
}

}  // namespace

bool Engine::check(VkResult result, const char* what) {
  if (result >= 0) return true;
  error = std::string(what) + " returned VkResult " + std::to_string(static_cast<int>(result));
  return false;
}

bool Engine::make_instance() {
  void* const library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library)
    get_instance_proc_addr =
        reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
  if (!get_instance_proc_addr) {
    no_device = true;
    error = "there is no Vulkan loader (libvulkan.so.1)";
    return false;
  }
  const auto list_layers = reinterpret_cast<PFN_vkEnumerateInstanceLayerProperties>(
      get_instance_proc_addr(nullptr, "vkEnumerateInstanceLayerProperties"));
  std::uint32_t count = 0;
  list_layers(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  list_layers(&count, layers.data());
  const char* const layer = "VK_LAYER_KHRONOS_validation";
  for (const VkLayerProperties& known : layers)
    has_validation_layer |= std::strcmp(known.layerName, layer) == 0;

  auto application = make<VkApplicationInfo>(VK_STRUCTURE_TYPE_APPLICATION_INFO);
  application.pApplicationName = "engine";
  application.apiVersion = api_version;
  auto info = make<VkInstanceCreateInfo>(VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO);
  info.pApplicationInfo = &application;
  auto messenger =
      make<VkDebugUtilsMessengerCreateInfoEXT>(VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT);
  messenger.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  messenger.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
  messenger.pfnUserCallback = on_message;
  messenger.pUserData = &messages;
  const VkValidationFeatureEnableEXT synchronization =
      VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  auto features = make<VkValidationFeaturesEXT>(VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT);
  features.pNext = &messenger;
  features.enabledValidationFeatureCount = 1;
  features.pEnabledValidationFeatures = &synchronization;
  const char* const extensions[] = {"VK_EXT_debug_utils", "VK_EXT_validation_features"};
  if (has_validation_layer) {
    info.pNext = &features;
    info.enabledLayerCount = 1;
    info.ppEnabledLayerNames = &layer;
    info.enabledExtensionCount = 2;
    info.ppEnabledExtensionNames = extensions;
  }
  const auto create =
      reinterpret_cast<PFN_vkCreateInstance>(get_instance_proc_addr(nullptr, "vkCreateInstance"));
  const VkResult result = create(&info, nullptr, &instance);
  no_device = result == VK_ERROR_INCOMPATIBLE_DRIVER;
  if (no_device) {
    error = "there is a Vulkan loader and no driver";
    return false;
  }
  if (!check(result, "vkCreateInstance")) return false;
#define ENGINE_LOAD(name) name = reinterpret_cast<PFN_##name>(get_instance_proc_addr(instance, #name));
  ENGINE_FUNCTIONS(ENGINE_LOAD)
#undef ENGINE_LOAD
  if (!has_validation_layer) return true;
  const auto create_messenger = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
      get_instance_proc_addr(instance, "vkCreateDebugUtilsMessengerEXT"));
  return check(create_messenger(instance, &messenger, nullptr, &messenger_),
               "vkCreateDebugUtilsMessengerEXT");
}

bool Engine::make_device() {
  std::uint32_t count = 0;
  vkEnumeratePhysicalDevices(instance, &count, nullptr);
  std::vector<VkPhysicalDevice> devices(count);
  vkEnumeratePhysicalDevices(instance, &count, devices.data());
  for (const bool cpu : {false, true})
    for (const VkPhysicalDevice candidate : devices) {
      VkPhysicalDeviceProperties properties{};
      vkGetPhysicalDeviceProperties(candidate, &properties);
      if (physical_device || (properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU) != cpu) continue;
      if (properties.apiVersion < api_version) continue;
      vkGetPhysicalDeviceQueueFamilyProperties(candidate, &count, nullptr);
      std::vector<VkQueueFamilyProperties> families(count);
      vkGetPhysicalDeviceQueueFamilyProperties(candidate, &count, families.data());
      constexpr VkQueueFlags both = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
      for (std::uint32_t i = 0; i < count; ++i)
        if ((families[i].queueFlags & both) == both) {
          physical_device = candidate;
          device_name = properties.deviceName;
          family_ = i;
          break;
        }
    }
  if (!physical_device) {
    no_device = true;
    error = "there is no Vulkan 1.1 device with graphics and compute in one queue";
    return false;
  }
  const float priority = 1;
  auto queues = make<VkDeviceQueueCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO);
  queues.queueFamilyIndex = family_;
  queues.queueCount = 1;
  queues.pQueuePriorities = &priority;
  auto info = make<VkDeviceCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO);
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queues;
  if (!check(vkCreateDevice(physical_device, &info, nullptr, &device), "vkCreateDevice")) return false;
  vkGetDeviceQueue(device, family_, 0, &queue_);
  return true;
}

bool Engine::make_render_pass(bool clear, VkRenderPass& pass) {
  VkAttachmentDescription attachment{};
  attachment.format = format;
  attachment.samples = VK_SAMPLE_COUNT_1_BIT;
  attachment.loadOp = clear ? VK_ATTACHMENT_LOAD_OP_CLEAR : VK_ATTACHMENT_LOAD_OP_LOAD;
  attachment.storeOp = VK_ATTACHMENT_STORE_OP_STORE;
  attachment.stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE;
  attachment.stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE;
  attachment.initialLayout = clear ? VK_IMAGE_LAYOUT_UNDEFINED : VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL;
  attachment.finalLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL;
  const VkAttachmentReference reference{0, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
  VkSubpassDescription subpass{};
  subpass.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS;
  subpass.colorAttachmentCount = 1;
  subpass.pColorAttachments = &reference;
  auto info = make<VkRenderPassCreateInfo>(VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO);
  info.attachmentCount = 1;
  info.pAttachments = &attachment;
  info.subpassCount = 1;
  info.pSubpasses = &subpass;
  return check(vkCreateRenderPass(device, &info, nullptr, &pass), "vkCreateRenderPass");
}

bool Engine::make_pipeline(const std::vector<std::uint32_t>& vertex_words,
                           const std::vector<std::uint32_t>& fragment_words) {
  const VkPushConstantRange range{VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof(Scene)};
  auto layout = make<VkPipelineLayoutCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO);
  layout.pushConstantRangeCount = 1;
  layout.pPushConstantRanges = &range;
  if (!check(vkCreatePipelineLayout(device, &layout, nullptr, &layout_), "vkCreatePipelineLayout"))
    return false;

  VkShaderModule modules[2] = {};
  VkPipelineShaderStageCreateInfo stages[2] = {};
  const std::vector<std::uint32_t>* const words[2] = {&vertex_words, &fragment_words};
  for (unsigned i = 0; i < 2; ++i) {
    auto module = make<VkShaderModuleCreateInfo>(VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO);
    module.codeSize = words[i]->size() * sizeof(std::uint32_t);
    module.pCode = words[i]->data();
    if (!check(vkCreateShaderModule(device, &module, nullptr, &modules[i]), "vkCreateShaderModule"))
      return false;
    stages[i] = make<VkPipelineShaderStageCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO);
    stages[i].stage = i == 0 ? VK_SHADER_STAGE_VERTEX_BIT : VK_SHADER_STAGE_FRAGMENT_BIT;
    stages[i].module = modules[i];
    stages[i].pName = "main";
  }
  const auto vertices =
      make<VkPipelineVertexInputStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO);
  auto assembly = make<VkPipelineInputAssemblyStateCreateInfo>(
      VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO);
  assembly.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST;
  auto viewport =
      make<VkPipelineViewportStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO);
  viewport.viewportCount = viewport.scissorCount = 1;
  auto raster = make<VkPipelineRasterizationStateCreateInfo>(
      VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO);
  raster.lineWidth = 1;
  auto samples =
      make<VkPipelineMultisampleStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO);
  samples.rasterizationSamples = VK_SAMPLE_COUNT_1_BIT;
  VkPipelineColorBlendAttachmentState attachment{};
  attachment.colorWriteMask = 0xF;
  auto blend =
      make<VkPipelineColorBlendStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO);
  blend.attachmentCount = 1;
  blend.pAttachments = &attachment;
  const VkDynamicState dynamic_states[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
  auto dynamic = make<VkPipelineDynamicStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO);
  dynamic.dynamicStateCount = 2;
  dynamic.pDynamicStates = dynamic_states;
  auto info = make<VkGraphicsPipelineCreateInfo>(VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO);
  info.stageCount = 2;
  info.pStages = stages;
  info.pVertexInputState = &vertices;
  info.pInputAssemblyState = &assembly;
  info.pViewportState = &viewport;
  info.pRasterizationState = &raster;
  info.pMultisampleState = &samples;
  info.pColorBlendState = &blend;
  info.pDynamicState = &dynamic;
  info.layout = layout_;
  info.renderPass = clearing_;
  const VkResult result = vkCreateGraphicsPipelines(device, VK_NULL_HANDLE, 1, &info, nullptr, &pipeline_);
  for (const VkShaderModule module : modules) vkDestroyShaderModule(device, module, nullptr);
  return check(result, "vkCreateGraphicsPipelines");
}

bool Engine::allocate(const VkMemoryRequirements& needs, VkMemoryPropertyFlags properties,
                      VkDeviceMemory& memory) {
  VkPhysicalDeviceMemoryProperties types{};
  vkGetPhysicalDeviceMemoryProperties(physical_device, &types);
  auto info = make<VkMemoryAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO);
  info.allocationSize = needs.size;
  while (info.memoryTypeIndex < types.memoryTypeCount &&
         (!(needs.memoryTypeBits >> info.memoryTypeIndex & 1) ||
          (types.memoryTypes[info.memoryTypeIndex].propertyFlags & properties) != properties))
    ++info.memoryTypeIndex;
  if (info.memoryTypeIndex == types.memoryTypeCount) {
    error = "the device has no memory of the kind that a buffer or an image needs";
    return false;
  }
  return check(vkAllocateMemory(device, &info, nullptr, &memory), "vkAllocateMemory");
}

bool Engine::make_memory(VkDeviceSize size, VkBufferUsageFlags usage, bool host_visible, Memory& memory) {
  memory.size = size;
  auto info = make<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO);
  info.size = size;
  info.usage = usage;
  if (!check(vkCreateBuffer(device, &info, nullptr, &memory.buffer), "vkCreateBuffer")) return false;
  VkMemoryRequirements needs{};
  vkGetBufferMemoryRequirements(device, memory.buffer, &needs);
  constexpr VkMemoryPropertyFlags of_host =
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  constexpr VkMemoryPropertyFlags of_device = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
  const bool made =
      allocate(needs, host_visible ? of_host : of_device, memory.memory) &&
      check(vkBindBufferMemory(device, memory.buffer, memory.memory, 0), "vkBindBufferMemory") &&
      (!host_visible ||
       check(vkMapMemory(device, memory.memory, 0, VK_WHOLE_SIZE, 0, &memory.mapped), "vkMapMemory"));
  memories_.push_back(memory);
  return made;
}

bool Engine::upload(VkCommandBuffer commands, VkBuffer to, const void* bytes, std::size_t size) {
  if (size == 0) return true;
  Memory staging;
  if (!make_memory(size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, true, staging)) return false;
  std::memcpy(staging.mapped, bytes, size);
  const VkBufferCopy region{0, 0, size};
  vkCmdCopyBuffer(commands, staging.buffer, to, 1, &region);
  auto barrier = make<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_SHADER_READ_BIT;
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1,
                       &barrier, 0, nullptr, 0, nullptr);
  return true;
}

bool Engine::make_target(std::uint32_t target_width, std::uint32_t target_height, Target& target) {
  target.width = target_width;
  target.height = target_height;
  auto info = make<VkImageCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO);
  info.imageType = VK_IMAGE_TYPE_2D;
  info.format = format;
  info.extent = {target.width, target.height, 1};
  info.mipLevels = info.arrayLayers = 1;
  info.samples = VK_SAMPLE_COUNT_1_BIT;
  info.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT |
               VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  VkMemoryRequirements needs{};
  if (!check(vkCreateImage(device, &info, nullptr, &target.image), "vkCreateImage")) return false;
  vkGetImageMemoryRequirements(device, target.image, &needs);
  if (!allocate(needs, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, target.memory) ||
      !check(vkBindImageMemory(device, target.image, target.memory, 0), "vkBindImageMemory"))
    return false;
  auto view = make<VkImageViewCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO);
  view.image = target.image;
  view.viewType = VK_IMAGE_VIEW_TYPE_2D;
  view.format = format;
  view.subresourceRange = whole_image;
  if (!check(vkCreateImageView(device, &view, nullptr, &target.view), "vkCreateImageView")) return false;
  auto framebuffer = make<VkFramebufferCreateInfo>(VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO);
  framebuffer.renderPass = clearing_;
  framebuffer.attachmentCount = 1;
  framebuffer.pAttachments = &target.view;
  framebuffer.width = target.width;
  framebuffer.height = target.height;
  framebuffer.layers = 1;
  if (!check(vkCreateFramebuffer(device, &framebuffer, nullptr, &target.framebuffer), "vkCreateFramebuffer"))
    return false;

  Memory pixels;
  if (!make_memory(VkDeviceSize{4} * target.width * target.height, VK_BUFFER_USAGE_TRANSFER_DST_BIT, true,
                   pixels))
    return false;
  target.pixel_buffer = pixels.buffer;
  target.pixels = static_cast<const unsigned char*>(pixels.mapped);
  return true;
}

bool Engine::make_frame(FrameResources& frame) {
  auto pool = make<VkCommandPoolCreateInfo>(VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
  pool.queueFamilyIndex = family_;
  if (!check(vkCreateCommandPool(device, &pool, nullptr, &frame.pool), "vkCreateCommandPool")) return false;
  auto buffer = make<VkCommandBufferAllocateInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
  buffer.commandPool = frame.pool;
  buffer.commandBufferCount = 1;
  auto fence = make<VkFenceCreateInfo>(VK_STRUCTURE_TYPE_FENCE_CREATE_INFO);
  fence.flags = VK_FENCE_CREATE_SIGNALED_BIT;
  // Room for what an engine's frame binds.
  const VkDescriptorPoolSize sizes[] = {{VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 16},
                                        {VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 16},
                                        {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 16},
                                        {VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, 16}};
  auto descriptors = make<VkDescriptorPoolCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO);
  descriptors.maxSets = 16;
  descriptors.poolSizeCount = 4;
  descriptors.pPoolSizes = sizes;
  return check(vkAllocateCommandBuffers(device, &buffer, &frame.commands), "vkAllocateCommandBuffers") &&
         check(vkCreateFence(device, &fence, nullptr, &frame.fence), "vkCreateFence") &&
         check(vkCreateDescriptorPool(device, &descriptors, nullptr, &frame.descriptors),
               "vkCreateDescriptorPool") &&
         make_target(scene_width, scene_height, frame.scene) &&
         make_target(scene_width, scene_height, frame.outlined) && make_target(width, height, frame.result);
}

bool Engine::open(const std::vector<std::uint32_t>& vertex_words,
                  const std::vector<std::uint32_t>& fragment_words) {
  if (!make_instance() || !make_device() || !make_render_pass(true, clearing_) ||
      !make_render_pass(false, loading_) || !make_pipeline(vertex_words, fragment_words))
    return false;
  auto info = make<VkSamplerCreateInfo>(VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO);
  info.addressModeU = info.addressModeV = info.addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
  if (!check(vkCreateSampler(device, &info, nullptr, &sampler), "vkCreateSampler")) return false;
  for (std::uint32_t i = 0; i < frames_in_flight; ++i) {
    frames_[i].index = i;
    if (!make_frame(frames_[i])) return false;
  }
  return true;
}

FrameResources& Engine::begin_frame(std::uint32_t number) {
  FrameResources& frame = frames_[number % frames_in_flight];
  vkWaitForFences(device, 1, &frame.fence, VK_TRUE, ~std::uint64_t{0});
  vkResetFences(device, 1, &frame.fence);
  vkResetDescriptorPool(device, frame.descriptors, 0);
  vkResetCommandPool(device, frame.pool, 0);
  auto begin = make<VkCommandBufferBeginInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  vkBeginCommandBuffer(frame.commands, &begin);
  return frame;
}

void Engine::transition(VkCommandBuffer commands, const Target& target, const State& from,
                        const State& to) const {
  auto barrier = make<VkImageMemoryBarrier>(VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER);
  barrier.srcAccessMask = from.access;
  barrier.dstAccessMask = to.access;
  barrier.oldLayout = from.layout;
  barrier.newLayout = to.layout;
  barrier.srcQueueFamilyIndex = barrier.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
  barrier.image = target.image;
  barrier.subresourceRange = whole_image;
  vkCmdPipelineBarrier(commands, from.stages, to.stages, 0, 0, nullptr, 0, nullptr, 1, &barrier);
}

void Engine::draw(VkCommandBuffer commands, const Target& target, const Scene& scene, const VkRect2D& area,
                  bool clear) const {
  const VkClearValue black{};
  auto begin = make<VkRenderPassBeginInfo>(VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO);
  begin.renderPass = clear ? clearing_ : loading_;
  begin.framebuffer = target.framebuffer;
  begin.renderArea = {{0, 0}, {target.width, target.height}};
  begin.clearValueCount = clear ? 1 : 0;
  begin.pClearValues = &black;
  const VkViewport viewport{0, 0, static_cast<float>(target.width), static_cast<float>(target.height), 0, 1};
  vkCmdBeginRenderPass(commands, &begin, VK_SUBPASS_CONTENTS_INLINE);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline_);
  vkCmdSetViewport(commands, 0, 1, &viewport);
  vkCmdSetScissor(commands, 0, 1, &area);
  vkCmdPushConstants(commands, layout_, VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof scene, &scene);
  vkCmdDraw(commands, 3, 1, 0, 0);
  vkCmdEndRenderPass(commands);
}

void Engine::copy(VkCommandBuffer commands, const Target& target) const {
  VkBufferImageCopy region{};
  region.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
  region.imageExtent = {target.width, target.height, 1};
  vkCmdCopyImageToBuffer(commands, target.image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, target.pixel_buffer, 1,
                         &region);
  auto barrier = make<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier,
                       0, nullptr, 0, nullptr);
}

bool Engine::submit(const FrameResources& frame) {
  auto info = make<VkSubmitInfo>(VK_STRUCTURE_TYPE_SUBMIT_INFO);
  info.commandBufferCount = 1;
  info.pCommandBuffers = &frame.commands;
  return check(vkEndCommandBuffer(frame.commands), "vkEndCommandBuffer") &&
         check(vkQueueSubmit(queue_, 1, &info, frame.fence), "vkQueueSubmit");
}

void Engine::wait() const { vkDeviceWaitIdle(device); }

void Engine::destroy_target(const Target& target) {
  vkDestroyFramebuffer(device, target.framebuffer, nullptr);
  vkDestroyImageView(device, target.view, nullptr);
  vkDestroyImage(device, target.image, nullptr);
  vkFreeMemory(device, target.memory, nullptr);
}

Engine::~Engine() {
  if (device) {
    vkDeviceWaitIdle(device);
    for (FrameResources& frame : frames_) {
      destroy_target(frame.scene);
      destroy_target(frame.outlined);
      destroy_target(frame.result);
      vkDestroyDescriptorPool(device, frame.descriptors, nullptr);
      vkDestroyFence(device, frame.fence, nullptr);
      vkDestroyCommandPool(device, frame.pool, nullptr);
    }
    for (const Memory& memory : memories_) {
      vkDestroyBuffer(device, memory.buffer, nullptr);
      vkFreeMemory(device, memory.memory, nullptr);
    }
    vkDestroySampler(device, sampler, nullptr);
    vkDestroyPipeline(device, pipeline_, nullptr);
    vkDestroyPipelineLayout(device, layout_, nullptr);
    vkDestroyRenderPass(device, clearing_, nullptr);
    vkDestroyRenderPass(device, loading_, nullptr);
    vkDestroyDevice(device, nullptr);
  }
  if (messenger_)
    reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
        get_instance_proc_addr(instance, "vkDestroyDebugUtilsMessengerEXT"))(instance, messenger_, nullptr);
  if (instance) vkDestroyInstance(instance, nullptr);
}

}  // namespace engine
