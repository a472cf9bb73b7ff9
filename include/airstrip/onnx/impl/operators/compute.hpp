// What the importers of elementwise operators share.
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
