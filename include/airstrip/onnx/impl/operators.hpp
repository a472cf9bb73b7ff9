// All operators that are imported, by families.
#pragma once

#include "operators/activations.hpp"
#include "operators/attention.hpp"
#include "operators/casts.hpp"
#include "operators/control_flow.hpp"
#include "operators/convolutions.hpp"
#include "operators/einsum.hpp"
#include "operators/elementwise.hpp"
#include "operators/generators.hpp"
#include "operators/grids.hpp"
#include "operators/indexing.hpp"
#include "operators/logic.hpp"
#include "operators/losses.hpp"
#include "operators/movement.hpp"
#include "operators/normalization.hpp"
#include "operators/pooling.hpp"
#include "operators/products.hpp"
#include "operators/quantization.hpp"
#include "operators/recurrent.hpp"
#include "operators/reductions.hpp"
#include "operators/regions.hpp"
#include "operators/resize.hpp"
#include "operators/shapes.hpp"
#include "operators/steps.hpp"
#include "operators/windows.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

struct OperatorTable {
  Text domain;
  Span<const OperatorEntry> entries;
};

inline constexpr OperatorTable operator_tables[] = {
    {"", elementwise_operators},
    {"", product_operators},
    {"", quantization_operators},
    {"", pooling_operators},
    {"", normalization_operators},
    {"", reduction_operators},
    {"", resize_operators},
    {"", movement_operators},
    {"", shape_operators},
    {"", indexing_operators},
    {"", generator_operators},
    {"", control_flow_operators},
    {"", activation_operators},
    {"", logic_operators},
    {"", cast_operators},
    {"", loss_operators},
    {"", window_operators},
    {"", convolution_operators},
    {"", grid_operators},
    {"", region_operators},
    {"", attention_operators},
    {"", recurrent_operators},
    {"", step_operators},
    {"", einsum_operators},
    {"com.microsoft", contrib_product_operators},
    {"ai.onnx.preview", preview_operators},
};

/// Null where there is none.
inline const OperatorEntry* find_operator(Text domain, Text op_type) {
  if (domain == Text("ai.onnx")) domain = Text();
  for (const OperatorTable& table : operator_tables)
    if (table.domain == domain)
      for (const OperatorEntry& entry : table.entries)
        if (op_type == Text(entry.name)) return &entry;
  return nullptr;
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
