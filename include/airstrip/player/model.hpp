// Model: what all runs of a program share on a device. Layouts and pipelines, and what memory it takes, as data.
#pragma once

#include "../config.hpp"
#include "../program/program.hpp"
#include "../result.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "device.hpp"
#include "variant.hpp"

#include <cstdint>
#include <vulkan/vulkan_core.h>

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {
struct ModelBody;
}

/// A part of a buffer that the caller provides. Nothing has to be provided where `bytes` is 0.
struct MemoryRequirement {
  std::uint64_t bytes = 0;
  std::uint64_t alignment = program::memory_alignment;  ///< of the offset in the buffer
  VkBufferUsageFlags usage = 0;                         ///< of the buffer, at least
};

struct MemoryRequirements {
  /// One of each for a model. `Program::weight_bytes()` go to the beginning of `weights`, uploaded by the caller.
  MemoryRequirement weights, packed;
  /// One of each for an instance. `uniform` is read by the device and written by `record`: visible to the host,
  /// coherent and mapped.
  MemoryRequirement scratch, uniform;
};

enum class ModelState : std::uint8_t {
  Empty,      ///< default-made or moved from
  Made,       ///< with layouts: instances can be made
  Compiling,  ///< a thread is in `compile`
  Ready,      ///< instances can be recorded
  Failed,     ///< the driver refused a pipeline; `compile` may try again
};

/// A program's variant on a device. It can be moved; it must not go before its instances, nor before the command
/// buffers recorded with it have been executed, nor while a thread is in `compile`.
///
/// Threads: `compile` runs on any thread. `state` and `is_ready` may be asked by any thread at any time. The rest only
/// reads, and may be called while another thread compiles.
class Model {
public:
  /// Chooses the variant (`choose_variant`), and makes the layouts. What is the same is made once. The program's bytes
  /// must outlive the model; the Program and the Device need not. SPIR-V is not validated: to a driver an invalid
  /// module may do anything, so load what you trust, or check the words before. Errors: those of choose_variant;
  /// MalformedFile (a module is no SPIR-V), VulkanFailed, OutOfMemory.
  static Result<Model> make(const Device& device, const program::Program& program, Text variant = {});

  Model() = default;
  ~Model();
  Model(Model&& other) noexcept;
  Model& operator=(Model&& other) noexcept;

  /// All pipelines by one vkCreateComputePipelines: the driver's work, milliseconds or seconds of it, the job for a
  /// worker thread. A model that is ready is left as it is; for one that another thread compiles NotReady is returned.
  Result<void> compile(VkPipelineCache cache = VK_NULL_HANDLE);
  ModelState state() const;
  bool is_ready() const { return state() == ModelState::Ready; }

  // What follows is of a model that is not empty.

  const MemoryRequirements& memory() const;
  /// What an instance takes from a descriptor pool.
  std::uint32_t pool_sets() const;
  Span<const VkDescriptorPoolSize> pool_sizes() const;

  const program::Program& program() const;
  const program::VariantRecord& variant() const;
  /// Why the others were not chosen.
  Span<const Refusal> refusals() const;
  std::uint32_t pipeline_count() const;
  /// Of Phase::Run, those included that have nothing to do for some sizes.
  std::uint32_t dispatch_count() const;

private:
  friend class Instance;
  detail::ModelBody* body_ = nullptr;
};

AIRSTRIP_PLAYER_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/model.hpp"
#endif
