// Fusion of elementwise work behind another operator.
#pragma once

#include "expressions.hpp"
#include "fuser.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

inline void Fuser::go_behind_producer(std::size_t at) {
  const Node& node = nodes_[at];
  // The last one: the others are there by then.
  NodeId best = NodeId::Absent;
  ValueId through = ValueId::Absent;
  for (const ValueId value : node.inputs) {
    const Node* const producer = producer_of(value);
    if (!producer || !producer->op || is_elementwise(*producer) ||
        !const_cast<Operator&>(*producer->op).epilogue())
      continue;
    if (producer->outputs.size() != 1 || g_.type(value).storage != tensor::Storage::Buffer) continue;
    if (!has_one_user(value)) {
      refuse(Text(node.name), Text(producer->name), "something else needs its results as well");
      continue;
    }
    if (!(g_.type(value).shape == g_.type(node.outputs[0]).shape)) {
      refuse(Text(node.name), Text(producer->name), "its results are stretched to another shape");
      continue;
    }
    if (g_.type(node.outputs[0]).storage != tensor::Storage::Buffer) {
      refuse(Text(node.name), Text(producer->name),
             "an image is written by whole texels, which only elementwise kernels do");
      continue;
    }
    const NodeId id = g_.value(value).producer;
    if (best != NodeId::Absent && id < best) continue;
    best = id;
    through = value;
  }
  if (best != NodeId::Absent) append_epilogue(static_cast<std::size_t>(best), at, through);
}

inline void Fuser::append_epilogue(std::size_t from, std::size_t at, ValueId value) {
  Node& producer = nodes_[from];
  const Node& node = nodes_[at];
  Expression& before = *producer.op->epilogue();
  const Expression& after = problem_of<Elementwise>(*node.op)->expression;
  FusedInputs inputs({producer.inputs.data(), producer.inputs.size()}, producer.op->own_inputs());
  Expression e;
  Buffer<Expr> first, second;
  Expr result;
  if (before.empty()) {
    const Scalar primary = producer.op->primary(0);
    if (primary == Scalar::Void) return;
    result = e.cast(e.primary(primary), g_.type(value).scalar);
  } else {
    copy_values(
        e, before,
        [&](const Expression::Node& n) {
          if (n.function == tensor::Function::Primary) return e.primary(n.type, n.immediate);
          const std::size_t index = operand_index(before.text(before.inputs()[n.immediate].name));
          return e.input(Text(operand_name('i', index)), g_.type(producer.inputs[index]));
        },
        first);
    result = first[before.outputs()[0].node];
  }
  copy_values(
      e, after,
      [&](const Expression::Node& n) {
        const ValueId read = node.inputs[operand_index(after.text(after.inputs()[n.immediate].name))];
        return read == value ? result : input_leaf(e, inputs, read);
      },
      second, o_.skip_half);
  for (std::size_t i = 0; i < after.outputs().size(); ++i)
    e.output(Text(operand_name('o', i)), second[after.outputs()[i].node]);
  if (!e.ok()) {
    error_ = e.error();
    return;
  }
  if (!has_room({inputs.inputs().data(), inputs.inputs().size()}, {node.outputs.data(), node.outputs.size()},
                function_count(before) + function_count(after), Text(node.name), Text(producer.name)))
    return;
  tell(Text(node.name), Text(producer.name), "as its epilogue");
  before = static_cast<Expression&&>(e);
  String name;
  name << Text(producer.name) << '+' << Text(node.name);
  OwnedOperator op = static_cast<OwnedOperator&&>(producer.op);
  replace(from, at, static_cast<OwnedOperator&&>(op), static_cast<Buffer<ValueId>&&>(inputs.inputs()));
  nodes_[at].name = static_cast<String&&>(name);
}

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
