#pragma once

#include "../matmul_schedule.hpp"
#include "../type.hpp"
#include "check.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline Result<void> refuse_schedule(String message) {
  return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
}

// `value` is a multiple of `of`.
inline Result<void> check_multiple(const char* what, std::uint32_t value, const char* of_what,
                                   std::uint32_t of) {
  if (of != 0 && value % of == 0) return {};
  String message(what);
  message << " is " << value << ", which is no multiple of " << of_what << ", " << of;
  return refuse_schedule(static_cast<String&&>(message));
}

/// The MatrixProduct of a target that multiplies these types, or null.
inline const MatrixProduct* matrix_product_for(const ProductTraits& product, const Target& target) {
  for (std::uint32_t i = 0; i < target.matrix_product_count; ++i) {
    const MatrixProduct& p = target.matrix_products[i];
    if (p.a == product.a && p.b == product.b && p.accumulator == product.accumulate) return &p;
  }
  return nullptr;
}

// Steps along K that a product's invocation may take before the target stops it; 0: any number.
inline std::int64_t longest_k(const MatmulSchedule& s, const Target& target) {
  if (target.max_loop_iterations == 0) return 0;
  const std::int64_t limit = static_cast<std::int64_t>(target.max_loop_iterations);
  std::int64_t steps;
  if (s.share_a || s.share_b) {
    const std::int64_t inner = s.fragment == Fragment::CooperativeMatrix ? 0 : s.block_k / s.unroll_k;
    steps = limit / (1 + (inner > 1 ? inner : 0)) * s.block_k;
  } else {
    // The last few steps are taken one by one.
    steps = limit > s.unroll_k ? (limit - s.unroll_k) * s.unroll_k * s.lanes_k : 0;
  }
  return steps > 0x7FFFFFFFll / s.split_k ? 0x7FFFFFFFll : steps * s.split_k;
}

inline Result<void> check_cuts(const MatmulSchedule& s) {
  if (Result<void> r = check_range("tile_m", s.tile_m, 1, 64); !r) return r;
  if (Result<void> r = check_range("tile_n", s.tile_n, 1, 64); !r) return r;
  if (Result<void> r = check_range("block_m", s.block_m, 1, 1024); !r) return r;
  if (Result<void> r = check_range("block_n", s.block_n, 1, 8192); !r) return r;
  if (Result<void> r = check_multiple("block_m", s.block_m, "tile_m", s.tile_m); !r) return r;
  if (Result<void> r = check_multiple("block_n", s.block_n, "tile_n", s.tile_n); !r) return r;
  if (Result<void> r = check_range("unroll_k", s.unroll_k, 1, 64); !r) return r;
  if (Result<void> r = check_range("split_k", s.split_k, 1, 1024); !r) return r;
  if (Result<void> r = check_range("lanes_k", s.lanes_k, 1, 1024); !r) return r;
  if (s.lanes_k & (s.lanes_k - 1)) {
    String message("lanes_k is ");
    message << s.lanes_k << ", and has to be a power of two: their sums are added up in pairs";
    return refuse_schedule(static_cast<String&&>(message));
  }
  if (s.fragment == Fragment::CooperativeMatrix) return {};
  if (s.vector != 1 && s.vector != 2 && s.vector != 4) {
    String message("vector is ");
    message << s.vector << ", and has to be 1, 2 or 4";
    return refuse_schedule(static_cast<String&&>(message));
  }
  const bool m = s.vector_axis == VectorAxis::M, n = s.vector_axis == VectorAxis::N;
  if (Result<void> r = check_multiple(m   ? "tile_m"
                                      : n ? "tile_n"
                                          : "unroll_k",
                                      m   ? s.tile_m
                                      : n ? s.tile_n
                                          : s.unroll_k,
                                      "vector", s.vector);
      !r)
    return r;
  if (Result<void> r = check_range("tile_m * tile_n", s.tile_m * s.tile_n, 1, 512,
                                   "the sums that an invocation keeps in registers");
      !r)
    return r;
  return check_range("tile_m * tile_n * unroll_k", std::uint64_t{s.tile_m} * s.tile_n * s.unroll_k, 1, 4096,
                     "products that are written out");
}

