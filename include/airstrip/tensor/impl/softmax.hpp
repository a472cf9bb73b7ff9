#pragma once

#include "../primitives/axis_split.hpp"
#include "../primitives/expression_emitter.hpp"
#include "../primitives/function_emit.hpp"
#include "../primitives/reduce.hpp"
#include "../primitives/work_grid.hpp"
#include "../softmax.hpp"
#include "check.hpp"
#include "fused.hpp"
#include "reduce_rounds.hpp"
#include "reduce_rules.hpp"
#include "reduce_teams.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE Axes flattened_axes(std::int64_t axis, std::size_t rank) {
  const std::int64_t count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count) return {axis};  // for `axis_mask` to refuse by its name
  Axes axes;
  for (std::int64_t i = axis < 0 ? axis + count : axis; i < count; ++i) axes.push_back(i);
  return axes;
}

namespace detail {

inline constexpr std::uint32_t max_keep = 16;

// The part of a softmax that is a reduction.
inline ReduceProblem softmax_reduction(const SoftmaxProblem& p) {
  ReduceProblem r;
  r.kind = ReduceKind::LogSumExp;
  r.x = p.x;
  r.axes = p.axes;
  r.noop_with_empty_axes = true;
  r.prologue = p.prologue;
  return r;
}
inline Result<ReduceFacts> softmax_facts(const SoftmaxProblem& p) {
  Result<ReduceFacts> facts = reduction_facts(softmax_reduction(p));
  if (!facts) return facts;
  if (Result<void> r = check_epilogue(p.epilogue, Scalar::F32); !r) return r.error();
  const Text inputs[] = {"x"}, y[] = {"y"};
  if (Result<void> r = check_fused_names({&p.prologue}, p.epilogue, {inputs, {}, y}); !r) return r.error();
  return facts;
}
inline ReduceRounds softmax_rounds(const ReduceFacts& facts, const SoftmaxSchedule& s) {
  ReduceSchedule r;
  r.lanes = s.lanes;
  r.across = s.across;
  r.width = s.width;
  r.unroll = s.unroll;
  return first_rounds(facts, r);
}

// Iterations of all loops of an invocation for a row of so many elements.
inline std::uint64_t softmax_iterations(ReduceRounds rounds, const SoftmaxSchedule& s, std::int64_t length) {
  if (s.keep != 0) return s.lanes > 1 && s.shuffles ? 2 * std::uint64_t{s.workgroup} : 0;
  rounds.most = length > 0x7FFFFFFF ? 0x7FFFFFFF : length;
  const std::uint64_t turn = std::uint64_t{s.lanes} * rounds.step();
  return rounds.iterations() + (s.shuffles && s.lanes > 1 ? s.workgroup : 0) +
         static_cast<std::uint64_t>(rounds.most) / turn + rounds.step();
}
// The problem with a size that has no declared maximum bounded by what the driver's loops allow.
inline SoftmaxProblem bounded(const SoftmaxProblem& problem, const SoftmaxSchedule& s, const Target& target) {
  SoftmaxProblem copy = problem;
  const Result<ReduceFacts> facts = softmax_facts(problem);
  if (!facts || target.max_loop_iterations == 0 || s.lanes == 0 || s.unroll == 0 || s.width == 0) return copy;
  const ReduceRounds rounds = softmax_rounds(*facts, s);
  copy.x = with_longest_row(problem.x, facts->mask, [&](std::int64_t length) {
    return softmax_iterations(rounds, s, length) <= target.max_loop_iterations;
  });
  return copy;
}

// Generates the kernel.
class SoftmaxGenerator {
public:
  SoftmaxGenerator(const SoftmaxProblem& problem, const SoftmaxSchedule& schedule, const ReduceFacts& facts,
                   Operation& operation, SourceLocation at)
      : problem_(problem), s_(schedule), facts_(facts), load_(prologue_of(problem.prologue, "x", problem.x)),
        epilogue_(epilogue_or(problem.epilogue, "y", Scalar::F32, facts.element)),
        space_(space_of(operation.sizes_to_fill(), problem.x.shape)),
        step_(operation, problem.name, options_of(schedule, operation.target()), at), k_(step_.k),
        loads_(step_, load_, {space_.sizes, space_.rank}, ExpressionUse::Prologue),
        stores_(step_, epilogue_, {space_.sizes, space_.rank}), axes_(split()),
        team_(step_, {team_types_, s_.keep ? 1u : 2u}, teams().team(), s_.shuffles) {}

