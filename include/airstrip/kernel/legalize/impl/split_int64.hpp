#pragma once

#include "../bit_operations.hpp"
#include "../int64.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

class SplitInt64 {
public:
  explicit SplitInt64(Kernel& kernel) : kernel_(kernel), r_(kernel) {}
  void run();

private:
  static bool wide_type(Type type) {
    return (type.scalar() == Scalar::U64 || type.scalar() == Scalar::I64) && !type.is_matrix();
  }
  static Type word(Type type) { return type.with(Scalar::U32); }
  Type original(NodeId id) const { return id < types_.size() ? types_[id] : kernel_.type(id); }
  const Kernel& kernel() const { return kernel_; }

  bool declarations();
  void arguments(RegionId region);
  void visit(NodeId id);
  Wide wide(NodeId old);
  Wide dispatch_value(NodeId id);
  NodeId operand(NodeId old);
  void replace_operands(NodeId id);
  void expand_operands(NodeId id);
  void give(NodeId id, Wide value);
  void give(NodeId id, Term value);
  Term half(Term value, bool upper);
  void remember_positions(NodeId leaving);

  bool twin(NodeId id);
  void compute(NodeId id);
  void divide(NodeId id);
  void division_first();
  void result(NodeId id);
  void transfer(NodeId id);
  void switch_node(NodeId id);
  void call(NodeId id);
  void return_node(NodeId id);
  std::uint32_t upper_result(std::uint32_t function);
  void convert_node(NodeId id);
  Wide from_number(Term value, bool is_signed);
  Term to_number(Wide value, bool is_signed, Type to);
  void bitcast_node(NodeId id);
  void memory(NodeId id);
  void narrow_index(NodeId id, MemoryAccess& access);
  void subgroup(NodeId id);

  Kernel& kernel_;
  Rewriter r_;
  Buffer<Type> types_;
  Buffer<NodeId> low_, high_;        // by old node; of other types low_ is what replaces it
  Buffer<std::uint32_t> positions_;  // by owner: where its list is in wide_position_, plus 1
  Buffer<std::uint32_t> wide_position_;
  Buffer<std::uint32_t> pair_;  // by resource: that of the upper words
  Buffer<Type> results_;        // of functions, before
  Buffer<std::uint32_t>
      upper_;  // by function: the variable that its result's upper words are left in, plus 1
  Buffer<NodeId> local_, scratch_;
  std::uint32_t function_ = 0, division_ = 0;
  RegionId body_ = no_region;
};

// --- values ------------------------------------------------------------------------------------------------------------

inline NodeId SplitInt64::operand(NodeId old) {
  return old < low_.size() && low_[old] != no_node ? low_[old] : old;
}

inline Wide SplitInt64::wide(NodeId old) {
  if (old < high_.size() && high_[old] != no_node) return {r_.term(low_[old]), r_.term(high_[old])};
  const Type type = original(old), words = word(type);
  switch (kernel_.op(old)) {
    case Op::Constant: return wide_constant(r_, words, kernel_.constant_bits(old));
    case Op::ConstantVector: {
      Term low[4], high[4];
      for (unsigned i = 0; i < type.components(); ++i) {
        const std::uint64_t bits = kernel_.constant_bits(kernel().operands(old)[i]);
        low[i] = r_.constant(Scalar::U32, bits & 0xFFFFFFFFu);
        high[i] = r_.constant(Scalar::U32, bits >> 32);
      }
      const Term lows = construct(words, Span<const Term>(low, type.components()));
      return {lows, construct(words, Span<const Term>(high, type.components()))};
    }
    case Op::Parameter: return dispatch_value(old);
    default: {
      const Term undefined = r_.term(kernel_.undefined(words));
      return {undefined, undefined};
    }
  }
}

// The even (lower) or odd (upper) words of interleaved pairs.
inline Term SplitInt64::half(Term value, bool upper) {
  const unsigned count = value.type().components() / 2;
  if (count == 1) return component(value, upper);
  std::uint32_t pattern = 0;
  for (unsigned i = 0; i < count; ++i) pattern |= (2 * i + upper) << (4 * i);
  return r_.emit(Op::Shuffle, Type(Scalar::U32, count), value, value, pattern);
}

// A parameter, which has been retyped to pairs of words.
inline Wide SplitInt64::dispatch_value(NodeId id) {
  const Rewriter outer = r_;
  r_.at_head(body_, kernel_.node(id).location);
  const Term low = half(r_.term(id), false);
  const Term high = half(r_.term(id), true);
  r_ = outer;
  low_[id] = low.node;
  high_[id] = high.node;
  local_.push_back(id);
  return {low, high};
}

inline void SplitInt64::give(NodeId id, Wide value) {
  low_[id] = value.low.node;
  high_[id] = value.high.node;
  kernel_.unlink(id);
}

