// Programs on a device, compared with the host, with the validation layer silent.
#include "engine.hpp"

#include <thread>

using namespace airstrip;
using namespace airstrip::player;

namespace {

using Words = std::vector<std::uint32_t>;

Words some_words(std::uint32_t seed) {
  Words words(test::chain_most);
  for (std::uint32_t& word : words) word = seed = seed * 1664525u + 1013904223u;
  return words;
}

// Everything that the host needs to compare with.
struct Chain {
  Chain(test::Engine& engine, const kernel::WriteOptions& options)
      : weights(test::some_weights()), player(engine, test::make_chain_program(options, weights)) {}

  void prepare(Instance& instance) {
    const VkCommandBuffer commands = player.engine.begin_commands();
    REQUIRE(test::is_ok(instance.record_prepare(commands)));
    player.engine.submit({commands});
  }
  // What x holds, and the places of x and y; of y every word is 77 before a run.
  struct Bound {
    Words x;
    vulkan::DeviceBuffer in, out;
  };
  Bound bind(Instance& instance, std::uint32_t seed, std::uint32_t n) {
    Bound bound{some_words(seed), {}, {}};
    bound.in = player.engine.buffer(bound.x);
    bound.out = player.engine.buffer(Words(test::chain_most, 77));
    REQUIRE(test::is_ok(instance.bind("x", test::Engine::as_memory(bound.in))));
    REQUIRE(test::is_ok(instance.bind("y", test::Engine::as_memory(bound.out))));
    REQUIRE(test::is_ok(instance.set_parameters({{"n", static_cast<double>(n)}})));
    return bound;
  }
  void check(const Words& x, const Words& y, std::uint32_t n, std::uint32_t untouched) const {
    std::uint32_t wrong = 0;
    for (std::uint32_t i = 0; i < test::chain_most; ++i)
      wrong += y[i] != (i < n ? test::chain_of(x[i], weights[i]) : untouched);
    CAPTURE(n);
    CHECK(wrong == 0);
  }

  Words weights;
  test::EnginePlayer player;
};

}  // namespace

TEST_CASE("player: saxpy on a device") {
  test::Engine engine;
  if (!engine.is_open) return;
  test::EnginePlayer p(engine, test::make_saxpy_program(example_kernels::saxpy()));
  Instance instance = p.make_instance();
  const auto x = engine.buffer(std::vector<float>(4096, 3.0f));
  const auto y = engine.buffer(std::vector<float>(4096, 1.0f));
  REQUIRE(test::is_ok(instance.bind("x", test::Engine::as_memory(x))));
  REQUIRE(test::is_ok(instance.bind("y", test::Engine::as_memory(y))));
  REQUIRE(test::is_ok(instance.set_parameters({{"n", 1000}, {"a", 0.5}})));
  const VkCommandBuffer commands = engine.begin_commands();
  instance.record_barrier(
      commands, Instance::barrier_before(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT));
  REQUIRE(test::is_ok(instance.record(commands)));
  instance.record_barrier(commands, Instance::barrier_between_runs());
  REQUIRE(test::is_ok(instance.record(commands)));
  instance.record_barrier(
      commands, Instance::barrier_after(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT));
  engine.submit({commands});
  const std::vector<float> result = engine.read<float>(y);
  for (unsigned i = 0; i < 4096; ++i) REQUIRE(result[i] == (i < 1000 ? 4.0f : 1.0f));
}

TEST_CASE("player: a chain with packed weights and memory used again, for several sizes") {
  test::Engine engine;
  if (!engine.is_open) return;
  kernel::WriteOptions uniform, addresses;
  uniform.parameters = kernel::ParameterPlacement::Uniform;
  addresses.layout = kernel::BindingLayout::DeviceAddresses;
  for (const kernel::WriteOptions& options : {kernel::WriteOptions(), uniform, addresses}) {
    const bool by_address = options.layout == kernel::BindingLayout::DeviceAddresses;
    if (by_address && (!engine.device.describe().has_device_addresses ||
                       !engine.device.describe().target.permits(spirv::Capability::Int64))) {
      test::skip("the device has no addresses");
      continue;
    }
    Chain chain(engine, options);
    Instance instance = chain.player.make_instance();
    chain.prepare(instance);
    for (const std::uint32_t n : {4096u, 1u, 100u, 0u, 4095u}) {
      const auto [x, in, out] = chain.bind(instance, n + 1, n);
      const VkCommandBuffer commands = engine.begin_commands();
      REQUIRE(test::is_ok(instance.record(commands)));
      engine.submit({commands});
      chain.check(x, engine.read<std::uint32_t>(out), n, 77);
    }
  }
}

