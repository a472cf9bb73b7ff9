#include "modules.hpp"

#include <doctest/doctest.h>

using namespace airstrip;
using namespace airstrip::spirv;
using namespace test;

namespace {

std::vector<std::string> texts(Span<const ReportedInstruction> rows) {
  std::vector<std::string> result;
  for (const ReportedInstruction& row : rows) result.push_back(str(row.text));
  return result;
}
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("every field of a report, and its text") {
  const Result<Module> module = add_buffers(Target::vulkan(1, 1).enable_feature("scalarBlockLayout"), true);
  REQUIRE_MESSAGE(module.ok(), str(module.error().to_string()));
  const ValidationReport report = validation_report(*module);

  CHECK(report.code == ErrorCode::ValidationFailed);
  CHECK_FALSE(report.ok());
  CHECK(report.message.contains("Expected"));
  CHECK(report.message.contains("IAdd"));
  CHECK_FALSE(report.message.contains("\n"));
  CHECK(report.validator_output.contains("%sum = OpIAdd"));
  CHECK(report.validator == Validator::Linked);
  CHECK(str(report.version) == linked_validator_version());
  CHECK(str(report.linked_version) == linked_validator_version());
  CHECK(str(report.environment) == "vulkan1.1");
  CHECK(str(report.environment_used) == "vulkan1.1");
  CHECK(str(report.command) == "spirv-val --target-env vulkan1.1 --scalar-block-layout module.spv");

  const std::size_t word = find(copy(*module), Op::OpIAdd);
  CHECK(report.word_offset == word);
  const Result<ModuleView> view = parse(module->words());
  REQUIRE(view.ok());
  CHECK((*view)[report.instruction_index].word_offset() == word);
  CHECK(std::string(report.instruction) == "OpIAdd");
  CHECK(std::string(report.where.file) == "kernels/add.cpp");
  CHECK(report.where.line == 100);
  CHECK(str(report.function) == "%main");
  REQUIRE(report.entry_points().size() == 1);
  CHECK(str(report.entry_points()[0]) == "main");

  REQUIRE(report.context().size() == 5);
  CHECK(report.context()[2].index == report.instruction_index);
  CHECK(report.context()[2].word_offset == word);
  CHECK(report.context()[2].where.line == 100);
  CHECK(report.context()[0].where.line == 42);
  CHECK(report.context()[3].where.line == 50);
  CHECK(report.definitions_left_out() == 0);
  REQUIRE(report.definitions().size() == 3);
  CHECK(report.definitions()[1].where.line == 42);
  CHECK(report.unknown().empty());

  const Diagnostic error = report.diagnostic();
  CHECK(error.code == ErrorCode::ValidationFailed);
  CHECK(error.where.line == 100);
  CHECK(std::string(error.instruction) == "OpIAdd");
  CHECK(error.word_offset == word);
  const Result<Validation> result = validate(*module);
  CHECK_FALSE(result.ok());
  CHECK(str(result.error().to_string()) == str(error.to_string()));

  // What a person sees. The sentence is SPIRV-Tools' own.
  CHECK(
      str(report.to_string()) == "kernels/add.cpp:100: error: invalid for vulkan1.1: " + str(report.message) +
                                     R"( [ValidationFailed]
  at instruction 38, word 153, in function %main, entry point "main":
       36     145  %21 = OpLoad %float %19       // add.cpp:42
       37     149  %22 = OpLoad %float %20       // add.cpp:43
  >    38     153  %sum = OpIAdd %float %21 %22  // add.cpp:100
       39     158  OpStore %20 %sum              // add.cpp:50
       40     161  OpReturn                      // add.cpp:60
  where its operands are defined:
       16      67  %float = OpTypeFloat 32  // add.cpp:10
       36     145  %21 = OpLoad %float %19  // add.cpp:42
       37     149  %22 = OpLoad %float %20  // add.cpp:43
  checked by: SPIRV-Tools )" + linked_validator_version() +
                                     R"( (linked)
  by hand: spirv-val --target-env vulkan1.1 --scalar-block-layout module.spv
)");
}

