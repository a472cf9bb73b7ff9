// The seed of the random tests, printed once; AIRSTRIP_SEED repeats a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace test {

inline std::uint64_t seed_of_run() {
  static const std::uint64_t seed = [] {
    const char* const given = std::getenv("AIRSTRIP_SEED");
    const std::uint64_t value = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
    std::printf("AIRSTRIP_SEED=%llu\n", static_cast<unsigned long long>(value));
    return value;
  }();
  return seed;
}

// splitmix64: the same numbers with every standard library.
class Random {
public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  std::size_t below(std::size_t n) { return n == 0 ? 0 : next() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }

private:
  std::uint64_t state_;
};

}  // namespace test