inline void SplitInt64::give(NodeId id, Term value) {
  low_[id] = value.node;
  kernel_.unlink(id);
}

inline void SplitInt64::replace_operands(NodeId id) {
  for (std::uint32_t i = 0; i < kernel_.node(id).operand_count; ++i) {
    const NodeId now = operand(kernel().operands(id)[i]);
    kernel_.operands(id)[i] = now;
  }
}

// A list of values: the lower words stand where the pairs stood, the upper words follow the list.
inline void SplitInt64::expand_operands(NodeId id) {
  scratch_.clear();
  const std::uint32_t count = kernel_.node(id).operand_count;
  for (std::uint32_t i = 0; i < count; ++i) {
    const NodeId old = kernel().operands(id)[i];
    scratch_.push_back(wide_type(original(old)) ? wide(old).low.node : operand(old));
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const NodeId old = kernel().operands(id)[i];
    if (wide_type(original(old))) scratch_.push_back(wide(old).high.node);
  }
  kernel_.set_operands(id, Span<const NodeId>(scratch_.data(), scratch_.size()));
}

// --- the walk ------------------------------------------------------------------------------------------------------------

inline bool SplitInt64::declarations() {
  const std::size_t resources = kernel_.resources().size();
  if (!pair_.resize(resources, 0)) return false;
  for (std::size_t i = 0; i < resources; ++i) {
    Resource resource = kernel_.resource(i);
    if (!wide_type(resource.element)) continue;
    if (resource.kind == ResourceKind::Buffer) {
      kernel_.resource(i).element =
          Type(Scalar::U32, resource.element.components() > 2 ? resource.element.components()
                                                              : 2 * resource.element.components());
      continue;
    }
    resource.element = word(resource.element);
    if (resource.kind != ResourceKind::Variable) resource.stride = resource.element.size();
    kernel_.resource(i) = resource;
    pair_[i] = kernel_.add_resource(resource);
  }
  for (std::size_t i = 0; i < kernel_.parameters().size(); ++i) {
    ParameterInfo& parameter = kernel_.parameter(i);
    if (!wide_type(parameter.type)) continue;
    if (parameter.type.components() > 2) {
      r_.fail(parameter.node, "a parameter of more than two 64-bit integers needs a target that has them "
                              "(Int64: the feature shaderInt64); split it");
      return true;
    }
    parameter.type = Type(Scalar::U32, parameter.type.components() * 2);
    kernel_.node(parameter.node).type = parameter.type;
  }
  for (const SpecConstantInfo& constant : kernel_.spec_constants())
    if (wide_type(constant.type))
      r_.fail(constant.node, "a 64-bit specialisation constant needs a target that has 64-bit integers "
                             "(Int64: the feature shaderInt64); use 32 bits");
  return true;
}

inline void SplitInt64::arguments(RegionId region) {
  const std::uint32_t count = kernel_.region(region).argument_count;
  for (std::uint32_t i = 0; i < count; ++i) {
    const NodeId argument = kernel().arguments(region)[i];
    const Type type = kernel_.type(argument);
    if (!wide_type(type)) continue;
    kernel_.node(argument).type = word(type);
    low_[argument] = argument;
    high_[argument] = kernel_.add_argument(region, word(type), kernel_.node(argument).location);
  }
}

inline void SplitInt64::run() {
  bool used = false;
  const std::uint32_t bound = kernel_.node_bound();
  for (NodeId id = 1; id < bound && !used; ++id) used = wide_type(kernel_.type(id));
  for (const Resource& resource : kernel_.resources()) used = used || wide_type(resource.element);
  if (!used) return;
  const std::size_t functions = kernel_.functions().size();
  if (!types_.resize(bound)) return fail_out_of_memory(kernel_);
  for (NodeId id = 0; id < bound; ++id) types_[id] = kernel_.type(id);
  if (!low_.resize(bound, no_node) || !high_.resize(bound, no_node) || !positions_.resize(bound, 0) ||
      !results_.resize(functions) || !upper_.resize(functions, 0) || !declarations())
    return fail_out_of_memory(kernel_);
  for (std::size_t f = 0; f < functions; ++f) {
    results_[f] = kernel_.function(f).result;
    if (!wide_type(results_[f])) continue;
    const unsigned count = results_[f].components();
    kernel_.function(f).result = Type(Scalar::U32, count > 2 ? count : 2 * count);
  }
  for (std::size_t f = 0; f < functions && kernel_.ok(); ++f) {
    function_ = static_cast<std::uint32_t>(f);
    body_ = kernel_.function(f).body;
    arguments(body_);
    for_each_node(kernel_, body_, [&](NodeId id) {
      const std::uint32_t regions = kernel_.node(id).region_count;
      for (std::uint32_t i = 0; i < regions; ++i) arguments(kernel_.regions(id)[i]);
      visit(id);
    });
    for (const NodeId id : local_) low_[id] = high_[id] = no_node;
    local_.clear();
  }
  if (division_ > 1) division_first();
  if (scratch_.out_of_memory() || local_.out_of_memory() || wide_position_.out_of_memory())
    fail_out_of_memory(kernel_);
}

