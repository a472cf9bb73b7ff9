// Modules written by hand, for the tests of reflection.
#pragma once

#include <airstrip/reflect.hpp>

#include <spirv-tools/libspirv.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace test {

using Words = std::vector<std::uint32_t>;

struct Assembled {
  Words words;
  std::string message;  // why it could not be assembled, or is not valid
};

// Assembles, and validates unless `checked` is false: for what the linked SPIRV-Tools does not know.
inline Assembled assemble(const std::string& text, spv_target_env environment = SPV_ENV_VULKAN_1_3,
                          bool checked = true) {
  Assembled result;
  spvtools::SpirvTools tools(environment);
  tools.SetMessageConsumer(
      [&](spv_message_level_t, const char*, const spv_position_t& at, const char* message) {
        result.message += std::to_string(at.line + 1) + ": " + message + "\n";
      });
  if (!tools.Assemble(text, &result.words)) result.words.clear();
  if (!result.words.empty() && checked) {
    spvtools::ValidatorOptions options;
    options.SetScalarBlockLayout(true);
    if (!tools.Validate(result.words.data(), result.words.size(), options)) result.words.clear();
  }
  return result;
}

}  // namespace test

// Assembles, validates and reflects, or fails the test case with the reason.
#define REFLECT(name, ...)                                                                    \
  const test::Assembled name##_module = test::assemble(__VA_ARGS__);                          \
  REQUIRE_MESSAGE(!name##_module.words.empty(), name##_module.message);                       \
  const airstrip::Result<airstrip::Reflection> name = airstrip::reflect(name##_module.words); \
  REQUIRE_MESSAGE(name.ok(), name.error().to_string().c_str())
