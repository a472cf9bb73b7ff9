#include "runner.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <dlfcn.h>
#include <functional>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include "support/device.hpp"

namespace test {
namespace {

// Non-dispatchable handles are pointers here and integers in the header.
static_assert(sizeof(VkBuffer) == sizeof(std::uint64_t), "a 64-bit machine is meant");
template <class T>
std::uint64_t number(T handle) {
  return reinterpret_cast<std::uint64_t>(handle);
}
template <class T>
T handle(std::uint64_t number) {
  return reinterpret_cast<T>(number);
}

template <class T>
T make(int type, void* next = nullptr) {
  T made{};
  made.sType = static_cast<VkStructureType>(type);
  made.pNext = next;
  return made;
}

constexpr std::uint32_t api_version(unsigned minor) { return 1u << 22 | minor << 12; }

// VK_KHR_cooperative_matrix, which is newer than the headers of Debian 12.
struct CooperativeMatrixFeatures {
  VkStructureType sType;
  void* pNext;
  VkBool32 cooperativeMatrix, cooperativeMatrixRobustBufferAccess;
};
struct CooperativeMatrixProperties {
  VkStructureType sType;
  void* pNext;
  std::uint32_t m, n, k, a, b, c, result;
  VkBool32 saturates;
  std::uint32_t scope;
};
// VK_EXT_layer_settings, likewise. From 1.3.296 on the validation layer looks at what shaders do to descriptors only when
// asked to.
struct LayerSetting {
  const char* layer;
  const char* name;
  std::uint32_t type, count;
  const void* values;
};
struct LayerSettings {
  int type;
  const void* next;
  std::uint32_t count;
  const LayerSetting* settings;
};
constexpr int cooperative_features_type = 1000506000, cooperative_properties_type = 1000506001;
using GetCooperativeShapes = VkResult(VKAPI_PTR*)(VkPhysicalDevice, std::uint32_t*,
                                                  CooperativeMatrixProperties*);

// The feature structures of Vulkan 1.0 to 1.3, chained as far as `minor` has them.
struct Features {
  VkPhysicalDeviceFeatures2 core =
      make<VkPhysicalDeviceFeatures2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2);
  VkPhysicalDeviceVulkan11Features v11 =
      make<VkPhysicalDeviceVulkan11Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES);
  VkPhysicalDeviceVulkan12Features v12 =
      make<VkPhysicalDeviceVulkan12Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES);
  VkPhysicalDeviceVulkan13Features v13 =
      make<VkPhysicalDeviceVulkan13Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES);
  CooperativeMatrixFeatures matrix = make<CooperativeMatrixFeatures>(cooperative_features_type);

  Features(unsigned minor, bool with_matrix) {
    if (minor < 2) return;
    core.pNext = &v11;
    v11.pNext = &v12;
    if (minor >= 3) v12.pNext = &v13;
    if (with_matrix) (minor >= 3 ? v13.pNext : v12.pNext) = &matrix;
  }
  Features(const Features&) = delete;
  Features& operator=(const Features&) = delete;

  VkBool32* find(const std::string& name, unsigned minor) {
#define FEATURE(structure, least, member) \
  if (name == #member) return minor + 1 > least ? &structure.member : nullptr;
    FEATURE(core.features, 0, shaderInt16)
    FEATURE(core.features, 0, shaderInt64)
    FEATURE(core.features, 0, shaderFloat64)
    FEATURE(core.features, 0, shaderStorageImageReadWithoutFormat)
    FEATURE(core.features, 0, shaderStorageImageWriteWithoutFormat)
    FEATURE(v11, 2, storageBuffer16BitAccess)
    FEATURE(v11, 2, uniformAndStorageBuffer16BitAccess)
    FEATURE(v11, 2, storagePushConstant16)
    FEATURE(v11, 2, variablePointers)
    FEATURE(v12, 2, storageBuffer8BitAccess)
    FEATURE(v12, 2, uniformAndStorageBuffer8BitAccess)
    FEATURE(v12, 2, storagePushConstant8)
    FEATURE(v12, 2, shaderFloat16)
    FEATURE(v12, 2, shaderInt8)
    FEATURE(v12, 2, shaderSubgroupExtendedTypes)
    FEATURE(v12, 2, shaderBufferInt64Atomics)
    FEATURE(v12, 2, bufferDeviceAddress)
    FEATURE(v12, 2, scalarBlockLayout)
    FEATURE(v12, 2, vulkanMemoryModel)
    FEATURE(v12, 2, vulkanMemoryModelDeviceScope)
    FEATURE(v13, 3, maintenance4)
    FEATURE(v13, 3, shaderIntegerDotProduct)
    FEATURE(v13, 3, subgroupSizeControl)
    FEATURE(v13, 3, computeFullSubgroups)
    FEATURE(matrix, 2, cooperativeMatrix)
#undef FEATURE
    return nullptr;
  }
};

