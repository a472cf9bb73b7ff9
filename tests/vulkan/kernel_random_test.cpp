// Random kernels leave the same words on a device as in the interpreter: native, and legalised for Vulkan 1.1 alone.
#include "adapter_runner.hpp"

#include "support/random_kernel.hpp"

#include <cstdlib>

using namespace airstrip::kernel;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

test::Given given_to_random_kernels() {
  std::vector<std::uint32_t> in(test::random_kernel::inputs);
  for (std::uint32_t i = 0; i < in.size(); ++i) in[i] = i < 40 ? i * i : 0xFFFFFFFFu / (i - 30);
  return test::Given()
      .buffer("in", in)
      .buffer("out",
              std::vector<std::uint32_t>(test::random_kernel::workgroup_size * test::random_kernel::groups *
                                         test::random_kernel::outputs_per_invocation))
      .parameter<u32>("n", 5)
      .workgroups(test::random_kernel::groups);
}

void run_all(test::DeviceRequest request, const VkPhysicalDeviceLimits* limits = nullptr) {
  std::string reason;
  std::unique_ptr<test::VulkanDevice> device = test::VulkanDevice::open(request, reason);
  if (device && test::asks_for(request, "shaderInt64") && !test::no_native_int64(*device).empty()) {
    std::vector<const char*>& features = request.features;
    features.erase(std::remove(features.begin(), features.end(), std::string("shaderInt64")), features.end());
    device = test::VulkanDevice::open(request, reason);
  }
  if (!device) return test::skip(reason.c_str());
  const std::uint64_t kernels = from_environment("AIRSTRIP_RANDOM_KERNELS_DRIVER", 60);
  const std::uint64_t seed = from_environment("AIRSTRIP_RANDOM_SEED", 4711);
  const airstrip::spirv::Target target = test::target_of(request);
  const test::Given given = given_to_random_kernels();
  test::KernelRunner runner(*device, given);
  test::AdapterRunner adapter(request, limits);
  if (!adapter.is_open()) return;
  std::uint64_t words = 0;
  unsigned wrong = 0;
  for (std::uint64_t i = 0; i < kernels && wrong < 5; ++i) {
    Kernel kernel = test::random_kernel::Generator(seed + i, request.minor > 0).run();
    const std::string again =
        "AIRSTRIP_RANDOM_SEED=" + std::to_string(seed + i) + " AIRSTRIP_RANDOM_KERNELS_DRIVER=1";
    const std::vector<test::Given::Memory> expected =
        interpreted(kernel, given, request.minor > 0 ? device->subgroup_size() : 8);
    REQUIRE_MESSAGE(!expected.empty(), again);
    // Reconvergence at every merge is what the interpreter assumed; the target cannot promise it.
    kernel.options().subgroup.reconvergence = Reconvergence::Unspecified;
    const airstrip::Result<airstrip::spirv::Module> module = write_spirv(kernel, target);
    REQUIRE_MESSAGE(module.ok(), again, "\n", std::string(module.error().to_string()));
    words += module->size();
    const auto found = runner.run(kernel, module->words(), given, {});
    REQUIRE_MESSAGE(found.size() == expected.size(), again);
    const std::string other = difference(given, expected[1], found[1]);
    if (!other.empty()) ++wrong;
    CHECK_MESSAGE(other.empty(), again, ": ", other);
    const auto through_adapter = adapter.run(kernel, target, given, {});
    REQUIRE_MESSAGE(through_adapter.size() == expected.size(), again);
    const std::string different = difference(given, expected[1], through_adapter[1]);
    if (!different.empty()) ++wrong;
    CHECK_MESSAGE(different.empty(), "through the adapter: ", again, ": ", different);
  }
  MESSAGE(device->name(), ", ", std::string(target.name()), ": ", kernels, " kernels of ",
          words / (kernels ? kernels : 1), " words");
}

}  // namespace

TEST_CASE("random kernels do on a device what they do in the interpreter") {
  run_all({3,
           {"shaderInt8", "shaderInt16", "shaderInt64", "shaderFloat16", "storageBuffer8BitAccess",
            "storageBuffer16BitAccess"},
           test::subgroup_basic | test::subgroup_arithmetic});
}
TEST_CASE("random kernels do on a device what they do in the interpreter, legalised for Vulkan 1.1") {
  run_all({1, {}, test::subgroup_basic | test::subgroup_arithmetic});
}
TEST_CASE("random kernels do on a weak device what they do in the interpreter") {
  const VkPhysicalDeviceLimits limits = test::weak_limits();
  run_all({0, {}, 0}, &limits);
}
