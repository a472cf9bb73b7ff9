// Operators that move elements: transpose, slice, concat, pad, tile, …
#pragma once

#include "sizes.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline void import_transpose(NodeImporter& n) {
  tensor::TransposeProblem problem;
  problem.permutation = n.list("perm");
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

// Before operator set 10 everything is an attribute.
inline void import_slice(NodeImporter& n) {
  tensor::SliceProblem problem;
  if (n.opset < 10) {
    for (const std::int64_t start : n.integers("starts")) problem.starts.push_back(start);
    for (const std::int64_t end : n.integers("ends")) problem.ends.push_back(end);
    problem.axes = n.list("axes");
  } else {
    // All are asked for, so that all inputs of the model that have to be bound are told at once.
    bool known = n.known_sizes(1, problem.starts);
    known = n.known_sizes(2, problem.ends) && known;
    if (n.has(3)) known = n.known_list(3, problem.axes) && known;
    if (n.has(4)) known = n.known_list(4, problem.steps) && known;
    if (!known) return;
  }
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

inline void import_concat(NodeImporter& n) {
  Buffer<ValueId> parts;
  for (std::size_t i = 0; i < n.input_count(); ++i) parts.push_back(n.input(i));
  if (parts.empty()) return n.unsupported("it has no inputs");
  n.set(0, n.g.add(graph::Concat(n.integer("axis", 1), parts.size()),
                   Span<const ValueId>(parts.data(), parts.size()), n.name()));
}

/// Cuts a tensor along an axis; the parts. Empty: something is wrong.
inline Buffer<ValueId> split_value(NodeImporter& n, ValueId x, std::int64_t axis,
                                   Span<const Dimension> sizes) {
  Buffer<ValueId> parts;
  const ValueId first = n.g.add(graph::Split(axis, sizes), {x}, n.name());
  if (first == ValueId::Absent) return parts;
  const graph::Node& node = n.g.node(n.g.value(first).producer);
  parts.append({node.outputs.data(), node.outputs.size()});
  return parts;
}

inline void import_split(NodeImporter& n) {
  const std::size_t count = n.output_count();
  const std::int64_t axis = NodeImporter::from_first(n.integer("axis", 0), n.rank(0));
  if (axis < 0 || axis >= static_cast<std::int64_t>(n.rank(0)))
    return n.unsupported("its axis is none of its input");
  if (count == 0) return n.unsupported("it has no outputs");
  graph::SizeTable& table = n.g.sizes_to_fill();
  const SizeId whole = n.g.size(n.shape(0)[static_cast<std::size_t>(axis)]);
  const SizeId parts = table.literal(static_cast<std::int64_t>(count));
  Buffer<Dimension> sizes;
  if (n.opset >= 13 && n.has(1)) {
    Buffer<SizeId> given;
    if (!n.known_elements(1, given)) return;
    for (const SizeId size : given) sizes.push_back(n.g.dimension(size));
  } else if (n.opset < 13 && n.has_attribute("split")) {
    for (const std::int64_t size : n.integers("split")) sizes.push_back(size);
  } else if (n.opset >= 18) {
    // Parts are as large as the first, but for the last.
    if (n.integer("num_outputs", static_cast<std::int64_t>(count)) != static_cast<std::int64_t>(count))
      return n.unsupported("it has not as many outputs as num_outputs says");
    const SizeId part = graph::divide_sizes_up(table, whole, parts);
    const SizeId before =
        graph::multiply_sizes(table, part, table.literal(static_cast<std::int64_t>(count) - 1));
    if (table.is_literal(whole) && table.lower(before) > table.lower(whole))
      return n.unsupported("its axis is too short for num_outputs parts");
    for (std::size_t i = 0; i + 1 < count; ++i) sizes.push_back(n.g.dimension(part));
    // Of what the parts divide evenly the last is written as the others are.
    const bool is_even = table.is_multiple(whole, static_cast<std::int64_t>(count));
    sizes.push_back(n.g.dimension(is_even ? part : graph::subtract_sizes(table, whole, before)));
  } else {
    const SizeId part = graph::divide_sizes(table, whole, parts);
    if (table.is_literal(whole) && table.lower(whole) % static_cast<std::int64_t>(count) != 0)
      return n.unsupported("its axis cannot be cut into equal parts");
    require_not_less(n, graph::multiply_sizes(table, part, parts), whole);
    for (std::size_t i = 0; i < count; ++i) sizes.push_back(n.g.dimension(part));
  }
  if (sizes.size() != count) return n.unsupported("it has not as many outputs as sizes");
  const Buffer<ValueId> made = split_value(n, n.input(0), axis, {sizes.data(), sizes.size()});
  for (std::size_t i = 0; i < made.size(); ++i) n.set(i, made[i]);
}

inline void import_tile(NodeImporter& n) {
  tensor::TileProblem problem;
  if (!n.known_sizes(1, problem.repeats)) return;
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

// The one that is to be larger than 1 wins, whichever it is.
inline void import_expand(NodeImporter& n) {
  tensor::CopyProblem problem;
  if (!n.known_sizes(1, problem.shape)) return;
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

template <class Problem>
void import_depth_space(NodeImporter& n) {
  Problem problem;
  problem.block = n.integer("blocksize", 0);
  // SpaceToDepth has none before operator set 28.
  constexpr bool has_mode = std::is_same_v<Problem, tensor::DepthToSpaceProblem>;
  const Text mode = has_mode && n.opset >= 11 ? n.text("mode", "DCR") : Text("DCR");
  if (mode == Text("CRD"))
    problem.order = tensor::DepthOrder::ColumnRowDepth;
  else if (!(mode == Text("DCR")))
    return n.unsupported("its mode is neither DCR nor CRD");
  n.set(0, n.g.add(problem, {n.input(0)}, n.name()));
}

inline void import_reverse_sequence(NodeImporter& n) {
  tensor::ReverseSequenceProblem problem;
  problem.batch_axis = n.integer("batch_axis", 1);
  problem.time_axis = n.integer("time_axis", 0);
  n.set(0, n.g.add(problem, {n.input(0), n.input(1)}, n.name()));
}

// Which elements are left determines the shape; without an axis they are those of the flattened tensor.
inline void import_compress(NodeImporter& n) {
  Buffer<std::int64_t> condition, kept;
  const Attribute* const axis = n.attribute("axis", AttributeType::Int);
  if (!n.known_integers(1, condition)) return;
  for (std::size_t i = 0; i < condition.size(); ++i)
    if (condition[i]) kept.push_back(static_cast<std::int64_t>(i));
  ValueId data = n.input(0);
  tensor::GatherProblem problem;
  if (axis)
    problem.axis = NodeImporter::from_first(axis->i, n.rank(0));
  else
    data = n.g.reshape(data, {n.g.dimension(product_of(n, n.shape(0), 0, n.rank(0)).size())});
  const Shape& shape = n.g.type(data).shape;
  if (problem.axis < 0 || problem.axis >= static_cast<std::int64_t>(shape.rank()))
    return n.unsupported("its axis is none of its input");
  graph::SizeTable& table = n.g.sizes_to_fill();
  const SizeId size = n.g.size(shape[static_cast<std::size_t>(problem.axis)]);
  if (!kept.empty()) {
    if (table.is_literal(size) && table.lower(size) <= kept.back())
      return n.unsupported("its condition is longer than the axis");
    require_not_less(n, size, table.literal(kept.back() + 1));
  }
  const ValueId indices = n.g.integers({kept.data(), kept.size()});
  n.set(0, n.g.add(problem, {data, indices}, n.name()));
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END

#include "pad.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline constexpr OperatorEntry movement_operators[] = {
    {"Compress", import_compress},
    {"Concat", import_concat},
    {"DepthToSpace", import_depth_space<tensor::DepthToSpaceProblem>},
    {"Expand", import_expand},
    {"Pad", import_pad},
    {"ReverseSequence", import_reverse_sequence},
    {"Slice", import_slice},
    {"SpaceToDepth", import_depth_space<tensor::SpaceToDepthProblem>},
    {"Split", import_split},
    {"Tile", import_tile},
    {"Transpose", import_transpose},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
