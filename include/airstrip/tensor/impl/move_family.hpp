// What the families of data movement have in common: from a description of a problem, its rules and its kernel.
#pragma once

#include "../move.hpp"
#include "../primitives/movement.hpp"
#include "check.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline Diagnostic invalid_shape(String message) {
  return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
}
inline std::uint64_t counted(std::size_t n) { return n; }
inline String& append_number(String& message, std::int64_t number) {
  if (number < 0) message << '-';
  const std::uint64_t bits = static_cast<std::uint64_t>(number);
  return message << (number < 0 ? std::uint64_t{0} - bits : bits);
}

/// `axis` counted from the first; InvalidShape where there is none such.
inline Result<std::size_t> axis_of(std::int64_t axis, std::size_t rank, const char* what = "the axis") {
  const std::int64_t count = static_cast<std::int64_t>(rank);
  if (axis >= -count && axis < count) return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
  String message(what);
  message << ' ';
  append_number(message, axis) << " is not one of " << counted(rank);
  return invalid_shape(static_cast<String&&>(message));
}

/// Axes counted from the first, each once.
inline Result<void> axes_of(const Integers& axes, std::size_t rank, std::size_t* found) {
  if (axes.size() > rank) return invalid_shape("there are more axes given than the tensor has");
  bool seen[Shape::max_rank] = {};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const Result<std::size_t> axis = axis_of(axes[i], rank);
    if (!axis) return axis.error();
    if (seen[*axis]) {
      String message("axis ");
      message << counted(*axis) << " is given twice";
      return invalid_shape(static_cast<String&&>(message));
    }
    seen[found[i] = *axis] = true;
  }
  return {};
}

/// Of a slice or a padding: which axis each entry is for.
inline Result<void> entries_of(const Integers& axes, std::size_t entries, std::size_t rank,
                               std::size_t* found) {
  if (!axes.empty() && axes.size() != entries)
    return invalid_shape("there are not as many axes as entries for them");
  if (!axes.empty()) return axes_of(axes, rank, found);
  if (entries > rank) return invalid_shape("there are more entries than the tensor has axes");
  for (std::size_t i = 0; i < entries; ++i) found[i] = i;
  return {};
}

