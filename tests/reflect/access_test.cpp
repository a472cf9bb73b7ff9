// Accesses inferred from instructions: through calls, copies, phi and select of pointers, pointers in variables, images
// and atomics. Each buffer is used in one way, worked out by hand.
#include "assemble.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace airstrip;
using namespace airstrip::reflection;

namespace {

// Buffers 0 … n-1 of one unsigned each, in set 0, and what is done with them.
std::string module(unsigned buffers, const std::string& body, const std::string& functions = {},
                   const std::string& more = {}, const std::string& decorations = {}) {
  std::string text = R"(
    OpCapability Shader
    OpCapability VariablePointers
    OpCapability ImageQuery
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %main "main")";
  for (unsigned i = 0; i < buffers; ++i) text += " %b" + std::to_string(i);
  text += more.empty() ? "" : " %image %texture %sampler";
  text += "\nOpExecutionMode %main LocalSize 1 1 1\nOpDecorate %B Block\nOpMemberDecorate %B 0 Offset 0\n";
  for (unsigned i = 0; i < buffers; ++i) {
    const std::string n = std::to_string(i);
    text += "OpDecorate %b" + n + " DescriptorSet 0\nOpDecorate %b" + n + " Binding " + n + "\n";
  }
  text += decorations + R"(
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %bool = OpTypeBool
    %uint = OpTypeInt 32 0
    %float = OpTypeFloat 32
    %B = OpTypeStruct %uint
    %B_ptr = OpTypePointer StorageBuffer %B
    %ptr = OpTypePointer StorageBuffer %uint
    %ptr_var = OpTypePointer Function %ptr
    %take = OpTypeFunction %void %ptr
    %give = OpTypeFunction %ptr %ptr
    %0 = OpConstant %uint 0
    %1 = OpConstant %uint 1
    %true = OpConstantTrue %bool
)" + more;
  for (unsigned i = 0; i < buffers; ++i)
    text += "%b" + std::to_string(i) + " = OpVariable %B_ptr StorageBuffer\n";
  text += functions + "%main = OpFunction %void None %fn\n%entry = OpLabel\n" + body +
          "OpReturn\nOpFunctionEnd\n";
  return text;
}

std::string access_of(const Reflection& r, std::uint32_t binding) {
  for (const Binding& b : r.bindings(r.entry_points()[0]))
    if (b.binding == binding)
      return std::string(b.used.read ? "r" : "") + (b.used.write ? "w" : "") + (b.used.atomic ? "a" : "");
  return "unused";
}

}  // namespace

