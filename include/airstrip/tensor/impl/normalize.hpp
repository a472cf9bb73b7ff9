#pragma once

#include "../normalize.hpp"
#include "../primitives/function_emit.hpp"
#include "fused.hpp"
#include "rows.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline bool subtracts_mean(NormalizeKind kind) {
  return kind != NormalizeKind::Rms && kind != NormalizeKind::Lp;
}

inline Scalar float_scalar(Scalar scalar) { return scalar == Scalar::F64 ? Scalar::F64 : Scalar::F32; }

// The axis as it is counted from the front, or the rank where there is none such.
inline std::size_t normalize_axis(const NormalizeProblem& problem) {
  const std::int64_t rank = static_cast<std::int64_t>(problem.x.shape.rank());
  const std::int64_t axis = problem.axis < 0 ? rank + problem.axis : problem.axis;
  return static_cast<std::size_t>(axis < 0 || axis >= rank ? rank : axis);
}

inline void normalize_kinds(const NormalizeProblem& problem, RowAxis* kinds) {
  const std::size_t axis = normalize_axis(problem);
  for (std::size_t i = 0; i < problem.x.shape.rank(); ++i) {
    bool inner = false;
    switch (problem.kind) {
      case NormalizeKind::Layer:
      case NormalizeKind::Rms: inner = i >= axis; break;
      case NormalizeKind::Instance:
      case NormalizeKind::Group: inner = i >= 2; break;
      case NormalizeKind::MeanVariance: inner = (problem.axes >> i & 1) != 0; break;
      case NormalizeKind::Lp: inner = i == axis; break;
    }
    kinds[i] = inner ? RowAxis::Inner : RowAxis::Row;
    if (problem.kind == NormalizeKind::Group && i == 1) kinds[i] = RowAxis::Split;
  }
}

// Of scale and bias.
inline Shape weight_shape(const NormalizeProblem& problem) {
  const Shape& x = problem.x.shape;
  Shape shape;
  const bool by_channel = problem.kind == NormalizeKind::Instance || problem.kind == NormalizeKind::Group;
  const std::size_t first = by_channel ? 1 : normalize_axis(problem);
  for (std::size_t i = first; i < x.rank(); ++i) shape.push_back(by_channel && i > 1 ? Dimension(1) : x[i]);
  return shape;
}

// The result times the scale plus the bias: what becomes of the normalised value, the primary one.
inline Expression affine_of(const NormalizeProblem& problem, Scalar computed) {
  Expression e;
  Expr value = e.primary(computed);
  const TensorType weights = {problem.weights, weight_shape(problem)};
  if (problem.scale) value = value * e.cast(e.input("scale", weights), computed);
  if (problem.bias) value = value + e.cast(e.input("bias", weights), computed);
  e.output("scaled", value);
  return e;
}

