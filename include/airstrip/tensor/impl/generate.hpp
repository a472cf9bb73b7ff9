#pragma once

#include "../elementwise.hpp"
#include "../gather.hpp"
#include "../generate.hpp"
#include "../primitives/function_emit.hpp"
#include "move_family.hpp"
#include "movement_functions.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// A kernel whose elements are computed of their coordinates and of some tensors.
struct Generated {
  explicit Generated(SizeTable& of) : table(of) {}
  void add_axis(SizeId size) {
    if (rank < Shape::max_rank) space[rank] = size;
    ++rank;
  }
  void add_input(Text name, const TensorType& type) { inputs[input_count++] = {name, type}; }

  SizeTable& table;
  Scalar scalar = Scalar::F32;
  SizeId space[Shape::max_rank] = {};
  std::size_t rank = 0;
  NamedTensor inputs[3];
  std::size_t input_count = 0;
};

template <class P>
Result<void> describe_generated(const P& problem, Generated& g) {
  Result<void> described = describe(problem, g);
  if (g.table.out_of_memory()) return out_of_memory();
  if (g.scalar == Scalar::Void) return refuse(ErrorCode::WrongType, "the output has no type");
  if (!described) return described;
  if (g.rank > Shape::max_rank) return invalid_shape("the output has more than eight axes");
  for (std::size_t i = 0; i < g.rank; ++i)
    if (Result<void> r = check_size(g.table, g.space[i], "y", i); !r) return r;
  return check_space(g.table, problem.name, {g.space, g.rank});
}

template <class P>
Result<void> generated_legal(const P& problem, const MoveSchedule& schedule, const Target& target) {
  SizeTable table;
  Generated g(table);
  if (Result<void> r = describe_generated(problem, g); !r) return r;
  if (!problem.y.strides.empty() && problem.y.strides.rank() != g.rank)
    return invalid_shape("y has another number of strides than of axes");
  Text names[3];
  for (std::size_t i = 0; i < g.input_count; ++i) names[i] = g.inputs[i].name;
  if (Result<void> r = check_fused(problem.epilogue, {names, g.input_count}, g.input_count, target); !r)
    return r;
  return check_move_schedule(schedule.workgroup, schedule.width, schedule.items, target);
}

/// `element(step, views, coordinates)` gives an element's bits.
template <class P, class Element>
Result<Operation> generated_operation(const P& problem, const MoveSchedule& schedule, const Target& target,
                                      SourceLocation at, Element&& element) {
  if (Result<void> r = legal(problem, schedule, target); !r) return error_at(r.error(), at);
  Operation operation;
  operation.set_target(target);
  Generated g(operation.sizes_to_fill());
  if (Result<void> r = describe_generated(problem, g); !r) return error_at(r.error(), at);
  if (g.rank == 0) g.add_axis(g.table.literal(1));
  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  StepBuilder step(operation, problem.name, options, at);
  TensorView views[3];
  for (std::size_t i = 0; i < g.input_count; ++i)
    views[i] = TensorView(step, g.inputs[i].name, Role::Input, g.inputs[i].type,
                          layout_of(g.table, g.inputs[i].type), kernel::Access::ReadOnly);
  MoveOutput output(step, g.scalar, problem.epilogue, {"y", problem.y}, {g.space, g.rank});
  const SizeId groups =
      for_each_point(step, {g.space, g.rank}, {schedule.workgroup, schedule.width, schedule.items},
                     [&](const ExpressionPoint& point) {
                       const AnyValue bits = each_neighbour(step, point, [&](Span<const Index> c) {
                         return element(step, Span<const TensorView>(views, g.input_count), c);
                       });
                       output.store(point, bits);
                     });
  if (Result<void> r = step.finish(groups); !r) return r.error();
  return operation;
}

inline MoveSchedule generated_schedule(const Target& target) {
  MoveSchedule schedule;
  schedule.workgroup = default_workgroup(target);
  schedule.width = 4;
  return schedule;
}

inline Scalar bits_scalar(Scalar scalar) { return kernel::unsigned_of(8 * element_bytes(scalar)); }

