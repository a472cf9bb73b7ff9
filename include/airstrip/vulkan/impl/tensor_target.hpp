#pragma once

#include "../tensor_target.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {

// VkComponentTypeKHR; Void for what kernels have no matrices of.
inline kernel::Scalar scalar_of_component(std::uint32_t component) {
  using kernel::Scalar;
  constexpr Scalar scalars[] = {Scalar::F16, Scalar::F32, Scalar::F64, Scalar::I8,  Scalar::I16, Scalar::I32,
                                Scalar::I64, Scalar::U8,  Scalar::U16, Scalar::U32, Scalar::U64};
  if (component == 1000141000) return Scalar::BF16;  // VK_COMPONENT_TYPE_BFLOAT16_KHR
  return component < sizeof scalars / sizeof *scalars ? scalars[component] : Scalar::Void;
}

}  // namespace detail

AIRSTRIP_INLINE tensor::Target tensor_target(const Description& d) {
  tensor::Target target;
  target.spirv = d.target;
  target.kind = d.driver == VK_DRIVER_ID_MESA_LLVMPIPE        ? tensor::DeviceKind::Llvmpipe
                : d.driver == VK_DRIVER_ID_GOOGLE_SWIFTSHADER ? tensor::DeviceKind::SwiftShader
                                                              : tensor::DeviceKind::Gpu;
  if (target.kind == tensor::DeviceKind::Llvmpipe)
    target.driver_version =
        VK_API_VERSION_MAJOR(d.driver_version) * 100 + VK_API_VERSION_MINOR(d.driver_version);
  const VkPhysicalDeviceLimits& limits = d.limits;
  target.max_workgroup_invocations = limits.maxComputeWorkGroupInvocations;
  for (unsigned i = 0; i < 3; ++i) {
    target.max_workgroup_size[i] = limits.maxComputeWorkGroupSize[i];
    target.max_workgroup_count[i] = limits.maxComputeWorkGroupCount[i];
  }
  target.max_shared_memory = limits.maxComputeSharedMemorySize;
  target.max_storage_buffer_range = limits.maxStorageBufferRange;
  target.max_storage_buffers = limits.maxPerStageDescriptorStorageBuffers;
  target.max_push_constants = limits.maxPushConstantsSize;
  target.max_loop_iterations = d.known.loop_iterations;
  target.subgroup_size = d.subgroup_size;
  target.min_subgroup_size = d.min_subgroup_size;
  target.max_subgroup_size = d.max_subgroup_size;
  target.max_workgroup_subgroups = d.max_workgroup_subgroups;
  target.can_choose_subgroup_size = d.can_choose_subgroup_size;
  target.can_require_full_subgroups = d.can_require_full_subgroups;
  target.device_addresses = d.has_device_addresses;
  constexpr std::uint32_t subgroup_scope = 3;  // VK_SCOPE_SUBGROUP_KHR
  for (const CooperativeMatrixShape& shape : d.cooperative_matrices) {
    tensor::MatrixProduct product;
    product.m = shape.m;
    product.n = shape.n;
    product.k = shape.k;
    product.a = detail::scalar_of_component(shape.a);
    product.b = detail::scalar_of_component(shape.b);
    product.accumulator = detail::scalar_of_component(shape.c);
    const bool known = product.a != kernel::Scalar::Void && product.b != kernel::Scalar::Void &&
                       product.accumulator != kernel::Scalar::Void;
    if (!known || shape.c != shape.result || shape.scope != subgroup_scope || shape.saturating ||
        target.matrix_product_count == tensor::Target::max_matrix_products)
      continue;
    target.matrix_products[target.matrix_product_count++] = product;
  }
  return target;
}

AIRSTRIP_VULKAN_NAMESPACE_END
