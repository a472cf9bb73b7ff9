#pragma once

#include "reader.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

// Which field has the value of an attribute of each type.
struct AttributeValue {
  AttributeType type;
  std::uint32_t field;
};
inline constexpr AttributeValue attribute_values[] = {
    {AttributeType::Float, 2},         {AttributeType::Int, 3},           {AttributeType::String, 4},
    {AttributeType::Tensor, 5},        {AttributeType::Graph, 6},         {AttributeType::Floats, 7},
    {AttributeType::Ints, 8},          {AttributeType::Strings, 9},       {AttributeType::Tensors, 10},
    {AttributeType::Graphs, 11},       {AttributeType::TypeProto, 14},    {AttributeType::TypeProtos, 15},
    {AttributeType::SparseTensor, 22}, {AttributeType::SparseTensors, 23}};

// The type and the field that has the value belong together. A type that is not known may have a field that is not.
AIRSTRIP_INLINE bool Reader::settle_type(const Body& body, const Counts& counts, Attribute& attribute) {
  const AttributeType stated = attribute.type;
  bool is_known = stated == AttributeType::Undefined;
  for (const AttributeValue& value : attribute_values) is_known = is_known || value.type == stated;
  if (!is_known) return true;
  for (const AttributeValue& value : attribute_values) {
    if (counts.of[value.field] == 0 || value.type == attribute.type) continue;
    if (attribute.type == AttributeType::Undefined) {
      attribute.type = value.type;
      continue;
    }
    String message;
    message << "the attribute " << attribute.name << " is of the type " << to_string(attribute.type)
            << ", and has the field " << schema::attribute.name_of(value.field)
            << "; the field has to be that of the type";
    return fail(ErrorCode::MalformedFile, body.offset, message);
  }
  return true;
}

AIRSTRIP_INLINE bool Reader::read(const Body& body, Attribute& attribute) {
  Counts counts;
  Slots<float> floats;
  Slots<std::int64_t> ints;
  Slots<Text> strings;
  Slots<Tensor> tensors;
  Slots<Graph> graphs;
  Slots<SparseTensor> sparse_tensors;
  Slots<Type> types;
  if (!scan(schema::attribute, body, counts) || !make(floats, counts.of[7]) || !make(ints, counts.of[8]) ||
      !make(strings, counts.of[9]) || !make(tensors, counts.of[5] + counts.of[10]) ||
      !make(graphs, counts.of[6] + counts.of[11]) || !make(sparse_tensors, counts.of[22] + counts.of[23]) ||
      !make(types, counts.of[14] + counts.of[15]))
    return false;
  FieldCursor cursor(schema::attribute, body);
  for (Field field; cursor.next(field);) {
    bool ok = true;
    switch (field.number) {
      case 1: attribute.name = field.text(); break;
      case 2: attribute.f = field.number_f32(); break;
      case 3: attribute.i = field.integer(); break;
      case 4: attribute.s = field.text(); break;
      case 5:
      case 10: ok = read(field.body, tensors.add()); break;
      case 6:
      case 11: ok = read(field.body, graphs.add()); break;
      case 7: {
        ValueCursor values(field);
        for (Field value; values.next(value.bits);) floats.add() = value.number_f32();
        break;
      }
      case 8: add_integers(field, ints); break;
      case 9: strings.add() = field.text(); break;
      case 13: attribute.doc_string = field.text(); break;
      case 14:
      case 15: ok = read(field.body, types.add()); break;
      case 20: attribute.type = static_cast<AttributeType>(field.integer32()); break;
      case 21: attribute.ref_attr_name = field.text(); break;
      case 22:
      case 23: ok = read(field.body, sparse_tensors.add()); break;
      default: break;
    }
    if (!ok) return false;
  }
  attribute.floats = floats.span();
  attribute.ints = ints.span();
  attribute.strings = strings.span();
  attribute.tensors = tensors.span();
  attribute.graphs = graphs.span();
  attribute.sparse_tensors = sparse_tensors.span();
  attribute.types = types.span();
  return settle_type(body, counts, attribute);
}

AIRSTRIP_INLINE bool Reader::read(const Body& body, Node& node) {
  Counts counts;
  Slots<Text> inputs, outputs;
  Slots<Attribute> attributes;
  Slots<StringEntry> metadata_props;
  if (!scan(schema::node, body, counts) || !make(inputs, counts.of[1]) || !make(outputs, counts.of[2]) ||
      !make(attributes, counts.of[5]) || !make(metadata_props, counts.of[9]))
    return false;
  node.offset = body.offset;
  FieldCursor cursor(schema::node, body);
  for (Field field; cursor.next(field);) switch (field.number) {
      case 1: inputs.add() = field.text(); break;
      case 2: outputs.add() = field.text(); break;
      case 3: node.name = field.text(); break;
      case 4: node.op_type = field.text(); break;
      case 5:
        if (!read(field.body, attributes.add())) return false;
        break;
      case 6: node.doc_string = field.text(); break;
      case 7: node.domain = field.text(); break;
      case 8: node.overload = field.text(); break;
      case 9:
        if (!read(field.body, metadata_props.add())) return false;
        break;
      default: break;
    }
  node.inputs = inputs.span();
  node.outputs = outputs.span();
  node.attributes = attributes.span();
  node.metadata_props = metadata_props.span();
  return true;
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
