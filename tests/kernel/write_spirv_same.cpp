// The same kernel gives the same words: twice, from a writer that was used before, and with every compiler.
#include "example_kernels.hpp"

#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/validate.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;
using spirv::Target;

namespace {

using Words = std::vector<std::uint32_t>;

Words words_of(SpirvWriter& writer, const Kernel& kernel, const Target& target,
               const WriteOptions& options = {}) {
  const Result<Span<const std::uint32_t>> words = writer.write_words(kernel, target, options);
  INFO(std::string(words.error().to_string()));
  REQUIRE(words.ok());
  return Words(words->begin(), words->end());
}

struct Golden {
  std::uint64_t hash;
  std::size_t words;
};
std::string line_of(const std::string& key, const Golden& golden) {
  char text[32];
  std::snprintf(text, sizeof text, " %016llx ", static_cast<unsigned long long>(golden.hash));
  return key + text + std::to_string(golden.words);
}
std::map<std::string, Golden> golden_table() {
  std::map<std::string, Golden> table;
  std::ifstream file(TEST_SOURCE_DIR "/tests/kernel/golden_hashes.txt");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name, target, hash;
    std::size_t words = 0;
    if (line.empty() || line[0] == '#' || !(fields >> name >> target >> hash >> words)) continue;
    table[name + " " + target] = {std::strtoull(hash.c_str(), nullptr, 16), words};
  }
  return table;
}

}  // namespace

TEST_CASE("write_spirv: golden hashes of kernels") {
  const std::map<std::string, Golden> table = golden_table();
  const char* const out = std::getenv("AIRSTRIP_GOLDEN_OUT");
  SpirvWriter writer;
  std::size_t checked = 0;
  for (const example_kernels::Example& e : example_kernels::all_examples()) {
    const std::string key = e.name + (" " + std::string(e.target.name()));
    const Words words = words_of(writer, e.kernel, e.target);
    const Golden now{spirv::hash_words({words.data(), words.size()}), words.size()};
    ++checked;
    if (out) {
      std::ofstream(out, std::ios::app) << line_of(key, now) << '\n';
      continue;
    }
    const auto known = table.find(key);
    if (known == table.end())
      FAIL_CHECK("golden_hashes.txt has no line for this kernel:\n+ " << line_of(key, now));
    else if (known->second.hash != now.hash)
      FAIL_CHECK("the kernel has changed:\n- " << line_of(key, known->second) << "\n+ " << line_of(key, now));
  }
  if (!out) CHECK(checked == table.size());
}

TEST_CASE("write_spirv: the same words each time, from one writer or another, from a kernel or its copy") {
  const std::vector<example_kernels::Example> first = example_kernels::all_examples(),
                                              again = example_kernels::all_examples();
  SpirvWriter writer;
  for (const bool passes : {true, false})
    for (std::size_t i = 0; i < first.size(); ++i) {
      CAPTURE(i);
      WriteOptions options;
      if (!passes) options.passes = PassOptions::none();
      SpirvWriter fresh;
      const Words expected = words_of(fresh, first[i].kernel, first[i].target, options);
      CHECK(words_of(writer, first[i].kernel, first[i].target, options) == expected);
      CHECK(words_of(writer, again[i].kernel, first[i].target, options) == expected);
      CHECK(words_of(writer, first[i].kernel.clone(), first[i].target, options) == expected);
      const Result<spirv::Module> module = write_spirv(first[i].kernel, first[i].target, options);
      REQUIRE(module.ok());
      CHECK(Words(module->words().begin(), module->words().end()) == expected);
      const Result<Validation> valid = validate(*module);
      INFO(std::string(valid.error().to_string()));
      CHECK((valid.ok() || valid.error().code == ErrorCode::ValidatorTooOld));
    }
}

TEST_CASE("write_spirv: an error leaves the writer as good as new") {
  SpirvWriter writer;
  const Kernel good = example_kernels::saxpy();
  const Words expected = words_of(writer, good, Target::vulkan(1, 0));
  CHECK_FALSE(writer.write_words(example_kernels::reduction(), Target::vulkan(1, 0)).ok());
  CHECK(words_of(writer, good, Target::vulkan(1, 0)) == expected);
  CHECK_FALSE(writer.write_words(example_kernels::matrix_tile(), Target::vulkan(1, 3)).ok());
  CHECK(words_of(writer, good, Target::vulkan(1, 0)) == expected);
  CHECK_FALSE(writer.write_words(good, Target::vulkan(1, 0).enable_feature("noSuchFeature")).ok());
  CHECK(words_of(writer, good, Target::vulkan(1, 0)) == expected);
  DynamicBuilder broken("broken");
  broken.fail(ErrorCode::InvalidOperand, "made to fail", SourceLocation{"line.cpp", 12});
  const Kernel failed = broken.finish();
  const Result<Span<const std::uint32_t>> refused = writer.write_words(failed, Target::vulkan(1, 0));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::InvalidOperand);
  CHECK(refused.error().where.line == 12);
  CHECK(words_of(writer, good, Target::vulkan(1, 0)) == expected);
}

TEST_CASE("write_spirv: a kernel built in the memory of another is the same") {
  const auto build = [](Kernel&& recycled) {
    return make_kernel(
        "sum", {.workgroup = {64}},
        [](KernelBuilder& k) {
          const auto n = k.param<u32>("n");
          const auto in = k.input<f32>("in");
          const auto out = k.output<f32>("out");
          auto sum = k.var<f32>(0.0f);
          k.for_(0, n, 1, [&](Value<u32> i) { sum += in[i] * 0.5f; });
          out[k.global_id().x] = sum;
        },
        static_cast<Kernel&&>(recycled));
  };
  SpirvWriter writer;
  const Kernel fresh = build({});
  const Words expected = words_of(writer, fresh, Target::vulkan(1, 0));
  Kernel kernel = example_kernels::reduction();
  for (int round = 0; round < 3; ++round) {
    kernel = build(static_cast<Kernel&&>(kernel));
    CHECK(words_of(writer, kernel, Target::vulkan(1, 0)) == expected);
  }
  // Of one that carries an error nothing but the memory is left.
  DynamicBuilder broken("broken");
  broken.fail(ErrorCode::InvalidOperand, "made to fail", SourceLocation{"line.cpp", 12});
  CHECK(words_of(writer, build(broken.finish()), Target::vulkan(1, 0)) == expected);
}

TEST_CASE("write_spirv: hundreds of helper functions load what each of them uses") {
  const Kernel kernel = make_kernel("helpers", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto n = k.param<u32>("n");
    const auto out = k.output<u32>("out");
    auto sum = k.var<u32>(0);
    for (int i = 0; i < 300; ++i) {
      const auto add = k.function("add", [&](Value<u32> x) { return x * n + k.global_id().x; });
      sum = add(sum);
    }
    out[k.global_id().x] = sum;
  });
  const Result<spirv::Module> module = write_spirv(kernel, Target::vulkan(1, 1));
  INFO(std::string(module.error().to_string()));
  REQUIRE(module.ok());
  const Result<Validation> valid = validate(*module);
  INFO(std::string(valid.error().to_string()));
  CHECK(valid.ok());
}
