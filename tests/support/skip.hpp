// How a test case says that it did not run.
#pragma once

#include <cstdio>

namespace test {

// Call it once in a test case, and return. The line is what tests/summary.py counts: the case moves from "passed" to
// "skipped".
inline void skip(const char* reason) {
  std::printf("SKIPPED: %s\n", reason);
  std::fflush(stdout);
}

}  // namespace test
