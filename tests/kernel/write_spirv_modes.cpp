// What a module declares beside its instructions: capabilities, execution modes, decorations, memory model, names, lines.
#include "example_kernels.hpp"
#include "module_reader.hpp"

#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/validate.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace airstrip;
using namespace airstrip::kernel;
using spirv::Decoration;
using spirv::StorageClass;
using spirv::Target;
using test::ModuleReader;
using SOp = spirv::Op;

namespace {

/// The module of a kernel, which has to be valid.
spirv::Module written(const Kernel& kernel, const Target& target, const WriteOptions& options = {}) {
  INFO(std::string(kernel.error().to_string()));
  REQUIRE(kernel.ok());
  Result<spirv::Module> module = write_spirv(kernel, target, options);
  INFO(std::string(module.error().to_string()));
  REQUIRE(module.ok());
  const Result<Validation> valid = validate(*module);
  INFO(std::string(valid.error().to_string()));
  if (!valid.ok()) CHECK(valid.error().code == ErrorCode::ValidatorTooOld);
  return static_cast<spirv::Module&&>(*module);
}
ModuleReader read(const Kernel& kernel, const Target& target, const WriteOptions& options = {}) {
  return ModuleReader(written(kernel, target, options).words());
}

template <class Body>
Kernel simple(Body&& body, KernelOptions options = {.workgroup = {64}}) {
  return make_kernel("simple", options, [&](KernelBuilder& k) {
    const auto in = k.input<f32>("in");
    const auto out = k.output<f32>("out");
    const auto i = k.global_id().x;
    out[i] = body(k, in[i].value(), i);
  });
}

}  // namespace

