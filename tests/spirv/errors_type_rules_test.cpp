// Wrong types: at least one wrong call for each rule of impl/type_rules.hpp: arithmetic, logic, bits, conversions,
// composites.
#include "errors.hpp"

using namespace errors;

TEST_CASE("errors: rules IntUnary, FloatUnary, IntBinary, UnsignedBinary, FloatBinary") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongType, "OpSNegate: operand 1 must be an integer", b.OpSNegate(f.f));
  FAILS(WrongType, "OpNot: operand 1 must be an integer", b.OpNot(f.t));
  FAILS(WrongType, "OpFNegate: operand 1 must be a floating-point", b.OpFNegate(f.u));
  FAILS(WrongType, "OpFNegate: operand 1 must be a floating-point", b.OpFNegate(f.m44));
  FAILS(WrongType, "OpFNegate: the result type must have the type of operand 1", b.OpFNegate(f.v4f, f.f));
  FAILS(WrongType, "OpIAdd: operand 1 must be an integer", b.OpIAdd(f.f, f.f));
  FAILS(WrongType, "OpIAdd: operand 2 must be an integer", b.OpIAdd(f.u, f.f));
  FAILS(WrongType, "OpIAdd: operand 2 differs from operand 1 in width", b.OpIAdd(f.u, f.w));
  FAILS(WrongType, "OpIAdd: operand 2 differs from operand 1 in width or number", b.OpIAdd(f.u, f.vu4));
  FAILS(WrongType, "OpIMul: the result type must have the type", b.OpIMul(f.f32, f.u, f.u));
  FAILS(WrongType, "OpISub: the result type must have the type", b.OpISub(f.u64, f.u, f.u));
  FAILS(WrongType, "OpBitwiseAnd: operand 1 must be an integer", b.OpBitwiseAnd(f.t, f.t));
  FAILS(WrongType, "OpUDiv: operand 1 must be unsigned", b.OpUDiv(f.i, f.u));
  FAILS(WrongType, "OpUMod: operand 2 must be unsigned", b.OpUMod(f.u, f.i));
  FAILS(WrongType, "OpUDiv: the result type must be unsigned", b.OpUDiv(f.i32, f.u, f.u));
  FAILS(WrongType, "OpFAdd: operand 1 must be a floating-point", b.OpFAdd(f.u, f.u));
  FAILS(WrongType, "OpFMul: operand 2 differs from operand 1", b.OpFMul(f.f, f.d));
  FAILS(WrongType, "OpFMul: operand 2 differs from operand 1", b.OpFMul(f.vf4, f.f));
  FAILS(WrongType, "OpFDiv: the result type must have the type", b.OpFDiv(f.v4f, f.f, f.f));
  FAILS(WrongType, "OpFAdd: operand 1 must be a floating-point", b.OpFAdd(f.s, f.s));
  FAILS(WrongType, "OpFAdd: operand 1 must be a floating-point", b.OpFAdd(f.m44, f.m44));
}

TEST_CASE("errors: numbers of an encoding without arithmetic") {
  Frame f;
  Builder& b = f.b;
  const auto bf16 = [&] { return b.declare_null(b.declare_float(16, FPEncoding::BFloat16KHR)); };
  FAILS(WrongType, "OpFAdd: operand 1 is of an encoding without arithmetic", b.OpFAdd(bf16(), bf16()));
  FAILS(WrongType, "OpFNegate: operand 1 is of an encoding", b.OpFNegate(bf16()));
  FAILS(WrongType, "OpFOrdLessThan: operand 1 is of an encoding", b.OpFOrdLessThan(bf16(), bf16()));
  FAILS(WrongType, "OpExtInst: operand 3 is of an encoding", b.glsl(GLSLstd450::Exp, {bf16()}));
}

