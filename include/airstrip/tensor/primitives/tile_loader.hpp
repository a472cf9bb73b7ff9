// TileLoader: where the elements of a product's operands come from.
#pragma once

#include "../../config.hpp"
#include "expression_emitter.hpp"
#include "step_builder.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Elements of an operand of a product: of the line (a row of A, a column of B) `line + line_offset` the element
/// `k + k_offset`, and its `width - 1` neighbours along K or along the lines.
struct TilePoint {
  Index line, k;
  std::uint32_t line_offset = 0, k_offset = 0;
  unsigned width = 1;    ///< 1, 2 or 4
  bool along_k = false;  ///< the neighbours' axis
  bool aligned = false;  ///< along that axis the index of the first is a multiple of `width`
};

/// The source of one operand: memory as it was given, packed panels, an image taken apart. Only elements that exist are
/// asked for: a product's edges are the caller's work (it asks for another line and drops the result, or adds the zero
/// itself). Loads are pure: what depends on the line alone is taken out of the loop over K by the kernel's passes.
class TileLoader {
public:
  /// Called once in the kernel, where the workgroup knows its place: indices along the product's batch axes.
  virtual void begin(StepBuilder& step, Span<const Index> batch) = 0;
  /// A scalar, or a vector of `width`, of the type `scalar`.
  virtual AnyValue load(StepBuilder& step, const TilePoint& point) = 0;

  Scalar scalar = Scalar::F32;  ///< of what `load` gives
  bool contiguous_along_k =
      false;            ///< neighbours along K lie in memory next to each other; else those of lines do
  bool padded = false;  ///< lines and K are zeros up to the schedule's next multiple

protected:
  ~TileLoader() = default;
};

/// A matrix in memory with any strides.
class StridedLoader final : public TileLoader {
public:
  /// `batch_strides`: one for each of the product's batch axes, 0 where the operand has the same matrix for all. Elements
  /// are converted to `as`; `prologue`, if there is one, is applied before, and computed at the points
  /// [batch…, line, k] or, with `k_first`, [batch…, k, line]. One that does without the primary value reads no memory.
  StridedLoader(const Memory& memory, Span<const SizeId> batch_strides, SizeId line_stride, SizeId k_stride,
                Scalar as, const SizeTable& table, ExpressionEmitter* prologue = nullptr,
                bool k_first = false);
  void begin(StepBuilder& step, Span<const Index> batch) override;
  AnyValue load(StepBuilder& step, const TilePoint& point) override;

private:
  AnyValue load_raw(StepBuilder& step, const TilePoint& point);

  Memory memory_;
  SizeId batch_strides_[Shape::max_rank] = {};
  std::size_t batch_rank_ = 0;
  SizeId line_stride_, k_stride_;
  bool wide_batches_ = true;  // every batch begins at a multiple of 4
  ExpressionEmitter* prologue_;
  bool k_first_;
  Index batch_[Shape::max_rank];
  Index base_;
  bool has_base_ = false;
};

/// A value beyond the end of K or not: `load` where `k < size`, else 0. `k` may be anything.
AnyValue load_or_zero(StepBuilder& step, TileLoader& loader, const TilePoint& point, Index size);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/tile_loader.hpp"
#endif
