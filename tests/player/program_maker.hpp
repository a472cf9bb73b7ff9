// Programs put together by hand: records around kernels of layer 2.
#pragma once

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interface.hpp>
#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/program/program.hpp>
#include <airstrip/program/writer.hpp>

#include <cstdint>
#include <doctest/doctest.h>
#include <initializer_list>
#include <string>
#include <vector>

namespace test {

using airstrip::Text;
namespace program = airstrip::program;
namespace kernel = airstrip::kernel;

inline program::Program open_bytes(const std::vector<unsigned char>& bytes) {
  auto opened = program::Program::open({bytes.data(), bytes.size()});
  if (!opened) FAIL(std::string(opened.error().to_string()));
  return static_cast<program::Program&&>(*opened);
}

class ProgramMaker {
public:
  // A kernel as a module, with the names of what it binds and is passed.
  struct Module {
    std::uint32_t index;
    std::vector<std::string> bindings;  // of the module's list
    std::vector<std::pair<std::string, std::uint32_t>> parameters, addresses;
  };
  struct Bound {
    const char* name;
    std::uint32_t region;
  };
  struct Passed {
    const char* name;
    std::uint32_t index;
    bool is_number = false;
  };

  Module module(const kernel::Kernel& of, kernel::WriteOptions options = {}) {
    const auto words = kernel::write_spirv(of, target, options);
    REQUIRE_MESSAGE(words.ok(), std::string(words.error().to_string()));
    const auto bound = kernel::interface_of(of, options.layout, options.parameters);
    REQUIRE(bound.ok());
    Module made;
    program::ModuleRecord record;
    record.words = writer.words(words->words());
    record.entry_point = writer.text("main");
    record.name = writer.text(of.name());
    for (unsigned i = 0; i < 3; ++i) record.workgroup[i] = bound->workgroup[i];
    record.placement = bound->placement == kernel::ParameterPlacement::Uniform
                           ? program::Placement::Uniform
                           : program::Placement::PushConstants;
    record.parameter_bytes = bound->parameter_bytes;
    record.parameter_set = bound->parameter_set;
    record.parameter_binding = bound->parameter_binding;
    record.bindings.first = static_cast<std::uint32_t>(writer.bindings.size());
    for (const kernel::ResourceBinding& b : bound->bindings) {
      const std::string name(of.resource_name(b.resource));
      if (b.kind == kernel::DescriptorKind::Address) {
        made.addresses.emplace_back(name, b.address_offset);
        continue;
      }
      program::BindingRecord binding;
      binding.set = b.set;
      binding.binding = b.binding;
      binding.type = b.kind == kernel::DescriptorKind::StorageBuffer  ? program::DescriptorType::StorageBuffer
                     : b.kind == kernel::DescriptorKind::StorageImage ? program::DescriptorType::StorageImage
                                                                      : program::DescriptorType::SampledImage;
      writer.bindings.push_back(binding);
      made.bindings.push_back(name);
    }
    record.bindings.count = static_cast<std::uint32_t>(made.bindings.size());
    for (const kernel::ParameterSlot& slot : bound->parameters)
      made.parameters.emplace_back(of.text(of.parameters()[slot.parameter].name), slot.offset);
    made.index = static_cast<std::uint32_t>(writer.modules.size());
    writer.modules.push_back(record);
    return made;
  }

  // --- sizes

  std::uint32_t size(const char* name, std::int64_t maximum, std::int64_t multiple = 1) {
    program::ParameterRecord record;
    record.name = writer.text(name);
    record.maximum = maximum;
    record.multiple = multiple;
    writer.parameters.push_back(record);
    return formula(program::SizeRecord::Op::Parameter,
                   static_cast<std::uint32_t>(writer.parameters.size() - 1), 0);
  }
  std::uint32_t formula(program::SizeRecord::Op op, std::uint32_t a, std::uint32_t b) {
    program::SizeRecord record;
    record.op = op;
    record.a = a;
    record.b = b;
    return writer.size(record);
  }
  std::uint32_t times(std::uint32_t a, std::int64_t b) {
    return formula(program::SizeRecord::Op::Mul, a, writer.literal(b));
  }
  std::uint32_t groups(std::uint32_t a, std::int64_t of = 64) {
    return formula(program::SizeRecord::Op::CeilDiv, a, writer.literal(of));
  }
  std::uint32_t number(const char* name, kernel::Scalar scalar) {
    program::ParameterRecord record;
    record.name = writer.text(name);
    record.is_size = 0;
    record.scalar = static_cast<std::uint32_t>(scalar);
    writer.parameters.push_back(record);
    return static_cast<std::uint32_t>(writer.parameters.size() - 1);
  }

  // --- memory