// Undoes in reverse order.
class Cleanup {
public:
  Cleanup() = default;
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;
  ~Cleanup() {
    for (; !steps_.empty(); steps_.pop_back()) steps_.back()();
  }
  void add(std::function<void()> step) { steps_.push_back(std::move(step)); }

private:
  std::vector<std::function<void()>> steps_;
};

PFN_vkGetInstanceProcAddr loader() {
  static const auto entry = [] {
    turn_off_shader_cache();
    void* const library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    return library ? reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"))
                   : nullptr;
  }();
  return entry;
}

VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                          VkDebugUtilsMessageTypeFlagsEXT,
                                          const VkDebugUtilsMessengerCallbackDataEXT* data,
                                          void* complained) {
  *static_cast<bool*>(complained) = true;
  FAIL_CHECK("validation layer: ", std::string(data->pMessage));
  return VK_FALSE;
}

// What an enumerating function lists: called for the count, then for the elements.
template <class T, class F>
std::vector<T> list_of(const F& enumerate, const T& element = {}) {
  std::uint32_t count = 0;
  enumerate(&count, static_cast<T*>(nullptr));
  std::vector<T> list(count, element);
  enumerate(&count, list.data());
  list.resize(count, element);
  return list;
}

VkSamplerCreateInfo nearest_texel() {
  auto info = make<VkSamplerCreateInfo>(VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO);
  info.magFilter = info.minFilter = VK_FILTER_NEAREST;
  info.mipmapMode = VK_SAMPLER_MIPMAP_MODE_NEAREST;
  info.addressModeU = info.addressModeV = info.addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
  return info;
}

bool checked(VkResult result, const char* what) {
  if (result >= 0) return true;
  FAIL_CHECK(what, " returned VkResult ", static_cast<int>(result));
  return false;
}

}  // namespace

struct VulkanDevice::Impl {
  VkInstance instance = {};
  VkPhysicalDevice physical = {};
  VkDevice device = {};
  VkQueue queue = {};
  std::uint32_t family = 0;
  std::string name;
  std::uint32_t subgroup_size = 0;
  bool validation = false, complained = false, addresses = false;
  VkPhysicalDeviceMemoryProperties memory = {};
  std::vector<CooperativeShape> shapes;
  std::deque<Buffer> buffers;  // references stay
  std::deque<Image> images;
  Cleanup cleanup;  // the first to be destroyed, since it uses the others

  // Any function by its name and type: `call<PFN_vkX>("vkX")(…)`.
  template <class F>
  F call(const char* function) const {
    return reinterpret_cast<F>(loader()(instance, function));
  }
#define VK(function) call<PFN_##function>(#function)
#define VK_CHECK(function, ...) checked(VK(function)(__VA_ARGS__), #function)

