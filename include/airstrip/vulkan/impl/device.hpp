// A Device from the loader to the queue.
#pragma once

#include "device_body.hpp"
#include "device_choice.hpp"

#include <new>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {

// VK_EXT_layer_settings, which older headers lack.
struct LayerSetting {
  const char* layer;
  const char* name;
  std::uint32_t type;  // 0: VkBool32
  std::uint32_t count;
  const void* values;
};
struct LayerSettings {
  std::uint32_t type;
  const void* next;
  std::uint32_t count;
  const LayerSetting* settings;
};
inline constexpr std::uint32_t layer_settings_type = 1000496000;
// From here on the layer looks at what shaders do to descriptors only when asked to.
inline constexpr std::uint32_t first_layer_with_settings = VK_MAKE_API_VERSION(0, 1, 3, 296);

inline VKAPI_ATTR VkBool32 VKAPI_CALL on_validation_message(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                                            VkDebugUtilsMessageTypeFlagsEXT,
                                                            const VkDebugUtilsMessengerCallbackDataEXT* data,
                                                            void* user) {
  auto* const messages = static_cast<MessageCount*>(user);
  ++messages->count;
  if (messages->on_message) messages->on_message(messages->user, Text(data->pMessage));
  return VK_FALSE;
}

}  // namespace detail

inline Diagnostic Device::Body::make_instance(const DeviceOptions& options) {
  Diagnostic error = detail::open_loader(options.loader, get_instance_proc_addr);
  if (error.code != ErrorCode::Ok) return error;
  const auto global = [&](const char* name) { return get_instance_proc_addr(VK_NULL_HANDLE, name); };
  const auto create = reinterpret_cast<PFN_vkCreateInstance>(global("vkCreateInstance"));
  const auto layers =
      reinterpret_cast<PFN_vkEnumerateInstanceLayerProperties>(global("vkEnumerateInstanceLayerProperties"));
  const auto version = reinterpret_cast<PFN_vkEnumerateInstanceVersion>(global("vkEnumerateInstanceVersion"));
  if (!create || !layers)
    return detail::failure(ErrorCode::NoDevice, "the Vulkan loader has no vkCreateInstance");
  api_version = VK_API_VERSION_1_0;
  if (version && version(&api_version) >= 0 && api_version > options.api_version)
    api_version = options.api_version;

  const char* const layer = "VK_LAYER_KHRONOS_validation";
  bool has_settings = false;
  if (options.validation) {
    std::uint32_t count = 0;
    Buffer<VkLayerProperties> known;
    if (layers(&count, nullptr) >= 0 && known.resize(count) && layers(&count, known.data()) >= 0)
      for (std::uint32_t i = 0; i < count && i < known.size(); ++i)
        if (Text(known[i].layerName) == Text(layer)) {
          validation = true;
          has_settings = known[i].specVersion >= detail::first_layer_with_settings;
        }
  }
  auto application = detail::make_structure<VkApplicationInfo>(VK_STRUCTURE_TYPE_APPLICATION_INFO);
  application.pEngineName = "Airstrip";
  application.apiVersion = api_version;
  auto info = detail::make_structure<VkInstanceCreateInfo>(VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO);
  info.pApplicationInfo = &application;
  auto messenger_info = detail::make_structure<VkDebugUtilsMessengerCreateInfoEXT>(
      VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT);
  messenger_info.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  // Neither what the loader says of the machine ("general"), nor advice that the layout GENERAL is slow ("performance").
  messenger_info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
  messenger_info.pfnUserCallback = detail::on_validation_message;
  messenger_info.pUserData = &messages;
  messages.on_message = options.on_message;
  messages.user = options.user;
  const VkValidationFeatureEnableEXT synchronization =
      VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  auto of_layer = detail::make_structure<VkValidationFeaturesEXT>(VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
                                                                  &messenger_info);
  of_layer.enabledValidationFeatureCount = 1;
  of_layer.pEnabledValidationFeatures = &synchronization;
  const VkBool32 yes = VK_TRUE;
  const detail::LayerSetting setting{layer, "syncval_shader_accesses_heuristic", 0, 1, &yes};
  const detail::LayerSettings settings{detail::layer_settings_type, &messenger_info, 1, &setting};
  if (has_settings) of_layer.pNext = &settings;
  const char* const extensions[] = {"VK_EXT_debug_utils", "VK_EXT_validation_features",
                                    "VK_EXT_layer_settings"};
  if (validation) {
    info.pNext = &of_layer;
    info.enabledLayerCount = 1;
    info.ppEnabledLayerNames = &layer;
    info.enabledExtensionCount = has_settings ? 3 : 2;
    info.ppEnabledExtensionNames = extensions;
  }
  VkResult result = create(&info, nullptr, &instance);
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
    return detail::failure(
        ErrorCode::NoDevice,
        "there is a Vulkan loader and no driver; install one (Debian: mesa-vulkan-drivers)");
  if (result < 0) return detail::failed_call("vkCreateInstance", result);
#define AIRSTRIP_LOAD(name) f.name = reinterpret_cast<PFN_##name>(get_instance_proc_addr(instance, #name))
  AIRSTRIP_LOAD(vkDestroyInstance);
  AIRSTRIP_LOAD(vkGetPhysicalDeviceMemoryProperties);
  AIRSTRIP_LOAD(vkGetPhysicalDeviceQueueFamilyProperties);
  AIRSTRIP_LOAD(vkEnumeratePhysicalDevices);
  AIRSTRIP_LOAD(vkCreateDevice);
  AIRSTRIP_LOAD(vkCreateDebugUtilsMessengerEXT);
  AIRSTRIP_LOAD(vkDestroyDebugUtilsMessengerEXT);
#undef AIRSTRIP_LOAD
  if (!f.vkEnumeratePhysicalDevices || !f.vkCreateDevice || !f.vkDestroyInstance)
    return detail::failure(ErrorCode::VulkanFailed, "the Vulkan loader lacks functions of Vulkan 1.0");
  if (validation && f.vkCreateDebugUtilsMessengerEXT) {
    result = f.vkCreateDebugUtilsMessengerEXT(instance, &messenger_info, nullptr, &messenger);
    if (result < 0) return detail::failed_call("vkCreateDebugUtilsMessengerEXT", result);
  }
  return {};
}

