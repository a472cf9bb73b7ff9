// Every error of the adapter, on a Vulkan that does nothing: each names what is wrong, before anything is recorded.
#include "adapter_fixture.hpp"
#include "fake_driver.hpp"

using namespace airstrip;
using namespace airstrip::kernel;
using namespace airstrip::vulkan;
using test::fake;
using test::fake_handle;

namespace {

Context make_context(ContextInfo info = test::fake_info()) {
  Result<Context> context = Context::make(info);
  REQUIRE(test::is_ok(context));
  return static_cast<Context&&>(*context);
}

spirv::Module module_of(const Kernel& kernel, const WriteOptions& given = {},
                        const spirv::Target& target = spirv::Target::vulkan(1, 1)) {
  WriteOptions options = given;
  options.names = true;
  Result<spirv::Module> module = write_spirv(kernel, target, options);
  REQUIRE(test::is_ok(module));
  return static_cast<spirv::Module&&>(*module);
}

// The error that making a pipeline of it gives.
void check_refused(const Context& context, const PipelineInfo& info, ErrorCode code, const char* part) {
  const Result<Pipeline> pipeline = Pipeline::make(context, info);
  CAPTURE(part);
  REQUIRE(!pipeline.ok());
  INFO(test::text_of(pipeline.error()));
  CHECK(pipeline.error().code == code);
  CHECK(pipeline.error().message.contains(part));
}

struct Ready {
  Context context = make_context();
  Pipeline pipeline;
  Frame frame;
  explicit Ready(const Kernel& kernel, const WriteOptions& options = {}) {
    frame.pool = fake_handle<VkDescriptorPool>(7);
    const spirv::Module module = module_of(kernel, options);
    Result<Pipeline> made = Pipeline::make(context, {.words = module.words()});
    REQUIRE(test::is_ok(made));
    pipeline = static_cast<Pipeline&&>(*made);
  }
  void refuses(const Arguments& arguments, ErrorCode code, const char* part) {
    fake.call_count = 0;
    const Result<Prepared> prepared = prepare(pipeline, arguments, frame);
    const std::uint32_t line = __builtin_LINE();
    REQUIRE(!prepared.ok());
    INFO(test::text_of(prepared.error()));
    CHECK(prepared.error().code == code);
    CHECK(prepared.error().message.contains(part));
    CHECK(prepared.error().where.line == line - 1);
    CHECK(fake.call_count == 0);
  }
};

const VkBuffer a_buffer = fake_handle<VkBuffer>(11), other_buffer = fake_handle<VkBuffer>(12);
const VkImageView a_view = fake_handle<VkImageView>(13);
const VkSampler a_sampler = fake_handle<VkSampler>(14);
const Binding good_x = bind_buffer("x", a_buffer, 400), good_y = bind_buffer("y", other_buffer, 400);
const Parameter good_n = {"n", u32{100}}, good_a = {"a", 2.0f};

}  // namespace

TEST_CASE("adapter errors: a context without its parts") {
  fake.reset();
  const auto refuses = [](const ContextInfo& info, ErrorCode code, const char* part) {
    const Result<Context> context = Context::make(info);
    REQUIRE(!context.ok());
    CHECK(context.error().code == code);
    CHECK(context.error().message.contains(part));
  };
  ContextInfo info = test::fake_info();
  info.get_instance_proc_addr = nullptr;
  refuses(info, ErrorCode::VulkanFailed, "no vkGetInstanceProcAddr");
  info = test::fake_info();
  info.instance = VK_NULL_HANDLE;
  refuses(info, ErrorCode::VulkanFailed, "no VkInstance");
  info = test::fake_info();
  info.physical_device = VK_NULL_HANDLE;
  refuses(info, ErrorCode::VulkanFailed, "no VkPhysicalDevice");
  info = test::fake_info();
  info.device = VK_NULL_HANDLE;
  refuses(info, ErrorCode::VulkanFailed, "no VkDevice");
  info = test::fake_info();
  info.get_instance_proc_addr = [](VkInstance instance, const char* name) -> PFN_vkVoidFunction {
    if (Text(name) == Text("vkGetPhysicalDeviceFeatures")) return nullptr;
    return test::fake_functions::of_instance(instance, name);
  };
  refuses(info, ErrorCode::VulkanFailed, "vkGetPhysicalDeviceFeatures");
  info = test::fake_info();
  const Text misspelt[] = {"shaderFloat61"};
  info.feature_names = misspelt;
  refuses(info, ErrorCode::InvalidTarget, "shaderFloat61");
}

