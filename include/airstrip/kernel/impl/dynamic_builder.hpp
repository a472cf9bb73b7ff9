#pragma once

#include "../dynamic_builder.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

AIRSTRIP_INLINE DynamicBuilder::DynamicBuilder(Text name, const KernelOptions& options, SourceLocation at) {
  reset(name, options, {}, at);
}

AIRSTRIP_INLINE DynamicBuilder::DynamicBuilder(Text name, const KernelOptions& options, Kernel&& recycled,
                                               SourceLocation at) {
  reset(name, options, static_cast<Kernel&&>(recycled), at);
}

AIRSTRIP_INLINE void DynamicBuilder::reset(Text name, const KernelOptions& options, Kernel&& recycled,
                                           SourceLocation at) {
  kernel_ = static_cast<Kernel&&>(recycled);
  kernel_.clear();
  scopes_.clear();
  open_.clear();
  cases_.clear();
  literals_.clear();
  caller_ = 0;
  if (failed()) return;  // out of memory
  kernel_.options() = options;
  kernel_.set_name(name);
  if (options.workgroup.volume() == 0)
    fail(ErrorCode::InvalidOperand, "a dimension of the workgroup is 0; the least is 1", at);
  const std::uint32_t* const spec = options.workgroup_spec;
  if ((spec[0] != 0 && (spec[0] == spec[1] || spec[0] == spec[2])) || (spec[1] != 0 && spec[1] == spec[2]))
    fail(ErrorCode::Redefinition, "two dimensions of the workgroup have one SpecId; give each its own", at);
  const std::uint32_t body = kernel_.add_function("main", Type(), {}, location(at));
  if (kernel_.out_of_memory())
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was begun", at);
  else
    push(ScopeKind::Function, kernel_.functions()[body].body, no_node);
}

AIRSTRIP_INLINE void DynamicBuilder::fail(ErrorCode code, String message, SourceLocation at) {
  if (failed()) return;
  Diagnostic error;
  error.code = code;
  error.message = static_cast<String&&>(message);
  if (kernel_.out_of_memory() ||
      error.message.out_of_memory()) {  // what seems wrong is what could not be made
    error.code = ErrorCode::OutOfMemory;
    error.message = "out of memory while the kernel was built";
  }
  error.where = at;
  if (caller_ != 0) error.message << "; called from " << Text(kernel_.location_text(caller_));
  kernel_.fail(static_cast<Diagnostic&&>(error));
}

AIRSTRIP_INLINE Kernel DynamicBuilder::finish(SourceLocation at) {
  if (!failed()) {
    if (scopes_.size() != 1)
      fail(ErrorCode::UnterminatedBlock,
           "a construct or helper function is still open at the end of the kernel", at);
    else if (!top().terminated)
      terminate(Op::Return, {}, 0, at);
    if (kernel_.out_of_memory() || scopes_.out_of_memory() || open_.out_of_memory() ||
        cases_.out_of_memory() || literals_.out_of_memory())
      fail(ErrorCode::OutOfMemory, "out of memory while the kernel was built", at);
  }
  scopes_.clear();
  Kernel finished = static_cast<Kernel&&>(kernel_);
  kernel_ = Kernel();
  fail(ErrorCode::UnterminatedBlock, "the builder has given its kernel away; reset it before another one",
       at);
  return finished;
}

// --- scopes --------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void DynamicBuilder::push(ScopeKind kind, RegionId region, NodeId owner) {
  // SPIR-V 2.17: control flow nests 1,023 deep at most. Less is taken here: passes walk regions by recursion.
  constexpr std::size_t deepest = 512;
  if (scopes_.size() >= deepest && !failed())
    fail(ErrorCode::LimitExceeded,
         "constructs nest more than 512 deep; put the inner ones into a helper function",
         kernel_.locations()[kernel_.locations().size() - 1].at);
  Scope scope{};
  scope.kind = kind;
  scope.region = region;
  scope.owner = owner;
  scope.function = scopes_.empty() ? 0 : top().function;
  scope.first_case = static_cast<std::uint32_t>(cases_.size());
  scope.first_literal = static_cast<std::uint32_t>(literals_.size());
  const bool room = region < open_.size() || open_.resize(region + 1, 0);
  if (!scopes_.push_back(scope) || !room || kernel_.out_of_memory())
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was built", {});
  if (room) open_[region] = 1;
}

