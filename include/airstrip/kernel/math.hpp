// Functions of values: the GLSL.std.450 set, bit operations, conversions, dot products.
#pragma once

#include "../config.hpp"
#include "value.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

// The first operand decides the type; the others may be C++ numbers. Where the first is a C++ number, the second
// decides. Precision is Vulkan's ("Precision and Operation of SPIR-V Instructions"); names are GLSL's.

#define AIRSTRIP_UNARY(name, op, Constraint, Out)                                                       \
  template <KernelValue V, class T = TypeOf<V>>                                                         \
    requires Constraint<T> Value<Out> name(const V& a, SourceLocation at = SourceLocation::current()) { \
      return detail::apply<Out>(op, 0, at, Operand<T>(a, at));                                          \
    }
#define AIRSTRIP_BINARY(name, op, Constraint)                                             \
  template <KernelValue V>                                                                \
    requires Constraint<TypeOf<V>> Value<TypeOf<V>> name(                                 \
        const V& a, const std::type_identity_t<Operand<TypeOf<V>>>& b) {                  \
      using T = TypeOf<V>;                                                                \
      return detail::apply<T>(op, 0, b.at, Operand<T>(a, b.at), b);                       \
    }                                                                                     \
  template <class N, KernelValue V>                                                       \
    requires(Constraint<TypeOf<V>> && LiteralFor<N, TypeOf<V>>)                           \
  Value<TypeOf<V>> name(N a, const V& b, SourceLocation at = SourceLocation::current()) { \
    using T = TypeOf<V>;                                                                  \
    return detail::apply<T>(op, 0, at, Operand<T>(a, at), Operand<T>(b, at));             \
  }
#define AIRSTRIP_TERNARY(name, op, Constraint)                         \
  template <KernelValue V>                                             \
    requires Constraint<TypeOf<V>> Value<TypeOf<V>> name(              \
        const V& a, const std::type_identity_t<Operand<TypeOf<V>>>& b, \
        const std::type_identity_t<Operand<TypeOf<V>>>& c) {           \
      using T = TypeOf<V>;                                             \
      return detail::apply<T>(op, 0, b.at, Operand<T>(a, b.at), b, c); \
    }

// --- numbers. The names min and max are in parentheses because of the macros of that name.
AIRSTRIP_BINARY((min), Op::Min, NumberType)
AIRSTRIP_BINARY((max), Op::Max, NumberType)
AIRSTRIP_TERNARY(clamp, Op::Clamp, NumberType)
/// The other operand where one is a NaN.
AIRSTRIP_BINARY(nmin, Op::NMin, FloatType)
AIRSTRIP_BINARY(nmax, Op::NMax, FloatType)
AIRSTRIP_TERNARY(nclamp, Op::NClamp, FloatType)
AIRSTRIP_UNARY(abs, Op::Abs, SignedType, T)
AIRSTRIP_UNARY(sign, Op::Sign, SignedType, T)
/// a * b + c; rounded once where the device does so (Vulkan permits both).
AIRSTRIP_TERNARY(fma, Op::Fma, FloatType)
/// The sign of the divisor (OpSMod, OpFMod); `%` has that of the dividend.
AIRSTRIP_BINARY(mod, Op::Mod, NumberType)
/// The sign of the dividend, for floats (OpFRem).
AIRSTRIP_BINARY(fmod, Op::Rem, FloatType)
/// The upper half of the product of two integers.
AIRSTRIP_BINARY(mul_high, Op::MulHigh, IntType)
/// 1 where the unsigned sum (difference) wraps, else 0.
AIRSTRIP_BINARY(add_carry, Op::AddCarry, IntType)
AIRSTRIP_BINARY(sub_borrow, Op::SubBorrow, IntType)

// --- bits
AIRSTRIP_UNARY(bit_count, Op::BitCount, IntType, T)
AIRSTRIP_UNARY(bit_reverse, Op::BitReverse, IntType, T)
/// All bits set where the value has no bit (for signed find_msb: where it is 0 or -1).
AIRSTRIP_UNARY(find_lsb, Op::FindLsb, IntType, T)
AIRSTRIP_UNARY(find_msb, Op::FindMsb, IntType, T)
/// `count` bits from bit `offset` on, sign-extended for signed types.
template <KernelValue V>
  requires IntType<TypeOf<V>> Value<TypeOf<V>> bit_field_extract(const V& value, const Operand<u32>& offset,
                                                                 const Operand<u32>& count) {
    using T = TypeOf<V>;
    return detail::apply<T>(Op::BitFieldExtract, 0, offset.at, Operand<T>(value, offset.at), offset, count);
  }
