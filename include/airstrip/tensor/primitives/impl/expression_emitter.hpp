#pragma once

#include "../expression_emitter.hpp"
#include "../function_emit.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE ExpressionEmitter::ExpressionEmitter(StepBuilder& step, const Expression& expression,
                                                     Span<const SizeId> space, ExpressionUse use)
    : step_(step), expression_(expression) {
  if (!expression.ok()) {
    step.k.fail(expression.error().code, String(Text(expression.error().message)), expression.error().where);
    return;
  }
  if (space.size() > Shape::max_rank) {
    step.fail(ErrorCode::InvalidShape, "a tensor has more than eight axes");
    return;
  }
  for (const SizeId size : space) space_[rank_++] = size;
  find_needed();
  // What no output depends on is not read, and is no operand.
  Buffer<std::uint8_t> read;
  if (!read.resize(expression.inputs().size(), 0)) {
    out_of_memory();
    return;
  }
  const Span<const Expression::Node> nodes = expression.nodes();
  for (std::size_t i = 0; i < nodes.size() && i < needed_.size(); ++i)
    if (nodes[i].function == Function::Input && needed_[i]) read[nodes[i].immediate] = 1;
  for (std::size_t i = 0; i < expression.inputs().size(); ++i) {
    const Expression::Input& input = expression.inputs()[i];
    if (read[i] == 0) {
      View none;
      for (SizeId& stride : none.strides) stride = step.table().literal(0);
      if (!inputs_.push_back(none)) out_of_memory();
    } else {
      add_view(expression.text(input.name), input.type, Role::Input, inputs_);
    }
  }
  if (use == ExpressionUse::Epilogue)
    for (const Expression::Output& output : expression.outputs())
      add_view(expression.text(output.name), output.type, Role::Output, outputs_);
  for (const Expression::ParameterInfo& p : expression.parameters())
    parameters_.push_back(step.parameter(kernel::Type(p.type), expression.text(p.name)));
  values_.resize(expression.nodes().size());
  if (values_.out_of_memory() || inputs_.out_of_memory() || outputs_.out_of_memory() ||
      parameters_.out_of_memory())
    step.fail(ErrorCode::OutOfMemory, "out of memory for an expression");
}

AIRSTRIP_INLINE void ExpressionEmitter::out_of_memory() {
  step_.fail(ErrorCode::OutOfMemory, "out of memory for an expression");
}

AIRSTRIP_INLINE void ExpressionEmitter::find_needed() {
  const Span<const Expression::Node> nodes = expression_.nodes();
  if (!needed_.resize(nodes.size(), 0)) return out_of_memory();
  for (const Expression::Output& output : expression_.outputs()) needed_[output.node] = 1;
  // Operands stand before what is made of them.
  for (std::size_t i = nodes.size(); i-- > 0;)
    for (unsigned o = 0; needed_[i] && o < info_of(nodes[i].function).operand_count; ++o)
      needed_[nodes[i].operands[o]] = 1;
}

AIRSTRIP_INLINE bool ExpressionEmitter::uses_primary() const {
  const Span<const Expression::Node> nodes = expression_.nodes();
  for (std::size_t i = 0; i < nodes.size() && i < needed_.size(); ++i)
    if (nodes[i].function == Function::Primary && needed_[i]) return true;
  return false;
}