TEST_CASE("foreign words have no C++ line") {
  const Target target = Target::vulkan(1, 1);
  const Result<Module> module = add_buffers(target, true);
  REQUIRE(module.ok());
  const ValidationReport report = validation_report(module->words(), target);
  CHECK(report.code == ErrorCode::ValidationFailed);
  CHECK(report.where.line == 0);
  CHECK(str(report.to_string()).rfind("word 153: error: invalid for vulkan1.1: ", 0) == 0);
  CHECK(std::string(report.instruction) == "OpIAdd");
  CHECK(report.context().size() == 5);
}

TEST_CASE("an instruction outside functions") {
  Hand h = shader();
  types(h).op(Op::OpTypeFloat, {8, 32}).op(Op::OpTypeVector, {9, 8, 7});
  const Words words = body(h).words;
  const ValidationReport report = validation_report(words, Target::vulkan(1, 1));
  CHECK(report.code == ErrorCode::ValidationFailed);
  CHECK(report.word_offset == find(words, Op::OpTypeVector));
  CHECK(report.function.empty());
  CHECK(report.entry_points().empty());
  CHECK(texts(report.definitions()) == Texts{"%float = OpTypeFloat 32"});
}

TEST_CASE("a rule of Vulkan's, by its VUID, and an entry point") {
  // Flat storage of an integer input, or any rule that SPIRV-Tools names: LocalSize is missing.
  Hand h(100, 0x00010300);
  h.op(Op::OpCapability, {1}).op(Op::OpMemoryModel, {0, 1});
  h.op(Op::OpEntryPoint, Words{5, 3} + text("no_size"));
  const ValidationReport report = validation_report(body(types(h)).words, Target::vulkan(1, 1));
  CHECK(report.code == ErrorCode::ValidationFailed);
  CHECK(str(report.rule).rfind("VUID-StandaloneSpirv-LocalSize-", 0) == 0);
  CHECK(report.to_string().contains(("\n  rule: " + str(report.rule) + "\n").c_str()));
  CHECK(std::string(report.instruction) == "OpEntryPoint");
  CHECK(report.function.empty());
  REQUIRE(report.entry_points().size() == 1);
  CHECK(str(report.entry_points()[0]) == "no_size");
}

TEST_CASE("a function reached through others, from two entry points of three") {
  Hand h(100, 0x00010300);
  h.op(Op::OpCapability, {1}).op(Op::OpMemoryModel, {0, 1});
  for (std::uint32_t main = 20; main < 23; ++main)
    h.op(Op::OpEntryPoint, Words{5, main} + text("main" + std::to_string(main)));
  for (std::uint32_t main = 20; main < 23; ++main) h.op(Op::OpExecutionMode, {main, 17, 1, 1, 1});
  h.op(Op::OpName, Words{31} + text("leaf"));
  types(h).op(Op::OpTypeInt, {6, 32, 0}).op(Op::OpTypeFloat, {7, 32}).op(Op::OpConstant, {7, 8, 0x3F800000});
  const auto function = [&](std::uint32_t id, std::uint32_t callee) {
    h.op(Op::OpFunction, {1, id, 0, 2}).op(Op::OpLabel, {id + 20});
    if (callee) h.op(Op::OpFunctionCall, {1, id + 40, callee});
    h.op(Op::OpReturn).op(Op::OpFunctionEnd);
  };
  function(20, 30);
  function(21, 0);
  function(22, 31);
  function(30, 31);
  h.op(Op::OpFunction, {1, 31, 0, 2}).op(Op::OpLabel, {51}).op(Op::OpIAdd, {6, 71, 8, 8});
  h.op(Op::OpReturn).op(Op::OpFunctionEnd);
  const ValidationReport report = validation_report(h.words, Target::vulkan(1, 1));
  CHECK(report.code == ErrorCode::ValidationFailed);
  CHECK(str(report.function) == "%leaf");
  REQUIRE(report.entry_points().size() == 2);
  CHECK(str(report.entry_points()[0]) == "main20");
  CHECK(str(report.entry_points()[1]) == "main22");
  CHECK(report.to_string().contains("in function %leaf, entry points \"main20\", \"main22\":\n"));
  // An operand that is used twice is shown once.
  CHECK(texts(report.definitions()) == Texts{"%uint = OpTypeInt 32 0", "%float_1 = OpConstant %float 1"});
}