TEST_CASE("errors: rules of products") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongType, "OpVectorTimesScalar: operand 1 must be a floating-point vector",
        b.OpVectorTimesScalar(f.f, f.f));
  FAILS(WrongType, "OpVectorTimesScalar: operand 2 must be a scalar", b.OpVectorTimesScalar(f.vf4, f.vf4));
  FAILS(WrongType, "OpVectorTimesScalar: the result type", b.OpVectorTimesScalar(f.v3f, f.vf4, f.f));
  FAILS(WrongType, "OpMatrixTimesScalar: operand 1 must be a matrix", b.OpMatrixTimesScalar(f.vf4, f.f));
  FAILS(WrongType, "OpMatrixTimesScalar: operand 2 must be a scalar", b.OpMatrixTimesScalar(f.m44, f.d));
  FAILS(WrongType, "OpVectorTimesMatrix: operand 1 must be a floating-point vector",
        b.OpVectorTimesMatrix(f.f, f.m44));
  FAILS(WrongType, "OpVectorTimesMatrix: operand 2 must be a matrix", b.OpVectorTimesMatrix(f.vf4, f.vf4));
  FAILS(WrongType, "OpVectorTimesMatrix: operand 2 does not fit", b.OpVectorTimesMatrix(f.vf4, f.m23));
  FAILS(WrongType, "OpVectorTimesMatrix: the result type must be the type of the product",
        b.OpVectorTimesMatrix(f.v3f, f.vf3, f.m23));
  FAILS(WrongType, "OpMatrixTimesVector: operand 1 must be a matrix", b.OpMatrixTimesVector(f.vf4, f.vf4));
  FAILS(WrongType, "OpMatrixTimesVector: operand 2 must be a floating-point vector",
        b.OpMatrixTimesVector(f.m44, f.f));
  FAILS(WrongType, "OpMatrixTimesVector: operand 2 does not fit", b.OpMatrixTimesVector(f.m23, f.vf3));
  FAILS(WrongType, "OpMatrixTimesMatrix: operand 1 must be a matrix", b.OpMatrixTimesMatrix(f.vf4, f.m44));
  FAILS(WrongType, "OpMatrixTimesMatrix: operand 2 must be a matrix", b.OpMatrixTimesMatrix(f.m44, f.vf4));
  FAILS(WrongType, "OpMatrixTimesMatrix: operand 2 does not fit", b.OpMatrixTimesMatrix(f.m23, f.m44));
  FAILS(WrongType, "OpOuterProduct: operand 1 must be a floating-point vector", b.OpOuterProduct(f.f, f.vf4));
  FAILS(WrongType, "OpOuterProduct: operand 2 must be a floating-point vector",
        b.OpOuterProduct(f.vf4, f.vu4));
  FAILS(WrongType, "OpDot: operand 1 must be a floating-point vector", b.OpDot(f.vu4, f.vu4));
  FAILS(WrongType, "OpDot: operand 2 must have the type of operand 1", b.OpDot(f.vf4, f.vf3));
  FAILS(WrongType, "OpDot: the result type must be the component type", b.OpDot(f.v4f, f.vf4, f.vf4));
  FAILS(WrongType, "OpTranspose: operand 1 must be a matrix", b.OpTranspose(f.vf4));
  FAILS(WrongType, "OpTranspose: the result type must be the transposed", b.OpTranspose(f.mat23, f.m23));
}

TEST_CASE("errors: rules ExtendedArithmetic, IntegerDot, IntegerDotAccSat") {
  Frame f;
  Builder& b = f.b;
  constexpr auto packed = PackedVectorFormat::PackedVectorFormat4x8Bit;
  FAILS(WrongType, "OpIAddCarry: operand 1 must be an unsigned integer", b.OpIAddCarry(f.i, f.i));
  FAILS(WrongType, "OpUMulExtended: operand 2 must have the type", b.OpUMulExtended(f.u, f.vu4));
  FAILS(WrongType, "OpSMulExtended: operand 1 must be an integer", b.OpSMulExtended(f.f, f.f));
  FAILS(WrongType, "OpISubBorrow: the result type must be a structure of two",
        b.OpISubBorrow(f.structure, f.u, f.u));
  FAILS(WrongType, "OpSDot: operand 1 must be an integer", b.OpSDot(f.i32, f.vf4, f.vf4));
  FAILS(WrongType, "OpSDot: operand 2 differs from operand 1", b.OpSDot(f.i32, f.vi4, f.i));
  FAILS(WrongType, "OpSDot: operand 1 must be a vector where no packed", b.OpSDot(f.i32, f.i, f.i));
  FAILS(WrongType, "OpSDot: operand 1 must be a 32-bit scalar where a packed",
        b.OpSDot(f.i32, f.vi4, f.vi4, packed));
  FAILS(WrongType, "OpUDot: operand 1 must be a 32-bit scalar", b.OpUDot(f.u32, f.w, f.w, packed));
  FAILS(WrongType, "OpUDot: operand 1 must be unsigned", b.OpUDot(f.u32, f.vi4, f.vi4));
  FAILS(WrongType, "OpUDot: the result type must be unsigned", b.OpUDot(f.i32, f.vu4, f.vu4));
  FAILS(WrongType, "OpSDot: the result type must be an integer scalar", b.OpSDot(f.v4i, f.vi4, f.vi4));
  FAILS(WrongType, "OpSDot: the result type must be as wide",
        b.OpSDot(b.declare_int(16, true), f.vi4, f.vi4));
  FAILS(WrongType, "OpSDotAccSat: the result type must be the type of the accumulator",
        b.OpSDotAccSat(f.i32, f.vi4, f.vi4, f.w));
  FAILS(WrongType, "OpUDotAccSat: operand 1 must be unsigned", b.OpUDotAccSat(f.vi4, f.vi4, f.u));
  FAILS(WrongType, "OpSUDotAccSat: the result type must be an integer scalar",
        b.OpSUDotAccSat(f.vi4, f.vi4, f.f));
}

