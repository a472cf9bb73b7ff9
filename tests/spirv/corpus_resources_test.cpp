// Corpus: variables, interface lists, images, workgroup sizes.
#include "corpus.hpp"

using namespace corpus;

namespace {

std::uint32_t storage_of(const Module& module, ValueId variable) {
  for (const Decoded& i : instructions(module, Op::OpVariable))
    if (i.operands[1] == variable.number()) return i.operands[2];
  return ~0u;
}
/// The operands of the first execution mode of a kind; empty: there is none.
Words mode(const Module& module, Op op, ExecutionMode wanted) {
  for (const Decoded& i : instructions(module, op))
    if (i.operands[1] == static_cast<std::uint32_t>(wanted))
      return Words(i.operands.begin() + 2, i.operands.end());
  return {};
}

}  // namespace

TEST_CASE("corpus: StorageBuffer, or Uniform with BufferBlock on Vulkan 1.0") {
  Feature feature("storage-class");
  TypeId block;
  ValueId buffer, uniform;
  const auto build = [&](Builder& b) {
    const TypeId f32 = b.declare_float(32);
    buffer = b.add_storage_array(f32, 2, 3, "out");
    uniform = b.add_uniform_buffer(b.declare_struct({b.declare_vector(f32, 3), f32}), 0, 1, "in");
    block = b.element_type(b.type_of(buffer));
    compute(b, [&] {
      const ValueId zero = b.constant(0u), one = b.constant(1u);
      const ValueId value = b.load_at(uniform, {one});
      b.store_at(buffer, {zero, b.OpArrayLength(buffer, 0)}, value);
    });
  };
  Target with_extension = Target::vulkan(1, 0);
  with_extension.enable_extension("VK_KHR_storage_buffer_storage_class");
  struct Case {
    Target target;
    StorageClass storage;
    const char* variant;
    std::vector<std::string> extensions;
  };
  const Case cases[] = {
      {Target::vulkan(1, 0), StorageClass::Uniform, "", {}},
      {with_extension, StorageClass::StorageBuffer, "-extension", {"SPV_KHR_storage_buffer_storage_class"}},
      {Target::vulkan(1, 1), StorageClass::StorageBuffer, "", {}},
      {Target::vulkan(1, 2), StorageClass::StorageBuffer, "", {}},
      {Target::vulkan(1, 3), StorageClass::StorageBuffer, "", {}},
      {Target::vulkan(1, 4), StorageClass::StorageBuffer, "", {}},
      {Target::universal(1, 0), StorageClass::StorageBuffer, "", {"SPV_KHR_storage_buffer_storage_class"}},
      {Target::universal(1, 6), StorageClass::StorageBuffer, "", {}},
  };
  for (const Case& c : cases) {
    const Module module = feature.check(c.target, {"Shader"}, c.extensions, build, c.variant);
    CHECK(storage_of(module, buffer) == static_cast<std::uint32_t>(c.storage));
    CHECK(storage_of(module, uniform) == static_cast<std::uint32_t>(StorageClass::Uniform));
    CHECK(decorated(module, block, Decoration::BufferBlock) == (c.storage == StorageClass::Uniform));
    CHECK(decorated(module, block, Decoration::Block) == (c.storage != StorageClass::Uniform));
    CHECK(decorated(module, buffer, Decoration::DescriptorSet));
    CHECK(decorated(module, buffer, Decoration::Binding));
  }
}

TEST_CASE("corpus: the interface list of one entry point") {
  Feature feature("interface");
  ValueId input, buffer, shared;
  const auto build = [&](Builder& b) {
    const TypeId u32 = b.declare_uint32();
    input = b.declare_builtin_uvec3(BuiltIn::GlobalInvocationId);
    CHECK(input == b.declare_builtin_uvec3(BuiltIn::GlobalInvocationId));
    CHECK_FALSE(input == b.declare_builtin_uvec3(BuiltIn::WorkgroupId));
    buffer = b.add_storage_array(u32, 0, 0);
    shared = b.add_workgroup_variable(u32);
    const ValueId zero = b.constant(0u);
    compute(b, [&] {
      const ValueId x = b.load_at(input, {zero});
      b.OpStore(shared, x);
      b.store_at(buffer, {zero, x}, b.OpLoad(shared));
    });
  };
  for (const Target& target : everywhere()) {
    const Module module = feature.check(target, {"Shader"}, {}, build);
    const Words list = interface_of(module, "main");
    const bool all = target.spirv_version() >= make_version(1, 4);
    CHECK(list.size() == (all ? 4 : 2));  // WorkgroupId too: declared, and allowed there though unused
    const auto listed = [&](ValueId v) { return std::count(list.begin(), list.end(), v.number()); };
    CHECK(listed(input) == 1);
    CHECK(listed(buffer) == (all ? 1 : 0));
    CHECK(listed(shared) == (all ? 1 : 0));
  }
}