// Helpers call only those that stand before them: the division goes in front of all.
inline void SplitInt64::division_first() {
  const Function division = kernel_.function(division_);
  for (std::uint32_t f = division_; f > 1; --f) kernel_.function(f) = kernel_.function(f - 1);
  kernel_.function(1) = division;
  for (std::size_t f = 0; f < kernel_.functions().size(); ++f)
    for_each_node(kernel_, kernel_.function(f).body, [&](NodeId id) {
      Node& node = kernel_.node(id);
      if (node.op == Op::Call) node.immediate = node.immediate == division_ ? 1 : node.immediate + 1;
    });
}

inline void SplitInt64::visit(NodeId id) {
  const Node node = kernel_.node(id);
  bool touched = wide_type(node.type);
  for (const NodeId old : kernel().operands(id)) touched = touched || wide_type(original(old));
  if (!touched) {
    if (node.op == Op::Result) return;
    return replace_operands(id);
  }
  r_.before(id);
  switch (node.op) {
    case Op::Result: return result(id);
    case Op::Loop:
    case Op::Continue: return expand_operands(id);
    case Op::Yield:
    case Op::Break: return transfer(id);
    case Op::Call: return call(id);
    case Op::Return: return return_node(id);
    case Op::Switch: return switch_node(id);
    case Op::Convert: return convert_node(id);
    case Op::Bitcast: return bitcast_node(id);
    case Op::Load:
    case Op::Store:
    case Op::VariableLoad:
    case Op::VariableStore:
    case Op::MatrixLoad:
    case Op::MatrixStore:
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
    case Op::AtomicCompareExchange: return memory(id);
    case Op::Div:
    case Op::Rem:
    case Op::Mod: return divide(id);
    case Op::SubgroupAllEqual:
    case Op::SubgroupAdd:
    case Op::SubgroupMul:
    case Op::SubgroupMin:
    case Op::SubgroupMax: return subgroup(id);
    case Op::ConvertSaturate:
      return r_.fail(id, "a saturating conversion of 64-bit integers; run expand_saturating first");
    default:
      if (!twin(id)) compute(id);
  }
}

// Operations that do the same with lower and upper words.
inline bool SplitInt64::twin(NodeId id) {
  const Node node = kernel_.node(id);
  switch (node.op) {
    case Op::Select:
    case Op::Construct:
    case Op::Extract:
    case Op::Insert:
    case Op::ExtractDynamic:
    case Op::InsertDynamic:
    case Op::Shuffle:
    case Op::SubgroupBroadcast:
    case Op::SubgroupBroadcastFirst:
    case Op::SubgroupShuffle:
    case Op::SubgroupShuffleXor:
    case Op::SubgroupShuffleUp:
    case Op::SubgroupShuffleDown:
    case Op::SubgroupRotate:
    case Op::SubgroupAnd:
    case Op::SubgroupOr:
    case Op::SubgroupXor:
    case Op::QuadBroadcast:
    case Op::QuadSwap: break;
    default: return false;
  }
  NodeId low[4] = {}, high[4] = {};
  const std::size_t count = node.operand_count;
  for (std::size_t i = 0; i < count && i < 4; ++i) {
    const NodeId old = kernel().operands(id)[i];
    if (wide_type(original(old))) {
      const Wide pair = wide(old);
      low[i] = pair.low.node;
      high[i] = pair.high.node;
    } else {
      low[i] = high[i] = operand(old);
    }
  }
  const Type type = word(node.type);
  const auto make = [&](const NodeId* operands) {
    if (node.op == Op::Construct) {
      Term parts[4];
      for (std::size_t i = 0; i < count; ++i) parts[i] = r_.term(operands[i]);
      return construct(type, Span<const Term>(parts, count));
    }
    if (node.op == Op::Extract) return component(r_.term(operands[0]), node.immediate);
    if (node.op == Op::Select) {
      const Term condition = r_.term(operands[0]), yes = r_.term(operands[1]);
      return select(condition, yes, r_.term(operands[2]));
    }
    return r_.term(r_.emit(node.op, type, Span<const NodeId>(operands, count), node.immediate));
  };
  const Term lower = make(low);
  give(id, Wide{lower, make(high)});
  return true;
}

// --- arithmetic ------------------------------------------------------------------------------------------------------------

