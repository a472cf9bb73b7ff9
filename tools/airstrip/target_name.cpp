#include "target_name.hpp"

#include "failure.hpp"

#include <cctype>

namespace tool {

airstrip::spirv::Target parse_target(const std::string& name) {
  using airstrip::spirv::Target;
  if (name.size() > 3 && name[name.size() - 2] == '.') {
    const char major = name[name.size() - 3], minor = name.back();
    const std::string environment = name.substr(0, name.size() - 3);
    if (std::isdigit(static_cast<unsigned char>(major)) && std::isdigit(static_cast<unsigned char>(minor))) {
      const auto m = static_cast<unsigned>(major - '0'), n = static_cast<unsigned>(minor - '0');
      Target target = environment == "vulkan"   ? Target::vulkan(m, n)
                      : environment == "opencl" ? Target::opencl(m, n)
                                                : Target::universal(m, n);
      // A version that is newer than the library becomes the newest it knows, and then has another name.
      if (target.error().empty() && std::string(target.name()) == name) return target.enable_everything();
    }
  }
  throw Failure(ExitCode::Usage,
                "there is no target '" + name +
                    "'; there are vulkan1.0 to vulkan1.4, opencl1.2 to opencl3.0 and spv1.0 to spv1.6");
}

}  // namespace tool
