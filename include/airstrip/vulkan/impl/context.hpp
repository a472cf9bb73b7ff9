#pragma once

#include "../context.hpp"
#include "describe.hpp"

#include <new>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

struct Context::Body {
  Functions functions;
  VkPhysicalDevice physical_device = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  VkAllocationCallbacks callbacks = {};
  bool has_callbacks = false, has_debug_utils = false;
  Description description;
};

AIRSTRIP_INLINE Context::~Context() { delete body_; }
AIRSTRIP_INLINE Context::Context(Context&& other) noexcept : body_(other.body_) { other.body_ = nullptr; }
AIRSTRIP_INLINE Context& Context::operator=(Context&& other) noexcept {
  if (this != &other) {
    delete body_;
    body_ = other.body_;
    other.body_ = nullptr;
  }
  return *this;
}

AIRSTRIP_INLINE Result<Context> Context::make(const ContextInfo& info) {
  if (!info.physical_device || !info.device)
    return detail::failure(ErrorCode::VulkanFailed,
                           info.device ? "no VkPhysicalDevice was given" : "no VkDevice was given");
  Result<Functions> functions = load_functions(info.get_instance_proc_addr, info.instance, info.device);
  if (!functions) return functions.error();
  Result<Description> description = detail::describe_enabled(*functions, info);
  if (!description) return description.error();
  Context context;
  context.body_ = new (std::nothrow) Body;
  if (!context.body_) return detail::failure(ErrorCode::OutOfMemory, "out of memory for a context");
  Body& body = *context.body_;
  body.functions = *functions;
  body.physical_device = info.physical_device;
  body.device = info.device;
  body.has_callbacks = info.allocation_callbacks != nullptr;
  if (body.has_callbacks) body.callbacks = *info.allocation_callbacks;
  body.has_debug_utils = info.debug_utils && functions->vkSetDebugUtilsObjectNameEXT &&
                         functions->vkCmdBeginDebugUtilsLabelEXT && functions->vkCmdEndDebugUtilsLabelEXT;
  body.description = static_cast<Description&&>(*description);
  return context;
}

AIRSTRIP_INLINE const Description& Context::describe() const { return body_->description; }
AIRSTRIP_INLINE const Functions& Context::functions() const { return body_->functions; }
AIRSTRIP_INLINE VkDevice Context::device() const { return body_->device; }
AIRSTRIP_INLINE VkPhysicalDevice Context::physical_device() const { return body_->physical_device; }
AIRSTRIP_INLINE const VkAllocationCallbacks* Context::allocation_callbacks() const {
  return body_->has_callbacks ? &body_->callbacks : nullptr;
}
AIRSTRIP_INLINE bool Context::has_debug_utils() const { return body_->has_debug_utils; }

AIRSTRIP_INLINE void Context::set_name(VkObjectType type, std::uint64_t handle, Text name) const {
  if (!body_->has_debug_utils || name.empty()) return;
  const String terminated(name);
  VkDebugUtilsObjectNameInfoEXT info{};
  info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT;
  info.objectType = type;
  info.objectHandle = handle;
  info.pObjectName = terminated.c_str();
  // A name that could not be set is no reason to fail.
  (void)body_->functions.vkSetDebugUtilsObjectNameEXT(body_->device, &info);
}

AIRSTRIP_INLINE Result<Description> describe_supported(const ContextInfo& info) {
  if (!info.physical_device) return detail::failure(ErrorCode::VulkanFailed, "no VkPhysicalDevice was given");
  Result<Functions> functions = load_functions(info.get_instance_proc_addr, info.instance, VK_NULL_HANDLE);
  if (!functions) return functions.error();
  return detail::describe_possible(*functions, info);
}

// --- FeatureChain ------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Result<FeatureChain> FeatureChain::make(std::uint32_t api_version, Span<const Text> names,
                                                        Span<const char* const> extensions) {
  FeatureChain result;
  result.api_version_ = api_version;
  if (!detail::lay_out_features(api_version, extensions, result.memory_))
    return detail::failure(ErrorCode::OutOfMemory, "out of memory for feature structures");
  for (const Text name : names) {
    bool found = false;
    detail::for_each_feature(result.memory_, [&](Text member, VkBool32& value) {
      if (!(member == name)) return;
      value = VK_TRUE;
      found = true;
    });
    if (found) continue;
    String message("no feature structure of Vulkan ");
    message << VK_API_VERSION_MAJOR(api_version) << '.' << VK_API_VERSION_MINOR(api_version)
            << " and of the extensions given has the member " << name
            << "; is its extension missing from the list?";
    return detail::failure(ErrorCode::InvalidTarget, static_cast<String&&>(message));
  }
  return result;
}

AIRSTRIP_INLINE void* FeatureChain::chain() {
  return api_version_ >= VK_API_VERSION_1_1 ? detail::link_features(memory_) : nullptr;
}

AIRSTRIP_INLINE const VkPhysicalDeviceFeatures* FeatureChain::core() const {
  if (api_version_ >= VK_API_VERSION_1_1 || memory_.empty()) return nullptr;
  return &reinterpret_cast<const VkPhysicalDeviceFeatures2*>(memory_.data())->features;
}

AIRSTRIP_VULKAN_NAMESPACE_END