AIRSTRIP_INLINE void DynamicBuilder::pop() {
  const Scope scope = top();
  scopes_.pop_back();
  if (scope.kind != ScopeKind::Switch && scope.region < open_.size()) open_[scope.region] = 0;
}

AIRSTRIP_INLINE bool DynamicBuilder::begin_fails(SourceLocation at) {
  if (failed()) return false;
  const Scope& scope = top();
  if (scope.terminated) {
    String message("nothing can follow what left this block at line ");
    message << scope.ended.line << "; put it in front or leave it out";
    fail(ErrorCode::InvalidNesting, static_cast<String&&>(message), at);
    return false;
  }
  fail(ErrorCode::InvalidNesting, "a switch contains cases only; emit this inside one of them", at);
  return false;
}

AIRSTRIP_INLINE void DynamicBuilder::terminate(Op op, Span<const NodeId> operands, std::uint32_t immediate,
                                               SourceLocation at) {
  append(op, Type(), operands, immediate, at);
  top().terminated = true;
  top().ended = at;
}

// The end of a branch, case or body that did not leave it by itself.
AIRSTRIP_INLINE void DynamicBuilder::close(SourceLocation at) {
  if (failed() || top().terminated) return;
  const NodeId value = top().yielded;
  terminate(Op::Yield, Span<const NodeId>(&value, value != no_node), 0, at);
}

AIRSTRIP_INLINE bool DynamicBuilder::in(ScopeKind kind, const char* what, SourceLocation at) {
  if (failed()) return false;
  if (top().kind == kind) return true;
  String message(what);
  message << " does not fit the construct that is open here";
  fail(ErrorCode::InvalidNesting, static_cast<String&&>(message), at);
  return false;
}

AIRSTRIP_INLINE DynamicBuilder::Scope* DynamicBuilder::construct(NodeId target, bool loop_only) {
  bool in_switch = false;
  for (std::size_t i = scopes_.size(); i-- > 0;) {
    Scope& scope = scopes_[i];
    if (scope.kind == ScopeKind::Function) break;
    const bool fits =
        scope.kind == ScopeKind::Loop || (!loop_only && scope.kind == ScopeKind::Switch && !in_switch);
    if (fits && (target == no_node || scope.owner == target)) return &scope;
    // SPIR-V leaves a loop through that loop alone, and of switches only the innermost.
    if (scope.kind == ScopeKind::Loop) break;
    in_switch = in_switch || scope.kind == ScopeKind::Switch;
  }
  return nullptr;
}

AIRSTRIP_INLINE NodeId DynamicBuilder::current_construct() const {
  for (std::size_t i = scopes_.size(); i-- > 0;)
    if (scopes_[i].kind == ScopeKind::Loop || scopes_[i].kind == ScopeKind::Switch) return scopes_[i].owner;
  return no_node;
}

// --- values --------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Type DynamicBuilder::value_type(AnyValue value) const {
  if (value.node() == no_node || value.builder_ != this || value.node() >= kernel_.node_bound())
    return Type();
  const Type type = kernel_.type(value.node());
  return value.part() ? type.component() : type;
}