inline void SplitInt64::compute(NodeId id) {
  const Node node = kernel_.node(id);
  NodeId old[4] = {};
  for (std::size_t i = 0; i < node.operand_count && i < 4; ++i) old[i] = kernel().operands(id)[i];
  const bool is_signed = original(old[0]).is_signed();
  if (!wide_type(original(old[0]))) {
    // A shift of something else by a 64-bit amount.
    if (node.op != Op::ShiftLeft && node.op != Op::ShiftRight)
      return r_.fail(
          id,
          "the target has no 64-bit integers (Int64: the feature shaderInt64), and this has no other form");
    const NodeId amount = wide(old[1]).low.node;
    kernel_.node(id).operands[0] = operand(old[0]);
    kernel_.node(id).operands[1] = amount;
    return;
  }
  const Wide a = wide(old[0]);
  const bool second = node.operand_count > 1 && wide_type(original(old[1]));
  const Wide b = second ? wide(old[1]) : Wide{};
  const Term zero = r_.constant(a.low.type(), 0);
  switch (node.op) {
    case Op::Add: return give(id, wide_add(a, b));
    case Op::Sub: return give(id, wide_sub(a, b));
    case Op::Mul: return give(id, wide_mul(a, b));
    case Op::MulHigh: return give(id, wide_mul_high(a, b, is_signed));
    case Op::AddCarry: {
      const Wide sum = wide_add(a, b);
      return give(id, Wide{as_word(wide_less(sum, a, false), zero.type()), zero});
    }
    case Op::SubBorrow: return give(id, Wide{as_word(wide_less(a, b, false), zero.type()), zero});
    case Op::Negate: return give(id, wide_negate(a));
    case Op::Not: return give(id, wide_not(a));
    case Op::And:
    case Op::Or:
    case Op::Xor: return give(id, wide_bits(node.op, a, b));
    case Op::Abs: return give(id, wide_abs(a));
    case Op::Sign: {
      const Term nonzero = not_equal(a.low | a.high, zero);
      const Term mask = as_unsigned(as_signed(a.high) >> 31);
      const Term one = as_word(nonzero, zero.type());
      return give(id, Wide{mask | one, mask});
    }
    case Op::Min: return give(id, wide_select(wide_less(b, a, is_signed), b, a));
    case Op::Max: return give(id, wide_select(wide_less(a, b, is_signed), b, a));
    case Op::Clamp: {
      const Wide c = wide(old[2]);
      const Wide raised = wide_select(wide_less(a, b, is_signed), b, a);
      return give(id, wide_select(wide_less(c, raised, is_signed), c, raised));
    }
    case Op::ShiftLeft:
    case Op::ShiftRight: {
      Term amount = second ? b.low : r_.term(operand(old[1]));
      const Type words = word(amount.type());
      amount = amount.type().width() == 32 ? bitcast(amount, words) : convert(amount, words);
      return give(id, node.op == Op::ShiftLeft ? wide_shift_left(a, amount)
                                               : wide_shift_right(a, amount, is_signed));
    }
    case Op::Equal: return give(id, wide_equal(a, b));
    case Op::NotEqual: {
      const Term low = not_equal(a.low, b.low);
      return give(id, either(low, not_equal(a.high, b.high)));
    }
    case Op::Less: return give(id, wide_less(a, b, is_signed));
    case Op::LessEqual: return give(id, ~wide_less(b, a, is_signed));
    case Op::BitCount:
    case Op::BitReverse:
    case Op::BitFieldExtract:
    case Op::BitFieldInsert:
    case Op::FindLsb:
    case Op::FindMsb: {
      const Wide values[2] = {a, b};
      Term others[2];
      const std::size_t first = second ? 2 : 1;
      for (std::size_t i = first; i < node.operand_count; ++i) others[i - first] = r_.term(operand(old[i]));
      return give(id, wide_bit_operation(node.op, values, others, is_signed));
    }
    default:
      return r_.fail(
          id,
          "the target has no 64-bit integers (Int64: the feature shaderInt64), and this has no other form");
  }
}

