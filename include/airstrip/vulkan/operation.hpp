// The steps of an operation: pipelines made and compiled together, bound by the operands' names, recorded with the barriers
// between them.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/list.hpp"
#include "../support/span.hpp"
#include "../tensor/operation.hpp"
#include "barrier.hpp"
#include "binding.hpp"
#include "context.hpp"
#include "pipeline.hpp"
#include "record.hpp"

#include <cstdint>
#include <vulkan/vulkan_core.h>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

/// Memory for an operand: a buffer, or an image under its name. A tensor in a SampledImage is bound with a sampler
/// (`bind_sampled`; texels are fetched by index, so that its filter and address modes do not matter), one in a StorageImage
/// by its view (`bind_image`).
struct OperandMemory {
  Binding binding;
  /// Of the buffer's first byte that is bound. Needed where a step is written for addresses (`tensor::Step::write`).
  VkDeviceAddress address = 0;
};
inline OperandMemory operand(Text name, VkBuffer buffer, VkDeviceSize size, VkDeviceSize offset = 0,
                             VkDeviceAddress address = 0) {
  return {bind_buffer(name, buffer, size, offset), address};
}
/// Of a structure that says these, as DeviceBuffer.
template <class Memory>
  requires(requires(const Memory& m) {
    m.buffer;
    m.offset;
    m.size;
    m.address;
  })
OperandMemory operand(Text name, const Memory& memory) {
  return operand(name, memory.buffer, memory.size, memory.offset, memory.address);
}
inline OperandMemory operand(const Binding& image) { return {image, 0}; }

/// A pipeline for each step of an operation, which has to outlive it. Moved, not copied.
class OperationPipelines {
public:
  /// Errors: those of Pipeline::make and of the operation's words.
  static Result<OperationPipelines> make(const Context& context, const tensor::Operation& operation,
                                         SourceLocation at = SourceLocation::current());

  /// Compiles all steps by one vkCreateComputePipelines; see `vulkan::compile`.
  Result<void> compile(VkPipelineCache cache = VK_NULL_HANDLE);
  bool is_ready() const;
  Span<const Pipeline> steps() const { return {pipelines_.data(), pipelines_.size()}; }
  /// What one `prepare` takes from a descriptor pool: sets, and descriptors of each type (a type may come several times).
  std::uint32_t pool_sets() const;
  Span<const VkDescriptorPoolSize> pool_sizes() const { return {pool_sizes_.data(), pool_sizes_.size()}; }
  const tensor::Operation& operation() const { return *operation_; }

private:
  const tensor::Operation* operation_ = nullptr;
  List<Pipeline> pipelines_;
  Buffer<VkDescriptorPoolSize> pool_sizes_;
};

/// An operation with everything bound. Moved, not copied; used as Prepared is.
class PreparedOperation {
public:
  struct Dispatch {
    std::size_t step;  ///< in `tensor::Operation::steps()`, and in `prepared()`
    tensor::Phase phase;
    Groups groups;
    MemoryBarrier before;  ///< what the steps before it have to wait for
  };
  Span<const Prepared> prepared() const { return {prepared_.data(), prepared_.size()}; }
  /// Those that have something to do, in order.
  Span<const Dispatch> dispatches() const { return {dispatches_.data(), dispatches_.size()}; }

private:
  friend Result<PreparedOperation> prepare(const OperationPipelines& pipelines,
                                           const tensor::OperationSizes& sizes,
                                           Span<const OperandMemory> memory, Span<const Parameter> parameters,
                                           Frame& frame, SourceLocation at);
  List<Prepared> prepared_;
  Buffer<Dispatch> dispatches_;
};

/// Binds every operand by its name. The sizes' parameters are passed by themselves; `parameters` are the numbers of the
/// operation's expressions. Buffers may be larger than needed: size them by `resolve` of the maxima. New sizes need a new
/// `prepare`, which allocates. Errors: those of `prepare` for a pipeline; MissingBinding where an operand has no memory, or a
/// step wants its address and it has none; InvalidBinding where it is smaller than its tensor or given twice, and where the
/// sizes are those of another operation. Names that the operation does not have are passed over: one list can serve several,
/// and some sizes need less. What size, format and kind of view an image has cannot be known of it, and is not checked.
Result<PreparedOperation> prepare(const OperationPipelines& pipelines, const tensor::OperationSizes& sizes,
                                  Span<const OperandMemory> memory, Span<const Parameter> parameters,
                                  Frame& frame, SourceLocation at = SourceLocation::current());

/// Records the dispatches of a phase with the barriers between them, and between Phase::Prepare and Phase::Run, also of an
/// earlier submission on the queue. What comes before and after is the caller's, as with each dispatch: `barrier_before`,
/// `barrier_after`, and `barrier_between` with another operation. Never allocates.
Result<void> record(const Context& context, VkCommandBuffer commands, const PreparedOperation& prepared,
                    tensor::Phase phase = tensor::Phase::Run);

/// Between the caller's work and a phase, and between a phase and the caller's work.
MemoryBarrier barrier_before(const PreparedOperation& prepared, tensor::Phase phase,
                             const MemoryState& earlier);
MemoryBarrier barrier_after(const PreparedOperation& prepared, tensor::Phase phase, const MemoryState& later);
/// Between Phase::Run of two operations of which one touches what the other writes.
MemoryBarrier barrier_between(const PreparedOperation& earlier, const PreparedOperation& later);

AIRSTRIP_VULKAN_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/operation.hpp"
#endif
