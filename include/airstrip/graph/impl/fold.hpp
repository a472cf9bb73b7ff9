#pragma once

#include "../evaluate.hpp"
#include "../passes/fold.hpp"
#include "elements.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

class Folder {
public:
  explicit Folder(Graph& graph) : g_(graph) {}

  /// Makes a constant of the value if it can be. False: it depends on inputs, whose names go to `inputs`, or memory was out.
  Result<bool> make_constant(ValueId id, std::uint64_t max_elements, String* inputs) {
    if (id == ValueId::None) return false;
    const Value& value = g_.value(id);
    if (value.is_constant) return true;
    if (elements_are_literals(value)) return set(id, bytes_of_elements(value));
    if (value.producer == NodeId::None) {
      if (inputs) {
        if (!inputs->empty()) *inputs << ", ";
        *inputs << value.name;
      }
      return false;
    }
    std::uint64_t count = 0;
    if (!element_count(value.type.shape, count) || count > max_elements) return false;
    const NodeId node = value.producer;
    bool all = true;
    for (std::size_t i = 0; i < g_.node(node).inputs.size(); ++i) {
      const ValueId input = g_.node(node).inputs[i];
      if (input == ValueId::None) continue;
      Result<bool> made = make_constant(input, max_elements, inputs);
      if (!made) return made;
      all = all && *made;
      if (!all && !inputs) return false;
    }
    if (!all || problem_of<Sizes>(*g_.node(node).op)) return false;
    return run(node);
  }

  Result<bool> run(NodeId id) {
    List<Bytes> given;
    for (const ValueId input : g_.node(id).inputs)
      given.push_back(input == ValueId::None ? Bytes() : Bytes(g_.value(input).data));
    Result<List<Bytes>> outputs = evaluate_node(g_, id, Span<const Bytes>(given.data(), given.size()));
    if (!outputs) {
      Diagnostic error = static_cast<Result<List<Bytes>>&&>(outputs).error();
      if (error.where.line == 0) error.where = g_.node(id).where;
      return error;
    }
    for (std::size_t i = 0; i < outputs->size(); ++i)
      if (Result<bool> r = set(g_.node(id).outputs[i], static_cast<Bytes&&>((*outputs)[i])); !r) return r;
    return true;
  }

private:
  bool elements_are_literals(const Value& value) const {
    if (!value.is_known) return false;
    for (const SizeId size : value.elements)
      if (!g_.sizes().is_literal(size)) return false;
    return true;
  }
  Bytes bytes_of_elements(const Value& value) const {
    Buffer<unsigned char> bytes;
    const std::size_t width = tensor::element_bytes(value.type.scalar);
    for (const SizeId size : value.elements) {
      const std::int64_t number = g_.sizes().lower(size);
      unsigned char raw[8];
      std::memcpy(raw, &number, 8);
      bytes.append({raw, width});
    }
    return Bytes::owned(static_cast<Buffer<unsigned char>&&>(bytes));
  }
  Result<bool> set(ValueId id, Bytes bytes) {
    if (bytes.out_of_memory()) {
      Diagnostic error;
      error.code = ErrorCode::OutOfMemory;
      error.message = "out of memory for a folded constant";
      return error;
    }
    Value& value = g_.value_to_change(id);
    value.is_constant = true;
    value.data = static_cast<Bytes&&>(bytes);
    std::uint64_t count = 0;
    if (value.is_known || !is_integer(value.type.scalar) || !element_count(value.type.shape, count) ||
        count > Graph::max_known_elements)
      return true;
    value.is_known = true;
    value.elements.clear();
    for (std::size_t i = 0; i < count; ++i) {
      const SizeId literal = g_.sizes_to_fill().literal(integer_at(value.type.scalar, value.data.data(), i));
      g_.value_to_change(id).elements.push_back(literal);
    }
    return true;
  }

  Graph& g_;
};

}  // namespace detail

AIRSTRIP_INLINE Result<Bytes> constant_bytes(Graph& graph, ValueId value) {
  String inputs;
  Result<bool> made = detail::Folder(graph).make_constant(value, std::uint64_t{1} << 32, &inputs);
  if (!made) return static_cast<Result<bool>&&>(made).error();
  if (*made) return Bytes(graph.value(value).data);
  Diagnostic error;
  error.code = ErrorCode::MissingBinding;
  if (inputs.empty())
    error.message << graph.value(value).name << " depends on sizes that are given when the program runs";
  else
    error.message << graph.value(value).name << " depends on " << inputs
                  << ", which is given when the program runs";
  return error;
}

AIRSTRIP_INLINE Result<std::size_t> fold(Graph& graph, const FoldOptions& options) {
  detail::Folder folder(graph);
  std::size_t count = 0;
  for (std::uint32_t n = 0; n < graph.nodes().size(); ++n) {
    const Node& node = graph.nodes()[n];
    bool all = true;
    for (const ValueId input : node.inputs)
      all = all && input != ValueId::None && graph.value(input).is_constant;
    for (const ValueId output : node.outputs) {
      if (graph.value(output).is_constant) continue;
      if (!all && !graph.value(output).is_known) continue;
      Result<bool> made = folder.make_constant(output, options.max_elements, nullptr);
      if (!made) return static_cast<Result<bool>&&>(made).error();
      if (*made) ++count;
    }
  }
  return count;
}

AIRSTRIP_GRAPH_NAMESPACE_END
