// Wrong types: at least one wrong call for each rule of impl/type_rules.hpp: memory, functions, images, atomics, groups,
// cooperative matrices.
#include "errors.hpp"

using namespace errors;

TEST_CASE("errors: rules Load, Store, CopyMemory, Variable") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongType, "OpLoad: operand 1 must be a pointer", b.OpLoad(f.f));
  FAILS(WrongType, "OpLoad: the result type must be the type that operand 1 points to",
        b.OpLoad(f.u32, f.pf));
  FAILS(WrongType, "OpStore: operand 1 must be a pointer", b.OpStore(f.f, f.f));
  FAILS(WrongType, "OpStore: operand 2 must have the type that operand 1 points to", b.OpStore(f.pf, f.u));
  FAILS(WrongType, "OpStore: operand 1 points to memory that is read-only",
        b.OpStore(f.input, b.declare_null(b.declare_vector(f.u32, 3))));
  FAILS(WrongType, "OpCopyMemory: operand 1 must be a pointer", b.OpCopyMemory(f.f, f.pf));
  FAILS(WrongType, "OpCopyMemory: operand 2 must point to the same type", b.OpCopyMemory(f.pf, f.pu));
  FAILS(WrongType, "OpVariable: the result type must be a pointer",
        b.OpVariable(f.f32, StorageClass::Private));
  FAILS(WrongType, "OpVariable: the result type must have the storage class",
        b.OpVariable(b.type_of(f.pf), StorageClass::Private));
  FAILS(WrongType, "OpVariable: operand 2 must have the type of the variable",
        b.add_private_variable(f.f32, f.u));
  FAILS(WrongType, "OpVariable: operand 2 must have the type of the variable",
        b.add_local_variable(f.f32, f.u));
  FAILS_AFTER(WrongType, "OpVariable: operand 2 must be a constant", const ValueId sum = b.OpFAdd(f.f, f.f);
              b.add_local_variable(f.f32, sum));
  FAILS(WrongType, "OpVariable: the result type has explicit layout",
        b.OpVariable(b.declare_pointer(StorageClass::Function, b.declare_array(f.f32, 4, LayoutRule::Std430)),
                     StorageClass::Function));
}

TEST_CASE("errors: rules AccessChain, PtrAccessChain, ArrayLength") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongType, "OpAccessChain: operand 1 must be a pointer", b.OpAccessChain(f.a, {f.u}));
  FAILS(WrongType, "OpAccessChain: operand 2 must be an integer scalar", b.OpAccessChain(f.pa, {f.f}));
  FAILS(WrongType, "OpAccessChain: operand 2 is past the end", b.OpAccessChain(f.pa, {b.constant(4u)}));
  FAILS(WrongType, "OpAccessChain: operand 2 is past the end", b.OpAccessChain(f.pv, {b.constant(4)}));
  FAILS(WrongType, "OpAccessChain: operand 2 is past the last member",
        b.OpAccessChain(f.ps, {b.constant(2u)}));
  FAILS(WrongType, "OpAccessChain: operand 3 indexes into a type that has no members",
        b.OpAccessChain(f.pa, {f.u, f.u}));
  FAILS(WrongType, "OpAccessChain: the result type must be a pointer", b.OpAccessChain(f.f32, f.pa, {f.u}));
  FAILS(WrongType, "OpAccessChain: the result type must point to what",
        b.OpAccessChain(b.type_of(f.pu), f.pa, {f.u}));
  FAILS(WrongType, "OpAccessChain: the result type must have the storage class",
        b.OpAccessChain(b.declare_pointer(StorageClass::Private, f.f32), f.pa, {f.u}));
  FAILS(WrongType, "OpInBoundsAccessChain: operand 4 indexes into",
        b.OpInBoundsAccessChain(f.buffer, {f.u, f.u1, f.u}));
  FAILS_AFTER(WrongType, "OpAccessChain: operand 2 selects a member of a structure and must be",
              const ValueId n = b.OpLoad(f.pu);
              b.OpAccessChain(f.ps, Span<const ValueId>(&n, 1)));
  FAILS(WrongType, "OpPtrAccessChain: operand 1 must be a pointer", b.OpPtrAccessChain(f.f, f.u, {}));
  FAILS(WrongType, "OpPtrAccessChain: operand 2 must be an integer scalar",
        b.OpPtrAccessChain(f.buffer, f.f, {}));
  FAILS(WrongType, "OpArrayLength: operand 1 must be a pointer", b.OpArrayLength(f.f, 0));
  FAILS(WrongType, "OpArrayLength: operand 1 must point to a structure that ends in a runtime array",
        b.OpArrayLength(f.ps, 0));
  FAILS(WrongType, "OpArrayLength: operand 2 must be the index of the structure's last member",
        b.OpArrayLength(f.buffer, 1));
  FAILS(WrongType, "OpArrayLength: the result type must be a 32-bit unsigned",
        b.OpArrayLength(f.i32, f.buffer, 0));
}

