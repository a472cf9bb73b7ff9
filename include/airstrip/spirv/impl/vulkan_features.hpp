#pragma once

#include "../vulkan_features.hpp"
#include "grammar.hpp"
#include "vulkan_tables.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

namespace vulkan_tables {

inline Span<const VulkanEnable> range(const std::uint16_t* rows, std::size_t index) {
  return {enables + rows[index], static_cast<std::size_t>(rows[index + 1] - rows[index])};
}

/// The rows of that name in a table sorted by name.
template <class Row>
Span<const Row> rows_of(Span<const Row> table, Text name) {
  std::size_t low = 0, high = table.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (grammar::tables::compare(name, table[middle].name) > 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  std::size_t count = 0;
  while (low + count < table.size() && Text(table[low + count].name) == name) ++count;
  return table.subspan(low, count);
}

inline bool permits(Span<const VulkanEnable> ways, Version api_version) {
  for (const VulkanEnable& way : ways)
    if (way.kind == VulkanEnable::Kind::ApiVersion && way.api_version <= api_version) return true;
  return false;
}

}  // namespace vulkan_tables

AIRSTRIP_INLINE Span<const VulkanEnable> vulkan_enables(Capability capability) {
  const std::size_t index = grammar::capability_index(capability);
  if (index >= capability_count) return {};
  return vulkan_tables::range(vulkan_tables::capability_rows, index);
}
AIRSTRIP_INLINE Span<const VulkanEnable> vulkan_enables(Extension extension) {
  return vulkan_tables::range(vulkan_tables::extension_rows, static_cast<std::size_t>(extension));
}

AIRSTRIP_INLINE bool vulkan_version_permits(Version api_version, Capability capability) {
  return vulkan_tables::permits(vulkan_enables(capability), api_version);
}
AIRSTRIP_INLINE bool vulkan_version_permits(Version api_version, Extension extension) {
  return vulkan_tables::permits(vulkan_enables(extension), api_version);
}

AIRSTRIP_INLINE Span<const VulkanCapability> vulkan_feature_capabilities(Text feature) {
  return vulkan_tables::rows_of<VulkanCapability>(vulkan_tables::feature_capabilities, feature);
}
AIRSTRIP_INLINE Span<const VulkanCapability> vulkan_extension_capabilities(Text vulkan_extension) {
  return vulkan_tables::rows_of<VulkanCapability>(vulkan_tables::extension_capabilities, vulkan_extension);
}
AIRSTRIP_INLINE Span<const VulkanExtension> vulkan_extension_extensions(Text vulkan_extension) {
  return vulkan_tables::rows_of<VulkanExtension>(vulkan_tables::extension_extensions, vulkan_extension);
}

AIRSTRIP_INLINE Version vulkan_spirv_version(Version api_version) {
  if (api_version >= make_version(1, 3)) return make_version(1, 6);
  if (api_version >= make_version(1, 2)) return make_version(1, 5);
  if (api_version >= make_version(1, 1)) return make_version(1, 3);
  return make_version(1, 0);
}
AIRSTRIP_INLINE Version vulkan_extension_spirv_version(Text vulkan_extension) {
  return vulkan_extension == Text("VK_KHR_spirv_1_4") ? make_version(1, 4) : no_version;
}

AIRSTRIP_SPIRV_NAMESPACE_END
