#pragma once

#include "../primitives/axis_split.hpp"
#include "../primitives/expression_emitter.hpp"
#include "../primitives/reduce.hpp"
#include "../primitives/work_grid.hpp"
#include "../reduce.hpp"
#include "check.hpp"
#include "reduce_rounds.hpp"
#include "reduce_rules.hpp"
#include "reduce_teams.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Generates the one or two kernels of a reduction.
class ReduceGenerator {
public:
  ReduceGenerator(const ReduceProblem& problem, const ReduceSchedule& schedule, const ReduceFacts& facts,
                  Operation& operation, SourceLocation at)
      : problem_(problem), s_(schedule), facts_(facts), operation_(operation), at_(at),
        load_(prologue_of(problem.prologue, "x", problem.x)) {
    SizeTable& table = operation.sizes_to_fill();
    for (const Dimension& d : problem.x.shape) space_[rank_++] = table.of(d);
    if (rank_ == 0) space_[rank_++] = table.literal(1);
    SizeId kept = table.literal(1), reduced = table.literal(1);
    for (std::size_t i = 0; i < rank_; ++i) {
      const bool is_reduced = facts.mask >> i & 1;
      SizeId& count = is_reduced ? reduced : kept;
      count = table.mul(count, space_[i]);
      if (!is_reduced)
        result_space_[result_rank_++] = space_[i];
      else if (problem.keepdims)
        result_space_[result_rank_++] = table.literal(1);
    }
    if (result_rank_ == 0) result_space_[result_rank_++] = table.literal(1);
    results_ = kept;
    length_ = reduced;
    parts_ = s_.part != 0 ? table.ceil_div(reduced, s_.part) : table.literal(1);
    states_ = table.mul(parts_, s_.scratch ? s_.lanes : 1);
    const Scalar scalar = Reduction::result(problem.kind, facts.element, problem.index);
    epilogue_ = epilogue_or(problem.epilogue, "y", scalar, is_arg(problem.kind) ? scalar : facts.element);
  }

  Result<void> run() {
    if (Result<void> r = elements(); !r || !has_two_steps(s_)) return r;
    return join();
  }

private:
  ReduceTeams teams_of(std::uint32_t lanes) const { return {s_.workgroup, lanes, s_.across}; }

  kernel::KernelOptions options_of(std::uint32_t lanes) const {
    kernel::KernelOptions options;
    options.workgroup = {s_.workgroup, 1, 1};
    if (s_.shuffles && lanes == s_.workgroup) WorkgroupReduce::prepare(options, operation_.target());
    return options;
  }

  void share(StepBuilder& step, const Reduction& reduction, std::uint32_t lanes, std::uint32_t width,
             AnyValue* state) {
    if (lanes == 1) return;
    kernel::Type types[Reduction::max_values];
    for (std::size_t i = 0; i < reduction.values(); ++i) types[i] = reduction.type(i, width);
    WorkgroupReduce team(step, {types, reduction.values()}, teams_of(lanes).team(), s_.shuffles);
    team.run(
        state, [&](AnyValue* into, const AnyValue* other) { reduction.combine(into, other); }, false);
  }

  // The second step's input: states of a result in a row, or with `across` results of a state.
  void partial_memory(StepBuilder& step, const Reduction& reduction, kernel::Access access, Memory* memory) {
    SizeTable& table = step.table();
    for (std::size_t i = 0; i < reduction.values(); ++i) {
      TensorType type;
      type.scalar = reduction.scalar(i);
      const SizeId bytes = table.mul(table.mul(results_, states_), element_bytes(type.scalar));
      memory[i] = step.memory(reduce_partial(i), Role::Scratch, type, bytes, access);
    }
  }
  Index partial_element(StepBuilder& step, const Index& result, const Index& state) {
    if (s_.across) return state * step.size(results_) + result;
    return result * step.size(states_) + state;
  }

