// Only the adapter: it must be complete by itself. The second file of this program shows that two can be linked.
#include <airstrip/validate.hpp>

#include "modules.hpp"

#include <doctest/doctest.h>

using namespace airstrip;
using namespace airstrip::spirv;
using namespace test;

TEST_CASE("a valid module, in each environment") {
  struct Case {
    Target target;
    const char* environment;
  };
  const Case cases[] = {
      {Target::universal(1, 0), "spv1.0"},
      {Target::universal(1, 1), "spv1.1"},
      {Target::universal(1, 2), "spv1.2"},
      {Target::universal(1, 3), "spv1.3"},
      {Target::universal(1, 4), "spv1.4"},
      {Target::universal(1, 5), "spv1.5"},
      {Target::universal(1, 6), "spv1.6"},
      {Target::vulkan(1, 0), "vulkan1.0"},
      {Target::vulkan(1, 1), "vulkan1.1"},
      {Target::vulkan(1, 2), "vulkan1.2"},
      {Target::vulkan(1, 2).spirv(1, 3), "vulkan1.2"},
      {Target::vulkan(1, 1).enable_extension("VK_KHR_spirv_1_4"), "vulkan1.1spv1.4"},
      {Target::vulkan(1, 3), "vulkan1.3"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.environment);
    const Result<Module> module = add_buffers(c.target);
    REQUIRE_MESSAGE(module.ok(), str(module.error().to_string()));
    const ValidationReport report = validation_report(*module, {.external = "/no/such/program"});
    CHECK_MESSAGE(report.ok(), str(report.to_string()));
    CHECK(report.validator == Validator::Linked);
    CHECK(str(report.version) == linked_validator_version());
    CHECK(str(report.environment) == c.environment);
    CHECK(str(report.environment_used) == c.environment);
    CHECK(str(report.command) == "spirv-val --target-env " + std::string(c.environment) + " module.spv");
    CHECK(report.program.empty());
    CHECK(report.note.empty());
    CHECK(report.warning.empty());
    CHECK(report.context().empty());

    const Result<Validation> valid = validate(*module);
    CHECK(valid.ok());
    CHECK(str(valid->environment) == c.environment);
    // Without the C++ lines, and in the other byte order.
    CHECK(validate(module->words(), c.target).ok());
    Words swapped = copy(*module);
    for (std::uint32_t& word : swapped)
      word = word >> 24 | (word >> 8 & 0xFF00) | (word << 8 & 0xFF0000) | word << 24;
    CHECK(validate(swapped, c.target).ok());
  }
}

TEST_CASE("OpenCL environments") {
  const auto kernel = [](std::uint32_t version) {
    Hand h(10, version);
    h.op(Op::OpCapability, {n(Capability::Kernel)}).op(Op::OpCapability, {n(Capability::Addresses)});
    h.op(Op::OpMemoryModel, {n(AddressingModel::Physical64), n(MemoryModel::OpenCL)});
    h.op(Op::OpEntryPoint, Words{n(ExecutionModel::Kernel), 3} + text("main"));
    return body(types(h)).words;
  };
  struct Case {
    Target target;
    std::uint32_t version;
    const char* used;
  };
  const Case cases[] = {
      {Target::opencl(1, 2), 0x10000, "opencl1.2"},
      {Target::opencl(2, 0), 0x10000, "opencl2.0"},
      {Target::opencl(2, 1), 0x10000, "opencl2.1"},
      {Target::opencl(2, 2), 0x10200, "opencl2.2"},
      // No version of SPIRV-Tools has OpenCL 3.0.
      {Target::opencl(3, 0), 0x10200, "opencl2.2"},
      {Target::opencl(3, 0), 0x10600, "spv1.6"},
  };
  for (const Case& c : cases) {
    const ValidationReport report =
        validation_report(kernel(c.version), c.target, {.validator = ValidatorChoice::LinkedOnly});
    CHECK_MESSAGE(report.ok(), str(report.to_string()));
    CHECK(str(report.environment_used) == c.used);
    CHECK(report.note.empty() == (report.environment == Text(report.environment_used)));
  }
}

TEST_CASE("an environment newer than the validator") {
  const Result<Module> module = add_buffers(Target::vulkan(1, 4));
  REQUIRE(module.ok());
  const ValidationReport report = validation_report(*module, {.validator = ValidatorChoice::LinkedOnly});
  CHECK_MESSAGE(report.ok(), str(report.to_string()));
  CHECK(str(report.environment) == "vulkan1.4");
  if (linked_is_old()) {
    CHECK(str(report.environment_used) == "vulkan1.3");
    CHECK(str(report.note) == "checked as vulkan1.3: SPIRV-Tools " + std::string(linked_validator_version()) +
                                  " does not know vulkan1.4");
    CHECK(str(report.to_string()) == "valid for vulkan1.4\n"
                                     "  checked by: SPIRV-Tools " +
                                         std::string(linked_validator_version()) +
                                         " (linked)\n"
                                         "  by hand: spirv-val --target-env vulkan1.3 module.spv\n"
                                         "  note: " +
                                         str(report.note) + "\n");
  } else {
    CHECK(str(report.environment_used) == str(report.environment));
  }
}

