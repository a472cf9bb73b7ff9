// What is refused: words that are no module, what nobody has looked at, what SPIRV-Cross is known to lack, and text in
// which it left a gap.
#include "../kernel/example_kernels.hpp"
#include "../reflect/assemble.hpp"
#include "../reflect/hand.hpp"
#include "modules.hpp"

#include <airstrip/cross.hpp>
#include <airstrip/kernel/write_spirv.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace airstrip;
using spirv::Op;
using spirv::Target;
using test::Hand;
using test::n;
using test::with_text;

namespace {

constexpr ShaderLanguage languages[] = {ShaderLanguage::Glsl, ShaderLanguage::Hlsl, ShaderLanguage::Msl};

TranslateOptions validated() {
  TranslateOptions options;
  options.is_validated = true;
  return options;
}

ErrorCode code_of(const test::Words& words, ShaderLanguage language, const TranslateOptions& options = {},
                  const Target& target = Target::vulkan(1, 3)) {
  const Result<String> text = translate(words, target, language, options);
  return text.error().code;
}

// A kernel that stores a constant, with `types` before its function and `body` in it.
Hand kernel_of(const Hand& types, const Hand& body, std::uint32_t capability = n(spirv::Capability::Shader)) {
  Hand h;
  h.op(Op::OpCapability, {n(spirv::Capability::Shader)})
      .op(Op::OpCapability, {capability})
      .op(Op::OpMemoryModel, {0, 1})
      .op(Op::OpEntryPoint, with_text({n(spirv::ExecutionModel::GLCompute), 1}, "main", {10}))
      .op(Op::OpExecutionMode, {1, n(spirv::ExecutionMode::LocalSize), 32, 1, 1})
      .op(Op::OpDecorate, {7, n(spirv::Decoration::Block)})
      .op(Op::OpMemberDecorate, {7, 0, n(spirv::Decoration::Offset), 0})
      .op(Op::OpDecorate, {10, n(spirv::Decoration::DescriptorSet), 0})
      .op(Op::OpDecorate, {10, n(spirv::Decoration::Binding), 0})
      .op(Op::OpTypeVoid, {2})
      .op(Op::OpTypeFunction, {3, 2})
      .op(Op::OpTypeInt, {4, 32, 0})
      .op(Op::OpConstant, {4, 5, 0})
      .op(Op::OpTypeStruct, {7, 4})
      .op(Op::OpTypePointer, {8, n(spirv::StorageClass::StorageBuffer), 7})
      .op(Op::OpTypePointer, {9, n(spirv::StorageClass::StorageBuffer), 4})
      .op(Op::OpVariable, {8, 10, n(spirv::StorageClass::StorageBuffer)});
  h.words.insert(h.words.end(), types.words.begin() + 5, types.words.end());
  h.op(Op::OpFunction, {2, 1, 0, 3}).op(Op::OpLabel, {11}).op(Op::OpAccessChain, {9, 12, 10, 5});
  h.words.insert(h.words.end(), body.words.begin() + 5, body.words.end());
  return h.op(Op::OpStore, {12, 5}).op(Op::OpReturn).op(Op::OpFunctionEnd);
}

}  // namespace

TEST_CASE("cross errors: words that are no module, or no valid one") {
  const Result<spirv::Module> module = kernel::write_spirv(example_kernels::saxpy(), Target::vulkan(1, 1));
  REQUIRE(module.ok());
  const test::Words good(module->words().begin(), module->words().end());
  for (const ShaderLanguage language : languages) {
    CHECK(code_of({}, language) == ErrorCode::Truncated);
    CHECK(code_of(test::Words(good.begin(), good.begin() + 6), language) == ErrorCode::Truncated);
    CHECK(code_of(test::Words(good.begin(), good.end() - 1), language) == ErrorCode::ValidationFailed);
    test::Words bad = good;
    bad[0] = 7;
    CHECK(code_of(bad, language) == ErrorCode::NotAModule);
    bad = good;
    bad[3] = 3;
    CHECK(code_of(bad, language) == ErrorCode::IdOutOfBound);
    bad[3] = 0x3FFFFF;
    CHECK(code_of(bad, language, validated()) == ErrorCode::LimitExceeded);
    // Valid words to layer 1, but no module to a validator: no memory model.
    bad.assign(good.begin(), good.begin() + 5);
    CHECK(code_of(bad, language) == ErrorCode::ValidationFailed);
  }
  const Result<Reflection> r =
      reflect_by_cross(test::Words(good.begin(), good.begin() + 5), module->target());
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == ErrorCode::ValidationFailed);
  CHECK_FALSE(reflect_by_cross(Span<const std::uint32_t>(), module->target()).ok());
}

