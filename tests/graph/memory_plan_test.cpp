// Plans of memory: what may overlap and what may not, how small they are, and how that compares with the smallest.
#include "support/count_allocations.hpp"

#include "../spirv/random.hpp"

#include <airstrip/graph/memory_plan.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

using namespace airstrip;
using namespace airstrip::graph;

namespace {

using Lifetimes = std::vector<Lifetime>;

std::uint64_t rounded(std::uint64_t bytes, std::uint64_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

// What is wrong with a plan, or nothing.
std::string mistake(const Lifetimes& lifetimes, const MemoryPlan& plan, std::uint64_t alignment) {
  const std::size_t n = lifetimes.size();
  if (plan.offsets.size() != n) return "number of offsets";
  std::uint64_t end = 0, bound = 0;
  std::map<std::uint32_t, std::uint64_t> alive;
  for (std::size_t i = 0; i < n; ++i) alive[lifetimes[i].first] = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Lifetime& a = lifetimes[i];
    const std::uint64_t size = rounded(a.bytes, alignment);
    if (plan.offsets[i] % alignment != 0) return "alignment of " + std::to_string(i);
    if (size == 0 && plan.offsets[i] != 0) return "offset of nothing";
    end = std::max(end, plan.offsets[i] + size);
    for (auto at = alive.lower_bound(a.first); at != alive.end() && at->first <= a.last; ++at)
      bound = std::max(bound, at->second += size);
    for (std::size_t j = 0; j < i; ++j) {
      const Lifetime& b = lifetimes[j];
      if (a.first <= b.last && b.first <= a.last && plan.offsets[i] < plan.offsets[j] + b.bytes &&
          plan.offsets[j] < plan.offsets[i] + a.bytes)
        return "overlap of " + std::to_string(i) + " and " + std::to_string(j);
    }
  }
  if (end != plan.bytes) return "size of the arena";
  if (bound != plan.lower_bound) return "lower bound";
  if (plan.bytes < plan.lower_bound) return "less than the lower bound";
  return {};
}

MemoryPlan checked_plan(const Lifetimes& lifetimes, std::uint64_t alignment = 256) {
  Result<MemoryPlan> plan = plan_memory(lifetimes, alignment);
  REQUIRE_MESSAGE(plan.ok(), plan.error().to_string().c_str());
  CHECK(mistake(lifetimes, *plan, alignment) == "");
  return std::move(*plan);
}

double ratio(const MemoryPlan& plan) {
  return plan.lower_bound ? static_cast<double>(plan.bytes) / static_cast<double>(plan.lower_bound) : 1.0;
}

// Each at the lowest place where it fits. Of sizes that are aligned.
std::uint64_t height_of_order(const Lifetimes& lifetimes, const std::vector<std::size_t>& order) {
  std::vector<std::uint64_t> offsets(lifetimes.size());
  std::uint64_t height = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const Lifetime& a = lifetimes[order[k]];
    std::uint64_t offset = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t j = 0; j < k; ++j) {
        const Lifetime& b = lifetimes[order[j]];
        if (a.first <= b.last && b.first <= a.last && offset < offsets[order[j]] + b.bytes &&
            offsets[order[j]] < offset + a.bytes) {
          offset = offsets[order[j]] + b.bytes;
          moved = true;
        }
      }
    }
    offsets[order[k]] = offset;
    height = std::max(height, offset + a.bytes);
  }
  return height;
}

std::uint64_t greedy_by_size(const Lifetimes& lifetimes) {
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });
  return height_of_order(lifetimes, order);
}

// The smallest plan there is: that of some order.
std::uint64_t smallest(const Lifetimes& lifetimes) {
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::uint64_t best = ~std::uint64_t{0};
  do best = std::min(best, height_of_order(lifetimes, order));
  while (std::next_permutation(order.begin(), order.end()));
  return best;
}

// A network as a list of dispatches, each of which writes one tensor.
class Network {
public:
  using Tensor = std::size_t;