  bool open(const DeviceRequest& request, std::string& reason);
  bool choose(const DeviceRequest& request, std::string& reason);
  bool allocate(const VkMemoryRequirements& needs, VkMemoryPropertyFlags properties, VkDeviceMemory& made);
  bool submit(const std::function<void(VkCommandBuffer)>& record);
  // Creates with vkCreate…, and has vkDestroy… called in the end.
  template <class Create, class Destroy, class Info, class Handle>
  bool create(const char* create_name, const char* destroy_name, const Info& info, Handle& made,
              Cleanup& owner) {
    if (!checked(call<Create>(create_name)(device, &info, nullptr, &made), create_name)) return false;
    owner.add([this, destroy_name, made] { call<Destroy>(destroy_name)(device, made, nullptr); });
    return true;
  }
#define VK_CREATE(Type, info, made, owner) \
  create<PFN_vkCreate##Type, PFN_vkDestroy##Type>("vkCreate" #Type, "vkDestroy" #Type, info, made, owner)
};

bool VulkanDevice::Impl::choose(const DeviceRequest& request, std::string& reason) {
  const std::string wanted = device_name();
  const auto devices = list_of<VkPhysicalDevice>([&](std::uint32_t* n, VkPhysicalDevice* to) {
    VK(vkEnumeratePhysicalDevices)(instance, n, to);
  });
  VkPhysicalDeviceProperties properties{};
  for (const VkPhysicalDevice candidate : devices) {
    VK(vkGetPhysicalDeviceProperties)(candidate, &properties);
    if (std::string(properties.deviceName).find(wanted) == std::string::npos) continue;
    physical = candidate;
    name = properties.deviceName;
    break;
  }
  if (!physical) {
    reason = "no Vulkan device whose name contains \"" + wanted + "\"";
    return false;
  }
  if (properties.apiVersion < api_version(request.minor)) {
    reason = name + " has no Vulkan 1." + std::to_string(request.minor);
    return false;
  }
  if (request.minor >= 1) {
    auto subgroup =
        make<VkPhysicalDeviceSubgroupProperties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES);
    auto driver = make<VkPhysicalDeviceDriverProperties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES);
    auto all = make<VkPhysicalDeviceProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &subgroup);
    if (request.minor >= 2) subgroup.pNext = &driver;
    VK(vkGetPhysicalDeviceProperties2)(physical, &all);
    if (driver.driverInfo[0]) name += std::string(", ") + driver.driverInfo;
    subgroup_size = subgroup.subgroupSize;
    if ((subgroup.supportedOperations & request.subgroup_operations) != request.subgroup_operations ||
        !(subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT)) {
      reason = name + " lacks subgroup operations";
      return false;
    }
  }
  VK(vkGetPhysicalDeviceMemoryProperties)(physical, &memory);
  const auto families = list_of<VkQueueFamilyProperties>([&](std::uint32_t* n, VkQueueFamilyProperties* to) {
    VK(vkGetPhysicalDeviceQueueFamilyProperties)(physical, n, to);
  });
  for (family = 0; family < families.size(); ++family)
    if (families[family].queueFlags & VK_QUEUE_COMPUTE_BIT) return true;
  reason = name + " has no compute queue";
  return false;
}

