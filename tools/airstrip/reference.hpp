// The interpreter as the reference of what a device computes.
#pragma once

#include "io/host_tensor.hpp"

#include <airstrip/graph/graph.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace tool {

/// Operations that the interpreter does in a second, about: for sentences on how long it may take.
inline constexpr double reference_operations_per_second = 2e7;

/// A tensor of a graph whose sizes are numbers. Throws Failure, Internal: one is not.
HostTensor tensor_like(std::string name, const airstrip::graph::TensorType& type);

/// Every node of a graph whose sizes are numbers, one after the other; with progress. The outputs, in order, by their names.
/// Throws Failure.
std::vector<HostTensor> evaluate_reference(const std::string& subject, airstrip::graph::Graph& graph,
                                           const std::vector<HostTensor>& inputs);

}  // namespace tool
