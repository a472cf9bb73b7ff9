// Subgraphs that are known to be taken: If, Loop; and what is like them.
#pragma once

#include "../importer.hpp"
#include "compose.hpp"
#include "sizes.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// The subgraph that an attribute of the node is. Null: given up.
inline const onnx::Graph* subgraph_of(NodeImporter& n, Text name) {
  const Attribute* const a = n.attribute(name, AttributeType::Graph);
  const Attribute* const own = find_attribute(n.node(), name);
  if (!a || a->graphs.empty())
    n.unsupported(String("its attribute ") << name << " is no graph");
  else if (!own || !own->ref_attr_name.empty())
    n.unsupported(String("its attribute ") << name << " is a graph that the call of a function gives");
  else
    return &a->graphs[0];
  return nullptr;
}

/// Whether all of a subgraph's outputs were made; else the node is given up: the reasons were told inside.
inline bool all_made(NodeImporter& n, const Buffer<ValueId>& outputs, std::size_t first = 0) {
  bool all = n.importer().ok();
  for (std::size_t i = first; i < outputs.size(); ++i) all = all && outputs[i] != ValueId::Absent;
  if (!all) n.give_up();
  return all;
}

inline ValueId number_of(NodeImporter& n, std::int64_t value) {
  TensorType type;
  type.scalar = Scalar::I64;
  unsigned char bytes[8];
  std::memcpy(bytes, &value, 8);
  return n.g.constant({}, type, Bytes::copied({bytes, 8}));
}
inline ValueId truth_of(NodeImporter& n, bool value) {
  TensorType type;
  type.scalar = Scalar::Boolean;
  const unsigned char byte = value ? 1 : 0;
  return n.g.constant({}, type, Bytes::copied({&byte, 1}));
}

/// Values of one shape one behind the other along a new axis, or along one that they have. Absent: given up.
inline ValueId join_values(NodeImporter& n, Span<const ValueId> values, std::int64_t axis, bool is_new_axis) {
  Buffer<ValueId> parts;
  for (const ValueId value : values) {
    if (!is_tensor(value)) {
      n.unsupported("what it joins is a sequence or an optional");
      return ValueId::Absent;
    }
    const std::size_t rank = n.g.type(value).shape.rank() + (is_new_axis ? 1 : 0);
    const std::int64_t along = NodeImporter::from_first(axis, rank);
    if (along < 0 || along >= static_cast<std::int64_t>(rank) || rank > Shape::max_rank) {
      n.unsupported("the axis along which it joins is none of the result's, which has eight at most");
      return ValueId::Absent;
    }
    parts.push_back(is_new_axis ? unsqueeze_of(n, value, static_cast<std::size_t>(along)) : value);
    axis = along;
  }
  if (parts.size() == 1) return parts[0];
  return n.g.add(graph::Concat(axis, parts.size()), Span<const ValueId>(parts.data(), parts.size()));
}

/// What an output of a body that was never run becomes when it is joined along a new axis: nothing, of the type that the
/// model says it has. Absent: given up.
inline ValueId empty_scan(NodeImporter& n, const ValueInfo& output, std::int64_t axis) {
  const Type* const type = output.type;
  TensorType made;
  const bool is_known = type && type->kind == Type::Kind::Tensor && type->has_shape &&
                        scalar_of(type->elem_type) != Scalar::Void && type->shape.size() < Shape::max_rank;
  const std::size_t rank = is_known ? type->shape.size() + 1 : 1;
  const std::int64_t along = NodeImporter::from_first(axis, rank);
  bool is_literal = is_known && along >= 0 && along < static_cast<std::int64_t>(rank);
  for (std::size_t i = 0, k = 0; is_literal && i < rank; ++i) {
    if (static_cast<std::int64_t>(i) == along) {
      made.shape.push_back(0);
      continue;
    }
    const onnx::Dimension& d = type->shape[k++];
    is_literal = d.kind == onnx::Dimension::Kind::Value && d.value >= 0;
    made.shape.push_back(d.value);
  }
  if (!is_literal) {
    n.unsupported(String("its body is never run, and the model does not tell the shape of ") << output.name);
    return ValueId::Absent;
  }
  made.scalar = scalar_of(type->elem_type);
  return n.g.constant({}, made, Bytes());
}

