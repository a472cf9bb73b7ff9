// Specialisation constants: every operation of OpSpecConstantOp that Shader allows, vectors and composites, overrides,
// and the three ways to say a workgroup's size. Values are worked out by hand.
#include "assemble.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::reflection;

namespace {

const char* const head = R"(
  OpCapability Shader
  OpCapability Int64
  OpCapability Int16
  OpCapability Int8
  OpCapability Float16
  OpCapability Float64
  OpMemoryModel Logical GLSL450
  OpEntryPoint GLCompute %main "main"
  OpExecutionMode %main LocalSize 1 1 1
  OpDecorate %a SpecId 0
  OpDecorate %b SpecId 1
  OpDecorate %t SpecId 2
  OpDecorate %f SpecId 3
  OpDecorate %w SpecId 4
  %void = OpTypeVoid
  %fn = OpTypeFunction %void
  %bool = OpTypeBool
  %int = OpTypeInt 32 1
  %uint = OpTypeInt 32 0
  %long = OpTypeInt 64 1
  %short = OpTypeInt 16 1
  %byte = OpTypeInt 8 0
  %half = OpTypeFloat 16
  %float = OpTypeFloat 32
  %double = OpTypeFloat 64
  %int2 = OpTypeVector %int 2
  %int3 = OpTypeVector %int 3
  %bool2 = OpTypeVector %bool 2
  %pair = OpTypeStruct %int %int2
  %int_0 = OpConstant %int 0
  %int_3 = OpConstant %int 3
  %true = OpConstantTrue %bool
  %a = OpSpecConstant %int -7
  %b = OpSpecConstant %int 3
  %t = OpSpecConstantTrue %bool
  %f = OpSpecConstant %float 1.1
  %w = OpSpecConstant %long -5000000000
  %v = OpSpecConstantComposite %int2 %a %b
)";
const char* const tail = R"(
  %main = OpFunction %void None %fn
  %entry = OpLabel
  OpReturn
  OpFunctionEnd
)";

struct Operation {
  const char* text;     // "%int IAdd %a %b"
  std::uint64_t value;  // of a, b = -7, 3
};

