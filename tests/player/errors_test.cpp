// Everything that is refused, with its message; and that nothing has changed then.
#include "fake_player.hpp"

#include <airstrip/kernel/image.hpp>

#include <cstring>

using namespace airstrip;
using namespace airstrip::player;
using test::check_refused;
using test::fake;
using test::fake_commands;

namespace {

test::FakePlayer make_saxpy_player() {
  return test::FakePlayer(test::make_saxpy_program(example_kernels::saxpy()));
}

}  // namespace

TEST_CASE("player: what is missing is named when it is to be recorded") {
  fake.reset();
  test::FakePlayer p(test::make_saxpy_program(example_kernels::saxpy()));
  check_refused(p.instance.record(fake_commands), ErrorCode::MissingBinding,
                "the sizes were not given; call set_parameters");
  check_refused(p.instance.shape_of("x"), ErrorCode::NotReady, "there are no sizes yet for the tensor x");
  check_refused(p.instance.set_parameters({{"a", 1}}), ErrorCode::MissingBinding, "the size n was not given");
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 100}})));
  check_refused(p.instance.record(fake_commands), ErrorCode::MissingBinding,
                "the tensor x has no memory; bind it by that name");
  REQUIRE(test::is_ok(p.instance.bind("x", test::fake_memory(1, 400))));
  check_refused(p.instance.advance(fake_commands, 1), ErrorCode::MissingBinding,
                "the tensor y has no memory");
  REQUIRE(test::is_ok(p.instance.bind("y", test::fake_memory(1, 400))));
  check_refused(p.instance.record(fake_commands), ErrorCode::MissingBinding,
                "the parameter a was not given; call set_parameters");
  REQUIRE(test::is_ok(p.instance.set_parameters({{"a", 1}})));
  CHECK(test::is_ok(p.instance.record(fake_commands)));
}

TEST_CASE("player: bindings that do not fit") {
  fake.reset();
  fake.limits.maxStorageBufferRange = 8192;
  test::FakePlayer p(test::make_saxpy_program(example_kernels::saxpy()));
  BufferMemory memory = test::fake_memory(1, 4096);
  check_refused(p.instance.bind("z", memory), ErrorCode::InvalidBinding,
                "the program has no tensor z; it has x, y");
  check_refused(p.instance.bind("x", BufferMemory()), ErrorCode::MissingBinding,
                "the tensor x was bound to no memory");
  check_refused(p.instance.bind("x", ImageMemory()), ErrorCode::InvalidBinding,
                "the tensor x is a buffer; bind BufferMemory");
  memory.offset = 128;
  check_refused(p.instance.bind("x", memory), ErrorCode::InvalidBinding,
                "the tensor x is bound at 128 of its buffer, which is no multiple of 256");
  memory.offset = 0;
  memory.size = 16384;
  check_refused(p.instance.bind("x", memory), ErrorCode::InvalidBinding,
                "the tensor x is bound to 16384 bytes, and the device takes 8192 at most");
  check_refused(p.instance.shape_of("z"), ErrorCode::InvalidBinding, "there is no tensor z");
}

TEST_CASE("player: parameters that do not fit leave those before") {
  fake.reset();
  test::FakePlayer p = make_saxpy_player();
  p.bind_all();
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 100}, {"a", 2}})));
  check_refused(p.instance.set_parameters({{"n", 4097}, {"a", 3}}), ErrorCode::LimitExceeded,
                "the size n is 4097, more than its maximum of 4096");
  check_refused(p.instance.set_parameters({{"n", -1}}), ErrorCode::InvalidShape, "the size n is no size");
  check_refused(p.instance.set_parameters({{"n", 1.5}}), ErrorCode::InvalidShape, "no whole number");
  check_refused(p.instance.set_parameters({{"a", 3}, {"m", 1}}), ErrorCode::InvalidBinding,
                "the program has no parameter m; it has n, a");
  REQUIRE(test::is_ok(p.instance.record(fake_commands)));
  CHECK(fake.groups[0] == 2);
  float a = 0;
  std::memcpy(&a, fake.pushed + 4, 4);
  CHECK(a == 2);
}

