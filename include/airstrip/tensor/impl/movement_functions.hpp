// No `#pragma once`: undef.hpp takes the macro away with those of config.hpp, and the next header that includes this file
// gets it back.

#ifndef AIRSTRIP_TENSOR_MOVEMENT
// The functions of a family whose problem `detail::describe(problem, movement)` turns into one movement.
#define AIRSTRIP_TENSOR_MOVEMENT(Problem, function)                                                      \
  AIRSTRIP_INLINE Result<void> legal(const Problem& problem, const MoveSchedule& schedule,               \
                                     const Target& target) {                                             \
    return detail::movement_legal(problem, schedule, target,                                             \
                                  [&](Movement& m) { return detail::describe(problem, m); });            \
  }                                                                                                      \
  AIRSTRIP_INLINE MoveSchedule default_schedule(const Problem& problem, const Target& target) {          \
    return detail::movement_schedule(target, [&](Movement& m) { return detail::describe(problem, m); }); \
  }                                                                                                      \
  AIRSTRIP_INLINE Result<Operation> function(const Problem& problem, const MoveSchedule& schedule,       \
                                             const Target& target, SourceLocation at) {                  \
    return detail::movement_operation(problem, schedule, target, at,                                     \
                                      [&](Movement& m) { return detail::describe(problem, m); });        \
  }                                                                                                      \
  AIRSTRIP_INLINE Result<Operation> function(const Problem& problem, const Target& target,               \
                                             SourceLocation at) {                                        \
    return detail::with_default(default_schedule(problem, target), [&](const auto& schedule) {           \
      return function(problem, schedule, target, at);                                                    \
    });                                                                                                  \
  }
#endif