inline Result<void> check_normalize_shape(const NormalizeProblem& problem) {
  const Shape& shape = problem.x.shape;
  if (Result<void> r = check_shape("x", shape); !r) return r;
  const std::uint64_t rank = shape.rank();
  String message("x has the shape ");
  message << to_string(shape);
  if (problem.kind == NormalizeKind::MeanVariance) {
    if (problem.axes != 0 && problem.axes < (1u << rank)) return {};
    message << ", and the axes are the bits of " << problem.axes
            << ": name one at least, and only those that there are";
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  if (problem.kind != NormalizeKind::Instance && problem.kind != NormalizeKind::Group) {
    if (normalize_axis(problem) < rank) return {};
    message << ", and no axis ";
    if (problem.axis < 0) message << '-';
    message << static_cast<std::uint64_t>(problem.axis < 0 ? -std::int64_t{problem.axis} : problem.axis);
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  if (rank < 3) {
    message << ", and has to be [batch, channels, spatial…]";
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  if (problem.kind == NormalizeKind::Instance) return {};
  if (!shape[1].is_literal()) {
    message << ", and the channels of groups have to be a literal";
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  if (problem.groups == 0 || shape[1].value() % problem.groups != 0) {
    message << ", and " << problem.groups << " groups do not divide its channels";
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  return {};
}

inline Result<void> check_epsilon(double epsilon) {
  if (epsilon >= 0 && epsilon <= 1e30) return {};
  return refuse(ErrorCode::InvalidOperand, "epsilon has to be 0 to 1e30");
}

inline Result<void> check_normalize_types(const NormalizeProblem& problem) {
  if (Result<void> r = check_prologue(problem.prologue, problem.x.scalar); !r) return r;
  const Scalar scalar = prologue_scalar(problem.prologue, problem.x.scalar);
  if (!kernel::is_float(scalar)) {
    String message("normalising ");
    message << to_string(scalar) << " is not defined; cast it in the prologue";
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  const bool weighs = problem.kind != NormalizeKind::MeanVariance && problem.kind != NormalizeKind::Lp;
  if ((problem.scale || problem.bias) && (!weighs || !kernel::is_float(problem.weights)))
    return refuse(ErrorCode::WrongType, weighs
                                            ? "scale and bias have to be floats"
                                            : "this normalisation has no scale and no bias; use an epilogue");
  const bool layered = problem.kind == NormalizeKind::Layer || problem.kind == NormalizeKind::Rms;
  if (problem.statistics && !layered)
    return refuse(ErrorCode::WrongType, "only layer and RMS normalisation have their statistics as outputs");
  if (problem.kind == NormalizeKind::Lp && problem.p != 1 && problem.p != 2) {
    String message("p is ");
    message << problem.p << ", and has to be 1 or 2";
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  if (Result<void> r = check_epsilon(problem.epsilon); !r) return r;
  if (Result<void> r = check_epilogue(problem.epilogue, float_scalar(scalar)); !r) return r;
  const Text inputs[] = {"x", "scale", "bias"}, statistics[] = {"inv_std_dev", "mean"}, y[] = {"y"};
  const std::size_t own = !problem.statistics ? 0 : problem.kind == NormalizeKind::Rms ? 1 : 2;
  return check_fused_names({&problem.prologue}, problem.epilogue,
                           {inputs, Span<const Text>(statistics, own), y});
}

inline RowSchedule row_schedule(const NormalizeProblem& problem, const NormalizeSchedule& schedule) {
  RowAxis kinds[Shape::max_rank];
  normalize_kinds(problem, kinds);
  RowSchedule rows;
  rows.workgroup = schedule.workgroup;
  rows.span = schedule.span;
  rows.width = schedule.width;
  rows.unroll = schedule.unroll;
  rows.hold = schedule.hold;
  rows.rows_are_neighbours = kinds[problem.x.shape.rank() - 1] == RowAxis::Row;
  return rows;
}

// Elements of a row at most: no tensor is larger than a storage buffer, whatever its parameters' maxima are.
inline std::uint64_t longest_row(const NormalizeProblem& problem, const Target& target, bool& literal) {
  RowAxis kinds[Shape::max_rank];
  normalize_kinds(problem, kinds);
  const std::uint64_t most = target.max_storage_buffer_range / element_bytes(problem.x.scalar);
  std::uint64_t length = 1;
  literal = true;
  for (std::size_t i = 0; i < problem.x.shape.rank(); ++i) {
    if (kinds[i] == RowAxis::Row) continue;
    const Dimension& d = problem.x.shape[i];
    const std::uint64_t size =
        static_cast<std::uint64_t>(d.value()) / (kinds[i] == RowAxis::Split ? problem.groups : 1);
    literal = literal && d.is_literal();
    length = size != 0 && length > most / size ? most : length * size;
  }
  return length;
}

// What one kernel of a normalisation stores.
struct NormalizeParts {
  bool results = true, statistics = false;
};

class Normalizer {
public:
  Normalizer(Operation& operation, const NormalizeProblem& problem, const NormalizeSchedule& schedule,
             NormalizeParts parts, const kernel::KernelOptions& options, SourceLocation at)
      : problem_(problem), parts_(parts), rows_schedule_(row_schedule(problem, schedule)),
        computed_(float_scalar(prologue_scalar(problem.prologue, problem.x.scalar))),
        loaded_(prologue_of(problem.prologue, "x", problem.x)), affine_(affine_of(problem, computed_)),
        epilogue_(epilogue_or(problem.epilogue, "y", computed_,
                              prologue_scalar(problem.prologue, problem.x.scalar))),
        step_(operation, parts.results ? problem.name : Text("statistics"), options, at), k_(step_.k) {}

  Result<void> run() {
    SizeTable& table = step_.table();
    SizeId shape[Shape::max_rank];
    RowAxis kinds[Shape::max_rank];
    const std::size_t rank = problem_.x.shape.rank();
    for (std::size_t i = 0; i < rank; ++i) shape[i] = table.of(problem_.x.shape[i]);
    normalize_kinds(problem_, kinds);
    const Span<const SizeId> space(shape, rank);
    const SizeId groups = table.literal(problem_.groups);
    RowSpace sums(table, space, Span<const RowAxis>(kinds, rank), groups);
    RowSpace results(table, space, Span<const RowAxis>(kinds, rank), groups);
    ExpressionEmitter sum_load(step_, loaded_, space, ExpressionUse::Prologue);
    ExpressionEmitter result_load(step_, loaded_, space, ExpressionUse::Prologue);
    const Expression nothing;
    ExpressionEmitter affine(step_, parts_.results ? affine_ : nothing, space, ExpressionUse::Prologue);
    ExpressionEmitter stores(step_, parts_.results ? epilogue_ : nothing, space);
    if (k_.failed()) return step_.finish(table.literal(0));
    ExpressionEmitter* const sum_emitters[] = {&sum_load};
    ExpressionEmitter* const result_emitters[] = {&result_load, &affine, &stores};
    sums.merge(sum_emitters);
    results.merge(result_emitters);
    const SizeId rows = sums.rows(), length = sums.length();
    Memory mean_memory, deviation_memory;
    if (parts_.statistics) {
      const auto declare = [&](Text name) {
        return step_.memory(name, Role::Output, {computed_, statistics_shape(kinds)},
                            table.mul(rows, element_bytes(computed_)), kernel::Access::WriteOnly);
      };
      if (subtracts_mean(problem_.kind)) mean_memory = declare("mean");
      deviation_memory = declare("inv_std_dev");
    }
    const std::uint32_t width = rows_schedule_.width;
    RowPass pass(step_, rows_schedule_, table.div(length, width));
    const kernel::Type state(computed_);
    const ReduceTeams teams = rows_schedule_.teams();
    WorkgroupReduce reduce(step_, Span<const kernel::Type>(&state, 1), teams.team());
    const WorkGrid grid(table, {teams.groups(table, rows, 1)});
    grid.run(step_, [&](Span<const Index> ids) {
      const ReduceTeams::Place at = teams.place(step_, ids[0], rows, 1);
      pass.set_place(at.place);
      sums.set_row(step_, at.result);
      const auto load_sum = [&](Index vector) { return load(sum_load, sums, vector); };
      pass.load(load_sum);
      AnyValue mean, factor;
      statistics(pass, reduce, load_sum, length, mean, factor);
      if (k_.failed()) return;
      if (parts_.statistics)
        teams.if_first(step_, at, [&] {
          if (!mean.empty()) step_.store(mean_memory, at.result, mean);
          step_.store(deviation_memory, at.result, factor);
        });
      if (!parts_.results) return;
      results.set_row(step_, at.result);
      teams.if_exists(step_, at, [&] {
        pass.each([&](Index vector) { return load(result_load, results, vector); },
                  [&](Index vector, AnyValue value) {
                    Index coordinates[Shape::max_rank];
                    const ExpressionPoint point = results.point(step_, vector, width, coordinates);
                    const AnyValue normal = normalised(value, mean, factor);
                    AnyValue scaled;
                    affine.evaluate(point, Span<const AnyValue>(&normal, 1), &scaled);
                    if (!k_.failed()) stores.run(point, Span<const AnyValue>(&scaled, 1));
                  });
      });
    });
    return step_.finish(grid.total());
  }

private:
  Shape statistics_shape(const RowAxis* kinds) const {
    Shape shape = problem_.x.shape;
    for (std::size_t i = 0; i < shape.rank(); ++i)
      if (kinds[i] != RowAxis::Row) shape[i] = 1;
    return shape;
  }
  kernel::Type type() const { return kernel::Type(computed_, rows_schedule_.width); }
  AnyValue splat(AnyValue value) {
    if (!type().is_vector()) return value;
    const AnyValue parts[4] = {value, value, value, value};
    return k_.construct(type(), Span<const AnyValue>(parts, type().components()));
  }
  AnyValue number(double value) { return k_.constant_float(kernel::Type(computed_), value); }
  AnyValue function(Function f, AnyValue a) { return emit_function(step_, f, Span<const AnyValue>(&a, 1)); }

  AnyValue load(ExpressionEmitter& emitter, RowSpace& space, Index vector) {
    Index coordinates[Shape::max_rank];
    const ExpressionPoint point = space.point(step_, vector, rows_schedule_.width, coordinates);
    AnyValue value;
    emitter.evaluate(point, {}, &value);
    return k_.failed() ? AnyValue() : emit_cast(step_, value, computed_);
  }

  // What is subtracted, if anything, and by what the difference is multiplied (for Lp: divided).
  template <class Load>
  void statistics(RowPass& pass, WorkgroupReduce& reduce, Load&& load_sum, SizeId length, AnyValue& mean,
                  AnyValue& factor) {
    using kernel::Op;
    const bool is_lp = problem_.kind == NormalizeKind::Lp;
    const AnyValue count = k_.convert(Op::Convert, step_.size(length).any(), kernel::Type(computed_));
    if (subtracts_mean(problem_.kind)) {
      const AnyValue sum = row_sum(step_, pass, reduce, type(), load_sum, [&](AnyValue v) { return v; });
      if (k_.failed()) return;
      mean = k_.apply(Op::Div, sum, count);
    }
    const AnyValue centre = mean.empty() ? AnyValue() : splat(mean);
    const AnyValue sum = row_sum(step_, pass, reduce, type(), load_sum, [&](AnyValue v) {
      if (is_lp && problem_.p == 1) return function(Function::Abs, v);
      const AnyValue difference = centre.empty() ? v : k_.apply(Op::Sub, v, centre);
      return k_.apply(Op::Mul, difference, difference);
    });
    if (k_.failed()) return;
    if (is_lp) {
      factor = problem_.p == 1 ? sum : k_.apply(Op::Sqrt, sum);
      return;
    }
    const AnyValue variance = k_.apply(Op::Div, sum, count);
    if (problem_.kind == NormalizeKind::MeanVariance) {
      const AnyValue deviation = k_.apply(Op::Add, k_.apply(Op::Sqrt, variance), number(problem_.epsilon));
      factor = k_.apply(Op::Div, number(1), deviation);
    } else {
      factor = k_.apply(Op::InverseSqrt, k_.apply(Op::Add, variance, number(problem_.epsilon)));
    }
  }

  AnyValue normalised(AnyValue value, AnyValue mean, AnyValue factor) {
    using kernel::Op;
    if (problem_.kind == NormalizeKind::Lp) {
      const AnyValue zero = k_.constant_float(type(), 0), norm = splat(factor);
      const AnyValue quotient = k_.apply(Op::Div, value, norm);
      const AnyValue parts[3] = {k_.apply(Op::Equal, norm, zero), zero, quotient};
      return k_.apply(Op::Select, parts);
    }
    const AnyValue difference = mean.empty() ? value : k_.apply(Op::Sub, value, splat(mean));
    return k_.apply(Op::Mul, difference, splat(factor));
  }

  const NormalizeProblem& problem_;
  NormalizeParts parts_;
  RowSchedule rows_schedule_;
  Scalar computed_;
  const Expression loaded_, affine_, epilogue_;
  StepBuilder step_;
  kernel::KernelBuilder& k_;
};

// Storage buffers of a kernel that stores everything.
inline std::uint32_t normalize_buffers(const NormalizeProblem& problem) {
  std::uint32_t buffers = 1u + problem.scale + problem.bias;
  for (const Expression::Input& input : problem.prologue.inputs())
    buffers += input.type.storage == Storage::Buffer;
  for (const Expression::Input& input : problem.epilogue.inputs())
    buffers += input.type.storage == Storage::Buffer;
  for (const Expression::Output& output : problem.epilogue.outputs())
    buffers += output.type.storage == Storage::Buffer;
  if (problem.epilogue.empty()) ++buffers;
  if (problem.statistics) buffers += subtracts_mean(problem.kind) ? 2u : 1u;
  return buffers;
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const NormalizeProblem& problem, const NormalizeSchedule& schedule,
                                   const Target& target) {
  if (Result<void> r = detail::check_normalize_shape(problem); !r) return r;
  if (Result<void> r = detail::check_normalize_types(problem); !r) return r;
  if (Result<void> r = detail::check_workgroup(schedule.workgroup, target); !r) return r;
  if (Result<void> r = detail::check_range("span", schedule.span, 1, schedule.workgroup, "the workgroup"); !r)
    return r;
  if (Result<void> r = detail::check_range("width", schedule.width, 1, 4); !r) return r;
  if (Result<void> r = detail::check_range("unroll", schedule.unroll, 1, 16); !r) return r;
  if (Result<void> r = detail::check_range("hold", schedule.hold, 0, 64); !r) return r;
  if (schedule.workgroup % schedule.span != 0) {
    String message("span is ");
    message << schedule.span << ", and has to divide the workgroup, " << schedule.workgroup;
    return detail::refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  const detail::RowSchedule rows = detail::row_schedule(problem, schedule);
  SizeTable table;
  const SizeId last = table.of(problem.x.shape[problem.x.shape.rank() - 1]);
  const bool vectors = schedule.width == 1 || (!rows.rows_are_neighbours && schedule.width != 3 &&
                                               table.is_multiple(last, schedule.width));
  if (!vectors) {
    String message("width is ");
    message << schedule.width << ", and has to be 1, or 2 or 4 where it divides the last axis ("
            << table.to_string(last) << ") and that is normalised";
    return detail::refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  const std::uint64_t bytes = schedule.span == 1 ? 0 : WorkgroupReduce::shared_bytes(schedule.workgroup, 8);
  if (bytes > target.max_shared_memory) {
    String message("the workgroup shares ");
    message << bytes << " bytes, and the target has " << target.max_shared_memory;
    return detail::refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  bool literal = false;
  const std::uint64_t length = detail::longest_row(problem, target, literal);
  detail::RowSchedule loops = rows;
  if (!literal) loops.hold = 0;
  const std::uint64_t passes = detail::subtracts_mean(problem.kind) ? 3 : 2;
  const std::uint64_t iterations = passes * detail::RowPass::iterations(loops, length / schedule.width) +
                                   (schedule.span == 1 ? 0 : 2 * std::uint64_t{schedule.workgroup});
  if (target.max_loop_iterations != 0 && iterations > target.max_loop_iterations) {
    String message("an invocation may loop ");
    message << iterations << " times, and the device stops it after " << target.max_loop_iterations
            << "; raise span, width or unroll, or give the row's length a maximum";
    return detail::refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  return {};
}

AIRSTRIP_INLINE NormalizeSchedule default_schedule(const NormalizeProblem& problem, const Target& target) {
  NormalizeSchedule schedule;
  const bool is_gpu = target.kind == DeviceKind::Gpu;
  const std::uint32_t most = detail::most_invocations(target);
  if (!detail::check_normalize_shape(problem)) return schedule;
  if (!detail::check_normalize_types(problem)) return schedule;
  detail::RowSchedule rows = detail::row_schedule(problem, schedule);
  bool literal = false;
  const std::uint64_t length = detail::longest_row(problem, target, literal);
  schedule.workgroup = is_gpu && most >= 256 ? 256 : most < 64 ? most : 64;
  if (rows.rows_are_neighbours) {
    schedule.span = 1;
  } else if (is_gpu) {
    SizeTable table;
    const SizeId last = table.of(problem.x.shape[problem.x.shape.rank() - 1]);
    schedule.width = table.is_multiple(last, 4) ? 4 : table.is_multiple(last, 2) ? 2 : 1;
    // Two vectors for each at least, as far as the workgroup goes.
    schedule.span = schedule.workgroup;
    while (schedule.span > 8 && std::uint64_t{schedule.span} * schedule.width * 2 > length)
      schedule.span /= 2;
    schedule.hold = 8;
  } else {
    // A vector of the processor takes a row: it meets at no barrier. Measured on llvmpipe 22.3, 1024 rows of 1024: 2.8 ms,
    // with 64 invocations a row 4.3 ms, with an invocation a row 3.1 ms; 16384 rows of 64: 2.6, 4.8 and 3.3 ms.
    const std::uint32_t lanes = target.subgroup_size != 0 ? target.subgroup_size : 8;
    schedule.workgroup = schedule.span = most < lanes ? most : lanes;
    schedule.hold = 8;
  }
  // Within the iterations that the device permits: longer ones, then more invocations.
  while (schedule.unroll < 16 && !legal(problem, schedule, target)) schedule.unroll *= 2;
  while (schedule.span > 1 && schedule.workgroup * 2 <= most && !legal(problem, schedule, target)) {
    schedule.workgroup *= 2;
    schedule.span = schedule.workgroup;
  }
  return schedule;
}

AIRSTRIP_INLINE Result<Operation> normalize(const NormalizeProblem& problem,
                                            const NormalizeSchedule& schedule, const Target& target,
                                            SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  Operation operation;
  operation.set_target(target);
  // Sizes are made before a kernel begins.
  for (const Dimension& d : problem.x.shape) operation.sizes_to_fill().of(d);
  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  detail::prepare_rows(options, detail::row_schedule(problem, schedule), target);
  const auto add = [&](detail::NormalizeParts parts) {
    return detail::Normalizer(operation, problem, schedule, parts, options, at).run();
  };
  const bool splits = problem.statistics && detail::normalize_buffers(problem) > target.max_storage_buffers;
  if (Result<void> r = add({true, problem.statistics && !splits}); !r) return r.error();
  if (splits)
    if (Result<void> r = add({false, true}); !r) return r.error();
  return operation;
}

AIRSTRIP_INLINE Result<Operation> normalize(const NormalizeProblem& problem, const Target& target,
                                            SourceLocation at) {
  return normalize(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
