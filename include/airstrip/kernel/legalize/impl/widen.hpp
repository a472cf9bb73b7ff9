#pragma once

#include "../../passes/lower_addresses.hpp"
#include "../bit_operations.hpp"
#include "../float_rounding.hpp"
#include "../widen.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// What an operation asks of the pass once its operands are held in wide types.
enum class WidenRule : std::uint8_t {
  Moves,  // takes values from one place to another, of any type
  Exact,  // computes, but gives a value of the small type by itself
  Fits,   // its result has to be wrapped or rounded
  Special,
};

inline WidenRule widen_rule(Op op, Scalar scalar) {
  const bool floating = is_float(scalar), is_signed_int = is_signed(scalar);
  switch (op) {
    case Op::Argument:
    case Op::Result:
    case Op::Select:
    case Op::Construct:
    case Op::Extract:
    case Op::Insert:
    case Op::ExtractDynamic:
    case Op::InsertDynamic:
    case Op::Shuffle:
    case Op::VariableLoad:
    case Op::VariableStore:
    case Op::SubgroupAllEqual:
    case Op::SubgroupBroadcast:
    case Op::SubgroupBroadcastFirst:
    case Op::SubgroupShuffle:
    case Op::SubgroupShuffleXor:
    case Op::SubgroupShuffleUp:
    case Op::SubgroupShuffleDown:
    case Op::SubgroupRotate:
    case Op::QuadBroadcast:
    case Op::QuadSwap:
    case Op::If:
    case Op::Loop:
    case Op::Call:
    case Op::Yield:
    case Op::Break:
    case Op::Continue:
    case Op::Return: return WidenRule::Moves;
    case Op::Min:
    case Op::Max:
    case Op::Clamp:
    case Op::NMin:
    case Op::NMax:
    case Op::NClamp:
    case Op::Sign:
    case Op::And:
    case Op::Or:
    case Op::Xor:
    case Op::Equal:
    case Op::NotEqual:
    case Op::Less:
    case Op::LessEqual:
    case Op::IsNan:
    case Op::IsInf:
    case Op::ShiftRight:
    case Op::Round:
    case Op::RoundEven:
    case Op::Trunc:
    case Op::Floor:
    case Op::Ceil:
    case Op::Step:
    case Op::FaceForward:
    case Op::FrexpSignificand:
    case Op::FrexpExponent:
    case Op::SubgroupOr:
    case Op::SubgroupXor: return WidenRule::Exact;
    // The identity of an exclusive scan is all ones, of 32 bits here.
    case Op::SubgroupAnd: return is_signed_int ? WidenRule::Exact : WidenRule::Fits;
    case Op::Rem:
    case Op::Mod: return floating ? WidenRule::Fits : WidenRule::Exact;
    case Op::Div: return floating || is_signed_int ? WidenRule::Fits : WidenRule::Exact;
    case Op::Negate:
    case Op::Abs: return floating ? WidenRule::Exact : WidenRule::Fits;
    case Op::Not: return is_signed_int ? WidenRule::Exact : WidenRule::Fits;
    case Op::Fma:
    case Op::MulHigh:
    case Op::AddCarry:
    case Op::SubBorrow:
    case Op::BitCount:
    case Op::BitReverse:
    case Op::BitFieldExtract:
    case Op::BitFieldInsert:
    case Op::FindLsb:
    case Op::FindMsb:
    case Op::Convert:
    case Op::ConvertSaturate:
    case Op::Bitcast:
    case Op::Switch:
    case Op::Load:
    case Op::Store:
    case Op::AtomicLoad:
    case Op::AtomicStore:
    case Op::AtomicAdd:
    case Op::AtomicSub:
    case Op::AtomicMin:
    case Op::AtomicMax:
    case Op::AtomicAnd:
    case Op::AtomicOr:
    case Op::AtomicXor:
    case Op::AtomicExchange:
    case Op::AtomicCompareExchange:
    case Op::SubgroupMin:
    case Op::SubgroupMax:
    case Op::MatrixLoad:
    case Op::MatrixStore:
    case Op::MatrixMulAdd:
    case Op::MatrixScale:
    case Op::MatrixLength:
    case Op::MatrixExtract:
    case Op::MatrixInsert: return WidenRule::Special;
    default: return WidenRule::Fits;
  }
}