inline Diagnostic Device::Body::make_device(const DeviceOptions& options) {
  ContextInfo info;
  info.get_instance_proc_addr = get_instance_proc_addr;
  info.instance = instance;
  info.physical_device = physical;
  info.api_version = api_version;
  info.debug_utils = validation;
  info.limits = options.limits;
  Result<Description> supported = describe_supported(info);
  if (!supported) return supported.error();
  api_version = supported->api_version;

  Buffer<const char*> extensions;
  Buffer<Text> features;
  Diagnostic error = detail::choose_enabled(*supported, options, extensions, features);
  if (error.code != ErrorCode::Ok) return error;
  Result<FeatureChain> chain = FeatureChain::make(api_version, features, extensions);
  if (!chain) return chain.error();

  const float priority = 1;
  auto queues = detail::make_structure<VkDeviceQueueCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO);
  queues.queueFamilyIndex = family;
  queues.queueCount = 1;
  queues.pQueuePriorities = &priority;
  auto device_info = detail::make_structure<VkDeviceCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO);
  device_info.pNext = chain->chain();
  device_info.pEnabledFeatures = chain->core();
  device_info.queueCreateInfoCount = 1;
  device_info.pQueueCreateInfos = &queues;
  device_info.enabledExtensionCount = static_cast<std::uint32_t>(extensions.size());
  device_info.ppEnabledExtensionNames = extensions.data();
  const VkResult result = f.vkCreateDevice(physical, &device_info, nullptr, &device);
  if (result < 0) return detail::failed_call("vkCreateDevice", result);

  info.device = device;
  info.features = chain->chain();
  info.enabled_features = chain->core();
  info.extensions = extensions;
  Result<Context> made = Context::make(info);
  if (!made) return made.error();
  context = static_cast<Context&&>(*made);
  addresses = context.describe().has_device_addresses;
  host_is_device =
      !options.copy_always && (context.describe().type == VK_PHYSICAL_DEVICE_TYPE_CPU ||
                               context.describe().type == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU);
  return {};
}

