// Inputs, initializers and names of a model while it is imported.
#pragma once

#include "importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

AIRSTRIP_INLINE void Importer::fail(Diagnostic error) {
  if (error_.code == ErrorCode::Ok) error_ = static_cast<Diagnostic&&>(error);
}

AIRSTRIP_INLINE void Importer::fail(ErrorCode code, String message) {
  Diagnostic error;
  error.code = message.out_of_memory() ? ErrorCode::OutOfMemory : code;
  error.message = static_cast<String&&>(message);
  fail(static_cast<Diagnostic&&>(error));
}

// Names are looked up and values collected each time that what has them is imported: many of them count as nodes.
inline std::uint64_t names_cost(std::size_t names) { return names / 64; }

AIRSTRIP_INLINE bool Importer::spend(std::uint64_t nodes, Text name) {
  if (nodes <= options_.max_nodes && spent_ + nodes <= options_.max_nodes) {
    spent_ += nodes;
    return true;
  }
  String message("at the node ");
  message << name << " the model has more than " << std::uint64_t{options_.max_nodes}
          << " nodes, with functions and loops written out; ImportOptions::max_nodes is the limit";
  fail(ErrorCode::LimitExceeded, static_cast<String&&>(message));
  return false;
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

AIRSTRIP_INLINE ValueId Importer::add_sequence(Span<const ValueId> values) {
  // Sequences of loops grow by one again and again.
  if (!spend(1 + names_cost(values.size()), "that makes a sequence")) return ValueId::Absent;
  Buffer<ValueId> copy;
  copy.append(values);
  if (copy.out_of_memory() || !sequences_.push_back(static_cast<Buffer<ValueId>&&>(copy))) {
    fail(ErrorCode::OutOfMemory, "out of memory for a sequence");
    return ValueId::Absent;
  }
  return static_cast<ValueId>(first_sequence + static_cast<std::uint32_t>(sequences_.size() - 1));
}

AIRSTRIP_INLINE ValueId Importer::constant(const Tensor& tensor, Text name) {
  if (const ValueId made = constants_.find(&tensor); made != ValueId::Absent) return made;
  const Scalar scalar = scalar_of(tensor.data_type);
  TensorType type;
  // Integers of two and four bits become bytes.
  const bool is_signed = tensor.data_type == DataType::Int4 || tensor.data_type == DataType::Int2;
  const bool is_packed =
      is_signed || tensor.data_type == DataType::Uint4 || tensor.data_type == DataType::Uint2;
  type.scalar = is_signed ? Scalar::I8 : is_packed ? Scalar::U8 : scalar;
  if (type.scalar == Scalar::Void) return ValueId::Absent;
  for (const std::int64_t d : tensor.dims) type.shape.push_back(Dimension(d));
  Result<TensorData> data = read_elements(tensor, options_.external);
  if (!data) {
    fail(data.error().code, String("the tensor ") << name << ": " << data.error().message);
    return ValueId::Absent;
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
  constants_.set(&tensor, made);
  if (is_packed) narrow_.push_back(made);
  return made;
}

AIRSTRIP_INLINE bool Importer::is_narrow(ValueId value) const {
  if (narrow_.empty()) return false;
  // Nothing computes with such elements but casts; what else gives bytes of bytes moves them.
  while (value != ValueId::Absent) {
    for (const ValueId id : narrow_)
      if (id == value) return true;
    const graph::Value& v = g_.value(value);
    if (v.producer == graph::NodeId::Absent || g_.node(v.producer).inputs.empty()) return false;
    const ValueId from = g_.node(v.producer).inputs[0];
    if (from == ValueId::Absent || g_.type(from).scalar != v.type.scalar) return false;
    value = from;
  }
  return false;
}

/// Kernels' parameters have short names of letters, digits and underscores, and those that begin with size_ are the graph's
/// own.
AIRSTRIP_INLINE String Importer::parameter_name(Text name) const {
  String clean;
  if (graph::detail::begins_with(name, graph::detail::size_prefix)) clean << '_';
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    clean << (letter || (digit && !clean.empty()) ? c : '_');
  }
  bool is_taken = clean.size() > Dimension::max_name;
  for (const OpenSize& other : open_sizes_) is_taken = is_taken || other.parameter == Text(clean);
  if (!is_taken) return clean;
  // Another name that is written alike, or one too long: the beginning, and a number.
  const Text kept(clean.data(),
                  clean.size() < Dimension::max_name - 11 ? clean.size() : Dimension::max_name - 11);
  String numbered(kept);
  return static_cast<String&&>(numbered << '_' << std::uint64_t{open_sizes_.size()});
}

AIRSTRIP_INLINE Dimension Importer::dimension(const onnx::Dimension& d, Text input, std::size_t axis) {
  // Some writers give an open size as -1.
  if (d.kind == onnx::Dimension::Kind::Value && d.value >= 0) return Dimension(d.value);
  // Others call every open size "?".
  bool has_name = false;
  if (d.kind == onnx::Dimension::Kind::Parameter)
    for (const char c : d.parameter) has_name = has_name || (c != '?' && c != ' ' && c != '-' && c != '*');
  OpenSize open;
  if (has_name) {
    open.name = String(d.parameter);
  } else {
    open.name << input << '_' << std::uint64_t{axis};
    open.input = input;
    open.axis = axis;
  }
  for (const SizeOption& size : options_.sizes)
    if (open.name == size.name) return Dimension(size.value);
  std::int64_t maximum = Dimension::no_maximum, multiple = 1;
  for (const SizeOption& size : options_.maxima)
    if (open.name == size.name) {
      maximum = size.value;
      multiple = size.multiple > 1 ? size.multiple : 1;
    }
  for (const OpenSize& other : open_sizes_)
    if (other.name == open.name && other.input == open.input && other.axis == open.axis)
      return Dimension::parameter(Text(other.parameter), maximum, multiple);
  open.parameter = parameter_name(Text(open.name));
  const Dimension made = Dimension::parameter(Text(open.parameter), maximum, multiple);
  open_sizes_.push_back(static_cast<OpenSize&&>(open));
  return made;
}

AIRSTRIP_INLINE const ImageOption* Importer::image_of(Text name) const {
  for (const ImageOption& image : options_.images)
    if (image.name == name) return &image;
  return nullptr;
}

AIRSTRIP_INLINE Result<void> Importer::check_names_of_options() const {
  const auto refuse = [](String message) {
    Diagnostic error;
    error.code = message.out_of_memory() ? ErrorCode::OutOfMemory : ErrorCode::InvalidOperand;
    error.message = static_cast<String&&>(message);
    return error;
  };
  const auto has = [](Span<const ValueInfo> values, Text name) {
    for (const ValueInfo& value : values)
      if (value.name == name) return true;
    return false;
  };
  for (const InputOption& option : options_.inputs)
    if (!has(model_.graph->inputs, option.name))
      return refuse(String("the model has no input ")
                    << option.name << ", which ImportOptions::inputs names");
  for (const ImageOption& image : options_.images)
    if (!has(model_.graph->inputs, image.name) && !has(model_.graph->outputs, image.name))
      return refuse(String("the model has no input and no output ")
                    << image.name << ", which ImportOptions::images names");
  return {};
}

AIRSTRIP_INLINE void Importer::import_inputs() {
  Scope names;  // of inputs
  for (const ValueInfo& input : model_.graph->inputs) {
    if (names.find(input.name))
      return fail(ErrorCode::MalformedFile, String("two inputs of the model are called ") << input.name);
    names.set({input.name});
    const InputOption* bound = nullptr;
    for (const InputOption& option : options_.inputs)
      if (option.name == input.name) bound = &option;
    if (bound) {
      const ValueId made = g_.constant(input.name, bound->type, Bytes::copied(bound->bytes));
      if (NamedValue* const before = scope_->find(input.name))
        *before = {input.name, made};
      else
        scope_->set({input.name, made});
      continue;
    }
    // An initializer is the input's default, which nobody overrides here (IR version 3 wants all of them to be inputs).
    if (scope_->find(input.name)) continue;
    String reason;
    if (!input.type || input.type->kind != Type::Kind::Tensor)
      reason << "it is no dense tensor";
    else if (scalar_of(input.type->elem_type) == Scalar::Void)
      reason << "its elements are " << Text(to_string(input.type->elem_type));
    else if (!input.type->has_shape)
      reason << "the model does not say how many axes it has";
    else if (input.type->shape.size() > Shape::max_rank)
      reason << "it has more than eight axes";
    else if (image_of(input.name) && input.type->elem_type != DataType::Float)
      reason << "it is bound as an image, which has f32, and its elements are "
             << Text(to_string(input.type->elem_type));
    if (!reason.empty()) {
      onnx::Node pretended;
      pretended.op_type = "input";
      add_issue(input.name, pretended, static_cast<String&&>(reason));
      scope_->set({input.name, ValueId::Absent, nullptr, true});
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
  for (const Tensor& t : graph.initializers) {
    if (scope.has_own(t.name))
      return fail(ErrorCode::MalformedFile, String("two initializers are called ") << t.name);
    if (!scope.set({t.name, ValueId::Absent, &t}))
      return fail(ErrorCode::OutOfMemory, "out of memory for names");
  }
  for (const SparseTensor& t : graph.sparse_initializers) {
    const Text name = t.values ? t.values->name : Text();
    onnx::Node pretended;
    pretended.op_type = "initializer";
    add_issue(name, pretended, "it is a sparse tensor");
    scope.set({name, ValueId::Absent, nullptr, true});
  }
}

AIRSTRIP_INLINE ValueId Importer::value_of(Text name, Scope& scope, Text user, bool& missing) {
  NamedValue* const found = scope.find(name);
  if (!found) {
    String message("the node ");
    message << user << " uses " << name << ", which nothing before it makes";
    bool is_later = false;
    for (const onnx::Node& node : model_.graph->nodes)
      for (const Text output : node.outputs) is_later = is_later || output == name;
    if (is_later) message << "; another node does, and nodes have to be in the order in which they run";
    fail(ErrorCode::MalformedFile, static_cast<String&&>(message));
    return ValueId::Absent;
  }
  if (found->is_missing) missing = true;
  if (found->value != ValueId::Absent || !found->initializer) return found->value;
  found->value = constant(*found->initializer, name);
  if (found->value != ValueId::Absent || !ok()) return found->value;
  found->is_missing = missing = true;
  onnx::Node pretended;
  pretended.op_type = "initializer";
  add_issue(name, pretended, String("its elements are ") << Text(to_string(found->initializer->data_type)));
  return ValueId::Absent;
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
