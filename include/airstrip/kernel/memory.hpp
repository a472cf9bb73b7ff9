// Memory of a kernel, typed: storage buffers, workgroup and private arrays, structures in them, and atomics.
#pragma once

#include "../config.hpp"
#include "../spirv/layout.hpp"
#include "value.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

using spirv::LayoutRule;

// --- what lies in memory ---------------------------------------------------------------------------------------------

/// N elements in a row.
template <class T, std::uint32_t N>
struct Array {};

/// A name as a template argument: `"mass"`.
template <std::size_t N>
struct FieldName {
  char text[N] = {};
  constexpr FieldName(const char (&name)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = name[i];
  }
  template <std::size_t M>
  constexpr bool operator==(const FieldName<M>& other) const {
    if (N != M) return false;
    for (std::size_t i = 0; i < N; ++i)
      if (text[i] != other.text[i]) return false;
    return true;
  }
};

/// A member of a structure.
template <FieldName Name, class T>
struct Field {
  static constexpr auto name = Name;
  using Type = T;
};

/// A structure: `Struct<Field<"position", f32x3>, Field<"mass", f32>>`. Its layout is the buffer's rule.
template <class... Fields>
struct Struct {};

namespace detail {

template <class T>
struct ElementTraits {
  static constexpr bool known = false;
};
template <MemoryType T>
struct ElementTraits<T> {
  static constexpr bool known = true;
  static constexpr spirv::TypeLayout layout(LayoutRule rule) {
    const spirv::TypeLayout component = spirv::layout::scalar(type_of<T>.width());
    if constexpr (VectorType<T>)
      return spirv::layout::vector(rule, component, type_of<T>.components());
    else
      return component;
  }
  // Workgroup and private memory has no layout: there each scalar or vector of an element is an array of its own.
  static constexpr std::uint32_t leaves = 1;
  template <class Visit>
  static void each_leaf(std::uint32_t count, const Visit& visit) {
    visit(type_of<T>, count);
  }
};
template <class T, std::uint32_t N>
struct ElementTraits<Array<T, N>> {
  static constexpr bool known = ElementTraits<T>::known && N > 0;
  static constexpr spirv::TypeLayout layout(LayoutRule rule) {
    return spirv::layout::array(rule, ElementTraits<T>::layout(rule), N);
  }
  static constexpr std::uint32_t leaves = ElementTraits<T>::leaves;
  template <class Visit>
  static void each_leaf(std::uint32_t count, const Visit& visit) {
    ElementTraits<T>::each_leaf(count * N, visit);
  }
};
template <class... Fields>
struct ElementTraits<Struct<Fields...>> {
  static constexpr bool known = (ElementTraits<typename Fields::Type>::known && ...) && sizeof...(Fields) > 0;
  static constexpr std::uint32_t leaves = (ElementTraits<typename Fields::Type>::leaves + ...);
  struct Placed {
    std::uint64_t offset[sizeof...(Fields)] = {};
    spirv::TypeLayout whole;
  };
  static constexpr Placed place(LayoutRule rule) {
    Placed placed;
    std::uint64_t end = 0;
    std::uint32_t alignment = rule == LayoutRule::Std140 ? 16 : 1;
    std::size_t i = 0;
    const auto add = [&](const spirv::TypeLayout& member) {
      const std::uint32_t own = rule == LayoutRule::Relaxed ? member.relaxed_alignment : member.alignment;
      std::uint64_t at = spirv::layout::round_up(end, own);
      // A relaxed vector may not straddle a boundary of 16 bytes improperly (Vulkan 15.6.4).
      if (rule == LayoutRule::Relaxed && member.is_vector &&
          (member.size <= 16 ? at / 16 != (at + member.size - 1) / 16 : at % 16 != 0))
        at = spirv::layout::round_up(at, 16);
      placed.offset[i++] = at;
      end = at + member.size;
      if (member.alignment > alignment) alignment = member.alignment;
    };
    (add(ElementTraits<typename Fields::Type>::layout(rule)), ...);
    placed.whole.size = spirv::layout::round_up(end, alignment);
    placed.whole.alignment = placed.whole.relaxed_alignment = alignment;
    return placed;
  }
  static constexpr spirv::TypeLayout layout(LayoutRule rule) { return place(rule).whole; }
  template <class Visit>
  static void each_leaf(std::uint32_t count, const Visit& visit) {
    (ElementTraits<typename Fields::Type>::each_leaf(count, visit), ...);
  }
  template <FieldName Name>
  static constexpr std::size_t index() {
    std::size_t i = 0, found = sizeof...(Fields);
    ((Fields::name == Name ? static_cast<void>(found = i) : static_cast<void>(0), ++i), ...);
    return found;
  }
  static constexpr std::uint32_t leaves_before(std::size_t index) {
    constexpr std::uint32_t counts[] = {ElementTraits<typename Fields::Type>::leaves...};
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < index; ++i) sum += counts[i];
    return sum;
  }
};

