// Beside SPIRV-Cross, another reader of the same words, where it knows the module: sets, bindings, kinds, array sizes, block
// sizes, offsets and strides of members, workgroup sizes, specialisation constants, locations.
#include "../kernel/example_kernels.hpp"
#include "../support/skip.hpp"
#include "assemble.hpp"

#include <airstrip/kernel/write_spirv.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::reflection;

#if __has_include(<spirv_cross/spirv_cross_c.h>) && defined(AIRSTRIP_TEST_SPIRV_CROSS)

#include <spirv_cross/spirv_cross_c.h>

namespace {

// One module in SPIRV-Cross, through its C interface: that one gives errors as values.
class Cross {
public:
  explicit Cross(const test::Words& words) {
    if (spvc_context_create(&context_) != SPVC_SUCCESS) return;
    spvc_parsed_ir ir = nullptr;
    if (spvc_context_parse_spirv(context_, words.data(), words.size(), &ir) != SPVC_SUCCESS) return;
    if (spvc_context_create_compiler(context_, SPVC_BACKEND_NONE, ir, SPVC_CAPTURE_MODE_TAKE_OWNERSHIP,
                                     &compiler) != SPVC_SUCCESS)
      return;
    spvc_set active = nullptr;
    if (spvc_compiler_get_active_interface_variables(compiler, &active) != SPVC_SUCCESS) return;
    ok = spvc_compiler_create_shader_resources_for_active_variables(compiler, &resources, active) ==
         SPVC_SUCCESS;
  }
  ~Cross() { spvc_context_destroy(context_); }
  Cross(const Cross&) = delete;
  Cross& operator=(const Cross&) = delete;

  std::vector<spvc_reflected_resource> of(spvc_resource_type type) const {
    const spvc_reflected_resource* list = nullptr;
    std::size_t count = 0;
    spvc_resources_get_resource_list_for_type(resources, type, &list, &count);
    return {list, list + count};
  }
  std::uint32_t decoration(spvc_variable_id id, SpvDecoration which) const {
    return spvc_compiler_get_decoration(compiler, id, which);
  }

