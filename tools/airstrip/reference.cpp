#include "reference.hpp"

#include "failure.hpp"
#include "progress.hpp"

#include <airstrip/graph.hpp>
#include <cstring>
#include <utility>

namespace tool {

using namespace airstrip;

HostTensor tensor_like(std::string name, const graph::TensorType& type) {
  Dims dims;
  for (const tensor::Dimension& d : type.shape) {
    if (!d.is_literal())
      throw Failure(ExitCode::Internal, name + ": a size is still open while elements are needed");
    dims.push_back(d.value());
  }
  return make_tensor(std::move(name), type.scalar, std::move(dims));
}

std::vector<HostTensor> evaluate_reference(const std::string& subject, graph::Graph& graph,
                                           const std::vector<HostTensor>& inputs) {
  std::vector<graph::Bytes> values(graph.value_count());
  for (std::uint32_t i = 0; i < graph.value_count(); ++i) {
    const graph::Value& value = graph.value(static_cast<graph::ValueId>(i));
    if (value.is_constant) values[i] = value.data;
    if (!value.is_input) continue;
    for (const HostTensor& input : inputs)
      if (value.name == Text(input.name))
        values[i] = graph::Bytes::borrowed(
            {reinterpret_cast<const unsigned char*>(input.bytes.data()), input.bytes.size()});
  }
  Progress progress("interpreting", graph.nodes().size());
  for (std::uint32_t n = 0; n < graph.nodes().size(); ++n) {
    progress.show(n, std::string(graph.nodes()[n].name));
    std::vector<graph::Bytes> given;
    for (const graph::ValueId id : graph.nodes()[n].inputs)
      given.push_back(id == graph::ValueId::Absent ? graph::Bytes() : values[static_cast<std::size_t>(id)]);
    const auto outputs =
        graph::evaluate_node(graph, static_cast<graph::NodeId>(n), {given.data(), given.size()});
    if (!outputs) throw Failure(subject + ": the interpreter", outputs.error());
    for (std::size_t k = 0; k < outputs->size(); ++k)
      values[static_cast<std::size_t>(graph.nodes()[n].outputs[k])] = (*outputs)[k];
  }
  std::vector<HostTensor> results;
  for (const graph::GraphOutput& output : graph.outputs()) {
    HostTensor tensor = tensor_like(std::string(output.name), graph.type(output.value));
    const graph::Bytes& bytes = values[static_cast<std::size_t>(output.value)];
    if (bytes.size() < tensor.bytes.size())
      throw Failure(ExitCode::Internal, tensor.name + ": the interpreter gave too few bytes");
    if (!tensor.bytes.empty()) std::memcpy(tensor.bytes.data(), bytes.data(), tensor.bytes.size());
    results.push_back(std::move(tensor));
  }
  return results;
}

}  // namespace tool
