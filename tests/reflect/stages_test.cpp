// Other stages than compute: what passes between them, blocks, built-ins, execution modes, float modes. And block layouts
// with matrices and nested structures, worked out by hand.
#include "assemble.hpp"
#include "invariants.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace airstrip;
using namespace airstrip::reflection;

namespace {

const char* const vertex = R"(
  OpCapability Shader
  OpMemoryModel Logical GLSL450
  OpEntryPoint Vertex %main "main" %position %uv %index %per_vertex %out_uv %out_block
  OpName %position "position"
  OpMemberName %PerVertex 0 "gl_Position"
  OpMemberName %Varyings 1 "colour"
  OpName %out_uv "out_uv"
  OpMemberName %Camera 0 "view"
  OpMemberName %Camera 1 "uv_to_world"
  OpMemberName %Camera 2 "lights"
  OpName %Camera "Camera"
  OpName %Light "Light"
  OpMemberName %Light 0 "where"
  OpMemberName %Light 1 "power"
  OpDecorate %position Location 0
  OpDecorate %uv Location 2
  OpDecorate %uv Component 1
  OpDecorate %index BuiltIn VertexIndex
  OpMemberDecorate %PerVertex 0 BuiltIn Position
  OpMemberDecorate %PerVertex 1 BuiltIn PointSize
  OpDecorate %PerVertex Block
  OpDecorate %out_uv Location 1
  OpDecorate %out_uv Flat
  OpDecorate %Varyings Block
  OpDecorate %out_block Location 3
  OpMemberDecorate %Varyings 2 Centroid
  OpDecorate %camera DescriptorSet 0
  OpDecorate %camera Binding 1
  OpDecorate %Camera Block
  OpMemberDecorate %Camera 0 Offset 0
  OpMemberDecorate %Camera 0 MatrixStride 16
  OpMemberDecorate %Camera 0 ColMajor
  OpMemberDecorate %Camera 1 Offset 64
  OpMemberDecorate %Camera 1 MatrixStride 16
  OpMemberDecorate %Camera 1 RowMajor
  OpMemberDecorate %Camera 2 Offset 128
  OpMemberDecorate %Light 0 Offset 0
  OpMemberDecorate %Light 1 Offset 12
  OpDecorate %lights ArrayStride 32
  %void = OpTypeVoid
  %fn = OpTypeFunction %void
  %float = OpTypeFloat 32
  %int = OpTypeInt 32 1
  %uint = OpTypeInt 32 0
  %float2 = OpTypeVector %float 2
  %float3 = OpTypeVector %float 3
  %float4 = OpTypeVector %float 4
  %mat4 = OpTypeMatrix %float4 4
  %mat3x2 = OpTypeMatrix %float2 3
  %2 = OpConstant %uint 2
  %0 = OpConstant %int 0
  %matrices = OpTypeArray %mat4 %2
  %Light = OpTypeStruct %float3 %float
  %lights = OpTypeArray %Light %2
  %Camera = OpTypeStruct %mat4 %mat3x2 %lights
  %PerVertex = OpTypeStruct %float4 %float
  %Varyings = OpTypeStruct %matrices %float4 %float2
  %in_float3 = OpTypePointer Input %float3
  %in_float2 = OpTypePointer Input %float2
  %in_int = OpTypePointer Input %int
  %out_PerVertex = OpTypePointer Output %PerVertex
  %out_float2 = OpTypePointer Output %float2
  %out_float4 = OpTypePointer Output %float4
  %out_Varyings = OpTypePointer Output %Varyings
  %uniform_Camera = OpTypePointer Uniform %Camera
  %uniform_mat4 = OpTypePointer Uniform %mat4
  %position = OpVariable %in_float3 Input
  %uv = OpVariable %in_float2 Input
  %index = OpVariable %in_int Input
  %per_vertex = OpVariable %out_PerVertex Output
  %out_uv = OpVariable %out_float2 Output
  %out_block = OpVariable %out_Varyings Output
  %camera = OpVariable %uniform_Camera Uniform
  %main = OpFunction %void None %fn
  %entry = OpLabel
  %p = OpAccessChain %uniform_mat4 %camera %0
  %m = OpLoad %mat4 %p
  OpReturn
  OpFunctionEnd
)";

}  // namespace

