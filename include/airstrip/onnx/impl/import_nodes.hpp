// Nodes, calls of functions and subgraphs while a model is imported.
#pragma once

#include "import_values.hpp"
#include "operators.hpp"
#include "refused.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline bool is_default_domain(Text domain) { return domain.empty() || domain == Text("ai.onnx"); }

AIRSTRIP_INLINE const Attribute* Importer::resolve(const Attribute& attribute, const Call* call) {
  if (attribute.ref_attr_name.empty()) return &attribute;
  if (!call) return nullptr;
  // What the call refers to may have no value either; then it is as if the call had not given it.
  if (const Attribute* const given = find_attribute(*call->node, attribute.ref_attr_name))
    if (const Attribute* const found = resolve(*given, call->outer)) return found;
  const Attribute* found = nullptr;
  for (const Attribute& otherwise : call->function->attributes_with_default)
    if (otherwise.name == attribute.ref_attr_name && otherwise.ref_attr_name.empty()) found = &otherwise;
  return found;
}

AIRSTRIP_INLINE const Function* Importer::find_function(const onnx::Node& node) const {
  for (const Function& f : model_.functions)
    if (f.name == node.op_type && f.overload == node.overload &&
        (f.domain == node.domain || (is_default_domain(f.domain) && is_default_domain(node.domain))))
      return &f;
  return nullptr;
}

AIRSTRIP_INLINE std::int64_t Importer::version_of(Text domain, Text node) {
  const OperatorSetId* found = nullptr;
  for (const OperatorSetId& id : opsets_) {
    if (!(is_default_domain(domain) ? is_default_domain(id.domain) : id.domain == domain)) continue;
    if (found && found->version != id.version) {
      String message("two versions of the operator set ");
      fail(ErrorCode::MalformedFile, message << (domain.empty() ? Text("ai.onnx") : domain)
                                             << " are imported where the node " << node << " stands");
      return 0;
    }
    found = &id;
  }
  if (found && found->version > 0) return found->version;
  String message("the node ");
  fail(ErrorCode::MalformedFile, message << node << " is of the operator set "
                                         << (domain.empty() ? Text("ai.onnx") : domain)
                                         << ", of which no version is imported");
  return 0;
}

AIRSTRIP_INLINE void Importer::import_nodes(Span<const onnx::Node> nodes, Scope& scope,
                                            Span<const OperatorSetId> opsets) {
  Scope* const before = scope_;
  const Span<const OperatorSetId> opsets_before = opsets_;
  scope_ = &scope;
  opsets_ = opsets;
  for (std::size_t i = 0; i < nodes.size() && ok(); ++i) import_node(nodes[i], i, scope);
  scope_ = before;
  opsets_ = opsets_before;
}

AIRSTRIP_INLINE void Importer::set_output(const onnx::Node& node, std::size_t output, ValueId value,
                                          bool is_missing, Scope& scope, Text name) {
  const Text made = node.outputs[output];
  if (made.empty()) return;
  if (scope.has_own(made)) {
    String message("the node ");
    return fail(ErrorCode::MalformedFile, message << name << " makes " << made << ", which is there already");
  }
  if (!scope.set({made, value, nullptr, is_missing})) fail(ErrorCode::OutOfMemory, "out of memory for names");
}

AIRSTRIP_INLINE void Importer::import_node(const onnx::Node& node, std::size_t index, Scope& scope) {
  String name(node.name);
  if (name.empty()) name << (node.outputs.empty() || node.outputs[0].empty() ? Text("#") : node.outputs[0]);
  if (name == Text("#")) name << std::uint64_t{index};
  const std::size_t names = node.inputs.size() + node.outputs.size() + node.attributes.size();
  if (!spend(1 + names_cost(names), Text(name))) return;
  ++report_.nodes;
  if (!seen_.find(node.op_type)) {
    seen_.set({node.op_type});
    ++report_.operators;
  }
  if (!call_)
    for (const Attribute& a : node.attributes)
      if (!a.ref_attr_name.empty()) {
        String message("the attribute ");
        return fail(ErrorCode::MalformedFile,
                    message << a.name << " of the node " << name << " refers to " << a.ref_attr_name
                            << ", an attribute of a function, and the node is in none");
      }
  bool missing = false;
  Buffer<ValueId> inputs;
  for (const Text input : node.inputs) {
    inputs.push_back(input.empty() ? ValueId::Absent : value_of(input, scope, Text(name), missing));
    if (!ok()) return;
  }
  const Function* const function = find_function(node);
  const bool is_known = function || find_operator(node.domain, node.op_type);
  if (!is_known) add_issue(Text(name), node, reason_to_refuse(node.domain, node.op_type));
  if (!is_known || missing) {
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
      set_output(node, i, ValueId::Absent, true, scope, Text(name));
    return;
  }
  const Span<const ValueId> given(inputs.data(), inputs.size());
  if (function) return import_call(node, *function, given, scope, Text(name));
  import_operator(node, given, scope, Text(name));
}