bool VulkanDevice::Impl::open(const DeviceRequest& request, std::string& reason) {
  if (!loader()) {
    reason = "libvulkan.so.1 was not found";
    return false;
  }
  // --- the instance, with the validation layer where there is one
  const char* const layer = "VK_LAYER_KHRONOS_validation";
  const char* const extensions[] = {"VK_EXT_debug_utils", "VK_EXT_validation_features",
                                    "VK_EXT_layer_settings"};
  const auto layers = list_of<VkLayerProperties>([&](std::uint32_t* n, VkLayerProperties* to) {
    VK(vkEnumerateInstanceLayerProperties)(n, to);
  });
  bool has_settings = false;
  for (const VkLayerProperties& known : layers) {
    if (std::strcmp(known.layerName, layer) != 0) continue;
    validation = true;
    has_settings = known.specVersion >= (api_version(3) | 296);
  }
  auto application = make<VkApplicationInfo>(VK_STRUCTURE_TYPE_APPLICATION_INFO);
  application.apiVersion = api_version(request.minor);
  auto info = make<VkInstanceCreateInfo>(VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO);
  info.pApplicationInfo = &application;
  auto messages =
      make<VkDebugUtilsMessengerCreateInfoEXT>(VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT);
  messages.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  // Neither what the loader says of the machine ("general"), nor advice that the layout GENERAL is slow ("performance").
  messages.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
  messages.pfnUserCallback = on_message;
  messages.pUserData = &complained;
  const VkValidationFeatureEnableEXT synchronization[] = {
      VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
  auto features_of_layer =
      make<VkValidationFeaturesEXT>(VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT, &messages);
  const VkBool32 yes = VK_TRUE;
  const LayerSetting setting{layer, "syncval_shader_accesses_heuristic", 0, 1, &yes};
  const LayerSettings settings{1000496000, &messages, 1, &setting};
  if (has_settings) features_of_layer.pNext = &settings;
  features_of_layer.enabledValidationFeatureCount = 1;
  features_of_layer.pEnabledValidationFeatures = synchronization;
  if (validation) {
    info.pNext = &features_of_layer;
    info.enabledLayerCount = 1;
    info.ppEnabledLayerNames = &layer;
    info.enabledExtensionCount = has_settings ? 3 : 2;
    info.ppEnabledExtensionNames = extensions;
  }
  const VkResult result = VK(vkCreateInstance)(&info, nullptr, &instance);
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
    reason = "there is no Vulkan driver";
  else
    checked(result, "vkCreateInstance");
  if (result != VK_SUCCESS) return false;
  cleanup.add([this, destroy = VK(vkDestroyInstance)] { destroy(instance, nullptr); });
  VkDebugUtilsMessengerEXT messenger = {};
  if (validation) {
    if (!VK_CHECK(vkCreateDebugUtilsMessengerEXT, instance, &messages, nullptr, &messenger)) return false;
    cleanup.add([this, messenger] { VK(vkDestroyDebugUtilsMessengerEXT)(instance, messenger, nullptr); });
  }
  if (!choose(request, reason)) return false;

  // --- the device, with the features
  const auto known = list_of<VkExtensionProperties>([&](std::uint32_t* n, VkExtensionProperties* to) {
    VK(vkEnumerateDeviceExtensionProperties)(physical, nullptr, n, to);
  });
  const char* const matrix = "VK_KHR_cooperative_matrix";
  const bool has_matrix = std::any_of(known.begin(), known.end(), [&](const VkExtensionProperties& e) {
    return std::strcmp(e.extensionName, matrix) == 0;
  });
  Features supported(request.minor, has_matrix), enabled(request.minor, false);
  if (request.minor >= 1)
    VK(vkGetPhysicalDeviceFeatures2)(physical, &supported.core);
  else
    VK(vkGetPhysicalDeviceFeatures)(physical, &supported.core.features);
  const float priority = 1;
  auto queues = make<VkDeviceQueueCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO);
  queues.queueFamilyIndex = family;
  queues.queueCount = 1;
  queues.pQueuePriorities = &priority;
  auto device_info = make<VkDeviceCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO);
  device_info.queueCreateInfoCount = 1;
  device_info.pQueueCreateInfos = &queues;
  for (const char* const feature : request.features) {
    const VkBool32* const is_supported = supported.find(feature, request.minor);
    if (!is_supported || !*is_supported) {
      reason = name + " lacks the feature " + feature + " (or the test harness does not know it)";
      return false;
    }
    *enabled.find(feature, request.minor) = VK_TRUE;
    addresses |= std::strcmp(feature, "bufferDeviceAddress") == 0;
    if (std::strcmp(feature, "cooperativeMatrix") != 0) continue;
    (request.minor >= 3 ? enabled.v13.pNext : enabled.v12.pNext) = &enabled.matrix;
    device_info.enabledExtensionCount = 1;
    device_info.ppEnabledExtensionNames = &matrix;
    const auto get = call<GetCooperativeShapes>("vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
    const auto all = list_of<CooperativeMatrixProperties>(
        [&](std::uint32_t* n, CooperativeMatrixProperties* to) { get(physical, n, to); },
        make<CooperativeMatrixProperties>(cooperative_properties_type));
    for (const CooperativeMatrixProperties& p : all)
      if (p.scope == 3 /* VK_SCOPE_SUBGROUP_KHR */)
        shapes.push_back({p.m, p.n, p.k, p.a, p.b, p.c, p.result});
  }
  if (request.minor >= 1)
    device_info.pNext = &enabled.core;
  else
    device_info.pEnabledFeatures = &enabled.core.features;
  if (!VK_CHECK(vkCreateDevice, physical, &device_info, nullptr, &device)) return false;
  cleanup.add([this] { VK(vkDestroyDevice)(device, nullptr); });
  VK(vkGetDeviceQueue)(device, family, 0, &queue);
  return true;
}

