#pragma once

#include "../matmul.hpp"
#include "fused.hpp"
#include "matmul_operand.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// What default schedules are chosen by. Sizes of run time count as large.
struct MatmulOutline {
  std::int64_t m = 0, n = 0, k = 0;
  bool a_constant = false, b_constant = false;
  bool a_along_k = false, b_along_k = false;  // neighbours along K lie next to each other
  std::uint32_t invocations = 0;              // the most of a workgroup
  bool whole_vectors = false;  // N is known, and a multiple of 4: no vector of results exists in part
  bool narrow = false;         // something bound has elements of less than 32 bits
  Scalar a = Scalar::F32, b = Scalar::F32, accumulate = Scalar::F32;
};

// Validators take a pointer to narrow elements among the push constants for narrow elements there, and want
// StoragePushConstant8 or 16.
inline bool binds_narrow(const MatmulProblem& p) {
  const auto operand = [](const MatmulOperand& o) {
    return element_bytes(o.type) < 4 || o.quantization.bits != 0 || has_narrow_operand(o.prologue);
  };
  return operand(p.a) || operand(p.b) ||
         (p.epilogue.empty() ? element_bytes(p.result) < 4 : has_narrow_operand(p.epilogue));
}

inline MatmulOutline outline_of(const MatmulProblem& p, const Target& target) {
  const auto size = [](const Dimension& d) {
    return d.is_literal() || d.value() < 4096 ? d.value() : std::int64_t{4096};
  };
  const auto along_k = [](const MatmulOperand& o, bool is_a) {
    const bool k_last = is_a != o.transposed;
    if (o.strides.empty()) return k_last;
    return o.strides[o.batch.rank() + (k_last ? 1 : 0)] == Dimension(1);
  };
  MatmulOutline o;
  o.m = size(p.m);
  o.n = size(p.n);
  o.k = size(p.k);
  o.a_constant = p.a.constant;
  o.b_constant = p.b.constant;
  o.a_along_k = along_k(p.a, true);
  o.b_along_k = along_k(p.b, false);
  o.invocations = most_invocations(target);
  o.whole_vectors = p.m.is_literal() && p.n.is_literal() && p.n.value() % 4 == 0;
  o.narrow = binds_narrow(p);
  o.a = element_type(p.a);
  o.b = element_type(p.b);
  o.accumulate = p.accumulate;
  return o;
}

inline std::uint32_t power_of_two_up_to(std::int64_t size, std::uint32_t most) {
  std::uint32_t power = 1;
  while (power * 2 <= most && power * 2 <= size) power *= 2;
  return power;
}
inline std::uint32_t power_of_two_from(std::int64_t size, std::uint32_t most) {
  std::uint32_t power = 1;
  while (power < most && power < size) power *= 2;
  return power;
}

// The tile of those on offer that wastes least: rows beyond the end are computed too, and smaller tiles are slower.
inline std::uint32_t best_tile(std::int64_t size, Span<const std::uint32_t> tiles) {
  std::uint32_t best = 1;
  double best_cost = 0;
  for (const std::uint32_t tile : tiles) {
    const double computed = static_cast<double>((size + tile - 1) / tile * tile);
    // Each tile's own work is that of about five rows: loads of the other operand, and the loop.
    const double cost = computed * (1.0 + 5.0 / tile);
    if (best_cost == 0 || cost < best_cost) {
      best = tile;
      best_cost = cost;
    }
  }
  return best;
}

// Few results along an axis, and operands that lie along K: the invocations of a workgroup share the work along K.
inline MatmulSchedule lanes_along_k(const MatmulOutline& o, std::uint32_t lanes) {
  MatmulSchedule s;
  s.vector_axis = VectorAxis::K;
  s.vector = 4;
  s.unroll_k = o.k >= 16 * lanes ? 8 : 4;
  s.lanes_k = power_of_two_from((o.k + s.unroll_k - 1) / s.unroll_k, lanes);
  s.tile_m = o.m <= o.n ? static_cast<std::uint32_t>(o.m < 1 ? 1 : o.m > 8 ? 8 : o.m) : 1;
  s.tile_n = o.n < o.m ? static_cast<std::uint32_t>(o.n < 1 ? 1 : o.n > 8 ? 8 : o.n) : 1;
  // Of the operand with many lines two are read at a time.
  if (o.m > 8 && s.tile_n <= 4) s.tile_m = 2;
  if (o.n > 8 && s.tile_m <= 4) s.tile_n = 2;
  s.block_m = s.tile_m;
  s.block_n = s.tile_n;
  return s;
}

// Large products of types that the target multiplies by cooperative matrices: 64 x 64 of 32 x 32 for each subgroup.
inline bool matrix_schedule(const MatmulOutline& o, const Target& target, MatmulSchedule& s) {
  ProductTraits traits;
  traits.a = o.a;
  traits.b = o.b;
  traits.accumulate = o.accumulate;
  const MatrixProduct* const product = matrix_product_for(traits, target);
  if (!product || o.m < 32 || o.n < 32) return false;
  s.fragment = Fragment::CooperativeMatrix;
  s.share_a = s.share_b = true;
  s.block_m = o.m >= 64 ? 64 : 32;
  s.block_n = o.n >= 64 ? 64 : 32;
  s.tile_m = s.tile_n = 32;
  s.block_k = product->k > 32 ? product->k : 32;
  // 16 bytes of the narrower type: lines begin at multiples of 16, and not all in the same banks.
  const std::uint32_t a = element_bytes(o.a), b = element_bytes(o.b);
  s.padding = 16 / (a < b ? a : b);
  return legal_product(traits, s, target).ok();
}