TEST_CASE("corpus: the interface lists of two entry points") {
  Feature feature("interface-two");
  ValueId a, c, common, in_a, in_c;
  const auto build = [&](Builder& b) {
    const TypeId u32 = b.declare_uint32();
    a = b.add_storage_array(u32, 0, 0);
    c = b.add_storage_array(u32, 0, 1);
    common = b.add_storage_array(u32, 0, 2);
    in_a = b.declare_builtin_uvec3(BuiltIn::LocalInvocationId);
    in_c = b.declare_builtin_uvec3(BuiltIn::WorkgroupId);
    const ValueId zero = b.constant(0u);
    const FunctionId helper = b.reserve_function();  // defined behind its callers
    compute(
        b,
        [&] {
          const ValueId i = b.load_at(in_a, {zero});
          b.store_at(a, {zero, i}, b.OpFunctionCall(u32, helper, {}));
        },
        "first");
    compute(
        b,
        [&] {
          const ValueId i = b.load_at(in_c, {zero});
          b.store_at(c, {zero, i}, b.OpFunctionCall(u32, helper, {}));
        },
        "second");
    b.begin_function(helper, u32);
    b.OpReturnValue(b.load_at(common, {zero, zero}));
    b.end_function();
  };
  for (const Target& target : everywhere()) {
    const Module module = feature.check(target, {"Shader"}, {}, build);
    Words first = interface_of(module, "first"), second = interface_of(module, "second");
    std::sort(first.begin(), first.end());
    std::sort(second.begin(), second.end());
    if (target.spirv_version() >= make_version(1, 4)) {
      CHECK(first == Words{a.number(), common.number(), in_a.number()});
      CHECK(second == Words{c.number(), common.number(), in_c.number()});
    } else {
      CHECK(first == Words{in_a.number()});
      CHECK(second == Words{in_c.number()});
    }
  }
}

TEST_CASE("corpus: workgroup sizes in all three encodings") {
  Feature feature("workgroup-size");
  const auto literal = [](Builder& b) {
    const FunctionId f = b.begin_function(b.declare_void());
    b.end_function();
    b.add_compute_entry_point(f, "main", 8, 4, 2);
  };
  const auto specialised = [](Builder& b) {
    const FunctionId f = b.begin_function(b.declare_void());
    b.end_function();
    const ValueId x = b.add_spec_constant(0, 64u), y = b.add_spec_constant(1, 1u);
    b.add_compute_entry_point(f, "main", x, y, b.constant(1u));
  };
  std::vector<Target> targets = everywhere();
  for (unsigned minor : {3u, 4u}) targets.push_back(Target::vulkan(1, minor).enable_feature("maintenance4"));
  for (const Target& target : targets) {
    const Module module = feature.check(target, {"Shader"}, {}, literal, "-literal");
    CHECK(mode(module, Op::OpExecutionMode, ExecutionMode::LocalSize) == Words{8, 4, 2});
    CHECK(count(module, Op::OpSpecConstantComposite) == 0);

    const bool by_id =
        target.environment() == Environment::Universal || target.permits(ValidationFeature::Maintenance4);
    const Module by_constant = feature.check(target, {"Shader"}, {}, specialised, by_id ? "-id" : "-builtin");
    CHECK(mode(by_constant, Op::OpExecutionModeId, ExecutionMode::LocalSizeId).size() == (by_id ? 3 : 0));
    CHECK(count(by_constant, Op::OpSpecConstantComposite) == (by_id ? 0 : 1));
    CHECK(count(by_constant, Op::OpExecutionMode) == 0);
  }
}

