#pragma once

#include "move_family.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline Result<void> describe(const TransposeProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  const std::size_t rank = m.x_layout.rank;
  std::size_t permutation[Shape::max_rank];
  if (!problem.permutation.empty() && problem.permutation.size() != rank)
    return invalid_shape("the permutation has not as many axes as x");
  if (Result<void> r = axes_of(problem.permutation, rank, permutation); !r) return r;
  if (problem.permutation.empty())
    for (std::size_t i = 0; i < rank; ++i) permutation[i] = rank - 1 - i;
  for (std::size_t i = 0; i < rank; ++i) m.add_axis(m.x_layout.shape[permutation[i]]);
  IndexMap& map = m.begin_map();
  for (std::size_t axis = 0; axis < rank; ++axis)
    for (std::size_t i = 0; i < rank; ++i)
      if (permutation[i] == axis) map.add_result(map.coordinate(i));
  return {};
}

/// The output's axis that x's rows lie along, or the rank.
inline std::size_t row_axis(const Movement& m) {
  for (std::size_t i = m.rank; i-- > 0;) {
    std::int64_t stride = 0;
    if (!m.table.is_literal(m.space[i], 1) && movement_stride(m, i, stride) && stride == 1) return i;
  }
  return m.rank;
}

/// Bytes of a tile in workgroup memory: words at least, and a column more, so that neither a row nor a column has all
/// its elements in one bank.
inline std::uint32_t tile_bytes(const TransposeProblem& problem, std::uint32_t tile) {
  const std::uint32_t bytes = element_bytes(problem.x.scalar);
  return tile * (tile + 1) * (bytes < 4 ? 4 : bytes);
}

