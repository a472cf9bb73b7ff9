// Barriers, as data for a frame graph and as a call that records them.
#pragma once

#include "../config.hpp"
#include "../support/span.hpp"
#include "context.hpp"
#include "record.hpp"

#include <cstdint>
#include <vulkan/vulkan_core.h>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

/// What is done to memory, or to an image, before or after a point in a queue.
struct MemoryState {
  VkPipelineStageFlags stages = VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT;
  VkAccessFlags access = 0;
  VkImageLayout layout = VK_IMAGE_LAYOUT_UNDEFINED;  ///< images
  std::uint32_t queue_family = VK_QUEUE_FAMILY_IGNORED;
};

/// A VkMemoryBarrier with its stages. Empty: nothing has to wait.
struct MemoryBarrier {
  VkPipelineStageFlags source_stages = 0, destination_stages = 0;
  VkAccessFlags source_access = 0, destination_access = 0;

  bool is_empty() const { return source_stages == 0; }
  /// Both in one.
  MemoryBarrier& add(const MemoryBarrier& other);
};

/// What lies between two uses of the same memory: nothing between reads, only execution where a write follows reads.
MemoryBarrier barrier_between(const MemoryState& first, const MemoryState& second);
/// Between the caller's work and a dispatch: "the transfer that filled the buffers" → { TRANSFER, TRANSFER_WRITE }.
MemoryBarrier barrier_before(const Prepared& prepared, const MemoryState& earlier);
/// Between a dispatch and the caller's work.
MemoryBarrier barrier_after(const Prepared& prepared, const MemoryState& later);
/// Between two dispatches, of one frame or of two: empty where they have no memory in common that one of them writes.
/// Overlap is judged by buffer, offset and size, by view, and by address; an address of unknown size overlaps all of them.
/// Two views of one image, or two buffers in the same memory, are the caller's to know.
MemoryBarrier barrier_between(const Prepared& first, const Prepared& second);

/// The state in which a dispatch needs, and leaves, a resource.
MemoryState state_of(const ResourceUse& use);
/// The same by its slot; TOP_OF_PIPE, no access and no layout where the dispatch has nothing there.
MemoryState state_of(const Prepared& prepared, const Slot& slot);
/// A layout transition, a change of the owning family, or both. For a change of owner it is recorded on both queues.
VkImageMemoryBarrier image_barrier(VkImage image, const VkImageSubresourceRange& range,
                                   const MemoryState& from, const MemoryState& to);
/// A change of the owning family of a buffer that a dispatch uses.
VkBufferMemoryBarrier buffer_barrier(const ResourceUse& use, const MemoryState& from, const MemoryState& to);

/// One vkCmdPipelineBarrier; none where there is nothing to wait for. The stages are those of `memory`, to which `add`
/// brings those of the images and buffers. Neither allocates nor submits. Inside a render pass: not at all.
void record(const Context& context, VkCommandBuffer commands, const MemoryBarrier& memory,
            Span<const VkImageMemoryBarrier> images = {}, Span<const VkBufferMemoryBarrier> buffers = {});

AIRSTRIP_VULKAN_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/barrier.hpp"
#endif