  void end(StepBuilder& step, const Reduction& reduction, ExpressionEmitter& emitter, const AxisSplit& axes,
           const ReduceTeams::Place& at, std::uint32_t lanes, std::uint32_t width, const AnyValue* state) {
    teams_of(lanes).if_first(step, at, [&] {
      AnyValue results[Reduction::max_results];
      reduction.finish(state, step.size(length_), results);
      Index coordinates[Shape::max_rank];
      axes.split_kept(step, at.result, coordinates);
      ExpressionPoint point;
      point.coordinates = {coordinates, axes.rank()};
      point.vector_axis = axes.last_kept();
      point.width = width;
      point.aligned = true;
      emitter.run(point, {results, reduction.results()});
    });
  }

  Result<void> elements() {
    const bool two = has_two_steps(s_);
    const ReduceRounds rounds = first_rounds(facts_, s_);
    const std::uint32_t state_width = rounds.state_width();
    StepBuilder step(operation_, problem_.name, options_of(s_.scratch ? 1 : s_.lanes), at_);
    SizeTable& table = step.table();
    ExpressionEmitter loads(step, load_, {space_, rank_}, ExpressionUse::Prologue);
    ExpressionEmitter* const all[] = {&loads};
    const AxisSplit axes(step, all, facts_.mask);
    const Reduction reduction(step, problem_.kind, facts_.element, problem_.select_last_index,
                              problem_.index);
    Memory partial[Reduction::max_values];
    const Expression nothing;
    ExpressionEmitter stores(step, two ? nothing : epilogue_, {result_space_, result_rank_});
    ExpressionEmitter* const stored[] = {&stores};
    const AxisSplit results(step, stored, 0);
    if (two) partial_memory(step, reduction, kernel::Access::WriteOnly, partial);
    const ReduceTeams teams = teams_of(s_.lanes);
    const WorkGrid grid(table, {parts_, teams.groups(table, results_, state_width)});
    if (!step.k.failed())
      grid.run(step, [&](Span<const Index> ids) {
        const ReduceTeams::Place at = teams.place(step, ids[1], results_, state_width);
        Index coordinates[Shape::max_rank];
        axes.split_kept(step, at.result, coordinates);
        const Index start = s_.part != 0 ? ids[0] * s_.part : step.k.constant<u32>(0u);
        Index end_of_part = step.size(length_);
        if (s_.part != 0 && !table.is_literal(parts_, 1))
          end_of_part = (kernel::min)(start + s_.part, end_of_part);
        AnyValue state[Reduction::max_values];
        reduce_rounds(
            step, reduction, rounds, start, end_of_part, at.place,
            [&](const Index& r, unsigned width, AnyValue* into) {
              load(step, loads, axes, reduction, coordinates, r, width, into);
            },
            state);
        if (!s_.scratch) share(step, reduction, s_.lanes, state_width, state);
        if (!two) return end(step, reduction, stores, results, at, s_.lanes, state_width, state);
        teams_of(s_.scratch ? 1 : s_.lanes).if_first(step, at, [&] {
          Index number = ids[0];
          if (s_.scratch) number = number * s_.lanes + at.place;
          for (std::size_t i = 0; i < reduction.values(); ++i)
            step.store(partial[i], partial_element(step, at.result, number), state[i], state_width > 1);
        });
      });
    return step.finish(grid.total());
  }

