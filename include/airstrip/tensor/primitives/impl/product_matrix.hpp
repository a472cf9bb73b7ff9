// A product's kernel: cooperative matrices of the subgroup.
#pragma once

#include "product_emitter.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline void ProductEmitter::loop_matrices() {
  ProductTraits traits;
  traits.a = a_.loader->scalar;
  traits.b = b_.loader->scalar;
  traits.accumulate = sizes_.accumulate;
  const MatrixProduct* const product = matrix_product_for(traits, step_.target());
  if (!product) return step_.fail(ErrorCode::MissingCapability, "the target has no such matrix product");
  const std::uint32_t rows = s_.tile_m / product->m, columns = s_.tile_n / product->n;
  const kernel::Type type_a = k_.matrix_type(traits.a, product->m, product->k, kernel::MatrixUse::A);
  const kernel::Type type_b = k_.matrix_type(traits.b, product->k, product->n, kernel::MatrixUse::B);
  const kernel::Type type_c =
      k_.matrix_type(traits.accumulate, product->m, product->n, kernel::MatrixUse::Accumulator);
  const std::uint32_t results =
      k_.add_array(kernel::ResourceKind::Workgroup, kernel::Type(traits.accumulate), s_.block_m * s_.block_n);
  const Index subgroup = k_.subgroup_id();
  const Index row = s_.lanes_m() > 1 ? subgroup / s_.lanes_n() * s_.tile_m : k_.constant<u32>(0u);
  const Index column = s_.lanes_n() > 1 ? subgroup % s_.lanes_n() * s_.tile_n : k_.constant<u32>(0u);

  Buffer<kernel::AnyVariable> sums;
  const AnyValue nothing = zero(kernel::Type(traits.accumulate));
  const AnyValue empty = k_.construct(type_c, Span<const AnyValue>(&nothing, 1));
  for (std::uint32_t i = 0; i < rows * columns; ++i) {
    if (!step_.has_room(sums.push_back(k_.variable(type_c)))) return;
    k_.store(sums[i], empty);
  }
  k_.for_range<u32>(k_first_, k_end_, s_.block_k, [&](Index k) {
    fill(a_, k);
    fill(b_, k);
    k_.barrier(kernel::memory::workgroup);
    Buffer<AnyValue> a, b;
    if (!step_.has_room(a.resize(rows) && b.resize(columns))) return;
    const auto load = [&](const ProductSide& side, Index line, std::uint32_t offset, std::uint32_t step,
                          kernel::Type type, bool column_major) {
      kernel::Place place;
      place.builder = &k_;
      place.resource = side.array;
      place.index = line.any();
      place.offset = (step * side.pitch + offset) * element_bytes(side.loader->scalar);
      return k_.matrix_load(place, type, k_.constant<u32>(side.pitch).any(), column_major);
    };
    for (std::uint32_t step = 0; step < s_.block_k; step += product->k) {
      // Workgroup memory holds [k][line]: of A that is its columns.
      for (std::uint32_t i = 0; i < rows; ++i) a[i] = load(a_, row, i * product->m, step, type_a, true);
      for (std::uint32_t j = 0; j < columns; ++j)
        b[j] = load(b_, column, j * product->n, step, type_b, false);
      for (std::uint32_t i = 0; i < rows; ++i)
        for (std::uint32_t j = 0; j < columns; ++j) {
          const kernel::AnyVariable sum = sums[i * columns + j];
          const AnyValue operands[3] = {a[i], b[j], k_.load(sum)};
          k_.store(sum, k_.apply(kernel::Op::MatrixMulAdd, operands));
        }
    }
    k_.barrier(kernel::memory::workgroup);
  });
  store_matrices({sums.data(), sums.size()}, *product, results, row, column);
}

// Which invocation holds which component is not known: results pass through workgroup memory.
inline void ProductEmitter::store_matrices(Span<const kernel::AnyVariable> sums, const MatrixProduct& product,
                                           std::uint32_t array, Index subgroup_row, Index subgroup_column) {
  const SizeTable& table = step_.operation.sizes();
  const std::uint32_t columns = s_.tile_n / product.n;
  const std::uint32_t bytes = element_bytes(sizes_.accumulate);
  const auto place = [&](Index index, std::uint32_t offset) {
    kernel::Place at;
    at.builder = &k_;
    at.resource = array;
    at.index = index.any();
    at.offset = offset * bytes;
    return at;
  };
  const Index first = subgroup_row * s_.block_n + subgroup_column;
  for (std::uint32_t i = 0; i < sums.size(); ++i) {
    const std::uint32_t offset = i / columns * product.m * s_.block_n + i % columns * product.n;
    k_.matrix_store(place(first, offset), k_.load(sums[i]), k_.constant<u32>(s_.block_n).any(), false);
  }
  k_.barrier(kernel::memory::workgroup);
  const unsigned width = s_.block_n % 4 == 0 && table.is_multiple(sizes_.n, 4) ? 4 : 1;
  const std::uint32_t total = s_.block_m * s_.block_n / width;
  k_.for_range<u32>(k_.local_id().x, k_.constant<u32>(total), invocations_of(s_, step_.target()),
                    [&](Index which) {
                      const std::uint32_t row_vectors = s_.block_n / width;
                      const Index row = which / row_vectors, column = (which - row * row_vectors) * width;
                      ProductPoint point;
                      point.batch = {batch_, sizes_.batch_rank};
                      point.split = split_;
                      point.row = a_.first + row;
                      point.column = b_.first + column;
                      point.width = width;
                      point.aligned = width > 1;
                      const auto store = [&] {
                        AnyValue parts[4];
                        for (unsigned c = 0; c < width; ++c)
                          parts[c] = k_.load(place(which * width, c), kernel::Type(sizes_.accumulate));
                        output_.store(step_, point,
                                      width == 1 ? parts[0]
                                                 : k_.construct(kernel::Type(sizes_.accumulate, width),
                                                                Span<const AnyValue>(parts, width)));
                      };
                      const bool exact_m = table.is_multiple(sizes_.m, s_.block_m),
                                 exact_n = table.is_multiple(sizes_.n, s_.block_n);
                      if (exact_m && exact_n) return store();
                      Value<bool> exists = point.row < step_.size(sizes_.m);
                      if (!exact_n) exists = exists && point.column < step_.size(sizes_.n);
                      k_.if_(exists, store);
                    });
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
