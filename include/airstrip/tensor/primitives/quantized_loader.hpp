// QuantizedLoader: weights of 4 or 8 bits, decoded while they are loaded.
#pragma once

#include "../../config.hpp"
#include "step_builder.hpp"
#include "tile_loader.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Lines of q that lie along K, each of whole blocks: element = (q - zero point) * scale, computed in f32.
struct QuantizedLayout {
  std::uint32_t bits = 8;          ///< 4 (two in a byte, the first in the low half) or 8
  std::uint32_t block = 32;        ///< neighbours along K with one scale: a power of two, 8 at least
  SizeId lines = {}, blocks = {};  ///< of a matrix; blocks of a line
  SizeId batch_strides[Shape::max_rank] = {};  ///< in matrices, of each of the product's batch axes
  std::size_t batch_rank = 0;
  bool has_zero_points = false;
};

class QuantizedLoader final : public TileLoader {
public:
  /// `zero_points` is not used where the layout has none: then q is signed, or of 4 bits q - 8.
  QuantizedLoader(const Memory& values, const Memory& scales, const Memory& zero_points,
                  const QuantizedLayout& layout, Scalar as);
  void begin(StepBuilder& step, Span<const Index> batch) override;
  AnyValue load(StepBuilder& step, const TilePoint& point) override;

private:
  AnyValue load_block_part(StepBuilder& step, Index line, Index k, unsigned width);
  AnyValue load_numbers(StepBuilder& step, Index element, unsigned width);

  Memory values_, scales_, zero_points_;
  QuantizedLayout layout_;
  Index first_line_;
  bool has_first_line_ = false;
};

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/quantized_loader.hpp"
#endif
