#pragma once

#include "../constants.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

namespace detail {

/// The words of a literal of `width` bits (SPIR-V 2.2.1): low word first; a narrow one fills its word with zeros, or
/// with its sign. Returns how many.
inline std::size_t literal_words(std::uint64_t bits, unsigned width, bool sign_extended,
                                 std::uint32_t (&words)[2]) {
  if (width < 64) bits &= (std::uint64_t{1} << width) - 1;
  if (sign_extended && width < 32 && (bits >> (width - 1) & 1)) bits |= ~std::uint64_t{0} << width;
  words[0] = static_cast<std::uint32_t>(bits);
  words[1] = static_cast<std::uint32_t>(bits >> 32);
  return width > 32 ? 2 : 1;
}

/// The opcodes that OpSpecConstantOp permits (SPIR-V 3.56.7): in any module, then with Kernel only.
inline bool permitted_in_spec_constant(Op op, bool kernel) {
  switch (op) {
    case Op::OpSConvert:
    case Op::OpUConvert:
    case Op::OpFConvert:
    case Op::OpSNegate:
    case Op::OpNot:
    case Op::OpIAdd:
    case Op::OpISub:
    case Op::OpIMul:
    case Op::OpUDiv:
    case Op::OpSDiv:
    case Op::OpUMod:
    case Op::OpSRem:
    case Op::OpSMod:
    case Op::OpShiftRightLogical:
    case Op::OpShiftRightArithmetic:
    case Op::OpShiftLeftLogical:
    case Op::OpBitwiseOr:
    case Op::OpBitwiseXor:
    case Op::OpBitwiseAnd:
    case Op::OpVectorShuffle:
    case Op::OpCompositeExtract:
    case Op::OpCompositeInsert:
    case Op::OpLogicalOr:
    case Op::OpLogicalAnd:
    case Op::OpLogicalNot:
    case Op::OpLogicalEqual:
    case Op::OpLogicalNotEqual:
    case Op::OpSelect:
    case Op::OpIEqual:
    case Op::OpINotEqual:
    case Op::OpULessThan:
    case Op::OpSLessThan:
    case Op::OpUGreaterThan:
    case Op::OpSGreaterThan:
    case Op::OpULessThanEqual:
    case Op::OpSLessThanEqual:
    case Op::OpUGreaterThanEqual:
    case Op::OpSGreaterThanEqual:
    case Op::OpQuantizeToF16: return true;
    case Op::OpConvertFToS:
    case Op::OpConvertSToF:
    case Op::OpConvertFToU:
    case Op::OpConvertUToF:
    case Op::OpConvertPtrToU:
    case Op::OpConvertUToPtr:
    case Op::OpGenericCastToPtr:
    case Op::OpPtrCastToGeneric:
    case Op::OpBitcast:
    case Op::OpFNegate:
    case Op::OpFAdd:
    case Op::OpFSub:
    case Op::OpFMul:
    case Op::OpFDiv:
    case Op::OpFRem:
    case Op::OpFMod:
    case Op::OpAccessChain:
    case Op::OpInBoundsAccessChain:
    case Op::OpPtrAccessChain:
    case Op::OpInBoundsPtrAccessChain: return kernel;
    default: return false;
  }
}

}  // namespace detail

AIRSTRIP_INLINE TypeId ConstantDeclarations::scalar_type(unsigned width, bool is_float, bool is_signed,
                                                         SourceLocation at) {
  const unsigned size = width == 8 ? 0 : width == 16 ? 1 : width == 32 ? 2 : 3;
  TypeId& known = scalar_types_[size * 3 + (is_float ? 2 : is_signed ? 1 : 0)];
  // One from before reset() is of another generation.
  if (kind(known) != IdKind::Type)
    known = is_float ? declare_float(width, {}, at) : declare_int(width, is_signed, at);
  return known;
}
AIRSTRIP_INLINE ValueId ConstantDeclarations::declare_constant(TypeId type, std::uint64_t bits,
                                                               SourceLocation at) {
  if (!owns(type, "OpConstant", at)) return {};
  const std::uint32_t shape = info(type.number()).shape;
  const std::uint32_t number = shape & shape_class;
  if (number < shape_int || (shape & (shape_matrix | shape_cooperative)) || element_count(type) != 1) {
    fail(ErrorCode::WrongType, "the type of a scalar constant must be an integer or floating-point scalar",
         at, "OpConstant", type_name(type));
    return {};
  }
  std::uint32_t words[2];
  const std::size_t count = detail::literal_words(bits, width_of(type), (shape & shape_signed) != 0, words);
  bool fresh = false;
  return ValueId(declare(Op::OpConstant, type, {words, count}, {}, fresh, at));
}
AIRSTRIP_INLINE ValueId ConstantDeclarations::declare_bool_constant(bool value, SourceLocation at) {
  bool fresh = false;
  return ValueId(
      declare(value ? Op::OpConstantTrue : Op::OpConstantFalse, declare_bool(at), {}, {}, fresh, at));
}

