// Buffers, images and copies of a Device.
#pragma once

#include "device_body.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

inline Diagnostic Device::Body::allocate(const VkMemoryRequirements& needs, VkMemoryPropertyFlags required,
                                         VkMemoryPropertyFlags wanted, VkDeviceMemory& memory,
                                         VkMemoryPropertyFlags& has) {
  auto info = detail::make_structure<VkMemoryAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO);
  auto flags =
      detail::make_structure<VkMemoryAllocateFlagsInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO);
  flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
  if (addresses) info.pNext = &flags;
  info.allocationSize = needs.size;
  for (const VkMemoryPropertyFlags properties : {required | wanted, required})
    for (std::uint32_t i = 0; i < memory_types.memoryTypeCount; ++i) {
      has = memory_types.memoryTypes[i].propertyFlags;
      if (!(needs.memoryTypeBits >> i & 1) || (has & properties) != properties) continue;
      info.memoryTypeIndex = i;
      const VkResult result = f.vkAllocateMemory(device, &info, nullptr, &memory);
      if (result < 0) return detail::failed_call("vkAllocateMemory", result);
      return {};
    }
  return detail::failure(ErrorCode::VulkanFailed, "the device has no memory of the kind that is needed");
}

inline Diagnostic Device::Body::make_memory(VkDeviceSize bytes, bool host, Memory& made) {
  made = {};
  made.size = bytes;
  const VkDeviceSize around = host ? 0 : guard;
  auto info = detail::make_structure<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO);
  info.size = (bytes ? bytes : 1) + 2 * around;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT |
               VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
               VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  if (addresses) info.usage |= VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
  VkResult result = f.vkCreateBuffer(device, &info, nullptr, &made.buffer);
  if (result < 0) return detail::failed_call("vkCreateBuffer", result);
  VkMemoryRequirements needs{};
  f.vkGetBufferMemoryRequirements(device, made.buffer, &needs);
  constexpr VkMemoryPropertyFlags visible =
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  const bool is_visible = host || host_is_device;
  VkMemoryPropertyFlags has = 0;
  Diagnostic error = allocate(needs, is_visible ? visible : 0,
                              host ? VkMemoryPropertyFlags{VK_MEMORY_PROPERTY_HOST_CACHED_BIT}
                                   : VkMemoryPropertyFlags{VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT},
                              made.memory, has);
  if (error.code != ErrorCode::Ok) return error;
  result = f.vkBindBufferMemory(device, made.buffer, made.memory, 0);
  if (result < 0) return detail::failed_call("vkBindBufferMemory", result);
  if (!is_visible) return {};
  void* mapped = nullptr;
  result = f.vkMapMemory(device, made.memory, 0, VK_WHOLE_SIZE, 0, &mapped);
  if (result < 0) return detail::failed_call("vkMapMemory", result);
  made.mapped = static_cast<unsigned char*>(mapped);
  return {};
}

inline void Device::Body::free_memory(Memory& memory) {
  if (!memory.buffer) return;
  f.vkDestroyBuffer(device, memory.buffer, nullptr);
  f.vkFreeMemory(device, memory.memory, nullptr);
  memory = {};
}

inline Diagnostic Device::Body::ensure_staging(VkDeviceSize bytes) {
  if (staging.buffer && staging.size >= bytes) return {};
  free_memory(staging);
  Diagnostic error = make_memory(bytes, true, staging);
  if (error.code != ErrorCode::Ok) free_memory(staging);
  return error;
}

inline void Device::Body::barrier(VkPipelineStageFlags from, VkAccessFlags wrote, VkPipelineStageFlags to,
                                  VkAccessFlags uses) {
  record(context, commands, MemoryBarrier{from, to, wrote, uses});
}

inline Diagnostic Device::Body::begin() {
  VkResult result = f.vkResetCommandPool(device, command_pool, 0);
  if (result < 0) return detail::failed_call("vkResetCommandPool", result);
  auto info = detail::make_structure<VkCommandBufferBeginInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
  info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  result = f.vkBeginCommandBuffer(commands, &info);
  if (result < 0) return detail::failed_call("vkBeginCommandBuffer", result);
  return {};
}

