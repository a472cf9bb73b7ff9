// Every macro of Airstrip, documented beside its default.
//
// No `#pragma once`: undef.hpp takes the internal macros away at the end of an umbrella header, and the next header
// that includes this file gets them back.

/// Version of the library (semantic versioning). The build files read it from here.
#ifndef AIRSTRIP_VERSION_MAJOR
#define AIRSTRIP_VERSION_MAJOR 0
#define AIRSTRIP_VERSION_MINOR 1
#define AIRSTRIP_VERSION_PATCH 0
#endif

/// 1 (default): every function body is in the headers, `inline`.
/// 0: the headers only declare; exactly one file of the program defines `AIRSTRIP_IMPLEMENTATION` before
/// including them and so compiles the bodies once. The same value must be used in the whole program;
/// the inline namespace below turns a mixture into a link error.
#ifndef AIRSTRIP_HEADER_ONLY
#define AIRSTRIP_HEADER_ONLY 1
#endif

// --- internal, undefined again by undef.hpp ---------------------------------------------------------------------

#ifndef AIRSTRIP_INLINE

// Linkage of a body that lives in an impl/ header.
#if AIRSTRIP_HEADER_ONLY
#define AIRSTRIP_INLINE inline
#define AIRSTRIP_MODE_NAMESPACE v0_1
#else
#define AIRSTRIP_INLINE
#define AIRSTRIP_MODE_NAMESPACE v0_1_compiled
#endif

#define AIRSTRIP_NAMESPACE_BEGIN \
  namespace airstrip {           \
  inline namespace AIRSTRIP_MODE_NAMESPACE {
#define AIRSTRIP_NAMESPACE_END \
  }                            \
  }

// A layer's own namespace nests in the versioned one.
#define AIRSTRIP_SPIRV_NAMESPACE_BEGIN \
  AIRSTRIP_NAMESPACE_BEGIN             \
  namespace spirv {
#define AIRSTRIP_SPIRV_NAMESPACE_END \
  }                                  \
  AIRSTRIP_NAMESPACE_END
#define AIRSTRIP_KERNEL_NAMESPACE_BEGIN \
  AIRSTRIP_NAMESPACE_BEGIN              \
  namespace kernel {
#define AIRSTRIP_KERNEL_NAMESPACE_END \
  }                                   \
  AIRSTRIP_NAMESPACE_END
#define AIRSTRIP_TENSOR_NAMESPACE_BEGIN \
  AIRSTRIP_NAMESPACE_BEGIN              \
  namespace tensor {
#define AIRSTRIP_TENSOR_NAMESPACE_END \
  }                                   \
  AIRSTRIP_NAMESPACE_END
#define AIRSTRIP_GRAPH_NAMESPACE_BEGIN \
  AIRSTRIP_NAMESPACE_BEGIN             \
  namespace graph {
#define AIRSTRIP_GRAPH_NAMESPACE_END \
  }                                  \
  AIRSTRIP_NAMESPACE_END
#define AIRSTRIP_PROGRAM_NAMESPACE_BEGIN \
  AIRSTRIP_NAMESPACE_BEGIN               \
  namespace program {
#define AIRSTRIP_PROGRAM_NAMESPACE_END \
  }                                    \
  AIRSTRIP_NAMESPACE_END
#define AIRSTRIP_PLAYER_NAMESPACE_BEGIN \
  AIRSTRIP_NAMESPACE_BEGIN              \
  namespace player {
#define AIRSTRIP_PLAYER_NAMESPACE_END \
  }                                   \
  AIRSTRIP_NAMESPACE_END
#define AIRSTRIP_VULKAN_NAMESPACE_BEGIN \
  AIRSTRIP_NAMESPACE_BEGIN              \
  namespace vulkan {
#define AIRSTRIP_VULKAN_NAMESPACE_END \
  }                                   \
  AIRSTRIP_NAMESPACE_END
#define AIRSTRIP_ONNX_NAMESPACE_BEGIN \
  AIRSTRIP_NAMESPACE_BEGIN            \
  namespace onnx {
#define AIRSTRIP_ONNX_NAMESPACE_END \
  }                                 \
  AIRSTRIP_NAMESPACE_END

// The rare path of a check, kept out of the straight line.
#if defined(__GNUC__) || defined(__clang__)
#define AIRSTRIP_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define AIRSTRIP_COLD [[gnu::cold, gnu::noinline]]
#else
#define AIRSTRIP_UNLIKELY(x) (x)
#define AIRSTRIP_COLD
#endif

#endif
