// Errors of requirements and of the module's end: InvalidTarget, MissingCapability, VersionConflict, layout.
#include "errors.hpp"

#include <utility>

using namespace errors;

namespace {

// Starts a builder that must fail at once.
void fails_to_start(const ModuleOptions& options, ErrorCode code, const char* text) {
  const SourceLocation at = SourceLocation::current();
  Builder b(options, at);
  check_failed(b, code, text, at);
  // reset() with the same options fails again, with good ones it does not.
  b.reset(at);
  check_failed(b, code, text, at);
  b.reset(ModuleOptions());
  CHECK_FALSE(b.failed());
}
ModuleOptions with(const Target& target) {
  ModuleOptions options;
  options.target = target;
  return options;
}

}  // namespace

TEST_CASE("errors: InvalidTarget") {
  fails_to_start(with(Target::vulkan(1, 1).enable_feature("shaderFlout16")), ErrorCode::InvalidTarget,
                 "no SPIR-V capability depends on the Vulkan feature shaderFlout16");
  fails_to_start(with(Target::vulkan(1, 1).enable_extension("VK_KHR_nothing")), ErrorCode::InvalidTarget,
                 "no SPIR-V extension or capability depends on the extension VK_KHR_nothing");
  fails_to_start(with(Target::vulkan(1, 1).spirv(1, 5)), ErrorCode::InvalidTarget,
                 "does not take that version of SPIR-V");
  fails_to_start(with(Target::universal(1, 7)), ErrorCode::InvalidTarget,
                 "SPIR-V has the versions 1.0 to 1.6");
  fails_to_start(with(Target::universal(2, 0)), ErrorCode::InvalidTarget,
                 "SPIR-V has the versions 1.0 to 1.6");
  fails_to_start(with(Target::vulkan(0, 9)), ErrorCode::InvalidTarget, "Vulkan has the versions");
  fails_to_start(with(Target::opencl(1, 1)), ErrorCode::InvalidTarget, "OpenCL takes SPIR-V in the versions");
  fails_to_start(with(Target::vulkan(1, 1).enable(static_cast<Capability>(123456))), ErrorCode::InvalidTarget,
                 "unknown capability");
  // The first mistake is kept, and a long name is cut, not overrun.
  const std::string long_name(1000, 'n');
  fails_to_start(with(Target::vulkan(1, 1).enable_feature(long_name).enable_feature("x")),
                 ErrorCode::InvalidTarget, "feature nnnnn");
}

TEST_CASE("errors: the addressing and memory model") {
  ModuleOptions options;
  options.target = Target::vulkan(1, 1);
  options.addressing = AddressingModel::PhysicalStorageBuffer64;
  fails_to_start(options, ErrorCode::MissingCapability,
                 "PhysicalStorageBuffer64 needs PhysicalStorageBufferAddresses");
  options.addressing = AddressingModel::Physical32;
  fails_to_start(options, ErrorCode::MissingCapability, "Physical32 needs Addresses; the target vulkan1.1");
  options.addressing = {};
  options.memory_model = MemoryModel::Vulkan;
  fails_to_start(
      options, ErrorCode::MissingCapability,
      "the memory model Vulkan needs VulkanMemoryModel (SPIR-V 1.5 or SPV_KHR_vulkan_memory_model)");
  options.memory_model = static_cast<MemoryModel>(99);
  fails_to_start(options, ErrorCode::InvalidOperand, "is not one of the grammar's");

  Frame f;
  Builder& b = f.b;
  FAILS(VersionConflict, "the addressing and memory model are fixed when the module is started",
        b.OpMemoryModel(AddressingModel::Logical, MemoryModel::Vulkan));
  FAILS(VersionConflict, "the addressing and memory model are fixed",
        b.OpMemoryModel(AddressingModel::PhysicalStorageBuffer64, MemoryModel::GLSL450));
  FAILS(VersionConflict, "a cooperative matrix needs the memory model Vulkan",
        b.declare_cooperative_matrix(f.f32, Scope::Subgroup, 8, 8, CooperativeMatrixUse::MatrixAKHR));
  f.again();
  b.OpMemoryModel(AddressingModel::Logical, MemoryModel::GLSL450);  // as it is: no conflict
  CHECK_FALSE(b.failed());
}