inline Diagnostic Device::Body::submit() {
  VkResult result = f.vkEndCommandBuffer(commands);
  if (result < 0) return detail::failed_call("vkEndCommandBuffer", result);
  result = f.vkResetFences(device, 1, &fence);
  if (result < 0) return detail::failed_call("vkResetFences", result);
  auto info = detail::make_structure<VkSubmitInfo>(VK_STRUCTURE_TYPE_SUBMIT_INFO);
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  result = f.vkQueueSubmit(queue, 1, &info, fence);
  if (result < 0) return detail::failed_call("vkQueueSubmit", result);
  result = f.vkWaitForFences(device, 1, &fence, VK_TRUE, ~std::uint64_t{0});
  if (result < 0) return detail::failed_call("vkWaitForFences", result);
  return {};
}

// `offset` counts from the first byte of the VkBuffer.
inline Diagnostic Device::Body::copy_buffer(const Memory& memory, VkDeviceSize offset, void* host,
                                            std::uint64_t bytes, bool in) {
  const std::size_t size = bytes;
  if (size == 0) return {};
  if (memory.mapped) {
    if (in)
      std::memcpy(memory.mapped + offset, host, size);
    else
      std::memcpy(host, memory.mapped + offset, size);
    return {};
  }
  Diagnostic error = ensure_staging(bytes);
  if (error.code != ErrorCode::Ok) return error;
  if (in) std::memcpy(staging.mapped, host, size);
  error = begin();
  if (error.code != ErrorCode::Ok) return error;
  const VkBufferCopy region{in ? 0 : offset, in ? offset : 0, bytes};
  f.vkCmdCopyBuffer(commands, in ? staging.buffer : memory.buffer, in ? memory.buffer : staging.buffer, 1,
                    &region);
  if (!in)
    barrier(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
            VK_ACCESS_HOST_READ_BIT);
  error = submit();
  if (error.code == ErrorCode::Ok && !in) std::memcpy(host, staging.mapped, size);
  return error;
}

inline Diagnostic Device::Body::copy_image(const DeviceImage& image, void* host, bool in) {
  const std::uint64_t bytes = std::uint64_t{image.texel_bytes} * image.width * image.height;
  Diagnostic error = ensure_staging(bytes);
  if (error.code != ErrorCode::Ok) return error;
  if (in) std::memcpy(staging.mapped, host, bytes);
  error = begin();
  if (error.code != ErrorCode::Ok) return error;
  VkBufferImageCopy region{};
  region.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
  region.imageExtent = {image.width, image.height, 1};
  if (in) {
    f.vkCmdCopyBufferToImage(commands, staging.buffer, image.image, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
  } else {
    f.vkCmdCopyImageToBuffer(commands, image.image, VK_IMAGE_LAYOUT_GENERAL, staging.buffer, 1, &region);
    barrier(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
            VK_ACCESS_HOST_READ_BIT);
  }
  error = submit();
  if (error.code == ErrorCode::Ok && !in) std::memcpy(host, staging.mapped, bytes);
  return error;
}

// --- what a caller sees ----------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Binding bind(Slot slot, const DeviceBuffer& buffer) {
  return bind_buffer(slot, buffer.buffer, buffer.size, buffer.offset);
}
AIRSTRIP_INLINE Binding bind_address(Slot slot, const DeviceBuffer& buffer) {
  return bind_address(slot, buffer.address, buffer.size);
}
AIRSTRIP_INLINE Binding bind(Slot slot, const DeviceImage& image) {
  return bind_image(slot, image.view, VK_IMAGE_LAYOUT_GENERAL);
}
AIRSTRIP_INLINE Binding bind(Slot slot, const DeviceImage& image, VkSampler sampler) {
  return bind_sampled(slot, image.view, sampler, VK_IMAGE_LAYOUT_GENERAL);
}

inline DeviceBuffer Device::Body::describe(const Memory& made, VkDeviceSize offset) {
  DeviceBuffer buffer;
  buffer.buffer = made.buffer;
  buffer.offset = offset;
  buffer.size = made.size;
  buffer.index = static_cast<std::uint32_t>(buffers.size() - 1);
  if (addresses) {
    auto info =
        detail::make_structure<VkBufferDeviceAddressInfo>(VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO);
    info.buffer = made.buffer;
    buffer.address = f.vkGetBufferDeviceAddress(device, &info) + offset;
  }
  return buffer;
}

