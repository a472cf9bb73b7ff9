// A real device as an engine has it: buffers, memory that the host writes, a command buffer for each thread.
#pragma once

#include "fake_player.hpp"

namespace test {

// The device of the adapter's tests with what an engine has besides.
class Engine : public AdapterDevice {
public:
  Engine() {
    if (!is_open) return;
    const auto& context = device.context();
    const auto of_device = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(
          context.functions().vkGetDeviceProcAddr(context.device(), name));
      const bool found = function != nullptr;
      REQUIRE(found);
    };
    of_device(create_buffer_, "vkCreateBuffer");
    of_device(destroy_buffer_, "vkDestroyBuffer");
    of_device(get_requirements_, "vkGetBufferMemoryRequirements");
    of_device(allocate_, "vkAllocateMemory");
    of_device(free_, "vkFreeMemory");
    of_device(bind_memory_, "vkBindBufferMemory");
    of_device(map_, "vkMapMemory");
    of_device(create_pool_, "vkCreateCommandPool");
    of_device(destroy_pool_, "vkDestroyCommandPool");
    of_device(allocate_commands_, "vkAllocateCommandBuffers");
    of_device(begin_, "vkBeginCommandBuffer");
    of_device(end_, "vkEndCommandBuffer");
    of_device(submit_, "vkQueueSubmit");
    of_device(wait_, "vkQueueWaitIdle");
    of_device(create_queries_, "vkCreateQueryPool");
    of_device(destroy_queries_, "vkDestroyQueryPool");
    of_device(get_results_, "vkGetQueryPoolResults");
  }
  ~Engine() {
    if (!is_open) return;
    for (const VkCommandPool pool : pools_) destroy_pool_(handle(), pool, nullptr);
    for (const Mapped& m : mapped_) {
      destroy_buffer_(handle(), m.buffer, nullptr);
      free_(handle(), m.memory, nullptr);
    }
    if (queries_) destroy_queries_(handle(), queries_, nullptr);
  }
  VkDevice handle() const { return device.context().device(); }

  static player::BufferMemory as_memory(const airstrip::vulkan::DeviceBuffer& of) {
    return {of.buffer, of.offset, of.size, of.address, nullptr};
  }
  player::BufferMemory memory(std::uint64_t bytes) {
    if (bytes == 0) return {};
    const auto made = device.make_buffer(bytes);
    REQUIRE(is_ok(made));
    return as_memory(*made);
  }
  player::BufferMemory uniform(std::uint64_t bytes) {
    if (bytes == 0) return {};
    VkBufferCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    info.size = bytes;
    info.usage = VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT;
    Mapped made{};
    REQUIRE(create_buffer_(handle(), &info, nullptr, &made.buffer) == VK_SUCCESS);
    VkMemoryRequirements needs{};
    get_requirements_(handle(), made.buffer, &needs);
    VkPhysicalDeviceMemoryProperties types{};
    const auto get = reinterpret_cast<PFN_vkGetPhysicalDeviceMemoryProperties>(
        device.context().functions().vkGetInstanceProcAddr(device.instance(),
                                                           "vkGetPhysicalDeviceMemoryProperties"));
    get(device.context().physical_device(), &types);
    constexpr VkMemoryPropertyFlags wanted =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    VkMemoryAllocateInfo allocation{};
    allocation.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    allocation.allocationSize = needs.size;
    while (!(needs.memoryTypeBits >> allocation.memoryTypeIndex & 1) ||
           (types.memoryTypes[allocation.memoryTypeIndex].propertyFlags & wanted) != wanted)
      REQUIRE(++allocation.memoryTypeIndex < types.memoryTypeCount);
    REQUIRE(allocate_(handle(), &allocation, nullptr, &made.memory) == VK_SUCCESS);
    REQUIRE(bind_memory_(handle(), made.buffer, made.memory, 0) == VK_SUCCESS);
    player::BufferMemory memory{made.buffer, 0, bytes, 0, nullptr};
    REQUIRE(map_(handle(), made.memory, 0, VK_WHOLE_SIZE, 0, &memory.mapped) == VK_SUCCESS);
    mapped_.push_back(made);
    return memory;
  }

