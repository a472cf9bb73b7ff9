#pragma once

#include "../primitives/axis_split.hpp"
#include "../primitives/expression_emitter.hpp"
#include "../primitives/work_grid.hpp"
#include "../scan.hpp"
#include "check.hpp"
#include "reduce_rules.hpp"
#include "reduce_teams.hpp"
#include "scan_rules.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Generates the kernels of a scan: the sums of parts, if there are parts, and the scan itself.
class ScanGenerator {
public:
  ScanGenerator(const ScanProblem& problem, const ScanSchedule& schedule, const ReduceFacts& facts,
                Operation& operation, SourceLocation at)
      : problem_(problem), s_(schedule), facts_(facts), operation_(operation), at_(at),
        load_(prologue_of(problem.prologue, "x", problem.x)),
        epilogue_(epilogue_or(problem.epilogue, "y", Reduction::accumulator(facts.element), facts.element)) {
    SizeTable& table = operation.sizes_to_fill();
    rows_ = length_ = table.literal(1);
    for (const Dimension& d : problem.x.shape) {
      SizeId& count = facts.mask >> rank_ & 1 ? length_ : rows_;
      space_[rank_++] = table.of(d);
      count = table.mul(count, space_[rank_ - 1]);
    }
    const bool parts = s_.part != 0 && facts.reduced.most > s_.part;
    parts_ = parts ? table.ceil_div(length_, s_.part) : table.literal(1);
    has_parts_ = parts;
  }

  Result<void> run() {
    if (has_parts_)
      if (Result<void> r = one_step(true); !r) return r;
    return one_step(false);
  }

private:
  // A kernel with what its parts share.
  struct Kernel {
    StepBuilder step;
    ExpressionEmitter loads, stores;
    AxisSplit axes;
    Reduction reduction;
    kernel::Type type;
    std::uint32_t arrays[2] = {};
    Memory partial;
    ReduceTeams::Place at;
    Index coordinates[Shape::max_rank];
    Index end;  // of the row, or of its part

    Kernel(ScanGenerator& g, Text name, const Expression& epilogue, const kernel::KernelOptions& options)
        : step(g.operation_, name, options, g.at_),
          loads(step, g.load_, {g.space_, g.rank_}, ExpressionUse::Prologue),
          stores(step, epilogue, {g.space_, g.rank_}), axes(split(step, loads, stores, g.facts_.mask)),
          reduction(step, g.problem_.kind, g.facts_.element), type(reduction.type(0)) {}
    static AxisSplit split(StepBuilder& step, ExpressionEmitter& loads, ExpressionEmitter& stores,
                           std::uint32_t mask) {
      ExpressionEmitter* const both[] = {&loads, &stores};
      return AxisSplit(step, both, mask);
    }
  };

  AnyValue combine(Kernel& k, AnyValue a, AnyValue b) {
    k.reduction.combine(&a, &b);
    return a;
  }
  AnyValue nothing(Kernel& k) {
    AnyValue state[Reduction::max_values];
    k.reduction.identity(1, state);
    return state[0];
  }
  AnyValue choose(Kernel& k, AnyValue condition, AnyValue a, AnyValue b) {
    const AnyValue parts[3] = {condition, a, b};
    return k.step.k.apply(kernel::Op::Select, parts);
  }

  // Element r in the order of the scan.
  ExpressionPoint point(Kernel& k, const Index& r) {
    const Index place = problem_.reverse ? k.step.size(length_) - 1u - r : r;
    k.axes.split_reduced(k.step, place, k.coordinates);
    ExpressionPoint point;
    point.coordinates = {k.coordinates, k.axes.rank()};
    return point;
  }

