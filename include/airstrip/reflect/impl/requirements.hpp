#pragma once

#include "../requirements.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection {

namespace detail {

inline bool same(const char* a, const char* b) { return Text(a) == Text(b); }

/// Whether the API version has the feature or property without an extension. Vulkan 1.1 has those that 1.2 gathered in
/// VkPhysicalDeviceVulkan11Features, in structures that were merged into it.
inline bool is_core(const spirv::VulkanEnable& way, spirv::Version api_version) {
  if (way.api_version == spirv::no_version) return false;
  const Text structure(way.structure), merged("VkPhysicalDeviceVulkan11");
  const bool since_1_1 = structure.size() > merged.size() && Text(structure.data(), merged.size()) == merged;
  return (since_1_1 ? spirv::make_version(1, 1) : way.api_version) <= api_version;
}

/// Khronos's extensions before those of several vendors, before one vendor's.
inline unsigned rank_of(Text extension) {
  const auto begins = [&](Text prefix) {
    return extension.size() >= prefix.size() && Text(extension.data(), prefix.size()) == prefix;
  };
  return begins("VK_KHR_") ? 0 : begins("VK_EXT_") ? 1 : 2;
}

/// The smaller the better; 0: met by the API version.
inline unsigned rank_of(const spirv::VulkanEnable& way, spirv::Version api_version) {
  using Kind = spirv::VulkanEnable::Kind;
  const bool in_core = is_core(way, api_version);
  const unsigned extension = way.extension ? 3 + 3 * rank_of(Text(way.extension)) : 20;
  switch (way.kind) {
    case Kind::ApiVersion: return in_core ? 0 : 21;
    case Kind::Feature: return in_core ? 1 : extension + 1;
    case Kind::Property: return in_core ? 2 : extension + 2;
    case Kind::Extension: return extension;
  }
  return 22;
}

inline const spirv::VulkanEnable* best_of(Span<const spirv::VulkanEnable> ways, spirv::Version api_version) {
  const spirv::VulkanEnable* best = nullptr;
  for (const spirv::VulkanEnable& way : ways)
    if (!best || rank_of(way, api_version) < rank_of(*best, api_version)) best = &way;
  return best;
}

inline void add_extension(DeviceRequirements& to, const char* name) {
  if (!name) return;
  for (const char* const known : to.extensions)
    if (same(known, name)) return;
  to.extensions.push_back(name);
}

inline void add_way(DeviceRequirements& to, const spirv::VulkanEnable& way) {
  const bool in_core = is_core(way, to.used_api_version);
  switch (way.kind) {
    case spirv::VulkanEnable::Kind::ApiVersion: break;
    case spirv::VulkanEnable::Kind::Extension: add_extension(to, way.extension); break;
    case spirv::VulkanEnable::Kind::Feature:
      for (const RequiredFeature& known : to.features)
        if (same(known.member, way.member)) return;
      to.features.push_back({way.structure, way.member, in_core ? nullptr : way.extension});
      if (!in_core) add_extension(to, way.extension);
      break;
    case spirv::VulkanEnable::Kind::Property:
      for (const RequiredProperty& known : to.properties)
        if (same(known.member, way.member) && same(known.value, way.value)) return;
      to.properties.push_back({way.structure, way.member, way.value});
      if (!in_core) add_extension(to, way.extension);
      break;
  }
}

inline void add_requirement(DeviceRequirements& to, Requirement requirement) {
  requirement.way = best_of(requirement.ways, to.used_api_version);
  if (requirement.way && rank_of(*requirement.way, to.used_api_version) == 0) return;
  if (to.requirements.push_back(requirement) && requirement.way) add_way(to, *requirement.way);
}

inline void add_capability(DeviceRequirements& to, spirv::CapabilitySet& seen, spirv::Capability capability,
                           std::uint32_t word_offset, unsigned depth) {
  if (seen.contains(capability)) return;
  const bool is_known = seen.insert(capability);
  Requirement requirement;
  requirement.capability = capability;
  requirement.word_offset = word_offset;
  requirement.ways = spirv::vulkan_enables(capability);
  add_requirement(to, requirement);
  const spirv::EnumerantInfo* const info =
      is_known ? spirv::grammar::find(spirv::OperandKind::Capability, static_cast<std::uint32_t>(capability))
               : nullptr;
  if (!info || depth == 16) return;  // the grammar's longest chain has six
  for (const spirv::Capability implied : spirv::grammar::capabilities(*info))
    add_capability(to, seen, implied, word_offset, depth + 1);
}

inline void add_limit(DeviceRequirements& to, const char* name, std::uint64_t at_least) {
  if (at_least == 0) return;
  for (RequiredLimit& known : to.limits)
    if (same(known.name, name)) {
      known.at_least = known.at_least > at_least ? known.at_least : at_least;
      return;
    }
  to.limits.push_back({name, at_least});
}

// What the stages' own rules ask for (Vulkan, "Validation Rules within a Module": VUIDs 06340, 06341 and 06434).
inline constexpr spirv::VulkanEnable vertex_stores[] = {
    {spirv::VulkanEnable::Kind::Feature, spirv::make_version(1, 0), "VkPhysicalDeviceFeatures",
     "vertexPipelineStoresAndAtomics", nullptr, nullptr}};
inline constexpr spirv::VulkanEnable fragment_stores[] = {
    {spirv::VulkanEnable::Kind::Feature, spirv::make_version(1, 0), "VkPhysicalDeviceFeatures",
     "fragmentStoresAndAtomics", nullptr, nullptr}};
inline constexpr spirv::VulkanEnable local_size_id[] = {
    {spirv::VulkanEnable::Kind::Feature, spirv::make_version(1, 3), "VkPhysicalDeviceVulkan13Features",
     "maintenance4", nullptr, "VK_KHR_maintenance4"}};

inline void add_rule(DeviceRequirements& to, const char* rule, Span<const spirv::VulkanEnable> ways,
                     std::uint32_t word_offset) {
  for (const Requirement& known : to.requirements)
    if (known.rule && same(known.rule, rule)) return;
  Requirement requirement;
  requirement.rule = rule;
  requirement.ways = ways;
  requirement.word_offset = word_offset;
  add_requirement(to, requirement);
}

inline void add_rules(DeviceRequirements& to, const Reflection& from) {
  for (const EntryPoint& entry : from.entry_points()) {
    for (std::uint32_t m = 0; m < entry.modes.count; ++m)
      if (from.execution_modes()[entry.modes.first + m].mode == spirv::ExecutionMode::LocalSizeId)
        add_rule(to, "LocalSizeId", local_size_id, entry.word_offset);
    const bool is_fragment = entry.model == spirv::ExecutionModel::Fragment;
    const bool is_vertex = entry.model == spirv::ExecutionModel::Vertex ||
                           entry.model == spirv::ExecutionModel::TessellationControl ||
                           entry.model == spirv::ExecutionModel::TessellationEvaluation ||
                           entry.model == spirv::ExecutionModel::Geometry;
    if (!is_fragment && !is_vertex) continue;
    for (const Binding& b : from.bindings(entry)) {
      const bool is_storage = b.kind == DescriptorKind::StorageBuffer ||
                              b.kind == DescriptorKind::StorageImage ||
                              b.kind == DescriptorKind::StorageTexelBuffer;
      // It is the decoration that counts, not whether an instruction writes.
      if (!is_storage || !b.declared.write) continue;
      if (is_fragment)
        add_rule(to, "a fragment shader's storage that is not NonWritable", fragment_stores, b.word_offset);
      else
        add_rule(to, "storage of a stage before the fragment shader that is not NonWritable", vertex_stores,
                 b.word_offset);
    }
  }
}

inline void add_limits(DeviceRequirements& to, const Reflection& from) {
  for (const EntryPoint& entry : from.entry_points()) {
    if (entry.model == spirv::ExecutionModel::GLCompute) {
      const std::uint64_t x = entry.workgroup.x, y = entry.workgroup.y, z = entry.workgroup.z;
      add_limit(to, "maxComputeWorkGroupSize[0]", x);
      add_limit(to, "maxComputeWorkGroupSize[1]", y);
      add_limit(to, "maxComputeWorkGroupSize[2]", z);
      const std::uint64_t plane = x * y;
      add_limit(to, "maxComputeWorkGroupInvocations",
                z != 0 && plane > ~std::uint64_t{0} / z ? ~std::uint64_t{0} : plane * z);
      add_limit(to, "maxComputeSharedMemorySize", entry.workgroup_bytes);
    }
    add_limit(to, "maxPushConstantsSize",
              std::uint64_t{entry.push_constants.offset} + entry.push_constants.size);
    if (entry.bindings.count != 0)  // sorted: the last has the highest set
      add_limit(to, "maxBoundDescriptorSets",
                std::uint64_t{from.bindings(entry)[entry.bindings.count - 1].set} + 1);
  }
}

inline bool contains(Span<const Text> list, const char* name) {
  for (const Text entry : list)
    if (name && entry == Text(name)) return true;
  return false;
}

inline bool is_met(const spirv::VulkanEnable& way, const DeviceDescription& device) {
  switch (way.kind) {
    case spirv::VulkanEnable::Kind::ApiVersion: return way.api_version <= device.api_version;
    case spirv::VulkanEnable::Kind::Feature: return contains(device.features, way.member);
    case spirv::VulkanEnable::Kind::Property: return contains(device.properties, way.value);
    case spirv::VulkanEnable::Kind::Extension: return contains(device.extensions, way.extension);
  }
  return false;
}

inline void append(String& text, spirv::Version version) {
  text << std::uint32_t{version} / 256 << '.' << std::uint32_t{version} % 256;
}

}  // namespace detail

