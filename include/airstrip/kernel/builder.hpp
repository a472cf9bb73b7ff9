// KernelBuilder: write a kernel in typed C++.
#pragma once

#include "../config.hpp"
#include "image.hpp"
#include "math.hpp"
#include "matrix.hpp"
#include "memory.hpp"
#include "subgroup.hpp"
#include "value.hpp"

#include <utility>

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

class KernelBuilder;

/// A loop while its body is written: to leave it from inside a switch, or to be clear.
class LoopScope {
public:
  LoopScope(DynamicBuilder& builder, NodeId node) : builder_(builder), node_(node) {}
  void break_(SourceLocation at = SourceLocation::current()) const { builder_.break_(node_, at); }
  void continue_(SourceLocation at = SourceLocation::current()) const { builder_.continue_(node_, at); }

private:
  DynamicBuilder& builder_;
  NodeId node_;
};

/// A switch while its cases are written. No case falls into the next.
class SwitchScope {
public:
  explicit SwitchScope(DynamicBuilder& builder) : builder_(builder) {}
  /// Literals as the selector's type has them; none twice.
  template <class Body>
  void case_(std::initializer_list<std::int64_t> literals, Body&& body,
             SourceLocation at = SourceLocation::current()) {
    Buffer<std::uint64_t> bits;
    for (const std::int64_t literal : literals) bits.push_back(static_cast<std::uint64_t>(literal));
    builder_.begin_case({bits.data(), bits.size()}, at);
    body();
    builder_.end_case(at);
  }
  template <class Body>
  void case_(std::int64_t literal, Body&& body, SourceLocation at = SourceLocation::current()) {
    case_({literal}, static_cast<Body&&>(body), at);
  }
  /// What no case names; once at most.
  template <class Body>
  void default_(Body&& body, SourceLocation at = SourceLocation::current()) {
    builder_.begin_default(at);
    body();
    builder_.end_case(at);
  }

private:
  DynamicBuilder& builder_;
};

/// What `if_` returns, for an `else_` right behind it.
class IfScope {
public:
  explicit IfScope(DynamicBuilder& builder) : builder_(builder) {}
  template <class Body>
  void else_(Body&& body, SourceLocation at = SourceLocation::current()) && {
    builder_.reopen_else(at);
    body();
    builder_.end_if(at);
  }

private:
  DynamicBuilder& builder_;
};

/// A helper function of the kernel; see `KernelBuilder::function`.
template <class R, class... Arguments>
class HelperFunction {
public:
  HelperFunction(DynamicBuilder& builder, std::uint32_t function) : builder_(&builder), function_(function) {}
  auto operator()(const Operand<Arguments>&... arguments) const {
    SourceLocation at;
    ((at = arguments.at), ...);
    Buffer<AnyValue> values;
    (values.push_back(arguments.in(builder_)), ...);
    const AnyValue result = builder_->call(function_, {values.data(), values.size()}, at);
    if constexpr (!std::is_void_v<R>) return Value<R>(result);
  }

private:
  DynamicBuilder* builder_;
  std::uint32_t function_;
};

namespace detail {
template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> {
  template <class F>
  static auto declare(DynamicBuilder& builder, Text name, F&& body, SourceLocation at) {
    return declare_with<F, TypeOf<R>>(builder, name, static_cast<F&&>(body), at,
                                      std::index_sequence_for<A...>());
  }

private:
  template <class F, class Result, std::size_t... I>
  static auto declare_with(DynamicBuilder& builder, Text name, F&& body, SourceLocation at,
                           std::index_sequence<I...>) {
    const Type parameters[] = {type_of<TypeOf<A>>..., Type()};
    const std::uint32_t function =
        builder.begin_function(name, type_of<Result>, Span<const Type>(parameters, sizeof...(A)), at);
    const auto result = body(Value<TypeOf<A>>(builder.function_parameter(function, I))...);
    if (!result.any(at).empty()) builder.return_(result.any(at), at);
    builder.end_function(at);
    return HelperFunction<Result, TypeOf<A>...>(builder, function);
  }
};
template <class C, class... A>
struct Signature<void (C::*)(A...) const> {
  template <class F>
  static auto declare(DynamicBuilder& builder, Text name, F&& body, SourceLocation at) {
    return declare_with(builder, name, static_cast<F&&>(body), at, std::index_sequence_for<A...>());
  }

private:
  template <class F, std::size_t... I>
  static auto declare_with(DynamicBuilder& builder, Text name, F&& body, SourceLocation at,
                           std::index_sequence<I...>) {
    const Type parameters[] = {type_of<TypeOf<A>>..., Type()};
    const std::uint32_t function =
        builder.begin_function(name, Type(), Span<const Type>(parameters, sizeof...(A)), at);
    body(Value<TypeOf<A>>(builder.function_parameter(function, I))...);
    builder.end_function(at);
    return HelperFunction<void, TypeOf<A>...>(builder, function);
  }
};
}  // namespace detail

