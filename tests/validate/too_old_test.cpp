// What the linked SPIRV-Tools does not know is neither valid nor invalid.
#include "modules.hpp"

#include "../support/skip.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace airstrip;
using namespace airstrip::spirv;
using namespace test;

namespace {

using Kind = UnknownToValidator::Kind;
constexpr ValidateOptions linked_only{.validator = ValidatorChoice::LinkedOnly};

std::vector<std::string> unknown(const ValidationReport& report) {
  std::vector<std::string> result;
  for (const UnknownToValidator& one : report.unknown()) result.push_back(str(one.to_string()));
  return result;
}
using Texts = std::vector<std::string>;

bool external_is_named() {
  const char* const program = std::getenv("AIRSTRIP_SPIRV_VAL");
  return program && *program;
}

Result<Module> cooperative_matrix() {
  Builder b({.target = Target::vulkan(1, 3)
                           .enable_extension("VK_KHR_cooperative_matrix")
                           .enable_feature("cooperativeMatrix")
                           .enable_feature("vulkanMemoryModel"),
             .memory_model = MemoryModel::Vulkan});
  const SourceLocation line{"matrix.cpp", 7};
  const TypeId matrix = b.declare_cooperative_matrix(b.declare_float(32, {}, line), Scope::Subgroup, 16, 16,
                                                     CooperativeMatrixUse::MatrixAccumulatorKHR, line);
  const FunctionId main = b.begin_function(b.declare_void(), {}, "main");
  const ValueId zero = b.declare_null(matrix);
  b.OpFAdd(zero, zero, line);
  b.end_function();
  b.add_compute_entry_point(main, "main", 32);
  return b.finish();
}

// Modules that Debian 12's SPIRV-Tools has no words for, and what it does not know of each.
struct New {
  const char* name;
  Words words;
  Target target;
  Texts unknown;
};
std::vector<New> new_modules() {
  std::vector<New> modules;
  const Target any = Target::universal(1, 6);
  {
    const Result<Module> module = cooperative_matrix();
    REQUIRE_MESSAGE(module.ok(), str(module.error().to_string()));
    modules.push_back({"cooperative matrix",
                       copy(*module),
                       module->target(),
                       {"the capability CooperativeMatrixKHR", "the extension SPV_KHR_cooperative_matrix",
                        "the instruction OpTypeCooperativeMatrixKHR"}});
  }
  {
    Hand h = shader(0x00010600, {n(Capability::BFloat16TypeKHR)}, {"SPV_KHR_bfloat16"});
    types(h).op(Op::OpTypeFloat, {8, 16, n(FPEncoding::BFloat16KHR)});
    modules.push_back({"bfloat16",
                       body(h).words,
                       any,
                       {"the capability BFloat16TypeKHR", "the extension SPV_KHR_bfloat16",
                        "the operands of %8 = OpTypeFloat 16 BFloat16KHR"}});
  }
  {
    Hand h = shader(0x00010600, {n(Capability::Float8EXT)}, {"SPV_EXT_float8"});
    types(h).op(Op::OpTypeFloat, {8, 8, n(FPEncoding::Float8E4M3EXT)});
    modules.push_back({"float8",
                       body(h).words,
                       any,
                       {"the capability Float8EXT", "the extension SPV_EXT_float8",
                        "the operands of %8 = OpTypeFloat 8 Float8E4M3EXT"}});
  }
  {
    Hand h = shader(0x00010600, {n(Capability::TensorsARM)}, {"SPV_ARM_tensors"});
    types(h).op(Op::OpTypeFloat, {8, 32}).op(Op::OpTypeTensorARM, {9, 8});
    modules.push_back(
        {"tensor",
         body(h).words,
         any,
         {"the capability TensorsARM", "the extension SPV_ARM_tensors", "the instruction OpTypeTensorARM"}});
  }
  {
    Hand h = shader(0x00010600, {}, {"SPV_KHR_maximal_reconvergence"});
    h.op(Op::OpExecutionMode, {3, n(ExecutionMode::MaximallyReconvergesKHR)});
    modules.push_back({"an execution mode",
                       body(types(h)).words,
                       any,
                       {"the extension SPV_KHR_maximal_reconvergence",
                        "the ExecutionMode MaximallyReconvergesKHR (6023)"}});
  }
  {
    Hand h = shader(0x00010600, {}, {"SPV_KHR_relaxed_extended_instruction"});
    modules.push_back({"an extension alone",
                       body(types(h)).words,
                       any,
                       {"the extension SPV_KHR_relaxed_extended_instruction"}});
  }
  {
    Hand h(100, 0x00010600);
    h.op(Op::OpCapability, {1}).op(Op::OpExtension, text("SPV_KHR_non_semantic_info"));
    h.op(Op::OpExtInstImport, Words{20} + text("TOSA.001000.1")).op(Op::OpMemoryModel, {0, 1});
    h.op(Op::OpEntryPoint, Words{5, 3} + text("main")).op(Op::OpExecutionMode, {3, 17, 1, 1, 1});
    modules.push_back(
        {"an instruction set", body(types(h)).words, any, {"the extended instructions TOSA.001000.1"}});
  }
  return modules;
}

}  // namespace