TEST_CASE("adapter errors: a module that the device as enabled does not take") {
  fake.reset();
  const Context context = make_context();
  check_refused(context, {}, ErrorCode::Truncated, "the words end");
  const spirv::Module saxpy = module_of(test::make_saxpy());
  check_refused(context, {.words = saxpy.words(), .entry_point = "start"}, ErrorCode::MissingBinding,
                "no compute entry point start; it has main");
  check_refused(context, {.words = saxpy.words(), .subgroup_size = 16}, ErrorCode::LimitExceeded,
                "subgroupSizeControl");
  check_refused(context, {.words = saxpy.words(), .full_subgroups = true}, ErrorCode::LimitExceeded,
                "computeFullSubgroups");
  check_refused(context, {.words = saxpy.words(), .push_descriptors = true}, ErrorCode::MissingCapability,
                "VK_KHR_push_descriptor");

  const Kernel halves = make_kernel("halves", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto x = k.inout<f16>("x");
    x[k.global_id().x] = x[k.global_id().x] * x[k.global_id().x];
  });
  spirv::Target target = spirv::Target::vulkan(1, 2);
  target.enable_feature("shaderFloat16").enable_feature("storageBuffer16BitAccess");
  const spirv::Module with_halves = module_of(halves, {}, target);
  check_refused(context, {.words = with_halves.words()}, ErrorCode::MissingCapability, "SPIR-V 1.5");
  ContextInfo newer = test::fake_info();
  newer.api_version = VK_API_VERSION_1_2;
  check_refused(make_context(newer), {.words = with_halves.words()}, ErrorCode::MissingCapability,
                "enable the feature");
  const Text enabled[] = {"shaderFloat16", "storageBuffer16BitAccess"};
  newer.feature_names = enabled;
  CHECK(test::is_ok(Pipeline::make(make_context(newer), {.words = with_halves.words()})));
  // The same from the structures that vkCreateDevice was given.
  newer.feature_names = {};
  Result<FeatureChain> chain = FeatureChain::make(VK_API_VERSION_1_2, enabled);
  REQUIRE(test::is_ok(chain));
  newer.features = chain->chain();
  CHECK(test::is_ok(Pipeline::make(make_context(newer), {.words = with_halves.words()})));
}

TEST_CASE("adapter errors: a workgroup size by ids without maintenance4") {
  fake.reset();
  spirv::Builder b({.target = spirv::Target::vulkan(1, 3).enable_feature("maintenance4")});
  const spirv::ValueId size = b.constant(32u), one = b.constant(1u);
  const spirv::FunctionId main = b.begin_function(b.declare_void(), {}, "main");
  b.end_function();
  b.add_compute_entry_point(main, "main", size, one, one);
  const Result<spirv::Module> module = b.finish();
  REQUIRE(test::is_ok(module));
  ContextInfo info = test::fake_info();
  info.api_version = VK_API_VERSION_1_3;
  check_refused(make_context(info), {.words = module->words()}, ErrorCode::MissingCapability, "maintenance4");
  const Text enabled[] = {"maintenance4"};
  info.feature_names = enabled;
  const Context context = make_context(info);
  const Result<Pipeline> pipeline = Pipeline::make(context, {.words = module->words()});
  REQUIRE(test::is_ok(pipeline));
  CHECK(pipeline->entry_point().workgroup.x == 32);
}

