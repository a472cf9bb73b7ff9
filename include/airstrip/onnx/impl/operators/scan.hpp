// Scan: a body once for each element along an axis.
#pragma once

#include "control_flow.hpp"
#include "movement.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// A tensor cut into slices without the axis; false: given up.
inline bool slices_of(NodeImporter& n, ValueId value, std::int64_t axis, bool is_backward,
                      Buffer<ValueId>& slices) {
  const Shape shape = n.g.type(value).shape;
  const std::int64_t along = NodeImporter::from_first(axis, shape.rank());
  if (along < 0 || along >= static_cast<std::int64_t>(shape.rank())) {
    n.unsupported("an axis that it goes along is none of its input's");
    return false;
  }
  const Dimension& length = shape[static_cast<std::size_t>(along)];
  if (!length.is_literal()) {
    n.unsupported("how many times its body is run is not known before the program runs");
    return false;
  }
  const std::uint64_t count = static_cast<std::uint64_t>(length.value());
  if (!n.importer().spend(count, n.name())) return false;
  if (count == 0) return true;
  Buffer<Dimension> sizes;
  for (std::uint64_t i = 0; i < count; ++i) sizes.push_back(1);
  const Buffer<ValueId> parts = split_value(n, value, along, {sizes.data(), sizes.size()});
  for (std::size_t i = 0; i < parts.size(); ++i)
    slices.push_back(
        squeeze_of(n, parts[is_backward ? parts.size() - 1 - i : i], static_cast<std::size_t>(along)));
  return parts.size() == count && !slices.out_of_memory();
}

struct ScanProblem {
  const onnx::Graph* body = nullptr;
  std::size_t states = 0;
  Span<const std::int64_t> input_axes, output_axes, input_directions, output_directions;
};

/// A list has one number for each of `count`, or is left out. False: given up.
inline bool has_one_each(NodeImporter& n, Text name, Span<const std::int64_t> list, std::size_t count) {
  if (list.empty() || list.size() == count) return true;
  n.unsupported(String("its attribute ")
                << name << " has not one number for each of the tensors that it is of");
  return false;
}

inline std::int64_t at_or_0(Span<const std::int64_t> list, std::size_t i) {
  return i < list.size() ? list[i] : 0;
}

/// One scan, of states and of the tensors that are scanned; the final states and joined outputs. Empty: given up.
inline Buffer<ValueId> run_scan(NodeImporter& n, const ScanProblem& problem, Span<const ValueId> inputs) {
  Buffer<ValueId> results;
  List<Buffer<ValueId>> slices, collected;
  const std::size_t scanned = inputs.size() - problem.states;
  const std::size_t outputs = problem.body->outputs.size() - problem.states;
  for (std::size_t i = 0; i < scanned; ++i) {
    Buffer<ValueId> list;
    if (!slices_of(n, inputs[problem.states + i], at_or_0(problem.input_axes, i),
                   at_or_0(problem.input_directions, i) != 0, list))
      return results;
    slices.push_back(static_cast<Buffer<ValueId>&&>(list));
    if (slices[i].size() == slices[0].size()) continue;
    n.unsupported("what it goes along is not equally long");
    return results;
  }
  for (std::size_t i = 0; i < outputs; ++i) collected.push_back(Buffer<ValueId>());
  Buffer<ValueId> states;
  for (std::size_t i = 0; i < problem.states; ++i) states.push_back(inputs[i]);
  for (std::size_t t = 0; t < slices[0].size(); ++t) {
    Buffer<ValueId> arguments;
    arguments.append({states.data(), states.size()});
    for (std::size_t i = 0; i < scanned; ++i) arguments.push_back(slices[i][t]);
    const Buffer<ValueId> made =
        n.importer().import_subgraph(*problem.body, {arguments.data(), arguments.size()});
    if (!all_made(n, made)) return results;
    for (std::size_t i = 0; i < states.size(); ++i) states[i] = made[i];
    for (std::size_t i = 0; i < outputs; ++i) {
      collected[i].push_back(made[states.size() + i]);
    }
  }
  results.append({states.data(), states.size()});
  for (std::size_t i = 0; i < outputs; ++i) {
    Buffer<ValueId>& list = collected[i];
    if (at_or_0(problem.output_directions, i) != 0)
      for (std::size_t a = 0, b = list.size(); a + 1 < b; ++a) {
        --b;
        const ValueId first = list[a];
        list[a] = list[b];
        list[b] = first;
      }
    const std::int64_t axis = at_or_0(problem.output_axes, i);
    results.push_back(list.empty() ? empty_scan(n, problem.body->outputs[problem.states + i], axis)
                                   : join_values(n, {list.data(), list.size()}, axis, true));
  }
  return results;
}

