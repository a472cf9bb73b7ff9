// Runs a kernel through the adapter, on a device with exactly what a test asks for, as an engine's user would write it:
// everything is bound by its name.
#pragma once

#include "adapter_fixture.hpp"
#include "kernel_fixture.hpp"
#include "weak_limits.hpp"

namespace test {

inline airstrip::vulkan::DeviceOptions options_of(const DeviceRequest& request,
                                                  std::vector<airstrip::Text>& features,
                                                  std::vector<const char*>& extensions) {
  features.assign(request.features.begin(), request.features.end());
  if (asks_for(request, "cooperativeMatrix")) extensions.push_back("VK_KHR_cooperative_matrix");
  airstrip::vulkan::DeviceOptions options;
  options.api_version = VK_MAKE_API_VERSION(0, 1, request.minor, 0);
  options.enable_all = false;
  options.features = features;
  options.extensions = extensions;
  return options;
}

class AdapterRunner {
public:
  AdapterRunner(const DeviceRequest& request, const VkPhysicalDeviceLimits* limits = nullptr)
      : device_(with_limits(options_of(request, features_, extensions_), limits)) {}
  bool is_open() const { return device_.is_open; }
  const airstrip::vulkan::Description& describe() const { return device_.device.describe(); }

  // The memory afterwards, as KernelRunner::run gives it; empty after a failure.
  std::vector<std::vector<unsigned char>> run(const airstrip::kernel::Kernel& kernel,
                                              const airstrip::spirv::Target& target, const Given& given,
                                              airstrip::kernel::WriteOptions options) {
    using namespace airstrip;
    using namespace airstrip::vulkan;
    std::vector<std::vector<unsigned char>> results;
    options.names = true;
    const Result<spirv::Module> module = kernel::write_spirv(kernel, target, options);
    if (!is_ok(module)) return results;
    std::vector<reflection::Override> constants;
    for (const auto& [number, value] : given.constants) constants.push_back({number, value});
    PipelineInfo info;
    info.words = module->words();
    info.constants = constants;
    info.label = kernel.name();
    // The extension has to be enabled for that, and a module is the same without.
    info.push_descriptors = false;
    Result<Pipeline> pipeline = Pipeline::make(device_.device.context(), info);
    if (!is_ok(pipeline)) return results;

    const Result<kernel::KernelInterface> bound =
        kernel::interface_of(kernel, options.layout, options.parameters, options.max_push_constants);
    if (!is_ok(bound)) return results;
    fill(given);
    std::vector<vulkan::Binding> bindings;
    for (const kernel::ResourceBinding& b : bound->bindings) {
      const std::string name(kernel.resource_name(b.resource));
      const Place& slot = find(given, name);
      const Text text = kernel.resource_name(b.resource);
      if (b.kind == kernel::DescriptorKind::Address)
        bindings.push_back(bind_address(text, slot.buffer));
      else if (b.kind == kernel::DescriptorKind::CombinedImageSampler)
        bindings.push_back(bind(text, slot.image, sampler_));
      else
        bindings.push_back(slot.is_image ? bind(text, slot.image) : bind(text, slot.buffer));
    }
    std::vector<Parameter> parameters;
    for (const kernel::ParameterSlot& slot : bound->parameters) {
      const Text name = kernel.text(kernel.parameters()[slot.parameter].name);
      for (const Given::Number& p : given.parameters) {
        unsigned char bytes[32] = {};
        if (p.name != std::string(name)) continue;
        for (unsigned i = 0; i < slot.type.components(); ++i)
          std::memcpy(bytes + i * (slot.type.width() / 8), &p.bits[i], slot.type.width() / 8);
        parameters.push_back(Parameter::from_bytes(name, bytes, slot.type.size()));
      }
    }
    // A kernel may have what it does not use, and then the module does not have it.
    Arguments arguments;
    arguments.bindings = bindings;
    arguments.parameters = parameters;
    arguments.ignore_unused = true;
    if (!is_ok(device_.device.run(*pipeline, arguments, {given.groups[0], given.groups[1], given.groups[2]})))
      return results;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      std::vector<unsigned char>& bytes = results.emplace_back(slots_[i].bytes);
      const bool ok =
          is_ok(slots_[i].is_image ? device_.device.download(slots_[i].image, bytes.data())
                                   : device_.device.download(slots_[i].buffer, bytes.data(), bytes.size()));
      if (!ok) return {};
    }
    return results;
  }

private:
  struct Place {
    bool is_image = false;
    airstrip::vulkan::DeviceBuffer buffer;
    airstrip::vulkan::DeviceImage image;
    std::size_t bytes = 0;
  };

  static airstrip::vulkan::DeviceOptions with_limits(airstrip::vulkan::DeviceOptions options,
                                                     const VkPhysicalDeviceLimits* limits) {
    options.limits = limits;
    return options;
  }
  // Memory is made once, for the dispatches of all kernels that have the same.
  void fill(const Given& given) {
    const bool is_new = slots_.empty();
    if (is_new) slots_.resize(given.memory.size());
    for (std::size_t i = 0; i < given.memory.size(); ++i) {
      const Given::Memory& m = given.memory[i];
      Place& slot = slots_[i];
      const std::vector<unsigned char> bytes = as_bytes(m);
      slot.bytes = bytes.size();
      slot.is_image = m.format != 0;
      if (slot.is_image) {
        if (is_new) {
          const auto made = device_.device.make_image(static_cast<VkFormat>(m.format), m.width, m.height,
                                                      bytes_of_texel(m.format));
          REQUIRE(is_ok(made));
          slot.image = *made;
        }
        REQUIRE(is_ok(device_.device.upload(slot.image, bytes.data())));
      } else {
        if (is_new) {
          const auto made = device_.device.make_buffer(bytes.size());
          REQUIRE(is_ok(made));
          slot.buffer = *made;
        }
        REQUIRE(is_ok(device_.device.upload(slot.buffer, bytes.data(), bytes.size())));
      }
    }
    if (!is_new) return;
    const auto sampler = device_.device.make_sampler();
    REQUIRE(is_ok(sampler));
    sampler_ = *sampler;
  }
  const Place& find(const Given& given, const std::string& name) const {
    std::size_t i = 0;
    while (i < given.memory.size() && given.memory[i].name != name) ++i;
    REQUIRE(i < given.memory.size());
    return slots_[i];
  }

  std::vector<airstrip::Text> features_;
  std::vector<const char*> extensions_;
  AdapterDevice device_;
  std::vector<Place> slots_;
  VkSampler sampler_ = VK_NULL_HANDLE;
};

}  // namespace test
