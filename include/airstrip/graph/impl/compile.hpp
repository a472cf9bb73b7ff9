#pragma once

#include "../../program/writer.hpp"
#include "../compile.hpp"
#include "compile_memory.hpp"
#include "compile_records.hpp"
#include "compile_variant.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE Result<program::Program> compile(const Graph& graph, Span<const CompileTarget> targets,
                                                 const CompileOptions& options) {
  if (!graph.ok()) return graph.error();
  if (targets.empty())
    return detail::refuse(ErrorCode::InvalidOperand, "a program needs one target at least");
  if (graph.outputs().empty())
    return detail::refuse(ErrorCode::InvalidOperand, "the graph has no outputs; name one with Graph::output");
  detail::ProgramParts parts;
  for (const CompileTarget& target : targets) {
    detail::VariantCompiler variant(graph, target, options, parts);
    if (Result<void> r = variant.run(); !r) return r.error();
  }
  Result<Buffer<unsigned char>> bytes = parts.writer.finish(options.name);
  if (!bytes) return static_cast<Result<Buffer<unsigned char>>&&>(bytes).error();
  return program::Program::own(static_cast<Buffer<unsigned char>&&>(*bytes));
}

AIRSTRIP_INLINE Result<program::Program> compile(const Graph& graph, const tensor::Target& target,
                                                 const CompileOptions& options) {
  CompileTarget one;
  one.target = target;
  return compile(graph, Span<const CompileTarget>(&one, 1), options);
}

AIRSTRIP_GRAPH_NAMESPACE_END
