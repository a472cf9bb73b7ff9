#pragma once

#include "../type_rules.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// bfloat16 has no arithmetic of its own in SPIR-V (SPV_KHR_bfloat16: conversions, loads, stores, dot products and
// cooperative matrices); the legalisation computes it in f32, so the IR permits it.
inline bool is_scalar_or_vector(Type t) { return !t.is_matrix() && !t.is_void(); }
inline bool is_number(Type t) { return is_scalar_or_vector(t) && !t.is_boolean(); }
inline bool is_u32(Type t) { return t == Type(Scalar::U32); }
inline bool is_int32(Type t) { return t == Type(Scalar::U32) || t == Type(Scalar::I32); }

}  // namespace detail

AIRSTRIP_INLINE bool can_convert(Op op, Type from, Type to) {
  if (from.is_void() || to.is_void()) return false;
  switch (op) {
    case Op::Convert:
      return from.components() == to.components() && from.is_matrix() == to.is_matrix() &&
             (!from.is_matrix() || from.matrix_shape() == to.matrix_shape());
    case Op::ConvertSaturate:
      return detail::is_number(from) && from.components() == to.components() && to.is_int() &&
             !to.is_matrix();
    case Op::Bitcast: return detail::is_number(from) && detail::is_number(to) && from.size() == to.size();
    default: return false;
  }
}

