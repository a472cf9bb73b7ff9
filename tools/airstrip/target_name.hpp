// Targets by the names that SPIRV-Tools has for them.
#pragma once

#include <airstrip/spirv/target.hpp>
#include <string>

namespace tool {

/// "vulkan1.0" to "vulkan1.4", "opencl1.2" to "opencl3.0", "spv1.0" to "spv1.6", with every feature that some device has.
/// Throws Failure: Usage.
airstrip::spirv::Target parse_target(const std::string& name);

}  // namespace tool
