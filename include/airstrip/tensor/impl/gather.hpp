#pragma once

#include "../gather.hpp"
#include "move_family.hpp"
#include "movement_functions.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline Result<void> check_indices(Text name, const TensorType& type) {
  if (Result<void> r = check_tensor(name, type); !r) return r;
  if (type.scalar == Scalar::I32 || type.scalar == Scalar::I64) return {};
  String message(name);
  message << " is of type " << to_string(type.scalar) << ", and indices are i32 or i64";
  return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
}

/// Axes that have to be equal. Formulas that differ may still be the same number; then it is checked that neither is more.
inline Result<void> check_equal(SizeTable& table, SizeId a, SizeId b, Text first, Text second,
                                std::size_t axis) {
  if (a == b) return {};
  if (!table.is_literal(a) || !table.is_literal(b)) {
    table.sub(a, b);
    table.sub(b, a);
    return {};
  }
  String message(first);
  message << " has " << table.to_string(a) << " elements along axis " << counted(axis) << ", and " << second
          << " has " << table.to_string(b);
  return invalid_shape(static_cast<String&&>(message));
}
inline Result<void> check_not_larger(SizeTable& table, SizeId a, SizeId b, Text first, Text second,
                                     std::size_t axis) {
  if (a == b) return {};
  if (!table.is_literal(a) || !table.is_literal(b)) {
    table.sub(b, a);
    return {};
  }
  if (table.lower(a) <= table.lower(b)) return {};
  String message(first);
  message << " has " << table.to_string(a) << " elements along axis " << counted(axis)
          << ", which is more than the " << table.to_string(b) << " of " << second;
  return invalid_shape(static_cast<String&&>(message));
}

/// An element's coordinate along an axis of `n`, from an index as it is given.
inline MapId gathered(IndexMap& map, MapId index, SizeId n) {
  const MapId at = map.clamp(map.from_end(index, n), n);
  map.require_below(at, n);
  return at;
}

inline Result<void> describe(const GatherProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("data", problem.data, m); !r) return r;
  if (Result<void> r = check_indices("indices", problem.indices); !r) return r;
  const std::size_t rank = m.x_layout.rank, of_indices = problem.indices.shape.rank();
  const Result<std::size_t> axis = axis_of(problem.axis, rank);
  if (!axis) return axis.error();
  if (rank - 1 + of_indices > Shape::max_rank)
    return invalid_shape("what is gathered has more than eight axes");
  m.lookups[m.lookup_count++] = {"indices", problem.indices};
  for (std::size_t i = 0; i < *axis; ++i) m.add_axis(m.x_layout.shape[i]);
  for (const Dimension& d : problem.indices.shape) m.add_axis(m.table.of(d));
  for (std::size_t i = *axis + 1; i < rank; ++i) m.add_axis(m.x_layout.shape[i]);
  IndexMap& map = m.begin_map();
  MapId places[Shape::max_rank];
  for (std::size_t i = 0; i < of_indices; ++i) places[i] = map.coordinate(*axis + i);
  for (std::size_t i = 0; i < rank; ++i) {
    if (i == *axis)
      map.add_result(gathered(map, map.lookup(0, {places, of_indices}), m.x_layout.shape[i]));
    else
      map.add_result(map.coordinate(i < *axis ? i : i - 1 + of_indices));
  }
  return {};
}

inline Result<void> describe(const GatherElementsProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("data", problem.data, m); !r) return r;
  if (Result<void> r = check_indices("indices", problem.indices); !r) return r;
  const std::size_t rank = m.x_layout.rank;
  const Result<std::size_t> axis = axis_of(problem.axis, rank);
  if (!axis) return axis.error();
  if (problem.indices.shape.rank() != rank)
    return invalid_shape("indices have another number of axes than data");
  m.lookups[m.lookup_count++] = {"indices", problem.indices};
  for (std::size_t i = 0; i < rank; ++i) {
    const SizeId size = m.table.of(problem.indices.shape[i]);
    if (i != *axis)
      if (Result<void> r = check_not_larger(m.table, size, m.x_layout.shape[i], "indices", "data", i); !r)
        return r;
    m.add_axis(size);
  }
  IndexMap& map = m.begin_map();
  MapId places[Shape::max_rank];
  for (std::size_t i = 0; i < rank; ++i) places[i] = map.coordinate(i);
  for (std::size_t i = 0; i < rank; ++i)
    map.add_result(i == *axis ? gathered(map, map.lookup(0, {places, rank}), m.x_layout.shape[i])
                              : places[i]);
  return {};
}