  // A tensor of the given number of floats, from those that are read.
  Tensor add(std::uint64_t elements, std::initializer_list<Tensor> inputs) {
    return add(elements, std::vector<Tensor>(inputs));
  }
  Tensor add(std::uint64_t elements, const std::vector<Tensor>& inputs) {
    for (const Tensor t : inputs) lifetimes_[t].last = time_;
    lifetimes_.push_back({elements * 4, time_, time_});
    ++time_;
    return lifetimes_.size() - 1;
  }
  // What a dispatch needs for itself.
  void scratch(std::uint64_t bytes) { lifetimes_.push_back({bytes, time_, time_}); }
  const Lifetimes& lifetimes() const { return lifetimes_; }

private:
  Lifetimes lifetimes_;
  std::uint32_t time_ = 0;
};

Lifetimes chain() {
  Network net;
  Network::Tensor t = net.add(224 * 224 * 3, {});
  test::Random random(1);
  for (int i = 0; i < 50; ++i) t = net.add(1000 + random.below(1'000'000), {t});
  return net.lifetimes();
}

// What many networks do first to a picture of 224 x 224: a convolution and a pooling, each by 2.
Network::Tensor begun(Network& net) {
  const Network::Tensor wide = net.add(112 * 112 * 64, {net.add(224 * 224 * 3, {})});
  return net.add(56 * 56 * 64, {wide});
}

// ResNet-50: bottlenecks, each with its input kept for the sum at its end.
Lifetimes residual() {
  Network net;
  Network::Tensor t = begun(net);
  std::uint64_t side = 56, width = 64;
  for (const int blocks : {3, 4, 6, 3}) {
    for (int b = 0; b < blocks; ++b) {
      const bool halves = b == 0 && width != 64;
      const std::uint64_t before = side * side;
      if (halves) side /= 2;
      const Network::Tensor shortcut = b == 0 ? net.add(side * side * width * 4, {t}) : t;
      const Network::Tensor narrow = net.add(before * width, {t});
      const Network::Tensor middle = net.add(side * side * width, {narrow});
      net.scratch(width * 4);
      t = net.add(side * side * width * 4, {middle, shortcut});
    }
    width *= 2;
  }
  t = net.add(2048, {t});
  net.add(1000, {t});
  return net.lifetimes();
}

// Every level's result is kept until the way up comes back to it.
Lifetimes u_net(int depth) {
  Network net;
  std::uint64_t side = 512, width = 32;
  std::vector<Network::Tensor> skips;
  Network::Tensor t = net.add(side * side * 3, {});
  for (int level = 0; level < depth; ++level) {
    t = net.add(side * side * width, {t});
    t = net.add(side * side * width, {t});
    skips.push_back(t);
    side /= 2;
    t = net.add(side * side * width, {t});
    width *= 2;
  }
  t = net.add(side * side * width, {t});
  for (int level = depth; level-- > 0;) {
    side *= 2;
    width /= 2;
    t = net.add(side * side * width, {t});
    t = net.add(side * side * width * 2, {t, skips[static_cast<std::size_t>(level)]});
    t = net.add(side * side * width, {t});
    t = net.add(side * side * width, {t});
  }
  net.add(side * side * 3, {t});
  return net.lifetimes();
}

// GoogLeNet: four branches side by side, and their concatenation.
Lifetimes inception() {
  Network net;
  Network::Tensor t = begun(net);
  t = net.add(56 * 56 * 192, {t});
  t = net.add(28 * 28 * 192, {t});
  struct Module {
    std::uint64_t side, a, b1, b2, c1, c2, d;
  };
  const Module modules[] = {
      {28, 64, 96, 128, 16, 32, 32},     {28, 128, 128, 192, 32, 96, 64},  {14, 192, 96, 208, 16, 48, 64},
      {14, 160, 112, 224, 24, 64, 64},   {14, 128, 128, 256, 24, 64, 64},  {14, 112, 144, 288, 32, 64, 64},
      {14, 256, 160, 320, 32, 128, 128}, {7, 256, 160, 320, 32, 128, 128}, {7, 384, 192, 384, 48, 128, 128}};
  std::uint64_t width = 192, side = 28;
  for (const Module& m : modules) {
    const std::uint64_t area = m.side * m.side;
    if (m.side != side) t = net.add(area * width, {t});
    side = m.side;
    const Network::Tensor a = net.add(area * m.a, {t});
    const Network::Tensor b = net.add(area * m.b2, {net.add(area * m.b1, {t})});
    const Network::Tensor c = net.add(area * m.c2, {net.add(area * m.c1, {t})});
    const Network::Tensor d = net.add(area * m.d, {net.add(area * width, {t})});
    width = m.a + m.b2 + m.c2 + m.d;
    t = net.add(area * width, {a, b, c, d});
  }
  t = net.add(width, {t});
  net.add(1000, {t});
  return net.lifetimes();
}

