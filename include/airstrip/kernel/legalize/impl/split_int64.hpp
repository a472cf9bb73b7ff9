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

}  // namespace detail

AIRSTRIP_INLINE void split_int64(Kernel& kernel) {
  if (kernel.ok()) detail::SplitInt64(kernel).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END

#include "split_int64_arithmetic.hpp"
#include "split_int64_flow.hpp"
#include "split_int64_memory.hpp"