inline void SplitInt64::divide(NodeId id) {
  const Node node = kernel_.node(id);
  const bool is_signed = node.type.is_signed();
  if (division_ == 0) division_ = add_wide_division(kernel_, node.location);
  const Wide dividend = wide(node.operands[0]), divisor = wide(node.operands[1]);
  const Wide n = is_signed ? wide_abs(dividend) : dividend;
  const Wide d = is_signed ? wide_abs(divisor) : divisor;
  const unsigned count = node.type.components();
  Term words[4][4];
  for (unsigned i = 0; i < count; ++i) {
    NodeId operands[4];
    operands[0] = component(n.low, i).node;
    operands[1] = component(n.high, i).node;
    operands[2] = component(d.low, i).node;
    operands[3] = component(d.high, i).node;
    const Term both_results = r_.term(r_.emit(Op::Call, Type(Scalar::U32, 4), operands, division_));
    const unsigned first = node.op == Op::Div ? 0 : 2;
    words[0][i] = component(both_results, first);
    words[1][i] = component(both_results, first + 1);
  }
  const Type type = word(node.type);
  const Term low = construct(type, Span<const Term>(words[0], count));
  Wide value = {low, construct(type, Span<const Term>(words[1], count))};
  if (!is_signed) return give(id, value);
  const Wide negated = wide_negate(value);
  if (node.op == Op::Div) {
    const Term signs = as_signed(dividend.high ^ divisor.high);
    return give(id, wide_select(less(signs, r_.constant(signs.type(), 0)), negated, value));
  }
  value = wide_select(wide_negative(dividend), negated, value);
  if (node.op == Op::Rem) return give(id, value);
  // The remainder has the dividend's sign: it moves over by one divisor where that is the other.
  const Term any = value.low | value.high;
  const Term nonzero = not_equal(any, r_.constant(type, 0));
  const Term signs = as_signed(dividend.high ^ divisor.high);
  const Term differ = less(signs, r_.constant(signs.type(), 0));
  const Wide moved = wide_add(value, divisor);
  give(id, wide_select(both(nonzero, differ), moved, value));
}

// --- conversions -------------------------------------------------------------------------------------------------------------

inline Wide SplitInt64::from_number(Term value, bool is_signed) {
  const Type from = value.type();
  if (from.is_boolean()) {
    const Term low = as_word(value, from.with(Scalar::U32));
    return {low, r_.constant(low.type(), 0)};
  }
  if (from.is_int())
    return wide_from_word(convert(value, from.with(from.is_signed() ? Scalar::I32 : Scalar::U32)));
  if (from.scalar() == Scalar::F64) return wide_from_f64(value, is_signed);
  return wide_from_f32(convert(value, from.with(Scalar::F32)), is_signed);
}

inline Term SplitInt64::to_number(Wide value, bool is_signed, Type to) {
  const Term zero = r_.constant(value.low.type(), 0);
  switch (to.scalar()) {
    case Scalar::Boolean: return not_equal(value.low | value.high, zero);
    case Scalar::U32:
    case Scalar::I32: return bitcast(value.low, to);
    case Scalar::F32: return wide_to_f32(value, is_signed, false);
    case Scalar::F64: return wide_to_f64(value, is_signed);
    case Scalar::BF16: return convert(wide_to_f32(value, is_signed, true), to);
    case Scalar::F16: {
      // 2^32 - 1 is as infinite in f16 as what is larger.
      const Wide magnitude = is_signed ? wide_abs(value) : value;
      const Term large = not_equal(magnitude.high, zero);
      const Term words = select(large, r_.constant(zero.type(), 0xFFFFFFFFu), magnitude.low);
      const Term number = convert(words, to);
      if (!is_signed) return number;
      const Term negated = r_.emit(Op::Negate, to, number);
      return select(wide_negative(value), negated, number);
    }
    default: return convert(value.low, to);
  }
}

inline void SplitInt64::convert_node(NodeId id) {
  const Type to = kernel_.type(id);
  const NodeId old = kernel_.node(id).operands[0];
  const Type from = original(old);
  if (wide_type(from) && wide_type(to)) return give(id, wide(old));
  if (wide_type(to)) return give(id, from_number(r_.term(operand(old)), to.is_signed()));
  give(id, to_number(wide(old), from.is_signed(), to));
}

inline void SplitInt64::bitcast_node(NodeId id) {
  const Type to = kernel_.type(id);
  const NodeId old = kernel_.node(id).operands[0];
  const Type from = original(old);
  if (wide_type(from) && wide_type(to)) return give(id, wide(old));
  const Type pair(Scalar::U32, 2);
  if (wide_type(to)) {
    const Term value = r_.term(operand(old));
    Term low[4], high[4];
    const unsigned count = to.components();
    for (unsigned i = 0; i < count; ++i) {
      // Of 64 bits a component, or words two by two, or two components of 16 bits a word: only the whole value is a pair.
      Term words;
      if (from.width() == 64) {
        words = bitcast(component(value, i), pair);
      } else if (count == 1) {
        words = bitcast(value, pair);
      } else {
        const Term first = bitcast(component(value, 2 * i), Scalar::U32);
        const Term parts[2] = {first, bitcast(component(value, 2 * i + 1), Scalar::U32)};
        words = construct(pair, parts);
      }
      low[i] = component(words, 0);
      high[i] = component(words, 1);
    }
    const Term lows = construct(word(to), Span<const Term>(low, count));
    return give(id, Wide{lows, construct(word(to), Span<const Term>(high, count))});
  }
  const Wide value = wide(old);
  const unsigned count = from.components();
  Term parts[4];
  for (unsigned i = 0; i < count; ++i) {
    const Term low = component(value.low, i);
    const Term words[2] = {low, component(value.high, i)};
    if (to.width() == 64) {
      parts[i] = bitcast(construct(pair, words), to.component());
    } else if (count == 1) {
      return give(id, bitcast(construct(pair, words), to));
    } else {
      parts[2 * i] = bitcast(words[0], to.component());
      parts[2 * i + 1] = bitcast(words[1], to.component());
    }
  }
  give(id, construct(to, Span<const Term>(parts, to.components())));
}

