#pragma once

#include "../graph.hpp"
#include "../size_algebra.hpp"
#include "elements.hpp"
#include "graph_ends.hpp"
#include "known.hpp"
#include "size_names.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE void Graph::fail(Diagnostic error, Text node, SourceLocation at) {
  if (!ok()) return;
  if (!node.empty()) {
    String message("the node ");
    message << node << ": " << error.message;
    error.message = static_cast<String&&>(message);
  }
  if (error.where.line == 0) error.where = at;
  error_ = static_cast<Diagnostic&&>(error);
}

AIRSTRIP_INLINE ValueId Graph::add_value(Text name, const TensorType& type) {
  Value value;
  value.name = String(name);
  value.type = type;
  if (!values_.push_back(static_cast<Value&&>(value))) {
    Diagnostic error;
    error.code = ErrorCode::OutOfMemory;
    error.message = "out of memory for a graph";
    fail(static_cast<Diagnostic&&>(error), {}, {});
    return ValueId::Absent;
  }
  return static_cast<ValueId>(values_.size() - 1);
}

AIRSTRIP_INLINE SizeId Graph::size(const Dimension& dimension) {
  if (!dimension.is_literal() && detail::begins_with(dimension.name(), detail::size_prefix)) {
    const SizeId id =
        static_cast<SizeId>(operand_index(Text(dimension.name().data() + detail::size_prefix.size() - 1,
                                               dimension.name().size() - detail::size_prefix.size() + 1)));
    if (static_cast<std::size_t>(id) < sizes_.size()) return id;
  }
  if (!dimension.is_literal() && detail::begins_with(dimension.name(), detail::literal_prefix)) {
    const std::size_t prefix = detail::literal_prefix.size() - 1;
    return sizes_.literal(static_cast<std::int64_t>(
        operand_index(Text(dimension.name().data() + prefix, dimension.name().size() - prefix))));
  }
  return sizes_.of(dimension);
}

AIRSTRIP_INLINE Dimension Graph::dimension(SizeId size) const {
  const SizeTable::Node& node = sizes_.node(size);
  if (node.op == SizeTable::Op::Literal) return Dimension(node.lower);
  const std::int64_t maximum = node.upper < Dimension::no_maximum ? node.upper : Dimension::no_maximum;
  const std::int64_t multiple = node.multiple < 1 ? 1 : node.multiple;
  if (node.op == SizeTable::Op::Parameter) return Dimension::parameter(sizes_.name(size), maximum, multiple);
  String name(detail::size_prefix);
  name << static_cast<std::uint64_t>(size);
  return Dimension::parameter(Text(name), maximum, multiple);
}

AIRSTRIP_INLINE bool Graph::check(Span<const ValueId> values, Text node, SourceLocation at) {
  if (!ok()) return false;
  for (const ValueId id : values) {
    if (static_cast<std::size_t>(id) < values_.size()) continue;
    Diagnostic error;
    error.code = ErrorCode::EmptyId;
    error.message = "an input is no value of this graph";
    fail(static_cast<Diagnostic&&>(error), node, at);
    return false;
  }
  return true;
}

AIRSTRIP_INLINE NodeId Graph::add_operator(OwnedOperator op, Span<const ValueId> inputs, Text name,
                                           SourceLocation at) {
  if (!check(inputs, name, at)) return NodeId::Absent;
  Node node;
  node.op = static_cast<OwnedOperator&&>(op);
  node.inputs.append(inputs);
  node.where = at;
  Diagnostic error;
  if (!node.op || node.inputs.out_of_memory()) {
    error.code = ErrorCode::OutOfMemory;
    error.message = "out of memory for a node";
    fail(static_cast<Diagnostic&&>(error), name, at);
    return NodeId::Absent;
  }
  if (name.empty())
    node.name << node.op->name() << '_' << std::uint64_t{nodes_.size()};
  else
    node.name = String(name);
  if (inputs.size() < node.op->own_inputs()) {
    error.code = ErrorCode::InvalidOperand;
    error.message << node.op->name() << " has " << std::uint64_t{node.op->own_inputs()}
                  << " inputs, and was given " << std::uint64_t{inputs.size()};
    fail(static_cast<Diagnostic&&>(error), Text(node.name), at);
    return NodeId::Absent;
  }
  const NodeId id = static_cast<NodeId>(nodes_.size());
  if (Result<void> r = infer(node); !r) {
    fail(static_cast<Result<void>&&>(r).error(), Text(node.name), at);
    return NodeId::Absent;
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    Value& made = value_to_change(node.outputs[i]);
    made.producer = id;
    made.output = static_cast<std::uint32_t>(i);
  }
  if (!nodes_.push_back(static_cast<Node&&>(node))) return NodeId::Absent;
  infer_elements(nodes_.back());
  return ok() ? id : NodeId::Absent;
}