TEST_CASE("cross errors: every word of a module changed, and none of them stops the program") {
  const Result<spirv::Module> module = kernel::write_spirv(example_kernels::scan(), Target::vulkan(1, 1));
  REQUIRE(module.ok());
  const test::Words good(module->words().begin(), module->words().end());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    test::Words bad = good;
    bad[i] ^= i % 2 == 0 ? 1u : 0x10000u;
    refused += !translate(bad, Target::vulkan(1, 1), languages[i % 3]).ok();
    reflect_by_cross(bad, Target::vulkan(1, 1)).ok();
  }
  CHECK(refused > good.size() / 2);
}

TEST_CASE("cross errors: what the linked validator does not know is not tried") {
  const Result<spirv::Module> module =
      kernel::write_spirv(example_kernels::matrix_tile(), example_kernels::matrices());
  REQUIRE(module.ok());
  const test::Words words(module->words().begin(), module->words().end());
  TranslateOptions options;
  options.validation.validator = ValidatorChoice::LinkedOnly;
  const Result<Validation> valid = validate(words, module->target(), options.validation);
  for (const ShaderLanguage language : languages) {
    const Result<String> text = translate(words, module->target(), language, options);
    if (!valid) CHECK(text.error().code == ErrorCode::ValidatorTooOld);
    // Nobody has matrices in HLSL; a SPIRV-Cross from before them fails, a newer one has them in GLSL and MSL.
    const Result<String> trusted = translate(words, module->target(), language, validated());
    if (language == ShaderLanguage::Hlsl || !trusted)
      CHECK(trusted.error().code == ErrorCode::NotTranslatable);
    else
      CHECK(trusted->contains(language == ShaderLanguage::Glsl ? "coopmat" : "simdgroup"));
  }
}

TEST_CASE("cross errors: bfloat16 is not half") {
  Hand types;
  types.op(Op::OpTypeFloat, {50, 16, n(spirv::FPEncoding::BFloat16KHR)}).op(Op::OpConstant, {50, 51, 0x3F80});
  types.op(Op::OpConstant, {4, 53, 2})
      .op(Op::OpTypeVector, {54, 50, 2})
      .op(Op::OpConstantComposite, {54, 55, 51, 51});
  Hand body;
  body.op(Op::OpBitcast, {4, 52, 55}).op(Op::OpStore, {12, 52});
  const test::Words words = kernel_of(types, body, n(spirv::Capability::BFloat16TypeKHR)).words;
  for (const ShaderLanguage language : languages) {
    CHECK(code_of(words, language) == ErrorCode::ValidatorTooOld);
    const Result<String> text = translate(words, Target::vulkan(1, 3), language, validated());
    if (text) CHECK(text->contains(language == ShaderLanguage::Glsl ? "bfloat16_t" : "bfloat"));
    if (!text || language == ShaderLanguage::Hlsl) CHECK(text.error().code == ErrorCode::NotTranslatable);
  }
}

TEST_CASE("cross errors: what a back end lacks is named with its instruction") {
  Hand types;
  types.op(Op::OpTypeFloat, {50, 64}).op(Op::OpConstant, {50, 51, 0, 0x3FF00000});
  Hand body;
  body.op(Op::OpFAdd, {50, 52, 51, 51});
  const test::Words doubles = kernel_of(types, body, n(spirv::Capability::Float64)).words;
  CHECK(code_of(doubles, ShaderLanguage::Glsl, validated()) == ErrorCode::Ok);
  CHECK(code_of(doubles, ShaderLanguage::Hlsl, validated()) == ErrorCode::Ok);
  const Result<String> msl = translate(doubles, Target::vulkan(1, 3), ShaderLanguage::Msl, validated());
  REQUIRE_FALSE(msl.ok());
  CHECK(msl.error().code == ErrorCode::NotTranslatable);
  CHECK(std::string(msl.error().instruction) == "OpTypeFloat");
  CHECK(msl.error().word_offset != Diagnostic::no_offset);
  CHECK(msl.error().message.contains("64-bit floats"));
}

