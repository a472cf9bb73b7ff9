#include "node_check.hpp"

#include "failure.hpp"
#include "io/random.hpp"
#include "player.hpp"
#include "reference.hpp"

#include <airstrip/graph.hpp>
#include <cmath>
#include <map>
#include <utility>

namespace tool {

using namespace airstrip;
using graph::Graph;
using graph::ValueId;

const char* name_of(NodeVerdict verdict) {
  switch (verdict) {
    case NodeVerdict::Ok: return "ok";
    case NodeVerdict::Differs: return "differs";
    case NodeVerdict::NotRepeatable: return "not_repeatable";
    case NodeVerdict::Failed: return "failed";
    case NodeVerdict::LeftOut: return "left_out";
  }
  return "failed";
}

bool has_kernels(const Graph& graph, const graph::Node& node) { return !graph::is_view(graph, node); }

namespace {

// The node alone: what it takes are inputs, or the constants that they are. `inputs`: random elements for the former.
Graph alone(const Graph& from, const graph::Node& node, const NodeCheckOptions& options,
            std::vector<HostTensor>& inputs) {
  Graph graph;
  std::map<std::uint32_t, ValueId> made;
  std::vector<ValueId> ids;
  std::uint64_t seed = options.seed;
  // Indices count elements of an axis: the first two are there where anything is.
  const std::string_view op = std::string_view(node.op->name());
  const bool takes_indices =
      op.starts_with("gather") || op.starts_with("scatter") || op == "one_hot" || op == "reverse_sequence";
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId id = node.inputs[i];
    if (id == ValueId::Absent) {
      ids.push_back(id);
      continue;
    }
    const auto known = made.find(static_cast<std::uint32_t>(id));
    if (known != made.end()) {
      ids.push_back(known->second);
      continue;
    }
    const graph::Value& value = from.value(id);
    const std::string name(graph::operand_name('i', i));
    ValueId here = ValueId::Absent;
    if (value.is_constant) {
      here = graph.constant(Text(name), value.type, value.data);
    } else {
      here = graph.input(Text(name), value.type);
      const HostTensor like = tensor_like(name, value.type);
      RandomSource source;
      source.seed = seed++;
      if (!kernel::is_float(like.scalar) && like.scalar != Scalar::Boolean) {
        // Nothing is divided by 0, and no index is outside.
        source.first = takes_indices ? 0 : 1;
        source.second = takes_indices ? 1 : 100;
      }
      inputs.push_back(random_tensor(name, like.scalar, like.dims, source));
    }
    made[static_cast<std::uint32_t>(id)] = here;
    ids.push_back(here);
  }
  graph::OwnedOperator copy(node.op->clone());
  const graph::NodeId added = graph.add_operator(std::move(copy), {ids.data(), ids.size()}, Text(node.name));
  if (added == graph::NodeId::Absent) return graph;
  for (std::size_t i = 0; i < graph.node(added).outputs.size(); ++i)
    graph.output(Text(graph::operand_name('o', i)), graph.node(added).outputs[i]);
  return graph;
}

double largest_of(const HostTensor& tensor) {
  double largest = 0;
  visit_scalar(tensor.scalar, [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = 0; i < tensor.size(); ++i) {
      const double value = std::fabs(to_double(load<T>(tensor, i)));
      if (std::isfinite(value) && value > largest) largest = value;
    }
  });
  return largest;
}

void compare_outputs(const std::vector<HostTensor>& outputs, const std::vector<HostTensor>& expected,
                     NodeCheck& result) {
  for (std::size_t i = 0; i < outputs.size() && i < expected.size(); ++i) {
    const double largest = largest_of(expected[i]);
    Tolerance tolerance = default_tolerance(outputs[i].scalar);
    tolerance.absolute *= std::fmax(1, largest);
    const Comparison comparison = compare(outputs[i], expected[i], tolerance);
    result.worst = std::fmax(result.worst, comparison.max_absolute);
    result.largest = std::fmax(result.largest, largest);
    result.outside += comparison.outside;
    result.elements += comparison.elements;
  }
  if (result.outside == 0) return;
  result.verdict = NodeVerdict::Differs;
  result.why = std::to_string(result.outside) + " of " + std::to_string(result.elements) +
               " elements differ from the interpreter's";
}

}  // namespace

NodeCheck check_node(vulkan::Device& device, const tensor::Target& target, const Graph& from,
                     graph::NodeId id, const NodeCheckOptions& options) {
  const graph::Node& node = from.node(id);
  NodeCheck result;
  result.node = std::string(node.name);
  result.operation = std::string(node.op->name());
  if (!node.outputs.empty()) {
    result.type = std::string(to_string(from, from.type(node.outputs[0])));
    result.scalar = from.type(node.outputs[0]).scalar;
  }
  const auto end = [&](NodeVerdict verdict, std::string why) {
    result.verdict = verdict;
    result.why = std::move(why);
    return result;
  };
  try {
    std::vector<HostTensor> inputs;
    Graph graph = alone(from, node, options, inputs);
    if (!graph.ok()) return end(NodeVerdict::Failed, std::string(graph.error().message));
    graph::CompileOptions compile_options;
    compile_options.fusion.enabled = false;
    const auto program = graph::compile(graph, target, compile_options);
    if (!program) {
      const bool lacks = program.error().code == ErrorCode::MissingCapability ||
                         program.error().code == ErrorCode::LimitExceeded;
      return end(lacks ? NodeVerdict::LeftOut : NodeVerdict::Failed, std::string(program.error().message));
    }
    std::uint64_t operations = 0;
    for (const program::DispatchRecord& d : program->dispatches(program->variants()[0]))
      operations += d.operations;
    if (operations > options.max_operations)
      return end(NodeVerdict::LeftOut,
                 "the interpreter would take about " +
                     std::to_string(static_cast<std::uint64_t>(static_cast<double>(operations) /
                                                               reference_operations_per_second)) +
                     " s; make the sizes smaller, or say --max-operations " + std::to_string(operations));
    auto session = player::Session::make(device, *program);
    if (!session) return end(NodeVerdict::Failed, std::string(session.error().message));
    const ProgramShapes shapes = shapes_of(result.node, *program, {}, inputs);
    set_inputs(result.node, *session, shapes, inputs);
    std::vector<HostTensor> first, outputs = shapes.outputs;
    bool is_repeatable = true;
    for (std::uint32_t i = 0; i < options.repeats; ++i) {
      if (const auto done = session->run(); !done)
        return end(NodeVerdict::Failed, std::string(done.error().message));
      get_outputs(result.node, *session, outputs);
      if (i == 0) first = outputs;
      for (std::size_t k = 0; k < outputs.size(); ++k)
        is_repeatable = is_repeatable && outputs[k].bytes == first[k].bytes;
    }
    const std::vector<HostTensor> expected = evaluate_reference(result.node, graph, inputs);
    compare_outputs(first, expected, result);
    if (result.verdict == NodeVerdict::Ok && !is_repeatable)
      return end(NodeVerdict::NotRepeatable, "other bits with the same inputs");
  } catch (const Failure& failure) {
    return end(NodeVerdict::Failed, failure.what());
  }
  return result;
}

}  // namespace tool