  // Takes elements r to r + width - 1 into a state; with `across` element r of as many results.
  void load(StepBuilder& step, ExpressionEmitter& loads, const AxisSplit& axes, const Reduction& reduction,
            Index* coordinates, const Index& r, unsigned width, AnyValue* state) {
    kernel::KernelBuilder& k = step.k;
    ExpressionPoint point;
    point.coordinates = {coordinates, axes.rank()};
    point.aligned = true;
    AnyValue element, index = r.any();
    if (s_.across) {
      axes.split_reduced(step, r, coordinates);
      point.vector_axis = axes.last_kept();
      point.width = s_.width;
      loads.evaluate(point, {}, &element);
      if (s_.width > 1) {
        const AnyValue parts[4] = {index, index, index, index};
        index = k.construct(kernel::Type(Scalar::U32, s_.width), Span<const AnyValue>(parts, s_.width));
      }
    } else {
      point.vector_axis = axes.last_reduced();
      AnyValue parts[4], indices[4];
      for (unsigned c = 0; c < width; ++c) indices[c] = c == 0 ? index : (r + c).any();
      if (axes.reduced_lie_along(step.table(), width)) {
        axes.split_reduced(step, r, coordinates);
        point.width = width;
        loads.evaluate(point, {}, &element);
      } else {
        for (unsigned c = 0; c < width; ++c) {
          axes.split_reduced(step, Index(indices[c]), coordinates);
          loads.evaluate(point, {}, &parts[c]);
        }
        element = k.construct(kernel::Type(facts_.element, width), Span<const AnyValue>(parts, width));
      }
      if (width > 1 && is_arg(problem_.kind))
        index = k.construct(kernel::Type(Scalar::U32, width), Span<const AnyValue>(indices, width));
    }
    reduction.fold(state, element, index);
  }

  Result<void> join() {
    const ReduceRounds rounds = second_rounds(facts_, s_);
    String name(problem_.name);
    name << "_join";
    StepBuilder step(operation_, Text(name), options_of(rounds.lanes), at_);
    SizeTable& table = step.table();
    const Reduction reduction(step, problem_.kind, facts_.element, problem_.select_last_index,
                              problem_.index);
    Memory partial[Reduction::max_values];
    partial_memory(step, reduction, kernel::Access::ReadOnly, partial);
    ExpressionEmitter stores(step, epilogue_, {result_space_, result_rank_});
    ExpressionEmitter* const stored[] = {&stores};
    const AxisSplit results(step, stored, 0);
    const ReduceTeams teams = teams_of(rounds.lanes);
    const WorkGrid grid(table, {teams.groups(table, results_, 1)});
    if (!step.k.failed())
      grid.run(step, [&](Span<const Index> ids) {
        const ReduceTeams::Place at = teams.place(step, ids[0], results_, 1);
        AnyValue state[Reduction::max_values];
        reduce_rounds(
            step, reduction, rounds, step.k.constant<u32>(0u), step.size(states_), at.place,
            [&](const Index& r, unsigned, AnyValue* into) {
              AnyValue other[Reduction::max_values];
              for (std::size_t i = 0; i < reduction.values(); ++i)
                other[i] = step.load(partial[i], partial_element(step, at.result, r));
              reduction.combine(into, other);
            },
            state);
        share(step, reduction, rounds.lanes, 1, state);
        end(step, reduction, stores, results, at, rounds.lanes, 1, state);
      });
    return step.finish(grid.total());
  }

  const ReduceProblem& problem_;
  const ReduceSchedule& s_;
  const ReduceFacts& facts_;
  Operation& operation_;
  SourceLocation at_;
  Expression load_, epilogue_;
  SizeId space_[Shape::max_rank] = {}, result_space_[Shape::max_rank] = {};
  std::size_t rank_ = 0, result_rank_ = 0;
  SizeId results_ = {}, length_ = {}, parts_ = {}, states_ = {};
};

}  // namespace detail

AIRSTRIP_INLINE Result<Operation> reduce(const ReduceProblem& problem, const ReduceSchedule& schedule,
                                         const Target& target, SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  const Result<detail::ReduceFacts> facts = detail::reduce_facts(problem);
  if (!facts) return facts.error();
  Operation operation;
  operation.set_target(target);
  detail::ReduceGenerator generator(problem, schedule, *facts, operation, at);
  if (Result<void> r = generator.run(); !r) return r.error();
  return operation;
}

AIRSTRIP_INLINE Result<Operation> reduce(const ReduceProblem& problem, const Target& target,
                                         SourceLocation at) {
  return reduce(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