TEST_CASE("cross errors: an opcode nobody knows, and arrays too deep") {
  Hand unknown;
  unknown.op(60000u, {1, 2, 3});
  CHECK(code_of(kernel_of(Hand(), unknown).words, ShaderLanguage::Glsl, validated()) ==
        ErrorCode::UnknownInstruction);
  Hand deep;
  deep.op(Op::OpConstant, {4, 100, 2}).op(Op::OpTypeArray, {101, 4, 100});
  for (std::uint32_t i = 102; i < 101 + 33; ++i) deep.op(Op::OpTypeArray, {i, i - 1, 100});
  CHECK(code_of(kernel_of(deep, Hand()).words, ShaderLanguage::Glsl, validated()) ==
        ErrorCode::LimitExceeded);
}

TEST_CASE("cross errors: an instruction that is dropped into a comment") {
  using namespace kernel;
  const Kernel k = make_kernel("dot", {.workgroup = {64}}, [](KernelBuilder& b) {
    const auto x = b.input<u32>("x");
    const auto y = b.output<i32>("y");
    const auto i = b.global_id().x;
    y[i] = dot_packed_signed_accumulate(x[i].value(), x[i + 1].value(), b.var<i32>(1));
  });
  Target target = Target::vulkan(1, 3);
  target.enable_feature("shaderIntegerDotProduct");
  const Result<spirv::Module> module = write_spirv(k, target);
  REQUIRE_MESSAGE(module.ok(), module.error().to_string().c_str());
  for (const ShaderLanguage language : languages) {
    const Result<String> text = translate(*module, language);
    CAPTURE(std::string(text ? Text(*text) : Text(text.error().to_string())));
    // Newer ones have it; else it is said, and a text that has lost the instruction is not handed out.
    if (!text) CHECK(text.error().code == ErrorCode::NotTranslatable);
    if (linked_cross_version() == "0.54.0" && language == ShaderLanguage::Hlsl) {
      REQUIRE_FALSE(text.ok());
      CHECK(text.error().offered.contains("// unimplemented op"));
    }
  }
}

TEST_CASE("cross errors: a type without a name") {
  using namespace kernel;
  const Kernel k = make_kernel("bytes", {.workgroup = {64}}, [](KernelBuilder& b) {
    const auto x = b.input<i32>("x");
    const auto y = b.output<i32>("y");
    const auto i = b.global_id().x;
    y[i] = convert<i32>(convert<i8>(x[i].value()) * convert<i8>(x[i + 1].value()));
  });
  Target target = Target::vulkan(1, 3);
  target.enable_feature("shaderInt8");
  const Result<spirv::Module> module = write_spirv(k, target);
  REQUIRE_MESSAGE(module.ok(), module.error().to_string().c_str());
  CHECK(translate(*module, ShaderLanguage::Glsl).ok());
  const Result<String> hlsl = translate(*module, ShaderLanguage::Hlsl);
  REQUIRE_FALSE(hlsl.ok());
  CHECK(hlsl.error().code == ErrorCode::NotTranslatable);
  CAPTURE(std::string(hlsl.error().to_string()));
  CHECK(hlsl.error().offered.contains("???"));
}

TEST_CASE("cross errors: a workgroup size that SPIRV-Cross would change") {
  const auto module = [](const char* middle, const char* last) {
    return std::string(test::begin_compute) + R"(
    OpExecutionMode %main LocalSize 1 1 1
    OpDecorate %n SpecId 0
    OpDecorate %size BuiltIn WorkgroupSize
    OpDecorate %B Block
    OpMemberDecorate %B 0 Offset 0
    OpDecorate %b DescriptorSet 0
    OpDecorate %b Binding 0
)" + test::begin_types +
           R"(
    %n = OpSpecConstant %uint 8
    %twice = OpSpecConstantOp %uint IMul %2 %3
    %size = OpSpecConstantComposite %uint3 %n )" +
           middle + R"( %1
    %B = OpTypeStruct %uint
    %B_ptr = OpTypePointer StorageBuffer %B
    %ptr = OpTypePointer StorageBuffer %uint
    %b = OpVariable %B_ptr StorageBuffer
)" + test::begin_main +
           R"(
    %bp = OpAccessChain %ptr %b %0
    OpStore %bp )" +
           last + test::end_main;
  };
  const test::Assembled operation = test::assemble(module("%twice", "%1"), SPV_ENV_VULKAN_1_1);
  REQUIRE_MESSAGE(!operation.words.empty(), operation.message);
  const test::Assembled used = test::assemble(module("%4", "%n"), SPV_ENV_VULKAN_1_1);
  REQUIRE_MESSAGE(!used.words.empty(), used.message);
  const test::Assembled fine = test::assemble(module("%4", "%1"), SPV_ENV_VULKAN_1_1);
  REQUIRE_MESSAGE(!fine.words.empty(), fine.message);
  for (const ShaderLanguage language : languages) {
    CHECK(code_of(operation.words, language) == ErrorCode::NotTranslatable);
    const bool is_glsl = language == ShaderLanguage::Glsl;
    CHECK(code_of(used.words, language) == (is_glsl ? ErrorCode::NotTranslatable : ErrorCode::Ok));
    CHECK(code_of(fine.words, language) == ErrorCode::Ok);
  }
}