bool VulkanDevice::Impl::allocate(const VkMemoryRequirements& needs, VkMemoryPropertyFlags properties,
                                  VkDeviceMemory& made) {
  auto flags = make<VkMemoryAllocateFlagsInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO);
  flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
  auto info =
      make<VkMemoryAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, addresses ? &flags : nullptr);
  info.allocationSize = needs.size;
  while (info.memoryTypeIndex < memory.memoryTypeCount &&
         (!(needs.memoryTypeBits >> info.memoryTypeIndex & 1) ||
          (memory.memoryTypes[info.memoryTypeIndex].propertyFlags & properties) != properties))
    ++info.memoryTypeIndex;
  if (!VK_CHECK(vkAllocateMemory, device, &info, nullptr, &made)) return false;
  cleanup.add([this, made] { VK(vkFreeMemory)(device, made, nullptr); });
  return true;
}

bool VulkanDevice::Impl::submit(const std::function<void(VkCommandBuffer)>& record) {
  Cleanup local;
  auto pool_info = make<VkCommandPoolCreateInfo>(VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
  pool_info.queueFamilyIndex = family;
  VkCommandPool pool = {};
  VkFence fence = {};
  if (!VK_CREATE(CommandPool, pool_info, pool, local) ||
      !VK_CREATE(Fence, make<VkFenceCreateInfo>(VK_STRUCTURE_TYPE_FENCE_CREATE_INFO), fence, local))
    return false;
  auto buffer_info = make<VkCommandBufferAllocateInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
  buffer_info.commandPool = pool;
  buffer_info.commandBufferCount = 1;
  VkCommandBuffer commands = {};
  const auto begin = make<VkCommandBufferBeginInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
  if (!VK_CHECK(vkAllocateCommandBuffers, device, &buffer_info, &commands) ||
      !VK_CHECK(vkBeginCommandBuffer, commands, &begin))
    return false;
  record(commands);
  auto submit = make<VkSubmitInfo>(VK_STRUCTURE_TYPE_SUBMIT_INFO);
  submit.commandBufferCount = 1;
  submit.pCommandBuffers = &commands;
  if (!VK_CHECK(vkEndCommandBuffer, commands) || !VK_CHECK(vkQueueSubmit, queue, 1, &submit, fence))
    return false;
  const VkResult waited = VK(vkWaitForFences)(device, 1, &fence, VK_TRUE, 120'000'000'000u);
  if (waited == VK_SUCCESS) return true;
  FAIL_CHECK("the dispatch did not end well: VkResult ", static_cast<int>(waited));
  if (waited == VK_TIMEOUT) std::abort();  // it may never end, and nothing it uses can be destroyed
  return false;
}

VulkanDevice::VulkanDevice() : impl_(new Impl) {}
VulkanDevice::~VulkanDevice() = default;
const std::string& VulkanDevice::name() const { return impl_->name; }
std::uint32_t VulkanDevice::subgroup_size() const { return impl_->subgroup_size; }
bool VulkanDevice::has_validation_layer() const { return impl_->validation; }
const std::vector<CooperativeShape>& VulkanDevice::cooperative_shapes() const { return impl_->shapes; }

std::unique_ptr<VulkanDevice> VulkanDevice::open(const DeviceRequest& request, std::string& reason) {
  std::unique_ptr<VulkanDevice> made(new VulkanDevice);
  if (!made->impl_->open(request, reason)) {
    if (reason.empty()) reason = "the device could not be made";
    return nullptr;
  }
  return made;
}

// --- buffers and images

Buffer& VulkanDevice::buffer(std::size_t bytes) {
  Impl& d = *impl_;
  Buffer& made = d.buffers.emplace_back();
  made.size_ = bytes;
  auto info = make<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO);
  info.size = bytes + 2 * Buffer::guard;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT |
               VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  if (d.addresses) info.usage |= VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
  VkBuffer buffer = {};
  VkDeviceMemory memory = {};
  VkMemoryRequirements needs{};
  void* mapped = nullptr;
  if (!d.VK_CREATE(Buffer, info, buffer, d.cleanup)) return made;
  d.VK(vkGetBufferMemoryRequirements)(d.device, buffer, &needs);
  if (!d.allocate(needs, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                  memory) ||
      !checked(d.VK(vkBindBufferMemory)(d.device, buffer, memory, 0), "vkBindBufferMemory") ||
      !checked(d.VK(vkMapMemory)(d.device, memory, 0, VK_WHOLE_SIZE, 0, &mapped), "vkMapMemory"))
    return made;
  made.buffer_ = number(buffer);
  made.mapped_ = static_cast<unsigned char*>(mapped);
  std::memset(made.mapped_, 0xFF, info.size);
  if (d.addresses) {
    auto address = make<VkBufferDeviceAddressInfo>(VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO);
    address.buffer = buffer;
    made.address_ = d.VK(vkGetBufferDeviceAddress)(d.device, &address) + Buffer::guard;
  }
  return made;
}

Image& VulkanDevice::image(std::uint32_t format, std::uint32_t width, std::uint32_t height,
                           std::uint32_t texel_bytes) {
  Impl& d = *impl_;
  Image& made = d.images.emplace_back();
  made.width_ = width;
  made.height_ = height;
  made.texels_ = &buffer(std::size_t{texel_bytes} * width * height);
  auto info = make<VkImageCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO);
  info.imageType = VK_IMAGE_TYPE_2D;
  info.format = static_cast<VkFormat>(format);
  info.extent = {width, height, 1};
  info.mipLevels = info.arrayLayers = 1;
  info.samples = VK_SAMPLE_COUNT_1_BIT;
  info.usage = VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
               VK_IMAGE_USAGE_TRANSFER_DST_BIT;
  VkImage image = {};
  VkDeviceMemory memory = {};
  VkMemoryRequirements needs{};
  if (!d.VK_CREATE(Image, info, image, d.cleanup)) return made;
  d.VK(vkGetImageMemoryRequirements)(d.device, image, &needs);
  if (!d.allocate(needs, 0, memory) ||
      !checked(d.VK(vkBindImageMemory)(d.device, image, memory, 0), "vkBindImageMemory"))
    return made;
  auto view_info = make<VkImageViewCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO);
  view_info.image = image;
  view_info.viewType = VK_IMAGE_VIEW_TYPE_2D;
  view_info.format = info.format;
  view_info.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  VkImageView view = {};
  if (!d.VK_CREATE(ImageView, view_info, view, d.cleanup)) return made;
  made.image_ = number(image);
  made.view_ = number(view);
  return made;
}