/// `base` with its `count` bits from `offset` on replaced by the lowest of `insert`.
template <KernelValue V>
  requires IntType<TypeOf<V>> Value<TypeOf<V>>
  bit_field_insert(const V& base, const std::type_identity_t<Operand<TypeOf<V>>>& insert,
                   const Operand<u32>& offset, const Operand<u32>& count) {
    using T = TypeOf<V>;
    return detail::apply<T>(Op::BitFieldInsert, 0, insert.at, Operand<T>(base, insert.at), insert, offset,
                            count);
  }

// --- tests
AIRSTRIP_UNARY(is_nan, Op::IsNan, FloatType, BooleanOf<T>)
AIRSTRIP_UNARY(is_inf, Op::IsInf, FloatType, BooleanOf<T>)
template <KernelValue V>
  requires(BooleanType<TypeOf<V>>&& VectorType<TypeOf<V>>)
Value<bool> any(const V& a, SourceLocation at = SourceLocation::current()) {
  return detail::apply<bool>(Op::Any, 0, at, Operand<TypeOf<V>>(a, at));
}
template <KernelValue V>
  requires(BooleanType<TypeOf<V>>&& VectorType<TypeOf<V>>)
Value<bool> all(const V& a, SourceLocation at = SourceLocation::current()) {
  return detail::apply<bool>(Op::All, 0, at, Operand<TypeOf<V>>(a, at));
}
/// `condition ? a : b`, both evaluated. `condition`: a bool, or one for each component.
template <KernelValue C, KernelValue V>
  requires(std::is_same_v<TypeOf<C>, bool> || std::is_same_v<TypeOf<C>, BooleanOf<TypeOf<V>>>)
Value<TypeOf<V>> select(const C& condition, const V& a, const std::type_identity_t<Operand<TypeOf<V>>>& b) {
  using T = TypeOf<V>;
  return detail::apply<T>(Op::Select, 0, b.at, Operand<TypeOf<C>>(condition, b.at), Operand<T>(a, b.at), b);
}
template <KernelValue C, class N, KernelValue V>
  requires(LiteralFor<N, TypeOf<V>> &&
           (std::is_same_v<TypeOf<C>, bool> || std::is_same_v<TypeOf<C>, BooleanOf<TypeOf<V>>>))
Value<TypeOf<V>> select(const C& condition, N a, const V& b, SourceLocation at = SourceLocation::current()) {
  using T = TypeOf<V>;
  return detail::apply<T>(Op::Select, 0, at, Operand<TypeOf<C>>(condition, at), Operand<T>(a, at),
                          Operand<T>(b, at));
}

// --- conversions. `To` has as many components as the value.
namespace detail {
template <class To, class From>
concept SameShape = ValueType<To> && ValueType<From> && type_of<To>
.components() == type_of<From>.components();
template <ValueType To, KernelValue V>
Value<To> convert(Op op, const V& value, SourceLocation at) {
  const AnyValue any = value.any(at);
  DynamicBuilder* const builder = any.builder();
  return builder ? Value<To>(builder->convert(op, any, type_of<To>, at)) : Value<To>();
}
}  // namespace detail
/// By value: float to integer truncates (undefined where it does not fit), integer to integer keeps the low bits, to a
/// float rounds to nearest, to bool is != 0.
template <ValueType To, KernelValue V>
  requires detail::SameShape<To, TypeOf<V>> Value<To> convert(const V& value,
                                                              SourceLocation at = SourceLocation::current()) {
    return detail::convert<To>(Op::Convert, value, at);
  }
/// To an integer type, clamped to its range; a NaN becomes 0.
template <IntType To, KernelValue V>
  requires(detail::SameShape<To, TypeOf<V>>&& NumberType<TypeOf<V>>)
