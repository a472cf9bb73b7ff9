// TensorView: a tensor in a kernel, moved bit for bit.
#pragma once

#include "../../config.hpp"
#include "expression_emitter.hpp"
#include "step_builder.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Sizes and strides of a tensor as formulas.
struct TensorLayout {
  SizeId shape[Shape::max_rank] = {};
  SizeId strides[Shape::max_rank] = {};  ///< elements; 0 along axes of one element
  SizeId offset = {};
  std::size_t rank = 0;

  Span<const SizeId> sizes() const { return {shape, rank}; }
};
/// Of `type`, whose shape `shape` replaces where it is given (sizes that are formulas).
TensorLayout layout_of(SizeTable& table, const TensorType& type);
TensorLayout layout_of(SizeTable& table, const TensorType& type, Span<const SizeId> shape);

/// A tensor's memory and layout. Elements are loaded and stored as unsigned integers of their width, so that no NaN and
/// no denormal number changes on its way.
class TensorView {
public:
  TensorView() = default;
  /// Errors go to the step: InvalidShape where negative strides reach back before the tensor.
  TensorView(StepBuilder& step, Text name, Role role, const TensorType& type, const TensorLayout& layout,
             kernel::Access access);

  Scalar scalar() const { return scalar_; }
  /// The unsigned integer that an element is loaded as.
  Scalar bits() const { return memory_.scalar; }
  const TensorLayout& layout() const { return layout_; }
  /// Element's place, by a coordinate of each axis.
  Index place(StepBuilder& step, Span<const Index> coordinates) const;
  /// Whether `width` neighbours along an axis are one access, if the coordinate there is a multiple of the width.
  bool is_wide(const StepBuilder& step, std::size_t axis, unsigned width) const;

  AnyValue load(StepBuilder& step, Index place, unsigned width = 1, bool aligned = false) const {
    return step.load(memory_, place, width, aligned);
  }
  void store(StepBuilder& step, Index place, AnyValue bits, bool aligned = false) const {
    step.store(memory_, place, bits, aligned);
  }
  /// An i32 or i64 as an i32: what does not fit becomes the nearest that does.
  Value<kernel::i32> load_index(StepBuilder& step, Index place) const;

private:
  Memory memory_;
  Scalar scalar_ = Scalar::U32;
  TensorLayout layout_;
};

/// The bits of the neighbours that a point has, of which the first is at `coordinates`, and storing them.
AnyValue load_neighbours(StepBuilder& step, const TensorView& view, const ExpressionPoint& point,
                         Span<const Index> coordinates);
void store_neighbours(StepBuilder& step, const TensorView& view, const ExpressionPoint& point,
                      Span<const Index> coordinates, AnyValue bits);

/// Between an element's bits and its value. A Boolean is true where its byte is not 0.
AnyValue value_of_bits(StepBuilder& step, AnyValue bits, Scalar scalar);
AnyValue bits_of_value(StepBuilder& step, AnyValue value);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/tensor_view.hpp"
#endif
