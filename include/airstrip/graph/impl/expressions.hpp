// Expressions put into each other.
#pragma once

#include "../operator.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// Functions of an expression: what is not a leaf.
inline std::uint32_t function_count(const Expression& e) {
  std::uint32_t count = 0;
  for (const Expression::Node& node : e.nodes())
    if (tensor::info_of(node.function).rule != tensor::FunctionRule::Leaf) ++count;
  return count;
}
/// "add,max": the functions of an expression in order.
inline String functions_of(const Expression& e) {
  String text;
  for (const Expression::Node& node : e.nodes()) {
    const tensor::FunctionInfo& info = tensor::info_of(node.function);
    if (info.rule == tensor::FunctionRule::Leaf) continue;
    if (!text.empty()) text << ',';
    text << Text(info.name);
  }
  return text;
}

inline bool uses_coordinates(const Expression& e) {
  for (const Expression::Node& node : e.nodes())
    if (node.function == tensor::Function::Coordinate) return true;
  return false;
}

/// Whether a value is one of f32 as f16.
inline bool is_rounded_to_half(const Expression& e, Expr value) {
  if (value.type() != Scalar::F16) return false;
  const Expression::Node& node = e.nodes()[value.node()];
  return node.function == tensor::Function::Cast && e.nodes()[node.operands[0]].type == Scalar::F32;
}

/// Copies the values of `from` into `into`. `leaf(node)` gives what stands there for a primary value or an input; the copy of
/// node i is `values[i]`. `skip_half`: what was f32, and would go through f16, stays f32. False: out of memory, or the error
/// of `into`.
template <class Leaf>
bool copy_values(Expression& into, const Expression& from, Leaf&& leaf, Buffer<Expr>& values,
                 bool skip_half = false) {
  using tensor::Function;
  values.clear();
  for (const Expression::Node& node : from.nodes()) {
    Expr copy;
    switch (node.function) {
      case Function::Primary:
      case Function::Input: copy = leaf(node); break;
      case Function::Constant: copy = into.constant_bits(node.type, node.bits); break;
      case Function::Parameter:
        copy = into.parameter(from.text(from.parameters()[node.immediate].name), node.type);
        break;
      case Function::Coordinate: copy = into.coordinate(node.immediate); break;
      case Function::Cast:
        copy = values[node.operands[0]];
        copy = skip_half && node.type == Scalar::F32 && is_rounded_to_half(into, copy)
                   ? Expr(&into, into.nodes()[copy.node()].operands[0])
                   : into.cast(copy, node.type);
        break;
      case Function::Bitcast: copy = into.bitcast(values[node.operands[0]], node.type); break;
      default: {
        Buffer<tensor::ExprOperand> operands;
        for (unsigned i = 0; i < tensor::info_of(node.function).operand_count; ++i)
          operands.push_back(tensor::ExprOperand(values[node.operands[i]]));
        copy = into.apply(node.function, {operands.data(), operands.size()});
        break;
      }
    }
    if (!values.push_back(copy)) return false;
  }
  return into.ok();
}

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