AIRSTRIP_INLINE bool ExpressionEmitter::add_view(Text name, TensorType type, Role role, Buffer<View>& views) {
  SizeTable& table = step_.table();
  View view;
  const bool writes = role != Role::Input;
  SizeId shape[Shape::max_rank];
  if (writes && type.shape.empty()) {
    // An output has the shape of the space.
    for (std::size_t i = 0; i < rank_; ++i) shape[i] = space_[i];
  } else {
    if (type.shape.rank() > rank_) {
      String message(name);
      message << " has the shape " << to_string(type.shape)
              << ", which has more axes than what it is used with";
      step_.fail(ErrorCode::InvalidShape, static_cast<String&&>(message));
      return false;
    }
    view.first_axis = rank_ - type.shape.rank();
    for (std::size_t i = 0; writes && i < view.first_axis; ++i) {
      if (table.is_literal(space_[i], 1)) continue;
      String message(name);
      message << " has the shape " << to_string(type.shape) << ", which has fewer axes than what is written";
      step_.fail(ErrorCode::InvalidShape, static_cast<String&&>(message));
      return false;
    }
    for (std::size_t i = 0; i < type.shape.rank(); ++i) shape[i] = table.of(type.shape[i]);
  }
  const std::size_t rank = rank_ - view.first_axis;
  if (!type.strides.empty() && type.strides.rank() != rank) {
    String message(name);
    message << " has another number of strides than of axes";
    step_.fail(ErrorCode::InvalidShape, static_cast<String&&>(message));
    return false;
  }
  SizeId strides[Shape::max_rank];
  SizeId gapless = table.literal(1);
  for (std::size_t i = rank; i-- > 0;) {
    strides[i] = type.strides.empty() ? gapless : table.of(type.strides[i]);
    gapless = table.mul(gapless, shape[i]);
  }
  for (std::size_t i = 0; i < Shape::max_rank; ++i) view.strides[i] = table.literal(0);
  for (std::size_t i = 0; i < rank; ++i) {
    const SizeId axis = space_[view.first_axis + i];
    const bool is_one = table.is_literal(shape[i], 1);
    const bool both_vary = !table.is_literal(shape[i]) && !table.is_literal(axis);
    if (shape[i] != axis && both_vary) {
      // Formulas that differ may still be the same number. Of two differences one is negative where they are not, which
      // is refused when sizes are resolved.
      table.sub(shape[i], axis);
      table.sub(axis, shape[i]);
    } else if (shape[i] != axis && (writes || !is_one)) {
      const std::uint64_t number = i;
      String message(name);
      message << " has " << table.to_string(shape[i]) << " elements along axis " << number << " where "
              << table.to_string(axis) << (writes ? " are written" : " or 1 are used");
      step_.fail(ErrorCode::InvalidShape, static_cast<String&&>(message));
      return false;
    }
    view.strides[view.first_axis + i] = is_one ? table.literal(0) : strides[i];
  }
  view.type = type;
  view.offset = table.of(type.offset);
  if (type.storage == Storage::Buffer) {
    SizeId lowest;
    const SizeId bytes = bytes_of(table, type.scalar, {shape, rank}, {strides, rank}, view.offset, &lowest);
    if (table.lower(lowest) < 0) {
      String message(name);
      message << " has strides that reach back before its first element; its offset is too small";
      step_.fail(ErrorCode::InvalidShape, static_cast<String&&>(message));
      return false;
    }
    view.memory =
        step_.memory(name, role, type, bytes, writes ? kernel::Access::WriteOnly : kernel::Access::ReadOnly);
  } else {
    if (rank != 3 && rank != 4) {
      String message(name);
      message << " is an image: its axes are height, width and channels, with layers in front at most";
      step_.fail(ErrorCode::InvalidShape, static_cast<String&&>(message));
      return false;
    }
    const std::size_t channel =
        type.channel_axis < 0 ? rank - 1 : static_cast<std::size_t>(type.channel_axis);
    if (channel >= rank || !table.is_literal(shape[channel]) || table.upper(shape[channel]) > 4 ||
        table.lower(shape[channel]) < 1) {
      String message(name);
      message << " is an image: it has one to four channels along its channel axis";
      if (channel < rank) message << ", not " << table.to_string(shape[channel]);
      step_.fail(ErrorCode::InvalidShape, static_cast<String&&>(message));
      return false;
    }
    view.channel = view.first_axis + channel;
    // The image's own number of axes tells whether it has layers.
    if (type.shape.empty())
      for (std::size_t i = 0; i < rank; ++i) view.type.shape.push_back(Dimension(1));
    view.memory = step_.memory(name, role, view.type, table.literal(0),
                               writes ? kernel::Access::WriteOnly : kernel::Access::ReadOnly);
  }
  return views.push_back(view);
}

AIRSTRIP_INLINE bool ExpressionEmitter::can_merge(std::size_t axis) const {
  if (axis + 1 >= rank_) return false;
  for (const Expression::Node& node : expression_.nodes())
    if (node.function == Function::Coordinate) return false;
  SizeTable& table = step_.table();
  // An axis of one element is passed through whatever its stride is, and its stride is of no use.
  const bool is_one = table.is_literal(space_[axis], 1) || table.is_literal(space_[axis + 1], 1);
  const auto passes = [&](const View& view) {
    if (view.type.storage != Storage::Buffer) return false;
    const SizeId outer = view.strides[axis], inner = view.strides[axis + 1];
    if (is_one) return true;
    if (table.lower(outer) < 0 || table.lower(inner) < 0) return false;
    return table.mul(inner, space_[axis + 1]) == outer;
  };
  for (const View& view : inputs_)
    if (!passes(view)) return false;
  for (const View& view : outputs_)
    if (!passes(view)) return false;
  return true;
}