TEST_CASE("player: numbers that their type does not have, and how the others lie") {
  fake.reset();
  using kernel::Scalar;
  test::ProgramMaker m;
  const std::uint32_t n = m.size("n", 4096);
  const std::uint32_t x = m.tensor("x", program::Direction::Input, n, 4096),
                      y = m.tensor("y", program::Direction::Output, n, 4096);
  auto module = m.module(test::make_triple());
  m.writer.modules[0].parameter_bytes = 128;
  const Scalar types[] = {Scalar::Boolean, Scalar::I8,  Scalar::U8,  Scalar::I16, Scalar::U16,
                          Scalar::I32,     Scalar::U32, Scalar::I64, Scalar::U64, Scalar::F16,
                          Scalar::BF16,    Scalar::F32, Scalar::F64};
  std::vector<test::ProgramMaker::Passed> passed = {{"n", n}};
  const char* const names[] = {"b",   "i8",  "u8",  "i16",  "u16", "i32", "u32",
                               "i64", "u64", "f16", "bf16", "f32", "f64"};
  std::uint32_t offset = 8;
  std::vector<std::uint32_t> offsets;
  for (std::size_t i = 0; i < 13; ++i) {
    module.parameters.emplace_back(names[i], offset);
    offsets.push_back(offset);
    offset += 8;
  }
  m.dispatch("a", module, m.groups(n), program::Barrier::Absent, {{"x", x}, {"y", y}}, {{"n", n}});
  for (std::size_t i = 0; i < 13; ++i) {
    m.writer.arguments.push_back(
        {program::ArgumentRecord::Kind::Number, offsets[i], m.number(names[i], types[i]), 0});
    ++m.writer.dispatches.back().arguments.count;
  }
  m.variant("baseline");
  test::FakePlayer p(m.bytes());
  p.bind_all();
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 1}})));
  const auto refused = [&](const char* name, double value) {
    CAPTURE(name);
    CAPTURE(value);
    check_refused(p.instance.set_parameters({{name, value}}), ErrorCode::InvalidBinding,
                  "has a type without that number");
  };
  refused("i8", 128);
  refused("i8", -129);
  refused("u8", 256);
  refused("u8", -1);
  refused("i16", 32768);
  refused("u16", 65536);
  refused("i32", 2147483648.0);
  refused("u32", 4294967296.0);
  refused("u32", 0.5);
  refused("i64", 9223372036854775808.0);
  refused("u64", 18446744073709551616.0);
  refused("i32", 0.0 / 0.0 * 0);
  const program::ParameterValue values[] = {{"b", 5},
                                            {"i8", -128},
                                            {"u8", 255},
                                            {"i16", -5},
                                            {"u16", 65535},
                                            {"i32", -2147483648.0},
                                            {"u32", 4294967295.0},
                                            {"i64", -2},
                                            {"u64", 9007199254740992.0},
                                            {"f16", 1.0 / 3},
                                            {"bf16", 1.0 / 3},
                                            {"f32", 1.0 / 3},
                                            {"f64", 1.0 / 3}};
  REQUIRE(test::is_ok(p.instance.set_parameters(values)));
  REQUIRE(test::is_ok(p.instance.record(fake_commands)));
  const auto word = [&](std::size_t i) {
    std::uint32_t low = 0;
    std::memcpy(&low, fake.pushed + offsets[i], 4);
    return low;
  };
  const auto pair = [&](std::size_t i) {
    std::uint64_t all = 0;
    std::memcpy(&all, fake.pushed + offsets[i], 8);
    return all;
  };
  CHECK(word(0) == 1);
  CHECK(word(1) == 0xFFFFFF80u);
  CHECK(word(2) == 255);
  CHECK(word(3) == 0xFFFFFFFBu);
  CHECK(word(4) == 65535);
  CHECK(word(5) == 0x80000000u);
  CHECK(word(6) == 0xFFFFFFFFu);
  CHECK(pair(7) == 0xFFFFFFFFFFFFFFFEu);
  CHECK(pair(8) == std::uint64_t{1} << 53);
  CHECK(word(9) == 0x3555);
  CHECK(word(10) == 0x3EAB);
  CHECK(word(11) == 0x3EAAAAAB);
  CHECK(pair(12) == 0x3FD5555555555555u);
}

