// The JSON is read back by another library, and says what the reflection says.
#include "../kernel/example_kernels.hpp"
#include "../support/skip.hpp"
#include "assemble.hpp"
#include "hand.hpp"

#include <airstrip/kernel/write_spirv.hpp>

#include <doctest/doctest.h>

#include <string>

#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#define TEST_HAS_JSON 1
#endif

using namespace airstrip;
using namespace airstrip::reflection;

#ifdef TEST_HAS_JSON

namespace {

using Json = nlohmann::json;

Json parse(const Reflection& r) {
  const String text = to_json(r);
  return Json::parse(text.begin(), text.end(), nullptr, false);
}
template <class T>
T number(const Json& object, const char* key, T absent) {
  return object.contains(key) ? object[key].get<T>() : absent;
}

}  // namespace

TEST_CASE("json: every list comes back") {
  for (const example_kernels::Example& example : example_kernels::all_examples()) {
    CAPTURE(std::string(example.name));
    kernel::WriteOptions options;
    options.names = true;
    const Result<spirv::Module> module = kernel::write_spirv(example.kernel, example.target, options);
    REQUIRE(module.ok());
    const Result<Reflection> r = reflect(module->words());
    REQUIRE(r.ok());
    const Json json = parse(*r);
    REQUIRE_FALSE(json.is_discarded());
    CHECK(json["format"] == json_format);
    CHECK(json["spirv_version"][1] == (r->version() & 0xFF));
    REQUIRE(json["types"].size() == r->types().size());
    REQUIRE(json["members"].size() == r->members().size());
    REQUIRE(json["bindings"].size() == r->bindings().size());
    CHECK(json["spec_constants"].size() == r->spec_constants().size());
    CHECK(json["stage_variables"].size() == r->stage_variables().size());
    CHECK(json["indices"].size() == r->indices().size());
    CHECK(json["needs"].size() == r->needs().size());
    for (std::size_t i = 0; i < r->types().size(); ++i) {
      const Json& t = json["types"][i];
      CHECK(t["kind"] == to_string(r->types()[i].kind));
      CHECK(number(t, "element", none) == r->types()[i].element);
      CHECK(number(t, "size", std::uint64_t{0}) == r->types()[i].size);
      CHECK(number(t, "stride", std::uint32_t{0}) == r->types()[i].stride);
    }
    for (std::size_t i = 0; i < r->members().size(); ++i) {
      CHECK(number(json["members"][i], "offset", none) == r->members()[i].offset);
      CHECK(number(json["members"][i], "type", none) == r->members()[i].type);
    }
    for (std::size_t i = 0; i < r->bindings().size(); ++i) {
      const Json& b = json["bindings"][i];
      const Binding& said = r->bindings()[i];
      CHECK(b["set"] == said.set);
      CHECK(b["binding"] == said.binding);
      CHECK(b["kind"] == to_string(said.kind));
      CHECK(b["used"].value("read", false) == said.used.read);
      CHECK(b["used"].value("write", false) == said.used.write);
      CHECK(b.value("name", std::string()) == std::string(said.name));
    }
    REQUIRE(json["entry_points"].size() == 1);
    const Json& entry = json["entry_points"][0];
    CHECK(entry["name"] == "main");
    CHECK(entry["model"] == "GLCompute");
    CHECK(entry["workgroup"][0] == r->entry_points()[0].workgroup.x);
  }
}

TEST_CASE("json: names that are awkward, and numbers that are large") {
  using spirv::Op;
  using test::n;
  using test::with_text;
  test::Hand h;
  const std::string bad = "quote\" back\\slash \x01 \xC3\xA9 \xFF \xC0\x80 end";
  h.op(Op::OpName, with_text({3}, bad))
      .op(Op::OpDecorate, {3, n(spirv::Decoration::SpecId), 1})
      .op(Op::OpTypeInt, {1, 64, 1})
      .op(Op::OpSpecConstant, {1, 3, 0xFFFFFFFF, 0xFFFFFFFF});
  const Result<Reflection> r = reflect(h.words);
  REQUIRE(r.ok());
  const Json json = parse(*r);
  REQUIRE_FALSE(json.is_discarded());
  CHECK(json["spec_constants"][0]["name"] ==
        "quote\" back\\slash \x01 \xC3\xA9 \xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD end");
  CHECK(json["spec_constants"][0]["value"] == "18446744073709551615");
}

#else

TEST_CASE("json: every list comes back") { test::skip("nlohmann/json.hpp was not found"); }

#endif
