// Pipeline: a compute shader with its layouts, made quickly, and compiled when and where the caller likes.
#pragma once

#include "../config.hpp"
#include "../reflect.hpp"
#include "../result.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "context.hpp"

#include <cstdint>
#include <vulkan/vulkan_core.h>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {
struct PipelineBody;
}

/// What a pipeline is made from. Nothing of it is needed after the call.
struct PipelineInfo {
  Span<const std::uint32_t> words = {};  ///< any SPIR-V module, of this library or not
  Text entry_point = "main";             ///< of the compute stage
  Span<const reflection::Override> constants =
      {};  ///< specialisation; a SpecId that no constant has changes nothing
  /// Invocations of a subgroup, of which the device must permit the choice; 0: the driver chooses.
  std::uint32_t subgroup_size = 0;
  /// Every subgroup is full: the workgroup's x is then a multiple of the subgroup's size.
  bool full_subgroups = false;
  /// Set 0 is pushed into the command buffer and needs no pool (VK_KHR_push_descriptor).
  bool push_descriptors = false;
  Text label = {};  ///< for capture tools and errors; empty: the entry point's name
};

enum class PipelineState : std::uint8_t {
  Empty,      ///< default-made or moved from
  Made,       ///< with layouts: descriptors can be written
  Compiling,  ///< a thread is in `compile`
  Ready,      ///< can be recorded
  Failed,     ///< the driver refused it; `compile` may try again
};

/// A compute pipeline. It can be moved while nothing compiles it; it must not be destroyed before the command buffers that
/// use it have been executed.
///
/// Threads: `compile` runs on any thread, of different pipelines at the same time, with one VkPipelineCache between them
/// unless that was made EXTERNALLY_SYNCHRONIZED. `state` and `is_ready` may be asked by any thread at any time. The rest
/// only reads, and may be called while another thread compiles.
class Pipeline {
public:
  /// What a pipeline may use, whatever the device permits.
  static constexpr std::uint32_t max_sets = 32, max_descriptors = 65536;

  /// Reads the module, checks that the device as enabled takes it, and makes the layouts. The driver does not compile yet.
  /// The module is not validated: to a driver an invalid one may do anything.
  /// Errors: those of `reflect`; MissingBinding (no such entry point), MissingCapability (the module declares what is not
  /// enabled; the message names the feature), LimitExceeded (workgroup, shared memory, push constants, descriptors, a
  /// subgroup size that cannot be had), InvalidOperand (a descriptor of unknown kind, a run-time sized array of
  /// descriptors), VulkanFailed, OutOfMemory.
  static Result<Pipeline> make(const Context& context, const PipelineInfo& info,
                               SourceLocation at = SourceLocation::current());

  Pipeline() = default;
  ~Pipeline();
  Pipeline(Pipeline&& other) noexcept;
  Pipeline& operator=(Pipeline&& other) noexcept;

  /// The driver's work, milliseconds or seconds of it: the job for a worker thread. A pipeline that is ready is left as
  /// it is; for one that another thread compiles NotReady is returned. (llvmpipe of Mesa 22.3 compiles at the first dispatch
  /// in place of here, unless its cache on disk has the kernel: there a small dispatch belongs to that job.)
  Result<void> compile(VkPipelineCache cache = VK_NULL_HANDLE);

  PipelineState state() const;
  bool is_ready() const { return state() == PipelineState::Ready; }

  /// Null until it is ready.
  VkPipeline handle() const;
  VkPipelineLayout layout() const;
  /// Of sets 0, 1, …; a set that the module does not use has an empty layout.
  Span<const VkDescriptorSetLayout> set_layouts() const;
  /// What one `prepare` takes from a descriptor pool: sets, and descriptors of each type. Nothing of a pushed set.
  std::uint32_t pool_sets() const;
  Span<const VkDescriptorPoolSize> pool_sizes() const;
  const Context& context() const;
  const Reflection& reflection() const;
  const reflection::EntryPoint& entry_point() const;
  Text label() const;

private:
  friend class Preparation;
  friend class Prepared;
  friend Result<void> compile(Span<Pipeline* const> pipelines, VkPipelineCache cache);
  detail::PipelineBody* body_ = nullptr;
};

/// Compiles them all, of one context, in one vkCreateComputePipelines, which some drivers spread over threads. Those that
/// are ready are left out. The first error is returned; the others are compiled nevertheless.
Result<void> compile(Span<Pipeline* const> pipelines, VkPipelineCache cache = VK_NULL_HANDLE);

AIRSTRIP_VULKAN_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/pipeline.hpp"
#endif