  Result<void> run() {
    SizeTable& table = step_.table();
    const std::uint32_t rows = s_.across ? s_.width : 1;
    const WorkGrid grid(table, {teams().groups(table, axes_.kept(), rows)});
    if (!step_.k.failed())
      grid.run(step_, [&](Span<const Index> ids) {
        at_ = teams().place(step_, ids[0], axes_.kept(), rows);
        axes_.split_kept(step_, at_.result, coordinates_);
        if (s_.keep != 0)
          kept_rows();
        else
          streamed_rows();
      });
    return step_.finish(grid.total());
  }

private:
  struct Space {
    SizeId sizes[Shape::max_rank];
    std::size_t rank;
  };
  static Space space_of(SizeTable& table, const Shape& shape) {
    Space space = {};
    for (const Dimension& d : shape) space.sizes[space.rank++] = table.of(d);
    if (space.rank == 0) space.sizes[space.rank++] = table.literal(1);
    return space;
  }
  static kernel::KernelOptions options_of(const SoftmaxSchedule& s, const Target& target) {
    kernel::KernelOptions options;
    options.workgroup = {s.workgroup, 1, 1};
    if (s.shuffles && s.lanes == s.workgroup) WorkgroupReduce::prepare(options, target);
    return options;
  }
  AxisSplit split() {
    ExpressionEmitter* const both[] = {&loads_, &stores_};
    const std::uint32_t width = s_.across ? s_.width : 1;
    team_types_[0] = team_types_[1] = kernel::Type(Scalar::F32, width);
    return AxisSplit(step_, both, facts_.mask);
  }
  ReduceTeams teams() const { return {s_.workgroup, s_.lanes, s_.across}; }

  // The point of element r of the row, or of r and its neighbours.
  ExpressionPoint point(const Index& r, unsigned width) {
    axes_.split_reduced(step_, r, coordinates_);
    ExpressionPoint point;
    point.coordinates = {coordinates_, axes_.rank()};
    point.vector_axis = s_.across ? axes_.last_kept() : axes_.last_reduced();
    point.width = s_.across ? s_.width : width;
    point.aligned = true;
    return point;
  }
  // Whether neighbours along the row have points of their own, one by one.
  bool apart(unsigned width) const {
    return !s_.across && !axes_.reduced_lie_along(step_.operation.sizes(), width);
  }

  AnyValue load(const Index& r, unsigned width) {
    AnyValue value;
    if (!apart(width)) {
      loads_.evaluate(point(r, width), {}, &value);
    } else {
      AnyValue parts[4];
      for (unsigned c = 0; c < width; ++c) loads_.evaluate(point(c ? r + c : r, 1), {}, &parts[c]);
      value = k_.construct(kernel::Type(facts_.element, width), Span<const AnyValue>(parts, width));
    }
    return emit_cast(step_, value, Scalar::F32);
  }
  void store(const Index& r, unsigned width, AnyValue value) {
    if (!apart(width)) return stores_.run(point(r, width), Span<const AnyValue>(&value, 1));
    for (unsigned c = 0; c < width; ++c) {
      const AnyValue part = value.component(c);
      stores_.run(point(c ? r + c : r, 1), Span<const AnyValue>(&part, 1));
    }
  }

  AnyValue function(Function f, AnyValue a) { return emit_function(step_, f, Span<const AnyValue>(&a, 1)); }
  AnyValue choose(AnyValue condition, AnyValue a, AnyValue b) {
    const AnyValue parts[3] = {condition, a, b};
    return k_.apply(kernel::Op::Select, parts);
  }
  AnyValue splat(AnyValue value, unsigned width) {
    if (value.type().components() == width) return value;
    const AnyValue parts[4] = {value, value, value, value};
    return k_.construct(kernel::Type(Scalar::F32, width), Span<const AnyValue>(parts, width));
  }
  // NaN where the largest element is ±∞: what v - m is for that element, whatever a driver makes of it.
  AnyValue with_nan(AnyValue sum, AnyValue largest) {
    const AnyValue nan = k_.constant_bits(sum.type(), 0x7FC00000u);
    return choose(function(Function::IsInf, largest), nan, sum);
  }

