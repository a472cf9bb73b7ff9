// Instance: one run of a model at a time. Memory, descriptors, sizes, and the recording.
//
// The contract of what is recorded here:
//   on entry  What the tensors and weights hold has been made visible to VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT by the caller
//             (SHADER_READ), and what was done before with the outputs and with this instance's memory has ended:
//             `barrier_before`, and between two runs of one instance `barrier_between_runs`. Images are in the layout
//             that was bound. All belongs to the queue's family; the command buffer is in the recording state, outside a
//             render pass, on a family with compute.
//   on exit   Outputs have been written by COMPUTE_SHADER, SHADER_WRITE, and are neither available nor visible to
//             anybody else yet: `barrier_after`. Layouts and owners are as before.
//   disturbed The compute pipeline, compute descriptor sets, and push constants; nothing of graphics.
//   frames    An instance belongs to one frame in flight: while a command buffer that it recorded may still run, `bind` and
//             `set_parameters` must not be called, and nobody else may use its scratch and uniform memory. Frames in flight
//             have an instance each; weights and packed weights they share.
#pragma once

#include "../config.hpp"
#include "../program/program.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "model.hpp"

#include <cstdint>
#include <vulkan/vulkan_core.h>

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {
struct PlannedDispatch;
}

/// A part of a buffer of the caller's.
struct BufferMemory {
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceSize offset = 0, size = 0;
  /// Of the part's first byte, a multiple of 16; needed where kernels access by address.
  VkDeviceAddress address = 0;
  void* mapped = nullptr;  ///< of the part's first byte; needed of uniform memory
};

/// An image of the caller's, for a tensor in a SampledImage (with a sampler, whose filter and address modes do not
/// matter) or in a StorageImage. What size and format it has cannot be known of a view, and is not checked.
struct ImageMemory {
  VkImageView view = VK_NULL_HANDLE;
  VkImageLayout layout = VK_IMAGE_LAYOUT_GENERAL;
  VkSampler sampler = VK_NULL_HANDLE;
};

/// A VkMemoryBarrier with its stages, for a frame graph, or for `Instance::record_barrier`.
struct MemoryBarrier {
  VkPipelineStageFlags source_stages = 0, destination_stages = 0;
  VkAccessFlags source_access = 0, destination_access = 0;
};

/// What a dispatch is taken to cost until it has been timed, in microseconds: `per_dispatch`, and the longer one of its
/// operations and its bytes at these rates. A dispatch of fewer workgroups than at the largest sizes costs that part.
struct CostModel {
  double operations_per_microsecond = 1e6;  ///< 10^6: one TFLOP/s
  double bytes_per_microsecond = 1e5;       ///< 10^5: 100 GB/s
  double per_dispatch = 5;
};

struct InstanceInfo {
  /// As `Model::memory` says.
  BufferMemory weights, packed, scratch, uniform;
  /// Takes `Model::pool_sets` sets; the caller resets or destroys it after the instance. Null: the instance makes its
  /// own.
  VkDescriptorPool pool = VK_NULL_HANDLE;
  CostModel cost = {};
};

struct Progress {
  bool done = false;             ///< the run is recorded to its end
  std::uint32_t dispatches = 0;  ///< recorded by this call
  double cost = 0;               ///< theirs, in microseconds
};

struct LongestDispatch {
  Text name;                   ///< of the node, of the program's bytes
  std::uint32_t dispatch = 0;  ///< of Phase::Run, counted from 0
  double microseconds = 0;     ///< for the sizes that are set
  bool is_measured = false;
};

/// One run of a model. Moved, not copied; the model must outlive it. It is one thread's at a time; different instances
/// of a model are used by different threads as they like. Neither `bind` nor `set_parameters` nor any recording
/// allocates memory, but for the message of an error.
class Instance {
public:
  /// Checks the memory, and writes the descriptors of what is not the caller's to choose later. The model need not be
  /// compiled yet. Errors: MissingBinding (memory, an address or a mapping that the model needs), InvalidBinding (too
  /// small, misaligned), InvalidOperand (a cost model with a rate that is not above 0), NotReady (an empty model),
  /// VulkanFailed, OutOfMemory.
  static Result<Instance> make(const Model& model, const InstanceInfo& info);

  Instance() = default;
  ~Instance();
  Instance(Instance&& other) noexcept;
  Instance& operator=(Instance&& other) noexcept;

  /// Memory for an input or an output, which may be larger than needed; it is looked at whether it suffices when
  /// something is recorded, for the sizes then. A tensor's largest size: TensorRecord::max_bytes. An output must share no
  /// memory with another tensor: the barriers of the program know nothing of it. Writes the
  /// descriptors of this tensor alone. Errors, which name the tensor and leave what was bound: MissingBinding (no
  /// handle, or no address), InvalidBinding (no tensor has that name, misaligned, beyond maxStorageBufferRange, an
  /// image for a buffer or the reverse), NotReady (a run has begun).
  Result<void> bind(Text tensor, const BufferMemory& memory);
  Result<void> bind(Text tensor, const ImageMemory& image);

  /// Sizes and numbers by their names; what is not named stays as it was, and with the first call all sizes are given.
  /// After an error everything stays as it was. Errors: those of Program::evaluate and groups_of; InvalidBinding (no
  /// parameter has that name, or its type has no such number), NotReady (a run has begun).
  Result<void> set_parameters(Span<const program::ParameterValue> values);
  /// The numbers of a tensor's shape for the sizes that are set, and its bytes (of an image 0).
  struct Shape {
    std::uint32_t rank = 0;
    std::int64_t extent[8] = {};
    std::uint64_t bytes = 0;
  };
  Result<Shape> shape_of(Text tensor) const;

