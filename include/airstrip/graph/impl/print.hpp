#pragma once

#include "../print.hpp"
#include "expressions.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// A value's name; of those without one its number.
inline String name_of(const Graph& graph, ValueId id) {
  if (id == ValueId::Absent) return "-";
  String name(Text(graph.value(id).name));
  if (name.empty()) name << '%' << static_cast<std::uint64_t>(id);
  return name;
}

inline String attributes_of(const Node& node) {
  Attributes attributes;
  node.op->describe(attributes);
  String text(Text(attributes.text()));
  Operator& op = const_cast<Operator&>(*node.op);
  const auto add = [&](Text what, const Expression* e) {
    if (!e || e->empty() || op.own_inputs() == 0) return;
    text << (text.empty() ? "" : " ") << what << '(' << functions_of(*e) << ')';
  };
  for (std::size_t i = 0; i < op.own_inputs(); ++i)
    add(String("prologue_of_") << op.input_name(i), op.prologue(i));
  add("epilogue", op.epilogue());
  return text;
}

/// For a string of the DOT language.
inline String escaped(Text text) {
  String result;
  for (const char c : text) {
    if (c == '"' || c == '\\') result << '\\';
    if (c == '\n')
      result << "\\n";
    else
      result << c;
  }
  return result;
}

}  // namespace detail

AIRSTRIP_INLINE String to_string(const Graph& graph) {
  String text;
  for (const ValueId id : graph.inputs())
    text << "input " << detail::name_of(graph, id) << " : " << to_string(graph, graph.type(id)) << '\n';
  for (std::uint32_t i = 0; i < graph.value_count(); ++i) {
    const Value& value = graph.value(static_cast<ValueId>(i));
    if (value.is_constant && value.producer == NodeId::Absent)
      text << "constant " << detail::name_of(graph, static_cast<ValueId>(i)) << " : "
           << to_string(graph, value.type) << '\n';
  }
  for (const Node& node : graph.nodes()) {
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
      text << (i ? ", " : "") << detail::name_of(graph, node.outputs[i]) << " : "
           << to_string(graph, graph.type(node.outputs[i]));
    text << " = " << node.op->name() << '(';
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      text << (i ? ", " : "") << detail::name_of(graph, node.inputs[i]);
    text << ')';
    const String attributes = detail::attributes_of(node);
    if (!attributes.empty()) text << ' ' << attributes;
    text << '\n';
  }
  for (const GraphOutput& output : graph.outputs())
    text << "output " << output.name << " = " << detail::name_of(graph, output.value) << '\n';
  return text;
}

AIRSTRIP_INLINE String to_dot(const Graph& graph) {
  String text("digraph {\n  node [shape=box, fontname=\"sans-serif\"];\n");
  const auto edge_from = [&](ValueId id) {
    const Value& value = graph.value(id);
    if (value.producer != NodeId::Absent && !value.is_constant)
      text << "  n" << static_cast<std::uint64_t>(value.producer);
    else
      text << "  v" << static_cast<std::uint64_t>(id);
  };
  for (std::uint32_t i = 0; i < graph.value_count(); ++i) {
    const Value& value = graph.value(static_cast<ValueId>(i));
    if (!value.is_input && !value.is_constant) continue;
    text << "  v" << static_cast<std::uint64_t>(i) << " [shape=" << (value.is_input ? "ellipse" : "note")
         << ", label=\"" << detail::escaped(Text(detail::name_of(graph, static_cast<ValueId>(i)))) << "\\n"
         << detail::escaped(Text(to_string(graph, value.type))) << "\"];\n";
  }
  for (std::size_t n = 0; n < graph.nodes().size(); ++n) {
    const Node& node = graph.nodes()[n];
    text << "  n" << std::uint64_t{n} << " [label=\"" << detail::escaped(Text(node.name)) << "\\n"
         << node.op->name();
    const String attributes = detail::attributes_of(node);
    if (!attributes.empty()) text << "\\n" << detail::escaped(Text(attributes));
    text << "\"];\n";
    for (const ValueId input : node.inputs) {
      if (input == ValueId::Absent) continue;
      edge_from(input);
      text << " -> n" << std::uint64_t{n} << " [label=\""
           << detail::escaped(Text(to_string(graph, graph.type(input)))) << "\"];\n";
    }
  }
  for (std::size_t i = 0; i < graph.outputs().size(); ++i) {
    const GraphOutput& output = graph.outputs()[i];
    text << "  o" << std::uint64_t{i} << " [shape=ellipse, label=\"" << detail::escaped(Text(output.name))
         << "\"];\n";
    edge_from(output.value);
    text << " -> o" << std::uint64_t{i} << ";\n";
  }
  return text << "}\n";
}

AIRSTRIP_GRAPH_NAMESPACE_END
