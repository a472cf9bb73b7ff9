// What a caller binds: sets, bindings and offsets under every layout, as interface_of says and as the words have it.
#include "module_reader.hpp"

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/validate.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;
using spirv::Decoration;
using spirv::StorageClass;
using spirv::Target;
using test::ModuleReader;

namespace {

/// A resource of each kind, in an order in which no layout leaves them, and parameters of every width; all are used.
Kernel all_kinds() {
  return make_kernel("all_kinds", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto written = k.inout<f32>("written");
    const auto target = k.storage_image<f32, Access::WriteOnly>("target", TexelFormat::Rgba8);
    const auto read = k.input<f32>("read");
    const auto source = k.sampled_image<f32>("source");
    const auto table = k.storage_image<u32, Access::ReadOnly>("table", TexelFormat::R32ui);
    const auto more = k.input<u32>("more");
    const auto out = k.output<u32>("out");
    const auto n = k.param<u32>("n");
    const auto direction = k.param<f32x3>("direction");
    const auto flag = k.param<bool>("flag");
    const auto small = k.param<i8>("small");
    const auto pair = k.param<u16x2>("pair");
    const auto half = k.param<f16>("half");
    const auto brain = k.param<bf16>("brain");
    const auto size = k.param<f32x2>("size");
    const auto flags = k.param<boolx3>("flags");
    const auto i = k.global_id().x;
    const auto at = convert<i32x2>(swizzle<0, 1>(k.global_id()));
    const auto texel = source.fetch(at);
    target.store(at, texel);
    written[i] = read[i] + texel.x + direction.y * size.x + convert<f32>(half) + convert<f32>(brain);
    const auto entry = table.load(at);
    auto bits = k.var<u32>(entry.x + more[i]);
    bits += n + convert<u32>(flag) + convert<u32>(convert<i32>(small)) + convert<u32>(pair.y);
    bits += convert<u32>(flags.z);
    out[i] = bits;
  });
}

Target with_everything_small(Target target) {
  for (const char* const feature : {"shaderInt8", "shaderInt16", "shaderFloat16"})
    target.enable_feature(feature);
  return target;
}
Target with_addresses(Target target) {
  return target.enable_feature("bufferDeviceAddress").enable_extension("VK_KHR_buffer_device_address");
}

struct Expected {
  const char* name;
  std::uint32_t set, binding;
};
struct Layout {
  BindingLayout layout;
  const char* name;
  Expected resources[7];
  bool uniform;
  std::uint32_t parameter_set, parameter_binding;
};
const Layout layouts[] = {
    {BindingLayout::Plain,
     "Plain",
     {{"written", 0, 0},
      {"target", 0, 1},
      {"read", 0, 2},
      {"source", 0, 3},
      {"table", 0, 4},
      {"more", 0, 5},
      {"out", 0, 6}},
     false,
     0,
     7},
    {BindingLayout::PushDescriptors,
     "PushDescriptors",
     {{"written", 0, 0},
      {"target", 0, 1},
      {"read", 0, 2},
      {"source", 0, 3},
      {"table", 0, 4},
      {"more", 0, 5},
      {"out", 0, 6}},
     false,
     0,
     7},
    {BindingLayout::WebGpu,
     "WebGpu",
     {{"written", 0, 0},
      {"target", 0, 1},
      {"read", 0, 2},
      {"source", 0, 3},
      {"table", 0, 4},
      {"more", 0, 5},
      {"out", 0, 6}},
     true,
     0,
     7},
    // SDL_CreateGPUComputePipeline: "0: Sampled textures, followed by read-only storage textures, followed by read-only
    // storage buffers. 1: Read-write storage textures, followed by read-write storage buffers. 2: Uniform buffers."
    {BindingLayout::SdlGpu,
     "SdlGpu",
     {{"written", 1, 1},
      {"target", 1, 0},
      {"read", 0, 2},
      {"source", 0, 0},
      {"table", 0, 1},
      {"more", 0, 3},
      {"out", 1, 2}},
     true,
     2,
     0},
    {BindingLayout::Godot,
     "Godot",
     {{"written", 0, 0},
      {"target", 0, 1},
      {"read", 0, 2},
      {"source", 0, 3},
      {"table", 0, 4},
      {"more", 0, 5},
      {"out", 0, 6}},
     false,
     0,
     7},
};