/// Builds one kernel from typed C++. Loops and ifs of C++ happen while the kernel is built (they unroll); `for_`, `if_`
/// and their like become loops and branches of the kernel.
///
///     Kernel saxpy = make_kernel("saxpy", {.workgroup = {64}}, [](KernelBuilder& k) {
///       auto n = k.param<u32>("n");
///       auto a = k.param<f32>("a");
///       auto x = k.input<f32>("x");
///       auto y = k.inout<f32>("y");
///       auto i = k.global_id().x;
///       k.if_(i < n, [&] { y[i] = a * x[i] + y[i]; });
///     });
class KernelBuilder : public DynamicBuilder {
public:
  using DynamicBuilder::DynamicBuilder;

  // --- what the dispatch is given
  /// A number of the dispatch: push constant, uniform or immediate, as the writer decides.
  template <ValueType T>
  Value<T> param(Text name, SourceLocation at = SourceLocation::current()) {
    return Value<T>(parameter(type_of<T>, name, at));
  }
  /// A specialisation constant: `number` is its SpecId.
  template <ScalarType T, LiteralFor<T> N>
  Value<T> spec_constant(std::uint32_t number, N value, Text name = {},
                         SourceLocation at = SourceLocation::current()) {
    const AnyValue constant = Operand<T>(value, at).in(this);
    const std::uint64_t bits = failed() ? 0 : bits_of(constant);
    return Value<T>(DynamicBuilder::spec_constant(type_of<T>, number, bits, name, at));
  }
  /// Storage buffers, in the order in which they are declared: read, written, or both.
  template <ElementType T>
  StorageBuffer<T, Access::ReadOnly> input(Text name, LayoutRule rule = LayoutRule::Std430,
                                           SourceLocation at = SourceLocation::current()) {
    return buffer<T, Access::ReadOnly>(name, rule, at);
  }
  template <ElementType T>
  StorageBuffer<T, Access::WriteOnly> output(Text name, LayoutRule rule = LayoutRule::Std430,
                                             SourceLocation at = SourceLocation::current()) {
    return buffer<T, Access::WriteOnly>(name, rule, at);
  }
  template <ElementType T>
  StorageBuffer<T, Access::ReadWrite> inout(Text name, LayoutRule rule = LayoutRule::Std430,
                                            SourceLocation at = SourceLocation::current()) {
    return buffer<T, Access::ReadWrite>(name, rule, at);
  }
#define AIRSTRIP_NO_ELEMENT(name)                                                                            \
  template <class T, class... Arguments>                                                                     \
    requires(!ElementType<T>)                                                                                \
  void name(const Arguments&...) {                                                                           \
    static_assert(detail::never<T>, "airstrip: this type cannot lie in memory (of a bool it is not defined " \
                                    "how; use u32)");                                                        \
  }
  AIRSTRIP_NO_ELEMENT(input)
  AIRSTRIP_NO_ELEMENT(output)
  AIRSTRIP_NO_ELEMENT(inout)
  AIRSTRIP_NO_ELEMENT(workgroup_array)
  AIRSTRIP_NO_ELEMENT(private_array)
#undef AIRSTRIP_NO_ELEMENT
  template <TexelType T, Access A, ImageDim D = ImageDim::Dim2D>
  StorageImage<T, A, D> storage_image(Text name, TexelFormat format = TexelFormat::Unknown,
                                      SourceLocation at = SourceLocation::current()) {
    return {this, add_image(ResourceKind::StorageImage, type_of<T>.scalar(), D, A, format, name, at)};
  }
  template <TexelType T, ImageDim D = ImageDim::Dim2D>
  SampledImage<T, D> sampled_image(Text name, SourceLocation at = SourceLocation::current()) {
    return {this, add_image(ResourceKind::SampledImage, type_of<T>.scalar(), D, Access::ReadOnly,
                            TexelFormat::Unknown, name, at)};
  }

