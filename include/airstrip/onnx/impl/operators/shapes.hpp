// Shapes: Reshape, Flatten, Squeeze, Unsqueeze, Shape, Size.
#pragma once

#include "../../../graph/size_algebra.hpp"
#include "sizes.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

// 0: the size that the input has there, unless allowzero says that it is a size; -1: what is left of the elements.
inline void import_reshape(NodeImporter& n) {
  Shape shape;
  if (!n.known_sizes(1, shape)) return;
  const bool allow_zero = n.opset >= 14 && n.integer("allowzero", 0) != 0;
  SizeTable& table = n.g.sizes_to_fill();
  std::size_t inferred = Shape::max_rank;
  SizeProduct others(table), all = product_of(n, n.shape(0), 0, n.rank(0));
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (shape[i] == Dimension(0) && !allow_zero) {
      if (i >= n.rank(0)) return n.unsupported("it takes the size of an axis that its input has not");
      shape[i] = n.shape(0)[i];
    }
    if (shape[i] == Dimension(-1)) {
      if (inferred < shape.rank()) return n.unsupported("two of its sizes are -1");
      inferred = i;
    } else {
      others.multiply(n.g.size(shape[i]));
    }
  }
  if (inferred < shape.rank()) {
    if (others.is_zero()) return n.unsupported("its size of -1 cannot be told beside one of 0");
    all.reduce(others);
    const SizeId left = all.size(), divisor = others.size();
    const SizeId size = graph::divide_sizes(table, left, divisor);
    if (table.is_literal(left) && table.is_literal(divisor) && table.lower(left) % table.lower(divisor) != 0)
      return n.unsupported("its size of -1 is no whole number");
    // Where the division is not even the shapes do not fit.
    if (!table.is_literal(left) && !others.is_one() &&
        !(table.is_literal(divisor) && table.is_multiple(left, table.lower(divisor))))
      require_not_less(n, graph::multiply_sizes(table, size, divisor), left);
    shape[inferred] = n.g.dimension(size);
  } else {
    all.reduce(others);
    const SizeId before = all.size(), after = others.size();
    if (!table.is_literal(before) || !table.is_literal(after)) {
      require_not_less(n, before, after);
      require_not_less(n, after, before);
    }
  }
  n.set(0, n.g.reshape(n.input(0), shape, n.name()));
}

inline void import_flatten(NodeImporter& n) {
  const std::int64_t axis = NodeImporter::from_first(n.integer("axis", 1), n.rank(0));
  if (axis < 0 || axis > static_cast<std::int64_t>(n.rank(0)))
    return n.unsupported("its axis is none of its input");
  const std::size_t middle = static_cast<std::size_t>(axis);
  Shape shape;
  shape.push_back(n.g.dimension(product_of(n, n.shape(0), 0, middle).size()));
  shape.push_back(n.g.dimension(product_of(n, n.shape(0), middle, n.rank(0)).size()));
  n.set(0, n.g.reshape(n.input(0), shape, n.name()));
}

// The axes of Squeeze and Unsqueeze: an attribute before operator set 13, then an input. False: given up.
inline bool given_axes(NodeImporter& n, Buffer<std::int64_t>& given) {
  if (n.opset >= 13) return n.known_integers(1, given);
  given.append(n.integers("axes"));
  return !given.out_of_memory();
}
// A bit for each. False: given up.
inline bool axes_of(NodeImporter& n, const Buffer<std::int64_t>& given, std::size_t rank,
                    std::uint32_t& axes) {
  axes = 0;
  for (const std::int64_t value : given) {
    const std::int64_t axis = NodeImporter::from_first(value, rank);
    if (axis < 0 || axis >= static_cast<std::int64_t>(rank) || rank > Shape::max_rank) {
      n.unsupported("an axis of its axes is none of the tensor");
      return false;
    }
    const std::uint32_t bit = 1u << axis;
    if (axes & bit) {
      n.unsupported("its axes name one twice");
      return false;
    }
    axes |= bit;
  }
  return true;
}

inline void import_squeeze(NodeImporter& n) {
  const Shape& x = n.shape(0);
  SizeTable& table = n.g.sizes_to_fill();
  std::uint32_t axes = 0;
  if (n.opset < 13 ? n.has_attribute("axes") : n.has(1)) {
    Buffer<std::int64_t> given;
    if (!given_axes(n, given) || !axes_of(n, given, x.rank(), axes)) return;
  } else {
    for (std::size_t i = 0; i < x.rank(); ++i) {
      const SizeId size = n.g.size(x[i]);
      if (table.is_literal(size, 1))
        axes |= 1u << i;
      else if (!table.is_literal(size) && table.lower(size) <= 1 && table.multiple(size) == 1)
        return n.unsupported(
            "it drops all axes of size 1, and which they are is not known before the program runs");
    }
  }
  Shape shape;
  for (std::size_t i = 0; i < x.rank(); ++i) {
    if (!(axes >> i & 1)) {
      shape.push_back(x[i]);
      continue;
    }
    const SizeId size = n.g.size(x[i]);
    if (table.is_literal(size) && !table.is_literal(size, 1))
      return n.unsupported("an axis that it drops has another size than 1");
    require_not_less(n, table.literal(1), size);
    require_not_less(n, size, table.literal(1));
  }
  n.set(0, n.g.reshape(n.input(0), shape, n.name()));
}

inline void import_unsqueeze(NodeImporter& n) {
  Buffer<std::int64_t> given;
  if (!given_axes(n, given)) return;
  const std::size_t rank = n.rank(0) + given.size();
  if (rank > Shape::max_rank) return n.unsupported("its result has more than eight axes");
  std::uint32_t axes = 0;
  if (!axes_of(n, given, rank, axes)) return;
  Shape shape;
  for (std::size_t i = 0, k = 0; i < rank; ++i)
    shape.push_back(axes >> i & 1 ? Dimension(1) : n.shape(0)[k++]);
  n.set(0, n.g.reshape(n.input(0), shape, n.name()));
}

// From `start` to `end` (operator set 15), which count from the end where negative, and are clamped.
inline void import_shape(NodeImporter& n) {
  graph::Sizes problem;
  if (!n.has(0)) return n.unsupported("it has no input");
  const std::int64_t rank = static_cast<std::int64_t>(n.rank(0));
  const auto place = [&](std::int64_t v) {
    if (v < 0) v += rank;
    return v < 0 ? 0 : v > rank ? rank : v;
  };
  std::int64_t first = 0, end = rank;
  if (n.opset >= 15) {
    first = place(n.integer("start", 0));
    if (n.has_attribute("end")) end = place(n.integer("end", 0));
  }
  for (std::int64_t i = first; i < end; ++i) problem.sizes.push_back(n.shape(0)[static_cast<std::size_t>(i)]);
  n.set(0, n.g.add(problem, {}, n.name()));
}

inline void import_size(NodeImporter& n) {
  graph::Sizes problem;
  if (!n.has(0)) return n.unsupported("it has no input");
  problem.is_scalar = true;
  problem.sizes.push_back(n.g.dimension(product_of(n, n.shape(0), 0, n.rank(0)).size()));
  n.set(0, n.g.add(problem, {}, n.name()));
}

inline constexpr OperatorEntry shape_operators[] = {
    {"Flatten", import_flatten}, {"Reshape", import_reshape}, {"Shape", import_shape},
    {"Size", import_size},       {"Squeeze", import_squeeze}, {"Unsqueeze", import_unsqueeze},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