/// The struct of the parameters, from its variable.
std::uint32_t parameter_block(const ModuleReader& module, bool uniform) {
  for (const std::uint32_t id :
       module.variables(uniform ? StorageClass::Uniform : StorageClass::PushConstant))
    if (module.decorated(module.pointee(id), Decoration::Block)) return id;
  return 0;
}

/// Offsets of the words' block, against interface_of of the kernel as it was built.
void check_offsets(const ModuleReader& module, const KernelInterface& interface, std::uint32_t block) {
  const std::uint32_t type = module.pointee(block);
  std::uint32_t member = 0;
  for (const ResourceBinding& b : interface.bindings)
    if (b.kind == DescriptorKind::Address)
      CHECK(module.member_offset(type, member++).value_or(~0u) == b.address_offset);
  for (const ParameterSlot& slot : interface.parameters)
    CHECK(module.member_offset(type, member++).value_or(~0u) == slot.offset);
  CHECK_FALSE(module.member_offset(type, member).has_value());
}

}  // namespace

TEST_CASE("write_spirv: sets and bindings of every layout, as interface_of says and as the words have it") {
  const Kernel kernel = all_kinds();
  INFO(std::string(kernel.error().to_string()));
  REQUIRE(kernel.ok());
  for (const Layout& layout : layouts)
    for (const Target& target :
         {Target::vulkan(1, 0), with_everything_small(Target::vulkan(1, 1)), Target::vulkan(1, 4)}) {
      CAPTURE(layout.name);
      const Result<KernelInterface> interface = interface_of(kernel, layout.layout);
      REQUIRE(interface.ok());
      CHECK(interface->placement ==
            (layout.uniform ? ParameterPlacement::Uniform : ParameterPlacement::PushConstants));
      WriteOptions options;
      options.layout = layout.layout;
      options.names = true;
      const Result<spirv::Module> module = write_spirv(kernel, target, options);
      INFO(std::string(module.error().to_string()));
      REQUIRE(module.ok());
      const Result<Validation> valid = validate(*module);
      INFO(std::string(valid.error().to_string()));
      CHECK(valid.ok());
      const ModuleReader read(module->words());
      REQUIRE(interface->bindings.size() == 7);
      for (std::size_t i = 0; i < 7; ++i) {
        const Expected& expected = layout.resources[i];
        CAPTURE(expected.name);
        const ResourceBinding& b = interface->bindings[i];
        CHECK(std::string(kernel.resource_name(b.resource)) == expected.name);
        CHECK(b.set == expected.set);
        CHECK(b.binding == expected.binding);
        const std::uint32_t id = read.named(expected.name);
        REQUIRE(id != 0);
        CHECK(read.decoration_of(id, Decoration::DescriptorSet).value_or(~0u) == expected.set);
        CHECK(read.decoration_of(id, Decoration::Binding).value_or(~0u) == expected.binding);
      }
      const std::uint32_t block = parameter_block(read, layout.uniform);
      REQUIRE(block != 0);
      if (layout.uniform) {
        CHECK(interface->parameter_set == layout.parameter_set);
        CHECK(interface->parameter_binding == layout.parameter_binding);
        CHECK(read.decoration_of(block, Decoration::DescriptorSet).value_or(~0u) == layout.parameter_set);
        CHECK(read.decoration_of(block, Decoration::Binding).value_or(~0u) == layout.parameter_binding);
      }
      check_offsets(read, *interface, block);
      if (layout.uniform || layout.layout == BindingLayout::Godot)
        CHECK(interface->parameter_bytes % 16 == 0);
    }
}

