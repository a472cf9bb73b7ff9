// Memory: an allocation that fails is an error, wherever it happens, and never half an answer. Every call to the C
// allocator can be made to fail: one of them, or all from one on.
#include "../kernel/example_kernels.hpp"
#include "../support/count_allocations.hpp"
#include "../support/skip.hpp"
#include "assemble.hpp"

#include <airstrip/kernel/write_spirv.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::reflection;

#if COUNTS_ALLOCATIONS

namespace {

using test::allocations;
using test::counting;
using test::failing;
using test::last_failing;

// What `make` gives has to be what it gave at first, or it fails in the way that it says.
template <class Make, class Check>
void with_every_failure(Make&& make, Check&& is_error_or_right) {
  allocations = 0;
  failing = ~0u;
  counting = true;
  { const auto first = make(); }
  counting = false;
  const unsigned count = allocations;
  REQUIRE(count != 0);
  for (const bool all : {false, true})
    for (unsigned i = 0; i < count; ++i) {
      CAPTURE(i);
      allocations = 0;
      failing = i;
      last_failing = all ? ~0u : i;
      counting = true;
      const auto made = make();
      counting = false;
      REQUIRE(is_error_or_right(made));
    }
}

std::vector<test::Words> modules() {
  std::vector<test::Words> list;
  for (const char* const text : {
#include "modules.inc"
       })
    list.push_back(test::assemble(text, SPV_ENV_VULKAN_1_1).words);
  const Result<spirv::Module> module = kernel::write_spirv(
      example_kernels::reduction(), example_kernels::subgroups(spirv::Target::vulkan(1, 1)), {.names = true});
  if (module) list.push_back(test::Words(module->data(), module->data() + module->size()));
  return list;
}

}  // namespace

#endif

TEST_CASE("memory: reflect fails, or says everything") {
#if COUNTS_ALLOCATIONS
  for (const test::Words& words : modules()) {
    const Result<Reflection> whole = reflect(words, {{7, 1}});
    REQUIRE(whole.ok());
    const std::string text(to_json(*whole));
    with_every_failure(
        [&] {
          return reflect(words, {{7, 1}});
        },
        [&](const Result<Reflection>& r) {
          return r ? std::string(to_json(*r)) == text : r.error().code == ErrorCode::OutOfMemory;
        });
  }
#else
  test::skip("allocations cannot be made to fail under a sanitizer");
#endif
}

TEST_CASE("memory: what is made of a reflection fails, or is whole") {
#if COUNTS_ALLOCATIONS
  for (const test::Words& words : modules()) {
    const Result<Reflection> r = reflect(words);
    REQUIRE(r.ok());
    const std::string json(to_json(*r)), structs(cpp_structs(*r, {.name_space = "gpu"}));
    with_every_failure([&] { return to_json(*r); },
                       [&](const String& made) { return made.empty() || std::string(made) == json; });
    with_every_failure([&] { return cpp_structs(*r, {.name_space = "gpu"}); },
                       [&](const String& made) { return made.empty() || std::string(made) == structs; });
    const Result<PipelineLayout> layout = pipeline_layout(*r, r->entry_points()[0]);
    REQUIRE(layout.ok());
    with_every_failure([&] { return pipeline_layout(*r, r->entry_points()[0]); },
                       [&](const Result<PipelineLayout>& made) {
                         return made ? made->bindings.size() == layout->bindings.size() &&
                                           made->push_ranges.size() == layout->push_ranges.size()
                                     : made.error().code == ErrorCode::OutOfMemory;
                       });
    const DeviceRequirements needs = requirements_of(*r, spirv::make_version(1, 1));
    with_every_failure([&] { return requirements_of(*r, spirv::make_version(1, 1)); },
                       [&](const DeviceRequirements& made) {
                         return made.out_of_memory() ||
                                (made.requirements.size() == needs.requirements.size() &&
                                 made.limits.size() == needs.limits.size());
                       });
  }
#else
  test::skip("allocations cannot be made to fail under a sanitizer");
#endif
}
