#pragma once

#include "../import.hpp"
#include "importer.hpp"
#include "operators.hpp"
#include "refused.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

AIRSTRIP_INLINE kernel::Scalar scalar_of(DataType type) {
  using kernel::Scalar;
  switch (type) {
    case DataType::Float: return Scalar::F32;
    case DataType::Float16: return Scalar::F16;
    case DataType::Bfloat16: return Scalar::BF16;
    case DataType::Double: return Scalar::F64;
    case DataType::Int8: return Scalar::I8;
    case DataType::Int16: return Scalar::I16;
    case DataType::Int32: return Scalar::I32;
    case DataType::Int64: return Scalar::I64;
    case DataType::Uint8: return Scalar::U8;
    case DataType::Uint16: return Scalar::U16;
    case DataType::Uint32: return Scalar::U32;
    case DataType::Uint64: return Scalar::U64;
    case DataType::Boolean: return Scalar::Boolean;
    default: return Scalar::Void;
  }
}

AIRSTRIP_INLINE bool is_supported(Text domain, Text op_type) {
  return detail::find_operator(domain, op_type) != nullptr;
}

namespace detail {

// --- NodeImporter

AIRSTRIP_INLINE const Attribute* NodeImporter::attribute(Text name) {
  const Attribute* found = nullptr;
  for (std::size_t i = 0; i < node_.attributes.size(); ++i) {
    if (!(node_.attributes[i].name == name)) continue;
    if (i < 64) read_ |= std::uint64_t{1} << i;
    found = importer_.resolve(node_.attributes[i]);
  }
  return found;
}

AIRSTRIP_INLINE void NodeImporter::refuse_unread_attributes() {
  String names;
  for (std::size_t i = 0; i < node_.attributes.size(); ++i) {
    if (i < 64 && (read_ >> i & 1)) continue;
    if (!importer_.resolve(node_.attributes[i])) continue;  // the call has none: the default
    if (!names.empty()) names << ", ";
    names << node_.attributes[i].name;
  }
  if (!names.empty()) unsupported(String("its attribute ") << names << " is not supported");
}

AIRSTRIP_INLINE void NodeImporter::unsupported(String reason) {
  given_up_ = true;
  importer_.add_issue(name(), node_, static_cast<String&&>(reason));
}

AIRSTRIP_INLINE bool NodeImporter::constant(std::size_t i, Bytes& bytes) {
  Result<Bytes> found = graph::constant_bytes(g, input(i));
  if (found) {
    bytes = static_cast<Bytes&&>(*found);
    return true;
  }
  String reason("its input ");
  reason << (i < node_.inputs.size() ? node_.inputs[i] : Text())
         << " determines a shape or how the kernel is made, and " << found.error().message;
  // The model's inputs behind it, which the caller can bind.
  List<String> names;
  Buffer<ValueId> open;
  open.push_back(input(i));
  while (!open.empty()) {
    const ValueId id = open.back();
    open.pop_back();
    const graph::Value& value = g.value(id);
    if (value.is_input) importer_.add_input_to_bind(Text(value.name));
    if (value.producer == graph::NodeId::None || value.is_constant) continue;
    for (const ValueId input : g.node(value.producer).inputs)
      if (input != ValueId::None && open.size() < 4096) open.push_back(input);
  }
  unsupported(static_cast<String&&>(reason));
  return false;
}

AIRSTRIP_INLINE bool NodeImporter::known_integers(std::size_t i, Buffer<std::int64_t>& values) {
  if (g.known_integers(input(i), values)) return true;
  Bytes bytes;
  return constant(i, bytes) && g.known_integers(input(i), values);
}

AIRSTRIP_INLINE bool NodeImporter::known_list(std::size_t i, tensor::Integers& values) {
  Buffer<std::int64_t> all;
  if (!known_integers(i, all)) return false;
  for (const std::int64_t v : all) values.push_back(v);
  return true;
}

AIRSTRIP_INLINE bool NodeImporter::known_sizes(std::size_t i, Shape& sizes) {
  if (g.known_shape(input(i), sizes)) return true;
  Bytes bytes;
  return constant(i, bytes) && g.known_shape(input(i), sizes);
}

AIRSTRIP_INLINE bool NodeImporter::known_numbers(std::size_t i, Buffer<double>& values) {
  Bytes bytes;
  values.clear();
  if (!constant(i, bytes)) return false;
  const Scalar scalar = type(i).scalar;
  const std::size_t width = tensor::element_bytes(scalar);
  for (std::size_t k = 0; k < bytes.size() / width; ++k) {
    std::uint64_t raw = 0;
    std::memcpy(&raw, bytes.data() + k * width, width);
    double value = 0;
    if (graph::detail::is_integer(scalar)) {
      value = static_cast<double>(graph::detail::integer_at(scalar, bytes.data(), k));
    } else if (scalar == Scalar::F64) {
      std::memcpy(&value, &raw, 8);
    } else if (scalar == Scalar::F32) {
      float narrow;
      std::memcpy(&narrow, &raw, 4);
      value = static_cast<double>(narrow);
    } else if (scalar == Scalar::F16) {
      value = kernel::f16_to_double(raw);
    } else {
      value = kernel::bf16_to_double(raw);
    }
    values.push_back(value);
  }
  return !values.out_of_memory();
}

AIRSTRIP_INLINE bool NodeImporter::known_number(std::size_t i, double& value) {
  Buffer<double> values;
  if (!known_numbers(i, values)) return false;
  if (values.size() != 1) {
    unsupported("an input that has to be one number is not");
    return false;
  }
  value = values[0];
  return true;
}

// --- Importer

AIRSTRIP_INLINE void Importer::fail(ErrorCode code, String message) {
  if (error_.code != ErrorCode::Ok) return;
  error_.code = message.out_of_memory() ? ErrorCode::OutOfMemory : code;
  error_.message = static_cast<String&&>(message);
}

AIRSTRIP_INLINE void Importer::add_issue(Text node, const onnx::Node& of, String reason) {
  ImportIssue issue;
  issue.node = String(node);
  if (!of.domain.empty()) issue.operation << of.domain << '.';
  issue.operation << of.op_type;
  issue.reason = static_cast<String&&>(reason);
  report_.issues.push_back(static_cast<ImportIssue&&>(issue));
}

AIRSTRIP_INLINE void Importer::add_input_to_bind(Text name) {
  for (const String& known : report_.inputs_to_bind)
    if (known == name) return;
  report_.inputs_to_bind.push_back(String(name));
}

AIRSTRIP_INLINE const Attribute* Importer::resolve(const Attribute& attribute) const {
  const Attribute* found = &attribute;
  for (const Call* call = call_; call && found && !found->ref_attr_name.empty(); call = call->outer) {
    const Text name = found->ref_attr_name;
    found = find_attribute(*call->node, name);
    if (found) continue;
    for (const Attribute& otherwise : call->function->attributes_with_default)
      if (otherwise.name == name) found = &otherwise;
  }
  return found;
}

AIRSTRIP_INLINE ValueId Importer::constant(const Tensor& tensor, Text name) {
  const Scalar scalar = scalar_of(tensor.data_type);
  TensorType type;
  // Integers of two and four bits become bytes.
  const bool is_signed = tensor.data_type == DataType::Int4 || tensor.data_type == DataType::Int2;
  const bool is_packed =
      is_signed || tensor.data_type == DataType::Uint4 || tensor.data_type == DataType::Uint2;
  type.scalar = is_signed ? Scalar::I8 : is_packed ? Scalar::U8 : scalar;
  if (type.scalar == Scalar::Void) return ValueId::None;
  for (const std::int64_t d : tensor.dims) type.shape.push_back(Dimension(d));
  Result<TensorData> data = read_elements(tensor, options_.external);
  if (!data) {
    fail(data.error().code, String("the tensor ") << name << ": " << data.error().message);
    return ValueId::None;
  }
  Bytes bytes;
  const Span<const unsigned char> raw(reinterpret_cast<const unsigned char*>(data->bytes().data()),
                                      data->bytes().size());
  if (is_packed) {
    Buffer<unsigned char> wide;
    for (std::size_t i = 0; i < data->size(); ++i)
      wide.push_back(static_cast<unsigned char>(data->integer(i)));
    bytes = Bytes::owned(static_cast<Buffer<unsigned char>&&>(wide));
  } else {
    bytes = data->is_borrowed() && options_.borrow_weights ? Bytes::borrowed(raw) : Bytes::copied(raw);
  }
  const ValueId made = g_.constant(name, type, static_cast<Bytes&&>(bytes));
  if (is_packed) narrow_.push_back(made);
  return made;
}

AIRSTRIP_INLINE bool Importer::is_narrow(ValueId value) const {
  if (narrow_.empty()) return false;
  // Nothing computes with such elements but casts; what else gives bytes of bytes moves them.
  while (value != ValueId::None) {
    for (const ValueId id : narrow_)
      if (id == value) return true;
    const graph::Value& v = g_.value(value);
    if (v.producer == graph::NodeId::None || g_.node(v.producer).inputs.empty()) return false;
    const ValueId from = g_.node(v.producer).inputs[0];
    if (from == ValueId::None || g_.type(from).scalar != v.type.scalar) return false;
    value = from;
  }
  return false;
}

AIRSTRIP_INLINE Dimension Importer::dimension(const onnx::Dimension& d, Text input, std::size_t axis) {
  if (d.kind == onnx::Dimension::Kind::Value) return Dimension(d.value);
  String name;
  if (d.kind == onnx::Dimension::Kind::Parameter && !d.parameter.empty())
    name = String(d.parameter);
  else
    name << input << '_' << static_cast<std::uint64_t>(axis);
  for (const SizeOption& size : options_.sizes)
    if (name == size.name) return Dimension(size.value);
  std::int64_t maximum = Dimension::no_maximum;
  for (const SizeOption& size : options_.maxima)
    if (name == size.name) maximum = size.value;
  // Kernels' parameters are called so, and have short names of letters, digits and underscores.
  String clean;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    clean << (letter || (digit && !clean.empty()) ? c : '_');
  }
  if (clean.size() > Dimension::max_name) {
    std::uint32_t hash = 0x811C9DC5u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193u;
    String shorter(Text(clean.data(), Dimension::max_name - 11));
    shorter << '_' << hash;
    clean = static_cast<String&&>(shorter);
  }
  return Dimension::parameter(Text(clean), maximum);
}

