// Asking again for a type or constant that the module has, among 20,000 constants. Beside it a std::unordered_map from
// the bits to the id, which is what one would write by hand for constants of one type.
#include "support.hpp"

#include <algorithm>
#include <bit>
#include <random>
#include <unordered_map>

using namespace airstrip;
using namespace airstrip::spirv;

namespace bench {
namespace {

constexpr std::uint32_t constants = 20000;

struct Declared {
  Builder b{ModuleOptions{.target = Target::vulkan(1, 1)}};
  TypeId u32 = b.declare_uint32();
  TypeId f32 = b.declare_float(32);
  std::vector<std::uint32_t> values;  // those asked for, in their order
  std::vector<std::uint32_t> ids;     // what the answers must be

  /// `type` 0: integers, 1: numbers of floating point.
  explicit Declared(bool shuffled, int type = 0) {
    // Spread over all words, so that no hash has it easy; distinct, as the factor is odd.
    for (std::uint32_t i = 1; i <= constants; ++i) values.push_back(i * 0x9E3779B1u);
    for (const std::uint32_t value : values)
      ids.push_back(b.declare_constant(type == 0 ? u32 : f32, value).number());
    if (!shuffled) return;
    std::vector<std::uint32_t> order(constants);
    for (std::uint32_t i = 0; i < constants; ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), std::mt19937(1));
    const std::vector<std::uint32_t> values_in_order = values, ids_in_order = ids;
    for (std::uint32_t i = 0; i < constants; ++i) {
      values[i] = values_in_order[order[i]];
      ids[i] = ids_in_order[order[i]];
    }
  }
};

// `ask(declared, value)` gives the id for a value.
template <class Ask>
void hits(benchmark::State& state, Ask&& ask, Declared& declared) {
  const std::uint32_t bound = declared.b.bound();
  for (std::uint32_t i = 0; i < constants; ++i)
    if (ask(declared, declared.values[i]) != declared.ids[i]) return state.SkipWithError("another id");
  if (declared.b.bound() != bound) return state.SkipWithError("not a hit");
  for (auto _ : state) {
    std::uint32_t sum = 0;
    for (const std::uint32_t value : declared.values) sum += ask(declared, value);
    benchmark::DoNotOptimize(sum);
    benchmark::ClobberMemory();
  }
  if (declared.b.failed() || declared.b.bound() != bound) state.SkipWithError("not a hit");
  state.SetItemsProcessed(state.iterations() * constants);
}

void declare_constant(benchmark::State& state) {
  Declared declared(state.range(0) != 0);
  hits(
      state, [](Declared& d, std::uint32_t value) { return d.b.declare_constant(d.u32, value).number(); },
      declared);
}
void constant_u32(benchmark::State& state) {
  Declared declared(state.range(0) != 0);
  hits(
      state, [](Declared& d, std::uint32_t value) { return d.b.constant(value).number(); }, declared);
}
void constant_f32(benchmark::State& state) {
  Declared declared(state.range(0) != 0, 1);
  hits(
      state,
      [](Declared& d, std::uint32_t value) { return d.b.constant(std::bit_cast<float>(value)).number(); },
      declared);
}
void unordered_map(benchmark::State& state) {
  Declared declared(state.range(0) != 0);
  std::unordered_map<std::uint32_t, std::uint32_t> map;
  benchmark::DoNotOptimize(&map);
  for (std::uint32_t i = 0; i < constants; ++i) map.emplace(declared.values[i], declared.ids[i]);
  hits(
      state, [&map](Declared&, std::uint32_t value) { return map.find(value)->second; }, declared);
}

BENCHMARK(declare_constant)->Name("declare/declare_constant")->ArgName("shuffled")->Arg(0)->Arg(1);
BENCHMARK(constant_u32)->Name("declare/constant<u32>")->ArgName("shuffled")->Arg(0)->Arg(1);
BENCHMARK(constant_f32)->Name("declare/constant<f32>")->ArgName("shuffled")->Arg(0)->Arg(1);
BENCHMARK(unordered_map)->Name("declare/unordered_map")->ArgName("shuffled")->Arg(0)->Arg(1);

// Types, which come 6 at a time.
template <class Ask>
void type_hits(benchmark::State& state, Ask&& ask) {
  Declared declared(false);
  constexpr unsigned kinds = 6;
  std::uint32_t first[kinds];
  for (unsigned i = 0; i < kinds; ++i) first[i] = ask(declared, i).number();
  const std::uint32_t bound = declared.b.bound();
  for (unsigned i = 0; i < kinds; ++i) {
    for (unsigned j = 0; j < i; ++j)
      if (first[i] == first[j]) return state.SkipWithError("one type for two");
    if (ask(declared, i).number() != first[i]) return state.SkipWithError("another id");
  }
  for (auto _ : state) {
    std::uint32_t sum = 0;
    for (unsigned i = 0; i < kinds; ++i) sum += ask(declared, i).number();
    benchmark::DoNotOptimize(sum);
  }
  if (declared.b.failed() || declared.b.bound() != bound) state.SkipWithError("not a hit");
  state.SetItemsProcessed(state.iterations() * kinds);
}

void scalar(benchmark::State& state) {
  type_hits(state, [](Declared& d, unsigned i) {
    switch (i) {
      case 0: return d.b.declare_uint32();
      case 1: return d.b.declare_int32();
      case 2: return d.b.declare_float(32);
      case 3: return d.b.declare_bool();
      case 4: return d.b.declare_void();
      default: return d.b.declare_sampler();
    }
  });
}
void vectors(benchmark::State& state) {
  type_hits(state,
            [](Declared& d, unsigned i) { return d.b.declare_vector(i < 3 ? d.f32 : d.u32, 2 + i % 3); });
}
void pointer(benchmark::State& state) {
  constexpr StorageClass storage[] = {StorageClass::Function, StorageClass::Private, StorageClass::Workgroup};
  type_hits(state, [&](Declared& d, unsigned i) {
    return d.b.declare_pointer(storage[i % 3], i < 3 ? d.f32 : d.u32);
  });
}
void plain_struct(benchmark::State& state) {
  type_hits(state, [](Declared& d, unsigned i) {
    const TypeId members[] = {i & 1 ? d.f32 : d.u32, i & 2 ? d.f32 : d.u32, i & 4 ? d.f32 : d.u32, d.f32};
    return d.b.declare_struct(Span<const TypeId>(members));
  });
}
void laid_out_struct(benchmark::State& state) {
  type_hits(state, [](Declared& d, unsigned i) {
    const StructMember members[] = {{.type = i & 1 ? d.f32 : d.u32},
                                    {.type = i & 2 ? d.f32 : d.u32},
                                    {.type = i & 4 ? d.f32 : d.u32},
                                    {.type = d.f32}};
    return d.b.declare_struct(Span<const StructMember>(members), LayoutRule::Std430);
  });
}
void array(benchmark::State& state) {
  type_hits(state,
            [](Declared& d, unsigned i) { return d.b.declare_array(i < 3 ? d.f32 : d.u32, 4 + i % 3); });
}

BENCHMARK(scalar)->Name("declare/scalar");
BENCHMARK(vectors)->Name("declare/declare_vector");
BENCHMARK(pointer)->Name("declare/declare_pointer");
BENCHMARK(plain_struct)->Name("declare/declare_struct");
BENCHMARK(laid_out_struct)->Name("declare/declare_struct_laid_out");
BENCHMARK(array)->Name("declare/declare_array");

}  // namespace
}  // namespace bench
