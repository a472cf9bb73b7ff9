#pragma once

#include "../../reflect.hpp"

#include "../../config.hpp"
#include "../../spirv/vulkan_features.hpp"
#include "../pipeline.hpp"
#include "pipeline_body.hpp"

#include <new>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

// Makes one pipeline; the first error ends it.
class PipelineMaker {
public:
  PipelineMaker(const PipelineInfo& info, SourceLocation at) : info_(info), at_(at) {}

  Diagnostic run(detail::PipelineBody& body);

private:
  Diagnostic out_of_memory() const {
    return detail::failure(ErrorCode::OutOfMemory, "out of memory while a pipeline was made", at_);
  }
  Diagnostic over(const char* what, std::uint64_t has, const char* limit, std::uint64_t most) const {
    return detail::over_limit(what, has, limit, most, at_);
  }
  Diagnostic check_workgroup(const detail::PipelineBody& body) const;
  Diagnostic check_subgroups(const detail::PipelineBody& body) const;
  Diagnostic merge_bindings(detail::PipelineBody& body) const;
  Diagnostic check_descriptors(const detail::PipelineBody& body) const;
  Diagnostic list_descriptors(detail::PipelineBody& body) const;
  Diagnostic make_layouts(detail::PipelineBody& body) const;
  Diagnostic copy_constants(detail::PipelineBody& body) const;

  const PipelineInfo& info_;
  SourceLocation at_;
};

inline Diagnostic PipelineMaker::check_workgroup(const detail::PipelineBody& body) const {
  const reflection::EntryPoint& entry = *body.entry;
  const VkPhysicalDeviceLimits& limits = body.context.describe().limits;
  const std::uint32_t size[3] = {entry.workgroup.x, entry.workgroup.y, entry.workgroup.z};
  const char* const names[3] = {"the workgroup's x", "the workgroup's y", "the workgroup's z"};
  for (unsigned i = 0; i < 3; ++i)
    if (size[i] > limits.maxComputeWorkGroupSize[i])
      return over(names[i], size[i], "maxComputeWorkGroupSize", limits.maxComputeWorkGroupSize[i]);
  const std::uint64_t invocations = std::uint64_t{size[0]} * size[1] * size[2];
  if (invocations > limits.maxComputeWorkGroupInvocations)
    return over("the workgroup's number of invocations", invocations, "maxComputeWorkGroupInvocations",
                limits.maxComputeWorkGroupInvocations);
  if (entry.workgroup_bytes > limits.maxComputeSharedMemorySize)
    return over("the workgroup's memory in bytes", entry.workgroup_bytes, "maxComputeSharedMemorySize",
                limits.maxComputeSharedMemorySize);
  const std::uint64_t push = std::uint64_t{entry.push_constants.offset} + entry.push_constants.size;
  if (push > limits.maxPushConstantsSize)
    return over("the end of the push constants in bytes", push, "maxPushConstantsSize",
                limits.maxPushConstantsSize);
  return {};
}

inline Diagnostic PipelineMaker::check_subgroups(const detail::PipelineBody& body) const {
  const Description& device = body.context.describe();
  const reflection::Size3& workgroup = body.entry->workgroup;
  const auto error = [&](const char* text) {
    return detail::failure(ErrorCode::LimitExceeded, Text(text), at_);
  };
  const std::uint32_t size = info_.subgroup_size;
  if (size != 0) {
    if (!device.can_choose_subgroup_size)
      return error(
          "a subgroup size is asked for, and the feature subgroupSizeControl is not enabled, or not for "
          "compute");
    if ((size & (size - 1)) != 0 || size < device.min_subgroup_size || size > device.max_subgroup_size) {
      String message("a subgroup size of ");
      message << size << " is asked for, and the device has powers of two from " << device.min_subgroup_size
              << " to " << device.max_subgroup_size;
      return detail::failure(ErrorCode::LimitExceeded, static_cast<String&&>(message), at_);
    }
    const std::uint64_t invocations = std::uint64_t{workgroup.x} * workgroup.y * workgroup.z;
    if (device.max_workgroup_subgroups != 0 &&
        invocations > std::uint64_t{size} * device.max_workgroup_subgroups)
      return over("the workgroup's number of subgroups", (invocations + size - 1) / size,
                  "maxComputeWorkgroupSubgroups", device.max_workgroup_subgroups);
  }
  if (!info_.full_subgroups) return {};
  if (!device.can_require_full_subgroups)
    return error("full subgroups are asked for, and the feature computeFullSubgroups is not enabled");
  const std::uint32_t of = size != 0 ? size : device.max_subgroup_size;
  if (of == 0 || workgroup.x % of == 0) return {};
  String message("full subgroups are asked for, and the workgroup's x, ");
  message << workgroup.x << ", is no multiple of " << of;
  return detail::failure(ErrorCode::LimitExceeded, static_cast<String&&>(message), at_);
}

