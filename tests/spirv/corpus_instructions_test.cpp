// Corpus: every instruction group of scripts/grammar/type_rules.txt, with inferred result types.
#include "corpus.hpp"

using namespace corpus;

namespace {

/// Values of every kind, and a body in the entry point.
struct Values {
  TypeId f32, u32, i32, boolean, v2, v3, v4, u4, i4, b4, mat4, mat2x3;
  ValueId f, u, i, t, x, vf, vu, vi, vb, m, m23;
};
Build on_values(std::function<void(Builder&, const Values&)> body) {
  return [body](Builder& b) {
    Values v;
    v.f32 = b.declare_float(32);
    v.u32 = b.declare_uint32();
    v.i32 = b.declare_int32();
    v.boolean = b.declare_bool();
    v.v2 = b.declare_vector(v.f32, 2);
    v.v3 = b.declare_vector(v.f32, 3);
    v.v4 = b.declare_vector(v.f32, 4);
    v.u4 = b.declare_vector(v.u32, 4);
    v.i4 = b.declare_vector(v.i32, 4);
    v.b4 = b.declare_vector(v.boolean, 4);
    v.mat4 = b.declare_matrix(v.v4, 4);
    v.mat2x3 = b.declare_matrix(v.v3, 2);
    v.f = b.constant(1.5f);
    v.u = b.constant(3u);
    v.i = b.constant(-3);
    v.t = b.constant(true);
    v.x = b.constant(0u);
    v.vf = b.declare_splat(v.v4, v.f);
    v.vu = b.declare_splat(v.u4, v.u);
    v.vi = b.declare_splat(v.i4, v.i);
    v.vb = b.declare_null(v.b4);
    v.m = b.declare_null(v.mat4);
    v.m23 = b.declare_null(v.mat2x3);
    compute(b, [&] { body(b, v); });
  };
}
/// Valid everywhere with Shader alone.
void everywhere(const char* name, std::function<void(Builder&, const Values&)> body) {
  Feature feature(name);
  feature.check_all(corpus::everywhere(), {"Shader"}, on_values(std::move(body)));
}

#define TYPE(id, type) CHECK(b.type_of(id) == type)

}  // namespace

TEST_CASE("corpus: integer arithmetic") {
  everywhere("integers", [](Builder& b, const Values& v) {
    for (const ValueId a : {v.u, v.i, v.vu, v.vi}) {
      const TypeId type = b.type_of(a);
      TYPE(b.OpIAdd(a, a), type);
      TYPE(b.OpISub(a, a), type);
      TYPE(b.OpIMul(a, a), type);
      TYPE(b.OpSDiv(a, a), type);
      TYPE(b.OpSRem(a, a), type);
      TYPE(b.OpSMod(a, a), type);
      TYPE(b.OpSNegate(a), type);
      TYPE(b.OpNot(a), type);
      TYPE(b.OpBitwiseAnd(a, a), type);
      TYPE(b.OpBitwiseOr(a, a), type);
      TYPE(b.OpBitwiseXor(a, a), type);
      TYPE(b.OpShiftLeftLogical(a, a), type);
      TYPE(b.OpShiftRightLogical(a, a), type);
      TYPE(b.OpShiftRightArithmetic(a, a), type);
      TYPE(b.OpBitFieldInsert(a, a, v.u, v.i), type);
      TYPE(b.OpBitFieldSExtract(a, v.u, v.u), type);
      TYPE(b.OpBitFieldUExtract(a, v.u, v.u), type);
      TYPE(b.OpBitReverse(a), type);
      TYPE(b.OpBitCount(a), type);
    }
    TYPE(b.OpIAdd(v.i32, v.u, v.i), v.i32);  // signs may differ where the result is stated
    TYPE(b.OpIAdd(v.u, v.i), v.u32);         // and is the first's where it is not
    TYPE(b.OpUDiv(v.u, v.u), v.u32);
    TYPE(b.OpUMod(v.vu, v.vu), v.u4);
    const TypeId pair = b.declare_struct({v.u32, v.u32});
    TYPE(b.OpIAddCarry(v.u, v.u), pair);
    TYPE(b.OpISubBorrow(v.u, v.u), pair);
    TYPE(b.OpUMulExtended(v.u, v.u), pair);
    TYPE(b.OpSMulExtended(v.i, v.i), b.declare_struct({v.i32, v.i32}));
    TYPE(b.OpCompositeExtract(b.OpUMulExtended(v.vu, v.vu), {1}), v.u4);
  });
}

