#pragma once

#include "../product.hpp"
#include "product_emitter.hpp"
#include "product_fetch.hpp"
#include "product_loop.hpp"
#include "product_matrix.hpp"
#include "product_store.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline ProductEmitter::ProductEmitter(StepBuilder& step, const ProductSizes& sizes,
                                      const MatmulSchedule& schedule, TileLoader& a, TileLoader& b,
                                      ProductOutput& output)
    : step_(step), k_(step.k), sizes_(sizes), s_(schedule), output_(output) {
  set_up_sides(a, b);
}

inline void ProductEmitter::set_up_sides(TileLoader& a, TileLoader& b) {
  SizeTable& table = step_.table();
  const bool matrices = s_.fragment == Fragment::CooperativeMatrix;
  const auto set_up = [&](ProductSide& side, TileLoader& loader, SizeId size, std::uint32_t block,
                          std::uint32_t tile, std::uint32_t lanes, VectorAxis axis, bool shared) {
    side.loader = &loader;
    side.size = size;
    side.block = block;
    side.tile = tile;
    side.lanes = lanes;
    side.width = !matrices && s_.vector_axis == axis ? s_.vector : 1;
    side.interleaved = axis == VectorAxis::N;
    side.exact = loader.padded || table.is_multiple(size, block);
    side.whole_vectors = table.is_multiple(size, side.width);
    side.shared = shared;
    side.pitch = block + s_.padding;
  };
  set_up(a_, a, sizes_.m, s_.block_m, s_.tile_m, s_.lanes_m(), VectorAxis::M, s_.share_a);
  set_up(b_, b, sizes_.n, s_.block_n, s_.tile_n, s_.lanes_n(), VectorAxis::N, s_.share_b);
  // Zeros behind the end of both operands may be added.
  const std::uint32_t padded = s_.share_a || s_.share_b ? s_.block_k : s_.unroll_k;
  k_size_ = a.padded && b.padded ? table.round_up(sizes_.k, padded) : sizes_.k;
  beyond_k_ = (s_.share_a || s_.share_b) && !table.is_multiple(k_size_, s_.block_k);
  sum_axis_ = s_.vector_axis;
  sum_width_ = s_.fragment == Fragment::PackedDot ? 1 : s_.vector;
}

// The invocation's number along an axis of `count`, of which `inner` lie within each.
inline Index ProductEmitter::lane_of(std::uint32_t inner, std::uint32_t count) {
  if (count == 1) return k_.constant<u32>(0u);
  const Index id = k_.local_id().x;
  const Index above = inner == 1 ? id : id / inner;
  return inner * count == s_.lanes() ? above : above % count;
}

inline void ProductEmitter::place_side(ProductSide& side, Index block, Index lane) {
  side.first = block * side.block;
  side.local = lane * (side.interleaved ? side.width : side.tile);
  side.clamped.clear();
  if (side.exact || s_.fragment == Fragment::CooperativeMatrix) return;
  const std::uint32_t step = side.whole_vectors ? side.width : 1;
  const Index last = step_.size(side.size) - step;
  for (std::uint32_t l = 0; l < side.tile; l += step)
    step_.has_room(side.clamped.push_back((kernel::min)(side.first + side.local + side.offset(l), last)));
}

