// TypeChecker::check: one case for each rule of scripts/grammar/type_rules.txt, in its order.
#pragma once

#include "type_rules.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

AIRSTRIP_INLINE bool TypeChecker::check() {
  constexpr std::uint32_t shape_bool = Emitter::shape_bool, shape_int = Emitter::shape_int,
                          shape_float = Emitter::shape_float;
  const char* const int_rule = "must be an integer scalar or vector";
  const char* const float_rule = "must be a floating-point scalar or vector";
  const char* const bool_rule = "must be a boolean scalar or vector";
  std::uint32_t pointee = 0;
  StorageClass storage{};
  // Rules read operands as ids; a literal where an id belongs can only come through `instruction`, which has checked.
  switch (key_.rule) {
    case TypeRule::Unchecked: return true;

    case TypeRule::Load:
      if (!pointer(0, pointee, storage)) return false;
      return result(pointee, "must be the type that operand 1 points to");
    case TypeRule::Store:
      if (count_ < 2) return too_few();
      if (!pointer(0, pointee, storage)) return false;
      if (storage == StorageClass::UniformConstant || storage == StorageClass::Input ||
          storage == StorageClass::PushConstant)
        return wrong("points to memory that is read-only", 0);
      return same(1, pointee, "must have the type that operand 1 points to");
    case TypeRule::CopyMemory: {
      std::uint32_t source = 0;
      if (!pointer(0, pointee, storage) || !pointer(1, source, storage)) return false;
      return source == pointee || wrong("must point to the same type as operand 1", 1);
    }
    case TypeRule::AccessChain: return access_chain(1);
    case TypeRule::PtrAccessChain: return access_chain(2);
    case TypeRule::ArrayLength: {
      if (count_ < 2) return too_few();
      if (!pointer(0, pointee, storage)) return false;
      if (storage == StorageClass::PhysicalStorageBuffer)
        return wrong("is a physical pointer, behind which an array has no known length", 0);
      const Words words = words_of(pointee);
      if (op_of_type(pointee) != Op::OpTypeStruct || words.size() < 3 ||
          op_of_type(words[words.size() - 1]) != Op::OpTypeRuntimeArray)
        return wrong("must point to a structure that ends in a runtime array", 0);
      if (id(1) + 3 != words.size()) return wrong("must be the index of the structure's last member", 1);
      return result(uint32_type(), "must be a 32-bit unsigned integer");
    }
    case TypeRule::Variable: {
      if (count_ < 1) return too_few();
      const Words words = words_of(type_);
      if (op_of_type(type_) != Op::OpTypePointer || words.size() < 4)
        return wrong_result("must be a pointer");
      if (words[2] != id(0)) return wrong_result("must have the storage class of the variable");
      if (words[2] == static_cast<std::uint32_t>(StorageClass::Function) &&
          e_.has_explicit_layout(words[3]) && e_.memory_model_ != MemoryModel::OpenCL)
        return wrong_result("has explicit layout (Offset, ArrayStride), which belongs to buffers only");
      if (count_ < 2) return true;
      if (!(info_of(1).flags & Emitter::global)) return wrong("must be a constant or a global variable", 1);
      return same(1, words[3], "must have the type of the variable");
    }
    case TypeRule::Function: {
      if (count_ < 2) return too_few();
      const Words words = words_of(id(1));
      if (op_of_type(id(1)) != Op::OpTypeFunction || words.size() < 3)
        return wrong("must be a function type", 1);
      return type_ == words[2] || wrong_result("must be the return type of the function type");
    }
    case TypeRule::FunctionParameter: {
      const Words words = words_of(e_.info(e_.current_function_.number()).shape);
      const std::size_t position = e_.parameters_;
      if (words.size() < position + 4)
        return wrong_result("has no place: the function type has fewer parameters");
      return words[position + 3] == type_ ||
             wrong_result("must be the type of this parameter in the function type");
    }
    case TypeRule::FunctionCall: return function_call();

    case TypeRule::Constant: return constant();
    case TypeRule::ConstantBool:
      return result_shape() ==
                 (shape_bool | 1u << Emitter::shape_components_shift | 1u << Emitter::shape_width_shift) ||
             wrong_result("must be OpTypeBool");
    case TypeRule::ConstantComposite: return composite_parts(0, "must have the type of this member");

    case TypeRule::SampledImage:
      if (count_ < 2) return too_few();
      if (op_of_type(type_of(0)) != Op::OpTypeImage) return wrong("must be an image", 0);
      if (op_of_type(type_of(1)) != Op::OpTypeSampler) return wrong("must be a sampler", 1);
      return result(declare(Op::OpTypeSampledImage, {type_of(0)}), "must be the sampled image of operand 1");
    case TypeRule::ImageOf:
      if (count_ < 1) return too_few();
      if (op_of_type(type_of(0)) != Op::OpTypeSampledImage) return wrong("must be a sampled image", 0);
      return result(words_of(type_of(0))[2], "must be the image of operand 1");
    case TypeRule::ImageSample: {
      if (count_ < 2) return too_few();
      const bool sampled = key_.op != Op::OpImageFetch && key_.op != Op::OpImageRead;
      if (op_of_type(type_of(0)) != (sampled ? Op::OpTypeSampledImage : Op::OpTypeImage))
        return wrong(sampled ? "must be a sampled image" : "must be an image", 0);
      const std::uint32_t image = sampled ? words_of(type_of(0))[2] : type_of(0);
      const std::uint32_t texel = words_of(image)[2];
      if (!plain(shape_of(1)) || kind(shape_of(1)) < shape_int)
        return wrong("must be a numeric scalar or vector", 1);
      // Vulkan asks for four components, except of OpImageRead (VUID-StandaloneSpirv-OpImageFetch … -04778).
      if (op_of_type(texel) != Op::OpTypeVoid && scalar_type(type_) != texel)
        return wrong_result("must have the sampled type of the image as its component type");
      return key_.op == Op::OpImageRead || components(result_shape()) == 4 ||
             e_.target().environment() == Environment::OpenCL || wrong_result("must have four components");
    }
    case TypeRule::ImageWrite:
      if (count_ < 3) return too_few();
      if (op_of_type(type_of(0)) != Op::OpTypeImage) return wrong("must be an image", 0);
      if (!plain(shape_of(1)) || kind(shape_of(1)) != shape_int) return wrong(int_rule, 1);
      if (op_of_type(words_of(type_of(0))[2]) != Op::OpTypeVoid &&
          scalar_type(type_of(2)) != words_of(type_of(0))[2])
        return wrong("must have the sampled type of the image as its component type", 2);
      return true;
    case TypeRule::ImageQuery:
      if (count_ < 1) return too_few();
      if (op_of_type(type_of(0)) != Op::OpTypeImage) return wrong("must be an image", 0);
      return (kind(result_shape()) == shape_int && plain(result_shape())) || wrong_result(int_rule);
    case TypeRule::ImageTexelPointer: {
      const Words words = words_of(type_);
      if (op_of_type(type_) != Op::OpTypePointer || words.size() < 4 ||
          static_cast<StorageClass>(words[2]) != StorageClass::Image)
        return wrong_result("must be a pointer of storage class Image");
      return true;
    }

    case TypeRule::ConvertFloatToUnsigned:
      if (!convert(shape_float, shape_int, float_rule, int_rule, false)) return false;
      return !(result_shape() & sign) || wrong_result("must be unsigned");
    case TypeRule::ConvertFloatToInt: return convert(shape_float, shape_int, float_rule, int_rule, false);
    case TypeRule::ConvertIntToFloat: return convert(shape_int, shape_float, int_rule, float_rule, false);
    case TypeRule::ConvertUnsigned:
      if (!convert(shape_int, shape_int, int_rule, int_rule, true)) return false;
      return !(result_shape() & sign) || wrong_result("must be unsigned");
    case TypeRule::ConvertSigned: return convert(shape_int, shape_int, int_rule, int_rule, true);
    case TypeRule::ConvertFloat: return convert(shape_float, shape_float, float_rule, float_rule, true);
    case TypeRule::QuantizeToF16:
      if (count_ < 1) return too_few();
      if (kind(shape_of(0)) != shape_float || !plain(shape_of(0)) || width(shape_of(0)) != 32)
        return wrong("must be a 32-bit floating-point scalar or vector", 0);
      return result(type_of(0), "must be the type of operand 1");
    case TypeRule::Bitcast: {
      if (count_ < 1) return too_few();
      const std::uint32_t a = shape_of(0), b = result_shape();
      const auto castable = [&](std::uint32_t shape, std::uint32_t type) {
        return (kind(shape) >= shape_int && !(shape & Emitter::shape_matrix)) ||
               op_of_type(type) == Op::OpTypePointer;
      };
      if (!castable(a, type_of(0))) return wrong("must be a number, a vector of numbers or a pointer", 0);
      if (!castable(b, type_)) return wrong_result("must be a number, a vector of numbers or a pointer");
      if (a != 0 && b != 0 && width(a) * components(a) != width(b) * components(b))
        return wrong_result("must have as many bits as operand 1");
      return true;
    }
    case TypeRule::ConvertPointer: {
      if (count_ < 1) return too_few();
      const bool to_number = key_.op == Op::OpConvertPtrToU;
      const std::uint32_t number = to_number ? result_shape() : shape_of(0);
      const std::uint32_t pointer_type = to_number ? type_of(0) : type_;
      if (kind(number) != shape_int || components(number) != 1)
        return to_number ? wrong_result("must be an integer scalar") : wrong("must be an integer scalar", 0);
      if (op_of_type(pointer_type) != Op::OpTypePointer)
        return to_number ? wrong("must be a pointer", 0) : wrong_result("must be a pointer");
      return true;
    }

    case TypeRule::VectorExtractDynamic:
    case TypeRule::VectorInsertDynamic: {
      const bool insert = key_.rule == TypeRule::VectorInsertDynamic;
      const std::size_t index = insert ? 2 : 1;
      if (count_ <= index) return too_few();
      if (op_of_type(type_of(0)) != Op::OpTypeVector) return wrong("must be a vector", 0);
      if (insert && !same(1, scalar_type(type_of(0)), "must have the vector's component type")) return false;
      if (kind(shape_of(index)) != shape_int || components(shape_of(index)) != 1)
        return wrong("must be an integer scalar", index);
      return insert ? result(type_of(0), "must be the type of the vector")
                    : result(scalar_type(type_of(0)), "must be the vector's component type");
    }
    case TypeRule::VectorShuffle: {
      if (count_ < 4) return too_few();
      for (std::size_t i = 0; i < 2; ++i)
        if (op_of_type(type_of(i)) != Op::OpTypeVector) return wrong("must be a vector", i);
      if (scalar_type(type_of(0)) != scalar_type(type_of(1)))
        return wrong("must have the same component type as operand 1", 1);
      const std::uint32_t available = components(shape_of(0)) + components(shape_of(1));
      for (std::size_t i = 2; i < count_; ++i)
        if (id(i) >= available && id(i) != 0xFFFFFFFF)
          return wrong("selects a component past both vectors", i);
      return result(vector_of(scalar_type(type_of(0)), static_cast<std::uint32_t>(count_ - 2)),
                    "must have one component for each selector");
    }
    case TypeRule::CompositeConstruct: return composite_parts(0, "must have the type of this member");
    case TypeRule::CompositeExtract: {
      if (count_ < 1) return too_few();
      std::uint32_t inner = type_of(0);
      return walk(inner, 1, true) && result(inner, "must be the type of the part");
    }
    case TypeRule::CompositeInsert: {
      if (count_ < 2) return too_few();
      std::uint32_t inner = type_of(1);
      return walk(inner, 2, true) && same(0, inner, "must have the type of the part that it replaces") &&
             result(type_of(1), "must be the type of the composite");
    }
    case TypeRule::CopyObject:
      if (count_ < 1) return too_few();
      return result(type_of(0), "must be the type of operand 1");
    case TypeRule::Transpose: {
      if (count_ < 1) return too_few();
      if (op_of_type(type_of(0)) != Op::OpTypeMatrix) return wrong("must be a matrix", 0);
      const Words words = words_of(type_of(0));
      const std::uint32_t rows = components(e_.info(words[2]).shape), columns = words[3];
      const std::uint32_t column = vector_of(scalar_type(type_of(0)), columns);
      return result(column ? declare(Op::OpTypeMatrix, {column, rows}) : 0,
                    "must be the transposed matrix type");
    }

    case TypeRule::IntUnary: return all_operands(1, shape_int, int_rule);
    case TypeRule::FloatUnary: return all_operands(1, shape_float, float_rule);
    case TypeRule::IntBinary: return all_operands(2, shape_int, int_rule);
    case TypeRule::UnsignedBinary:
      for (std::size_t i = 0; i < 2 && i < count_; ++i)
        if (kind(shape_of(i)) == shape_int && (shape_of(i) & sign)) return wrong("must be unsigned", i);
      if (!all_operands(2, shape_int, int_rule)) return false;
      return !(result_shape() & sign) || wrong_result("must be unsigned");
    case TypeRule::FloatBinary: return all_operands(2, shape_float, float_rule);
    case TypeRule::VectorTimesScalar:
    case TypeRule::MatrixTimesScalar:
    case TypeRule::VectorTimesMatrix:
    case TypeRule::MatrixTimesVector:
    case TypeRule::MatrixTimesMatrix:
    case TypeRule::OuterProduct: return matrix_product();
    case TypeRule::Dot:
      if (count_ < 2) return too_few();
      if (op_of_type(type_of(0)) != Op::OpTypeVector || kind(shape_of(0)) != shape_float)
        return wrong("must be a floating-point vector", 0);
      return same(1, type_of(0), "must have the type of operand 1") &&
             result(scalar_type(type_of(0)), "must be the component type of the vectors");
    case TypeRule::ExtendedArithmetic: {
      if (count_ < 2) return too_few();
      const bool is_signed = key_.op == Op::OpSMulExtended;
      for (std::size_t i = 0; i < 2; ++i)
        if (kind(shape_of(i)) != shape_int || !plain(shape_of(i)) || (!is_signed && (shape_of(i) & sign)))
          return wrong(is_signed ? int_rule : "must be an unsigned integer scalar or vector", i);
      if (!same(1, type_of(0), "must have the type of operand 1")) return false;
      if (type_ == 0) return result(declare(Op::OpTypeStruct, {type_of(0), type_of(0)}), "");
      const Words words = words_of(type_);
      return (op_of_type(type_) == Op::OpTypeStruct && words.size() == 4 && words[2] == type_of(0) &&
              words[3] == type_of(0)) ||
             wrong_result("must be a structure of two members of the type of operand 1");
    }
    case TypeRule::IntegerDot:
    case TypeRule::IntegerDotAccSat: {
      const bool accumulates = key_.rule == TypeRule::IntegerDotAccSat;
      if (count_ < (accumulates ? 3u : 2u)) return too_few();
      for (std::size_t i = 0; i < 2; ++i)
        if (kind(shape_of(i)) != shape_int || !plain(shape_of(i))) return wrong(int_rule, i);
      if ((shape_of(0) ^ shape_of(1)) & ~sign)
        return wrong("differs from operand 1 in width or number of components", 1);
      const bool packed = count_ > (accumulates ? 3u : 2u);
      if (packed != (components(shape_of(0)) == 1))
        return packed ? wrong("must be a 32-bit scalar where a packed format is given", 0)
                      : wrong("must be a vector where no packed format is given", 0);
      if (packed && width(shape_of(0)) != 32)
        return wrong("must be a 32-bit scalar where a packed format is given", 0);
      const bool is_unsigned = key_.op == Op::OpUDot || key_.op == Op::OpUDotAccSat;
      if (is_unsigned && ((shape_of(0) | shape_of(1)) & sign)) return wrong("must be unsigned", 0);
      if (accumulates && !result(type_of(2), "must be the type of the accumulator")) return false;
      if (kind(result_shape()) != shape_int || components(result_shape()) != 1)
        return wrong_result("must be an integer scalar");
      if (is_unsigned && (result_shape() & sign)) return wrong_result("must be unsigned");
      return width(result_shape()) >= (packed ? 8 : width(shape_of(0))) ||
             wrong_result("must be as wide as the components at least");
    }

    case TypeRule::Shift:
      if (count_ < 2) return too_few();
      for (std::size_t i = 0; i < 2; ++i)
        if (kind(shape_of(i)) != shape_int || !plain(shape_of(i))) return wrong(int_rule, i);
      if (components(shape_of(0)) != components(shape_of(1)))
        return wrong("must have as many components as operand 1", 1);
      if (type_ == 0) type_ = type_of(0);
      return ((result_shape() ^ shape_of(0)) & ~sign) == 0 || wrong_result("must have the type of operand 1");
    case TypeRule::BitFieldInsert:
    case TypeRule::BitFieldExtract: {
      const std::size_t values = key_.rule == TypeRule::BitFieldInsert ? 2 : 1;
      if (count_ < values + 2) return too_few();
      if (kind(shape_of(0)) != shape_int || !plain(shape_of(0))) return wrong(int_rule, 0);
      if (values == 2 && !same(1, type_of(0), "must have the type of operand 1")) return false;
      for (std::size_t i = values; i < values + 2; ++i)
        if (kind(shape_of(i)) != shape_int || components(shape_of(i)) != 1)
          return wrong("must be an integer scalar", i);
      return result(type_of(0), "must be the type of operand 1");
    }
    case TypeRule::BitReverse:
      if (count_ < 1) return too_few();
      if (kind(shape_of(0)) != shape_int || !plain(shape_of(0))) return wrong(int_rule, 0);
      return result(type_of(0), "must be the type of operand 1");
    case TypeRule::BitCount:
      if (count_ < 1) return too_few();
      if (kind(shape_of(0)) != shape_int || !plain(shape_of(0))) return wrong(int_rule, 0);
      if (type_ == 0) type_ = type_of(0);
      return (kind(result_shape()) == shape_int && components(result_shape()) == components(shape_of(0))) ||
             wrong_result("must be an integer type with as many components as operand 1");

    case TypeRule::AnyAll:
      if (count_ < 1) return too_few();
      if (kind(shape_of(0)) != shape_bool || components(shape_of(0)) < 2)
        return wrong("must be a boolean vector", 0);
      return result(declare(Op::OpTypeBool, {}), "must be OpTypeBool");
    case TypeRule::FloatTest:
      if (count_ < 1) return too_few();
      if (kind(shape_of(0)) != shape_float || !plain(shape_of(0))) return wrong(float_rule, 0);
      return result(bool_like(shape_of(0)), "must be boolean, with as many components as operand 1");
    case TypeRule::BoolBinary: return all_operands(2, shape_bool, bool_rule);
    case TypeRule::BoolUnary: return all_operands(1, shape_bool, bool_rule);
    case TypeRule::Select: {
      if (count_ < 3) return too_few();
      if (kind(shape_of(0)) != shape_bool) return wrong(bool_rule, 0);
      if (!same(2, type_of(1), "must have the type of operand 2")) return false;
      const std::uint32_t shape = shape_of(1);
      const std::uint32_t n = components(shape_of(0));
      if (n > 1 && (!plain(shape) || components(shape) != n))
        return wrong("must have as many components as operand 2, or be a scalar", 0);
      // SPIR-V 1.4 lifted "scalar, vector or pointer" and let one boolean choose a whole composite.
      if (e_.version() < make_version(1, 4) && op_of_type(type_of(1)) != Op::OpTypePointer &&
          (!plain(shape) || components(shape) != n))
        return wrong("must have as many booleans as operand 2 has components before SPIR-V 1.4", 0);
      return result(type_of(1), "must be the type of operands 2 and 3");
    }
    case TypeRule::IntCompare:
    case TypeRule::FloatCompare: {
      if (count_ < 2) return too_few();
      const bool is_int = key_.rule == TypeRule::IntCompare;
      for (std::size_t i = 0; i < 2; ++i)
        if (kind(shape_of(i)) != (is_int ? shape_int : shape_float) || !plain(shape_of(i)))
          return wrong(is_int ? int_rule : float_rule, i);
      if (shape_of(0) & Emitter::shape_encoding) return wrong(no_arithmetic, 0);
      if ((shape_of(0) ^ shape_of(1)) & ~(is_int ? sign : 0))
        return wrong("differs from operand 1 in width or number of components", 1);
      return result(bool_like(shape_of(0)), "must be boolean, with as many components as the operands");
    }

    case TypeRule::Phi:
      for (std::size_t i = 0; i + 1 < count_; i += 2) {
        // A value that is only reserved takes the type here; its definition must keep to it.
        Emitter::IdInfo& value = e_.info(id(i));
        if (value.type == 0 && !(value.flags & Emitter::defined)) value.type = type_;
        if (!same(i, type_, "must have the result type")) return false;
        if (e_.info(id(i + 1)).kind != IdKind::Label) return wrong("must be the label of a block", i + 1);
      }
      return count_ % 2 == 0 || too_few();
    case TypeRule::BranchConditional:
      if (count_ < 3) return too_few();
      return (kind(shape_of(0)) == shape_bool && components(shape_of(0)) == 1) ||
             wrong("must be a boolean scalar", 0);
    case TypeRule::Switch:
      if (count_ < 2) return too_few();
      if (kind(shape_of(0)) != shape_int || components(shape_of(0)) != 1)
        return wrong("must be an integer scalar", 0);
      e_.check_switch(operands_, count_, at_);
      return !e_.failed();
    case TypeRule::Return:
    case TypeRule::ReturnValue: {
      const Words function = words_of(e_.info(e_.current_function_.number()).shape);
      if (function.size() < 3) return true;
      const bool is_void = op_of_type(function[2]) == Op::OpTypeVoid;
      if (key_.rule == TypeRule::Return) {
        if (is_void) return true;
        e_.fail(ErrorCode::WrongType, "the function returns a value; use OpReturnValue", at_, "OpReturn");
        return false;
      }
      if (count_ < 1) return too_few();
      return same(0, function[2], "must have the return type of the function");
    }

    case TypeRule::AtomicLoad: return atomic(3, 0);
    case TypeRule::AtomicStore: return atomic(3, 0);
    case TypeRule::AtomicUnary: return atomic(3, shape_int);
    case TypeRule::AtomicInt: return atomic(3, shape_int);
    case TypeRule::AtomicExchange: return atomic(3, 0);
    case TypeRule::AtomicFloat: return atomic(3, shape_float);
    case TypeRule::AtomicCompareExchange: return atomic(4, shape_int);

    case TypeRule::GroupElect: return result(declare(Op::OpTypeBool, {}), "must be OpTypeBool");
    case TypeRule::GroupVote:
      if (count_ < 2) return too_few();
      if (kind(shape_of(1)) != shape_bool || components(shape_of(1)) != 1)
        return wrong("must be a boolean scalar", 1);
      return result(type_of(1), "must be OpTypeBool");
    case TypeRule::GroupAllEqual:
      if (count_ < 2) return too_few();
      if (!plain(shape_of(1))) return wrong("must be a scalar or vector", 1);
      return result(declare(Op::OpTypeBool, {}), "must be OpTypeBool");
    case TypeRule::GroupBroadcast:
      if (count_ < 3) return too_few();
      if (kind(shape_of(2)) != shape_int || components(shape_of(2)) != 1)
        return wrong("must be an integer scalar", 2);
      return group(1, 0);
    case TypeRule::GroupBroadcastFirst: return group(1, 0);
    case TypeRule::GroupBallot:
      if (count_ < 2) return too_few();
      if (kind(shape_of(1)) != shape_bool || components(shape_of(1)) != 1)
        return wrong("must be a boolean scalar", 1);
      return result(vector_of(uint32_type(), 4), "must be a vector of four 32-bit unsigned integers");
    case TypeRule::GroupInverseBallot:
    case TypeRule::GroupBallotBitExtract:
    case TypeRule::GroupBallotCount:
    case TypeRule::GroupBallotFind: {
      // OpGroupNonUniformBallotBitCount has the group operation before the value.
      const std::size_t value = key_.rule == TypeRule::GroupBallotCount ? 2 : 1;
      if (count_ <= value) return too_few();
      const std::uint32_t shape = shape_of(value);
      if (kind(shape) != shape_int || components(shape) != 4 || width(shape) != 32)
        return wrong("must be a vector of four 32-bit integers", value);
      const bool flag =
          key_.rule == TypeRule::GroupInverseBallot || key_.rule == TypeRule::GroupBallotBitExtract;
      return flag ? result(declare(Op::OpTypeBool, {}), "must be OpTypeBool")
                  : result(uint32_type(), "must be a 32-bit unsigned integer");
    }
    case TypeRule::GroupIntArithmetic: return group(2, shape_int);
    case TypeRule::GroupFloatArithmetic: return group(2, shape_float);
    case TypeRule::GroupLogical: return group(2, shape_bool);

    case TypeRule::CooperativeLoad:
      if (!pointer(0, pointee, storage)) return false;
      return op_of_type(type_) == Op::OpTypeCooperativeMatrixKHR ||
             wrong_result("must be a cooperative matrix");
    case TypeRule::CooperativeStore:
      if (count_ < 3) return too_few();
      if (!pointer(0, pointee, storage)) return false;
      return op_of_type(type_of(1)) == Op::OpTypeCooperativeMatrixKHR ||
             wrong("must be a cooperative matrix", 1);
    case TypeRule::CooperativeMulAdd: {
      if (count_ < 3) return too_few();
      // Words of the type: component, scope, rows, columns, use. A is M×K (use 0), B is K×N (1), C and result M×N (2).
      for (std::size_t i = 0; i < 3; ++i)
        if (op_of_type(type_of(i)) != Op::OpTypeCooperativeMatrixKHR)
          return wrong("must be a cooperative matrix", i);
      const Words a = words_of(type_of(0)), b = words_of(type_of(1)), c = words_of(type_of(2));
      bool known = false;
      for (std::uint32_t i = 0; i < 3; ++i) {
        const std::uint32_t use = literal_of(words_of(type_of(i))[6], known);
        if (known && use != i)
          return wrong(i == 0   ? "must have the use MatrixAKHR"
                       : i == 1 ? "must have the use MatrixBKHR"
                                : "must have the use MatrixAccumulatorKHR",
                       i);
      }
      if (a[5] != b[4]) return wrong("must have as many rows as operand 1 has columns", 1);
      if (c[4] != a[4] || c[5] != b[5])
        return wrong("must have the rows of operand 1 and the columns of operand 2", 2);
      return result(type_of(2), "must be the type of operand 3");
    }
    case TypeRule::CooperativeLength:
      if (count_ < 1) return too_few();
      if (op_of_type(id(0)) != Op::OpTypeCooperativeMatrixKHR)
        return wrong("must be a cooperative matrix type", 0);
      return result(uint32_type(), "must be a 32-bit unsigned integer");

    case TypeRule::ExtInst: return ext_inst();
  }
  return true;
}

AIRSTRIP_SPIRV_NAMESPACE_END