std::uint32_t u32(std::int32_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace

TEST_CASE("constants: each operation of OpSpecConstantOp on scalars") {
  const std::vector<Operation> operations = {
      {"%int IAdd %a %b", u32(-4)},
      {"%int ISub %a %b", u32(-10)},
      {"%int IMul %a %b", u32(-21)},
      {"%uint UDiv %a %b", 4294967289u / 3u},
      {"%int SDiv %a %b", u32(-2)},
      {"%uint UMod %a %b", 4294967289u % 3u},
      {"%int SRem %a %b", u32(-1)},  // the sign of -7
      {"%int SMod %a %b", 2},        // the sign of 3
      {"%int SNegate %a", 7},
      {"%int Not %a", 6},
      {"%uint ShiftRightLogical %a %b", 4294967289u >> 3},
      {"%int ShiftRightArithmetic %a %b", u32(-1)},
      {"%int ShiftLeftLogical %a %b", u32(-56)},
      {"%int BitwiseOr %a %b", u32(-7 | 3)},
      {"%int BitwiseXor %a %b", u32(-7 ^ 3)},
      {"%int BitwiseAnd %a %b", u32(-7 & 3)},
      {"%bool LogicalOr %t %true", 1},
      {"%bool LogicalAnd %t %true", 1},
      {"%bool LogicalNot %t", 0},
      {"%bool LogicalEqual %t %true", 1},
      {"%bool LogicalNotEqual %t %true", 0},
      {"%int Select %t %a %b", u32(-7)},
      {"%bool IEqual %a %b", 0},
      {"%bool INotEqual %a %b", 1},
      {"%bool ULessThan %a %b", 0},  // 4294967289 < 3
      {"%bool SLessThan %a %b", 1},
      {"%bool UGreaterThan %a %b", 1},
      {"%bool SGreaterThan %a %b", 0},
      {"%bool ULessThanEqual %a %b", 0},
      {"%bool SLessThanEqual %a %b", 1},
      {"%bool UGreaterThanEqual %a %b", 1},
      {"%bool SGreaterThanEqual %a %b", 0},
      {"%long SConvert %a", 0xFFFFFFFFFFFFFFF9},
      {"%short SConvert %a", 0xFFF9},
      {"%byte UConvert %w", 0x00},  // -5000000000 = 0xFFFFFFFED5FA0E00
      {"%int SConvert %w", 0xD5FA0E00},
      {"%double FConvert %f", 0x3FF19999A0000000},  // 1.1 as binary32
      {"%half FConvert %f", 0x3C66},                // 1.099609375
      {"%float QuantizeToF16 %f", 0x3F8CC000},
      {"%int CompositeExtract %v 1", 3},
  };
  std::string text = head;
  for (std::size_t i = 0; i < operations.size(); ++i)
    text += "%r" + std::to_string(i) + " = OpSpecConstantOp " + operations[i].text + "\n";
  // Some of these need Kernel in older versions of the validator: FConvert, UConvert.
  REFLECT(r, text + tail, SPV_ENV_UNIVERSAL_1_6, false);
  REQUIRE(r->spec_constants().size() == 6 + operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    CAPTURE(std::string(operations[i].text));
    const SpecConstant& c = r->spec_constants()[6 + i];
    CHECK(c.is_evaluated);
    CHECK(c.bits == operations[i].value);
    CHECK(c.default_bits == operations[i].value);
    CHECK(c.spec_id == none);
  }
}

TEST_CASE("constants: what SPIR-V leaves undefined is not evaluated") {
  const std::string text = std::string(head) + R"(
    %zero = OpSpecConstantOp %int SDiv %a %int_0
    %zero_u = OpSpecConstantOp %uint UMod %a %int_0
    %far = OpSpecConstant %int 32
    %shift = OpSpecConstantOp %int ShiftLeftLogical %a %far
    %least = OpSpecConstant %int -2147483648
    %minus = OpSpecConstant %int -1
    %over = OpSpecConstantOp %int SDiv %least %minus
    %after = OpSpecConstantOp %int IAdd %over %a
)" + tail;
  REFLECT(r, text);
  for (const SpecConstant& c : r->spec_constants())
    if (c.spec_id == none && c.op != spirv::Op::OpSpecConstant && c.op != spirv::Op::OpSpecConstantComposite)
      CHECK_FALSE(c.is_evaluated);
}

TEST_CASE("constants: vectors and composites") {
  const std::string text = std::string(head) + R"(
    %sum = OpSpecConstantOp %int2 IAdd %v %v
    %less = OpSpecConstantOp %bool2 SLessThan %v %sum
    %mixed = OpSpecConstantOp %int2 Select %less %v %sum
    %shuffled = OpSpecConstantOp %int3 VectorShuffle %v %sum 3 0 2
    %both = OpSpecConstantComposite %pair %b %v
    %inserted = OpSpecConstantOp %pair CompositeInsert %int_3 %both 1 0
    %inner = OpSpecConstantOp %int CompositeExtract %inserted 1 0
    %other = OpSpecConstantOp %int CompositeExtract %inserted 1 1
    %null = OpConstantNull %pair
    %from_null = OpSpecConstantOp %pair CompositeInsert %a %null 1 1
    %of_null = OpSpecConstantOp %int CompositeExtract %from_null 1 1
    %zero = OpSpecConstantOp %int CompositeExtract %from_null 1 0
)" + tail;
  REFLECT(r, text);
  const Span<const SpecConstant> c = r->spec_constants();
  REQUIRE(c.size() == 17);
  const auto component = [&](std::size_t constant, std::uint32_t i) {
    REQUIRE(i < c[constant].components.count);
    return r->component_bits()[c[constant].components.first + i];
  };
  CHECK(component(6, 0) == u32(-14));
  CHECK(component(6, 1) == 6);
  CHECK(component(7, 0) == 0);  // -7 < -14
  CHECK(component(7, 1) == 1);  // 3 < 6
  CHECK(component(8, 0) == u32(-14));
  CHECK(component(8, 1) == 3);
  CHECK(component(9, 0) == 6);
  CHECK(component(9, 1) == u32(-7));
  CHECK(component(9, 2) == u32(-14));
  CHECK(c[10].constituents.count == 2);
  CHECK(r->indices()[c[10].constituents.first] == 1);
  CHECK(r->indices()[c[10].constituents.first + 1] == 5);
  CHECK(c[12].bits == 3);
  CHECK(c[13].bits == 3);
  CHECK(c[15].bits == u32(-7));
  CHECK(c[16].bits == 0);
  for (const SpecConstant& constant : c) CHECK(constant.is_evaluated);

  const Override overrides[] = {{0, 100}};
  const Result<Reflection> with = reflect(r_module.words, overrides);
  REQUIRE(with.ok());
  CHECK(with->component_bits()[with->spec_constants()[6].components.first] == 200);
  CHECK(with->spec_constants()[15].bits == 100);
}

