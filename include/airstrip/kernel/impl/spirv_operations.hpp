// The SPIR-V writer: one instruction, or a few, for each pure operation and subgroup operation.
#pragma once

#include "spirv_emission.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// By grammar key, cached: an instruction costs what its generated method costs.
inline const spirv::InstructionKey& SpirvEmission::key(spirv::Op op) {
  CachedKey& cached = keys_[static_cast<std::uint32_t>(op) & 255];
  if (cached.op != op) {
    // Every opcode that is written here is in the grammar; compilers cannot know it.
    const spirv::InstructionInfo* const known = spirv::grammar::find(op);
    if (known) cached.key = key_of(*known);
    cached.op = op;
  }
  return cached.key;
}
inline spirv::Id SpirvEmission::write(spirv::Op op, TypeId type, Span<const OperandWord> operands,
                                      SourceLocation at) {
  return emit(key(op), type, operands.data(), operands.size(), at);
}
inline spirv::Id SpirvEmission::write(spirv::Op op, TypeId type, ValueId a, ValueId b, SourceLocation at) {
  if (b) return emit(key(op), type, a, b, at);
  const OperandWord word = a;
  return emit(key(op), type, &word, 1, at);
}

inline ValueId SpirvEmission::extended(spirv::GLSLstd450 instruction, TypeId type,
                                       Span<const NodeId> operands, SourceLocation at) {
  if (!glsl_) glsl_ = glsl_std_450(at);
  const spirv::InstructionKey& as = key(spirv::Op::OpExtInst);
  ValueId arguments[3];
  if (operands.size() <= 3) {
    for (std::size_t i = 0; i < operands.size(); ++i) arguments[i] = value(operands[i]);
    if (const spirv::Id result = emit_float_function(as, glsl_, instruction, type,
                                                     Span<const ValueId>(arguments, operands.size()), at))
      return ValueId(result);
  }
  OperandWord words[6] = {glsl_, OperandWord(instruction)};
  std::size_t count = 2;
  for (const NodeId operand : operands)
    if (count < 6) words[count++] = value(operand);
  return ValueId(write(spirv::Op::OpExtInst, type, Span<const OperandWord>(words, count), at));
}

inline ValueId SpirvEmission::splat(ValueId scalar, Type vector, SourceLocation at) {
  const ValueId parts[4] = {scalar, scalar, scalar, scalar};
  return OpCompositeConstruct(type_id(vector), Span<const ValueId>(parts, vector.components()), at);
}

inline ValueId SpirvEmission::zero_of(Type type, SourceLocation at) {
  const ValueId scalar = type.is_boolean() ? declare_bool_constant(false, at)
                                           : declare_constant(type_id(type.component()), 0, at);
  return type.is_vector() ? declare_splat(type_id(type), scalar, at) : scalar;
}
inline ValueId SpirvEmission::one_of(Type type, SourceLocation at) {
  std::uint64_t bits = 1;
  switch (type.scalar()) {
    case Scalar::F16: bits = 0x3C00; break;
    case Scalar::BF16: bits = 0x3F80; break;
    case Scalar::F32: bits = 0x3F800000; break;
    case Scalar::F64: bits = std::uint64_t{0x3FF} << 52; break;
    default: break;
  }
  const ValueId scalar = type.is_boolean() ? declare_bool_constant(true, at)
                                           : declare_constant(type_id(type.component()), bits, at);
  return type.is_vector() ? declare_splat(type_id(type), scalar, at) : scalar;
}

// The same bits as another integer type of the same width.
inline ValueId SpirvEmission::cast(ValueId from_value, Type from, Type to, SourceLocation at) {
  return from == to ? from_value : ValueId(write(spirv::Op::OpBitcast, type_id(to), from_value, at));
}