// --- one dispatch

bool VulkanDevice::run(const Dispatch& dispatch) {
  Impl& d = *impl_;
  Cleanup local;
  auto module_info = make<VkShaderModuleCreateInfo>(VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO);
  module_info.codeSize = dispatch.words.size() * sizeof(std::uint32_t);
  module_info.pCode = dispatch.words.data();
  VkShaderModule module = {};
  if (!d.VK_CREATE(ShaderModule, module_info, module, local)) return false;

  // --- descriptors
  std::vector<std::vector<VkDescriptorSetLayoutBinding>> slots(1);  // of each set
  std::vector<VkDescriptorBufferInfo> buffers(dispatch.bindings.size());
  std::vector<VkDescriptorImageInfo> images(dispatch.bindings.size());
  std::vector<VkWriteDescriptorSet> writes;
  std::vector<VkDescriptorPoolSize> sizes;
  VkSampler sampler = {};
  for (std::uint32_t i = 0; i < dispatch.bindings.size(); ++i) {
    const Binding& bound = dispatch.bindings[i];
    if (bound.buffer ? !bound.buffer->buffer_ : !bound.image->view_) return false;
    if (bound.image && bound.is_read_only && !sampler &&
        !d.VK_CREATE(Sampler, nearest_texel(), sampler, local))
      return false;
    const VkDescriptorType type = bound.buffer ? bound.is_read_only ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER
                                                                    : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
                                  : bound.is_read_only ? VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER
                                                       : VK_DESCRIPTOR_TYPE_STORAGE_IMAGE;
    const std::uint32_t binding = bound.binding == Binding::in_order ? i : bound.binding;
    if (bound.set >= slots.size()) slots.resize(bound.set + 1);
    slots[bound.set].push_back({binding, type, 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr});
    sizes.push_back({type, 1});
    if (bound.buffer)
      buffers[i] = {handle<VkBuffer>(bound.buffer->buffer_), Buffer::guard, bound.buffer->size_};
    else
      images[i] = {sampler, handle<VkImageView>(bound.image->view_), VK_IMAGE_LAYOUT_GENERAL};
    auto& write = writes.emplace_back(make<VkWriteDescriptorSet>(VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET));
    write.dstBinding = binding;
    write.descriptorCount = 1;
    write.descriptorType = type;
    write.pBufferInfo = &buffers[i];
    write.pImageInfo = &images[i];
  }
  const auto set_count = static_cast<std::uint32_t>(slots.size());
  std::vector<VkDescriptorSetLayout> set_layouts(set_count);
  for (std::uint32_t i = 0; i < set_count; ++i) {
    auto set_layout_info =
        make<VkDescriptorSetLayoutCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO);
    set_layout_info.bindingCount = static_cast<std::uint32_t>(slots[i].size());
    set_layout_info.pBindings = slots[i].data();
    if (!d.VK_CREATE(DescriptorSetLayout, set_layout_info, set_layouts[i], local)) return false;
  }
  std::vector<VkDescriptorSet> sets;
  if (!writes.empty()) {
    auto pool_info = make<VkDescriptorPoolCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO);
    pool_info.maxSets = set_count;
    pool_info.poolSizeCount = static_cast<std::uint32_t>(sizes.size());
    pool_info.pPoolSizes = sizes.data();
    VkDescriptorPool pool = {};
    if (!d.VK_CREATE(DescriptorPool, pool_info, pool, local)) return false;
    auto set_info = make<VkDescriptorSetAllocateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO);
    set_info.descriptorPool = pool;
    set_info.descriptorSetCount = set_count;
    set_info.pSetLayouts = set_layouts.data();
    sets.resize(set_count);
    if (!checked(d.VK(vkAllocateDescriptorSets)(d.device, &set_info, sets.data()),
                 "vkAllocateDescriptorSets"))
      return false;
    for (std::size_t i = 0; i < writes.size(); ++i) writes[i].dstSet = sets[dispatch.bindings[i].set];
    d.VK(vkUpdateDescriptorSets)(d.device, static_cast<std::uint32_t>(writes.size()), writes.data(), 0,
                                 nullptr);
  }

  // --- the pipeline
  const VkPushConstantRange push{VK_SHADER_STAGE_COMPUTE_BIT, 0,
                                 static_cast<std::uint32_t>(dispatch.push.size())};
  auto layout_info = make<VkPipelineLayoutCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO);
  layout_info.setLayoutCount = set_count;
  layout_info.pSetLayouts = set_layouts.data();
  layout_info.pushConstantRangeCount = dispatch.push.empty() ? 0 : 1;
  layout_info.pPushConstantRanges = &push;
  VkPipelineLayout layout = {};
  if (!d.VK_CREATE(PipelineLayout, layout_info, layout, local)) return false;
  std::vector<VkSpecializationMapEntry> entries;
  std::vector<std::uint32_t> values;
  for (const auto& [id, value] : dispatch.constants) {
    entries.push_back({id, static_cast<std::uint32_t>(values.size() * sizeof value), sizeof value});
    values.push_back(value);
  }
  const VkSpecializationInfo constants{static_cast<std::uint32_t>(entries.size()), entries.data(),
                                       values.size() * sizeof(std::uint32_t), values.data()};
  auto info = make<VkComputePipelineCreateInfo>(VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO);
  info.stage = make<VkPipelineShaderStageCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO);
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module;
  info.stage.pName = "main";
  info.stage.pSpecializationInfo = entries.empty() ? nullptr : &constants;
  info.layout = layout;
  VkPipeline pipeline = {};
  if (!checked(d.VK(vkCreateComputePipelines)(d.device, {}, 1, &info, nullptr, &pipeline),
               "vkCreateComputePipelines"))
    return false;
  local.add([&d, pipeline] { d.VK(vkDestroyPipeline)(d.device, pipeline, nullptr); });

  if (d.complained) return false;  // what is wrong may crash the driver

  // --- images from their texels, the dispatch, and back
  const bool done = d.submit([&](VkCommandBuffer commands) {
    const auto barrier = [&](VkPipelineStageFlags from, VkAccessFlags wrote, VkPipelineStageFlags to,
                             VkAccessFlags uses) {
      auto all = make<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
      all.srcAccessMask = wrote;
      all.dstAccessMask = uses;
      d.VK(vkCmdPipelineBarrier)(commands, from, to, 0, 1, &all, 0, nullptr, 0, nullptr);
    };
    const auto copy_images = [&](bool in) {
      for (const Binding& bound : dispatch.bindings) {
        if (!bound.image) continue;
        const auto image = handle<VkImage>(bound.image->image_);
        const auto texels = handle<VkBuffer>(bound.image->texels_->buffer_);
        VkBufferImageCopy region{};
        region.bufferOffset = Buffer::guard;
        region.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
        region.imageExtent = {bound.image->width_, bound.image->height_, 1};
        if (!in) {
          d.VK(vkCmdCopyImageToBuffer)(commands, image, VK_IMAGE_LAYOUT_GENERAL, texels, 1, &region);
          continue;
        }
        auto begin = make<VkImageMemoryBarrier>(VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER);
        begin.dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
        begin.newLayout = VK_IMAGE_LAYOUT_GENERAL;
        begin.srcQueueFamilyIndex = begin.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
        begin.image = image;
        begin.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
        d.VK(vkCmdPipelineBarrier)(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
                                   VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, nullptr, 0, nullptr, 1, &begin);
        d.VK(vkCmdCopyBufferToImage)(commands, texels, image, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
      }
    };
    constexpr VkAccessFlags shader = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;
    copy_images(true);
    barrier(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
            VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, shader);
    d.VK(vkCmdBindPipeline)(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    if (!sets.empty())
      d.VK(vkCmdBindDescriptorSets)(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, set_count,
                                    sets.data(), 0, nullptr);
    if (push.size)
      d.VK(vkCmdPushConstants)(commands, layout, push.stageFlags, 0, push.size, dispatch.push.data());
    d.VK(vkCmdDispatch)(commands, dispatch.groups[0], dispatch.groups[1], dispatch.groups[2]);
    barrier(VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, shader, VK_PIPELINE_STAGE_TRANSFER_BIT,
            VK_ACCESS_TRANSFER_READ_BIT);
    copy_images(false);
    barrier(VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
            shader | VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
  });
  if (!done) return false;

  bool intact = true;
  for (const Buffer& b : d.buffers) {
    const unsigned char* const end = b.mapped_ + Buffer::guard + b.size_;
    const auto written = [](unsigned char byte) { return byte != 0xFF; };
    if (!b.mapped_) continue;
    if (std::any_of(b.mapped_, b.mapped_ + Buffer::guard, written) ||
        std::any_of(end, end + Buffer::guard, written)) {
      FAIL_CHECK("bytes before or after a buffer of ", b.size_, " bytes were written");
      intact = false;
    }
  }
  return intact;
}

}  // namespace test
