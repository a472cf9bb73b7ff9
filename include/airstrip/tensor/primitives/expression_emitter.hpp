// ExpressionEmitter: an Expression in a kernel. Prologue and epilogue of every family, and the whole of an elementwise one.
#pragma once

#include "../../config.hpp"
#include "../expression.hpp"
#include "step_builder.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Where an expression is computed: `width` neighbours along one axis of its space, all of which exist.
struct ExpressionPoint {
  Span<const Index> coordinates;  ///< one an axis; of the first neighbour
  std::size_t vector_axis = 0;
  unsigned width = 1;    ///< 1 to 4
  bool aligned = false;  ///< the coordinate along the vector axis is a multiple of `width`
};

/// What becomes of an expression's outputs.
enum class ExpressionUse : std::uint8_t {
  Epilogue,  ///< they are stored: operands of the operation, with the names that they have
  Prologue,  ///< their values are used, by the code that called `evaluate`
};

/// Declares what an expression reads and writes, and computes it at points of a space: the output's axes, to which inputs
/// broadcast. Errors go to the step: InvalidShape where an input does not broadcast, IllegalSchedule where texels would be
/// written in parts, and the expression's own. The expression must outlive it.
class ExpressionEmitter {
public:
  /// `space`: the axes.
  ExpressionEmitter(StepBuilder& step, const Expression& expression, Span<const SizeId> space,
                    ExpressionUse use = ExpressionUse::Epilogue);

  /// Makes one axis of neighbouring axes that every input and output passes through without a gap, where the expression
  /// does not ask for coordinates: of those from `first` on. `space()` are those that are left.
  void merge_axes(std::size_t first = 0);
  /// The same step by step, for families that tell axes apart: whether `axis` and the next can be one, and making them
  /// so. (Where one has a single element, they can whatever the strides.)
  bool can_merge(std::size_t axis) const;
  void merge(std::size_t axis);
  Span<const SizeId> space() const { return {space_, rank_}; }
  /// Whether an output depends on a primary value. Where none does, as none that reads an image instead, what it would be
  /// loaded from is of no use.
  bool uses_primary() const;

  /// Values of the outputs at a point. `primaries`: what the kernel computed, each a scalar or vector of the width.
  void evaluate(const ExpressionPoint& point, Span<const AnyValue> primaries, AnyValue* outputs);
  /// Stores them.
  void store(const ExpressionPoint& point, const AnyValue* outputs);
  /// Both.
  void run(const ExpressionPoint& point, Span<const AnyValue> primaries);

private:
  struct View {
    Memory memory;
    SizeId strides[Shape::max_rank] = {};  // of the space's axes; 0 where it broadcasts
    SizeId offset = {};
    TensorType type;
    std::size_t first_axis = 0;  // of the space: the tensor's own first one
    std::size_t channel = 0;     // of the space; of an image
  };
  void out_of_memory();
  void find_needed();
  bool add_view(Text name, TensorType type, Role role, Buffer<View>& views);
  Index offset(const View& view, const ExpressionPoint& point);
  AnyValue load(const View& view, const ExpressionPoint& point);
  void store_one(const View& view, const ExpressionPoint& point, AnyValue value);
  AnyValue load_texel(const View& view, const ExpressionPoint& point);
  AnyValue texel_position(const View& view, const ExpressionPoint& point);
  bool is_wide(const View& view, const ExpressionPoint& point) const;

  StepBuilder& step_;
  const Expression& expression_;
  SizeId space_[Shape::max_rank] = {};
  std::size_t rank_ = 0;
  Buffer<View> inputs_, outputs_;
  Buffer<std::uint8_t> needed_;  // by node: an output depends on it
  Buffer<AnyValue> parameters_, values_;
};

/// `given`, a function of the primary value 0, as one of the elements of the tensor `x`; where it is empty, these as they
/// are. The prologue of a kernel that then loads by one expression. Where `given` does without the primary value, as one
/// that reads an image, `x` says the shape alone, and is not bound.
Expression prologue_of(const Expression& given, Text name, const TensorType& x);

/// `given`, or where it is empty: the primary value (of type `computed`) as an output of that name, cast to `stored`.
Expression epilogue_or(const Expression& given, Text name, Scalar computed, Scalar stored);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/expression_emitter.hpp"
#endif