AIRSTRIP_INLINE Result<void> Graph::infer(Node& node) {
  Buffer<TensorType> types;
  for (const ValueId id : node.inputs) {
    TensorType none;
    none.scalar = Scalar::Void;
    types.push_back(id == ValueId::Absent ? none : type(id));
  }
  node.op->bind({types.data(), types.size()});
  Inferred inferred;
  if (Result<void> r = node.op->infer(inferred); !r) return r;
  Diagnostic error;
  SizeTranslation translate(inferred.sizes, sizes_);
  for (std::size_t i = 0; i < inferred.outputs.size(); ++i) {
    const Inferred::Output& output = inferred.outputs[i];
    if (output.rank > Shape::max_rank) {
      error.code = ErrorCode::InvalidShape;
      error.message << "its result has " << static_cast<std::uint64_t>(output.rank)
                    << " axes, and eight are the most";
      return error;
    }
    TensorType type;
    type.scalar = output.scalar;
    for (std::size_t axis = 0; axis < output.rank; ++axis) {
      const SizeId size = translate(output.shape[axis], [&](Text name, const SizeTable::Node& n) {
        return this->size(Dimension::parameter(name, n.upper, n.multiple));
      });
      if (sizes_.is_literal(size) && sizes_.lower(size) < 0) {
        error.code = ErrorCode::InvalidShape;
        error.message << "axis " << std::uint64_t{axis} << " of its result would have a negative size";
        return error;
      }
      type.shape.push_back(dimension(size));
    }
    if (translate.out_of_memory()) {
      error.code = ErrorCode::OutOfMemory;
      error.message = "out of memory for a shape";
      return error;
    }
    if (i < node.outputs.size()) {
      Value& value = value_to_change(node.outputs[i]);
      const TensorType before = value.type;
      value.type = type;
      // How an output lies in an image was said by the user.
      value.type.storage = before.storage;
      value.type.format = before.format;
      value.type.channel_axis = before.channel_axis;
      continue;
    }
    const ValueId id =
        add_value(i == 0 ? Text(node.name) : Text(String(Text(node.name)) << '_' << std::uint64_t{i}), type);
    if (id == ValueId::Absent || !node.outputs.push_back(id)) return error_;
  }
  return {};
}

AIRSTRIP_INLINE Result<void> Graph::infer() {
  for (Node& node : nodes_) {
    if (Result<void> r = infer(node); !r) {
      fail(static_cast<Result<void>&&>(r).error(), Text(node.name), node.where);
      return error_;
    }
    infer_elements(node);
  }
  return {};
}

AIRSTRIP_INLINE Expr Graph::operand(Expression& e, Span<const ValueId> inputs, std::size_t index) {
  if (!check(inputs, {}, {})) return {};
  return e.input(Text(operand_name('i', index)), type(inputs[index]));
}

AIRSTRIP_INLINE ValueId Graph::map_done(Expression&& e, Expr result, Span<const ValueId> inputs, Text name,
                                        SourceLocation at) {
  if (!check(inputs, name, at)) return ValueId::Absent;
  e.output("o0", Expr(&e, result.node()), {}, at);
  if (!e.ok()) {
    fail(e.error(), name, at);
    return ValueId::Absent;
  }
  tensor::ElementwiseProblem problem;
  problem.expression = static_cast<Expression&&>(e);
  return add(problem, inputs, name, at);
}

AIRSTRIP_INLINE ValueId Graph::apply(tensor::Function function, Span<const ValueId> inputs, Text name,
                                     SourceLocation at) {
  Expression e;
  Buffer<tensor::ExprOperand> leaves;
  if (!check(inputs, name, at)) return ValueId::Absent;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    leaves.push_back(tensor::ExprOperand(operand(e, inputs, i), at));
  const Expr result = e.apply(function, {leaves.data(), leaves.size()}, at);
  return map_done(static_cast<Expression&&>(e), result, inputs, name, at);
}