TEST_CASE("adapter errors: beyond the device's limits") {
  fake.reset();
  const auto kernel_of = [](Extent workgroup, std::uint32_t shared) {
    return make_kernel("k", {.workgroup = workgroup}, [&](KernelBuilder& k) {
      const auto x = k.inout<u32>("x");
      const auto i = k.local_index();
      const auto memory = k.workgroup_array<u32>(shared, "memory");
      memory[i] = x[i];
      k.barrier();
      x[i] = memory[i ^ 1];
    });
  };
  const Context context = make_context();
  const spirv::Module wide = module_of(kernel_of({256}, 256)), flat = module_of(kernel_of({16, 16}, 256)),
                      heavy = module_of(kernel_of({64}, 5000));
  check_refused(context, {.words = wide.words()}, ErrorCode::LimitExceeded, "workgroup's x is 256");
  check_refused(context, {.words = flat.words()}, ErrorCode::LimitExceeded, "number of invocations is 256");
  check_refused(context, {.words = heavy.words()}, ErrorCode::LimitExceeded, "20000");
  VkPhysicalDeviceLimits limits = fake.limits;
  limits.maxPushConstantsSize = 4;
  limits.maxPerStageDescriptorStorageBuffers = 1;
  ContextInfo info = test::fake_info();
  info.limits = &limits;
  const spirv::Module saxpy = module_of(test::make_saxpy());
  check_refused(make_context(info), {.words = saxpy.words()}, ErrorCode::LimitExceeded,
                "maxPushConstantsSize");
  limits.maxPushConstantsSize = 128;
  check_refused(make_context(info), {.words = saxpy.words()}, ErrorCode::LimitExceeded,
                "maxPerStageDescriptorStorageBuffers");
}

TEST_CASE("adapter errors: a subgroup size that cannot be had, and one that can") {
  fake.reset();
  ContextInfo info = test::fake_info();
  info.api_version = VK_API_VERSION_1_3;
  const Text enabled[] = {"subgroupSizeControl", "computeFullSubgroups"};
  info.feature_names = enabled;
  const Context context = make_context(info);
  CHECK(context.describe().min_subgroup_size == 8);
  CHECK(context.describe().max_subgroup_size == 32);
  const spirv::Module saxpy = module_of(test::make_saxpy());
  check_refused(context, {.words = saxpy.words(), .subgroup_size = 4}, ErrorCode::LimitExceeded,
                "from 8 to 32");
  check_refused(context, {.words = saxpy.words(), .subgroup_size = 24}, ErrorCode::LimitExceeded,
                "powers of two");
  check_refused(context, {.words = saxpy.words(), .subgroup_size = 8}, ErrorCode::LimitExceeded,
                "maxComputeWorkgroupSubgroups");
  CHECK(test::is_ok(
      Pipeline::make(context, {.words = saxpy.words(), .subgroup_size = 32, .full_subgroups = true})));
}