AIRSTRIP_INLINE NodeId DynamicBuilder::resolve_other(AnyValue value, SourceLocation at) {
  if (failed()) return no_node;
  if (AIRSTRIP_UNLIKELY(value.node() == no_node)) {
    fail(ErrorCode::EmptyId, "an empty value is used; give it a value first", at);
    return no_node;
  }
  if (AIRSTRIP_UNLIKELY(value.builder_ != this || value.node() >= kernel_.node_bound())) {
    fail(ErrorCode::ForeignId, "a value of another kernel is used here", at);
    return no_node;
  }
  const Node& node = kernel_.node(value.node());
  if (AIRSTRIP_UNLIKELY(node.region != no_region && !open_[node.region])) {
    String message("the value of ");
    message
        << Text(kernel_.location_text(node.location))
        << " was computed in a block that is closed; keep it in a variable (var) that is declared outside";
    fail(ErrorCode::UseBeforeDefinition, static_cast<String&&>(message), at);
    return no_node;
  }
  if (value.part() == 0) return value.node();
  const unsigned component = value.part() - 1;
  const NodeId whole = value.node();
  if (!node.type.is_vector() || component >= node.type.components()) {
    String message;
    message << "component " << component << " of a value that is " << to_string(node.type);
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return no_node;
  }
  if (node.op == Op::ConstantVector) return kernel_.operands(value.node())[component];
  return append(Op::Extract, node.type.component(), Span<const NodeId>(&whole, 1), component, at);
}

AIRSTRIP_INLINE NodeId DynamicBuilder::append(Op op, Type type, Span<const NodeId> operands,
                                              std::uint32_t immediate, SourceLocation at) {
  const NodeId id = kernel_.add_node(op, type, operands, immediate, location(at));
  if (id == no_node)
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was built", at);
  else
    kernel_.append(top().region, id);
  return id;
}