  // Sums over the lanes before this one, and over all of them. Each step of the tree is written to the other of two
  // arrays, so that one barrier a step is enough; an even number of steps leaves the first to be written next.
  void share(Kernel& kernel, AnyValue mine, AnyValue& before, AnyValue& all) {
    kernel::KernelBuilder& k = kernel.step.k;
    const std::uint32_t inner = s_.across ? s_.workgroup / s_.lanes : 1;
    const Index i = k.local_id().x, place = kernel.at.place;
    std::uint32_t array = 0;
    const auto at = [&](const Index& element) {
      kernel::Place where;
      where.builder = &k;
      where.resource = kernel.arrays[array];
      where.index = element.any();
      return where;
    };
    for (std::uint32_t distance = 1; distance < s_.lanes; distance *= 2) {
      k.store(at(i), mine);
      k.barrier(kernel::memory::workgroup);
      const Value<bool> has = place >= distance;
      const Index from(choose(kernel, has.any(), (i - distance * inner).any(), i.any()));
      const AnyValue other = k.load(at(from), kernel.type);
      mine = choose(kernel, has.any(), combine(kernel, other, mine), mine);
      array ^= 1;
    }
    k.store(at(i), mine);
    k.barrier(kernel::memory::workgroup);
    const Value<bool> has = place > 0u;
    const Index from(choose(kernel, has.any(), (i - inner).any(), i.any()));
    before = choose(kernel, has.any(), k.load(at(from), kernel.type), nothing(kernel));
    all = k.load(at(i + (s_.lanes - 1u - place) * inner), kernel.type);
    if (array == 0) k.barrier(kernel::memory::workgroup);
  }

  // One turn from element `first` of the row on, `before` it the sum `carry`; gives the sum behind it. `guarded`: the row
  // may end in it. `sums_only`: nothing is stored.
  AnyValue turn(Kernel& kernel, const Index& first, AnyValue carry, bool guarded, bool sums_only) {
    kernel::KernelBuilder& k = kernel.step.k;
    AnyValue sums[max_scan_items + 1], inside[max_scan_items];
    Index places[max_scan_items];
    const Index mine = s_.lanes == 1 ? first : first + kernel.at.place * s_.items;
    sums[0] = s_.lanes == 1 ? carry : nothing(kernel);
    for (std::uint32_t i = 0; i < s_.items; ++i) {
      Index r = i == 0 ? mine : mine + i;
      places[i] = r;
      if (guarded) {
        inside[i] = (r < kernel.end).any();
        r = (kernel::min)(r, kernel.end - 1u);
      }
      AnyValue element, state[Reduction::max_values] = {sums[i]};
      kernel.loads.evaluate(point(kernel, r), {}, &element);
      kernel.reduction.fold(state, element, {});
      sums[i + 1] = guarded ? choose(kernel, inside[i], state[0], sums[i]) : state[0];
    }
    AnyValue behind = sums[s_.items];
    if (s_.lanes > 1) {
      AnyValue before, all;
      share(kernel, sums[s_.items], before, all);
      behind = combine(kernel, carry, all);
      before = combine(kernel, carry, before);
      for (std::uint32_t i = 0; i <= s_.items && !sums_only; ++i) sums[i] = combine(kernel, before, sums[i]);
    }
    if (sums_only) return behind;
    const auto store = [&] {
      for (std::uint32_t i = 0; i < s_.items; ++i) {
        const AnyValue sum = sums[problem_.exclusive ? i : i + 1];
        const auto one = [&] { kernel.stores.run(point(kernel, places[i]), Span<const AnyValue>(&sum, 1)); };
        if (guarded)
          k.if_(Value<bool>(inside[i]), one);
        else
          one();
      }
    };
    teams().if_exists(kernel.step, kernel.at, store);
    return behind;
  }
  ReduceTeams teams() const { return {s_.workgroup, s_.lanes, s_.across}; }

  // What the parts before this one add up to.
  AnyValue carry_of(Kernel& kernel, const Index& part) {
    kernel::KernelBuilder& k = kernel.step.k;
    const kernel::AnyVariable sum = k.variable(kernel.type);
    k.store(sum, nothing(kernel));
    k.for_range<u32>(0u, part, 1u, [&](Index each) {
      const AnyValue other = kernel.step.load(kernel.partial, partial_element(kernel, each));
      k.store(sum, combine(kernel, k.load(sum), other));
    });
    return k.load(sum);
  }
  Index partial_element(Kernel& kernel, const Index& part) {
    return part * kernel.step.size(rows_) + kernel.at.result;
  }

