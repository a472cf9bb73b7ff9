#pragma once

#include "../reduce.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline std::uint32_t ceil_log2(std::uint32_t n) {
  std::uint32_t log = 0;
  while ((std::uint64_t{1} << log) < n) ++log;
  return log;
}

// Combines states pairwise; the result is the first. `stride`: values from one state to the next.
inline void combine_pairwise(AnyValue* states, std::uint32_t count, std::size_t stride,
                             const Combine& combine) {
  while (count > 1) {
    const std::uint32_t half = (count + 1) / 2;
    for (std::uint32_t i = 0; i + half < count; ++i)
      combine(states + i * stride, states + (i + half) * stride);
    count = half;
  }
}

}  // namespace detail

AIRSTRIP_INLINE std::uint32_t WorkgroupReduce::most_lanes(const Target& target) {
  if (target.max_subgroup_size == 0 && target.subgroup_size == 0) return 128;
  return target.max_subgroup_size > target.subgroup_size ? target.max_subgroup_size : target.subgroup_size;
}

// The size that full subgroups can be asked to have, or 0. A workgroup may have so many subgroups only.
AIRSTRIP_INLINE std::uint32_t WorkgroupReduce::chosen_lanes(const Target& target, std::uint32_t workgroup) {
  const std::uint32_t size = target.subgroup_size;
  const bool can = target.can_choose_subgroup_size && target.can_require_full_subgroups;
  return can && size != 0 && workgroup % size == 0 && workgroup / size <= target.max_workgroup_subgroups
             ? size
             : 0;
}

AIRSTRIP_INLINE bool WorkgroupReduce::can_shuffle(const Target& target, std::uint32_t workgroup) {
  return target.permits(spirv::Capability::GroupNonUniformShuffle) &&
         (chosen_lanes(target, workgroup) != 0 || workgroup % most_lanes(target) == 0);
}

AIRSTRIP_INLINE void WorkgroupReduce::prepare(kernel::KernelOptions& options, const Target& target) {
  const std::uint32_t workgroup = static_cast<std::uint32_t>(options.workgroup.volume());
  if (!can_shuffle(target, workgroup) || !target.can_require_full_subgroups ||
      options.workgroup.x != workgroup)
    return;
  options.subgroup.size = chosen_lanes(target, workgroup);
  options.subgroup.full = true;
}

AIRSTRIP_INLINE WorkgroupReduce::WorkgroupReduce(StepBuilder& step, Span<const kernel::Type> types,
                                                 ReduceTeam team, bool shuffles)
    : step_(step) {
  const kernel::KernelOptions& options = step.k.kernel().options();
  workgroup_ = static_cast<std::uint32_t>(options.workgroup.volume());
  span_ = team.span ? team.span : workgroup_;
  inner_ = team.inner;
  if (types.size() > max_values || types.empty() || span_ == 0 || inner_ == 0 ||
      workgroup_ % (std::uint64_t{span_} * inner_) != 0) {
    step.fail(ErrorCode::InvalidOperand,
              "a workgroup does not divide into such teams, or states are too large");
    return;
  }
  bool fits = true;  // values of other widths need shaderSubgroupExtendedTypes
  for (const kernel::Type type : types) {
    types_[count_++] = type;
    fits = fits && type.is_int() + type.is_float() == 1 && type.width() >= 32 &&
           (type.width() == 32 || !type.is_vector());
  }
  const bool full = options.subgroup.full || workgroup_ % most_lanes(step.target()) == 0;
  shuffles_ = shuffles && fits && full && inner_ == 1 && span_ == workgroup_ &&
              can_shuffle(step.target(), workgroup_);
  if (options.subgroup.full) subgroup_ = options.subgroup.size;
  most_lanes_ = subgroup_ != 0 ? subgroup_ : most_lanes(step.target());
  if (span_ == 1 || (shuffles_ && subgroup_ == workgroup_)) return;
  for (std::size_t i = 0; i < count_; ++i)
    arrays_[i] = step.k.add_array(kernel::ResourceKind::Workgroup, types_[i], workgroup_);
}

AIRSTRIP_INLINE Index WorkgroupReduce::place() {
  const Index i = step_.k.local_id().x;
  const Index outer = inner_ == 1 ? i : i / inner_;
  return span_ * inner_ == workgroup_ ? outer : outer % span_;
}

// How many states a step of the tree leaves: eight, where each takes eight at most.
AIRSTRIP_INLINE WorkgroupReduce::Stage WorkgroupReduce::stage(std::uint32_t states) {
  const std::uint32_t branches = states > 64 ? 8 : (states + 7) / 8;
  return {states, (states + branches - 1) / branches};
}

