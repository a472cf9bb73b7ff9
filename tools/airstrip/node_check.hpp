// One node's kernels on a device against the interpreter.
#pragma once

#include "io/compare.hpp"

#include <airstrip/graph/graph.hpp>
#include <airstrip/tensor/target.hpp>
#include <airstrip/vulkan_device.hpp>
#include <cstdint>
#include <string>

namespace tool {

enum class NodeVerdict {
  Ok,
  Differs,        ///< from the interpreter, beyond the tolerance
  NotRepeatable,  ///< other bits with the same inputs
  Failed,         ///< the driver or the interpreter
  LeftOut,        ///< the device lacks something, or the interpreter would take too long
};
/// "not_repeatable".
const char* name_of(NodeVerdict verdict);

struct NodeCheck {
  std::string node, operation;
  std::string type;  ///< of the first output: "f32[1, 16, 8, 8]"
  Scalar scalar = Scalar::Void;
  NodeVerdict verdict = NodeVerdict::Ok;
  std::string why;           ///< of what is not Ok
  double worst = 0;          ///< largest |found - expected|
  double largest = 0;        ///< magnitude expected
  std::size_t outside = 0;   ///< elements beyond the tolerance
  std::size_t elements = 0;  ///< of all outputs
};

struct NodeCheckOptions {
  std::uint32_t repeats = 3;
  std::uint64_t seed = 1;
  /// Nodes of more are left out.
  std::uint64_t max_operations = 50'000'000;
};

/// Whether a node has kernels that can be checked at all.
bool has_kernels(const airstrip::graph::Graph& graph, const airstrip::graph::Node& node);
/// Compiles the node by itself, and runs it with random inputs in place of what other nodes give it. Of a graph whose sizes
/// are numbers. What goes wrong is in the result.
NodeCheck check_node(airstrip::vulkan::Device& device, const airstrip::tensor::Target& target,
                     const airstrip::graph::Graph& graph, airstrip::graph::NodeId node,
                     const NodeCheckOptions& options);

}  // namespace tool