class Widen {
public:
  Widen(Kernel& kernel, const WidenOptions& options)
      : kernel_(kernel), r_(kernel), exact_half_(options.exact_half) {
    form_[index(Scalar::I8)] = form_[index(Scalar::U8)] = options.int8 ? Form::Kept : Form::Gone;
    form_[index(Scalar::I16)] = form_[index(Scalar::U16)] = options.int16 ? Form::Kept : Form::Gone;
    form_[index(Scalar::F16)] = options.float16 ? Form::Kept : Form::Gone;
    form_[index(Scalar::BF16)] = options.bfloat16 ? Form::Stored : Form::Gone;
  }

  void run();

private:
  enum class Form : std::uint8_t {
    Kept,
    Stored,  // the type is there, its arithmetic is not
    Gone,
  };
  static constexpr std::size_t index(Scalar s) { return static_cast<std::size_t>(s); }
  Form form(Type type) const { return form_[index(type.scalar())]; }
  bool gone(Type type) const { return form(type) == Form::Gone; }
  static Type holder(Type type) {
    return type.is_float() ? type.with(Scalar::F32) : type.with(type.is_signed() ? Scalar::I32 : Scalar::U32);
  }
  // The type a node had when the pass began.
  Type original(NodeId id) const { return id < types_.size() ? types_[id] : kernel_.type(id); }

  void declarations();
  void visit(NodeId id);
  void special(NodeId id);
  NodeId operand(NodeId id);
  void replace_operands(NodeId id);
  Term wide(NodeId old);
  void compute_with_wide(NodeId id);
  Term fit(Term value, Type narrow);
  void give(NodeId id, Term value, Type narrow);
  NodeId constant(NodeId id);
  NodeId dispatch_value(NodeId id);
  void convert_node(NodeId id);
  void bitcast_node(NodeId id);
  Term spread_words(NodeId value, unsigned width);
  void load(NodeId id);
  void store(NodeId id);
  static Type stored_type(Type type);
  Term from_stored(Term value, Type type);
  Term to_stored(Term value, Type type);
  static MemoryAccess component_access(const MemoryAccess& vector, Type type, unsigned component);
  void matrix(NodeId id);
  std::uint32_t widened_access(std::uint32_t access, unsigned factor);

  Kernel& kernel_;
  Rewriter r_;
  Buffer<Type> types_;
  Buffer<NodeId> map_;       // old node: what stands for it; of Gone types wide, of Stored ones small
  Buffer<NodeId> computed_;  // of Stored types: the f32 that a node was converted from
  Buffer<NodeId> local_;     // dispatch values whose conversion stands in this function
  Form form_[14] = {};
  bool exact_half_;
  RegionId body_ = no_region;
};

// --- values ------------------------------------------------------------------------------------------------------------

// The operand in place of an old one: wide where its type is gone.
inline NodeId Widen::operand(NodeId id) {
  if (id >= map_.size()) return id;
  if (map_[id] != no_node) return map_[id];
  if (!gone(types_[id]) || types_[id].is_matrix()) return id;
  switch (kernel_.op(id)) {
    case Op::Constant:
    case Op::ConstantVector: return map_[id] = constant(id);
    case Op::Undefined: return map_[id] = kernel_.undefined(holder(types_[id]));
    case Op::Parameter:
    case Op::SpecConstant: return dispatch_value(id);
    default: return id;
  }
}

// The operand to compute with: wide where its type has no arithmetic.
inline Term Widen::wide(NodeId old) {
  const Type type = original(old);
  const NodeId now = operand(old);
  if (form(type) != Form::Stored) return r_.term(now);
  if (now < computed_.size() && computed_[now] != no_node) return r_.term(computed_[now]);
  if (kernel_.op(now) == Op::Constant || kernel_.op(now) == Op::ConstantVector) return r_.term(constant(now));
  return convert(r_.term(now), holder(type));
}