TEST_CASE(
    "write_spirv: capabilities and extensions are those that the kernel needs, whatever the target permits") {
  const auto check = [](const Kernel& kernel, const Target& target, const char* capabilities,
                        const char* extensions = "") {
    Target everything = target;
    everything.enable_everything();
    for (const Target* const one : {&target, static_cast<const Target*>(&everything)}) {
      const Target& t = *one;
      WriteOptions options;
      const Result<spirv::Module> module = write_spirv(kernel, t, options);
      INFO(std::string(module.error().to_string()));
      REQUIRE(module.ok());
      const ModuleReader r(module->words());
      CAPTURE(capabilities);
      CHECK(r.capabilities() == capabilities);
      // Vulkan 1.0 has storage buffers of the class of that name where the extension is permitted.
      if (one == &everything && target.environment_version() == spirv::make_version(1, 0))
        CHECK((r.extensions() == extensions || r.extensions() == "SPV_KHR_storage_buffer_storage_class"));
      else
        CHECK(r.extensions() == extensions);
    }
  };
  using namespace example_kernels;
  const Target v10 = Target::vulkan(1, 0), v11 = Target::vulkan(1, 1), v13 = Target::vulkan(1, 3);
  check(saxpy(), v10, "Shader");
  check(histogram(), v10, "Shader");
  check(matmul(), v13, "Shader");
  check(image_filter(), v10, "ImageQuery");
  check(reduction(), subgroups(v11), "GroupNonUniformArithmetic Shader");
  check(simple([](KernelBuilder&, auto x, auto) { return convert<f32>(convert<f16>(x) * 2); }),
        Target(v10).enable_feature("shaderFloat16"), "Float16 Shader");
  check(simple([](KernelBuilder&, auto x, auto) { return convert<f32>(convert<f64>(x) * 2); }),
        Target(v10).enable_feature("shaderFloat64"), "Float64 Shader");
  check(simple([](KernelBuilder&, auto x, auto) { return convert<f32>(convert<i64>(x) * 3); }),
        Target(v10).enable_feature("shaderInt64"), "Int64 Shader");
  // 16-bit storage without arithmetic: converted where it is loaded.
  const Kernel half = make_kernel("half", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto in = k.input<f16>("in");
    const auto out = k.output<f32>("out");
    const auto i = k.global_id().x;
    out[i] = convert<f32>(in[i].value());
  });
  // Core in 1.1 (SPIR-V 1.3).
  const auto storage16 = [](Target t) { return t.enable_feature("storageBuffer16BitAccess"); };
  CHECK(read(half, storage16(v11)).capabilities() == "Shader StorageBuffer16BitAccess");
  CHECK(read(half, storage16(v11)).extensions() == "");
  CHECK(read(half, storage16(v10)).extensions() == "SPV_KHR_16bit_storage");
  CHECK(read(half, v10).capabilities() == "Shader");
  // One by one, the subgroup's.
  const auto sub = [](auto body) {
    return simple([=](KernelBuilder& k, auto x, auto i) {
      (void)i;
      return body(k, x);
    });
  };
  const auto with = [&](const char* feature) { return Target(v11).enable_feature(feature); };
  check(sub([](KernelBuilder& k, auto x) { return select(k.subgroup_elect(), x, 0); }),
        with("VK_SUBGROUP_FEATURE_BASIC_BIT"), "GroupNonUniform Shader");
  check(sub([](KernelBuilder&, auto x) { return select(subgroup_any(x > 0), x, 0); }),
        with("VK_SUBGROUP_FEATURE_VOTE_BIT"), "GroupNonUniformVote Shader");
  check(sub([](KernelBuilder&, auto x) { return subgroup_shuffle_xor(x, 1u); }),
        with("VK_SUBGROUP_FEATURE_SHUFFLE_BIT"), "GroupNonUniformShuffle Shader");
  check(sub([](KernelBuilder&, auto x) { return subgroup_clustered_add(x, 4); }),
        with("VK_SUBGROUP_FEATURE_CLUSTERED_BIT"), "GroupNonUniformClustered Shader");
  check(sub([](KernelBuilder&, auto x) { return quad_swap(x, QuadDirection::Vertical); }),
        with("VK_SUBGROUP_FEATURE_QUAD_BIT"), "GroupNonUniformQuad Shader");
  check(matrix_tile(), matrices(),
        "CooperativeMatrixKHR Float16 Shader StorageBuffer16BitAccess VulkanMemoryModel",
        "SPV_KHR_cooperative_matrix");
}

TEST_CASE(
    "write_spirv: what a target lacks is named with the C++ line of the kernel, never one of the library's") {
  struct Lacking {
    Kernel kernel;
    Target target;
    const char* names;
    std::uint32_t line;
  };
  const auto with_line = [](auto body, std::uint32_t line, Target target, const char* names) {
    return Lacking{simple(body), target, names, line};
  };
  const Target v10 = Target::vulkan(1, 0), v11 = Target::vulkan(1, 1);
  Lacking cases[] = {
      with_line([](KernelBuilder&, auto x, auto) { return convert<f32>(convert<f64>(x)); }, __LINE__, v11,
                "Float64"),
      with_line([](KernelBuilder&, auto x, auto) { return subgroup_add(x); }, __LINE__, v11,
                "GroupNonUniformArithmetic"),
      with_line([](KernelBuilder&, auto x, auto) { return subgroup_add(x); }, __LINE__, v10,
                "GroupNonUniformArithmetic"),
      with_line([](KernelBuilder&, auto x, auto i) { return subgroup_rotate(x, i); }, __LINE__, v11,
                "GroupNonUniformRotateKHR"),
  };
  for (const Lacking& c : cases) {
    REQUIRE(c.kernel.ok());
    const Result<spirv::Module> module = write_spirv(c.kernel, c.target);
    REQUIRE_FALSE(module.ok());
    const std::string said(module.error().to_string());
    CAPTURE(said);
    CHECK(module.error().code == ErrorCode::MissingCapability);
    CHECK(said.find(c.names) != std::string::npos);
    REQUIRE(module.error().where.file);
    CHECK(std::string(module.error().where.file).find("write_spirv_modes.cpp") != std::string::npos);
    CHECK(module.error().where.line == c.line);
  }
  // Whatever a target lacks, and wherever it is noticed.
  Target addresses = v11;
  addresses.enable_feature("bufferDeviceAddress").enable_extension("VK_KHR_buffer_device_address");
  const Target bare[] = {v10, v11, Target::vulkan(1, 4), addresses};
  for (const example_kernels::Example& e : example_kernels::all_examples())
    for (const Target& target : bare)
      for (const BindingLayout layout :
           {BindingLayout::Plain, BindingLayout::DeviceAddresses, BindingLayout::SdlGpu}) {
        WriteOptions options;
        options.layout = layout;
        const Result<spirv::Module> module = write_spirv(e.kernel, target, options);
        if (module.ok()) {
          CHECK(validate(*module).ok());
          continue;
        }
        const std::string file(module.error().where.file ? module.error().where.file : "");
        CAPTURE(std::string(module.error().to_string()));
        CHECK(module.error().code == ErrorCode::MissingCapability);
        CHECK(file.find("airstrip/kernel") == std::string::npos);
        CHECK(file.find("airstrip/spirv") == std::string::npos);
      }
  // A target that is wrong in itself.
  CHECK(write_spirv(example_kernels::saxpy(), Target::vulkan(1, 0).enable_feature("noSuchFeature"))
            .error()
            .code == ErrorCode::InvalidTarget);
}