AIRSTRIP_INLINE void Importer::import_operator(const onnx::Node& node, Span<const ValueId> inputs,
                                               Scope& scope, Text name) {
  const OperatorEntry& entry = *find_operator(node.domain, node.op_type);
  // What a Constant makes is the same each time the nodes of a subgraph or a function are imported.
  bool is_shared = inputs.empty() && node.op_type == Text("Constant") && is_default_domain(node.domain);
  for (const Attribute& a : node.attributes) is_shared = is_shared && a.ref_attr_name.empty();
  if (is_shared && node.outputs.size() == 1)
    if (const ValueId made = constants_.find(&node); made != ValueId::Absent)
      return set_output(node, 0, made, false, scope, name);
  bool has_other = false;
  for (const ValueId input : inputs) has_other = has_other || (!is_tensor(input) && input != ValueId::Absent);
  if (has_other && node.op_type == Text("Identity") && node.outputs.size() == 1)
    return set_output(node, 0, inputs[0], false, scope, name);
  const std::int64_t opset = version_of(node.domain, name);
  if (opset == 0) return;
  NodeImporter n(*this, g_, node, opset, name);
  n.inputs_to_fill().append(inputs);
  const std::size_t issues = report_.issues.size();
  if (is_default_domain(node.domain) && (opset < 7 || opset > 27))
    n.unsupported(String("it is of operator set ")
                  << static_cast<std::uint64_t>(opset) << ", and 7 to 27 are imported");
  else if (has_other && !entry.takes_sequences)
    n.unsupported("one of its inputs is a sequence or an optional without a value");
  else
    entry.import(n);
  // What was refused is the reason, and not what came of going on without it.
  if (!g_.ok() && report_.issues.size() > issues) fail(refusal());
  if (!ok()) return;
  if (!n.is_given_up()) n.refuse_unread_attributes();
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    const ValueId value = i < n.outputs().size() && !n.is_given_up() ? n.outputs()[i] : ValueId::Absent;
    if (value == ValueId::Absent && !n.is_given_up() && !node.outputs[i].empty())
      add_issue(name, node, String("its output ") << node.outputs[i] << " is not supported");
    set_output(node, i, value, value == ValueId::Absent, scope, name);
    if (is_shared && i == 0 && value != ValueId::Absent) constants_.set(&node, value);
  }
}

// An attribute that a function does not declare has no effect on it.
inline bool declares(const Function& function, Text attribute) {
  for (const Text name : function.attributes)
    if (name == attribute) return true;
  for (const Attribute& a : function.attributes_with_default)
    if (a.name == attribute) return true;
  return false;
}

AIRSTRIP_INLINE void Importer::import_call(const onnx::Node& node, const Function& function,
                                           Span<const ValueId> inputs, Scope& scope, Text name) {
  String message("the function ");
  message << function.name;
  for (const Call* call = call_; call; call = call->outer)
    if (call->function == &function)
      return fail(ErrorCode::MalformedFile, message << " calls itself, at the node " << name);
  if (depth_ >= max_nesting)
    return fail(ErrorCode::LimitExceeded, message << " is called more than " << max_nesting
                                                  << " functions and subgraphs deep, at the node " << name);
  if (inputs.size() > function.inputs.size() || node.outputs.size() > function.outputs.size())
    return fail(ErrorCode::MalformedFile,
                message << " is given more inputs or outputs than it has, at the node " << name);
  for (const Attribute& a : node.attributes)
    if (!declares(function, a.name))
      return fail(ErrorCode::MalformedFile,
                  message << " has no attribute " << a.name << ", which the node " << name << " gives it");
  if (!spend(names_cost(function.inputs.size()), name)) return;
  ++depth_;
  Scope inner;
  for (std::size_t i = 0; i < function.inputs.size(); ++i)
    inner.set({function.inputs[i], i < inputs.size() ? inputs[i] : ValueId::Absent});
  const Call call = {&node, &function, call_};
  call_ = &call;
  import_nodes(function.nodes, inner, function.opset_imports);
  call_ = call.outer;
  --depth_;
  for (std::size_t i = 0; i < node.outputs.size() && ok(); ++i) {
    if (node.outputs[i].empty()) continue;
    bool missing = false;
    const ValueId value = value_of(function.outputs[i], inner, name, missing);
    set_output(node, i, value, missing || value == ValueId::Absent, scope, name);
  }
}

AIRSTRIP_INLINE Buffer<ValueId> Importer::import_subgraph(const onnx::Graph& subgraph,
                                                          Span<const ValueId> inputs) {
  Buffer<ValueId> outputs;
  if (depth_ >= max_nesting) {
    fail(ErrorCode::LimitExceeded, "functions and subgraphs are nested too deep");
    return outputs;
  }
  if (inputs.size() != subgraph.inputs.size()) {
    String message("the subgraph ");
    message << subgraph.name << " has " << std::uint64_t{subgraph.inputs.size()} << " inputs, and is given "
            << std::uint64_t{inputs.size()};
    fail(ErrorCode::MalformedFile, static_cast<String&&>(message));
    return outputs;
  }
  if (!spend(names_cost(inputs.size() + subgraph.outputs.size() + subgraph.initializers.size()),
             subgraph.name))
    return outputs;
  ++depth_;
  Scope inner(scope_);
  for (std::size_t i = 0; i < inputs.size(); ++i) inner.set({subgraph.inputs[i].name, inputs[i]});
  import_initializers(subgraph, inner);
  import_nodes(subgraph.nodes, inner, opsets_);
  for (const ValueInfo& output : subgraph.outputs) {
    bool missing = false;
    if (!ok()) break;
    outputs.push_back(value_of(output.name, inner, subgraph.name, missing));
  }
  --depth_;
  return outputs;
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