inline NodeId Widen::constant(NodeId id) {
  const Type type = kernel_.type(id), to = holder(type);
  if (type.is_vector()) {
    NodeId parts[4];
    for (unsigned i = 0; i < type.components(); ++i) {
      const NodeId part = static_cast<const Kernel&>(kernel_).operands(id)[i];
      parts[i] = constant(part);
    }
    return kernel_.constant_vector(to, Span<const NodeId>(parts, type.components()));
  }
  const std::uint64_t bits = kernel_.constant_bits(id);
  if (type.scalar() == Scalar::BF16) return kernel_.constant(to, bits << 16);
  if (type.scalar() == Scalar::F16) {
    const auto value = static_cast<float>(f16_to_double(bits));
    std::uint32_t word;
    std::memcpy(&word, &value, sizeof word);
    return kernel_.constant(to, word);
  }
  const std::uint64_t sign = std::uint64_t{1} << (type.width() - 1);
  return kernel_.constant(to, type.is_signed() ? (bits ^ sign) - sign : bits);
}

// A parameter or specialisation constant, which has been retyped to words: its value, made at the function's head.
inline NodeId Widen::dispatch_value(NodeId id) {
  Rewriter outer = r_;
  r_.at_head(body_, kernel_.node(id).location);
  const Term words = r_.term(id);
  const Scalar scalar = types_[id].scalar();
  Term value;
  if (scalar == Scalar::F16)
    value = f16_from_bits(words & 0xFFFFu);
  else if (scalar == Scalar::BF16)
    value = bf16_from_bits(words);
  else
    value = fit(words, types_[id]);
  r_ = outer;
  local_.push_back(id);
  return map_[id] = value.node;
}

inline void Widen::replace_operands(NodeId id) {
  const Kernel& kernel = kernel_;
  for (std::uint32_t i = 0; i < kernel.node(id).operand_count; ++i) {
    const NodeId now = operand(kernel.operands(id)[i]);
    kernel_.operands(id)[i] = now;
  }
}

inline void Widen::compute_with_wide(NodeId id) {
  const Kernel& kernel = kernel_;
  for (std::uint32_t i = 0; i < kernel.node(id).operand_count; ++i) {
    const NodeId now = wide(kernel.operands(id)[i]).node;
    kernel_.operands(id)[i] = now;
  }
}

// What a wide result is as a value of the small type: wrapped or rounded.
inline Term Widen::fit(Term value, Type narrow) {
  const Scalar scalar = narrow.scalar();
  if (scalar == Scalar::F16) return round_to_f16(value, exact_half_);
  if (scalar == Scalar::BF16) return round_to_bf16(value);
  const unsigned width = narrow.width();
  const Node& made = kernel_.node(value.node);
  std::uint64_t known = 0;
  if (!narrow.is_signed() && !value.type().is_signed() && made.operand_count == 2 &&
      r_.is_constant(made.operands[1], known)) {
    // What was shifted down or masked is in range already.
    if (made.op == Op::ShiftRight && known + width >= 32) return value;
    if (made.op == Op::And && known >> width == 0) return value;
  }
  if (!narrow.is_signed()) return value & ((std::uint64_t{1} << width) - 1);
  const Type word(Scalar::U32);
  const Term zero = r_.constant(word, 0);
  return r_.emit(Op::BitFieldExtract, value.type(), value, zero, r_.constant(word, width));
}

// `value`, wide and fitting, stands for the node from now on.
inline void Widen::give(NodeId id, Term value, Type narrow) {
  if (form(narrow) == Form::Stored) {
    const Term stored = r_.emit(Op::Convert, narrow, value);
    if (stored.node >= computed_.size()) computed_.resize(stored.node + 64, no_node);
    if (stored.node < computed_.size()) computed_[stored.node] = value.node;
    value = stored;
  }
  map_[id] = value.node;
}

// --- the walk ------------------------------------------------------------------------------------------------------------

