// Smaller things: untyped pointers, workgroup memory with a layout, groups of member decorations, the other byte order,
// subgroup operations, float controls 2, a SpecId on two constants, variables that share a binding.
#include "assemble.hpp"
#include "hand.hpp"
#include "invariants.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace airstrip;
using namespace airstrip::reflection;
using spirv::Op;
using test::Hand;
using test::n;
using test::with_text;

namespace {

void require(bool condition) { REQUIRE(condition); }

}  // namespace

TEST_CASE("details: untyped pointers") {
  Hand h;
  h.op(Op::OpCapability, {n(spirv::Capability::Shader)})
      .op(Op::OpCapability, {n(spirv::Capability::UntypedPointersKHR)})
      .op(Op::OpMemoryModel, {0, 1})
      .op(Op::OpEntryPoint, with_text({n(spirv::ExecutionModel::GLCompute), 1}, "main", {10}))
      .op(Op::OpDecorate, {6, n(spirv::Decoration::ArrayStride), 4})
      .op(Op::OpDecorate, {7, n(spirv::Decoration::Block)})
      .op(Op::OpMemberDecorate, {7, 0, n(spirv::Decoration::Offset), 8})
      .op(Op::OpDecorate, {10, n(spirv::Decoration::DescriptorSet), 2})
      .op(Op::OpDecorate, {10, n(spirv::Decoration::Binding), 5})
      .op(Op::OpTypeVoid, {2})
      .op(Op::OpTypeFunction, {3, 2})
      .op(Op::OpTypeInt, {4, 32, 0})
      .op(Op::OpConstant, {4, 5, 0})
      .op(Op::OpTypeRuntimeArray, {6, 4})
      .op(Op::OpTypeStruct, {7, 6})
      .op(Op::OpTypeUntypedPointerKHR, {8, n(spirv::StorageClass::StorageBuffer)})
      .op(Op::OpUntypedVariableKHR, {8, 10, n(spirv::StorageClass::StorageBuffer), 7})
      .op(Op::OpFunction, {2, 1, 0, 3})
      .op(Op::OpLabel, {11})
      .op(Op::OpUntypedAccessChainKHR, {8, 12, 7, 10, 5, 5})
      .op(Op::OpStore, {12, 5})
      .op(Op::OpReturn)
      .op(Op::OpFunctionEnd);
  const Result<Reflection> r = reflect(h.words);
  REQUIRE(r.ok());
  test::check_invariants(*r, require);
  REQUIRE(r->bindings(r->entry_points()[0]).size() == 1);
  const Binding& b = r->bindings(r->entry_points()[0])[0];
  CHECK(b.set == 2);
  CHECK(b.binding == 5);
  CHECK(b.kind == DescriptorKind::StorageBuffer);
  CHECK(b.minimum_bytes == 12);
  CHECK(b.element_stride == 4);
  CHECK(b.used.write);
  CHECK_FALSE(b.used.read);
}

