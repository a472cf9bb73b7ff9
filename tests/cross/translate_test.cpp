// Translation: every example kernel in the three languages, and GLSL that becomes the same module again.
#include "../kernel/example_kernels.hpp"
#include "../reflect/assemble.hpp"
#include "../support/random_kernel.hpp"
#include "../support/skip.hpp"
#include "glslang.hpp"
#include "modules.hpp"

#include <airstrip/kernel/write_spirv.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace airstrip;
using kernel::BindingLayout;
using spirv::Target;

namespace {

struct Variant {
  std::string name;
  Target target;
  spirv::Module module;
};

// Every example kernel that the linked validator knows, in the layouts that a translation is for.
std::vector<Variant> variants() {
  std::vector<Variant> list;
  for (const example_kernels::Example& example : example_kernels::all_examples()) {
    if (std::string(example.name) == "matrix_tile") continue;  // see "errors"
    for (const BindingLayout layout : {BindingLayout::Plain, BindingLayout::DeviceAddresses,
                                       BindingLayout::SdlGpu, BindingLayout::Godot}) {
      Target target = example.target;
      if (layout == BindingLayout::DeviceAddresses) {
        if (target.environment_version() < spirv::make_version(1, 1)) continue;
        target.enable_feature("bufferDeviceAddress").enable_extension("VK_KHR_buffer_device_address");
        target.enable_feature("shaderInt64");
      }
      kernel::WriteOptions options;
      options.layout = layout;
      options.names = true;
      Result<spirv::Module> module = kernel::write_spirv(example.kernel, target, options);
      REQUIRE_MESSAGE(module.ok(), module.error().to_string().c_str());
      list.push_back(
          {example.name + std::string(layout == BindingLayout::DeviceAddresses ? ", addresses" : ""), target,
           static_cast<Result<spirv::Module>&&>(module).value()});
    }
  }
  return list;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

TEST_CASE("cross: the example kernels in GLSL, and back") {
  if (!test::has_glslang()) return test::skip("glslangValidator was not found");
  for (const Variant& v : variants()) {
    CAPTURE(v.name);
    const Result<String> glsl = translate(v.module, ShaderLanguage::Glsl);
    REQUIRE_MESSAGE(glsl.ok(), glsl.error().to_string().c_str());
    const test::Compiled again = test::compile_glsl(*glsl, "comp", "vulkan1.2");
    CAPTURE(std::string(*glsl));
    REQUIRE_MESSAGE(!again.words.empty(), again.message);
    const Result<Reflection> before = reflect(v.module.words()), after = reflect(again.words);
    REQUIRE(before.ok());
    REQUIRE(after.ok());
    CHECK(test::Comparison(*before, *after, false).text() == "");
  }
}

TEST_CASE("cross: the example kernels in HLSL") {
  TranslateOptions options;
  options.hlsl_workgroup_count_register = 13;
  for (const Variant& v : variants()) {
    CAPTURE(v.name);
    const Result<String> hlsl = translate(v.module, ShaderLanguage::Hlsl, options);
    // HLSL has no addresses, no number of subgroups, and no two buffers in one place.
    const bool is_sayable = !ends_with(v.name, "addresses") && v.name != "reduction" && v.name != "particles";
    CAPTURE(std::string(hlsl.ok() ? Text(*hlsl) : Text(hlsl.error().to_string())));
    CHECK(hlsl.ok() == is_sayable);
    if (!hlsl) {
      CHECK(hlsl.error().code == ErrorCode::NotTranslatable);
      continue;
    }
    const Result<Reflection> r = reflect(v.module.words());
    const reflection::Size3 size = r->entry_points()[0].workgroup;
    CHECK(hlsl->contains(Text("[numthreads(" + std::to_string(size.x) + ", " + std::to_string(size.y) + ", " +
                              std::to_string(size.z) + ")]")));
    for (const reflection::Binding& b : r->bindings(r->entry_points()[0]))
      CHECK(
          hlsl->contains(Text(std::to_string(b.binding) +
                              (b.set == 0 ? std::string(", space0)") : ", space" + std::to_string(b.set)))));
  }
}

TEST_CASE("cross: the example kernels in MSL") {
  for (const Variant& v : variants()) {
    CAPTURE(v.name);
    TranslateOptions options;
    options.msl_version = 20300;
    const Result<String> msl = translate(v.module, ShaderLanguage::Msl, options);
    REQUIRE_MESSAGE(msl.ok(), msl.error().to_string().c_str());
    CHECK(msl->contains("kernel void main0("));
    CHECK(msl->contains("#include <metal_stdlib>"));
  }
}

TEST_CASE("cross: names that look like gaps, and gaps that look like names") {
  // The kernel is sound; its names are what SPIRV-Cross prints where a type is missing.
  using namespace kernel;
  const Kernel k = make_kernel("names", {.workgroup = {32}}, [](KernelBuilder& b) {
    const auto x = b.input<f32>("unknown_type");
    const auto y = b.output<f32>("double4");
    const auto scale = b.param<f32>("unknown");
    y[b.global_id().x] = scale * x[b.global_id().x];
  });
  WriteOptions options;
  options.names = true;
  const Result<spirv::Module> module = write_spirv(k, Target::vulkan(1, 1), options);
  REQUIRE(module.ok());
  for (const ShaderLanguage language : {ShaderLanguage::Glsl, ShaderLanguage::Hlsl, ShaderLanguage::Msl}) {
    const Result<String> text = translate(*module, language);
    REQUIRE_MESSAGE(text.ok(), text.error().to_string().c_str());
    CHECK(text->contains("unknown"));
  }
}

TEST_CASE("cross: versions and dialects") {
  const kernel::Kernel k = example_kernels::saxpy();
  const Result<spirv::Module> module = kernel::write_spirv(k, Target::vulkan(1, 1));
  REQUIRE(module.ok());
  TranslateOptions options;
  options.glsl_version = 310;
  options.glsl_es = true;
  options.glsl_vulkan = false;
  Result<String> text = translate(*module, ShaderLanguage::Glsl, options);
  REQUIRE(text.ok());
  CHECK(text->contains("#version 310 es"));
  CHECK_FALSE(text->contains("push_constant"));
  options = {};
  options.glsl_version = 460;
  text = translate(*module, ShaderLanguage::Glsl, options);
  REQUIRE(text.ok());
  CHECK(text->contains("#version 460"));
  CHECK(text->contains("push_constant"));
  options = {};
  options.msl_ios = true;
  CHECK(translate(*module, ShaderLanguage::Msl, options).ok());
  options.msl_keep_bindings = true;
  CHECK(translate(*module, ShaderLanguage::Msl, options).ok());
  options = {};
  options.hlsl_shader_model = 50;
  CHECK(translate(*module, ShaderLanguage::Hlsl, options).ok());
}

TEST_CASE("cross: entry points and specialisation constants") {
  const std::string text = R"(
    OpCapability Shader
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %main "main"
    OpEntryPoint GLCompute %second "second"
    OpExecutionMode %main LocalSize 8 1 1
    OpExecutionMode %second LocalSize 16 1 1
    OpName %first_buffer "first_buffer"
    OpName %second_buffer "second_buffer"
    OpDecorate %n SpecId 4
    OpDecorate %is_fast SpecId 5
    OpDecorate %B Block
    OpMemberDecorate %B 0 Offset 0
    OpDecorate %first_buffer DescriptorSet 0
    OpDecorate %first_buffer Binding 0
    OpDecorate %second_buffer DescriptorSet 0
    OpDecorate %second_buffer Binding 1
)" + std::string(test::begin_types) +
                           R"(
    %n = OpSpecConstant %uint 12
    %is_fast = OpSpecConstantFalse %bool
    %B = OpTypeStruct %uint
    %B_ptr = OpTypePointer StorageBuffer %B
    %ptr = OpTypePointer StorageBuffer %uint
    %first_buffer = OpVariable %B_ptr StorageBuffer
    %second_buffer = OpVariable %B_ptr StorageBuffer
)" + test::begin_main + R"(
    %value = OpSelect %uint %is_fast %1 %n
    %fp = OpAccessChain %ptr %first_buffer %0
    OpStore %fp %value
    OpReturn
    OpFunctionEnd
    %second = OpFunction %void None %fn
    %se = OpLabel
    %sp = OpAccessChain %ptr %second_buffer %0
    OpStore %sp %n
)" + test::end_main;
  const test::Assembled module = test::assemble(text, SPV_ENV_VULKAN_1_1);
  REQUIRE_MESSAGE(!module.words.empty(), module.message);
  const Target target = Target::vulkan(1, 1);
  TranslateOptions options;
  options.entry_point = "second";
  Result<String> glsl = translate(module.words, target, ShaderLanguage::Glsl, options);
  REQUIRE(glsl.ok());
  CHECK(glsl->contains("local_size_x = 16"));
  CHECK(glsl->contains("second_buffer"));
  CHECK_FALSE(glsl->contains("first_buffer"));
  CHECK(glsl->contains("layout(constant_id = 4) const uint"));
  CHECK(glsl->contains("= 12u;"));

