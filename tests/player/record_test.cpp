// What is recorded, call by call, on a driver that does nothing; and that it allocates nothing.
#include "fake_player.hpp"

#include "support/count_allocations.hpp"
#include "support/skip.hpp"

#include <limits>

using namespace airstrip;
using namespace airstrip::player;
using program::ParameterValue;
using test::fake;
using test::fake_commands;

namespace {

std::vector<std::string> calls() {
  std::vector<std::string> names;
  for (unsigned i = 0; i < fake.call_count; ++i) names.emplace_back(fake.calls[i]);
  return names;
}
unsigned count_of(const char* name) {
  unsigned count = 0;
  for (const std::string& call : calls()) count += call == name;
  return count;
}
void forget_calls() { fake.call_count = fake.memory_barriers = fake.execution_barriers = fake.written = 0; }

}  // namespace

TEST_CASE("player: one dispatch is recorded with its arguments") {
  fake.reset();
  test::FakePlayer p(test::make_saxpy_program(example_kernels::saxpy()));
  CHECK(p.model.pipeline_count() == 1);
  CHECK(p.model.dispatch_count() == 1);
  CHECK(p.model.variant().api_version == VK_API_VERSION_1_1);
  p.bind_all();
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 1000}, {"a", 2.5}})));
  forget_calls();
  REQUIRE(test::is_ok(p.instance.record(fake_commands)));
  CHECK(calls() == std::vector<std::string>{"vkCmdBindPipeline", "vkCmdBindDescriptorSets",
                                            "vkCmdPushConstants", "vkCmdDispatch"});
  std::uint32_t n = 0;
  float a = 0;
  std::memcpy(&n, fake.pushed, 4);
  std::memcpy(&a, fake.pushed + 4, 4);
  CHECK(n == 1000);
  CHECK(a == 2.5f);
  CHECK(fake.groups[0] == 16);
  CHECK(fake.groups[1] == 1);
  // A number alone; the size stays.
  REQUIRE(test::is_ok(p.instance.set_parameters({{"a", -1}})));
  REQUIRE(test::is_ok(p.instance.record(fake_commands)));
  std::memcpy(&n, fake.pushed, 4);
  std::memcpy(&a, fake.pushed + 4, 4);
  CHECK(n == 1000);
  CHECK(a == -1);
  const Result<Instance::Shape> shape = p.instance.shape_of("x");
  REQUIRE(test::is_ok(shape));
  CHECK(shape->rank == 1);
  CHECK(shape->extent[0] == 1000);
  CHECK(shape->bytes == 4000);
}

TEST_CASE("player: barriers are recorded where the program has them, and after the packing") {
  for (const bool uniform : {false, true}) {
    fake.reset();
    kernel::WriteOptions options;
    if (uniform) options.parameters = kernel::ParameterPlacement::Uniform;
    test::FakePlayer p(test::make_chain_program(options, test::some_weights()));
    CHECK(p.model.pipeline_count() == 2);  // for five dispatches
    CHECK(fake.pipelines == 2);
    CHECK(fake.batches == 1);
    CHECK(p.model.memory().uniform.bytes == (uniform ? 5u * 256 : 0));
    p.bind_all();
    REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 100}})));
    forget_calls();
    REQUIRE(test::is_ok(p.instance.record_prepare(fake_commands)));
    CHECK(count_of("vkCmdDispatch") == 1);
    CHECK(fake.memory_barriers == 1);
    CHECK(calls().back() == "vkCmdPipelineBarrier");
    forget_calls();
    REQUIRE(test::is_ok(p.instance.record(fake_commands)));
    CHECK(count_of("vkCmdDispatch") == 4);
    CHECK(count_of("vkCmdPushConstants") == (uniform ? 0u : 4u));
    CHECK(fake.memory_barriers == 3);
    CHECK(fake.execution_barriers == 0);
    CHECK(calls()[0] == "vkCmdBindPipeline");
    for (std::size_t place = 0; uniform && place < 5; ++place) {
      std::uint32_t n = 0;
      std::memcpy(&n, p.uniform.data() + place * 256, 4);
      CHECK(n == (place == 0 ? test::chain_most : 100));
    }
  }
}