TEST_CASE("adapter errors: bindings that are missing, too small, misaligned or of the wrong type") {
  fake.reset();
  Ready r(test::make_saxpy());
  const auto with = [&](const Binding& x, ErrorCode code, const char* part) {
    const Binding bindings[] = {x, good_y};
    const Parameter parameters[] = {good_n, good_a};
    r.refuses({.bindings = bindings, .parameters = parameters}, code, part);
  };
  r.refuses({}, ErrorCode::MissingBinding, "n at offset 0");
  r.refuses({.bindings = {good_y}, .parameters = {good_n, good_a}}, ErrorCode::MissingBinding,
            "x (set 0, binding 0), a storage buffer, is not bound");
  with(bind_buffer("x", VK_NULL_HANDLE, 400), ErrorCode::InvalidBinding, "x (set 0, binding 0) was bound as");
  with(bind_buffer("x", a_buffer, 3), ErrorCode::InvalidBinding, "3 bytes, and the module needs 4 at least");
  with(bind_buffer("x", a_buffer, 0), ErrorCode::InvalidBinding, "0 bytes");
  with(bind_buffer("x", a_buffer, VK_WHOLE_SIZE), ErrorCode::InvalidBinding, "VK_WHOLE_SIZE");
  with(bind_buffer("x", a_buffer, 400, 64), ErrorCode::InvalidBinding, "a multiple of 256");
  with(bind_buffer("x", a_buffer, VkDeviceSize{1} << 30), ErrorCode::InvalidBinding, "maxStorageBufferRange");
  with(bind_buffer("x", a_buffer, 400).with_usage(VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT),
       ErrorCode::InvalidBinding, "STORAGE_BUFFER");
  with(bind_image("x", a_view), ErrorCode::InvalidBinding, "is a storage buffer in the module, and an image");
  with(bind_sampler("x", a_sampler), ErrorCode::InvalidBinding, "and a sampler was bound");
  with(bind_texels("x", fake_handle<VkBufferView>(3)), ErrorCode::InvalidBinding, "and a texel buffer");
  with(bind_address("x", 4096), ErrorCode::InvalidBinding, "and an address was bound");
  with(bind_buffer("z", a_buffer, 400), ErrorCode::InvalidBinding,
       "no resource z; it has x (set 0, binding 0), y");
  with(bind_buffer({0, 9}, a_buffer, 400), ErrorCode::InvalidBinding, "at set 0, binding 9");
  r.refuses(
      {.bindings = {good_x, bind_buffer({0, 0}, a_buffer, 400), good_y}, .parameters = {good_n, good_a}},
      ErrorCode::InvalidBinding, "bound twice");
  CHECK(test::is_ok(prepare(r.pipeline,
                            {.bindings = {good_x, good_y, bind_buffer("z", a_buffer, 4)},
                             .parameters = {good_n, good_a},
                             .ignore_unused = true},
                            r.frame)));
}

