// Quantised numbers: QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear.
#pragma once

#include "casts.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// How finely a tensor is quantised (QuantizeLinear 21), which the shape of the scale tells: with one number, with one for
/// each index of an axis, or with one for each block along an axis.
class Granularity {
public:
  explicit Granularity(NodeImporter& n) : n_(n) {
    const std::int64_t block = n.integer("block_size", 0);
    const std::int64_t axis = NodeImporter::from_first(n.integer("axis", 1), n.rank(0));
    const Shape& scale = n.shape(1);
    shape_ = n.shape(0);
    if (has_one_element(scale)) return;
    if (axis < 0 || axis >= static_cast<std::int64_t>(shape_.rank())) {
      refuse("x has no such axis");
      return;
    }
    axis_ = static_cast<std::size_t>(axis);
    if (block == 0 && scale.rank() == 1) {
      kind_ = Kind::Axis;
      if (differ(scale[0], shape_[axis_])) refuse("its scale has not as many elements as the axis of x");
    } else if (block <= 0) {
      refuse("its scale is no list, and there is no block_size");
    } else if (block > Dimension::no_maximum) {
      refuse("its block_size is past 2^31 - 1");
    } else if (scale.rank() != shape_.rank()) {
      refuse("its scale has not as many axes as x");
    } else if (!shape_[axis_].is_literal() || !scale[axis_].is_literal()) {
      refuse("the size along which it has blocks is not known");
    } else {
      kind_ = Kind::Block;
      block_ = block;
      blocks_ = scale[axis_].value();
      if (blocks_ != (shape_[axis_].value() + block - 1) / block)
        refuse("its scale has not as many blocks as x");
      for (std::size_t i = 0; i < shape_.rank(); ++i)
        if (i != axis_ && differ(scale[i], shape_[i]))
          refuse("beside its blocks its scale has not x's sizes");
    }
  }

  /// x as it is computed with: of whole blocks [outer, blocks, block, inner].
  ValueId data(ValueId x) {
    if (kind_ != Kind::Block || !is_whole()) return x;
    return n_.g.reshape(x, {outer(), blocks_, block_, inner()});
  }
  /// A scale or a zero point as it is broadcast to that.
  ValueId parameter(ValueId p) {
    if (kind_ == Kind::One) return as_scalar(n_, p);
    if (kind_ == Kind::Axis) {
      Shape stretched;
      stretched.push_back(n_.g.type(p).shape.rank() == 1 ? n_.g.type(p).shape[0] : shape_[axis_]);
      for (std::size_t i = axis_ + 1; i < shape_.rank(); ++i) stretched.push_back(1);
      return n_.g.reshape(p, stretched);
    }
    const ValueId one = n_.g.reshape(p, {outer(), blocks_, 1, inner()});
    if (is_whole()) return one;
    // The last block is cut off: the scales as they are for every element.
    const ValueId repeated = expand_of(n_, one, {outer(), blocks_, block_, inner()});
    const ValueId all = n_.g.reshape(repeated, {outer(), blocks_ * block_, inner()});
    return n_.g.reshape(slice_of(n_, all, 1, 0, shape_[axis_]), shape_);
  }
  /// A result in x's shape again.
  ValueId result(ValueId y) {
    return kind_ == Kind::Block && is_whole() && y != ValueId::Absent ? n_.g.reshape(y, shape_) : y;
  }

private:
  enum class Kind : std::uint8_t { One, Axis, Block };

  void refuse(const char* reason) { n_.unsupported(reason); }
  static bool differ(const Dimension& a, const Dimension& b) {
    return a.is_literal() && b.is_literal() && !(a == b);
  }
  bool is_whole() const { return shape_[axis_].value() == blocks_ * block_; }
  Dimension outer() { return product_of_sizes(n_.g, shape_, 0, axis_); }
  Dimension inner() { return product_of_sizes(n_.g, shape_, axis_ + 1, shape_.rank()); }

  NodeImporter& n_;
  Kind kind_ = Kind::One;
  Shape shape_;  // x's
  std::size_t axis_ = 0;
  std::int64_t block_ = 0, blocks_ = 0;
};

/// saturate(round(x / scale) + zero_point) in f32, in which the integers of 16 bits are exact. `precision`: that of the
/// quotient.
inline Expr quantize(Expr x, Expr scale, const Expr* zero_point, Scalar precision, Scalar to) {
  Expr y = tensor::cast(x, Scalar::F32) / tensor::cast(scale, Scalar::F32);
  if (is_half(precision)) y = tensor::cast(tensor::cast(y, precision), Scalar::F32);
  y = tensor::round(y);
  if (zero_point) y = y + tensor::cast(*zero_point, Scalar::F32);
  const double span = static_cast<double>(std::uint64_t{1} << kernel::width_of(to));
  const double low = kernel::is_signed(to) ? -span / 2 : 0;
  return tensor::cast(tensor::clip(y, low, low + span - 1), to);
}