AIRSTRIP_INLINE const ImageOption* Importer::image_of(Text name) const {
  for (const ImageOption& image : options_.images)
    if (image.name == name) return &image;
  return nullptr;
}

AIRSTRIP_INLINE void Importer::import_inputs() {
  for (const ValueInfo& input : model_.graph->inputs) {
    bool is_initialized = false;
    for (const Tensor& t : model_.graph->initializers)
      is_initialized = is_initialized || t.name == input.name;
    if (is_initialized) continue;  // a default, which nobody overrides here
    const InputOption* bound = nullptr;
    for (const InputOption& option : options_.inputs)
      if (option.name == input.name) bound = &option;
    if (bound) {
      scope_->set({input.name, g_.constant(input.name, bound->type, Bytes::copied(bound->bytes))});
      continue;
    }
    String reason;
    if (!input.type || input.type->kind != Type::Kind::Tensor)
      reason << "it is no dense tensor";
    else if (scalar_of(input.type->elem_type) == Scalar::Void)
      reason << "its elements are " << Text(to_string(input.type->elem_type));
    else if (!input.type->has_shape)
      reason << "the model does not say how many axes it has";
    if (!reason.empty()) {
      onnx::Node pretended;
      pretended.op_type = "input";
      add_issue(input.name, pretended, static_cast<String&&>(reason));
      scope_->set({input.name, ValueId::None, nullptr, true});
      continue;
    }
    TensorType type;
    type.scalar = scalar_of(input.type->elem_type);
    for (std::size_t i = 0; i < input.type->shape.size(); ++i)
      type.shape.push_back(dimension(input.type->shape[i], input.name, i));
    const ImageOption* const image = image_of(input.name);
    scope_->set({input.name, image ? g_.input_image(input.name, type.shape, image->storage, image->format)
                                   : g_.input(input.name, type)});
  }
}