inline void Widen::declarations() {
  for (std::size_t i = 0; i < kernel_.resources().size(); ++i) {
    Resource& resource = kernel_.resource(i);
    if (!gone(resource.element)) continue;
    if (resource.element.is_matrix()) continue;  // its stores say so
    if (resource.kind == ResourceKind::Buffer) {
      // What usually lies there is named by its size where the type itself is gone for good.
      if (resource.element.scalar() == Scalar::BF16) resource.element = resource.element.with(Scalar::U16);
    } else {
      resource.element = holder(resource.element);
      if (resource.kind != ResourceKind::Variable) resource.stride = resource.element.size();
    }
  }
  const auto word_of = [](Type type) {
    return type.is_signed() && !type.is_float() ? type.with(Scalar::I32) : type.with(Scalar::U32);
  };
  for (std::size_t i = 0; i < kernel_.parameters().size(); ++i) {
    ParameterInfo& parameter = kernel_.parameter(i);
    if (gone(parameter.type)) kernel_.node(parameter.node).type = parameter.type = word_of(parameter.type);
  }
  for (std::size_t i = 0; i < kernel_.spec_constants().size(); ++i) {
    SpecConstantInfo& constant = kernel_.spec_constant(i);
    if (!gone(constant.type)) continue;
    if (constant.type.is_signed() && !constant.type.is_float()) {
      const std::uint64_t sign = std::uint64_t{1} << (constant.type.width() - 1);
      constant.value = ((constant.value ^ sign) - sign) & 0xFFFFFFFFu;
    }
    kernel_.node(constant.node).type = constant.type = word_of(constant.type);
  }
}

inline void Widen::run() {
  bool used = false;
  const std::uint32_t bound = kernel_.node_bound();
  for (NodeId id = 1; id < bound && !used; ++id) used = form(kernel_.type(id)) != Form::Kept;
  for (const Resource& resource : kernel_.resources()) used = used || form(resource.element) != Form::Kept;
  if (!used) return;
  if (!types_.resize(bound) || !map_.resize(bound, no_node)) return fail_out_of_memory(kernel_);
  for (NodeId id = 0; id < bound; ++id) types_[id] = kernel_.type(id);
  declarations();
  const auto arguments = [&](RegionId region) {
    for (const NodeId argument : static_cast<const Kernel&>(kernel_).arguments(region))
      if (gone(original(argument))) kernel_.node(argument).type = holder(original(argument));
  };
  const std::size_t functions = kernel_.functions().size();
  for (std::size_t f = 0; f < functions; ++f) {
    Function& function = kernel_.function(f);
    body_ = function.body;
    if (gone(function.result)) function.result = holder(function.result);
    arguments(body_);
    for_each_node(kernel_, body_, [&](NodeId id) {
      for (const RegionId region : kernel_.regions(id)) arguments(region);
      visit(id);
    });
    for (const NodeId id : local_) map_[id] = no_node;
    local_.clear();
  }
  if (computed_.out_of_memory() || local_.out_of_memory()) fail_out_of_memory(kernel_);
}

inline void Widen::visit(NodeId id) {
  const Node node = kernel_.node(id);
  const Span<const NodeId> operands = static_cast<const Kernel&>(kernel_).operands(id);
  Type narrow = node.type;
  bool of_matrices = form(node.type) != Form::Kept && node.type.is_matrix();
  for (const NodeId old : operands) {
    const Type type = original(old);
    if (form(type) == Form::Kept) continue;
    of_matrices = of_matrices || type.is_matrix();
    if (form(narrow) == Form::Kept) narrow = type;
  }
  if (form(narrow) == Form::Kept) return replace_operands(id);
  r_.before(id);
  const WidenRule rule = widen_rule(node.op, narrow.scalar());
  if (of_matrices && (rule != WidenRule::Moves || node.op == Op::Construct)) return matrix(id);
  if (rule == WidenRule::Special) return special(id);
  if (rule == WidenRule::Moves) {
    replace_operands(id);
    if (gone(node.type)) kernel_.node(id).type = holder(node.type);
    return;
  }
  compute_with_wide(id);
  if (form(node.type) == Form::Kept) return;  // a comparison
  kernel_.node(id).type = holder(node.type);
  r_.after(id);
  const Term value = r_.term(id);
  if (rule == WidenRule::Fits)
    give(id, fit(value, node.type), node.type);
  else if (form(node.type) == Form::Stored)
    give(id, value, node.type);
}