// Variables of a module may share a binding: views of one buffer with different types.
inline Diagnostic PipelineMaker::merge_bindings(detail::PipelineBody& body) const {
  using reflection::DescriptorKind;
  for (const reflection::Binding& b : body.reflection.bindings(*body.entry)) {
    if (body.merged.empty() || body.merged.back().set != b.set || body.merged.back().binding != b.binding) {
      if (!body.merged.push_back(b)) return out_of_memory();
      continue;
    }
    reflection::Binding& before = body.merged.back();
    const auto is_image = [](const reflection::Binding& one) {
      return one.kind == DescriptorKind::Sampler || one.kind == DescriptorKind::SampledImage ||
             one.kind == DescriptorKind::CombinedImageSampler;
    };
    if (before.kind != b.kind && !(is_image(before) && is_image(b))) {
      String message(detail::name_of(b));
      message << " is " << Text(detail::descriptor_name(before.kind)) << " and "
              << Text(detail::descriptor_name(b.kind)) << " in one module";
      return detail::failure(ErrorCode::InvalidOperand, static_cast<String&&>(message), at_);
    }
    if (before.kind != b.kind) before.kind = DescriptorKind::CombinedImageSampler;
    if (before.name.empty()) before.name = b.name;
    if (before.count < b.count) before.count = b.count;
    if (before.minimum_bytes < b.minimum_bytes) before.minimum_bytes = b.minimum_bytes;
    before.used.read |= b.used.read;
    before.used.write |= b.used.write;
    before.used.atomic |= b.used.atomic;
  }
  return {};
}

inline Diagnostic PipelineMaker::check_descriptors(const detail::PipelineBody& body) const {
  using reflection::DescriptorKind;
  const VkPhysicalDeviceLimits& limits = body.context.describe().limits;
  // A module may claim as many as it likes, and some devices set no limit.
  std::uint64_t storage = 0, uniform = 0, images = 0, sampled = 0, samplers = 0;
  for (const reflection::Binding& b : body.bindings()) {
    if (b.set >= Pipeline::max_sets)
      return over("the number of descriptor sets", std::uint64_t{b.set} + 1, "Pipeline::max_sets",
                  Pipeline::max_sets);
    if (b.set >= limits.maxBoundDescriptorSets)
      return over("the number of descriptor sets", std::uint64_t{b.set} + 1, "maxBoundDescriptorSets",
                  limits.maxBoundDescriptorSets);
    if (b.count == 0 || b.kind == DescriptorKind::Unknown || b.kind == DescriptorKind::Tensor ||
        b.kind == DescriptorKind::AccelerationStructure || b.kind == DescriptorKind::InputAttachment) {
      String message(detail::name_of(b));
      message << " is " << Text(detail::descriptor_name(b.kind))
              << Text(b.count == 0 ? " in an array whose size the module leaves open" : "")
              << ", which this adapter does not bind";
      return detail::failure(ErrorCode::InvalidOperand, static_cast<String&&>(message), at_);
    }
    storage += b.kind == DescriptorKind::StorageBuffer ? b.count : 0;
    uniform += b.kind == DescriptorKind::UniformBuffer ? b.count : 0;
    images +=
        b.kind == DescriptorKind::StorageImage || b.kind == DescriptorKind::StorageTexelBuffer ? b.count : 0;
    const bool both = b.kind == DescriptorKind::CombinedImageSampler;
    sampled += both || b.kind == DescriptorKind::SampledImage || b.kind == DescriptorKind::UniformTexelBuffer
                   ? b.count
                   : 0;
    samplers += both || b.kind == DescriptorKind::Sampler ? b.count : 0;
  }
  if (storage > limits.maxPerStageDescriptorStorageBuffers)
    return over("the number of storage buffers", storage, "maxPerStageDescriptorStorageBuffers",
                limits.maxPerStageDescriptorStorageBuffers);
  if (uniform > limits.maxPerStageDescriptorUniformBuffers)
    return over("the number of uniform buffers", uniform, "maxPerStageDescriptorUniformBuffers",
                limits.maxPerStageDescriptorUniformBuffers);
  if (images > limits.maxPerStageDescriptorStorageImages)
    return over("the number of storage images", images, "maxPerStageDescriptorStorageImages",
                limits.maxPerStageDescriptorStorageImages);
  if (sampled > limits.maxPerStageDescriptorSampledImages)
    return over("the number of sampled images", sampled, "maxPerStageDescriptorSampledImages",
                limits.maxPerStageDescriptorSampledImages);
  if (samplers > limits.maxPerStageDescriptorSamplers)
    return over("the number of samplers", samplers, "maxPerStageDescriptorSamplers",
                limits.maxPerStageDescriptorSamplers);
  const std::uint64_t resources = storage + uniform + images + sampled;
  if (resources + samplers > Pipeline::max_descriptors)
    return over("the number of descriptors", resources + samplers, "Pipeline::max_descriptors",
                Pipeline::max_descriptors);
  if (resources > limits.maxPerStageResources)
    return over("the number of resources", resources, "maxPerStageResources", limits.maxPerStageResources);
  return {};
}