  // Elements stay in registers: the largest first, then one exponential each, then the sum.
  void kept_rows() {
    using kernel::Op;
    const std::uint32_t step = s_.across ? 1 : s_.width;
    const std::uint32_t turn = s_.lanes * step;  // elements that all lanes load at a time
    const Index length = step_.size(axes_.reduced());
    const kernel::Type type(Scalar::F32, s_.width);
    AnyValue values[max_keep], inside[max_keep];
    Index places[max_keep];
    std::uint32_t used = 0;
    for (; used < s_.keep && used * std::int64_t{turn} < facts_.reduced.most; ++used) {
      const Index r = at_.place * step + used * turn;
      places[used] = r;
      const bool all = facts_.reduced.literal && (used + 1) * std::int64_t{turn} <= facts_.reduced.most;
      if (all) {
        values[used] = load(r, step);
        continue;
      }
      // A row is a multiple of the vectors (see `legal`), so that one of them is inside or is not.
      inside[used] = (r < length).any();
      const kernel::AnyVariable value = k_.variable(type);
      k_.store(value, k_.constant_bits(type, 0xFF800000u));
      k_.if_(Value<bool>(inside[used]), [&] { k_.store(value, load(r, step)); });
      values[used] = k_.load(value);
    }
    const auto larger = [&](AnyValue* a, const AnyValue* b) {
      a[0] = choose(k_.apply(Op::Less, a[0], b[0]), b[0], a[0]);
    };
    const auto add = [&](AnyValue* a, const AnyValue* b) { a[0] = k_.apply(Op::Add, a[0], b[0]); };
    // What all lanes and, along a row, all components make of what each has.
    const auto total = [&](const AnyValue* each, const Combine& combine, std::uint64_t nothing, bool again) {
      AnyValue parts[max_keep];
      for (std::uint32_t i = 0; i < used; ++i) parts[i] = each[i];
      if (used == 0) parts[0] = k_.constant_bits(type, nothing);
      combine_pairwise(parts, used, 1, combine);
      if (step > 1) {
        AnyValue components[4];
        for (std::uint32_t c = 0; c < step; ++c) components[c] = parts[0].component(c);
        combine_pairwise(components, step, 1, combine);
        parts[0] = components[0];
      }
      team_.run(parts, combine, again);
      return parts[0];
    };
    const AnyValue largest = total(values, larger, 0xFF800000u, true);
    const AnyValue origin = splat(largest, s_.width);
    AnyValue exponentials[max_keep];
    for (std::uint32_t i = 0; i < used; ++i) {
      if (problem_.log) values[i] = k_.apply(Op::Sub, values[i], origin);
      exponentials[i] =
          function(Function::Exp, problem_.log ? values[i] : k_.apply(Op::Sub, values[i], origin));
      // exp(-∞ - m) is 0, but m may be -∞ too.
      if (!inside[i].empty())
        exponentials[i] = choose(wide(inside[i]), exponentials[i], k_.constant_float(type, 0));
    }
    const AnyValue sum = splat(with_nan(total(exponentials, add, 0, false), largest), s_.width);
    const AnyValue logarithm = problem_.log ? function(Function::Log, sum) : AnyValue();
    teams().if_exists(step_, at_, [&] {
      for (std::uint32_t i = 0; i < used; ++i) {
        const auto one = [&] {
          store(places[i], step,
                problem_.log ? k_.apply(Op::Sub, values[i], logarithm)
                             : k_.apply(Op::Div, exponentials[i], sum));
        };
        if (inside[i].empty())
          one();
        else
          k_.if_(Value<bool>(inside[i]), one);
      }
    });
  }
  AnyValue wide(AnyValue condition) {
    if (s_.width == 1) return condition;
    const AnyValue parts[4] = {condition, condition, condition, condition};
    return k_.construct(kernel::Type(Scalar::Boolean, s_.width), Span<const AnyValue>(parts, s_.width));
  }

