// The builder whose values have their type at run time: for generators, and the core under the typed one.
#pragma once

#include "../config.hpp"
#include "ir.hpp"
#include "type_rules.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

class DynamicBuilder;

/// A value of a kernel in the making. Cheap to copy; empty when default-made or after an error. It may be used where
/// the block that computed it is still open; a value that changes from one time round to the next is a variable.
class AnyValue {
public:
  AnyValue() = default;
  AnyValue(DynamicBuilder* builder, NodeId node) : builder_(builder), word_(node) {}

  DynamicBuilder* builder() const { return builder_; }
  /// Void when empty.
  Type type() const;
  explicit operator bool() const = delete;  // a value is known when the kernel runs: use if_ or select
  bool empty() const { return node() == no_node; }
  /// Component `index` of a vector. Nothing is emitted until it is used.
  AnyValue component(unsigned index) const {
    AnyValue value = *this;
    value.word_ = node() | (std::uint64_t{index} + 1) << 32;
    return value;
  }

protected:
  friend class DynamicBuilder;
  NodeId node() const { return static_cast<NodeId>(word_); }
  // Of a vector, plus 1; 0: all of it.
  std::uint32_t part() const { return static_cast<std::uint32_t>(word_ >> 32); }

  DynamicBuilder* builder_ = nullptr;
  std::uint64_t word_ = no_node;  // the node and, in the upper half, the part: written and copied as one
};

/// A variable of each invocation, of a scalar, vector or matrix type.
struct AnyVariable {
  DynamicBuilder* builder = nullptr;
  std::uint32_t resource = 0;
};

/// A place in memory: base + index * stride + offset bytes into a buffer, or an element of a Workgroup or Private
/// array (whose stride is known, `offset` is that of a component). Empty index, base and range: left out.
struct Place {
  DynamicBuilder* builder = nullptr;
  std::uint32_t resource = 0;
  std::uint32_t stride = 0;
  std::uint32_t offset = 0;
  std::uint32_t alignment = 0;  ///< bytes; 0: that of the type read or written
  AnyValue index = {}, base = {}, range = {};
  bool coherent = false;
  bool is_volatile = false;
  bool early = false;  ///< of a load: see MemoryAccess::early
};

enum class LoopHint : std::uint8_t { Default, Unroll, DontUnroll };

/// Builds one kernel. Keeps the first error; after it every call does nothing and gives empty values, and the kernel
/// that `finish` returns carries the error. Not thread-safe; different builders share nothing.
///
/// Calls that take a `SourceLocation` remember it with what they emit. Inside a `GeneratorScope` the line that called
/// the generator is remembered too.
class DynamicBuilder {
public:
  explicit DynamicBuilder(Text name, const KernelOptions& options = {},
                          SourceLocation at = SourceLocation::current());
  /// In the memory of a kernel that nobody needs any more.
  DynamicBuilder(Text name, const KernelOptions& options, Kernel&& recycled,
                 SourceLocation at = SourceLocation::current());
  DynamicBuilder(const DynamicBuilder&) = delete;
  DynamicBuilder& operator=(const DynamicBuilder&) = delete;

  /// The kernel, or one that carries the first error: also UnterminatedBlock and OutOfMemory. Starts over: the builder
  /// has to be reset before it is used again.
  Kernel finish(SourceLocation at = SourceLocation::current());
  /// Begins another kernel. `recycled` gives its memory.
  void reset(Text name, const KernelOptions& options, Kernel&& recycled = {},
             SourceLocation at = SourceLocation::current());

  bool failed() const { return !kernel_.ok(); }
  const Diagnostic& error() const { return kernel_.error(); }
  void fail(ErrorCode code, String message, SourceLocation at);
  const Kernel& kernel() const { return kernel_; }
  /// The node behind a value; for a component, that of its vector.
  static NodeId node_of(AnyValue value) { return value.node(); }
  Type value_type(AnyValue value) const;