TEST_CASE("details: arrays of pointers that are declared ahead, and descriptors without a count") {
  Hand h;
  h.op(Op::OpMemoryModel, {n(spirv::AddressingModel::PhysicalStorageBuffer64), 1})
      .op(Op::OpEntryPoint, with_text({n(spirv::ExecutionModel::GLCompute), 1}, "main"))
      .op(Op::OpDecorate, {5, n(spirv::Decoration::ArrayStride), 8})
      .op(Op::OpMemberDecorate, {6, 0, n(spirv::Decoration::Offset), 0})
      .op(Op::OpMemberDecorate, {6, 1, n(spirv::Decoration::Offset), 32})
      .op(Op::OpDecorate, {12, n(spirv::Decoration::Binding), 1})
      .op(Op::OpTypeForwardPointer, {7, n(spirv::StorageClass::PhysicalStorageBuffer)})
      .op(Op::OpTypeVoid, {2})
      .op(Op::OpTypeInt, {3, 32, 0})
      .op(Op::OpConstant, {3, 4, 4})
      .op(Op::OpTypeArray, {5, 7, 4})
      .op(Op::OpTypeStruct, {6, 5, 7})
      .op(Op::OpTypePointer, {7, n(spirv::StorageClass::PhysicalStorageBuffer), 6})
      .op(Op::OpTypeSampler, {9})
      .op(Op::OpTypeRuntimeArray, {10, 9})
      .op(Op::OpTypePointer, {11, n(spirv::StorageClass::UniformConstant), 10})
      .op(Op::OpVariable, {11, 12, n(spirv::StorageClass::UniformConstant)})
      .op(Op::OpFunction, {2, 1, 0, 2})
      .op(Op::OpCopyObject, {11, 13, 12})
      .op(Op::OpFunctionEnd);
  const Result<Reflection> r = reflect(h.words);
  REQUIRE(r.ok());
  test::check_invariants(*r, require);
  REQUIRE(r->buffer_references().size() == 1);
  const Type& node = r->types()[r->buffer_references()[0].type];
  CHECK(node.size == 40);
  const Type& array = r->types()[r->members()[node.members.first].type];
  CHECK(array.size == 32);
  CHECK(array.element == r->buffer_references()[0].pointer);
  CHECK(cpp_structs(*r).contains("std::uint64_t member_0[4];"));
  REQUIRE(r->bindings(r->entry_points()[0]).size() == 1);
  CHECK(r->bindings(r->entry_points()[0])[0].kind == DescriptorKind::Sampler);
  CHECK(r->bindings(r->entry_points()[0])[0].count == 0);
}

TEST_CASE("details: offsets and strides that are specialised") {
  Hand h;
  h.op(Op::OpDecorate, {2, n(spirv::Decoration::SpecId), 0})
      .op(Op::OpDecorateId, {4, n(spirv::Decoration::ArrayStrideIdEXT), 2})
      .op(Op::OpMemberDecorate, {5, 0, n(spirv::Decoration::Offset), 0})
      .op(Op::OpMemberDecorateIdEXT, {5, 1, n(spirv::Decoration::OffsetIdEXT), 6})
      .op(Op::OpTypeInt, {1, 32, 0})
      .op(Op::OpConstant, {1, 3, 4})
      .op(Op::OpSpecConstant, {1, 2, 16})
      .op(Op::OpSpecConstantOp, {1, 6, n(Op::OpIMul), 2, 3})
      .op(Op::OpTypeArray, {4, 1, 3})
      .op(Op::OpTypeStruct, {5, 4, 1});
  for (const std::uint32_t stride : {16u, 8u}) {
    const Result<Reflection> r = reflect(h.words, {{0, stride}});
    REQUIRE(r.ok());
    test::check_invariants(*r, require);
    CHECK(r->types()[1].stride == stride);
    CHECK(r->types()[1].size == 4 * stride);
    CHECK(r->members()[1].offset == 4 * stride);
    CHECK(r->types()[2].size == 4 * stride + 4);
  }
}

TEST_CASE("details: workgroup blocks share their memory") {
  REFLECT(r, R"(
    OpCapability Shader
    OpCapability WorkgroupMemoryExplicitLayoutKHR
    OpExtension "SPV_KHR_workgroup_memory_explicit_layout"
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %main "main" %a %b
    OpExecutionMode %main LocalSize 1 1 1
    OpDecorate %A Block
    OpDecorate %B Block
    OpMemberDecorate %A 0 Offset 0
    OpMemberDecorate %B 0 Offset 64
    OpDecorate %floats ArrayStride 4
    OpDecorate %a Aliased
    OpDecorate %b Aliased
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %uint = OpTypeInt 32 0
    %float = OpTypeFloat 32
    %20 = OpConstant %uint 20
    %0 = OpConstant %uint 0
    %floats = OpTypeArray %float %20
    %A = OpTypeStruct %floats
    %B = OpTypeStruct %uint
    %A_ptr = OpTypePointer Workgroup %A
    %B_ptr = OpTypePointer Workgroup %B
    %uint_ptr = OpTypePointer Workgroup %uint
    %a = OpVariable %A_ptr Workgroup
    %b = OpVariable %B_ptr Workgroup
    %main = OpFunction %void None %fn
    %entry = OpLabel
    %p = OpAccessChain %uint_ptr %b %0
    OpStore %p %0
    %v = OpLoad %A %a
    OpReturn
    OpFunctionEnd
)",
          SPV_ENV_UNIVERSAL_1_4);
  CHECK(r->entry_points()[0].workgroup_bytes == 80);  // the larger of 80 and 68
  for (const Need& need : r->needs()) CHECK(need.word_offset != 0);
}

