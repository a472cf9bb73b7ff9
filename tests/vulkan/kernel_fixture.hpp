// Runs a kernel in the interpreter and on a Vulkan device with the same memory, and compares what both leave there.
#pragma once

#include "fixture.hpp"

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/write_spirv.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace test {

// What a dispatch is given, by the names that the kernel has for it.
struct Given {
  struct Memory {
    std::string name;
    std::vector<unsigned char> bytes;  // of an image: four words a texel
    std::uint32_t width = 0, height = 0;
    std::uint32_t format = 0;  // VkFormat of an image; 0: a buffer
  };
  struct Number {
    std::string name;
    airstrip::kernel::Type type;
    std::uint64_t bits[4] = {};
  };

  template <class T>
  Given& buffer(const char* name, const std::vector<T>& content) {
    Memory& made = memory.emplace_back();
    made.name = name;
    made.bytes.resize(content.size() * sizeof(T));
    std::memcpy(made.bytes.data(), content.data(), made.bytes.size());
    return *this;
  }
  // `format`: R8G8B8A8_UNORM, or one of four words a texel. `texels`: four floats or words each.
  template <class T>
  Given& image(const char* name, std::uint32_t format, std::uint32_t width, std::uint32_t height,
               const std::vector<T>& texels) {
    buffer(name, texels);
    memory.back().width = width;
    memory.back().height = height;
    memory.back().format = format;
    return *this;
  }
  template <airstrip::kernel::ValueType T>
  Given& parameter(const char* name, const T& value) {
    using Component = airstrip::kernel::ComponentOf<T>;
    Number& made = parameters.emplace_back();
    made.name = name;
    made.type = airstrip::kernel::type_of<T>;
    for (unsigned i = 0; i < made.type.components(); ++i)
      std::memcpy(&made.bits[i], reinterpret_cast<const char*>(&value) + i * sizeof(Component),
                  sizeof(Component));
    return *this;
  }
  Given& constant(std::uint32_t number, std::uint32_t value) {
    constants.push_back({number, value});
    return *this;
  }
  Given& workgroups(std::uint32_t x, std::uint32_t y = 1, std::uint32_t z = 1) {
    groups[0] = x;
    groups[1] = y;
    groups[2] = z;
    return *this;
  }
  // How far floats may be off, in floats between them, where `format` is 0 and `bits` are a float's: 0, not at all.
  Given& within(std::uint32_t units, unsigned bits = 32) {
    ulps = units;
    float_bits = bits;
    return *this;
  }

  std::vector<Memory> memory;
  std::vector<Number> parameters;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> constants;
  std::uint32_t groups[3] = {1, 1, 1};
  std::uint32_t ulps = 0;
  unsigned float_bits = 32;
  bool sanitizes_subgroups = true;
};

constexpr std::uint32_t format_rgba8 = 37, format_rgba32_uint = 107, format_rgba32_float = 109;  // VkFormat
inline std::uint32_t bytes_of_texel(std::uint32_t format) { return format == format_rgba8 ? 4 : 16; }

// The memory after the kernel ran in the interpreter; empty after a finding or an error, which are failures.
inline std::vector<Given::Memory> interpreted(const airstrip::kernel::Kernel& kernel, const Given& given,
                                              std::uint32_t subgroup_size) {
  using namespace airstrip::kernel;
  std::vector<Given::Memory> memory = given.memory;
  Resources resources;
  for (Given::Memory& m : memory) {
    if (m.format == 0)
      resources.bind(airstrip::Text(m.name.c_str()), m.bytes);
    else
      resources.bind_image(airstrip::Text(m.name.c_str()),
                           {.width = m.width, .height = m.height, .texels = m.bytes.data()});
  }
  for (const Given::Number& p : given.parameters)
    resources.set_bits(airstrip::Text(p.name.c_str()), p.type,
                       airstrip::Span<const std::uint64_t>(p.bits, p.type.components()));
  for (const auto& [number, value] : given.constants) resources.specialize(number, value);
  InterpretOptions options;
  options.subgroup_size = subgroup_size;
  options.reconvergence = Reconvergence::Maximal;  // what the drivers do whose tests these are
  options.sanitize.subgroups = given.sanitizes_subgroups;
  const airstrip::Result<Report> report =
      interpret(kernel, {{given.groups[0], given.groups[1], given.groups[2]}}, resources, options);
  const std::string wrong(!report.ok()      ? report.error().to_string()
                          : report->clean() ? airstrip::String()
                                            : report->to_string());
  if (wrong.empty()) return memory;
  FAIL_CHECK("interpreter: ", wrong);
  return {};
}

// The bytes of texels as the image has them.
inline std::vector<unsigned char> as_bytes(const Given::Memory& m) {
  if (m.format != format_rgba8) return m.bytes;
  std::vector<unsigned char> bytes(m.bytes.size() / 4);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    float component = 0;
    std::memcpy(&component, m.bytes.data() + 4 * i, sizeof component);
    bytes[i] = static_cast<unsigned char>(component * 255.0f + 0.5f);
  }
  return bytes;
}

