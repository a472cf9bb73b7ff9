// What each TypeRule asks of operand and result types. Sources: SPIR-V 3.56, under the instruction's name; the universal
// rules of 2.16; the Vulkan environment where a comment says so.
#pragma once

#include "../emitter.hpp"
#include "../extended_sets.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// Applies the rule of one instruction: deduces the result type where it was left out, and checks what was given.
class TypeChecker {
public:
  TypeChecker(Emitter& emitter, InstructionKey key, std::uint32_t& type, const OperandWord* operands,
              std::size_t count, SourceLocation at)
      : e_(emitter), key_(key), type_(type), operands_(operands), count_(count), at_(at) {}

  bool check();

private:
  using Words = Emitter::BoundedWords;
  static constexpr std::uint32_t sign = Emitter::shape_signed;
  // SPV_KHR_bfloat16, SPV_EXT_float8: conversion, dot product and cooperative matrix multiplication only.
  static constexpr const char* no_arithmetic = "is of an encoding without arithmetic; convert it first";

  std::uint32_t id(std::size_t i) const { return operands_[i].word; }
  // Unchecked structure lets literals through where ids belong: they read as an id that nothing is known of.
  const Emitter::IdInfo& info_of(std::size_t i) const { return e_.info(id(i) < e_.ids_.size() ? id(i) : 0); }
  std::uint32_t type_of(std::size_t i) const { return info_of(i).type; }
  std::uint32_t shape_of(std::size_t i) const { return info_of(i).shape; }
  std::uint32_t result_shape() const { return e_.info(type_).shape; }
  Op op_of_type(std::uint32_t type) const { return e_.info(type).op; }
  Words words_of(std::uint32_t type) const { return e_.declaration(type); }
  static std::uint32_t kind(std::uint32_t shape) { return shape & Emitter::shape_class; }
  static std::uint32_t components(std::uint32_t shape) {
    return (shape & Emitter::shape_components) >> Emitter::shape_components_shift;
  }
  static std::uint32_t width(std::uint32_t shape) {
    return (shape & Emitter::shape_width) >> Emitter::shape_width_shift;
  }
  static bool plain(std::uint32_t shape) {
    return shape != 0 && !(shape & (Emitter::shape_matrix | Emitter::shape_cooperative));
  }

  // Errors
  bool wrong(const char* rule, std::size_t operand);
  bool wrong_result(const char* rule);
  bool too_few();

  // Types that a rule may have to make
  std::uint32_t declare(Op op, std::initializer_list<std::uint32_t> words);
  std::uint32_t bool_like(std::uint32_t shape);
  std::uint32_t vector_of(std::uint32_t component, std::uint32_t count);
  std::uint32_t scalar_type(std::uint32_t type) const;
  std::uint32_t uint32_type() { return declare(Op::OpTypeInt, {32, 0}); }
  std::uint32_t literal_of(std::uint32_t constant, bool& known) const;

  // Parts of rules
  bool same(std::size_t i, std::uint32_t type, const char* rule);
  bool result(std::uint32_t deduced, const char* rule);
  bool all_operands(std::size_t n, std::uint32_t kind, const char* rule);
  bool convert(std::uint32_t from, std::uint32_t to, const char* from_rule, const char* to_rule,
               bool other_width);
  bool pointer(std::size_t i, std::uint32_t& pointee, StorageClass& storage);
  bool walk(std::uint32_t& type, std::size_t first, bool literals);
  bool access_chain(std::size_t first);
  void remember_element();
  bool atomic(std::size_t value, std::uint32_t wanted);
  bool group(std::size_t value, std::uint32_t wanted);
  bool ext_inst();
  bool ext_inst_of_floats(std::size_t arguments);
  bool matrix_product();
  bool composite_parts(std::size_t first, const char* rule);
  bool function_call();
  bool constant();

  Emitter& e_;
  InstructionKey key_;
  std::uint32_t& type_;
  const OperandWord* operands_;
  std::size_t count_;
  SourceLocation at_;
};

