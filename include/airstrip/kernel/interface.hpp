// What a caller binds to run a kernel: sets and bindings under a chosen layout, and where each parameter lies.
#pragma once

#include "../config.hpp"
#include "ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Who says which set and binding a resource gets.
enum class BindingLayout : std::uint8_t {
  /// Set 0, bindings in the order of declaration; parameters as push constants while 128 bytes suffice (the least that
  /// maxPushConstantsSize is), else as a uniform buffer at the next binding.
  Plain,
  /// The same words; set 0 is meant to be pushed (VK_KHR_push_descriptor: 32 descriptors at least).
  PushDescriptors,
  /// Buffers by their addresses (bufferDeviceAddress, 64 bits each) in front of the parameters; images as in Plain.
  DeviceAddresses,
  /// WebGPU: group 0, bindings in the order of declaration, parameters as a uniform buffer at the next binding.
  WebGpu,
  /// SDL_GPU (SDL_CreateGPUComputePipeline): set 0 sampled images, then read-only storage images, then read-only
  /// buffers; set 1 the written images, then the written buffers; parameters as the uniform buffer 0 of set 2.
  SdlGpu,
  /// Godot's RenderingDevice: Plain, and push constants padded to a multiple of 16 bytes, which it demands.
  Godot,
};

enum class ParameterPlacement : std::uint8_t { Automatic, PushConstants, Uniform };

enum class DescriptorKind : std::uint8_t { StorageBuffer, StorageImage, CombinedImageSampler, Address };

/// Where a resource of the kernel is bound.
struct ResourceBinding {
  std::uint32_t resource = 0;  ///< in `Kernel::resources()`
  DescriptorKind kind = DescriptorKind::StorageBuffer;
  std::uint32_t set = 0;
  std::uint32_t binding = 0;
  std::uint32_t address_offset = 0;  ///< kind Address: bytes into the parameters
};

/// Where a parameter lies: `offset` bytes into the push constants or the uniform buffer. What is narrower than 32 bits
/// takes a whole word there, whatever the target: of integers and of the bits of f16 and bf16 the low bits count, a
/// Boolean is true unless its word is 0.
struct ParameterSlot {
  std::uint32_t parameter = 0;  ///< in `Kernel::parameters()`
  Type type;                    ///< as it lies in memory
  std::uint32_t offset = 0;
};

struct KernelInterface {
  Buffer<ResourceBinding> bindings;  ///< buffers and images, in the order of declaration
  Buffer<ParameterSlot> parameters;
  ParameterPlacement placement = ParameterPlacement::PushConstants;  ///< never Automatic
  std::uint32_t parameter_bytes = 0;                                 ///< 0: none; addresses included
  std::uint32_t parameter_set = 0, parameter_binding = 0;            ///< of a uniform buffer
  Extent workgroup;
  std::uint32_t workgroup_bytes = 0;  ///< of workgroup memory
};

/// The interface of a kernel under a layout. Fails with the kernel's own error, or LimitExceeded where push constants
/// are asked for and more than `max_push_constants` bytes are needed.
Result<KernelInterface> interface_of(const Kernel& kernel, BindingLayout layout = BindingLayout::Plain,
                                     ParameterPlacement placement = ParameterPlacement::Automatic,
                                     std::uint32_t max_push_constants = 128);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/interface.hpp"
#endif
