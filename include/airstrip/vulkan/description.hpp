// What a device is and permits: the Target for kernels, limits, subgroups, matrices, the driver and what is known of it.
#pragma once

#include "../config.hpp"
#include "../spirv/target.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"

#include <cstdint>
#include <vulkan/vulkan_core.h>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

/// One shape of VkCooperativeMatrixPropertiesKHR: an m x k matrix A times a k x n matrix B, added to C. Component types
/// are VkComponentTypeKHR (0 f16, 1 f32, 2 f64, 3 to 6 i8 to i64, 7 to 10 u8 to u64), the scope VkScopeKHR (3: subgroup).
struct CooperativeMatrixShape {
  std::uint32_t m = 0, n = 0, k = 0;
  std::uint32_t a = 0, b = 0, c = 0, result = 0;
  bool saturating = false;
  std::uint32_t scope = 0;
};

/// What a driver does that no query says. Empty for a driver of which nothing is known.
struct KnownDriverLimits {
  /// An invocation ends, silently, after so many iterations of all its loops together; 0: no such limit is known.
  /// Seen in llvmpipe of Mesa 22.3, not in 26.1; assumed of what lies between.
  std::uint32_t loop_iterations = 0;
  /// Its compiler crashes on 64-bit integers (SwiftShader; llvmpipe of Mesa 26 where it has 16 lanes), so `target` does
  /// not permit Int64, enabled or not.
  bool breaks_int64 = false;
  const char* why = "";  ///< a sentence, or empty
};

/// Everything that decides which modules a device takes. Moved, not copied.
struct Description {
  /// What kernels may be written for: the API version, and the capabilities and extensions of the features, properties
  /// and Vulkan extensions below.
  spirv::Target target;
  std::uint32_t api_version = VK_API_VERSION_1_0;  ///< VK_MAKE_API_VERSION
  VkPhysicalDeviceLimits limits = {};
  VkPhysicalDeviceType type = VK_PHYSICAL_DEVICE_TYPE_OTHER;

  std::uint32_t subgroup_size = 0;  ///< as the driver chooses it; 0 before Vulkan 1.1, which does not say
  /// The sizes from which a pipeline may choose; both `subgroup_size` where it may not.
  std::uint32_t min_subgroup_size = 0, max_subgroup_size = 0;
  std::uint32_t max_workgroup_subgroups = 0;       ///< where a size is chosen; 0: not known
  bool can_choose_subgroup_size = false;           ///< the feature subgroupSizeControl, for compute
  bool can_require_full_subgroups = false;         ///< the feature computeFullSubgroups
  VkSubgroupFeatureFlags subgroup_operations = 0;  ///< of compute

  std::uint32_t max_push_descriptors = 0;  ///< 0: no VK_KHR_push_descriptor
  bool has_device_addresses = false;       ///< the feature bufferDeviceAddress
  Buffer<CooperativeMatrixShape> cooperative_matrices;

  VkDriverId driver{};  ///< 0 where neither Vulkan 1.2 nor VK_KHR_driver_properties says it
  std::uint32_t driver_version = 0, vendor_id = 0, device_id = 0;  ///< as in VkPhysicalDeviceProperties
  String device_name, driver_name, driver_info;  ///< "llvmpipe (…)", "llvmpipe", "Mesa 22.3.6 (…)"
  KnownDriverLimits known;

  Buffer<Text> features;                     ///< members of feature structures; the texts live forever
  Buffer<VkExtensionProperties> extensions;  ///< of the device; only the names count

  bool has_feature(Text name) const;
  bool has_extension(Text name) const;
  /// A few lines for people: name, driver, versions, subgroups, limits of compute, matrices, features.
  String to_string() const;
};

AIRSTRIP_VULKAN_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/description.hpp"
#endif
