#pragma once

#include "../expression.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// The bits of a number as a type has it: rounded to a type of floats, of integers only whole ones that they hold. Errors:
/// WrongType, in which the number is called `what`.
inline Result<std::uint64_t> bits_of(Scalar type, double value, const char* what) {
  std::uint64_t bits = 0;
  switch (type) {
    case Scalar::Boolean: return value != 0 ? std::uint64_t{1} : std::uint64_t{0};
    case Scalar::F16: return std::uint64_t{kernel::f16_from_double(value)};
    case Scalar::BF16: return std::uint64_t{kernel::bf16_from_double(value)};
    case Scalar::F32: {
      const float narrow = static_cast<float>(value);
      std::uint32_t word;
      std::memcpy(&word, &narrow, sizeof word);
      return std::uint64_t{word};
    }
    case Scalar::F64: std::memcpy(&bits, &value, sizeof bits); return bits;
    default: break;
  }
  if (kernel::is_int(type)) {
    // The range in which a double converts without undefined behaviour; narrower types are checked below.
    const bool fits = value >= (kernel::is_signed(type) ? -9223372036854775808.0 : 0.0) &&
                      value < (kernel::is_signed(type) ? 9223372036854775808.0 : 18446744073709551616.0);
    if (fits)
      bits = value < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value))
                       : static_cast<std::uint64_t>(value);
    const unsigned width = kernel::width_of(type);
    const std::uint64_t mask = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
    const std::uint64_t kept = bits & mask;
    const std::uint64_t sign = kernel::is_signed(type) && (kept >> (width - 1) & 1) ? ~mask : 0;
    const bool whole = fits && (value < 0 ? static_cast<double>(static_cast<std::int64_t>(bits)) == value
                                          : static_cast<double>(bits) == value);
    if (whole && (kept | sign) == bits) return kept;
  }
  Diagnostic error;
  error.message << what << " is no number of the type " << tensor::to_string(type);
  error.code = error.message.out_of_memory() ? ErrorCode::OutOfMemory : ErrorCode::WrongType;
  return error;
}

}  // namespace detail

AIRSTRIP_INLINE Expression& Expression::operator=(const Expression& other) {
  if (this == &other) return *this;
  bool copied = nodes_.assign(other.nodes());
  copied = inputs_.assign(other.inputs()) && copied;
  copied = outputs_.assign(other.outputs()) && copied;
  copied = parameters_.assign(other.parameters()) && copied;
  copied = text_.assign({other.text_.data(), other.text_.size()}) && copied;
  error_ = Diagnostic();
  error_.code = other.error_.code;
  error_.message = other.error_.message;
  error_.where = other.error_.where;
  if (!copied && ok()) {
    error_.code = ErrorCode::OutOfMemory;
    error_.message = "out of memory while an expression was copied";
  }
  return *this;
}

AIRSTRIP_INLINE Expr Expression::fail(ErrorCode code, String message, SourceLocation at) {
  if (!ok()) return {this, 0xFFFFFFFFu};
  error_.code = code;
  error_.message = static_cast<String&&>(message);
  error_.where = at;
  return {this, 0xFFFFFFFFu};
}

AIRSTRIP_INLINE void Expression::set_out_of_memory() {
  fail(ErrorCode::OutOfMemory, "out of memory in an expression", {});
}

AIRSTRIP_INLINE Expr Expression::add(Node node) {
  if (!ok()) return {this, 0xFFFFFFFFu};
  if (!nodes_.push_back(node)) return fail(ErrorCode::OutOfMemory, "out of memory in an expression", {});
  return {this, static_cast<std::uint32_t>(nodes_.size() - 1)};
}

AIRSTRIP_INLINE std::uint32_t Expression::add_text(Text text) {
  const std::uint32_t at = static_cast<std::uint32_t>(text_.size());
  char* const to = text_.extend(text.size() + 1);
  if (!to) {
    fail(ErrorCode::OutOfMemory, "out of memory in an expression", {});
    return 0;
  }
  std::memcpy(to, text.data(), text.size());
  to[text.size()] = '\0';
  return at;
}

AIRSTRIP_INLINE Expr Expression::primary(Scalar type, std::uint32_t index) {
  for (std::uint32_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].function == Function::Primary && nodes_[i].immediate == index && nodes_[i].type == type)
      return {this, i};
  Node node;
  node.function = Function::Primary;
  node.type = type;
  node.immediate = index;
  return add(node);
}