TEST_CASE("details: groups of member decorations, and the other byte order") {
  const std::string text = R"(
    OpCapability Shader
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %main "main"
    OpExecutionMode %main LocalSize 3 1 1
    OpName %S "S"
    OpMemberName %S 1 "second"
    OpDecorate %group Offset 16
    OpDecorate %group NonWritable
    %group = OpDecorationGroup
    OpGroupMemberDecorate %group %S 1 %T 0
    OpMemberDecorate %S 0 Offset 0
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %uint = OpTypeInt 32 0
    %S = OpTypeStruct %uint %uint
    %T = OpTypeStruct %uint
    %main = OpFunction %void None %fn
    %entry = OpLabel
    OpReturn
    OpFunctionEnd
)";
  REFLECT(r, text, SPV_ENV_UNIVERSAL_1_0, false);
  test::Words turned = r_module.words;
  for (std::uint32_t& w : turned) w = __builtin_bswap32(w);
  const Result<Reflection> other = reflect(turned);
  REQUIRE(other.ok());
  CHECK(to_json(*other) == Text(to_json(*r)));
  for (const Type& t : r->types()) {
    if (t.kind != TypeKind::Struct) continue;
    const Member& last = r->members()[t.members.first + t.members.count - 1];
    CHECK(last.offset == 16);
    CHECK(last.non_writable);
    CHECK(t.size == 20);
    if (t.members.count == 2) CHECK(last.name == Text("second"));
  }
}

TEST_CASE("details: subgroup operations, with those of functions that are called") {
  REFLECT(r, R"(
    OpCapability Shader
    OpCapability GroupNonUniformBallot
    OpCapability GroupNonUniformArithmetic
    OpCapability GroupNonUniformClustered
    OpCapability GroupNonUniformShuffle
    OpCapability GroupNonUniformQuad
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %main "main" %mask
    OpEntryPoint GLCompute %plain "plain"
    OpExecutionMode %main LocalSize 1 1 1
    OpExecutionMode %plain LocalSize 1 1 1
    OpDecorate %mask BuiltIn SubgroupEqMask
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %uint = OpTypeInt 32 0
    %uint4 = OpTypeVector %uint 4
    %in = OpTypePointer Input %uint4
    %0 = OpConstant %uint 0
    %3 = OpConstant %uint 3
    %4 = OpConstant %uint 4
    %mask = OpVariable %in Input
    %helper = OpFunction %void None %fn
    %hl = OpLabel
    %c = OpGroupNonUniformIAdd %uint %3 ClusteredReduce %0 %4
    OpReturn
    OpFunctionEnd
    %main = OpFunction %void None %fn
    %ml = OpLabel
    %m = OpLoad %uint4 %mask
    %s = OpGroupNonUniformShuffle %uint %3 %0 %0
    %call = OpFunctionCall %void %helper
    OpReturn
    OpFunctionEnd
    %plain = OpFunction %void None %fn
    %pl = OpLabel
    %r = OpGroupNonUniformIAdd %uint %3 Reduce %0
    %q = OpGroupNonUniformQuadBroadcast %uint %3 %0 %0
    OpReturn
    OpFunctionEnd
)",
          SPV_ENV_VULKAN_1_1);
  CHECK(r->find_entry_point("main")->subgroup_operations ==
        (0x8 | 0x10 | 0x40));                                                // ballot, shuffle, clustered
  CHECK(r->find_entry_point("plain")->subgroup_operations == (0x4 | 0x80));  // arithmetic, quad
}