TEST_CASE("write_spirv: device addresses lie before the parameters") {
  const Kernel kernel = all_kinds();
  const Result<KernelInterface> interface = interface_of(kernel, BindingLayout::DeviceAddresses);
  REQUIRE(interface.ok());
  // Buffers: written, read, more, out.
  const std::uint32_t offsets[7] = {0, 0, 8, 0, 0, 16, 24};
  const DescriptorKind kinds[7] = {DescriptorKind::Address,      DescriptorKind::StorageImage,
                                   DescriptorKind::Address,      DescriptorKind::CombinedImageSampler,
                                   DescriptorKind::StorageImage, DescriptorKind::Address,
                                   DescriptorKind::Address};
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(interface->bindings[i].kind == kinds[i]);
    if (kinds[i] == DescriptorKind::Address) CHECK(interface->bindings[i].address_offset == offsets[i]);
  }
  CHECK(interface->parameters[0].offset == 32);
  for (const ParameterPlacement placement : {ParameterPlacement::PushConstants, ParameterPlacement::Uniform})
    for (const unsigned minor : {1u, 2u, 4u}) {
      WriteOptions options;
      options.layout = BindingLayout::DeviceAddresses;
      options.parameters = placement;
      options.names = true;
      const Result<spirv::Module> module =
          write_spirv(kernel, with_addresses(Target::vulkan(1, minor)), options);
      INFO(std::string(module.error().to_string()));
      REQUIRE(module.ok());
      const Result<Validation> valid = validate(*module);
      INFO(std::string(valid.error().to_string()));
      CHECK(valid.ok());
      const ModuleReader read(module->words());
      const bool uniform = placement == ParameterPlacement::Uniform;
      check_offsets(read, *interface_of(kernel, options.layout, placement), parameter_block(read, uniform));
      CHECK(read.variables(StorageClass::StorageBuffer).empty());
      CHECK(read.capabilities().find("PhysicalStorageBufferAddresses") != std::string::npos);
      // Every access through an address says its alignment.
      for (const test::ReadInstruction& i : read.all(test::Op::OpStore)) {
        const test::ReadInstruction* const pointer = read.definition(i.operands[0]);
        REQUIRE(pointer);
        const test::ReadInstruction* const type = read.definition(pointer->operands[0]);
        REQUIRE(type);
        if (type->operands[1] != static_cast<std::uint32_t>(StorageClass::PhysicalStorageBuffer)) continue;
        REQUIRE(i.operands.size() >= 4);
        CHECK((i.operands[2] & static_cast<std::uint32_t>(spirv::MemoryAccess::Aligned)) != 0);
        CHECK(i.operands[3] == 4);
      }
    }
  // What the layout needs is named; no line of C++ asked for it, and none of the library's is shown.
  WriteOptions options;
  options.layout = BindingLayout::DeviceAddresses;
  const Result<spirv::Module> refused = write_spirv(kernel, Target::vulkan(1, 1), options);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::MissingCapability);
  CHECK(std::string(refused.error().message).find("PhysicalStorageBufferAddresses") != std::string::npos);
  CHECK(refused.error().where.line == 0);
}

TEST_CASE("write_spirv: a buffer viewed as several types keeps its address") {
  const Kernel kernel = make_kernel("views", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto data = k.inout<u32>("data");
    const auto i = k.global_id().x;
    const auto wide = data.as<f32x4>()[i].value();
    data.as<f32>()[i] = wide.x + wide.w;
    data[i + 1u] += 3u;
  });
  REQUIRE(kernel.ok());
  WriteOptions options;
  options.layout = BindingLayout::DeviceAddresses;
  for (const unsigned minor : {1u, 3u}) {
    const Result<spirv::Module> module =
        write_spirv(kernel, with_addresses(Target::vulkan(1, minor)), options);
    REQUIRE(module.ok());
    const Result<Validation> valid = validate(*module);
    INFO(std::string(valid.error().to_string()));
    CHECK(valid.ok());
    // One address, cast for the two other views.
    const ModuleReader read(module->words());
    CHECK(read.count(test::Op::OpBitcast) == 2);
    CHECK(interface_of(kernel, options.layout)->parameter_bytes == 8);
  }
}

