// Tensors made of numbers: Constant, Range, OneHot, …
#pragma once

#include "../node_importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline void import_constant(NodeImporter& n) {
  if (const Attribute* const a = n.attribute("value"); a && !a->tensors.empty()) {
    const ValueId made = n.importer().constant(a->tensors[0], n.name());
    if (made == ValueId::None) return n.unsupported("its elements are of a type that kernels do not have");
    return n.set(0, made);
  }
  n.unsupported("its value is no tensor");
}

inline constexpr OperatorEntry generator_operators[] = {
    {"Constant", import_constant},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