// DenseNet-121: every layer reads what all before it in its block have written.
Lifetimes dense() {
  Network net;
  Network::Tensor t = begun(net);
  std::uint64_t side = 56, width = 64;
  for (const int layers : {6, 12, 24, 16}) {
    std::vector<Network::Tensor> all = {t};
    for (int l = 0; l < layers; ++l) {
      const Network::Tensor joined = net.add(side * side * width, all);
      const Network::Tensor narrow = net.add(side * side * 128, {joined});
      all.push_back(net.add(side * side * 32, {narrow}));
      width += 32;
    }
    t = net.add(side * side * width, all);
    width /= 2;
    t = net.add(side * side * width, {t});
    side /= 2;
    t = net.add(side * side * width, {t});
  }
  net.add(1000, {t});
  return net.lifetimes();
}

// SqueezeNet 1.0: convolution of 7x7 by 2, pools of 3x3 by 2 rounded up, eight fire modules.
Lifetimes squeeze_net() {
  Network net;
  std::uint64_t side = (224 - 7) / 2 + 1;
  const auto pooled = [&] { return side = (side - 3 + 1) / 2 + 1; };
  Network::Tensor t = net.add(224 * 224 * 3, {});
  t = net.add(side * side * 96, {t});
  pooled();
  t = net.add(side * side * 96, {t});
  const std::uint64_t squeezes[] = {16, 16, 32, 32, 48, 48, 64, 64};
  for (int fire = 0; fire < 8; ++fire) {
    const std::uint64_t squeeze = squeezes[fire], width = squeeze * 8;
    const Network::Tensor s = net.add(side * side * squeeze, {t});
    const Network::Tensor narrow = net.add(side * side * width / 2, {s});
    const Network::Tensor wide = net.add(side * side * width / 2, {s});
    t = net.add(side * side * width, {narrow, wide});
    if (fire == 2 || fire == 6) {
      pooled();
      t = net.add(side * side * width, {t});
    }
  }
  t = net.add(side * side * 1000, {t});
  net.add(1000, {t});
  return net.lifetimes();
}

// A transformer's layers: query, key, value, scores of every head, a wide hidden layer and two sums.
Lifetimes transformer() {
  Network net;
  const std::uint64_t tokens = 384, width = 768;
  Network::Tensor t = net.add(tokens * width, {});
  for (int layer = 0; layer < 12; ++layer) {
    const Network::Tensor normal = net.add(tokens * width, {t});
    const Network::Tensor q = net.add(tokens * width, {normal}), k = net.add(tokens * width, {normal}),
                          v = net.add(tokens * width, {normal});
    const Network::Tensor scores = net.add(12 * tokens * tokens, {q, k});
    const Network::Tensor weights = net.add(12 * tokens * tokens, {scores});
    const Network::Tensor mixed = net.add(tokens * width, {weights, v});
    t = net.add(tokens * width, {mixed, t});
    const Network::Tensor second = net.add(tokens * width, {t});
    const Network::Tensor hidden = net.add(tokens * width * 4, {second});
    t = net.add(tokens * width, {net.add(tokens * width * 4, {hidden}), t});
  }
  return net.lifetimes();
}