TEST_CASE("access: loads, stores, copies and atomics") {
  REFLECT(r, module(6, R"(
    %p0 = OpAccessChain %ptr %b0 %0
    %v = OpLoad %uint %p0
    %p1 = OpAccessChain %ptr %b1 %0
    OpStore %p1 %v
    %p2 = OpAccessChain %ptr %b2 %0
    %p2c = OpCopyObject %ptr %p2
    %p3 = OpInBoundsAccessChain %ptr %b3 %0
    OpCopyMemory %p3 %p2c
    %p4 = OpAccessChain %ptr %b4 %0
    %old = OpAtomicIAdd %uint %p4 %1 %0 %v
    %p5 = OpAccessChain %ptr %b5 %0
)"));
  CHECK(access_of(*r, 0) == "r");
  CHECK(access_of(*r, 1) == "w");
  CHECK(access_of(*r, 2) == "r");
  CHECK(access_of(*r, 3) == "w");
  CHECK(access_of(*r, 4) == "rwa");
  CHECK(access_of(*r, 5) == "");  // named, and no more: it must be bound all the same
}

TEST_CASE("access: through calls, to parameters and from results") {
  REFLECT(r, module(5, R"(
    %p0 = OpAccessChain %ptr %b0 %0
    %c0 = OpFunctionCall %void %writes %p0
    %p1 = OpAccessChain %ptr %b1 %0
    %c1 = OpFunctionCall %void %passes %p1
    %p2 = OpAccessChain %ptr %b2 %0
    %c2 = OpFunctionCall %ptr %same %p2
    %v2 = OpLoad %uint %c2
    %p3 = OpAccessChain %ptr %b3 %0
)",
                    R"(
    %writes = OpFunction %void None %take
    %w_p = OpFunctionParameter %ptr
    %w_l = OpLabel
    OpStore %w_p %1
    OpReturn
    OpFunctionEnd
    %passes = OpFunction %void None %take
    %q_p = OpFunctionParameter %ptr
    %q_l = OpLabel
    %q_v = OpLoad %uint %q_p
    %q_c = OpFunctionCall %void %writes %q_p
    OpReturn
    OpFunctionEnd
    %same = OpFunction %ptr None %give
    %s_p = OpFunctionParameter %ptr
    %s_l = OpLabel
    OpReturnValue %s_p
    OpFunctionEnd
    %never = OpFunction %void None %fn
    %n_l = OpLabel
    %n_p = OpAccessChain %ptr %b4 %0
    OpStore %n_p %1
    OpReturn
    OpFunctionEnd
)"));
  CHECK(access_of(*r, 0) == "w");
  CHECK(access_of(*r, 1) == "rw");
  CHECK(access_of(*r, 2) == "r");
  CHECK(access_of(*r, 3) == "");
  CHECK(access_of(*r, 4) == "unused");  // in a function that nobody calls
}

TEST_CASE("access: select, phi and pointers in variables") {
  REFLECT(r, module(7, R"(
    %var = OpVariable %ptr_var Function
    %p0 = OpAccessChain %ptr %b0 %0
    %p1 = OpAccessChain %ptr %b1 %0
    %s = OpSelect %ptr %true %p0 %p1
    %v = OpLoad %uint %s
    %p2 = OpAccessChain %ptr %b2 %0
    %p3 = OpAccessChain %ptr %b3 %0
    OpBranch %loop
    %loop = OpLabel
    %phi = OpPhi %ptr %p2 %entry %later %next
    OpLoopMerge %done %next None
    OpBranchConditional %true %next %done
    %next = OpLabel
    %later = OpCopyObject %ptr %p3
    OpBranch %loop
    %done = OpLabel
    OpStore %phi %v
    %p4 = OpAccessChain %ptr %b4 %0
    OpStore %var %p4
    %loaded = OpLoad %ptr %var
    OpStore %loaded %v
    %p5 = OpAccessChain %ptr %b5 %0
    %same = OpPtrEqual %bool %p5 %p4
)"),
          SPV_ENV_UNIVERSAL_1_4);
  CHECK(access_of(*r, 0) == "r");
  CHECK(access_of(*r, 1) == "r");
  CHECK(access_of(*r, 2) == "w");
  CHECK(access_of(*r, 3) == "w");
  CHECK(access_of(*r, 4) == "w");
  CHECK(access_of(*r, 5) == "");
  CHECK(access_of(*r, 6) == "unused");
}

TEST_CASE("access: images and samplers") {
  REFLECT(r, module(0, R"(
    %i = OpLoad %Storage %image
    OpImageWrite %i %at %colour
    %size = OpImageQuerySize %uint2 %i
    %t = OpLoad %Sampled %texture
    %s = OpLoad %Sampler %sampler
    %ts = OpSampledImage %Combined %t %s
    %texel = OpImageSampleExplicitLod %float4 %ts %uv Lod %zero
)",
                    {}, R"(
    %uint2 = OpTypeVector %uint 2
    %float2 = OpTypeVector %float 2
    %float4 = OpTypeVector %float 4
    %zero = OpConstant %float 0
    %at = OpConstantComposite %uint2 %0 %1
    %uv = OpConstantComposite %float2 %zero %zero
    %colour = OpConstantComposite %float4 %zero %zero %zero %zero
    %Storage = OpTypeImage %float 2D 0 0 0 2 Rgba8
    %Sampled = OpTypeImage %float 2D 0 0 0 1 Unknown
    %Sampler = OpTypeSampler
    %Combined = OpTypeSampledImage %Sampled
    %Storage_ptr = OpTypePointer UniformConstant %Storage
    %Sampled_ptr = OpTypePointer UniformConstant %Sampled
    %Sampler_ptr = OpTypePointer UniformConstant %Sampler
    %image = OpVariable %Storage_ptr UniformConstant
    %texture = OpVariable %Sampled_ptr UniformConstant
    %sampler = OpVariable %Sampler_ptr UniformConstant
)",
                    R"(
    OpDecorate %image DescriptorSet 0
    OpDecorate %image Binding 0
    OpDecorate %image NonReadable
    OpDecorate %texture DescriptorSet 0
    OpDecorate %texture Binding 1
    OpDecorate %sampler DescriptorSet 0
    OpDecorate %sampler Binding 2
)"));
  CHECK(access_of(*r, 0) == "w");
  CHECK(access_of(*r, 1) == "r");
  CHECK(access_of(*r, 2) == "r");
  const Span<const Binding> b = r->bindings(r->entry_points()[0]);
  CHECK(b[0].kind == DescriptorKind::StorageImage);
  CHECK(b[0].declared.write);
  CHECK_FALSE(b[0].declared.read);
  REQUIRE(b[0].type != none);
  const ImageInfo& image = r->images()[r->types()[b[0].type].image];
  CHECK(image.storage);
  CHECK(image.format == spirv::ImageFormat::Rgba8);
  CHECK(image.dim == spirv::Dim::Dim2D);
  CHECK(b[1].kind == DescriptorKind::SampledImage);
  CHECK_FALSE(b[1].declared.write);
  CHECK(b[2].kind == DescriptorKind::Sampler);
}