TEST_CASE("cross errors: HLSL has no number of workgroups") {
  using namespace kernel;
  const Kernel k = make_kernel("count", {.workgroup = {64}}, [](KernelBuilder& b) {
    const auto y = b.output<u32>("y");
    y[b.global_id().x] = b.workgroup_count().x;
  });
  const Result<spirv::Module> module = write_spirv(k, Target::vulkan(1, 1));
  REQUIRE(module.ok());
  const Result<String> without = translate(*module, ShaderLanguage::Hlsl);
  REQUIRE_FALSE(without.ok());
  CHECK(without.error().code == ErrorCode::NotTranslatable);
  TranslateOptions options;
  options.hlsl_workgroup_count_register = 7;
  options.hlsl_workgroup_count_space = 2;
  const Result<String> with = translate(*module, ShaderLanguage::Hlsl, options);
  REQUIRE_MESSAGE(with.ok(), with.error().to_string().c_str());
  CHECK(with->contains("register(b7, space2)"));
}

TEST_CASE("cross errors: two resources in one place") {
  const Result<spirv::Module> module =
      kernel::write_spirv(example_kernels::particles(), Target::vulkan(1, 1));
  REQUIRE(module.ok());
  const Result<String> hlsl = translate(*module, ShaderLanguage::Hlsl);
  REQUIRE_FALSE(hlsl.ok());
  CHECK(hlsl.error().code == ErrorCode::NotTranslatable);
  CHECK(hlsl.error().message.contains("binding 0 of set 0"));
  // Metal's arguments are numbered anew, unless the caller's numbers are asked for.
  TranslateOptions options;
  CHECK(translate(*module, ShaderLanguage::Msl, options).ok());
  options.msl_keep_bindings = true;
  CHECK(translate(*module, ShaderLanguage::Msl, options).error().code == ErrorCode::NotTranslatable);
}

TEST_CASE("cross errors: constants that leave an array without elements") {
  const auto module = [](const char* length) {
    return std::string(test::begin_compute) + R"(
    OpExecutionMode %main LocalSize 1 1 1
    OpDecorate %n SpecId 3
    OpDecorate %textures DescriptorSet 0
    OpDecorate %textures Binding 1
)" + test::begin_types +
           R"(
    %n = OpSpecConstant %uint 5
    %half = OpSpecConstantOp %uint UDiv %n %2
    %image = OpTypeImage %float 2D 0 0 0 1 Unknown
    %array = OpTypeArray %image )" +
           length + R"(
    %array_ptr = OpTypePointer UniformConstant %array
    %image_ptr = OpTypePointer UniformConstant %image
    %textures = OpVariable %array_ptr UniformConstant
)" + test::begin_main +
           R"(
    %p = OpAccessChain %image_ptr %textures %1
    %t = OpLoad %image %p
)" + test::end_main;
  };
  for (const char* const length : {"%n", "%half"}) {
    const test::Assembled assembled = test::assemble(module(length), SPV_ENV_VULKAN_1_1);
    REQUIRE_MESSAGE(!assembled.words.empty(), assembled.message);
    const reflection::Override overrides[] = {{3, 0}};
    for (const ShaderLanguage language : languages) {
      TranslateOptions options = validated();
      CHECK(code_of(assembled.words, language, options) == ErrorCode::Ok);
      options.constants = overrides;
      CHECK(code_of(assembled.words, language, options) == ErrorCode::InvalidOperand);
      options.is_validated = false;
      CHECK_FALSE(translate(assembled.words, Target::vulkan(1, 1), language, options).ok());
    }
    CHECK_FALSE(reflect_by_cross(assembled.words, Target::vulkan(1, 1), overrides).ok());
  }
}
