// Default schedules of convolutions.
#pragma once

#include "../matmul.hpp"
#include "convolution_rules.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// Chooses method and sizes. Measured with 64 -> 64 channels, 3 x 3, 56 x 56: on lavapipe 22.3 ImplicitMatmul with a tile of
/// 8 x 8 is 1.4 times as fast as Direct with 8 x 8, and Winograd4x4 twice as fast again; on lavapipe 26 tiles of 16 x 4 by
/// device addresses are 1.7 times as fast as 8 x 8 by descriptors. On 22.3 tiles of 16 x 8 over one vector of lanes are 1.2 to
/// 2 times as fast as 8 x 8 or 8 x 4 over more, in the layers of networks that bench/tensor/layers.cpp has.
class ConvolutionChooser {
public:
  ConvolutionChooser(const ConvolutionProblem& problem, const Target& target, const ConvolutionShape& shape,
                     SizeTable& table)
      : p_(problem), target_(target), shape_(shape), t_(table), is_gpu_(target.kind == DeviceKind::Gpu) {}

  ConvolutionSchedule run() {
    ConvolutionSchedule s;
    s.workgroup = at_most(64, most_invocations(target_));
    if (choose_winograd(s) || choose_product(s)) return s;
    choose_direct(s);
    return s;
  }

private:
  static std::uint32_t at_most(std::uint32_t wanted, std::uint32_t limit) {
    return wanted < limit ? wanted : limit;
  }
  bool is_legal(const ConvolutionSchedule& s) { return convolution_legal(p_, s, shape_, t_, target_).ok(); }
  // Sizes of run time count as what they may be at most; what is really there is not known.
  std::int64_t size(SizeId id) const { return t_.upper(id); }

  bool choose_winograd(ConvolutionSchedule& s) {
    // Transforms cost a few dozen operations for each channel's tile, which the products have to be worth.
    if (p_.precise || !p_.constant_w || shape_.spatial != 2 || size(shape_.channels) < 16 ||
        size(shape_.outputs) < 16)
      return false;
    ConvolutionSchedule w = s;
    // Tiles of 4 x 4 where they are not mostly padding.
    bool large = size(shape_.out[0]) >= 6 && size(shape_.out[1]) >= 6;
    if (is_gathering()) {
      // Columns are dear there, and a few tiles are mostly padding: of the three methods the one that computes the fewest.
      const std::int64_t four = mul_saturated(36, column_cost(tiles_of(ConvolutionMethod::Winograd4x4)));
      const std::int64_t two = mul_saturated(16, column_cost(tiles_of(ConvolutionMethod::Winograd2x2)));
      const std::int64_t outputs = mul_saturated(size(shape_.out[0]), size(shape_.out[1]));
      const std::int64_t implicit = mul_saturated(size(shape_.batch), mul_saturated(9, column_cost(outputs)));
      if (implicit < (four < two ? four : two)) return false;
      large = four <= two;
    }
    w.method = large ? ConvolutionMethod::Winograd4x4 : ConvolutionMethod::Winograd2x2;
    const std::int64_t tiles = tiles_of(w.method);
    if (tiles < 16) return false;
    w.product = product(size(shape_.outputs), tiles, size(shape_.channels), is_gathering() ? 2 : 4);
    w.product.pack_a = w.product.pack_b = false;
    w.product.split_k = 1;
    if (w.product.vector_axis == VectorAxis::K || !is_legal(w)) return false;
    s = w;
    return true;
  }

  std::int64_t tiles_of(ConvolutionMethod method) {
    const std::int64_t m = winograd_outputs(method);
    return mul_saturated(size(shape_.batch),
                         mul_saturated(ceil_div(size(shape_.out[0]), m), ceil_div(size(shape_.out[1]), m)));
  }
  // llvmpipe before Mesa 25, whose loads by descriptors are gathers: see matmul_schedules.hpp.
  bool is_gathering() const { return target_.kind == DeviceKind::Llvmpipe && target_.driver_version < 2500; }
  std::int64_t column_cost(std::int64_t n) const {
    return llvmpipe_column_cost(n, llvmpipe_columns(n, target_), target_);
  }

