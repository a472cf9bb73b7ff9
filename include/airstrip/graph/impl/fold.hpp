#pragma once

#include "../evaluate.hpp"
#include "../passes/fold.hpp"
#include "cost.hpp"
#include "elements.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

class Folder {
public:
  explicit Folder(Graph& graph) : g_(graph) {}

  /// Makes a constant of the value if it can be. False: it depends on inputs, whose names go to `inputs`, on sizes of run
  /// time, or on a value of more elements; or memory was out.
  Result<bool> make_constant(ValueId id, std::uint64_t max_elements, String* inputs,
                             bool* is_too_large = nullptr) {
    if (id == ValueId::Absent) return false;
    if (g_.value(id).is_constant) return true;
    if (elements_are_literals(g_.value(id))) return set(id, bytes_of_elements(g_.value(id)));
    // The nodes behind it, each once, in the order in which they run.
    Buffer<ValueId> open;
    Buffer<NodeId> nodes;
    bool can = open.push_back(id);
    if (needed_.size() < g_.nodes().size() && !needed_.resize(g_.nodes().size(), false)) return false;
    while (!open.empty() && (can || inputs)) {
      const ValueId at = open.back();
      open.pop_back();
      const Value& value = g_.value(at);
      if (value.is_constant) continue;
      if (elements_are_literals(value)) {
        Result<bool> made = set(at, bytes_of_elements(value));
        if (!made) return made;
        continue;
      }
      if (value.producer == NodeId::Absent) {
        if (inputs) add_name(*inputs, Text(value.name));
        can = false;
        continue;
      }
      std::uint64_t count = 0;
      const bool is_literal = element_count(value.type.shape, count);
      const bool is_large =
          is_literal && (count > max_elements || is_work(g_.node(value.producer), max_elements));
      if (is_large && is_too_large) *is_too_large = true;
      if (!is_literal || is_large || problem_of<Sizes>(*g_.node(value.producer).op)) can = false;
      const std::size_t node = static_cast<std::size_t>(value.producer);
      if (needed_[node]) continue;
      needed_[node] = true;
      if (!nodes.push_back(value.producer)) can = false;
      for (const ValueId input : g_.node(value.producer).inputs)
        if (input != ValueId::Absent && !open.push_back(input)) can = false;
    }
    std::size_t first = g_.nodes().size(), end = 0;
    for (const NodeId node : nodes) {
      const std::size_t n = static_cast<std::size_t>(node);
      first = n < first ? n : first;
      end = n + 1 > end ? n + 1 : end;
    }
    Diagnostic error;
    for (std::size_t n = first; n < end; ++n) {
      if (!needed_[n]) continue;
      needed_[n] = false;
      if (!can) continue;
      Result<bool> made = run(static_cast<NodeId>(n));
      if (made && *made) continue;
      if (!made) error = static_cast<Result<bool>&&>(made).error();
      can = false;
    }
    if (error.code != ErrorCode::Ok) return error;
    return can;
  }

  /// False: it depends on sizes or numbers that are given when the program runs.
  Result<bool> run(NodeId id) {
    List<Bytes> given;
    for (const ValueId input : g_.node(id).inputs)
      given.push_back(input == ValueId::Absent ? Bytes() : Bytes(g_.value(input).data));
    Result<List<Bytes>> outputs = evaluate_node(g_, id, Span<const Bytes>(given.data(), given.size()));
    if (!outputs && outputs.error().code == ErrorCode::MissingBinding) return false;
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
  /// Whether a node sums up more than `operations_an_element` for each of so many elements.
  bool is_work(const Node& node, std::uint64_t max_elements) const {
    std::int64_t all =
        tensor::detail::mul_saturated(most_elements(g_.type(node.outputs[0]).shape), operations_each(node));
    if (problem_of<tensor::ReduceProblem>(*node.op) && node.inputs[0] != ValueId::Absent)
      all = most_elements(g_.type(node.inputs[0]).shape);
    return static_cast<std::uint64_t>(all) / operations_an_element > max_elements;
  }
  /// Each once; names that would make a very long sentence are left out.
  static void add_name(String& names, Text name) {
    if (names.size() > 400) return;
    String with_comma(", ");
    with_comma << name << ',';
    String all(", ");
    all << Text(names) << ',';
    if (names.empty())
      names << name;
    else if (!all.contains(Text(with_comma)))
      names << ", " << name;
  }
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
  Buffer<bool> needed_;  // nodes; none between two calls
};

}  // namespace detail

AIRSTRIP_INLINE Result<Bytes> constant_bytes(Graph& graph, ValueId value, std::uint64_t max_elements) {
  String inputs;
  bool is_too_large = false;
  Result<bool> made = detail::Folder(graph).make_constant(value, max_elements, &inputs, &is_too_large);
  if (!made) return static_cast<Result<bool>&&>(made).error();
  if (*made) return Bytes(graph.value(value).data);
  Diagnostic error;
  error.code = is_too_large && inputs.empty() ? ErrorCode::LimitExceeded : ErrorCode::MissingBinding;
  if (is_too_large && inputs.empty())
    error.message << graph.value(value).name << " follows from a value of more than " << max_elements
                  << " elements, or of as much work, which is not computed while a graph is made";
  else if (inputs.empty())
    error.message << graph.value(value).name
                  << " depends on sizes or numbers that are given when the program runs";
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
      all = all && input != ValueId::Absent && graph.value(input).is_constant;
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
