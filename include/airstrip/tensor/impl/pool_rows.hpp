// A global pool whose windows invocations share.
#pragma once

#include "pool_math.hpp"
#include "rows.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline RowSchedule pool_row_schedule(const PoolProblem& problem, const PoolSchedule& schedule) {
  RowSchedule rows;
  rows.workgroup = schedule.workgroup;
  rows.span = schedule.span;
  // Short windows have no whole iteration of many.
  std::uint64_t elements = 1;
  bool is_short = true;
  for (std::size_t i = 2; i < problem.x.shape.rank(); ++i) {
    const Dimension& d = problem.x.shape[i];
    elements *= static_cast<std::uint64_t>(d.value());
    is_short = is_short && d.is_literal() && elements < std::uint64_t{8} * schedule.span;
  }
  rows.unroll = is_short ? 1 : 8;
  return rows;
}

inline Result<Operation> pool_by_rows(const PoolProblem& problem, const PoolSchedule& schedule,
                                      const Target& target, SourceLocation at) {
  Operation operation;
  operation.set_target(target);
  SizeTable& table = operation.sizes_to_fill();
  const std::size_t rank = problem.x.shape.rank();
  SizeId input[Shape::max_rank], output[Shape::max_rank];
  RowAxis kinds[Shape::max_rank];
  for (std::size_t i = 0; i < rank; ++i) {
    input[i] = table.of(problem.x.shape[i]);
    output[i] = i < 2 ? input[i] : table.literal(1);
    kinds[i] = i < 2 ? RowAxis::Row : RowAxis::Inner;
  }
  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  const RowSchedule shares = pool_row_schedule(problem, schedule);
  prepare_rows(options, shares, target);
  StepBuilder step(operation, problem.name, options, at);
  kernel::KernelBuilder& k = step.k;
  PoolMath math(step, problem);
  const Expression loaded = prologue_of(problem.prologue, "x", problem.x);
  const Expression epilogue = pool_epilogue(problem);
  ExpressionEmitter loads(step, loaded, {input, rank}, ExpressionUse::Prologue);
  ExpressionEmitter stores(step, epilogue, {output, rank});
  RowSpace space(table, {input, rank}, Span<const RowAxis>(kinds, rank), table.literal(1));
  ExpressionEmitter* const emitters[] = {&loads};
  if (!k.failed()) space.merge(emitters);
  const SizeId rows = space.rows(), length = space.length();
  RowPass pass(step, shares, length);
  const kernel::Type state(math.computed());
  const ReduceTeams teams = shares.teams();
  WorkgroupReduce reduce(step, Span<const kernel::Type>(&state, 1), teams.team());
  const WorkGrid grid(table, {teams.groups(table, rows, 1)});
  const bool is_max = problem.kind == PoolKind::Max;
  const auto combine = [&](AnyValue* into, const AnyValue* other) {
    into[0] = is_max ? math.select(math.takes(into[0], other[0]), other[0], into[0])
                     : k.apply(kernel::Op::Add, into[0], other[0]);
  };
  grid.run(step, [&](Span<const Index> ids) {
    const ReduceTeams::Place place = teams.place(step, ids[0], rows, 1);
    pass.set_place(place.place);
    space.set_row(step, place.result);
    const kernel::AnyVariable value = k.variable(state);
    k.store(value, math.start());
    const auto load = [&](Index element) {
      Index coordinates[Shape::max_rank];
      AnyValue one;
      loads.evaluate(space.point(step, element, 1, coordinates), {}, &one);
      return k.failed() ? AnyValue() : emit_cast(step, one, math.computed());
    };
    pass.each(load, [&](Index, AnyValue one) {
      AnyValue sum = k.load(value);
      const AnyValue other = is_max ? one : math.term(one);
      combine(&sum, &other);
      k.store(value, sum);
    });
    if (k.failed()) return;
    AnyValue all = k.load(value);
    reduce.run(&all, combine);
    teams.if_first(step, place, [&] {
      const bool averages = problem.kind == PoolKind::Average;
      const AnyValue result =
          averages ? math.average(all, step.size(length), table.lower(length) == 0) : math.root(all);
      Index coordinates[Shape::max_rank];
      split_index(step, place.result, {output, rank}, coordinates);
      ExpressionPoint point;
      point.coordinates = {coordinates, rank};
      point.vector_axis = rank - 1;
      if (!k.failed()) stores.run(point, Span<const AnyValue>(&result, 1));
    });
  });
  if (Result<void> r = step.finish(grid.total()); !r) return r.error();
  return operation;
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
