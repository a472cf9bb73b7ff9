#pragma once

#include "../operator.hpp"

#include <cstdio>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE void Inferred::add(Scalar scalar, Span<const SizeId> shape) {
  Output output;
  output.scalar = scalar;
  for (const SizeId size : shape) {
    if (output.rank < Shape::max_rank) output.shape[output.rank] = size;
    ++output.rank;
  }
  outputs.push_back(output);
}

AIRSTRIP_INLINE void Inferred::add(Scalar scalar, const Shape& shape) {
  SizeId ids[Shape::max_rank] = {};
  std::size_t rank = 0;
  for (const Dimension& d : shape) ids[rank++] = sizes.of(d);
  add(scalar, Span<const SizeId>(ids, rank));
  outputs.back().rank = shape.rank();
}

AIRSTRIP_INLINE void Attributes::add(Text name, Text value) {
  if (!text_.empty()) text_ << ' ';
  text_ << name << '=' << value;
}
AIRSTRIP_INLINE void Attributes::add(Text name, std::int64_t value) {
  String text;
  if (value < 0) text << '-';
  text << (value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value));
  add(name, Text(text));
}
AIRSTRIP_INLINE void Attributes::add(Text name, double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  add(name, Text(text));
}
AIRSTRIP_INLINE void Attributes::add(Text name, Span<const std::int64_t> values) {
  Attributes numbers;
  for (const std::int64_t v : values) numbers.add("", v);
  String list("[");
  for (const char c : numbers.text())
    if (c == ' ')
      list << ", ";
    else if (c != '=')
      list << c;
  add(name, Text(list << ']'));
}
AIRSTRIP_INLINE void Attributes::add(Text name, const Shape& values) {
  add(name, Text(tensor::to_string(values)));
}

AIRSTRIP_INLINE String operand_name(char kind, std::size_t index) {
  String name;
  name << kind << std::uint64_t{index};
  return name;
}

AIRSTRIP_INLINE std::size_t operand_index(Text name) {
  std::size_t index = 0;
  for (std::size_t i = 1; i < name.size(); ++i) index = index * 10 + static_cast<std::size_t>(name[i] - '0');
  return index;
}

AIRSTRIP_INLINE void bind_expression(Expression& expression, Span<const TensorType> inputs) {
  for (std::size_t i = 0; i < expression.inputs().size(); ++i) {
    const std::size_t index = operand_index(expression.text(expression.inputs()[i].name));
    if (index < inputs.size()) expression.set_input_type(i, inputs[index]);
  }
}

AIRSTRIP_GRAPH_NAMESPACE_END
