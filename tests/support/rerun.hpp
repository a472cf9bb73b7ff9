// Runs this test program again, in a child in which lavapipe is made as wide as asked. The driver reads its setting once, so
// that cannot change in here.
#pragma once

#include "skip.hpp"
#include "spirv_val.hpp"

#include <cstdint>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace test {

// What a child must find as its subgroup size.
inline constexpr const char* width_setting = "AIRSTRIP_TEST_SUBGROUP_SIZE";

// `options`: doctest's, which choose the cases. `device_name`: of the device at hand; empty where there is none.
inline void rerun_at(std::uint32_t subgroup_size, const std::string& device_name,
                     const std::string& options) {
  std::string reason;
  if (const char* const widths = std::getenv("AIRSTRIP_TEST_WIDTHS"); widths && std::string(widths) == "one")
    return skip("AIRSTRIP_TEST_WIDTHS asks for lavapipe's own width alone");
  if (device_name.find("llvmpipe") == std::string::npos)
    reason =
        "only lavapipe has a setting for its width, not " + (device_name.empty() ? "no device" : device_name);
  if (!reason.empty()) return skip(reason.c_str());
  // The command line that started this program, which may begin with an explicit dynamic linker and its options, without
  // the options for doctest.
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> command;
  for (std::string argument; std::getline(file, argument, '\0');) command.push_back(argument);
  while (command.size() > 1 && command.back().substr(0, 1) == "-") command.pop_back();
  char self[4096] = {};
  if (command.empty() || readlink("/proc/self/exe", self, sizeof self - 1) <= 0)
    return skip("the program's own command line is not to be had");
  command[0] = self;
  std::ostringstream line;
  line << "LP_NATIVE_VECTOR_WIDTH=" << subgroup_size * 32 << " " << width_setting << "=" << subgroup_size;
  for (const std::string& argument : command) line << " '" << argument << "'";
  line << " " << options;
  int status = 0;
  const std::string output = output_of(line.str(), status);
  CHECK_MESSAGE(status == 0, line.str(), "\n", output);
  CHECK(output.find(" 0 passed") == std::string::npos);
}

}  // namespace test
