// Value<T> and Var<T>: what a kernel computes with, checked by the C++ compiler.
#pragma once

#include "../config.hpp"
#include "dynamic_builder.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

template <ValueType T>
class Value;
template <ValueType T>
class Var;
/// An element in memory; see memory.hpp.
template <class T, Access A>
class Ref;

namespace detail {

template <class T>
struct KernelTraits {
  static constexpr bool known = false;
};
template <ValueType T>
struct KernelTraits<Value<T>> {
  static constexpr bool known = true;
  using Type = T;
};
template <ValueType T>
struct KernelTraits<Var<T>> : KernelTraits<Value<T>> {};
template <ValueType T, Access A>
struct KernelTraits<Ref<T, A>> : KernelTraits<Value<T>> {};

// Dependent, so that the message of a static_assert appears where a template is used.
template <class...>
inline constexpr bool never = false;

}  // namespace detail

/// Something that has a value in the kernel: a Value, Var or Ref.
template <class V>
concept KernelValue = detail::KernelTraits<std::remove_cvref_t<V>>::known;
/// The type of its value.
template <KernelValue V>
using TypeOf = typename detail::KernelTraits<std::remove_cvref_t<V>>::Type;

/// A C++ number that may stand where a T is wanted: integers for integers (they have to fit), any number for floats,
/// bool for bool. One number stands for all components of a vector.
template <class N, class T>
concept LiteralFor = std::is_arithmetic_v<N> && ValueType<T> &&
    (std::is_same_v<N, bool> ? BooleanType<T> : (IntType<T>&& std::is_integral_v<N>) || FloatType<T>);

/// What operators and functions take: a value, or a C++ number, with the line it stands in. Made implicitly.
template <ValueType T>
class Operand {
public:
  template <KernelValue V>
    requires(std::is_same_v<TypeOf<V>, T> || (VectorType<T> && std::is_same_v<TypeOf<V>, ComponentOf<T>>))
  Operand(const V& value, SourceLocation where = SourceLocation::current())
      : at(where), value_(value.any(where)), kind_(std::is_same_v<TypeOf<V>, T> ? Kind::Value : Kind::Splat) {
  }
  template <LiteralFor<T> N>
  Operand(N number, SourceLocation where = SourceLocation::current()) : at(where) {
    if constexpr (std::is_floating_point_v<N>) {
      constant_.number = static_cast<double>(number);
      kind_ = Kind::Number;
    } else {
      constant_.integer = static_cast<std::int64_t>(number);
      const bool too_large = !std::is_signed_v<N> && sizeof(N) == 8 && constant_.integer < 0;
      kind_ = too_large ? Kind::LargeInteger : Kind::Integer;
    }
  }
  /// A constant vector.
  Operand(const T& components, SourceLocation where = SourceLocation::current()) requires(VectorType<T>)
      : at(where), kind_(Kind::Vector) {
    constant_.vector = &components;
  }
  /// A constant of 16 bits.
  Operand(T number, SourceLocation where = SourceLocation::current()) requires(std::is_same_v<T, f16> ||
                                                                               std::is_same_v<T, bf16>)
      : at(where), kind_(Kind::Number) {
    constant_.number = static_cast<double>(static_cast<float>(number));
  }

  SourceLocation at;

  /// Null for a C++ number.
  DynamicBuilder* builder() const { return value_.builder(); }
  /// The value, in the builder of the operation's other operands.
  AnyValue in(DynamicBuilder* builder) const {
    if (!builder) return {};
    if (kind_ == Kind::Value) return value_;
    return made_in(*builder);
  }

private:
  enum class Kind : std::uint8_t { Value, Splat, Integer, LargeInteger, Number, Vector };