AIRSTRIP_INLINE bool Emitter::check_types(InstructionKey key, std::uint32_t& type,
                                          const OperandWord* operands, std::size_t count,
                                          const SourceLocation& at) {
  return TypeChecker(*this, key, type, operands, count, at).check();
}

// --- errors -----------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE bool TypeChecker::wrong(const char* rule, std::size_t operand) {
  String message("operand ");
  message << std::uint64_t{operand + 1} << ' ' << rule;
  e_.fail(ErrorCode::WrongType, static_cast<String&&>(message), at_, grammar::instructions()[key_.index].name,
          operand < count_ && operands_[operand].tag != OperandWord::literal_tag ? e_.describe(id(operand))
                                                                                 : String());
  return false;
}
AIRSTRIP_INLINE bool TypeChecker::wrong_result(const char* rule) {
  String message("the result type ");
  message << rule;
  e_.fail(ErrorCode::WrongType, static_cast<String&&>(message), at_, grammar::instructions()[key_.index].name,
          type_ ? e_.type_name(TypeId(e_.make(type_))) : String("none"));
  return false;
}
AIRSTRIP_INLINE bool TypeChecker::too_few() {
  e_.fail(ErrorCode::InvalidOperand, "operands are missing", at_, grammar::instructions()[key_.index].name);
  return false;
}

// --- types ------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE std::uint32_t TypeChecker::declare(Op op, std::initializer_list<std::uint32_t> words) {
  Emitter::Aside aside(e_);
  bool fresh = false;
  return e_.declare(op, {}, words, {}, fresh, at_).number();
}
AIRSTRIP_INLINE std::uint32_t TypeChecker::vector_of(std::uint32_t component, std::uint32_t count) {
  return count == 1 ? component : declare(Op::OpTypeVector, {component, count});
}
AIRSTRIP_INLINE std::uint32_t TypeChecker::bool_like(std::uint32_t shape) {
  return vector_of(declare(Op::OpTypeBool, {}), components(shape));
}
AIRSTRIP_INLINE std::uint32_t TypeChecker::scalar_type(std::uint32_t type) const {
  const Words words = words_of(type);
  const Op op = op_of_type(type);
  if ((op == Op::OpTypeVector || op == Op::OpTypeCooperativeMatrixKHR) && words.size() > 2) return words[2];
  return op == Op::OpTypeMatrix && words.size() > 2 ? scalar_type(words[2]) : type;
}
AIRSTRIP_INLINE std::uint32_t TypeChecker::literal_of(std::uint32_t constant, bool& known) const {
  const Words words = words_of(constant);
  known = e_.info(constant).op == Op::OpConstant && words.size() == 4;
  return known ? words[3] : 0;
}

