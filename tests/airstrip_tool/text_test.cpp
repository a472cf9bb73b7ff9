#include "text.hpp"

#include <doctest/doctest.h>

using namespace tool;

TEST_CASE("text: nothing of a file moves the cursor") {
  CHECK(printable("a\x1b[2Jb\x7f\n\t\r") == "a?[2Jb????");
  // U+009B, which is an escape and a bracket in one; a first byte alone is none.
  CHECK(printable("\xC2\x9B"
                  "2J") == "??2J");
  CHECK(printable("\xC2\x80\xC2\x9F") == "????");
  CHECK(printable("x\xC2") == "x\xC2");
  // Letters stay: U+00A0, U+00E9, U+4E2D.
  CHECK(printable("\xC2\xA0\xC3\xA9\xE4\xB8\xAD") == "\xC2\xA0\xC3\xA9\xE4\xB8\xAD");
  CHECK(printable("").empty());
}

TEST_CASE("text: numbers and versions") {
  CHECK(number_text(1.0 / 3) == "0.333333");
  CHECK(number_text(1.0 / 3, 3) == "0.333");
  CHECK(number_text(-1e300) == "-1e+300");
  CHECK(version_text(0x106) == "1.6");
  CHECK(api_version_text(1u << 22 | 3u << 12 | 250) == "1.3");
}
