// Gather and scatter, and what looks elements up.
#pragma once

#include "../node_importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline constexpr Span<const OperatorEntry> indexing_operators = {};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
