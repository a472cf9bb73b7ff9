// The grammar's tables and look-ups: what holds for every entry, and known entries of each table.
#include <airstrip/spirv/grammar.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <string>

using namespace airstrip;
using namespace airstrip::spirv;

TEST_CASE("every instruction is found by opcode and by name") {
  CHECK(grammar::instructions().size() == instruction_count);
  Op before = Op::OpNop;
  for (const InstructionInfo& info : grammar::instructions()) {
    INFO(std::string(info.name));
    CHECK(grammar::find(info.op) == &info);
    CHECK(grammar::find(Text(info.name)) == &info);
    CHECK((&info == grammar::instructions().data() || info.op > before));
    before = info.op;
    const Span<const OperandInfo> operands = grammar::operands(info);
    unsigned position = 0;
    for (std::size_t i = 0; i < operands.size(); ++i)
      if (operands[i].kind == OperandKind::IdResult) position = static_cast<unsigned>(i) + 1;
    CHECK(grammar::result_position(static_cast<std::uint16_t>(info.op)) == position);
  }
  for (unsigned opcode = 0; opcode < 65536; ++opcode) {
    const InstructionInfo* const info = grammar::find(static_cast<Op>(opcode));
    if (info && info->op != static_cast<Op>(opcode)) FAIL("opcode ", opcode, " finds another instruction");
    if (!info && grammar::result_position(static_cast<std::uint16_t>(opcode)) != 0) FAIL("opcode ", opcode);
  }
}

TEST_CASE("aliases and unknown names") {
  CHECK(grammar::find(Text("OpSDotKHR")) == grammar::find(Op::OpSDot));
  CHECK(grammar::find(Text("OpDecorateStringGOOGLE")) == grammar::find(Op::OpDecorateString));
  for (const char* const name : {"", "Op", "OpIAd", "OpIAddX", "zzz", "AAA", "OpNop "})
    CHECK(grammar::find(Text(name)) == nullptr);
  CHECK(grammar::find(static_cast<Op>(9)) == nullptr);
  CHECK(grammar::find(static_cast<Op>(0xFFFF)) == nullptr);
  const EnumerantInfo* const info =
      grammar::find(OperandKind::Capability, Text("StorageUniformBufferBlock16"));
  REQUIRE(info);
  CHECK(std::strcmp(info->name, "StorageBuffer16BitAccess") == 0);
}

TEST_CASE("every enumerant is found by value and by name") {
  std::size_t masks = 0;
  for (std::size_t k = 0; k < operand_kind_count; ++k) {
    const auto kind = static_cast<OperandKind>(k);
    INFO(std::string(grammar::name(kind)));
    const Span<const EnumerantInfo> all = grammar::enumerants(kind);
    CHECK(grammar::is_enum(kind) == !all.empty());
    if (grammar::is_mask(kind)) ++masks;
    for (std::size_t i = 0; i < all.size(); ++i) {
      CHECK((i == 0 || all[i].value > all[i - 1].value));
      CHECK(grammar::find(kind, all[i].value) == &all[i]);
      CHECK(grammar::find(kind, Text(all[i].name)) == &all[i]);
      // Debug information has a flag of two bits: public is private and protected.
      const bool two_bits = std::strcmp(all[i].name, "FlagIsPublic") == 0;
      if (grammar::is_mask(kind) && !two_bits) CHECK((all[i].value & (all[i].value - 1)) == 0);
    }
    CHECK(grammar::find(kind, 0xFFFFFFFFu) == nullptr);
    CHECK(grammar::find(kind, Text("no such name")) == nullptr);
  }
  CHECK(masks >= 16);
}

TEST_CASE("capabilities have a dense index") {
  for (std::size_t i = 0; i < capability_count; ++i)
    CHECK(grammar::capability_index(grammar::capability_at(i)) == i);
  CHECK(grammar::capability_index(static_cast<Capability>(26)) == capability_count);
  CHECK(grammar::capability_index(static_cast<Capability>(0xFFFFFFFF)) == capability_count);
  CHECK(grammar::capability_index(static_cast<Capability>(7000)) == capability_count);
}

TEST_CASE("extensions") {
  for (std::size_t i = 0; i < extension_count; ++i) {
    Extension found{};
    CHECK(grammar::find(Text(grammar::name(static_cast<Extension>(i))), found));
    CHECK(static_cast<std::size_t>(found) == i);
  }
  Extension found{};
  CHECK_FALSE(grammar::find(Text("SPV_KHR_16bit_storag"), found));
  CHECK_FALSE(grammar::find(Text(""), found));
}

