#pragma once

#include "../dynamic_builder.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

AIRSTRIP_INLINE DynamicBuilder::DynamicBuilder(Text name, const KernelOptions& options, SourceLocation at) {
  reset(name, options, {}, at);
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
    message << "component " << component << " of a value that is " << Text(to_string(node.type));
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
            << " does not fit " << Text(to_string(type));
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
      message << "a specialisation constant is a scalar, not " << Text(to_string(type));
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
    text << Text(to_string(types[i]));
  }
  return text;
}

AIRSTRIP_INLINE void DynamicBuilder::wrong_type(Op op, Span<const Type> types, const char* wanted,
                                                SourceLocation at) {
  String message(info_of(op).name);
  message << " wants " << wanted << ", and was given " << Text(describe(types));
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
    message << " makes no " << Text(to_string(to)) << " of " << Text(to_string(from));
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
    message << Text(to_string(type)) << " have to be " << type.components()
            << " components of its type in all";
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
    message << Text(to_string(type));
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
    message << Text(to_string(type)) << " takes no " << Text(to_string(kernel_.type(id)));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  append<1>(Op::VariableStore, Type(), id, no_node, variable.resource, at);
}

// --- memory ----------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE std::uint32_t DynamicBuilder::add_buffer(Access access, Type element, std::uint32_t stride,
                                                         Text name, SourceLocation at) {
  if (failed()) return 0;
  if (element.size() == 0 || stride < element.size() || stride % (element.width() / 8) != 0) {
    String message("a buffer of ");
    message << Text(to_string(element)) << " every " << stride << " bytes cannot be";
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return 0;
  }
  Resource resource;
  resource.kind = ResourceKind::Buffer;
  resource.access = access;
  resource.element = element;
  resource.stride = stride;
  resource.name = kernel_.add_text(name);
  resource.location = location(at);
  return kernel_.add_resource(resource);
}

AIRSTRIP_INLINE std::uint32_t DynamicBuilder::add_array(ResourceKind kind, Type element, std::uint32_t count,
                                                        Text name, SourceLocation at) {
  if (failed()) return 0;
  if (element.size() == 0 || count == 0 ||
      (kind != ResourceKind::Workgroup && kind != ResourceKind::Private)) {
    fail(ErrorCode::WrongType,
         "workgroup and private memory hold one or more numbers or vectors of them; keep a Boolean as an "
         "integer",
         at);
    return 0;
  }
  Resource resource;
  resource.kind = kind;
  resource.element = element;
  resource.count = count;
  resource.stride = element.size();
  resource.name = kernel_.add_text(name);
  resource.location = location(at);
  return kernel_.add_resource(resource);
}

AIRSTRIP_INLINE std::uint32_t DynamicBuilder::add_image(ResourceKind kind, Scalar component, ImageDim dim,
                                                        Access access, TexelFormat format, Text name,
                                                        SourceLocation at) {
  if (failed()) return 0;
  const bool is_image = kind == ResourceKind::StorageImage || kind == ResourceKind::SampledImage;
  if (!is_image || (component != Scalar::F32 && component != Scalar::I32 && component != Scalar::U32)) {
    fail(ErrorCode::WrongType, "the texels of an image are read as f32, i32 or u32", at);
    return 0;
  }
  Resource resource;
  resource.kind = kind;
  resource.access = kind == ResourceKind::SampledImage ? Access::ReadOnly : access;
  resource.element = Type(component, 4);
  resource.dim = dim;
  resource.format = format;
  resource.name = kernel_.add_text(name);
  resource.location = location(at);
  return kernel_.add_resource(resource);
}

AIRSTRIP_INLINE void DynamicBuilder::set_coherent(std::uint32_t resource) {
  if (!failed() && has_resource(resource)) kernel_.resource(resource).coherent = true;
}
AIRSTRIP_INLINE void DynamicBuilder::set_may_alias(std::uint32_t resource) {
  if (!failed() && has_resource(resource)) kernel_.resource(resource).may_alias = true;
}