  VkCommandBuffer begin_commands() {
    VkCommandPoolCreateInfo pool_info{};
    pool_info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool_info.queueFamilyIndex = device.queue_family();
    VkCommandPool pool{};
    REQUIRE(create_pool_(handle(), &pool_info, nullptr, &pool) == VK_SUCCESS);
    pools_.push_back(pool);
    VkCommandBufferAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    info.commandPool = pool;
    info.commandBufferCount = 1;
    VkCommandBuffer commands{};
    REQUIRE(allocate_commands_(handle(), &info, &commands) == VK_SUCCESS);
    VkCommandBufferBeginInfo begin_info{};
    begin_info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    REQUIRE(begin_(commands, &begin_info) == VK_SUCCESS);
    return commands;
  }
  // All at once, and waits.
  void submit(const std::vector<VkCommandBuffer>& commands) {
    for (const VkCommandBuffer c : commands) REQUIRE(end_(c) == VK_SUCCESS);
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.commandBufferCount = static_cast<std::uint32_t>(commands.size());
    info.pCommandBuffers = commands.data();
    REQUIRE(submit_(device.queue(), 1, &info, VkFence{}) == VK_SUCCESS);
    REQUIRE(wait_(device.queue()) == VK_SUCCESS);
  }
  VkQueryPool queries(std::uint32_t count) {
    VkQueryPoolCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO;
    info.queryType = VK_QUERY_TYPE_TIMESTAMP;
    info.queryCount = count;
    REQUIRE(create_queries_(handle(), &info, nullptr, &queries_) == VK_SUCCESS);
    return queries_;
  }
  std::vector<std::uint64_t> results(std::uint32_t first, std::uint32_t count) {
    std::vector<std::uint64_t> ticks(count);
    REQUIRE(get_results_(handle(), queries_, first, count, count * 8, ticks.data(), 8,
                         VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT) == VK_SUCCESS);
    return ticks;
  }

private:
  struct Mapped {
    VkBuffer buffer;
    VkDeviceMemory memory;
  };
  PFN_vkCreateBuffer create_buffer_ = nullptr;
  PFN_vkDestroyBuffer destroy_buffer_ = nullptr;
  PFN_vkGetBufferMemoryRequirements get_requirements_ = nullptr;
  PFN_vkAllocateMemory allocate_ = nullptr;
  PFN_vkFreeMemory free_ = nullptr;
  PFN_vkBindBufferMemory bind_memory_ = nullptr;
  PFN_vkMapMemory map_ = nullptr;
  PFN_vkCreateCommandPool create_pool_ = nullptr;
  PFN_vkDestroyCommandPool destroy_pool_ = nullptr;
  PFN_vkAllocateCommandBuffers allocate_commands_ = nullptr;
  PFN_vkBeginCommandBuffer begin_ = nullptr;
  PFN_vkEndCommandBuffer end_ = nullptr;
  PFN_vkQueueSubmit submit_ = nullptr;
  PFN_vkQueueWaitIdle wait_ = nullptr;
  PFN_vkCreateQueryPool create_queries_ = nullptr;
  PFN_vkDestroyQueryPool destroy_queries_ = nullptr;
  PFN_vkGetQueryPoolResults get_results_ = nullptr;
  std::vector<VkCommandPool> pools_;
  std::vector<Mapped> mapped_;
  VkQueryPool queries_ = VK_NULL_HANDLE;
};

// A program on it, with its weights uploaded.
struct EnginePlayer {
  EnginePlayer(Engine& of, std::vector<unsigned char> content)
      : engine(of), bytes(std::move(content)), program(open_bytes(bytes)) {
    const auto device = player::Device::make(engine.device.context());
    REQUIRE(is_ok(device));
    auto made = player::Model::make(*device, program);
    REQUIRE(is_ok(made));
    model = static_cast<player::Model&&>(*made);
    REQUIRE(is_ok(model.compile()));
    const player::MemoryRequirements& needed = model.memory();
    shared.packed = engine.memory(needed.packed.bytes);
    if (needed.weights.bytes == 0) return;
    const auto weights = engine.device.make_buffer(needed.weights.bytes);
    REQUIRE(is_ok(weights));
    REQUIRE(
        is_ok(engine.device.upload(*weights, program.weight_bytes().data(), program.weight_bytes().size())));
    shared.weights = Engine::as_memory(*weights);
  }
  player::Instance make_instance() {
    player::InstanceInfo info = shared;
    info.scratch = engine.memory(model.memory().scratch.bytes);
    info.uniform = engine.uniform(model.memory().uniform.bytes);
    auto made = player::Instance::make(model, info);
    REQUIRE(is_ok(made));
    return static_cast<player::Instance&&>(*made);
  }

  Engine& engine;
  std::vector<unsigned char> bytes;
  program::Program program;
  player::Model model;
  player::InstanceInfo shared;
};

}  // namespace test