/// Components of each index of a tensor whose last axis they are.
inline Result<std::size_t> index_components(const TensorType& indices, std::size_t most) {
  const std::size_t rank = indices.shape.rank();
  if (rank == 0) return invalid_shape("indices have no axis for their components");
  const Dimension& last = indices.shape[rank - 1];
  if (!last.is_literal() || last.value() < 1 || last.value() > static_cast<std::int64_t>(most)) {
    String message("the last axis of indices is ");
    message << to_string(Shape{last}) << ", and has to be a literal from 1 to " << counted(most)
            << ": the axes of data that are indexed";
    return invalid_shape(static_cast<String&&>(message));
  }
  return static_cast<std::size_t>(last.value());
}

inline Result<void> describe(const GatherNDProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("data", problem.data, m); !r) return r;
  if (Result<void> r = check_indices("indices", problem.indices); !r) return r;
  const std::size_t rank = m.x_layout.rank, batch = problem.batch_axes;
  if (batch >= rank) return invalid_shape("there are not less batch axes than data has");
  const Result<std::size_t> components = index_components(problem.indices, rank - batch);
  if (!components) return components.error();
  const std::size_t outer = problem.indices.shape.rank() - 1, first = batch + *components;
  if (batch > outer) return invalid_shape("indices have not all the batch axes");
  if (outer + rank - first > Shape::max_rank)
    return invalid_shape("what is gathered has more than eight axes");
  m.lookups[m.lookup_count++] = {"indices", problem.indices};
  for (std::size_t i = 0; i < outer; ++i) {
    const SizeId size = m.table.of(problem.indices.shape[i]);
    if (i < batch)
      if (Result<void> r = check_equal(m.table, size, m.x_layout.shape[i], "indices", "data", i); !r)
        return r;
    m.add_axis(size);
  }
  for (std::size_t i = first; i < rank; ++i) m.add_axis(m.x_layout.shape[i]);
  IndexMap& map = m.begin_map();
  MapId places[Shape::max_rank];
  for (std::size_t i = 0; i < outer; ++i) places[i] = map.coordinate(i);
  for (std::size_t i = 0; i < rank; ++i) {
    if (i < batch) {
      map.add_result(places[i]);
    } else if (i < first) {
      places[outer] = map.literal(static_cast<std::int64_t>(i - batch));
      map.add_result(gathered(map, map.lookup(0, {places, outer + 1}), m.x_layout.shape[i]));
    } else {
      map.add_result(map.coordinate(outer + i - first));
    }
  }
  return {};
}

inline Result<void> describe(const ReverseSequenceProblem& problem, Movement& m) {
  if (Result<void> r = describe_input("x", problem.x, m); !r) return r;
  if (Result<void> r = check_indices("lengths", problem.lengths); !r) return r;
  const Result<std::size_t> batch = axis_of(problem.batch_axis, m.x_layout.rank, "the batch axis");
  if (!batch) return batch.error();
  const Result<std::size_t> time = axis_of(problem.time_axis, m.x_layout.rank, "the time axis");
  if (!time) return time.error();
  if (*batch == *time) return invalid_shape("the batch axis is the time axis");
  if (problem.lengths.shape.rank() != 1) return invalid_shape("lengths have not one axis");
  for (std::size_t i = 0; i < m.x_layout.rank; ++i) m.add_axis(m.x_layout.shape[i]);
  const SizeId lengths = m.table.of(problem.lengths.shape[0]);
  if (Result<void> r = check_equal(m.table, lengths, m.x_layout.shape[*batch], "lengths", "x", *batch); !r)
    return r;
  m.lookups[m.lookup_count++] = {"lengths", problem.lengths};
  IndexMap& map = m.begin_map();
  for (std::size_t i = 0; i < m.x_layout.rank; ++i) {
    const MapId c = map.coordinate(i);
    if (i != *time) {
      map.add_result(c);
      continue;
    }
    const MapId b = map.coordinate(*batch);
    const MapId length = map.min_of(map.lookup(0, {&b, 1}), map.size(m.x_layout.shape[i]));
    const MapId mirrored = map.sub(map.sub(length, map.literal(1)), c);
    map.add_result(map.choose(c, length, mirrored, c));
  }
  return {};
}

}  // namespace detail

AIRSTRIP_TENSOR_MOVEMENT(GatherProblem, gather)
AIRSTRIP_TENSOR_MOVEMENT(GatherElementsProblem, gather_elements)
AIRSTRIP_TENSOR_MOVEMENT(GatherNDProblem, gather_nd)
AIRSTRIP_TENSOR_MOVEMENT(ReverseSequenceProblem, reverse_sequence)

AIRSTRIP_TENSOR_NAMESPACE_END
