#include "device_list.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <airstrip/vulkan/context.hpp>
#include <airstrip/vulkan_device.hpp>
#include <algorithm>
#include <vulkan/vulkan_raii.hpp>

namespace tool {

namespace {

using namespace airstrip;

vk::raii::Context& loader() try {
  // Never unloaded: drivers do not survive it while their threads end.
  static auto* const context = new vk::raii::Context;
  return *context;
} catch (const std::runtime_error&) {
  throw Failure(
      ExitCode::Device,
      "there is no Vulkan loader; install it (Debian: libvulkan1) and a driver (mesa-vulkan-drivers)");
}

vk::raii::Instance make_instance(std::uint32_t api_version) try {
  const vk::ApplicationInfo application("airstrip", 0, "Airstrip", 0, api_version);
  return vk::raii::Instance(loader(), vk::InstanceCreateInfo({}, &application));
} catch (const vk::IncompatibleDriverError&) {
  throw Failure(ExitCode::Device,
                "there is a Vulkan loader and no driver; install one (Debian: mesa-vulkan-drivers)");
}

std::vector<MemoryHeap> heaps_of(const vk::raii::PhysicalDevice& device) {
  const vk::PhysicalDeviceMemoryProperties memory = device.getMemoryProperties();
  std::vector<MemoryHeap> heaps;
  for (std::uint32_t i = 0; i < memory.memoryHeapCount; ++i)
    heaps.push_back({memory.memoryHeaps[i].size,
                     static_cast<bool>(memory.memoryHeaps[i].flags & vk::MemoryHeapFlagBits::eDeviceLocal),
                     false});
  for (std::uint32_t i = 0; i < memory.memoryTypeCount; ++i)
    if (memory.memoryTypes[i].propertyFlags & vk::MemoryPropertyFlagBits::eHostVisible)
      heaps[memory.memoryTypes[i].heapIndex].is_host_visible = true;
  return heaps;
}

}  // namespace

std::vector<ListedDevice> list_devices(const std::string& name) try {
  const std::uint32_t version =
      std::min(loader().enumerateInstanceVersion(), vulkan::DeviceOptions().api_version);
  const vk::raii::Instance instance = make_instance(version);
  std::vector<ListedDevice> devices;
  std::vector<std::string> names;
  const vk::raii::PhysicalDevices all(instance);
  Progress progress("asking drivers", all.size());
  for (const vk::raii::PhysicalDevice& device : all) {
    const vk::PhysicalDeviceProperties properties = device.getProperties();
    progress.show(names.size(), properties.deviceName);
    names.emplace_back(properties.deviceName);
    if (names.back().find(name) == std::string::npos) continue;
    vulkan::ContextInfo info;
    info.get_instance_proc_addr = loader().getDispatcher()->vkGetInstanceProcAddr;
    info.instance = *instance;
    info.physical_device = *device;
    info.api_version = version;
    ListedDevice listed;
    listed.name = names.back();
    listed.api_version = properties.apiVersion;
    listed.heaps = heaps_of(device);
    Result<vulkan::Description> description = vulkan::describe_supported(info);
    if (description)
      listed.description = std::move(*description);
    else
      listed.error = std::string(description.error().message);
    devices.push_back(std::move(listed));
  }
  if (names.empty())
    throw Failure(ExitCode::Device,
                  "there is no Vulkan device; is a driver installed (Debian: mesa-vulkan-drivers)?");
  if (devices.empty())
    throw Failure(ExitCode::Device, "no Vulkan device has \"" + name +
                                        "\" in its name; there are: " + printable(joined(names)));
  return devices;
} catch (const vk::SystemError& error) {
  throw Failure(ExitCode::Device, std::string("Vulkan has failed: ") + error.what());
}

}  // namespace tool
