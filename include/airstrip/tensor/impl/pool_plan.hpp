// What of a pooling problem is known before its kernel is written: sizes, and where windows may reach.
#pragma once

#include "../pool.hpp"
#include "check.hpp"
#include "fused.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Sums of extents stay below 2^32.
inline constexpr std::uint32_t max_pool_extent = 1u << 28;

struct PoolAxis {
  SizeId in = {}, out = {};
  SizeId pad = {};     // in front
  SizeId padded = {};  // the tensor and the padding at both ends
  SizeId kernel = {};  // a literal but for a global pool
  std::uint32_t stride = 1, dilation = 1;
  bool overhangs = false;     // an element of some window may lie outside the tensor
  bool may_miss = false;      // a window may have no element of the tensor
  bool may_be_empty = false;  // the tensor may have no element although there are windows
  bool counts_vary = false;   // a window may end behind the padding
};

inline std::uint32_t pool_extent(const PoolProblem& problem, std::size_t axis) {
  return (problem.kernel[axis] - 1) * problem.dilations[axis] + 1;
}

// Of a problem that passed `check_pool_geometry`.
inline PoolAxis pool_axis(SizeTable& table, const PoolProblem& problem, std::size_t axis) {
  PoolAxis a;
  a.in = table.of(problem.x.shape[axis + 2]);
  if (problem.global) {
    a.out = table.literal(1);
    a.pad = table.literal(0);
    a.padded = a.kernel = a.in;
    a.may_miss = a.may_be_empty = table.lower(a.in) == 0;
    return a;
  }
  const std::uint32_t extent = pool_extent(problem, axis), kernel = problem.kernel[axis];
  const std::uint32_t begin = problem.pads_begin[axis], end = problem.pads_end[axis];
  a.kernel = table.literal(kernel);
  a.stride = problem.strides[axis];
  a.dilation = problem.dilations[axis];
  const bool ceils = problem.padding == PoolPadding::Explicit && problem.ceil_mode;
  if (problem.padding == PoolPadding::SameUpper || problem.padding == PoolPadding::SameLower) {
    a.out = table.ceil_div(a.in, a.stride);
    const SizeId last = table.sub(table.max_of(a.out, table.literal(1)), table.literal(1));
    const SizeId needed = table.add(table.mul(last, a.stride), extent);
    const SizeId total = table.sub(table.max_of(needed, a.in), a.in);
    const SizeId half = table.div(total, 2);
    a.pad = problem.padding == PoolPadding::SameUpper ? half : table.sub(total, half);
    a.padded = table.add(a.in, total);
    a.overhangs = !table.is_literal(total, 0);
    // The padding at either end is less than a window, and where there is a window there is an element.
    a.may_miss = a.overhangs && a.dilation > 1;
    return a;
  }
  a.pad = table.literal(begin);
  a.padded = table.add(a.in, std::int64_t{begin} + end);
  const SizeId room = table.sub(a.padded, table.literal(extent));
  if (ceils) {
    // The last window goes where it would start behind the tensor.
    const SizeId steps = table.ceil_div(room, a.stride);
    const SizeId starts = table.ceil_div(table.add(a.in, begin), a.stride);
    a.out = table.min_of(table.add(steps, 1), table.max_of(steps, starts));
  } else {
    a.out = table.add(table.div(room, a.stride), 1);
  }
  const bool is_literal = table.is_literal(a.in);
  const std::int64_t in = table.lower(a.in);
  const std::int64_t last_start = is_literal ? (table.lower(a.out) - 1) * a.stride : 0;
  const bool behind = is_literal ? last_start + extent > in + begin : end > 0 || ceils;
  a.counts_vary = ceils && (!is_literal || last_start + extent > in + begin + end);
  a.overhangs = begin > 0 || behind;
  a.may_be_empty = is_literal ? in == 0 : begin + end >= extent;
  const bool starts_behind = is_literal ? last_start >= in + begin : end >= extent;
  a.may_miss = a.may_be_empty || (a.overhangs && (a.dilation > 1 || begin >= kernel || starts_behind));
  return a;
}

// The type that is pooled, that of a prologue's result.
inline Scalar pooled_scalar(const PoolProblem& problem) {
  return prologue_scalar(problem.prologue, problem.x.scalar);
}
// The type that it is computed in.
inline Scalar pool_scalar(Scalar scalar) {
  if (kernel::is_float(scalar)) return scalar == Scalar::F64 ? Scalar::F64 : Scalar::F32;
  if (kernel::width_of(scalar) > 32) return scalar;
  return kernel::is_signed(scalar) ? Scalar::I32 : Scalar::U32;
}