TEST_CASE("player: a run in pieces is the run") {
  test::Engine engine;
  if (!engine.is_open) return;
  Chain chain(engine, {});
  Instance instance = chain.player.make_instance();
  chain.prepare(instance);
  const auto [x, in, out] = chain.bind(instance, 5, 4000);
  for (const bool same_submission : {true, false})
    for (const double cost : {0.0, instance.cost() / 2, 1e9}) {
      instance.restart();
      REQUIRE(test::is_ok(engine.device.upload(out, Words(test::chain_most, 77).data(), out.size)));
      std::vector<VkCommandBuffer> all;
      for (bool done = false; !done;) {
        REQUIRE(all.size() < 5);
        all.push_back(engine.begin_commands());
        const Result<Progress> progress = instance.advance(all.back(), cost);
        REQUIRE(test::is_ok(progress));
        done = progress->done;
        if (same_submission) continue;
        engine.submit({all.back()});
      }
      if (same_submission) engine.submit(all);
      CHECK(all.size() == (cost == 0 ? 4u : cost < 1e9 ? 2u : 1u));
      chain.check(x, engine.read<std::uint32_t>(out), 4000, 77);
    }
}

TEST_CASE("player: two instances in flight, recorded by two threads") {
  test::Engine engine;
  if (!engine.is_open) return;
  kernel::WriteOptions options;
  options.parameters = kernel::ParameterPlacement::Uniform;
  Chain chain(engine, options);
  Instance instances[] = {chain.player.make_instance(), chain.player.make_instance()};
  chain.prepare(instances[1]);
  const Words x[] = {some_words(1), some_words(2)};
  const vulkan::DeviceBuffer in[] = {engine.buffer(x[0]), engine.buffer(x[1])};
  const vulkan::DeviceBuffer out[] = {engine.buffer(Words(test::chain_most, 77)),
                                      engine.buffer(Words(test::chain_most, 77))};
  for (std::uint32_t n = 500; n < 4096; n += 1000) {
    const std::vector<VkCommandBuffer> commands = {engine.begin_commands(), engine.begin_commands()};
    bool ok[2] = {};
    const auto job = [&](unsigned i) {
      Instance& instance = instances[i];
      ok[i] = instance.bind("x", test::Engine::as_memory(in[i])).ok() &&
              instance.bind("y", test::Engine::as_memory(out[i])).ok() &&
              instance.set_parameters({{"n", static_cast<double>(n + i)}}).ok() &&
              instance.record(commands[i]).ok();
    };
    std::thread other(job, 1);
    job(0);
    other.join();
    REQUIRE(ok[0]);
    REQUIRE(ok[1]);
    engine.submit(commands);
    for (unsigned i = 0; i < 2; ++i) chain.check(x[i], engine.read<std::uint32_t>(out[i]), n + i, 77);
  }
}

TEST_CASE("player: dispatches are timed") {
  test::Engine engine;
  if (!engine.is_open) return;
  if (engine.device.describe().limits.timestampPeriod == 0) return test::skip("the device has no timestamps");
  Chain chain(engine, {});
  Instance instance = chain.player.make_instance();
  chain.prepare(instance);
  const auto [x, in, out] = chain.bind(instance, 5, 4096);
  const VkQueryPool queries = engine.queries(instance.timestamp_count() + 3);
  const VkCommandBuffer commands = engine.begin_commands();
  REQUIRE(test::is_ok(instance.record_calibration(commands, queries, 3)));
  engine.submit({commands});
  chain.check(x, engine.read<std::uint32_t>(out), 4096, 77);
  const std::vector<std::uint64_t> ticks = engine.results(3, instance.timestamp_count());
  REQUIRE(test::is_ok(
      instance.take_timestamps(ticks, static_cast<double>(engine.device.describe().limits.timestampPeriod))));
  CHECK(instance.longest_dispatch().is_measured);
  CHECK(instance.longest_dispatch().microseconds > 0);
  CHECK(instance.cost() >= instance.longest_dispatch().microseconds);
  CHECK(instance.cost() < 1e7);
}

TEST_CASE("player: another thread compiles") {
  test::Engine engine;
  if (!engine.is_open) return;
  test::EnginePlayer p(engine, test::make_saxpy_program(example_kernels::saxpy()));
  const auto device = Device::make(engine.device.context());
  Result<Model> model = Model::make(*device, p.program);
  REQUIRE(test::is_ok(model));
  CHECK(model->state() == ModelState::Made);
  bool ok = false;
  std::thread worker([&] { ok = model->compile().ok(); });
  worker.join();
  CHECK(ok);
  CHECK(model->is_ready());
  CHECK(test::is_ok(model->compile()));
}