AIRSTRIP_INLINE void ExpressionEmitter::merge(std::size_t axis) {
  SizeTable& table = step_.table();
  const bool inner_is_one = table.is_literal(space_[axis + 1], 1);
  space_[axis] = table.mul(space_[axis], space_[axis + 1]);
  const auto drop = [&](View& view) {
    if (!inner_is_one) view.strides[axis] = view.strides[axis + 1];
    for (std::size_t i = axis + 1; i + 1 < rank_; ++i) view.strides[i] = view.strides[i + 1];
  };
  for (View& view : inputs_) drop(view);
  for (View& view : outputs_) drop(view);
  for (std::size_t i = axis + 1; i + 1 < rank_; ++i) space_[i] = space_[i + 1];
  --rank_;
}

AIRSTRIP_INLINE void ExpressionEmitter::merge_axes(std::size_t first) {
  std::size_t axis = first;
  while (axis + 1 < rank_) {
    if (can_merge(axis)) {
      merge(axis);
      axis = first;
    } else {
      ++axis;
    }
  }
}

AIRSTRIP_INLINE bool ExpressionEmitter::is_wide(const View& view, const ExpressionPoint& point) const {
  const SizeTable& table = step_.operation.sizes();
  if (!point.aligned || !table.is_literal(view.strides[point.vector_axis], 1)) return false;
  for (std::size_t i = 0; i < rank_; ++i)
    if (i != point.vector_axis && !table.is_multiple(view.strides[i], point.width)) return false;
  return table.is_multiple(view.offset, point.width);
}

AIRSTRIP_INLINE Index ExpressionEmitter::offset(const View& view, const ExpressionPoint& point) {
  const SizeTable& table = step_.operation.sizes();
  Index sum = step_.k.constant<u32>(0u);
  bool first = true;
  for (std::size_t i = 0; i < rank_; ++i) {
    if (table.is_literal(view.strides[i], 0)) continue;
    const Index part = table.is_literal(view.strides[i], 1)
                           ? point.coordinates[i]
                           : point.coordinates[i] * step_.size(view.strides[i]);
    sum = first ? part : sum + part;
    first = false;
  }
  if (!table.is_literal(view.offset, 0)) sum = sum + step_.size(view.offset);
  return sum;
}

AIRSTRIP_INLINE AnyValue ExpressionEmitter::load(const View& view, const ExpressionPoint& point) {
  const SizeTable& table = step_.operation.sizes();
  if (view.type.storage != Storage::Buffer) return load_texel(view, point);
  const Index at = offset(view, point);
  const SizeId stride = view.strides[point.vector_axis];
  if (point.width == 1 || is_wide(view, point)) return step_.load(view.memory, at, point.width, true);
  if (table.is_literal(stride, 1)) return step_.load(view.memory, at, point.width, false);
  AnyValue parts[4];
  const bool same = table.is_literal(stride, 0);
  for (unsigned i = 0; i < point.width; ++i)
    parts[i] = same && i > 0 ? parts[0] : step_.load(view.memory, i == 0 ? at : at + step_.size(stride) * i);
  return step_.k.construct(kernel::Type(view.type.scalar, point.width),
                           Span<const AnyValue>(parts, point.width));
}

AIRSTRIP_INLINE AnyValue ExpressionEmitter::texel_position(const View& view, const ExpressionPoint& point) {
  const SizeTable& table = step_.operation.sizes();
  const auto coordinate = [&](std::size_t axis) {
    // An axis of one texel broadcasts.
    const bool is_one = axis < view.first_axis || table.is_literal(view.strides[axis], 0);
    return is_one ? step_.k.constant_int(kernel::Type(Scalar::I32), 0)
                  : step_.k.convert(kernel::Op::Convert, point.coordinates[axis].any(),
                                    kernel::Type(Scalar::I32));
  };
  // Width, height and layer: the axes but that of the channels, from the last on.
  AnyValue parts[3];
  unsigned count = 0;
  for (std::size_t axis = rank_; axis-- > view.first_axis && count < 3;)
    if (axis != view.channel) parts[count++] = coordinate(axis);
  return step_.k.construct(kernel::Type(Scalar::I32, count), Span<const AnyValue>(parts, count));
}