namespace {

// A buffer { float; vec3 } whose second member is at `offset`.
Words block(std::uint32_t offset, bool uniform, std::uint32_t version) {
  const StorageClass storage = uniform ? StorageClass::Uniform : StorageClass::StorageBuffer;
  Hand h = shader(version);
  h.op(Op::OpDecorate, {10, n(uniform ? Decoration::BufferBlock : Decoration::Block)});
  h.op(Op::OpMemberDecorate, {10, 0, n(Decoration::Offset), 0});
  h.op(Op::OpMemberDecorate, {10, 1, n(Decoration::Offset), offset});
  h.op(Op::OpDecorate, {12, n(Decoration::DescriptorSet), 0})
      .op(Op::OpDecorate, {12, n(Decoration::Binding), 0});
  types(h).op(Op::OpTypeFloat, {8, 32}).op(Op::OpTypeVector, {9, 8, 3}).op(Op::OpTypeStruct, {10, 8, 9});
  h.op(Op::OpTypePointer, {11, n(storage), 10}).op(Op::OpVariable, {11, 12, n(storage)});
  return body(h).words;
}

// { float a[3]; } with a stride of 4 in a uniform buffer.
Words tight_array() {
  Hand h = shader();
  h.op(Op::OpDecorate, {10, n(Decoration::Block)})
      .op(Op::OpMemberDecorate, {10, 0, n(Decoration::Offset), 0});
  h.op(Op::OpDecorate, {9, n(Decoration::ArrayStride), 4});
  h.op(Op::OpDecorate, {12, n(Decoration::DescriptorSet), 0})
      .op(Op::OpDecorate, {12, n(Decoration::Binding), 0});
  types(h).op(Op::OpTypeFloat, {8, 32}).op(Op::OpTypeInt, {6, 32, 0}).op(Op::OpConstant, {6, 7, 3});
  h.op(Op::OpTypeArray, {9, 8, 7}).op(Op::OpTypeStruct, {10, 9});
  h.op(Op::OpTypePointer, {11, 2, 10}).op(Op::OpVariable, {11, 12, 2});
  return body(h).words;
}

Words local_size_id() {
  Hand h(100, 0x00010300);
  h.op(Op::OpCapability, {1}).op(Op::OpMemoryModel, {0, 1});
  h.op(Op::OpEntryPoint, Words{5, 3} + text("main"));
  h.op(Op::OpExecutionModeId, {3, n(ExecutionMode::LocalSizeId), 7, 7, 7});
  types(h).op(Op::OpTypeInt, {6, 32, 0}).op(Op::OpConstant, {6, 7, 3});
  return body(h).words;
}

}  // namespace

TEST_CASE("options derived from the target") {
  struct Case {
    const char* name;
    Words words;
    Target without, with;
    const char* flag;
  };
  const Case cases[] = {
      {"scalar", block(8, false, 0x10300), Target::vulkan(1, 1),
       Target::vulkan(1, 1).enable_feature("scalarBlockLayout"), "--scalar-block-layout"},
      {"relaxed", block(4, true, 0x10000), Target::vulkan(1, 0),
       Target::vulkan(1, 0).enable_extension("VK_KHR_relaxed_block_layout"), "--relax-block-layout"},
      {"uniform", tight_array(), Target::vulkan(1, 1),
       Target::vulkan(1, 1).enable_feature("uniformBufferStandardLayout"),
       "--uniform-buffer-standard-layout"},
      {"local size", local_size_id(), Target::vulkan(1, 1),
       Target::vulkan(1, 1).enable_feature("maintenance4"), "--allow-localsizeid"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(c.with.error().empty());
    const ValidationReport before = validation_report(c.words, c.without);
    CHECK(before.code == ErrorCode::ValidationFailed);
    CHECK_FALSE(before.command.contains(c.flag));
    const ValidationReport after = validation_report(c.words, c.with);
    CHECK_MESSAGE(after.ok(), str(after.to_string()));
    CHECK(after.command.contains((std::string(" ") + c.flag + " ").c_str()));
  }
  // Known as names, though this changes nothing by itself.
  for (const char* extension : {"VK_EXT_scalar_block_layout", "VK_KHR_uniform_buffer_standard_layout",
                                "VK_KHR_maintenance4", "VK_KHR_maintenance8", "VK_KHR_maintenance9"}) {
    const Target target = Target::vulkan(1, 1).enable_extension(extension);
    CHECK(target.error().empty());
    const Result<Module> module = add_buffers(target);
    REQUIRE(module.ok());
    CHECK(str(validation_report(*module).command) == "spirv-val --target-env vulkan1.1 module.spv");
  }
  const Target workgroup =
      Target::vulkan(1, 1).enable_feature("workgroupMemoryExplicitLayoutScalarBlockLayout");
  CHECK(workgroup.permits(ValidationFeature::WorkgroupScalarBlockLayout));
  CHECK(validation_report(*add_buffers(workgroup)).command.contains("--workgroup-scalar-block-layout"));
  // The builder's own use of one of them.
  Builder b({.target = Target::vulkan(1, 1).enable_feature("maintenance4")});
  const FunctionId main = b.begin_function(b.declare_void());
  b.end_function();
  const ValueId x = b.add_spec_constant(0, 8u);
  b.add_compute_entry_point(main, "main", x, x, x);
  const Result<Module> module = b.finish();
  REQUIRE(module.ok());
  CHECK(find(copy(*module), Op::OpExecutionModeId) != 0);
  CHECK(validate(*module).ok());
}

TEST_CASE("the equivalent command is quoted for a shell") {
  const Result<Module> module = add_buffers(Target::vulkan(1, 1));
  CHECK(str(validation_report(*module, {.file_name = "it's $HOME/a b.spv"}).command) ==
        "spirv-val --target-env vulkan1.1 'it'\\''s $HOME/a b.spv'");
}
