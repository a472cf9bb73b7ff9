// The feature structures that this library reads and fills: what each is called, where it is usable, and its members.
#pragma once

#include "../../config.hpp"
#include "../../spirv/grammar.hpp"
#include "../../support/string.hpp"

#include <cstdint>
#include <vulkan/vulkan_core.h>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {

// Every feature structure is a header and then members of type VkBool32, so the place of a name in the list is all there
// is to know, and structures newer than the Vulkan headers at hand are no trouble. From Vulkan's registry, vk.xml.
struct FeatureStructure {
  std::uint32_t type;     // VkStructureType
  spirv::Version from;    // API version that contains it, or no_version
  spirv::Version until;   // API version whose own structure takes its place, or no_version
  const char* extension;  // that has it as well, or null
  Text members;           // all of them, in order
};

// clang-format off
inline constexpr FeatureStructure feature_structures[] = {
    // VkPhysicalDeviceFeatures2
    {1000059000, 0x0100, spirv::no_version, nullptr,
     "robustBufferAccess fullDrawIndexUint32 imageCubeArray independentBlend geometryShader "
     "tessellationShader sampleRateShading dualSrcBlend logicOp multiDrawIndirect "
     "drawIndirectFirstInstance depthClamp depthBiasClamp fillModeNonSolid depthBounds wideLines "
     "largePoints alphaToOne multiViewport samplerAnisotropy textureCompressionETC2 "
     "textureCompressionASTC_LDR textureCompressionBC occlusionQueryPrecise "
     "pipelineStatisticsQuery vertexPipelineStoresAndAtomics fragmentStoresAndAtomics "
     "shaderTessellationAndGeometryPointSize shaderImageGatherExtended "
     "shaderStorageImageExtendedFormats shaderStorageImageMultisample "
     "shaderStorageImageReadWithoutFormat shaderStorageImageWriteWithoutFormat "
     "shaderUniformBufferArrayDynamicIndexing shaderSampledImageArrayDynamicIndexing "
     "shaderStorageBufferArrayDynamicIndexing shaderStorageImageArrayDynamicIndexing "
     "shaderClipDistance shaderCullDistance shaderFloat64 shaderInt64 shaderInt16 "
     "shaderResourceResidency shaderResourceMinLod sparseBinding sparseResidencyBuffer "
     "sparseResidencyImage2D sparseResidencyImage3D sparseResidency2Samples "
     "sparseResidency4Samples sparseResidency8Samples sparseResidency16Samples "
     "sparseResidencyAliased variableMultisampleRate inheritedQueries"},
    // VkPhysicalDeviceVulkan11Features
    {49, 0x0102, spirv::no_version, nullptr,
     "storageBuffer16BitAccess uniformAndStorageBuffer16BitAccess storagePushConstant16 "
     "storageInputOutput16 multiview multiviewGeometryShader multiviewTessellationShader "
     "variablePointersStorageBuffer variablePointers protectedMemory samplerYcbcrConversion "
     "shaderDrawParameters"},
    // VkPhysicalDeviceVulkan12Features
    {51, 0x0102, spirv::no_version, nullptr,
     "samplerMirrorClampToEdge drawIndirectCount storageBuffer8BitAccess "
     "uniformAndStorageBuffer8BitAccess storagePushConstant8 shaderBufferInt64Atomics "
     "shaderSharedInt64Atomics shaderFloat16 shaderInt8 descriptorIndexing "
     "shaderInputAttachmentArrayDynamicIndexing shaderUniformTexelBufferArrayDynamicIndexing "
     "shaderStorageTexelBufferArrayDynamicIndexing shaderUniformBufferArrayNonUniformIndexing "
     "shaderSampledImageArrayNonUniformIndexing shaderStorageBufferArrayNonUniformIndexing "
     "shaderStorageImageArrayNonUniformIndexing shaderInputAttachmentArrayNonUniformIndexing "
     "shaderUniformTexelBufferArrayNonUniformIndexing "
     "shaderStorageTexelBufferArrayNonUniformIndexing "
     "descriptorBindingUniformBufferUpdateAfterBind descriptorBindingSampledImageUpdateAfterBind "
     "descriptorBindingStorageImageUpdateAfterBind descriptorBindingStorageBufferUpdateAfterBind "
     "descriptorBindingUniformTexelBufferUpdateAfterBind "
     "descriptorBindingStorageTexelBufferUpdateAfterBind descriptorBindingUpdateUnusedWhilePending "
     "descriptorBindingPartiallyBound descriptorBindingVariableDescriptorCount "
     "runtimeDescriptorArray samplerFilterMinmax scalarBlockLayout imagelessFramebuffer "
     "uniformBufferStandardLayout shaderSubgroupExtendedTypes separateDepthStencilLayouts "
     "hostQueryReset timelineSemaphore bufferDeviceAddress bufferDeviceAddressCaptureReplay "
     "bufferDeviceAddressMultiDevice vulkanMemoryModel vulkanMemoryModelDeviceScope "
     "vulkanMemoryModelAvailabilityVisibilityChains shaderOutputViewportIndex shaderOutputLayer "
     "subgroupBroadcastDynamicId"},
    // VkPhysicalDeviceVulkan13Features
    {53, 0x0103, spirv::no_version, nullptr,
     "robustImageAccess inlineUniformBlock descriptorBindingInlineUniformBlockUpdateAfterBind "
     "pipelineCreationCacheControl privateData shaderDemoteToHelperInvocation "
     "shaderTerminateInvocation subgroupSizeControl computeFullSubgroups synchronization2 "
     "textureCompressionASTC_HDR shaderZeroInitializeWorkgroupMemory dynamicRendering "
     "shaderIntegerDotProduct maintenance4"},
    // VkPhysicalDeviceVulkan14Features
    {55, 0x0104, spirv::no_version, nullptr,
     "globalPriorityQuery shaderSubgroupRotate shaderSubgroupRotateClustered shaderFloatControls2 "
     "shaderExpectAssume rectangularLines bresenhamLines smoothLines stippledRectangularLines "
     "stippledBresenhamLines stippledSmoothLines vertexAttributeInstanceRateDivisor "
     "vertexAttributeInstanceRateZeroDivisor indexTypeUint8 dynamicRenderingLocalRead maintenance5 "
     "maintenance6 pipelineProtectedAccess pipelineRobustness hostImageCopy pushDescriptor"},
    // VkPhysicalDevice16BitStorageFeatures
    {1000083000, 0x0101, 0x0102, "VK_KHR_16bit_storage",
     "storageBuffer16BitAccess uniformAndStorageBuffer16BitAccess storagePushConstant16 "
     "storageInputOutput16"},
    // VkPhysicalDeviceVariablePointersFeatures
    {1000120000, 0x0101, 0x0102, "VK_KHR_variable_pointers",
     "variablePointersStorageBuffer variablePointers"},
    // VkPhysicalDevice8BitStorageFeatures
    {1000177000, 0x0102, 0x0102, "VK_KHR_8bit_storage",
     "storageBuffer8BitAccess uniformAndStorageBuffer8BitAccess storagePushConstant8"},
    // VkPhysicalDeviceShaderFloat16Int8Features
    {1000082000, 0x0102, 0x0102, "VK_KHR_shader_float16_int8",
     "shaderFloat16 shaderInt8"},
    // VkPhysicalDeviceShaderAtomicInt64Features
    {1000180000, 0x0102, 0x0102, "VK_KHR_shader_atomic_int64",
     "shaderBufferInt64Atomics shaderSharedInt64Atomics"},
    // VkPhysicalDeviceBufferDeviceAddressFeatures
    {1000257000, 0x0102, 0x0102, "VK_KHR_buffer_device_address",
     "bufferDeviceAddress bufferDeviceAddressCaptureReplay bufferDeviceAddressMultiDevice"},
    // VkPhysicalDeviceScalarBlockLayoutFeatures
    {1000221000, 0x0102, 0x0102, "VK_EXT_scalar_block_layout",
     "scalarBlockLayout"},
    // VkPhysicalDeviceUniformBufferStandardLayoutFeatures
    {1000253000, 0x0102, 0x0102, "VK_KHR_uniform_buffer_standard_layout",
     "uniformBufferStandardLayout"},
    // VkPhysicalDeviceShaderSubgroupExtendedTypesFeatures
    {1000175000, 0x0102, 0x0102, "VK_KHR_shader_subgroup_extended_types",
     "shaderSubgroupExtendedTypes"},
    // VkPhysicalDeviceVulkanMemoryModelFeatures
    {1000211000, 0x0102, 0x0102, "VK_KHR_vulkan_memory_model",
     "vulkanMemoryModel vulkanMemoryModelDeviceScope vulkanMemoryModelAvailabilityVisibilityChains"},
    // VkPhysicalDeviceTimelineSemaphoreFeatures
    {1000207000, 0x0102, 0x0102, "VK_KHR_timeline_semaphore",
     "timelineSemaphore"},
    // VkPhysicalDeviceHostQueryResetFeatures
    {1000261000, 0x0102, 0x0102, "VK_EXT_host_query_reset",
     "hostQueryReset"},
    // VkPhysicalDeviceDescriptorIndexingFeatures
    {1000161001, 0x0102, 0x0102, "VK_EXT_descriptor_indexing",
     "shaderInputAttachmentArrayDynamicIndexing shaderUniformTexelBufferArrayDynamicIndexing "
     "shaderStorageTexelBufferArrayDynamicIndexing shaderUniformBufferArrayNonUniformIndexing "
     "shaderSampledImageArrayNonUniformIndexing shaderStorageBufferArrayNonUniformIndexing "
     "shaderStorageImageArrayNonUniformIndexing shaderInputAttachmentArrayNonUniformIndexing "
     "shaderUniformTexelBufferArrayNonUniformIndexing "
     "shaderStorageTexelBufferArrayNonUniformIndexing "
     "descriptorBindingUniformBufferUpdateAfterBind descriptorBindingSampledImageUpdateAfterBind "
     "descriptorBindingStorageImageUpdateAfterBind descriptorBindingStorageBufferUpdateAfterBind "
     "descriptorBindingUniformTexelBufferUpdateAfterBind "
     "descriptorBindingStorageTexelBufferUpdateAfterBind descriptorBindingUpdateUnusedWhilePending "
     "descriptorBindingPartiallyBound descriptorBindingVariableDescriptorCount "
     "runtimeDescriptorArray"},
    // VkPhysicalDeviceSubgroupSizeControlFeatures
    {1000225002, 0x0103, 0x0103, "VK_EXT_subgroup_size_control",
     "subgroupSizeControl computeFullSubgroups"},
    // VkPhysicalDeviceShaderIntegerDotProductFeatures
    {1000280000, 0x0103, 0x0103, "VK_KHR_shader_integer_dot_product",
     "shaderIntegerDotProduct"},
    // VkPhysicalDeviceMaintenance4Features
    {1000413000, 0x0103, 0x0103, "VK_KHR_maintenance4",
     "maintenance4"},
    // VkPhysicalDeviceSynchronization2Features
    {1000314007, 0x0103, 0x0103, "VK_KHR_synchronization2",
     "synchronization2"},
    // VkPhysicalDevicePipelineCreationCacheControlFeatures
    {1000297000, 0x0103, 0x0103, "VK_EXT_pipeline_creation_cache_control",
     "pipelineCreationCacheControl"},
    // VkPhysicalDeviceZeroInitializeWorkgroupMemoryFeatures
    {1000325000, 0x0103, 0x0103, "VK_KHR_zero_initialize_workgroup_memory",
     "shaderZeroInitializeWorkgroupMemory"},
    // VkPhysicalDeviceShaderSubgroupRotateFeatures
    {1000416000, 0x0104, 0x0104, "VK_KHR_shader_subgroup_rotate",
     "shaderSubgroupRotate shaderSubgroupRotateClustered"},
    // VkPhysicalDeviceShaderFloatControls2Features
    {1000528000, 0x0104, 0x0104, "VK_KHR_shader_float_controls2",
     "shaderFloatControls2"},
    // VkPhysicalDeviceShaderExpectAssumeFeatures
    {1000544000, 0x0104, 0x0104, "VK_KHR_shader_expect_assume",
     "shaderExpectAssume"},
    // VkPhysicalDeviceCooperativeMatrixFeaturesKHR
    {1000506000, spirv::no_version, spirv::no_version, "VK_KHR_cooperative_matrix",
     "cooperativeMatrix cooperativeMatrixRobustBufferAccess"},
    // VkPhysicalDeviceCooperativeMatrix2FeaturesNV
    {1000593000, spirv::no_version, spirv::no_version, "VK_NV_cooperative_matrix2",
     "cooperativeMatrixWorkgroupScope cooperativeMatrixFlexibleDimensions "
     "cooperativeMatrixReductions cooperativeMatrixConversions "
     "cooperativeMatrixPerElementOperations cooperativeMatrixTensorAddressing "
     "cooperativeMatrixBlockLoads"},
    // VkPhysicalDeviceCooperativeVectorFeaturesNV
    {1000491000, spirv::no_version, spirv::no_version, "VK_NV_cooperative_vector",
     "cooperativeVector cooperativeVectorTraining"},
    // VkPhysicalDeviceShaderBfloat16FeaturesKHR
    {1000141000, spirv::no_version, spirv::no_version, "VK_KHR_shader_bfloat16",
     "shaderBFloat16Type shaderBFloat16DotProduct shaderBFloat16CooperativeMatrix"},
    // VkPhysicalDeviceShaderFloat8FeaturesEXT
    {1000567000, spirv::no_version, spirv::no_version, "VK_EXT_shader_float8",
     "shaderFloat8 shaderFloat8CooperativeMatrix"},
    // VkPhysicalDeviceShaderAtomicFloatFeaturesEXT
    {1000260000, spirv::no_version, spirv::no_version, "VK_EXT_shader_atomic_float",
     "shaderBufferFloat32Atomics shaderBufferFloat32AtomicAdd shaderBufferFloat64Atomics "
     "shaderBufferFloat64AtomicAdd shaderSharedFloat32Atomics shaderSharedFloat32AtomicAdd "
     "shaderSharedFloat64Atomics shaderSharedFloat64AtomicAdd shaderImageFloat32Atomics "
     "shaderImageFloat32AtomicAdd sparseImageFloat32Atomics sparseImageFloat32AtomicAdd"},
    // VkPhysicalDeviceShaderAtomicFloat2FeaturesEXT
    {1000273000, spirv::no_version, spirv::no_version, "VK_EXT_shader_atomic_float2",
     "shaderBufferFloat16Atomics shaderBufferFloat16AtomicAdd shaderBufferFloat16AtomicMinMax "
     "shaderBufferFloat32AtomicMinMax shaderBufferFloat64AtomicMinMax shaderSharedFloat16Atomics "
     "shaderSharedFloat16AtomicAdd shaderSharedFloat16AtomicMinMax shaderSharedFloat32AtomicMinMax "
     "shaderSharedFloat64AtomicMinMax shaderImageFloat32AtomicMinMax "
     "sparseImageFloat32AtomicMinMax"},
    // VkPhysicalDeviceShaderAtomicFloat16VectorFeaturesNV
    {1000563000, spirv::no_version, spirv::no_version, "VK_NV_shader_atomic_float16_vector",
     "shaderFloat16VectorAtomics"},
    // VkPhysicalDeviceShaderImageAtomicInt64FeaturesEXT
    {1000234000, spirv::no_version, spirv::no_version, "VK_EXT_shader_image_atomic_int64",
     "shaderImageInt64Atomics sparseImageInt64Atomics"},
    // VkPhysicalDeviceWorkgroupMemoryExplicitLayoutFeaturesKHR
    {1000336000, spirv::no_version, spirv::no_version, "VK_KHR_workgroup_memory_explicit_layout",
     "workgroupMemoryExplicitLayout workgroupMemoryExplicitLayoutScalarBlockLayout "
     "workgroupMemoryExplicitLayout8BitAccess workgroupMemoryExplicitLayout16BitAccess"},
    // VkPhysicalDeviceShaderMaximalReconvergenceFeaturesKHR
    {1000434000, spirv::no_version, spirv::no_version, "VK_KHR_shader_maximal_reconvergence",
     "shaderMaximalReconvergence"},
    // VkPhysicalDeviceShaderSubgroupUniformControlFlowFeaturesKHR
    {1000323000, spirv::no_version, spirv::no_version, "VK_KHR_shader_subgroup_uniform_control_flow",
     "shaderSubgroupUniformControlFlow"},
    // VkPhysicalDeviceShaderQuadControlFeaturesKHR
    {1000235000, spirv::no_version, spirv::no_version, "VK_KHR_shader_quad_control",
     "shaderQuadControl"},
    // VkPhysicalDeviceComputeShaderDerivativesFeaturesKHR
    {1000201000, spirv::no_version, spirv::no_version, "VK_KHR_compute_shader_derivatives",
     "computeDerivativeGroupQuads computeDerivativeGroupLinear"},
    // VkPhysicalDeviceShaderUntypedPointersFeaturesKHR
    {1000387000, spirv::no_version, spirv::no_version, "VK_KHR_shader_untyped_pointers",
     "shaderUntypedPointers"},
    // VkPhysicalDeviceShaderReplicatedCompositesFeaturesEXT
    {1000564000, spirv::no_version, spirv::no_version, "VK_EXT_shader_replicated_composites",
     "shaderReplicatedComposites"},
    // VkPhysicalDeviceShaderFmaFeaturesKHR
    {1000579000, spirv::no_version, spirv::no_version, "VK_KHR_shader_fma",
     "shaderFmaFloat16 shaderFmaFloat32 shaderFmaFloat64"},
    // VkPhysicalDeviceRayQueryFeaturesKHR
    {1000348013, spirv::no_version, spirv::no_version, "VK_KHR_ray_query",
     "rayQuery"},
    // VkPhysicalDeviceTensorFeaturesARM
    {1000460009, spirv::no_version, spirv::no_version, "VK_ARM_tensors",
     "tensorNonPacked shaderTensorAccess shaderStorageTensorArrayDynamicIndexing "
     "shaderStorageTensorArrayNonUniformIndexing descriptorBindingStorageTensorUpdateAfterBind "
     "tensors"},
    // VkPhysicalDeviceMaintenance8FeaturesKHR
    {1000574000, spirv::no_version, spirv::no_version, "VK_KHR_maintenance8",
     "maintenance8"},
    // VkPhysicalDeviceMaintenance9FeaturesKHR
    {1000584000, spirv::no_version, spirv::no_version, "VK_KHR_maintenance9",
     "maintenance9"},
};
// clang-format on
inline constexpr std::size_t feature_structure_count = sizeof feature_structures / sizeof *feature_structures;

