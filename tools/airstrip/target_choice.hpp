// For which devices a program is made: --target and --device.
#pragma once

#include <airstrip/tensor/target.hpp>
#include <airstrip/vulkan_device.hpp>
#include <string>
#include <vector>

namespace tool {

/// A device with everything enabled. Throws Failure, Device: there is none of that name.
airstrip::vulkan::Device open_device(const std::string& name);

/// What --help says of `parse_targets`.
inline constexpr const char* target_help = "vulkan1.0 to vulkan1.4, with +FEATURE for what such a device "
                                           "must have besides (+shaderFloat16), or device: "
                                           "that of --device, or standard (of compile and explain): three "
                                           "variants from f16 to Vulkan 1.0; NAME= in front names "
                                           "the variant";

struct NamedTarget {
  std::string name;
  airstrip::tensor::Target target;
  bool float16 = false;  ///< tensors become f16
};
/// "[NAME=]device", "[NAME=]vulkan1.1[+shaderFloat16…]", "standard", which is several. Throws Failure: Usage, Device.
std::vector<NamedTarget> parse_targets(const std::vector<std::string>& texts, const std::string& device);

/// The one target of run and verify. Throws as `parse_targets`, and Usage for several.
NamedTarget parse_target_to_run(const std::string& text, const std::string& device);

/// What compile and explain make a program for where nothing is said.
inline constexpr const char* default_target = "vulkan1.1";
/// The targets of compile and explain, which need a device for --target device only. Throws as `parse_targets`, and Usage
/// where a device is named that no target is.
std::vector<NamedTarget> targets_to_compile(const std::vector<std::string>& texts, const std::string& device);

}  // namespace tool
