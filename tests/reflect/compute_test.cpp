// Compute modules: bindings, push constants, specialisation constants, workgroup sizes. Values are worked out by hand.
#include "assemble.hpp"

#include <doctest/doctest.h>

using namespace airstrip;
using namespace airstrip::reflection;

namespace {

const char* const saxpy = R"(
               OpCapability Shader
               OpMemoryModel Logical GLSL450
               OpEntryPoint GLCompute %main "saxpy" %gid %x %y %push
               OpExecutionMode %main LocalSize 64 2 1
               OpName %x "x"
               OpName %Y "Output"
               OpName %push "push"
               OpName %Push "Push"
               OpMemberName %Push 0 "n"
               OpMemberName %Push 1 "scale"
               OpDecorate %gid BuiltIn GlobalInvocationId
               OpDecorate %floats ArrayStride 4
               OpDecorate %X Block
               OpMemberDecorate %X 0 Offset 0
               OpMemberDecorate %X 0 NonWritable
               OpDecorate %Y Block
               OpMemberDecorate %Y 0 Offset 0
               OpMemberDecorate %Y 1 Offset 16
               OpDecorate %Push Block
               OpMemberDecorate %Push 0 Offset 4
               OpMemberDecorate %Push 1 Offset 16
               OpDecorate %x DescriptorSet 1
               OpDecorate %x Binding 3
               OpDecorate %y DescriptorSet 0
               OpDecorate %y Binding 7
               OpDecorate %unused DescriptorSet 0
               OpDecorate %unused Binding 1
       %void = OpTypeVoid
         %fn = OpTypeFunction %void
       %uint = OpTypeInt 32 0
      %float = OpTypeFloat 32
      %uint3 = OpTypeVector %uint 3
     %float2 = OpTypeVector %float 2
     %in_id3 = OpTypePointer Input %uint3
     %floats = OpTypeRuntimeArray %float
          %X = OpTypeStruct %floats
          %Y = OpTypeStruct %uint %floats
       %Push = OpTypeStruct %uint %float2
      %X_ptr = OpTypePointer StorageBuffer %X
      %Y_ptr = OpTypePointer StorageBuffer %Y
   %Push_ptr = OpTypePointer PushConstant %Push
  %float_ptr = OpTypePointer StorageBuffer %float
  %push_uint = OpTypePointer PushConstant %uint
          %0 = OpConstant %uint 0
          %1 = OpConstant %uint 1
        %gid = OpVariable %in_id3 Input
          %x = OpVariable %X_ptr StorageBuffer
          %y = OpVariable %Y_ptr StorageBuffer
     %unused = OpVariable %Y_ptr StorageBuffer
       %push = OpVariable %Push_ptr PushConstant
       %main = OpFunction %void None %fn
      %entry = OpLabel
         %id = OpLoad %uint3 %gid
          %i = OpCompositeExtract %uint %id 0
         %np = OpAccessChain %push_uint %push %0
          %n = OpLoad %uint %np
         %xp = OpAccessChain %float_ptr %x %0 %i
         %xv = OpLoad %float %xp
         %yp = OpAccessChain %float_ptr %y %1 %n
               OpStore %yp %xv
               OpReturn
               OpFunctionEnd
)";

}  // namespace

TEST_CASE("compute: what an entry point binds") {
  REFLECT(r, saxpy);
  REQUIRE(r->entry_points().size() == 1);
  const EntryPoint& entry = r->entry_points()[0];
  CHECK(entry.name == Text("saxpy"));
  CHECK(entry.model == spirv::ExecutionModel::GLCompute);
  CHECK(r->find_entry_point("saxpy") == &entry);
  CHECK(r->find_entry_point("main") == nullptr);
  CHECK(r->find_entry_point("saxpy", spirv::ExecutionModel::Vertex) == nullptr);
  CHECK(entry.has_workgroup);
  CHECK(entry.workgroup.x == 64);
  CHECK(entry.workgroup.y == 2);
  CHECK(entry.workgroup.z == 1);

  const Span<const Binding> bindings = r->bindings(entry);
  REQUIRE(bindings.size() == 2);  // without the one that no instruction names
  CHECK(bindings[0].set == 0);
  CHECK(bindings[0].binding == 7);
  CHECK(bindings[0].kind == DescriptorKind::StorageBuffer);
  CHECK(bindings[0].count == 1);
  CHECK(bindings[0].name == Text("Output"));  // of the block, as the variable has none
  CHECK(bindings[0].minimum_bytes == 20);     // the array begins at 16, one element has 4
  CHECK(bindings[0].element_stride == 4);
  CHECK(bindings[0].declared.read);
  CHECK(bindings[0].declared.write);
  CHECK_FALSE(bindings[0].used.read);
  CHECK(bindings[0].used.write);
  CHECK(bindings[1].set == 1);
  CHECK(bindings[1].binding == 3);
  CHECK(bindings[1].name == Text("x"));
  CHECK(bindings[1].minimum_bytes == 4);
  CHECK(bindings[1].declared.read);
  CHECK_FALSE(bindings[1].declared.write);
  CHECK(bindings[1].used.read);
  CHECK_FALSE(bindings[1].used.write);
  CHECK_FALSE(bindings[1].used.atomic);
}