TEST_CASE("kinds of errors, each with its instruction") {
  struct Case {
    const char* name;
    Words words;
    const char* instruction;  // null: the module as a whole
  };
  std::vector<Case> cases;
  const auto add = [&](const char* name, const Hand& h, const char* instruction) {
    cases.push_back({name, h.words, instruction});
  };
  {
    Hand h(100, 0x00010300);
    h.op(Op::OpCapability, {1});
    add("no memory model", h, nullptr);
  }
  {
    Hand h = shader();
    types(h).op(Op::OpTypeFloat, {8, 64});
    add("a capability that is not declared", body(h), "OpTypeFloat");
  }
  {
    Hand h = shader();
    types(h).op(Op::OpTypeVector, {9, 50, 4});
    add("an id without a definition", body(h), "OpTypeVector");
  }
  {
    Hand h = shader();
    h.op(Op::OpName, Words{60} + text("nothing"));
    add("an id that is only named", body(types(h)), "OpName");
  }
  {
    Hand h = shader();
    types(h).op(Op::OpTypeBool, {8}).op(Op::OpTypeBool, {8});
    add("a second definition", body(h), "OpTypeBool");
  }
  {
    Hand h = shader();
    types(h).op(Op::OpFunction, {1, 3, 0, 2}).op(Op::OpLabel, {4}).op(Op::OpBranch, {5});
    h.op(Op::OpLabel, {5}).op(Op::OpBranch, {6}).op(Op::OpFunctionEnd);
    add("a block that is missing", h, "OpBranch");
  }
  {
    Hand h = shader();
    types(h).op(Op::OpTypeBool, {8}).op(Op::OpConstantTrue, {8, 9});
    h.op(Op::OpFunction, {1, 3, 0, 2}).op(Op::OpLabel, {4}).op(Op::OpBranchConditional, {9, 5, 6});
    h.op(Op::OpLabel, {5}).op(Op::OpReturn).op(Op::OpLabel, {6}).op(Op::OpReturn).op(Op::OpFunctionEnd);
    add("a selection without a merge", h, "OpBranchConditional");
  }
  {
    Hand h = shader();
    types(h).op(Op::OpTypeFloat, {8, 32, 0, 0});
    add("too many operands", body(h), "OpTypeFloat");
  }
  {
    Hand h = shader();
    types(h).op(Op::OpTypeVector, {9});
    add("too few operands", body(h), "OpTypeVector");
  }
  {
    Hand h = shader(0x00010300);
    h.words[1] = 0x00010600;
    add("a version the environment does not take", body(types(h)), nullptr);
  }
  {
    Hand h = shader(0x00010300, {n(Capability::Kernel)});
    add("a capability the environment does not take", body(types(h)), "OpCapability");
  }
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const ValidationReport report = validation_report(c.words, Target::vulkan(1, 1));
    CHECK_MESSAGE(report.code == ErrorCode::ValidationFailed, str(report.to_string()));
    CHECK(report.validator == Validator::Linked);
    CHECK_FALSE(report.message.empty());
    if (c.instruction) {
      REQUIRE_MESSAGE(report.instruction != nullptr, str(report.to_string()));
      CHECK(std::string(report.instruction) == c.instruction);
      CHECK(report.instruction_index != ValidationReport::none);
      CHECK(report.word_offset != ValidationReport::none);
    } else {
      CHECK_MESSAGE(report.instruction_index == ValidationReport::none, str(report.to_string()));
      CHECK(report.context().empty());
    }
  }
}

TEST_CASE("words that are no module") {
  const Target target = Target::vulkan(1, 1);
  const Result<Module> module = add_buffers(target);
  REQUIRE(module.ok());
  const Words whole = copy(*module);

  Words words(whole.begin(), whole.end() - 1);
  words.back() = 5u << 16 | n(Op::OpLoad);
  const ValidationReport report = validation_report(words, target);
  CHECK(report.code == ErrorCode::Truncated);
  CHECK(report.validator == Validator::None);
  CHECK(report.word_offset == words.size() - 1);
  CHECK(std::string(report.instruction) == "OpLoad");
  REQUIRE(report.context().size() == 4);
  CHECK(str(report.context()[3].text) == "OpStore %20 %sum");
  CHECK(report.command.empty());
  CHECK(report.to_string().contains("the words end inside an instruction [Truncated]"));

  const auto code = [&](Span<const std::uint32_t> some) { return validation_report(some, target).code; };
  CHECK(code({}) == ErrorCode::Truncated);
  CHECK(code(Span<const std::uint32_t>(whole).subspan(0, 4)) == ErrorCode::Truncated);
  const std::uint32_t noise[] = {1, 2, 3, 4, 5, 6};
  CHECK(code(noise) == ErrorCode::NotAModule);
  words = whole;
  words[5] &= 0xFFFF;
  CHECK(code(words) == ErrorCode::MalformedInstruction);
  // Every place to cut: an answer, and never "valid" but at the end of an instruction of a module that is complete.
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(code(Span<const std::uint32_t>(whole).subspan(0, size)) != ErrorCode::Ok);
}