TEST_CASE("errors: rules Function, FunctionParameter, FunctionCall, Return, ReturnValue") {
  Frame f;
  Builder& b = f.b;
  FAILS_AFTER(WrongType, "OpFunction: operand 2 must be a function type", b.end_function();
              b.OpFunction(f.f32, FunctionControl::MaskNone, f.f32));
  FAILS_AFTER(WrongType, "OpFunction: the result type must be the return type", b.end_function();
              b.OpFunction(f.f32, FunctionControl::MaskNone, b.declare_function_type(f.void_)));
  FAILS_AFTER(WrongType, "OpFunctionParameter: the result type has no place", b.end_function();
              b.OpFunction(f.void_, FunctionControl::MaskNone, b.declare_function_type(f.void_));
              b.OpFunctionParameter(f.f32));
  FAILS_AFTER(WrongType, "OpFunctionParameter: the result type must be the type of this parameter",
              b.end_function();
              b.OpFunction(f.void_, FunctionControl::MaskNone, b.declare_function_type(f.void_, {f.u32}));
              b.OpFunctionParameter(f.f32));
  FAILS_AFTER(WrongType, "OpLabel: the function type has 1 parameters, but there are 0", b.end_function();
              b.OpFunction(f.void_, FunctionControl::MaskNone, b.declare_function_type(f.void_, {f.u32}));
              b.OpLabel());
  FAILS_AFTER(WrongType, "OpFunctionEnd: the function type has 2 parameters", b.end_function(); b.OpFunction(
      f.void_, FunctionControl::MaskNone, b.declare_function_type(f.void_, {f.u32, f.u32}));
              b.OpFunctionEnd());
  FAILS(WrongType, "OpReturnValue: operand 1 must have the return type", b.OpReturnValue(f.f));
  FAILS_AFTER(WrongType, "OpReturn: the function returns a value; use OpReturnValue", b.end_function();
              b.begin_function(f.f32); b.OpReturn());
  FAILS_AFTER(WrongType, "OpReturnValue: operand 1 must have the return type", b.end_function();
              b.begin_function(f.f32); b.OpReturnValue(f.u));
  const auto helper = [&] {
    b.end_function();
    const FunctionId g = b.begin_function(f.f32, {f.f32, f.u32});
    b.OpReturnValue(f.f);
    b.end_function();
    b.begin_function(f.void_);
    return g;
  };
  FAILS_AFTER(WrongType, "OpFunctionCall: the call has another number of arguments",
              b.OpFunctionCall(helper(), {f.f}));
  FAILS_AFTER(WrongType, "OpFunctionCall: operand 3 must have the type of the function's parameter",
              b.OpFunctionCall(helper(), {f.f, f.f}));
  FAILS_AFTER(WrongType, "OpFunctionCall: the result type must be what the function returns",
              b.OpFunctionCall(f.u32, helper(), {f.f, f.u}));
  FAILS(WrongType, "must be given: the function is only reserved so far",
        b.OpFunctionCall(b.reserve_function(), {}));
}

