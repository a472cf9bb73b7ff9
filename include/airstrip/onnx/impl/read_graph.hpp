#pragma once

#include "reader.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

AIRSTRIP_INLINE bool Reader::read(const Body& body, OperatorSetId& id) {
  Counts counts;
  if (!scan(schema::operator_set_id, body, counts)) return false;
  FieldCursor cursor(schema::operator_set_id, body);
  for (Field field; cursor.next(field);) {
    if (field.number == 1) id.domain = field.text();
    if (field.number == 2) id.version = field.integer();
  }
  return true;
}

AIRSTRIP_INLINE bool Reader::read(const Body& body, TensorAnnotation& annotation) {
  Counts counts;
  Slots<StringEntry> names;
  if (!scan(schema::tensor_annotation, body, counts) || !make(names, counts.of[2])) return false;
  FieldCursor cursor(schema::tensor_annotation, body);
  for (Field field; cursor.next(field);) {
    if (field.number == 1) annotation.tensor_name = field.text();
    if (field.number == 2 && !read(field.body, names.add())) return false;
  }
  annotation.quant_parameter_tensor_names = names.span();
  return true;
}

AIRSTRIP_INLINE bool Reader::read_graph(const Body& body, Graph& graph) {
  Counts counts;
  Slots<Node> nodes;
  Slots<Tensor> initializers;
  Slots<SparseTensor> sparse_initializers;
  Slots<ValueInfo> inputs, outputs, value_infos;
  Slots<TensorAnnotation> annotations;
  Slots<StringEntry> metadata_props;
  if (!scan(schema::graph, body, counts) || !make(nodes, counts.of[1]) || !make(initializers, counts.of[5]) ||
      !make(inputs, counts.of[11]) || !make(outputs, counts.of[12]) || !make(value_infos, counts.of[13]) ||
      !make(annotations, counts.of[14]) || !make(sparse_initializers, counts.of[15]) ||
      !make(metadata_props, counts.of[16]))
    return false;
  FieldCursor cursor(schema::graph, body);
  for (Field field; cursor.next(field);) {
    bool ok = true;
    switch (field.number) {
      case 1: ok = read(field.body, nodes.add()); break;
      case 2: graph.name = field.text(); break;
      case 5: ok = read(field.body, initializers.add()); break;
      case 10: graph.doc_string = field.text(); break;
      case 11: ok = read(field.body, inputs.add()); break;
      case 12: ok = read(field.body, outputs.add()); break;
      case 13: ok = read(field.body, value_infos.add()); break;
      case 14: ok = read(field.body, annotations.add()); break;
      case 15: ok = read(field.body, sparse_initializers.add()); break;
      case 16: ok = read(field.body, metadata_props.add()); break;
      default: break;
    }
    if (!ok) return false;
  }
  graph.nodes = nodes.span();
  graph.initializers = initializers.span();
  graph.sparse_initializers = sparse_initializers.span();
  graph.inputs = inputs.span();
  graph.outputs = outputs.span();
  graph.value_infos = value_infos.span();
  graph.quantization_annotations = annotations.span();
  graph.metadata_props = metadata_props.span();
  return true;
}

AIRSTRIP_INLINE bool Reader::read(const Body& body, Graph& graph) {
  return enter(body) && leave(read_graph(body, graph));
}

AIRSTRIP_INLINE bool Reader::read(const Body& body, Function& function) {
  Counts counts;
  Slots<Text> inputs, outputs, attributes;
  Slots<Attribute> attributes_with_default;
  Slots<Node> nodes;
  Slots<OperatorSetId> opset_imports;
  Slots<ValueInfo> value_infos;
  Slots<StringEntry> metadata_props;
  if (!scan(schema::function, body, counts) || !make(inputs, counts.of[4]) || !make(outputs, counts.of[5]) ||
      !make(attributes, counts.of[6]) || !make(nodes, counts.of[7]) || !make(opset_imports, counts.of[9]) ||
      !make(attributes_with_default, counts.of[11]) || !make(value_infos, counts.of[12]) ||
      !make(metadata_props, counts.of[14]))
    return false;
  FieldCursor cursor(schema::function, body);
  for (Field field; cursor.next(field);) {
    bool ok = true;
    switch (field.number) {
      case 1: function.name = field.text(); break;
      case 4: inputs.add() = field.text(); break;
      case 5: outputs.add() = field.text(); break;
      case 6: attributes.add() = field.text(); break;
      case 7: ok = read(field.body, nodes.add()); break;
      case 8: function.doc_string = field.text(); break;
      case 9: ok = read(field.body, opset_imports.add()); break;
      case 10: function.domain = field.text(); break;
      case 11: ok = read(field.body, attributes_with_default.add()); break;
      case 12: ok = read(field.body, value_infos.add()); break;
      case 13: function.overload = field.text(); break;
      case 14: ok = read(field.body, metadata_props.add()); break;
      default: break;
    }
    if (!ok) return false;
  }
  function.inputs = inputs.span();
  function.outputs = outputs.span();
  function.attributes = attributes.span();
  function.attributes_with_default = attributes_with_default.span();
  function.nodes = nodes.span();
  function.opset_imports = opset_imports.span();
  function.value_infos = value_infos.span();
  function.metadata_props = metadata_props.span();
  return true;
}

AIRSTRIP_INLINE bool Reader::read(const Body& body, Model& model) {
  Counts counts;
  Slots<OperatorSetId> opset_imports;
  Slots<StringEntry> metadata_props;
  Slots<Function> functions;
  if (!scan(schema::model, body, counts) || !make(opset_imports, counts.of[8]) ||
      !make(metadata_props, counts.of[14]) || !make(functions, counts.of[25]))
    return false;
  FieldCursor cursor(schema::model, body);
  for (Field field; cursor.next(field);) {
    bool ok = true;
    switch (field.number) {
      case 1: model.ir_version = field.integer(); break;
      case 2: model.producer_name = field.text(); break;
      case 3: model.producer_version = field.text(); break;
      case 4: model.domain = field.text(); break;
      case 5: model.model_version = field.integer(); break;
      case 6: model.doc_string = field.text(); break;
      case 7: ok = make_one(field.body, model.graph); break;
      case 8: ok = read(field.body, opset_imports.add()); break;
      case 14: ok = read(field.body, metadata_props.add()); break;
      case 25: ok = read(field.body, functions.add()); break;
      default: break;
    }
    if (!ok) return false;
  }
  model.opset_imports = opset_imports.span();
  model.metadata_props = metadata_props.span();
  model.functions = functions.span();
  return true;
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