Value<To> convert_saturate(const V& value, SourceLocation at = SourceLocation::current()) {
  return detail::convert<To>(Op::ConvertSaturate, value, at);
}
/// The same bits as another type of as many bytes.
template <MemoryType To, KernelValue V>
  requires(MemoryType<TypeOf<V>>&& type_of<To>.size() == type_of<TypeOf<V>>.size())
Value<To> bitcast(const V& value, SourceLocation at = SourceLocation::current()) {
  return detail::convert<To>(Op::Bitcast, value, at);
}

// --- vectors
namespace detail {
template <class P>
inline constexpr unsigned part_components = 1;
template <KernelValue P>
inline constexpr unsigned part_components<P> = type_of<TypeOf<P>>.components();
template <class P, class C>
constexpr bool is_part() {
  if constexpr (KernelValue<P>)
    return std::is_same_v<ComponentOf<TypeOf<P>>, C>;
  else
    return LiteralFor<P, C>;
}
}  // namespace detail
/// A value with components of the vector's type, or a C++ number for one.
template <class P, class T>
concept VectorPart = detail::is_part<P, ComponentOf<T>>();
/// From scalars and vectors that have as many components in all: `vec<f32x4>(xyz, 1.0f)`.
template <VectorType T, VectorPart<T>... Parts>
  requires((detail::part_components<Parts> + ...) == type_of<T>.components())
Value<T> vec(const Parts&... parts) {
  using C = ComponentOf<T>;
  DynamicBuilder* builder = nullptr;
  const auto note = [&](const auto& part) {
    if constexpr (KernelValue<std::remove_cvref_t<decltype(part)>>)
      if (!builder) builder = part.builder();
  };
  (note(parts), ...);
  if (!builder) return {};
  const auto value = [&](const auto& part) -> AnyValue {
    if constexpr (KernelValue<std::remove_cvref_t<decltype(part)>>)
      return part.any({});
    else
      return Operand<C>(part, SourceLocation{}).in(builder);
  };
  const AnyValue values[] = {value(parts)...};
  return Value<T>(builder->construct(type_of<T>, Span<const AnyValue>(values, sizeof...(parts)), {}));
}
/// Components by number: `swizzle<2, 1, 0>(v)`.
template <unsigned... Components, KernelValue V>
  requires(VectorType<TypeOf<V>> && sizeof...(Components) >= 2 && sizeof...(Components) <= 4 &&
           ((Components < type_of<TypeOf<V>>.components()) && ...))
Value < Vec < ComponentOf<TypeOf<V>>,
sizeof...(Components) >> swizzle(const V& v, SourceLocation at = SourceLocation::current()) {
  using R = Vec<ComponentOf<TypeOf<V>>, sizeof...(Components)>;
  const AnyValue any = v.any(at);
  constexpr unsigned components[] = {Components...};
  return any.builder() ? Value<R>(any.builder()->swizzle(any, components, at)) : Value<R>();
}
/// The component that an index of the kernel selects.
template <KernelValue V>
  requires VectorType<TypeOf<V>> Value<ComponentOf<TypeOf<V>>> extract(const V& v,
                                                                       const Operand<u32>& index) {
    return detail::apply<ComponentOf<TypeOf<V>>>(Op::ExtractDynamic, 0, index.at,
                                                 Operand<TypeOf<V>>(v, index.at), index);
  }
/// The vector with one component replaced.
template <KernelValue V>
  requires VectorType<TypeOf<V>> Value<TypeOf<V>>
  insert(const V& v, const std::type_identity_t<Operand<ComponentOf<TypeOf<V>>>>& component,
         const Operand<u32>& index) {
    using T = TypeOf<V>;
    return detail::apply<T>(Op::InsertDynamic, 0, index.at, Operand<T>(v, index.at), component, index);
  }
template <KernelValue V>
  requires(FloatType<TypeOf<V>>&& VectorType<TypeOf<V>>)
