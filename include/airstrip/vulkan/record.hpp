// Prepared: descriptors and push constants, checked and written. Recording one costs the bare Vulkan calls.
//
// The contract of every dispatch recorded here, also where it comes as data (`Prepared::uses`):
//   on entry  Writes to what the shader reads, and reads and writes of what it writes, have been made available and
//             visible to VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT (SHADER_READ, UNIFORM_READ; SHADER_WRITE) by the caller:
//             see barrier.hpp. Images are in the layout that was bound. Resources belong to the queue's family, and the
//             command buffer is in the recording state, outside a render pass, on a family with compute.
//   on exit   Writes have been made by COMPUTE_SHADER, SHADER_WRITE, and are neither available nor visible to anybody
//             else yet. Layouts and owners are as before.
//   disturbed The compute pipeline, the compute descriptor sets that the pipeline uses, and the push constants of its
//             range; nothing of graphics.
//   frames    What is bound may be used by one frame at a time, unless all only read: two frames in flight have a
//             Prepared, a pool and written buffers each, or a barrier (`barrier_between`) between them on one queue, a
//             semaphore between queues. The adapter owns no scratch memory.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "binding.hpp"
#include "pipeline.hpp"

#include <cstdint>
#include <vulkan/vulkan_core.h>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

/// What `prepare` may take for a frame in flight; the caller's own. Reset the pool and set `uniforms_used` to 0 when the
/// frame has been executed. One thread at a time may use a Frame.
struct Frame {
  VkDescriptorPool pool = VK_NULL_HANDLE;  ///< not needed where everything is pushed or an address
  /// Memory for blocks of parameters that a module wants as a uniform buffer and no binding is given for: host-visible,
  /// coherent, mapped at `uniforms_mapped`. The submission that follows makes what was written there visible to the
  /// device (Vulkan specification, "Host Write Ordering Guarantees"). Null: such blocks have to be bound.
  VkBuffer uniforms = VK_NULL_HANDLE;
  void* uniforms_mapped = nullptr;
  VkDeviceSize uniforms_size = 0, uniforms_used = 0;
};

/// What a dispatch does to one resource.
struct ResourceUse {
  reflection::DescriptorKind kind =
      reflection::DescriptorKind::Unknown;  ///< Unknown: memory behind an address
  std::uint32_t set = 0, binding = 0, element = 0;
  VkBuffer buffer = VK_NULL_HANDLE;  ///< with `offset` and `size`
  VkDeviceSize offset = 0, size = 0;
  VkImageView view = VK_NULL_HANDLE;
  VkBufferView texels = VK_NULL_HANDLE;
  VkDeviceAddress address = 0;
  VkPipelineStageFlags stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  VkAccessFlags access = 0;                          ///< SHADER_READ, SHADER_WRITE, UNIFORM_READ
  VkImageLayout layout = VK_IMAGE_LAYOUT_UNDEFINED;  ///< images: on entry and on exit
};

/// Workgroups in each dimension.
struct Groups {
  std::uint32_t x = 1, y = 1, z = 1;
};

/// A pipeline with everything bound. Moved, not copied. Any number of threads may record one at the same time, each into a
/// command buffer of its own; nobody may record it while it is prepared again.
class Prepared {
public:
  Prepared() = default;
  bool is_empty() const { return body_ == nullptr; }
  /// One for each descriptor and each address, in the order of the module's bindings.
  Span<const ResourceUse> uses() const { return {uses_.data(), uses_.size()}; }
  /// The one at that slot; null where there is none.
  const ResourceUse* find(const Slot& slot) const;
  /// All accesses together.
  VkAccessFlags access() const { return access_; }
  /// Set 0 is null where it is pushed; others where the module has nothing in them.
  Span<const VkDescriptorSet> sets() const { return {sets_.data(), sets_.size()}; }
  Span<const unsigned char> push_constants() const { return {constants_.data(), constants_.size()}; }

private:
  friend class Preparation;
  friend Result<void> record(VkCommandBuffer commands, const Prepared& prepared, Groups groups);
  friend Result<void> record_indirect(VkCommandBuffer commands, const Prepared& prepared, VkBuffer buffer,
                                      VkDeviceSize offset);
  bool begin(VkCommandBuffer commands, Diagnostic& error) const;
  void end(VkCommandBuffer commands) const;

  // Sets that are bound by one call.
  struct Run {
    std::uint32_t first, count;
  };
  const detail::PipelineBody* body_ = nullptr;
  Buffer<VkDescriptorSet> sets_;
  Buffer<Run> runs_;
  Buffer<unsigned char> constants_;
  Buffer<VkDescriptorBufferInfo> buffers_;  // what the writes point to
  Buffer<VkDescriptorImageInfo> images_;
  Buffer<VkBufferView> texels_;
  Buffer<VkWriteDescriptorSet> writes_;
  std::uint32_t pushed_ = 0;  // how many of the writes are pushed: the first ones
  Buffer<ResourceUse> uses_;
  VkAccessFlags access_ = 0;
  // For the checks that come before anything is changed.
  Buffer<const Binding*> given_;
  Buffer<bool> taken_;
  Buffer<unsigned char> new_constants_, covered_;
};

/// Checks every binding and parameter against what the module wants and the device permits, takes sets from the frame's
/// pool and writes them. Touches no command buffer and no queue. The pipeline need not be compiled yet; it may be moved,
/// and must not be destroyed before what was prepared with it.
/// Errors, which name the binding: MissingBinding; InvalidBinding (another kind of descriptor, too small, beyond a
/// limit, misaligned, a null handle, a layout or usage that does not fit, a parameter of another type or size, something
/// that the module does not have, the same thing twice); VulkanFailed (the pool has no room), OutOfMemory.
Result<Prepared> prepare(const Pipeline& pipeline, const Arguments& arguments, Frame& frame,
                         SourceLocation at = SourceLocation::current());
/// Binds something else, or the same with other parameters, and reuses memory and sets: no call but
/// vkUpdateDescriptorSets, no allocation. For when no command buffer that uses the sets is pending. After an error the
/// old descriptors and parameters stand.
Result<void> prepare_again(Prepared& prepared, const Arguments& arguments, Frame& frame,
                           SourceLocation at = SourceLocation::current());

/// Binds and dispatches, by two to four Vulkan calls. Never allocates, submits or waits. Errors, before anything is recorded:
/// NotReady (the pipeline is not compiled, or nothing is prepared), LimitExceeded (more workgroups than the device takes).
Result<void> record(VkCommandBuffer commands, const Prepared& prepared, Groups groups);
/// The same with the number of workgroups from a buffer (VkDispatchIndirectCommand, INDIRECT_BUFFER usage, `offset` a
/// multiple of 4), which is read in VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT with INDIRECT_COMMAND_READ.
Result<void> record_indirect(VkCommandBuffer commands, const Prepared& prepared, VkBuffer buffer,
                             VkDeviceSize offset);

AIRSTRIP_VULKAN_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/record.hpp"
#endif
