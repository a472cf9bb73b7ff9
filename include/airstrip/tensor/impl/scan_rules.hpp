// Which scans are legal, and what they cost.
#pragma once

#include "../scan.hpp"
#include "check.hpp"
#include "fused.hpp"
#include "reduce_rounds.hpp"
#include "reduce_rules.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline constexpr std::uint32_t max_scan_items = 16;

inline Result<ReduceFacts> scan_facts(const ScanProblem& p) {
  if (p.kind != ReduceKind::Sum && p.kind != ReduceKind::Prod)
    return refuse(ErrorCode::InvalidOperand, "a scan is of sums or of products");
  ReduceProblem r;
  r.kind = p.kind;
  r.x = p.x;
  r.axes = {p.axis};
  r.prologue = p.prologue;
  Result<ReduceFacts> facts = reduction_facts(r);
  if (!facts) return facts;
  if (Result<void> e = check_epilogue(p.epilogue, Reduction::accumulator(facts->element)); !e)
    return e.error();
  const Text inputs[] = {"x"}, partial[] = {"scan_partial"}, y[] = {"y"};
  if (Result<void> e = check_fused_names({&p.prologue}, p.epilogue, {inputs, partial, y}); !e)
    return e.error();
  return facts;
}

struct ScanCost {
  std::uint64_t iterations = 0, depth = 0;
};
// Of an axis of so many elements, at most.
inline ScanCost scan_cost(const ScanSchedule& s, std::int64_t length) {
  const std::uint64_t turn = std::uint64_t{s.lanes} * s.items;
  const std::uint64_t all = static_cast<std::uint64_t>(length < 0 ? 0 : length);
  const bool parts = s.part != 0 && all > s.part;
  const std::uint64_t row = parts ? s.part : all;
  const std::uint64_t turns = (row + turn - 1) / turn, count = parts ? (all + s.part - 1) / s.part : 0;
  // Inside a turn: along the items, the lanes' tree, what came before. A part's own sum is made in the same way.
  const std::uint64_t inner = s.items + (s.lanes > 1 ? ceil_log2(s.lanes) + 2 : 0);
  ScanCost cost;
  cost.iterations = turns + (parts ? count : 0);
  cost.depth = turns + inner + (parts ? turns + inner + count + 1 : 0);
  return cost;
}

inline ScanProblem bounded(const ScanProblem& problem, const ScanSchedule& s, const Target& target) {
  ScanProblem copy = problem;
  const Result<ReduceFacts> facts = scan_facts(problem);
  if (!facts || target.max_loop_iterations == 0 || s.lanes == 0 || s.items == 0) return copy;
  copy.x = with_longest_row(problem.x, facts->mask, [&](std::int64_t length) {
    return scan_cost(s, length).iterations <= target.max_loop_iterations;
  });
  return copy;
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const ScanProblem& given, const ScanSchedule& s, const Target& target) {
  using namespace detail;
  const ScanProblem problem = bounded(given, s, target);
  const Result<ReduceFacts> facts = scan_facts(problem);
  if (!facts) return facts.error();
  if (Result<void> r = check_workgroup(s.workgroup, target); !r) return r;
  if (Result<void> r = check_range("lanes", s.lanes, 1, s.workgroup, "the workgroup"); !r) return r;
  if (Result<void> r = check_range("items", s.items, 1, max_scan_items); !r) return r;
  String message;
  if (s.workgroup % s.lanes != 0) {
    message << "the workgroup of " << s.workgroup << " does not divide into " << s.lanes << " lanes";
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  const std::uint64_t turn = std::uint64_t{s.lanes} * s.items;
  if (s.part % turn != 0) {
    message << "a part is " << s.part << " elements, and has to be a multiple of the " << turn
            << " of a turn (lanes * items)";
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  const std::uint64_t bytes = kernel::width_of(Reduction::accumulator(facts->element)) / 8;
  const std::uint64_t shared = s.lanes > 1 ? 2 * bytes * s.workgroup : 0;
  if (shared > target.max_shared_memory) {
    message << "two sums of each invocation take " << shared
            << " bytes of the workgroup's memory, and there are " << target.max_shared_memory
            << " (maxComputeSharedMemorySize)";
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  const std::uint64_t iterations = scan_cost(s, facts->reduced.most).iterations;
  if (target.max_loop_iterations != 0 && iterations > target.max_loop_iterations) {
    message << "an invocation goes round its loops " << iterations << " times, and the driver stops after "
            << target.max_loop_iterations << "; make parts, or more lanes and items";
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  return {};
}

AIRSTRIP_INLINE std::uint64_t scan_depth(const ScanProblem& given, const ScanSchedule& s,
                                         const Target& target) {
  const ScanProblem problem = detail::bounded(given, s, target);
  const Result<detail::ReduceFacts> facts = detail::scan_facts(problem);
  return facts ? detail::scan_cost(s, facts->reduced.most).depth : 0;
}

AIRSTRIP_INLINE ScanSchedule default_schedule(const ScanProblem& problem, const Target& target) {
  using namespace detail;
  ScanSchedule s;
  const Result<ReduceFacts> facts = scan_facts(problem);
  if (!facts) return s;
  const bool gpu = target.kind == DeviceKind::Gpu;
  const std::int64_t length = facts->reduced.most, rows = facts->kept.most;
  s.workgroup = default_team_workgroup(target);
  s.across = !facts->reduced_is_inner;
  s.items = 4;
  // Rows enough for every invocation, or several invocations a row; on processors parts in their place, and no barriers.
  if (gpu && rows < 16384) {
    const std::uint32_t most = s.across ? s.workgroup / 8 : s.workgroup;
    while (s.lanes < most && s.lanes * 8 <= length && s.workgroup % (s.lanes * 2) == 0) s.lanes *= 2;
  }
  const std::int64_t turn = std::int64_t{s.lanes} * s.items;
  const std::int64_t groups = ceil_div(rows, s.workgroup / s.lanes);
  if (facts->reduced.literal && length >= 64 * turn && groups < (gpu ? 64 : 2)) {
    const std::int64_t parts = gpu ? 64 : ceil_div(64, rows > 0 ? rows : 1);
    s.part = static_cast<std::uint32_t>(ceil_div(ceil_div(length, parts), turn) * turn);
  }
  if (target.max_loop_iterations != 0 && scan_cost(s, length).iterations > target.max_loop_iterations) {
    // The turns of a part and the parts before it are as many, together as few as can be.
    s.part = static_cast<std::uint32_t>(turn * 16384);
  }
  return s;
}

AIRSTRIP_TENSOR_NAMESPACE_END