TEST_CASE("errors: MissingCapability") {
  Frame f(Target::vulkan(1, 1));
  Builder& b = f.b;
  constexpr auto group = Scope::Subgroup;
  FAILS(MissingCapability,
        "OpSDot: needs DotProduct (SPIR-V 1.6 or SPV_KHR_integer_dot_product); the target vulkan1.1 does not "
        "permit it",
        b.OpSDot(f.i32, f.vi4, f.vi4));
  FAILS(MissingCapability, "OpTypeFloat: needs Float64; the target vulkan1.1 does not permit it",
        b.declare_float(64));
  FAILS(MissingCapability, "OpTypeFloat: needs Float16", b.declare_float(16));
  FAILS(MissingCapability, "OpTypeInt: needs Int64", b.declare_int(64, true));
  FAILS(MissingCapability, "OpTypeInt: needs Int8", b.declare_int(8, false));
  FAILS(MissingCapability, "permits none of them", b.declare_int(16, false));
  FAILS(MissingCapability, "OpTypeFloat: FPEncoding BFloat16KHR needs BFloat16TypeKHR (SPV_KHR_bfloat16)",
        b.declare_float(16, FPEncoding::BFloat16KHR));
  FAILS(MissingCapability, "OpTypeVector: needs Vector16", b.declare_vector(f.f32, 16));
  FAILS(MissingCapability, "OpTypeCooperativeMatrixKHR",
        b.OpTypeCooperativeMatrixKHR(f.f32, group, f.u1, f.u1, f.u1));
  FAILS(MissingCapability, "OpGroupNonUniformAll: needs GroupNonUniformVote (SPIR-V 1.3)",
        b.OpGroupNonUniformAll(group, b.constant(true)));
  FAILS(MissingCapability, "OpGroupNonUniformIAdd: needs",
        b.OpGroupNonUniformIAdd(group, GroupOperation::Reduce, f.u));
  FAILS(MissingCapability, "OpAtomicFAddEXT: needs",
        b.OpAtomicFAddEXT(f.pf, Scope::Device, MemorySemantics::MaskNone, f.f));
  FAILS(MissingCapability, "StorageClass PhysicalStorageBuffer needs PhysicalStorageBufferAddresses",
        b.declare_pointer(StorageClass::PhysicalStorageBuffer, f.f32));
  FAILS(MissingCapability, "OpTypePointer: StorageClass Generic needs GenericPointer",
        b.declare_pointer(StorageClass::Generic, f.f32));
  FAILS(MissingCapability, "OpCopyLogical: needs SPIR-V 1.4; the target vulkan1.1 has SPIR-V 1.3",
        b.OpCopyLogical(f.structure, f.s));
  FAILS(MissingCapability, "OpCapability: ", b.OpCapability(Capability::Kernel));
  FAILS(MissingCapability, "OpExtension: needs SPV_KHR_integer_dot_product",
        b.OpExtension("SPV_KHR_integer_dot_product"));
  FAILS(MissingCapability, "OpExtInstImport: needs SPV_KHR_non_semantic_info",
        b.OpExtInstImport("NonSemantic.DebugPrintf"));
  FAILS(MissingCapability, "OpExecutionMode",
        b.OpExecutionMode(f.function, operand::ExecutionMode::DenormPreserve(32)));
  FAILS(MissingCapability, "OpEntryPoint: ExecutionModel Kernel needs Kernel",
        b.OpEntryPoint(ExecutionModel::Kernel, f.function, "main", {}));
  FAILS(MissingCapability, "OpTypeImage: ImageFormat R64ui needs Int64ImageEXT",
        b.declare_image({f.u32, Dim::Dim2D, false, false, false, true, ImageFormat::R64ui}));
  FAILS(MissingCapability, "OpTypeImage: needs ImageCubeArray",
        b.declare_image({f.f32, Dim::Cube, false, true, false, true, ImageFormat::Rgba32f}));
  FAILS(MissingCapability, "OpTypeImage: needs StorageImageMultisample",
        b.declare_image({f.f32, Dim::Dim2D, false, false, true, true, ImageFormat::Rgba32f}));
  FAILS(MissingCapability, "OpPtrAccessChain: needs", b.OpPtrAccessChain(f.buffer, f.u, {}));
  FAILS_AFTER(MissingCapability, "OpImageRead: needs StorageImageReadWithoutFormat",
              b.OpImageRead(f.v4f,
                            b.OpLoad(b.add_resource(
                                b.declare_image({f.f32, Dim::Dim2D, false, false, false, true}), 0, 9)),
                            f.vu2));
}

