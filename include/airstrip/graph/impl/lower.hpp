#pragma once

#include "../lower.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE bool is_view(const Graph& graph, const Node& node) {
  return problem_of<Reshape>(*node.op) != nullptr &&
         graph.type(node.inputs[0]).storage == tensor::Storage::Buffer &&
         graph.type(node.outputs[0]).storage == tensor::Storage::Buffer;
}

namespace detail {

/// The same shape with sizes that the kernel is given, by names that say what they are.
inline void open_sizes(TensorType& type) {
  for (std::size_t i = 0; i < type.shape.rank() && i < Shape::max_rank; ++i) {
    const Dimension d = type.shape[i];
    if (!d.is_literal() || d.value() < 8 || d.value() > Dimension::no_maximum) continue;
    String name(literal_prefix);
    name << static_cast<std::uint64_t>(d.value());
    type.shape[i] = Dimension::parameter(Text(name), d.value(), d.value() % 4 == 0 ? 4 : 1);
  }
}

/// Whether an operator's own input, and all that its prologue makes it of, is known when the program is made.
inline bool is_constant_operand(const Graph& graph, Node& node, std::size_t input) {
  const auto is_constant = [&](ValueId id) { return id != ValueId::Absent && graph.value(id).is_constant; };
  if (!is_constant(node.inputs[input])) return false;
  const Expression* const prologue = node.op->prologue(input);
  if (!prologue) return true;
  if (!prologue->parameters().empty()) return false;
  for (const Expression::Input& read : prologue->inputs())
    if (!is_constant(node.inputs[operand_index(prologue->text(read.name))])) return false;
  return true;
}

}  // namespace detail

AIRSTRIP_INLINE Result<LoweredNode> lower(Graph& graph, NodeId id, const tensor::Target& target,
                                          OpenSizes open) {
  Node& node = graph.nodes_to_change()[static_cast<std::size_t>(id)];
  const auto failed = [&](Diagnostic error) {
    String message("the node ");
    message << Text(node.name) << ": " << error.message;
    error.message = static_cast<String&&>(message);
    error.where = node.where;
    return error;
  };
  Buffer<TensorType> types;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    TensorType none;
    none.scalar = Scalar::Void;
    TensorType type = node.inputs[i] == ValueId::Absent ? none : graph.type(node.inputs[i]);
    if (open == OpenSizes::All) detail::open_sizes(type);
    types.push_back(type);
    if (i < node.op->own_inputs()) node.op->set_constant(i, detail::is_constant_operand(graph, node, i));
  }
  node.op->bind({types.data(), types.size()});
  if (Expression* const e = node.op->epilogue())
    for (std::size_t i = 0; i < e->outputs().size() && i < node.outputs.size(); ++i) {
      TensorType type = graph.type(node.outputs[i]);
      const Shape shape = type.shape;
      type.shape = Shape();  // that of what is computed
      if (type.storage != tensor::Storage::Buffer) {
        // A view of two dimensions: without the batch.
        for (std::size_t axis = 1; axis < shape.rank(); ++axis) type.shape.push_back(shape[axis]);
        type.channel_axis = 0;
      }
      e->set_output_type(i, type);
    }
  LoweredNode lowered;
  lowered.node = id;
  Result<tensor::Operation> operation = node.op->lower(target, node.where);
  if (!operation && open == OpenSizes::All)
    return lower(graph, id, target);  // the family wants to know a size
  if (!operation) return failed(static_cast<Result<tensor::Operation>&&>(operation).error());
  lowered.operation = static_cast<tensor::Operation&&>(*operation);
  for (const tensor::Operand& operand : lowered.operation.operands()) {
    ValueId value = ValueId::Absent;
    const bool inner = operand.role == tensor::Role::Packed || operand.role == tensor::Role::Scratch;
    for (std::size_t i = 0; i < node.inputs.size() && !inner && value == ValueId::Absent; ++i)
      if (operand.name == (i < node.op->own_inputs() ? node.op->input_name(i) : operand_name('i', i)))
        value = node.inputs[i];
    for (std::size_t i = 0; i < node.outputs.size() && !inner && value == ValueId::Absent; ++i)
      if (operand.name == node.op->output_name(i)) value = node.outputs[i];
    if (!inner && value == ValueId::Absent) {
      Diagnostic error;
      error.code = ErrorCode::MissingBinding;
      error.message << "its kernels have an operand called " << operand.name
                    << ", which is neither an input nor an output of the node";
      return failed(static_cast<Diagnostic&&>(error));
    }
    if (!lowered.operands.push_back(value)) {
      Diagnostic error;
      error.code = ErrorCode::OutOfMemory;
      error.message = "out of memory for its operands";
      return failed(static_cast<Diagnostic&&>(error));
    }
  }
  return lowered;
}

AIRSTRIP_GRAPH_NAMESPACE_END