TEST_CASE("corpus: floating-point arithmetic and products") {
  everywhere("floats", [](Builder& b, const Values& v) {
    for (const ValueId a : {v.f, v.vf}) {
      const TypeId type = b.type_of(a);
      TYPE(b.OpFAdd(a, a), type);
      TYPE(b.OpFSub(a, a), type);
      TYPE(b.OpFMul(a, a), type);
      TYPE(b.OpFDiv(a, a), type);
      TYPE(b.OpFRem(a, a), type);
      TYPE(b.OpFMod(a, a), type);
      TYPE(b.OpFNegate(a), type);
      TYPE(b.OpQuantizeToF16(a), type);
    }
    TYPE(b.OpDot(v.vf, v.vf), v.f32);
    TYPE(b.OpVectorTimesScalar(v.vf, v.f), v.v4);
    TYPE(b.OpMatrixTimesScalar(v.m, v.f), v.mat4);
    TYPE(b.OpVectorTimesMatrix(v.vf, v.m), v.v4);
    TYPE(b.OpVectorTimesMatrix(b.declare_null(v.v3), v.m23), v.v2);
    TYPE(b.OpMatrixTimesVector(v.m23, b.declare_null(v.v2)), v.v3);
    const TypeId mat3x2 = b.declare_matrix(v.v2, 3), mat3x3 = b.declare_matrix(v.v3, 3);
    TYPE(b.OpTranspose(v.m23), mat3x2);
    TYPE(b.OpMatrixTimesMatrix(v.m23, b.OpTranspose(v.m23)), mat3x3);
    TYPE(b.OpOuterProduct(b.declare_null(v.v2), b.declare_null(v.v3)), mat3x2);
  });
}

TEST_CASE("corpus: comparison and logic") {
  everywhere("logic", [](Builder& b, const Values& v) {
    const struct {
      ValueId a;
      TypeId result;
    } ints[] = {{v.u, v.boolean}, {v.i, v.boolean}, {v.vu, v.b4}, {v.vi, v.b4}},
      floats[] = {{v.f, v.boolean}, {v.vf, v.b4}};
    for (const auto& [a, result] : ints)
      for (const ValueId r :
           {b.OpIEqual(a, a), b.OpINotEqual(a, a), b.OpUGreaterThan(a, a), b.OpSGreaterThan(a, a),
            b.OpUGreaterThanEqual(a, a), b.OpSGreaterThanEqual(a, a), b.OpULessThan(a, a),
            b.OpSLessThan(a, a), b.OpULessThanEqual(a, a), b.OpSLessThanEqual(a, a)})
        TYPE(r, result);
    for (const auto& [a, result] : floats)
      for (const ValueId r :
           {b.OpFOrdEqual(a, a), b.OpFUnordEqual(a, a), b.OpFOrdNotEqual(a, a), b.OpFUnordNotEqual(a, a),
            b.OpFOrdLessThan(a, a), b.OpFUnordLessThan(a, a), b.OpFOrdGreaterThan(a, a),
            b.OpFUnordGreaterThan(a, a), b.OpFOrdLessThanEqual(a, a), b.OpFUnordLessThanEqual(a, a),
            b.OpFOrdGreaterThanEqual(a, a), b.OpFUnordGreaterThanEqual(a, a), b.OpIsNan(a), b.OpIsInf(a)})
        TYPE(r, result);
    TYPE(b.OpIEqual(v.u, v.i), v.boolean);
    for (const ValueId a : {v.t, v.vb}) {
      TYPE(b.OpLogicalAnd(a, a), b.type_of(a));
      TYPE(b.OpLogicalOr(a, a), b.type_of(a));
      TYPE(b.OpLogicalEqual(a, a), b.type_of(a));
      TYPE(b.OpLogicalNotEqual(a, a), b.type_of(a));
      TYPE(b.OpLogicalNot(a), b.type_of(a));
    }
    TYPE(b.OpAny(v.vb), v.boolean);
    TYPE(b.OpAll(v.vb), v.boolean);
    TYPE(b.OpSelect(v.t, v.f, v.f), v.f32);
    TYPE(b.OpSelect(v.vb, v.vf, v.vf), v.v4);
    if (b.version() >= make_version(1, 4)) TYPE(b.OpSelect(v.t, v.m, v.m), v.mat4);
  });
}

