// What the benchmarks of layer 1 share: modules to time, checks of results, a count of allocations.
#pragma once

#include "../support/validate.hpp"

#include <airstrip/spirv.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

using Words = std::vector<std::uint32_t>;

/// Writes a compute module: an entry point that calls `stages` functions, each of about 60 instructions and `steps` more,
/// with buffers, push constants, a loop with phis, selections, arithmetic and names. Keeps its memory, as a builder does.
class ComputeWriter {
public:
  void write(airstrip::spirv::Builder& builder, unsigned stages, unsigned steps);

private:
  std::vector<airstrip::spirv::FunctionId> functions_;
};
/// The words of such a module, of at least `bytes`; validated by SPIRV-Tools (those of 64 MB: a short one of the same
/// kind). Made once for each size, and kept. Empty if anything is wrong.
const Words& compute_module(std::size_t bytes);

/// How often malloc, calloc, realloc and their like were called in `function`; -1 where that cannot be counted.
template <class Function>
long long allocations_in(Function&& function);
long long allocation_count();

template <class Function>
long long allocations_in(Function&& function) {
  const long long before = allocation_count();
  function();
  return before < 0 ? -1 : allocation_count() - before;
}

/// The seconds of a part of an iteration, for State::SetIterationTime: of this thread on its processor where there is
/// such a clock, less what reading it takes. Time on the wall says nothing about a machine that others use as well.
class Stopwatch {
public:
  double seconds() const;

private:
  static double now();
  double begin_ = now();
};

}  // namespace bench
