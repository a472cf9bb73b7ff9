// The sum of a large array, in two stages of one kernel. Each workgroup adds in registers, then over its subgroups, then
// over the workgroup through shared memory. It never says how large a subgroup is, and is right for all of 4 to 128.
#include "example.hpp"

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/write_spirv.hpp>

#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;

static constexpr u32 workgroup = 256;
static constexpr u32 smallest_subgroup = 4;  // VkPhysicalDeviceSubgroupProperties: some device has it

// elements[first] + elements[first + step] + …, of `count`. Every invocation goes round equally often and none branches
// off, because a subgroup operation wants all of them together, and after a branch nothing guarantees that they are. The
// sanitizer says so where one forgets.
template <class Elements>
static Value<f32> strided_sum(KernelBuilder& k, const Elements& elements, const Value<u32>& count,
                              const Value<u32>& first, const Value<u32>& step) {
  auto sum = k.var<f32>(0);
  k.for_(0, (count + (step - 1)) / step, [&](Value<u32> round) {
    const auto i = round * step + first;
    sum += select(i < count, elements[min(i, count - 1)], 0);
  });
  return sum;
}

// y[w] = the sum of what workgroup w adds of x[0] … x[n - 1].
static Kernel make_sum() {
  return make_kernel("sum", {.workgroup = {workgroup}}, [](KernelBuilder& k) {
    const auto n = k.param<u32>("n");
    const auto x = k.input<f32>("x");
    const auto y = k.output<f32>("y");
    const auto partial = k.workgroup_array<f32>(workgroup / smallest_subgroup, "partial");

    // Neighbours read neighbours; then all go on by the size of the whole dispatch.
    const auto mine = strided_sum(k, x, n, k.global_id().x, k.workgroup_count().x * workgroup);
    const auto of_subgroup = subgroup_add(mine);
    k.if_(k.subgroup_elect(), [&] { partial[k.subgroup_id()] = of_subgroup; });
    k.barrier(memory::workgroup);

    // The first subgroup adds those. There may be more of them than it has invocations: 64 where it has 4.
    k.if_(k.subgroup_id() == 0, [&] {
      const auto rest =
          strided_sum(k, partial, k.subgroup_count(), k.subgroup_invocation(), k.subgroup_size());
      const auto of_workgroup = subgroup_add(rest);
      k.if_(k.subgroup_elect(), [&] { y[k.workgroup_id().x] = of_workgroup; });
    });
  });
}

int main() {
  const Kernel sum = make_sum();

  // Whole numbers whose sums stay below 2^24 are exact in any order, so that every subgroup size gives the same.
  constexpr u32 n = 100003, workgroups = 16;
  std::vector<float> x(n), partial(workgroups), total(1);
  float expected = 0;
  for (u32 i = 0; i < n; ++i) expected += x[i] = static_cast<float>(i * 2654435761u >> 24);

  std::printf("sum of %u elements, by %u workgroups and then by one\n", n, workgroups);
  for (u32 subgroup_size = smallest_subgroup; subgroup_size <= 128; subgroup_size *= 2) {
    // The seed permutes the order in which subgroups and workgroups run.
    const InterpretOptions options{.subgroup_size = subgroup_size, .seed = subgroup_size};
    Resources first;
    first.bind("x", x);
    first.bind("y", partial);
    first.set<u32>("n", n);
    if (!example::clean(interpret(sum, {{workgroups}}, first, options))) return 1;
    Resources second;
    second.bind("x", partial);
    second.bind("y", total);
    second.set<u32>("n", workgroups);
    if (!example::clean(interpret(sum, {{1}}, second, options))) return 1;
    if (total[0] != expected)
      return example::fail("with subgroups of " + std::to_string(subgroup_size) + " the sum is " +
                           std::to_string(total[0]) + ", not " + std::to_string(expected));
    std::printf("  subgroups of %3u: %.0f, equal to the reference, findings: none\n", subgroup_size,
                static_cast<double>(total[0]));
  }

  // A target permits what every device has; the rest one says: VkPhysicalDeviceSubgroupProperties::supportedOperations
  // contains VK_SUBGROUP_FEATURE_ARITHMETIC_BIT.
  const spirv::Target target =
      spirv::Target::vulkan(1, 1).enable(spirv::Capability::GroupNonUniformArithmetic);
  return example::save(write_spirv(sum, target), "reduction") ? 0 : 1;
}