TEST_CASE("errors: rules of images") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongType, "OpSampledImage: operand 1 must be an image", b.OpSampledImage(f.f, f.sampler));
  FAILS(WrongType, "OpSampledImage: operand 2 must be a sampler", b.OpSampledImage(f.image, f.image));
  FAILS(WrongType, "OpSampledImage: the result type", b.OpSampledImage(f.f32, f.image, f.sampler));
  FAILS(WrongType, "OpImage: operand 1 must be a sampled image", b.OpImage(f.image));
  FAILS(WrongType, "OpImage: the result type must be the image", b.OpImage(f.f32, f.sampled));
  FAILS(WrongType, "OpImageSampleExplicitLod: operand 1 must be a sampled image",
        b.OpImageSampleExplicitLod(f.v4f, f.image, f.vf2, operand::ImageOperands().Lod(f.f)));
  FAILS(WrongType, "OpImageSampleExplicitLod: operand 2 must be a numeric",
        b.OpImageSampleExplicitLod(f.v4f, f.sampled, f.t, operand::ImageOperands().Lod(f.f)));
  FAILS(WrongType, "OpImageSampleExplicitLod: the result type must have the sampled type",
        b.OpImageSampleExplicitLod(f.v4u, f.sampled, f.vf2, operand::ImageOperands().Lod(f.f)));
  FAILS(WrongType, "OpImageSampleExplicitLod: the result type must have four components",
        b.OpImageSampleExplicitLod(f.v3f, f.sampled, f.vf2, operand::ImageOperands().Lod(f.f)));
  FAILS(WrongType, "OpImageFetch: operand 1 must be an image", b.OpImageFetch(f.v4f, f.sampled, f.vu2));
  FAILS(WrongType, "OpImageRead: operand 1 must be an image", b.OpImageRead(f.v4f, f.sampled, f.vu2));
  FAILS(WrongType, "OpImageGather: the result type must have the sampled type",
        b.OpImageGather(f.v4u, f.sampled, f.vf2, f.u));
  FAILS(WrongType, "OpImageWrite: operand 1 must be an image", b.OpImageWrite(f.f, f.vu2, f.vf4));
  FAILS(WrongType, "OpImageWrite: operand 2 must be an integer", b.OpImageWrite(f.storage, f.vf2, f.vf4));
  FAILS(WrongType, "OpImageWrite: operand 3 must have the sampled type",
        b.OpImageWrite(f.storage, f.vu2, f.vu4));
  FAILS(WrongType, "OpImageQuerySize: operand 1 must be an image", b.OpImageQuerySize(f.v2u, f.sampled));
  FAILS(WrongType, "OpImageQueryLevels: the result type must be an integer",
        b.OpImageQueryLevels(f.f32, f.image));
  FAILS(WrongType, "OpImageTexelPointer: the result type must be a pointer of storage class Image",
        b.OpImageTexelPointer(f.u32, f.storage, f.vu2, f.u));
}