// A device with memory made once, for many dispatches of kernels that have the same.
class KernelRunner {
public:
  KernelRunner(VulkanDevice& device, const Given& given) : device_(device) {
    for (const Given::Memory& m : given.memory) {
      Slot& slot = slots_.emplace_back();
      if (m.format == 0)
        slot.buffer = &device.buffer(m.bytes.size());
      else
        slot.image = &device.image(m.format, m.width, m.height, bytes_of_texel(m.format));
    }
    parameters_ = &device.buffer(256);
  }

  // Runs a module that was written with these options. The memory afterwards; of an image, its texels' own bytes.
  std::vector<std::vector<unsigned char>> run(const airstrip::kernel::Kernel& kernel,
                                              airstrip::Span<const std::uint32_t> words, const Given& given,
                                              const airstrip::kernel::WriteOptions& options) {
    using namespace airstrip::kernel;
    std::vector<std::vector<unsigned char>> results;
    const airstrip::Result<KernelInterface> bound =
        interface_of(kernel, options.layout, options.parameters, options.max_push_constants);
    if (!bound.ok()) {
      FAIL_CHECK(std::string(bound.error().to_string()));
      return results;
    }
    std::vector<unsigned char> block(bound->parameter_bytes);
    Dispatch dispatch;
    for (const ResourceBinding& b : bound->bindings) {
      const std::size_t which = index_of(given, std::string(kernel.resource_name(b.resource)));
      if (which == given.memory.size()) return results;
      const Slot& slot = slots_[which];
      const std::vector<unsigned char> bytes = as_bytes(given.memory[which]);
      std::memcpy(slot.buffer ? slot.buffer->data() : device_.texels(*slot.image).data(), bytes.data(),
                  bytes.size());
      if (b.kind == DescriptorKind::Address) {
        const std::uint64_t address = slot.buffer->address();
        std::memcpy(block.data() + b.address_offset, &address, sizeof address);
        continue;
      }
      Binding binding = slot.buffer ? Binding(*slot.buffer) : Binding(*slot.image);
      if (b.kind == DescriptorKind::CombinedImageSampler) binding.read_only();
      dispatch.bindings.push_back(binding.at(b.set, b.binding));
    }
    for (const ParameterSlot& slot : bound->parameters) {
      const std::string name(kernel.text(kernel.parameters()[slot.parameter].name));
      for (const Given::Number& p : given.parameters)
        for (unsigned i = 0; p.name == name && i < slot.type.components(); ++i)
          std::memcpy(block.data() + slot.offset + i * (slot.type.width() / 8), &p.bits[i],
                      slot.type.width() / 8);
    }
    if (bound->placement == ParameterPlacement::PushConstants) {
      dispatch.push = block;
    } else if (!block.empty()) {
      std::memcpy(parameters_->data(), block.data(), block.size());
      dispatch.bindings.push_back(
          Binding(*parameters_).read_only().at(bound->parameter_set, bound->parameter_binding));
    }
    dispatch.words = words;
    dispatch.constants = given.constants;
    std::copy(given.groups, given.groups + 3, dispatch.groups);
    if (!device_.run(dispatch)) return results;
    for (const Slot& slot : slots_)
      results.push_back(
          device_.read<unsigned char>(slot.buffer ? *slot.buffer : device_.texels(*slot.image)));
    return results;
  }

private:
  struct Slot {
    Buffer* buffer = nullptr;
    Image* image = nullptr;
  };
  static std::size_t index_of(const Given& given, const std::string& name) {
    std::size_t i = 0;
    while (i < given.memory.size() && given.memory[i].name != name) ++i;
    if (i == given.memory.size()) FAIL_CHECK("nothing is given for ", name);
    return i;
  }
  VulkanDevice& device_;
  std::vector<Slot> slots_;
  Buffer* parameters_ = nullptr;
};

