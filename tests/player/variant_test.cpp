// Which variant a device plays, and what is said of the others.
#include "fake_player.hpp"

using namespace airstrip;
using namespace airstrip::player;
using Kind = program::RequirementRecord::Kind;
using test::fake;

namespace {

// A program whose only variant asks for something, and what is said of it.
template <class F>
std::string reason(const F& change, const DeviceInfo& info = test::fake_device_info()) {
  test::ProgramMaker m;
  const std::uint32_t n = m.size("n", 4096);
  const std::uint32_t x = m.tensor("x", program::Direction::Input, n, 4096),
                      y = m.tensor("y", program::Direction::Output, n, 4096);
  m.dispatch("a", m.module(test::make_triple()), m.groups(n), program::Barrier::Absent, {{"x", x}, {"y", y}},
             {{"n", n}});
  program::VariantRecord& v = m.variant("only");
  change(m, v);
  const std::vector<unsigned char> bytes = m.bytes();
  const program::Program program = test::open_bytes(bytes);
  const Device device = test::fake_device(info);
  const String why = misfit(device, program, program.variants()[0]);
  const Result<VariantChoice> choice = choose_variant(device, program);
  CHECK(choice.ok() == why.empty());
  if (!choice.ok()) {
    CHECK(choice.error().code == ErrorCode::MissingCapability);
    CHECK(choice.error().message.contains("no variant of the program fits the device; only: "));
    CHECK(choice.error().message.contains(why));
  }
  return std::string(why);
}

}  // namespace

