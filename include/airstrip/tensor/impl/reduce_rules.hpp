// What a reduction is made of, and which problems and schedules are legal.
#pragma once

#include "../primitives/reduce.hpp"
#include "../reduce.hpp"
#include "check.hpp"
#include "fused.hpp"
#include "reduce_rounds.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE Result<std::uint32_t> axis_mask(const Axes& axes, std::size_t rank) {
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < axes.size() && i < Shape::max_rank; ++i) {
    const std::int64_t count = static_cast<std::int64_t>(rank);
    const std::int64_t axis = axes[i] < 0 ? axes[i] + count : axes[i];
    String message("axis ");
    if (axes[i] < 0) message << '-';
    message << static_cast<std::uint64_t>(axes[i] < 0 ? -axes[i] : axes[i]);
    if (axis < 0 || axis >= count) {
      const std::uint64_t axes_there_are = rank;
      message << " is not one of the " << axes_there_are << " axes of the tensor";
      return detail::refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    if (mask >> axis & 1) {
      message << " is named twice";
      return detail::refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    mask |= 1u << axis;
  }
  if (axes.size() > Shape::max_rank)
    return detail::refuse(ErrorCode::InvalidShape, "more than eight axes are named");
  return mask;
}

namespace detail {

// Elements of sizes that are known; `most` of all. Saturate.
struct Counted {
  std::int64_t most = 1;
  bool literal = true;
  void times(const Dimension& d) {
    literal = literal && d.is_literal();
    most = mul_saturated(most, d.value());
  }
};

inline Text reduce_partial(std::size_t value) { return value == 0 ? "reduce_partial_0" : "reduce_partial_1"; }

// What rules, default schedule and generator look at.
struct ReduceFacts {
  std::uint32_t mask = 0;  // of the reduced axes
  Scalar element = Scalar::F32;
  Counted kept, reduced;
  Dimension last_kept = 1;       // of more than one element
  bool reduced_is_inner = true;  // neighbours in memory are reduced
};

// Without what is done with the results.
inline Result<ReduceFacts> reduction_facts(const ReduceProblem& p) {
  if (Result<void> r = check_shape("x", p.x.shape); !r) return r.error();
  const std::size_t rank = p.x.shape.rank();
  Result<std::uint32_t> mask = axis_mask(p.axes, rank);
  if (!mask) return mask.error();
  ReduceFacts facts;
  facts.mask = p.axes.empty() && !p.noop_with_empty_axes ? (1u << rank) - 1 : *mask;
  if (!p.x.strides.empty() && p.x.strides.rank() != rank)
    return refuse(ErrorCode::InvalidShape, "x has another number of strides than of axes");
  bool inner = true;
  for (std::size_t i = rank; i-- > 0;) {
    const Dimension& d = p.x.shape[i];
    const bool reduced = facts.mask >> i & 1;
    (reduced ? facts.reduced : facts.kept).times(d);
    if (d == Dimension(1)) continue;
    if (!reduced && facts.last_kept == Dimension(1)) facts.last_kept = d;
    const bool unit = p.x.strides.empty() ? inner : p.x.strides[i] == Dimension(1);
    if (unit) facts.reduced_is_inner = reduced;
    inner = false;
  }
  if (Result<void> r = check_prologue(p.prologue, p.x.scalar); !r) return r.error();
  facts.element = prologue_scalar(p.prologue, p.x.scalar);
  if (!Reduction::accepts(p.kind, facts.element)) {
    String message(to_string(p.kind));
    message << " does not take elements of " << to_string(facts.element) << "; cast them in the prologue";
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  if (is_arg(p.kind) && p.index != Scalar::I64 && p.index != Scalar::I32)
    return refuse(ErrorCode::WrongType, "indices are i32 or i64");
  if (is_arg(p.kind) && facts.reduced.literal && facts.reduced.most == 0)
    return refuse(ErrorCode::InvalidShape, "an axis of no elements has no least or largest one");
  if (facts.reduced.literal && facts.reduced.most > 0x7FFFFFFF)
    return refuse(ErrorCode::LimitExceeded, "more than 2^31 - 1 elements are reduced to one");
  return facts;
}
inline Result<ReduceFacts> reduce_facts(const ReduceProblem& p) {
  Result<ReduceFacts> facts = reduction_facts(p);
  if (!facts) return facts;
  const Scalar results[2] = {Reduction::result(p.kind, facts->element, p.index),
                             Reduction::accumulator(facts->element)};
  if (Result<void> r =
          check_expression("epilogue", p.epilogue, Span<const Scalar>(results, is_arg(p.kind) ? 2 : 1));
      !r)
    return r.error();
  const Text inputs[] = {"x"}, partial[] = {reduce_partial(0), reduce_partial(1)}, y[] = {"y"};
  if (Result<void> r = check_fused_names({&p.prologue}, p.epilogue, {inputs, partial, y}); !r)
    return r.error();
  return facts;
}

// The tensor with its one reduced size of run time that has no declared maximum bounded by the longest row for which
// `fits(elements)` holds: what is longer is then refused by name when sizes are resolved. No such row, or several such
// sizes: as it is.
template <class Fits>
TensorType with_longest_row(TensorType x, std::uint32_t mask, const Fits& fits) {
  std::size_t found = Shape::max_rank;
  std::int64_t others = 1;
  for (std::size_t i = 0; i < x.shape.rank() && i < Shape::max_rank; ++i) {
    const Dimension& d = x.shape[i];
    if (!(mask >> i & 1)) continue;
    if (d.is_literal() || d.value() != Dimension::no_maximum) {
      others = mul_saturated(others, d.value());
      continue;
    }
    if (found != Shape::max_rank && !(x.shape[found] == d)) return x;
    if (found != Shape::max_rank) others = max_size;  // the same size twice
    found = i;
  }
  if (found == Shape::max_rank || others == max_size) return x;
  std::int64_t low = 0, high = Dimension::no_maximum;
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (fits(mul_saturated(middle, others)))
      low = middle;
    else
      high = middle - 1;
  }
  const Dimension d = x.shape[found];
  if (low > 0) x.shape[found] = Dimension::parameter(d.name(), low, d.multiple());
  return x;
}

inline bool has_two_steps(const ReduceSchedule& s) { return s.part != 0 || s.scratch; }

// The rounds of the first step, and of the second.
inline ReduceRounds first_rounds(const ReduceFacts& facts, const ReduceSchedule& s) {
  ReduceRounds rounds;
  rounds.lanes = s.lanes;
  rounds.unroll = s.unroll;
  rounds.width = s.width;
  rounds.across = s.across;
  rounds.block = s.block;
  const bool parts = s.part != 0 && facts.reduced.most > s.part;
  rounds.most = parts ? s.part : facts.reduced.most;
  if (rounds.most > 0x7FFFFFFF) rounds.most = 0x7FFFFFFF;
  rounds.literal = facts.reduced.literal && (!parts || facts.reduced.most % s.part == 0);
  return rounds;
}
inline std::int64_t partial_states(const ReduceFacts& facts, const ReduceSchedule& s) {
  const std::int64_t most = facts.reduced.most > 0x7FFFFFFF ? 0x7FFFFFFF : facts.reduced.most;
  return (s.part ? ceil_div(most, s.part) : 1) * (s.scratch ? s.lanes : 1);
}
inline ReduceRounds second_rounds(const ReduceFacts& facts, const ReduceSchedule& s) {
  ReduceRounds rounds;
  rounds.lanes = s.scratch || s.lanes == 1 ? 1 : s.across ? s.lanes : s.workgroup;
  rounds.unroll = rounds.lanes == 1 ? 4 : 1;
  rounds.across = s.across;
  rounds.block = s.block;
  rounds.most = partial_states(facts, s);
  rounds.literal = facts.reduced.literal;
  return rounds;
}

inline std::uint64_t state_bytes(const ReduceProblem& p, const ReduceFacts& facts) {
  const std::uint64_t value = kernel::width_of(Reduction::accumulator(facts.element)) == 64 ? 8 : 4;
  return is_arg(p.kind) ? value + 4 : p.kind == ReduceKind::LogSumExp ? 2 * value : value;
}

// Additions by invocations that share a result.
inline std::uint64_t team_depth(const ReduceRounds& rounds, const ReduceSchedule& s, const Target& target) {
  return WorkgroupReduce::depth(s.workgroup, rounds.lanes, s.shuffles, target);
}

// The rules of schedules, of reductions and of what contains one.
inline Result<void> check_schedule(const ReduceProblem& problem, const ReduceFacts& facts,
                                   const ReduceSchedule& s, const Target& target) {
  if (Result<void> r = check_workgroup(s.workgroup, target); !r) return r;
  if (Result<void> r = check_range("lanes", s.lanes, 1, s.workgroup, "the workgroup"); !r) return r;
  if (Result<void> r = check_range("unroll", s.unroll, 1, ReduceRounds::max_unroll); !r) return r;
  if (Result<void> r = check_range("width", s.width, 1, 4); !r) return r;
  const auto illegal = [](String message) {
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  };
  String message;
  if (s.width == 3) return illegal("width is 3, and vectors have 1, 2 or 4 elements");
  if (s.workgroup % s.lanes != 0) {
    message << "the workgroup of " << s.workgroup << " does not divide into " << s.lanes << " lanes";
    return illegal(static_cast<String&&>(message));
  }
  if (s.across && s.width > 1 &&
      (facts.last_kept.is_literal() ? facts.last_kept.value() : facts.last_kept.multiple()) % s.width != 0) {
    message << "results are computed " << s.width
            << " at a time, and the last axis that stays is not known to be a multiple of that";
    return illegal(static_cast<String&&>(message));
  }
  const ReduceRounds first = first_rounds(facts, s), second = second_rounds(facts, s);
  if (s.part % first.chunk() != 0) {
    message << "a part is " << s.part << " elements, and has to be a multiple of the "
            << static_cast<std::uint64_t>(first.chunk()) << " of a round (lanes * unroll"
            << (s.across ? ")" : " * width)");
    return illegal(static_cast<String&&>(message));
  }
  const bool shares = (s.lanes > 1 && !s.scratch) || (has_two_steps(s) && second.lanes > 1);
  const std::uint64_t shared =
      shares
          ? WorkgroupReduce::shared_bytes(s.workgroup, state_bytes(problem, facts) * (s.across ? s.width : 1))
          : 0;
  if (shared > target.max_shared_memory) {
    message << "the workgroup's states take " << shared << " bytes of its memory, and there are "
            << target.max_shared_memory << " (maxComputeSharedMemorySize)";
    return illegal(static_cast<String&&>(message));
  }
  const std::uint64_t joins = s.shuffles && shares ? s.workgroup : 0;  // subgroups, at most
  std::uint64_t iterations = first.iterations() + (s.scratch ? 0 : joins);
  if (has_two_steps(s) && second.iterations() + joins > iterations) iterations = second.iterations() + joins;
  if (target.max_loop_iterations != 0 && iterations > target.max_loop_iterations) {
    message << "an invocation goes round its loops " << iterations << " times, and the driver stops after "
            << target.max_loop_iterations << "; make parts, or more lanes";
    return illegal(static_cast<String&&>(message));
  }
  return {};
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const ReduceProblem& problem, const ReduceSchedule& s,
                                   const Target& target) {
  const Result<detail::ReduceFacts> facts = detail::reduce_facts(problem);
  if (!facts) return facts.error();
  return detail::check_schedule(problem, *facts, s, target);
}

AIRSTRIP_INLINE std::uint64_t reduce_depth(const ReduceProblem& problem, const ReduceSchedule& s,
                                           const Target& target) {
  using namespace detail;
  const Result<ReduceFacts> facts = reduce_facts(problem);
  if (!facts) return 0;
  const ReduceRounds first = first_rounds(*facts, s), second = second_rounds(*facts, s);
  std::uint64_t depth = first.depth() + (s.scratch ? 0 : team_depth(first, s, target));
  if (has_two_steps(s)) depth += second.depth() + team_depth(second, s, target);
  return depth;
}

AIRSTRIP_INLINE ReduceSchedule default_schedule(const ReduceProblem& problem, const Target& target) {
  using namespace detail;
  ReduceSchedule s;
  const Result<ReduceFacts> facts = reduce_facts(problem);
  if (!facts) return s;
  const std::int64_t length = facts->reduced.most, results = facts->kept.most;
  const bool rounds_off = kernel::is_float(facts->element) && !is_arg(problem.kind) &&
                          problem.kind != ReduceKind::Min && problem.kind != ReduceKind::Max;
  const auto multiple = [&](std::uint32_t n) {
    return (facts->last_kept.is_literal() ? facts->last_kept.value() : facts->last_kept.multiple()) % n == 0;
  };
  s.across = !facts->reduced_is_inner;
  s.block = rounds_off ? 64 : 0;
  const auto fill = [&](std::uint32_t width, std::uint32_t unroll) {
    // No wider than there are elements for one round at least.
    s.width = s.across ? (multiple(width) ? width : multiple(2) && width > 2 ? 2 : 1) : width;
    s.unroll = unroll;
    while (s.unroll > 1 && first_rounds(*facts, s).chunk() > length) s.unroll /= 2;
    while (!s.across && s.width > 1 && first_rounds(*facts, s).chunk() > length) s.width /= 2;
  };
  if (target.kind == DeviceKind::Gpu) {
    s.workgroup = default_team_workgroup(target);
    if (s.across) {
      // Enough invocations by results alone, or some of each group along the elements.
      s.lanes = results >= 16384 || length < 16 || s.workgroup % 8 != 0 ? 1 : 8;
    } else {
      s.lanes = 1;
      while (s.lanes < s.workgroup && s.lanes * 8 <= length) s.lanes *= 2;
      if (s.workgroup % s.lanes != 0) s.lanes = s.workgroup;
    }
    fill(4, 4);
    // Few long rows: parts for a few hundred workgroups.
    const std::int64_t groups = ceil_div(results, s.workgroup / s.lanes);
    const std::int64_t worth = 8 * first_rounds(*facts, s).chunk();
    if (facts->reduced.literal && groups < 64 && length >= 4 * worth) {
      std::int64_t part = ceil_div(length, 256 / (groups > 0 ? groups : 1));
      part = ceil_div(part < worth ? worth : part, worth) * worth;
      s.part = static_cast<std::uint32_t>(part);
    }
  } else {
    s.workgroup = default_workgroup(target);
    fill(s.across ? 1 : 4, 4);
    if (results < 64 && length >= 4096) {
      // One result has not enough work for the lanes of a processor: neighbours take neighbouring elements, and what
      // each of them has is added up by a second step, without a barrier.
      s.scratch = true;
      s.lanes = s.across ? s.workgroup / 8 : s.workgroup;
      if (s.workgroup % 8 != 0) s.lanes = s.workgroup;
      fill(1, 8);
      s.part = static_cast<std::uint32_t>(
          ceil_div(length > (1 << 24) ? (1 << 24) : length, 8 * first_rounds(*facts, s).chunk()) *
          first_rounds(*facts, s).chunk());
    }
  }
  // What a driver stops in the middle of.
  if (target.max_loop_iterations != 0 && !legal(problem, s, target)) {
    const std::int64_t chunk = first_rounds(*facts, s).chunk();
    s.part = static_cast<std::uint32_t>(chunk * 16384);
  }
  return s;
}

AIRSTRIP_TENSOR_NAMESPACE_END
