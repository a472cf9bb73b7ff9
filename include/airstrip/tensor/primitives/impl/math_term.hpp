// Arithmetic on values of a kernel with operators, for formulas that are to be read.
#pragma once

#include "../../../config.hpp"
#include "../../../kernel/dynamic_builder.hpp"

#include <initializer_list>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

using kernel::Op;

// A value with operators: floats, words or Booleans, scalars or vectors. Numbers take its type.
class MathTerm {
public:
  MathTerm() = default;
  MathTerm(kernel::AnyValue value) : value_(value) {}
  kernel::AnyValue value() const { return value_; }
  operator kernel::AnyValue() const { return value_; }
  kernel::DynamicBuilder& k() const { return *value_.builder(); }
  kernel::Type type() const { return value_.type(); }
  // A constant of this term's type.
  MathTerm number(double n) const {
    return type().is_float()
               ? k().constant_float(type(), n)
               : k().constant_bits(type(), static_cast<std::uint32_t>(static_cast<std::int64_t>(n)));
  }
  MathTerm apply(Op op, const MathTerm& b, std::uint32_t immediate = 0) const {
    const kernel::AnyValue both[] = {value_, b.value_};
    return k().apply(op, Span<const kernel::AnyValue>(both), immediate);
  }
  MathTerm apply(Op op) const { return k().apply(op, value_); }
  MathTerm as(kernel::Scalar scalar) const { return k().convert(Op::Bitcast, value_, type().with(scalar)); }
  MathTerm to(kernel::Scalar scalar) const { return k().convert(Op::Convert, value_, type().with(scalar)); }
  MathTerm words() const { return as(kernel::Scalar::U32); }
  MathTerm floats() const { return as(kernel::Scalar::F32); }
  // The bits but the sign, and the sign's.
  MathTerm magnitude() const { return words() & 0x7FFFFFFFu; }
  MathTerm sign_bit() const { return words() & 0x80000000u; }

#define AIRSTRIP_TENSOR_TERM_OPERATOR(symbol, name)                                                       \
  friend MathTerm operator symbol(const MathTerm& a, const MathTerm& b) { return a.apply(Op::name, b); }  \
  friend MathTerm operator symbol(const MathTerm& a, double b) { return a.apply(Op::name, a.number(b)); } \
  friend MathTerm operator symbol(double a, const MathTerm& b) { return b.number(a).apply(Op::name, b); }
  AIRSTRIP_TENSOR_TERM_OPERATOR(+, Add)
  AIRSTRIP_TENSOR_TERM_OPERATOR(-, Sub)
  AIRSTRIP_TENSOR_TERM_OPERATOR(*, Mul)
  AIRSTRIP_TENSOR_TERM_OPERATOR(/, Div)
  AIRSTRIP_TENSOR_TERM_OPERATOR(&, And)
  AIRSTRIP_TENSOR_TERM_OPERATOR(|, Or)
  AIRSTRIP_TENSOR_TERM_OPERATOR(^, Xor)
  AIRSTRIP_TENSOR_TERM_OPERATOR(<<, ShiftLeft)
  AIRSTRIP_TENSOR_TERM_OPERATOR(>>, ShiftRight)
  AIRSTRIP_TENSOR_TERM_OPERATOR(==, Equal)
  AIRSTRIP_TENSOR_TERM_OPERATOR(<, Less)
  AIRSTRIP_TENSOR_TERM_OPERATOR(<=, LessEqual)
#undef AIRSTRIP_TENSOR_TERM_OPERATOR
  friend MathTerm operator>(const MathTerm& a, double b) { return a.number(b) < a; }
  friend MathTerm operator>=(const MathTerm& a, double b) { return a.number(b) <= a; }
  MathTerm operator!() const { return apply(Op::Not); }

private:
  kernel::AnyValue value_;
};

// Sums and products that a driver must compute as they are written: error terms, and what a law of real numbers would
// simplify away.
inline MathTerm exact_add(const MathTerm& a, const MathTerm& b) { return a.apply(Op::Add, b, 1); }
inline MathTerm exact_sub(const MathTerm& a, const MathTerm& b) { return a.apply(Op::Sub, b, 1); }
inline MathTerm exact_mul(const MathTerm& a, const MathTerm& b) { return a.apply(Op::Mul, b, 1); }

inline MathTerm choose(const MathTerm& condition, const MathTerm& a, const MathTerm& b) {
  const kernel::AnyValue parts[] = {condition, a, b};
  return a.k().apply(Op::Select, Span<const kernel::AnyValue>(parts));
}
inline constexpr std::uint32_t infinity_word = 0x7F800000, nan_word = 0x7FC00000;

inline MathTerm is_nan_term(const MathTerm& x) { return x.magnitude() > infinity_word; }
// `result`, but x where x is a NaN.
inline MathTerm unless_nan(const MathTerm& x, const MathTerm& result) {
  return choose(is_nan_term(x), x.words(), result.words()).floats();
}
inline MathTerm absolute(const MathTerm& x) { return x.magnitude().floats(); }
// With the sign of `sign`: `magnitude` is not negative.
inline MathTerm with_sign(const MathTerm& magnitude, const MathTerm& sign) {
  return (magnitude.words() | sign.sign_bit()).floats();
}
// x within [low, high]; low for a NaN.
inline MathTerm clamp_term(const MathTerm& x, double low, double high) {
  const MathTerm above = choose(x > low, x, x.number(low));
  return choose(above < high, above, x.number(high));
}
inline MathTerm at_most(const MathTerm& x, double high) { return choose(x < high, x, x.number(high)); }
// c[0] + x (c[1] + x (…))
inline MathTerm polynomial(const MathTerm& x, std::initializer_list<double> coefficients) {
  const double* c = coefficients.end();
  MathTerm sum = x.number(*--c);
  while (c != coefficients.begin()) {
    sum = sum * x;
    sum = sum + *--c;
  }
  return sum;
}
// The upper 12 bits of the significand: the product of two such is exact.
inline MathTerm upper_half(const MathTerm& x) { return (x.words() & 0xFFFFF000u).floats(); }

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