TEST_CASE("player: a dispatch with nothing to do is left out, and its barrier goes to the next") {
  fake.reset();
  test::ProgramMaker m;
  const std::uint32_t n = m.size("n", 4096), k = m.size("k", 4096);
  const std::uint32_t x = m.tensor("x", program::Direction::Input, n, 4096),
                      y = m.tensor("y", program::Direction::Output, n, 4096);
  const auto triple = m.module(test::make_triple());
  using program::Barrier;
  m.dispatch("a", triple, m.groups(n), Barrier::Absent, {{"x", x}, {"y", y}}, {{"n", n}});
  m.dispatch("b", triple, m.groups(k), Barrier::Memory, {{"x", x}, {"y", y}}, {{"n", k}});
  m.dispatch("c", triple, m.groups(n), Barrier::Absent, {{"x", x}, {"y", y}}, {{"n", n}});
  m.dispatch("d", triple, m.groups(n), Barrier::Execution, {{"x", x}, {"y", y}}, {{"n", n}});
  m.variant("baseline");
  test::FakePlayer p(m.bytes());
  p.bind_all();
  const auto record = [&](double with_n, double with_k) {
    REQUIRE(test::is_ok(p.instance.set_parameters({{"n", with_n}, {"k", with_k}})));
    forget_calls();
    REQUIRE(test::is_ok(p.instance.record(fake_commands)));
  };
  record(64, 64);
  CHECK(count_of("vkCmdDispatch") == 4);
  CHECK(fake.memory_barriers == 1);
  CHECK(fake.execution_barriers == 1);
  record(64, 0);
  CHECK(count_of("vkCmdDispatch") == 3);
  CHECK(fake.memory_barriers == 1);
  CHECK(fake.execution_barriers == 1);
  CHECK(calls()[4] == "vkCmdPipelineBarrier");  // in front of c, where b has left it
  record(0, 0);
  CHECK(fake.call_count == 0);
  const Result<Progress> progress = p.instance.advance(fake_commands, 1);
  CHECK(progress.ok());
  CHECK(progress->done);
  CHECK(progress->dispatches == 0);
}

TEST_CASE("player: addresses are passed in the parameters") {
  fake.reset();
  DeviceInfo info = test::fake_device_info();
  const Text features[] = {"bufferDeviceAddress"};
  info.feature_names = features;
  info.api_version = VK_API_VERSION_1_2;
  kernel::WriteOptions options;
  options.layout = kernel::BindingLayout::DeviceAddresses;
  test::FakePlayer p(test::make_chain_program(options, test::some_weights()), info);
  CHECK((p.model.memory().scratch.usage & VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT) != 0);
  CHECK(p.model.pool_sets() == 0);
  p.bind_all();
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 100}})));
  forget_calls();
  REQUIRE(test::is_ok(p.instance.record(fake_commands)));
  CHECK(count_of("vkCmdBindDescriptorSets") == 0);
  // Of the last: a in the scratch memory, x and y where they were bound, and n.
  std::uint64_t addresses[3] = {};
  std::memcpy(addresses, fake.pushed, sizeof addresses);
  CHECK(addresses[0] == 13 * 0x10000);
  CHECK(addresses[1] == 20 * 0x10000);
  CHECK(addresses[2] == 20 * 0x10000);
  SUBCASE("and have to be given") {
    BufferMemory memory = test::fake_memory(20, 4096 * 4);
    memory.address = 0;
    test::check_refused(p.instance.bind("x", memory), ErrorCode::MissingBinding,
                        "the tensor x is accessed by its address");
    memory.address = 0x10004;
    test::check_refused(p.instance.bind("x", memory), ErrorCode::InvalidBinding,
                        "the tensor x is bound at the address 65540, which is no multiple of 16");
    InstanceInfo without = p.memory();
    without.packed.address = 0x20008;
    test::check_refused(Instance::make(p.model, without), ErrorCode::InvalidBinding,
                        "the packed memory has the address 131080, which is no multiple of 16");
    without = p.memory();
    without.scratch.address = 0;
    test::check_refused(Instance::make(p.model, without), ErrorCode::MissingBinding,
                        "the scratch memory is accessed by its address");
  }
}