  AnyValue made_in(DynamicBuilder& builder) const {
    switch (kind_) {
      case Kind::Vector: return constant(builder);
      case Kind::Number: return builder.constant_float(type_of<T>, constant_.number, at);
      case Kind::LargeInteger:
        return builder.constant_bits(type_of<T>, static_cast<std::uint64_t>(constant_.integer));
      case Kind::Integer: return builder.constant_int(type_of<T>, constant_.integer, at);
      default: break;
    }
    if (value_.empty()) return {};
    const AnyValue parts[4] = {value_, value_, value_, value_};
    return builder.construct(type_of<T>, Span<const AnyValue>(parts, type_of<T>.components()), at);
  }
  AnyValue constant(DynamicBuilder& builder) const {
    AnyValue parts[4];
    const auto part = [&](auto component) {
      using C = decltype(component);
      return Operand<C>(component, at).in(&builder);
    };
    if constexpr (VectorType<T>) {
      parts[0] = part(constant_.vector->x);
      parts[1] = part(constant_.vector->y);
      if constexpr (type_of<T>.components() > 2) parts[2] = part(constant_.vector->z);
      if constexpr (type_of<T>.components() > 3) parts[3] = part(constant_.vector->w);
    }
    return builder.construct(type_of<T>, Span<const AnyValue>(parts, type_of<T>.components()), at);
  }

  AnyValue value_;
  union {
    std::int64_t integer = 0;
    double number;
    const T* vector;  // lives as long as the full expression
  } constant_;
  Kind kind_;
};

namespace detail {

template <class... Operands>
DynamicBuilder* builder_of(const Operands&... operands) {
  DynamicBuilder* found = nullptr;
  ((found = found ? found : operands.builder()), ...);
  return found;
}
/// An operation on operands of which one at least is a value of a kernel.
template <ValueType R, class... Operands>
Value<R> apply(Op op, std::uint32_t immediate, SourceLocation at, const Operands&... operands) {
  DynamicBuilder* const builder = builder_of(operands...);
  if (!builder) return {};
  const AnyValue values[] = {operands.in(builder)...};
  if constexpr (sizeof...(operands) == 2)
    if (immediate == 0) return Value<R>(builder->apply(op, values[0], values[1], at));
  return Value<R>(builder->apply(op, Span<const AnyValue>(values, sizeof...(operands)), immediate, at));
}

/// The operators, found through any argument that derives from this.
template <ValueType T>
struct Operators {
  using O = const Operand<T>&;
  using B = BooleanOf<T>;
  friend Value<T> operator+(O a, O b) requires NumberType<T> { return apply<T>(Op::Add, 0, a.at, a, b); }
  friend Value<T> operator-(O a, O b) requires NumberType<T> { return apply<T>(Op::Sub, 0, a.at, a, b); }
  friend Value<T> operator*(O a, O b) requires NumberType<T> { return apply<T>(Op::Mul, 0, a.at, a, b); }
  friend Value<T> operator/(O a, O b) requires NumberType<T> { return apply<T>(Op::Div, 0, a.at, a, b); }
  /// The sign of the dividend, as in C++.
  friend Value<T> operator%(O a, O b) requires IntType<T> { return apply<T>(Op::Rem, 0, a.at, a, b); }
  friend Value<T> operator-(O a) requires NumberType<T> { return apply<T>(Op::Negate, 0, a.at, a); }
  friend Value<T> operator&(O a, O b) requires(!FloatType<T>) { return apply<T>(Op::And, 0, a.at, a, b); }
  friend Value<T> operator|(O a, O b) requires(!FloatType<T>) { return apply<T>(Op::Or, 0, a.at, a, b); }
  friend Value<T> operator^(O a, O b) requires(!FloatType<T>) { return apply<T>(Op::Xor, 0, a.at, a, b); }
  friend Value<T> operator~(O a) requires IntType<T> { return apply<T>(Op::Not, 0, a.at, a); }
  friend Value<T> operator<<(O a, O b) requires IntType<T> { return apply<T>(Op::ShiftLeft, 0, a.at, a, b); }
  /// Arithmetic for signed types.
  friend Value<T> operator>>(O a, O b) requires IntType<T> { return apply<T>(Op::ShiftRight, 0, a.at, a, b); }
  /// Both sides are evaluated.
  friend Value<T> operator&&(O a, O b) requires BooleanType<T> { return apply<T>(Op::And, 0, a.at, a, b); }
  friend Value<T> operator||(O a, O b) requires BooleanType<T> { return apply<T>(Op::Or, 0, a.at, a, b); }
  friend Value<T> operator!(O a) requires BooleanType<T> { return apply<T>(Op::Not, 0, a.at, a); }
  friend Value<B> operator==(O a, O b) { return apply<B>(Op::Equal, 0, a.at, a, b); }
  friend Value<B> operator!=(O a, O b) { return apply<B>(Op::NotEqual, 0, a.at, a, b); }
  friend Value<B> operator<(O a, O b) requires NumberType<T> { return apply<B>(Op::Less, 0, a.at, a, b); }
  friend Value<B> operator<=(O a, O b) requires NumberType<T> {
    return apply<B>(Op::LessEqual, 0, a.at, a, b);
  }
  friend Value<B> operator>(O a, O b) requires NumberType<T> { return apply<B>(Op::Less, 0, a.at, b, a); }
  friend Value<B> operator>=(O a, O b) requires NumberType<T> {
    return apply<B>(Op::LessEqual, 0, a.at, b, a);
  }
};

// What the compiler finds when none of the above fits: a readable message in place of a list of candidates.
template <class A, class B>
concept Mismatched = (KernelValue<A> || KernelValue<B>)&&!([] {
  if constexpr (KernelValue<A> && KernelValue<B>)
    return std::is_same_v<TypeOf<A>, TypeOf<B>> || std::is_same_v<ComponentOf<TypeOf<A>>, TypeOf<B>> ||
           std::is_same_v<TypeOf<A>, ComponentOf<TypeOf<B>>>;
  else if constexpr (KernelValue<A>)
    return std::is_same_v<TypeOf<A>, B> || LiteralFor<B, TypeOf<A>> || !std::is_arithmetic_v<B>;
  else if constexpr (KernelValue<B>)
    return std::is_same_v<TypeOf<B>, A> || LiteralFor<A, TypeOf<B>> || !std::is_arithmetic_v<A>;
  else
    return true;
}());

/// What an operator works on: of a vector and a scalar the vector's type.
template <class A, class B>
struct OperandType {};
template <KernelValue A, class B>
struct OperandType<A, B> {
  using Type = TypeOf<A>;
};
template <class A, KernelValue B>
  requires(!KernelValue<A>)
struct OperandType<A, B> {
  using Type = TypeOf<B>;
};
template <KernelValue A, KernelValue B>
struct OperandType<A, B> {
  using Type = std::conditional_t<VectorType<TypeOf<A>>, TypeOf<A>, TypeOf<B>>;
};
template <class A, class B>
concept Matched = requires {
  requires std::is_convertible_v<const A&, Operand<typename OperandType<A, B>::Type>>;
  requires std::is_convertible_v<const B&, Operand<typename OperandType<A, B>::Type>>;
};
template <class T>
concept LogicalOrInteger = !FloatType<T>;

}  // namespace detail