TEST_CASE("corpus: arrays of descriptors") {
  Feature feature("descriptor-arrays");
  const auto build = [](Builder& b) {
    const TypeId u32 = b.declare_uint32();
    const StructMember member{b.declare_runtime_array(u32, LayoutRule::Std430)};
    const TypeId block =
        b.declare_struct(Span<const StructMember>(&member, 1), LayoutRule::Std430, BlockKind::Storage);
    const StorageClass storage = b.storage_buffer_class();
    const ValueId buffers = b.OpVariable(b.declare_pointer(storage, b.declare_array(block, 4)), storage);
    b.decorate(buffers, operand::Decoration::DescriptorSet(0));
    b.decorate(buffers, operand::Decoration::Binding(0));
    ImageDescription description;
    description.sampled_type = b.declare_float(32);
    const TypeId sampled = b.declare_sampled_image(b.declare_image(description));
    const ValueId textures = b.add_resource(b.declare_array(sampled, 8), 0, 1, "textures");
    compute(b, [&] {
      const ValueId zero = b.constant(0u), three = b.constant(3u);
      b.store_at(buffers, {three, zero, zero}, b.load_at(buffers, {zero, zero, three}));
      const ValueId texture = b.load_at(textures, {three});
      const TypeId v4 = b.declare_vector(description.sampled_type, 4),
                   v2 = b.declare_vector(description.sampled_type, 2);
      const ValueId at = b.declare_null(v2), level = b.constant(0.0f);
      b.OpImageSampleExplicitLod(v4, texture, at, operand::ImageOperands().Lod(level));
    });
  };
  for (const Target& target : everywhere()) feature.check(target, {"Shader"}, {}, build);
}

// Most image capabilities imply Shader, which is then not declared.
TEST_CASE("corpus: sampled and storage images") {
  Feature feature("images");
  const auto build = [](ImageFormat format) {
    return [format](Builder& b) {
      const TypeId f32 = b.declare_float(32), v2 = b.declare_vector(f32, 2), v4 = b.declare_vector(f32, 4);
      const TypeId i2 = b.declare_vector(b.declare_int32(), 2);
      ImageDescription description;
      description.sampled_type = f32;
      const TypeId sampled_type = b.declare_image(description);
      description.storage = true;
      description.format = format;
      const TypeId storage_type = b.declare_image(description);
      CHECK_FALSE(sampled_type == storage_type);
      const ValueId image = b.add_resource(sampled_type, 0, 0, "image"),
                    sampler = b.add_resource(b.declare_sampler(), 0, 1),
                    storage = b.add_resource(storage_type, 0, 2, "storage");
      if (format == ImageFormat::Unknown) b.decorate(storage, Decoration::NonReadable);
      compute(b, [&] {
        const ValueId loaded = b.OpLoad(image), target = b.OpLoad(storage), at = b.declare_null(i2);
        const ValueId combined = b.OpSampledImage(loaded, b.OpLoad(sampler));
        const ValueId zero = b.constant(0.0f), level = b.constant(0);
        const ValueId texel =
            b.OpImageSampleExplicitLod(v4, combined, b.declare_null(v2), operand::ImageOperands().Lod(zero));
        const ValueId fetched = b.OpImageFetch(v4, loaded, at, operand::ImageOperands().Lod(level));
        b.OpImageGather(v4, combined, b.declare_null(v2), level);
        b.OpImageFetch(v4, b.OpImage(combined), at);
        b.OpImageWrite(target, at, b.OpFAdd(texel, fetched));
        if (format != ImageFormat::Unknown) b.OpImageWrite(target, at, b.OpImageRead(v4, target, at));
      });
    };
  };
  for (const Target& target : everywhere()) {
    feature.check(target, {"Shader"}, {}, build(ImageFormat::Rgba16f), "-rgba16f");
    feature.check(target, {"StorageImageExtendedFormats"}, {}, build(ImageFormat::Rg32f), "-rg32f");
  }
  Target without = Target::vulkan(1, 1);
  without.enable_feature("shaderStorageImageWriteWithoutFormat");
  feature.check(without, {"StorageImageWriteWithoutFormat"}, {}, build(ImageFormat::Unknown), "-unknown");
}

