// A kernel on a device, by Vulkan's bare calls and through the adapter, against the interpreter.
#pragma once

#include "adapter_runner.hpp"
#include "kernel_fixture.hpp"

namespace test {

// Writes the kernel for what `request` enables (and `target`, where that is more), runs it by the harness's own
// calls and through the adapter, and compares. False after a
// failure, and where it cannot run here, which skips the test case.
inline bool check_kernel(const airstrip::kernel::Kernel& kernel, const Given& given,
                         const DeviceRequest& request, const airstrip::kernel::WriteOptions& options = {},
                         airstrip::spirv::Target target = airstrip::spirv::Target::universal()) {
  if (target.environment() != airstrip::spirv::Environment::Vulkan) target = target_of(request);
  const airstrip::Result<airstrip::spirv::Module> module =
      airstrip::kernel::write_spirv(kernel, target, options);
  if (!module.ok()) {
    FAIL_CHECK(std::string(module.error().to_string()));
    return false;
  }
  const Verdict verdict = validate(module->words(), target);
  if (verdict.ran && !verdict.valid) {
    FAIL_CHECK("invalid: ", verdict.text);
    return false;
  }
  std::string reason;
  const std::unique_ptr<VulkanDevice> device = VulkanDevice::open(request, reason);
  if (device && asks_for(request, "shaderInt64")) reason = no_native_int64(*device);
  if (device && options.layout == airstrip::kernel::BindingLayout::DeviceAddresses && reason.empty())
    reason = no_vectors_by_address(*device, kernel);
  if (!reason.empty()) {
    skip(reason.c_str());
    return false;
  }
  // Vulkan 1.0 does not know of subgroups, nor does a kernel for it.
  const std::uint32_t subgroup_size = request.minor == 0 ? 8 : device->subgroup_size();
  const std::vector<Given::Memory> expected = interpreted(kernel, given, subgroup_size);
  if (expected.empty()) return false;
  const auto found = KernelRunner(*device, given).run(kernel, module->words(), given, options);
  REQUIRE(found.size() == expected.size());
  bool same = true;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string other = difference(given, expected[i], found[i]);
    CHECK_MESSAGE(other.empty(), device->name(), ", ", std::string(target.name()), ": ", other);
    same = same && other.empty();
  }
  const VkPhysicalDeviceLimits weak = weak_limits();
  AdapterRunner adapter(request, request.minor == 0 ? &weak : nullptr);
  if (!adapter.is_open()) return false;
  const auto through_adapter = adapter.run(kernel, target, given, options);
  REQUIRE(through_adapter.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string other = difference(given, expected[i], through_adapter[i]);
    CHECK_MESSAGE(other.empty(), "through the adapter: ", device->name(), ", ", std::string(target.name()),
                  ": ", other);
    same = same && other.empty();
  }
  return same;
}

}  // namespace test
