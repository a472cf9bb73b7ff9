// Runs spirv-val, as a child, on words. The test programs that include this link no SPIRV-Tools.
#pragma once

#include <airstrip/spirv/target.hpp>
#include <airstrip/support/span.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace test {

// One spirv-val: the command (it may have arguments of its own) and its release, 20231 for v2023.1.
struct Validator {
  std::string command;
  int release = 0;
};

inline std::string output_of(const std::string& command, int& status) {
  std::string output;
  std::FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) {
    status = -1;
    return output;
  }
  char block[512];
  for (std::size_t n; (n = std::fread(block, 1, sizeof block, pipe)) > 0;) output.append(block, n);
  const int result = pclose(pipe);
  status = WIFEXITED(result) ? WEXITSTATUS(result) : -1;
  return output;
}

// The validators at hand: the one on the PATH, and the one that AIRSTRIP_SPIRV_VAL names.
inline const std::vector<Validator>& validators() {
  static const std::vector<Validator> found = [] {
    std::vector<Validator> list;
    const char* const named = std::getenv("AIRSTRIP_SPIRV_VAL");
    for (const char* const command : {"spirv-val", named}) {
      if (!command || !*command) continue;
      int status = 0;
      const std::string text = output_of(std::string(command) + " --version", status);
      const std::size_t at = text.find("SPIRV-Tools v");
      if (status == 0 && at != std::string::npos)
        list.push_back({command, std::atoi(text.c_str() + at + 13) * 10 + std::atoi(text.c_str() + at + 18)});
    }
    return list;
  }();
  return found;
}

// What `--target-env` calls a target.
inline std::string environment_of(const airstrip::spirv::Target& target, int release) {
  using namespace airstrip::spirv;
  const auto text = [](Version v) { return std::to_string(v >> 8) + "." + std::to_string(v & 0xFF); };
  if (target.environment() != Environment::Vulkan) return "spv" + text(target.spirv_version());
  Version version = target.environment_version();
  // Older tools do not know Vulkan 1.4; for SPIR-V 1.6 their rules of 1.3 are the nearest.
  if (version == make_version(1, 4) && release < 20250) version = make_version(1, 3);
  if (version == make_version(1, 1) && target.spirv_version() == make_version(1, 4)) return "vulkan1.1spv1.4";
  return "vulkan" + text(version);
}

struct Verdict {
  bool ran = false;  // false: no validator, or none from `since` on
  bool valid = false;
  std::string text;  // what the validators said, or why none ran
};

// Asks every validator of the release `since` or later. `since`: the first that knows what the module uses; an older
// one says "invalid" where it means "unknown".
inline Verdict validate(airstrip::Span<const std::uint32_t> words, const airstrip::spirv::Target& target,
                        int since = 0, const std::string& options = {}) {
  Verdict verdict;
  if (validators().empty()) {
    verdict.text = "spirv-val was not found on the PATH, nor named by AIRSTRIP_SPIRV_VAL";
    return verdict;
  }
  std::string path = std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp";
  path += "/airstrip-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) {
    verdict.text = "no temporary file can be made";
    return verdict;
  }
  const std::size_t size = words.size() * sizeof(std::uint32_t);
  const bool written = write(file, words.data(), size) == static_cast<ssize_t>(size);
  close(file);
  verdict.valid = true;
  for (const Validator& validator : validators()) {
    if (!written || validator.release < since) continue;
    int status = 0;
    const std::string said =
        output_of(validator.command + " --target-env " + environment_of(target, validator.release) + " " +
                      options + " " + path,
                  status);
    verdict.ran = true;
    if (status != 0) {
      verdict.valid = false;
      verdict.text += validator.command + ", " + std::to_string(validator.release) + ": " + said;
    }
  }
  if (verdict.valid)
    unlink(path.c_str());
  else
    verdict.text += "the module is in " + path + "\n";
  if (!verdict.ran)
    verdict.text = "needs spirv-val " + std::to_string(since / 10) + "." + std::to_string(since % 10) +
                   " or later; name one in AIRSTRIP_SPIRV_VAL";
  return verdict;
}

}  // namespace test