inline SizeId emit_tiled_transpose(StepBuilder& step, const Movement& m, const TransposeProblem& problem,
                                   const TransposeSchedule& schedule) {
  kernel::KernelBuilder& k = step.k;
  SizeTable& table = m.table;
  MoveInput input(step, m);
  MoveOutput output(step, problem.x.scalar, problem.epilogue, {"y", problem.y}, {m.space, m.rank});
  const std::size_t across = row_axis(m), along = m.rank - 1;
  const std::uint32_t tile = schedule.tile, rows = schedule.workgroup / tile;
  const Scalar bits = kernel::unsigned_of(8 * element_bytes(problem.x.scalar));
  const bool is_narrow = kernel::width_of(bits) < 32;
  const kernel::Type word(is_narrow ? Scalar::U32 : bits);
  const std::uint32_t shared = k.add_array(kernel::ResourceKind::Workgroup, word, tile * (tile + 1), "tile");
  SizeId counts[Shape::max_rank];
  for (std::size_t i = 0; i < m.rank; ++i)
    counts[i] = i == across || i == along ? table.ceil_div(m.space[i], tile) : m.space[i];
  const WorkGrid grid(table, {counts, m.rank});
  const auto place = [&](Index index) {
    kernel::Place at;
    at.builder = &k;
    at.resource = shared;
    at.index = index.any();
    return at;
  };
  grid.run(step, [&](Span<const Index> ids) {
    const Index lane = k.local_id().x;
    const Index x = lane % tile, y = lane / tile;
    const Index first_across = ids[across] * tile, first_along = ids[along] * tile;
    const Index end_across = step.size(m.space[across]), end_along = step.size(m.space[along]);
    Index coordinates[Shape::max_rank];
    for (std::size_t i = 0; i < m.rank; ++i) coordinates[i] = ids[i];
    ExpressionPoint point;
    point.coordinates = {coordinates, m.rank};
    point.vector_axis = along;
    coordinates[across] = first_across + x;
    for (std::uint32_t r = 0; r < tile; r += rows) {
      const Index row = r == 0 ? y : y + r;
      coordinates[along] = first_along + row;
      const Value<bool> in_across = coordinates[across] < end_across,
                        in_along = coordinates[along] < end_along;
      k.if_(in_across && in_along, [&] {
        AnyValue value = input.load(point);
        if (is_narrow) value = k.convert(kernel::Op::Convert, value, word);
        k.store(place(row * (tile + 1) + x), value);
      });
    }
    k.barrier(kernel::memory::workgroup);
    coordinates[along] = first_along + x;
    for (std::uint32_t r = 0; r < tile; r += rows) {
      const Index row = r == 0 ? y : y + r;
      coordinates[across] = first_across + row;
      const Value<bool> in_across = coordinates[across] < end_across,
                        in_along = coordinates[along] < end_along;
      k.if_(in_across && in_along, [&] {
        AnyValue value = k.load(place(x * (tile + 1) + row), word);
        if (is_narrow) value = k.convert(kernel::Op::Convert, value, kernel::Type(bits));
        output.store(point, value);
      });
    }
  });
  return grid.total();
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const TransposeProblem& problem, const TransposeSchedule& schedule,
                                   const Target& target) {
  const auto describe = [&](Movement& m) { return detail::describe(problem, m); };
  if (Result<void> r = detail::movement_legal(problem, {schedule.workgroup, schedule.width, schedule.items},
                                              target, describe);
      !r || schedule.tile == 0)
    return r;
  if (Result<void> r = detail::check_range("tile", schedule.tile, 2, 64); !r) return r;
  String message;
  if (schedule.workgroup % schedule.tile != 0 || schedule.tile % (schedule.workgroup / schedule.tile) != 0) {
    message << "the workgroup is " << schedule.workgroup << ", and has to be 1 row or more of a tile of "
            << schedule.tile << ", whose rows are a multiple of those";
    return detail::refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  const std::uint32_t bytes = detail::tile_bytes(problem, schedule.tile);
  if (bytes > target.max_shared_memory) {
    message << "a tile takes " << bytes << " bytes, and maxComputeSharedMemorySize is "
            << target.max_shared_memory;
    return detail::refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  SizeTable table;
  Movement movement(table);
  if (Result<void> r = detail::describe_checked(movement, describe); !r) return r;
  const std::size_t across = detail::row_axis(movement);
  if (across + 1 < movement.rank) return {};
  message << "there is nothing to tile: "
          << (across == movement.rank ? "no axis of x lies in a row"
                                      : "the axis that lies in a row stays the last");
  return detail::refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
}

AIRSTRIP_INLINE TransposeSchedule default_schedule(const TransposeProblem& problem, const Target& target) {
  const auto describe = [&](Movement& m) { return detail::describe(problem, m); };
  const MoveSchedule plain = detail::movement_schedule(target, describe);
  TransposeSchedule schedule = {plain.workgroup, plain.width, plain.items, 0};
  if (target.kind != DeviceKind::Gpu || schedule.workgroup == 0)
    return schedule;  // workgroup memory is memory like any other there
  TransposeSchedule tiled = schedule;
  tiled.width = 1;
  tiled.tile = 32;
  tiled.workgroup = plain.workgroup >= 256 ? 256 : plain.workgroup / 32 * 32;
  while (tiled.workgroup > 32 && 32 % (tiled.workgroup / 32) != 0) tiled.workgroup -= 32;
  const Result<void> permitted = legal(problem, tiled, target);
  if (detail::is_out_of_memory(permitted)) schedule.workgroup = 0;
  return permitted ? tiled : schedule;
}

AIRSTRIP_INLINE Result<Operation> transpose(const TransposeProblem& problem,
                                            const TransposeSchedule& schedule, const Target& target,
                                            SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  const auto describe = [&](Movement& m) { return detail::describe(problem, m); };
  if (schedule.tile == 0)
    return detail::movement_operation(problem, {schedule.workgroup, schedule.width, schedule.items}, target,
                                      at, describe);
  Operation operation;
  operation.set_target(target);
  Movement movement(operation.sizes_to_fill());
  if (Result<void> r = detail::describe_checked(movement, describe); !r)
    return detail::error_at(r.error(), at);
  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  StepBuilder step(operation, problem.name, options, at);
  const SizeId groups = detail::emit_tiled_transpose(step, movement, problem, schedule);
  if (Result<void> r = step.finish(groups); !r) return r.error();
  return operation;
}
AIRSTRIP_INLINE Result<Operation> transpose(const TransposeProblem& problem, const Target& target,
                                            SourceLocation at) {
  return detail::with_default(default_schedule(problem, target),
                              [&](const auto& schedule) { return transpose(problem, schedule, target, at); });
}

AIRSTRIP_TENSOR_NAMESPACE_END