inline void ProductEmitter::place(Span<const Index> ids) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < sizes_.batch_rank; ++i) batch_[i] = ids[next++];
  if (s_.split_k > 1) split_ = ids[next++];
  const bool along_n = s_.order == GroupOrder::AlongN;
  const Index block_m = ids[along_n ? next : next + 1], block_n = ids[along_n ? next + 1 : next];
  const bool matrices = s_.fragment == Fragment::CooperativeMatrix;
  const Index none = k_.constant<u32>(0u);
  lane_k_ = lane_of(1, s_.lanes_k);
  place_side(a_, block_m, matrices ? none : lane_of(s_.lanes_k * s_.lanes_n(), s_.lanes_m()));
  place_side(b_, block_n, matrices ? none : lane_of(s_.lanes_k, s_.lanes_n()));

  SizeTable& table = step_.table();
  k_end_ = step_.size(k_size_);
  k_first_ = none;
  if (s_.split_k > 1) {
    const std::uint32_t stride = s_.share_a || s_.share_b ? s_.block_k : s_.unroll_k * s_.lanes_k;
    const SizeId part = table.round_up(table.ceil_div(k_size_, s_.split_k), stride);
    k_first_ = (kernel::min)(split_ * step_.size(part), k_end_);
    k_end_ = (kernel::min)(k_first_ + step_.size(part), k_end_);
  }
  const Span<const Index> batch(batch_, sizes_.batch_rank);
  a_.loader->begin(step_, batch);
  b_.loader->begin(step_, batch);
}

inline SizeId ProductEmitter::run() {
  SizeTable& table = step_.table();
  SizeId counts[WorkGrid::max_rank];
  std::size_t rank = 0;
  for (std::size_t i = 0; i < sizes_.batch_rank; ++i) counts[rank++] = sizes_.batch[i];
  if (s_.split_k > 1) counts[rank++] = table.literal(s_.split_k);
  const SizeId blocks_m = table.ceil_div(sizes_.m, s_.block_m),
               blocks_n = table.ceil_div(sizes_.n, s_.block_n);
  const bool along_n = s_.order == GroupOrder::AlongN;
  counts[rank++] = along_n ? blocks_m : blocks_n;
  counts[rank++] = along_n ? blocks_n : blocks_m;
  const WorkGrid grid(table, {counts, rank});

  const bool matrices = s_.fragment == Fragment::CooperativeMatrix;
  const auto share = [&](ProductSide& side) {
    if (side.shared)
      side.array = k_.add_array(kernel::ResourceKind::Workgroup, kernel::Type(side.loader->scalar),
                                s_.block_k * side.pitch);
  };
  share(a_);
  share(b_);
  grid.run(step_, [&](Span<const Index> ids) {
    place(ids);
    if (matrices) return loop_matrices();
    const std::uint32_t count = s_.tile_m * s_.tile_n / (sum_axis_ == VectorAxis::K ? 1 : sum_width_);
    if (!now_.resize(count)) return step_.fail(ErrorCode::OutOfMemory, "out of memory for sums");
    for (AnyValue& sum : now_) sum = zero(kernel::Type(sizes_.accumulate, sum_width_));
    if (s_.share_a || s_.share_b)
      loop_shared();
    else
      loop_direct();
    if (s_.lanes_k > 1) add_up_lanes();
    if (s_.lanes_k > 1)
      k_.if_(lane_k_ == 0u, [&] { store_tile(); });
    else
      store_tile();
  });
  return grid.total();
}

}  // namespace detail

AIRSTRIP_INLINE kernel::KernelOptions product_options(const MatmulSchedule& schedule, const Target& target) {
  kernel::KernelOptions options;
  options.workgroup = {invocations_of(schedule, target), 1, 1};
  if (schedule.fragment == Fragment::CooperativeMatrix) {
    options.subgroup.size = target.subgroup_size;
    options.subgroup.full = target.can_require_full_subgroups;
  }
  if (schedule.fragment == Fragment::SubgroupBroadcast)
    options.subgroup.full = target.can_require_full_subgroups;
  return options;
}

AIRSTRIP_INLINE kernel::WriteOptions product_write_options(const MatmulSchedule& schedule) {
  kernel::WriteOptions write;
  if (schedule.device_addresses) write.layout = kernel::BindingLayout::DeviceAddresses;
  return write;
}

AIRSTRIP_INLINE SizeId emit_product(StepBuilder& step, const ProductSizes& sizes,
                                    const MatmulSchedule& schedule, TileLoader& a, TileLoader& b,
                                    ProductOutput& output) {
  return detail::ProductEmitter(step, sizes, schedule, a, b, output).run();
}

AIRSTRIP_TENSOR_NAMESPACE_END
