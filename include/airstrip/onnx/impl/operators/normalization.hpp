// Normalisation and softmax.
#pragma once

#include "../node_importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline constexpr Span<const OperatorEntry> normalization_operators = {};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