inline ValueId SpirvEmission::convert(ValueId v, Type from, Type to, SourceLocation at) {
  using spirv::Op;
  const TypeId type = type_id(to);
  if (from == to) return v;
  if (to.is_boolean()) {
    if (from.is_boolean()) return v;
    return ValueId(
        write(from.is_float() ? Op::OpFUnordNotEqual : Op::OpINotEqual, type, v, zero_of(from, at), at));
  }
  if (from.is_boolean()) {
    const ValueId one = one_of(to, at);
    return OpSelect(type, v, one, zero_of(to, at), at);
  }
  if (from.is_float() && to.is_float()) return ValueId(write(Op::OpFConvert, type, v, at));
  if (from.is_float())
    return ValueId(write(to.is_signed() ? Op::OpConvertFToS : Op::OpConvertFToU, type, v, at));
  if (to.is_float())
    return ValueId(write(from.is_signed() ? Op::OpConvertSToF : Op::OpConvertUToF, type, v, at));
  if (from.width() == to.width()) return ValueId(write(Op::OpBitcast, type, v, at));
  // OpUConvert gives unsigned types only; OpSConvert any, and extends by the sign.
  if (from.is_signed() || (to.is_signed() && to.width() < from.width()))
    return ValueId(write(Op::OpSConvert, type, v, at));
  const Type wide = to.with(unsigned_of(to.width()));
  const ValueId converted(write(Op::OpUConvert, type_id(wide), v, at));
  return cast(converted, wide, to, at);
}

// Operations that are one instruction for each class of operand (floats, signed integers, Booleans, others): which.
// OpNop: none.
constexpr spirv::Op simple_instruction(kernel::Op operation, bool f, bool s, bool l) {
  using spirv::Op;
  switch (operation) {
    case kernel::Op::Add: return f ? Op::OpFAdd : Op::OpIAdd;
    case kernel::Op::Sub: return f ? Op::OpFSub : Op::OpISub;
    case kernel::Op::Mul: return f ? Op::OpFMul : Op::OpIMul;
    case kernel::Op::Div: return f ? Op::OpFDiv : s ? Op::OpSDiv : Op::OpUDiv;
    case kernel::Op::Rem: return f ? Op::OpFRem : s ? Op::OpSRem : Op::OpUMod;
    case kernel::Op::Mod: return f ? Op::OpFMod : s ? Op::OpSMod : Op::OpUMod;
    case kernel::Op::Negate: return f ? Op::OpFNegate : Op::OpSNegate;
    case kernel::Op::And: return l ? Op::OpLogicalAnd : Op::OpBitwiseAnd;
    case kernel::Op::Or: return l ? Op::OpLogicalOr : Op::OpBitwiseOr;
    case kernel::Op::Xor: return l ? Op::OpLogicalNotEqual : Op::OpBitwiseXor;
    case kernel::Op::Not: return l ? Op::OpLogicalNot : Op::OpNot;
    case kernel::Op::ShiftLeft: return Op::OpShiftLeftLogical;
    case kernel::Op::ShiftRight: return s ? Op::OpShiftRightArithmetic : Op::OpShiftRightLogical;
    case kernel::Op::BitCount: return Op::OpBitCount;
    case kernel::Op::BitReverse: return Op::OpBitReverse;
    case kernel::Op::BitFieldExtract: return s ? Op::OpBitFieldSExtract : Op::OpBitFieldUExtract;
    case kernel::Op::BitFieldInsert: return Op::OpBitFieldInsert;
    case kernel::Op::Equal: return f ? Op::OpFOrdEqual : l ? Op::OpLogicalEqual : Op::OpIEqual;
    case kernel::Op::NotEqual: return f ? Op::OpFUnordNotEqual : l ? Op::OpLogicalNotEqual : Op::OpINotEqual;
    case kernel::Op::Less: return f ? Op::OpFOrdLessThan : s ? Op::OpSLessThan : Op::OpULessThan;
    case kernel::Op::LessEqual:
      return f ? Op::OpFOrdLessThanEqual : s ? Op::OpSLessThanEqual : Op::OpULessThanEqual;
    case kernel::Op::IsNan: return Op::OpIsNan;
    case kernel::Op::IsInf: return Op::OpIsInf;
    case kernel::Op::Any: return Op::OpAny;
    case kernel::Op::All: return Op::OpAll;
    case kernel::Op::Dot: return Op::OpDot;
    case kernel::Op::Bitcast: return Op::OpBitcast;
    case kernel::Op::ExtractDynamic: return Op::OpVectorExtractDynamic;
    case kernel::Op::InsertDynamic: return Op::OpVectorInsertDynamic;
    default: return Op::OpNop;
  }
}