  // --- memory of the kernel
  /// `count` elements shared by the workgroup; what they hold at first is not defined.
  template <ElementType T>
  WorkgroupArray<T> workgroup_array(std::uint32_t count, Text name = {},
                                    SourceLocation at = SourceLocation::current()) {
    return local_array<T>(ResourceKind::Workgroup, count, name, at);
  }
  /// `count` elements of each invocation, for indices that are not constant.
  template <ElementType T>
  PrivateArray<T> private_array(std::uint32_t count, Text name = {},
                                SourceLocation at = SourceLocation::current()) {
    return local_array<T>(ResourceKind::Private, count, name, at);
  }
  /// A variable of each invocation. Without a value it has to be assigned before it is read.
  template <ValueType T>
  Var<T> var(SourceLocation at = SourceLocation::current()) {
    return Var<T>(variable(type_of<T>, {}, at));
  }
  template <ValueType T>
  Var<T> var(const std::type_identity_t<Operand<T>>& initial) {
    const Var<T> made(variable(type_of<T>, {}, initial.at));
    store_initial(made, initial);
    return made;
  }
  template <ValueType T, class V>
    requires(!std::is_convertible_v<const V&, Operand<T>> && !std::is_convertible_v<const V&, SourceLocation>)
  Var<T> var(const V&) {
    static_assert(detail::never<V>,
                  "airstrip: the variable is of another type; convert the value with convert<T>(value)");
    return var<T>();
  }
  template <KernelValue V>
  Var<TypeOf<V>> var(const V& initial, SourceLocation at = SourceLocation::current()) {
    return var<TypeOf<V>>(Operand<TypeOf<V>>(initial, at));
  }
  template <class M>
  MatrixVar<M> matrix_var(const M& initial, SourceLocation at = SourceLocation::current()) {
    const MatrixVar<M> made(variable(M::type(*this), {}, at));
    made = initial;
    return made;
  }
  /// A matrix whose components are all `value`.
  template <class M>
  M matrix_fill(const Operand<typename M::Component>& value) {
    const AnyValue component = value.in(this);
    return M(construct(M::type(*this), Span<const AnyValue>(&component, 1), value.at));
  }
  template <ValueType T>
  Value<T> constant(const std::type_identity_t<Operand<T>>& value) {
    return Value<T>(value.in(this));
  }

  // --- who asks (Vulkan 15.9)
  Value<u32x3> global_id() { return Value<u32x3>(builtin(BuiltIn::GlobalInvocationId)); }
  Value<u32x3> local_id() { return Value<u32x3>(builtin(BuiltIn::LocalInvocationId)); }
  Value<u32> local_index() { return Value<u32>(builtin(BuiltIn::LocalInvocationIndex)); }
  Value<u32x3> workgroup_id() { return Value<u32x3>(builtin(BuiltIn::WorkgroupId)); }
  Value<u32x3> workgroup_count() { return Value<u32x3>(builtin(BuiltIn::NumWorkgroups)); }
  Value<u32x3> workgroup_size() { return Value<u32x3>(builtin(BuiltIn::WorkgroupSize)); }
  Value<u32> subgroup_id() { return Value<u32>(builtin(BuiltIn::SubgroupId)); }
  Value<u32> subgroup_count() { return Value<u32>(builtin(BuiltIn::NumSubgroups)); }
  Value<u32> subgroup_size() { return Value<u32>(builtin(BuiltIn::SubgroupSize)); }
  /// This invocation's number in its subgroup.
  Value<u32> subgroup_invocation() { return Value<u32>(builtin(BuiltIn::SubgroupInvocationId)); }
  /// True for one invocation of the subgroup.
  Value<bool> subgroup_elect(SourceLocation at = SourceLocation::current()) {
    return Value<bool>(apply(Op::SubgroupElect, Span<const AnyValue>(), 0, at));
  }

  // --- synchronisation
  /// All invocations of the workgroup meet here, and what they stored before in `storage` (of `memory`) is seen behind.
  void barrier(std::uint8_t storage = memory::all, SourceLocation at = SourceLocation::current()) {
    DynamicBuilder::barrier({MemoryScope::Workgroup, MemoryScope::Workgroup, storage}, at);
  }
  void subgroup_barrier(std::uint8_t storage = memory::all, SourceLocation at = SourceLocation::current()) {
    DynamicBuilder::barrier({MemoryScope::Subgroup, MemoryScope::Subgroup, storage}, at);
  }