template <std::size_t I, class First, class... Rest>
struct TypeAt : TypeAt<I - 1, Rest...> {};
template <class First, class... Rest>
struct TypeAt<0, First, Rest...> {
  using Type = First;
};

}  // namespace detail

/// What can be an element of memory: numbers, vectors of them, Arrays and Structs of those. No Booleans: how they lie in
/// memory is not defined; store a u32.
template <class T>
concept ElementType = detail::ElementTraits<T>::known;

/// Bytes from one element to the next in a buffer under a layout rule.
template <ElementType T>
constexpr std::uint32_t stride_of(LayoutRule rule = LayoutRule::Std430) {
  const spirv::TypeLayout layout = detail::ElementTraits<T>::layout(rule);
  return static_cast<std::uint32_t>(spirv::layout::round_up(layout.size, layout.alignment));
}

// --- places ----------------------------------------------------------------------------------------------------------

/// An index, with the line it stands in: a 32- or 64-bit integer of the kernel, or a C++ integer. Made implicitly.
class Index {
public:
  template <KernelValue V>
    requires(IntType<TypeOf<V>>&& ScalarType<TypeOf<V>> && sizeof(TypeOf<V>) >= 4)
  Index(const V& operand, SourceLocation where = SourceLocation::current())
      : at(where), value(operand.any(where)) {}
  template <class N>
    requires(std::is_integral_v<N> && !std::is_same_v<N, bool>)
  Index(N literal, SourceLocation where = SourceLocation::current())
      : at(where), number(static_cast<std::int64_t>(literal)) {}

  SourceLocation at;
  AnyValue value;
  std::int64_t number = 0;
};

namespace detail {

/// Where an element is, while indices and fields are added one by one.
struct Address {
  Place place;
  LayoutRule rule = LayoutRule::Std430;
  bool bytes = true;  // a buffer; else arrays of leaves from place.resource on, whose stride is an element
  SourceLocation at;

  /// Moves by `index` elements of `stride` bytes (of a buffer), in a row of `count` (of an array).
  void add(const Index& index, std::uint32_t stride, std::uint32_t count);
};

}  // namespace detail

/// An element in memory. Reading it as a value loads it, assigning stores it.
template <class T, Access A>
class Ref {
  static_assert(detail::never<T>, "airstrip: this type cannot lie in memory (a bool? store a u32)");
};

/// A scalar or vector.
template <MemoryType T, Access A>
class Ref<T, A> : public detail::Assignable<Ref<T, A>, T> {
public:
  static constexpr bool is_readable = can_read(A), is_writable = can_write(A);

  Ref(const Ref&) = default;
  explicit Ref(const detail::Address& address) : address_(address) {}