// Fills what an operation needs to know of a place. `operands` has room for the three that may follow.
AIRSTRIP_INLINE bool DynamicBuilder::address(const Place& place, std::uint32_t alignment,
                                             MemoryAccess& access, NodeId* operands, std::size_t& count,
                                             SourceLocation at) {
  if (place.builder != this || place.resource >= kernel_.resources().size()) {
    fail(ErrorCode::ForeignId, "memory of another kernel is used here", at);
    return false;
  }
  access.resource = place.resource;
  const Resource& resource = kernel_.resource(place.resource);
  access.stride = resource.kind == ResourceKind::Buffer ? place.stride : resource.stride;
  access.offset = place.offset;
  access.alignment = place.alignment ? place.alignment : alignment;
  access.coherent = place.coherent || resource.coherent;
  access.is_volatile = place.is_volatile;
  const AnyValue* const parts[3] = {&place.index, &place.base, &place.range};
  bool* const flags[3] = {&access.has_index, &access.has_base, &access.has_range};
  for (int i = 0; i < 3; ++i) {
    if (parts[i]->empty()) continue;
    const NodeId id = resolve(*parts[i], at);
    if (failed()) return false;
    const Type type = kernel_.type(id);
    const bool fits = i == 0 ? !type.is_vector() && type.is_int() && type.width() >= 32 && !type.is_matrix()
                             : type == Type(Scalar::U32);
    if (!fits) {
      String message(i == 0 ? "an index is a 32- or 64-bit integer" : "base and range of a view are u32");
      message << ", not " << Text(to_string(type));
      fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
      return false;
    }
    // A constant index goes into the offset.
    if (i == 0 && kernel_.is_constant(id)) {
      const std::uint64_t bits = kernel_.constant_bits(id);
      const bool negative = type.is_signed() && (bits >> (type.width() - 1) & 1) != 0;
      const std::uint64_t offset = bits * access.stride + access.offset;
      if (!negative && bits <= 0xFFFFFFFFu && offset <= 0x7FFFFFFFu) {
        access.offset = static_cast<std::uint32_t>(offset);
        continue;
      }
    }
    *flags[i] = true;
    operands[count++] = id;
  }
  return true;
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::load(const Place& place, Type type, SourceLocation at) {
  if (!begin(at)) return {};
  MemoryAccess access;
  NodeId operands[3];
  std::size_t count = 0;
  if (!address(place, type.width() / 8, access, operands, count, at)) return {};
  const Resource& resource = kernel_.resource(place.resource);
  if (!can_read(resource.access)) {
    String message("the buffer ");
    message << kernel_.resource_name(place.resource) << " is write-only and cannot be read";
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  const bool in_buffer = resource.kind == ResourceKind::Buffer;
  if (type.is_matrix() || type.is_void() || (in_buffer && type.is_boolean()) ||
      (!in_buffer && !(type == resource.element) && !(type == resource.element.component()))) {
    String message("the memory ");
    message << kernel_.resource_name(place.resource) << " of " << Text(to_string(resource.element))
            << " holds no " << Text(to_string(type));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  const std::uint32_t index = kernel_.add_access(access);
  return AnyValue(this, append(Op::Load, type, Span<const NodeId>(operands, count), index, at));
}

AIRSTRIP_INLINE void DynamicBuilder::store(const Place& place, AnyValue value, SourceLocation at) {
  if (!begin(at)) return;
  NodeId operands[4] = {resolve(value, at)};
  if (failed()) return;
  const Type type = kernel_.type(operands[0]);
  MemoryAccess access;
  std::size_t count = 1;
  if (!address(place, type.width() / 8, access, operands, count, at)) return;
  const Resource& resource = kernel_.resource(place.resource);
  if (!can_write(resource.access)) {
    String message("the buffer ");
    message << kernel_.resource_name(place.resource) << " is read-only and cannot be written";
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  const bool in_buffer = resource.kind == ResourceKind::Buffer;
  if (type.is_matrix() || (in_buffer && type.is_boolean()) ||
      (!in_buffer && !(type == resource.element) && !(type == resource.element.component()))) {
    String message("the memory ");
    message << kernel_.resource_name(place.resource) << " of " << Text(to_string(resource.element))
            << " takes no " << Text(to_string(type));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  const std::uint32_t index = kernel_.add_access(access);
  append(Op::Store, Type(), Span<const NodeId>(operands, count), index, at);
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::atomic(Op op, const Place& place, Type type,
                                                Span<const AnyValue> values, MemoryScope scope,
                                                std::uint8_t ordering, SourceLocation at) {
  if (!begin(at)) return {};
  NodeId operands[5];
  std::size_t count = 0;
  for (const AnyValue& value : values) {
    if (count == 2) break;
    operands[count++] = resolve(value, at);
    if (failed()) return {};
  }
  const std::size_t wanted = op == Op::AtomicLoad ? 0 : op == Op::AtomicCompareExchange ? 2 : 1;
  bool fits = values.size() == wanted && !type.is_vector() && !type.is_matrix() && !type.is_boolean();
  for (std::size_t i = 0; i < count; ++i) fits = fits && kernel_.type(operands[i]) == type;
  if (type.is_float())
    fits = fits && (op == Op::AtomicLoad || op == Op::AtomicStore || op == Op::AtomicExchange ||
                    op == Op::AtomicAdd || op == Op::AtomicMin || op == Op::AtomicMax);
  else
    fits = fits && type.is_int() && type.width() >= 32;
  MemoryAccess access;
  if (!address(place, type.width() / 8, access, operands, count, at)) return {};
  Resource& resource = kernel_.resource(place.resource);
  if (!fits || resource.kind == ResourceKind::Private || resource.kind == ResourceKind::Variable) {
    String message(info_of(op).name);
    message << " works on 32- or 64-bit integers (on floats: load, store, exchange, add, min, max) in "
               "buffers and "
               "workgroup memory, with operands of the same type; not on "
            << Text(to_string(type));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  if ((op != Op::AtomicLoad && !can_write(resource.access)) || !can_read(resource.access)) {
    String message("an atomic operation on ");
    message << kernel_.resource_name(place.resource) << " needs a buffer that is read and written";
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  resource.atomic = true;
  access.scope = scope;
  access.ordering = ordering;
  const std::uint32_t index = kernel_.add_access(access);
  const Type result = op == Op::AtomicStore ? Type() : type;
  return AnyValue(this, append(op, result, Span<const NodeId>(operands, count), index, at));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::array_length(std::uint32_t buffer, std::uint32_t stride,
                                                      SourceLocation at) {
  if (!begin(at)) return {};
  if (!has_resource(buffer) || kernel_.resource(buffer).kind != ResourceKind::Buffer) {
    fail(ErrorCode::WrongType, "array_length wants a buffer; the size of an array is known", at);
    return {};
  }
  if (stride == 0) {
    fail(ErrorCode::InvalidOperand, "array_length counts elements of one byte at least", at);
    return {};
  }
  MemoryAccess access;
  access.resource = buffer;
  access.stride = stride;
  access.alignment = 1;
  return AnyValue(this, append(Op::ArrayLength, Type(Scalar::U32), {}, kernel_.add_access(access), at));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::image_read(Op op, std::uint32_t image, Span<const AnyValue> values,
                                                    SourceLocation at) {
  if (!begin(at)) return {};
  NodeId operands[2] = {};
  const std::size_t wanted = op == Op::ImageLoad ? 1 : 2;
  bool fits = values.size() == wanted;
  for (std::size_t i = 0; i < values.size() && i < 2; ++i) operands[i] = resolve(values[i], at);
  if (failed()) return {};
  if (!has_resource(image)) {
    fail(ErrorCode::ForeignId, "an image of another kernel is used here", at);
    return {};
  }
  const Resource& resource = kernel_.resource(image);
  const unsigned dimensions = resource.dim == ImageDim::Dim2DArray ? 3 : 2;
  if (fits) {
    const Type coordinate = kernel_.type(operands[0]);
    fits = coordinate == Type(op == Op::ImageSample ? Scalar::F32 : Scalar::I32, dimensions);
    if (op == Op::ImageFetch) fits = fits && kernel_.type(operands[1]) == Type(Scalar::I32);
    if (op == Op::ImageSample) fits = fits && kernel_.type(operands[1]) == Type(Scalar::F32);
  }
  const ResourceKind kind = op == Op::ImageLoad ? ResourceKind::StorageImage : ResourceKind::SampledImage;
  if (!fits || resource.kind != kind || !can_read(resource.access)) {
    String message(info_of(op).name);
    message << " wants a readable " << (op == Op::ImageLoad ? "storage" : "sampled")
            << " image, a coordinate of " << dimensions << (op == Op::ImageSample ? " f32" : " i32")
            << (op == Op::ImageLoad    ? ""
                : op == Op::ImageFetch ? " and an i32 level"
                                       : " and an f32 level");
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  return AnyValue(this, append(op, resource.element, Span<const NodeId>(operands, wanted), image, at));
}

AIRSTRIP_INLINE void DynamicBuilder::image_store(std::uint32_t image, AnyValue coordinate, AnyValue texel,
                                                 SourceLocation at) {
  if (!begin(at)) return;
  const NodeId operands[2] = {resolve(coordinate, at), resolve(texel, at)};
  if (failed()) return;
  if (!has_resource(image)) {
    fail(ErrorCode::ForeignId, "an image of another kernel is used here", at);
    return;
  }
  const Resource& resource = kernel_.resource(image);
  const unsigned dimensions = resource.dim == ImageDim::Dim2DArray ? 3 : 2;
  if (resource.kind != ResourceKind::StorageImage || !can_write(resource.access) ||
      !(kernel_.type(operands[0]) == Type(Scalar::I32, dimensions)) ||
      !(kernel_.type(operands[1]) == resource.element)) {
    String message("image_store wants a writable storage image, a coordinate of ");
    message << dimensions << " i32 and a texel of " << Text(to_string(resource.element));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  append(Op::ImageStore, Type(), operands, image, at);
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::image_size(std::uint32_t image, AnyValue level, SourceLocation at) {
  if (!begin(at)) return {};
  const NodeId id = resolve(level, at);
  if (failed()) return {};
  if (!has_resource(image)) {
    fail(ErrorCode::ForeignId, "an image of another kernel is used here", at);
    return {};
  }
  const Resource& resource = kernel_.resource(image);
  const unsigned dimensions = resource.dim == ImageDim::Dim2DArray ? 3 : 2;
  if ((resource.kind != ResourceKind::StorageImage && resource.kind != ResourceKind::SampledImage) ||
      !(kernel_.type(id) == Type(Scalar::I32))) {
    fail(ErrorCode::WrongType, "image_size wants an image and an i32 level", at);
    return {};
  }
  return AnyValue(
      this, append(Op::ImageSize, Type(Scalar::I32, dimensions), Span<const NodeId>(&id, 1), image, at));
}

// --- cooperative matrices ----------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Type DynamicBuilder::matrix_type(Scalar component, std::uint32_t rows, std::uint32_t columns,
                                                 MatrixUse use) {
  return Type::matrix(component, kernel_.add_matrix_shape({rows, columns, use}));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::matrix_load(const Place& place, Type matrix, AnyValue stride,
                                                     bool column_major, SourceLocation at) {
  if (!begin(at)) return {};
  NodeId operands[4] = {resolve(stride, at)};
  if (failed()) return {};
  MemoryAccess access;
  access.column_major = column_major;
  std::size_t count = 1;
  if (!address(place, matrix.width() / 8, access, operands, count, at)) return {};
  const Resource& resource = kernel_.resource(place.resource);
  if (!matrix.is_matrix() || !detail::is_u32(kernel_.type(operands[0])) || !can_read(resource.access) ||
      resource.kind == ResourceKind::Private) {
    fail(ErrorCode::WrongType,
         "matrix_load wants a matrix type, a u32 stride and readable buffer or workgroup memory", at);
    return {};
  }
  const std::uint32_t index = kernel_.add_access(access);
  return AnyValue(this, append(Op::MatrixLoad, matrix, Span<const NodeId>(operands, count), index, at));
}

AIRSTRIP_INLINE void DynamicBuilder::matrix_store(const Place& place, AnyValue matrix, AnyValue stride,
                                                  bool column_major, SourceLocation at) {
  if (!begin(at)) return;
  NodeId operands[5] = {resolve(matrix, at), resolve(stride, at)};
  if (failed()) return;
  const Type type = kernel_.type(operands[0]);
  MemoryAccess access;
  access.column_major = column_major;
  std::size_t count = 2;
  if (!address(place, type.width() / 8, access, operands, count, at)) return;
  const Resource& resource = kernel_.resource(place.resource);
  if (!type.is_matrix() || !detail::is_u32(kernel_.type(operands[1])) || !can_write(resource.access) ||
      resource.kind == ResourceKind::Private) {
    fail(ErrorCode::WrongType,
         "matrix_store wants a matrix, a u32 stride and writable buffer or workgroup memory", at);
    return;
  }
  append(Op::MatrixStore, Type(), Span<const NodeId>(operands, count), kernel_.add_access(access), at);
}

// --- synchronisation -----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void DynamicBuilder::barrier(SyncScope scope, SourceLocation at) {
  if (!begin(at)) return;
  if (scope.execution != MemoryScope::Workgroup && scope.execution != MemoryScope::Subgroup) {
    fail(ErrorCode::InvalidOperand, "a barrier waits for the workgroup or the subgroup", at);
    return;
  }
  append(Op::Barrier, Type(), {}, scope.pack(), at);
}

AIRSTRIP_INLINE void DynamicBuilder::memory_barrier(SyncScope scope, SourceLocation at) {
  if (begin(at)) append(Op::MemoryBarrier, Type(), {}, scope.pack(), at);
}

// --- if --------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void DynamicBuilder::begin_if(AnyValue condition, SourceLocation at) {
  if (!begin(at)) return;
  const NodeId id = resolve(condition, at);
  if (failed()) return;
  if (!(kernel_.type(id) == Type(Scalar::Boolean))) {
    String message("the condition of an if is a bool, not ");
    message << Text(to_string(kernel_.type(id)));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  const NodeId node = append(Op::If, Type(), Span<const NodeId>(&id, 1), 0, at);
  const RegionId then = kernel_.add_region(node);
  const RegionId regions[2] = {then, kernel_.add_region(node)};
  kernel_.set_regions(node, regions);
  push(ScopeKind::Then, regions[0], node);
}

AIRSTRIP_INLINE void DynamicBuilder::begin_else(SourceLocation at) {
  if (!in(ScopeKind::Then, "begin_else", at)) return;
  close(at);
  const NodeId node = top().owner;
  const NodeId yielded = top().yielded;
  pop();
  push(ScopeKind::Else, kernel_.regions(node)[1], node);
  top().other_yielded = yielded;
}

AIRSTRIP_INLINE void DynamicBuilder::end_if(SourceLocation at) {
  if (failed()) return;
  if (top().kind == ScopeKind::Then) begin_else(at);
  if (!in(ScopeKind::Else, "end_if", at)) return;
  if (top().yielded != no_node || top().other_yielded != no_node) {
    fail(ErrorCode::InvalidNesting, "a branch of this if yields a value; end it with end_if_value", at);
    return;
  }
  close(at);
  pop();
}

AIRSTRIP_INLINE void DynamicBuilder::reopen_else(SourceLocation at) {
  if (failed()) return;
  const NodeId node = kernel_.region(top().region).last;
  if (node == no_node || kernel_.op(node) != Op::If) {
    fail(ErrorCode::InvalidNesting, "else_ follows its if_ at once", at);
    return;
  }
  const RegionId region = kernel_.regions(node)[1];
  if (kernel_.region(region).first != kernel_.region(region).last) {
    fail(ErrorCode::InvalidNesting, "this if_ has its else_ already", at);
    return;
  }
  kernel_.unlink(kernel_.region(region).last);
  push(ScopeKind::Else, region, node);
}

AIRSTRIP_INLINE void DynamicBuilder::yield(AnyValue value, SourceLocation at) {
  if (failed()) return;
  if (top().kind != ScopeKind::Then && top().kind != ScopeKind::Else) {
    fail(ErrorCode::InvalidNesting, "only the branch of an if yields a value", at);
    return;
  }
  if (top().terminated) return;  // a branch that leaves gives no value
  top().yielded = resolve(value, at);
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::end_if_value(SourceLocation at) {
  if (!in(ScopeKind::Else, "end_if_value", at)) return {};
  const NodeId first = top().other_yielded, second = top().yielded, node = top().owner;
  const bool leaves = top().terminated;
  const bool first_leaves = kernel_.op(kernel_.region(kernel_.regions(node)[0]).last) != Op::Yield;
  const NodeId some = first != no_node ? first : second;
  if (some == no_node || (second == no_node && !leaves) || (first == no_node && !first_leaves) ||
      (first != no_node && second != no_node && !(kernel_.type(first) == kernel_.type(second)))) {
    fail(ErrorCode::WrongType, "both branches of an if that has a value yield one, of the same type", at);
    return {};
  }
  close(at);
  pop();
  return AnyValue(this, kernel_.add_result(node, 0, kernel_.type(some)));
}

// --- loops -----------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void DynamicBuilder::begin_loop(LoopHint hint, SourceLocation at) {
  if (!begin(at)) return;
  const NodeId node = append(Op::Loop, Type(), {}, static_cast<std::uint32_t>(hint), at);
  const RegionId body = kernel_.add_region(node);
  kernel_.set_regions(node, Span<const RegionId>(&body, 1));
  push(ScopeKind::Loop, body, node);
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::begin_for(AnyValue first, AnyValue end, AnyValue step, LoopHint hint,
                                                   SourceLocation at) {
  if (!begin(at)) return {};
  const NodeId first_node = resolve(first, at), end_node = resolve(end, at), step_node = resolve(step, at);
  if (failed()) return {};
  const Type type = kernel_.type(first_node);
  if (type.is_vector() || !type.is_int() || type.is_matrix() || !(kernel_.type(end_node) == type) ||
      !(kernel_.type(step_node) == type)) {
    const Type types[3] = {type, kernel_.type(end_node), kernel_.type(step_node)};
    String message("first, end and step of a for are integers of one type, not ");
    message << Text(describe(types));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  const NodeId node =
      append(Op::Loop, Type(), Span<const NodeId>(&first_node, 1), static_cast<std::uint32_t>(hint), at);
  const RegionId body = kernel_.add_region(node);
  kernel_.set_regions(node, Span<const RegionId>(&body, 1));
  const NodeId index = kernel_.add_argument(body, type, location(at));
  push(ScopeKind::Loop, body, node);
  top().index = index;
  top().step = step_node;
  const bool down = type.is_signed() && kernel_.is_constant(step_node) &&
                    (kernel_.constant_bits(step_node) >> (type.width() - 1) & 1) != 0;
  const NodeId operands[2] = {down ? end_node : index, down ? index : end_node};
  const NodeId inside = append(Op::Less, Type(Scalar::Boolean), operands, 0, at);
  begin_if(AnyValue(this, inside), at);
  begin_else(at);
  terminate(Op::Break, {}, node, at);
  end_if(at);
  return AnyValue(this, index);
}

AIRSTRIP_INLINE void DynamicBuilder::end_loop(SourceLocation at) {
  if (!in(ScopeKind::Loop, "end_loop", at)) return;
  if (!top().terminated) continue_(top().owner, at);
  if (!failed()) pop();
}

AIRSTRIP_INLINE void DynamicBuilder::continue_(NodeId target, SourceLocation at) {
  if (!begin(at)) return;
  const Scope* const scope = construct(target, true);
  if (!scope) {
    fail(ErrorCode::InvalidNesting, "continue_ belongs inside its loop, and not inside an inner one", at);
    return;
  }
  const NodeId owner = scope->owner;
  if (scope->index == no_node) {
    terminate(Op::Continue, {}, owner, at);
    return;
  }
  const NodeId operands[2] = {scope->index, scope->step};
  const NodeId next = append(Op::Add, kernel_.type(scope->index), operands, 0, at);
  terminate(Op::Continue, Span<const NodeId>(&next, 1), owner, at);
}

AIRSTRIP_INLINE void DynamicBuilder::break_(NodeId target, SourceLocation at) {
  if (!begin(at)) return;
  const Scope* const scope = construct(target, false);
  if (!scope) {
    fail(ErrorCode::InvalidNesting, "break_ belongs inside its loop or switch, and not inside an inner loop",
         at);
    return;
  }
  terminate(Op::Break, {}, scope->owner, at);
}

// --- switch ----------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void DynamicBuilder::begin_switch(AnyValue selector, SourceLocation at) {
  if (!begin(at)) return;
  const NodeId id = resolve(selector, at);
  if (failed()) return;
  const Type type = kernel_.type(id);
  if (type.is_vector() || type.is_matrix() || !type.is_int()) {
    String message("the selector of a switch is an integer, not ");
    message << Text(to_string(type));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  const NodeId node = append(Op::Switch, Type(), Span<const NodeId>(&id, 1), 0, at);
  push(ScopeKind::Switch, top().region, node);
}

AIRSTRIP_INLINE void DynamicBuilder::begin_case(Span<const std::uint64_t> literals, SourceLocation at) {
  if (!in(ScopeKind::Switch, "a case", at)) return;
  const NodeId node = top().owner;
  const Type type = kernel_.type(kernel_.operands(node)[0]);
  const std::uint64_t mask = type.width() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << type.width()) - 1;
  const auto first = static_cast<std::uint32_t>(literals_.size());
  for (const std::uint64_t literal : literals) {
    for (std::size_t i = top().first_literal; i < literals_.size(); ++i) {
      if (literals_[i] != (literal & mask)) continue;
      String message("the literal ");
      message << literal << " stands in the switch a second time";
      fail(ErrorCode::Redefinition, static_cast<String&&>(message), at);
      return;
    }
    literals_.push_back(literal & mask);
  }
  if (literals.empty()) {
    fail(ErrorCode::InvalidOperand, "a case has one literal at least; what no case names is the default", at);
    return;
  }
  const RegionId region = kernel_.add_region(node);
  cases_.push_back({region, first, static_cast<std::uint32_t>(literals.size())});
  push(ScopeKind::Case, region, node);
}

AIRSTRIP_INLINE void DynamicBuilder::begin_default(SourceLocation at) {
  if (!in(ScopeKind::Switch, "a default", at)) return;
  if (top().has_default) {
    fail(ErrorCode::Redefinition, "the switch has a second default", at);
    return;
  }
  top().has_default = true;
  const RegionId region = kernel_.add_region(top().owner);
  cases_.push_back({region, 0, 0});
  push(ScopeKind::Case, region, top().owner);
}

AIRSTRIP_INLINE void DynamicBuilder::end_case(SourceLocation at) {
  if (!in(ScopeKind::Case, "end_case", at)) return;
  close(at);
  pop();
}

AIRSTRIP_INLINE void DynamicBuilder::end_switch(SourceLocation at) {
  if (!in(ScopeKind::Switch, "end_switch", at)) return;
  if (!top().has_default) {
    begin_default(at);
    end_case(at);
  }
  if (failed()) return;
  const Scope scope = top();
  Buffer<RegionId> regions;
  Buffer<Span<const std::uint64_t>> literals;
  RegionId default_region = no_region;
  for (std::size_t i = scope.first_case; i < cases_.size(); ++i) {
    const Case& c = cases_[i];
    if (c.count == 0) {
      default_region = c.region;
    } else {
      regions.push_back(c.region);
      literals.push_back({literals_.data() + c.first, c.count});
    }
  }
  regions.push_back(default_region);
  kernel_.set_switch_cases(scope.owner, {literals.data(), literals.size()});
  kernel_.set_regions(scope.owner, {regions.data(), regions.size()});
  cases_.truncate(scope.first_case);
  literals_.truncate(scope.first_literal);
  pop();
  if (regions.out_of_memory() || literals.out_of_memory())
    fail(ErrorCode::OutOfMemory, "out of memory while the kernel was built", at);
}

// --- functions -------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void DynamicBuilder::return_(SourceLocation at) {
  if (!begin(at)) return;
  if (!kernel_.functions()[top().function].result.is_void()) {
    fail(ErrorCode::WrongType, "this function returns a value; give it to return_", at);
    return;
  }
  terminate(Op::Return, {}, 0, at);
}

AIRSTRIP_INLINE void DynamicBuilder::return_(AnyValue value, SourceLocation at) {
  if (!begin(at)) return;
  const NodeId id = resolve(value, at);
  if (failed()) return;
  const Type wanted = kernel_.functions()[top().function].result;
  if (!(kernel_.type(id) == wanted)) {
    String message("the function returns ");
    message << Text(to_string(wanted)) << ", not " << Text(to_string(kernel_.type(id)));
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  terminate(Op::Return, Span<const NodeId>(&id, 1), 0, at);
}

AIRSTRIP_INLINE std::uint32_t DynamicBuilder::begin_function(Text name, Type result,
                                                             Span<const Type> parameters, SourceLocation at) {
  if (failed()) return 0;
  for (const Scope& scope : scopes_) {
    if (scope.kind == ScopeKind::Function && scope.function != 0) {
      fail(ErrorCode::InvalidNesting, "a helper function is declared outside other helpers", at);
      return 0;
    }
    if (scope.region < open_.size()) open_[scope.region] = 0;
  }
  const std::uint32_t function = kernel_.add_function(name, result, parameters, location(at));
  push(ScopeKind::Function, kernel_.functions()[function].body, no_node);
  top().function = function;
  return function;
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::function_parameter(std::uint32_t function, std::size_t index) {
  if (failed()) return {};
  const Span<const NodeId> arguments = kernel_.arguments(kernel_.functions()[function].body);
  return index < arguments.size() ? AnyValue(this, arguments[index]) : AnyValue();
}

AIRSTRIP_INLINE void DynamicBuilder::end_function(SourceLocation at) {
  if (!in(ScopeKind::Function, "end_function", at)) return;
  if (top().function == 0) {
    fail(ErrorCode::InvalidNesting, "end_function without begin_function", at);
    return;
  }
  if (!top().terminated) {
    // A body whose every path has returned falls off an end that nothing reaches.
    const Type result = kernel_.functions()[top().function].result;
    if (result.is_void()) {
      terminate(Op::Return, {}, 0, at);
    } else {
      const NodeId last = kernel_.region(top().region).last;
      bool returns = last != no_node && (kernel_.op(last) == Op::If || kernel_.op(last) == Op::Switch);
      if (returns)
        for (const RegionId region : kernel_.regions(last))
          returns = returns && kernel_.op(kernel_.region(region).last) == Op::Return;
      if (!returns) {
        fail(ErrorCode::UnterminatedBlock, "the helper function can end without return_", at);
        return;
      }
      const NodeId undefined = kernel_.undefined(result);
      terminate(Op::Return, Span<const NodeId>(&undefined, 1), 0, at);
    }
  }
  pop();
  for (const Scope& scope : scopes_)
    if (scope.region < open_.size()) open_[scope.region] = 1;
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::call(std::uint32_t function, Span<const AnyValue> arguments,
                                              SourceLocation at) {
  if (!begin(at)) return {};
  bool fits = function != 0 && function < kernel_.functions().size();
  for (const Scope& scope : scopes_)
    fits = fits && !(scope.kind == ScopeKind::Function && scope.function == function);
  if (!fits) {
    fail(ErrorCode::UndefinedId, "only a helper function that has ended can be called", at);
    return {};
  }
  const Function callee = kernel_.functions()[function];
  Buffer<NodeId> operands;
  for (const AnyValue& argument : arguments) operands.push_back(resolve(argument, at));
  if (failed()) return {};
  const Span<const NodeId> parameters = kernel_.arguments(callee.body);
  fits = parameters.size() == operands.size();
  for (std::size_t i = 0; i < parameters.size() && fits; ++i)
    fits = kernel_.type(parameters[i]) == kernel_.type(operands[i]);
  if (!fits) {
    String message("the arguments do not fit the function ");
    message << kernel_.text(callee.name);
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  return AnyValue(this, append(Op::Call, callee.result, {operands.data(), operands.size()}, function, at));
}

AIRSTRIP_KERNEL_NAMESPACE_END
