// What a graph is given and what it gives: inputs, constants, outputs, pictures among them.
#pragma once

#include "../graph.hpp"
#include "elements.hpp"
#include "size_names.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE ValueId Graph::input(Text name, const TensorType& type, SourceLocation at) {
  const auto refuse = [&](ErrorCode code, String message) {
    Diagnostic error;
    error.code = code;
    error.message = static_cast<String&&>(message);
    fail(static_cast<Diagnostic&&>(error), {}, at);
    return ValueId::Absent;
  };
  String what("the input ");
  what << name;
  if (name.empty()) return refuse(ErrorCode::InvalidOperand, "an input of a graph has no name");
  for (const ValueId id : inputs_)
    if (value(id).name == name) return refuse(ErrorCode::Redefinition, what << " is there already");
  if (type.scalar == Scalar::Void) return refuse(ErrorCode::WrongType, what << " has no type");
  if (Result<void> r = tensor::detail::check_shape(Text(what), type.shape); !r)
    return refuse(r.error().code, r.error().message);
  for (const Dimension& d : type.shape) {
    if (!d.is_literal() && (detail::begins_with(d.name(), detail::size_prefix) ||
                            detail::begins_with(d.name(), detail::literal_prefix)))
      return refuse(ErrorCode::InvalidShape,
                    what << " has a size called " << d.name()
                         << "; names that begin with size_ or literal_ are the graph's own");
    sizes_.of(d);
  }
  const ValueId id = add_value(name, type);
  if (id == ValueId::Absent || !inputs_.push_back(id)) return ValueId::Absent;
  value_to_change(id).is_input = true;
  return id;
}

AIRSTRIP_INLINE ValueId Graph::constant(Text name, const TensorType& type, Bytes elements,
                                        SourceLocation at) {
  const auto refuse = [&](ErrorCode code, String message) {
    Diagnostic error;
    error.code = code;
    error.message << "the constant " << name << ' ' << message;
    fail(static_cast<Diagnostic&&>(error), {}, at);
    return ValueId::Absent;
  };
  std::uint64_t count = 0;
  if (!detail::element_count(type.shape, count) || type.shape.rank() > Shape::max_rank)
    return refuse(ErrorCode::InvalidShape, String("has the shape ")
                                               << tensor::to_string(type.shape)
                                               << ", and has to have at most eight literal sizes");
  if (elements.out_of_memory()) return refuse(ErrorCode::OutOfMemory, "had no memory for its elements");
  const std::uint64_t bytes = count * tensor::element_bytes(type.scalar);
  if (bytes != elements.size()) {
    String message("of the type ");
    message << tensor::to_string(type.scalar) << tensor::to_string(type.shape) << " has " << bytes
            << " bytes, and was given " << std::uint64_t{elements.size()};
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  const ValueId id = add_value(name, type);
  if (id == ValueId::Absent) return id;
  Value& made = value_to_change(id);
  made.is_constant = true;
  made.data = static_cast<Bytes&&>(elements);
  if (detail::is_integer(type.scalar) && count <= max_known_elements) {
    made.is_known = true;
    for (std::size_t i = 0; i < count; ++i)
      made.elements.push_back(sizes_.literal(detail::integer_at(type.scalar, made.data.data(), i)));
  }
  return id;
}

AIRSTRIP_INLINE ValueId Graph::number(Scalar scalar, double value, SourceLocation at) {
  const Result<std::uint64_t> bits = tensor::detail::bits_of(scalar, value, "a constant");
  if (!bits) {
    Diagnostic error;
    error.code = bits.error().code;
    error.message = bits.error().message;
    fail(static_cast<Diagnostic&&>(error), {}, at);
    return ValueId::Absent;
  }
  unsigned char bytes[8];
  std::memcpy(bytes, &*bits, 8);
  TensorType type;
  type.scalar = scalar;
  return constant({}, type, Bytes::copied({bytes, tensor::element_bytes(scalar)}), at);
}

AIRSTRIP_INLINE ValueId Graph::integers(Span<const std::int64_t> values, SourceLocation at) {
  TensorType type;
  type.scalar = Scalar::I64;
  type.shape.push_back(static_cast<std::int64_t>(values.size()));
  return constant({}, type,
                  Bytes::copied({reinterpret_cast<const unsigned char*>(values.data()), values.size() * 8}),
                  at);
}

AIRSTRIP_INLINE void Graph::output(Text name, ValueId value, SourceLocation at) {
  const ValueId values[] = {value};
  if (!check(values, name, at)) return;
  Diagnostic error;
  error.code = ErrorCode::Redefinition;
  error.message << "the output " << name << " is there already";
  for (const GraphOutput& output : outputs_)
    if (output.name == name) return fail(static_cast<Diagnostic&&>(error), {}, at);
  outputs_.push_back({String(name), value});
}

namespace detail {

inline Diagnostic picture_error(Text name, const Shape& shape) {
  Diagnostic error;
  error.code = ErrorCode::InvalidShape;
  error.message << "the image " << name << " has the shape " << tensor::to_string(shape)
                << ", and has to have [1, channels, height, width] with one to four channels";
  return error;
}
inline bool is_picture(const Shape& shape) {
  return shape.rank() == 4 && shape[0] == Dimension(1) && shape[1].is_literal() && shape[1].value() >= 1 &&
         shape[1].value() <= 4;
}

}  // namespace detail

AIRSTRIP_INLINE ValueId Graph::input_image(Text name, const Shape& shape, tensor::Storage storage,
                                           kernel::TexelFormat format, SourceLocation at) {
  if (!detail::is_picture(shape)) {
    fail(detail::picture_error(name, shape), {}, at);
    return ValueId::Absent;
  }
  TensorType type;
  for (std::size_t i = 1; i < 4; ++i) type.shape.push_back(shape[i]);
  type.storage = storage;
  type.format = format;
  type.channel_axis = 0;
  const ValueId image = input(name, type, at);
  tensor::ElementwiseProblem problem;
  problem.shape = shape;
  problem.expression.output("o0", problem.expression.input("i0", type, at));
  return add(problem, {image}, String("texels_of_") << name, at);
}

AIRSTRIP_INLINE void Graph::output_image(Text name, ValueId value, kernel::TexelFormat format,
                                         SourceLocation at) {
  const ValueId values[] = {value};
  if (!check(values, name, at)) return;
  if (!detail::is_picture(type(value).shape))
    return fail(detail::picture_error(name, type(value).shape), {}, at);
  const ValueId stored = map(
      value, [](Expr v) { return v; }, String("texels_of_") << name, at);
  if (!ok()) return;
  TensorType& type = value_to_change(stored).type;
  type.storage = tensor::Storage::StorageImage;
  type.format = format;
  type.channel_axis = 1;
  output(name, stored, at);
}

AIRSTRIP_GRAPH_NAMESPACE_END