inline Expression pool_epilogue(const PoolProblem& problem) {
  if (!problem.epilogue.empty() || !problem.epilogue.ok()) return problem.epilogue;
  const Scalar pooled = pooled_scalar(problem);
  Expression e;
  e.output("y", e.cast(e.primary(pool_scalar(pooled)), pooled));
  if (problem.indices) e.output("indices", e.primary(Scalar::I64, 1));
  return e;
}

inline Result<void> check_pool_geometry(const PoolProblem& problem) {
  const Shape& shape = problem.x.shape;
  if (shape.rank() < 3 || shape.rank() > 5) {
    const std::uint64_t rank = shape.rank();
    String message("x has ");
    message << rank << " axes, and pooling takes [batch, channels, spatial…] with one to three spatial axes";
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  if (Result<void> r = check_shape("x", shape); !r) return r;
  for (std::size_t i = 0; i + 2 < shape.rank() && !problem.global; ++i) {
    const std::uint64_t axis = i;
    const auto one = [&](const char* what, std::uint64_t value, std::uint64_t least) -> Result<void> {
      if (value >= least && value <= max_pool_extent) return {};
      String message(what);
      message << '[' << axis << "] is " << value << ", and has to be " << least << " to " << max_pool_extent;
      return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
    };
    if (Result<void> r = one("kernel", problem.kernel[i], 1); !r) return r;
    if (Result<void> r = one("strides", problem.strides[i], 1); !r) return r;
    if (Result<void> r = one("dilations", problem.dilations[i], 1); !r) return r;
    if (Result<void> r = one("pads_begin", problem.pads_begin[i], 0); !r) return r;
    if (Result<void> r = one("pads_end", problem.pads_end[i], 0); !r) return r;
    const std::uint64_t extent = (std::uint64_t{problem.kernel[i]} - 1) * problem.dilations[i] + 1;
    if (extent > max_pool_extent) {
      String message("the window spans ");
      message << extent << " elements along axis " << axis << " (kernel and dilation), and "
              << max_pool_extent << " are the most";
      return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
    const bool padded = problem.pads_begin[i] + problem.pads_end[i] > 0;
    if (problem.padding != PoolPadding::Explicit && padded)
      return refuse(ErrorCode::InvalidShape, "pads are given, and the padding is not PoolPadding::Explicit");
    const Dimension& in = shape[i + 2];
    const std::uint64_t room =
        static_cast<std::uint64_t>(in.value()) + problem.pads_begin[i] + problem.pads_end[i];
    const bool fits = problem.padding == PoolPadding::SameUpper ||
                      problem.padding == PoolPadding::SameLower || room >= extent;
    if (!fits) {
      String message("the window spans ");
      message << extent << " elements along axis " << axis << ", and x with its padding has "
              << (in.is_literal() ? "" : "at most ") << room;
      return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
  }
  return {};
}

inline Result<void> check_pool_types(const PoolProblem& problem) {
  if (Result<void> r = check_prologue(problem.prologue, problem.x.scalar); !r) return r;
  const Scalar pooled = pooled_scalar(problem);
  if (!kernel::is_float(pooled) && (problem.kind != PoolKind::Max || !kernel::is_int(pooled))) {
    String message(problem.kind == PoolKind::Max ? "a maximum" : "an average or a norm");
    message << " of " << to_string(pooled) << " is not defined; cast it in the prologue";
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  if (problem.indices && problem.kind != PoolKind::Max)
    return refuse(ErrorCode::WrongType, "only a maximum has indices");
  if (problem.kind == PoolKind::Lp && (problem.p < 1 || problem.p > 64)) {
    String message("p is ");
    message << problem.p << ", and has to be 1 to 64";
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  if (problem.kind == PoolKind::Lp && problem.p > 2 && pooled == Scalar::F64) {
    String message("p is ");
    message << problem.p
            << ", and powers other than 1 and 2 have no root in f64; cast to f32 in the prologue";
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  const Scalar results[2] = {pool_scalar(pooled), Scalar::I64};
  if (Result<void> r = check_expression("epilogue", problem.epilogue,
                                        Span<const Scalar>(results, problem.indices ? 2 : 1));
      !r)
    return r;
  const Text inputs[] = {"x"}, outputs[] = {"y", "indices"};
  return check_fused_names({&problem.prologue}, problem.epilogue,
                           {inputs, {}, Span<const Text>(outputs, problem.indices ? 2 : 1)});
}

}  // namespace detail

AIRSTRIP_INLINE SizeId pool_output(SizeTable& table, const PoolProblem& problem, std::size_t axis) {
  return detail::pool_axis(table, problem, axis).out;
}

AIRSTRIP_TENSOR_NAMESPACE_END
