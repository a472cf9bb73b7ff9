#pragma once

#include "../interface.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// How a parameter lies in memory.
inline Type parameter_memory_type(Type type) {
  if (type.is_boolean()) return type.with(Scalar::U32);
  if (type.width() >= 32) return type;
  return type.with(type.is_signed() ? Scalar::I32 : Scalar::U32);
}

inline bool is_bound(const Resource& resource) { return resource.kind <= ResourceKind::SampledImage; }

// SDL_GPU: the order within a set, and the set.
inline unsigned sdl_rank(const Resource& resource) {
  const bool written = resource.access != Access::ReadOnly;
  switch (resource.kind) {
    case ResourceKind::SampledImage: return 0;
    case ResourceKind::StorageImage: return written ? 0 : 1;
    default: return written ? 1 : 2;
  }
}

}  // namespace detail

AIRSTRIP_INLINE Result<KernelInterface> interface_of(const Kernel& kernel, BindingLayout layout,
                                                     ParameterPlacement placement,
                                                     std::uint32_t max_push_constants) {
  if (!kernel.ok()) return kernel.error();
  KernelInterface result;
  result.workgroup = kernel.options().workgroup;
  const Span<const Resource> resources = kernel.resources();
  const bool addresses = layout == BindingLayout::DeviceAddresses;
  std::uint32_t next_binding = 0, bytes = 0;
  std::uint32_t sdl_next[2] = {0, 0};
  for (std::uint32_t i = 0; i < resources.size(); ++i) {
    const Resource& r = resources[i];
    if (r.kind == ResourceKind::Workgroup)
      result.workgroup_bytes +=
          r.count * (r.element.is_boolean() ? 4 * r.element.components() : r.element.size());
    if (!detail::is_bound(r)) continue;
    ResourceBinding b;
    b.resource = i;
    b.kind = r.kind == ResourceKind::StorageImage   ? DescriptorKind::StorageImage
             : r.kind == ResourceKind::SampledImage ? DescriptorKind::CombinedImageSampler
             : addresses                            ? DescriptorKind::Address
                                                    : DescriptorKind::StorageBuffer;
    if (b.kind == DescriptorKind::Address) {
      b.address_offset = bytes;
      bytes += 8;
    } else if (layout == BindingLayout::SdlGpu) {
      b.set = r.kind != ResourceKind::SampledImage && r.access != Access::ReadOnly;
    } else {
      b.binding = next_binding++;
    }
    result.bindings.push_back(b);
  }
  if (layout == BindingLayout::SdlGpu)
    for (unsigned rank = 0; rank < 3; ++rank)
      for (ResourceBinding& b : result.bindings)
        if (detail::sdl_rank(resources[b.resource]) == rank) b.binding = sdl_next[b.set]++;

  for (std::uint32_t i = 0; i < kernel.parameters().size(); ++i) {
    ParameterSlot slot;
    slot.parameter = i;
    slot.type = detail::parameter_memory_type(kernel.parameters()[i].type);
    const std::uint32_t unit = slot.type.width() / 8;
    // std430: vectors of 3 align as vectors of 4
    const std::uint32_t components = slot.type.components();
    const std::uint32_t alignment = unit * (components == 3 ? 4 : components);
    bytes = (bytes + alignment - 1) / alignment * alignment;
    slot.offset = bytes;
    bytes += slot.type.size();
    result.parameters.push_back(slot);
  }
  bytes = (bytes + 3) / 4 * 4;
  if (placement == ParameterPlacement::Automatic)
    placement =
        layout == BindingLayout::SdlGpu || layout == BindingLayout::WebGpu || bytes > max_push_constants
            ? ParameterPlacement::Uniform
            : ParameterPlacement::PushConstants;
  // std140 rounds a block up to 16; so does Godot its push constants
  if (placement == ParameterPlacement::Uniform || layout == BindingLayout::Godot)
    bytes = (bytes + 15) / 16 * 16;
  result.placement = placement;
  result.parameter_bytes = bytes;
  result.parameter_set = layout == BindingLayout::SdlGpu ? 2 : 0;
  result.parameter_binding = layout == BindingLayout::SdlGpu ? 0 : next_binding;
  if (placement == ParameterPlacement::PushConstants && bytes > max_push_constants) {
    Diagnostic error;
    error.code = ErrorCode::LimitExceeded;
    error.message << "the parameters of kernel " << kernel.name() << " take " << bytes
                  << " bytes, and push constants have " << max_push_constants
                  << "; place them in a uniform buffer";
    return error;
  }
  if (result.bindings.out_of_memory() || result.parameters.out_of_memory()) {
    Diagnostic error;
    error.code = ErrorCode::OutOfMemory;
    error.message = "out of memory while the interface was laid out";
    return error;
  }
  return result;
}

AIRSTRIP_KERNEL_NAMESPACE_END
