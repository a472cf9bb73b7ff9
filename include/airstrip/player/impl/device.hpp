#pragma once

#include "../device.hpp"

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

AIRSTRIP_INLINE Result<Device> Device::make(const DeviceInfo& info) {
  const Result<Functions> functions = load_functions(info.get_instance_proc_addr, info.instance, info.device);
  if (!functions) return functions.error();
  return make_with(*functions, info, false);
}

AIRSTRIP_INLINE Result<Device> Device::make_with(const Functions& functions, const DeviceInfo& info,
                                                 bool out_of_memory) {
  if (!info.physical_device) return detail::failure(ErrorCode::VulkanFailed, "no VkPhysicalDevice was given");
  Device device;
  device.handles_.f = functions;
  device.handles_.device = info.device;
  device.handles_.has_callbacks = info.allocation_callbacks != nullptr;
  if (info.allocation_callbacks) device.handles_.callbacks = *info.allocation_callbacks;
  device.handles_.debug_utils =
      info.debug_utils && functions.vkCmdBeginDebugUtilsLabelEXT && functions.vkCmdEndDebugUtilsLabelEXT;
  for (const Text name : info.feature_names) device.add_name(name);
  device.feature_count_ = device.names_.size();
  for (const char* const name : info.extensions) device.add_name(name);
  if (out_of_memory || device.text_.out_of_memory() || device.names_.out_of_memory())
    return detail::out_of_memory("a device");
  device.properties_.api_version = info.api_version;
  device.query(info.physical_device);
  if (info.limits) device.properties_.limits = *info.limits;
  return device;
}

AIRSTRIP_INLINE void Device::add_name(Text name) {
  names_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size())});
  text_.append({name.data(), name.size()});
}

AIRSTRIP_INLINE bool Device::is_listed(Text name, std::size_t first, std::size_t end) const {
  for (std::size_t i = first; i < end; ++i)
    if (Text(text_.data() + names_[i].first, names_[i].count) == name) return true;
  return false;
}