Value<ComponentOf<TypeOf<V>>> dot(const V& a, const std::type_identity_t<Operand<TypeOf<V>>>& b) {
  using T = TypeOf<V>;
  return detail::apply<ComponentOf<T>>(Op::Dot, 0, b.at, Operand<T>(a, b.at), b);
}
/// The sum of the products of four bytes in each word (SPV_KHR_integer_dot_product); without the capability it is
/// expanded. `dot_packed_accumulate` adds to an accumulator and saturates.
inline Value<u32> dot_packed_unsigned(const Operand<u32>& a, const Operand<u32>& b) {
  return detail::apply<u32>(Op::DotPacked, static_cast<u32>(DotKind::Unsigned), a.at, a, b);
}
inline Value<i32> dot_packed_signed(const Operand<u32>& a, const Operand<u32>& b) {
  return detail::apply<i32>(Op::DotPacked, static_cast<u32>(DotKind::Signed), a.at, a, b);
}
/// Signed bytes in `a`, unsigned ones in `b`.
inline Value<i32> dot_packed_mixed(const Operand<u32>& a, const Operand<u32>& b) {
  return detail::apply<i32>(Op::DotPacked, static_cast<u32>(DotKind::SignedUnsigned), a.at, a, b);
}
inline Value<u32> dot_packed_unsigned_accumulate(const Operand<u32>& a, const Operand<u32>& b,
                                                 const Operand<u32>& c) {
  return detail::apply<u32>(Op::DotPackedAccSat, static_cast<u32>(DotKind::Unsigned), a.at, a, b, c);
}
inline Value<i32> dot_packed_signed_accumulate(const Operand<u32>& a, const Operand<u32>& b,
                                               const Operand<i32>& c) {
  return detail::apply<i32>(Op::DotPackedAccSat, static_cast<u32>(DotKind::Signed), a.at, a, b, c);
}
inline Value<i32> dot_packed_mixed_accumulate(const Operand<u32>& a, const Operand<u32>& b,
                                              const Operand<i32>& c) {
  return detail::apply<i32>(Op::DotPackedAccSat, static_cast<u32>(DotKind::SignedUnsigned), a.at, a, b, c);
}

// --- GLSL.std.450
AIRSTRIP_UNARY(round, Op::Round, FloatType, T)
AIRSTRIP_UNARY(round_even, Op::RoundEven, FloatType, T)
AIRSTRIP_UNARY(trunc, Op::Trunc, FloatType, T)
AIRSTRIP_UNARY(floor, Op::Floor, FloatType, T)
AIRSTRIP_UNARY(ceil, Op::Ceil, FloatType, T)
AIRSTRIP_UNARY(fract, Op::Fract, FloatType, T)
AIRSTRIP_UNARY(radians, Op::Radians, ShortFloatType, T)
AIRSTRIP_UNARY(degrees, Op::Degrees, ShortFloatType, T)
AIRSTRIP_UNARY(sin, Op::Sin, ShortFloatType, T)
AIRSTRIP_UNARY(cos, Op::Cos, ShortFloatType, T)
AIRSTRIP_UNARY(tan, Op::Tan, ShortFloatType, T)
AIRSTRIP_UNARY(asin, Op::Asin, ShortFloatType, T)
AIRSTRIP_UNARY(acos, Op::Acos, ShortFloatType, T)
AIRSTRIP_UNARY(atan, Op::Atan, ShortFloatType, T)
AIRSTRIP_UNARY(sinh, Op::Sinh, ShortFloatType, T)
AIRSTRIP_UNARY(cosh, Op::Cosh, ShortFloatType, T)
AIRSTRIP_UNARY(tanh, Op::Tanh, ShortFloatType, T)
AIRSTRIP_UNARY(asinh, Op::Asinh, ShortFloatType, T)
AIRSTRIP_UNARY(acosh, Op::Acosh, ShortFloatType, T)
AIRSTRIP_UNARY(atanh, Op::Atanh, ShortFloatType, T)
AIRSTRIP_BINARY(atan2, Op::Atan2, ShortFloatType)
AIRSTRIP_BINARY(pow, Op::Pow, ShortFloatType)
AIRSTRIP_UNARY(exp, Op::Exp, ShortFloatType, T)
AIRSTRIP_UNARY(log, Op::Log, ShortFloatType, T)
AIRSTRIP_UNARY(exp2, Op::Exp2, ShortFloatType, T)
AIRSTRIP_UNARY(log2, Op::Log2, ShortFloatType, T)
AIRSTRIP_UNARY(sqrt, Op::Sqrt, FloatType, T)
AIRSTRIP_UNARY(inverse_sqrt, Op::InverseSqrt, FloatType, T)
/// a (1 - t) + b t
AIRSTRIP_TERNARY(mix, Op::Mix, FloatType)
/// 0 where x < edge, else 1.
AIRSTRIP_BINARY(step, Op::Step, FloatType)
AIRSTRIP_TERNARY(smooth_step, Op::SmoothStep, FloatType)
/// x = significand * 2^exponent, the significand in [0.5, 1).
AIRSTRIP_UNARY(frexp_significand, Op::FrexpSignificand, FloatType, T)
namespace detail {
template <class T>
struct IntegersLike {
  using Type = i32;
};
template <class C, unsigned N>
struct IntegersLike<Vec<C, N>> {
  using Type = Vec<i32, N>;
};
}  // namespace detail
AIRSTRIP_UNARY(frexp_exponent, Op::FrexpExponent, FloatType, typename detail::IntegersLike<T>::Type)
template <KernelValue V>
  requires FloatType<TypeOf<V>> Value<TypeOf<V>>
  ldexp(const V& x, const Operand<typename detail::IntegersLike<TypeOf<V>>::Type>& exponent) {
    using T = TypeOf<V>;
    return detail::apply<T>(Op::Ldexp, 0, exponent.at, Operand<T>(x, exponent.at), exponent);
  }
