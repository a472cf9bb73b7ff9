// Operators that move elements: transpose, slice, concat, pad, tile, …
#pragma once

#include "../node_importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline void import_transpose(NodeImporter& n) {
  tensor::TransposeProblem problem;
  problem.permutation = n.list("perm");
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

inline constexpr OperatorEntry movement_operators[] = {
    {"Transpose", import_transpose},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