// Products of bytes: four at a time.
inline MatmulSchedule dot_schedule(const MatmulOutline& o) {
  MatmulSchedule s;
  s.fragment = Fragment::PackedDot;
  s.vector_axis = VectorAxis::K;
  s.vector = 4;
  s.tile_m = o.m >= 4 ? 4 : 1;
  s.tile_n = o.n >= 4 ? 4 : 1;
  s.block_m = 4 * s.tile_m;
  s.block_n = 16 * s.tile_n;
  s.unroll_k = 8;
  s.pack_a = o.a_constant || o.n >= 128;
  s.pack_b = o.b_constant || o.m >= 64;
  return s;
}

inline MatmulSchedule gpu_schedule(const MatmulOutline& o, const Target& target) {
  const std::int64_t few = 8;
  const bool skinny = o.m <= few || o.n <= few;
  const bool along_k = (o.m <= few && o.b_along_k) || (o.n <= few && o.a_along_k);
  const auto is_byte = [](Scalar scalar) { return scalar == Scalar::I8 || scalar == Scalar::U8; };
  const bool signed_sums = o.accumulate == Scalar::I32;
  MatmulSchedule matrices;
  if (matrix_schedule(o, target, matrices)) return matrices;
  if (is_byte(o.a) && is_byte(o.b) && signed_sums &&
      target.permits(spirv::Capability::DotProductInput4x8BitPacked))
    return dot_schedule(o);
  if (skinny && along_k) return lanes_along_k(o, o.invocations < 64 ? o.invocations : 64);
  MatmulSchedule s;
  if (skinny) {
    // The many lines are neighbours: one for each invocation, and parts of K for workgroups of their own.
    const bool rows = o.n <= few;
    s.vector = 1;
    s.tile_m = rows ? 1 : static_cast<std::uint32_t>(o.m < 1 ? 1 : o.m);
    s.tile_n = rows ? static_cast<std::uint32_t>(o.n < 1 ? 1 : o.n) : 1;
    s.block_m = rows ? power_of_two_from(o.m, 64) : s.tile_m;
    s.block_n = rows ? s.tile_n : power_of_two_from(o.n, 64);
    s.unroll_k = 4;
    const std::int64_t groups = (rows ? o.m : o.n) / 64 + 1;
    if (groups < 64 && o.k >= 1024) s.split_k = static_cast<std::uint32_t>(o.k / 512 < 16 ? o.k / 512 : 16);
    return s;
  }
  s.share_a = s.share_b = true;
  s.block_k = 16;
  s.unroll_k = 4;
  s.vector = 4;
  const auto tiles = [&](std::int64_t block) {
    return ((o.m + block - 1) / block) * ((o.n + block - 1) / block);
  };
  // Results that exist in part take registers, of which the large tile leaves none.
  if (o.invocations >= 256 && tiles(128) >= 64 && o.whole_vectors) {
    s.block_m = s.block_n = 128;
    s.tile_m = s.tile_n = 8;
  } else if (o.invocations >= 128 && tiles(64) >= 32) {
    s.block_m = s.block_n = 64;
    s.tile_m = 8;
    s.tile_n = 4;
  } else {
    s.block_m = s.block_n = 32;
    s.tile_m = s.tile_n = 4;
    if (tiles(32) < 32 && o.k >= 2048) s.split_k = 4;
  }
  return s;
}

// llvmpipe by descriptors, as before Mesa 25: a workgroup of 8 columns for each lane is one vector of the driver's, so that few
// columns leave few lanes without work.
inline std::uint32_t llvmpipe_lanes(const Target& target) {
  return target.subgroup_size ? target.subgroup_size : 8;
}
// What n columns cost in invocations of 8 or of 4: lanes beyond the last column compute too, and 4 columns take the time of 5.5.
inline std::int64_t llvmpipe_column_cost(std::int64_t n, std::uint32_t tile_n, const Target& target) {
  const std::int64_t block = std::int64_t{tile_n} * llvmpipe_lanes(target);
  const std::int64_t computed = mul_saturated(ceil_div(n, block), block);
  return mul_saturated(computed, tile_n == 8 ? 8 : 11);
}
inline std::uint32_t llvmpipe_columns(std::int64_t n, const Target& target) {
  return llvmpipe_column_cost(n, 8, target) <= llvmpipe_column_cost(n, 4, target) ? 8 : 4;
}