TEST_CASE("write_spirv: the float environment becomes execution modes, with their capabilities") {
  KernelOptions options{.workgroup = {64}};
  const auto kernel = [&] { return simple([](KernelBuilder&, auto x, auto) { return x * x + 1; }, options); };
  const auto everything = [](unsigned minor) {
    Target target = Target::vulkan(1, minor);
    return target.enable_everything();
  };
  CHECK(read(kernel(), Target::vulkan(1, 0)).execution_modes() == "LocalSize 64 1 1");
  options.floats.denormals_32 = Denormals::Preserve;
  options.floats.denormals_16 = Denormals::FlushToZero;
  options.floats.rounding_32 = Rounding::NearestEven;
  options.floats.rounding_64 = Rounding::TowardZero;
  options.floats.preserve_special_32 = true;
  const ModuleReader r = read(kernel(), everything(2));
  CHECK(r.execution_modes() == "LocalSize 64 1 1; DenormFlushToZero 16; DenormPreserve 32; RoundingModeRTE "
                               "32; SignedZeroInfNanPreserve 32; "
                               "RoundingModeRTZ 64");
  CHECK(r.capabilities() ==
        "DenormFlushToZero DenormPreserve RoundingModeRTE RoundingModeRTZ Shader SignedZeroInfNanPreserve");
  CHECK(r.extensions() == "");
  CHECK(read(kernel(), everything(1)).extensions() == "SPV_KHR_float_controls");
  const Result<spirv::Module> refused = write_spirv(kernel(), Target::vulkan(1, 1));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::MissingCapability);
  CHECK(std::string(refused.error().message).find("DenormFlushToZero") != std::string::npos);
}