// --- random ones -----------------------------------------------------------------------------------------------------

constexpr const char* length_names[] = {"short", "any", "mixed", "chain with skips"};
constexpr const char* size_names[] = {"uniform", "wide", "powers of two"};

Lifetimes random_lifetimes(test::Random& random, std::size_t n, std::size_t lengths, std::size_t sizes) {
  Lifetimes list;
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t first = static_cast<std::uint32_t>(random.below(n)), length = 0;
    const std::uint32_t left = static_cast<std::uint32_t>(n) - first;
    switch (lengths) {
      case 0: length = 1 + static_cast<std::uint32_t>(random.below(4)); break;
      case 1: length = static_cast<std::uint32_t>(random.below(left)); break;
      case 2:
        length = static_cast<std::uint32_t>(random.one_in(5) ? random.below(n / 4) : random.below(6));
        break;
      default:
        first = static_cast<std::uint32_t>(i);
        length = random.one_in(10) ? 1 + static_cast<std::uint32_t>(random.below(n - i)) : 1;
        break;
    }
    std::uint64_t bytes = 0;
    switch (sizes) {
      case 0: bytes = 1 + random.below(256'000); break;
      case 1: bytes = (100 + random.below(100)) << random.below(16); break;
      default: bytes = std::uint64_t{256} << random.below(14); break;
    }
    if (random.one_in(50)) bytes = 0;
    list.push_back({bytes, first, first + length});
  }
  return list;
}

}  // namespace

TEST_CASE("memory plan: small ones") {
  SUBCASE("nothing") {
    const MemoryPlan plan = checked_plan({});
    CHECK(plan.bytes == 0);
    CHECK(plan.lower_bound == 0);
  }
  SUBCASE("one, rounded up") {
    const MemoryPlan plan = checked_plan({{1000, 3, 7}});
    CHECK(plan.bytes == 1024);
    CHECK(plan.lower_bound == 1024);
    CHECK(plan.offsets[0] == 0);
  }
  SUBCASE("no bytes take nothing") {
    const MemoryPlan plan = checked_plan({{0, 0, 9}, {300, 1, 2}, {0, 1, 1}, {100, 2, 4}});
    CHECK(plan.bytes == 768);
    CHECK(checked_plan({{0, 0, 1}, {0, 1, 1}}).bytes == 0);
  }
  SUBCASE("one after the other share") {
    const MemoryPlan plan = checked_plan({{256, 0, 1}, {512, 2, 2}, {256, 3, 5}});
    CHECK(plan.bytes == 512);
  }
  SUBCASE("both ends belong to it") {
    CHECK(checked_plan({{256, 0, 1}, {256, 1, 2}}).bytes == 512);
    CHECK(checked_plan({{256, 0, 1}, {256, 2, 2}}).bytes == 256);
    CHECK(checked_plan({{256, 0xFFFFFFFF, 0xFFFFFFFF}, {256, 0, 0xFFFFFFFF}}).bytes == 512);
  }
  SUBCASE("a chain takes turns at both ends") {
    const MemoryPlan plan = checked_plan({{1, 0, 1}, {2, 1, 2}, {3, 2, 3}, {4, 3, 4}, {5, 4, 5}}, 1);
    CHECK(plan.bytes == 9);
  }
  SUBCASE("without an alignment, and with a large one") {
    CHECK(checked_plan({{3, 0, 1}, {5, 1, 2}}, 1).bytes == 8);
    CHECK(checked_plan({{3, 0, 1}, {5, 1, 2}}, 65536).bytes == 131072);
  }
}

TEST_CASE("memory plan: where the largest first is not the best") {
  // 5 and 4 go to the bottom and 3 on top of 5, so the 2 that is alive with 4 and with 3 finds one byte between them.
  const Lifetimes lifetimes = {{3, 2, 4}, {4, 0, 1}, {5, 3, 4}, {2, 1, 2}};
  CHECK(greedy_by_size(lifetimes) == 10);
  const MemoryPlan plan = checked_plan(lifetimes, 1);
  CHECK(plan.bytes == 8);
  CHECK(plan.lower_bound == 8);
}