inline MatmulSchedule llvmpipe_schedule(const MatmulOutline& o, const Target& target) {
  MatmulSchedule s;
  // Packing an operand pays where each of its elements is used often; of B that lies along N as the lanes do, more often.
  s.pack_a = o.a_constant || o.n >= 128;
  s.pack_b = o.b_constant || (o.b_along_k && o.m >= 32);
  if (target.driver_version >= 2500 && target.device_addresses && !o.narrow) {
    // Rows of a tile are loads of one address, columns the lanes.
    constexpr std::uint32_t tiles[] = {64, 32, 16, 8, 4, 2, 1};
    s.device_addresses = true;
    s.pack_b = s.pack_b || o.m >= 96;
    s.tile_m = best_tile(o.m, tiles);
    s.tile_n = 1;
    s.vector_axis = VectorAxis::M;
    s.vector = s.tile_m < 4 ? s.tile_m : 4;
    s.block_n = power_of_two_from(o.n, 64);
    s.unroll_k = s.tile_m >= 64 ? 8 : 16;
    s.order = GroupOrder::AlongM;
    // Mesa 25 does not see that an address is the same for all lanes.
    if (target.driver_version < 2600 && s.tile_m >= 8 && s.block_n % target.max_subgroup_size == 0 &&
        target.permits(spirv::Capability::GroupNonUniformBallot))
      s.fragment = Fragment::SubgroupBroadcast;
  } else {
    // Gathers cost more than accumulators on the stack. The driver's compiler takes half a second for the large tile, which a
    // product has to be worth. Sixteen rows are read from where they lie together; as rows of A they gain nothing.
    const bool large = o.m >= 64 && o.n >= 128 && o.k >= 64 && o.m * o.n >= (std::int64_t{1} << 26) / o.k;
    s.pack_a = large || (o.m >= 16 && o.k >= 16 && (o.a_constant || o.n >= 64));
    s.pack_b = s.pack_b || (large && o.m >= 256);
    constexpr std::uint32_t tiles[] = {16, 8, 4, 2, 1}, of_rows[] = {8, 4, 2, 1};
    s.tile_n = large ? 16 : o.n < 16 ? 1 : llvmpipe_columns(o.n, target);
    s.tile_m = large ? 16 : s.pack_a && s.tile_n == 8 ? best_tile(o.m, tiles) : best_tile(o.m, of_rows);
    s.vector = s.tile_n < 4 ? 1 : 4;
    s.block_n = s.tile_n * power_of_two_from((o.n + s.tile_n - 1) / s.tile_n,
                                             s.tile_n < 8 ? 16 : llvmpipe_lanes(target));
    s.unroll_k = s.tile_m == 16 ? 2 : 4;
  }
  s.block_m = s.tile_m;
  s.unroll_k = power_of_two_up_to(o.k, s.unroll_k);
  return s;
}

inline MatmulSchedule swiftshader_schedule(const MatmulOutline& o, const Target& target) {
  MatmulSchedule s;
  constexpr std::uint32_t tiles[] = {4, 2, 1};
  s.tile_m = best_tile(o.m, tiles);
  // A broadcast is cheaper than a load of one address.
  const bool broadcasts = o.m >= 8 && o.n >= 32 && o.k >= 16 && !o.narrow && target.min_subgroup_size >= 4 &&
                          target.permits(spirv::Capability::GroupNonUniformBallot);
  if (broadcasts) {
    s.fragment = Fragment::SubgroupBroadcast;
    // Descriptors are tested against their sizes, addresses are not.
    s.device_addresses = target.device_addresses;
    s.tile_m = s.device_addresses && o.m >= 16 ? 16 : 8;
  }
  s.tile_n = o.n >= 32 ? 8 : o.n >= 16 ? 4 : 1;
  s.vector = s.tile_n < 4 ? 1 : 4;
  s.block_m = s.tile_m;
  s.block_n = s.tile_n * 4;
  // Beyond some number of values in a loop the driver's code becomes half as fast.
  s.unroll_k = power_of_two_up_to(o.k, s.tile_m == 16 ? 2 : 4);
  s.pack_a = o.a_constant || o.n >= 128;
  s.pack_b = o.b_constant || o.m >= 32;
  return s;
}

inline MatmulSchedule schedule_for(const MatmulOutline& o, const Target& target) {
  if (target.kind == DeviceKind::Llvmpipe) return llvmpipe_schedule(o, target);
  return target.kind == DeviceKind::SwiftShader ? swiftshader_schedule(o, target) : gpu_schedule(o, target);
}

// So that the loops over K end within what the target permits.
inline void split_long_k(std::int64_t k, const Target& target, MatmulSchedule& s) {
  if (target.max_loop_iterations == 0) return;
  while (k > longest_k(s, target) && s.split_k < 1024) s.split_k *= 2;
}

}  // namespace detail

AIRSTRIP_INLINE MatmulSchedule default_schedule(const MatmulProblem& problem, const Target& target) {
  MatmulSchedule s = detail::schedule_for(detail::outline_of(problem, target), target);
  // Panels hold decoded elements: what is quantised to be small is read as it is.
  if (problem.a.quantization.bits) s.pack_a = false;
  if (problem.b.quantization.bits) s.pack_b = false;
  if (problem.k.is_literal()) detail::split_long_k(problem.k.value(), target, s);
  return s;
}

AIRSTRIP_TENSOR_NAMESPACE_END
