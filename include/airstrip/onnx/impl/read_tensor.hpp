#pragma once

#include "reader.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

AIRSTRIP_INLINE bool Reader::fail(ErrorCode code, std::size_t offset, Text message) {
  error_ = file_error(code, offset, message);
  return false;
}

AIRSTRIP_INLINE bool Reader::fail_memory() {
  error_ = Diagnostic();
  error_.code = ErrorCode::OutOfMemory;
  error_.message = "no memory to read the file's messages";
  return false;
}

AIRSTRIP_INLINE bool Reader::enter(const Body& body) {
  if (nesting_ == max_nesting) {
    String message;
    message << "graphs, types or values nest deeper than " << std::uint32_t{max_nesting}
            << "; the file is damaged, or made to do harm";
    return fail(ErrorCode::LimitExceeded, body.offset, message);
  }
  ++nesting_;
  return true;
}

AIRSTRIP_INLINE bool Reader::scan(const MessageInfo& message, const Body& body, Counts& counts) {
  FieldCursor cursor(message, body);
  for (Field field; cursor.next(field);) {
    if (!field.info) continue;
    std::size_t& count = counts.of[field.number];
    const FieldKind kind = field.info->kind;
    if (field.info->repeated && kind != FieldKind::Bytes && kind != FieldKind::Message) {
      if (!cursor.count_values(field, count)) break;
    } else if (++count == 2 && kind == FieldKind::Message && !field.info->repeated) {
      String text;
      text << "the field " << Text(message.name) << '.' << Text(field.info->name)
           << " is there twice, and messages are not merged; write it once";
      return fail(ErrorCode::MalformedFile, field.offset, text);
    }
  }
  if (!cursor.failed()) return true;
  error_ = cursor.take_error();
  return false;
}

AIRSTRIP_INLINE void Reader::add_integers(const Field& field, Slots<std::int64_t>& slots) {
  ValueCursor values(field);
  for (std::uint64_t bits; values.next(bits);) slots.add() = static_cast<std::int64_t>(bits);
}

AIRSTRIP_INLINE bool Reader::read(const Body& body, StringEntry& entry) {
  FieldCursor cursor(schema::string_entry, body);
  for (Field field; cursor.next(field);) {
    if (field.number == 1) entry.key = field.text();
    if (field.number == 2) entry.value = field.text();
  }
  if (!cursor.failed()) return true;
  error_ = cursor.take_error();
  return false;
}

// The one typed field that has values.
AIRSTRIP_INLINE bool Reader::find_data(const Body& body, const Counts& counts, Tensor& tensor) {
  for (const std::uint32_t number : {4u, 5u, 6u, 7u, 10u, 11u}) {
    if (counts.of[number] == 0) continue;
    if (tensor.data_field != 0) {
      String message;
      message << "the tensor has values in " << schema::tensor.name_of(tensor.data_field) << " and in "
              << schema::tensor.name_of(number) << ", and one field has to have them all";
      return fail(ErrorCode::MalformedFile, body.offset, message);
    }
    tensor.data_field = number;
    tensor.data_count = counts.of[number];
  }
  return true;
}

AIRSTRIP_INLINE bool Reader::read(const Body& body, Tensor& tensor) {
  Counts counts;
  Slots<std::int64_t> dims;
  Slots<StringEntry> external_data, metadata_props;
  if (!scan(schema::tensor, body, counts) || !find_data(body, counts, tensor) || !make(dims, counts.of[1]) ||
      !make(external_data, counts.of[13]) || !make(metadata_props, counts.of[16]))
    return false;
  tensor.message = body;
  FieldCursor cursor(schema::tensor, body);
  for (Field field; cursor.next(field);) switch (field.number) {
      case 1: add_integers(field, dims); break;
      case 2: tensor.data_type = static_cast<DataType>(field.integer32()); break;
      case 3: tensor.has_segment = true; break;
      case 8: tensor.name = field.text(); break;
      case 9:
        tensor.raw_data = field.body.bytes;
        tensor.has_raw_data = true;
        break;
      case 12: tensor.doc_string = field.text(); break;
      case 13:
        if (!read(field.body, external_data.add())) return false;
        break;
      case 14: tensor.data_location = static_cast<Tensor::Location>(field.integer32()); break;
      case 16:
        if (!read(field.body, metadata_props.add())) return false;
        break;
      default: break;  // the values stay where they are; what is unknown is passed over
    }
  tensor.dims = dims.span();
  tensor.external_data = external_data.span();
  tensor.metadata_props = metadata_props.span();
  return true;
}

AIRSTRIP_INLINE bool Reader::read(const Body& body, SparseTensor& tensor) {
  Counts counts;
  Slots<std::int64_t> dims;
  if (!scan(schema::sparse_tensor, body, counts) || !make(dims, counts.of[3])) return false;
  FieldCursor cursor(schema::sparse_tensor, body);
  for (Field field; cursor.next(field);) {
    if (field.number == 1 && !make_one(field.body, tensor.values)) return false;
    if (field.number == 2 && !make_one(field.body, tensor.indices)) return false;
    if (field.number == 3) add_integers(field, dims);
  }
  tensor.dims = dims.span();
  return true;
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