inline Diagnostic Device::Body::load_of_device() {
  const PFN_vkGetDeviceProcAddr get = context.functions().vkGetDeviceProcAddr;
  const char* missing = nullptr;
#define AIRSTRIP_LOAD(name)                                  \
  f.name = reinterpret_cast<PFN_##name>(get(device, #name)); \
  if (!f.name && !missing) missing = #name
  AIRSTRIP_LOAD(vkDestroyDevice);
  AIRSTRIP_LOAD(vkDeviceWaitIdle);
  AIRSTRIP_LOAD(vkGetDeviceQueue);
  AIRSTRIP_LOAD(vkQueueSubmit);
  AIRSTRIP_LOAD(vkCreateFence);
  AIRSTRIP_LOAD(vkDestroyFence);
  AIRSTRIP_LOAD(vkResetFences);
  AIRSTRIP_LOAD(vkWaitForFences);
  AIRSTRIP_LOAD(vkAllocateMemory);
  AIRSTRIP_LOAD(vkFreeMemory);
  AIRSTRIP_LOAD(vkMapMemory);
  AIRSTRIP_LOAD(vkCreateBuffer);
  AIRSTRIP_LOAD(vkDestroyBuffer);
  AIRSTRIP_LOAD(vkGetBufferMemoryRequirements);
  AIRSTRIP_LOAD(vkBindBufferMemory);
  AIRSTRIP_LOAD(vkCreateImage);
  AIRSTRIP_LOAD(vkDestroyImage);
  AIRSTRIP_LOAD(vkGetImageMemoryRequirements);
  AIRSTRIP_LOAD(vkBindImageMemory);
  AIRSTRIP_LOAD(vkCreateImageView);
  AIRSTRIP_LOAD(vkDestroyImageView);
  AIRSTRIP_LOAD(vkCreateSampler);
  AIRSTRIP_LOAD(vkDestroySampler);
  AIRSTRIP_LOAD(vkCreateDescriptorPool);
  AIRSTRIP_LOAD(vkDestroyDescriptorPool);
  AIRSTRIP_LOAD(vkCreateCommandPool);
  AIRSTRIP_LOAD(vkDestroyCommandPool);
  AIRSTRIP_LOAD(vkResetCommandPool);
  AIRSTRIP_LOAD(vkAllocateCommandBuffers);
  AIRSTRIP_LOAD(vkBeginCommandBuffer);
  AIRSTRIP_LOAD(vkEndCommandBuffer);
  AIRSTRIP_LOAD(vkCmdCopyBuffer);
  AIRSTRIP_LOAD(vkCmdFillBuffer);
  AIRSTRIP_LOAD(vkCmdCopyBufferToImage);
  AIRSTRIP_LOAD(vkCmdCopyImageToBuffer);
  AIRSTRIP_LOAD(vkCreateQueryPool);
  AIRSTRIP_LOAD(vkDestroyQueryPool);
  AIRSTRIP_LOAD(vkCmdResetQueryPool);
  AIRSTRIP_LOAD(vkCmdWriteTimestamp);
  AIRSTRIP_LOAD(vkGetQueryPoolResults);
#undef AIRSTRIP_LOAD
  if (addresses) {
    f.vkGetBufferDeviceAddress =
        reinterpret_cast<PFN_vkGetBufferDeviceAddress>(get(device, "vkGetBufferDeviceAddress"));
    if (!f.vkGetBufferDeviceAddress)
      f.vkGetBufferDeviceAddress =
          reinterpret_cast<PFN_vkGetBufferDeviceAddress>(get(device, "vkGetBufferDeviceAddressKHR"));
    addresses = f.vkGetBufferDeviceAddress != nullptr;
  }
  if (!missing) return {};
  String message("the device has no ");
  message << Text(missing);
  return detail::failure(ErrorCode::VulkanFailed, static_cast<String&&>(message));
}