TEST_CASE("write_spirv: without contraction every arithmetic operation on floats says so, and nothing else") {
  const auto body = [](KernelBuilder& k, auto x, auto i) {
    const auto v = vec<f32x2>(x, 2.0f);
    const auto n = i * 3u + 1u;
    (void)k;
    return x * x + x / (x - 1) + fmod(x, 3) + mod(x, 3) - (-x) + dot(v, v) + sqrt(x) + convert<f32>(n);
  };
  KernelOptions options{.workgroup = {64}};
  CHECK(read(simple(body, options), Target::vulkan(1, 0)).all(SOp::OpDecorate).size() > 0);
  const auto contracted = [](const ModuleReader& r) {
    std::size_t n = 0;
    for (const test::ReadInstruction& d : r.all(SOp::OpDecorate))
      n += d.operands[1] == static_cast<std::uint32_t>(Decoration::NoContraction);
    return n;
  };
  CHECK(contracted(read(simple(body, options), Target::vulkan(1, 0))) == 0);
  options.floats.contraction = false;
  const ModuleReader r = read(simple(body, options), Target::vulkan(1, 0));
  std::size_t arithmetic = 0;
  for (const SOp op : {SOp::OpFAdd, SOp::OpFSub, SOp::OpFMul, SOp::OpFDiv, SOp::OpFRem, SOp::OpFMod,
                       SOp::OpFNegate, SOp::OpDot})
    for (const test::ReadInstruction& i : r.all(op)) {
      ++arithmetic;
      CHECK(r.decorated(i.operands[1], Decoration::NoContraction));
    }
  CHECK(arithmetic >= 10);
  CHECK(contracted(r) == arithmetic);
}

TEST_CASE("write_spirv: an exact operation says so where contraction is permitted, and is not fused") {
  for (const bool exact : {false, true}) {
    CAPTURE(exact);
    const auto body = [&](KernelBuilder& k, auto x, auto) {
      const AnyValue operands[] = {x.any(), x.any()};
      const AnyValue product = k.apply(Op::Mul, Span<const AnyValue>(operands), exact ? 1 : 0);
      const AnyValue sum[] = {product, x.any()};
      return Value<f32>(k.apply(Op::Add, Span<const AnyValue>(sum), exact ? 1 : 0));
    };
    const ModuleReader r = read(simple(body), Target::vulkan(1, 0));
    CHECK(r.all(SOp::OpFMul).size() == (exact ? 1 : 0));
    for (const SOp op : {SOp::OpFMul, SOp::OpFAdd})
      for (const test::ReadInstruction& i : r.all(op))
        CHECK(r.decorated(i.operands[1], Decoration::NoContraction));
  }
}

TEST_CASE("write_spirv: reconvergence that a kernel relies on becomes an execution mode") {
  const auto kernel = [](Reconvergence reconvergence) {
    KernelOptions options{.workgroup = {64}};
    options.subgroup.reconvergence = reconvergence;
    return simple([](KernelBuilder&, auto x, auto) { return x + 1; }, options);
  };
  Target target = Target::vulkan(1, 3);
  target.enable_everything();
  CHECK(read(kernel(Reconvergence::Unspecified), target).execution_modes() == "LocalSize 64 1 1");
  const ModuleReader uniform = read(kernel(Reconvergence::SubgroupUniform), target);
  CHECK(uniform.execution_modes() == "LocalSize 64 1 1; SubgroupUniformControlFlowKHR");
  CHECK(uniform.extensions() == "SPV_KHR_subgroup_uniform_control_flow");
  const ModuleReader maximal = read(kernel(Reconvergence::Maximal), target);
  CHECK(maximal.execution_modes() == "LocalSize 64 1 1; MaximallyReconvergesKHR");
  CHECK(maximal.extensions() == "SPV_KHR_maximal_reconvergence");
  for (const Reconvergence asked : {Reconvergence::SubgroupUniform, Reconvergence::Maximal}) {
    const Result<spirv::Module> refused = write_spirv(kernel(asked), Target::vulkan(1, 3));
    REQUIRE_FALSE(refused.ok());
    const std::string said(refused.error().to_string());
    CAPTURE(said);
    CHECK(said.find(asked == Reconvergence::Maximal
                        ? "SPV_KHR_maximal_reconvergence"
                        : "SPV_KHR_subgroup_uniform_control_flow") != std::string::npos);
    CHECK(said.find("airstrip/kernel") == std::string::npos);
  }
}