// --- parts ------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE bool TypeChecker::same(std::size_t i, std::uint32_t type, const char* rule) {
  return type_of(i) == type || wrong(rule, i);
}
AIRSTRIP_INLINE bool TypeChecker::result(std::uint32_t deduced, const char* rule) {
  if (deduced == 0) return false;
  if (type_ == 0) type_ = deduced;
  return type_ == deduced || wrong_result(rule);
}
/// The first `n` operands are of one shape of a class, signs aside, and so is the result.
AIRSTRIP_INLINE bool TypeChecker::all_operands(std::size_t n, std::uint32_t wanted, const char* rule) {
  if (count_ < n) return too_few();
  const std::uint32_t shape = shape_of(0);
  for (std::size_t i = 0; i < n; ++i) {
    if (kind(shape_of(i)) != wanted || (shape_of(i) & Emitter::shape_matrix)) return wrong(rule, i);
    if (shape_of(i) & Emitter::shape_encoding) return wrong(no_arithmetic, i);
    if ((shape_of(i) ^ shape) & ~sign)
      return wrong("differs from operand 1 in width or number of components", i);
    // A cooperative matrix has no shape beside its component's: the types themselves must agree.
    if ((shape & Emitter::shape_cooperative) && type_of(i) != type_of(0))
      return wrong("is a cooperative matrix of another type than operand 1", i);
    if (wanted == Emitter::shape_float && type_of(i) != type_of(0)) return wrong("differs from operand 1", i);
  }
  if (type_ == 0) type_ = type_of(0);
  if (type_ == type_of(0)) return true;
  return (((result_shape() ^ shape) & ~sign) == 0 && wanted == Emitter::shape_int && plain(shape)) ||
         wrong_result("must have the type of operand 1");
}
AIRSTRIP_INLINE bool TypeChecker::convert(std::uint32_t from, std::uint32_t to, const char* from_rule,
                                          const char* to_rule, bool other_width) {
  if (count_ < 1) return too_few();
  const std::uint32_t a = shape_of(0), b = result_shape();
  if (kind(a) != from || (a & Emitter::shape_matrix)) return wrong(from_rule, 0);
  if (kind(b) != to || (b & Emitter::shape_matrix)) return wrong_result(to_rule);
  if (components(a) != components(b) || ((a ^ b) & Emitter::shape_cooperative))
    return wrong_result("must have as many components as operand 1");
  const bool other_encoding = (a ^ b) >> Emitter::shape_encoding_shift & 63;
  if (other_width && width(a) == width(b) && !other_encoding)
    return wrong_result("must have another width than operand 1; use OpBitcast or OpCopyObject");
  return true;
}
AIRSTRIP_INLINE bool TypeChecker::pointer(std::size_t i, std::uint32_t& pointee, StorageClass& storage) {
  if (count_ <= i) return too_few();
  const std::uint32_t type = type_of(i);
  const Words words = words_of(type);
  if (op_of_type(type) != Op::OpTypePointer || words.size() < 4) return wrong("must be a pointer", i);
  storage = static_cast<StorageClass>(words[2]);
  pointee = words[3];
  return true;
}

/// Follows indices from operand `first` on into a type: literals, or ids of integers (constants for a structure).
AIRSTRIP_INLINE bool TypeChecker::walk(std::uint32_t& type, std::size_t first, bool literals) {
  for (std::size_t i = first; i < count_; ++i) {
    const Words words = words_of(type);
    if (words.size() < 3 && op_of_type(type) != Op::OpTypeStruct)
      return wrong("indexes into a type that has no members", i);
    bool known = literals;
    std::uint32_t index = literals ? id(i) : 0;
    if (!literals) {
      if (kind(shape_of(i)) != Emitter::shape_int || components(shape_of(i)) != 1)
        return wrong("must be an integer scalar", i);
      index = type_of(i) ? literal_of(id(i), known) : 0;
    }
    std::uint64_t length = static_cast<std::uint64_t>(-1);
    switch (op_of_type(type)) {
      case Op::OpTypeStruct:
        if (!known) return wrong("selects a member of a structure and must be an OpConstant", i);
        if (index + 2 >= words.size()) return wrong("is past the last member of the structure", i);
        type = words[index + 2];
        continue;
      case Op::OpTypeVector:
      case Op::OpTypeMatrix: length = words[3]; break;
      case Op::OpTypeArray: {
        bool fixed = false;
        const std::uint32_t n = literal_of(words[3], fixed);
        if (fixed) length = n;
        break;
      }
      case Op::OpTypeRuntimeArray:
      case Op::OpTypeCooperativeMatrixKHR: break;
      default: return wrong("indexes into a type that has no members", i);
    }
    if (known && index >= length) return wrong("is past the end", i);
    type = words[2];
  }
  return true;
}

AIRSTRIP_INLINE bool TypeChecker::access_chain(std::size_t first) {
  std::uint32_t pointee = 0;
  StorageClass storage{};
  if (!pointer(0, pointee, storage)) return false;
  if (first == 2 && (count_ < 2 || kind(shape_of(1)) != Emitter::shape_int || components(shape_of(1)) != 1))
    return count_ < 2 ? too_few() : wrong("must be an integer scalar", 1);
  if (!walk(pointee, first, false)) return false;
  if (type_ == 0) {
    type_ = first == 2 && count_ == 2
                ? type_of(0)
                : declare(Op::OpTypePointer, {static_cast<std::uint32_t>(storage), pointee});
    return type_ != 0;
  }
  const Words words = words_of(type_);
  if (op_of_type(type_) != Op::OpTypePointer || words.size() < 4) return wrong_result("must be a pointer");
  if (static_cast<StorageClass>(words[2]) != storage)
    return wrong_result("must have the storage class of the base");
  if (words[3] != pointee) return wrong_result("must point to what the indices select");
  if (first == 1 && count_ == 3) remember_element();
  return true;
}