TEST_CASE("memory plan: no larger than the smallest of all") {
  // The same ones every time: the smallest is not promised.
  test::Random random(5);
  std::size_t greedy_fails = 0, above_bound = 0;
  for (int i = 0; i < 300; ++i) {
    CAPTURE(i);
    Lifetimes lifetimes;
    const std::size_t n = 4 + random.below(4);
    for (std::size_t k = 0; k < n; ++k) {
      const std::uint32_t first = static_cast<std::uint32_t>(random.below(n));
      lifetimes.push_back({1 + random.below(9), first, first + static_cast<std::uint32_t>(random.below(4))});
    }
    const std::uint64_t best = smallest(lifetimes);
    const MemoryPlan plan = checked_plan(lifetimes, 1);
    CHECK(plan.bytes == best);
    greedy_fails += greedy_by_size(lifetimes) > best;
    above_bound += best > plan.lower_bound;
  }
  std::printf("memory plan: of 300 small ones greedy by size misses the smallest of %zu; %zu have none at "
              "the bound\n",
              greedy_fails, above_bound);
  CHECK(greedy_fails > 0);
}

TEST_CASE("memory plan: networks") {
  const struct {
    const char* name;
    Lifetimes lifetimes;
  } networks[] = {{"chain", chain()},
                  {"residual", residual()},
                  {"U-net of 4 levels", u_net(4)},
                  {"U-net of 7", u_net(7)},
                  {"inception", inception()},
                  {"dense", dense()},
                  {"SqueezeNet", squeeze_net()},
                  {"transformer", transformer()}};
  for (const auto& network : networks) {
    CAPTURE(network.name);
    const auto start = std::chrono::steady_clock::now();
    const MemoryPlan plan = checked_plan(network.lifetimes);
    const double ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    std::uint64_t apart = 0;
    for (const Lifetime& l : network.lifetimes) apart += l.bytes;
    std::printf("memory plan: %-18s %4zu lifetimes, %6.2f MB apart, %6.2f MB planned, %.4f x the bound, %.2f "
                "ms with checks\n",
                network.name, network.lifetimes.size(), static_cast<double>(apart) * 1e-6,
                static_cast<double>(plan.bytes) * 1e-6, ratio(plan), ms);
    CHECK(ratio(plan) <= 1.1);
  }
}

TEST_CASE("memory plan: random lifetimes") {
  test::Random random(test::seed_of_run());
  for (std::size_t lengths = 0; lengths < std::size(length_names); ++lengths) {
    double worst = 1, sum = 0;
    int plans = 0;
    for (std::size_t sizes = 0; sizes < std::size(size_names); ++sizes)
      for (const std::size_t most : {8u, 40u, 120u, 400u})
        for (int repeat = 0; repeat < (most == 400 ? 2 : 8); ++repeat) {
          const Lifetimes lifetimes = random_lifetimes(random, 4 + random.below(most), lengths, sizes);
          CAPTURE(length_names[lengths]);
          CAPTURE(size_names[sizes]);
          CAPTURE(lifetimes.size());
          const std::uint64_t alignment = std::uint64_t{1} << random.below(10);
          const MemoryPlan plan = checked_plan(lifetimes, alignment),
                           again = checked_plan(lifetimes, alignment);
          CHECK(std::equal(plan.offsets.begin(), plan.offsets.end(), again.offsets.begin()));
          // Of a handful the smallest may be far above the bound.
          CHECK(ratio(plan) <= (lifetimes.size() < 12 ? 1.5 : 1.2));
          worst = std::max(worst, ratio(plan));
          sum += ratio(plan);
          ++plans;
        }
    std::printf("memory plan: %3d of random lifetimes (%s): %.4f x the bound on average, %.4f at worst\n",
                plans, length_names[lengths], sum / plans, worst);
    CHECK(sum / plans <= 1.05);
  }
}