TEST_CASE("write_spirv: buffers say how they are used") {
  const Kernel kernel = make_kernel("uses", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto read_only = k.input<u32>("read_only");
    const auto write_only = k.output<u32>("write_only");
    const auto both = k.inout<u32>("both");
    const auto coherent = k.inout<u32>("coherent").coherent();
    const auto aliased = k.inout<u32>("aliased").may_alias();
    const auto viewed = k.inout<u32>("viewed");
    const auto image = k.storage_image<u32, Access::ReadOnly>("image", TexelFormat::R32ui);
    const auto target = k.storage_image<u32, Access::WriteOnly>("target", TexelFormat::R32ui);
    const auto i = k.global_id().x;
    const auto at = convert<i32x2>(swizzle<0, 1>(k.global_id()));
    both[i] = read_only[i] + coherent[i];
    coherent[i + 1u] = aliased[i];
    viewed[i] = 1u;
    viewed.as<f32>()[i + 1u] = 1.0f;
    write_only[i] = both[i + 64u];
    target.store(at, image.load(at));
  });
  WriteOptions options;
  options.names = true;
  for (const unsigned minor : {0u, 1u, 4u}) {
    const ModuleReader r = read(kernel, Target::vulkan(1, minor), options);
    const auto has = [&](const char* name, Decoration decoration) {
      const std::uint32_t id = r.named(name);
      CAPTURE(name);
      REQUIRE(id != 0);
      return r.decorated(id, decoration);
    };
    for (const char* const name :
         {"read_only", "write_only", "both", "coherent", "aliased", "image", "target"}) {
      CAPTURE(name);
      const std::string n = name;
      CHECK(has(name, Decoration::NonWritable) == (n == "read_only" || n == "image"));
      CHECK(has(name, Decoration::NonReadable) == (n == "write_only" || n == "target"));
      CHECK(has(name, Decoration::Coherent) == (n == "coherent"));
      CHECK(has(name, Decoration::Aliased) == (n == "aliased"));
    }
    // Two variables with one binding, and each Aliased.
    std::size_t viewed = 0;
    for (const std::uint32_t id :
         r.variables(minor == 0 ? StorageClass::Uniform : StorageClass::StorageBuffer))
      if (r.decoration_of(id, Decoration::Binding).value_or(~0u) == 5) {
        ++viewed;
        CHECK(r.decorated(id, Decoration::Aliased));
      }
    CHECK(viewed == 2);
  }
}

TEST_CASE("write_spirv: specialisation constants, and a workgroup size made of them") {
  KernelOptions options{.workgroup = {64, 2, 1}};
  options.workgroup_spec[0] = 7;
  options.workgroup_spec[1] = 9;
  const Kernel kernel = make_kernel("special", options, [](KernelBuilder& k) {
    const auto factor = k.spec_constant<f32>(1, 2.5, "factor");
    const auto count = k.spec_constant<u32>(2, 10u, "count");
    const auto flag = k.spec_constant<bool>(3, true, "flag");
    const auto out = k.output<f32>("out");
    const auto sum = convert<f32>(count) * factor + convert<f32>(k.workgroup_size().x);
    out[k.global_id().x] = select(flag, sum, 0);
  });
  WriteOptions write;
  write.names = true;
  for (const bool by_id : {false, true}) {
    Target target = Target::vulkan(1, by_id ? 3 : 0);
    if (by_id) target.enable_feature("maintenance4");
    const ModuleReader r = read(kernel, target, write);
    const auto id = [&](const char* name) { return r.named(name); };
    CHECK(r.decoration_of(id("factor"), Decoration::SpecId).value_or(0) == 1);
    CHECK(r.decoration_of(id("count"), Decoration::SpecId).value_or(0) == 2);
    CHECK(r.decoration_of(id("flag"), Decoration::SpecId).value_or(0) == 3);
    CHECK(r.constant(id("factor")).value_or(0) == 0x40200000);
    CHECK(r.constant(id("count")).value_or(0) == 10);
    CHECK(r.count(SOp::OpSpecConstantTrue) == 1);
    // Each dimension of the workgroup once, whether the kernel asks for its size or not.
    std::vector<std::uint32_t> numbers;
    for (const test::ReadInstruction& d : r.all(SOp::OpDecorate))
      if (d.operands[1] == static_cast<std::uint32_t>(Decoration::SpecId)) numbers.push_back(d.operands[2]);
    std::sort(numbers.begin(), numbers.end());
    CHECK(numbers == std::vector<std::uint32_t>{1, 2, 3, 7, 9});
    if (by_id) {
      CHECK(r.execution_modes() == "LocalSizeId 64 2 1");
      continue;
    }
    CHECK(r.execution_modes() == "");
    bool decorated = false;
    for (const test::ReadInstruction& d : r.all(SOp::OpDecorate))
      if (d.operands[1] == static_cast<std::uint32_t>(Decoration::BuiltIn) &&
          d.operands[2] == static_cast<std::uint32_t>(spirv::BuiltIn::WorkgroupSize)) {
        decorated = true;
        const test::ReadInstruction* const size = r.definition(d.operands[0]);
        REQUIRE(size);
        CHECK(r.constant(size->operands[2]).value_or(0) == 64);
        CHECK(r.constant(size->operands[3]).value_or(0) == 2);
        CHECK(r.constant(size->operands[4]).value_or(0) == 1);
      }
    CHECK(decorated);
  }
}