  void operator=(const Operand<T>& value) const requires(can_write(A)) { put(value.in(builder()), value.at); }
  template <class V>
    requires(!can_write(A))
  void operator=(const V&) const {
    static_assert(detail::never<V>,
                  "airstrip: this buffer is read-only (input); declare it with inout or output");
  }
  template <class V>
    requires(can_write(A) && !std::is_convertible_v<const V&, Operand<T>>)
  void operator=(const V&) const {
    static_assert(detail::never<V>,
                  "airstrip: the element is of another type; convert the value with convert<T>(value)");
  }
  Ref& operator=(const Ref& other) requires(can_write(A) && can_read(A)) {
    put(other.any(other.address_.at), other.address_.at);
    return *this;
  }
  Value<T> value(SourceLocation at = SourceLocation::current()) const requires(can_read(A)) {
    return Value<T>(any(at));
  }
  template <class V = T>
    requires(!can_read(A))
  Value<T> value()
  const {
    static_assert(detail::never<V>,
                  "airstrip: this buffer is write-only (output); declare it with inout to read it");
    return {};
  }
  /// A component of a vector, to read or write by itself.
  template <unsigned I>
  Ref<ComponentOf<T>, A> component() const requires(VectorType<T>&& I < type_of<T>.components()) {
    detail::Address part = address_;
    part.place.offset += I * (type_of<T>.width() / 8);
    part.place.alignment = 0;
    return Ref<ComponentOf<T>, A>(part);
  }
  Ref<ComponentOf<T>, A> x() const requires(VectorType<T>) { return component<0>(); }
  Ref<ComponentOf<T>, A> y() const requires(VectorType<T>) { return component<1>(); }
  Ref<ComponentOf<T>, A> z() const requires(VectorType<T>) { return component<2>(); }
  Ref<ComponentOf<T>, A> w() const requires(VectorType<T>) { return component<3>(); }

  DynamicBuilder* builder() const { return address_.place.builder; }
  const Place& place() const { return address_.place; }
  AnyValue any(SourceLocation at) const requires(can_read(A)) {
    return builder() ? builder()->load(address_.place, type_of<T>, at) : AnyValue();
  }
  void put(AnyValue value, SourceLocation at) const {
    if (builder()) builder()->store(address_.place, value, at);
  }

private:
  detail::Address address_;
};

/// An array in an element.
template <class T, std::uint32_t N, Access A>
class Ref<Array<T, N>, A> {
public:
  explicit Ref(const detail::Address& address) : address_(address) {}
  Ref<T, A> operator[](const Index& index) const {
    detail::Address element = address_;
    element.add(index, stride_of<T>(address_.rule), N);
    if constexpr (MemoryType<T>)
      element.place.alignment = detail::ElementTraits<T>::layout(address_.rule).alignment;
    return Ref<T, A>(element);
  }

private:
  detail::Address address_;
};

/// A structure: its members by name, `particles[i].get<"mass">()`.
template <class... Fields, Access A>
class Ref<Struct<Fields...>, A> {
public:
  explicit Ref(const detail::Address& address) : address_(address) {}
  template <FieldName Name>
  auto get() const {
    using Traits = detail::ElementTraits<Struct<Fields...>>;
    constexpr std::size_t index = Traits::template index<Name>();
    static_assert(index < sizeof...(Fields), "airstrip: the structure has no field of this name");
    using T = typename detail::TypeAt<index, Fields...>::Type::Type;
    detail::Address member = address_;
    if (member.bytes)
      member.place.offset += static_cast<std::uint32_t>(Traits::place(member.rule).offset[index]);
    else
      member.place.resource += Traits::leaves_before(index);
    if constexpr (MemoryType<T>)
      member.place.alignment = detail::ElementTraits<T>::layout(address_.rule).alignment;
    return Ref<T, A>(member);
  }

private:
  detail::Address address_;
};

namespace detail {
// A write-only place has no value.
template <MemoryType T>
struct KernelTraits<Ref<T, Access::WriteOnly>> {
  static constexpr bool known = false;
};
}  // namespace detail