  /// Whether everything is there to record Phase::Run. What `record` returns before it records anything: NotReady (the
  /// model is not compiled), MissingBinding (a tensor, a size or a number), InvalidBinding (a tensor's memory is
  /// smaller than the sizes want: the message has the bytes).
  Result<void> check() const { return check(program::Phase::Run); }

  /// Makes the packed weights: once for a model, by any of its instances, after the weights have been uploaded. Sizes
  /// need not be set: packing does not depend on them. Ends with the barrier that makes the packed weights visible to
  /// every `record` that comes later on the queue.
  Result<void> record_prepare(VkCommandBuffer commands);
  /// All dispatches of a run with the barriers between them.
  Result<void> record(VkCommandBuffer commands);

  /// Records a run in pieces: dispatches until the sum of their costs would exceed `max_cost` microseconds, one at
  /// least. The next call continues, in the same or a later command buffer of the queue, behind a barrier of its own.
  /// Until the run is done, scratch memory and tensors are in use, and `record`, `bind` and `set_parameters` are
  /// refused. When it is done, further calls record nothing until `restart`, which may also give a run up.
  Result<Progress> advance(VkCommandBuffer commands, double max_cost);
  void restart() { next_ = 0; }

  /// What the whole run, and its longest dispatch, are taken to cost for the sizes that are set: no `advance` records
  /// less than a dispatch. 0 before there are sizes.
  double cost() const;
  LongestDispatch longest_dispatch() const;

  /// Timestamps that `record_calibration` writes.
  std::uint32_t timestamp_count() const;
  /// A run that times its dispatches: each alone, between timestamps from query `first` on, which are reset here. (The
  /// queue's family needs timestampValidBits.)
  Result<void> record_calibration(VkCommandBuffer commands, VkQueryPool queries, std::uint32_t first = 0);
  /// What vkGetQueryPoolResults gave for them (VK_QUERY_RESULT_64_BIT), when the device is done; `period` is
  /// VkPhysicalDeviceLimits::timestampPeriod in nanoseconds, `valid_bits` the queue family's timestampValidBits. From then
  /// on these are the costs, scaled by the workgroups. Errors: NotReady (nothing was recorded to be timed), InvalidOperand
  /// (another number of timestamps; a period that is not above 0), MissingCapability (no valid bits).
  Result<void> take_timestamps(Span<const std::uint64_t> ticks, double period, std::uint32_t valid_bits = 64);
  /// The costs that another instance of the same model has measured. InvalidOperand for one of another model.
  Result<void> copy_costs(const Instance& other);

  /// Between the caller's work and a run, between a run and the caller's work, and between two runs on one queue: "the
  /// transfer that filled the inputs" → barrier_before(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT).
  static MemoryBarrier barrier_before(VkPipelineStageFlags stages, VkAccessFlags access);
  static MemoryBarrier barrier_after(VkPipelineStageFlags stages, VkAccessFlags access);
  static MemoryBarrier barrier_between_runs();
  /// Of an instance that is not empty.
  void record_barrier(VkCommandBuffer commands, const MemoryBarrier& barrier) const;

private:
  struct Bound {
    BufferMemory buffer;
    bool is_bound;
  };
  struct Number {
    std::uint64_t bits;
    bool is_given;
  };
  struct Cost {
    double microseconds;  // below 0: not measured
    double groups;        // for which
    double timed_groups;  // of the calibration that is recorded last
  };
  // What goes from one dispatch of a call to the next.
  struct Recording {
    VkCommandBuffer commands;
    program::Barrier pending;
    VkPipeline pipeline;
  };

  Diagnostic allocate(const InstanceInfo& info);
  Diagnostic make_sets(VkDescriptorPool pool);
  void write_own_descriptors();
  Result<void> check(program::Phase phase) const;
  Result<void> check_idle(const char* what) const;
  Diagnostic find(Text tensor, bool image, std::uint32_t& index) const;
  Diagnostic refuse(ErrorCode code, std::uint32_t tensor, const String& what) const;
  std::uint64_t needed_bytes(std::uint32_t tensor) const;
  Diagnostic count_groups(Span<const std::int64_t> sizes, Span<program::GroupCounts> groups) const;
  std::uint64_t address_of(const program::RegionRecord& region) const;
  void fill_arguments(const detail::PlannedDispatch& dispatch);
  void record_dispatch(Recording& recording, std::uint32_t index);
  void record_pending(VkCommandBuffer commands, program::Barrier barrier) const;
  double cost_of(std::uint32_t index) const;

  const detail::ModelBody* model_ = nullptr;
  BufferMemory memories_[4];  // by program::Memory
  BufferMemory uniform_;
  VkDescriptorPool own_pool_ = VK_NULL_HANDLE;
  Buffer<VkDescriptorSet> sets_;
  Buffer<Bound> tensors_;
  // Values as they are, and as they would be: what is refused changes nothing.
  Buffer<program::ParameterValue> values_, new_values_;
  Buffer<Number> numbers_, new_numbers_;
  Buffer<std::int64_t> sizes_, new_sizes_;
  Buffer<program::GroupCounts> groups_, new_groups_;
  bool has_sizes_ = false, can_prepare_ = false, is_timed_ = false;
  Buffer<Cost> costs_;
  CostModel cost_model_;
  Buffer<unsigned char> arguments_;  // of the dispatch that is recorded
  std::uint32_t next_ = 0;           // what `advance` records next, of Phase::Run
};

AIRSTRIP_PLAYER_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/instance.hpp"
#endif
