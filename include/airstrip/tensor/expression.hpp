// Expression: elementwise work as data. What a kernel does with each element before or after its own work, or all of it.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "type.hpp"

#include <cstdint>
#include <type_traits>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

class Expression;

// One row a function: name, text, operands, which types it takes and gives (see FunctionRule).
//
// Numbers mean what ONNX's operators of these names mean: integer division truncates; Mod has the sign of the divisor and
// Rem that of the dividend; Min and Max of a NaN are a NaN; Round goes to the even neighbour; shifts by the width or more
// give 0 (or the sign). What ONNX leaves open of integers: all wrap, division by zero and its remainder give 0, and
// x^-n is 1 / x^n truncated, of 0 too 0. Precision of floats: tensor/primitives/math.hpp; in f64 there are no
// transcendental functions, powers and remainders.
#define AIRSTRIP_TENSOR_FUNCTIONS(X)                                              \
  X(Primary, "primary", 0, Leaf) /* what the kernel computed; imm: which */       \
  X(Input, "input", 0, Leaf)     /* an element of a tensor; imm: which */         \
  X(Constant, "constant", 0, Leaf)                                                \
  X(Parameter, "parameter", 0, Leaf)   /* a number of the dispatch; imm: which */ \
  X(Coordinate, "coordinate", 0, Leaf) /* u32; imm: axis */                       \
  X(Cast, "cast", 1, Any)              /* to the node's type; see `cast` */       \
  X(Bitcast, "bitcast", 1, Any)                                                   \
  X(Add, "add", 2, Number)                                                        \
  X(Sub, "sub", 2, Number)                                                        \
  X(Mul, "mul", 2, Number)                                                        \
  X(Div, "div", 2, Number)                                                        \
  X(Mod, "mod", 2, Number)                                                        \
  X(Rem, "rem", 2, Number)                                                        \
  X(Pow, "pow", 2, Number)                                                        \
  X(Min, "min", 2, Number)                                                        \
  X(Max, "max", 2, Number)                                                        \
  X(Neg, "neg", 1, Number)                                                        \
  X(Abs, "abs", 1, Number)                                                        \
  X(Sign, "sign", 1, Number)                                                      \
  X(Reciprocal, "reciprocal", 1, Float)                                           \
  X(Sqrt, "sqrt", 1, Float)                                                       \
  X(Rsqrt, "rsqrt", 1, Float)                                                     \
  X(Ceil, "ceil", 1, Float)                                                       \
  X(Floor, "floor", 1, Float)                                                     \
  X(Round, "round", 1, Float)                                                     \
  X(Trunc, "trunc", 1, Float)                                                     \
  X(Exp, "exp", 1, Float)                                                         \
  X(Exp2, "exp2", 1, Float)                                                       \
  X(Expm1, "expm1", 1, Float)                                                     \
  X(Log, "log", 1, Float)                                                         \
  X(Log2, "log2", 1, Float)                                                       \
  X(Log1p, "log1p", 1, Float)                                                     \
  X(Sin, "sin", 1, Float)                                                         \
  X(Cos, "cos", 1, Float)                                                         \
  X(Tan, "tan", 1, Float)                                                         \
  X(Asin, "asin", 1, Float)                                                       \
  X(Acos, "acos", 1, Float)                                                       \
  X(Atan, "atan", 1, Float)                                                       \
  X(Sinh, "sinh", 1, Float)                                                       \
  X(Cosh, "cosh", 1, Float)                                                       \
  X(Tanh, "tanh", 1, Float)                                                       \
  X(Asinh, "asinh", 1, Float)                                                     \
  X(Acosh, "acosh", 1, Float)                                                     \
  X(Atanh, "atanh", 1, Float)                                                     \
  X(Erf, "erf", 1, Float)                                                         \
  X(Sigmoid, "sigmoid", 1, Float)                                                 \
  X(Softplus, "softplus", 1, Float)                                               \
  X(BitAnd, "bit_and", 2, Integer)                                                \
  X(BitOr, "bit_or", 2, Integer)                                                  \
  X(BitXor, "bit_xor", 2, Integer)                                                \
  X(BitNot, "bit_not", 1, Integer)                                                \
  X(ShiftLeft, "shift_left", 2, Integer)                                          \
  X(ShiftRight, "shift_right", 2, Integer)                                        \
  X(And, "and", 2, Boolean)                                                       \
  X(Or, "or", 2, Boolean)                                                         \
  X(Xor, "xor", 2, Boolean)                                                       \
  X(Not, "not", 1, Boolean)                                                       \
  X(Equal, "equal", 2, Comparison)                                                \
  X(Less, "less", 2, Comparison)                                                  \
  X(LessEqual, "less_equal", 2, Comparison)                                       \
  X(IsNan, "is_nan", 1, FloatTest)                                                \
  X(IsInf, "is_inf", 1, FloatTest)                                                \
  X(Select, "select", 3, Choice) /* condition, where true, where false */