AIRSTRIP_INLINE bool DeviceRequirements::out_of_memory() const {
  return requirements.out_of_memory() || features.out_of_memory() || properties.out_of_memory() ||
         extensions.out_of_memory() || limits.out_of_memory();
}

AIRSTRIP_INLINE DeviceRequirements requirements_of(const Reflection& reflection, spirv::Version api_version) {
  DeviceRequirements result;
  result.spirv_version = reflection.version();
  result.used_api_version = api_version;
  for (unsigned minor = 0; minor < 4; ++minor) {
    result.api_version = spirv::make_version(1, minor);
    if (spirv::vulkan_spirv_version(result.api_version) >= result.spirv_version) break;
  }
  if (result.spirv_version == spirv::make_version(1, 4) && api_version == spirv::make_version(1, 1)) {
    result.api_version = api_version;
    detail::add_extension(result, "VK_KHR_spirv_1_4");
  }
  spirv::CapabilitySet seen;
  for (const Need& need : reflection.needs()) {
    if (!need.is_extension) {
      detail::add_capability(result, seen, need.capability, need.word_offset, 0);
      continue;
    }
    Requirement requirement;
    requirement.is_extension = true;
    requirement.extension = need.extension;
    requirement.word_offset = need.word_offset;
    spirv::Extension known{};
    if (spirv::grammar::find(need.extension, known)) requirement.ways = spirv::vulkan_enables(known);
    detail::add_requirement(result, requirement);
  }
  detail::add_rules(result, reflection);
  detail::add_limits(result, reflection);
  return result;
}