inline void import_if(NodeImporter& n) {
  Buffer<std::int64_t> condition;
  const onnx::Graph* const taken = subgraph_of(n, "then_branch");
  const onnx::Graph* const otherwise = subgraph_of(n, "else_branch");
  if (!taken || !otherwise || !n.known_integers(0, condition)) return;
  if (condition.size() != 1) return n.unsupported("its condition is not one element");
  const Buffer<ValueId> outputs = n.importer().import_subgraph(condition[0] ? *taken : *otherwise, {});
  if (!all_made(n, outputs)) return;
  for (std::size_t i = 0; i < outputs.size(); ++i) n.set(i, outputs[i]);
}

// The body once for each iteration: M and the condition are known. Without a condition what the body says of it does not
// count.
inline void import_loop(NodeImporter& n) {
  const onnx::Graph* const body = subgraph_of(n, "body");
  Buffer<std::int64_t> trips, condition;
  if (!body) return;
  bool known = true;
  if (n.has(0)) known = n.known_integers(0, trips);
  if (n.has(1)) known = n.known_integers(1, condition) && known;
  if (!known) return;
  if (trips.empty() && condition.empty()) return n.unsupported("nothing says when it ends");
  if (trips.size() > 1 || condition.size() > 1)
    return n.unsupported("its trip count or its condition is not one element");
  const std::size_t carried = n.input_count() > 2 ? n.input_count() - 2 : 0;
  if (body->inputs.size() != 2 + carried || body->outputs.size() < 1 + carried)
    return n.unsupported("its body has not the inputs and outputs that a loop carries");
  const std::size_t scans = body->outputs.size() - 1 - carried;
  Buffer<ValueId> values;
  List<Buffer<ValueId>> collected;
  for (std::size_t i = 0; i < scans; ++i) collected.push_back(Buffer<ValueId>());
  for (std::size_t i = 0; i < carried; ++i) values.push_back(n.input(2 + i));
  const ValueId truth = truth_of(n, true);
  bool goes_on = condition.empty() || condition[0] != 0;
  for (std::int64_t i = 0; goes_on && (trips.empty() || i < trips[0]); ++i) {
    if (!n.importer().spend(1, n.name())) return;
    Buffer<ValueId> arguments;
    arguments.push_back(number_of(n, i));
    arguments.push_back(truth);
    arguments.append({values.data(), values.size()});
    const Buffer<ValueId> outputs = n.importer().import_subgraph(*body, {arguments.data(), arguments.size()});
    if (!all_made(n, outputs, n.has(1) ? 0 : 1)) return;
    if (n.has(1)) {
      if (!n.known_integers_of(outputs[0], "the condition of its body", condition)) return;
      goes_on = !condition.empty() && condition[0] != 0;
    }
    for (std::size_t k = 0; k < carried; ++k) values[k] = outputs[1 + k];
    for (std::size_t k = 0; k < scans; ++k) collected[k].push_back(outputs[1 + carried + k]);
  }
  for (std::size_t k = 0; k < carried; ++k) n.set(k, values[k]);
  for (std::size_t k = 0; k < scans; ++k) {
    if (!n.wants(carried + k)) continue;
    n.set(carried + k, collected[k].empty()
                           ? empty_scan(n, body->outputs[1 + carried + k], 0)
                           : join_values(n, {collected[k].data(), collected[k].size()}, 0, true));
  }
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END

#include "scan.hpp"
#include "sequences.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline constexpr OperatorEntry control_flow_operators[] = {
    {"ConcatFromSequence", import_concat_from_sequence, true},
    {"If", import_if, true},
    {"Loop", import_loop, true},
    {"Optional", import_optional, true},
    {"OptionalGetElement", import_optional_get_element, true},
    {"OptionalHasElement", import_optional_has_element, true},
    {"Scan", import_scan},
    {"SequenceAt", import_sequence_at, true},
    {"SequenceConstruct", import_sequence_construct},
    {"SequenceEmpty", import_sequence_empty},
    {"SequenceErase", import_sequence_erase, true},
    {"SequenceInsert", import_sequence_insert, true},
    {"SequenceLength", import_sequence_length, true},
    {"SequenceMap", import_sequence_map, true},
    {"SplitToSequence", import_split_to_sequence},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