TEST_CASE("write_spirv: the Vulkan memory model, with what is exchanged made available and visible") {
  const Kernel kernel =
      make_kernel("exchange", {.workgroup = {32}, .subgroup = {.size = 32}}, [](KernelBuilder& k) {
        using A = Matrix<f16, 16, 16, MatrixUse::Accumulator>;
        const auto a = k.input<f16>("a");
        const auto shared = k.inout<f16>("shared").coherent();
        const auto counter = k.inout<u32>("counter");
        const auto tile = k.workgroup_array<f16>(256, "tile");
        const auto own = k.private_array<u32>(4, "own");
        own[k.local_index() & 3u] = k.local_index();
        tile[k.local_index()] = shared[k.local_index()];
        k.barrier(memory::workgroup);
        const auto m = matrix_load<A>(tile[0], 16u);
        const auto n = matrix_load<A>(a[0], 16u);
        matrix_store(shared[0], m + n, 16u);
        atomic_add(counter[0], own[0].value(), {MemoryScope::Device, memory::buffers});
      });
  const ModuleReader r = read(kernel, example_kernels::matrices());
  CHECK(r.all(SOp::OpMemoryModel)[0].operands ==
        std::vector<std::uint32_t>{static_cast<std::uint32_t>(spirv::AddressingModel::Logical),
                                   static_cast<std::uint32_t>(spirv::MemoryModel::Vulkan)});
  CHECK(r.capabilities().find("VulkanMemoryModelDeviceScope") == std::string::npos);
  using A = spirv::MemoryAccess;
  const auto bit = [](A a) { return static_cast<std::uint32_t>(a); };
  const auto storage_of = [&](std::uint32_t pointer) {
    const test::ReadInstruction* const p = r.definition(pointer);
    REQUIRE(p);
    const test::ReadInstruction* const type = r.definition(p->operands[0]);
    REQUIRE(type);
    return static_cast<StorageClass>(type->operands[1]);
  };
  const auto base_of = [&](std::uint32_t pointer) {
    const test::ReadInstruction* p = r.definition(pointer);
    REQUIRE(p);
    return p->op == SOp::OpAccessChain ? p->operands[2] : pointer;
  };
  const auto is_read_only = [&](std::uint32_t pointer) {
    return r.decorated(base_of(pointer), Decoration::NonWritable);
  };
  std::size_t exchanged = 0, available = 0, visible = 0;
  // Where the memory operands begin: behind the pointer, or what is stored; of matrices behind layout and stride.
  const auto check = [&](SOp op, std::size_t pointer_at, std::size_t operands_at) {
    for (const test::ReadInstruction& i : r.all(op)) {
      const std::uint32_t pointer = i.operands[pointer_at];
      const StorageClass storage = storage_of(pointer);
      const std::uint32_t mask = i.operands.size() > operands_at ? i.operands[operands_at] : 0;
      const bool shared = (storage == StorageClass::StorageBuffer || storage == StorageClass::Workgroup) &&
                          !is_read_only(pointer);
      CHECK(((mask & bit(A::NonPrivatePointer)) != 0) == shared);
      exchanged += shared;
      available += (mask & bit(A::MakePointerAvailable)) != 0;
      visible += (mask & bit(A::MakePointerVisible)) != 0;
    }
  };
  check(SOp::OpLoad, 2, 3);
  check(SOp::OpStore, 0, 2);
  check(SOp::OpCooperativeMatrixLoadKHR, 2, 5);
  check(SOp::OpCooperativeMatrixStoreKHR, 0, 4);
  CHECK(exchanged == 4);  // of the tile: a store and a matrix load; of "shared": a load and a matrix store
  CHECK(available == 1);  // of the coherent buffer
  CHECK(visible == 1);
  // Coherent is not a decoration of this memory model.
  for (const test::ReadInstruction& d : r.all(SOp::OpDecorate))
    CHECK(d.operands[1] != static_cast<std::uint32_t>(Decoration::Coherent));
  using S = spirv::MemorySemantics;
  const auto s = [](S x) { return static_cast<std::uint32_t>(x); };
  const auto barriers = r.all(SOp::OpControlBarrier);
  REQUIRE(barriers.size() == 1);
  CHECK(r.constant(barriers[0].operands[2]).value_or(0) ==
        (s(S::AcquireRelease) | s(S::WorkgroupMemory) | s(S::MakeAvailable) | s(S::MakeVisible)));
  const auto atomics = r.all(SOp::OpAtomicIAdd);
  REQUIRE(atomics.size() == 1);
  CHECK(r.constant(atomics[0].operands[3]).value_or(0) ==
        static_cast<std::uint32_t>(spirv::Scope::QueueFamily));
  CHECK(r.constant(atomics[0].operands[4]).value_or(0) ==
        (s(S::AcquireRelease) | s(S::UniformMemory) | s(S::MakeAvailable) | s(S::MakeVisible)));
}