AIRSTRIP_INLINE Buffer<Failure> check(const DeviceRequirements& requirements,
                                      const DeviceDescription& device) {
  Buffer<Failure> failures;
  const bool takes_version = spirv::vulkan_spirv_version(device.api_version) >= requirements.spirv_version ||
                             (requirements.spirv_version == spirv::make_version(1, 4) &&
                              detail::contains(device.extensions, "VK_KHR_spirv_1_4"));
  if (!takes_version) {
    Failure failure;
    failure.kind = Failure::Kind::ApiVersion;
    failure.needed = requirements.spirv_version;
    failure.offered = device.api_version;
    failures.push_back(failure);
  }
  for (const Requirement& requirement : requirements.requirements) {
    bool met = false;
    for (const spirv::VulkanEnable& way : requirement.ways) met = met || detail::is_met(way, device);
    if (met) continue;
    Failure failure;
    failure.kind = requirement.rule           ? Failure::Kind::Rule
                   : requirement.is_extension ? Failure::Kind::Extension
                                              : Failure::Kind::Capability;
    failure.requirement = requirement;
    failures.push_back(failure);
  }
  for (const RequiredLimit& limit : requirements.limits)
    for (const DeviceLimit& offered : device.limits) {
      if (!(offered.name == Text(limit.name)) || offered.value >= limit.at_least) continue;
      Failure failure;
      failure.kind = Failure::Kind::Limit;
      failure.name = limit.name;
      failure.needed = limit.at_least;
      failure.offered = offered.value;
      failures.push_back(failure);
    }
  return failures;
}

AIRSTRIP_INLINE String Failure::to_string() const {
  String text;
  switch (kind) {
    case Kind::ApiVersion:
      text << "SPIR-V ";
      detail::append(text, static_cast<spirv::Version>(needed));
      text << " is too new for Vulkan ";
      detail::append(text, static_cast<spirv::Version>(offered));
      return text;
    case Kind::Limit: text << name << " is " << offered << ", and the module needs " << needed; return text;
    case Kind::Rule: text << Text(requirement.rule); break;
    case Kind::Extension: text << "extension " << requirement.extension; break;
    case Kind::Capability: {
      const spirv::EnumerantInfo* const info = spirv::grammar::find(
          spirv::OperandKind::Capability, static_cast<std::uint32_t>(requirement.capability));
      text << "capability ";
      if (info)
        text << Text(info->name);
      else
        text << static_cast<std::uint32_t>(requirement.capability);
      break;
    }
  }
  if (requirement.word_offset != 0) text << " (word " << requirement.word_offset << ')';
  if (requirement.ways.empty()) {
    text << " is not one that Vulkan takes";
    return text;
  }
  const char* between = " needs ";
  for (const spirv::VulkanEnable& way : requirement.ways) {
    text << between;
    between = " or ";
    switch (way.kind) {
      case spirv::VulkanEnable::Kind::ApiVersion:
        text << "Vulkan ";
        detail::append(text, way.api_version);
        break;
      case spirv::VulkanEnable::Kind::Extension: text << Text(way.extension); break;
      case spirv::VulkanEnable::Kind::Feature:
        text << "the feature " << Text(way.member) << " (" << Text(way.structure) << ')';
        break;
      case spirv::VulkanEnable::Kind::Property:
        text << Text(way.value) << " in " << Text(way.member) << " (" << Text(way.structure) << ')';
        break;
    }
  }
  return text;
}

}  // namespace reflection

AIRSTRIP_NAMESPACE_END