AIRSTRIP_INLINE AnyValue ExpressionEmitter::load_texel(const View& view, const ExpressionPoint& point) {
  const std::size_t channel = view.channel;
  const bool sampled = view.type.storage == Storage::SampledImage;
  const auto texel = [&](const ExpressionPoint& at) {
    const AnyValue operands[2] = {texel_position(view, at),
                                  step_.k.constant_int(kernel::Type(Scalar::I32), 0)};
    return step_.k.image_read(sampled ? kernel::Op::ImageFetch : kernel::Op::ImageLoad, view.memory.resource,
                              Span<const AnyValue>(operands, sampled ? 2 : 1));
  };
  AnyValue parts[4];
  if (point.vector_axis == channel) {
    // Neighbours are channels of one texel.
    const AnyValue whole = texel(point);
    const bool same = step_.operation.sizes().is_literal(view.strides[channel], 0);
    for (unsigned i = 0; i < point.width; ++i) {
      const Index c = point.coordinates[channel] + i;
      parts[i] = same ? whole.component(0) : step_.k.apply(kernel::Op::ExtractDynamic, whole, c.any());
    }
  } else {
    Index coordinates[Shape::max_rank];
    for (std::size_t i = 0; i < rank_; ++i) coordinates[i] = point.coordinates[i];
    ExpressionPoint at = point;
    at.coordinates = {coordinates, rank_};
    const bool same = step_.operation.sizes().is_literal(view.strides[channel], 0);
    for (unsigned i = 0; i < point.width; ++i) {
      coordinates[point.vector_axis] =
          i == 0 ? point.coordinates[point.vector_axis] : point.coordinates[point.vector_axis] + i;
      const AnyValue whole = texel(at);
      parts[i] = same ? whole.component(0)
                      : step_.k.apply(kernel::Op::ExtractDynamic, whole, point.coordinates[channel].any());
    }
  }
  if (point.width == 1) return parts[0];
  return step_.k.construct(kernel::Type(view.type.scalar, point.width),
                           Span<const AnyValue>(parts, point.width));
}

AIRSTRIP_INLINE void ExpressionEmitter::evaluate(const ExpressionPoint& point, Span<const AnyValue> primaries,
                                                 AnyValue* outputs) {
  if (step_.k.failed()) return;
  kernel::KernelBuilder& k = step_.k;
  const Span<const Expression::Node> nodes = expression_.nodes();
  const auto splat = [&](AnyValue value) {
    if (point.width == 1) return value;
    const AnyValue parts[4] = {value, value, value, value};
    return k.construct(kernel::Type(value.type().scalar(), point.width),
                       Span<const AnyValue>(parts, point.width));
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (needed_[i] == 0) continue;
    const Expression::Node& node = nodes[i];
    const kernel::Type type(node.type, point.width);
    AnyValue& value = values_[i];
    switch (node.function) {
      case Function::Primary:
        if (node.immediate >= primaries.size()) {
          step_.fail(ErrorCode::InvalidOperand, "an expression uses a primary value that is not there");
          return;
        }
        value = primaries[node.immediate];
        if (value.type() != type && !k.failed()) {
          String message("the primary value of an expression is ");
          message << kernel::to_string(value.type().component()) << ", and it was declared as "
                  << to_string(node.type);
          step_.fail(ErrorCode::WrongType, static_cast<String&&>(message));
          return;
        }
        break;
      case Function::Input: value = load(inputs_[node.immediate], point); break;
      case Function::Constant: value = splat(k.constant_bits(kernel::Type(node.type), node.bits)); break;
      case Function::Parameter: value = splat(parameters_[node.immediate]); break;
      case Function::Coordinate: {
        if (node.immediate >= rank_) {
          step_.fail(ErrorCode::InvalidShape,
                     "an expression asks for the coordinate of an axis that is not there");
          return;
        }
        const Index at = point.coordinates[node.immediate];
        if (point.width == 1 || node.immediate != point.vector_axis) {
          value = splat(at.any());
        } else {
          AnyValue parts[4];
          for (unsigned c = 0; c < point.width; ++c) parts[c] = (at + c).any();
          value = k.construct(type, Span<const AnyValue>(parts, point.width));
        }
        break;
      }
      case Function::Cast: value = emit_cast(step_, values_[node.operands[0]], node.type); break;
      case Function::Bitcast: value = k.convert(kernel::Op::Bitcast, values_[node.operands[0]], type); break;
      default: {
        AnyValue operands[3];
        const unsigned count = info_of(node.function).operand_count;
        for (unsigned o = 0; o < count; ++o) operands[o] = values_[node.operands[o]];
        value = emit_function(step_, node.function, Span<const AnyValue>(operands, count));
      }
    }
  }
  const Span<const Expression::Output> all = expression_.outputs();
  for (std::size_t i = 0; i < all.size(); ++i) outputs[i] = values_[all[i].node];
}

