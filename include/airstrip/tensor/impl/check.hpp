// What the families' rules are made of.
#pragma once

#include "../../config.hpp"
#include "../../result.hpp"
#include "../expression.hpp"
#include "../shape.hpp"
#include "../target.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline Diagnostic refuse(ErrorCode code, String message, SourceLocation at = {}) {
  Diagnostic error;
  error.code = message.out_of_memory() ? ErrorCode::OutOfMemory : code;
  error.message = static_cast<String&&>(message);
  error.where = at;
  return error;
}
/// An error as the user's call has it: at its line, where none is known that is nearer.
inline Diagnostic error_at(Diagnostic error, SourceLocation at) {
  if (error.where.line == 0) error.where = at;
  return error;
}

/// Whether `value` of a schedule lies between two limits.
inline Result<void> check_range(const char* what, std::uint64_t value, std::uint64_t least,
                                std::uint64_t most, const char* limit = nullptr) {
  if (value >= least && value <= most) return {};
  String message(what);
  message << " is " << value << ", and has to be " << least << " to " << most;
  if (limit) message << " (" << limit << ')';
  return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
}

/// The invocations that a workgroup laid along x may have.
inline std::uint32_t most_invocations(const Target& target) {
  return target.max_workgroup_invocations < target.max_workgroup_size.x ? target.max_workgroup_invocations
                                                                        : target.max_workgroup_size.x;
}
inline Result<void> check_workgroup(std::uint64_t invocations, const Target& target) {
  return check_range("the workgroup", invocations, 1, most_invocations(target),
                     "maxComputeWorkGroupInvocations and maxComputeWorkGroupSize of the target");
}

/// A workgroup of which nothing else is known.
inline std::uint32_t default_workgroup(const Target& target) {
  const std::uint32_t wanted = target.kind == DeviceKind::Gpu ? 256 : 64, most = most_invocations(target);
  return most < wanted ? most : wanted;
}

/// The same as a power of two, 32 at least, that teams divide; or less, where the target has not that many.
inline std::uint32_t default_team_workgroup(const Target& target) {
  const std::uint32_t wanted = default_workgroup(target);
  std::uint32_t workgroup = 32;
  while (workgroup * 2 <= wanted) workgroup *= 2;
  return workgroup < wanted ? workgroup : wanted;
}

/// A shape of at most eight axes, no size negative.
inline Result<void> check_shape(Text name, const Shape& shape) {
  String message(name);
  if (shape.rank() > Shape::max_rank) {
    const std::uint64_t rank = shape.rank();
    message << " has " << rank << " axes, and eight are the most";
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  std::int64_t elements = 1;
  for (const Dimension& d : shape) {
    if (d.value() < 0 && !d.is_literal()) {
      message << " has the shape " << to_string(shape) << ", of which the parameter " << d.name()
              << " was declared with a name of more than 23 characters, or with a negative maximum";
      return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    if (d.value() < 0) {
      message << " has the shape " << to_string(shape) << ", in which a size is negative";
      return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    if (d.is_literal() && d.value() > 0 && elements > 0xFFFFFFFF / d.value()) {
      message << " has the shape " << to_string(shape) << ", and more than 2^32 - 1 elements";
      return refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
    }
    if (d.is_literal()) elements *= d.value();
  }
  return {};
}

/// The type of what a prologue makes of an element of a type.
inline Scalar prologue_scalar(const Expression& prologue, Scalar element) {
  return prologue.empty() ? element : prologue.outputs()[0].type.scalar;
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