inline Diagnostic PipelineMaker::list_descriptors(detail::PipelineBody& body) const {
  const Span<const reflection::Binding> bindings = body.bindings();
  for (const bool pushed : {true, false})
    for (std::uint32_t i = 0; i < bindings.size(); ++i)
      for (std::uint32_t element = 0; element < bindings[i].count; ++element)
        if (body.is_pushed(bindings[i].set) == pushed) {
          body.descriptors.push_back({i, element});
          body.pushed += pushed;
        }
  if (body.descriptors.out_of_memory()) return out_of_memory();
  if (body.push_descriptors) {
    const std::uint32_t most = body.context.describe().max_push_descriptors;
    if (most == 0)
      return detail::failure(
          ErrorCode::MissingCapability,
          "descriptors are to be pushed, and the extension VK_KHR_push_descriptor is not enabled", at_);
    if (body.pushed > most)
      return over("the number of pushed descriptors", body.pushed, "maxPushDescriptors", most);
  }
  std::uint32_t last_set = reflection::none;  // bindings are ordered by set
  for (const reflection::Binding& b : bindings) {
    if (body.is_pushed(b.set)) continue;
    body.pool_sets += b.set != last_set;
    last_set = b.set;
    const auto type = static_cast<VkDescriptorType>(b.kind);
    bool known = false;
    for (VkDescriptorPoolSize& size : body.pool_sizes)
      if (size.type == type) {
        size.descriptorCount += b.count;
        known = true;
      }
    if (!known && !body.pool_sizes.push_back({type, b.count})) return out_of_memory();
  }
  return {};
}

inline Diagnostic PipelineMaker::make_layouts(detail::PipelineBody& body) const {
  const Context& context = body.context;
  const Functions& f = context.functions();
  const Span<const reflection::Binding> bindings = body.bindings();
  const std::uint32_t set_count = bindings.empty() ? 0 : bindings[bindings.size() - 1].set + 1;
  Buffer<VkDescriptorSetLayoutBinding> slots;
  if (!body.set_layouts.resize(set_count, VK_NULL_HANDLE)) return out_of_memory();
  for (std::uint32_t set = 0; set < set_count; ++set) {
    slots.clear();
    for (const reflection::Binding& b : bindings)
      if (b.set == set && !slots.push_back({b.binding, static_cast<VkDescriptorType>(b.kind), b.count,
                                            VK_SHADER_STAGE_COMPUTE_BIT, nullptr}))
        return out_of_memory();
    auto info = detail::make_structure<VkDescriptorSetLayoutCreateInfo>(
        VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO);
    if (body.is_pushed(set)) info.flags = VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR;
    info.bindingCount = static_cast<std::uint32_t>(slots.size());
    info.pBindings = slots.data();
    const VkResult result = f.vkCreateDescriptorSetLayout(
        context.device(), &info, context.allocation_callbacks(), &body.set_layouts[set]);
    if (result < 0) return detail::failed_call("vkCreateDescriptorSetLayout", result, at_);
  }
  const reflection::PushConstants& push = body.entry->push_constants;
  const VkPushConstantRange range{VK_SHADER_STAGE_COMPUTE_BIT, push.offset, push.size};
  auto info =
      detail::make_structure<VkPipelineLayoutCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO);
  info.setLayoutCount = set_count;
  info.pSetLayouts = body.set_layouts.data();
  info.pushConstantRangeCount = push.size != 0;
  info.pPushConstantRanges = &range;
  const VkResult result =
      f.vkCreatePipelineLayout(context.device(), &info, context.allocation_callbacks(), &body.layout);
  if (result < 0) return detail::failed_call("vkCreatePipelineLayout", result, at_);
  context.set_name(VK_OBJECT_TYPE_PIPELINE_LAYOUT, detail::handle_bits(body.layout), body.label);
  return {};
}

inline Diagnostic PipelineMaker::copy_constants(detail::PipelineBody& body) const {
  for (const reflection::Override& override_ : info_.constants)
    for (const reflection::SpecConstant& constant : body.reflection.spec_constants()) {
      if (constant.spec_id != override_.spec_id || constant.spec_id == reflection::none) continue;
      // The bits of a number in a map entry are its lowest.
      const auto at = static_cast<std::uint32_t>(body.constant_bytes.size());
      const std::uint32_t size = constant.size <= 8 ? constant.size : 8;
      unsigned char bytes[8];
      for (unsigned i = 0; i < 8; ++i)
        bytes[i] = static_cast<unsigned char>(override_.bits >> (8 * i) & 0xFF);
      if (!body.constants.push_back({override_.spec_id, at, size}) ||
          !body.constant_bytes.append(Span<const unsigned char>(bytes, 8)))
        return out_of_memory();
      break;
    }
  return {};
}