  Result<void> one_step(bool sums_only) {
    kernel::KernelOptions options;
    options.workgroup = {s_.workgroup, 1, 1};
    String name(problem_.name);
    if (sums_only) name << "_parts";
    const Expression none;
    Kernel kernel(*this, Text(name), sums_only ? none : epilogue_, options);
    StepBuilder& step = kernel.step;
    kernel::KernelBuilder& k = step.k;
    SizeTable& table = step.table();
    if (has_parts_) {
      TensorType type;
      type.scalar = kernel.type.scalar();
      kernel.partial = step.memory("scan_partial", Role::Scratch, type,
                                   table.mul(table.mul(rows_, parts_), element_bytes(type.scalar)),
                                   sums_only ? kernel::Access::WriteOnly : kernel::Access::ReadOnly);
    }
    for (std::uint32_t& array : kernel.arrays)
      if (s_.lanes > 1) array = k.add_array(kernel::ResourceKind::Workgroup, kernel.type, s_.workgroup);
    const WorkGrid grid(table, {parts_, teams().groups(table, rows_, 1)});
    const std::uint32_t length_of_turn = s_.lanes * s_.items;
    if (!k.failed())
      grid.run(step, [&](Span<const Index> ids) {
        kernel.at = teams().place(step, ids[1], rows_, 1);
        kernel.axes.split_kept(step, kernel.at.result, kernel.coordinates);
        const Index start = has_parts_ ? ids[0] * s_.part : k.constant<u32>(0u);
        kernel.end = step.size(length_);
        if (has_parts_) kernel.end = (kernel::min)(start + s_.part, kernel.end);
        AnyValue carry = has_parts_ && !sums_only ? carry_of(kernel, ids[0]) : nothing(kernel);
        const kernel::AnyVariable sum = k.variable(kernel.type);
        k.store(sum, carry);
        const Index whole = start + (kernel.end - start) / length_of_turn * length_of_turn;
        k.for_range<u32>(start, whole, length_of_turn, [&](Index first) {
          k.store(sum, turn(kernel, first, k.load(sum), false, sums_only));
        });
        // The same for a whole workgroup, so that barriers may stand in it.
        if (!table.is_multiple(length_, length_of_turn))
          k.if_(whole < kernel.end, [&] { k.store(sum, turn(kernel, whole, k.load(sum), true, sums_only)); });
        if (sums_only)
          teams().if_first(step, kernel.at,
                           [&] { step.store(kernel.partial, partial_element(kernel, ids[0]), k.load(sum)); });
      });
    return step.finish(grid.total());
  }

  const ScanProblem& problem_;
  const ScanSchedule& s_;
  const ReduceFacts& facts_;
  Operation& operation_;
  SourceLocation at_;
  Expression load_, epilogue_;
  SizeId space_[Shape::max_rank] = {};
  std::size_t rank_ = 0;
  SizeId rows_ = {}, length_ = {}, parts_ = {};
  bool has_parts_ = false;
};

}  // namespace detail

AIRSTRIP_INLINE Result<Operation> scan(const ScanProblem& problem, const ScanSchedule& schedule,
                                       const Target& target, SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  const ScanProblem bounded = detail::bounded(problem, schedule, target);
  const Result<detail::ReduceFacts> facts = detail::scan_facts(bounded);
  if (!facts) return facts.error();
  Operation operation;
  operation.set_target(target);
  detail::ScanGenerator generator(bounded, schedule, *facts, operation, at);
  if (Result<void> r = generator.run(); !r) return r.error();
  return operation;
}

AIRSTRIP_INLINE Result<Operation> scan(const ScanProblem& problem, const Target& target, SourceLocation at) {
  return scan(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
