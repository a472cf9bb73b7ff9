// Movement: a kernel that gives each element of an output one of an input.
#pragma once

#include "../../config.hpp"
#include "index_map.hpp"
#include "point_loop.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// An operand by its name.
struct NamedTensor {
  Text name;
  TensorType type;
};

/// What `emit_movement` makes a kernel of: where each element of the space comes from, and where it goes.
struct Movement {
  explicit Movement(SizeTable& sizes) : table(sizes) {}
  /// After the space was filled.
  IndexMap& begin_map() {
    if (rank == 0) {
      is_scalar = true;
      space[rank++] = table.literal(1);
    }
    map = IndexMap(table, {space, rank});
    return map;
  }
  void add_axis(SizeId size) {
    if (rank < Shape::max_rank) space[rank] = size;
    ++rank;
  }

  SizeTable& table;
  SizeId space[Shape::max_rank] = {};  ///< of the output
  std::size_t rank = 0;
  bool is_scalar = false;  ///< the output has no axes, and the space one of one element
  IndexMap map;            ///< to the input's coordinates
  NamedTensor x;
  TensorLayout x_layout;
  NamedTensor lookups[2];  ///< tensors of indices, as the map numbers them
  std::size_t lookup_count = 0;
  /// What is stored where the map requires something that does not hold: the bits, or a parameter of x's type.
  std::uint64_t fill = 0;
  Text fill_parameter = {};
};

/// Where a kernel's elements go: into a tensor as they are, or through an epilogue.
class MoveOutput {
public:
  /// `space`: of the epilogue's expressions, or the tensor's shape. `scalar`: of the elements.
  MoveOutput(StepBuilder& step, Scalar scalar, const Expression& epilogue, const NamedTensor& y,
             Span<const SizeId> space);
  /// `bits`: unsigned integers as wide as the elements, a vector of the point's width.
  void store(const ExpressionPoint& point, AnyValue bits);
  /// The same of values.
  void store_value(const ExpressionPoint& point, AnyValue value);

private:
  StepBuilder& step_;
  Scalar scalar_;
  bool is_fused_;
  ExpressionEmitter epilogue_;
  TensorView y_;
};

/// Elements of an input at points of an output.
class MoveInput {
public:
  MoveInput(StepBuilder& step, const Movement& movement);
  /// Their bits, a vector of the point's width.
  AnyValue load(const ExpressionPoint& point);

private:
  AnyValue load_one(Span<const Index> coordinates, unsigned width, bool aligned);

  StepBuilder& step_;
  const Movement& movement_;
  TensorView x_;
  TensorView lookups_[2];
  AnyValue fill_;
};

/// Whether a movement's neighbours along the last axis are neighbours in the input, or all the same element.
bool moves_neighbours(const Movement& movement);

/// The whole kernel's body; returns its workgroups.
SizeId emit_movement(StepBuilder& step, const Movement& movement, const Expression& epilogue,
                     const NamedTensor& y, const PointLoop& loop);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/movement.hpp"
#endif
