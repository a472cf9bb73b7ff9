// y = a * x + y: parameters, buffers, an edge that is guarded. And what one does with any kernel: build it, run it on
// the CPU under the sanitizer, write it as SPIR-V.
#include "example.hpp"

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/write_spirv.hpp>

#include <cstddef>
#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;

// [readme: saxpy]
static Kernel make_saxpy() {
  return make_kernel("saxpy", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto n = k.param<u32>("n");  // a push constant: the writer decides
    const auto a = k.param<f32>("a");
    const auto x = k.input<f32>("x");  // storage buffers, bound in this order
    const auto y = k.inout<f32>("y");
    const auto i = k.global_id().x;
    k.if_(i < n, [&] { y[i] = a * x[i] + y[i]; });
  });
}
// [readme: end]

int main() {
  const Kernel saxpy = make_saxpy();

  // 1000 is no multiple of the workgroup's 64 invocations: without the guard the sanitizer would say so. Quarters are
  // small enough for every step to be exact, so that the results agree bit for bit.
  constexpr u32 n = 1000;
  constexpr float a = 2.5f;
  std::vector<float> x(n), y(n), expected(n);
  for (u32 i = 0; i < n; ++i) {
    x[i] = 0.25f * static_cast<float>(i);
    y[i] = 100 - static_cast<float>(i);
    expected[i] = a * x[i] + y[i];
  }

  Resources resources;
  resources.bind("x", x);
  resources.bind("y", y);
  resources.set<u32>("n", n);
  resources.set<f32>("a", a);
  const Result<Report> report = interpret(saxpy, {{(n + 63) / 64}}, resources);
  if (!example::clean(report)) return 1;
  for (std::size_t i = 0; i < n; ++i)
    if (y[i] != expected[i])
      return example::fail("y[" + std::to_string(i) + "] is " + std::to_string(y[i]) + ", not " +
                           std::to_string(expected[i]));
  std::printf(
      "saxpy of %u elements\n  interpreted: %llu invocations, equal to the reference, findings: none\n", n,
      static_cast<unsigned long long>(report->invocations));

  return example::save(write_spirv(saxpy, spirv::Target::vulkan(1, 1)), "saxpy") ? 0 : 1;
}
