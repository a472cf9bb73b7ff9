// The types of kernel values: scalars, vectors and cooperative matrices, as C++ types and as run-time values.
#pragma once

#include "../config.hpp"
#include "../support/string.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

using i8 = std::int8_t;
using u8 = std::uint8_t;
using i16 = std::int16_t;
using u16 = std::uint16_t;
using i32 = std::int32_t;
using u32 = std::uint32_t;
using i64 = std::int64_t;
using u64 = std::uint64_t;
using f32 = float;
using f64 = double;

/// IEEE 754 binary16, by its bits. Conversions round to nearest even.
struct f16 {
  std::uint16_t bits = 0;
  f16() = default;
  explicit f16(double value);
  explicit operator float() const;
};
/// bfloat16 (SPV_KHR_bfloat16): the upper half of a binary32, by its bits. Conversions round to nearest even.
struct bf16 {
  std::uint16_t bits = 0;
  bf16() = default;
  explicit bf16(double value);
  explicit operator float() const;
};

/// What a scalar, or the component of a vector or matrix, is.
enum class Scalar : std::uint8_t { Void, Boolean, I8, U8, I16, U16, I32, U32, I64, U64, F16, BF16, F32, F64 };

constexpr bool is_float(Scalar s) { return s >= Scalar::F16; }
constexpr bool is_int(Scalar s) { return s >= Scalar::I8 && s <= Scalar::U64; }
constexpr bool is_signed(Scalar s) {
  return s == Scalar::I8 || s == Scalar::I16 || s == Scalar::I32 || s == Scalar::I64;
}
/// Bits of a scalar: 1 for a Boolean, 0 for Void.
constexpr unsigned width_of(Scalar s) {
  constexpr std::uint8_t widths[] = {0, 1, 8, 8, 16, 16, 32, 32, 64, 64, 16, 16, 32, 64};
  return widths[static_cast<unsigned>(s)];
}
/// The unsigned integer of a width in bits, and the signed one.
constexpr Scalar unsigned_of(unsigned width) {
  return width == 8 ? Scalar::U8 : width == 16 ? Scalar::U16 : width == 32 ? Scalar::U32 : Scalar::U64;
}
constexpr Scalar signed_of(unsigned width) {
  return width == 8 ? Scalar::I8 : width == 16 ? Scalar::I16 : width == 32 ? Scalar::I32 : Scalar::I64;
}

/// The type of a value: a scalar, a vector of 2 to 4, or a cooperative matrix (an index into the kernel's table of
/// matrix shapes). Comparable as one word; two kernels' matrix types are not.
class Type {
public:
  constexpr Type() = default;
  constexpr Type(Scalar scalar, unsigned components = 1)
      : bits_(static_cast<std::uint32_t>(scalar) | components << 4) {}
  static constexpr Type matrix(Scalar component, std::uint32_t shape) {
    Type type(component);
    type.bits_ |= (shape + 1) << 8;
    return type;
  }

  constexpr Scalar scalar() const { return static_cast<Scalar>(bits_ & 15); }
  /// 1 for scalars and matrices.
  constexpr unsigned components() const { return bits_ >> 4 & 15; }
  constexpr bool is_void() const { return scalar() == Scalar::Void; }
  constexpr bool is_vector() const { return components() > 1; }
  constexpr bool is_matrix() const { return bits_ >> 8 != 0; }
  /// Index in `Kernel::matrix_shapes()`.
  constexpr std::uint32_t matrix_shape() const { return (bits_ >> 8) - 1; }
  constexpr bool is_boolean() const { return scalar() == Scalar::Boolean; }
  constexpr bool is_float() const { return kernel::is_float(scalar()); }
  constexpr bool is_int() const { return kernel::is_int(scalar()); }
  constexpr bool is_signed() const { return kernel::is_signed(scalar()); }
  /// Bits of a component.
  constexpr unsigned width() const { return width_of(scalar()); }
  /// Bytes in memory, without padding; 0 for Booleans and matrices.
  constexpr std::uint32_t size() const {
    return is_matrix() || is_boolean() ? 0 : width() / 8 * components();
  }
  /// The same shape with another component.
  constexpr Type with(Scalar s) const {
    Type type = *this;
    type.bits_ = (bits_ & ~15u) | static_cast<std::uint32_t>(s);
    return type;
  }
  /// The component as a type of its own.
  constexpr Type component() const { return Type(scalar()); }
  constexpr std::uint32_t bits() const { return bits_; }
  static constexpr Type from_bits(std::uint32_t bits) {
    Type type;
    type.bits_ = bits;
    return type;
  }
  friend constexpr bool operator==(Type a, Type b) { return a.bits_ == b.bits_; }

private:
  std::uint32_t bits_ = 1u << 4;  // scalar | components << 4 | (matrix shape + 1) << 8
};

/// "f32", "u32x3", "bool": as kernels are printed.
String to_string(Type type);

/// A vector of 2 to 4 components, as a C++ type: `f32x4`.
template <class T, unsigned N>
struct Vec;
template <class T>
struct Vec<T, 2> {
  T x{}, y{};
};
template <class T>
struct Vec<T, 3> {
  T x{}, y{}, z{};
};
template <class T>
struct Vec<T, 4> {
  T x{}, y{}, z{}, w{};
};