template <unsigned Count>
NodeId DynamicBuilder::append(Op op, Type type, NodeId a, NodeId b, std::uint32_t immediate,
                              SourceLocation at) {
  const NodeId id = kernel_.append_new<Count>(top().region, op, type, a, b, immediate, location(at));
  if (AIRSTRIP_UNLIKELY(id == no_node))
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was built", at);
  return id;
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::constant_bits(Type type, std::uint64_t bits) {
  return failed() ? AnyValue() : AnyValue(this, kernel_.splat(type, bits));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::constant_int(Type type, std::int64_t value, SourceLocation at) {
  if (failed()) return {};
  if (type.is_float()) return constant_float(type, static_cast<double>(value), at);
  const unsigned width = type.width();
  bool fits = type.is_int() || (type.is_boolean() && (value == 0 || value == 1));
  if (type.is_int() && width < 64)
    fits = type.is_signed()
               ? value >= -(std::int64_t{1} << (width - 1)) && value < std::int64_t{1} << (width - 1)
               : value >= 0 && value < std::int64_t{1} << width;
  else if (type.is_int() && !type.is_signed())
    fits = value >= 0;
  if (!fits) {
    String message("the number ");
    if (value < 0) message << '-';
    message << (value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value))
            << " does not fit " << to_string(type);
    fail(ErrorCode::InvalidOperand, static_cast<String&&>(message), at);
    return {};
  }
  return constant_bits(type, static_cast<std::uint64_t>(value));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::constant_float(Type type, double value, SourceLocation at) {
  std::uint64_t bits = 0;
  switch (type.scalar()) {
    case Scalar::F16: bits = f16_from_double(value); break;
    case Scalar::BF16: bits = bf16_from_double(value); break;
    case Scalar::F32: {
      const auto narrow = static_cast<float>(value);
      std::uint32_t word;
      std::memcpy(&word, &narrow, sizeof word);
      bits = word;
      break;
    }
    case Scalar::F64: std::memcpy(&bits, &value, sizeof bits); break;
    default:
      if (!(value >= -9.2e18 && value <= 9.2e18)) {
        fail(ErrorCode::InvalidOperand, "a number that no integer type holds", at);
        return {};
      }
      return constant_int(type, static_cast<std::int64_t>(value), at);
  }
  return constant_bits(type, bits);
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::parameter(Type type, Text name, SourceLocation at) {
  if (failed()) return {};
  if (type.is_matrix() || type.is_void()) {
    fail(ErrorCode::WrongType, "a parameter is a scalar or a vector", at);
    return {};
  }
  return AnyValue(this, kernel_.add_parameter(type, name, location(at)));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::spec_constant(Type type, std::uint32_t number, std::uint64_t bits,
                                                       Text name, SourceLocation at) {
  if (failed()) return {};
  bool taken = false;
  for (const SpecConstantInfo& other : kernel_.spec_constants()) taken |= other.number == number;
  for (const std::uint32_t other : kernel_.options().workgroup_spec) taken |= other != 0 && other == number;
  if (taken || type.is_matrix() || type.is_vector() || type.is_void()) {
    String message;
    if (taken)
      message << "the SpecId " << number << " is used a second time";
    else
      message << "a specialisation constant is a scalar, not " << to_string(type);
    fail(taken ? ErrorCode::Redefinition : ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  return AnyValue(this, kernel_.add_spec_constant(type, number, bits, name, location(at)));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::builtin(BuiltIn which) {
  return failed() ? AnyValue() : AnyValue(this, kernel_.builtin(which));
}

// --- operations ------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE String DynamicBuilder::describe(Span<const Type> types) const {
  String text;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i != 0) text << ", ";
    text << to_string(types[i]);
  }
  return text;
}

AIRSTRIP_INLINE void DynamicBuilder::wrong_type(Op op, Span<const Type> types, const char* wanted,
                                                SourceLocation at) {
  String message(info_of(op).name);
  message << " wants " << wanted << ", and was given " << describe(types);
  fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::apply(Op op, AnyValue a, AnyValue b, SourceLocation at) {
  if (!begin(at)) return {};
  const NodeId left = resolve(a, at), right = resolve(b, at);
  if (failed()) return {};
  Type type = kernel_.type(left);
  const Type other = kernel_.type(right);
  // What `result_type` says of most operations.
  const bool plain = (op == Op::Add || op == Op::Sub || op == Op::Mul || op == Op::Div) && type == other &&
                     !type.is_void() && !type.is_boolean();
  if (AIRSTRIP_UNLIKELY(!plain)) {
    const Type types[2] = {type, other};
    const TypeRuleResult result = result_type(op, types, 0);
    if (result.wrong) {
      wrong_type(op, types, result.wrong, at);
      return {};
    }
    type = result.type;
  }
  return AnyValue(this, append<2>(op, type, left, right, 0, at));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::apply(Op op, Span<const AnyValue> values, std::uint32_t immediate,
                                               SourceLocation at) {
  if (!begin(at)) return {};
  NodeId operands[4];
  Type types[4];
  if (values.size() > 4) {
    fail(ErrorCode::InvalidOperand, "no operation takes more than four operands", at);
    return {};
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    operands[i] = resolve(values[i], at);
    if (failed()) return {};
    types[i] = kernel_.type(operands[i]);
  }
  const Span<const Type> given(types, values.size());
  TypeRuleResult result =
      op == Op::MatrixLength ? TypeRuleResult{Type(Scalar::U32), nullptr} : result_type(op, given, immediate);
  if (!result.wrong && op == Op::MatrixMulAdd) {
    const Span<const MatrixShape> shapes = kernel_.matrix_shapes();
    const MatrixShape &a = shapes[types[0].matrix_shape()], &b = shapes[types[1].matrix_shape()],
                      &c = shapes[types[2].matrix_shape()];
    if (a.use != MatrixUse::A || b.use != MatrixUse::B || c.use != MatrixUse::Accumulator ||
        a.rows != c.rows || b.columns != c.columns || a.columns != b.rows)
      result.wrong = "A of MxK, B of KxN and an accumulator of MxN";
  }
  if (result.wrong) {
    wrong_type(op, given, result.wrong, at);
    return {};
  }
  const NodeId id = append(op, result.type, Span<const NodeId>(operands, values.size()), immediate, at);
  return AnyValue(this, id);
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::convert(Op op, AnyValue value, Type to, SourceLocation at) {
  if (!begin(at)) return {};
  const NodeId id = resolve(value, at);
  if (failed()) return {};
  const Type from = kernel_.type(id);
  if (from.is_matrix() && op == Op::Convert && !to.is_matrix())
    to = Type::matrix(to.scalar(), from.matrix_shape());
  if (!can_convert(op, from, to)) {
    String message(info_of(op).name);
    message << " makes no " << to_string(to) << " of " << to_string(from);
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  if (from == to) return AnyValue(this, id);
  return AnyValue(this, append(op, to, Span<const NodeId>(&id, 1), 0, at));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::construct(Type type, Span<const AnyValue> parts, SourceLocation at) {
  if (!begin(at)) return {};
  NodeId components[4];
  std::size_t count = 0;
  bool fits = true, constants = true;
  for (const AnyValue& part : parts) {
    const Type given = value_type(part);
    fits = fits && !given.is_matrix() && given.scalar() == type.scalar();
    for (unsigned i = 0; i < given.components() && fits; ++i) {
      if (count == 4) {
        fits = false;
        break;
      }
      const NodeId id = resolve(given.is_vector() ? part.component(i) : part, at);
      if (failed()) return {};
      constants = constants && kernel_.is_constant(id);
      components[count++] = id;
    }
    if (!fits && part.empty()) resolve(part, at);
  }
  if (failed()) return {};
  if (!fits || count != type.components()) {
    String message("the parts of a ");
    message << to_string(type) << " have to be " << type.components() << " components of its type in all";
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  const Span<const NodeId> given(components, count);
  if (type.is_matrix()) return AnyValue(this, append(Op::Construct, type, given, 0, at));
  if (count == 1) return AnyValue(this, components[0]);
  if (constants) return AnyValue(this, kernel_.constant_vector(type, given));
  return AnyValue(this, append(Op::Construct, type, given, 0, at));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::swizzle(AnyValue vector, Span<const unsigned> components,
                                                 SourceLocation at) {
  if (!begin(at)) return {};
  const NodeId id = resolve(vector, at);
  if (failed()) return {};
  const Type type = kernel_.type(id);
  std::uint32_t packed = 0;
  bool fits = type.is_vector() && components.size() >= 1 && components.size() <= 4;
  for (std::size_t i = 0; i < components.size() && fits; ++i) {
    fits = components[i] < type.components();
    packed |= components[i] << (4 * i);
  }
  if (!fits) {
    String message("these components are not those of a ");
    message << to_string(type);
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  if (components.size() == 1) return AnyValue(this, id).component(components[0]);
  const NodeId operands[2] = {id, id};
  const Type result(type.scalar(), static_cast<unsigned>(components.size()));
  return AnyValue(this, append(Op::Shuffle, result, operands, packed, at));
}

// --- variables -------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE AnyVariable DynamicBuilder::variable(Type type, Text name, SourceLocation at) {
  if (failed()) return {};
  if (type.is_void()) {
    fail(ErrorCode::WrongType, "a variable has a type", at);
    return {};
  }
  Resource resource;
  resource.kind = ResourceKind::Variable;
  resource.element = type;
  resource.count = 1;
  resource.name = kernel_.add_text(name);
  resource.location = location(at);
  return {this, kernel_.add_resource(resource)};
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::load(AnyVariable variable, SourceLocation at) {
  if (!begin(at)) return {};
  if (variable.builder != this || !has_resource(variable.resource) ||
      kernel_.resource(variable.resource).kind != ResourceKind::Variable) {
    fail(ErrorCode::ForeignId, "a variable of another kernel is used here", at);
    return {};
  }
  const Type type = kernel_.resource(variable.resource).element;
  return AnyValue(this, append<0>(Op::VariableLoad, type, no_node, no_node, variable.resource, at));
}

AIRSTRIP_INLINE void DynamicBuilder::store(AnyVariable variable, AnyValue value, SourceLocation at) {
  if (!begin(at)) return;
  if (variable.builder != this || !has_resource(variable.resource) ||
      kernel_.resource(variable.resource).kind != ResourceKind::Variable) {
    fail(ErrorCode::ForeignId, "a variable of another kernel is used here", at);
    return;
  }
  const NodeId id = resolve(value, at);
  if (failed()) return;
  const Type type = kernel_.resource(variable.resource).element;
  if (!(kernel_.type(id) == type)) {
    String message("a variable of ");
    message << to_string(type) << " takes no " << to_string(kernel_.type(id));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  append<1>(Op::VariableStore, Type(), id, no_node, variable.resource, at);
}

AIRSTRIP_KERNEL_NAMESPACE_END

#include "dynamic_builder_flow.hpp"
#include "dynamic_builder_memory.hpp"