// Without contraction, arithmetic that could be fused says that it must not be (SPIR-V 3.20, NoContraction). With it, an
// exact operation does.
inline void SpirvEmission::no_contraction(NodeId id) {
  const Op op = kernel_->op(id);
  const bool exact = (op == Op::Add || op == Op::Sub || op == Op::Mul) && kernel_->node(id).immediate != 0;
  if (kernel_->options().floats.contraction && !exact) return;
  switch (op) {
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div:
    case Op::Rem:
    case Op::Mod:
    case Op::Negate:
    case Op::Dot: break;
    default: return;
  }
  if (values_[id]) decorate(values_[id], spirv::Decoration::NoContraction, kernel_->location(id));
}

// Those that are one instruction of GLSL.std.450. 0: none.
constexpr spirv::GLSLstd450 extended_instruction(kernel::Op operation, bool f, bool s) {
  using G = spirv::GLSLstd450;
  using kernel::Op;
  switch (operation) {
    case Op::Abs: return f ? G::FAbs : G::SAbs;
    case Op::Sign: return f ? G::FSign : G::SSign;
    case Op::Min: return f ? G::FMin : s ? G::SMin : G::UMin;
    case Op::Max: return f ? G::FMax : s ? G::SMax : G::UMax;
    case Op::Clamp: return f ? G::FClamp : s ? G::SClamp : G::UClamp;
    case Op::NMin: return G::NMin;
    case Op::NMax: return G::NMax;
    case Op::NClamp: return G::NClamp;
    case Op::Fma: return G::Fma;
    case Op::FindLsb: return G::FindILsb;
    case Op::FindMsb: return s ? G::FindSMsb : G::FindUMsb;
    case Op::Round: return G::Round;
    case Op::RoundEven: return G::RoundEven;
    case Op::Trunc: return G::Trunc;
    case Op::Floor: return G::Floor;
    case Op::Ceil: return G::Ceil;
    case Op::Fract: return G::Fract;
    case Op::Radians: return G::Radians;
    case Op::Degrees: return G::Degrees;
    case Op::Sin: return G::Sin;
    case Op::Cos: return G::Cos;
    case Op::Tan: return G::Tan;
    case Op::Asin: return G::Asin;
    case Op::Acos: return G::Acos;
    case Op::Atan: return G::Atan;
    case Op::Sinh: return G::Sinh;
    case Op::Cosh: return G::Cosh;
    case Op::Tanh: return G::Tanh;
    case Op::Asinh: return G::Asinh;
    case Op::Acosh: return G::Acosh;
    case Op::Atanh: return G::Atanh;
    case Op::Atan2: return G::Atan2;
    case Op::Pow: return G::Pow;
    case Op::Exp: return G::Exp;
    case Op::Log: return G::Log;
    case Op::Exp2: return G::Exp2;
    case Op::Log2: return G::Log2;
    case Op::Sqrt: return G::Sqrt;
    case Op::InverseSqrt: return G::InverseSqrt;
    case Op::Mix: return G::FMix;
    case Op::Step: return G::Step;
    case Op::SmoothStep: return G::SmoothStep;
    case Op::Ldexp: return G::Ldexp;
    case Op::Length: return G::Length;
    case Op::Distance: return G::Distance;
    case Op::Cross: return G::Cross;
    case Op::Normalize: return G::Normalize;
    case Op::FaceForward: return G::FaceForward;
    case Op::Reflect: return G::Reflect;
    case Op::Refract: return G::Refract;
    case Op::PackSnorm4x8: return G::PackSnorm4x8;
    case Op::PackUnorm4x8: return G::PackUnorm4x8;
    case Op::PackSnorm2x16: return G::PackSnorm2x16;
    case Op::PackUnorm2x16: return G::PackUnorm2x16;
    case Op::PackHalf2x16: return G::PackHalf2x16;
    case Op::UnpackSnorm4x8: return G::UnpackSnorm4x8;
    case Op::UnpackUnorm4x8: return G::UnpackUnorm4x8;
    case Op::UnpackSnorm2x16: return G::UnpackSnorm2x16;
    case Op::UnpackUnorm2x16: return G::UnpackUnorm2x16;
    case Op::UnpackHalf2x16: return G::UnpackHalf2x16;
    default: return static_cast<G>(0);
  }
}