TEST_CASE("player: what a device lacks is said") {
  fake.reset();
  using Maker = test::ProgramMaker;
  using Variant = program::VariantRecord;
  const auto requires_ = [](Kind kind, const char* name, std::uint64_t least = 0) {
    return [=](Maker& m, Variant& v) { m.require(v, kind, name, least); };
  };
  CHECK(reason([](Maker&, Variant&) {}) == "");
  CHECK(reason([](Maker&, Variant& v) { v.api_version = VK_API_VERSION_1_3; }) ==
        "it needs Vulkan 1.3, and the device is used with 1.1");
  CHECK(reason(requires_(Kind::Feature, "shaderFloat16")) == "the feature shaderFloat16 is not enabled");
  CHECK(reason(requires_(Kind::Extension, "VK_KHR_cooperative_matrix")) ==
        "the extension VK_KHR_cooperative_matrix is not enabled");
  CHECK(reason(requires_(Kind::Property, "VK_SUBGROUP_FEATURE_BASIC_BIT")) == "");
  CHECK(reason(requires_(Kind::Property, "VK_SUBGROUP_FEATURE_SHUFFLE_BIT")) ==
        "the device does not have VK_SUBGROUP_FEATURE_SHUFFLE_BIT for compute shaders");
  CHECK(reason(requires_(Kind::Property, "shaderSignedZeroInfNanPreserveFloat32")) != "");
  CHECK(reason(requires_(Kind::Limit, "maxComputeSharedMemorySize", 16384)) == "");
  CHECK(reason(requires_(Kind::Limit, "maxComputeSharedMemorySize", 32768)) ==
        "it needs 32768 of the limit maxComputeSharedMemorySize, which is 16384");
  CHECK(reason(requires_(Kind::Limit, "maxComputeWorkGroupSize[2]", 65)) != "");
  CHECK(reason(requires_(Kind::Limit, "maxFun", 1)) ==
        "it needs the limit maxFun, which the player does not know");
  CHECK(reason([](Maker&, Variant& v) { v.min_subgroup_size = 64; }) ==
        "its kernels are for subgroups of 64 invocations or more, and the device's have 32");
  DeviceInfo first = test::fake_device_info();
  first.api_version = VK_API_VERSION_1_0;
  CHECK(reason(
            [](Maker&, Variant& v) {
              v.api_version = VK_API_VERSION_1_0;
              v.min_subgroup_size = v.max_subgroup_size = 64;
            },
            first) ==
        "its kernels are for subgroups of 64 to 64 invocations, and of what size the device's are "
        "is not known before Vulkan 1.1");
  CHECK(reason([](Maker&, Variant& v) { v.max_subgroup_size = 16; }) ==
        "its kernels are for subgroups of 0 to 16 invocations, and the device's have 32");
  CHECK(reason([](Maker&, Variant& v) { v.uses_addresses = 1; }) ==
        "the feature bufferDeviceAddress is not enabled");
  CHECK(reason([](Maker&, Variant& v) { v.max_groups[0] = 65536; }) ==
        "it needs 65536 of the limit maxComputeWorkGroupCount, which is 65535");
  const auto module = [](auto change) { return [=](Maker& m, Variant&) { change(m.writer.modules[0]); }; };
  using Record = program::ModuleRecord;
  CHECK(reason(module([](Record& r) { r.workgroup[0] = 256; })) ==
        "it needs 256 of the limit maxComputeWorkGroupSize, which is 128");
  CHECK(reason(module([](Record& r) { r.workgroup[1] = 4; })) ==
        "it needs 256 of the limit maxComputeWorkGroupInvocations, which is 128");
  CHECK(reason(module([](Record& r) { r.parameter_bytes = 132; })) ==
        "it needs 132 of the limit maxPushConstantsSize, which is 128");
  CHECK(reason(module([](Record& r) {
          r.placement = program::Placement::Uniform;
          r.parameter_bytes = 16388;
          r.parameter_binding = 9;
        })) == "it needs 16388 of the limit maxUniformBufferRange, which is 16384");
  CHECK(reason(module([](Record& r) { r.subgroup_size = 16; })) ==
        "a kernel asks for subgroups of 16 invocations, and the feature subgroupSizeControl is not enabled");
  CHECK(reason(module([](Record& r) { r.full_subgroups = 1; })) ==
        "a kernel asks for full subgroups, and the feature computeFullSubgroups is not enabled");
  CHECK(reason([](Maker& m, Variant&) {
          for (program::BindingRecord& b : m.writer.bindings) b.set += 4;
        }) == "it needs 5 of the limit maxBoundDescriptorSets, which is 4");
  // An image is bound with its sampler.
  fake.limits.maxPerStageDescriptorSamplers = 0;
  CHECK(reason([](Maker& m, Variant&) {
          m.writer.tensors[0].storage = program::StorageKind::SampledImage;
          m.writer.bindings[0].type = program::DescriptorType::SampledImage;
        }) == "it needs 1 of the limit maxPerStageDescriptorSamplers, which is 0");
  fake.reset();

  DeviceInfo info = test::fake_device_info();
  const Text features[] = {"subgroupSizeControl", "computeFullSubgroups", "shaderFloat16"};
  const char* const extensions[] = {"VK_KHR_cooperative_matrix"};
  info.feature_names = features;
  info.extensions = extensions;
  CHECK(reason(requires_(Kind::Feature, "shaderFloat16"), info) == "");
  CHECK(reason(requires_(Kind::Extension, "VK_KHR_cooperative_matrix"), info) == "");
  CHECK(reason(module([](Record& r) { r.subgroup_size = 16; }), info) == "");
  CHECK(reason(module([](Record& r) { r.subgroup_size = 64; }), info) ==
        "a kernel asks for subgroups of 64 invocations, and the device has powers of two from 8 to 32");
  CHECK(reason(module([](Record& r) { r.subgroup_size = 24; }), info) != "");
  CHECK(reason(module([](Record& r) { r.subgroup_size = 8; }), info) ==
        "it needs 8 of the limit maxComputeWorkgroupSubgroups, which is 4");
  CHECK(reason(module([](Record& r) { r.full_subgroups = 1; }), info) == "");
  CHECK(reason(module([](Record& r) {
                 r.full_subgroups = 1;
                 r.workgroup[0] = 48;
               }),
               info) == "a kernel asks for full subgroups, and its workgroup's x, 48, is no multiple of 32");
}

