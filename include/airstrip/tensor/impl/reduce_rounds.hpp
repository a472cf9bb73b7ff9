// What an invocation takes of a reduction: elements in rounds, into several accumulators, and what is left one by one.
#pragma once

#include "../primitives/reduce.hpp"
#include "../primitives/reduction.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

struct ReduceRounds {
  static constexpr std::uint32_t max_unroll = 16;

  std::uint32_t lanes = 1;   // that take turns
  std::uint32_t unroll = 1;  // accumulators
  std::uint32_t width = 1;   // lanes of a state
  bool across = false;       // of a state's lanes each is another result; else they are elements in a row
  std::uint32_t block = 0;   // rounds that are added up by themselves; 0: all
  std::int64_t most = 0;     // elements, at most
  bool literal = false;      // there are exactly so many

  std::uint32_t step() const { return across ? 1 : width; }  // elements a load takes
  std::uint32_t state_width() const { return across ? width : 1; }
  std::int64_t chunk() const { return std::int64_t{lanes} * unroll * step(); }
  std::int64_t rounds() const { return most / chunk(); }
  // Elements that one lane takes after the rounds.
  std::int64_t rest() const {
    const std::int64_t left = literal ? most % chunk() : most < chunk() ? most : chunk() - 1;
    return (left + lanes - 1) / lanes;
  }
  bool is_blocked() const { return block != 0 && rounds() > block; }
  // Iterations of all loops, and combinations that an element goes through.
  std::uint64_t iterations() const {
    const std::uint64_t all = static_cast<std::uint64_t>(rounds()), left = static_cast<std::uint64_t>(rest());
    return all + (is_blocked() ? (all + block - 1) / block : 0) + left;
  }
  std::uint64_t depth() const {
    const std::uint64_t all = static_cast<std::uint64_t>(rounds());
    const std::uint64_t rows = is_blocked() ? block + (all + block - 1) / block : all;
    return rows + ceil_log2(unroll) + ceil_log2(step()) + static_cast<std::uint64_t>(rest());
  }
};

// Reduces the elements from `start` to `end` (in whole chunks from `start` on) that are this lane's: `load(r, width,
// state)` takes the elements r to r + width - 1 into a state. `state` is what they make.
template <class Load>
void reduce_rounds(StepBuilder& step, const Reduction& reduction, const ReduceRounds& plan,
                   const Index& start, const Index& end, const Index& place, const Load& load,
                   AnyValue* state) {
  kernel::KernelBuilder& k = step.k;
  constexpr std::size_t values = Reduction::max_values;
  const std::uint32_t chunk = static_cast<std::uint32_t>(plan.chunk());
  AnyValue sums[ReduceRounds::max_unroll * values];
  const std::int64_t most_rounds = plan.rounds();
  Index done = start;
  if (most_rounds > 0) {
    const auto clear = [&] {
      for (std::uint32_t u = 0; u < plan.unroll; ++u) reduction.identity(plan.width, sums + u * values);
    };
    const auto round = [&](const Index& number) {
      const Index first = start + number * chunk + place * plan.step();
      for (std::uint32_t u = 0; u < plan.unroll; ++u)
        load(u == 0 ? first : first + u * plan.lanes * plan.step(), plan.step(), sums + u * values);
    };
    struct Variables {
      kernel::AnyVariable all[ReduceRounds::max_unroll * values];
    };
    const auto each = [&](const auto& body) {
      for (std::uint32_t u = 0; u < plan.unroll; ++u)
        for (std::size_t i = 0; i < reduction.values(); ++i)
          body(u * values + i, reduction.type(i, plan.width));
    };
    const auto declare = [&](Variables& variables) {
      each([&](std::size_t n, kernel::Type type) { variables.all[n] = k.variable(type); });
    };
    const auto put = [&](const Variables& to) {
      each([&](std::size_t n, kernel::Type) { k.store(to.all[n], sums[n]); });
    };
    const auto get = [&](const Variables& from) {
      each([&](std::size_t n, kernel::Type) { sums[n] = k.load(from.all[n]); });
    };
    const Index rounds =
        plan.literal ? k.constant<u32>(static_cast<u32>(most_rounds)) : (end - start) / chunk;
    clear();
    if (plan.literal && most_rounds == 1) {
      round(k.constant<u32>(0u));
    } else if (!plan.is_blocked()) {
      Variables all;
      declare(all);
      put(all);
      k.for_range<u32>(0u, rounds, 1u, [&](Index number) {
        get(all);
        round(number);
        put(all);
      });
      get(all);
    } else {
      Variables all, inner;
      declare(all);
      declare(inner);
      put(all);
      k.for_range<u32>(0u, rounds, plan.block, [&](Index first) {
        clear();
        put(inner);
        const Index last = (kernel::min)(first + plan.block, rounds);
        k.for_range<u32>(first, last, 1u, [&](Index number) {
          get(inner);
          round(number);
          put(inner);
        });
        AnyValue block[ReduceRounds::max_unroll * values];
        get(inner);
        for (std::size_t n = 0; n < plan.unroll * values; ++n) block[n] = sums[n];
        get(all);
        for (std::uint32_t u = 0; u < plan.unroll; ++u)
          reduction.combine(sums + u * values, block + u * values);
        put(all);
      });
      get(all);
    }
    const auto combine = [&](AnyValue* into, const AnyValue* other) { reduction.combine(into, other); };
    combine_pairwise(sums, plan.unroll, values, combine);
    for (std::size_t i = 0; i < values; ++i) state[i] = sums[i];
    if (!plan.across && plan.width > 1) {
      AnyValue parts[4 * values];
      for (std::uint32_t c = 0; c < plan.width; ++c)
        for (std::size_t i = 0; i < reduction.values(); ++i) parts[c * values + i] = sums[i].component(c);
      combine_pairwise(parts, plan.width, values, combine);
      for (std::size_t i = 0; i < values; ++i) state[i] = parts[i];
    }
    done = start + rounds * chunk;
  } else {
    reduction.identity(plan.state_width(), state);
  }
  if (plan.rest() == 0) return;
  if (plan.literal && plan.lanes == 1 && plan.rest() <= 4) {
    for (std::uint32_t i = 0; i < plan.rest(); ++i) load(i == 0 ? done : done + i, 1, state);
    return;
  }
  kernel::AnyVariable rest[values];
  for (std::size_t i = 0; i < reduction.values(); ++i) {
    rest[i] = k.variable(reduction.type(i, plan.state_width()));
    k.store(rest[i], state[i]);
  }
  k.for_range<u32>(done + place, end, plan.lanes, [&](Index each) {
    for (std::size_t i = 0; i < reduction.values(); ++i) state[i] = k.load(rest[i]);
    load(each, 1, state);
    for (std::size_t i = 0; i < reduction.values(); ++i) k.store(rest[i], state[i]);
  });
  for (std::size_t i = 0; i < reduction.values(); ++i) state[i] = k.load(rest[i]);
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