// An element of a runtime array in a block: nothing depends on which.
AIRSTRIP_INLINE void TypeChecker::remember_element() {
  const Words block = words_of(words_of(type_of(0))[3]);
  bool known = false;
  const std::uint32_t member = literal_of(id(1), known);
  if (!known || op_of_type(block[member + std::size_t{2}]) != Op::OpTypeRuntimeArray) return;
  e_.elements_[id(0) % Emitter::element_count] = {e_.make(id(0)), id(1), type_};
}

/// `wanted`: shape class of the value, 0 for any number. Operands: pointer, scope, semantics, [semantics,] value….
AIRSTRIP_INLINE bool TypeChecker::atomic(std::size_t value, std::uint32_t wanted) {
  std::uint32_t pointee = 0;
  StorageClass storage{};
  if (!pointer(0, pointee, storage)) return false;
  const std::uint32_t shape = e_.info(pointee).shape;
  if (wanted != 0 && (kind(shape) != wanted || !plain(shape)))
    return wrong(wanted == Emitter::shape_int ? "must point to an integer"
                                              : "must point to a floating-point number",
                 0);
  if (kind(shape) < Emitter::shape_int) return wrong("must point to a number", 0);
  for (std::size_t i = value; i < count_; ++i)
    if (!same(i, pointee, "must have the type that operand 1 points to")) return false;
  if (key_.rule == TypeRule::AtomicStore) return true;
  return result(pointee, "must be the type that operand 1 points to");
}

/// `wanted`: shape class of the value, 0 for any number or boolean. The result has the type of the value.
AIRSTRIP_INLINE bool TypeChecker::group(std::size_t value, std::uint32_t wanted) {
  if (count_ <= value) return too_few();
  const std::uint32_t shape = shape_of(value);
  if (!plain(shape)) return wrong("must be a scalar or vector", value);
  if (wanted != 0 && kind(shape) != wanted)
    return wrong(wanted == Emitter::shape_int     ? "must be an integer scalar or vector"
                 : wanted == Emitter::shape_float ? "must be a floating-point scalar or vector"
                                                  : "must be a boolean scalar or vector",
                 value);
  if (wanted != 0 && id(1) == static_cast<std::uint32_t>(GroupOperation::ClusteredReduce) &&
      count_ <= value + 1) {
    e_.fail(ErrorCode::InvalidOperand, "ClusteredReduce needs the operand ClusterSize", at_,
            grammar::instructions()[key_.index].name);
    return false;
  }
  return result(type_of(value), "must be the type of the value");
}

/// Constituents that make up a composite: structures, arrays, matrices by member; vectors also from shorter vectors.
AIRSTRIP_INLINE bool TypeChecker::composite_parts(std::size_t first, const char* rule) {
  const Words words = words_of(type_);
  const std::size_t given = count_ - first;
  switch (op_of_type(type_)) {
    case Op::OpTypeVector: {
      std::uint32_t filled = 0;
      for (std::size_t i = first; i < count_; ++i) {
        if (type_of(i) != words[2] &&
            (op_of_type(type_of(i)) != Op::OpTypeVector || words_of(type_of(i))[2] != words[2]))
          return wrong("must be a component, or a vector of components, of the result", i);
        if (type_of(i) != words[2] && key_.rule == TypeRule::ConstantComposite)
          return wrong("must be a component of the constant vector", i);
        filled += components(shape_of(i));
      }
      return filled == words[3] ||
             wrong_result("has another number of components than the operands together");
    }
    case Op::OpTypeStruct:
      if (given + 2 != words.size())
        return wrong_result("has another number of members than there are operands");
      for (std::size_t i = 0; i < given; ++i)
        if (type_of(first + i) != words[i + 2]) return wrong(rule, first + i);
      return true;
    case Op::OpTypeArray: {
      bool known = false;
      const std::uint32_t length = literal_of(words[3], known);
      if (known && length != given) return wrong_result("has another length than there are operands");
      for (std::size_t i = first; i < count_; ++i)
        if (type_of(i) != words[2]) return wrong(rule, i);
      return true;
    }
    case Op::OpTypeMatrix:
      if (given != words[3]) return wrong_result("has another number of columns than there are operands");
      for (std::size_t i = first; i < count_; ++i)
        if (type_of(i) != words[2]) return wrong(rule, i);
      return true;
    case Op::OpTypeCooperativeMatrixKHR:
      if (given != 1) return wrong_result("is a cooperative matrix, which is made from one scalar");
      return same(first, words[2], "must have the component type of the cooperative matrix");
    default:
      return op_of_type(type_) >= Op::OpTypeVoid && op_of_type(type_) <= Op::OpTypePipe
                 ? wrong_result("is not a composite")
                 : true;  // composites of extensions: the caller's word
  }
}