TEST_CASE("extended instruction sets") {
  for (const ExtInstSetInfo& set : grammar::ext_inst_sets()) {
    INFO(std::string(set.name));
    CHECK(grammar::find_ext_inst_set(Text(set.name)) == &set);
    for (std::size_t i = 0; i < set.instructions.size(); ++i) {
      CHECK((i == 0 || set.instructions[i].number > set.instructions[i - 1].number));
      CHECK(grammar::find(set, set.instructions[i].number) == &set.instructions[i]);
    }
    CHECK(grammar::find(set, 0xFFFFFFFFu) == nullptr);
  }
  const ExtInstSetInfo* const glsl = grammar::find_ext_inst_set("GLSL.std.450");
  REQUIRE(glsl);
  CHECK(std::strcmp(grammar::find(*glsl, 1)->name, "Round") == 0);
  // Sets with revisions take any revision, the others do not.
  const ExtInstSetInfo* const clspv = grammar::find_ext_inst_set("NonSemantic.ClspvReflection.5");
  REQUIRE(clspv);
  CHECK(clspv == grammar::find_ext_inst_set("NonSemantic.ClspvReflection.7"));
  CHECK(grammar::find_ext_inst_set("NonSemantic.Shader.DebugInfo.100") !=
        grammar::find_ext_inst_set("NonSemantic.Shader.DebugInfo.102"));
  for (const char* const name :
       {"GLSL.std.451", "NonSemantic.Foo.1", "1", "", "NonSemantic.ClspvReflection."})
    CHECK(grammar::find_ext_inst_set(Text(name)) == nullptr);
}

TEST_CASE("what instructions need") {
  const InstructionInfo& dot = *grammar::find(Op::OpSDot);
  CHECK(dot.version == make_version(1, 6));
  CHECK(grammar::capabilities(dot).size() == 1);
  CHECK(grammar::capabilities(dot)[0] == Capability::DotProduct);
  CHECK(grammar::extensions(dot)[0] == Extension::SPV_KHR_integer_dot_product);
  CHECK(grammar::find(Op::OpAtomicCompareExchangeWeak)->last_version == make_version(1, 3));
  CHECK(grammar::find(Op::OpNop)->last_version == no_version);
  CHECK(grammar::find(Op::OpTypeCooperativeMatrixKHR)->version == no_version);
  // An implied capability.
  const EnumerantInfo& geometry =
      *grammar::find(OperandKind::Capability, static_cast<std::uint32_t>(Capability::Geometry));
  CHECK(grammar::capabilities(geometry)[0] == Capability::Shader);
  const EnumerantInfo& grad =
      *grammar::find(OperandKind::ImageOperands, static_cast<std::uint32_t>(ImageOperands::Grad));
  CHECK(grammar::parameters(grad).size() == 2);
}

TEST_CASE("sections that the grammar's classes do not tell") {
  const auto section = [](Op op) { return grammar::find(op)->section; };
  CHECK(section(Op::OpTypeCooperativeMatrixKHR) == Section::Global);
  CHECK(section(Op::OpConstantStringAMDX) == Section::Global);
  CHECK(section(Op::OpConstantPipeStorage) == Section::Global);
  CHECK(section(Op::OpTypeForwardPointer) == Section::Global);
  CHECK(section(Op::OpGraphConstantARM) == Section::Global);
  CHECK(section(Op::OpGraphARM) == Section::Graph);
  CHECK(section(Op::OpGraphEntryPointARM) == Section::Graph);
  CHECK(section(Op::OpSamplerImageAddressingModeNV) == Section::SamplerImageAddressingMode);
  CHECK(section(Op::OpConditionalCapabilityINTEL) == Section::Capability);
  CHECK(section(Op::OpAliasScopeListDeclINTEL) == Section::Annotation);
  CHECK(section(Op::OpUntypedVariableKHR) == Section::GlobalOrBlock);
  CHECK(section(Op::OpLabel) == Section::Function);
  CHECK(section(Op::OpLine) == Section::Anywhere);
  CHECK(section(Op::OpSizeOf) == Section::Block);
}

TEST_CASE("masks combine") {
  constexpr MemorySemantics both = MemorySemantics::AcquireRelease | MemorySemantics::WorkgroupMemory;
  static_assert(static_cast<std::uint32_t>(both) == 0x108);
  static_assert((both & MemorySemantics::WorkgroupMemory) == MemorySemantics::WorkgroupMemory);
  static_assert((both & ~MemorySemantics::WorkgroupMemory) == MemorySemantics::AcquireRelease);
  static_assert(is_mask_enum<MemorySemantics> && !is_mask_enum<Scope>);
}