  // --- values
  /// A scalar, or a vector of the same one, from bits, from a number that has to fit, or from a double (rounded once;
  /// truncated for an integer type).
  AnyValue constant_bits(Type type, std::uint64_t bits);
  AnyValue constant_int(Type type, std::int64_t value, SourceLocation at = SourceLocation::current());
  AnyValue constant_float(Type type, double value, SourceLocation at = SourceLocation::current());
  AnyValue parameter(Type type, Text name, SourceLocation at = SourceLocation::current());
  /// `number`: the SpecId, unique in the kernel. `bits`: the default.
  AnyValue spec_constant(Type type, std::uint32_t number, std::uint64_t bits, Text name = {},
                         SourceLocation at = SourceLocation::current());
  AnyValue builtin(BuiltIn which);

  // --- operations. Errors: WrongType, with what the operation wants and was given.
  /// An operation whose type follows from its operands (`result_type`).
  AnyValue apply(Op op, Span<const AnyValue> operands, std::uint32_t immediate = 0,
                 SourceLocation at = SourceLocation::current());
  AnyValue apply(Op op, AnyValue a, SourceLocation at = SourceLocation::current()) {
    return apply(op, Span<const AnyValue>(&a, 1), 0, at);
  }
  AnyValue apply(Op op, AnyValue a, AnyValue b, SourceLocation at = SourceLocation::current());
  /// Convert, ConvertSaturate or Bitcast.
  AnyValue convert(Op op, AnyValue value, Type to, SourceLocation at = SourceLocation::current());
  /// A vector from scalars and vectors that have as many components in all; a matrix from the scalar that fills it.
  AnyValue construct(Type type, Span<const AnyValue> parts, SourceLocation at = SourceLocation::current());
  /// Component i of the result is component `components[i]` of the vector.
  AnyValue swizzle(AnyValue vector, Span<const unsigned> components,
                   SourceLocation at = SourceLocation::current());

  // --- variables
  AnyVariable variable(Type type, Text name = {}, SourceLocation at = SourceLocation::current());
  AnyValue load(AnyVariable variable, SourceLocation at = SourceLocation::current());
  void store(AnyVariable variable, AnyValue value, SourceLocation at = SourceLocation::current());

  // --- memory
  /// A storage buffer. `element` and `stride` say what usually lies in it; any access may read something else.
  std::uint32_t add_buffer(Access access, Type element, std::uint32_t stride, Text name,
                           SourceLocation at = SourceLocation::current());
  /// An array of scalars or vectors shared by the workgroup, or of each invocation.
  std::uint32_t add_array(ResourceKind kind, Type element, std::uint32_t count, Text name = {},
                          SourceLocation at = SourceLocation::current());
  /// `component`: F32, I32 or U32. A sampled image has neither format nor access.
  std::uint32_t add_image(ResourceKind kind, Scalar component, ImageDim dim, Access access,
                          TexelFormat format, Text name, SourceLocation at = SourceLocation::current());
  void set_coherent(std::uint32_t resource);
  void set_may_alias(std::uint32_t resource);
  AnyValue load(const Place& place, Type type, SourceLocation at = SourceLocation::current());
  void store(const Place& place, AnyValue value, SourceLocation at = SourceLocation::current());
  /// An atomic operation on a 32- or 64-bit integer (floats: Load, Store, Exchange, Add, Min, Max). `values`: none for
  /// AtomicLoad, value and comparator for AtomicCompareExchange, else the value. Returns the value before.
  AnyValue atomic(Op op, const Place& place, Type type, Span<const AnyValue> values, MemoryScope scope,
                  std::uint8_t ordering, SourceLocation at = SourceLocation::current());
  /// Elements of `stride` bytes in a buffer as it is bound: u32.
  AnyValue array_length(std::uint32_t buffer, std::uint32_t stride,
                        SourceLocation at = SourceLocation::current());
  /// ImageLoad (coordinate), ImageFetch (coordinate, level) or ImageSample (coordinate, level): four components.
  AnyValue image_read(Op op, std::uint32_t image, Span<const AnyValue> operands,
                      SourceLocation at = SourceLocation::current());
  void image_store(std::uint32_t image, AnyValue coordinate, AnyValue texel,
                   SourceLocation at = SourceLocation::current());
  AnyValue image_size(std::uint32_t image, AnyValue level, SourceLocation at = SourceLocation::current());