/// What a function takes and gives: numbers, floats, integers or Booleans of one type give that type; Comparison and
/// FloatTest give a Boolean; Choice takes a Boolean and two of a type.
enum class FunctionRule : std::uint8_t {
  Leaf,
  Any,
  Number,
  Float,
  Integer,
  Boolean,
  Comparison,
  FloatTest,
  Choice
};

enum class Function : std::uint8_t {
#define AIRSTRIP_TENSOR_FUNCTION(name, text, operands, rule) name,
  AIRSTRIP_TENSOR_FUNCTIONS(AIRSTRIP_TENSOR_FUNCTION)
#undef AIRSTRIP_TENSOR_FUNCTION
};

struct FunctionInfo {
  const char* name;
  std::uint8_t operand_count;
  FunctionRule rule;
};
namespace detail {
inline constexpr FunctionInfo function_table[] = {
#define AIRSTRIP_TENSOR_FUNCTION(name, text, operands, rule) {text, operands, FunctionRule::rule},
    AIRSTRIP_TENSOR_FUNCTIONS(AIRSTRIP_TENSOR_FUNCTION)
#undef AIRSTRIP_TENSOR_FUNCTION
};
}  // namespace detail
#undef AIRSTRIP_TENSOR_FUNCTIONS
inline constexpr std::size_t function_count = sizeof detail::function_table / sizeof *detail::function_table;
constexpr const FunctionInfo& info_of(Function f) {
  return detail::function_table[static_cast<std::size_t>(f)];
}

/// A value of an Expression in the making: a handle, valid while the Expression stays where it is.
class Expr {
public:
  Expr() = default;
  Expr(Expression* owner, std::uint32_t node) : owner_(owner), node_(node) {}
  Expression* owner() const { return owner_; }
  std::uint32_t node() const { return node_; }
  /// Void after an error.
  Scalar type() const;

private:
  Expression* owner_ = nullptr;
  std::uint32_t node_ = 0;
};

/// An operand of a function: a value, or a C++ number that takes the other operand's type. Remembers its line. (Operators of
/// one operand, == and != do not know theirs: of an error in them the line is that of the family's call.)
class ExprOperand {
public:
  ExprOperand(Expr expr, SourceLocation where = SourceLocation::current()) : value(expr), at(where) {}
  template <class N>
    requires std::is_arithmetic_v<N> ExprOperand(N literal, SourceLocation where = SourceLocation::current())
        : number(static_cast<double>(literal)), is_number(true), at(where) {}
    Expr value;
    double number = 0;
    bool is_number = false;
    SourceLocation at;
};