AIRSTRIP_INLINE void Importer::import_initializers(const onnx::Graph& graph, Scope& scope) {
  for (const Tensor& t : graph.initializers)
    if (!scope.set({t.name, ValueId::None, &t})) fail(ErrorCode::OutOfMemory, "out of memory for names");
}

AIRSTRIP_INLINE ValueId Importer::value_of(Text name, Scope& scope, Text user, bool& missing) {
  NamedValue* const found = scope.find(name);
  if (!found) {
    String message("the node ");
    fail(ErrorCode::MalformedFile, message << user << " uses " << name << ", which nothing before it makes");
    return ValueId::None;
  }
  if (found->is_missing) missing = true;
  if (found->value == ValueId::None && found->initializer) {
    const ValueId made = constant(*found->initializer, name);
    // The table may have grown; the entry is found again.
    if (NamedValue* const again = scope.find(name)) {
      again->value = made;
      again->is_missing = made == ValueId::None;
      if (made == ValueId::None) {
        missing = true;
        onnx::Node pretended;
        pretended.op_type = "initializer";
        add_issue(name, pretended,
                  String("its elements are ") << Text(to_string(again->initializer->data_type)));
      }
    }
    return made;
  }
  return found->value;
}

AIRSTRIP_INLINE const Function* Importer::find_function(const onnx::Node& node) const {
  for (const Function& f : model_.functions)
    if (f.name == node.op_type && f.domain == node.domain && f.overload == node.overload) return &f;
  return nullptr;
}

