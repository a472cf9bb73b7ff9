// The C++ structures: the text for a small module, and that a compiler takes what is made of many, static_asserts and all.
#include "../kernel/example_kernels.hpp"
#include "../support/skip.hpp"
#include "../support/spirv_val.hpp"
#include "assemble.hpp"

#include <airstrip/kernel/write_spirv.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace airstrip;
using namespace airstrip::reflection;

namespace {

const char* const blocks = R"(
  OpCapability Shader
  OpCapability Float16
  OpCapability Int64
  OpCapability Linkage
  OpMemoryModel Logical GLSL450
  OpName %Light "Light"
  OpMemberName %Light 0 "where"
  OpMemberName %Light 1 "power"
  OpName %Scene "Scene"
  OpMemberName %Scene 0 "view"
  OpMemberName %Scene 1 "class"
  OpMemberName %Scene 2 "lights"
  OpMemberName %Scene 3 "weights"
  OpMemberName %Scene 4 "rows"
  OpMemberName %Scene 5 "Light"
  OpMemberName %Scene 6 "Light"
  OpMemberName %Scene 7 "values"
  OpName %Other "Scene"
  OpMemberDecorate %Light 0 Offset 0
  OpMemberDecorate %Light 1 Offset 12
  OpDecorate %lights ArrayStride 32
  OpDecorate %weights ArrayStride 16
  OpDecorate %grid ArrayStride 64
  OpDecorate %values ArrayStride 4
  OpMemberDecorate %Scene 0 Offset 16
  OpMemberDecorate %Scene 0 MatrixStride 16
  OpMemberDecorate %Scene 0 ColMajor
  OpMemberDecorate %Scene 1 Offset 0
  OpMemberDecorate %Scene 2 Offset 80
  OpMemberDecorate %Scene 3 Offset 144
  OpMemberDecorate %Scene 4 Offset 272
  OpMemberDecorate %Scene 4 MatrixStride 16
  OpMemberDecorate %Scene 4 RowMajor
  OpMemberDecorate %Scene 5 Offset 304
  OpMemberDecorate %Scene 6 Offset 312
  OpMemberDecorate %Scene 7 Offset 320
  OpMemberDecorate %Other 0 Offset 0
  OpMemberDecorate %Other 1 Offset 2
  OpMemberDecorate %Overlap 0 Offset 0
  OpMemberDecorate %Overlap 1 Offset 2
  %float = OpTypeFloat 32
  %half = OpTypeFloat 16
  %uint = OpTypeInt 32 0
  %long = OpTypeInt 64 1
  %float2 = OpTypeVector %float 2
  %float3 = OpTypeVector %float 3
  %mat3 = OpTypeMatrix %float3 3
  %mat3x2 = OpTypeMatrix %float2 3
  %2 = OpConstant %uint 2
  %4 = OpConstant %uint 4
  %Light = OpTypeStruct %float3 %half
  %lights = OpTypeArray %Light %2
  %weights = OpTypeArray %float %4
  %grid = OpTypeArray %weights %2
  %values = OpTypeRuntimeArray %float
  %Scene = OpTypeStruct %mat3 %uint %lights %grid %mat3x2 %long %float %values
  %Other = OpTypeStruct %half %half
  %Overlap = OpTypeStruct %uint %uint
)";

// False where there is no compiler; else what it said.
bool compile(const std::string& text, std::string& said) {
  const char* const named = std::getenv("CXX");
  const std::string compiler = named && *named ? named : "c++";
  if (std::system((compiler + " --version >/dev/null 2>&1").c_str()) != 0) return false;
  std::string path = std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp";
  path += "/airstrip-structs-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) return false;
  std::FILE* const stream = fdopen(file, "w");
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fclose(stream);
  int status = 0;
  said = test::output_of(
      compiler + " -std=c++17 -Wall -Wno-pragma-once-outside-header -fsyntax-only -x c++ " + path, status);
  if (status == 0) said.clear();
  std::remove(path.c_str());
  return true;
}

}  // namespace

TEST_CASE("structs: padding, strides, matrices, names that are taken") {
  REFLECT(r, blocks, SPV_ENV_UNIVERSAL_1_3, false);
  const String text = cpp_structs(*r, {.name_space = "gpu"});
  CAPTURE(std::string(text));
  CHECK(text.contains("namespace gpu {"));
  CHECK(text.contains("struct Light {\n"
                      "  float where[3];\n"
                      "  std::uint16_t power;\n"
                      "};\n"
                      "static_assert(offsetof(Light, where) == 0);\n"
                      "static_assert(offsetof(Light, power) == 12);\n"
                      "static_assert(sizeof(struct Light) == 14);\n"));
  CHECK(text.contains("static_assert(offsetof(Scene, view) == 16);"));
  CHECK(text.contains("  std::uint32_t member_1;\n  std::uint8_t padding0[12];\n"));  // `class` is a keyword
  CHECK(text.contains("static_assert(offsetof(Scene, Light) == 304);"));
  CHECK(text.contains("static_assert(offsetof(Scene, Light_6) == 312);"));
  CHECK(text.contains("// values: a runtime array from offset 320 on, stride 4"));
  CHECK(text.contains("is left out: members that overlap"));
}

TEST_CASE("structs: a compiler takes them, with their static_asserts") {
  REFLECT(r, blocks, SPV_ENV_UNIVERSAL_1_3, false);
  std::string all = std::string(cpp_structs(*r, {.name_space = "module0"}));
  int count = 1;
  for (const example_kernels::Example& example : example_kernels::all_examples()) {
    kernel::WriteOptions options;
    options.names = true;
    const Result<spirv::Module> module = kernel::write_spirv(example.kernel, example.target, options);
    REQUIRE(module.ok());
    const Result<Reflection> reflected = reflect(module->words());
    REQUIRE(reflected.ok());
    const std::string name = "module" + std::to_string(count++);
    all += std::string(cpp_structs(*reflected, {.name_space = name}));
  }
  CHECK(all.find("static_assert") != std::string::npos);
  std::string said;
  if (!compile(all, said)) return test::skip("no compiler named c++");
  CHECK(said == "");
  // That the asserts can fail: a wrong offset must not compile.
  const std::size_t at = all.find(" == 304");
  REQUIRE(at != std::string::npos);
  all.replace(at, 7, " == 305");
  REQUIRE(compile(all, said));
  CHECK(said != "");
}