TEST_CASE("player: memory of an instance that does not fit") {
  fake.reset();
  kernel::WriteOptions options;
  options.parameters = kernel::ParameterPlacement::Uniform;
  test::FakePlayer p(test::make_chain_program(options, test::some_weights()));
  InstanceInfo info = p.memory();
  info.scratch = {};
  check_refused(Instance::make(p.model, info), ErrorCode::MissingBinding,
                "the scratch memory was not given: it takes 32768 bytes");
  info = p.memory();
  info.packed.size = 100;
  check_refused(Instance::make(p.model, info), ErrorCode::InvalidBinding,
                "the packed memory has 100 bytes, and the model needs 16640");
  info = p.memory();
  info.weights.offset = 16;
  check_refused(Instance::make(p.model, info), ErrorCode::InvalidBinding,
                "the weights memory begins at 16 of its buffer, which is no multiple of 256");
  info = p.memory();
  info.uniform.mapped = nullptr;
  check_refused(Instance::make(p.model, info), ErrorCode::MissingBinding,
                "the uniform memory is written by the host, and was given without its mapping");
  for (double CostModel::*const member : {&CostModel::operations_per_microsecond,
                                          &CostModel::bytes_per_microsecond, &CostModel::per_dispatch}) {
    info = p.memory();
    info.cost.*member = -1;
    check_refused(Instance::make(p.model, info), ErrorCode::InvalidOperand,
                  "the cost model has a rate that is not above 0");
  }
  check_refused(Instance::make(Model(), info), ErrorCode::NotReady, "an empty model has no instances");
  Instance empty;
  check_refused(empty.record(fake_commands), ErrorCode::NotReady, "an empty instance cannot be used");
  check_refused(empty.advance(fake_commands, 1), ErrorCode::NotReady, "an empty instance cannot be used");
  check_refused(empty.set_parameters({}), ErrorCode::NotReady, "an empty instance cannot be used");
  CHECK(empty.cost() == 0);
}

TEST_CASE("player: a model that is not compiled, or fails to be") {
  fake.reset();
  const std::vector<unsigned char> bytes = test::make_chain_program({}, test::some_weights());
  const program::Program program = test::open_bytes(bytes);
  Result<Model> model = Model::make(test::fake_device(), program);
  REQUIRE(test::is_ok(model));
  InstanceInfo info;
  info.weights = test::fake_memory(11, model->memory().weights.bytes);
  info.packed = test::fake_memory(12, model->memory().packed.bytes);
  info.scratch = test::fake_memory(13, model->memory().scratch.bytes);
  Result<Instance> instance = Instance::make(*model, info);
  REQUIRE(test::is_ok(instance));
  check_refused(instance->record(fake_commands), ErrorCode::NotReady, "the model is not compiled");
  fake.create_pipelines = VK_ERROR_OUT_OF_DEVICE_MEMORY;
  fake.failing_pipeline = 1;
  check_refused(model->compile(), ErrorCode::OutOfMemory,
                "vkCreateComputePipelines failed with VK_ERROR_OUT_OF_DEVICE_MEMORY for the module sum");
  CHECK(model->state() == ModelState::Failed);
  // What was made is not made again.
  fake.create_pipelines = VK_SUCCESS;
  CHECK(fake.pipelines == 1);
  REQUIRE(test::is_ok(model->compile()));
  CHECK(fake.pipelines == 2);
  CHECK(model->is_ready());
  check_refused(Model().compile(), ErrorCode::NotReady, "an empty model");
  fake.allocate_sets = VK_ERROR_OUT_OF_POOL_MEMORY;
  check_refused(Instance::make(*model, info), ErrorCode::OutOfMemory, "vkAllocateDescriptorSets failed");
  fake.allocate_sets = VK_SUCCESS;
  instance = Instance();
  model = Model();
  CHECK(fake.created == fake.destroyed);
}

namespace {

// A driver one of whose calls fails, and leaves in its result what nobody may destroy.
const char* failing_call = "";

template <class Info, class Handle>
VKAPI_ATTR VkResult VKAPI_CALL fail_to_create(VkDevice, const Info*, const VkAllocationCallbacks*,
                                              Handle* made) {
  *made = test::fake_handle<Handle>(99);
  return VK_ERROR_OUT_OF_HOST_MEMORY;
}
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL of_failing_device(VkDevice device, const char* name) {
  using namespace test::fake_functions;
  if (std::strcmp(name, failing_call) != 0) return of_device(device, name);
  if (std::strcmp(name, "vkCreateDescriptorSetLayout") == 0)
    return pointer(fail_to_create<VkDescriptorSetLayoutCreateInfo, VkDescriptorSetLayout>);
  if (std::strcmp(name, "vkCreatePipelineLayout") == 0)
    return pointer(fail_to_create<VkPipelineLayoutCreateInfo, VkPipelineLayout>);
  if (std::strcmp(name, "vkCreateShaderModule") == 0)
    return pointer(fail_to_create<VkShaderModuleCreateInfo, VkShaderModule>);
  return pointer(fail_to_create<VkDescriptorPoolCreateInfo, VkDescriptorPool>);
}
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL of_failing_instance(VkInstance instance, const char* name) {
  using namespace test::fake_functions;
  return std::strcmp(name, "vkGetDeviceProcAddr") == 0 ? pointer(of_failing_device)
                                                       : of_instance(instance, name);
}

}  // namespace