AIRSTRIP_INLINE std::uint32_t WorkgroupReduce::tree_depth(std::uint32_t states) {
  std::uint32_t depth = 0;
  while (states > 8) {
    const Stage s = stage(states);
    depth += detail::ceil_log2(s.from / s.to) + (s.from % s.to != 0);
    states = s.to;
  }
  return depth + detail::ceil_log2(states);
}

AIRSTRIP_INLINE std::uint32_t WorkgroupReduce::depth(std::uint32_t workgroup, std::uint32_t span,
                                                     bool shuffles, const Target& target) {
  const std::uint32_t tree = tree_depth(span);
  if (!shuffles || span != workgroup || !can_shuffle(target, workgroup)) return tree;
  if (const std::uint32_t chosen = chosen_lanes(target, workgroup); chosen != 0)
    return detail::ceil_log2(chosen) + tree_depth(workgroup / chosen);
  // Where the size is not certain, one subgroup after the other.
  const std::uint32_t least = target.min_subgroup_size ? target.min_subgroup_size : 1;
  return detail::ceil_log2(most_lanes(target)) + workgroup / least;
}

AIRSTRIP_INLINE void WorkgroupReduce::wait() { step_.k.barrier(kernel::memory::workgroup); }

AIRSTRIP_INLINE void WorkgroupReduce::read(Index element, AnyValue* values) {
  for (std::size_t i = 0; i < count_; ++i) {
    kernel::Place place;
    place.builder = &step_.k;
    place.resource = arrays_[i];
    place.index = element.any();
    values[i] = step_.k.load(place, types_[i]);
  }
}

AIRSTRIP_INLINE void WorkgroupReduce::write(Index element, const AnyValue* values) {
  for (std::size_t i = 0; i < count_; ++i) {
    kernel::Place place;
    place.builder = &step_.k;
    place.resource = arrays_[i];
    place.index = element.any();
    step_.k.store(place, values[i]);
  }
}

// into = condition ? other : into
AIRSTRIP_INLINE void WorkgroupReduce::choose(AnyValue condition, AnyValue* into, const AnyValue* other) {
  for (std::size_t i = 0; i < count_; ++i) {
    AnyValue each = condition;
    if (types_[i].is_vector()) {
      const AnyValue parts[4] = {condition, condition, condition, condition};
      each = step_.k.construct(types_[i].with(Scalar::Boolean),
                               Span<const AnyValue>(parts, types_[i].components()));
    }
    const AnyValue parts[3] = {each, other[i], into[i]};
    into[i] = step_.k.apply(kernel::Op::Select, parts);
  }
}

AIRSTRIP_INLINE void WorkgroupReduce::run(AnyValue* values, const Combine& combine, bool again) {
  if (count_ == 0 || span_ == 1 || step_.k.failed()) return;
  kernel::KernelBuilder& k = step_.k;
  if (!shuffles_) {
    const Index i = k.local_id().x;
    const Index at = place();
    write(i, values);
    wait();
    const Index base = span_ == workgroup_ ? k.constant<u32>(0u) : i - at * inner_;
    tree(values, combine, span_, at, base, inner_, again);
    return;
  }
  shuffle(values, combine);
  if (subgroup_ == workgroup_) return;
  k.if_(k.subgroup_elect(), [&] { write(k.subgroup_id(), values); });
  wait();
  if (subgroup_ != 0)
    tree(values, combine, workgroup_ / subgroup_, k.local_id().x, k.constant<u32>(0u), 1, again);
  else {
    join(values, combine, k.subgroup_count());
    if (again) wait();
  }
}

// The states of a team lie in memory; each invocation ends with what they make together.
AIRSTRIP_INLINE void WorkgroupReduce::tree(AnyValue* values, const Combine& combine, std::uint32_t states,
                                           Index place, Index base, std::uint32_t inner, bool again) {
  kernel::KernelBuilder& k = step_.k;
  AnyValue parts[8 * max_values];
  const auto element = [&](const Index& number) { return base + (inner == 1 ? number : number * inner); };
  while (states > 8) {
    const Stage s = stage(states);
    k.if_(place < s.to, [&] {
      const std::uint32_t whole = s.from / s.to;
      for (std::uint32_t j = 0; j < whole; ++j) read(element(place + j * s.to), parts + j * max_values);
      detail::combine_pairwise(parts, whole, max_values, combine);
      if (s.from % s.to != 0) {
        k.if_(
            place + whole * s.to < s.from,
            [&] {
              AnyValue sum[max_values];
              for (std::size_t i = 0; i < count_; ++i) sum[i] = parts[i];
              read(element(place + whole * s.to), parts + max_values);
              combine(sum, parts + max_values);
              write(element(place), sum);
            },
            [&] { write(element(place), parts); });
      } else {
        write(element(place), parts);
      }
    });
    wait();
    states = s.to;
  }
  for (std::uint32_t j = 0; j < states; ++j) read(element(k.constant<u32>(j)), parts + j * max_values);
  detail::combine_pairwise(parts, states, max_values, combine);
  for (std::size_t i = 0; i < count_; ++i) values[i] = parts[i];
  if (again) wait();
}

