// Subgroup operations on values (SPIR-V 3.56.24, "Non-Uniform Instructions"). Those that take no value are
// KernelBuilder's.
#pragma once

#include "../config.hpp"
#include "value.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

// Each works on the active invocations. Which are active after divergent control flow is only as certain as the
// kernel's `SubgroupReliance::reconvergence`.

namespace detail {
constexpr std::uint32_t group_immediate(GroupKind kind, std::uint32_t cluster = 0) {
  return static_cast<std::uint32_t>(kind) | cluster << 8;
}
template <KernelValue V>
Value<TypeOf<V>> subgroup_apply(Op op, GroupKind kind, const V& value, SourceLocation at) {
  using T = TypeOf<V>;
  return apply<T>(op, group_immediate(kind), at, Operand<T>(value, at));
}
template <KernelValue V>
Value<TypeOf<V>> subgroup_clustered(Op op, std::uint32_t size, const V& value, SourceLocation at) {
  using T = TypeOf<V>;
  DynamicBuilder* const builder = value.builder();
  if (builder && (size == 0 || (size & (size - 1)) != 0))
    builder->fail(ErrorCode::InvalidOperand, "the size of a cluster is a power of two", at);
  return apply<T>(op, group_immediate(GroupKind::Clustered, size), at, Operand<T>(value, at));
}
}  // namespace detail

/// subgroup_add: the sum over all active invocations. subgroup_inclusive_add: over those up to this one.
/// subgroup_exclusive_add: over those before it. subgroup_clustered_add(value, size): over the invocation's cluster of
/// a power-of-two size.
#define AIRSTRIP_SUBGROUP(name, op, Constraint)                                            \
  template <KernelValue V>                                                                 \
  requires Constraint<TypeOf<V>> Value<TypeOf<V>> subgroup_##name(                         \
      const V& value, SourceLocation at = SourceLocation::current()) {                     \
    return detail::subgroup_apply(op, GroupKind::Reduce, value, at);                       \
  }                                                                                        \
  template <KernelValue V>                                                                 \
  requires Constraint<TypeOf<V>> Value<TypeOf<V>> subgroup_inclusive_##name(               \
      const V& value, SourceLocation at = SourceLocation::current()) {                     \
    return detail::subgroup_apply(op, GroupKind::Inclusive, value, at);                    \
  }                                                                                        \
  template <KernelValue V>                                                                 \
  requires Constraint<TypeOf<V>> Value<TypeOf<V>> subgroup_exclusive_##name(               \
      const V& value, SourceLocation at = SourceLocation::current()) {                     \
    return detail::subgroup_apply(op, GroupKind::Exclusive, value, at);                    \
  }                                                                                        \
  template <KernelValue V>                                                                 \
  requires Constraint<TypeOf<V>> Value<TypeOf<V>> subgroup_clustered_##name(               \
      const V& value, std::uint32_t size, SourceLocation at = SourceLocation::current()) { \
    return detail::subgroup_clustered(op, size, value, at);                                \
  }
template <class T>
concept NotFloatType = ValueType<T> && !FloatType<T>;
AIRSTRIP_SUBGROUP(add, Op::SubgroupAdd, NumberType)
AIRSTRIP_SUBGROUP(mul, Op::SubgroupMul, NumberType)
AIRSTRIP_SUBGROUP(min, Op::SubgroupMin, NumberType)
AIRSTRIP_SUBGROUP(max, Op::SubgroupMax, NumberType)
AIRSTRIP_SUBGROUP(and, Op::SubgroupAnd, NotFloatType)
AIRSTRIP_SUBGROUP(or, Op::SubgroupOr, NotFloatType)
AIRSTRIP_SUBGROUP(xor, Op::SubgroupXor, NotFloatType)
#undef AIRSTRIP_SUBGROUP

// --- vote
inline Value<bool> subgroup_all(const Operand<bool>& a) {
  return detail::apply<bool>(Op::SubgroupAll, 0, a.at, a);
}
inline Value<bool> subgroup_any(const Operand<bool>& a) {
  return detail::apply<bool>(Op::SubgroupAny, 0, a.at, a);
}
template <KernelValue V>
Value<bool> subgroup_all_equal(const V& a, SourceLocation at = SourceLocation::current()) {
  return detail::apply<bool>(Op::SubgroupAllEqual, 0, at, Operand<TypeOf<V>>(a, at));
}