inline Result<void> check_staging(const MatmulSchedule& s) {
  const bool shares = s.share_a || s.share_b;
  if (!shares) {
    if (s.padding == 0) return {};
    return refuse_schedule("padding is for workgroup memory, and neither share_a nor share_b is set");
  }
  if (Result<void> r = check_range("block_k", s.block_k, 1, 256); !r) return r;
  if (Result<void> r = check_range("padding", s.padding, 0, 32); !r) return r;
  if (s.fragment != Fragment::CooperativeMatrix)
    if (Result<void> r = check_multiple("block_k", s.block_k, "unroll_k", s.unroll_k); !r) return r;
  if (s.vector_axis == VectorAxis::K && s.fragment != Fragment::CooperativeMatrix)
    return refuse_schedule("workgroup memory holds lines next to each other: vector_axis has to be M or N");
  if (s.lanes_k == 1) return {};
  String message("lanes_k is ");
  message << s.lanes_k << ", and has to be 1 where operands go through workgroup memory";
  return refuse_schedule(static_cast<String&&>(message));
}

inline Result<void> check_broadcast(const MatmulSchedule& s, const Target& target) {
  if (!target.permits(spirv::Capability::GroupNonUniformBallot) || target.min_subgroup_size == 0)
    return refuse(ErrorCode::MissingCapability,
                  "SubgroupBroadcast needs GroupNonUniformBallot and a known size of subgroups, and the "
                  "target lacks one");
  if (s.share_a || s.share_b || s.lanes_k != 1 || s.lanes_m() != 1 || s.vector_axis == VectorAxis::K) {
    String message(
        "SubgroupBroadcast takes the rows of a workgroup from one tile: block_m has to be tile_m (");
    message << s.tile_m << ", not " << s.block_m << "), lanes_k 1 (not " << s.lanes_k
            << "), the vectors' axis M or N, and nothing shared";
    return refuse_schedule(static_cast<String&&>(message));
  }
  return check_multiple("the workgroup", s.lanes(), "the largest subgroup", target.max_subgroup_size);
}

inline Result<void> check_packed_dot(const ProductTraits& p, const MatmulSchedule& s) {
  const auto is_byte = [](Scalar scalar) { return scalar == Scalar::I8 || scalar == Scalar::U8; };
  const bool is_unsigned = p.a == Scalar::U8 && p.b == Scalar::U8;
  if (!is_byte(p.a) || !is_byte(p.b) ||
      !(p.accumulate == Scalar::I32 || (is_unsigned && p.accumulate == Scalar::U32))) {
    String message("PackedDot multiplies 8-bit integers and sums them as i32 (or u8 as u32), not ");
    message << to_string(p.a) << " and " << to_string(p.b) << " as " << to_string(p.accumulate);
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  if (s.vector_axis == VectorAxis::K && s.vector == 4 && !s.share_a && !s.share_b) return {};
  return refuse_schedule(
      "PackedDot takes four neighbours along K: vector_axis has to be K, vector 4, and nothing shared");
}

// Vulkan's VUID-RuntimeSpirv-OpCooperativeMatrixLoadKHR-08986: matrices begin, and their lines lie apart, by multiples of
// 16 bytes, or of as much as a line of a matrix has if that is less.
inline Result<void> check_matrix_lines(const char* what, std::uint32_t lines, Scalar scalar,
                                       std::uint32_t matrix_lines) {
  const std::uint32_t bytes = lines * element_bytes(scalar), own = matrix_lines * element_bytes(scalar);
  return check_multiple(what, bytes, "what cooperative matrices are aligned to", own < 16 ? own : 16);
}

inline Result<void> check_matrices(const ProductTraits& p, const MatmulSchedule& s, const Target& target) {
  const MatrixProduct* const product = matrix_product_for(p, target);
  if (!product || !target.permits(spirv::Capability::CooperativeMatrixKHR)) {
    String message("the target has no cooperative matrix product of ");
    message << to_string(p.a) << " and " << to_string(p.b) << " summed as " << to_string(p.accumulate);
    return refuse(ErrorCode::MissingCapability, static_cast<String&&>(message));
  }
  if (target.subgroup_size == 0 || target.min_subgroup_size == 0 ||
      (target.min_subgroup_size != target.max_subgroup_size && !target.can_choose_subgroup_size))
    return refuse(
        ErrorCode::MissingCapability,
        "CooperativeMatrix needs a known size of subgroups, and the target has several and no choice");
  if (Result<void> r = check_multiple("tile_m", s.tile_m, "rows of the matrices", product->m); !r) return r;
  if (Result<void> r = check_multiple("tile_n", s.tile_n, "columns of the matrices", product->n); !r)
    return r;
  if (!s.share_a || !s.share_b || s.lanes_k != 1)
    return refuse_schedule("CooperativeMatrix reads both operands from workgroup memory: set share_a and "
                           "share_b, and lanes_k to 1");
  if (Result<void> r = check_multiple("block_k", s.block_k, "the matrices' size along K", product->k); !r)
    return r;
  if (Result<void> r =
          check_matrix_lines("block_m + padding, in bytes,", s.block_m + s.padding, p.a, product->m);
      !r)
    return r;
  return check_matrix_lines("block_n + padding, in bytes,", s.block_n + s.padding, p.b, product->n);
}

}  // namespace detail

