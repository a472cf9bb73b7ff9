// Beside SPIRV-Cross, a reader that shares nothing with ours: the fields that both fill are the same, but for the defects
// that are named with the module that shows them.
#include "../kernel/example_kernels.hpp"
#include "../reflect/assemble.hpp"
#include "compare.hpp"
#include "modules.hpp"

#include <airstrip/kernel/write_spirv.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace airstrip;
using spirv::Target;

namespace {

// What a target for hand-written modules must not stand in the way of.
Target any_target() { return Target::vulkan(1, 3); }

std::string differences(const test::Words& words, const Target& target,
                        Span<const reflection::Override> overrides = {}) {
  const Result<Reflection> own = reflect(words, overrides);
  const Result<Reflection> other = reflect_by_cross(words, target, overrides);
  if (!own) return own.error().to_string();
  if (!other) return other.error().to_string();
  return test::Comparison(*own, *other).text();
}

}  // namespace

TEST_CASE("cross reflect: the example kernels in every layout") {
  using kernel::BindingLayout;
  for (const example_kernels::Example& example : example_kernels::all_examples()) {
    for (const BindingLayout layout :
         {BindingLayout::Plain, BindingLayout::PushDescriptors, BindingLayout::DeviceAddresses,
          BindingLayout::WebGpu, BindingLayout::SdlGpu, BindingLayout::Godot}) {
      if (std::string(example.name) == "matrix_tile") continue;  // see "errors"
      CAPTURE(std::string(example.name));
      CAPTURE(static_cast<int>(layout));
      Target target = example.target;
      if (layout == BindingLayout::DeviceAddresses) {
        if (target.environment_version() < spirv::make_version(1, 1)) continue;
        target.enable_feature("bufferDeviceAddress").enable_extension("VK_KHR_buffer_device_address");
        target.enable_feature("shaderInt64");
      }
      for (const bool names : {false, true}) {
        kernel::WriteOptions options;
        options.layout = layout;
        options.names = names;
        const Result<spirv::Module> module = kernel::write_spirv(example.kernel, target, options);
        REQUIRE_MESSAGE(module.ok(), module.error().to_string().c_str());
        CHECK(differences(test::Words(module->words().begin(), module->words().end()), target) == "");
      }
    }
  }
}

TEST_CASE("cross reflect: modules written by hand") {
  for (const test::HandWritten& hand : test::hand_written()) {
    CAPTURE(std::string(hand.name));
    const test::Assembled module = test::assemble(hand.text, SPV_ENV_VULKAN_1_1);
    REQUIRE_MESSAGE(!module.words.empty(), module.message);
    std::string known;
    for (const std::string& difference : hand.known) known += difference + "\n";
    CHECK(differences(module.words, any_target()) == known);
  }
}

TEST_CASE("cross reflect: overrides") {
  for (const test::HandWritten& hand : test::hand_written()) {
    if (!hand.known.empty()) continue;
    CAPTURE(std::string(hand.name));
    const test::Assembled module = test::assemble(hand.text, SPV_ENV_VULKAN_1_1);
    REQUIRE_MESSAGE(!module.words.empty(), module.message);
    std::vector<reflection::Override> overrides;
    // As lengths these are small: sizes of 2^32 and more go round in SPIRV-Cross.
    for (std::uint32_t i = 0; i < 10; ++i) overrides.push_back({i, 0xFEDCBA9800000011 - i});
    overrides.push_back({3, 77});  // again, and the last counts
    CHECK(differences(module.words, any_target(), overrides) == "");
  }
}

TEST_CASE("cross reflect: LocalSizeId, by constants and by operations") {
  const std::string text = std::string(test::begin_compute) + R"(
    OpExecutionModeId %main LocalSizeId %x %y %z
    OpDecorate %x SpecId 10
)" + test::begin_types + R"(
    %x = OpSpecConstant %uint 8
    %y = OpSpecConstantOp %uint IAdd %x %1
    %z = OpConstant %uint 2
)" + test::begin_main + test::end_main;
  const test::Assembled module = test::assemble(text, SPV_ENV_VULKAN_1_3, false);
  REQUIRE_MESSAGE(!module.words.empty(), module.message);
  Target target = any_target();
  target.enable_feature("maintenance4");
  // It does not evaluate the operation (SPIRV-Cross #1259), and throws when it is asked for the size itself.
  CHECK(differences(module.words, target) == "main: workgroup.y is 9, SPIRV-Cross has 0\n");
  const reflection::Override overrides[] = {{10, 31}};
  CHECK(differences(module.words, target, overrides) == "main: workgroup.y is 32, SPIRV-Cross has 0\n");
}

TEST_CASE("cross reflect: modules of the tests of reflection") {
  // SPIRV-Cross counts the locations of a block's members when it prints them, and has no call for it.
  const char* const known[] = {"main: output : location is 4, SPIRV-Cross has 4294967295\n", ""};
  std::size_t number = 0;
  for (const char* const text : {
#include "../reflect/modules.inc"
       }) {
    const test::Assembled module = test::assemble(text, SPV_ENV_VULKAN_1_1);
    REQUIRE_MESSAGE(!module.words.empty(), module.message);
    REQUIRE(number < 2);
    CHECK(differences(module.words, any_target()) == known[number++]);
  }
}
