#pragma once

#include "../variant.hpp"

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {

/// Looks for the first thing that a device lacks.
class MisfitFinder {
public:
  MisfitFinder(const Device& device, const program::Program& program) : device_(device), program_(program) {}

  String run(const program::VariantRecord& v) {
    const DeviceProperties& has = device_.properties();
    if (v.api_version > has.api_version) {
      at_fault() << "it needs Vulkan " << VK_API_VERSION_MAJOR(v.api_version) << '.'
                 << VK_API_VERSION_MINOR(v.api_version) << ", and the device is used with "
                 << VK_API_VERSION_MAJOR(has.api_version) << '.' << VK_API_VERSION_MINOR(has.api_version);
    }
    for (const program::RequirementRecord& r : program_.requirements(v)) requirement(r);
    const bool below = has.subgroup_size < v.min_subgroup_size;
    if (below || (v.max_subgroup_size != 0 && has.subgroup_size > v.max_subgroup_size)) {
      String& why = at_fault();
      why << "its kernels are for subgroups of " << v.min_subgroup_size;
      if (v.max_subgroup_size == 0)
        why << " invocations or more";
      else
        why << " to " << v.max_subgroup_size << " invocations";
      if (has.subgroup_size == 0)
        why << ", and of what size the device's are is not known before Vulkan 1.1";
      else
        why << ", and the device's have " << has.subgroup_size;
    }
    if (v.uses_addresses && !device_.has_feature("bufferDeviceAddress"))
      at_fault() << "the feature bufferDeviceAddress is not enabled";
    for (unsigned i = 0; i < 2; ++i)
      limit("maxComputeWorkGroupCount", v.max_groups[i], has.limits.maxComputeWorkGroupCount[i]);
    // A module of several dispatches is looked at several times; each look is short.
    for (const program::DispatchRecord& d : program_.dispatches(v)) {
      if (!reason_.empty()) break;
      module(program_.modules()[d.module]);
      for (const program::OperandRecord& o : program_.operands(d)) {
        const program::RegionRecord& r = program_.regions()[o.region];
        if (o.binding != program::none && r.memory != program::Memory::Tensor)
          limit("maxStorageBufferRange", r.bytes, has.limits.maxStorageBufferRange);
      }
    }
    return static_cast<String&&>(reason_);
  }

private:
  /// What is written after the first fault is dropped.
  String& at_fault() {
    dropped_.clear();
    return reason_.empty() ? reason_ : dropped_;
  }
  void limit(const char* name, std::uint64_t needed, std::uint64_t has) {
    if (needed > has)
      at_fault() << "it needs " << needed << " of the limit " << Text(name) << ", which is " << has;
  }
  void requirement(const program::RequirementRecord& r) {
    using Kind = program::RequirementRecord::Kind;
    const Text name = program_.text(r.name);
    std::uint64_t value = 0;
    if (r.kind == Kind::Feature && !device_.has_feature(name))
      at_fault() << "the feature " << name << " is not enabled";
    else if (r.kind == Kind::Extension && !device_.has_extension(name))
      at_fault() << "the extension " << name << " is not enabled";
    else if (r.kind == Kind::Property && !device_.has_property(name))
      at_fault() << "the device does not have " << name << " for compute shaders";
    else if (r.kind == Kind::Limit && !device_.find_limit(name, value))
      at_fault() << "it needs the limit " << name << ", which the player does not know";
    else if (r.kind == Kind::Limit && value < r.at_least)
      at_fault() << "it needs " << r.at_least << " of the limit " << name << ", which is " << value;
  }
  void module(const program::ModuleRecord& m) {
    const DeviceProperties& has = device_.properties();
    const VkPhysicalDeviceLimits& l = has.limits;
    std::uint64_t invocations = 1;
    for (unsigned i = 0; i < 3; ++i) {
      limit("maxComputeWorkGroupSize", m.workgroup[i], l.maxComputeWorkGroupSize[i]);
      if (!reason_.empty()) return;
      invocations *= m.workgroup[i];
    }
    limit("maxComputeWorkGroupInvocations", invocations, l.maxComputeWorkGroupInvocations);
    const bool uniform = program::has_uniform(m);
    if (m.placement == program::Placement::PushConstants)
      limit("maxPushConstantsSize", m.parameter_bytes, l.maxPushConstantsSize);
    if (uniform) {
      limit("maxUniformBufferRange", m.parameter_bytes, l.maxUniformBufferRange);
      limit("maxBoundDescriptorSets", std::uint64_t{m.parameter_set} + 1, l.maxBoundDescriptorSets);
    }
    std::uint64_t of_type[3] = {};
    for (const program::BindingRecord& b : program_.bindings(m)) {
      ++of_type[static_cast<std::uint32_t>(b.type)];
      limit("maxBoundDescriptorSets", std::uint64_t{b.set} + 1, l.maxBoundDescriptorSets);
    }
    limit("maxPerStageDescriptorStorageBuffers", of_type[0], l.maxPerStageDescriptorStorageBuffers);
    limit("maxPerStageDescriptorStorageImages", of_type[1], l.maxPerStageDescriptorStorageImages);
    limit("maxPerStageDescriptorSampledImages", of_type[2], l.maxPerStageDescriptorSampledImages);
    limit("maxPerStageDescriptorSamplers", of_type[2], l.maxPerStageDescriptorSamplers);
    limit("maxPerStageResources", of_type[0] + of_type[1] + of_type[2] + (uniform ? 1 : 0),
          l.maxPerStageResources);
    subgroups(m, invocations);
  }
  void subgroups(const program::ModuleRecord& m, std::uint64_t invocations) {
    const DeviceProperties& has = device_.properties();
    const std::uint32_t size = m.subgroup_size;
    if (size != 0) {
      const bool known = size >= has.min_subgroup_size && size <= has.max_subgroup_size;
      if (!has.can_choose_subgroup_size)
        at_fault() << "a kernel asks for subgroups of " << size
                   << " invocations, and the feature subgroupSizeControl is not enabled";
      else if (!known || (size & (size - 1)) != 0)
        at_fault() << "a kernel asks for subgroups of " << size
                   << " invocations, and the device has powers of two from " << has.min_subgroup_size
                   << " to " << has.max_subgroup_size;
      else
        limit("maxComputeWorkgroupSubgroups", (invocations + size - 1) / size, has.max_workgroup_subgroups);
    }
    if (m.full_subgroups == 0) return;
    const std::uint32_t of = size != 0 ? size : has.max_subgroup_size;
    if (!device_.has_feature("computeFullSubgroups"))
      at_fault() << "a kernel asks for full subgroups, and the feature computeFullSubgroups is not enabled";
    else if (of != 0 && m.workgroup[0] % of != 0)
      at_fault() << "a kernel asks for full subgroups, and its workgroup's x, " << m.workgroup[0]
                 << ", is no multiple of " << of;
  }

  const Device& device_;
  const program::Program& program_;
  String reason_, dropped_;
};

}  // namespace detail

