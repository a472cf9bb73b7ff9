// SplitWork: a product whose sums are computed in parts, and the dispatch that adds the parts up.
#pragma once

#include "../../config.hpp"
#include "product.hpp"
#include "step_builder.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Parts of sums in memory: [part][batch…][M][N].
class PartialSums final : public ProductOutput {
public:
  /// Declares the operand `name` in the step.
  PartialSums(StepBuilder& step, const ProductSizes& sizes, std::uint32_t parts, Text name);
  void store(StepBuilder& step, const ProductPoint& point, AnyValue value) override;

private:
  ProductSizes sizes_;
  Memory memory_;
};

/// Fills the step's kernel, of `workgroup` invocations, which adds up the parts, the first one first, and gives the sums to
/// `output`. Returns how many workgroups it has.
SizeId emit_sum_of_parts(StepBuilder& step, const ProductSizes& sizes, std::uint32_t parts, Text name,
                         ProductOutput& output, std::uint32_t workgroup);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/split_work.hpp"
#endif
