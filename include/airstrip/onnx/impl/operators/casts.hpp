// Types: Cast, CastLike, BitCast; and what leaves elements as they are.
#pragma once

#include "compose.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// The scalar of the type that an attribute names; Void, and the operator given up, where kernels have none.
inline Scalar scalar_of_attribute(NodeImporter& n, Text attribute, DataType otherwise) {
  const DataType type = data_type_of(n, attribute, otherwise);
  const Scalar scalar = scalar_of(type);
  if (scalar == Scalar::Void)
    n.unsupported(String("kernels have no elements of the type ") << Text(to_string(type)));
  return scalar;
}

/// Gives the operator up where an input's elements are of less than a byte, and their width would show in the result.
inline bool refuse_narrow(NodeImporter& n, std::size_t input) {
  if (!n.importer().is_narrow(n.input(input))) return false;
  n.unsupported("its result would have elements of less than a byte, which kernels do not have");
  return true;
}

inline void import_cast(NodeImporter& n) {
  // Both are of narrower floats than kernels have (Cast 19 and 24).
  n.integer("saturate", 1);
  n.text("round_mode", "up");
  const Scalar to = scalar_of_attribute(n, "to", DataType::Undefined);
  if (to == Scalar::Void) return;
  if (n.type(0).scalar == to) return n.set(0, n.input(0));
  n.set(0, compute(
               n, n.input(0), [&](Expr x) { return tensor::cast(x, to); }, n.name()));
}

inline void import_cast_like(NodeImporter& n) {
  n.integer("saturate", 1);
  n.text("round_mode", "up");
  if (refuse_narrow(n, 1)) return;
  const Scalar to = n.type(1).scalar;
  if (n.type(0).scalar == to) return n.set(0, n.input(0));
  n.set(0, compute(
               n, n.input(0), [&](Expr x) { return tensor::cast(x, to); }, n.name()));
}

inline void import_bit_cast(NodeImporter& n) {
  if (refuse_narrow(n, 0)) return;
  const Scalar to = scalar_of_attribute(n, "to", DataType::Undefined), from = n.type(0).scalar;
  if (to == Scalar::Void) return;
  if (from == to) return n.set(0, n.input(0));
  if (tensor::element_bytes(from) != tensor::element_bytes(to))
    return n.unsupported("its types have another number of bits each");
  // A Boolean is a byte, 0 or 1.
  n.set(0, compute(
               n, n.input(0),
               [&](Expr x) {
                 if (from == Scalar::Boolean || to == Scalar::Boolean) return tensor::cast(x, to);
                 return x.owner()->bitcast(x, to);
               },
               n.name()));
}

inline void import_identity(NodeImporter& n) { n.set(0, n.input(0)); }

/// Of inference: x itself. Training with a ratio of 0 is the same.
inline void import_dropout(NodeImporter& n) {
  if (n.opset < 12) {
    if (has_inputs_from(n, 1)) return;
    n.number("ratio", 0.5);
  } else {
    n.integer("seed", 0);
    Buffer<std::int64_t> training;
    if (n.has(2) && !n.known_integers(2, training)) return;
    if (!training.empty() && training[0] != 0) {
      double ratio = 0.5;
      if (n.has(1) && !n.known_number(1, ratio)) return;
      if (ratio != 0) return n.unsupported("it is in training mode, for which random numbers are needed");
    }
  }
  n.set(0, n.input(0));
  if (!n.wants(1)) return;
  // Before Dropout 10 the mask is of x's type.
  n.set(1, fill_of(n, n.opset < 10 ? n.type(0).scalar : Scalar::Boolean, n.shape(0), 1));
}

inline constexpr OperatorEntry cast_operators[] = {
    {"BitCast", import_bit_cast}, {"Cast", import_cast},         {"CastLike", import_cast_like},
    {"Dropout", import_dropout},  {"Identity", import_identity},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