AIRSTRIP_INLINE bool TypeChecker::function_call() {
  if (count_ < 1) return too_few();
  const Words function = words_of(info_of(0).shape);  // a function's shape holds its type
  if (function.empty())
    return type_ != 0 || wrong_result("must be given: the function is only reserved so far");
  if (function.size() - 3 != count_ - 1) {
    e_.fail(ErrorCode::WrongType, "the call has another number of arguments than the function has parameters",
            at_, "OpFunctionCall", e_.describe(id(0)));
    return false;
  }
  for (std::size_t i = 1; i < count_; ++i)
    if (type_of(i) != function[i + 2]) return wrong("must have the type of the function's parameter", i);
  return result(function[2], "must be what the function returns");
}

AIRSTRIP_INLINE bool TypeChecker::constant() {
  const std::uint32_t shape = result_shape();
  if (kind(shape) < Emitter::shape_int || components(shape) != 1 || !plain(shape))
    return wrong_result("must be an integer or floating-point scalar");
  const std::uint32_t bits = width(shape);
  if (count_ != (bits > 32 ? 2u : 1u)) {
    e_.fail(ErrorCode::InvalidOperand, "the literal must have as many words as the type's width needs", at_,
            grammar::instructions()[key_.index].name);
    return false;
  }
  // SPIR-V 2.2.1: a narrow literal fills its word with zeros, or with the sign of a signed integer.
  if (bits < 32) {
    const std::uint32_t high = id(0) >> bits;
    const bool negative = (id(0) >> (bits - 1) & 1) != 0 && (shape & sign);
    if (high != (negative ? 0xFFFFFFFFu >> bits : 0)) {
      e_.fail(ErrorCode::InvalidOperand,
              "the bits above the type's width must be zero, or copies of the sign of a signed integer", at_,
              grammar::instructions()[key_.index].name);
      return false;
    }
  }
  return true;
}