// --- control flow ------------------------------------------------------------------------------------------------------------

// Where the values that an owner gives are pairs. Those that leave it say so, before its Results are met.
inline void SplitInt64::remember_positions(NodeId leaving) {
  const Node& node = kernel_.node(leaving);
  const NodeId owner = node.op == Op::Break ? node.immediate : kernel_.region(node.region).owner;
  if (owner >= positions_.size() || positions_[owner] != 0) return;
  positions_[owner] = static_cast<std::uint32_t>(wide_position_.size()) + 1;
  const Span<const NodeId> operands = kernel().operands(leaving);
  wide_position_.push_back(static_cast<std::uint32_t>(operands.size()));
  for (const NodeId old : operands) wide_position_.push_back(wide_type(original(old)));
}

inline void SplitInt64::transfer(NodeId id) {
  remember_positions(id);
  expand_operands(id);
}

inline void SplitInt64::result(NodeId id) {
  const Node node = kernel_.node(id);
  const NodeId owner = node.operands[0];
  const Type type = word(node.type);
  if (positions_[owner] == 0) {  // nothing gives a value: nothing gets here
    const Term undefined = r_.term(kernel_.undefined(type));
    return give(id, Wide{undefined, undefined});
  }
  const std::uint32_t* const list = wide_position_.data() + positions_[owner] - 1;
  std::uint32_t index = list[0];
  for (std::uint32_t i = 0; i < node.immediate; ++i) index += list[1 + i];
  kernel_.node(id).type = type;
  low_[id] = id;
  high_[id] = kernel_.add_result(owner, index, type);
}

inline void SplitInt64::switch_node(NodeId id) {
  const Wide selector = wide(kernel_.node(id).operands[0]);
  const Type words(Scalar::U32);
  const std::uint32_t cases = kernel_.node(id).region_count - 1;
  bool fits = true;
  for (std::uint32_t c = 0; c < cases; ++c)
    for (const std::uint64_t literal : kernel().switch_literals(kernel().switch_cases(id)[c]))
      fits = fits && literal >> 32 == 0;
  if (fits) {
    // The lower word selects; where the upper is not zero, a number that no case names does.
    std::uint64_t other = 0;
    for (bool taken = true; taken; ++other) {
      taken = false;
      for (std::uint32_t c = 0; c < cases; ++c)
        for (const std::uint64_t literal : kernel().switch_literals(kernel().switch_cases(id)[c]))
          taken = taken || literal == other;
      if (!taken) break;
    }
    const Term fits_word = equal(selector.high, r_.constant(words, 0));
    kernel_.node(id).operands[0] = select(fits_word, selector.low, r_.constant(words, other)).node;
    return;
  }
  // The number of the case whose literal it is.
  Term number = r_.constant(words, cases);
  Buffer<std::uint64_t> numbers;
  Buffer<Span<const std::uint64_t>> lists;
  for (std::uint32_t c = 0; c < cases; ++c) {
    numbers.push_back(c);
    const Kernel::SwitchCase range = kernel().switch_cases(id)[c];
    for (std::uint32_t i = 0; i < range.count; ++i) {
      const std::uint64_t literal = kernel().switch_literals(range)[i];
      const Term same = wide_equal(selector, wide_constant(r_, words, literal));
      number = select(same, r_.constant(words, c), number);
    }
  }
  for (std::uint32_t c = 0; c < cases && c < numbers.size(); ++c) lists.push_back({numbers.data() + c, 1});
  if (numbers.out_of_memory() || lists.out_of_memory()) return fail_out_of_memory(kernel_);
  kernel_.set_switch_cases(id, {lists.data(), lists.size()});
  kernel_.node(id).operands[0] = number.node;
}

// The array of one element that takes the upper words of a function's result, where vectors are too short for both.
inline std::uint32_t SplitInt64::upper_result(std::uint32_t function) {
  if (upper_[function] == 0) {
    Resource resource;
    resource.kind = ResourceKind::Private;
    resource.element = word(results_[function]);
    resource.count = 1;
    resource.stride = resource.element.size();
    resource.name = kernel_.add_text("upper_result");
    resource.location = kernel_.function(function).location;
    upper_[function] = kernel_.add_resource(resource) + 1;
  }
  return upper_[function] - 1;
}