AIRSTRIP_INLINE void Device::query(VkPhysicalDevice physical_device) {
  const Functions& f = handles_.f;
  DeviceProperties& p = properties_;
  VkPhysicalDeviceProperties core{};
  f.vkGetPhysicalDeviceProperties(physical_device, &core);
  p.limits = core.limits;
  if (core.apiVersion < p.api_version) p.api_version = core.apiVersion;
  if (p.api_version < VK_API_VERSION_1_1 || !f.vkGetPhysicalDeviceProperties2) return;
  const auto get = [&](void* structure) {
    VkPhysicalDeviceProperties2 all{};
    all.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    all.pNext = structure;
    f.vkGetPhysicalDeviceProperties2(physical_device, &all);
  };
  VkPhysicalDeviceSubgroupProperties subgroup{};
  subgroup.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES;
  get(&subgroup);
  p.subgroup_size = p.min_subgroup_size = p.max_subgroup_size = subgroup.subgroupSize;
  if (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT)
    p.subgroup_operations = subgroup.supportedOperations;
  if (has_feature("subgroupSizeControl")) {
    VkPhysicalDeviceSubgroupSizeControlProperties control{};
    control.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES;
    get(&control);
    p.can_choose_subgroup_size = (control.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
    p.min_subgroup_size = control.minSubgroupSize;
    p.max_subgroup_size = control.maxSubgroupSize;
    p.max_workgroup_subgroups = control.maxComputeWorkgroupSubgroups;
  }
  const bool is_1_2 = p.api_version >= VK_API_VERSION_1_2;
  if (is_1_2 || has_extension("VK_KHR_shader_float_controls")) {
    p.float_controls.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES;
    get(&p.float_controls);
    p.float_controls.pNext = nullptr;
  }
  if (is_1_2 || has_extension("VK_KHR_driver_properties")) {
    VkPhysicalDeviceDriverProperties driver{};
    driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
    get(&driver);
    p.kind = driver.driverID == VK_DRIVER_ID_MESA_LLVMPIPE        ? DeviceKind::Llvmpipe
             : driver.driverID == VK_DRIVER_ID_GOOGLE_SWIFTSHADER ? DeviceKind::SwiftShader
                                                                  : DeviceKind::Gpu;
  }
}

AIRSTRIP_INLINE bool Device::has_property(Text name) const {
  const VkPhysicalDeviceFloatControlsProperties& c = properties_.float_controls;
  const struct {
    const char* name;
    bool holds;
  } table[] = {
#define AIRSTRIP_BIT(bit) {#bit, (properties_.subgroup_operations & bit) != 0}
      AIRSTRIP_BIT(VK_SUBGROUP_FEATURE_BASIC_BIT),
      AIRSTRIP_BIT(VK_SUBGROUP_FEATURE_VOTE_BIT),
      AIRSTRIP_BIT(VK_SUBGROUP_FEATURE_ARITHMETIC_BIT),
      AIRSTRIP_BIT(VK_SUBGROUP_FEATURE_BALLOT_BIT),
      AIRSTRIP_BIT(VK_SUBGROUP_FEATURE_SHUFFLE_BIT),
      AIRSTRIP_BIT(VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT),
      AIRSTRIP_BIT(VK_SUBGROUP_FEATURE_CLUSTERED_BIT),
      AIRSTRIP_BIT(VK_SUBGROUP_FEATURE_QUAD_BIT),
#undef AIRSTRIP_BIT
#define AIRSTRIP_MEMBER(member) {#member, c.member != VK_FALSE}
#define AIRSTRIP_WIDTHS(member) \
  AIRSTRIP_MEMBER(member##16), AIRSTRIP_MEMBER(member##32), AIRSTRIP_MEMBER(member##64)
      AIRSTRIP_WIDTHS(shaderSignedZeroInfNanPreserveFloat),
      AIRSTRIP_WIDTHS(shaderDenormPreserveFloat),
      AIRSTRIP_WIDTHS(shaderDenormFlushToZeroFloat),
      AIRSTRIP_WIDTHS(shaderRoundingModeRTEFloat),
      AIRSTRIP_WIDTHS(shaderRoundingModeRTZFloat),
#undef AIRSTRIP_WIDTHS
#undef AIRSTRIP_MEMBER
  };
  for (const auto& row : table)
    if (Text(row.name) == name) return row.holds;
  return false;
}

AIRSTRIP_INLINE bool Device::find_limit(Text name, std::uint64_t& value) const {
  const VkPhysicalDeviceLimits& l = properties_.limits;
  const struct {
    const char* name;
    std::uint64_t value;
  } table[] = {
#define AIRSTRIP_LIMIT(member) {#member, l.member}
      AIRSTRIP_LIMIT(maxComputeSharedMemorySize),
      AIRSTRIP_LIMIT(maxComputeWorkGroupInvocations),
      AIRSTRIP_LIMIT(maxComputeWorkGroupSize[0]),
      AIRSTRIP_LIMIT(maxComputeWorkGroupSize[1]),
      AIRSTRIP_LIMIT(maxComputeWorkGroupSize[2]),
      AIRSTRIP_LIMIT(maxComputeWorkGroupCount[0]),
      AIRSTRIP_LIMIT(maxComputeWorkGroupCount[1]),
      AIRSTRIP_LIMIT(maxComputeWorkGroupCount[2]),
      AIRSTRIP_LIMIT(maxPushConstantsSize),
      AIRSTRIP_LIMIT(maxStorageBufferRange),
      AIRSTRIP_LIMIT(maxUniformBufferRange),
      AIRSTRIP_LIMIT(maxMemoryAllocationCount),
      AIRSTRIP_LIMIT(maxBoundDescriptorSets),
      AIRSTRIP_LIMIT(maxPerStageDescriptorStorageBuffers),
      AIRSTRIP_LIMIT(maxPerStageDescriptorUniformBuffers),
      AIRSTRIP_LIMIT(maxPerStageDescriptorStorageImages),
      AIRSTRIP_LIMIT(maxPerStageDescriptorSampledImages),
      AIRSTRIP_LIMIT(maxPerStageDescriptorSamplers),
      AIRSTRIP_LIMIT(maxPerStageResources),
      AIRSTRIP_LIMIT(maxDescriptorSetStorageBuffers),
      AIRSTRIP_LIMIT(maxDescriptorSetUniformBuffers),
      AIRSTRIP_LIMIT(maxDescriptorSetStorageImages),
      AIRSTRIP_LIMIT(maxDescriptorSetSampledImages),
      AIRSTRIP_LIMIT(maxImageDimension2D),
#undef AIRSTRIP_LIMIT
      {"maxComputeWorkgroupSubgroups", properties_.max_workgroup_subgroups},
  };
  for (const auto& row : table) {
    if (!(Text(row.name) == name)) continue;
    value = row.value;
    return true;
  }
  return false;
}

AIRSTRIP_PLAYER_NAMESPACE_END