AIRSTRIP_INLINE bool TypeChecker::matrix_product() {
  if (count_ < 2) return too_few();
  const std::uint32_t a = type_of(0), b = type_of(1);
  const auto matrix = [&](std::size_t i) { return op_of_type(type_of(i)) == Op::OpTypeMatrix; };
  const auto vector = [&](std::size_t i) {
    return op_of_type(type_of(i)) == Op::OpTypeVector && kind(shape_of(i)) == Emitter::shape_float;
  };
  const char* const fit = "does not fit operand 1 in size or component type";
  const char* const made = "must be the type of the product";
  switch (key_.rule) {
    case TypeRule::VectorTimesScalar:
      if (!vector(0)) return wrong("must be a floating-point vector", 0);
      return same(1, words_of(a)[2], "must be a scalar of the vector's component type") &&
             result(a, "must be the type of the vector");
    case TypeRule::MatrixTimesScalar:
      if (!matrix(0) && !(shape_of(0) & Emitter::shape_cooperative)) return wrong("must be a matrix", 0);
      return same(1, scalar_type(a), "must be a scalar of the matrix's component type") &&
             result(a, "must be the type of the matrix");
    case TypeRule::VectorTimesMatrix:
      if (!vector(0)) return wrong("must be a floating-point vector", 0);
      if (!matrix(1)) return wrong("must be a matrix", 1);
      if (words_of(b)[2] != a) return wrong(fit, 1);
      return result(vector_of(scalar_type(a), words_of(b)[3]), made);
    case TypeRule::MatrixTimesVector:
      if (!matrix(0)) return wrong("must be a matrix", 0);
      if (!vector(1)) return wrong("must be a floating-point vector", 1);
      if (components(shape_of(1)) != words_of(a)[3] || scalar_type(a) != scalar_type(b)) return wrong(fit, 1);
      return result(words_of(a)[2], made);
    case TypeRule::MatrixTimesMatrix:
      if (!matrix(0)) return wrong("must be a matrix", 0);
      if (!matrix(1)) return wrong("must be a matrix", 1);
      if (components(e_.info(words_of(b)[2]).shape) != words_of(a)[3] || scalar_type(a) != scalar_type(b))
        return wrong(fit, 1);
      return result(declare(Op::OpTypeMatrix, {words_of(a)[2], words_of(b)[3]}), made);
    default:  // OuterProduct
      if (!vector(0)) return wrong("must be a floating-point vector", 0);
      if (!vector(1)) return wrong("must be a floating-point vector", 1);
      if (scalar_type(a) != scalar_type(b)) return wrong(fit, 1);
      return result(declare(Op::OpTypeMatrix, {a, components(shape_of(1))}), made);
  }
}

// The arguments of the instructions of GLSL.std.450 that kernels use most and that take and give floats of one type, of
// any width; 0: another one.
constexpr std::size_t float_arguments(GLSLstd450 number) {
  switch (number) {
    case GLSLstd450::FAbs:
    case GLSLstd450::Floor:
    case GLSLstd450::Ceil:
    case GLSLstd450::Fract:
    case GLSLstd450::Sqrt:
    case GLSLstd450::InverseSqrt: return 1;
    case GLSLstd450::FMin:
    case GLSLstd450::FMax:
    case GLSLstd450::NMin:
    case GLSLstd450::NMax: return 2;
    case GLSLstd450::FClamp:
    case GLSLstd450::NClamp:
    case GLSLstd450::FMix:
    case GLSLstd450::Fma: return 3;
    default: return 0;
  }
}

// Whether all arguments are of one type, as the result, which may be left to be deduced. What is not in order is found
// again by `ext_inst`, which says what it is.
AIRSTRIP_INLINE bool TypeChecker::ext_inst_of_floats(std::size_t arguments) {
  if (arguments == 0 || count_ != arguments + 2) return false;
  const std::uint32_t type = type_of(2), shape = shape_of(2);
  if (kind(shape) != Emitter::shape_float || !plain(shape) || (shape & Emitter::shape_encoding) != 0)
    return false;
  for (std::size_t i = 3; i < count_; ++i)
    if (type_of(i) != type || shape_of(i) != shape) return false;
  if (type_ == 0) type_ = type;
  return type_ == type;
}