TEST_CASE("noise in a module is an answer, not a crash") {
  const Target target = Target::vulkan(1, 1);
  const Words whole = copy(*add_buffers(target));
  std::uint32_t state = 1;
  for (int round = 0; round < 3000; ++round) {
    Words words = whole;
    for (int change = 0; change < 1 + round % 3; ++change) {
      state = state * 1664525 + 1013904223;
      const std::size_t at = 5 + (state >> 8) % (words.size() - 5);
      state = state * 1664525 + 1013904223;
      words[at] = round % 2 ? state : words[at] ^ (1u << (state >> 27));
    }
    const ValidationReport report =
        validation_report(words, target, {.validator = ValidatorChoice::LinkedOnly});
    CHECK(report.to_string().size() < 20000);
    if (!report.ok()) CHECK_FALSE(report.message.empty());
  }
}

TEST_CASE("a module newer than its target") {
  const Words words = copy(*add_buffers(Target::universal(1, 6)));
  for (const Target& target : {Target::universal(1, 3), Target::vulkan(1, 2), Target::opencl(2, 2)})
    CHECK(validation_report(words, target, {.validator = ValidatorChoice::LinkedOnly}).code ==
          ErrorCode::ValidationFailed);
}

TEST_CASE("a target that is wrong") {
  const Result<Module> module = add_buffers(Target::vulkan(1, 1));
  const ValidationReport report =
      validation_report(module->words(), Target::vulkan(1, 1).enable_feature("noSuchFeature"));
  CHECK(report.code == ErrorCode::InvalidTarget);
  CHECK(report.message.contains("noSuchFeature"));
}

TEST_CASE("long lines and odd characters stay on one line") {
  Hand h = shader();
  h.op(Op::OpName, Words{8} + text("a\nb\x01" + std::string(500, 'x')));
  types(h).op(Op::OpTypeFloat, {8, 64});
  std::vector<std::uint32_t> members(400, 8);
  h.op(Op::OpTypeStruct, Words{9} + members);
  const ValidationReport report = validation_report(body(h).words, Target::vulkan(1, 1));
  CHECK(report.code == ErrorCode::ValidationFailed);
  for (const ReportedInstruction& row : report.context()) {
    CHECK(row.text.size() < 200);
    CHECK_FALSE(row.text.contains("\n"));
  }
}

// --- rules that SPIRV-Tools misses ------------------------------------------------------------------------------------

TEST_CASE("a cooperative matrix under another memory model") {
  const Target target =
      Target::vulkan(1, 3).enable_extension("VK_KHR_cooperative_matrix").enable_feature("cooperativeMatrix");
  const auto module = [](MemoryModel model, bool type) {
    Hand h(100, 0x00010600);
    h.op(Op::OpCapability, {1}).op(Op::OpCapability, {n(Capability::CooperativeMatrixKHR)});
    h.op(Op::OpExtension, text("SPV_KHR_cooperative_matrix")).op(Op::OpMemoryModel, {0, n(model)});
    h.op(Op::OpEntryPoint, Words{5, 3} + text("main")).op(Op::OpExecutionMode, {3, 17, 1, 1, 1});
    types(h).op(Op::OpTypeFloat, {8, 32}).op(Op::OpTypeInt, {6, 32, 0});
    h.op(Op::OpConstant, {6, 10, 16}).op(Op::OpConstant, {6, 11, 3}).op(Op::OpConstant, {6, 12, 2});
    if (type) h.op(Op::OpTypeCooperativeMatrixKHR, {13, 8, 11, 10, 10, 12});
    return body(h).words;
  };
  for (const bool type : {true, false}) {
    const Words words = module(MemoryModel::GLSL450, type);
    const ValidationReport report = validation_report(words, target);
    CHECK(report.code == ErrorCode::ValidationFailed);
    CHECK(report.validator == Validator::OwnRules);
    CHECK(str(report.rule) == "SPV_KHR_cooperative_matrix, Dependencies");
    CHECK(report.message.contains("the module declares GLSL450"));
    CHECK(report.command.empty());
    CHECK(report.to_string().contains("checked by: Airstrip "));
    if (type)
      CHECK(report.word_offset == find(words, Op::OpTypeCooperativeMatrixKHR));
    else
      CHECK(std::string(report.instruction) == "OpCapability");
    CHECK(validation_report(words, target, {.validator = ValidatorChoice::LinkedOnly, .own_rules = false})
              .validator == Validator::Linked);
  }
  CHECK(validation_report(module(MemoryModel::Vulkan, true), target).validator != Validator::OwnRules);
}

