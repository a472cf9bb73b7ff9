#pragma once

#include "../gather.hpp"
#include "../primitives/function_emit.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// A scattering in either form. Of ScatterND the outer axes of indices and updates are one.
struct Scatter {
  explicit Scatter(SizeTable& of) : table(of) {}
  SizeTable& table;
  TensorType data, indices, updates;
  TensorLayout data_layout, index_layout, update_layout;
  ScatterReduction reduction = ScatterReduction::Replace;
  std::size_t axis = 0;        // of ScatterElements
  std::size_t components = 0;  // of ScatterND; 0: ScatterElements
  SizeId count = {};           // updates that an element looks at
};

inline Result<void> describe_scatter(Scatter& s) {
  if (Result<void> r = check_tensor("data", s.data); !r) return r;
  if (Result<void> r = check_indices("indices", s.indices); !r) return r;
  if (Result<void> r = check_tensor("updates", s.updates); !r) return r;
  String message("updates are ");
  if (s.updates.scalar != s.data.scalar) {
    message << to_string(s.updates.scalar) << ", and data is " << to_string(s.data.scalar);
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  if (s.reduction != ScatterReduction::Replace && s.data.scalar == Scalar::Boolean)
    return refuse(ErrorCode::WrongType, "Booleans are scattered without a reduction alone");
  s.data_layout = layout_of(s.table, s.data);
  return {};
}

inline Result<void> describe(const ScatterElementsProblem& problem, Scatter& s) {
  s.data = problem.data;
  s.indices = problem.indices;
  s.updates = problem.updates;
  s.reduction = problem.reduction;
  if (Result<void> r = describe_scatter(s); !r) return r;
  const std::size_t rank = s.data_layout.rank;
  const Result<std::size_t> axis = axis_of(problem.axis, rank);
  if (!axis) return axis.error();
  s.axis = *axis;
  if (problem.indices.shape.rank() != rank || problem.updates.shape.rank() != rank)
    return invalid_shape("indices or updates have another number of axes than data");
  s.index_layout = layout_of(s.table, s.indices);
  s.update_layout = layout_of(s.table, s.updates);
  for (std::size_t i = 0; i < rank; ++i) {
    const SizeId size = s.index_layout.shape[i];
    if (Result<void> r = check_equal(s.table, size, s.update_layout.shape[i], "indices", "updates", i); !r)
      return r;
    if (i == s.axis) continue;
    if (Result<void> r = check_not_larger(s.table, size, s.data_layout.shape[i], "indices", "data", i); !r)
      return r;
  }
  s.count = s.index_layout.shape[s.axis];
  return {};
}

inline Result<void> describe(const ScatterNDProblem& problem, Scatter& s) {
  s.data = problem.data;
  s.indices = problem.indices;
  s.updates = problem.updates;
  s.reduction = problem.reduction;
  if (Result<void> r = describe_scatter(s); !r) return r;
  const std::size_t rank = s.data_layout.rank;
  const Result<std::size_t> components = index_components(problem.indices, rank);
  if (!components) return components.error();
  s.components = *components;
  const std::size_t outer = problem.indices.shape.rank() - 1;
  if (problem.updates.shape.rank() != outer + rank - s.components)
    return invalid_shape("updates have not the outer axes of indices and the inner ones of data");
  if (!problem.indices.strides.empty() || !problem.updates.strides.empty())
    return invalid_shape("indices and updates of ScatterND are without strides; copy them before");
  s.count = s.table.literal(1);
  for (std::size_t i = 0; i < outer; ++i) {
    const SizeId size = s.table.of(problem.indices.shape[i]);
    if (Result<void> r =
            check_equal(s.table, s.table.of(problem.updates.shape[i]), size, "updates", "indices", i);
        !r)
      return r;
    s.count = s.table.mul(s.count, size);
  }
  SizeId shape[Shape::max_rank + 1] = {s.count};
  for (std::size_t i = s.components; i < rank; ++i) {
    const std::size_t own = outer + i - s.components;
    if (Result<void> r = check_equal(s.table, s.table.of(problem.updates.shape[own]), s.data_layout.shape[i],
                                     "updates", "data", own);
        !r)
      return r;
    shape[1 + i - s.components] = s.data_layout.shape[i];
  }
  s.update_layout = layout_of(s.table, s.updates, {shape, 1 + rank - s.components});
  shape[1] = s.table.literal(static_cast<std::int64_t>(s.components));
  s.index_layout = layout_of(s.table, s.indices, {shape, 2});
  return {};
}

/// The kernel of a scattering.
class ScatterKernel {
public:
  ScatterKernel(StepBuilder& step, const Scatter& scatter)
      : step_(step), k_(step.k), s_(scatter),
        data_(step, "data", Role::Input, s_.data, s_.data_layout, kernel::Access::ReadOnly),
        indices_(step, "indices", Role::Input, s_.indices, s_.index_layout, kernel::Access::ReadOnly),
        updates_(step, "updates", Role::Input, s_.updates, s_.update_layout, kernel::Access::ReadOnly) {}

  /// An element of the output, as bits.
  AnyValue element(Span<const Index> c, std::uint32_t unroll) {
    const bool moves = s_.reduction == ScatterReduction::Replace;
    const AnyValue start = data_.load(step_, data_.place(step_, c));
    const kernel::AnyVariable result = k_.variable(moves ? start.type() : kernel::Type(s_.data.scalar));
    k_.store(result, moves ? start : value_of_bits(step_, start, s_.data.scalar));
    const auto look_at = [&](Index u) {
      k_.if_(is_for(c, u), [&] {
        const AnyValue bits = updates_.load(step_, update_place(c, u));
        if (moves) return k_.store(result, bits);
        const AnyValue operands[2] = {k_.load(result), value_of_bits(step_, bits, s_.data.scalar)};
        k_.store(result, emit_function(step_, function(), operands));
      });
    };
    const auto look_at_all = [&] {
      const Index count = step_.size(s_.count);
      if (unroll == 1) return k_.for_range<u32>(0u, count, 1u, look_at);
      const Index whole = count / unroll * unroll;
      k_.for_range<u32>(0u, whole, unroll, [&](Index first) {
        for (std::uint32_t i = 0; i < unroll; ++i) look_at(i == 0 ? first : first + i);
      });
      k_.for_range<u32>(whole, count, 1u, look_at);
    };
    // Elements beside the indices have no updates.
    Value<bool> inside;
    bool guarded = false;
    for (std::size_t i = 0; i < s_.data_layout.rank && s_.components == 0; ++i) {
      const SizeId size = s_.index_layout.shape[i];
      if (i == s_.axis || size == s_.data_layout.shape[i]) continue;
      const Value<bool> below = c[i] < step_.size(size);
      inside = guarded ? inside && below : below;
      guarded = true;
    }
    if (guarded)
      k_.if_(inside, look_at_all);
    else
      look_at_all();
    const AnyValue last = k_.load(result);
    return moves ? last : bits_of_value(step_, last);
  }

private:
  Function function() const {
    switch (s_.reduction) {
      case ScatterReduction::Add: return Function::Add;
      case ScatterReduction::Mul: return Function::Mul;
      case ScatterReduction::Min: return Function::Min;
      default: return Function::Max;
    }
  }
  // Whether an index, counted from the end where it is negative, is a coordinate.
  Value<bool> matches(Index place, Index coordinate, SizeId n) {
    const Value<kernel::i32> index = indices_.load_index(step_, place);
    const Index given = kernel::bitcast<u32>(index);
    const Index from_end = given + step_.size(n);
    return kernel::select(index < 0, from_end, given) == coordinate;
  }
  Value<bool> is_for(Span<const Index> c, Index u) {
    if (s_.components == 0) {
      Index at[Shape::max_rank];
      for (std::size_t i = 0; i < c.size(); ++i) at[i] = i == s_.axis ? u : c[i];
      return matches(indices_.place(step_, {at, s_.index_layout.rank}), c[s_.axis],
                     s_.data_layout.shape[s_.axis]);
    }
    Value<bool> all;
    for (std::size_t i = 0; i < s_.components; ++i) {
      const Index at[2] = {u, k_.constant<u32>(static_cast<u32>(i))};
      const Value<bool> one = matches(indices_.place(step_, at), c[i], s_.data_layout.shape[i]);
      all = i == 0 ? one : all && one;
    }
    return all;
  }
  Index update_place(Span<const Index> c, Index u) {
    Index at[Shape::max_rank + 1];
    if (s_.components == 0) {
      for (std::size_t i = 0; i < c.size(); ++i) at[i] = i == s_.axis ? u : c[i];
    } else {
      at[0] = u;
      for (std::size_t i = s_.components; i < s_.data_layout.rank; ++i) at[1 + i - s_.components] = c[i];
    }
    return updates_.place(step_, {at, s_.update_layout.rank});
  }

  StepBuilder& step_;
  kernel::KernelBuilder& k_;
  const Scatter& s_;
  TensorView data_, indices_, updates_;
};

template <class P>
Result<void> describe_scatter_checked(const P& problem, Scatter& s) {
  Result<void> described = describe(problem, s);
  if (s.table.out_of_memory()) return out_of_memory();
  return described;
}

/// Iterations of an invocation, at most.
inline SizeId scatter_iterations(const Scatter& s, const ScatterSchedule& schedule) {
  const SizeId whole = s.table.div(s.count, schedule.unroll);
  return s.table.mul(s.table.add(whole, schedule.unroll - std::int64_t{1}), schedule.width);
}
/// What the device lets an invocation do.
inline std::int64_t most_iterations(const Target& target) {
  const std::uint64_t most = target.max_loop_iterations;
  return most == 0 || most > 0x7FFFFFFF ? 0x7FFFFFFF : static_cast<std::int64_t>(most);
}

template <class P>
Result<void> scatter_legal(const P& problem, const ScatterSchedule& schedule, const Target& target) {
  SizeTable table;
  Scatter s(table);
  if (Result<void> r = describe_scatter_checked(problem, s); !r) return r;
  if (Result<void> r = check_space(table, problem.name, s.data_layout.sizes()); !r) return r;
  if (!problem.y.strides.empty() && problem.y.strides.rank() != s.data_layout.rank)
    return invalid_shape("y has another number of strides than of axes");
  if (s.reduction != ScatterReduction::Replace)
    if (Result<void> r = check_arithmetic(s.data.scalar, target); !r) return r;
  const Text names[] = {"data", "indices", "updates"};
  if (Result<void> r = check_fused(problem.epilogue, names, 3, target); !r) return r;
  if (Result<void> r = check_move_schedule(schedule.workgroup, schedule.width, 1, target); !r) return r;
  if (Result<void> r = check_range("unroll", schedule.unroll, 1, 64); !r) return r;
  const std::int64_t iterations = table.lower(scatter_iterations(s, schedule));
  if (iterations <= most_iterations(target)) return {};
  String message("an invocation would iterate ");
  message << static_cast<std::uint64_t>(iterations) << " times, and the device stops it after "
          << static_cast<std::uint64_t>(most_iterations(target)) << "; unroll more, or scatter in parts";
  return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
}

template <class P>
ScatterSchedule scatter_schedule(const P& problem, const Target& target) {
  ScatterSchedule schedule;
  schedule.workgroup = default_workgroup(target);
  schedule.width = element_bytes(problem.data.scalar) < 4 ? 4 : 1;
  SizeTable table;
  Scatter s(table);
  const Result<void> described = describe_scatter_checked(problem, s);
  if (is_out_of_memory(described)) schedule.workgroup = 0;
  if (!described) return schedule;
  // Of sizes of run time what is likely; more than the device permits is refused when they are known.
  const auto fits = [&] {
    const SizeId iterations = scatter_iterations(s, schedule);
    const std::int64_t most = most_iterations(target);
    return table.upper(iterations) <= most || (!table.is_literal(s.count) && schedule.unroll >= 8);
  };
  if (!fits()) schedule.width = 1;
  while (schedule.unroll < 64 && !fits()) schedule.unroll *= 2;
  return schedule;
}

template <class P>
Result<Operation> scatter_operation(const P& problem, const ScatterSchedule& schedule, const Target& target,
                                    SourceLocation at) {
  if (Result<void> r = scatter_legal(problem, schedule, target); !r) return error_at(r.error(), at);
  Operation operation;
  operation.set_target(target);
  Scatter s(operation.sizes_to_fill());
  if (Result<void> r = describe_scatter_checked(problem, s); !r) return error_at(r.error(), at);
  // Sizes of run time that make it more than the device permits are refused when they are resolved.
  const SizeId iterations = scatter_iterations(s, schedule);
  if (s.table.upper(iterations) > most_iterations(target))
    s.table.sub(s.table.literal(most_iterations(target)), iterations);
  SizeId space[Shape::max_rank];
  std::size_t rank = 0;
  for (const SizeId size : s.data_layout.sizes()) space[rank++] = size;
  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  StepBuilder step(operation, problem.name, options, at);
  ScatterKernel scatter(step, s);
  MoveOutput output(step, s.data.scalar, problem.epilogue, {"y", problem.y}, {space, rank});
  const SizeId groups = for_each_point(
      step, {space, rank}, {schedule.workgroup, schedule.width, 1}, [&](const ExpressionPoint& point) {
        output.store(point, each_neighbour(step, point, [&](Span<const Index> c) {
                       return scatter.element(c, schedule.unroll);
                     }));
      });
  if (Result<void> r = step.finish(groups); !r) return r.error();
  return operation;
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const ScatterElementsProblem& problem, const ScatterSchedule& schedule,
                                   const Target& target) {
  return detail::scatter_legal(problem, schedule, target);
}
AIRSTRIP_INLINE ScatterSchedule default_schedule(const ScatterElementsProblem& problem,
                                                 const Target& target) {
  return detail::scatter_schedule(problem, target);
}
AIRSTRIP_INLINE Result<Operation> scatter_elements(const ScatterElementsProblem& problem,
                                                   const ScatterSchedule& schedule, const Target& target,
                                                   SourceLocation at) {
  return detail::scatter_operation(problem, schedule, target, at);
}
AIRSTRIP_INLINE Result<Operation> scatter_elements(const ScatterElementsProblem& problem,
                                                   const Target& target, SourceLocation at) {
  return detail::with_default(default_schedule(problem, target), [&](const auto& schedule) {
    return detail::scatter_operation(problem, schedule, target, at);
  });
}

AIRSTRIP_INLINE Result<void> legal(const ScatterNDProblem& problem, const ScatterSchedule& schedule,
                                   const Target& target) {
  return detail::scatter_legal(problem, schedule, target);
}
AIRSTRIP_INLINE ScatterSchedule default_schedule(const ScatterNDProblem& problem, const Target& target) {
  return detail::scatter_schedule(problem, target);
}
AIRSTRIP_INLINE Result<Operation> scatter_nd(const ScatterNDProblem& problem, const ScatterSchedule& schedule,
                                             const Target& target, SourceLocation at) {
  return detail::scatter_operation(problem, schedule, target, at);
}
AIRSTRIP_INLINE Result<Operation> scatter_nd(const ScatterNDProblem& problem, const Target& target,
                                             SourceLocation at) {
  return detail::with_default(default_schedule(problem, target), [&](const auto& schedule) {
    return detail::scatter_operation(problem, schedule, target, at);
  });
}

AIRSTRIP_TENSOR_NAMESPACE_END
