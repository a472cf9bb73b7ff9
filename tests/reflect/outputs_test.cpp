// What is made from a reflection: pipeline layouts, device requirements. JSON and C++ structures have their own tests.
#include "assemble.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::reflection;

namespace {

// A stage with one variable of each line: "set binding type".
struct Resource {
  unsigned set, binding;
  const char* type;  // "Uniform", "Storage", "Image", "Sampler", "Combined"
};
std::string stage(const std::string& model, const std::vector<Resource>& resources, unsigned push_bytes,
                  const std::string& capabilities = {}) {
  std::string names, decorations, variables, uses;
  for (std::size_t i = 0; i < resources.size(); ++i) {
    const std::string v = "%v" + std::to_string(i);
    const Resource& r = resources[i];
    names += "OpName " + v + " \"" + r.type + "\"\n";
    decorations += "OpDecorate " + v + " DescriptorSet " + std::to_string(r.set) + "\nOpDecorate " + v +
                   " Binding " + std::to_string(r.binding) + "\n";
    variables += v + " = OpVariable %" + r.type + "_ptr " +
                 (std::string(r.type) == "Uniform"   ? "Uniform"
                  : std::string(r.type) == "Storage" ? "StorageBuffer"
                                                     : "UniformConstant") +
                 "\n";
    uses += "%u" + std::to_string(i) + " = OpLoad %" + r.type + " " + v + "\n";
  }
  if (push_bytes != 0) {
    decorations +=
        "OpDecorate %Push Block\nOpMemberDecorate %Push 0 Offset 0\nOpMemberDecorate %Push 1 Offset " +
        std::to_string(push_bytes - 4) + "\n";
    variables += "%push = OpVariable %Push_ptr PushConstant\n";
    uses += "%up = OpLoad %Push %push\n";
  }
  return "OpCapability Shader\n" + capabilities + R"(
    OpExtension "SPV_KHR_storage_buffer_storage_class"
    OpMemoryModel Logical GLSL450
    OpEntryPoint )" +
         model + " %main \"main\"\n" +
         (model == "Fragment" ? "OpExecutionMode %main OriginUpperLeft\n" : "") + names + decorations + R"(
    OpDecorate %Uniform Block
    OpMemberDecorate %Uniform 0 Offset 0
    OpDecorate %Storage Block
    OpMemberDecorate %Storage 0 Offset 0
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %float = OpTypeFloat 32
    %float4 = OpTypeVector %float 4
    %Uniform = OpTypeStruct %float4
    %Storage = OpTypeStruct %float
    %Push = OpTypeStruct %float %float
    %Image = OpTypeImage %float 2D 0 0 0 1 Unknown
    %Sampler = OpTypeSampler
    %Combined = OpTypeSampledImage %Image
    %Uniform_ptr = OpTypePointer Uniform %Uniform
    %Storage_ptr = OpTypePointer StorageBuffer %Storage
    %Push_ptr = OpTypePointer PushConstant %Push
    %Image_ptr = OpTypePointer UniformConstant %Image
    %Sampler_ptr = OpTypePointer UniformConstant %Sampler
    %Combined_ptr = OpTypePointer UniformConstant %Combined
)" + variables +
         "%main = OpFunction %void None %fn\n%entry = OpLabel\n" + uses + "OpReturn\nOpFunctionEnd\n";
}

}  // namespace

TEST_CASE("layout: stages are merged") {
  REFLECT(v, stage("Vertex", {{0, 0, "Uniform"}, {2, 1, "Image"}}, 16), SPV_ENV_VULKAN_1_0);
  REFLECT(f, stage("Fragment", {{0, 0, "Uniform"}, {0, 5, "Storage"}, {2, 1, "Combined"}}, 32),
          SPV_ENV_VULKAN_1_0);
  const Stage stages[] = {{&*v, &v->entry_points()[0], "sky.vert"}, {&*f, &f->entry_points()[0], "sky.frag"}};
  const Result<PipelineLayout> layout = pipeline_layout(stages);
  REQUIRE_MESSAGE(layout.ok(), layout.error().to_string().c_str());
  CHECK(layout->set_count == 3);
  REQUIRE(layout->bindings.size() == 3);
  CHECK(layout->set(0).size() == 2);
  CHECK(layout->set(1).size() == 0);
  CHECK(layout->set(2).size() == 1);
  const SetLayoutBinding& uniform = layout->bindings[0];
  CHECK(uniform.stages == (0x1 | 0x10));
  CHECK(static_cast<std::uint32_t>(uniform.kind) == 6);  // VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER
  CHECK(uniform.minimum_bytes == 16);
  CHECK(layout->bindings[1].binding == 5);
  CHECK(layout->bindings[1].stages == 0x10);
  CHECK(layout->bindings[2].kind == DescriptorKind::CombinedImageSampler);
  CHECK(layout->bindings[2].stages == (0x1 | 0x10));
  REQUIRE(layout->push_ranges.size() == 2);
  CHECK(layout->push_ranges[0].stages == 0x1);
  CHECK(layout->push_ranges[0].size == 16);
  CHECK(layout->push_ranges[1].stages == 0x10);
  CHECK(layout->push_ranges[1].size == 32);
}