TEST_CASE("errors: rules of bits") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongType, "OpShiftLeftLogical: operand 1 must be an integer", b.OpShiftLeftLogical(f.f, f.u));
  FAILS(WrongType, "OpShiftRightLogical: operand 2 must be an integer", b.OpShiftRightLogical(f.u, f.f));
  FAILS(WrongType, "OpShiftRightArithmetic: operand 2 must have as many",
        b.OpShiftRightArithmetic(f.vi4, f.u));
  FAILS(WrongType, "OpShiftLeftLogical: the result type", b.OpShiftLeftLogical(f.f32, f.u, f.u));
  FAILS(WrongType, "OpBitFieldInsert: operand 1 must be an integer", b.OpBitFieldInsert(f.f, f.f, f.u, f.u));
  FAILS(WrongType, "OpBitFieldInsert: operand 2 must have the type", b.OpBitFieldInsert(f.u, f.i, f.u, f.u));
  FAILS(WrongType, "OpBitFieldInsert: operand 4 must be an integer scalar",
        b.OpBitFieldInsert(f.u, f.u, f.u, f.vu4));
  FAILS(WrongType, "OpBitFieldUExtract: operand 1 must be an integer", b.OpBitFieldUExtract(f.f, f.u, f.u));
  FAILS(WrongType, "OpBitFieldSExtract: operand 2 must be an integer scalar",
        b.OpBitFieldSExtract(f.i, f.f, f.u));
  FAILS(WrongType, "OpBitReverse: operand 1 must be an integer", b.OpBitReverse(f.f));
  FAILS(WrongType, "OpBitReverse: the result type", b.OpBitReverse(f.u64, f.u));
  FAILS(WrongType, "OpBitCount: operand 1 must be an integer", b.OpBitCount(f.t));
  FAILS(WrongType, "OpBitCount: the result type must be an integer", b.OpBitCount(f.f32, f.u));
}

TEST_CASE("errors: rules of logic and comparison") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongType, "OpAny: operand 1 must be a boolean vector", b.OpAny(f.t));
  FAILS(WrongType, "OpAll: operand 1 must be a boolean vector", b.OpAll(f.vu4));
  FAILS(WrongType, "OpAll: the result type must be OpTypeBool", b.OpAll(f.u32, f.vt4));
  FAILS(WrongType, "OpIsNan: operand 1 must be a floating-point", b.OpIsNan(f.u));
  FAILS(WrongType, "OpIsInf: the result type must be boolean", b.OpIsInf(f.boolean, f.vf4));
  FAILS(WrongType, "OpLogicalAnd: operand 1 must be a boolean", b.OpLogicalAnd(f.u, f.u));
  FAILS(WrongType, "OpLogicalOr: operand 2 differs", b.OpLogicalOr(f.t, f.vt4));
  FAILS(WrongType, "OpLogicalNot: operand 1 must be a boolean", b.OpLogicalNot(f.f));
  FAILS(WrongType, "OpSelect: operand 1 must be a boolean", b.OpSelect(f.u, f.f, f.f));
  FAILS(WrongType, "OpSelect: operand 3 must have the type of operand 2", b.OpSelect(f.t, f.f, f.u));
  FAILS(WrongType, "OpSelect: operand 1 must have as many components", b.OpSelect(f.vt4, f.vf3, f.vf3));
  FAILS(WrongType, "OpSelect: the result type", b.OpSelect(f.u32, f.t, f.f, f.f));
  FAILS(WrongType, "OpIEqual: operand 1 must be an integer", b.OpIEqual(f.t, f.t));
  FAILS(WrongType, "OpULessThan: operand 2 differs from operand 1", b.OpULessThan(f.u, f.w));
  FAILS(WrongType, "OpSLessThan: the result type must be boolean", b.OpSLessThan(f.u32, f.i, f.i));
  FAILS(WrongType, "OpFOrdLessThan: operand 2 must be a floating-point", b.OpFOrdLessThan(f.f, f.u));
  FAILS(WrongType, "OpFUnordEqual: operand 2 differs", b.OpFUnordEqual(f.f, f.vf4));
  FAILS(WrongType, "OpFOrdEqual: the result type must be boolean", b.OpFOrdEqual(f.boolean, f.vf4, f.vf4));
}