// GLSL.std.450: the instructions whose operands and result share one type (the extended instruction set's section 2).
AIRSTRIP_INLINE bool TypeChecker::ext_inst() {
  if (count_ < 2) return too_few();
  if (shape_of(0) != 1) return type_ != 0 || wrong_result("must be given for this instruction set");
  const auto number = static_cast<GLSLstd450>(id(1));
  if (ext_inst_of_floats(float_arguments(number))) return true;
  const ExtInstSetInfo* const set = grammar::find_ext_inst_set("GLSL.std.450");
  const ExtInstInfo* const info = set ? grammar::find(*set, id(1)) : nullptr;
  if (!info) {
    String message("GLSL.std.450 has no instruction ");
    message << id(1);
    e_.fail(ErrorCode::UnknownInstruction, static_cast<String&&>(message), at_, "OpExtInst");
    return false;
  }
  std::uint32_t wanted = 0;
  switch (number) {
    case GLSLstd450::Round:
    case GLSLstd450::RoundEven:
    case GLSLstd450::Trunc:
    case GLSLstd450::FAbs:
    case GLSLstd450::FSign:
    case GLSLstd450::Floor:
    case GLSLstd450::Ceil:
    case GLSLstd450::Fract:
    case GLSLstd450::Radians:
    case GLSLstd450::Degrees:
    case GLSLstd450::Sin:
    case GLSLstd450::Cos:
    case GLSLstd450::Tan:
    case GLSLstd450::Asin:
    case GLSLstd450::Acos:
    case GLSLstd450::Atan:
    case GLSLstd450::Sinh:
    case GLSLstd450::Cosh:
    case GLSLstd450::Tanh:
    case GLSLstd450::Asinh:
    case GLSLstd450::Acosh:
    case GLSLstd450::Atanh:
    case GLSLstd450::Atan2:
    case GLSLstd450::Pow:
    case GLSLstd450::Exp:
    case GLSLstd450::Log:
    case GLSLstd450::Exp2:
    case GLSLstd450::Log2:
    case GLSLstd450::Sqrt:
    case GLSLstd450::InverseSqrt:
    case GLSLstd450::FMin:
    case GLSLstd450::FMax:
    case GLSLstd450::FClamp:
    case GLSLstd450::FMix:
    case GLSLstd450::Step:
    case GLSLstd450::SmoothStep:
    case GLSLstd450::Fma:
    case GLSLstd450::NMin:
    case GLSLstd450::NMax:
    case GLSLstd450::NClamp:
    case GLSLstd450::Normalize:
    case GLSLstd450::Cross:
    case GLSLstd450::FaceForward:
    case GLSLstd450::Reflect: wanted = Emitter::shape_float; break;
    case GLSLstd450::SAbs:
    case GLSLstd450::SSign:
    case GLSLstd450::UMin:
    case GLSLstd450::SMin:
    case GLSLstd450::UMax:
    case GLSLstd450::SMax:
    case GLSLstd450::UClamp:
    case GLSLstd450::SClamp:
    case GLSLstd450::FindILsb:
    case GLSLstd450::FindSMsb:
    case GLSLstd450::FindUMsb: wanted = Emitter::shape_int; break;
    case GLSLstd450::Length:
    case GLSLstd450::Distance:
      if (count_ < 3 || kind(shape_of(2)) != Emitter::shape_float)
        return count_ < 3 ? too_few() : wrong("must be a floating-point scalar or vector", 2);
      return result(scalar_type(type_of(2)), "must be the component type of the operands");
    default: return type_ != 0 || wrong_result("must be given for this instruction");
  }
  if (count_ - 2 != info->operand_count) {
    String message;
    message << info->name << " takes " << std::uint32_t{info->operand_count} << " operands";
    e_.fail(ErrorCode::InvalidOperand, static_cast<String&&>(message), at_, "OpExtInst");
    return false;
  }
  // The transcendental functions and the searches for bits are defined for no wider numbers.
  const bool narrow = (number >= GLSLstd450::Radians && number <= GLSLstd450::Log2) ||
                      (number >= GLSLstd450::FindILsb && number <= GLSLstd450::FindUMsb);
  const std::uint32_t shape = shape_of(2);
  for (std::size_t i = 2; i < count_; ++i) {
    if (!plain(shape_of(i)) || kind(shape_of(i)) != wanted)
      return wrong(wanted == Emitter::shape_int ? "must be an integer scalar or vector"
                                                : "must be a floating-point scalar or vector",
                   i);
    if (shape_of(i) & Emitter::shape_encoding) return wrong(no_arithmetic, i);
    if (narrow && width(shape_of(i)) > 32) return wrong("must be of 32 bits at most", i);
    if ((shape_of(i) ^ shape) & ~sign) return wrong("differs from the first argument", i);
  }
  if (type_ == 0) type_ = type_of(2);
  return ((result_shape() ^ shape) & ~sign) == 0 || wrong_result("must be the type of the arguments");
}

AIRSTRIP_SPIRV_NAMESPACE_END

#include "type_rules_check.hpp"