  // --- control flow
  template <class Then>
  IfScope if_(const Operand<bool>& condition, Then&& then) {
    begin_if(condition.in(this), condition.at);
    then();
    end_if(condition.at);
    return IfScope(*this);
  }
  template <class Then, class Else>
  void if_(const Operand<bool>& condition, Then&& then, Else&& otherwise) {
    begin_if(condition.in(this), condition.at);
    then();
    begin_else(condition.at);
    otherwise();
    end_if(condition.at);
  }
  template <class C, class... Branches>
    requires(!std::is_convertible_v<const C&, Operand<bool>>)
  void if_(const C&, Branches&&...) {
    static_assert(detail::never<C>,
                  "airstrip: the condition of if_ is a bool of the kernel; compare numbers with 0");
  }
  /// `condition ? then() : otherwise()`, of which only one is executed.
  template <class Then, class Else>
  auto if_value(const Operand<bool>& condition, Then&& then, Else&& otherwise) {
    using T = TypeOf<decltype(then())>;
    static_assert(std::is_same_v<T, TypeOf<decltype(otherwise())>>,
                  "airstrip: both branches of if_value give values of one type");
    begin_if(condition.in(this), condition.at);
    yield(then().any(condition.at), condition.at);
    begin_else(condition.at);
    yield(otherwise().any(condition.at), condition.at);
    return Value<T>(end_if_value(condition.at));
  }
  /// `for (i = first; i < end; i += step)`, downwards where `step` is a negative constant (of a signed index). `body`
  /// takes the index, and the loop if it wants.
  template <KernelValue V, class Body>
    requires(IntType<TypeOf<V>>&& ScalarType<TypeOf<V>>)
  void for_(const std::type_identity_t<Operand<TypeOf<V>>>& first, const V& end, Body&& body,
            LoopHint hint = LoopHint::Default) {
    for_range<TypeOf<V>>(first, Operand<TypeOf<V>>(end, first.at), Operand<TypeOf<V>>(1, first.at),
                         static_cast<Body&&>(body), hint);
  }
  template <KernelValue V, class Body>
    requires(IntType<TypeOf<V>>&& ScalarType<TypeOf<V>>)
  void for_(const std::type_identity_t<Operand<TypeOf<V>>>& first, const V& end,
            const std::type_identity_t<Operand<TypeOf<V>>>& step, Body&& body,
            LoopHint hint = LoopHint::Default) {
    for_range<TypeOf<V>>(first, Operand<TypeOf<V>>(end, first.at), step, static_cast<Body&&>(body), hint);
  }
  /// From a value to a C++ number.
  template <KernelValue V, LiteralFor<TypeOf<V>> N, class Body>
    requires(IntType<TypeOf<V>>&& ScalarType<TypeOf<V>>)
  void for_(const V& first, N end, Body&& body, LoopHint hint = LoopHint::Default,
            SourceLocation at = SourceLocation::current()) {
    using T = TypeOf<V>;
    for_range<T>(Operand<T>(first, at), Operand<T>(end, at), Operand<T>(1, at), static_cast<Body&&>(body),
                 hint);
  }
  template <KernelValue V, LiteralFor<TypeOf<V>> N, class Body>
    requires(IntType<TypeOf<V>>&& ScalarType<TypeOf<V>>)
  void for_(const V& first, N end, const std::type_identity_t<Operand<TypeOf<V>>>& step, Body&& body,
            LoopHint hint = LoopHint::Default) {
    using T = TypeOf<V>;
    for_range<T>(Operand<T>(first, step.at), Operand<T>(end, step.at), step, static_cast<Body&&>(body), hint);
  }
  /// Where both bounds are C++ numbers the index is a u32; any other type by `for_range<T>`.
  template <class N, class M, class Body>
    requires(std::is_integral_v<N>&& std::is_integral_v<M>)
  void for_(N first, M end, Body&& body, SourceLocation at = SourceLocation::current()) {
    for_range<u32>(Operand<u32>(first, at), Operand<u32>(end, at), Operand<u32>(1, at),
                   static_cast<Body&&>(body));
  }
  template <class N, class M, class S, class Body>
    requires(std::is_integral_v<N>&& std::is_integral_v<M>&& std::is_integral_v<S>)
  void for_(N first, M end, S step, Body&& body, LoopHint hint = LoopHint::Default,
            SourceLocation at = SourceLocation::current()) {
    for_range<u32>(Operand<u32>(first, at), Operand<u32>(end, at), Operand<u32>(step, at),
                   static_cast<Body&&>(body), hint);
  }
  /// The same where all bounds may be C++ numbers: `k.for_range<i32>(0, 16, 1, …)`.
  template <IntType T, class Body>
    requires ScalarType<T>
  void for_range(const Operand<T>& first, const Operand<T>& end, const Operand<T>& step, Body&& body,
                 LoopHint hint = LoopHint::Default) {
    const AnyValue from = first.in(this), to = end.in(this), by = step.in(this);
    const Value<T> index(begin_for(from, to, by, hint, first.at));
    if constexpr (std::is_invocable_v<Body, Value<T>, LoopScope>)
      body(index, LoopScope(*this, current_construct()));
    else
      body(index);
    end_loop(first.at);
  }
  /// `while (condition()) body()`.
  template <class Condition, class Body>
  void while_(Condition&& condition, Body&& body, LoopHint hint = LoopHint::Default,
              SourceLocation at = SourceLocation::current()) {
    begin_loop(hint, at);
    const NodeId loop = current_construct();
    const Operand<bool> inside(condition(), at);
    begin_if(inside.in(this), at);
    begin_else(at);
    break_(loop, at);
    end_if(at);
    call_body(body, loop);
    end_loop(at);
  }
  /// Repeats until it breaks.
  template <class Body>
  void loop_(Body&& body, LoopHint hint = LoopHint::Default, SourceLocation at = SourceLocation::current()) {
    begin_loop(hint, at);
    call_body(body, current_construct());
    end_loop(at);
  }
  /// Calls `body(SwitchScope&)`, which lists the cases.
  template <KernelValue V, class Body>
    requires(IntType<TypeOf<V>>&& ScalarType<TypeOf<V>>)
  void switch_(const V& selector, Body&& body, SourceLocation at = SourceLocation::current()) {
    begin_switch(selector.any(at), at);
    SwitchScope scope(*this);
    body(scope);
    end_switch(at);
  }
  using DynamicBuilder::return_;
  template <KernelValue V>
  void return_(const V& value, SourceLocation at = SourceLocation::current()) {
    DynamicBuilder::return_(value.any(at), at);
  }

