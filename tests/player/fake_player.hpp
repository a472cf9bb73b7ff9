// A model and an instance on the fake driver, with memory for all that they need.
#pragma once

#include "program_maker.hpp"

#include "vulkan/adapter_fixture.hpp"
#include "vulkan/fake_driver.hpp"

#include <airstrip/player.hpp>

namespace test {

namespace player = airstrip::player;

// Whether it failed so, with that in its message.
template <class T>
void check_refused(const airstrip::Result<T>& result, airstrip::ErrorCode code, const char* part) {
  CHECK_FALSE(result.ok());
  CAPTURE(text_of(result.error()));
  CHECK(result.error().code == code);
  CHECK(result.error().message.contains(part));
}

inline player::DeviceInfo fake_device_info() { return fake_info<player::DeviceInfo>(); }
inline player::Device fake_device(const player::DeviceInfo& info = fake_device_info()) {
  auto device = player::Device::make(info);
  REQUIRE(is_ok(device));
  return static_cast<player::Device&&>(*device);
}

inline player::BufferMemory fake_memory(std::uint64_t handle, std::uint64_t size) {
  player::BufferMemory memory;
  memory.buffer = fake_handle<VkBuffer>(handle);
  memory.size = size;
  memory.address = 0x10000 * handle;
  return memory;
}

struct FakePlayer {
  explicit FakePlayer(std::vector<unsigned char> of, const player::DeviceInfo& info = fake_device_info())
      : bytes(std::move(of)), program(open_bytes(bytes)) {
    const player::Device device = fake_device(info);
    auto made = player::Model::make(device, program);
    REQUIRE(is_ok(made));
    model = static_cast<player::Model&&>(*made);
    REQUIRE(is_ok(model.compile()));
    instance = make_instance();
  }
  player::InstanceInfo memory() {
    const player::MemoryRequirements& needed = model.memory();
    uniform.resize(needed.uniform.bytes);
    player::InstanceInfo info;
    info.weights = fake_memory(11, needed.weights.bytes);
    info.packed = fake_memory(12, needed.packed.bytes);
    info.scratch = fake_memory(13, needed.scratch.bytes);
    info.uniform = fake_memory(14, needed.uniform.bytes);
    info.uniform.mapped = uniform.data();
    return info;
  }
  player::Instance make_instance() {
    auto made = player::Instance::make(model, memory());
    REQUIRE(is_ok(made));
    return static_cast<player::Instance&&>(*made);
  }
  void bind_all() {
    for (const program::TensorRecord& t : program.tensors())
      REQUIRE(is_ok(instance.bind(program.text(t.name), fake_memory(20, (t.max_bytes + 15) / 16 * 16))));
  }

  std::vector<unsigned char> bytes, uniform;
  program::Program program;
  player::Model model;
  player::Instance instance;
};

inline const VkCommandBuffer fake_commands = fake_handle<VkCommandBuffer>(5);

inline std::vector<std::uint32_t> some_weights() {
  std::vector<std::uint32_t> weights(chain_most);
  for (std::uint32_t i = 0; i < chain_most; ++i) weights[i] = i * i + 7;
  return weights;
}

}  // namespace test