TEST_CASE("errors: rules of atomics") {
  Frame f;
  Builder& b = f.b;
  constexpr auto device = Scope::Device;
  constexpr auto relaxed = MemorySemantics::MaskNone;
  FAILS(WrongType, "OpAtomicLoad: operand 1 must be a pointer", b.OpAtomicLoad(f.u, device, relaxed));
  FAILS(WrongType, "OpAtomicLoad: operand 1 must point to a number", b.OpAtomicLoad(f.ps, device, relaxed));
  FAILS(WrongType, "OpAtomicLoad: the result type", b.OpAtomicLoad(f.f32, f.shared, device, relaxed));
  FAILS(WrongType, "OpAtomicStore: operand 4 must have the type",
        b.OpAtomicStore(f.shared, device, relaxed, f.f));
  FAILS(WrongType, "OpAtomicIIncrement: operand 1 must point to an integer",
        b.OpAtomicIIncrement(f.pf, device, relaxed));
  FAILS(WrongType, "OpAtomicIAdd: operand 4 must have the type",
        b.OpAtomicIAdd(f.shared, device, relaxed, f.i));
  FAILS(WrongType, "OpAtomicSMax: operand 1 must point to an integer",
        b.OpAtomicSMax(f.pf, device, relaxed, f.f));
  FAILS(WrongType, "OpAtomicExchange: operand 4 must have the type",
        b.OpAtomicExchange(f.shared, device, relaxed, f.f));
  FAILS(WrongType, "OpAtomicFAddEXT: operand 1 must point to a floating-point",
        b.OpAtomicFAddEXT(f.shared, device, relaxed, f.u));
  FAILS(WrongType, "OpAtomicCompareExchange: operand 6 must have the type",
        b.OpAtomicCompareExchange(f.shared, device, relaxed, relaxed, f.u, f.i));
  FAILS(WrongType, "OpAtomicCompareExchange: operand 1 must point to an integer",
        b.OpAtomicCompareExchange(f.pf, device, relaxed, relaxed, f.f, f.f));
}

TEST_CASE("errors: rules of subgroup operations") {
  Frame f;
  Builder& b = f.b;
  constexpr auto group = Scope::Subgroup;
  constexpr auto reduce = GroupOperation::Reduce;
  FAILS(WrongType, "OpGroupNonUniformElect: the result type must be OpTypeBool",
        b.OpGroupNonUniformElect(f.u32, group));
  FAILS(WrongType, "OpGroupNonUniformAll: operand 2 must be a boolean scalar",
        b.OpGroupNonUniformAll(group, f.u));
  FAILS(WrongType, "OpGroupNonUniformAny: the result type", b.OpGroupNonUniformAny(f.u32, group, f.t));
  FAILS(WrongType, "OpGroupNonUniformAllEqual: operand 2 must be a scalar or vector",
        b.OpGroupNonUniformAllEqual(group, f.s));
  FAILS(WrongType, "OpGroupNonUniformBroadcast: operand 3 must be an integer scalar",
        b.OpGroupNonUniformBroadcast(group, f.f, f.f));
  FAILS(WrongType, "OpGroupNonUniformShuffle: operand 2 must be a scalar or vector",
        b.OpGroupNonUniformShuffle(group, f.m44, f.u));
  FAILS(WrongType, "OpGroupNonUniformShuffleXor: the result type must be the type of the value",
        b.OpGroupNonUniformShuffleXor(f.u32, group, f.f, f.u));
  FAILS(WrongType, "OpGroupNonUniformBroadcastFirst: operand 2 must be a scalar",
        b.OpGroupNonUniformBroadcastFirst(group, f.a));
  FAILS(WrongType, "OpGroupNonUniformBallot: operand 2 must be a boolean scalar",
        b.OpGroupNonUniformBallot(group, f.u));
  FAILS(WrongType, "OpGroupNonUniformBallot: the result type must be a vector of four",
        b.OpGroupNonUniformBallot(f.u32, group, f.t));
  FAILS(WrongType, "OpGroupNonUniformInverseBallot: operand 2 must be a vector of four",
        b.OpGroupNonUniformInverseBallot(group, f.u));
  FAILS(WrongType, "OpGroupNonUniformBallotBitExtract: operand 2 must be a vector",
        b.OpGroupNonUniformBallotBitExtract(group, f.vf4, f.u));
  FAILS(WrongType, "OpGroupNonUniformBallotBitCount: operand 3 must be a vector",
        b.OpGroupNonUniformBallotBitCount(group, reduce, f.u));
  FAILS(WrongType, "OpGroupNonUniformBallotFindLSB: the result type must be a 32-bit",
        b.OpGroupNonUniformBallotFindLSB(f.f32, group, f.vu4));
  FAILS(WrongType, "OpGroupNonUniformIAdd: operand 3 must be an integer",
        b.OpGroupNonUniformIAdd(group, reduce, f.f));
  FAILS(WrongType, "OpGroupNonUniformFMax: operand 3 must be a floating-point",
        b.OpGroupNonUniformFMax(group, reduce, f.u));
  FAILS(WrongType, "OpGroupNonUniformLogicalXor: operand 3 must be a boolean",
        b.OpGroupNonUniformLogicalXor(group, reduce, f.u));
  FAILS(WrongType, "OpGroupNonUniformFAdd: the result type must be the type of the value",
        b.OpGroupNonUniformFAdd(f.u32, group, reduce, f.f));
  FAILS(InvalidOperand, "ClusteredReduce needs the operand ClusterSize",
        b.OpGroupNonUniformIAdd(group, GroupOperation::ClusteredReduce, f.u));
}