TEST_CASE("memory plan: many lifetimes") {
  test::Random random(7);
  for (const std::size_t n : {1'000u, 10'000u})
    for (std::size_t lengths = 0; lengths < std::size(length_names); ++lengths)
      for (std::size_t sizes = 0; sizes < std::size(size_names); ++sizes) {
        const Lifetimes lifetimes = random_lifetimes(random, n, lengths, sizes);
        const auto start = std::chrono::steady_clock::now();
        const Result<MemoryPlan> plan = plan_memory(lifetimes);
        const double ms =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
        REQUIRE(plan.ok());
        if (n == 1'000) CHECK(mistake(lifetimes, *plan, 256) == "");
        std::printf("memory plan: %5zu lifetimes (%s, sizes %s): %.4f x the bound in %.2f ms\n", n,
                    length_names[lengths], size_names[sizes], ratio(*plan), ms);
        CHECK(ratio(*plan) <= 1.1);
      }
}

TEST_CASE("memory plan: errors") {
  const auto refused = [](Span<const Lifetime> lifetimes, std::uint64_t alignment) {
    const Result<MemoryPlan> plan = plan_memory(lifetimes, alignment);
    CHECK_FALSE(plan.ok());
    CHECK(plan.error().where.line != 0);
    return plan.error();
  };
  for (const std::uint64_t alignment : {0u, 3u, 257u}) {
    const Diagnostic error = refused({{1, 0, 0}}, alignment);
    CHECK(error.code == ErrorCode::InvalidOperand);
    CHECK(error.message.contains("is no power of two"));
  }
  const Diagnostic backwards = refused({{1, 0, 0}, {0, 5, 2}}, 256);
  CHECK(backwards.code == ErrorCode::InvalidOperand);
  CHECK(backwards.message == "lifetime 1 ends with dispatch 2, before it begins with 5");

  const std::uint64_t most = (std::uint64_t{1} << 63) - 1;
  CHECK(checked_plan({{most, 0, 0}}, 1).bytes == most);
  CHECK(refused({{most, 0, 0}}, 2).code == ErrorCode::LimitExceeded);
  CHECK(refused({{most, 0, 0}, {1, 1, 1}}, 1).code == ErrorCode::LimitExceeded);
  CHECK(refused({{~std::uint64_t{0}, 0, 0}}, 256).code == ErrorCode::LimitExceeded);
  CHECK(refused({{1, 0, 0}}, std::uint64_t{1} << 63).code == ErrorCode::LimitExceeded);
  // Their number is looked at before they are.
  const Lifetime one;
  CHECK(refused(Span<const Lifetime>(&one, (std::size_t{1} << 24) + 1), 256).code ==
        ErrorCode::LimitExceeded);
}

TEST_CASE("memory plan: an allocation that fails is an error, wherever it happens") {
#if COUNTS_ALLOCATIONS
  test::Random random(3);
  const Lifetimes lifetimes = random_lifetimes(random, 200, 2, 0);
  const MemoryPlan expected = checked_plan(lifetimes);
  const auto make = [&](Span<const Lifetime> given, unsigned first, unsigned last) {
    test::failing = first;
    test::last_failing = last;
    test::allocations = 0;
    test::counting = true;
    Result<MemoryPlan> made = plan_memory(given);
    test::counting = false;
    test::failing = test::last_failing = ~0u;
    return made;
  };
  CHECK(make(lifetimes, ~0u, ~0u).ok());
  const unsigned total = test::allocations;
  CHECK(total > 10);
  for (unsigned number = 0; number < total; ++number)
    for (const bool memory_comes_back : {false, true}) {
      CAPTURE(number);
      const Result<MemoryPlan> made = make(lifetimes, number, memory_comes_back ? number : ~0u);
      CHECK_FALSE(made.ok());
      CHECK(made.error().code == ErrorCode::OutOfMemory);
    }
  const Lifetime backwards[] = {{1, 1, 0}};
  CHECK(make(backwards, 0, ~0u).error().code == ErrorCode::OutOfMemory);
#else
  MESSAGE("not with this C library, or under a sanitizer");
#endif
}