  // --- cooperative matrices
  Type matrix_type(Scalar component, std::uint32_t rows, std::uint32_t columns, MatrixUse use);
  /// `stride`: elements from one row (column, if column-major) to the next, u32.
  AnyValue matrix_load(const Place& place, Type matrix, AnyValue stride, bool column_major,
                       SourceLocation at = SourceLocation::current());
  void matrix_store(const Place& place, AnyValue matrix, AnyValue stride, bool column_major,
                    SourceLocation at = SourceLocation::current());

  // --- synchronisation
  void barrier(SyncScope scope = {}, SourceLocation at = SourceLocation::current());
  void memory_barrier(SyncScope scope, SourceLocation at = SourceLocation::current());

  // --- control flow, each construct begun and ended by hand; the templates of KernelBuilder take functions instead.
  // Errors: InvalidNesting.
  void begin_if(AnyValue condition, SourceLocation at = SourceLocation::current());
  void begin_else(SourceLocation at = SourceLocation::current());
  void end_if(SourceLocation at = SourceLocation::current());
  /// Begins the empty second branch of the If that was ended just now.
  void reopen_else(SourceLocation at = SourceLocation::current());
  /// What the branch that is open gives as the value of its If; both branches must, of one type.
  void yield(AnyValue value, SourceLocation at = SourceLocation::current());
  /// `end_if` of an If whose branches yield.
  AnyValue end_if_value(SourceLocation at = SourceLocation::current());
  /// Repeats until it breaks.
  void begin_loop(LoopHint hint = LoopHint::Default, SourceLocation at = SourceLocation::current());
  /// `for (i = first; i < end; i += step)`, or `i > end` where `step` is a negative constant. Returns i.
  AnyValue begin_for(AnyValue first, AnyValue end, AnyValue step, LoopHint hint = LoopHint::Default,
                     SourceLocation at = SourceLocation::current());
  void end_loop(SourceLocation at = SourceLocation::current());
  void begin_switch(AnyValue selector, SourceLocation at = SourceLocation::current());
  void begin_case(Span<const std::uint64_t> literals, SourceLocation at = SourceLocation::current());
  void begin_default(SourceLocation at = SourceLocation::current());
  void end_case(SourceLocation at = SourceLocation::current());
  void end_switch(SourceLocation at = SourceLocation::current());
  /// Leaves the innermost loop or switch; or the open one that `target` is.
  void break_(SourceLocation at = SourceLocation::current()) { break_(no_node, at); }
  void break_(NodeId target, SourceLocation at = SourceLocation::current());
  /// Goes on with the next iteration of the innermost loop, or of the open one that `target` is.
  void continue_(SourceLocation at = SourceLocation::current()) { continue_(no_node, at); }
  void continue_(NodeId target, SourceLocation at = SourceLocation::current());
  void return_(SourceLocation at = SourceLocation::current());
  void return_(AnyValue value, SourceLocation at = SourceLocation::current());
  /// The innermost open loop or switch, for `break_` and `continue_` from further inside.
  NodeId current_construct() const;

  // --- helper functions
  /// Begins a helper: what is emitted until `end_function` is its body, which sees its parameters, constants, parameters
  /// of the kernel and memory, but no other values. A helper may call those ended before it.
  std::uint32_t begin_function(Text name, Type result, Span<const Type> parameters,
                               SourceLocation at = SourceLocation::current());
  AnyValue function_parameter(std::uint32_t function, std::size_t index);
  void end_function(SourceLocation at = SourceLocation::current());
  AnyValue call(std::uint32_t function, Span<const AnyValue> arguments,
                SourceLocation at = SourceLocation::current());

private:
  friend class GeneratorScope;
  enum class ScopeKind : std::uint8_t { Function, Then, Else, Loop, Switch, Case };
  struct Scope {
    ScopeKind kind;
    bool terminated;  // nothing may follow
    bool has_else;
    RegionId region;  // of a Switch: where it stands
    NodeId owner;
    NodeId yielded;        // value of this branch
    NodeId other_yielded;  // of the first branch, in the second
    NodeId index, step;    // of a for
    std::uint32_t function;
    std::uint32_t first_case, first_literal;  // in cases_, literals_
    bool has_default;
    SourceLocation ended;  // what terminated it
  };
  struct Case {
    RegionId region;
    std::uint32_t first, count;  // in literals_
  };

