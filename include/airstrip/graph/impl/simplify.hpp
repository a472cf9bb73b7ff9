// Expressions without functions that do nothing.
#pragma once

#include "../graph.hpp"
#include "expressions.hpp"

#include <cstring>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// What is left of a node's expression.
class ExpressionSimplifier {
public:
  ExpressionSimplifier(const Graph& graph, const Expression& e, Span<const ValueId> inputs)
      : g_(graph), e_(e), inputs_(inputs) {}

  /// Whether something can go.
  bool run() {
    bool any = false;
    for (std::uint32_t i = 0; i < e_.nodes().size(); ++i) {
      const std::uint32_t same = same_as(e_.nodes()[i], i);
      any = any || same != i;
      if (!alias_.push_back(same)) return false;
    }
    return any;
  }
  /// The input that the only output is; Absent: it is none.
  ValueId identity() const {
    if (e_.outputs().size() != 1 || alias_.size() != e_.nodes().size()) return ValueId::Absent;
    return input_of(alias_[e_.outputs()[0].node]);
  }
  /// The expression without what is not needed, of the inputs that are left.
  bool rebuild(Expression& into, Buffer<ValueId>& inputs) const {
    Buffer<bool> needed;
    if (!needed.resize(e_.nodes().size(), false)) return false;
    for (const Expression::Output& output : e_.outputs()) needed[alias_[output.node]] = true;
    for (std::size_t i = e_.nodes().size(); i-- > 0;)
      for (unsigned k = 0; needed[i] && k < tensor::info_of(e_.nodes()[i].function).operand_count; ++k)
        needed[alias_[e_.nodes()[i].operands[k]]] = true;
    const auto index_of = [&](ValueId value) {
      for (std::size_t i = 0; i < inputs.size(); ++i)
        if (inputs[i] == value) return i;
      inputs.push_back(value);
      return inputs.size() - 1;
    };
    Buffer<Expr> values;
    for (std::uint32_t i = 0; i < e_.nodes().size(); ++i) {
      const Expression::Node& node = e_.nodes()[i];
      Expr copy;
      if (!needed[i]) {
        values.push_back(copy);
        continue;
      }
      using tensor::Function;
      switch (node.function) {
        case Function::Primary: copy = into.primary(node.type, node.immediate); break;
        case Function::Input: {
          const ValueId value = input_of(i);
          copy = into.input(Text(operand_name('i', index_of(value))), g_.type(value));
          break;
        }
        case Function::Constant: copy = into.constant_bits(node.type, node.bits); break;
        case Function::Parameter:
          copy = into.parameter(e_.text(e_.parameters()[node.immediate].name), node.type);
          break;
        case Function::Coordinate: copy = into.coordinate(node.immediate); break;
        case Function::Cast: copy = into.cast(values[alias_[node.operands[0]]], node.type); break;
        case Function::Bitcast: copy = into.bitcast(values[alias_[node.operands[0]]], node.type); break;
        default: {
          Buffer<tensor::ExprOperand> operands;
          for (unsigned k = 0; k < tensor::info_of(node.function).operand_count; ++k)
            operands.push_back(tensor::ExprOperand(values[alias_[node.operands[k]]]));
          copy = into.apply(node.function, {operands.data(), operands.size()});
          break;
        }
      }
      if (!values.push_back(copy)) return false;
    }
    for (const Expression::Output& output : e_.outputs())
      into.output(e_.text(output.name), values[alias_[output.node]]);
    return into.ok() && !inputs.out_of_memory();
  }

private:
  ValueId input_of(std::uint32_t node) const {
    const Expression::Node& n = e_.nodes()[node];
    if (n.function != tensor::Function::Input) return ValueId::Absent;
    return inputs_[operand_index(e_.text(e_.inputs()[n.immediate].name))];
  }

  // The node whose value a node has.
  std::uint32_t same_as(const Expression::Node& node, std::uint32_t self) const {
    using tensor::Function;
    const std::uint32_t a = node.operands[0], b = node.operands[1];
    const auto type_of = [&](std::uint32_t i) { return e_.nodes()[i].type; };
    switch (node.function) {
      case Function::Cast:
      case Function::Bitcast: return type_of(a) == node.type ? alias_[a] : self;
      case Function::Mul: return is(b, 1) ? alias_[a] : is(a, 1) ? alias_[b] : self;
      case Function::Div: return is(b, 1) ? alias_[a] : self;
      // x - 0 and x + -0 are x for all x, 0 and -0 among them.
      case Function::Sub: return is(b, 0) ? alias_[a] : self;
      case Function::Add: {
        const double nothing = kernel::is_float(node.type) ? -0.0 : 0.0;
        return is(b, nothing) ? alias_[a] : is(a, nothing) ? alias_[b] : self;
      }
      case Function::Neg: {
        const Expression::Node& before = e_.nodes()[alias_[a]];
        return before.function == Function::Neg ? alias_[before.operands[0]] : self;
      }
      default: return self;
    }
  }
  // Whether a node is this number, bit for bit, in all elements.
  bool is(std::uint32_t index, double number) const {
    const Expression::Node& node = e_.nodes()[alias_[index]];
    const Result<std::uint64_t> bits = tensor::detail::bits_of(node.type, number, "a constant");
    if (!bits || node.type == Scalar::Boolean) return false;
    if (node.function == tensor::Function::Constant) return node.bits == *bits;
    const ValueId id = input_of(alias_[index]);
    if (id == ValueId::Absent || !g_.value(id).is_constant || g_.value(id).data.size() == 0) return false;
    const Value& value = g_.value(id);
    const std::size_t width = tensor::element_bytes(value.type.scalar);
    for (std::size_t i = 0; i + width <= value.data.size(); i += width) {
      std::uint64_t element = 0;
      std::memcpy(&element, value.data.data() + i, width);
      if (element != (width < 8 ? *bits & ((std::uint64_t{1} << (8 * width)) - 1) : *bits)) return false;
    }
    return true;
  }

  const Graph& g_;
  const Expression& e_;
  Span<const ValueId> inputs_;
  Buffer<std::uint32_t> alias_;
};

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
