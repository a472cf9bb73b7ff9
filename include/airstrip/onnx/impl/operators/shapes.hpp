// Shapes: Reshape, Shape, Squeeze, Expand, …
#pragma once

#include "../../../graph/size_algebra.hpp"
#include "../node_importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline void import_reshape(NodeImporter& n) {
  Shape shape;
  if (n.opset < 5) return n.unsupported("operator sets before 5 have the shape as an attribute");
  if (!n.known_sizes(1, shape)) return;
  const bool allow_zero = n.integer("allowzero", 0) != 0;
  graph::SizeTable& table = n.g.sizes_to_fill();
  std::size_t inferred = Shape::max_rank;
  graph::SizeId others = table.literal(1);
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (shape[i] == Dimension(0) && !allow_zero && i < n.rank(0)) shape[i] = n.shape(0)[i];
    if (shape[i] == Dimension(-1))
      inferred = i;
    else
      others = graph::multiply_sizes(table, others, n.g.size(shape[i]));
  }
  if (inferred < shape.rank()) {
    graph::SizeId all = table.literal(1);
    for (const Dimension& d : n.shape(0)) all = graph::multiply_sizes(table, all, n.g.size(d));
    shape[inferred] = n.g.dimension(graph::divide_sizes(table, all, others));
  }
  n.set(0, n.g.reshape(n.input(0), shape, n.name()));
}

inline constexpr OperatorEntry shape_operators[] = {
    {"Reshape", import_reshape},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