AIRSTRIP_INLINE void ExpressionEmitter::store_one(const View& view, const ExpressionPoint& point,
                                                  AnyValue value) {
  const SizeTable& table = step_.operation.sizes();
  if (view.type.storage == Storage::StorageImage) {
    const std::size_t channel = view.channel;
    if (point.vector_axis != channel || !table.is_literal(space_[channel], point.width)) {
      String message("an image is written by whole texels, and this schedule computes ");
      message << point.width << " of " << table.to_string(space_[channel]) << " channels at a time";
      step_.fail(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
      return;
    }
    const kernel::Type texel(view.type.scalar, 4);
    AnyValue parts[4];
    for (unsigned i = 0; i < 4; ++i) {
      const kernel::Type one(view.type.scalar);
      if (i < point.width)
        parts[i] = point.width == 1 ? value : value.component(i);
      else
        parts[i] = one.is_float() ? step_.k.constant_float(one, i == 3) : step_.k.constant_int(one, i == 3);
    }
    step_.k.image_store(view.memory.resource, texel_position(view, point), step_.k.construct(texel, parts));
    return;
  }
  const Index at = offset(view, point);
  const SizeId stride = view.strides[point.vector_axis];
  if (point.width == 1 || table.is_literal(stride, 1)) {
    step_.store(view.memory, at, value, point.width == 1 || is_wide(view, point));
    return;
  }
  for (unsigned i = 0; i < point.width; ++i)
    step_.store(view.memory, i == 0 ? at : at + step_.size(stride) * i, value.component(i));
}

AIRSTRIP_INLINE void ExpressionEmitter::store(const ExpressionPoint& point, const AnyValue* outputs) {
  if (step_.k.failed()) return;
  for (std::size_t i = 0; i < outputs_.size(); ++i) store_one(outputs_[i], point, outputs[i]);
}

AIRSTRIP_INLINE void ExpressionEmitter::run(const ExpressionPoint& point, Span<const AnyValue> primaries) {
  Buffer<AnyValue> outputs;
  if (!outputs.resize(expression_.outputs().size(), AnyValue())) {
    step_.fail(ErrorCode::OutOfMemory, "out of memory for an expression");
    return;
  }
  evaluate(point, primaries, outputs.data());
  store(point, outputs.data());
}

AIRSTRIP_INLINE Expression prologue_of(const Expression& given, Text name, const TensorType& x) {
  Expression made;
  const Expr element = made.input(name, x);
  if (given.empty() || !given.ok()) {
    if (given.ok()) made.output("element", element);
    return given.ok() ? static_cast<Expression&&>(made) : given;
  }
  Buffer<Expr> values;
  if (!values.reserve(given.nodes().size())) {
    made.set_out_of_memory();
    return made;
  }
  for (const Expression::Node& node : given.nodes()) {
    const Span<const Expression::ParameterInfo> parameters = given.parameters();
    Expr value;
    switch (node.function) {
      case Function::Primary: value = element; break;
      case Function::Input: {
        const Expression::Input& input = given.inputs()[node.immediate];
        value = made.input(given.text(input.name), input.type);
        break;
      }
      case Function::Constant: value = made.constant_bits(node.type, node.bits); break;
      case Function::Parameter: {
        const Expression::ParameterInfo& p = parameters[node.immediate];
        value = made.parameter(given.text(p.name), p.type);
        break;
      }
      case Function::Coordinate: value = made.coordinate(node.immediate); break;
      case Function::Cast: value = made.cast(values[node.operands[0]], node.type); break;
      case Function::Bitcast: value = made.bitcast(values[node.operands[0]], node.type); break;
      default: {
        const unsigned count = info_of(node.function).operand_count;
        ExprOperand operands[3] = {ExprOperand(0), ExprOperand(0), ExprOperand(0)};
        for (unsigned i = 0; i < count; ++i) operands[i] = ExprOperand(values[node.operands[i]]);
        value = made.apply(node.function, Span<const ExprOperand>(operands, count));
      }
    }
    values.push_back(value);
  }
  for (const Expression::Output& output : given.outputs())
    made.output(given.text(output.name), values[output.node]);
  return made;
}

AIRSTRIP_INLINE Expression epilogue_or(const Expression& given, Text name, Scalar computed, Scalar stored) {
  if (!given.empty() || !given.ok()) return given;
  Expression copy;
  copy.output(name, copy.cast(copy.primary(computed), stored));
  return copy;
}

AIRSTRIP_TENSOR_NAMESPACE_END