TEST_CASE("write_spirv: parameters as push constants and as a uniform buffer") {
  const auto many = [](unsigned count) {
    return make_kernel("many", {.workgroup = {64}}, [&](KernelBuilder& k) {
      const auto out = k.output<f32>("out");
      auto sum = k.var<f32>(0);
      for (unsigned i = 0; i < count; ++i) {
        const auto v = k.param<f32x4>(Text("v"));
        sum += v.x * v.w;
      }
      out[k.global_id().x] = sum;
    });
  };
  // 128 bytes are eight vectors of four.
  const Kernel fits = many(8), too_many = many(9);
  CHECK(interface_of(fits)->placement == ParameterPlacement::PushConstants);
  CHECK(interface_of(fits)->parameter_bytes == 128);
  CHECK(interface_of(too_many)->placement == ParameterPlacement::Uniform);
  CHECK(interface_of(too_many)->parameter_bytes == 144);
  CHECK(interface_of(too_many)->parameter_binding == 1);
  CHECK(interface_of(too_many, BindingLayout::Plain, ParameterPlacement::Automatic, 256)->placement ==
        ParameterPlacement::PushConstants);
  const Result<KernelInterface> forced =
      interface_of(too_many, BindingLayout::Plain, ParameterPlacement::PushConstants);
  REQUIRE_FALSE(forced.ok());
  CHECK(forced.error().code == ErrorCode::LimitExceeded);
  CHECK(std::string(forced.error().message).find("144 bytes, and push constants have 128") !=
        std::string::npos);
  WriteOptions options;
  options.parameters = ParameterPlacement::PushConstants;
  CHECK(write_spirv(too_many, Target::vulkan(1, 0), options).error().code == ErrorCode::LimitExceeded);
  for (const Kernel* const kernel : {&fits, &too_many})
    for (const ParameterPlacement placement : {ParameterPlacement::Automatic, ParameterPlacement::Uniform}) {
      options.parameters = placement;
      const Result<spirv::Module> module = write_spirv(*kernel, Target::vulkan(1, 0), options);
      REQUIRE(module.ok());
      CHECK(validate(*module).ok());
      const ModuleReader read(module->words());
      const bool uniform = placement == ParameterPlacement::Uniform || kernel == &too_many;
      const std::uint32_t block = parameter_block(read, uniform);
      REQUIRE(block != 0);
      check_offsets(read, *interface_of(*kernel, BindingLayout::Plain, placement), block);
    }
  // A kernel without parameters has neither.
  const Kernel none = make_kernel("none", {}, [](KernelBuilder& k) { k.output<u32>("out")[0] = 1u; });
  CHECK(interface_of(none)->parameter_bytes == 0);
  const Result<spirv::Module> module = write_spirv(none, Target::vulkan(1, 0));
  REQUIRE(module.ok());
  CHECK(ModuleReader(module->words()).variables(StorageClass::PushConstant).empty());
}

TEST_CASE("write_spirv: parameters lie the same way whether the target has their types or not") {
  const Kernel kernel = make_kernel("narrow", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto a = k.param<i8>("a");
    const auto b = k.param<u8x4>("b");
    const auto c = k.param<i16x3>("c");
    const auto d = k.param<f16x2>("d");
    const auto e = k.param<bf16>("e");
    const auto f = k.param<bool>("f");
    const auto g = k.param<u64>("g");
    const auto h = k.param<i64x2>("h");
    const auto out = k.output<f32>("out");
    auto sum = k.var<f32>(convert<f32>(a) + convert<f32>(b.w) + convert<f32>(c.z));
    sum += convert<f32>(d.y) + convert<f32>(e) + convert<f32>(f);
    sum += convert<f32>(g) + convert<f32>(h.y);
    out[k.global_id().x] = sum;
  });
  REQUIRE(kernel.ok());
  const Result<KernelInterface> interface = interface_of(kernel);
  REQUIRE(interface.ok());
  // a: a word; b: four; c: three, aligned as four; d: two; e, f: a word each; g: 8 bytes; h: 16.
  const std::uint32_t offsets[] = {0, 16, 32, 48, 56, 60, 64, 80};
  for (std::size_t i = 0; i < 8; ++i) CHECK(interface->parameters[i].offset == offsets[i]);
  CHECK(interface->parameter_bytes == 96);
  Target full = with_everything_small(Target::vulkan(1, 1));
  full.enable_feature("shaderInt64");
  for (const Target& target : {Target::vulkan(1, 0), full}) {
    const Result<spirv::Module> module = write_spirv(kernel, target);
    INFO(std::string(module.error().to_string()));
    REQUIRE(module.ok());
    CHECK(validate(*module).ok());
    const ModuleReader read(module->words());
    check_offsets(read, *interface, parameter_block(read, false));
  }
}

TEST_CASE("write_spirv: workgroup memory is counted") {
  const Kernel kernel = make_kernel("shared", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto a = k.workgroup_array<f32>(100, "a");
    const auto b = k.workgroup_array<u16>(64, "b");
    const auto out = k.output<f32>("out");
    a[k.local_index()] = 1;
    b[k.local_index()] = convert<u16>(k.local_index());
    k.barrier();
    out[k.global_id().x] = a[63u - k.local_index()] + convert<f32>(b[3]);
  });
  CHECK(interface_of(kernel)->workgroup_bytes == 100 * 4 + 64 * 2);
  CHECK(interface_of(kernel)->workgroup.x == 64);
}