  const reflection::Override overrides[] = {{4, 77}, {5, 1}};
  options.entry_point = "main";
  options.constants = overrides;
  glsl = translate(module.words, target, ShaderLanguage::Glsl, options);
  REQUIRE(glsl.ok());
  CHECK(glsl->contains("local_size_x = 8"));
  CHECK(glsl->contains("= 77u"));
  CHECK(glsl->contains("= true"));

  // Several, and none named; one that is not there; one of another stage.
  for (const char* const name : {"", "third"}) {
    options.entry_point = name;
    glsl = translate(module.words, target, ShaderLanguage::Glsl, options);
    REQUIRE_FALSE(glsl.ok());
    CHECK(glsl.error().code == ErrorCode::InvalidOperand);
    CHECK(glsl.error().offered == "main, second");
  }
  options.entry_point = "main";
  options.model = spirv::ExecutionModel::Fragment;
  glsl = translate(module.words, target, ShaderLanguage::Glsl, options);
  REQUIRE_FALSE(glsl.ok());
  CHECK(glsl.error().code == ErrorCode::InvalidOperand);
}

// They load what they do not use, which SPIRV-Cross leaves out: a compiler takes the text, but it binds less.
TEST_CASE("cross: modules written by hand in GLSL that a compiler takes") {
  if (!test::has_glslang()) return test::skip("glslangValidator was not found");
  for (const test::HandWritten& hand : test::hand_written()) {
    CAPTURE(std::string(hand.name));
    const test::Assembled module = test::assemble(hand.text, SPV_ENV_VULKAN_1_1);
    REQUIRE_MESSAGE(!module.words.empty(), module.message);
    const Result<Reflection> before = reflect(module.words);
    REQUIRE(before.ok());
    for (const reflection::EntryPoint& entry : before->entry_points()) {
      TranslateOptions options;
      options.entry_point = entry.name;
      options.glsl_version = 460;
      const Result<String> glsl =
          translate(module.words, Target::vulkan(1, 3), ShaderLanguage::Glsl, options);
      CAPTURE(std::string(glsl ? Text(*glsl) : Text(glsl.error().message)));
      CHECK(glsl.ok() == !hand.is_untranslatable);
      if (!glsl) continue;
      const char* const stage = entry.model == spirv::ExecutionModel::Vertex     ? "vert"
                                : entry.model == spirv::ExecutionModel::Fragment ? "frag"
                                                                                 : "comp";
      const test::Compiled again = test::compile_glsl(*glsl, stage, "vulkan1.2");
      CHECK_MESSAGE(!again.words.empty(), again.message);
    }
  }
}