TEST_CASE("errors: rules of cooperative matrices") {
  ModuleOptions options;
  options.memory_model = MemoryModel::Vulkan;
  Frame f;
  Builder& b = f.b;
  TypeId matrix_a, matrix_b, matrix_c;
  ValueId va, vb, vc;
  const auto open = [&] {
    b.reset(options);
    f.void_ = b.declare_void();
    f.f32 = b.declare_float(32);
    f.u32 = b.declare_uint32();
    f.u = b.constant(0u);
    f.f = b.constant(1.0f);
    matrix_a = b.declare_cooperative_matrix(f.f32, Scope::Subgroup, 16, 8, CooperativeMatrixUse::MatrixAKHR);
    matrix_b = b.declare_cooperative_matrix(f.f32, Scope::Subgroup, 8, 4, CooperativeMatrixUse::MatrixBKHR);
    matrix_c = b.declare_cooperative_matrix(f.f32, Scope::Subgroup, 16, 4,
                                            CooperativeMatrixUse::MatrixAccumulatorKHR);
    f.buffer = b.add_storage_array(f.f32, 0, 0);
    b.begin_function(f.void_);
    va = b.declare_null(matrix_a);
    vb = b.declare_null(matrix_b);
    vc = b.declare_null(matrix_c);
    f.pf = b.OpAccessChain(f.buffer, {f.u, f.u});
  };
  const auto fails = [&](ErrorCode code, const char* text, SourceLocation at, const auto& call) {
    open();
    expect(b, code, text, at, true, call);
  };
#define COOPERATIVE(code, text, ...) \
  fails(ErrorCode::code, text, SourceLocation::current(), [&] { return __VA_ARGS__; })
  COOPERATIVE(WrongType, "OpCooperativeMatrixLoadKHR: operand 1 must be a pointer",
              b.OpCooperativeMatrixLoadKHR(matrix_a, f.f, f.u, f.u));
  COOPERATIVE(WrongType, "OpCooperativeMatrixLoadKHR: the result type must be a cooperative",
              b.OpCooperativeMatrixLoadKHR(f.f32, f.pf, f.u, f.u));
  COOPERATIVE(WrongType, "OpCooperativeMatrixStoreKHR: operand 2 must be a cooperative",
              b.OpCooperativeMatrixStoreKHR(f.pf, f.f, f.u, f.u));
  COOPERATIVE(WrongType, "OpCooperativeMatrixMulAddKHR: operand 1 must be a cooperative",
              b.OpCooperativeMatrixMulAddKHR(f.f, vb, vc));
  COOPERATIVE(WrongType, "OpCooperativeMatrixMulAddKHR: operand 1 must have the use MatrixAKHR",
              b.OpCooperativeMatrixMulAddKHR(vb, vb, vc));
  COOPERATIVE(WrongType, "OpCooperativeMatrixMulAddKHR: operand 2 must have the use MatrixBKHR",
              b.OpCooperativeMatrixMulAddKHR(va, va, vc));
  COOPERATIVE(WrongType, "OpCooperativeMatrixMulAddKHR: operand 3 must have the use MatrixAcc",
              b.OpCooperativeMatrixMulAddKHR(va, vb, vb));
  COOPERATIVE(WrongType, "OpCooperativeMatrixMulAddKHR: the result type must be the type of operand 3",
              b.OpCooperativeMatrixMulAddKHR(matrix_a, va, vb, vc));
  COOPERATIVE(
      WrongType, "operand 2 must have as many rows as operand 1 has columns",
      b.OpCooperativeMatrixMulAddKHR(va,
                                     b.declare_null(b.declare_cooperative_matrix(
                                         f.f32, Scope::Subgroup, 4, 4, CooperativeMatrixUse::MatrixBKHR)),
                                     vc));
  COOPERATIVE(WrongType, "operand 3 must have the rows of operand 1 and the columns of operand 2",
              b.OpCooperativeMatrixMulAddKHR(
                  va, vb,
                  b.declare_null(b.declare_cooperative_matrix(f.f32, Scope::Subgroup, 4, 4,
                                                              CooperativeMatrixUse::MatrixAccumulatorKHR))));
  COOPERATIVE(WrongType, "OpCooperativeMatrixLengthKHR: operand 1 must be a cooperative matrix type",
              b.OpCooperativeMatrixLengthKHR(f.f32));
  COOPERATIVE(WrongType, "OpCooperativeMatrixLengthKHR: the result type",
              b.OpCooperativeMatrixLengthKHR(f.f32, matrix_a));
  COOPERATIVE(WrongType, "OpFAdd: operand 2 differs from operand 1", b.OpFAdd(va, f.f));
  COOPERATIVE(WrongType, "OpFAdd: operand 2 is a cooperative matrix of another type", b.OpFAdd(va, vb));
  COOPERATIVE(WrongType, "is a cooperative matrix, which is made from one scalar",
              b.OpCompositeConstruct(matrix_a, {f.f, f.f}));
  COOPERATIVE(WrongType, "must have the component type of the cooperative matrix",
              b.OpCompositeConstruct(matrix_a, {f.u}));
#undef COOPERATIVE
}