AIRSTRIP_INLINE void Importer::import_nodes(Span<const onnx::Node> nodes, Scope& scope,
                                            Span<const OperatorSetId> opsets) {
  Scope* const before = scope_;
  const Span<const OperatorSetId> opsets_before = opsets_;
  scope_ = &scope;
  opsets_ = opsets;
  for (std::size_t i = 0; i < nodes.size() && error_.code == ErrorCode::Ok && g_.ok(); ++i)
    import_node(nodes[i], i, scope, opsets);
  scope_ = before;
  opsets_ = opsets_before;
}

AIRSTRIP_INLINE void Importer::import_node(const onnx::Node& node, std::size_t index, Scope& scope,
                                           Span<const OperatorSetId> opsets) {
  String name(node.name);
  if (name.empty()) name << (node.outputs.empty() || node.outputs[0].empty() ? Text("#") : node.outputs[0]);
  if (name == Text("#")) name << static_cast<std::uint64_t>(index);
  ++report_.nodes;
  bool is_new = true;
  for (const Text seen : seen_) is_new = is_new && !(seen == node.op_type);
  if (is_new) {
    seen_.push_back(node.op_type);
    ++report_.operators;
  }
  bool missing = false;
  Buffer<ValueId> inputs;
  for (const Text input : node.inputs)
    inputs.push_back(input.empty() ? ValueId::None : value_of(input, scope, Text(name), missing));
  if (error_.code != ErrorCode::Ok) return;
  const auto set_missing = [&] {
    for (const Text output : node.outputs)
      if (!output.empty()) scope.set({output, ValueId::None, nullptr, true});
  };
  if (const Function* const function = find_function(node)) {
    if (missing) return set_missing();
    return import_call(node, *function, {inputs.data(), inputs.size()}, scope, Text(name));
  }
  const OperatorImporter import = find_operator(node.domain, node.op_type);
  if (!import) {
    add_issue(Text(name), node, reason_to_refuse(node.domain, node.op_type));
    return set_missing();
  }
  if (missing) return set_missing();
  std::int64_t opset = 0;
  for (const OperatorSetId& id : opsets) {
    const bool is_default = id.domain.empty() || id.domain == Text("ai.onnx");
    const bool wants_default = node.domain.empty() || node.domain == Text("ai.onnx");
    if (is_default ? wants_default : id.domain == node.domain) opset = id.version;
  }
  NodeImporter n(*this, g_, node, opset, Text(name));
  n.inputs_to_fill() = static_cast<Buffer<ValueId>&&>(inputs);
  import(n);
  if (!n.is_given_up()) n.refuse_unread_attributes();
  if (n.is_given_up() || !g_.ok()) return set_missing();
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    const ValueId value = i < n.outputs().size() ? n.outputs()[i] : ValueId::None;
    if (value == ValueId::None) {
      add_issue(Text(name), node, String("its output ") << node.outputs[i] << " is not supported");
      scope.set({node.outputs[i], ValueId::None, nullptr, true});
      continue;
    }
    scope.set({node.outputs[i], value});
  }
}