TEST_CASE("modules that the linked version is too old for") {
  if (!linked_is_old()) return test::skip("the linked SPIRV-Tools is newer than what this test is about");
  for (const New& m : new_modules()) {
    CAPTURE(m.name);
    const ValidationReport report = validation_report(m.words, m.target, linked_only);
    CHECK_MESSAGE(report.code == ErrorCode::ValidatorTooOld, str(report.to_string()));
    CHECK(report.validator == Validator::Linked);
    CHECK(str(report.version) == linked_validator_version());
    CHECK_MESSAGE(unknown(report) == m.unknown, str(report.to_string()));
    for (const UnknownToValidator& one : report.unknown()) CHECK(one.known_here);
    CHECK(str(report.message)
              .rfind("SPIRV-Tools " + std::string(linked_validator_version()) + " does not know " +
                         m.unknown[0],
                     0) == 0);
    CHECK(report.message.contains("name a newer spirv-val in the environment variable AIRSTRIP_SPIRV_VAL"));
    CHECK(report.instruction_index != ValidationReport::none);
    const Result<Validation> result = validate(m.words, m.target, linked_only);
    CHECK(result.error().code == ErrorCode::ValidatorTooOld);
  }
}

TEST_CASE("the report of a validator that is too old") {
  if (!linked_is_old()) return test::skip("the linked SPIRV-Tools is newer than what this test is about");
  const Result<Module> module = cooperative_matrix();
  REQUIRE(module.ok());
  const ValidationReport report = validation_report(*module, linked_only);
  // It leads to the line of C++ that wanted it.
  CHECK(std::string(report.where.file) == "matrix.cpp");
  CHECK(report.where.line == 7);
  CHECK(std::string(report.instruction) == "OpTypeCooperativeMatrixKHR");
  REQUIRE(report.unknown().size() == 3);
  CHECK(report.unknown()[0].kind == Kind::Capability);
  CHECK(report.unknown()[0].value == n(Capability::CooperativeMatrixKHR));
  CHECK(str(report.unknown()[0].name) == "CooperativeMatrixKHR");
  CHECK(report.unknown()[1].kind == Kind::Extension);
  CHECK(report.unknown()[2].kind == Kind::Instruction);
  CHECK(str(report.to_string())
            .rfind("matrix.cpp:7: error: SPIRV-Tools " + std::string(linked_validator_version()) +
                       " does not know the capability CooperativeMatrixKHR and 2 more of what the "
                       "module uses, so that the module is neither valid nor invalid to it; name a "
                       "newer spirv-val in the environment variable AIRSTRIP_SPIRV_VAL "
                       "[ValidatorTooOld]\n"
                       "  unknown: the capability CooperativeMatrixKHR, the extension "
                       "SPV_KHR_cooperative_matrix, the instruction OpTypeCooperativeMatrixKHR\n"
                       "  at instruction ",
                   0) == 0);
}

TEST_CASE("what no version knows, and this library does not know either") {
  struct Case {
    const char* name;
    Words words;
    Kind kind;
    std::uint32_t value;
    std::string text;
  };
  std::vector<Case> cases;
  {
    Hand h = shader(0x00010600, {60000});
    cases.push_back({"capability", body(types(h)).words, Kind::Capability, 60000,
                     "the capability that has the value 60000"});
  }
  {
    Hand h = shader(0x00010600, {}, {"SPV_AIRSTRIP_nothing"});
    cases.push_back(
        {"extension", body(types(h)).words, Kind::Extension, 0, "the extension SPV_AIRSTRIP_nothing"});
  }
  {
    Hand h = shader(0x00010600);
    types(h).op(static_cast<Op>(60001), {8, 9});
    cases.push_back(
        {"opcode", body(h).words, Kind::Instruction, 60001, "the instruction with the opcode 60001"});
  }
  {
    Hand h = shader(0x00010600);
    types(h).op(Op::OpTypePointer, {8, 60002, 1});
    cases.push_back({"enumerant", body(h).words, Kind::Enumerant, 60002, "the StorageClass (60002)"});
  }
  {
    Hand h = shader(0x00010600);
    types(h)
        .op(Op::OpFunction, {1, 3, 0x40000000, 2})
        .op(Op::OpLabel, {4})
        .op(Op::OpReturn)
        .op(Op::OpFunctionEnd);
    cases.push_back({"mask", h.words, Kind::Enumerant, 0x40000000, "the FunctionControl (1073741824)"});
  }
  {
    Hand h = shader(0x00010900);
    cases.push_back({"version", body(types(h)).words, Kind::Version, 0, "SPIR-V 1.9"});
  }
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const ValidationReport report = validation_report(c.words, Target::vulkan(1, 3), linked_only);
    CHECK_MESSAGE(report.code == ErrorCode::ValidatorTooOld, str(report.to_string()));
    REQUIRE(report.unknown().size() == 1);
    CHECK(report.unknown()[0].kind == c.kind);
    CHECK(report.unknown()[0].value == c.value);
    CHECK(str(report.unknown()[0].to_string()) == c.text);
    CHECK_FALSE(report.unknown()[0].known_here);
    CHECK(report.message.contains("this library does not know it either"));
  }
  // A version alone, where no environment of another kind takes its place.
  Hand h = shader(0x00010900);
  CHECK(validation_report(body(types(h)).words, Target::universal(1, 6), linked_only).code ==
        ErrorCode::ValidatorTooOld);
}

