// Memory and subgroup operations on 64-bit integers as pairs of words.
#pragma once

#include "split_int64.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

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

AIRSTRIP_KERNEL_NAMESPACE_END