// What an operation is written as, by class of operand.
struct WrittenAs {
  enum Class : std::uint8_t { Float, Signed, Unsigned, Boolean };
  bool is_extended = false;
  std::uint16_t instruction[4] = {};  // an opcode, or a number of GLSL.std.450; 0: not one instruction
};
struct WrittenAsTable {
  WrittenAs of[op_count];
};
constexpr WrittenAsTable make_written_as() {
  WrittenAsTable table;
  for (std::size_t i = 0; i < op_count; ++i)
    for (unsigned c = 0; c < 4; ++c) {
      const auto op = static_cast<Op>(i);
      const bool f = c == WrittenAs::Float, s = c == WrittenAs::Signed, l = c == WrittenAs::Boolean;
      const auto simple = static_cast<std::uint16_t>(simple_instruction(op, f, s, l));
      const auto extended = static_cast<std::uint16_t>(extended_instruction(op, f, s));
      table.of[i].is_extended = extended != 0;
      table.of[i].instruction[c] = extended != 0 ? extended : simple;
    }
  return table;
}
inline constexpr WrittenAsTable written_as = make_written_as();

// Writes an operation that is one instruction; false for others.
inline bool SpirvEmission::emit_simple(NodeId id) {
  const Node& node = kernel_->node(id);
  const Span<const NodeId> operands = kernel_->operands(id);
  const Type type = operands.empty() ? node.type : kernel_->type(operands[0]);
  const bool f = type.is_float();
  const WrittenAs& as = written_as.of[static_cast<std::size_t>(node.op)];
  const std::uint16_t instruction = as.instruction[f                   ? WrittenAs::Float
                                                   : type.is_signed()  ? WrittenAs::Signed
                                                   : type.is_boolean() ? WrittenAs::Boolean
                                                                       : WrittenAs::Unsigned];
  if (instruction == 0) return false;
  const TypeId result = type_id(node.type);
  const SourceLocation& at = kernel_->locations()[node.location].at;
  if (as.is_extended) {
    set(id, extended(static_cast<spirv::GLSLstd450>(instruction), result, operands, at));
    return true;
  }
  const auto op = static_cast<spirv::Op>(instruction);
  if (operands.size() == 2) {
    set(id, emit(key(op), result, value(operands[0]), value(operands[1]), at));
  } else {
    OperandWord words[4];
    for (std::size_t i = 0; i < operands.size() && i < 4; ++i) words[i] = value(operands[i]);
    set(id, write(op, result, Span<const OperandWord>(words, operands.size()), at));
  }
  if (f && !as.is_extended) no_contraction(id);
  return true;
}