/// Elementwise work: a graph of functions of one element each, with inputs that broadcast as numpy's do (their shapes are
/// aligned at the last axis) and any number of outputs. Keeps the first error. Copyable; handles stay with the original.
class Expression {
public:
  struct Node {
    Function function = Function::Constant;
    Scalar type = Scalar::Void;
    std::uint32_t operands[3] = {};
    std::uint32_t immediate = 0;
    std::uint64_t bits = 0;  ///< of a Constant
  };
  struct Input {
    std::uint32_t name = 0;
    TensorType type;
  };
  struct Output {
    std::uint32_t name = 0;
    std::uint32_t node = 0;
    /// Scalar and shape come from the value and from where the expression stands.
    TensorType type;
  };
  struct ParameterInfo {
    std::uint32_t name = 0;
    Scalar type = Scalar::F32;
  };

  Expression() = default;
  Expression(Expression&&) noexcept = default;
  Expression& operator=(Expression&&) noexcept = default;
  Expression(const Expression& other) { *this = other; }
  Expression& operator=(const Expression& other);

  // --- leaves
  /// What the kernel computed, for an epilogue, or loaded, for a prologue. `index`: of several.
  Expr primary(Scalar type, std::uint32_t index = 0);
  /// An element of a tensor. Names are those to bind; the same tensor may be an input twice under one name.
  Expr input(Text name, const TensorType& type, SourceLocation at = SourceLocation::current());
  Expr constant(Scalar type, double value, SourceLocation at = SourceLocation::current());
  /// Of any type by its bits: for 64-bit integers that no double holds, and NaNs.
  Expr constant_bits(Scalar type, std::uint64_t bits);
  /// A number of the dispatch. 8- and 16-bit types are passed in a 32-bit word.
  Expr parameter(Text name, Scalar type, SourceLocation at = SourceLocation::current());
  /// The index along an axis of where the expression stands: u32.
  Expr coordinate(std::uint32_t axis);

  // --- functions. Errors: WrongType.
  Expr apply(Function function, Span<const ExprOperand> operands,
             SourceLocation at = SourceLocation::current());
  /// To an integer: truncated, clamped to its range, NaN to 0 (what ONNX leaves open); between integers the low bits; to a
  /// Boolean != 0.
  Expr cast(Expr value, Scalar type, SourceLocation at = SourceLocation::current());
  Expr bitcast(Expr value, Scalar type, SourceLocation at = SourceLocation::current());

  /// Stores a value under a name. `type` says how it lies in memory: strides, storage, format.
  void output(Text name, Expr value, const TensorType& type = {},
              SourceLocation at = SourceLocation::current());
  /// The same scalar in another shape, or lying otherwise, for who keeps an expression until its tensors are known. Errors:
  /// WrongType.
  void set_input_type(std::size_t input, const TensorType& type);
  void set_output_type(std::size_t output, const TensorType& type);
  /// For who makes one of another: what should stand in it could not be made.
  void set_out_of_memory();

  // --- reading
  bool ok() const { return error_.code == ErrorCode::Ok; }
  const Diagnostic& error() const { return error_; }
  bool empty() const { return outputs_.empty(); }
  Span<const Node> nodes() const { return {nodes_.data(), nodes_.size()}; }
  Span<const Input> inputs() const { return {inputs_.data(), inputs_.size()}; }
  Span<const Output> outputs() const { return {outputs_.data(), outputs_.size()}; }
  Span<const ParameterInfo> parameters() const { return {parameters_.data(), parameters_.size()}; }
  Text text(std::uint32_t offset) const { return Text(text_.data() + offset); }
  /// One function a line.
  String to_string() const;

private:
  friend class Expr;
  Expr add(Node node);
  std::uint32_t add_text(Text text);
  Expr fail(ErrorCode code, String message, SourceLocation at);

  Buffer<Node> nodes_;
  Buffer<Input> inputs_;
  Buffer<Output> outputs_;
  Buffer<ParameterInfo> parameters_;
  Buffer<char> text_;
  Diagnostic error_;
};