AIRSTRIP_INLINE String misfit(const Device& device, const program::Program& program,
                              const program::VariantRecord& variant) {
  return detail::MisfitFinder(device, program).run(variant);
}

AIRSTRIP_INLINE Result<VariantChoice> choose_variant(const Device& device, const program::Program& program,
                                                     Text name) {
  const Span<const program::VariantRecord> variants = program.variants();
  VariantChoice choice;
  bool is_of_kind = false, failed = false, is_named = false;
  const auto is_tried = [&](std::uint32_t i) {
    return name.empty() || program.text(variants[i].name) == name;
  };
  for (std::uint32_t i = 0; i < variants.size(); ++i) {
    const program::VariantRecord& v = variants[i];
    Refusal refusal{i, program.text(v.name), {}};
    if (is_tried(i)) {
      is_named = true;
      refusal.reason = misfit(device, program, v);
      const bool same = v.device_kind == static_cast<std::uint32_t>(device.properties().kind);
      failed = failed || refusal.reason.out_of_memory();
      if (refusal.reason.empty() && (choice.variant == program::none || (same && !is_of_kind))) {
        // The one before fits too, and is scheduled for another kind of device.
        if (choice.variant != program::none)
          choice.refusals.push_back({choice.variant, program.text(variants[choice.variant].name),
                                     String("it fits, and another is scheduled for this kind of device")});
        choice.variant = i;
        is_of_kind = same;
        continue;
      }
      if (refusal.reason.empty()) refusal.reason = "it fits, and another comes before it";
    } else {
      refusal.reason = "another was asked for by name";
    }
    choice.refusals.push_back(static_cast<Refusal&&>(refusal));
  }
  if (failed || choice.refusals.out_of_memory()) return detail::out_of_memory("a choice of variants");
  if (choice.variant != program::none) return choice;
  String message;
  if (!is_named) {
    message << "the program has no variant ";
    message << (name.empty() ? Text("at all") : name);
    for (std::uint32_t i = 0; i < variants.size(); ++i)
      message << Text(i == 0 ? "; it has " : ", ") << program.text(variants[i].name);
    return detail::failure(ErrorCode::InvalidOperand, static_cast<String&&>(message));
  }
  message << "no variant of the program fits the device";
  for (const Refusal& refusal : choice.refusals)
    if (is_tried(refusal.variant)) message << "; " << refusal.name << ": " << refusal.reason;
  return detail::failure(ErrorCode::MissingCapability, static_cast<String&&>(message));
}

AIRSTRIP_PLAYER_NAMESPACE_END