TEST_CASE("details: float controls 2") {
  Hand h;
  h.op(Op::OpMemoryModel, {0, 1})
      .op(Op::OpEntryPoint, with_text({n(spirv::ExecutionModel::GLCompute), 1}, "main"))
      .op(Op::OpExecutionModeId, {1, n(spirv::ExecutionMode::FPFastMathDefault), 2, 4})
      .op(Op::OpTypeFloat, {2, 16})
      .op(Op::OpTypeInt, {3, 32, 0})
      .op(Op::OpConstant, {3, 4, 0x70000});
  const Result<Reflection> r = reflect(h.words);
  REQUIRE(r.ok());
  CHECK(r->entry_points()[0].float16.fast_math == 0x70000);
  CHECK(r->entry_points()[0].float32.fast_math == none);
  const ExecutionModeInfo& mode = r->execution_modes()[0];
  CHECK(r->indices()[mode.operands.first] == 0);  // the first type
  CHECK(r->indices()[mode.operands.first + 1] == 0x70000);
}

TEST_CASE("details: one SpecId on two constants") {
  const auto module = [](std::uint32_t second_bits) {
    Hand h;
    h.op(Op::OpDecorate, {10, n(spirv::Decoration::SpecId), 4})
        .op(Op::OpDecorate, {11, n(spirv::Decoration::SpecId), 4})
        .op(Op::OpTypeInt, {1, 32, 0})
        .op(Op::OpTypeInt, {2, second_bits, 1})
        .op(Op::OpSpecConstant, {1, 10, 7})
        .op(Op::OpSpecConstant, second_bits == 64 ? test::Words{2, 11, 8, 0} : test::Words{2, 11, 8});
    return h.words;
  };
  const Result<Reflection> same = reflect(module(32), {{4, 100}});
  REQUIRE(same.ok());
  CHECK(same->spec_constants()[0].bits == 100);
  CHECK(same->spec_constants()[1].bits == 100);
  const Result<Specialization> entries = specialization_of(*same);
  REQUIRE(entries.ok());
  CHECK(entries->entries.size() == 1);
  const Result<Reflection> different = reflect(module(64));
  REQUIRE(different.ok());
  const Result<Specialization> conflict = specialization_of(*different);
  REQUIRE_FALSE(conflict.ok());
  CHECK(conflict.error().message == "SpecId 4 is on constants of 4 and of 8 bytes");
}

TEST_CASE("details: variables that share a binding are one binding of the layout") {
  REFLECT(r, R"(
    OpCapability Shader
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %main "main"
    OpExecutionMode %main LocalSize 1 1 1
    OpDecorate %A Block
    OpDecorate %B Block
    OpMemberDecorate %A 0 Offset 0
    OpMemberDecorate %B 0 Offset 0
    OpDecorate %a DescriptorSet 0
    OpDecorate %a Binding 3
    OpDecorate %b DescriptorSet 0
    OpDecorate %b Binding 3
    OpDecorate %a Aliased
    OpDecorate %b Aliased
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %uint = OpTypeInt 32 0
    %float = OpTypeFloat 32
    %float4 = OpTypeVector %float 4
    %0 = OpConstant %uint 0
    %A = OpTypeStruct %uint
    %B = OpTypeStruct %float4
    %A_ptr = OpTypePointer StorageBuffer %A
    %B_ptr = OpTypePointer StorageBuffer %B
    %uint_ptr = OpTypePointer StorageBuffer %uint
    %a = OpVariable %A_ptr StorageBuffer
    %b = OpVariable %B_ptr StorageBuffer
    %main = OpFunction %void None %fn
    %entry = OpLabel
    %p = OpAccessChain %uint_ptr %a %0
    OpStore %p %0
    %v = OpLoad %B %b
    OpReturn
    OpFunctionEnd
)",
          SPV_ENV_VULKAN_1_1);
  CHECK(r->bindings(r->entry_points()[0]).size() == 2);
  const Result<PipelineLayout> layout = pipeline_layout(*r, r->entry_points()[0]);
  REQUIRE(layout.ok());
  REQUIRE(layout->bindings.size() == 1);
  CHECK(layout->bindings[0].minimum_bytes == 16);
  CHECK(layout->bindings[0].used.read);
  CHECK(layout->bindings[0].used.write);
  CHECK(layout->bindings[0].stages == 0x20);
}
