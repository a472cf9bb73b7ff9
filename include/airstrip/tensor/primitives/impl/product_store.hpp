// A product's kernel: its results.
#pragma once

#include "product_emitter.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline void ProductEmitter::store_one(std::uint32_t row, std::uint32_t column, unsigned width,
                                      AnyValue value) {
  const bool along_m = sum_axis_ == VectorAxis::M;
  ProductPoint point;
  point.batch = {batch_, sizes_.batch_rank};
  point.split = split_;
  point.row = a_.first + a_.local + a_.offset(row);
  point.column = b_.first + b_.local + b_.offset(column);
  point.along_m = along_m;
  point.width = width;
  point.aligned = width > 1;
  output_.store(step_, point, value);
}

// All results, by vectors of `width` or one by one; with `guarded` those that exist.
inline void ProductEmitter::store_vectors(unsigned width, bool guarded) {
  const SizeTable& table = step_.operation.sizes();
  const bool along_m = sum_axis_ == VectorAxis::M;
  const bool guards_m = guarded && !table.is_multiple(sizes_.m, s_.block_m);
  const bool guards_n = guarded && !table.is_multiple(sizes_.n, s_.block_n);
  const std::uint32_t vectors_m = along_m ? sum_width_ : 1, vectors_n = along_m ? 1 : sum_width_;
  const std::uint32_t columns = s_.tile_n / vectors_n;
  const std::uint32_t step_m = along_m ? width : 1, step_n = along_m ? 1 : width;
  for (std::uint32_t n = 0; n < s_.tile_n; n += step_n) {
    const auto column = [&] {
      for (std::uint32_t m = 0; m < s_.tile_m; m += step_m) {
        const auto one = [&] {
          AnyValue value = now_[m / vectors_m * columns + n / vectors_n];
          const std::uint32_t component = along_m ? m % vectors_m : n % vectors_n;
          if (width == 1 && sum_width_ > 1) value = value.component(component);
          store_one(m, n, width, value);
        };
        if (guards_m)
          k_.if_(a_.first + a_.local + a_.offset(m) < step_.size(sizes_.m), one);
        else
          one();
      }
    };
    if (guards_n)
      k_.if_(b_.first + b_.local + b_.offset(n) < step_.size(sizes_.n), column);
    else
      column();
  }
}

inline void ProductEmitter::store_tile() {
  const SizeTable& table = step_.operation.sizes();
  const bool along_m = sum_axis_ == VectorAxis::M;
  const bool exact_m = table.is_multiple(sizes_.m, s_.block_m),
             exact_n = table.is_multiple(sizes_.n, s_.block_n);
  // A vector of which a part exists is stored by components; elsewhere the guards are of whole vectors.
  if (sum_width_ == 1 || table.is_multiple(along_m ? sizes_.m : sizes_.n, sum_width_))
    return store_vectors(sum_width_, true);
  const Index row_end = a_.first + a_.local + (a_.offset(s_.tile_m - 1) + 1);
  const Index column_end = b_.first + b_.local + (b_.offset(s_.tile_n - 1) + 1);
  Value<bool> inside = along_m ? row_end <= step_.size(sizes_.m) : column_end <= step_.size(sizes_.n);
  if (!along_m && !exact_m) inside = inside && row_end <= step_.size(sizes_.m);
  if (along_m && !exact_n) inside = inside && column_end <= step_.size(sizes_.n);
  k_.if_(
      inside, [&] { store_vectors(sum_width_, false); }, [&] { store_vectors(1, true); });
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