TEST_CASE("write_spirv: names and C++ lines, if they are asked for") {
  const Kernel kernel = example_kernels::scan();
  WriteOptions options;
  ModuleReader r = read(kernel, Target::vulkan(1, 1));
  CHECK(r.count(SOp::OpName) == 0);
  CHECK(r.count(SOp::OpMemberName) == 0);
  CHECK(r.count(SOp::OpLine) == 0);
  CHECK(r.count(SOp::OpString) == 0);
  options.names = true;
  options.entry_point = "scan_rows";
  r = read(kernel, Target::vulkan(1, 1), options);
  for (const char* const name : {"x", "shared", "below"}) {
    CAPTURE(name);
    CHECK(r.named(name) != 0);
  }
  CHECK(ModuleReader::text(r.all(SOp::OpEntryPoint)[0].operands, 2) == "scan_rows");
  options.lines = spirv::LineInfo::BaseName;
  r = read(kernel, Target::vulkan(1, 1), options);
  REQUIRE(r.count(SOp::OpString) == 1);
  CHECK(ModuleReader::text(r.all(SOp::OpString)[0].operands, 1) == "example_kernels.hpp");
  CHECK(r.count(SOp::OpLine) > 5);
  options.lines = spirv::LineInfo::FullPath;
  const std::string path = kernel.location(kernel.region(kernel.functions()[0].body).first).file;
  const std::string prefix = path.substr(0, path.rfind('/') + 1);
  options.line_prefix = Text(prefix.data(), prefix.size());
  r = read(kernel, Target::vulkan(1, 1), options);
  CHECK(ModuleReader::text(r.all(SOp::OpString)[0].operands, 1) == "example_kernels.hpp");
  options.line_prefix = {};
  r = read(kernel, Target::vulkan(1, 1), options);
  CHECK(ModuleReader::text(r.all(SOp::OpString)[0].operands, 1) == path);
}