TEST_CASE("errors: rules Phi, BranchConditional, Switch") {
  Frame f;
  Builder& b = f.b;
  FAILS_AFTER(WrongType, "OpPhi: operand 1 must have the result type", const LabelId from = b.current_block();
              const LabelId to = b.reserve_label(); b.OpBranch(to); b.begin_block(to);
              b.OpPhi(f.f32, {{f.u, from}}));
  FAILS(WrongType, "OpPhi: operand 2 must be the label of a block",
        b.OpPhi(f.f32, {{f.f, LabelId(Id(f.f))}}));
  FAILS(WrongType, "OpBranchConditional: operand 1 must be a boolean scalar",
        b.OpBranchConditional(f.u, b.reserve_label(), b.reserve_label(), {}));
  FAILS(WrongType, "OpBranchConditional: operand 1 must be a boolean scalar",
        b.OpBranchConditional(f.vt4, b.reserve_label(), b.reserve_label(), {}));
  FAILS(WrongType, "OpSwitch: operand 1 must be an integer scalar", b.OpSwitch(f.f, b.reserve_label(), {}));
  FAILS_AFTER(InvalidOperand, "OpSwitch: the literal 7 has two targets", const LabelId l = b.reserve_label();
              b.OpSwitch(f.u, l, {{7, l}, {8, l}, {7, l}}));
  FAILS_AFTER(InvalidOperand, "OpSwitch: the literal 4294967298 has two targets",
              const LabelId l = b.reserve_label();
              b.OpSwitch(f.w, l, {{2, l}, {0x100000002, l}, {0x100000002, l}}));
  FAILS_AFTER(WrongType, "add_incoming: the value has another type", const LabelId from = b.current_block();
              const LabelId to = b.reserve_label(); b.OpBranch(to); b.begin_block(to);
              b.add_incoming(b.OpPhi(f.f32, {{f.f, from}}), f.u, from));
  FAILS(InvalidOperand, "add_incoming: the id is not an OpPhi", b.add_incoming(f.f, f.f, b.current_block()));
}
