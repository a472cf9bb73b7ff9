// Random kernels give the same bytes, and no findings, whichever passes run.
#include "../support/random_kernel.hpp"

#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/passes.hpp>

#include "pass_test.hpp"

#include <cstdlib>
#include <cstring>
#include <vector>

using namespace test;
namespace random_kernel = test::random_kernel;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Outcome {
  std::vector<std::uint32_t> words;
  std::string findings;  // or an error
};

Outcome run(const Kernel& kernel) {
  Outcome outcome;
  std::vector<std::uint32_t> in(random_kernel::inputs);
  for (std::uint32_t i = 0; i < random_kernel::inputs; ++i) in[i] = i < 40 ? i * i : 0xFFFFFFFFu / (i - 30);
  outcome.words.assign(
      random_kernel::workgroup_size * random_kernel::groups * random_kernel::outputs_per_invocation, 0);
  Resources resources;
  resources.bind("in", Span<const std::uint32_t>(in));
  resources.bind("out", Span<std::uint32_t>(outcome.words));
  resources.set<u32>("n", 5);
  Dispatch dispatch;
  dispatch.groups.x = random_kernel::groups;
  InterpretOptions options;
  options.subgroup_size = 4;
  const Result<Report> report = interpret(kernel, dispatch, resources, options);
  if (!report.ok())
    outcome.findings = std::string(report.error().to_string());
  else if (!report.value().clean())
    outcome.findings = std::string(report.value().to_string());
  return outcome;
}

struct Variant {
  const char* name;
  PassOptions passes;
};

// The passes named, and no others.
template <class... Flags>
PassOptions only(Flags... flags) {
  PassOptions options = PassOptions::none();
  ((options.*flags = true), ...);
  return options;
}
const Variant variants[] = {
    {"promote_variables", only(&PassOptions::promote_variables)},
    {"order", only(&PassOptions::order)},
    {"fold", only(&PassOptions::fold)},
    {"divide_by_constant", only(&PassOptions::divide_by_constant)},
    {"cse", only(&PassOptions::cse)},
    {"hoist", only(&PassOptions::hoist)},
    {"contract", only(&PassOptions::contract)},
    {"dead_code", only(&PassOptions::dead_code)},
    {"promote_variables, order", only(&PassOptions::promote_variables, &PassOptions::order)},
    {"promote_variables, fold", only(&PassOptions::promote_variables, &PassOptions::fold)},
    {"promote_variables, cse", only(&PassOptions::promote_variables, &PassOptions::cse)},
    {"promote_variables, hoist", only(&PassOptions::promote_variables, &PassOptions::hoist)},
    {"promote_variables, cse, hoist",
     only(&PassOptions::promote_variables, &PassOptions::cse, &PassOptions::hoist)},
    {"promote_variables, dead_code", only(&PassOptions::promote_variables, &PassOptions::dead_code)},
    {"all", {}},
};

}  // namespace

TEST_CASE("random kernels mean the same after each pass alone and all of them") {
  const std::uint64_t kernels = from_environment("AIRSTRIP_RANDOM_KERNELS", 300);
  const std::uint64_t seed = from_environment("AIRSTRIP_RANDOM_SEED", 20240607);
  std::uint64_t nodes = 0, remaining = 0;
  for (std::uint64_t i = 0; i < kernels; ++i) {
    const Kernel original = random_kernel::Generator(seed + i).run();
    const auto say = [&](const char* variant, const std::string& what, const Kernel& kernel) {
      FAIL_CHECK("AIRSTRIP_RANDOM_SEED=", seed + i,
                 " AIRSTRIP_RANDOM_KERNELS=1, passes: ", std::string(variant), "\n", what, "\n",
                 std::string(print(original)), "\nafter:\n", body(kernel));
    };
    const Result<void> valid = verify(original);
    if (!valid.ok()) {
      say("none", std::string(valid.error().to_string()), original);
      return;
    }
    const Outcome expected = run(original);
    if (!expected.findings.empty()) {
      say("none", expected.findings, original);
      return;
    }
    nodes += original.node_bound();
    for (const Variant& variant : variants) {
      Kernel kernel = original.clone();
      run_passes(kernel, variant.passes);
      const Result<void> still = verify(kernel);
      if (!still.ok()) {
        say(variant.name, std::string(still.error().to_string()), kernel);
        return;
      }
      const Outcome outcome = run(kernel);
      if (!outcome.findings.empty() || outcome.words != expected.words) {
        say(variant.name, outcome.findings.empty() ? "other words" : outcome.findings, kernel);
        return;
      }
      if (&variant == &variants[sizeof variants / sizeof *variants - 1])
        for (const Function& f : kernel.functions())
          for_each_node(kernel, f.body, [&](NodeId) { ++remaining; });
      // A second time changes nothing in meaning either.
      run_passes(kernel, variant.passes);
      const Result<void> twice = verify(kernel);
      if (!twice.ok()) {
        say(variant.name, "the second time: " + std::string(twice.error().to_string()), kernel);
        return;
      }
    }
  }
  CHECK(remaining < nodes);
  MESSAGE(kernels, " kernels of ", nodes / (kernels ? kernels : 1), " nodes, ",
          remaining / (kernels ? kernels : 1), " after all passes");
}