AIRSTRIP_INLINE TypeRuleResult result_type(Op op, Span<const Type> operands, std::uint32_t immediate) {
  using detail::is_int32, detail::is_number, detail::is_scalar_or_vector, detail::is_u32;
  const OpInfo& info = info_of(op);
  if (info.operand_count >= 0 && operands.size() != static_cast<std::size_t>(info.operand_count))
    return {{}, "another number of operands"};
  const Type none;
  const Type a = operands.size() > 0 ? operands[0] : none;
  const Type b = operands.size() > 1 ? operands[1] : none;
  const Type c = operands.size() > 2 ? operands[2] : none;
  const Type boolean(Scalar::Boolean);
  const Type unsigned_word(Scalar::U32), signed_word(Scalar::I32);
  const auto give = [](bool fits, Type type, const char* wanted) {
    return fits ? TypeRuleResult{type, nullptr} : TypeRuleResult{{}, wanted};
  };
  switch (op) {
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div:
      return give(a == b && !a.is_void() && !a.is_boolean(), a, "two numbers (or matrices) of one type");
    case Op::Rem:
    case Op::Mod:
    case Op::Min:
    case Op::Max: return give(a == b && is_number(a), a, "two numbers of one type");
    case Op::Negate: return give((is_number(a) || a.is_matrix()) && !a.is_boolean(), a, "a number");
    case Op::Abs:
    case Op::Sign:
      return give(is_number(a) && (a.is_float() || a.is_signed()), a, "a float or a signed integer");
    case Op::MulHigh:
    case Op::AddCarry:
    case Op::SubBorrow: return give(a == b && is_number(a) && a.is_int(), a, "two integers of one type");
    case Op::Clamp: return give(a == b && a == c && is_number(a), a, "three numbers of one type");
    case Op::NMin:
    case Op::NMax:
    case Op::Step: return give(a == b && is_number(a) && a.is_float(), a, "two floats of one type");
    case Op::NClamp:
    case Op::Fma:
    case Op::Mix:
    case Op::SmoothStep:
      return give(a == b && a == c && is_number(a) && a.is_float(), a, "three floats of one type");
    case Op::And:
    case Op::Or:
    case Op::Xor:
      return give(a == b && is_scalar_or_vector(a) && !a.is_float(), a,
                  "two integers or Booleans of one type");
    case Op::Not: return give(is_scalar_or_vector(a) && !a.is_float(), a, "an integer or a Boolean");
    case Op::ShiftLeft:
    case Op::ShiftRight:
      return give(is_number(a) && is_number(b) && a.is_int() && b.is_int() &&
                      a.components() == b.components(),
                  a, "an integer and a shift of as many components");
    case Op::BitCount:
    case Op::FindLsb:
    case Op::FindMsb:
    case Op::BitReverse: return give(is_number(a) && a.is_int(), a, "an integer");
    case Op::BitFieldExtract:
      return give(is_number(a) && a.is_int() && is_int32(b) && is_int32(c), a,
                  "an integer, and a 32-bit offset and count");
    case Op::BitFieldInsert:
      return give(a == b && is_number(a) && a.is_int() && is_int32(c) && operands.size() == 4 &&
                      is_int32(operands[3]),
                  a, "two integers of one type, and a 32-bit offset and count");
    case Op::Equal:
    case Op::NotEqual:
      return give(a == b && is_scalar_or_vector(a), Type(Scalar::Boolean, a.components()),
                  "two values of one type");
    case Op::Less:
    case Op::LessEqual:
      return give(a == b && is_number(a), Type(Scalar::Boolean, a.components()), "two numbers of one type");
    case Op::IsNan:
    case Op::IsInf:
      return give(is_number(a) && a.is_float(), Type(Scalar::Boolean, a.components()), "a float");
    case Op::Any:
    case Op::All: return give(a.is_boolean() && a.is_vector(), boolean, "a vector of Booleans");
    case Op::Select:
      return give(a.is_boolean() && b == c && is_scalar_or_vector(b) &&
                      (a.components() == 1 || a.components() == b.components()),
                  b, "a Boolean (or one a component) and two values of one type");
    case Op::Extract:
      return give(a.is_vector() && immediate < a.components(), a.component(),
                  "a vector that has the component");
    case Op::Insert:
      return give(a.is_vector() && b == a.component() && immediate < a.components(), a,
                  "a vector that has the component, and a new component of its type");
    case Op::ExtractDynamic:
      return give(a.is_vector() && is_int32(b), a.component(), "a vector and a 32-bit index");
    case Op::InsertDynamic:
      return give(a.is_vector() && b == a.component() && is_int32(c), a,
                  "a vector, a component of its type and a 32-bit index");
    case Op::Dot:
      return give(a == b && a.is_vector() && is_number(a) && a.is_float(), a.component(),
                  "two vectors of floats of one type");
    case Op::DotPacked:
      return give(is_int32(a) && is_int32(b),
                  static_cast<DotKind>(immediate) == DotKind::Unsigned ? unsigned_word : signed_word,
                  "two 32-bit words of four bytes each");
    case Op::DotPackedAccSat: {
      const Type sum = static_cast<DotKind>(immediate) == DotKind::Unsigned ? unsigned_word : signed_word;
      return give(
          is_int32(a) && is_int32(b) && c == sum, sum,
          "two 32-bit words of four bytes each and an accumulator (u32 for unsigned factors, else i32)");
    }
    case Op::Round:
    case Op::RoundEven:
    case Op::Trunc:
    case Op::Floor:
    case Op::Ceil:
    case Op::Fract:
    case Op::Sqrt:
    case Op::InverseSqrt:
    case Op::Normalize:
    case Op::FrexpSignificand: return give(is_number(a) && a.is_float(), a, "a float");
    // GLSL.std.450 has these for 16 and 32 bits alone.
    case Op::Radians:
    case Op::Degrees:
    case Op::Sin:
    case Op::Cos:
    case Op::Tan:
    case Op::Asin:
    case Op::Acos:
    case Op::Atan:
    case Op::Sinh:
    case Op::Cosh:
    case Op::Tanh:
    case Op::Asinh:
    case Op::Acosh:
    case Op::Atanh:
    case Op::Exp:
    case Op::Log:
    case Op::Exp2:
    case Op::Log2:
      return give(is_number(a) && a.is_float() && a.width() <= 32, a, "a float of 16 or 32 bits");
    case Op::Pow:
    case Op::Atan2:
      return give(a == b && is_number(a) && a.is_float() && a.width() <= 32, a,
                  "two floats of 16 or 32 bits, of one type");
    case Op::FrexpExponent: return give(is_number(a) && a.is_float(), a.with(Scalar::I32), "a float");
    case Op::Ldexp:
      return give(is_number(a) && a.is_float() && b == a.with(Scalar::I32), a,
                  "a float and as many i32 exponents");
    case Op::Length:
      return give(is_number(a) && a.is_float(), a.component(), "a float or a vector of floats");
    case Op::Distance:
      return give(a == b && is_number(a) && a.is_float(), a.component(), "two floats of one type");
    case Op::Cross:
      return give(a == b && a.components() == 3 && a.is_float(), a, "two vectors of three floats");
    case Op::FaceForward:
      return give(a == b && a == c && is_number(a) && a.is_float(), a, "three floats of one type");
    case Op::Reflect: return give(a == b && is_number(a) && a.is_float(), a, "two floats of one type");
    case Op::Refract:
      return give(a == b && is_number(a) && a.is_float() && c == a.component(), a,
                  "two floats of one type and a scalar of their component");
    case Op::PackSnorm4x8:
    case Op::PackUnorm4x8: return give(a == Type(Scalar::F32, 4), unsigned_word, "an f32x4");
    case Op::PackSnorm2x16:
    case Op::PackUnorm2x16:
    case Op::PackHalf2x16: return give(a == Type(Scalar::F32, 2), unsigned_word, "an f32x2");
    case Op::UnpackSnorm4x8:
    case Op::UnpackUnorm4x8: return give(is_u32(a), Type(Scalar::F32, 4), "a u32");
    case Op::UnpackSnorm2x16:
    case Op::UnpackUnorm2x16:
    case Op::UnpackHalf2x16: return give(is_u32(a), Type(Scalar::F32, 2), "a u32");
    case Op::SubgroupElect: return {boolean, nullptr};
    case Op::SubgroupAll:
    case Op::SubgroupAny: return give(a == boolean, boolean, "a Boolean");
    case Op::SubgroupAllEqual: return give(is_scalar_or_vector(a), boolean, "a value");
    case Op::SubgroupBroadcast:
    case Op::SubgroupShuffle:
    case Op::SubgroupShuffleXor:
    case Op::SubgroupShuffleUp:
    case Op::SubgroupShuffleDown:
    case Op::SubgroupRotate:
    case Op::QuadBroadcast: return give(is_scalar_or_vector(a) && is_u32(b), a, "a value and a u32");
    case Op::SubgroupBroadcastFirst:
    case Op::QuadSwap: return give(is_scalar_or_vector(a), a, "a value");
    case Op::SubgroupBallot: return give(a == boolean, Type(Scalar::U32, 4), "a Boolean");
    case Op::SubgroupInverseBallot: return give(a == Type(Scalar::U32, 4), boolean, "a u32x4 ballot");
    case Op::SubgroupBallotBit:
      return give(a == Type(Scalar::U32, 4) && is_u32(b), boolean, "a u32x4 ballot and a u32");
    case Op::SubgroupBallotCount:
    case Op::SubgroupBallotLsb:
    case Op::SubgroupBallotMsb: return give(a == Type(Scalar::U32, 4), unsigned_word, "a u32x4 ballot");
    case Op::SubgroupAdd:
    case Op::SubgroupMul:
    case Op::SubgroupMin:
    case Op::SubgroupMax: return give(is_number(a), a, "a number");
    case Op::SubgroupAnd:
    case Op::SubgroupOr:
    case Op::SubgroupXor: return give(is_scalar_or_vector(a) && !a.is_float(), a, "an integer or a Boolean");
    case Op::MatrixScale:
      return give(a.is_matrix() && b == a.component(), a, "a matrix and a scalar of its component");
    case Op::MatrixLength: return {unsigned_word, nullptr};
    case Op::MatrixExtract:
      return give(a.is_matrix() && is_u32(b), a.component(), "a matrix and a u32 index");
    case Op::MatrixInsert:
      return give(a.is_matrix() && b == a.component() && is_u32(c), a,
                  "a matrix, a component of its type and a u32 index");
    case Op::MatrixMulAdd: return give(a.is_matrix() && b.is_matrix() && c.is_matrix(), c, "three matrices");
    case Op::Barrier:
    case Op::MemoryBarrier: return {none, nullptr};
    default: return {{}, "its type stated by the caller"};
  }
}

AIRSTRIP_KERNEL_NAMESPACE_END
