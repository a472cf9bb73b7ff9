// Fusion of elementwise work in front of another operator.
#pragma once

#include "elements.hpp"
#include "expressions.hpp"
#include "fuser.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

inline void Fuser::take_prologues(std::size_t at) {
  for (std::size_t slot = 0; slot < nodes_[at].op->own_inputs() && ok(); ++slot) {
    const Node& node = nodes_[at];
    const ValueId value = node.inputs[slot];
    const Node* const producer = producer_of(value);
    if (!producer || !is_elementwise(*producer) || producer->outputs.size() != 1) continue;
    if (!nodes_[at].op->prologue(slot)) continue;
    std::size_t times = 0;
    for (const ValueId input : node.inputs) times += input == value ? 1 : 0;
    if (times != 1 || !has_one_user(value)) {
      refuse(Text(producer->name), Text(node.name), "something else needs its results as well");
      continue;
    }
    const std::uint32_t functions = function_count(problem_of<Elementwise>(*producer->op)->expression);
    if (!node.op->is_read_once(slot) && functions > o_.max_repeated_functions) {
      String why("each element is read several times, and its ");
      why << functions << " functions would be computed as often";
      refuse(Text(producer->name), Text(node.name), why);
      continue;
    }
    prepend_prologue(static_cast<std::size_t>(g_.value(value).producer), at, slot);
  }
}

// Whether an elementwise node computes the same as a prologue of an input, of whose space it knows only so much.
inline bool Fuser::has_same_space(const Operator& op, std::size_t slot, const Node& producer,
                                  ValueId operand) const {
  const PrologueSpace space = op.prologue_space(slot);
  if (space == PrologueSpace::Input) return true;
  if (uses_coordinates(problem_of<Elementwise>(*producer.op)->expression)) return false;
  if (space == PrologueSpace::Batched) return true;
  // Each element by itself.
  for (const ValueId input : producer.inputs) {
    std::uint64_t count = 0;
    if (input != operand && !(element_count(g_.type(input).shape, count) && count == 1)) return false;
  }
  return operand != ValueId::Absent;
}

inline void Fuser::prepend_prologue(std::size_t from, std::size_t at, std::size_t slot) {
  Node& node = nodes_[at];
  const Node& producer = nodes_[from];
  const Expression& before = problem_of<Elementwise>(*producer.op)->expression;
  Expression& after = *node.op->prologue(slot);
  const ValueId value = node.inputs[slot];
  // The operand is the first tensor that is as large; the others are inputs of the expression.
  ValueId operand = ValueId::Absent;
  for (const ValueId input : producer.inputs)
    if (operand == ValueId::Absent && g_.type(input).shape == g_.type(value).shape &&
        g_.type(input).storage == tensor::Storage::Buffer)
      operand = input;
  if (operand == ValueId::Absent && !node.op->may_lack(slot)) {
    refuse(Text(producer.name), Text(node.name), "none of its inputs is as large as its result");
    return;
  }
  if (!has_same_space(*node.op, slot, producer, operand)) {
    refuse(Text(producer.name), Text(node.name),
           "the product computes over other axes than those of its operand, which the result depends on");
    return;
  }
  FusedInputs inputs({node.inputs.data(), node.inputs.size()}, node.op->own_inputs());
  inputs.inputs()[slot] = operand;
  Expression e;
  Buffer<Expr> first, second;
  copy_values(
      e, before,
      [&](const Expression::Node& n) {
        const ValueId read = producer.inputs[operand_index(before.text(before.inputs()[n.immediate].name))];
        return read == operand ? e.primary(g_.type(operand).scalar) : input_leaf(e, inputs, read);
      },
      first);
  Expr result = first[before.outputs()[0].node];
  if (!after.empty()) {
    copy_values(
        e, after,
        [&](const Expression::Node& n) {
          if (n.function == tensor::Function::Primary) return result;
          const std::size_t index = operand_index(after.text(after.inputs()[n.immediate].name));
          return e.input(Text(operand_name('i', index)), g_.type(node.inputs[index]));
        },
        second, o_.skip_half);
    result = second[after.outputs()[0].node];
  }
  e.output("o0", result);
  if (!e.ok()) {
    error_ = e.error();
    return;
  }
  if (!has_room({inputs.inputs().data(), inputs.inputs().size()}, {node.outputs.data(), node.outputs.size()},
                function_count(e), Text(producer.name), Text(node.name)))
    return;
  tell(Text(producer.name), Text(node.name), "as its prologue");
  after = static_cast<Expression&&>(e);
  OwnedOperator op = static_cast<OwnedOperator&&>(node.op);
  replace(from, at, static_cast<OwnedOperator&&>(op), static_cast<Buffer<ValueId>&&>(inputs.inputs()));
}

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