TEST_CASE("what is known is not taken for unknown") {
  // Opcodes, enumerants and extensions of every age that the linked version has, in modules that are wrong otherwise.
  const Target target = Target::universal(1, 6);
  const auto check = [&](const Words& words) {
    const ValidationReport report = validation_report(words, target, linked_only);
    CHECK_MESSAGE(report.code == ErrorCode::ValidationFailed, str(report.to_string()));
    CHECK_MESSAGE(report.unknown().empty(), str(report.to_string()));
  };
  // Newer than the module's version.
  Hand h = shader(0x00010000);
  types(h).op(Op::OpTypeFloat, {8, 32}).op(Op::OpConstant, {8, 9, 0}).op(Op::OpCopyLogical, {8, 10, 9});
  check(body(h).words);
  // Only in old versions.
  h = shader(0x00010600);
  h.op(Op::OpDecorate, {10, n(Decoration::BufferBlock)});
  types(h).op(Op::OpTypeFloat, {8, 64});
  check(body(h).words);
  // Extended instructions, switches and constants, whose operands depend on others.
  h = Hand(100, 0x00010300);
  h.op(Op::OpCapability, {1})
      .op(Op::OpExtInstImport, Words{20} + text("GLSL.std.450"))
      .op(Op::OpMemoryModel, {0, 1});
  h.op(Op::OpEntryPoint, Words{5, 3} + text("main")).op(Op::OpExecutionMode, {3, 17, 1, 1, 1});
  types(h).op(Op::OpTypeFloat, {8, 32}).op(Op::OpConstant, {8, 9, 0}).op(Op::OpTypeInt, {6, 32, 0});
  h.op(Op::OpConstant, {6, 7, 3});
  h.op(Op::OpFunction, {1, 3, 0, 2}).op(Op::OpLabel, {4}).op(Op::OpExtInst, {8, 21, 20, 13, 9});
  h.op(Op::OpSelectionMerge, {30, 0})
      .op(Op::OpSwitch, {7, 30, 1, 31})
      .op(Op::OpLabel, {31})
      .op(Op::OpBranch, {30});
  h.op(Op::OpLabel, {30}).op(Op::OpIAdd, {6, 32, 9, 9}).op(Op::OpReturn).op(Op::OpFunctionEnd);
  check(h.words);
  // Id 0, and an id with two definitions: the parser of SPIRV-Tools rejects both.
  h = shader(0x00010600);
  types(h).op(Op::OpTypeVector, {9, 0, 4});
  check(body(h).words);
  h = shader(0x00010600);
  types(h).op(Op::OpTypeBool, {9}).op(Op::OpTypeBool, {9});
  check(body(h).words);
  // A malformed instruction stays an error, whatever its opcode.
  h = shader(0x00010600);
  types(h).op(Op::OpTypeFloat, {8, 32}).op(Op::OpTypeVector, {9, 8, 4, 5, 6});
  check(body(h).words);
}

TEST_CASE("an option the linked version does not have") {
  Builder b({.target = Target::vulkan(1, 1).enable_feature("maintenance8").enable_feature("maintenance9")});
  const FunctionId main = b.begin_function(b.declare_void());
  b.end_function();
  b.add_compute_entry_point(main, "main", 1);
  const Result<Module> module = b.finish();
  REQUIRE(module.ok());
  CHECK(validate(*module, linked_only).ok());
  if (!linked_is_old()) return test::skip("the linked SPIRV-Tools has the option");
  // OpBitCount of 16 bits is valid with maintenance9.
  Hand h = shader(0x00010300, {n(Capability::Int16)});
  types(h).op(Op::OpTypeInt, {6, 16, 0}).op(Op::OpConstant, {6, 7, 3});
  h.op(Op::OpFunction, {1, 3, 0, 2}).op(Op::OpLabel, {4}).op(Op::OpBitCount, {6, 8, 7});
  h.op(Op::OpReturn).op(Op::OpFunctionEnd);
  CHECK(validation_report(h.words, Target::vulkan(1, 1), linked_only).code == ErrorCode::ValidationFailed);
  const ValidationReport report = validation_report(h.words, module->target(), linked_only);
  CHECK_MESSAGE(report.code == ErrorCode::ValidatorTooOld, str(report.to_string()));
  CHECK(unknown(report) == Texts{"the option --allow-vulkan-32-bit-bitwise"});
  if (!external_is_named()) return;
  const ValidationReport newer = validation_report(h.words, module->target());
  if (newer.code != ErrorCode::ValidatorTooOld) {
    CHECK_MESSAGE(newer.ok(), str(newer.to_string()));
    CHECK(newer.command.contains("--allow-vulkan-32-bit-bitwise"));
  }
}