  // A vector of words; the region that is all of it.
  std::uint32_t tensor(const char* name, program::Direction direction, std::uint32_t elements,
                       std::uint64_t most, program::StorageKind storage = program::StorageKind::Buffer) {
    program::TensorRecord record;
    record.name = writer.text(name);
    record.direction = direction;
    record.storage = storage;
    record.scalar = static_cast<std::uint32_t>(kernel::Scalar::U32);
    record.rank = 1;
    record.shape[0] = elements;
    record.bytes = storage == program::StorageKind::Buffer ? times(elements, 4) : writer.literal(0);
    record.max_bytes = 4 * most;
    writer.tensors.push_back(record);
    program::RegionRecord region;
    region.memory = program::Memory::Tensor;
    region.tensor = static_cast<std::uint32_t>(writer.tensors.size() - 1);
    region.bytes = (record.max_bytes + 15) / 16 * 16;
    region.size = record.bytes;
    writer.regions.push_back(region);
    return static_cast<std::uint32_t>(writer.regions.size() - 1);
  }
  std::uint32_t region(program::Memory memory, std::uint64_t offset, std::uint64_t bytes) {
    program::RegionRecord region;
    region.memory = memory;
    region.offset = offset;
    region.bytes = bytes;
    region.size = writer.literal(static_cast<std::int64_t>(bytes));
    writer.regions.push_back(region);
    return static_cast<std::uint32_t>(writer.regions.size() - 1);
  }

  // --- dispatches, in order

  void dispatch(const char* name, const Module& module, std::uint32_t groups, program::Barrier before,
                std::initializer_list<Bound> bound, std::initializer_list<Passed> passed,
                program::Phase phase = program::Phase::Run, std::uint64_t operations = 0,
                std::uint64_t bytes = 0) {
    program::DispatchRecord record;
    record.module = module.index;
    record.phase = phase;
    record.groups = groups;
    record.before = before;
    record.name = writer.text(name);
    record.operations = operations;
    record.bytes = bytes;
    record.operands.first = static_cast<std::uint32_t>(writer.operands.size());
    record.arguments.first = static_cast<std::uint32_t>(writer.arguments.size());
    for (const Bound& b : bound) {
      program::OperandRecord operand;
      operand.region = b.region;
      operand.reads = operand.writes = 1;
      for (std::uint32_t i = 0; i < module.bindings.size(); ++i)
        if (module.bindings[i] == b.name) operand.binding = i;
      for (const auto& [parameter, offset] : module.addresses)
        if (parameter == b.name)
          writer.arguments.push_back({program::ArgumentRecord::Kind::Address, offset, b.region, 0});
      writer.operands.push_back(operand);
    }
    for (const Passed& p : passed)
      for (const auto& [parameter, offset] : module.parameters)
        if (parameter == p.name)
          writer.arguments.push_back(
              {p.is_number ? program::ArgumentRecord::Kind::Number : program::ArgumentRecord::Kind::Size,
               offset, p.index, 0});
    record.operands.count = static_cast<std::uint32_t>(writer.operands.size()) - record.operands.first;
    record.arguments.count = static_cast<std::uint32_t>(writer.arguments.size()) - record.arguments.first;
    writer.dispatches.push_back(record);
  }

  // A variant of all dispatches since the last one.
  program::VariantRecord& variant(const char* name) {
    program::VariantRecord record;
    record.name = writer.text(name);
    record.api_version = 1u << 22 | 1u << 12;  // 1.1
    record.dispatches.first = first_dispatch_;
    record.dispatches.count = static_cast<std::uint32_t>(writer.dispatches.size()) - first_dispatch_;
    first_dispatch_ = static_cast<std::uint32_t>(writer.dispatches.size());
    writer.variants.push_back(record);
    return writer.variants.back();
  }
  void require(program::VariantRecord& of, program::RequirementRecord::Kind kind, const char* name,
               std::uint64_t at_least = 0) {
    program::RequirementRecord record;
    record.kind = kind;
    record.name = writer.text(name);
    record.at_least = at_least;
    if (of.requirements.count == 0)
      of.requirements.first = static_cast<std::uint32_t>(writer.requirements.size());
    ++of.requirements.count;
    writer.requirements.push_back(record);
  }

  std::vector<unsigned char> bytes(const char* name = "test") {
    const auto made = writer.finish(name);
    REQUIRE(made.ok());
    return {made->begin(), made->end()};
  }