TEST_CASE("player: labels, and the pool of the caller's") {
  fake.reset();
  DeviceInfo info = test::fake_device_info();
  info.debug_utils = true;
  test::FakePlayer p(test::make_saxpy_program(example_kernels::saxpy()), info);
  const std::uint32_t before = fake.created;
  InstanceInfo with = p.memory();
  with.pool = test::fake_handle<VkDescriptorPool>(7);
  Result<Instance> instance = Instance::make(p.model, with);
  REQUIRE(test::is_ok(instance));
  CHECK(fake.created == before);
  CHECK(p.model.pool_sets() == 1);
  REQUIRE(p.model.pool_sizes().size() == 1);
  CHECK(p.model.pool_sizes()[0].descriptorCount == 2);
  p.instance = static_cast<Instance&&>(*instance);
  p.bind_all();
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 1}, {"a", 1}})));
  forget_calls();
  REQUIRE(test::is_ok(p.instance.record(fake_commands)));
  CHECK(calls().front() == "vkCmdBeginDebugUtilsLabelEXT");
  CHECK(calls().back() == "vkCmdEndDebugUtilsLabelEXT");
}

TEST_CASE("player: binding writes the descriptors of that tensor, and no others") {
  fake.reset();
  test::FakePlayer p(test::make_chain_program({}, test::some_weights()));
  forget_calls();
  REQUIRE(test::is_ok(p.instance.bind("x", test::fake_memory(20, 1 << 20))));
  CHECK(fake.written == 2);
  // No more than the tensor ever has.
  CHECK(fake.written_buffer.range == test::chain_most * 4);
  forget_calls();
  REQUIRE(test::is_ok(p.instance.bind("y", test::fake_memory(21, 160))));
  CHECK(fake.written == 1);
  CHECK(fake.written_buffer.range == 160);
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 40}})));
  CHECK(test::is_ok(p.instance.check()));
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 41}})));
  test::check_refused(
      p.instance.record(fake_commands), ErrorCode::InvalidBinding,
      "the tensor y is too small: it needs 176 bytes for the sizes that are set, and has 160");
}

TEST_CASE("player: a run in pieces") {
  fake.reset();
  test::FakePlayer p(test::make_chain_program({}, test::some_weights()));
  p.bind_all();
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", test::chain_most}})));
  const double whole = p.instance.cost();
  CHECK(whole > 20);  // four dispatches of 5 microseconds at least
  CHECK(p.instance.longest_dispatch().name == Text("second"));
  CHECK_FALSE(p.instance.longest_dispatch().is_measured);
  // Half of the groups, half of what is not the dispatch's own cost.
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", test::chain_most / 2}})));
  CHECK(p.instance.cost() == doctest::Approx(20 + (whole - 20) / 2));
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", test::chain_most}})));

  forget_calls();
  Result<Progress> progress = p.instance.advance(fake_commands, 0);
  REQUIRE(test::is_ok(progress));
  CHECK_FALSE(progress->done);
  CHECK(progress->dispatches == 1);
  CHECK(fake.memory_barriers == 0);
  test::check_refused(p.instance.record(fake_commands), ErrorCode::NotReady,
                      "a run has begun, and recording");
  test::check_refused(p.instance.set_parameters({{"n", 1}}), ErrorCode::NotReady,
                      "a run has begun, and changing parameters");
  test::check_refused(p.instance.bind("x", test::fake_memory(20, 1 << 20)), ErrorCode::NotReady,
                      "a run has begun, and binding");
  progress = p.instance.advance(fake_commands, whole / 2);
  REQUIRE(test::is_ok(progress));
  CHECK_FALSE(progress->done);
  CHECK(progress->dispatches == 2);
  CHECK(progress->cost <= whole / 2);
  CHECK(fake.memory_barriers == 2);
  progress = p.instance.advance(fake_commands, 1e9);
  CHECK(progress->done);
  CHECK(progress->dispatches == 1);
  CHECK(fake.memory_barriers == 3);
  // Done is done.
  progress = p.instance.advance(fake_commands, 1e9);
  CHECK(progress->done);
  CHECK(progress->dispatches == 0);
  CHECK(test::is_ok(p.instance.set_parameters({{"n", 1}})));
  p.instance.restart();
  progress = p.instance.advance(fake_commands, 1e9);
  CHECK(progress->dispatches == 4);
}

