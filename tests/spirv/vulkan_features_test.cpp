// What Vulkan devices must have enabled, against entries of the registry and of the specification's appendix
// "Capabilities and Extensions".
#include <airstrip/spirv/target.hpp>
#include <airstrip/spirv/vulkan_features.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <string>

using namespace airstrip;
using namespace airstrip::spirv;

TEST_CASE("ways to permit a capability") {
  const Span<const VulkanEnable> float16 = vulkan_enables(Capability::Float16);
  REQUIRE(float16.size() == 2);
  CHECK(float16[0].kind == VulkanEnable::Kind::Feature);
  CHECK(std::strcmp(float16[0].structure, "VkPhysicalDeviceVulkan12Features") == 0);
  CHECK(std::strcmp(float16[0].member, "shaderFloat16") == 0);
  CHECK(std::strcmp(float16[0].extension, "VK_KHR_shader_float16_int8") == 0);
  CHECK(float16[0].api_version == make_version(1, 2));
  CHECK(float16[1].kind == VulkanEnable::Kind::Extension);

  const Span<const VulkanEnable> vote = vulkan_enables(Capability::GroupNonUniformVote);
  REQUIRE(vote.size() == 1);
  CHECK(vote[0].kind == VulkanEnable::Kind::Property);
  CHECK(std::strcmp(vote[0].value, "VK_SUBGROUP_FEATURE_VOTE_BIT") == 0);

  CHECK(vulkan_enables(Capability::Kernel).empty());
  CHECK(vulkan_enables(static_cast<Capability>(26)).empty());
}

TEST_CASE("what every device of an API version permits") {
  for (const Capability capability : {Capability::Shader, Capability::Matrix, Capability::ImageQuery})
    CHECK(vulkan_version_permits(make_version(1, 0), capability));
  CHECK_FALSE(vulkan_version_permits(make_version(1, 4), Capability::Float64));
  CHECK_FALSE(vulkan_version_permits(make_version(1, 2), Capability::StorageImageReadWithoutFormat));
  CHECK(vulkan_version_permits(make_version(1, 3), Capability::StorageImageReadWithoutFormat));
  CHECK_FALSE(vulkan_version_permits(make_version(1, 0), Extension::SPV_KHR_16bit_storage));
  CHECK(vulkan_version_permits(make_version(1, 1), Extension::SPV_KHR_16bit_storage));
}

TEST_CASE("from Vulkan's names") {
  const Span<const VulkanCapability> int8 = vulkan_feature_capabilities("shaderInt8");
  REQUIRE(int8.size() == 1);
  CHECK(int8[0].capability == Capability::Int8);
  // One feature may stand for several capabilities, and an alias for the same feature.
  CHECK(vulkan_feature_capabilities("bufferDeviceAddress").size() == 1);
  CHECK(vulkan_feature_capabilities("bufferDeviceAddressEXT").size() == 1);
  CHECK(vulkan_feature_capabilities("shaderIntegerDotProduct").size() == 4);
  for (const char* const name : {"", "a", "zzz", "shaderInt", "shaderInt88"})
    CHECK(vulkan_feature_capabilities(Text(name)).empty());

  const Span<const VulkanExtension> storage = vulkan_extension_extensions("VK_KHR_8bit_storage");
  REQUIRE(storage.size() == 1);
  CHECK(storage[0].extension == Extension::SPV_KHR_8bit_storage);
  CHECK(vulkan_extension_capabilities("VK_EXT_descriptor_indexing").size() == 1);
  CHECK(vulkan_extension_extensions("VK_KHR_swapchain").empty());
}

TEST_CASE("names look up to the rows that have them") {
  for (std::size_t i = 0; i < capability_count; ++i) {
    const Capability capability = grammar::capability_at(i);
    for (const VulkanEnable& way : vulkan_enables(capability)) {
      Span<const VulkanCapability> rows;
      if (way.kind == VulkanEnable::Kind::Feature)
        rows = vulkan_feature_capabilities(Text(way.member));
      else if (way.kind == VulkanEnable::Kind::Extension)
        rows = vulkan_extension_capabilities(Text(way.extension));
      else
        continue;
      bool found = false;
      for (const VulkanCapability& row : rows) found = found || row.capability == capability;
      CHECK(found);
    }
  }
}

TEST_CASE("SPIR-V versions") {
  CHECK(vulkan_spirv_version(make_version(1, 0)) == make_version(1, 0));
  CHECK(vulkan_spirv_version(make_version(1, 1)) == make_version(1, 3));
  CHECK(vulkan_spirv_version(make_version(1, 2)) == make_version(1, 5));
  CHECK(vulkan_spirv_version(make_version(1, 3)) == make_version(1, 6));
  CHECK(vulkan_spirv_version(make_version(1, 4)) == make_version(1, 6));
  CHECK(vulkan_extension_spirv_version("VK_KHR_spirv_1_4") == make_version(1, 4));
  CHECK(vulkan_extension_spirv_version("VK_KHR_8bit_storage") == no_version);
}

TEST_CASE("vulkan features: integer dot products do not permit arithmetic on bytes") {
  Target target = Target::vulkan(1, 3);
  target.enable_feature("shaderIntegerDotProduct");
  CHECK(target.permits(Capability::DotProductInput4x8Bit));
  CHECK(target.permits(Capability::DotProductInput4x8BitPacked));
  CHECK_FALSE(target.permits(Capability::Int8));
  CHECK(target.enable_feature("shaderInt8").permits(Capability::Int8));
}