  // --- helper functions
  /// A function of the kernel, from a lambda whose parameters are Values: `k.function("f", [&](Value<f32> x) { … })`. It
  /// sees its parameters, constants, parameters of the kernel and memory. What it returns is its value; it may return
  /// earlier with `return_`.
  template <class F>
  auto function(Text name, F&& body, SourceLocation at = SourceLocation::current()) {
    return detail::Signature<std::remove_cvref_t<F>>::declare(*this, name, static_cast<F&&>(body), at);
  }

private:
  std::uint64_t bits_of(AnyValue constant) const;
  template <ElementType T, Access A>
  StorageBuffer<T, A> buffer(Text name, LayoutRule rule, SourceLocation at) {
    Type element;
    const auto first = [&](Type leaf, std::uint32_t) {
      if (element.is_void()) element = leaf;
    };
    detail::ElementTraits<T>::each_leaf(1, first);
    detail::Address address;
    address.place.builder = this;
    address.place.resource = add_buffer(A, element, stride_of<T>(rule), name, at);
    address.rule = rule;
    return StorageBuffer<T, A>(address);
  }
  template <ElementType T>
  LocalArray<T> local_array(ResourceKind kind, std::uint32_t count, Text name, SourceLocation at) {
    detail::Address address;
    address.bytes = false;
    address.place.builder = this;
    bool first = true;
    detail::ElementTraits<T>::each_leaf(count, [&](Type leaf, std::uint32_t elements) {
      const std::uint32_t resource = add_array(kind, leaf, elements, name, at);
      if (first) address.place.resource = resource;
      first = false;
    });
    return LocalArray<T>(address, count);
  }
  template <ValueType T>
  void store_initial(const Var<T>& variable, const Operand<T>& value) {
    variable.put(value.in(this), value.at);
  }
  template <class Body>
  void call_body(Body& body, NodeId loop) {
    if constexpr (std::is_invocable_v<Body, LoopScope>)
      body(LoopScope(*this, loop));
    else
      body();
  }
};

/// Builds a kernel: calls `body` with its builder. The kernel carries the first error, if there was one.
template <class Body>
Kernel make_kernel(Text name, const KernelOptions& options, Body&& body,
                   SourceLocation at = SourceLocation::current()) {
  KernelBuilder builder(name, options, at);
  body(builder);
  return builder.finish(at);
}
/// The same in the memory of a kernel that nobody needs any more.
template <class Body>
Kernel make_kernel(Text name, const KernelOptions& options, Body&& body, Kernel&& recycled,
                   SourceLocation at = SourceLocation::current()) {
  KernelBuilder builder(name, options, static_cast<Kernel&&>(recycled), at);
  body(builder);
  return builder.finish(at);
}

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/builder.hpp"
#endif