TEST_CASE("player: measured costs take the place of estimates") {
  fake.reset();
  test::FakePlayer p(test::make_chain_program({}, test::some_weights()));
  p.bind_all();
  test::check_refused(p.instance.take_timestamps({}, 1), ErrorCode::NotReady,
                      "no run was recorded to be timed");
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 2048}})));
  const VkQueryPool queries = test::fake_handle<VkQueryPool>(9);
  forget_calls();
  test::check_refused(p.instance.record_calibration(fake_commands, VkQueryPool{}), ErrorCode::MissingBinding,
                      "no VkQueryPool was given");
  REQUIRE(test::is_ok(p.instance.record_calibration(fake_commands, queries)));
  CHECK(p.instance.timestamp_count() == 5);
  CHECK(count_of("vkCmdWriteTimestamp") == 5);
  CHECK(count_of("vkCmdResetQueryPool") == 1);
  CHECK(count_of("vkCmdDispatch") == 4);
  CHECK(fake.memory_barriers == 4);
  const std::uint64_t few[] = {0, 1};
  test::check_refused(p.instance.take_timestamps(few, 1), ErrorCode::InvalidOperand,
                      "there are 2 timestamps, and a run has 5");
  const double estimate = p.instance.cost();
  const std::uint64_t any[] = {1, 2, 3, 4, 5};
  test::check_refused(p.instance.take_timestamps(any, 10, 0), ErrorCode::MissingCapability,
                      "has no timestamps (timestampValidBits is 0)");
  for (const double period :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    test::check_refused(p.instance.take_timestamps(any, period), ErrorCode::InvalidOperand,
                        "the period of timestamps is no number of nanoseconds");
  CHECK(p.instance.cost() == estimate);
  // Of 16 bits, which wrap; 10 ns each.
  const std::uint64_t ticks[] = {65000, 65100, 64, 1064, 1164};
  REQUIRE(test::is_ok(p.instance.take_timestamps(ticks, 10, 16)));
  CHECK(p.instance.cost() == doctest::Approx(1 + 5 + 10 + 1));
  CHECK(p.instance.longest_dispatch().name == Text("third"));
  CHECK(p.instance.longest_dispatch().dispatch == 2);
  CHECK(p.instance.longest_dispatch().is_measured);
  CHECK(p.instance.longest_dispatch().microseconds == doctest::Approx(10));
  REQUIRE(test::is_ok(p.instance.set_parameters({{"n", 1024}})));
  CHECK(p.instance.cost() == doctest::Approx(8.5));
  Instance other = p.make_instance();
  REQUIRE(test::is_ok(other.copy_costs(p.instance)));
  REQUIRE(test::is_ok(other.set_parameters({{"n", 2048}})));
  CHECK(other.cost() == doctest::Approx(17));
  test::FakePlayer another(test::make_saxpy_program(example_kernels::saxpy()));
  test::check_refused(other.copy_costs(another.instance), ErrorCode::InvalidOperand,
                      "instances of one model");
}

TEST_CASE("player: pipelines are made with the subgroups that modules ask for, and what is the same once") {
  fake.reset();
  test::ProgramMaker m;
  const std::uint32_t n = m.size("n", 4096);
  const std::uint32_t x = m.tensor("x", program::Direction::Input, n, 4096),
                      y = m.tensor("y", program::Direction::Output, n, 4096);
  const test::ProgramMaker::Module modules[] = {m.module(test::make_triple()), m.module(test::make_triple()),
                                                m.module(test::make_triple())};
  // The first and the last are one; their words are all the same.
  m.writer.modules[1].subgroup_size = 16;
  m.writer.modules[1].full_subgroups = 1;
  for (const test::ProgramMaker::Module& module : modules)
    m.dispatch("a", module, m.groups(n), program::Barrier::Absent, {{"x", x}, {"y", y}}, {{"n", n}});
  m.variant("baseline");
  DeviceInfo info = test::fake_device_info();
  const Text features[] = {"subgroupSizeControl", "computeFullSubgroups"};
  info.feature_names = features;
  {
    test::FakePlayer p(m.bytes(), info);
    CHECK(p.model.pipeline_count() == 2);
    CHECK(fake.pipelines == 2);
    CHECK(fake.required_subgroup_size == 16);
    CHECK(fake.full_subgroups == 1);
    // A set layout, two pipeline layouts, a shader module, two pipelines, a pool.
    CHECK(fake.created == 7);
  }
  CHECK(fake.destroyed == 7);
}