inline void import_quantize_linear(NodeImporter& n) {
  n.integer("saturate", 1);  // of float 8
  Scalar to = n.has(2) ? n.type(2).scalar : Scalar::U8;
  const std::int64_t type = n.integer("output_dtype", 0);
  if (type != 0) {
    const Scalar named = scalar_of_attribute(n, "output_dtype", DataType::Uint8);
    if (n.is_given_up()) return;
    if (n.has(2) && named != to) return contradict(n, "output_dtype is not the type of the zero point");
    to = named;
  }
  // QuantizeLinear 23: that of the scale, unless the attribute names another.
  Scalar precision = n.type(1).scalar;
  if (n.integer("precision", 0) != 0) precision = scalar_of_attribute(n, "precision", DataType::Float);
  if (n.is_given_up() || (n.has(2) && refuse_narrow(n, 2))) return;
  if (!kernel::is_int(to) || kernel::width_of(to) > 16)
    return n.unsupported("what it quantises to is no integer of 8 or 16 bits");
  if (precision != Scalar::F32 && !is_half(precision))
    return n.unsupported("its precision is none of f32, f16 and bf16");
  Granularity granularity(n);
  if (n.is_given_up()) return;
  ValueId inputs[3] = {granularity.data(n.input(0)), granularity.parameter(n.input(1))};
  if (n.has(2)) inputs[2] = granularity.parameter(n.input(2));
  n.set(0, granularity.result(compute(
               n, Span<const ValueId>(inputs, n.has(2) ? 3 : 2),
               [&](Span<const Expr> v) {
                 return quantize(v[0], v[1], v.size() > 2 ? &v[2] : nullptr, precision, to);
               },
               n.name())));
}

inline void import_dequantize_linear(NodeImporter& n) {
  Scalar to = n.type(1).scalar;
  if (n.integer("output_dtype", 0) != 0) to = scalar_of_attribute(n, "output_dtype", DataType::Float);
  if (n.is_given_up()) return;
  const Scalar from = n.type(0).scalar;
  if (!kernel::is_int(from)) return n.unsupported("what it is given are no integers");
  if (!kernel::is_float(to) || to == Scalar::F64)
    return n.unsupported("its result is none of f32, f16 and bf16");
  Granularity granularity(n);
  if (n.is_given_up()) return;
  ValueId inputs[3] = {granularity.data(n.input(0)), granularity.parameter(n.input(1))};
  if (n.has(2)) inputs[2] = granularity.parameter(n.input(2));
  n.set(0, granularity.result(compute(
               n, Span<const ValueId>(inputs, n.has(2) ? 3 : 2),
               [&](Span<const Expr> v) {
                 // The difference is exact: of 32 bits as an integer, of less in f32.
                 const bool narrow = kernel::width_of(from) <= 16;
                 Expr x = narrow ? tensor::cast(v[0], Scalar::F32) : v[0];
                 if (v.size() > 2) x = x - (narrow ? tensor::cast(v[2], Scalar::F32) : v[2]);
                 return tensor::cast(tensor::cast(x, Scalar::F32) * tensor::cast(v[1], Scalar::F32), to);
               },
               n.name())));
}

/// To u8 (DynamicQuantizeLinear 11). Of nothing but zeros the scale is 0, and so is all else.
inline void import_dynamic_quantize_linear(NodeImporter& n) {
  const ValueId x = n.input(0);
  const ValueId flat = n.rank(0) == 0 ? n.g.reshape(x, {1}) : x;
  const ValueId least = reduce_of(n, tensor::ReduceKind::Min, flat, {}, false),
                most = reduce_of(n, tensor::ReduceKind::Max, flat, {}, false);
  const ValueId low = compute(n, least, [](Expr v) { return (tensor::min)(v, 0); });
  const ValueId high = compute(n, most, [](Expr v) { return (tensor::max)(v, 0); });
  const ValueId scale = compute(n, high, low, [](Expr a, Expr b) { return (a - b) / 255; });
  const ValueId zero_point = compute(n, low, scale, [](Expr a, Expr s) {
    return tensor::cast(tensor::round(tensor::clip(-a / s, 0, 255)), Scalar::U8);
  });
  const ValueId inputs[] = {x, scale, zero_point};
  n.set(0, compute(
               n, inputs,
               [](Span<const Expr> v) { return quantize(v[0], v[1], &v[2], Scalar::F32, Scalar::U8); },
               n.name()));
  n.set(1, scale);
  n.set(2, zero_point);
}

inline constexpr OperatorEntry quantization_operators[] = {
    {"DequantizeLinear", import_dequantize_linear},
    {"DynamicQuantizeLinear", import_dynamic_quantize_linear},
    {"QuantizeLinear", import_quantize_linear},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