  bool choose_product(ConvolutionSchedule& s) {
    if (p_.transposed || size(shape_.group_outputs) < 8) return false;
    ConvolutionSchedule c = s;
    c.method = ConvolutionMethod::ImplicitMatmul;
    std::int64_t taps = 1, outputs = 1;
    for (std::size_t i = 0; i < shape_.spatial; ++i) {
      if (!t_.is_literal(shape_.kernel[i])) return false;
      taps = mul_saturated(taps, size(shape_.kernel[i]));
      outputs = mul_saturated(outputs, size(shape_.out[i]));
    }
    const std::int64_t depth = mul_saturated(size(shape_.group_channels), taps);
    if (depth < 8 || outputs < 8) return false;
    // Whole kernels in an iteration: then it is known which tap is read.
    std::int64_t unroll = taps <= 16 ? taps : 4;
    if (taps > 16 && is_gpu_ == false) return false;
    while (unroll < 4 && t_.is_multiple(shape_.group_channels, unroll * 2 / taps)) unroll *= 2;
    const std::int64_t row = size(shape_.kernel[shape_.spatial - 1]);
    // A row of it is as fast there, and compiles in a third of the time.
    if (is_gathering() && taps > 4 && row > 1 && row <= 4) unroll = row;
    if (is_pointwise(p_, shape_, t_)) {
      // A product of matrices as they lie.
      c.product = matrix_product(size(shape_.group_outputs), outputs, depth, binds_narrow());
    } else {
      c.product = product(size(shape_.group_outputs), outputs, depth, static_cast<std::uint32_t>(unroll),
                          binds_narrow());
      // Rows enough to read each window sixteen times, stored once.
      c.product.pack_b = is_gathering() && taps > 1 && size(shape_.group_outputs) >= 256;
      if (c.product.pack_b) c.product.unroll_k = 2;
    }
    c.product.pack_a = p_.constant_w;
    if (c.product.pack_b && !is_legal(c)) c.product.pack_b = false;
    if (!is_legal(c)) return false;
    s = c;
    return true;
  }

  // Whether a product that reads x and w itself has elements of less than 32 bits: see the matmul's of that name.
  bool binds_narrow() const {
    if (element_bytes(p_.x.scalar) < 4 || element_bytes(p_.w.scalar) < 4) return true;
    if (has_narrow_operand(p_.x_prologue) || has_narrow_operand(p_.w_prologue)) return true;
    if (!p_.epilogue.empty()) return has_narrow_operand(p_.epilogue);
    return element_bytes(convolution_result_type(p_, shape_.accumulator)) < 4;
  }
  MatmulSchedule matrix_product(std::int64_t m, std::int64_t n, std::int64_t k, bool narrow = false) {
    MatmulProblem problem;
    // Of run time they may be saturated, and are multiplied here.
    const auto clamp = [](std::int64_t size) {
      return size < Dimension::no_maximum ? size : Dimension::no_maximum;
    };
    problem.m = clamp(m);
    problem.n = clamp(n);
    problem.k = clamp(k);
    problem.a.constant = p_.constant_w;
    MatmulOutline outline = outline_of(problem, target_);
    outline.narrow = narrow;
    MatmulSchedule s = schedule_for(outline, target_);
    split_long_k(problem.k.value(), target_, s);
    return s;
  }
  // The product's own default on a GPU; on processors rows by lanes, nothing shared.
  MatmulSchedule product(std::int64_t m, std::int64_t n, std::int64_t k, std::uint32_t unroll,
                         bool narrow = false) {
    if (is_gpu_) return matrix_product(m, n, k, narrow);
    MatmulSchedule s;
    if (is_gathering()) {
      constexpr std::uint32_t tiles[] = {16, 8, 7, 6, 5, 4, 2, 1};
      s.tile_m = best_tile(m, tiles);
      s.tile_n = llvmpipe_columns(n, target_);
      s.block_m = s.tile_m;
      s.block_n = s.tile_n * power_of_two_from(ceil_div(n, s.tile_n), llvmpipe_lanes(target_));
      s.vector = 4;
      s.unroll_k = unroll;
      return s;
    }
    // Newer llvmpipes read addresses without a test for each component, and fold broadcast loads into multiply-adds.
    s.device_addresses = target_.kind == DeviceKind::Llvmpipe && target_.driver_version >= 2500 &&
                         target_.device_addresses && !narrow;
    s.tile_m = least_waste(m, {8, 7, 6, 5, 4, 2, 1});
    s.tile_n = n < 64 ? 4 : 8;
    if (s.device_addresses && m >= 16 && m % s.tile_m == 0) {
      s.tile_m = m % 16 == 0 ? 16 : s.tile_m;
      s.tile_n = 4;
    }
    s.block_m = s.tile_m;
    s.vector = 4;
    s.unroll_k = unroll;
    // Whole subgroups, of 8 lanes most often.
    const std::int64_t lanes = ceil_div(n < Dimension::no_maximum ? n : Dimension::no_maximum, s.tile_n);
    const std::uint32_t most = at_most(64, most_invocations(target_));
    std::uint32_t best = most < 8 ? most : 8;
    for (std::uint32_t each = best + 8; each <= most; each += 8)
      if (ceil_div(lanes, each) * each <= ceil_div(lanes, best) * best + lanes / 16) best = each;
    s.block_n = s.tile_n * best;
    return s;
  }
  static std::uint32_t least_waste(std::int64_t size, std::initializer_list<std::uint32_t> sizes) {
    std::uint32_t best = 1;
    std::int64_t least = max_size;
    if (size < 1) return best;  // nothing is wasted by any, and the rules have no room for more
    for (const std::uint32_t each : sizes) {
      // A smaller tile reads more: an eighth for each step down.
      const std::int64_t cost = mul_saturated(ceil_div(size, each) * each, 8 + (8 - each));
      if (cost >= least) continue;
      least = cost;
      best = each;
    }
    return best;
  }

