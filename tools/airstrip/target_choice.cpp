#include "target_choice.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <airstrip/graph/targets.hpp>
#include <airstrip/vulkan_tensor.hpp>
#include <algorithm>

namespace tool {

using namespace airstrip;

vulkan::Device open_device(const std::string& name) {
  vulkan::DeviceOptions options;
  options.name = Text(name);
  auto device = vulkan::Device::open(options);
  if (!device) throw Failure("", device.error());
  return std::move(*device);
}

namespace {

tensor::Target target_of(const std::string& text) {
  const std::size_t end = text.find('+');
  const std::string environment = text.substr(0, end);
  tensor::Target target;
  if (environment.size() != 9 || !environment.starts_with("vulkan1.") || environment[8] < '0' ||
      environment[8] > '4')
    throw Failure(ExitCode::Usage, "there is no target '" + printable(environment) +
                                       "'; there are vulkan1.0 to vulkan1.4, device and standard");
  target.spirv = spirv::Target::vulkan(1, static_cast<unsigned>(environment[8] - '0'));
  for (std::size_t at = end; at != std::string::npos;) {
    const std::size_t next = text.find('+', at + 1);
    const std::string feature = text.substr(at + 1, next == std::string::npos ? next : next - at - 1);
    target.spirv.enable_feature(Text(feature));
    if (!target.spirv.error().empty())
      throw Failure(ExitCode::Usage, "the target '" + printable(text) +
                                         "': " + std::string(target.spirv.error()) +
                                         "; features are called as in Vulkan, such as shaderFloat16");
    at = next;
  }
  return target;
}

}  // namespace

std::vector<NamedTarget> parse_targets(const std::vector<std::string>& texts, const std::string& device) {
  std::vector<NamedTarget> targets;
  const auto add = [&](NamedTarget target) {
    for (const NamedTarget& other : targets)
      if (other.name == target.name)
        throw Failure(ExitCode::Usage, "two variants are called '" + printable(target.name) +
                                           "'; name one with --target NAME=TARGET");
    targets.push_back(std::move(target));
  };
  for (const std::string& text : texts) {
    if (text == "standard") {
      for (const graph::CompileTarget& target : graph::standard_targets())
        add({std::string(target.name), target.target, target.float16});
      continue;
    }
    const std::size_t equals = text.find('=');
    const std::string what = equals == std::string::npos ? text : text.substr(equals + 1);
    const std::string name = equals == std::string::npos ? what : text.substr(0, equals);
    if (name.empty())
      throw Failure(ExitCode::Usage, "--target " + printable(text) + ": the variant's name is empty");
    if (what == "standard")
      throw Failure(ExitCode::Usage, "--target " + printable(text) +
                                         ": standard is three variants, which have names; leave " +
                                         printable(name) + "= out");
    add({name, what == "device" ? vulkan::tensor_target(open_device(device).describe()) : target_of(what),
         false});
  }
  return targets;
}

NamedTarget parse_target_to_run(const std::string& text, const std::string& device) {
  std::vector<NamedTarget> targets = parse_targets({text}, device);
  if (targets.size() != 1)
    throw Failure(ExitCode::Usage,
                  "--target " + printable(text) + " is several variants, and here it is one; name another");
  return std::move(targets[0]);
}

std::vector<NamedTarget> targets_to_compile(const std::vector<std::string>& texts,
                                            const std::string& device) {
  const auto is_device = [](const std::string& text) {
    return text == "device" || text.ends_with("=device");
  };
  if (!device.empty() && std::none_of(texts.begin(), texts.end(), is_device))
    throw Failure(ExitCode::Usage,
                  "--device " + printable(device) +
                      " says what --target device is, and that is not asked for; say it, too");
  return parse_targets(texts.empty() ? std::vector<std::string>{default_target} : texts, device);
}

}  // namespace tool
