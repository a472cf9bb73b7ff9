// Comparisons, logic and bits.
#pragma once

#include "compute.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline void import_greater(NodeImporter& n) {
  n.set(0, compute(
               n, n.input(0), n.input(1), [](Expr a, Expr b) { return a > b; }, n.name()));
}
inline void import_greater_or_equal(NodeImporter& n) {
  n.set(0, compute(
               n, n.input(0), n.input(1), [](Expr a, Expr b) { return a >= b; }, n.name()));
}

inline void import_bit_shift(NodeImporter& n) {
  const Text text = n.text("direction", "");
  if (!(text == Text("LEFT")) && !(text == Text("RIGHT")))
    return n.unsupported("its direction is neither LEFT nor RIGHT");
  const tensor::ShiftDirection direction =
      text == Text("LEFT") ? tensor::ShiftDirection::Left : tensor::ShiftDirection::Right;
  n.set(0, compute(
               n, n.input(0), n.input(1), [&](Expr a, Expr b) { return tensor::bit_shift(a, b, direction); },
               n.name()));
}

inline void import_is_inf(NodeImporter& n) {
  const bool negative = n.integer("detect_negative", 1) != 0, positive = n.integer("detect_positive", 1) != 0;
  n.set(0, compute(
               n, n.input(0), [&](Expr x) { return tensor::is_inf(x, negative, positive); }, n.name()));
}

inline constexpr OperatorEntry logic_operators[] = {
    {"And", import_binary<tensor::Function::And>},
    {"BitShift", import_bit_shift},
    {"BitwiseAnd", import_binary<tensor::Function::BitAnd>},
    {"BitwiseNot", import_unary<tensor::Function::BitNot>},
    {"BitwiseOr", import_binary<tensor::Function::BitOr>},
    {"BitwiseXor", import_binary<tensor::Function::BitXor>},
    {"Equal", import_binary<tensor::Function::Equal>},
    {"Greater", import_greater},
    {"GreaterOrEqual", import_greater_or_equal},
    {"IsInf", import_is_inf},
    {"IsNaN", import_unary<tensor::Function::IsNan>},
    {"Less", import_binary<tensor::Function::Less>},
    {"LessOrEqual", import_binary<tensor::Function::LessEqual>},
    {"Not", import_unary<tensor::Function::Not>},
    {"Or", import_binary<tensor::Function::Or>},
    {"Xor", import_binary<tensor::Function::Xor>},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
