// Matrix products.
#pragma once

#include "../../../tensor/functions.hpp"
#include "compose.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// numpy's matmul of any ranks: one axis is a row of a, a column of b, and is not in the result.
inline ValueId matmul_of(NodeImporter& n, ValueId a, ValueId b, Scalar result) {
  const Shape left = n.g.type(a).shape, right = n.g.type(b).shape;
  if (left.rank() == 0 || right.rank() == 0) {
    contradict(n, "a matrix product has operands of one axis at least");
    return ValueId::Absent;
  }
  if (left.rank() == 1) a = n.g.reshape(a, {1, left[0]});
  if (right.rank() == 1) b = n.g.reshape(b, {right[0], 1});
  ValueId c = product_of(n, a, b, false, false, result);
  if (c == ValueId::Absent) return c;
  if (left.rank() == 1) c = squeeze_of(n, c, n.g.type(c).shape.rank() - 2);
  if (right.rank() == 1) c = squeeze_of(n, c, n.g.type(c).shape.rank() - 1);
  return c;
}

inline void import_matmul(NodeImporter& n) {
  n.set(0, matmul_of(n, n.input(0), n.input(1), n.type(0).scalar));
}

// ONNX Gemm since 7: C is broadcast to [M, N]; since 11 it may be left out.
inline void import_gemm(NodeImporter& n) {
  const double alpha = n.number("alpha", 1), beta = n.number("beta", 1);
  const bool transposed_a = n.integer("transA", 0) != 0, transposed_b = n.integer("transB", 0) != 0;
  const Scalar scalar = n.type(0).scalar;
  if (n.rank(0) != 2 || n.rank(1) != 2) return contradict(n, "Gemm multiplies matrices");
  if (!kernel::is_float(scalar) && (alpha != 1 || beta != 1))
    return n.unsupported("alpha or beta, which are floats, multiply integers");
  const Scalar wide = wide_float(scalar);
  ValueId y = product_of(n, n.input(0), n.input(1), transposed_a, transposed_b, wide);
  if (y == ValueId::Absent) return;
  const Shape shape = n.g.type(y).shape;
  const auto scaled = [](Expr v, double factor) { return factor == 1 ? v : v * factor; };
  if (n.has(2) && beta != 0)
    y = n.g.map(y, n.input(2), [&](Expr product, Expr c) {
      return tensor::cast(scaled(product, alpha) + scaled(tensor::cast(c, wide), beta), scalar);
    });
  else if (alpha != 1 || wide != scalar)
    y = n.g.map(y, [&](Expr product) { return tensor::cast(scaled(product, alpha), scalar); });
  n.set(0, if_kept(n, y, shape));
}

// --- integers

/// x less its zero point, as i32. Of one axis it is for each row, or each column, of the matrices (ONNX MatMulInteger).
inline ValueId without_zero_point(NodeImporter& n, ValueId x, ValueId zero, bool is_row) {
  const ValueId wide = n.g.cast(x, Scalar::I32);
  if (zero == ValueId::Absent) return wide;
  const Shape& shape = n.g.type(zero).shape;
  if (shape.rank() == 1 && is_row && !(shape[0] == Dimension(1)) && n.g.type(x).shape.rank() > 1)
    zero = n.g.reshape(zero, {shape[0], 1});
  const ValueId y = n.g.map(wide, zero, [](Expr v, Expr z) { return v - tensor::cast(z, Scalar::I32); });
  return if_kept(n, y, n.g.type(x).shape);
}

inline void import_matmul_integer(NodeImporter& n) {
  const ValueId a = without_zero_point(n, n.input(0), n.input(2), true);
  const ValueId b = without_zero_point(n, n.input(1), n.input(3), false);
  n.set(0, matmul_of(n, a, b, Scalar::I32));
}

/// round(sum * factor) + zero point, clamped to the type of the zero point: ONNX QuantizeLinear of a sum.
inline ValueId requantize(NodeImporter& n, ValueId sums, ValueId factor, ValueId zero) {
  const Scalar scalar = n.g.type(zero).scalar;
  const ValueId inputs[] = {sums, factor, zero};
  const ValueId y = n.g.map_all(inputs, [&](Span<const Expr> v) {
    const Expr rounded = tensor::round(tensor::cast(v[0], Scalar::F32) * v[1]);
    return tensor::cast(rounded + tensor::cast(v[2], Scalar::F32), scalar);
  });
  return if_kept(n, y, n.g.type(sums).shape);
}

// ONNX QLinearMatMul: a, its scale and zero point, b's, y's.
inline void import_qlinear_matmul(NodeImporter& n) {
  if (n.type(0).scalar != Scalar::I8 && n.type(0).scalar != Scalar::U8)
    return n.unsupported("its operands are no integers of 8 bits");
  const ValueId a = without_zero_point(n, n.input(0), n.input(2), true);
  const ValueId b = without_zero_point(n, n.input(3), n.input(5), false);
  const ValueId sums = matmul_of(n, a, b, Scalar::I32);
  if (sums == ValueId::Absent) return;
  // A scale for each row stands as a column.
  ValueId a_scale = n.input(1), y_scale = n.input(6), y_zero = n.input(7);
  const auto as_rows = [&](ValueId v) {
    const Shape& shape = n.g.type(v).shape;
    if (has_one_element(shape)) return as_scalar(n, v);
    if (shape.rank() != 1 || n.rank(0) < 2) return v;
    return n.g.reshape(v, {shape[0], 1});
  };
  a_scale = as_rows(a_scale);
  y_scale = as_rows(y_scale);
  y_zero = as_rows(y_zero);
  const ValueId b_scale = has_one_element(n.shape(4)) ? as_scalar(n, n.input(4)) : n.input(4);
  const ValueId scales[] = {a_scale, b_scale, y_scale};
  const ValueId factor = n.g.map_all(scales, [](Span<const Expr> s) {
    return tensor::cast(s[0], Scalar::F32) * tensor::cast(s[1], Scalar::F32) /
           tensor::cast(s[2], Scalar::F32);
  });
  n.set(0, requantize(n, sums, factor, y_zero));
}