TEST_CASE("cross: modules written by hand in HLSL and MSL, or why not") {
  for (const test::HandWritten& hand : test::hand_written()) {
    CAPTURE(std::string(hand.name));
    const test::Assembled module = test::assemble(hand.text, SPV_ENV_VULKAN_1_1);
    REQUIRE_MESSAGE(!module.words.empty(), module.message);
    TranslateOptions options;
    options.entry_point = "main";
    options.msl_version = 30000;
    for (const ShaderLanguage language : {ShaderLanguage::Hlsl, ShaderLanguage::Msl}) {
      const Result<String> text = translate(module.words, Target::vulkan(1, 3), language, options);
      CAPTURE(std::string(text ? Text(*text) : Text(text.error().to_string())));
      CHECK((text.ok() || text.error().code == ErrorCode::NotTranslatable));
    }
  }
}

TEST_CASE("cross: random kernels in every language, GLSL by a compiler") {
  if (!test::has_glslang()) return test::skip("glslangValidator was not found");
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    kernel::Kernel k = test::random_kernel::Generator(seed).run();
    // No language here can promise more.
    k.options().subgroup.reconvergence = kernel::Reconvergence::Unspecified;
    Target target = example_kernels::subgroups(Target::vulkan(1, 1 + static_cast<unsigned>(seed % 3)));
    if (seed % 2 == 1 && seed % 3 != 0)
      for (const char* const feature : {"shaderInt64", "shaderInt16", "shaderInt8", "shaderFloat16"})
        target.enable_feature(feature);
    const Result<spirv::Module> module = kernel::write_spirv(k, target);
    REQUIRE_MESSAGE(module.ok(), module.error().to_string().c_str());
    TranslateOptions options;
    options.glsl_version = 460;
    options.hlsl_shader_model = 66;
    options.msl_version = 30000;
    const Result<String> glsl = translate(*module, ShaderLanguage::Glsl, options);
    REQUIRE_MESSAGE(glsl.ok(), glsl.error().to_string().c_str());
    const test::Compiled again = test::compile_glsl(*glsl, "comp", "vulkan1.2");
    CHECK_MESSAGE(!again.words.empty(), again.message);
    const Result<String> msl = translate(*module, ShaderLanguage::Msl, options);
    CHECK_MESSAGE(msl.ok(), msl.error().to_string().c_str());
    // HLSL has no bytes: SPIRV-Cross prints "???" for them.
    const Result<String> hlsl = translate(*module, ShaderLanguage::Hlsl, options);
    CHECK((hlsl.ok() || hlsl.error().offered.contains("???")));
  }
}
