#pragma once

#include "../function_emit.hpp"
#include "../math.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Emits one function. The tests of NaN and infinity look at bits: without float controls a driver may take it that there
// are none.
class FunctionEmitter {
public:
  FunctionEmitter(StepBuilder& step, kernel::Type type) : step_(step), k_(step.k), type_(type) {}

  AnyValue emit(Function function, Span<const AnyValue> v) {
    switch (function) {
      case Function::Add: return k_.apply(Op::Add, v[0], v[1]);
      case Function::Sub: return k_.apply(Op::Sub, v[0], v[1]);
      case Function::Mul: return k_.apply(Op::Mul, v[0], v[1]);
      case Function::Div: return type_.is_float() ? k_.apply(Op::Div, v[0], v[1]) : divide(v[0], v[1]);
      case Function::Mod: return type_.is_float() ? float_modulo(v[0], v[1]) : remainder(Op::Mod, v[0], v[1]);
      case Function::Rem:
        return type_.is_float() ? float_remainder(v[0], v[1]) : remainder(Op::Rem, v[0], v[1]);
      case Function::Pow:
        return type_.is_float() ? mathematics(&MathEmitter::pow, v[0], v[1]) : power(v[0], v[1]);
      case Function::Min: return extreme(Op::Min, v[0], v[1]);
      case Function::Max: return extreme(Op::Max, v[0], v[1]);
      case Function::Neg: return k_.apply(Op::Negate, v[0]);
      case Function::Abs: return absolute(v[0]);
      case Function::Sign: return sign(v[0]);
      case Function::Reciprocal: return k_.apply(Op::Div, number(1), v[0]);
      case Function::Sqrt: return k_.apply(Op::Sqrt, v[0]);
      case Function::Rsqrt: return k_.apply(Op::InverseSqrt, v[0]);
      case Function::Ceil: return k_.apply(Op::Ceil, v[0]);
      case Function::Floor: return k_.apply(Op::Floor, v[0]);
      case Function::Round: return k_.apply(Op::RoundEven, v[0]);
      case Function::Trunc: return k_.apply(Op::Trunc, v[0]);
      case Function::Exp: return mathematics(&MathEmitter::exp, v[0]);
      case Function::Exp2: return mathematics(&MathEmitter::exp2, v[0]);
      case Function::Expm1: return mathematics(&MathEmitter::expm1, v[0]);
      case Function::Log: return mathematics(&MathEmitter::log, v[0]);
      case Function::Log2: return mathematics(&MathEmitter::log2, v[0]);
      case Function::Log1p: return mathematics(&MathEmitter::log1p, v[0]);
      case Function::Sin: return mathematics(&MathEmitter::sin, v[0]);
      case Function::Cos: return mathematics(&MathEmitter::cos, v[0]);
      case Function::Tan: return mathematics(&MathEmitter::tan, v[0]);
      case Function::Asin: return mathematics(&MathEmitter::asin, v[0]);
      case Function::Acos: return mathematics(&MathEmitter::acos, v[0]);
      case Function::Atan: return mathematics(&MathEmitter::atan, v[0]);
      case Function::Sinh: return mathematics(&MathEmitter::sinh, v[0]);
      case Function::Cosh: return mathematics(&MathEmitter::cosh, v[0]);
      case Function::Tanh: return mathematics(&MathEmitter::tanh, v[0]);
      case Function::Asinh: return mathematics(&MathEmitter::asinh, v[0]);
      case Function::Acosh: return mathematics(&MathEmitter::acosh, v[0]);
      case Function::Atanh: return mathematics(&MathEmitter::atanh, v[0]);
      case Function::Erf: return mathematics(&MathEmitter::erf, v[0]);
      case Function::Sigmoid: return mathematics(&MathEmitter::sigmoid, v[0]);
      case Function::Softplus: return mathematics(&MathEmitter::softplus, v[0]);
      case Function::BitAnd:
      case Function::And: return k_.apply(Op::And, v[0], v[1]);
      case Function::BitOr:
      case Function::Or: return k_.apply(Op::Or, v[0], v[1]);
      case Function::BitXor:
      case Function::Xor: return k_.apply(Op::Xor, v[0], v[1]);
      case Function::BitNot:
      case Function::Not: return k_.apply(Op::Not, v[0]);
      case Function::ShiftLeft:
      case Function::ShiftRight: return shift(function, v[0], v[1]);
      case Function::Equal: return equal(v[0], v[1]);
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

  AnyValue is_not_zero(AnyValue v) {
    return k_.apply(Op::NotEqual, magnitude(v), k_.constant_bits(bits_type(), 0));
  }

private:
  // --- through f32
  bool fits_f32() {
    if (type_.scalar() != Scalar::F64) return true;
    step_.fail(ErrorCode::MissingCapability,
               "a transcendental function or remainder is not computed in f64; cast to f32");
    return false;
  }
  AnyValue in_f32(AnyValue v) { return emit_cast(step_, v, Scalar::F32); }
  AnyValue mathematics(AnyValue (MathEmitter::*f)(AnyValue), AnyValue a) {
    if (!fits_f32()) return {};
    MathEmitter math(k_, type_.with(Scalar::F32));
    return emit_cast(step_, (math.*f)(in_f32(a)), type_.scalar());
  }
  AnyValue mathematics(AnyValue (MathEmitter::*f)(AnyValue, AnyValue), AnyValue a, AnyValue b) {
    if (!fits_f32()) return {};
    MathEmitter math(k_, type_.with(Scalar::F32));
    const AnyValue a_wide = in_f32(a), b_wide = in_f32(b);
    return emit_cast(step_, (math.*f)(a_wide, b_wide), type_.scalar());
  }
  AnyValue float_remainder(AnyValue a, AnyValue b) { return mathematics(&MathEmitter::fmod, a, b); }
  // The remainder, and where its sign is not the divisor's, a divisor more.
  AnyValue float_modulo(AnyValue a, AnyValue b) {
    const MathTerm r(float_remainder(a, b)), y(b);
    if (k_.failed()) return {};
    const MathTerm zero = r.number(0);
    const MathTerm differs = (r < zero).apply(Op::Xor, y < zero) & is_not_zero(r);
    return choose(differs, r + y, r);
  }

  // --- floats by their bits
  AnyValue number(double value) {
    return type_.is_float() ? k_.constant_float(type_, value)
                            : k_.constant_int(type_, static_cast<std::int64_t>(value));
  }
  kernel::Type bits_type() const { return type_.with(kernel::unsigned_of(type_.width())); }
  std::uint64_t all_bits() const {
    return type_.width() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << type_.width()) - 1;
  }
  AnyValue magnitude(AnyValue v) {
    const kernel::Type bits = bits_type();
    return k_.apply(Op::And, k_.convert(Op::Bitcast, v, bits), k_.constant_bits(bits, all_bits() >> 1));
  }
  AnyValue infinity() {
    const std::uint64_t bits = type_.scalar() == Scalar::F16    ? 0x7C00
                               : type_.scalar() == Scalar::BF16 ? 0x7F80
                               : type_.scalar() == Scalar::F32  ? 0x7F800000
                                                                : 0x7FF0000000000000;
    return k_.constant_bits(bits_type(), bits);
  }
  AnyValue is_nan(AnyValue v) { return k_.apply(Op::Less, infinity(), magnitude(v)); }
  AnyValue is_inf(AnyValue v) { return k_.apply(Op::Equal, infinity(), magnitude(v)); }
  // A NaN if there is one.
  AnyValue extreme(Op plain, AnyValue a, AnyValue b) {
    if (!type_.is_float()) return k_.apply(plain, a, b);
    const AnyValue less = plain == Op::Min ? k_.apply(Op::Less, a, b) : k_.apply(Op::Less, b, a);
    return choose(k_.apply(Op::Or, less, is_nan(a)), a, b);
  }
  AnyValue equal(AnyValue a, AnyValue b) {
    // Booleans have no comparison on every target's way through other languages.
    if (type_.scalar() == Scalar::Boolean) return k_.apply(Op::Not, k_.apply(Op::Xor, a, b));
    return k_.apply(Op::Equal, a, b);
  }
  AnyValue absolute(AnyValue v) {
    if (type_.is_float()) return k_.apply(Op::Abs, v);
    // The least number's wraps to itself.
    return type_.is_signed() ? k_.apply(Op::Max, v, k_.apply(Op::Negate, v)) : v;
  }
  AnyValue sign(AnyValue v) {
    if (type_.is_float()) return choose(is_nan(v), v, k_.apply(Op::Sign, v));
    if (type_.is_signed()) return k_.apply(Op::Sign, v);
    return k_.apply(Op::Min, v, number(1));
  }

  // --- integers: SPIR-V leaves division by zero, the least number by -1 and shifts by the width undefined
  struct Divisor {
    AnyValue safe, is_zero, is_minus_one;  // the last empty for unsigned types
  };
  Divisor divisor(AnyValue b) {
    Divisor d;
    d.is_zero = k_.apply(Op::Equal, b, number(0));
    AnyValue is_special = d.is_zero;
    if (type_.is_signed()) {
      d.is_minus_one = k_.apply(Op::Equal, b, number(-1));
      is_special = k_.apply(Op::Or, d.is_zero, d.is_minus_one);
    }
    d.safe = choose(is_special, number(1), b);
    return d;
  }
  AnyValue divide(AnyValue a, AnyValue b) {
    const Divisor d = divisor(b);
    AnyValue quotient = k_.apply(Op::Div, a, d.safe);
    if (type_.is_signed()) quotient = choose(d.is_minus_one, k_.apply(Op::Negate, a), quotient);
    return choose(d.is_zero, number(0), quotient);
  }
  // By 1, as what is special is divided, 0 is left.
  AnyValue remainder(Op op, AnyValue a, AnyValue b) { return k_.apply(op, a, divisor(b).safe); }
  AnyValue shift(Function function, AnyValue a, AnyValue b) {
    const kernel::Type bits = bits_type();
    const AnyValue count = type_.is_signed() ? k_.convert(Op::Bitcast, b, bits) : b;
    const AnyValue last = k_.constant_bits(bits, type_.width() - 1);
    const AnyValue bounded = k_.apply(Op::Min, count, last);
    const bool left = function == Function::ShiftLeft;
    const AnyValue shifted = k_.apply(left ? Op::ShiftLeft : Op::ShiftRight, a, bounded);
    if (!left && type_.is_signed()) return shifted;
    return choose(k_.apply(Op::Less, last, count), number(0), shifted);
  }
  // a^b by squaring, modulo 2^width. 1 / a^|b| truncated for negative b: 1 and -1 have one, of others it is 0.
  AnyValue power(AnyValue a, AnyValue b) {
    const kernel::Type bits = bits_type();
    AnyValue count = type_.is_signed() ? k_.convert(Op::Bitcast, b, bits) : b;
    const AnyValue one = k_.constant_bits(bits, 1), zero = k_.constant_bits(bits, 0);
    const AnyValue base_bits = type_.is_signed() ? k_.convert(Op::Bitcast, a, bits) : a;
    AnyValue negative;
    if (type_.is_signed()) {
      // Of 1 and -1 only the lowest bit of the exponent counts.
      negative = k_.apply(Op::Less, b, number(0));
      count = choose(negative, k_.apply(Op::And, count, one), count);
    }
    const kernel::AnyVariable product = k_.variable(bits), square = k_.variable(bits),
                              left = k_.variable(bits);
    k_.store(product, one);
    k_.store(square, base_bits);
    k_.store(left, count);
    k_.begin_loop();
    const AnyValue rest = k_.load(left);
    const AnyValue done = k_.apply(Op::Equal, rest, zero);
    k_.begin_if(type_.is_vector() ? k_.apply(Op::All, done) : done);
    k_.break_();
    k_.end_if();
    const AnyValue odd = k_.apply(Op::NotEqual, k_.apply(Op::And, rest, one), zero);
    const AnyValue squared = k_.load(square), so_far = k_.load(product);
    k_.store(product, choose(odd, k_.apply(Op::Mul, so_far, squared), so_far));
    k_.store(square, k_.apply(Op::Mul, squared, squared));
    k_.store(left, k_.apply(Op::ShiftRight, rest, one));
    k_.end_loop();
    AnyValue result = k_.load(product);
    if (!type_.is_signed()) return result;
    result = k_.convert(Op::Bitcast, result, type_);
    const AnyValue is_unit = k_.apply(Op::Equal, absolute(a), number(1));
    const AnyValue keeps = k_.apply(Op::Or, is_unit, k_.apply(Op::Not, negative));
    return choose(keeps, result, number(0));
  }

  StepBuilder& step_;
  kernel::KernelBuilder& k_;
  kernel::Type type_;
};

}  // namespace detail

AIRSTRIP_INLINE AnyValue emit_function(StepBuilder& step, Function function, Span<const AnyValue> operands) {
  if (operands.empty() || step.k.failed()) return {};
  return detail::FunctionEmitter(step, operands[operands.size() - 1].type()).emit(function, operands);
}

AIRSTRIP_INLINE AnyValue emit_cast(StepBuilder& step, AnyValue value, Scalar to) {
  if (step.k.failed()) return {};
  const kernel::Type from = value.type();
  if (from.scalar() == to) return value;
  if (from.is_float() && to == Scalar::Boolean) return detail::FunctionEmitter(step, from).is_not_zero(value);
  const bool clamps = from.is_float() && kernel::is_int(to);
  return step.k.convert(clamps ? kernel::Op::ConvertSaturate : kernel::Op::Convert, value, from.with(to));
}

AIRSTRIP_TENSOR_NAMESPACE_END