  void choose_direct(ConvolutionSchedule& s) {
    s.channels = least_waste(size(shape_.group_outputs), {8, 7, 6, 5, 4, 3, 2, 1});
    s.pixels = is_gpu_ ? 2 : 8;
    // A lone channel's pixels share what they read; more channels share it among them.
    if (s.channels == 1) s.pixels = is_gpu_ ? 4 : 8;
    const std::int64_t row = size(window_axis(p_, shape_, shape_.spatial - 1, t_).outputs);
    while (s.pixels > 1 && ceil_div(row, s.pixels) * s.pixels > row + row / 4) s.pixels /= 2;
    // What is written out costs the driver's compiler time: a few hundred multiply-adds are enough to hide the loop. The
    // last axis comes first: pixels share what they read along it.
    std::uint64_t body = std::uint64_t{s.channels} * s.pixels;
    s.unroll = 0;
    while (s.unroll < shape_.spatial) {
      const SizeId kernel = shape_.kernel[shape_.spatial - 1 - s.unroll];
      if (!t_.is_literal(kernel) || t_.lower(kernel) > 64) break;
      const std::uint64_t taps = static_cast<std::uint64_t>(t_.lower(kernel));
      if (body * taps > (s.unroll == 0 ? 512 : 256)) break;
      body *= taps;
      ++s.unroll;
    }
    while (s.depth < 8 && body * 2 <= 128 && size(shape_.group_channels) > s.depth) {
      s.depth *= 2;
      body *= 2;
    }
    // Within the iterations that the target allows.
    while (s.depth < 64 && !is_legal(s)) s.depth *= 2;
  }

  const ConvolutionProblem& p_;
  const Target& target_;
  const ConvolutionShape& shape_;
  SizeTable& t_;
  bool is_gpu_;
};

}  // namespace detail

AIRSTRIP_INLINE ConvolutionSchedule default_schedule(const ConvolutionProblem& problem,
                                                     const Target& target) {
  SizeTable table;
  const Result<detail::ConvolutionShape> shape = detail::convolution_shape(problem, table);
  if (!shape) return {};
  return detail::ConvolutionChooser(problem, target, *shape, table).run();
}

AIRSTRIP_TENSOR_NAMESPACE_END
