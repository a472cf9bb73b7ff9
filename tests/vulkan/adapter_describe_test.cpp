// What a device says of itself, as enabled and as possible; and what pipelines make of it.
#include "adapter_fixture.hpp"
#include "fake_driver.hpp"

#include <algorithm>

using namespace airstrip;
using namespace airstrip::kernel;
using namespace airstrip::vulkan;
using spirv::Capability;

namespace {

bool contains(const String& text, const char* part) { return text.contains(part); }

}  // namespace

TEST_CASE("adapter: a device of Vulkan 1.0 with nothing enabled permits the least") {
  test::AdapterDevice d({.api_version = VK_API_VERSION_1_0, .enable_all = false});
  if (!d.is_open) return;
  const Description& description = d.device.describe();
  CHECK(description.api_version == VK_API_VERSION_1_0);
  CHECK(description.target.name() == "vulkan1.0");
  CHECK(description.target.error().empty());
  CHECK(description.target.spirv_version() == spirv::make_version(1, 0));
  CHECK(description.subgroup_size == 0);
  CHECK(description.subgroup_operations == 0);
  CHECK(description.features.empty());
  CHECK(!description.target.permits(Capability::Float16));
  CHECK(!description.target.permits(Capability::Int64));
  CHECK(!description.target.permits(Capability::GroupNonUniform));
  CHECK(description.max_push_descriptors == 0);
}

TEST_CASE("adapter: what is enabled is what the target permits, no more") {
  const Text features[] = {"shaderFloat16", "shaderInt64", "bufferDeviceAddress"};
  test::AdapterDevice d({.api_version = VK_API_VERSION_1_2, .enable_all = false, .features = features});
  if (!d.is_open) return;
  const Description& description = d.device.describe();
  CHECK(description.has_feature("shaderFloat16"));
  CHECK(!description.has_feature("shaderInt8"));
  CHECK(description.target.permits(Capability::Float16));
  CHECK(description.target.permits(Capability::PhysicalStorageBufferAddresses));
  CHECK(!description.target.permits(Capability::Int8));
  CHECK(!description.target.permits(Capability::StorageBuffer16BitAccess));
  CHECK(description.target.permits(Capability::Int64) == !description.known.breaks_int64);
  CHECK(description.has_device_addresses);
  CHECK(description.subgroup_size >= 4);
  CHECK(!description.can_choose_subgroup_size);
  CHECK(description.limits.maxComputeWorkGroupInvocations >= 128);
  // Properties need no enabling.
  CHECK(description.target.permits(Capability::GroupNonUniformArithmetic) ==
        ((description.subgroup_operations & VK_SUBGROUP_FEATURE_ARITHMETIC_BIT) != 0));
  CHECK(contains(description.to_string(), "Vulkan 1.2, SPIR-V 1.5"));
  CHECK(contains(description.to_string(), "features: shaderInt64 shaderFloat16 bufferDeviceAddress"));
}

