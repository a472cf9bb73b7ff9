// The search for the marks of a gap: what is one, and what only looks like it.
#include <airstrip/cross.hpp>
#include <airstrip/cross/impl/gaps.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace airstrip;

namespace {

std::string gap_in(const std::string& text, ShaderLanguage language = ShaderLanguage::Msl) {
  const detail::Gap gap = detail::GapSearch(Text(text), language).run();
  return gap ? std::string(detail::line_at(Text(text), gap.at)) + (gap.is_word ? " (word)" : "") : "none";
}

}  // namespace

TEST_CASE("cross gaps: marks") {
  CHECK(gap_in("int a;\n  ??? b;\nint c;") == "??? b;");
  CHECK(gap_in("???") == "???");
  CHECK(gap_in("  // unimplemented op 4450\n}") == "// unimplemented op 4450");
  CHECK(gap_in("device unknown_type* a") == "device unknown_type* a (word)");
  CHECK(gap_in("float x [[unsupported-built-in]]") == "float x [[unsupported-built-in]] (word)");
  CHECK(gap_in("a = gl_BuiltIn_4416;") == "a = gl_BuiltIn_4416; (word)");
  CHECK(gap_in("double4 x;") == "double4 x; (word)");
  CHECK(gap_in("x = unsupported_GLSLstd450PackDouble2x32(y);") != "none");
  CHECK(gap_in("coopMatLoad(a);", ShaderLanguage::Hlsl) == "coopMatLoad(a); (word)");
}

TEST_CASE("cross gaps: none") {
  CHECK(gap_in("") == "none");
  CHECK(gap_in("// ??? unknown_type\nint a;") == "none");
  CHECK(gap_in("/* ??? \n unknown_type **/ int a;") == "none");
  CHECK(gap_in("/* never closed ???") == "none");
  CHECK(gap_in("printf(\"??? \\\" unknown_type\", a);") == "none");
  CHECK(gap_in("\"never closed ???") == "none");
  CHECK(gap_in("int not_unknown_type, unknown_types, a2unknown;") == "none");
  CHECK(gap_in("a ? b ? c : d : e;") == "none");
  CHECK(gap_in("/") == "none");
  CHECK(gap_in("// the op is unimplemented") == "none");
  CHECK(gap_in("double4 x; coopMatLoad(a);", ShaderLanguage::Glsl) == "none");
  CHECK(gap_in("double4 x;", ShaderLanguage::Hlsl) == "none");
}
