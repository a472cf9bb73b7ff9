// All Vulkan devices, and what the library could use of each.
#pragma once

#include "progress.hpp"

#include <airstrip/vulkan/description.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace tool {

struct MemoryHeap {
  std::uint64_t bytes = 0;
  bool is_device_local = false;
  bool is_host_visible = false;  ///< some type of memory in it is
};

struct ListedDevice {
  std::string name;
  std::uint32_t api_version = 0;  ///< the device's own; the description's may be less
  /// With every feature and extension that the library knows. Default where `error` is not empty.
  airstrip::vulkan::Description description;
  std::string error;
  std::vector<MemoryHeap> heaps;
};

/// Those with `name` in their name; empty: all. For the Vulkan version that `vulkan::Device::open` asks for.
/// Throws Failure, Device: no loader, no driver, no device of that name; the sentence says what there is.
std::vector<ListedDevice> list_devices(const std::string& name);

}  // namespace tool