TEST_CASE("layout: a conflict names both modules' bindings") {
  REFLECT(v, stage("Vertex", {{1, 7, "Uniform"}}, 16), SPV_ENV_VULKAN_1_0);
  REFLECT(f, stage("Fragment", {{1, 7, "Storage"}}, 16), SPV_ENV_VULKAN_1_0);
  const Stage stages[] = {{&*v, &v->entry_points()[0], "sky.vert"}, {&*f, &f->entry_points()[0], "sky.frag"}};
  const Result<PipelineLayout> layout = pipeline_layout(stages);
  REQUIRE_FALSE(layout.ok());
  CHECK(layout.error().code == ErrorCode::InvalidOperand);
  CHECK(layout.error().message == "set 1 binding 7 is a UniformBuffer \"Uniform\" in sky.vert, and a "
                                  "StorageBuffer \"Storage\" in sky.frag");
  // Without it, stages of one range share it.
  REFLECT(g, stage("Fragment", {}, 16), SPV_ENV_VULKAN_1_0);
  const Stage fitting[] = {{&*v, &v->entry_points()[0], {}}, {&*g, &g->entry_points()[0], {}}};
  const Result<PipelineLayout> shared = pipeline_layout(fitting);
  REQUIRE(shared.ok());
  REQUIRE(shared->push_ranges.size() == 1);
  CHECK(shared->push_ranges[0].stages == (0x1 | 0x10));
}

namespace {

const char* const half = R"(
  OpCapability Shader
  OpCapability Float16
  OpCapability StorageBuffer16BitAccess
  OpCapability GroupNonUniformArithmetic
  OpExtension "SPV_KHR_16bit_storage"
  OpMemoryModel Logical GLSL450
  OpEntryPoint GLCompute %main "main"
  OpExecutionMode %main LocalSize 256 2 1
  OpDecorate %B Block
  OpMemberDecorate %B 0 Offset 0
  OpDecorate %b DescriptorSet 3
  OpDecorate %b Binding 0
  %void = OpTypeVoid
  %fn = OpTypeFunction %void
  %uint = OpTypeInt 32 0
  %half = OpTypeFloat 16
  %B = OpTypeStruct %half
  %B_ptr = OpTypePointer StorageBuffer %B
  %ptr = OpTypePointer StorageBuffer %half
  %0 = OpConstant %uint 0
  %3 = OpConstant %uint 3
  %b = OpVariable %B_ptr StorageBuffer
  %main = OpFunction %void None %fn
  %entry = OpLabel
  %p = OpAccessChain %ptr %b %0
  %v = OpLoad %half %p
  %s = OpGroupNonUniformFAdd %half %3 Reduce %v
  OpStore %p %s
  OpReturn
  OpFunctionEnd
)";

}  // namespace

