#pragma once

#include "../binding.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {
inline Binding make_binding(Slot slot, Binding::Kind kind) {
  Binding binding{slot};
  binding.kind = kind;
  return binding;
}
}  // namespace detail

AIRSTRIP_INLINE Binding bind_buffer(Slot slot, VkBuffer buffer, VkDeviceSize size, VkDeviceSize offset) {
  Binding binding = detail::make_binding(slot, Binding::Kind::Buffer);
  binding.buffer = buffer;
  binding.size = size;
  binding.offset = offset;
  return binding;
}
AIRSTRIP_INLINE Binding bind_image(Slot slot, VkImageView view, VkImageLayout layout) {
  Binding binding = detail::make_binding(slot, Binding::Kind::Image);
  binding.view = view;
  binding.layout = layout;
  return binding;
}
AIRSTRIP_INLINE Binding bind_sampled(Slot slot, VkImageView view, VkSampler sampler, VkImageLayout layout) {
  Binding binding = detail::make_binding(slot, Binding::Kind::SampledImage);
  binding.view = view;
  binding.sampler = sampler;
  binding.layout = layout;
  return binding;
}
AIRSTRIP_INLINE Binding bind_sampler(Slot slot, VkSampler sampler) {
  Binding binding = detail::make_binding(slot, Binding::Kind::Sampler);
  binding.sampler = sampler;
  return binding;
}
AIRSTRIP_INLINE Binding bind_texels(Slot slot, VkBufferView texels) {
  Binding binding = detail::make_binding(slot, Binding::Kind::TexelBuffer);
  binding.texels = texels;
  return binding;
}
AIRSTRIP_INLINE Binding bind_address(Slot slot, VkDeviceAddress address, VkDeviceSize size) {
  Binding binding = detail::make_binding(slot, Binding::Kind::Address);
  binding.address = address;
  binding.size = size;
  return binding;
}

AIRSTRIP_VULKAN_NAMESPACE_END