inline Result<void> check_number(Scalar scalar, const Number& number, const char* what) {
  if (!number.name.empty()) return {};
  if (const Result<std::uint64_t> bits = bits_of(scalar, number.value, what); !bits) return bits.error();
  return {};
}
/// The bits of a number that the type holds.
inline AnyValue number_bits(StepBuilder& step, Scalar scalar, const Number& number) {
  if (number.name.empty())
    return step.k.constant_bits(kernel::Type(bits_scalar(scalar)),
                                *bits_of(scalar, number.value, "a number"));
  const Scalar given = scalar == Scalar::F64 ? Scalar::U64 : scalar;
  return bits_of_value(step, step.parameter(kernel::Type(given), number.name));
}

inline AnyValue choose_bits(StepBuilder& step, Value<bool> condition, AnyValue a, AnyValue b) {
  const AnyValue parts[3] = {condition.any(), a, b};
  return step.k.apply(kernel::Op::Select, parts);
}

inline Result<void> check_diagonal(std::int64_t k) {
  if (k < 0x40000000 && k > -0x40000000) return {};
  return invalid_shape("the diagonal is not between -2^30 and 2^30");
}

inline Result<void> describe(const RangeProblem& problem, Generated& g) {
  g.scalar = problem.scalar;
  if (problem.scalar == Scalar::Boolean) return refuse(ErrorCode::WrongType, "a range is not of Booleans");
  if (Result<void> r = check_shape("y", {problem.count}); !r) return r;
  if (Result<void> r = check_number(problem.scalar, problem.start, "the range's start"); !r) return r;
  if (Result<void> r = check_number(problem.scalar, problem.delta, "the range's delta"); !r) return r;
  g.add_axis(g.table.of(problem.count));
  return {};
}

inline Result<void> describe(const OneHotProblem& problem, Generated& g) {
  g.scalar = problem.scalar;
  if (Result<void> r = check_indices("indices", problem.indices); !r) return r;
  if (Result<void> r = check_shape("y", {problem.depth}); !r) return r;
  if (Result<void> r = check_number(problem.scalar, problem.off, "the value off"); !r) return r;
  if (Result<void> r = check_number(problem.scalar, problem.on, "the value on"); !r) return r;
  const std::size_t rank = problem.indices.shape.rank();
  const Result<std::size_t> axis = axis_of(problem.axis, rank + 1);
  if (!axis) return axis.error();
  for (std::size_t i = 0; i <= rank; ++i) {
    if (i == *axis) g.add_axis(g.table.of(problem.depth));
    if (i < rank) g.add_axis(g.table.of(problem.indices.shape[i]));
  }
  g.add_input("indices", problem.indices);
  if (problem.reads_values) g.add_input("values", {problem.scalar, {2}});
  return {};
}

inline Result<void> describe(const EyeProblem& problem, Generated& g) {
  g.scalar = problem.scalar;
  if (Result<void> r = check_shape("y", {problem.rows, problem.columns}); !r) return r;
  if (Result<void> r = check_diagonal(problem.k); !r) return r;
  g.add_axis(g.table.of(problem.rows));
  g.add_axis(g.table.of(problem.columns));
  return {};
}

inline Result<void> describe(const FillProblem& problem, Generated& g) {
  g.scalar = problem.scalar;
  if (Result<void> r = check_shape("y", problem.shape); !r) return r;
  if (Result<void> r = check_number(problem.scalar, problem.value, "the value"); !r) return r;
  for (const Dimension& d : problem.shape) g.add_axis(g.table.of(d));
  return {};
}