inline void Widen::special(NodeId id) {
  const Node node = kernel_.node(id);
  const Type type = node.type;
  NodeId old[4] = {};
  for (std::size_t i = 0; i < node.operand_count && i < 4; ++i)
    old[i] = static_cast<const Kernel&>(kernel_).operands(id)[i];
  switch (node.op) {
    case Op::Convert: return convert_node(id);
    case Op::Bitcast: return bitcast_node(id);
    case Op::Load: return load(id);
    case Op::Store: return store(id);
    case Op::Fma: {
      const Term a = wide(old[0]), b = wide(old[1]), c = wide(old[2]);
      give(id, fit(fma_to_odd(a, b, c, type.scalar() == Scalar::BF16), type), type);
      break;
    }
    case Op::Switch: {
      // The literals are the selector's bits, those above its width zero.
      Term selector = wide(old[0]);
      const Type narrow = original(old[0]);
      if (narrow.is_signed()) {
        selector = selector & ((std::uint64_t{1} << narrow.width()) - 1);
        selector = bitcast(selector, Type(Scalar::U32));
      }
      kernel_.node(id).operands[0] = selector.node;
      return;
    }
    case Op::MulHigh: {
      const Term a = wide(old[0]);
      const Term product = a * wide(old[1]);
      give(id, product >> type.width(), type);
      break;
    }
    case Op::AddCarry:
    case Op::SubBorrow: {
      const std::uint64_t mask = (std::uint64_t{1} << type.width()) - 1;
      const Type word = type.with(Scalar::U32);
      Term a = bitcast(wide(old[0]), word);
      Term b = bitcast(wide(old[1]), word);
      if (type.is_signed()) {
        a = a & mask;
        b = b & mask;
      }
      const Term result = node.op == Op::AddCarry ? (a + b) >> type.width() : as_word(less(a, b), word);
      give(id, bitcast(result, holder(type)), type);
      break;
    }
    case Op::SubgroupMin:
    case Op::SubgroupMax: {
      // Of an exclusive scan the first gets the identity, which is that of 32 bits here.
      const Term value = wide(old[0]);
      Term result = r_.emit(node.op, holder(type), value, node.immediate);
      if (static_cast<GroupKind>(node.immediate & 0xFF) == GroupKind::Exclusive && !type.is_float()) {
        const bool lowest = node.op == Op::SubgroupMin;
        const std::uint64_t highest = (std::uint64_t{1} << (type.width() - type.is_signed())) - 1;
        const std::uint64_t end = lowest ? highest : type.is_signed() ? ~highest : 0;
        result = r_.emit(lowest ? Op::Min : Op::Max, holder(type), result, r_.constant(holder(type), end));
      }
      give(id, result, type);
      break;
    }
    case Op::BitCount:
    case Op::BitReverse:
    case Op::BitFieldExtract:
    case Op::BitFieldInsert:
    case Op::FindLsb:
    case Op::FindMsb: {
      const Term value = wide(old[0]);
      Term others[3];
      for (std::size_t i = 1; i < node.operand_count; ++i) others[i - 1] = wide(old[i]);
      const Span<const Term> rest(others, static_cast<std::size_t>(node.operand_count) - 1);
      give(id, fit(narrow_bit_operation(node.op, type.width(), value, rest), type), type);
      break;
    }
    case Op::ConvertSaturate:
      r_.fail(id, "a saturating conversion of a type that the target lacks; run expand_saturating first");
      return;
    default:
      r_.fail(id, "the target lacks this type (Float16: the feature shaderFloat16), and atomic operations on "
                  "it have no other form; use 32 bits");
      return;
  }
  kernel_.unlink(id);
}

}  // namespace detail

AIRSTRIP_INLINE void widen_types(Kernel& kernel, const WidenOptions& options) {
  if (kernel.ok()) detail::Widen(kernel, options).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END

#include "widen_convert.hpp"
#include "widen_memory.hpp"