TEST_CASE("adapter: what could be enabled is more, and names the driver") {
  test::AdapterDevice d({.api_version = VK_API_VERSION_1_3});
  if (!d.is_open) return;
  const Description& enabled = d.device.describe();
  ContextInfo info;
  info.get_instance_proc_addr = d.device.context().functions().vkGetInstanceProcAddr;
  info.instance = d.device.instance();
  info.physical_device = d.device.context().physical_device();
  info.api_version = VK_API_VERSION_1_3;
  const Result<Description> possible = describe_supported(info);
  REQUIRE(test::is_ok(possible));
  for (const Text feature : enabled.features) CHECK(possible->has_feature(feature));
  CHECK(possible->features.size() > enabled.features.size());
  CHECK(possible->extensions.size() > enabled.extensions.size());
  CHECK(!possible->driver_name.empty());
  if (possible->device_name.contains("llvmpipe")) {
    CHECK(!possible->driver_info.empty());
    CHECK(possible->driver == VK_DRIVER_ID_MESA_LLVMPIPE);
    CHECK(possible->driver_name == "llvmpipe");
    CHECK(possible->type == VK_PHYSICAL_DEVICE_TYPE_CPU);
    const u32 limit = possible->known.loop_iterations;
    CHECK(limit == (possible->driver_info.contains("Mesa 26") ? 0 : 65535));
    // Whether it is so: a loop of that length, and one that is longer.
    Pipeline pipeline = d.pipeline(make_kernel("count", {.workgroup = {64}}, [](KernelBuilder& k) {
      const auto n = k.param<u32>("n");
      const auto out = k.output<u32>("out");
      const auto sum = k.var<u32>(0u);
      k.for_(k.constant<u32>(0u), n, [&](auto i) { sum = sum * 3u + i; });
      out[k.global_id().x] = sum;
    }));
    const DeviceBuffer out = d.buffer(std::vector<u32>(64));
    for (const u32 n : {60000u, 70000u}) {
      u32 sum = 0;
      for (u32 i = 0; i < n; ++i) sum = sum * 3 + i;
      const Parameter parameters[] = {{"n", n}};
      const Binding bindings[] = {bind("out", out)};
      REQUIRE(test::is_ok(d.device.run(pipeline, {.bindings = bindings, .parameters = parameters}, {1})));
      CHECK((d.read<u32>(out) == std::vector<u32>(64, sum)) == (limit == 0 || n <= limit));
    }
  }
  if (enabled.has_feature("cooperativeMatrix")) {
    CHECK(enabled.target.permits(Capability::CooperativeMatrixKHR));
    REQUIRE(!enabled.cooperative_matrices.empty());
    CHECK(enabled.cooperative_matrices[0].m > 0);
    CHECK(enabled.cooperative_matrices[0].scope == 3);
  } else {
    CHECK(enabled.cooperative_matrices.empty());
  }
}

TEST_CASE("adapter: feature structures from names, under each version") {
  const Text narrow[] = {"storageBuffer16BitAccess"};
  Result<FeatureChain> chain = FeatureChain::make(VK_API_VERSION_1_1, narrow);
  REQUIRE(test::is_ok(chain));
  CHECK(chain->core() == nullptr);
  bool found = false;
  for (auto* link = static_cast<VkBaseOutStructure*>(chain->chain()); link; link = link->pNext) {
    CHECK(link->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES);  // which is of Vulkan 1.2
    if (link->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES)
      found = reinterpret_cast<VkPhysicalDevice16BitStorageFeatures*>(link)->storageBuffer16BitAccess;
  }
  CHECK(found);
  chain = FeatureChain::make(VK_API_VERSION_1_3, narrow);
  REQUIRE(test::is_ok(chain));
  found = false;
  for (auto* link = static_cast<VkBaseOutStructure*>(chain->chain()); link; link = link->pNext) {
    CHECK(link->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES);
    if (link->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES)
      found = reinterpret_cast<VkPhysicalDeviceVulkan11Features*>(link)->storageBuffer16BitAccess;
  }
  CHECK(found);
  chain = FeatureChain::make(VK_API_VERSION_1_0, narrow);
  CHECK(chain.error().code == ErrorCode::InvalidTarget);
  CHECK(chain.error().message.contains("storageBuffer16BitAccess"));
  const Text old[] = {"shaderInt64"};
  chain = FeatureChain::make(VK_API_VERSION_1_0, old);
  REQUIRE(test::is_ok(chain));
  CHECK(chain->chain() == nullptr);
  REQUIRE(chain->core() != nullptr);
  CHECK(chain->core()->shaderInt64 == VK_TRUE);
  CHECK(chain->core()->shaderInt16 == VK_FALSE);
  // What an extension brings needs the extension.
  const Text matrices[] = {"cooperativeMatrix"};
  CHECK(!FeatureChain::make(VK_API_VERSION_1_3, matrices).ok());
  const char* const extension[] = {"VK_KHR_cooperative_matrix"};
  CHECK(FeatureChain::make(VK_API_VERSION_1_3, matrices, extension).ok());
}