// The first `count` states in memory, one after the other.
AIRSTRIP_INLINE void WorkgroupReduce::join(AnyValue* values, const Combine& combine, Index count) {
  kernel::KernelBuilder& k = step_.k;
  kernel::AnyVariable sums[max_values];
  AnyValue sum[max_values], other[max_values];
  read(k.constant<u32>(0u), sum);
  for (std::size_t i = 0; i < count_; ++i) {
    sums[i] = k.variable(types_[i]);
    k.store(sums[i], sum[i]);
  }
  k.for_range<u32>(1u, count, 1u, [&](Index each) {
    for (std::size_t i = 0; i < count_; ++i) sum[i] = k.load(sums[i]);
    read(each, other);
    combine(sum, other);
    for (std::size_t i = 0; i < count_; ++i) k.store(sums[i], sum[i]);
  });
  for (std::size_t i = 0; i < count_; ++i) values[i] = k.load(sums[i]);
}

// `value` of the lane `source`, or where that is empty, of this lane's number ^ mask.
AIRSTRIP_INLINE AnyValue WorkgroupReduce::shuffled(AnyValue value, AnyValue source, std::uint32_t mask) {
  using kernel::Op;
  kernel::KernelBuilder& k = step_.k;
  const auto words = [&](AnyValue v) {
    if (source.empty()) return k.apply(Op::SubgroupShuffleXor, v, k.constant<u32>(mask).any());
    return k.apply(Op::SubgroupShuffle, v, source);
  };
  const kernel::Type type = value.type();
  if (type.width() == 32) return words(value);
  // Lanes exchange 32 bits; more is an optional feature (shaderSubgroupExtendedTypes).
  const kernel::Type whole(Scalar::U64), half(Scalar::U32);
  if (type.scalar() != Scalar::U64) value = k.convert(Op::Bitcast, value, whole);
  const AnyValue shift = k.constant_int(whole, 32);
  const AnyValue low = words(k.convert(Op::Convert, value, half));
  const AnyValue high = words(k.convert(Op::Convert, k.apply(Op::ShiftRight, value, shift), half));
  const AnyValue upper = k.apply(Op::ShiftLeft, k.convert(Op::Convert, high, whole), shift);
  const AnyValue joined = k.apply(Op::Or, upper, k.convert(Op::Convert, low, whole));
  return type.scalar() == Scalar::U64 ? joined : k.convert(Op::Bitcast, joined, type);
}

AIRSTRIP_INLINE void WorkgroupReduce::shuffle(AnyValue* values, const Combine& combine) {
  using kernel::Op;
  kernel::KernelBuilder& k = step_.k;
  // Invocations come from loops that each left in its own time: the barrier makes them one subgroup again.
  k.subgroup_barrier(kernel::memory::workgroup);
  AnyValue other[max_values];
  if (subgroup_ != 0) {
    for (std::uint32_t mask = 1; mask < subgroup_; mask *= 2) {
      for (std::size_t i = 0; i < count_; ++i) other[i] = shuffled(values[i], {}, mask);
      combine(values, other);
    }
    return;
  }
  // Of the steps of the largest subgroup those count that this one has; a lane without a partner asks itself.
  const Index lanes = k.subgroup_size();
  const Index lane = k.subgroup_invocation();
  for (std::uint32_t mask = 1; mask < most_lanes_ && mask < workgroup_; mask *= 2) {
    const Index partner = lane ^ mask;
    const AnyValue there = (lanes > mask).any();
    const AnyValue source_parts[3] = {there, partner.any(), lane.any()};
    const AnyValue source = k.apply(Op::Select, source_parts);
    AnyValue both[max_values];
    for (std::size_t i = 0; i < count_; ++i) {
      both[i] = values[i];
      other[i] = shuffled(values[i], source, 0);
    }
    combine(both, other);
    choose(there, values, both);
  }
}

AIRSTRIP_TENSOR_NAMESPACE_END