AIRSTRIP_INLINE ValueId Graph::cast(ValueId value, Scalar scalar, Text name, SourceLocation at) {
  return map(
      value, [&](Expr x) { return tensor::cast(x, scalar, at); }, name, at);
}

AIRSTRIP_INLINE ValueId Graph::reshape(ValueId value, const Shape& shape, Text name, SourceLocation at) {
  Reshape problem;
  problem.shape = shape;
  return add(problem, {value}, name, at);
}

AIRSTRIP_INLINE bool Graph::known_shape(ValueId id, Shape& shape) const {
  const Value& v = value(id);
  if (!v.is_known || v.elements.size() > Shape::max_rank) return false;
  shape = Shape();
  for (const SizeId size : v.elements) shape.push_back(dimension(size));
  return true;
}

AIRSTRIP_INLINE bool Graph::known_integers(ValueId id, Buffer<std::int64_t>& integers) const {
  const Value& v = value(id);
  integers.clear();
  if (v.is_constant && detail::is_integer(v.type.scalar)) {
    const std::size_t count = v.data.size() / tensor::element_bytes(v.type.scalar);
    for (std::size_t i = 0; i < count; ++i)
      integers.push_back(detail::integer_at(v.type.scalar, v.data.data(), i));
    return !integers.out_of_memory();
  }
  if (!v.is_known) return false;
  for (const SizeId size : v.elements) {
    if (!sizes_.is_literal(size)) return false;
    integers.push_back(sizes_.lower(size));
  }
  return !integers.out_of_memory();
}

AIRSTRIP_INLINE Graph Graph::clone() const {
  Graph copy;
  for (const Value& v : values_) {
    Value c;
    c.name = v.name;
    c.type = v.type;
    c.producer = v.producer;
    c.output = v.output;
    c.is_input = v.is_input;
    c.is_constant = v.is_constant;
    c.data = v.data;
    c.is_known = v.is_known;
    c.elements.assign({v.elements.data(), v.elements.size()});
    copy.values_.push_back(static_cast<Value&&>(c));
  }
  for (const Node& n : nodes_) {
    Node c;
    c.name = n.name;
    c.op = OwnedOperator(n.op->clone());
    c.inputs.assign({n.inputs.data(), n.inputs.size()});
    c.outputs.assign({n.outputs.data(), n.outputs.size()});
    c.where = n.where;
    if (!c.op) copy.error_.code = ErrorCode::OutOfMemory;
    copy.nodes_.push_back(static_cast<Node&&>(c));
  }
  copy.inputs_.assign({inputs_.data(), inputs_.size()});
  for (const GraphOutput& o : outputs_) copy.outputs_.push_back({o.name, o.value});
  copy.sizes_ = sizes_.clone();
  if (copy.values_.out_of_memory() || copy.nodes_.out_of_memory() || copy.inputs_.out_of_memory() ||
      copy.outputs_.out_of_memory() || copy.sizes_.out_of_memory())
    copy.error_.code = ErrorCode::OutOfMemory;
  if (copy.error_.code == ErrorCode::OutOfMemory)
    copy.error_.message = "out of memory while a graph was copied";
  if (!ok()) {
    copy.error_.code = error_.code;
    copy.error_.message = error_.message;
    copy.error_.where = error_.where;
  }
  return copy;
}

AIRSTRIP_INLINE String to_string(const Graph& graph, const TensorType& type) {
  String text = tensor::to_string(type.scalar);
  text << '[';
  for (std::size_t i = 0; i < type.shape.rank() && i < Shape::max_rank; ++i) {
    if (i) text << ", ";
    const Dimension& d = type.shape[i];
    if (!d.is_literal() && detail::begins_with(d.name(), detail::size_prefix))
      text << graph.sizes().to_string(const_cast<Graph&>(graph).size(d));
    else if (d.is_literal())
      text << static_cast<std::uint64_t>(d.value());
    else
      text << d.name();
  }
  return text << ']';
}

AIRSTRIP_GRAPH_NAMESPACE_END