inline void SplitInt64::call(NodeId id) {
  const Node node = kernel_.node(id);
  expand_operands(id);
  if (!wide_type(node.type)) return;
  const std::uint32_t function = node.immediate;
  const unsigned count = node.type.components();
  r_.after(id);
  const Term value = r_.term(id);
  if (count > 2) {
    kernel_.node(id).type = word(node.type);
    MemoryAccess access;
    access.resource = upper_result(function);
    access.stride = word(node.type).size();
    access.alignment = 4;
    low_[id] = id;
    high_[id] = r_.emit(Op::Load, word(node.type), Span<const NodeId>(), kernel_.add_access(access));
    return;
  }
  kernel_.node(id).type = Type(Scalar::U32, 2 * count);
  const Term low = half(value, false);
  low_[id] = low.node;
  high_[id] = half(value, true).node;
}

inline void SplitInt64::return_node(NodeId id) {
  const Type type = results_[function_];
  const unsigned count = type.components();
  const Wide value = wide(kernel_.node(id).operands[0]);
  if (count > 2) {
    MemoryAccess access;
    access.resource = upper_result(function_);
    access.stride = word(type).size();
    access.alignment = 4;
    r_.emit(Op::Store, Type(), Span<const NodeId>(&value.high.node, 1), kernel_.add_access(access));
    kernel_.node(id).operands[0] = value.low.node;
    return;
  }
  Term parts[4];
  for (unsigned i = 0; i < count; ++i) {
    parts[2 * i] = component(value.low, i);
    parts[2 * i + 1] = component(value.high, i);
  }
  kernel_.node(id).operands[0] =
      construct(Type(Scalar::U32, 2 * count), Span<const Term>(parts, 2 * count)).node;
}

// --- memory ------------------------------------------------------------------------------------------------------------------

// The index of an access, where it has 64 bits, in 32.
inline void SplitInt64::narrow_index(NodeId id, MemoryAccess& access) {
  if (!access.has_index) return;
  const std::size_t at = kernel_.node(id).operand_count - access.address_count();
  const NodeId old = kernel().operands(id)[at];
  if (!wide_type(original(old))) return;
  const bool below = original(old).is_signed() && (access.has_base || access.offset != 0);
  const Term low = wide(old).low;
  scratch_[at] = below ? as_signed(low).node : low.node;
}

inline void SplitInt64::memory(NodeId id) {
  const Node node = kernel_.node(id);
  const bool variable = node.op == Op::VariableLoad || node.op == Op::VariableStore;
  const bool stores = node.op == Op::Store || node.op == Op::VariableStore;
  const NodeId stored = stores ? kernel().operands(id)[0] : no_node;
  const Type type = stores ? original(stored) : node.type;
  if (variable) {
    const std::uint32_t upper = pair_[node.immediate];
    if (stores) {
      const Wide value = wide(stored);
      r_.emit(Op::VariableStore, Type(), Span<const NodeId>(&value.low.node, 1), node.immediate);
      r_.emit(Op::VariableStore, Type(), Span<const NodeId>(&value.high.node, 1), upper);
      return kernel_.unlink(id);
    }
    const Term low = r_.term(r_.emit(Op::VariableLoad, word(type), Span<const NodeId>(), node.immediate));
    return give(id, Wide{low, r_.term(r_.emit(Op::VariableLoad, word(type), Span<const NodeId>(), upper))});
  }
  MemoryAccess access = kernel_.access(node.immediate);
  scratch_.clear();
  for (const NodeId old : kernel().operands(id)) {
    const bool is_wide = wide_type(original(old));
    scratch_.push_back(is_wide ? old : operand(old));
  }
  if (scratch_.out_of_memory()) return;
  narrow_index(id, access);
  const bool moves_pairs = wide_type(type) && (node.op == Op::Load || node.op == Op::Store);
  if (!moves_pairs) {
    bool other = wide_type(node.type);
    for (std::size_t i = 0; i + access.address_count() < scratch_.size(); ++i)
      other = other || wide_type(original(scratch_[i]));
    if (other)
      return r_.fail(id, "atomic operations on 64-bit integers need Int64 and Int64Atomics (the features "
                         "shaderInt64 and shaderBufferInt64Atomics) and have no other form; use 32 bits");
    return kernel_.set_operands(id, Span<const NodeId>(scratch_.data(), scratch_.size()));
  }
  NodeId address[4] = {};
  const std::size_t count = access.address_count();
  const std::size_t first = scratch_.size() - count;
  for (std::size_t i = 0; i < count; ++i) address[i + 1] = scratch_[first + i];
  const Span<const NodeId> where(address + 1, count);
  const Span<const NodeId> with_value(address, count + 1);
  const auto load = [&](Type of, const MemoryAccess& from) {
    return r_.term(r_.emit(Op::Load, of, where, kernel_.add_access(from)));
  };
  const auto store = [&](Term value, const MemoryAccess& to) {
    address[0] = value.node;
    r_.emit(Op::Store, Type(), with_value, kernel_.add_access(to));
  };
  const unsigned components = type.components();
  const Type words = word(type), pair(Scalar::U32, 2);
  if (kernel_.resource(access.resource).kind != ResourceKind::Buffer) {
    access.stride /= 2;
    access.offset /= 2;
    access.alignment = 4;
    MemoryAccess upper = access;
    upper.resource = pair_[access.resource];
    if (stores) {
      const Wide value = wide(stored);
      store(value.low, access);
      store(value.high, upper);
      return kernel_.unlink(id);
    }
    const Term low = load(words, access);
    return give(id, Wide{low, load(words, upper)});
  }
  const bool pairs = access.alignment >= 8;
  const auto moved = [&](unsigned bytes) {
    MemoryAccess other = access;
    other.offset += bytes;
    if (!pairs && other.alignment > 4) other.alignment = 4;
    if (pairs && other.alignment > 8 && bytes != 0) other.alignment = 8;
    return other;
  };
  if (stores) {
    const Wide value = wide(stored);
    for (unsigned i = 0; i < components; ++i) {
      const Term low = component(value.low, i);
      const Term high = component(value.high, i);
      if (pairs) {
        const Term parts[2] = {low, high};
        store(construct(pair, parts), moved(8 * i));
      } else {
        store(low, moved(8 * i));
        store(high, moved(8 * i + 4));
      }
    }
    return kernel_.unlink(id);
  }
  Term low[4], high[4];
  for (unsigned i = 0; i < components; ++i) {
    if (pairs) {
      const Term both_words = load(pair, moved(8 * i));
      low[i] = component(both_words, 0);
      high[i] = component(both_words, 1);
    } else {
      low[i] = load(Scalar::U32, moved(8 * i));
      high[i] = load(Scalar::U32, moved(8 * i + 4));
    }
  }
  const Term lows = construct(words, Span<const Term>(low, components));
  give(id, Wide{lows, construct(words, Span<const Term>(high, components))});
}