AIRSTRIP_INLINE Result<DeviceBuffer> Device::make_buffer(std::uint64_t bytes) {
  Body::Memory made;
  Diagnostic error = body_->make_memory(bytes, false, made);
  if (error.code == ErrorCode::Ok && !body_->buffers.push_back(made))
    error = detail::failure(ErrorCode::OutOfMemory, "out of memory for a buffer");
  if (error.code == ErrorCode::Ok && body_->guard != 0) {
    const std::size_t size = bytes + 2 * body_->guard;
    if (made.mapped) {
      std::memset(made.mapped, 0xFF, size);
    } else {
      error = body_->begin();
      if (error.code != ErrorCode::Ok) return error;
      body_->f.vkCmdFillBuffer(body_->commands, made.buffer, 0, VK_WHOLE_SIZE, ~0u);
      error = body_->submit();
    }
  }
  if (error.code != ErrorCode::Ok) {
    if (!body_->buffers.empty() && body_->buffers.back().buffer == made.buffer) body_->buffers.pop_back();
    body_->free_memory(made);
    return error;
  }
  return body_->describe(made, body_->guard);
}

AIRSTRIP_INLINE Result<DeviceBuffer> Device::make_host_buffer(std::uint64_t bytes, void*& mapped) {
  Body::Memory made;
  Diagnostic error = body_->make_memory(bytes, true, made);
  if (error.code == ErrorCode::Ok && !body_->buffers.push_back(made))
    error = detail::failure(ErrorCode::OutOfMemory, "out of memory for a buffer");
  if (error.code != ErrorCode::Ok) {
    body_->free_memory(made);
    return error;
  }
  mapped = made.mapped;
  return body_->describe(made, 0);
}

AIRSTRIP_INLINE void Device::release(DeviceBuffer& buffer) {
  if (buffer.index < body_->buffers.size() && body_->buffers[buffer.index].buffer == buffer.buffer)
    body_->free_memory(body_->buffers[buffer.index]);
  buffer = {};
}

AIRSTRIP_INLINE Result<DeviceImage> Device::make_image(VkFormat format, std::uint32_t width,
                                                       std::uint32_t height, std::uint32_t texel_bytes) {
  Body& d = *body_;
  auto info = detail::make_structure<VkImageCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO);
  info.imageType = VK_IMAGE_TYPE_2D;
  info.format = format;
  info.extent = {width, height, 1};
  info.mipLevels = info.arrayLayers = 1;
  info.samples = VK_SAMPLE_COUNT_1_BIT;
  info.usage = VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
               VK_IMAGE_USAGE_TRANSFER_DST_BIT;
  if (!d.images.push_back({VK_NULL_HANDLE, VK_NULL_HANDLE, VK_NULL_HANDLE}))
    return detail::failure(ErrorCode::OutOfMemory, "out of memory for an image");
  Body::ImageMemory& made = d.images.back();  // freed with the device, whatever of it there is
  VkResult result = d.f.vkCreateImage(d.device, &info, nullptr, &made.image);
  if (result < 0) return detail::failed_call("vkCreateImage", result);
  VkMemoryRequirements needs{};
  d.f.vkGetImageMemoryRequirements(d.device, made.image, &needs);
  VkMemoryPropertyFlags has = 0;
  Diagnostic error = d.allocate(needs, 0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, made.memory, has);
  if (error.code != ErrorCode::Ok) return error;
  result = d.f.vkBindImageMemory(d.device, made.image, made.memory, 0);
  if (result < 0) return detail::failed_call("vkBindImageMemory", result);
  auto view = detail::make_structure<VkImageViewCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO);
  view.image = made.image;
  view.viewType = VK_IMAGE_VIEW_TYPE_2D;
  view.format = format;
  view.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  result = d.f.vkCreateImageView(d.device, &view, nullptr, &made.view);
  if (result < 0) return detail::failed_call("vkCreateImageView", result);
  DeviceImage image{made.image, made.view, format, width, height, texel_bytes};

  error = d.begin();
  if (error.code != ErrorCode::Ok) return error;
  const MemoryState after{VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                          VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT, VK_IMAGE_LAYOUT_GENERAL,
                          VK_QUEUE_FAMILY_IGNORED};
  const VkImageMemoryBarrier barrier = image_barrier(made.image, view.subresourceRange, MemoryState{}, after);
  record(d.context, d.commands, {VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0},
         Span<const VkImageMemoryBarrier>(&barrier, 1));
  error = d.submit();
  if (error.code != ErrorCode::Ok) return error;
  return image;
}

