// Product: the kernel of a matrix product, whatever its operands are read from and wherever its results go.
#pragma once

#include "../../config.hpp"
#include "../matmul_schedule.hpp"
#include "step_builder.hpp"
#include "tile_loader.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// c[batch…, m, n] = sum over k of a[batch…, m, k] * b[batch…, k, n]
struct ProductSizes {
  SizeId batch[Shape::max_rank] = {};
  std::size_t batch_rank = 0;
  SizeId m = {}, n = {}, k = {};
  Scalar accumulate = Scalar::F32;  ///< of the sums
};

/// Where results are: `width` neighbours along M or N, all of which exist.
struct ProductPoint {
  Span<const Index> batch;
  Index split;  ///< with split_k > 1: which part of K was summed
  Index row, column;
  bool along_m = false;
  unsigned width = 1;
  bool aligned = false;  ///< the index of the first along that axis is a multiple of `width`
};

/// What becomes of results.
class ProductOutput {
public:
  virtual void store(StepBuilder& step, const ProductPoint& point, AnyValue value) = 0;

protected:
  ~ProductOutput() = default;
};

/// The options of a step whose kernel is a product.
kernel::KernelOptions product_options(const MatmulSchedule& schedule, const Target& target);
/// How it is written, and the steps that pack its operands and add up its parts.
kernel::WriteOptions product_write_options(const MatmulSchedule& schedule);

/// Fills the step's kernel, of a schedule that `legal_product` accepted, and returns how many workgroups it has. Loaders
/// have the types that the fragment multiplies: that of the sums for Fma and SubgroupBroadcast, 8-bit integers for
/// PackedDot, what a MatrixProduct of the target takes for CooperativeMatrix.
SizeId emit_product(StepBuilder& step, const ProductSizes& sizes, const MatmulSchedule& schedule,
                    TileLoader& a, TileLoader& b, ProductOutput& output);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/product.hpp"
#endif