inline Result<void> describe(const WhereProblem& problem, Generated& g) {
  g.scalar = problem.a.scalar;
  if (Result<void> r = check_tensor("condition", problem.condition); !r) return r;
  if (Result<void> r = check_tensor("a", problem.a); !r) return r;
  if (Result<void> r = check_tensor("b", problem.b); !r) return r;
  if (problem.condition.scalar != Scalar::Boolean)
    return refuse(ErrorCode::WrongType, "the condition is not of Booleans");
  if (problem.a.scalar != problem.b.scalar) {
    String message("a is of type ");
    message << to_string(problem.a.scalar) << ", and b is of " << to_string(problem.b.scalar);
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  const Shape shapes[3] = {problem.condition.shape, problem.a.shape, problem.b.shape};
  const Result<Shape> shape = broadcast(shapes);
  if (!shape) return shape.error();
  for (const Dimension& d : *shape) g.add_axis(g.table.of(d));
  g.add_input("condition", problem.condition);
  g.add_input("a", problem.a);
  g.add_input("b", problem.b);
  return {};
}

inline Result<void> describe(const TriluProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  if (Result<void> r = check_diagonal(problem.k); !r) return r;
  const std::size_t rank = m.x_layout.rank;
  if (rank < 2) return invalid_shape("x is no matrix: it has not two axes");
  for (std::size_t i = 0; i < rank; ++i) m.add_axis(m.x_layout.shape[i]);
  IndexMap& map = m.begin_map();
  for (std::size_t i = 0; i < rank; ++i) map.add_result(map.coordinate(i));
  const MapId behind = map.sub(map.coordinate(rank - 1), map.coordinate(rank - 2));
  const MapId k = map.literal(problem.k);
  map.require_not_negative(problem.upper ? map.sub(behind, k) : map.sub(k, behind));
  return {};
}

/// An element of a tensor that is broadcast to `coordinates`.
inline Index broadcast_place(StepBuilder& step, const TensorView& view, Span<const Index> coordinates) {
  return view.place(step, coordinates.subspan(coordinates.size() - view.layout().rank));
}

}  // namespace detail

AIRSTRIP_INLINE std::int64_t range_count(double start, double limit, double delta) {
  const double steps = (limit - start) / delta;
  if (!(steps > 0) || steps > 0x1p53) return 0;
  const std::int64_t whole = static_cast<std::int64_t>(steps);
  return whole + (static_cast<double>(whole) < steps);
}

#define AIRSTRIP_TENSOR_GENERATED(Problem, function)                                           \
  AIRSTRIP_INLINE Result<void> legal(const Problem& problem, const MoveSchedule& schedule,     \
                                     const Target& target) {                                   \
    return detail::generated_legal(problem, schedule, target);                                 \
  }                                                                                            \
  AIRSTRIP_INLINE MoveSchedule default_schedule(const Problem&, const Target& target) {        \
    return detail::generated_schedule(target);                                                 \
  }                                                                                            \
  AIRSTRIP_INLINE Result<Operation> function(const Problem& problem, const Target& target,     \
                                             SourceLocation at) {                              \
    return detail::with_default(default_schedule(problem, target), [&](const auto& schedule) { \
      return function(problem, schedule, target, at);                                          \
    });                                                                                        \
  }
AIRSTRIP_TENSOR_GENERATED(OneHotProblem, one_hot)
AIRSTRIP_TENSOR_GENERATED(EyeProblem, eye)
AIRSTRIP_TENSOR_GENERATED(FillProblem, fill)
AIRSTRIP_TENSOR_GENERATED(WhereProblem, where)
#undef AIRSTRIP_TENSOR_GENERATED

AIRSTRIP_INLINE Result<void> legal(const RangeProblem& problem, const MoveSchedule& schedule,
                                   const Target& target) {
  if (Result<void> r = detail::generated_legal(problem, schedule, target); !r) return r;
  return detail::check_arithmetic(problem.scalar, target);
}
AIRSTRIP_INLINE MoveSchedule default_schedule(const RangeProblem&, const Target& target) {
  return detail::generated_schedule(target);
}
AIRSTRIP_INLINE Result<Operation> range(const RangeProblem& problem, const Target& target,
                                        SourceLocation at) {
  return detail::with_default(default_schedule(problem, target),
                              [&](const auto& schedule) { return range(problem, schedule, target, at); });
}

