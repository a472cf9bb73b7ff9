#pragma once

#include "../value.hpp"
#include "model.hpp"
#include "reader.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

class ValueReader {
public:
  explicit ValueReader(Arena& arena) : reader_(arena) {}

  Diagnostic&& take_error() { return reader_.take_error(); }

  bool read(const Body& body, Value::Kind kind, Value& value) {
    value.kind = kind;
    return reader_.enter(body) && reader_.leave(read_kind(body, value));
  }

private:
  bool read_kind(const Body& body, Value& value) {
    switch (value.kind) {
      case Value::Kind::Tensor:
        if (!reader_.make_one(body, value.tensor)) return false;
        value.name = value.tensor->name;
        return true;
      case Value::Kind::SparseTensor:
        if (!reader_.make_one(body, value.sparse_tensor)) return false;
        if (value.sparse_tensor->values) value.name = value.sparse_tensor->values->name;
        return true;
      case Value::Kind::Sequence: return read_elements(schema::sequence, body, value);
      case Value::Kind::Map: return read_map(body, value);
      case Value::Kind::Optional: return read_elements(schema::optional, body, value);
      case Value::Kind::Undefined: break;
    }
    return reader_.fail(ErrorCode::MalformedFile, body.offset,
                        "a value has to be of a kind; the model's type says which");
  }

  // Sequences and optionals have the same fields: 3 to 7 for elements of the kinds 1 to 5.
  bool read_elements(const MessageInfo& message, const Body& body, Value& value) {
    Counts counts;
    if (!reader_.scan(message, body, counts)) return false;
    std::size_t count = 0;
    for (std::uint32_t number = 3; number <= 7; ++number) count += counts.of[number];
    Slots<Value> values;
    if (!reader_.make(values, count)) return false;
    FieldCursor cursor(message, body);
    for (Field field; cursor.next(field);) {
      if (field.number == 1) value.name = field.text();
      if (field.number == 2) value.element_kind = static_cast<Value::Kind>(field.integer32());
    }
    FieldCursor elements(message, body);
    for (Field field; elements.next(field);) {
      if (field.number < 3 || field.number > 7) continue;
      const Value::Kind kind = static_cast<Value::Kind>(field.number - 2);
      if (kind != value.element_kind) {
        String text;
        text << Text(message.name) << '.' << Text(field.info->name) << " is not what its elem_type, "
             << static_cast<std::uint32_t>(value.element_kind) << ", states";
        return reader_.fail(ErrorCode::MalformedFile, field.offset, text);
      }
      if (!read(field.body, kind, values.add())) return false;
    }
    value.values = values.span();
    return true;
  }

  bool read_map(const Body& body, Value& value) {
    Counts counts;
    Slots<std::int64_t> keys;
    Slots<Text> string_keys;
    Slots<Value> values;
    if (!reader_.scan(schema::map, body, counts) || !reader_.make(keys, counts.of[3]) ||
        !reader_.make(string_keys, counts.of[4]) || !reader_.make(values, counts.of[5]))
      return false;
    FieldCursor cursor(schema::map, body);
    for (Field field; cursor.next(field);) switch (field.number) {
        case 1: value.name = field.text(); break;
        case 2: value.key_type = static_cast<DataType>(field.integer32()); break;
        case 3: Reader::add_integers(field, keys); break;
        case 4: string_keys.add() = field.text(); break;
        case 5:
          if (!read(field.body, Value::Kind::Sequence, values.add())) return false;
          break;
        default: break;
      }
    value.keys = keys.span();
    value.string_keys = string_keys.span();
    value.values = values.span();
    const std::size_t key_count = keys.size + string_keys.size;
    const std::size_t value_count = values.size ? values.data[0].values.size() : 0;
    if ((keys.size == 0 || string_keys.size == 0) && key_count == value_count) return true;
    String text;
    text << "a MapProto has " << std::uint64_t{keys.size} << " numbers and "
         << std::uint64_t{string_keys.size} << " strings as keys of " << std::uint64_t{value_count}
         << " values; each value has to have one key, and all keys to be of one kind";
    return reader_.fail(ErrorCode::MalformedFile, body.offset, text);
  }

  Reader reader_;
};

}  // namespace detail

AIRSTRIP_INLINE Result<ValueFile> read_value(Span<const std::byte> file, Value::Kind kind) {
  ValueFile result;
  detail::ValueReader reader(result.arena);
  if (!reader.read({file, 0, true}, kind, result.value)) return reader.take_error();
  return result;
}

AIRSTRIP_ONNX_NAMESPACE_END