TEST_CASE("errors: before SPIR-V 1.4 OpSelect takes one boolean for each component") {
  Frame f(Target::vulkan(1, 1));
  Builder& b = f.b;
  FAILS(WrongType, "as many booleans as operand 2 has components before SPIR-V 1.4",
        b.OpSelect(f.t, f.vf4, f.vf4));
  FAILS(WrongType, "before SPIR-V 1.4", b.OpSelect(f.t, f.s, f.s));
}

TEST_CASE("errors: rules of conversions") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongType, "OpConvertFToU: operand 1 must be a floating-point", b.OpConvertFToU(f.u32, f.u));
  FAILS(WrongType, "OpConvertFToU: the result type must be unsigned", b.OpConvertFToU(f.i32, f.f));
  FAILS(WrongType, "OpConvertFToS: the result type must be an integer", b.OpConvertFToS(f.f32, f.f));
  FAILS(WrongType, "OpConvertFToS: the result type must have as many components",
        b.OpConvertFToS(f.i32, f.vf4));
  FAILS(WrongType, "OpConvertSToF: operand 1 must be an integer", b.OpConvertSToF(f.f32, f.f));
  FAILS(WrongType, "OpConvertUToF: the result type must be a floating-point", b.OpConvertUToF(f.u32, f.u));
  FAILS(WrongType, "OpUConvert: the result type must be unsigned",
        b.OpUConvert(b.declare_int(64, true), f.u));
  FAILS(WrongType, "OpUConvert: the result type must have another width", b.OpUConvert(f.u32, f.u));
  FAILS(WrongType, "OpSConvert: operand 1 must be an integer", b.OpSConvert(f.i32, f.f));
  FAILS(WrongType, "OpSConvert: the result type must have another width", b.OpSConvert(f.i32, f.i));
  FAILS(WrongType, "OpFConvert: operand 1 must be a floating-point", b.OpFConvert(f.f64, f.u));
  FAILS(WrongType, "OpFConvert: the result type must have another width", b.OpFConvert(f.f32, f.f));
  FAILS(WrongType, "OpFConvert: the result type must be a floating-point", b.OpFConvert(TypeId(), f.f));
  FAILS(WrongType, "OpQuantizeToF16: operand 1 must be a 32-bit floating-point", b.OpQuantizeToF16(f.d));
  FAILS(WrongType, "OpQuantizeToF16: the result type", b.OpQuantizeToF16(f.v4f, f.f));
  FAILS(WrongType, "OpBitcast: operand 1 must be a number", b.OpBitcast(f.u32, f.t));
  FAILS(WrongType, "OpBitcast: the result type must be a number", b.OpBitcast(f.boolean, f.u));
  FAILS(WrongType, "OpBitcast: the result type must have as many bits", b.OpBitcast(f.u64, f.f));
  FAILS(WrongType, "OpConvertPtrToU: the result type must be an integer scalar",
        b.OpConvertPtrToU(f.f32, f.pf));
  FAILS(WrongType, "OpConvertPtrToU: operand 1 must be a pointer", b.OpConvertPtrToU(f.u64, f.w));
  FAILS(WrongType, "OpConvertUToPtr: operand 1 must be an integer scalar",
        b.OpConvertUToPtr(b.type_of(f.pf), f.f));
  FAILS(WrongType, "OpConvertUToPtr: the result type must be a pointer", b.OpConvertUToPtr(f.u32, f.w));
}

