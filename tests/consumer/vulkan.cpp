// The same with the adapters to Vulkan, on a machine with or without a loader.
#include <airstrip/airstrip.hpp>
#include <airstrip/player.hpp>
#include <airstrip/vulkan_device.hpp>

#include <cstdio>

int main() {
  const airstrip::Result<airstrip::vulkan::Device> device = airstrip::vulkan::Device::open();
  if (device) {
    std::printf("%s", device->describe().to_string().c_str());
    return airstrip::player::Device::make(device->context()).ok() ? 0 : 1;
  }
  std::printf("%s\n", device.error().to_string().c_str());
  return device.error().code == airstrip::ErrorCode::NoDevice ? 0 : 1;
}