TEST_CASE("adapter errors: images") {
  fake.reset();
  Ready r(make_kernel("copy", {.workgroup = {8, 8}}, [](KernelBuilder& k) {
    const auto source = k.sampled_image<f32>("source");
    const auto result = k.storage_image<f32, Access::WriteOnly>("result", TexelFormat::Rgba8);
    const auto at = convert<i32x2>(swizzle<0, 1>(k.global_id()));
    result.store(at, source.fetch(at));
  }));
  const Binding source = bind_sampled("source", a_view, a_sampler), result = bind_image("result", a_view);
  const auto with = [&](const Binding& first, const Binding& second, const char* part) {
    const Binding bindings[] = {first, second};
    r.refuses({.bindings = bindings}, ErrorCode::InvalidBinding, part);
  };
  with(bind_image("source", a_view), result,
       "is an image with a sampler in the module, and an image without");
  with(bind_sampled("source", a_view, VK_NULL_HANDLE), result, "without a sampler");
  with(bind_sampled("source", VK_NULL_HANDLE, a_sampler), result, "without an image view");
  with(bind_sampled("source", a_view, a_sampler, VK_IMAGE_LAYOUT_UNDEFINED), result, "cannot read it");
  with(bind_sampled("source", a_view, a_sampler).with_usage(VK_IMAGE_USAGE_STORAGE_BIT), result, "SAMPLED");
  with(source, bind_image("result", a_view, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL), "layout GENERAL");
  with(source, bind_image("result", a_view).with_usage(VK_IMAGE_USAGE_SAMPLED_BIT),
       "without the usage STORAGE");
  const Result<Prepared> prepared = prepare(r.pipeline, {.bindings = {source, result}}, r.frame);
  REQUIRE(test::is_ok(prepared));
  REQUIRE(prepared->uses().size() == 2);
  CHECK(prepared->uses()[0].access == VK_ACCESS_SHADER_READ_BIT);
  CHECK(prepared->uses()[0].layout == VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
  CHECK(prepared->uses()[1].access == VK_ACCESS_SHADER_WRITE_BIT);
  CHECK(prepared->uses()[1].layout == VK_IMAGE_LAYOUT_GENERAL);
  CHECK(prepared->find("result") == &prepared->uses()[1]);
  CHECK(prepared->find({0, 0}) == &prepared->uses()[0]);
  CHECK(prepared->find("x") == nullptr);
  CHECK(state_of(*prepared, "result").access == VK_ACCESS_SHADER_WRITE_BIT);
  CHECK(state_of(*prepared, "x").access == 0);
}

TEST_CASE("adapter errors: parameters") {
  fake.reset();
  Ready r(test::make_saxpy());
  const auto with = [&](const Parameter& n, const Parameter& a, ErrorCode code, const char* part) {
    const Parameter parameters[] = {n, a};
    r.refuses({.bindings = {good_x, good_y}, .parameters = parameters}, code, part);
  };
  with({"n", 100.0f}, good_a, ErrorCode::InvalidBinding, "n at offset 0 is an integer, and a float");
  with(good_n, {"a", 2}, ErrorCode::InvalidBinding, "a at offset 4 is a float, and an integer");
  with(good_n, {"a", 2.0}, ErrorCode::InvalidBinding, "has 4 bytes, and 8 were given");
  with(good_n, {"b", 2.0f}, ErrorCode::InvalidBinding, "no parameter b; it has n, a");
  with(good_n, {"n", u32{1}}, ErrorCode::InvalidBinding, "is given twice");
  r.refuses({.bindings = {good_x, good_y}, .parameters = {good_n}}, ErrorCode::MissingBinding,
            "a at offset 4");
  const unsigned char bytes[12] = {1, 2, 3, 4, 5, 6, 7, 8};
  r.refuses({.bindings = {good_x, good_y}, .push_constants = Span<const unsigned char>(bytes)},
            ErrorCode::InvalidBinding, "12 bytes were given, and the module has 8");
  // Raw bytes, and a parameter by its offset on top of them.
  const Result<Prepared> prepared = prepare(r.pipeline,
                                            {.bindings = {good_x, good_y},
                                             .parameters = {{Slot::at_offset(4), 2.0f}},
                                             .push_constants = Span<const unsigned char>(bytes, 8)},
                                            r.frame);
  REQUIRE(test::is_ok(prepared));
  float second = 0;
  std::memcpy(&second, prepared->push_constants().data() + 4, 4);
  CHECK(prepared->push_constants()[1] == 2);
  CHECK(second == 2.0f);
}

TEST_CASE("adapter errors: blocks of parameters") {
  fake.reset();
  Ready r(test::make_saxpy(), {.parameters = ParameterPlacement::Uniform});
  const Arguments arguments{.bindings = {good_x, good_y}, .parameters = {good_n, good_a}};
  (void)arguments;
  const Binding bindings[] = {good_x, good_y};
  const Parameter both[] = {good_n, good_a}, one[] = {good_n};
  r.refuses({.bindings = bindings, .parameters = both}, ErrorCode::MissingBinding, "memory for parameters");
  unsigned char memory[512];
  std::memset(memory, 0xEE, sizeof memory);
  r.frame.uniforms = a_buffer;
  r.frame.uniforms_mapped = memory;
  r.frame.uniforms_size = 4;
  r.refuses({.bindings = bindings, .parameters = both}, ErrorCode::InvalidBinding, "has no room");
  r.frame.uniforms_size = sizeof memory;
  r.frame.uniforms_used = 1;  // the next place is at 256
  r.refuses({.bindings = bindings, .parameters = one}, ErrorCode::MissingBinding, "a at offset 4");
  CHECK(memory[256] == 0xEE);
  const Result<Prepared> prepared = prepare(r.pipeline, {.bindings = bindings, .parameters = both}, r.frame);
  REQUIRE(test::is_ok(prepared));
  CHECK(memory[256] == 100);
  CHECK(memory[255] == 0xEE);
  CHECK(r.frame.uniforms_used > 256);
  REQUIRE(prepared->uses().size() == 3);
  CHECK(prepared->uses()[2].offset == 256);
  CHECK(prepared->uses()[2].access == VK_ACCESS_UNIFORM_READ_BIT);
}

TEST_CASE("adapter errors: pools and pipelines that fail") {
  fake.reset();
  Ready r(test::make_saxpy());
  const Binding bindings[] = {good_x, good_y};
  const Parameter parameters[] = {good_n, good_a};
  const Arguments arguments{.bindings = bindings, .parameters = parameters};
  Frame none;
  Result<Prepared> prepared = prepare(r.pipeline, arguments, none);
  CHECK(prepared.error().message.contains("need a pool"));
  fake.allocate_sets = VK_ERROR_OUT_OF_POOL_MEMORY;
  r.refuses(arguments, ErrorCode::VulkanFailed, "VK_ERROR_OUT_OF_POOL_MEMORY (-1000069000)");
  fake.allocate_sets = VK_SUCCESS;
  prepared = prepare(r.pipeline, arguments, r.frame);
  REQUIRE(test::is_ok(prepared));

  fake.call_count = 0;
  Result<void> recorded = record(fake_handle<VkCommandBuffer>(5), *prepared, {2});
  CHECK(recorded.error().code == ErrorCode::NotReady);
  CHECK(recorded.error().message.contains("main is not compiled"));
  fake.create_pipelines = VK_ERROR_OUT_OF_DEVICE_MEMORY;
  CHECK(r.pipeline.compile().error().code == ErrorCode::OutOfMemory);
  CHECK(r.pipeline.state() == PipelineState::Failed);
  fake.create_pipelines = VK_SUCCESS;
  CHECK(test::is_ok(r.pipeline.compile()));
  CHECK(r.pipeline.is_ready());
  recorded = record(fake_handle<VkCommandBuffer>(5), *prepared, {65536});
  CHECK(recorded.error().code == ErrorCode::LimitExceeded);
  CHECK(recorded.error().message.contains("65536 x 1 x 1"));
  CHECK(record(fake_handle<VkCommandBuffer>(5), Prepared(), {1}).error().code == ErrorCode::NotReady);
  recorded = record_indirect(fake_handle<VkCommandBuffer>(5), *prepared, a_buffer, 2);
  CHECK(recorded.error().code == ErrorCode::InvalidBinding);
  CHECK(fake.call_count == 0);
  CHECK(test::is_ok(record(fake_handle<VkCommandBuffer>(5), *prepared, {3, 2, 1})));
  REQUIRE(fake.call_count == 4);
  CHECK(Text(fake.calls[0]) == Text("vkCmdBindPipeline"));
  CHECK(Text(fake.calls[1]) == Text("vkCmdBindDescriptorSets"));
  CHECK(Text(fake.calls[2]) == Text("vkCmdPushConstants"));
  CHECK(Text(fake.calls[3]) == Text("vkCmdDispatch"));
  CHECK(fake.pushed[0] == 100);
  CHECK(fake.groups[1] == 2);
  CHECK(Pipeline().compile().error().code == ErrorCode::NotReady);
}

TEST_CASE("adapter errors: no loader, no such device") {
  Result<Device> device = Device::open({.loader = "libno-such-vulkan.so.1"});
  REQUIRE(!device.ok());
  CHECK(device.error().code == ErrorCode::NoDevice);
  CHECK(device.error().message.contains("libno-such-vulkan.so.1 was not found"));
  device = Device::open({.name = "no such device"});
  REQUIRE(!device.ok());
  CHECK(device.error().code == ErrorCode::NoDevice);
  MESSAGE(std::string(device.error().message));
  const Text features[] = {"no such feature"};
  device = Device::open({.features = features});
  CHECK(!device.ok());
}
