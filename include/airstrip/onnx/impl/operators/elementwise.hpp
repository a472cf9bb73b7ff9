// Arithmetic of each element by itself.
#pragma once

#include "compose.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline void import_clip(NodeImporter& n) {
  const ValueId x = n.input(0);
  // Operator sets before 11 have the bounds as attributes. By default they are the largest floats of f32, which leave only
  // infinities out; those stay as they are here.
  if (n.opset < 11) {
    if (has_inputs_from(n, 1)) return;
    const bool has_low = n.has_attribute("min"), has_high = n.has_attribute("max");
    const double low = n.number("min", 0), high = n.number("max", 0);
    if (!has_low && !has_high) return n.set(0, x);
    n.set(0, compute(
                 n, x,
                 [&](Expr v) {
                   if (has_low) v = (tensor::max)(v, low);
                   return has_high ? (tensor::min)(v, high) : v;
                 },
                 n.name()));
    return;
  }
  const ValueId low = as_scalar(n, n.input(1)), high = as_scalar(n, n.input(2));
  if (n.has(1) && n.has(2)) {
    const ValueId inputs[] = {x, low, high};
    n.set(0, compute(
                 n, inputs, [](Span<const Expr> v) { return tensor::clip(v[0], v[1], v[2]); }, n.name()));
  } else if (n.has(1)) {
    n.set(0, compute(
                 n, x, low, [](Expr v, Expr bound) { return (tensor::max)(v, bound); }, n.name()));
  } else if (n.has(2)) {
    n.set(0, compute(
                 n, x, high, [](Expr v, Expr bound) { return (tensor::min)(v, bound); }, n.name()));
  } else {
    n.set(0, x);
  }
}

inline void import_mod(NodeImporter& n) {
  const bool fmod = n.integer("fmod", 0) != 0;
  n.set(0, compute(
               n, n.input(0), n.input(1), [&](Expr a, Expr b) { return tensor::mod(a, b, fmod); }, n.name()));
}

inline void import_pow(NodeImporter& n) {
  const ValueId base = n.input(0), exponent = n.input(1);
  // A power that is known makes another kernel: a square is a product.
  const graph::Value& value = n.g.value(exponent);
  Buffer<double> powers;
  if (value.is_constant && has_one_element(value.type.shape) && value.type.shape.rank() <= n.rank(0) &&
      kernel::is_float(n.type(0).scalar)) {
    if (!n.known_numbers(1, powers)) return;
    return n.set(0, compute(
                        n, base, [&](Expr x) { return tensor::pow(x, powers[0]); }, n.name()));
  }
  n.set(0, compute(
               n, base, exponent, [](Expr x, Expr y) { return tensor::pow(x, y); }, n.name()));
}

/// Sum, Mean, Min and Max of any number of tensors, a few at a time: four buffers are what every device binds, and fusion
/// joins the nodes as far as there are more.
template <tensor::Function function, bool mean>
void import_variadic(NodeImporter& n) {
  constexpr std::size_t group = 3;
  const std::size_t count = n.input_count();
  if (count == 0) return n.unsupported("it has no inputs");
  const Scalar scalar = n.type(0).scalar;
  if (count == 1) return n.set(0, n.input(0));
  const bool wide = is_half(scalar) && function == tensor::Function::Add;
  ValueId total = n.input(0);
  for (std::size_t first = 1; first < count;) {
    ValueId inputs[group] = {total};
    std::size_t taken = 1;
    for (; taken < group && first < count; ++taken, ++first) inputs[taken] = n.input(first);
    const bool last = first == count;
    total = compute(
        n, Span<const ValueId>(inputs, taken),
        [&](Span<const Expr> v) {
          Expr sum = wide ? tensor::cast(v[0], Scalar::F32) : v[0];
          for (std::size_t i = 1; i < v.size(); ++i)
            sum = tensor::apply(function, sum, wide ? tensor::cast(v[i], Scalar::F32) : v[i]);
          if (last && mean) sum = sum / static_cast<double>(count);
          return last && wide ? tensor::cast(sum, scalar) : sum;
        },
        last ? n.name() : Text());
  }
  n.set(0, total);
}

inline void import_where(NodeImporter& n) {
  const ValueId inputs[] = {n.input(0), n.input(1), n.input(2)};
  n.set(0, compute(
               n, inputs, [](Span<const Expr> v) { return tensor::select(v[0], v[1], v[2]); }, n.name()));
}

inline constexpr OperatorEntry elementwise_operators[] = {
    {"Abs", import_unary<tensor::Function::Abs>},
    {"Acos", import_unary<tensor::Function::Acos>},
    {"Acosh", import_unary<tensor::Function::Acosh>},
    {"Add", import_binary<tensor::Function::Add>},
    {"Asin", import_unary<tensor::Function::Asin>},
    {"Asinh", import_unary<tensor::Function::Asinh>},
    {"Atan", import_unary<tensor::Function::Atan>},
    {"Atanh", import_unary<tensor::Function::Atanh>},
    {"Ceil", import_unary<tensor::Function::Ceil>},
    {"Clip", import_clip},
    {"Cos", import_unary<tensor::Function::Cos>},
    {"Cosh", import_unary<tensor::Function::Cosh>},
    {"Div", import_binary<tensor::Function::Div>},
    {"Erf", import_unary<tensor::Function::Erf>},
    {"Exp", import_unary<tensor::Function::Exp>},
    {"Floor", import_unary<tensor::Function::Floor>},
    {"Log", import_unary<tensor::Function::Log>},
    {"Max", import_variadic<tensor::Function::Max, false>},
    {"Mean", import_variadic<tensor::Function::Add, true>},
    {"Min", import_variadic<tensor::Function::Min, false>},
    {"Mod", import_mod},
    {"Mul", import_binary<tensor::Function::Mul>},
    {"Neg", import_unary<tensor::Function::Neg>},
    {"Pow", import_pow},
    {"Reciprocal", import_unary<tensor::Function::Reciprocal>},
    {"Round", import_unary<tensor::Function::Round>},
    {"Sign", import_unary<tensor::Function::Sign>},
    {"Sin", import_unary<tensor::Function::Sin>},
    {"Sinh", import_unary<tensor::Function::Sinh>},
    {"Sqrt", import_unary<tensor::Function::Sqrt>},
    {"Sub", import_binary<tensor::Function::Sub>},
    {"Sum", import_variadic<tensor::Function::Add, false>},
    {"Tan", import_unary<tensor::Function::Tan>},
    {"Where", import_where},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