  // Whether something may be emitted here, as it nearly always may. Where not, `begin` says why.
  bool is_ready() const {
    if (failed()) return false;  // and then there may be no scope
    const Scope& scope = scopes_.back();
    return !scope.terminated && scope.kind != ScopeKind::Switch;
  }
  bool begin(SourceLocation at) { return is_ready() || begin_fails(at); }
  bool begin_fails(SourceLocation at);
  // A line that is not known (an assignment between two variables) is that of what was emitted before.
  std::uint32_t location(SourceLocation at) {
    return at.line != 0 ? kernel_.add_location(at, caller_)
                        : static_cast<std::uint32_t>(kernel_.locations().size() - 1);
  }
  /// The node of a value that may be used here; emits the Extract of a component. 0 after an error.
  NodeId resolve(AnyValue value, SourceLocation at) {
    return is_usable(value) && !failed() ? value.node() : resolve_other(value, at);
  }
  // A whole value of this kernel, in a block that is open.
  bool is_usable(AnyValue value) const {
    const std::uint64_t node = value.word_;  // of a component it is beyond every node
    if (value.builder_ != this || node - 1 >= kernel_.node_bound() - std::uint64_t{1}) return false;
    const RegionId region = kernel_.node(static_cast<NodeId>(node)).region;
    return region == no_region || open_[region] != 0;
  }
  NodeId resolve_other(AnyValue value, SourceLocation at);
  NodeId append(Op op, Type type, Span<const NodeId> operands, std::uint32_t immediate, SourceLocation at);
  template <unsigned Count>
  NodeId append(Op op, Type type, NodeId a, NodeId b, std::uint32_t immediate, SourceLocation at);
  bool address(const Place& place, std::uint32_t alignment, MemoryAccess& access, NodeId* operands,
               std::size_t& count, SourceLocation at);
  void push(ScopeKind kind, RegionId region, NodeId owner);
  void pop();
  void close(SourceLocation at);
  Scope& top() { return scopes_.back(); }
  bool has_resource(std::uint32_t index) const { return index < kernel_.resources().size(); }
  void terminate(Op op, Span<const NodeId> operands, std::uint32_t immediate, SourceLocation at);
  bool in(ScopeKind kind, const char* what, SourceLocation at);
  Scope* construct(NodeId target, bool loop_only);
  void wrong_type(Op op, Span<const Type> types, const char* wanted, SourceLocation at);
  String describe(Span<const Type> types) const;

  Kernel kernel_;
  Buffer<Scope> scopes_;
  Buffer<std::uint8_t> open_;  // by region: its values may be used
  Buffer<Case> cases_;
  Buffer<std::uint64_t> literals_;
  Buffer<RegionId> case_regions_;  // of the switch that ends
  Buffer<Span<const std::uint64_t>> case_literals_;
  std::uint32_t caller_ = 0;  // location around the generator
};

/// While it lives, what the builder emits remembers `caller`, a line of the generator's user, beside the generator's own.
class GeneratorScope {
public:
  GeneratorScope(DynamicBuilder& builder, SourceLocation caller)
      : builder_(builder), outer_(builder.caller_) {
    if (!builder.failed()) builder.caller_ = builder.location(caller);
  }
  ~GeneratorScope() { builder_.caller_ = outer_; }
  GeneratorScope(const GeneratorScope&) = delete;
  GeneratorScope& operator=(const GeneratorScope&) = delete;

private:
  DynamicBuilder& builder_;
  std::uint32_t outer_;
};

inline Type AnyValue::type() const { return builder_ ? builder_->value_type(*this) : Type(); }

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/dynamic_builder.hpp"
#endif