inline Expr apply(Function function, const ExprOperand& a) {
  return a.value.owner() ? a.value.owner()->apply(function, {a}, a.at) : Expr();
}
inline Expr apply(Function function, const ExprOperand& a, const ExprOperand& b) {
  Expression* const owner = a.value.owner() ? a.value.owner() : b.value.owner();
  return owner ? owner->apply(function, {a, b}, a.at) : Expr();
}
inline Expr apply(Function function, const ExprOperand& a, const ExprOperand& b, const ExprOperand& c) {
  Expression* const owner = a.value.owner()   ? a.value.owner()
                            : b.value.owner() ? b.value.owner()
                                              : c.value.owner();
  return owner ? owner->apply(function, {a, b, c}, a.at) : Expr();
}

// Operators take one Expr at least.
#define AIRSTRIP_TENSOR_OPERATOR(symbol, call)                   \
  inline Expr operator symbol(Expr left, const ExprOperand& b) { \
    const ExprOperand a(left, b.at);                             \
    return call;                                                 \
  }                                                              \
  template <class N>                                             \
    requires std::is_arithmetic_v<N>                             \
  inline Expr operator symbol(N number, const ExprOperand& b) {  \
    const ExprOperand a(number, b.at);                           \
    return call;                                                 \
  }
AIRSTRIP_TENSOR_OPERATOR(+, apply(Function::Add, a, b))
AIRSTRIP_TENSOR_OPERATOR(-, apply(Function::Sub, a, b))
AIRSTRIP_TENSOR_OPERATOR(*, apply(Function::Mul, a, b))
AIRSTRIP_TENSOR_OPERATOR(/, apply(Function::Div, a, b))
AIRSTRIP_TENSOR_OPERATOR(<, apply(Function::Less, a, b))
AIRSTRIP_TENSOR_OPERATOR(<=, apply(Function::LessEqual, a, b))
AIRSTRIP_TENSOR_OPERATOR(>, apply(Function::Less, b, a))
AIRSTRIP_TENSOR_OPERATOR(>=, apply(Function::LessEqual, b, a))
#undef AIRSTRIP_TENSOR_OPERATOR
inline Expr operator-(Expr a) { return apply(Function::Neg, ExprOperand(a, {})); }
// Each pair of types has its own: else C++20 would turn a comparison round, and want a bool.
#define AIRSTRIP_TENSOR_EQUALITY(symbol, call)         \
  inline Expr operator symbol(Expr left, Expr right) { \
    const ExprOperand a(left, {}), b(right, {});       \
    return call;                                       \
  }                                                    \
  template <class N>                                   \
    requires std::is_arithmetic_v<N>                   \
  inline Expr operator symbol(Expr left, N number) {   \
    const ExprOperand a(left, {}), b(number, {});      \
    return call;                                       \
  }                                                    \
  template <class N>                                   \
    requires std::is_arithmetic_v<N>                   \
  inline Expr operator symbol(N number, Expr right) {  \
    const ExprOperand a(number, {}), b(right, {});     \
    return call;                                       \
  }
AIRSTRIP_TENSOR_EQUALITY(==, apply(Function::Equal, a, b))
AIRSTRIP_TENSOR_EQUALITY(!=, apply(Function::Not, ExprOperand(apply(Function::Equal, a, b), {})))
#undef AIRSTRIP_TENSOR_EQUALITY

inline Expr(min)(const ExprOperand& a, const ExprOperand& b) { return apply(Function::Min, a, b); }
inline Expr(max)(const ExprOperand& a, const ExprOperand& b) { return apply(Function::Max, a, b); }
inline Expr select(Expr condition, const ExprOperand& a, const ExprOperand& b) {
  return apply(Function::Select, condition, a, b);
}
inline Expr cast(Expr value, Scalar type, SourceLocation at = SourceLocation::current()) {
  return value.owner() ? value.owner()->cast(value, type, at) : Expr();
}

// Activations and the other functions of ONNX that are made of these: see tensor/functions.hpp.

inline Scalar Expr::type() const {
  return owner_ && node_ < owner_->nodes_.size() ? owner_->nodes_[node_].type : Scalar::Void;
}

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/expression.hpp"
#endif