TEST_CASE("errors: rules of vectors and composites") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongType, "OpVectorExtractDynamic: operand 1 must be a vector", b.OpVectorExtractDynamic(f.f, f.u));
  FAILS(WrongType, "OpVectorExtractDynamic: operand 2 must be an integer scalar",
        b.OpVectorExtractDynamic(f.vf4, f.f));
  FAILS(WrongType, "OpVectorExtractDynamic: the result type", b.OpVectorExtractDynamic(f.u32, f.vf4, f.u));
  FAILS(WrongType, "OpVectorInsertDynamic: operand 2 must have the vector's",
        b.OpVectorInsertDynamic(f.vf4, f.u, f.u));
  FAILS(WrongType, "OpVectorInsertDynamic: operand 3 must be an integer",
        b.OpVectorInsertDynamic(f.vf4, f.f, f.vu4));
  FAILS(WrongType, "OpVectorShuffle: operand 1 must be a vector", b.OpVectorShuffle(f.f, f.vf4, {0, 1}));
  FAILS(WrongType, "OpVectorShuffle: operand 2 must have the same component",
        b.OpVectorShuffle(f.vf4, f.vu4, {0, 1}));
  FAILS(WrongType, "OpVectorShuffle: operand 4 selects a component past",
        b.OpVectorShuffle(f.vf4, f.vf3, {0, 7}));
  FAILS(WrongType, "OpVectorShuffle: the result type", b.OpVectorShuffle(f.v4f, f.vf4, f.vf4, {0, 1}));
  FAILS(WrongType, "OpCompositeConstruct: operand 2 must be a component",
        b.OpCompositeConstruct(f.v2f, {f.f, f.u}));
  FAILS(WrongType, "OpCompositeConstruct: the result type has another number of components",
        b.OpCompositeConstruct(f.v4f, {f.f, f.f}));
  FAILS(WrongType, "OpCompositeConstruct: the result type has another number of components",
        b.OpCompositeConstruct(f.v4f, {f.vf2, f.vf3}));
  FAILS(WrongType, "OpCompositeConstruct: the result type has another number of members",
        b.OpCompositeConstruct(f.structure, {f.f}));
  FAILS(WrongType, "OpCompositeConstruct: operand 2 must have the type of this member",
        b.OpCompositeConstruct(f.structure, {f.f, f.f}));
  FAILS(WrongType, "OpCompositeConstruct: the result type has another length",
        b.OpCompositeConstruct(f.array, {f.f}));
  FAILS(WrongType, "OpCompositeConstruct: operand 1 must have the type",
        b.OpCompositeConstruct(f.array, {f.u, f.f, f.f, f.f}));
  FAILS(WrongType, "OpCompositeConstruct: the result type has another number of columns",
        b.OpCompositeConstruct(f.mat44, {f.vf4}));
  FAILS(WrongType, "OpCompositeConstruct: operand 2 must have the type",
        b.OpCompositeConstruct(f.mat23, {f.vf3, f.vf4}));
  FAILS(WrongType, "OpCompositeConstruct: the result type is not a composite",
        b.OpCompositeConstruct(f.f32, {f.f}));
  FAILS(WrongType, "OpCompositeExtract: operand 2 indexes into a type that has no members",
        b.OpCompositeExtract(f.f, {0}));
  FAILS(WrongType, "OpCompositeExtract: operand 2 is past the last member", b.OpCompositeExtract(f.s, {2}));
  FAILS(WrongType, "OpCompositeExtract: operand 2 is past the end", b.OpCompositeExtract(f.vf4, {4}));
  FAILS(WrongType, "OpCompositeExtract: operand 3 is past the end", b.OpCompositeExtract(f.m23, {1, 3}));
  FAILS(WrongType, "OpCompositeExtract: the result type must be the type of the part",
        b.OpCompositeExtract(f.u32, f.vf4, {0}));
  FAILS(WrongType, "OpCompositeInsert: operand 1 must have the type of the part",
        b.OpCompositeInsert(f.u, f.vf4, {0}));
  FAILS(WrongType, "OpCompositeInsert: operand 3 is past the end", b.OpCompositeInsert(f.f, f.a, {4}));
  FAILS(WrongType, "OpCopyObject: the result type must be the type of operand 1", b.OpCopyObject(f.u32, f.f));
}

