// Modules written by hand for comparisons with SPIRV-Cross, each with what is known to differ.
#pragma once

#include <string>
#include <vector>

namespace test {

struct HandWritten {
  const char* name;
  std::string text;
  /// Each difference of reflections, and why SPIRV-Cross is not followed in it.
  std::vector<std::string> known = {};
  /// SPIRV-Cross does not put it into GLSL.
  bool is_untranslatable = false;
};

inline const char* const begin_compute = R"(
  OpCapability Shader
  OpMemoryModel Logical GLSL450
  OpEntryPoint GLCompute %main "main"
)";
inline const char* const begin_types = R"(
  %void = OpTypeVoid
  %fn = OpTypeFunction %void
  %bool = OpTypeBool
  %uint = OpTypeInt 32 0
  %int = OpTypeInt 32 1
  %float = OpTypeFloat 32
  %uint3 = OpTypeVector %uint 3
  %float4 = OpTypeVector %float 4
  %0 = OpConstant %uint 0
  %1 = OpConstant %uint 1
  %2 = OpConstant %uint 2
  %3 = OpConstant %uint 3
  %4 = OpConstant %uint 4
)";
inline const char* const begin_main = R"(
  %main = OpFunction %void None %fn
  %entry = OpLabel
)";
inline const char* const end_main = R"(
  OpReturn
  OpFunctionEnd
)";