#define AIRSTRIP_VECTORS(scalar, prefix) \
  using prefix##x2 = Vec<scalar, 2>;     \
  using prefix##x3 = Vec<scalar, 3>;     \
  using prefix##x4 = Vec<scalar, 4>;
AIRSTRIP_VECTORS(bool, bool)
AIRSTRIP_VECTORS(i8, i8)
AIRSTRIP_VECTORS(u8, u8)
AIRSTRIP_VECTORS(i16, i16)
AIRSTRIP_VECTORS(u16, u16)
AIRSTRIP_VECTORS(i32, i32)
AIRSTRIP_VECTORS(u32, u32)
AIRSTRIP_VECTORS(i64, i64)
AIRSTRIP_VECTORS(u64, u64)
AIRSTRIP_VECTORS(f16, f16)
AIRSTRIP_VECTORS(bf16, bf16)
AIRSTRIP_VECTORS(f32, f32)
AIRSTRIP_VECTORS(f64, f64)
#undef AIRSTRIP_VECTORS

namespace detail {
template <class T>
struct TypeTraits {
  static constexpr bool known = false;
};
template <class T, Scalar S>
struct ScalarTraits {
  static constexpr bool known = true;
  static constexpr Scalar scalar = S;
  static constexpr unsigned components = 1;
  using Component = T;
  using Boolean = bool;
};
template <>
struct TypeTraits<bool> : ScalarTraits<bool, Scalar::Boolean> {};
template <>
struct TypeTraits<i8> : ScalarTraits<i8, Scalar::I8> {};
template <>
struct TypeTraits<u8> : ScalarTraits<u8, Scalar::U8> {};
template <>
struct TypeTraits<i16> : ScalarTraits<i16, Scalar::I16> {};
template <>
struct TypeTraits<u16> : ScalarTraits<u16, Scalar::U16> {};
template <>
struct TypeTraits<i32> : ScalarTraits<i32, Scalar::I32> {};
template <>
struct TypeTraits<u32> : ScalarTraits<u32, Scalar::U32> {};
template <>
struct TypeTraits<i64> : ScalarTraits<i64, Scalar::I64> {};
template <>
struct TypeTraits<u64> : ScalarTraits<u64, Scalar::U64> {};
template <>
struct TypeTraits<f16> : ScalarTraits<f16, Scalar::F16> {};
template <>
struct TypeTraits<bf16> : ScalarTraits<bf16, Scalar::BF16> {};
template <>
struct TypeTraits<f32> : ScalarTraits<f32, Scalar::F32> {};
template <>
struct TypeTraits<f64> : ScalarTraits<f64, Scalar::F64> {};
template <class T, unsigned N>
struct TypeTraits<Vec<T, N>> {
  static constexpr bool known = TypeTraits<T>::known;
  static constexpr Scalar scalar = TypeTraits<T>::scalar;
  static constexpr unsigned components = N;
  using Component = T;
  using Boolean = Vec<bool, N>;
};
}  // namespace detail

/// A C++ type that stands for a scalar or vector of a kernel.
template <class T>
concept ValueType = detail::TypeTraits<T>::known;
template <class T>
concept ScalarType = ValueType<T> && detail::TypeTraits<T>::components == 1;
template <class T>
concept VectorType = ValueType<T> && detail::TypeTraits<T>::components >
1;
/// Of floating-point numbers, of integers, of either, of Booleans; scalars and vectors alike.
template <class T>
concept FloatType = ValueType<T> && is_float(detail::TypeTraits<T>::scalar);
/// Of 16 and 32 bits: those that have transcendental functions (GLSL.std.450).
template <class T>
concept ShortFloatType = FloatType<T> &&(width_of(detail::TypeTraits<T>::scalar) <= 32);
template <class T>
concept IntType = ValueType<T> && is_int(detail::TypeTraits<T>::scalar);
template <class T>
concept SignedType = ValueType<T> &&(is_signed(detail::TypeTraits<T>::scalar) || FloatType<T>);
template <class T>
concept NumberType = FloatType<T> || IntType<T>;
template <class T>
concept BooleanType = ValueType<T> && detail::TypeTraits<T>::scalar == Scalar::Boolean;
/// What can lie in a buffer, in workgroup memory or in a push constant: everything but Booleans.
template <class T>
concept MemoryType = NumberType<T>;

/// The component of a vector, or the scalar itself.
template <ValueType T>
using ComponentOf = typename detail::TypeTraits<T>::Component;
/// What comparing two of them gives.
template <ValueType T>
using BooleanOf = typename detail::TypeTraits<T>::Boolean;
/// The run-time value of a C++ type.
template <ValueType T>
inline constexpr Type type_of = Type(detail::TypeTraits<T>::scalar, detail::TypeTraits<T>::components);

/// A scalar's bits, as they stand in `Node::constant`; those above its width are zero.
std::uint64_t f16_from_double(double value);
std::uint64_t bf16_from_double(double value);
double f16_to_double(std::uint64_t bits);
double bf16_to_double(std::uint64_t bits);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/types.hpp"
#endif