// Operator set 8: every input has a batch axis in front, and each of the batch is a scan of its own.
inline void import_batched_scan(NodeImporter& n, ScanProblem problem) {
  List<Buffer<ValueId>> inputs, results;
  if (n.has(0)) return n.unsupported("it has the lengths of sequences");
  problem.input_directions = n.integers("directions");
  if (!has_one_each(n, "directions", problem.input_directions, n.input_count() - 1 - problem.states)) return;
  for (std::size_t i = 1; i < n.input_count(); ++i) {
    Buffer<ValueId> list;
    if (!slices_of(n, n.input(i), 0, false, list)) return;
    inputs.push_back(static_cast<Buffer<ValueId>&&>(list));
    if (inputs[i - 1].size() != inputs[0].size()) return n.unsupported("its inputs are of different batches");
  }
  for (std::size_t b = 0; b < inputs[0].size(); ++b) {
    Buffer<ValueId> one;
    for (std::size_t i = 0; i < inputs.size(); ++i) one.push_back(inputs[i][b]);
    const Buffer<ValueId> made = run_scan(n, problem, {one.data(), one.size()});
    for (std::size_t i = 0; i < made.size(); ++i) {
      if (results.size() <= i) results.push_back(Buffer<ValueId>());
      results[i].push_back(made[i]);
    }
    if (made.empty() || n.is_given_up()) return;
  }
  if (results.empty()) return n.unsupported("its batch is empty");
  for (std::size_t i = 0; i < results.size(); ++i)
    n.set(i, join_values(n, {results[i].data(), results[i].size()}, 0, true));
}

inline void import_scan(NodeImporter& n) {
  ScanProblem problem;
  problem.body = subgraph_of(n, "body");
  if (!problem.body) return;
  const std::size_t first = n.opset < 9 ? 1 : 0;
  const std::int64_t scanned = n.integer("num_scan_inputs", 0);
  const std::int64_t inputs = static_cast<std::int64_t>(n.input_count()) - static_cast<std::int64_t>(first);
  if (scanned < 1 || scanned > inputs)
    return n.unsupported("it has not as many inputs as num_scan_inputs says");
  problem.states = static_cast<std::size_t>(inputs - scanned);
  if (problem.body->outputs.size() < problem.states ||
      problem.body->inputs.size() != static_cast<std::size_t>(inputs))
    return n.unsupported("its body has not the inputs and outputs that it carries");
  for (std::size_t i = first; i < n.input_count(); ++i)
    if (!n.has(i)) return n.unsupported("one of its inputs is left out");
  if (first) return import_batched_scan(n, problem);
  problem.input_axes = n.integers("scan_input_axes");
  problem.output_axes = n.integers("scan_output_axes");
  problem.input_directions = n.integers("scan_input_directions");
  problem.output_directions = n.integers("scan_output_directions");
  const std::size_t in = static_cast<std::size_t>(scanned),
                    out = problem.body->outputs.size() - problem.states;
  if (!has_one_each(n, "scan_input_axes", problem.input_axes, in) ||
      !has_one_each(n, "scan_input_directions", problem.input_directions, in) ||
      !has_one_each(n, "scan_output_axes", problem.output_axes, out) ||
      !has_one_each(n, "scan_output_directions", problem.output_directions, out))
    return;
  Buffer<ValueId> all;
  for (std::size_t i = 0; i < n.input_count(); ++i) all.push_back(n.input(i));
  const Buffer<ValueId> results = run_scan(n, problem, {all.data(), all.size()});
  for (std::size_t i = 0; i < results.size(); ++i) n.set(i, results[i]);
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