TEST_CASE("errors: rules Constant, ConstantBool, ConstantComposite") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongType, "OpConstant: the result type must be an integer or floating-point scalar",
        b.OpConstant(f.boolean, {1}));
  FAILS(InvalidOperand, "OpConstant: the literal must have as many words", b.OpConstant(f.u64, {1}));
  FAILS(InvalidOperand, "OpConstant: the literal must have as many words", b.OpConstant(f.u32, {1, 2}));
  FAILS(InvalidOperand, "OpConstant: the bits above the type's width",
        b.OpConstant(b.declare_int(16, false), {0xFFFFFFFFu}));
  FAILS(InvalidOperand, "OpConstant: the bits above the type's width",
        b.OpConstant(b.declare_int(8, true), {0x80}));
  FAILS(WrongType, "OpConstantTrue: the result type must be OpTypeBool", b.OpConstantTrue(f.u32));
  FAILS(WrongType, "OpSpecConstantFalse: the result type must be OpTypeBool", b.OpSpecConstantFalse(f.v4b));
  FAILS(WrongType, "OpSpecConstant: the result type must be an integer", b.OpSpecConstant(f.v4u, {1}));
  FAILS(WrongType, "OpConstantComposite: operand 2 must be a component",
        b.OpConstantComposite(f.v2f, {f.f, f.u}));
  FAILS(WrongType, "OpConstantComposite: operand 1 must be a component of the constant vector",
        b.OpConstantComposite(f.v4f, {f.vf2, f.vf2}));
  FAILS(WrongType, "OpConstantComposite: the result type has another number",
        b.declare_composite(f.v4f, {f.f}));
  FAILS(WrongType, "the type must be a vector", b.declare_splat(f.f32, f.f));
  FAILS(WrongType, "the type of a scalar constant must be", b.declare_constant(f.boolean, 1));
  FAILS(WrongType, "the type of a scalar constant must be", b.declare_constant(f.v4f, 1));
  FAILS_AFTER(UseBeforeDefinition, "cannot use a value of one",
              b.OpConstantComposite(f.v2f, {f.f, b.OpFAdd(f.f, f.f)}));
  FAILS_AFTER(WrongType, "the parts of a constant must be constants", const ValueId sum = b.OpFAdd(f.f, f.f);
              b.declare_composite(f.v2f, {f.f, sum}));
  FAILS_AFTER(UseBeforeDefinition, "cannot use a value of one", const ValueId sum = b.OpFAdd(f.f, f.f);
              b.add_spec_composite(f.v2f, {f.f, sum}));
}

TEST_CASE("errors: rule ExtInst") {
  Frame f;
  Builder& b = f.b;
  FAILS(WrongType, "OpExtInst: operand 3 must be a floating-point", b.glsl(GLSLstd450::Sqrt, {f.u}));
  FAILS(WrongType, "OpExtInst: operand 4 must be an integer", b.glsl(GLSLstd450::UMax, {f.u, f.f}));
  FAILS(WrongType, "OpExtInst: operand 4 differs from the first argument",
        b.glsl(GLSLstd450::Pow, {f.f, f.vf4}));
  FAILS(WrongType, "OpExtInst: operand 3 must be of 32 bits at most", b.glsl(GLSLstd450::Sin, {f.d}));
  FAILS(WrongType, "OpExtInst: operand 3 must be of 32 bits at most", b.glsl(GLSLstd450::FindUMsb, {f.w}));
  FAILS(InvalidOperand, "Fma takes 3 operands", b.glsl(GLSLstd450::Fma, {f.f, f.f}));
  FAILS(InvalidOperand, "Sqrt takes 1 operands", b.glsl(GLSLstd450::Sqrt, {}));
  FAILS(WrongType, "OpExtInst: the result type must be the type of the arguments",
        b.glsl(GLSLstd450::Exp, {f.f}, f.v4f));
  FAILS(WrongType, "OpExtInst: operand 3 must be a floating-point", b.glsl(GLSLstd450::Length, {f.vu4}));
  FAILS(WrongType, "OpExtInst: the result type must be the component type",
        b.glsl(GLSLstd450::Length, {f.vf4}, f.v4f));
  FAILS(WrongType, "OpExtInst: the result type must be given for this instruction",
        b.glsl(GLSLstd450::PackHalf2x16, {f.vf2}));
  FAILS(UnknownInstruction, "GLSL.std.450 has no instruction 999",
        b.glsl(static_cast<GLSLstd450>(999), {f.f}, f.f32));
  FAILS(WrongType, "must be given for this instruction set",
        b.OpExtInst(TypeId(), b.OpExtInstImport("OpenCL.std"), 0, {f.f}));
}