// --- subgroups ---------------------------------------------------------------------------------------------------------------

inline void SplitInt64::subgroup(NodeId id) {
  const Node node = kernel_.node(id);
  const Wide value = wide(node.operands[0]);
  const Type type = value.low.type();
  const Term zero = r_.constant(type, 0);
  const auto group = static_cast<GroupKind>(node.immediate & 0xFF);
  const auto over_group = [&](Op op, Term word_value) {
    return r_.emit(op, word_value.type(), word_value, node.immediate);
  };
  if (node.op == Op::SubgroupAllEqual) {
    const Type boolean(Scalar::Boolean);
    const Term low = r_.emit(node.op, boolean, value.low, node.immediate);
    return give(id, both(low, r_.emit(node.op, boolean, value.high, node.immediate)));
  }
  if (node.op == Op::SubgroupAdd) {
    // Three sums of 22, 22 and 20 bits: no subgroup has more than 128 invocations (2^7), so that none overflows.
    const Term first = over_group(node.op, value.low & 0x3FFFFFu);
    const Term carried = (value.high & 0xFFFu) << 10;
    const Term second = over_group(node.op, (value.low >> 22) | carried);
    const Term third = over_group(node.op, value.high >> 12);
    const Wide upper = {zero, third << 12};
    const Wide sum = wide_add(wide_shift_left({second, zero}, r_.constant(type, 22)), {first, zero});
    return give(id, wide_add(sum, upper));
  }
  const bool reduces = group == GroupKind::Reduce || group == GroupKind::Clustered;
  if (node.op == Op::SubgroupMul || !reduces)
    return r_.fail(id, "this subgroup operation on 64-bit integers needs Int64 (the feature shaderInt64) and "
                       "has no other form; use 32 bits, or a reduction");
  // The extreme upper word, and of those that have it the extreme lower one.
  const bool lowest = node.op == Op::SubgroupMin;
  const Term high = node.type.is_signed() ? as_signed(value.high) : value.high;
  const Term extreme = over_group(node.op, high);
  const Term candidate = equal(high, extreme);
  const Term low = select(candidate, value.low, r_.constant(type, lowest ? 0xFFFFFFFFu : 0));
  const Term extreme_low = over_group(node.op, low);
  give(id, Wide{extreme_low, as_unsigned(extreme)});
}

}  // namespace detail

AIRSTRIP_INLINE void split_int64(Kernel& kernel) {
  if (kernel.ok()) detail::SplitInt64(kernel).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