// --- ballot: bit i % 32 of component i / 32 is invocation i's
inline Value<u32x4> subgroup_ballot(const Operand<bool>& a) {
  return detail::apply<u32x4>(Op::SubgroupBallot, 0, a.at, a);
}
inline Value<bool> subgroup_inverse_ballot(const Operand<u32x4>& ballot) {
  return detail::apply<bool>(Op::SubgroupInverseBallot, 0, ballot.at, ballot);
}
inline Value<bool> subgroup_ballot_bit(const Operand<u32x4>& ballot, const Operand<u32>& invocation) {
  return detail::apply<bool>(Op::SubgroupBallotBit, 0, ballot.at, ballot, invocation);
}
inline Value<u32> subgroup_ballot_count(const Operand<u32x4>& ballot, GroupKind kind = GroupKind::Reduce) {
  return detail::apply<u32>(Op::SubgroupBallotCount, detail::group_immediate(kind), ballot.at, ballot);
}
inline Value<u32> subgroup_ballot_lsb(const Operand<u32x4>& ballot) {
  return detail::apply<u32>(Op::SubgroupBallotLsb, 0, ballot.at, ballot);
}
inline Value<u32> subgroup_ballot_msb(const Operand<u32x4>& ballot) {
  return detail::apply<u32>(Op::SubgroupBallotMsb, 0, ballot.at, ballot);
}

// --- values of other invocations
#define AIRSTRIP_EXCHANGE(name, op)                                               \
  template <KernelValue V>                                                        \
  Value<TypeOf<V>> name(const V& value, const Operand<u32>& which) {              \
    using T = TypeOf<V>;                                                          \
    return detail::apply<T>(op, 0, which.at, Operand<T>(value, which.at), which); \
  }
/// Of one invocation, the same for all; before SPIR-V 1.5 a constant.
AIRSTRIP_EXCHANGE(subgroup_broadcast, Op::SubgroupBroadcast)
/// Of the invocation whose number is given; of number ^ mask, - delta, + delta.
AIRSTRIP_EXCHANGE(subgroup_shuffle, Op::SubgroupShuffle)
AIRSTRIP_EXCHANGE(subgroup_shuffle_xor, Op::SubgroupShuffleXor)
AIRSTRIP_EXCHANGE(subgroup_shuffle_up, Op::SubgroupShuffleUp)
AIRSTRIP_EXCHANGE(subgroup_shuffle_down, Op::SubgroupShuffleDown)
/// Of number + delta, around the subgroup's end (SPV_KHR_subgroup_rotate).
AIRSTRIP_EXCHANGE(subgroup_rotate, Op::SubgroupRotate)
/// Of an invocation of the quad, by its constant number in it.
AIRSTRIP_EXCHANGE(quad_broadcast, Op::QuadBroadcast)
#undef AIRSTRIP_EXCHANGE
/// Around the end of its cluster of a power-of-two size.
template <KernelValue V>
Value<TypeOf<V>> subgroup_clustered_rotate(const V& value, const Operand<u32>& delta, std::uint32_t size) {
  using T = TypeOf<V>;
  return detail::apply<T>(Op::SubgroupRotate, size << 8, delta.at, Operand<T>(value, delta.at), delta);
}
template <KernelValue V>
Value<TypeOf<V>> subgroup_broadcast_first(const V& value, SourceLocation at = SourceLocation::current()) {
  using T = TypeOf<V>;
  return detail::apply<T>(Op::SubgroupBroadcastFirst, 0, at, Operand<T>(value, at));
}
enum class QuadDirection : std::uint8_t { Horizontal, Vertical, Diagonal };
/// With the other invocation of the quad in a direction.
template <KernelValue V>
Value<TypeOf<V>> quad_swap(const V& value, QuadDirection direction,
                           SourceLocation at = SourceLocation::current()) {
  using T = TypeOf<V>;
  return detail::apply<T>(Op::QuadSwap, static_cast<std::uint32_t>(direction), at, Operand<T>(value, at));
}

AIRSTRIP_KERNEL_NAMESPACE_END
