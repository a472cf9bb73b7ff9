// Activations of each element by itself.
#pragma once

#include "compose.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// `function(x, alpha)` with the attribute alpha.
template <Expr (*function)(Expr, double)>
void import_with_alpha(NodeImporter& n, double otherwise) {
  const double alpha = n.number("alpha", otherwise);
  n.set(0, compute(
               n, n.input(0), [&](Expr x) { return function(x, alpha); }, n.name()));
}
inline void import_celu(NodeImporter& n) { import_with_alpha<tensor::celu>(n, 1); }
inline void import_elu(NodeImporter& n) { import_with_alpha<tensor::elu>(n, 1); }
inline void import_leaky_relu(NodeImporter& n) { import_with_alpha<tensor::leaky_relu>(n, 0.01); }
inline void import_swish(NodeImporter& n) { import_with_alpha<tensor::swish>(n, 1); }
inline void import_thresholded_relu(NodeImporter& n) { import_with_alpha<tensor::thresholded_relu>(n, 1); }

inline void import_selu(NodeImporter& n) {
  const double alpha = n.number("alpha", 1.67326319217681884765625);
  const double gamma = n.number("gamma", 1.05070102214813232421875);
  n.set(0, compute(
               n, n.input(0), [&](Expr x) { return tensor::selu(x, alpha, gamma); }, n.name()));
}
inline void import_hard_sigmoid(NodeImporter& n) {
  const double alpha = n.number("alpha", 0.2), beta = n.number("beta", 0.5);
  n.set(0, compute(
               n, n.input(0), [&](Expr x) { return tensor::hard_sigmoid(x, alpha, beta); }, n.name()));
}
inline void import_shrink(NodeImporter& n) {
  const double bias = n.number("bias", 0), lambd = n.number("lambd", 0.5);
  n.set(0, compute(
               n, n.input(0), [&](Expr x) { return tensor::shrink(x, bias, lambd); }, n.name()));
}

inline void import_gelu(NodeImporter& n) {
  const Text text = n.text("approximate", "none");
  if (!(text == Text("none")) && !(text == Text("tanh")))
    return n.unsupported("its approximation is neither none nor tanh");
  const tensor::GeluApproximation approximation =
      text == Text("tanh") ? tensor::GeluApproximation::Tanh : tensor::GeluApproximation::Exact;
  n.set(0, compute(
               n, n.input(0), [&](Expr x) { return tensor::gelu(x, approximation); }, n.name()));
}

/// The slope is broadcast to x (PRelu 7: unidirectional).
inline void import_prelu(NodeImporter& n) {
  const ValueId y = compute(
      n, n.input(0), n.input(1), [](Expr x, Expr slope) { return tensor::prelu(x, slope); }, n.name());
  n.set(0, if_kept(n, y, n.shape(0)));
}

inline constexpr OperatorEntry activation_operators[] = {
    {"Celu", import_celu},
    {"Elu", import_elu},
    {"Gelu", import_gelu},
    {"HardSigmoid", import_hard_sigmoid},
    {"HardSwish", import_function<tensor::hard_swish>},
    {"LeakyRelu", import_leaky_relu},
    {"Mish", import_function<tensor::mish>},
    {"PRelu", import_prelu},
    {"Relu", import_function<tensor::relu>},
    {"Selu", import_selu},
    {"Shrink", import_shrink},
    {"Sigmoid", import_unary<tensor::Function::Sigmoid>},
    {"Softplus", import_unary<tensor::Function::Softplus>},
    {"Softsign", import_function<tensor::softsign>},
    {"Swish", import_swish},
    {"Tanh", import_unary<tensor::Function::Tanh>},
    {"ThresholdedRelu", import_thresholded_relu},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