// The words of a list, one after the other.
class Words {
public:
  explicit Words(Text list) : list_(list) {}
  bool next(Text& word) {
    if (at_ >= list_.size()) return false;
    std::size_t end = at_;
    while (end < list_.size() && list_[end] != ' ') ++end;
    word = Text(list_.data() + at_, end - at_);
    at_ = end + 1;
    return true;
  }

private:
  Text list_;
  std::size_t at_ = 0;
};

inline std::uint32_t member_count(const FeatureStructure& structure) {
  Words words(structure.members);
  std::uint32_t count = 0;
  for (Text word; words.next(word);) ++count;
  return count;
}

inline const FeatureStructure* find_structure(std::uint32_t type) {
  for (const FeatureStructure& structure : feature_structures)
    if (structure.type == type) return &structure;
  return nullptr;
}

inline spirv::Version version_of(std::uint32_t api_version) {
  return spirv::make_version(VK_API_VERSION_MAJOR(api_version), VK_API_VERSION_MINOR(api_version));
}

// Whether a device of this version, with or without the structure's extension, takes it: one at most of those that
// have the same members.
inline bool is_usable(const FeatureStructure& structure, spirv::Version version, bool has_extension) {
  if (structure.until != spirv::no_version && version >= structure.until) return false;
  return has_extension || (structure.from != spirv::no_version && version >= structure.from);
}

}  // namespace detail

AIRSTRIP_VULKAN_NAMESPACE_END