TEST_CASE("write_spirv: the line of an instruction is that of the C++ which asked for it") {
  std::uint32_t line = 0;
  const Kernel kernel = make_kernel("line", {.workgroup = {64}}, [&](KernelBuilder& k) {
    const auto in = k.input<f32>("in");
    const auto out = k.output<f32>("out");
    const auto i = k.global_id().x;
    const auto x = in[i].value();
    line = __LINE__ + 1;
    const auto root = sqrt(x);
    out[i] = root;
  });
  WriteOptions options;
  options.lines = spirv::LineInfo::BaseName;
  const ModuleReader r = read(kernel, Target::vulkan(1, 0), options);
  std::uint32_t current = 0, found = 0;
  for (const test::ReadInstruction& i : r.instructions()) {
    if (i.op == SOp::OpLine) current = i.operands[1];
    if (i.op == SOp::OpExtInst) found = current;
  }
  CHECK(found == line);
}

TEST_CASE("write_spirv: one view of a buffer whose vectors are also taken apart") {
  const Kernel kernel = make_kernel("views", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto x = k.input<f32>("x");
    const auto y = k.output<f32x4>("y");
    const auto i = k.global_id().x;
    y[i] = x.as<f32x4>()[i].value() * x[i * 4u + 1u];
  });
  const auto variables = [&](bool one_view) {
    WriteOptions options;
    options.one_view = one_view;
    const spirv::Module module = written(kernel, Target::vulkan(1, 1), options);
    const Result<spirv::ModuleView> view = spirv::parse(module.words());
    REQUIRE(view.ok());
    std::size_t buffers = 0;
    for (const spirv::Instruction i : *view)
      buffers +=
          i.opcode() == SOp::OpVariable && i.word(3) != static_cast<std::uint32_t>(StorageClass::Input);
    return buffers;
  };
  CHECK(variables(false) == 3);
  CHECK(variables(true) == 2);
}

TEST_CASE("write_spirv: early loads stay in the order in which they are asked for") {
  const auto order_of_loads = [](bool early) {
    DynamicBuilder b("early", {.workgroup = {64}});
    const Type f(Scalar::F32);
    const std::uint32_t x = b.add_buffer(Access::ReadOnly, f, 4, "x"),
                        y = b.add_buffer(Access::ReadOnly, f, 4, "y"),
                        z = b.add_buffer(Access::WriteOnly, f, 4, "z");
    Place place;
    place.builder = &b;
    place.stride = 4;
    place.index = b.builtin(BuiltIn::LocalInvocationIndex);
    place.early = early;
    place.resource = y;
    const AnyValue second = b.load(place, f);
    place.resource = x;
    const AnyValue first = b.load(place, f);
    place.resource = z;
    b.store(place, b.apply(Op::Sub, first, second));
    const Kernel kernel = b.finish();
    REQUIRE(kernel.ok());
    const Kernel lowered = lowered_for(kernel, Target::vulkan(1, 1));
    std::string order;
    const Region& body = lowered.region(lowered.functions()[0].body);
    for (NodeId id = body.first; id != no_node; id = lowered.node(id).next)
      if (lowered.op(id) == Op::Load)
        order += std::string(lowered.resource_name(lowered.access_of(id).resource));
    written(kernel, Target::vulkan(1, 1));
    return order;
  };
  CHECK(order_of_loads(false) == "xy");
  CHECK(order_of_loads(true) == "yx");
}