// How many floats lie between two, of 16 or 32 bits; the signs' zeros are one, and so are all NaNs.
inline std::uint64_t floats_between(std::uint32_t a, std::uint32_t b, unsigned bits) {
  const std::uint32_t sign = 1u << (bits - 1), infinity = bits == 32 ? 0x7F800000u : 0x7C00u;
  const bool a_is_nan = (a & ~sign) > infinity, b_is_nan = (b & ~sign) > infinity;
  if (a_is_nan || b_is_nan) return a_is_nan && b_is_nan ? 0 : ~std::uint64_t{0};
  const auto place = [&](std::uint32_t x) {
    return (x & sign) != 0 ? -static_cast<std::int64_t>(x & ~sign) : static_cast<std::int64_t>(x);
  };
  const std::int64_t apart = place(a) - place(b);
  return static_cast<std::uint64_t>(apart < 0 ? -apart : apart);
}

// The first difference of a memory, in words; empty: there is none.
inline std::string difference(const Given& given, const Given::Memory& expected,
                              const std::vector<unsigned char>& found) {
  const std::vector<unsigned char> bytes = as_bytes(expected);
  const bool is_unorm = expected.format == format_rgba8;
  const std::size_t unit = is_unorm ? 1 : given.ulps != 0 ? given.float_bits / 8 : bytes.size() % 4 ? 1 : 4;
  std::size_t wrong = 0;
  std::string first;
  for (std::size_t at = 0; at + unit <= bytes.size(); at += unit) {
    std::uint32_t a = 0, b = 0;
    std::memcpy(&a, bytes.data() + at, unit);
    std::memcpy(&b, found.data() + at, unit);
    if (a == b) continue;
    // A number that is rounded to a byte may be within a rounding error of the middle between two.
    if (is_unorm && given.ulps != 0 && (a + 1 == b || b + 1 == a)) continue;
    if (!is_unorm && given.ulps != 0 && floats_between(a, b, given.float_bits) <= given.ulps) continue;
    if (wrong++ != 0) continue;
    char text[96];
    std::snprintf(text, sizeof text, "[%zu]: %x, and %x in the interpreter", at / unit, b, a);
    first = expected.name + text;
  }
  return wrong == 0 ? first : first + " (and " + std::to_string(wrong - 1) + " more)";
}

// Why a driver is not asked to run native 64-bit integers; empty: it is. llvmpipe of Mesa 26 writes past an array of its
// own while it compiles a division of 64 bits, some conversions and reductions for vectors of 16 lanes, and is aborted
// ("stack smashing detected"), with glslang's modules, too.
inline std::string no_native_int64(const VulkanDevice& device) {
  const std::string& name = device.name();
  const bool fails = name.find("llvmpipe") != std::string::npos &&
                     name.find("LLVM 15") == std::string::npos && device.subgroup_size() > 8;
  return fails ? name + " is aborted while it compiles 64-bit integers for 16 lanes" : std::string();
}
// Why a driver is not asked to run a kernel with its buffers bound by their addresses; empty: it is. SwiftShader (Chromium
// 156) traps while it compiles a load of a vector behind an address.
inline std::string no_vectors_by_address(const VulkanDevice& device, const airstrip::kernel::Kernel& kernel) {
  bool has_vectors = false;
  for (const airstrip::kernel::Resource& resource : kernel.resources())
    has_vectors = has_vectors || resource.element.is_vector();
  const bool fails = has_vectors && device.name().find("SwiftShader") != std::string::npos;
  return fails ? device.name() + " is killed while it compiles vectors behind addresses" : std::string();
}
inline bool asks_for(const DeviceRequest& request, const char* feature) {
  for (const char* const asked : request.features)
    if (std::strcmp(asked, feature) == 0) return true;
  return false;
}

}  // namespace test
