// Importing what was read: the same module, in the builder's own form.
#include <airstrip/spirv.hpp>

#include "support/skip.hpp"
#include "support/spirv_val.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::spirv;

namespace {

// Control flow, functions, laid-out types, constants, decorations and names: what an import has to carry over.
Result<Module> example(const Target& target) {
  Builder b({.target = target});
  const TypeId f32 = b.declare_float(32), u32 = b.declare_uint32();
  const ValueId data = b.add_storage_array(f32, 0, 0, "data");
  const ValueId zero = b.constant(0u), one = b.constant(1u);
  const ValueId count = b.add_spec_constant(7, 16u, "count");
  const FunctionId twice = b.reserve_function();

  const FunctionId main = b.begin_function(b.declare_void(), {}, "main");
  const ValueId i = b.OpCompositeExtract(b.OpLoad(b.declare_builtin_uvec3(BuiltIn::GlobalInvocationId)), {0});
  const ValueId local = b.add_local_variable(f32, {}, "sum");
  b.OpStore(local, b.constant(0.5f));
  b.for_(zero, count, one, [&](ValueId k, Loop& loop) {
    b.switch_(k, [&](Switch& s) {
      s.case_(3, [&] { loop.continue_(); });
      s.case_(9, [&] { loop.break_(); });
      s.default_([&] { b.OpStore(local, b.OpFAdd(b.OpLoad(local), b.load_at(data, {zero, k}))); });
    });
  });
  const ValueId argument = b.OpLoad(local);
  b.store_at(data, {zero, i}, b.OpFunctionCall(f32, twice, {argument}));
  b.end_function();
  b.add_compute_entry_point(main, "main", 32);

  b.begin_function(twice, f32, {f32}, "twice");
  b.OpReturnValue(b.glsl(GLSLstd450::FMax, {b.OpFAdd(b.parameter(0), b.parameter(0)), b.constant(-0.0f)}));
  b.end_function();
  CHECK(b.type_of(one) == u32);
  return b.finish();
}

Result<Module> imported(Span<const std::uint32_t> words, const Target* target = nullptr) {
  const Result<ModuleView> view = parse(words);
  if (!view) return view.error();
  ModuleOptions options = options_for(*view);
  if (target) options.target = *target;
  Builder b(options);
  const Result<ImportMap> map = import_module(*view, b);
  if (!map) return map.error();
  return b.finish();
}

std::size_t size_of_view(const Module& module) {
  const Result<ModuleView> view = parse(module.words());
  REQUIRE(view.ok());
  return view->size();
}

}  // namespace

TEST_CASE("an imported module is valid, keeps every instruction, and is a fixed point") {
  for (const Target& target : {Target::vulkan(1, 0), Target::vulkan(1, 1), Target::vulkan(1, 3)}) {
    CAPTURE(std::string(target.name()));
    const Result<Module> module = example(target);
    REQUIRE_MESSAGE(module.ok(), std::string(module.error().to_string()));
    const Result<Module> once = imported(module->words(), &target);
    REQUIRE_MESSAGE(once.ok(), std::string(once.error().to_string()));
    CHECK(size_of_view(*once) == size_of_view(*module));
    CHECK(once->size() == module->size());
    const Result<Module> twice = imported(once->words(), &target);
    REQUIRE(twice.ok());
    CHECK(twice->hash() == once->hash());
    const test::Verdict verdict = test::validate(once->words(), target);
    if (verdict.ran)
      CHECK_MESSAGE(verdict.valid, verdict.text);
    else
      test::skip(verdict.text.c_str());
  }
}

TEST_CASE("the map leads from foreign ids to the builder's") {
  const Result<Module> module = example(Target::vulkan(1, 1));
  REQUIRE(module.ok());
  const Result<ModuleView> view = parse(module->words());
  REQUIRE(view.ok());
  Builder b(options_for(*view));
  const Result<ImportMap> map = import_module(*view, b);
  REQUIRE(map.ok());
  std::size_t seen = 0;
  for (const Instruction i : *view) {
    if (i.result_id() == 0) continue;
    const Id own = (*map)[i.result_id()];
    CHECK(own);
    CHECK(b.opcode_of(own) == i.opcode());
    ++seen;
  }
  CHECK(seen > 40);
  CHECK(!(*map)[view->bound()]);
}

TEST_CASE("a target that lacks what the module declares is an error with the word offset") {
  const Target rich = Target::vulkan(1, 1).enable_feature("shaderInt64");
  Builder b({.target = rich});
  b.declare_int(64, false);
  const Result<Module> module = b.finish();
  REQUIRE(module.ok());
  const Target poor = Target::vulkan(1, 1);
  const std::uint32_t line = __LINE__ + 1;
  const Result<Module> refused = imported(module->words(), &poor);
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == ErrorCode::MissingCapability);
  CHECK(refused.error().word_offset >= header_words);
  CHECK(refused.error().message.contains("Int64"));
  CHECK(refused.error().where.line != line);  // the line of the import, inside the helper above
  CHECK(std::string(refused.error().where.file).find("import_test") != std::string::npos);
}

TEST_CASE("what has no meaning is refused, with its place") {
  const auto refuse = [](std::vector<std::uint32_t> body, ErrorCode code, std::size_t offset) {
    std::vector<std::uint32_t> words = {magic_number, 0x00010300, 0, 10, 0};
    words.insert(words.end(), body.begin(), body.end());
    const Result<Module> result = imported(words);
    REQUIRE(!result.ok());
    CHECK(result.error().code == code);
    CHECK(result.error().word_offset == offset);
  };
  refuse({2u << 16 | 17, 1, 2u << 16 | 0xFFF0, 1}, ErrorCode::UnknownInstruction, 7);  // opcode
  refuse({3u << 16 | 22, 1, 32, 3u << 16 | 22, 1, 32}, ErrorCode::Redefinition, 8);    // one id, two types
  refuse({4u << 16 | 23, 2, 9, 4}, ErrorCode::UndefinedId, 5);                         // vector of nothing
  refuse({3u << 16 | 22, 1, 32, 3u << 16 | 23, 2, 1}, ErrorCode::MalformedInstruction,
         11);  // a word is missing: the one past the end
}
