#pragma once

#include "reader.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

AIRSTRIP_INLINE bool Reader::read(const Body& body, Dimension& dimension) {
  Counts counts;
  if (!scan(schema::dimension, body, counts)) return false;
  FieldCursor cursor(schema::dimension, body);
  // A number and a name are alternatives: the last counts.
  for (Field field; cursor.next(field);) {
    if (field.number == 1) {
      dimension.kind = Dimension::Kind::Value;
      dimension.value = field.integer();
      dimension.parameter = Text();
    }
    if (field.number == 2) {
      dimension.kind = Dimension::Kind::Parameter;
      dimension.value = 0;
      dimension.parameter = field.text();
    }
    if (field.number == 3) dimension.denotation = field.text();
  }
  return true;
}

AIRSTRIP_INLINE bool Reader::read_shape(const Body& body, Type& type) {
  Counts counts;
  Slots<Dimension> dimensions;
  if (!scan(schema::shape, body, counts) || !make(dimensions, counts.of[1])) return false;
  FieldCursor cursor(schema::shape, body);
  for (Field field; cursor.next(field);)
    if (field.number == 1 && !read(field.body, dimensions.add())) return false;
  type.has_shape = true;
  type.shape = dimensions.span();
  return true;
}

AIRSTRIP_INLINE bool Reader::read_tensor_type(const MessageInfo& message, const Body& body, Type& type) {
  Counts counts;
  if (!scan(message, body, counts)) return false;
  FieldCursor cursor(message, body);
  for (Field field; cursor.next(field);) {
    if (field.number == 1) type.elem_type = static_cast<DataType>(field.integer32());
    if (field.number == 2 && !read_shape(field.body, type)) return false;
  }
  return true;
}

// A sequence, an optional or a map: the element's type is an embedded one.
AIRSTRIP_INLINE bool Reader::read_wrapped_type(const MessageInfo& message, const Body& body, Type& type) {
  Counts counts;
  if (!scan(message, body, counts)) return false;
  FieldCursor cursor(message, body);
  for (Field field; cursor.next(field);) {
    if (!field.info) continue;
    if (field.info->kind == FieldKind::Message) {
      if (!make_one(field.body, type.element)) return false;
    } else {
      type.key_type = static_cast<DataType>(field.integer32());
    }
  }
  return true;
}

AIRSTRIP_INLINE bool Reader::read_type(const Body& body, Type& type) {
  Counts counts;
  if (!scan(schema::type, body, counts)) return false;
  FieldCursor cursor(schema::type, body);
  for (Field field; cursor.next(field);) {
    if (!field.info) continue;
    if (field.number == 6) {
      type.denotation = field.text();
      continue;
    }
    if (type.kind != Type::Kind::Unknown)
      return fail(ErrorCode::MalformedFile, field.offset,
                  "a TypeProto is of two kinds, and has to be of one");
    bool ok = true;
    switch (field.number) {
      case 1:
        type.kind = Type::Kind::Tensor;
        ok = read_tensor_type(schema::tensor_type, field.body, type);
        break;
      case 4:
        type.kind = Type::Kind::Sequence;
        ok = read_wrapped_type(schema::sequence_type, field.body, type);
        break;
      case 5:
        type.kind = Type::Kind::Map;
        ok = read_wrapped_type(schema::map_type, field.body, type);
        break;
      case 7: type.kind = Type::Kind::Opaque; break;
      case 8:
        type.kind = Type::Kind::SparseTensor;
        ok = read_tensor_type(schema::sparse_tensor_type, field.body, type);
        break;
      default:
        type.kind = Type::Kind::Optional;
        ok = read_wrapped_type(schema::optional_type, field.body, type);
        break;
    }
    if (!ok) return false;
  }
  return true;
}

AIRSTRIP_INLINE bool Reader::read(const Body& body, Type& type) {
  return enter(body) && leave(read_type(body, type));
}

AIRSTRIP_INLINE bool Reader::read(const Body& body, ValueInfo& info) {
  Counts counts;
  Slots<StringEntry> metadata_props;
  if (!scan(schema::value_info, body, counts) || !make(metadata_props, counts.of[4])) return false;
  FieldCursor cursor(schema::value_info, body);
  for (Field field; cursor.next(field);) switch (field.number) {
      case 1: info.name = field.text(); break;
      case 2:
        if (!make_one(field.body, info.type)) return false;
        break;
      case 3: info.doc_string = field.text(); break;
      case 4:
        if (!read(field.body, metadata_props.add())) return false;
        break;
      default: break;
    }
  info.metadata_props = metadata_props.span();
  return true;
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
