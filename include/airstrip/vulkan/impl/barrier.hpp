#pragma once

#include "../barrier.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {

inline constexpr VkAccessFlags writing_access =
    VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT |
    VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_WRITE_BIT |
    VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_TRANSFORM_FEEDBACK_WRITE_BIT_EXT |
    VK_ACCESS_TRANSFORM_FEEDBACK_COUNTER_WRITE_BIT_EXT | VK_ACCESS_ACCELERATION_STRUCTURE_WRITE_BIT_KHR |
    VK_ACCESS_COMMAND_PREPROCESS_WRITE_BIT_NV;

inline MemoryState whole_state(const Prepared& prepared) {
  MemoryState state;
  state.stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  state.access = prepared.access();
  return state;
}

inline bool overlap(const ResourceUse& a, const ResourceUse& b) {
  if (a.view || b.view) return a.view && b.view && a.view == b.view;
  const bool by_address = a.kind == reflection::DescriptorKind::Unknown,
             also = b.kind == reflection::DescriptorKind::Unknown;
  // Whether an address lies in a buffer that is bound is not known.
  if (by_address != also) return true;
  if (by_address)
    return a.size == 0 || b.size == 0 || (a.address < b.address + b.size && b.address < a.address + a.size);
  if (a.texels || b.texels) return (a.texels && b.texels && a.texels == b.texels) || !a.texels || !b.texels;
  return a.buffer && a.buffer == b.buffer && a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

}  // namespace detail

AIRSTRIP_INLINE MemoryBarrier& MemoryBarrier::add(const MemoryBarrier& other) {
  source_stages |= other.source_stages;
  destination_stages |= other.destination_stages;
  source_access |= other.source_access;
  destination_access |= other.destination_access;
  return *this;
}

AIRSTRIP_INLINE MemoryBarrier barrier_between(const MemoryState& first, const MemoryState& second) {
  const VkAccessFlags written = first.access & detail::writing_access;
  const bool writes_later = (second.access & detail::writing_access) != 0;
  if (written == 0 && !(writes_later && first.access != 0)) return {};
  // Reads need not be made available: execution alone orders them before a write.
  return {first.stages, second.stages, written, written != 0 ? second.access : 0};
}

AIRSTRIP_INLINE MemoryBarrier barrier_before(const Prepared& prepared, const MemoryState& earlier) {
  return barrier_between(earlier, detail::whole_state(prepared));
}
AIRSTRIP_INLINE MemoryBarrier barrier_after(const Prepared& prepared, const MemoryState& later) {
  return barrier_between(detail::whole_state(prepared), later);
}
AIRSTRIP_INLINE MemoryBarrier barrier_between(const Prepared& first, const Prepared& second) {
  MemoryBarrier barrier;
  for (const ResourceUse& a : first.uses())
    for (const ResourceUse& b : second.uses())
      if (detail::overlap(a, b)) barrier.add(barrier_between(state_of(a), state_of(b)));
  return barrier;
}

AIRSTRIP_INLINE MemoryState state_of(const ResourceUse& use) {
  MemoryState state;
  state.stages = use.stages;
  state.access = use.access;
  state.layout = use.layout;
  return state;
}

AIRSTRIP_INLINE MemoryState state_of(const Prepared& prepared, const Slot& slot) {
  const ResourceUse* const use = prepared.find(slot);
  return use ? state_of(*use) : MemoryState();
}

AIRSTRIP_INLINE VkImageMemoryBarrier image_barrier(VkImage image, const VkImageSubresourceRange& range,
                                                   const MemoryState& from, const MemoryState& to) {
  VkImageMemoryBarrier barrier{};
  barrier.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER;
  barrier.srcAccessMask = from.access & detail::writing_access;
  barrier.dstAccessMask = to.access;
  barrier.oldLayout = from.layout;
  barrier.newLayout = to.layout;
  const bool moves = from.queue_family != to.queue_family && from.queue_family != VK_QUEUE_FAMILY_IGNORED &&
                     to.queue_family != VK_QUEUE_FAMILY_IGNORED;
  barrier.srcQueueFamilyIndex = moves ? from.queue_family : VK_QUEUE_FAMILY_IGNORED;
  barrier.dstQueueFamilyIndex = moves ? to.queue_family : VK_QUEUE_FAMILY_IGNORED;
  barrier.image = image;
  barrier.subresourceRange = range;
  return barrier;
}

AIRSTRIP_INLINE VkBufferMemoryBarrier buffer_barrier(const ResourceUse& use, const MemoryState& from,
                                                     const MemoryState& to) {
  VkBufferMemoryBarrier barrier{};
  barrier.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER;
  barrier.srcAccessMask = from.access & detail::writing_access;
  barrier.dstAccessMask = to.access;
  const bool moves = from.queue_family != to.queue_family && from.queue_family != VK_QUEUE_FAMILY_IGNORED &&
                     to.queue_family != VK_QUEUE_FAMILY_IGNORED;
  barrier.srcQueueFamilyIndex = moves ? from.queue_family : VK_QUEUE_FAMILY_IGNORED;
  barrier.dstQueueFamilyIndex = moves ? to.queue_family : VK_QUEUE_FAMILY_IGNORED;
  barrier.buffer = use.buffer;
  barrier.offset = use.offset;
  barrier.size = use.size;
  return barrier;
}

AIRSTRIP_INLINE void record(const Context& context, VkCommandBuffer commands, const MemoryBarrier& memory,
                            Span<const VkImageMemoryBarrier> images,
                            Span<const VkBufferMemoryBarrier> buffers) {
  if (memory.is_empty() && images.empty() && buffers.empty()) return;
  VkMemoryBarrier barrier{};
  barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  barrier.srcAccessMask = memory.source_access;
  barrier.dstAccessMask = memory.destination_access;
  const bool needs_memory = barrier.srcAccessMask != 0 || barrier.dstAccessMask != 0;
  const VkPipelineStageFlags from =
      memory.source_stages ? memory.source_stages : VkPipelineStageFlags{VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT};
  const VkPipelineStageFlags to = memory.destination_stages
                                      ? memory.destination_stages
                                      : VkPipelineStageFlags{VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT};
  context.functions().vkCmdPipelineBarrier(commands, from, to, 0, needs_memory ? 1 : 0,
                                           needs_memory ? &barrier : nullptr,
                                           static_cast<std::uint32_t>(buffers.size()), buffers.data(),
                                           static_cast<std::uint32_t>(images.size()), images.data());
}

AIRSTRIP_VULKAN_NAMESPACE_END
