// Operators that compute each element by itself.
#pragma once

#include "../../../tensor/functions.hpp"
#include "../node_importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

// One input, one of layer 3's functions.
template <Expr (*function)(Expr)>
void import_function(NodeImporter& n) {
  n.set(0, n.g.map(
               n.input(0), [](Expr x) { return function(x); }, n.name()));
}
template <tensor::Function function>
void import_apply(NodeImporter& n) {
  if (n.input_count() == 1)
    n.set(0, n.g.apply(function, {n.input(0)}, n.name()));
  else
    n.set(0, n.g.apply(function, {n.input(0), n.input(1)}, n.name()));
}

inline void import_cast(NodeImporter& n) {
  const Scalar to = scalar_of(static_cast<DataType>(n.integer("to", 0)));
  n.integer("saturate", 1);
  if (n.has_attribute("round_mode")) n.text("round_mode", "");
  if (to == Scalar::Void) return n.unsupported("its type is none that kernels compute with");
  n.set(0, n.g.cast(n.input(0), to, n.name()));
}

inline void import_clip(NodeImporter& n) {
  // Before opset 11 the bounds are attributes.
  if (n.opset < 11) {
    const double low = n.number("min", -3.4028234663852886e38), high = n.number("max", 3.4028234663852886e38);
    n.set(0, n.g.map(
                 n.input(0), [&](Expr x) { return tensor::clip(x, low, high); }, n.name()));
    return;
  }
  if (n.has(1) && n.has(2)) {
    const ValueId inputs[] = {n.input(0), n.input(1), n.input(2)};
    n.set(0, n.g.map_all(
                 inputs, [](Span<const Expr> v) { return tensor::clip(v[0], v[1], v[2]); }, n.name()));
  } else if (n.has(1)) {
    n.set(0, n.g.map(
                 n.input(0), n.input(1), [](Expr x, Expr low) { return (tensor::max)(x, low); }, n.name()));
  } else if (n.has(2)) {
    n.set(0, n.g.map(
                 n.input(0), n.input(2), [](Expr x, Expr high) { return (tensor::min)(x, high); }, n.name()));
  } else {
    n.set(0, n.input(0));
  }
}

inline void import_leaky_relu(NodeImporter& n) {
  const double alpha = n.number("alpha", 0.01);
  n.set(0, n.g.map(
               n.input(0), [&](Expr x) { return tensor::leaky_relu(x, alpha); }, n.name()));
}
inline void import_hard_sigmoid(NodeImporter& n) {
  const double alpha = n.number("alpha", 0.2), beta = n.number("beta", 0.5);
  n.set(0, n.g.map(
               n.input(0), [&](Expr x) { return tensor::hard_sigmoid(x, alpha, beta); }, n.name()));
}
inline void import_where(NodeImporter& n) {
  const ValueId inputs[] = {n.input(0), n.input(1), n.input(2)};
  n.set(0, n.g.map_all(
               inputs, [](Span<const Expr> v) { return tensor::select(v[0], v[1], v[2]); }, n.name()));
}

inline constexpr OperatorEntry elementwise_operators[] = {
    {"Add", import_apply<tensor::Function::Add>},
    {"Cast", import_cast},
    {"Clip", import_clip},
    {"Div", import_apply<tensor::Function::Div>},
    {"HardSigmoid", import_hard_sigmoid},
    {"HardSwish", import_function<tensor::hard_swish>},
    {"LeakyRelu", import_leaky_relu},
    {"Mul", import_apply<tensor::Function::Mul>},
    {"Relu", import_function<tensor::relu>},
    {"Sigmoid", import_apply<tensor::Function::Sigmoid>},
    {"Sqrt", import_apply<tensor::Function::Sqrt>},
    {"Sub", import_apply<tensor::Function::Sub>},
    {"Tanh", import_apply<tensor::Function::Tanh>},
    {"Where", import_where},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
