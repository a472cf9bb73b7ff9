// What one operation becomes, given what its operands are: the part of folding that looks at values.
#pragma once

#include "../../../config.hpp"
#include "../../evaluate.hpp"
#include "common.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

class ValueFolding {
public:
  explicit ValueFolding(Kernel& kernel) : kernel_(kernel) {}

  /// A sum or product of what is neither constant nor negated, which most of a kernel is: nothing to simplify.
  bool is_simple(NodeId id) const {
    const Node& n = kernel_.node(id);
    if (n.op != Op::Add && n.op != Op::Mul) return false;
    const Op a = kernel_.op(n.operands[0]), b = kernel_.op(n.operands[1]);
    return !is_special(a) && !is_special(b);
  }
  /// The value that stands for a node, or the node itself, which may have become another operation.
  NodeId simplify(NodeId id) {
    // Each step makes the operation simpler or brings it nearer to its source; the bound is for safety only.
    for (int step = 0; step < 16; ++step) {
      const NodeId value = once(id);
      if (value != again) return value;
      changed_ = true;
    }
    return id;
  }

  bool changed() const { return changed_; }

  /// A constant condition, as a number.
  bool known(NodeId id, std::uint64_t& bits) const {
    if (!kernel_.is_constant(id)) return false;
    bits = kernel_.constant_bits(id);
    return true;
  }

private:
  static constexpr NodeId again = ~NodeId{0};

  static bool is_special(Op o) { return o == Op::Constant || o == Op::ConstantVector || o == Op::Negate; }

  const Kernel& read() const { return kernel_; }
  NodeId operand(NodeId id, std::size_t i) const { return read().operands(id)[i]; }
  Op op(NodeId id) const { return kernel_.op(id); }
  Type type(NodeId id) const { return kernel_.type(id); }
  bool is_any_constant(NodeId id) const { return op(id) == Op::Constant || op(id) == Op::ConstantVector; }