AIRSTRIP_INLINE Expr Expression::input(Text name, const TensorType& type, SourceLocation at) {
  if (type.scalar == Scalar::Void)
    return fail(ErrorCode::WrongType, "an input of an expression has no type", at);
  if (type.storage != Storage::Buffer && kernel::width_of(type.scalar) != 32)
    return fail(ErrorCode::WrongType,
                "the texels of an image are f32, i32 or u32; those of an 8-bit UNORM one are f32", at);
  Node node;
  node.function = Function::Input;
  node.type = type.scalar;
  node.immediate = static_cast<std::uint32_t>(inputs_.size());
  if (!inputs_.push_back({add_text(name), type}))
    return fail(ErrorCode::OutOfMemory, "out of memory in an expression", at);
  return add(node);
}

AIRSTRIP_INLINE void Expression::set_input_type(std::size_t input, const TensorType& type) {
  if (inputs_[input].type.scalar != type.scalar)
    fail(ErrorCode::WrongType,
         String("an input of an expression is ") << tensor::to_string(inputs_[input].type.scalar)
                                                 << ", and was to become " << tensor::to_string(type.scalar),
         {});
  else
    inputs_[input].type = type;
}

AIRSTRIP_INLINE void Expression::set_output_type(std::size_t output, const TensorType& type) {
  const Scalar scalar = outputs_[output].type.scalar;
  outputs_[output].type = type;
  outputs_[output].type.scalar = scalar;
}

AIRSTRIP_INLINE Expr Expression::constant_bits(Scalar type, std::uint64_t bits) {
  Node node;
  node.function = Function::Constant;
  node.type = type;
  node.bits = bits;
  return add(node);
}

AIRSTRIP_INLINE Expr Expression::constant(Scalar type, double value, SourceLocation at) {
  const Result<std::uint64_t> bits = detail::bits_of(type, value, "a constant");
  if (!bits) return fail(bits.error().code, bits.error().message, at);
  return constant_bits(type, *bits);
}

AIRSTRIP_INLINE Expr Expression::parameter(Text name, Scalar type, SourceLocation at) {
  Node node;
  node.function = Function::Parameter;
  node.type = type;
  if (type == Scalar::Void) return fail(ErrorCode::WrongType, "a parameter of an expression has no type", at);
  for (std::uint32_t i = 0; i < parameters_.size(); ++i) {
    if (!(text(parameters_[i].name) == name)) continue;
    if (parameters_[i].type != type) {
      String message("the parameter ");
      message << name << " has two types";
      return fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    }
    node.immediate = i;
    return add(node);
  }
  node.immediate = static_cast<std::uint32_t>(parameters_.size());
  if (!parameters_.push_back({add_text(name), type}))
    return fail(ErrorCode::OutOfMemory, "out of memory in an expression", at);
  return add(node);
}

AIRSTRIP_INLINE Expr Expression::coordinate(std::uint32_t axis) {
  Node node;
  node.function = Function::Coordinate;
  node.type = Scalar::U32;
  node.immediate = axis;
  return add(node);
}

