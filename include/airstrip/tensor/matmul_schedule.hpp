// How a matrix product is computed: matmul's schedule, and that of every family that is a matrix product inside.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "shape.hpp"
#include "target.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// What multiplies.
enum class Fragment : std::uint8_t {
  Fma,                ///< multiply-add of scalars or vectors, on values that each invocation loads
  SubgroupBroadcast,  ///< the same; each value of A is loaded by one invocation of the subgroup and broadcast
  PackedDot,          ///< four products of 8-bit integers at once (SPV_KHR_integer_dot_product, or computed)
  CooperativeMatrix,  ///< matrices of the subgroup (SPV_KHR_cooperative_matrix)
};

/// Along which axis of the product an invocation's vectors lie.
enum class VectorAxis : std::uint8_t { M, N, K };

/// Which tile the next workgroup takes: the next one along this axis.
enum class GroupOrder : std::uint8_t { AlongN, AlongM };

/// A product C[M, N] = A[M, K] B[K, N], cut up. A workgroup computes block_m x block_n elements, an invocation tile_m x
/// tile_n of them (with CooperativeMatrix: a subgroup), and `lanes_k` invocations share the work along K of each. An
/// invocation's rows are next to each other; its columns are vectors that alternate with those of its neighbours.
struct MatmulSchedule {
  Fragment fragment = Fragment::Fma;
  std::uint32_t block_m = 16, block_n = 64;
  std::uint32_t tile_m = 4, tile_n = 4;
  std::uint32_t lanes_k = 1;  ///< a power of two
  VectorAxis vector_axis = VectorAxis::N;
  std::uint32_t vector = 4;    ///< 1, 2 or 4: a divisor of the tile along the axis
  std::uint32_t unroll_k = 4;  ///< steps along K that are written out
  /// Through workgroup memory, block_k steps of K at a time, each of which has `padding` elements more than a line needs.
  bool share_a = false, share_b = false;
  std::uint32_t block_k = 16, padding = 0;
  /// Copied beforehand into panels in the order in which they are read: of weights ahead of time, of activations by a
  /// dispatch of every run.
  bool pack_a = false, pack_b = false;
  std::uint32_t split_k = 1;  ///< parts of K that workgroups of their own sum; a second dispatch adds them up
  bool device_addresses = false;
  GroupOrder order = GroupOrder::AlongN;

  constexpr std::uint32_t lanes_m() const { return tile_m ? block_m / tile_m : 0; }
  constexpr std::uint32_t lanes_n() const { return tile_n ? block_n / tile_n : 0; }
  /// Invocations of a workgroup; of CooperativeMatrix its subgroups.
  constexpr std::uint32_t lanes() const { return lanes_m() * lanes_n() * lanes_k; }
};

/// What a schedule's rules need to know of a product.
struct ProductTraits {
  Dimension k;
  kernel::Scalar a = kernel::Scalar::F32, b = kernel::Scalar::F32;  ///< as they are multiplied
  kernel::Scalar accumulate = kernel::Scalar::F32;
};

/// Whether a product can be computed like that, or which rule fails and by how much: IllegalSchedule,
/// MissingCapability, WrongType. Nothing depends on M and N.
Result<void> legal_product(const ProductTraits& product, const MatmulSchedule& schedule,
                           const Target& target);
/// Bytes of workgroup memory that it uses.
std::uint64_t shared_memory_of(const ProductTraits& product, const MatmulSchedule& schedule);
/// Invocations of a workgroup.
std::uint32_t invocations_of(const MatmulSchedule& schedule, const Target& target);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/matmul_rules.hpp"
#endif
