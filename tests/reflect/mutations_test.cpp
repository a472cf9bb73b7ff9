// Modules cut short and modules with a word changed: an error or a consistent answer, in little time. The fuzz target does
// the same for longer.
#include "assemble.hpp"
#include "invariants.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

using namespace airstrip;
using namespace airstrip::reflection;

namespace {

void require(bool condition) {
  if (!condition) FAIL("an invariant does not hold");
}

void look_at(const test::Words& words) {
  const Result<Reflection> r = reflect(words);
  if (!r) {
    REQUIRE(r.error().code != ErrorCode::Ok);
    return;
  }
  test::check_invariants(*r, require);
  REQUIRE_FALSE(to_json(*r).empty());
  REQUIRE_FALSE(cpp_structs(*r).empty());
}

}  // namespace

TEST_CASE("mutations: every prefix, and every word changed in turn") {
  for (const char* const text : {
#include "modules.inc"
       }) {
    const test::Words whole = test::assemble(text, SPV_ENV_VULKAN_1_1).words;
    REQUIRE_FALSE(whole.empty());
    for (std::size_t n = 0; n < whole.size(); ++n)
      look_at(test::Words(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
    for (std::size_t i = 5; i < whole.size(); ++i)
      for (const std::uint32_t value :
           {0u, 1u, whole[i] + 1, whole[i] - 1, 0xFFFFFFFFu, whole[i] ^ 0x10000u}) {
        test::Words changed = whole;
        changed[i] = value;
        look_at(changed);
      }
  }
}

TEST_CASE("mutations: time is proportional to the words") {
  // A function with many loads from one buffer, and the same ten times as long.
  const auto seconds = [](unsigned loads) {
    std::string text = R"(
      OpCapability Shader
      OpMemoryModel Logical GLSL450
      OpEntryPoint GLCompute %main "main"
      OpExecutionMode %main LocalSize 1 1 1
      OpDecorate %b DescriptorSet 0
      OpDecorate %b Binding 0
      OpDecorate %B Block
      OpMemberDecorate %B 0 Offset 0
      %void = OpTypeVoid
      %fn = OpTypeFunction %void
      %uint = OpTypeInt 32 0
      %B = OpTypeStruct %uint
      %B_ptr = OpTypePointer StorageBuffer %B
      %ptr = OpTypePointer StorageBuffer %uint
      %0 = OpConstant %uint 0
      %b = OpVariable %B_ptr StorageBuffer
      %main = OpFunction %void None %fn
      %entry = OpLabel
)";
    for (unsigned i = 0; i < loads; ++i) {
      const std::string n = std::to_string(i);
      text += "%p" + n + " = OpAccessChain %ptr %b %0\n%v" + n + " = OpLoad %uint %p" + n + "\n";
    }
    const test::Words words =
        test::assemble(text + "OpReturn\nOpFunctionEnd\n", SPV_ENV_VULKAN_1_1, false).words;
    REQUIRE_FALSE(words.empty());
    double best = 1e9;
    for (int repeat = 0; repeat < 5; ++repeat) {
      const auto start = std::chrono::steady_clock::now();
      const Result<Reflection> r = reflect(words);
      REQUIRE(r.ok());
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      if (took.count() < best) best = took.count();
    }
    return best;
  };
  const double small = seconds(2000), large = seconds(20000);
  CHECK(large < 40 * small);  // ten times, and room for caches and neighbours; a hundred would be quadratic
}