AIRSTRIP_INLINE void Importer::import_call(const onnx::Node& node, const Function& function,
                                           Span<const ValueId> inputs, Scope& scope, Text name) {
  if (++depth_ > max_nesting) {
    String message("functions call each other more than ");
    fail(ErrorCode::LimitExceeded, message << max_nesting << " deep, at the node " << name);
    return;
  }
  Scope inner;
  for (std::size_t i = 0; i < function.inputs.size(); ++i)
    inner.set({function.inputs[i], i < inputs.size() ? inputs[i] : ValueId::None});
  const Call call = {&node, &function, call_};
  call_ = &call;
  import_nodes(function.nodes, inner, function.opset_imports);
  call_ = call.outer;
  --depth_;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    const NamedValue* const made = i < function.outputs.size() ? inner.find(function.outputs[i]) : nullptr;
    scope.set({node.outputs[i], made ? made->value : ValueId::None, nullptr,
               !made || made->value == ValueId::None});
  }
}

AIRSTRIP_INLINE Buffer<ValueId> Importer::import_subgraph(const onnx::Graph& subgraph,
                                                          Span<const ValueId> inputs) {
  Buffer<ValueId> outputs;
  if (++depth_ > max_nesting) {
    fail(ErrorCode::LimitExceeded, "subgraphs are nested too deep");
    return outputs;
  }
  Scope inner(scope_);
  import_initializers(subgraph, inner);
  for (std::size_t i = 0; i < subgraph.inputs.size() && i < inputs.size(); ++i)
    inner.set({subgraph.inputs[i].name, inputs[i]});
  import_nodes(subgraph.nodes, inner, opsets_);
  for (const ValueInfo& output : subgraph.outputs) {
    bool missing = false;
    outputs.push_back(value_of(output.name, inner, subgraph.name, missing));
  }
  --depth_;
  return outputs;
}

AIRSTRIP_INLINE Result<Graph> Importer::run() {
  const auto refuse = [](ErrorCode code, String message) {
    Diagnostic error;
    error.code = message.out_of_memory() ? ErrorCode::OutOfMemory : code;
    error.message = static_cast<String&&>(message);
    return error;
  };
  if (!model_.graph) return refuse(ErrorCode::MalformedFile, "the model has no graph");
  const std::int64_t opset = model_.opset_version("");
  if (opset != 0 && (opset < 7 || opset > 27)) {
    String message("the model is of operator set ");
    message << static_cast<std::uint64_t>(opset < 0 ? 0 : opset)
            << ", and 7 to 27 are imported; convert it with ONNX's version converter";
    return refuse(ErrorCode::NotTranslatable, static_cast<String&&>(message));
  }
  Scope scope;
  scope_ = &scope;
  import_initializers(*model_.graph, scope);
  import_inputs();
  import_nodes(model_.graph->nodes, scope, model_.opset_imports);
  if (error_.code != ErrorCode::Ok) return static_cast<Diagnostic&&>(error_);
  if (!g_.ok()) return g_.error();
  for (const ValueInfo& output : model_.graph->outputs) {
    bool missing = false;
    const ValueId value = value_of(output.name, scope, "that gives the model's outputs", missing);
    if (error_.code != ErrorCode::Ok) return static_cast<Diagnostic&&>(error_);
    if (missing || value == ValueId::None) continue;
    if (const ImageOption* const image = image_of(output.name))
      g_.output_image(output.name, value, image->format);
    else
      g_.output(output.name, value);
  }
  if (!report_.issues.empty()) {
    String message("the model has ");
    message << static_cast<std::uint64_t>(report_.issues.size())
            << (report_.issues.size() == 1 ? " thing that is" : " things that are") << " not supported";
    for (const ImportIssue& issue : report_.issues)
      message << "; " << issue.operation << " \"" << issue.node << "\": " << issue.reason;
    return refuse(ErrorCode::NotTranslatable, static_cast<String&&>(message));
  }
  if (!g_.ok()) return g_.error();
  return static_cast<Graph&&>(g_);
}

}  // namespace detail

AIRSTRIP_INLINE Result<graph::Graph> import_model(const Model& model, const ImportOptions& options,
                                                  ImportReport* report) {
  ImportReport own;
  ImportReport& filled = report ? *report : own;
  filled.issues.clear();
  filled.inputs_to_bind.clear();
  filled.nodes = filled.operators = 0;
  return detail::Importer(model, options, filled).run();
}

AIRSTRIP_ONNX_NAMESPACE_END
