// Fusion: elementwise work goes into the kernel whose results it takes, or into the one that takes its results.
#pragma once

#include "../../config.hpp"
#include "../../result.hpp"
#include "../../support/string.hpp"
#include "../graph.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

struct FusionOptions {
  bool enabled = true;
  /// Storage buffers that a kernel may bind (maxPerStageDescriptorStorageBuffers). 0: what every device has, 4; for `compile`
  /// as many as the target has.
  std::uint32_t max_storage_buffers = 0;
  /// Functions that may be computed again for each time an element is read: work that goes in front of a kernel which
  /// reads its elements several times.
  std::uint32_t max_repeated_functions = 2;
  /// Functions of one expression; kernels of more compile slowly and need many registers.
  std::uint32_t max_functions = 256;
  /// Between fused functions of f32 numbers stay f32 where they were stored as f16 before. For graphs whose f16 is meant for
  /// memory, as `to_float16` makes them: results have fewer roundings then.
  bool skip_half = false;
};

/// What was fused into what, and what was not and why: a sentence a line.
struct FusionReport {
  std::uint32_t fused = 0, refused = 0;
  String text;
};

/// Fuses what the options allow. An elementwise node goes
///
/// - behind the node that makes its input, as an epilogue: where its result has that input's shape and nobody else needs it;
/// - in front of the node that takes its result, as a prologue: where nobody else needs it, and work is not repeated too often.
///
/// Errors: OutOfMemory; what an operator refuses of a fused expression, which is a defect of the pass.
Result<FusionReport> fuse(Graph& graph, const FusionOptions& options = {});

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/fuse.hpp"
#endif