TEST_CASE("player: what a call that failed leaves in its result is not destroyed") {
  fake.reset();
  const std::vector<unsigned char> bytes = test::make_chain_program({}, test::some_weights());
  const program::Program program = test::open_bytes(bytes);
  DeviceInfo device_info = test::fake_device_info();
  device_info.get_instance_proc_addr = of_failing_instance;
  for (const char* const name : {"vkCreateDescriptorSetLayout", "vkCreatePipelineLayout",
                                 "vkCreateShaderModule", "vkCreateDescriptorPool"}) {
    CAPTURE(name);
    failing_call = name;
    {
      Result<Model> model = Model::make(test::fake_device(device_info), program);
      Diagnostic error = model.error();
      if (model.ok()) {
        error = model->compile().error();
        InstanceInfo info;
        info.weights = test::fake_memory(11, model->memory().weights.bytes);
        info.packed = test::fake_memory(12, model->memory().packed.bytes);
        info.scratch = test::fake_memory(13, model->memory().scratch.bytes);
        if (error.code == ErrorCode::Ok) error = Instance::make(*model, info).error();
      }
      CHECK(error.code == ErrorCode::OutOfMemory);
      CHECK(error.message.contains(name));
      CHECK(error.message.contains(" failed with VK_ERROR_OUT_OF_HOST_MEMORY"));
    }
    CHECK(fake.created == fake.destroyed);
  }
  failing_call = "";
}

TEST_CASE("player: images are bound as such") {
  fake.reset();
  test::ProgramMaker m;
  const std::uint32_t n = m.size("n", 64);
  const std::uint32_t source = m.tensor("source", program::Direction::Input, n, 64,
                                        program::StorageKind::SampledImage),
                      result = m.tensor("result", program::Direction::Output, n, 64,
                                        program::StorageKind::StorageImage);
  const std::uint32_t amount = m.number("amount", kernel::Scalar::F32);
  m.dispatch("filter", m.module(example_kernels::image_filter()), m.groups(n), program::Barrier::Absent,
             {{"source", source}, {"result", result}}, {{"amount", amount, true}});
  m.variant("baseline");
  test::FakePlayer p(m.bytes());
  ImageMemory image;
  check_refused(p.instance.bind("source", image), ErrorCode::MissingBinding,
                "the tensor source was bound to no image view");
  image.view = test::fake_handle<VkImageView>(30);
  check_refused(p.instance.bind("source", image), ErrorCode::MissingBinding,
                "the tensor source is a sampled image");
  check_refused(p.instance.bind("source", test::fake_memory(1, 1)), ErrorCode::InvalidBinding,
                "the tensor source is an image; bind ImageMemory");
  image.sampler = test::fake_handle<VkSampler>(31);
  fake.written = 0;
  CHECK(test::is_ok(p.instance.bind("source", image)));
  CHECK(test::is_ok(p.instance.bind("result", image)));
  CHECK(fake.written == 2);
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 64}, {"amount", 1}})));
  CHECK(test::is_ok(p.instance.record(fake_commands)));
}

TEST_CASE("player: no module that is no SPIR-V") {
  fake.reset();
  test::ProgramMaker m;
  const std::uint32_t n = m.size("n", 4096);
  const std::uint32_t x = m.tensor("x", program::Direction::Input, n, 4096),
                      y = m.tensor("y", program::Direction::Output, n, 4096);
  const auto module = m.module(test::make_triple());
  m.writer.modules[0].words.first += 1;
  m.writer.modules[0].words.count -= 1;
  m.dispatch("a", module, m.groups(n), program::Barrier::Absent, {{"x", x}, {"y", y}}, {{"n", n}});
  m.variant("baseline");
  const std::vector<unsigned char> bytes = m.bytes();
  check_refused(Model::make(test::fake_device(), test::open_bytes(bytes)), ErrorCode::MalformedFile,
                "the module triple of the program is no SPIR-V");
  CHECK(fake.created == fake.destroyed);
}
