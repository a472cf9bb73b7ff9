// What the examples share: how they end with one sentence when something is wrong, and where their files go.
#pragma once

#include <airstrip/kernel/interpret.hpp>
#include <airstrip/spirv/module.hpp>
#ifdef AIRSTRIP_EXAMPLE_VALIDATE
#include <airstrip/validate.hpp>
#endif

#include <cstdio>
#include <string>

// Set by the build; without it the current folder, and that of the models as seen from the repository's.
#ifndef AIRSTRIP_EXAMPLE_OUTPUT
#define AIRSTRIP_EXAMPLE_OUTPUT "."
#endif
#ifndef AIRSTRIP_EXAMPLE_MODELS
#define AIRSTRIP_EXAMPLE_MODELS "examples/models"
#endif

namespace example {

// Prints what went wrong. Returns main's exit code.
inline int fail(const std::string& sentence) {
  std::fprintf(stderr, "error: %s\n", sentence.c_str());
  return 1;
}

inline std::string model_path(const std::string& file) { return AIRSTRIP_EXAMPLE_MODELS "/" + file; }
inline std::string path_of(const std::string& file) { return AIRSTRIP_EXAMPLE_OUTPUT "/" + file; }

// Whether the interpreter ran and its sanitizer found nothing; prints what it found.
inline bool clean(const airstrip::Result<airstrip::kernel::Report>& report) {
  if (!report) {
    std::fprintf(stderr, "%s\n", report.error().to_string().c_str());
    return false;
  }
  if (!report->clean()) {
    std::fprintf(stderr, "error: the sanitizer found\n%s", report->to_string().c_str());
    return false;
  }
  return true;
}

// Validates a module where SPIRV-Tools is there, writes it to NAME.spv, and says so.
inline bool save(const airstrip::Result<airstrip::spirv::Module>& module, const std::string& name) {
  if (!module) {
    std::fprintf(stderr, "%s\n", module.error().to_string().c_str());
    return false;
  }
  const char* verdict = "not validated: built without SPIRV-Tools";
#ifdef AIRSTRIP_EXAMPLE_VALIDATE
  const airstrip::Result<airstrip::Validation> valid = airstrip::validate(*module);
  if (!valid) {
    std::fprintf(stderr, "%s\n", valid.error().to_string().c_str());
    return false;
  }
  verdict = "valid";
#endif
  const std::string path = path_of(name + ".spv");
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  const bool written = file && std::fwrite(module->data(), 4, module->size(), file) == module->size();
  if (!file || std::fclose(file) != 0 || !written) {
    fail("could not write " + path + "; is the folder there, and is there room?");
    return false;
  }
  std::printf("  SPIR-V: %zu words for %s (%s), in %s\n", module->size(), module->target().name().c_str(),
              verdict, path.c_str());
  return true;
}

}  // namespace example
