// `spirv-opt -Os` finds next to nothing to do: at most 3 % of the words of our kernels.
#include "example_kernels.hpp"

#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/validate.hpp>

#include "support/skip.hpp"
#include "support/spirv_val.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;
using spirv::Target;

namespace {

/// Words that are left of a module; 0 where the optimiser fails.
std::size_t optimised(const std::string& tool, Span<const std::uint32_t> words, const Target& target,
                      std::string& said) {
  std::string path = std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp";
  path += "/airstrip-opt-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) return 0;
  const std::size_t size = words.size() * sizeof(std::uint32_t);
  const bool written = write(file, words.data(), size) == static_cast<ssize_t>(size);
  close(file);
  int status = 0;
  said = test::output_of(tool + " -Os --target-env=" + test::environment_of(target, 20231) + " " + path +
                             " -o " + path + ".out",
                         status);
  std::size_t left = 0;
  if (written && status == 0) {
    std::ifstream result(path + ".out", std::ios::binary | std::ios::ate);
    left = static_cast<std::size_t>(result.tellg()) / sizeof(std::uint32_t);
  }
  std::remove(path.c_str());
  std::remove((path + ".out").c_str());
  return left;
}

}  // namespace

TEST_CASE("spirv-opt -Os removes at most 3 % of the words of kernels") {
  const char* const named = std::getenv("AIRSTRIP_SPIRV_OPT");
  const std::string tool = named && *named ? named : "spirv-opt";
  int status = 0;
  const std::string version = test::output_of(tool + " --version", status);
  if (status != 0) {
    test::skip("spirv-opt was not found on the PATH, nor named by AIRSTRIP_SPIRV_OPT");
    return;
  }
  std::printf("%s, -Os\n", version.substr(0, version.find('\n')).c_str());
  struct Subject {
    const char* name;
    Kernel kernel;
    Target target;
  };
  std::vector<Subject> subjects;
  for (example_kernels::Example& e : example_kernels::all_examples())
    subjects.push_back({e.name, static_cast<Kernel&&>(e.kernel), e.target});
  // The same without contraction, which is a decoration on each operation that could be fused.
  using namespace example_kernels;
  const Target v11 = Target::vulkan(1, 1);
  subjects.push_back({"saxpy, no contraction", saxpy(false), v11});
  subjects.push_back({"image_filter, no contraction", image_filter(false), v11});
  subjects.push_back({"matmul, no contraction", matmul(false), v11});
  subjects.push_back({"softmax, no contraction", softmax(false), v11});
  subjects.push_back({"conv, no contraction", conv(false), v11});
  std::size_t all = 0, all_left = 0;
  bool unknown = false;
  SpirvWriter writer;
  for (const Subject& s : subjects) {
    CAPTURE(std::string(s.name));
    const Result<spirv::Module> module = writer.write(s.kernel, s.target);
    INFO(std::string(module.error().to_string()));
    REQUIRE(module.ok());
    ValidateOptions linked;
    linked.validator = ValidatorChoice::LinkedOnly;
    if (!validate(*module, linked).ok()) {
      // Too new for the optimiser as well.
      CHECK(validate(*module, linked).error().code == ErrorCode::ValidatorTooOld);
      unknown = true;
      continue;
    }
    std::string said;
    const std::size_t words = module->words().size(), left = optimised(tool, module->words(), s.target, said);
    CAPTURE(said);
    REQUIRE(left != 0);
    const double removed =
        100.0 * (static_cast<double>(words) - static_cast<double>(left)) / static_cast<double>(words);
    std::printf("  %-30s %5zu words, %5zu left: %5.1f %%\n", s.name, words, left, removed);
    CHECK(removed <= 3.0);
    all += words;
    all_left += left;
  }
  std::printf("  %-30s %5zu words, %5zu left: %5.1f %%\n", "all", all, all_left,
              100.0 * (static_cast<double>(all) - static_cast<double>(all_left)) / static_cast<double>(all));
  if (unknown) std::printf("  (without kernels that are newer than the optimiser)\n");
}
