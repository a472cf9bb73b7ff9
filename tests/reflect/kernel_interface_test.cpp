// What a kernel says of itself and what its binary says are the same, for every example kernel in every layout.
#include "../kernel/example_kernels.hpp"

#include <airstrip/kernel/interface.hpp>
#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/reflect.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace airstrip;

namespace {

reflection::DescriptorKind kind_of(kernel::DescriptorKind kind) {
  switch (kind) {
    case kernel::DescriptorKind::StorageImage: return reflection::DescriptorKind::StorageImage;
    case kernel::DescriptorKind::CombinedImageSampler:
      return reflection::DescriptorKind::CombinedImageSampler;
    default: return reflection::DescriptorKind::StorageBuffer;
  }
}

const reflection::Binding* find(Span<const reflection::Binding> bindings, std::uint32_t set,
                                std::uint32_t binding) {
  for (const reflection::Binding& b : bindings)
    if (b.set == set && b.binding == binding) return &b;
  return nullptr;
}

void check_block(const Reflection& r, std::uint32_t type, const kernel::KernelInterface& said,
                 std::uint32_t addresses) {
  REQUIRE(type != reflection::none);
  const reflection::Range members = r.types()[type].members;
  REQUIRE(members.count >= addresses + said.parameters.size());
  for (std::uint32_t i = 0; i < said.parameters.size(); ++i) {
    const reflection::Member& m = r.members()[members.first + addresses + i];
    CHECK(m.offset == said.parameters[i].offset);
    CHECK(m.size == said.parameters[i].type.size());
  }
}

}  // namespace

TEST_CASE("interface: reflection of a kernel's binary is what the kernel says") {
  using kernel::BindingLayout;
  for (const example_kernels::Example& example : example_kernels::all_examples()) {
    for (const BindingLayout layout :
         {BindingLayout::Plain, BindingLayout::PushDescriptors, BindingLayout::DeviceAddresses,
          BindingLayout::WebGpu, BindingLayout::SdlGpu, BindingLayout::Godot}) {
      CAPTURE(std::string(example.name));
      CAPTURE(static_cast<int>(layout));
      spirv::Target target = example.target;
      if (layout == BindingLayout::DeviceAddresses) {
        if (target.environment_version() < spirv::make_version(1, 1)) continue;
        target.enable_feature("bufferDeviceAddress").enable_extension("VK_KHR_buffer_device_address");
        target.enable_feature("shaderInt64");
      }
      kernel::WriteOptions options;
      options.layout = layout;
      const Result<spirv::Module> module = kernel::write_spirv(example.kernel, target, options);
      REQUIRE_MESSAGE(module.ok(), module.error().to_string().c_str());
      const Result<kernel::KernelInterface> said = kernel::interface_of(example.kernel, layout);
      REQUIRE(said.ok());
      const Result<Reflection> r = reflect(module->words());
      REQUIRE(r.ok());
      REQUIRE(r->entry_points().size() == 1);
      const reflection::EntryPoint& entry = r->entry_points()[0];
      CHECK(entry.name == Text("main"));
      CHECK(entry.workgroup.x == said->workgroup.x);
      CHECK(entry.workgroup.y == said->workgroup.y);
      CHECK(entry.workgroup.z == said->workgroup.z);
      CHECK(entry.workgroup_bytes == said->workgroup_bytes);

      const bool uniform =
          said->parameter_bytes != 0 && said->placement == kernel::ParameterPlacement::Uniform;
      std::uint32_t addresses = 0, bound = uniform;
      for (const kernel::ResourceBinding& b : said->bindings) {
        if (b.kind == kernel::DescriptorKind::Address) {
          ++addresses;
          continue;
        }
        ++bound;
        const reflection::Binding* const found = find(r->bindings(entry), b.set, b.binding);
        REQUIRE(found);
        CHECK(found->kind == kind_of(b.kind));
        CHECK(found->count == 1);
        const kernel::Resource& resource = example.kernel.resources()[b.resource];
        const bool may_write = resource.access != kernel::Access::ReadOnly;
        // Where the target stores no bytes, they are merged into words that are read first.
        const bool merges = resource.element.size() < 4 && b.kind == kernel::DescriptorKind::StorageBuffer;
        const bool may_read = resource.access != kernel::Access::WriteOnly || merges;
        if (b.kind == kernel::DescriptorKind::StorageBuffer) {
          CHECK(found->declared.write == may_write);
          CHECK(found->declared.read == may_read);
        }
        // The kernels do what they declare.
        CHECK(found->used.write == (b.kind != kernel::DescriptorKind::CombinedImageSampler && may_write));
        if (!may_read) CHECK_FALSE(found->used.read);
        if (!may_write) CHECK(found->used.read);
      }
      // A buffer of structures is two variables in one place: its integers and its floats.
      std::uint32_t places = 0;
      const Span<const reflection::Binding> bindings = r->bindings(entry);
      for (std::size_t i = 0; i < bindings.size(); ++i)
        places += i == 0 || bindings[i].set != bindings[i - 1].set ||
                  bindings[i].binding != bindings[i - 1].binding;
      CHECK(places == bound);
      if (said->parameter_bytes == 0) {
        CHECK(entry.push_constants.size == 0);
      } else if (uniform) {
        const reflection::Binding* const block =
            find(r->bindings(entry), said->parameter_set, said->parameter_binding);
        REQUIRE(block);
        CHECK(block->kind == reflection::DescriptorKind::UniformBuffer);
        CHECK((block->minimum_bytes + 15) / 16 * 16 == said->parameter_bytes);
        check_block(*r, block->type, *said, addresses);
      } else {
        CHECK(entry.push_constants.offset == 0);
        // Godot's push constants are padded behind the last member.
        const std::uint32_t unit = layout == BindingLayout::Godot ? 16 : 4;
        CHECK((entry.push_constants.size + unit - 1) / unit * unit == said->parameter_bytes);
        check_block(*r, entry.push_constants.type, *said, addresses);
      }
      // Each capability that is declared is needed by an instruction.
      for (const reflection::Need& need : r->needs()) {
        CAPTURE(static_cast<std::uint32_t>(need.capability));
        CAPTURE(std::string(need.extension.data(), need.extension.size()));
        CHECK(need.word_offset != 0);
      }
    }
  }
}
