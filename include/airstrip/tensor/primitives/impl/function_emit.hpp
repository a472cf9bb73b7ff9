#pragma once

#include "../function_emit.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Emits one function. The tests of NaN and infinity look at bits: without float controls a driver may take it that there
// are none.
class FunctionEmitter {
public:
  FunctionEmitter(StepBuilder& step, kernel::Type type) : k_(step.k), type_(type) {}

  AnyValue emit(Function function, Span<const AnyValue> v) {
    using kernel::Op;
    switch (function) {
      case Function::Add: return k_.apply(Op::Add, v[0], v[1]);
      case Function::Sub: return k_.apply(Op::Sub, v[0], v[1]);
      case Function::Mul: return k_.apply(Op::Mul, v[0], v[1]);
      case Function::Div: return k_.apply(Op::Div, v[0], v[1]);
      case Function::Mod: return k_.apply(Op::Mod, v[0], v[1]);
      case Function::Rem: return k_.apply(Op::Rem, v[0], v[1]);
      case Function::Pow: return k_.apply(Op::Pow, v[0], v[1]);
      case Function::Min: return extreme(Op::Min, v[0], v[1]);
      case Function::Max: return extreme(Op::Max, v[0], v[1]);
      case Function::Neg: return k_.apply(Op::Negate, v[0]);
      case Function::Abs: return type_.is_float() || type_.is_signed() ? k_.apply(Op::Abs, v[0]) : v[0];
      case Function::Sign: return sign(v[0]);
      case Function::Reciprocal: return k_.apply(Op::Div, number(1), v[0]);
      case Function::Sqrt: return k_.apply(Op::Sqrt, v[0]);
      case Function::Rsqrt: return k_.apply(Op::InverseSqrt, v[0]);
      case Function::Ceil: return k_.apply(Op::Ceil, v[0]);
      case Function::Floor: return k_.apply(Op::Floor, v[0]);
      case Function::Round: return k_.apply(Op::RoundEven, v[0]);
      case Function::Trunc: return k_.apply(Op::Trunc, v[0]);
      case Function::Exp: return k_.apply(Op::Exp, v[0]);
      case Function::Exp2: return k_.apply(Op::Exp2, v[0]);
      case Function::Expm1: return k_.apply(Op::Sub, k_.apply(Op::Exp, v[0]), number(1));
      case Function::Log: return k_.apply(Op::Log, v[0]);
      case Function::Log2: return k_.apply(Op::Log2, v[0]);
      case Function::Log1p: return k_.apply(Op::Log, k_.apply(Op::Add, v[0], number(1)));
      case Function::Sin: return k_.apply(Op::Sin, v[0]);
      case Function::Cos: return k_.apply(Op::Cos, v[0]);
      case Function::Tan: return k_.apply(Op::Tan, v[0]);
      case Function::Asin: return k_.apply(Op::Asin, v[0]);
      case Function::Acos: return k_.apply(Op::Acos, v[0]);
      case Function::Atan: return k_.apply(Op::Atan, v[0]);
      case Function::Sinh: return k_.apply(Op::Sinh, v[0]);
      case Function::Cosh: return k_.apply(Op::Cosh, v[0]);
      case Function::Tanh: return k_.apply(Op::Tanh, v[0]);
      case Function::Asinh: return k_.apply(Op::Asinh, v[0]);
      case Function::Acosh: return k_.apply(Op::Acosh, v[0]);
      case Function::Atanh: return k_.apply(Op::Atanh, v[0]);
      case Function::BitAnd:
      case Function::And: return k_.apply(Op::And, v[0], v[1]);
      case Function::BitOr:
      case Function::Or: return k_.apply(Op::Or, v[0], v[1]);
      case Function::BitXor:
      case Function::Xor: return k_.apply(Op::Xor, v[0], v[1]);
      case Function::BitNot:
      case Function::Not: return k_.apply(Op::Not, v[0]);
      case Function::Equal: return k_.apply(Op::Equal, v[0], v[1]);
      case Function::Less: return k_.apply(Op::Less, v[0], v[1]);
      case Function::LessEqual: return k_.apply(Op::LessEqual, v[0], v[1]);
      case Function::IsNan: return is_nan(v[0]);
      case Function::IsInf: return is_inf(v[0]);
      case Function::Select: return k_.apply(Op::Select, v);
      default: break;
    }
    k_.fail(ErrorCode::WrongType, String("a function that is not computed here"), {});
    return {};
  }

private:
  AnyValue number(double value) {
    return type_.is_float() ? k_.constant_float(type_, value)
                            : k_.constant_int(type_, static_cast<std::int64_t>(value));
  }
  kernel::Type bits_type() const { return type_.with(kernel::unsigned_of(type_.width())); }
  // The bits without the sign, and those of infinity.
  AnyValue magnitude(AnyValue v) {
    const kernel::Type bits = bits_type();
    const std::uint64_t all =
        type_.width() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << type_.width()) - 1;
    return k_.apply(kernel::Op::And, k_.convert(kernel::Op::Bitcast, v, bits), constant(bits, all >> 1));
  }
  AnyValue infinity() {
    const std::uint64_t bits = type_.scalar() == Scalar::F16    ? 0x7C00
                               : type_.scalar() == Scalar::BF16 ? 0x7F80
                               : type_.scalar() == Scalar::F32  ? 0x7F800000
                                                                : 0x7FF0000000000000;
    return constant(bits_type(), bits);
  }
  AnyValue constant(kernel::Type type, std::uint64_t bits) { return k_.constant_bits(type, bits); }
  AnyValue is_nan(AnyValue v) { return k_.apply(kernel::Op::Less, infinity(), magnitude(v)); }
  AnyValue is_inf(AnyValue v) { return k_.apply(kernel::Op::Equal, infinity(), magnitude(v)); }
  // The lesser or greater of a and b, as `plain` says; a NaN if there is one.
  AnyValue extreme(kernel::Op plain, AnyValue a, AnyValue b) {
    if (!type_.is_float()) return k_.apply(plain, a, b);
    const AnyValue is_a =
        plain == kernel::Op::Min ? k_.apply(kernel::Op::Less, a, b) : k_.apply(kernel::Op::Less, b, a);
    const AnyValue takes_a = k_.apply(kernel::Op::Or, is_a, is_nan(a));
    const AnyValue parts[] = {takes_a, a, b};
    return k_.apply(kernel::Op::Select, parts);
  }
  AnyValue sign(AnyValue v) {
    if (type_.is_float() || type_.is_signed()) return k_.apply(kernel::Op::Sign, v);
    return k_.apply(kernel::Op::Min, v, number(1));
  }

  kernel::KernelBuilder& k_;
  kernel::Type type_;
};

}  // namespace detail

AIRSTRIP_INLINE AnyValue emit_function(StepBuilder& step, Function function, Span<const AnyValue> operands) {
  if (operands.empty() || step.k.failed()) return {};
  return detail::FunctionEmitter(step, operands[operands.size() - 1].type()).emit(function, operands);
}

AIRSTRIP_INLINE AnyValue emit_cast(StepBuilder& step, AnyValue value, Scalar to) {
  const kernel::Type from = value.type();
  if (from.scalar() == to) return value;
  const bool clamps = from.is_float() && kernel::is_int(to);
  return step.k.convert(clamps ? kernel::Op::ConvertSaturate : kernel::Op::Convert, value, from.with(to));
}

AIRSTRIP_TENSOR_NAMESPACE_END