AIRSTRIP_INLINE std::uint32_t invocations_of(const MatmulSchedule& s, const Target& target) {
  return s.lanes() * (s.fragment == Fragment::CooperativeMatrix ? target.subgroup_size : 1);
}

AIRSTRIP_INLINE std::uint64_t shared_memory_of(const ProductTraits& p, const MatmulSchedule& s) {
  std::uint64_t bytes = 0;
  const bool matrices = s.fragment == Fragment::CooperativeMatrix;
  if (s.share_a)
    bytes +=
        std::uint64_t{s.block_k} * (s.block_m + s.padding) * element_bytes(matrices ? p.a : p.accumulate);
  if (s.share_b)
    bytes +=
        std::uint64_t{s.block_k} * (s.block_n + s.padding) * element_bytes(matrices ? p.b : p.accumulate);
  if (matrices) bytes += std::uint64_t{s.block_m} * s.block_n * element_bytes(p.accumulate);
  if (s.lanes_k > 1)
    bytes += std::uint64_t{s.lanes_k} / 2 * s.block_m * s.block_n * element_bytes(p.accumulate);
  return bytes;
}

AIRSTRIP_INLINE Result<void> legal_product(const ProductTraits& p, const MatmulSchedule& s,
                                           const Target& target) {
  using detail::refuse;
  if (p.accumulate != Scalar::F32 && p.accumulate != Scalar::F16 && p.accumulate != Scalar::I32 &&
      p.accumulate != Scalar::U32) {
    String message("products are summed as f32, f16, i32 or u32, not as ");
    message << to_string(p.accumulate);
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  if (p.accumulate == Scalar::F16 && !target.permits(spirv::Capability::Float16))
    return refuse(ErrorCode::MissingCapability,
                  "sums of f16 need Float16, and the target lacks it; sum as f32");
  if (Result<void> r = detail::check_cuts(s); !r) return r;
  if (Result<void> r = detail::check_staging(s); !r) return r;
  if (s.fragment == Fragment::SubgroupBroadcast)
    if (Result<void> r = detail::check_broadcast(s, target); !r) return r;
  if (s.fragment == Fragment::PackedDot)
    if (Result<void> r = detail::check_packed_dot(p, s); !r) return r;
  if (s.fragment == Fragment::CooperativeMatrix)
    if (Result<void> r = detail::check_matrices(p, s, target); !r) return r;
  if (Result<void> r = detail::check_workgroup(invocations_of(s, target), target); !r) return r;
  if (s.device_addresses && !target.device_addresses)
    return refuse(ErrorCode::MissingCapability,
                  "the schedule wants device addresses, and the target lacks them");
  const std::uint64_t shared = shared_memory_of(p, s);
  if (shared > target.max_shared_memory) {
    String message("the schedule uses ");
    message << shared << " bytes of workgroup memory, " << shared - target.max_shared_memory
            << " more than maxComputeSharedMemorySize of the target, " << target.max_shared_memory;
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  const std::int64_t most = detail::longest_k(s, target);
  if (target.max_loop_iterations != 0 && p.k.is_literal() && p.k.value() > most) {
    String message("K is ");
    message << static_cast<std::uint64_t>(p.k.value())
            << ", and with this schedule an invocation of the target can take "
            << static_cast<std::uint64_t>(most) << " steps along it (" << target.max_loop_iterations
            << " iterations of loops); raise unroll_k, lanes_k or split_k";
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  return {};
}

AIRSTRIP_TENSOR_NAMESPACE_END
