// The instruction that needs each capability and extension: by opcode, by enumerant, by type, and none. Word offsets are
// found again in the words.
#include "assemble.hpp"

#include <airstrip/spirv/view.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace airstrip;
using namespace airstrip::reflection;
using spirv::Capability;
using spirv::Op;

namespace {

// The instruction at the word offset of a need; OpNop when there is none.
spirv::Instruction at(const spirv::ModuleView& view, std::uint32_t offset) {
  for (const spirv::Instruction i : view)
    if (offset != 0 && i.word_offset() == offset) return i;
  return {};
}
const Need& of(const Reflection& r, Capability capability) {
  for (const Need& need : r.needs())
    if (!need.is_extension && need.capability == capability) return need;
  static const Need nothing;
  FAIL("the capability is not declared");
  return nothing;
}
const Need& of(const Reflection& r, Text extension) {
  for (const Need& need : r.needs())
    if (need.is_extension && need.extension == extension) return need;
  static const Need nothing;
  FAIL("the extension is not declared");
  return nothing;
}

}  // namespace

TEST_CASE("needs: the first instruction for each capability and extension") {
  REFLECT(r, R"(
    OpCapability Shader
    OpCapability Float64
    OpCapability Int8
    OpCapability StorageBuffer8BitAccess
    OpCapability GroupNonUniformVote
    OpCapability SampledBuffer
    OpCapability StorageImageWriteWithoutFormat
    OpCapability Geometry
    OpCapability StorageBufferArrayDynamicIndexing
    OpCapability VulkanMemoryModel
    OpCapability VulkanMemoryModelDeviceScope
    OpExtension "SPV_KHR_8bit_storage"
    OpExtension "SPV_KHR_storage_buffer_storage_class"
    OpExtension "SPV_KHR_non_semantic_info"
    OpExtension "SPV_MINE_unknown"
    %printf = OpExtInstImport "NonSemantic.DebugPrintf"
    OpMemoryModel Logical Vulkan
    OpEntryPoint GLCompute %main "main"
    OpExecutionMode %main LocalSize 1 1 1
    OpDecorate %b DescriptorSet 0
    OpDecorate %b Binding 0
    OpDecorate %B Block
    OpMemberDecorate %B 0 Offset 0
    OpDecorate %image DescriptorSet 0
    OpDecorate %image Binding 1
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %bool = OpTypeBool
    %uint = OpTypeInt 32 0
    %byte = OpTypeInt 8 0
    %float = OpTypeFloat 32
    %float4 = OpTypeVector %float 4
    %uint2 = OpTypeVector %uint 2
    %double = OpTypeFloat 64
    %0 = OpConstant %uint 0
    %1 = OpConstant %uint 1
    %3 = OpConstant %uint 3
    %4 = OpConstant %uint 4
    %64 = OpConstant %uint 72
    %zero = OpConstant %float 0
    %00 = OpConstantComposite %uint2 %0 %0
    %0000 = OpConstantComposite %float4 %zero %zero %zero %zero
    %true = OpConstantTrue %bool
    %B = OpTypeStruct %byte
    %Bs = OpTypeArray %B %4
    %Bs_ptr = OpTypePointer StorageBuffer %Bs
    %B_ptr = OpTypePointer StorageBuffer %B
    %Image = OpTypeImage %float 2D 0 0 0 2 Unknown
    %Texels = OpTypeImage %float Buffer 0 0 0 1 Unknown
    %Image_ptr = OpTypePointer UniformConstant %Image
    %b = OpVariable %Bs_ptr StorageBuffer
    %image = OpVariable %Image_ptr UniformConstant
    %main = OpFunction %void None %fn
    %entry = OpLabel
    %i = OpLoad %Image %image
    OpImageWrite %i %00 %0000
    %all = OpGroupNonUniformAll %bool %3 %true
    %n = OpSelect %uint %all %0 %1
    %p = OpAccessChain %B_ptr %b %n
    OpMemoryBarrier %1 %64
    OpReturn
    OpFunctionEnd
)",
          SPV_ENV_UNIVERSAL_1_3, false);
  const Result<spirv::ModuleView> view = spirv::ModuleView::borrow(r_module.words);
  REQUIRE(view.ok());
  const auto opcode = [&](Capability c) { return at(*view, of(*r, c).word_offset).opcode(); };
  CHECK(opcode(Capability::Shader) == Op::OpEntryPoint);
  CHECK(opcode(Capability::Float64) == Op::OpTypeFloat);
  CHECK(at(*view, of(*r, Capability::Float64).word_offset).word(2) == 64);
  CHECK(at(*view, of(*r, Capability::Int8).word_offset).word(2) == 8);
  CHECK(opcode(Capability::StorageBuffer8BitAccess) == Op::OpVariable);
  CHECK(opcode(Capability::GroupNonUniformVote) == Op::OpGroupNonUniformAll);
  CHECK(opcode(Capability::SampledBuffer) == Op::OpTypeImage);
  CHECK(opcode(Capability::StorageImageWriteWithoutFormat) == Op::OpImageWrite);
  CHECK(opcode(Capability::StorageBufferArrayDynamicIndexing) == Op::OpAccessChain);
  CHECK(opcode(Capability::VulkanMemoryModel) == Op::OpMemoryModel);
  CHECK(opcode(Capability::VulkanMemoryModelDeviceScope) == Op::OpMemoryBarrier);
  CHECK(of(*r, Capability::Geometry).word_offset == 0);  // nothing is a geometry shader
  CHECK(of(*r, "SPV_KHR_8bit_storage").word_offset ==
        of(*r, Capability::StorageBuffer8BitAccess).word_offset);
  CHECK(at(*view, of(*r, "SPV_KHR_storage_buffer_storage_class").word_offset).opcode() == Op::OpTypePointer);
  CHECK(at(*view, of(*r, "SPV_KHR_non_semantic_info").word_offset).opcode() == Op::OpExtInstImport);
  CHECK(of(*r, "SPV_MINE_unknown").word_offset == 0);
}

TEST_CASE("needs: a capability stands for what it implies where nothing else does") {
  REFLECT(r, R"(
    OpCapability Geometry
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %main "main"
    OpExecutionMode %main LocalSize 1 1 1
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %main = OpFunction %void None %fn
    %entry = OpLabel
    OpReturn
    OpFunctionEnd
)",
          SPV_ENV_UNIVERSAL_1_3);
  const Result<spirv::ModuleView> view = spirv::ModuleView::borrow(r_module.words);
  REQUIRE(view.ok());
  CHECK(at(*view, of(*r, Capability::Geometry).word_offset).opcode() ==
        Op::OpMemoryModel);  // GLSL450: Shader
}
