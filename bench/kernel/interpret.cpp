// The interpreter, sanitizer on: a tiled product of two 64 x 64 matrices, with workgroup memory and barriers.
#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interpret.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

namespace bench {
namespace {

using airstrip::Span;
using namespace airstrip::kernel;

constexpr std::uint32_t size = 64, tile = 16;

Kernel product() {
  return make_kernel("product", {.workgroup = {tile, tile}}, [](KernelBuilder& k) {
    const auto a = k.input<f32>("a"), b = k.input<f32>("b");
    const auto c = k.output<f32>("c");
    const auto tile_a = k.workgroup_array<f32>(tile * tile, "tile_a"),
               tile_b = k.workgroup_array<f32>(tile * tile, "tile_b");
    const auto row = k.global_id().y, column = k.global_id().x, x = k.local_id().x, y = k.local_id().y;
    auto sum = k.var<f32>(0.0f);
    k.for_(0, size, tile, [&](Value<u32> t) {
      tile_a[y * tile + x] = a[row * size + (t + x)];
      tile_b[y * tile + x] = b[(t + y) * size + column];
      k.barrier();
      k.for_(0, tile, 1, [&](Value<u32> i) { sum += tile_a[y * tile + i] * tile_b[i * tile + x]; });
      k.barrier();
    });
    c[row * size + column] = sum;
  });
}

void interpret_product(benchmark::State& state) {
  const Kernel kernel = product();
  std::vector<float> a(size * size), b(size * size), c(size * size), expected(size * size);
  // Multiples of 1/8 below 2^12: every sum is exact, in any order.
  for (std::uint32_t i = 0; i < size * size; ++i) {
    a[i] = static_cast<float>(static_cast<int>(i * 7 % 23) - 11) * 0.25f;
    b[i] = static_cast<float>(static_cast<int>(i * 5 % 19) - 9) * 0.5f;
  }
  for (std::uint32_t row = 0; row < size; ++row)
    for (std::uint32_t column = 0; column < size; ++column)
      for (std::uint32_t i = 0; i < size; ++i)
        expected[row * size + column] += a[row * size + i] * b[i * size + column];
  Resources resources;
  resources.bind("a", Span<const float>(a));
  resources.bind("b", Span<const float>(b));
  resources.bind("c", Span<float>(c));
  const Dispatch dispatch{{size / tile, size / tile, 1}};
  const airstrip::Result<Report> report = interpret(kernel, dispatch, resources);
  if (!report || !report->clean() || c != expected) {
    state.SkipWithError(!report           ? report.error().to_string().c_str()
                        : report->clean() ? "the product is wrong"
                                          : report->to_string().c_str());
    return;
  }
  for (auto _ : state) {
    const airstrip::Result<Report> again = interpret(kernel, dispatch, resources);
    benchmark::DoNotOptimize(again->invocations);
  }
}

BENCHMARK(interpret_product)->Name("kernel/interpret")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bench
