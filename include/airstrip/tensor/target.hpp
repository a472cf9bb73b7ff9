// Target: what a kernel is generated for. The words it may use, the limits it keeps to, and what runs well there.
#pragma once

#include "../config.hpp"
#include "../kernel/ir.hpp"
#include "../spirv/target.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Kinds of devices that default schedules tell apart.
enum class DeviceKind : std::uint8_t {
  Gpu,          ///< many invocations in flight, workgroup memory is fast, neighbours' accesses are merged
  Llvmpipe,     ///< Mesa's processor driver: one vector of the processor is a subgroup, barriers cost
  SwiftShader,  ///< Google's: four lanes, barriers cost
};

/// A cooperative matrix product of the subgroup that the device has (VK_KHR_cooperative_matrix).
struct MatrixProduct {
  std::uint32_t m = 0, n = 0, k = 0;
  kernel::Scalar a = kernel::Scalar::F16, b = kernel::Scalar::F16, accumulator = kernel::Scalar::F32;
};

/// What is generated for. The default is what every device with Vulkan 1.0 has; `vulkan::tensor_target` makes one from a
/// device's description.
struct Target {
  spirv::Target spirv = spirv::Target::vulkan(1, 0);
  DeviceKind kind = DeviceKind::Gpu;
  /// Of Llvmpipe the version of Mesa, major and minor ("22.3" is 2203); 0: not known.
  std::uint32_t driver_version = 0;

  // --- limits, named as Vulkan's
  std::uint32_t max_workgroup_invocations = 128;
  kernel::Extent max_workgroup_size = {128, 128, 64};
  kernel::Extent max_workgroup_count = {65535, 65535, 65535};
  std::uint32_t max_shared_memory = 16384;              ///< bytes
  std::uint64_t max_storage_buffer_range = 1ull << 27;  ///< bytes
  std::uint32_t max_storage_buffers = 4;                ///< in one kernel
  std::uint32_t max_push_constants = 128;               ///< bytes
  std::uint64_t max_loop_iterations =
      0;  ///< of all loops of an invocation together; 0: not known to be limited

  // --- subgroups. Which of their operations exist, `spirv` says by its capabilities.
  std::uint32_t subgroup_size = 0;  ///< 0: not known
  std::uint32_t min_subgroup_size = 0, max_subgroup_size = 0;
  /// Subgroups of a workgroup whose size is chosen (maxComputeWorkgroupSubgroups); 0: no size can be chosen.
  std::uint32_t max_workgroup_subgroups = 0;
  bool can_choose_subgroup_size = false;
  bool can_require_full_subgroups = false;

  bool device_addresses = false;  ///< bufferDeviceAddress is enabled
  static constexpr std::size_t max_matrix_products = 32;
  MatrixProduct matrix_products[max_matrix_products] = {};
  std::uint32_t matrix_product_count = 0;

  bool permits(spirv::Capability capability) const { return spirv.permits(capability); }
};

AIRSTRIP_TENSOR_NAMESPACE_END
