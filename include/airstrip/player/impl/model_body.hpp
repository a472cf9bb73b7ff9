// What is behind a Model.
#pragma once

#include "../../config.hpp"
#include "../model.hpp"

#include <atomic>

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {

// A pipeline; module records that are the same share one.
struct PlannedModule {
  const program::ModuleRecord* record;
  std::uint32_t first_layout, set_count;  // in ModelBody::module_layouts
  VkPipelineLayout layout;
  VkPipeline pipeline;
};

// A set's layout, by the module and the set that it was first made for.
struct PlannedLayout {
  const program::ModuleRecord* record;
  std::uint32_t set;
  VkDescriptorSetLayout layout;
};

struct PlannedDispatch {
  const program::DispatchRecord* record;
  std::uint32_t module;                // in ModelBody::modules
  std::uint32_t first_set, set_count;  // in an instance's sets
  std::uint32_t label;                 // in ModelBody::labels
  std::uint64_t uniform_offset;        // in an instance's uniform memory
  double most_groups;                  // at the largest sizes; 1 at least
};

// A descriptor that shows a tensor.
struct TensorUse {
  std::uint32_t set, binding;  // the set as an instance counts them
  program::DescriptorType type;
};

// What the dispatches of the variant do with a tensor.
struct TensorPlan {
  std::uint32_t first_use, use_count;  // in ModelBody::uses
  bool in_phase[2], by_address;
};

struct ModelBody {
  ModelBody() = default;
  ModelBody(const ModelBody&) = delete;
  ModelBody& operator=(const ModelBody&) = delete;
  ~ModelBody() {
    const VkAllocationCallbacks* const callbacks = handles.allocation();
    for (const PlannedModule& m : modules) {
      if (m.pipeline) handles.f.vkDestroyPipeline(handles.device, m.pipeline, callbacks);
      if (m.layout) handles.f.vkDestroyPipelineLayout(handles.device, m.layout, callbacks);
    }
    for (const PlannedLayout& l : layouts)
      if (l.layout) handles.f.vkDestroyDescriptorSetLayout(handles.device, l.layout, callbacks);
  }

  Handles handles;
  DeviceProperties properties;
  program::Program program;
  const program::VariantRecord* variant = nullptr;
  List<Refusal> refusals;

  Buffer<PlannedModule> modules;
  Buffer<PlannedLayout> layouts;
  Buffer<VkDescriptorSetLayout> module_layouts;  // of each module its sets
  Buffer<PlannedDispatch> dispatches;            // of Phase::Prepare first
  std::uint32_t prepare_count = 0;
  Buffer<VkDescriptorSetLayout> set_layouts;  // of an instance's sets
  Buffer<VkDescriptorPoolSize> pool_sizes;
  Buffer<TensorPlan> tensors;
  Buffer<TensorUse> uses;
  Buffer<std::int64_t> largest_sizes;  // empty where they exclude each other
  Buffer<char> labels;                 // zero-terminated
  bool by_address[4] = {};             // by program::Memory: whether an argument is an address in it
  std::uint32_t most_parameter_bytes = 0;
  MemoryRequirements memory;
  std::atomic<ModelState> state{ModelState::Made};
};

// A region without bytes is bound nevertheless, and Vulkan binds no less than one.
inline std::uint64_t bound_bytes(const program::RegionRecord& region) {
  return region.bytes != 0 ? region.bytes : 16;
}

}  // namespace detail

AIRSTRIP_PLAYER_NAMESPACE_END