AIRSTRIP_INLINE Expr Expression::apply(Function function, Span<const ExprOperand> operands,
                                       SourceLocation at) {
  const FunctionInfo& info = info_of(function);
  String message(info.name);
  if (info.rule == FunctionRule::Leaf || info.rule == FunctionRule::Any)
    return fail(ErrorCode::WrongType, static_cast<String&&>(message << " is not made by apply"), at);
  if (operands.size() != info.operand_count)
    return fail(ErrorCode::WrongType, static_cast<String&&>(message << " takes another number of operands"),
                at);
  // Numbers take the type of the others; the condition of a choice is a Boolean.
  const std::size_t first = info.rule == FunctionRule::Choice ? 1 : 0;
  Scalar type = Scalar::Void;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].is_number) continue;
    const Expr e = operands[i].value;
    if (!ok()) return {this, 0xFFFFFFFFu};
    if (e.owner() != this || e.type() == Scalar::Void)
      return fail(ErrorCode::ForeignId,
                  static_cast<String&&>(message << " was given a value of another expression"), at);
    if (i < first) continue;
    if (type != Scalar::Void && e.type() != type) {
      message << " was given " << tensor::to_string(type) << " and " << tensor::to_string(e.type())
              << "; cast one of them";
      return fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    }
    type = e.type();
  }
  const bool number = kernel::is_float(type) || kernel::is_int(type);
  bool fits = false;
  switch (info.rule) {
    case FunctionRule::Number: fits = number; break;
    case FunctionRule::Float:
    case FunctionRule::FloatTest: fits = kernel::is_float(type); break;
    case FunctionRule::Integer: fits = kernel::is_int(type); break;
    case FunctionRule::Boolean: fits = type == Scalar::Boolean; break;
    case FunctionRule::Comparison:
      fits = number || (type == Scalar::Boolean && function == Function::Equal);
      break;
    case FunctionRule::Choice:
      fits = type != Scalar::Void && !operands[0].is_number && operands[0].value.type() == Scalar::Boolean;
      break;
    default: break;
  }
  if (!fits) {
    message << " does not take " << tensor::to_string(type);
    return fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
  }
  const bool transcendental = (function >= Function::Exp && function <= Function::Softplus) ||
                              function == Function::Pow || function == Function::Mod ||
                              function == Function::Rem;
  if (type == Scalar::F64 && transcendental) {
    message << " is not computed in f64; cast to f32";
    return fail(ErrorCode::MissingCapability, static_cast<String&&>(message), at);
  }
  Node node;
  node.function = function;
  node.type =
      info.rule == FunctionRule::Comparison || info.rule == FunctionRule::FloatTest ? Scalar::Boolean : type;
  for (std::size_t i = 0; i < operands.size(); ++i)
    node.operands[i] = operands[i].is_number ? constant(type, operands[i].number, operands[i].at).node()
                                             : operands[i].value.node();
  return add(node);
}

AIRSTRIP_INLINE Expr Expression::cast(Expr value, Scalar type, SourceLocation at) {
  if (!ok()) return {this, 0xFFFFFFFFu};
  if (value.owner() != this || value.type() == Scalar::Void || type == Scalar::Void)
    return fail(ErrorCode::ForeignId, "cast was given a value of another expression, or no type", at);
  if (value.type() == type) return value;
  Node node;
  node.function = Function::Cast;
  node.type = type;
  node.operands[0] = value.node();
  return add(node);
}

AIRSTRIP_INLINE Expr Expression::bitcast(Expr value, Scalar type, SourceLocation at) {
  if (!ok()) return {this, 0xFFFFFFFFu};
  if (value.owner() != this || kernel::width_of(value.type()) != kernel::width_of(type) ||
      type == Scalar::Boolean || value.type() == Scalar::Boolean)
    return fail(ErrorCode::WrongType, "bitcast takes a number and a type of as many bits", at);
  if (value.type() == type) return value;
  Node node;
  node.function = Function::Bitcast;
  node.type = type;
  node.operands[0] = value.node();
  return add(node);
}

AIRSTRIP_INLINE void Expression::output(Text name, Expr value, const TensorType& type, SourceLocation at) {
  if (!ok()) return;
  if (value.owner() != this || value.type() == Scalar::Void) {
    fail(ErrorCode::ForeignId, "an output was given a value of another expression", at);
    return;
  }
  if (type.storage == Storage::SampledImage ||
      (type.storage == Storage::StorageImage && kernel::width_of(value.type()) != 32)) {
    fail(ErrorCode::WrongType, "an output is a buffer, or a storage image of f32, i32 or u32", at);
    return;
  }
  Output output{add_text(name), value.node(), type};
  output.type.scalar = value.type();
  if (!outputs_.push_back(output)) fail(ErrorCode::OutOfMemory, "out of memory in an expression", at);
}

AIRSTRIP_INLINE String Expression::to_string() const {
  String out;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    const Node& n = nodes_[i];
    out << '%' << i << " : " << tensor::to_string(n.type) << " = " << info_of(n.function).name;
    for (unsigned o = 0; o < info_of(n.function).operand_count; ++o) out << " %" << n.operands[o];
    switch (n.function) {
      case Function::Input:
        out << ' ' << text(inputs_[n.immediate].name) << ' '
            << tensor::to_string(inputs_[n.immediate].type.shape);
        break;
      case Function::Parameter: out << ' ' << text(parameters_[n.immediate].name); break;
      case Function::Primary:
      case Function::Coordinate: out << ' ' << n.immediate; break;
      case Function::Constant: out << " bits " << n.bits; break;
      default: break;
    }
    out << '\n';
  }
  for (const Output& o : outputs_) out << text(o.name) << " = %" << o.node << '\n';
  return out;
}

AIRSTRIP_TENSOR_NAMESPACE_END
