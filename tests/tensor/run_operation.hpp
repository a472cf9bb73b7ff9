// Runs an operation: in the interpreter with its sanitizer, and on the Vulkan device at hand. Every module is validated.
#pragma once

#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/print.hpp>
#include <airstrip/tensor.hpp>

#include "host_tensor.hpp"
#include "support/skip.hpp"
#include "support/spirv_val.hpp"

#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <map>
#include <string>
#include <vector>

#ifdef AIRSTRIP_TEST_VULKAN
#include <airstrip/vulkan_device.hpp>
#include <airstrip/vulkan_tensor.hpp>

#include "vulkan/adapter_fixture.hpp"
#include "vulkan/weak_limits.hpp"
#endif

namespace test {

namespace tensor = airstrip::tensor;
using Tensors = std::map<std::string, HostTensor>;

// What an operation is given: its inputs by name, the sizes that its dimensions' parameters have, and the numbers of its
// expressions, by their bits. Outputs come back by name, flat, as long as their buffers.
struct Given {
  Tensors inputs;
  std::vector<std::pair<std::string, std::int64_t>> sizes = {};
  std::vector<std::pair<std::string, HostTensor>> parameters = {};  // one element each
};

// The last test case that was skipped.
inline const void*& skipped_case() {
  static const void* skipped = nullptr;
  return skipped;
}
// As skip(), once in a test case: for what many operations of one find again.
inline void skip_once(const char* reason) {
  const void* const now = doctest::getContextOptions()->currentTest;
  if (skipped_case() != now) skip(reason);
  skipped_case() = now;
}

// How many cases of a property to try: n times AIRSTRIP_TEST_CASES, or n.
inline int cases(int n) {
  const char* const times = std::getenv("AIRSTRIP_TEST_CASES");
  const int factor = times ? std::atoi(times) : 1;
  const int count = factor > 1 ? n * factor : n;
  static const void* told = nullptr;  // the test case that has said so already
  const void* const now = doctest::getContextOptions()->currentTest;
  if (told != now) std::printf("%d random cases\n", count);
  told = now;
  return count;
}

inline std::vector<tensor::SizeValue> size_values(const Given& given) {
  std::vector<tensor::SizeValue> values;
  for (const auto& [name, value] : given.sizes) values.push_back({airstrip::Text(name.c_str()), value});
  return values;
}

inline std::string message_of(const airstrip::Diagnostic& error) { return std::string(error.to_string()); }

// Memory of every operand: inputs as given, the rest filled with ones (NaN, or -1).
inline std::vector<std::vector<unsigned char>>
memory_of(const tensor::Operation& operation, const Given& given, const tensor::OperationSizes& sizes) {
  std::vector<std::vector<unsigned char>> memory;
  for (std::size_t i = 0; i < operation.operands().size(); ++i) {
    const tensor::Operand& o = operation.operands()[i];
    const auto found = given.inputs.find(std::string(o.name));
    std::size_t bytes = static_cast<std::size_t>(sizes.value(o.bytes));
    // Images have four components of 32 bits a texel.
    if (found != given.inputs.end() && o.type.storage != tensor::Storage::Buffer)
      bytes = found->second.bytes().size();
    std::vector<unsigned char> content(bytes, 0xFF);
    if (found != given.inputs.end()) {
      const std::vector<unsigned char>& from = found->second.bytes();
      CHECK_MESSAGE(from.size() >= bytes, std::string(o.name), " needs ", bytes, " bytes");
      if (bytes != 0 && !from.empty())
        std::memcpy(content.data(), from.data(), from.size() < bytes ? from.size() : bytes);
    } else {
      CHECK_MESSAGE(o.role != tensor::Role::Input, std::string(o.name), " was not given");
    }
    memory.push_back(std::move(content));
  }
  return memory;
}

inline Tensors outputs_of(const tensor::Operation& operation,
                          const std::vector<std::vector<unsigned char>>& memory) {
  Tensors outputs;
  for (std::size_t i = 0; i < operation.operands().size(); ++i) {
    const tensor::Operand& o = operation.operands()[i];
    if (o.role == tensor::Role::Input) continue;
    const std::size_t element = tensor::element_bytes(o.type.scalar);
    HostTensor t(o.type.scalar, {static_cast<std::int64_t>(memory[i].size() / element)});
    if (!t.bytes().empty()) std::memcpy(t.bytes().data(), memory[i].data(), t.bytes().size());
    outputs[std::string(o.name)] = std::move(t);
  }
  return outputs;
}

// Every step's words are valid for the target. `since`: see validate(); bf16 came with release 2025.2.
inline bool check_valid(const tensor::Operation& operation, int since = 0) {
  bool all = true;
  for (const tensor::Operand& o : operation.operands())
    if (o.type.scalar == Scalar::BF16 && since < 20252 &&
        operation.target().permits(airstrip::spirv::Capability::BFloat16TypeKHR))
      since = 20252;
  for (std::size_t s = 0; s < operation.steps().size(); ++s) {
    const auto module = operation.module(s);
    if (!module.ok()) {
      FAIL_CHECK(message_of(module.error()));
      return false;
    }
    const Verdict verdict = validate(module->words(), operation.target().spirv, since);
    if (!verdict.ran) skip_once(verdict.text.c_str());
    if (verdict.ran && !verdict.valid) {
      FAIL_CHECK("invalid: ", verdict.text);
      all = false;
    }
  }
  return all;
}

struct InterpretSettings {
  std::uint32_t subgroup_size = 8;
  std::uint64_t seed = 0;
};

// Outputs (and scratch) after all steps, Phase::Prepare first. Empty after a failure; a finding of the sanitizer is one.
inline Tensors run_interpreted(const tensor::Operation& operation, const Given& given,
                               InterpretSettings settings = {}) {
  using namespace airstrip;
  const std::vector<tensor::SizeValue> values = size_values(given);
  const auto sizes = operation.resolve(Span<const tensor::SizeValue>(values.data(), values.size()));
  if (!sizes.ok()) {
    FAIL_CHECK(message_of(sizes.error()));
    return {};
  }
  auto memory = memory_of(operation, given, *sizes);
  for (const tensor::Phase phase : {tensor::Phase::Prepare, tensor::Phase::Run})
    for (std::size_t s = 0; s < operation.steps().size(); ++s) {
      const tensor::Step& step = operation.steps()[s];
      const kernel::Extent groups = sizes->groups(s);
      if (step.phase != phase || groups.volume() == 0) continue;
      kernel::Resources resources;
      for (std::uint32_t r = 0; r < step.kernel.resources().size(); ++r) {
        const kernel::Resource& resource = step.kernel.resource(r);
        const bool image = resource.kind == kernel::ResourceKind::StorageImage ||
                           resource.kind == kernel::ResourceKind::SampledImage;
        if (resource.kind != kernel::ResourceKind::Buffer && !image) continue;
        const std::string name(step.kernel.resource_name(r));
        const std::size_t operand = operation.find(Text(name.c_str()));
        REQUIRE(operand != tensor::Operation::npos);
        if (image) {
          const auto& shape = given.inputs.at(name).shape();  // [height, width, 4] or with layers in front
          kernel::ImageBinding binding;
          binding.layers = shape.size() == 4 ? static_cast<std::uint32_t>(shape[0]) : 1;
          binding.height = static_cast<std::uint32_t>(shape[shape.size() - 3]);
          binding.width = static_cast<std::uint32_t>(shape[shape.size() - 2]);
          binding.texels = memory[operand].data();
          resources.bind_image(r, binding);
        } else {
          resources.bind(r, static_cast<void*>(memory[operand].data()), memory[operand].size());
        }
      }
      for (const kernel::ParameterInfo& p : step.kernel.parameters()) {
        const std::string name(step.kernel.text(p.name));
        for (const auto& [size, value] : given.sizes)
          if (size == name) resources.set<kernel::u32>(Text(name.c_str()), static_cast<kernel::u32>(value));
        for (const auto& [number, value] : given.parameters) {
          const std::uint64_t bits = value.bits(0);
          if (number == name)
            resources.set_bits(Text(name.c_str()), p.type, Span<const std::uint64_t>(&bits, 1));
        }
      }
      kernel::InterpretOptions options;
      options.subgroup_size = step.subgroup_size ? step.subgroup_size : settings.subgroup_size;
      options.seed = settings.seed;
      const auto report = kernel::interpret(step.kernel, {groups}, resources, options);
      if (!report.ok()) {
        FAIL_CHECK(message_of(report.error()));
        return {};
      }
      if (!report->clean()) {
        FAIL_CHECK(std::string(step.kernel.name()), ": ", std::string(report->to_string()));
        return {};
      }
    }
  return outputs_of(operation, memory);
}

#ifdef AIRSTRIP_TEST_VULKAN

// What of the device is used: all that it has, or as little as Vulkan 1.0 promises.
enum class Strength { Full, Weak };

// The device at hand, opened once for each strength. It is not closed: the end of the program is no place for checks.
inline AdapterDevice* device_at_hand(Strength strength) {
  static const VkPhysicalDeviceLimits weak = weak_limits();
  static AdapterDevice* devices[2] = {};
  AdapterDevice*& device = devices[strength == Strength::Weak];
  if (!device) {
    airstrip::vulkan::DeviceOptions options;
    if (strength == Strength::Weak) {
      options.api_version = VK_API_VERSION_1_0;
      options.enable_all = false;
      options.limits = &weak;
    }
    device = new AdapterDevice(options);
    if (!device->is_open) skipped_case() = doctest::getContextOptions()->currentTest;  // it has said so
  }
  if (!device->is_open) skip_once("there is no device, as the first case that was skipped says");
  return device->is_open ? device : nullptr;
}

// What to generate for on the device at hand; false, and the case is skipped, where there is none.
inline bool device_target(tensor::Target& target, Strength strength = Strength::Full) {
  const AdapterDevice* const device = device_at_hand(strength);
  if (!device) return false;
  target = airstrip::vulkan::tensor_target(device->device.describe());
  return true;
}

// The same as `run_interpreted` on the device, which has to be the one the operation was made for.
inline Tensors run_on_device(const tensor::Operation& operation, const Given& given,
                             Strength strength = Strength::Full) {
  using namespace airstrip;
  AdapterDevice* const opened = device_at_hand(strength);
  if (!opened) return {};
  vulkan::Device& device = opened->device;
  const std::vector<tensor::SizeValue> values = size_values(given);
  const auto sizes = operation.resolve(Span<const tensor::SizeValue>(values.data(), values.size()));
  if (!is_ok(sizes)) return {};
  auto memory = memory_of(operation, given, *sizes);
  std::vector<vulkan::DeviceBuffer> buffers(memory.size());
  std::vector<vulkan::DeviceImage> images(memory.size());
  for (std::size_t i = 0; i < memory.size(); ++i) {
    const tensor::Operand& o = operation.operands()[i];
    if (o.type.storage == tensor::Storage::Buffer) {
      const std::uint64_t bound = sizes->bytes(i);
      const auto made = device.make_buffer(bound ? bound : 16);
      if (!is_ok(made)) return {};
      buffers[i] = *made;
      if (!memory[i].empty() && !is_ok(device.upload(buffers[i], memory[i].data(), memory[i].size())))
        return {};
    } else {
      const auto& shape = given.inputs.at(std::string(o.name)).shape();
      const VkFormat format = o.type.scalar == Scalar::F32   ? VK_FORMAT_R32G32B32A32_SFLOAT
                              : o.type.scalar == Scalar::I32 ? VK_FORMAT_R32G32B32A32_SINT
                                                             : VK_FORMAT_R32G32B32A32_UINT;
      const auto made = device.make_image(format, static_cast<std::uint32_t>(shape[shape.size() - 2]),
                                          static_cast<std::uint32_t>(shape[shape.size() - 3]), 16);
      if (!is_ok(made)) return {};
      images[i] = *made;
      if (!is_ok(device.upload(images[i], memory[i].data()))) return {};
    }
  }
  static std::map<vulkan::Device*, VkSampler> samplers;
  std::vector<vulkan::OperandMemory> bound;
  for (std::size_t i = 0; i < memory.size(); ++i) {
    const tensor::Operand& o = operation.operands()[i];
    const Text name(o.name);
    if (o.type.storage == tensor::Storage::Buffer) {
      bound.push_back(vulkan::operand(name, buffers[i]));
    } else if (o.type.storage == tensor::Storage::StorageImage) {
      bound.push_back(vulkan::operand(vulkan::bind(name, images[i])));
    } else {
      VkSampler& sampler = samplers[&device];
      if (!sampler) {
        const auto made = device.make_sampler();
        if (!is_ok(made)) return {};
        sampler = *made;
      }
      bound.push_back(vulkan::operand(vulkan::bind(name, images[i], sampler)));
    }
  }
  std::vector<vulkan::Parameter> parameters;
  for (const auto& [number, value] : given.parameters)
    parameters.push_back(vulkan::Parameter::from_bytes(Text(number.c_str()), value.bytes().data(),
                                                       static_cast<std::uint32_t>(value.bytes().size())));
  bool fine = false;
  auto pipelines = vulkan::OperationPipelines::make(device.context(), operation);
  if (is_ok(pipelines) && is_ok(pipelines->compile())) {
    const auto frame = device.frame(pipelines->steps());
    if (!is_ok(frame)) return {};
    const auto prepared = vulkan::prepare(*pipelines, *sizes, bound, parameters, **frame);
    const auto commands = device.begin();
    if (is_ok(prepared) && is_ok(commands)) {
      const vulkan::MemoryState host{VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT};
      const vulkan::MemoryState copies{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT};
      fine = true;
      for (const tensor::Phase phase : {tensor::Phase::Prepare, tensor::Phase::Run}) {
        fine = is_ok(vulkan::record(device.context(), *commands, *prepared, phase)) && fine;
        vulkan::MemoryBarrier after = vulkan::barrier_after(*prepared, phase, host);
        after.add(vulkan::barrier_after(*prepared, phase, copies));
        vulkan::record(device.context(), *commands, after);
      }
    }
    fine = is_ok(device.submit()) && fine;
  }
  for (std::size_t i = 0; i < memory.size() && fine; ++i) {
    if (memory[i].empty()) continue;
    fine = operation.operands()[i].type.storage == tensor::Storage::Buffer
               ? is_ok(device.download(buffers[i], memory[i].data(), memory[i].size()))
               : is_ok(device.download(images[i], memory[i].data()));
  }
  fine = is_ok(device.check_guards()) && fine;
  for (vulkan::DeviceBuffer& buffer : buffers)
    if (buffer.buffer) device.release(buffer);
  return fine ? outputs_of(operation, memory) : Tensors();
}

#else

enum class Strength { Full, Weak };
inline bool device_target(tensor::Target&, Strength = Strength::Full) {
  skip("the Vulkan headers were not found when this was built");
  return false;
}
inline Tensors run_on_device(const tensor::Operation&, const Given&, Strength = Strength::Full) { return {}; }

#endif

// A target of the interpreter's: everything that Vulkan 1.3 has, with the limits of a common GPU.
inline tensor::Target strong_target() {
  tensor::Target target;
  target.spirv = airstrip::spirv::Target::vulkan(1, 3).enable_everything();
  target.max_workgroup_invocations = 1024;
  target.max_workgroup_size = {1024, 1024, 64};
  target.max_shared_memory = 32768;
  target.max_storage_buffers = 16;
  target.max_storage_buffer_range = 1u << 30;
  target.subgroup_size = 32;
  target.min_subgroup_size = 4;
  target.max_subgroup_size = 128;
  target.max_workgroup_subgroups = 256;
  target.can_choose_subgroup_size = target.can_require_full_subgroups = true;
  target.device_addresses = true;
  return target;
}
// What every device with Vulkan 1.0 has: no subgroups, no addresses, no types of 8, 16 or 64 bits.
inline tensor::Target weak_target() { return tensor::Target(); }

// Where to run a case: the interpreter at several subgroup sizes, or a device.
enum class Place { Interpreter, InterpreterWeak, Device, DeviceWeak };

// SwiftShader's PackHalf2x16, by which f16 is written there, makes NaN of infinities and does not give the nearest number.
// False: f16 is left out, and the test case says so.
inline bool writes_f16(Place place) {
  if (place == Place::Interpreter || place == Place::InterpreterWeak) return true;
  tensor::Target target;
  if (!device_target(target) || target.kind != tensor::DeviceKind::SwiftShader) return true;
  skip_once("f16 is left out: SwiftShader's PackHalf2x16, which writes it, is wrong");
  return false;
}

// Generates an operation with `make(target)` for a place and runs it there. Empty: skipped, or failed.
template <class Make>
Tensors run_at(Place place, const Make& make, const Given& given, InterpretSettings settings = {}) {
  tensor::Target target = place == Place::InterpreterWeak ? weak_target() : strong_target();
  const bool on_device = place == Place::Device || place == Place::DeviceWeak;
  const Strength strength = place == Place::DeviceWeak ? Strength::Weak : Strength::Full;
  if (on_device && !device_target(target, strength)) return {};
  const airstrip::Result<tensor::Operation> operation = make(target);
  if (!operation.ok()) {
    FAIL_CHECK(message_of(operation.error()));
    return {};
  }
  if (!check_valid(*operation)) return {};
  return on_device ? run_on_device(*operation, given, strength)
                   : run_interpreted(*operation, given, settings);
}

}  // namespace test
