// Sequences and optionals, which are known when the model is imported: lists of tensors, and no operation of a program.
#pragma once

#include "control_flow.hpp"
#include "movement.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// Input 0 as a sequence. False: given up.
inline bool sequence_input(NodeImporter& n, Buffer<ValueId>& values) {
  if (!is_sequence(n.input(0))) {
    n.unsupported("its input is no sequence that is known");
    return false;
  }
  const Span<const ValueId> all = n.importer().sequence(n.input(0));
  values.append(all);
  return !values.out_of_memory();
}

/// A place in a sequence of `size`, counted from the end where it is negative. False: given up.
inline bool sequence_position(NodeImporter& n, std::size_t input, std::size_t size, std::size_t& position) {
  Buffer<std::int64_t> given;
  if (!n.known_integers(input, given)) return false;
  const std::int64_t at = given.size() == 1 ? NodeImporter::from_first(given[0], size) : -1;
  if (at < 0 || at >= static_cast<std::int64_t>(size)) {
    n.unsupported("its position is outside the sequence");
    return false;
  }
  position = static_cast<std::size_t>(at);
  return true;
}

inline void set_sequence(NodeImporter& n, std::size_t output, const Buffer<ValueId>& values) {
  n.set(output, n.importer().add_sequence({values.data(), values.size()}));
}

inline void import_sequence_empty(NodeImporter& n) {
  n.integer("dtype", 1);
  set_sequence(n, 0, Buffer<ValueId>());
}

inline void import_sequence_construct(NodeImporter& n) {
  Buffer<ValueId> values;
  for (std::size_t i = 0; i < n.input_count(); ++i) {
    if (!n.has(i)) return n.unsupported("one of its inputs is left out");
    values.push_back(n.input(i));
  }
  set_sequence(n, 0, values);
}

inline void import_sequence_at(NodeImporter& n) {
  Buffer<ValueId> values;
  std::size_t position = 0;
  if (!sequence_input(n, values) || !sequence_position(n, 1, values.size(), position)) return;
  n.set(0, values[position]);
}

// Without a position at the end, which is also a position.
inline void import_sequence_insert(NodeImporter& n) {
  Buffer<ValueId> before, after;
  if (!sequence_input(n, before)) return;
  std::size_t position = before.size();
  if (!n.has(1) || !is_tensor(n.input(1))) return n.unsupported("what it inserts is no tensor");
  if (n.has(2)) {
    Buffer<std::int64_t> given;
    if (!n.known_integers(2, given)) return;
    const std::int64_t at = given.size() == 1 ? NodeImporter::from_first(given[0], before.size()) : -1;
    if (at < 0 || at > static_cast<std::int64_t>(before.size()))
      return n.unsupported("its position is outside the sequence");
    position = static_cast<std::size_t>(at);
  }
  for (std::size_t i = 0; i <= before.size(); ++i) {
    if (i == position) after.push_back(n.input(1));
    if (i < before.size()) after.push_back(before[i]);
  }
  set_sequence(n, 0, after);
}

inline void import_sequence_erase(NodeImporter& n) {
  Buffer<ValueId> before, after;
  if (!sequence_input(n, before)) return;
  if (before.empty()) return n.unsupported("its sequence is empty");
  std::size_t position = before.size() - 1;
  if (n.has(1) && !sequence_position(n, 1, before.size(), position)) return;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (i != position) after.push_back(before[i]);
  set_sequence(n, 0, after);
}

inline void import_sequence_length(NodeImporter& n) {
  Buffer<ValueId> values;
  if (!sequence_input(n, values)) return;
  n.set(0, number_of(n, static_cast<std::int64_t>(values.size())));
}

inline void import_concat_from_sequence(NodeImporter& n) {
  Buffer<ValueId> values;
  const std::int64_t axis = n.integer("axis", 0);
  const bool is_new_axis = n.integer("new_axis", 0) != 0;
  if (!sequence_input(n, values)) return;
  if (values.empty()) return n.unsupported("its sequence is empty");
  n.set(0, join_values(n, {values.data(), values.size()}, axis, is_new_axis));
}

// Without `split` parts of one element, whose axis goes where keepdims is 0; with a number parts of as many, the last of what
// is left; with a list parts of these sizes.
inline void import_split_to_sequence(NodeImporter& n) {
  const std::size_t rank = n.rank(0);
  const std::int64_t axis = NodeImporter::from_first(n.integer("axis", 0), rank);
  const bool keeps = n.integer("keepdims", 1) != 0 || n.has(1);
  if (axis < 0 || axis >= static_cast<std::int64_t>(rank))
    return n.unsupported("its axis is none of its input");
  const Dimension whole = n.shape(0)[static_cast<std::size_t>(axis)];
  Buffer<Dimension> sizes;
  Buffer<std::int64_t> split;
  if (n.has(1) && !n.known_integers(1, split)) return;
  if (n.has(1) && n.rank(1) == 1) {
    for (const std::int64_t size : split) sizes.push_back(size);
  } else {
    const std::int64_t part = split.empty() ? 1 : split[0];
    if (!whole.is_literal())
      return n.unsupported("how many parts it makes is not known before the program runs");
    if (part < 1) return n.unsupported("its parts are of no size");
    if (!n.importer().spend(static_cast<std::uint64_t>(whole.value() / part), n.name())) return;
    for (std::int64_t left = whole.value(); left > 0; left -= part)
      sizes.push_back(left < part ? left : part);
  }
  Buffer<ValueId> parts;
  if (!sizes.empty()) parts = split_value(n, n.input(0), axis, {sizes.data(), sizes.size()});
  if (!keeps)
    for (ValueId& part : parts) part = squeeze_of(n, part, static_cast<std::size_t>(axis));
  if (n.g.ok()) set_sequence(n, 0, parts);
}

// The body once for each element; other sequences go along, and tensors are the same each time.
inline void import_sequence_map(NodeImporter& n) {
  Buffer<ValueId> values;
  const onnx::Graph* const body = subgraph_of(n, "body");
  if (!body || !sequence_input(n, values)) return;
  List<Buffer<ValueId>> collected;
  for (std::size_t k = 0; k < body->outputs.size(); ++k) collected.push_back(Buffer<ValueId>());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!n.importer().spend(1, n.name())) return;
    Buffer<ValueId> arguments;
    arguments.push_back(values[i]);
    for (std::size_t k = 1; k < n.input_count(); ++k) {
      ValueId argument = n.input(k);
      if (is_sequence(argument)) {
        const Span<const ValueId> other = n.importer().sequence(argument);
        if (other.size() != values.size()) return n.unsupported("its sequences are not equally long");
        argument = other[i];
      }
      arguments.push_back(argument);
    }
    const Buffer<ValueId> outputs = n.importer().import_subgraph(*body, {arguments.data(), arguments.size()});
    if (!all_made(n, outputs)) return;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      if (!is_tensor(outputs[k])) return n.unsupported("its body makes something that is no tensor");
      collected[k].push_back(outputs[k]);
    }
  }
  for (std::size_t k = 0; k < collected.size(); ++k) set_sequence(n, k, collected[k]);
}

// An optional that has a value is that value.
inline void import_optional(NodeImporter& n) {
  n.has_attribute("type");
  n.set(0, n.has(0) ? n.input(0) : empty_optional);
}
inline void import_optional_get_element(NodeImporter& n) {
  if (!n.has(0) || n.input(0) == empty_optional) return n.unsupported("its optional has no value");
  n.set(0, n.input(0));
}
inline void import_optional_has_element(NodeImporter& n) {
  n.set(0, truth_of(n, n.has(0) && n.input(0) != empty_optional));
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
