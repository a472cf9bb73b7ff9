// Any bytes into reflection, with values for some specialisation constants: an error or a reflection that is consistent,
// in memory and time proportional to the bytes.
//   fuzz_reflect -max_len=8192 corpus tests/fuzz/seeds/reflect
#include "reflect/invariants.hpp"

#include <airstrip/reflect.hpp>

#include <cstddef>
#include <cstdint>

using namespace airstrip;

namespace {

void require(bool condition) {
  if (!condition) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<spirv::ModuleView> view = spirv::parse_bytes(data, size);
  if (!view) return 0;
  // The values come from the header's generator word, which means nothing.
  const std::uint32_t seed = view->generator();
  const reflection::Override overrides[] = {{0, seed}, {1, ~std::uint64_t{seed}}, {seed >> 16, seed & 0xFF}};
  for (const Span<const reflection::Override> with : {Span<const reflection::Override>(), {overrides, 3}}) {
    const Result<Reflection> r = reflect(*view, with);
    if (!r) {
      require(r.error().code == ErrorCode::LimitExceeded && !r.error().message.empty());
      continue;
    }
    test::check_invariants(*r, require);
    require(!reflection::to_json(*r).empty());
    require(!reflection::cpp_structs(*r).empty());
    for (const unsigned minor : {0u, 1u, 3u}) {
      const spirv::Version version = spirv::make_version(1, minor);
      const reflection::DeviceRequirements needs = reflection::requirements_of(*r, version);
      reflection::DeviceDescription device;
      device.api_version = version;
      for (const reflection::Failure& failure : reflection::check(needs, device))
        require(!failure.to_string().empty());
    }
    for (const reflection::EntryPoint& entry : r->entry_points()) {
      const Result<reflection::PipelineLayout> layout = reflection::pipeline_layout(*r, entry);
      require(layout.ok() ? layout->bindings.size() <= entry.bindings.count
                          : layout.error().code == ErrorCode::InvalidOperand);
    }
    const Result<reflection::Specialization> values = reflection::specialization_of(*r);
    require(values.ok() || values.error().code == ErrorCode::InvalidOperand);
  }
  return 0;
}