TEST_CASE("errors: storage permits less than arithmetic") {
  Target target = Target::vulkan(1, 1);
  target.enable_feature("storageBuffer16BitAccess").enable_extension("VK_KHR_8bit_storage");
  target.enable_feature("storageBuffer8BitAccess");
  Frame f(target);
  Builder& b = f.b;
  TypeId half, narrow, byte;
  ValueId halves;
  const auto declare = [&] {
    half = b.declare_float(16);
    narrow = b.declare_int(16, false);
    byte = b.declare_int(8, false);
    halves = b.OpLoad(b.OpAccessChain(b.add_storage_array(half, 1, 0), {f.u, f.u}));
  };
  FAILS_AFTER(MissingCapability, "OpFAdd: needs Float16", declare(); b.OpFAdd(halves, halves));
  FAILS_AFTER(MissingCapability, "OpConstant: needs Float16", declare(); b.declare_constant(half, 0));
  FAILS_AFTER(MissingCapability, "OpConstantNull: needs Int16", declare(); b.declare_null(narrow));
  FAILS_AFTER(MissingCapability, "OpSpecConstant: needs Int8", declare(); b.add_spec_constant(0, byte, 1));
  FAILS_AFTER(MissingCapability, "OpCompositeConstruct: needs Float16", declare();
              b.OpCompositeConstruct(b.declare_vector(half, 2), {halves, halves}));
  FAILS_AFTER(MissingCapability, "needs Float16", declare(); b.add_local_variable(half));
  FAILS_AFTER(MissingCapability, "needs Int16", declare(); b.add_workgroup_variable(narrow));
  FAILS_AFTER(MissingCapability, "needs UniformAndStorageBuffer16BitAccess", declare();
              b.add_uniform_buffer(b.declare_struct({half}), 1, 1));
  FAILS_AFTER(MissingCapability, "needs StoragePushConstant8", declare();
              b.add_push_constants(b.declare_struct({byte})));
  // What storage permits.
  f.again();
  declare();
  b.OpFConvert(f.f32, halves);
  CHECK_FALSE(b.failed());
}

TEST_CASE("errors: layout and Block of variables, found at the end") {
  Frame f;
  Builder& b = f.b;
  const auto fails_at_end = [&](const char* text, const auto& declare) {
    f.again();
    const SourceLocation at = SourceLocation::current();
    declare(at);
    b.end_function();
    if (b.failed()) FAIL_CHECK("before the end: " << std::string(b.error().to_string()));
    (void)b.finish();
    check_failed(b, ErrorCode::WrongType, text, at);
  };
  const auto variable = [&](StorageClass storage, TypeId type, SourceLocation at) {
    b.OpVariable(b.declare_pointer(storage, type), storage, {}, at);
  };
  const char* const leaked = "must not have a type with explicit layout";
  fails_at_end(leaked, [&](SourceLocation at) {
    variable(StorageClass::Workgroup, b.declare_array(f.f32, 4, LayoutRule::Std430), at);
  });
  fails_at_end(leaked, [&](SourceLocation at) {
    variable(StorageClass::Private, b.lay_out(f.structure, LayoutRule::Std430), at);
  });
  fails_at_end(leaked, [&](SourceLocation at) {  // inside
    const TypeId array = b.declare_array(f.f32, 4, LayoutRule::Std430);
    variable(StorageClass::Workgroup, b.declare_struct({f.f32, array}), at);
  });
  fails_at_end(leaked, [&](SourceLocation at) {  // decorated by hand
    const TypeId own = b.add_struct({f.f32});
    b.OpMemberDecorate(own, 0, operand::Decoration::Offset(0));
    variable(StorageClass::Workgroup, own, at);
  });
  fails_at_end("needs explicit layout", [&](SourceLocation at) {
    const TypeId own = b.add_struct({f.f32});
    b.decorate(own, Decoration::Block);
    variable(StorageClass::StorageBuffer, own, at);
  });
  fails_at_end("must be decorated Block", [&](SourceLocation at) {
    variable(StorageClass::Uniform, b.lay_out(f.structure, LayoutRule::Std430), at);
  });
  fails_at_end("must be decorated Block", [&](SourceLocation at) {  // an array of descriptors
    variable(StorageClass::StorageBuffer, b.declare_array(b.lay_out(f.structure, LayoutRule::Std430), 4), at);
  });
  FAILS(WrongType, "what a buffer holds must be a structure", b.add_storage_buffer(f.f32, 0, 9));
  FAILS(WrongType, "has explicit layout but is not decorated Block",
        b.add_uniform_buffer(b.lay_out(f.structure, LayoutRule::Std430), 0, 9));
}