  // The row is read twice: for the largest element and the sum relative to it, and for the results.
  void streamed_rows() {
    using kernel::Op;
    const Reduction reduction(step_, ReduceKind::LogSumExp, facts_.element);
    const ReduceRounds rounds = softmax_rounds(facts_, s_);
    const Index length = step_.size(axes_.reduced());
    AnyValue state[Reduction::max_values];
    reduce_rounds(
        step_, reduction, rounds, k_.constant<u32>(0u), length, at_.place,
        [&](const Index& r, unsigned width, AnyValue* into) { reduction.fold(into, load(r, width), {}); },
        state);
    team_.run(
        state, [&](AnyValue* a, const AnyValue* b) { reduction.combine(a, b); }, false);
    const AnyValue largest = state[0];
    const AnyValue sum = with_nan(state[1], largest);
    const AnyValue logarithm = problem_.log ? function(Function::Log, sum) : AnyValue();
    const auto result = [&](const Index& r, unsigned width) {
      const unsigned lanes = s_.across ? s_.width : width;
      const AnyValue v = k_.apply(Op::Sub, load(r, width), splat(largest, lanes));
      store(r, width,
            problem_.log ? k_.apply(Op::Sub, v, splat(logarithm, lanes))
                         : k_.apply(Op::Div, function(Function::Exp, v), splat(sum, lanes)));
    };
    const std::uint32_t step = rounds.step(), turn = s_.lanes * step;
    teams().if_exists(step_, at_, [&] {
      const Index whole = length / turn * turn;
      k_.for_range<u32>(at_.place * step, whole, turn, [&](Index r) { result(r, step); });
      if (turn > 1 && !(rounds.literal && rounds.most % turn == 0))
        k_.for_range<u32>(whole + at_.place, length, s_.lanes, [&](Index r) { result(r, 1); });
    });
  }