  program::ProgramWriter writer;
  airstrip::spirv::Target target = airstrip::spirv::Target::vulkan(1, 1);

private:
  std::uint32_t first_dispatch_ = 0;
};

// --- kernels of words ----------------------------------------------------------------------------------------------

// y = 3 x + 1.
inline kernel::Kernel make_triple() {
  return kernel::make_kernel("triple", {.workgroup = {64}}, [](kernel::KernelBuilder& k) {
    const auto n = k.param<kernel::u32>("n");
    const auto x = k.input<kernel::u32>("x");
    const auto y = k.output<kernel::u32>("y");
    const auto i = k.global_id().x;
    k.if_(i < n, [&] { y[i] = x[i] * 3u + 1u; });
  });
}
// y = a + b.
inline kernel::Kernel make_sum() {
  return kernel::make_kernel("sum", {.workgroup = {64}}, [](kernel::KernelBuilder& k) {
    const auto n = k.param<kernel::u32>("n");
    const auto a = k.input<kernel::u32>("a");
    const auto b = k.input<kernel::u32>("b");
    const auto y = k.output<kernel::u32>("y");
    const auto i = k.global_id().x;
    k.if_(i < n, [&] { y[i] = a[i] + b[i]; });
  });
}

// --- programs --------------------------------------------------------------------------------------------------------

// y = a x + y, in place: `y` is an input and an output.
inline std::vector<unsigned char> make_saxpy_program(const kernel::Kernel& saxpy) {
  ProgramMaker m;
  const std::uint32_t n = m.size("n", 4096), a = m.number("a", kernel::Scalar::F32);
  const std::uint32_t x = m.tensor("x", program::Direction::Input, n, 4096),
                      y = m.tensor("y", program::Direction::Output, n, 4096);
  const ProgramMaker::Module module = m.module(saxpy);
  m.dispatch("saxpy", module, m.groups(n), program::Barrier::Absent, {{"x", x}, {"y", y}},
             {{"n", n}, {"a", a, true}}, program::Phase::Run, 2 * 4096, 12 * 4096);
  m.variant("baseline");
  return m.bytes("saxpy");
}

inline constexpr std::uint32_t chain_most = 4096;

// Packed weights p = 3 w + 1 of every run; A = 3 x + 1; B = A + p; A = 3 B + 1, where the first A lay; y = A + x.
inline std::vector<unsigned char> make_chain_program(kernel::WriteOptions options,
                                                     const std::vector<std::uint32_t>& weights) {
  ProgramMaker m;
  if (options.layout == kernel::BindingLayout::DeviceAddresses) {
    m.target = airstrip::spirv::Target::vulkan(1, 2);
    m.target.enable_feature("bufferDeviceAddress");
    m.target.enable_feature("shaderInt64");
  }
  const std::uint32_t most = chain_most, bytes = 4 * most;
  const std::uint32_t n = m.size("n", most), all = m.writer.literal(most);
  const std::uint32_t x = m.tensor("x", program::Direction::Input, n, most),
                      y = m.tensor("y", program::Direction::Output, n, most);
  const auto* const of_weights = reinterpret_cast<const unsigned char*>(weights.data());
  m.writer.weight("w", {of_weights, weights.size() * 4});
  const std::uint32_t w = m.region(program::Memory::Weights, 0, bytes),
                      p = m.region(program::Memory::Packed, 256, bytes),
                      a = m.region(program::Memory::Scratch, 0, bytes),
                      b = m.region(program::Memory::Scratch, bytes, bytes);
  const ProgramMaker::Module triple = m.module(make_triple(), options), sum = m.module(make_sum(), options);
  using program::Barrier;
  m.dispatch("pack", triple, m.groups(all), Barrier::Absent, {{"x", w}, {"y", p}}, {{"n", all}},
             program::Phase::Prepare);
  m.dispatch("first", triple, m.groups(n), Barrier::Absent, {{"x", x}, {"y", a}}, {{"n", n}},
             program::Phase::Run, 2 * most, 8 * most);
  m.dispatch("second", sum, m.groups(n), Barrier::Memory, {{"a", a}, {"b", p}, {"y", b}}, {{"n", n}},
             program::Phase::Run, most, 12 * most);
  m.dispatch("third", triple, m.groups(n), Barrier::Memory, {{"x", b}, {"y", a}}, {{"n", n}},
             program::Phase::Run, 2 * most, 8 * most);
  m.dispatch("fourth", sum, m.groups(n), Barrier::Memory, {{"a", a}, {"b", x}, {"y", y}}, {{"n", n}},
             program::Phase::Run, most, 12 * most);
  program::VariantRecord& v = m.variant("baseline");
  v.scratch_bytes = 2 * bytes;
  v.packed_bytes = 256 + bytes;
  v.uses_addresses = options.layout == kernel::BindingLayout::DeviceAddresses;
  return m.bytes("chain");
}
inline std::uint32_t chain_of(std::uint32_t x, std::uint32_t w) {
  return 3 * (3 * x + 1 + 3 * w + 1) + 1 + x;
}

}  // namespace test
