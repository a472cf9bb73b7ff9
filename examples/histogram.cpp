// How often each byte occurs: counted by atomics in memory that the workgroup shares, where they are cheap, and merged
// into the result by atomics in the buffer, once a workgroup.
#include "example.hpp"

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/write_spirv.hpp>

#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;

static constexpr u32 bins = 256, workgroup = 128;

// `words` words of four bytes each; `histogram` is zero when the dispatch begins.
static Kernel make_histogram() {
  return make_kernel("histogram", {.workgroup = {workgroup}}, [](KernelBuilder& k) {
    const auto words = k.param<u32>("words");
    const auto data = k.input<u32>("data");
    const auto histogram = k.inout<u32>("histogram");
    const auto local = k.workgroup_array<u32>(bins, "local histogram");

    // A loop of C++ is unrolled: two bins an invocation. Workgroup memory holds nothing defined at first.
    for (u32 bin = 0; bin < bins; bin += workgroup) local[k.local_index() + bin] = 0;
    k.barrier(memory::workgroup);

    // A loop of the kernel, over every so-many-th word, and in it one of C++ again, over the word's bytes.
    k.for_(k.global_id().x, words, k.workgroup_count().x * workgroup, [&](Value<u32> i) {
      const auto word = data[i].value();
      for (u32 byte = 0; byte < 4; ++byte) atomic_add(local[word >> (8 * byte) & 0xFF], 1);
    });
    k.barrier(memory::workgroup);

    for (u32 bin = 0; bin < bins; bin += workgroup) {
      const auto mine = k.local_index() + bin;
      const auto count = local[mine].value();
      // Most pictures leave bins empty, and atomics on the buffer are what costs.
      k.if_(count != 0, [&] { atomic_add(histogram[mine], count); });
    }
  });
}

int main() {
  const Kernel kernel = make_histogram();

  // Uneven, so that some bins are hit by many invocations at once and some by none.
  constexpr u32 words = 10007, workgroups = 8;
  std::vector<u32> data(words), histogram(bins, 0), expected(bins, 0);
  u32 random = 1;
  for (u32& word : data) {
    for (u32 byte = 0; byte < 4; ++byte) {
      random = random * 1664525u + 1013904223u;  // Numerical Recipes' generator
      const u32 high = random >> 24;
      const u32 value = high * high >> 8;
      word |= value << (8 * byte);
      ++expected[value];
    }
  }

  Resources resources;
  resources.bind("data", data);
  resources.bind("histogram", histogram);
  resources.set<u32>("words", words);
  const Result<Report> report = interpret(kernel, {{workgroups}}, resources);
  if (!example::clean(report)) return 1;
  for (u32 bin = 0; bin < bins; ++bin)
    if (histogram[bin] != expected[bin])
      return example::fail("byte " + std::to_string(bin) + " was counted " + std::to_string(histogram[bin]) +
                           " times, not " + std::to_string(expected[bin]));
  std::printf("histogram of %u bytes, by %u workgroups\n", 4 * words, workgroups);
  std::printf("  interpreted: %llu invocations, equal to the reference, findings: none\n",
              static_cast<unsigned long long>(report->invocations));
  for (u32 bin = 0; bin < bins; bin += 32) {
    u32 count = 0;
    for (u32 i = 0; i < 32; ++i) count += histogram[bin + i];
    std::printf("  %3u to %3u: %5u %s\n", bin, bin + 31, count, std::string(count / 300, '#').c_str());
  }

  return example::save(write_spirv(kernel, spirv::Target::vulkan(1, 1)), "histogram") ? 0 : 1;
}