AIRSTRIP_INLINE Result<VkSampler> Device::make_sampler() {
  auto info = detail::make_structure<VkSamplerCreateInfo>(VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO);
  info.magFilter = info.minFilter = VK_FILTER_NEAREST;
  info.mipmapMode = VK_SAMPLER_MIPMAP_MODE_NEAREST;
  info.addressModeU = info.addressModeV = info.addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
  VkSampler sampler = VK_NULL_HANDLE;
  const VkResult result = body_->f.vkCreateSampler(body_->device, &info, nullptr, &sampler);
  if (result < 0) return detail::failed_call("vkCreateSampler", result);
  if (!body_->samplers.push_back(sampler)) {
    body_->f.vkDestroySampler(body_->device, sampler, nullptr);
    return detail::failure(ErrorCode::OutOfMemory, "out of memory for a sampler");
  }
  return sampler;
}

namespace detail {
inline Diagnostic beyond_the_end(std::uint64_t bytes, std::uint64_t offset, std::uint64_t size) {
  String message("a copy of ");
  message << bytes << " bytes at " << offset << " goes beyond the end of a buffer of " << size << " bytes";
  return failure(ErrorCode::LimitExceeded, static_cast<String&&>(message));
}
}  // namespace detail

AIRSTRIP_INLINE Result<void> Device::upload(const DeviceBuffer& to, const void* from, std::uint64_t bytes,
                                            std::uint64_t offset) {
  if (offset > to.size || bytes > to.size - offset) return detail::beyond_the_end(bytes, offset, to.size);
  // Only read: `in` says so.
  Diagnostic error =
      body_->copy_buffer(body_->buffers[to.index], to.offset + offset, const_cast<void*>(from), bytes, true);
  if (error.code != ErrorCode::Ok) return error;
  return {};
}
AIRSTRIP_INLINE Result<void> Device::download(const DeviceBuffer& from, void* to, std::uint64_t bytes,
                                              std::uint64_t offset) {
  if (offset > from.size || bytes > from.size - offset)
    return detail::beyond_the_end(bytes, offset, from.size);
  Diagnostic error = body_->copy_buffer(body_->buffers[from.index], from.offset + offset, to, bytes, false);
  if (error.code != ErrorCode::Ok) return error;
  return {};
}
AIRSTRIP_INLINE Result<void> Device::upload(const DeviceImage& to, const void* texels) {
  Diagnostic error = body_->copy_image(to, const_cast<void*>(texels), true);
  if (error.code != ErrorCode::Ok) return error;
  return {};
}
AIRSTRIP_INLINE Result<void> Device::download(const DeviceImage& from, void* texels) {
  Diagnostic error = body_->copy_image(from, texels, false);
  if (error.code != ErrorCode::Ok) return error;
  return {};
}

AIRSTRIP_INLINE Result<void> Device::check_guards() {
  Body& d = *body_;
  if (d.guard == 0) return {};
  Buffer<unsigned char> bytes;
  if (!bytes.resize(d.guard)) return detail::failure(ErrorCode::OutOfMemory, "out of memory for guards");
  for (const Body::Memory& memory : d.buffers) {
    if (!memory.buffer) continue;
    for (const bool behind : {false, true}) {
      Diagnostic error =
          d.copy_buffer(memory, behind ? d.guard + memory.size : 0, bytes.data(), bytes.size(), false);
      if (error.code != ErrorCode::Ok) return error;
      for (const unsigned char byte : bytes)
        if (byte != 0xFF) {
          String message("bytes ");
          message << Text(behind ? "behind" : "in front of") << " a buffer of " << memory.size
                  << " bytes were written";
          return detail::failure(ErrorCode::InvalidBinding, static_cast<String&&>(message));
        }
    }
  }
  return {};
}

AIRSTRIP_VULKAN_NAMESPACE_END