TEST_CASE("requirements: features with their structures, properties, extensions and versions") {
  REFLECT(r, half, SPV_ENV_VULKAN_1_1);
  CHECK(r->entry_points()[0].subgroup_operations == 0x4);  // VK_SUBGROUP_FEATURE_ARITHMETIC_BIT
  const DeviceRequirements needs = requirements_of(*r, spirv::make_version(1, 2));
  CHECK(needs.api_version == spirv::make_version(1, 1));  // SPIR-V 1.3
  REQUIRE(needs.features.size() == 2);
  CHECK(std::string(needs.features[0].member) == "shaderFloat16");
  CHECK(std::string(needs.features[0].structure) == "VkPhysicalDeviceVulkan12Features");
  CHECK(needs.features[0].extension == nullptr);  // 1.2 has it
  CHECK(std::string(needs.features[1].member) == "storageBuffer16BitAccess");
  CHECK(std::string(needs.features[1].structure) == "VkPhysicalDeviceVulkan11Features");
  bool arithmetic = false;
  for (const RequiredProperty& p : needs.properties)
    arithmetic |= std::string(p.value) == "VK_SUBGROUP_FEATURE_ARITHMETIC_BIT";
  CHECK(arithmetic);
  CHECK(needs.extensions.empty());
  const auto limit = [&](const char* name) -> std::uint64_t {
    for (const RequiredLimit& l : needs.limits)
      if (std::string(l.name) == name) return l.at_least;
    return 0;
  };
  CHECK(limit("maxComputeWorkGroupSize[0]") == 256);
  CHECK(limit("maxComputeWorkGroupInvocations") == 512);
  CHECK(limit("maxBoundDescriptorSets") == 4);

  const DeviceRequirements older = requirements_of(*r, spirv::make_version(1, 1));
  REQUIRE(older.extensions.size() == 1);
  CHECK(std::string(older.extensions[0]) == "VK_KHR_shader_float16_int8");
}

TEST_CASE("requirements: check lists everything that a device lacks at once") {
  REFLECT(r, half, SPV_ENV_VULKAN_1_1);
  const DeviceRequirements needs = requirements_of(*r, spirv::make_version(1, 2));
  const Text features[] = {"storageBuffer16BitAccess"};
  const Text properties[] = {"VK_SUBGROUP_FEATURE_BASIC_BIT"};
  const DeviceLimit limits[] = {{"maxComputeWorkGroupInvocations", 256}, {"maxBoundDescriptorSets", 4}};
  DeviceDescription device;
  device.api_version = spirv::make_version(1, 2);
  device.features = features;
  device.properties = properties;
  device.limits = limits;
  std::string all;
  for (const Failure& failure : check(needs, device)) all += std::string(failure.to_string().c_str()) + "\n";
  CHECK(all.find("capability Float16 (word ") != std::string::npos);
  CHECK(all.find("the feature shaderFloat16 (VkPhysicalDeviceVulkan12Features)") != std::string::npos);
  CHECK(all.find("capability GroupNonUniformArithmetic (word ") != std::string::npos);
  CHECK(all.find("VK_SUBGROUP_FEATURE_ARITHMETIC_BIT") != std::string::npos);
  CHECK(all.find("maxComputeWorkGroupInvocations is 256, and the module needs 512") != std::string::npos);
  CHECK(check(needs, device).size() == 3);

  const Text more_features[] = {"storageBuffer16BitAccess", "shaderFloat16"};
  const Text more_properties[] = {"VK_SUBGROUP_FEATURE_BASIC_BIT", "VK_SUBGROUP_FEATURE_ARITHMETIC_BIT"};
  const DeviceLimit more_limits[] = {{"maxComputeWorkGroupInvocations", 512}};
  device.features = more_features;
  device.properties = more_properties;
  device.limits = more_limits;
  CHECK(check(needs, device).empty());

  device.api_version = spirv::make_version(1, 0);
  const Buffer<Failure> too_old = check(needs, device);
  REQUIRE_FALSE(too_old.empty());
  CHECK(too_old[0].to_string() == "SPIR-V 1.3 is too new for Vulkan 1.0");
}

TEST_CASE("requirements: what Vulkan asks for besides capabilities") {
  REFLECT(f, stage("Fragment", {{0, 5, "Storage"}, {0, 6, "Storage"}}, 0), SPV_ENV_VULKAN_1_0);
  const DeviceRequirements needs = requirements_of(*f, spirv::make_version(1, 1));
  REQUIRE(needs.features.size() == 1);
  CHECK(std::string(needs.features[0].member) == "fragmentStoresAndAtomics");
  const Buffer<Failure> failures = check(needs, {.api_version = spirv::make_version(1, 1)});
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].kind == Failure::Kind::Rule);
  CHECK(failures[0].to_string().contains(
      "needs the feature fragmentStoresAndAtomics (VkPhysicalDeviceFeatures)"));
  REFLECT(v, stage("Vertex", {{0, 5, "Storage"}}, 0), SPV_ENV_VULKAN_1_0);
  CHECK(std::string(requirements_of(*v, spirv::make_version(1, 1)).features[0].member) ==
        "vertexPipelineStoresAndAtomics");
}