  bool ok = false;
  spvc_compiler compiler = nullptr;
  spvc_resources resources = nullptr;

private:
  spvc_context context_ = nullptr;
};

void compare_block(const Cross& cross, const Reflection& r, std::uint32_t type_index, spvc_type_id type_id) {
  const spvc_type type = spvc_compiler_get_type_handle(cross.compiler, type_id);
  REQUIRE(type_index != none);
  const Type& own = r.types()[type_index];
  REQUIRE(own.kind == TypeKind::Struct);
  REQUIRE(spvc_type_get_num_member_types(type) == own.members.count);
  std::size_t size = 0;
  REQUIRE(spvc_compiler_get_declared_struct_size(cross.compiler, type, &size) == SPVC_SUCCESS);
  CHECK(own.size == size);
  for (unsigned i = 0; i < own.members.count; ++i) {
    const Member& member = r.members()[own.members.first + i];
    unsigned offset = 0, stride = 0;
    REQUIRE(spvc_compiler_type_struct_member_offset(cross.compiler, type, i, &offset) == SPVC_SUCCESS);
    CHECK(member.offset == offset);
    REQUIRE(member.type != none);
    const Type& member_type = r.types()[member.type];
    const spvc_type_id other_id = spvc_type_get_member_type(type, i);
    const spvc_type other = spvc_compiler_get_type_handle(cross.compiler, other_id);
    const bool is_array = member_type.kind == TypeKind::Array || member_type.kind == TypeKind::RuntimeArray;
    CHECK(is_array == (spvc_type_get_num_array_dimensions(other) != 0));
    if (is_array &&
        spvc_compiler_type_struct_member_array_stride(cross.compiler, type, i, &stride) == SPVC_SUCCESS)
      CHECK(member_type.stride == stride);
    if (member.matrix_stride != 0 &&
        spvc_compiler_type_struct_member_matrix_stride(cross.compiler, type, i, &stride) == SPVC_SUCCESS)
      CHECK(member.matrix_stride == stride);
    std::size_t member_size = 0;
    if (member_type.kind != TypeKind::RuntimeArray &&
        spvc_compiler_get_declared_struct_member_size(cross.compiler, type, i, &member_size) == SPVC_SUCCESS)
      CHECK(member.size == member_size);
  }
}

void compare_list(const Cross& cross, const Reflection& r, spvc_resource_type which, DescriptorKind kind,
                  std::size_t& found) {
  for (const spvc_reflected_resource& resource : cross.of(which)) {
    const std::uint32_t set = cross.decoration(resource.id, SpvDecorationDescriptorSet);
    const std::uint32_t binding = cross.decoration(resource.id, SpvDecorationBinding);
    CAPTURE(set);
    CAPTURE(binding);
    const Binding* own = nullptr;
    for (const Binding& b : r.bindings(r.entry_points()[0]))
      if (b.variable == resource.id) own = &b;
    REQUIRE(own);
    ++found;
    CHECK(own->set == set);
    CHECK(own->binding == binding);
    CHECK(own->kind == kind);
    const spvc_type type = spvc_compiler_get_type_handle(cross.compiler, resource.type_id);
    std::uint64_t count = 1;
    for (unsigned d = 0; d < spvc_type_get_num_array_dimensions(type); ++d)
      if (spvc_type_array_dimension_is_literal(type, d)) count *= spvc_type_get_array_dimension(type, d);
    if (own->count_constant == none) CHECK(own->count == count);
    if (kind == DescriptorKind::UniformBuffer || kind == DescriptorKind::StorageBuffer)
      compare_block(cross, r, own->type, resource.base_type_id);
  }
}

void compare(const test::Words& words) {
  const Cross cross(words);
  REQUIRE(cross.ok);
  const Result<Reflection> reflected = reflect(words);
  REQUIRE(reflected.ok());
  const Reflection& r = *reflected;
  REQUIRE(r.entry_points().size() == 1);
  const EntryPoint& entry = r.entry_points()[0];
  std::size_t found = 0;
  compare_list(cross, r, SPVC_RESOURCE_TYPE_UNIFORM_BUFFER, DescriptorKind::UniformBuffer, found);
  compare_list(cross, r, SPVC_RESOURCE_TYPE_STORAGE_BUFFER, DescriptorKind::StorageBuffer, found);
  compare_list(cross, r, SPVC_RESOURCE_TYPE_STORAGE_IMAGE, DescriptorKind::StorageImage, found);
  compare_list(cross, r, SPVC_RESOURCE_TYPE_SAMPLED_IMAGE, DescriptorKind::CombinedImageSampler, found);
  compare_list(cross, r, SPVC_RESOURCE_TYPE_SEPARATE_IMAGE, DescriptorKind::SampledImage, found);
  compare_list(cross, r, SPVC_RESOURCE_TYPE_SEPARATE_SAMPLERS, DescriptorKind::Sampler, found);
  CHECK(found == entry.bindings.count);

  const std::vector<spvc_reflected_resource> push = cross.of(SPVC_RESOURCE_TYPE_PUSH_CONSTANT);
  CHECK(push.size() == (entry.push_constants.size != 0));
  if (!push.empty()) compare_block(cross, r, entry.push_constants.type, push[0].base_type_id);

  if (entry.has_workgroup) {
    spvc_specialization_constant x, y, z;
    // What SPIRV-Cross gives as ids is not comparable; literal sizes are.
    const spvc_constant_id composite =
        spvc_compiler_get_work_group_size_specialization_constants(cross.compiler, &x, &y, &z);
    if (composite == 0) {
      const auto literal = [&](unsigned i) {
        return spvc_compiler_get_execution_mode_argument_by_index(cross.compiler, SpvExecutionModeLocalSize,
                                                                  i);
      };
      CHECK(entry.workgroup.x == literal(0));
      CHECK(entry.workgroup.y == literal(1));
      CHECK(entry.workgroup.z == literal(2));
    }
  }

  const spvc_specialization_constant* constants = nullptr;
  std::size_t count = 0;
  REQUIRE(spvc_compiler_get_specialization_constants(cross.compiler, &constants, &count) == SPVC_SUCCESS);
  for (std::size_t i = 0; i < count; ++i) {
    bool matched = false;
    for (const SpecConstant& c : r.spec_constants()) {
      if (c.id != constants[i].id) continue;
      matched = true;
      CHECK(c.spec_id == constants[i].constant_id);
      const spvc_constant value = spvc_compiler_get_constant_handle(cross.compiler, constants[i].id);
      if (c.size == 4) CHECK(c.default_bits == spvc_constant_get_scalar_u32(value, 0, 0));
    }
    CHECK(matched);
  }

  for (const bool outputs : {false, true}) {
    const Range range = outputs ? entry.outputs : entry.inputs;
    for (const spvc_reflected_resource& resource :
         cross.of(outputs ? SPVC_RESOURCE_TYPE_STAGE_OUTPUT : SPVC_RESOURCE_TYPE_STAGE_INPUT)) {
      bool matched = false;
      for (std::uint32_t i = 0; i < range.count; ++i) {
        const StageVariable& v = r.stage_variables()[range.first + i];
        if (v.variable != resource.id || (v.member != none && v.member != 0)) continue;
        matched = true;
        CHECK(v.location == cross.decoration(resource.id, SpvDecorationLocation));
      }
      CHECK(matched);
    }
  }
}

}  // namespace

TEST_CASE("spirv-cross: the example kernels in every layout") {
  using kernel::BindingLayout;
  for (const example_kernels::Example& example : example_kernels::all_examples())
    for (const BindingLayout layout :
         {BindingLayout::Plain, BindingLayout::WebGpu, BindingLayout::SdlGpu, BindingLayout::Godot}) {
      // It has no name for the types of this one, and stops.
      if (std::string(example.name) == "matrix_tile") continue;
      CAPTURE(std::string(example.name));
      CAPTURE(static_cast<int>(layout));
      kernel::WriteOptions options;
      options.layout = layout;
      const Result<spirv::Module> module = kernel::write_spirv(example.kernel, example.target, options);
      REQUIRE(module.ok());
      compare(test::Words(module->data(), module->data() + module->size()));
    }
}

TEST_CASE("spirv-cross: blocks, arrays, specialisation constants, stages") {
  for (const char* const text : {
#include "modules.inc"
       }) {
    const test::Assembled module = test::assemble(text, SPV_ENV_VULKAN_1_1);
    REQUIRE_MESSAGE(!module.words.empty(), module.message);
    compare(module.words);
  }
}

#else

TEST_CASE("spirv-cross: the example kernels in every layout") { test::skip("SPIRV-Cross was not found"); }

#endif