TEST_CASE(
    "adapter: a chosen subgroup size, full subgroups, specialisation, and the caller's pipeline cache") {
  test::AdapterDevice d;
  if (!d.is_open) return;
  const Description& description = d.device.describe();
  if (!description.can_choose_subgroup_size || !description.can_require_full_subgroups)
    return test::skip("the device's subgroups have no choice of size");
  const Context& context = d.device.context();
#define GET(name) \
  reinterpret_cast<PFN_##name>(context.functions().vkGetDeviceProcAddr(context.device(), #name))
  VkPipelineCacheCreateInfo cache_info{};
  cache_info.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
  VkPipelineCache cache = VK_NULL_HANDLE;
  REQUIRE(GET(vkCreatePipelineCache)(context.device(), &cache_info, nullptr, &cache) == VK_SUCCESS);

  const Kernel kernel = make_kernel("sizes", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto scale = k.spec_constant<u32>(7, 3, "scale");
    const auto out = k.output<u32>("out");
    out[k.global_id().x] = k.subgroup_size() * scale;
  });
  for (std::uint32_t size = description.min_subgroup_size; size <= description.max_subgroup_size; size *= 2) {
    const reflection::Override constants[] = {{.spec_id = 7, .bits = 5}};
    Pipeline pipeline =
        d.pipeline(kernel, {}, {.constants = constants, .subgroup_size = size, .full_subgroups = true});
    REQUIRE(test::is_ok(pipeline.compile(cache)));
    const DeviceBuffer out = d.buffer(std::vector<u32>(128));
    CHECK(test::is_ok(d.device.run(pipeline, {.bindings = {bind("out", out)}}, {2})));
    CHECK(d.read<u32>(out) == std::vector<u32>(128, 5 * size));
  }
  std::size_t bytes = 0;
  CHECK(GET(vkGetPipelineCacheData)(context.device(), cache, &bytes, nullptr) == VK_SUCCESS);
  GET(vkDestroyPipelineCache)(context.device(), cache, nullptr);
#undef GET
}

TEST_CASE("adapter: a dispatch is timed by timestamps") {
  test::AdapterDevice d;
  if (!d.is_open) return;
  Pipeline pipeline = d.pipeline(test::make_saxpy());
  const DeviceBuffer x = d.buffer(std::vector<float>(1024, 2)), y = d.buffer(std::vector<float>(1024, 0));
  const Binding bindings[] = {bind("x", x), bind("y", y)};
  const Parameter parameters[] = {{"n", u32{1024}}, {"a", 1.0f}};
  const Result<Timing> timing =
      d.device.time(pipeline, {.bindings = bindings, .parameters = parameters}, {16}, 5);
  if (timing.error().code == ErrorCode::MissingCapability) return test::skip(timing.error().message.c_str());
  REQUIRE(test::is_ok(timing));
  CHECK(timing->repeats == 5);
  CHECK(timing->minimum <= timing->median);
  CHECK(timing->median <= timing->maximum);
  CHECK(timing->maximum > 0);
  CHECK(d.read<float>(y) == std::vector<float>(1024, 12));  // once for warmth
}

TEST_CASE("adapter: a context and a pipeline may be moved") {
  test::fake.reset();
  {
    Result<Context> made = Context::make(test::fake_info());
    REQUIRE(test::is_ok(made));
    WriteOptions options;
    options.names = true;
    const Result<spirv::Module> module = write_spirv(test::make_saxpy(), made->describe().target, options);
    Result<Pipeline> pipeline = Pipeline::make(*made, {.words = module->words()});
    REQUIRE(test::is_ok(pipeline));
    const Context context = static_cast<Context&&>(*made);
    const Pipeline moved = static_cast<Pipeline&&>(*pipeline);
    CHECK(pipeline->state() == PipelineState::Empty);
    CHECK(moved.state() == PipelineState::Made);
    CHECK(&moved.context().functions() == &context.functions());
    CHECK(moved.label() == Text("main"));
    CHECK(moved.set_layouts().size() == 1);
    REQUIRE(moved.pool_sizes().size() == 1);
    CHECK(moved.pool_sizes()[0].descriptorCount == 2);
  }
  CHECK(test::fake.created == test::fake.destroyed);
}
