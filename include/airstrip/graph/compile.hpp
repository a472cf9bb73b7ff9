// From a graph to a program: modules, dispatches, a plan of memory, weights.
#pragma once

#include "../config.hpp"
#include "../program/program.hpp"
#include "../result.hpp"
#include "../tensor/target.hpp"
#include "graph.hpp"
#include "passes.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// One variant of a program: for which devices, and how.
struct CompileTarget {
  Text name = "baseline";
  tensor::Target target = tensor::Target();
  /// Tensors of f32 become f16 in memory, those aside that the caller binds and those without room: graph/passes/float16.hpp.
  bool float16 = false;
  /// Products by the target's cooperative matrices. What shapes of them a device has no requirement of a program says: set it
  /// where the program is played on the device that the target describes.
  bool cooperative_matrices = false;
};

struct CompileOptions {
  Text name = "program";
  FusionOptions fusion = {};
  /// Different modules that a variant may have; 0: as many as it comes to. Where they would be more, kernels are given their
  /// sizes when they run, so that nodes of different sizes share a module: slower kernels, fewer pipelines to compile and keep.
  /// LimitExceeded where that does not suffice.
  std::uint32_t max_modules = 0;
  /// With OpName in the modules, for capture tools.
  bool names = false;
};

/// A program with one variant for each target, in the order in which a loader should try them. The graph is not changed.
/// Errors: the graph's own; those of lowering, with the node's name and line; InvalidOperand (no targets, no outputs).
Result<program::Program> compile(const Graph& graph, Span<const CompileTarget> targets,
                                 const CompileOptions& options = {});
Result<program::Program> compile(const Graph& graph, const tensor::Target& target = tensor::Target(),
                                 const CompileOptions& options = {});

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/compile.hpp"
#endif
