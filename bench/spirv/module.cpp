// A whole compute module of about 1,000 instructions, from `reset` to the final words.
#include "support.hpp"

#include <algorithm>

using namespace airstrip;
using namespace airstrip::spirv;

namespace bench {
namespace {

constexpr unsigned stages = 8, steps = 64;

void module(benchmark::State& state) {
  Builder b({.target = Target::vulkan(1, 1)});
  ComputeWriter writer;
  const auto build = [&] {
    writer.write(b, stages, steps);
    return b.finish_words();
  };
  const Result<Span<const std::uint32_t>> built = build();
  if (!built) return state.SkipWithError("the builder failed");
  const Words first(built->begin(), built->end());
  if (!validate(first).empty()) return state.SkipWithError("the module is invalid");

  // The second use of the builder.
  bool same = false;
  const long long allocations = allocations_in([&] {
    b.reset();
    const Result<Span<const std::uint32_t>> again = build();
    same =
        again.ok() && again->size() == first.size() && std::equal(first.begin(), first.end(), again->begin());
  });
  if (!same) return state.SkipWithError("the second module is another one");

  std::size_t instructions = 0;
  for (std::size_t at = header_words; at < first.size(); at += first[at] >> 16) ++instructions;

  for (auto _ : state) {
    b.reset();
    const Result<Span<const std::uint32_t>> words = build();
    benchmark::DoNotOptimize(words->data());
  }
  state.counters["instructions"] = static_cast<double>(instructions);
  state.counters["words"] = static_cast<double>(first.size());
  state.counters["allocations"] = static_cast<double>(allocations);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(instructions));
}
// The first use: a builder made, used and destroyed.
void first_use(benchmark::State& state) {
  ComputeWriter writer;
  Builder warm({.target = Target::vulkan(1, 1)});
  writer.write(warm, stages, steps);
  long long allocations = 0;
  for (auto _ : state) {
    allocations += allocations_in([&writer] {
      Builder b({.target = Target::vulkan(1, 1)});
      writer.write(b, stages, steps);
      const Result<Span<const std::uint32_t>> words = b.finish_words();
      benchmark::DoNotOptimize(words->data());
    });
  }
  state.counters["allocations"] =
      benchmark::Counter(static_cast<double>(allocations), benchmark::Counter::kAvgIterations);
}
// What of that is only the beginning.
void reset(benchmark::State& state) {
  Builder b({.target = Target::vulkan(1, 1)});
  ComputeWriter().write(b, stages, steps);
  for (auto _ : state) {
    b.reset();
    benchmark::DoNotOptimize(b.bound());
  }
}

BENCHMARK(module)->Name("module/reused");
BENCHMARK(first_use)->Name("module/first_use");
BENCHMARK(reset)->Name("module/reset");

}  // namespace
}  // namespace bench