inline Diagnostic Device::Body::make_objects() {
  f.vkGetDeviceQueue(device, family, 0, &queue);
  f.vkGetPhysicalDeviceMemoryProperties(physical, &memory_types);
  auto pool = detail::make_structure<VkCommandPoolCreateInfo>(VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
  pool.queueFamilyIndex = family;
  VkResult result = f.vkCreateCommandPool(device, &pool, nullptr, &command_pool);
  if (result < 0) return detail::failed_call("vkCreateCommandPool", result);
  auto buffer =
      detail::make_structure<VkCommandBufferAllocateInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
  buffer.commandPool = command_pool;
  buffer.commandBufferCount = 1;
  result = f.vkAllocateCommandBuffers(device, &buffer, &commands);
  if (result < 0) return detail::failed_call("vkAllocateCommandBuffers", result);
  const auto fence_info = detail::make_structure<VkFenceCreateInfo>(VK_STRUCTURE_TYPE_FENCE_CREATE_INFO);
  result = f.vkCreateFence(device, &fence_info, nullptr, &fence);
  if (result < 0) return detail::failed_call("vkCreateFence", result);
  return {};
}

inline Diagnostic Device::Body::open(const DeviceOptions& options) {
  guard = options.guard_bytes;
  if (guard % 256 != 0)
    return detail::failure(ErrorCode::InvalidOperand, "DeviceOptions::guard_bytes is no multiple of 256");
  Diagnostic error = make_instance(options);
  if (error.code == ErrorCode::Ok) error = choose(options);
  if (error.code == ErrorCode::Ok) error = make_device(options);
  if (error.code == ErrorCode::Ok) error = load_of_device();
  if (error.code == ErrorCode::Ok) error = make_objects();
  return error;
}

inline Device::Body::~Body() {
  if (device && f.vkDestroyDevice) {
    f.vkDeviceWaitIdle(device);
    for (Memory& memory : buffers) free_memory(memory);
    free_memory(staging);
    free_memory(uniforms);
    for (const ImageMemory& image : images) {
      f.vkDestroyImageView(device, image.view, nullptr);
      f.vkDestroyImage(device, image.image, nullptr);
      f.vkFreeMemory(device, image.memory, nullptr);
    }
    for (const VkSampler sampler : samplers) f.vkDestroySampler(device, sampler, nullptr);
    f.vkDestroyDescriptorPool(device, descriptor_pool, nullptr);
    f.vkDestroyFence(device, fence, nullptr);
    f.vkDestroyCommandPool(device, command_pool, nullptr);
    f.vkDestroyDevice(device, nullptr);
  }
  if (messenger && f.vkDestroyDebugUtilsMessengerEXT)
    f.vkDestroyDebugUtilsMessengerEXT(instance, messenger, nullptr);
  if (instance && f.vkDestroyInstance) f.vkDestroyInstance(instance, nullptr);
}

AIRSTRIP_INLINE Result<Device> Device::open(const DeviceOptions& options) {
  Device device;
  device.body_ = new (std::nothrow) Body;
  if (!device.body_) return detail::failure(ErrorCode::OutOfMemory, "out of memory for a device");
  Diagnostic error = device.body_->open(options);
  if (error.code != ErrorCode::Ok) return error;
  return device;
}

AIRSTRIP_INLINE Device::~Device() { delete body_; }
AIRSTRIP_INLINE Device::Device(Device&& other) noexcept : body_(other.body_) { other.body_ = nullptr; }
AIRSTRIP_INLINE Device& Device::operator=(Device&& other) noexcept {
  if (this != &other) {
    delete body_;
    body_ = other.body_;
    other.body_ = nullptr;
  }
  return *this;
}

AIRSTRIP_INLINE const Context& Device::context() const { return body_->context; }
AIRSTRIP_INLINE VkInstance Device::instance() const { return body_->instance; }
AIRSTRIP_INLINE VkQueue Device::queue() const { return body_->queue; }
AIRSTRIP_INLINE std::uint32_t Device::queue_family() const { return body_->family; }
AIRSTRIP_INLINE std::uint32_t Device::timestamp_bits() const { return body_->timestamp_bits; }
AIRSTRIP_INLINE bool Device::has_validation_layer() const { return body_->validation; }
AIRSTRIP_INLINE std::uint64_t Device::messages() const { return body_->messages.count; }

AIRSTRIP_VULKAN_NAMESPACE_END
