// What is behind a Pipeline, and what a module's interface needs of a device.
#pragma once

#include "../pipeline.hpp"
#include "describe.hpp"

#include <atomic>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

struct detail::PipelineBody {
  // One descriptor: an element of a binding.
  struct Descriptor {
    std::uint32_t binding;  // in bindings()
    std::uint32_t element;
  };

  ~PipelineBody() {
    const Functions& f = context.functions();
    const VkAllocationCallbacks* const callbacks = context.allocation_callbacks();
    if (pipeline) f.vkDestroyPipeline(context.device(), pipeline, callbacks);
    if (layout) f.vkDestroyPipelineLayout(context.device(), layout, callbacks);
    for (const VkDescriptorSetLayout set : set_layouts)
      if (set) f.vkDestroyDescriptorSetLayout(context.device(), set, callbacks);
    context.body_ = nullptr;
  }
  explicit PipelineBody(const Context& of) { context.body_ = of.body_; }
  PipelineBody(const PipelineBody&) = delete;
  PipelineBody& operator=(const PipelineBody&) = delete;

  // One for each set and binding, in their order.
  Span<const reflection::Binding> bindings() const { return {merged.data(), merged.size()}; }
  bool is_pushed(std::uint32_t set) const { return push_descriptors && set == 0; }
  // The members of the push constants; empty where there are none.
  Span<const reflection::Member> push_members() const { return members_of(entry->push_constants.type); }
  Span<const reflection::Member> members_of(std::uint32_t type) const {
    const Span<const reflection::Type> types = reflection.types();
    if (type >= types.size() || types[type].kind != reflection::TypeKind::Struct) return {};
    return reflection.members().subspan(types[type].members.first, types[type].members.count);
  }

  Context context;  // the caller's, by its address, which moves do not change
  Reflection reflection;
  const reflection::EntryPoint* entry = nullptr;
  Buffer<std::uint32_t> words;  // until it is compiled
  Buffer<VkSpecializationMapEntry> constants;
  Buffer<unsigned char> constant_bytes;
  String entry_name, label;
  std::uint32_t subgroup_size = 0;
  bool full_subgroups = false, push_descriptors = false;

  Buffer<reflection::Binding> merged;
  Buffer<VkDescriptorSetLayout> set_layouts;
  Buffer<Descriptor> descriptors;  // of the pushed set first
  std::uint32_t pushed = 0;        // how many those are
  Buffer<VkDescriptorPoolSize> pool_sizes;
  std::uint32_t pool_sets = 0;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  VkPipeline pipeline = VK_NULL_HANDLE;
  std::atomic<PipelineState> state{PipelineState::Made};
};

