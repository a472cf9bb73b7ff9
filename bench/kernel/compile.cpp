// From a lambda to SPIR-V words, all passes on, beside glslang with the same kernel in GLSL.
#include <airstrip/kernel/interface.hpp>
#include <airstrip/kernel/write_spirv.hpp>

#include <benchmark/benchmark.h>

#include "../support/glslang.hpp"
#include "../support/validate.hpp"
#include "tile.hpp"

#include <cstdint>
#include <vector>

namespace bench {
namespace {

using airstrip::Span;
using airstrip::spirv::Target;
using namespace airstrip::kernel;

std::uint32_t nodes_in(const Kernel& kernel) {
  std::uint32_t count = 0;
  for (const Function& f : kernel.functions()) for_each_node(kernel, f.body, [&](NodeId) { ++count; });
  return count;
}

void airstrip_compile(benchmark::State& state) {
  SpirvWriter writer;
  const Target target = Target::vulkan(1, 1);
  std::size_t words = 0;
  {
    const Kernel kernel = tile_kernel();
    const auto result = writer.write_words(kernel, target);
    const std::string wrong = result ? validate(*result) : std::string(result.error().to_string());
    if (!wrong.empty()) {
      state.SkipWithError(wrong.c_str());
      return;
    }
    words = result->size();
    state.counters["nodes"] = nodes_in(kernel);
    state.counters["nodes_after_passes"] = nodes_in(lowered_for(kernel, target));
  }
  Kernel kernel;
  for (auto _ : state) {
    kernel = tile_kernel(static_cast<Kernel&&>(kernel));
    const auto result = writer.write_words(kernel, target);
    benchmark::DoNotOptimize(result->data());
  }
  state.counters["words"] = static_cast<double>(words);
}

void airstrip_build(benchmark::State& state) {
  Kernel kernel;
  for (auto _ : state) {
    kernel = tile_kernel(static_cast<Kernel&&>(kernel));
    benchmark::DoNotOptimize(&kernel);
  }
}

void airstrip_write(benchmark::State& state) {
  SpirvWriter writer;
  const Target target = Target::vulkan(1, 1);
  const Kernel kernel = tile_kernel();
  WriteOptions options;
  if (state.range(0) == 0) options.passes = PassOptions::none();
  for (auto _ : state) {
    const auto result = writer.write_words(kernel, target, options);
    benchmark::DoNotOptimize(result->data());
  }
}

void glslang_compile(benchmark::State& state) {
  const std::string source = tile_glsl();
  std::vector<std::uint32_t> words;
  if (!glslang_words(source, words) || !validate(words).empty()) {
    state.SkipWithError("glslang does not compile the kernel");
    return;
  }
  state.counters["words"] = static_cast<double>(words.size());
  for (auto _ : state) {
    words.clear();
    glslang_words(source, words);
    benchmark::DoNotOptimize(words.data());
  }
}

BENCHMARK(airstrip_compile)->Name("kernel/compile")->Unit(benchmark::kMicrosecond);
BENCHMARK(airstrip_build)->Name("kernel/build")->Unit(benchmark::kMicrosecond);
BENCHMARK(airstrip_write)->Name("kernel/write")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);
BENCHMARK(glslang_compile)->Name("kernel/glslang")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace bench