namespace detail {
template <class V>
inline constexpr bool is_write_only = false;
template <class T>
inline constexpr bool is_write_only<Ref<T, Access::WriteOnly>> = true;
}  // namespace detail
#define AIRSTRIP_WRITE_ONLY(symbol)                                                                  \
  template <class A, class B>                                                                        \
    requires(detail::is_write_only<A> || detail::is_write_only<B>)                                   \
  void operator symbol(const A&, const B&) {                                                         \
    static_assert(detail::never<A, B>,                                                               \
                  "airstrip: this buffer is write-only (output); declare it with inout to read it"); \
  }
AIRSTRIP_WRITE_ONLY(+)
AIRSTRIP_WRITE_ONLY(-)
AIRSTRIP_WRITE_ONLY(*)
AIRSTRIP_WRITE_ONLY(/)
AIRSTRIP_WRITE_ONLY(<)
AIRSTRIP_WRITE_ONLY(>)
AIRSTRIP_WRITE_ONLY(==)
#undef AIRSTRIP_WRITE_ONLY

/// A storage buffer, or a view of one, of elements of T: reading past its end is the kernel's error.
template <ElementType T, Access A>
class StorageBuffer {
public:
  StorageBuffer() = default;
  explicit StorageBuffer(const detail::Address& address) : address_(address) {}

  Ref<T, A> operator[](const Index& index) const {
    detail::Address element = address_;
    element.add(index, stride_of<T>(address_.rule), 0);
    if constexpr (MemoryType<T>)
      element.place.alignment = detail::ElementTraits<T>::layout(address_.rule).alignment;
    return Ref<T, A>(element);
  }
  /// Elements of the buffer as it is bound; of the whole one, not of a view.
  Value<u32> length(SourceLocation at = SourceLocation::current()) const {
    DynamicBuilder* const builder = address_.place.builder;
    if (!builder) return {};
    return Value<u32>(builder->array_length(address_.place.resource, stride_of<T>(address_.rule), at));
  }
  /// `count` elements (in all 4 GiB at most) from byte `base` on, which is a multiple of T's alignment. Accesses past
  /// them are found by the interpreter even where they stay in the buffer.
  StorageBuffer view(const Operand<u32>& base, const Operand<u32>& count) const {
    StorageBuffer part = *this;
    DynamicBuilder* const builder = address_.place.builder;
    if (!builder) return part;
    const AnyValue start = base.in(builder);
    part.address_.place.base =
        address_.place.base.empty() ? start : builder->apply(Op::Add, address_.place.base, start, base.at);
    const AnyValue elements = count.in(builder);
    const AnyValue stride = builder->constant_int(type_of<u32>, stride_of<T>(address_.rule), count.at);
    part.address_.place.range = builder->apply(Op::Mul, elements, stride, count.at);
    return part;
  }
  /// The same bytes as elements of another type.
  template <ElementType U>
  StorageBuffer<U, A> as() const {
    return StorageBuffer<U, A>(address_);
  }
  /// What one invocation stores, others may read before the dispatch ends (after a barrier of the device's scope).
  const StorageBuffer& coherent() const {
    if (address_.place.builder) address_.place.builder->set_coherent(address_.place.resource);
    return *this;
  }
  /// Another buffer of the kernel may be bound to the same memory.
  const StorageBuffer& may_alias() const {
    if (address_.place.builder) address_.place.builder->set_may_alias(address_.place.resource);
    return *this;
  }
  /// Index in `Kernel::resources()`.
  std::uint32_t resource() const { return address_.place.resource; }

private:
  detail::Address address_;
};

