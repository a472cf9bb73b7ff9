// Corpus: the Vulkan memory model, and cooperative matrices, which need it.
#include "corpus.hpp"

using namespace corpus;

namespace {

ModuleOptions vulkan_memory_model(const Target& target) {
  ModuleOptions options;
  options.target = target;
  options.memory_model = MemoryModel::Vulkan;
  return options;
}

/// C += A * B of matrices in storage buffers, 16x16 from 16x8 and 8x16; A and B of `type`.
void multiply(Builder& b, TypeId type) {
  using Use = CooperativeMatrixUse;
  const TypeId f32 = b.declare_float(32);
  const TypeId ta = b.declare_cooperative_matrix(type, Scope::Subgroup, 16, 8, Use::MatrixAKHR);
  const TypeId tb = b.declare_cooperative_matrix(type, Scope::Subgroup, 8, 16, Use::MatrixBKHR);
  const TypeId tc = b.declare_cooperative_matrix(f32, Scope::Subgroup, 16, 16, Use::MatrixAccumulatorKHR);
  compute(b, [&] {
    const ValueId layout = b.constant(static_cast<std::uint32_t>(CooperativeMatrixLayout::RowMajorKHR));
    const ValueId stride = b.constant(16u);
    const ValueId from = element(b, type, 0), to = element(b, f32, 1);
    const ValueId c = b.OpCooperativeMatrixLoadKHR(tc, to, layout, stride);
    const ValueId m = b.OpCooperativeMatrixLoadKHR(ta, from, layout, stride);
    const ValueId n = b.OpCooperativeMatrixLoadKHR(tb, from, layout, stride);
    const ValueId sum = b.OpCooperativeMatrixMulAddKHR(m, n, c);
    b.OpCooperativeMatrixLengthKHR(tc);
    b.OpCooperativeMatrixStoreKHR(to, b.OpFAdd(sum, c), layout, stride);
  });
}
ModuleOptions cooperative(unsigned minor) {
  Target target = with_features(Target::vulkan(1, minor),
                                {"vulkanMemoryModel", "storageBuffer16BitAccess", "shaderFloat16"});
  target.enable_extension("VK_KHR_vulkan_memory_model").enable_extension("VK_KHR_cooperative_matrix");
  target.enable_feature("cooperativeMatrix").enable_extension("VK_KHR_shader_bfloat16");
  target.enable_feature("shaderBFloat16Type").enable_feature("shaderBFloat16CooperativeMatrix");
  target.enable_extension("VK_EXT_shader_float8").enable_feature("shaderFloat8");
  target.enable_feature("shaderFloat8CooperativeMatrix");
  if (minor < 2) target.enable_extension("VK_KHR_8bit_storage");
  return vulkan_memory_model(target.enable_feature("storageBuffer8BitAccess"));
}

}  // namespace

TEST_CASE("corpus: cooperative matrices with the Vulkan memory model") {
  Feature feature("cooperative", 20250);
  for (unsigned minor : {1u, 3u, 4u}) {
    std::vector<std::string> extensions = {"SPV_KHR_cooperative_matrix"};
    if (minor < 2) extensions.push_back("SPV_KHR_vulkan_memory_model");
    feature.check(
        cooperative(minor), {"Shader", "VulkanMemoryModel", "CooperativeMatrixKHR"}, extensions,
        [](Builder& b) { multiply(b, b.declare_float(32)); }, "-f32");
    feature.check(
        cooperative(minor),
        {"Shader", "VulkanMemoryModel", "CooperativeMatrixKHR", "Float16", "StorageBuffer16BitAccess"},
        extensions, [](Builder& b) { multiply(b, b.declare_float(16)); }, "-f16");
  }
}

TEST_CASE("corpus: cooperative matrices of bfloat16 and float8") {
  Feature feature("cooperative", 20253);
  for (unsigned minor : {1u, 3u, 4u}) {
    std::vector<std::string> extensions = {"SPV_KHR_bfloat16", "SPV_KHR_cooperative_matrix"};
    if (minor < 2) extensions.push_back("SPV_KHR_vulkan_memory_model");
    // The capability implies CooperativeMatrixKHR.
    feature.check(
        cooperative(minor),
        {"Shader", "VulkanMemoryModel", "BFloat16CooperativeMatrixKHR", "StorageBuffer16BitAccess"},
        extensions, [](Builder& b) { multiply(b, b.declare_float(16, FPEncoding::BFloat16KHR)); }, "-bf16");
    extensions = {"SPV_EXT_float8"};
    if (minor < 2) extensions.push_back("SPV_KHR_8bit_storage");
    extensions.push_back("SPV_KHR_cooperative_matrix");
    if (minor < 2) extensions.push_back("SPV_KHR_vulkan_memory_model");
    feature.check(
        cooperative(minor),
        {"Shader", "VulkanMemoryModel", "Float8CooperativeMatrixEXT", "StorageBuffer8BitAccess"}, extensions,
        [](Builder& b) { multiply(b, b.declare_float(8, FPEncoding::Float8E4M3EXT)); }, "-e4m3");
  }
}

TEST_CASE("corpus: device scope under the Vulkan memory model") {
  Feature feature("memory-model");
  const auto build = [](Scope scope) {
    return [scope](Builder& b) {
      const ValueId number = b.constant(static_cast<std::uint32_t>(scope));
      compute(b, [&] {
        const ValueId p = element(b, b.declare_uint32(), 0);
        b.OpStore(
            p,
            b.OpLoad(p, operand::MemoryAccess(MemoryAccess::NonPrivatePointer).MakePointerVisible(number)));
      });
    };
  };
  for (unsigned minor : {2u, 3u, 4u}) {
    const Target target =
        with_features(Target::vulkan(1, minor), {"vulkanMemoryModel", "vulkanMemoryModelDeviceScope"});
    feature.check(vulkan_memory_model(target), {"Shader", "VulkanMemoryModel"}, {}, build(Scope::Workgroup),
                  "-group");
    feature.check(vulkan_memory_model(target),
                  {"Shader", "VulkanMemoryModel", "VulkanMemoryModelDeviceScope"}, {}, build(Scope::Device),
                  "-device");
    feature.check(
        vulkan_memory_model(target), {"Shader", "VulkanMemoryModel", "VulkanMemoryModelDeviceScope"}, {},
        [](Builder& b) {
          compute(b, [&] {
            b.OpControlBarrier(Scope::Workgroup, Scope::Device,
                               MemorySemantics::AcquireRelease | MemorySemantics::UniformMemory);
          });
        },
        "-barrier");
  }
}