TEST_CASE("stages: inputs and outputs of a vertex shader") {
  REFLECT(r, vertex, SPV_ENV_VULKAN_1_1);
  test::check_invariants(*r, [](bool holds) { REQUIRE(holds); });
  const EntryPoint& entry = r->entry_points()[0];
  CHECK(entry.model == spirv::ExecutionModel::Vertex);
  CHECK_FALSE(entry.has_workgroup);
  REQUIRE(entry.inputs.count == 3);
  const StageVariable* const in = r->stage_variables().data() + entry.inputs.first;
  CHECK(in[0].name == Text("position"));
  CHECK(in[0].location == 0);
  CHECK(in[0].component == 0);
  CHECK(in[0].index == 0);
  CHECK(r->types()[in[0].type].count == 3);
  CHECK(in[1].location == 2);
  CHECK(in[1].component == 1);
  CHECK(in[2].builtin == static_cast<std::uint32_t>(spirv::BuiltIn::VertexIndex));
  CHECK(in[2].location == none);
  REQUIRE(entry.outputs.count == 6);
  const StageVariable* const out = r->stage_variables().data() + entry.outputs.first;
  CHECK(out[0].name == Text("gl_Position"));
  CHECK(out[0].builtin == static_cast<std::uint32_t>(spirv::BuiltIn::Position));
  CHECK(out[0].member == 0);
  CHECK(out[1].builtin == static_cast<std::uint32_t>(spirv::BuiltIn::PointSize));
  CHECK(out[2].name == Text("out_uv"));
  CHECK(out[2].flat);
  CHECK(out[3].location == 3);
  CHECK(out[4].name == Text("colour"));
  CHECK(out[4].location == 11);  // behind two matrices of four columns
  CHECK(out[5].location == 12);
  CHECK(out[5].component == 0);
  CHECK(out[5].centroid);
  CHECK_FALSE(out[4].centroid);
}

TEST_CASE("stages: the layout of a uniform block") {
  REFLECT(r, vertex, SPV_ENV_VULKAN_1_1);
  REQUIRE(r->bindings(r->entry_points()[0]).size() == 1);
  const Binding& b = r->bindings(r->entry_points()[0])[0];
  CHECK(b.kind == DescriptorKind::UniformBuffer);
  CHECK(b.minimum_bytes == 192);  // 128 + 2 * 32
  CHECK(b.element_stride == 0);
  CHECK(b.declared.read);
  CHECK_FALSE(b.declared.write);
  const Type& block = r->types()[b.type];
  REQUIRE(block.members.count == 3);
  const Member* const m = r->members().data() + block.members.first;
  CHECK(m[0].size == 64);
  CHECK_FALSE(m[0].row_major);
  CHECK(m[1].offset == 64);
  CHECK(m[1].row_major);
  CHECK(m[1].size == 32);  // two rows, 16 apart
  CHECK(m[1].matrix_stride == 16);
  CHECK(m[2].offset == 128);
  CHECK(m[2].size == 64);
  const Type& lights = r->types()[m[2].type];
  CHECK(lights.stride == 32);
  CHECK(lights.count == 2);
  CHECK(r->types()[lights.element].size == 16);
}

