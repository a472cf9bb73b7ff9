// Matmul's operands: their shapes and where their elements lie.
#pragma once

#include "../matmul.hpp"
#include "../primitives/packed_panels.hpp"
#include "../primitives/quantized_loader.hpp"
#include "../primitives/tile_loader.hpp"
#include "check.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// The type of an operand's elements after its prologue.
inline Scalar element_type(const MatmulOperand& operand) {
  return prologue_scalar(operand.prologue, operand.type);
}
/// The type of elements as they are multiplied.
inline Scalar factor_type(const MatmulOperand& operand, const MatmulProblem& problem, Fragment fragment) {
  const bool as_they_are = fragment == Fragment::PackedDot || fragment == Fragment::CooperativeMatrix;
  return as_they_are ? element_type(operand) : problem.accumulate;
}

inline ProductTraits traits_of(const MatmulProblem& p, const MatmulSchedule& s) {
  ProductTraits traits;
  traits.k = p.k;
  traits.a = factor_type(p.a, p, s.fragment);
  traits.b = factor_type(p.b, p, s.fragment);
  traits.accumulate = p.accumulate;
  return traits;
}

/// An operand with its sizes in an operation's table.
struct OperandSizes {
  SizeId batch[Shape::max_rank] = {};  // of its own axes, 1 in front of them: as many as the product has
  SizeId batch_strides[Shape::max_rank] = {};
  std::size_t batch_rank = 0;
  SizeId lines = {}, k = {};
  SizeId line_stride = {}, k_stride = {};
  SizeId bytes = {};
};

inline OperandSizes operand_sizes(SizeTable& table, const MatmulProblem& p, bool is_a,
                                  std::size_t batch_rank) {
  const MatmulOperand& o = is_a ? p.a : p.b;
  OperandSizes sizes;
  sizes.lines = table.of(is_a ? p.m : p.n);
  sizes.k = table.of(p.k);
  sizes.batch_rank = batch_rank;
  const bool lines_last = is_a == o.transposed;
  const std::size_t own = o.batch.rank(), rank = own + 2;
  SizeId shape[Shape::max_rank], strides[Shape::max_rank];
  for (std::size_t i = 0; i < own; ++i) shape[i] = table.of(o.batch[i]);
  shape[own] = lines_last ? sizes.k : sizes.lines;
  shape[own + 1] = lines_last ? sizes.lines : sizes.k;
  SizeId gapless = table.literal(1);
  for (std::size_t i = rank; i-- > 0;) {
    strides[i] = o.strides.empty() ? gapless : table.of(o.strides[i]);
    gapless = table.mul(gapless, shape[i]);
  }
  sizes.line_stride = strides[lines_last ? own + 1 : own];
  sizes.k_stride = strides[lines_last ? own : own + 1];
  for (std::size_t i = 0; i < batch_rank; ++i) {
    const bool has = i + own >= batch_rank;
    const std::size_t axis = has ? i + own - batch_rank : 0;
    sizes.batch[i] = has ? shape[axis] : table.literal(1);
    sizes.batch_strides[i] = has && !table.is_literal(shape[axis], 1) ? strides[axis] : table.literal(0);
  }
  sizes.bytes = bytes_of(table, o.type, {shape, rank}, {strides, rank});
  return sizes;
}

inline QuantizedLayout quantized_layout(SizeTable& table, const MatmulOperand& o, const OperandSizes& sizes) {
  QuantizedLayout layout;
  layout.bits = o.quantization.bits;
  layout.block = o.quantization.block;
  layout.lines = sizes.lines;
  layout.blocks = table.ceil_div(sizes.k, o.quantization.block);
  layout.has_zero_points = o.quantization.zero_points;
  layout.batch_rank = sizes.batch_rank;
  SizeId matrices = table.literal(1);
  for (std::size_t i = sizes.batch_rank; i-- > 0;) {
    layout.batch_strides[i] = table.is_literal(sizes.batch[i], 1) ? table.literal(0) : matrices;
    matrices = table.mul(matrices, sizes.batch[i]);
  }
  return layout;
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