namespace detail {

// "storage buffer".
inline const char* descriptor_name(reflection::DescriptorKind kind) {
  using reflection::DescriptorKind;
  switch (kind) {
    case DescriptorKind::Sampler: return "a sampler";
    case DescriptorKind::CombinedImageSampler: return "an image with a sampler";
    case DescriptorKind::SampledImage: return "a sampled image";
    case DescriptorKind::StorageImage: return "a storage image";
    case DescriptorKind::UniformTexelBuffer: return "a uniform texel buffer";
    case DescriptorKind::StorageTexelBuffer: return "a storage texel buffer";
    case DescriptorKind::UniformBuffer: return "a uniform buffer";
    case DescriptorKind::StorageBuffer: return "a storage buffer";
    case DescriptorKind::InputAttachment: return "an input attachment";
    case DescriptorKind::AccelerationStructure: return "an acceleration structure";
    case DescriptorKind::Tensor: return "a tensor";
    case DescriptorKind::Unknown: break;
  }
  return "a descriptor of an unknown kind";
}

// "x (set 0, binding 1)".
inline String name_of(const reflection::Binding& binding, std::uint32_t element = 0) {
  String text(binding.name.empty() ? Text("the descriptor") : binding.name);
  text << " (set " << binding.set << ", binding " << binding.binding;
  if (binding.count != 1) text << ", element " << element;
  text << ')';
  return text;
}

// The feature or extension that would permit it, as advice; empty where the tables have none.
inline String advice(Span<const spirv::VulkanEnable> ways) {
  String text;
  for (const spirv::VulkanEnable& way : ways) {
    if (way.kind == spirv::VulkanEnable::Kind::Feature && way.member)
      text << "; enable the feature " << Text(way.member) << " of " << Text(way.structure);
    else if (way.kind == spirv::VulkanEnable::Kind::Property && way.member)
      text << "; the device would have to have " << Text(way.value ? way.value : way.member);
    else if (way.kind == spirv::VulkanEnable::Kind::Extension && way.extension)
      text << "; enable the extension " << Text(way.extension);
    else if (way.kind == spirv::VulkanEnable::Kind::ApiVersion)
      text << "; it needs Vulkan " << std::uint32_t{way.api_version} / 256u << '.'
           << std::uint32_t{way.api_version} % 256u;
    if (!text.empty()) break;
  }
  return text;
}

// What the module declares and the device has not enabled.
inline Diagnostic missing_need(const Reflection& module, const spirv::Target& target, SourceLocation at) {
  if (module.version() > target.spirv_version()) {
    String message("the module is SPIR-V ");
    message << std::uint32_t{module.version()} / 256u << '.' << std::uint32_t{module.version()} % 256u
            << ", and the device as made takes " << std::uint32_t{target.spirv_version()} / 256u << '.'
            << std::uint32_t{target.spirv_version()} % 256u << " at most (" << Text(target.name()) << ')';
    return failure(ErrorCode::MissingCapability, static_cast<String&&>(message), at);
  }
  for (const reflection::Need& need : module.needs()) {
    String what;
    Span<const spirv::VulkanEnable> ways;
    if (need.is_extension) {
      spirv::Extension extension{};
      // One that the grammar does not know is the driver's to judge.
      if (!spirv::grammar::find(need.extension, extension) || target.permits(extension)) continue;
      what << "the SPIR-V extension " << need.extension;
      ways = spirv::vulkan_enables(extension);
    } else {
      if (target.permits(need.capability)) continue;
      const spirv::EnumerantInfo* const info =
          spirv::grammar::find(spirv::OperandKind::Capability, static_cast<std::uint32_t>(need.capability));
      if (!info) continue;
      what << "the capability " << Text(info->name);
      ways = spirv::vulkan_enables(need.capability);
    }
    String message("the module declares ");
    message << Text(what) << ", which the device as enabled does not permit" << Text(advice(ways));
    Diagnostic error = failure(ErrorCode::MissingCapability, static_cast<String&&>(message), at);
    error.word_offset = need.word_offset;
    return error;
  }
  return {};
}

// What Vulkan asks for besides capabilities, such as maintenance4 for LocalSizeId.
inline Diagnostic broken_rule(const Reflection& module, const Description& device, SourceLocation at) {
  reflection::DeviceDescription description;
  description.api_version = version_of(device.api_version);
  description.features = Span<const Text>(device.features.data(), device.features.size());
  Buffer<Text> extensions;
  for (const VkExtensionProperties& extension : device.extensions)
    extensions.push_back(Text(extension.extensionName));
  description.extensions = extensions;
  const reflection::DeviceRequirements needs = reflection::requirements_of(module, description.api_version);
  const Buffer<reflection::Failure> failures = reflection::check(needs, description);
  if (needs.out_of_memory() || failures.out_of_memory() || extensions.out_of_memory())
    return failure(ErrorCode::OutOfMemory, "out of memory while a module was checked", at);
  for (const reflection::Failure& one : failures)
    if (one.kind == reflection::Failure::Kind::Rule)
      return failure(ErrorCode::MissingCapability, one.to_string(), at);
  return {};
}

inline Diagnostic over_limit(const char* what, std::uint64_t has, const char* limit, std::uint64_t most,
                             SourceLocation at) {
  String message(what);
  message << " is " << has << ", and the device takes " << most << " at most (" << Text(limit) << ')';
  return failure(ErrorCode::LimitExceeded, static_cast<String&&>(message), at);
}

}  // namespace detail

AIRSTRIP_VULKAN_NAMESPACE_END