TEST_CASE("stages: a fragment shader's modes, attachments and resources") {
  REFLECT(r, R"(
    OpCapability Shader
    OpCapability InputAttachment
    OpCapability SampledBuffer
    OpCapability ImageBuffer
    OpCapability DenormPreserve
    OpCapability RoundingModeRTE
    OpExtension "SPV_KHR_float_controls"
    OpMemoryModel Logical GLSL450
    OpEntryPoint Fragment %main "paint" %colour
    OpExecutionMode %main OriginUpperLeft
    OpExecutionMode %main EarlyFragmentTests
    OpExecutionMode %main DenormPreserve 32
    OpExecutionMode %main RoundingModeRTE 32
    OpDecorate %colour Location 0
    OpDecorate %colour Index 1
    OpDecorate %input DescriptorSet 0
    OpDecorate %input Binding 0
    OpDecorate %input InputAttachmentIndex 2
    OpDecorate %texels DescriptorSet 0
    OpDecorate %texels Binding 1
    OpDecorate %stored DescriptorSet 0
    OpDecorate %stored Binding 2
    OpDecorate %combined DescriptorSet 0
    OpDecorate %combined Binding 3
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %float = OpTypeFloat 32
    %uint = OpTypeInt 32 0
    %float4 = OpTypeVector %float 4
    %float2 = OpTypeVector %float 2
    %int = OpTypeInt 32 1
    %int2 = OpTypeVector %int 2
    %0 = OpConstant %int 0
    %00 = OpConstantComposite %int2 %0 %0
    %zero = OpConstant %float 0
    %uv = OpConstantComposite %float2 %zero %zero
    %3 = OpConstant %uint 3
    %5 = OpConstant %uint 5
    %Input = OpTypeImage %float SubpassData 0 0 0 2 Unknown
    %Texels = OpTypeImage %float Buffer 0 0 0 1 Rgba32f
    %Stored = OpTypeImage %float Buffer 0 0 0 2 Rgba32f
    %Image = OpTypeImage %float 2D 0 1 0 1 Unknown
    %Combined = OpTypeSampledImage %Image
    %array = OpTypeArray %Combined %3
    %arrays = OpTypeArray %array %5
    %Input_ptr = OpTypePointer UniformConstant %Input
    %Texels_ptr = OpTypePointer UniformConstant %Texels
    %Stored_ptr = OpTypePointer UniformConstant %Stored
    %arrays_ptr = OpTypePointer UniformConstant %arrays
    %Combined_ptr = OpTypePointer UniformConstant %Combined
    %out = OpTypePointer Output %float4
    %input = OpVariable %Input_ptr UniformConstant
    %texels = OpVariable %Texels_ptr UniformConstant
    %stored = OpVariable %Stored_ptr UniformConstant
    %combined = OpVariable %arrays_ptr UniformConstant
    %colour = OpVariable %out Output
    %main = OpFunction %void None %fn
    %entry = OpLabel
    %i = OpLoad %Input %input
    %a = OpImageRead %float4 %i %00
    %t = OpLoad %Texels %texels
    %b = OpImageFetch %float4 %t %0
    %s = OpLoad %Stored %stored
    OpImageWrite %s %0 %a
    %cp = OpAccessChain %Combined_ptr %combined %0 %0
    %c = OpLoad %Combined %cp
    OpStore %colour %b
    OpReturn
    OpFunctionEnd
)",
          SPV_ENV_VULKAN_1_1, false);
  test::check_invariants(*r, [](bool holds) { REQUIRE(holds); });
  const EntryPoint& entry = r->entry_points()[0];
  const Span<const Binding> b = r->bindings(entry);
  REQUIRE(b.size() == 4);
  CHECK(b[0].kind == DescriptorKind::InputAttachment);
  CHECK(b[0].input_attachment_index == 2);
  CHECK(b[0].used.read);
  CHECK_FALSE(b[0].declared.write);
  CHECK(b[1].kind == DescriptorKind::UniformTexelBuffer);
  CHECK(b[2].kind == DescriptorKind::StorageTexelBuffer);
  CHECK(b[2].used.write);
  CHECK_FALSE(b[2].used.read);
  CHECK(b[3].kind == DescriptorKind::CombinedImageSampler);
  CHECK(b[3].count == 15);
  CHECK(r->images()[r->types()[b[3].type].image].arrayed);
  REQUIRE(entry.modes.count == 4);
  CHECK(r->execution_modes()[entry.modes.first].mode == spirv::ExecutionMode::OriginUpperLeft);
  CHECK(r->indices()[r->execution_modes()[entry.modes.first + 2].operands.first] == 32);
  CHECK(entry.float32.denorm_preserve);
  CHECK(entry.float32.rounding_rte);
  CHECK_FALSE(entry.float32.denorm_flush_to_zero);
  CHECK_FALSE(entry.float16.denorm_preserve);
  REQUIRE(entry.outputs.count == 1);
  CHECK(r->stage_variables()[entry.outputs.first].index == 1);
  // Each capability has its instruction: the image types, the modes.
  for (const Need& need : r->needs()) CHECK(need.word_offset != 0);
}

TEST_CASE("stages: entry points have their own bindings") {
  REFLECT(r, R"(
    OpCapability Shader
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %first "first"
    OpEntryPoint GLCompute %second "second"
    OpExecutionMode %first LocalSize 8 1 1
    OpExecutionMode %second LocalSize 16 1 1
    OpDecorate %group DescriptorSet 0
    OpDecorate %group Binding 4
    %group = OpDecorationGroup
    OpGroupDecorate %group %a %b
    OpDecorate %B BufferBlock
    OpMemberDecorate %B 0 Offset 0
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %uint = OpTypeInt 32 0
    %B = OpTypeStruct %uint
    %B_ptr = OpTypePointer Uniform %B
    %ptr = OpTypePointer Uniform %uint
    %0 = OpConstant %uint 0
    %a = OpVariable %B_ptr Uniform
    %b = OpVariable %B_ptr Uniform
    %shared = OpFunction %void None %fn
    %sl = OpLabel
    %sp = OpAccessChain %ptr %b %0
    OpStore %sp %0
    OpReturn
    OpFunctionEnd
    %first = OpFunction %void None %fn
    %fl = OpLabel
    %fp = OpAccessChain %ptr %a %0
    %fv = OpLoad %uint %fp
    OpReturn
    OpFunctionEnd
    %second = OpFunction %void None %fn
    %el = OpLabel
    %ep = OpAccessChain %ptr %a %0
    OpStore %ep %0
    %c = OpFunctionCall %void %shared
    OpReturn
    OpFunctionEnd
)",
          SPV_ENV_VULKAN_1_0);
  const EntryPoint& first = *r->find_entry_point("first");
  const EntryPoint& second = *r->find_entry_point("second");
  CHECK(first.workgroup.x == 8);
  CHECK(second.workgroup.x == 16);
  REQUIRE(r->bindings(first).size() == 1);
  CHECK(r->bindings(first)[0].binding == 4);  // from the group
  CHECK(r->bindings(first)[0].kind == DescriptorKind::StorageBuffer);
  CHECK(r->bindings(first)[0].used.read);
  CHECK_FALSE(r->bindings(first)[0].used.write);
  REQUIRE(r->bindings(second).size() == 2);
  CHECK_FALSE(r->bindings(second)[0].used.read);
  CHECK(r->bindings(second)[0].used.write);
  CHECK(r->bindings(second)[1].used.write);
}