TEST_CASE("player: the first that fits is chosen, of the device's kind where there is one") {
  fake.reset();
  test::ProgramMaker m;
  const std::uint32_t n = m.size("n", 4096);
  const std::uint32_t x = m.tensor("x", program::Direction::Input, n, 4096),
                      y = m.tensor("y", program::Direction::Output, n, 4096);
  const auto triple = m.module(test::make_triple());
  const auto add = [&](const char* name, std::uint32_t kind, const char* feature) {
    m.dispatch(name, triple, m.groups(n), program::Barrier::Absent, {{"x", x}, {"y", y}}, {{"n", n}});
    program::VariantRecord& v = m.variant(name);
    v.device_kind = kind;
    if (feature) m.require(v, Kind::Feature, feature);
  };
  add("fp16", 0, "shaderFloat16");
  add("llvmpipe", 1, nullptr);
  add("gpu", 0, nullptr);
  add("another", 0, nullptr);
  const std::vector<unsigned char> bytes = m.bytes();
  const program::Program program = test::open_bytes(bytes);
  const Device device = test::fake_device();
  Result<VariantChoice> choice = choose_variant(device, program);
  REQUIRE(test::is_ok(choice));
  CHECK(choice->variant == 2);
  REQUIRE(choice->refusals.size() == 3);
  CHECK(choice->refusals[0].name == Text("fp16"));
  CHECK(choice->refusals[0].reason == "the feature shaderFloat16 is not enabled");
  CHECK(choice->refusals[1].reason == "it fits, and another is scheduled for this kind of device");
  CHECK(choice->refusals[2].reason == "it fits, and another comes before it");

  choice = choose_variant(device, program, "llvmpipe");
  REQUIRE(test::is_ok(choice));
  CHECK(choice->variant == 1);
  CHECK(choice->refusals[0].reason == "another was asked for by name");
  test::check_refused(
      choose_variant(device, program, "fp16"), ErrorCode::MissingCapability,
      "no variant of the program fits the device; fp16: the feature shaderFloat16 is not enabled");
  test::check_refused(choose_variant(device, program, "fp8"), ErrorCode::InvalidOperand,
                      "the program has no variant fp8; it has fp16, llvmpipe, gpu, another");

  const Result<Model> model = Model::make(device, program, "another");
  REQUIRE(test::is_ok(model));
  CHECK(program.text(model->variant().name) == Text("another"));
  CHECK(model->refusals().size() == 3);

  test::ProgramMaker none;
  const std::vector<unsigned char> empty = none.bytes();
  test::check_refused(choose_variant(device, test::open_bytes(empty)), ErrorCode::InvalidOperand,
                      "the program has no variant at all");
}

TEST_CASE("player: a device without what Vulkan 1.0 has is refused") {
  fake.reset();
  DeviceInfo info = test::fake_device_info();
  info.get_instance_proc_addr = nullptr;
  test::check_refused(Device::make(info), ErrorCode::VulkanFailed, "no vkGetInstanceProcAddr was given");
  info = test::fake_device_info();
  info.instance = VK_NULL_HANDLE;
  test::check_refused(Device::make(info), ErrorCode::VulkanFailed, "no VkInstance was given");
  info = test::fake_device_info();
  info.device = VK_NULL_HANDLE;
  test::check_refused(Device::make(info), ErrorCode::VulkanFailed, "no VkDevice was given");
  info = test::fake_device_info();
  info.physical_device = VK_NULL_HANDLE;
  test::check_refused(Device::make(info), ErrorCode::VulkanFailed, "no VkPhysicalDevice was given");
  info = test::fake_device_info();
  info.get_instance_proc_addr = [](VkInstance, const char*) -> PFN_vkVoidFunction { return nullptr; };
  test::check_refused(Device::make(info), ErrorCode::VulkanFailed,
                      "vkGetInstanceProcAddr has no vkGetDeviceProcAddr");
}

TEST_CASE("player: a device of the adapter's context") {
  fake.reset();
  vulkan::ContextInfo info = test::fake_info();
  const Text features[] = {"shaderFloat16"};
  const char* const extensions[] = {"VK_KHR_shader_float16_int8"};
  info.feature_names = features;
  info.extensions = extensions;
  const Result<vulkan::Context> context = vulkan::Context::make(info);
  REQUIRE(context.ok());
  const Result<Device> device = Device::make(*context);
  REQUIRE(test::is_ok(device));
  CHECK(device->has_feature("shaderFloat16"));
  CHECK_FALSE(device->has_feature("VK_KHR_shader_float16_int8"));
  CHECK(device->has_extension("VK_KHR_shader_float16_int8"));
  CHECK_FALSE(device->has_extension("shaderFloat16"));
  CHECK(device->properties().api_version == VK_API_VERSION_1_1);
  CHECK(device->properties().subgroup_size == 32);
  CHECK(device->properties().kind == DeviceKind::Gpu);
}