AIRSTRIP_INLINE Result<Operation> range(const RangeProblem& problem, const MoveSchedule& schedule,
                                        const Target& target, SourceLocation at) {
  return detail::generated_operation(
      problem, schedule, target, at, [&](StepBuilder& step, Span<const TensorView>, Span<const Index> c) {
        const Scalar scalar = problem.scalar;
        const bool is_short = scalar == Scalar::F16 || scalar == Scalar::BF16;
        const Scalar computed = is_short ? Scalar::F32 : scalar;
        const auto value = [&](const Number& number) {
          const AnyValue given = value_of_bits(step, detail::number_bits(step, scalar, number), scalar);
          return emit_cast(step, given, computed);
        };
        const AnyValue start = value(problem.start), delta = value(problem.delta);
        const AnyValue i = step.k.convert(kernel::Op::Convert, c[0].any(), kernel::Type(computed));
        const AnyValue way = step.k.apply(kernel::Op::Mul, i, delta);
        return bits_of_value(step, emit_cast(step, step.k.apply(kernel::Op::Add, start, way), scalar));
      });
}

AIRSTRIP_INLINE Result<Operation> one_hot(const OneHotProblem& problem, const MoveSchedule& schedule,
                                          const Target& target, SourceLocation at) {
  return detail::generated_operation(
      problem, schedule, target, at,
      [&](StepBuilder& step, Span<const TensorView> inputs, Span<const Index> c) {
        const std::size_t rank = problem.indices.shape.rank();
        const Result<std::size_t> axis = detail::axis_of(problem.axis, rank + 1);
        Index place[Shape::max_rank];
        for (std::size_t i = 0; i < rank; ++i) place[i] = c[i < *axis ? i : i + 1];
        const Index at_place = inputs[0].place(step, {place, rank});
        const Value<kernel::i32> index = inputs[0].load_index(step, at_place);
        const Index given = kernel::bitcast<u32>(index);
        const Index from_end = given + step.size(step.table().of(problem.depth));
        const Value<bool> is_on = kernel::select(index < 0, from_end, given) == c[*axis];
        if (problem.reads_values)
          return inputs[1].load(step,
                                kernel::select(is_on, step.k.constant<u32>(1u), step.k.constant<u32>(0u)));
        const AnyValue on = detail::number_bits(step, problem.scalar, problem.on);
        const AnyValue off = detail::number_bits(step, problem.scalar, problem.off);
        return detail::choose_bits(step, is_on, on, off);
      });
}

AIRSTRIP_INLINE Result<Operation> eye(const EyeProblem& problem, const MoveSchedule& schedule,
                                      const Target& target, SourceLocation at) {
  return detail::generated_operation(problem, schedule, target, at,
                                     [&](StepBuilder& step, Span<const TensorView>, Span<const Index> c) {
                                       // Modulo 2^32, which no two places of a matrix are apart.
                                       const Value<bool> is_on = c[0] + static_cast<u32>(problem.k) == c[1];
                                       const AnyValue on = detail::number_bits(step, problem.scalar, 1);
                                       const AnyValue off = detail::number_bits(step, problem.scalar, 0);
                                       return detail::choose_bits(step, is_on, on, off);
                                     });
}

AIRSTRIP_INLINE Result<Operation> fill(const FillProblem& problem, const MoveSchedule& schedule,
                                       const Target& target, SourceLocation at) {
  return detail::generated_operation(problem, schedule, target, at,
                                     [&](StepBuilder& step, Span<const TensorView>, Span<const Index>) {
                                       return detail::number_bits(step, problem.scalar, problem.value);
                                     });
}

AIRSTRIP_INLINE Result<Operation> where(const WhereProblem& problem, const MoveSchedule& schedule,
                                        const Target& target, SourceLocation at) {
  return detail::generated_operation(
      problem, schedule, target, at,
      [&](StepBuilder& step, Span<const TensorView> inputs, Span<const Index> c) {
        const AnyValue condition = inputs[0].load(step, detail::broadcast_place(step, inputs[0], c));
        step.k.begin_if(value_of_bits(step, condition, Scalar::Boolean));
        step.k.yield(inputs[1].load(step, detail::broadcast_place(step, inputs[1], c)));
        step.k.begin_else();
        step.k.yield(inputs[2].load(step, detail::broadcast_place(step, inputs[2], c)));
        return step.k.end_if_value();
      });
}

AIRSTRIP_TENSOR_MOVEMENT(TriluProblem, trilu)

AIRSTRIP_TENSOR_NAMESPACE_END