TEST_CASE("compute: push constants") {
  REFLECT(r, saxpy);
  const PushConstants& push = r->entry_points()[0].push_constants;
  CHECK(push.offset == 4);
  CHECK(push.size == 20);  // from 4 to 16 + 8
  REQUIRE(push.type != none);
  const Type& type = r->types()[push.type];
  CHECK(type.kind == TypeKind::Struct);
  CHECK(type.name == Text("Push"));
  REQUIRE(type.members.count == 2);
  const Member& scale = r->members()[type.members.first + 1];
  CHECK(scale.name == Text("scale"));
  CHECK(scale.offset == 16);
  CHECK(scale.size == 8);
  REQUIRE(scale.type != none);
  CHECK(r->types()[scale.type].kind == TypeKind::Vector);
  CHECK(r->types()[scale.type].count == 2);
}

namespace {

const char* const specialised = R"(
               OpCapability Shader
               OpMemoryModel Logical GLSL450
               OpEntryPoint GLCompute %main "main" %shared %textures
               OpExecutionMode %main LocalSize 1 1 1
               OpName %width "width"
               OpDecorate %width SpecId 4
               OpDecorate %fast SpecId 5
               OpDecorate %ratio SpecId 6
               OpDecorate %size BuiltIn WorkgroupSize
               OpDecorate %textures DescriptorSet 0
               OpDecorate %textures Binding 0
       %void = OpTypeVoid
         %fn = OpTypeFunction %void
       %bool = OpTypeBool
       %uint = OpTypeInt 32 0
      %float = OpTypeFloat 32
      %uint3 = OpTypeVector %uint 3
      %width = OpSpecConstant %uint 16
       %fast = OpSpecConstantTrue %bool
      %ratio = OpSpecConstant %float 0.5
          %1 = OpConstant %uint 1
          %4 = OpConstant %uint 4
       %area = OpSpecConstantOp %uint IMul %width %4
       %size = OpSpecConstantComposite %uint3 %width %4 %1
   %elements = OpTypeArray %float %area
   %elem_ptr = OpTypePointer Workgroup %elements
  %float_ptr = OpTypePointer Workgroup %float
      %image = OpTypeImage %float 2D 0 0 0 1 Unknown
      %array = OpTypeArray %image %width
   %tex_arr = OpTypePointer UniformConstant %array
    %tex_ptr = OpTypePointer UniformConstant %image
     %shared = OpVariable %elem_ptr Workgroup
   %textures = OpVariable %tex_arr UniformConstant
       %main = OpFunction %void None %fn
      %entry = OpLabel
          %p = OpAccessChain %float_ptr %shared %1
               OpStore %p %ratio
          %t = OpAccessChain %tex_ptr %textures %1
          %i = OpLoad %image %t
               OpReturn
               OpFunctionEnd
)";

}  // namespace

TEST_CASE("compute: specialisation constants, and what depends on them") {
  REFLECT(r, specialised);
  const Span<const SpecConstant> constants = r->spec_constants();
  REQUIRE(constants.size() == 5);
  CHECK(constants[0].spec_id == 4);
  CHECK(constants[0].name == Text("width"));
  CHECK(constants[0].default_bits == 16);
  CHECK(constants[0].bits == 16);
  CHECK(constants[0].size == 4);
  CHECK(constants[1].spec_id == 5);
  CHECK(constants[1].default_bits == 1);
  CHECK(constants[1].size == 4);  // VkBool32
  CHECK(constants[2].spec_id == 6);
  CHECK(constants[2].default_bits == 0x3F000000);
  CHECK(constants[3].op == spirv::Op::OpIMul);
  CHECK(constants[3].spec_id == none);
  CHECK(constants[3].bits == 64);
  CHECK(constants[3].is_evaluated);
  REQUIRE(constants[4].constituents.count == 3);
  CHECK(r->indices()[constants[4].constituents.first] == 0);         // the width
  CHECK(r->indices()[constants[4].constituents.first + 1] == none);  // a plain constant
  const EntryPoint& entry = r->entry_points()[0];
  CHECK(entry.workgroup.x == 16);  // the decorated constant, and not LocalSize
  CHECK(entry.workgroup.y == 4);
  CHECK(entry.workgroup.z == 1);
  CHECK(entry.workgroup_bytes == 256);
  REQUIRE(r->bindings(entry).size() == 1);
  CHECK(r->bindings(entry)[0].kind == DescriptorKind::SampledImage);
  CHECK(r->bindings(entry)[0].count == 16);
  CHECK(r->bindings(entry)[0].count_constant == 0);

  const Override overrides[] = {{4, 100}, {5, 0}, {77, 1}};
  const Result<Reflection> wide = reflect(r_module.words, overrides);
  REQUIRE(wide.ok());
  CHECK(wide->spec_constants()[0].default_bits == 16);
  CHECK(wide->spec_constants()[0].bits == 100);
  CHECK(wide->spec_constants()[1].bits == 0);
  CHECK(wide->spec_constants()[3].bits == 400);
  CHECK(wide->spec_constants()[3].default_bits == 64);
  CHECK(wide->entry_points()[0].workgroup.x == 100);
  CHECK(wide->entry_points()[0].workgroup_bytes == 1600);
  CHECK(wide->bindings(wide->entry_points()[0])[0].count == 100);
}

TEST_CASE("compute: what is no module is an error with its place") {
  const std::uint32_t words[] = {1, 2, 3};
  const Result<Reflection> r = reflect(words);
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == ErrorCode::NotAModule);
  CHECK(r.error().word_offset == 0);
}
