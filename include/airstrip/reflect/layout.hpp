// What an engine writes by hand otherwise: set layouts and a pipeline layout for several modules, push-constant ranges,
// specialisation map entries. Plain structures with Vulkan's numbers, so that vulkan.h is not needed:
//
//     reflection::Stage stages[] = {{&*vertex, &vertex->entry_points()[0], "sky.vert"},
//                                   {&*fragment, &fragment->entry_points()[0], "sky.frag"}};
//     Result<reflection::PipelineLayout> layout = reflection::pipeline_layout(stages);
//     if (!layout) puts(layout.error().to_string().c_str());  // names both modules' bindings
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "reflection.hpp"

#include <cstdint>

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection {

/// VkShaderStageFlagBits of an execution model; 0 for Kernel and what Vulkan does not have.
std::uint32_t shader_stage(spirv::ExecutionModel model);

/// VkDescriptorSetLayoutBinding, and the set that it is in.
struct SetLayoutBinding {
  std::uint32_t set = 0, binding = 0;
  DescriptorKind kind = DescriptorKind::Unknown;  ///< VkDescriptorType
  std::uint32_t count = 1;          ///< of descriptors; 0: sized at run time, the caller's choice
  std::uint32_t stages = 0;         ///< VkShaderStageFlags
  Text name;                        ///< of the first stage that has it, a view into its Reflection
  std::uint64_t minimum_bytes = 0;  ///< of a buffer: the most that any stage asks for
  AccessFlags used;                 ///< by any stage
};

/// VkPushConstantRange. No stage is in two of them.
struct PushRange {
  std::uint32_t stages = 0;
  std::uint32_t offset = 0, size = 0;
};

/// An entry point in a pipeline.
struct Stage {
  const Reflection* reflection = nullptr;
  const EntryPoint* entry = nullptr;
  Text module;  ///< what errors call it; empty: the entry point's name
};

struct PipelineLayout {
  Buffer<SetLayoutBinding> bindings;  ///< ordered by set and binding, each once
  Buffer<PushRange> push_ranges;      ///< in the order of the stages
  std::uint32_t set_count = 0;        ///< the highest set + 1; sets without bindings are empty layouts

  /// The part of `bindings` that is one set; empty where it has none.
  Span<const SetLayoutBinding> set(std::uint32_t number) const;
};

/// Merges the stages. A binding that several have needs one type and the largest count; of a combined image sampler a
/// stage may use the image or the sampler alone (Vulkan, 15.5.3 "DescriptorSet and Binding Assignment").
/// Errors: InvalidOperand where two stages, or two variables of one, want different types in one place; OutOfMemory.
Result<PipelineLayout> pipeline_layout(Span<const Stage> stages);
/// The same of one entry point.
Result<PipelineLayout> pipeline_layout(const Reflection& reflection, const EntryPoint& entry);

/// VkSpecializationMapEntry.
struct SpecializationEntry {
  std::uint32_t constant_id = 0;
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

/// VkSpecializationInfo: every constant that has a SpecId, with the values of the reflection.
struct Specialization {
  Buffer<SpecializationEntry> entries;  ///< in the order of the module, each SpecId once
  Buffer<std::uint8_t> data;            ///< in host byte order, each value at a multiple of its size
};

/// Errors: InvalidOperand where constants of different sizes share a SpecId; OutOfMemory.
Result<Specialization> specialization_of(const Reflection& reflection);

}  // namespace reflection

AIRSTRIP_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/layout.hpp"
#endif