AIRSTRIP_INLINE ValueId ConstantDeclarations::declare_composite(TypeId type, Span<const ValueId> constituents,
                                                                SourceLocation at) {
  if (!owns(type, "OpConstantComposite", at)) return {};
  Gathered<std::uint32_t> words(word_stack_);
  Gathered<OperandWord> operands(operand_stack_);
  for (const ValueId constituent : constituents) {
    if (!owns(constituent, "OpConstantComposite", at)) return {};
    if (!(info(constituent.number()).flags & global) || info(constituent.number()).op == Op::OpVariable) {
      fail(ErrorCode::WrongType, "the parts of a constant must be constants", at, "OpConstantComposite",
           describe(constituent.number()));
      return {};
    }
    words.push_back(constituent.number());
    operands.push_back(OperandWord(constituent));
  }
  if (words.out_of_memory() || operands.out_of_memory()) {
    fail(ErrorCode::OutOfMemory, "out of memory", at, "OpConstantComposite");
    return {};
  }
  TypeId checked = type;
  if (!check_nested(Op::OpConstantComposite, checked, operands.span(), at)) return {};
  bool fresh = false;
  return ValueId(declare(Op::OpConstantComposite, type, words.span(), {}, fresh, at));
}
AIRSTRIP_INLINE ValueId ConstantDeclarations::declare_splat(TypeId vector, ValueId component,
                                                            SourceLocation at) {
  if (!owns(vector, "OpConstantComposite", at)) return {};
  ValueId parts[16];
  const std::uint32_t count = element_count(vector);
  if (opcode_of(vector) != Op::OpTypeVector || count > 16) {
    fail(ErrorCode::WrongType, "the type must be a vector", at, "OpConstantComposite", type_name(vector));
    return {};
  }
  for (std::uint32_t i = 0; i < count; ++i) parts[i] = component;
  return declare_composite(vector, Span<const ValueId>(parts, count), at);
}
AIRSTRIP_INLINE ValueId ConstantDeclarations::declare_null(TypeId type, SourceLocation at) {
  if (!owns(type, "OpConstantNull", at)) return {};
  bool fresh = false;
  return ValueId(declare(Op::OpConstantNull, type, {}, {}, fresh, at));
}

AIRSTRIP_INLINE ValueId ConstantDeclarations::add_spec_constant(std::uint32_t spec, TypeId type,
                                                                std::uint64_t bits, Text name,
                                                                SourceLocation at) {
  if (!owns(type, "OpSpecConstant", at)) return {};
  ValueId id;
  if (is_bool(type)) {
    id = bits ? OpSpecConstantTrue(type, at) : OpSpecConstantFalse(type, at);
  } else {
    std::uint32_t words[2];
    const std::size_t count = detail::literal_words(bits, width_of(type), is_signed(type), words);
    const Literal literals[] = {words[0], words[1]};
    id = OpSpecConstant(type, Span<const Literal>(literals, count), at);
  }
  if (!id) return {};
  OpDecorate(id, operand::Decoration::SpecId(spec), at);
  if (!name.empty()) OpName(id, name, at);
  return id;
}
AIRSTRIP_INLINE ValueId ConstantDeclarations::add_spec_composite(TypeId type,
                                                                 Span<const ValueId> constituents,
                                                                 SourceLocation at) {
  return OpSpecConstantComposite(type, constituents, at);
}

AIRSTRIP_INLINE ValueId ConstantDeclarations::spec_op(Op op, Span<const OperandWord> operands, TypeId type,
                                                      SourceLocation at) {
  if (failed()) return {};
  const InstructionInfo* const known = grammar::find(op);
  // OpPtrAccessChain and the like need a capability that only kernels have; float arithmetic is a kernel's too.
  const bool kernel = memory_model() == MemoryModel::OpenCL;
  if (!known || !detail::permitted_in_spec_constant(op, kernel)) {
    String message;
    message << (known ? known->name : "the opcode") << " is not permitted in an OpSpecConstantOp"
            << (!kernel && detail::permitted_in_spec_constant(op, true) ? " outside OpenCL kernels" : "");
    fail(ErrorCode::InvalidOperand, static_cast<String&&>(message), at, "OpSpecConstantOp");
    return {};
  }
  for (const OperandWord& word : operands) {
    if (word.tag == OperandWord::literal_tag) continue;
    if (!owns(Id(word.word, word.tag), "OpSpecConstantOp", at)) return {};
    if (!(info(word.word).flags & global)) {
      fail(ErrorCode::WrongType, "the operands must be constants", at, "OpSpecConstantOp",
           describe(word.word));
      return {};
    }
  }
  if (op == Op::OpUConvert && !kernel && version() < make_version(1, 4)) {
    fail(ErrorCode::InvalidOperand, "OpUConvert is permitted from SPIR-V 1.4 on", at, "OpSpecConstantOp");
    return {};
  }
  if (!check_nested(op, type, operands, at)) return {};
  return OpSpecConstantOp(type, op, operands, at);
}

AIRSTRIP_INLINE ExtInstSetId ConstantDeclarations::glsl_std_450(SourceLocation at) {
  return OpExtInstImport("GLSL.std.450", at);
}
AIRSTRIP_INLINE ValueId ConstantDeclarations::glsl(GLSLstd450 instruction, Span<const ValueId> arguments,
                                                   TypeId type, SourceLocation at) {
  const ExtInstSetId set = glsl_std_450(at);
  return OpExtInst(type, set, Literal(instruction), arguments, at);
}

AIRSTRIP_SPIRV_NAMESPACE_END
