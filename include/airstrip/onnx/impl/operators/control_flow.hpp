// Subgraphs that are known to be taken: If, Loop; and sequences that are known.
#pragma once

#include "../node_importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline constexpr Span<const OperatorEntry> control_flow_operators = {};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