inline void SpirvEmission::emit_subgroup(NodeId id) {
  using spirv::Op;
  const Node& node = kernel_->node(id);
  const SourceLocation at = kernel_->location(id);
  const Span<const NodeId> operands = kernel_->operands(id);
  const TypeId type = type_id(node.type);
  const Type operand = operands.empty() ? node.type : kernel_->type(operands[0]);
  const bool f = operand.is_float(), s = operand.is_signed(), l = operand.is_boolean();
  const ValueId scope = constant(static_cast<std::uint32_t>(spirv::Scope::Subgroup), at);
  const auto kind = static_cast<GroupKind>(node.immediate & 0xFF);
  const std::uint32_t cluster = node.immediate >> 8;
  OperandWord words[6];
  std::size_t count = 0;
  words[count++] = scope;
  const auto add_operands = [&] {
    for (const NodeId o : operands) words[count++] = value(o);
  };
  const auto add_group = [&] {
    static constexpr spirv::GroupOperation groups[] = {
        spirv::GroupOperation::Reduce, spirv::GroupOperation::InclusiveScan,
        spirv::GroupOperation::ExclusiveScan, spirv::GroupOperation::ClusteredReduce};
    words[count++] = OperandWord(groups[static_cast<std::size_t>(kind)]);
    add_operands();
    if (kind == GroupKind::Clustered) words[count++] = constant(cluster, at);
  };
  Op op = Op::OpNop;
  switch (node.op) {
    case kernel::Op::SubgroupElect: op = Op::OpGroupNonUniformElect; break;
    case kernel::Op::SubgroupAll: op = Op::OpGroupNonUniformAll; break;
    case kernel::Op::SubgroupAny: op = Op::OpGroupNonUniformAny; break;
    case kernel::Op::SubgroupAllEqual: op = Op::OpGroupNonUniformAllEqual; break;
    case kernel::Op::SubgroupBroadcast: op = Op::OpGroupNonUniformBroadcast; break;
    case kernel::Op::SubgroupBroadcastFirst: op = Op::OpGroupNonUniformBroadcastFirst; break;
    case kernel::Op::SubgroupBallot: op = Op::OpGroupNonUniformBallot; break;
    case kernel::Op::SubgroupInverseBallot: op = Op::OpGroupNonUniformInverseBallot; break;
    case kernel::Op::SubgroupBallotBit: op = Op::OpGroupNonUniformBallotBitExtract; break;
    case kernel::Op::SubgroupBallotCount: op = Op::OpGroupNonUniformBallotBitCount; break;
    case kernel::Op::SubgroupBallotLsb: op = Op::OpGroupNonUniformBallotFindLSB; break;
    case kernel::Op::SubgroupBallotMsb: op = Op::OpGroupNonUniformBallotFindMSB; break;
    case kernel::Op::SubgroupShuffle: op = Op::OpGroupNonUniformShuffle; break;
    case kernel::Op::SubgroupShuffleXor: op = Op::OpGroupNonUniformShuffleXor; break;
    case kernel::Op::SubgroupShuffleUp: op = Op::OpGroupNonUniformShuffleUp; break;
    case kernel::Op::SubgroupShuffleDown: op = Op::OpGroupNonUniformShuffleDown; break;
    case kernel::Op::SubgroupRotate: op = Op::OpGroupNonUniformRotateKHR; break;
    case kernel::Op::SubgroupAdd: op = f ? Op::OpGroupNonUniformFAdd : Op::OpGroupNonUniformIAdd; break;
    case kernel::Op::SubgroupMul: op = f ? Op::OpGroupNonUniformFMul : Op::OpGroupNonUniformIMul; break;
    case kernel::Op::SubgroupMin:
      op = f ? Op::OpGroupNonUniformFMin : s ? Op::OpGroupNonUniformSMin : Op::OpGroupNonUniformUMin;
      break;
    case kernel::Op::SubgroupMax:
      op = f ? Op::OpGroupNonUniformFMax : s ? Op::OpGroupNonUniformSMax : Op::OpGroupNonUniformUMax;
      break;
    case kernel::Op::SubgroupAnd:
      op = l ? Op::OpGroupNonUniformLogicalAnd : Op::OpGroupNonUniformBitwiseAnd;
      break;
    case kernel::Op::SubgroupOr:
      op = l ? Op::OpGroupNonUniformLogicalOr : Op::OpGroupNonUniformBitwiseOr;
      break;
    case kernel::Op::SubgroupXor:
      op = l ? Op::OpGroupNonUniformLogicalXor : Op::OpGroupNonUniformBitwiseXor;
      break;
    case kernel::Op::QuadBroadcast: op = Op::OpGroupNonUniformQuadBroadcast; break;
    default: op = Op::OpGroupNonUniformQuadSwap; break;
  }
  switch (node.op) {
    case kernel::Op::SubgroupBallotCount: add_group(); break;
    case kernel::Op::SubgroupRotate:
      add_operands();
      if (cluster != 0) words[count++] = constant(cluster, at);
      break;
    case kernel::Op::QuadSwap:
      add_operands();
      words[count++] = constant(node.immediate, at);
      break;
    default:
      if (is_subgroup_reduction(node.op))
        add_group();
      else
        add_operands();
      break;
  }
  set(id, write(op, type, Span<const OperandWord>(words, count), at));
}