TEST_CASE("corpus: conversions") {
  everywhere("conversions", [](Builder& b, const Values& v) {
    TYPE(b.OpConvertFToU(v.u4, v.vf), v.u4);
    TYPE(b.OpConvertFToS(v.i32, v.f), v.i32);
    TYPE(b.OpConvertSToF(v.v4, v.vi), v.v4);
    TYPE(b.OpConvertUToF(v.f32, v.u), v.f32);
    TYPE(b.OpBitcast(v.u4, v.vf), v.u4);
    TYPE(b.OpBitcast(v.i32, v.u), v.i32);
  });
  Feature feature("conversions-wide");
  feature.check(
      Target::universal(), {"Shader", "Float16", "Int64"}, {}, on_values([](Builder& b, const Values& v) {
        const TypeId u64 = b.declare_int(64, false), i64 = b.declare_int(64, true), f16 = b.declare_float(16);
        TYPE(b.OpUConvert(u64, v.u), u64);
        TYPE(b.OpSConvert(i64, v.i), i64);
        TYPE(b.OpBitcast(u64, b.OpCompositeConstruct(b.declare_vector(v.u32, 2), {v.u, v.u})), u64);
        const ValueId half = b.OpFConvert(f16, v.f);
        TYPE(b.OpFAdd(half, half), f16);
        TYPE(b.OpFConvert(v.f32, half), v.f32);
      }));
}

TEST_CASE("corpus: vectors and composites") {
  everywhere("composites", [](Builder& b, const Values& v) {
    TYPE(b.OpVectorExtractDynamic(v.vf, v.u), v.f32);
    TYPE(b.OpVectorInsertDynamic(v.vf, v.f, v.i), v.v4);
    TYPE(b.OpVectorShuffle(v.vf, v.vf, {0, 7, 0xFFFFFFFF}), v.v3);
    const ValueId pair = b.OpCompositeConstruct(v.v2, {v.f, v.f});
    TYPE(b.OpCompositeConstruct(v.v4, {pair, v.f, v.f}), v.v4);
    TYPE(b.OpCompositeExtract(v.m23, {1, 2}), v.f32);
    TYPE(b.OpCompositeExtract(v.m23, {1}), v.v3);
    TYPE(b.OpCompositeInsert(v.f, v.m, {3, 3}), v.mat4);
    const TypeId array = b.declare_array(v.v4, 2), structure = b.declare_struct({v.f32, array});
    const ValueId s = b.OpCompositeConstruct(structure, {v.f, b.OpCompositeConstruct(array, {v.vf, v.vf})});
    TYPE(b.OpCompositeExtract(s, {1, 1, 3}), v.f32);
    TYPE(b.OpCompositeInsert(v.vf, s, {1, 0}), structure);
    TYPE(b.OpCopyObject(s), structure);
    TYPE(b.OpCompositeConstruct(v.mat4, {v.vf, v.vf, v.vf, v.vf}), v.mat4);
    TYPE(b.OpUndef(structure), structure);
  });
}

TEST_CASE("corpus: memory") {
  everywhere("memory", [](Builder& b, const Values& v) {
    const TypeId array = b.declare_array(v.f32, 4), structure = b.declare_struct({v.u32, array});
    const ValueId variable = b.add_local_variable(structure), other = b.add_local_variable(structure);
    const ValueId one = b.constant(1u);
    const ValueId inner = b.OpAccessChain(variable, {one});
    TYPE(inner, b.declare_pointer(StorageClass::Function, array));
    const ValueId number = b.OpInBoundsAccessChain(inner, {v.u});
    TYPE(number, b.declare_pointer(StorageClass::Function, v.f32));
    b.OpStore(number, v.f);
    TYPE(b.OpLoad(number), v.f32);
    TYPE(b.OpLoad(variable, MemoryAccess::Volatile), structure);
    b.OpCopyMemory(other, variable);
    TYPE(b.load_at(other, {one, v.u}), v.f32);
    b.store_at(other, {one, v.x}, v.f);
  });
}

