// Functions of expressions that are made of others: activations, and what ONNX and numpy have beside the Functions.
#pragma once

#include "../config.hpp"
#include "expression.hpp"

#include <cstdint>
#include <initializer_list>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

// Named as ONNX's operators, with their defaults. Errors, as of all functions, are the expression's: WrongType where a
// function does not take a type.
//
// Of f16 and bf16, what takes more than one rounding is computed in f32 and rounded once. NaN gives NaN where nothing
// else is said. Bounds: those of tensor/primitives/math.hpp and half an ULP for each operation that is left.

// --- the Functions by name
inline Expr exp(Expr x) { return apply(Function::Exp, x); }
inline Expr exp2(Expr x) { return apply(Function::Exp2, x); }
inline Expr expm1(Expr x) { return apply(Function::Expm1, x); }
inline Expr log(Expr x) { return apply(Function::Log, x); }
inline Expr log2(Expr x) { return apply(Function::Log2, x); }
inline Expr log1p(Expr x) { return apply(Function::Log1p, x); }
inline Expr sin(Expr x) { return apply(Function::Sin, x); }
inline Expr cos(Expr x) { return apply(Function::Cos, x); }
inline Expr tan(Expr x) { return apply(Function::Tan, x); }
inline Expr asin(Expr x) { return apply(Function::Asin, x); }
inline Expr acos(Expr x) { return apply(Function::Acos, x); }
inline Expr atan(Expr x) { return apply(Function::Atan, x); }
inline Expr sinh(Expr x) { return apply(Function::Sinh, x); }
inline Expr cosh(Expr x) { return apply(Function::Cosh, x); }
inline Expr tanh(Expr x) { return apply(Function::Tanh, x); }
inline Expr asinh(Expr x) { return apply(Function::Asinh, x); }
inline Expr acosh(Expr x) { return apply(Function::Acosh, x); }
inline Expr atanh(Expr x) { return apply(Function::Atanh, x); }
inline Expr erf(Expr x) { return apply(Function::Erf, x); }
inline Expr sigmoid(Expr x) { return apply(Function::Sigmoid, x); }
inline Expr softplus(Expr x) { return apply(Function::Softplus, x); }
inline Expr abs(Expr x) { return apply(Function::Abs, x); }
/// -1, 0 or 1.
inline Expr sign(Expr x) { return apply(Function::Sign, x); }
inline Expr sqrt(Expr x) { return apply(Function::Sqrt, x); }
inline Expr rsqrt(Expr x) { return apply(Function::Rsqrt, x); }
inline Expr reciprocal(Expr x) { return apply(Function::Reciprocal, x); }
inline Expr ceil(Expr x) { return apply(Function::Ceil, x); }
inline Expr floor(Expr x) { return apply(Function::Floor, x); }
/// Halves to the even neighbour.
inline Expr round(Expr x) { return apply(Function::Round, x); }
inline Expr trunc(Expr x) { return apply(Function::Trunc, x); }
inline Expr is_nan(Expr x) { return apply(Function::IsNan, x); }
inline Expr logical_and(Expr a, Expr b) { return apply(Function::And, a, b); }
inline Expr logical_or(Expr a, Expr b) { return apply(Function::Or, a, b); }
inline Expr logical_xor(Expr a, Expr b) { return apply(Function::Xor, a, b); }
inline Expr logical_not(Expr a) { return apply(Function::Not, a); }
inline Expr bitwise_and(Expr a, const ExprOperand& b) { return apply(Function::BitAnd, a, b); }
inline Expr bitwise_or(Expr a, const ExprOperand& b) { return apply(Function::BitOr, a, b); }
inline Expr bitwise_xor(Expr a, const ExprOperand& b) { return apply(Function::BitXor, a, b); }
inline Expr bitwise_not(Expr a) { return apply(Function::BitNot, a); }
/// `Where`: the condition is a Boolean.
inline Expr where(Expr condition, const ExprOperand& a, const ExprOperand& b) {
  return select(condition, a, b);
}

// --- activations, of floats. alpha, beta, gamma: rounded once to the type they are computed in.
/// max(x, 0)
Expr relu(Expr x);
/// x, of negative x alpha x
Expr leaky_relu(Expr x, double alpha = 0.01);
/// x, of negative x slope x
Expr prelu(Expr x, Expr slope);
/// x, of negative x alpha (e^x - 1)
Expr elu(Expr x, double alpha = 1);
/// gamma times: x, of x <= 0 alpha (e^x - 1)
Expr selu(Expr x, double alpha = 1.67326319217681884765625, double gamma = 1.05070102214813232421875);
/// max(x, 0) + min(0, alpha (e^(x / alpha) - 1))
Expr celu(Expr x, double alpha = 1);
enum class GeluApproximation : std::uint8_t { None, Tanh };
/// x (1 + erf(x / sqrt 2)) / 2; Tanh: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. Of large negative x the sum
/// cancels: absolute error 2^-24 |x| there.
Expr gelu(Expr x, GeluApproximation approximation = GeluApproximation::None);
/// alpha x + beta within [0, 1]
Expr hard_sigmoid(Expr x, double alpha = 0.2, double beta = 0.5);
/// x hard_sigmoid(x, 1/6, 1/2)
Expr hard_swish(Expr x);
/// x within [low, high]; NaN stays
Expr hard_tanh(Expr x, double low = -1, double high = 1);
/// x sigmoid(alpha x); with alpha = 1 also called SiLU
Expr swish(Expr x, double alpha = 1);
/// x tanh(softplus(x))
Expr mish(Expr x);
/// x / (1 + |x|)
Expr softsign(Expr x);
/// x where x > alpha, else 0
Expr thresholded_relu(Expr x, double alpha = 1);
/// x + bias where x < -lambd, x - bias where x > lambd, else 0. Of any numbers.
Expr shrink(Expr x, double bias = 0, double lambd = 0.5);

// --- numbers
/// min(max(x, low), high): high where low is greater. NaN stays.
Expr clip(Expr x, const ExprOperand& low, const ExprOperand& high);
/// Of one or more values of one type.
Expr sum(Span<const Expr> values);
Expr mean(Span<const Expr> values);
Expr(min)(Span<const Expr> values);
Expr(max)(Span<const Expr> values);
/// Whether x is an infinity of one of the signs looked for.
Expr is_inf(Expr x, bool detect_negative = true, bool detect_positive = true);
/// `Mod`. Integers: the sign is the divisor's, with fmod the dividend's; 0 where the divisor is 0. Floats: fmod has to
/// be set in ONNX; without it the result has the divisor's sign, as numpy.mod's does. Exact before that sign is made.
Expr mod(Expr a, const ExprOperand& b, bool fmod = false);
/// `BitShift`. By the width or more: 0, to the right of a signed number its sign.
enum class ShiftDirection : std::uint8_t { Left, Right };
Expr bit_shift(Expr a, const ExprOperand& b, ShiftDirection direction);
/// `Pow`, of the base's type. Two floats: as C's pow; integers: by squaring, modulo 2^width, with x^-n = 1 / x^n
/// truncated: 0 unless x is 1 or -1, and of 0 too; whole powers of floats: the exponent is cast to the base's type;
/// integers to the power of a float: as integers where it is whole, else in f32, truncated.
Expr pow(Expr base, Expr exponent);
/// By a number: small whole powers are products (|power| <= 8; an error of |power| - 1 roundings), 0.5 a square root.
Expr pow(Expr base, double exponent);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/functions.hpp"
#endif
