// What importers of operators share: expressions of their inputs, and types of elements.
#pragma once

#include "../../../tensor/functions.hpp"
#include "../node_importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// A node of an expression: `function(Span<const Expr>)`. Where a function does not take the types, or an input is left out,
/// the operator is given up with the reason, and the value is Absent; so it is where it was given up before.
template <class Function>
ValueId compute(NodeImporter& n, Span<const ValueId> inputs, Function&& function, Text name = {}) {
  if (n.is_given_up()) return ValueId::Absent;
  // Tried on an expression of its own first: an error of the graph's would end the import.
  tensor::Expression trial;
  Buffer<Expr> leaves;
  for (const ValueId id : inputs) {
    if (id == ValueId::Absent) {
      n.unsupported("an input that it needs is left out");
      return ValueId::Absent;
    }
    leaves.push_back(trial.input("x", n.g.type(id)));
  }
  trial.output("y", function(Span<const Expr>(leaves.data(), leaves.size())));
  if (!trial.ok()) {
    n.unsupported(trial.error().message);
    return ValueId::Absent;
  }
  return n.g.map_all(inputs, function, name);
}
template <class Function>
ValueId compute(NodeImporter& n, ValueId x, Function&& function, Text name = {}) {
  const ValueId inputs[] = {x};
  return compute(
      n, Span<const ValueId>(inputs), [&](Span<const Expr> v) { return function(v[0]); }, name);
}
template <class Function>
ValueId compute(NodeImporter& n, ValueId a, ValueId b, Function&& function, Text name = {}) {
  const ValueId inputs[] = {a, b};
  return compute(
      n, Span<const ValueId>(inputs), [&](Span<const Expr> v) { return function(v[0], v[1]); }, name);
}

/// Whether a value is a floating-point number of 16 bits: what is rounded more than once is computed in f32.
inline bool is_half(Scalar scalar) { return scalar == Scalar::F16 || scalar == Scalar::BF16; }
/// What a float is computed in where more than one rounding is taken.
inline Scalar wide_float(Scalar scalar) { return is_half(scalar) ? Scalar::F32 : scalar; }

/// The type that an attribute names; Undefined for a number that none has, whatever its low bits are.
inline DataType data_type_of(NodeImporter& n, Text attribute, DataType otherwise) {
  const std::int64_t number = n.integer(attribute, static_cast<std::int64_t>(otherwise));
  return number == static_cast<std::int32_t>(number) ? static_cast<DataType>(number) : DataType::Undefined;
}

/// Whether a node has inputs that its operator does not have in the model's operator set: the operator is given up then.
inline bool has_inputs_from(NodeImporter& n, std::size_t first) {
  for (std::size_t i = first; i < n.input_count(); ++i) {
    if (!n.has(i)) continue;
    String reason("its input ");
    n.unsupported(reason << n.node().inputs[i] << " is none that operator set "
                         << static_cast<std::uint64_t>(n.opset) << " gives it");
    return true;
  }
  return false;
}

/// One input, one of layer 3's functions.
template <Expr (*function)(Expr)>
void import_function(NodeImporter& n) {
  n.set(0, compute(
               n, n.input(0), [](Expr x) { return function(x); }, n.name()));
}
template <tensor::Function function>
void import_unary(NodeImporter& n) {
  n.set(0, compute(
               n, n.input(0), [](Expr x) { return tensor::apply(function, x); }, n.name()));
}
template <tensor::Function function>
void import_binary(NodeImporter& n) {
  n.set(0, compute(
               n, n.input(0), n.input(1), [](Expr a, Expr b) { return tensor::apply(function, a, b); },
               n.name()));
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