TEST_CASE("corpus: atomics on integers") {
  everywhere("atomics-int", [](Builder& b, const Values& v) {
    const ValueId zero = v.x, i = b.OpAccessChain(b.add_storage_array(v.i32, 0, 0), {zero, zero}),
                  u = b.OpAccessChain(b.add_storage_array(v.u32, 0, 1), {zero, zero});
    constexpr auto device = Scope::Device;
    constexpr auto relaxed = MemorySemantics::MaskNone;
    TYPE(b.OpAtomicLoad(u, device, relaxed), v.u32);
    b.OpAtomicStore(u, device, relaxed, v.u);
    TYPE(b.OpAtomicExchange(u, device, relaxed, v.u), v.u32);
    TYPE(b.OpAtomicCompareExchange(i, device, relaxed, relaxed, v.i, v.i), v.i32);
    TYPE(b.OpAtomicIIncrement(u, device, relaxed), v.u32);
    TYPE(b.OpAtomicIDecrement(i, device, relaxed), v.i32);
    for (const ValueId r : {b.OpAtomicIAdd(i, device, relaxed, v.i), b.OpAtomicISub(i, device, relaxed, v.i),
                            b.OpAtomicSMin(i, device, relaxed, v.i), b.OpAtomicSMax(i, device, relaxed, v.i),
                            b.OpAtomicAnd(i, device, relaxed, v.i), b.OpAtomicOr(i, device, relaxed, v.i),
                            b.OpAtomicXor(i, device, relaxed, v.i)})
      TYPE(r, v.i32);
    TYPE(b.OpAtomicUMin(u, device, relaxed, v.u), v.u32);
    TYPE(b.OpAtomicUMax(u, device, relaxed, v.u), v.u32);
  });
}

TEST_CASE("corpus: GLSL.std.450") {
  everywhere("glsl", [](Builder& b, const Values& v) {
    for (const GLSLstd450 one :
         {GLSLstd450::Sqrt, GLSLstd450::Exp, GLSLstd450::Log2, GLSLstd450::FAbs, GLSLstd450::Floor,
          GLSLstd450::Tanh, GLSLstd450::InverseSqrt, GLSLstd450::Fract, GLSLstd450::Sin}) {
      TYPE(b.glsl(one, {v.f}), v.f32);
      TYPE(b.glsl(one, {v.vf}), v.v4);
    }
    for (const GLSLstd450 two :
         {GLSLstd450::Pow, GLSLstd450::FMin, GLSLstd450::FMax, GLSLstd450::NMin, GLSLstd450::Atan2})
      TYPE(b.glsl(two, {v.vf, v.vf}), v.v4);
    for (const GLSLstd450 three :
         {GLSLstd450::Fma, GLSLstd450::FClamp, GLSLstd450::FMix, GLSLstd450::SmoothStep})
      TYPE(b.glsl(three, {v.f, v.f, v.f}), v.f32);
    TYPE(b.glsl(GLSLstd450::SMax, {v.i, v.i}), v.i32);
    TYPE(b.glsl(GLSLstd450::UClamp, {v.vu, v.vu, v.vu}), v.u4);
    TYPE(b.glsl(GLSLstd450::FindUMsb, {v.u}), v.u32);
    TYPE(b.glsl(GLSLstd450::Length, {v.vf}), v.f32);
    TYPE(b.glsl(GLSLstd450::Distance, {v.vf, v.vf}), v.f32);
    TYPE(b.glsl(GLSLstd450::Normalize, {v.vf}), v.v4);
    TYPE(b.glsl(GLSLstd450::PackHalf2x16, {b.declare_null(v.v2)}, v.u32), v.u32);
    TYPE(b.glsl(GLSLstd450::UnpackHalf2x16, {v.u}, v.v2), v.v2);
    TYPE(b.glsl(GLSLstd450::Ldexp, {v.f, v.i}, v.f32), v.f32);
    TYPE(b.glsl(GLSLstd450::Determinant, {v.m}, v.f32), v.f32);
    TYPE(b.glsl(GLSLstd450::ModfStruct, {v.f}, b.declare_struct({v.f32, v.f32})),
         b.declare_struct({v.f32, v.f32}));
    CHECK(b.glsl_std_450() == b.OpExtInstImport("GLSL.std.450"));
  });
}