inline Diagnostic PipelineMaker::run(detail::PipelineBody& body) {
  Result<Reflection> reflected = reflect(info_.words, info_.constants);
  if (!reflected) return reflected.error();
  body.reflection = static_cast<Reflection&&>(*reflected);
  body.entry = body.reflection.find_entry_point(info_.entry_point, spirv::ExecutionModel::GLCompute);
  if (!body.entry) {
    String message("the module has no compute entry point ");
    message << info_.entry_point << "; it has";
    for (const reflection::EntryPoint& entry : body.reflection.entry_points())
      message << Text(&entry == body.reflection.entry_points().begin() ? " " : ", ") << entry.name;
    if (body.reflection.entry_points().empty()) message << " none";
    return detail::failure(ErrorCode::MissingBinding, static_cast<String&&>(message), at_);
  }
  body.entry_name = info_.entry_point;
  body.label = info_.label.empty() ? info_.entry_point : info_.label;
  body.subgroup_size = info_.subgroup_size;
  body.full_subgroups = info_.full_subgroups;
  body.push_descriptors = info_.push_descriptors;
  if (!body.words.append(info_.words)) return out_of_memory();

  Diagnostic error = detail::missing_need(body.reflection, body.context.describe().target, at_);
  if (error.code == ErrorCode::Ok) error = detail::broken_rule(body.reflection, body.context.describe(), at_);
  if (error.code == ErrorCode::Ok) error = check_workgroup(body);
  if (error.code == ErrorCode::Ok) error = check_subgroups(body);
  if (error.code == ErrorCode::Ok) error = merge_bindings(body);
  if (error.code == ErrorCode::Ok) error = check_descriptors(body);
  if (error.code == ErrorCode::Ok) error = list_descriptors(body);
  if (error.code == ErrorCode::Ok) error = copy_constants(body);
  if (error.code == ErrorCode::Ok) error = make_layouts(body);
  return error;
}

AIRSTRIP_INLINE Result<Pipeline> Pipeline::make(const Context& context, const PipelineInfo& info,
                                                SourceLocation at) {
  Pipeline pipeline;
  pipeline.body_ = new (std::nothrow) detail::PipelineBody(context);
  if (!pipeline.body_)
    return detail::failure(ErrorCode::OutOfMemory, "out of memory while a pipeline was made", at);
  Diagnostic error = PipelineMaker(info, at).run(*pipeline.body_);
  if (error.code != ErrorCode::Ok) return error;
  return pipeline;
}

AIRSTRIP_INLINE Pipeline::~Pipeline() { delete body_; }
AIRSTRIP_INLINE Pipeline::Pipeline(Pipeline&& other) noexcept : body_(other.body_) { other.body_ = nullptr; }
AIRSTRIP_INLINE Pipeline& Pipeline::operator=(Pipeline&& other) noexcept {
  if (this != &other) {
    delete body_;
    body_ = other.body_;
    other.body_ = nullptr;
  }
  return *this;
}

AIRSTRIP_INLINE PipelineState Pipeline::state() const {
  return body_ ? body_->state.load(std::memory_order_acquire) : PipelineState::Empty;
}
AIRSTRIP_INLINE VkPipeline Pipeline::handle() const { return is_ready() ? body_->pipeline : VK_NULL_HANDLE; }
AIRSTRIP_INLINE VkPipelineLayout Pipeline::layout() const { return body_->layout; }
AIRSTRIP_INLINE Span<const VkDescriptorSetLayout> Pipeline::set_layouts() const {
  return {body_->set_layouts.data(), body_->set_layouts.size()};
}
AIRSTRIP_INLINE std::uint32_t Pipeline::pool_sets() const { return body_->pool_sets; }
AIRSTRIP_INLINE Span<const VkDescriptorPoolSize> Pipeline::pool_sizes() const {
  return {body_->pool_sizes.data(), body_->pool_sizes.size()};
}
AIRSTRIP_INLINE const Context& Pipeline::context() const { return body_->context; }
AIRSTRIP_INLINE const Reflection& Pipeline::reflection() const { return body_->reflection; }
AIRSTRIP_INLINE const reflection::EntryPoint& Pipeline::entry_point() const { return *body_->entry; }
AIRSTRIP_INLINE Text Pipeline::label() const { return body_->label; }

AIRSTRIP_VULKAN_NAMESPACE_END

#include "compile.hpp"