#define AIRSTRIP_MISMATCH(symbol)                                                                     \
  template <class A, class B>                                                                         \
    requires detail::Mismatched<A, B>                                                                 \
  void operator symbol(const A&, const B&) {                                                          \
    static_assert(detail::never<A, B>, "airstrip: the operands of '" #symbol                          \
                                       "' have different types; convert one with convert<T>(value)"); \
  }
AIRSTRIP_MISMATCH(+)
AIRSTRIP_MISMATCH(-)
AIRSTRIP_MISMATCH(*)
AIRSTRIP_MISMATCH(/)
AIRSTRIP_MISMATCH(%)
AIRSTRIP_MISMATCH(&)
AIRSTRIP_MISMATCH(|)
AIRSTRIP_MISMATCH(^)
AIRSTRIP_MISMATCH(<<)
AIRSTRIP_MISMATCH(>>)
AIRSTRIP_MISMATCH(==)
AIRSTRIP_MISMATCH(!=)
AIRSTRIP_MISMATCH(<)
AIRSTRIP_MISMATCH(<=)
AIRSTRIP_MISMATCH(>)
AIRSTRIP_MISMATCH(>=)
#undef AIRSTRIP_MISMATCH
// And where they fit, but the operator is not one of their type's.
#define AIRSTRIP_WRONG_KIND(symbol, Constraint, wanted)                                      \
  template <class A, class B>                                                                \
    requires(detail::Matched<A, B> && !Constraint<typename detail::OperandType<A, B>::Type>) \
  void operator symbol(const A&, const B&) {                                                 \
    static_assert(detail::never<A, B>, "airstrip: '" #symbol "' takes " wanted);             \
  }
#define AIRSTRIP_WRONG_KIND_UNARY(symbol, Constraint, wanted) \
  template <KernelValue A>                                    \
    requires(!Constraint<TypeOf<A>>)                          \
  void operator symbol(const A&) { static_assert(detail::never<A>, "airstrip: '" #symbol "' takes " wanted); }
AIRSTRIP_WRONG_KIND(+, NumberType, "numbers")
AIRSTRIP_WRONG_KIND(-, NumberType, "numbers")
AIRSTRIP_WRONG_KIND(*, NumberType, "numbers")
AIRSTRIP_WRONG_KIND(/, NumberType, "numbers")
AIRSTRIP_WRONG_KIND(%, IntType, "integers; fmod and mod take floats")
AIRSTRIP_WRONG_KIND(&, detail::LogicalOrInteger, "integers or Booleans; bitcast floats")
AIRSTRIP_WRONG_KIND(|, detail::LogicalOrInteger, "integers or Booleans; bitcast floats")
AIRSTRIP_WRONG_KIND(^, detail::LogicalOrInteger, "integers or Booleans; bitcast floats")
AIRSTRIP_WRONG_KIND(<<, IntType, "integers")
AIRSTRIP_WRONG_KIND(>>, IntType, "integers")
AIRSTRIP_WRONG_KIND(&&, BooleanType, "Booleans; compare numbers with 0")
AIRSTRIP_WRONG_KIND(||, BooleanType, "Booleans; compare numbers with 0")
AIRSTRIP_WRONG_KIND(<, NumberType, "numbers")
AIRSTRIP_WRONG_KIND(<=, NumberType, "numbers")
AIRSTRIP_WRONG_KIND(>, NumberType, "numbers")
AIRSTRIP_WRONG_KIND(>=, NumberType, "numbers")
AIRSTRIP_WRONG_KIND_UNARY(-, NumberType, "numbers")
AIRSTRIP_WRONG_KIND_UNARY(~, IntType, "integers; '!' takes Booleans")
AIRSTRIP_WRONG_KIND_UNARY(!, BooleanType, "Booleans; compare numbers with 0")
#undef AIRSTRIP_WRONG_KIND
#undef AIRSTRIP_WRONG_KIND_UNARY

namespace detail {
template <ValueType T>
class ValueBase : public Operators<T> {
public:
  ValueBase() = default;
  explicit ValueBase(AnyValue value) : value_(value) {}
  /// Without its C++ type.
  AnyValue any(SourceLocation = {}) const { return value_; }
  DynamicBuilder* builder() const { return value_.builder(); }

protected:
  AnyValue value_;
};
}  // namespace detail

/// A value of the kernel: of a scalar type here. Cheap to copy; assigning it makes the C++ name mean another value, and
/// changes nothing in the kernel (that is what Var is for).
template <ValueType T>
class Value : public detail::ValueBase<T> {
public:
  Value() = default;
  explicit Value(AnyValue value) : detail::ValueBase<T>(value) {}
  template <KernelValue V>
    requires(!std::is_same_v<V, Value> && std::is_same_v<TypeOf<V>, T>)
  Value(const V& other, SourceLocation at = SourceLocation::current())
      : detail::ValueBase<T>(other.any(at)) {}
};

namespace detail {
template <class C, unsigned N>
class VectorValue;
}
/// Vectors have their components as members, each a Value of its own. Nothing is emitted until one is used.
template <class C>
class Value<Vec<C, 2>> : public detail::ValueBase<Vec<C, 2>> {
public:
  using T = Vec<C, 2>;
  Value() = default;
  explicit Value(AnyValue value)
      : detail::ValueBase<T>(value), x(value.component(0)), y(value.component(1)) {}
  template <KernelValue V>
    requires(!std::is_same_v<V, Value> && std::is_same_v<TypeOf<V>, T>)
  Value(const V& other, SourceLocation at = SourceLocation::current()) : Value(other.any(at)) {}
  Value<C> x, y;
};
template <class C>
class Value<Vec<C, 3>> : public detail::ValueBase<Vec<C, 3>> {
public:
  using T = Vec<C, 3>;
  Value() = default;
  explicit Value(AnyValue value)
      : detail::ValueBase<T>(value), x(value.component(0)), y(value.component(1)), z(value.component(2)) {}
  template <KernelValue V>
    requires(!std::is_same_v<V, Value> && std::is_same_v<TypeOf<V>, T>)
  Value(const V& other, SourceLocation at = SourceLocation::current()) : Value(other.any(at)) {}
  Value<C> x, y, z;
};
template <class C>
class Value<Vec<C, 4>> : public detail::ValueBase<Vec<C, 4>> {
public:
  using T = Vec<C, 4>;
  Value() = default;
  explicit Value(AnyValue value)
      : detail::ValueBase<T>(value), x(value.component(0)), y(value.component(1)), z(value.component(2)),
        w(value.component(3)) {}
  template <KernelValue V>
    requires(!std::is_same_v<V, Value> && std::is_same_v<TypeOf<V>, T>)
  Value(const V& other, SourceLocation at = SourceLocation::current()) : Value(other.any(at)) {}
  Value<C> x, y, z, w;
};

namespace detail {
/// What Var and Ref share: assignment in all its forms, on top of `any` and `put` of `Self`.
template <class Self, ValueType T>
class Assignable : public Operators<T> {
public:
  using O = const Operand<T>&;
#define AIRSTRIP_UPDATE(symbol, op, requirement)                                                             \
  void operator symbol(O b) const requires(requirement) {                                                    \
    static_assert(Self::is_writable, "airstrip: this buffer is read-only (input); declare it with inout");   \
    static_assert(Self::is_readable, "airstrip: this buffer is write-only (output); declare it with inout"); \
    update(op, b);                                                                                           \
  }
  AIRSTRIP_UPDATE(+=, Op::Add, NumberType<T>)
  AIRSTRIP_UPDATE(-=, Op::Sub, NumberType<T>)
  AIRSTRIP_UPDATE(*=, Op::Mul, NumberType<T>)
  AIRSTRIP_UPDATE(/=, Op::Div, NumberType<T>)
  AIRSTRIP_UPDATE(%=, Op::Rem, IntType<T>)
  AIRSTRIP_UPDATE(&=, Op::And, !FloatType<T>)
  AIRSTRIP_UPDATE(|=, Op::Or, !FloatType<T>)
  AIRSTRIP_UPDATE(^=, Op::Xor, !FloatType<T>)
  AIRSTRIP_UPDATE(<<=, Op::ShiftLeft, IntType<T>)
  AIRSTRIP_UPDATE(>>=, Op::ShiftRight, IntType<T>)
#undef AIRSTRIP_UPDATE

private:
  void update(Op op, O b) const {
    const Self& self = static_cast<const Self&>(*this);
    DynamicBuilder* const builder = self.builder();
    if (!builder) return;
    const AnyValue now = self.any(b.at);
    self.put(builder->apply(op, now, b.in(builder), b.at), b.at);
  }
};
}  // namespace detail

/// A variable of each invocation: what changes from one time round a loop to the next, or in the branches of an if.
/// Made by `KernelBuilder::var`. It is a name for the variable: `auto t = v;` is a second name for the same one;
/// `v.value()`, or a `Value<T>`, is what it holds now.
template <ValueType T>
class Var : public detail::Assignable<Var<T>, T> {
public:
  static constexpr bool is_readable = true, is_writable = true;

  Var(const Var&) = default;
  explicit Var(AnyVariable variable) : variable_(variable) {}
  void operator=(const Operand<T>& value) const { put(value.in(builder()), value.at); }
  template <class V>
    requires(!std::is_convertible_v<const V&, Operand<T>>)
  void operator=(const V&) const {
    static_assert(detail::never<V>,
                  "airstrip: the variable is of another type; convert the value with convert<T>(value)");
  }
  /// Stores the other variable's value.
  Var& operator=(const Var& other) {
    if (builder()) put(other.any({}), {});
    return *this;
  }
  /// The value it has here.
  Value<T> value(SourceLocation at = SourceLocation::current()) const { return Value<T>(any(at)); }

  DynamicBuilder* builder() const { return variable_.builder; }
  AnyValue any(SourceLocation at) const { return builder() ? builder()->load(variable_, at) : AnyValue(); }
  void put(AnyValue value, SourceLocation at) const {
    if (builder()) builder()->store(variable_, value, at);
  }

private:
  AnyVariable variable_;
};

AIRSTRIP_KERNEL_NAMESPACE_END