/// An array shared by the workgroup, or of each invocation (`PrivateArray`), of elements of T.
template <ElementType T>
class LocalArray {
public:
  LocalArray() = default;
  LocalArray(const detail::Address& address, std::uint32_t size) : address_(address), size_(size) {}
  Ref<T, Access::ReadWrite> operator[](const Index& index) const {
    detail::Address element = address_;
    element.add(index, 0, size_);
    return Ref<T, Access::ReadWrite>(element);
  }
  std::uint32_t size() const { return size_; }
  std::uint32_t resource() const { return address_.place.resource; }

private:
  detail::Address address_;
  std::uint32_t size_ = 0;
};
template <ElementType T>
using WorkgroupArray = LocalArray<T>;
template <ElementType T>
using PrivateArray = LocalArray<T>;

// --- atomics -----------------------------------------------------------------------------------------------------------

/// Who takes part, and which memory (of `memory`) the operation releases and acquires; none: it is relaxed.
struct AtomicOptions {
  MemoryScope scope = MemoryScope::Device;
  std::uint8_t ordering = 0;
};

/// Of 32- and 64-bit integers (floats where said), in buffers that are read and written and in workgroup memory. Each
/// returns the value before.
template <class T>
concept AtomicType = ScalarType<T> &&(IntType<T> || FloatType<T>)&&sizeof(T) >= 4;

namespace detail {
template <AtomicType T>
Value<T> atomic(Op op, const Ref<T, Access::ReadWrite>& ref, Span<const AnyValue> values,
                AtomicOptions options, SourceLocation at) {
  DynamicBuilder* const builder = ref.builder();
  if (!builder) return {};
  return Value<T>(builder->atomic(op, ref.place(), type_of<T>, values, options.scope, options.ordering, at));
}
}  // namespace detail

template <AtomicType T>
Value<T> atomic_load(const Ref<T, Access::ReadWrite>& ref, AtomicOptions options = {},
                     SourceLocation at = SourceLocation::current()) {
  return detail::atomic(Op::AtomicLoad, ref, {}, options, at);
}
#define AIRSTRIP_ATOMIC(name, op, requirement)                                                       \
  template <AtomicType T>                                                                            \
    requires(requirement)                                                                            \
  Value<T> name(const Ref<T, Access::ReadWrite>& ref, const std::type_identity_t<Operand<T>>& value, \
                AtomicOptions options = {}) {                                                        \
    const AnyValue operand = value.in(ref.builder());                                                \
    return detail::atomic(op, ref, Span<const AnyValue>(&operand, 1), options, value.at);            \
  }
AIRSTRIP_ATOMIC(atomic_store, Op::AtomicStore, true)
AIRSTRIP_ATOMIC(atomic_exchange, Op::AtomicExchange, true)
AIRSTRIP_ATOMIC(atomic_add, Op::AtomicAdd, true)  // floats: shaderBufferFloat32AtomicAdd and its like
AIRSTRIP_ATOMIC(atomic_sub, Op::AtomicSub, IntType<T>)
AIRSTRIP_ATOMIC(atomic_min, Op::AtomicMin, true)  // floats: shaderBufferFloat32AtomicMinMax
AIRSTRIP_ATOMIC(atomic_max, Op::AtomicMax, true)
AIRSTRIP_ATOMIC(atomic_and, Op::AtomicAnd, IntType<T>)
AIRSTRIP_ATOMIC(atomic_or, Op::AtomicOr, IntType<T>)
AIRSTRIP_ATOMIC(atomic_xor, Op::AtomicXor, IntType<T>)
#undef AIRSTRIP_ATOMIC
/// Stores `value` where the memory holds `comparator`.
template <AtomicType T>
  requires(IntType<T>)
Value<T> atomic_compare_exchange(const Ref<T, Access::ReadWrite>& ref,
                                 const std::type_identity_t<Operand<T>>& comparator,
                                 const std::type_identity_t<Operand<T>>& value, AtomicOptions options = {}) {
  const AnyValue operands[2] = {value.in(ref.builder()), comparator.in(ref.builder())};
  return detail::atomic(Op::AtomicCompareExchange, ref, operands, options, value.at);
}

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/memory.hpp"
#endif