  // Whether a value is a constant whose components all have these bits.
  bool is_all(NodeId id, std::uint64_t bits) const {
    if (op(id) == Op::Constant) return kernel_.constant_bits(id) == bits;
    if (op(id) != Op::ConstantVector) return false;
    for (const NodeId component : read().operands(id))
      if (kernel_.constant_bits(component) != bits) return false;
    return true;
  }
  static std::uint64_t ones(Type t) {
    return t.width() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << t.width()) - 1;
  }
  static std::uint64_t float_one(Scalar s) {
    switch (s) {
      case Scalar::F16: return 0x3C00;
      case Scalar::BF16: return 0x3F80;
      case Scalar::F32: return 0x3F800000;
      default: return std::uint64_t{0x3FF} << 52;
    }
  }
  NodeId zero(Type t) { return kernel_.splat(t, 0); }

  NodeId become(NodeId id, Op to, NodeId a) {
    kernel_.node(id).op = to;
    kernel_.set_operands(id, Span<const NodeId>(&a, 1));
    return again;
  }
  NodeId become(NodeId id, Op to, NodeId a, NodeId b) {
    const NodeId operands[2] = {a, b};
    kernel_.node(id).op = to;
    kernel_.set_operands(id, operands);
    return again;
  }

  // --- constants
  Rounding rounding_of(Scalar s) const {
    const FloatEnvironment& f = kernel_.options().floats;
    return s == Scalar::F64 ? f.rounding_64 : s == Scalar::F32 ? f.rounding_32 : f.rounding_16;
  }
  bool flushes(Type t) const {
    const FloatEnvironment& f = kernel_.options().floats;
    const Denormals d = t.width() == 64 ? f.denormals_64 : t.width() == 32 ? f.denormals_32 : f.denormals_16;
    return d == Denormals::FlushToZero;
  }
  static bool moves_bits(Op o) {
    return o == Op::Select || o == Op::Bitcast || o == Op::Construct || o == Op::Extract || o == Op::Insert ||
           o == Op::Shuffle || o == Op::ExtractDynamic || o == Op::InsertDynamic;
  }

  NodeId constant(NodeId id) {
    const Node& n = kernel_.node(id);
    const Span<const NodeId> operands = read().operands(id);
    if (operands.empty() || operands.size() > 4) return no_node;
    const Type result = n.type;
    bool rounds = result.is_float() && rounding_of(result.scalar()) == Rounding::TowardZero;
    Type types[4];
    std::uint64_t values[4][4];
    const std::uint64_t* pointers[4];
    for (std::size_t i = 0; i < operands.size(); ++i) {
      types[i] = type(operands[i]);
      pointers[i] = values[i];
      if (op(operands[i]) == Op::Constant) {
        values[i][0] = kernel_.constant_bits(operands[i]);
      } else {
        const Span<const NodeId> components = read().operands(operands[i]);
        for (std::size_t k = 0; k < components.size(); ++k)
          values[i][k] = kernel_.constant_bits(components[k]);
      }
      rounds = rounds || (types[i].is_float() && rounding_of(types[i].scalar()) == Rounding::TowardZero);
    }
    if ((rounds && !moves_bits(n.op)) || n.op == Op::Fma) return no_node;
    std::uint64_t out[4];
    Evaluated note;
    if (!evaluate(n.op, result, Span<const Type>(types, operands.size()), pointers, n.immediate, out, note) ||
        !note.defined || !note.exact)
      return no_node;
    if (!result.is_vector()) return kernel_.constant(result, out[0]);
    NodeId components[4];
    for (unsigned i = 0; i < result.components(); ++i)
      components[i] = kernel_.constant(result.component(), out[i]);
    return kernel_.constant_vector(result, Span<const NodeId>(components, result.components()));
  }

  // --- one step: what stands for the node, itself, or `again` if it was changed
  NodeId once(NodeId id) {
    const Node& n = kernel_.node(id);
    const Span<const NodeId> operands = read().operands(id);
    std::size_t constants = 0;
    while (constants < operands.size() && is_any_constant(operands[constants])) ++constants;
    if (constants != 0 && constants == operands.size() && !n.type.is_matrix()) {
      const NodeId value = constant(id);
      if (value != no_node) return value;
    }
    // A constant stands on the right.
    if (has_flag(n.op, op_flag::commutative) && is_any_constant(operands[0]) &&
        !is_any_constant(operands[1])) {
      const NodeId a = operands[0], b = operands[1];
      Span<NodeId> to = kernel_.operands(id);
      to[0] = b;
      to[1] = a;
    }
    switch (n.op) {
      case Op::Add:
      case Op::Sub:
      case Op::Mul:
      case Op::Div:
      case Op::Rem:
      case Op::Mod:
      case Op::MulHigh:
      case Op::AddCarry:
      case Op::SubBorrow:
        if (n.type.is_matrix()) return id;
        return n.type.is_float() ? float_arithmetic(id) : integer_arithmetic(id);
      case Op::And:
      case Op::Or:
      case Op::Xor: return bitwise(id);
      case Op::ShiftLeft:
      case Op::ShiftRight:
        return is_all(operand(id, 1), 0) || is_all(operand(id, 0), 0) ? operand(id, 0) : id;
      case Op::Min:
      case Op::Max:
      case Op::NMin:
      case Op::NMax: return operand(id, 0) == operand(id, 1) ? operand(id, 0) : id;
      case Op::Negate:
        if (op(operand(id, 0)) == Op::Negate && !(n.type.is_float() && flushes(n.type)))
          return operand(operand(id, 0), 0);
        return id;
      case Op::Abs: {
        const NodeId x = operand(id, 0);
        if (!n.type.is_float() || flushes(n.type)) return id;
        if (op(x) == Op::Abs) return x;
        return op(x) == Op::Negate ? become(id, Op::Abs, operand(x, 0)) : id;
      }
      case Op::Not: return logical_not(id);
      case Op::Equal:
      case Op::NotEqual:
      case Op::Less:
      case Op::LessEqual: return comparison(id);
      case Op::Select: return select(id);
      case Op::Convert:
      case Op::Bitcast: return conversion(id);
      case Op::Construct: return construct(id);
      case Op::Extract: return extract(id);
      case Op::ExtractDynamic:
      case Op::InsertDynamic: return dynamic_component(id);
      case Op::Shuffle: return shuffle(id);
      default: return id;
    }
  }

  NodeId integer_arithmetic(NodeId id) {
    const Op o = op(id);
    const Type t = type(id);
    const NodeId a = operand(id, 0), b = operand(id, 1);
    switch (o) {
      case Op::Add:
        if (is_all(b, 0)) return a;
        if (op(b) == Op::Negate) return become(id, Op::Sub, a, operand(b, 0));
        if (op(a) == Op::Negate && !is_any_constant(b)) return become(id, Op::Sub, b, operand(a, 0));
        return join_constants(id);
      case Op::Sub:
        if (a == b) return zero(t);
        if (is_all(b, 0)) return a;
        if (is_all(a, 0)) return become(id, Op::Negate, b);
        if (op(b) == Op::Negate) return become(id, Op::Add, a, operand(b, 0));
        return id;
      case Op::Mul: {
        if (is_all(b, 0)) return b;
        if (is_all(b, 1)) return a;
        std::uint64_t factor = 0;
        if (is_uniform(b, factor) && (factor & (factor - 1)) == 0) {
          std::uint64_t shift = 0;
          while ((factor >> shift & 1) == 0) ++shift;
          return become(id, Op::ShiftLeft, a, kernel_.splat(t, shift));
        }
        return join_constants(id);
      }
      case Op::Div: return is_all(b, 1) ? a : id;
      case Op::Rem:
      case Op::Mod: return is_all(b, 1) || (t.is_signed() && is_all(b, ones(t))) ? zero(t) : id;
      case Op::MulHigh: return is_all(b, 0) || (is_all(b, 1) && !t.is_signed()) ? zero(t) : id;
      case Op::AddCarry:
      case Op::SubBorrow: return is_all(b, 0) ? zero(t) : id;
      default: return id;
    }
  }

  // A constant other than zero whose components are all the same.
  bool is_uniform(NodeId id, std::uint64_t& bits) const {
    if (!is_any_constant(id)) return false;
    bits = kernel_.constant_bits(op(id) == Op::Constant ? id : operand(id, 0));
    return bits != 0 && is_all(id, bits);
  }

  // (x + 1) + 2 is x + 3.
  NodeId join_constants(NodeId id) {
    const NodeId a = operand(id, 0), b = operand(id, 1);
    if (!is_any_constant(b) || op(a) != op(id) || !is_any_constant(operand(a, 1))) return id;
    const Type t = type(id);
    std::uint64_t bits[4];
    for (unsigned i = 0; i < t.components(); ++i) {
      const std::uint64_t values[2] = {component(operand(a, 1), i), component(b, i)};
      bits[i] = evaluate(op(id), t.scalar(), t.scalar(), values).bits;
    }
    NodeId parts[4];
    for (unsigned i = 0; i < t.components(); ++i) parts[i] = kernel_.constant(t.component(), bits[i]);
    const NodeId joined =
        t.is_vector() ? kernel_.constant_vector(t, Span<const NodeId>(parts, t.components())) : parts[0];
    return become(id, op(id), operand(a, 0), joined);
  }
  std::uint64_t component(NodeId constant, unsigned i) const {
    return kernel_.constant_bits(op(constant) == Op::Constant ? constant : operand(constant, i));
  }

  NodeId float_arithmetic(NodeId id) {
    const Type t = type(id);
    if (flushes(t)) return id;
    const NodeId a = operand(id, 0), b = operand(id, 1);
    const std::uint64_t minus_zero = std::uint64_t{1} << (t.width() - 1);
    switch (op(id)) {
      case Op::Add: return is_all(b, minus_zero) ? a : id;
      case Op::Sub: return is_all(b, 0) ? a : id;
      case Op::Mul:
      case Op::Div: return is_all(b, float_one(t.scalar())) ? a : id;
      default: return id;
    }
  }

  NodeId bitwise(NodeId id) {
    const Op o = op(id);
    const Type t = type(id);
    const NodeId a = operand(id, 0), b = operand(id, 1);
    if (a == b) return o == Op::Xor ? zero(t) : a;
    if (is_all(b, 0)) return o == Op::And ? b : a;
    if (is_all(b, ones(t))) return o == Op::And ? a : o == Op::Or ? b : become(id, Op::Not, a);
    return join_constants(id);
  }

  NodeId logical_not(NodeId id) {
    const NodeId x = operand(id, 0);
    if (op(x) == Op::Not) return operand(x, 0);
    if (!type(id).is_boolean()) return id;
    switch (op(x)) {
      case Op::Less:
      case Op::LessEqual:
        if (type(operand(x, 0)).is_float()) return id;  // a NaN is neither below nor above
        return become(id, op(x) == Op::Less ? Op::LessEqual : Op::Less, operand(x, 1), operand(x, 0));
      case Op::Equal:
      case Op::NotEqual:
        if (type(operand(x, 0)).is_float()) return id;
        return become(id, op(x) == Op::Equal ? Op::NotEqual : Op::Equal, operand(x, 0), operand(x, 1));
      default: return id;
    }
  }

  NodeId comparison(NodeId id) {
    const Op o = op(id);
    const NodeId a = operand(id, 0), b = operand(id, 1);
    const Type t = type(a), result = type(id);
    if (t.is_float()) return id;
    if (a == b) return kernel_.splat(result, o == Op::Equal || o == Op::LessEqual ? 1 : 0);
    if (t.is_int() && !t.is_signed()) {
      if (o == Op::Less && is_all(b, 0)) return zero(result);
      if (o == Op::LessEqual && is_all(a, 0)) return kernel_.splat(result, 1);
    }
    if (t.is_boolean() && (o == Op::Equal || o == Op::NotEqual)) {
      if (is_all(b, o == Op::Equal ? 1 : 0)) return a;
      if (is_all(b, o == Op::Equal ? 0 : 1)) return become(id, Op::Not, a);
    }
    return id;
  }

  NodeId select(NodeId id) {
    const NodeId condition = operand(id, 0), yes = operand(id, 1), no = operand(id, 2);
    if (yes == no) return yes;
    if (is_all(condition, 1)) return yes;
    if (is_all(condition, 0)) return no;
    if (op(condition) == Op::Not) {
      const NodeId operands[3] = {operand(condition, 0), no, yes};
      kernel_.set_operands(id, operands);
      return again;
    }
    if (type(id).is_boolean() && type(condition) == type(id)) {
      if (is_all(yes, 1) && is_all(no, 0)) return condition;
      if (is_all(yes, 0) && is_all(no, 1)) return become(id, Op::Not, condition);
    }
    return id;
  }

  NodeId conversion(NodeId id) {
    const NodeId x = operand(id, 0);
    const Type to = type(id), from = type(x);
    if (from == to) return x;
    if (op(x) != op(id) || to.is_matrix()) return id;
    const NodeId source = operand(x, 0);
    const Type first = type(source);
    if (op(id) == Op::Bitcast) return first == to ? source : become(id, Op::Bitcast, source);
    // To a wider type of the same kind and back.
    const bool kept = (first.is_int() && from.is_int() && from.width() > first.width()) ||
                      (first.is_float() && from.is_float() && from.width() > first.width() &&
                       !flushes(first) && !flushes(from));
    return first == to && kept ? source : id;
  }

  NodeId construct(NodeId id) {
    const Type t = type(id);
    if (t.is_matrix()) return id;
    const Span<const NodeId> parts = read().operands(id);
    NodeId whole = no_node;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (op(parts[i]) != Op::Extract || kernel_.node(parts[i]).immediate != i) return id;
      const NodeId vector = operand(parts[i], 0);
      if (whole != no_node && vector != whole) return id;
      whole = vector;
    }
    return type(whole) == t ? whole : id;
  }

  NodeId extract(NodeId id) {
    const NodeId vector = operand(id, 0);
    const std::uint32_t i = kernel_.node(id).immediate;
    switch (op(vector)) {
      case Op::ConstantVector:
      case Op::Construct: return operand(vector, i);
      case Op::Insert:
        return kernel_.node(vector).immediate == i ? operand(vector, 1)
                                                   : become(id, Op::Extract, operand(vector, 0));
      case Op::Shuffle: {
        const std::uint32_t from = kernel_.node(vector).immediate >> (4 * i) & 15;
        const std::uint32_t first = type(operand(vector, 0)).components();
        kernel_.node(id).immediate = from < first ? from : from - first;
        return become(id, Op::Extract, operand(vector, from < first ? 0 : 1));
      }
      case Op::BuiltInValue:
        return builtin_component(id, static_cast<BuiltIn>(kernel_.node(vector).immediate), i);
      default: return id;
    }
  }

  NodeId builtin_component(NodeId id, BuiltIn which, std::uint32_t i) {
    const KernelOptions& options = kernel_.options();
    if (options.workgroup_spec[i] != 0) return id;
    const std::uint32_t size = options.workgroup[i];
    if (which == BuiltIn::WorkgroupSize) return kernel_.constant(Type(Scalar::U32), size);
    if (size != 1) return id;
    if (which == BuiltIn::LocalInvocationId) return kernel_.constant(Type(Scalar::U32), 0);
    if (which == BuiltIn::GlobalInvocationId)
      return become(id, Op::Extract, kernel_.builtin(BuiltIn::WorkgroupId));
    return id;
  }

  NodeId dynamic_component(NodeId id) {
    const bool inserts = op(id) == Op::InsertDynamic;
    const NodeId index = operand(id, inserts ? 2 : 1);
    std::uint64_t i = 0;
    if (!known(index, i) || i >= type(operand(id, 0)).components()) return id;
    kernel_.node(id).immediate = static_cast<std::uint32_t>(i);
    return inserts ? become(id, Op::Insert, operand(id, 0), operand(id, 1))
                   : become(id, Op::Extract, operand(id, 0));
  }

  NodeId shuffle(NodeId id) {
    const Type t = type(id);
    const NodeId a = operand(id, 0), b = operand(id, 1);
    const std::uint32_t first = type(a).components();
    bool is_a = type(a) == t, is_b = type(b) == t;
    for (std::uint32_t i = 0; i < t.components(); ++i) {
      const std::uint32_t from = kernel_.node(id).immediate >> (4 * i) & 15;
      is_a = is_a && from == i;
      is_b = is_b && from == first + i;
    }
    return is_a ? a : is_b ? b : id;
  }

  Kernel& kernel_;
  bool changed_ = false;
};

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