inline std::vector<HandWritten> hand_written() {
  const std::string compute = begin_compute, types = begin_types, main = begin_main, end = end_main;
  const std::string one_by_one = "OpExecutionMode %main LocalSize 1 1 1\n";
  std::vector<HandWritten> list;

  list.push_back({"arrays of descriptors by specialisation constants",
                  compute + one_by_one + R"(
    OpName %textures "textures"
    OpName %more "more"
    OpDecorate %n SpecId 3
    OpDecorate %textures DescriptorSet 0
    OpDecorate %textures Binding 1
    OpDecorate %more DescriptorSet 0
    OpDecorate %more Binding 2
)" + types + R"(
    %n = OpSpecConstant %uint 5
    %twice = OpSpecConstantOp %uint IMul %n %2
    %image = OpTypeImage %float 2D 0 0 0 1 Unknown
    %array = OpTypeArray %image %n
    %larger = OpTypeArray %image %twice
    %array_ptr = OpTypePointer UniformConstant %array
    %larger_ptr = OpTypePointer UniformConstant %larger
    %image_ptr = OpTypePointer UniformConstant %image
    %textures = OpVariable %array_ptr UniformConstant
    %more = OpVariable %larger_ptr UniformConstant
)" + main + R"(
    %p = OpAccessChain %image_ptr %textures %1
    %t = OpLoad %image %p
    %q = OpAccessChain %image_ptr %more %1
    %u = OpLoad %image %q
)" + end,
                  // A length that is an operation is not a constant to its interface (SPIRV-Cross #1259).
                  {"main: binding 0.2: count is 10, SPIRV-Cross has 1"}});

  list.push_back({"a workgroup size with an operation in it",
                  compute + one_by_one + R"(
    OpDecorate %n SpecId 0
    OpDecorate %size BuiltIn WorkgroupSize
)" + types + R"(
    %n = OpSpecConstant %uint 8
    %half = OpSpecConstantOp %uint UDiv %n %2
    %size = OpSpecConstantComposite %uint3 %n %half %3
)" + main + end,
                  // The same for a component of the size (SPIRV-Cross #1259).
                  {"main: workgroup.y is 4, SPIRV-Cross has 0"}});

  const std::string widths = "OpCapability Int64\nOpCapability Int16\nOpCapability Int8\n"
                             "OpCapability Float16\nOpCapability Float64\n";
  list.back().is_untranslatable = true;

  list.push_back({"specialisation constants of every width", widths + compute + one_by_one + R"(
    OpName %a "a"
    OpDecorate %a SpecId 0
    OpDecorate %b SpecId 1
    OpDecorate %c SpecId 2
    OpDecorate %d SpecId 3
    OpDecorate %e SpecId 4
    OpDecorate %f SpecId 5
    OpDecorate %g SpecId 6
    OpDecorate %h SpecId 7
    OpDecorate %i SpecId 8
    OpDecorate %j SpecId 9
)" + types + R"(
    %i8 = OpTypeInt 8 1
    %u8 = OpTypeInt 8 0
    %i16 = OpTypeInt 16 1
    %i64 = OpTypeInt 64 1
    %u64 = OpTypeInt 64 0
    %f16 = OpTypeFloat 16
    %f64 = OpTypeFloat 64
    %a = OpSpecConstant %i8 -3
    %b = OpSpecConstant %u8 250
    %c = OpSpecConstant %i16 -300
    %d = OpSpecConstant %i64 -5000000000
    %e = OpSpecConstant %u64 18446744073709551615
    %f = OpSpecConstant %f16 0.5
    %g = OpSpecConstant %f64 -0.1
    %h = OpSpecConstantTrue %bool
    %i = OpSpecConstantFalse %bool
    %j = OpSpecConstant %float -2.5
)" + main + end});

  list.push_back({"uses through functions, copies, lengths, atomics and texels",
                  "OpCapability VariablePointersStorageBuffer\n" + compute + one_by_one + R"(
    OpName %B "Block"
    OpMemberName %B 0 "word"
    OpName %R "Runtime"
    OpDecorate %B Block
    OpMemberDecorate %B 0 Offset 4
    OpDecorate %words ArrayStride 8
    OpDecorate %R Block
    OpMemberDecorate %R 0 Offset 0
    OpMemberDecorate %R 1 Offset 16
    OpDecorate %passed DescriptorSet 0
    OpDecorate %passed Binding 0
    OpDecorate %copied DescriptorSet 0
    OpDecorate %copied Binding 1
    OpDecorate %target DescriptorSet 0
    OpDecorate %target Binding 2
    OpDecorate %length DescriptorSet 0
    OpDecorate %length Binding 3
    OpDecorate %atomic DescriptorSet 0
    OpDecorate %atomic Binding 4
    OpDecorate %texels DescriptorSet 0
    OpDecorate %texels Binding 5
    OpDecorate %unused DescriptorSet 0
    OpDecorate %unused Binding 6
)" + types + R"(
    %words = OpTypeRuntimeArray %uint
    %B = OpTypeStruct %uint
    %R = OpTypeStruct %uint %words
    %B_ptr = OpTypePointer StorageBuffer %B
    %R_ptr = OpTypePointer StorageBuffer %R
    %ptr = OpTypePointer StorageBuffer %uint
    %image = OpTypeImage %uint 2D 0 0 0 2 R32ui
    %image_ptr = OpTypePointer UniformConstant %image
    %texel = OpTypePointer Image %uint
    %int2 = OpTypeVector %int 2
    %at = OpConstantNull %int2
    %takes = OpTypeFunction %void %B_ptr
    %passed = OpVariable %B_ptr StorageBuffer
    %copied = OpVariable %B_ptr StorageBuffer
    %target = OpVariable %B_ptr StorageBuffer
    %length = OpVariable %R_ptr StorageBuffer
    %atomic = OpVariable %B_ptr StorageBuffer
    %texels = OpVariable %image_ptr UniformConstant
    %unused = OpVariable %B_ptr StorageBuffer
    %callee = OpFunction %void None %takes
    %given = OpFunctionParameter %B_ptr
    %begin = OpLabel
    %gp = OpAccessChain %ptr %given %0
    OpStore %gp %1
    OpReturn
    OpFunctionEnd
)" + main + R"(
    %called = OpFunctionCall %void %callee %passed
    OpCopyMemory %target %copied
    %size = OpArrayLength %uint %length 1
    %ap = OpAccessChain %ptr %atomic %0
    %old = OpAtomicIAdd %uint %ap %1 %0 %1
    %tp = OpImageTexelPointer %texel %texels %at %0
    %new = OpAtomicIAdd %uint %tp %1 %0 %1
)" + end});
  list.back().is_untranslatable = true;

  list.push_back({"buffers declared read-only, write-only and by groups", compute + one_by_one + R"(
    OpMemberName %A 0 "values"
    OpName %first "first"
    OpDecorate %floats ArrayStride 16
    OpDecorate %A Block
    OpMemberDecorate %A 0 Offset 0
    OpMemberDecorate %A 0 NonWritable
    OpDecorate %W Block
    OpMemberDecorate %W 0 Offset 0
    OpMemberDecorate %W 0 NonReadable
    OpMemberDecorate %W 1 Offset 16
    OpMemberDecorate %W 1 NonReadable
    OpDecorate %U BufferBlock
    OpMemberDecorate %U 0 Offset 0
    OpDecorate %first DescriptorSet 3
    OpDecorate %first Binding 0
    OpDecorate %second DescriptorSet 2
    OpDecorate %second Binding 9
    OpDecorate %group DescriptorSet 0
    OpDecorate %group Binding 4
    %group = OpDecorationGroup
    OpGroupDecorate %group %third
)" + types + R"(
    %floats = OpTypeRuntimeArray %float4
    %A = OpTypeStruct %floats
    %W = OpTypeStruct %float %float
    %U = OpTypeStruct %uint
    %A_ptr = OpTypePointer StorageBuffer %A
    %W_ptr = OpTypePointer StorageBuffer %W
    %U_ptr = OpTypePointer Uniform %U
    %ptr = OpTypePointer StorageBuffer %float
    %wptr = OpTypePointer StorageBuffer %float
    %uptr = OpTypePointer Uniform %uint
    %zero = OpConstant %float 0
    %first = OpVariable %A_ptr StorageBuffer
    %second = OpVariable %W_ptr StorageBuffer
    %third = OpVariable %U_ptr Uniform
)" + main + R"(
    %ap = OpAccessChain %ptr %first %0 %1 %2
    %a = OpLoad %float %ap
    %wp = OpAccessChain %ptr %second %1
    OpStore %wp %a
    %up = OpAccessChain %uptr %third %0
    OpStore %up %1
)" + end});

  list.push_back({"texel buffers, attachments and nested arrays of descriptors", R"(
    OpCapability Shader
    OpCapability InputAttachment
    OpCapability SampledBuffer
    OpCapability ImageBuffer
    OpMemoryModel Logical GLSL450
    OpEntryPoint Fragment %main "main" %colour
    OpExecutionMode %main OriginUpperLeft
    OpDecorate %colour Location 0
    OpDecorate %colour Index 1
    OpDecorate %input DescriptorSet 0
    OpDecorate %input Binding 0
    OpDecorate %input InputAttachmentIndex 2
    OpDecorate %texels DescriptorSet 0
    OpDecorate %texels Binding 1
    OpDecorate %stored DescriptorSet 0
    OpDecorate %stored Binding 2
    OpDecorate %stored NonReadable
    OpDecorate %pair DescriptorSet 0
    OpDecorate %pair Binding 3
    OpDecorate %sampler DescriptorSet 1
    OpDecorate %sampler Binding 0
)" + types + R"(
    %i0 = OpConstant %int 0
    %int2 = OpTypeVector %int 2
    %00 = OpConstantComposite %int2 %i0 %i0
    %Input = OpTypeImage %float SubpassData 0 0 0 2 Unknown
    %Texels = OpTypeImage %float Buffer 0 0 0 1 Unknown
    %Stored = OpTypeImage %float Buffer 0 0 0 2 Rgba32f
    %Image = OpTypeImage %float 2D 0 1 0 1 Unknown
    %Sampler = OpTypeSampler
    %Pair = OpTypeSampledImage %Image
    %array = OpTypeArray %Pair %3
    %Input_ptr = OpTypePointer UniformConstant %Input
    %Texels_ptr = OpTypePointer UniformConstant %Texels
    %Stored_ptr = OpTypePointer UniformConstant %Stored
    %array_ptr = OpTypePointer UniformConstant %array
    %Pair_ptr = OpTypePointer UniformConstant %Pair
    %Sampler_ptr = OpTypePointer UniformConstant %Sampler
    %out = OpTypePointer Output %float4
    %input = OpVariable %Input_ptr UniformConstant
    %texels = OpVariable %Texels_ptr UniformConstant
    %stored = OpVariable %Stored_ptr UniformConstant
    %pair = OpVariable %array_ptr UniformConstant
    %sampler = OpVariable %Sampler_ptr UniformConstant
    %colour = OpVariable %out Output
)" + main + R"(
    %i = OpLoad %Input %input
    %a = OpImageRead %float4 %i %00
    %t = OpLoad %Texels %texels
    %b = OpImageFetch %float4 %t %i0
    %s = OpLoad %Stored %stored
    OpImageWrite %s %i0 %a
    %cp = OpAccessChain %Pair_ptr %pair %0
    %c = OpLoad %Pair %cp
    %d = OpLoad %Sampler %sampler
    OpStore %colour %b
)" + end});

  list.push_back({"blocks between stages", R"(
    OpCapability Shader
    OpMemoryModel Logical GLSL450
    OpEntryPoint Vertex %main "main" %position %index %per_vertex %out_block %flat
    OpMemberName %PerVertex 0 "gl_Position"
    OpMemberName %Varyings 1 "colour"
    OpName %flat "flat_word"
    OpDecorate %position Location 2
    OpDecorate %position Component 1
    OpDecorate %index BuiltIn VertexIndex
    OpMemberDecorate %PerVertex 0 BuiltIn Position
    OpMemberDecorate %PerVertex 1 BuiltIn PointSize
    OpDecorate %PerVertex Block
    OpDecorate %Varyings Block
    OpMemberDecorate %Varyings 0 Location 3
    OpMemberDecorate %Varyings 1 Location 7
    OpMemberDecorate %Varyings 1 Centroid
    OpDecorate %flat Location 1
    OpDecorate %flat Flat
)" + types + R"(
    %float2 = OpTypeVector %float 2
    %PerVertex = OpTypeStruct %float4 %float
    %Varyings = OpTypeStruct %float4 %float2
    %in_float2 = OpTypePointer Input %float2
    %in_int = OpTypePointer Input %int
    %out_PerVertex = OpTypePointer Output %PerVertex
    %out_Varyings = OpTypePointer Output %Varyings
    %out_uint = OpTypePointer Output %uint
    %out_float4 = OpTypePointer Output %float4
    %position = OpVariable %in_float2 Input
    %index = OpVariable %in_int Input
    %per_vertex = OpVariable %out_PerVertex Output
    %out_block = OpVariable %out_Varyings Output
    %flat = OpVariable %out_uint Output
    %null = OpConstantNull %float4
)" + main + R"(
    %pp = OpAccessChain %out_float4 %per_vertex %0
    OpStore %pp %null
    OpStore %flat %1
)" + end});

  list.push_back({"members that follow each other",
                  R"(
    OpCapability Shader
    OpMemoryModel Logical GLSL450
    OpEntryPoint Vertex %main "main" %out_block
    OpMemberName %Varyings 0 "a"
    OpMemberName %Varyings 1 "b"
    OpDecorate %Varyings Block
    OpDecorate %out_block Location 3
)" + types + R"(
    %Varyings = OpTypeStruct %float4 %float4
    %out_Varyings = OpTypePointer Output %Varyings
    %out_block = OpVariable %out_Varyings Output
)" + main + end,
                  // SPIRV-Cross counts locations when it prints them, and has no call for it.
                  {"main: output b: location is 4, SPIRV-Cross has 4294967295"}});

  list.push_back({"two entry points and push constants", R"(
    OpCapability Shader
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %main "main"
    OpEntryPoint GLCompute %second "second"
    OpExecutionMode %main LocalSize 8 1 1
    OpExecutionMode %second LocalSize 16 2 1
    OpName %a "a"
    OpName %b "b"
    OpDecorate %B Block
    OpMemberDecorate %B 0 Offset 0
    OpDecorate %P Block
    OpMemberDecorate %P 0 Offset 16
    OpMemberDecorate %P 1 Offset 24
    OpDecorate %a DescriptorSet 0
    OpDecorate %a Binding 0
    OpDecorate %b DescriptorSet 0
    OpDecorate %b Binding 1
)" + types + R"(
    %B = OpTypeStruct %uint
    %P = OpTypeStruct %uint %uint
    %B_ptr = OpTypePointer StorageBuffer %B
    %P_ptr = OpTypePointer PushConstant %P
    %ptr = OpTypePointer StorageBuffer %uint
    %push_uint = OpTypePointer PushConstant %uint
    %a = OpVariable %B_ptr StorageBuffer
    %b = OpVariable %B_ptr StorageBuffer
    %push = OpVariable %P_ptr PushConstant
)" + main + R"(
    %fp = OpAccessChain %ptr %a %0
    OpStore %fp %1
    OpReturn
    OpFunctionEnd
    %second = OpFunction %void None %fn
    %se = OpLabel
    %np = OpAccessChain %push_uint %push %0
    %n = OpLoad %uint %np
    %sp = OpAccessChain %ptr %b %0
    OpStore %sp %n
)" + end});

  list.push_back(
      {"sizes: matrices, nested structures, lengths by constants and operations", compute + one_by_one + R"(
    OpDecorate %n SpecId 1
    OpDecorate %M Block
    OpMemberDecorate %M 0 Offset 0
    OpMemberDecorate %M 0 MatrixStride 16
    OpMemberDecorate %M 0 RowMajor
    OpMemberDecorate %M 1 Offset 48
    OpMemberDecorate %M 1 MatrixStride 16
    OpMemberDecorate %M 1 ColMajor
    OpMemberDecorate %M 2 Offset 112
    OpDecorate %L Block
    OpMemberDecorate %L 0 Offset 0
    OpMemberDecorate %L 1 Offset 16
    OpDecorate %O Block
    OpMemberDecorate %O 0 Offset 0
    OpDecorate %E Block
    OpMemberDecorate %E 0 Offset 32
    OpMemberDecorate %E 1 Offset 0
    OpMemberDecorate %Inner 0 Offset 0
    OpMemberDecorate %Inner 1 Offset 12
    OpDecorate %inners ArrayStride 16
    OpDecorate %lengths ArrayStride 4
    OpDecorate %operations ArrayStride 8
    OpDecorate %rows ArrayStride 64
    OpDecorate %grid ArrayStride 128
    OpDecorate %m DescriptorSet 0
    OpDecorate %m Binding 0
    OpDecorate %l DescriptorSet 0
    OpDecorate %l Binding 1
    OpDecorate %o DescriptorSet 0
    OpDecorate %o Binding 2
    OpDecorate %e DescriptorSet 0
    OpDecorate %e Binding 3
)" + types + R"(
    %n = OpSpecConstant %uint 6
    %sum = OpSpecConstantOp %uint IAdd %n %3
    %float3 = OpTypeVector %float 3
    %mat4x3 = OpTypeMatrix %float3 4
    %Inner = OpTypeStruct %float3 %uint
    %inners = OpTypeRuntimeArray %Inner
    %lengths = OpTypeArray %uint %n
    %operations = OpTypeArray %uint %sum
    %rows = OpTypeArray %float4 %2
    %grid = OpTypeRuntimeArray %rows
    %M = OpTypeStruct %mat4x3 %mat4x3 %Inner
    %L = OpTypeStruct %uint %lengths
    %O = OpTypeStruct %operations
    %E = OpTypeStruct %float4 %Inner
    %M_ptr = OpTypePointer Uniform %M
    %L_ptr = OpTypePointer StorageBuffer %L
    %O_ptr = OpTypePointer StorageBuffer %O
    %E_ptr = OpTypePointer StorageBuffer %E
    %u_uint = OpTypePointer Uniform %uint
    %s_uint = OpTypePointer StorageBuffer %uint
    %m = OpVariable %M_ptr Uniform
    %l = OpVariable %L_ptr StorageBuffer
    %o = OpVariable %O_ptr StorageBuffer
    %e = OpVariable %E_ptr StorageBuffer
)" + main + R"(
    %mp = OpAccessChain %u_uint %m %2 %1
    %mv = OpLoad %uint %mp
    %lp = OpAccessChain %s_uint %l %0
    OpStore %lp %mv
    %op = OpAccessChain %s_uint %o %0 %1
    OpStore %op %mv
    %ep = OpAccessChain %s_uint %e %1 %1
    OpStore %ep %mv
)" + end});
  list.back().is_untranslatable = true;

  list.push_back({"arrays of buffers, of fixed and of any number", R"(
    OpCapability Shader
    OpCapability RuntimeDescriptorArray
    OpExtension "SPV_EXT_descriptor_indexing"
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %main "main"
)" + one_by_one + R"(
    OpName %fixed "fixed"
    OpName %any "any"
    OpDecorate %words ArrayStride 4
    OpDecorate %B Block
    OpMemberDecorate %B 0 Offset 0
    OpMemberDecorate %B 1 Offset 8
    OpDecorate %fixed DescriptorSet 0
    OpDecorate %fixed Binding 0
    OpDecorate %fixed NonWritable
    OpDecorate %any DescriptorSet 0
    OpDecorate %any Binding 1
)" + types + R"(
    %words = OpTypeRuntimeArray %uint
    %B = OpTypeStruct %uint %words
    %fours = OpTypeArray %B %4
    %anys = OpTypeRuntimeArray %B
    %fours_ptr = OpTypePointer StorageBuffer %fours
    %anys_ptr = OpTypePointer StorageBuffer %anys
    %ptr = OpTypePointer StorageBuffer %uint
    %fixed = OpVariable %fours_ptr StorageBuffer
    %any = OpVariable %anys_ptr StorageBuffer
)" + main + R"(
    %fp = OpAccessChain %ptr %fixed %3 %0
    %f = OpLoad %uint %fp
    %ap = OpAccessChain %ptr %any %2 %1 %0
    OpStore %ap %f
)" + end});

  list.push_back({"pointers by selection and phi, and a function that nobody calls",
                  "OpCapability VariablePointersStorageBuffer\n" + compute + one_by_one + R"(
    OpDecorate %B Block
    OpMemberDecorate %B 0 Offset 0
    OpDecorate %a DescriptorSet 0
    OpDecorate %a Binding 0
    OpDecorate %b DescriptorSet 0
    OpDecorate %b Binding 1
    OpDecorate %c DescriptorSet 0
    OpDecorate %c Binding 2
    OpDecorate %d DescriptorSet 0
    OpDecorate %d Binding 3
    OpDecorate %e DescriptorSet 0
    OpDecorate %e Binding 4
)" + types + R"(
    %B = OpTypeStruct %uint
    %B_ptr = OpTypePointer StorageBuffer %B
    %ptr = OpTypePointer StorageBuffer %uint
    %true = OpConstantTrue %bool
    %a = OpVariable %B_ptr StorageBuffer
    %b = OpVariable %B_ptr StorageBuffer
    %c = OpVariable %B_ptr StorageBuffer
    %d = OpVariable %B_ptr StorageBuffer
    %e = OpVariable %B_ptr StorageBuffer
    %idle = OpFunction %void None %fn
    %idle_entry = OpLabel
    %idle_ptr = OpAccessChain %ptr %e %0
    OpStore %idle_ptr %1
    OpReturn
    OpFunctionEnd
)" + main + R"(
    %ap = OpAccessChain %ptr %a %0
    %bp = OpAccessChain %ptr %b %0
    %either = OpSelect %ptr %true %ap %bp
    OpStore %either %1
    %cp = OpAccessChain %ptr %c %0
    %dp = OpAccessChain %ptr %d %0
    OpSelectionMerge %done None
    OpBranchConditional %true %left %done
    %left = OpLabel
    OpBranch %done
    %done = OpLabel
    %phi = OpPhi %ptr %cp %entry %dp %left
    %v = OpLoad %uint %phi
)" + end});
  list.back().is_untranslatable = true;

  list.push_back({"push constants with gaps, and an array at their end", compute + one_by_one + R"(
    OpDecorate %P Block
    OpMemberDecorate %P 0 Offset 32
    OpMemberDecorate %P 1 Offset 8
    OpMemberDecorate %P 2 Offset 48
    OpDecorate %array ArrayStride 16
)" + types + R"(
    %array = OpTypeArray %float %3
    %P = OpTypeStruct %uint %uint %array
    %P_ptr = OpTypePointer PushConstant %P
    %ptr = OpTypePointer PushConstant %uint
    %push = OpVariable %P_ptr PushConstant
)" + main + R"(
    %p = OpAccessChain %ptr %push %0
    %v = OpLoad %uint %p
)" + end});

  list.push_back({"buffer references that lead back to themselves", R"(
    OpCapability Shader
    OpCapability PhysicalStorageBufferAddresses
    OpExtension "SPV_KHR_physical_storage_buffer"
    OpMemoryModel PhysicalStorageBuffer64 GLSL450
    OpEntryPoint GLCompute %main "main"
)" + one_by_one + R"(
    OpMemberDecorate %Node 0 Offset 0
    OpMemberDecorate %Node 1 Offset 8
    OpDecorate %Node Block
    OpDecorate %Push Block
    OpMemberDecorate %Push 0 Offset 0
    OpTypeForwardPointer %NodePtr PhysicalStorageBuffer
)" + types + R"(
    %Node = OpTypeStruct %NodePtr %uint
    %NodePtr = OpTypePointer PhysicalStorageBuffer %Node
    %uint_ptr = OpTypePointer PhysicalStorageBuffer %uint
    %next_ptr = OpTypePointer PhysicalStorageBuffer %NodePtr
    %Push = OpTypeStruct %NodePtr
    %Push_ptr = OpTypePointer PushConstant %Push
    %head_ptr = OpTypePointer PushConstant %NodePtr
    %push = OpVariable %Push_ptr PushConstant
)" + main + R"(
    %hp = OpAccessChain %head_ptr %push %0
    %h = OpLoad %NodePtr %hp
    %np = OpAccessChain %next_ptr %h %0
    %n = OpLoad %NodePtr %np Aligned 8
    %vp = OpAccessChain %uint_ptr %n %1
    OpStore %vp %1 Aligned 4
)" + end});
  return list;
}

}  // namespace test