AIRSTRIP_UNARY(length, Op::Length, FloatType, ComponentOf<T>)
template <KernelValue V>
  requires FloatType<TypeOf<V>> Value<ComponentOf<TypeOf<V>>>
  distance(const V& a, const std::type_identity_t<Operand<TypeOf<V>>>& b) {
    using T = TypeOf<V>;
    return detail::apply<ComponentOf<T>>(Op::Distance, 0, b.at, Operand<T>(a, b.at), b);
  }
template <class T>
concept ThreeFloats = FloatType<T> && type_of<T>
.components() == 3;
AIRSTRIP_BINARY(cross, Op::Cross, ThreeFloats)
AIRSTRIP_UNARY(normalize, Op::Normalize, FloatType, T)
AIRSTRIP_TERNARY(face_forward, Op::FaceForward, FloatType)
AIRSTRIP_BINARY(reflect, Op::Reflect, FloatType)
template <KernelValue V>
  requires FloatType<TypeOf<V>> Value<TypeOf<V>>
  refract(const V& incident, const std::type_identity_t<Operand<TypeOf<V>>>& normal,
          const std::type_identity_t<Operand<ComponentOf<TypeOf<V>>>>& eta) {
    using T = TypeOf<V>;
    return detail::apply<T>(Op::Refract, 0, normal.at, Operand<T>(incident, normal.at), normal, eta);
  }

#define AIRSTRIP_FIXED(name, op, In, Out) \
  inline Value<Out> name(const Operand<In>& a) { return detail::apply<Out>(op, 0, a.at, a); }
AIRSTRIP_FIXED(pack_snorm_4x8, Op::PackSnorm4x8, f32x4, u32)
AIRSTRIP_FIXED(pack_unorm_4x8, Op::PackUnorm4x8, f32x4, u32)
AIRSTRIP_FIXED(pack_snorm_2x16, Op::PackSnorm2x16, f32x2, u32)
AIRSTRIP_FIXED(pack_unorm_2x16, Op::PackUnorm2x16, f32x2, u32)
AIRSTRIP_FIXED(pack_half_2x16, Op::PackHalf2x16, f32x2, u32)
AIRSTRIP_FIXED(unpack_snorm_4x8, Op::UnpackSnorm4x8, u32, f32x4)
AIRSTRIP_FIXED(unpack_unorm_4x8, Op::UnpackUnorm4x8, u32, f32x4)
AIRSTRIP_FIXED(unpack_snorm_2x16, Op::UnpackSnorm2x16, u32, f32x2)
AIRSTRIP_FIXED(unpack_unorm_2x16, Op::UnpackUnorm2x16, u32, f32x2)
AIRSTRIP_FIXED(unpack_half_2x16, Op::UnpackHalf2x16, u32, f32x2)
#undef AIRSTRIP_FIXED
#undef AIRSTRIP_UNARY
#undef AIRSTRIP_BINARY
#undef AIRSTRIP_TERNARY

AIRSTRIP_KERNEL_NAMESPACE_END