TEST_CASE("constants: a value in a map entry") {
  const std::string text = std::string(head) + R"(
    %r = OpSpecConstantOp %long IAdd %w %w
)" + tail;
  REFLECT(r, text);
  CHECK(r->spec_constants()[0].size == 4);
  CHECK(r->spec_constants()[2].size == 4);
  CHECK(r->spec_constants()[3].default_bits == 0x3F8CCCCD);
  CHECK(r->spec_constants()[4].size == 8);
  // Bits past the constant's width are nobody's.
  const Override overrides[] = {{0, 0x1234567890}, {2, 0x100000000}, {4, 1}};
  const Result<Reflection> with = reflect(r_module.words, overrides);
  REQUIRE(with.ok());
  CHECK(with->spec_constants()[0].bits == 0x34567890);
  CHECK(with->spec_constants()[2].bits == 1);
  CHECK(with->spec_constants()[6].bits == 2);

  const Result<Specialization> s = specialization_of(*with);
  REQUIRE(s.ok());
  REQUIRE(s->entries.size() == 5);
  CHECK(s->entries[0].constant_id == 0);
  CHECK(s->entries[0].offset == 0);
  CHECK(s->entries[0].size == 4);
  CHECK(s->entries[3].offset == 12);
  CHECK(s->entries[4].constant_id == 4);
  CHECK(s->entries[4].offset == 16);
  CHECK(s->entries[4].size == 8);
  REQUIRE(s->data.size() == 24);
  CHECK(s->data[0] == 0x90);
  CHECK(s->data[16] == 1);
}

TEST_CASE("constants: LocalSizeId, and a WorkgroupSize that wins over it") {
  const auto module = [](bool builtin) {
    return std::string(R"(
      OpCapability Shader
      OpMemoryModel Logical GLSL450
      OpEntryPoint GLCompute %main "main"
      OpExecutionModeId %main LocalSizeId %x %y %z
      OpDecorate %x SpecId 10
      OpDecorate %y SpecId 11
)") + (builtin ? "OpDecorate %size BuiltIn WorkgroupSize\n" : "") +
           R"(
      %void = OpTypeVoid
      %fn = OpTypeFunction %void
      %uint = OpTypeInt 32 0
      %uint3 = OpTypeVector %uint 3
      %x = OpSpecConstant %uint 8
      %y = OpSpecConstant %uint 4
      %z = OpConstant %uint 2
      %five = OpConstant %uint 5
      %size = OpSpecConstantComposite %uint3 %five %y %x
)" + tail;
  };
  {
    REFLECT(r, module(false));
    CHECK(r->entry_points()[0].workgroup.x == 8);
    CHECK(r->entry_points()[0].workgroup.y == 4);
    CHECK(r->entry_points()[0].workgroup.z == 2);
    const Result<Reflection> with = reflect(r_module.words, {{10, 64}, {11, 1}});
    CHECK(with->entry_points()[0].workgroup.x == 64);
    CHECK(with->entry_points()[0].workgroup.y == 1);
  }
  REFLECT(r, module(true));
  CHECK(r->entry_points()[0].workgroup.x == 5);
  CHECK(r->entry_points()[0].workgroup.y == 4);
  CHECK(r->entry_points()[0].workgroup.z == 8);
}
