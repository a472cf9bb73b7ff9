#pragma once

#include "../import.hpp"
#include "import_nodes.hpp"
#include "known_inputs.hpp"

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

AIRSTRIP_INLINE Diagnostic Importer::refusal() const {
  Diagnostic error;
  error.code = ErrorCode::NotTranslatable;
  error.message << "the model has " << std::uint64_t{report_.issues.size()}
                << (report_.issues.size() == 1 ? " thing that is" : " things that are") << " not supported";
  for (const ImportIssue& issue : report_.issues)
    error.message << "; " << issue.operation << " \"" << issue.node << "\": " << issue.reason;
  if (error.message.out_of_memory()) error.code = ErrorCode::OutOfMemory;
  return error;
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
  if (opset == 0 && !model_.graph->nodes.empty() && model_.opset_imports.empty())
    return refuse(ErrorCode::MalformedFile, "the model imports no operator set");
  if (opset != 0 && (opset < 7 || opset > 27)) {
    String message("the model is of operator set ");
    message << static_cast<std::uint64_t>(opset < 0 ? 0 : opset)
            << ", and 7 to 27 are imported; convert it with ONNX's version converter";
    return refuse(ErrorCode::NotTranslatable, static_cast<String&&>(message));
  }
  if (Result<void> r = check_names_of_options(); !r) return r.error();
  Scope scope;
  scope_ = &scope;
  import_initializers(*model_.graph, scope);
  import_inputs();
  if (error_.code == ErrorCode::Ok) import_nodes(model_.graph->nodes, scope, model_.opset_imports);
  if (error_.code != ErrorCode::Ok) return static_cast<Diagnostic&&>(error_);
  if (!g_.ok()) return g_.error();
  for (const ValueInfo& output : model_.graph->outputs) {
    bool missing = false;
    const ValueId value = value_of(output.name, scope, "that gives the model's outputs", missing);
    if (error_.code != ErrorCode::Ok) return static_cast<Diagnostic&&>(error_);
    if (missing && !report_.issues.empty()) continue;
    if (value != ValueId::Absent && is_tensor(value)) {
      if (const ImageOption* const image = image_of(output.name))
        g_.output_image(output.name, value, image->format);
      else
        g_.output(output.name, value);
      continue;
    }
    onnx::Node pretended;
    pretended.op_type = "output";
    const bool has_nothing = missing || value == ValueId::Absent;
    add_issue(output.name, pretended,
              has_nothing ? "nothing computes it: an input that it is made of was left out"
                          : "it is no tensor, but a sequence or an optional");
  }
  if (!report_.issues.empty()) return refusal();
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