TEST_CASE("corpus: image queries and atomics on texels") {
  Feature feature("image-queries");
  const auto build = [](Builder& b) {
    const TypeId u32 = b.declare_uint32(), i2 = b.declare_vector(b.declare_int32(), 2);
    ImageDescription description;
    description.sampled_type = u32;
    const ValueId sampled = b.add_resource(b.declare_image(description), 0, 0);
    description.storage = true;
    description.format = ImageFormat::R32ui;
    const TypeId type = b.declare_image(description);
    const ValueId storage = b.add_resource(type, 0, 1);
    compute(b, [&] {
      const ValueId zero = b.constant(0u), image = b.OpLoad(sampled);
      b.OpImageQuerySizeLod(i2, image, zero);
      b.OpImageQueryLevels(u32, image);
      b.OpImageQuerySize(i2, b.OpLoad(storage));
      const TypeId pointer = b.declare_pointer(StorageClass::Image, u32);
      const ValueId texel = b.OpImageTexelPointer(pointer, storage, b.declare_null(i2), zero);
      b.OpAtomicIAdd(texel, Scope::Device, MemorySemantics::MaskNone, b.constant(1u));
    });
  };
  for (const Target& target : everywhere()) feature.check(target, {"ImageQuery"}, {}, build);
}

TEST_CASE("corpus: images of other dimensions") {
  Feature feature("image-dimensions");
  const auto build = [](Dim dim, bool arrayed, bool storage) {
    return [=](Builder& b) {
      const TypeId f32 = b.declare_float(32);
      ImageDescription d{
          f32, dim, false, arrayed, false, storage, storage ? ImageFormat::Rgba32f : ImageFormat::Unknown};
      const ValueId image = b.add_resource(b.declare_image(d), 0, 0);
      compute(b, [&] { b.OpLoad(image); });
    };
  };
  const Target target = Target::universal();
  feature.check(target, {"Sampled1D", "Shader"}, {}, build(Dim::Dim1D, false, false), "-1d");
  feature.check(target, {"Image1D", "Shader"}, {}, build(Dim::Dim1D, true, true), "-1d-storage");
  feature.check(target, {"SampledBuffer", "Shader"}, {}, build(Dim::Buffer, false, false), "-buffer");
  feature.check(target, {"ImageBuffer", "Shader"}, {}, build(Dim::Buffer, false, true), "-buffer-storage");
  feature.check(target, {"SampledCubeArray"}, {}, build(Dim::Cube, true, false), "-cube-array");
  feature.check(target, {"ImageCubeArray"}, {}, build(Dim::Cube, true, true), "-cube-array-storage");
  feature.check(target, {"Shader"}, {}, build(Dim::Dim3D, false, true), "-3d");
  feature.check(target, {"Shader"}, {}, build(Dim::Cube, false, false), "-cube");
}

TEST_CASE("corpus: push constants, and variables declared in later blocks") {
  Feature feature("push-and-local");
  const auto build = [](Builder& b) {
    const TypeId f32 = b.declare_float(32), u32 = b.declare_uint32();
    const StructMember members[] = {
        {u32, "n"}, {b.declare_vector(f32, 4), "scale"}, {b.declare_array(f32, 3), "weights"}};
    const ValueId push =
        b.add_push_constants(b.declare_struct(members, LayoutRule::Std430, BlockKind::Uniform), "push");
    const ValueId counter = b.add_private_variable(u32, b.constant(3u), "counter");
    compute(b, [&] {
      const ValueId zero = b.constant(0u), one = b.constant(1u), two = b.constant(2u);
      const ValueId n = b.load_at(push, {zero});
      b.if_(b.OpULessThan(n, b.constant(10u)), [&] {
        const ValueId late = b.add_local_variable(f32, b.constant(0.5f), "late");  // not in the first block
        b.OpStore(late, b.load_at(push, {two, one}));
        b.for_(zero, n, one, [&](ValueId i, Loop&) {
          const ValueId later = b.add_local_variable(b.declare_array(f32, 4), {}, "later");
          const ValueId value = b.OpLoad(late);
          b.store_at(later, {b.OpUMod(i, b.constant(4u))}, value);
        });
      });
      b.OpStore(counter, b.OpIAdd(b.OpLoad(counter), n));
    });
  };
  for (const Target& target : everywhere()) {
    const Module module = feature.check(target, {"Shader"}, {}, build);
    // Function variables are the first instructions of the first block, and there only.
    const std::vector<Decoded> all = instructions(module.words());
    std::size_t labels = 0, locals = 0;
    bool first_part = false;
    for (const Decoded& i : all) {
      if (i.op == Op::OpLabel)
        first_part = ++labels == 1;
      else if (i.op == Op::OpVariable &&
               i.operands[2] == static_cast<std::uint32_t>(StorageClass::Function)) {
        CHECK(first_part);
        ++locals;
      } else {
        first_part = false;
      }
    }
    CHECK(locals == 2);
  }
}
