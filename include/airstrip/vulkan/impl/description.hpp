#pragma once

#include "../description.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

AIRSTRIP_INLINE bool Description::has_feature(Text name) const {
  for (const Text feature : features)
    if (feature == name) return true;
  return false;
}

AIRSTRIP_INLINE bool Description::has_extension(Text name) const {
  for (const VkExtensionProperties& extension : extensions)
    if (Text(extension.extensionName) == name) return true;
  return false;
}

AIRSTRIP_INLINE String Description::to_string() const {
  const char* const types[] = {"other", "integrated GPU", "discrete GPU", "virtual GPU", "CPU"};
  const auto kind = static_cast<unsigned>(type);
  String text;
  text << Text(device_name) << " (" << Text(kind < 5 ? types[kind] : "other") << ')';
  if (!driver_name.empty()) text << ", driver " << Text(driver_name) << ' ' << Text(driver_info);
  text << "\nVulkan " << VK_API_VERSION_MAJOR(api_version) << '.' << VK_API_VERSION_MINOR(api_version)
       << ", SPIR-V " << std::uint32_t{target.spirv_version()} / 256u << '.'
       << std::uint32_t{target.spirv_version()} % 256u
       << "\nworkgroups: " << limits.maxComputeWorkGroupInvocations << " invocations, "
       << limits.maxComputeWorkGroupSize[0] << " x " << limits.maxComputeWorkGroupSize[1] << " x "
       << limits.maxComputeWorkGroupSize[2] << ", " << limits.maxComputeSharedMemorySize
       << " bytes of memory\nsubgroups: ";
  if (subgroup_size == 0)
    text << "not known";
  else if (can_choose_subgroup_size)
    text << subgroup_size << " invocations, " << min_subgroup_size << " to " << max_subgroup_size
         << " to choose from";
  else
    text << subgroup_size << " invocations";
  text << "\npush constants: " << limits.maxPushConstantsSize
       << " bytes\nstorage buffers: " << limits.maxStorageBufferRange << " bytes, aligned to "
       << limits.minStorageBufferOffsetAlignment;
  for (const CooperativeMatrixShape& shape : cooperative_matrices)
    text << "\ncooperative matrix: " << shape.m << " x " << shape.n << " x " << shape.k << ", types "
         << shape.a << ", " << shape.b << ", " << shape.c << " to " << shape.result;
  text << "\nfeatures:";
  for (const Text feature : features) text << ' ' << feature;
  if (known.why[0] != '\0') text << "\nknown of the driver: " << Text(known.why);
  text << '\n';
  return text;
}

AIRSTRIP_VULKAN_NAMESPACE_END