TEST_CASE("the length of an array behind an address") {
  const auto module = [](StorageClass storage) {
    Hand h(100, 0x00010500);
    h.op(Op::OpCapability, {1}).op(Op::OpCapability, {n(Capability::PhysicalStorageBufferAddresses)});
    h.op(Op::OpMemoryModel, {n(AddressingModel::PhysicalStorageBuffer64), 1});
    h.op(Op::OpEntryPoint, Words{5, 3} + text("main") + Words{14}).op(Op::OpExecutionMode, {3, 17, 1, 1, 1});
    h.op(Op::OpDecorate, {9, n(Decoration::ArrayStride), 4}).op(Op::OpDecorate, {10, n(Decoration::Block)});
    h.op(Op::OpMemberDecorate, {10, 0, n(Decoration::Offset), 0})
        .op(Op::OpDecorate, {12, n(Decoration::Block)});
    h.op(Op::OpMemberDecorate, {12, 0, n(Decoration::Offset), 0});
    h.op(Op::OpDecorate, {14, n(Decoration::DescriptorSet), 0})
        .op(Op::OpDecorate, {14, n(Decoration::Binding), 0});
    types(h).op(Op::OpTypeInt, {6, 32, 0}).op(Op::OpTypeRuntimeArray, {9, 6}).op(Op::OpTypeStruct, {10, 9});
    h.op(Op::OpTypePointer, {11, n(storage), 10});
    if (storage == StorageClass::StorageBuffer) {
      h.op(Op::OpVariable, {11, 14, n(storage)});
      h.op(Op::OpFunction, {1, 3, 0, 2}).op(Op::OpLabel, {4}).op(Op::OpArrayLength, {6, 20, 14, 0});
    } else {
      h.op(Op::OpTypeStruct, {12, 11}).op(Op::OpTypePointer, {13, n(StorageClass::StorageBuffer), 12});
      h.op(Op::OpVariable, {13, 14, n(StorageClass::StorageBuffer)}).op(Op::OpConstant, {6, 15, 0});
      h.op(Op::OpTypePointer, {16, n(StorageClass::StorageBuffer), 11});
      h.op(Op::OpFunction, {1, 3, 0, 2}).op(Op::OpLabel, {4}).op(Op::OpAccessChain, {16, 17, 14, 15});
      h.op(Op::OpLoad, {11, 18, 17}).op(Op::OpArrayLength, {6, 20, 18, 0});
    }
    return h.op(Op::OpReturn).op(Op::OpFunctionEnd).words;
  };
  const Target target = Target::vulkan(1, 2).enable_feature("bufferDeviceAddress");
  const ValidationReport report = validation_report(module(StorageClass::PhysicalStorageBuffer), target);
  CHECK(report.code == ErrorCode::ValidationFailed);
  CHECK(report.validator == Validator::OwnRules);
  CHECK(str(report.rule) == "SPIR-V specification, OpArrayLength");
  CHECK(std::string(report.instruction) == "OpArrayLength");
  CHECK(str(report.function) == "%3");
  CHECK(report.definitions().size() == 2);
  // This is why the rule is ours.
  CHECK(validation_report(module(StorageClass::PhysicalStorageBuffer), target,
                          {.validator = ValidatorChoice::LinkedOnly, .own_rules = false})
            .ok());
  CHECK(validation_report(module(StorageClass::StorageBuffer), target).validator != Validator::OwnRules);
}
