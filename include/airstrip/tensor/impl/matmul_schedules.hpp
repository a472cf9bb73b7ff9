#pragma once

#include "../matmul.hpp"
#include "matmul_operand.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// What default schedules are chosen by. Sizes of run time count as large.
struct MatmulOutline {
  std::int64_t m, n, k;
  bool a_constant, b_constant;
  bool a_along_k, b_along_k;  // neighbours along K lie next to each other
  std::uint32_t invocations;  // the most of a workgroup
};

inline MatmulOutline outline_of(const MatmulProblem& p, const Target& target) {
  const auto size = [](const Dimension& d) {
    return d.is_literal() || d.value() < 4096 ? d.value() : std::int64_t{4096};
  };
  const auto along_k = [](const MatmulOperand& o, bool is_a) {
    const bool k_last = is_a != o.transposed;
    if (o.strides.empty()) return k_last;
    return o.strides[o.batch.rank() + (k_last ? 1 : 0)] == Dimension(1);
  };
  const std::uint32_t x = target.max_workgroup_size.x;
  return {size(p.m),           size(p.n),
          size(p.k),           p.a.constant,
          p.b.constant,        along_k(p.a, true),
          along_k(p.b, false), target.max_workgroup_invocations < x ? target.max_workgroup_invocations : x};
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

inline MatmulSchedule gpu_schedule(const MatmulOutline& o) {
  const std::int64_t few = 8;
  const bool skinny = o.m <= few || o.n <= few;
  const bool along_k = (o.m <= few && o.b_along_k) || (o.n <= few && o.a_along_k);
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
  if (o.invocations >= 256 && tiles(128) >= 64) {
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

inline MatmulSchedule llvmpipe_schedule(const MatmulOutline& o, const Target& target) {
  MatmulSchedule s;
  // Packing an operand pays where each of its elements is used often.
  s.pack_a = o.a_constant || o.n >= 128;
  s.pack_b = o.b_constant || o.m >= 32;
  if (target.driver_version >= 2500 && target.device_addresses) {
    // Rows of a tile are loads of one address, columns the lanes.
    constexpr std::uint32_t tiles[] = {64, 32, 16, 8, 4, 2, 1};
    s.device_addresses = true;
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
    constexpr std::uint32_t tiles[] = {8, 4, 2, 1};
    s.pack_a = false;
    s.tile_m = best_tile(o.m, tiles);
    s.tile_n = o.n >= 128 ? 8 : o.n >= 32 ? 4 : 1;
    s.vector = s.tile_n < 4 ? 1 : 4;
    s.block_n = s.tile_n * power_of_two_from((o.n + s.tile_n - 1) / s.tile_n, 16);
    s.unroll_k = 4;
  }
  s.block_m = s.tile_m;
  s.unroll_k = power_of_two_up_to(o.k, s.unroll_k);
  return s;
}

inline MatmulSchedule swiftshader_schedule(const MatmulOutline& o) {
  MatmulSchedule s;
  constexpr std::uint32_t tiles[] = {4, 2, 1};
  s.tile_m = best_tile(o.m, tiles);
  s.tile_n = o.n >= 32 ? 8 : o.n >= 16 ? 4 : 1;
  s.vector = s.tile_n < 4 ? 1 : 4;
  s.block_m = s.tile_m;
  s.block_n = s.tile_n * 4;
  s.unroll_k = power_of_two_up_to(o.k, 4);
  s.pack_a = o.a_constant || o.n >= 128;
  s.pack_b = o.b_constant || o.m >= 32;
  return s;
}

}  // namespace detail

AIRSTRIP_INLINE MatmulSchedule default_schedule(const MatmulProblem& problem, const Target& target) {
  const detail::MatmulOutline o = detail::outline_of(problem, target);
  MatmulSchedule s = target.kind == DeviceKind::Llvmpipe      ? detail::llvmpipe_schedule(o, target)
                     : target.kind == DeviceKind::SwiftShader ? detail::swiftshader_schedule(o)
                                                              : detail::gpu_schedule(o);
  // So that the loops over K end within what the target permits.
  if (problem.k.is_literal() && target.max_loop_iterations != 0)
    while (problem.k.value() > detail::longest_k(s, target) && s.split_k < 1024) s.split_k *= 2;
  return s;
}

AIRSTRIP_TENSOR_NAMESPACE_END