// --- with AIRSTRIP_SPIRV_VAL ------------------------------------------------------------------------------------------

TEST_CASE("the external validator answers where the linked one cannot") {
  if (!external_is_named()) return test::skip("AIRSTRIP_SPIRV_VAL does not name a newer spirv-val");
  const Result<Module> module = cooperative_matrix();
  REQUIRE(module.ok());
  const ValidationReport report = validation_report(*module);
  CHECK_MESSAGE(report.ok(), str(report.to_string()));
  if (linked_is_old()) {
    CHECK(report.validator == Validator::External);
    CHECK(str(report.program) == std::getenv("AIRSTRIP_SPIRV_VAL"));
    CHECK(str(report.version).rfind("v20", 0) == 0);
    CHECK(str(report.version) != linked_validator_version());
    CHECK(str(report.linked_version) == linked_validator_version());
    CHECK(str(report.command) ==
          std::string(std::getenv("AIRSTRIP_SPIRV_VAL")) + " --target-env vulkan1.3 module.spv");
  }
  // What the linked one knows, it answers.
  CHECK(validation_report(*add_buffers(Target::vulkan(1, 1))).validator == Validator::Linked);
  // An environment that only the external one knows.
  const ValidationReport newest = validation_report(*add_buffers(Target::vulkan(1, 4)));
  CHECK_MESSAGE(newest.ok(), str(newest.to_string()));
  CHECK(str(newest.environment_used) == "vulkan1.4");
  CHECK(newest.note.empty());
}

TEST_CASE("each of the new modules, with the external validator") {
  if (!external_is_named()) return test::skip("AIRSTRIP_SPIRV_VAL does not name a newer spirv-val");
  for (const New& m : new_modules()) {
    CAPTURE(m.name);
    const ValidationReport report = validation_report(m.words, m.target);
    // Some are newer than 2025 as well, and say so.
    CHECK_MESSAGE((report.ok() || report.code == ErrorCode::ValidatorTooOld), str(report.to_string()));
    if (!report.ok()) CHECK(report.unknown().size() == 1);
  }
}

TEST_CASE("the external validator's error, in the same report") {
  if (!external_is_named()) return test::skip("AIRSTRIP_SPIRV_VAL does not name a newer spirv-val");
  Builder b({.target = Target::vulkan(1, 3)
                           .enable_extension("VK_KHR_cooperative_matrix")
                           .enable_feature("cooperativeMatrix")
                           .enable_feature("vulkanMemoryModel"),
             .memory_model = MemoryModel::Vulkan,
             .check_types = false});
  const TypeId f = b.declare_float(32);
  const TypeId matrix =
      b.declare_cooperative_matrix(f, Scope::Subgroup, 16, 16, CooperativeMatrixUse::MatrixAccumulatorKHR);
  const FunctionId main = b.begin_function(b.declare_void(), {}, "main");
  const ValueId zero = b.declare_null(matrix);
  const ValueId sum = b.OpIAdd(matrix, zero, zero, {"wrong.cpp", 42});
  b.OpName(sum, "sum");
  b.end_function();
  b.add_compute_entry_point(main, "main", 32);
  const Result<Module> module = b.finish();
  REQUIRE_MESSAGE(module.ok(), str(module.error().to_string()));
  const ValidationReport report = validation_report(*module, {.validator = ValidatorChoice::ExternalOnly});
  CHECK_MESSAGE(report.code == ErrorCode::ValidationFailed, str(report.to_string()));
  CHECK(report.validator == Validator::External);
  CHECK(report.message.contains("IAdd"));
  CHECK_FALSE(report.message.contains("\n"));
  CHECK(report.validator_output.contains("error: line "));
  CHECK(std::string(report.instruction) == "OpIAdd");
  CHECK(report.where.line == 42);
  CHECK(str(report.function) == "%main");
  CHECK(report.word_offset == find(copy(*module), Op::OpIAdd));
  CHECK(report.context().size() == 5);
  CHECK(report.definitions().size() == 2);
}