// --- com.microsoft

/// FusedMatMul: alpha times the product of operands of which the last two axes are swapped.
inline void import_fused_matmul(NodeImporter& n) {
  const double alpha = n.number("alpha", 1);
  const bool transposed_a = n.integer("transA", 0) != 0, transposed_b = n.integer("transB", 0) != 0;
  if (n.integer("transBatchA", 0) || n.integer("transBatchB", 0))
    return n.unsupported("transBatchA and transBatchB are not supported");
  if (n.rank(0) < 2 || n.rank(1) < 2) return n.unsupported("an operand has one axis");
  const Scalar scalar = n.type(0).scalar;
  ValueId y = product_of(n, n.input(0), n.input(1), transposed_a, transposed_b, wide_float(scalar));
  if (y == ValueId::Absent) return;
  if (alpha != 1 || wide_float(scalar) != scalar)
    y = n.g.map(y, [&](Expr v) { return tensor::cast(alpha == 1 ? v : v * alpha, scalar); });
  n.set(0, y);
}

/// MatMulNBits: A [batch…, M, K], B of `bits` bits as bytes [N, blocks, bytes of a block], scales and zero points of each
/// block (the latter packed as B is).
inline void import_matmul_nbits(NodeImporter& n) {
  const std::int64_t k = n.integer("K", 0), columns = n.integer("N", 0), bits = n.integer("bits", 4),
                     block = n.integer("block_size", 0);
  n.integer("accuracy_level", 0);
  if (bits != 4 && bits != 8) return n.unsupported("its weights have neither 4 nor 8 bits");
  if (block < 16 || block > 1024 || (block & (block - 1)))
    return n.unsupported("its block_size is no power of two from 16 to 1024");
  if (n.has(4)) return n.unsupported("its columns are regrouped by g_idx");
  if (n.has(3) && n.type(3).scalar != Scalar::U8) return n.unsupported("its zero points are no bytes");
  if (k < 1 || k > Dimension::no_maximum || columns < 1 || columns > Dimension::no_maximum)
    return contradict(n, "K and N of MatMulNBits are not from 1 to 2^31 - 1");
  const std::int64_t blocks = (k + block - 1) / block;
  tensor::MatmulProblem problem;
  problem.k = k;
  problem.b.transposed = true;
  problem.b.quantization.bits = static_cast<std::uint32_t>(bits);
  problem.b.quantization.block = static_cast<std::uint32_t>(block);
  problem.b.quantization.zero_points = n.has(3) || bits == 8;
  const Scalar scalar = n.type(0).scalar;
  problem.result = scalar;
  const ValueId b = n.g.reshape(n.input(1), {columns, blocks * block * bits / 8});
  const ValueId scales = n.g.reshape(n.input(2), {columns, blocks});
  ValueId zeros = ValueId::Absent;
  if (n.has(3) && bits == 4) {
    // Two in a byte, the first in the low half.
    const std::int64_t bytes = (blocks + 1) / 2;
    const ValueId shifts = n.g.cast(range_of(n, Scalar::I32, 2, 0, 4), Scalar::U8);
    const ValueId halves =
        n.g.map(n.g.reshape(n.input(3), {columns, bytes, 1}), shifts, [](Expr v, Expr shift) {
          return tensor::bitwise_and(tensor::apply(tensor::Function::ShiftRight, v, shift), 15);
        });
    zeros = slice_of(n, n.g.reshape(halves, {columns, 2 * bytes}), 1, 0, blocks);
  } else if (n.has(3)) {
    zeros = n.g.reshape(n.input(3), {columns, blocks});
  } else if (bits == 8) {
    zeros = fill_of(n, Scalar::U8, {columns, blocks}, 128);
  }
  const Shape left = n.shape(0);
  if (left.rank() == 0 || !(left[left.rank() - 1] == Dimension(k)))
    return contradict(n, "the last axis of A has not the K elements that the rows of B have");
  const ValueId a =
      n.g.reshape(n.input(0), {product_of_sizes(n.g, left, 0, left.rank() - 1), left[left.rank() - 1]});
  ValueId c =
      zeros == ValueId::Absent ? n.g.add(problem, {a, b, scales}) : n.g.add(problem, {a, b, scales, zeros});
  Shape out;
  append_sizes(out, left, 0, left.rank() - 1);
  out.push_back(columns);
  c = n.g.reshape(c, out);
  if (n.has(5)) c = n.g.map(c, n.input(5), [](Expr v, Expr bias) { return v + bias; });
  n.set(0, if_kept(n, c, out));
}

inline constexpr OperatorEntry product_operators[] = {
    {"Gemm", import_gemm},
    {"MatMul", import_matmul},
    {"MatMulInteger", import_matmul_integer},
    {"QLinearMatMul", import_qlinear_matmul},
};
inline constexpr OperatorEntry contrib_product_operators[] = {
    {"FusedMatMul", import_fused_matmul},
    {"MatMulNBits", import_matmul_nbits},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
