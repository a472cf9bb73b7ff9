// Pooling.
#pragma once

#include "../node_importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline constexpr Span<const OperatorEntry> pooling_operators = {};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