TEST_CASE("player: barriers as data, and as a call") {
  fake.reset();
  const MemoryBarrier before =
      Instance::barrier_before(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT);
  CHECK(before.source_stages == VK_PIPELINE_STAGE_TRANSFER_BIT);
  CHECK(before.destination_stages == VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
  CHECK(before.source_access == VK_ACCESS_TRANSFER_WRITE_BIT);
  CHECK((before.destination_access & VK_ACCESS_SHADER_READ_BIT) != 0);
  const MemoryBarrier after = Instance::barrier_after(VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
  CHECK(after.source_access == VK_ACCESS_SHADER_WRITE_BIT);
  CHECK(after.destination_stages == VK_PIPELINE_STAGE_HOST_BIT);
  test::FakePlayer p(test::make_saxpy_program(example_kernels::saxpy()));
  forget_calls();
  p.instance.record_barrier(fake_commands, Instance::barrier_between_runs());
  CHECK(fake.memory_barriers == 1);
}

TEST_CASE("player: binding, setting parameters and recording allocate nothing") {
#if COUNTS_ALLOCATIONS
  for (const bool uniform : {false, true}) {
    fake.reset();
    kernel::WriteOptions options;
    if (uniform) options.parameters = kernel::ParameterPlacement::Uniform;
    DeviceInfo info = test::fake_device_info();
    info.debug_utils = uniform;
    test::FakePlayer p(test::make_chain_program(options, test::some_weights()), info);
    test::allocations = 0;
    test::counting = true;
    bool ok = true;
    for (const double n : {1.0, 4096.0, 0.0, 77.0}) {
      ok = ok && p.instance.bind("x", test::fake_memory(20, 1 << 16)).ok();
      ok = ok && p.instance.bind("y", test::fake_memory(21, 1 << 16)).ok();
      ok = ok && p.instance.set_parameters({{"n", n}}).ok();
      ok = ok && p.instance.record_prepare(fake_commands).ok();
      ok = ok && p.instance.record(fake_commands).ok();
      ok = ok && p.instance.record_calibration(fake_commands, test::fake_handle<VkQueryPool>(9)).ok();
      const std::uint64_t ticks[5] = {1, 2, 3, 4, 5};
      ok = ok && p.instance.take_timestamps(ticks, 1).ok();
      p.instance.restart();
      while (ok) {
        const Result<Progress> progress = p.instance.advance(fake_commands, 1);
        ok = progress.ok();
        if (progress->done) break;
      }
    }
    test::counting = false;
    CHECK(ok);
    CHECK(test::allocations == 0);
  }
#else
  test::skip("a sanitizer has the allocator");
#endif
}

TEST_CASE("player: an allocation that fails is an error, wherever it happens, and leaks nothing") {
#if COUNTS_ALLOCATIONS
  fake.reset();
  const std::vector<unsigned char> bytes = test::make_chain_program({}, test::some_weights());
  const program::Program program = test::open_bytes(bytes);
  bool done = false;
  for (unsigned number = 0; !done; ++number) {
    REQUIRE(number < 1000);
    test::failing = number;
    test::allocations = 0;
    test::counting = true;
    {
      DeviceInfo device_info = test::fake_device_info();
      device_info.debug_utils = true;
      const char* const extensions[] = {"VK_KHR_something"};
      device_info.extensions = extensions;
      const Result<Device> device = Device::make(device_info);
      ErrorCode code = device.error().code;
      if (device.ok()) {
        Result<Model> model = Model::make(*device, program);
        code = model.error().code;
        if (model.ok()) code = model->compile().error().code;
        if (code == ErrorCode::Ok) {
          InstanceInfo info;
          info.weights = test::fake_memory(11, model->memory().weights.bytes);
          info.packed = test::fake_memory(12, model->memory().packed.bytes);
          info.scratch = test::fake_memory(13, model->memory().scratch.bytes);
          code = Instance::make(*model, info).error().code;
        }
      }
      test::counting = false;
      CAPTURE(number);
      done = code == ErrorCode::Ok && test::allocations <= number;
      if (!done) CHECK((code == ErrorCode::OutOfMemory || code == ErrorCode::Ok));
    }
    CHECK(fake.created == fake.destroyed);
  }
  test::failing = ~0u;
#else
  test::skip("a sanitizer has the allocator");
#endif
}