inline Result<void> check_tensor(Text name, const TensorType& type) {
  if (Result<void> r = check_shape(name, type.shape); !r) return r;
  String message(name);
  for (const Dimension& d : type.shape)
    if (d.value() > 0x7FFFFFFF) {
      message << " has an axis longer than 2^31 - 1, and indices are signed integers of 32 bits";
      return refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
    }
  if (type.storage != Storage::Buffer) {
    message << " is an image, and elements are moved between buffers; use elementwise";
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  if (type.scalar == Scalar::Void) {
    message << " has no type";
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  if (!type.strides.empty() && type.strides.rank() != type.shape.rank()) {
    message << " has another number of strides than of axes";
    return invalid_shape(static_cast<String&&>(message));
  }
  return {};
}

/// A size that is known to be negative.
inline Result<void> check_size(const SizeTable& table, SizeId size, const char* what, std::size_t axis) {
  if (!table.is_literal(size) || table.lower(size) >= 0) return {};
  String message(what);
  message << " has ";
  append_number(message, table.lower(size)) << " elements along axis " << counted(axis);
  return invalid_shape(static_cast<String&&>(message));
}

/// Elements of a space: all index arithmetic is of 32 bits.
inline Result<void> check_space(const SizeTable& table, Text name, Span<const SizeId> space) {
  std::uint64_t elements = 1;
  for (const SizeId s : space) {
    if (!table.is_literal(s)) continue;
    const std::uint64_t n = static_cast<std::uint64_t>(table.lower(s));
    if (n == 0) return {};
    if (n > 0xFFFFFFFF || elements > 0xFFFFFFFF / n) {
      String message(name);
      message << " writes more than 2^32 - 1 elements; split the work";
      return refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
    }
    elements *= n;
  }
  return {};
}

/// What is fused: its own errors, its names, its buffers together with `own` ones.
inline Result<void> check_fused(const Expression& epilogue, Span<const Text> names, std::size_t own,
                                const Target& target) {
  if (!epilogue.ok()) return epilogue.error();
  std::size_t buffers = own;
  const auto check = [&](Text name, const TensorType& type) -> Result<void> {
    for (const Text each : names)
      if (each == name) {
        String message("an operand of the epilogue is called ");
        message << name << ", as one of the kernel's own is";
        return refuse(ErrorCode::InvalidOperand, static_cast<String&&>(message));
      }
    if (type.storage == Storage::Buffer) ++buffers;
    return {};
  };
  const Span<const Expression::Input> inputs = epilogue.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    bool again = false;
    for (std::size_t j = 0; j < i; ++j)
      again = again || epilogue.text(inputs[j].name) == epilogue.text(inputs[i].name);
    if (again) continue;
    if (Result<void> r = check(epilogue.text(inputs[i].name), inputs[i].type); !r) return r;
  }
  for (const Expression::Output& o : epilogue.outputs())
    if (Result<void> r = check(epilogue.text(o.name), o.type); !r) return r;
  if (epilogue.empty()) ++buffers;  // y
  if (buffers <= target.max_storage_buffers) return {};
  String message("the kernel binds ");
  message << counted(buffers) << " storage buffers, and the device has " << target.max_storage_buffers
          << " (maxPerStageDescriptorStorageBuffers); fuse less into it";
  return refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
}

inline Result<void> check_move_schedule(std::uint32_t workgroup, std::uint32_t width, std::uint32_t items,
                                        const Target& target) {
  if (Result<void> r = check_workgroup(workgroup, target); !r) return r;
  if (Result<void> r = check_range("width", width, 1, 4); !r) return r;
  return check_range("items", items, 1, 64);
}

/// Whether the device computes with a type; what it lacks of others is made up for.
inline Result<void> check_arithmetic(Scalar scalar, const Target& target) {
  if (scalar != Scalar::F64 || target.permits(spirv::Capability::Float64)) return {};
  return refuse(ErrorCode::MissingCapability,
                "the device has no 64-bit floats (Float64), and f64 is computed with");
}

/// Neighbours are moved together where they are in both tensors, or where elements are parts of words.
inline std::uint32_t default_width(const Movement& movement) {
  return element_bytes(movement.x.type.scalar) < 4 || moves_neighbours(movement) ? 4 : 1;
}

inline Diagnostic out_of_memory() { return refuse(ErrorCode::OutOfMemory, "out of memory for a kernel"); }

inline bool is_out_of_memory(const Result<void>& r) { return !r && r.error().code == ErrorCode::OutOfMemory; }

/// What `describe(movement)` says, or that memory was out: then what it found may follow from that.
template <class Describe>
Result<void> describe_checked(Movement& movement, Describe&& describe) {
  Result<void> described = describe(movement);
  if (movement.table.out_of_memory() || movement.map.out_of_memory()) return out_of_memory();
  return described;
}

/// The rules that `describe(movement)` and what follows from it have. `P` has y, epilogue and name.
template <class P, class Describe>
Result<void> movement_legal(const P& problem, const MoveSchedule& schedule, const Target& target,
                            Describe&& describe) {
  SizeTable table;
  Movement movement(table);
  if (Result<void> r = describe_checked(movement, describe); !r) return r;
  if (Result<void> r = check_space(table, problem.name, {movement.space, movement.rank}); !r) return r;
  if (!problem.y.strides.empty() && problem.y.strides.rank() != movement.rank)
    return invalid_shape("y has another number of strides than of axes");
  Text names[4];
  std::size_t count = 0;
  names[count++] = movement.x.name;
  for (std::size_t i = 0; i < movement.lookup_count; ++i) names[count++] = movement.lookups[i].name;
  if (Result<void> r = check_fused(problem.epilogue, {names, count}, count, target); !r) return r;
  return check_move_schedule(schedule.workgroup, schedule.width, schedule.items, target);
}

/// A default schedule without invocations says that memory was out when it was looked for.
template <class Describe>
MoveSchedule movement_schedule(const Target& target, Describe&& describe) {
  MoveSchedule schedule;
  schedule.workgroup = default_workgroup(target);
  SizeTable table;
  Movement movement(table);
  const Result<void> described = describe_checked(movement, describe);
  if (described) schedule.width = default_width(movement);
  if (is_out_of_memory(described)) schedule.workgroup = 0;
  return schedule;
}

/// `generate(schedule)`, unless memory was out for the schedule.
template <class Schedule, class Generate>
Result<Operation> with_default(const Schedule& schedule, Generate&& generate) {
  if (schedule.workgroup == 0) return out_of_memory();
  return generate(schedule);
}

template <class P, class Describe>
Result<Operation> movement_operation(const P& problem, const MoveSchedule& schedule, const Target& target,
                                     SourceLocation at, Describe&& describe) {
  if (Result<void> r = movement_legal(problem, schedule, target, describe); !r)
    return error_at(r.error(), at);
  Operation operation;
  operation.set_target(target);
  Movement movement(operation.sizes_to_fill());
  if (Result<void> r = describe_checked(movement, describe); !r) return error_at(r.error(), at);
  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  StepBuilder step(operation, problem.name, options, at);
  const SizeId groups = emit_movement(step, movement, problem.epilogue, {"y", problem.y},
                                      {schedule.workgroup, schedule.width, schedule.items});
  if (Result<void> r = step.finish(groups); !r) return r.error();
  return operation;
}

/// Sets x and its layout.
inline Result<void> describe_input(Text name, const TensorType& type, Movement& movement) {
  if (Result<void> r = check_tensor(name, type); !r) return r;
  movement.x = {name, type};
  movement.x_layout = layout_of(movement.table, type);
  return {};
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