inline void SpirvEmission::emit_node(NodeId id) {
  if (emit_simple(id)) return;
  using G = spirv::GLSLstd450;
  const Node& node = kernel_->node(id);
  const SourceLocation at = kernel_->location(id);
  const Span<const NodeId> operands = kernel_->operands(id);
  const auto operand = [&](std::size_t i) { return value(operands[i]); };
  switch (node.op) {
    case Op::MulHigh: {
      const Type type = node.type;
      const ValueId a = operand(0), b = operand(1);
      const TypeId t = type_id(type);
      const TypeId parts[2] = {t, t};
      const TypeId both = declare_struct(Span<const TypeId>(parts, 2), at);
      const ValueId product =
          type.is_signed() ? OpSMulExtended(both, a, b, at) : OpUMulExtended(both, a, b, at);
      const spirv::Literal one(1u);
      set(id, OpCompositeExtract(t, product, Span<const spirv::Literal>(&one, 1), at));
      return;
    }
    case Op::AddCarry:
    case Op::SubBorrow: {
      // Unsigned operands only (SPIR-V 3.56.13).
      const Type type = node.type, plain = type.with(unsigned_of(type.width()));
      const ValueId a = cast(operand(0), type, plain, at), b = cast(operand(1), type, plain, at);
      const TypeId t = type_id(plain);
      const TypeId parts[2] = {t, t};
      const TypeId both = declare_struct(Span<const TypeId>(parts, 2), at);
      const ValueId sum =
          node.op == Op::AddCarry ? OpIAddCarry(both, a, b, at) : OpISubBorrow(both, a, b, at);
      const spirv::Literal one(1u);
      const ValueId carry = OpCompositeExtract(t, sum, Span<const spirv::Literal>(&one, 1), at);
      set(id, cast(carry, plain, type, at));
      return;
    }
    case Op::Select: {
      ValueId condition = operand(0);
      const Type given = kernel_->type(operands[0]);
      // One condition for a vector: OpSelect takes it from SPIR-V 1.4 on.
      if (node.type.is_vector() && !given.is_vector() && version() < spirv::make_version(1, 4))
        condition = splat(condition, Type(Scalar::Boolean, node.type.components()), at);
      set(id, OpSelect(type_id(node.type), condition, operand(1), operand(2), at));
      return;
    }
    case Op::Convert: set(id, convert(operand(0), kernel_->type(operands[0]), node.type, at)); return;
    case Op::Construct: {
      ValueId parts[4];
      for (std::size_t i = 0; i < operands.size() && i < 4; ++i) parts[i] = operand(i);
      set(id, OpCompositeConstruct(type_id(node.type), Span<const ValueId>(parts, operands.size()), at));
      return;
    }
    case Op::Extract: {
      const spirv::Literal which(node.immediate);
      set(id, OpCompositeExtract(type_id(node.type), operand(0), Span<const spirv::Literal>(&which, 1), at));
      return;
    }
    case Op::Insert: {
      const spirv::Literal which(node.immediate);
      set(id, OpCompositeInsert(type_id(node.type), operand(1), operand(0),
                                Span<const spirv::Literal>(&which, 1), at));
      return;
    }
    case Op::Shuffle: {
      spirv::Literal components[4] = {0u, 0u, 0u, 0u};
      for (unsigned i = 0; i < node.type.components(); ++i)
        components[i] = spirv::Literal(node.immediate >> (4 * i) & 15);
      set(id, OpVectorShuffle(type_id(node.type), operand(0), operand(1),
                              Span<const spirv::Literal>(components, node.type.components()), at));
      return;
    }
    case Op::DotPacked:
    case Op::DotPackedAccSat: {
      using spirv::PackedVectorFormat;
      const auto format = PackedVectorFormat::PackedVectorFormat4x8Bit;
      const auto kind = static_cast<DotKind>(node.immediate);
      const Type word(Scalar::U32), sum = node.type;
      ValueId a = operand(0), b = operand(1);
      if (kind == DotKind::Unsigned) {
        a = cast(a, kernel_->type(operands[0]), word, at);
        b = cast(b, kernel_->type(operands[1]), word, at);
      }
      const TypeId t = type_id(sum);
      if (node.op == Op::DotPacked)
        set(id, kind == DotKind::Unsigned ? OpUDot(t, a, b, format, at)
                : kind == DotKind::Signed ? OpSDot(t, a, b, format, at)
                                          : OpSUDot(t, a, b, format, at));
      else
        set(id, kind == DotKind::Unsigned ? OpUDotAccSat(t, a, b, operand(2), format, at)
                : kind == DotKind::Signed ? OpSDotAccSat(t, a, b, operand(2), format, at)
                                          : OpSUDotAccSat(t, a, b, operand(2), format, at));
      return;
    }
    case Op::FrexpSignificand:
    case Op::FrexpExponent: {
      const Type type = kernel_->type(operands[0]);
      const TypeId parts[2] = {type_id(type), type_id(type.with(Scalar::I32))};
      const TypeId both = declare_struct(Span<const TypeId>(parts, 2), at);
      const ValueId result = extended(G::FrexpStruct, both, operands, at);
      const spirv::Literal which(node.op == Op::FrexpExponent ? 1u : 0u);
      set(id, OpCompositeExtract(type_id(node.type), result, Span<const spirv::Literal>(&which, 1), at));
      return;
    }
    case Op::VariableLoad:
    case Op::VariableStore:
    case Op::Load:
    case Op::Store:
    case Op::ArrayLength: emit_memory(id); return;
    case Op::AtomicLoad:
    case Op::AtomicStore:
    case Op::AtomicAdd:
    case Op::AtomicSub:
    case Op::AtomicMin:
    case Op::AtomicMax:
    case Op::AtomicAnd:
    case Op::AtomicOr:
    case Op::AtomicXor:
    case Op::AtomicExchange:
    case Op::AtomicCompareExchange: emit_atomic(id); return;
    case Op::ImageLoad:
    case Op::ImageStore:
    case Op::ImageFetch:
    case Op::ImageSample:
    case Op::ImageSize: emit_image(id); return;
    case Op::Barrier:
    case Op::MemoryBarrier: emit_barrier(id); return;
    case Op::MatrixLoad:
    case Op::MatrixStore:
    case Op::MatrixMulAdd:
    case Op::MatrixScale:
    case Op::MatrixLength:
    case Op::MatrixExtract:
    case Op::MatrixInsert: emit_matrix(id); return;
    case Op::Call: {
      Buffer<ValueId> arguments;
      for (std::size_t i = 0; i < operands.size(); ++i) arguments.push_back(operand(i));
      if (arguments.out_of_memory()) {
        fail(ErrorCode::OutOfMemory, "out of memory while the kernel was written", at);
        return;
      }
      const ValueId result = OpFunctionCall(type_id(node.type), functions_[node.immediate],
                                            Span<const ValueId>(arguments.data(), arguments.size()), at);
      if (!node.type.is_void()) set(id, result);
      return;
    }
    default: {
      if (node.op >= Op::SubgroupElect && node.op <= Op::QuadSwap) {
        emit_subgroup(id);
        return;
      }
      String message("the operation ");
      message << info_of(node.op).name << " has no form in SPIR-V; legalisation leaves none of them";
      fail(ErrorCode::UnknownInstruction, static_cast<String&&>(message), at);
      return;
    }
  }
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