  const SoftmaxProblem& problem_;
  const SoftmaxSchedule& s_;
  const ReduceFacts& facts_;
  Expression load_, epilogue_;
  Space space_;
  StepBuilder step_;
  kernel::KernelBuilder& k_;
  ExpressionEmitter loads_, stores_;
  kernel::Type team_types_[2];
  AxisSplit axes_;
  WorkgroupReduce team_;
  ReduceTeams::Place at_;
  Index coordinates_[Shape::max_rank];
};

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const SoftmaxProblem& given, const SoftmaxSchedule& s,
                                   const Target& target) {
  using namespace detail;
  const SoftmaxProblem problem = bounded(given, s, target);
  const Result<ReduceFacts> facts = softmax_facts(problem);
  if (!facts) return facts.error();
  // The reduction of the same schedule has the same rules.
  ReduceSchedule r;
  r.workgroup = s.workgroup;
  r.lanes = s.lanes;
  r.across = s.across;
  r.width = s.width;
  r.unroll = s.unroll;
  r.shuffles = s.shuffles;
  Target unlimited = target;
  unlimited.max_loop_iterations = 0;
  if (Result<void> checked = check_schedule(softmax_reduction(problem), *facts, r, unlimited); !checked)
    return checked;
  if (Result<void> checked = check_range("keep", s.keep, 0, max_keep); !checked) return checked;
  const std::uint32_t step = s.across ? 1 : s.width;
  String message;
  if (s.keep != 0) {
    const std::int64_t most = std::int64_t{s.lanes} * s.keep * step;
    if (facts->reduced.most > most) {
      message << "a row has " << static_cast<std::uint64_t>(facts->reduced.most)
              << " elements, and this schedule keeps " << static_cast<std::uint64_t>(most)
              << " of them (lanes * keep" << (s.across ? "" : " * width")
              << "); let it be read twice (keep = 0)";
      return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
    }
    if (step > 1 && !(facts->reduced.literal && facts->reduced.most % step == 0)) {
      message << "a row is kept by vectors of " << step << ", and is not known to be a multiple of that";
      return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
    }
    return {};
  }
  const std::uint64_t iterations = softmax_iterations(softmax_rounds(*facts, s), s, facts->reduced.most);
  if (target.max_loop_iterations != 0 && iterations > target.max_loop_iterations) {
    message << "an invocation goes round its loops " << iterations << " times, and the driver stops after "
            << target.max_loop_iterations << "; let more lanes share a row";
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  return {};
}

AIRSTRIP_INLINE std::uint64_t softmax_depth(const SoftmaxProblem& given, const SoftmaxSchedule& s,
                                            const Target& target) {
  using namespace detail;
  const SoftmaxProblem problem = bounded(given, s, target);
  const Result<ReduceFacts> facts = softmax_facts(problem);
  if (!facts) return 0;
  const std::uint64_t team = WorkgroupReduce::depth(s.workgroup, s.lanes, s.shuffles, target);
  if (s.keep != 0) return team + ceil_log2(s.keep) + ceil_log2(s.across ? 1 : s.width);
  return team + softmax_rounds(*facts, s).depth();
}

AIRSTRIP_INLINE SoftmaxSchedule default_schedule(const SoftmaxProblem& problem, const Target& target) {
  using namespace detail;
  SoftmaxSchedule s;
  const Result<ReduceFacts> facts = softmax_facts(problem);
  if (!facts) return s;
  const bool gpu = target.kind == DeviceKind::Gpu;
  const std::int64_t length = facts->reduced.most, rows = facts->kept.most;
  s.workgroup = default_team_workgroup(target);
  s.across = !facts->reduced_is_inner;
  const std::int64_t last =
      facts->last_kept.is_literal() ? facts->last_kept.value() : facts->last_kept.multiple();
  if (s.across) {
    s.width = gpu && last % 4 == 0 && rows >= 65536 ? 4 : 1;
    s.lanes = gpu && rows < 16384 && length >= 64 && s.workgroup % 8 == 0 ? 8 : 1;
  } else {
    s.width = facts->reduced.literal && length % 4 == 0 && length > 0 ? 4 : 1;
    // On processors barriers cost more than what lanes would save, while there are rows enough.
    const std::int64_t share = gpu ? 2 * s.width : rows >= 64 ? length + 1 : 256;
    while (s.lanes < s.workgroup && s.lanes * share <= length && s.workgroup % (s.lanes * 2) == 0)
      s.lanes *= 2;
  }
  const std::int64_t step = s.across ? 1 : s.width;
  const std::int64_t keep = ceil_div(length, s.lanes * step);
  const std::int64_t most_kept = s.width == 1 ? max_keep : 8;
  s.keep = keep <= most_kept && length > 0 ? static_cast<std::uint32_t>(keep) : 0;
  if (s.keep == 0) {
    s.unroll = 2;
    if (!s.across && !facts->reduced.literal) s.width = gpu ? 4 : 1;
    while (s.unroll > 1 && softmax_rounds(*facts, s).chunk() > length) s.unroll /= 2;
    // What a driver stops in the middle of: more lanes for each row.
    while (!legal(problem, s, target) && s.lanes < s.workgroup && s.workgroup % (s.lanes * 2) == 0)
      s.lanes *= 2;
  }
  return s;
}

AIRSTRIP_INLINE Result<Operation> softmax(const SoftmaxProblem& problem, const SoftmaxSchedule& schedule,
                                          const Target& target, SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  const SoftmaxProblem bounded = detail::bounded(problem, schedule, target);
  const Result<detail::ReduceFacts> facts = detail::softmax_facts(bounded);
  if (!facts) return facts.error();
  Operation operation;
  operation.set_target(target);
  detail::SoftmaxGenerator generator(bounded, schedule, *facts, operation, at);
  if (Result<void> r = generator.run(); !r) return r.error();
  return operation;
}

AIRSTRIP_INLINE Result<Operation> softmax(const SoftmaxProblem& problem, const Target& target,
                                          SourceLocation at) {
  return softmax(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
