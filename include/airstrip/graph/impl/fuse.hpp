#pragma once

#include "../passes/fuse.hpp"
#include "fuse_epilogue.hpp"
#include "fuse_prologue.hpp"
#include "fuser.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE Result<FusionReport> fuse(Graph& graph, const FusionOptions& options) {
  FusionReport report;
  if (!options.enabled) return report;
  if (!graph.ok()) return graph.error();
  if (Result<void> r = detail::Fuser(graph, options, report).run(); !r) return r.error();
  return report;
}

AIRSTRIP_GRAPH_NAMESPACE_END
